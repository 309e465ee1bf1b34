"""Signal units (Q.703 2): backward and forward sequence, length indicator, then nothing, status or MSU.

Octets stand here in the order in which they are sent, the flag and check bits left out.
"""

# ruff: noqa: RUF012 - `fields_desc` is read by the metaclass of scapy and never changed

from __future__ import annotations

from typing import Any

from scapy.fields import BitEnumField, BitField, ConditionalField, StrField
from scapy.packet import Packet

from testline.layers.errors import NotDecodable

STATUS = {0b000: "SIO", 0b001: "SIN", 0b010: "SIE", 0b011: "SIOS", 0b100: "SIPO", 0b101: "SIB"}
"""Status indications (Q.703 11.1.3)."""
STATUS_CODES = {name: code for code, name in STATUS.items()}


class Li(BitField):
    """Length indicator (Q.703 2.3.3): octets between it and the check bits, 63 standing for 63 and more."""

    def __init__(self) -> None:
        super().__init__("li", None, 6)

    def i2m(self, pkt: Any, x: Any) -> int:
        return min(63, pkt.information_octets()) if x is None else int(x)


SEQUENCE = [
    BitField("bib", 1, 1),
    BitField("bsn", 127, 7),
    BitField("fib", 1, 1),
    BitField("fsn", 127, 7),
    BitField("li_spare", 0b00, 2),
    Li(),
]


class FISU(Packet):
    """Fill-in signal unit (Q.703 figure 3 b)."""

    name = "FISU"
    fields_desc = SEQUENCE

    def information_octets(self) -> int:
        return 0


class LSSU(Packet):
    """Link status signal unit (Q.703 figure 3 c)."""

    name = "LSSU"
    fields_desc = [
        *SEQUENCE,
        BitField("status_spare", 0b00000, 5),
        BitEnumField("status", 0b000, 3, STATUS),
        ConditionalField(BitField("second", 0x00, 8), lambda packet: packet.li == 2),
    ]

    def information_octets(self) -> int:
        return 1


class MSU(Packet):
    """Message signal unit (Q.703 figure 3 a); `sif` is the service information octet and field."""

    name = "MSU"
    fields_desc = [*SEQUENCE, StrField("sif", b"")]

    def information_octets(self) -> int:
        return len(self.sif)


def decode_mtp2(octets: bytes) -> Any:
    """Return the `FISU`, `LSSU` or `MSU` in `octets` (check bits removed). Raises `NotDecodable` only."""
    if len(octets) < 3:
        raise NotDecodable(f"signal unit: its head takes 3 octets, found {len(octets)}", octets)
    length, found = octets[2] & 0x3F, len(octets) - 3
    if length != min(found, 63):
        raise NotDecodable(f"signal unit: length indicator {length} with {found} octets after it", octets)
    return (FISU if length == 0 else LSSU if length <= 2 else MSU)(octets)

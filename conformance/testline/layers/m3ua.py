"""M3UA messages (RFC 4666 3): header and parameters, for composing right, wrong and random octets.

Wireshark's dissector confirms the codes (`conformance/tests/test_layers_m3ua.py`).
"""

# ruff: noqa: RUF012 - `fields_desc` is read by the metaclass of scapy and never changed

from __future__ import annotations

import struct
from typing import Any

from scapy.fields import (
    ByteField,
    FieldLenField,
    IntField,
    PadField,
    ShortEnumField,
    StrField,
    StrLenField,
)
from scapy.packet import Packet

from testline.layers.errors import NotDecodable

NAMES = {
    (0, 0): "ERR",
    (0, 1): "NTFY",
    (1, 1): "DATA",
    (2, 1): "DUNA",
    (2, 2): "DAVA",
    (2, 3): "DAUD",
    (2, 4): "SCON",
    (2, 5): "DUPU",
    (2, 6): "DRST",
    (3, 1): "ASPUP",
    (3, 2): "ASPDN",
    (3, 3): "BEAT",
    (3, 4): "ASPUP_ACK",
    (3, 5): "ASPDN_ACK",
    (3, 6): "BEAT_ACK",
    (4, 1): "ASPAC",
    (4, 2): "ASPIA",
    (4, 3): "ASPAC_ACK",
    (4, 4): "ASPIA_ACK",
    (9, 1): "REG_REQ",
    (9, 2): "REG_RSP",
    (9, 3): "DEREG_REQ",
    (9, 4): "DEREG_RSP",
}
"""Messages by class and type (3.1.2)."""
CODES = {name: codes for codes, name in NAMES.items()}

TAGS = {
    "info": 4,
    "routing_context": 6,
    "diagnostic": 7,
    "heartbeat": 9,
    "traffic_mode": 11,
    "error_code": 12,
    "status": 13,
    "asp_identifier": 17,
    "affected_point_code": 18,
    "correlation": 19,
    "network_appearance": 512,
    "user_cause": 516,
    "congestion": 517,
    "concerned": 518,
    "routing_key": 519,
    "registration_result": 520,
    "deregistration_result": 521,
    "local_key": 522,
    "dpc": 523,
    "services": 524,
    "opc_list": 526,
    "protocol_data": 528,
    "registration_status": 530,
    "deregistration_status": 531,
}
"""Parameters (3.2)."""
NAMED = {code: name for name, code in TAGS.items()}


class Parameter(Packet):
    """Tag, length without padding, value, padding to a multiple of four octets."""

    name = "parameter"
    fields_desc = [
        ShortEnumField("tag", 6, NAMED),
        FieldLenField("length", None, length_of="value", fmt="H", adjust=lambda _, octets: octets + 4),
        PadField(StrLenField("value", b"", length_from=lambda packet: packet.length - 4), 4, padwith=b"\0"),
    ]


class M3UA(Packet):
    """Common header, then the parameters in `body`."""

    name = "M3UA"
    fields_desc = [
        ByteField("version", 1),
        ByteField("reserved", 0),
        ByteField("klass", 3),
        ByteField("type", 1),
        FieldLenField("length", None, length_of="body", fmt="I", adjust=lambda _, octets: octets + 8),
        StrField("body", b""),
    ]

    @property
    def title(self) -> str:
        return NAMES.get((self.klass, self.type), f"class {self.klass} type {self.type}")


class Label(Packet):
    """The protocol data of DATA (3.3.1)."""

    name = "protocol data"
    fields_desc = [
        IntField("opc", 0),
        IntField("dpc", 0),
        ByteField("si", 5),
        ByteField("ni", 2),
        ByteField("priority", 0),
        ByteField("sls", 0),
        StrField("data", b""),
    ]


def value_octets(value: Any) -> bytes:
    """Return a parameter's value: octets as they are, numbers as 32-bit words, several in a row."""
    if isinstance(value, (bytes, Packet)):
        return bytes(value)
    words = value if isinstance(value, (tuple, list)) else (value,)
    return struct.pack(f">{len(words)}I", *words)


def parameters(**given: Any) -> bytes:
    """Return parameters by name in the order given."""
    return b"".join(
        bytes(Parameter(tag=TAGS[name], value=value_octets(each))) for name, each in given.items()
    )


def message(name: str, *, header: dict[str, int] | None = None, extra: bytes = b"", **given: Any) -> bytes:
    """Return message `name` with parameters by name; `header` overrides its fields, `extra` follows."""
    klass, kind = CODES[name]
    fields: dict[str, Any] = {"klass": klass, "type": kind, **(header or {})}
    return bytes(M3UA(body=parameters(**given) + extra, **fields))


def split(octets: bytes) -> list[tuple[int, bytes]]:
    """Return tags and values. Raises `NotDecodable` for what is no row of parameters."""
    found = []
    while octets:
        if len(octets) < 4:
            raise NotDecodable(f"parameter of {len(octets)} octets", octets)
        tag, length = struct.unpack(">HH", octets[:4])
        if length < 4 or length > len(octets):
            raise NotDecodable(f"parameter {tag}: length {length} with {len(octets)} octets left", octets)
        padding = octets[length : length + -length % 4]
        if any(padding) or len(padding) != -length % 4:
            raise NotDecodable(f"parameter {tag}: padding {padding.hex()}", octets)
        found.append((tag, octets[4:length]))
        octets = octets[length + -length % 4 :]
    return found


def decode_m3ua(octets: bytes) -> Any:
    """Return the `M3UA` in `octets`. Raises `NotDecodable` only."""
    if len(octets) < 8 or int.from_bytes(octets[4:8], "big") != len(octets) or octets[0] != 1:
        raise NotDecodable(f"M3UA: header {octets[:8].hex()} of {len(octets)} octets", octets)
    found = M3UA(octets)
    split(found.body)
    return found

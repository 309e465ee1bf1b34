"""Every message of Q.723 and of the China national TUP (GF 001-9001), one class each, by abbreviation.

A message stands here behind a label whose last two octets hold the CIC, as the 24-bit label has it on the
line; `testline.layers.tup` turns the 14-bit label, whose SLS is the low half octet of the CIC, into that.
scapy lists the fields of an octet from its bit 8 down: what is sent first stands last in its octet.
"""

# ruff: noqa: RUF012 - `fields_desc` is read by the metaclass of scapy and never changed

from __future__ import annotations

import struct
from typing import Any, ClassVar

from scapy.fields import (
    BitEnumField,
    BitField,
    ByteField,
    ConditionalField,
    LEShortField,
    PacketField,
    StrField,
)
from scapy.packet import Packet

from testline.layers.errors import NotDecodable
from testline.layers.fields import SIGNALS

CATEGORIES = {
    0: "unknown",
    1: "operator, French",
    2: "operator, English",
    3: "operator, German",
    4: "operator, Russian",
    5: "operator, Spanish",
    6: "operator, Chinese",
    8: "operator, Japanese",
    9: "national operator",
    10: "ordinary",
    11: "priority",
    12: "data",
    13: "test",
    16: "ordinary, no charge",
    17: "ordinary, periodic charge",
    18: "ordinary, meter at once",
    19: "ordinary, printer at once",
    20: "priority, no charge",
    21: "priority, periodic charge",
    24: "ordinary, between local exchanges",
}
"""Calling party category (Q.723 3.3.1 b; 16 and above China)."""
NATURES = {0: "subscriber", 1: "spare", 2: "national", 3: "international"}
COMPLETE = {0: "", 1: "charge", 2: "no charge", 3: "coinbox"}


def heading(h0: int, h1: int) -> list[Any]:
    """The end of the label (CIC, least significant bit first) and the heading code (Q.723 3.2)."""
    return [
        BitField("cic_spare", 0b0000, 4, tot_size=-2),
        BitField("cic", 1, 12, end_tot_size=-2),
        BitField("h1", h1, 4),
        BitField("h0", h0, 4),
    ]


class Count(BitField):
    """Number of address signals; None: computed when built."""

    def __init__(self) -> None:
        super().__init__("count", None, 4)

    def i2m(self, pkt: Any, x: Any) -> int:
        return len(pkt.digits) & 0x0F if x is None else int(x)


class Signals(StrField):
    """Address signals, the first in the low half octet; text over `SIGNALS`, as many as `count` says."""

    def __init__(self, default: str = "") -> None:
        super().__init__("digits", default)

    def i2h(self, pkt: Any, x: Any) -> Any:
        return x

    def any2i(self, pkt: Any, x: Any) -> Any:
        return x

    def i2m(self, pkt: Any, x: Any) -> bytes:
        halves = [SIGNALS.index(digit) for digit in x] + [0] * (len(x) & 1)
        return bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, str]:
        count = int(pkt.count)
        needed = (count + 1) // 2
        if len(s) < needed:
            raise NotDecodable(f"{pkt.name}: {count} address signals announced, {len(s)} octets left")
        digits = "".join(SIGNALS[octet & 0x0F] + SIGNALS[octet >> 4] for octet in s[:needed])
        return s[needed:], digits[:count]


class Part(Packet):
    """A part of a message that ends where its own fields say; what follows is not its own."""

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        return b"", s


class Status(StrField):
    """Status bits of a circuit group message: one for each of range + 1 circuits, none with range 0."""

    def __init__(self) -> None:
        super().__init__("status", b"")

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, bytes]:
        needed = (pkt.range + 8) // 8 if pkt.range else 0
        if len(s) < needed:
            raise NotDecodable(
                f"{pkt.name}: range {pkt.range} takes {needed} octets of status, found {len(s)}"
            )
        return s[needed:], s[:needed]


class Rest(StrField):
    """Octets up to the end of the message, at least `least`."""

    __slots__ = ["least"]

    def __init__(self, name: str, default: bytes = b"", least: int = 0) -> None:
        super().__init__(name, default)
        self.least = least

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, bytes]:
        if len(s) < self.least:
            raise NotDecodable(f"{pkt.name}: {self.name} takes {self.least} octets, found {len(s)}")
        return b"", s


class Inside(PacketField):
    """A `Part` in a message."""

    def m2i(self, pkt: Any, m: bytes) -> Any:
        if len(m) < 1:
            raise NotDecodable(f"{pkt.name}: ends before {self.name.replace('_', ' ')}")
        return self.cls(m)


class CallingLine(Part):
    """Calling line identity (Q.723 3.3.2): nature, presentation, completeness, address signals."""

    name = "calling line identity"
    fields_desc = [
        Count(),
        BitField("incomplete", 0, 1),
        BitField("restricted", 0, 1),
        BitEnumField("nature", 2, 2, NATURES),
        Signals(),
    ]


class OriginalCalled(Part):
    """Original called address (Q.723 3.3.2)."""

    name = "original called address"
    fields_desc = [Count(), BitField("spare", 0, 2), BitEnumField("nature", 2, 2, NATURES), Signals()]


class Category(Part):
    """Calling party category as part of GSM."""

    name = "category"
    fields_desc = [BitField("spare", 0, 2), BitEnumField("category", 10, 6, CATEGORIES)]


class Identity(StrField):
    """Identity of an exchange: octets of a point code (type 1) or signals of a number (type 2)."""

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, bytes]:
        needed = pkt.length if pkt.type == 1 else (pkt.length + 1) // 2
        if len(s) < needed:
            raise NotDecodable(f"{pkt.name}: identity takes {needed} octets, found {len(s)}")
        return s[needed:], s[:needed]


class Trunk(StrField):
    """Identity of an incoming trunk, as many octets as `trunk_length` says."""

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, bytes]:
        if len(s) < pkt.trunk_length:
            raise NotDecodable(f"{pkt.name}: trunk identity takes {pkt.trunk_length} octets, found {len(s)}")
        return s[pkt.trunk_length :], s[: pkt.trunk_length]


class IncomingTrunk(Part):
    """Incoming trunk and transit exchange identity (Q.723 3.4.1; its lengths unverified)."""

    name = "incoming trunk"
    fields_desc = [
        BitField("length", 0, 4),
        BitField("spare", 0, 2),
        BitField("type", 1, 2),
        Identity("identity", b""),
        BitField("trunk_length", 0, 4),
        BitField("trunk_spare", 0, 4),
        Trunk("trunk", b""),
    ]


class Message(Packet):
    """A TUP message from the end of its label on. Octets after its end, if any, are its payload."""

    title: ClassVar[str] = "message"
    least: ClassVar[int] = 3
    """Octets up to the end of the part with fixed length."""

    @classmethod
    def read(cls, octets: bytes) -> Any:
        """Dissect `octets`, CIC first; raise `NotDecodable`."""
        if len(octets) < cls.least:
            raise NotDecodable(f"{cls.title}: takes {cls.least} octets, found {len(octets)}", octets)
        try:
            return cls(octets)
        except (struct.error, IndexError):  # how scapy says that a bit field has no octet
            raise NotDecodable(f"{cls.title}: ends within its parameters", octets) from None


def initial() -> list[Any]:
    """Category, message indicators A to L, number of address signals, address signals (Q.723 3.3.1)."""
    return [
        BitField("category_spare", 0, 2),
        BitEnumField("category", 10, 6, CATEGORIES),
        BitField("international", 0, 1),
        BitField("echo", 0, 1),
        BitField("continuity", 0, 2),
        BitField("satellite", 0, 2),
        BitEnumField("nature", 2, 2, NATURES),
        Count(),
        BitField("spare", 0, 1),
        BitField("signalling_path", 0, 1),
        BitField("digital_path", 0, 1),
        BitField("redirected", 0, 1),
        Signals(),
    ]


class IAM(Message):
    """Initial address (Q.723 3.3.1)."""

    name = title = "IAM"
    least = 6
    fields_desc = [*heading(0x1, 0x1), *initial()]


_UNREAD_IN_IAI = ("network_included", "group_included", "party_included", "routing_included")


def _readable(packet: Any) -> bool:
    return not any(packet.getfieldval(name) for name in _UNREAD_IN_IAI)


class IAI(Message):
    """Initial address with additional information (Q.723 3.3.2).

    What stands behind one of the first four indicators is for further study in the national TUP: then
    everything behind the indicator octet stays as it is in `unread`.
    """

    name = title = "IAI"
    least = 6
    fields_desc = [
        *heading(0x1, 0x2),
        *initial(),
        BitField("indicator_spare", 0, 1),
        BitField("charging_included", 0, 1),
        BitField("original_included", 0, 1),
        BitField("line_included", 0, 1),
        *(BitField(name, 0, 1) for name in reversed(_UNREAD_IN_IAI)),
        ConditionalField(
            Inside("line", CallingLine(), CallingLine), lambda p: p.line_included and _readable(p)
        ),
        ConditionalField(
            Inside("original_called", OriginalCalled(), OriginalCalled),
            lambda p: p.original_included and _readable(p),
        ),
        ConditionalField(Rest("unread"), lambda p: p.charging_included or not _readable(p)),
    ]


class SAM(Message):
    """Subsequent address (Q.723 3.3.3)."""

    name = title = "SAM"
    least = 4
    fields_desc = [*heading(0x1, 0x3), Count(), BitField("filler", 0, 4), Signals()]


class SAO(Message):
    """Subsequent address with one signal (Q.723 3.3.4)."""

    name = title = "SAO"
    least = 4
    fields_desc = [*heading(0x1, 0x4), BitField("filler", 0, 4), BitField("digit", 0, 4)]


class GSM(Message):
    """General forward set-up information (Q.723 3.4.1)."""

    name = title = "GSM"
    least = 4
    fields_desc = [
        *heading(0x2, 0x1),
        BitField("spare", 0, 1),
        BitField("hold", 0, 1),
        BitField("malicious", 0, 1),
        BitField("echo", 0, 1),
        BitField("original_included", 0, 1),
        BitField("trunk_included", 0, 1),
        BitField("line_included", 0, 1),
        BitField("category_included", 0, 1),
        ConditionalField(Inside("category", Category(), Category), lambda p: p.category_included),
        ConditionalField(Inside("line", CallingLine(), CallingLine), lambda p: p.line_included),
        ConditionalField(Inside("trunk", IncomingTrunk(), IncomingTrunk), lambda p: p.trunk_included),
        ConditionalField(
            Inside("original_called", OriginalCalled(), OriginalCalled), lambda p: p.original_included
        ),
    ]


class GRQ(Message):
    """General request (Q.723 3.5.1)."""

    name = title = "GRQ"
    least = 4
    fields_desc = [
        *heading(0x3, 0x1),
        BitField("spare", 0, 2),
        BitField("echo", 0, 1),
        BitField("hold", 0, 1),
        BitField("malicious", 0, 1),
        BitField("original_called", 0, 1),
        BitField("line", 0, 1),
        BitField("category", 0, 1),
    ]


class ACM(Message):
    """Address complete (Q.723 3.6.1)."""

    name = title = "ACM"
    least = 4
    fields_desc = [
        *heading(0x4, 0x1),
        BitField("spare", 0, 2),
        BitField("signalling_path", 0, 1),
        BitField("forwarded", 0, 1),
        BitField("echo", 0, 1),
        BitField("free", 0, 1),
        BitEnumField("kind", 1, 2, COMPLETE),
    ]


class CHG(Message):
    """Charging (Q.723 3.6.2): its contents are a national matter."""

    name = title = "CHG"
    least = 4
    fields_desc = [*heading(0x4, 0x2), Rest("information", b"\x00", least=1)]


class EUM(Message):
    """Extended unsuccessful backward set-up information (Q.723 3.7.2): indicator, originating point."""

    name = title = "EUM"
    least = 6
    fields_desc = [
        *heading(0x5, 0xF),
        BitField("spare", 0, 4),
        BitField("unsuccessful", 1, 4),
        Rest("point", b"\x00\x00", least=2),
    ]


class ACC(Message):
    """Automatic congestion control information (Q.723 3.11.1)."""

    name = title = "ACC"
    least = 4
    fields_desc = [*heading(0xA, 0x1), BitField("spare", 0, 6), BitField("level", 1, 2)]


class MPM(Message):
    """Metering pulses (GF 001-9001): their number, the low octet first."""

    name = title = "MPM"
    least = 5
    fields_desc = [*heading(0xC, 0x2), LEShortField("pulses", 1)]


def _signal(abbreviation: str, h0: int, h1: int, meaning: str) -> Any:
    """A message that is its heading."""
    body = {"__doc__": f"{meaning}.", "name": abbreviation, "title": abbreviation, "__module__": __name__}
    return type(abbreviation, (Message,), body | {"fields_desc": heading(h0, h1)})


def _group(abbreviation: str, h1: int, meaning: str) -> Any:
    """A circuit group supervision message: range, and status but in GRS (Q.723 3.10)."""
    fields = [*heading(0x8, h1), ByteField("range", 1), *([] if abbreviation == "GRS" else [Status()])]
    body = {"__doc__": f"{meaning}.", "name": abbreviation, "title": abbreviation, "__module__": __name__}
    return type(abbreviation, (Message,), body | {"least": 4, "fields_desc": fields})


_SIGNALS = (
    ("COT", 0x2, 0x3, "Continuity"),
    ("CCF", 0x2, 0x4, "Continuity failure"),
    ("SEC", 0x5, 0x1, "Switching equipment congestion"),
    ("CGC", 0x5, 0x2, "Circuit group congestion"),
    ("NNC", 0x5, 0x3, "National network congestion"),
    ("ADI", 0x5, 0x4, "Address incomplete"),
    ("CFL", 0x5, 0x5, "Call failure"),
    ("SSB", 0x5, 0x6, "Subscriber busy"),
    ("UNN", 0x5, 0x7, "Unallocated number"),
    ("LOS", 0x5, 0x8, "Line out of service"),
    ("SST", 0x5, 0x9, "Send special information tone"),
    ("ACB", 0x5, 0xA, "Access barred"),
    ("DPN", 0x5, 0xB, "Digital path not provided"),
    ("MPR", 0x5, 0xC, "Misdialled trunk prefix"),
    ("ANU", 0x6, 0x0, "Answer, unqualified"),
    ("ANC", 0x6, 0x1, "Answer, charge"),
    ("ANN", 0x6, 0x2, "Answer, no charge"),
    ("CBK", 0x6, 0x3, "Clear back"),
    ("CLF", 0x6, 0x4, "Clear forward"),
    ("RAN", 0x6, 0x5, "Reanswer"),
    ("FOT", 0x6, 0x6, "Forward transfer"),
    ("CCL", 0x6, 0x7, "Calling party clear"),
    ("RLG", 0x7, 0x1, "Release guard"),
    ("BLO", 0x7, 0x2, "Blocking"),
    ("BLA", 0x7, 0x3, "Blocking acknowledgement"),
    ("UBL", 0x7, 0x4, "Unblocking"),
    ("UBA", 0x7, 0x5, "Unblocking acknowledgement"),
    ("CCR", 0x7, 0x6, "Continuity check request"),
    ("RSC", 0x7, 0x7, "Reset circuit"),
    ("OPR", 0xD, 0x1, "Operator (China)"),
    ("SLB", 0xE, 0x1, "Subscriber busy with a local call (China)"),
    ("STB", 0xE, 0x2, "Subscriber busy with a toll call (China)"),
    ("MAL", 0xF, 0x1, "Malicious call identification (China)"),
)
_GROUPS = (
    ("MGB", 0x1, "Group blocking, maintenance oriented"),
    ("MBA", 0x2, "Acknowledgement of MGB"),
    ("MGU", 0x3, "Group unblocking, maintenance oriented"),
    ("MUA", 0x4, "Acknowledgement of MGU"),
    ("HGB", 0x5, "Group blocking, hardware failure oriented"),
    ("HBA", 0x6, "Acknowledgement of HGB"),
    ("HGU", 0x7, "Group unblocking, hardware failure oriented"),
    ("HUA", 0x8, "Acknowledgement of HGU"),
    ("GRS", 0x9, "Circuit group reset"),
    ("GRA", 0xA, "Circuit group reset acknowledgement"),
    ("SGB", 0xB, "Group blocking, software generated"),
    ("SBA", 0xC, "Acknowledgement of SGB"),
    ("SGU", 0xD, "Group unblocking, software generated"),
    ("SUA", 0xE, "Acknowledgement of SGU"),
)


class Unknown(Message):
    """A message whose heading Q.723 and GF 001-9001 leave spare."""

    name = title = "message of unknown heading"
    fields_desc = [*heading(0x0, 0x0), StrField("body", b"")]


BY_NAME: dict[str, Any] = {
    cls.title: cls
    for cls in (
        *(IAM, IAI, SAM, SAO, GSM, GRQ, ACM, CHG, EUM, ACC, MPM),
        *(_signal(*each) for each in _SIGNALS),
        *(_group(*each) for each in _GROUPS),
    )
}
"""Every message by its abbreviation."""
MESSAGES: dict[tuple[int, int], Any] = {(cls().h0, cls().h1): cls for cls in BY_NAME.values()}
"""Every message by heading H0, H1 (Q.723 table 3)."""
UNSUCCESSFUL = ("SEC", "CGC", "NNC", "ADI", "CFL", "SSB", "UNN", "LOS", "SST", "ACB", "DPN", "MPR", "EUM")
"""Unsuccessful backward set-up messages of Q.723; SLB and STB are the national ones."""
ANSWERS = ("ANC", "ANN", "ANU")

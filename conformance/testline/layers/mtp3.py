"""Service information octet, routing label and the messages of levels 3 (Q.704 2, 14, 15; Q.707 5).

Two labels: `itu14` with 14-bit point codes (Q.704 2.2) and `china24` with 24-bit ones (GF 001-9001):
DPC, OPC of three octets each, then one octet with the signalling link selection.
"""

# ruff: noqa: RUF012 - `fields_desc` is read by the metaclass of scapy and never changed

from __future__ import annotations

from typing import Any

from scapy.fields import BitEnumField, BitField, FieldLenField, StrField, StrLenField
from scapy.fields import LEThreeBytesField as ThreeOctets
from scapy.packet import Packet

from testline.layers.errors import NotDecodable

SERVICES = {0: "SNM", 1: "SLT", 2: "SLT special", 3: "SCCP", 4: "TUP", 5: "ISUP"}
"""Service indicator (Q.704 14.2.1)."""
NETWORKS = {0: "international", 1: "international spare", 2: "national", 3: "national spare"}
"""Network indicator (Q.704 14.2.2)."""

SERVICE_INFORMATION_OCTET = [
    BitEnumField("ni", 0b10, 2, NETWORKS),
    BitField("priority", 0b00, 2),
    BitEnumField("si", 0b0101, 4, SERVICES),
]


class MsuItu14(Packet):
    """Service information octet and the label of Q.704 figure 3."""

    name = "MSU"
    fields_desc = [
        *SERVICE_INFORMATION_OCTET,
        BitField("sls", 0, 4, tot_size=-4),
        BitField("opc", 0, 14),
        BitField("dpc", 0, 14, end_tot_size=-4),
        StrField("data", b""),
    ]


class MsuChina24(Packet):
    """Service information octet and the China national label (GF 001-9001)."""

    name = "MSU"
    fields_desc = [
        *SERVICE_INFORMATION_OCTET,
        ThreeOctets("dpc", 0),
        ThreeOctets("opc", 0),
        BitField("sls_spare", 0b0000, 4),
        BitField("sls", 0, 4),
        StrField("data", b""),
    ]


MSU_HEADERS: dict[str, Any] = {"itu14": MsuItu14, "china24": MsuChina24}
LABEL_OCTETS = {"itu14": 4, "china24": 7}

HEADINGS = {
    (1, 1): "COO",
    (1, 2): "COA",
    (1, 5): "CBD",
    (1, 6): "CBA",
    (2, 1): "ECO",
    (2, 2): "ECA",
    (3, 1): "RCT",
    (3, 2): "TFC",
    (4, 1): "TFP",
    (4, 3): "TFR",
    (4, 5): "TFA",
    (5, 1): "RST",
    (5, 2): "RSR",
    (6, 1): "LIN",
    (6, 2): "LUN",
    (6, 3): "LIA",
    (6, 4): "LUA",
    (6, 5): "LID",
    (6, 6): "LFU",
    (6, 7): "LLT",
    (6, 8): "LRT",
    (7, 1): "TRA",
    (8, 1): "DLC",
    (8, 2): "CSS",
    (8, 3): "CNS",
    (8, 4): "CNP",
    (10, 1): "UPU",
}
"""Network management messages by heading H0, H1 (Q.704 table 1)."""
HEADING_CODES = {name: codes for codes, name in HEADINGS.items()}


H1_H0 = [BitField("h1", 0b0001, 4), BitField("h0", 0b0111, 4)]
"""Heading octet: the group H0 in the low bits, the message H1 in the high ones (Q.704 15.3)."""

UPU_CAUSES = {0: "unknown", 1: "unequipped remote user", 2: "inaccessible remote user"}
"""Unavailability cause of UPU (Q.704 15.17.5)."""


class NetworkManagement(Packet):
    """A network management message after the label (Q.704 15): heading, then its information.

    As it stands for the messages that are all heading: ECO, ECA, RCT, the MIM group, TRA, CSS, CNS, CNP,
    and for headings that nobody defined, whose octets are `information`.
    """

    name = "SNM"
    fields_desc = [*H1_H0, StrField("information", b"")]

    @property
    def title(self) -> str:
        return HEADINGS.get((self.h0, self.h1), f"H0 {self.h0} H1 {self.h1}")


class Changeover(NetworkManagement):
    """COO and COA (Q.704 15.4): forward sequence number of the last message accepted on the link."""

    fields_desc = [*H1_H0, BitField("spare", 0, 1), BitField("fsn", 0, 7), StrField("information", b"")]


class Changeback(NetworkManagement):
    """CBD and CBA (Q.704 15.5): changeback code."""

    fields_desc = [*H1_H0, BitField("code", 0, 8), StrField("information", b"")]


class RouteItu14(NetworkManagement):
    """TFP, TFR, TFA, RST, RSR and, with its status, TFC (Q.704 15.7 to 15.10): the destination concerned."""

    fields_desc = [
        *H1_H0,
        BitField("status", 0b00, 2, tot_size=-2),
        BitField("destination", 0, 14, end_tot_size=-2),
        StrField("information", b""),
    ]


class RouteChina24(NetworkManagement):
    """The same with a 24-bit code (GF 001-9001)."""

    fields_desc = [*H1_H0, ThreeOctets("destination", 0), StrField("information", b"")]


class CongestionChina24(NetworkManagement):
    """TFC with a 24-bit code: the status has an octet of its own (GF 001-9001, as OpenSS7 has it)."""

    fields_desc = [
        *H1_H0,
        ThreeOctets("destination", 0),
        BitField("status_spare", 0b000000, 6),
        BitField("status", 0b00, 2),
        StrField("information", b""),
    ]


class UserPartUnavailableItu14(NetworkManagement):
    """UPU (Q.704 15.17): destination, user part and cause."""

    fields_desc = [
        *H1_H0,
        BitField("status", 0b00, 2, tot_size=-2),
        BitField("destination", 0, 14, end_tot_size=-2),
        BitEnumField("cause", 0, 4, UPU_CAUSES),
        BitEnumField("user", 0, 4, SERVICES),
        StrField("information", b""),
    ]


class UserPartUnavailableChina24(NetworkManagement):
    """UPU with a 24-bit code (GF 001-9001)."""

    fields_desc = [
        *H1_H0,
        ThreeOctets("destination", 0),
        BitEnumField("cause", 0, 4, UPU_CAUSES),
        BitEnumField("user", 0, 4, SERVICES),
        StrField("information", b""),
    ]


class DataLinkConnection(NetworkManagement):
    """DLC (Q.704 15.12): signalling data link identity, 12 bits."""

    fields_desc = [
        *H1_H0,
        BitField("spare", 0b0000, 4, tot_size=-2),
        BitField("data_link", 0, 12, end_tot_size=-2),
        StrField("information", b""),
    ]


_LAYOUTS: dict[str, tuple[tuple[Any, int], tuple[Any, int]]] = {
    **dict.fromkeys(("COO", "COA"), ((Changeover, 1), (Changeover, 1))),
    **dict.fromkeys(("CBD", "CBA"), ((Changeback, 1), (Changeback, 1))),
    **dict.fromkeys(("TFP", "TFR", "TFA", "RST", "RSR"), ((RouteItu14, 2), (RouteChina24, 3))),
    "TFC": ((RouteItu14, 2), (CongestionChina24, 4)),
    "UPU": ((UserPartUnavailableItu14, 3), (UserPartUnavailableChina24, 4)),
    "DLC": ((DataLinkConnection, 2), (DataLinkConnection, 2)),
}
"""Class and octets of information by message, for both labels."""


def _layout(title: str, variant: str) -> tuple[Any, int]:
    return _LAYOUTS.get(title, ((NetworkManagement, 0),) * 2)[variant == "china24"]


def management(title: str, variant: str = "itu14", **fields: Any) -> bytes:
    """Return message `title` as it follows the label; `fields` are those of its class."""
    h0, h1 = HEADING_CODES[title]
    return bytes(_layout(title, variant)[0](h0=h0, h1=h1, **fields))


class LinkTest(Packet):
    """SLTM (H1 1) and SLTA (H1 2) after the label (Q.707 5): heading, length, test pattern."""

    name = "SLT"
    fields_desc = [
        BitEnumField("h1", 0b0001, 4, {1: "SLTM", 2: "SLTA"}),
        BitField("h0", 0b0001, 4),
        FieldLenField("length", None, length_of="pattern", fmt="B", adjust=lambda _, octets: octets << 4),
        StrLenField("pattern", b"", length_from=lambda packet: packet.length >> 4),
    ]

    @property
    def title(self) -> str:
        return {1: "SLTM", 2: "SLTA"}.get(self.h1, f"H0 {self.h0} H1 {self.h1}")


def decode_mtp3(octets: bytes, variant: str = "itu14") -> Any:
    """Return the `MsuItu14` or `MsuChina24` in `octets`, service information octet first.

    Its `data` is what follows the label. Raises `NotDecodable` only.
    """
    needed = 1 + LABEL_OCTETS[variant]
    if len(octets) < needed:
        raise NotDecodable(f"MSU: service octet and label take {needed} octets, found {len(octets)}", octets)
    return MSU_HEADERS[variant](octets)


def decode_link_test(data: bytes) -> Any:
    """Return the `LinkTest` in `data`, which follows the label. Raises `NotDecodable` only."""
    if len(data) < 2 or len(data) - 2 < data[1] >> 4:
        raise NotDecodable(f"link test message of {len(data)} octets is cut off", data)
    return LinkTest(data)


def decode_management(data: bytes, variant: str = "itu14") -> Any:
    """Return the network management message in `data`, which follows the label.

    One of the classes above; `information` holds what comes after its own fields. Raises `NotDecodable` only.
    """
    if not data:
        raise NotDecodable("network management message has no heading", data)
    heading = NetworkManagement(data[:1])
    layout, needed = _layout(heading.title, variant)
    if len(data) - 1 < needed:
        raise NotDecodable(f"{heading.title}: information takes {needed} octets, found {len(data) - 1}", data)
    return layout(data)


def summary_of_management(found: Any) -> str:
    """Return what a management message says in one line: its name, then what it concerns."""
    parts = [found.title]
    for name in ("fsn", "code", "destination", "user", "cause"):
        if name in {each.name for each in found.fields_desc}:
            parts.append(f"{name} {found.getfieldval(name)}")
    return " ".join(parts)

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


class NetworkManagement(Packet):
    """A network management message after the label (Q.704 15): heading, then its information."""

    name = "SNM"
    fields_desc = [BitField("h1", 0b0001, 4), BitField("h0", 0b0111, 4), StrField("information", b"")]

    @property
    def title(self) -> str:
        return HEADINGS.get((self.h0, self.h1), f"H0 {self.h0} H1 {self.h1}")


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


def decode_management(data: bytes) -> Any:
    """Return the `NetworkManagement` in `data`, which follows the label. Raises `NotDecodable` only."""
    if not data:
        raise NotDecodable("network management message has no heading", data)
    return NetworkManagement(data)

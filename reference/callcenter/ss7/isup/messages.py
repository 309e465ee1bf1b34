"""The messages of Q.763 as tables: codes (table 4), formats (tables 21 to 53) and parameter codes (table 5).

A format lists a message's mandatory fixed parameters with their lengths, its mandatory variable parameters
in the order of their pointers, and the optional parameters its table allows. `optional` is None where the
message has no pointer to an optional part.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Type(IntEnum):
    """Message type codes (Q.763 table 4, and the three of China national ISUP)."""

    IAM = 0x01
    SAM = 0x02
    INR = 0x03
    INF = 0x04
    COT = 0x05
    ACM = 0x06
    CON = 0x07
    FOT = 0x08
    ANM = 0x09
    REL = 0x0C
    SUS = 0x0D
    RES = 0x0E
    RLC = 0x10
    CCR = 0x11
    RSC = 0x12
    BLO = 0x13
    UBL = 0x14
    BLA = 0x15
    UBA = 0x16
    GRS = 0x17
    CGB = 0x18
    CGU = 0x19
    CGBA = 0x1A
    CGUA = 0x1B
    FAR = 0x1F
    FAA = 0x20
    FRJ = 0x21
    LPA = 0x24
    PAM = 0x28
    GRA = 0x29
    CQM = 0x2A
    CQR = 0x2B
    CPG = 0x2C
    USR = 0x2D
    UCIC = 0x2E
    CFN = 0x2F
    OLM = 0x30
    CRG = 0x31
    NRM = 0x32
    FAC = 0x33
    UPT = 0x34
    UPA = 0x35
    IDR = 0x36
    IRS = 0x37
    SGM = 0x38
    LPR = 0x40
    APT = 0x41
    PRI = 0x42
    SDN = 0x43
    CCL = 0xFC
    """Calling party clearing, China national (YDN 038: unverified, as the two that follow)."""
    MPM = 0xFD
    """Metering pulse."""
    OPR = 0xFE
    """Operator."""


@dataclass(frozen=True, slots=True)
class Format:
    """The format of one message."""

    type: Type
    title: str
    fixed: tuple[tuple[int, int], ...] = ()
    """Parameter code and length in octets."""
    variable: tuple[int, ...] = ()
    optional: frozenset[int] | None = None
    free: bool = False
    """What follows the message type has a format of its own and is kept as it is."""


PARAMETERS: Final[dict[int, str]] = {
    0x00: "end of optional parameters",
    0x01: "call reference",
    0x02: "transmission medium requirement",
    0x03: "access transport",
    0x04: "called party number",
    0x05: "subsequent number",
    0x06: "nature of connection indicators",
    0x07: "forward call indicators",
    0x08: "optional forward call indicators",
    0x09: "calling party's category",
    0x0A: "calling party number",
    0x0B: "redirecting number",
    0x0C: "redirection number",
    0x0D: "connection request",
    0x0E: "information request indicators",
    0x0F: "information indicators",
    0x10: "continuity indicators",
    0x11: "backward call indicators",
    0x12: "cause indicators",
    0x13: "redirection information",
    0x15: "circuit group supervision message type",
    0x16: "range and status",
    0x18: "facility indicator",
    0x1A: "closed user group interlock code",
    0x1D: "user service information",
    0x1E: "signalling point code",
    0x20: "user-to-user information",
    0x21: "connected number",
    0x22: "suspend/resume indicators",
    0x23: "transit network selection",
    0x24: "event information",
    0x25: "circuit assignment map",
    0x26: "circuit state indicator",
    0x27: "automatic congestion level",
    0x28: "original called number",
    0x29: "optional backward call indicators",
    0x2A: "user-to-user indicators",
    0x2B: "origination ISC point code",
    0x2C: "generic notification indicator",
    0x2D: "call history information",
    0x2E: "access delivery information",
    0x2F: "network specific facility",
    0x30: "user service information prime",
    0x31: "propagation delay counter",
    0x32: "remote operations",
    0x33: "service activation",
    0x34: "user teleservice information",
    0x35: "transmission medium used",
    0x36: "call diversion information",
    0x37: "echo control information",
    0x38: "message compatibility information",
    0x39: "parameter compatibility information",
    0x3A: "MLPP precedence",
    0x3B: "MCID request indicators",
    0x3C: "MCID response indicators",
    0x3D: "hop counter",
    0x3E: "transmission medium requirement prime",
    0x3F: "location number",
    0x40: "redirection number restriction",
    0x43: "call transfer reference",
    0x44: "loop prevention indicators",
    0x45: "call transfer number",
    0x4B: "CCSS",
    0x4C: "forward GVNS",
    0x4D: "backward GVNS",
    0x4E: "redirect capability",
    0x5B: "network management controls",
    0x65: "correlation id",
    0x66: "SCF id",
    0x6E: "call diversion treatment indicators",
    0x6F: "called IN number",
    0x70: "call offering treatment indicators",
    0x71: "charged party identification",
    0x72: "conference treatment indicators",
    0x73: "display information",
    0x74: "UID action indicators",
    0x75: "UID capability indicators",
    0x77: "redirect counter",
    0x78: "application transport",
    0x79: "collect call request",
    0x7A: "CCNR possible indicator",
    0x7B: "pivot capability",
    0x7C: "pivot routing indicators",
    0x7D: "called directory number",
    0x7F: "original called IN number",
    0x81: "calling geodetic location",
    0x82: "HTR information",
    0x84: "network routing number",
    0x85: "query on release capability",
    0x86: "pivot status",
    0x87: "pivot counter",
    0x88: "pivot routing forward information",
    0x89: "pivot routing backward information",
    0x8A: "redirect status",
    0x8B: "redirect forward information",
    0x8C: "redirect backward information",
    0x8D: "number portability forward information",
    0xC0: "generic number",
    0xC1: "generic digits",
    0xFD: "charge information",
}
"""Parameter codes (Q.763 table 5; 0xFD China national)."""


def _some(*codes: int) -> frozenset[int]:
    return frozenset(codes)


_IAM: Final = _some(
    *(0x01, 0x03, 0x08, 0x0A, 0x0B, 0x0D, 0x13, 0x1A, 0x1D, 0x20, 0x23, 0x25, 0x28, 0x2A, 0x2B, 0x2C),
    *(0x2F, 0x30, 0x31, 0x32, 0x33, 0x34, 0x37, 0x39, 0x3A, 0x3D, 0x3E, 0x3F, 0x4B, 0x4C, 0x4E, 0x5B),
    *(0x65, 0x66, 0x6E, 0x6F, 0x70, 0x72, 0x75, 0x77, 0x78, 0x79, 0x7B, 0x7D, 0x7F, 0x81, 0x84, 0x85),
    *(0x87, 0x88, 0x8A, 0x8B, 0x8D, 0xC0, 0xC1),
)
_ACM: Final = _some(
    *(0x01, 0x03, 0x0C, 0x12, 0x20, 0x29, 0x2A, 0x2C, 0x2E, 0x2F, 0x32, 0x33, 0x35, 0x36, 0x37, 0x39),
    *(0x40, 0x72, 0x74, 0x78, 0x7A, 0x82, 0x89, 0x8A),
)
_ANM: Final = _some(
    *(0x01, 0x03, 0x0C, 0x11, 0x20, 0x21, 0x29, 0x2A, 0x2C, 0x2D, 0x2E, 0x2F, 0x32, 0x33, 0x35, 0x37),
    *(0x39, 0x40, 0x4D, 0x72, 0x73, 0x78, 0x89, 0x8A, 0xC0),
)
_CPG: Final = _some(
    *(0x01, 0x03, 0x0C, 0x11, 0x12, 0x20, 0x21, 0x29, 0x2A, 0x2C, 0x2D, 0x2E, 0x2F, 0x32, 0x33, 0x35),
    *(0x36, 0x37, 0x39, 0x40, 0x45, 0x4D, 0x72, 0x74, 0x78, 0x7A, 0x89, 0x8A, 0xC0),
)
_CON: Final = _some(
    *(0x01, 0x03, 0x20, 0x21, 0x29, 0x2A, 0x2C, 0x2D, 0x2E, 0x2F, 0x32, 0x33, 0x35, 0x37, 0x39, 0x40),
    *(0x4D, 0x72, 0x78, 0x82, 0x89, 0x8A, 0xC0),
)
_REL: Final = _some(
    *(0x03, 0x0C, 0x13, 0x1E, 0x20, 0x27, 0x2A, 0x2E, 0x2F, 0x32, 0x39, 0x73, 0x77, 0x82, 0x8C)
)
_COMPATIBLE: Final = _some(0x38, 0x39)
_RANGE: Final = (0x16,)

FORMATS: Final[dict[int, Format]] = {
    each.type: each
    for each in (
        Format(
            Type.IAM,
            "initial address",
            fixed=((0x06, 1), (0x07, 2), (0x09, 1), (0x02, 1)),
            variable=(0x04,),
            optional=_IAM,
        ),
        Format(Type.SAM, "subsequent address", variable=(0x05,), optional=_some()),
        Format(Type.INR, "information request", ((0x0E, 2),), optional=_some(0x01, 0x2F, 0x39)),
        Format(Type.INF, "information", ((0x0F, 2),), optional=_some(0x01, 0x09, 0x0A, 0x0D, 0x2F, 0x39)),
        Format(Type.COT, "continuity", ((0x10, 1),)),
        Format(Type.ACM, "address complete", ((0x11, 2),), optional=_ACM),
        Format(Type.CON, "connect", ((0x11, 2),), optional=_CON),
        Format(Type.FOT, "forward transfer", optional=_some(0x01)),
        Format(Type.ANM, "answer", optional=_ANM),
        Format(Type.REL, "release", variable=(0x12,), optional=_REL),
        Format(Type.SUS, "suspend", ((0x22, 1),), optional=_some(0x01)),
        Format(Type.RES, "resume", ((0x22, 1),), optional=_some(0x01)),
        Format(Type.RLC, "release complete", optional=_some(0x12)),
        Format(Type.CCR, "continuity check request"),
        Format(Type.RSC, "reset circuit"),
        Format(Type.BLO, "blocking"),
        Format(Type.UBL, "unblocking"),
        Format(Type.BLA, "blocking acknowledgement"),
        Format(Type.UBA, "unblocking acknowledgement"),
        Format(Type.GRS, "circuit group reset", variable=_RANGE),
        Format(Type.CGB, "circuit group blocking", ((0x15, 1),), _RANGE),
        Format(Type.CGU, "circuit group unblocking", ((0x15, 1),), _RANGE),
        Format(Type.CGBA, "circuit group blocking acknowledgement", ((0x15, 1),), _RANGE),
        Format(Type.CGUA, "circuit group unblocking acknowledgement", ((0x15, 1),), _RANGE),
        Format(Type.FAR, "facility request", ((0x18, 1),), optional=_some(0x01, 0x0D, 0x2A, 0x39)),
        Format(Type.FAA, "facility accepted", ((0x18, 1),), optional=_some(0x01, 0x0D, 0x2A, 0x39)),
        Format(Type.FRJ, "facility reject", ((0x18, 1),), (0x12,), _some(0x2A)),
        Format(Type.LPA, "loop back acknowledgement"),
        Format(Type.PAM, "pass along", free=True),
        Format(Type.GRA, "circuit group reset acknowledgement", variable=_RANGE),
        Format(Type.CQM, "circuit group query", variable=_RANGE),
        Format(Type.CQR, "circuit group query response", variable=(0x16, 0x26)),
        Format(Type.CPG, "call progress", ((0x24, 1),), optional=_CPG),
        Format(Type.USR, "user-to-user information", variable=(0x20,), optional=_some(0x03)),
        Format(Type.UCIC, "unequipped circuit identification code"),
        Format(Type.CFN, "confusion", variable=(0x12,), optional=_some()),
        Format(Type.OLM, "overload"),
        Format(Type.CRG, "charge information", free=True),
        Format(Type.NRM, "network resource management", optional=_COMPATIBLE | {0x37}),
        Format(
            Type.FAC,
            "facility",
            optional=_COMPATIBLE | {0x03, 0x0C, 0x2C, 0x32, 0x33, 0x45, 0x7C, 0x86, 0x87, 0x89, 0x8A},
        ),
        Format(Type.UPT, "user part test", optional=_some(0x39)),
        Format(Type.UPA, "user part available", optional=_some(0x39)),
        Format(Type.IDR, "identification request", optional=_COMPATIBLE | {0x3B}),
        Format(Type.IRS, "identification response", optional=_COMPATIBLE | {0x03, 0x0A, 0x3C, 0x71, 0xC0}),
        Format(Type.SGM, "segmentation", optional=_some(0x03, 0x20, 0x2C, 0x38, 0xC0, 0xC1)),
        Format(Type.LPR, "loop prevention", optional=_COMPATIBLE | {0x43, 0x44}),
        Format(Type.APT, "application transport", optional=_COMPATIBLE | {0x78}),
        Format(Type.PRI, "pre-release information", optional=_COMPATIBLE | {0x08, 0x29, 0x78}),
        Format(Type.SDN, "subsequent directory number", optional=_some(0x05, 0x38)),
        Format(Type.CCL, "calling party clearing", optional=_some(0x38)),
        Format(Type.MPM, "metering pulse", ((0xFD, 2),), optional=_some(0x38)),
        Format(Type.OPR, "operator", optional=_some(0x38)),
    )
}

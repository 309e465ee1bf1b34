"""Messages of signalling network management (Q.704 15).

::

      8   7   6   5   4   3   2   1
    +---------------+---------------+
    |      H1       |      H0       |  heading (Q.704 15.1)
    +---------------+---------------+
    | what the heading says         |  nothing, one octet, or a point code
    +-------------------------------+

A point code takes two octets (14 bits, 2 spare) or, in networks with codes of 24 bits, three. The two spare
bits behind 14 bits hold the congestion status of a TFC in national networks that have it (15.8); with 24
bits it is an octet of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from callcenter.errors import DecodeError
from callcenter.ss7.mtp3.codec import POINT_CODE_BITS
from testrig.system import Variant


class Heading(IntEnum):
    """H1 in the high half octet, H0 in the low one (Q.704 15.3 to 15.17 and table 1)."""

    COO = 0x11
    COA = 0x21
    CBD = 0x51
    CBA = 0x61
    ECO = 0x12
    ECA = 0x22
    RCT = 0x13
    TFC = 0x23
    TFP = 0x14
    TFR = 0x34
    TFA = 0x54
    RST = 0x15
    RSR = 0x25
    LIN = 0x16
    LUN = 0x26
    LIA = 0x36
    LUA = 0x46
    LID = 0x56
    LFU = 0x66
    LLT = 0x76
    LRT = 0x86
    TRA = 0x17
    UPU = 0x1A


CHANGEOVER: Final = frozenset({Heading.COO, Heading.COA, Heading.ECO, Heading.ECA})
CHANGEBACK: Final = frozenset({Heading.CBD, Heading.CBA})
INHIBITION: Final = frozenset(
    {
        Heading.LIN,
        Heading.LUN,
        Heading.LIA,
        Heading.LUA,
        Heading.LID,
        Heading.LFU,
        Heading.LLT,
        Heading.LRT,
    }
)
ROUTE: Final = frozenset({Heading.TFP, Heading.TFR, Heading.TFA, Heading.RST, Heading.RSR})
_NUMBERED: Final = frozenset({Heading.COO, Heading.COA})
_WITH_POINT: Final = ROUTE | {Heading.TFC, Heading.UPU}


@dataclass(frozen=True, slots=True)
class Management:
    """A message of signalling network management, without its label."""

    heading: Heading
    fsn: int = 0
    """Forward sequence number of the last message accepted: COO and COA (15.3)."""
    code: int = 0
    """Changeback code: CBD and CBA (15.4)."""
    point: int = 0
    """The point it speaks of: TFP, TFR, TFA, RST, RSR, TFC and UPU."""
    status: int = 0
    """Congestion status: TFC (15.8.4)."""
    user: int = 0
    """User part: UPU (15.17.4)."""
    cause: int = 0
    """Why the user part is unavailable: UPU (15.17.5)."""

    def encode(self, variant: Variant) -> bytes:
        """Return heading and content."""
        head = bytes((self.heading,))
        if self.heading in _NUMBERED:
            return head + bytes((self.fsn,))
        if self.heading in CHANGEBACK:
            return head + bytes((self.code,))
        if self.heading not in _WITH_POINT:
            return head
        if self.heading is Heading.UPU:
            return head + self._point(variant, 0) + bytes((self.cause << 4 | self.user,))
        if self.heading is not Heading.TFC:
            return head + self._point(variant, 0)
        if variant == "itu14":
            return head + self._point(variant, self.status)
        return head + self._point(variant, 0) + bytes((self.status,))

    def _point(self, variant: Variant, status: int) -> bytes:
        if variant == "itu14":
            return (self.point | status << 14).to_bytes(2, "little")
        return self.point.to_bytes(3, "little")


def decode_management(data: bytes, variant: Variant) -> Management:
    """Return the message in what follows the label. Raises `DecodeError` for a heading that is not known
    and for a message cut short."""
    if not data:
        raise DecodeError("SNM: offset 0: expected a heading, found nothing (Q.704 15.1)")
    try:
        heading = Heading(data[0])
    except ValueError:
        raise DecodeError(f"SNM: offset 0: heading {data[0]:#04x} is not known (Q.704 15)") from None
    if heading in _NUMBERED:
        return Management(heading, fsn=_octet(data, 1) & 0x7F)
    if heading in CHANGEBACK:
        return Management(heading, code=_octet(data, 1))
    if heading not in _WITH_POINT:
        return Management(heading)
    size = 2 if variant == "itu14" else 3
    field = data[1 : 1 + size]
    if len(field) < size:
        raise DecodeError(f"SNM {heading.name}: offset 1: expected a point code of {size} octets")
    value = int.from_bytes(field, "little")
    point = value & (1 << POINT_CODE_BITS[variant]) - 1
    if heading is Heading.UPU:
        octet = _octet(data, 1 + size)
        return Management(heading, point=point, user=octet & 0x0F, cause=octet >> 4)
    if heading is Heading.TFC:
        status = value >> 14 if variant == "itu14" else _octet(data, 1 + size) & 0x03
        return Management(heading, point=point, status=status)
    return Management(heading, point=point)


def _octet(data: bytes, offset: int) -> int:
    if len(data) <= offset:
        raise DecodeError(f"SNM {Heading(data[0]).name}: offset {offset}: expected an octet, found the end")
    return data[offset]

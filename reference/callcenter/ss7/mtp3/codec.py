"""Service information octet, routing labels, link tests and point codes.

Two labels: `itu14` (Q.704 2.2 and figure 3) with point codes of 14 bits, and `china24` (GF 001-9001), the
national network of China, with point codes of 24 bits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from callcenter.errors import ConfigurationError, DecodeError, StateError
from testrig.system import Variant

LABEL_OCTETS: Final[dict[Variant, int]] = {"itu14": 4, "china24": 7}
POINT_CODE_BITS: Final[dict[Variant, int]] = {"itu14": 14, "china24": 24}
FIELDS: Final[dict[Variant, tuple[int, int, int]]] = {"itu14": (3, 8, 3), "china24": (8, 8, 8)}
"""Widths of the three fields of a point code as people write it: zone, area, point (Q.708 2.1), or main
signalling area, sub-area, signalling point 主信令区-分信令区-信令点 (GF 001-9001)."""


class Service(IntEnum):
    """Service indicators (Q.704 14.2.1)."""

    SNM = 0
    SLT = 1
    SLT_SPECIAL = 2
    SCCP = 3
    TUP = 4
    ISUP = 5


class TestHeading(IntEnum):
    """Headings H1 H0 of link test messages (Q.707 5.2)."""

    __test__ = False

    SLTM = 0x11
    SLTA = 0x21


@dataclass(frozen=True, slots=True)
class Label:
    """The routing label.

    ::

        itu14 (Q.704 figure 3), 32 bits with the least significant bit first on the line:
        DPC 14 bits | OPC 14 bits | SLS 4 bits

        china24 (GF 001-9001), each field least significant octet first:
        DPC 3 octets | OPC 3 octets | SLS 4 bits, spare 4 bits
    """

    dpc: int
    opc: int
    sls: int
    spare: int = 0
    """The four bits above the selection (china24): in the telephone user part bits 8 to 5 of the CIC."""

    def encode(self, variant: Variant) -> bytes:
        """Return 4 or 7 octets. Raises `StateError` for a field out of range."""
        bits = POINT_CODE_BITS[variant]
        if not (0 <= self.dpc < 1 << bits and 0 <= self.opc < 1 << bits and 0 <= self.sls < 16):
            raise StateError(f"label {self}: expected point codes of {bits} bits and SLS 0 to 15")
        if variant == "itu14":
            return (self.dpc | self.opc << 14 | self.sls << 28).to_bytes(4, "little")
        points = self.dpc.to_bytes(3, "little") + self.opc.to_bytes(3, "little")
        return points + bytes((self.sls | self.spare << 4,))


@dataclass(frozen=True, slots=True)
class Message:
    """A message of level 3: service information octet, label and what follows it.

    In national networks with congestion priorities the spare bits hold the message's (Q.704 14.2.3).

    ::

          8   7   6   5   4   3   2   1
        +-------+-------+---------------+
        |  NI   | spare |      SI       |  service information octet (Q.704 14.2)
        +-------+-------+---------------+
        | label, 4 or 7 octets          |
        +-------------------------------+
        | data                          |
        +-------------------------------+
    """

    si: int
    ni: int
    label: Label
    data: bytes
    priority: int = 0

    def encode(self, variant: Variant) -> bytes:
        """Return the octets that level 2 takes."""
        return bytes((self.ni << 6 | self.priority << 4 | self.si,)) + self.label.encode(variant) + self.data


def decode(octets: bytes, variant: Variant) -> Message:
    """Return the message in service information octet and field; `DecodeError` if the label is cut."""
    size = LABEL_OCTETS[variant]
    if len(octets) < 1 + size:
        raise DecodeError(f"MTP3: expected a label of {size} octets at offset 1, found {len(octets) - 1}")
    if variant == "itu14":
        bits = int.from_bytes(octets[1:5], "little")
        label = Label(bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28)
    else:
        label = Label(
            int.from_bytes(octets[1:4], "little"),
            int.from_bytes(octets[4:7], "little"),
            octets[7] & 0x0F,
            octets[7] >> 4,
        )
    return Message(octets[0] & 0x0F, octets[0] >> 6, label, octets[1 + size :], octets[0] >> 4 & 3)


@dataclass(frozen=True, slots=True)
class LinkTest:
    """Signalling link test message or its acknowledgement (Q.707 5).

    ::

          8   7   6   5   4   3   2   1
        +---------------+---------------+
        |      H1       |      H0       |  SLTM 0001 0001, SLTA 0010 0001
        +---------------+---------------+
        |    length     |     spare     |
        +---------------+---------------+
        | test pattern, 1 to 15 octets  |
        +-------------------------------+
    """

    acknowledgement: bool
    pattern: bytes

    def encode(self) -> bytes:
        """Return heading, length and pattern."""
        heading = TestHeading.SLTA if self.acknowledgement else TestHeading.SLTM
        return bytes((heading, len(self.pattern) << 4)) + self.pattern


def decode_link_test(data: bytes) -> LinkTest:
    """Return the link test in what follows the label; `DecodeError` if it is none."""
    if len(data) < 2:
        raise DecodeError(f"SLT: expected heading and length, found {len(data)} octets")
    if data[0] not in {TestHeading.SLTM, TestHeading.SLTA}:
        raise DecodeError(f"SLT: offset 0: heading {data[0]:#04x}, expected 0x11 or 0x21 (Q.707 5.2)")
    length = data[1] >> 4
    pattern = data[2 : 2 + length]
    if len(pattern) != length or not length:
        raise DecodeError(f"SLT: offset 1: length {length}, but {len(data) - 2} octets follow")
    return LinkTest(data[0] == TestHeading.SLTA, pattern)


def point_code(text: str, variant: Variant) -> int:
    """Return a point code written as three fields (`2-100-3`; `10-20-30`) or as one decimal number.

    Raises `ConfigurationError`.
    """
    widths = FIELDS[variant]
    limit = 1 << POINT_CODE_BITS[variant]
    if re.fullmatch(r"[0-9]{1,8}", text) and int(text) < limit:
        return int(text)
    parts = re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})-([0-9]{1,3})", text)
    if parts:
        code = 0
        for part, width in zip(parts.groups(), widths, strict=True):
            if int(part) >= 1 << width:
                break
            code = code << width | int(part)
        else:
            return code
    ranges = "-".join(f"0..{(1 << width) - 1}" for width in widths)
    raise ConfigurationError(f"point code: found {text!r}, expected {ranges} or 0 to {limit - 1}")


def point_code_text(code: int, variant: Variant) -> str:
    """Return a point code as three decimal fields."""
    _, middle, low = FIELDS[variant]
    return f"{code >> middle + low}-{code >> low & (1 << middle) - 1}-{code & (1 << low) - 1}"

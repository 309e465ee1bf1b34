"""The parts that ISUP messages are made of (Q.763 1.2 to 1.7): pointers, lengths, contents, digits.

A message is a fixed part, one pointer for every mandatory variable part, a pointer to the optional part,
then those parts. A pointer counts from its own octet to the length octet of its part (Q.763 1.6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scapy.fields import (
    BitEnumField,
    BitField,
    ByteField,
    EnumField,
    Field,
    PacketField,
    PacketListField,
    ShortField,
    StrField,
)

from testline.layers.errors import NotDecodable

ABSENT = -1
"""Value of a pointer to the optional part whose octet itself is not there, as before the 1988 edition."""

SIGNALS = "0123456789ABCDEF"
"""Address signals by value (Q.763 3.9 g): B is code 11, C code 12, F the end of pulsing (ST)."""


def fixed_octets(fields: list[Any]) -> int:
    """Return how many octets the bit and octet fields at the head of `fields` take."""
    bits = 0
    for field in fields:
        if isinstance(field, (BitField, BitEnumField)):
            bits += abs(field.size)
        elif isinstance(field, (ByteField, EnumField, ShortField)) and not isinstance(
            field, (Pointer, Length)
        ):
            bits += 8 * field.sz
        else:
            break
    return bits // 8


class Pointer(ByteField):
    """Pointer number `index` of a message, to the part called `part`; None: computed when built."""

    __slots__ = ["part"]

    def __init__(self, part: str) -> None:
        super().__init__(f"{part}_pointer", None)
        self.part = part

    def i2m(self, pkt: Any, x: Any) -> int:
        return pkt.distance(self.part) if x is None else int(x)

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        return s if val == ABSENT else super().addfield(pkt, s, val)

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, int]:
        if s:
            return s[1:], s[0]
        if self.part == "optional":
            return s, ABSENT
        raise NotDecodable(f"{pkt.title}: ends before the pointer to {self.part.replace('_', ' ')}")


class Length(ByteField):
    """Length octet of the contents in field `of`; None: computed when built."""

    __slots__ = ["of"]

    def __init__(self, name: str, of: str) -> None:
        super().__init__(name, None)
        self.of = of

    def i2m(self, pkt: Any, x: Any) -> int:
        return len(bytes(pkt.getfieldval(self.of))) & 0xFF if x is None else int(x)

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, int]:
        if not s:
            raise NotDecodable(f"{pkt.title}: ends before the length of {self.of.replace('_', ' ')}")
        if s[0] > len(s) - 1:
            name = self.of.replace("_", " ")
            raise NotDecodable(f"{pkt.title}: length of {name} is {s[0]} with {len(s) - 1} octets left")
        return s[1:], s[0]


class Gap(StrField):
    """Octets that no pointer leads to, before the part called `part`. Normally none."""

    __slots__ = ["part"]

    def __init__(self, part: str) -> None:
        super().__init__(f"{part}_gap", b"")
        self.part = part

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, bytes]:
        pointer = pkt.getfieldval(f"{self.part}_pointer")
        if self.part == "optional" and pointer in {0, ABSENT}:
            return s, b""
        gap = pointer - pkt.distance(self.part, pointed=True)
        if gap < 0 or gap >= len(s):
            found = "into another part" if gap < 0 else "past the end"
            raise NotDecodable(
                f"{pkt.title}: pointer {pointer} to {self.part.replace('_', ' ')} leads {found}"
            )
        return s[gap:], s[:gap]


class Contents(PacketField):
    """Contents of a parameter, as long as the field `length` says; `choose(packet)` gives their class."""

    __slots__ = ["choose", "length"]

    def __init__(self, name: str, default: Any, length: str, choose: Callable[[Any], Any]) -> None:
        super().__init__(name, default, type(default))
        self.length = length
        self.choose = choose

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, Any]:
        length = pkt.getfieldval(self.length)
        return s[length:], self.choose(pkt).read(s[:length])


def variable(part: str, cls: Any) -> list[Any]:
    """Return the fields of a mandatory variable part: gap, length, contents of class `cls`."""
    return [Gap(part), Length(f"{part}_length", part), Contents(part, cls(), f"{part}_length", lambda _: cls)]


class Parameters(PacketListField):
    """The optional part: parameters with code and length, then the end octet 0 (Q.763 1.7)."""

    def __init__(self, cls: Any) -> None:
        super().__init__("optional", [], cls)

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, list[Any]]:
        found: list[Any] = []
        if pkt.optional_pointer in {0, ABSENT}:
            return s, found
        while s and s[0]:
            if len(s) < 2 or s[1] > len(s) - 2:
                left = max(0, len(s) - 2)
                raise NotDecodable(
                    f"{pkt.title}: optional parameter 0x{s[0]:02x} is cut off, {left} octets left"
                )
            end = 2 + s[1]
            found.append(self.cls(s[:end]))
            s = s[end:]
        if not s:
            raise NotDecodable(f"{pkt.title}: end of optional parameters is missing")
        return s[1:], found

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        if (not val and not pkt.optional_pointer) or pkt.optional_pointer == ABSENT:
            return s
        return s + b"".join(bytes(parameter) for parameter in val) + b"\x00"


def optional(cls: Any) -> list[Any]:
    """Return the fields of the optional part."""
    return [Gap("optional"), Parameters(cls)]


class Filler(Field):
    """The four bits after an odd number of digits, 0 as a rule (Q.763 3.9 h); takes no room of its own."""

    def __init__(self) -> None:
        super().__init__("filler", 0, "B")

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        return s

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, int]:
        return s, s[-1] >> 4 if pkt.odd and s else 0


class OddEven(BitField):
    """Odd/even indicator (Q.763 3.9 a); None: by the number of digits when built."""

    def __init__(self) -> None:
        super().__init__("odd", None, 1)

    def i2m(self, pkt: Any, x: Any) -> int:
        return len(pkt.digits) & 1 if x is None else int(x)


class Digits(StrField):
    """Address signals, the first in the low four bits of the first octet; text over `SIGNALS`."""

    def __init__(self, default: str = "") -> None:
        super().__init__("digits", default)

    def i2h(self, pkt: Any, x: Any) -> Any:
        return x

    def any2i(self, pkt: Any, x: Any) -> Any:
        return x

    def i2m(self, pkt: Any, x: Any) -> bytes:
        nibbles = [SIGNALS.index(digit) for digit in x]
        if len(nibbles) & 1:
            nibbles.append(pkt.filler)
        return bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, str]:
        digits = "".join(SIGNALS[octet & 0x0F] + SIGNALS[octet >> 4] for octet in s)
        return b"", digits[:-1] if pkt.odd else digits

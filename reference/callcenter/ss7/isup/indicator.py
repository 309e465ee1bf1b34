"""The base of the bit coded parameters of Q.763 clause 3.

The fields of a class stand in the order of the standard's bits: from bit A of the first octet up, then the
second octet. `widths` says how many bits each takes. Octets beyond those known are kept in `extra`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from callcenter.ss7.isup.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Indicators(Parameter):
    """Base of the bit coded parameters."""

    __match_args__: ClassVar[tuple[str, ...]]
    widths: ClassVar[tuple[int, ...]] = ()
    extra: bytes = field(default=b"", kw_only=True)

    @classmethod
    def size(cls) -> int:
        """Return the number of octets that the fields take."""
        return sum(cls.widths) // 8

    def encode(self) -> bytes:
        """Return the contents. Raises `OverflowError` for a field beyond its bits."""
        value = shift = 0
        for name, width in zip(self.__match_args__, self.widths, strict=True):
            part = getattr(self, name)
            if part >> width:
                raise OverflowError(f"{type(self).__name__}.{name}: found {part}, expected {width} bits")
            value |= part << shift
            shift += width
        return value.to_bytes(shift // 8, "little") + self.extra

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError` when there are too few."""
        size = cls.size()
        if len(octets) < size:
            raise ValueError(f"{cls.__name__}: expected {size} octets, found {len(octets)}")
        value = int.from_bytes(octets[:size], "little")
        parts = []
        for width in cls.widths:
            parts.append(value & (1 << width) - 1)
            value >>= width
        return cls(*parts, extra=octets[size:])

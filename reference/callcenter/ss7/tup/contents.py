"""Contents of telephone user messages behind the heading (Q.723 3; China: GF 001-9001).

A class for each format; its fields stand in the order of transmission, bit A of the first octet first.
`decode` takes all octets behind the heading. Octets that the format does not know are kept in `extra`, so
that every message survives a round trip. Contents that break their own format raise `ValueError`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

ST: Final = "F"
"""Address signal end of pulsing (Q.723 3.3.1 f)."""

_SWAP: Final = bytes((octet & 0x0F) << 4 | octet >> 4 for octet in range(256))


def digits_of(octets: bytes, count: int) -> tuple[str, int]:
    """Return `count` address signals, first in the low half octet, and the filler behind an odd number.

    Raises `ValueError` when there are too few octets.
    """
    size = (count + 1) // 2
    if len(octets) < size:
        raise ValueError(f"{count} address signals: expected {size} octets, found {len(octets)}")
    text = octets[:size].translate(_SWAP).hex().upper()
    return text[:count], int(text[-1], 16) if count % 2 else 0


def octets_of(digits: str, filler: int = 0) -> bytes:
    """Return the half octets of `digits`; `filler` closes an odd number. Raises `ValueError`."""
    text = digits if len(digits) % 2 == 0 else f"{digits}{filler:X}"
    return bytes.fromhex(text).translate(_SWAP)


class Contents:
    """What all contents have."""

    __slots__ = ()

    def encode(self) -> bytes:
        """Return the octets behind the heading."""
        raise NotImplementedError

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the octets behind the heading. Raises `ValueError`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Raw(Contents):
    """Octets taken as they are: nothing, a heading that is not known, contents with a format of their own."""

    octets: bytes = b""

    def encode(self) -> bytes:
        """Return them."""
        return self.octets

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Keep them."""
        return cls(octets)


EMPTY: Final = Raw()


@dataclass(frozen=True, slots=True)
class Bits(Contents):
    """Base of contents that are nothing but bits."""

    __match_args__: ClassVar[tuple[str, ...]]
    widths: ClassVar[tuple[int, ...]] = ()
    extra: bytes = field(default=b"", kw_only=True)

    def encode(self) -> bytes:
        """Return the octets. Raises `OverflowError` for a field beyond its bits."""
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
        """Read the octets. Raises `ValueError` when there are too few."""
        size = sum(cls.widths) // 8
        if len(octets) < size:
            raise ValueError(f"{cls.__name__}: expected {size} octets, found {len(octets)}")
        value = int.from_bytes(octets[:size], "little")
        parts = []
        for width in cls.widths:
            parts.append(value & (1 << width) - 1)
            value >>= width
        return cls(*parts, extra=octets[size:])


@dataclass(frozen=True, slots=True)
class AddressComplete(Bits):
    """ACM: message indicators (Q.723 3.6.1)."""

    widths: ClassVar[tuple[int, ...]] = (2, 1, 1, 1, 1, 2)
    type: int = 1
    """0 address complete, 1 charge, 2 no charge, 3 coin-box."""
    free: int = 0
    """Subscriber free."""
    echo: int = 0
    """Incoming half echo suppressor included."""
    forwarded: int = 0
    path: int = 0
    """1: signalling system No. 7 all the way."""
    spare: int = 0


@dataclass(frozen=True, slots=True)
class GeneralRequest(Bits):
    """GRQ: what is asked for (Q.723 3.5.1)."""

    widths: ClassVar[tuple[int, ...]] = (1, 1, 1, 1, 1, 1, 2)
    category: int = 0
    calling: int = 0
    original_called: int = 0
    malicious: int = 0
    """Malicious call identification encountered."""
    hold: int = 0
    echo: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Congestion(Bits):
    """ACC: automatic congestion control information (Q.723 3.11)."""

    widths: ClassVar[tuple[int, ...]] = (2, 6)
    level: int = 0
    """1 and 2 are the levels of congestion."""
    spare: int = 0


@dataclass(frozen=True, slots=True)
class MeteringPulses(Bits):
    """MPM: pulses for a unit of charging time (GF 001-9001)."""

    widths: ClassVar[tuple[int, ...]] = (16,)
    pulses: int = 0


@dataclass(frozen=True, slots=True)
class ExtendedUnsuccessful(Bits):
    """EUM: indicator octet; the point code of the exchange that says so is in `extra` (Q.723 3.7.2)."""

    widths: ClassVar[tuple[int, ...]] = (4, 4)
    indicator: int = 1
    """1 subscriber busy."""
    spare: int = 0


@dataclass(frozen=True, slots=True)
class RangeAndStatus(Contents):
    """Range and status of the circuit group messages (Q.723 3.10).

    One octet of range: one less than the number of circuits, and 0 where the group is agreed upon and there
    is no status; then a bit for each circuit, that of the label's first. GRS has no status.
    """

    range: int
    status: bytes = b""

    @property
    def circuits(self) -> int:
        """Number of circuits."""
        return self.range + 1

    def encode(self) -> bytes:
        """Return range and status."""
        return bytes((self.range,)) + self.status

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read them. Raises `ValueError` without a range."""
        if not octets:
            raise ValueError("range and status: expected a range, found nothing")
        return cls(octets[0], octets[1:])

    @classmethod
    def of(cls, circuits: int, marked: set[int]) -> Self:
        """Compose for `circuits`, those in `marked` with status 1."""
        value = sum(1 << offset for offset in marked)
        return cls(circuits - 1, value.to_bytes((circuits + 7) // 8, "little"))

    def marked(self) -> list[int]:
        """Offsets within the range whose bit is 1."""
        value = int.from_bytes(self.status, "little")
        return [offset for offset in range(self.circuits) if value >> offset & 1]


@dataclass(frozen=True, slots=True)
class Address:
    """Four bits of indicators, four bits number of address signals, then the address signals.

    For a calling line identity the indicators are nature (bits B A), presentation restricted (C) and
    incomplete (D); for an original called address nature and two spare bits (Q.723 3.3.2).
    """

    digits: str
    nature: int = 2
    """0 subscriber, 2 national, 3 international."""
    restricted: int = 0
    incomplete: int = 0
    filler: int = 0

    def encode(self) -> bytes:
        """Return the octets. Raises `ValueError` for more than 15 address signals."""
        if len(self.digits) > 15:
            raise ValueError(f"address {self.digits}: expected at most 15 address signals")
        indicators = self.nature | self.restricted << 2 | self.incomplete << 3
        return bytes((indicators | len(self.digits) << 4,)) + octets_of(self.digits, self.filler)

    @classmethod
    def decode(cls, octets: bytes) -> tuple[Self, bytes]:
        """Read an address and return what follows it. Raises `ValueError`."""
        if not octets:
            raise ValueError("address: expected indicators, found nothing")
        first, count = octets[0], octets[0] >> 4
        digits, filler = digits_of(octets[1:], count)
        found = cls(digits, first & 3, first >> 2 & 1, first >> 3 & 1, filler)
        return found, octets[1 + (count + 1) // 2 :]


@dataclass(frozen=True, slots=True)
class Subsequent(Contents):
    """SAM: filler, number of address signals, address signals (Q.723 3.3.3)."""

    digits: str
    first: int = 0
    """The four bits before the number of address signals."""
    filler: int = 0
    extra: bytes = b""

    def encode(self) -> bytes:
        """Return the octets."""
        head = bytes((self.first | len(self.digits) << 4,))
        return head + octets_of(self.digits, self.filler) + self.extra

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read them. Raises `ValueError`."""
        if not octets:
            raise ValueError("subsequent address: expected a number of address signals, found nothing")
        count = octets[0] >> 4
        digits, filler = digits_of(octets[1:], count)
        return cls(digits, octets[0] & 0x0F, filler, octets[1 + (count + 1) // 2 :])


@dataclass(frozen=True, slots=True)
class SubsequentOne(Contents):
    """SAO: one address signal and a filler (Q.723 3.3.4)."""

    digits: str
    filler: int = 0
    extra: bytes = b""

    def encode(self) -> bytes:
        """Return the octets."""
        return octets_of(self.digits, self.filler) + self.extra

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read them. Raises `ValueError`."""
        digits, filler = digits_of(octets, 1)
        return cls(digits, filler, octets[1:])


@dataclass(frozen=True, slots=True)
class InitialAddress(Contents):
    """IAM (Q.723 3.3.1).

    ::

        8   7   6   5   4   3   2   1
        spare | calling party's category        octet 1
        H G F E D C B A                         message indicators
        number of signals | L K J I
        2nd address signal | 1st ...
    """

    digits: str
    category: int = 10
    nature: int = 2
    """BA: nature of address, 0 subscriber, 2 national, 3 international."""
    circuit: int = 0
    """DC: 1 a satellite circuit in the connection."""
    check: int = 0
    """FE: continuity check 1 required on this circuit, 2 performed on a previous one."""
    echo: int = 0
    """G: outgoing half echo suppressor included."""
    international: int = 0
    """H: incoming international call."""
    redirected: int = 0
    """I."""
    digital: int = 0
    """J: digital path required."""
    path: int = 0
    """K: 1 signalling system No. 7 all the way required."""
    spare: int = 0
    """L."""
    category_spare: int = 0
    filler: int = 0
    extra: bytes = b""

    def encode(self) -> bytes:
        """Return the octets. Raises `ValueError` for more than 15 address signals."""
        return self._head() + self.extra

    def _head(self) -> bytes:
        if len(self.digits) > 15:
            raise ValueError(f"called number {self.digits}: expected at most 15 address signals")
        first = self.nature | self.circuit << 2 | self.check << 4 | self.echo << 6 | self.international << 7
        second = self.redirected | self.digital << 1 | self.path << 2 | self.spare << 3
        head = bytes((self.category | self.category_spare << 6, first, second | len(self.digits) << 4))
        return head + octets_of(self.digits, self.filler)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read them. Raises `ValueError`."""
        if len(octets) < 3:
            raise ValueError(f"initial address: expected 3 octets at least, found {len(octets)}")
        category, first, second = octets[:3]
        count = second >> 4
        digits, filler = digits_of(octets[3:], count)
        return cls(
            digits,
            category & 0x3F,
            first & 3,
            first >> 2 & 3,
            first >> 4 & 3,
            first >> 6 & 1,
            first >> 7,
            second & 1,
            second >> 1 & 1,
            second >> 2 & 1,
            second >> 3 & 1,
            category >> 6,
            filler,
            octets[3 + (count + 1) // 2 :],
        )


_UNREAD: Final = 0x0F
"""First indicator octet of an IAI: network capability, closed user group, additional calling party and
additional routing information stand before what we read, and have no format that could be checked."""


@dataclass(frozen=True, slots=True)
class InitialAddressAdditional(InitialAddress):
    """IAI: as the IAM, then the first indicator octet and what it says is included (Q.723 3.3.2).

    `indicators`: A network capability or user facility, B closed user group, C additional calling party,
    D additional routing, E calling line identity, F original called address, G charging, H spare. With any of
    A to D the rest is kept unread in `extra`.
    """

    indicators: int = 0
    """The bits that do not follow from the fields below."""
    calling: Address | None = None
    original_called: Address | None = None

    def encode(self) -> bytes:
        """Return the octets. Raises `ValueError`."""
        included = (self.calling is not None) << 4 | (self.original_called is not None) << 5
        pieces = [self._head(), bytes((self.indicators | included,))]
        pieces += [each.encode() for each in (self.calling, self.original_called) if each is not None]
        return b"".join((*pieces, self.extra))

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read them. Raises `ValueError`."""
        head = InitialAddress.decode(octets)
        if not head.extra:
            raise ValueError("initial address with additional information: no indicator octet")
        indicators, rest = head.extra[0], head.extra[1:]
        calling = original = None
        if not indicators & _UNREAD:
            if indicators & 1 << 4:
                calling, rest = Address.decode(rest)
            if indicators & 1 << 5:
                original, rest = Address.decode(rest)
            indicators &= ~0x30
        parts = {name: getattr(head, name) for name in InitialAddress.__match_args__[:-1]}
        return cls(**parts, extra=rest, indicators=indicators, calling=calling, original_called=original)


@dataclass(frozen=True, slots=True)
class GeneralForward(Contents):
    """GSM: response type indicators and what they say is included (Q.723 3.4.1).

    Bits: A category, B calling line identity, C incoming trunk and transit exchange, D original called
    address, E outgoing echo suppressor, F malicious call identification, G hold, H spare. With C the rest is
    kept unread in `extra`.
    """

    indicators: int = 0
    """The bits that do not follow from the fields below."""
    category: int | None = None
    calling: Address | None = None
    original_called: Address | None = None
    extra: bytes = b""

    def encode(self) -> bytes:
        """Return the octets. Raises `ValueError`."""
        included = (self.category is not None) | (self.calling is not None) << 1
        included |= (self.original_called is not None) << 3
        pieces = [bytes((self.indicators | included,))]
        if self.category is not None:
            pieces.append(bytes((self.category,)))
        pieces += [each.encode() for each in (self.calling, self.original_called) if each is not None]
        return b"".join((*pieces, self.extra))

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read them. Raises `ValueError`."""
        if not octets:
            raise ValueError("general forward set-up information: no indicator octet")
        indicators, rest = octets[0], octets[1:]
        category = calling = original = None
        if indicators & 1:
            if not rest:
                raise ValueError("general forward set-up information: category missing")
            category, rest = rest[0], rest[1:]
        if indicators & 2:
            calling, rest = Address.decode(rest)
        known = 0b0011
        if indicators & 8 and not indicators & 4:
            original, rest = Address.decode(rest)
            known |= 0b1000
        return cls(indicators & ~known, category, calling, original, rest)

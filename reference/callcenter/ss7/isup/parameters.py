"""Contents of ISUP parameters (Q.763 clause 3): the base, numbers, cause, range and status, user data.

A parameter is a frozen value with its Q.763 table 5 code as class attribute; `encode` gives its contents
without code and length, `decode` reads them. `decode` of contents that break the parameter's own format
raises `ValueError`; `contents()` then keeps them as `Raw`, so that every message survives a round trip.
The bit coded indicators are in `indicators`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

ST: Final = "F"
"""Address signal end of pulsing (Q.763 3.9 g)."""

_SWAP: Final = bytes((octet & 0x0F) << 4 | octet >> 4 for octet in range(256))


def digits_of(octets: bytes, odd: int) -> tuple[str, int]:
    """Return address signals, first in the low half octet (Q.763 3.9 g), and the filler after them.

    Address signals above 9 are `A` to `F`. Raises `ValueError` for an odd number in no octets.
    """
    text = octets.translate(_SWAP).hex().upper()
    if not odd:
        return text, 0
    if not text:
        raise ValueError("odd number of address signals in no octets")
    return text[:-1], int(text[-1], 16)


def octets_of(digits: str, filler: int) -> bytes:
    """Return the half octets of `digits`; `filler` closes an odd number. Raises `ValueError`."""
    text = digits if len(digits) % 2 == 0 else f"{digits}{filler:X}"
    return bytes.fromhex(text).translate(_SWAP)


class Parameter:
    """What all parameters have."""

    __slots__ = ()
    code: ClassVar[int] = -1

    def encode(self) -> bytes:
        """Return the contents."""
        raise NotImplementedError

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        raise NotImplementedError

    @property
    def number(self) -> int:
        """The parameter's code, also where it is no property of the class."""
        return self.code


@dataclass(frozen=True, slots=True)
class Raw(Parameter):
    """Contents taken as they are: unknown parameters, and those whose contents break their format."""

    parameter: int
    octets: bytes

    @property
    def number(self) -> int:
        """The parameter's code."""
        return self.parameter

    def encode(self) -> bytes:
        """Return the contents."""
        return self.octets


@dataclass(frozen=True, slots=True)
class CalledPartyNumber(Parameter):
    """Q.763 3.9.

    8     7 6 5 4 3 2 1
    odd   nature of address     octet 1
    INN   plan  | spare         octet 2
    2nd address signal | 1st    octet 3 ...
    """

    code: ClassVar[int] = 0x04
    digits: str
    nature: int = 3
    """1 subscriber, 2 unknown, 3 national, 4 international."""
    plan: int = 1
    """1 E.164."""
    internal_not_allowed: int = 0
    """Routing to an internal network number not allowed."""
    spare: int = 0
    filler: int = 0

    def encode(self) -> bytes:
        """Return the contents."""
        first = (len(self.digits) & 1) << 7 | self.nature
        second = self.internal_not_allowed << 7 | self.plan << 4 | self.spare
        return bytes((first, second)) + octets_of(self.digits, self.filler)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        first, second = octets[0:2]
        digits, filler = digits_of(octets[2:], first & 0x80)
        return cls(digits, first & 0x7F, second >> 4 & 7, second >> 7, second & 0x0F, filler)


class RedirectionNumber(CalledPartyNumber):
    """Q.763 3.46: as the called party number."""

    __slots__ = ()
    code = 0x0C


class CalledDirectoryNumber(CalledPartyNumber):
    """Q.763 3.86 (national use): as the called party number."""

    __slots__ = ()
    code = 0x7D


@dataclass(frozen=True, slots=True)
class CallingPartyNumber(Parameter):
    """Q.763 3.10.

    8     7 6 5 4 3 2 1
    odd   nature of address             octet 1
    NI    plan | presentation | screening   octet 2
    2nd address signal | 1st            octet 3 ...
    """

    code: ClassVar[int] = 0x0A
    digits: str
    nature: int = 3
    plan: int = 1
    incomplete: int = 0
    """Number incomplete indicator."""
    presentation: int = 0
    """0 allowed, 1 restricted, 2 address not available."""
    screening: int = 3
    """1 user provided and verified, 3 network provided."""
    filler: int = 0

    def encode(self) -> bytes:
        """Return the contents."""
        first = (len(self.digits) & 1) << 7 | self.nature
        second = self.incomplete << 7 | self.plan << 4 | self.presentation << 2 | self.screening
        return bytes((first, second)) + octets_of(self.digits, self.filler)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        first, second = octets[0:2]
        digits, filler = digits_of(octets[2:], first & 0x80)
        plan, presentation = second >> 4 & 7, second >> 2 & 3
        return cls(digits, first & 0x7F, plan, second >> 7, presentation, second & 3, filler)


class RedirectingNumber(CallingPartyNumber):
    """Q.763 3.44: as the calling party number; the screening bits are spare."""

    __slots__ = ()
    code = 0x0B


class ConnectedNumber(CallingPartyNumber):
    """Q.763 3.16: as the calling party number; the number incomplete bit is spare."""

    __slots__ = ()
    code = 0x21


class OriginalCalledNumber(CallingPartyNumber):
    """Q.763 3.39: as the calling party number; the screening bits are spare."""

    __slots__ = ()
    code = 0x28


class LocationNumber(CallingPartyNumber):
    """Q.763 3.30: `incomplete` is the internal network number indicator."""

    __slots__ = ()
    code = 0x3F


class CallTransferNumber(CallingPartyNumber):
    """Q.763 3.64: as the calling party number."""

    __slots__ = ()
    code = 0x45


@dataclass(frozen=True, slots=True)
class GenericNumber(Parameter):
    """Q.763 3.26: a number qualifier indicator, then as the calling party number."""

    code: ClassVar[int] = 0xC0
    qualifier: int
    """5 additional connected, 6 additional calling, 7 additional original called number."""
    digits: str
    nature: int = 3
    plan: int = 1
    incomplete: int = 0
    presentation: int = 0
    screening: int = 3
    filler: int = 0

    def encode(self) -> bytes:
        """Return the contents."""
        first = (len(self.digits) & 1) << 7 | self.nature
        second = self.incomplete << 7 | self.plan << 4 | self.presentation << 2 | self.screening
        return bytes((self.qualifier, first, second)) + octets_of(self.digits, self.filler)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        qualifier, first, second = octets[0:3]
        digits, filler = digits_of(octets[3:], first & 0x80)
        plan, presentation = second >> 4 & 7, second >> 2 & 3
        return cls(qualifier, digits, first & 0x7F, plan, second >> 7, presentation, second & 3, filler)


@dataclass(frozen=True, slots=True)
class SubsequentNumber(Parameter):
    """Q.763 3.51: an odd/even bit and seven spare ones, then address signals."""

    code: ClassVar[int] = 0x05
    digits: str
    spare: int = 0
    filler: int = 0

    def encode(self) -> bytes:
        """Return the contents."""
        head = bytes(((len(self.digits) & 1) << 7 | self.spare,))
        return head + octets_of(self.digits, self.filler)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        (first,) = octets[0:1]
        digits, filler = digits_of(octets[1:], first & 0x80)
        return cls(digits, first & 0x7F, filler)


@dataclass(frozen=True, slots=True)
class CauseIndicators(Parameter):
    """Q.763 3.12, Q.850 2.1.

    8    7 6      5      4 3 2 1
    ext  coding | spare| location     octet 1
    ext  recommendation               octet 1a, when the first ext is 0
    ext  cause value                  octet 2
    diagnostics                       octet 3 ...
    """

    code: ClassVar[int] = 0x12
    cause: int
    location: int = 2
    """0 user, 2 public network serving the local user, 10 network beyond interworking point."""
    diagnostics: bytes = b""
    coding: int = 0
    """0 Q.850."""
    spare: int = 0
    recommendation: int | None = None
    """Octet 1a as it is, None when there is none."""
    extension: int = 1
    """Bit 8 of octet 2."""

    def encode(self) -> bytes:
        """Return the contents."""
        first = self.coding << 5 | self.spare << 4 | self.location
        second = self.extension << 7 | self.cause
        if self.recommendation is None:
            return bytes((0x80 | first, second)) + self.diagnostics
        return bytes((first, self.recommendation, second)) + self.diagnostics

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        first, second = octets[0:2]
        coding, spare, location = first >> 5 & 3, first >> 4 & 1, first & 0x0F
        if first & 0x80:
            return cls(second & 0x7F, location, octets[2:], coding, spare, None, second >> 7)
        (third,) = octets[2:3]
        return cls(third & 0x7F, location, octets[3:], coding, spare, second, third >> 7)


@dataclass(frozen=True, slots=True)
class RangeAndStatus(Parameter):
    """Q.763 3.43. Bit A of the first status octet belongs to the circuit of the label."""

    code: ClassVar[int] = 0x16
    range: int
    """Number of circuits less one."""
    status: bytes = b""

    @property
    def circuits(self) -> int:
        """How many circuits the message is about."""
        return self.range + 1

    def marked(self) -> list[int]:
        """Offsets from the label's circuit of those whose status bit is 1."""
        bits = int.from_bytes(self.status, "little")
        return [offset for offset in range(self.range + 1) if bits >> offset & 1]

    @classmethod
    def of(cls, circuits: int, marked: frozenset[int] | set[int]) -> Self:
        """Compose for `circuits` circuits with the status bits of the offsets `marked` set to 1."""
        bits = sum(1 << offset for offset in marked)
        return cls(circuits - 1, bits.to_bytes((circuits + 7) // 8, "little"))

    def encode(self) -> bytes:
        """Return the contents."""
        return bytes((self.range,)) + self.status

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        (first,) = octets[0:1]
        return cls(first, octets[1:])


@dataclass(frozen=True, slots=True)
class CircuitStateIndicator(Parameter):
    """Q.763 3.14 (national use): one octet a circuit, see `states`."""

    code: ClassVar[int] = 0x26
    states: bytes

    def encode(self) -> bytes:
        """Return the contents."""
        return self.states

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents."""
        return cls(octets)


@dataclass(frozen=True, slots=True)
class UserToUserInformation(Parameter):
    """Q.763 3.61: protocol discriminator (Q.931 4.5.30) and user information."""

    code: ClassVar[int] = 0x20
    discriminator: int
    """4: IA5 characters."""
    information: bytes = b""

    def encode(self) -> bytes:
        """Return the contents."""
        return bytes((self.discriminator,)) + self.information

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        (first,) = octets[0:1]
        return cls(first, octets[1:])


@dataclass(frozen=True, slots=True)
class AccessTransport(Parameter):
    """Q.763 3.3: information elements of Q.931 as they are."""

    code: ClassVar[int] = 0x03
    elements: bytes

    def encode(self) -> bytes:
        """Return the contents."""
        return self.elements

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents."""
        return cls(octets)

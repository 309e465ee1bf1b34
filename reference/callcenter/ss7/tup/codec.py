"""Telephone user messages between octets and values (Q.723 2, 3).

The label of a telephone user message is its routing label with the circuit identification code (CIC) in the
place of the signalling link selection, which is its low four bits::

    itu14 (Q.723 2.2.1)                     china24 (GF 001-9001)
    DPC 14, OPC 14, CIC 12 bits             DPC 24, OPC 24, CIC 12, spare 4 bits
    octet 4, high half: CIC bits 4-1        octet 7: CIC bits 8-1
    octet 5: CIC bits 12-5                  octet 8: spare | CIC bits 12-9
    octet 6: heading H1 | H0                octet 9: heading H1 | H0

Level 3 reads and writes the label as far as the octet with the selection; `tail` is what that octet holds
besides the point codes, 4 bits of the CIC in itu14 and 8 in china24.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

from callcenter.errors import DecodeError
from callcenter.ss7.tup.contents import EMPTY, Contents, Raw
from callcenter.ss7.tup.messages import FORMATS, Heading
from testrig.system import Variant

C = TypeVar("C", bound=Contents)

TAIL_BITS: Final[dict[Variant, int]] = {"itu14": 4, "china24": 8}
"""Bits of the CIC in the last octet of the routing label."""

_HEAD: Final = 2
"""Octets of the rest of the CIC and of the heading."""


class TupDecodeError(DecodeError):
    """Octets are not a telephone user message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    cic: int
    kind: int
    """A `Heading`, or one that is not known."""
    contents: Contents = EMPTY
    spare: int = 0
    """The four bits above the CIC (china24)."""

    @property
    def name(self) -> str:
        """Abbreviation, or H1 and H0 of an unknown heading."""
        return Heading(self.kind).name if self.kind in FORMATS else f"H1 {self.kind >> 4} H0 {self.kind & 15}"

    def get(self, wanted: type[C]) -> C | None:
        """Return the contents if they are of class `wanted`."""
        return self.contents if isinstance(self.contents, wanted) else None

    def tail(self, variant: Variant) -> int:
        """Return the low bits of the CIC, which are in the routing label."""
        return self.cic & (1 << TAIL_BITS[variant]) - 1

    def encode(self, variant: Variant) -> bytes:
        """Return what follows the routing label. Raises `ValueError` for contents that cannot be."""
        rest = self.cic >> TAIL_BITS[variant] | (self.spare << 4 if variant == "china24" else 0)
        return bytes((rest, self.kind)) + self.contents.encode()


def decode(octets: bytes, tail: int, variant: Variant) -> Message:
    """Return the message in what follows the routing label and in its `tail`. Raises `TupDecodeError`."""
    if len(octets) < _HEAD:
        raise TupDecodeError(f"TUP: expected CIC and heading, found {len(octets)} octets behind the label")
    bits = TAIL_BITS[variant]
    above, kind = octets[0], octets[1]
    spare = 0
    if variant == "china24":
        spare, above = above >> 4, above & 0x0F
    cic = above << bits | tail & (1 << bits) - 1
    form = FORMATS.get(kind, Raw)
    try:
        return Message(cic, kind, form.decode(octets[_HEAD:]), spare)
    except ValueError as error:
        raise TupDecodeError(f"TUP: {Heading(kind).name} of circuit {cic}: {error}") from error

"""ISUP messages between octets and values (Q.763 1).

    CIC, low octet                       1.2
    spare | CIC, high 4 bits
    message type                         1.3
    mandatory fixed part                 1.5
    pointers, one an mandatory variable parameter, then one to the optional part
    mandatory variable part              1.6: length, contents
    optional part                        1.7: code, length, contents ..., 0

What `decode` accepts `encode` gives back, with unknown messages and parameters, spare bits and the order of
optional parameters; the parts then lie one behind the other, as they should (1.4.1), and nothing behind them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from callcenter.errors import DecodeError
from callcenter.ss7.isup.contents import contents
from callcenter.ss7.isup.messages import FORMATS, Format, Type
from callcenter.ss7.isup.parameters import Parameter

P = TypeVar("P", bound=Parameter)

HEAD: Final = 3
"""Octets of CIC and message type."""

SHORT: Final = 16
"""A message of at most so many octets holds no number in full; longer ones are seldom alike."""


class IsupDecodeError(DecodeError):
    """Octets are not an ISUP message."""

    def __init__(self, offset: int, expected: str, found: str) -> None:
        super().__init__(f"ISUP: octet {offset}: expected {expected}, found {found}")
        self.offset = offset
        self.expected = expected
        self.found = found


class Message(NamedTuple):
    """One message. A tuple, because one is made for every message of the line and tuples are made fast."""

    cic: int
    kind: int
    """A `Type`, or the code of an unknown message."""
    fixed: tuple[Parameter, ...] = ()
    variable: tuple[Parameter, ...] = ()
    optional: tuple[Parameter, ...] = ()
    """In the order in which they are sent."""
    body: bytes = b""
    """What follows the type of an unknown message and of one with a free format."""
    spare: int = 0
    """The four bits above the CIC."""

    @property
    def name(self) -> str:
        """Abbreviation, or the code of an unknown message."""
        return Type(self.kind).name if self.kind in FORMATS else f"0x{self.kind:02X}"

    def get(self, wanted: type[P]) -> P | None:
        """Return the first parameter of class `wanted` itself, or None."""
        for part in (self.fixed, self.variable, self.optional):
            for each in part:
                if type(each) is wanted:
                    return each
        return None

    def encode(self) -> bytes:
        """Return the octets. Raises `ValueError` for parameters that the format has no place for."""
        head = bytes((self.cic & 0xFF, self.cic >> 8 | self.spare << 4, self.kind))
        form = FORMATS.get(self.kind)
        if form is None or form.free:
            return head + self.body
        pieces = [head, *(each.encode() for each in self.fixed)]
        count = len(form.variable) + (form.optional is not None)
        if len(self.variable) != len(form.variable) or len(self.fixed) != len(form.fixed):
            raise ValueError(
                f"{self.name}: found {len(self.fixed)} fixed and {len(self.variable)} variable "
                f"parameters, expected {len(form.fixed)} and {len(form.variable)}"
            )
        parts: list[bytes] = []
        pointers = bytearray()
        distance = count
        for each in self.variable:
            octets = each.encode()
            parts.append(bytes((len(octets),)))
            parts.append(octets)
            pointers.append(distance)
            distance += len(octets)  # one nearer, one octet of length further
        if form.optional is not None:
            pointers.append(distance if self.optional else 0)
            if self.optional:
                parts.append(encode_optional(self.optional))
        return b"".join((*pieces, pointers, *parts))


def encode_optional(parameters: Iterable[Parameter]) -> bytes:
    """Return an optional part: code, length and contents of each parameter, then the end (Q.763 1.7)."""
    pieces = []
    for each in parameters:
        octets = each.encode()
        pieces.append(bytes((each.number, len(octets))))
        pieces.append(octets)
    pieces.append(b"\0")
    return b"".join(pieces)


def decode_optional(octets: bytes, at: int) -> tuple[Parameter, ...]:
    """Return the optional parameters from offset `at` on. Raises `IsupDecodeError`."""
    found: list[Parameter] = []
    size = len(octets)
    while True:
        if at >= size:
            raise IsupDecodeError(at, "a parameter code or the end of optional parameters", "the end")
        code = octets[at]
        if code == 0:
            return tuple(found)
        if at + 1 >= size:
            raise IsupDecodeError(at + 1, f"the length of parameter 0x{code:02X}", "the end")
        end = at + 2 + octets[at + 1]
        if end > size:
            raise IsupDecodeError(
                at + 2, f"{octets[at + 1]} octets of parameter 0x{code:02X}", f"{size - at - 2}"
            )
        found.append(contents(code, octets[at + 2 : end]))
        at = end


def decode(octets: bytes) -> Message:
    """Return the message in `octets`, which begin with the CIC. Raises `IsupDecodeError` only."""
    size = len(octets)
    if HEAD <= size <= SHORT:
        kind, fixed, variable, optional, body = _behind_circuit(octets[2:])
        low, high = octets[0], octets[1]
        return Message(low | (high & 0x0F) << 8, kind, fixed, variable, optional, body, high >> 4)
    return _read(octets, size)


@lru_cache(maxsize=1024)
def _behind_circuit(
    octets: bytes,
) -> tuple[int, tuple[Parameter, ...], tuple[Parameter, ...], tuple[Parameter, ...], bytes]:
    """Read a short message without its CIC, once: those without numbers are alike on all circuits."""
    found = _read(b"\0\0" + octets, 2 + len(octets))
    return found.kind, found.fixed, found.variable, found.optional, found.body


def _read(octets: bytes, size: int) -> Message:
    """Return the message in `octets`, of which there are `size`. Raises `IsupDecodeError`."""
    if size < HEAD:
        raise IsupDecodeError(size, "CIC and message type, 3 octets", f"{size}")
    low, high, code = octets[0], octets[1], octets[2]
    cic, spare = low | (high & 0x0F) << 8, high >> 4
    form = FORMATS.get(code)
    if form is None or form.free:
        return Message(cic, code, body=octets[HEAD:], spare=spare)
    pointers, behind = _PLACES[code]
    if behind > size:
        raise IsupDecodeError(
            size, f"fixed part and pointers of {form.type.name}, {behind} octets", f"{size}"
        )
    fixed = _fixed_part(code, octets[HEAD:pointers]) if pointers > HEAD else ()
    if pointers == behind:
        return Message(cic, code, fixed, spare=spare)
    variable, optional = _parts(octets, form, pointers, behind)
    return Message(cic, code, fixed, variable, optional, b"", spare)


_PLACES: Final[dict[int, tuple[int, int]]] = {
    code: (at, at + len(form.variable) + (form.optional is not None))
    for code, form in FORMATS.items()
    for at in (HEAD + sum(length for _, length in form.fixed),)
}
"""Offsets of the first pointer and behind the last one, by message type."""


@lru_cache(maxsize=1024)
def _fixed_part(code: int, octets: bytes) -> tuple[Parameter, ...]:
    """Return the fixed part: a few values make up nearly all traffic, so each is read once."""
    found = []
    at = 0
    for parameter, length in FORMATS[code].fixed:
        found.append(contents(parameter, octets[at : at + length]))
        at += length
    return tuple(found)


def _parts(
    octets: bytes, form: Format, at: int, first: int
) -> tuple[tuple[Parameter, ...], tuple[Parameter, ...]]:
    """Read what the pointers from `at` to `first` lead to: the variable and the optional parameters."""
    size = len(octets)
    variable: list[Parameter] = []
    for parameter in form.variable:
        start = at + octets[at]
        if not first <= start < size:
            raise IsupDecodeError(at, f"a pointer to parameter 0x{parameter:02X}", f"{octets[at]}")
        behind = start + 1 + octets[start]
        if behind > size:
            raise IsupDecodeError(
                start + 1, f"{octets[start]} octets of parameter 0x{parameter:02X}", f"{size - start - 1}"
            )
        variable.append(contents(parameter, octets[start + 1 : behind]))
        at += 1
    if form.optional is None or not octets[at]:
        return tuple(variable), ()
    start = at + octets[at]
    if not first <= start < size:
        raise IsupDecodeError(at, "a pointer to the optional part", f"{octets[at]}")
    return tuple(variable), decode_optional(octets, start)


def compose(cic: int, kind: Type, *parameters: Parameter) -> Message:
    """Compose a message: its parameters in any order, each is put where the format has it.

    Raises `ValueError` when a mandatory parameter is missing.
    """
    form = FORMATS[kind]
    left = list(parameters)

    def take(code: int) -> Parameter:
        for index, each in enumerate(left):
            if each.number == code:
                return left.pop(index)
        raise ValueError(f"{kind.name}: parameter 0x{code:02X} is missing")

    fixed = tuple([take(code) for code, _ in form.fixed])
    variable = tuple([take(code) for code in form.variable])
    if left and form.optional is None:
        raise ValueError(f"{kind.name}: no place for parameter 0x{left[0].number:02X}")
    return Message(cic, kind, fixed, variable, tuple(left))

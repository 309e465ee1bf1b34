"""Simple segmentation: a message that the MTP has no room for goes out as itself and SGM (Q.764 2.1.12).

Any message with optional forward or backward call indicators can announce a segment. The segment holds
parameters of five kinds only; where even two messages have no room for them, user-to-user information is the
first to be left out. A message that cannot announce a segment leaves out at once; one that is too long as it
stands, which only one passed on from a network with shorter labels can be, is not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from callcenter.ss7.isup.codec import Message
from callcenter.ss7.isup.indicators import (
    GenericNotificationIndicator,
    MessageCompatibilityInformation,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
)
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import AccessTransport, GenericNumber, Parameter, UserToUserInformation
from callcenter.ss7.isup.supplementary import GenericDigits

LONGEST: Final = 268
"""Octets of a message where the label has 4: 272 of the signalling information field (Q.703 2.2)."""

MOVABLE: Final = (
    UserToUserInformation.code,
    AccessTransport.code,
    GenericNumber.code,
    GenericDigits.code,
    GenericNotificationIndicator.code,
)
"""Parameters that a segment may hold, in the order in which they are moved there."""

_Indicators = OptionalForwardCallIndicators | OptionalBackwardCallIndicators
_INDICATORS: Final[Mapping[int, type[_Indicators]]] = {
    Type.IAM: OptionalForwardCallIndicators,
    **dict.fromkeys((Type.ACM, Type.CON, Type.ANM, Type.CPG), OptionalBackwardCallIndicators),
}


class Cut(NamedTuple):
    """What becomes of a message that is too long."""

    messages: tuple[Message, ...]
    left_out: tuple[int, ...]
    """Codes of parameters that there is no room for."""


def cut(message: Message, longest: int) -> Cut:
    """Cut `message` into at most two of at most `longest` octets."""
    indicators = _INDICATORS.get(message.kind)
    kept = list(message.optional) if indicators is None else _announcing(message.optional, indicators)
    first = message._replace(optional=tuple(kept))
    moved: list[Parameter] = []
    movable = sorted(
        (each for each in kept if each.number in MOVABLE), key=lambda each: MOVABLE.index(each.number)
    )
    for each in movable:
        if len(first.encode()) > longest:
            kept.remove(each)
            moved.append(each)
            first = first._replace(optional=tuple(kept))
    left_out = []
    while kept and len(first.encode()) > longest:
        left_out.append(kept.pop().number)
        first = first._replace(optional=tuple(kept))
    if indicators is None:
        sent = (first,) if len(first.encode()) <= longest else ()
        return Cut(sent, (*left_out, *(each.number for each in moved)))
    second = Message(message.cic, Type.SGM, optional=tuple(moved))
    while len(second.encode()) > longest:
        left_out.append(moved.pop(0).number)
        second = second._replace(optional=tuple(moved))
    return Cut((first, second), tuple(left_out))


def _announcing(parameters: tuple[Parameter, ...], kind: type[_Indicators]) -> list[Parameter]:
    """The parameters with the announcement of a segment, in front, where nothing is left out."""
    found = next((each for each in parameters if isinstance(each, kind)), None) or kind()
    return [replace(found, segmentation=1), *(each for each in parameters if not isinstance(each, kind))]


def announces(message: Message) -> bool:
    """Whether SGM is to follow."""
    kind = _INDICATORS.get(message.kind)
    found = None if kind is None or not message.optional else message.get(kind)
    return found is not None and bool(found.segmentation)


def joined(message: Message, segment: Message | None) -> Message:
    """The message with what its segment brings, None: that is lost; it announces nothing any more."""
    optional: list[Parameter] = []
    for each in message.optional:
        if isinstance(each, _Indicators) and each.segmentation:
            plain = replace(each, segmentation=0)
            if plain == type(each)():
                continue
            optional.append(plain)
        else:
            optional.append(each)
    return message._replace(optional=(*optional, *segment_parts(segment)))


def segment_parts(segment: Message | None) -> tuple[Parameter, ...]:
    """The parameters of a segment that belong to the message before it."""
    if segment is None:
        return ()
    return tuple(each for each in segment.optional if not isinstance(each, MessageCompatibilityInformation))

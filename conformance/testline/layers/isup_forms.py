"""What an exchange must not send in ISUP: bits and octets that mean nothing, and values that are none.

For messages that an exchange composes itself. What it passes on may have been sent by a newer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from testline.layers.isup_messages import Message, Unknown
from testline.layers.isup_parameters import (
    EVENT,
    LOCATION,
    PARAMETERS,
    CalledPartyNumber,
    CallingPartyNumber,
    CauseIndicators,
    EventInformation,
    OriginalCalledNumber,
    RedirectingNumber,
)

NATURES: Final = range(0b0000001, 0b0000101)
"""Subscriber to international number (Q.763 3.9 b)."""
E164: Final = 0b001
"""Numbering plan (Q.763 3.9 d)."""
NOT_AVAILABLE: Final = 0b10
"""Address presentation restricted indicator (Q.763 3.10 d)."""
SCREENED: Final = frozenset((0b01, 0b11))
"""User provided, verified and passed; network provided (Q.763 3.10 e)."""
RESERVED: Final = {
    "called_status": 0b11,
    "called_category": 0b11,
    "charge": 0b11,
    "sccp_method": 0b11,
    "continuity_check": 0b11,
    "satellites": 0b11,
    "isup_preference": 0b11,
}
"""Values of indicators that are spare (Q.763 3.5, 3.23, 3.35)."""


def malformations(message: Any) -> list[str]:
    """Return what is wrong with a message's form, one text each; nothing of an `Unknown` one.

    Octets between the parts or behind them (Q.763 1.4.1), spare bits that are not 0 (Q.763 1.10), a filler
    that is not 0 (Q.763 3.9 h), spare values.
    """
    if not isinstance(message, Message) or isinstance(message, Unknown):
        return []
    found = [f"{len(bytes(message.payload))} octets behind the end"] if bytes(message.payload) else []
    found += [f"octets before {part}" for part in message.parts if message.getfieldval(f"{part}_gap")]
    for layer in _layers(message):
        found += _spare(layer)
        if isinstance(layer, CalledPartyNumber | CallingPartyNumber):
            found += _number(layer)
        elif isinstance(layer, CauseIndicators):
            found += _cause(layer)
        elif isinstance(layer, EventInformation) and layer.event not in EVENT:
            found.append(f"event {layer.event}")
    codes = [bytes(each)[0] for each in _optional(message)]
    found += [f"parameter 0x{code:02x}, which is none" for code in codes if code not in PARAMETERS]
    return found + [
        f"{name} {value}, which is spare"
        for name, value in RESERVED.items()
        if any(field.name == name for field in message.fields_desc) and message.getfieldval(name) == value
    ]


def _optional(message: Any) -> list[Any]:
    return list(message.optional) if "optional" in message.parts else []


def _layers(message: Any) -> Iterator[Any]:
    """The message, its variable parameters, its optional ones."""
    yield message
    for part in message.parts:
        if part != "optional":
            yield message.getfieldval(part)
    for parameter in _optional(message):
        yield parameter.contents


def _spare(layer: Any) -> list[str]:
    """Spare bits and fillers that are not 0."""
    names = [field.name for field in layer.fields_desc]
    bits = [name for name in names if "spare" in name or name == "filler"]
    return [f"{layer.name}: {name} is {layer.getfieldval(name)}" for name in bits if layer.getfieldval(name)]


def _number(number: Any) -> list[str]:
    """Nature, plan, presentation and screening that do not go together."""
    found = []
    if not number.digits:
        if not isinstance(number, CallingPartyNumber) or number.presentation != NOT_AVAILABLE:
            found.append(f"{number.name} without digits")
        return found
    if number.nature not in NATURES or number.plan != E164:
        found.append(f"{number.name} of nature {number.nature}, plan {number.plan}")
    if isinstance(number, CallingPartyNumber):
        screened = {0} if isinstance(number, RedirectingNumber | OriginalCalledNumber) else SCREENED
        if number.presentation >= NOT_AVAILABLE or number.screening not in screened or number.incomplete:
            found.append(
                f"{number.name}: presentation {number.presentation}, screening {number.screening}, "
                f"incomplete {number.incomplete}"
            )
    return found


def _cause(cause: Any) -> list[str]:
    """A cause of an exchange's own is in the coding of Q.850, without octet 1a, at a place there is."""
    good = cause.ext and cause.ext2 and not cause.coding and cause.location in LOCATION and cause.cause
    return [] if good else [f"cause indicators {bytes(cause).hex()}"]

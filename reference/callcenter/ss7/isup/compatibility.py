"""Unrecognised messages and parameters (Q.764 2.9.5.2, 2.9.5.3).

Where calls end here this exchange is an end node: it looks at every instruction of the compatibility
information, and passes nothing on. With calls in transit (`transit`) it is an intermediate one: what may be
passed on is, with its compatibility information. A parameter is recognised when Q.763 table 5 has its code.
Without compatibility information an unrecognised message or parameter is discarded and the far end told by
CFN, cause 97 or 99; REL, RLC, CFN and the supervision messages are never answered by CFN and always carried
out.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from callcenter.calls.primitives import Unpassed
from callcenter.errors import DecodeError
from callcenter.ss7.isup.codec import Message, decode_optional
from callcenter.ss7.isup.indicators import (
    MessageCompatibilityInformation,
    ParameterCompatibilityInformation,
)
from callcenter.ss7.isup.messages import FORMATS, PARAMETERS, Type
from callcenter.ss7.isup.parameters import Parameter

UNKNOWN_MESSAGE: Final = 97
"""Cause: message type non-existent or not implemented (Q.850)."""

UNKNOWN_PARAMETER: Final = 99
"""Cause: information element / parameter non-existent or not implemented (Q.850)."""

DISCARDED: Final = 110
"""Cause: message with unrecognised parameter, discarded (Q.850)."""

CHECKED: Final = frozenset(
    (Type.IAM, Type.SAM, Type.ACM, Type.CPG, Type.ANM, Type.CON, Type.SUS, Type.RES, Type.INR, Type.INF)
)
"""Messages whose unrecognised parameters are looked at."""


_DISCARD_PARAMETER: Final = 0x10
_NOT_PASSED: Final = 0x60
"""Bits G and F: pass on not possible. 0 and the value reserved: release the call (Q.763 3.41)."""
_NOT_PASSED_DISCARD_MESSAGE: Final = 0x20
_NOT_PASSED_DISCARD_PARAMETER: Final = 0x40


class Action(Enum):
    """What to do with the message."""

    ACCEPT = "accept"
    DISCARD = "discard"
    RELEASE = "release the call"
    PASS_ON = "pass on"


def unknown_message(message: Message, *, transit: bool = False) -> tuple[Action, bool]:
    """Return what to do about a message of unknown type, and whether to notify the far end.

    The optional part of an unknown message is looked for where its first pointer leads.
    """
    found = next(
        (each for each in _optional_part(message.body) if isinstance(each, MessageCompatibilityInformation)),
        None,
    )
    if found is None:
        return Action.DISCARD, True
    if transit and not found.end_node_interpretation:
        return Action.PASS_ON, False
    if found.release_call:
        return Action.RELEASE, False
    if found.discard_message:
        return Action.DISCARD, bool(found.send_notification)
    if transit:
        return Action.PASS_ON, bool(found.send_notification)
    # Pass on, which the last exchange cannot do (Q.764 2.9.5.3.2).
    return (Action.DISCARD if found.pass_on_impossible_discard else Action.RELEASE), False


def unpassed_message(message: Message) -> tuple[Unpassed, int]:
    """Return what to do about a message that cannot be passed on, and the cause if that is to release.

    Behind us is another signalling system: we are a type A exchange, for which every instruction counts
    (Q.764 2.9.5.3). What we know ourselves is left out.
    """
    if message.kind in FORMATS:
        return Unpassed.LEAVE_OUT, UNKNOWN_MESSAGE
    action, _ = unknown_message(message)
    return (Unpassed.RELEASE if action is Action.RELEASE else Unpassed.LEAVE_OUT), UNKNOWN_MESSAGE


def unpassed_parameters(parameters: Iterable[Parameter]) -> tuple[Unpassed, int]:
    """The same for the parameters of a message: bits G and F, unless an earlier bit decides."""
    held = tuple(parameters)
    unknown = {each.number for each in held if each.number not in PARAMETERS}
    found = Unpassed.LEAVE_OUT
    for each in held:
        for told in each.instructions if isinstance(each, ParameterCompatibilityInformation) else ():
            octet = told.octets[0]
            if told.code not in unknown:
                continue
            if told.release_call:
                return Unpassed.RELEASE, UNKNOWN_PARAMETER
            if told.discard_message:
                found = Unpassed.DISCARD
            elif octet & _DISCARD_PARAMETER:
                continue
            elif octet & _NOT_PASSED == _NOT_PASSED_DISCARD_MESSAGE:
                found = Unpassed.DISCARD
            elif octet & _NOT_PASSED != _NOT_PASSED_DISCARD_PARAMETER:
                return Unpassed.RELEASE, UNKNOWN_PARAMETER
    return found, UNKNOWN_PARAMETER


def _optional_part(body: bytes) -> tuple[Parameter, ...]:
    if not body or not body[0]:
        return ()
    try:
        return decode_optional(body, body[0])
    except DecodeError:
        return ()


def unknown_parameters(message: Message, *, transit: bool = False) -> tuple[Action, bytes, Message]:
    """Return what to do about the unrecognised parameters of a known message, and the message without those
    that are to be discarded.

    The octets are the codes of the parameters that the far end is to be told about (Q.850 table 1, note 8
    on diagnostics: unverified).
    """
    if message.kind not in CHECKED:
        return Action.ACCEPT, b"", message
    codes = [each.number for each in message.optional if each.number not in PARAMETERS]
    if not codes:
        return Action.ACCEPT, b"", message
    information = message.get(ParameterCompatibilityInformation)
    told = {} if information is None else {each.code: each for each in information.instructions}
    action, notify, dropped = Action.ACCEPT, bytearray(), set()
    for code in codes:
        instruction = told.get(code)
        if instruction is None:
            notify.append(code)
            dropped.add(code)
        elif transit and not instruction.octets[0] & 0x01:
            continue  # transit interpretation: an intermediate exchange passes it on
        elif instruction.release_call:
            return Action.RELEASE, b"", message
        else:
            if instruction.discard_message:
                action = Action.DISCARD
            if instruction.send_notification:
                notify.append(code)
            if not transit or instruction.octets[0] & 0x10:
                dropped.add(code)
    optional = tuple(each for each in message.optional if each.number not in dropped)
    return action, bytes(notify), message._replace(optional=optional)

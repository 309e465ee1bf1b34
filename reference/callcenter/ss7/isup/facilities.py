"""Supplementary services at the end of a call, as far as a call centre has to answer them (Q.731 to Q.737).

| asked for | answer | clause |
|---|---|---|
| connected number | the number that was called, in ANM or CON | Q.731.5 |
| closed user group without outgoing access | REL, cause 87: the centre is no member | Q.735.1 |
| user-to-user service by explicit request, essential | REL, cause 69: no such service here | Q.737.1 |
| the same, not essential | ACM or CON says that the service is not provided | Q.737.1 |
| user-to-user service 3 in an answered call (FAR) | FRJ, cause 69 | Q.737.1 |
| identity of the calling party of our call (IDR) | IRS with its number | Q.731.7 |

A call in transit takes them along.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from callcenter.calls.primitives import Setup
from callcenter.ss7.isup.codec import Message
from callcenter.ss7.isup.indicators import (
    FacilityIndicator,
    OptionalForwardCallIndicators,
    UserToUserIndicators,
)
from callcenter.ss7.isup.parameters import (
    ST,
    CalledPartyNumber,
    CallingPartyNumber,
    CauseIndicators,
    ConnectedNumber,
    Parameter,
)
from callcenter.ss7.isup.supplementary import McidRequestIndicators, McidResponseIndicators

FACILITY_NOT_IMPLEMENTED: Final = 69
"""Cause: requested facility not implemented (Q.850)."""
NOT_A_MEMBER: Final = 87
"""Cause: user not member of closed user group (Q.850)."""

_NO_OUTGOING_ACCESS: Final = 3
"""Closed user group call indicator (Q.763 3.38)."""
_NOT_ESSENTIAL, _ESSENTIAL = 2, 3
"""A service in user-to-user indicators of type request (Q.763 3.60)."""
_NOT_PROVIDED: Final = 1
"""The same of type response."""
_RESPONSE: Final = 1


def refusal(optional: Iterable[Parameter]) -> int | None:
    """Return the cause to refuse a call with, or None when nothing asked for is missing here."""
    for each in optional:
        if isinstance(each, OptionalForwardCallIndicators) and each.closed_user_group == _NO_OUTGOING_ACCESS:
            return NOT_A_MEMBER
        if isinstance(each, UserToUserIndicators) and _ESSENTIAL in _services(each):
            return FACILITY_NOT_IMPLEMENTED
    return None


def not_provided(optional: Iterable[Parameter]) -> list[Parameter]:
    """Return what the first backward message says about services asked for that are not essential."""
    asked = next((each for each in optional if isinstance(each, UserToUserIndicators)), None)
    if asked is None or _NOT_ESSENTIAL not in _services(asked):
        return []
    told = (_NOT_PROVIDED if service == _NOT_ESSENTIAL else 0 for service in _services(asked))
    return [UserToUserIndicators(_RESPONSE, *told)]


def connected_number(called: CalledPartyNumber | None, optional: Iterable[Parameter]) -> list[Parameter]:
    """Return the connected number, if the call asks for it."""
    asked = any(
        isinstance(each, OptionalForwardCallIndicators) and each.connected_line_requested for each in optional
    )
    if not asked or called is None:
        return []
    return [ConnectedNumber(called.digits.rstrip(ST), called.nature)]


def rejected(request: Message) -> list[Parameter]:
    """Return the parameters of the FRJ that answers a FAR."""
    facility = request.get(FacilityIndicator) or FacilityIndicator()
    return [facility, CauseIndicators(FACILITY_NOT_IMPLEMENTED)]


def identity(request: Message, setup: Setup | None) -> list[Parameter]:
    """Return the parameters of the IRS that answers an IDR. The identity goes with its restriction."""
    asked = request.get(McidRequestIndicators)
    if asked is None or not asked.requested or setup is None or not setup.calling:
        return [McidResponseIndicators(included=0)]
    return [
        McidResponseIndicators(included=1),
        CallingPartyNumber(
            setup.calling,
            setup.calling_nature,
            presentation=int(setup.calling_restricted),
            screening=setup.calling_screening,
        ),
    ]


def _services(indicators: UserToUserIndicators) -> tuple[int, int, int]:
    if indicators.response:
        return (0, 0, 0)
    return (indicators.service1, indicators.service2, indicators.service3)

"""The way from a parameter's code and octets to the parameter (Q.763 table 5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from callcenter.ss7.isup import supplementary
from callcenter.ss7.isup.indicator import Indicators
from callcenter.ss7.isup.indicators import (
    AutomaticCongestionLevel,
    BackwardCallIndicators,
    CallingPartysCategory,
    CircuitGroupSupervisionType,
    ContinuityIndicators,
    EventInformation,
    FacilityIndicator,
    ForwardCallIndicators,
    GenericNotificationIndicator,
    HopCounter,
    InformationIndicators,
    InformationRequestIndicators,
    MessageCompatibilityInformation,
    NatureOfConnectionIndicators,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
    ParameterCompatibilityInformation,
    RedirectionInformation,
    SuspendResumeIndicators,
    TransmissionMediumRequirement,
    TransmissionMediumUsed,
    UserToUserIndicators,
)
from callcenter.ss7.isup.parameters import (
    AccessTransport,
    CalledDirectoryNumber,
    CalledPartyNumber,
    CallingPartyNumber,
    CallTransferNumber,
    CauseIndicators,
    CircuitStateIndicator,
    ConnectedNumber,
    GenericNumber,
    LocationNumber,
    OriginalCalledNumber,
    Parameter,
    RangeAndStatus,
    Raw,
    RedirectingNumber,
    RedirectionNumber,
    SubsequentNumber,
    UserToUserInformation,
)

_CACHED: Final[tuple[type[Indicators], ...]] = (
    NatureOfConnectionIndicators,
    ForwardCallIndicators,
    CallingPartysCategory,
    TransmissionMediumRequirement,
    TransmissionMediumUsed,
    BackwardCallIndicators,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
    RedirectionInformation,
    EventInformation,
    SuspendResumeIndicators,
    ContinuityIndicators,
    CircuitGroupSupervisionType,
    InformationRequestIndicators,
    InformationIndicators,
    FacilityIndicator,
    UserToUserIndicators,
    HopCounter,
    AutomaticCongestionLevel,
    GenericNotificationIndicator,
    MessageCompatibilityInformation,
    *supplementary.CODED,
)

_READ: Final[tuple[type[Parameter], ...]] = (
    CalledPartyNumber,
    RedirectionNumber,
    CalledDirectoryNumber,
    CallingPartyNumber,
    RedirectingNumber,
    ConnectedNumber,
    OriginalCalledNumber,
    LocationNumber,
    CallTransferNumber,
    GenericNumber,
    SubsequentNumber,
    CauseIndicators,
    RangeAndStatus,
    CircuitStateIndicator,
    UserToUserInformation,
    AccessTransport,
    ParameterCompatibilityInformation,
    *supplementary.OTHERS,
)

# Few values of the bit coded ones make up nearly all traffic, and the objects are immutable: read once.
DECODERS: Final[dict[int, Callable[[bytes], Parameter]]] = {
    **{each.code: each.decode for each in _READ},
    **{each.code: lru_cache(maxsize=256)(each.decode) for each in _CACHED},
}


def contents(code: int, octets: bytes) -> Parameter:
    """Return parameter `code` with its contents; `Raw` when unknown or when they break its format."""
    decode = DECODERS.get(code)
    if decode is None:
        return Raw(code, octets)
    try:
        return decode(octets)
    except ValueError:
        return Raw(code, octets)

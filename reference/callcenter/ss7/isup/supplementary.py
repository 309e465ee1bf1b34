"""Parameters of Q.763 clause 3 that supplementary services and national networks use.

A call centre reads few of them; all are decoded, so that a trace names their fields and a call in transit
takes them along. Bit coded ones have their fields, those with a structure of another recommendation keep its
octets. A point code is the 14 bits of Q.704 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from callcenter.ss7.isup.indicator import Indicators
from callcenter.ss7.isup.parameters import (
    CalledPartyNumber,
    OriginalCalledNumber,
    Parameter,
    digits_of,
    octets_of,
)


@dataclass(frozen=True, slots=True)
class AccessDeliveryInformation(Indicators):
    """Q.763 3.2."""

    code: ClassVar[int] = 0x2E
    widths: ClassVar[tuple[int, ...]] = (1, 7)
    no_setup: int = 0
    """0 set-up message generated, 1 none."""
    spare: int = 0


@dataclass(frozen=True, slots=True)
class CallDiversionInformation(Indicators):
    """Q.763 3.6."""

    code: ClassVar[int] = 0x36
    widths: ClassVar[tuple[int, ...]] = (3, 4, 1)
    notification: int = 0
    """0 unknown, 1 not allowed, 2 allowed with the number, 3 allowed without."""
    reason: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class EchoControlInformation(Indicators):
    """Q.763 3.19."""

    code: ClassVar[int] = 0x37
    widths: ClassVar[tuple[int, ...]] = (2, 2, 2, 2)
    outgoing_device: int = 0
    incoming_device: int = 0
    outgoing_request: int = 0
    incoming_request: int = 0


@dataclass(frozen=True, slots=True)
class McidRequestIndicators(Indicators):
    """Q.763 3.31: malicious call identification."""

    code: ClassVar[int] = 0x3B
    widths: ClassVar[tuple[int, ...]] = (1, 1, 6)
    requested: int = 1
    holding_requested: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class McidResponseIndicators(Indicators):
    """Q.763 3.32."""

    code: ClassVar[int] = 0x3C
    widths: ClassVar[tuple[int, ...]] = (1, 1, 6)
    included: int = 0
    holding_provided: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class TransmissionMediumRequirementPrime(Indicators):
    """Q.763 3.55."""

    code: ClassVar[int] = 0x3E
    widths: ClassVar[tuple[int, ...]] = (8,)
    medium: int = 0
    """As in the transmission medium requirement."""


@dataclass(frozen=True, slots=True)
class RedirectionNumberRestriction(Indicators):
    """Q.763 3.47."""

    code: ClassVar[int] = 0x40
    widths: ClassVar[tuple[int, ...]] = (2, 6)
    presentation: int = 0
    """0 allowed, 1 restricted."""
    spare: int = 0


@dataclass(frozen=True, slots=True)
class CallTransferReference(Indicators):
    """Q.763 3.65."""

    code: ClassVar[int] = 0x43
    widths: ClassVar[tuple[int, ...]] = (8,)
    identity: int = 0


@dataclass(frozen=True, slots=True)
class LoopPreventionIndicators(Indicators):
    """Q.763 3.67."""

    code: ClassVar[int] = 0x44
    widths: ClassVar[tuple[int, ...]] = (1, 2, 5)
    response: int = 0
    """0 request, 1 response."""
    outcome: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Ccss(Indicators):
    """Q.763 3.63: completion of calls."""

    code: ClassVar[int] = 0x4B
    widths: ClassVar[tuple[int, ...]] = (1, 7)
    call: int = 1
    spare: int = 0


@dataclass(frozen=True, slots=True)
class RedirectCapability(Indicators):
    """Q.763 3.96: national use."""

    code: ClassVar[int] = 0x4E
    widths: ClassVar[tuple[int, ...]] = (3, 4, 1)
    possible: int = 0
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class NetworkManagementControls(Indicators):
    """Q.763 3.68."""

    code: ClassVar[int] = 0x5B
    widths: ClassVar[tuple[int, ...]] = (1, 6, 1)
    temporary_alternative_routing: int = 0
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class CallDiversionTreatment(Indicators):
    """Q.763 3.72."""

    code: ClassVar[int] = 0x6E
    widths: ClassVar[tuple[int, ...]] = (2, 5, 1)
    allowed: int = 0
    """1 call diversion allowed, 2 not."""
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class CallOfferingTreatment(Indicators):
    """Q.763 3.74."""

    code: ClassVar[int] = 0x70
    widths: ClassVar[tuple[int, ...]] = (2, 5, 1)
    allowed: int = 0
    """1 call offering not allowed, 2 allowed."""
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class ConferenceTreatment(Indicators):
    """Q.763 3.76."""

    code: ClassVar[int] = 0x72
    widths: ClassVar[tuple[int, ...]] = (2, 5, 1)
    acceptance: int = 0
    """1 accept conference request, 2 reject."""
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class UidActionIndicators(Indicators):
    """Q.763 3.78: user interactive dialogue."""

    code: ClassVar[int] = 0x74
    widths: ClassVar[tuple[int, ...]] = (1, 1, 5, 1)
    through_connect: int = 0
    stop_t9: int = 0
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class UidCapabilityIndicators(Indicators):
    """Q.763 3.79."""

    code: ClassVar[int] = 0x75
    widths: ClassVar[tuple[int, ...]] = (1, 1, 5, 1)
    through_connect: int = 0
    t9_stop: int = 0
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class RedirectCounter(Indicators):
    """Q.763 3.97: national use."""

    code: ClassVar[int] = 0x77
    widths: ClassVar[tuple[int, ...]] = (3, 5)
    redirections: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class CollectCallRequest(Indicators):
    """Q.763 3.81."""

    code: ClassVar[int] = 0x79
    widths: ClassVar[tuple[int, ...]] = (1, 7)
    requested: int = 1
    spare: int = 0


@dataclass(frozen=True, slots=True)
class CcnrPossibleIndicator(Indicators):
    """Q.763 3.83."""

    code: ClassVar[int] = 0x7A
    widths: ClassVar[tuple[int, ...]] = (1, 7)
    possible: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class PivotCapability(Indicators):
    """Q.763 3.84."""

    code: ClassVar[int] = 0x7B
    widths: ClassVar[tuple[int, ...]] = (3, 1, 3, 1)
    possible: int = 0
    interworking: int = 0
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class PivotRoutingIndicators(Indicators):
    """Q.763 3.85."""

    code: ClassVar[int] = 0x7C
    widths: ClassVar[tuple[int, ...]] = (7, 1)
    indicators: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class QueryOnReleaseCapability(Indicators):
    """Q.763 3.91."""

    code: ClassVar[int] = 0x85
    widths: ClassVar[tuple[int, ...]] = (1, 6, 1)
    supported: int = 0
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class PivotStatus(Indicators):
    """Q.763 3.92."""

    code: ClassVar[int] = 0x86
    widths: ClassVar[tuple[int, ...]] = (2, 5, 1)
    status: int = 0
    spare: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class PivotCounter(Indicators):
    """Q.763 3.93."""

    code: ClassVar[int] = 0x87
    widths: ClassVar[tuple[int, ...]] = (5, 3)
    pivots: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class MlppPrecedence(Indicators):
    """Q.763 3.34: level, then network identity and service domain in `extra`."""

    code: ClassVar[int] = 0x3A
    widths: ClassVar[tuple[int, ...]] = (4, 1, 2, 1)
    level: int = 4
    """0 flash override to 4 routine."""
    spare: int = 0
    look_ahead: int = 0
    spare2: int = 0


@dataclass(frozen=True, slots=True)
class CircuitAssignmentMap(Indicators):
    """Q.763 3.69."""

    code: ClassVar[int] = 0x25
    widths: ClassVar[tuple[int, ...]] = (6, 2, 31, 1)
    map_type: int = 1
    """1: 1544 kbit/s format, 2: 2048 kbit/s format."""
    spare: int = 0
    slots: int = 0
    """Bit n - 1: circuit n is used."""
    spare2: int = 0


@dataclass(frozen=True, slots=True)
class CallReference(Indicators):
    """Q.763 3.8: national use; the point code of 14 bits, or what stands in its place in `extra`."""

    code: ClassVar[int] = 0x01
    widths: ClassVar[tuple[int, ...]] = (24, 14, 2)
    identity: int = 0
    """Octets as sent, the first one lowest."""
    point_code: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class ConnectionRequest(Indicators):
    """Q.763 3.17."""

    code: ClassVar[int] = 0x0D
    widths: ClassVar[tuple[int, ...]] = (24, 14, 2, 8)
    local_reference: int = 0
    """Octets as sent, the first one lowest."""
    point_code: int = 0
    spare: int = 0
    protocol_class: int = 2


@dataclass(frozen=True, slots=True)
class SignallingPointCode(Indicators):
    """Q.763 3.50: national use."""

    code: ClassVar[int] = 0x1E
    widths: ClassVar[tuple[int, ...]] = (14, 2)
    point_code: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class OriginationIscPointCode(Indicators):
    """Q.763 3.40."""

    code: ClassVar[int] = 0x2B
    widths: ClassVar[tuple[int, ...]] = (14, 2)
    point_code: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class ApplicationTransport(Indicators):
    """Q.763 3.82: what is transported in `extra`."""

    code: ClassVar[int] = 0x78
    widths: ClassVar[tuple[int, ...]] = (7, 1, 1, 1, 5, 1, 6, 1, 1)
    context: int = 0
    """Application context identifier."""
    extension: int = 1
    release_call: int = 0
    send_notification: int = 0
    spare: int = 0
    extension2: int = 1
    segments: int = 0
    """Segments that follow."""
    sequence: int = 1
    """1: a new sequence."""
    extension3: int = 1


@dataclass(frozen=True, slots=True)
class GenericDigits(Indicators):
    """Q.763 3.24: the digits in `extra`."""

    code: ClassVar[int] = 0xC1
    widths: ClassVar[tuple[int, ...]] = (5, 3)
    type: int = 0
    scheme: int = 0
    """0 BCD even, 1 BCD odd, 2 IA5, 3 binary."""


@dataclass(frozen=True, slots=True)
class ChargeInformation(Indicators):
    """China national ISUP (YDN 038: unverified, also the order of the octets)."""

    code: ClassVar[int] = 0xFD
    widths: ClassVar[tuple[int, ...]] = (16,)
    pulses: int = 1
    """Metering pulses."""


@dataclass(frozen=True, slots=True)
class Octets(Parameter):
    """Base of the parameters whose structure is that of another recommendation."""

    octets: bytes = b""

    def encode(self) -> bytes:
        """Return the contents."""
        return self.octets

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents."""
        return cls(octets)


class UserServiceInformation(Octets):
    """Q.763 3.57: bearer capability of Q.931 4.5.5 from octet 3 on."""

    __slots__ = ()
    code = 0x1D


class NetworkSpecificFacility(Octets):
    """Q.763 3.36."""

    __slots__ = ()
    code = 0x2F


class UserServiceInformationPrime(Octets):
    """Q.763 3.58: as the user service information."""

    __slots__ = ()
    code = 0x30


class RemoteOperations(Octets):
    """Q.763 3.48: components of Q.773."""

    __slots__ = ()
    code = 0x32


class ServiceActivation(Octets):
    """Q.763 3.49: feature codes, one an octet."""

    __slots__ = ()
    code = 0x33


class UserTeleserviceInformation(Octets):
    """Q.763 3.59: high layer compatibility of Q.931 4.5.16 from octet 3 on."""

    __slots__ = ()
    code = 0x34


class ForwardGvns(Octets):
    """Q.763 3.66: global virtual network service."""

    __slots__ = ()
    code = 0x4C


class BackwardGvns(Octets):
    """Q.763 3.62."""

    __slots__ = ()
    code = 0x4D


class CorrelationId(Octets):
    """Q.763 3.70."""

    __slots__ = ()
    code = 0x65


class ScfId(Octets):
    """Q.763 3.71: service control function."""

    __slots__ = ()
    code = 0x66


class ChargedPartyIdentification(Octets):
    """Q.763 3.75: national use."""

    __slots__ = ()
    code = 0x71


class DisplayInformation(Octets):
    """Q.763 3.77: display of Q.931."""

    __slots__ = ()
    code = 0x73


class CallingGeodeticLocation(Octets):
    """Q.763 3.88."""

    __slots__ = ()
    code = 0x81


class PivotRoutingForwardInformation(Octets):
    """Q.763 3.94."""

    __slots__ = ()
    code = 0x88


class PivotRoutingBackwardInformation(Octets):
    """Q.763 3.95."""

    __slots__ = ()
    code = 0x89


class RedirectStatus(Octets):
    """Q.763 3.98: national use."""

    __slots__ = ()
    code = 0x8A


class RedirectForwardInformation(Octets):
    """Q.763 3.99: national use."""

    __slots__ = ()
    code = 0x8B


class RedirectBackwardInformation(Octets):
    """Q.763 3.100: national use."""

    __slots__ = ()
    code = 0x8C


class NumberPortabilityForwardInformation(Octets):
    """Q.763 3.101: network option."""

    __slots__ = ()
    code = 0x8D


@dataclass(frozen=True, slots=True)
class Milliseconds(Parameter):
    """Base of the two delay counters: 16 bits, the high octet first."""

    milliseconds: int

    def encode(self) -> bytes:
        """Return the contents."""
        return self.milliseconds.to_bytes(2, "big")

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        high, low = octets
        return cls(high << 8 | low)


class CallHistoryInformation(Milliseconds):
    """Q.763 3.7: propagation delay found for the connection."""

    __slots__ = ()
    code = 0x2D


class PropagationDelayCounter(Milliseconds):
    """Q.763 3.42."""

    __slots__ = ()
    code = 0x31


@dataclass(frozen=True, slots=True)
class ClosedUserGroupInterlockCode(Parameter):
    """Q.763 3.15: four digits of network identity, the first in the high half octet, then a binary code."""

    code: ClassVar[int] = 0x1A
    network: str
    interlock: int

    def encode(self) -> bytes:
        """Return the contents. Raises `ValueError`."""
        return bytes.fromhex(self.network) + self.interlock.to_bytes(2, "big")

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        first, second, high, low = octets
        return cls(f"{first:02X}{second:02X}", high << 8 | low)


@dataclass(frozen=True, slots=True)
class TransitNetworkSelection(Parameter):
    """Q.763 3.53 (national use): odd bit, type (3 bits) and plan (4 bits), then digits."""

    code: ClassVar[int] = 0x23
    digits: str
    kind: int = 2
    """0 Q.763 coded (ITU-T), 2 national."""
    plan: int = 1
    filler: int = 0

    def encode(self) -> bytes:
        """Return the contents. Raises `ValueError`."""
        head = (len(self.digits) & 1) << 7 | self.kind << 4 | self.plan
        return bytes((head,)) + octets_of(self.digits, self.filler)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        (first,) = octets[0:1]
        digits, filler = digits_of(octets[1:], first & 0x80)
        return cls(digits, first >> 4 & 7, first & 0x0F, filler)


@dataclass(frozen=True, slots=True)
class NetworkRoutingNumber(Parameter):
    """Q.763 3.90: odd bit, plan (3 bits) and nature of address (4 bits), then digits."""

    code: ClassVar[int] = 0x84
    digits: str
    plan: int = 1
    nature: int = 1
    filler: int = 0

    def encode(self) -> bytes:
        """Return the contents. Raises `ValueError`."""
        head = (len(self.digits) & 1) << 7 | self.plan << 4 | self.nature
        return bytes((head,)) + octets_of(self.digits, self.filler)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError`."""
        (first,) = octets[0:1]
        digits, filler = digits_of(octets[1:], first & 0x80)
        return cls(digits, first >> 4 & 7, first & 0x0F, filler)


class HtrInformation(CalledPartyNumber):
    """Q.763 3.89, hard to reach: as the called party number."""

    __slots__ = ()
    code = 0x82


class CalledInNumber(OriginalCalledNumber):
    """Q.763 3.73: as the original called number."""

    __slots__ = ()
    code = 0x6F


class OriginalCalledInNumber(OriginalCalledNumber):
    """Q.763 3.87: as the original called number."""

    __slots__ = ()
    code = 0x7F


CODED: Final[tuple[type[Indicators], ...]] = (
    AccessDeliveryInformation,
    CallDiversionInformation,
    EchoControlInformation,
    McidRequestIndicators,
    McidResponseIndicators,
    TransmissionMediumRequirementPrime,
    RedirectionNumberRestriction,
    CallTransferReference,
    LoopPreventionIndicators,
    Ccss,
    RedirectCapability,
    NetworkManagementControls,
    CallDiversionTreatment,
    CallOfferingTreatment,
    ConferenceTreatment,
    UidActionIndicators,
    UidCapabilityIndicators,
    RedirectCounter,
    CollectCallRequest,
    CcnrPossibleIndicator,
    PivotCapability,
    PivotRoutingIndicators,
    QueryOnReleaseCapability,
    PivotStatus,
    PivotCounter,
    MlppPrecedence,
    CircuitAssignmentMap,
    CallReference,
    ConnectionRequest,
    SignallingPointCode,
    OriginationIscPointCode,
    ApplicationTransport,
    GenericDigits,
    ChargeInformation,
)
"""The bit coded ones."""

OTHERS: Final[tuple[type[Parameter], ...]] = (
    UserServiceInformation,
    NetworkSpecificFacility,
    UserServiceInformationPrime,
    RemoteOperations,
    ServiceActivation,
    UserTeleserviceInformation,
    ForwardGvns,
    BackwardGvns,
    CorrelationId,
    ScfId,
    ChargedPartyIdentification,
    DisplayInformation,
    CallingGeodeticLocation,
    PivotRoutingForwardInformation,
    PivotRoutingBackwardInformation,
    RedirectStatus,
    RedirectForwardInformation,
    RedirectBackwardInformation,
    NumberPortabilityForwardInformation,
    CallHistoryInformation,
    PropagationDelayCounter,
    ClosedUserGroupInterlockCode,
    TransitNetworkSelection,
    NetworkRoutingNumber,
    HtrInformation,
    CalledInNumber,
    OriginalCalledInNumber,
)
"""The rest."""

"""Bit coded parameters of Q.763 clause 3 that a call is made of; see `indicator` for how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from callcenter.ss7.isup.indicator import Indicators
from callcenter.ss7.isup.parameters import Parameter


@dataclass(frozen=True, slots=True)
class NatureOfConnectionIndicators(Indicators):
    """Q.763 3.35."""

    code: ClassVar[int] = 0x06
    widths: ClassVar[tuple[int, ...]] = (2, 2, 1, 3)
    satellites: int = 0
    continuity_check: int = 0
    """0 not required, 1 required on this circuit, 2 performed on a previous circuit."""
    echo_control_included: int = 0
    spare: int = 0


@dataclass(frozen=True, slots=True)
class ForwardCallIndicators(Indicators):
    """Q.763 3.23."""

    code: ClassVar[int] = 0x07
    widths: ClassVar[tuple[int, ...]] = (1, 2, 1, 1, 1, 2, 1, 2, 1, 4)
    international: int = 0
    end_to_end_method: int = 0
    interworking: int = 0
    end_to_end_information: int = 0
    isup_all_the_way: int = 1
    isup_preference: int = 0
    isdn_access: int = 0
    sccp_method: int = 0
    spare: int = 0
    national_use: int = 0


@dataclass(frozen=True, slots=True)
class CallingPartysCategory(Indicators):
    """Q.763 3.11."""

    code: ClassVar[int] = 0x09
    widths: ClassVar[tuple[int, ...]] = (8,)
    category: int = 0x0A
    """0x0A ordinary subscriber, 0x0D test call."""


@dataclass(frozen=True, slots=True)
class TransmissionMediumRequirement(Indicators):
    """Q.763 3.54."""

    code: ClassVar[int] = 0x02
    widths: ClassVar[tuple[int, ...]] = (8,)
    medium: int = 0x00
    """0 speech, 2 64 kbit/s unrestricted, 3 3.1 kHz audio."""


@dataclass(frozen=True, slots=True)
class TransmissionMediumUsed(Indicators):
    """Q.763 3.56."""

    code: ClassVar[int] = 0x35
    widths: ClassVar[tuple[int, ...]] = (8,)
    medium: int = 0x00


@dataclass(frozen=True, slots=True)
class BackwardCallIndicators(Indicators):
    """Q.763 3.5."""

    code: ClassVar[int] = 0x11
    widths: ClassVar[tuple[int, ...]] = (2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 2)
    charge: int = 0
    """2 charge."""
    called_status: int = 0
    """0 no indication, 1 subscriber free."""
    called_category: int = 0
    """1 ordinary subscriber."""
    end_to_end_method: int = 0
    interworking: int = 0
    end_to_end_information: int = 0
    isup_all_the_way: int = 1
    holding: int = 0
    isdn_access: int = 0
    echo_control_included: int = 0
    sccp_method: int = 0


@dataclass(frozen=True, slots=True)
class OptionalBackwardCallIndicators(Indicators):
    """Q.763 3.37."""

    code: ClassVar[int] = 0x29
    widths: ClassVar[tuple[int, ...]] = (1, 1, 1, 1, 4)
    in_band: int = 0
    """In-band information or an appropriate pattern is now available."""
    diversion_may_occur: int = 0
    segmentation: int = 0
    """Additional information follows in a segmentation message."""
    mlpp_user: int = 0
    national_use: int = 0


@dataclass(frozen=True, slots=True)
class OptionalForwardCallIndicators(Indicators):
    """Q.763 3.38."""

    code: ClassVar[int] = 0x08
    widths: ClassVar[tuple[int, ...]] = (2, 1, 4, 1)
    closed_user_group: int = 0
    segmentation: int = 0
    """Additional information follows in a segmentation message."""
    spare: int = 0
    connected_line_requested: int = 0


@dataclass(frozen=True, slots=True)
class RedirectionInformation(Indicators):
    """Q.763 3.45, both octets."""

    code: ClassVar[int] = 0x13
    widths: ClassVar[tuple[int, ...]] = (3, 1, 4, 3, 1, 4)
    redirecting: int = 0
    spare: int = 0
    original_reason: int = 0
    counter: int = 1
    spare2: int = 0
    reason: int = 0


@dataclass(frozen=True, slots=True)
class EventInformation(Indicators):
    """Q.763 3.21."""

    code: ClassVar[int] = 0x24
    widths: ClassVar[tuple[int, ...]] = (7, 1)
    event: int = 1
    """1 alerting, 2 progress, 3 in-band information, 4 to 6 forwarded."""
    restricted: int = 0


@dataclass(frozen=True, slots=True)
class SuspendResumeIndicators(Indicators):
    """Q.763 3.52."""

    code: ClassVar[int] = 0x22
    widths: ClassVar[tuple[int, ...]] = (1, 7)
    network: int = 0
    """0 initiated by the ISDN subscriber, 1 by the network."""
    spare: int = 0


@dataclass(frozen=True, slots=True)
class ContinuityIndicators(Indicators):
    """Q.763 3.18."""

    code: ClassVar[int] = 0x10
    widths: ClassVar[tuple[int, ...]] = (1, 7)
    successful: int = 1
    spare: int = 0


@dataclass(frozen=True, slots=True)
class CircuitGroupSupervisionType(Indicators):
    """Circuit group supervision message type, Q.763 3.13."""

    code: ClassVar[int] = 0x15
    widths: ClassVar[tuple[int, ...]] = (2, 6)
    hardware: int = 0
    """0 maintenance oriented, 1 hardware failure oriented, 2 and 3 not for ISUP use here."""
    spare: int = 0


@dataclass(frozen=True, slots=True)
class InformationRequestIndicators(Indicators):
    """Q.763 3.29 (national use)."""

    code: ClassVar[int] = 0x0E
    widths: ClassVar[tuple[int, ...]] = (1, 1, 1, 1, 1, 2, 1, 8)
    calling_address: int = 0
    holding: int = 0
    spare: int = 0
    calling_category: int = 0
    charge_information: int = 0
    spare2: int = 0
    malicious_call_identification: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class InformationIndicators(Indicators):
    """Q.763 3.28 (national use)."""

    code: ClassVar[int] = 0x0F
    widths: ClassVar[tuple[int, ...]] = (2, 1, 2, 1, 1, 1, 8)
    calling_address: int = 0
    """1 not available, 3 included."""
    holding_provided: int = 0
    spare: int = 0
    calling_category: int = 0
    charge_information: int = 0
    solicited: int = 0
    """0 solicited, 1 unsolicited."""
    second: int = 0


@dataclass(frozen=True, slots=True)
class FacilityIndicator(Indicators):
    """Q.763 3.22."""

    code: ClassVar[int] = 0x18
    widths: ClassVar[tuple[int, ...]] = (8,)
    facility: int = 2
    """2 user-to-user service."""


@dataclass(frozen=True, slots=True)
class UserToUserIndicators(Indicators):
    """Q.763 3.60: type, services 1 to 3, and the discard bit (response only)."""

    code: ClassVar[int] = 0x2A
    widths: ClassVar[tuple[int, ...]] = (1, 2, 2, 2, 1)
    response: int = 0
    service1: int = 0
    service2: int = 0
    service3: int = 0
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class HopCounter(Indicators):
    """Q.763 3.80."""

    code: ClassVar[int] = 0x3D
    widths: ClassVar[tuple[int, ...]] = (5, 3)
    hops: int = 20
    spare: int = 0


@dataclass(frozen=True, slots=True)
class AutomaticCongestionLevel(Indicators):
    """Q.763 3.4."""

    code: ClassVar[int] = 0x27
    widths: ClassVar[tuple[int, ...]] = (8,)
    level: int = 1


@dataclass(frozen=True, slots=True)
class GenericNotificationIndicator(Indicators):
    """Q.763 3.25, first octet; further ones are in `extra`."""

    code: ClassVar[int] = 0x2C
    widths: ClassVar[tuple[int, ...]] = (7, 1)
    notification: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class MessageCompatibilityInformation(Indicators):
    """Q.763 3.33, first octet; further ones are in `extra`."""

    code: ClassVar[int] = 0x38
    widths: ClassVar[tuple[int, ...]] = (1, 1, 1, 1, 1, 2, 1)
    end_node_interpretation: int = 0
    release_call: int = 0
    send_notification: int = 0
    discard_message: int = 0
    pass_on_impossible_discard: int = 0
    interworking: int = 0
    extension: int = 1


@dataclass(frozen=True, slots=True)
class ParameterInstruction:
    """What an exchange is to do that does not know parameter `code` (Q.763 3.41).

    `octets` are the instruction indicators: bit B release call, C send notification, D discard message,
    E discard parameter, G F pass on not possible; bit H 0: another octet follows.
    """

    code: int
    octets: bytes

    @property
    def release_call(self) -> bool:
        return bool(self.octets[0] & 0x02)

    @property
    def send_notification(self) -> bool:
        return bool(self.octets[0] & 0x04)

    @property
    def discard_message(self) -> bool:
        return bool(self.octets[0] & 0x08)


@dataclass(frozen=True, slots=True)
class ParameterCompatibilityInformation(Parameter):
    """Q.763 3.41: a list of parameter codes, each with instruction indicators."""

    code: ClassVar[int] = 0x39
    instructions: tuple[ParameterInstruction, ...]

    def encode(self) -> bytes:
        """Return the contents."""
        return b"".join(bytes((each.code,)) + each.octets for each in self.instructions)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read the contents. Raises `ValueError` when an instruction is cut off."""
        found = []
        at = 0
        while at < len(octets):
            end = at + 1
            while end < len(octets) and not octets[end] & 0x80:
                end += 1
            if end == len(octets):
                raise ValueError("instruction indicators without a last octet")
            found.append(ParameterInstruction(octets[at], octets[at + 1 : end + 1]))
            at = end + 1
        return cls(tuple(found))

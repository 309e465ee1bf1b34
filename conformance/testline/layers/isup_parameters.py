"""Contents of the parameters of Q.763 clause 3, and the table of parameter codes (Q.763 table 5).

Every class lists its octets from bit 8 (H) down to bit 1 (A), the order in which the standard draws them.
Parameters that are not taken apart here, unknown ones and those too short for their layout are `Octets`.
"""

# ruff: noqa: RUF012 - `fields_desc` is read by the metaclass of scapy and never changed

from __future__ import annotations

from typing import Any, ClassVar

from scapy.fields import (
    BitEnumField,
    BitField,
    ByteEnumField,
    ByteField,
    ConditionalField,
    ShortField,
    StrField,
)
from scapy.packet import Packet

from testline.layers.fields import Contents, Digits, Filler, Length, OddEven, fixed_octets

NATURE = {0b0000001: "subscriber", 0b0000010: "unknown", 0b0000011: "national", 0b0000100: "international"}
PLAN = {0b001: "E.164", 0b011: "X.121", 0b100: "F.69"}
PRESENTATION = {0b00: "allowed", 0b01: "restricted", 0b10: "not available"}
SCREENING = {0b00: "user, not verified", 0b01: "user, passed", 0b10: "user, failed", 0b11: "network"}
CATEGORY = {
    0x00: "unknown",
    0x01: "operator, French",
    0x02: "operator, English",
    0x03: "operator, German",
    0x04: "operator, Russian",
    0x05: "operator, Spanish",
    0x09: "national operator",
    0x0A: "ordinary subscriber",
    0x0B: "subscriber with priority",
    0x0C: "data call",
    0x0D: "test call",
    0x0F: "payphone",
}
MEDIUM = {0x00: "speech", 0x02: "64 kbit/s unrestricted", 0x03: "3.1 kHz audio", 0x06: "64 kbit/s preferred"}
EVENT = {
    0b0000001: "alerting",
    0b0000010: "progress",
    0b0000011: "in-band information",
    0b0000100: "forwarded on busy",
    0b0000101: "forwarded on no reply",
    0b0000110: "forwarded unconditional",
}
LOCATION = {
    0b0000: "user",
    0b0001: "private network, local user",
    0b0010: "public network, local user",
    0b0011: "transit network",
    0b0100: "public network, remote user",
    0b0101: "private network, remote user",
    0b0111: "international network",
    0b1010: "network beyond interworking point",
}


class ParameterContents(Packet):
    """Contents of one parameter. `code` is the parameter's code in Q.763 table 5."""

    code: ClassVar[int] = 0
    title: ClassVar[str] = "contents"

    @classmethod
    def read(cls, octets: bytes) -> Any:
        """Dissect `octets`, or keep them as `Octets` when they are too few for this parameter."""
        return cls(octets) if octets and len(octets) >= fixed_octets(cls.fields_desc) else Octets(octets)

    def extract_padding(self, s: bytes) -> tuple[bytes, None]:
        return s, None


class Octets(ParameterContents):
    """Contents taken as they are."""

    name = "octets"
    fields_desc = [StrField("value", b"")]


class NatureOfConnectionIndicators(ParameterContents):
    """Q.763 3.35."""

    name = "nature of connection indicators"
    code = 6
    fields_desc = [
        BitField("nci_spare", 0, 3),
        BitField("echo_control_included", 0, 1),
        BitEnumField("continuity_check", 0b00, 2, {0: "not required", 1: "required", 2: "previous circuit"}),
        BitField("satellites", 0b00, 2),
    ]


class ForwardCallIndicators(ParameterContents):
    """Q.763 3.23."""

    name = "forward call indicators"
    code = 7
    fields_desc = [
        BitField("isup_preference", 0b00, 2),
        BitField("isup_all_the_way", 1, 1),
        BitField("end_to_end_information", 0, 1),
        BitField("interworking", 0, 1),
        BitField("end_to_end_method", 0b00, 2),
        BitField("international_call", 0, 1),
        BitField("fci_national_use", 0b00, 2),
        BitField("query_on_release", 0, 1),
        BitField("number_translated", 0, 1),
        BitField("fci_spare", 0, 1),
        BitField("sccp_method", 0b00, 2),
        BitField("isdn_access", 0, 1),
    ]


class CallingPartysCategory(ParameterContents):
    """Q.763 3.11."""

    name = "calling party's category"
    code = 9
    fields_desc = [ByteEnumField("category", 0x0A, CATEGORY)]


class TransmissionMediumRequirement(ParameterContents):
    """Q.763 3.54."""

    name = "transmission medium requirement"
    code = 2
    fields_desc = [ByteEnumField("medium", 0x00, MEDIUM)]


class BackwardCallIndicators(ParameterContents):
    """Q.763 3.5."""

    name = "backward call indicators"
    code = 17
    fields_desc = [
        BitField("end_to_end_method", 0b00, 2),
        BitEnumField(
            "called_category", 0b01, 2, {0: "no indication", 1: "ordinary subscriber", 2: "payphone"}
        ),
        BitEnumField("called_status", 0b00, 2, {0: "no indication", 1: "subscriber free", 2: "when free"}),
        BitEnumField("charge", 0b10, 2, {0: "no indication", 1: "no charge", 2: "charge"}),
        BitField("sccp_method", 0b00, 2),
        BitField("echo_control_included", 0, 1),
        BitField("isdn_access", 0, 1),
        BitField("holding", 0, 1),
        BitField("isup_all_the_way", 1, 1),
        BitField("end_to_end_information", 0, 1),
        BitField("interworking", 0, 1),
    ]


class EventInformation(ParameterContents):
    """Q.763 3.21."""

    name = "event information"
    code = 36
    fields_desc = [BitField("event_restricted", 0, 1), BitEnumField("event", 0b0000001, 7, EVENT)]


class SuspendResumeIndicators(ParameterContents):
    """Q.763 3.52."""

    name = "suspend/resume indicators"
    code = 34
    fields_desc = [
        BitField("suspend_spare", 0, 7),
        BitEnumField("initiated_by", 0, 1, {0: "ISDN subscriber", 1: "network"}),
    ]


class ContinuityIndicators(ParameterContents):
    """Q.763 3.18."""

    name = "continuity indicators"
    code = 16
    fields_desc = [
        BitField("continuity_spare", 0, 7),
        BitEnumField("continuity", 1, 1, {0: "failed", 1: "successful"}),
    ]


class CircuitGroupSupervisionMessageType(ParameterContents):
    """Q.763 3.13."""

    name = "circuit group supervision message type"
    code = 21
    fields_desc = [
        BitField("supervision_spare", 0, 6),
        BitEnumField("supervision", 0b00, 2, {0: "maintenance oriented", 1: "hardware failure oriented"}),
    ]


class InformationRequestIndicators(ParameterContents):
    """Q.763 3.29."""

    name = "information request indicators"
    code = 14
    fields_desc = [
        BitField("malicious_call_identification", 0, 1),
        BitField("inr_spare", 0b00, 2),
        BitField("charge_information_requested", 0, 1),
        BitField("category_requested", 0, 1),
        BitField("inr_spare_c", 0, 1),
        BitField("holding_requested", 0, 1),
        BitField("calling_address_requested", 0, 1),
        ByteField("inr_second", 0x00),
    ]


class InformationIndicators(ParameterContents):
    """Q.763 3.28."""

    name = "information indicators"
    code = 15
    fields_desc = [
        BitField("solicited", 0, 1),
        BitField("charge_information_included", 0, 1),
        BitField("category_included", 0, 1),
        BitField("inf_spare", 0b00, 2),
        BitField("hold_provided", 0, 1),
        BitField("calling_address_response", 0b00, 2),
        ByteField("inf_second", 0x00),
    ]


class FacilityIndicator(ParameterContents):
    """Q.763 3.22."""

    name = "facility indicator"
    code = 24
    fields_desc = [ByteEnumField("facility", 0x02, {0x02: "user-to-user service"})]


class CalledPartyNumber(ParameterContents):
    """Q.763 3.9."""

    name = "called party number"
    code = 4
    fields_desc = [
        OddEven(),
        BitEnumField("nature", 0b0000011, 7, NATURE),
        BitField("internal_not_allowed", 1, 1),
        BitEnumField("plan", 0b001, 3, PLAN),
        BitField("spare", 0b0000, 4),
        Filler(),
        Digits(),
    ]


class RedirectionNumber(CalledPartyNumber):
    """Q.763 3.46."""

    name = "redirection number"
    code = 12


class CallingPartyNumber(ParameterContents):
    """Q.763 3.10."""

    name = "calling party number"
    code = 10
    fields_desc = [
        OddEven(),
        BitEnumField("nature", 0b0000011, 7, NATURE),
        BitField("incomplete", 0, 1),
        BitEnumField("plan", 0b001, 3, PLAN),
        BitEnumField("presentation", 0b00, 2, PRESENTATION),
        BitEnumField("screening", 0b11, 2, SCREENING),
        Filler(),
        Digits(),
    ]


class RedirectingNumber(CallingPartyNumber):
    """Q.763 3.44: as the calling party number; the screening bits are spare."""

    name = "redirecting number"
    code = 11


class ConnectedNumber(CallingPartyNumber):
    """Q.763 3.16."""

    name = "connected number"
    code = 33


class OriginalCalledNumber(CallingPartyNumber):
    """Q.763 3.39: as the calling party number; the screening bits are spare."""

    name = "original called number"
    code = 40


class LocationNumber(CallingPartyNumber):
    """Q.763 3.30; `incomplete` is the internal network number indicator."""

    name = "location number"
    code = 63


class GenericNumber(ParameterContents):
    """Q.763 3.26."""

    name = "generic number"
    code = 192
    fields_desc = [ByteField("qualifier", 0x06), CallingPartyNumber]


class SubsequentNumber(ParameterContents):
    """Q.763 3.51."""

    name = "subsequent number"
    code = 5
    fields_desc = [OddEven(), BitField("spare", 0, 7), Filler(), Digits()]


class CauseIndicators(ParameterContents):
    """Q.763 3.12, Q.850 2.1. An extension bit of 0 in the first octet means that octet 1a follows."""

    name = "cause indicators"
    code = 18
    fields_desc = [
        BitField("ext", 1, 1),
        BitField("coding", 0b00, 2),
        BitField("spare", 0, 1),
        BitEnumField("location", 0b0010, 4, LOCATION),
        ConditionalField(ByteField("recommendation", 0x80), lambda packet: packet.ext == 0),
        BitField("ext2", 1, 1),
        BitField("cause", 16, 7),
        StrField("diagnostics", b""),
    ]

    @classmethod
    def read(cls, octets: bytes) -> Any:
        needed = 2 if octets and octets[0] & 0x80 else 3
        return cls(octets) if len(octets) >= needed else Octets(octets)


class RangeAndStatus(ParameterContents):
    """Q.763 3.43. Status bit A of the first octet belongs to the CIC of the label, and so on upwards."""

    name = "range and status"
    code = 22
    fields_desc = [ByteField("range", 0x01), StrField("status", b"")]


class CircuitStateIndicator(ParameterContents):
    """Q.763 3.14: one octet a circuit."""

    name = "circuit state indicator"
    code = 38
    fields_desc = [StrField("states", b"")]


class OptionalBackwardCallIndicators(ParameterContents):
    """Q.763 3.37."""

    name = "optional backward call indicators"
    code = 41
    fields_desc = [
        BitField("national_use", 0b0000, 4),
        BitField("mlpp_user", 0, 1),
        BitField("segmentation", 0, 1),
        BitField("diversion_possible", 0, 1),
        BitField("in_band", 0, 1),
    ]


class OptionalForwardCallIndicators(ParameterContents):
    """Q.763 3.38."""

    name = "optional forward call indicators"
    code = 8
    fields_desc = [
        BitField("connected_line_requested", 0, 1),
        BitField("spare", 0, 4),
        BitField("segmentation", 0, 1),
        BitField("closed_user_group", 0b00, 2),
    ]


class RedirectionInformation(ParameterContents):
    """Q.763 3.45, both octets."""

    name = "redirection information"
    code = 19
    fields_desc = [
        BitField("original_reason", 0b0000, 4),
        BitField("spare", 0, 1),
        BitField("redirecting", 0b000, 3),
        BitField("reason", 0b0000, 4),
        BitField("spare2", 0, 1),
        BitField("counter", 0b001, 3),
    ]


class UserToUserInformation(ParameterContents):
    """Q.763 3.61."""

    name = "user-to-user information"
    code = 32
    fields_desc = [ByteField("discriminator", 0x04), StrField("information", b"")]


class HopCounter(ParameterContents):
    """Q.763 3.80."""

    name = "hop counter"
    code = 61
    fields_desc = [BitField("spare", 0b000, 3), BitField("hops", 20, 5)]


class PropagationDelayCounter(ParameterContents):
    """Q.763 3.42: milliseconds."""

    name = "propagation delay counter"
    code = 49
    fields_desc = [ShortField("delay", 0)]


class AutomaticCongestionLevel(ParameterContents):
    """Q.763 3.4."""

    name = "automatic congestion level"
    code = 39
    fields_desc = [ByteField("level", 1)]


class UserToUserIndicators(ParameterContents):
    """Q.763 3.60."""

    name = "user-to-user indicators"
    code = 42
    fields_desc = [
        BitField("network_discard", 0, 1),
        BitField("service_3", 0b00, 2),
        BitField("service_2", 0b00, 2),
        BitField("service_1", 0b00, 2),
        BitField("response", 0, 1),
    ]


class GenericNotificationIndicator(ParameterContents):
    """Q.763 3.25."""

    name = "generic notification indicator"
    code = 44
    fields_desc = [BitField("ext", 1, 1), BitField("notification", 0b1111001, 7)]


class CallHistoryInformation(ParameterContents):
    """Q.763 3.7: milliseconds."""

    name = "call history information"
    code = 45
    fields_desc = [ShortField("delay", 0)]


class ClosedUserGroupInterlockCode(ParameterContents):
    """Q.763 3.15: four digits of the network, then a binary code."""

    name = "closed user group interlock code"
    code = 26
    fields_desc = [ShortField("network_identity", 0), ShortField("interlock", 0)]


class TransmissionMediumUsed(ParameterContents):
    """Q.763 3.56."""

    name = "transmission medium used"
    code = 53
    fields_desc = [ByteEnumField("medium_used", 0x00, MEDIUM)]


class TransmissionMediumRequirementPrime(ParameterContents):
    """Q.763 3.55."""

    name = "transmission medium requirement prime"
    code = 62
    fields_desc = [ByteEnumField("medium_prime", 0x00, MEDIUM)]


class RedirectionNumberRestriction(ParameterContents):
    """Q.763 3.47."""

    name = "redirection number restriction"
    code = 64
    fields_desc = [BitField("spare", 0, 6), BitEnumField("presentation", 0b00, 2, PRESENTATION)]


class EchoControlInformation(ParameterContents):
    """Q.763 3.19."""

    name = "echo control information"
    code = 55
    fields_desc = [
        BitField("incoming_request", 0b00, 2),
        BitField("outgoing_request", 0b00, 2),
        BitField("incoming_device", 0b00, 2),
        BitField("outgoing_device", 0b00, 2),
    ]


CONTENTS: dict[int, Any] = {
    cls.code: cls
    for cls in (
        NatureOfConnectionIndicators,
        ForwardCallIndicators,
        CallingPartysCategory,
        TransmissionMediumRequirement,
        BackwardCallIndicators,
        EventInformation,
        SuspendResumeIndicators,
        ContinuityIndicators,
        CircuitGroupSupervisionMessageType,
        InformationRequestIndicators,
        InformationIndicators,
        FacilityIndicator,
        CalledPartyNumber,
        RedirectionNumber,
        CallingPartyNumber,
        RedirectingNumber,
        ConnectedNumber,
        OriginalCalledNumber,
        LocationNumber,
        GenericNumber,
        SubsequentNumber,
        CauseIndicators,
        RangeAndStatus,
        CircuitStateIndicator,
        OptionalBackwardCallIndicators,
        OptionalForwardCallIndicators,
        RedirectionInformation,
        UserToUserInformation,
        HopCounter,
        PropagationDelayCounter,
        AutomaticCongestionLevel,
        UserToUserIndicators,
        GenericNotificationIndicator,
        CallHistoryInformation,
        ClosedUserGroupInterlockCode,
        TransmissionMediumUsed,
        TransmissionMediumRequirementPrime,
        RedirectionNumberRestriction,
        EchoControlInformation,
    )
}

PARAMETERS: dict[int, str] = {
    0: "end of optional parameters",
    1: "call reference",
    3: "access transport",
    13: "connection request",
    29: "user service information",
    30: "signalling point code",
    35: "transit network selection",
    37: "circuit assignment map",
    43: "origination ISC point code",
    46: "access delivery information",
    47: "network specific facility",
    48: "user service information prime",
    50: "remote operations",
    51: "service activation",
    52: "user teleservice information",
    54: "call diversion information",
    56: "message compatibility information",
    57: "parameter compatibility information",
    58: "MLPP precedence",
    59: "MCID request indicators",
    60: "MCID response indicators",
    67: "call transfer reference",
    68: "loop prevention indicators",
    69: "call transfer number",
    75: "CCSS",
    76: "forward GVNS",
    77: "backward GVNS",
    78: "redirect capability",
    91: "network management controls",
    101: "correlation id",
    102: "SCF id",
    110: "call diversion treatment indicators",
    111: "called IN number",
    112: "call offering treatment indicators",
    113: "charged party identification",
    114: "conference treatment indicators",
    115: "display information",
    116: "UID action indicators",
    117: "UID capability indicators",
    119: "redirect counter",
    120: "application transport",
    121: "collect call request",
    122: "CCNR possible indicator",
    123: "pivot capability",
    124: "pivot routing indicators",
    125: "called directory number",
    127: "original called IN number",
    129: "calling geodetic location",
    130: "HTR information",
    132: "network routing number",
    133: "query on release capability",
    134: "pivot status",
    135: "pivot counter",
    136: "pivot routing forward information",
    137: "pivot routing backward information",
    138: "redirect status",
    139: "redirect forward information",
    140: "redirect backward information",
    141: "number portability forward information",
    193: "generic digits",
} | {code: cls().name for code, cls in CONTENTS.items()}
"""Name of every parameter code of Q.763 table 5 (12/1999)."""


class Code(ByteEnumField):
    """Parameter code; None: that of the contents' class when built."""

    def __init__(self) -> None:
        super().__init__("code", None, PARAMETERS)

    def i2m(self, pkt: Any, x: Any) -> int:
        return pkt.getfieldval("contents").code if x is None else int(x)


class Parameter(Packet):
    """A parameter of the optional part: code, length, contents (Q.763 1.7)."""

    name = "parameter"
    title = "parameter"
    fields_desc = [
        Code(),
        Length("length", "contents"),
        Contents("contents", Octets(), "length", lambda packet: CONTENTS.get(packet.code, Octets)),
    ]

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        return b"", s

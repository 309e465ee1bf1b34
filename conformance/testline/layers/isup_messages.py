"""Every message of Q.763 clause 4, one class each, named by its abbreviation.

`fields_desc` is the message's table: label end (CIC and message type), mandatory fixed part, pointers,
mandatory variable part, optional part. `fields_desc` of a message without an `optional` part ends there.
"""

# ruff: noqa: RUF012 - `fields_desc` is read by the metaclass of scapy and never changed

from __future__ import annotations

from typing import Any, ClassVar

from scapy.fields import BitField, ByteEnumField, StrField
from scapy.packet import Packet

from testline.layers.errors import NotDecodable
from testline.layers.fields import Pointer, fixed_octets, optional, variable
from testline.layers.isup_parameters import (
    BackwardCallIndicators,
    CalledPartyNumber,
    CallingPartysCategory,
    CauseIndicators,
    CircuitGroupSupervisionMessageType,
    CircuitStateIndicator,
    ContinuityIndicators,
    EventInformation,
    FacilityIndicator,
    ForwardCallIndicators,
    InformationIndicators,
    InformationRequestIndicators,
    NatureOfConnectionIndicators,
    Parameter,
    RangeAndStatus,
    SubsequentNumber,
    SuspendResumeIndicators,
    TransmissionMediumRequirement,
    UserToUserInformation,
)

MESSAGE_TYPES: dict[int, str] = {}
"""Abbreviation by message type code (Q.763 table 4); filled below, from the classes."""


def label_end(code: int) -> list[Any]:
    """CIC, least significant octet first (Q.763 1.2), and the message type code (Q.763 1.3)."""
    return [
        BitField("cic_spare", 0b0000, 4, tot_size=-2),
        BitField("cic", 1, 12, end_tot_size=-2),
        ByteEnumField("message_type", code, MESSAGE_TYPES),
    ]


class Message(Packet):
    """An ISUP message from the CIC on. Octets after its end, if any, are its payload."""

    title: ClassVar[str] = "message"
    parts: ClassVar[tuple[str, ...]] = ()
    """What the pointers lead to, in the order of the pointers."""

    def distance(self, part: str, *, pointed: bool = False) -> int:
        """Return the value of the pointer to `part`, which is 0 for an empty optional part.

        `pointed`: of a message being dissected; leave out the gap before `part`, which is what is asked.
        """
        if part == "optional" and not pointed and not self.optional and not self.optional_gap:
            return 0
        index = self.parts.index(part)
        behind = len(self.parts) - index
        for before in self.parts[:index]:
            behind += len(self.getfieldval(f"{before}_gap")) + 1 + len(bytes(self.getfieldval(before)))
        return behind if pointed else behind + len(self.getfieldval(f"{part}_gap"))

    def parameter(self, code: int) -> Any:
        """Return the contents of the first optional parameter with `code`, or None."""
        for parameter in self.getfieldval("optional") if "optional" in self.parts else ():
            if (parameter.contents.code if parameter.code is None else parameter.code) == code:
                return parameter.contents
        return None

    @classmethod
    def read(cls, octets: bytes) -> Any:
        """Dissect `octets`, the first of which is the low octet of the CIC; raise `NotDecodable`."""
        needed = fixed_octets(cls.fields_desc)
        if len(octets) < needed:
            raise NotDecodable(f"{cls.title}: fixed part takes {needed} octets, found {len(octets)}", octets)
        return cls(octets)


class IAM(Message):
    """Initial address (Q.763 table 32)."""

    name = title = "IAM"
    parts = ("called_party_number", "optional")
    fields_desc = [
        *label_end(0x01),
        NatureOfConnectionIndicators,
        ForwardCallIndicators,
        CallingPartysCategory,
        TransmissionMediumRequirement,
        Pointer("called_party_number"),
        Pointer("optional"),
        *variable("called_party_number", CalledPartyNumber),
        *optional(Parameter),
    ]


class SAM(Message):
    """Subsequent address (Q.763 table 35)."""

    name = title = "SAM"
    parts = ("subsequent_number", "optional")
    fields_desc = [
        *label_end(0x02),
        Pointer("subsequent_number"),
        Pointer("optional"),
        *variable("subsequent_number", SubsequentNumber),
        *optional(Parameter),
    ]


class INR(Message):
    """Information request (Q.763 table 31)."""

    name = title = "INR"
    parts = ("optional",)
    fields_desc = [
        *label_end(0x03),
        InformationRequestIndicators,
        Pointer("optional"),
        *optional(Parameter),
    ]


class INF(Message):
    """Information (Q.763 table 30)."""

    name = title = "INF"
    parts = ("optional",)
    fields_desc = [*label_end(0x04), InformationIndicators, Pointer("optional"), *optional(Parameter)]


class COT(Message):
    """Continuity (Q.763 table 28)."""

    name = title = "COT"
    fields_desc = [*label_end(0x05), ContinuityIndicators]


class ACM(Message):
    """Address complete (Q.763 table 21)."""

    name = title = "ACM"
    parts = ("optional",)
    fields_desc = [*label_end(0x06), BackwardCallIndicators, Pointer("optional"), *optional(Parameter)]


class CON(Message):
    """Connect (Q.763 table 27)."""

    name = title = "CON"
    parts = ("optional",)
    fields_desc = [*label_end(0x07), BackwardCallIndicators, Pointer("optional"), *optional(Parameter)]


def _plain(abbreviation: str, code: int, meaning: str) -> Any:
    """A message with no parameters (Q.763 table 39)."""
    body = {"__doc__": f"{meaning} (Q.763 table 39).", "name": abbreviation, "title": abbreviation}
    return type(abbreviation, (Message,), body | {"fields_desc": label_end(code), "__module__": __name__})


def _optional_only(abbreviation: str, code: int, meaning: str) -> Any:
    """A message with an optional part only."""
    fields = [*label_end(code), Pointer("optional"), *optional(Parameter)]
    body = {"__doc__": f"{meaning}: optional part only.", "name": abbreviation, "title": abbreviation}
    return type(
        abbreviation,
        (Message,),
        body | {"parts": ("optional",), "fields_desc": fields, "__module__": __name__},
    )


def _circuit_group(abbreviation: str, code: int, meaning: str) -> Any:
    """A message on a group of circuits: range and status (Q.763 tables 40 and 41)."""
    fields = [
        *label_end(code),
        *([CircuitGroupSupervisionMessageType] if code in {0x18, 0x19, 0x1A, 0x1B} else []),
        Pointer("range_and_status"),
        *variable("range_and_status", RangeAndStatus),
    ]
    body = {"__doc__": f"{meaning} (Q.763 4).", "name": abbreviation, "title": abbreviation}
    return type(
        abbreviation,
        (Message,),
        body | {"parts": ("range_and_status",), "fields_desc": fields, "__module__": __name__},
    )


FOT = _optional_only("FOT", 0x08, "Forward transfer")
ANM = _optional_only("ANM", 0x09, "Answer")


class REL(Message):
    """Release (Q.763 table 33)."""

    name = title = "REL"
    parts = ("cause_indicators", "optional")
    fields_desc = [
        *label_end(0x0C),
        Pointer("cause_indicators"),
        Pointer("optional"),
        *variable("cause_indicators", CauseIndicators),
        *optional(Parameter),
    ]


class SUS(Message):
    """Suspend (Q.763 table 38)."""

    name = title = "SUS"
    parts = ("optional",)
    fields_desc = [*label_end(0x0D), SuspendResumeIndicators, Pointer("optional"), *optional(Parameter)]


class RES(Message):
    """Resume (Q.763 table 38)."""

    name = title = "RES"
    parts = ("optional",)
    fields_desc = [*label_end(0x0E), SuspendResumeIndicators, Pointer("optional"), *optional(Parameter)]


RLC = _optional_only("RLC", 0x10, "Release complete")
CCR = _plain("CCR", 0x11, "Continuity check request")
RSC = _plain("RSC", 0x12, "Reset circuit")
BLO = _plain("BLO", 0x13, "Blocking")
UBL = _plain("UBL", 0x14, "Unblocking")
BLA = _plain("BLA", 0x15, "Blocking acknowledgement")
UBA = _plain("UBA", 0x16, "Unblocking acknowledgement")
GRS = _circuit_group("GRS", 0x17, "Circuit group reset")
CGB = _circuit_group("CGB", 0x18, "Circuit group blocking")
CGU = _circuit_group("CGU", 0x19, "Circuit group unblocking")
CGBA = _circuit_group("CGBA", 0x1A, "Circuit group blocking acknowledgement")
CGUA = _circuit_group("CGUA", 0x1B, "Circuit group unblocking acknowledgement")


class FAR(Message):
    """Facility request (Q.763 4)."""

    name = title = "FAR"
    parts = ("optional",)
    fields_desc = [*label_end(0x1F), FacilityIndicator, Pointer("optional"), *optional(Parameter)]


class FAA(Message):
    """Facility accepted (Q.763 4)."""

    name = title = "FAA"
    parts = ("optional",)
    fields_desc = [*label_end(0x20), FacilityIndicator, Pointer("optional"), *optional(Parameter)]


class FRJ(Message):
    """Facility reject (Q.763 4)."""

    name = title = "FRJ"
    parts = ("cause_indicators", "optional")
    fields_desc = [
        *label_end(0x21),
        FacilityIndicator,
        Pointer("cause_indicators"),
        Pointer("optional"),
        *variable("cause_indicators", CauseIndicators),
        *optional(Parameter),
    ]


LPA = _plain("LPA", 0x24, "Loop back acknowledgement")


class PAM(Message):
    """Pass along (Q.763 4): carries another message from its message type on."""

    name = title = "PAM"
    fields_desc = [*label_end(0x28), StrField("message", b"")]


GRA = _circuit_group("GRA", 0x29, "Circuit group reset acknowledgement")
CQM = _circuit_group("CQM", 0x2A, "Circuit group query")


class CQR(Message):
    """Circuit group query response (Q.763 4)."""

    name = title = "CQR"
    parts = ("range_and_status", "circuit_state_indicator")
    fields_desc = [
        *label_end(0x2B),
        Pointer("range_and_status"),
        Pointer("circuit_state_indicator"),
        *variable("range_and_status", RangeAndStatus),
        *variable("circuit_state_indicator", CircuitStateIndicator),
    ]


class CPG(Message):
    """Call progress (Q.763 table 23)."""

    name = title = "CPG"
    parts = ("optional",)
    fields_desc = [*label_end(0x2C), EventInformation, Pointer("optional"), *optional(Parameter)]


class USR(Message):
    """User-to-user information (Q.763 4)."""

    name = title = "USR"
    parts = ("user_to_user_information", "optional")
    fields_desc = [
        *label_end(0x2D),
        Pointer("user_to_user_information"),
        Pointer("optional"),
        *variable("user_to_user_information", UserToUserInformation),
        *optional(Parameter),
    ]


UCIC = _plain("UCIC", 0x2E, "Unequipped circuit identification code")


class CFN(Message):
    """Confusion (Q.763 4)."""

    name = title = "CFN"
    parts = ("cause_indicators", "optional")
    fields_desc = [
        *label_end(0x2F),
        Pointer("cause_indicators"),
        Pointer("optional"),
        *variable("cause_indicators", CauseIndicators),
        *optional(Parameter),
    ]


OLM = _plain("OLM", 0x30, "Overload")


class CRG(Message):
    """Charge information (Q.763 4): its format is a national matter."""

    name = title = "CRG"
    fields_desc = [*label_end(0x31), StrField("body", b"")]


NRM = _optional_only("NRM", 0x32, "Network resource management")
FAC = _optional_only("FAC", 0x33, "Facility")
UPT = _optional_only("UPT", 0x34, "User part test")
UPA = _optional_only("UPA", 0x35, "User part available")
IDR = _optional_only("IDR", 0x36, "Identification request")
IRS = _optional_only("IRS", 0x37, "Identification response")
SGM = _optional_only("SGM", 0x38, "Segmentation")
LOP = _optional_only("LOP", 0x40, "Loop prevention")
APM = _optional_only("APM", 0x41, "Application transport")
PRI = _optional_only("PRI", 0x42, "Pre-release information")
SDN = _optional_only("SDN", 0x43, "Subsequent directory number")


class Unknown(Message):
    """A message whose type is not in Q.763 table 4."""

    name = title = "message of unknown type"
    fields_desc = [*label_end(0xFF), StrField("body", b"")]


MESSAGES: dict[int, Any] = {
    cls().message_type: cls
    for cls in (
        *(IAM, SAM, INR, INF, COT, ACM, CON, FOT, ANM, REL, SUS, RES, RLC, CCR, RSC, BLO, UBL, BLA, UBA),
        *(GRS, CGB, CGU, CGBA, CGUA, FAR, FAA, FRJ, LPA, PAM, GRA, CQM, CQR, CPG, USR, UCIC, CFN, OLM),
        *(CRG, NRM, FAC, UPT, UPA, IDR, IRS, SGM, LOP, APM, PRI, SDN),
    )
}
MESSAGE_TYPES |= {code: cls.title for code, cls in MESSAGES.items()}

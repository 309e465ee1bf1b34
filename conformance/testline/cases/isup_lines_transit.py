"""ISUP supplementary services in transit: line identification and diversion (Q.731, Q.732).

The tester stands on both sides of the system. What one side says of lines and diversions arrives on the other
octet for octet. The numbers of Q.785 could not be checked, so ids are by service.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_lines import NUMBER, OTHER
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_transit import cleared, through
from testline.cases.isup_transit import talking as talking_through
from testline.layers.isup_parameters import (
    CallingPartyNumber,
    ConnectedNumber,
    GenericNumber,
    LocationNumber,
    Octets,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
    OriginalCalledNumber,
    Parameter,
    RedirectingNumber,
    RedirectionInformation,
    RedirectionNumber,
    RedirectionNumberRestriction,
)
from testline.testers.caller import Caller
from testline.testers.tup_centre import TransitCentre
from testline.verdicts import Fail

ADDITIONAL_CALLING, ADDITIONAL_CONNECTED = 0x06, 0x05
"""Number qualifier indicators of a generic number (Q.763 3.26)."""
CALLING_SUBADDRESS: Final = Parameter(code=3, contents=Octets(bytes.fromhex("6d0580 11223344")))
CONNECTED_SUBADDRESS: Final = Parameter(code=3, contents=Octets(bytes.fromhex("4d0480 556677")))
"""Access transport with subaddresses (Q.763 3.3, Q.931 4.5.11)."""
DIVERSION_INFORMATION: Final = Parameter(code=54, contents=Octets(b"\x1c"))
"""Call diversion information: presentation allowed with the number, unconditional (Q.763 3.6)."""
MCID_REQUEST: Final = Parameter(code=59, contents=Octets(b"\x01"))
MCID_RESPONSE: Final = Parameter(code=60, contents=Octets(b"\x01"))
"""Malicious call identification: requested, included (Q.763 3.31, 3.32)."""
TRANSFER_NUMBER: Final = Parameter(code=69, contents=Octets(bytes.fromhex("031331195432")))
LOOP_REQUEST: Final = Parameter(code=68, contents=Octets(b"\x00"))
LOOP_RESPONSE: Final = Parameter(code=68, contents=Octets(b"\x05"))
TRANSFER_REFERENCE: Final = Parameter(code=67, contents=Octets(b"\x2a"))
"""Call transfer: number, loop prevention request and response, reference (Q.763 3.66, 3.67, 3.65)."""


def carries(transit: TransitCentre, message: Any, *wanted: Any) -> None:
    """Fail unless `message` has these optional parameters with exactly these contents."""
    for each in wanted:
        parameter = each if isinstance(each, Parameter) else Parameter(contents=each)
        built = Parameter(bytes(parameter))
        found = message.parameter(built.code)
        octets = None if found is None else bytes(found)
        if octets != bytes(built.contents):
            raise Fail(
                awaited=f"{message.title} with {built.sprintf('%code%')} {bytes(built.contents).hex()}",
                state=transit.isup.where(),
                observed="none" if octets is None else octets.hex(),
            )
        transit.bench.note(f"{message.title} with {built.sprintf('%code%')} {bytes(built.contents).hex()}")


def goes_on(transit: TransitCentre, *parameters: Any) -> tuple[Caller, Caller]:
    """A call with these parameters instead of the ordinary calling number: all of them go on."""
    caller, party = through(transit, calling=None, optional=list(parameters))
    carries(transit, party.call.iam, *parameters)
    return caller, party


def goes_back(caller: Caller, party: Caller, transit: TransitCentre, name: str, **fields: Any) -> None:
    """Message `name` of the called side goes back with the parameters it has."""
    party.call.send(name, **fields)
    carries(transit, caller.call.expect(name, within=ANSWER), *fields.get("optional", ()))


def every(transit: TransitCentre, *numbers: Any) -> None:
    """One call after the other with each of these."""
    for each in numbers:
        cleared(transit, *goes_on(transit, each))


# Q.731: calling, connected line, subaddress, malicious call


@case(
    "Q.731.3/8",
    "Calling line in transit, each screening",
    clauses=["Q.731.3", "Q.763 3.10 e"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_screening_passes(transit: TransitCentre) -> None:
    """Not verified, passed, failed and network provided go on as they came."""
    every(transit, *(CallingPartyNumber(digits=NUMBER, screening=value) for value in range(4)))


@case(
    "Q.731.3/9",
    "Calling line in transit, each nature of address",
    clauses=["Q.731.3", "Q.763 3.10 b"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_nature_passes(transit: TransitCentre) -> None:
    """Subscriber, unknown, national and international number, of even and of odd length."""
    numbers = {1: "55556666", 2: "1391234567", 3: NUMBER, 4: "8613912345678"}
    every(transit, *(CallingPartyNumber(digits=each, nature=nature) for nature, each in numbers.items()))


@case(
    "Q.731.3/10",
    "Calling line in transit, number incomplete",
    clauses=["Q.731.3", "Q.763 3.10 c"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_incomplete_number_passes(transit: TransitCentre) -> None:
    """An incomplete number stays marked as such."""
    every(transit, CallingPartyNumber(digits="139", incomplete=1))


@case(
    "Q.731.4/3",
    "Calling line in transit, each presentation",
    clauses=["Q.731.4", "Q.763 3.10 d"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_presentation_passes(transit: TransitCentre) -> None:
    """Allowed and restricted go on with the number, 'not available' without."""
    empty = CallingPartyNumber(digits="", odd=0, nature=0, plan=0, presentation=2, screening=3)
    every(transit, *(CallingPartyNumber(digits=NUMBER, presentation=value) for value in (0, 1)), empty)


@case(
    "Q.731.3/11",
    "Additional calling party number in transit",
    clauses=["Q.731.3", "Q.763 3.26"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_generic_number_passes(transit: TransitCentre) -> None:
    """A generic number beside the calling number goes on, allowed and restricted."""
    for presentation in (0, 1):
        generic = GenericNumber(
            qualifier=ADDITIONAL_CALLING, digits=OTHER, presentation=presentation, screening=0
        )
        cleared(transit, *goes_on(transit, CallingPartyNumber(digits=NUMBER), generic))


@case(
    "Q.731.3/12",
    "Location number in transit",
    clauses=["Q.763 3.30"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_location_number_passes(transit: TransitCentre) -> None:
    """A location number goes on beside the calling number."""
    location = LocationNumber(digits="8620", nature=4, incomplete=1, presentation=1)
    cleared(transit, *goes_on(transit, CallingPartyNumber(digits=NUMBER), location))


@case(
    "Q.731.5/5",
    "Connected number in transit",
    clauses=["Q.731.5", "Q.763 3.16"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_connected_number_passes(transit: TransitCentre) -> None:
    """The request goes on; number and additional connected number of the ANM come back."""
    caller, party = goes_on(transit, OptionalForwardCallIndicators(connected_line_requested=1))
    goes_back(caller, party, transit, "ACM", called_status=1)
    generic = GenericNumber(qualifier=ADDITIONAL_CONNECTED, digits=OTHER, screening=0)
    goes_back(caller, party, transit, "ANM", optional=[ConnectedNumber(digits=NUMBER), generic])
    cleared(transit, caller, party)


@case(
    "Q.731.6/1",
    "Connected number restricted, in transit",
    clauses=["Q.731.6", "Q.763 3.16"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_restricted_connected_number_passes(transit: TransitCentre) -> None:
    """A restricted connected number of the CON stays restricted."""
    caller, party = goes_on(transit, OptionalForwardCallIndicators(connected_line_requested=1))
    party.call.send("CON", called_status=1, optional=[ConnectedNumber(digits=NUMBER, presentation=1)])
    got = caller.call.expect("CON", "ACM", within=ANSWER)
    if got.title == "ACM":
        got = caller.call.expect("ANM", within=ANSWER)
    carries(transit, got, ConnectedNumber(digits=NUMBER, presentation=1))
    cleared(transit, caller, party)


@case(
    "Q.731.7/1",
    "Malicious call identification in transit",
    clauses=["Q.731.7", "Q.763 3.31", "Q.763 3.32"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_identification_passes(transit: TransitCentre) -> None:
    """IDR goes back, IRS with the calling number goes on."""
    caller, party = talking_through(transit)
    goes_back(caller, party, transit, "IDR", optional=[MCID_REQUEST])
    told = [MCID_RESPONSE, CallingPartyNumber(digits=NUMBER)]
    goes_back(party, caller, transit, "IRS", optional=told)
    cleared(transit, caller, party)


@case(
    "Q.731.8/1",
    "Subaddresses in transit",
    clauses=["Q.731.8", "Q.763 3.3"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_subaddress_passes(transit: TransitCentre) -> None:
    """Access transport with a subaddress goes on in the IAM and back in the ANM."""
    caller, party = goes_on(transit, CALLING_SUBADDRESS)
    goes_back(caller, party, transit, "ACM", called_status=1)
    goes_back(caller, party, transit, "ANM", optional=[CONNECTED_SUBADDRESS])
    cleared(transit, caller, party)


# Q.732: diversion, transfer


def diverted(reason: int, counter: int = 1, indicator: int = 3, **restricted: Any) -> list[Any]:
    """The parameters of a call that was diverted `counter` times."""
    return [
        CallingPartyNumber(digits=NUMBER),
        RedirectingNumber(digits="075588889999", screening=0, **restricted),
        RedirectionInformation(
            redirecting=indicator, reason=reason, original_reason=min(reason, 3), counter=counter
        ),
        OriginalCalledNumber(digits=OTHER, screening=0, **restricted),
    ]


@case(
    "Q.732.2/5",
    "Diverted call in transit, each reason",
    clauses=["Q.732.2", "Q.763 3.45"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_reasons_pass(transit: TransitCentre) -> None:
    """Original called and redirecting number and every reason from unknown to mobile not reachable."""
    for reason in range(7):
        cleared(transit, *goes_on(transit, *diverted(reason)))


@case(
    "Q.732.2/6",
    "Call diverted several times, in transit",
    clauses=["Q.732.2", "Q.763 3.45"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_counters_pass(transit: TransitCentre) -> None:
    """An exchange that does not divert leaves the redirection counter alone, 1 to 5."""
    for counter in range(1, 6):
        cleared(transit, *goes_on(transit, *diverted(2, counter=counter)))


@case(
    "Q.732.2/7",
    "Diverted call in transit, numbers restricted",
    clauses=["Q.732.2", "Q.763 3.39", "Q.763 3.44"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_restricted_diversion_passes(transit: TransitCentre) -> None:
    """Restricted numbers and 'all redirection information restricted' stay so."""
    cleared(transit, *goes_on(transit, *diverted(3, indicator=4, presentation=1)))


@case(
    "Q.732.2/8",
    "Diversion told backward, in transit",
    clauses=["Q.732.2", "Q.763 3.21", "Q.763 3.46", "Q.763 3.47"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_diversion_told_backward(transit: TransitCentre) -> None:
    """ACM (diversion may occur), then CPG with events 4, 5 and 6, redirection number and its restriction."""
    caller, party = through(transit)
    may = OptionalBackwardCallIndicators(diversion_possible=1)
    goes_back(caller, party, transit, "ACM", called_status=0, optional=[may])
    for event, presentation in ((4, 0), (5, 1), (6, 2)):
        told = [
            RedirectionNumber(digits=OTHER),
            RedirectionNumberRestriction(presentation=presentation),
            DIVERSION_INFORMATION,
        ]
        party.call.send("CPG", event=event, optional=told)
        carries(transit, caller.call.expect("CPG", within=ANSWER, event=event), *told)
    party.answers()
    caller.call.expect("ANM", within=ANSWER)
    cleared(transit, caller, party)


@case(
    "Q.732.7/1",
    "Loop prevention in transit",
    clauses=["Q.732.7", "Q.763 3.67"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_loop_prevention_passes(transit: TransitCentre) -> None:
    """LOP with the request and call transfer reference goes on, the response comes back."""
    caller, party = talking_through(transit)
    goes_back(party, caller, transit, "LOP", optional=[TRANSFER_REFERENCE, LOOP_REQUEST])
    goes_back(caller, party, transit, "LOP", optional=[TRANSFER_REFERENCE, LOOP_RESPONSE])
    cleared(transit, caller, party)


@case(
    "Q.732.7/2",
    "Call transfer number in transit",
    clauses=["Q.732.7", "Q.763 3.66"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_transfer_number_passes(transit: TransitCentre) -> None:
    """FAC with a call transfer number passes in both directions of an answered call."""
    caller, party = talking_through(transit)
    goes_back(party, caller, transit, "FAC", optional=[TRANSFER_NUMBER])
    goes_back(caller, party, transit, "FAC", optional=[TRANSFER_NUMBER])
    cleared(transit, caller, party)

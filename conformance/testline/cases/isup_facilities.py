"""ISUP supplementary services asked of an exchange that serves a call centre (Q.731, Q.735, Q.737).

What it has not, it refuses so that the caller's exchange knows; what a caller may always ask for, it gives.
The numbers of Q.785 could not be checked, so ids are by service.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_calls import over, ringing, talking, talking_out
from testline.cases.isup_notices import ESSENTIAL, NOT_PROVIDED, REQUESTED
from testline.cases.isup_supervision import ANSWER, still_works
from testline.layers.isup_parameters import (
    CallingPartyNumber,
    ConnectedNumber,
    Octets,
    OptionalForwardCallIndicators,
    Parameter,
    UserToUserIndicators,
)
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Fail
from testrig.clock import SECOND

REFUSED: Final = frozenset((29, 50, 69))
"""Facility rejected, not subscribed, not implemented (Q.850 table 1)."""
RESPONSE: Final = 60
"""Code of MCID response indicators (Q.763 3.32)."""


@case(
    "Q.737.1/12",
    "Essential service refused",
    clauses=["Q.737.1", "Q.763 3.60", "Q.850 table 1"],
    proves=["N-01"],
    needs="isup.facility_refusal",
    unverified=True,
)
def test_essential_service_refused(isup: IsupTester) -> None:
    """A call that insists on service 1, 2 or 3 is released; without that the circuit takes a call."""
    for service in ("service_1", "service_2", "service_3"):
        asked = UserToUserIndicators(**{service: ESSENTIAL})
        call = isup.seize(called=isup.pixit.menu_number, optional=[asked])
        call.expect("REL", within=ANSWER, cause=set(REFUSED))
        call.send("RLC")
        isup.expect_idle(call.cic)
    still_works(isup, call.cic)


@case(
    "Q.737.1/13",
    "Service not essential, not provided",
    clauses=["Q.737.1", "Q.763 3.60"],
    proves=["N-01"],
    needs="isup.facility_refusal",
)
def test_service_not_provided(isup: IsupTester) -> None:
    """Asked for a service, not essential, the first backward message says 'not provided' of that one only."""
    for wanted in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)):
        one, two, three = (each * REQUESTED for each in wanted)
        asked = UserToUserIndicators(service_1=one, service_2=two, service_3=three)
        call = isup.seize(called=isup.pixit.menu_number, optional=[asked])
        call.answered(within=10 * SECOND)
        found = call.received[0].message.parameter(UserToUserIndicators.code)
        said = found and (found.response, found.service_1, found.service_2, found.service_3)
        if said != (1, *(each * NOT_PROVIDED for each in wanted)):
            raise Fail(
                awaited=f"response 'not provided' for {wanted}", state=call.where(), observed=str(said)
            )
        call.release()
        isup.expect_idle(call.cic)


@case(
    "Q.737.1/14",
    "Nothing said about services nobody asked for",
    clauses=["Q.737.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_service_not_asked_for(isup: IsupTester) -> None:
    """Without a request no backward message has user-to-user indicators."""
    call = isup.seize(called=isup.pixit.menu_number)
    call.answered(within=10 * SECOND)
    said = [got.title for got in call.received if got.message.parameter(UserToUserIndicators.code)]
    if said:
        raise Fail(awaited="no user-to-user indicators", state=call.where(), observed=", ".join(said))
    call.release()


@case(
    "Q.737.1/15",
    "Service 3 asked for in an answered call",
    clauses=["Q.737.1", "Q.764 2.1"],
    proves=["N-01"],
    needs="isup.facility_refusal",
)
def test_facility_request_rejected(centre: Centre) -> None:
    """FAR in an incoming call is answered by FRJ; the call stays up."""
    caller, agent = talking(centre)
    caller.call.send("FAR", optional=[UserToUserIndicators(service_3=REQUESTED)])
    caller.call.expect("FRJ", within=ANSWER, cause=set(REFUSED))
    expect_speech_both_ways(caller.voice, agent.voice)
    over(centre, caller)


@case(
    "Q.737.1/16",
    "Service 3 asked for by the called party",
    clauses=["Q.737.1", "Q.764 2.1"],
    proves=["N-01"],
    needs=["isup.facility_refusal", "isup.outgoing"],
)
def test_facility_request_of_called_party_rejected(centre: Centre) -> None:
    """FAR in an outgoing call is answered by FRJ; the call stays up."""
    party, agent = talking_out(centre)
    party.call.send("FAR", optional=[UserToUserIndicators(service_3=REQUESTED)])
    party.call.expect("FRJ", within=ANSWER, cause=set(REFUSED))
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.731.7/2",
    "Identification of our caller asked for",
    clauses=["Q.731.7", "Q.763 3.31", "Q.763 3.32"],
    proves=["N-01"],
    needs="isup.identification",
)
def test_identification_answered(centre: Centre) -> None:
    """IDR in an answered outgoing call: IRS before T39 (4 to 15 s), with the calling number of the IAM."""
    party, agent = talking_out(centre)
    request = Parameter(code=59, contents=Octets(b"\x01"))
    party.call.send("IDR", optional=[request])
    got = party.call.expect("IRS", within=4 * SECOND)
    response = got.parameter(RESPONSE)
    number = got.parameter(CallingPartyNumber.code)
    sent = party.call.iam.parameter(CallingPartyNumber.code)
    included = response is not None and bool(bytes(response)[0] & 1)
    if not included or number is None or sent is None or number.digits != sent.digits:
        observed = f"response {response and bytes(response).hex()}, number {number and number.digits}"
        raise Fail(
            awaited="MCID included, the number of the IAM", state=party.call.where(), observed=observed
        )
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.731.5/6",
    "Connected number of an agent",
    clauses=["Q.731.5", "Q.763 3.16"],
    proves=["N-01"],
    needs="isup.connected_line",
)
def test_connected_number_of_agent(centre: Centre) -> None:
    """Asked for in a call to an agent, the ANM tells a number of the network; the ACM before does not."""
    asked = OptionalForwardCallIndicators(connected_line_requested=1)
    caller, agent = ringing(centre, optional=[asked])
    agent.telephone.lift()
    answer = caller.call.expect("ANM", within=ANSWER, through=("CPG",))
    found = answer.parameter(ConnectedNumber.code)
    early = caller.call.received[0].message.parameter(ConnectedNumber.code)
    if early is not None or found is None or found.screening not in (1, 3) or not found.digits.rstrip("Ff"):
        raise Fail(
            awaited="connected number, of the network or verified, in ANM only",
            state=caller.call.where(),
            observed=f"ACM: {early and early.digits}, ANM: {found and found.summary()}",
        )
    over(centre, caller)


@case(
    "Q.735.1/4",
    "No closed user group",
    clauses=["Q.735.1", "Q.763 3.38"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_indicator_of_ordinary_call(isup: IsupTester) -> None:
    """'Non-CUG call' in the optional forward call indicators is an ordinary call."""
    call = isup.seize(called=isup.pixit.menu_number, optional=[OptionalForwardCallIndicators()])
    call.answered(within=10 * SECOND)
    call.release()
    isup.expect_idle(call.cic)

"""ISUP: information asked for and given during set-up (Q.764 2.1.9, national use)."""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_calls import calling_out, over
from testline.cases.isup_lines import expect_shown
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_timers import ANNEX, released_after
from testline.layers.isup import calling_digits
from testline.layers.isup_parameters import CallingPartyNumber, CallingPartysCategory
from testline.testers.centre import Centre
from testline.testers.isup import Call
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Fail
from testrig.clock import SECOND

NUMBER: Final = "13912345678"
NOT_AVAILABLE, INCLUDED = 0b01, 0b11
"""Calling party address response indicator (Q.763 3.28)."""


def asked(centre: Centre) -> Call:
    """Call the queue without a calling number; the system asks for it."""
    centre.agent(0).on_duty()
    call = centre.isup.seize(called=centre.pixit.queue_number, calling=None)
    call.expect(
        "INR",
        within=ANSWER,
        calling_address_requested=1,
        holding_requested=0,
        malicious_call_identification=0,
    )
    return call


@case(
    "ISUP/46",
    "Calling number given on request",
    clauses=["Q.764 2.1.9", "Q.763 3.28"],
    proves=["N-01"],
    needs=["isup.information_given", "agents.outgoing"],
)
def test_calling_number_is_given(centre: Centre) -> None:
    """INR behind the IAM of an agent's call is answered by INF with the IAM's calling number, or without one.

    The call goes on in either case.
    """
    party, agent = calling_out(centre)
    ours = calling_digits(party.call.iam)
    party.call.send("INR", calling_address_requested=1)
    information = party.call.expect("INF", within=ANSWER)
    response, told = information.calling_address_response, calling_digits(information)
    wanted = (INCLUDED, ours) if ours else (NOT_AVAILABLE, None)
    if (response, told) != wanted:
        raise Fail(awaited=f"response and number {wanted}", observed=f"{response}, {told}")
    party.alerts()
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "ISUP/47",
    "Calling number asked for",
    clauses=["Q.764 2.1.9", "Q.763 3.29"],
    proves=["N-01", "S-03"],
    needs=["isup.information_asked", "acd"],
    setup="exchange",
)
def test_calling_number_is_asked_for(centre: Centre) -> None:
    """INR asks for the number that the IAM has not; INF brings it, and the agent is shown it."""
    call = asked(centre)
    told = [CallingPartyNumber(digits=NUMBER), CallingPartysCategory(category=0x0B)]
    call.send("INF", calling_address_response=INCLUDED, category_included=1, optional=told)
    call.answered(within=ANSWER)
    agent = centre.agent(0)
    agent.telephone.answers(within=ANSWER)
    agent.is_in("talking", within=2 * SECOND)
    expect_shown(agent, "calling", NUMBER)
    call.release()
    centre.isup.expect_idle(call.cic)


@case(
    "ISUP/48",
    "T33, waiting for INF",
    clauses=["Q.764 2.1.9", ANNEX],
    proves=["N-01"],
    needs="isup.information_asked",
    setup="exchange",
)
def test_t33(centre: Centre) -> None:
    """Without INF the call is released 12 to 15 s (T33) behind INR."""
    call = asked(centre)
    released_after(centre, "T33", call.received[-1].at, call.cic, 12, 15)

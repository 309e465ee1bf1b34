"""ISUP: suspension, release and refusal (Q.784.1 groups 3 and 4).

`ISUP/n` are cases of our own. The tester is SP B, the system SP A.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_calls import calling_out, over, talking, talking_out
from testline.cases.isup_clearing import refused
from testline.cases.isup_supervision import ANSWER
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.prompts import hears_cadence
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import NotApplicable
from testrig.clock import SECOND

SUBSCRIBER: Final = 0
"""Suspend/resume indicators: initiated by the ISDN subscriber (Q.763 3.52)."""
UNALLOCATED, BUSY, NO_CIRCUIT, CONGESTION = 1, 17, 34, 42
"""Causes (Q.850 table 1)."""
ABSENT: Final = frozenset((17, 18, 19, 20, 21, 27, 31))
"""Causes with which a call to somebody who is not there may be refused (Q.850 table 1)."""


# 3: suspend and resume, release


def suspended_and_resumed(centre: Centre, party: Caller, agent: Agent) -> None:
    """SUS (ISDN subscriber) and 2 s later RES leave the call up; neither is answered."""
    party.call.send("SUS", initiated_by=SUBSCRIBER)
    party.call.expect_nothing(during=2 * SECOND)
    party.call.send("RES", initiated_by=SUBSCRIBER)
    party.call.expect_nothing(during=SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.784.1/3.6b",
    "Suspend and resume by the calling party, incoming call",
    clauses=["Q.764 2.4", "Q.733.4"],
    proves=["N-01"],
    needs="isup.suspend",
)
def test_caller_suspends_and_resumes(centre: Centre) -> None:
    """SUS and RES of a caller's terminal leave an answered call up."""
    suspended_and_resumed(centre, *talking(centre))


@case(
    "Q.784.1/3.7a",
    "Suspend and resume by the called party, outgoing call",
    clauses=["Q.764 2.4", "Q.733.4"],
    proves=["N-01"],
    needs="isup.suspend",
)
def test_called_party_suspends_and_resumes(centre: Centre) -> None:
    """SUS and RES of the called party's terminal leave an answered call up."""
    suspended_and_resumed(centre, *talking_out(centre))


@case(
    "Q.784.1/3.8b",
    "Collision of REL, the tester's sent first",
    clauses=["Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_release_received_first(centre: Centre) -> None:
    """REL arrives while the agent hangs up: RLC, with the agent's own REL or without it, and idle."""
    party, agent = talking_out(centre)
    call = party.call
    call.send("REL", cause=16)
    agent.telephone.replace()
    if call.expect("RLC", "REL", within=ANSWER).title == "REL":
        call.send("RLC")
        call.expect("RLC", within=ANSWER)
    call.expect_nothing(during=65 * SECOND)
    centre.isup.expect_idle(call.cic)


# 4: unsuccessful call set-up


@case(
    "Q.784.1/4.1c",
    "Call released with cause 42, switching equipment congestion",
    clauses=["Q.764 2.2.1", "Q.850 2.2.7"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_released_congestion(centre: Centre) -> None:
    """REL with cause 42 before ACM: RLC at once, and the agent is told by a tone."""
    refused(centre, CONGESTION)


def refused_after_acm(centre: Centre, cause: int, tone: str) -> None:
    """An outgoing call released with `cause` behind the ACM: RLC at once, and the agent hears `tone`."""
    party, agent = calling_out(centre)
    party.call.send("ACM", called_status=0)
    centre.bench.run(SECOND)
    party.call.release(cause=cause, within=SECOND)
    centre.isup.expect_idle(party.call.cic)
    hears_cadence(agent.voice, tone, within=2 * SECOND)


@case(
    "Q.784.1/4.1d",
    "Call released with cause 1 after ACM, unallocated number",
    clauses=["Q.764 2.2.1", "Q.850 2.2.7"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_released_unallocated_after_acm(centre: Centre) -> None:
    """REL with cause 1 after ACM: RLC at once, and the agent hears busy tone."""
    refused_after_acm(centre, UNALLOCATED, "busy")


@case(
    "Q.784.1/4.1e",
    "Call released with cause 34 after ACM, no circuit available",
    clauses=["Q.764 2.2.1", "Q.850 2.2.7", "E.182 (unverified)"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_released_no_circuit_after_acm(centre: Centre) -> None:
    """REL with cause 34 after ACM: RLC at once, and the agent hears congestion tone."""
    refused_after_acm(centre, NO_CIRCUIT, "congestion")


@case(
    "Q.784.1/4.1f",
    "Call released with cause 42 after ACM, switching equipment congestion",
    clauses=["Q.764 2.2.1", "Q.850 2.2.7", "E.182 (unverified)"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_released_congestion_after_acm(centre: Centre) -> None:
    """REL with cause 42 after ACM: RLC at once, and the agent hears congestion tone."""
    refused_after_acm(centre, CONGESTION, "congestion")


# of our own: what the system refuses


@case(
    "ISUP/6",
    "Call to a number that is not allocated",
    clauses=["Q.764 2.2", "Q.850 table 1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_unallocated_number_is_refused(isup: IsupTester) -> None:
    """A call to a number nobody has is refused by REL with cause 1, coded as in Q.850, without an answer."""
    call = isup.seize(called=isup.pixit.unallocated_number)
    release = call.expect("REL", within=ANSWER, through=("ACM",), cause=UNALLOCATED)
    cause = release.cause_indicators
    isup.bench.until(
        lambda: (cause.coding, cause.ext2) == (0b00, 1),
        within=0,
        awaited="cause in the coding of ITU-T, its octet the last of the value",
        state=f"coding {cause.coding}, extension {cause.ext2}",
    )
    call.send("RLC")
    call.expect_nothing(during=65 * SECOND)
    isup.expect_idle(call.cic)


@case(
    "ISUP/7",
    "Call to an agent who is busy or absent",
    clauses=["Q.764 2.2", "Q.850 table 1"],
    proves=["N-01", "S-01"],
    needs="isup.incoming",
)
def test_busy_and_absent_agent(centre: Centre) -> None:
    """A call to an absent agent is refused; so is a second call to a busy one, with cause 17."""
    if not centre.pixit.agent_number:
        raise NotApplicable("the system has no number that rings an agent directly")
    early = centre.caller("13900139000")
    early.dials(centre.pixit.agent_number)
    early.is_released(within=ANSWER, cause=set(ABSENT))
    caller, agent = talking(centre)
    second = centre.caller("13900139000")
    second.dials(centre.pixit.agent_number)
    second.is_released(within=ANSWER, cause=BUSY)
    expect_speech_both_ways(caller.voice, agent.voice)
    over(centre, caller)

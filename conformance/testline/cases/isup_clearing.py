"""ISUP basic call: release, and calls that are refused (Q.784.1 groups 3 and 4).

The tester is SP B, the system SP A; `isup_release` has the rest of these groups.
"""

from __future__ import annotations

from testline.case import case
from testline.cases.isup_calls import (
    BUSY_HZ,
    calling_out,
    over,
    ringing,
    talking,
    talking_out,
)
from testline.cases.isup_supervision import ANSWER
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.speech import expect_speech_both_ways
from testrig.clock import SECOND

# 3: normal call release


@case(
    "Q.784.1/3.1a",
    "Calling party clears before any backward message, outgoing call",
    clauses=["Q.764 2.2.1", "Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_clear_before_backward_message_outgoing(centre: Centre) -> None:
    """The agent clears after IAM: REL is sent, and RLC makes the circuit idle."""
    party, agent = calling_out(centre)
    agent.telephone.replace()
    party.is_released(within=ANSWER)
    centre.isup.expect_idle(party.call.cic)


@case(
    "Q.784.1/3.1b",
    "Calling party clears before any backward message, incoming call",
    clauses=["Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_clear_before_backward_message_incoming(isup: IsupTester) -> None:
    """REL right behind the IAM is answered by RLC."""
    call = isup.seize(called=isup.pixit.menu_number)
    call.send("REL", cause=16)
    call.expect("RLC", within=ANSWER, through=("ACM", "ANM", "CON"))
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/3.2a",
    "Calling party clears before answer, outgoing call",
    clauses=["Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_clear_before_answer_outgoing(centre: Centre) -> None:
    """The agent clears while the far party rings: REL with cause 16."""
    party, agent = calling_out(centre)
    party.alerts()
    centre.bench.run(2 * SECOND)
    agent.telephone.replace()
    party.is_released(within=ANSWER, cause=16)
    centre.isup.expect_idle(party.call.cic)


@case(
    "Q.784.1/3.2b",
    "Calling party clears before answer, incoming call",
    clauses=["Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_clear_before_answer_incoming(centre: Centre) -> None:
    """The caller clears while the agent rings: RLC, and the ringing stops."""
    caller, agent = ringing(centre)
    over(centre, caller)
    agent.telephone.stops_ringing(within=SECOND)


@case(
    "Q.784.1/3.3a",
    "Calling party clears after answer, outgoing call",
    clauses=["Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_clear_after_answer_outgoing(centre: Centre) -> None:
    """The agent clears an answered call: REL with cause 16."""
    party, agent = talking_out(centre)
    agent.telephone.replace()
    party.is_released(within=ANSWER, cause=16)
    centre.isup.expect_idle(party.call.cic)


@case(
    "Q.784.1/3.3b",
    "Calling party clears after answer, incoming call",
    clauses=["Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_clear_after_answer_incoming(centre: Centre) -> None:
    """The caller clears an answered call: RLC, and the speech path is gone."""
    caller, agent = talking(centre)
    cic = caller.call.cic
    over(centre, caller)
    agent.telephone.replace()
    centre.isup.expect_idle(cic)


@case(
    "Q.784.1/3.4a",
    "Called party clears, outgoing call",
    clauses=["Q.764 2.3.2"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_called_party_clears_outgoing(centre: Centre) -> None:
    """The far party clears: RLC, and the agent hears that the call is over."""
    party, agent = talking_out(centre)
    over(centre, party)
    agent.telephone.hears_tone(BUSY_HZ, within=2 * SECOND)


@case(
    "Q.784.1/3.4b",
    "Called party clears, incoming call",
    clauses=["Q.764 2.3.2"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_called_party_clears_incoming(centre: Centre) -> None:
    """The agent clears: REL with cause 16 in the backward direction."""
    caller, agent = talking(centre)
    agent.telephone.replace()
    caller.is_released(within=ANSWER, cause=16)
    centre.isup.expect_idle(caller.call.cic)


@case(
    "Q.784.1/3.5a",
    "Suspend and resume by the network, outgoing call",
    clauses=["Q.764 2.4"],
    proves=["N-01"],
    needs="isup.suspend",
)
def test_suspend_and_resume(centre: Centre) -> None:
    """SUS of the network (the called party has hung up) and, 2 s later, RES leave the call up."""
    party, agent = talking_out(centre)
    party.call.send("SUS", initiated_by=1)
    party.call.expect_nothing(during=2 * SECOND)
    party.call.send("RES", initiated_by=1)
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.784.1/3.8a",
    "Collision of REL, the system's sent first",
    clauses=["Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_collision_of_release(centre: Centre) -> None:
    """REL from both ends at once: each is answered by RLC, and the circuit is idle."""
    caller, agent = talking(centre)
    agent.telephone.replace()
    caller.call.expect("REL", within=ANSWER)
    caller.call.send("REL", cause=16)
    caller.call.expect("RLC", within=ANSWER)
    caller.call.send("RLC")
    centre.isup.expect_idle(caller.call.cic)


# 4: unsuccessful call set-up


def refused(centre: Centre, cause: int) -> None:
    """An outgoing call released with `cause`: RLC at once, and the agent hears a tone."""
    party, agent = calling_out(centre)
    party.call.release(cause=cause)
    centre.isup.expect_idle(party.call.cic)
    agent.telephone.hears_tone(BUSY_HZ, within=2 * SECOND)


@case(
    "ISUP/5",
    "Call released with cause 17, user busy",
    clauses=["Q.764 2.2.1", "Q.850 2.2.5"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_released_user_busy(centre: Centre) -> None:
    """REL with cause 17 before ACM: RLC at once, and the agent is told by a tone."""
    refused(centre, 17)


@case(
    "Q.784.1/4.1a",
    "Call released with cause 1, unallocated number",
    clauses=["Q.764 2.2.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_released_unallocated(centre: Centre) -> None:
    """REL with cause 1 before ACM: RLC at once, and the agent is told by a tone."""
    refused(centre, 1)


@case(
    "Q.784.1/4.1b",
    "Call released with cause 34, no circuit available",
    clauses=["Q.764 2.2.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_released_no_circuit(centre: Centre) -> None:
    """REL with cause 34 before ACM: RLC at once, and the agent is told by a tone."""
    refused(centre, 34)

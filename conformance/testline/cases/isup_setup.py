"""ISUP set-up: indications, blocking in a call, repeat attempt, segmentation (Q.784.1 groups 2 and 6).

What the network may say in the backward direction, what the system says, and segments of an IAM. The
tester is SP B, the system SP A.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_attempts import second_attempt
from testline.cases.isup_calls import calling_out, completed, over, talking, talking_out
from testline.cases.isup_supervision import ANSWER, answered_call, outgoing
from testline.cases.isup_timers import ANNEX
from testline.cases.mtp2_state import measure_time
from testline.layers.isup_parameters import OptionalForwardCallIndicators, UserToUserInformation
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import NotApplicable
from testrig.clock import SECOND

ALERTING: Final = 1
PROGRESS: Final = 2
IN_BAND: Final = 3
"""Event indicators (Q.763 3.21)."""


# 2.3: what ACM, CPG and CON say


@case(
    "Q.784.1/2.3.1a",
    "ACM with subscriber free and ISDN access, outgoing call",
    clauses=["Q.764 2.1.4", "Q.763 3.5"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_acm_free_isdn(centre: Centre) -> None:
    """ACM (subscriber free, terminating access ISDN) and ANM complete an outgoing call."""
    completed(centre, ("ACM", {"called_status": 1, "isdn_access": 1}), ("ANM", {}))


@case(
    "Q.784.1/2.3.1c",
    "ACM without indication and with ISDN access, outgoing call",
    clauses=["Q.764 2.1.4", "Q.763 3.5"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_acm_no_indication_isdn(centre: Centre) -> None:
    """ACM (no indication, terminating access ISDN) and ANM complete an outgoing call."""
    completed(centre, ("ACM", {"called_status": 0, "isdn_access": 1}), ("ANM", {}))


def address_complete(centre: Centre, *, free: bool, isdn: bool) -> None:
    """An incoming call whose ACM says `free` and `isdn`, answered and cleared.

    A call to an agent rings somebody (free); one to the queue is answered by the system itself (no
    indication). Not applicable where the system's access is the other one, or where it sends no such ACM.
    """
    pixit = centre.pixit
    if free and not pixit.agent_number:
        raise NotApplicable("the system has no number that rings an agent directly")
    agent = centre.agent(0)
    agent.on_duty()
    caller = centre.caller()
    call = caller.dials(pixit.agent_number if free else pixit.queue_number)
    first = call.expect("ACM", "CON", within=10 * SECOND)
    if first.title == "CON":
        raise NotApplicable("the system answers by CON, without ACM")
    if bool(first.isdn_access) is not isdn:
        raise NotApplicable(
            f"the system's terminating access is {'ISDN' if first.isdn_access else 'not ISDN'}",
            item="isup.isdn_access" if isdn else "isup.other_access",
        )
    centre.bench.until(
        lambda: int(first.called_status) == (1 if free else 0),
        within=0,
        awaited=f"ACM with {'subscriber free' if free else 'no indication'}",
        state=f"ACM with called party's status {first.called_status}",
    )
    agent.telephone.answers(within=ANSWER)
    if free:
        call.expect("ANM", within=ANSWER)
    else:
        agent.is_in("talking", within=SECOND)
        call.catch_up()
    centre.bench.until(lambda: "-ANM" in call.steps, within=0, awaited="ANM", state=call.where)
    expect_speech_both_ways(caller.voice, agent.voice)
    over(centre, caller)


@case(
    "Q.784.1/2.3.1e",
    "ACM with subscriber free and ISDN access, incoming call",
    clauses=["Q.764 2.1.4", "Q.763 3.5"],
    proves=["N-01"],
    needs="isup.isdn_access",
)
def test_acm_sent_free_isdn(centre: Centre) -> None:
    """A call to an agent with ISDN access is told by ACM with subscriber free, and answered by ANM."""
    address_complete(centre, free=True, isdn=True)


@case(
    "Q.784.1/2.3.1g",
    "ACM without indication and with ISDN access, incoming call",
    clauses=["Q.764 2.1.4", "Q.763 3.5"],
    proves=["N-01"],
    needs="isup.isdn_access",
)
def test_acm_sent_no_indication_isdn(centre: Centre) -> None:
    """A call the system takes itself, with ISDN access: ACM with no indication, then ANM."""
    address_complete(centre, free=False, isdn=True)


@case(
    "Q.784.1/2.3.1h",
    "ACM without indication and without ISDN access, incoming call",
    clauses=["Q.764 2.1.4", "Q.763 3.5"],
    proves=["N-01"],
    needs="isup.other_access",
)
def test_acm_sent_no_indication(centre: Centre) -> None:
    """A call the system takes itself, without ISDN access: ACM with no indication, then ANM."""
    address_complete(centre, free=False, isdn=False)


def progress_sent(centre: Centre, event: int, name: str) -> None:
    """An incoming call whose ACM is followed by CPG with `event`, then by ANM."""
    if not centre.pixit.agent_number:
        raise NotApplicable("the system has no number that rings an agent directly")
    agent, caller = centre.agent(0), centre.caller()
    agent.on_duty()
    call = caller.dials(centre.pixit.agent_number)
    agent.telephone.answers(within=10 * SECOND)
    centre.bench.run(SECOND)
    call.catch_up()
    reports = [got for got in call.received if got.title == "CPG"]
    if not any(int(got.message.event) == event for got in reports):
        raise NotApplicable(f"the system sends no CPG ({name}): what there is to say is in ACM and ANM")
    centre.bench.until(
        lambda: call.steps[1] == "-ACM" and call.steps[-1] == "-ANM",
        within=0,
        awaited="ACM first, CPG between, ANM last",
        state=call.where,
    )
    expect_speech_both_ways(caller.voice, agent.voice)
    over(centre, caller)


@case(
    "Q.784.1/2.3.2d",
    "ACM, CPG (alerting) and ANM, incoming call",
    clauses=["Q.764 2.1.6", "Q.763 3.21"],
    proves=["N-01"],
    needs="isup.progress",
)
def test_cpg_sent_alerting(centre: Centre) -> None:
    """A system that sends ACM before the agent rings tells of the ringing by CPG (alerting)."""
    progress_sent(centre, ALERTING, "alerting")


@case(
    "Q.784.1/2.3.2e",
    "ACM, CPG (progress) and ANM, incoming call",
    clauses=["Q.764 2.1.6", "Q.763 3.21"],
    proves=["N-01"],
    needs="isup.progress",
)
def test_cpg_sent_progress(centre: Centre) -> None:
    """A system that reports progress before the answer does so by CPG between ACM and ANM."""
    progress_sent(centre, PROGRESS, "progress")


@case(
    "Q.784.1/2.3.2f",
    "ACM, CPG (in-band information) and ANM, incoming call",
    clauses=["Q.764 2.1.6", "Q.763 3.21"],
    proves=["N-01"],
    needs="isup.progress",
)
def test_cpg_sent_in_band(centre: Centre) -> None:
    """A system that plays to an unanswered caller says so by CPG (in-band information)."""
    progress_sent(centre, IN_BAND, "in-band information")


@case(
    "Q.784.1/2.3.3b",
    "CON, incoming call",
    clauses=["Q.764 2.1.7"],
    proves=["N-01"],
    needs="isup.connect",
)
def test_con_sent(isup: IsupTester) -> None:
    """A system that answers at once by CON sends no ACM or ANM for the call."""
    call = isup.seize(called=isup.pixit.menu_number)
    if call.expect("ACM", "CON", within=10 * SECOND).title == "ACM":
        raise NotApplicable("the system answers by ACM and ANM", item="isup.connect")
    call.expect_nothing(during=2 * SECOND)
    call.release()
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/2.3.4a",
    "Satellite indicator, outgoing call",
    clauses=["Q.764 2.1.1.1", "Q.763 3.35"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_no_satellite_in_outgoing_call(centre: Centre) -> None:
    """The IAM of a call that begins at the system counts no satellite circuit."""
    party, _ = calling_out(centre)
    centre.bench.until(
        lambda: int(party.call.iam.satellites) == 0,
        within=0,
        awaited="no satellite circuit in the connection",
        state=f"satellite indicator {party.call.iam.satellites}",
    )
    over(centre, party)


@case(
    "Q.784.1/2.3.4b",
    "Satellite indicator, incoming call",
    clauses=["Q.764 2.1.1.1", "Q.763 3.35"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_satellites_in_incoming_call(isup: IsupTester) -> None:
    """Calls over one satellite circuit and over two are taken like any other."""
    for count in (1, 2):
        call = isup.seize(called=isup.pixit.menu_number, satellites=count)
        call.answered(within=10 * SECOND)
        call.release()
        isup.expect_idle(call.cic)


# 2.3.5: blocking by the system


def blocks_during_call(centre: Centre, party: Caller, agent: Agent) -> None:
    """Order blocking in a call: BLO, speech stays; afterwards blocked until UBL and UBA."""
    call, maintenance = party.call, centre.bench.system.maintenance()
    maintenance.block(call.cic)
    call.expect("BLO", within=ANSWER)
    call.send("BLA")
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    party.hangs_up()
    centre.bench.until(
        lambda: maintenance.circuit_state(call.cic).split(", ") == ["idle", "locally blocked"],
        within=2 * SECOND,
        awaited=f"circuit {call.cic} idle, locally blocked",
        state=lambda: maintenance.circuit_state(call.cic),
    )
    maintenance.unblock(call.cic)
    call.expect("UBL", within=ANSWER)
    call.send("UBA")
    centre.bench.until(
        lambda: maintenance.circuit_state(call.cic) == "idle",
        within=2 * SECOND,
        awaited=f"circuit {call.cic} idle, not blocked",
        state=lambda: maintenance.circuit_state(call.cic),
    )


@case(
    "Q.784.1/2.3.5a",
    "Blocking initiated during a call, outgoing call",
    clauses=["Q.764 2.8.2.1"],
    proves=["N-01", "M-03"],
    needs=["isup.outgoing", "isup.maintenance"],
)
def test_blocks_during_outgoing_call(centre: Centre) -> None:
    """Blocked by order in a call, the circuit keeps the call and is blocked when it is over."""
    blocks_during_call(centre, *talking_out(centre))


@case(
    "Q.784.1/2.3.5b",
    "Blocking initiated during a call, incoming call",
    clauses=["Q.764 2.8.2.1"],
    proves=["N-01", "M-03"],
    needs=["isup.incoming", "isup.maintenance"],
)
def test_blocks_during_incoming_call(centre: Centre) -> None:
    """Blocked by order in a call, the circuit keeps the call and is blocked when it is over."""
    blocks_during_call(centre, *talking(centre))


# 6.2.5: repeat attempt


@case(
    "Q.784.1/6.2.5",
    "Unreasonable signalling information after IAM",
    clauses=["Q.764 2.9.5.1 d", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_unreasonable_message_after_iam(centre: Centre) -> None:
    """RES in answer to the IAM: the circuit is reset, and the call is tried on another."""
    call = outgoing(centre)
    call.send("RES", initiated_by=1, deliberate=True)
    call.expect("RSC", within=ANSWER)
    call.send("RLC")
    second_attempt(centre, call)
    centre.isup.expect_idle(call.cic)


# 6.5: segmentation


def segmented(isup: IsupTester) -> Any:
    """Seize with an IAM that announces a segment."""
    return isup.seize(called=isup.pixit.menu_number, optional=[OptionalForwardCallIndicators(segmentation=1)])


def segment() -> list[Any]:
    """What the segment carries."""
    return [UserToUserInformation(information=b"segment")]


@case(
    "Q.784.1/6.5.2",
    "Receipt of SGM",
    clauses=["Q.764 2.1.12"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_segment_received(isup: IsupTester) -> None:
    """With a segment announced the call waits for SGM and is then completed."""
    call = segmented(isup)
    call.expect_nothing(during=SECOND)
    call.send("SGM", optional=segment())
    call.answered(within=10 * SECOND)
    call.release()
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/6.5.3",
    "Receipt of SGM after T34",
    clauses=["Q.764 2.1.12", ANNEX],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_segment_too_late(isup: IsupTester) -> None:
    """Without SGM the call goes on after T34; an SGM that comes then is discarded."""
    call = segmented(isup)
    sent = isup.bench.now
    call.answered(within=10 * SECOND)
    measure_time(isup.bench, "T34", call.received[0].at - sent, 2, 4, ANNEX)
    call.send("SGM", optional=segment(), deliberate=True)
    call.expect_nothing(during=3 * SECOND)
    call.release()
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/6.5.4",
    "Receipt of SGM that was not announced, incoming call",
    clauses=["Q.764 2.1.12", "Q.764 2.9.5.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_segment_not_announced(isup: IsupTester) -> None:
    """SGM in an answered call is discarded; the call goes on."""
    call = answered_call(isup)
    call.send("SGM", optional=segment(), deliberate=True)
    call.expect_nothing(during=3 * SECOND)
    call.release()
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/6.5.5",
    "Receipt of SGM in the backward direction",
    clauses=["Q.764 2.1.12", "Q.764 2.9.5.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_segment_in_backward_direction(centre: Centre) -> None:
    """SGM behind the ACM of an outgoing call is discarded; the call is completed."""
    party, agent = calling_out(centre)
    party.alerts()
    party.call.send("SGM", optional=segment(), deliberate=True)
    party.call.expect_nothing(during=2 * SECOND)
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)

"""ISUP basic call: set-up and release in both directions (Q.784.1 groups 2, 3, 4 and 6).

The tester is SP B, the system SP A. In an outgoing call the first agent calls a number outside; in
an incoming one the tester calls the menu, or the first agent directly where somebody must ring and answer.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_supervision import ANSWER, answered_call, outgoing
from testline.layers.isup_parameters import CallingPartyNumber, OptionalBackwardCallIndicators, Parameter
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import Call, IsupTester
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Inconclusive
from testrig.clock import SECOND

NUMBER: Final = "02155556666"
BUSY_HZ: Final = 450.0
"""Busy and congestion tone of the Chinese network (GF 002-9002; unverified)."""


def calling_out(centre: Centre) -> tuple[Caller, Agent]:
    """Let the first agent call outside; return the called party and the agent."""
    party = centre.caller(NUMBER)
    agent = centre.agent(0)
    agent.sign_on()
    agent.telephone.lift()
    centre.bench.run(SECOND // 4)
    agent.dial(centre.pixit.outgoing_prefix + NUMBER)
    party.is_called(within=ANSWER)
    return party, agent


def ringing(centre: Centre, **fields: Any) -> tuple[Caller, Agent]:
    """Call the first agent directly, as far as ringing."""
    if not centre.pixit.agent_number:
        raise Inconclusive("the system has no number that rings an agent directly")
    agent, caller = centre.agent(0), centre.caller()
    agent.on_duty()
    caller.dials(centre.pixit.agent_number, **fields).expect("ACM", within=10 * SECOND)
    agent.telephone.rings(within=ANSWER)
    return caller, agent


def talking(centre: Centre) -> tuple[Caller, Agent]:
    """An incoming call, answered by the first agent, speech proven."""
    caller, agent = ringing(centre)
    agent.telephone.lift()
    caller.call.expect("ANM", within=ANSWER, through=("CPG",))
    expect_speech_both_ways(caller.voice, agent.voice)
    return caller, agent


def talking_out(centre: Centre, *answer: tuple[str, dict[str, Any]]) -> tuple[Caller, Agent]:
    """An outgoing call, answered by the messages `answer`, speech proven."""
    party, agent = calling_out(centre)
    for name, fields in answer or (("ACM", {"called_status": 1}), ("ANM", {})):
        party.call.send(name, **fields)
        centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    return party, agent


def over(centre: Centre, party: Caller) -> None:
    """Clear from the tester's side and prove the circuit idle."""
    party.hangs_up()
    centre.isup.expect_idle(party.call.cic)


def leave_only(centre: Centre, keep: set[int]) -> None:
    """Block every circuit but `keep` from the tester's side, so that the system must choose one of them."""
    for cic in sorted(set(centre.isup.circuits) - keep):
        centre.isup.send_message(cic, "BLO")
        centre.isup.expect(cic, "BLA", within=ANSWER)


# 2: normal call set-up


@case(
    "Q.784.1/2.1.1",
    "IAM sent by the controlling exchange",
    clauses=["Q.764 2.9.1.4", "Q.764 2.1.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_outgoing_on_a_controlled_circuit(centre: Centre) -> None:
    """With only circuits free that the system controls, its call goes out on one of them and is completed."""
    own = set(centre.isup.controlled(by_tester=False))
    leave_only(centre, own)
    party, _ = talking_out(centre)
    centre.bench.until(lambda: party.call.cic in own, within=0, awaited="a circuit the system controls")
    over(centre, party)


@case(
    "Q.784.1/2.1.2",
    "IAM sent by the non-controlling exchange",
    clauses=["Q.764 2.9.1.4", "Q.764 2.1.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_outgoing_on_a_circuit_not_controlled(centre: Centre) -> None:
    """With only circuits free that the tester controls, the system's call goes out on one of them."""
    other = set(centre.isup.controlled(by_tester=True))
    leave_only(centre, other)
    party, _ = talking_out(centre)
    centre.bench.until(lambda: party.call.cic in other, within=0, awaited="a circuit the tester controls")
    over(centre, party)


@case(
    "Q.784.1/2.2.1a",
    "En bloc, outgoing call",
    clauses=["Q.764 2.1.1.1", "Q.763 3.9", "Q.763 3.10"],
    proves=["N-01", "S-01"],
    needs="isup.outgoing",
)
def test_en_bloc_outgoing(centre: Centre) -> None:
    """The IAM carries the whole number dialled and a calling number; the call is completed."""
    party, agent = calling_out(centre)
    digits = str(party.call.iam.called_party_number.digits).rstrip("Ff")
    calling = party.call.iam.parameter(CallingPartyNumber.code)
    centre.bench.until(
        lambda: digits == NUMBER and calling is not None,
        within=0,
        awaited=f"called number {NUMBER} and a calling number",
        state=f"called number {digits}, calling number {calling and calling.digits}",
    )
    party.alerts()
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.784.1/2.2.1b",
    "En bloc, incoming call",
    clauses=["Q.764 2.1.1.1", "Q.764 2.1.4"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_en_bloc_incoming(centre: Centre) -> None:
    """An IAM with the whole number rings the agent, is answered, and carries speech both ways."""
    caller, _ = talking(centre)
    over(centre, caller)


@case(
    "Q.784.1/2.2.2b",
    "Overlap, incoming call",
    clauses=["Q.764 2.1.2"],
    proves=["N-01"],
    needs="isup.overlap",
)
def test_overlap_incoming(isup: IsupTester) -> None:
    """An IAM with the first digits and a SAM with the others make the call of the whole number."""
    number = isup.pixit.menu_number
    call = isup.seize(called=number[:4])
    call.expect_nothing(during=SECOND)
    call.send("SAM", called=number[4:6])
    call.expect_nothing(during=SECOND)
    call.send("SAM", called=number[6:])
    call.answered(within=20 * SECOND)
    call.release()


def completed(centre: Centre, *answer: tuple[str, dict[str, Any]]) -> None:
    """An outgoing call answered in the way given: completed, carrying speech, cleared."""
    party, _ = talking_out(centre, *answer)
    over(centre, party)


def in_band() -> list[Any]:
    """Optional backward call indicators that tell of in-band information."""
    return [Parameter(contents=OptionalBackwardCallIndicators(in_band=1))]


@case(
    "Q.784.1/2.3.1b",
    "ACM with subscriber free, outgoing call",
    clauses=["Q.764 2.1.4"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_acm_subscriber_free(centre: Centre) -> None:
    """ACM (subscriber free) and ANM complete an outgoing call."""
    completed(centre, ("ACM", {"called_status": 1}), ("ANM", {}))


@case(
    "Q.784.1/2.3.1d",
    "ACM without indication, outgoing call",
    clauses=["Q.764 2.1.4"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_acm_no_indication(centre: Centre) -> None:
    """ACM (no indication) and ANM complete an outgoing call."""
    completed(centre, ("ACM", {"called_status": 0}), ("ANM", {}))


@case(
    "ISUP/4",
    "ACM with in-band information, outgoing call",
    clauses=["Q.764 2.1.4", "Q.763 3.37"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_acm_in_band(centre: Centre) -> None:
    """ACM that tells of in-band information connects the backward path at once: the agent hears it."""
    party, agent = calling_out(centre)
    party.call.send("ACM", called_status=0, optional=in_band())
    party.says_tone(820)
    agent.telephone.hears_tone(820, within=2 * SECOND)
    party.voice.is_silent()
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.784.1/2.3.1f",
    "ACM with subscriber free, incoming call",
    clauses=["Q.764 2.1.4", "Q.763 3.5"],
    proves=["N-01"],
    needs="isup.other_access",
)
def test_acm_sent_for_a_ringing_agent(centre: Centre) -> None:
    """For an agent who rings the system sends ACM with subscriber free, or CPG (alerting) later."""
    agent = centre.agent(0)
    agent.on_duty()
    if not centre.pixit.agent_number:
        raise Inconclusive("the system has no number that rings an agent directly")
    caller = centre.caller()
    call = caller.dials(centre.pixit.agent_number)
    first = call.expect("ACM", within=10 * SECOND)
    if int(first.called_status) != 1:
        call.expect("CPG", within=ANSWER, event=1)
    agent.telephone.rings(within=ANSWER)
    over(centre, caller)


@case(
    "Q.784.1/2.3.2a",
    "ACM, CPG (alerting) and ANM, outgoing call",
    clauses=["Q.764 2.1.6"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_cpg_alerting(centre: Centre) -> None:
    """ACM without indication, CPG alerting, ANM."""
    completed(centre, ("ACM", {"called_status": 0}), ("CPG", {"event": 1}), ("ANM", {}))


@case(
    "Q.784.1/2.3.2b",
    "ACM, CPG (progress) and ANM, outgoing call",
    clauses=["Q.764 2.1.6"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_cpg_progress(centre: Centre) -> None:
    """ACM without indication, CPG progress, ANM."""
    completed(centre, ("ACM", {"called_status": 0}), ("CPG", {"event": 2}), ("ANM", {}))


@case(
    "Q.784.1/2.3.2c",
    "ACM, CPG (in-band information) and ANM, outgoing call",
    clauses=["Q.764 2.1.6"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_cpg_in_band(centre: Centre) -> None:
    """ACM without indication, CPG in-band information, ANM."""
    completed(centre, ("ACM", {"called_status": 0}), ("CPG", {"event": 3}), ("ANM", {}))


@case("Q.784.1/2.3.3a", "CON, outgoing call", clauses=["Q.764 2.1.7"], proves=["N-01"], needs="isup.outgoing")
def test_con_completes(centre: Centre) -> None:
    """CON alone completes an outgoing call."""
    completed(centre, ("CON", {}))


@case(
    "Q.784.1/2.3.6a",
    "Blocking received during a call, outgoing call",
    clauses=["Q.764 2.8.2"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_blocking_during_outgoing_call(centre: Centre) -> None:
    """BLO during a call is acknowledged and leaves the call up; after the call the circuit is blocked."""
    party, agent = talking_out(centre)
    blocked_during_call(centre, party, agent)


@case(
    "Q.784.1/2.3.6b",
    "Blocking received during a call, incoming call",
    clauses=["Q.764 2.8.2"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_blocking_during_incoming_call(centre: Centre) -> None:
    """BLO during a call is acknowledged and leaves the call up; after the call the circuit is blocked."""
    caller, agent = talking(centre)
    blocked_during_call(centre, caller, agent)


def blocked_during_call(centre: Centre, party: Caller, agent: Agent) -> None:
    """BLO and BLA in the call, speech after, blocked after release, UBL and UBA."""
    call, maintenance = party.call, centre.bench.system.maintenance()
    call.send("BLO")
    call.expect("BLA", within=ANSWER)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)
    centre.bench.until(
        lambda: "remotely blocked" in maintenance.circuit_state(call.cic),
        within=SECOND,
        awaited=f"circuit {call.cic} remotely blocked",
        state=lambda: maintenance.circuit_state(call.cic),
    )
    call.send("UBL")
    call.expect("UBA", within=ANSWER)


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


# 6: special call set-up


def second_attempt(centre: Centre, first: Call) -> None:
    """The system's call comes again on another circuit and is completed."""
    again = centre.caller(NUMBER)
    again.is_called(within=ANSWER)
    centre.bench.until(lambda: again.call.cic != first.cic, within=0, awaited="another circuit")
    again.alerts()
    again.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(again.voice, centre.agent(0).voice)
    over(centre, again)


@case(
    "Q.784.1/6.2.1",
    "Dual seizure, the system not controlling",
    clauses=["Q.764 2.9.1.4", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_dual_seizure_not_controlling(centre: Centre) -> None:
    """Both ends seize a circuit the tester controls: the tester's call goes on, the system tries another."""
    leave_only(centre, set(centre.isup.controlled(by_tester=True)))
    call = outgoing(centre)
    call.send("IAM", called=centre.pixit.menu_number, calling="13800138000")
    call.answered(within=10 * SECOND)
    second_attempt(centre, call)
    call.release()


@case(
    "Q.784.1/6.2.2",
    "Blocking of the circuit after IAM",
    clauses=["Q.764 2.8.2.3", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_blocking_after_iam(centre: Centre) -> None:
    """BLO before any backward message: the circuit is given up and the call tried on another."""
    call = outgoing(centre)
    call.send("BLO")
    first = call.expect("BLA", "REL", within=ANSWER)
    call.expect("REL" if first.title == "BLA" else "BLA", within=ANSWER)
    call.send("RLC")
    second_attempt(centre, call)


@case(
    "Q.784.1/6.2.3",
    "Circuit reset after IAM",
    clauses=["Q.764 2.9.3.1", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_reset_after_iam(centre: Centre) -> None:
    """RSC before any backward message: RLC, and the call is tried on another circuit."""
    call = outgoing(centre)
    call.send("RSC")
    call.expect("RLC", within=ANSWER)
    second_attempt(centre, call)


@case(
    "Q.784.1/6.3.1",
    "Dual seizure, the system controlling",
    clauses=["Q.764 2.9.1.4"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_dual_seizure_controlling(centre: Centre) -> None:
    """Both ends seize a circuit the system controls: its call goes on, the tester's IAM is disregarded."""
    leave_only(centre, set(centre.isup.controlled(by_tester=False)))
    party, agent = calling_out(centre)
    party.call.send("IAM", called=centre.pixit.menu_number, calling="13800138000")
    party.call.expect_nothing(during=2 * SECOND)
    party.alerts()
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


# of our own


@case(
    "ISUP/1",
    "Calling number restricted",
    clauses=["Q.763 3.10", "Q.731.3"],
    proves=["N-01", "S-03"],
    needs="isup.incoming",
)
def test_restricted_number_is_not_shown(centre: Centre) -> None:
    """A calling number whose presentation is restricted is not shown to the agent."""
    agent = centre.agent(0)
    agent.on_duty()
    secret = CallingPartyNumber(digits="13912345678", presentation=1)
    call = centre.isup.seize(
        called=centre.pixit.queue_number, calling=None, optional=[Parameter(contents=secret)]
    )
    agent.telephone.answers(within=ANSWER)
    call.answered(within=ANSWER)
    shown = [event for event in agent.client.events() if "13912345678" in str(event.data.get("calling", ""))]
    centre.bench.until(
        lambda: not shown,
        within=0,
        awaited="the number not in the agent's events",
        state=f"shown in {shown[:1]}",
    )
    call.release()


@case(
    "ISUP/3",
    "Random octets on the ISUP service",
    clauses=["Q.763 1", "Q.764 2.9.5"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_random_octets_do_no_harm(isup: IsupTester) -> None:
    """200 messages of random octets with types that Q.763 leaves spare: calls are taken before and after."""
    import random  # noqa: PLC0415 - used once, seeded

    generator = random.Random(763)
    cic = isup.free_circuit()
    for _ in range(200):
        body = generator.randbytes(generator.randrange(0, 20))
        isup.send_raw(bytes((cic & 0xFF, cic >> 8, generator.randrange(0x80, 0xE0))) + body, sls=cic & 0x0F)
        isup.bench.run(SECOND // 50)
    isup.bench.run(SECOND)
    isup.inbox.pop(cic, None)
    call = answered_call(isup, cic)
    call.release()
    isup.expect_idle(cic)

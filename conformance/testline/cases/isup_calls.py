"""ISUP basic call: set-up in both directions (Q.784.1 group 2).

The tester is SP B, the system SP A. In an outgoing call the first agent calls a number outside; in
an incoming one the tester calls the menu, or the first agent directly where somebody must ring and answer.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_supervision import ANSWER
from testline.layers.isup_parameters import CallingPartyNumber, OptionalBackwardCallIndicators, Parameter
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
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

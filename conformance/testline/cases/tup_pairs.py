"""TUP: what no test of Q.783 brings together.

Pairs of a state and an event that the numbered tests do not meet: blocking whose answers cross, a check that
fails in a call, an answer without a ringing tone before it, and what a call from TUP to TUP passes on.
"""

from __future__ import annotations

from typing import Any

from testline.case import case
from testline.cases.tup_continuity import checked
from testline.cases.tup_groups import bits
from testline.testers.caller import Caller
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, TransitCentre, TupCentre
from testrig.clock import MINUTE, SECOND


def blocked(tup: TupCentre) -> int:
    """Return a circuit that the system has blocked."""
    cic = tup.tester.free_circuit()
    tup.bench.system.maintenance().block(cic)
    tup.tester.expect(cic, "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.is_in(cic, has=["locally blocked"])
    return cic


def unblocking(tup: TupCentre) -> int:
    """Return a circuit whose unblocking the tester has not acknowledged."""
    cic = blocked(tup)
    tup.bench.system.maintenance().unblock(cic)
    tup.tester.expect(cic, "UBL", within=ANSWER)
    return cic


@case(
    "TUP/10.1",
    "BLA for a circuit that is not blocked",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
    unverified=True,
)
def test_unexpected_bla(tup: TupCentre) -> None:
    """The far end takes the circuit for blocked by the system: UBL tells it that it is not."""
    cic = tup.tester.free_circuit()
    tup.tester.send_message(cic, "BLA")
    tup.tester.expect(cic, "UBL", within=ANSWER)
    tup.tester.send_message(cic, "UBA")
    tup.is_in(cic, lacks=["blocked"])


@case(
    "TUP/10.2",
    "UBA for a circuit that is blocked",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.maintenance",
    setup="tup",
    unverified=True,
)
def test_unexpected_uba(tup: TupCentre) -> None:
    """The far end takes the circuit for free: BLO tells it that it is not."""
    cic = blocked(tup)
    tup.tester.send_message(cic, "UBA")
    tup.tester.expect(cic, "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.is_in(cic, has=["locally blocked"])


@case(
    "TUP/10.3",
    "RSC received while UBA is awaited",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01", "M-03"],
    needs="tup.maintenance",
    setup="tup",
    unverified=True,
)
def test_reset_while_unblocking(tup: TupCentre) -> None:
    """RLG; with the reset the circuit is idle at both ends, so that UBL need not be repeated."""
    cic = unblocking(tup)
    tup.tester.send_message(cic, "RSC")
    tup.tester.expect(cic, "RLG", within=ANSWER)
    tup.tester.expect_nothing(cic, during=2 * MINUTE)
    tup.is_in(cic, lacks=["blocked"])
    tup.still_works(cic)


@case(
    "TUP/10.4",
    "IAM received while UBA is awaited",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01", "M-03"],
    needs=["tup.maintenance", "tup.incoming"],
    setup="tup",
    unverified=True,
)
def test_call_while_unblocking(tup: TupCentre) -> None:
    """A call shows that the far end has understood: it is taken, and UBL is not repeated."""
    cic = unblocking(tup)
    caller = tup.in_menu(cic)
    tup.over(caller)
    tup.tester.expect_nothing(cic, during=2 * MINUTE)
    tup.is_in(cic, lacks=["blocked"])


@case(
    "TUP/10.5",
    "Group unblocked while UBA is awaited",
    clauses=["Q.724 6.3"],
    proves=["N-01", "M-03"],
    needs="tup.maintenance",
    setup="tup",
    unverified=True,
)
def test_group_order_overtakes(tup: TupCentre) -> None:
    """MGU, whose acknowledgement counts for every circuit of it: UBL is not repeated."""
    cic, count = tup.run_of(), 6
    maintenance = tup.bench.system.maintenance()
    maintenance.block(cic)
    tup.tester.expect(cic, "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.is_in(cic, has=["locally blocked"])
    maintenance.unblock(cic)
    tup.tester.expect(cic, "UBL", within=ANSWER)
    maintenance.unblock_group(cic, count)
    order = tup.tester.expect(cic, "MGU", within=ANSWER)
    tup.tester.send_message(cic, "MUA", range=order.range, status=order.status)
    tup.bench.run(SECOND)
    tup.tester.expect_nothing(cic, during=2 * MINUTE)
    tup.is_in(cic, lacks=["blocked"])


@case(
    "TUP/10.6",
    "Continuity check on a previous circuit that fails",
    clauses=["Q.724 1.4"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
)
def test_check_of_a_previous_circuit_fails(tup: TupCentre) -> None:
    """CCF: nothing is sent back, not even when T1 would be over; CLF frees the circuit."""
    caller = checked(tup, 2)
    caller.call.send("CCF")
    caller.call.expect_nothing(during=20 * SECOND)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    tup.still_works(caller.call.cic)


def released(tup: TupCentre) -> int:
    """Return the circuit of a call of the system's that waits for RLG."""
    party, agent = tup.talking_out()
    agent.telephone.replace()
    party.call.expect("CLF", within=ANSWER)
    return party.call.cic


def group_at(tup: TupCentre, cic: int) -> int:
    """Return the first of two circuits without a gap, one of which is `cic`."""
    return cic if cic + 1 in tup.tester.circuits else cic - 1


@case(
    "TUP/10.11",
    "Hardware failure before the address is complete",
    clauses=["Q.724 6.3"],
    proves=["N-01"],
    needs=["tup.outgoing", "tup.group_supervision"],
    setup="tup",
    unverified=True,
)
def test_hardware_failure_before_acm(tup: TupCentre) -> None:
    """HGB for the circuit of a call not answered by ACM yet: HBA, and the call comes again on another one."""
    party, _ = tup.calling_out()
    first = party.call.cic
    cic = group_at(tup, first)
    tup.tester.send_message(cic, "HGB", range=1, status=bits(2))
    tup.tester.expect(cic, "HBA", within=ANSWER)
    tup.second_attempt(first)


@case(
    "TUP/10.12",
    "RSC received while RLG is awaited",
    clauses=["Q.724 6.2.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_reset_while_releasing(tup: TupCentre) -> None:
    """RSC instead of RLG frees the circuit as well: RLG, and CLF is not repeated."""
    cic = released(tup)
    tup.tester.send_message(cic, "RSC")
    tup.tester.expect(cic, "RLG", within=ANSWER)
    tup.tester.expect_nothing(cic, during=2 * MINUTE)
    tup.tester.expect_idle(cic)


@case(
    "TUP/10.13",
    "Hardware failure while RLG is awaited",
    clauses=["Q.724 6.3"],
    proves=["N-01"],
    needs=["tup.outgoing", "tup.group_supervision"],
    setup="tup",
    unverified=True,
)
def test_hardware_failure_while_releasing(tup: TupCentre) -> None:
    """HGB instead of RLG frees the circuit as well: HBA, and CLF is not repeated."""
    cic = released(tup)
    first = group_at(tup, cic)
    tup.tester.send_message(first, "HGB", range=1, status=bits(2))
    tup.tester.expect(first, "HBA", within=ANSWER)
    tup.tester.expect_nothing(cic, during=2 * MINUTE)
    tup.is_in(cic, has=["idle", "remotely blocked"])


@case(
    "TUP/10.10",
    "Circuit reset by order while RLG is awaited",
    clauses=["Q.724 6.2.1"],
    proves=["N-01", "M-03"],
    needs=["tup.outgoing", "tup.maintenance"],
    setup="tup",
)
def test_reset_order_while_releasing(tup: TupCentre) -> None:
    """RSC takes the place of CLF; one RLG ends both."""
    cic = released(tup)
    tup.bench.system.maintenance().reset(cic)
    tup.tester.expect(cic, "RSC", within=ANSWER)
    tup.tester.send_message(cic, "RLG")
    tup.tester.expect_nothing(cic, during=2 * MINUTE)
    tup.tester.expect_idle(cic)


@case(
    "TUP/10.14",
    "RSC sent in an outgoing call",
    clauses=["Q.724 6.2.1"],
    proves=["N-01", "M-03"],
    needs=["tup.outgoing", "tup.maintenance"],
    setup="tup",
)
def test_reset_order_in_an_outgoing_call(tup: TupCentre) -> None:
    """A reset ordered in a call ends it: RSC, RLG, idle, and the agent is alone."""
    party, agent = tup.talking_out()
    tup.bench.system.maintenance().reset(party.call.cic)
    party.call.expect("RSC", within=ANSWER)
    party.call.send("RLG")
    tup.tester.expect_idle(party.call.cic)
    tup.not_connected(party, agent)


@case(
    "TUP/10.15",
    "HGB received in an outgoing call",
    clauses=["Q.724 6.3"],
    proves=["N-01"],
    needs=["tup.outgoing", "tup.group_supervision"],
    setup="tup",
    unverified=True,
)
def test_hardware_failure_in_an_outgoing_call(tup: TupCentre) -> None:
    """HGB takes the call on its circuit with it: HBA, the circuit is free and blocked, the agent alone."""
    party, agent = tup.talking_out()
    cic = party.call.cic
    first = group_at(tup, cic)
    tup.tester.send_message(first, "HGB", range=1, status=bits(2))
    tup.tester.expect(first, "HBA", within=ANSWER)
    tup.is_in(cic, has=["idle", "remotely blocked"])
    tup.not_connected(party, agent)


@case(
    "TUP/10.7",
    "Answered without ringing, TUP to ISUP",
    clauses=["Q.724 1.7", "Q.724 1.11", "Q.764 2.1.4"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_connect_to_tup(transit: TransitCentre) -> None:
    """CON on the ISUP side: ACM and then an answer, because no answer signal of TUP comes without ACM."""
    caller, party = transit.through("tup")
    party.call.send("CON")
    caller.call.expect("ACM", within=ANSWER)
    caller.call.expect("ANC", "ANN", within=ANSWER)
    expect_speech_both_ways(caller.voice, party.voice)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/10.8",
    "Suspended and then released, TUP to ISUP",
    clauses=["Q.724 1.12", "Q.724 4.1", "Q.764 2.4", "Q.764 2.3"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_release_behind_suspend(transit: TransitCentre) -> None:
    """SUS becomes CBK; REL after it adds nothing, and the caller's CLF ends the call."""
    caller, party = transit.talking("tup")
    party.call.send("SUS", initiated_by=1)
    caller.call.expect("CBK", within=ANSWER)
    party.call.release()
    caller.call.expect_nothing(during=2 * SECOND)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    transit.idle(caller, party)


def from_tup_to_tup(transit: TransitCentre) -> tuple[Caller, Caller]:
    """A call in transit with TUP on both sides, ringing."""
    caller, party = Caller(transit.tup), Caller(transit.tup, transit.number("tup"))
    caller.dials(party.number)
    party.is_called(within=ANSWER)
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    return caller, party


def passes(caller: Caller, party: Caller, *messages: tuple[str, dict[str, Any]]) -> None:
    """Each message of `caller` arrives at `party` with its fields."""
    for name, fields in messages:
        caller.call.send(name, **fields)
        party.call.expect(name, within=ANSWER, **fields)


@case(
    "TUP/10.9",
    "Operator's and charging messages from TUP to TUP",
    clauses=["Q.724 1.14", "Q.724 4.4"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_messages_pass_from_tup_to_tup(transit: TransitCentre) -> None:
    """FOT and CHG arrive on the other side, while it rings and after the answer."""
    caller, party = from_tup_to_tup(transit)
    passes(caller, party, ("FOT", {}))
    passes(party, caller, ("CHG", {"information": b"\x01\x05"}))
    party.answers()
    caller.call.expect("ANC", within=ANSWER)
    passes(caller, party, ("FOT", {}))
    passes(party, caller, ("CHG", {"information": b"\x01\x06"}))
    expect_speech_both_ways(caller.voice, party.voice)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)

"""TUP: normal call set-up in both directions (Q.783 group 2). The tester is SP B, the system SP A.

Letters behind a number of Q.783 tell its directions and variants apart.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.layers.tup import called_digits, calling_digits
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, NUMBER, TupCentre
from testrig.clock import SECOND

CATEGORIES: Final = frozenset((10, 11, 13, 24))
"""Categories a call of an agent may have (Q.723 3.3.1 b)."""


def overlap(tup: TupCentre, *parts: tuple[str, int]) -> None:
    """Send the menu's number, four digits in IAM and the others in `parts`; the call is answered."""
    number = tup.pixit.menu_number
    call = tup.tester.seize(called=number[:4], calling=None)
    at = 4
    for name, count in parts:
        call.expect_nothing(during=SECOND)
        call.send(name, called=number[at : at + count])
        at += count
    call.answered(within=20 * SECOND)
    call.release()
    tup.tester.expect_idle(call.cic)


def completed(tup: TupCentre, *answer: tuple[str, dict[str, Any]]) -> None:
    """An outgoing call answered in the way given: completed, carrying speech, cleared by the agent."""
    party, agent = tup.talking_out(*answer)
    tup.agent_ends(party, agent)


def blocked_in_a_call(tup: TupCentre, party: Any, agent: Any) -> None:
    """BLO and BLA in the call, speech after it, blocked after release, UBL and UBA."""
    call = party.call
    call.send("BLO")
    call.expect("BLA", within=ANSWER)
    expect_speech_both_ways(party.voice, agent.voice)
    if call.ours:
        tup.over(party)
    else:
        tup.agent_ends(party, agent)
    tup.is_in(call.cic, has=["idle", "remotely blocked"])
    call.send("UBL")
    call.expect("UBA", within=ANSWER)
    tup.is_in(call.cic, lacks=["blocked"])


@case(
    "Q.783/2.1.1",
    "IAM sent by the controlling exchange",
    clauses=["Q.783 2.1.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_outgoing_on_a_controlled_circuit(tup: TupCentre) -> None:
    """With only circuits free that the system controls, its call goes out on one of them and is completed."""
    own = set(tup.tester.controlled(by_tester=False))
    tup.leave_only(own)
    party, agent = tup.talking_out()
    tup.bench.until(lambda: party.call.cic in own, within=0, awaited="a circuit the system controls")
    tup.agent_ends(party, agent)


@case(
    "Q.783/2.1.2",
    "IAM sent by the non-controlling exchange",
    clauses=["Q.783 2.1.2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_outgoing_on_a_circuit_not_controlled(tup: TupCentre) -> None:
    """With only circuits free that the tester controls, the system's call goes out on one of them."""
    other = set(tup.tester.controlled(by_tester=True))
    tup.leave_only(other)
    party, agent = tup.talking_out()
    tup.bench.until(lambda: party.call.cic in other, within=0, awaited="a circuit the tester controls")
    tup.agent_ends(party, agent)


@case(
    "Q.783/2.2.1a",
    "En bloc, outgoing call",
    clauses=["Q.783 2.2.1", "Q.723 3.3.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_en_bloc_outgoing(tup: TupCentre) -> None:
    """IAM or IAI carries the number dialled, a subscriber's category and no check; it is completed."""
    party, agent = tup.calling_out()
    first = party.call.iam
    digits = str(called_digits(first)).rstrip("F")
    tup.bench.until(
        lambda: digits == NUMBER and first.category in CATEGORIES and first.continuity == 0,
        within=0,
        awaited=f"called number {NUMBER}, category of a subscriber, no continuity check",
        state=f"called {digits}, category {first.category}, continuity {first.continuity}",
    )
    party.alerts()
    party.answers()
    tup.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    tup.agent_ends(party, agent)


@case(
    "Q.783/2.2.1b",
    "En bloc, incoming call",
    clauses=["Q.783 2.2.1"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_en_bloc_incoming(tup: TupCentre) -> None:
    """An IAI with the whole number rings the agent, is answered, and carries speech both ways."""
    caller, _ = tup.talking()
    tup.over(caller)


@case(
    "Q.783/2.2.2a",
    "Overlap with SAM, incoming call",
    clauses=["Q.783 2.2.2", "Q.723 3.3.3"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_overlap_with_sam(tup: TupCentre) -> None:
    """An IAM with the first digits and SAMs with the others make the call of the whole number."""
    overlap(tup, ("SAM", 2), ("SAM", 99))


@case(
    "Q.783/2.2.2b",
    "Overlap with SAO, incoming call",
    clauses=["Q.783 2.2.2", "Q.723 3.3.4"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_overlap_with_sao(tup: TupCentre) -> None:
    """The last digits come one by one, each in a SAO."""
    overlap(tup, *(("SAO", 1) for _ in tup.pixit.menu_number[4:]))


@case(
    "Q.783/2.2.2c",
    "Overlap with SAM and SAO, incoming call",
    clauses=["Q.783 2.2.2"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_overlap_mixed(tup: TupCentre) -> None:
    """SAO and SAM may follow each other."""
    overlap(tup, ("SAO", 1), ("SAM", 2), ("SAO", 1), ("SAM", 99))


@case(
    "TUP/2.1",
    "ST signal ends the number",
    clauses=["Q.723 3.3.1"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_end_of_pulsing(tup: TupCentre) -> None:
    """A number followed by ST (code 15) is the same number."""
    caller = tup.caller()
    caller.dials(tup.pixit.menu_number + "F")
    caller.is_answered()
    tup.over(caller)


@case(
    "TUP/2.2",
    "SAM behind a complete number",
    clauses=["Q.783 2.2.2"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_digits_behind_a_complete_number(tup: TupCentre) -> None:
    """Digits that come after ACM are discarded and do the call no harm."""
    caller, agent = tup.talking()
    caller.call.send("SAM", called="55")
    caller.call.send("SAO", called="7")
    caller.call.expect_nothing(during=2 * SECOND)
    tup.connected(caller, agent)
    tup.over(caller)


@case(
    "TUP/2.3",
    "IAM without calling line identity",
    clauses=["Q.723 3.3.1"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_iam_without_line_identity(tup: TupCentre) -> None:
    """An IAM instead of an IAI makes the call as well."""
    call = tup.tester.seize(called=tup.pixit.menu_number, calling=None)
    call.answered(within=20 * SECOND)
    call.release()
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/2.4",
    "Calling line identity of IAI is used",
    clauses=["Q.723 3.3.2"],
    proves=["N-01"],
    needs=["tup.incoming", "supervision"],
    setup="tup",
)
def test_line_identity_is_used(tup: TupCentre) -> None:
    """The calling number of an IAI stands in the record of the call."""
    caller = tup.in_menu()
    tup.over(caller)
    records = tup.supervisor.records()
    tup.bench.until(
        lambda: records[-1]["calling"] == caller.number,
        within=0,
        awaited=f"record with calling number {caller.number}",
        state=f"record {records[-1]}",
    )


@case(
    "TUP/2.5",
    "Calling number of an outgoing call",
    clauses=["Q.723 3.3.2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_calling_number_is_sent(tup: TupCentre) -> None:
    """An outgoing call tells its calling line identity in IAI, or on request (GRQ) in GSM."""
    party, _ = tup.calling_out()
    found = calling_digits(party.call.iam) if party.call.iam.title == "IAI" else None
    if found is None:
        party.call.send("GRQ", line=1)
        found = calling_digits(party.call.expect("GSM", within=ANSWER))
    tup.bench.until(
        lambda: bool(found), within=0, awaited="a calling line identity", state=f"found {found!r}"
    )
    party.hangs_up()


@case(
    "Q.783/2.3.1a",
    "ACM, subscriber free, charge, outgoing call",
    clauses=["Q.783 2.3.1", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_acm_free(tup: TupCentre) -> None:
    """ACM, subscriber free, charge, and ANC complete an outgoing call."""
    completed(tup, ("ACM", {"kind": 1, "free": 1}), ("ANC", {}))


@case(
    "Q.783/2.3.1b",
    "ACM, charge, no subscriber-free indication, outgoing call",
    clauses=["Q.783 2.3.1", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_acm_charge(tup: TupCentre) -> None:
    """ACM, charge, no subscriber-free indication, and ANC complete an outgoing call."""
    completed(tup, ("ACM", {"kind": 1, "free": 0}), ("ANC", {}))


@case(
    "Q.783/2.3.1c",
    "ACM, no charge, outgoing call",
    clauses=["Q.783 2.3.1", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_acm_no_charge(tup: TupCentre) -> None:
    """ACM, no charge, and ANN complete an outgoing call."""
    completed(tup, ("ACM", {"kind": 2, "free": 1}), ("ANN", {}))


@case(
    "Q.783/2.3.1d",
    "ACM, coinbox, outgoing call",
    clauses=["Q.783 2.3.1", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_acm_coinbox(tup: TupCentre) -> None:
    """ACM, coinbox, and ANC complete an outgoing call."""
    completed(tup, ("ACM", {"kind": 3, "free": 1}), ("ANC", {}))


@case(
    "Q.783/2.3.1e",
    "ACM without charging indication, outgoing call",
    clauses=["Q.783 2.3.1", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_acm_unqualified(tup: TupCentre) -> None:
    """ACM without charging indication, and ANC complete an outgoing call."""
    completed(tup, ("ACM", {"kind": 0, "free": 0}), ("ANC", {}))


@case(
    "Q.783/2.3.1f",
    "ACM, call forwarded, outgoing call",
    clauses=["Q.783 2.3.1", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_acm_forwarded(tup: TupCentre) -> None:
    """ACM, call forwarded, and ANC complete an outgoing call."""
    completed(tup, ("ACM", {"kind": 1, "free": 1, "forwarded": 1}), ("ANC", {}))


@case(
    "Q.783/2.3.1g",
    "Answer unqualified, outgoing call",
    clauses=["Q.783 2.3.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_anu_answers(tup: TupCentre) -> None:
    """ACM and ANU complete an outgoing call."""
    completed(tup, ("ACM", {"kind": 1}), ("ANU", {}))


@case(
    "Q.783/2.3.1h",
    "CHG between ACM and the answer, outgoing call",
    clauses=["Q.783 2.3.1", "Q.723 3.6.2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_chg_is_taken(tup: TupCentre) -> None:
    """CHG with contents of its own does the call no harm."""
    completed(tup, ("ACM", {"kind": 1}), ("CHG", {"information": b"\x01\x05"}), ("ANC", {}))


@case(
    "Q.783/2.3.1i",
    "ACM and answer, incoming call",
    clauses=["Q.783 2.3.1", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_acm_sent(tup: TupCentre) -> None:
    """For an agent who rings the system sends ACM with subscriber free, an answer when the agent lifts."""
    caller = tup.caller()
    agent = tup.agent(0)
    agent.on_duty()
    caller.dials(tup.pixit.agent_number or tup.pixit.queue_number)
    caller.call.expect("ACM", within=10 * SECOND, free=1, spare=0)
    agent.telephone.rings(within=ANSWER)
    caller.call.expect_nothing(during=2 * SECOND)
    agent.telephone.lift()
    caller.call.expect("ANC", "ANN", "ANU", within=ANSWER)
    tup.over(caller)


@case(
    "Q.783/2.3.2",
    "Call switched via satellite",
    clauses=["Q.783 2.3.2", "Q.723 3.3.1"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_via_satellite(tup: TupCentre) -> None:
    """A call with a satellite circuit behind it is completed."""
    caller, _ = tup.talking(satellite=1)
    tup.over(caller)


@case(
    "Q.783/2.3.3",
    "Echo suppressor call set-up",
    clauses=["Q.783 2.3.3", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_with_echo_suppressor(tup: TupCentre) -> None:
    """A call with an outgoing half echo suppressor is completed; ACM does not claim one of its own."""
    caller, _ = tup.talking(echo=1)
    acm = next(got.message for got in caller.call.received if got.title == "ACM")
    tup.bench.until(lambda: acm.echo == 0, within=0, awaited="no incoming half echo suppressor in ACM")
    tup.over(caller)


@case(
    "Q.783/2.3.4",
    "Blocking and unblocking during a call, initiated",
    clauses=["Q.783 2.3.4"],
    proves=["N-01"],
    needs=["tup.incoming", "tup.maintenance"],
    setup="tup",
)
def test_blocking_sent_in_a_call(tup: TupCentre) -> None:
    """BLO and UBL sent during a call leave it up; after it the circuit is in the state last ordered."""
    caller, agent = tup.talking()
    call, maintenance = caller.call, tup.bench.system.maintenance()
    maintenance.block(call.cic)
    call.expect("BLO", within=ANSWER)
    call.send("BLA")
    expect_speech_both_ways(caller.voice, agent.voice)
    maintenance.unblock(call.cic)
    call.expect("UBL", within=ANSWER)
    call.send("UBA")
    maintenance.block(call.cic)
    call.expect("BLO", within=ANSWER)
    call.send("BLA")
    expect_speech_both_ways(caller.voice, agent.voice)
    tup.over(caller)
    tup.is_in(call.cic, has=["idle", "locally blocked"])


@case(
    "Q.783/2.3.5a",
    "Blocking and unblocking during a call, received, incoming call",
    clauses=["Q.783 2.3.5"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_blocking_in_incoming_call(tup: TupCentre) -> None:
    """BLO during a call is acknowledged and leaves it up; after the call the circuit is blocked until UBL."""
    caller, agent = tup.talking()
    blocked_in_a_call(tup, caller, agent)


@case(
    "Q.783/2.3.5b",
    "Blocking and unblocking during a call, received, outgoing call",
    clauses=["Q.783 2.3.5"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_blocking_in_outgoing_call(tup: TupCentre) -> None:
    """BLO during a call is acknowledged and leaves it up; after the call the circuit is blocked until UBL."""
    party, agent = tup.talking_out()
    blocked_in_a_call(tup, party, agent)


@case(
    "TUP/2.6",
    "The answer agrees with the ACM",
    clauses=["Q.783 2.3.1", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_answer_agrees_with_acm(tup: TupCentre) -> None:
    """ANC answers a call whose ACM says charge, ANN one whose ACM says no charge."""
    caller, _ = tup.talking()
    titles = [got.title for got in caller.call.received]
    kind = int(next(got.message.kind for got in caller.call.received if got.title == "ACM"))
    tup.bench.until(
        lambda: kind not in (1, 2) or ("ANC" if kind == 1 else "ANN") in titles,
        within=0,
        awaited=f"{'ANC' if kind == 1 else 'ANN'} behind an ACM of type {kind}",
        state=f"received {titles}",
    )
    tup.over(caller)

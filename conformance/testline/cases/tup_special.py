"""TUP: special call set-up: continuity check, dual seizure, repeat attempt, requests (Q.783 group 6).

The titles of group 6 could not be read: numbers are our own. The tester is SP B, the system SP A.
"""

from __future__ import annotations

from testline.case import case
from testline.cases.tup_supervision import CHECK_DBM0, CHECK_HZ, looped
from testline.testers.caller import Caller
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, TupCentre
from testrig.clock import SECOND


def checked(tup: TupCentre, continuity: int) -> Caller:
    """Seize with a continuity check announced; no backward message may come before COT."""
    caller = tup.caller()
    caller.dials(tup.pixit.menu_number, continuity=continuity).expect_nothing(during=SECOND)
    return caller


def not_looped(caller: Caller) -> None:
    """The check tone sent does not come back."""
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    caller.voice.is_silent()


@case(
    "TUP/6.1",
    "Continuity check required",
    clauses=["Q.724 7"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
    unverified=True,
)
def test_continuity_check(tup: TupCentre) -> None:
    """The circuit is looped until COT, as the check tone proves; then the call goes on, without a loop."""
    caller = checked(tup, 1)
    looped(tup, caller)
    caller.call.send("COT")
    caller.is_answered()
    not_looped(caller)
    tup.over(caller)


@case(
    "TUP/6.2",
    "Continuity check on a previous circuit",
    clauses=["Q.724 7"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
    unverified=True,
)
def test_continuity_check_on_previous_circuit(tup: TupCentre) -> None:
    """No backward message is sent, and no loop connected, before COT; then the call goes on."""
    caller = checked(tup, 2)
    not_looped(caller)
    caller.call.send("COT")
    caller.is_answered()
    tup.over(caller)


@case(
    "TUP/6.3",
    "No continuity check",
    clauses=["Q.724 7"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
    unverified=True,
)
def test_no_continuity_check(tup: TupCentre) -> None:
    """Without a check announced the circuit is not looped, and COT that comes all the same is discarded."""
    caller, agent = tup.ringing()
    not_looped(caller)
    caller.call.send("COT")
    caller.call.expect_nothing(during=SECOND)
    agent.telephone.lift()
    caller.call.expect("ANC", "ANN", "ANU", within=ANSWER)
    tup.over(caller)


@case(
    "TUP/6.4",
    "Calling party clears during the continuity check",
    clauses=["Q.724 7"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
    unverified=True,
)
def test_clear_during_continuity_check(tup: TupCentre) -> None:
    """CLF before COT is answered by RLG, and the loop is gone."""
    caller = checked(tup, 1)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    not_looped(caller)
    tup.tester.expect_idle(caller.call.cic)


@case(
    "TUP/6.5",
    "Continuity check fails",
    clauses=["Q.724 7"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
    unverified=True,
)
def test_continuity_check_fails(tup: TupCentre) -> None:
    """CCF behind the IAM ends the call without a backward message; a recheck loops again, CLF frees it."""
    caller = checked(tup, 1)
    call = caller.call
    call.send("CCF")
    call.expect_nothing(during=2 * SECOND)
    call.send("CCR")
    looped(tup, caller)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    not_looped(caller)
    tup.still_works(call.cic)


@case(
    "TUP/6.6",
    "Digits during the continuity check",
    clauses=["Q.724 7", "Q.723 3.3.3"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
    unverified=True,
)
def test_digits_during_continuity_check(tup: TupCentre) -> None:
    """SAM before COT completes the number; the call goes on with COT."""
    number = tup.pixit.menu_number
    call = tup.tester.seize(called=number[:6], continuity=1)
    call.expect_nothing(during=SECOND)
    call.send("SAM", called=number[6:])
    call.expect_nothing(during=SECOND)
    call.send("COT")
    call.answered(within=20 * SECOND)
    call.release()
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/6.7",
    "Dual seizure, the system not controlling",
    clauses=["Q.724 2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_dual_seizure_not_controlling(tup: TupCentre) -> None:
    """Both ends seize a circuit the tester controls: the tester's call goes on, the system tries another."""
    tup.leave_only(set(tup.tester.controlled(by_tester=True)))
    party, _ = tup.calling_out()
    call = party.call
    call.send("IAI", called=tup.pixit.menu_number, calling="13800138000")
    call.answered(within=10 * SECOND)
    tup.second_attempt(call.cic)
    call.send("CLF")
    call.expect("RLG", within=ANSWER, through=("CBK",))
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/6.8",
    "Dual seizure, the system controlling",
    clauses=["Q.724 2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_dual_seizure_controlling(tup: TupCentre) -> None:
    """Both ends seize a circuit the system controls: its call goes on, the tester's IAM is disregarded."""
    tup.leave_only(set(tup.tester.controlled(by_tester=False)))
    party, agent = tup.calling_out()
    party.call.send("IAM", called=tup.pixit.menu_number)
    party.call.expect_nothing(during=2 * SECOND)
    party.alerts()
    party.answers()
    tup.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    tup.agent_ends(party, agent)


@case(
    "TUP/6.9",
    "Blocking of the circuit after IAM",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_blocking_after_iam(tup: TupCentre) -> None:
    """BLO before any backward message: the circuit is given up (BLA, CLF) and the call tried on another."""
    party, _ = tup.calling_out()
    call = party.call
    call.send("BLO")
    first = call.expect("BLA", "CLF", within=ANSWER)
    call.expect("CLF" if first.title == "BLA" else "BLA", within=ANSWER)
    call.send("RLG")
    tup.second_attempt(call.cic)
    tup.is_in(call.cic, has=["idle", "remotely blocked"])


@case(
    "TUP/6.10",
    "Circuit reset after IAM",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_reset_after_iam(tup: TupCentre) -> None:
    """RSC before any backward message: RLG, and the call is tried on another circuit."""
    party, _ = tup.calling_out()
    party.call.send("RSC")
    party.call.expect("RLG", within=ANSWER)
    tup.second_attempt(party.call.cic)


@case(
    "TUP/6.11",
    "GRQ in an outgoing call",
    clauses=["Q.723 3.5.1", "Q.723 3.4.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_general_request(tup: TupCentre) -> None:
    """GRQ for category and calling line is answered by GSM that tells what was asked for."""
    party, agent = tup.calling_out()
    party.call.send("GRQ", category=1, line=1)
    got = party.call.expect("GSM", within=ANSWER)
    tup.bench.until(
        lambda: bool(got.category_included or got.line_included),
        within=0,
        awaited="GSM with a category or a calling line identity",
        state=got.summary(),
    )
    party.alerts()
    party.answers()
    tup.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    tup.agent_ends(party, agent)


@case(
    "TUP/6.12",
    "GRQ for what the system has not",
    clauses=["Q.723 3.5.1", "Q.723 3.4.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_general_request_for_what_is_not_there(tup: TupCentre) -> None:
    """GRQ for an original called address is answered by GSM that says it is not included."""
    party, agent = tup.calling_out()
    party.call.send("GRQ", original_called=1)
    party.call.expect("GSM", within=ANSWER, original_included=0, hold=0, malicious=0)
    tup.agent_ends(party, agent)


@case(
    "TUP/6.13",
    "COT before the number is complete",
    clauses=["Q.724 7", "Q.783 2.2.2"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
    unverified=True,
)
def test_cot_before_the_last_digit(tup: TupCentre) -> None:
    """The loop goes with COT though digits are still missing; the last ones make the call."""
    number, caller = tup.pixit.menu_number, tup.caller()
    call = caller.dials(number[:6], continuity=1)
    looped(tup, caller)
    call.send("COT")
    tup.bench.run(SECOND // 4)
    not_looped(caller)
    call.expect_nothing(during=SECOND)
    call.send("SAM", called=number[6:])
    caller.is_answered()
    tup.over(caller)

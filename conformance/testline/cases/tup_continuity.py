"""TUP: continuity check of incoming circuits, in a call and by itself (Q.783 1.4, Q.724 7).

The tester asks for the check, sends the check tone and hears what the system loops back. Checks that the
system asks for are in `tup_checks`.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.testers.caller import Caller
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, TupCentre
from testline.verdicts import Inconclusive
from testrig.clock import SECOND

CHECK_HZ: Final = 2000.0
"""Check tone (Q.724 7.4.1)."""


CHECK_DBM0: Final = -12.0


RINGING_HZ: Final = 450.0
"""Ringing tone of the Chinese network (GF 002-9002; unverified)."""


RETURNED_DBM0: Final = (-13.0, -11.0)
"""What comes back through a digital loop."""


def looped(tup: TupCentre, caller: Any) -> None:
    """The check tone sent comes back at its level."""
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.hears_tone(CHECK_HZ, within=2 * SECOND, level=RETURNED_DBM0)
    caller.voice.is_silent()
    tup.bench.run(SECOND // 4)


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
    "Q.783/1.4.1",
    "Continuity check call received, successful",
    clauses=["Q.783 1.4.1", "Q.724 7"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
)
def test_check_call(tup: TupCentre) -> None:
    """CCR on an idle circuit loops it, as the check tone proves; CLF is answered by RLG and ends the loop."""
    caller = tup.caller()
    call = caller.takes(tup.tester.call_on(tup.tester.free_circuit()))
    call.send("CCR")
    looped(tup, caller)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(call.cic)
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    caller.voice.is_silent()


@case(
    "Q.783/1.4.3",
    "Continuity check call received, unsuccessful",
    clauses=["Q.783 1.4.3", "Q.724 7"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
)
def test_check_call_fails(tup: TupCentre) -> None:
    """After CCR and CCF the circuit is no call's; the recheck (CCR) loops it again, CLF frees it."""
    caller = tup.caller()
    call = caller.takes(tup.tester.call_on(tup.tester.free_circuit()))
    call.send("CCR")
    looped(tup, caller)
    call.send("CCF")
    not_looped(caller)
    call.expect_nothing(during=2 * SECOND)
    call.send("CCR")
    looped(tup, caller)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.still_works(call.cic)


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
    not_looped(caller)
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


@case(
    "TUP/12.19",
    "What is heard behind COT",
    clauses=["Q.724 7"],
    proves=["N-01"],
    needs=["tup.continuity", "agents", "tones"],
    setup="tup",
    unverified=True,
)
def test_path_behind_the_check(tup: TupCentre) -> None:
    """The loop gives way to the call at once: ringing tone behind COT, and speech once the agent lifts."""
    if not tup.pixit.agent_number:
        raise Inconclusive("the system has no number that rings an agent directly")
    agent, caller = tup.agent(0), tup.caller()
    agent.on_duty()
    caller.dials(tup.pixit.agent_number, continuity=1)
    looped(tup, caller)
    caller.call.send("COT")
    caller.call.expect("ACM", within=ANSWER)
    caller.hears_tone(RINGING_HZ, within=6 * SECOND)
    agent.telephone.lift()
    caller.call.expect("ANC", "ANN", "ANU", within=ANSWER)
    expect_speech_both_ways(caller.voice, agent.voice)
    tup.over(caller)

"""ISUP: continuity checks that the system asks for (Q.764 2.1.8, Q.724 7; Q.784.1 groups 1.4, 6.1 and 6.2).

The tester loops the circuit, or does not. The tester is SP B, the system SP A.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_calls import calling_out, over
from testline.cases.isup_continuity import CHECK_DBM0, CHECK_HZ
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_timers import ANNEX
from testline.cases.mtp2_state import measure_time
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Inconclusive
from testrig.clock import MINUTE, SECOND

REQUIRED: Final = 1
"""Continuity check required on this circuit (Q.763 3.35)."""
OTHER_HZ: Final = 820.0
"""A tone that no check is passed by, to be heard if the backward path were through."""


# 1.4 and 6.1: checks asked for by the system


def checking(centre: Centre) -> Caller:
    """An outgoing call whose IAM asks for a check of its circuit, looped by the tester."""
    party, _ = calling_out(centre)
    if party.call.iam.continuity_check != REQUIRED:
        raise Inconclusive("the system asks for no check in this call")
    party.hears_tone(CHECK_HZ, within=2 * SECOND)
    return party


@case(
    "Q.784.1/1.4.2",
    "CCR sent, successful",
    clauses=["Q.764 2.1.8", "Q.724 7"],
    proves=["N-01"],
    needs="isup.continuity_sending",
    setup="continuity",
)
def test_check_sent(centre: Centre) -> None:
    """A check that succeeds at the second attempt, CCR, ends with REL."""
    party = checking(centre)
    party.call.expect("COT", within=ANSWER, continuity=0)
    party.call.expect("CCR", within=20 * SECOND)
    party.says_tone(CHECK_HZ, CHECK_DBM0)
    party.call.expect("REL", within=ANSWER)
    party.call.send("RLC")
    centre.isup.expect_idle(party.call.cic)


@case(
    "Q.784.1/1.4.4",
    "CCR sent, unsuccessful",
    clauses=["Q.764 2.1.8", ANNEX],
    proves=["N-01"],
    needs="isup.continuity_sending",
    setup="continuity",
)
def test_check_sent_fails(centre: Centre) -> None:
    """Without the tone every CCR is followed by COT (failed), and repeated after T26 (1 to 3 min)."""
    party = checking(centre)
    party.call.expect("COT", within=ANSWER, continuity=0)
    party.call.expect("CCR", within=20 * SECOND)
    party.call.expect("COT", within=ANSWER, continuity=0)
    failed = party.call.received[-1].at
    party.call.expect("CCR", within=4 * MINUTE)
    measure_time(centre.bench, "T26", party.call.received[-1].at - failed, 60, 180, ANNEX)


@case(
    "Q.784.1/6.1.4",
    "Delay of through connection behind the check",
    clauses=["Q.764 2.1.8", "Q.724 7"],
    proves=["N-01"],
    needs="isup.continuity_sending",
    setup="continuity",
)
def test_no_check_tone_in_the_ear(centre: Centre) -> None:
    """The agent hears nothing of the circuit before the check has passed; after the answer speech is through.

    Another tone stands for what is on the circuit meanwhile: the check tone itself ends the check too soon to
    be heard for sure.
    """
    party = checking(centre)
    agent = centre.agent(0)
    party.says_tone(OTHER_HZ)
    agent.voice.hears_no_tone(OTHER_HZ, during=SECOND // 2)
    party.voice.is_silent()
    party.voice.loops()
    agent.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    party.call.expect("COT", within=ANSWER, continuity=1)
    party.voice.opens_the_loop()
    party.alerts()
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.784.1/6.1.5",
    "Continuity check unsuccessful",
    clauses=["Q.764 2.1.8", ANNEX],
    proves=["N-01"],
    needs="isup.continuity_sending",
    setup="continuity",
)
def test_failed_check_is_repeated(centre: Centre) -> None:
    """COT (failed) comes after T24 (below 2 s); the check is repeated by CCR after T25 (1 to 10 s)."""
    party = checking(centre)
    party.call.expect("COT", within=3 * SECOND, continuity=0)
    failed = party.call.received[-1].at
    party.call.expect("CCR", within=20 * SECOND)
    measure_time(centre.bench, "T25", party.call.received[-1].at - failed, 1, 10, ANNEX)


@case(
    "Q.784.1/6.2.4",
    "Repeat attempt, continuity check failure",
    clauses=["Q.764 2.8.1", "Q.764 2.1.8"],
    proves=["N-01"],
    needs="isup.continuity_sending",
    setup="continuity",
)
def test_attempt_after_failed_check(centre: Centre) -> None:
    """The call whose circuit failed the check is tried on another one and completed."""
    party = checking(centre)
    again = Caller(centre.isup)
    again.is_called(within=ANSWER)
    party.call.expect("COT", within=ANSWER, continuity=0)
    centre.bench.until(lambda: again.call.cic != party.call.cic, within=0, awaited="another circuit")
    again.says_tone(CHECK_HZ, CHECK_DBM0)
    again.call.expect("COT", within=ANSWER, continuity=1)
    again.voice.is_silent()
    again.alerts()
    again.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(again.voice, centre.agent(0).voice)
    over(centre, again)

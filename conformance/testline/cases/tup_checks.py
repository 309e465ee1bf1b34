"""TUP: continuity checks that the system asks for (Q.783 1.4, Q.724 7).

The rig is set up so that the circuit of every call of the system is checked. The tester loops the circuit, or
leaves it open, and hears the check tone. Test calls sent (Q.783 1.4.2 and 1.4.4) are those that follow a
check that failed.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.cases.tup_continuity import CHECK_HZ
from testline.cases.tup_timers import arrival
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, NUMBER, TupCentre
from testrig.clock import MINUTE, SECOND, Instant

SENT_DBM0: Final = (-13.0, -11.0)
"""Level of the check tone at the sending end: -12 dBm0, 1 dB either way (Q.724 7.4.1)."""
CLAUSE: Final = "Q.724 7"


def checked(tup: TupCentre) -> tuple[Caller, Agent]:
    """Let the agent call outside; the IAM must announce a check on its circuit, and the tone must come."""
    party, agent = tup.calling_out()
    first = party.call.iam
    tup.bench.until(
        lambda: first.continuity == 1, within=0, awaited="continuity check required", state=first.summary()
    )
    return party, agent


def looped_until_cot(tup: TupCentre, party: Caller) -> None:
    """Loop the circuit until COT comes, which is within the 2 s the tone may take."""
    party.voice.loops()
    party.call.expect("COT", within=2 * SECOND)
    party.voice.opens_the_loop()


def failed(tup: TupCentre) -> tuple[Caller, Agent, Instant]:
    """A call whose circuit is not looped: CCF. Return when it came, too."""
    party, agent = checked(tup)
    came = arrival(tup, party.call.cic, "CCF", within=ANSWER).at
    return party, agent, came


def freed(tup: TupCentre, party: Caller) -> None:
    """The tone comes back: CLF ends the check, RLG makes the circuit idle."""
    party.voice.loops()
    party.call.expect("CLF", within=3 * SECOND)
    party.voice.opens_the_loop()
    party.call.send("RLG")
    tup.tester.expect_idle(party.call.cic)


@case(
    "TUP/6.14",
    "Continuity check sent with a call, successful",
    clauses=[CLAUSE],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup_check",
    unverified=True,
)
def test_check_with_a_call(tup: TupCentre) -> None:
    """The tone sent comes back, COT follows, and the call is completed without the tone."""
    party, agent = checked(tup)
    looped_until_cot(tup, party)
    party.alerts()
    party.answers()
    tup.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    tup.agent_ends(party, agent)


@case(
    "TUP/6.15",
    "Check tone",
    clauses=["Q.724 7.4.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup_check",
)
def test_check_tone(tup: TupCentre) -> None:
    """The check tone has 2,000 Hz and -12 dBm0, and is gone with COT."""
    party, agent = checked(tup)
    tup.bench.run(SECOND // 2)
    party.hears_tone(CHECK_HZ, within=SECOND, level=SENT_DBM0)
    looped_until_cot(tup, party)
    tup.bench.run(SECOND // 4)
    party.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    tup.agent_ends(party, agent)


@case(
    "TUP/6.16",
    "Continuity check sent with a call, unsuccessful",
    clauses=[CLAUSE],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup_check",
    unverified=True,
)
def test_check_with_a_call_fails(tup: TupCentre) -> None:
    """No tone comes back: CCF after 2 s, and the call goes out on another circuit, where the check passes."""
    party, agent, came = failed(tup)
    sent = party.call.received[0].at
    measure_time(tup.bench, "IAM to CCF", came - sent, 1.8, 2.2, CLAUSE)
    again = tup.caller(NUMBER)
    again.is_called(within=ANSWER)
    tup.bench.until(lambda: again.call.cic != party.call.cic, within=0, awaited="another circuit")
    looped_until_cot(tup, again)
    again.alerts()
    again.answers()
    tup.bench.run(SECOND)
    expect_speech_both_ways(again.voice, agent.voice)


@case(
    "TUP/6.17",
    "Calling party clears during the system's check",
    clauses=[CLAUSE],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup_check",
    unverified=True,
)
def test_clear_during_own_check(tup: TupCentre) -> None:
    """The agent hangs up before the tone is back: CLF, RLG, idle, and no more tone."""
    party, agent = checked(tup)
    tup.agent_ends(party, agent)
    tup.bench.run(SECOND // 4)
    party.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    party.call.expect_nothing(during=MINUTE)


@case(
    "TUP/6.18",
    "Circuit reset before the recheck",
    clauses=[CLAUSE, "Q.724 6.2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup_check",
    unverified=True,
)
def test_reset_before_recheck(tup: TupCentre) -> None:
    """RSC on a circuit whose check failed: RLG, it is idle, and no recheck follows."""
    party, agent, _ = failed(tup)
    agent.telephone.replace()
    party.call.send("RSC")
    party.call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(party.call.cic)
    party.call.expect_nothing(during=15 * SECOND)


@case(
    "TUP/9.1",
    "Call from the far end before the recheck",
    clauses=[CLAUSE],
    proves=["N-01"],
    needs=("tup.outgoing", "tup.incoming"),
    setup="tup_check",
    unverified=True,
)
def test_call_before_recheck(tup: TupCentre) -> None:
    """The far end calls on a circuit whose check failed: the call is completed, and no CCR comes into it."""
    party, agent, _ = failed(tup)
    agent.telephone.replace()
    caller = Caller(tup.tester)
    caller.dials(tup.pixit.menu_number, cic=party.call.cic)
    caller.is_answered()
    caller.call.expect_nothing(during=15 * SECOND)
    caller.hangs_up()
    tup.tester.expect_idle(caller.call.cic)


@case(
    "Q.783/1.4.2",
    "Continuity check call sent, successful",
    clauses=["Q.783 1.4.2", CLAUSE],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup_check",
)
def test_check_call_sent(tup: TupCentre) -> None:
    """A circuit whose check failed is checked again 1 to 10 s later (CCR); it passes: CLF, RLG, idle."""
    party, agent, came = failed(tup)
    agent.telephone.replace()
    recheck = arrival(tup, party.call.cic, "CCR", within=11 * SECOND).at
    measure_time(tup.bench, "CCF to CCR", recheck - came, 1, 10, CLAUSE)
    freed(tup, party)


@case(
    "Q.783/1.4.4",
    "Continuity check call sent, unsuccessful",
    clauses=["Q.783 1.4.4", CLAUSE],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup_check",
)
def test_check_call_sent_fails(tup: TupCentre) -> None:
    """The recheck fails too: the next one comes 1 to 3 minutes later, and the circuit is kept till then."""
    party, agent, _ = failed(tup)
    agent.telephone.replace()
    cic = party.call.cic
    arrival(tup, cic, "CCR", within=11 * SECOND)
    again = arrival(tup, cic, "CCF", within=3 * SECOND).at
    tup.bench.until(lambda: tup.state(cic) != "idle", within=0, awaited=f"circuit {cic} not idle")
    recheck = arrival(tup, cic, "CCR", within=190 * SECOND).at
    measure_time(tup.bench, "CCF to next CCR", recheck - again, 60, 180, CLAUSE)
    freed(tup, party)

"""ISUP: circuits are reset when the system has started, because their state is not known (Q.764 2.9.3)."""

from __future__ import annotations

from typing import Final

from testline.bench import Bench
from testline.case import case
from testline.cases.isup_calls import over
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_timers import ANNEX, SHORT, arrival
from testline.cases.mtp2_state import measure_time
from testline.testers.isup_start import StartingCentre
from testline.testers.speech import expect_speech_both_ways
from testrig.clock import SECOND

NUMBER: Final = "02155556666"


@case(
    "ISUP/31",
    "Circuits reset at the start",
    clauses=["Q.764 2.9.3", "Q.764 2.9.3.2", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup.group_supervision",
    setup="restart",
)
def test_circuits_are_reset_at_the_start(bench: Bench) -> None:
    """Every circuit is in a GRS of at most 32 or an RSC; acknowledged, all are idle and take calls."""
    centre = StartingCentre(bench)
    isup = centre.isup
    centre.acknowledge(isup, centre.resets(isup))
    for cic in isup.circuits:
        isup.expect_idle(cic)
    caller = centre.caller()
    caller.dials(centre.pixit.menu_number)
    caller.is_answered()
    over(centre, caller)


@case(
    "ISUP/32",
    "No call before the reset at the start is acknowledged",
    clauses=["Q.764 2.9.3", "Q.764 2.9.3.2"],
    proves=["N-01"],
    needs=["isup.group_supervision", "isup.outgoing", "agents.outgoing"],
    setup="restart",
)
def test_no_call_before_the_reset_is_acknowledged(bench: Bench) -> None:
    """An agent's call finds no circuit while all resets wait for an answer, and one of them afterwards."""
    centre = StartingCentre(bench)
    isup, agent = centre.isup, centre.agent(0)
    resets = centre.resets(isup)
    agent.sign_on()
    centre.refused(agent, NUMBER)
    centre.acknowledge(isup, resets)
    agent.telephone.lift()
    bench.run(SECOND // 4)
    agent.dial(centre.pixit.outgoing_prefix + NUMBER)
    party = centre.caller(NUMBER)
    party.is_called(within=ANSWER)
    party.alerts()
    party.answers()
    bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    agent.telephone.replace()
    party.is_released(within=ANSWER)
    isup.expect_idle(party.call.cic)


@case(
    "ISUP/33",
    "Reset at the start not acknowledged",
    clauses=["Q.764 2.9.3.1", "Q.764 2.9.3.2", ANNEX],
    proves=["N-01"],
    needs="isup.group_supervision",
    setup="restart",
)
def test_reset_at_the_start_is_repeated(bench: Bench) -> None:
    """Each reset is repeated after 15 to 60 s (T22, T16) until it is acknowledged, and then no more."""
    centre = StartingCentre(bench)
    isup = centre.isup
    again = []
    for got in centre.resets(isup):
        timer = "T16" if got.title == "RSC" else "T22"
        repeated = arrival(isup, got.message.cic, got.title, within=round((SHORT[1] + 1) * SECOND))
        measure_time(bench, timer, repeated.at - got.at, *SHORT, ANNEX)
        again.append(repeated)
    isup.inbox.clear()
    for got in again:
        isup.acknowledge(got.message)
    bench.run(SECOND)
    isup.expect_nothing(during=round((SHORT[1] + 1) * SECOND))
    for cic in isup.circuits:
        isup.expect_idle(cic)


@case(
    "ISUP/34",
    "No reset when signalling comes back",
    clauses=["Q.764 2.14", "Q.764 2.9.3"],
    proves=["N-01"],
    needs="isup.group_supervision",
    setup="restart",
)
def test_no_reset_when_signalling_comes_back(bench: Bench) -> None:
    """The signalling link fails and returns: the states are known, nothing is reset, the call goes on."""
    centre = StartingCentre(bench)
    isup, agent = centre.isup, centre.agent(0)
    centre.acknowledge(isup, centre.resets(isup))
    agent.on_duty()
    caller = centre.caller()
    caller.dials(centre.pixit.queue_number)
    agent.telephone.answers(within=ANSWER)
    agent.is_in("talking", within=2 * SECOND)
    caller.call.catch_up()
    isup.answers.clear()
    centre.interrupt()
    isup.expect_nothing(during=round((SHORT[1] + 1) * SECOND))
    expect_speech_both_ways(caller.voice, agent.voice)
    over(centre, caller)

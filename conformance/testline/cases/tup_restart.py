"""TUP: circuits are reset when the system has started, because their state is not known (Q.724 6.2)."""

from __future__ import annotations

from testline.bench import Bench
from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.cases.tup_timers import SHORT, TIMERS
from testline.testers.caller import Caller
from testline.testers.isup_start import StartingCentre
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER
from testline.verdicts import Inconclusive
from testrig.clock import SECOND


@case(
    "TUP/1.21",
    "Circuits reset at the start",
    clauses=["Q.724 6.2", "Q.723 3.10"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="restart",
    unverified=True,
)
def test_circuits_are_reset_at_the_start(bench: Bench) -> None:
    """Every circuit is in a GRS or an RSC; acknowledged, all are idle and take calls."""
    centre = StartingCentre(bench)
    centre.acknowledge(centre.tup, centre.resets(centre.tup))
    for cic in centre.tup.circuits:
        centre.tup.expect_idle(cic)
    caller = Caller(centre.tup)
    caller.dials(centre.pixit.menu_number)
    caller.is_answered()
    caller.hangs_up()
    centre.tup.expect_idle(caller.call.cic)


@case(
    "TUP/1.22",
    "No call before the reset at the start is acknowledged",
    clauses=["Q.724 6.2"],
    proves=["N-01"],
    needs=["tup.group_supervision", "tup.outgoing", "transit"],
    setup="restart",
    unverified=True,
)
def test_no_call_before_the_reset_is_acknowledged(bench: Bench) -> None:
    """A call in transit finds no circuit (cause 34) while all resets wait for an answer, then one of them."""
    centre = StartingCentre(bench)
    prefix = centre.pixit.transit.get("tup")
    if prefix is None:
        raise Inconclusive("the PIXIT gives no digits that lead to a group of tup")
    number = prefix + "55556666"
    centre.acknowledge(centre.isup, centre.resets(centre.isup))
    resets = centre.resets(centre.tup)
    refused = centre.caller()
    refused.dials(number)
    refused.is_released(within=ANSWER, cause=34)
    centre.tup.expect_nothing(during=SECOND)
    centre.acknowledge(centre.tup, resets)
    caller, party = centre.caller(), Caller(centre.tup, number)
    caller.dials(number)
    party.is_called(within=ANSWER)
    party.alerts()
    party.answers()
    bench.run(SECOND)
    caller.call.catch_up()
    expect_speech_both_ways(caller.voice, party.voice)
    caller.call.send("REL", cause=16)
    caller.call.expect("RLC", within=ANSWER)
    party.is_released(within=ANSWER)
    centre.tup.expect_idle(party.call.cic)


@case(
    "TUP/1.23",
    "Reset at the start not acknowledged",
    clauses=["Q.724 6.2", TIMERS],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="restart",
    unverified=True,
)
def test_reset_at_the_start_is_repeated(bench: Bench) -> None:
    """Each reset is repeated after 4 to 15 s until it is acknowledged, and then no more."""
    centre = StartingCentre(bench)
    tup = centre.tup
    again = []
    for got in centre.resets(tup):
        cic = int(got.message.cic)
        repeated = tup.await_on(
            cic, (got.title,), within=round((SHORT[1] + 1) * SECOND), state=lambda: "nothing acknowledged"
        )
        measure_time(bench, f"{got.title} on circuit {cic}", repeated.at - got.at, *SHORT, TIMERS)
        again.append(repeated)
    tup.inbox.clear()
    for got in again:
        tup.acknowledge(got.message)
    bench.run(SECOND)
    tup.expect_nothing(during=round((SHORT[1] + 1) * SECOND))
    for cic in tup.circuits:
        tup.expect_idle(cic)

"""ISUP: continuity check of incoming circuits (Q.764 2.1.8, Q.724 7; Q.784.1 groups 1.4, 5.2.5 and 6.1).

The tester asks for the check, sends the check tone and hears what the system loops back. The tester is SP
B, the system SP A; checks that the system asks for are not its business in a call centre.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_calls import over
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_timers import ANNEX, arrival, released_after
from testline.cases.mtp2_state import measure_time
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.speech import Voice
from testrig.clock import MINUTE, SECOND

CHECK_HZ: Final = 2000.0
"""Check tone of the continuity check (Q.724 7.4.1)."""
CHECK_DBM0: Final = -12.0
"""Level of the check tone sent (Q.724 7.4.1)."""
RETURNED_DBM0: Final = (-13.0, -11.0)
"""What comes back through a digital loop, which changes no level; Q.724 7.4.2 allows more."""


# 5.2.5b and 6.1: in a call


@case(
    "Q.784.1/5.2.5b",
    "T8, waiting for COT of a previous circuit",
    clauses=["Q.764 2.1.8", ANNEX],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_t8_previous_circuit(centre: Centre) -> None:
    """An IAM that announces a check on a previous circuit, and no COT: released after T8."""
    call = centre.isup.seize(called=centre.pixit.menu_number, continuity_check=2)
    released_after(centre, "T8", centre.bench.now, call.cic, 10, 15)


def checked(centre: Centre, continuity_check: int) -> Caller:
    """Seize with a continuity check announced; no backward message may come before COT."""
    caller = centre.caller()
    call = caller.dials(centre.pixit.menu_number, continuity_check=continuity_check)
    call.expect_nothing(during=SECOND)
    return caller


@case(
    "Q.784.1/6.1.1",
    "Continuity check required",
    clauses=["Q.764 2.1.8", "Q.724 7.3"],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_continuity_check(centre: Centre) -> None:
    """The circuit is looped until COT, which the check tone proves; then the call goes on, without a loop."""
    caller = checked(centre, 1)
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.hears_tone(CHECK_HZ, within=2 * SECOND, level=RETURNED_DBM0)
    caller.voice.is_silent()
    centre.bench.run(SECOND // 4)
    caller.call.send("COT", continuity=1)
    caller.is_answered()
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.voice.hears_no_tone(CHECK_HZ, during=2 * SECOND)
    caller.voice.is_silent()
    over(centre, caller)


@case(
    "Q.784.1/6.1.2",
    "Continuity check on a previous circuit",
    clauses=["Q.764 2.1.8"],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_continuity_check_on_previous_circuit(centre: Centre) -> None:
    """No backward message is sent, and no loop connected, before COT; then the call goes on."""
    caller = checked(centre, 2)
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    caller.voice.is_silent()
    caller.call.send("COT", continuity=1)
    caller.is_answered()
    over(centre, caller)


@case(
    "Q.784.1/6.1.3",
    "Calling party clears during the continuity check",
    clauses=["Q.764 2.1.8", "Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_clear_during_continuity_check(centre: Centre) -> None:
    """REL before COT is answered by RLC, and the loop is gone."""
    caller = checked(centre, 1)
    call = caller.call
    call.send("REL", cause=16)
    call.expect("RLC", within=ANSWER)
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    caller.voice.is_silent()
    centre.isup.expect_idle(call.cic)


# 1.4: circuits checked without a call


def on_circuit(centre: Centre, cic: int) -> Voice:
    """Return a voice on `cic`, where there is no call."""
    voice, circuit = centre.caller().voice, centre.isup.circuits[cic]
    voice.connect(span=circuit.line, slot=circuit.slot)
    return voice


def request(centre: Centre, cic: int, voice: Voice) -> None:
    """Send CCR and prove the loop by the check tone; LPA may come (national use, Q.764 2.1.8)."""
    centre.isup.send_message(cic, "CCR")
    voice.says_tone(CHECK_HZ, CHECK_DBM0)
    voice.hears_tone(CHECK_HZ, within=2 * SECOND, level=RETURNED_DBM0)
    voice.is_silent()
    centre.bench.run(SECOND // 2)
    waiting = centre.isup.inbox.get(cic)
    if waiting and waiting[0].title == "LPA":
        waiting.popleft()
    centre.isup.expect_nothing(cic, during=SECOND // 2)


def not_looped(voice: Voice) -> None:
    """Prove that the circuit is not looped."""
    voice.says_tone(CHECK_HZ, CHECK_DBM0)
    voice.hears_no_tone(CHECK_HZ, during=SECOND)
    voice.is_silent()


@case(
    "Q.784.1/1.4.1",
    "CCR received, successful",
    clauses=["Q.764 2.1.8", "Q.724 7.3"],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_check_of_idle_circuit(centre: Centre) -> None:
    """CCR on an idle circuit loops it; REL ends the check, RLC answers it, and the circuit is idle."""
    cic = centre.isup.free_circuit()
    voice = on_circuit(centre, cic)
    request(centre, cic, voice)
    centre.isup.send_message(cic, "REL", cause=16)
    centre.isup.expect(cic, "RLC", within=ANSWER)
    not_looped(voice)
    centre.isup.expect_idle(cic)


@case(
    "Q.784.1/1.4.3",
    "CCR received, unsuccessful, then successful",
    clauses=["Q.764 2.1.8"],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_check_fails_and_is_repeated(centre: Centre) -> None:
    """COT (failed) opens the loop and the circuit is not used; the next CCR loops it again, REL frees it."""
    cic = centre.isup.free_circuit()
    voice = on_circuit(centre, cic)
    request(centre, cic, voice)
    centre.isup.send_message(cic, "COT", continuity=0)
    not_looped(voice)
    request(centre, cic, voice)
    centre.isup.send_message(cic, "REL", cause=16)
    centre.isup.expect(cic, "RLC", within=ANSWER)
    not_looped(voice)
    centre.isup.expect_idle(cic)


@case(
    "Q.784.1/1.4.5",
    "T27, no CCR after a check that failed",
    clauses=["Q.764 2.1.8", ANNEX],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_t27(centre: Centre) -> None:
    """After COT (failed) and no CCR the circuit is reset, more than 3 minutes (T27) later.

    The standard gives no upper limit; 15 minutes is ours, that of the other alerts.
    """
    isup, cic = centre.isup, centre.isup.free_circuit()
    request(centre, cic, on_circuit(centre, cic))
    isup.send_message(cic, "COT", continuity=0)
    sent = centre.bench.now
    reset = arrival(isup, cic, "RSC", within=16 * MINUTE)
    measure_time(centre.bench, "T27", reset.at - sent, 180, 900, ANNEX)
    isup.send_message(cic, "RLC")
    isup.expect_idle(cic)


@case(
    "ISUP/41",
    "T36, a recheck without an end",
    clauses=["Q.764 2.1.8", ANNEX],
    proves=["N-01"],
    needs=["isup.continuity", "isup.transit"],
    unverified=True,
)
def test_t36(centre: Centre) -> None:
    """When neither COT nor REL follows CCR, the circuit is reset after 10 to 15 s (T36), the loop opened.

    The table has T36 for transit exchanges; that it leads to RSC is what other implementations do.
    """
    isup, cic = centre.isup, centre.isup.free_circuit()
    voice, sent = on_circuit(centre, cic), centre.bench.now
    request(centre, cic, voice)
    reset = arrival(isup, cic, "RSC", within=16 * SECOND)
    measure_time(centre.bench, "T36", reset.at - sent, 10, 15, ANNEX)
    isup.send_message(cic, "RLC")
    not_looped(voice)
    isup.expect_idle(cic)

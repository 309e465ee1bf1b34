"""ISUP timers and reset in a call (Q.764 annex A; Q.784.1 groups 5.2 and 5.3).

Every interval is measured between messages as they arrived at the tester, to the frame.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_calls import calling_out, talking, talking_out
from testline.cases.isup_supervision import ANSWER, two
from testline.cases.mtp2_state import measure_time
from testline.layers.isup import cause_value
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester, Received
from testrig.clock import MINUTE, SECOND, Instant

ANNEX: Final = "Q.764 annex A"
SHORT: Final = (15.0, 60.0)
"""Seconds: range of T1, T12, T14, T16, T18, T20 and T22."""
LONG: Final = (300.0, 900.0)
"""Seconds: range of T5, T13, T15, T17, T19, T21 and T23."""


SLACK: Final = 0.1
"""Seconds by which a timer without a range may be missed: messages arrive with the line's blocks."""


def arrival(isup: IsupTester, cic: int, *names: str, within: Instant) -> Received:
    """Wait for one of `names` on `cic` and return it with its instant."""
    return isup.await_on(cic, names, within=within, state=lambda: f"circuit {cic}")


def released_after(
    centre: Centre, name: str, sent: Instant, cic: int, low: float, high: float, **fields: Any
) -> None:
    """The system releases by itself after timer `name`; acknowledge it and prove the circuit idle."""
    within = round((high + 5) * SECOND)
    release = centre.isup.await_on(
        cic, ("REL",), within=within, state=lambda: f"circuit {cic}", fields=fields
    )
    measure_time(centre.bench, name, release.at - sent, low, high, ANNEX)
    centre.isup.send_message(cic, "RLC")
    centre.isup.expect_idle(cic)


def repeated(isup: IsupTester, cic: int, message: str, short: str, long: str) -> None:
    """`message` is repeated every `short`; after `long`, counted from the first, every `long`."""
    came = [arrival(isup, cic, message, within=ANSWER)]
    gaps: list[Instant] = []
    while not gaps or (gaps[-1] <= (SHORT[1] + 1) * SECOND and came[-1].at - came[0].at < 20 * MINUTE):
        came.append(arrival(isup, cic, message, within=16 * MINUTE))
        gaps.append(came[-1].at - came[-2].at)
    often = gaps[:-2] or gaps[:1]  # the last of these intervals may be cut short by the long timer
    measure_time(isup.bench, f"{short}, the shortest", min(often), *SHORT, ANNEX)
    measure_time(isup.bench, f"{short}, the longest", max(often), *SHORT, ANNEX)
    measure_time(isup.bench, long, came[-2].at - came[0].at, *LONG, ANNEX)
    measure_time(isup.bench, f"{long} (repetition)", gaps[-1], *LONG, ANNEX)


@case(
    "Q.784.1/5.2.1",
    "T7, waiting for ACM or CON",
    clauses=["Q.764 2.1.1", ANNEX],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_t7(centre: Centre) -> None:
    """Without ACM or CON the system releases after T7."""
    party, _ = calling_out(centre)
    sent = party.call.received[0].at
    released_after(centre, "T7", sent, party.call.cic, 20, 30)


@case(
    "Q.784.1/5.2.2",
    "T9, waiting for ANM",
    clauses=["Q.764 2.1.4", ANNEX, "Q.118"],
    proves=["N-01"],
    needs="isup.outgoing",
    unverified=True,
)
def test_t9(centre: Centre) -> None:
    """Without an answer the system releases after T9. The range is that of Q.118."""
    party, _ = calling_out(centre)
    party.alerts()
    released_after(centre, "T9", centre.bench.now, party.call.cic, 60, 240)


@case(
    "Q.784.1/5.2.3",
    "T1 and T5, no RLC",
    clauses=["Q.764 2.9.6", ANNEX],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_t1_and_t5(centre: Centre) -> None:
    """REL not answered is repeated every T1; after T5 the circuit is reset."""
    caller, agent = talking(centre)
    isup, cic = centre.isup, caller.call.cic
    agent.telephone.replace()
    first = arrival(isup, cic, "REL", within=ANSWER)
    second = arrival(isup, cic, "REL", within=65 * SECOND)
    measure_time(centre.bench, "T1", second.at - first.at, *SHORT, ANNEX)
    reset = arrival(isup, cic, "REL", "RSC", within=65 * SECOND)
    while reset.title == "REL" and reset.at - first.at < 16 * MINUTE:
        reset = arrival(isup, cic, "REL", "RSC", within=65 * SECOND)
    measure_time(centre.bench, "T5", reset.at - first.at, *LONG, ANNEX)
    isup.send_message(cic, "RLC")
    isup.expect_idle(cic)


@case(
    "ISUP/15",
    "T1, T5 and T17, no RLC in an outgoing call",
    clauses=["Q.764 2.9.6", "Q.764 2.9.3.1", ANNEX],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_t1_t5_and_t17_outgoing(centre: Centre) -> None:
    """REL not answered is repeated every T1, with its cause; after T5 comes RSC, repeated every T17 only."""
    party, agent = talking_out(centre)
    isup, call = centre.isup, party.call
    agent.telephone.replace()
    call.expect("REL", within=ANSWER, cause=16)
    first = call.received[-1].at
    while call.received[-1].at - first < 16 * MINUTE:
        before = call.received[-1].at
        if call.expect("REL", "RSC", within=65 * SECOND).title == "RSC":
            break
        centre.bench.until(
            lambda: cause_value(call.received[-1].message) == 16, within=0, awaited="REL with cause 16 again"
        )
        measure_time(centre.bench, "T1", call.received[-1].at - before, *SHORT, ANNEX)
    reset = call.received[-1].at
    measure_time(centre.bench, "T5", reset - first, *LONG, ANNEX)
    again = arrival(isup, call.cic, "RSC", within=16 * MINUTE)
    measure_time(centre.bench, "T17", again.at - reset, *LONG, ANNEX)
    call.send("RLC")
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/5.2.4",
    "T6, waiting for RES (network)",
    clauses=["Q.764 2.4.1", ANNEX, "Q.118"],
    proves=["N-01"],
    needs="isup.suspend",
    unverified=True,
)
def test_t6(centre: Centre) -> None:
    """After SUS (network) without RES the system releases after T6. The range is that of Q.118."""
    party, _ = talking_out(centre)
    party.call.send("SUS", initiated_by=1)
    released_after(centre, "T6", centre.bench.now, party.call.cic, 10, 180)


@case(
    "ISUP/44",
    "T2, waiting for RES (user)",
    clauses=["Q.733.4", ANNEX],
    proves=["N-01"],
    needs="isup.suspend",
)
def test_t2(centre: Centre) -> None:
    """After SUS (user) without RES the system releases after T2, 3 minutes."""
    party, _ = talking_out(centre)
    party.call.send("SUS", initiated_by=0)
    released_after(centre, "T2", centre.bench.now, party.call.cic, 180 - SLACK, 180 + SLACK)


@case(
    "ISUP/45",
    "T35, waiting for more digits",
    clauses=["Q.764 2.2.5", ANNEX],
    proves=["N-01"],
    needs=["isup.overlap", "isup.incoming"],
)
def test_t35(centre: Centre) -> None:
    """Too few digits: REL with cause 28, address incomplete, 15 to 20 s (T35) behind the last of them."""
    isup, number = centre.isup, centre.pixit.menu_number
    call = isup.seize(called=number[:4])
    call.expect_nothing(during=10 * SECOND)
    call.send("SAM", called=number[4:6])
    released_after(centre, "T35", centre.bench.now, call.cic, 15, 20, cause=28)


@case(
    "Q.784.1/5.2.5a",
    "T8, waiting for COT",
    clauses=["Q.764 2.1.8", ANNEX],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_t8(centre: Centre) -> None:
    """An IAM that announces a continuity check on this circuit, and no COT: released after T8."""
    call = centre.isup.seize(called=centre.pixit.menu_number, continuity_check=1)
    released_after(centre, "T8", centre.bench.now, call.cic, 10, 15)


@case(
    "Q.784.1/5.2.6",
    "T12 and T13, no BLA",
    clauses=["Q.764 2.9.4", ANNEX],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_t12_and_t13(isup: IsupTester) -> None:
    """BLO not acknowledged is repeated every T12, later every T13."""
    cic = isup.free_circuit()
    isup.bench.system.maintenance().block(cic)
    repeated(isup, cic, "BLO", "T12", "T13")
    isup.send_message(cic, "BLA")


@case(
    "Q.784.1/5.2.7",
    "T14 and T15, no UBA",
    clauses=["Q.764 2.9.4", ANNEX],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_t14_and_t15(isup: IsupTester) -> None:
    """UBL not acknowledged is repeated every T14, later every T15."""
    cic = isup.free_circuit()
    maintenance = isup.bench.system.maintenance()
    maintenance.block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")
    isup.bench.run(SECOND)
    maintenance.unblock(cic)
    repeated(isup, cic, "UBL", "T14", "T15")
    isup.send_message(cic, "UBA")


@case(
    "Q.784.1/5.2.8",
    "T16 and T17, no RLC to RSC",
    clauses=["Q.764 2.9.3.1", ANNEX],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_t16_and_t17(isup: IsupTester) -> None:
    """RSC not answered is repeated every T16, later every T17."""
    cic = isup.free_circuit()
    isup.bench.system.maintenance().reset(cic)
    repeated(isup, cic, "RSC", "T16", "T17")
    isup.send_message(cic, "RLC")
    isup.expect_idle(cic)


@case(
    "Q.784.1/5.2.9",
    "T18 and T19, no CGBA",
    clauses=["Q.764 2.9.4", ANNEX],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_t18_and_t19(isup: IsupTester) -> None:
    """CGB not acknowledged is repeated every T18, later every T19."""
    cic, count = two(isup)
    isup.bench.system.maintenance().block_group(cic, count)
    repeated(isup, cic, "CGB", "T18", "T19")


@case(
    "Q.784.1/5.2.10",
    "T20 and T21, no CGUA",
    clauses=["Q.764 2.9.4", ANNEX],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_t20_and_t21(isup: IsupTester) -> None:
    """CGU not acknowledged is repeated every T20, later every T21."""
    cic, count = two(isup)
    maintenance = isup.bench.system.maintenance()
    maintenance.block_group(cic, count)
    isup.expect(cic, "CGB", within=ANSWER)
    isup.send_message(cic, "CGBA", supervision=0, range=count - 1, status=bytes(((1 << count) - 1,)))
    isup.bench.run(SECOND)
    maintenance.unblock_group(cic, count)
    repeated(isup, cic, "CGU", "T20", "T21")


@case(
    "Q.784.1/5.2.11",
    "T22 and T23, no GRA",
    clauses=["Q.764 2.9.3.2", ANNEX],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_t22_and_t23(isup: IsupTester) -> None:
    """GRS not answered is repeated every T22, later every T23."""
    cic, count = two(isup)
    isup.bench.system.maintenance().reset_group(cic, count)
    repeated(isup, cic, "GRS", "T22", "T23")


@case(
    "Q.784.1/5.3.1",
    "RSC during an outgoing call",
    clauses=["Q.764 2.9.3.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_reset_of_outgoing_call(centre: Centre) -> None:
    """RSC on the circuit of an answered outgoing call: RLC, and the call is over."""
    party, agent = talking_out(centre)
    party.call.send("RSC")
    party.call.expect("RLC", within=ANSWER)
    centre.isup.expect_idle(party.call.cic)
    agent.telephone.hears_tone(450, within=2 * SECOND)


@case(
    "Q.784.1/5.3.2",
    "RSC during an incoming call",
    clauses=["Q.764 2.9.3.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_reset_of_incoming_call(centre: Centre) -> None:
    """RSC on the circuit of an answered incoming call: RLC, and the call is over."""
    caller, agent = talking(centre)
    caller.call.send("RSC")
    caller.call.expect("RLC", within=ANSWER)
    centre.isup.expect_idle(caller.call.cic)
    agent.telephone.hears_tone(450, within=2 * SECOND)

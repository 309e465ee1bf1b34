"""MTP level 2: delimitation, error monitors, error correction, congestion (Q.781 groups 5 to 8 and 10)."""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_state import REACTION, align, in_service, measure_time
from testline.testers.link import LinkTester
from testline.testers.mtp3 import Mtp3Tester
from testline.testers.units import head
from testline.verdicts import Fail
from testrig.clock import SECOND

ERRORS_TO_FAIL: Final = 64
"""SUERM threshold T at 64 kbit/s (Q.703 10.2.2)."""
PROVING_ERRORS: Final = 4
"""AERM threshold Tin of normal proving (Q.703 10.3.2)."""
PROVING_PERIODS: Final = 5
"""Proving periods M before alignment is given up (Q.703 7.3)."""


def stays_in_service(link: LinkTester, mtp3: Mtp3Tester) -> None:
    """Prove that the link still carries messages: a signalling link test is answered."""
    mtp3.send_sltm(b"\x5a\xa5\x3c")
    mtp3.expect_slta(b"\x5a\xa5\x3c", within=2 * SECOND)
    link.expect_not("SIOS", "SIO", during=SECOND // 2)


def corrupt(link: LinkTester, count: int) -> None:
    """Send `count` fill-in signal units with wrong check bits, one after the other."""
    unit = head(link.bsn, link.bib, link.fsn, link.fib, 0)
    for _ in range(count):
        link.send_frame(unit, corrupt_fcs=True)
    link.bench.until(lambda: link.backlog == 0, within=10 * SECOND, awaited="wrong signal units sent")


@case(
    "Q.781/5.1",
    "More than seven consecutive ones between flags",
    clauses=["Q.703 4.1.3", "Q.703 4.1.4"],
    proves=["N-01"],
    needs="mtp2",
)
def test_abort_is_one_error(link: LinkTester) -> None:
    """Eight ones between flags are one error, not the end of the link."""
    mtp3 = in_service(link)
    link.send_bits("0101" + "1" * 8 + "0110", summary="eight ones between flags")
    link.bench.run(SECOND // 4)
    stays_in_service(link, mtp3)


@case(
    "Q.781/5.2",
    "Signal unit longer than the maximum",
    clauses=["Q.703 4.1.3", "Q.703 4.1.4"],
    proves=["N-01"],
    needs="mtp2",
)
def test_too_long_unit_is_discarded(link: LinkTester) -> None:
    """A signal unit of 300 octets is discarded and not acknowledged; the link stays in service."""
    mtp3 = in_service(link)
    fsn = (link.fsn + 1) % 128
    link.send_frame(head(link.bsn, link.bib, fsn, link.fib, 63) + bytes(297), summary="300 octets")
    link.bench.run(SECOND // 4)
    stays_in_service(link, mtp3)


@case(
    "Q.781/5.3",
    "Signal unit shorter than the minimum",
    clauses=["Q.703 4.1.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_too_short_unit_is_discarded(link: LinkTester) -> None:
    """A signal unit of two octets and check bits is discarded; the link stays in service."""
    mtp3 = in_service(link)
    link.send_frame(bytes((link.bsn | link.bib << 7, link.fsn | link.fib << 7)), summary="2 octets")
    link.bench.run(SECOND // 4)
    stays_in_service(link, mtp3)


@case(
    "MTP2/6",
    "Errors leak away",
    clauses=["Q.703 10.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_few_errors_leak_away(link: LinkTester) -> None:
    """40 wrong signal units, and 40 more 8 s later: what has leaked away leaves the link in service.

    In 8 s some 10,000 signal units pass, so that the counter has long been 0 again (one less in 256).
    """
    mtp3 = in_service(link)
    corrupt(link, 40)
    link.bench.run(8 * SECOND)
    corrupt(link, 40)
    stays_in_service(link, mtp3)


@case(
    "Q.781/6.3", "Consecutive corrupt signal units", clauses=["Q.703 10.2.2"], proves=["N-01"], needs="mtp2"
)
def test_64_errors_fail_the_link(link: LinkTester) -> None:
    """63 wrong signal units in a row leave the link in service; a 64th takes it out."""
    in_service(link)
    corrupt(link, ERRORS_TO_FAIL - 1)
    link.expect_not("SIOS", during=SECOND // 10)
    corrupt(link, 1)
    link.automatic = False
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/7.1",
    "Proving: error rate below the normal threshold",
    clauses=["Q.703 10.3.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_three_errors_do_not_stop_proving(link: LinkTester) -> None:
    """Three wrong signal units in a normal proving period do not restart it."""
    align(link)
    proving = link.bench.now
    link.send_lssu("SIN")
    link.bench.run(4 * SECOND)
    corrupt(link, PROVING_ERRORS - 1)
    ready = link.expect("FISU", within=8 * SECOND)
    measure_time(link.bench, "T4 (normal)", ready.at - proving, 7.5, 9.5)


@case(
    "Q.781/7.2",
    "Proving: error rate at the normal threshold",
    clauses=["Q.703 10.3.2", "Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_four_errors_restart_proving(link: LinkTester) -> None:
    """Four wrong signal units in a normal proving period restart it."""
    align(link)
    link.send_lssu("SIN")
    link.bench.run(4 * SECOND)
    corrupt(link, PROVING_ERRORS)
    again = link.bench.now
    ready = link.expect("FISU", within=11 * SECOND)
    measure_time(link.bench, "proving after the fourth error", ready.at - again, 7.4, 9.5)


@case(
    "Q.781/7.3",
    "Proving: error rate above the normal threshold",
    clauses=["Q.703 7.3", "Q.703 10.3.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_five_failed_provings_end_alignment(link: LinkTester) -> None:
    """When five proving periods have failed, alignment is given up."""
    align(link)
    link.send_lssu("SIN")
    for _ in range(PROVING_PERIODS - 1):
        link.bench.run(SECOND)
        corrupt(link, PROVING_ERRORS)
        link.expect_only("SIN", during=SECOND // 4)
    link.bench.run(SECOND)
    corrupt(link, PROVING_ERRORS)
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/7.4",
    "Proving: error rate at the emergency threshold",
    clauses=["Q.703 10.3.2"],
    proves=["N-01"],
    needs="mtp2.emergency",
)
def test_one_error_restarts_emergency_proving(link: LinkTester) -> None:
    """One wrong signal unit restarts emergency proving."""
    align(link)
    link.send_lssu("SIE")
    link.bench.run(SECOND // 4)
    corrupt(link, 1)
    again = link.bench.now
    ready = link.expect("FISU", within=2 * SECOND)
    measure_time(link.bench, "proving after the error", ready.at - again, 0.39, 0.6)


@case(
    "Q.781/8.1",
    "MSU transmission and reception",
    clauses=["Q.703 5.2.1", "Q.703 5.2.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_msu_is_acknowledged_and_answered(link: LinkTester) -> None:
    """MSUs are numbered in sequence, acknowledged positively, and nothing is repeated."""
    mtp3 = in_service(link)
    for number in range(10):
        pattern = bytes((number, 0x55))
        mtp3.send_sltm(pattern)
        mtp3.expect_slta(pattern, within=SECOND)
    link.expect_acknowledged(within=SECOND)
    received = [unit for unit in link.units if unit.kind == "MSU"]
    numbers = [unit.fsn for unit in received]
    expected = [fsn % 128 for fsn in range(len(numbers))]
    link.bench.until(
        lambda: numbers == expected and all(unit.count == 1 for unit in received),
        within=0,
        awaited=f"MSUs with FSN {expected}, each once",
        state=lambda: f"received FSN {numbers}",
    )


@case(
    "Q.781/8.2",
    "Negative acknowledgement of an MSU",
    clauses=["Q.703 5.2.2", "Q.703 5.2.4"],
    proves=["N-01"],
    needs="mtp2",
)
def test_negative_acknowledgement_repeats(link: LinkTester) -> None:
    """Two MSUs that are asked for again come again in order, same FSN, the forward indicator inverted."""
    mtp3 = in_service(link)
    link.bench.run(SECOND)
    link.forget()
    link.automatic = False
    for pattern in (b"\x77\x66", b"\x55\x44"):
        mtp3.send_sltm(pattern)
    first, second = (link.expect_msu(within=SECOND) for _ in range(2))
    link.send_fisu(bib=link.bib ^ 1)
    for sent in (first, second):
        again = link.expect_msu(within=SECOND, where=lambda unit: unit.fib != first.fib)
        if (again.fsn, again.sif) != (sent.fsn, sent.sif):
            raise Fail(awaited=f"the MSU with FSN {sent.fsn} again", state=link.where(), observed=str(again))


@case(
    "Q.781/8.11",
    "Abnormal BSN, two consecutive FISUs",
    clauses=["Q.703 5.3.1"],
    proves=["N-01"],
    needs="mtp2",
)
def test_abnormal_bsn_fails_the_link(link: LinkTester) -> None:
    """A BSN that acknowledges what was never sent, in two of three signal units, fails the link."""
    in_service(link)
    link.automatic = False
    link.send_fisu(bsn=(link.bsn + 40) % 128, deliberate=True)
    link.expect("SIOS", within=REACTION)


@case(
    "MTP2/7",
    "Abnormal BSN, single FISU",
    clauses=["Q.703 5.3.1"],
    proves=["N-01"],
    needs="mtp2",
)
def test_single_abnormal_bsn_is_survived(link: LinkTester) -> None:
    """A single signal unit with an abnormal BSN does not fail the link."""
    mtp3 = in_service(link)
    link.send_fisu(bsn=(link.bsn + 40) % 128, once=True, deliberate=True)
    link.bench.run(SECOND // 4)
    stays_in_service(link, mtp3)


@case(
    "Q.781/8.12",
    "Excessive delay of acknowledgement",
    clauses=["Q.703 5.3.1", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_missing_acknowledgement_fails_the_link(link: LinkTester) -> None:
    """An MSU not acknowledged within T7 fails the link."""
    mtp3 = in_service(link)
    link.bench.run(SECOND)  # what came before is acknowledged, and its T7 has stopped
    link.forget()
    link.automatic = False
    mtp3.send_sltm(b"\x31\x41")
    sent = link.expect_msu(within=SECOND)
    failed = link.expect("SIOS", within=3 * SECOND)
    measure_time(link.bench, "T7", failed.at - sent.at, 0.5, 2)


@case("Q.781/8.13", "Level 3 stop command", clauses=["Q.703 7"], proves=["N-01", "M-03"], needs="mtp2")
def test_stop_in_service(link: LinkTester) -> None:
    """Stopped in service, the system sends SIOS."""
    in_service(link)
    link.automatic = False
    link.bench.system.maintenance().deactivate_link()
    link.expect("SIOS", within=REACTION)


@case("Q.781/10.2", "Congestion: timer T7", clauses=["Q.703 9.3"], proves=["N-01"], needs="mtp2")
def test_busy_restarts_t7(link: LinkTester) -> None:
    """SIB from the far end holds T7 back: the link outlives T7 without an acknowledgement.

    The tester sends SIB every 100 ms (T5: 80 to 120 ms) and withholds the acknowledgement for 2.5 s; then it
    acknowledges, and nothing is left of the congestion: no T6 runs on.
    """
    mtp3 = in_service(link)
    link.bench.run(SECOND)
    link.forget()
    link.automatic = False
    mtp3.send_sltm(b"\x27\x18")
    sent = link.expect_msu(within=SECOND)
    for _ in range(25):
        link.send_lssu("SIB", once=True)
        link.expect_not("SIOS", during=SECOND // 10)
    link.bsn = sent.fsn
    link.send_fisu()
    link.automatic = True
    link.expect_not("SIOS", during=7 * SECOND)
    stays_in_service(link, mtp3)


@case(
    "Q.781/10.3", "Congestion: timer T6", clauses=["Q.703 9.3", "Q.703 12.3"], proves=["N-01"], needs="mtp2"
)
def test_long_congestion_fails_the_link(link: LinkTester) -> None:
    """When the far end stays busy for T6 the link fails."""
    mtp3 = in_service(link)
    link.automatic = False
    mtp3.send_sltm(b"\x28\x28")
    link.expect_msu(within=SECOND)
    begun = link.bench.now
    while "SIOS" not in link.receiving and link.bench.now - begun < 8 * SECOND:
        link.send_lssu("SIB", once=True)
        link.bench.run(SECOND // 10)
    failed = link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))
    measure_time(link.bench, "T6", failed.at - begun, 3, 6)

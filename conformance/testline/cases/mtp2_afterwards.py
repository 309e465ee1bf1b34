"""MTP level 2: what comes afterwards: T1 stopped, T7 started again, congestion over (Q.703 5, 7 to 9)."""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_alignment import ORDERS, aligned_not_ready, carries, level3, local_outage
from testline.cases.mtp2_correction import quiet
from testline.cases.mtp2_state import REACTION, in_service, measure_time
from testline.testers.link import LinkTester
from testline.testers.mtp3 import ISUP, Mtp3Tester
from testline.verdicts import Fail
from testrig.clock import SECOND

LENGTHS: Final = (9, 61, 62, 63, 64, 65, 127, 128, 272, 273)
"""Octets of service information octet and field: around the longest that is indicated, and the longest (Q.703
2.3.3, 2.3.8)."""


@case(
    "MTP2/41",
    "Timer T1 stops when the far end is ready, in local processor outage too",
    clauses=["Q.703 7.3", "Q.703 8.2", "Q.703 12.3"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_t1_stops_when_not_ready(link: LinkTester) -> None:
    """FISUs come just before T1 (40 to 50 s) runs out: SIPO goes on beyond it, then the link is in service.

    Longer than 8 s the outage may not last: level 3 tests the link then (Q.707 5.5, T1 4 s at least, twice).
    """
    aligned_not_ready(link)
    link.bench.run(39 * SECOND)
    link.send_fisu()
    link.expect_only("SIPO", during=15 * SECOND // 2)
    level3(link.bench).processor_outage(False)
    link.expect("FISU", "MSU", within=REACTION)


@case(
    "MTP2/42",
    "Messages of every length are accepted",
    clauses=["Q.703 2.3.3", "Q.703 2.3.8"],
    proves=["N-01"],
    needs="mtp2",
)
def test_messages_of_every_length(link: LinkTester) -> None:
    """MSUs around 63 octets, from which on the length indicator says 63, and the longest are acknowledged."""
    mtp3 = in_service(link)
    for length in LENGTHS:
        label = mtp3.label(ISUP, dpc=mtp3.other ^ 1)
        link.send_msu(label + bytes(length - len(label)), deliberate=True)
        link.expect(
            "FISU",
            "MSU",
            within=REACTION,
            awaited=f"an acknowledgement of {length} octets",
            where=lambda unit: unit.bsn == link.fsn,
        )
    carries(link, mtp3)


@case(
    "MTP2/43",
    "Timer T7 starts again with every acknowledgement",
    clauses=["Q.703 5.3.1", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_t7_starts_again(link: LinkTester) -> None:
    """Of ten MSUs one is acknowledged every 0.4 s: the link stays in service, until T7 after the last one."""
    mtp3 = quiet(link)
    for count in range(10):
        mtp3.send_sltm(bytes((0x60 + count,)) * 2)
    first = link.expect_msu(within=SECOND)
    link.bench.run(SECOND // 10)
    for count in range(8):
        link.bsn = (first.fsn + count) % 128
        link.send_fisu()
        acknowledged = link.bench.now
        if count < 7:
            link.expect_not("SIOS", during=2 * SECOND // 5)
    failed = link.expect("SIOS", within=3 * SECOND, through=("FISU", "MSU"))
    measure_time(link.bench, "T7", failed.at - acknowledged, 0.5, 2)


def asks_for_nothing(link: LinkTester, mtp3: Mtp3Tester, bib: int) -> None:
    """Fail when the system's backward indicator bit is not `bib` any more: it asks for a message."""
    start = len(link.units) - 1
    link.bench.run(SECOND // 2)
    wrong = next((unit for unit in link.units[start:] if unit.bib != bib), None)
    if wrong is not None:
        raise Fail(awaited=f"BIB {bib} still", state="nothing missed", observed=str(wrong))
    carries(link, mtp3)


@case(
    "MTP2/44",
    "Congestion during which nothing came",
    clauses=["Q.703 9.4"],
    proves=["N-01"],
    needs=("mtp2.congestion", ORDERS),
)
def test_congestion_without_messages(link: LinkTester) -> None:
    """Nothing was discarded, so nothing is asked for when the congestion is over: BIB stays."""
    mtp3 = quiet(link)
    link.automatic = True
    level3(link.bench).congestion(True)
    busy = link.expect("SIB", within=REACTION)
    link.bench.run(SECOND // 2)
    level3(link.bench).congestion(False)
    link.bench.run(SECOND // 10)
    asks_for_nothing(link, mtp3, busy.bib)


@case(
    "MTP2/45",
    "Local processor outage during which nothing came",
    clauses=["Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_outage_without_messages(link: LinkTester) -> None:
    """No message was missed in the outage, so nothing is asked for when it is over: BIB stays."""
    mtp3 = local_outage(link)
    bib = link.units[-1].bib
    link.bench.run(SECOND // 2)
    level3(link.bench).processor_outage(False)
    link.expect("FISU", "MSU", within=REACTION)
    asks_for_nothing(link, mtp3, bib)


@case(
    "MTP2/46",
    "SIB when nothing awaits an acknowledgement",
    clauses=["Q.703 9.3", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_busy_without_messages(link: LinkTester) -> None:
    """With every message acknowledged SIB starts neither T7 nor T6 (6 s at most): the link stays up."""
    mtp3 = quiet(link)
    link.automatic = True
    for _ in range(5):
        link.send_lssu("SIB", once=True)
        link.bench.run(SECOND // 10)
    link.expect_not("SIOS", during=7 * SECOND)
    carries(link, mtp3)

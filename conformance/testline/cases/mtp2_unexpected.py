"""MTP level 2: what is out of place, transmission failures, processor outage (Q.781 groups 2 to 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from testline.case import case
from testline.cases.mtp2_alignment import (
    ORDERS,
    aligned_not_ready,
    carries,
    level3,
    link_test,
    local_outage,
    same_bsn,
)
from testline.cases.mtp2_state import (
    REACTION,
    activate,
    align,
    aligned_ready,
    in_service,
    measure_time,
    out_of_service,
)
from testline.testers.link import LinkTester
from testline.testers.mtp3 import Mtp3Tester
from testrig.clock import SECOND, Instant
from testrig.system import Refused

UNKNOWN_STATUS: Final = 6
"""A status indication without a meaning (Q.703 11.1.3)."""
BREAK: Final = "1" * 8 * 4000
"""Ones for half a second: what a broken transmission path brings."""


def order(give: Callable[[], None]) -> None:
    """Give an order that is out of place: the system may refuse it, but not stumble over it."""
    try:
        give()
    except Refused:
        return


def out_of_place(link: LinkTester, *statuses: str | int, units: bool = True) -> None:
    """Send status indications, and a FISU and an MSU with the numbers of a new link, each once."""
    for status in statuses:
        link.send_lssu(status, once=True)
    if units:
        link.send_fisu(bsn=127, bib=1, fsn=127, fib=1, once=True)
        message = link_test(Mtp3Tester(link.bench, link))
        link.send_msu(message, bsn=127, bib=1, fsn=0, fib=1, deliberate=True)
    link.bench.until(lambda: link.backlog == 0, within=SECOND, awaited="signal units sent")


def orders(link: LinkTester, *, recovered: bool = False) -> None:
    """Orders of level 3 without a place in the state the link is in."""
    maintenance = level3(link.bench)
    order(lambda: maintenance.emergency(True))
    order(lambda: maintenance.emergency(False))
    if recovered:
        order(lambda: maintenance.processor_outage(False))
    order(maintenance.activate_link)


def comes_into_service(link: LinkTester) -> None:
    """From proving, the tester still sending SIN, into service."""
    link.expect("FISU", within=11 * SECOND)
    link.send_fisu()
    link.expect_msu(within=SECOND // 4)


def break_fails_the_link(link: LinkTester) -> None:
    """Break the path to the system: 64 counts of 16 octets are 128 ms (Q.703 10.2.2, 10.2.3)."""
    link.send_bits(BREAK, closing_flag=False, summary="ones for half a second")
    broken: Instant = link.bench.now
    failed = link.expect("SIOS", within=REACTION)
    measure_time(link.bench, "detection of the break", failed.at - broken, 0.1, 0.16, "Q.703 10.2")


def wrong_fib_fails_the_link(link: LinkTester) -> None:
    """Send FISUs with an indicator bit nobody asked for: two of three fail the link (Q.703 5.3.2)."""
    link.send_fisu(fib=link.fib ^ 1, deliberate=True)
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/2.2",
    "Unexpected signal units and orders when not aligned",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2", ORDERS),
)
def test_not_aligned_ignores_what_is_out_of_place(link: LinkTester) -> None:
    """SIOS, SIPO, SIB, an unknown status, FISU, MSU and a second start leave SIO; then alignment goes on."""
    out_of_service(link)
    activate(link)
    link.send_lssu("SIOS")
    out_of_place(link, "SIPO", "SIB", UNKNOWN_STATUS)
    order(lambda: level3(link.bench).emergency(False))
    order(level3(link.bench).activate_link)
    link.expect_only("SIO", during=SECOND)
    link.send_lssu("SIO")
    link.expect("SIN", within=REACTION)
    link.send_lssu("SIN")
    comes_into_service(link)


@case(
    "Q.781/2.3",
    "Unexpected signal units and orders when aligned",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2", ORDERS),
)
def test_aligned_ignores_what_is_out_of_place(link: LinkTester) -> None:
    """SIPO, SIB, an unknown status, FISU, MSU and a second start leave SIN; SIN from the far end proves."""
    align(link)
    out_of_place(link, "SIPO", "SIB", UNKNOWN_STATUS)
    order(lambda: level3(link.bench).emergency(False))
    order(level3(link.bench).activate_link)
    link.expect_only("SIN", during=SECOND // 2)
    link.send_lssu("SIN")
    comes_into_service(link)


@case(
    "Q.781/2.4",
    "Unexpected signal units and orders while proving",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2", ORDERS),
)
def test_proving_ignores_what_is_out_of_place(link: LinkTester) -> None:
    """SIPO, SIB, an unknown status, FISU, MSU and a second start do not disturb proving."""
    align(link)
    proving = link.bench.now
    link.send_lssu("SIN")
    link.bench.run(3 * SECOND)
    out_of_place(link, "SIPO", "SIB", UNKNOWN_STATUS)
    order(lambda: level3(link.bench).emergency(False))
    order(level3(link.bench).activate_link)
    link.expect_only("SIN", during=SECOND)
    ready = link.expect("FISU", within=6 * SECOND)
    measure_time(link.bench, "T4 (normal)", ready.at - proving, 7.5, 9.5)
    link.send_fisu()
    link.expect_msu(within=SECOND // 4)


@case(
    "Q.781/2.5",
    "Unexpected signal units and orders when aligned ready",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2", ORDERS),
)
def test_aligned_ready_ignores_what_is_out_of_place(link: LinkTester) -> None:
    """SIB, an unknown status, emergency, a recovery without outage and a second start leave the FISUs."""
    aligned_ready(link)
    out_of_place(link, "SIB", UNKNOWN_STATUS, units=False)
    orders(link, recovered=True)
    link.expect_only("FISU", during=2 * SECOND)
    link.send_fisu()
    link.expect_msu(within=SECOND // 4)


@case(
    "Q.781/2.6",
    "Unexpected signal units and orders when aligned not ready",
    clauses=["Q.703 7.3", "Q.703 8.2"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_aligned_not_ready_ignores_what_is_out_of_place(link: LinkTester) -> None:
    """SIB, an unknown status, emergency, a second outage and a second start leave SIPO."""
    aligned_not_ready(link)
    out_of_place(link, "SIB", UNKNOWN_STATUS, units=False)
    orders(link)
    order(lambda: level3(link.bench).processor_outage(True))
    link.expect_only("SIPO", during=2 * SECOND)
    link.send_fisu()
    link.expect_only("SIPO", during=2 * SECOND)


@case(
    "Q.781/2.7",
    "Unexpected signal units and orders in service",
    clauses=["Q.703 7", "Q.703 11.1.3"],
    proves=["N-01"],
    needs=("mtp2", ORDERS),
)
def test_in_service_ignores_what_is_out_of_place(link: LinkTester) -> None:
    """An unknown status, emergency, a recovery without outage and a second start change nothing."""
    mtp3 = in_service(link)
    out_of_place(link, UNKNOWN_STATUS, units=False)
    orders(link, recovered=True)
    link.expect_only("FISU", "MSU", during=SECOND)
    carries(link, mtp3)


@case(
    "Q.781/2.8",
    "Unexpected signal units and orders in processor outage",
    clauses=["Q.703 8"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_processor_outage_ignores_what_is_out_of_place(link: LinkTester) -> None:
    """SIB, an unknown status, emergency and a second start leave SIPO, and the outage can be cleared."""
    mtp3 = local_outage(link)
    out_of_place(link, "SIB", UNKNOWN_STATUS, units=False)
    orders(link)
    link.expect_only("SIPO", during=SECOND)
    level3(link.bench).processor_outage(False)
    link.expect("FISU", "MSU", within=REACTION)
    carries(link, mtp3)


@case(
    "Q.781/3.1",
    "Aligned ready, transmission path broken",
    clauses=["Q.703 10.2", "Q.703 4.1.4"],
    proves=["N-01"],
    needs="mtp2",
)
def test_break_when_aligned_ready(link: LinkTester) -> None:
    """Nothing but ones in aligned ready: octet counting fails the link."""
    aligned_ready(link)
    break_fails_the_link(link)


@case(
    "Q.781/3.2",
    "Aligned ready, forward indicator bits corrupted",
    clauses=["Q.703 5.3.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_wrong_fib_when_aligned_ready(link: LinkTester) -> None:
    """FISUs with the indicator bit inverted do not bring an aligned link into service, but fail it."""
    aligned_ready(link)
    wrong_fib_fails_the_link(link)


@case(
    "Q.781/3.3",
    "Aligned not ready, transmission path broken",
    clauses=["Q.703 10.2", "Q.703 8.2"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_break_when_not_ready(link: LinkTester) -> None:
    """Nothing but ones in aligned not ready: octet counting fails the link."""
    aligned_not_ready(link)
    break_fails_the_link(link)


@case(
    "Q.781/3.4",
    "Aligned not ready, forward indicator bits corrupted",
    clauses=["Q.703 5.3.2", "Q.703 8.2"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_wrong_fib_when_not_ready(link: LinkTester) -> None:
    """FISUs with the indicator bit inverted fail a link that is aligned not ready."""
    aligned_not_ready(link)
    wrong_fib_fails_the_link(link)


@case(
    "Q.781/3.7",
    "Processor outage, transmission path broken",
    clauses=["Q.703 10.2", "Q.703 8"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_break_in_processor_outage(link: LinkTester) -> None:
    """The error monitor goes on in processor outage: a broken path fails the link."""
    local_outage(link)
    link.automatic = False
    break_fails_the_link(link)


@case(
    "Q.781/3.8",
    "Processor outage, forward indicator bits corrupted",
    clauses=["Q.703 5.3.2", "Q.703 8"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_wrong_fib_in_processor_outage(link: LinkTester) -> None:
    """FISUs with the indicator bit inverted fail a link in processor outage."""
    local_outage(link)
    link.automatic = False
    wrong_fib_fails_the_link(link)


@case(
    "Q.781/4.1",
    "Local processor outage set and cleared in service",
    clauses=["Q.703 8.2", "Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_outage_in_service_with_buffers_flushed(link: LinkTester) -> None:
    """In outage SIPO, and no message is accepted; flushed, numbers go back to the last acknowledged.

    The tester leaves the system's last message unacknowledged. After the flush the system's FSN is one
    lower, and the next message it sends after the outage takes the number of the one discarded. What the
    tester sent in the outage is asked for and accepted then.
    """
    mtp3 = in_service(link)
    link.bench.run(SECOND)
    link.acknowledging = False
    link.forget()
    mtp3.send_sltm(b"\x01\x02")
    held = link.expect_msu(within=SECOND)
    level3(link.bench).processor_outage(True)
    begun = link.expect("SIPO", within=REACTION, awaited="SIPO with the FSN of the last message")
    start = len(link.units)
    mtp3.send_sltm(b"\x03\x04")
    link.expect_only("SIPO", during=SECOND)
    level3(link.bench).flush_link()
    link.expect(
        "SIPO",
        within=REACTION,
        where=lambda unit: unit.fsn == (held.fsn - 1) % 128,
        awaited=f"SIPO with FSN {(held.fsn - 1) % 128}",
    )
    same_bsn(link.units[start:], begun.bsn)
    link.acknowledging = True
    level3(link.bench).processor_outage(False)
    link.expect_msu(within=SECOND, where=lambda unit: unit.fsn == held.fsn and unit.sif != held.sif)
    mtp3.expect_slta(b"\x03\x04", within=SECOND)
    carries(link, mtp3)


@case(
    "Q.781/4.2",
    "Remote processor outage during local processor outage",
    clauses=["Q.703 8.2", "Q.703 8.3", "Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_remote_outage_within_local_outage(link: LinkTester) -> None:
    """The far processor goes out and comes back within the system's own outage: SIPO all the time."""
    mtp3 = local_outage(link)
    link.send_lssu("SIPO")
    link.expect_only("SIPO", during=SECOND)
    link.send_fisu()
    link.expect_only("SIPO", during=SECOND)
    level3(link.bench).processor_outage(False)
    link.expect("FISU", "MSU", within=REACTION)
    carries(link, mtp3)


@case(
    "Q.781/4.3",
    "Local processor outage cleared when both processors are out",
    clauses=["Q.703 8.3", "Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_local_outage_cleared_first(link: LinkTester) -> None:
    """The system recovers first: FISUs, but no message until the far processor is back too.

    A message asked for again within the outage is there to be sent all the time.
    """
    mtp3 = in_service(link)
    link.bench.run(SECOND)
    link.acknowledging = False
    link.forget()
    mtp3.send_sltm(b"\x04\x03")
    held = link.expect_msu(within=SECOND)
    level3(link.bench).processor_outage(True)
    link.expect("SIPO", within=REACTION)
    link.nack()
    link.bench.run(SECOND // 10)
    link.send_lssu("SIPO")
    link.bench.run(SECOND // 2)
    level3(link.bench).processor_outage(False)
    link.expect("FISU", within=REACTION)
    link.expect_only("FISU", during=2 * SECOND)
    link.acknowledging = True
    link.send_fisu()
    link.expect_msu(within=SECOND, where=lambda unit: (unit.fsn, unit.fib) == (held.fsn, link.bib))
    carries(link, mtp3)


@case(
    "MTP2/20",
    "Remote processor outage behind a local one",
    clauses=["Q.703 8.3", "Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_remote_outage_after_local_outage(link: LinkTester) -> None:
    """A link whose own outage is over holds its messages back when the far processor goes out.

    40 messages are asked for again and SIPO follows 10 ms later: what is left of them waits for it.
    """
    mtp3 = local_outage(link)
    level3(link.bench).processor_outage(False)
    link.expect("FISU", "MSU", within=REACTION)
    carries(link, mtp3)
    link.acknowledging = False
    link.forget()
    for count in range(40):
        mtp3.send_sltm(bytes((count,)) * 15)
    last = bytes((39,)) * 15
    link.expect_msu(within=SECOND, where=lambda unit: unit.sif.endswith(last))
    link.nack()
    link.bench.run(SECOND // 100)
    link.send_lssu("SIPO")
    link.bench.run(SECOND // 25)
    link.forget()
    link.expect_only("FISU", during=SECOND)
    link.acknowledging = True
    link.send_fisu()
    link.expect_msu(within=SECOND, where=lambda unit: unit.sif.endswith(last))
    carries(link, mtp3)

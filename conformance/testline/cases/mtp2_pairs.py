"""MTP level 2: what no test of Q.781 brings together.

A row of a state table that is missing shows only where its event meets its state. These are rows of Q.703
figures 8 (link state), 9 (alignment), 10 (processor outage) and 19 (congestion) that the numbered tests pass
by.
"""

from __future__ import annotations

from testline.case import case
from testline.cases.mtp2_alignment import ORDERS, aligned_not_ready, carries, level3, local_outage
from testline.cases.mtp2_state import (
    REACTION,
    align,
    aligned_ready,
    in_service,
    measure_time,
    out_of_service,
)
from testline.cases.mtp2_unexpected import comes_into_service
from testline.testers.link import LinkTester
from testline.testers.mtp3 import Mtp3Tester
from testrig.clock import SECOND


def far_outage_passes(link: LinkTester, mtp3: Mtp3Tester) -> None:
    """Send SIPO for a while: the system holds its messages back, and lets them go afterwards."""
    link.send_lssu("SIPO")
    link.expect_not("SIOS", "SIPO", during=SECOND)
    link.send_fisu()
    carries(link, mtp3)


def comes_back(link: LinkTester) -> Mtp3Tester:
    """Bring a link that was taken down into service again, by both ends' orders."""
    level3(link.bench).activate_link()
    return in_service(link)


@case(
    "MTP2/21",
    "SIOS received when aligned",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_sios_when_aligned(link: LinkTester) -> None:
    """SIOS from a far end that was aligned already: alignment is not possible, and the system sends SIOS."""
    align(link)
    link.send_lssu("SIOS")
    link.expect("SIOS", within=REACTION)


@case(
    "MTP2/22",
    "SIE received during normal proving",
    clauses=["Q.703 7.3", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2.emergency",
)
def test_sie_during_proving(link: LinkTester) -> None:
    """The far end becomes urgent while it proves: an emergency period begins; the system goes on with SIN."""
    align(link)
    link.send_lssu("SIN")
    link.bench.run(3 * SECOND)
    link.forget()
    hurried = link.bench.now
    link.send_lssu("SIE")
    ready = link.expect("FISU", within=2 * SECOND, through=("SIN",))
    measure_time(link.bench, "T4 (emergency)", ready.at - hurried, 0.4, 0.6)


@case(
    "MTP2/23",
    "Local processor outage set during initial alignment and kept",
    clauses=["Q.703 8.2"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_outage_set_while_proving(link: LinkTester) -> None:
    """Proving goes on as if nothing were; then come SIPOs, and no FISU before them."""
    align(link)
    proving = link.bench.now
    link.send_lssu("SIN")
    link.bench.run(SECOND)
    level3(link.bench).processor_outage(True)
    not_ready = link.expect("SIPO", within=9 * SECOND, through=("SIN",))
    measure_time(link.bench, "T4 (normal)", not_ready.at - proving, 7.5, 9.5)


@case(
    "MTP2/24",
    "Deactivation when aligned ready",
    clauses=["Q.703 7.3"],
    proves=["N-01", "M-03"],
    needs="mtp2",
)
def test_stop_when_aligned_ready(link: LinkTester) -> None:
    """Stopped while it sends FISUs and the far end still proves, the system sends SIOS."""
    aligned_ready(link)
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION)


@case(
    "MTP2/25",
    "Local processor outage cleared when aligned not ready",
    clauses=["Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_recovered_when_not_ready(link: LinkTester) -> None:
    """FISUs replace SIPO, and with FISUs from the far end the link is in service."""
    aligned_not_ready(link)
    level3(link.bench).processor_outage(False)
    comes_into_service(link)


@case(
    "MTP2/26",
    "Local processor outage cleared when aligned not ready: timer T1 goes on",
    clauses=["Q.703 8.4", "Q.703 12.3"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_t1_goes_on_after_the_recovery(link: LinkTester) -> None:
    """T1 runs from the end of proving, whatever became of the processor since."""
    not_ready = aligned_not_ready(link)
    link.bench.run(20 * SECOND)
    level3(link.bench).processor_outage(False)
    ended = link.expect("SIOS", within=35 * SECOND, through=("SIPO", "FISU"))
    measure_time(link.bench, "T1", ended.at - not_ready.at, 40, 50)


def fails_in_outage(link: LinkTester, status: str) -> None:
    """In outage, the far end aligns anew: the link is out of service and the outage forgotten with it."""
    local_outage(link)
    link.automatic = False
    link.send_lssu(status)
    link.expect("SIOS", within=REACTION, through=("SIPO",))


@case(
    "MTP2/27",
    "SIO received in processor outage",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_sio_in_outage(link: LinkTester) -> None:
    """SIO takes a link in processor outage out of service."""
    fails_in_outage(link, "SIO")


@case(
    "MTP2/28",
    "SIN received in processor outage",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_sin_in_outage(link: LinkTester) -> None:
    """SIN takes a link in processor outage out of service."""
    fails_in_outage(link, "SIN")


@case(
    "MTP2/29",
    "SIE received in processor outage",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_sie_in_outage(link: LinkTester) -> None:
    """SIE takes a link in processor outage out of service."""
    fails_in_outage(link, "SIE")


@case(
    "MTP2/30",
    "Local processor outage during remote processor outage",
    clauses=["Q.703 8.2", "Q.703 8.3", "Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_local_outage_within_remote_outage(link: LinkTester) -> None:
    """The far processor is out first, the system's own one longer: SIPO until it is back, then messages."""
    mtp3 = in_service(link)
    link.bench.run(SECOND)
    link.send_lssu("SIPO")
    link.expect_not("SIOS", "SIPO", during=SECOND)
    level3(link.bench).processor_outage(True)
    link.expect("SIPO", within=REACTION)
    link.send_fisu()
    link.expect_only("SIPO", during=SECOND)
    level3(link.bench).processor_outage(False)
    link.expect("FISU", "MSU", within=REACTION)
    carries(link, mtp3)


@case(
    "MTP2/31",
    "Deactivated during local processor outage and activated again",
    clauses=["Q.703 8"],
    proves=["N-01", "M-03"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_local_outage_is_forgotten_with_the_link(link: LinkTester) -> None:
    """A stop ends the outage: aligned again, a far outage comes and goes as on a new link."""
    local_outage(link)
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION, through=("SIPO",))
    far_outage_passes(link, comes_back(link))


@case(
    "MTP2/32",
    "Link failed with both processors out, and in service again",
    clauses=["Q.703 8"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_both_outages_are_forgotten_with_the_link(link: LinkTester) -> None:
    """A failure ends both outages: aligned again, a far outage comes and goes as on a new link."""
    local_outage(link)
    link.send_lssu("SIPO")
    link.bench.run(SECOND)
    link.automatic = False
    link.send_lssu("SIOS")
    link.expect("SIOS", within=REACTION, through=("SIPO",))
    link.stop()
    far_outage_passes(link, comes_back(link))


@case(
    "MTP2/33",
    "Deactivated when congested, activated and congested again",
    clauses=["Q.703 9.3"],
    proves=["N-01", "M-03"],
    needs=("mtp2.congestion", ORDERS),
)
def test_congestion_is_forgotten_with_the_link(link: LinkTester) -> None:
    """A stop ends congestion: no SIB on the link as it is new, and SIB when congestion comes again."""
    in_service(link)
    link.bench.run(SECOND)
    level3(link.bench).congestion(True)
    link.expect("SIB", within=REACTION, through=("FISU", "MSU"))
    out_of_service(link)
    mtp3 = comes_back(link)
    link.expect_not("SIB", during=SECOND)
    carries(link, mtp3)
    level3(link.bench).congestion(True)
    first = link.expect("SIB", within=REACTION, through=("FISU", "MSU"))
    second = link.expect("SIB", within=REACTION, through=("FISU", "MSU"))
    measure_time(link.bench, "T5", second.at - first.at, 0.08, 0.12)

"""MTP level 2: link state control and failures (Q.781 groups 1 to 3).

Test numbers and purposes are those of Q.781; the limits are Q.703 12.3 for 64 kbit/s. The tester is SP B,
the system SP A. `through` in an `expect` names what may be seen on the way.
"""

from __future__ import annotations

from typing import Final

from testline.bench import Bench
from testline.case import case
from testline.measurements import Measurement
from testline.testers.link import LinkTester
from testline.testers.mtp3 import Mtp3Tester
from testline.testers.units import STATUSES, Unit
from testrig.clock import SECOND, Instant

TIMING_UNCERTAINTY: Final = 0.010
"""Seconds: a block of 5 ms at either end of an interval."""
REACTION: Final = SECOND // 2
"""Frames in which a system must be seen to react to a signal unit; Q.706 4.3.3 asks for far less."""


def measure_time(
    bench: Bench, name: str, frames: Instant, low: float, high: float, clause: str = "Q.703 12.3"
) -> None:
    """Judge an interval given in frames against limits in seconds."""
    bench.measure(
        Measurement(
            name=name,
            value=round(frames / SECOND, 4),
            unit="s",
            low=low,
            high=high,
            uncertainty=TIMING_UNCERTAINTY,
            clause=clause,
        )
    )


def out_of_service(link: LinkTester) -> None:
    """Take the system's link out of service by its maintenance terminal; SIOS follows."""
    link.bench.system.maintenance().deactivate_link()
    link.expect("SIOS", within=2 * SECOND, through=(*STATUSES, "FISU", "MSU"))


def activate(link: LinkTester, *, emergency: bool = False) -> Unit:
    """Order initial alignment at the system; return its first SIO."""
    link.bench.system.maintenance().activate_link(emergency=emergency)
    return link.expect("SIO", within=2 * SECOND)


def align(link: LinkTester, *, emergency: bool = False) -> Unit:
    """From out of service to the system's first SIN (SIE when `emergency`), the tester sending SIO."""
    out_of_service(link)
    activate(link, emergency=emergency)
    link.send_lssu("SIO")
    return link.expect("SIE" if emergency else "SIN", within=REACTION)


def in_service(link: LinkTester) -> Mtp3Tester:
    """Bring the link into service with a level 3 that answers signalling link tests."""
    mtp3 = Mtp3Tester(link.bench, link)
    mtp3.bring_up()
    link.restarting = False
    link.forget()
    return mtp3


def aligned_ready(link: LinkTester) -> Unit:
    """Bring the system to aligned ready, the tester still sending SIN; return its first FISU."""
    align(link)
    link.send_lssu("SIN")
    return link.expect("FISU", within=10 * SECOND)


@case(
    "Q.781/1.1a",
    "Initialization (power-up)",
    clauses=["Q.703 7", "Q.703 11.1.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_out_of_service_sends_sios(link: LinkTester) -> None:
    """A link out of service sends SIOS and nothing else."""
    out_of_service(link)
    link.expect_only("SIOS", during=5 * SECOND)


@case("Q.781/1.2", "Timer T2", clauses=["Q.703 7.3", "Q.703 12.3"], proves=["N-01"], needs="mtp2")
def test_not_aligned_gives_up_after_t2(link: LinkTester) -> None:
    """Without an answer to its SIO the system gives up after T2 and sends SIOS."""
    out_of_service(link)
    begun = activate(link)
    ended = link.expect("SIOS", within=160 * SECOND)
    measure_time(link.bench, "T2", ended.at - begun.at, 5, 150)


@case("Q.781/1.3", "Timer T3", clauses=["Q.703 7.3", "Q.703 12.3"], proves=["N-01"], needs="mtp2")
def test_aligned_gives_up_after_t3(link: LinkTester) -> None:
    """Aligned, with SIO still coming, the system gives up after T3 and sends SIOS."""
    begun = align(link)
    ended = link.expect("SIOS", within=3 * SECOND)
    measure_time(link.bench, "T3", ended.at - begun.at, 1, 2)


@case(
    "Q.781/1.4",
    "Timer T1 and timer T4 (normal)",
    clauses=["Q.703 7.3", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_proving_lasts_t4_and_aligned_ready_t1(link: LinkTester) -> None:
    """Normal proving lasts T4; with SIN still coming the system gives up after T1."""
    align(link)
    proving = link.bench.now
    link.send_lssu("SIN")
    ready = link.expect("FISU", within=11 * SECOND)
    measure_time(link.bench, "T4 (normal)", ready.at - proving, 7.5, 9.5)
    ended = link.expect("SIOS", within=55 * SECOND)
    measure_time(link.bench, "T1", ended.at - ready.at, 40, 50)


@case(
    "Q.781/1.5a",
    "Normal alignment, correct procedure (FISU)",
    clauses=["Q.703 7.2", "Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_normal_alignment_ends_in_service(link: LinkTester) -> None:
    """SIO, SIN, proving, FISU from both ends, and the link is in service: messages may be sent.

    The system's first message is its link test; it is looked for within less than T7, as the tester's level 2
    does not acknowledge here.
    """
    aligned_ready(link)
    link.send_fisu()
    link.expect_msu(within=SECOND // 4)


@case(
    "Q.781/1.6",
    "Normal alignment, correct procedure (MSU)",
    clauses=["Q.703 7.3", "Q.703 5.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_msu_ends_alignment(link: LinkTester) -> None:
    """An MSU instead of a FISU brings the link into service and is acknowledged."""
    mtp3 = Mtp3Tester(link.bench, link)
    aligned_ready(link)
    sif = bytes.fromhex("81") + bytes(mtp3.label(sls=link.bench.pixit.slc)) + bytes.fromhex("1120aa55")
    link.send_msu(sif, fsn=0, fib=1, bsn=127, bib=1)
    link.send_fisu(fsn=0, fib=1, bsn=127, bib=1)
    link.expect("FISU", "MSU", within=REACTION, awaited="BSN 0", where=lambda unit: unit.bsn == 0)


@case(
    "Q.781/1.7",
    "SIO received during normal proving period",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_sio_during_proving_restarts_it(link: LinkTester) -> None:
    """SIO during proving stops it; proving begins again, in full, with the next SIN."""
    align(link)
    link.send_lssu("SIN")
    link.bench.run(3 * SECOND)
    link.send_lssu("SIO")
    link.expect_only("SIN", during=SECOND // 2)
    again = link.bench.now
    link.send_lssu("SIN")
    ready = link.expect("FISU", within=11 * SECOND)
    measure_time(link.bench, "T4 (normal) after SIO", ready.at - again, 7.5, 9.5)


@case(
    "Q.781/1.34",
    "SIOS received instead of FISUs",
    clauses=["Q.703 7.3", "Q.703 10"],
    proves=["N-01"],
    needs="mtp2",
)
def test_sios_when_aligned_ready(link: LinkTester) -> None:
    """SIOS in aligned ready takes the link out of service."""
    aligned_ready(link)
    link.send_lssu("SIOS")
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.33",
    "SIO received instead of FISUs",
    clauses=["Q.703 7.3", "Q.703 10"],
    proves=["N-01"],
    needs="mtp2",
)
def test_sio_when_aligned_ready(link: LinkTester) -> None:
    """SIO in aligned ready takes the link out of service."""
    aligned_ready(link)
    link.send_lssu("SIO")
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.17",
    "No SIO sent during normal proving period",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_sin_at_once_is_enough(link: LinkTester) -> None:
    """SIN in answer to SIO, without a SIO before it, aligns the link and begins proving."""
    out_of_service(link)
    activate(link)
    proving = link.bench.now
    link.send_lssu("SIN")
    link.expect("SIN", within=REACTION)
    ready = link.expect("FISU", within=11 * SECOND)
    measure_time(link.bench, "T4 (normal)", ready.at - proving, 7.5, 9.5)


@case(
    "MTP2/1",
    "Emergency set at the system only",
    clauses=["Q.703 7.2", "Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2.emergency",
)
def test_emergency_sends_sie(link: LinkTester) -> None:
    """With emergency set the system sends SIE, and proving is the emergency one."""
    align(link, emergency=True)
    proving = link.bench.now
    link.send_lssu("SIN")
    ready = link.expect("FISU", within=2 * SECOND)
    measure_time(link.bench, "T4 (emergency)", ready.at - proving, 0.4, 0.6)


@case(
    "Q.781/1.21",
    "Both ends set emergency",
    clauses=["Q.703 7.2", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2.emergency",
)
def test_both_ends_emergency(link: LinkTester) -> None:
    """SIE from both ends: emergency proving."""
    align(link, emergency=True)
    proving = link.bench.now
    link.send_lssu("SIE")
    ready = link.expect("FISU", within=2 * SECOND)
    measure_time(link.bench, "T4 (emergency)", ready.at - proving, 0.4, 0.6)


@case(
    "Q.781/1.22",
    "One end sets emergency",
    clauses=["Q.703 7.2", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2.emergency",
)
def test_far_end_emergency(link: LinkTester) -> None:
    """SIE received while SIN is sent: the proving period is the emergency one."""
    align(link)
    proving = link.bench.now
    link.send_lssu("SIE")
    ready = link.expect("FISU", within=2 * SECOND)
    measure_time(link.bench, "T4 (emergency)", ready.at - proving, 0.4, 0.6)


@case(
    "Q.781/1.24",
    "No SIO sent during emergency alignment",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2.emergency",
)
def test_sie_at_once_is_enough(link: LinkTester) -> None:
    """Emergency set at both ends: SIE in answer to SIO, without a SIO before it, begins emergency proving."""
    out_of_service(link)
    activate(link, emergency=True)
    proving = link.bench.now
    link.send_lssu("SIE")
    link.expect("SIE", within=REACTION)
    ready = link.expect("FISU", within=2 * SECOND)
    measure_time(link.bench, "T4 (emergency)", ready.at - proving, 0.4, 0.6)


@case(
    "Q.781/1.25",
    "Deactivation during initial alignment",
    clauses=["Q.703 7.3"],
    proves=["N-01", "M-03"],
    needs="mtp2",
)
def test_stop_while_not_aligned(link: LinkTester) -> None:
    """Stopped while it sends SIO, the system sends SIOS."""
    out_of_service(link)
    activate(link)
    link.bench.system.maintenance().deactivate_link()
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.26",
    "Deactivation during aligned state",
    clauses=["Q.703 7.3"],
    proves=["N-01", "M-03"],
    needs="mtp2",
)
def test_stop_while_aligned(link: LinkTester) -> None:
    """Stopped while it sends SIN and waits for SIN, the system sends SIOS."""
    align(link)
    link.bench.system.maintenance().deactivate_link()
    link.expect("SIOS", within=REACTION)


@case("Q.781/1.28", "SIO received in service", clauses=["Q.703 10"], proves=["N-01"], needs="mtp2")
def test_sio_in_service(link: LinkTester) -> None:
    """SIO on a link in service takes it out of service."""
    in_service(link)
    link.automatic = False
    link.send_lssu("SIO")
    link.expect("SIOS", within=REACTION)


@case("MTP2/2", "SIN received in service", clauses=["Q.703 10"], proves=["N-01"], needs="mtp2")
def test_sin_in_service(link: LinkTester) -> None:
    """SIN on a link in service takes it out of service."""
    in_service(link)
    link.automatic = False
    link.send_lssu("SIN")
    link.expect("SIOS", within=REACTION)


@case("MTP2/3", "SIE received in service", clauses=["Q.703 10"], proves=["N-01"], needs="mtp2")
def test_sie_in_service(link: LinkTester) -> None:
    """SIE on a link in service takes it out of service."""
    in_service(link)
    link.automatic = False
    link.send_lssu("SIE")
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.32b",
    "Deactivation during the proving period",
    clauses=["Q.703 7.3"],
    proves=["N-01", "M-03"],
    needs="mtp2",
)
def test_stop_while_proving(link: LinkTester) -> None:
    """Stopped while proving, the system sends SIOS."""
    align(link)
    link.send_lssu("SIN")
    link.bench.run(3 * SECOND)
    link.bench.system.maintenance().deactivate_link()
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.35",
    "SIPO received instead of FISUs",
    clauses=["Q.703 8", "Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_sipo_when_aligned_ready(link: LinkTester) -> None:
    """SIPO from the far end ends T1: the link does not fail while the far processor is out."""
    aligned_ready(link)
    link.send_lssu("SIPO")
    link.expect_not("SIOS", "SIO", during=60 * SECOND)


@case(
    "Q.781/2.1",
    "Unexpected signal units in the out of service state",
    clauses=["Q.703 7"],
    proves=["N-01"],
    needs="mtp2",
)
def test_out_of_service_ignores_everything(link: LinkTester) -> None:
    """Out of service, nothing received makes the system send anything but SIOS."""
    out_of_service(link)
    for status in STATUSES:
        link.send_lssu(status)
        link.expect_only("SIOS", during=SECOND // 4)
    link.send_fisu(fsn=5, bsn=9)
    link.expect_only("SIOS", during=SECOND // 4)


@case(
    "Q.781/3.5",
    "Link in service, transmission path broken",
    clauses=["Q.703 10.2", "Q.703 4.1.4"],
    proves=["N-01"],
    needs="mtp2",
)
def test_flagless_line_fails_the_link(link: LinkTester) -> None:
    """When nothing but ones is received the link fails: octet counting fills the error monitor.

    64 counts of 16 octets at 64 kbit/s are 128 ms (Q.703 10.2.2, 10.2.3).
    """
    in_service(link)
    link.automatic = False
    link.send_bits("1" * 8 * 4000, closing_flag=False, summary="ones for half a second")
    broken = link.bench.now
    failed = link.expect("SIOS", within=REACTION)
    measure_time(link.bench, "detection of the break", failed.at - broken, 0.1, 0.16, "Q.703 10.2")


@case(
    "Q.781/3.6",
    "Link in service, forward indicator bits corrupted",
    clauses=["Q.703 5.3.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_wrong_fib_fails_the_link(link: LinkTester) -> None:
    """Forward indicator bits inverted without a request: two of three fail the link."""
    in_service(link)
    link.automatic = False
    link.send_fisu(fib=link.fib ^ 1, deliberate=True)
    link.expect("SIOS", within=REACTION)

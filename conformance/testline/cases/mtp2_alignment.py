"""MTP level 2: orders of level 3 in alignment, in outage and at stop (the rest of Q.781 group 1).

"Aligned not ready" is reached as Q.781 does it: the system's level 3 has local processor outage set before
it starts the link.
"""

from __future__ import annotations

from typing import Final

from testline.bench import Bench
from testline.case import case
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
from testline.testers.units import Unit
from testline.verdicts import Fail
from testrig.clock import SECOND
from testrig.system import MaintenanceClient

ORDERS: Final = "mtp2.level3_orders"


def level3(bench: Bench) -> MaintenanceClient:
    """Where the system's level 3 takes orders."""
    return bench.system.maintenance()


def aligned_not_ready(link: LinkTester) -> Unit:
    """Start the system with local processor outage set; return its first SIPO, the tester sending SIN."""
    out_of_service(link)
    level3(link.bench).processor_outage(True)
    activate(link)
    link.send_lssu("SIO")
    link.expect("SIN", within=REACTION)
    link.send_lssu("SIN")
    return link.expect("SIPO", within=11 * SECOND)


def local_outage(link: LinkTester) -> Mtp3Tester:
    """Bring the link into service and set local processor outage at the system; SIPO follows."""
    mtp3 = in_service(link)
    link.bench.run(SECOND)
    level3(link.bench).processor_outage(True)
    link.expect("SIPO", within=REACTION)
    return mtp3


def carries(link: LinkTester, mtp3: Mtp3Tester) -> None:
    """Prove that messages pass both ways: a signalling link test is answered."""
    mtp3.send_sltm(b"\x5a\xa5\x3c")
    mtp3.expect_slta(b"\x5a\xa5\x3c", within=2 * SECOND)
    link.expect_not("SIOS", "SIO", during=SECOND // 4)


def link_test(mtp3: Mtp3Tester, pattern: bytes = b"\xaa\x55") -> bytes:
    """Service information octet and field of a signalling link test message."""
    head = mtp3.label(1, sls=mtp3.slc)
    return head + bytes((0x11, len(pattern) << 4)) + pattern


def same_bsn(units: list[Unit], bsn: int) -> None:
    """Fail when one of `units` acknowledges anything but `bsn`."""
    wrong = next((unit for unit in units if unit.bsn != bsn), None)
    if wrong is not None:
        raise Fail(awaited=f"BSN {bsn} still", state="processor outage", observed=str(wrong))


@case(
    "Q.781/1.1b",
    "Initialization (power-up): sequence numbers",
    clauses=["Q.703 5.2.2", "Q.703 7", "Q.703 11.1.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_sios_with_the_first_numbers(link: LinkTester) -> None:
    """Powered up with nothing but flags from the far end, SIOS has numbers 127 and indicator bits 1."""
    link.send_flags()
    link.bench.system.maintenance().deactivate_link()
    link.expect(
        "SIOS",
        within=2 * SECOND,
        through=("SIO",),
        awaited="SIOS with BSN and FSN 127, BIB and FIB 1",
        where=lambda unit: (unit.bsn, unit.bib, unit.fsn, unit.fib) == (127, 1, 127, 1),
    )


@case(
    "Q.781/1.5b",
    "Normal alignment with status fields of two octets",
    clauses=["Q.703 2.3.9", "Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_two_octet_status_fields_align(link: LinkTester) -> None:
    """SIO and SIN with a second, spare octet in the status field align the link as those with one."""
    link.send_lssu("SIOS", octets=2)
    out_of_service(link)
    activate(link)
    link.send_lssu("SIO", octets=2)
    link.expect("SIN", within=REACTION)
    proving = link.bench.now
    link.send_lssu("SIN", octets=2)
    ready = link.expect("FISU", within=11 * SECOND)
    measure_time(link.bench, "T4 (normal)", ready.at - proving, 7.5, 9.5)
    link.send_fisu()
    link.expect_msu(within=SECOND // 4)


@case(
    "Q.781/1.8a",
    "Normal alignment with processor outage set (FISU)",
    clauses=["Q.703 7.3", "Q.703 8.2"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_not_ready_end_takes_fisus(link: LinkTester) -> None:
    """Aligned with its processor out the system sends SIPO, and FISUs from the far end change nothing.

    Watched for less than the time in which its level 3 may miss the answer to a link test.
    """
    aligned_not_ready(link)
    link.send_fisu()
    link.expect_only("SIPO", during=3 * SECOND)


@case(
    "Q.781/1.8b",
    "Normal alignment with the far processor out (FISU)",
    clauses=["Q.703 7.3", "Q.703 8.3"],
    proves=["N-01"],
    needs="mtp2.processor_outage",
)
def test_far_end_not_ready_gets_fisus(link: LinkTester) -> None:
    """SIPO in answer to the first FISU: the system goes on with FISUs and sends no message."""
    aligned_ready(link)
    link.send_lssu("SIPO")
    link.expect_only("FISU", during=5 * SECOND)


@case(
    "Q.781/1.9a",
    "Normal alignment with processor outage set (MSU)",
    clauses=["Q.703 7.3", "Q.703 8.2"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_not_ready_end_refuses_msus(link: LinkTester) -> None:
    """An MSU to an end whose processor is out is not acknowledged, and SIPO goes on."""
    mtp3 = Mtp3Tester(link.bench, link)
    aligned_not_ready(link)
    link.forget()
    start = len(link.units) - 1
    link.send_msu(link_test(mtp3), fsn=0, fib=1, bsn=127, bib=1)
    link.send_fisu(fsn=0, fib=1, bsn=127, bib=1)
    link.expect_only("SIPO", during=3 * SECOND)
    same_bsn(link.units[start:], 127)


@case(
    "Q.781/1.9b",
    "Normal alignment with the far processor out (MSU)",
    clauses=["Q.703 8.3"],
    proves=["N-01"],
    needs="mtp2.processor_outage",
)
def test_far_end_not_ready_gets_messages_later(link: LinkTester) -> None:
    """Messages wait while the far processor is out from the beginning, and come when it is back."""
    aligned_ready(link)
    link.send_lssu("SIPO")
    link.expect_only("FISU", during=2 * SECOND)
    link.send_fisu()
    link.expect_msu(within=SECOND)


@case(
    "Q.781/1.10",
    "Normal alignment with processor outage set and cleared",
    clauses=["Q.703 8.2", "Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_outage_cleared_before_start(link: LinkTester) -> None:
    """An outage set and cleared before the start leaves no trace: proving ends with FISUs."""
    out_of_service(link)
    level3(link.bench).processor_outage(True)
    level3(link.bench).processor_outage(False)
    activate(link)
    link.send_lssu("SIO")
    link.expect("SIN", within=REACTION)
    link.send_lssu("SIN")
    link.expect("FISU", within=11 * SECOND)
    link.send_fisu()
    link.expect_msu(within=SECOND // 4)


@case(
    "Q.781/1.11",
    "Remote processor outage when aligned not ready",
    clauses=["Q.703 8.2", "Q.703 8.3"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_sipo_when_not_ready(link: LinkTester) -> None:
    """SIPO from the far end ends T1 while the system's own processor is out; SIPO goes on."""
    aligned_not_ready(link)
    link.send_lssu("SIPO")
    link.expect_only("SIPO", during=55 * SECOND)


@case(
    "Q.781/1.12a",
    "SIOS received when aligned not ready",
    clauses=["Q.703 7.3", "Q.703 10"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_sios_when_not_ready(link: LinkTester) -> None:
    """SIOS in aligned not ready takes the link out of service."""
    aligned_not_ready(link)
    link.send_lssu("SIOS")
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.12b",
    "Deactivation when the far end is aligned not ready",
    clauses=["Q.703 7.3"],
    proves=["N-01", "M-03"],
    needs="mtp2.processor_outage",
)
def test_stop_when_the_far_end_is_not_ready(link: LinkTester) -> None:
    """Stopped while it hears SIPO after proving, the system sends SIOS."""
    aligned_ready(link)
    link.send_lssu("SIPO")
    link.bench.run(SECOND // 4)
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.13",
    "SIO received when aligned not ready",
    clauses=["Q.703 7.3", "Q.703 10"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_sio_when_not_ready(link: LinkTester) -> None:
    """SIO in aligned not ready takes the link out of service."""
    aligned_not_ready(link)
    link.send_lssu("SIO")
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.14",
    "Local processor outage set and cleared during initial alignment",
    clauses=["Q.703 8.2", "Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_outage_during_alignment(link: LinkTester) -> None:
    """An outage that begins and ends during proving changes nothing: SIN, FISU after T4, in service."""
    align(link)
    proving = link.bench.now
    link.send_lssu("SIN")
    link.bench.run(SECOND)
    level3(link.bench).processor_outage(True)
    link.expect_only("SIN", during=3 * SECOND)
    level3(link.bench).processor_outage(False)
    ready = link.expect("FISU", within=7 * SECOND)
    measure_time(link.bench, "T4 (normal)", ready.at - proving, 7.5, 9.5)
    link.send_fisu()
    link.expect_msu(within=SECOND // 4)


@case(
    "Q.781/1.15",
    "Local processor outage set and cleared when aligned ready",
    clauses=["Q.703 8.2", "Q.703 8.4"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_outage_when_aligned_ready(link: LinkTester) -> None:
    """Set in aligned ready, SIPO replaces the FISUs; FISUs from the far end change nothing."""
    aligned_ready(link)
    level3(link.bench).processor_outage(True)
    link.expect("SIPO", within=REACTION)
    link.send_fisu()
    link.expect_only("SIPO", during=2 * SECOND)
    level3(link.bench).processor_outage(False)
    link.expect("FISU", "MSU", within=REACTION)


@case(
    "Q.781/1.16",
    "Timer T1 in aligned not ready",
    clauses=["Q.703 7.3", "Q.703 12.3"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_not_ready_gives_up_after_t1(link: LinkTester) -> None:
    """With SIN still coming the system gives up after T1 also when its own processor is out."""
    ready = aligned_not_ready(link)
    ended = link.expect("SIOS", within=55 * SECOND)
    measure_time(link.bench, "T1", ended.at - ready.at, 40, 50)


@case(
    "Q.781/1.18",
    "Emergency set and ceased before the start",
    clauses=["Q.703 7.2", "Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2.emergency", ORDERS),
)
def test_emergency_ceased_before_start(link: LinkTester) -> None:
    """Emergency set and ceased before the start: SIN is sent, and proving is the normal one."""
    out_of_service(link)
    level3(link.bench).emergency(True)
    level3(link.bench).emergency(False)
    activate(link)
    link.send_lssu("SIO")
    link.expect("SIN", within=REACTION)
    proving = link.bench.now
    link.send_lssu("SIN")
    ready = link.expect("FISU", within=11 * SECOND)
    measure_time(link.bench, "T4 (normal)", ready.at - proving, 7.5, 9.5)


@case(
    "Q.781/1.19",
    "Emergency set while not aligned",
    clauses=["Q.703 7.2", "Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2.emergency", ORDERS),
)
def test_emergency_while_not_aligned(link: LinkTester) -> None:
    """Emergency set while SIO is sent: the answer to SIO is SIE, and proving is the emergency one."""
    out_of_service(link)
    activate(link)
    level3(link.bench).emergency(True)
    link.send_lssu("SIO")
    link.expect("SIE", within=REACTION)
    proving = link.bench.now
    link.send_lssu("SIE")
    ready = link.expect("FISU", within=2 * SECOND)
    measure_time(link.bench, "T4 (emergency)", ready.at - proving, 0.4, 0.6)


@case(
    "Q.781/1.20",
    "Emergency set when aligned",
    clauses=["Q.703 7.2", "Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2.emergency", ORDERS),
)
def test_emergency_when_aligned(link: LinkTester) -> None:
    """Emergency set while SIN is sent: SIE replaces it, and with SIN coming proving is the emergency one."""
    align(link)
    level3(link.bench).emergency(True)
    link.expect("SIE", within=REACTION)
    proving = link.bench.now
    link.send_lssu("SIN")
    ready = link.expect("FISU", within=2 * SECOND)
    measure_time(link.bench, "T4 (emergency)", ready.at - proving, 0.4, 0.6)


@case(
    "Q.781/1.23",
    "Emergency set during normal proving",
    clauses=["Q.703 7.2", "Q.703 7.3"],
    proves=["N-01"],
    needs=("mtp2.emergency", ORDERS),
)
def test_emergency_during_proving(link: LinkTester) -> None:
    """Emergency set during normal proving: SIE at once, and an emergency proving period from then on."""
    align(link)
    link.send_lssu("SIN")
    link.bench.run(3 * SECOND)
    level3(link.bench).emergency(True)
    hurried = link.expect("SIE", within=REACTION)
    ready = link.expect("FISU", within=2 * SECOND)
    measure_time(link.bench, "T4 (emergency)", ready.at - hurried.at, 0.4, 0.6)


@case(
    "Q.781/1.27",
    "Deactivation when aligned not ready",
    clauses=["Q.703 7.3"],
    proves=["N-01", "M-03"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_stop_when_not_ready(link: LinkTester) -> None:
    """Stopped while it sends SIPO after proving, the system sends SIOS."""
    aligned_not_ready(link)
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION)


@case(
    "MTP2/12",
    "Deactivated during alignment and activated again",
    clauses=["Q.703 7.3"],
    proves=["N-01", "M-03"],
    needs=("mtp2", ORDERS),
)
def test_alignment_begins_anew_after_a_stop(link: LinkTester) -> None:
    """Stopped while not aligned, while aligned and while proving, the system sends SIOS, and aligns as before
    when it is started again.
    """
    out_of_service(link)
    for aligned, proving in ((False, False), (True, False), (True, True)):
        activate(link)
        if aligned:
            link.send_lssu("SIO")
            link.expect("SIN", within=REACTION)
        if proving:
            link.send_lssu("SIN")
            link.expect_only("SIN", during=SECOND)
        level3(link.bench).deactivate_link()
        link.expect("SIOS", within=REACTION)
        link.send_lssu("SIOS")
        link.expect_only("SIOS", during=SECOND)
    activate(link)
    link.send_lssu("SIO")
    link.expect("SIN", within=REACTION)
    link.send_lssu("SIN")
    link.expect("FISU", within=11 * SECOND)


@case(
    "MTP2/13",
    "Messages out of service",
    clauses=["Q.703 7.3", "Q.703 5.2"],
    proves=["N-01", "M-03"],
    needs=("mtp2", "isup.incoming", ORDERS),
)
def test_messages_out_of_service(link: LinkTester) -> None:
    """A message on a link that is out of service is not accepted: the BLO in it blocks no circuit."""
    mtp3 = in_service(link)
    link.bench.run(SECOND)
    link.automatic = False
    cic = link.bench.pixit.circuits[0].cic
    blocking = mtp3.label(5, sls=cic % 16) + cic.to_bytes(2, "little") + b"\x13"
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION)
    link.send_msu(blocking, fsn=(link.fsn + 1) % 128, deliberate=True)
    link.expect_only("SIOS", during=SECOND)
    state = level3(link.bench).circuit_state(cic)
    link.bench.until(lambda: state == "idle", within=0, awaited="the circuit idle", state=state)


@case("Q.781/1.29a", "SIOS received in service", clauses=["Q.703 10"], proves=["N-01"], needs="mtp2")
def test_sios_in_service(link: LinkTester) -> None:
    """The far end is deactivated: SIOS on a link in service takes it out of service."""
    in_service(link)
    link.automatic = False
    link.send_lssu("SIOS")
    link.expect("SIOS", within=REACTION)


@case("Q.781/1.29b", "Deactivation in service", clauses=["Q.703 7"], proves=["N-01", "M-03"], needs="mtp2")
def test_stop_of_a_link_in_service(link: LinkTester) -> None:
    """The system is deactivated: SIOS follows at once and nothing else until it is activated again."""
    in_service(link)
    link.automatic = False
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION)
    link.expect_only("SIOS", during=5 * SECOND)


@case(
    "Q.781/1.30a",
    "Deactivation during local processor outage",
    clauses=["Q.703 8"],
    proves=["N-01", "M-03"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_stop_in_local_outage(link: LinkTester) -> None:
    """Stopped while it sends SIPO in service, the system sends SIOS."""
    local_outage(link)
    link.automatic = False
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.30b",
    "Far end deactivated during its processor outage",
    clauses=["Q.703 8"],
    proves=["N-01"],
    needs="mtp2.processor_outage",
)
def test_sios_after_sipo(link: LinkTester) -> None:
    """SIOS from an end that sent SIPO before takes the link out of service."""
    in_service(link)
    link.automatic = False
    link.send_lssu("SIPO")
    link.bench.run(SECOND)
    link.send_lssu("SIOS")
    link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))


@case(
    "Q.781/1.31a",
    "Deactivation during remote processor outage",
    clauses=["Q.703 8"],
    proves=["N-01", "M-03"],
    needs="mtp2.processor_outage",
)
def test_stop_in_remote_outage(link: LinkTester) -> None:
    """Stopped while the far processor is out, the system sends SIOS."""
    in_service(link)
    link.automatic = False
    link.send_lssu("SIPO")
    link.bench.run(SECOND)
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))


@case(
    "Q.781/1.31b",
    "Far end deactivated during local processor outage",
    clauses=["Q.703 8"],
    proves=["N-01"],
    needs=("mtp2.processor_outage", ORDERS),
)
def test_sios_in_local_outage(link: LinkTester) -> None:
    """SIOS received while the system's own processor is out takes the link out of service."""
    local_outage(link)
    link.automatic = False
    link.send_lssu("SIOS")
    link.expect("SIOS", within=REACTION)


@case(
    "Q.781/1.32a",
    "Far end deactivated during the proving period",
    clauses=["Q.703 7.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_sios_while_proving(link: LinkTester) -> None:
    """SIOS received while proving ends alignment: the system sends SIOS."""
    align(link)
    link.send_lssu("SIN")
    link.bench.run(3 * SECOND)
    link.send_lssu("SIOS")
    link.expect("SIOS", within=REACTION)

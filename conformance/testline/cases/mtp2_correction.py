"""MTP level 2: flags, error rates, basic error correction, congestion (the rest of Q.781 groups 5 to 10)."""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_alignment import ORDERS, carries, level3, link_test, same_bsn
from testline.cases.mtp2_state import REACTION, in_service, measure_time
from testline.cases.mtp2_transfer import corrupt
from testline.testers.link import WINDOW, LinkTester
from testline.testers.mtp3 import Mtp3Tester
from testline.testers.units import Unit, head
from testline.verdicts import Fail
from testrig.clock import SECOND, Instant
from testrig.hdlc import FLAG, stuffed

NEARLY: Final = 62
"""Errors that bring the counter of the error monitor next to its threshold, 64 (Q.703 10.2.2)."""


def quiet(link: LinkTester) -> Mtp3Tester:
    """Bring the link into service, wait for the start-up traffic, and leave the wire to the case."""
    mtp3 = in_service(link)
    link.bench.run(SECOND)
    link.automatic = False
    link.forget()
    return mtp3


def spoilt(link: LinkTester, mtp3: Mtp3Tester, pattern: bytes) -> None:
    """Send the next MSU in sequence with wrong check bits; it is kept for retransmission."""
    sif = link_test(mtp3, pattern)
    link.fsn = (link.fsn + 1) % 128
    link.unacknowledged.append((link.fsn, sif))
    link.send_frame(head(link.bsn, link.bib, link.fsn, link.fib, len(sif)) + sif, corrupt_fcs=True)


def asked_again(link: LinkTester, mtp3: Mtp3Tester, pattern: bytes) -> None:
    """The system has to ask for the MSU after the last one accepted; send it again, and it is answered."""
    last = link.fsn
    wanted = link.fib ^ 1
    link.send_fisu(fsn=(last + 1) % 128)
    link.expect(
        "FISU",
        within=REACTION,
        through=("MSU",),
        awaited=f"negative acknowledgement: BIB {wanted} BSN {last}",
        where=lambda unit: (unit.bib, unit.bsn) == (wanted, last),
    )
    link.fib = wanted
    link.fsn = (last + 1) % 128
    link.send_msu(link_test(mtp3, pattern), fsn=link.fsn, fib=link.fib, bsn=link.bsn, bib=link.bib)
    link.send_fisu()
    link.automatic = True
    mtp3.expect_slta(pattern, within=SECOND)


def not_accepted(link: LinkTester, during: Instant) -> None:
    """Fail when the system acknowledges anything beyond the tester's FSN."""
    start = len(link.units)
    link.expect_only("FISU", "MSU", during=during)
    same_bsn(link.units[start:], link.fsn)


def flags_between(link: LinkTester, units: list[bytes], flags: int) -> None:
    """Send signal units with `flags` flags after each."""
    for unit in units:
        link.send_bits(stuffed(unit) + FLAG * (flags - 1), summary=f"signal unit and {flags} flags")


def messages_with_flags(link: LinkTester, mtp3: Mtp3Tester, flags: int) -> None:
    """Send ten MSUs with `flags` flags after each; all are accepted and answered."""
    for number in range(10):
        link.fsn = (link.fsn + 1) % 128
        sif = link_test(mtp3, bytes((number, 0x7E)))
        unit = head(link.bsn, link.bib, link.fsn, link.fib, len(sif)) + sif
        flags_between(link, [unit], flags)
    link.send_fisu()
    link.automatic = True
    link.expect(
        "FISU", "MSU", within=SECOND, awaited=f"BSN {link.fsn}", where=lambda unit: unit.bsn == link.fsn
    )
    for number in range(10):
        mtp3.expect_slta(bytes((number, 0x7E)), within=SECOND)


def one_error_in(link: LinkTester, units: int, times: int) -> bool:
    """Send, `times` times, a wrong FISU and `units` - 1 right ones; True when SIOS came meanwhile."""
    for _ in range(times):
        fisu = head(link.bsn, link.bib, link.fsn, link.fib, 0)
        link.send_frame(fisu, corrupt_fcs=True)
        link.bench.run(units * (len(stuffed(fisu)) + len(FLAG)) // 8)
        if link.receiving == "SIOS":
            return True
    return False


@case(
    "Q.781/5.4a",
    "FISUs with a single flag between them",
    clauses=["Q.703 3.1", "Q.703 2.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_single_flag_between_fisus(link: LinkTester) -> None:
    """One flag closes a FISU and opens the next: 5 s of it are no errors."""
    mtp3 = quiet(link)
    link.automatic = True
    link.expect_only("FISU", "MSU", during=5 * SECOND)
    carries(link, mtp3)


@case(
    "Q.781/5.4b",
    "FISUs with several flags between them",
    clauses=["Q.703 3.1", "Q.703 2.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_several_flags_between_fisus(link: LinkTester) -> None:
    """Two flags, and five, between FISUs are no errors: 200 of each leave the link in service."""
    mtp3 = quiet(link)
    unit = head(link.bsn, link.bib, link.fsn, link.fib, 0)
    for flags in (2, 5):
        flags_between(link, [unit] * 200, flags)
    link.bench.until(lambda: link.backlog == 0, within=10 * SECOND, awaited="signal units sent")
    link.automatic = True
    carries(link, mtp3)


@case(
    "Q.781/5.5a",
    "MSUs with a single flag between them",
    clauses=["Q.703 3.1", "Q.703 2.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_single_flag_between_msus(link: LinkTester) -> None:
    """Ten MSUs in a row, one flag between them, are all accepted."""
    messages_with_flags(link, quiet(link), 1)


@case(
    "Q.781/5.5b",
    "MSUs with several flags between them",
    clauses=["Q.703 3.1", "Q.703 2.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_several_flags_between_msus(link: LinkTester) -> None:
    """Ten MSUs in a row, two flags between them, are all accepted."""
    messages_with_flags(link, quiet(link), 2)


@case(
    "Q.781/6.1",
    "Error rate of 1 in 256, link remains in service",
    clauses=["Q.703 10.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_error_in_256_units_leaks_away(link: LinkTester) -> None:
    """One wrong unit in 258 is what leaks away: with the counter near its threshold, 300 fail nothing.

    The counter falls by one for every 256 signal units. 258 leave room for the rounding of the bench's time.
    """
    mtp3 = quiet(link)
    link.automatic = True
    corrupt(link, NEARLY - 1)
    if one_error_in(link, 258, 300):
        raise Fail(awaited="link in service", state=link.where(), observed="SIOS")
    carries(link, mtp3)


@case(
    "Q.781/6.2",
    "Error rate of 1 in 254, link out of service",
    clauses=["Q.703 10.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_error_in_254_units_adds_up(link: LinkTester) -> None:
    """One wrong unit in 252 is more than leaks away: the counter, brought near its threshold, gets there.

    It rises by 1 in 64 wrong units; 62 or less when they begin, it is at 64 after at most 300 of them.
    """
    quiet(link)
    link.automatic = True
    corrupt(link, NEARLY)
    link.expect_not("SIOS", during=SECOND // 10)
    if not one_error_in(link, 252, 300):
        raise Fail(awaited="SIOS: errors add up to the threshold", state=link.where(), observed="no SIOS")


@case(
    "Q.781/6.4",
    "Short break of the path",
    clauses=["Q.703 10.2.2", "Q.703 10.2.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_short_break_is_survived(link: LinkTester) -> None:
    """Ones for 100 ms are 50 counts of 16 octets: fewer than 64, and the link stays in service."""
    mtp3 = quiet(link)
    link.send_bits("1" * 8 * 800, summary="ones for 100 ms")
    link.expect_not("SIOS", during=SECOND)
    link.automatic = True
    carries(link, mtp3)


@case(
    "Q.781/8.3",
    "Retransmission buffer full",
    clauses=["Q.703 5.2.2", "Q.703 5.2.4", "Q.703 2.3.5"],
    proves=["N-01"],
    needs="mtp2",
)
def test_no_more_than_127_messages_unacknowledged(link: LinkTester) -> None:
    """With acknowledgements withheld at most 127 MSUs are sent; asked for, all come again, in order."""
    mtp3 = quiet(link)
    link.automatic, link.acknowledging = True, False
    first = (link.bsn + 1) % 128
    begun = len(link.units)
    for number in range(WINDOW + 8):
        mtp3.send_sltm(bytes((number,)))
    link.bench.run(SECOND * 2 // 5)
    new = [(unit.fsn - first) % 128 for unit in link.units[begun:] if unit.kind == "MSU"]
    start = len(link.units)
    link.nack()
    link.bench.run(SECOND * 2 // 5)
    again = [unit for unit in link.units[start:] if unit.kind == "MSU"]
    numbers = [(unit.fsn - first) % 128 for unit in again]
    if new != list(range(WINDOW)) or numbers != new or {unit.fib for unit in again} != {link.bib}:
        raise Fail(
            awaited=f"{WINDOW} MSUs from FSN {first} on, and the same again with FIB {link.bib}",
            state=link.where(),
            observed=f"{len(new)} MSUs, then {len(numbers)}: {numbers[:3]} to {numbers[-3:]}",
        )
    link.acknowledging = True
    link.bsn = (first + WINDOW - 1) % 128
    link.send_fisu()
    link.expect_msu(within=SECOND, where=lambda unit: unit.fsn == (first + WINDOW) % 128)


@case(
    "Q.781/8.4",
    "Single MSU with a wrong forward indicator bit",
    clauses=["Q.703 5.3.2", "Q.703 5.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_msu_with_wrong_fib_is_asked_for(link: LinkTester) -> None:
    """An MSU with the indicator bit inverted is discarded; the FISUs after it bring the request for it."""
    mtp3 = quiet(link)
    fsn = (link.fsn + 1) % 128
    link.send_msu(link_test(mtp3), fsn=fsn, fib=link.fib ^ 1, deliberate=True)
    asked_again(link, mtp3, b"\x08\x04")


@case("Q.781/8.5", "Duplicated FSN", clauses=["Q.703 5.2.2"], proves=["N-01"], needs="mtp2")
def test_duplicated_fsn_is_discarded(link: LinkTester) -> None:
    """An MSU with the number of the last one accepted is discarded: one answer, not two.

    A FISU with the next number after it brings the request for what is missing.
    """
    mtp3 = quiet(link)
    link.automatic = True
    mtp3.send_sltm(b"\x12\x34")
    mtp3.expect_slta(b"\x12\x34", within=SECOND)
    link.expect_acknowledged(within=SECOND)
    mtp3.forget()
    start = len(link.units)
    link.send_msu(link_test(mtp3, b"\x12\x34"), fsn=link.fsn, deliberate=True)
    mtp3.expect_not("SLTA", during=SECOND)
    same_bsn(link.units[start:], link.fsn)
    link.automatic = False
    asked_again(link, mtp3, b"\x08\x05")


@case(
    "Q.781/8.6",
    "Erroneous retransmission, single MSU",
    clauses=["Q.703 5.3.2", "Q.703 5.2.4"],
    proves=["N-01"],
    needs="mtp2",
    unverified=True,
)
def test_retransmission_not_asked_for_is_discarded(link: LinkTester) -> None:
    """An accepted MSU that comes again as if asked for, indicator bit inverted, is discarded; nothing else.

    That Q.781 repeats an MSU that was accepted, and not a new one, could not be checked.
    """
    mtp3 = in_service(link)
    mtp3.send_sltm(b"\x08\x06")
    mtp3.expect_slta(b"\x08\x06", within=SECOND)
    link.expect_acknowledged(within=SECOND)
    mtp3.forget()
    link.send_msu(link_test(mtp3, b"\x08\x06"), fsn=link.fsn, fib=link.fib ^ 1, deliberate=True)
    mtp3.expect_not("SLTA", during=SECOND)
    carries(link, mtp3)


@case(
    "Q.781/8.7",
    "Erroneous retransmission, several FISUs",
    clauses=["Q.703 5.3.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_two_wrong_fibs_of_three_fail_the_link(link: LinkTester) -> None:
    """FISUs with the indicator bit wrong, right, wrong: two of three fail the link."""
    quiet(link)
    for wrong in (1, 0, 1):
        link.send_fisu(fib=link.fib ^ wrong, once=True, deliberate=bool(wrong))
    link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))


@case(
    "Q.781/8.8",
    "Single FISU with a wrong forward indicator bit",
    clauses=["Q.703 5.3.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_single_wrong_fib_is_survived(link: LinkTester) -> None:
    """One FISU with the indicator bit inverted does not fail the link."""
    mtp3 = quiet(link)
    link.send_fisu(fib=link.fib ^ 1, once=True, deliberate=True)
    link.expect_not("SIOS", during=SECOND // 2)
    link.automatic = True
    carries(link, mtp3)


@case(
    "Q.781/8.9",
    "Single FISU with a wrong forward indicator bit before processor outage",
    clauses=["Q.703 5.3.2", "Q.703 8.3"],
    proves=["N-01"],
    needs="mtp2.processor_outage",
)
def test_wrong_fib_then_outage_then_msu(link: LinkTester) -> None:
    """A wrong indicator bit is remembered over SIPO: the MSU after it is discarded, then asked for.

    Figure 14 clears the abnormal state with the second normal signal unit, so the first one, an MSU here, is
    lost and the FISUs behind it bring the request.
    """
    mtp3 = quiet(link)
    link.send_fisu(fib=link.fib ^ 1, once=True, deliberate=True)
    link.send_lssu("SIPO", once=True)
    link.send_msu(link_test(mtp3), fsn=(link.fsn + 1) % 128, fib=link.fib)
    asked_again(link, mtp3, b"\x08\x09")


@case(
    "Q.781/8.10",
    "Abnormal BSN, single MSU",
    clauses=["Q.703 5.3.1", "Q.703 5.2.2"],
    proves=["N-01"],
    needs="mtp2",
)
def test_msu_with_abnormal_bsn_is_asked_for(link: LinkTester) -> None:
    """An MSU that acknowledges what was never sent is discarded, and asked for; the link does not fail."""
    mtp3 = quiet(link)
    wrong = (link.bsn + 64) % 128
    link.send_msu(link_test(mtp3), fsn=(link.fsn + 1) % 128, bsn=wrong, deliberate=True)
    asked_again(link, mtp3, b"\x08\x10")


@case(
    "Q.781/10.1",
    "Congestion and its abatement",
    clauses=["Q.703 9.3", "Q.703 9.4", "Q.703 12.3"],
    proves=["N-01"],
    needs=("mtp2.congestion", ORDERS),
)
def test_congested_receiver_sends_sib_every_t5(link: LinkTester) -> None:
    """Congested, the system sends SIB every T5 and acknowledges nothing; afterwards everything arrives: what
    came meanwhile, and what comes later.
    """
    mtp3 = quiet(link)
    link.automatic = True
    level3(link.bench).congestion(True)
    first = link.expect("SIB", within=REACTION)
    start = len(link.units)
    last = link.fsn
    mtp3.send_sltm(b"\x10\x01")
    second = link.expect("SIB", within=REACTION, through=("FISU", "MSU"))
    measure_time(link.bench, "T5", second.at - first.at, 0.08, 0.12)
    link.bench.run(SECOND // 2)
    same_bsn(link.units[start:], last)
    level3(link.bench).congestion(False)
    link.bench.run(SECOND // 50)
    mtp3.expect_slta(b"\x10\x01", within=SECOND)
    link.expect_not("SIB", during=SECOND)
    mtp3.send_sltm(b"\x10\x02")
    mtp3.expect_slta(b"\x10\x02", within=SECOND)


@case(
    "MTP2/4",
    "SIB holds back T7 only while it comes",
    clauses=["Q.703 9.3", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_one_sib_does_not_stop_t7_for_good(link: LinkTester) -> None:
    """Each SIB starts T7 again; when none follows, the link fails T7 after the last."""
    mtp3 = quiet(link)
    mtp3.send_sltm(b"\x27\x18")
    link.expect_msu(within=SECOND)
    link.send_lssu("SIB", once=True)
    busy = link.bench.now
    failed = link.expect("SIOS", within=3 * SECOND, through=("FISU", "MSU"))
    measure_time(link.bench, "T7 after SIB", failed.at - busy, 0.5, 2)


@case(
    "MTP2/5",
    "Negative acknowledgements alone do not keep a link in service",
    clauses=["Q.703 5.3.1", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2",
)
def test_requests_for_ever_fail_the_link(link: LinkTester) -> None:
    """An MSU that is asked for again and again and never acknowledged fails the link after T7."""
    mtp3 = quiet(link)
    mtp3.send_sltm(b"\x27\x19")
    sent: Unit = link.expect_msu(within=SECOND)
    bib = link.bib
    while link.receiving != "SIOS" and link.bench.now - sent.at < 3 * SECOND:
        bib ^= 1
        link.send_fisu(bib=bib)
        link.bench.run(SECOND // 5)
    failed = link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))
    measure_time(link.bench, "T7", failed.at - sent.at, 0.5, 2)


@case(
    "MTP2/9",
    "MSU with wrong check bits is asked for again",
    clauses=["Q.703 4.2", "Q.703 5.2.2", "Q.703 5.2.4"],
    proves=["N-01"],
    needs="mtp2",
)
def test_lost_message_is_asked_for_with_those_behind_it(link: LinkTester) -> None:
    """The first of three MSUs comes in error: the request names the one before it, and all three arrive."""
    mtp3 = quiet(link)
    link.automatic = True
    last, fib = link.fsn, link.fib
    spoilt(link, mtp3, b"\x01")
    for pattern in (b"\x02", b"\x03"):
        mtp3.send_sltm(pattern)
    link.expect(
        "FISU",
        within=REACTION,
        through=("MSU",),
        awaited=f"BIB {fib ^ 1} BSN {last}",
        where=lambda unit: (unit.bib, unit.bsn) == (fib ^ 1, last),
    )
    for pattern in (b"\x01", b"\x02", b"\x03"):
        mtp3.expect_slta(pattern, within=SECOND)
    link.expect_acknowledged(within=SECOND)

"""MTP level 2: preventive cyclic retransmission (Q.781 group 9), on a link that is set up for it.

The system is made to send MSUs by signalling link tests, which it answers; the tester withholds its
acknowledgements. N1 and N2 are the system's own (PIXIT), as Q.703 6.4 leaves them to the loop delay.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from testline.case import case
from testline.cases.mtp2_alignment import carries, level3, link_test, same_bsn
from testline.cases.mtp2_correction import not_accepted, quiet, spoilt
from testline.cases.mtp2_state import REACTION, measure_time
from testline.testers.isup import IsupTester
from testline.testers.link import LinkTester
from testline.testers.mtp3 import Mtp3Tester
from testline.testers.units import Unit, head
from testline.verdicts import Fail, Inconclusive
from testrig.clock import SECOND

PCR: Final = "pcr"
SHORT: Final = b"\x55"
LONG: Final = bytes(range(1, 16))
"""The longest pattern of a link test (Q.707 2.2)."""
MARGIN: Final = 8
"""Messages given beyond the limit that is sought."""


def withheld(link: LinkTester) -> Mtp3Tester:
    """Bring the link into service; from then on nothing the system sends is acknowledged."""
    mtp3 = quiet(link)
    link.automatic, link.acknowledging = True, False
    return mtp3


def limits(link: LinkTester) -> tuple[int, int]:
    """N1 and N2 of the PIXIT; without them the purpose cannot be reached."""
    spec = link.bench.pixit.links[0]
    if spec.n1 is None or spec.n2 is None:
        raise Inconclusive("the PIXIT does not give N1 and N2")
    return spec.n1, spec.n2


def ask_for(link: LinkTester, mtp3: Mtp3Tester, count: int, pattern: bytes = SHORT) -> None:
    """Make the system send `count` messages."""
    for _ in range(count):
        mtp3.send_sltm(pattern)
    link.bench.until(lambda: link.backlog == 0, within=2 * SECOND, awaited="link tests sent")


def messages(link: LinkTester, since: int) -> list[Unit]:
    """MSUs received from index `since` on, equal ones in a row as often as they came."""
    return [unit for unit in link.units[since:] if unit.kind == "MSU" for _ in range(unit.count)]


def acknowledge(link: LinkTester, fsn: int) -> None:
    """Acknowledge what the system has sent up to `fsn`, and nothing more."""
    link.bsn = fsn
    link.send_fisu()


def forced(link: LinkTester, first: int, count: int, since: int, octets: int) -> None:
    """Fail unless the system, with `count` messages of `octets` from `first` on unacknowledged, sends only
    these, in order, again and again."""
    start = len(link.units)
    link.bench.run(count * octets * 6 // 5)
    new = {(unit.fsn - first) % 128 for unit in messages(link, since)}
    again = [(unit.fsn - first) % 128 for unit in messages(link, start)]
    in_order = all(after == (before + 1) % count for before, after in pairwise(again))
    if new != set(range(count)) or set(again) != new or not in_order:
        raise Fail(
            awaited=f"FSN {first} and the {count - 1} after it, again and again in order",
            state=link.where(),
            observed=f"{len(new)} messages; repeated {again}",
        )
    if any(unit.kind != "MSU" for unit in link.units[start + 1 :]):
        raise Fail(awaited="nothing but MSUs repeated", state=link.where(), observed="other signal units")


def fill(link: LinkTester, mtp3: Mtp3Tester, count: int, pattern: bytes) -> tuple[int, int]:
    """Let the system send until its limit, `count` messages, holds; return its first FSN and our index."""
    since, first = len(link.units), (link.bsn + 1) % 128
    ask_for(link, mtp3, count + MARGIN, pattern)
    link.bench.run(SECOND // 10)
    forced(link, first, count, since, units_of(link, len(pattern)))
    return first, since


def never_inverted(link: LinkTester) -> None:
    """Fail when any signal unit, of all received, had an indicator bit inverted (Q.703 6.2)."""
    wrong = next((unit for unit in link.units if (unit.bib, unit.fib) != (1, 1)), None)
    if wrong is not None:
        raise Fail(awaited="BIB 1 FIB 1 always", state=link.where(), observed=str(wrong))


def units_of(link: LinkTester, octets: int) -> int:
    """Octets on the line of a message of ours with a test pattern so long, as level 2 sends it back."""
    label = 4 if link.bench.pixit.variant == "itu14" else 7
    return 3 + 1 + label + 2 + octets + 3


@case(
    "Q.781/9.1",
    "MSU transmission and reception (PCR)",
    clauses=["Q.703 6.2", "Q.703 6.3"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_msu_is_repeated_until_acknowledged(link: LinkTester) -> None:
    """An MSU comes again and again, indicator bits 1, until it is acknowledged; one of ours is accepted."""
    mtp3 = withheld(link)
    mtp3.send_sltm(b"\x09\x01")
    sent = link.expect_msu(within=SECOND)
    link.bench.until(lambda: sent.count >= 5, within=SECOND // 4, awaited="the MSU five times in a row")
    if (sent.fib, sent.bib) != (1, 1):
        raise Fail(awaited="FIB 1 BIB 1", state=link.where(), observed=str(sent))
    acknowledge(link, sent.fsn)
    link.bench.run(SECOND // 20)
    link.expect_only("FISU", during=SECOND // 4)
    link.acknowledging = True
    carries(link, mtp3)


@case(
    "Q.781/9.2",
    "Priority of new messages (PCR)",
    clauses=["Q.703 6.3", "Q.703 11.2"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_new_message_interrupts_the_cycle(link: LinkTester) -> None:
    """A new MSU goes before those repeated: it comes while the cycle, of 90 ms at least, is still under way.

    The link test is sent when the oldest of 60 messages is repeated; two blocks of 5 ms, its 2 ms on the
    line and a few messages already handed to the line lie between.
    """
    mtp3 = withheld(link)
    first = (link.bsn + 1) % 128
    count = min(60, limits(link)[0] - 2)
    ask_for(link, mtp3, count)
    link.bench.run(SECOND // 5)
    link.forget()
    link.expect_msu(within=SECOND // 4, where=lambda unit: unit.fsn == first)
    mtp3.send_sltm(SHORT)
    new = link.expect_msu(within=SECOND // 20, where=lambda unit: unit.fsn == (first + count) % 128)
    acknowledge(link, new.fsn)
    link.acknowledging = True
    link.bench.run(SECOND // 10)
    carries(link, mtp3)


@case(
    "Q.781/9.3",
    "Forced retransmission by N1 messages",
    clauses=["Q.703 6.4"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_n1_messages_force_retransmission(link: LinkTester) -> None:
    """With N1 MSUs unacknowledged no new one is sent, and all are repeated; one acknowledged, one follows."""
    mtp3 = withheld(link)
    n1, n2 = limits(link)
    if n1 * units_of(link, len(SHORT)) >= n2:
        raise Inconclusive("N2 is reached before N1 with the shortest messages")
    first, _ = fill(link, mtp3, n1, SHORT)
    link.forget()
    acknowledge(link, first)
    link.expect_msu(within=SECOND, where=lambda unit: unit.fsn == (first + n1) % 128)


@case(
    "Q.781/9.4",
    "Forced retransmission by N2 octets",
    clauses=["Q.703 6.4"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_n2_octets_force_retransmission(link: LinkTester) -> None:
    """With N2 octets unacknowledged, in fewer than N1 MSUs, no new one is sent, and all are repeated.

    Octets of a message may be counted with or without flag and check bits: either number of messages will do.
    """
    mtp3 = withheld(link)
    n1, n2 = limits(link)
    octets = units_of(link, len(LONG))
    least, most = -(-n2 // octets), -(-n2 // (octets - 3))
    if most >= n1:
        raise Inconclusive("N1 is reached before N2 with the longest link tests")
    since, first = len(link.units), (link.bsn + 1) % 128
    ask_for(link, mtp3, most + MARGIN, LONG)
    link.bench.run(SECOND // 10)
    held = len({unit.fsn for unit in messages(link, since)})
    if not least <= held <= most:
        raise Fail(awaited=f"{least} to {most} messages", state=link.where(), observed=f"{held} messages")
    forced(link, first, held, since, octets)
    link.forget()
    acknowledge(link, (first + 1) % 128)
    link.expect_msu(within=SECOND, where=lambda unit: unit.fsn == (first + held) % 128)


@case(
    "Q.781/9.5",
    "Forced retransmission ended by acknowledgement",
    clauses=["Q.703 6.4"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_acknowledgement_ends_forced_retransmission(link: LinkTester) -> None:
    """All but the last acknowledged in the middle of a cycle: those are not repeated, and new ones follow."""
    mtp3 = withheld(link)
    n1, _ = limits(link)
    first, _ = fill(link, mtp3, n1, SHORT)
    link.forget()
    link.expect_msu(within=SECOND, where=lambda unit: unit.fsn == (first + 3) % 128)
    acknowledge(link, (first + n1 - 2) % 128)
    link.expect_msu(within=SECOND // 10, where=lambda unit: unit.fsn == (first + n1) % 128)
    start = len(link.units)
    link.bench.run(SECOND // 4)
    late = [unit for unit in messages(link, start) if (unit.fsn - first) % 128 < n1 - 1]
    if late and (late[0].fsn - first) % 128 > MARGIN:
        raise Fail(awaited="no MSU that was acknowledged", state=link.where(), observed=str(late[0]))


@case(
    "Q.781/9.6",
    "Reception of a forced retransmission",
    clauses=["Q.703 6.2", "Q.703 6.4"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_repeated_messages_are_accepted_once(link: LinkTester) -> None:
    """Twenty MSUs come twice in a row, as in a forced retransmission: each is accepted and answered once."""
    mtp3 = quiet(link)
    link.automatic, link.cycling = True, False
    mtp3.forget()
    begun = len(mtp3.received)
    first = (link.fsn + 1) % 128
    patterns = [bytes((9, number)) for number in range(20)]
    for pattern in patterns:
        mtp3.send_sltm(pattern)
    for number, pattern in enumerate(patterns):
        link.send_msu(link_test(mtp3, pattern), fsn=(first + number) % 128)
    for pattern in patterns:
        mtp3.expect_slta(pattern, within=SECOND)
    link.bench.run(SECOND // 2)
    answers = [message.title for message in mtp3.received[begun:]].count("SLTA")
    if answers != len(patterns) or link.unacknowledged:
        raise Fail(
            awaited=f"{len(patterns)} answers, everything acknowledged",
            state=link.where(),
            observed=f"{answers} answers, {len(link.unacknowledged)} not acknowledged",
        )


@case(
    "Q.781/9.7",
    "MSU transmission while the far processor is out (PCR)",
    clauses=["Q.703 6.3", "Q.703 8.3"],
    proves=["N-01"],
    needs=("mtp2.pcr", "mtp2.processor_outage"),
    setup=PCR,
)
def test_remote_outage_stops_the_cycle(link: LinkTester) -> None:
    """SIPO stops the cycle: FISUs with the last FSN, T7 stopped; afterwards the cycle goes on."""
    mtp3 = withheld(link)
    mtp3.send_sltm(b"\x09\x07")
    sent = link.expect_msu(within=SECOND)
    link.send_lssu("SIPO")
    link.bench.run(SECOND // 20)
    link.expect_only("FISU", during=3 * SECOND)
    if link.units[-1].fsn != sent.fsn:
        raise Fail(awaited=f"FSN {sent.fsn}", state=link.where(), observed=str(link.units[-1]))
    link.forget()
    link.send_fisu()
    link.expect_msu(within=SECOND // 4, where=lambda unit: unit.fsn == sent.fsn and unit.sif == sent.sif)
    link.acknowledging = True
    link.bench.run(SECOND // 4)
    carries(link, mtp3)


@case(
    "Q.781/9.8",
    "Abnormal BSN, single MSU (PCR)",
    clauses=["Q.703 6.2"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_single_abnormal_bsn_is_survived(link: LinkTester) -> None:
    """One MSU that acknowledges what was never sent is discarded; with the right BSN it is accepted."""
    mtp3 = quiet(link)
    message, fsn = link_test(mtp3, b"\x09\x08"), (link.fsn + 1) % 128
    link.send_msu(message, fsn=fsn, bsn=(link.bsn + 1) % 128, deliberate=True)
    not_accepted(link, SECOND // 10)
    link.send_msu(message, fsn=fsn)
    link.fsn = fsn
    link.send_msu(message, fsn=fsn)
    link.send_fisu()
    link.automatic = True
    mtp3.expect_slta(b"\x09\x08", within=SECOND)
    carries(link, mtp3)


@case(
    "Q.781/9.9",
    "Abnormal BSN, two MSUs (PCR)",
    clauses=["Q.703 6.2"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_two_abnormal_bsns_of_three_fail_the_link(link: LinkTester) -> None:
    """MSUs with the BSN wrong, right, wrong: two of three fail the link."""
    mtp3 = quiet(link)
    for wrong in (1, 0, 1):
        bsn = (link.bsn - wrong) % 128
        link.send_msu(link_test(mtp3), fsn=link.fsn, bsn=bsn, deliberate=bool(wrong))
    link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))


@case(
    "Q.781/9.10",
    "Unexpected FSN (PCR)",
    clauses=["Q.703 6.2"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_gap_is_waited_for(link: LinkTester) -> None:
    """An MSU beyond the one expected is discarded without a request; those in sequence are accepted."""
    mtp3 = quiet(link)
    link.send_msu(link_test(mtp3, b"\x09\x11"), fsn=(link.fsn + 2) % 128)
    not_accepted(link, SECOND // 2)
    never_inverted(link)
    link.automatic = True
    for pattern in (b"\x09\x10", b"\x09\x11"):
        mtp3.send_sltm(pattern)
    for pattern in (b"\x09\x10", b"\x09\x11"):
        mtp3.expect_slta(pattern, within=SECOND)


@case(
    "Q.781/9.11",
    "Excessive delay of acknowledgement (PCR)",
    clauses=["Q.703 6.2", "Q.703 12.3"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_missing_acknowledgement_fails_the_link(link: LinkTester) -> None:
    """An MSU that is repeated and never acknowledged fails the link after T7, 0.8 to 2 s with this method."""
    mtp3 = withheld(link)
    mtp3.send_sltm(b"\x09\x11")
    sent = link.expect_msu(within=SECOND)
    failed = link.expect("SIOS", within=3 * SECOND, through=("FISU", "MSU"))
    measure_time(link.bench, "T7", failed.at - sent.at, 0.8, 2)


@case(
    "Q.781/9.12",
    "FISU with the FSN expected of an MSU (PCR)",
    clauses=["Q.703 6.2"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_fisu_with_the_next_fsn_changes_nothing(link: LinkTester) -> None:
    """A FISU with the number of the next MSU is not acknowledged nor asked for; the MSU is accepted then."""
    mtp3 = quiet(link)
    link.send_fisu(fsn=(link.fsn + 1) % 128, deliberate=True)
    not_accepted(link, SECOND)
    never_inverted(link)
    link.automatic = True
    carries(link, mtp3)


@case(
    "Q.781/9.13",
    "Level 3 stop command (PCR)",
    clauses=["Q.703 7"],
    proves=["N-01", "M-03"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_stop_in_service(link: LinkTester) -> None:
    """Stopped with messages unacknowledged, the system ends the cycle and sends SIOS."""
    mtp3 = withheld(link)
    mtp3.send_sltm(b"\x09\x13")
    link.expect_msu(within=SECOND)
    link.automatic = False
    level3(link.bench).deactivate_link()
    link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))
    link.expect_only("SIOS", during=SECOND)


@case(
    "MTP2/8",
    "Indicator bits mean nothing (PCR)",
    clauses=["Q.703 6.2"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_indicator_bits_are_ignored(link: LinkTester) -> None:
    """FISUs with both indicator bits 0 for a second fail nothing and ask for nothing."""
    mtp3 = quiet(link)
    link.send_fisu(fib=0, bib=0, deliberate=True)
    start = len(link.units)
    link.expect_only("FISU", "MSU", during=SECOND)
    same_bsn(link.units[start:], link.fsn)
    link.send_frame(head(link.bsn, 1, link.fsn, 1, 0), summary="FISU with indicator bits 1")
    link.automatic = True
    carries(link, mtp3)


@case(
    "MTP2/10",
    "MSU with wrong check bits is waited for (PCR)",
    clauses=["Q.703 4.2", "Q.703 6.2"],
    proves=["N-01"],
    needs="mtp2.pcr",
    setup=PCR,
)
def test_lost_message_is_accepted_when_it_comes_again(link: LinkTester) -> None:
    """The first of three MSUs comes in error: nothing is asked for, and the next cycle brings all three."""
    mtp3 = quiet(link)
    spoilt(link, mtp3, b"\x01")
    link.automatic = True
    for pattern in (b"\x02", b"\x03"):
        mtp3.send_sltm(pattern)
    for pattern in (b"\x01", b"\x02", b"\x03"):
        mtp3.expect_slta(pattern, within=SECOND)
    link.expect_acknowledged(within=SECOND)
    never_inverted(link)


@case(
    "MTP2/11",
    "A call over a link with preventive cyclic retransmission",
    clauses=["Q.703 6", "Q.764 2.1"],
    proves=["N-01"],
    needs=("mtp2.pcr", "isup.incoming"),
    setup=PCR,
)
def test_call_over_a_cyclic_link(isup: IsupTester) -> None:
    """An ordinary call is answered and released: the upper levels do not notice the method."""
    call = isup.seize(called=isup.pixit.menu_number)
    call.answered(within=20 * SECOND)
    call.release()
    isup.expect_no_leftovers()

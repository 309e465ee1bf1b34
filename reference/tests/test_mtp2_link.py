"""One end of a signalling link against a scripted line: clause by clause, with exact deadlines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import ConfigurationError, StateError
from callcenter.ss7.mtp2 import (
    TIMERS,
    Correction,
    InService,
    LinkCongestion,
    MsuReceived,
    Mtp2Link,
    OutOfService,
    Reason,
    RemoteProcessorOutage,
)
from callcenter.ss7.mtp2.codec import SignalUnit, Status, decode
from callcenter.ss7.mtp2.link import UNREAD
from callcenter.ss7.mtp2.txc import ABATEMENT, CAPACITY, ONSET, WINDOW
from testrig.board import HdlcFault
from testrig.clock import SECOND, frames

MSU = b"\x85\x01\x02\x03"


def lssu(status: Status) -> bytes:
    return SignalUnit(127, 1, 127, 1, status).encode()


def fisu(bsn: int = 127, fsn: int = 127, *, bib: int = 1, fib: int = 1) -> bytes:
    return SignalUnit(bsn, bib, fsn, fib).encode()


def msu(fsn: int, bsn: int = 127, *, bib: int = 1, fib: int = 1, data: bytes = MSU) -> bytes:
    return SignalUnit(bsn, bib, fsn, fib, None, data).encode()


def sent(link: Mtp2Link) -> SignalUnit:
    return decode(link.fill)


def proving(link: Mtp2Link, *, now: int = 0, theirs: Status = Status.SIN) -> None:
    link.start(now)
    link.receive(lssu(Status.SIO), 5, now)
    link.receive(lssu(theirs), 1, now)


def in_service(*, now: int = 0, waits: bool = False) -> Mtp2Link:
    link = Mtp2Link("link0", waits_for_level3=waits)
    link.emergency(True, now)
    proving(link, now=now)
    link.expire(now + 4096)
    link.receive(fisu(), 1, now + 4096)
    assert link.events() == [InService()]
    assert link.take_flush()
    return link


# initial alignment, Q.703 7


def test_link_new_sends_sios() -> None:
    link = Mtp2Link("link0")
    assert sent(link).status is Status.SIOS
    assert link.state == "out of service"
    assert link.next_deadline is None
    assert link.settled


def test_alignment_normal_takes_exactly_pn_octets() -> None:
    link = Mtp2Link("link0")
    link.start(100)
    assert sent(link).status is Status.SIO
    assert link.next_deadline == 100 + link.durations["T2"]
    link.receive(lssu(Status.SIO), 7, 150)
    assert sent(link).status is Status.SIN
    assert link.next_deadline == 150 + link.durations["T3"]
    link.receive(lssu(Status.SIN), 3, 200)
    assert link.next_deadline == 200 + 2**16
    link.expire(200 + 2**16 - 1)
    assert link.state == "initial alignment"
    link.expire(200 + 2**16)
    assert link.state == "aligned ready"
    assert sent(link).kind == "FISU"
    assert link.events() == []
    link.receive(fisu(), 1, 200 + 2**16 + 40)
    assert link.events() == [InService()]
    assert link.next_deadline is None


@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("theirs", [Status.SIN, Status.SIE])
def test_proving_either_end_in_emergency_shortens_it(ours: bool, theirs: Status) -> None:
    link = Mtp2Link("link0")
    if ours:
        link.emergency(True, 0)
    proving(link, theirs=theirs)
    assert sent(link).status is (Status.SIE if ours else Status.SIN)
    assert link.next_deadline == (2**12 if ours or theirs is Status.SIE else 2**16)


def test_proving_emergency_ordered_meanwhile_restarts_it_short() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.emergency(True, 1000)
    assert sent(link).status is Status.SIE
    assert link.next_deadline == 1000 + 2**12


def test_proving_sie_meanwhile_restarts_it_short_once() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.receive(lssu(Status.SIE), 1, 1000)
    link.receive(lssu(Status.SIE), 9, 2000)
    assert sent(link).status is Status.SIN
    assert link.next_deadline == 1000 + 2**12


def test_alignment_two_equal_sin_in_one_report_begin_proving() -> None:
    link = Mtp2Link("link0")
    link.start(0)
    link.receive(lssu(Status.SIN), 2, 10)
    assert link.next_deadline == 10 + 2**16


def test_proving_sio_goes_back_to_aligned() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.receive(lssu(Status.SIO), 1, 500)
    assert link.next_deadline == 500 + link.durations["T3"]
    link.receive(lssu(Status.SIN), 1, 600)
    assert link.next_deadline == 600 + 2**16


@pytest.mark.parametrize(
    ("timer", "status", "reason"),
    [
        ("T2", None, Reason.NOT_ALIGNED),
        ("T3", Status.SIO, Reason.ALIGNED_TOO_LONG),
    ],
)
def test_alignment_timer_expiry_exact_frame(timer: str, status: Status | None, reason: Reason) -> None:
    link = Mtp2Link("link0")
    link.start(0)
    if status is not None:
        link.receive(lssu(status), 1, 0)
    link.expire(link.durations[timer] - 1)
    assert link.events() == []
    link.expire(link.durations[timer])
    assert link.events() == [OutOfService(reason)]
    assert sent(link).status is Status.SIOS
    assert link.next_deadline is None


def test_alignment_sios_while_proving_gives_up() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.receive(lssu(Status.SIOS), 1, 100)
    assert link.events() == [OutOfService(Reason.SIOS_IN_ALIGNMENT)]


def test_aligned_ready_t1_expiry_exact_frame() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.expire(2**16)
    link.expire(2**16 + link.durations["T1"] - 1)
    assert link.state == "aligned ready"
    link.expire(2**16 + link.durations["T1"])
    assert link.events() == [OutOfService(Reason.NOT_READY)]


def test_aligned_ready_other_end_still_proving_waits() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.expire(2**16)
    link.receive(lssu(Status.SIN), 4, 2**16 + 40)
    assert link.state == "aligned ready"


def test_fisu_during_alignment_says_nothing() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.receive(fisu(), 3, 10)
    link.receive(msu(0), 1, 10)
    assert link.state == "initial alignment"
    assert link.events() == []


# error monitors, Q.703 10


@pytest.mark.parametrize(("emergency", "threshold"), [(False, 4), (True, 1)])
def test_aerm_proving_five_aborts_end_alignment(emergency: bool, threshold: int) -> None:
    link = Mtp2Link("link0")
    link.emergency(emergency, 0)
    proving(link)
    period = 2**12 if emergency else 2**16
    for attempt in range(1, 5):
        for _ in range(threshold - 1):
            link.fault(HdlcFault.FCS, attempt * 100)
        before = link.next_deadline
        link.fault(HdlcFault.FCS, attempt * 100)
        link.fault(HdlcFault.FCS, attempt * 100)
        assert link.next_deadline == before
        link.receive(lssu(Status.SIN), 1, attempt * 100 + 50)
        assert link.next_deadline == attempt * 100 + 50 + period
    for _ in range(threshold):
        assert link.events() == []
        link.fault(HdlcFault.ABORT, 900)
    assert link.events() == [OutOfService(Reason.PROVING_FAILED)]


def test_aerm_aborted_period_end_begins_another() -> None:
    link = Mtp2Link("link0")
    proving(link)
    for _ in range(4):
        link.fault(HdlcFault.OCTET_COUNT, 100)
    link.expire(2**16)
    assert link.state == "initial alignment"
    assert link.next_deadline == 2**17


def test_suerm_64_errors_fail_the_link() -> None:
    link = in_service()
    for _ in range(63):
        link.fault(HdlcFault.FCS, 5000)
    assert link.events() == []
    link.fault(HdlcFault.FCS, 5000)
    assert link.events() == [OutOfService(Reason.ERROR_RATE)]


@pytest.mark.parametrize("repeats", [1, 7, 256, 1000])
def test_suerm_256_units_take_one_error_back_however_reported(repeats: int) -> None:
    link = in_service()
    for _ in range(63):
        link.fault(HdlcFault.FCS, 5000)
    # The FISU that put the link into service and the 63 errors are units too: 64 of 256.
    left = 256 - link.suerm.units
    while left:
        count = min(repeats, left)
        link.receive(fisu(), count, 5000)
        left -= count
    assert link.suerm.errors == 62
    link.fault(HdlcFault.FCS, 5000)
    assert link.events() == []
    link.fault(HdlcFault.FCS, 5000)
    assert link.events() == [OutOfService(Reason.ERROR_RATE)]


def test_suerm_million_fisus_at_once_empties_the_bucket() -> None:
    link = in_service()
    for _ in range(40):
        link.fault(HdlcFault.FCS, 5000)
    link.receive(fisu(), 1_000_000, 5000)
    assert link.suerm.errors == 0


# basic error correction, Q.703 5


def test_transmit_message_numbered_and_acknowledged() -> None:
    link = in_service()
    link.transmit(MSU, 5000)
    assert not link.settled
    assert [decode(octets) for octets in link.pull(8)] == [SignalUnit(127, 1, 0, 1, None, MSU)]
    assert sent(link) == SignalUnit(127, 1, 0, 1)
    assert link.next_deadline == 5000 + link.durations["T7"]
    link.receive(fisu(bsn=0), 1, 5040)
    assert link.next_deadline is None
    assert link.settled


def test_pull_room_and_window_respected() -> None:
    link = in_service()
    for _ in range(200):
        link.transmit(MSU, 5000)
    numbers: list[int] = []
    while units := link.pull(8):
        assert len(units) <= 8
        numbers += [decode(octets).fsn for octets in units]
    assert numbers == list(range(WINDOW))
    link.receive(fisu(bsn=9), 1, 5040)
    assert [decode(octets).fsn for octets in link.pull(100)] == [127, *range(9)]


def test_t7_restarts_at_each_acknowledgement_and_fails_at_exact_frame() -> None:
    link = in_service()
    link.transmit(MSU, 5000)
    link.transmit(MSU, 5000)
    link.pull(8)
    link.receive(fisu(bsn=0), 1, 6000)
    link.expire(6000 + link.durations["T7"] - 1)
    assert link.events() == []
    link.expire(6000 + link.durations["T7"])
    assert link.events() == [OutOfService(Reason.NO_ACKNOWLEDGEMENT)]
    assert link.take_flush()
    assert sent(link).status is Status.SIOS


def test_nack_retransmits_from_the_first_unacknowledged() -> None:
    link = in_service()
    for number in range(5):
        link.transmit(MSU + bytes((number,)), 5000)
    link.take_flush()
    link.pull(8)
    link.receive(fisu(bsn=1, bib=0), 1, 5040)
    assert link.take_flush()
    assert not link.take_flush()
    # Until the first repetition the fill must not look like a lost message again.
    assert sent(link) == SignalUnit(127, 1, 1, 0)
    repeated = [decode(octets) for octets in link.pull(8)]
    assert [(unit.fsn, unit.fib, unit.msu[-1]) for unit in repeated] == [(2, 0, 2), (3, 0, 3), (4, 0, 4)]
    assert sent(link) == SignalUnit(127, 1, 4, 0)


def test_nack_with_nothing_to_repeat_turns_the_bit() -> None:
    link = in_service()
    link.receive(fisu(bib=0), 1, 5000)
    assert sent(link) == SignalUnit(127, 1, 127, 0)


def test_receive_messages_in_sequence_delivered_once() -> None:
    link = in_service()
    link.receive(msu(0), 1, 5000)
    link.receive(msu(0), 4, 5000)
    link.receive(msu(1, data=MSU + b"!"), 1, 5000)
    assert link.events() == [MsuReceived(MSU), MsuReceived(MSU + b"!")]
    assert sent(link) == SignalUnit(1, 1, 127, 1)


@pytest.mark.parametrize("evidence", [msu(1), fisu(fsn=0)])
def test_receive_gap_asks_once_and_waits_for_the_repetition(evidence: bytes) -> None:
    link = in_service()
    link.receive(evidence, 3, 5000)
    assert sent(link) == SignalUnit(127, 0, 127, 1)
    assert not link.settled
    link.receive(msu(2), 1, 5040)
    assert sent(link).bib == 0
    link.receive(msu(0, bib=1, fib=0), 1, 5080)
    assert link.events() == [MsuReceived(MSU)]
    assert sent(link) == SignalUnit(0, 0, 127, 1)
    assert link.settled


def test_receive_gap_in_the_repetition_asks_again() -> None:
    link = in_service()
    link.receive(msu(1), 1, 5000)
    link.receive(msu(1, fib=0), 1, 5040)
    assert sent(link).bib == 1
    link.receive(msu(0, fib=1), 1, 5080)
    assert link.events() == [MsuReceived(MSU)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [(fisu(bsn=60), Reason.ABNORMAL_BSN), (fisu(fib=0), Reason.ABNORMAL_FIB)],
)
def test_abnormal_numbers_two_of_three_fail_the_link(wrong: bytes, reason: Reason) -> None:
    for between, fails in ((0, True), (1, True), (2, False)):
        link = in_service()
        link.receive(wrong, 1, 5000)
        assert link.events() == []
        for _ in range(between):
            link.receive(fisu(), 1, 5000)
        link.receive(wrong, 1, 5000)
        assert link.events() == ([OutOfService(reason)] if fails else [])


def test_abnormal_numbers_repeated_unit_counts_each() -> None:
    link = in_service()
    link.receive(fisu(bsn=60), 2, 5000)
    assert link.events() == [OutOfService(Reason.ABNORMAL_BSN)]


# link state, Q.703 figure 8


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.SIO, Reason.SIO_RECEIVED),
        (Status.SIN, Reason.SIN_RECEIVED),
        (Status.SIE, Reason.SIE_RECEIVED),
        (Status.SIOS, Reason.SIOS_RECEIVED),
    ],
)
def test_in_service_status_received_fails_the_link(status: Status, reason: Reason) -> None:
    link = in_service()
    link.receive(lssu(status), 6, 5000)
    assert link.events() == [OutOfService(reason)]
    assert link.state == "out of service"


def test_stop_gives_no_event_and_start_begins_anew() -> None:
    link = in_service()
    link.receive(msu(0), 1, 5000)
    link.transmit(MSU, 5000)
    link.pull(1)
    link.events()
    link.stop(6000)
    assert link.events() == []
    assert sent(link).status is Status.SIOS
    assert link.next_deadline is None
    link.start(7000)
    assert sent(link) == SignalUnit(127, 1, 127, 1, Status.SIO)
    assert link.settled is False
    assert link.take_flush()
    assert link.settled


def test_message_in_the_first_unit_delivered_after_in_service() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.expire(2**16)
    link.receive(msu(0), 1, 2**16 + 40)
    assert link.events() == [InService(), MsuReceived(MSU)]


@pytest.mark.parametrize("bad", [{"bsn": 60}, {"fib": 0}])
def test_first_normal_unit_after_an_abnormal_one_discarded(bad: dict[str, int]) -> None:
    link = in_service()
    link.receive(fisu(bsn=bad.get("bsn", 127), fib=bad.get("fib", 1)), 1, 5000)
    link.receive(msu(0), 1, 5100)
    assert link.events() == []
    link.receive(fisu(fsn=0), 1, 5200)
    assert (sent(link).bsn, sent(link).bib) == (127, 0)
    link.receive(msu(0, fib=0), 1, 5300)
    assert link.events() == [MsuReceived(MSU)]


# congestion, Q.703 9


def busy(link: Mtp2Link, *, until: int, since: int = 5100) -> int:
    """SIB every 800 frames from `since` on, in `since` + n * 800 < `until`; the last instant."""
    for now in range(since, until, 800):
        link.expire(now)
        link.receive(lssu(Status.SIB), 1, now)
    return now


def test_sib_received_each_starts_t7_again() -> None:
    link = in_service()
    link.transmit(MSU, 5000)
    link.pull(1)
    assert busy(link, until=20_000) == 19_500
    assert link.next_deadline == 19_500 + link.durations["T7"]
    link.receive(fisu(bsn=0), 1, 20_000)
    assert link.next_deadline is None


def test_sib_received_then_silence_fails_after_t7() -> None:
    link = in_service()
    link.transmit(MSU, 5000)
    link.pull(1)
    link.receive(lssu(Status.SIB), 1, 5100)
    link.expire(5100 + link.durations["T7"])
    assert link.events() == [OutOfService(Reason.NO_ACKNOWLEDGEMENT)]


def test_sib_received_t6_expiry_exact_frame() -> None:
    link = in_service()
    link.transmit(MSU, 5000)
    link.pull(1)
    busy(link, until=5100 + link.durations["T6"])
    link.expire(5100 + link.durations["T6"] - 1)
    assert link.events() == []
    link.expire(5100 + link.durations["T6"])
    assert link.events() == [OutOfService(Reason.REMOTE_CONGESTION)]


def test_negative_acknowledgement_alone_does_not_start_t7_again() -> None:
    link = in_service()
    link.transmit(MSU, 5000)
    link.pull(1)
    link.receive(fisu(bib=0), 1, 9000)
    link.pull(1)
    assert link.next_deadline == 5000 + link.durations["T7"]


def test_sib_received_with_nothing_outstanding_starts_nothing() -> None:
    link = in_service()
    link.receive(lssu(Status.SIB), 3, 5100)
    assert link.next_deadline is None


def test_congestion_sib_every_t5_and_acknowledgements_withheld() -> None:
    link = in_service()
    link.receive(msu(0), 1, 5000)
    link.congestion(True, 5000)
    assert [decode(octets).status for octets in link.pull(8)] == [Status.SIB]
    assert link.pull(8) == []
    link.receive(msu(1), 1, 5100)
    assert sent(link).bsn == 0
    assert link.next_deadline == 5000 + link.durations["T5"]
    link.expire(5000 + link.durations["T5"])
    assert [decode(octets).status for octets in link.pull(8)] == [Status.SIB]
    link.congestion(False, 6000)
    assert sent(link) == SignalUnit(0, 0, 127, 1)
    assert link.next_deadline is None
    link.receive(msu(1, fib=0), 1, 6100)
    assert link.events() == [MsuReceived(MSU), MsuReceived(MSU)]


def test_transmission_buffer_onset_abatement_and_capacity() -> None:
    link = in_service()
    for _ in range(ONSET):
        link.transmit(MSU, 5000)
    assert link.events() == [LinkCongestion(True)]
    while link.pull(100):
        pass
    for bsn in (99, 127 - 1):
        link.receive(fisu(bsn=bsn), 1, 5000)
        link.pull(200)
    assert ONSET - WINDOW > ABATEMENT
    link.receive(fisu(bsn=127), 1, 5000)
    assert link.events() == [LinkCongestion(False)]
    for _ in range(2 * CAPACITY):
        link.transmit(MSU, 5000)
    assert link.txc.discarded > 0
    assert link.events() == [LinkCongestion(True), LinkCongestion(True, discarding=True)]


# processor outage, Q.703 8


def test_remote_processor_outage_holds_messages_until_recovery() -> None:
    link = in_service()
    link.receive(lssu(Status.SIPO), 4, 5000)
    assert link.events() == [RemoteProcessorOutage(True)]
    link.transmit(MSU, 5100)
    assert link.pull(8) == []
    assert sent(link).kind == "FISU"
    link.receive(fisu(), 2, 6000)
    assert link.events() == [RemoteProcessorOutage(False)]
    assert link.state == "in service"
    assert len(link.pull(8)) == 1


def test_local_processor_outage_sends_sipo_and_accepts_nothing() -> None:
    link = in_service()
    link.processor_outage(True, 5000)
    assert link.local_outage
    assert sent(link).status is Status.SIPO
    link.receive(msu(0), 1, 5100)
    assert link.events() == []
    link.processor_outage(False, 6000)
    assert link.state == "in service"
    link.receive(msu(0), 1, 6100)
    assert link.events() == [MsuReceived(MSU)]


def test_outage_at_both_ends_ends_with_the_later() -> None:
    link = in_service()
    link.processor_outage(True, 5000)
    link.receive(lssu(Status.SIPO), 1, 5100)
    link.processor_outage(False, 5200)
    assert link.state == "processor outage"
    link.receive(fisu(), 1, 5300)
    assert link.state == "in service"
    assert link.events() == [RemoteProcessorOutage(True), RemoteProcessorOutage(False)]


def test_outage_marked_before_alignment_leads_to_aligned_not_ready() -> None:
    link = Mtp2Link("link0")
    link.processor_outage(True, 0)
    proving(link)
    link.expire(2**16)
    assert link.state == "aligned not ready"
    assert sent(link).status is Status.SIPO
    link.processor_outage(False, 2**16 + 10)
    assert link.state == "aligned ready"
    link.receive(fisu(), 1, 2**16 + 50)
    assert link.events() == [InService()]


def test_remote_outage_before_service_announces_service_at_recovery() -> None:
    link = Mtp2Link("link0")
    proving(link)
    link.expire(2**16)
    link.receive(lssu(Status.SIPO), 1, 2**16 + 10)
    assert link.events() == [RemoteProcessorOutage(True)]
    link.receive(fisu(), 1, 2**16 + 50)
    assert link.events() == [RemoteProcessorOutage(False), InService()]


def test_local_outage_takes_acknowledgements() -> None:
    link = in_service()
    link.transmit(MSU, 5000)
    link.pull(1)
    link.processor_outage(True, 5100)
    link.receive(fisu(bsn=0), 1, 5200)
    assert link.retrieve() == []


def test_flush_in_outage_discards_and_numbers_from_the_last_acknowledged() -> None:
    link = in_service()
    for _ in range(3):
        link.transmit(MSU, 5000)
    link.pull(2)
    link.receive(fisu(bsn=0), 1, 5100)
    link.processor_outage(True, 5200)
    assert sent(link).fsn == 1
    link.flush(5300)
    assert sent(link).fsn == 0
    link.transmit(MSU + b"new", 5400)
    link.processor_outage(False, 5500)
    link.take_flush()
    assert [(decode(unit).fsn, decode(unit).msu) for unit in link.pull(8)] == [(1, MSU + b"new")]


def test_flush_out_of_outage_changes_nothing() -> None:
    link = in_service()
    link.transmit(MSU, 5000)
    link.flush(5100)
    assert link.retrieve() == [MSU]


@pytest.mark.parametrize(("order", "kept"), [("resume", 1), ("flush", 0)])
@pytest.mark.parametrize("early", [False, True])
def test_outage_over_messages_wait_for_the_word_of_level_3(order: str, kept: int, early: bool) -> None:
    link = in_service(waits=True)
    link.receive(lssu(Status.SIPO), 1, 5000)
    link.transmit(MSU, 5100)
    if early:
        getattr(link, order)(5200)
        assert link.state == "processor outage"
    link.receive(fisu(), 1, 6000)
    if not early:
        assert link.state == "processor outage"
        assert link.pull(8) == []
        getattr(link, order)(6100)
    assert link.in_service
    assert len(link.pull(8)) == kept


def test_outage_again_before_the_word_of_level_3_goes_on() -> None:
    link = in_service(waits=True)
    link.receive(lssu(Status.SIPO), 1, 5000)
    link.receive(fisu(), 1, 6000)
    link.receive(lssu(Status.SIPO), 1, 6100)
    link.resume(6200)
    assert link.state == "processor outage"
    link.receive(fisu(), 1, 6300)
    assert link.in_service


# messages that level 3 does not read, Q.703 9.2


def test_messages_unread_congest_the_receiving_side_until_read() -> None:
    link = in_service()
    for number in range(UNREAD):
        assert link.pull(1) == []
        link.receive(msu(number % 128), 1, 5000)
    assert [decode(unit).status for unit in link.pull(8)] == [Status.SIB]
    link.receive(msu(UNREAD % 128), 1, 5100)
    assert len(link.events()) == UNREAD
    assert link.next_deadline is None
    assert (sent(link).bsn, sent(link).bib) == ((UNREAD - 1) % 128, 0)


def test_congestion_accepting_takes_messages_and_withholds_acknowledgement() -> None:
    link = in_service()
    link.congestion(True, 5000, discard=False)
    link.receive(msu(0), 1, 5100)
    assert link.events() == [MsuReceived(MSU)]
    assert sent(link).bsn == 127
    link.congestion(False, 5200)
    assert (sent(link).bsn, sent(link).bib) == (0, 1)


# changeover's needs, Q.704 5.4


def test_retrieve_gives_unacknowledged_and_waiting_messages() -> None:
    link = in_service()
    for number in range(6):
        link.transmit(MSU + bytes((number,)), 5000)
    link.pull(4)
    assert link.retrieve(9) == []
    assert [message[-1] for message in link.retrieve(1)] == [2, 3, 4, 5]
    assert link.retrieve() == []


# orders and configuration


@pytest.mark.parametrize("size", [0, 2, 274])
def test_transmit_wrong_length_refused(size: int) -> None:
    with pytest.raises(StateError, match=f"link0: transmit .* found {size}"):
        Mtp2Link("link0").transmit(bytes(size), 0)


def test_timers_override_out_of_range_refused() -> None:
    assert Mtp2Link("link0", timers={"T7": SECOND}).durations["T7"] == SECOND
    with pytest.raises(ConfigurationError, match=r"timer T7: found 3 s, expected 0\.5 to 2 s"):
        Mtp2Link("link0", timers={"T7": 3 * SECOND})
    with pytest.raises(ConfigurationError, match="timer T9: not known here; near misses: T"):
        Mtp2Link("link0", timers={"T9": SECOND})


def test_timers_defaults_within_clause_12_3() -> None:
    assert {name: (spec.minimum, spec.maximum) for name, spec in TIMERS.items()} == {
        "T1": (frames(40), frames(50)),
        "T2": (frames(5), frames(150)),
        "T3": (frames(1), frames(2)),
        "T4n": (frames(7.5), frames(9.5)),
        "T4e": (frames(0.4), frames(0.6)),
        "T5": (frames(0.08), frames(0.12)),
        "T6": (frames(3), frames(6)),
        "T7": (frames(0.5), frames(2)),
    }
    assert all(spec.checked(spec.default) for spec in TIMERS.values())


STIMULI = st.lists(
    st.one_of(
        st.tuples(st.just("octets"), st.binary(max_size=280), st.integers(1, 400)),
        st.tuples(
            st.just("octets"),
            st.builds(
                lambda head, status: bytes((*head, 1, status)),
                st.tuples(st.integers(0, 255), st.integers(0, 255)),
                st.integers(0, 7),
            ),
            st.integers(1, 400),
        ),
        st.tuples(st.just("fault"), st.sampled_from(HdlcFault), st.just(1)),
        st.tuples(
            st.sampled_from(
                [
                    *("start", "stop", "hurry", "outage", "recover", "busy", "free", "transmit", "pull"),
                    *("flush", "resume", "time"),
                ]
            ),
            st.none(),
            st.integers(1, 70_000),
        ),
    ),
    max_size=60,
)


@given(STIMULI, st.sampled_from(["basic", "pcr"]), st.booleans())
def test_link_arbitrary_stimuli_never_raise_and_timers_fit_the_state(
    stimuli: list[tuple[str, bytes | HdlcFault | None, int]], correction: Correction, waits: bool
) -> None:
    link = Mtp2Link("link0", correction=correction, waits_for_level3=waits, n1=5)
    now = 0
    for kind, value, count in stimuli:
        if isinstance(value, bytes):
            link.receive(value, count, now)
        elif isinstance(value, HdlcFault):
            link.fault(value, now)
        else:
            match kind:
                case "start":
                    link.start(now)
                case "stop":
                    link.stop(now)
                case "hurry":
                    link.emergency(bool(count % 2), now)
                case "outage":
                    link.processor_outage(True, now)
                case "recover":
                    link.processor_outage(False, now)
                case "busy":
                    link.congestion(True, now)
                case "free":
                    link.congestion(False, now)
                case "flush":
                    link.flush(now)
                case "resume":
                    link.resume(now)
                case "transmit":
                    link.transmit(MSU, now)
                case "pull":
                    assert all(decode(octets).kind in {"MSU", "LSSU"} for octets in link.pull(count % 9))
                case _:
                    now += count
                    link.expire(now)
        assert link.next_deadline is None or link.next_deadline >= now
        if link.state == "out of service":
            assert link.next_deadline is None
            assert sent(link).status is Status.SIOS
        if link.state == "initial alignment":
            assert link.next_deadline is not None

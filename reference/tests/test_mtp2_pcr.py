"""Preventive cyclic retransmission, one end against a scripted line (Q.703 6)."""

from __future__ import annotations

from itertools import pairwise

import pytest

from callcenter.errors import ConfigurationError
from callcenter.ss7.mtp2 import InService, MsuReceived, Mtp2Link, OutOfService, Reason
from callcenter.ss7.mtp2.codec import SignalUnit, Status, decode
from callcenter.ss7.mtp2.txc_pcr import N1, N2, OVERHEAD
from testrig.clock import frames

MSU = b"\x85\x01\x02\x03"


def lssu(status: Status) -> bytes:
    return SignalUnit(127, 1, 127, 1, status).encode()


def fisu(bsn: int = 127, fsn: int = 127, *, bib: int = 1, fib: int = 1) -> bytes:
    return SignalUnit(bsn, bib, fsn, fib).encode()


def msu(fsn: int, *, bib: int = 1, fib: int = 1) -> bytes:
    return SignalUnit(127, bib, fsn, fib, None, MSU).encode()


def sent(link: Mtp2Link) -> SignalUnit:
    return decode(link.fill)


def pcr(*, n1: int = N1, n2: int = N2) -> Mtp2Link:
    """A link in service since instant 4096."""
    link = Mtp2Link("link0", correction="pcr", n1=n1, n2=n2)
    link.emergency(True, 0)
    link.start(0)
    link.receive(lssu(Status.SIO), 1, 0)
    link.receive(lssu(Status.SIN), 1, 0)
    link.expire(4096)
    link.receive(fisu(), 1, 4096)
    assert link.events() == [InService()]
    assert link.take_flush()
    return link


def numbers(link: Mtp2Link, count: int) -> list[int]:
    """FSN of the next `count` signal units, which are MSUs."""
    units = [decode(unit) for unit in link.pull(count)]
    assert all(unit.kind == "MSU" and (unit.fib, unit.bib) == (1, 1) for unit in units)
    return [unit.fsn for unit in units]


def put(link: Mtp2Link, count: int) -> None:
    for _ in range(count):
        link.transmit(MSU, 5000)


def test_cycle_repeats_until_acknowledged() -> None:
    link = pcr()
    put(link, 3)
    assert numbers(link, 8) == [0, 1, 2, 0, 1, 2, 0, 1]
    assert sent(link).fsn == 2
    link.receive(fisu(bsn=1), 1, 5100)
    assert numbers(link, 3) == [2, 2, 2]
    link.receive(fisu(bsn=2), 1, 5200)
    assert link.pull(8) == []
    assert link.settled


def test_cycle_new_message_goes_first_and_the_cycle_goes_on() -> None:
    link = pcr()
    put(link, 3)
    assert numbers(link, 4) == [0, 1, 2, 0]
    put(link, 1)
    assert numbers(link, 4) == [3, 1, 2, 3]


def test_forced_retransmission_at_n1_holds_new_messages_until_below() -> None:
    link = pcr(n1=4)
    put(link, 6)
    assert numbers(link, 10) == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    link.receive(fisu(bsn=0), 1, 5100)
    assert numbers(link, 8) == [2, 3, 4, 1, 2, 3, 4, 1]


def test_forced_retransmission_at_n2_octets() -> None:
    link = pcr(n2=3 * (len(MSU) + OVERHEAD))
    put(link, 5)
    assert numbers(link, 7) == [0, 1, 2, 0, 1, 2, 0]
    link.receive(fisu(bsn=1), 1, 5100)
    assert numbers(link, 4) == [2, 3, 4, 2]


def test_forced_retransmission_ends_when_everything_is_acknowledged() -> None:
    link = pcr(n1=3)
    put(link, 4)
    assert numbers(link, 4) == [0, 1, 2, 0]
    link.receive(fisu(bsn=2), 1, 5100)
    assert numbers(link, 2) == [3, 3]


def test_forced_retransmission_more_than_a_window_in_order() -> None:
    link = pcr()
    put(link, 300)
    seen: list[int] = []
    for _ in range(3):
        fresh = numbers(link, N1)
        assert all((b - a) % 128 == 1 for a, b in pairwise(fresh))
        assert numbers(link, 2) == fresh[:2]
        link.receive(fisu(bsn=fresh[-1]), 1, 5100)
        seen += fresh
        if len(seen) + N1 > 300:
            break
    assert len(seen) == 2 * N1


def test_reception_gap_is_waited_for_and_nothing_asked() -> None:
    link = pcr()
    link.receive(msu(1), 1, 5000)
    assert (sent(link).bsn, sent(link).bib) == (127, 1)
    link.receive(msu(0), 1, 5100)
    link.receive(msu(0), 1, 5200)
    link.receive(msu(1), 1, 5300)
    assert link.events() == [MsuReceived(MSU), MsuReceived(MSU)]
    assert (sent(link).bsn, sent(link).bib) == (1, 1)


def test_reception_fisu_with_the_expected_number_changes_nothing() -> None:
    link = pcr()
    link.receive(fisu(fsn=0), 5, 5000)
    assert sent(link).bsn == 127
    assert link.settled


def test_reception_indicator_bits_mean_nothing() -> None:
    link = pcr()
    put(link, 1)
    assert numbers(link, 1) == [0]
    link.receive(fisu(fib=0, bib=0), 50, 5000)
    link.receive(msu(0, fib=0, bib=0), 1, 5100)
    assert link.events() == [MsuReceived(MSU)]
    assert numbers(link, 1) == [0]


def test_reception_abnormal_bsn_two_of_three_fail_the_link() -> None:
    link = pcr()
    for bsn in (126, 127, 126):
        assert link.events() == []
        link.receive(fisu(bsn=bsn), 1, 5000)
    assert link.events() == [OutOfService(Reason.ABNORMAL_BSN)]


def test_no_acknowledgement_fails_after_t7_in_spite_of_retransmission() -> None:
    link = pcr()
    put(link, 1)
    numbers(link, 1)
    link.expire(5000 + link.durations["T7"] - 1)
    numbers(link, 8)
    assert link.events() == []
    link.expire(5000 + link.durations["T7"])
    assert link.events() == [OutOfService(Reason.NO_ACKNOWLEDGEMENT)]


def test_congestion_discards_and_withholds_then_takes_what_comes_again() -> None:
    link = pcr()
    link.congestion(True, 5000)
    assert [decode(unit).status for unit in link.pull(8)] == [Status.SIB]
    link.receive(msu(0), 1, 5100)
    link.congestion(False, 5200)
    assert (sent(link).bsn, sent(link).bib) == (127, 1)
    link.receive(msu(0), 1, 5300)
    assert link.events() == [MsuReceived(MSU)]


def test_remote_outage_stops_the_cycle_and_flush_empties_it() -> None:
    link = pcr(n1=3)
    put(link, 4)
    numbers(link, 5)
    link.receive(lssu(Status.SIPO), 1, 5100)
    assert link.pull(8) == []
    assert sent(link).fsn == 2
    assert link.next_deadline is None
    link.flush(5200)
    assert sent(link).fsn == 127
    link.receive(fisu(), 1, 5300)
    put(link, 1)
    assert numbers(link, 2) == [0, 0]


def test_retrieval_after_the_last_accepted() -> None:
    link = pcr(n1=4)
    put(link, 6)
    numbers(link, 6)
    link.stop(5100)
    assert len(link.retrieve(1)) == 4


@pytest.mark.parametrize(("n1", "n2"), [(0, 100), (128, 100), (127, 0)])
def test_limits_out_of_range_refused(n1: int, n2: int) -> None:
    with pytest.raises(ConfigurationError, match=r"N[12]: found"):
        Mtp2Link("link0", correction="pcr", n1=n1, n2=n2)


def test_t7_short_refused_with_pcr_only() -> None:
    assert Mtp2Link("link0", timers={"T7": frames(0.5)}).correction == "basic"
    with pytest.raises(ConfigurationError, match=r"T7: found 0\.5 s, expected at least 0\.8 s"):
        Mtp2Link("link0", correction="pcr", timers={"T7": frames(0.5)})


def test_limits_default_to_a_window_and_a_satellite_loop() -> None:
    satellite = frames(0.6)
    assert N1 == 127
    assert satellite + 1 == N2

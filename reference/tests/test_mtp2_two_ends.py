"""Two ends of a signalling link joined by a channel that loses and corrupts signal units."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.ss7.mtp2 import InService, MsuReceived, Mtp2Link, OutOfService
from testrig.board import HdlcFault

STEP = 40
ROOM = 4
A_STEP_CARRIES = 3
"""Signal units in a step, so that the board's queue of four outlives it and flushing matters."""


@dataclass
class End:
    """A link end with the queue its board would have."""

    link: Mtp2Link
    queue: deque[bytes] = field(default_factory=deque)
    received: list[bytes] = field(default_factory=list)
    failures: list[OutOfService] = field(default_factory=list)
    services: int = 0

    def units(self) -> list[bytes]:
        if self.link.take_flush():
            self.queue.clear()
        self.queue.extend(self.link.pull(ROOM - len(self.queue)))
        units = [self.queue.popleft() for _ in range(min(A_STEP_CARRIES, len(self.queue)))]
        return units + [self.link.fill] * (A_STEP_CARRIES - len(units))

    def collect(self) -> None:
        for event in self.link.events():
            if isinstance(event, MsuReceived):
                self.received.append(event.octets)
            elif isinstance(event, OutOfService):
                self.failures.append(event)
            elif isinstance(event, InService):
                self.services += 1


class Pair:
    """Two ends; `lose` and `corrupt` are the chances of a signal unit to vanish or to come in error."""

    def __init__(self, seed: int) -> None:
        self.now = 0
        self.ends = (End(Mtp2Link("a")), End(Mtp2Link("b")))
        self.random = Random(seed)
        self.lose = 0.0
        self.corrupt = 0.0

    def step(self) -> None:
        self.now += STEP
        flows = [end.units() for end in self.ends]
        for units, end in zip(flows, reversed(self.ends), strict=True):
            for unit in units:
                luck = self.random.random()
                if luck < self.lose:
                    continue
                if luck < self.lose + self.corrupt:
                    end.link.fault(HdlcFault.FCS, self.now)
                else:
                    end.link.receive(unit, 1, self.now)
        for end in self.ends:
            end.link.expire(self.now)
            end.collect()

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.step()

    def bring_up(self) -> None:
        for end in self.ends:
            end.link.emergency(True, self.now)
            end.link.start(self.now)
        for _ in range(200):
            self.step()
            if all(end.link.in_service for end in self.ends):
                return
        raise AssertionError([end.link.state for end in self.ends])


def message(number: int) -> bytes:
    return b"\x85" + number.to_bytes(2, "big") + bytes(number % 90)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    lose=st.floats(0, 0.12),
    corrupt=st.floats(0, 0.12),
    bursts=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30)), max_size=12),
)
def test_two_ends_lossy_channel_nothing_lost_doubled_or_misordered(
    seed: int, lose: float, corrupt: float, bursts: list[tuple[int, int, int]]
) -> None:
    pair = Pair(seed)
    pair.bring_up()
    pair.lose, pair.corrupt = lose, corrupt
    given_to: tuple[list[bytes], list[bytes]] = ([], [])
    for a, b, steps in bursts:
        for end, count, sent in zip(pair.ends, (a, b), given_to, strict=True):
            for _ in range(count):
                sent.append(message(len(sent)))
                end.link.transmit(sent[-1], pair.now)
        for _ in range(steps):
            pair.step()
            for end, sent in zip(pair.ends, reversed(given_to), strict=True):
                assert end.received == sent[: len(end.received)]
    pair.lose = pair.corrupt = 0.0
    pair.run(400)
    failed = [failure for end in pair.ends for failure in end.failures]
    if failed:
        # Only the error rate may take the link down.
        assert {failure.reason.name for failure in failed} <= {"ERROR_RATE", "SIOS_RECEIVED"}
        return
    assert pair.ends[0].received == given_to[1]
    assert pair.ends[1].received == given_to[0]
    assert all(end.link.settled for end in pair.ends)


def test_two_ends_clean_channel_carries_more_than_a_window_each_way() -> None:
    pair = Pair(1)
    pair.bring_up()
    for number in range(300):
        for end in pair.ends:
            end.link.transmit(message(number), pair.now)
    pair.run(150)
    assert all(end.received == [message(number) for number in range(300)] for end in pair.ends)
    assert all(end.link.settled and end.failures == [] for end in pair.ends)


def test_two_ends_every_single_loss_is_repaired() -> None:
    for lost in range(12):
        pair = Pair(0)
        pair.bring_up()
        for number in range(8):
            pair.ends[0].link.transmit(message(number), pair.now)
        count = 0
        for _ in range(20):
            pair.now += STEP
            flows = [end.units() for end in pair.ends]
            for units, end in zip(flows, reversed(pair.ends), strict=True):
                for unit in units:
                    if count != lost:
                        end.link.receive(unit, 1, pair.now)
                    count += 1
            for end in pair.ends:
                end.collect()
        assert pair.ends[1].received == [message(number) for number in range(8)], lost
        assert all(end.link.settled for end in pair.ends), lost


def test_two_ends_dead_channel_fails_and_comes_back_clean() -> None:
    pair = Pair(3)
    pair.bring_up()
    pair.ends[0].link.transmit(message(0), pair.now)
    pair.lose = 1.0
    pair.run(pair.ends[0].link.durations["T7"] // STEP + 2)
    assert [failure.reason.name for failure in pair.ends[0].failures] == ["NO_ACKNOWLEDGEMENT"]
    pair.lose = 0.0
    pair.run(2)
    assert [failure.reason.name for failure in pair.ends[1].failures] == ["SIOS_RECEIVED"]
    pair.bring_up()
    pair.ends[0].link.transmit(message(1), pair.now)
    pair.run(5)
    assert pair.ends[1].received == [message(1)]


def test_two_ends_congested_receiver_slows_and_loses_nothing() -> None:
    pair = Pair(4)
    pair.bring_up()
    near, far = pair.ends
    far.link.congestion(True, pair.now)
    for number in range(30):
        near.link.transmit(message(number), pair.now)
    pair.run(200)
    assert far.received == []
    assert near.link.in_service
    far.link.congestion(False, pair.now)
    pair.run(30)
    assert far.received == [message(number) for number in range(30)]


def test_two_ends_processor_outage_in_traffic_loses_nothing() -> None:
    pair = Pair(5)
    pair.bring_up()
    near, far = pair.ends
    for number in range(20):
        near.link.transmit(message(number), pair.now)
    pair.run(2)
    far.link.processor_outage(True, pair.now)
    pair.run(50)
    assert near.link.state == far.link.state == "processor outage"
    far.link.processor_outage(False, pair.now)
    pair.run(30)
    assert far.received == [message(number) for number in range(20)]
    assert near.link.in_service
    assert far.link.in_service

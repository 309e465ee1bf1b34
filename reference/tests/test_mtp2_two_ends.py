"""Two ends of a signalling link joined by a channel that loses and corrupts signal units."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from callcenter.ss7.mtp2 import Correction, InService, MsuReceived, Mtp2Link, OutOfService
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
    """Two ends; `lose`, `corrupt` and `repeat` are the chances of a signal unit to vanish, to come in error
    and to come twice."""

    def __init__(self, seed: int, correction: Correction = "basic") -> None:
        self.now = 0
        self.ends = tuple(End(Mtp2Link(name, correction=correction, n1=20, n2=1500)) for name in "ab")
        self.random = Random(seed)
        self.lose = 0.0
        self.corrupt = 0.0
        self.repeat = 0.0

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
                    again = luck > 1 - self.repeat
                    end.link.receive(unit, 2 if again and len(unit) < 6 else 1, self.now)
                    if again:
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
    repeat=st.floats(0, 0.12),
    correction=st.sampled_from(["basic", "pcr"]),
    bursts=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30)), max_size=12),
)
def test_two_ends_lossy_channel_nothing_lost_doubled_or_misordered(
    seed: int,
    lose: float,
    corrupt: float,
    repeat: float,
    correction: Correction,
    bursts: list[tuple[int, int, int]],
) -> None:
    pair = Pair(seed, correction)
    pair.bring_up()
    pair.lose, pair.corrupt, pair.repeat = lose, corrupt, repeat
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
    pair.lose = pair.corrupt = pair.repeat = 0.0
    pair.run(400)
    failed = [failure for end in pair.ends for failure in end.failures]
    if failed:
        # Only the error rate may take the link down.
        assert {failure.reason.name for failure in failed} <= {"ERROR_RATE", "SIOS_RECEIVED"}
        return
    assert pair.ends[0].received == given_to[1]
    assert pair.ends[1].received == given_to[0]
    assert all(end.link.settled for end in pair.ends)


@pytest.mark.parametrize("correction", ["basic", "pcr"])
def test_two_ends_clean_channel_carries_more_than_a_window_each_way(correction: Correction) -> None:
    pair = Pair(1, correction)
    pair.bring_up()
    for number in range(300):
        for end in pair.ends:
            end.link.transmit(message(number), pair.now)
    pair.run(150)
    assert all(end.received == [message(number) for number in range(300)] for end in pair.ends)
    assert all(end.link.settled and end.failures == [] for end in pair.ends)


@pytest.mark.parametrize("correction", ["basic", "pcr"])
def test_two_ends_every_single_loss_is_repaired(correction: Correction) -> None:
    for lost in range(12):
        pair = Pair(0, correction)
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


@pytest.mark.parametrize("correction", ["basic", "pcr"])
def test_two_ends_dead_channel_fails_and_comes_back_clean(correction: Correction) -> None:
    pair = Pair(3, correction)
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


@pytest.mark.parametrize("correction", ["basic", "pcr"])
def test_two_ends_congested_receiver_slows_and_loses_nothing(correction: Correction) -> None:
    pair = Pair(4, correction)
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


@pytest.mark.parametrize("correction", ["basic", "pcr"])
def test_two_ends_processor_outage_in_traffic_loses_nothing(correction: Correction) -> None:
    pair = Pair(5, correction)
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


# any order of events

ENDS = st.integers(0, 1)
MAY_FAIL = {"ERROR_RATE", "SIOS_RECEIVED", "NO_ACKNOWLEDGEMENT", "REMOTE_CONGESTION"}
"""Reasons an impaired line may give. Numbers and indicator bits never become abnormal by loss, errors and
repetition."""


class Traffic(RuleBasedStateMachine):
    """Messages arrive in order and once, whatever happens; all of them while the link has not failed."""

    correction: Correction

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.pair = Pair(seed, self.correction)
        self.pair.bring_up()
        self.sent: list[list[bytes]] = [[], []]

    @rule(end=ENDS, count=st.integers(1, 40))
    def transmit(self, end: int, count: int) -> None:
        for _ in range(count):
            self.sent[end].append(message(len(self.sent[end])))
            self.pair.ends[end].link.transmit(self.sent[end][-1], self.pair.now)

    @rule(lose=st.floats(0, 0.15), corrupt=st.floats(0, 0.1), repeat=st.floats(0, 0.3))
    def impair(self, lose: float, corrupt: float, repeat: float) -> None:
        self.pair.lose, self.pair.corrupt, self.pair.repeat = lose, corrupt, repeat

    @rule(end=ENDS, on=st.booleans())
    def outage(self, end: int, on: bool) -> None:
        self.pair.ends[end].link.processor_outage(on, self.pair.now)

    @rule(end=ENDS, on=st.booleans(), discard=st.booleans())
    def congestion(self, end: int, on: bool, discard: bool) -> None:
        self.pair.ends[end].link.congestion(on, self.pair.now, discard=discard)

    @rule(steps=st.integers(1, 60))
    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.pair.step()
            if any(end.failures for end in self.pair.ends):
                self.begin_anew()
                return

    def begin_anew(self) -> None:
        """The link failed: what was not acknowledged is lost to level 2, and numbers begin anew."""
        self.nothing_doubled_or_misordered()
        assert {each.reason.name for end in self.pair.ends for each in end.failures} <= MAY_FAIL
        self.pair.lose = self.pair.corrupt = self.pair.repeat = 0.0
        for end in self.pair.ends:
            end.link.stop(self.pair.now)
        self.pair.bring_up()
        for end in self.pair.ends:
            end.received.clear()
            end.failures.clear()
        self.sent = [[], []]

    @invariant()
    def nothing_doubled_or_misordered(self) -> None:
        if hasattr(self, "pair"):
            for end, sent in zip(self.pair.ends, reversed(self.sent), strict=True):
                assert end.received == sent[: len(end.received)]

    def teardown(self) -> None:
        if not hasattr(self, "pair"):
            return
        pair = self.pair
        pair.lose = pair.corrupt = pair.repeat = 0.0
        for end in pair.ends:
            end.link.processor_outage(False, pair.now)
            end.link.congestion(False, pair.now)
        for _ in range(60):
            self.run(20)
            if all(end.link.settled for end in pair.ends):
                break
        assert pair.ends[0].received == self.sent[1]
        assert pair.ends[1].received == self.sent[0]


@pytest.mark.parametrize("correction", ["basic", "pcr"])
def test_traffic_any_order_of_events_keeps_messages_in_order(correction: Correction) -> None:
    machine: Any = type(f"Traffic_{correction}", (Traffic,), {"correction": correction})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=50, stateful_step_count=30, deadline=None)
    )

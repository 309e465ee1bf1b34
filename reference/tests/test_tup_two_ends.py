"""Two telephone user parts joined by a channel that loses and repeats messages always come back to idle."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Digits,
    Failed,
    Leg,
    Primitive,
    Proceeding,
    Release,
    Released,
    Resume,
    Setup,
    Suspend,
)
from callcenter.ss7.tup import Tup, TupConfig
from testrig.clock import MINUTE, SECOND, Instant
from testrig.system import Variant

CICS = (1, 2, 3, 4)
CODES = (100, 200)


@dataclass
class End:
    """One exchange: its user part, and an engine that answers what it must."""

    code: int
    peer: int
    variant: Variant = "itu14"
    tup: Tup = field(init=False)
    calls: dict[int, bool] = field(default_factory=dict)
    """Calls the engine knows of, by CIC; True for those that came in."""
    leaving: set[int] = field(default_factory=set)
    """Incoming calls that the engine has released, and that the caller has yet to clear."""
    heard: list[tuple[int, Primitive]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tup = Tup(TupConfig(self.code, {self.peer: CICS}, variant=self.variant, group="g"))

    def ask(self, cic: int, primitive: Primitive, now: Instant) -> None:
        self.tup.request(Leg("g", cic), primitive, now)

    def work(self, now: Instant) -> None:
        for indication in self.tup.indications():
            cic, primitive = indication.leg.number, indication.primitive
            self.heard.append((cic, primitive))
            match primitive:
                case Setup():
                    assert cic not in self.calls, "a second call on a circuit in use"
                    self.calls[cic] = True
                case Release():
                    assert cic in self.calls, "a release of no call"
                    del self.calls[cic]
                    self.leaving.discard(cic)
                    self.ask(cic, Released(), now)
                case Released():
                    self.calls.pop(cic, None)
                    self.leaving.discard(cic)
                case Failed():
                    assert self.calls.pop(cic) is False, "a failure of an incoming call"


class Pair:
    """Both ends, and the channels between them."""

    def __init__(self, variant: Variant = "itu14") -> None:
        self.ends = (End(CODES[0], CODES[1], variant), End(CODES[1], CODES[0], variant))
        self.channels: tuple[deque[tuple[int, bytes]], deque[tuple[int, bytes]]] = (deque(), deque())
        self.now: Instant = 0

    def collect(self) -> None:
        for end, channel in zip(self.ends, self.channels, strict=True):
            end.work(self.now)
            channel.extend((each.sls, each.data) for each in end.tup.messages())

    def deliver(self, source: int, *, times: int) -> None:
        self.collect()
        if self.channels[source]:
            sls, octets = self.channels[source].popleft()
            for _ in range(times):
                self.ends[1 - source].tup.receive(self.ends[source].code, octets, self.now, sls)
                self.ends[1 - source].work(self.now)
        self.collect()

    def deliver_all(self) -> None:
        self.collect()
        rounds = 0
        while any(self.channels):
            for source in (0, 1):
                self.deliver(source, times=1)
            rounds += 1
            assert rounds < 1000, "the ends never stop talking"

    def step(self, longest: int) -> bool:
        """Go to the next deadline if it comes within `longest`."""
        deadlines = [end.tup.next_deadline for end in self.ends]
        due = min((each for each in deadlines if each is not None), default=None)
        if due is None or due > self.now + longest:
            return False
        self.now = due
        for end in self.ends:
            end.tup.expire(due)
        self.collect()
        return True

    def settle(self) -> None:
        """The channel is good again: the callers clear, all blocking is removed, and what maintenance was
        alerted to is reset; then nothing is left but to wait for the timers."""
        self.deliver_all()
        for end in self.ends:
            for cic in CICS:
                end.tup.unblock(Leg("g", cic), self.now)
                if end.calls.get(cic) is False:
                    end.ask(cic, Release(16), self.now)
        for _ in range(400):
            self.deliver_all()
            if not self.step(60 * MINUTE):
                break
        else:
            raise AssertionError("timers never come to an end")
        for end in self.ends:
            for cic in CICS:
                end.tup.reset(Leg("g", cic), self.now)
            self.deliver_all()


ORDERS = ("setup", "digits", "proceeding", "alerting", "answer", "suspend", "resume", "release")
MAINTENANCE = ("block", "unblock", "reset")
GROUP_ORDERS = ("block_group", "unblock_group", "reset_group")


def order(pair: Pair, which: int, name: str, cic: int) -> None:
    end, now = pair.ends[which], pair.now
    incoming = end.calls.get(cic)
    if name == "setup":
        if incoming is None and end.tup.idle(Leg("g", cic)):
            end.calls[cic] = False
            end.ask(cic, Setup("8008200001"), now)
    elif name == "release":
        if incoming is not None and cic not in end.leaving:
            if incoming:
                end.leaving.add(cic)
            end.ask(cic, Release(16), now)
    elif name in MAINTENANCE:
        getattr(end.tup, name)(Leg("g", cic), now)
    elif incoming is not None:
        primitives: dict[str, Primitive] = {
            "digits": Digits("12"),
            "proceeding": Proceeding(),
            "alerting": Alerting(),
            "answer": Answer(),
            "suspend": Suspend(),
            "resume": Resume(),
        }
        end.ask(cic, primitives[name], now)
    pair.collect()


STEPS = st.one_of(
    st.tuples(st.sampled_from(ORDERS + MAINTENANCE), st.integers(0, 1), st.sampled_from(CICS)),
    st.tuples(st.just("deliver"), st.integers(0, 1), st.sampled_from((0, 1, 1, 1, 2))),
    st.tuples(st.just("deliver"), st.integers(0, 1), st.sampled_from((0, 1, 1, 1, 2))),
    st.tuples(st.just("step"), st.just(0), st.just(0)),
    st.tuples(st.sampled_from(GROUP_ORDERS), st.integers(0, 1), st.integers(2, 4)),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(STEPS, max_size=60), st.sampled_from(("itu14", "china24")))
def test_both_ends_always_return_to_idle(steps: list[tuple[str, int, int]], variant: Variant) -> None:
    pair = Pair(variant)
    for name, which, number in steps:
        if name == "deliver":
            pair.deliver(which, times=number)
        elif name == "step":
            pair.step(20 * MINUTE)
        elif name in GROUP_ORDERS:
            getattr(pair.ends[which].tup, name)(Leg("g", 1), number, pair.now)
            pair.collect()
        else:
            order(pair, which, name, number)
    pair.settle()
    for end in pair.ends:
        assert end.calls == {}
        assert {end.tup.circuit_state(Leg("g", cic)) for cic in CICS} == {"idle"}
        assert all(end.tup.idle(Leg("g", cic)) for cic in CICS)
        assert end.tup.next_deadline is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=24), max_size=40), st.integers(0, 1))
def test_arbitrary_octets_leave_circuits_that_come_back(noise: list[bytes], which: int) -> None:
    pair = Pair()
    for octets in noise:
        for cic in CICS[:2]:
            pair.ends[which].tup.receive(pair.ends[1 - which].code, b"\0" + octets, pair.now, cic)
            pair.collect()
    for end in pair.ends:
        end.tup.reset_group(Leg("g", 1), 4, pair.now)
    pair.settle()
    for end in pair.ends:
        assert all(end.tup.idle(Leg("g", cic)) for cic in CICS)


def test_double_seizing_ends_with_one_call_on_each_circuit() -> None:
    pair = Pair()
    for cic in CICS:
        for which in (0, 1):
            order(pair, which, "setup", cic)
    pair.deliver_all()
    # 200 is the higher point code: it controls the even circuits.
    assert pair.ends[0].calls == {1: False, 2: True, 3: False, 4: True}
    assert pair.ends[1].calls == {1: True, 2: False, 3: True, 4: False}


def test_lost_clear_forward_is_repeated_until_both_ends_are_idle() -> None:
    pair = Pair()
    order(pair, 0, "setup", 1)
    pair.deliver_all()
    order(pair, 1, "answer", 1)
    pair.deliver_all()
    order(pair, 0, "release", 1)
    pair.deliver(0, times=0)
    assert pair.step(MINUTE)
    assert pair.now == 10 * SECOND
    pair.deliver_all()
    assert pair.ends[0].calls == pair.ends[1].calls == {}

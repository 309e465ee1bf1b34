"""Two user parts joined by a channel that loses and repeats messages always come back to idle."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls.primitives import (
    Alerting,
    Answer,
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
from callcenter.ss7.agenda import Agenda
from callcenter.ss7.isup import Isup, IsupConfig
from testrig.clock import MINUTE, SECOND, Instant

CICS = (1, 2, 3, 4)
CODES = (100, 200)


@dataclass
class End:
    """One exchange: its user part, and an engine that answers what it must."""

    code: int
    peer: int
    checks: int = 0
    """Every how manyeth call has its circuit checked."""
    isup: Isup = field(init=False)
    calls: dict[int, bool] = field(default_factory=dict)
    """Calls the engine knows of, by CIC; True for those that came in."""
    heard: list[tuple[int, Primitive]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.isup = Isup(IsupConfig(self.code, {self.peer: CICS}, group="g", continuity={"g": self.checks}))

    def ask(self, cic: int, primitive: Primitive, now: Instant) -> None:
        self.isup.request(Leg("g", cic), primitive, now)

    def work(self, now: Instant) -> None:
        for indication in self.isup.indications():
            cic, primitive = indication.leg.number, indication.primitive
            self.heard.append((cic, primitive))
            match primitive:
                case Setup():
                    assert cic not in self.calls, "a second call on a circuit in use"
                    self.calls[cic] = True
                case Release():
                    assert cic in self.calls, "a release of no call"
                    del self.calls[cic]
                    self.ask(cic, Released(), now)
                case Released():
                    self.calls.pop(cic, None)
                case Failed():
                    assert self.calls.pop(cic) is False, "a failure of an incoming call"


class Pair:
    """Both ends, and the channels between them."""

    def __init__(self, checks: int = 0) -> None:
        self.ends = (End(CODES[0], CODES[1], checks), End(CODES[1], CODES[0], checks))
        self.channels: tuple[deque[bytes], deque[bytes]] = (deque(), deque())
        self.now: Instant = 0

    def collect(self) -> None:
        for end, channel in zip(self.ends, self.channels, strict=True):
            end.work(self.now)
            channel.extend(each.data for each in end.isup.messages())

    def deliver(self, source: int, *, times: int) -> None:
        self.collect()
        if self.channels[source]:
            octets = self.channels[source].popleft()
            for _ in range(times):
                self.ends[1 - source].isup.receive(self.ends[source].code, octets, self.now)
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
        deadlines = [end.isup.next_deadline for end in self.ends]
        due = min((each for each in deadlines if each is not None), default=None)
        if due is None or due > self.now + longest:
            return False
        self.now = due
        for end in self.ends:
            end.isup.expire(due)
        self.collect()
        return True

    def settle(self) -> None:
        """The channel is good again: end all calls, remove all blocking, wait for the timers."""
        self.deliver_all()
        for end in self.ends:
            for cic in list(end.calls):
                end.ask(cic, Release(16), self.now)
            for cic in CICS:
                end.isup.unblock(cic, self.now)
        for _ in range(400):
            self.deliver_all()
            if not self.step(60 * MINUTE):
                return
        raise AssertionError("timers never come to an end")


ORDERS = (
    *("setup", "proceeding", "alerting", "answer", "release", "block", "unblock", "reset"),
    *("suspend", "resume", "tone", "restart"),
)
GROUP_ORDERS = ("block_group", "unblock_group", "reset_group")


def order(pair: Pair, which: int, name: str, cic: int) -> None:
    end, now = pair.ends[which], pair.now
    incoming = end.calls.get(cic)
    if name == "setup":
        if incoming is None and end.isup.idle(cic):
            end.calls[cic] = False
            end.ask(cic, Setup("8008200001"), now)
    elif name == "release":
        if incoming is not None:
            end.ask(cic, Release(16), now)
    elif name == "tone":
        end.isup.check_tone(Leg("g", cic), now)
    elif name == "restart":
        # The exchange has lost everything it knew, and resets its circuits.
        end.isup = Isup(end.isup.config)
        end.calls.clear()
        for each in CICS:
            end.isup.reset(each, now)
    elif name in {"block", "unblock", "reset"}:
        getattr(end.isup, name)(cic, now)
    elif incoming:
        primitives: dict[str, Primitive] = {
            "proceeding": Proceeding(),
            "alerting": Alerting(),
            "answer": Answer(),
            "suspend": Suspend(),
            "resume": Resume(),
        }
        end.ask(cic, primitives[name], now)
    pair.collect()


STEPS = st.one_of(
    st.tuples(st.sampled_from(ORDERS), st.integers(0, 1), st.sampled_from(CICS)),
    st.tuples(st.just("deliver"), st.integers(0, 1), st.sampled_from((0, 1, 1, 1, 2))),
    st.tuples(st.just("deliver"), st.integers(0, 1), st.sampled_from((0, 1, 1, 1, 2))),
    st.tuples(st.just("step"), st.just(0), st.just(0)),
    st.tuples(st.sampled_from(GROUP_ORDERS), st.integers(0, 1), st.integers(2, 4)),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_both_ends_always_return_to_idle(steps: list[tuple[str, int, int]]) -> None:
    pair = Pair(checks=3)
    for name, which, number in steps:
        if name == "deliver":
            pair.deliver(which, times=number)
        elif name == "step":
            pair.step(20 * MINUTE)
        elif name in GROUP_ORDERS:
            getattr(pair.ends[which].isup, name)(1, number, pair.now)
            pair.collect()
        else:
            order(pair, which, name, number)
    pair.settle()
    for end in pair.ends:
        assert end.calls == {}
        assert {cic: end.isup.circuit_state(cic) for cic in CICS} == dict.fromkeys(CICS, "idle")
        assert all(end.isup.idle(cic) for cic in CICS)
        assert end.isup.next_deadline is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=24), max_size=40), st.integers(0, 1))
def test_arbitrary_octets_leave_circuits_that_come_back(noise: list[bytes], which: int) -> None:
    pair = Pair()
    for octets in noise:
        for cic in CICS[:2]:
            pair.ends[which].isup.receive(pair.ends[1 - which].code, bytes((cic, 0)) + octets, pair.now)
            pair.collect()
    for end in pair.ends:
        end.isup.reset_group(1, 4, pair.now)
    pair.settle()
    for end in pair.ends:
        assert all(end.isup.idle(cic) for cic in CICS), [end.isup.circuit_state(cic) for cic in CICS]


def test_dual_seizure_ends_with_one_call_on_each_circuit() -> None:
    pair = Pair()
    for cic in CICS:
        for which in (0, 1):
            order(pair, which, "setup", cic)
    pair.deliver_all()
    # 200 is the higher point code: it controls the even circuits.
    assert pair.ends[0].calls == {1: False, 2: True, 3: False, 4: True}
    assert pair.ends[1].calls == {1: True, 2: False, 3: True, 4: False}


def test_lost_rel_is_repeated_until_both_ends_are_idle() -> None:
    pair = Pair()
    order(pair, 0, "setup", 1)
    pair.deliver_all()
    order(pair, 1, "answer", 1)
    pair.deliver_all()
    order(pair, 0, "release", 1)
    pair.deliver(0, times=0)
    assert pair.step(MINUTE)
    assert pair.now == 15 * SECOND
    pair.deliver_all()
    assert pair.ends[0].calls == pair.ends[1].calls == {}


def test_agenda_gives_keys_in_order_and_does_not_grow() -> None:
    agenda: Agenda[str] = Agenda()
    for round_ in range(1000):
        agenda.start("a", 10 + round_)
        agenda.start("b", 10 + round_)
    assert len(agenda) == 2
    assert len(agenda._heap) <= 2 * 2 + 64
    assert agenda.deadline("a") == 1009
    assert agenda.pop(1008) is None
    assert [agenda.pop(1009), agenda.pop(1009), agenda.pop(1009)] == ["a", "b", None]
    agenda.start("c", 5)
    agenda.stop("c")
    agenda.stop("c")
    assert agenda.next_deadline is None

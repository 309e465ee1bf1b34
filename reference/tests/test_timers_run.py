"""Every timer record of ISUP and TUP is started by some procedure, runs as it says, and has an effect."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callcenter.calls.primitives import Answer, Leg, Primitive, Proceeding, Release, Setup, Suspend
from callcenter.ss7.isup import Isup, IsupConfig, Type, compose
from callcenter.ss7.isup import timers as isup_timers
from callcenter.ss7.isup.calls import initial_address
from callcenter.ss7.isup.indicators import (
    AutomaticCongestionLevel,
    BackwardCallIndicators,
    CircuitGroupSupervisionType,
    ContinuityIndicators,
    OptionalForwardCallIndicators,
    SuspendResumeIndicators,
)
from callcenter.ss7.isup.parameters import CauseIndicators, Parameter, RangeAndStatus
from callcenter.ss7.mtp3 import timers as mtp3_timers
from callcenter.ss7.tup import Heading, Tup, TupConfig, order_fsm
from callcenter.ss7.tup import Message as TupMessage
from callcenter.ss7.tup import timers as tup_timers
from callcenter.ss7.tup.contents import EMPTY, AddressComplete, Contents, InitialAddress
from callcenter.ss7.tup.contents import RangeAndStatus as TupRange
from callcenter.ss7.tup.order_fsm import Timing
from testrig.clock import Instant

OWN, PEER = 100, 200
CICS = (1, 2, 3, 4)
ONE = Leg("g", 1)
NUMBER = "8008200001"


class Exchange:
    """A user part, and a far end that says what a recipe wants."""

    user: Isup | Tup

    def __init__(self) -> None:
        self.now: Instant = 1000

    def ask(self, primitive: Primitive) -> None:
        self.user.request(ONE, primitive, self.now)

    def ended(self, timer: str) -> None:
        """Let `timer` run out, and go on from there."""
        self.now = self.deadline(timer)
        self.user.expire(self.now)

    def deadline(self, timer: str) -> Instant:
        agenda = self.user._services.agenda
        found = [agenda.deadline(key) for key in agenda._running if key[1] == timer]
        assert len(found) == 1, f"{timer} runs {len(found)} times"
        assert found[0] is not None
        return found[0]

    def outcome(self) -> tuple[object, ...]:
        """All that a timer can change, drained."""
        there = self.user.destinations[PEER]
        more: tuple[object, ...] = (there.reduction.step, there.reduction._settling)
        if isinstance(self.user, Isup):
            more = (*more, self.user.destinations[PEER].level)
        return (*self.user.messages(), *self.user.indications(), *self.user.notices(), *more)


class OfIsup(Exchange):
    """With ISUP."""

    def __init__(self, **options: object) -> None:
        super().__init__()
        config = IsupConfig(OWN, {PEER: CICS}, group="g", **options)  # type: ignore[arg-type]
        self.user: Isup = Isup(config)

    def put(self, kind: Type, *parameters: Parameter) -> None:
        self.user.receive(PEER, compose(1, kind, *parameters).encode(), self.now)

    def iam(self, number: str = NUMBER, *optional: Parameter, check: int = 0) -> None:
        message = initial_address(1, Setup(number), self.user.config, check=check)
        self.user.receive(PEER, message._replace(optional=optional).encode(), self.now)

    def called(self) -> None:
        self.ask(Setup(NUMBER))
        self.put(Type.ACM, BackwardCallIndicators())

    def talking(self) -> None:
        self.called()
        self.put(Type.ANM)

    def answered(self) -> None:
        self.iam()
        self.ask(Proceeding())
        self.ask(Answer())

    def grouped(self) -> None:
        status = RangeAndStatus.of(4, {0, 1, 2, 3})
        self.user.block_group(1, 4, self.now)
        self.put(Type.CGBA, CircuitGroupSupervisionType(0), status)
        self.user.unblock_group(1, 4, self.now)


def released(exchange: OfIsup) -> None:
    exchange.answered()
    exchange.ask(Release(16))


def failed_check(exchange: OfIsup) -> None:
    exchange.ask(Setup(NUMBER))
    exchange.ended("T24")


def failed_twice(exchange: OfIsup) -> None:
    failed_check(exchange)
    exchange.ended("T25")
    exchange.ended("T24")


def not_continuous(exchange: OfIsup) -> None:
    exchange.iam(check=1)
    exchange.put(Type.COT, ContinuityIndicators(0))


def suspended(exchange: OfIsup) -> None:
    exchange.answered()
    exchange.ask(Suspend())


def unblocked(exchange: OfIsup) -> None:
    exchange.user.block(1, exchange.now)
    exchange.put(Type.BLA)
    exchange.user.unblock(1, exchange.now)


def blocked(exchange: OfIsup) -> None:
    exchange.user.block(1, exchange.now)


def group_blocked(exchange: OfIsup) -> None:
    exchange.user.block_group(1, 4, exchange.now)


def reset(exchange: OfIsup) -> None:
    exchange.user.reset(1, exchange.now)


def group_reset(exchange: OfIsup) -> None:
    exchange.user.reset_group(1, 4, exchange.now)


def congested(exchange: OfIsup) -> None:
    exchange.user.congested(PEER, exchange.now)


def told_level(exchange: OfIsup) -> None:
    exchange.talking()
    exchange.put(Type.REL, CauseIndicators(42), AutomaticCongestionLevel(1))


def segmented(exchange: OfIsup) -> None:
    exchange.iam(NUMBER, OptionalForwardCallIndicators(segmentation=1))


def suspended_by(network: int) -> Callable[[OfIsup], None]:
    def recipe(exchange: OfIsup) -> None:
        exchange.talking()
        exchange.put(Type.SUS, SuspendResumeIndicators(network))

    return recipe


Options = dict[str, object]
ISUP: dict[str, tuple[Callable[[OfIsup], None], Options]] = {
    "T1": (released, {}),
    "T2": (suspended_by(0), {}),
    "T4": (lambda exchange: exchange.user.unavailable(PEER, 0, exchange.now), {}),
    "T5": (released, {}),
    "T6": (suspended_by(1), {}),
    "T7": (lambda exchange: exchange.ask(Setup(NUMBER)), {}),
    "T8": (lambda exchange: exchange.iam(check=1), {}),
    "T9": (lambda exchange: exchange.called(), {}),
    "T10": (lambda exchange: exchange.iam("8008"), {"minimum_digits": 4, "maximum_digits": 6}),
    "T12": (blocked, {}),
    "T13": (blocked, {}),
    "T14": (unblocked, {}),
    "T15": (unblocked, {}),
    "T16": (reset, {}),
    "T17": (reset, {}),
    "T18": (group_blocked, {}),
    "T19": (group_blocked, {}),
    "T20": (lambda exchange: exchange.grouped(), {}),
    "T21": (lambda exchange: exchange.grouped(), {}),
    "T22": (group_reset, {}),
    "T23": (group_reset, {}),
    "T24": (lambda exchange: exchange.ask(Setup(NUMBER)), {"continuity": {"g": 1}}),
    "T25": (failed_check, {"continuity": {"g": 1}}),
    "T26": (failed_twice, {"continuity": {"g": 1}}),
    "T27": (not_continuous, {}),
    "T28": (lambda exchange: exchange.user.query_group(1, 4, exchange.now), {}),
    "T29": (congested, {}),
    "T30": (congested, {}),
    "T33": (lambda exchange: exchange.iam(), {"ask_calling": True}),
    "T34": (segmented, {}),
    "T35": (lambda exchange: exchange.iam("80"), {"minimum_digits": 4}),
    "T36": (lambda exchange: exchange.put(Type.CCR), {}),
    "T38": (suspended, {"gateway": True}),
    "ACC": (told_level, {}),
}


class OfTup(Exchange):
    """With TUP."""

    def __init__(self, **options: object) -> None:
        super().__init__()
        config = TupConfig(OWN, {PEER: CICS}, group="g", **options)  # type: ignore[arg-type]
        self.user: Tup = Tup(config)

    def put(self, kind: Heading, contents: Contents = EMPTY) -> None:
        message = TupMessage(1, kind, contents)
        self.user.receive(PEER, message.encode("itu14"), self.now, message.tail("itu14"))

    def iam(self, number: str = NUMBER, *, check: int = 0) -> None:
        self.put(Heading.IAM, InitialAddress(number, check=check))

    def called(self) -> None:
        self.ask(Setup(NUMBER))
        self.put(Heading.ACM, AddressComplete())

    def refused(self) -> None:
        self.iam()
        self.ask(Release(17))

    def cleared(self) -> None:
        self.called()
        self.ask(Release(16))

    def calls_failure(self) -> None:
        self.iam(check=1)
        self.ended("T1")

    def grouped(self, *, hardware: bool = False) -> None:
        self.user.block_group(ONE, 4, self.now, hardware=hardware)

    def ungrouped(self, answer: Heading) -> None:
        hardware = answer is Heading.HBA
        self.grouped(hardware=hardware)
        self.put(answer, TupRange.of(4, {0, 1, 2, 3}))
        self.user.unblock_group(ONE, 4, self.now, hardware=hardware)

    def unblocked(self) -> None:
        self.user.block(ONE, self.now)
        self.put(Heading.BLA)
        self.user.unblock(ONE, self.now)

    def cleared_back(self) -> None:
        self.called()
        self.put(Heading.ANC)
        self.put(Heading.CBK)

    def failed_check(self) -> None:
        self.ask(Setup(NUMBER))
        self.ended("T8")

    def failed_twice(self) -> None:
        self.failed_check()
        self.ended("T9")
        self.ended("T8")

    def after(self, recipe: Callable[[], None], timer: str) -> None:
        recipe()
        self.ended(timer)


CHECK: Options = {"continuity": {"g": 1}}
TUP: dict[str, tuple[Callable[[OfTup], None], Options]] = {
    "T1": (lambda exchange: exchange.iam(check=1), {}),
    "T2": (lambda exchange: exchange.ask(Setup(NUMBER)), {}),
    "T3": (OfTup.refused, {}),
    "T4": (OfTup.calls_failure, {}),
    "T5": (OfTup.calls_failure, {}),
    "T6": (OfTup.cleared, {}),
    "T7": (OfTup.cleared, {}),
    "T8": (lambda exchange: exchange.ask(Setup(NUMBER)), CHECK),
    "T9": (OfTup.failed_check, CHECK),
    "T10": (OfTup.failed_twice, CHECK),
    "digits": (lambda exchange: exchange.iam("80"), {"minimum_digits": 4}),
    "last digit": (lambda exchange: exchange.iam("8008"), {"minimum_digits": 4, "maximum_digits": 6}),
    "answer": (OfTup.called, {}),
    "clear-back": (OfTup.cleared_back, {}),
    "congestion": (lambda exchange: exchange.user.congested(PEER, exchange.now), {}),
    "more traffic": (lambda exchange: exchange.user.congested(PEER, exchange.now), {}),
    "unavailable": (lambda exchange: exchange.user.unavailable(PEER, 2, exchange.now), {}),
}
ORDERS: tuple[tuple[Callable[[OfTup], None], Timing], ...] = (
    (lambda exchange: exchange.user.block(ONE, exchange.now), order_fsm.BLOCKING),
    (OfTup.unblocked, order_fsm.UNBLOCKING),
    (lambda exchange: exchange.user.reset(ONE, exchange.now), order_fsm.RESET),
    (lambda exchange: exchange.user.reset_group(ONE, 4, exchange.now), order_fsm.GROUP[Heading.GRS]),
    (lambda exchange: exchange.grouped(), order_fsm.GROUP[Heading.MGB]),
    (lambda exchange: exchange.ungrouped(Heading.MBA), order_fsm.GROUP[Heading.MGU]),
    (lambda exchange: exchange.grouped(hardware=True), order_fsm.GROUP[Heading.HGB]),
    (lambda exchange: exchange.ungrouped(Heading.HBA), order_fsm.GROUP[Heading.HGU]),
)


def alerted(recipe: Callable[[OfTup], None], alert: str) -> Callable[[OfTup], None]:
    return lambda exchange: exchange.after(lambda: recipe(exchange), alert)


LATER: list[tuple[Callable[[OfTup], None], str]] = []
"""What brings an order past its first minute, and the timer of the long interval."""
for _recipe, _timing in ORDERS:
    TUP[_timing.again] = TUP[_timing.alert] = (_recipe, {})
    LATER.append((alerted(_recipe, _timing.alert), _timing.later))
    if _timing.later != _timing.alert:
        TUP[_timing.later] = (LATER[-1][0], {})


def runs(exchange: Exchange, timer: str, duration: int) -> None:
    """`timer` has just been started, ends when its record says, and its end changes something."""
    end = exchange.deadline(timer)
    assert end == exchange.now + duration
    exchange.user.expire(end - 1)
    exchange.outcome()
    quiet = exchange.outcome()
    exchange.user.expire(end)
    assert exchange.outcome() != quiet


@pytest.mark.parametrize("timer", ISUP)
def test_isup_timer_runs_as_its_record_says(timer: str) -> None:
    recipe, options = ISUP[timer]
    exchange = OfIsup(**options)
    recipe(exchange)
    runs(exchange, timer, exchange.user.timers[timer])


@pytest.mark.parametrize("timer", TUP)
def test_tup_timer_runs_as_its_record_says(timer: str) -> None:
    recipe, options = TUP[timer]
    exchange = OfTup(**options)
    recipe(exchange)
    runs(exchange, timer, exchange.user.timers[timer])


@pytest.mark.parametrize(("recipe", "timer"), LATER, ids=[timer for _, timer in LATER])
def test_tup_order_goes_on_at_the_long_interval(recipe: Callable[[OfTup], None], timer: str) -> None:
    exchange = OfTup()
    recipe(exchange)
    for _ in range(3):
        runs(exchange, timer, exchange.user.timers[timer])
        exchange.now = exchange.deadline(timer) - exchange.user.timers[timer]


def test_every_record_has_its_recipe() -> None:
    assert set(ISUP) == set(isup_timers.TIMERS)
    assert set(TUP) == set(tup_timers.TIMERS)


@pytest.mark.parametrize(
    ("present", "absent", "last"),
    [
        (isup_timers.TIMERS, isup_timers.ABSENT, 39),
        (tup_timers.TIMERS, tup_timers.ABSENT, 41),
        (mtp3_timers.TIMERS, mtp3_timers.ABSENT, 24),
    ],
    ids=["ISUP", "TUP", "MTP3"],
)
def test_every_timer_of_the_list_runs_or_has_a_reason(
    present: dict[str, object], absent: dict[str, str], last: int
) -> None:
    wanted = {f"T{number}" for number in range(1, last + 1)}
    assert not set(present) & set(absent)
    assert wanted <= set(present) | set(absent)
    assert all(absent.values())

"""Calls in transit, and numbers that come digit by digit: what the engine says to which leg."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from callcenter.calls.bus import Bus
from callcenter.calls.engine import CallEngine
from callcenter.calls.overlap import PATIENCE
from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Charging,
    Check,
    Continuity,
    Digits,
    Discard,
    Failed,
    ForwardTransfer,
    Indication,
    Leg,
    Primitive,
    Proceeding,
    Progress,
    Release,
    Released,
    Resume,
    Setup,
    Suspend,
    Transparent,
    Unpassed,
)
from callcenter.calls.trunks import TrunkGroup, Trunks
from callcenter.config import circuits, reference_config
from callcenter.cti.history import History
from callcenter.errors import ConfigurationError
from callcenter.ivr.flow import load_flow
from callcenter.media.announcements import MARKER_HZ
from callcenter.media.tones import LOOPS
from testrig.board import Endpoint, trunk
from testrig.clock import SECOND

AUDIO = {name: np.zeros(8_000, np.uint8) for name in (*LOOPS, *MARKER_HZ)}
CALLER, FIRST, SECOND_WAY = Leg("isup", 1), Leg("tup", 17), Leg("tup", 18)


class PaperBoard:
    """Remembers who listens to whom."""

    def __init__(self) -> None:
        self.sources: dict[Endpoint, Endpoint] = {}

    def listen(self, sink: Endpoint, source: Endpoint) -> None:
        self.sources[sink] = source

    def unlisten(self, sink: Endpoint) -> None:
        self.sources.pop(sink, None)

    def play(self, port: int, audio: object, *, loop: bool = False) -> None: ...
    def stop(self, port: int) -> None: ...
    def detect_digits(self, port: int, on: bool) -> None: ...


class Exchange:
    """A call engine with two trunk groups."""

    def __init__(self, over: Mapping[str, object] | None = None) -> None:
        config = reference_config({"file": "transit.toml", **(over or {})})
        places = [circuit for group in config.trunk_groups for circuit in circuits(group)]
        groups = [TrunkGroup(each.name, each.hunting, list(circuits(each))) for each in config.trunk_groups]
        self.trunks = Trunks(groups, places)
        self.busy: set[Leg] = set()
        self.trunks.idle = lambda leg: leg not in self.busy
        self.board = PaperBoard()
        bus = Bus(self.board, self.trunks.circuits, AUDIO, 4)  # type: ignore[arg-type]
        flow = load_flow(config.path("main_flow.toml"), prompts=AUDIO, queues=config.queues)
        history = History()
        self.journal = history.journal
        self.engine = CallEngine(config, bus, self.trunks, {"main": flow}, history)
        self.now = 0

    def say(self, leg: Leg, primitive: Primitive) -> list[tuple[Leg, Primitive]]:
        self.engine.indication(Indication(leg, primitive), self.now)
        return self.engine.requests()

    def through(self) -> None:
        """A call in transit on `CALLER` and `FIRST`."""
        assert self.say(CALLER, Setup("0211234")) == [(FIRST, Setup("0211234"))]

    def wait(self, frames: int) -> list[tuple[Leg, Primitive]]:
        self.now += frames
        self.engine.expire(self.now)
        return self.engine.requests()

    @property
    def record(self) -> dict[str, object]:
        return self.engine.projections.records[-1]


def test_setup_goes_on_and_the_speech_path_is_through_both_ways() -> None:
    exchange = Exchange()
    exchange.through()
    assert exchange.board.sources == {trunk(0, 1): trunk(0, 17), trunk(0, 17): trunk(0, 1)}
    assert [event.type for event in exchange.journal.since()][-2:] == ["Offered", "NetworkReached"]
    assert exchange.journal.since()[-1].data["onward_line"] == "tup/17"


@pytest.mark.parametrize(
    "primitive",
    [
        Proceeding(charge=1),
        Progress(event=4),
        Alerting(in_band=True),
        Answer(charge=1),
        Charging(pulses=7),
        Suspend(),
        Resume(),
        Transparent("tup", ("x",)),
    ],
)
def test_word_from_the_called_side_is_handed_back_unchanged(primitive: Primitive) -> None:
    exchange = Exchange()
    exchange.through()
    assert exchange.say(FIRST, primitive) == [(CALLER, primitive)]


@pytest.mark.parametrize(
    "primitive",
    [Digits("56"), Continuity(True), ForwardTransfer(), Transparent("isup", ("x",)), Suspend(), Resume()],
)
def test_word_from_the_calling_side_is_handed_on_unchanged(primitive: Primitive) -> None:
    exchange = Exchange()
    exchange.through()
    assert exchange.say(CALLER, primitive) == [(FIRST, primitive)]


def test_word_of_the_wrong_direction_goes_nowhere() -> None:
    exchange = Exchange()
    exchange.through()
    assert exchange.say(CALLER, Answer()) == []
    assert exchange.say(FIRST, Digits("1")) == []


@pytest.mark.parametrize(("leg", "other", "by"), [(CALLER, FIRST, "caller"), (FIRST, CALLER, "called party")])
def test_release_of_one_leg_clears_the_other_with_the_same_cause(leg: Leg, other: Leg, by: str) -> None:
    exchange = Exchange()
    exchange.through()
    release = Release(17, location=4, transparent=Transparent("tup", ("x",)))
    assert exchange.say(leg, release) == [(leg, Released(17)), (other, release)]
    assert exchange.board.sources == {}
    assert exchange.engine.calls == ()
    record = exchange.record
    assert (record["direction"], record["cleared_by"], record["cause"]) == ("transit", by, 17)
    assert (record["line"], record["onward_line"]) == ("isup/1", "tup/17")
    assert exchange.say(other, Released(17)) == []


def test_circuit_reset_under_one_leg_clears_the_other() -> None:
    exchange = Exchange()
    exchange.through()
    assert exchange.say(FIRST, Released(31)) == [(CALLER, Release(31))]
    assert exchange.engine.calls == ()


def test_answer_is_written_down_once_with_the_time_of_charging() -> None:
    exchange = Exchange()
    exchange.through()
    exchange.now = 5 * SECOND
    exchange.say(FIRST, Answer())
    exchange.now = 9 * SECOND
    exchange.say(FIRST, Suspend())
    exchange.say(FIRST, Answer())
    exchange.now = 15 * SECOND
    exchange.say(CALLER, Release(16))
    assert exchange.record["answered"] == 5 * SECOND
    assert exchange.record["talking_seconds"] == 10.0
    assert [event.type for event in exchange.journal.since()].count("Established") == 1


def test_failed_circuit_is_replaced_by_another_one_then_the_call_is_refused() -> None:
    exchange = Exchange()
    exchange.through()
    assert exchange.say(FIRST, Failed(44)) == [(SECOND_WAY, Setup("0211234"))]
    assert exchange.board.sources == {trunk(0, 1): trunk(0, 18), trunk(0, 18): trunk(0, 1)}
    assert exchange.say(SECOND_WAY, Failed(44)) == [(CALLER, Release(44))]
    assert exchange.board.sources == {}
    assert exchange.engine.calls == ()


def test_no_free_circuit_refuses_with_cause_34() -> None:
    exchange = Exchange()
    exchange.busy = {Leg("tup", cic) for cic in range(17, 32)}
    assert exchange.say(CALLER, Setup("0211234")) == [(CALLER, Release(34))]


def test_double_seizing_of_the_onward_circuit_takes_another_one_and_offers_the_new_call() -> None:
    exchange = Exchange()
    exchange.through()
    requests = exchange.say(FIRST, Setup("0201"))
    assert requests[0] == (SECOND_WAY, Setup("0211234"))
    assert requests[1][0].group == "isup"
    assert len(exchange.engine.calls) == 2


def test_call_never_goes_out_on_the_circuit_it_came_in_on() -> None:
    exchange = Exchange()
    [(leg, _)] = exchange.say(CALLER, Setup("0201234"))
    assert leg.group == "isup"
    assert leg != CALLER


def test_hop_counter_counts_down_and_ends_the_call() -> None:
    exchange = Exchange()
    [(_, setup)] = exchange.say(CALLER, Setup("0211234", hops=2))
    assert isinstance(setup, Setup)
    assert setup.hops == 1
    assert exchange.say(Leg("isup", 2), Setup("0211234", hops=0)) == [(Leg("isup", 2), Release(25))]


def test_digits_are_stripped_and_the_longest_prefix_decides() -> None:
    routes = [
        {"prefix": "02", "trunk_group": "isup", "strip": 2},
        {"prefix": "021", "trunk_group": "tup", "strip": 1},
    ]
    exchange = Exchange({"transit": routes})
    assert exchange.say(CALLER, Setup("02155")) == [(FIRST, Setup("2155"))]
    [(leg, setup)] = exchange.say(Leg("isup", 2), Setup("02255"))
    assert isinstance(setup, Setup)
    assert (leg.group, setup.called) == ("isup", "255")


def test_own_number_is_served_here_though_a_prefix_fits_it() -> None:
    exchange = Exchange({"transit": [{"prefix": "800", "trunk_group": "tup"}]})
    requests = exchange.say(CALLER, Setup("8008200001"))
    assert requests == [(CALLER, Proceeding()), (CALLER, Answer())]


def test_incomplete_number_waits_for_its_digits_and_goes_on_as_soon_as_the_way_is_known() -> None:
    exchange = Exchange()
    assert exchange.say(CALLER, Setup("02", complete=False)) == []
    assert exchange.say(CALLER, Digits("1")) == [(FIRST, Setup("021", complete=False))]
    assert exchange.say(CALLER, Digits("55")) == [(FIRST, Digits("55"))]
    exchange.say(CALLER, Release(16))
    assert exchange.record["called"] == "02155"


def test_incomplete_own_number_is_served_when_it_is_whole() -> None:
    exchange = Exchange()
    assert exchange.say(CALLER, Setup("800820", complete=False)) == []
    assert exchange.say(CALLER, Digits("0001")) == [(CALLER, Proceeding()), (CALLER, Answer())]


def test_incomplete_number_is_refused_when_no_digit_comes() -> None:
    exchange = Exchange()
    exchange.say(CALLER, Setup("80", complete=False))
    exchange.now += 10 * SECOND
    assert exchange.say(CALLER, Digits("0")) == []
    assert exchange.engine.next_deadline == 10 * SECOND + PATIENCE
    assert exchange.wait(PATIENCE) == [(CALLER, Release(28))]
    assert exchange.engine.next_deadline is None


def test_caller_who_gives_up_while_digits_are_awaited_leaves_nothing_behind() -> None:
    exchange = Exchange()
    exchange.say(CALLER, Setup("80", complete=False))
    assert exchange.say(CALLER, Release(16)) == [(CALLER, Released(16))]
    assert exchange.engine.next_deadline is None


def test_own_number_is_served_when_the_continuity_check_is_over() -> None:
    exchange = Exchange()
    assert exchange.say(CALLER, Setup("8008200001", check=Check.AWAITED)) == []
    assert exchange.engine.next_deadline is None
    assert exchange.say(CALLER, Continuity(True)) == [(CALLER, Proceeding()), (CALLER, Answer())]


def test_call_in_transit_goes_on_before_the_continuity_check_is_over() -> None:
    exchange = Exchange()
    setup = Setup("0211234", check=Check.AWAITED)
    assert exchange.say(CALLER, setup) == [(FIRST, setup)]
    assert not exchange.board.sources, "the loop of the check stays"
    assert exchange.say(CALLER, Continuity(True)) == [(FIRST, Continuity(True))]
    assert exchange.board.sources == {trunk(0, 1): trunk(0, 17), trunk(0, 17): trunk(0, 1)}
    assert exchange.say(FIRST, Failed()) == [(SECOND_WAY, Setup("0211234"))], "checked already"


def test_digit_and_continuity_check_are_waited_for_together() -> None:
    exchange = Exchange()
    assert exchange.say(CALLER, Setup("800820000", complete=False, check=Check.AWAITED)) == []
    assert exchange.say(CALLER, Digits("1")) == []
    assert exchange.say(CALLER, Continuity(True)) == [(CALLER, Proceeding()), (CALLER, Answer())]
    other = Leg("isup", 2)
    assert exchange.say(other, Setup("800820000", complete=False, check=Check.AWAITED)) == []
    assert exchange.say(other, Continuity(True)) == []
    assert exchange.engine.next_deadline == PATIENCE
    assert exchange.say(other, Digits("1")) == [(other, Proceeding()), (other, Answer())]


def test_number_that_leads_nowhere_is_refused_at_once_however_many_digits_follow() -> None:
    exchange = Exchange()
    assert exchange.say(CALLER, Setup("9", complete=False)) == [(CALLER, Release(1))]


def test_failed_span_clears_both_legs() -> None:
    exchange = Exchange()
    exchange.through()
    exchange.engine.span(0, in_service=False, now=0)
    assert exchange.engine.requests() == [(CALLER, Release(38)), (FIRST, Release(38))]
    assert exchange.record["cleared_by"] == "span failure"


@pytest.mark.parametrize(
    ("route", "key"),
    [
        ({"prefix": "02", "trunk_group": "nowhere"}, "transit\\[0\\].trunk_group"),
        ({"prefix": "", "trunk_group": "tup"}, "transit\\[0\\].prefix"),
        ({"prefix": "02", "trunk_group": "tup", "strip": 3}, "transit\\[0\\].strip"),
    ],
)
def test_route_that_cannot_be_is_refused_by_file_and_key(route: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationError, match=f"transit.toml: {key}"):
        Exchange({"transit": [route]})


def brought(unpassed: Unpassed) -> Transparent:
    """Something of ISUP with an instruction for where it cannot go on."""
    return Transparent("isup", ("x",), unpassed, 99)


@pytest.mark.parametrize("called", ["0211234", "8008200001"])
def test_what_may_not_be_left_out_releases_the_call(called: str) -> None:
    exchange = Exchange()
    setup = Setup(called, transparent=brought(Unpassed.RELEASE))
    assert exchange.say(CALLER, setup) == [(CALLER, Release(99))]
    assert exchange.engine.calls == ()
    assert exchange.record["cause"] == 99


@pytest.mark.parametrize("called", ["0211234", "8008200001"])
def test_what_may_not_be_left_out_discards_the_call(called: str) -> None:
    exchange = Exchange()
    setup = Setup(called, transparent=brought(Unpassed.DISCARD))
    assert exchange.say(CALLER, setup) == [(CALLER, Discard())]
    assert exchange.engine.calls == ()


def test_instruction_counts_only_where_passing_on_is_impossible() -> None:
    exchange = Exchange()
    setup = Setup("0201234", transparent=brought(Unpassed.RELEASE))
    [(leg, primitive)] = exchange.say(CALLER, setup)
    assert (leg.group, primitive) == ("isup", setup)


def test_message_that_may_not_be_left_out_releases_both_legs() -> None:
    exchange = Exchange()
    exchange.through()
    told = exchange.say(CALLER, brought(Unpassed.RELEASE))
    assert told == [(CALLER, Release(99)), (FIRST, Release(99))]
    assert exchange.engine.calls == ()


def test_message_that_is_to_be_discarded_leaves_the_call_alone() -> None:
    exchange = Exchange()
    exchange.through()
    assert exchange.say(CALLER, brought(Unpassed.DISCARD)) == []
    assert len(exchange.engine.calls) == 1


@pytest.mark.parametrize(("medium", "called"), [(2, "8008200001"), (6, "8008200001"), (10, "0201234")])
def test_bearer_that_is_not_there_is_refused(medium: int, called: str) -> None:
    exchange = Exchange()
    assert exchange.say(CALLER, Setup(called, medium=medium)) == [(CALLER, Release(65))]

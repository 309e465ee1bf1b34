"""The call engine on a board of paper: what it asks of board and signalling, and when."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls.bus import Bus
from callcenter.calls.engine import CallEngine
from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Failed,
    Indication,
    Leg,
    Primitive,
    Proceeding,
    Release,
    Released,
    Setup,
)
from callcenter.calls.trunks import TrunkGroup, Trunks
from callcenter.config import circuits, reference_config
from callcenter.cti.history import History
from callcenter.cti.projections import Projections
from callcenter.ivr.flow import load_flow
from callcenter.media.announcements import MARKER_HZ
from callcenter.media.tones import LOOPS
from testrig.board import Endpoint, Kind, station, trunk
from testrig.clock import MILLISECOND, SECOND
from testrig.line import Octets
from testrig.system import Refused

AUDIO = {name: np.zeros(8_000, np.uint8) for name in (*LOOPS, *MARKER_HZ)}
NAMES = {id(audio): name for name, audio in AUDIO.items()}
MENU, QUEUE, DIRECT = "8008200001", "8008200002", "8008201001"
CALLER = Leg("public", 1)


def password(agent: str) -> str:
    """The password of an agent of the reference's own configuration."""
    return next(each.password for each in reference_config().agents if each.agent == agent)


class PaperBoard:
    """Remembers who listens to whom, what plays and what rings. Implements what `Bus` uses."""

    def __init__(self) -> None:
        self.sources: dict[Endpoint, Endpoint] = {}
        self.playing: dict[int, tuple[str, bool]] = {}
        self.ringing: set[int] = set()
        self.detecting: set[int] = set()

    def listen(self, sink: Endpoint, source: Endpoint) -> None:
        self.sources[sink] = source

    def unlisten(self, sink: Endpoint) -> None:
        self.sources.pop(sink, None)

    def play(self, port: int, audio: Octets, *, loop: bool = False) -> None:
        self.playing[port] = NAMES[id(audio)], loop

    def stop(self, port: int) -> None:
        self.playing.pop(port, None)

    def detect_digits(self, port: int, on: bool) -> None:
        (self.detecting.add if on else self.detecting.discard)(port)

    def ring(self, number: int, on: bool) -> None:
        (self.ringing.add if on else self.ringing.discard)(number)


class Centre:
    """A call engine on a paper board, its time, and what it has asked of signalling."""

    def __init__(self, over: Mapping[str, object] | None = None) -> None:
        self.config = reference_config(over)
        self.board = PaperBoard()
        places = [circuit for group in self.config.trunk_groups for circuit in circuits(group)]
        groups = [
            TrunkGroup(group.name, group.hunting, list(circuits(group))) for group in self.config.trunk_groups
        ]
        self.trunks = Trunks(groups, places)
        self.busy: set[Leg] = set()
        self.trunks.idle = lambda leg: leg not in self.busy
        bus = Bus(self.board, self.trunks.circuits, AUDIO, self.config.board.voice_ports)  # type: ignore[arg-type]
        self.bus = bus
        history = History()
        self.journal = history.journal
        flows = {
            name: load_flow(self.config.path(file), prompts=AUDIO, queues=self.config.queues)
            for name, file in self.config.flows.items()
        }
        self.engine = CallEngine(self.config, bus, self.trunks, flows, history)
        self.desk = self.engine.desk
        self.now = 0

    def say(self, leg: Leg, primitive: Primitive) -> list[tuple[Leg, Primitive]]:
        self.engine.indication(Indication(leg, primitive), self.now)
        return self.engine.requests()

    def arrive(self, called: str, cic: int = 1) -> list[tuple[Leg, Primitive]]:
        return self.say(Leg("public", cic), Setup(called=called, calling="13800138000", password="4711"))

    def run(self, frames: int) -> list[tuple[Leg, Primitive]]:
        end = self.now + frames
        while (at := self.engine.next_deadline) is not None and at <= end:
            self.now = at
            self.engine.expire(at)
        self.now = end
        return self.engine.requests()

    def hears(self, end: Endpoint) -> str | Endpoint:
        source = self.board.sources.get(end)
        if source is None:
            return "silence"
        if source.kind is Kind.VOICE:
            return self.board.playing.get(source.unit, ("silence", False))[0]
        return source

    def caller_hears(self, cic: int = 1) -> str | Endpoint:
        return self.hears(trunk(0, cic))

    def on_duty(self, agent: str) -> None:
        self.desk.sign_on(agent, password(agent), self.now)
        self.desk.ready(agent, self.now)

    def state(self, agent: str) -> str:
        return self.desk.agents[agent].state.value

    def hook(self, station_number: int, off: bool) -> list[tuple[Leg, Primitive]]:
        self.engine.hook(station_number, off, self.now)
        return self.engine.requests()

    def press(self, key: str, cic: int = 1) -> list[tuple[Leg, Primitive]]:
        source = self.board.sources[trunk(0, cic)]
        assert source.kind is Kind.VOICE
        assert source.unit in self.board.detecting
        self.engine.digit(source.unit, key, self.now)
        return self.engine.requests()

    def prompt_ends(self, cic: int = 1) -> list[tuple[Leg, Primitive]]:
        port = self.board.sources[trunk(0, cic)].unit
        assert self.board.playing.pop(port)[1] is False
        self.engine.play_ended(port, self.now)
        return self.engine.requests()

    def events(self, kind: str) -> list[dict[str, object]]:
        return [event.data for event in self.journal.since() if event.type == kind]

    def is_clean(self) -> bool:
        return (
            not self.engine.calls
            and self.bus.free_ports == self.config.board.voice_ports
            and not self.board.sources
            and not self.board.playing
            and not self.board.ringing
        )


@pytest.fixture
def centre() -> Centre:
    return Centre()


def test_call_to_unallocated_number_is_released_with_cause_1(centre: Centre) -> None:
    assert centre.arrive("8009999999") == [(CALLER, Release(1))]
    centre.say(CALLER, Released())
    assert centre.is_clean()
    assert centre.engine.projections.records[0]["cause"] == 1


def test_call_to_menu_is_answered_at_once_and_hears_the_greeting(centre: Centre) -> None:
    assert centre.arrive(MENU) == [(CALLER, Proceeding()), (CALLER, Answer())]
    assert centre.caller_hears() == "greeting"


def test_menu_key_for_agent_rings_the_agent_and_answer_joins_both(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.arrive(MENU)
    centre.press("1")
    assert centre.board.ringing == {0}
    assert centre.caller_hears() == "ringback"
    assert centre.state("1001") == "ringing"
    centre.hook(0, True)
    assert not centre.board.ringing
    assert centre.state("1001") == "talking"
    assert centre.caller_hears() == station(0)
    assert centre.hears(station(0)) == trunk(0, 1)


def test_caller_hangs_up_and_agent_hears_busy_until_the_handset_is_replaced(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.arrive(QUEUE)
    centre.hook(0, True)
    centre.run(10 * SECOND)
    assert centre.say(CALLER, Release(16)) == [(CALLER, Released(16))]
    assert centre.hears(station(0)) == "busy"
    assert centre.state("1001") == "wrap-up"
    centre.run(20 * SECOND)
    assert centre.state("1001") == "wrap-up"
    centre.hook(0, False)
    assert centre.state("1001") == "ready"
    assert centre.is_clean()
    record = centre.engine.projections.records[-1]
    assert (record["calling"], record["agent"], record["talking_seconds"]) == ("13800138000", "1001", 10.0)
    assert (record["cleared_by"], record["cause"], record["line"]) == ("caller", 16, "public/1")


def test_agent_hangs_up_and_caller_is_released_then_wrap_up_ends_by_time(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.arrive(QUEUE)
    centre.hook(0, True)
    assert centre.hook(0, False) == [(CALLER, Release(16))]
    assert centre.state("1001") == "wrap-up"
    centre.run(2 * SECOND - 1)
    assert centre.state("1001") == "wrap-up"
    centre.run(1)
    assert centre.state("1001") == "ready"
    centre.say(CALLER, Released())
    assert centre.is_clean()


def test_caller_gives_up_while_agent_rings_and_agent_is_ready_again(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.arrive(QUEUE)
    centre.say(CALLER, Release(16))
    assert not centre.board.ringing
    assert centre.state("1001") == "ready"
    assert centre.engine.projections.statistics["sales"].abandoned == 1
    assert centre.is_clean()


def test_waiting_callers_share_one_port_of_music_and_the_first_gets_the_agent(centre: Centre) -> None:
    centre.arrive(QUEUE, 1)
    centre.arrive(QUEUE, 2)
    assert centre.caller_hears(1) == centre.caller_hears(2) == "queue_music"
    assert centre.bus.free_ports == centre.config.board.voice_ports - 1
    assert centre.engine.projections.waiting("sales") == 2
    centre.on_duty("1001")
    assert centre.caller_hears(1) == "ringback"
    centre.hook(0, True)
    assert centre.caller_hears(1) == station(0)
    assert centre.engine.projections.waiting("sales") == 1


def test_waiting_caller_hears_the_announcement_after_20_s_and_music_again(centre: Centre) -> None:
    centre.arrive(QUEUE)
    centre.run(20 * SECOND - 1)
    assert centre.caller_hears() == "queue_music"
    centre.run(1)
    assert centre.caller_hears() == "all_busy"
    centre.prompt_ends()
    assert centre.caller_hears() == "queue_music"
    centre.run(20 * SECOND)
    assert centre.caller_hears() == "all_busy"


def test_agent_who_becomes_free_during_the_announcement_is_rung_at_once(centre: Centre) -> None:
    centre.arrive(QUEUE)
    centre.run(20 * SECOND)
    centre.on_duty("1002")
    assert centre.caller_hears() == "ringback"
    assert centre.board.ringing == {1}


def test_longest_idle_agent_is_rung(centre: Centre) -> None:
    centre.on_duty("1002")
    centre.run(SECOND)
    centre.on_duty("1001")
    centre.arrive(QUEUE)
    assert centre.board.ringing == {1}


def test_agent_who_does_not_answer_is_passed_over_and_not_ready(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.on_duty("1002")
    centre.arrive(QUEUE)
    centre.run(20 * SECOND - 1)
    assert centre.board.ringing == {0}
    centre.run(1)
    assert centre.board.ringing == {1}
    assert centre.state("1001") == "not ready"
    assert centre.engine.projections.waiting("sales") == 1
    assert [event["agent"] for event in centre.events("Diverted")] == ["1001"]


def test_caller_passed_over_keeps_the_first_place(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.arrive(QUEUE, 1)
    centre.arrive(QUEUE, 2)
    centre.run(20 * SECOND)
    assert centre.caller_hears(1) == "queue_music"
    centre.on_duty("1002")
    assert centre.caller_hears(1) == "ringback"
    assert centre.caller_hears(2) in ("queue_music", "all_busy")


def test_caller_whose_time_is_over_while_an_agent_is_rung_waits_no_longer_than_that() -> None:
    centre = Centre({"queues": {"sales": {"max_wait": 30.0}}})
    centre.arrive(QUEUE)
    centre.run(20 * SECOND)
    centre.on_duty("1001")
    centre.run(15 * SECOND)
    assert centre.caller_hears() == "ringback", "the agent may still answer"
    centre.run(5 * SECOND)
    assert centre.state("1001") == "not ready"
    centre.run(1)
    assert centre.caller_hears() == "goodbye"
    assert centre.prompt_ends() == [(CALLER, Release(16))]
    assert centre.engine.projections.statistics["sales"].timed_out == 1
    assert centre.is_clean()


def test_caller_who_waits_too_long_hears_goodbye_and_is_released() -> None:
    centre = Centre({"queues": {"sales": {"max_wait": 30.0}}})
    centre.arrive(QUEUE)
    centre.run(30 * SECOND)
    assert centre.caller_hears() == "goodbye"
    assert centre.prompt_ends() == [(CALLER, Release(16))]
    assert centre.engine.projections.statistics["sales"].timed_out == 1
    assert centre.is_clean()


def test_full_queue_overflows() -> None:
    centre = Centre({"queues": {"sales": {"max_waiting": 1}}})
    centre.arrive(QUEUE, 1)
    centre.arrive(QUEUE, 2)
    assert centre.caller_hears(2) == "goodbye"
    assert centre.engine.projections.waiting("sales") == 1


def test_no_voice_port_for_a_flow_releases_with_cause_42() -> None:
    centre = Centre({"board": {"voice_ports": 1}})
    centre.arrive(MENU, 1)
    assert centre.arrive(MENU, 2) == [(Leg("public", 2), Release(42))]


def test_call_straight_to_an_agent_is_answered_by_the_agent(centre: Centre) -> None:
    centre.on_duty("1001")
    assert centre.arrive(DIRECT) == [(CALLER, Alerting())]
    assert centre.caller_hears() == "ringback"
    assert centre.hook(0, True) == [(CALLER, Answer())]
    assert centre.caller_hears() == station(0)


@pytest.mark.parametrize(("prepare", "cause"), [("", 18), ("sign on", 17)])
def test_call_straight_to_an_agent_who_cannot_take_it_is_released(
    centre: Centre, prepare: str, cause: int
) -> None:
    if prepare:
        centre.desk.sign_on("1001", password("1001"), 0)
    assert centre.arrive(DIRECT) == [(CALLER, Release(cause))]
    assert centre.is_clean()


def test_call_straight_to_an_agent_who_does_not_answer_is_released_with_cause_19(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.arrive(DIRECT)
    assert centre.run(60 * SECOND - 1) == []
    assert centre.run(1) == [(CALLER, Release(19))]
    assert centre.state("1001") == "not ready"
    assert centre.is_clean()


def dialled(centre: Centre, number: str = "902155556666") -> list[tuple[Leg, Primitive]]:
    centre.on_duty("1001")
    centre.hook(0, True)
    assert centre.hears(station(0)) == "dial"
    assert centre.state("1001") == "dialling"
    centre.desk.dial("1001", number, centre.now)
    return centre.engine.requests()


def test_agent_dials_outside_and_talks_after_the_answer(centre: Centre) -> None:
    assert dialled(centre) == [(CALLER, Setup(called="02155556666", calling="8008200000"))]
    assert centre.hears(station(0)) == trunk(0, 1)
    assert centre.caller_hears() == "silence"
    centre.say(CALLER, Proceeding())
    centre.say(CALLER, Alerting())
    centre.say(CALLER, Answer())
    assert centre.state("1001") == "talking"
    assert centre.caller_hears() == station(0)
    centre.run(5 * SECOND)
    centre.say(CALLER, Release(16))
    assert centre.hears(station(0)) == "busy"
    centre.hook(0, False)
    centre.run(2 * SECOND)
    assert centre.state("1001") == "ready"
    record = centre.engine.projections.records[-1]
    assert (record["direction"], record["called"], record["talking_seconds"]) == (
        "outgoing",
        "02155556666",
        5.0,
    )


@pytest.mark.parametrize(
    ("cause", "tone"), [(17, "busy"), (19, "busy"), (34, "congestion"), (42, "congestion")]
)
def test_agent_hears_why_the_call_failed(centre: Centre, cause: int, tone: str) -> None:
    dialled(centre)
    assert centre.say(CALLER, Release(cause)) == [(CALLER, Released(cause))]
    assert centre.hears(station(0)) == tone
    assert centre.state("1001") == "dialling"
    centre.hook(0, False)
    assert centre.state("1001") == "ready"
    assert centre.is_clean()


def test_agent_hangs_up_before_the_answer_and_the_circuit_is_released(centre: Centre) -> None:
    dialled(centre)
    assert centre.hook(0, False) == [(CALLER, Release(16))]
    assert centre.state("1001") == "ready"
    centre.say(CALLER, Released())
    assert centre.is_clean()


def test_number_without_the_prefix_gives_busy_tone(centre: Centre) -> None:
    assert dialled(centre, "1002") == []
    assert centre.hears(station(0)) == "busy"


def test_failed_circuit_is_followed_by_one_more_attempt_then_congestion(centre: Centre) -> None:
    dialled(centre)
    second = Leg("public", 2)
    assert centre.say(CALLER, Failed()) == [(second, Setup(called="02155556666", calling="8008200000"))]
    assert centre.hears(station(0)) == trunk(0, 2)
    assert centre.say(second, Failed()) == []
    assert centre.hears(station(0)) == "congestion"


def test_dual_seizure_lost_gives_way_to_the_incoming_call_whichever_word_comes_first(centre: Centre) -> None:
    dialled(centre)
    requests = centre.arrive(MENU, 1)
    assert (Leg("public", 2), Setup(called="02155556666", calling="8008200000")) in requests
    assert centre.caller_hears(1) == "greeting"
    centre.say(CALLER, Failed())
    assert centre.caller_hears(1) == "greeting"
    assert len(centre.engine.calls) == 2


def test_no_circuit_gives_cause_34_and_congestion_tone(centre: Centre) -> None:
    centre.busy = set(centre.trunks.circuits)
    assert dialled(centre) == []
    assert centre.hears(station(0)) == "congestion"
    assert centre.engine.projections.records[-1]["cause"] == 34


def test_span_failure_clears_its_calls_and_takes_no_outgoing_call_until_it_is_back(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.arrive(QUEUE)
    centre.hook(0, True)
    centre.engine.span(0, in_service=False, now=centre.now)
    assert centre.engine.requests() == [(CALLER, Release(38))]
    assert centre.hears(station(0)) == "congestion"
    centre.say(CALLER, Released())
    centre.hook(0, False)
    assert centre.trunks.hunt("public", 0, centre.now) is None
    centre.engine.span(0, in_service=True, now=centre.now)
    assert centre.trunks.hunt("public", 0, centre.now) is not None
    assert [event.type for event in centre.journal.since() if "Service" in event.type] == [
        "OutOfService",
        "BackInService",
    ]


def test_answer_with_the_handset_on_the_hook_is_refused(centre: Centre) -> None:
    centre.on_duty("1001")
    centre.arrive(QUEUE)
    with pytest.raises(Refused, match="lift it to answer"):
        centre.desk.answer("1001", centre.now)


def test_headset_agent_hears_ringing_and_answers_and_clears_at_the_desk() -> None:
    agents = [{"agent": "1001", "password": password("1001"), "station": 0, "headset": True}]
    over = {"agents": agents, "queues": {"sales": {"agents": ["1001"]}}, "numbers": {}}
    config = {**over, "numbers": {f"800820100{n}": {"queue": "sales", "agent": ""} for n in range(1, 5)}}
    centre = Centre(config)
    centre.hook(0, True)
    centre.on_duty("1001")
    centre.arrive(QUEUE)
    assert not centre.board.ringing
    assert centre.hears(station(0)) == "ringback"
    centre.desk.answer("1001", centre.now)
    assert centre.caller_hears() == station(0)
    centre.desk.hang_up("1001", centre.now)
    assert centre.engine.requests()[-1] == (CALLER, Release(16))
    centre.run(2 * SECOND)
    assert centre.state("1001") == "ready"


def test_call_events_carry_the_whole_field_set_and_never_the_password(centre: Centre) -> None:
    centre.arrive(MENU)
    centre.press("2")
    centre.say(CALLER, Release(16))
    wanted = {"call", "line", "calling", "called", "original_called", "function", "additional", "password"}
    kinds = {"Offered", "Established", "DigitsCollected", "ConnectionCleared"}
    found = [event for event in centre.journal.since() if event.type in kinds]
    assert {event.type for event in found} == kinds
    for event in found:
        assert wanted <= event.data.keys()
        assert event.data["password"] == "***"
    assert "4711" not in repr(centre.journal.since())


def test_menu_without_a_key_reminds_and_at_last_releases(centre: Centre) -> None:
    centre.arrive(MENU)
    heard = []
    cleared: list[tuple[Leg, Primitive]] = []
    for _ in range(20):
        heard.append(centre.caller_hears())
        cleared = centre.prompt_ends()
        if cleared:
            break
        if centre.caller_hears() == "silence":
            centre.run(5 * SECOND)
    asked = ["menu", "timeout"]
    assert heard == ["greeting", *asked, *asked, "menu", "goodbye"]
    assert cleared == [(CALLER, Release(16))]
    assert centre.is_clean()


# ruff: noqa: SIM905
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            "menu|queue|direct|release|released|key|prompt|lift|replace|ready|not ready|sign on|sign off|"
            "dial|hang up|failed|answer|wait|span".split("|")
        ),
        st.integers(0, 3),
    ),
    max_size=60,
)


def act(centre: Centre, what: str, which: int) -> None:
    """One stimulus; what an agent's order refuses is no stimulus."""
    agent, leg = f"100{which + 1}", Leg("public", which + 1)
    end = trunk(0, which + 1)
    busy = any(call.trunk == leg for call in centre.engine.calls)
    match what:
        case "menu" | "queue" | "direct" if not busy:
            centre.arrive({"menu": MENU, "queue": QUEUE, "direct": DIRECT}[what], which + 1)
        case "release" if busy:
            centre.say(leg, Release(16))
        case "released":
            centre.say(leg, Released())
        case "failed" | "answer" if busy:
            centre.say(leg, Failed() if what == "failed" else Answer())
        case "key" | "prompt" if (source := centre.board.sources.get(end)) and source.kind is Kind.VOICE:
            if what == "key":
                centre.engine.digit(source.unit, "1" if which % 2 else "2", centre.now)
            elif centre.board.playing.get(source.unit, ("", True))[1] is False:
                centre.prompt_ends(which + 1)
        case "lift" | "replace":
            centre.hook(which, what == "lift")
        case "wait":
            centre.run((which + 1) * 7 * SECOND + which * MILLISECOND)
        case "span":
            centre.engine.span(0, in_service=which % 2 == 0, now=centre.now)
        case "ready" | "sign off" | "hang up" | "not ready" | "sign on" | "dial":
            order(centre, what, agent)


def order(centre: Centre, what: str, agent: str) -> None:
    desk, now = centre.desk, centre.now
    try:
        match what:
            case "sign on":
                desk.sign_on(agent, password(agent), now)
            case "sign off":
                desk.sign_off(agent, now)
            case "ready":
                desk.ready(agent, now)
            case "not ready":
                desk.not_ready(agent, "", now)
            case "dial":
                desk.dial(agent, "9021", now)
            case "hang up":
                desk.hang_up(agent, now)
    except Refused:
        return


@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_no_free_agent_while_a_caller_waits_and_nothing_leaks(actions: list[tuple[str, int]]) -> None:
    centre = Centre()
    for agent in ("1001", "1002"):
        centre.on_duty(agent)
    for what, which in actions:
        act(centre, what, which)
        dispatcher = centre.engine.queues.dispatcher
        assert not (dispatcher.free and dispatcher.waiting("sales"))
        ready = {name for name, each in centre.desk.agents.items() if each.state.value == "ready"}
        assert set(dispatcher.free) == ready
    for number in range(4):
        centre.hook(number, False)
    for call in centre.engine.calls:
        assert call.trunk is not None
        centre.say(call.trunk, Release(16))
    centre.run(60 * SECOND)
    assert centre.is_clean()
    assert len(centre.engine.projections.records) == len(centre.events("ConnectionCleared"))
    replayed = Projections.replayed(centre.journal.since())
    assert replayed.records == centre.engine.projections.records
    assert replayed.agents == centre.engine.projections.agents
    assert replayed.statistics == centre.engine.projections.statistics

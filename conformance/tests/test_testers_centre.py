"""Telephones, agents and the whole centre, against a small exchange that does what the test says."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from testline.bench import Bench
from testline.testers import Agent, Telephone, expect_speech_both_ways
from testline.verdicts import Fail
from testrig.clock import SECOND, Instant
from testrig.line import StationPort
from testrig.system import AgentSpec, Event, Pixit, Refused
from testrig.virtual import StationPair

PIXIT = Pixit(
    variant="itu14",
    point_code=1,
    tester_point_code=2,
    network_indicator=2,
    link_line=0,
    link_slot=16,
    slc=0,
    circuits=(),
    menu_number="1",
    queue_number="2",
    queue="q",
    queue_key="1",
    announcement_key="2",
    wrong_key="9",
    unallocated_number="404",
    outgoing_prefix="0",
    agents=(AgentSpec("1001", "secret", 0),),
)


class Client:
    """An agent client that becomes ready 50 ms after it is told."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.orders: list[str] = []
        self.ready_at: Instant | None = None
        self.told: list[Event] = []

    def __getattr__(self, name: str) -> Any:
        if name not in {"sign_on", "sign_off", "not_ready", "answer", "hang_up", "dial"}:
            raise AttributeError(name)
        return lambda *values: self.orders.append(" ".join((name, *values)))

    def ready(self) -> None:
        if "sign_on" not in self.orders:
            raise Refused("ready: agent 1001 is signed off; expected not ready")
        self.orders.append("ready")
        self.ready_at = self.exchange.now + SECOND // 20

    def state(self) -> str:
        if self.ready_at is not None and self.exchange.now >= self.ready_at:
            return "ready"
        return "not ready" if "sign_on" in self.orders else "signed off"

    def events(self, since: int = 0) -> list[Event]:
        return [event for event in self.told if event.number > since]


class Exchange:
    """Two stations, connected or not; rings when told."""

    name, version, pixit = "exchange", "1", PIXIT

    def __init__(self, ports: list[StationPort]) -> None:
        self.ports = ports
        self.now: Instant = 0
        self.connected = False
        self.ring_at: dict[int, tuple[Instant, Instant]] = {}
        self.client = Client(self)

    settled = False

    def next_deadline(self) -> Instant | None:
        return None

    def agent(self, agent: str) -> Client:
        return self.client

    def advance(self, frames: int) -> None:
        for number, (start, end) in self.ring_at.items():
            burst = start <= self.now < end and (self.now - start) % (5 * SECOND) < SECOND
            self.ports[number].ring(burst)
        heard = [port.receive(frames) for port in self.ports]
        quiet = np.full(frames, 0xD5, np.uint8)
        for number, port in enumerate(self.ports):
            port.send(heard[1 - number] if self.connected else quiet)
        self.now += frames


class Rig:
    block = 40
    lines = ()

    def __init__(self) -> None:
        pairs = [StationPair("station0"), StationPair("station1")]
        self.stations = [pair.phone for pair in pairs]
        self.system = Exchange([pair.exchange for pair in pairs])
        self.step = self.system.advance


class Room:
    def __init__(self) -> None:
        self.rig = Rig()
        self.exchange = self.rig.system
        self.bench = Bench(cast(Any, self.rig))
        self.one, self.other = Telephone(self.bench, 0), Telephone(self.bench, 1)


@pytest.fixture
def room() -> Room:
    return Room()


def test_telephone_rings_and_is_lifted(room: Room) -> None:
    room.exchange.ring_at[0] = (SECOND, 20 * SECOND)
    room.one.answers(within=2 * SECOND)
    assert SECOND <= room.one.bursts[0] <= SECOND + 2 * room.rig.block
    assert room.exchange.ports[0].off_hook
    summaries = [entry.summary for entry in room.bench.trace.entries]
    assert summaries == ["ringing", "off hook"]
    room.one.replace()
    assert not room.exchange.ports[0].off_hook


def test_telephone_that_does_not_ring_fails_with_its_state(room: Room) -> None:
    with pytest.raises(Fail, match="station0 on hook, quiet"):
        room.one.rings(within=SECOND)


def test_pause_of_the_cadence_is_not_the_end_of_ringing(room: Room) -> None:
    room.exchange.ring_at[0] = (0, 60 * SECOND)
    room.one.rings(within=SECOND)
    with pytest.raises(Fail, match="stops ringing"):
        room.one.stops_ringing(within=12 * SECOND)
    room.exchange.ring_at[0] = (0, room.exchange.now)
    room.one.stops_ringing(within=SECOND)
    assert len(room.one.bursts) >= 3


def test_ringing_that_must_not_come_fails(room: Room) -> None:
    room.one.does_not_ring(during=SECOND)
    room.exchange.ring_at[0] = (0, 60 * SECOND)
    with pytest.raises(Fail, match="no ringing at station0"):
        room.one.does_not_ring(during=6 * SECOND)


def test_speech_between_telephones_is_proven(room: Room) -> None:
    with pytest.raises(Fail, match="hears silence"):
        expect_speech_both_ways(room.one.voice, room.other.voice)
    room.exchange.connected = True
    levels = expect_speech_both_ways(room.one.voice, room.other.voice)
    assert levels == pytest.approx((-10, -10), abs=0.1)
    room.one.hears_silence()


def test_level_outside_its_limits_fails_as_a_measured_value(room: Room) -> None:
    room.exchange.connected = True
    room.other.says_tone(1020, -20)
    with pytest.raises(Fail):
        room.one.hears_tone(1020, within=SECOND, level=(-11, -9))
    assert room.bench.measurements[-1].value == pytest.approx(-20, abs=0.1)
    with pytest.raises(Fail, match="1020 Hz"):
        room.one.hears_tone(450, within=SECOND)


def test_agent_orders_and_events_are_in_the_trace(room: Room) -> None:
    agent = Agent(room.bench, PIXIT.agents[0], room.one)
    with pytest.raises(Refused):
        agent.ready()
    agent.on_duty()
    agent.dial("0123")
    assert room.exchange.client.orders == ["sign_on", "ready", "dial 0123"]
    room.exchange.client.told.append(Event(7, 0, "call offered", {}))
    assert agent.is_told("call offered", within=SECOND).number == 7
    with pytest.raises(Fail, match="is told call offered"):
        agent.is_told("call offered", within=SECOND)
    texts = [entry.summary for entry in room.bench.trace.entries if entry.channel == "agent 1001"]
    assert texts == ["ready", "sign on", "ready", "state ready", "dial 0123", "event call offered"]


def test_agent_state_that_does_not_come_fails_with_the_state_there_is(room: Room) -> None:
    agent = Agent(room.bench, PIXIT.agents[0], room.one)
    with pytest.raises(Fail, match="agent 1001 signed off"):
        agent.is_in("talking", "ringing", within=SECOND)

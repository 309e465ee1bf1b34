"""An engine that goes on where the journal of another ends, on the same board."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from callcenter.agents.agent_fsm import State
from callcenter.config import reference_config
from callcenter.engine import Engine
from callcenter.errors import ConfigurationError
from callcenter.media.g711 import SILENCE
from callcenter.servers import ServersSystem
from callcenter.signalling import over_gateways
from callcenter.system import reference
from callcenter.tdm.board import VirtualBoard
from testrig.clock import SECOND
from testrig.virtual import StationPair

BLOCK = 40


class Seats:
    """A centre with telephones and no calls: what agents do is enough."""

    def __init__(self) -> None:
        self.config = reference_config({"file": "servers.toml"})
        size = self.config.board
        self.board = VirtualBoard(spans=2, stations=size.stations, voice_ports=size.voice_ports)
        self.pairs = [StationPair(f"station{number}") for number in range(size.stations)]
        for number, pair in enumerate(self.pairs):
            self.board.attach_station(number, pair.exchange)
        self.engine = Engine(self.config, self.board)
        self.engine.start()

    def run(self, frames: int) -> None:
        """Run for `frames`."""
        for _ in range(frames // BLOCK):
            self._lines()
            self.engine.advance(BLOCK)

    def _lines(self) -> None:
        """The telephones are silent and hear nothing."""
        for pair in self.pairs:
            pair.phone.send(np.full(BLOCK, SILENCE, np.uint8))

    def hook(self, number: int, off: bool) -> None:
        """Lift or replace a handset."""
        self.pairs[number].phone.hook(off)

    def fails(self, *, gap: int = SECOND) -> None:
        """The engine dies; another takes over after `gap` frames in which nobody hears the board."""
        for _ in range(gap // BLOCK):
            self._lines()
            self.board.advance(BLOCK)
        self.engine = Engine(self.config, self.board, history=self.engine.history, now=self.board.now)
        self.engine.take_over()

    def state(self, agent: str) -> State:
        """State of an agent."""
        return self.engine.calls.desk.agents[agent].state

    def on_duty(self, agent: str) -> None:
        """Sign an agent on and make the agent ready."""
        desk = self.engine.calls.desk
        desk.sign_on(agent, desk.agents[agent].config.password, self.engine.now)
        desk.ready(agent, self.engine.now)
        self.engine.work()


@pytest.fixture
def seats() -> Seats:
    return Seats()


def test_agents_are_where_they_were(seats: Seats) -> None:
    seats.on_duty("1001")
    desk = seats.engine.calls.desk
    desk.sign_on("1002", desk.agents["1002"].config.password, seats.engine.now)
    seats.fails()
    assert seats.state("1001") is State.READY
    assert seats.state("1002") is State.NOT_READY
    assert seats.state("1003") is State.SIGNED_OFF
    assert seats.engine.calls.queues.dispatcher.free == ("1001",)


def test_handset_lifted_in_the_gap_dials(seats: Seats) -> None:
    seats.on_duty("1001")
    seats.hook(0, True)
    seats.fails()
    assert seats.state("1001") is State.DIALLING
    assert seats.engine.calls.queues.dispatcher.free == ()


def test_handset_replaced_in_the_gap_ends_dialling(seats: Seats) -> None:
    seats.on_duty("1001")
    seats.hook(0, True)
    seats.run(SECOND)
    assert seats.state("1001") is State.DIALLING
    seats.hook(0, False)
    seats.fails()
    assert seats.state("1001") is State.READY


def test_handset_that_stays_lifted_dials_on(seats: Seats) -> None:
    seats.on_duty("1001")
    seats.hook(0, True)
    seats.run(SECOND)
    seats.fails()
    assert seats.state("1001") is State.DIALLING


def test_events_go_on_with_the_next_number(seats: Seats) -> None:
    seats.on_duty("1001")
    before = seats.engine.journal.since()
    seats.fails()
    after = seats.engine.journal.since()
    assert after[: len(before)] == before
    assert [event.number for event in after] == list(range(1, len(after) + 1))
    assert [event.type for event in after[len(before) :]].count("TakenOver") == 1
    assert not any(event.type == "AgentStateChanged" for event in after[len(before) :])


M3UA: dict[str, Any] = {"contexts": {"isup": 101}}


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"links": [], "m3ua": {"contexts": {"tup": 1}}}, "networks.public.m3ua.contexts: found"),
        ({"links": [], "m3ua": {"contexts": {"isdn": 1}}}, "contexts, name of an entry: found 'isdn'"),
        ({"links": [], "m3ua": {"contexts": {"isup": -1}}}, "contexts.isup: found -1, expected 0 to"),
        ({"m3ua": M3UA}, "expected no links and routes of our own beside gateways"),
        (
            {"links": [], "m3ua": {**M3UA, "gateways": ["here"]}},
            "gateways[0]: found 'here', expected HOST:",
        ),
        ({"links": [], "m3ua": {**M3UA, "mode": "overide"}}, "did you mean override"),
        ({"links": [], "m3ua": {**M3UA, "gateway": []}}, "m3ua.gateway: unknown key"),
    ],
)
def test_wrong_network_over_gateways_is_refused(over: dict[str, Any], message: str) -> None:
    given = dict(over)
    network = {"m3ua": given.pop("m3ua")}
    with pytest.raises(ConfigurationError) as refused:
        reference_config({**given, "networks": {"public": network}})
    assert message in str(refused.value)


def test_network_over_gateways_is_one_asp_for_all_its_user_parts() -> None:
    found = over_gateways(reference_config({"file": "servers.toml"}), paired=True)
    assert list(found) == ["public"]
    config = found["public"].asp.config
    assert config.contexts == {101: (5,), 103: (4,)}
    assert (config.mode, config.network_appearance, config.paired) == ("override", 7, True)


def test_lines_of_the_operator_are_those_of_the_pixit() -> None:
    system = reference({"file": "servers.toml"})
    assert isinstance(system, ServersSystem)
    system.attach([], [])
    operator = system.maintenance()
    assert operator.span(0) == (system.signalling.board, 0)
    assert [operator.span(line) for line in (1, 2)] == [(system.board, 0), (system.board, 1)]
    assert {circuit.line for circuit in system.pixit.circuits} == {1, 2}
    operator.set_loopback(2, "local")
    assert operator.alarms(2) == frozenset(alarm.name for alarm in system.board.span_alarms(1))

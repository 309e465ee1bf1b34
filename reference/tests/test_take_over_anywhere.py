"""A server dies at any event of its journal: no call is lost that need not be, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final

import pytest

from callcenter.agents.agent_fsm import State
from callcenter.calls.call import Phase
from callcenter.config import CentreConfig, reference_config
from callcenter.cti.history import History
from callcenter.cti.journal import Types
from callcenter.cti.recovery import line_of
from callcenter.engine import Engine
from callcenter.exercise.busy import Busy
from callcenter.exercise.wires import WireBoard
from testrig.clock import MINUTE, SECOND
from testrig.system import Event, Refused

OUTSIDE: Final = "902155556666"
HEADSET: Final = "1003"


class Died(Exception):
    """The power of the server fails."""


class Office:
    """A centre with traffic, and agents who lift, replace, dial and pause at random."""

    def __init__(self, seed: int, *, suspend: bool) -> None:
        table = reference_config({"file": "sixteen.toml"})
        agents = [
            {
                "agent": each.agent,
                "password": each.password,
                "station": each.station,
                "headset": each.agent == HEADSET,
            }
            for each in table.agents
        ]
        over = {"file": "sixteen.toml", "stations": {"suspend_on_hook": suspend}, "agents": agents}
        self.busy = Busy(reference_config(over), seed=seed)
        self.country = self.busy.country
        self.random = Random(seed)
        for agent in self.engine.calls.desk.agents.values():
            self.engine.calls.desk.sign_on(agent.name, agent.config.password, self.engine.now)
            if agent.config.headset:
                self.country.board.hook(agent.config.station, True)
        self.country.settle()
        self._ready()

    @property
    def engine(self) -> Engine:
        return self.country.engine

    def _ready(self) -> None:
        for name in self.engine.calls.desk.agents:
            self._order(partial(self.engine.calls.desk.ready, name, self.engine.now))

    def _order(self, order: Callable[[], None]) -> None:
        try:
            order()
        except Refused:
            return
        self.engine.work()

    def run(self, seconds: int) -> None:
        """Let traffic flow; every second each agent does something or nothing."""
        for _ in range(seconds):
            self.busy.run(SECOND)
            for name in self.engine.calls.desk.agents:
                self._acts(name)

    def _acts(self, name: str) -> None:
        desk, now, board = self.engine.calls.desk, self.engine.now, self.country.board
        agent, chance = desk.agents[name], self.random.random()
        station, headset = agent.config.station, agent.config.headset
        if agent.state is State.RINGING and chance < 0.5:
            if headset:
                self._order(lambda: desk.answer(name, now))
            else:
                board.hook(station, True)
        elif agent.state is State.TALKING and chance < 0.15:
            if headset:
                self._order(lambda: desk.hang_up(name, now))
            else:
                board.hook(station, not agent.lifted)
        elif agent.state is State.DIALLING and agent.call is None:
            if chance < 0.5:
                self._order(lambda: desk.dial(name, OUTSIDE, now))
            elif not headset:
                board.hook(station, False)
        elif agent.state is State.READY and chance < 0.1:
            if headset:
                self._order(lambda: desk.dial(name, OUTSIDE, now))
            else:
                board.hook(station, True)
        elif agent.state is State.WRAP_UP and not headset and agent.lifted:
            board.hook(station, False)
        elif agent.state is State.NOT_READY:
            if agent.lifted and not headset:
                board.hook(station, False)
            self._order(lambda: desk.ready(name, now))
        self.country.settle()

    def dies_after(self, events: int, *, within: int) -> None:
        """Run until `events` more events are written; the server dies in the middle of what it does."""
        left = events

        def count(_: Event) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Died

        engine = self.engine
        self.engine.journal.subscribe(count)
        try:
            self.run(within)
        except Died:
            pass
        else:
            pytest.fail(f"fewer than {events} events in {within} s")
        for node, _ in self.country.nodes:
            if node is not engine:
                node.advance(self.country.now - node.now)
        for agent in engine.calls.desk.agents.values():  # what nobody hears of
            if self.random.random() < 0.25:
                self.country.board.lifted ^= {agent.config.station}
        for board in (self.country.board, *(each.board for each in self.country.far.values())):
            board.now = self.country.now

    def drain(self) -> None:
        """Callers hang up, agents replace their handsets, and everything comes to rest."""
        for agent in self.engine.calls.desk.agents.values():
            if not agent.config.headset:
                self.country.board.hook(agent.config.station, False)
        self.country.settle()
        self.busy.drain()


def connected(engine: Engine) -> list[str]:
    """What does not agree between calls, circuits, agents and bus just after a take-over."""
    calls, found = engine.calls, []
    cleared = {event.data.get(name) for event in after(engine) for name in ("line", "onward_line")}
    for _, _, user in engine.signalling.user_parts():
        for leg, circuit in user._by_leg.items():  # type: ignore[attr-defined]
            if (circuit.cpc is not None) != (leg in calls._legs or line_of(leg) in cleared):
                found.append(f"{leg}: {circuit.describe()}, call {calls._legs.get(leg)}")
            elif circuit.cpc is None and not circuit.unknown and not circuit.resetting:
                found.append(f"{leg}: neither with a call nor reset")
    for call in calls.calls:
        for each in (call.trunk, call.onward):
            if each is not None and calls._legs.get(each) is not call:
                found.append(f"{call}: {each} is not its circuit")
    for agent in calls.desk.agents.values():
        busy = agent.state in (State.TALKING, State.RINGING)
        if busy != (agent.call is not None and agent.call in calls.calls):
            found.append(f"{agent.name} {agent.state.value}: {agent.call}")
        if agent.call is not None and agent.call.suspended and agent.lifted:
            found.append(f"{agent.name} is back, and {agent.call} is still suspended")
        if agent.lifted != engine.board.off_hook(agent.config.station):
            found.append(f"{agent.name}: handset {agent.lifted}")
    return found


def after(engine: Engine) -> list[Event]:
    """Calls that were taken over and cleared at once, by an agent who had hung up."""
    events = list(engine.journal.since())
    taken = max(number for number, event in enumerate(events) if event.type == Types.TAKEN_OVER)
    return [event for event in events[taken:] if event.type == Types.CLEARED]


def at_rest(engine: Engine) -> list[str]:
    """What is left when nobody calls."""
    calls = engine.calls
    found = [
        f"{each.name} {each.state.value}: {each.call}"
        for each in calls.desk.agents.values()
        if each.call is not None
        or each.state in (State.TALKING, State.RINGING, State.RESERVED, State.DIALLING)
    ]
    parts = (calls.trunks, calls.queues.dispatcher, calls.desk, calls.queues, calls.flows, calls.overlap)
    found += [type(part).__name__ for part in parts if part.next_deadline is not None]
    recovery = engine.history.recovery
    if recovery.calls or recovery.suspended_there:
        found.append(f"the journal has {recovery.calls} {recovery.suspended_there}")
    found += [f"{queue}: {n}" for queue in engine.config.queues if (n := calls.projections.waiting(queue))]
    return found


@pytest.mark.parametrize("seed", range(12))
def test_server_that_dies_at_any_event_leaves_nothing_behind(seed: int) -> None:
    office = Office(seed, suspend=seed % 2 == 1)
    office.run(60)
    for _ in range(3):
        office.dies_after(office.random.randrange(1, 400), within=10 * 60)
        office.country.restart_centre(journal=True)
        assert connected(office.engine) == []
        assert office.country.until(office.country.in_service, 2 * MINUTE, step=SECOND)
    office.run(60)
    office.drain()
    assert office.busy.wrong() == []
    assert at_rest(office.engine) == []


def elsewhere(history: History, config: CentreConfig, now: int) -> Engine:
    """An engine of another configuration that goes on where `history` ends, on a board of its own."""
    board = WireBoard()
    board.now = now
    engine = Engine(config, board, history=history, now=now)
    engine.take_over()
    for _ in range(200):
        engine.advance(max(1, min(engine.next_deadline() or 0, engine.now + MINUTE) - engine.now))
    return engine


def without(config: CentreConfig, random: Random) -> CentreConfig:
    """The configuration with something left out: circuits, trunk groups, routes, agents, queues, flows."""
    groups = [each for each in config.trunk_groups if each.name == "east-isup" or random.random() < 0.6]
    groups[0] = replace(groups[0], circuits=groups[0].circuits[1:])
    names = {each.name for each in groups}
    agents = tuple(each for each in config.agents if random.random() < 0.6)
    known = {each.agent for each in agents}
    numbers = {
        number: to
        for number, to in config.numbers.items()
        if (not to.agent or to.agent in known) and random.random() < 0.7
    }
    flows = {to.flow for to in numbers.values()}
    keep_queues = random.random() < 0.5 or "main" in flows
    queues = {
        name: replace(queue, agents=tuple(each for each in queue.agents if each in known))
        for name, queue in config.queues.items()
        if keep_queues
    }
    return replace(
        config,
        trunk_groups=tuple(groups),
        transit=tuple(each for each in config.transit if each.trunk_group in names),
        agents=agents,
        numbers={number: to for number, to in numbers.items() if not to.queue or keep_queues},
        flows={name: file for name, file in config.flows.items() if name in flows},
        queues=queues,
        outgoing=replace(config.outgoing, trunk_group=groups[0].name),
    )


@pytest.mark.parametrize("seed", range(8))
def test_call_that_needs_what_is_not_configured_any_more_is_given_up(seed: int) -> None:
    office = Office(seed, suspend=True)
    office.run(60)
    office.dies_after(office.random.randrange(1, 200), within=10 * 60)
    history = office.engine.history
    config = without(office.engine.config, office.random)
    known = len(history.journal)
    engine = elsewhere(history, config, office.country.now)
    events = history.journal.since(known)
    reasons = {
        event.data["call"]: str(event.data["reason"]) for event in events if event.type == Types.FAILED
    }
    assert reasons
    assert {reason.rpartition(" is ")[2] for reason in reasons.values()} == {"not configured"}
    cleared = {event.data["call"] for event in events if event.type == Types.CLEARED}
    assert set(reasons) <= cleared
    assert {each.trunk in engine.trunks.circuits for each in engine.calls.calls} <= {True}
    assert set(engine.history.recovery.calls) == {each.id for each in engine.calls.calls}
    gone = {each.agent for each in office.engine.config.agents} - {each.agent for each in config.agents}
    assert {history.projections.agents[name] for name in gone} <= {"signed off"}


def damaged(events: Sequence[Event], random: Random) -> History:
    """A history of which events are gone, or tell of another call, circuit or agent than they should."""
    history = History()
    lines = [str(event.data["line"]) for event in events if event.data.get("line")]
    for event in events:
        chance = random.random()
        data = dict(event.data)
        if chance < 0.05:
            continue
        if chance < 0.1 and "line" in data:
            data["line"] = random.choice([*lines[-200:], "", "nowhere", "nowhere/1", "public/x"])
        elif chance < 0.13 and "agent" in data:
            data["agent"] = random.choice(["1001", "1002", "9999", ""])
        elif chance < 0.16 and "call" in data:
            data["call"] = random.randrange(1, 400)
        elif chance < 0.18 and "state" in data:
            data["state"] = "asleep"
        try:
            history.journal.follow(Event(len(history.journal) + 1, event.at, event.type, data))
        except ValueError:
            continue
    return history


@pytest.mark.parametrize("seed", range(8))
def test_damaged_journal_is_taken_over_as_far_as_it_makes_sense(seed: int) -> None:
    office = Office(seed, suspend=True)
    office.run(120)
    office.dies_after(office.random.randrange(1, 200), within=10 * 60)
    history = damaged(office.engine.journal.since(), office.random)
    engine = elsewhere(history, office.engine.config, office.country.now)
    legs = [leg for call in engine.calls.calls for leg in (call.trunk, call.onward) if leg is not None]
    assert len(legs) == len(set(legs))
    agents = [call.agent for call in engine.calls.calls if call.phase is Phase.TALKING]
    assert len(agents) == len(set(agents))
    for call in engine.calls.calls:
        engine.calls.clear(call, 16, "test", engine.now)
    engine.work()
    engine.advance(MINUTE)
    assert at_rest(engine) == []
    assert engine.calls._bus.free_ports == engine.config.board.voice_ports

"""The clients that a call centre gives to people: agents at their desks, supervisors, operators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from callcenter.agents.desk import Desk
from callcenter.calls.primitives import Leg
from callcenter.engine import Engine
from callcenter.errors import CallcenterError
from callcenter.signalling import Order
from testrig.board import Board, Loopback
from testrig.system import Event, Refused


class Centre(Protocol):
    """Where the engine is that serves at present."""

    @property
    def engine(self) -> Engine: ...


class Client:
    """What all clients share. They outlive an engine that fails: `_engine` is the one that serves."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    @property
    def _engine(self) -> Engine:
        return self._centre.engine


class Seat(Client):
    """The agent's desk (`testrig.system.AgentClient`)."""

    def __init__(self, centre: Centre, agent: str, password: str) -> None:
        super().__init__(centre)
        self._agent = agent
        self._password = password

    @property
    def _desk(self) -> Desk:
        return self._engine.calls.desk

    def sign_on(self) -> None:
        """Sign on with the password the desk was opened with."""
        self._desk.sign_on(self._agent, self._password, self._engine.now)
        self._engine.work()

    def sign_off(self) -> None:
        """Sign off."""
        self._desk.sign_off(self._agent, self._engine.now)
        self._engine.work()

    def ready(self) -> None:
        """Take calls."""
        self._desk.ready(self._agent, self._engine.now)
        self._engine.work()

    def not_ready(self, reason: str = "") -> None:
        """Take no calls."""
        self._desk.not_ready(self._agent, reason, self._engine.now)
        self._engine.work()

    def answer(self) -> None:
        """Answer with a headset; a handset answers by being lifted."""
        self._desk.answer(self._agent, self._engine.now)
        self._engine.work()

    def hang_up(self) -> None:
        """Clear the call at hand."""
        self._desk.hang_up(self._agent, self._engine.now)
        self._engine.work()

    def dial(self, number: str) -> None:
        """Call `number`, outside prefix included."""
        self._desk.dial(self._agent, number, self._engine.now)
        self._engine.work()

    def state(self) -> str:
        """Present state."""
        return self._desk.agents[self._agent].state.value

    def events(self, since: int = 0) -> Sequence[Event]:
        """Events that name this agent, and those of a call from the one on that names the agent first."""
        calls: set[object] = set()
        found = []
        for event in self._engine.journal.since():
            mine = event.data.get("agent") == self._agent
            call = event.data.get("call")
            if mine and call is not None:
                calls.add(call)
            if event.number > since and (mine or (call is not None and call in calls)):
                found.append(_shown(event))
        return found


def _shown(event: Event) -> Event:
    """The event as people at desks see it: a restricted number is kept, but not shown (Q.731.4, Q.732.2)."""
    hidden = {name: "" for name in ("calling", "original_called") if event.data.get(f"{name}_restricted")}
    return replace(event, data={**event.data, **hidden}) if hidden else event


class Supervisor(Client):
    """The supervisor's desk (`testrig.system.SupervisorClient`)."""

    def agents(self) -> dict[str, str]:
        """Agent to state."""
        return {name: agent.state.value for name, agent in self._engine.calls.desk.agents.items()}

    def waiting(self, queue: str) -> int:
        """Callers nobody has answered yet."""
        if queue not in self._engine.config.queues:
            known = ", ".join(self._engine.config.queues)
            raise Refused(f"queue {queue!r}: not known, expected one of {known}")
        return self._engine.calls.projections.waiting(queue)

    def records(self) -> Sequence[dict[str, object]]:
        """Call records, oldest first."""
        return self._engine.calls.projections.records

    def journal(self, since: int = 0) -> Sequence[Event]:
        """Everything that happened after event number `since`."""
        return self._engine.journal.since(since)


class Maintenance(Client):
    """The operator's terminal (`testrig.system.MaintenanceClient`)."""

    def block(self, cic: int, group: str = "") -> None:
        """Block a circuit."""
        self._order("block", cic, group)

    def unblock(self, cic: int, group: str = "") -> None:
        """Unblock a circuit."""
        self._order("unblock", cic, group)

    def reset(self, cic: int, group: str = "") -> None:
        """Reset a circuit."""
        self._order("reset", cic, group)

    def reset_group(self, cic: int, count: int, group: str = "") -> None:
        """Reset `count` circuits from `cic` on."""
        self._order("reset group", cic, group, count)

    def block_group(self, cic: int, count: int, group: str = "") -> None:
        """Block `count` circuits from `cic` on."""
        self._order("block group", cic, group, count)

    def unblock_group(self, cic: int, count: int, group: str = "") -> None:
        """Unblock `count` circuits from `cic` on."""
        self._order("unblock group", cic, group, count)

    def activate_link(self, link: str = "", *, emergency: bool = False) -> None:
        """Activate a signalling link."""
        with self._ordering():
            self._engine.signalling.activate(self._engine.now, emergency=emergency, link=link)

    def deactivate_link(self, link: str = "") -> None:
        """Deactivate a signalling link."""
        with self._ordering():
            self._engine.signalling.deactivate(self._engine.now, link=link)

    def processor_outage(self, on: bool, link: str = "") -> None:
        """Set or clear local processor outage of a signalling link."""
        with self._ordering():
            self._engine.signalling.processor_outage(on, self._engine.now, link=link)

    def emergency(self, on: bool, link: str = "") -> None:
        """Set or cease emergency of a signalling link."""
        with self._ordering():
            self._engine.signalling.emergency(on, self._engine.now, link=link)

    def congestion(self, on: bool, link: str = "") -> None:
        """Make the receiving side of a signalling link congested, or no longer."""
        with self._ordering():
            self._engine.signalling.congestion(on, self._engine.now, link=link)

    def flush_link(self, link: str = "") -> None:
        """Discard the messages that a signalling link holds back in a processor outage."""
        with self._ordering():
            self._engine.signalling.discard(self._engine.now, link=link)

    def inhibit_link(self, link: str = "") -> None:
        """Keep user traffic off a signalling link."""
        with self._ordering():
            self._engine.signalling.inhibit(self._engine.now, link=link)

    def uninhibit_link(self, link: str = "") -> None:
        """Let user traffic use a signalling link again."""
        with self._ordering():
            self._engine.signalling.uninhibit(self._engine.now, link=link)

    def destination_state(self, point_code: int, network: str = "") -> str:
        """Whether a point can be reached."""
        try:
            return self._engine.signalling.destination_state(point_code, network)
        except CallcenterError as error:
            raise Refused(str(error)) from error

    def link_state(self, link: str = "") -> str:
        """State of a signalling link."""
        return self._engine.signalling.link_state(link)

    def circuit_state(self, cic: int, group: str = "") -> str:
        """State of a circuit."""
        return self._engine.signalling.circuit_state(self._leg(cic, group))

    def alarms(self, line: int) -> frozenset[str]:
        """Names of the alarms present on a line."""
        board, span = self.span(line)
        return frozenset(alarm.name for alarm in board.span_alarms(span))

    def span(self, line: int) -> tuple[Board, int]:
        """The board that a line is plugged into, and the span there."""
        return self._engine.board, line

    def set_loopback(self, line: int, loopback: str) -> None:
        """Close a loop on a line, by the name of a `Loopback`."""
        names = Loopback.__members__
        if loopback.upper() not in names:
            raise Refused(f"loopback {loopback!r}: not known, expected one of {', '.join(names)}")
        board, span = self.span(line)
        board.set_loopback(span, names[loopback.upper()])
        self._engine.work()

    def server_states(self) -> dict[str, str]:
        """There is one server."""
        return {}

    def power(self, server: str, on: bool) -> None:
        """There is one server."""
        raise Refused(f"server {server!r}: this centre has one server, which has no name")

    @contextmanager
    def _ordering(self) -> Iterator[None]:
        """Carry out what an order caused; what the centre refuses is refused to the operator."""
        try:
            yield
        except CallcenterError as error:
            raise Refused(str(error)) from error
        self._engine.work()

    def _order(self, order: Order, cic: int, group: str, count: int = 1) -> None:
        legs = [self._leg(each, group) for each in range(cic, cic + count)]
        with self._ordering():
            self._engine.signalling.order(order, legs[0], count, self._engine.now)

    def _leg(self, cic: int, group: str) -> Leg:
        legs = [leg for leg in self._engine.trunks.circuits if group in ("", leg.group)]
        found = [leg for leg in legs if leg.number == cic]
        if len(found) == 1:
            return found[0]
        if found:
            groups = ", ".join(leg.group for leg in found)
            raise Refused(f"circuit {cic}: found in trunk groups {groups}, expected the group to be named")
        known = sorted(leg.number for leg in legs)
        expected = f"one of {known[0]}-{known[-1]}" if known else f"a trunk group other than {group!r}"
        raise Refused(f"circuit {cic}: not equipped, expected {expected}")

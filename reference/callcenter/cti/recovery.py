"""What a server that takes over must know, read from the journal: open calls, agents, blocked circuits.

A projection like the others, so what it knows is what was written down, and a stand-by server that follows
the journal of another, or a server that reads its own file after a crash, knows the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, cast

from callcenter.calls.primitives import Leg
from callcenter.cti.journal import Types
from callcenter.ss7.notices import What
from testrig.clock import Instant
from testrig.system import Event


@dataclass(slots=True)
class OpenCall:
    """A call that is not over, as far as its events tell."""

    id: int
    incoming: bool
    started: Instant
    fields: dict[str, Any]
    """The field set of requirement S-03 as it was written last."""
    onward_line: str = ""
    answered: Instant | None = None
    talking: Instant | None = None
    queue: str = ""
    queued: Instant | None = None
    """Since when it has been waiting; None: it does not wait."""
    waited: int = 0
    """Frames in queues before that."""
    agent: str = ""
    """Who talks, or is rung."""
    flow: str = ""
    """The flow that answered."""
    keys: str = ""
    lost: bool = False
    """Whoever takes over does not go on with it."""
    suspended: bool = False
    """The called agent has hung up and may come back."""


@dataclass(slots=True)
class KnownAgent:
    """An agent as the journal last told."""

    state: str
    since: Instant
    wants_ready: bool = False
    queue: str = ""
    """Queue of the last call, which says how long wrap-up is."""


@dataclass(slots=True)
class Recovery:
    """The projection, kept up to date by `apply`."""

    calls: dict[int, OpenCall] = field(default_factory=dict)
    agents: dict[str, KnownAgent] = field(default_factory=dict)
    last_call: int = 0
    blocked_here: set[Leg] = field(default_factory=set)
    """Circuits that the operator has blocked. Those on a failed span are blocked by the span's alarm anew."""
    blocked_there: set[Leg] = field(default_factory=set)
    """Circuits that the far end has blocked."""
    suspended_there: set[Leg] = field(default_factory=set)
    """Circuits whose far end has suspended the call."""

    def as_json(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return {
            "calls": [asdict(each) for each in self.calls.values()],
            "agents": {name: asdict(each) for name, each in self.agents.items()},
            "last_call": self.last_call,
            **{name: sorted(line_of(leg) for leg in getattr(self, name)) for name in _LEGS},
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Recovery:
        """Return what `as_json` was taken of."""
        calls = [OpenCall(**each) for each in found["calls"]]
        return cls(
            {call.id: call for call in calls},
            {name: KnownAgent(**each) for name, each in found["agents"].items()},
            found["last_call"],
            *({leg_of(line) for line in found[name]} for name in _LEGS),
        )

    @property
    def waiting(self) -> dict[int, tuple[str, Instant]]:
        """Queue of each call that waits, and since when."""
        return {
            call.id: (call.queue, call.queued)
            for call in self.calls.values()
            if call.queued is not None and call.talking is None
        }

    def give_up(self) -> None:
        """Go on with no call: too much time has passed."""
        for call in self.calls.values():
            call.lost = True

    def apply(self, event: Event) -> None:
        """Take one more event."""
        data = event.data
        if event.type == Types.CIRCUIT:
            self._circuit(data)
        elif event.type == Types.AGENT_STATE:
            self._agent(event)
        elif event.type == Types.TAKEN_OVER:
            self._taken_over()
        elif event.type in _BEGINNINGS:
            number = cast(int, data["call"])
            self.last_call = max(self.last_call, number)
            self.calls[number] = OpenCall(
                number, event.type == Types.OFFERED, event.at, data, agent=str(data.get("agent", ""))
            )
        else:
            call = self.calls.get(data.get("call", 0))  # type: ignore[call-overload]
            if call is not None:
                self._call(call, event)

    def _taken_over(self) -> None:
        """Circuits without a call are reset: what the far end had said of them it says again, if it holds."""
        lines = self._lines()
        for known in (self.blocked_there, self.suspended_there):
            known -= {leg for leg in known if line_of(leg) not in lines}

    def _lines(self) -> set[object]:
        """Circuits of open calls, as the journal calls them."""
        return {line for each in self.calls.values() for line in (each.fields.get("line"), each.onward_line)}

    def _call(self, call: OpenCall, event: Event) -> None:
        kind, data = event.type, event.data
        if kind == Types.CLEARED:
            del self.calls[call.id]
            for line in (data.get("line"), data.get("onward_line")):
                if line:
                    self.suspended_there.discard(leg_of(str(line)))
            if call.agent in self.agents:
                self.agents[call.agent].queue = call.queue
            return
        call.fields = data
        call.onward_line = str(data.get("onward_line", call.onward_line))
        if kind == Types.ESTABLISHED:
            self._established(call, event)
        elif kind == Types.DELIVERED:
            call.agent = str(data.get("agent", call.agent))
        elif kind == Types.DIVERTED:
            call.agent = ""
        elif kind == Types.FAILED:
            call.flow = ""  # a last announcement follows
        elif kind == Types.QUEUED:
            call.queue, call.queued = str(data["queue"]), event.at
        elif kind == Types.DEQUEUED and call.queued is not None:
            call.waited += event.at - call.queued
            call.queued = None
        elif kind == Types.DIGITS:
            call.keys += str(data["digits"])
        elif kind in (Types.SUSPENDED, Types.RESUMED):
            call.suspended = kind == Types.SUSPENDED

    def _established(self, call: OpenCall, event: Event) -> None:
        device = str(event.data.get("device", ""))
        if call.answered is None:
            call.answered = event.at
        if device.startswith("flow "):
            call.flow = device.removeprefix("flow ")
        if event.data.get("agent") or call.onward_line:
            call.talking = event.at
            call.agent = str(event.data.get("agent", ""))

    def _agent(self, event: Event) -> None:
        data = event.data
        known = self.agents.setdefault(str(data["agent"]), KnownAgent("", event.at))
        known.state, known.since = str(data["state"]), event.at
        known.wants_ready = bool(data.get("wants_ready"))

    def _circuit(self, data: dict[str, object]) -> None:
        what, line = data["what"], str(data.get("line", ""))
        if line and what in _SETS:
            name, on = _SETS[what]
            if name.startswith("blocked") and data.get("detail"):
                return  # a failure's
            if what == What.SUSPENDED.value and line not in self._lines():
                return  # of a call that is over here
            found: set[Leg] = getattr(self, name)
            (found.add if on else found.discard)(leg_of(line))


def line_of(leg: Leg) -> str:
    """Return what the journal calls `leg`."""
    return f"{leg.group}/{leg.number}"


def leg_of(line: str) -> Leg:
    """Return the leg that the journal calls `group/CIC`."""
    group, _, number = line.rpartition("/")
    return Leg(group, int(number))


_LEGS: Final = ("blocked_here", "blocked_there", "suspended_there")

_BEGINNINGS: Final = frozenset({Types.OFFERED, Types.ORIGINATED})

_SETS: Final[dict[object, tuple[str, bool]]] = {
    What.BLOCKED_LOCALLY.value: ("blocked_here", True),
    What.UNBLOCKED_LOCALLY.value: ("blocked_here", False),
    What.BLOCKED_REMOTELY.value: ("blocked_there", True),
    What.UNBLOCKED_REMOTELY.value: ("blocked_there", False),
    What.SUSPENDED.value: ("suspended_there", True),
    What.RESUMED.value: ("suspended_there", False),
}
"""What a notice of a circuit changes."""

"""Callers in flows: sessions, their voice ports, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from callcenter.calls.call import Call, Phase
from callcenter.calls.floor import Floor
from callcenter.cti.journal import Types
from callcenter.ivr.flow import Flow
from callcenter.ivr.session import HangUp, IvrSession, Play, Step, Stop, ToQueue
from callcenter.timers import Timers
from testrig.clock import Instant


class Onward(Protocol):
    """What the flows ask of the call engine."""

    def to_queue(self, call: Call, queue: str, now: Instant) -> None: ...
    def clear(self, call: Call, cause: int, by: str, now: Instant) -> None: ...


class Flows:
    """All callers in flows. A call in a flow has a voice port of its own."""

    def __init__(self, flows: Mapping[str, Flow], floor: Floor, onward: Onward) -> None:
        self._flows = dict(flows)
        self._floor = floor
        self._onward = onward
        self._sessions: dict[int, IvrSession] = {}
        self._timers: Timers[int] = Timers()

    def flow(self, name: str) -> Flow:
        """The flow `name`."""
        return self._flows[name]

    def enter(self, call: Call, flow: str, now: Instant) -> None:
        """Start `flow` for a call that has its voice port."""
        call.phase = Phase.FLOW
        session = self._sessions[call.id] = IvrSession(self._flows[flow])
        self._carry_out(call, session, session.start(now), now)

    def leave(self, call: Call) -> None:
        """The call does not need its flow any more."""
        session = self._sessions.pop(call.id, None)
        if session is not None:
            call.keys = session.keys
            self._timers.stop(call.id)
            self._floor.return_port(call)

    def digit(self, call: Call, digit: str, now: Instant) -> None:
        """The caller pressed a key."""
        session = self._sessions[call.id]
        node = session.node
        steps = session.digit(digit, now)
        self._floor.note(call, Types.DIGITS, now, digits=digit, node=node)
        self._carry_out(call, session, steps, now)

    def play_ended(self, call: Call, now: Instant) -> None:
        """The prompt is over."""
        session = self._sessions[call.id]
        self._carry_out(call, session, session.play_ended(now), now)

    @property
    def next_deadline(self) -> Instant | None:
        """When the first menu's time is over."""
        return self._timers.next_deadline

    def expire(self, now: Instant) -> None:
        """Menus whose time is over."""
        for number in self._timers.expired(now):
            session = self._sessions[number]
            self._carry_out(self._floor.calls[number], session, session.expire(now), now)

    def _carry_out(self, call: Call, session: IvrSession, steps: list[Step], now: Instant) -> None:
        if session.deadline is None:
            self._timers.stop(call.id)
        else:
            self._timers.start(call.id, session.deadline)
        for step in steps:
            match step:
                case Play(prompt):
                    assert call.port is not None
                    self._floor.bus.play(call.port, prompt)
                case Stop():
                    assert call.port is not None
                    self._floor.bus.stop(call.port)
                case ToQueue(queue):
                    self.leave(call)
                    self._onward.to_queue(call, queue, now)
                case HangUp(cause):
                    self.leave(call)
                    self._onward.clear(call, cause, "flow", now)

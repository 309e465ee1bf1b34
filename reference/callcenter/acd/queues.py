"""Callers in queues: what they hear, how long they wait, and the agents that get them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from callcenter.acd.dispatcher import Dispatcher, Offer
from callcenter.calls.call import Call, Phase
from callcenter.calls.floor import Floor
from callcenter.config import QueueConfig
from callcenter.cti.journal import Types
from callcenter.timers import Timers
from testrig.clock import Instant, frames

Reason: TypeAlias = Literal["agent", "abandoned", "timeout", "cleared"]


class Ringing(Protocol):
    """What the queues ask of the call engine."""

    def ring_agent(self, call: Call, agent: str, now: Instant) -> None: ...
    def farewell(self, call: Call, prompt: str, now: Instant) -> None: ...


class Queues:
    """All queues and their waiting callers."""

    def __init__(self, queues: Mapping[str, QueueConfig], floor: Floor, ringing: Ringing) -> None:
        self._configs = dict(queues)
        self._floor = floor
        self._ringing = ringing
        self._timers: Timers[tuple[str, int]] = Timers()
        self._waiting: dict[str, set[int]] = {name: set() for name in queues}
        self.dispatcher = Dispatcher(
            {name: queue.agents for name, queue in queues.items()},
            {name: frames(queue.ring_timeout) for name, queue in queues.items()},
        )

    def wrap_up(self, queue: str) -> int:
        """Frames of wrap-up after a call of `queue`."""
        return frames(self._configs[queue].wrap_up)

    def enter(self, call: Call, queue: str, now: Instant) -> None:
        """`call` starts waiting in `queue`, or overflows when it is full."""
        config = self._configs[queue]
        call.queue = queue
        if len(self._waiting[queue]) >= config.max_waiting:
            self._floor.note(call, Types.FAILED, now, reason="queue full", queue=queue)
            self._ringing.farewell(call, config.overflow, now)
            return
        self._waiting[queue].add(call.id)
        call.queued = now
        call.phase = Phase.QUEUED
        self._floor.note(call, Types.QUEUED, now, queue=queue, position=len(self._waiting[queue]))
        self._timers.start(("give up", call.id), now + frames(config.max_wait))
        self._wait(call, now)

    def recover(self, call: Call, now: Instant) -> None:
        """`call` waits on in its queue after a take-over; who has waited longest comes first."""
        self._waiting[call.queue].add(call.id)
        self.back(call, now)

    def _wait(self, call: Call, now: Instant) -> None:
        """Go to the line; with nobody free, music and the periodic announcement."""
        config = self._configs[call.queue]
        offers = self.dispatcher.enqueue(call.id, call.queue, now)
        if not offers:
            assert call.trunk is not None
            self._floor.bus.hear(call.trunk, config.music)
            if config.announcement:
                self._timers.start(("announce", call.id), now + frames(config.announcement_every))
        self.carry_out(offers, now)

    def carry_out(self, offers: list[Offer], now: Instant) -> None:
        """Ring the agents that were chosen."""
        for offer in offers:
            call = self._floor.calls[offer.call]
            self._timers.stop(("announce", call.id))
            self._floor.return_port(call)
            self._ringing.ring_agent(call, offer.agent, now)

    def agent_free(self, agent: str, now: Instant) -> None:
        """An agent can take a call."""
        self.carry_out(self.dispatcher.agent_free(agent, now), now)

    def back(self, call: Call, now: Instant) -> None:
        """The agent did not answer: the caller keeps the place and waits on, no longer than any other."""
        assert call.queued is not None
        call.phase = Phase.QUEUED
        call.agent = ""
        until = call.queued + frames(self._configs[call.queue].max_wait)
        self._timers.start(("give up", call.id), max(now, until))
        self._wait(call, now)

    def leave(self, call: Call, reason: Reason, now: Instant) -> None:
        """`call` does not wait any more."""
        if call.id not in self._waiting.get(call.queue, ()):
            return
        self._waiting[call.queue].discard(call.id)
        if reason != "agent":
            self.dispatcher.leave(call.id, call.queue)
        self._timers.stop(("announce", call.id))
        self._timers.stop(("give up", call.id))
        assert call.queued is not None
        call.waited += now - call.queued
        self._floor.return_port(call)
        self._floor.note(call, Types.DEQUEUED, now, queue=call.queue, reason=reason)

    def play_ended(self, call: Call, now: Instant) -> None:
        """The announcement is over: music again."""
        assert call.trunk is not None
        config = self._configs[call.queue]
        self._floor.return_port(call)
        self._floor.bus.hear(call.trunk, config.music)
        self._timers.start(("announce", call.id), now + frames(config.announcement_every))

    @property
    def next_deadline(self) -> Instant | None:
        """The next announcement or the end of somebody's patience; reservations are the engine's."""
        return self._timers.next_deadline

    def expire(self, now: Instant) -> None:
        """Announcements that are due, and callers who have waited too long."""
        for what, number in self._timers.expired(now):
            call = self._floor.calls[number]
            if what == "announce":
                self._announce(call, now)
            elif call.phase is Phase.QUEUED:
                self.leave(call, "timeout", now)
                self._ringing.farewell(call, self._configs[call.queue].overflow, now)

    def _announce(self, call: Call, now: Instant) -> None:
        config = self._configs[call.queue]
        assert call.trunk is not None
        self._floor.bus.quiet(call.trunk)
        if self._floor.allot_port(call, digits=False):
            assert call.port is not None
            self._floor.bus.play(call.port, config.announcement)
            return
        self._floor.bus.hear(call.trunk, config.music)
        self._timers.start(("announce", call.id), now + frames(config.announcement_every))

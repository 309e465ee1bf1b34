"""Who gets whom: callers first come first served, agents longest idle first.

A pure matcher driven by events. The invariant after every method: no queue holds a waiting caller while one
of its agents is free (requirement A-06). A match reserves the agent as a lease: it ends by `confirm` (the
agent answered), by `cancel` (the caller has gone) or by itself, so it cannot leak.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from callcenter.calls.leases import Leases
from testrig.clock import Instant

_SLACK: Final = 64
"""Callers who have gone that a line may hold besides as many as wait: nobody looks while no agent is free."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Caller `call`, who waited in `queue`, is for `agent`: ring."""

    agent: str
    call: int
    queue: str


class _Line:
    """The callers of one queue, in order of arrival, with removal from the middle."""

    __slots__ = ("_heap", "callers")

    def __init__(self) -> None:
        self.callers: dict[int, int] = {}
        self._heap: list[tuple[int, int]] = []

    def add(self, call: int, arrival: int) -> None:
        self.callers[call] = arrival
        heapq.heappush(self._heap, (arrival, call))
        if len(self._heap) > 2 * len(self.callers) + _SLACK:
            self._heap = [(arrival, call) for call, arrival in self.callers.items()]
            heapq.heapify(self._heap)

    def remove(self, call: int) -> None:
        """The call waits no more, if it did; its place in the heap goes when it comes up, or with all."""
        self.callers.pop(call, None)
        if not self.callers:
            self._heap.clear()

    def first(self) -> tuple[int, int] | None:
        """Arrival number and call of who came first."""
        while self._heap and self.callers.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None


class Dispatcher:
    """The matcher. Methods return the offers to carry out, in order."""

    def __init__(self, members: Mapping[str, Iterable[str]], ring_frames: Mapping[str, int]) -> None:
        """`members`: agents by queue. `ring_frames`: how long an agent may be rung, by queue."""
        self._members = {queue: frozenset(agents) for queue, agents in members.items()}
        self._ring_frames = dict(ring_frames)
        self._queues_of: dict[str, list[str]] = {}
        for queue, agents in self._members.items():
            for agent in agents:
                self._queues_of.setdefault(agent, []).append(queue)
        self._lines = {queue: _Line() for queue in members}
        self._arrivals: dict[int, int] = {}
        self._counter = 0
        self._free: dict[str, None] = {}
        self._leases: Leases[str, Offer] = Leases()

    @property
    def free(self) -> tuple[str, ...]:
        """Free agents, longest idle first."""
        return tuple(self._free)

    def waiting(self, queue: str) -> tuple[int, ...]:
        """Calls that wait in `queue` and are not being offered to anybody, first come first."""
        callers = self._lines[queue].callers
        return tuple(sorted(callers, key=callers.__getitem__))

    def enqueue(self, call: int, queue: str, now: Instant) -> list[Offer]:
        """A caller arrives, or comes back to the place held before after an agent did not answer."""
        if call not in self._arrivals:
            self._counter += 1
            self._arrivals[call] = self._counter
        self._lines[queue].add(call, self._arrivals[call])
        agent = next((each for each in self._free if each in self._members[queue]), None)
        return [] if agent is None else [self._match(agent, queue, now)]

    def leave(self, call: int, queue: str) -> None:
        """The caller has gone for good, from the line or from a ringing agent."""
        self._lines[queue].remove(call)
        self._arrivals.pop(call, None)

    def agent_free(self, agent: str, now: Instant) -> list[Offer]:
        """The agent can take a call."""
        self._free.pop(agent, None)
        self._free[agent] = None
        best: tuple[int, str] | None = None
        for queue in self._queues_of.get(agent, ()):
            first = self._lines[queue].first()
            if first is not None and (best is None or first[0] < best[0]):
                best = first[0], queue
        return [] if best is None else [self._match(agent, best[1], now)]

    def agent_gone(self, agent: str) -> None:
        """The agent cannot take a call any more."""
        self._free.pop(agent, None)

    def reserve(self, agent: str, call: int, now: Instant, ring_frames: int) -> Offer:
        """Reserve an agent for a call that did not queue."""
        offer = Offer(agent, call, "")
        self._free.pop(agent, None)
        self._leases.take(agent, offer, now + ring_frames)
        return offer

    def confirm(self, agent: str) -> Offer | None:
        """The agent has answered: the reservation has served its purpose."""
        offer = self._leases.give_back(agent)
        if offer is not None:
            self._arrivals.pop(offer.call, None)
        return offer

    def cancel(self, agent: str) -> None:
        """The caller has gone while the agent was rung."""
        self.confirm(agent)

    @property
    def next_deadline(self) -> Instant | None:
        """When the first reservation ends by itself."""
        return self._leases.next_deadline

    def expired(self, now: Instant) -> list[Offer]:
        """End reservations whose agent did not answer in time; the caller is to be enqueued again."""
        return [offer for _, offer in self._leases.expired(now)]

    def _match(self, agent: str, queue: str, now: Instant) -> Offer:
        first = self._lines[queue].first()
        assert first is not None
        call = first[1]
        self._lines[queue].remove(call)
        del self._free[agent]
        offer = Offer(agent, call, queue)
        self._leases.take(agent, offer, now + self._ring_frames[queue])
        return offer

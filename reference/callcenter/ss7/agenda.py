"""The running timers of all circuits of a signalling point.

A heap with lazy deletion: starting and stopping cost the same with four circuits and with four thousand,
and the next deadline is a look at the top.
"""

from __future__ import annotations

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

from testrig.clock import Instant

K = TypeVar("K", bound=Hashable)

_SLACK: Final = 64
"""Stopped entries that may lie in the heap, besides as many as there are running ones."""


class Agenda(Generic[K]):
    """Running timers by key."""

    __slots__ = ("_heap", "_number", "_running")

    def __init__(self) -> None:
        self._running: dict[K, tuple[Instant, int]] = {}
        self._heap: list[tuple[Instant, int, K]] = []
        self._number = 0

    def start(self, key: K, at: Instant) -> None:
        """Run `key` until `at`; a running one is restarted."""
        self._number += 1
        self._running[key] = (at, self._number)
        heappush(self._heap, (at, self._number, key))
        if len(self._heap) > 2 * len(self._running) + _SLACK:
            self._heap = [(at, number, key) for key, (at, number) in self._running.items()]
            heapify(self._heap)

    def stop(self, key: K) -> None:
        """Stop `key` if it runs."""
        self._running.pop(key, None)

    def deadline(self, key: K) -> Instant | None:
        """Return when `key` expires, or None when it does not run."""
        entry = self._running.get(key)
        return None if entry is None else entry[0]

    @property
    def next_deadline(self) -> Instant | None:
        """The earliest deadline, or None when nothing runs."""
        heap, running = self._heap, self._running
        while heap:
            at, number, key = heap[0]
            if running.get(key) == (at, number):
                return at
            heappop(heap)
        return None

    def pop(self, now: Instant) -> K | None:
        """Remove and return the first key whose time has come; ties in order of starting."""
        deadline = self.next_deadline
        if deadline is None or deadline > now:
            return None
        _, _, key = heappop(self._heap)
        del self._running[key]
        return key

    def __len__(self) -> int:
        return len(self._running)

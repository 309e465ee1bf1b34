"""The time-slot switch: one-way connections, non-blocking.

A bus is `uint8[slots, n]`, one row a time slot. A sink listens to one source; a source may be heard by any
number of sinks. All connected sinks are served by one gather of rows, so switching costs no more than copying
the octets, whatever is connected to what.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from testrig.errors import LimitError
from testrig.line import Octets


class TimeSlotSwitch:
    """Connections among `slots` time slots, each of which is both a source and a sink."""

    __slots__ = ("_changes", "_connections", "_sinks", "_slots", "_sources", "_stale")

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._connections: dict[int, int] = {}
        self._stale = False
        self._changes = 0
        self._sinks: NDArray[np.int64] = np.empty(0, np.int64)
        self._sources: NDArray[np.int64] = np.empty(0, np.int64)

    def _checked(self, name: str, slot: int) -> int:
        if not 0 <= slot < self._slots:
            raise LimitError(f"switch: {name} {slot}: 0 to {self._slots - 1} expected")
        return slot

    def connect(self, sink: int, source: int) -> None:
        """`sink` hears `source` from now on, and nothing else. Raises `LimitError` for slots not there."""
        self._connections[self._checked("sink", sink)] = self._checked("source", source)
        self._stale = True
        self._changes += 1

    def disconnect(self, sink: int) -> None:
        """`sink` hears nothing. Raises `LimitError` for a slot not there."""
        if self._connections.pop(self._checked("sink", sink), None) is not None:
            self._stale = True
            self._changes += 1

    def source_of(self, sink: int) -> int | None:
        """What `sink` hears."""
        return self._connections.get(sink)

    @property
    def changes(self) -> int:
        """How often a connection was made or taken down: tells whether what was derived is still good."""
        return self._changes

    def _refresh(self) -> None:
        if self._stale:
            order = sorted(self._connections)
            self._sinks = np.array(order, np.int64)
            self._sources = np.array([self._connections[sink] for sink in order], np.int64)
            self._stale = False

    @property
    def sinks(self) -> NDArray[np.int64]:
        """The connected sinks in ascending order, `int64[k]`."""
        self._refresh()
        return self._sinks

    @property
    def sources(self) -> NDArray[np.int64]:
        """What each of `sinks` hears, `int64[k]`."""
        self._refresh()
        return self._sources

    def gather(self, bus: Octets) -> Octets:
        """What the connected sinks hear: `uint8[k, n]` in the order of `sinks`, from `uint8[slots, n]`."""
        heard: Octets = bus.take(self.sources, axis=0)
        return heard

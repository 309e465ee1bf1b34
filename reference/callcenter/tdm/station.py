"""A station of the board: hook, ringing and ring trip, in line time."""

from __future__ import annotations

from typing import Final

from testrig.board import Hook
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.line import StationPort

RINGING: Final = SECOND
SILENT: Final = 4 * SECOND
"""Ringing cadence of China: 1 s on, 4 s off (E.180 supplement 2; GF 002-9002, unverified)."""

DEBOUNCE: Final = 20 * MILLISECOND
"""How long loop current must have changed before a hook event (our choice, well above contact bounce and well
below a hook flash; unverified)."""


class Station:
    """One station with its line. The line's loop current is looked at once a block, at its beginning."""

    __slots__ = ("_changed", "_edge", "_number", "_off", "_on", "line")

    def __init__(self, number: int, line: StationPort) -> None:
        self.line = line
        self._number = number
        self._off = False
        self._changed: Instant | None = None
        """When loop current was first seen to differ from `_off`."""
        self._on = False
        """Whether ringing current is on the line."""
        self._edge: Instant | None = None
        """When ringing current will next change; None while the station is not rung."""

    @property
    def off_hook(self) -> bool:
        """The state last reported."""
        return self._off

    @property
    def bouncing(self) -> bool:
        """True while a change of loop current is too young to be reported."""
        return self._changed is not None or self.line.off_hook != self._off

    def ring(self, on: bool, now: Instant) -> None:
        """Ring from `now` on, beginning with a burst, or stop. Ringing goes on when it is ordered again; a
        station that is off hook is not rung."""
        if on and self._edge is None and not self._off:
            self._edge = now + RINGING
            self._current(True)
        elif not on:
            self._edge = None
            self._current(False)

    def _current(self, on: bool) -> None:
        if on != self._on:
            self._on = on
            self.line.ring(on)

    @property
    def next_edge(self) -> Instant | None:
        """When ringing current will next change."""
        return self._edge

    @property
    def next_deadline(self) -> Instant | None:
        """When the station will next do something by itself."""
        report = None if self._changed is None else self._changed + DEBOUNCE
        if report is None or self._edge is None:
            return self._edge if report is None else report
        return min(report, self._edge)

    def begin(self, now: Instant) -> None:
        """A block begins at `now`: change ringing current if it is time, look at the loop current."""
        if self._edge is not None and now >= self._edge:
            self._current(not self._on)
            self._edge += RINGING if self._on else SILENT
        if self.line.off_hook == self._off:
            self._changed = None
        elif self._changed is None:
            self._changed = now

    def end(self, now: Instant) -> Hook | None:
        """A block is over at `now`: report the hook if the change has lasted. Off hook trips the ringing."""
        if self._changed is None or self._changed + DEBOUNCE > now:
            return None
        at, self._changed = self._changed + DEBOUNCE, None
        self._off = not self._off
        if self._off:
            self.ring(False, at)
        return Hook(self._number, self._off, at)

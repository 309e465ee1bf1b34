"""Signal unit error rate monitor (Q.703 10.2, figure 18): a leaky bucket over the link in service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

T: Final = 64
"""Counter value at which the link fails (Q.703 10.2.3, 64 kbit/s)."""
D: Final = 256
"""Signal units for which the counter is lowered by one (Q.703 10.2.3, 64 kbit/s)."""


class SignalUnitErrorRateMonitor:
    """Counter Cs rises with every error and falls with every 256 signal units, good or bad; calls `fail`
    at 64 and then stops."""

    __slots__ = ("_fail", "errors", "running", "units")

    def __init__(self, fail: Callable[[], None]) -> None:
        self._fail = fail
        self.errors = 0
        self.units = 0
        self.running = False

    def start(self) -> None:
        """Begin to count from zero."""
        self.errors = 0
        self.units = 0
        self.running = True

    def stop(self) -> None:
        self.running = False

    def correct(self, count: int) -> None:
        """`count` correct signal units came in."""
        if not self.running:
            return
        leaks, self.units = divmod(self.units + count, D)
        if leaks:
            self.errors = max(0, self.errors - leaks)

    def error(self) -> None:
        """A signal unit was in error, or 16 octets passed in octet counting mode."""
        if not self.running:
            return
        self.errors += 1
        if self.errors >= T:
            self.running = False
            self._fail()
            return
        self.correct(1)

"""Alignment error rate monitor (Q.703 10.3, figure 17): counts errors of one proving period."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

TIN: Final = 4
"""Threshold in normal alignment (Q.703 10.3.3)."""
TIE: Final = 1
"""Threshold in emergency alignment (Q.703 10.3.3)."""
M: Final = 5
"""Proving periods until alignment is given up (Q.703 10.3.3)."""


class AlignmentErrorRateMonitor:
    """Linear counter Ca against threshold Ti; calls `abort` when it gets there and then stops."""

    __slots__ = ("_abort", "errors", "running", "threshold")

    def __init__(self, abort: Callable[[], None]) -> None:
        self._abort = abort
        self.threshold = TIN
        self.errors = 0
        self.running = False

    def start(self, threshold: int) -> None:
        """Begin to count from zero."""
        self.threshold = threshold
        self.errors = 0
        self.running = True

    def stop(self) -> None:
        self.running = False

    def error(self) -> None:
        """A signal unit was in error, or 16 octets passed in octet counting mode."""
        if not self.running:
            return
        self.errors += 1
        if self.errors >= self.threshold:
            self.running = False
            self._abort()

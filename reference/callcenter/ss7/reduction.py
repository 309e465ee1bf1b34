"""Less traffic to an exchange, in steps, while the signalling network towards it is congested (Q.764 2.10).

The first indication of MTP-STATUS takes one step and starts two timers. While the short one runs further
indications say nothing new; each one after it takes one step more and starts both again. Each time the long
one runs out a step is given back. How many steps there are and how much each refuses is left to the network:
these are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from testrig.clock import Instant

STEPS: Final = 4
"""Steps of traffic reduction: each refuses a quarter of the calls, the last one all."""


class Reduction:
    """How much of the traffic to one exchange is refused."""

    def __init__(self, start: Callable[[str, Instant], None], short: str, long: str) -> None:
        """`start` starts one of the timers `short` and `long`."""
        self._start = start
        self._short = short
        self._long = long
        self.step = 0
        self._settling = False
        self._refused = 0

    def congested(self, now: Instant) -> bool:
        """MTP-STATUS: signalling network congestion. Whether it took a step."""
        if self._settling:
            return False
        self._settling = True
        self.step = min(self.step + 1, STEPS)
        self._start(self._short, now)
        self._start(self._long, now)
        return True

    def timeout(self, timer: str, now: Instant) -> None:
        """One of the timers has expired."""
        if timer == self._short:
            self._settling = False
            return
        self.step -= 1
        if self.step:
            self._start(self._long, now)

    def refuse_next(self) -> None:
        """If any call is refused, the very next one is."""
        self._refused = STEPS - 1

    def admits(self, least: int = 0) -> bool:
        """Whether a call may be tried, when at least `least` quarters are refused; once for each call."""
        refused = max(self.step, least)
        if not refused:
            return True
        self._refused += refused
        if self._refused < STEPS:
            return True
        self._refused -= STEPS
        return False

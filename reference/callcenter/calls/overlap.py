"""Numbers that arrive digit by digit (overlap): how long to wait before a call is routed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from callcenter.calls.call import Call, Phase
from callcenter.calls.primitives import Digits, Setup
from callcenter.timers import Timers
from testrig.clock import SECOND, Instant

PATIENCE: Final = 15 * SECOND
"""How long the next digit may take (Q.764 2.2.5: 15 to 20 seconds)."""


class Overlap:
    """Calls whose number may still lead elsewhere."""

    def __init__(self, numbers: Iterable[str]) -> None:
        """`numbers`: all numbers and prefixes that lead anywhere."""
        self._numbers = tuple(numbers)
        self._timers: Timers[int] = Timers()

    def undecided(self, setup: Setup) -> bool:
        """Whether more digits may come that would change where the call goes."""
        return not setup.complete and any(
            number.startswith(setup.called) and number != setup.called for number in self._numbers
        )

    def wait(self, call: Call, now: Instant) -> None:
        """Wait for the next digit."""
        call.phase = Phase.COLLECTING
        self._timers.start(call.id, now + PATIENCE)

    def more(self, call: Call, digits: Digits) -> None:
        """Digits have come."""
        self._timers.stop(call.id)
        called = call.setup.called + digits.digits
        call.setup = replace(call.setup, called=called, complete=digits.complete)

    def leave(self, call: Call) -> None:
        """The call is over."""
        self._timers.stop(call.id)

    @property
    def next_deadline(self) -> Instant | None:
        """When the first call has waited long enough."""
        return self._timers.next_deadline

    def expired(self, now: Instant) -> list[int]:
        """Calls that have waited long enough."""
        return self._timers.expired(now)

"""What a call is waited for before it is served: digits, and the end of a continuity check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from callcenter.calls.call import Call, Phase
from callcenter.calls.primitives import Check, Continuity, Digits, Setup
from callcenter.timers import Timers
from testrig.clock import SECOND, Instant

PATIENCE: Final = 17 * SECOND
"""How long the next digit may take (Q.764 2.2.5: 15 to 20 seconds, and clear of both)."""


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

    @staticmethod
    def unchecked(setup: Setup) -> bool:
        """Whether the circuit is still being checked: nobody here is connected before (Q.764 2.1.8)."""
        return setup.check == Check.AWAITED

    @staticmethod
    def hold(call: Call) -> None:
        """Wait for the end of the check, which signalling times."""
        call.phase = Phase.COLLECTING

    def more(self, call: Call, news: Digits | Continuity) -> None:
        """Digits have come, or the check is over."""
        self._timers.stop(call.id)
        if isinstance(news, Continuity):
            call.setup = replace(call.setup, check=Check.DONE)
        else:
            called = call.setup.called + news.digits
            call.setup = replace(call.setup, called=called, complete=news.complete)

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

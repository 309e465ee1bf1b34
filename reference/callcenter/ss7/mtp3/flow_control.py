"""Signalling traffic flow control (Q.704 11, blocks RTCC and TSFC): congestion of route sets, told to user
parts and by transfer-controlled messages to the points that the traffic comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from callcenter.ss7.mtp3.links import SignallingLink
from callcenter.ss7.mtp3.management import Heading, Management
from callcenter.ss7.mtp3.rcat_fsm import CongestionTestControl, Event
from callcenter.ss7.mtp3.timers import Agenda

EVERY: Final = 8
"""Of the messages that meet congestion, the first and every eighth are answered (Q.704 11.2.3.1)."""


class FlowControl:
    """Congestion as one signalling point sees and tells it."""

    def __init__(
        self,
        levels: int,
        agenda: Agenda,
        send: Callable[[int, Management], None],
        test: Callable[[int, int], None],
        status: Callable[[int, int], None],
    ) -> None:
        """`send` sends to any point, `test` sends RCT with a priority, `status` tells users a level."""
        self._levels = levels
        self._agenda = agenda
        self._send = send
        self._rct = test
        self._status = status
        self._met: dict[tuple[SignallingLink, int], int] = {}
        self._tests: dict[int, CongestionTestControl] = {}

    def taken(self, link: SignallingLink, destination: int, origin: int | None, priority: int) -> None:
        """A message for `destination` went to a link; `origin` is None for our own user parts."""
        if not link.congested or (self._levels and priority >= 1):
            return
        key = (link, destination)
        count = self._met.get(key, 0)
        self._met[key] = count + 1
        if count % EVERY:
            return
        if origin is None:
            self._status(destination, 1)
        else:
            level = 1 if self._levels else 0
            self._send(origin, Management(Heading.TFC, point=destination, status=level))

    def link_changed(self, link: SignallingLink) -> None:
        """A link's congestion has begun or ended: counting starts anew."""
        for key in [key for key in self._met if key[0] is link]:
            del self._met[key]

    def controlled(self, message: Management) -> None:
        """TFC: the route set to a destination that can be reached is congested somewhere (11.2.3, 11.2.4)."""
        if not self._levels:
            self._status(message.point, 1)
            return
        self._test(message.point).handle(Event.TFC, min(message.status, self._levels))

    def lost(self, destination: int) -> None:
        """A destination cannot be reached any more: nothing is congested towards it."""
        if destination in self._tests:
            self._tests[destination].handle(Event.LOST, 0)

    def _test(self, destination: int) -> CongestionTestControl:
        if destination not in self._tests:
            self._tests[destination] = CongestionTestControl(
                str(destination),
                self._agenda,
                lambda priority: self._rct(destination, priority),
                lambda level: self._status(destination, level),
            )
        return self._tests[destination]

"""An order that is repeated until the far end acknowledges it: BLO, UBL, RSC and the group messages.

Q.724 6.2, 6.3: repeated at intervals of 4 to 15 seconds; after a minute maintenance is alerted, and the order
goes on once a minute until it is acknowledged or somebody intervenes.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.tup.messages import Heading
from callcenter.ss7.tup.services import Services
from testrig.clock import Instant


class State(Enum):
    """States of an order."""

    IDLE = "idle"
    WAITING = "wait for acknowledgement"
    ALERTED = "wait for acknowledgement, maintenance alerted"


class Event(Enum):
    """Order, answer, timers."""

    START = "start"
    ACKNOWLEDGED = "acknowledged"
    AGAIN = "T12, T15, T18, T21, T26, T28, T32 or T34"
    MINUTE = "T13, T14, T16, T17, T19, T22, T27, T29, T33 or T35"


class Timing(NamedTuple):
    """Names of the timers of an order: the short interval, the first minute, the long interval."""

    again: str
    alert: str
    later: str


BLOCKING: Final = Timing("T12", "T13", "T14")
UNBLOCKING: Final = Timing("T15", "T16", "T17")
RESET: Final = Timing("T18", "T19", "T19")
GROUP: Final = {
    Heading.GRS: Timing("T21", "T22", "T22"),
    Heading.MGB: Timing("T26", "T27", "T27"),
    Heading.MGU: Timing("T28", "T29", "T29"),
    Heading.HGB: Timing("T32", "T33", "T33"),
    Heading.HGU: Timing("T34", "T35", "T35"),
}

S, E = State, Event

TABLE: Final[Table[State, Event]] = Table(
    "TUP orders: BLO, UBL, RSC, groups",
    State,
    Event,
    {(s, E.START): Transition("first", S.WAITING, "Q.724 6.2, 6.3") for s in State}
    | {
        (S.WAITING, E.ACKNOWLEDGED): Transition("done", S.IDLE, "Q.724 6.2, 6.3"),
        (S.ALERTED, E.ACKNOWLEDGED): Transition("done", S.IDLE, "Q.724 6.2, 6.3"),
        (S.WAITING, E.AGAIN): Transition("again", S.WAITING, "Q.724 6.2, 6.3: unverified"),
        (S.WAITING, E.MINUTE): Transition("alert", S.ALERTED, "Q.724 6.2, 6.3: unverified"),
        (S.ALERTED, E.MINUTE): Transition("later", S.ALERTED, "Q.724 6.2, 6.3: unverified"),
    },
    unexpected=Unexpected.IGNORE,
)


class OrderSending(Machine[State, Event]):
    """One order on its way."""

    table = TABLE

    def __init__(
        self,
        services: Services,
        name: str,
        timing: Timing,
        send: Callable[[], None],
        missing: Callable[[], None],
    ) -> None:
        """`send` sends the order, `missing` alerts maintenance."""
        super().__init__(name, State.IDLE)
        self._services = services
        self._timing = timing
        self._send = send
        self._missing = missing

    @property
    def idle(self) -> bool:
        """Whether no acknowledgement is awaited."""
        return self.state is State.IDLE

    def start(self, now: Instant) -> None:
        """Send the order, from now on until it is acknowledged."""
        self.handle(Event.START, now)

    def acknowledged(self, now: Instant) -> None:
        """The far end has acknowledged, or the order is withdrawn."""
        self.handle(Event.ACKNOWLEDGED, now)

    def first(self, now: Instant) -> None:
        """Send, with the timers of the first minute."""
        self._services.stop(self, *self._timing)
        self._services.start(self, self._timing.alert, now)
        self.again(now)

    def again(self, now: Instant) -> None:
        """Send again."""
        self._services.start(self, self._timing.again, now)
        self._send()

    def alert(self, now: Instant) -> None:
        """A minute is over."""
        self._services.stop(self, self._timing.again)
        self.later(now)
        self._missing()

    def later(self, now: Instant) -> None:
        """Send again, at the longer interval."""
        self._services.start(self, self._timing.later, now)
        self._send()

    def done(self, now: Instant) -> None:
        """No more."""
        self._services.stop(self, *self._timing)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event.AGAIN if timer == self._timing.again else Event.MINUTE, now)

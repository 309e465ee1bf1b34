"""Circuit group supervision sending: CGB, CGU and GRS until they are acknowledged.

One machine an order: maintenance and hardware group blocking and unblocking sending (MGBS, HGBS: Q.764
2.8.2), circuit group reset sending (CGRS: Q.764 2.9.3.2). The three differ in messages and timers only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.isup.indicators import CircuitGroupSupervisionType
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import RangeAndStatus
from callcenter.ss7.isup.services import Services
from callcenter.ss7.notices import What
from testrig.clock import Instant


class State(Enum):
    """States of group supervision sending."""

    IDLE = "idle"
    WAIT_FOR_ACKNOWLEDGEMENT = "wait for acknowledgement"


class Event(Enum):
    """Order, answer, timers."""

    START = "start"
    ACKNOWLEDGED = "CGBA, CGUA or GRA"
    ABANDON = "superseded"
    REPEAT = "T18, T20 or T22"
    ALERT = "T19, T21 or T23"


S, E = State, Event
_WAIT: Final = S.WAIT_FOR_ACKNOWLEDGEMENT

TABLE: Final[Table[State, Event]] = Table(
    "CGRS, MGBS, HGBS",
    State,
    Event,
    {
        (S.IDLE, E.START): Transition("first", _WAIT, "Q.764 2.8.2, 2.9.3.2"),
        (_WAIT, E.ACKNOWLEDGED): Transition("done", S.IDLE, "Q.764 2.8.2, 2.9.3.2"),
        (_WAIT, E.ABANDON): Transition("done", S.IDLE, "Q.764 2.8.2"),
        (_WAIT, E.REPEAT): Transition("again", _WAIT, "Q.764 2.9.4, 2.9.3.2"),
        (_WAIT, E.ALERT): Transition("alert", _WAIT, "Q.764 2.9.4, 2.9.3.2"),
    },
    unexpected=Unexpected.IGNORE,
)

TIMERS_OF: Final[dict[Type, tuple[str, str]]] = {
    Type.CGB: ("T18", "T19"),
    Type.CGU: ("T20", "T21"),
    Type.GRS: ("T22", "T23"),
}
ANSWERS: Final[dict[int, Type]] = {Type.CGBA: Type.CGB, Type.CGUA: Type.CGU, Type.GRA: Type.GRS}


@dataclass(frozen=True, slots=True)
class Order:
    """A group order."""

    kind: Type
    dpc: int
    cic: int
    range_and_status: RangeAndStatus
    hardware: int = 0


class GroupSending(Machine[State, Event]):
    """One group order on its way."""

    table = TABLE

    def __init__(self, services: Services, order: Order, over: Callable[[GroupSending], None]) -> None:
        """`over` is called when the order is acknowledged or superseded."""
        super().__init__(f"{order.dpc}/{order.cic} {order.kind.name}", State.IDLE)
        self.services = services
        self.order = order
        self._over = over
        self._repeat, self._alert = TIMERS_OF[order.kind]

    def first(self, now: Instant) -> None:
        """Send, with both timers."""
        self.services.start(self, self._alert, now)
        self.again(now)

    def again(self, now: Instant) -> None:
        """Send again."""
        self.services.start(self, self._repeat, now)
        self._send()

    def alert(self, now: Instant) -> None:
        """Alert maintenance; the order goes on at the longer interval."""
        self.services.stop(self, self._repeat)
        self.services.start(self, self._alert, now)
        self._send()
        order = self.order
        self.services.note(What.NOT_ACKNOWLEDGED, order.dpc, order.cic, order.kind.name, alert=True)

    def done(self, now: Instant) -> None:
        """Acknowledged or superseded."""
        self.services.stop(self, self._repeat, self._alert)
        self._over(self)

    def _send(self) -> None:
        order = self.order
        if order.kind is Type.GRS:
            group = RangeAndStatus(order.range_and_status.range)
            self.services.send_kind(order.dpc, order.cic, Type.GRS, group)
        else:
            supervision = CircuitGroupSupervisionType(order.hardware)
            self.services.send_kind(order.dpc, order.cic, order.kind, supervision, order.range_and_status)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event.REPEAT if timer == self._repeat else Event.ALERT, now)

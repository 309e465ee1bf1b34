"""Congestion control of the receiving side (Q.703 9 and figure 19): SIB every T5 while congested."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from callcenter.fsm import Machine, Table, Transition

if TYPE_CHECKING:
    from callcenter.ss7.mtp2.link import Mtp2Link


class State(Enum):
    """States of figure 19."""

    IDLE = "idle"
    CONGESTED = "level 2 congestion"


class Event(Enum):
    """Inputs of figure 19."""

    CONGESTION = "congestion"
    ABATED = "congestion abated"
    T5 = "T5"
    STOP = "stop"


TABLE = Table(
    "Congestion control",
    State,
    Event,
    {
        (State.IDLE, Event.CONGESTION): Transition("begin", State.CONGESTED, "Q.703 9.3"),
        (State.CONGESTED, Event.T5): Transition("busy", State.CONGESTED, "Q.703 9.3"),
        (State.CONGESTED, Event.ABATED): Transition("end", State.IDLE, "Q.703 9.4"),
        (State.CONGESTED, Event.STOP): Transition("stop", State.IDLE, "Q.703 figure 19"),
    },
)


class CongestionControl(Machine[State, Event]):
    """Withholds acknowledgements and says that we are busy."""

    table = TABLE

    def __init__(self, link: Mtp2Link) -> None:
        super().__init__(f"{link.name} CC", State.IDLE)
        self._link = link

    def begin(self, discard: bool = True) -> None:
        self._link.rxc.withhold(discard)
        self.busy()

    def busy(self) -> None:
        self._link.txc.send_busy()
        self._link.start_timer("T5")

    def end(self) -> None:
        self._link.timers.stop("T5")
        self._link.rxc.release()

    def stop(self) -> None:
        self._link.timers.stop("T5")

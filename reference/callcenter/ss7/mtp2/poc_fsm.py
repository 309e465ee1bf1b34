"""Processor outage control (Q.703 8 and figure 10): which ends' level 3 is out."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from callcenter.fsm import Machine, Table, Transition

if TYPE_CHECKING:
    from callcenter.ss7.mtp2.link import Mtp2Link


class State(Enum):
    """States of figure 10."""

    IDLE = "idle"
    LOCAL = "local processor outage"
    REMOTE = "remote processor outage"
    BOTH = "both processors out"


class Event(Enum):
    """Inputs of figure 10."""

    LOCAL_OUTAGE = "local processor outage"
    LOCAL_RECOVERED = "local processor recovered"
    REMOTE_OUTAGE = "remote processor outage"
    REMOTE_RECOVERED = "remote processor recovered"
    STOP = "stop"


TABLE = Table(
    "Processor outage control",
    State,
    Event,
    {
        (State.IDLE, Event.LOCAL_OUTAGE): Transition("", State.LOCAL, "Q.703 8.2"),
        (State.IDLE, Event.REMOTE_OUTAGE): Transition("", State.REMOTE, "Q.703 8.3"),
        (State.LOCAL, Event.LOCAL_RECOVERED): Transition("no_outage", State.IDLE, "Q.703 8.4"),
        (State.LOCAL, Event.REMOTE_OUTAGE): Transition("", State.BOTH, "Q.703 8.3"),
        (State.LOCAL, Event.STOP): Transition("", State.IDLE, "Q.703 figure 10"),
        (State.REMOTE, Event.REMOTE_RECOVERED): Transition("no_outage", State.IDLE, "Q.703 8.4"),
        (State.REMOTE, Event.LOCAL_OUTAGE): Transition("", State.BOTH, "Q.703 8.2"),
        (State.REMOTE, Event.STOP): Transition("", State.IDLE, "Q.703 figure 10"),
        (State.BOTH, Event.LOCAL_RECOVERED): Transition("", State.REMOTE, "Q.703 8.4"),
        (State.BOTH, Event.REMOTE_RECOVERED): Transition("", State.LOCAL, "Q.703 8.4"),
        (State.BOTH, Event.STOP): Transition("", State.IDLE, "Q.703 figure 10"),
    },
)


class ProcessorOutageControl(Machine[State, Event]):
    """Remembers outages of both ends and tells link state control when none is left."""

    table = TABLE

    def __init__(self, link: Mtp2Link) -> None:
        super().__init__(f"{link.name} POC", State.IDLE)
        self._link = link

    def no_outage(self) -> None:
        self._link.no_processor_outage()

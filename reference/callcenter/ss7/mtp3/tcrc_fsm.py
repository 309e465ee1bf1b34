"""Controlled rerouting (Q.704 8, block TCRC): traffic moves to a better route, T6 after it left the other."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from callcenter.fsm import Machine, Table, Transition
from callcenter.ss7.mtp3.timers import Agenda


class State(Enum):
    """States of controlled rerouting."""

    IDLE = "idle"
    WAIT = "traffic held"


class Event(Enum):
    """Beginning, and time."""

    REROUTE = "a better route"
    T6 = "T6"


TABLE = Table(
    "Controlled rerouting control",
    State,
    Event,
    {
        (State.IDLE, Event.REROUTE): Transition("begin", State.WAIT, "Q.704 8.2.1"),
        (State.WAIT, Event.T6): Transition("move", State.IDLE, "Q.704 8.2.1"),
    },
)


class ControlledReroutingControl(Machine[State, Event]):
    """Controlled rerouting of the traffic to one destination."""

    table = TABLE

    def __init__(self, destination: int, agenda: Agenda, release: Callable[[object], None]) -> None:
        super().__init__(f"{destination} TCRC", State.IDLE)
        self._agenda = agenda
        self._release = release

    def expired(self, name: str) -> None:
        self.handle(Event(name))

    def begin(self) -> None:
        self._agenda.start("T6", self)

    def move(self) -> None:
        self._release(self)

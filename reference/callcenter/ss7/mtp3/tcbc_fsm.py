"""Changeback control (Q.704 6, block TCBC): traffic returns to a link that became available.

One machine for each pair of alternative link and link that takes its traffic back. The declaration (CBD)
follows the last message on the alternative link; once it is acknowledged (CBA) nothing is under way there any
more. Without a path by the alternative link, time alone separates (T3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from callcenter.fsm import Machine, Table, Transition
from callcenter.ss7.mtp3.timers import Agenda


class State(Enum):
    """States of changeback."""

    IDLE = "idle"
    FIRST = "awaiting CBA"
    SECOND = "awaiting CBA, second attempt"
    TIMED = "time-controlled diversion"


class Event(Enum):
    """Beginning, acknowledgement, timers."""

    BEGIN = "begin"
    BEGIN_TIMED = "begin without a path"
    CBA = "CBA"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"


S, E = State, Event
TABLE = Table(
    "Changeback control",
    State,
    Event,
    {
        (S.IDLE, E.BEGIN): Transition("declare", S.FIRST, "Q.704 6.3.1"),
        (S.IDLE, E.BEGIN_TIMED): Transition("wait", S.TIMED, "Q.704 6.4"),
        (S.FIRST, E.CBA): Transition("done", S.IDLE, "Q.704 6.3.1"),
        (S.FIRST, E.T4): Transition("declare_again", S.SECOND, "Q.704 6.5.3"),
        (S.SECOND, E.CBA): Transition("done", S.IDLE, "Q.704 6.3.1"),
        (S.SECOND, E.T5): Transition("unanswered", S.IDLE, "Q.704 6.5.3"),
        (S.TIMED, E.T3): Transition("done", S.IDLE, "Q.704 6.4.2"),
    },
)


@dataclass(frozen=True, slots=True)
class ChangebackOutputs:
    """What changeback does to its surroundings."""

    agenda: Agenda
    declare: Callable[[], None]
    """Send CBD by the alternative link."""
    release: Callable[[object], None]
    told: Callable[[str], None]


class ChangebackControl(Machine[State, Event]):
    """Changeback from one alternative link to one link."""

    table = TABLE

    def __init__(self, name: str, outputs: ChangebackOutputs) -> None:
        super().__init__(f"{name} TCBC", State.IDLE)
        self._outputs = outputs

    def expired(self, name: str) -> None:
        self.handle(Event(name))

    def declare(self) -> None:
        self._outputs.agenda.start("T4", self)
        self._outputs.declare()

    def declare_again(self) -> None:
        self._outputs.agenda.start("T5", self)
        self._outputs.declare()

    def wait(self) -> None:
        self._outputs.agenda.start("T3", self)

    def unanswered(self) -> None:
        self._outputs.told("changeback not answered")
        self.done()

    def done(self) -> None:
        for name in ("T3", "T4", "T5"):
            self._outputs.agenda.stop(name, self)
        self._outputs.release(self)

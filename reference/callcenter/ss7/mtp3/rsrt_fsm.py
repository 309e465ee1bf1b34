"""Signalling route set test (Q.704 13.5, block RSRT): is a route still prohibited, or restricted?"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from callcenter.fsm import Machine, Table, Transition
from callcenter.ss7.mtp3.management import Heading
from callcenter.ss7.mtp3.timers import Agenda


class State(Enum):
    """States of the test."""

    IDLE = "idle"
    PROHIBITED = "testing a prohibited route"
    RESTRICTED = "testing a restricted route"


class Event(Enum):
    """What the adjacent point says, and time."""

    TFP = "TFP"
    TFR = "TFR"
    TFA = "TFA"
    STOP = "link set unavailable, or restart"
    T10 = "T10"


S, E = State, Event
TABLE = Table(
    "Signalling route set test control",
    State,
    Event,
    {
        (S.IDLE, E.TFP): Transition("begin", S.PROHIBITED, "Q.704 13.5.2"),
        (S.IDLE, E.TFR): Transition("begin", S.RESTRICTED, "Q.704 13.5.2"),
        (S.PROHIBITED, E.TFR): Transition("begin", S.RESTRICTED, "Q.704 13.5.2"),
        (S.PROHIBITED, E.TFA): Transition("stop", S.IDLE, "Q.704 13.5.2"),
        (S.PROHIBITED, E.STOP): Transition("stop", S.IDLE, "Q.704 13.5.2"),
        (S.PROHIBITED, E.T10): Transition("test_prohibited", S.PROHIBITED, "Q.704 13.5.2"),
        (S.RESTRICTED, E.TFP): Transition("begin", S.PROHIBITED, "Q.704 13.5.2"),
        (S.RESTRICTED, E.TFA): Transition("stop", S.IDLE, "Q.704 13.5.2"),
        (S.RESTRICTED, E.STOP): Transition("stop", S.IDLE, "Q.704 13.5.2"),
        (S.RESTRICTED, E.T10): Transition("test_restricted", S.RESTRICTED, "Q.704 13.5.2"),
    },
)


class RouteSetTestControl(Machine[State, Event]):
    """The test of one route."""

    table = TABLE

    def __init__(self, name: str, agenda: Agenda, send: Callable[[Heading], None]) -> None:
        super().__init__(f"{name} RSRT", State.IDLE)
        self._agenda = agenda
        self._send = send

    def expired(self, name: str) -> None:
        self.handle(Event(name))

    def begin(self) -> None:
        self._agenda.start("T10", self)

    def stop(self) -> None:
        self._agenda.stop("T10", self)

    def test_prohibited(self) -> None:
        self._agenda.start("T10", self)
        self._send(Heading.RST)

    def test_restricted(self) -> None:
        self._agenda.start("T10", self)
        self._send(Heading.RSR)

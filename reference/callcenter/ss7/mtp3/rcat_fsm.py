"""Signalling route set congestion test (Q.704 13.9, block RCAT), for the national option with levels of
congestion: T15 after the last TFC a message of one level less is sent to see whether it draws another TFC."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from callcenter.fsm import Machine, Table, Transition
from callcenter.ss7.mtp3.timers import Agenda


class State(Enum):
    """States of the test."""

    IDLE = "not congested"
    CONGESTED = "congested"
    TESTING = "awaiting the outcome of the test"


class Event(Enum):
    """TFC and time."""

    TFC = "TFC"
    LOST = "destination lost"
    T15 = "T15"
    T16 = "T16"


S, E = State, Event
TABLE = Table(
    "Route set congestion test control",
    State,
    Event,
    {
        (S.IDLE, E.TFC): Transition("raised", (S.CONGESTED, S.IDLE), "Q.704 13.7.3"),
        (S.CONGESTED, E.TFC): Transition("raised", S.CONGESTED, "Q.704 13.7.3"),
        (S.CONGESTED, E.LOST): Transition("clear", S.IDLE, "Q.704 13.9.4"),
        (S.CONGESTED, E.T15): Transition("test", S.TESTING, "Q.704 13.7.5, 13.9.4"),
        (S.TESTING, E.TFC): Transition("updated", (S.CONGESTED, S.IDLE), "Q.704 13.9.3"),
        (S.TESTING, E.LOST): Transition("clear", S.IDLE, "Q.704 13.9.4"),
        (S.TESTING, E.T16): Transition("lower", (S.TESTING, S.IDLE), "Q.704 13.9.3, 13.9.4"),
    },
)


class CongestionTestControl(Machine[State, Event]):
    """The congestion of the route set to one destination."""

    table = TABLE

    def __init__(
        self, name: str, agenda: Agenda, send: Callable[[int], None], report: Callable[[int], None]
    ) -> None:
        """`send` sends RCT with a priority; `report` tells users the level."""
        super().__init__(f"{name} RCAT", State.IDLE)
        self.level = 0
        self._agenda = agenda
        self._send = send
        self._report = report

    def expired(self, name: str) -> None:
        self.handle(Event(name), self.level)

    def raised(self, level: int) -> State:
        """A lower level is that of another link, and changes nothing."""
        return self.updated(level) if level >= self.level else self.state

    def updated(self, level: int) -> State:
        """What answers the test is the level of now."""
        if not level:
            self.clear(level)
            return State.IDLE
        self._agenda.stop("T16", self)
        self._agenda.start("T15", self)
        self._set(level)
        return State.CONGESTED

    def clear(self, _: int) -> None:
        self._agenda.stop("T15", self)
        self._agenda.stop("T16", self)
        self._set(0)

    def test(self, _: int) -> None:
        self._agenda.start("T16", self)
        self._send(self.level - 1)

    def lower(self, _: int) -> State:
        self._set(self.level - 1)
        if not self.level:
            return State.IDLE
        self.test(self.level)
        return State.TESTING

    def _set(self, level: int) -> None:
        if level != self.level:
            self.level = level
            self._report(level)

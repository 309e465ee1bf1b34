"""Signalling link activity control (Q.704 3.2, 3.3, 12.2): activation, test, restoration, deactivation.

A link carries traffic after level 2 is in service and the signalling link test was passed. A failed link is
started again T17 later, for as long as it is active.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from callcenter.fsm import Machine, Table, Transition

if TYPE_CHECKING:
    from callcenter.ss7.mtp3.links import SignallingLink


class State(Enum):
    """States of a link as link management sees it."""

    INACTIVE = "inactive"
    ALIGNING = "aligning"
    TESTING = "testing"
    ACTIVE = "active"
    WAITING = "waiting for restoration"


class Event(Enum):
    """Orders, indications of level 2, results of the test, and T17."""

    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    IN_SERVICE = "in service"
    OUT_OF_SERVICE = "out of service"
    TEST_PASSED = "test passed"
    TEST_FAILED = "test failed"
    T17 = "T17"


TABLE = Table(
    "Signalling link activity control",
    State,
    Event,
    {
        (State.INACTIVE, Event.ACTIVATE): Transition("start", State.ALIGNING, "Q.704 12.2.2"),
        (State.ALIGNING, Event.IN_SERVICE): Transition("test", State.TESTING, "Q.704 12.2.2"),
        (State.ALIGNING, Event.OUT_OF_SERVICE): Transition("delay", State.WAITING, "Q.704 12.2.2"),
        (State.ALIGNING, Event.DEACTIVATE): Transition("stop", State.INACTIVE, "Q.704 12.2.4"),
        (State.TESTING, Event.TEST_PASSED): Transition("available", State.ACTIVE, "Q.704 12.2.2"),
        (State.TESTING, Event.TEST_FAILED): Transition("restart", State.WAITING, "Q.707 2.2"),
        (State.TESTING, Event.OUT_OF_SERVICE): Transition("delay", State.WAITING, "Q.704 12.2.3"),
        (State.TESTING, Event.DEACTIVATE): Transition("stop", State.INACTIVE, "Q.704 12.2.4"),
        (State.ACTIVE, Event.TEST_FAILED): Transition("restart", State.WAITING, "Q.707 2.2"),
        (State.ACTIVE, Event.OUT_OF_SERVICE): Transition("delay", State.WAITING, "Q.704 12.2.3"),
        (State.ACTIVE, Event.DEACTIVATE): Transition("stop", State.INACTIVE, "Q.704 12.2.4"),
        (State.WAITING, Event.T17): Transition("start", State.ALIGNING, "Q.704 16.8"),
        (State.WAITING, Event.ACTIVATE): Transition("start", State.ALIGNING, "Q.704 12.2.2"),
        (State.WAITING, Event.DEACTIVATE): Transition("forget", State.INACTIVE, "Q.704 12.2.4"),
    },
)


class SignallingLinkActivityControl(Machine[State, Event]):
    """The activity of one link."""

    table = TABLE

    def __init__(self, link: SignallingLink) -> None:
        super().__init__(f"{link.name} LSAC", State.INACTIVE)
        self._link = link

    def start(self) -> None:
        self._link.stop_timer("T17")
        self._link.align()

    def test(self) -> None:
        self._link.begin_test()

    def available(self) -> None:
        """Traffic may use the link; the state says so."""

    def delay(self) -> None:
        self._link.end_test()
        self._link.start_timer("T17")

    def restart(self) -> None:
        self._link.shut()
        self.delay()

    def stop(self) -> None:
        self._link.end_test()
        self._link.shut()

    def forget(self) -> None:
        self._link.stop_timer("T17")

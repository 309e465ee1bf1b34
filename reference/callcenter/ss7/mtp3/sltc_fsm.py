"""Signalling link test control (Q.707 2.2; the figures of Q.707 are `unverified`).

A test message with a pattern goes out over the link; the acknowledgement has to bring the same pattern, link
code and point codes within T1. A test is tried twice, and repeated T2 after it was passed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from callcenter.fsm import Machine, Table, Transition


class State(Enum):
    """States of the test."""

    IDLE = "idle"
    FIRST_ATTEMPT = "first attempt"
    SECOND_ATTEMPT = "second attempt"
    PASSED = "passed"


class Event(Enum):
    """Inputs of the test."""

    START = "start"
    STOP = "stop"
    SLTA = "SLTA"
    SLTA_WRONG = "SLTA that is not correct"
    T1 = "SLT T1"
    T2 = "SLT T2"


TABLE = Table(
    "Signalling link test control",
    State,
    Event,
    {
        (State.IDLE, Event.START): Transition("test", State.FIRST_ATTEMPT, "Q.707 2.2"),
        (State.FIRST_ATTEMPT, Event.SLTA): Transition("passed", State.PASSED, "Q.707 2.2"),
        (State.FIRST_ATTEMPT, Event.SLTA_WRONG): Transition("wrong", State.FIRST_ATTEMPT, "Q.707 2.2"),
        (State.FIRST_ATTEMPT, Event.T1): Transition("test", State.SECOND_ATTEMPT, "Q.707 2.2"),
        (State.FIRST_ATTEMPT, Event.STOP): Transition("stop", State.IDLE, "Q.707 2.2"),
        (State.SECOND_ATTEMPT, Event.SLTA): Transition("passed", State.PASSED, "Q.707 2.2"),
        (State.SECOND_ATTEMPT, Event.SLTA_WRONG): Transition("wrong", State.SECOND_ATTEMPT, "Q.707 2.2"),
        (State.SECOND_ATTEMPT, Event.T1): Transition("failed", State.IDLE, "Q.707 2.2"),
        (State.SECOND_ATTEMPT, Event.STOP): Transition("stop", State.IDLE, "Q.707 2.2"),
        (State.PASSED, Event.T2): Transition("test", State.FIRST_ATTEMPT, "Q.707 2.2"),
        (State.PASSED, Event.STOP): Transition("stop", State.IDLE, "Q.707 2.2"),
    },
)


@dataclass(frozen=True, slots=True)
class TestOutputs:
    """What the test does to its surroundings."""

    __test__ = False

    send: Callable[[], None]
    """Send SLTM over the link."""
    start_timer: Callable[[str], None]
    stop_timer: Callable[[str], None]
    result: Callable[[bool], None]
    """The test was passed, or has failed twice."""


class SignallingLinkTestControl(Machine[State, Event]):
    """The test of one link."""

    table = TABLE

    def __init__(self, name: str, outputs: TestOutputs) -> None:
        super().__init__(f"{name} SLTC", State.IDLE)
        self._outputs = outputs
        self.wrong_answers = 0
        """SLTAs that did not fit the test."""

    def test(self) -> None:
        self._outputs.stop_timer("SLT T2")
        self._outputs.start_timer("SLT T1")
        self._outputs.send()

    def passed(self) -> None:
        self._outputs.stop_timer("SLT T1")
        self._outputs.start_timer("SLT T2")
        self._outputs.result(True)

    def wrong(self) -> None:
        self.wrong_answers += 1

    def failed(self) -> None:
        self._outputs.result(False)

    def stop(self) -> None:
        self._outputs.stop_timer("SLT T1")
        self._outputs.stop_timer("SLT T2")

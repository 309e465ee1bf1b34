"""Continuity check outgoing: we check a circuit by a tone (Q.724 7).

The check tone is sent and listened for while the far end loops the circuit. A check that fails, or ends T8
without the tone, is told by CCF and repeated by CCR after T9, and after each further failure after T10, until
the circuit passes, which CLF ends, or is reset. `TONE_ON` and `TONE_OFF` connect and remove the transceiver.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.notices import What
from callcenter.ss7.tup.messages import Heading
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.tup.circuit import Circuit


class State(Enum):
    """States of a check of our own."""

    IDLE = "idle"
    CHECKING = "wait for the tone"
    WAIT_FOR_RECHECK = "wait before the recheck"
    RECHECKING = "wait for the tone of the recheck"


class Event(Enum):
    """Orders, the receiver, timers."""

    START = "check with the IAM"
    ORDER = "check ordered"
    TONE = "check tone received"
    STOP = "call or check over"
    T8 = "T8"
    T9 = "T9"
    T10 = "T10"


S, E = State, Event

TABLE: Final[Table[State, Event]] = Table(
    "TUP CCO, CRO",
    State,
    Event,
    {
        (S.IDLE, E.START): Transition("check", S.CHECKING, "Q.724 7.3"),
        (S.IDLE, E.ORDER): Transition("recheck", S.RECHECKING, "Q.724 7.3"),
        (S.CHECKING, E.TONE): Transition("passed", S.IDLE, "Q.724 7.3"),
        (S.CHECKING, E.T8): Transition("failed", S.WAIT_FOR_RECHECK, "Q.724 7.3"),
        (S.WAIT_FOR_RECHECK, E.T9): Transition("recheck", S.RECHECKING, "Q.724 7.3: unverified"),
        (S.WAIT_FOR_RECHECK, E.T10): Transition("recheck", S.RECHECKING, "Q.724 7.3: unverified"),
        (S.RECHECKING, E.TONE): Transition("recheck_passed", S.IDLE, "Q.724 7.3"),
        (S.RECHECKING, E.T8): Transition("recheck_failed", S.WAIT_FOR_RECHECK, "Q.724 7.3"),
    }
    | {(s, E.STOP): Transition("stop", S.IDLE, "Q.724 7.3") for s in State if s is not S.IDLE},
    unexpected=Unexpected.IGNORE,
)


class ContinuityCheck(Machine[State, Event]):
    """Our check of one circuit."""

    table = TABLE

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} CCO", State.IDLE)
        self.circuit = circuit

    @property
    def idle(self) -> bool:
        """Whether nothing is being checked."""
        return self.state is State.IDLE

    @property
    def holds(self) -> bool:
        """Whether the circuit is kept from calls until a recheck passes."""
        return self.state in {State.WAIT_FOR_RECHECK, State.RECHECKING}

    def check(self, now: Instant) -> None:
        """Send the tone and listen."""
        self.circuit.note(What.TONE_ON)
        self.circuit.start(self, "T8", now)

    def passed(self, now: Instant) -> None:
        """The tone has come back: the transceiver is removed, then COT goes out."""
        self.stop(now)
        self.circuit.continuity_passed(now)

    def failed(self, now: Instant) -> None:
        """T8: CCF, and the first recheck after T9."""
        self._no_tone(now)
        self.circuit.start(self, "T9", now)
        self.circuit.continuity_failed(now)

    def recheck(self, now: Instant) -> None:
        """CCR, and the tone again."""
        self.circuit.send(Heading.CCR)
        self.check(now)

    def recheck_passed(self, now: Instant) -> None:
        """The circuit is good: it is released."""
        self.stop(now)
        self.circuit.recheck_passed(now)

    def recheck_failed(self, now: Instant) -> None:
        """A second or further failure: maintenance is alerted, the next recheck comes after T10."""
        self._no_tone(now)
        self.circuit.start(self, "T10", now)

    def _no_tone(self, now: Instant) -> None:
        self.stop(now)
        self.circuit.send(Heading.CCF)
        self.circuit.note(What.CONTINUITY_FAILED, "our check", alert=self.state is State.RECHECKING)

    def stop(self, now: Instant) -> None:
        """Nothing more is waited for, and the transceiver is removed."""
        self.circuit.stop(self, "T8", "T9", "T10")
        if self.state in {State.CHECKING, State.RECHECKING}:
            self.circuit.note(What.TONE_OFF)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event(timer), now)

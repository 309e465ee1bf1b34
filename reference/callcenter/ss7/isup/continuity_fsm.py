"""Continuity check outgoing (CCO) and continuity recheck outgoing (CRO): we check a circuit by a tone.

Q.764 2.1.8, Q.724 7: the check tone is sent and listened for; the far end loops the circuit. A check that
fails, or ends T24 without the tone, is repeated by CCR after T25, and after each further failure after T26,
until the circuit passes or someone resets it. `TONE_ON` and `TONE_OFF` connect and remove the transceiver.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.isup.indicators import ContinuityIndicators
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.notices import What
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.isup.circuit import Circuit


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
    T24 = "T24"
    T25 = "T25"
    T26 = "T26"


S, E = State, Event

TABLE: Final[Table[State, Event]] = Table(
    "CCO, CRO",
    State,
    Event,
    {
        (S.IDLE, E.START): Transition("check", S.CHECKING, "Q.764 2.1.8"),
        (S.IDLE, E.ORDER): Transition("recheck", S.RECHECKING, "Q.764 2.1.8"),
        (S.CHECKING, E.TONE): Transition("passed", S.IDLE, "Q.724 7.3"),
        (S.CHECKING, E.T24): Transition("failed", S.WAIT_FOR_RECHECK, "Q.764 2.1.8"),
        (S.CHECKING, E.STOP): Transition("stop", S.IDLE, "Q.764 2.1.8"),
        (S.WAIT_FOR_RECHECK, E.T25): Transition("recheck", S.RECHECKING, "Q.764 2.1.8"),
        (S.WAIT_FOR_RECHECK, E.T26): Transition("recheck", S.RECHECKING, "Q.764 2.1.8"),
        (S.WAIT_FOR_RECHECK, E.STOP): Transition("stop", S.IDLE, "Q.764 2.1.8"),
        (S.RECHECKING, E.TONE): Transition("recheck_passed", S.IDLE, "Q.764 2.1.8"),
        (S.RECHECKING, E.T24): Transition("recheck_failed", S.WAIT_FOR_RECHECK, "Q.764 2.1.8"),
        (S.RECHECKING, E.STOP): Transition("stop", S.IDLE, "Q.764 2.1.8"),
    },
    unexpected=Unexpected.IGNORE,
)


class ContinuityCheck(Machine[State, Event]):
    """Our check of one circuit."""

    table = TABLE

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} CCO", State.IDLE)
        self.circuit = circuit
        self._sounding = False

    @property
    def idle(self) -> bool:
        """Whether no check of ours is under way or to come."""
        return self.state is State.IDLE

    @property
    def holds(self) -> bool:
        """Whether the circuit is kept from calls until a recheck passes."""
        return self.state in {State.WAIT_FOR_RECHECK, State.RECHECKING}

    def check(self, now: Instant) -> None:
        """Send the tone and listen."""
        self._sounding = True
        self.circuit.note(What.TONE_ON)
        self.circuit.start(self, "T24", now)

    def passed(self, now: Instant) -> None:
        """The tone has come back: the transceiver is removed, then COT goes out."""
        self._quiet()
        self.circuit.continuity_passed(now)

    def failed(self, now: Instant) -> None:
        """T24: COT (failed), and the first recheck after T25."""
        self._no_tone()
        self.circuit.start(self, "T25", now)
        self.circuit.continuity_failed(now)

    def recheck(self, now: Instant) -> None:
        """CCR, and the tone again."""
        self.circuit.send(Type.CCR)
        self.check(now)

    def recheck_passed(self, now: Instant) -> None:
        """The circuit is good: it is released."""
        self._quiet()
        self.circuit.recheck_passed(now)

    def recheck_failed(self, now: Instant) -> None:
        """A second or further failure: maintenance is alerted, the next recheck comes after T26."""
        self._no_tone()
        self.circuit.start(self, "T26", now)

    def _no_tone(self) -> None:
        self._quiet()
        self.circuit.send(Type.COT, ContinuityIndicators(0))
        self.circuit.note(What.CONTINUITY_FAILED, "our check", alert=self.state is State.RECHECKING)

    def stop(self, now: Instant) -> None:
        """REL, RSC or a seizure from the far end."""
        self._quiet()

    def _quiet(self) -> None:
        self.circuit.stop(self, "T24", "T25", "T26")
        if self._sounding:
            self._sounding = False
            self.circuit.note(What.TONE_OFF)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event[timer], now)

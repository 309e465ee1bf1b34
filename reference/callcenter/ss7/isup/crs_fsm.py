"""Circuit reset sending (CRS): RSC until RLC (Q.764 2.9.3.1, 2.9.6)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.notices import What
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.isup.circuit import Circuit


class State(Enum):
    """States of circuit reset sending."""

    IDLE = "idle"
    WAIT_FOR_RLC = "wait for release complete"


class Event(Enum):
    """Orders, the answer, timers."""

    START = "reset circuit"
    START_AFTER_T5 = "reset circuit after T5"
    ABANDON = "abandon"
    RLC = "RLC"
    T16 = "T16"
    T17 = "T17"


S, E = State, Event

TABLE: Final[Table[State, Event]] = Table(
    "CRS",
    State,
    Event,
    {
        (S.IDLE, E.START): Transition("first", S.WAIT_FOR_RLC, "Q.764 2.9.3.1"),
        (S.IDLE, E.START_AFTER_T5): Transition("first_after_t5", S.WAIT_FOR_RLC, "Q.764 2.9.6"),
        (S.WAIT_FOR_RLC, E.START): Transition("first", S.WAIT_FOR_RLC, "Q.764 2.9.3.1"),
        (S.WAIT_FOR_RLC, E.RLC): Transition("done", S.IDLE, "Q.764 2.9.3.1"),
        (S.WAIT_FOR_RLC, E.ABANDON): Transition("done", S.IDLE, "Q.764 2.9.3.2"),
        (S.WAIT_FOR_RLC, E.T16): Transition("again", S.WAIT_FOR_RLC, "Q.764 2.9.3.1"),
        (S.WAIT_FOR_RLC, E.T17): Transition("alert", S.WAIT_FOR_RLC, "Q.764 2.9.3.1"),
    },
    unexpected=Unexpected.IGNORE,
)


class CircuitResetSending(Machine[State, Event]):
    """Reset sending of one circuit."""

    table = TABLE

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} CRS", State.IDLE)
        self.circuit = circuit

    @property
    def idle(self) -> bool:
        """Whether no RLC is awaited."""
        return self.state is State.IDLE

    def first(self, now: Instant) -> None:
        """RSC, with T16 and T17."""
        self.circuit.start(self, "T16", now)
        self.first_after_t5(now)

    def first_after_t5(self, now: Instant) -> None:
        """RSC, with T17 only (table A.1)."""
        self.circuit.start(self, "T17", now)
        self.circuit.send(Type.RSC)
        self.circuit.note(What.RESET_SENT)

    def again(self, now: Instant) -> None:
        """T16."""
        self.circuit.start(self, "T16", now)
        self.circuit.send(Type.RSC)

    def alert(self, now: Instant) -> None:
        """T17: maintenance is alerted, RSC goes on each T17 until someone intervenes."""
        self.circuit.stop(self, "T16")
        self.circuit.start(self, "T17", now)
        self.circuit.send(Type.RSC)
        self.circuit.note(What.NOT_ACKNOWLEDGED, "RSC", alert=True)

    def done(self, now: Instant) -> None:
        """RLC, or a group reset took over."""
        self.circuit.stop(self, "T16", "T17")
        self.circuit.note(What.RESET_DONE)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event[timer], now)

"""Blocking and unblocking signal reception (BLR): the far end blocks a circuit (Q.764 2.8.2)."""

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
    """States of blocking reception."""

    IDLE = "not blocked"
    REMOTELY_BLOCKED = "remotely blocked"


class Event(Enum):
    """Messages."""

    BLO = "BLO"
    UBL = "UBL"
    CGB = "CGB"
    CGU = "CGU"
    GRA = "GRA with the circuit's status bit 1"
    CLEAR = "RSC, GRS or IAM received"


S, E = State, Event

TABLE: Final[Table[State, Event]] = Table(
    "BLR",
    State,
    Event,
    {
        (S.IDLE, E.BLO): Transition("blocking", S.REMOTELY_BLOCKED, "Q.764 2.8.2.1"),
        (S.IDLE, E.UBL): Transition("unblocking_again", S.IDLE, "Q.764 2.8.2.3"),
        (S.IDLE, E.CGB): Transition("blocked_now", S.REMOTELY_BLOCKED, "Q.764 2.8.2.1"),
        (S.IDLE, E.GRA): Transition("blocked_now", S.REMOTELY_BLOCKED, "Q.764 2.9.3.2"),
        (S.REMOTELY_BLOCKED, E.BLO): Transition("blocking_again", S.REMOTELY_BLOCKED, "Q.764 2.8.2.3"),
        (S.REMOTELY_BLOCKED, E.UBL): Transition("unblocking", S.IDLE, "Q.764 2.8.2.1"),
        (S.REMOTELY_BLOCKED, E.CGU): Transition("unblocked", S.IDLE, "Q.764 2.8.2.1"),
        (S.REMOTELY_BLOCKED, E.CLEAR): Transition("unblocked", S.IDLE, "Q.764 2.9.3.1 d, 2.8.2.3"),
    },
    unexpected=Unexpected.IGNORE,
)


class BlockingReception(Machine[State, Event]):
    """Blocking reception of one circuit, maintenance oriented."""

    table = TABLE

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} BLR", State.IDLE)
        self.circuit = circuit

    @property
    def blocked(self) -> bool:
        """Whether the circuit is blocked by the far end."""
        return self.state is State.REMOTELY_BLOCKED

    def blocking(self, now: Instant) -> None:
        """BLO."""
        self.circuit.send(Type.BLA)
        self.blocked_now(now)

    def blocking_again(self, now: Instant) -> None:
        """BLO for a blocked circuit."""
        self.circuit.send(Type.BLA)

    def blocked_now(self, now: Instant) -> None:
        """Write it down."""
        self.circuit.note(What.BLOCKED_REMOTELY)

    def unblocking(self, now: Instant) -> None:
        """UBL."""
        self.circuit.send(Type.UBA)
        self.unblocked(now)

    def unblocking_again(self, now: Instant) -> None:
        """UBL for a circuit that is not blocked."""
        self.circuit.send(Type.UBA)

    def unblocked(self, now: Instant) -> None:
        """Write it down."""
        self.circuit.note(What.UNBLOCKED_REMOTELY)

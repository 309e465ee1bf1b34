"""Blocking and unblocking signal sending (BLS): we block a circuit for maintenance (Q.764 2.8.2, 2.9.4).

`GROUP_...` are the same orders given by CGB and CGU, whose acknowledgement the group machine awaits.
"""

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
    """States of blocking sending."""

    IDLE = "not blocked"
    WAIT_FOR_BLA = "wait for blocking acknowledgement"
    LOCALLY_BLOCKED = "locally blocked"
    WAIT_FOR_UBA = "wait for unblocking acknowledgement"


class Event(Enum):
    """Orders, messages, timers."""

    BLOCK = "block"
    UNBLOCK = "unblock"
    GROUP_BLOCK = "block by CGB"
    GROUP_UNBLOCK = "unblock by CGU"
    BLA = "BLA"
    UBA = "UBA"
    RSC = "RSC received"
    IAM = "IAM received"
    T12 = "T12"
    T13 = "T13"
    T14 = "T14"
    T15 = "T15"


S, E = State, Event
_BLOCKED: Final = (S.WAIT_FOR_BLA, S.LOCALLY_BLOCKED)

TABLE: Final[Table[State, Event]] = Table(
    "BLS",
    State,
    Event,
    {
        (S.IDLE, E.BLOCK): Transition("block", S.WAIT_FOR_BLA, "Q.764 2.8.2.1"),
        (S.LOCALLY_BLOCKED, E.BLOCK): Transition("block", S.WAIT_FOR_BLA, "Q.764 2.8.2.1"),
        (S.WAIT_FOR_UBA, E.BLOCK): Transition("block", S.WAIT_FOR_BLA, "Q.764 2.8.2.1"),
        (S.WAIT_FOR_BLA, E.BLA): Transition("acknowledged", S.LOCALLY_BLOCKED, "Q.764 2.8.2.1"),
        (S.WAIT_FOR_BLA, E.UBA): Transition("", S.WAIT_FOR_BLA, "Q.764 2.8.2.3"),
        (S.WAIT_FOR_BLA, E.T12): Transition("block_again", S.WAIT_FOR_BLA, "Q.764 2.9.4"),
        (S.WAIT_FOR_BLA, E.T13): Transition("block_alert", S.WAIT_FOR_BLA, "Q.764 2.9.4"),
        (S.IDLE, E.BLA): Transition("not_blocked", S.IDLE, "Q.764 2.8.2.3"),
        (S.LOCALLY_BLOCKED, E.BLA): Transition("", S.LOCALLY_BLOCKED, "Q.764 2.8.2.3"),
        (S.LOCALLY_BLOCKED, E.UBA): Transition("block", S.WAIT_FOR_BLA, "Q.764 2.8.2.3"),
        (S.LOCALLY_BLOCKED, E.RSC): Transition("block", S.WAIT_FOR_BLA, "Q.764 2.9.3.1 c"),
        (S.WAIT_FOR_BLA, E.RSC): Transition("block", S.WAIT_FOR_BLA, "Q.764 2.9.3.1 c"),
        (S.LOCALLY_BLOCKED, E.IAM): Transition("block", S.WAIT_FOR_BLA, "Q.764 2.8.2.3: unverified"),
        (S.WAIT_FOR_UBA, E.UBA): Transition("unblocked", S.IDLE, "Q.764 2.8.2.1"),
        (S.WAIT_FOR_UBA, E.RSC): Transition("unblocked", S.IDLE, "Q.764 2.9.3.1"),
        (S.WAIT_FOR_UBA, E.IAM): Transition("unblocked", S.IDLE, "Q.764 2.8.2.3"),
        (S.WAIT_FOR_UBA, E.T14): Transition("unblock_again", S.WAIT_FOR_UBA, "Q.764 2.9.4"),
        (S.WAIT_FOR_UBA, E.T15): Transition("unblock_alert", S.WAIT_FOR_UBA, "Q.764 2.9.4"),
        (S.WAIT_FOR_UBA, E.GROUP_UNBLOCK): Transition("unblocked", S.IDLE, "Q.764 2.8.2.1"),
    }
    | {(s, E.UNBLOCK): Transition("unblock", S.WAIT_FOR_UBA, "Q.764 2.8.2.1") for s in State}
    | {(s, E.GROUP_BLOCK): Transition("blocked_by_group", S.LOCALLY_BLOCKED, "Q.764 2.8.2.1") for s in State}
    | {(s, E.GROUP_UNBLOCK): Transition("unblocked", S.IDLE, "Q.764 2.8.2.1") for s in _BLOCKED},
    unexpected=Unexpected.IGNORE,
)


class BlockingSending(Machine[State, Event]):
    """Blocking sending of one circuit."""

    table = TABLE

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} BLS", State.IDLE)
        self.circuit = circuit

    @property
    def blocked(self) -> bool:
        """Whether the circuit is blocked from our side; until UBA it still is."""
        return self.state is not State.IDLE

    @property
    def refuses_calls(self) -> bool:
        """Whether the far end knows that it must not call (Q.764 2.8.1)."""
        return self.state is State.LOCALLY_BLOCKED

    def block(self, now: Instant) -> None:
        """BLO, with T12 and T13."""
        self._quiet()
        self.circuit.start(self, "T12", now)
        self.circuit.start(self, "T13", now)
        self.circuit.send(Type.BLO)

    def block_again(self, now: Instant) -> None:
        """T12."""
        self.circuit.start(self, "T12", now)
        self.circuit.send(Type.BLO)

    def block_alert(self, now: Instant) -> None:
        """T13."""
        self.circuit.stop(self, "T12")
        self.circuit.start(self, "T13", now)
        self.circuit.send(Type.BLO)
        self.circuit.note(What.NOT_ACKNOWLEDGED, "BLO", alert=True)

    def blocked_by_group(self, now: Instant) -> None:
        """CGB was sent."""
        self._quiet()
        self.circuit.note(What.BLOCKED_LOCALLY)

    def acknowledged(self, now: Instant) -> None:
        """BLA."""
        self._quiet()
        self.circuit.note(What.BLOCKED_LOCALLY)

    def unblock(self, now: Instant) -> None:
        """UBL, with T14 and T15."""
        self._quiet()
        self.circuit.start(self, "T14", now)
        self.circuit.start(self, "T15", now)
        self.circuit.send(Type.UBL)

    def unblock_again(self, now: Instant) -> None:
        """T14."""
        self.circuit.start(self, "T14", now)
        self.circuit.send(Type.UBL)

    def unblock_alert(self, now: Instant) -> None:
        """T15."""
        self.circuit.stop(self, "T14")
        self.circuit.start(self, "T15", now)
        self.circuit.send(Type.UBL)
        self.circuit.note(What.NOT_ACKNOWLEDGED, "UBL", alert=True)

    def unblocked(self, now: Instant) -> None:
        """UBA, or what means the same."""
        self._quiet()
        self.circuit.note(What.UNBLOCKED_LOCALLY)

    def not_blocked(self, now: Instant) -> None:
        """BLA for a circuit that is not blocked: the far end is told."""
        self.circuit.send(Type.UBL)

    def _quiet(self) -> None:
        self.circuit.stop(self, "T12", "T13", "T14", "T15")

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event[timer], now)

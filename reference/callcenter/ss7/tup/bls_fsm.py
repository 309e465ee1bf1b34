"""Blocking and unblocking signal sending (BLS): we block a circuit for maintenance (Q.724 1.17, 6.3).

`GROUP_...` are the same orders given by MGB and MGU, whose acknowledgement the group order awaits.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.notices import What
from callcenter.ss7.tup.messages import Heading
from callcenter.ss7.tup.order_fsm import BLOCKING, UNBLOCKING
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.tup.circuit import Circuit


class State(Enum):
    """States of blocking sending."""

    IDLE = "not blocked"
    WAIT_FOR_BLA = "wait for blocking acknowledgement"
    LOCALLY_BLOCKED = "locally blocked"
    WAIT_FOR_UBA = "wait for unblocking acknowledgement"


class Event(Enum):
    """Orders and messages."""

    BLOCK = "block"
    UNBLOCK = "unblock"
    GROUP_BLOCK = "block by MGB"
    GROUP_UNBLOCK = "unblock by MGU"
    BLA = "BLA"
    UBA = "UBA"
    RSC = "RSC received or reset by us"
    IAM = "IAM received"


S, E = State, Event
_BLOCKED: Final = (S.WAIT_FOR_BLA, S.LOCALLY_BLOCKED)

TABLE: Final[Table[State, Event]] = Table(
    "TUP BLS",
    State,
    Event,
    {
        (S.WAIT_FOR_BLA, E.BLA): Transition("blocked", S.LOCALLY_BLOCKED, "Q.724 1.17"),
        (S.IDLE, E.BLA): Transition("not_blocked", S.IDLE, "Q.724 6.4.1: unverified"),
        (S.LOCALLY_BLOCKED, E.UBA): Transition("block", S.WAIT_FOR_BLA, "Q.724 6.4.1: unverified"),
        (S.WAIT_FOR_UBA, E.UBA): Transition("unblocked", S.IDLE, "Q.724 1.17"),
        (S.WAIT_FOR_UBA, E.RSC): Transition("unblocked", S.IDLE, "Q.724 6.2.1: unverified"),
        (S.WAIT_FOR_UBA, E.IAM): Transition("unblocked", S.IDLE, "Q.724 6.3: unverified"),
        (S.WAIT_FOR_UBA, E.GROUP_UNBLOCK): Transition("unblocked", S.IDLE, "Q.724 6.3"),
        (S.LOCALLY_BLOCKED, E.IAM): Transition("block", S.WAIT_FOR_BLA, "Q.724 6.3: unverified"),
    }
    | {(s, E.RSC): Transition("block", S.WAIT_FOR_BLA, "Q.724 6.2.1") for s in _BLOCKED}
    | {(s, E.BLOCK): Transition("block", S.WAIT_FOR_BLA, "Q.724 1.17") for s in State}
    | {(s, E.UNBLOCK): Transition("unblock", S.WAIT_FOR_UBA, "Q.724 1.17") for s in State}
    | {(s, E.GROUP_BLOCK): Transition("blocked", S.LOCALLY_BLOCKED, "Q.724 6.3") for s in State}
    | {(s, E.GROUP_UNBLOCK): Transition("unblocked", S.IDLE, "Q.724 6.3") for s in _BLOCKED},
    unexpected=Unexpected.IGNORE,
)


class BlockingSending(Machine[State, Event]):
    """Blocking sending of one circuit."""

    table = TABLE

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} BLS", State.IDLE)
        self.circuit = circuit
        self._block = circuit.order(Heading.BLO, BLOCKING)
        self._unblock = circuit.order(Heading.UBL, UNBLOCKING)

    @property
    def blocks(self) -> bool:
        """Whether the circuit is blocked from our side; until UBA it still is."""
        return self.state is not State.IDLE

    @property
    def refuses_calls(self) -> bool:
        """Whether the far end knows that it must not call."""
        return self.state is State.LOCALLY_BLOCKED

    def block(self, now: Instant) -> None:
        """BLO until BLA."""
        self._unblock.acknowledged(now)
        self._block.start(now)

    def unblock(self, now: Instant) -> None:
        """UBL until UBA."""
        self._block.acknowledged(now)
        self._unblock.start(now)

    def blocked(self, now: Instant) -> None:
        """BLA, or MGB was sent."""
        self._quiet(now)
        self.circuit.note(What.BLOCKED_LOCALLY)

    def unblocked(self, now: Instant) -> None:
        """UBA, or what means the same."""
        self._quiet(now)
        self.circuit.note(What.UNBLOCKED_LOCALLY)

    def not_blocked(self, now: Instant) -> None:
        """BLA for a circuit that is not blocked: the far end is told."""
        self.circuit.send(Heading.UBL)

    def _quiet(self, now: Instant) -> None:
        self._block.acknowledged(now)
        self._unblock.acknowledged(now)

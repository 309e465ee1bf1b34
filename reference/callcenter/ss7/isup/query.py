"""Circuit group query sending (CQS): CQM until CQR, and what the answer is compared with (Q.764 2.8.3).

A circuit that one end holds for idle and the other for busy is reset; one that the far end does not have is
out of service. Blocking that the two ends see differently, and states in transition, are told to maintenance.
"""

from __future__ import annotations

from callcenter.ss7.isup.circuit import Circuit
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import RangeAndStatus
from callcenter.ss7.isup.services import Services
from callcenter.ss7.notices import What
from testrig.clock import Instant

TRANSIENT = 0
UNEQUIPPED = 3
"""Circuit state indicators without call state (Q.763 3.14): in transition, and no such circuit."""


class Query:
    """One query on its way."""

    def __init__(self, services: Services, circuits: dict[int, Circuit], first: Circuit, count: int) -> None:
        """`circuits` by offset from `first`."""
        self._services = services
        self._circuits = circuits
        self.dpc, self.cic, self.count = first.dpc, first.cic, count

    def send(self, now: Instant) -> None:
        """CQM, with T28."""
        self._services.send_kind(self.dpc, self.cic, Type.CQM, RangeAndStatus(self.count - 1))
        self._services.start(self, "T28", now)

    def answered(self, states: bytes, now: Instant) -> None:
        """CQR."""
        self._services.stop(self, "T28")
        for offset, circuit in self._circuits.items():
            if offset < len(states):
                self._compare(circuit, states[offset], now)

    def _compare(self, circuit: Circuit, theirs: int, now: Instant) -> None:
        ours = circuit.query_state()
        if theirs == UNEQUIPPED:
            circuit.not_equipped(now)
        elif TRANSIENT in {ours, theirs}:
            return
        elif _mirrored(_call(theirs)) != _call(ours):
            circuit.note(What.UNEXPECTED, f"circuit state 0x{theirs:02X}, ours 0x{ours:02X}", alert=True)
            circuit.order_reset(now)
        elif theirs != _swapped(ours):
            circuit.note(What.UNEXPECTED, f"circuit state 0x{theirs:02X}, ours 0x{ours:02X}", alert=True)

    def timeout(self, timer: str, now: Instant) -> None:
        """T28: no answer; maintenance is alerted."""
        self._services.note(What.NOT_ACKNOWLEDGED, self.dpc, self.cic, "CQM", alert=True)


def _call(state: int) -> int:
    """Call processing state: 1 incoming busy, 2 outgoing busy, 3 idle."""
    return state >> 2 & 3


def _mirrored(call: int) -> int:
    """The call state as the other end has it."""
    return {1: 2, 2: 1}.get(call, call)


def _swapped(state: int) -> int:
    """The whole state as the other end has it: local and remote blocking change places."""

    def swap(bits: int) -> int:
        return (bits & 1) << 1 | bits >> 1

    return swap(state & 3) | _mirrored(_call(state)) << 2 | swap(state >> 4 & 3) << 4

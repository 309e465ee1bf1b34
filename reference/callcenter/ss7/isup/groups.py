"""Circuit group supervision: what is received, and which of our group orders are on their way.

Reception of CGB, CGU, GRS and CQM has one state (MGBR, HGBR, CGRR, CQR): the answer goes out at once. The
range may hold circuits that do not exist (time slot 16 of a system): they are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from callcenter.ss7.isup import blr_fsm, bls_fsm, crs_fsm
from callcenter.ss7.isup.circuit import Circuit
from callcenter.ss7.isup.codec import Message
from callcenter.ss7.isup.group_fsm import ANSWERS, Event, GroupSending, Order
from callcenter.ss7.isup.indicators import CircuitGroupSupervisionType
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import CircuitStateIndicator, RangeAndStatus
from callcenter.ss7.isup.query import Query
from callcenter.ss7.isup.services import Services
from callcenter.ss7.notices import What
from callcenter.ss7.ranges import MAXIMUM
from testrig.clock import Instant

GROUP_MESSAGES: Final = frozenset(
    (Type.CGB, Type.CGU, Type.CGBA, Type.CGUA, Type.GRS, Type.GRA, Type.CQM, Type.CQR)
)
UNEQUIPPED: Final = 3
"""Circuit state indicator of a circuit that does not exist (Q.763 3.14)."""


class Groups:
    """Group supervision of one signalling point."""

    def __init__(self, services: Services, circuits: Mapping[tuple[int, int], Circuit]) -> None:
        """`circuits` by far end and CIC."""
        self._services = services
        self._circuits = circuits
        self._orders: list[GroupSending] = []
        self._queries: dict[tuple[int, int], Query] = {}
        """Our queries by far end and first circuit."""

    # orders

    def block(self, dpc: int, cic: int, count: int, now: Instant, *, hardware: int = 0) -> None:
        """Send CGB for `count` circuits from `cic` on."""
        self._blocking(Type.CGB, dpc, cic, count, now, hardware=hardware)

    def unblock(self, dpc: int, cic: int, count: int, now: Instant, *, hardware: int = 0) -> None:
        """Send CGU."""
        self._blocking(Type.CGU, dpc, cic, count, now, hardware=hardware)

    def _blocking(self, kind: Type, dpc: int, cic: int, count: int, now: Instant, *, hardware: int) -> None:
        present = self._present(dpc, cic, count)
        for circuit in present.values():
            if hardware:
                circuit.hardware_blocked(on=kind is Type.CGB, remote=False)
                if kind is Type.CGB:
                    circuit.clear_call(now, hardware=True)
            elif kind is Type.CGB:
                circuit.bls.handle(bls_fsm.Event.GROUP_BLOCK, now)
            else:
                circuit.bls.handle(bls_fsm.Event.GROUP_UNBLOCK, now)
        opposite = Type.CGU if kind is Type.CGB else Type.CGB
        self.withdraw(opposite, list(present.values()), now, hardware=hardware)
        status = RangeAndStatus.of(max(count, 2), set(present))  # range 0 is reserved (Q.763 3.43)
        self._start(Order(kind, dpc, cic, status, hardware), now)

    def reset(self, dpc: int, cic: int, count: int, now: Instant) -> None:
        """Send GRS for `count` circuits from `cic` on."""
        for circuit in self._present(dpc, cic, count).values():
            circuit.drop_call(now)
            circuit.crs.handle(crs_fsm.Event.ABANDON, now)
            circuit.group_reset = True
            circuit.unequipped = False
        self._start(Order(Type.GRS, dpc, cic, RangeAndStatus(count - 1)), now)

    def query(self, dpc: int, cic: int, count: int, now: Instant) -> None:
        """Send CQM for `count` circuits from `cic` on."""
        query = Query(self._services, self._present(dpc, cic, count), self._circuits[dpc, cic], count)
        self._queries[dpc, cic] = query
        query.send(now)

    def _start(self, order: Order, now: Instant) -> None:
        for sending in list(self._orders):
            if sending.order == order:
                sending.handle(Event.ABANDON, now)
        sending = GroupSending(self._services, order, self._orders.remove)
        self._orders.append(sending)
        sending.handle(Event.START, now)

    def withdraw(self, kind: Type, circuits: Iterable[Circuit], now: Instant, *, hardware: int = 0) -> None:
        """Take `circuits` out of the CGB or CGU on their way: a newer order says the opposite."""
        numbers = {(circuit.dpc, circuit.cic) for circuit in circuits}
        for sending in list(self._orders):
            order = sending.order
            if order.kind is not kind or order.hardware != hardware:
                continue
            group = order.range_and_status
            left = {offset for offset in group.marked() if (order.dpc, order.cic + offset) not in numbers}
            if not left:
                sending.handle(Event.ABANDON, now)
            else:
                sending.order = replace(order, range_and_status=RangeAndStatus.of(group.circuits, left))

    # reception

    def receive(self, dpc: int, message: Message, now: Instant) -> None:
        """Take a group message; the circuit of its label exists."""
        group = message.get(RangeAndStatus)
        if group is None or not _sound(message.kind, group):
            self._services.note(What.MALFORMED, dpc, message.cic, f"{message.name} with a wrong range")
            return
        if message.kind in ANSWERS:
            self._acknowledged(dpc, message, group, now)
        elif message.kind == Type.GRS:
            self._reset_received(dpc, message.cic, group, now)
        elif message.kind == Type.CQM:
            self._queried(dpc, message.cic, group)
        elif message.kind == Type.CQR:
            self._query_answered(dpc, message, group, now)
        elif message.kind in {Type.CGB, Type.CGU}:
            self._blocking_received(dpc, message, group, now)

    def _blocking_received(self, dpc: int, message: Message, group: RangeAndStatus, now: Instant) -> None:
        supervision = message.get(CircuitGroupSupervisionType)
        hardware = 0 if supervision is None else supervision.hardware
        if hardware > 1:
            self._services.note(What.MALFORMED, dpc, message.cic, f"{message.name} of type {hardware}")
            return
        blocking = message.kind == Type.CGB
        present = self._present(dpc, message.cic, group.circuits)
        marked = set(group.marked()) & set(present)
        answer = Type.CGBA if blocking else Type.CGUA
        self._services.send_kind(
            dpc,
            message.cic,
            answer,
            CircuitGroupSupervisionType(hardware),
            RangeAndStatus.of(group.circuits, marked),
        )
        for offset in sorted(marked):
            circuit = present[offset]
            if hardware:
                circuit.hardware_blocked(on=blocking, remote=True)
                if blocking:
                    circuit.clear_call(now, hardware=True)
            else:
                circuit.blr.handle(blr_fsm.Event.CGB if blocking else blr_fsm.Event.CGU, now)
                if blocking:
                    circuit.blocked(now)

    def _reset_received(self, dpc: int, cic: int, group: RangeAndStatus, now: Instant) -> None:
        """GRS (Q.764 2.9.3.2): GRA tells which circuits we hold blocked for maintenance, CGB for hardware."""
        present = self._present(dpc, cic, group.circuits)
        blocked = {offset for offset, circuit in present.items() if circuit.bls.blocked}
        hardware = {offset for offset, circuit in present.items() if circuit.hardware_local}
        for circuit in present.values():
            circuit.note(What.RESET_RECEIVED, "group")
            circuit.clear_call(now)
            circuit.remote_blocking_removed(now)
        self._services.send_kind(dpc, cic, Type.GRA, RangeAndStatus.of(group.circuits, blocked))
        if hardware:
            self._start(Order(Type.CGB, dpc, cic, RangeAndStatus.of(group.circuits, hardware), 1), now)

    def _queried(self, dpc: int, cic: int, group: RangeAndStatus) -> None:
        """CQM (national use): CQR with the state of each circuit."""
        present = self._present(dpc, cic, group.circuits)
        states = bytes(
            present[offset].query_state() if offset in present else UNEQUIPPED
            for offset in range(group.circuits)
        )
        self._services.send_kind(
            dpc, cic, Type.CQR, RangeAndStatus(group.range), CircuitStateIndicator(states)
        )

    def _query_answered(self, dpc: int, message: Message, group: RangeAndStatus, now: Instant) -> None:
        query = self._queries.pop((dpc, message.cic), None)
        states = message.get(CircuitStateIndicator)
        if query is None or states is None or query.count != group.circuits:
            self._services.note(What.UNEXPECTED, dpc, message.cic, message.name)
        else:
            query.answered(states.states, now)

    def _acknowledged(self, dpc: int, message: Message, group: RangeAndStatus, now: Instant) -> None:
        supervision = message.get(CircuitGroupSupervisionType)
        hardware = 0 if supervision is None else supervision.hardware
        wanted = ANSWERS[message.kind]
        for sending in list(self._orders):
            order = sending.order
            if (order.kind, order.dpc, order.cic, order.hardware) != (wanted, dpc, message.cic, hardware):
                continue
            if order.range_and_status.range != group.range:
                continue
            sending.handle(Event.ACKNOWLEDGED, now)
            if wanted is Type.GRS:
                self._reset_done(order, group, now)
            elif not set(order.range_and_status.marked()) <= set(group.marked()):
                self._services.note(
                    What.NOT_ACKNOWLEDGED, dpc, message.cic, f"{wanted.name} for some circuits", alert=True
                )
            return
        self._services.note(What.UNEXPECTED, dpc, message.cic, message.name)

    def _reset_done(self, order: Order, group: RangeAndStatus, now: Instant) -> None:
        marked = set(group.marked())
        for offset, circuit in self._present(order.dpc, order.cic, group.circuits).items():
            circuit.group_reset = False
            circuit.note(What.RESET_DONE, "group")
            if offset in marked:
                circuit.blr.handle(blr_fsm.Event.GRA, now)
            circuit.bls.handle(bls_fsm.Event.RSC, now)

    def _present(self, dpc: int, cic: int, count: int) -> dict[int, Circuit]:
        """Return the circuits that exist, by offset from `cic`."""
        found = ((offset, self._circuits.get((dpc, cic + offset))) for offset in range(count))
        return {offset: circuit for offset, circuit in found if circuit is not None}


def _sound(kind: int, group: RangeAndStatus) -> bool:
    """Whether range and status are as Q.763 3.43 wants them for this message."""
    size = (group.circuits + 7) // 8
    if kind in {Type.CQM, Type.CQR}:
        return group.range < MAXIMUM
    if kind == Type.GRS:
        return 0 < group.range < MAXIMUM
    if kind == Type.GRA:
        return 0 < group.range < MAXIMUM and len(group.status) >= size
    return group.range > 0 and len(group.status) >= size and len(group.marked()) <= MAXIMUM

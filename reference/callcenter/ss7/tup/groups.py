"""Circuit group supervision: blocking for maintenance, hardware and software, and reset (Q.724 6.2.2, 6.3.2).

| reason | blocking | acknowledgement | unblocking | acknowledgement |
|---|---|---|---|---|
| maintenance | MGB | MBA | MGU | MUA |
| hardware | HGB | HBA | HGU | HUA |
| software | SGB | SBA | SGU | SUA |

Blocking for maintenance and software lets calls end by themselves; hardware failure ends them. A range of 0
means the trunk group of the label's circuit, and there is no status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from callcenter.ss7.notices import What
from callcenter.ss7.tup import bls_fsm
from callcenter.ss7.tup.circuit import Circuit, Reason
from callcenter.ss7.tup.codec import Message
from callcenter.ss7.tup.contents import RangeAndStatus
from callcenter.ss7.tup.messages import Heading
from callcenter.ss7.tup.order_fsm import GROUP, OrderSending
from callcenter.ss7.tup.services import Services
from testrig.clock import Instant


class Order(NamedTuple):
    """What a group message orders."""

    reason: Reason
    blocks: bool
    answer: Heading


ORDERS: Final[Mapping[int, Order]] = {
    Heading.MGB: Order("maintenance", True, Heading.MBA),
    Heading.MGU: Order("maintenance", False, Heading.MUA),
    Heading.HGB: Order("hardware", True, Heading.HBA),
    Heading.HGU: Order("hardware", False, Heading.HUA),
    Heading.SGB: Order("software", True, Heading.SBA),
    Heading.SGU: Order("software", False, Heading.SUA),
}
ANSWERS: Final[Mapping[int, Heading]] = {
    **{order.answer: Heading(kind) for kind, order in ORDERS.items()},
    Heading.GRA: Heading.GRS,
}
GROUP_MESSAGES: Final = frozenset((*ORDERS, *ANSWERS, Heading.GRS))


@dataclass(slots=True)
class Sent:
    """A group order on its way."""

    kind: Heading
    dpc: int
    cic: int
    group: RangeAndStatus
    sending: OrderSending


class Groups:
    """The group messages of one signalling point."""

    def __init__(self, services: Services, circuits: Mapping[tuple[int, int], Circuit]) -> None:
        """`circuits` by point code and CIC."""
        self._services = services
        self._circuits = circuits
        self._sent: list[Sent] = []

    # orders of ours

    def block(self, kind: Heading, dpc: int, cic: int, count: int, now: Instant) -> None:
        """Send the blocking or unblocking order `kind` for `count` circuits from `cic` on."""
        order = ORDERS[kind]
        present = self._present(dpc, cic, count)
        for circuit in present.values():
            self._held_by_us(circuit, order, now)
        self._withdraw(order.reason, dpc, cic, now)
        self._start(kind, dpc, cic, RangeAndStatus.of(count, set(present)), now)

    @staticmethod
    def _held_by_us(circuit: Circuit, order: Order, now: Instant) -> None:
        if order.reason == "maintenance":
            event = bls_fsm.Event.GROUP_BLOCK if order.blocks else bls_fsm.Event.GROUP_UNBLOCK
            circuit.bls.handle(event, now)
            return
        circuit.hold(order.reason, on=order.blocks, there=False)
        if order.blocks and order.reason == "hardware":
            circuit.clear_call(now, hardware=True)

    def _withdraw(self, reason: Reason, dpc: int, cic: int, now: Instant) -> None:
        """Stop orders for the same group that a newer one replaces."""
        for sent in list(self._sent):
            same = sent.kind in ORDERS and ORDERS[sent.kind].reason == reason
            if same and (sent.dpc, sent.cic) == (dpc, cic):
                self._over(sent, now)

    def reset(self, dpc: int, cic: int, count: int, now: Instant) -> None:
        """Send GRS for `count` circuits from `cic` on."""
        for circuit in self._present(dpc, cic, count).values():
            circuit.drop_call(now)
            circuit.crs.acknowledged(now)
            circuit.group_reset = True
        for sent in list(self._sent):
            if (sent.kind, sent.dpc, sent.cic) == (Heading.GRS, dpc, cic):
                self._over(sent, now)
        self._start(Heading.GRS, dpc, cic, RangeAndStatus(count - 1), now)

    def _start(self, kind: Heading, dpc: int, cic: int, group: RangeAndStatus, now: Instant) -> None:
        services = self._services
        sending = OrderSending(
            services,
            f"{dpc}/{cic} {kind.name}",
            GROUP[kind],
            lambda: services.send_kind(dpc, cic, kind, group),
            lambda: services.note(What.NOT_ACKNOWLEDGED, dpc, cic, kind.name, alert=True),
        )
        self._sent.append(Sent(kind, dpc, cic, group, sending))
        sending.start(now)

    def _over(self, sent: Sent, now: Instant) -> None:
        self._sent.remove(sent)
        sent.sending.acknowledged(now)

    # reception

    def receive(self, circuit: Circuit, message: Message, now: Instant) -> None:
        """Take a group message; `circuit` is that of its label."""
        group = message.get(RangeAndStatus)
        if group is None or not _sound(message.kind, group):
            circuit.note(What.MALFORMED, f"{message.name} with a wrong range or status")
        elif message.kind in ANSWERS:
            self._acknowledged(circuit, message, group, now)
        elif message.kind == Heading.GRS:
            self._reset_received(circuit, group, now)
        else:
            self._blocking_received(circuit, message, group, now)

    def _blocking_received(
        self, first: Circuit, message: Message, group: RangeAndStatus, now: Instant
    ) -> None:
        order = ORDERS[message.kind]
        present = self._of_group(first, group)
        marked = set(present) & set(group.marked()) if group.range else set(present)
        answer = RangeAndStatus.of(group.circuits, marked) if group.range else RangeAndStatus(0)
        first.send(order.answer, answer)
        for offset in sorted(marked):
            circuit = present[offset]
            circuit.hold(order.reason, on=order.blocks, there=True)
            if order.blocks and order.reason == "hardware":
                circuit.clear_call(now, hardware=True)
            elif order.blocks:
                circuit.blocked(now)

    def _reset_received(self, first: Circuit, group: RangeAndStatus, now: Instant) -> None:
        """GRS: GRA tells which circuits we hold blocked for maintenance, HGB follows for hardware."""
        present = self._of_group(first, group)
        for circuit in present.values():
            circuit.freed_by_reset(now)
        blocked = {offset for offset, circuit in present.items() if circuit.bls.blocks}
        hardware = {offset for offset, circuit in present.items() if "hardware" in circuit.held_here}
        answer = RangeAndStatus.of(group.circuits, blocked) if group.range else RangeAndStatus(0)
        first.send(Heading.GRA, answer)
        if hardware:
            status = RangeAndStatus.of(max(group.circuits, 2), hardware)
            self._start(Heading.HGB, first.dpc, first.cic, status, now)

    def _acknowledged(self, first: Circuit, message: Message, group: RangeAndStatus, now: Instant) -> None:
        wanted = ANSWERS[message.kind]
        for sent in self._sent:
            same = (sent.kind, sent.dpc, sent.cic) == (wanted, first.dpc, first.cic)
            if same and sent.group.range == group.range:
                self._over(sent, now)
                if wanted is Heading.GRS:
                    self._reset_done(first, group, now)
                elif not set(sent.group.marked()) <= set(group.marked()):
                    first.note(What.NOT_ACKNOWLEDGED, f"{wanted.name} for some circuits", alert=True)
                return
        first.note(What.UNEXPECTED, message.name)

    def _reset_done(self, first: Circuit, group: RangeAndStatus, now: Instant) -> None:
        marked = set(group.marked())
        for offset, circuit in self._present(first.dpc, first.cic, group.circuits).items():
            circuit.group_reset = False
            circuit.note(What.RESET_DONE, "group")
            if offset in marked:
                circuit.hold(on=True, there=True)
            circuit.bls.handle(bls_fsm.Event.RSC, now)

    def _of_group(self, first: Circuit, group: RangeAndStatus) -> dict[int, Circuit]:
        if group.range:
            return self._present(first.dpc, first.cic, group.circuits)
        return {
            circuit.cic - first.cic: circuit
            for circuit in self._circuits.values()
            if circuit.dpc == first.dpc and circuit.leg.group == first.leg.group
        }

    def _present(self, dpc: int, cic: int, count: int) -> dict[int, Circuit]:
        """Return the circuits that exist, by offset from `cic`."""
        found = ((offset, self._circuits.get((dpc, cic + offset))) for offset in range(count))
        return {offset: circuit for offset, circuit in found if circuit is not None}


def _sound(kind: int, group: RangeAndStatus) -> bool:
    """Whether range and status fit each other (Q.723 3.10)."""
    if kind == Heading.GRS or not group.range:
        return True
    return len(group.status) >= (group.circuits + 7) // 8

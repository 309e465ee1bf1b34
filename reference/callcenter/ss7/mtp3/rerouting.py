"""What moves traffic that strayed from where it belongs: forced rerouting at once (Q.704 7), changeback to a
link that became available (6), controlled rerouting to a route that became better (8)."""

from __future__ import annotations

from itertools import count
from typing import Protocol

from callcenter.ss7.mtp3 import tcbc_fsm
from callcenter.ss7.mtp3.links import SignallingLink
from callcenter.ss7.mtp3.tcrc_fsm import ControlledReroutingControl
from callcenter.ss7.mtp3.tcrc_fsm import Event as ReroutingEvent
from callcenter.ss7.mtp3.timers import Agenda
from callcenter.ss7.mtp3.tsrc import Cause, Flow, SignallingRoutingControl

CODES: int = 256
"""Values of the changeback code (Q.704 15.4.2)."""


class ReroutingUser(Protocol):
    """What rerouting needs of level 3."""

    def declare(self, old: SignallingLink, new: SignallingLink, code: int) -> None: ...
    def leads_to(self, link: SignallingLink, point: int) -> bool: ...
    def notice(self, link: SignallingLink, what: str) -> None: ...


class Rerouting:
    """The procedures that move traffic from one good link to another."""

    def __init__(self, tsrc: SignallingRoutingControl, agenda: Agenda, user: ReroutingUser) -> None:
        self._tsrc = tsrc
        self._agenda = agenda
        self._user = user
        self._codes = count()
        self._changebacks: dict[tuple[SignallingLink, int], tcbc_fsm.ChangebackControl] = {}
        self._controlled = {
            destination: ControlledReroutingControl(destination, agenda, tsrc.release)
            for destination in tsrc.route_sets
        }

    def look(self, cause: Cause) -> None:
        """Begin to move every flow that nobody moves and that belongs elsewhere."""
        back: dict[tuple[SignallingLink, SignallingLink], list[Flow]] = {}
        better: dict[int, list[Flow]] = {}
        for flow, target in self._tsrc.strayed():
            if flow.link is None or target is None or self._tsrc.forced(flow):
                flow.link = target
            elif cause is Cause.LINK:
                back.setdefault((flow.link, target), []).append(flow)
            else:
                better.setdefault(flow.destination, []).append(flow)
        for (old, new), flows in back.items():
            self._change_back(old, new, flows)
        for destination, flows in better.items():
            machine = self._controlled[destination]
            self._tsrc.hold(flows, machine)
            machine.handle(ReroutingEvent.REROUTE)

    def _change_back(self, old: SignallingLink, new: SignallingLink, flows: list[Flow]) -> None:
        code = next(self._codes) % CODES
        outputs = tcbc_fsm.ChangebackOutputs(
            self._agenda,
            lambda: self._user.declare(old, new, code),
            lambda owner: self._done(new, code, owner),
            lambda what: self._user.notice(new, what),
        )
        machine = tcbc_fsm.ChangebackControl(f"{old.name} to {new.name}", outputs)
        self._changebacks[new, code] = machine
        self._tsrc.hold(flows, machine)
        path = self._user.leads_to(old, new.adjacent)
        machine.handle(tcbc_fsm.Event.BEGIN if path else tcbc_fsm.Event.BEGIN_TIMED)

    def acknowledged(self, link: SignallingLink, code: int) -> None:
        """CBA: nothing is under way on the alternative link any more; one without need is ignored (6.5.1)."""
        machine = self._changebacks.get((link, code))
        if machine is not None:
            machine.handle(tcbc_fsm.Event.CBA)

    def _done(self, link: SignallingLink, code: int, owner: object) -> None:
        self._changebacks.pop((link, code), None)
        self._tsrc.release(owner)

"""Level 3 of a signalling point (Q.704, Q.707): composes the functional blocks, one object per network."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

from callcenter.errors import ConfigurationError, DecodeError, StateError
from callcenter.ss7.mtp2 import Mtp2Link
from callcenter.ss7.mtp3 import inhibit_fsm, lsac_fsm, tcoc_fsm
from callcenter.ss7.mtp3.codec import Label, Message
from callcenter.ss7.mtp3.config import Mtp3Config
from callcenter.ss7.mtp3.flow_control import FlowControl
from callcenter.ss7.mtp3.hmdt import Destination, Discarded, MessageDistribution
from callcenter.ss7.mtp3.indications import LinkNotice, NetworkIndication, Pause, Resume, Status, Transfer
from callcenter.ss7.mtp3.inhibiting import Inhibiting
from callcenter.ss7.mtp3.links import Change, SignallingLink
from callcenter.ss7.mtp3.management import (
    CHANGEBACK,
    CHANGEOVER,
    INHIBITION,
    Heading,
    Management,
    decode_management,
)
from callcenter.ss7.mtp3.rerouting import Rerouting
from callcenter.ss7.mtp3.restart import Restart
from callcenter.ss7.mtp3.routes import RouteManagement
from callcenter.ss7.mtp3.snm import ManagementMessages
from callcenter.ss7.mtp3.timers import Agenda
from callcenter.ss7.mtp3.tsrc import Cause, LinkSet, RouteStatus, SignallingRoutingControl, route_sets
from testrig.clock import Instant

LinkId = tuple[int, int]
"""Adjacent point and signalling link code."""

UNEQUIPPED: int = 1
"""Cause of unavailability: unequipped remote user (Q.704 15.17.5)."""

_LOCAL = {"LIA", "LID", "LUA", "LFU", "LRT"}


class Mtp3(ManagementMessages):
    """Level 3 over `links`, by adjacent point and signalling link code.

    It keeps its own timers only: whoever owns the links lets their timers expire. After anything that can
    have changed a link, call `poll`.
    """

    def __init__(self, config: Mtp3Config, links: Mapping[LinkId, Mtp2Link]) -> None:
        """Raises `ConfigurationError` for a link code out of range, a route by a point without a link set or
        a timer that is not allowed."""
        self.config = config
        self.agenda = Agenda(config.timers)
        self.hmdt = MessageDistribution(config)
        self.management: Counter[int] = Counter()
        """Signalling network management messages received, by heading octet."""
        self.inhibiting = Inhibiting(self)
        self._indications: deque[NetworkIndication] = deque()
        self.links: dict[LinkId, SignallingLink] = {}
        self.link_sets: dict[int, LinkSet] = {}
        for (adjacent, slc), level2 in sorted(links.items()):
            self._add_link(adjacent, slc, level2)
        self.tsrc = SignallingRoutingControl(
            route_sets(config.routes, self.link_sets), lambda: self.restarted
        )
        self.routes = RouteManagement(
            self.tsrc.route_sets,
            self.link_sets,
            self.agenda,
            self.tell,
            transfer=config.transfer,
            restricted=config.restricted,
        )
        self.flow_control = FlowControl(
            config.congestion_levels,
            self.agenda,
            self.tell,
            self._send_rct,
            lambda dpc, level: self._indications.append(Status(dpc, congestion=level)),
        )
        self.rerouting = Rerouting(self.tsrc, self.agenda, self)
        self.changeover = {link: tcoc_fsm.ChangeoverControl(link, self) for link in self.links.values()}
        several = config.transfer or len(self.link_sets) > 1
        self.restart = Restart(
            self,
            self.link_sets,
            transfer=config.transfer,
            procedure=several if config.restart is None else config.restart,
        )

    def _add_link(self, adjacent: int, slc: int, level2: Mtp2Link) -> None:
        self.config.check_point("adjacent", adjacent)
        if adjacent == self.config.point_code:
            raise ConfigurationError(f"adjacent: found our own point code {adjacent}")
        if not 0 <= slc <= 15:
            raise ConfigurationError(f"signalling link code: found {slc}, expected 0 to 15 (Q.704 15.2)")
        link = SignallingLink(adjacent, slc, level2, self)
        self.links[adjacent, slc] = link
        self.link_sets.setdefault(adjacent, LinkSet(adjacent)).links.append(link)

    def inhibition_outputs(self, link: SignallingLink) -> inhibit_fsm.InhibitOutputs:
        """Return what the inhibition of a link may do."""
        return self.inhibiting.outputs(link)

    # orders

    def start(self, now: Instant) -> None:
        """Activate every link."""
        for adjacent, slc in self.links:
            self.activate(adjacent, slc, now)

    def activate(self, adjacent: int, slc: int, now: Instant, emergency: bool = False) -> None:
        """Activate a link; it is restored by itself until deactivated. `emergency` asks for the emergency
        proving period. Raises `StateError` for an unknown link."""
        link = self.link(adjacent, slc)
        self.agenda.now = now
        link.emergency = emergency
        link.order(lsac_fsm.Event.ACTIVATE)
        if link.lsac.state is lsac_fsm.State.ALIGNING:
            link.level2.emergency(emergency, now)

    def deactivate(self, adjacent: int, slc: int, now: Instant) -> None:
        """Take a link out of service. Raises `StateError` for an unknown link."""
        link = self.link(adjacent, slc)
        self.agenda.now = now
        link.order(lsac_fsm.Event.DEACTIVATE)

    def inhibit(self, adjacent: int, slc: int, now: Instant) -> None:
        """Ask the other end to keep traffic off a link. Raises `StateError` when that would leave a point
        without a route, and for an unknown link; a `LinkNotice` says what the other end made of it."""
        link = self.link(adjacent, slc)
        self.agenda.now = now
        link.local.handle(inhibit_fsm.LocalEvent.INHIBIT)
        if link.local.state is inhibit_fsm.LocalState.UNINHIBITED:
            raise StateError(f"inhibit {link.name}: denied, a point would have no route left (Q.704 10.2)")

    def uninhibit(self, adjacent: int, slc: int, now: Instant) -> None:
        """Let traffic use a link again. Raises `StateError` for an unknown link."""
        link = self.link(adjacent, slc)
        self.agenda.now = now
        link.local.handle(inhibit_fsm.LocalEvent.UNINHIBIT)

    def processor_outage(self, adjacent: int, slc: int, on: bool, now: Instant) -> None:
        """Our processor is out for a link, or is back. Raises `StateError` for an unknown link."""
        link = self.link(adjacent, slc)
        self.agenda.now = now
        link.outage(on, aware=not self.tsrc.needs(link))

    def transfer(self, si: int, dpc: int, sls: int, data: bytes, now: Instant, spare: int = 0) -> None:
        """Send a message of a user part. It is discarded and counted when `dpc` cannot be reached."""
        self.agenda.now = now
        config = self.config
        label = Label(dpc, config.point_code, sls, spare)
        octets = Message(si, config.network_indicator, label, data).encode(config.variant)
        link = self.tsrc.submit(dpc, sls, octets)
        if link is not None and link.congested:
            self.flow_control.taken(link, dpc, None, 0)

    # what can be asked

    @property
    def durations(self) -> dict[str, int]:
        """Timers in force, in frames."""
        return self.agenda.durations

    @property
    def restarted(self) -> bool:
        """True while user traffic is possible at all."""
        return self.restart.over

    def link(self, adjacent: int, slc: int) -> SignallingLink:
        """Return a link. Raises `StateError` for an unknown one."""
        if (adjacent, slc) not in self.links:
            known = ", ".join(f"{point}/{code}" for point, code in self.links)
            raise StateError(f"signalling link {adjacent}/{slc}: not known; links are {known}")
        return self.links[adjacent, slc]

    def link_state(self, adjacent: int, slc: int) -> str:
        """State of a link: that of its activity, `processor outage`, or what is inhibited."""
        link = self.link(adjacent, slc)
        if link.blocked:
            return "processor outage"
        if link.in_service and link.inhibited:
            ends = [inhibit_fsm.LocalState.INHIBITED] if link.local.inhibited else []
            return "locally inhibited" if ends else "remotely inhibited"
        return link.lsac.state.value

    def available(self, adjacent: int, slc: int) -> bool:
        """True while traffic may use a link."""
        return self.link(adjacent, slc).available

    def destination_state(self, dpc: int) -> str:
        """`accessible`, `restricted`, `inaccessible`, or `unknown` for a point no route leads to."""
        routes = self.tsrc.route_sets.get(dpc)
        if routes is None:
            return "unknown"
        found = routes.current() if self.restarted else None
        if found is None:
            return "inaccessible"
        return "restricted" if found[1][0].status is RouteStatus.RESTRICTED else "accessible"

    @property
    def undeliverable(self) -> int:
        """Messages for a point that cannot be reached (Q.704 2.3.5)."""
        return self.tsrc.undeliverable

    @property
    def discarded(self) -> Discarded:
        """Received messages that were discarded, by reason."""
        return self.hmdt.discarded

    @property
    def settled(self) -> bool:
        """True while no user has yet to read an indication."""
        return not self._indications

    # stimuli

    def poll(self, now: Instant) -> None:
        """Take what the links have to say."""
        self.agenda.now = now
        for link in self.links.values():
            link.poll()

    def expire(self, now: Instant) -> None:
        """Carry out the timers whose time has come."""
        self.agenda.expire(now)

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` is next due."""
        return self.agenda.next_deadline

    def indications(self) -> list[NetworkIndication]:
        """Return what happened since the last call, in order."""
        if not self._indications:
            return []
        indications = list(self._indications)
        self._indications.clear()
        return indications

    # what the links say

    def link_changed(self, link: SignallingLink, change: Change) -> None:
        """A link became available, or is not any more: changeover, restart, rerouting, in this order."""
        links = self.link_sets[link.adjacent]
        if change is Change.AVAILABLE:
            accessible = self.tsrc.route_sets[link.adjacent].current() is not None
            self.restart.link_set_up(links, accessible=accessible)
            self.changeover[link].handle(tcoc_fsm.Event.AVAILABLE, None)
        else:
            self.changeover[link].handle(tcoc_fsm.Event[change.name], None)
            if not links.in_use:
                self._link_set_lost(links)
        self.reroute(Cause.LINK)

    def _link_set_lost(self, links: LinkSet) -> None:
        isolated = not any(each.in_use for each in self.link_sets.values())
        self.restart.link_set_down(links, isolated=isolated)
        if isolated:
            self.inhibiting.reset(self.links.values())

    def reroute(self, cause: Cause) -> None:
        """Move traffic to where it belongs now, and tell users and adjacent points what has changed."""
        self.rerouting.look(cause)
        for destination, routes in self.tsrc.route_sets.items():
            accessible = self.restarted and routes.current() is not None
            if accessible is not routes.accessible:
                routes.accessible = accessible
                self._indications.append(Resume(destination) if accessible else Pause(destination))
                if not accessible:
                    self.flow_control.lost(destination)
                    self.inhibiting.needed(routes)
        if self.restarted:
            self.routes.inform_all()

    def congestion_changed(self, link: SignallingLink) -> None:
        """A link's transmission buffer has passed a threshold."""
        self.flow_control.link_changed(link)

    def message_received(self, link: SignallingLink, octets: bytes) -> None:
        """A link delivered a message."""
        found = self.hmdt.distribute(octets)
        if found is None:
            return
        destination, message = found
        label = message.label
        if destination is Destination.USER:
            self._indications.append(
                Transfer(message.si, label.opc, label.dpc, label.sls, message.data, label.spare)
            )
        elif destination is Destination.LINK_TEST:
            link.link_test(message)
        elif destination is Destination.MANAGEMENT:
            self._management(message)
        elif destination is Destination.TRANSFER:
            self._pass_on(link, message, octets)
        else:
            self._refuse(message)

    def _pass_on(self, link: SignallingLink, message: Message, octets: bytes) -> None:
        """Transfer a message to another point (Q.704 2.4.3), which may be one that the adjacent point ought
        not to send by us (13.2.2). During our restart it is discarded and nothing said (9.6.6)."""
        if not self.restarted:
            self.tsrc.undeliverable += 1
            return
        label = message.label
        routes = self.tsrc.route_sets.get(label.dpc)
        found = routes.current() if routes else None
        if found is None:
            self.tsrc.undeliverable += 1
            self.routes.misled(label.dpc, link.adjacent)
            return
        if any(route.link_set.adjacent == link.adjacent for route in found[1]):
            self.routes.circular += 1
            self.routes.misled(label.dpc, link.adjacent)
        carrier = self.tsrc.submit(label.dpc, label.sls, octets)
        if carrier is not None and carrier.congested:
            self.flow_control.taken(carrier, label.dpc, label.opc, message.priority)

    def _refuse(self, message: Message) -> None:
        """Tell the originating point that the user part is not here (Q.704 11.2.7)."""
        answer = Management(Heading.UPU, point=self.config.point_code, user=message.si, cause=UNEQUIPPED)
        self.send_management(message.label.opc, answer, message.label.sls)

    # network management

    def _management(self, message: Message) -> None:
        self.management[message.data[0] if message.data else 0] += 1
        try:
            found = decode_management(message.data, self.config.variant)
        except DecodeError:
            self.hmdt.discarded.malformed += 1
            return
        origin, heading = message.label.opc, found.heading
        if heading in CHANGEOVER or heading in CHANGEBACK or heading in INHIBITION:
            link = self.links.get((origin, message.label.sls))
            if link is not None:
                self._about_link(link, found)
        elif heading is Heading.TFC:
            routes = self.tsrc.route_sets.get(found.point)
            if routes is not None and routes.accessible:  # else it is late news, and ignored (13.7.6)
                self.flow_control.controlled(found)
        elif heading is Heading.UPU:
            self._indications.append(Status(found.point, user=found.user, cause=found.cause))
        elif heading is Heading.RCT or origin not in self.link_sets:
            return
        elif heading is Heading.TRA:
            self.restart.traffic_restart_allowed(origin)
        elif heading in {Heading.RST, Heading.RSR}:
            if self.restarted:  # else ignored (9.6.3)
                self.routes.tested(origin, found)
        elif self.routes.heard(origin, found) and self.restarted:
            self.reroute(Cause.ROUTE)

    def _about_link(self, link: SignallingLink, message: Management) -> None:
        heading = message.heading
        if heading in CHANGEOVER:
            self.changeover[link].handle(tcoc_fsm.Event[heading.name], message)
        elif heading is Heading.CBD:
            answer = Management(Heading.CBA, code=message.code)
            self.send_management(link.adjacent, answer, link.slc)
        elif heading is Heading.CBA:
            self.rerouting.acknowledged(link, message.code)
        elif heading.name in _LOCAL:
            link.local.handle(inhibit_fsm.LocalEvent[heading.name])
        else:
            link.remote.handle(inhibit_fsm.RemoteEvent[heading.name])

    def notice(self, link: SignallingLink, what: str) -> None:
        """Tell management something of a link."""
        self._indications.append(LinkNotice(link.name, what))


__all__ = ["LinkId", "Mtp3"]

"""Messages of signalling network management of one point: whom they are for, and the way they take.

They go by any link that leads to a point, an inhibited one too (Q.704 10.1); they are no user traffic and
wait for no restart.
"""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.errors import DecodeError
from callcenter.ss7.mtp3.codec import Label, Message, Service, decode
from callcenter.ss7.mtp3.config import Mtp3Config
from callcenter.ss7.mtp3.hmdt import MessageDistribution
from callcenter.ss7.mtp3.links import SignallingLink
from callcenter.ss7.mtp3.management import CHANGEBACK, Heading, Management, decode_management
from callcenter.ss7.mtp3.tsrc import LinkSet, SignallingRoutingControl


class ManagementMessages:
    """What a signalling point sends of its own, and what comes back from a link that went down with it."""

    config: Mtp3Config
    hmdt: MessageDistribution
    link_sets: dict[int, LinkSet]
    tsrc: SignallingRoutingControl

    def tell(self, point: int, message: Management) -> None:
        """Send a message that is not about a link to a point, if there is a way."""
        self.send_management(point, message, 0)

    def send_management(self, point: int, message: Management, sls: int, priority: int = 0) -> bool:
        """Send a message of network management by any link that leads there; False without one."""
        link = self._way(point, sls)
        if link is not None:
            link.transmit(self._encoded(point, message, sls, priority))
        return link is not None

    def _encoded(self, point: int, message: Management, sls: int, priority: int = 0) -> bytes:
        config = self.config
        label = Label(point, config.point_code, sls)
        data = message.encode(config.variant)
        return Message(Service.SNM, config.network_indicator, label, data, priority).encode(config.variant)

    def _way(self, point: int, sls: int) -> SignallingLink | None:
        direct = self.link_sets.get(point)
        found = direct.for_management(sls) if direct else None
        routes = self.tsrc.route_sets.get(point)
        return found or (routes.link(sls) if routes else None)

    def _send_rct(self, point: int, priority: int) -> None:
        self.send_management(point, Management(Heading.RCT), 0, priority)

    def about_link(self, link: SignallingLink, message: Management) -> bool:
        """Send a message about a link to its other end; False when there is no path."""
        return self.send_management(link.adjacent, message, link.slc)

    def declare(self, old: SignallingLink, new: SignallingLink, code: int) -> None:
        """Send CBD by the alternative link (Q.704 6.3.3)."""
        old.transmit(self._encoded(new.adjacent, Management(Heading.CBD, code=code), new.slc))

    def leads_to(self, link: SignallingLink, point: int) -> bool:
        """Whether messages for an adjacent point get there by `link`."""
        routes = self.tsrc.route_sets[point]
        return any(link in route.link_set.links and route.usable for route in routes)

    # changeover

    def hold_link(self, link: SignallingLink, owner: object) -> bool:
        """Hold the traffic of a link; whether any of it can go elsewhere."""
        flows = self.tsrc.carried_by(link)
        self.tsrc.hold(flows, owner)
        return any(self.tsrc.target(flow) is not None for flow in flows)

    def put_back(self, owner: object, messages: Sequence[bytes]) -> None:
        """Route messages retrieved from a link; tests and what concerned the link are of the past."""
        flows: dict[tuple[int, int], list[bytes]] = {}
        for octets in messages:
            try:
                message = decode(octets, self.config.variant)
            except DecodeError:
                self.hmdt.discarded.malformed += 1
                continue
            label = message.label
            own = label.opc == self.config.point_code
            if message.si in {Service.SLT, Service.SLT_SPECIAL} and own:
                continue
            if message.si == Service.SNM and own:
                self._repeat(message)
                continue
            flows.setdefault((label.dpc, label.sls), []).append(octets)
        for (destination, sls), found in flows.items():
            self.tsrc.put_back(owner, destination, sls, found)

    def _repeat(self, message: Message) -> None:
        """Send a message of ours that a link took down with it by another one. Changeback over that link is
        given up with it; changeover of other links goes on. What we passed on for somebody who used our point
        code need not be a message at all."""
        try:
            found = decode_management(message.data, self.config.variant)
        except DecodeError:
            self.hmdt.discarded.malformed += 1
            return
        if found.heading not in CHANGEBACK:
            self.send_management(message.label.dpc, found, message.label.sls, message.priority)

    def release(self, owner: object) -> None:
        """Let held traffic go."""
        self.tsrc.release(owner)

"""Signalling routing control (Q.704 block TSRC): destinations, their routes, and what carries their traffic.

A flow is the messages for one destination with one signalling link selection; they keep their order. A flow
is carried by one link, or held in the buffer of the procedure that is moving it (changeover, changeback,
controlled rerouting). Forced rerouting moves a flow at once (Q.704 7.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from callcenter.errors import ConfigurationError
from callcenter.ss7.mtp3.config import RouteConfig
from callcenter.ss7.mtp3.hmrt import SELECTIONS, ordered, split
from callcenter.ss7.mtp3.links import SignallingLink


class RouteStatus(Enum):
    """What the adjacent point of a route says of it (Q.704 3.4)."""

    ALLOWED = "allowed"
    RESTRICTED = "restricted"
    PROHIBITED = "prohibited"


class Cause(Enum):
    """Why routing is looked at again."""

    LINK = "a link became available or is not any more"
    ROUTE = "a route became available, restricted or prohibited"


@dataclass(slots=True)
class LinkSet:
    """The links to one adjacent point."""

    adjacent: int
    links: list[SignallingLink] = field(default_factory=list)
    ready: bool = False
    """The adjacent point has restarted: its link set may carry user traffic (Q.704 9.3)."""

    @property
    def available(self) -> bool:
        """True while at least one link is."""
        return any(link.available for link in self.links)

    @property
    def in_use(self) -> bool:
        """True while at least one link is in service and not blocked, inhibited or not."""
        return any(link.in_service and not link.blocked for link in self.links)

    def carrier(self, selector: int) -> SignallingLink | None:
        """Return the available link that `selector` prefers."""
        return next((link for link in ordered(self.links, selector) if link.available), None)

    def for_management(self, selector: int) -> SignallingLink | None:
        """Return a link for messages of network management, which an inhibited link carries too (10.1)."""
        found = self.carrier(selector)
        usable = (link for link in ordered(self.links, selector) if link.in_service and not link.blocked)
        return found or next(usable, None)


@dataclass(slots=True, eq=False)
class Route:
    """A destination by one link set."""

    destination: int
    link_set: LinkSet
    status: RouteStatus = RouteStatus.ALLOWED

    @property
    def usable(self) -> bool:
        """True while traffic may take it."""
        links = self.link_set
        return links.ready and links.available and self.status is not RouteStatus.PROHIBITED


@dataclass(slots=True)
class RouteSet:
    """All routes to a destination: groups of equal priority, the first group preferred."""

    destination: int
    groups: list[list[Route]]
    accessible: bool = False

    def __iter__(self) -> Iterator[Route]:
        for group in self.groups:
            yield from group

    def current(self) -> tuple[list[Route], list[Route]] | None:
        """Return the group that traffic takes, and those of its routes that it takes; None without any. An
        allowed route of lower priority goes before a restricted one (Q.704 8.2, 13.4)."""
        for status in (RouteStatus.ALLOWED, RouteStatus.RESTRICTED):
            for group in self.groups:
                routes = [route for route in group if route.usable and route.status is status]
                if routes:
                    return group, routes
        return None

    def link(self, sls: int) -> SignallingLink | None:
        """Return the link that is to carry a selection."""
        found = self.current()
        if found is None:
            return None
        group, routes = found
        place, selector = split(sls, len(group))
        for route in ordered(group, place):
            if route in routes:
                return route.link_set.carrier(selector)
        return None


def route_sets(configs: Iterable[RouteConfig], link_sets: Mapping[int, LinkSet]) -> list[RouteSet]:
    """Return the routes to every adjacent point and to those of `configs`. Raises `ConfigurationError`."""
    groups: dict[int, list[list[Route]]] = {
        point: [[Route(point, links)]] for point, links in link_sets.items()
    }
    for config in configs:
        mine = groups.setdefault(config.destination, [])
        for via in config.via:
            for adjacent in via:
                if adjacent not in link_sets:
                    raise ConfigurationError(
                        f"routes: to {config.destination}: found {adjacent}, which has no link set"
                    )
            routes = [
                Route(config.destination, link_sets[each]) for each in via if each != config.destination
            ]
            if routes:
                mine.append(routes)
    return [RouteSet(destination, found) for destination, found in groups.items()]


@dataclass(slots=True, eq=False)
class Flow:
    """Messages that keep their order."""

    destination: int
    sls: int
    link: SignallingLink | None = None
    owner: object | None = None
    """The procedure that holds it."""
    held: list[bytes] = field(default_factory=list)


class SignallingRoutingControl:
    """Destinations, routes and flows of one signalling point."""

    def __init__(self, route_sets: Iterable[RouteSet], open_: Callable[[], bool]) -> None:
        """`open_` tells whether the point has restarted."""
        self.route_sets = {each.destination: each for each in route_sets}
        self.flows = {
            (destination, sls): Flow(destination, sls)
            for destination in self.route_sets
            for sls in range(SELECTIONS)
        }
        self.undeliverable = 0
        """Messages for a point that cannot be reached, or is not known (Q.704 2.3.5)."""
        self._open = open_

    # messages

    def submit(self, destination: int, sls: int, octets: bytes) -> SignallingLink | None:
        """Send a message, or keep it in order with what is held. Return its link, if it has one now."""
        flow = self.flows.get((destination, sls))
        if flow is None:
            self.undeliverable += 1
            return None
        if flow.owner is not None:
            flow.held.append(octets)
        elif flow.link is None:
            self.undeliverable += 1
        else:
            flow.link.transmit(octets)
            return flow.link
        return None

    def put_back(self, owner: object, destination: int, sls: int, messages: Sequence[bytes]) -> None:
        """Give back messages that were retrieved from a link: before what is held of their flow."""
        flow = self.flows.get((destination, sls))
        if flow is None:
            self.undeliverable += len(messages)
        elif flow.owner is not None:
            flow.held[:0] = messages
        else:
            for octets in messages:
                self.submit(destination, sls, octets)

    # procedures

    def target(self, flow: Flow) -> SignallingLink | None:
        """Return the link that is to carry a flow now."""
        return self.route_sets[flow.destination].link(flow.sls) if self._open() else None

    def carried_by(self, link: SignallingLink) -> list[Flow]:
        """Return the flows that a link carries or carried before they were held."""
        return [flow for flow in self.flows.values() if flow.link is link]

    def hold(self, flows: Iterable[Flow], owner: object) -> None:
        """Keep the messages of `flows` until `owner` releases them."""
        for flow in flows:
            flow.owner = owner

    def release(self, owner: object) -> None:
        """Let the flows that `owner` holds go where they belong now, first what was held."""
        for flow in self.flows.values():
            if flow.owner is owner:
                flow.owner = None
                flow.link = self.target(flow)
                held, flow.held = flow.held, []
                for octets in held:
                    self.submit(flow.destination, flow.sls, octets)

    def strayed(self) -> list[tuple[Flow, SignallingLink | None]]:
        """Return the flows that nobody holds and that belong on another link, with that link."""
        found = []
        for flow in self.flows.values():
            if flow.owner is None:
                target = self.target(flow)
                if target is not flow.link:
                    found.append((flow, target))
        return found

    def forced(self, flow: Flow) -> bool:
        """Whether the flow's present route is of no use any more, so that nothing is gained by waiting."""
        link = flow.link
        if link is None or not link.available:
            return True
        return not any(
            route.usable and link in route.link_set.links for route in self.route_sets[flow.destination]
        )

    def needs(self, link: SignallingLink) -> bool:
        """Whether a destination that can be reached could not be without `link`."""
        for routes in self.route_sets.values():
            ways = [each for route in routes if route.usable for each in route.link_set.links]
            if link in ways and not any(each.available and each is not link for each in ways):
                return True
        return False

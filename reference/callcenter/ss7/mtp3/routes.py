"""Signalling route management (Q.704 13, blocks RTPC, RTRC, RTAC, RSRT): what adjacent points say of routes
by them, and what we, with transfer function, say of routes by us.

What an adjacent point has heard of a destination is kept, and it hears what has changed: TFP before traffic
goes by that point itself (13.2.2 i) and when there is no route left (ii), TFR when only a restricted one is,
TFA when the route is good again (13.3.2). Answers to messages for a destination that cannot be reached keep a
distance of T8 (13.2.2 iii).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from callcenter.ss7.mtp3.management import Heading, Management
from callcenter.ss7.mtp3.rsrt_fsm import Event, RouteSetTestControl
from callcenter.ss7.mtp3.timers import Agenda
from callcenter.ss7.mtp3.tsrc import LinkSet, Route, RouteSet, RouteStatus

_STATUS: Final = {
    Heading.TFP: RouteStatus.PROHIBITED,
    Heading.TFR: RouteStatus.RESTRICTED,
    Heading.TFA: RouteStatus.ALLOWED,
}
_HEADING: Final = {status: heading for heading, status in _STATUS.items()}


class Prohibition:
    """The distance between answers that a destination cannot be reached, for one adjacent point (T8)."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    def begin(self) -> bool:
        """Whether an answer may go now; from then on none for T8."""
        if self._agenda.running("T8", self):
            return False
        self._agenda.start("T8", self)
        return True

    def expired(self, name: str) -> None:
        """The next message is answered again."""


class RouteManagement:
    """Routes of one signalling point."""

    def __init__(
        self,
        route_sets: Mapping[int, RouteSet],
        link_sets: Mapping[int, LinkSet],
        agenda: Agenda,
        send: Callable[[int, Management], None],
        *,
        transfer: bool,
        restricted: bool,
    ) -> None:
        """`send` sends a message to an adjacent point."""
        self._route_sets = route_sets
        self._link_sets = link_sets
        self._agenda = agenda
        self._send = send
        self._transfer = transfer
        self._restricted = restricted
        self._told: dict[tuple[int, int], RouteStatus] = {}
        self._answers: dict[tuple[int, int], Prohibition] = {}
        self.tests: dict[Route, RouteSetTestControl] = {}
        self.circular = 0
        """Messages that came from the point they would go back to."""
        for routes in route_sets.values():
            for route in routes:
                self.tests[route] = self._test(route)

    def _test(self, route: Route) -> RouteSetTestControl:
        adjacent, destination = route.link_set.adjacent, route.destination
        return RouteSetTestControl(
            f"{destination} by {adjacent}",
            self._agenda,
            lambda heading: self._send(adjacent, Management(heading, point=destination)),
        )

    # what adjacent points say

    def heard(self, adjacent: int, message: Management) -> bool:
        """TFP, TFR or TFA of an adjacent point; whether it changes a route."""
        if message.heading is Heading.TFR and not self._restricted:
            return False
        route = self._route(message.point, adjacent)
        if route is None or adjacent == message.point:
            return False
        status = _STATUS[message.heading]
        self.tests[route].handle(Event[message.heading.name])
        if route.status is status:
            return False
        route.status = status
        return True

    def _route(self, destination: int, adjacent: int) -> Route | None:
        routes: Iterable[Route] = self._route_sets.get(destination, ())
        return next((route for route in routes if route.link_set.adjacent == adjacent), None)

    def forget(self, adjacent: int) -> None:
        """A link set is new: what its point said, and what we told it, is of the past (Q.704 9.3)."""
        for route, test in self.tests.items():
            if route.link_set.adjacent == adjacent:
                route.status = RouteStatus.ALLOWED
                test.handle(Event.STOP)
        self._forget_told(adjacent)

    def _forget_told(self, adjacent: int) -> None:
        for key in [key for key in self._told if key[1] == adjacent]:
            del self._told[key]

    # what we say

    def status(self, destination: int, adjacent: int) -> RouteStatus:
        """Return what the route to `destination` by us is worth to an adjacent point."""
        routes = self._route_sets.get(destination)
        found = routes.current() if routes else None
        if found is None or any(route.link_set.adjacent == adjacent for route in found[1]):
            return RouteStatus.PROHIBITED
        if self._restricted and found[1][0].status is RouteStatus.RESTRICTED:
            return RouteStatus.RESTRICTED
        return RouteStatus.ALLOWED

    def inform(self, adjacent: int) -> None:
        """Tell an adjacent point what has changed for it."""
        if not self._transfer or not self._link_sets[adjacent].available:
            return
        for destination in self._route_sets:
            if destination == adjacent:
                continue
            status = self.status(destination, adjacent)
            if self._told.get((destination, adjacent), RouteStatus.ALLOWED) is not status:
                self._told[destination, adjacent] = status
                self._send(adjacent, Management(_HEADING[status], point=destination))
                if status is RouteStatus.PROHIBITED:
                    self._answer(destination, adjacent).begin()

    def remind(self, adjacent: int) -> None:
        """Tell an adjacent point again what it must not send to us: it has forgotten (9.5)."""
        self._forget_told(adjacent)
        self.inform(adjacent)

    def inform_all(self) -> None:
        """Tell every adjacent point what has changed for it."""
        for adjacent in self._link_sets:
            self.inform(adjacent)

    def tested(self, adjacent: int, message: Management) -> None:
        """RST or RSR of an adjacent point: answered when things are not as it thinks (13.5.4)."""
        if not self._transfer or message.point not in self._route_sets or message.point == adjacent:
            return
        believed = RouteStatus.PROHIBITED if message.heading is Heading.RST else RouteStatus.RESTRICTED
        status = self.status(message.point, adjacent)
        if status is not believed:
            self._told[message.point, adjacent] = status
            self._send(adjacent, Management(_HEADING[status], point=message.point))

    def misled(self, destination: int, adjacent: int) -> None:
        """A message for `destination` came from an adjacent point that should not have sent it to us."""
        if destination not in self._route_sets or adjacent == destination:
            return
        if self._answer(destination, adjacent).begin():
            self._told[destination, adjacent] = RouteStatus.PROHIBITED
            self._send(adjacent, Management(Heading.TFP, point=destination))

    def _answer(self, destination: int, adjacent: int) -> Prohibition:
        return self._answers.setdefault((destination, adjacent), Prohibition(self._agenda))

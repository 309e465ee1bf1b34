"""Management inhibiting of all links of a point (Q.704 10): what each link's machines may do, and need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from callcenter.ss7.mtp3.inhibit_fsm import InhibitOutputs, LocalEvent, RemoteEvent
from callcenter.ss7.mtp3.links import SignallingLink
from callcenter.ss7.mtp3.management import Heading, Management
from callcenter.ss7.mtp3.timers import Agenda
from callcenter.ss7.mtp3.tsrc import RouteSet, SignallingRoutingControl


class InhibitingUser(Protocol):
    """What inhibiting needs of level 3."""

    agenda: Agenda
    tsrc: SignallingRoutingControl

    def about_link(self, link: SignallingLink, message: Management) -> bool: ...
    def notice(self, link: SignallingLink, what: str) -> None: ...


class Inhibiting:
    """Inhibited links and the destinations that cannot do without them."""

    def __init__(self, user: InhibitingUser) -> None:
        self._user = user

    def outputs(self, link: SignallingLink) -> InhibitOutputs:
        """Return what the inhibition of a link may do."""
        user = self._user

        def send(heading: Heading) -> None:
            user.about_link(link, Management(heading))

        def told(what: str) -> None:
            user.notice(link, what)

        def permitted() -> bool:
            return not user.tsrc.needs(link)

        def abandoned() -> None:
            self._abandoned(link)

        return InhibitOutputs(user.agenda, send, permitted, link.report, abandoned, told)

    def needed(self, routes: RouteSet, after: SignallingLink | None = None) -> None:
        """A destination is lost: inhibited links to it are taken back one by one, until one is (10.3.2).
        `after` is the one that could not be."""
        links = [link for route in routes for link in route.link_set.links]
        for link in links if after is None else links[links.index(after) + 1 :]:
            if link.in_service and not link.blocked and link.inhibited:
                link.local.handle(LocalEvent.NEEDED)
                link.remote.handle(RemoteEvent.NEEDED)
                return

    def _abandoned(self, link: SignallingLink) -> None:
        """A link stays inhibited: destinations that are lost try their next one."""
        for routes in self._user.tsrc.route_sets.values():
            if not routes.accessible and any(link in route.link_set.links for route in routes):
                self.needed(routes, link)

    @staticmethod
    def reset(links: Iterable[SignallingLink]) -> None:
        """An isolated point restarts with no link inhibited (Q.704 9.2: unverified)."""
        for link in links:
            link.local.handle(LocalEvent.RESET)
            link.remote.handle(RemoteEvent.RESET)

"""Restart of our own signalling point and of adjacent ones (Q.704 9): what link sets and TRA do to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from callcenter.ss7.mtp3 import tprc_fsm
from callcenter.ss7.mtp3.management import Heading, Management
from callcenter.ss7.mtp3.routes import RouteManagement
from callcenter.ss7.mtp3.timers import Agenda
from callcenter.ss7.mtp3.tsrc import Cause, LinkSet


class RestartUser(Protocol):
    """What the restart needs of level 3."""

    agenda: Agenda
    routes: RouteManagement

    def tell(self, point: int, message: Management) -> None: ...
    def reroute(self, cause: Cause) -> None: ...


class Restart:
    """The restart of one signalling point, and of those adjacent to it."""

    def __init__(
        self, user: RestartUser, link_sets: Mapping[int, LinkSet], *, transfer: bool, procedure: bool
    ) -> None:
        """`procedure` False: there is nothing to wait for."""
        self._user = user
        self._link_sets = link_sets
        self._procedure = procedure
        outputs = tprc_fsm.RestartOutputs(
            user.agenda, transfer, procedure, user.routes.inform_all, self._traffic_restarts
        )
        self._own = tprc_fsm.SignallingPointRestartControl(outputs)
        self._adjacent = {point: self._control(point) for point in link_sets}
        self._announced: set[int] = set()
        """Adjacent points that said TRA while we restart."""

    @property
    def over(self) -> bool:
        """True while user traffic is possible at all."""
        return self._own.state is tprc_fsm.State.AVAILABLE

    def _control(self, point: int) -> tprc_fsm.AdjacentRestartControl:
        user = self._user

        def send_tra() -> None:
            user.tell(point, Management(Heading.TRA))

        def inform() -> None:
            if self.over:
                user.routes.inform(point)

        def remind() -> None:
            if self.over:
                user.routes.remind(point)

        def settled() -> None:
            self._settled(self._link_sets[point])

        outputs = tprc_fsm.AdjacentOutputs(user.agenda, inform, remind, send_tra, settled)
        return tprc_fsm.AdjacentRestartControl(point, outputs)

    def link_set_up(self, links: LinkSet, *, accessible: bool) -> None:
        """A link of a set has become available; `accessible`: its point could be reached before."""
        adjacent = self._adjacent[links.adjacent]
        if adjacent.known:
            return
        self._user.routes.forget(links.adjacent)
        if self.over:
            known = accessible or not self._procedure
            adjacent.handle(tprc_fsm.AdjacentEvent.UP_ACCESSIBLE if known else tprc_fsm.AdjacentEvent.UP)
        else:
            adjacent.handle(tprc_fsm.AdjacentEvent.UP_ACCESSIBLE)
            self._own.handle(tprc_fsm.Event.LINK)
        links.ready = adjacent.ready_for_traffic
        self._own.settle()

    def link_set_down(self, links: LinkSet, *, isolated: bool) -> None:
        """A set has no link left; `isolated`: no other has one either."""
        self._adjacent[links.adjacent].handle(tprc_fsm.AdjacentEvent.DOWN)
        links.ready = False
        self._user.routes.forget(links.adjacent)
        self._announced.discard(links.adjacent)
        if isolated:
            self._own.handle(tprc_fsm.Event.ISOLATION)

    def _traffic_restarts(self) -> None:
        """Our restart is over: every adjacent point hears TRA, users hear what they can reach."""
        for point, links in self._link_sets.items():
            if links.available:
                self._user.tell(point, Management(Heading.TRA))
                self._adjacent[point].announced()
        self._announced.clear()
        self._user.reroute(Cause.ROUTE)

    def traffic_restart_allowed(self, point: int) -> None:
        """TRA of an adjacent point."""
        if not self.over:
            self._announced.add(point)
            awaited = {each.adjacent for each in self._link_sets.values() if each.available}
            if awaited <= self._announced:
                self._own.handle(tprc_fsm.Event.ALL_READY)
                self._own.settle()
            return
        self._adjacent[point].handle(tprc_fsm.AdjacentEvent.TRA)
        self._settled(self._link_sets[point])

    def _settled(self, links: LinkSet) -> None:
        """The restart of an adjacent point may be over."""
        ready = self._adjacent[links.adjacent].ready_for_traffic
        if ready is not links.ready:
            links.ready = ready
            self._user.reroute(Cause.ROUTE)

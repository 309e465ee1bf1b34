"""Trunk groups and the selection of a circuit in them (E.171, Q.764 2.9.1: unverified).

A circuit is free for hunting when signalling says it is idle, its span is in service and nobody holds a
lease on it. The lease covers the time between selection and the first word from signalling.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

from callcenter.calls.leases import Leases
from callcenter.calls.primitives import Leg
from callcenter.config import Circuit, Hunting
from testrig.clock import SECOND, Instant

LEASE: Final = 10 * SECOND
"""Signalling takes a selected circuit within the block; the lease only has to outlive a fault."""


class TrunkGroup:
    """The circuits of one group in hunting order."""

    def __init__(self, name: str, hunting: Hunting, circuits: Sequence[Circuit]) -> None:
        self.name = name
        self.hunting = hunting
        self._order: OrderedDict[Leg, None] = OrderedDict((Leg(name, each.cic), None) for each in circuits)

    def candidates(self) -> Iterator[Leg]:
        """Yield the circuits, the one to try first first."""
        yield from self._order

    def used(self, leg: Leg) -> None:
        """`leg` was selected: cyclic hunting goes on behind it next time."""
        if self.hunting == "cyclic":
            while next(iter(self._order)) != leg:
                self._order.move_to_end(next(iter(self._order)))
            self._order.move_to_end(leg)

    def freed(self, leg: Leg) -> None:
        """`leg` has become idle: the longest idle circuit is the one freed longest ago."""
        if self.hunting == "longest idle" and leg in self._order:
            self._order.move_to_end(leg)


class Trunks:
    """All circuits: where they are, which are out of service, and who hunts them."""

    def __init__(self, groups: Iterable[TrunkGroup], circuits: Iterable[Circuit]) -> None:
        self.groups = {group.name: group for group in groups}
        self.circuits = {Leg(each.group, each.cic): each for each in circuits}
        self.idle: Callable[[Leg], bool] = lambda leg: True
        """Whether signalling says that a circuit may be seized."""
        self._leases: Leases[Leg, int] = Leases()
        self._down: set[int] = set()

    def hunt(self, group: str, call: int, now: Instant, *, without: Collection[Leg] = ()) -> Leg | None:
        """Select a circuit for `call` and lease it, or return None when there is none."""
        for leg in self.groups[group].candidates():
            if leg not in without and leg not in self._leases and self.in_service(leg) and self.idle(leg):
                self.groups[group].used(leg)
                self._leases.take(leg, call, now + LEASE)
                return leg
        return None

    def settle(self, leg: Leg) -> None:
        """Signalling has the circuit in hand, or has refused it: the lease is over."""
        self._leases.give_back(leg)

    def freed(self, leg: Leg) -> None:
        """The circuit is idle again."""
        self._leases.give_back(leg)
        self.groups[leg.group].freed(leg)

    def in_service(self, leg: Leg) -> bool:
        """Whether the circuit's span is in service."""
        return self.circuits[leg].span not in self._down

    def span_in_service(self, span: int) -> bool:
        """Whether a span is in service."""
        return span not in self._down

    def set_span(self, span: int, *, in_service: bool) -> bool:
        """Take a span out of service or back in; returns whether that changed anything."""
        if (span not in self._down) == in_service:
            return False
        (self._down.discard if in_service else self._down.add)(span)
        return True

    @property
    def next_deadline(self) -> Instant | None:
        """When the first lease ends."""
        return self._leases.next_deadline

    def expire(self, now: Instant) -> list[Leg]:
        """End leases that are over and return their circuits."""
        return [leg for leg, _ in self._leases.expired(now)]

"""Reservations that cannot leak: a lease is held by somebody and ends by itself."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from callcenter.errors import StateError
from callcenter.timers import Timers
from testrig.clock import Instant

Thing = TypeVar("Thing", bound=Hashable)
Holder = TypeVar("Holder")


class Leases(Generic[Thing, Holder]):
    """Who holds which thing, and until when."""

    __slots__ = ("_holders", "_timers")

    def __init__(self) -> None:
        self._holders: dict[Thing, Holder] = {}
        self._timers: Timers[Thing] = Timers()

    def __contains__(self, thing: Thing) -> bool:
        return thing in self._holders

    def __len__(self) -> int:
        return len(self._holders)

    def take(self, thing: Thing, holder: Holder, until: Instant) -> None:
        """Let `holder` have `thing` until instant `until`; raises `StateError` when it is taken."""
        if thing in self._holders:
            raise StateError(f"lease of {thing} for {holder}: {self._holders[thing]} has it")
        self._holders[thing] = holder
        self._timers.start(thing, until)

    def holder(self, thing: Thing) -> Holder | None:
        """Who holds `thing`, or None."""
        return self._holders.get(thing)

    def give_back(self, thing: Thing) -> Holder | None:
        """End the lease of `thing` and return who held it; None when nobody did."""
        self._timers.stop(thing)
        return self._holders.pop(thing, None)

    @property
    def next_deadline(self) -> Instant | None:
        """When the first lease ends."""
        return self._timers.next_deadline

    def expired(self, now: Instant) -> list[tuple[Thing, Holder]]:
        """End and return the leases whose time is over, earliest first."""
        return [(thing, self._holders.pop(thing)) for thing in self._timers.expired(now)]

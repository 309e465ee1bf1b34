"""Transceivers for continuity checks: voice ports that send the check tone and listen for it (Q.724 7.3)."""

from __future__ import annotations

from callcenter.calls.bus import Bus
from callcenter.calls.primitives import Leg


class Transceivers:
    """The checks under way."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._ports: dict[Leg, int] = {}
        self._legs: dict[int, Leg] = {}

    def free(self) -> bool:
        """Whether a check can begin now."""
        return self._bus.free_ports > 0

    def connect(self, leg: Leg) -> None:
        """Send the tone on `leg` and listen for it; without a free port the check fails."""
        port = self._bus.check(leg)
        if port is not None:
            self._ports[leg] = port
            self._legs[port] = leg

    def remove(self, leg: Leg) -> None:
        """The check of `leg` is over."""
        port = self._ports.pop(leg, None)
        if port is not None:
            del self._legs[port]
            self._bus.checked(port, leg)

    def leg_of(self, port: int) -> Leg | None:
        """The circuit that is checked with `port`."""
        return self._legs.get(port)

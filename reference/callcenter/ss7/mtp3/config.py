"""Configuration of level 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from callcenter.errors import ConfigurationError
from callcenter.ss7.mtp3.codec import POINT_CODE_BITS, Service
from testrig.system import Variant


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """The ways to a destination beside its own link set."""

    destination: int
    via: tuple[tuple[int, ...], ...]
    """Adjacent points in order of priority; those of one priority are a combined link set and share the
    load (Q.704 2.3.4)."""


@dataclass(frozen=True, slots=True)
class Mtp3Config:
    """One signalling point in one network. Raises `ConfigurationError` for values the label cannot carry."""

    variant: Variant
    point_code: int
    network_indicator: int
    routes: tuple[RouteConfig, ...] = ()
    transfer: bool = False
    """Messages for other points are passed on: this is a signalling transfer point."""
    restart: bool | None = None
    """The restart procedure is used (Q.704 9). None: it is where there is something to wait for: transfer
    function, or more than one adjacent point."""
    congestion_levels: int = 0
    """0: the international method, where a route set is congested or not (Q.704 11.2.3); 1 to 3: levels of
    congestion status of the national option with priorities (11.2.4)."""
    restricted: bool = True
    """Transfer-restricted messages are sent and taken, a national option (Q.704 13.4)."""
    timers: Mapping[str, int] = field(default_factory=dict)
    """Overrides in frames by name: `T17`, `SLT T1`, `SLT T2`."""
    users: frozenset[int] = frozenset({Service.ISUP})
    """Service indicators of the user parts that are equipped."""
    test_pattern: bytes = b"CALLCENTRE"
    """Pattern of our SLTM: 1 to 15 octets (Q.707 5.3)."""

    def __post_init__(self) -> None:
        if self.variant not in POINT_CODE_BITS:
            raise ConfigurationError(
                f"variant: found {self.variant!r}, expected one of {', '.join(POINT_CODE_BITS)}"
            )
        self.check_point("point_code", self.point_code)
        for route in self.routes:
            self.check_point("routes", route.destination)
            if route.destination == self.point_code:
                raise ConfigurationError(f"routes: found our own point code {route.destination}")
            ways = [adjacent for group in route.via for adjacent in group]
            if not ways or len(set(ways)) != len(ways):
                raise ConfigurationError(
                    f"routes: to {route.destination}: found {route.via}, expected each adjacent point once"
                )
        if not 0 <= self.network_indicator <= 3:
            raise ConfigurationError(f"network_indicator: found {self.network_indicator}, expected 0 to 3")
        if not 0 <= self.congestion_levels <= 3:
            raise ConfigurationError(f"congestion_levels: found {self.congestion_levels}, expected 0 to 3")
        if not 1 <= len(self.test_pattern) <= 15:
            raise ConfigurationError(
                f"test_pattern: found {len(self.test_pattern)} octets, expected 1 to 15 (Q.707 5.3)"
            )

    def check_point(self, name: str, value: int) -> None:
        """Raise `ConfigurationError` for a point code the label cannot carry."""
        limit = 1 << POINT_CODE_BITS[self.variant]
        if not 0 <= value < limit:
            raise ConfigurationError(f"{name}: found {value}, expected 0 to {limit - 1}")

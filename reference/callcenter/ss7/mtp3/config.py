"""Configuration of level 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from callcenter.errors import ConfigurationError
from callcenter.ss7.mtp3.codec import POINT_CODE_BITS, Service
from testrig.system import Variant


@dataclass(frozen=True, slots=True)
class Mtp3Config:
    """One signalling point with one link set to one adjacent point.

    Raises `ConfigurationError` for values the label cannot carry.
    """

    variant: Variant
    point_code: int
    adjacent: int
    network_indicator: int
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
        limit = 1 << POINT_CODE_BITS[self.variant]
        for name, value in (("point_code", self.point_code), ("adjacent", self.adjacent)):
            if not 0 <= value < limit:
                raise ConfigurationError(f"{name}: found {value}, expected 0 to {limit - 1}")
        if self.point_code == self.adjacent:
            raise ConfigurationError(f"adjacent: found our own point code {self.adjacent}")
        if not 0 <= self.network_indicator <= 3:
            raise ConfigurationError(f"network_indicator: found {self.network_indicator}, expected 0 to 3")
        if not 1 <= len(self.test_pattern) <= 15:
            raise ConfigurationError(
                f"test_pattern: found {len(self.test_pattern)} octets, expected 1 to 15 (Q.707 5.3)"
            )

"""What a signalling gateway process knows of its application servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from callcenter.timers import TimerSpec
from testrig.clock import SECOND

Mode = Literal["override", "loadshare", "broadcast"]
MODES: Final[dict[Mode, int]] = {"override": 1, "loadshare": 2, "broadcast": 3}
"""Traffic mode types (RFC 4666 3.7.1)."""

TIMERS: Final = {
    "T(r)": TimerSpec(
        "T(r)",
        2 * SECOND,
        1,
        60 * SECOND,
        "RFC 4666 4.3.2",
        "an AS without active ASP is waited for, its messages kept (the RFC leaves the value open)",
    ),
}


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """An application server: its routing key is the service and a range of circuits of our point code."""

    name: str
    routing_context: int
    services: tuple[int, ...]
    mode: Mode = "override"
    first_circuit: int = 0
    last_circuit: int = 4095
    minimum: int = 1
    """ASPs an AS needs to carry its load (3.8.2, insufficient resources)."""
    destinations: tuple[str, ...] = ()
    """Points it may send to, by name; empty: all (screening, requirement P-08)."""


@dataclass(frozen=True, slots=True)
class SgpConfig:
    """A signalling gateway process in one network."""

    point_code: int
    network_indicator: int
    servers: tuple[ServerConfig, ...]
    destinations: dict[str, int]
    network_appearance: int | None = None
    registration: bool = False
    recovery: int = 2 * SECOND
    """T(r) in frames."""
    kept: int = 1000
    """Messages kept for an AS that is pending."""

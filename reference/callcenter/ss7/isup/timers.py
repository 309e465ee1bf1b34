"""The timers of the ISDN user part (Q.764 annex A, table A.1): `TIMERS`, and why others do not run: `ABSENT`.

`ACC` has no number there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.errors import ConfigurationError
from callcenter.timers import TimerSpec
from testrig.clock import MINUTE, SECOND


def _repeat(name: str, message: str, answer: str, clause: str) -> TimerSpec:
    meaning = f"{message} sent, {answer} not received: {message} is repeated"
    return TimerSpec(name, 15 * SECOND, 15 * SECOND, 60 * SECOND, clause, meaning)


def _alert(name: str, message: str, answer: str, clause: str) -> TimerSpec:
    meaning = f"first {message} sent, {answer} not received: maintenance is alerted, {message} goes on"
    return TimerSpec(name, 5 * MINUTE, 5 * MINUTE, 15 * MINUTE, clause, meaning)


_ALL: Final = (
    _repeat("T1", "REL", "RLC", "Q.764 2.9.6"),
    TimerSpec("T2", 3 * MINUTE, 3 * MINUTE, 3 * MINUTE, "Q.733.4", "SUS (user) received, RES not: release"),
    TimerSpec(
        "T4",
        5 * MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        "Q.764 2.13",
        "UPT sent, nothing received: UPT is repeated",
    ),
    TimerSpec(
        "T5",
        5 * MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        "Q.764 2.9.6",
        "first REL sent, RLC not received: RSC, maintenance is alerted",
    ),
    TimerSpec(
        "T6",
        30 * SECOND,
        10 * SECOND,
        3 * MINUTE,
        "Q.764 2.4, range Q.118: unverified",
        "SUS (network) received, RES not: release",
    ),
    TimerSpec("T7", 25 * SECOND, 20 * SECOND, 30 * SECOND, "Q.764 2.1", "IAM sent, no ACM or CON: release"),
    TimerSpec("T8", 12 * SECOND, 10 * SECOND, 15 * SECOND, "Q.764 2.1.8", "COT expected: release"),
    TimerSpec(
        "T9",
        3 * MINUTE,
        90 * SECOND,
        3 * MINUTE,
        "Q.764 2.1.4, range Q.118: unverified",
        "ACM received, no answer: release",
    ),
    TimerSpec("T10", 5 * SECOND, 4 * SECOND, 6 * SECOND, "Q.764 2.1", "last digit received: number complete"),
    _repeat("T12", "BLO", "BLA", "Q.764 2.9.4"),
    _alert("T13", "BLO", "BLA", "Q.764 2.9.4"),
    _repeat("T14", "UBL", "UBA", "Q.764 2.9.4"),
    _alert("T15", "UBL", "UBA", "Q.764 2.9.4"),
    _repeat("T16", "RSC", "RLC", "Q.764 2.9.3.1"),
    _alert("T17", "RSC", "RLC", "Q.764 2.9.3.1"),
    _repeat("T18", "CGB", "CGBA", "Q.764 2.9.4"),
    _alert("T19", "CGB", "CGBA", "Q.764 2.9.4"),
    _repeat("T20", "CGU", "CGUA", "Q.764 2.9.4"),
    _alert("T21", "CGU", "CGUA", "Q.764 2.9.4"),
    _repeat("T22", "GRS", "GRA", "Q.764 2.9.3.2"),
    _alert("T23", "GRS", "GRA", "Q.764 2.9.3.2"),
    TimerSpec(
        "T24",
        2 * SECOND - SECOND // 10,
        SECOND // 2,
        2 * SECOND,
        "Q.764 2.1.8, table A.1: up to 2 s; the lower limit is ours",
        "check tone sent, not received: the check has failed",
    ),
    TimerSpec("T25", 5 * SECOND, SECOND, 10 * SECOND, "Q.764 2.1.8", "first check failed: CCR"),
    TimerSpec("T26", 2 * MINUTE, MINUTE, 3 * MINUTE, "Q.764 2.1.8", "further check failed: CCR"),
    TimerSpec(
        "T27",
        4 * MINUTE,
        3 * MINUTE + SECOND,
        15 * MINUTE,
        "Q.764 2.1.8, table A.1: above 3 minutes; the upper limit is ours",
        "continuity failed, no CCR: RSC",
    ),
    TimerSpec("T28", 10 * SECOND, 10 * SECOND, 10 * SECOND, "Q.764 2.8.3", "CQM sent, no CQR: alert"),
    TimerSpec(
        "T29",
        SECOND // 2,
        3 * SECOND // 10,
        6 * SECOND // 10,
        "Q.764 2.10",
        "congestion indicated: further indications count again",
    ),
    TimerSpec(
        "T30",
        8 * SECOND,
        5 * SECOND,
        10 * SECOND,
        "Q.764 2.10",
        "congestion indicated: more traffic",
    ),
    TimerSpec(
        "T33",
        14 * SECOND,
        12 * SECOND,
        15 * SECOND,
        "Q.764 2.1.9",
        "INR sent, INF not received: release, alert",
    ),
    TimerSpec(
        "T34",
        3 * SECOND,
        2 * SECOND,
        4 * SECOND,
        "Q.764 2.1.12",
        "SGM announced, not received: go on without",
    ),
    TimerSpec(
        "T35", 18 * SECOND, 15 * SECOND, 20 * SECOND, "Q.764 2.2.5", "more digits expected: release, cause 28"
    ),
    TimerSpec(
        "T36",
        12 * SECOND,
        10 * SECOND,
        15 * SECOND,
        "Q.764 2.1.8, what follows: unverified",
        "CCR received, neither COT nor REL: RSC",
    ),
    TimerSpec(
        "T38",
        90 * SECOND,
        10 * SECOND,
        3 * MINUTE,
        "Q.764 2.4.3, range Q.118: unverified",
        "SUS (network) sent by an incoming international exchange, RES not: release",
    ),
    TimerSpec(
        "ACC",
        5 * SECOND,
        SECOND,
        MINUTE,
        "Q.764 2.11.2, which gives no value: ours",
        "congestion level received, none since: full traffic again",
    ),
)

TIMERS: Final[dict[str, TimerSpec]] = {each.name: each for each in _ALL}

ABSENT: Final[Mapping[str, str]] = {
    "T3": "OLM of temporary trunk blocking (Q.764 2.9.9): national use, not in China's network (unverified)",
    "T11": "ACM in interworking with systems that do not say when an address is complete; TUP does",
    "T31": "call reference of end-to-end signalling by SCCP connections: there is no SCCP",
    "T32": "end-to-end connection establishment (Q.730 3): there is no SCCP",
    "T37": "answer of the echo control procedure (Q.115): there are no echo control devices",
    "T39": "malicious call identification asked for (Q.731.7): we answer IDR and never send it",
}
"""Timers of table A.1 that nothing here starts, and why."""


def durations(overrides: Mapping[str, int]) -> dict[str, int]:
    """Return the durations in frames: the defaults under `overrides`.

    Raises `ConfigurationError` for an unknown name or a value that Q.764 does not allow.
    """
    for name in overrides:
        if name not in TIMERS:
            raise ConfigurationError(f"ISUP timer {name!r}: not known, expected one of {', '.join(TIMERS)}")
    return {name: spec.checked(overrides.get(name, spec.default)) for name, spec in TIMERS.items()}

"""Timers of level 3 (Q.704 16.8, Q.707 5.5; the clause numbers within Q.707 5 are `unverified`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from callcenter.timers import Timers, TimerSpec, durations
from testrig.clock import SECOND, Instant, frames

CLAUSE: Final = "Q.704 16.8"


def _spec(name: str, default: float, minimum: float, maximum: float, meaning: str) -> TimerSpec:
    return TimerSpec(name, frames(default), frames(minimum), frames(maximum), CLAUSE, meaning)


TIMERS: Final = {
    spec.name: spec
    for spec in (
        _spec("T1", 0.8, 0.5, 1.2, "time-controlled changeover, against mis-sequencing"),
        _spec("T2", 1.4, 0.7, 2, "awaiting the changeover acknowledgement"),
        _spec("T3", 0.8, 0.5, 1.2, "time-controlled diversion at changeback, against mis-sequencing"),
        _spec("T4", 0.8, 0.5, 1.2, "awaiting the changeback acknowledgement, first attempt"),
        _spec("T5", 0.8, 0.5, 1.2, "awaiting the changeback acknowledgement, second attempt"),
        _spec("T6", 0.8, 0.5, 1.2, "controlled rerouting, against mis-sequencing"),
        _spec("T8", 1, 0.8, 1.2, "no further TFP in response to messages for the same point"),
        _spec("T10", 40, 30, 60, "until the next signalling route set test"),
        _spec("T12", 1, 0.8, 1.5, "awaiting the uninhibit acknowledgement"),
        _spec("T13", 1, 0.8, 1.5, "awaiting what follows a forced uninhibit"),
        _spec("T14", 2.5, 2, 3, "awaiting the inhibit acknowledgement"),
        _spec("T15", 2.5, 2, 3, "until the route set congestion test"),
        _spec("T16", 1.7, 1.4, 2, "awaiting the outcome of the route set congestion test"),
        _spec(
            "T17", 1, 0.8, 1.5, "delay between a failed alignment and the link's restart, against oscillation"
        ),
        _spec(
            "T18",
            20,
            1,
            58,
            "restart with transfer function: awaiting links and routing information; the "
            "value is the network's, so that T20 does not run out first",
        ),
        _spec("T19", 68, 67, 69, "TRA not answered again after a restart, against TRA to and fro"),
        _spec("T20", 60, 59, 61, "restart of our own signalling point, all of it"),
        _spec("T21", 64, 63, 65, "restart of an adjacent signalling point, all of it"),
        _spec("T22", 240, 180, 360, "until the next test of a local inhibition"),
        _spec("T23", 240, 180, 360, "until the next test of a remote inhibition"),
        TimerSpec("SLT T1", 6 * SECOND, 4 * SECOND, 12 * SECOND, "Q.707 5.5", "awaiting SLTA"),
        TimerSpec("SLT T2", 60 * SECOND, 30 * SECOND, 90 * SECOND, "Q.707 5.5", "until the next link test"),
    )
}

ABSENT: Final[Mapping[str, str]] = {
    "T7": "signalling data link connection order: links are allotted by configuration (Q.704 12.5)",
    "T9": "not used (Q.704 16.8)",
    "T11": "transfer restricted, only with long-term congestion",
    "T24": "latching of a local processor outage: a national option",
}
"""Timers of Q.704 16.8 that belong to procedures that are not here."""


class TimerOwner(Protocol):
    """Whoever hears that a timer has run out."""

    def expired(self, name: str) -> None: ...


class Agenda:
    """The running timers of one signalling point, and the present instant."""

    def __init__(self, overrides: Mapping[str, int]) -> None:
        """Raises `ConfigurationError` for a timer that is not allowed."""
        self.durations = durations(TIMERS, overrides)
        self.now: Instant = 0
        self._timers: Timers[tuple[str, TimerOwner]] = Timers()

    def start(self, name: str, owner: TimerOwner) -> None:
        """Run timer `name` of `owner` from now on."""
        self._timers.start((name, owner), self.now + self.durations[name])

    def stop(self, name: str, owner: TimerOwner) -> None:
        """Stop timer `name` of `owner` if it runs."""
        self._timers.stop((name, owner))

    def running(self, name: str, owner: TimerOwner) -> bool:
        return self._timers.running((name, owner))

    def deadline(self, name: str, owner: TimerOwner) -> Instant | None:
        """When timer `name` of `owner` runs out; None while it does not run."""
        return self._timers.deadline((name, owner))

    def expire(self, now: Instant) -> None:
        """Tell owners of the timers whose time has come."""
        self.now = now
        for name, owner in self._timers.expired(now):
            owner.expired(name)

    @property
    def next_deadline(self) -> Instant | None:
        """The earliest deadline."""
        return self._timers.next_deadline

"""Timers as data: what a timer is (`TimerSpec`), and the ones that run (`Timers`).

Arming belongs to entering a state and expiry is an ordinary event, so a machine holds one `Timers` and
asks it for the next deadline; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from callcenter.errors import ConfigurationError
from testrig.clock import SECOND, Instant

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class TimerSpec:
    """A timer of a standard. Durations in frames."""

    name: str
    default: int
    minimum: int
    maximum: int
    clause: str
    meaning: str

    def checked(self, value: int) -> int:
        """Return `value` if the standard allows it, else raise `ConfigurationError`."""
        if not self.minimum <= value <= self.maximum:
            raise ConfigurationError(
                f"timer {self.name}: found {value / SECOND:g} s, expected "
                f"{self.minimum / SECOND:g} to {self.maximum / SECOND:g} s ({self.clause})"
            )
        return value


def durations(specs: Mapping[str, TimerSpec], overrides: Mapping[str, int]) -> dict[str, int]:
    """Return every timer's duration in frames, `overrides` (frames, by name) in place of defaults.

    Raises `ConfigurationError` for a name that `specs` does not have and for a value out of range.
    """
    values = {name: spec.default for name, spec in specs.items()}
    for name, value in overrides.items():
        if name not in specs:
            near = get_close_matches(name, specs, n=3, cutoff=0.0)
            raise ConfigurationError(f"timer {name}: not known here; near misses: {', '.join(near)}")
        values[name] = specs[name].checked(value)
    return values


class Timers(Generic[Key]):
    """The running timers of one machine, by key."""

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running: dict[Key, Instant] = {}

    def start(self, key: Key, at: Instant) -> None:
        """Run `key` until instant `at`; a running one is restarted."""
        self._running[key] = at

    def stop(self, key: Key) -> None:
        """Stop `key` if it runs."""
        self._running.pop(key, None)

    def clear(self) -> None:
        """Stop all."""
        self._running.clear()

    def running(self, key: Key) -> bool:
        return key in self._running

    def deadline(self, key: Key) -> Instant | None:
        return self._running.get(key)

    @property
    def next_deadline(self) -> Instant | None:
        """The earliest deadline, or None when nothing runs."""
        return min(self._running.values(), default=None)

    def expired(self, now: Instant) -> list[Key]:
        """Remove and return the keys whose time has come, earliest first, ties in order of starting."""
        if not self._running:
            return []
        due = [(at, key) for key, at in self._running.items() if at <= now]
        due.sort(key=lambda pair: pair[0])
        for _, key in due:
            del self._running[key]
        return [key for _, key in due]

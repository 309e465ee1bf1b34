"""The journal in a file: one JSON object a line: an event; the snapshot that events follow; a sign of life.

    {"snapshot": {...}, "now": 7900, "time": "..."}
    {"number": 7, "at": 8000, "type": "Offered", "data": {...}, "time": "2026-11-27T10:15:00.125+00:00"}
    {"now": 488000, "time": "..."}

`time` is the wall clock when the line was written: for people, and to tell how long a server was away.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from callcenter.cti.history import History
from callcenter.errors import CallcenterError, ConfigurationError
from testrig.clock import MINUTE, SECOND, Instant
from testrig.system import Event

log = logging.getLogger(__name__)


WRONG: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError, CallcenterError)
"""What JSON that is no journal raises somewhere when it is read."""

QUIET: Final = MINUTE
"""After as long without an event a sign of life is written."""


def as_json(event: Event) -> dict[str, object]:
    """The event as it goes into files and to clients."""
    return {"number": event.number, "at": event.at, "type": event.type, "data": event.data}


def event_of(found: Mapping[str, Any]) -> Event:
    """Return the event that `as_json` was taken of. Raises one of `WRONG`."""
    number, at, kind, data = found["number"], found["at"], found["type"], found["data"]
    if not (isinstance(number, int) and isinstance(at, int) and isinstance(kind, str) and type(data) is dict):
        raise ValueError(f"no event: {found}")
    return Event(number, at, kind, data)


class JournalFile:
    """A file that every event is appended to. A disk that refuses is told of once, and the events go on."""

    def __init__(self, path: Path) -> None:
        """Raises `ConfigurationError` for a file that cannot be written."""
        self.path = path
        self._failed = False
        self._last: Instant = 0
        """Instant of the last line."""
        try:
            self._file = self._open()
        except OSError as error:
            raise ConfigurationError(f"journal {self.path}: cannot be written: {error.strerror}") from error

    def _open(self) -> TextIO:
        return self.path.open("a", encoding="utf-8")

    def __call__(self, event: Event) -> None:
        """Append an event."""
        self._last = event.at
        self._write(as_json(event), f"events from number {event.number} on are not written")

    def begin(self, history: History, now: Instant) -> None:
        """Begin anew with the present state of `history`, whose events go on from there; what was there
        before is kept beside it, under the date."""
        self._failed, self._last = False, now
        self.close()
        try:
            if self.path.exists() and self.path.stat().st_size:
                self.path.rename(self.path.with_name(f"{self.path.name}.{_now():%Y%m%dT%H%M%S%f}"))
            self._file = self._open()
        except OSError as error:
            self._fail(error, "a snapshot is not written")
            return
        snapshot = {**history.snapshot(), "first": len(history.journal) + 1}
        self._write({"snapshot": snapshot, "now": now}, "a snapshot is not written")

    def alive(self, now: Instant) -> None:
        """Write that nothing happens, when nothing has for a while."""
        if now - self._last >= QUIET:
            self._last = now
            self._write({"now": now}, "nothing more is written")

    def _write(self, found: dict[str, object], lost: str) -> None:
        if self._failed:
            return
        found["time"] = _now().isoformat(timespec="milliseconds")
        try:
            self._file.write(json.dumps(found, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            self._fail(error, lost)

    def _fail(self, error: OSError, lost: str) -> None:
        self._failed = True
        log.error("journal file: %s; %s", error, lost)

    def close(self) -> None:
        """Give the file back."""
        with contextlib.suppress(OSError):  # the disk refused, and that has been told
            self._file.close()


def read(path: Path, history: History) -> tuple[Instant, int] | None:
    """Fill an empty history from a file that a server left; return the present instant of its line time, and
    frames since its last sign of life.

    None: there is no such file, or nothing in it. A last line that was not written to its end is cut off.
    Raises `ConfigurationError` for anything else that is no journal.
    """
    if not path.exists() or not path.stat().st_size:
        return None
    _cut_off(path)
    last: Instant = 0
    written = _now()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found = json.loads(line)
                last = _read_line(found, history)
                written = datetime.fromisoformat(found["time"]).astimezone(UTC)
            except WRONG as error:
                raise ConfigurationError(
                    f"journal {path}: line {number}: expected the next event of a journal, found {error!r}; "
                    "move the file away to begin a new one"
                ) from error
    if not len(history.journal):
        return None
    away = round(max(0.0, (_now() - written).total_seconds()) * SECOND)
    return last + away, away


def _read_line(found: Mapping[str, Any], history: History) -> Instant:
    """Take a line; return the instant it is of."""
    if "now" not in found:
        event = event_of(found)
        if not len(history.journal):
            history.journal.begin(event.number)
        history.journal.follow(event)
        return event.at
    if "snapshot" in found:
        history.restore(found["snapshot"], ())
    return int(found["now"])


def _cut_off(path: Path) -> None:
    """Cut off a last line without an end, as a server leaves it that died while writing."""
    with path.open("rb+") as file:
        octets = file.read()
        whole = octets.rfind(b"\n") + 1
        if whole < len(octets):
            log.warning(
                "journal %s: the last line is not whole: %d octets cut off", path, len(octets) - whole
            )
            file.truncate(whole)


def _now() -> datetime:
    return datetime.now(UTC)

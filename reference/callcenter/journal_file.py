"""The journal in a file: one JSON object a line, an event or, as the first, the snapshot that events follow.

    {"number": 7, "at": 8000, "type": "Offered", "data": {...}, "time": "2026-11-27T10:15:00.125+00:00"}
    {"snapshot": {...}, "time": "..."}

`time` is the wall clock when the line was written: for people, and to tell how long a server was away.
"""

from __future__ import annotations

import contextlib
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from callcenter.cti.history import History
from callcenter.errors import CallcenterError, ConfigurationError
from testrig.clock import SECOND, Instant
from testrig.system import Event

log = logging.getLogger(__name__)


def as_json(event: Event) -> dict[str, object]:
    """The event as it goes into files and to clients."""
    return {"number": event.number, "at": event.at, "type": event.type, "data": event.data}


def event_of(found: dict[str, Any]) -> Event:
    """Return the event that `as_json` was taken of. Raises `KeyError`."""
    return Event(found["number"], found["at"], found["type"], found["data"])


class JournalFile:
    """A file that every event is appended to. A disk that refuses is told of once, and the events go on."""

    def __init__(self, path: Path) -> None:
        """Raises `ConfigurationError` for a file that cannot be written."""
        self.path = path
        self._failed = False
        self._file = self._open()

    def _open(self) -> TextIO:
        try:
            return self.path.open("a", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"journal {self.path}: cannot be written: {error.strerror}") from error

    def __call__(self, event: Event) -> None:
        """Append an event."""
        self._write(as_json(event), f"events from number {event.number} on are not written")

    def begin(self, snapshot: dict[str, Any]) -> None:
        """Begin anew with a snapshot; what was there before is kept beside it, under the date."""
        self._file.close()
        if self.path.stat().st_size:
            self.path.rename(self.path.with_name(f"{self.path.name}.{_now():%Y%m%dT%H%M%S%f}"))
        self._file = self._open()
        self._write({"snapshot": snapshot}, "a snapshot is not written")

    def _write(self, found: dict[str, object], lost: str) -> None:
        if self._failed:
            return
        found["time"] = _now().isoformat(timespec="milliseconds")
        try:
            self._file.write(json.dumps(found, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            self._failed = True
            log.error("journal file: %s; %s", error, lost)

    def close(self) -> None:
        """Give the file back."""
        with contextlib.suppress(OSError):  # the disk refused, and that has been told
            self._file.close()


def read(path: Path, history: History) -> Instant | None:
    """Fill an empty history from a file that a server left; return the present instant of its line time.

    None: there is no such file, or nothing in it. A last line that was not written to its end is cut off.
    Raises `ConfigurationError` for anything else that is no journal.
    """
    if not path.exists() or not path.stat().st_size:
        return None
    _cut_off(path)
    at, written = 0, ""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                found = json.loads(line)
                if "snapshot" in found:
                    history.restore(found["snapshot"], ())
                else:
                    event = event_of(found)
                    if not len(history.journal):
                        history.journal.begin(event.number)
                    history.journal.follow(event)
                    at = event.at
                written = found["time"]
            except (ValueError, KeyError, TypeError, CallcenterError) as error:
                raise ConfigurationError(
                    f"journal {path}: line {number}: expected the next event of a journal, found {error!r}; "
                    "move the file away to begin a new one"
                ) from error
    if not len(history.journal):
        return None
    away = max(0.0, (_now() - datetime.fromisoformat(written)).total_seconds())
    return at + round(away * SECOND)


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

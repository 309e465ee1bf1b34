"""What passed between tester and system, in order of line time: the source of the decoded trace, the
ladder diagram and the frames shown to the third opinion.

One entry is one signal unit, one digit, one hook change, one order of a client or one note. A signal unit
is recorded once, by the tester that owns its channel, under the highest protocol it carries ("ISUP" for an
IAM, "MTP2" for an LSSU); unchanged signal units in a row are one entry with a count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from testrig.clock import Instant

Direction = Literal["sent", "received", "note"]
"""As the tester sees it: `sent` to the system, `received` from it."""


@dataclass(slots=True)
class TraceEntry:
    """One thing that happened."""

    at: Instant
    direction: Direction
    channel: str
    """Where: `line0/16` is time slot 16 of line 0, `station1`, `agent 1001`."""
    protocol: str
    """`MTP2`, `MTP3`, `ISUP`, `M3UA`, `E1`, `DTMF`, `audio`, `hook`, `order`, `note`."""
    summary: str
    """One line: the message's name first, then what tells it apart."""
    octets: bytes = b""
    """A signal unit without flags and FCS, an M3UA message, or empty."""
    deliberate: bool = False
    """The tester sent something wrong on purpose; third opinions on it do not count."""
    repeats: int = 1
    departure: str = ""
    """Not empty on the first entry where observed and expected part: what was expected."""


class Trace:
    """The entries of one case."""

    def __init__(self) -> None:
        self.entries: list[TraceEntry] = []
        self.tell: Callable[[TraceEntry], None] | None = None
        """Hears every entry as it comes, each repetition by itself."""
        self._last: dict[tuple[str, str], TraceEntry] = {}

    def sent(
        self,
        at: Instant,
        channel: str,
        protocol: str,
        summary: str,
        octets: bytes = b"",
        *,
        deliberate: bool = False,
    ) -> TraceEntry:
        """Record what the tester sent."""
        return self._add(TraceEntry(at, "sent", channel, protocol, summary, octets, deliberate))

    def received(
        self, at: Instant, channel: str, protocol: str, summary: str, octets: bytes = b"", *, repeats: int = 1
    ) -> TraceEntry:
        """Record what the system sent."""
        entry = TraceEntry(at, "received", channel, protocol, summary, octets, repeats=repeats)
        return self._add(entry)

    def note(self, at: Instant, summary: str, *, channel: str = "") -> TraceEntry:
        """Record a remark of the tester: a step of the case, an alarm, a measured value."""
        return self._add(TraceEntry(at, "note", channel, "note", summary))

    def depart(self, at: Instant, expected: str, observed: TraceEntry | None = None) -> None:
        """Mark where observed and expected part: at `observed`, or at a new note when nothing came.

        Only the first departure of a case is kept.
        """
        if any(entry.departure for entry in self.entries):
            return
        if observed is None:
            observed = self.note(at, f"nothing came; awaited {expected}")
        observed.departure = expected

    def _add(self, entry: TraceEntry) -> TraceEntry:
        if self.tell is not None:
            self.tell(entry)
        key = (entry.channel, entry.direction)
        last = self._last.get(key)
        if (
            last is not None
            and entry.octets
            and last.octets == entry.octets
            and last.summary == entry.summary
            and last.deliberate == entry.deliberate
        ):
            last.repeats += entry.repeats
            return last
        self._last[key] = entry
        self.entries.append(entry)
        return entry

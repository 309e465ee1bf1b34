"""The past of a centre: the journal and everything that is read from it.

A server makes one when it starts, follows that of another server as its stand-by, or reads one from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from callcenter.cti.journal import CAPACITY, Journal, Types
from callcenter.cti.projections import RECORDS_KEPT, Projections
from callcenter.cti.recovery import Recovery
from testrig.system import Event


class History:
    """A journal with its projections."""

    def __init__(self, *, events: int = CAPACITY, records: int = RECORDS_KEPT) -> None:
        """At most `events` events and `records` call records are kept in memory."""
        self.journal = Journal(capacity=events)
        self.projections = Projections(records=records)
        self.recovery = Recovery()
        self.journal.subscribe(self._read)

    def _read(self, event: Event) -> None:
        self.projections.apply(event)
        self.recovery.apply(event)
        if event.type == Types.TAKEN_OVER:
            self.projections.wait(self.recovery.waiting)

    def snapshot(self) -> dict[str, Any]:
        """Return what a stand-by needs before it can follow, ready for JSON: all but the events."""
        return {
            "first": self.journal.first,
            "at": self.journal.at,
            "recovery": self.recovery.as_json(),
            "projections": self.projections.as_json(),
        }

    def restore(self, snapshot: Mapping[str, Any], events: Iterable[Event]) -> None:
        """Become a copy of the history that `snapshot` was taken of and that had kept `events`."""
        self.journal.begin(snapshot["first"], snapshot["at"])
        for event in events:
            self.journal.follow(event)
        self.recovery = Recovery.from_json(snapshot["recovery"])
        self.projections.restore(snapshot["projections"])

    def copied_to(self, other: History) -> Callable[[Event], None]:
        """Make `other` a copy; what is returned has to be told every event from now on."""
        other.restore(self.snapshot(), self.journal.since())
        return other.journal.follow

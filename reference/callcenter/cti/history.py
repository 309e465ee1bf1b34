"""The past of a centre: the journal and everything that is read from it.

A server makes one when it starts, follows that of another server as its stand-by, or reads one from a file.
"""

from __future__ import annotations

from callcenter.cti.journal import CAPACITY, Journal
from callcenter.cti.projections import RECORDS_KEPT, Projections
from callcenter.cti.recovery import Recovery


class History:
    """A journal with its projections."""

    def __init__(self, *, events: int = CAPACITY, records: int = RECORDS_KEPT) -> None:
        """At most `events` events and `records` call records are kept in memory."""
        self.journal = Journal(capacity=events)
        self.projections = Projections(records=records)
        self.recovery = Recovery()
        self.journal.subscribe(self.projections.apply)
        self.journal.subscribe(self.recovery.apply)

"""What is read from the journal: call records, statistics, waiting counts, agents' states."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

from callcenter.cti.journal import Types
from testrig.clock import Instant
from testrig.system import Event

RECORDS_KEPT: Final = 100_000
"""Call records kept in memory; older ones are dropped."""


@dataclass(slots=True)
class QueueStatistics:
    """Counts of one queue since the start."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    timed_out: int = 0
    longest_wait: int = 0
    """Frames."""


class Projections:
    """The projections, kept up to date by `apply`; `replayed` builds them from events."""

    def __init__(self, *, records: int = RECORDS_KEPT) -> None:
        """At most `records` call records are kept, the newest."""
        self._records: deque[dict[str, object]] = deque(maxlen=records)
        self._waiting: dict[str, dict[int, int]] = {}
        self.statistics: dict[str, QueueStatistics] = {}
        self.agents: dict[str, str] = {}

    @classmethod
    def replayed(cls, events: Iterable[Event]) -> Projections:
        """Build the projections from `events`."""
        projections = cls()
        for event in events:
            projections.apply(event)
        return projections

    def as_json(self) -> dict[str, Any]:
        """Return all but the call records, ready for JSON."""
        return {
            "statistics": {queue: asdict(found) for queue, found in self.statistics.items()},
            "waiting": {queue: list(calls.items()) for queue, calls in self._waiting.items()},
            "agents": self.agents,
        }

    def restore(self, found: Mapping[str, Any]) -> None:
        """Take what `as_json` of another was."""
        self.statistics = {queue: QueueStatistics(**each) for queue, each in found["statistics"].items()}
        self._waiting = {queue: dict(calls) for queue, calls in found["waiting"].items()}
        self.agents = dict(found["agents"])

    def wait(self, queues: Mapping[int, tuple[str, Instant]]) -> None:
        """Nobody waits but these calls, each in its queue since an instant."""
        self._waiting = {}
        for call, (queue, since) in queues.items():
            self._waiting.setdefault(queue, {})[call] = since

    @property
    def records(self) -> Sequence[dict[str, object]]:
        """Call records, oldest first."""
        return tuple(self._records)

    def waiting(self, queue: str) -> int:
        """Callers in `queue` now: nobody has answered them yet, though an agent may be rung for them."""
        return len(self._waiting.get(queue, ()))

    def apply(self, event: Event) -> None:
        """Take one more event."""
        kind, data = event.type, event.data
        if kind == Types.AGENT_STATE:
            self.agents[str(data["agent"])] = str(data["state"])
        elif kind == Types.CLEARED:
            self._records.append(dict(data))
        elif kind == Types.QUEUED:
            self._queued(event)
        elif kind == Types.DEQUEUED:
            self._dequeued(event)
        elif kind == Types.ESTABLISHED and data.get("queue") and data.get("agent"):
            self._of(str(data["queue"])).answered += 1

    def _of(self, queue: str) -> QueueStatistics:
        return self.statistics.setdefault(queue, QueueStatistics())

    def _queued(self, event: Event) -> None:
        queue = str(event.data["queue"])
        call = cast(int, event.data["call"])
        self._waiting.setdefault(queue, {})[call] = event.at
        self._of(queue).offered += 1

    def _dequeued(self, event: Event) -> None:
        queue = str(event.data["queue"])
        call = cast(int, event.data["call"])
        since = self._waiting.get(queue, {}).pop(call, event.at)
        statistics = self._of(queue)
        statistics.longest_wait = max(statistics.longest_wait, event.at - since)
        if event.data["reason"] == "abandoned":
            statistics.abandoned += 1
        elif event.data["reason"] == "timeout":
            statistics.timed_out += 1

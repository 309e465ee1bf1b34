"""The journal: an append-only, numbered log of everything that happened.

Call records, statistics, waiting counts and a client's catch-up are all projections of it, so nothing is
counted twice and a projection built from a replay equals the one that was kept up to date.

Event types of calls and agents carry the names of CSTA (ECMA-269 15 and 17, clause numbers unverified).
Every event of a call carries the call's id and the field set of requirement S-03:

| key | meaning |
|---|---|
| `line` | 来话所占线路: trunk group and CIC, or station |
| `calling`, `called`, `original_called` | 主叫号码, 被叫号码, 原被叫号码 |
| `function` | 应用功能号 |
| `additional` | 附加信息 |
| `password` | 密码: `***` where one was given, never the password |
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from callcenter.errors import StateError
from testrig.clock import Instant
from testrig.system import Event

MASK: Final = "***"

CAPACITY: Final = 200_000
"""Events kept in memory: some hours of busy traffic on one span. Older ones are dropped; numbers go on."""


class Types:
    """Names of the events."""

    OFFERED: Final = "Offered"
    """A call came in."""
    ORIGINATED: Final = "Originated"
    """An agent dialled."""
    NETWORK_REACHED: Final = "NetworkReached"
    """An outgoing call was put on a circuit."""
    DELIVERED: Final = "Delivered"
    """An agent's station rings, or the network says that the called party is rung."""
    ESTABLISHED: Final = "Established"
    """The call was answered: by a flow, a queue, an agent or the called party (`device`)."""
    QUEUED: Final = "Queued"
    DEQUEUED: Final = "Dequeued"
    """The call left the queue: `reason` is `agent`, `abandoned`, `timeout` or `cleared`."""
    DIVERTED: Final = "Diverted"
    """An agent did not answer; the call went elsewhere."""
    DIGITS: Final = "DigitsCollected"
    SUSPENDED: Final = "Suspended"
    """The called agent has hung up and may come back."""
    RESUMED: Final = "Resumed"
    FAILED: Final = "Failed"
    CLEARED: Final = "ConnectionCleared"
    """The call is over; carries the whole record."""
    SIGNED_ON: Final = "AgentLoggedOn"
    SIGNED_OFF: Final = "AgentLoggedOff"
    AGENT_STATE: Final = "AgentStateChanged"
    SIGN_ON_REFUSED: Final = "AgentLogOnRefused"
    ALARM: Final = "Alarm"
    OUT_OF_SERVICE: Final = "OutOfService"
    BACK_IN_SERVICE: Final = "BackInService"
    LINK: Final = "LinkStateChanged"
    DESTINATION: Final = "DestinationStateChanged"
    CIRCUIT: Final = "CircuitNotice"
    TAKEN_OVER: Final = "TakenOver"
    """A server has taken over: calls kept and lost."""


class Journal:
    """The log. `append` numbers an event, keeps it and hands it to every projection."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._events: deque[Event] = deque(maxlen=capacity)
        self._number = 0
        self.at: Instant = 0
        """Instant of the last event."""
        self._projections: list[Callable[[Event], None]] = []

    def __len__(self) -> int:
        """Events appended since the beginning, dropped ones included."""
        return self._number

    @property
    def first(self) -> int:
        """Number of the oldest event still kept; one more than the last number when there is none."""
        return self._number - len(self._events) + 1

    def subscribe(self, projection: Callable[[Event], None]) -> None:
        """Hand every event appended from now on to `projection`."""
        self._projections.append(projection)

    def append(self, at: Instant, kind: str, data: dict[str, object]) -> Event:
        """Append an event and return it. `data` belongs to the journal afterwards."""
        self._number += 1
        self.at = at
        event = Event(self._number, at, kind, data)
        self._events.append(event)
        for projection in self._projections:
            projection(event)
        return event

    def begin(self, number: int, at: Instant = 0) -> None:
        """The first event will have `number`: earlier ones, up to instant `at`, are not in this copy."""
        if self._number:
            raise StateError(f"journal: begins with event {self.first} already, not with {number}")
        self._number, self.at = number - 1, at

    def follow(self, event: Event) -> None:
        """Append an event of the journal that this is a copy of; raises `StateError` for one out of turn."""
        if event.number != self._number + 1:
            raise StateError(f"journal: found event {event.number}, expected {self._number + 1}")
        self.append(event.at, event.type, event.data)

    def since(self, number: int = 0) -> Sequence[Event]:
        """Events with a number greater than `number`, oldest first; what was dropped is not among them."""
        skip = max(0, number - self.first + 1)
        if not skip:
            return tuple(self._events)
        missing = len(self._events) - skip
        if missing <= 0:
            return ()
        last = [self._events[-1 - index] for index in range(missing)]
        return tuple(reversed(last))

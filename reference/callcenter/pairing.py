"""Two CT servers of a pair: each tells the other what it does and, while it serves, everything that happens.

Each listens for the other and dials it, so there are two connections; what a server says, it says on those
that it has accepted. TCP, one JSON object a line:

    {"state": "standing by" | "taking over" | "serving", "now": 8000}     at each change, and every second
    {"snapshot": {...}, "events": 1234}                                   the past, while serving: as many
    events
    {"number": 1, "at": 0, "type": ..., "data": ...}                      follow, then each as it happens

Who hears nothing for `SILENT` takes the other for dead. The link carries calling numbers: it belongs on a
network of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import Any, Final, Literal

from callcenter.cti.history import History
from callcenter.errors import CallcenterError
from callcenter.journal_file import as_json, event_of
from callcenter.shell import Address
from testrig.clock import Instant
from testrig.stream import unusable
from testrig.system import Event

log = logging.getLogger(__name__)

State = Literal["standing by", "taking over", "serving"]

EVERY: Final = 1.0
"""Seconds between two words, and between two attempts to reach the other."""

SILENT: Final = 5.0
"""Seconds without a word after which the other server is taken for dead (our choice: some missed words)."""

LONGEST: Final = 1 << 26
"""Octets of a line: a snapshot with thousands of calls."""

MOST_UNSENT: Final = 1 << 28
"""Octets kept for a follower that does not read; one that leaves more has to copy anew."""


class Publisher:
    """Tells followers what this server does."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        """`now` tells the line time."""
        self._now = now
        self.state: State = "standing by"
        self._history: History | None = None
        self._followers: set[asyncio.StreamWriter] = set()

    async def open(self, stack: contextlib.AsyncExitStack, address: Address) -> Address:
        """Listen at `address` until `stack` is closed; return where. Raises `ConfigurationError`."""
        try:
            server = await asyncio.start_server(self._follow, *address)
        except OSError as error:
            raise unusable("pair", address, error) from error
        stack.callback(self._hang_up)
        stack.callback(server.close)
        host, port = server.sockets[0].getsockname()[:2]
        return host, port

    def tell(self, state: State, history: History | None = None) -> None:
        """The server has changed its state; `history` while it serves."""
        self.state = state
        if history is not None and history is not self._history:
            history.journal.subscribe(lambda event: self._event(history, event))
        self._history = history
        for each in list(self._followers):
            self._begin(each)

    def tick(self) -> None:
        """A second has passed."""
        for each in list(self._followers):
            self._send(each, {"state": self.state, "now": self._now()})

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._followers.add(writer)
        self._begin(writer)
        try:
            await reader.read()  # followers say nothing: this is how they end
        except ConnectionError as error:
            log.info("pair: %s", error)
        except asyncio.CancelledError:
            pass  # this server stops
        finally:
            self._followers.discard(writer)
            writer.close()

    def _begin(self, follower: asyncio.StreamWriter) -> None:
        self._send(follower, {"state": self.state, "now": self._now()})
        if self._history is not None:
            events = self._history.journal.since()
            self._send(follower, {"snapshot": self._history.snapshot(), "events": len(events)})
            for event in events:
                self._send(follower, as_json(event))

    def _event(self, history: History, event: Event) -> None:
        if history is self._history:
            for each in list(self._followers):
                self._send(each, as_json(event))

    def _send(self, follower: asyncio.StreamWriter, found: dict[str, Any]) -> None:
        if follower.transport.get_write_buffer_size() > MOST_UNSENT:
            log.warning("pair: the other server does not read: connection given up")
            follower.transport.abort()
            self._followers.discard(follower)
            return
        follower.write(json.dumps(found).encode() + b"\n")

    def _hang_up(self) -> None:
        for each in self._followers:
            each.close()


class Follower:
    """Follows the other server: knows its state, and has a copy of its history."""

    def __init__(
        self, other: Address, empty: Callable[[], History], copied: Callable[[History], None]
    ) -> None:
        """`empty` makes an empty history; `copied` is told when it is a whole copy, which follows from then
        on."""
        self._other = other
        self._empty = empty
        self._copied = copied
        self._history: History | None = None
        self.state: State | None = None
        """What the other does; None while it cannot be reached."""
        self.now: Instant = 0
        """Line time as the other said last."""
        self._snapshot: dict[str, Any] = {}
        self._events: list[Event] = []
        self._missing = 0

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            try:
                reader, writer = await asyncio.wait_for(
                    asyncio.open_connection(*self._other, limit=LONGEST), SILENT
                )
            except (OSError, TimeoutError):
                await asyncio.sleep(EVERY)
                continue
            try:
                while line := await asyncio.wait_for(reader.readline(), SILENT):
                    self.take(json.loads(line))
            except (OSError, TimeoutError, ValueError, KeyError, TypeError, CallcenterError) as error:
                log.warning("pair: the other server is given up: %s", str(error) or "nothing heard")
            finally:
                self.state = None
                writer.close()
            await asyncio.sleep(EVERY)

    def take(self, found: dict[str, Any]) -> None:
        """Take one word of the other."""
        if "state" in found:
            self.state, self.now = found["state"], found["now"]
        elif "snapshot" in found:
            self._snapshot, self._missing, self._events = found["snapshot"], found["events"], []
            self._whole()
        elif self._missing:
            self._events.append(event_of(found))
            self._missing -= 1
            self._whole()
        elif self._history is not None:
            self._history.journal.follow(event_of(found))

    def _whole(self) -> None:
        if not self._missing:
            self._history = self._empty()
            self._history.restore(self._snapshot, self._events)
            self._events = []
            self._copied(self._history)

    @property
    def copied(self) -> bool:
        """Whether there is a whole copy of what the other server has done."""
        return self._history is not None

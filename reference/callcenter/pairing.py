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
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

from callcenter.cti.history import History
from callcenter.journal_file import WRONG, as_json, event_of
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


MOST_WAITING: Final = 100_000
"""Events kept for a follower that has not read the past yet."""

AT_ONCE: Final = 100
"""Events of the past told in one go, for the lines must not wait."""


class _Following:
    """One server that follows this one."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.waiting: list[Event] = []
        """Events that happened while the past is told."""
        self.task: asyncio.Task[None] | None = None
        """Tells the past."""

    def send(self, found: dict[str, Any]) -> None:
        """Say something; one that does not read is given up."""
        transport = self.writer.transport
        unread = transport.get_write_buffer_size() > MOST_UNSENT or len(self.waiting) > MOST_WAITING
        if unread and not transport.is_closing():
            log.warning("pair: the other server does not read: connection given up")
            transport.abort()
        if not transport.is_closing():
            self.writer.write(json.dumps(found).encode() + b"\n")

    def begin(self, history: History | None) -> None:
        """Tell the past of `history`, if there is one, and go on from there."""
        self.end()
        if history is not None:
            events = history.journal.since()
            self.send({"snapshot": history.snapshot(), "events": len(events)})
            self.task = asyncio.get_running_loop().create_task(self._past(events))

    async def _past(self, events: Sequence[Event]) -> None:
        for first in range(0, len(events), AT_ONCE):
            for event in events[first : first + AT_ONCE]:
                self.send(as_json(event))
            with contextlib.suppress(ConnectionError):  # told where it is read from
                await self.writer.drain()
            await asyncio.sleep(0)
        for event in self.waiting:
            self.send(as_json(event))
        self.waiting, self.task = [], None

    def event(self, event: Event) -> None:
        """Something has happened."""
        if self.task is None:
            self.send(as_json(event))
        else:
            self.waiting.append(event)

    def end(self) -> None:
        """Tell no more of a past."""
        if self.task is not None:
            self.task.cancel()
        self.waiting, self.task = [], None


class Publisher:
    """Tells followers what this server does."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        """`now` tells the line time."""
        self._now = now
        self.state: State = "standing by"
        self._history: History | None = None
        self._followers: set[_Following] = set()

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
        for each in self._followers:
            self._begin(each)

    def tick(self) -> None:
        """A second has passed."""
        for each in self._followers:
            each.send(self._word)

    @property
    def _word(self) -> dict[str, Any]:
        return {"state": self.state, "now": self._now()}

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        following = _Following(writer)
        self._followers.add(following)
        self._begin(following)
        try:
            while await reader.read(1024):
                pass  # followers say nothing; this is how they end
        except ConnectionError as error:
            log.info("pair: %s", error)
        except asyncio.CancelledError:
            pass  # this server stops
        finally:
            self._followers.discard(following)
            following.end()
            writer.close()

    def _begin(self, following: _Following) -> None:
        following.send(self._word)
        following.begin(self._history)

    def _event(self, history: History, event: Event) -> None:
        if history is self._history:
            for each in self._followers:
                each.event(event)

    def _hang_up(self) -> None:
        for each in self._followers:
            each.writer.close()


class Follower:
    """Follows the other server: knows its state, and has a copy of its history."""

    def __init__(
        self, other: Address, empty: Callable[[], History], copied: Callable[[History], None]
    ) -> None:
        """`empty` makes an empty history; `copied` is told when it is a whole copy, which follows from then
        on."""
        self._other = other
        self._empty = empty
        self._told = copied
        self.history: History | None = None
        """The copy, while this server does not go on with it itself."""
        self.copied = False
        """Whether there has been a whole copy of what the other server has done."""
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
            except (OSError, TimeoutError, *WRONG) as error:
                log.warning("pair: the other server is given up: %s", str(error) or "nothing heard")
            finally:
                self.state = None
                self._missing, self._events = 0, []
                writer.close()
            await asyncio.sleep(EVERY)

    def take(self, found: Mapping[str, Any]) -> None:
        """Take one word of the other. Raises one of `WRONG`."""
        if "state" in found:
            state, now = found["state"], found["now"]
            if state not in get_args(State) or not isinstance(now, int):
                raise ValueError(f"no state of a server: {found}")
            self.state, self.now = state, now
        elif "snapshot" in found:
            if not isinstance(found["events"], int) or found["events"] < 0:
                raise ValueError(f"events: found {found['events']!r}, expected a number of them")
            self._snapshot, self._missing, self._events = found["snapshot"], found["events"], []
            self._whole()
        elif self._missing:
            self._events.append(event_of(found))
            self._missing -= 1
            self._whole()
        elif self.history is not None:
            self.history.journal.follow(event_of(found))

    def _whole(self) -> None:
        if not self._missing:
            made = self._empty()
            made.restore(self._snapshot, self._events)
            self._events = []
            self.history, self.copied = made, True
            self._told(made)

    def part(self) -> None:
        """This server goes on with the copy, which follows the other no more."""
        self.history = None

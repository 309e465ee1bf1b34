"""Real time on UDP pseudowires (SAToP, RFC 4553): what every process of ours shares.

Only here is a wall clock read: the event loop's monotonic clock says how many frames are due, and the
system runs them in blocks. `Pacer` counts from the start, so rounding never adds up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np

from testrig.clock import SECOND
from testrig.line import DEFAULT_BLOCK, SLOTS, Block
from testrig.satop import DEFAULT_DELAY, DEFAULT_PAYLOAD, Depacketiser, Packetiser
from testrig.stream import unusable

log = logging.getLogger(__name__)

Address = tuple[str, int]

LONGEST_BACKLOG: Final = SECOND
"""Frames the pacer runs after a pause; a longer one (a suspended host) is left out, and logged."""

JITTER: Final = DEFAULT_DELAY * DEFAULT_PAYLOAD // SLOTS
"""Frames of the jitter buffer unless told otherwise."""

MOST_BUFFERED: Final = SECOND // 10
"""Received frames kept besides; more means that the far end's clock is faster, and the oldest are dropped."""


class Pacer:
    """How many frames are due, in whole blocks counted from the start. Pure: the time comes in."""

    def __init__(self, start: float, *, block: int = DEFAULT_BLOCK) -> None:
        """`start` in seconds of the clock that `due` will be asked with."""
        self._start = start
        self._block = block
        self._run = 0
        self.skipped = 0
        """Frames left out."""

    def due(self, now: float) -> int:
        """Return the frames to run at `now`, a multiple of the block, and count them as run."""
        target = int((now - self._start) * SECOND) // self._block * self._block
        frames = max(0, target - self._run - self.skipped)
        if frames > LONGEST_BACKLOG:
            self.skipped += frames - LONGEST_BACKLOG
            frames = LONGEST_BACKLOG
        self._run += frames
        return frames

    def next_due(self) -> float:
        """When the next block is due, in seconds of the clock."""
        return self._start + (self._run + self.skipped + self._block) / SECOND


class PseudowireLine(asyncio.DatagramProtocol):
    """A line whose packets come and go through the event loop. Never blocks: what has not come is AIS."""

    def __init__(self, name: str, remote: Address, *, jitter: int = JITTER) -> None:
        """`jitter`: frames that are there before the first is taken, and again after a gap."""
        self._name = name
        self._remote = remote
        self._jitter = jitter
        self._transport: asyncio.DatagramTransport | None = None
        self._packetiser = Packetiser()
        self._depacketiser = Depacketiser()
        self._starved = True
        self.slips = 0
        """Frames missed or dropped because the clocks of both ends differ."""

    @property
    def name(self) -> str:
        """Name in traces."""
        return self._name

    @property
    def signal(self) -> bool:
        """False while nothing comes, or the far end says that it has no signal."""
        return not self._starved and self._depacketiser.signal

    def send(self, block: Block) -> None:
        """Send `uint8[n, 32]`."""
        self._packetiser.remote_loss = self._starved or self._depacketiser.packet_loss
        for packet in self._packetiser.put(block):
            if self._transport is not None and not self._transport.is_closing():
                self._transport.sendto(packet, self._remote)

    def receive(self, frames: int) -> Block:
        """Receive `uint8[frames, 32]`; what has not come in time is all ones."""
        available = self._depacketiser.available
        if self._starved:
            if available < frames + self._jitter:
                return np.full((frames, SLOTS), 0xFF, np.uint8)
            self._starved = False
        if available < frames:
            self._starved = True
            self.slips += frames - available
            filled = np.full((frames, SLOTS), 0xFF, np.uint8)
            filled[:available] = self._depacketiser.take(available)
            return filled
        if available - frames > MOST_BUFFERED + self._jitter:
            self.slips += available - frames
            self._depacketiser.take(available - frames)
        return self._depacketiser.take(frames)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """A packet came; only those of the far end count."""
        if addr[1] == self._remote[1]:
            self._depacketiser.put(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens at the far end yet; the line says so by its missing signal."""
        log.debug("%s: %s", self._name, exc)

    def close(self) -> None:
        """Give the socket back."""
        if self._transport is not None:
            self._transport.close()


class Host(ABC):
    """A process in real time with its lines on pseudowires."""

    def __init__(self, lines: Sequence[tuple[Address, Address]], *, jitter: int = JITTER) -> None:
        """`lines`: local and remote UDP address of each span. `jitter`: frames of their jitter buffers."""
        self._addresses = lines
        self._jitter = jitter

    async def run(self, stop: asyncio.Event, *, started: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is set. Raises `ConfigurationError` when an address cannot be had."""
        async with contextlib.AsyncExitStack() as stack:
            await self.begin(stack)
            await self.open(stack)
            if started is not None:
                started()
            await self._pace(stop)

    @abstractmethod
    async def begin(self, stack: contextlib.AsyncExitStack) -> None:
        """Start what the process is for; `stack` ends it again."""

    @abstractmethod
    def advance(self, frames: int) -> None:
        """Run for `frames`."""

    async def open(self, stack: contextlib.AsyncExitStack) -> None:  # noqa: B027
        """Open what the process serves beside its lines; `stack` closes it again."""

    async def poll(self) -> None:  # noqa: B027
        """Look after associations; called before each block."""

    async def bind(self, stack: contextlib.AsyncExitStack) -> list[PseudowireLine]:
        """Take the addresses of the lines until `stack` is closed. Raises `ConfigurationError`."""
        loop, lines = asyncio.get_running_loop(), []
        for number, (local, remote) in enumerate(self._addresses):
            line = PseudowireLine(f"line{number}", remote, jitter=self._jitter)
            try:
                await loop.create_datagram_endpoint(lambda line=line: line, local_addr=local)  # type: ignore[misc]
            except OSError as error:
                raise unusable(f"line {number}", local, error) from error
            stack.callback(line.close)
            lines.append(line)
        return lines

    async def _pace(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        pacer = Pacer(loop.time())
        skipped = 0
        while not stop.is_set():
            due = pacer.due(loop.time())
            if pacer.skipped != skipped:
                log.warning(
                    "the host paused: %.1f s of line time left out", (pacer.skipped - skipped) / SECOND
                )
                skipped = pacer.skipped
            for _ in range(due // DEFAULT_BLOCK):
                await self.poll()
                self.advance(DEFAULT_BLOCK)
                await asyncio.sleep(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.0, pacer.next_due() - loop.time()))


async def serve(host: Host, *, started: Callable[[], None] | None = None) -> None:
    """Run `host` until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await host.run(stop, started=started)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

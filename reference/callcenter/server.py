"""The asyncio shell: the engine in real time, its lines on UDP pseudowires (SAToP, RFC 4553).

Only here is a wall clock read: the event loop's monotonic clock says how many frames are due, and the
engine runs them in blocks. `Pacer` counts from the start, so rounding never adds up.

Stations have no hardware here. A `SoftStation` is a hook and a bell that an outside program works through
the control socket; it sends silence and drops what it hears.

Control socket: TCP, one JSON object a line, each answered by one with the same `id`.

    > {"id": 1, "order": "open", "agent": "1001", "password": "1001"}
    < {"id": 1, "ok": true, "state": "signed off"}
    > {"id": 2, "order": "dial", "number": "902155556666"}
    < {"id": 2, "error": "dial of agent 1001: the handset is on the hook; ...", "state": "signed off"}

Orders: `open`, `sign_on`, `sign_off`, `ready`, `not_ready` (`reason`), `answer`, `hang_up`, `dial`
(`number`), `off_hook`, `on_hook`, `state` (adds `ringing`), `events` (`since`; adds `events`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TextIO, cast

import numpy as np

from callcenter.errors import CallcenterError
from callcenter.media.g711 import SILENCE
from callcenter.system import ReferenceSystem, Seat
from testrig.clock import SECOND
from testrig.errors import TestrigError
from testrig.line import DEFAULT_BLOCK, SLOTS, Block, Octets
from testrig.satop import DEFAULT_DELAY, DEFAULT_PAYLOAD, Depacketiser, Packetiser
from testrig.system import Event

log = logging.getLogger(__name__)

Address = tuple[str, int]

LONGEST_BACKLOG: Final = SECOND
"""Frames the pacer runs after a pause; a longer one (a suspended host) is left out, and logged."""

MOST_BUFFERED: Final = SECOND // 10
"""Received frames kept; more means that the far end's clock is faster, and the oldest are dropped."""


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

    def __init__(self, name: str, remote: Address) -> None:
        self._name = name
        self._remote = remote
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
            if available < frames + DEFAULT_DELAY * DEFAULT_PAYLOAD // SLOTS:
                return np.full((frames, SLOTS), 0xFF, np.uint8)
            self._starved = False
        if available < frames:
            self._starved = True
            self.slips += frames - available
            filled = np.full((frames, SLOTS), 0xFF, np.uint8)
            filled[:available] = self._depacketiser.take(available)
            return filled
        if available - frames > MOST_BUFFERED:
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


class SoftStation:
    """A station without a telephone: a hook and a bell."""

    def __init__(self, number: int) -> None:
        self._name = f"station{number}"
        self.off_hook = False
        self.ringing = False

    @property
    def name(self) -> str:
        """Name in traces."""
        return self._name

    def ring(self, on: bool) -> None:
        """Ringing current on or off; the cadence shows in `ringing`."""
        self.ringing = on

    def send(self, audio: Octets) -> None:
        """Nobody hears it."""

    def receive(self, frames: int) -> Octets:
        """Silence."""
        return np.full(frames, SILENCE, np.uint8)


class Control:
    """One connection on the control socket."""

    def __init__(self, system: ReferenceSystem, stations: Sequence[SoftStation]) -> None:
        self._system = system
        self._stations = stations
        self._seat: Seat | None = None
        self._station: SoftStation | None = None

    def answer(self, line: bytes) -> dict[str, object]:
        """Carry out one request and return its answer; nothing a client sends raises."""
        try:
            request = json.loads(line)
        except ValueError as error:
            return {"id": None, "error": f"not JSON: {error}"}
        if not isinstance(request, dict):
            return {"id": None, "error": "expected a JSON object"}
        answer: dict[str, object] = {"id": request.get("id")}
        try:
            answer.update(self._carry_out(request))
            answer["ok"] = True
        except (TestrigError, CallcenterError) as error:
            answer["error"] = str(error)
        if self._seat is not None:
            answer["state"] = self._seat.state()
        return answer

    def _carry_out(self, request: dict[str, Any]) -> dict[str, object]:
        order = request.get("order")
        if order == "open":
            self._open(str(request.get("agent", "")), str(request.get("password", "")))
            return {}
        seat, station = self._seat, self._station
        if seat is None or station is None:
            raise CallcenterError(f"order {order!r}: expected `open` with agent and password first")
        simple: dict[str, Callable[[], None]] = {
            "sign_on": seat.sign_on,
            "sign_off": seat.sign_off,
            "ready": seat.ready,
            "not_ready": lambda: seat.not_ready(str(request.get("reason", ""))),
            "answer": seat.answer,
            "hang_up": seat.hang_up,
            "dial": lambda: seat.dial(str(request.get("number", ""))),
            "off_hook": lambda: setattr(station, "off_hook", True),
            "on_hook": lambda: setattr(station, "off_hook", False),
        }
        if order in simple:
            simple[order]()
            return {}
        if order == "state":
            return {"ringing": station.ringing}
        if order == "events":
            since = request.get("since", 0)
            if not isinstance(since, int):
                raise CallcenterError(f"order events: since: found {since!r}, expected an integer")
            return {"events": [_as_json(event) for event in seat.events(since)]}
        raise CallcenterError(f"order {order!r}: expected open, state, events, {', '.join(simple)}")

    def _open(self, agent: str, password: str) -> None:
        config = next((each for each in self._system.config.agents if each.agent == agent), None)
        expected = config.password if config else ""
        if not hmac.compare_digest(password.encode(), expected.encode()) or config is None:
            raise CallcenterError(f"open: agent {agent!r} with this password is not known")
        self._seat = self._system.agent(agent, password)
        self._station = self._stations[config.station]


class Server:
    """A reference call centre in real time."""

    def __init__(
        self,
        system: ReferenceSystem,
        lines: Sequence[tuple[Address, Address]],
        *,
        control: Address | None = None,
        journal: Path | None = None,
    ) -> None:
        """`lines`: local and remote UDP address of each span. `control`: where to serve the control socket.
        `journal`: file that every event is appended to, one JSON object a line."""
        self.system = system
        self._addresses = lines
        self._control = control
        self._journal = journal
        self.stations = [SoftStation(number) for number in range(system.config.board.stations)]
        self.control_address: Address | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def run(self, stop: asyncio.Event, *, started: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is set. Raises `OSError` when an address cannot be had."""
        async with contextlib.AsyncExitStack() as stack:
            lines = []
            for number, (local, remote) in enumerate(self._addresses):
                line = PseudowireLine(f"line{number}", remote)
                stack.callback(line.close)
                await self._open(line, local)
                lines.append(line)
            if self._journal is not None:
                file = stack.enter_context(self._journal.open("a", encoding="utf-8"))
                self._keep(file)
            self.system.attach(lines, self.stations)
            if self._control is not None:
                server = await asyncio.start_server(self._serve_control, *self._control)
                stack.callback(self._hang_up_clients)
                stack.callback(server.close)
                self.control_address = server.sockets[0].getsockname()[:2]
            if started is not None:
                started()
            await self._pace(stop)

    async def _open(self, line: PseudowireLine, local: Address) -> None:
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: line, local_addr=local)

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
                self.system.advance(DEFAULT_BLOCK)
                await asyncio.sleep(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.0, pacer.next_due() - loop.time()))

    async def _serve_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        control = Control(self.system, self.stations)
        self._writers.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(control.answer(line)).encode() + b"\n")
                await writer.drain()
        except (ValueError, ConnectionError) as error:  # ValueError: a line longer than the reader's limit
            log.info("control connection closed: %s", error)
        finally:
            self._writers.discard(writer)
            writer.close()

    def _hang_up_clients(self) -> None:
        for writer in self._writers:
            writer.close()

    def _keep(self, file: TextIO) -> None:
        """Append every event to `file`; when the disk refuses, say so once and go on without it."""
        failed = False

        def write(event: Event) -> None:
            nonlocal failed
            if failed:
                return
            try:
                file.write(json.dumps(_as_json(event), ensure_ascii=False) + "\n")
                file.flush()
            except OSError as error:
                failed = True
                log.error("journal file: %s; events from number %d on are not written", error, event.number)

        journal = self.system.engine.journal
        for event in journal.since():
            write(event)
        journal.subscribe(write)


def _as_json(event: Event) -> dict[str, object]:
    return {"number": event.number, "at": event.at, "type": event.type, "data": event.data}


async def serve(server: Server, *, started: Callable[[], None] | None = None) -> None:
    """Run `server` until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await server.run(stop, started=started)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

"""The served call centre: in real time, with a control socket for agents' programs.

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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from callcenter.clients import Seat
from callcenter.errors import CallcenterError
from callcenter.media.g711 import SILENCE
from callcenter.shell import Address, Host, as_json
from callcenter.system import ReferenceSystem
from testrig.errors import TestrigError
from testrig.line import Octets

log = logging.getLogger(__name__)


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
            return {"events": [as_json(event) for event in seat.events(since)]}
        raise CallcenterError(f"order {order!r}: expected open, state, events, {', '.join(simple)}")

    def _open(self, agent: str, password: str) -> None:
        config = next((each for each in self._system.config.agents if each.agent == agent), None)
        expected = config.password if config else ""
        if not hmac.compare_digest(password.encode(), expected.encode()) or config is None:
            raise CallcenterError(f"open: agent {agent!r} with this password is not known")
        self._seat = self._system.agent(agent, password)
        self._station = self._stations[config.station]


class Server(Host):
    """A reference call centre in real time."""

    def __init__(
        self,
        system: ReferenceSystem,
        lines: Sequence[tuple[Address, Address]],
        *,
        control: Address | None = None,
        journal: Path | None = None,
    ) -> None:
        """`control`: where to serve the control socket. The rest as for `Host`."""
        self.stations = [SoftStation(number) for number in range(system.config.board.stations)]
        super().__init__(system, system.engine.journal, lines, stations=self.stations, file=journal)
        self.system = system
        self._control = control
        self.control_address: Address | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self, stack: contextlib.AsyncExitStack) -> None:
        """Open the control socket."""
        if self._control is not None:
            server = await asyncio.start_server(self._serve_control, *self._control)
            stack.callback(self._hang_up_clients)
            stack.callback(server.close)
            self.control_address = server.sockets[0].getsockname()[:2]

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

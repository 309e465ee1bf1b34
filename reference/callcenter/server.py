"""The served call centre: in real time, with a control socket for agents' programs.

Stations have no hardware here. A `SoftStation` is a hook and a bell that an outside program works through
the control socket; it sends silence and drops what it hears.

Control socket (`callcenter.control`):

    > {"id": 1, "order": "open", "agent": "1001", "password": "1001"}
    < {"id": 1, "ok": true, "state": "signed off"}
    > {"id": 2, "order": "dial", "number": "902155556666"}
    < {"id": 2, "error": "dial of agent 1001: the handset is on the hook; ...", "state": "signed off"}

Orders: `open`, `sign_on`, `sign_off`, `ready`, `not_ready` (`reason`), `answer`, `hang_up`, `dial`
(`number`), `off_hook`, `on_hook`, `state` (adds `ringing`), `events` (`since`; adds `events`).
"""

from __future__ import annotations

import contextlib
import functools
import hmac
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from callcenter.clients import Seat
from callcenter.control import Terminal, open_control, since
from callcenter.errors import CallcenterError
from callcenter.media.g711 import SILENCE
from callcenter.shell import Address, Host, as_json
from callcenter.system import ReferenceSystem
from testrig.line import Octets


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


class Control(Terminal):
    """One agent's program on the control socket."""

    def __init__(self, system: ReferenceSystem, stations: Sequence[SoftStation]) -> None:
        self._system = system
        self._stations = stations
        self._seat: Seat | None = None
        self._station: SoftStation | None = None

    def always(self) -> dict[str, object]:
        """State of the seat, once it is open."""
        return {} if self._seat is None else {"state": self._seat.state()}

    def carry_out(self, request: dict[str, Any]) -> dict[str, object]:
        """Carry out an order."""
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
            return {"events": [as_json(event) for event in seat.events(since(request))]}
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

    async def open(self, stack: contextlib.AsyncExitStack) -> None:
        """Open the control socket."""
        if self._control is not None:
            terminal = functools.partial(Control, self.system, self.stations)
            self.control_address = await open_control(stack, self._control, terminal)

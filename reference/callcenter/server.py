"""The served call centre: in real time, alone or one of a pair, with a control socket for agents' programs.

A server with links of its own, or alone behind a gateway, serves at once. One of a pair serves when all
gateways say that nobody does and the other server is dead or leaves it to this one.

Stations have no hardware here. A `SoftStation` is a hook and a bell that an outside program works through
the control socket; it sends silence and drops what it hears.

Control socket (`callcenter.control`):

    > {"id": 1, "order": "open", "agent": "1001", "password": "1001"}
    < {"id": 1, "ok": true, "state": "signed off"}
    > {"id": 2, "order": "dial", "number": "902155556666"}
    < {"id": 2, "error": "dial of agent 1001: the handset is on the hook; ...", "state": "signed off"}

Orders: `open`, `sign_on`, `sign_off`, `ready`, `not_ready` (`reason`), `answer`, `hang_up`, `dial`
(`number`), `off_hook`, `on_hook`, `state` (adds `ringing`), `events` (`since`; adds `events`). Without
`open`: `server` (what this server does, its associations with gateways, the other server).
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from callcenter.agents.agent_fsm import State as AgentState
from callcenter.clients import Seat
from callcenter.config import AgentConfig, CentreConfig
from callcenter.control import MOST_EVENTS, Terminal, open_control, since
from callcenter.ct_server import CtServer
from callcenter.cti.history import History
from callcenter.engine import Engine, new_history
from callcenter.errors import CallcenterError, ConfigurationError
from callcenter.journal_file import JournalFile, as_json, read
from callcenter.media.g711 import SILENCE
from callcenter.pairing import Follower, Publisher
from callcenter.shell import JITTER, Address, Host
from callcenter.ss7.m3ua.network import GatewayNetwork
from callcenter.tdm.board import VirtualBoard
from testrig.association import Dialler, Transport, dial
from testrig.clock import MINUTE, SECOND, Instant
from testrig.errors import ConfigurationError as AddressError
from testrig.errors import TestrigError
from testrig.line import Octets
from testrig.stream import address_of, address_text
from testrig.system import Refused

log = logging.getLogger(__name__)

LOST_AFTER: Final = 5 * MINUTE
"""A server that does not know what happened for longer, because it was away or did not hear the other one,
goes on with no call: by then the far end resets circuits whose release was not acknowledged (T5, Q.764 annex
A: 5 to 15 minutes)."""

PATIENCE: Final = (SECOND, 3 * SECOND)
"""How long nobody must serve before the first server of a pair begins, and the second, when both have just
come up (our choice): who knows more of the past is the first, else the lower address. One that has followed
a server that died waits for nothing."""

AGAIN: Final = SECOND // 10
"""From one attempt to take the lines to the next."""

TRYING: Final = 5 * SECOND
"""For how long it is attempted before the other server has its turn, if it is there, for as long."""


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
    """One connection of an agent's program."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._seat: Seat | None = None
        self._station: SoftStation | None = None

    def carry_out(self, request: dict[str, Any]) -> dict[str, object]:
        """Carry out an order."""
        order = request.get("order")
        if order == "open":
            self._open(str(request.get("agent", "")), str(request.get("password", "")))
            return {}
        if order == "server":
            return self._server.told()
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
            return {"events": [as_json(event) for event in seat.events(since(request))[:MOST_EVENTS]]}
        raise CallcenterError(f"order {order!r}: expected open, server, state, events, {', '.join(simple)}")

    def always(self) -> dict[str, object]:
        """The agent's state, while this server serves."""
        if self._seat is None:
            return {}
        try:
            return {"state": self._seat.state()}
        except TestrigError:
            return {}

    def _open(self, agent: str, password: str) -> None:
        config = next((each for each in self._server.config.agents if each.agent == agent), None)
        expected = config.password if config else ""
        if not hmac.compare_digest(password.encode(), expected.encode()) or config is None:
            raise CallcenterError(f"open: agent {agent!r} with this password is not known")
        self._seat = Seat(self._server, agent, password)
        self._station = self._server.stations[config.station]


class Server(Host):
    """A call centre's server in real time."""

    def __init__(
        self,
        config: CentreConfig,
        lines: Sequence[tuple[Address, Address]],
        *,
        control: Address | None = None,
        journal: Path | None = None,
        pair: tuple[Address, Address] | None = None,
        transport: Transport = "auto",
        jitter: int = JITTER,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`control`: where to serve the control socket. `journal`: every event is appended to this file, and
        the server goes on where it ends. `pair`: where to listen for the other server, and where that one
        listens. `transport` of the associations with gateways. `changed` is told when one of a pair begins to
        serve or to stand by. Raises `ConfigurationError`.
        """
        super().__init__(lines, jitter=jitter)
        self.config = config
        self.stations = [SoftStation(number) for number in range(config.board.stations)]
        self.now: Instant = 0
        self.ct = CtServer(config, paired=pair is not None)
        if pair is not None and not self.ct.networks:
            found = f"{config.source}: pair: found links only"
            raise ConfigurationError(f"{found}, expected a network over gateways, which say who serves")
        self._control = control
        self.control_address: Address | None = None
        self._journal = journal
        self._file: JournalFile | None = None
        self._written: History | None = None
        self._pair = pair
        self._publisher = Publisher(lambda: self.now, lambda: len(self.ct.history.journal))
        self._follower = (
            None if pair is None else Follower(pair[1], lambda: new_history(config), self._copied)
        )
        self._transport: Transport = transport
        self._diallers: list[tuple[GatewayNetwork, Dialler]] = []
        self._associations: dict[Dialler, int] = {}
        """Number in its network of the association that a dialler made last."""
        self._board: VirtualBoard | None = None
        self._changed = changed
        self._lines = contextlib.AsyncExitStack()
        self._vacant_since: Instant | None = None
        self._current: Instant = 0
        """Until when the history tells what happened."""
        self._again: Instant = 0
        self._trying: Instant = 0
        """Since when this server tries to take the lines."""

    @property
    def engine(self) -> Engine:
        """The engine. Raises `Refused` while this server stands by."""
        if self.ct.engine is None:
            raise Refused(f"this server stands by; {self._other}")
        return self.ct.engine

    @property
    def _other(self) -> str:
        if self._pair is None or self._follower is None:
            return "there is no other"
        doing = self._follower.state or "out of reach"
        return f"the other one at {address_text(self._pair[1])} is {doing}"

    def told(self) -> dict[str, object]:
        """What the operator is told of this server."""
        return {
            "server": self._publisher.state,
            "other": None if self._follower is None else self._follower.state or "out of reach",
            "gateways": {
                address_text(dialler.address): self._doing(network, dialler)
                for network, dialler in self._diallers
            },
            "events": len(self.ct.history.journal),
        }

    def _doing(self, network: GatewayNetwork, dialler: Dialler) -> str:
        number = self._associations.get(dialler)
        return dialler.trouble or ("dialling" if number is None else network.state(number))

    @property
    def state(self) -> str:
        """`serving` or `standing by`."""
        return "standing by" if self.ct.engine is None else "serving"

    # life

    async def begin(self, stack: contextlib.AsyncExitStack) -> None:
        """Read the journal, dial the gateways; alone, serve."""
        stack.push_async_callback(self._lines.aclose)
        if self._journal is not None:
            self._read(self._journal)
            self._file = JournalFile(self._journal)
            stack.callback(self._file.close)
        self._write(self.ct.history)
        for name, network in self.ct.networks.items():
            m3ua = self.config.networks[name].m3ua
            assert m3ua is not None
            for address in m3ua.gateways:
                dialler = dial(address_of(address), self._transport)
                stack.callback(dialler.close)
                self._diallers.append((network, dialler))
        if self._pair is None or self._follower is None:
            await self._serve()
            return
        await self._publisher.open(stack, self._pair[0])
        following = asyncio.create_task(self._follower.run())
        stack.callback(following.cancel)

    def _read(self, path: Path) -> None:
        """Go on where the file ends."""
        history = self.ct.history
        found = read(path, history)
        if found is None:
            return
        self.now, away = found
        self._current = self.now - away
        log.warning("journal %s: %d events, the last %.1f s ago", path, len(history.journal), away / SECOND)

    async def open(self, stack: contextlib.AsyncExitStack) -> None:
        """Open the control socket."""
        if self._control is not None:
            self.control_address = await open_control(stack, self._control, lambda: Control(self))

    async def poll(self) -> None:
        """Look after gateways and the other server: who serves?"""
        for network, dialler in self._diallers:
            stream = dialler.poll(self.now)
            if stream is not None:
                self._associations[dialler] = network.add(stream, self.now)
        follower = self._follower
        if follower is None:
            return
        if self.ct.engine is not None:
            if self.ct.overtaken:
                self._stand_by()
        elif self._taken(follower):
            self.now = max(self.now, follower.now)
            await self._unplug()
        if not self._may_serve(follower):
            if self._publisher.state == "taking over":
                self._publisher.tell("standing by")
        elif self.now >= self._again:
            await self._serve()

    def advance(self, frames: int) -> None:
        """Run for `frames`. A board goes on without an engine until the other server takes the lines."""
        if self.ct.engine is not None:
            self.ct.engine.advance(frames)
        else:
            if self._board is not None:
                self._board.advance(frames)
            self.ct.stand_by(self.now)
        if self.now // SECOND != (self.now + frames) // SECOND:
            self._tick()
        self.now += frames

    def _tick(self) -> None:
        """A second has passed."""
        self._publisher.tick()
        follows = self._follower is not None and self._follower.state == "serving"
        if follows or self.ct.engine is not None:
            self._current = self.now
            if self._file is not None:
                self._file.alive(self.now)

    # who serves

    @property
    def _second(self) -> bool:
        """Whether the other server goes first."""
        assert self._pair is not None
        own, other = self._pair
        return own > other

    def _taken(self, follower: Follower) -> bool:
        """Whether the other server serves, or is about to: when both are, the second gives way."""
        both = follower.state == self._publisher.state == "taking over"
        return follower.state == "serving" or (follower.state == "taking over" and (self._second or not both))

    def _may_serve(self, follower: Follower) -> bool:
        if self.ct.engine is not None or not self.ct.called or self._taken(follower):
            self._vacant_since = None
            return False
        if self._vacant_since is None:
            self._vacant_since = self.now
        behind = follower.known - len(self.ct.history.journal) if follower.state is not None else 0
        patience = PATIENCE[behind > 0 or (self._second and not behind)]
        if follower.state is None and follower.copied:
            patience = 0  # it served, and is dead
        return self.now - self._vacant_since >= patience

    async def _serve(self) -> None:
        """Take the lines and serve; a line that the other server still holds is tried again."""
        new_board = self._board is None
        if self._publisher.state != "taking over":
            self._publisher.tell("taking over")
            self._trying = self.now
        if self._board is None:
            try:
                self._board = await self._plug_in()
            except AddressError as error:
                await self._unplug()
                if self._follower is None:
                    raise
                if self._again <= self.now - SECOND:
                    log.warning("taking over: %s; tried again", error)
                self._again = self.now + AGAIN
                if self._follower.state is not None and self.now - self._trying >= TRYING:
                    self._publisher.tell("standing by")
                    self._again = self.now + TRYING
                return
        if self.now - self._current >= LOST_AFTER:
            self.ct.history.recovery.give_up()
        self.ct.serve(self._board, self.now, new_board=new_board)
        if self._follower is not None:
            self._follower.part()
        self._publisher.tell("serving", self.ct.history)
        self._changed()

    def _stand_by(self) -> None:
        """The traffic is another server's, or nobody knows whose. If that one has told its past by now, ours
        is over."""
        self.ct.stand_down(self.now)
        self._publisher.tell("standing by")
        if self._follower is not None and self._follower.history is not None:
            self._copied(self._follower.history)
        self._changed()

    async def _plug_in(self) -> VirtualBoard:
        """Return a board with the lines and stations, whose hooks are as the journal leaves them."""
        size = self.config.board
        lines = await self.bind(self._lines)
        board = VirtualBoard(
            spans=size.spans, stations=size.stations, voice_ports=size.voice_ports, now=self.now
        )
        for number, line in enumerate(lines):
            board.attach_span(number, line)
        for agent in self.config.agents:
            if agent.agent in self.ct.history.recovery.agents:
                self.stations[agent.station].off_hook = self._off_hook(agent)
        for number, station in enumerate(self.stations):
            board.attach_station(number, station)
        return board

    def _off_hook(self, agent: AgentConfig) -> bool:
        """Whether the journal leaves the agent with a lifted handset, or with the headset on."""
        recovery = self.ct.history.recovery
        state = recovery.agents[agent.agent].state
        if agent.headset:
            return state not in (AgentState.SIGNED_OFF.value, AgentState.NOT_READY.value)
        calls = recovery.calls.values()
        suspended = any(call.suspended and call.agent == agent.agent for call in calls)
        return state == AgentState.TALKING.value and not suspended

    async def _unplug(self) -> None:
        """Give the lines back."""
        self._board = None
        await self._lines.aclose()

    # the past

    def _write(self, history: History) -> None:
        """What happens in `history` goes into the file from now on, and into no other."""
        self._written = history
        if self._file is not None:
            file = self._file
            history.journal.subscribe(lambda event: file(event) if history is self._written else None)

    def _copied(self, history: History) -> None:
        """The past of the other server is here whole: our own is over, unless we serve."""
        if self.ct.engine is None:
            if self._file is not None:
                self._file.begin(history, max(self.now, history.journal.at))
            self.ct.history = history
            self._write(history)

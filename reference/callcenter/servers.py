"""CT servers behind a signalling gateway: one serves, the others stand by and follow its journal.

    signalling lines -- Gateway -- M3UA --+-- CtServer A, serves --------+
                                          +-- CtServer B, stands by      |
    speech lines, stations -- board in a chassis of its own -------------+

A stand-by is an ASP that is up and inactive (RFC 4666 4.3.4.3, override). When the gateway says that nobody
takes the traffic it goes on where the journal ends (`Engine.take_over`). Nothing but the gateway decides who
serves, so there are never two: a server that has lost the gateway, or its traffic, stands by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from callcenter.clients import Maintenance, Seat, Supervisor
from callcenter.config import CentreConfig
from callcenter.ct_server import CtServer
from callcenter.cti.history import History
from callcenter.engine import Engine, new_history
from callcenter.errors import ConfigurationError
from callcenter.gateway import Gateway, GatewayConfig, GatewayMaintenance, GatewaySystem
from callcenter.pixit import pixit
from callcenter.tdm.board import VirtualBoard
from testrig.board import Board
from testrig.clock import Instant
from testrig.line import Line, StationPort
from testrig.stream import stream_pair
from testrig.system import Event, Pixit, Refused

NAMES: Final = ("A", "B")


class ServersSystem:
    """The whole as a system under test. The gateway's lines come first, then those of the chassis."""

    def __init__(self, config: CentreConfig, gateway: GatewayConfig) -> None:
        if config.links:
            raise ConfigurationError(
                f"{config.source}: links: expected none, signalling comes over the gateway"
            )
        self.config = config
        self.signalling = GatewaySystem(gateway)
        size = config.board
        self.board = VirtualBoard(spans=size.spans, stations=size.stations, voice_ports=size.voice_ports)
        self.servers: dict[str, CtServer] = {}
        """Those that are switched on."""
        self._serving: str | None = None
        self._pixit = self._told(Engine(config, self.board))
        self.pics: dict[str, object] = {}

    @property
    def name(self) -> str:
        """Name for reports."""
        return f"callcenter {self.config.name}"

    @property
    def version(self) -> str:
        """Version of the package."""
        return version("testline")

    @property
    def pixit(self) -> Pixit:
        """What a tester must know."""
        return self._pixit

    def _told(self, engine: Engine) -> Pixit:
        own, gateway = pixit(engine), self.signalling.pixit
        circuits = tuple(replace(each, line=each.line + self._offset) for each in own.circuits)
        return replace(
            own,
            link_line=gateway.link_line,
            link_slot=gateway.link_slot,
            slc=gateway.slc,
            links=gateway.links,
            circuits=circuits,
            servers=NAMES,
        )

    @property
    def _offset(self) -> int:
        """Lines of the gateway, which come first."""
        return self.signalling.config.board.spans

    @property
    def engine(self) -> Engine:
        """The engine that serves. Raises `Refused` while none does."""
        found = None if self._serving is None else self.servers[self._serving].engine
        if found is None:
            raise Refused("no server serves")
        return found

    def attach(self, lines: Sequence[Line], stations: Sequence[StationPort]) -> None:
        """Plug in the lines and the exchange ends of the stations, and start; the first server serves."""
        spans = self._offset + self.config.board.spans
        if len(lines) > spans or len(stations) > self.config.board.stations:
            raise ConfigurationError(
                f"attach: found {len(lines)} lines and {len(stations)} stations, expected at most {spans} "
                f"(those of gateway and board) and {self.config.board.stations} (board.stations)"
            )
        for number, line in enumerate(lines[self._offset :]):
            self.board.attach_span(number, line)
        for number, port in enumerate(stations):
            self.board.attach_station(number, port)
        self.signalling.attach(lines[: self._offset], ())
        for name in NAMES:
            self._switch_on(name)
        self._serve(NAMES[0], new_board=True)

    def _switch_on(self, name: str) -> None:
        """A server comes up: it copies the journal of the one that serves, and its ASPs are up."""
        server = CtServer(self.config, paired=True, history=self._history())
        self.servers[name] = server
        for network in server.networks.values():
            ours, theirs = stream_pair()
            self._gateway.accept(theirs)
            network.add(ours, self.board.now)

    @property
    def _gateway(self) -> Gateway:
        return self.signalling.gateway

    def _serve(self, name: str, *, new_board: bool = False) -> None:
        """`name` serves from now on; the others copy its journal, whatever they had, and follow it."""
        self._serving = name
        for other, server in self.servers.items():
            if other != name:
                server.history = self._history()
        self.servers[name].serve(self.board, self.board.now, new_board=new_board)

    def _history(self) -> History:
        """A copy of what the server that serves knows, for another one."""
        history = new_history(self.config)
        if self._serving is not None:
            self.servers[self._serving].history.copied_to(history)
        history.journal.subscribe(lambda event: self._relay(history, event))
        return history

    def _relay(self, history: History, event: Event) -> None:
        """An event was written: the others follow the server that serves."""
        if self._serving is not None and history is self.servers[self._serving].history:
            for server in self.servers.values():
                if server.history is not history:
                    server.history.journal.follow(event)

    # time

    def advance(self, frames: int) -> None:
        """Run for `frames`."""
        self._gateway.advance(frames)
        if self._serving is None:
            self.board.advance(frames)
        else:
            self.engine.advance(frames)
        for name, server in self.servers.items():
            if name == self._serving and server.overtaken:
                server.stand_down(self.board.now)
                self._serving = None
            elif name != self._serving:
                server.stand_by(self.board.now)
                if server.called and self._serving is None:
                    self._serve(name)

    def next_deadline(self) -> Instant | None:
        """When anything will next act of its own accord."""
        parts = [self.signalling.next_deadline()]
        parts.append(self.board.next_deadline() if self._serving is None else self.engine.next_deadline())
        parts += [server.next_deadline for server in self.servers.values()]
        return min((each for each in parts if each is not None), default=None)

    @property
    def settled(self) -> bool:
        """True when nothing is under way that the next block could change."""
        serving = self.board.settled if self._serving is None else self.engine.settled
        return serving and self.signalling.settled and all(each.settled for each in self.servers.values())

    # people

    def agent(self, agent: str, password: str | None = None) -> Seat:
        """Return the desk of `agent`. Without `password` the one of the PIXIT is used to sign on."""
        known = {each.agent: each for each in self.config.agents}
        if agent not in known:
            raise Refused(f"agent {agent!r}: not known, expected one of {', '.join(known)}")
        return Seat(self, agent, known[agent].password if password is None else password)

    def supervisor(self) -> Supervisor:
        """Return the supervisor's desk."""
        return Supervisor(self)

    def maintenance(self) -> ServersMaintenance:
        """Return the operator's terminal."""
        return ServersMaintenance(self)

    def close(self) -> None:
        """Nothing is held that Python does not give back itself."""

    def span(self, line: int) -> tuple[Board, int]:
        """The board that a line is plugged into, and the span there: the gateway's come first."""
        own = line - self._offset
        return (self.signalling.board, line) if own < 0 else (self.board, own)

    # power

    def states(self) -> dict[str, str]:
        """What each server is doing."""
        on = {name: "serving" if name == self._serving else "standing by" for name in self.servers}
        return {name: on.get(name, "off") for name in NAMES}

    def power(self, name: str, on: bool) -> None:
        """Cut the power of a server, or switch it on. Raises `Refused` for one that there is not."""
        if name not in NAMES:
            raise Refused(f"server {name!r}: not known, expected one of {', '.join(NAMES)}")
        if on and name not in self.servers:
            self._switch_on(name)
        elif not on and name in self.servers:
            server = self.servers.pop(name)
            if self._serving == name:
                self._serving = None
            for network in server.networks.values():
                network.lose()


class ServersMaintenance(Maintenance):
    """The operator's terminal: links are the gateway's, circuits the server's that serves."""

    def __init__(self, system: ServersSystem) -> None:
        super().__init__(system)
        self._system = system
        self._gateway = GatewayMaintenance(system.signalling.gateway)

    def activate_link(self, link: str = "", *, emergency: bool = False) -> None:
        """Activate a signalling link."""
        self._gateway.activate_link(emergency=emergency, link=link)

    def deactivate_link(self, link: str = "") -> None:
        """Deactivate a signalling link."""
        self._gateway.deactivate_link(link)

    def inhibit_link(self, link: str = "") -> None:
        """Keep user traffic off a signalling link."""
        self._gateway.inhibit_link(link)

    def uninhibit_link(self, link: str = "") -> None:
        """Let user traffic use a signalling link again."""
        self._gateway.uninhibit_link(link)

    def link_state(self, link: str = "") -> str:
        """State of a signalling link."""
        return self._gateway.link_state(link)

    def span(self, line: int) -> tuple[Board, int]:
        """The board that a line is plugged into, and the span there."""
        return self._system.span(line)

    def server_states(self) -> dict[str, str]:
        """What each server is doing."""
        return self._system.states()

    def power(self, server: str, on: bool) -> None:
        """Cut a server's power without warning, or switch it on."""
        self._system.power(server, on)

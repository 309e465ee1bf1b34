"""The signalling gateway: E1 with signalling links on one side, M3UA to CT servers on the other.

    board channel <-> Mtp2Link <-> Mtp3 <-> Relay (one for each service) <-> SGP <-> streams

The nodal interworking function (RFC 4666 1.4.3.2) stands where a user part stands in a centre.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NoReturn

from callcenter.calls.primitives import Indication, Leg, Primitive
from callcenter.config import DATA, BoardConfig, LinkConfig, NetworkConfig, point_code
from callcenter.cti.journal import Journal, Types
from callcenter.errors import CallcenterError, ConfigurationError, StateError
from callcenter.loading import build, merged, read_toml, refuse
from callcenter.signalling import Channel, Network, Signalling
from callcenter.ss7.m3ua import ProtocolData, ServerConfig, SgpConfig, SignallingGatewayProcess
from callcenter.ss7.m3ua.registration import ANY_SERVICE
from callcenter.ss7.mtp2 import Mtp2Link
from callcenter.ss7.mtp3 import Mtp3, Mtp3Config
from callcenter.ss7.notices import Notice
from callcenter.ss7.user_part import Outgoing
from callcenter.tdm.board import VirtualBoard
from testrig.board import Board, HdlcError, HdlcFrame, SpanConfig
from testrig.clock import SECOND, Instant, frames
from testrig.line import Line, StationPort
from testrig.stream import MemoryStream, Stream, stream_pair
from testrig.system import Event, LinkSpec, NetworkSpec, Pixit, Refused, ServerSpec, SigtranSpec

ISUP: Final = 5
ENDPOINT: Final = "m3ua"


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """What `gateway.toml` says."""

    name: str
    network: str
    networks: dict[str, NetworkConfig]
    links: tuple[LinkConfig, ...]
    servers: tuple[ServerConfig, ...]
    board: BoardConfig = field(default_factory=BoardConfig)
    network_appearance: int | None = None
    recovery: float = 2.0
    registration: bool = False
    source: str = "configuration"

    @property
    def point(self) -> NetworkConfig:
        """The network in use."""
        return self.networks[self.network]

    def code(self, found: str | int) -> int:
        """Return a point code of the network in use."""
        return point_code(found, self.point.variant, source=self.source)


def gateway_config(over: Mapping[str, object] | None = None) -> GatewayConfig:
    """The gateway as it comes, with `over` laid over it. Raises `ConfigurationError`."""
    return parse_gateway(merged(read_toml(DATA / "gateway.toml"), over or {}), source="gateway.toml")


def load_gateway(path: Path) -> GatewayConfig:
    """Read the file and check it. Raises `ConfigurationError`."""
    return parse_gateway(read_toml(path), source=str(path))


def parse_gateway(table: Mapping[str, Any], *, source: str) -> GatewayConfig:
    """Build and check a configuration. Raises `ConfigurationError`."""
    config = build(GatewayConfig, {**table, "source": source}, source=source)
    if config.network not in config.networks:
        known = config.networks
        raise refuse(source, "network", config.network, f"one of {', '.join(known)}", known=known)
    contexts = [server.routing_context for server in config.servers]
    if len(set(contexts)) != len(contexts):
        raise refuse(source, "servers.routing_context", contexts, "each routing context once")
    for server in config.servers:
        for name in server.destinations:
            if name not in config.point.points:
                raise refuse(source, "servers.destinations", name, "a point", known=config.point.points)
    for link in config.links:
        if link.peer not in config.point.points:
            raise refuse(source, "links.peer", link.peer, "a point", known=config.point.points)
    if not config.links:
        raise refuse(source, "links", [], "one link or more")
    return config


class Relay:
    """The user part of one service, as level 3 sees it: everything goes to an application server."""

    def __init__(self, service: int, sgp: SignallingGatewayProcess, *, first: bool) -> None:
        self._service = service
        self._first = first
        self._sgp = sgp
        self.out: list[Outgoing] = []
        self.timers: Mapping[str, int] = {}

    def receive(self, opc: int, data: bytes, now: Instant, sls: int = 0) -> None:
        """Give a message to the AS with its key: for ISUP by the circuit (Q.763 1.2)."""
        config = self._sgp.config
        found = ProtocolData(opc, config.point_code, self._service, config.network_indicator, sls, data)
        circuit = (data[0] | data[1] << 8) & 0xFFF if self._service == ISUP and len(data) > 1 else 0
        self._sgp.transfer(found, circuit, now)

    def pause(self, dpc: int, now: Instant) -> None:
        """The point cannot be reached."""
        self._sgp.accessible(dpc, False, now)

    def resume(self, dpc: int, now: Instant) -> None:
        """The point can be reached."""
        self._sgp.accessible(dpc, True, now)

    def unavailable(self, dpc: int, cause: int, now: Instant) -> None:
        """The user part of the point is not there."""
        self._sgp.user_unavailable(dpc, self._service, cause, now)

    def congested(self, dpc: int, now: Instant) -> None:
        """The point is congested, without a level (Q.704 11.2.3); ASPs hear it once, by the first service."""
        if self._first:
            self._sgp.congested(dpc, 0, now)

    def messages(self) -> Sequence[Outgoing]:
        """Drain what AS sent."""
        found, self.out = self.out, []
        return found

    def indications(self) -> list[Indication]:
        """There are no calls here."""
        return []

    def notices(self) -> Sequence[Notice]:
        """There are no circuits here."""
        return ()

    next_deadline: Instant | None = None

    def expire(self, now: Instant) -> None:
        """The SGP keeps its timers."""

    def check_tone(self, leg: Leg, now: Instant) -> None:
        """No circuits."""
        self._none(leg)

    def provide_transceivers(self, free: Callable[[], bool]) -> None:
        """There is nothing to check."""

    def _none(self, cic: Leg) -> NoReturn:
        raise StateError(f"circuit {cic.group}/{cic.number}: a gateway has no circuits")

    def request(self, leg: Leg, primitive: Primitive, now: Instant) -> None:
        """No calls."""
        self._none(leg)

    def forget(self) -> None:
        """No circuits."""

    def recover(self, leg: Leg, *, incoming: bool, suspended: bool, blocked: bool, now: Instant) -> None:
        """No calls."""
        self._none(leg)

    def idle(self, cic: Leg) -> bool:
        """No circuits."""
        self._none(cic)

    def circuit_state(self, cic: Leg) -> str:
        """No circuits."""
        self._none(cic)

    def block(self, cic: Leg, now: Instant) -> None:
        """No circuits."""
        self._none(cic)

    check = unblock = reset = block

    def block_group(self, cic: Leg, count: int, now: Instant, *, hardware: bool = False) -> None:
        """No circuits."""
        self._none(cic)

    unblock_group = block_group

    def reset_group(self, cic: Leg, count: int, now: Instant) -> None:
        """No circuits."""
        self._none(cic)


class Gateway:
    """The gateway on a board."""

    def __init__(self, config: GatewayConfig, board: Board) -> None:
        """Raises `ConfigurationError`."""
        self.config = config
        self.board = board
        self.now: Instant = 0
        self.journal = Journal()
        point = config.point
        own = config.code(point.own)
        self.sgp = SignallingGatewayProcess(
            SgpConfig(
                point_code=own,
                network_indicator=point.indicator,
                servers=config.servers,
                destinations={name: config.code(code) for name, code in point.points.items()},
                network_appearance=config.network_appearance,
                registration=config.registration,
                recovery=frames(config.recovery),
            )
        )
        services = {service for server in config.servers for service in server.services}
        if config.registration:
            services |= set(ANY_SERVICE)
        self._relays = {
            service: Relay(service, self.sgp, first=service == min(services)) for service in sorted(services)
        }
        channels = [
            Channel(
                link,
                config.network,
                config.code(point.points[link.peer]),
                Mtp2Link(link.label, correction=link.correction),
            )
            for link in config.links
        ]
        mtp3 = Mtp3(
            Mtp3Config(
                variant=point.variant,
                point_code=own,
                network_indicator=point.indicator,
                users=frozenset(services),
            ),
            {(channel.adjacent, channel.config.slc): channel.link for channel in channels},
        )
        network = Network(config.network, mtp3, self._relays, {}, {})
        self.signalling = Signalling(board, self.journal, channels=channels, networks=[network], of_group={})
        self._streams: dict[int, Stream] = {}
        self._next = 0

    def start(self) -> None:
        """Configure the spans and bring the links up."""
        for span in range(self.config.board.spans):
            self.board.configure_span(span, SpanConfig(crc4=self.config.board.crc4))
        self.signalling.start(self.now)
        self.work()

    def accept(self, stream: Stream) -> None:
        """Take a new association."""
        self._streams[self._next] = stream
        self.sgp.connected(self._next)
        self._next += 1

    def advance(self, count: int) -> None:
        """Run for `count` frames."""
        if self._hear():
            self.work()
        news = False
        events = self.board.advance(count)
        self.now += count
        for event in events:
            if isinstance(event, HdlcFrame | HdlcError):
                news = self.signalling.take(event) or news
        deadline = self.next_deadline()
        if news or (deadline is not None and self.now >= deadline):
            self.work()
        elif self.signalling.more:
            self.signalling.pump()

    def _hear(self) -> bool:
        heard = False
        for number, stream in list(self._streams.items()):
            octets = stream.receive()
            if octets:
                self.sgp.receive(number, octets, self.now)
            if stream.closed:
                del self._streams[number]
                self.sgp.closed(number, self.now)
            heard = heard or bool(octets) or number not in self._streams
        return heard

    def work(self) -> None:
        """Carry everything that is under way to its end."""
        now, sgp = self.now, self.sgp
        self.signalling.expire(now)
        sgp.expire(now)
        self.signalling.poll(now)
        for data in sgp.transfers():
            self._relays[data.si].out.append(Outgoing(data.dpc, data.sls, data.data))
        for notice in sgp.notices():
            told: dict[str, object] = {
                "alarm": "screening",
                "server": notice.server,
                "reason": notice.reason,
                "opc": notice.opc,
                "dpc": notice.dpc,
                "si": notice.si,
            }
            self.journal.append(now, Types.ALARM, told)
        self.signalling.flush(now)
        for number, octets in sgp.messages():
            if number in self._streams:
                self._streams[number].send(octets)
        for number in sgp.closing():
            stream = self._streams.pop(number, None)
            if stream is not None:
                stream.close()
                sgp.closed(number, now)

    def next_deadline(self) -> Instant | None:
        """When something will happen of its own accord."""
        parts = (self.signalling.next_deadline, self.sgp.next_deadline)
        return min((each for each in parts if each is not None), default=None)

    @property
    def settled(self) -> bool:
        """True when the next block could change nothing."""
        waiting = any(isinstance(each, MemoryStream) and each.news for each in self._streams.values())
        return not waiting and self.board.settled and self.signalling.settled


class GatewaySystem:
    """The gateway as a system under test."""

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.board: Board = VirtualBoard(
            spans=config.board.spans, stations=config.board.stations, voice_ports=0
        )
        self.gateway = Gateway(config, self.board)
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
        config, link = self.config, self.config.links[0]
        point = config.point
        peer = config.code(point.points[link.peer])
        own = config.code(point.own)
        return Pixit(
            variant=point.variant,
            point_code=own,
            tester_point_code=peer,
            network_indicator=point.indicator,
            link_line=link.span,
            link_slot=link.slot,
            slc=link.slc,
            circuits=(),
            menu_number="",
            queue_number="",
            queue="",
            queue_key="",
            announcement_key="",
            wrong_key="",
            unallocated_number="",
            outgoing_prefix="",
            agents=(),
            crc4=config.board.crc4,
            networks=(NetworkSpec(config.network, point.variant, point.indicator, own),),
            links=tuple(
                LinkSpec(
                    each.label,
                    config.network,
                    config.code(point.points[each.peer]),
                    each.slc,
                    each.span,
                    each.slot,
                )
                for each in config.links
            ),
            sigtran=SigtranSpec(
                endpoint=ENDPOINT,
                servers=tuple(
                    ServerSpec(
                        each.routing_context,
                        each.services,
                        each.mode,
                        each.first_circuit,
                        each.last_circuit,
                        each.minimum,
                    )
                    for each in config.servers
                ),
                network_appearance=config.network_appearance,
                recovery=self.gateway.sgp.config.recovery / SECOND,
                registration=config.registration,
            ),
        )

    def attach(self, lines: Sequence[Line], stations: Sequence[StationPort]) -> None:
        """Plug in the lines and start. Telephones may be plugged in; nobody rings them."""
        board = self.config.board
        if len(lines) > board.spans or len(stations) > board.stations:
            raise ConfigurationError(
                f"attach: found {len(lines)} lines and {len(stations)} stations, expected at most "
                f"{board.spans} (board.spans) and {board.stations} (board.stations)"
            )
        for number, line in enumerate(lines):
            self.board.attach_span(number, line)
        for number, port in enumerate(stations):
            self.board.attach_station(number, port)
        self.gateway.start()

    def connect(self, endpoint: str) -> Stream:
        """Connect an ASP; raises `Refused` for an endpoint that is not ours."""
        if endpoint != ENDPOINT:
            raise Refused(f"connect {endpoint!r}: expected {ENDPOINT!r}")
        ours, theirs = stream_pair()
        self.gateway.accept(ours)
        return theirs

    def advance(self, frames: int) -> None:
        """Run for `frames`."""
        self.gateway.advance(frames)

    def next_deadline(self) -> Instant | None:
        """When the gateway will next act of its own accord."""
        parts = (self.gateway.next_deadline(), self.board.next_deadline())
        return min((each for each in parts if each is not None), default=None)

    @property
    def settled(self) -> bool:
        """True when nothing is under way."""
        return self.gateway.settled

    def agent(self, agent: str, password: str | None = None) -> NoReturn:
        """There are no agents."""
        raise Refused(f"agent {agent!r}: a signalling gateway has no agents")

    def supervisor(self) -> GatewaySupervisor:
        """Return who reads the journal."""
        return GatewaySupervisor(self.gateway)

    def maintenance(self) -> GatewayMaintenance:
        """Return the operator's terminal."""
        return GatewayMaintenance(self.gateway)

    def close(self) -> None:
        """Nothing is held."""


class GatewaySupervisor:
    """Reads the journal."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def journal(self, since: int = 0) -> Sequence[Event]:
        """Everything that happened after event number `since`."""
        return self._gateway.journal.since(since)


class GatewayMaintenance:
    """The operator's terminal: orders for links, and what can be reached."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def activate_link(self, link: str = "", *, emergency: bool = False) -> None:
        """Activate a link."""
        self._order(partial(self._gateway.signalling.activate, emergency=emergency), link)

    def deactivate_link(self, link: str = "") -> None:
        """Deactivate a link."""
        self._order(self._gateway.signalling.deactivate, link)

    def inhibit_link(self, link: str = "") -> None:
        """Keep user traffic off a link."""
        self._order(self._gateway.signalling.inhibit, link)

    def uninhibit_link(self, link: str = "") -> None:
        """Let user traffic use a link again."""
        self._order(self._gateway.signalling.uninhibit, link)

    def destination_state(self, point_code: int, network: str = "") -> str:
        """Whether a point can be reached."""
        with _refusing():
            return self._gateway.signalling.destination_state(point_code, network)

    def link_state(self, link: str = "") -> str:
        """State of a link."""
        with _refusing():
            return self._gateway.signalling.link_state(link)

    def _order(self, carry_out: Callable[..., None], link: str) -> None:
        with _refusing():
            carry_out(self._gateway.now, link=link)
        self._gateway.work()


@contextmanager
def _refusing() -> Iterator[None]:
    """Tell what is wrong with an order as `Refused`."""
    try:
        yield
    except CallcenterError as error:
        raise Refused(str(error)) from error

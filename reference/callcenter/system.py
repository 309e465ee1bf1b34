"""The reference call centre as a system under test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from callcenter.clients import Maintenance, Seat, Supervisor
from callcenter.config import DATA, CentreConfig, reference_config
from callcenter.engine import Engine
from callcenter.errors import ConfigurationError
from callcenter.gateway import GatewaySystem, gateway_config
from callcenter.loading import read_toml
from callcenter.pixit import pixit
from callcenter.servers import ServersSystem
from callcenter.signalling import SERVICES
from callcenter.ss7.m3ua.network import GatewayNetwork
from callcenter.tdm.board import VirtualBoard
from testrig.association import RETRY
from testrig.board import Board
from testrig.clock import SECOND, Instant
from testrig.line import Line, StationPort
from testrig.ports import MemoryDialler, MemoryListener, MemoryPorts
from testrig.system import AspSpec, Pixit, Refused, ServerSpec

PICS: Final = dict.fromkeys(
    (
        "e1",
        "e1.crc4",
        "e1.bit2",
        "e1.loopback",
        "mtp2",
        "mtp2.emergency",
        "mtp2.congestion",
        "mtp2.level3_orders",
        "mtp2.pcr",
        "mtp2.processor_outage",
        "mtp3",
        "mtp3.management",
        "mtp3.periodic_test",
        "mtp3.link_sets",
        "mtp3.routes",
        "mtp3.restriction",
        "mtp3.inhibiting",
        "mtp3.restart",
        "mtp3.congestion",
        "mtp3.transfer_controlled",
        "mtp3.priorities",
        "mtp3.transfer",
        "isup",
        "isup.incoming",
        "isup.outgoing",
        "isup.overlap",
        "isup.continuity",
        "isup.group_supervision",
        "isup.compatibility",
        "isup.maintenance",
        "isup.suspend",
        "isup.suspension_guarded",
        "isup.transit",
        "isup.segments_sent",
        "isup.propagation_delay",
        "isup.information_given",
        "isup.information_asked",
        "isup.congestion_level",
        "isup.group_query",
        "isup.information",
        "isup.hardware_blocking",
        "isup.congestion_control",
        "isup.signalling_congestion",
        "isup.transit_interpretation",
        "isup.continuity_sending",
        "isup.user_part_test",
        "isup.pass_on",
        "isup.user_to_user",
        "isup.other_access",
        "isup.bearer_refusal",
        "isup.no_passing",
        "isup.suspend_forward",
        "isup.connected_line",
        "isup.closed_user_group",
        "isup.facility_refusal",
        "isup.identification",
        "tup",
        "tup.incoming",
        "tup.outgoing",
        "tup.signalling_congestion",
        "tup.continuity",
        "tup.group_supervision",
        "tup.maintenance",
        "tup.national",
        "transit",
        "maintenance",
        "maintenance.group",
        "switching",
        "switching.transparent",
        "tones",
        "dtmf",
        "ivr",
        "acd",
        "agents",
        "agents.outgoing",
        "supervision",
        "metering",
        "m3ua",
        "m3ua.loadshare",
        "m3ua.broadcast",
        "m3ua.registration",
        "m3ua.screening",
        "servers",
        "asp",
        "asp.calls",
        "asp.outgoing",
        "asp.repeats",
        "asp.identifier",
        "asp.audit",
        "asp.audit_again",
        "asp.heartbeat",
        "asp.gateways",
        "asp.takes_again",
    ),
    True,
) | dict.fromkeys(
    (
        "mtp3.emergency_changeover",
        "isup.q767_routes",
        "isup.forward_transfer",
        "isup.fallback",
        "isup.unrestricted",
        "isup.multirate",
        "isup.echo_control",
        "isup.release_failure",
    ),
    False,
)
"""What we declare to support, and what not."""


def reference(
    config: Mapping[str, object] | None = None,
) -> ReferenceSystem | GatewaySystem | ServersSystem:
    """Return the reference under test: the call centre, with `file: gateway.toml` the signalling gateway,
    with `file: servers.toml` both with several servers, with `file: server_alone.toml` a server whose
    gateways are the judge's.

    Raises `ConfigurationError` for what the configuration may not say.
    """
    if config is not None and config.get("file") == "servers.toml":
        gateway_file = read_toml(DATA / "servers_gateway.toml")
        network = {"network": config["network"]} if "network" in config else {}
        servers = ServersSystem(reference_config(config), gateway_config({**gateway_file, **network}))
        servers.pics = {"product": servers.name, "vendor": "Testline contributors", "items": PICS}
        return servers
    if config is not None and config.get("file") == "gateway.toml":
        gateway = GatewaySystem(gateway_config({name: config[name] for name in config if name != "file"}))
        gateway.pics = {"product": gateway.name, "vendor": "Testline contributors", "items": PICS}
        return gateway
    if config is not None and config.get("file") == "server_alone.toml":
        return AloneSystem(reference_config(config))
    return centre(config)


def centre(config: Mapping[str, object] | None = None) -> ReferenceSystem:
    """Return the reference call centre on its virtual board; `config` is laid over `data/reference.toml`.

    Raises `ConfigurationError` for what the configuration may not say.
    """
    return ReferenceSystem(reference_config(config))


class ReferenceSystem:
    """The reference call centre: an `Engine` on a virtual board."""

    def __init__(self, config: CentreConfig, board: Board | None = None) -> None:
        """`board` replaces the virtual board by one with an adapter of its own."""
        self.config = config
        size = config.board
        self.board: Board = board or VirtualBoard(
            spans=size.spans, stations=size.stations, voice_ports=size.voice_ports
        )
        self.engine = Engine(config, self.board)
        self._pixit = pixit(self.engine)
        self.pics = {"product": self.name, "vendor": "Testline contributors", "items": PICS}
        """The declaration, for a judge who asks the system itself for it."""

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

    def attach(self, lines: Sequence[Line], stations: Sequence[StationPort]) -> None:
        """Plug in the lines and the exchange ends of the stations, and start."""
        if len(lines) > self.config.board.spans or len(stations) > self.config.board.stations:
            raise ConfigurationError(
                f"attach: found {len(lines)} lines and {len(stations)} stations, expected at most "
                f"{self.config.board.spans} (board.spans) and {self.config.board.stations} (board.stations)"
            )
        for number, line in enumerate(lines):
            self.board.attach_span(number, line)
        for number, port in enumerate(stations):
            self.board.attach_station(number, port)
        self.engine.start()

    def advance(self, frames: int) -> None:
        """Run for `frames`."""
        self.engine.advance(frames)

    def next_deadline(self) -> Instant | None:
        """When the system will next act of its own accord."""
        return self.engine.next_deadline()

    @property
    def settled(self) -> bool:
        """True when nothing is under way that the next block could change."""
        return self.engine.settled

    def agent(self, agent: str, password: str | None = None) -> Seat:
        """Return the desk of `agent`. Without `password` the one of the PIXIT is used to sign on."""
        known = {each.agent: each for each in self.config.agents}
        if agent not in known:
            raise Refused(f"agent {agent!r}: not known, expected one of {', '.join(known)}")
        return Seat(self, agent, known[agent].password if password is None else password)

    def supervisor(self) -> Supervisor:
        """Return the supervisor's desk."""
        return Supervisor(self)

    def maintenance(self) -> Maintenance:
        """Return the operator's terminal."""
        return Maintenance(self)

    def close(self) -> None:
        """Nothing is held that Python does not give back itself."""


class AloneSystem(ReferenceSystem):
    """A CT server alone behind signalling gateways: its ASPs dial, and the judge is the gateways."""

    def __init__(self, config: CentreConfig) -> None:
        super().__init__(config)
        self._ports = MemoryPorts()
        self._diallers: dict[str, tuple[GatewayNetwork, MemoryDialler]] = {}
        for name in config.in_use:
            m3ua = config.networks[name].m3ua
            reached = self.engine.signalling.networks[name].mtp3
            if m3ua is None or not isinstance(reached, GatewayNetwork):
                raise ConfigurationError(f"{config.source}: networks.{name}: expected gateways, not links")
            for endpoint in m3ua.gateways:
                self._diallers[endpoint] = reached, MemoryDialler(self._ports, endpoint)
        self._pixit = replace(self._pixit, asp=self._told())

    def _told(self) -> AspSpec:
        m3ua = self.config.networks[self.config.in_use[0]].m3ua
        reached, _ = next(iter(self._diallers.values()))
        assert m3ua is not None  # as the constructor found
        return AspSpec(
            gateways=tuple(self._diallers),
            servers=tuple(
                ServerSpec(context, (SERVICES[user],), m3ua.mode) for user, context in m3ua.contexts.items()
            ),
            network_appearance=m3ua.appearance,
            acknowledgement=reached.asp.config.acknowledgement / SECOND,
            retry=RETRY / SECOND,
            heartbeat=m3ua.heartbeat or None,
            audit=m3ua.audit,
            identifier=m3ua.identifier,
        )

    @property
    def pixit(self) -> Pixit:
        """What a tester must know."""
        return self._pixit

    def listen(self, endpoint: str) -> MemoryListener:
        """Be the gateway that is dialled at `endpoint`; raises `Refused` for one that is not."""
        if endpoint not in self._diallers:
            raise Refused(f"listen at {endpoint!r}: expected one of {', '.join(self._diallers)}")
        return self._ports.listen(endpoint)

    def advance(self, frames: int) -> None:
        """Run for `frames`."""
        now = self.engine.now
        for network, dialler in self._diallers.values():
            stream = dialler.poll(now)
            if stream is not None:
                network.add(stream, now)
        super().advance(frames)

    def next_deadline(self) -> Instant | None:
        """When the server will next act of its own accord."""
        parts = [super().next_deadline(), *(dialler.next_deadline for _, dialler in self._diallers.values())]
        return min((each for each in parts if each is not None), default=None)


__all__ = ["AloneSystem", "ReferenceSystem", "centre", "reference"]

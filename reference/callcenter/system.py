"""The reference call centre as a system under test, and the clients it gives to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from callcenter.calls.primitives import Leg
from callcenter.config import CentreConfig, LinkConfig, circuits, reference_config
from callcenter.engine import Engine
from callcenter.errors import CallcenterError, ConfigurationError
from callcenter.gateway import GatewaySystem, gateway_config
from callcenter.ivr.flow import MenuNode, PlayNode, QueueNode
from callcenter.media.announcements import MARKER_HZ
from callcenter.signalling import Order
from callcenter.tdm.board import VirtualBoard
from testrig.board import Board, Loopback
from testrig.clock import SECOND, Instant
from testrig.line import Line, StationPort
from testrig.system import AgentSpec, CircuitMap, Event, LinkSpec, NetworkSpec, Pixit, Refused, RouteSpec

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
        "isup.transit",
        "isup.congestion_level",
        "isup.group_query",
        "isup.information",
        "isup.hardware_blocking",
        "isup.congestion_control",
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
        "m3ua",
        "m3ua.loadshare",
        "m3ua.broadcast",
        "m3ua.registration",
        "m3ua.screening",
    ),
    True,
) | dict.fromkeys(
    (
        "isup.propagation_delay",
        "isup.segments_sent",
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


def reference(config: Mapping[str, object] | None = None) -> ReferenceSystem | GatewaySystem:
    """Return the reference under test: the call centre, or with `file: gateway.toml` the signalling gateway.

    Raises `ConfigurationError` for what the configuration may not say.
    """
    if config is not None and config.get("file") == "gateway.toml":
        gateway = GatewaySystem(gateway_config({name: config[name] for name in config if name != "file"}))
        gateway.pics = {"product": gateway.name, "vendor": "Testline contributors", "items": PICS}
        return gateway
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
        self._pixit = _pixit(self.engine)
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
        return Seat(self.engine, agent, known[agent].password if password is None else password)

    def supervisor(self) -> Supervisor:
        """Return the supervisor's desk."""
        return Supervisor(self.engine)

    def maintenance(self) -> Maintenance:
        """Return the operator's terminal."""
        return Maintenance(self.engine)

    def close(self) -> None:
        """Nothing is held that Python does not give back itself."""


class Seat:
    """The agent's desk (`testrig.system.AgentClient`)."""

    def __init__(self, engine: Engine, agent: str, password: str) -> None:
        self._engine = engine
        self._desk = engine.calls.desk
        self._agent = agent
        self._password = password

    def sign_on(self) -> None:
        """Sign on with the password the desk was opened with."""
        self._desk.sign_on(self._agent, self._password, self._engine.now)
        self._engine.work()

    def sign_off(self) -> None:
        """Sign off."""
        self._desk.sign_off(self._agent, self._engine.now)
        self._engine.work()

    def ready(self) -> None:
        """Take calls."""
        self._desk.ready(self._agent, self._engine.now)
        self._engine.work()

    def not_ready(self, reason: str = "") -> None:
        """Take no calls."""
        self._desk.not_ready(self._agent, reason, self._engine.now)
        self._engine.work()

    def answer(self) -> None:
        """Answer with a headset; a handset answers by being lifted."""
        self._desk.answer(self._agent, self._engine.now)
        self._engine.work()

    def hang_up(self) -> None:
        """Clear the call at hand."""
        self._desk.hang_up(self._agent, self._engine.now)
        self._engine.work()

    def dial(self, number: str) -> None:
        """Call `number`, outside prefix included."""
        self._desk.dial(self._agent, number, self._engine.now)
        self._engine.work()

    def state(self) -> str:
        """Present state."""
        return self._desk.agents[self._agent].state.value

    def events(self, since: int = 0) -> Sequence[Event]:
        """Events that name this agent, and those of a call from the one on that names the agent first."""
        calls: set[object] = set()
        found = []
        for event in self._engine.journal.since():
            mine = event.data.get("agent") == self._agent
            call = event.data.get("call")
            if mine and call is not None:
                calls.add(call)
            if event.number > since and (mine or (call is not None and call in calls)):
                found.append(_shown(event))
        return found


def _shown(event: Event) -> Event:
    """The event as people at desks see it: a restricted number is kept, but not shown (Q.731.4, Q.732.2)."""
    hidden = {name: "" for name in ("calling", "original_called") if event.data.get(f"{name}_restricted")}
    return replace(event, data={**event.data, **hidden}) if hidden else event


class Supervisor:
    """The supervisor's desk (`testrig.system.SupervisorClient`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def agents(self) -> dict[str, str]:
        """Agent to state."""
        return {name: agent.state.value for name, agent in self._engine.calls.desk.agents.items()}

    def waiting(self, queue: str) -> int:
        """Callers nobody has answered yet."""
        if queue not in self._engine.config.queues:
            known = ", ".join(self._engine.config.queues)
            raise Refused(f"queue {queue!r}: not known, expected one of {known}")
        return self._engine.calls.projections.waiting(queue)

    def records(self) -> Sequence[dict[str, object]]:
        """Call records, oldest first."""
        return self._engine.calls.projections.records

    def journal(self, since: int = 0) -> Sequence[Event]:
        """Everything that happened after event number `since`."""
        return self._engine.journal.since(since)


class Maintenance:
    """The operator's terminal (`testrig.system.MaintenanceClient`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def block(self, cic: int, group: str = "") -> None:
        """Block a circuit."""
        self._order("block", cic, group)

    def unblock(self, cic: int, group: str = "") -> None:
        """Unblock a circuit."""
        self._order("unblock", cic, group)

    def reset(self, cic: int, group: str = "") -> None:
        """Reset a circuit."""
        self._order("reset", cic, group)

    def reset_group(self, cic: int, count: int, group: str = "") -> None:
        """Reset `count` circuits from `cic` on."""
        self._order("reset group", cic, group, count)

    def block_group(self, cic: int, count: int, group: str = "") -> None:
        """Block `count` circuits from `cic` on."""
        self._order("block group", cic, group, count)

    def unblock_group(self, cic: int, count: int, group: str = "") -> None:
        """Unblock `count` circuits from `cic` on."""
        self._order("unblock group", cic, group, count)

    def activate_link(self, link: str = "", *, emergency: bool = False) -> None:
        """Activate a signalling link."""
        with self._ordering():
            self._engine.signalling.activate(self._engine.now, emergency=emergency, link=link)

    def deactivate_link(self, link: str = "") -> None:
        """Deactivate a signalling link."""
        with self._ordering():
            self._engine.signalling.deactivate(self._engine.now, link=link)

    def processor_outage(self, on: bool, link: str = "") -> None:
        """Set or clear local processor outage of a signalling link."""
        with self._ordering():
            self._engine.signalling.processor_outage(on, self._engine.now, link=link)

    def emergency(self, on: bool, link: str = "") -> None:
        """Set or cease emergency of a signalling link."""
        with self._ordering():
            self._engine.signalling.emergency(on, self._engine.now, link=link)

    def congestion(self, on: bool, link: str = "") -> None:
        """Make the receiving side of a signalling link congested, or no longer."""
        with self._ordering():
            self._engine.signalling.congestion(on, self._engine.now, link=link)

    def flush_link(self, link: str = "") -> None:
        """Discard the messages that a signalling link holds back in a processor outage."""
        with self._ordering():
            self._engine.signalling.discard(self._engine.now, link=link)

    def inhibit_link(self, link: str = "") -> None:
        """Keep user traffic off a signalling link."""
        with self._ordering():
            self._engine.signalling.inhibit(self._engine.now, link=link)

    def uninhibit_link(self, link: str = "") -> None:
        """Let user traffic use a signalling link again."""
        with self._ordering():
            self._engine.signalling.uninhibit(self._engine.now, link=link)

    def destination_state(self, point_code: int, network: str = "") -> str:
        """Whether a point can be reached."""
        try:
            return self._engine.signalling.destination_state(point_code, network)
        except CallcenterError as error:
            raise Refused(str(error)) from error

    def link_state(self, link: str = "") -> str:
        """State of a signalling link."""
        return self._engine.signalling.link_state(link)

    def circuit_state(self, cic: int, group: str = "") -> str:
        """State of a circuit."""
        return self._engine.signalling.circuit_state(self._leg(cic, group))

    def alarms(self, line: int) -> frozenset[str]:
        """Names of the alarms present on a line."""
        return frozenset(alarm.name for alarm in self._engine.board.span_alarms(line))

    def set_loopback(self, line: int, loopback: str) -> None:
        """Close a loop on a line, by the name of a `Loopback`."""
        names = Loopback.__members__
        if loopback.upper() not in names:
            raise Refused(f"loopback {loopback!r}: not known, expected one of {', '.join(names)}")
        self._engine.board.set_loopback(line, names[loopback.upper()])
        self._engine.work()

    @contextmanager
    def _ordering(self) -> Iterator[None]:
        """Carry out what an order caused; what the centre refuses is refused to the operator."""
        try:
            yield
        except CallcenterError as error:
            raise Refused(str(error)) from error
        self._engine.work()

    def _order(self, order: Order, cic: int, group: str, count: int = 1) -> None:
        legs = [self._leg(each, group) for each in range(cic, cic + count)]
        with self._ordering():
            self._engine.signalling.order(order, legs[0], count, self._engine.now)

    def _leg(self, cic: int, group: str) -> Leg:
        legs = [leg for leg in self._engine.trunks.circuits if group in ("", leg.group)]
        found = [leg for leg in legs if leg.number == cic]
        if len(found) == 1:
            return found[0]
        if found:
            groups = ", ".join(leg.group for leg in found)
            raise Refused(f"circuit {cic}: found in trunk groups {groups}, expected the group to be named")
        known = sorted(leg.number for leg in legs)
        expected = f"one of {known[0]}-{known[-1]}" if known else f"a trunk group other than {group!r}"
        raise Refused(f"circuit {cic}: not equipped, expected {expected}")


def _pixit(engine: Engine) -> Pixit:
    config = engine.config
    link = config.links[0]
    menu_number = next(number for number, to in config.numbers.items() if to.flow)
    queue_number, queue = next((number, to.queue) for number, to in config.numbers.items() if to.queue)
    keys = _keys(engine, config.numbers[menu_number].flow)
    network = config.networks[config.network_of(link)]
    return Pixit(
        variant=network.variant,
        point_code=config.own(config.network_of(link)),
        tester_point_code=config.point(link.peer, config.network_of(link)),
        network_indicator=network.indicator,
        link_line=link.span,
        link_slot=link.slot,
        slc=link.slc,
        circuits=tuple(_circuit_maps(config)),
        menu_number=menu_number,
        queue_number=queue_number,
        queue=queue,
        queue_key=keys["queue"],
        announcement_key=keys["announcement"],
        wrong_key=keys["wrong"],
        unallocated_number=_unallocated(config, menu_number),
        outgoing_prefix=config.outgoing.prefix,
        agents=tuple(AgentSpec(each.agent, each.password, each.station) for each in config.agents),
        agent_number=_direct(config),
        crc4=config.board.crc4,
        transit=_transit(config),
        prompts={} if config.prompts else {name: float(hz) for name, hz in MARKER_HZ.items()},
        timers={name: value / SECOND for name, value in engine.signalling.timers().items()},
        networks=tuple(_network_spec(config, name) for name in config.in_use),
        links=tuple(_link_spec(config, each) for each in config.links),
    )


def _circuit_maps(config: CentreConfig) -> Iterator[CircuitMap]:
    for group in config.trunk_groups:
        network = config.network_of(group)
        far = config.point(group.peer, network)
        for each in circuits(group):
            yield CircuitMap(each.cic, each.span, each.slot, group.name, group.user, network, far)


def _link_spec(config: CentreConfig, link: LinkConfig) -> LinkSpec:
    network = config.network_of(link)
    adjacent = config.point(link.peer, network)
    limits = (link.n1, link.n2) if link.correction == "pcr" else (None, None)
    return LinkSpec(link.label, network, adjacent, link.slc, link.span, link.slot, link.correction, *limits)


def _network_spec(config: CentreConfig, name: str) -> NetworkSpec:
    network = config.networks[name]
    routes = tuple(
        RouteSpec(
            config.point(route.to, name), tuple(config.point(via, name) for via in route.via), route.shared
        )
        for route in config.routes
        if config.network_of(route) == name
    )
    return NetworkSpec(name, network.variant, network.indicator, config.own(name), routes, network.transfer)


def _transit(config: CentreConfig) -> dict[str, str]:
    """Prefix that leads out by each user part."""
    users: dict[str, str] = {group.name: group.user for group in config.trunk_groups}
    return {users[route.trunk_group]: route.prefix for route in config.transit}


def _keys(engine: Engine, flow: str) -> dict[str, str]:
    """The keys of the flow's first menu: to a queue, to an announcement, and one it does not know."""
    nodes = engine.calls.flows.flow(flow).nodes
    menu = next(node for node in nodes.values() if isinstance(node, MenuNode))
    found = {
        "queue": "",
        "announcement": "",
        "wrong": next(key for key in "9876543210*#" if key not in menu.keys),
    }
    for key, target in menu.keys.items():
        node = nodes[target]
        if isinstance(node, QueueNode):
            found["queue"] = found["queue"] or key
        elif isinstance(node, PlayNode):
            found["announcement"] = found["announcement"] or key
    return found


def _direct(config: CentreConfig) -> str:
    """The number that rings the first agent, or nothing."""
    first = config.agents[0].agent if config.agents else None
    return next((number for number, to in config.numbers.items() if to.agent == first), "")


def _unallocated(config: CentreConfig, like: str) -> str:
    """A number of the form of `like` that leads nowhere."""
    candidates = (f"{like[:-4]}{last:04d}" for last in range(9999, -1, -1))
    return next(number for number in candidates if number not in config.numbers)


__all__ = ["ReferenceSystem", "centre", "reference"]

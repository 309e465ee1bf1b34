"""The configuration of the call centre: what a TOML file may say, checked before anything starts.

Durations are seconds. A point code is text in the form of its network (`2-100-3` for 14 bits, 3-8-3;
`68-85-102` for 24 bits, 8-8-8) or the integer. Every refusal is a `ConfigurationError` that names file,
key, what was found, what was expected and near misses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from callcenter.cti.journal import CAPACITY as EVENTS_KEPT
from callcenter.cti.projections import RECORDS_KEPT
from callcenter.errors import ConfigurationError
from callcenter.loading import build, merged, read_toml, refuse
from callcenter.ss7.m3ua.config import Mode
from callcenter.ss7.mtp2 import N1, N2, Correction
from callcenter.ss7.mtp3 import codec
from testrig.clock import frames
from testrig.errors import TestrigError
from testrig.stream import address_of
from testrig.system import Variant

Hunting = Literal["sequential", "cyclic", "longest idle"]

DATA: Final = Path(str(files("callcenter").joinpath("data")))


User = Literal["isup", "tup"]


@dataclass(frozen=True, slots=True)
class M3uaConfig:
    """A network reached over signalling gateways: we are an application server process there (RFC 4666)."""

    contexts: dict[User, int]
    """Routing context of each user part, as the gateway has it."""
    gateways: tuple[str, ...] = ()
    """HOST:PORT of each gateway, for a server in real time."""
    mode: Mode = "override"
    identifier: int | None = None
    """ASP identifier, where the gateway tells ASPs apart by it."""
    appearance: int | None = None
    """Network appearance, where the gateway has one."""
    audit: float = 10.0
    """Seconds from one question for points that cannot be reached to the next (RFC 4666 4.5.3)."""
    heartbeat: float = 0.0
    """T(beat) in seconds (RFC 4666 4.3.4.6); 0: no heartbeats, which SCTP has of its own."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """A signalling network we have a point in."""

    variant: Variant
    own: str | int
    points: dict[str, str | int]
    """Other points, adjacent or not, by name."""
    indicator: int = 2
    """Network indicator: 2 is a national network (Q.704 14.2.2)."""
    transfer: bool = False
    """We pass messages for other points on: signalling transfer point (Q.704 2.4.3)."""
    congestion_levels: int = 0
    """Levels of congestion of the national option with priorities; 0: as internationally (Q.704 11.2)."""
    m3ua: M3uaConfig | None = None
    """No links of ours: signalling comes over gateways."""


@dataclass(frozen=True, slots=True)
class BoardConfig:
    """The virtual board's size."""

    spans: int = 1
    stations: int = 4
    voice_ports: int = 40
    crc4: bool = True
    block_failed_spans: bool = False
    """Tell the far end of circuits on a failed span by hardware failure oriented blocking (Q.764 2.8.2.2)."""
    fault_persistence: float = 0.5
    """How long an alarm stands before the circuits of its span are taken out of service."""


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """A signalling link to an adjacent point, on a time slot.

    The links of one network to one peer are a link set.
    """

    peer: str
    slc: int
    span: int
    slot: int
    network: str = ""
    """Empty: the network of the centre."""
    correction: Correction = "basic"
    """Error correction: basic, or preventive cyclic retransmission (Q.703 5, 6)."""
    n1: int = N1
    """Messages unacknowledged that force retransmission (Q.703 6.4)."""
    n2: int = N2
    """Octets unacknowledged that force retransmission (Q.703 6.4)."""
    name: str = ""
    """What operators call it; empty: adjacent point and signalling link code, as in `public/0`."""

    @property
    def label(self) -> str:
        """The name, given or made up."""
        return self.name or f"{self.peer}/{self.slc}"


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """A way to a point that has no link set of its own, or another one than that."""

    to: str
    via: tuple[str, ...]
    """Adjacent points in order of priority."""
    network: str = ""
    shared: bool = False
    """The ways are one combined link set: they share the load (Q.704 2.3.4)."""


@dataclass(frozen=True, slots=True)
class CircuitsConfig:
    """Circuits `cics` (`1-15` or `7`) on consecutive time slots from `slot` of `span`."""

    cics: str
    span: int
    slot: int


@dataclass(frozen=True, slots=True)
class TrunkGroupConfig:
    """Circuits to one point, hunted together."""

    name: str
    peer: str
    circuits: tuple[CircuitsConfig, ...]
    hunting: Hunting = "longest idle"
    user: User = "isup"
    network: str = ""
    continuity: int = 0
    """Every how manyeth call we make has its circuit checked by the check tone (Q.724 7); 0: none."""
    delay: int = 0
    """Propagation delay of its circuits in milliseconds, for ISUP's counter (Q.764 2.6)."""
    reset_at_start: bool | None = None
    """None: as `CentreConfig.reset_at_start` says."""


@dataclass(frozen=True, slots=True)
class OutgoingConfig:
    """How agents reach outside numbers, and calls without a queue."""

    prefix: str
    trunk_group: str
    calling: str = ""
    """Calling number given to the network."""
    overlap: bool = False
    """Numbers go out as they are dialled; `#` ends one (Q.764 2.1.2). Else each is dialled whole."""
    attempts: int = 2
    """Circuits tried for one call (Q.764 2.9.1: a repeat attempt after dual seizure)."""
    wrap_up: float = 2.0
    """Wrap-up after an outgoing call, and after a call straight to an agent."""
    ring_timeout: float = 60.0
    """How long an agent called directly is rung."""


@dataclass(frozen=True, slots=True)
class IsupOptions:
    """What an exchange may do in ISUP or leave."""

    send_st: bool = False
    """Close a called number that is complete with the end of pulsing signal (Q.764 2.1.1)."""
    hops: int = 0
    """Hop counter of our own calls (Q.763 3.80), 1 to 31; 0: none."""
    ask_calling: bool = False
    """Ask for a calling number that the IAM has not, by INR (Q.764 2.1.9)."""
    propagation_delay: bool = False
    """Count the propagation delay of calls (Q.764 2.6); else a counter passes as it is."""
    gateway: bool = False
    """Incoming international exchange: T38 guards suspensions passed on (Q.764 2.4.3)."""


@dataclass(frozen=True, slots=True)
class StationsConfig:
    """What the handsets do."""

    suspend_on_hook: bool = False
    """A called agent who hangs up suspends the call, and lifting resumes it (Q.764 2.4); else it is over."""


@dataclass(frozen=True, slots=True)
class NumberConfig:
    """Where calls to a number go: exactly one of the three."""

    flow: str = ""
    queue: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class TransitConfig:
    """Numbers that begin with `prefix` go out again by `trunk_group`, without their first `strip` digits."""

    prefix: str
    trunk_group: str
    strip: int = 0


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """A queue: its agents, what waiting callers hear, and its limits."""

    agents: tuple[str, ...]
    music: str = "queue_music"
    announcement: str = ""
    announcement_every: float = 20.0
    ring_timeout: float = 20.0
    wrap_up: float = 2.0
    max_waiting: int = 100
    max_wait: float = 1800.0
    overflow: str = "goodbye"
    """Prompt that callers hear who find the queue full or have waited `max_wait`, before release."""


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """An agent and the station at the seat. With a headset the handset stays lifted between calls."""

    agent: str
    password: str
    station: int
    headset: bool = False


@dataclass(frozen=True, slots=True)
class JournalConfig:
    """How much of the past is kept in memory; what is older is dropped, the numbers go on. With `--journal`
    the command `serve` writes every event to a file as it happens."""

    events: int = EVENTS_KEPT
    records: int = RECORDS_KEPT


@dataclass(frozen=True, slots=True)
class CentreConfig:
    """Everything the file says."""

    name: str
    network: str
    """The network of links, routes and trunk groups that name none."""
    networks: dict[str, NetworkConfig]
    board: BoardConfig
    links: tuple[LinkConfig, ...]
    trunk_groups: tuple[TrunkGroupConfig, ...]
    outgoing: OutgoingConfig
    numbers: dict[str, NumberConfig]
    flows: dict[str, str]
    queues: dict[str, QueueConfig]
    agents: tuple[AgentConfig, ...]
    routes: tuple[RouteConfig, ...] = ()
    transit: tuple[TransitConfig, ...] = ()
    isup: IsupOptions = field(default_factory=IsupOptions)
    stations: StationsConfig = field(default_factory=StationsConfig)
    journal: JournalConfig = field(default_factory=JournalConfig)
    reset_at_start: bool = True
    """Circuits are reset when their far end can first be reached, and not used before (Q.764 2.9.3)."""
    prompts: str = ""
    """Directory of recordings that replace the synthesised prompts."""
    timers: dict[str, float] = field(default_factory=dict)
    """Overrides in seconds, by name: `ISUP T1`, `MTP2 T7`, `MTP3 SLT T1`."""
    source: str = "configuration"
    directory: str = ""
    """Where relative paths start; set by `load`."""

    @property
    def in_use(self) -> tuple[str, ...]:
        """Names of the networks that links or trunk groups are in, in the order of the file."""
        parts: tuple[LinkConfig | TrunkGroupConfig, ...] = (*self.links, *self.trunk_groups)
        return tuple(dict.fromkeys(self.network_of(part) for part in parts))

    def network_of(self, part: LinkConfig | RouteConfig | TrunkGroupConfig) -> str:
        """Name of the network that `part` is in."""
        return part.network or self.network

    def resets(self, group: TrunkGroupConfig) -> bool:
        """Whether the circuits of `group` are reset at the start."""
        return self.reset_at_start if group.reset_at_start is None else group.reset_at_start

    def own(self, network: str = "") -> int:
        """Own point code in a network; none: the centre's."""
        found = self.networks[network or self.network]
        return point_code(found.own, found.variant)

    def point(self, name: str, network: str = "") -> int:
        """Code of the point `name` in a network; none: the centre's."""
        found = self.networks[network or self.network]
        return point_code(found.points[name], found.variant)

    @property
    def minimum_digits(self) -> int:
        """Digits that an incoming number has at least before it can lead anywhere."""
        leading = (*self.numbers, *(route.prefix for route in self.transit))
        return min((len(number) for number in leading), default=0)

    def path(self, name: str) -> Path:
        """Return the file or directory `name`, relative to the configuration's own directory."""
        return Path(self.directory) / name

    def timers_of(self, level: str) -> dict[str, int]:
        """Overrides of one part (`ISUP`, `MTP2`, `MTP3`) in frames, by the name within that part."""
        start = f"{level} "
        return {
            name.removeprefix(start): frames(seconds)
            for name, seconds in self.timers.items()
            if name.startswith(start)
        }


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit of a trunk group: its CIC and its place on the board."""

    group: str
    cic: int
    span: int
    slot: int


def circuits(group: TrunkGroupConfig, *, source: str = "configuration") -> Iterator[Circuit]:
    """Yield the circuits of `group` in the order of the file."""
    for index, part in enumerate(group.circuits):
        key = f"trunk_groups[{group.name}].circuits[{index}]"
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", part.cics)
        if not found:
            raise refuse(source, f"{key}.cics", part.cics, "a CIC or a range such as 1-15")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first or last > 0xFFF:
            raise refuse(source, f"{key}.cics", part.cics, "an ascending range within 0-4095 (Q.763 1.2)")
        if not 1 <= part.slot <= part.slot + last - first <= 31:
            raise refuse(source, f"{key}.slot", part.slot, f"time slots within 1-31 for {part.cics}")
        for cic in range(first, last + 1):
            yield Circuit(group.name, cic, part.span, part.slot + cic - first)


def point_code(
    found: str | int, variant: Variant, *, source: str = "configuration", key: str = "point code"
) -> int:
    """Return a point code as integer; raises `ConfigurationError` for one outside the network's format."""
    bits = codec.POINT_CODE_BITS[variant]
    if isinstance(found, int):
        if not 0 <= found < 1 << bits:
            raise refuse(source, key, found, f"0 to {(1 << bits) - 1}")
        return found
    try:
        return codec.point_code(found, variant)
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {key}: {error}") from error


def load(path: Path, over: Mapping[str, object] | None = None) -> CentreConfig:
    """Read the file, lay `over` over it, check everything and return it."""
    return parse(merged(read_toml(path), over or {}), source=str(path), directory=path.parent)


def reference_config(over: Mapping[str, object] | None = None) -> CentreConfig:
    """The configuration of the reference call centre as it comes, with `over` laid over it.

    Key `file` of `over` names another file that comes with the package: it is laid over `reference.toml`.
    """
    changes = dict(over or {})
    name = changes.pop("file", "reference.toml")
    known = sorted(each.name for each in DATA.glob("*.toml"))
    if name not in known:
        raise refuse("reference.toml", "file", name, f"one of {', '.join(known)}", known=known)
    table = read_toml(DATA / "reference.toml")
    if name != "reference.toml":
        table = merged(table, read_toml(DATA / str(name)))
    return parse(merged(table, changes), source=str(name), directory=DATA)


def parse(table: Mapping[str, Any], *, source: str, directory: Path) -> CentreConfig:
    """Build and check a configuration; raises `ConfigurationError`."""
    for reserved in ("source", "directory"):
        if reserved in table:
            raise ConfigurationError(f"{source}: {reserved}: unknown key")
    config = build(CentreConfig, {**table, "source": source, "directory": str(directory)}, source=source)
    _check_networks(config)
    _check_timers(config)
    for name in ("events", "records"):
        if getattr(config.journal, name) < 1:
            raise refuse(source, f"journal.{name}", getattr(config.journal, name), "1 or more")
    _check_circuits(config)
    for group in config.trunk_groups:
        if not 0 <= group.delay <= 0xFFFF:
            expected = "0 to 65535 ms (Q.763 3.42)"
            raise refuse(source, f"trunk_groups[{group.name}].delay", group.delay, expected)
    _check_people(config)
    _check_numbers(config)
    return config


def _check_networks(config: CentreConfig) -> None:
    source = config.source
    for name, network in config.networks.items():
        key, variant = f"networks.{name}", network.variant
        own = point_code(network.own, variant, source=source, key=f"{key}.own")
        seen = {own: "own"}
        for point, code in network.points.items():
            value = point_code(code, variant, source=source, key=f"{key}.points.{point}")
            if value in seen:
                expected = f"a point code other than that of {seen[value]}"
                raise refuse(source, f"{key}.points.{point}", code, expected)
            seen[value] = point
        if not 0 <= network.indicator <= 3:
            raise refuse(source, f"{key}.indicator", network.indicator, "0 to 3 (Q.704 14.2.2)")
        if network.m3ua is not None:
            _check_m3ua(config, name, network.m3ua)
    _known(source, "network", config.network, config.networks)
    for index, route in enumerate(config.routes):
        key = f"routes[{index}]"
        points = _points(config, route, key)
        _known(source, f"{key}.to", route.to, points)
        for way in route.via:
            _known(source, f"{key}.via", way, points)


def _check_m3ua(config: CentreConfig, name: str, m3ua: M3uaConfig) -> None:
    """Gateways take the place of links and routes, and every user part has its routing context."""
    source, key = config.source, f"networks.{name}.m3ua"
    parts: tuple[LinkConfig | RouteConfig, ...] = (*config.links, *config.routes)
    for part in parts:
        if config.network_of(part) == name:
            raise ConfigurationError(
                f"{source}: {key}: expected no links and routes of our own beside gateways"
            )
    for index, address in enumerate(m3ua.gateways):
        try:
            address_of(address)
        except TestrigError as error:
            raise refuse(source, f"{key}.gateways[{index}]", address, "HOST:PORT") from error
    if m3ua.audit <= 0:
        raise refuse(source, f"{key}.audit", m3ua.audit, "more than 0 s")
    if m3ua.heartbeat < 0:
        raise refuse(source, f"{key}.heartbeat", m3ua.heartbeat, "0 s or more")
    for user, context in m3ua.contexts.items():
        if not 0 <= context < 1 << 32:
            raise refuse(source, f"{key}.contexts.{user}", context, "0 to 4294967295 (RFC 4666 3.2)")
    for group in config.trunk_groups:
        if config.network_of(group) == name and group.user not in m3ua.contexts:
            found = f"trunk group {group.name} of {group.user}"
            raise refuse(source, f"{key}.contexts", found, f"a routing context for {group.user}")


def _points(
    config: CentreConfig, part: LinkConfig | RouteConfig | TrunkGroupConfig, key: str
) -> Mapping[str, str | int]:
    """The points of the network that `part` is in."""
    name = config.network_of(part)
    _known(config.source, f"{key}.network", name, config.networks)
    return config.networks[name].points


def _check_timers(config: CentreConfig) -> None:
    for name, seconds in config.timers.items():
        if not re.match(r"(ISUP|TUP|MTP2|MTP3) \S", name):
            expected = "`ISUP `, `TUP `, `MTP2 ` or `MTP3 ` and the timer's name"
            raise refuse(config.source, "timers", name, expected)
        if seconds <= 0:
            raise refuse(config.source, f"timers.{name}", seconds, "more than 0 s")


def _check_circuits(config: CentreConfig) -> None:
    source = config.source
    taken: dict[tuple[int, int], str] = {}

    def take(span: int, slot: int, key: str) -> None:
        if not 0 <= span < config.board.spans:
            raise refuse(source, f"{key}.span", span, f"0 to {config.board.spans - 1}")
        if (span, slot) in taken:
            raise refuse(
                source, f"{key}.slot", slot, f"a free slot of span {span}; {taken[span, slot]} has it"
            )
        taken[span, slot] = key

    seen_slc: set[tuple[str, str, int]] = set()
    labels: set[str] = set()
    for index, link in enumerate(config.links):
        key = f"links[{index}]"
        _known(source, f"{key}.peer", link.peer, _points(config, link, key))
        code = (config.network_of(link), link.peer, link.slc)
        if not 0 <= link.slc <= 15 or code in seen_slc:
            raise refuse(source, f"{key}.slc", link.slc, "0 to 15, once for each peer (Q.704 15.2)")
        if not 1 <= link.slot <= 31:
            raise refuse(source, f"{key}.slot", link.slot, "1 to 31")
        if link.label in labels:
            raise refuse(source, f"{key}.name", link.label, "a name of its own")
        seen_slc.add(code)
        labels.add(link.label)
        take(link.span, link.slot, key)
    names: set[str] = set()
    cics: set[tuple[str, str, str, int]] = set()
    for group in config.trunk_groups:
        if group.name in names or group.name == "station":
            raise refuse(source, "trunk_groups", group.name, "a name of its own (`station` is taken)")
        names.add(group.name)
        key = f"trunk_groups[{group.name}]"
        network = config.network_of(group)
        _known(source, f"{key}.peer", group.peer, _points(config, group, key))
        for circuit in circuits(group, source=source):
            place = (network, group.user, group.peer, circuit.cic)
            if place in cics:
                raise refuse(source, key, circuit.cic, "each CIC once for a user part and peer")
            cics.add(place)
            take(circuit.span, circuit.slot, f"{key} CIC {circuit.cic}")
    _known(source, "outgoing.trunk_group", config.outgoing.trunk_group, names)
    if not 0 <= config.isup.hops <= 31:
        raise refuse(source, "isup.hops", config.isup.hops, "0 to 31 (Q.763 3.80)")
    for group in config.trunk_groups:
        if group.continuity < 0:
            raise refuse(source, f"trunk_groups[{group.name}].continuity", group.continuity, "0 or more")
    if not config.outgoing.prefix.isdecimal():
        raise refuse(source, "outgoing.prefix", config.outgoing.prefix, "digits")
    for index, route in enumerate(config.transit):
        key = f"transit[{index}]"
        _known(source, f"{key}.trunk_group", route.trunk_group, names)
        if not re.fullmatch(r"[0-9A-Ea-e*#]+", route.prefix):
            raise refuse(source, f"{key}.prefix", route.prefix, "digits")
        if not 0 <= route.strip <= len(route.prefix):
            raise refuse(
                source, f"{key}.strip", route.strip, f"0 to {len(route.prefix)}, the prefix's length"
            )
    if config.outgoing.attempts < 1:
        raise refuse(source, "outgoing.attempts", config.outgoing.attempts, "1 or more")


def _check_people(config: CentreConfig) -> None:
    source = config.source
    names: set[str] = set()
    stations: set[int] = set()
    for index, agent in enumerate(config.agents):
        key = f"agents[{index}]"
        if agent.agent in names:
            raise refuse(source, f"{key}.agent", agent.agent, "an agent of its own")
        if not 0 <= agent.station < config.board.stations or agent.station in stations:
            expected = f"a station of its own, 0 to {config.board.stations - 1}"
            raise refuse(source, f"{key}.station", agent.station, expected)
        names.add(agent.agent)
        stations.add(agent.station)
    for name, queue in config.queues.items():
        for index, member in enumerate(queue.agents):
            _known(source, f"queues.{name}.agents[{index}]", member, names)
        for what in ("announcement_every", "ring_timeout", "max_wait"):
            if getattr(queue, what) <= 0:
                raise refuse(source, f"queues.{name}.{what}", getattr(queue, what), "more than 0 s")
        if queue.wrap_up < 0:
            raise refuse(source, f"queues.{name}.wrap_up", queue.wrap_up, "0 s or more")


def _check_numbers(config: CentreConfig) -> None:
    source = config.source
    agents = [agent.agent for agent in config.agents]
    for number, target in config.numbers.items():
        key = f"numbers.{number}"
        if not re.fullmatch(r"[0-9A-Ea-e*#]+", number):
            raise refuse(source, "numbers", number, "digits")
        given = [name for name in (target.flow, target.queue, target.agent) if name]
        if len(given) != 1:
            raise ConfigurationError(f"{source}: {key}: expected exactly one of flow, queue, agent")
        if target.flow:
            _known(source, f"{key}.flow", target.flow, config.flows)
        if target.queue:
            _known(source, f"{key}.queue", target.queue, config.queues)
        if target.agent:
            _known(source, f"{key}.agent", target.agent, agents)


def _known(source: str, key: str, found: str, known: Iterable[str]) -> None:
    names = list(known)
    if found not in names:
        raise refuse(source, key, found, f"one of {', '.join(names) or '(none)'}", known=names)

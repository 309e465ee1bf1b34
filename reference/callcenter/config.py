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

from callcenter.errors import ConfigurationError
from callcenter.loading import build, merged, read_toml, refuse
from callcenter.ss7.mtp3 import codec
from testrig.clock import frames
from testrig.system import Variant

Hunting = Literal["sequential", "cyclic", "longest idle"]

DATA: Final = Path(str(files("callcenter").joinpath("data")))


@dataclass(frozen=True, slots=True)
class PointsConfig:
    """The point codes of one network."""

    own: str | int
    peers: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class BoardConfig:
    """The virtual board's size."""

    spans: int = 1
    stations: int = 4
    voice_ports: int = 40
    crc4: bool = True
    fault_persistence: float = 0.5
    """How long an alarm stands before the circuits of its span are taken out of service."""


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """A signalling link to an adjacent point, on a time slot."""

    peer: str
    slc: int
    span: int
    slot: int


@dataclass(frozen=True, slots=True)
class CircuitsConfig:
    """Circuits `cics` (`1-15` or `7`) on consecutive time slots from `slot` of `span`."""

    cics: str
    span: int
    slot: int


@dataclass(frozen=True, slots=True)
class TrunkGroupConfig:
    """Circuits to one adjacent point, hunted together."""

    name: str
    peer: str
    circuits: tuple[CircuitsConfig, ...]
    hunting: Hunting = "longest idle"


@dataclass(frozen=True, slots=True)
class OutgoingConfig:
    """How agents reach outside numbers, and calls without a queue."""

    prefix: str
    trunk_group: str
    calling: str = ""
    """Calling number given to the network."""
    attempts: int = 2
    """Circuits tried for one call (Q.764 2.9.1: a repeat attempt after dual seizure)."""
    wrap_up: float = 2.0
    """Wrap-up after an outgoing call, and after a call straight to an agent."""
    ring_timeout: float = 60.0
    """How long an agent called directly is rung."""


@dataclass(frozen=True, slots=True)
class NumberConfig:
    """Where calls to a number go: exactly one of the three."""

    flow: str = ""
    queue: str = ""
    agent: str = ""


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
class CentreConfig:
    """Everything the file says."""

    name: str
    variant: Variant
    network_indicator: int
    points: dict[str, PointsConfig]
    board: BoardConfig
    links: tuple[LinkConfig, ...]
    trunk_groups: tuple[TrunkGroupConfig, ...]
    outgoing: OutgoingConfig
    numbers: dict[str, NumberConfig]
    flows: dict[str, str]
    queues: dict[str, QueueConfig]
    agents: tuple[AgentConfig, ...]
    prompts: str = ""
    """Directory of recordings that replace the synthesised prompts."""
    timers: dict[str, float] = field(default_factory=dict)
    """Overrides in seconds, by name: `ISUP T1`, `MTP2 T7`, `MTP3 SLT T1`."""
    source: str = "configuration"
    directory: str = ""
    """Where relative paths start; set by `load`."""

    @property
    def own(self) -> int:
        """Own point code of the network in force."""
        return point_code(self.points[self.variant].own, self.variant)

    def peer(self, name: str) -> int:
        """Point code of the adjacent point `name`."""
        return point_code(self.points[self.variant].peers[name], self.variant)

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
    """The configuration of the reference call centre as it comes, with `over` laid over it."""
    table = merged(read_toml(DATA / "reference.toml"), over or {})
    return parse(table, source="reference.toml", directory=DATA)


def parse(table: Mapping[str, Any], *, source: str, directory: Path) -> CentreConfig:
    """Build and check a configuration; raises `ConfigurationError`."""
    for reserved in ("source", "directory"):
        if reserved in table:
            raise ConfigurationError(f"{source}: {reserved}: unknown key")
    config = build(CentreConfig, {**table, "source": source, "directory": str(directory)}, source=source)
    _check_network(config)
    _check_circuits(config)
    _check_people(config)
    _check_numbers(config)
    return config


def _check_network(config: CentreConfig) -> None:
    source = config.source
    if config.variant not in config.points:
        raise ConfigurationError(f"{source}: points.{config.variant}: missing, expected a table")
    for name in config.points:
        if name not in codec.POINT_CODE_BITS:
            raise refuse(
                source,
                "points",
                name,
                f"one of {', '.join(codec.POINT_CODE_BITS)}",
                known=codec.POINT_CODE_BITS,
            )
    points = config.points[config.variant]
    own = point_code(points.own, config.variant, source=source, key=f"points.{config.variant}.own")
    seen = {own: "own"}
    for name, code in points.peers.items():
        key = f"points.{config.variant}.peers.{name}"
        value = point_code(code, config.variant, source=source, key=key)
        if value in seen:
            raise refuse(source, key, code, f"a point code other than that of {seen[value]}")
        seen[value] = name
    if not 0 <= config.network_indicator <= 3:
        raise refuse(source, "network_indicator", config.network_indicator, "0 to 3 (Q.704 14.2.2)")
    for name, seconds in config.timers.items():
        if not re.match(r"(ISUP|MTP2|MTP3) \S", name):
            raise refuse(source, "timers", name, "`ISUP `, `MTP2 ` or `MTP3 ` and the timer's name")
        if seconds <= 0:
            raise refuse(source, f"timers.{name}", seconds, "more than 0 s")


def _check_circuits(config: CentreConfig) -> None:
    source, peers = config.source, config.points[config.variant].peers
    taken: dict[tuple[int, int], str] = {}

    def take(span: int, slot: int, key: str) -> None:
        if not 0 <= span < config.board.spans:
            raise refuse(source, f"{key}.span", span, f"0 to {config.board.spans - 1}")
        if (span, slot) in taken:
            raise refuse(
                source, f"{key}.slot", slot, f"a free slot of span {span}; {taken[span, slot]} has it"
            )
        taken[span, slot] = key

    seen_slc: set[tuple[str, int]] = set()
    for index, link in enumerate(config.links):
        key = f"links[{index}]"
        _known(source, f"{key}.peer", link.peer, peers)
        if not 0 <= link.slc <= 15 or (link.peer, link.slc) in seen_slc:
            raise refuse(source, f"{key}.slc", link.slc, "0 to 15, once for each peer (Q.704 15.2)")
        if not 1 <= link.slot <= 31:
            raise refuse(source, f"{key}.slot", link.slot, "1 to 31")
        seen_slc.add((link.peer, link.slc))
        take(link.span, link.slot, key)
    names: set[str] = set()
    cics: set[tuple[str, int]] = set()
    for group in config.trunk_groups:
        if group.name in names or group.name == "station":
            raise refuse(source, "trunk_groups", group.name, "a name of its own (`station` is taken)")
        names.add(group.name)
        _known(source, f"trunk_groups[{group.name}].peer", group.peer, peers)
        for circuit in circuits(group, source=source):
            if (group.peer, circuit.cic) in cics:
                raise refuse(source, f"trunk_groups[{group.name}]", circuit.cic, "each CIC once for a peer")
            cics.add((group.peer, circuit.cic))
            take(circuit.span, circuit.slot, f"trunk_groups[{group.name}] CIC {circuit.cic}")
    _known(source, "outgoing.trunk_group", config.outgoing.trunk_group, names)
    if not config.outgoing.prefix.isdecimal():
        raise refuse(source, "outgoing.prefix", config.outgoing.prefix, "digits")
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

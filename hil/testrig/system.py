"""The contract of a system: a whole call centre under test, and the clients it gives to people.

A system is found by entry point in group `testrig.systems`; the entry point names a callable
`(config: Mapping[str, object]) -> System`. The reference call centre is found exactly so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from testrig.clock import Instant
from testrig.errors import TestrigError
from testrig.line import Line, StationPort

Variant = Literal["itu14", "china24"]
"""Routing label: 14-bit ITU (Q.704 2.2) or the China national 24-bit label (GF 001-9001)."""


@dataclass(frozen=True, slots=True)
class CircuitMap:
    """Circuit identification code `cic` is time slot `slot` of line `line`."""

    cic: int
    line: int
    slot: int
    group: str = ""
    """Trunk group, where a CIC alone does not tell the circuit; orders of maintenance name it then."""
    user: Literal["isup", "tup"] = "isup"
    network: str = ""
    point_code: int | None = None
    """The far end; None: the tester's point code of the PIXIT."""


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """A signalling link: `slc` of the link set to the adjacent point is time slot `slot` of line `line`."""

    name: str
    """As orders of maintenance name it."""
    network: str
    adjacent: int
    slc: int
    line: int
    slot: int
    correction: Literal["basic", "pcr"] = "basic"
    """Error correction: basic, or preventive cyclic retransmission (Q.703 5, 6)."""
    n1: int | None = None
    """Unacknowledged messages that force retransmission (Q.703 6.4); None: not told, or basic."""
    n2: int | None = None
    """Unacknowledged octets that force retransmission (Q.703 6.4)."""


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """The system reaches `destination` by these adjacent points, the first that is available."""

    destination: int
    via: tuple[int, ...]
    shared: bool = False
    """The ways share the load instead: a combined link set (Q.704 2.3.4)."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """The system's point in one signalling network."""

    name: str
    variant: Variant
    network_indicator: int
    point_code: int
    routes: tuple[RouteSpec, ...] = ()
    """Beside those by the destination's own link set."""
    transfer: bool = False
    """The point passes messages on (Q.704: signalling transfer point)."""


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent the system knows, and the station (index into the attached stations) at the seat."""

    agent: str
    password: str
    station: int


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """An application server of a signalling gateway: its routing context and its routing key."""

    routing_context: int
    services: tuple[int, ...]
    mode: Literal["override", "loadshare", "broadcast"]
    first_circuit: int = 0
    last_circuit: int = 4095
    minimum: int = 1
    """ASPs that have to be active for the load of the AS (RFC 4666 4.3.2, 3.8.2)."""


@dataclass(frozen=True, slots=True)
class SigtranSpec:
    """The M3UA side of a signalling gateway (RFC 4666)."""

    endpoint: str
    """What `System.connect` takes; every connection is an ASP of its own."""
    servers: tuple[ServerSpec, ...]
    network_appearance: int | None
    recovery: float
    """T(r) in seconds."""
    registration: bool
    """Routing keys may be registered."""


@dataclass(frozen=True, slots=True)
class AspSpec:
    """The M3UA side of a server whose ASPs dial signalling gateways (RFC 4666)."""

    gateways: tuple[str, ...]
    """What `System.listen` takes: where the server's ASPs dial, each gateway once."""
    servers: tuple[ServerSpec, ...]
    """The application servers it is an ASP of; it is to be active in all of them."""
    network_appearance: int | None
    acknowledgement: float | None
    """T(ack) in seconds; None: not told."""
    retry: float
    """Seconds within which a gateway is dialled again that has refused or is lost."""
    heartbeat: float | None = None
    """T(beat) in seconds; None: the server sends no heartbeats."""
    audit: float | None = None
    """Seconds after which a point that cannot be reached is asked for again; None: not asked."""
    identifier: int | None = None
    """ASP identifier; None: it has none."""


@dataclass(frozen=True, slots=True)
class Pixit:
    """What the tester must know about a system to reach it (extra information for testing)."""

    variant: Variant
    point_code: int
    tester_point_code: int
    network_indicator: int
    link_line: int
    link_slot: int
    slc: int
    circuits: tuple[CircuitMap, ...]
    menu_number: str
    """Calls to it hear the greeting and the menu."""
    queue_number: str
    """Calls to it go straight to the queue."""
    queue: str
    """Name of the queue that `queue_number` and `queue_key` lead to."""
    queue_key: str
    """Menu key that leads to the queue."""
    announcement_key: str
    """Menu key that plays an announcement and returns to the menu."""
    wrong_key: str
    """A key the menu does not know."""
    unallocated_number: str
    outgoing_prefix: str
    """What an agent dials before an outside number."""
    agents: tuple[AgentSpec, ...]
    agent_number: str = ""
    """Calls to it ring the first agent and are answered only when the agent answers; empty: no such."""
    crc4: bool = True
    prompts: dict[str, float] = field(default_factory=dict)
    """Hz of a tone that tells a prompt from the others, by name: `greeting`, `menu`, `invalid`, `timeout`
    (the reminder), `queue_music`, `all_busy`, `information`, `goodbye`. A system with recordings leaves
    it empty, and cases that must tell prompts apart are inconclusive."""
    timers: dict[str, float] = field(default_factory=dict)
    """Timer values in seconds in force, by name as in the standard (`ISUP T1`, `MTP2 T7`)."""
    networks: tuple[NetworkSpec, ...] = ()
    """Every network. The first is the one that `variant`, `point_code` and `network_indicator` describe;
    empty: there is no other."""
    links: tuple[LinkSpec, ...] = ()
    """Every signalling link. The first is the one that `link_line`, `link_slot`, `slc` and
    `tester_point_code` describe; empty: there is no other."""
    transit: dict[str, str] = field(default_factory=dict)
    """Digits that lead a call in transit out by trunks of a user part (`isup`, `tup`); empty: no transit."""
    servers: tuple[str, ...] = ()
    """CT servers that stand by for each other, the one that serves first at the front; empty: only one."""
    calling_number: str = ""
    """National number that calls of agents give as theirs; empty: not told."""
    queue_seconds: float | None = None
    """Seconds after which a caller who waits in `queue` hears `goodbye` and is released; None: not told."""
    queue_places: int | None = None
    """Callers that may wait in `queue`; one more hears `goodbye` and is released. None: not told."""
    sigtran: SigtranSpec | None = None
    """The M3UA side of a signalling gateway; None: the system is none."""
    asp: AspSpec | None = None
    """The M3UA side of a server behind gateways, which the judge is; None: the system is none."""


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered entry of the journal, as a client sees it.

    Every event of a call has in its data `call` and the field set of requirement S-03: `line` (来话所占
    线路), `calling` (主叫号码), `called` (被叫号码), `original_called` (原被叫号码), `function`
    (应用功能号), `additional` (附加信息) and `password` (密码, masked). Events of an agent have `agent`.
    Types are named as in CSTA (ECMA-269): `Offered`, `Delivered`, `Established`, `ConnectionCleared`,
    `AgentLoggedOn`, `AgentLoggedOff`, `AgentStateChanged`.
    """

    number: int
    at: Instant
    type: str
    data: dict[str, object]


class AgentClient(Protocol):
    """What an agent's desk can do. An order that cannot be carried out raises `Refused`."""

    def sign_on(self) -> None: ...
    def sign_off(self) -> None: ...
    def ready(self) -> None: ...
    def not_ready(self, reason: str = "") -> None: ...
    def answer(self) -> None: ...
    def hang_up(self) -> None: ...
    def dial(self, number: str) -> None: ...
    def state(self) -> str:
        """`signed off`, `not ready`, `ready`, `reserved`, `ringing`, `talking`, `wrap-up`, `dialling`."""
        ...

    def events(self, since: int = 0) -> Sequence[Event]:
        """Events that concern this agent with number > `since`."""
        ...


class SupervisorClient(Protocol):
    """What a supervisor sees."""

    def agents(self) -> dict[str, str]:
        """Agent to state."""
        ...

    def waiting(self, queue: str) -> int: ...

    def records(self) -> Sequence[dict[str, object]]:
        """Call records, oldest first. A record has the fields of S-03 (see `Event`) and `direction`
        (`incoming`, `outgoing`, or `transit` with a second line `onward_line`), `started`, `answered`
        (None: never) and `ended` (instants of the system), `waiting_seconds`,
        `talking_seconds`, `queue`, `agent`, `keys` (those pressed), `pulses` (metering pulses
        of an outgoing call, where the network sends them) and `cause`."""
        ...

    def journal(self, since: int = 0) -> Sequence[Event]: ...


class MaintenanceClient(Protocol):
    """What the operator at the maintenance terminal can do.

    Circuits are named by CIC, and by trunk group where the CIC alone does not tell; links by
    `LinkSpec.name`, empty for the first.
    """

    def block(self, cic: int, group: str = "") -> None: ...
    def unblock(self, cic: int, group: str = "") -> None: ...
    def reset(self, cic: int, group: str = "") -> None: ...
    def reset_group(self, cic: int, count: int, group: str = "") -> None: ...
    def block_group(self, cic: int, count: int, group: str = "") -> None: ...
    def unblock_group(self, cic: int, count: int, group: str = "") -> None: ...
    def activate_link(self, link: str = "", *, emergency: bool = False) -> None: ...
    def deactivate_link(self, link: str = "") -> None: ...
    def processor_outage(self, on: bool, link: str = "") -> None:
        """Set or clear local processor outage of level 2 (Q.703 8)."""
        ...

    def emergency(self, on: bool, link: str = "") -> None:
        """Set or cease emergency at level 2 (Q.703 7.2), until the link is activated the next time."""
        ...

    def congestion(self, on: bool, link: str = "") -> None:
        """Make the receiving side of level 2 congested, or no longer (Q.703 9)."""
        ...

    def flush_link(self, link: str = "") -> None:
        """Discard the messages that level 2 holds back in a processor outage (Q.703 8.4)."""
        ...

    def inhibit_link(self, link: str = "") -> None:
        """Keep user traffic off a link (Q.704 10); refused where a point would be left without a route."""
        ...

    def uninhibit_link(self, link: str = "") -> None: ...
    def destination_state(self, point_code: int, network: str = "") -> str:
        """`accessible`, `restricted`, `inaccessible`, or `unknown` where no route leads."""
        ...

    def link_state(self, link: str = "") -> str:
        """`out of service`, `aligning`, `in service`, ..."""
        ...

    def circuit_state(self, cic: int, group: str = "") -> str:
        """`idle`, `incoming busy`, `outgoing busy`, with `locally blocked` / `remotely blocked` added."""
        ...

    def alarms(self, line: int) -> frozenset[str]:
        """Names of `testrig.board.Alarm` present on the line."""
        ...

    def set_loopback(self, line: int, loopback: str) -> None:
        """Name of a `testrig.board.Loopback`."""
        ...

    def server_states(self) -> dict[str, str]:
        """`serving`, `standing by` or `off` of each server of `Pixit.servers`."""
        ...

    def power(self, server: str, on: bool) -> None:
        """Cut a server's power without warning, or switch it on."""
        ...


class Refused(TestrigError):
    """An order to a client that the system does not carry out; says which, in which state and why."""


class System(Protocol):
    """A whole call centre under test.

    A signalling gateway has `connect(endpoint) -> Stream` besides: the judge is an ASP. A server with
    `Pixit.asp` has `listen(endpoint) -> Listening`: the judge is the gateway there.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def pixit(self) -> Pixit: ...

    def attach(self, lines: Sequence[Line], stations: Sequence[StationPort]) -> None:
        """Plug in the lines and the exchange ends of the station lines; the system starts."""
        ...

    def advance(self, frames: int) -> None:
        """Run for `frames`. A system that paces itself (hardware, another process) does nothing here."""
        ...

    def next_deadline(self) -> Instant | None:
        """When the system will next act of its own accord, or None if it does not tell."""
        ...

    @property
    def settled(self) -> bool:
        """True when nothing is under way that the next block could change. Systems that do not know say
        False; then the bench keeps to short blocks."""
        ...

    def agent(self, agent: str, password: str | None = None) -> AgentClient:
        """The desk of `agent`; without `password` the one of the PIXIT is used to sign on. Raises `Refused`
        for an agent who is not known; a wrong password is refused at sign-on."""
        ...

    def supervisor(self) -> SupervisorClient: ...
    def maintenance(self) -> MaintenanceClient: ...
    def close(self) -> None: ...


__all__ = [
    "AgentClient",
    "AgentSpec",
    "AspSpec",
    "CircuitMap",
    "Event",
    "LinkSpec",
    "MaintenanceClient",
    "NetworkSpec",
    "Pixit",
    "Refused",
    "RouteSpec",
    "ServerSpec",
    "SigtranSpec",
    "SupervisorClient",
    "System",
    "Variant",
]

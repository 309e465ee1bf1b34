"""What a tester must know of a call centre (PIXIT), drawn from its configuration."""

from __future__ import annotations

from collections.abc import Iterator

from callcenter.config import CentreConfig, LinkConfig, TrunkGroupConfig, circuits
from callcenter.engine import Engine
from callcenter.ivr.flow import MenuNode, PlayNode, QueueNode
from callcenter.media.announcements import MARKER_HZ
from testrig.clock import SECOND
from testrig.system import AgentSpec, CircuitMap, LinkSpec, NetworkSpec, Pixit, RouteSpec


def pixit(engine: Engine) -> Pixit:
    """Return what a tester must know; the link of a centre behind gateways is theirs to tell."""
    config = engine.config
    first = config.links[0] if config.links else config.trunk_groups[0]
    link = LinkConfig(first.peer, 0, 0, 16) if isinstance(first, TrunkGroupConfig) else first
    menu_number = next(number for number, to in config.numbers.items() if to.flow)
    queue_number, queue = next((number, to.queue) for number, to in config.numbers.items() if to.queue)
    keys = _keys(engine, config.numbers[menu_number].flow)
    network = config.networks[config.network_of(first)]
    return Pixit(
        variant=network.variant,
        point_code=config.own(config.network_of(first)),
        tester_point_code=config.point(first.peer, config.network_of(first)),
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
        calling_number=config.outgoing.calling,
        queue_seconds=config.queues[queue].max_wait,
        queue_places=config.queues[queue].max_waiting,
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

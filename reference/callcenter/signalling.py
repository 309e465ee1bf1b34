"""The SS7 stack of the centre between the board's HDLC channels and the call engine.

    board channel <-> Mtp2Link <-> Mtp3 <-> user parts <-> indications and requests of the call engine

A network is one signalling point of ours with its links, level 3 and user parts; there may be several.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from callcenter.calls.primitives import Indication, Leg, Primitive
from callcenter.calls.takeover import Kept
from callcenter.calls.transceivers import Transceivers
from callcenter.config import CentreConfig, LinkConfig, TrunkGroupConfig, circuits
from callcenter.cti.journal import Journal, Types
from callcenter.cti.recovery import Recovery, line_of
from callcenter.errors import ConfigurationError, StateError
from callcenter.ss7.isup import Isup, IsupConfig
from callcenter.ss7.m3ua.asp import Asp, AspConfig
from callcenter.ss7.m3ua.network import GatewayNetwork
from callcenter.ss7.mtp2 import Mtp2Link
from callcenter.ss7.mtp2.codec import MAX_SIF
from callcenter.ss7.mtp3 import LinkNotice, Mtp3, Mtp3Config, Pause, Resume, RouteConfig, Status, Transfer
from callcenter.ss7.mtp3.codec import LABEL_OCTETS
from callcenter.ss7.mtp3.indications import GatewayNotice
from callcenter.ss7.notices import Notice, What
from callcenter.ss7.tup import Tup, TupConfig
from callcenter.ss7.user_part import UserPart
from testrig.board import Board, Endpoint, HdlcError, HdlcFrame, trunk
from testrig.clock import Instant, frames

SERVICES: Final[Mapping[str, int]] = {"tup": 4, "isup": 5}
"""Service indicators of the user parts (Q.704 14.2.1)."""

Order: TypeAlias = Literal["block", "unblock", "reset", "block group", "unblock group", "reset group"]

FISU: Final = 3
"""Octets of a fill-in signal unit without its check bits (Q.703 figure 3)."""

ROOM: Final = 4
"""Frames handed to a channel ahead of time: the line never waits, and a retransmission is not late."""


_LINK_STATES: Final[Mapping[str, str]] = {
    "inactive": "out of service",
    "testing": "in service (link test)",
    "active": "in service",
    "waiting for restoration": "out of service (waiting for restoration)",
}
"""Level 3's word for a link, in the words of the maintenance terminal, where they differ."""


@dataclass(slots=True)
class Network:
    """Our point in one network."""

    name: str
    mtp3: Mtp3 | GatewayNetwork
    """Level 3 of our own, or its place over gateways."""
    users: Mapping[int, UserPart]
    """By service indicator."""
    places: Mapping[tuple[int, int, int], Endpoint]
    """Time slot of a circuit by service indicator, point code of the far end and CIC."""
    legs: Mapping[tuple[int, int, int], Leg]
    """The same circuits as legs."""


def build(
    config: CentreConfig,
    board: Board,
    journal: Journal,
    gateways: Mapping[str, GatewayNetwork] | None = None,
) -> Signalling:
    """Compose the stack of `config`; raises `ConfigurationError` for what it cannot be.

    `gateways` has the networks over gateways that are there already, by name; the others are made.
    """
    try:
        channels = [_channel(config, link) for link in config.links]
        there = gateways or {}
        networks = [_network(config, name, channels, there.get(name)) for name in config.in_use]
        by_name = {network.name: network for network in networks}
        of_group = {
            group.name: by_name[config.network_of(group)].users[SERVICES[group.user]]
            for group in config.trunk_groups
        }
        return Signalling(
            board,
            journal,
            channels=channels,
            networks=networks,
            of_group=of_group,
            groups=config.trunk_groups,
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"{config.source}: {error}") from error


def _channel(config: CentreConfig, link: LinkConfig) -> Channel:
    network = config.network_of(link)
    return Channel(link, network, config.point(link.peer, network), _level2(config, link))


def _level2(config: CentreConfig, link: LinkConfig) -> Mtp2Link:
    return Mtp2Link(
        link.label,
        timers=config.timers_of("MTP2"),
        correction=link.correction,
        n1=link.n1,
        n2=link.n2,
    )


def over_gateways(config: CentreConfig, *, paired: bool = False) -> dict[str, GatewayNetwork]:
    """Return the networks of `config` that are reached over gateways, without their associations.

    `paired`: another server may take over.
    """
    names = [name for name in config.in_use if config.networks[name].m3ua is not None]
    return {name: _over_gateways(config, name, paired=paired) for name in names}


def _over_gateways(config: CentreConfig, name: str, *, paired: bool = False) -> GatewayNetwork:
    network = config.networks[name]
    m3ua = network.m3ua
    assert m3ua is not None
    groups = [group for group in config.trunk_groups if config.network_of(group) == name]
    services: dict[int, tuple[int, ...]] = {}
    for user, context in m3ua.contexts.items():
        services[context] = (*services.get(context, ()), SERVICES[user])
    asp = Asp(
        AspConfig(
            point_code=config.own(name),
            network_indicator=network.indicator,
            contexts=services,
            destinations=tuple(dict.fromkeys(config.point(group.peer, name) for group in groups)),
            mode=m3ua.mode,
            identifier=m3ua.identifier,
            network_appearance=m3ua.appearance,
            paired=paired,
            audit=frames(m3ua.audit),
            heartbeat=frames(m3ua.heartbeat),
        )
    )
    return GatewayNetwork(asp, frozenset(SERVICES[group.user] for group in groups))


def _network(
    config: CentreConfig, name: str, channels: list[Channel], gateways: GatewayNetwork | None
) -> Network:
    mine = [channel for channel in channels if channel.network == name]
    groups = [group for group in config.trunk_groups if config.network_of(group) == name]
    point = config.networks[name]
    users = {
        SERVICES[user]: _user_part(config, name, [group for group in groups if group.user == user])
        for user in dict.fromkeys(group.user for group in groups)
    }
    legs = {
        (SERVICES[group.user], config.point(group.peer, name), each.cic): Leg(group.name, each.cic)
        for group in groups
        for each in circuits(group)
    }
    places = {
        (SERVICES[group.user], config.point(group.peer, name), each.cic): trunk(each.span, each.slot)
        for group in groups
        for each in circuits(group)
    }
    if point.m3ua is not None:
        return Network(name, gateways or _over_gateways(config, name), users, places, legs)
    network = Mtp3Config(
        variant=point.variant,
        point_code=config.own(name),
        network_indicator=point.indicator,
        routes=tuple(_routes(config, name)),
        transfer=point.transfer,
        congestion_levels=point.congestion_levels,
        timers=config.timers_of("MTP3"),
        users=frozenset(users),
    )
    links = {(config.point(each.config.peer, name), each.config.slc): each.link for each in mine}
    mtp3 = Mtp3(network, links)
    for group in groups:
        if config.point(group.peer, name) not in mtp3.tsrc.route_sets:
            raise ConfigurationError(
                f"trunk_groups[{group.name}].peer: found {group.peer}, expected a point that a link set or a "
                f"route of network {name} leads to"
            )
    return Network(name, mtp3, users, places, legs)


def _routes(config: CentreConfig, name: str) -> Iterator[RouteConfig]:
    for route in config.routes:
        if config.network_of(route) == name:
            ways = tuple(config.point(via, name) for via in route.via)
            groups = (ways,) if route.shared else tuple((way,) for way in ways)
            yield RouteConfig(config.point(route.to, name), groups)


def _user_part(config: CentreConfig, network: str, groups: list[TrunkGroupConfig]) -> UserPart:
    by_peer: dict[int, list[int]] = {}
    names: dict[tuple[int, int], str] = {}
    for group in groups:
        peer = config.point(group.peer, network)
        for each in circuits(group):
            by_peer.setdefault(peer, []).append(each.cic)
            names[peer, each.cic] = group.name
    own = config.own(network)
    cics = {peer: tuple(sorted(found)) for peer, found in by_peer.items()}
    checks = {group.name: group.continuity for group in groups}
    unknown = frozenset(group.name for group in groups if config.resets(group))
    if groups[0].user == "tup":
        return Tup(
            TupConfig(
                point_code=own,
                circuits=cics,
                variant=config.networks[network].variant,
                groups=names,
                timers=config.timers_of("TUP"),
                minimum_digits=config.minimum_digits,
                continuity=checks,
                reset_at_start=unknown,
            )
        )
    return Isup(
        IsupConfig(
            point_code=own,
            circuits=cics,
            groups=names,
            timers=config.timers_of("ISUP"),
            minimum_digits=config.minimum_digits,
            transit=bool(config.transit),
            send_st=config.isup.send_st,
            hops=config.isup.hops,
            ask_calling=config.isup.ask_calling,
            gateway=config.isup.gateway,
            delays={each.name: each.delay for each in groups} if config.isup.propagation_delay else None,
            longest=MAX_SIF - LABEL_OCTETS[config.networks[network].variant],
            continuity=checks,
            reset_at_start=unknown,
        )
    )


class Channel:
    """A link on its HDLC channel, and what the channel was last told."""

    __slots__ = ("adjacent", "config", "fill", "link", "more", "network", "number", "seen", "state")

    def __init__(self, config: LinkConfig, network: str, adjacent: int, link: Mtp2Link) -> None:
        self.config = config
        self.adjacent = adjacent
        self.network = network
        self.link = link
        self.number = -1
        self.fill: bytes | None = None
        self.seen = b""
        """The signal unit received last."""
        self.more = False
        """The link has frames to send that the channel had no room for."""
        self.state = link.state


class Signalling:
    """Links, networks and user parts of one node."""

    def __init__(
        self,
        board: Board,
        journal: Journal,
        *,
        channels: list[Channel],
        networks: list[Network],
        of_group: Mapping[str, UserPart],
        groups: tuple[TrunkGroupConfig, ...] = (),
    ) -> None:
        """The first channel and the first network are those of orders that name none. `of_group` has the user
        part of each trunk group."""
        self._board = board
        self._journal = journal
        self._channels = channels
        self._by_number: dict[int, Channel] = {}
        self._by_name = {channel.link.name: channel for channel in channels}
        self.networks = {network.name: network for network in networks}
        self._over = [each.mtp3 for each in networks if isinstance(each.mtp3, GatewayNetwork)]
        self._of_group = of_group
        self._groups = groups
        self._several = len(networks) > 1
        self._transceivers: Transceivers | None = None
        self._to_block: set[Leg] = set()
        """Circuits to be blocked as soon as their far end can be reached."""

    def provide(self, transceivers: Transceivers) -> None:
        """Continuity checks of the user parts use `transceivers`."""
        self._transceivers = transceivers
        for _, _, user in self.user_parts():
            user.provide_transceivers(transceivers.free)

    def start(self, now: Instant) -> None:
        """Open the channels and bring the networks up, which activates every link."""
        for channel in self._channels:
            channel.number = self._board.open_hdlc(channel.config.span, channel.config.slot)
            self._by_number[channel.number] = channel
        for network in self.networks.values():
            network.mtp3.start(now)

    def take_over(self, kept: Collection[Kept], recovery: Recovery, now: Instant) -> None:
        """Start in place of another server: the calls of `kept` go on, all others are reset when their far
        end can be reached, and those that the operator had blocked are blocked again."""
        for _, _, user in self.user_parts():
            user.forget()
        self._to_block = set(recovery.blocked_here)
        for each in kept:
            self._of_group[each.leg.group].recover(
                each.leg,
                incoming=each.incoming,
                suspended=each.suspended,
                blocked=each.leg in recovery.blocked_there,
                now=now,
            )
        self.start(now)

    def user_parts(self) -> Iterator[tuple[Network, int, UserPart]]:
        """Every user part with its network and service indicator."""
        for network in self.networks.values():
            for service, user in network.users.items():
                yield network, service, user

    # from the board

    def take(self, event: HdlcFrame | HdlcError) -> bool:
        """Give what came on a channel to its link; whether anything can come of it.

        Nothing can come of one more of the fill-in signal units that a settled link has seen before, which
        is what nearly every block brings.
        """
        channel = self._by_number[event.channel]
        link = channel.link
        if isinstance(event, HdlcError):
            channel.seen = b""
            link.fault(event.fault, event.at)
            return True
        octets = event.octets
        known = octets == channel.seen and len(octets) == FISU and link.settled
        channel.seen = octets
        link.receive(octets, event.repeats, event.at)
        return not (known and link.settled)

    def hear(self, now: Instant) -> bool:
        """Take what gateways have sent; whether anything can come of it."""
        heard = [each.poll(now) for each in self._over]
        return any(heard)

    def check_tone(self, port: int, now: Instant) -> None:
        """The check tone has come to voice port `port`."""
        leg = None if self._transceivers is None else self._transceivers.leg_of(port)
        if leg is not None:
            self._of_group[leg.group].check_tone(leg, now)

    # from and to the call engine

    def poll(self, now: Instant) -> list[Indication]:
        """Carry what came from the links up to the user parts; return what the call engine is to hear."""
        found: list[Indication] = []
        for network in self.networks.values():
            mtp3 = network.mtp3
            mtp3.poll(now)
            for indication in mtp3.indications():
                if isinstance(indication, Transfer):
                    selection = indication.sls | indication.spare << 4
                    network.users[indication.si].receive(indication.opc, indication.data, now, selection)
                elif isinstance(indication, (Pause, Resume)):
                    self._accessible(network, indication, now)
                else:
                    self._write_status(network, indication, now)
            for service, user in network.users.items():
                self._write_notices(network, service, user, now)
                found += user.indications()
        return found

    def _write_notices(self, network: Network, service: int, user: UserPart, now: Instant) -> None:
        """Write a user part's notices into the journal, and connect or remove loops and tones as they say.

        A loop is removed before the call engine hears of the call, which may connect the circuit at once.
        """
        for notice in user.notices():
            if notice.cic is not None and notice.what in _TONES and self._transceivers is not None:
                leg = network.legs[service, notice.point_code, notice.cic]
                if notice.what is What.TONE_ON:
                    self._transceivers.connect(leg)
                else:
                    self._transceivers.remove(leg)
            if notice.cic is not None and notice.what in _LOOPS:
                place = network.places[service, notice.point_code, notice.cic]
                if notice.what is What.LOOP_ON:
                    self._board.listen(place, place)
                else:
                    self._board.unlisten(place)
            data = _told(notice, network.legs.get((service, notice.point_code, notice.cic or 0)))
            if self._several:
                data["network"] = network.name
            self._journal.append(now, Types.CIRCUIT, data)

    def _accessible(self, network: Network, indication: Pause | Resume, now: Instant) -> None:
        available = isinstance(indication, Resume)
        data: dict[str, object] = {"point_code": indication.dpc, "available": available}
        if self._several:
            data["network"] = network.name
        self._journal.append(now, Types.DESTINATION, data)
        for user in network.users.values():
            if available:
                user.resume(indication.dpc, now)
            else:
                user.pause(indication.dpc, now)
        for (service, point, _), leg in network.legs.items() if available and self._to_block else ():
            if point == indication.dpc and leg in self._to_block:
                self._to_block.discard(leg)
                network.users[service].block(leg, now)

    def _write_status(
        self, network: Network, indication: Status | LinkNotice | GatewayNotice, now: Instant
    ) -> None:
        """Write congestion, unavailable user parts, what came of link orders and alarms of gateways into the
        journal."""
        if isinstance(indication, GatewayNotice):
            told: dict[str, object] = {"alarm": "gateway", "what": indication.what, "network": network.name}
            self._journal.append(now, Types.ALARM, {**told, "association": indication.association})
            return
        if isinstance(indication, LinkNotice):
            self._journal.append(now, Types.LINK, {"link": indication.link, "what": indication.what})
            return
        for service, user in network.users.items():
            if indication.user == service:
                user.unavailable(indication.dpc, indication.cause, now)
            elif indication.user is None and indication.congestion:
                user.congested(indication.dpc, now)
        data: dict[str, object] = {"point_code": indication.dpc}
        if indication.user is None:
            data["congestion"] = indication.congestion
        else:
            data |= {"unavailable_user": indication.user, "cause": indication.cause}
        if self._several:
            data["network"] = network.name
        self._journal.append(now, Types.DESTINATION, data)

    def request(self, leg: Leg, primitive: Primitive, now: Instant) -> None:
        """Give a circuit a primitive."""
        self._of_group[leg.group].request(leg, primitive, now)

    def centre_congested(self, level: int) -> None:
        """The call engine is congested: 0 not, 1, or 2 more (Q.764 2.11.1)."""
        for _, _, user in self.user_parts():
            if isinstance(user, Isup):
                user.congestion(level)

    def block_span(self, span: int, *, on: bool, now: Instant) -> None:
        """Block the circuits of a span for hardware failure, or remove that (Q.764 2.8.2.2)."""
        for group in self._groups:
            user = self._of_group[group.name]
            for part in group.circuits:
                if part.span != span:
                    continue
                cics = [each.cic for each in circuits(replace(group, circuits=(part,)))]
                order = user.block_group if on else user.unblock_group
                order(Leg(group.name, cics[0]), len(cics), now, hardware=True)

    def flush(self, now: Instant) -> None:
        """Send the user parts' messages, write their notices, and hand the links' frames to the board."""
        for network, service, user in self.user_parts():
            for message in user.messages():
                spare, sls = divmod(message.sls, 16)
                network.mtp3.transfer(service, message.dpc, sls, message.data, now, spare)
            self._write_notices(network, service, user, now)
        self.pump()
        for channel in self._channels:
            state = channel.link.state
            if state != channel.state:
                data: dict[str, object] = {
                    "link": channel.link.name,
                    "slc": channel.config.slc,
                    "state": state,
                    "before": channel.state,
                }
                self._journal.append(now, Types.LINK, data)
                channel.state = state

    def pump(self) -> None:
        """Hand frames of the links to the board, as many as the channels have room for."""
        board = self._board
        for channel in self._channels:
            link, number = channel.link, channel.number
            if link.take_flush():
                board.hdlc_flush(number)
            room = ROOM - board.hdlc_backlog(number)
            frames = link.pull(room) if room > 0 else []
            for frame in frames:
                board.hdlc_send(number, frame)
            channel.more = room <= 0 or len(frames) >= room
            fill = link.fill
            if fill != channel.fill:
                board.hdlc_fill(number, fill)
                channel.fill = fill

    @property
    def more(self) -> bool:
        """Whether a link has frames waiting for room in its channel."""
        return any(channel.more for channel in self._channels)

    def idle(self, leg: Leg) -> bool:
        """Whether the circuit may be seized for an outgoing call."""
        return self._of_group[leg.group].idle(leg)

    # maintenance

    def link(self, name: str = "") -> Channel:
        """The link called `name`, or the first. Raises `StateError` for one that does not exist."""
        if not name and self._channels:
            return self._channels[0]
        if name not in self._by_name:
            known = ", ".join(self._by_name) or "none: this centre is reached over gateways"
            raise StateError(f"signalling link {name!r}: not known, expected one of {known}")
        return self._by_name[name]

    def _level3(self, name: str) -> tuple[Mtp3, int, int]:
        """Level 3 of a link, and the link's adjacent point and code there."""
        channel = self.link(name)
        mtp3 = self.networks[channel.network].mtp3
        assert isinstance(mtp3, Mtp3)  # a channel is a link of ours
        return mtp3, channel.adjacent, channel.config.slc

    def activate(self, now: Instant, *, emergency: bool, link: str = "") -> None:
        """Activate a link."""
        mtp3, adjacent, slc = self._level3(link)
        mtp3.activate(adjacent, slc, now, emergency)

    def deactivate(self, now: Instant, *, link: str = "") -> None:
        """Deactivate a link."""
        mtp3, adjacent, slc = self._level3(link)
        mtp3.deactivate(adjacent, slc, now)

    def inhibit(self, now: Instant, *, link: str = "") -> None:
        """Keep user traffic off a link."""
        mtp3, adjacent, slc = self._level3(link)
        mtp3.inhibit(adjacent, slc, now)

    def uninhibit(self, now: Instant, *, link: str = "") -> None:
        """Let user traffic use a link again."""
        mtp3, adjacent, slc = self._level3(link)
        mtp3.uninhibit(adjacent, slc, now)

    def processor_outage(self, on: bool, now: Instant, *, link: str = "") -> None:
        """Set or clear the outage of our processor for a link."""
        mtp3, adjacent, slc = self._level3(link)
        mtp3.processor_outage(adjacent, slc, on, now)

    def destination_state(self, point_code: int, network: str = "") -> str:
        """Whether a point can be reached; raises `StateError` for a network that does not exist."""
        name = network or next(iter(self.networks))
        if name not in self.networks:
            raise StateError(f"network {name!r}: not known, expected one of {', '.join(self.networks)}")
        return self.networks[name].mtp3.destination_state(point_code)

    def emergency(self, on: bool, now: Instant, *, link: str = "") -> None:
        """Set or cease emergency at a link's level 2; the next activation says anew what it is."""
        self.link(link).link.emergency(on, now)

    def congestion(self, on: bool, now: Instant, *, link: str = "") -> None:
        """Make the receiving side of a link's level 2 congested, or no longer."""
        self.link(link).link.congestion(on, now)

    def discard(self, now: Instant, *, link: str = "") -> None:
        """Discard the messages that a link's level 2 holds back in a processor outage."""
        self.link(link).link.flush(now)

    def link_state(self, link: str = "") -> str:
        """State of a link in the words of `testrig.system.MaintenanceClient`."""
        mtp3, adjacent, slc = self._level3(link)
        state = mtp3.link_state(adjacent, slc)
        return _LINK_STATES.get(state, state)

    def circuit_state(self, leg: Leg) -> str:
        """State of a circuit."""
        return self._of_group[leg.group].circuit_state(leg)

    def order(self, order: Order, leg: Leg, count: int, now: Instant) -> None:
        """Carry out a maintenance order for circuit `leg`, or `count` circuits from it on."""
        user = self._of_group[leg.group]
        if order in ("unblock", "unblock group"):
            self._to_block -= {Leg(leg.group, leg.number + each) for each in range(count)}
        match order:
            case "block":
                user.block(leg, now)
            case "unblock":
                user.unblock(leg, now)
            case "reset":
                user.reset(leg, now)
            case "block group":
                user.block_group(leg, count, now)
            case "unblock group":
                user.unblock_group(leg, count, now)
            case "reset group":
                user.reset_group(leg, count, now)

    def timers(self) -> dict[str, int]:
        """Durations in force in frames, by part and name."""
        names = {service: name.upper() for name, service in SERVICES.items()}
        parts: dict[str, Mapping[str, int]] = {
            names[service]: user.timers for _, service, user in self.user_parts()
        }
        for channel in self._channels[:1]:
            parts["MTP2"] = channel.link.durations
            mtp3, _, _ = self._level3(channel.link.name)
            parts["MTP3"] = mtp3.durations
        return {f"{part} {name}": value for part, values in parts.items() for name, value in values.items()}

    # time

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` has something to do."""
        parts = [channel.link.next_deadline for channel in self._channels]
        for network in self.networks.values():
            parts.append(network.mtp3.next_deadline)
            parts += [user.next_deadline for user in network.users.values()]
        return min((each for each in parts if each is not None), default=None)

    def expire(self, now: Instant) -> None:
        """Let timers of all layers expire whose time has come."""
        for channel in self._channels:
            channel.link.expire(now)
        for network in self.networks.values():
            network.mtp3.expire(now)
            for user in network.users.values():
                user.expire(now)

    @property
    def settled(self) -> bool:
        """True when no link is changing or waits for an acknowledgement, and nothing from a gateway waits."""
        return (
            not self.more
            and all(channel.link.settled for channel in self._channels)
            and all(each.settled for each in self._over)
        )


_LOOPS: Final = frozenset({What.LOOP_ON, What.LOOP_OFF})
_TONES: Final = frozenset({What.TONE_ON, What.TONE_OFF})


def _told(notice: Notice, leg: Leg | None) -> dict[str, object]:
    data: dict[str, object] = {"what": notice.what.value, "point_code": notice.point_code}
    if notice.cic is not None:
        data["cic"] = notice.cic
    if leg is not None:
        data["line"] = line_of(leg)
    if notice.detail:
        data["detail"] = notice.detail
    if notice.alert:
        data["alert"] = True
    return data

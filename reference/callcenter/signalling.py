"""The SS7 stack of the centre between the board's HDLC channels and the call engine.

    board channel <-> Mtp2Link <-> Mtp3 <-> Isup <-> indications and requests of the call engine

One network with one adjacent signalling point; its links share the load.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from callcenter.calls.primitives import Indication, Leg, Primitive
from callcenter.config import CentreConfig, LinkConfig, circuits
from callcenter.cti.journal import Journal, Types
from callcenter.errors import ConfigurationError
from callcenter.ss7.isup import Isup, IsupConfig
from callcenter.ss7.isup.notices import Notice, What
from callcenter.ss7.mtp2 import Mtp2Link
from callcenter.ss7.mtp3 import Mtp3, Mtp3Config, Pause, Resume, Transfer
from testrig.board import Board, Endpoint, HdlcError, HdlcFrame, trunk
from testrig.clock import Instant

ISUP_SERVICE: Final = 5
"""Service indicator of the ISDN user part (Q.704 14.2.1)."""

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


def build(config: CentreConfig, board: Board, journal: Journal) -> Signalling:
    """Compose the stack of `config`; raises `ConfigurationError` for what it cannot be."""
    peers = {link.peer for link in config.links} | {group.peer for group in config.trunk_groups}
    if len(peers) != 1:
        raise ConfigurationError(
            f"{config.source}: links: found peers {', '.join(sorted(peers))}, "
            "expected one adjacent point for all links and trunk groups"
        )
    peer = config.peer(peers.pop())
    places = [circuit for group in config.trunk_groups for circuit in circuits(group)]
    try:
        links = {
            link.slc: Mtp2Link(f"link{link.slc}", timers=config.timers_of("MTP2")) for link in config.links
        }
        network = Mtp3Config(
            variant=config.variant,
            point_code=config.own,
            adjacent=peer,
            network_indicator=config.network_indicator,
            timers=config.timers_of("MTP3"),
        )
        user = IsupConfig(
            point_code=config.own,
            circuits={peer: tuple(sorted(each.cic for each in places))},
            groups={each.cic: each.group for each in places},
            timers=config.timers_of("ISUP"),
            minimum_digits=min((len(number) for number in config.numbers), default=0),
        )
        mtp3, isup = Mtp3(network, links), Isup(user)
        return Signalling(config, board, journal, links=links, mtp3=mtp3, isup=isup)
    except ConfigurationError as error:
        raise ConfigurationError(f"{config.source}: {error}") from error


class Channel:
    """A link on its HDLC channel, and what the channel was last told."""

    __slots__ = ("fill", "link", "more", "number", "seen", "slc", "state")

    def __init__(self, slc: int, link: Mtp2Link) -> None:
        self.slc = slc
        self.link = link
        self.number = -1
        self.fill: bytes | None = None
        self.seen = b""
        """The signal unit received last."""
        self.more = False
        """The link has frames to send that the channel had no room for."""
        self.state = link.state


class Signalling:
    """Links, network and user part of one signalling point."""

    def __init__(
        self,
        config: CentreConfig,
        board: Board,
        journal: Journal,
        *,
        links: Mapping[int, Mtp2Link],
        mtp3: Mtp3,
        isup: Isup,
    ) -> None:
        """`links` by SLC, as in the configuration."""
        self._places: dict[int, Endpoint] = {
            each.cic: trunk(each.span, each.slot) for group in config.trunk_groups for each in circuits(group)
        }
        self._configs: dict[int, LinkConfig] = {link.slc: link for link in config.links}
        self._board = board
        self._journal = journal
        self._channels = {slc: Channel(slc, link) for slc, link in links.items()}
        self._by_number: dict[int, Channel] = {}
        self.mtp3 = mtp3
        self.isup = isup

    def start(self, now: Instant) -> None:
        """Open the channels and bring the network up, which activates every link."""
        for slc, channel in self._channels.items():
            config = self._configs[slc]
            channel.number = self._board.open_hdlc(config.span, config.slot)
            self._by_number[channel.number] = channel
        self.mtp3.start(now)

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

    # from and to the call engine

    def poll(self, now: Instant) -> list[Indication]:
        """Carry what came from the links up to the user part; return what the call engine is to hear."""
        mtp3, isup = self.mtp3, self.isup
        mtp3.poll(now)
        for indication in mtp3.indications():
            if isinstance(indication, Transfer):
                if indication.si == ISUP_SERVICE:
                    isup.receive(indication.opc, indication.data, now)
            else:
                self._accessible(indication, now)
        self._write_notices(now)
        return isup.indications()

    def _write_notices(self, now: Instant) -> None:
        """Write the user part's notices into the journal, and connect or remove loops as they say.

        A loop is removed before the call engine hears of the call, which may connect the circuit at once.
        """
        for notice in self.isup.notices():
            if notice.cic is not None and notice.what is What.LOOP_ON:
                self._board.listen(self._places[notice.cic], self._places[notice.cic])
            elif notice.cic is not None and notice.what is What.LOOP_OFF:
                self._board.unlisten(self._places[notice.cic])
            self._journal.append(now, Types.CIRCUIT, _told(notice))

    def _accessible(self, indication: Pause | Resume, now: Instant) -> None:
        available = isinstance(indication, Resume)
        data: dict[str, object] = {"point_code": indication.dpc, "available": available}
        self._journal.append(now, Types.DESTINATION, data)
        if available:
            self.isup.resume(indication.dpc, now)
        else:
            self.isup.pause(indication.dpc, now)

    def request(self, leg: Leg, primitive: Primitive, now: Instant) -> None:
        """Give a circuit a primitive."""
        self.isup.request(leg, primitive, now)

    def flush(self, now: Instant) -> None:
        """Send the user part's messages, write its notices, and hand the links' frames to the board."""
        for message in self.isup.messages():
            self.mtp3.transfer(ISUP_SERVICE, message.dpc, message.sls, message.data, now)
        self._write_notices(now)
        self.pump()
        for channel in self._channels.values():
            state = channel.link.state
            if state != channel.state:
                data: dict[str, object] = {"slc": channel.slc, "state": state, "before": channel.state}
                self._journal.append(now, Types.LINK, data)
                channel.state = state

    def pump(self) -> None:
        """Hand frames of the links to the board, as many as the channels have room for."""
        board = self._board
        for channel in self._channels.values():
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
        return any(channel.more for channel in self._channels.values())

    def idle(self, leg: Leg) -> bool:
        """Whether the circuit may be seized for an outgoing call."""
        return self.isup.idle(leg)

    # maintenance

    def activate(self, now: Instant, *, emergency: bool) -> None:
        """Activate the first link."""
        self.mtp3.activate(next(iter(self._channels)), now, emergency)

    def deactivate(self, now: Instant) -> None:
        """Deactivate the first link."""
        self.mtp3.deactivate(next(iter(self._channels)), now)

    def link_state(self) -> str:
        """State of the first link in the words of `testrig.system.MaintenanceClient`."""
        state = self.mtp3.link_state(next(iter(self._channels)))
        return _LINK_STATES.get(state, state)

    def circuit_state(self, cic: int) -> str:
        """State of a circuit."""
        return self.isup.circuit_state(cic)

    def order(self, order: Order, cic: int, count: int, now: Instant) -> None:
        """Carry out a maintenance order for circuit `cic`, or `count` circuits from it on."""
        isup = self.isup
        match order:
            case "block":
                isup.block(cic, now)
            case "unblock":
                isup.unblock(cic, now)
            case "reset":
                isup.reset(cic, now)
            case "block group":
                isup.block_group(cic, count, now)
            case "unblock group":
                isup.unblock_group(cic, count, now)
            case "reset group":
                isup.reset_group(cic, count, now)

    def timers(self) -> dict[str, int]:
        """Durations in force in frames, by part and name."""
        link = next(iter(self._channels.values())).link
        parts = {"MTP2": link.durations, "MTP3": self.mtp3.durations, "ISUP": self.isup.timers}
        return {f"{part} {name}": value for part, values in parts.items() for name, value in values.items()}

    # time

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` has something to do."""
        parts = [channel.link.next_deadline for channel in self._channels.values()]
        parts += (self.mtp3.next_deadline, self.isup.next_deadline)
        return min((each for each in parts if each is not None), default=None)

    def expire(self, now: Instant) -> None:
        """Let timers of all layers expire whose time has come."""
        for channel in self._channels.values():
            channel.link.expire(now)
        self.mtp3.expire(now)
        self.isup.expire(now)

    @property
    def settled(self) -> bool:
        """True when no link is changing or waits for an acknowledgement."""
        return not self.more and all(channel.link.settled for channel in self._channels.values())


def _told(notice: Notice) -> dict[str, object]:
    data: dict[str, object] = {"what": notice.what.value, "point_code": notice.point_code}
    if notice.cic is not None:
        data["cic"] = notice.cic
    if notice.detail:
        data["detail"] = notice.detail
    if notice.alert:
        data["alert"] = True
    return data

"""The signalling gateway process: M3UA of the SG side (RFC 4666 4).

Stimuli: `connected`, `receive(peer, octets, now)`, `closed`; `transfer` and `accessible` from MTP level 3;
`expire(now)`. Answers: `messages()` for the associations, `transfers()` for level 3, `notices()`.
A message for several ASPs is one entry each. Streams of TCP have no SCTP stream identifiers.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from callcenter.ss7.m3ua import as_fsm, asp_fsm
from callcenter.ss7.m3ua.codec import (
    Error,
    Framer,
    M3uaError,
    Message,
    ProtocolData,
    Tag,
    Type,
    decode,
    invalid_contexts,
    protocol_data,
    unexpected,
    word,
)
from callcenter.ss7.m3ua.config import MODES, ServerConfig, SgpConfig
from callcenter.ss7.m3ua.registration import forget, register, remove_unused, withdraw
from callcenter.ss7.m3ua.server import Server
from callcenter.timers import Timers
from testrig.clock import Instant

FIRST_DYNAMIC: Final = 1000
"""First routing context given to a registered key."""
DIAGNOSTIC: Final = 40
"""Octets of an offending message returned in ERR (3.8.1)."""


@dataclass(slots=True)
class Peer:
    """One association."""

    number: int
    framer: Framer
    up: bool = False
    identifier: int | None = None


@dataclass(frozen=True, slots=True)
class Screened:
    """A message of an AS that did not pass (requirement P-08)."""

    server: str
    reason: str
    opc: int
    dpc: int
    si: int


class SignallingGatewayProcess:
    """Associations and application servers of one network."""

    def __init__(self, config: SgpConfig) -> None:
        self.config = config
        self.servers: dict[int, Server] = {}
        for each in config.servers:
            self.add(each)
        self.peers: dict[int, Peer] = {}
        self.available = dict.fromkeys(config.destinations.values(), False)
        self.refused = 0
        """Messages that screening refused."""
        self.unroutable = 0
        """Messages of the network that no AS takes."""
        self.errors_received = 0
        self.timers: Timers[int] = Timers()
        self._contexts = itertools.count(FIRST_DYNAMIC)
        self._correlations = itertools.count(1)
        self._messages: list[tuple[int, bytes]] = []
        self._transfers: list[ProtocolData] = []
        self._notices: list[Screened] = []
        self._closing: list[int] = []
        self._now: Instant = 0

    def add(self, server: ServerConfig) -> Server:
        """Take an AS; the ASPs that are up may activate it."""
        made = Server(self, server)
        self.servers[server.routing_context] = made
        return made

    def next_context(self) -> int:
        """Return a routing context for a key that registers."""
        return next(self._contexts)

    def next_correlation(self) -> int:
        """Return a correlation identifier (3.3.1)."""
        return next(self._correlations) & 0xFFFFFFFF

    # associations

    def connected(self, number: int) -> None:
        """An association is there; its ASP is down."""
        self.peers[number] = Peer(number, Framer())

    def closed(self, number: int, now: Instant) -> None:
        """An association is lost: its ASP is down (4.3.1), the others of its AS hear of the failure."""
        self._now = now
        peer = self.peers.pop(number, None)
        if peer is not None:
            for server in self.servers.values():
                server.failed(peer)
            forget(self, peer)

    def receive(self, number: int, octets: bytes, now: Instant) -> None:
        """Take octets of an association. What is not right is answered by ERR (3.8.1)."""
        self._now = now
        peer = self.peers.get(number)
        if peer is None:
            return
        for one in peer.framer.put(octets):
            try:
                self._take(peer, decode(one))
            except M3uaError as error:
                self.error(peer, error, one)
        if peer.framer.broken:
            self.error(peer, M3uaError(Error.PROTOCOL_ERROR, "no message"), b"")
            self._closing.append(number)

    def error(self, peer: Peer, error: M3uaError, offending: bytes) -> None:
        """Answer by ERR with the head of what offended; an ERR itself is not answered."""
        if offending[2:4] == b"\x00\x00":
            return
        parameters = [(int(Tag.ERROR_CODE), word(error.code)), *error.more]
        if offending:
            parameters.append((Tag.DIAGNOSTIC, offending[:DIAGNOSTIC]))
        self.send(peer, Type.ERR, *parameters)

    def send(self, peer: Peer, kind: Type, *parameters: tuple[int, bytes]) -> None:
        """Send a message to an ASP."""
        self._messages.append((peer.number, Message(kind, parameters).encode()))

    # messages of an ASP

    def _take(self, peer: Peer, message: Message) -> None:
        kind = message.kind
        if kind in (Type.ERR, Type.NTFY):
            self.errors_received += kind == Type.ERR
        elif kind == Type.UP:
            self._up(peer, message)
        elif kind == Type.DOWN:
            self._down(peer)
        elif kind == Type.BEAT:
            self.send(peer, Type.BEAT_ACK, *message.parameters)
        elif kind == Type.BEAT_ACK:
            pass
        elif not peer.up:
            raise unexpected(message, "ASP is down")
        elif kind == Type.ACTIVE:
            self._active(peer, message)
        elif kind == Type.INACTIVE:
            self._inactive(peer, message)
        elif kind == Type.DATA:
            self._data(peer, message)
        elif kind == Type.DAUD:
            self._audit(peer, message)
        elif kind == Type.SCON:
            pass  # congestion of the ASP itself: nothing of ours is rerouted by it (1.4.6)
        elif kind == Type.REG_REQ:
            self.send(peer, Type.REG_RSP, *register(self, peer, message))
        elif kind == Type.DEREG_REQ:
            self.send(peer, Type.DEREG_RSP, *withdraw(self, peer, message))
        else:
            raise unexpected(message, "a message that only an SGP sends")

    def _up(self, peer: Peer, message: Message) -> None:
        """4.3.4.1. An ASP Up of an active ASP takes its traffic away and is an unexpected message besides."""
        identifier = message.word(Tag.ASP_IDENTIFIER)
        taken = [each for each in self.peers.values() if each is not peer and each.up]
        if identifier is not None and any(each.identifier == identifier for each in taken):
            raise M3uaError(Error.INVALID_ASP_IDENTIFIER, "another ASP has this identifier")
        active = any(server.is_active(peer) for server in self.servers.values())
        was_up, peer.up = peer.up, True
        if identifier is not None:
            peer.identifier = identifier
        own = [] if identifier is None else [(int(Tag.ASP_IDENTIFIER), word(identifier))]
        self.send(peer, Type.UP_ACK, *own)
        if active:
            self.error(peer, unexpected(message, "ASP is active"), message.encode())
        if active:
            forget(self, peer)
        for server in self.servers.values():
            if server.serves(peer) and (not was_up or active):
                server.up(peer)

    def _down(self, peer: Peer) -> None:
        was_up, peer.up = peer.up, False
        self.send(peer, Type.DOWN_ACK)
        if was_up:
            for server in self.servers.values():
                server.down(peer)
            forget(self, peer)

    def _chosen(self, peer: Peer, message: Message) -> list[Server]:
        """The servers of the routing contexts given, or all of the ASP (4.3.4.3, 4.3.4.4).

        4.3.4.3 has the error codes for a context that is not known and for none the other way round than
        3.8.1 and 4.3.4.4 define them; these are taken.
        """
        contexts = message.words(Tag.ROUTING_CONTEXT)
        own = {context: server for context, server in self.servers.items() if server.serves(peer)}
        if not contexts and not own:
            raise M3uaError(Error.NO_CONFIGURED_AS, "no AS")
        wrong = [each for each in contexts if each not in own]
        if wrong:
            self.error(peer, invalid_contexts(wrong), message.encode())
        return [own[each] for each in contexts or own if each in own]

    def _active(self, peer: Peer, message: Message) -> None:
        mode = message.word(Tag.TRAFFIC_MODE)
        chosen = self._chosen(peer, message)
        if mode is not None and any(MODES[server.config.mode] != mode for server in chosen):
            raise M3uaError(Error.UNSUPPORTED_MODE, f"traffic mode {mode}")
        if not chosen:
            return
        self.send(peer, Type.ACTIVE_ACK, *self._acknowledged(message, chosen))
        for server in chosen:
            server.activate(peer)

    def _inactive(self, peer: Peer, message: Message) -> None:
        chosen = self._chosen(peer, message)
        if not chosen:
            return
        self.send(peer, Type.INACTIVE_ACK, *self._acknowledged(message, chosen))
        for server in chosen:
            server.deactivate(peer)

    @staticmethod
    def _acknowledged(message: Message, chosen: list[Server]) -> list[tuple[int, bytes]]:
        mode = message.get(Tag.TRAFFIC_MODE)
        contexts = word(*(server.config.routing_context for server in chosen))
        return [*([] if mode is None else [(int(Tag.TRAFFIC_MODE), mode)]), (Tag.ROUTING_CONTEXT, contexts)]

    def _network(self, message: Message) -> None:
        appearance = message.word(Tag.NETWORK_APPEARANCE)
        if appearance is None or appearance == self.config.network_appearance:
            return
        value = (int(Tag.NETWORK_APPEARANCE), word(appearance))
        raise M3uaError(Error.INVALID_APPEARANCE, f"network appearance {appearance}", value)

    def _data(self, peer: Peer, message: Message) -> None:
        data = protocol_data(message.get(Tag.PROTOCOL_DATA) or b"")
        self._network(message)
        contexts = message.words(Tag.ROUTING_CONTEXT)
        active = [server for server in self.servers.values() if server.is_active(peer)]
        if not contexts:
            if len(active) > 1:
                raise M3uaError(Error.MISSING_PARAMETER, "DATA without routing context, several AS")
        elif len(contexts) > 1 or contexts[0] not in self.servers:
            raise invalid_contexts(contexts)
        else:
            active = [server for server in active if server.config.routing_context == contexts[0]]
        if not active:
            raise unexpected(message, "DATA of an ASP that is not active")
        server = active[0]
        reason = self._screen(server, data)
        if reason:
            self.refused += 1
            self._notices.append(Screened(server.config.name, reason, data.opc, data.dpc, data.si))
        elif not self.available[data.dpc]:
            self._tell(peer, Type.DUNA, (server.config.routing_context,), data.dpc)
        else:
            self._transfers.append(data)

    def _screen(self, server: Server, data: ProtocolData) -> str:
        """Why a message of an AS may not pass, or nothing."""
        names = server.config.destinations
        allowed = {code for name, code in self.config.destinations.items() if not names or name in names}
        if data.ni != self.config.network_indicator:
            return "network indicator"
        if data.opc != self.config.point_code:
            return "originating point code"
        if data.dpc not in allowed:
            return "destination point code"
        if data.si not in server.config.services:
            return "service indicator"
        return ""

    def _audit(self, peer: Peer, message: Message) -> None:
        """4.5.3: the state of every point asked for; one that is not known is unavailable.

        An ASP that is not active hears of no point (4.3.1).
        """
        self._network(message)
        contexts = message.words(Tag.ROUTING_CONTEXT)
        wrong = [each for each in contexts if each not in self.servers]
        if wrong:
            raise invalid_contexts(wrong)
        if not any(self.servers[each].is_active(peer) for each in contexts or self.servers):
            raise unexpected(message, "DAUD of an ASP that is not active")
        for each in message.words(Tag.AFFECTED_POINT_CODE):
            mask, code = each >> 24, each & 0xFFFFFF
            known = [point for point in self.available if point >> mask == code >> mask]
            for point in known:
                self._tell(peer, Type.DAVA if self.available[point] else Type.DUNA, contexts, point)
            if not known:
                self._tell(peer, Type.DUNA, contexts, each)

    def _tell(
        self, peer: Peer, kind: Type, contexts: Sequence[int], code: int, *more: tuple[int, bytes]
    ) -> None:
        appearance = self.config.network_appearance
        parameters: list[tuple[int, bytes]] = []
        if appearance is not None:
            parameters.append((Tag.NETWORK_APPEARANCE, word(appearance)))
        if contexts:
            parameters.append((Tag.ROUTING_CONTEXT, word(*contexts)))
        self.send(peer, kind, *parameters, (Tag.AFFECTED_POINT_CODE, word(code)), *more)

    # from MTP level 3

    def transfer(self, data: ProtocolData, circuit: int, now: Instant) -> bool:
        """Take a message of the network for the AS with its key; whether there is one to take it."""
        self._now = now
        found = next((each for each in self.servers.values() if each.takes(data, circuit)), None)
        if found is None or not found.deliver(data):
            self.unroutable += 1
            return False
        return True

    def accessible(self, code: int, available: bool, now: Instant) -> None:
        """A point can be reached, or cannot: every concerned active ASP hears it (4.5.1)."""
        self._now = now
        if self.available.get(code) is available or code not in self.available:
            return
        self.available[code] = available
        self._tell_active(Type.DAVA if available else Type.DUNA, code)

    def congested(self, code: int, level: int, now: Instant) -> None:
        """A point is congested (SCON, 3.4.4); level 0 where the network has no levels: none is sent."""
        self._now = now
        self._tell_active(Type.SCON, code, *([(Tag.CONGESTION, word(level))] if level else []))

    def user_unavailable(self, code: int, user: int, cause: int, now: Instant) -> None:
        """A user part of a point is not there (DUPU, 3.4.5)."""
        self._now = now
        self._tell_active(Type.DUPU, code, (Tag.USER_CAUSE, word(cause << 16 | user)))

    def _tell_active(self, kind: Type, code: int, *more: tuple[int, bytes]) -> None:
        for peer in self.peers.values():
            contexts = [rc for rc, server in self.servers.items() if server.is_active(peer)]
            if contexts:
                self._tell(peer, kind, contexts, code, *more)

    # time and results

    def start_recovery(self, context: int) -> None:
        """Start T(r) of an AS."""
        self.timers.start(context, self._now + self.config.recovery)

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` has something to do."""
        return self.timers.next_deadline

    def expire(self, now: Instant) -> None:
        """Give up AS whose T(r) has run out."""
        self._now = now
        for context in self.timers.expired(now):
            self.servers[context].machine.handle(as_fsm.Event.RECOVERY)
            self.servers[context].notify()
        remove_unused(self)

    def messages(self) -> list[tuple[int, bytes]]:
        """Drain what goes to the associations, by number."""
        found, self._messages = self._messages, []
        return found

    def transfers(self) -> list[ProtocolData]:
        """Drain what goes to the network."""
        found, self._transfers = self._transfers, []
        return found

    def notices(self) -> list[Screened]:
        """Drain what screening refused."""
        found, self._notices = self._notices, []
        return found

    def closing(self) -> list[int]:
        """Drain the associations to be closed."""
        found, self._closing = self._closing, []
        return found


__all__ = ["Peer", "Screened", "SignallingGatewayProcess", "asp_fsm"]

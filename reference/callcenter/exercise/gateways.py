"""Two gateways back to back, servers before both, and strangers: mutated M3UA messages at every association.

The gateways' links to each other are real from level 2 up; servers are ASPs on streams in memory. Mutants
come from strangers, associations of their own at the gateway under test, and to its servers, as if the
gateway had sent them. Afterwards everything must come back: `recover`, and `traffic` both ways for every AS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from callcenter.exercise.fuzz import BURST, Figures, Mutator
from callcenter.exercise.wires import WireBoard, World, join
from callcenter.gateway import Gateway, GatewayConfig
from callcenter.ss7.m3ua import ProtocolData, as_fsm
from callcenter.ss7.m3ua.asp import Asp, AspConfig
from callcenter.ss7.m3ua.asp_side_fsm import State
from callcenter.ss7.m3ua.codec import (
    HEADER,
    Framer,
    M3uaError,
    Message,
    Tag,
    Type,
    decode,
    parameter,
    parameters,
    word,
)
from callcenter.ss7.mtp3.indications import NetworkIndication, Transfer
from testrig.clock import MINUTE, SECOND, Instant
from testrig.stream import MemoryStream, stream_pair

STRANGERS: Final = 4
"""Associations that only bring mutants."""
USER_TO_USER: Final = bytes((0x2D, 2, 0, 2, 0))
"""A message any exchange passes on: user-to-user information (Q.763 table 34) but for its last octet."""


class MessageMutator(Mutator):
    """Mutates M3UA messages: header of 8 octets, then parameters.

    Half of them have whole parameters, of which some are missing, doubled, of another message or with any
    value. Most others get a length that is right, so that the stream goes on; the rest breaks it.
    """

    def __init__(self, seeds: Sequence[bytes], random: Random) -> None:
        super().__init__(seeds, random, label=HEADER - 1)

    def __call__(self) -> bytes:
        """Return one more mutant."""
        if self.random.random() < 0.5:
            return self.whole()
        octets = super().__call__()
        if len(octets) >= HEADER and self.random.random() < 0.98:
            octets = octets[:4] + len(octets).to_bytes(4, "big") + octets[HEADER:]
        return octets

    def whole(self) -> bytes:
        """A message with parameters that can be decoded."""
        random = self.random
        octets = random.choice(self.seeds)
        found = list(parameters(octets[HEADER:]))
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            place = random.randrange(len(found) + 1)
            way = random.choice(("value", "value", "drop", "double", "borrow", "kind", "unchanged"))
            self.counts[f"parameter {way}"] += 1
            if way == "kind":
                octets = self.heading(octets)
            elif way == "borrow":
                found[place:place] = parameters(random.choice(self.seeds)[HEADER:])[:1]
            elif way == "drop":
                del found[place : place + 1]
            elif way == "double":
                found += found[place : place + 1]
            elif way == "value" and place < len(found):
                tag, value = found[place]
                found[place] = (tag, self.value(value))
        return Message(int.from_bytes(octets[2:4], "big"), tuple(found)).encode()

    def value(self, octets: bytes) -> bytes:
        """Another value of the same length; words of 32 bits most often at an edge, or another seed's."""
        if octets and self.random.random() < 0.5:
            return self.flip(octets) if self.random.random() < 0.5 else self.overwrite(octets)
        other = self.random.choice(self.seeds)[HEADER + 4 : HEADER + 8]
        words = (bytes(4), b"\0\0\0\1", b"\xff" * 4, b"\x7f" + bytes(3), self.random.randbytes(4), other)
        return (self.random.choice(words) * (len(octets) // 4 + 1))[: len(octets)]

    def heading(self, octets: bytes) -> bytes:
        """Any class and type, or the one of another message."""
        other = (
            self.random.choice(self.seeds)[2:4] if self.random.random() < 0.7 else self.random.randbytes(2)
        )
        return octets[:2] + other + octets[4:]

    def circuit(self, octets: bytes) -> bytes:
        """The parameters of another message under the same header."""
        return octets[:HEADER] + self.random.choice(self.seeds)[HEADER:]

    def noise(self, octets: bytes) -> bytes:
        """One of the parameters there are with contents of chance."""
        value = self.random.randbytes(self.random.choice((0, 1, 3, 4, 8, 12, 40)))
        return octets[:HEADER] + parameter(self.random.choice(list(Tag)), value)


def composed(contexts: Sequence[int], points: Sequence[int], random: Random) -> Iterator[bytes]:
    """A message of every type with the parameters it may have, about these contexts and points."""
    key = parameter(Tag.LOCAL_KEY, word(1)) + parameter(Tag.DPC, word(points[0]))
    values = {
        Tag.INFO: b"server",
        Tag.ROUTING_CONTEXT: word(*contexts),
        Tag.HEARTBEAT: b"beat",
        Tag.TRAFFIC_MODE: word(random.randrange(1, 4)),
        Tag.ERROR_CODE: word(random.randrange(1, 0x1B)),
        Tag.STATUS: word(random.choice((1, 2)) << 16 | random.randrange(1, 5)),
        Tag.ASP_IDENTIFIER: word(random.randrange(9)),
        Tag.AFFECTED_POINT_CODE: word(*points),
        Tag.CORRELATION: word(7),
        Tag.USER_CAUSE: word(1 << 16 | 5),
        Tag.CONGESTION: word(1),
        Tag.ROUTING_KEY: key + parameter(Tag.SERVICES, bytes((random.randrange(3, 16),))),
        Tag.PROTOCOL_DATA: ProtocolData(
            points[0], points[1], 5, 2, 3, b"\1\0" + USER_TO_USER + b"\0"
        ).encode(),
    }
    for kind in Type:
        for context in (*contexts, None):
            given = dict(values) if context is None else {**values, Tag.ROUTING_CONTEXT: word(context)}
            chosen = random.sample(sorted(given), random.randrange(len(given)))
            yield Message(kind, tuple((int(tag), given[Tag(tag)]) for tag in chosen)).encode()
            yield Message(kind, ((int(Tag.ROUTING_CONTEXT), given[Tag.ROUTING_CONTEXT]),)).encode()
        yield Message(kind).encode()
        yield Message(kind, tuple((int(tag), value) for tag, value in values.items())).encode()
    for context in list(contexts) * 4:
        opc, dpc = (random.choice((*points, points[place], points[place])) for place in (0, 1))
        label = ProtocolData(opc, dpc, random.choice((3, 4, 5, 5)), 2, random.randrange(16), b"\1\0\x12")
        named = (int(Tag.ROUTING_CONTEXT), word(context))
        yield Message(Type.DATA, (named, (int(Tag.PROTOCOL_DATA), label.encode()))).encode()


def _good(octets: bytes) -> bool:
    """Whether these are the octets of one message that we can decode."""
    if len(octets) < HEADER or int.from_bytes(octets[4:8], "big") != len(octets):
        return False
    try:
        decode(octets)
    except M3uaError:
        return False
    return True


@dataclass
class Server:
    """An ASP on one association to a gateway."""

    asp: Asp
    gateway: Gateway
    now: Instant = 0
    stream: MemoryStream = field(default_factory=MemoryStream)
    heard: list[NetworkIndication] = field(default_factory=list)

    def connect(self) -> None:
        """Lose the association if there is one, and make another."""
        self.stream.close()
        self.asp.closed(0, self.now)
        self.stream, other = stream_pair()
        self.gateway.accept(other)
        self.asp.connected(0, self.now)
        self.send()

    def send(self) -> None:
        """Give what the ASP says to the stream."""
        for _, octets in self.asp.messages():
            self.stream.send(octets)
        if self.asp.closing() or (self.stream.closed and 0 in self.asp.associations):
            self.connect()

    def work(self, now: Instant) -> bool:
        """Take what came and run timers; whether there was anything."""
        self.now = now
        octets = self.stream.receive()
        if octets:
            self.asp.receive(0, octets, now)
        due = self.asp.next_deadline
        if due is not None and due <= now:
            self.asp.expire(now)
        self.send()
        self.heard += self.asp.indications()
        del self.heard[:-1000]
        return bool(octets)


def mirrored(config: GatewayConfig) -> GatewayConfig:
    """The gateway at the other end of the links: the two points exchanged."""
    (peer,) = {link.peer for link in config.links}
    point = config.point
    other = replace(point, own=point.points[peer], points={peer: point.own})
    return replace(config, name="far", networks={config.network: other}, registration=False)


class Region(World):
    """A gateway with two servers for each of its AS, the gateway behind it with one for each service."""

    def __init__(self, config: GatewayConfig) -> None:
        self.boards = (WireBoard(), WireBoard())
        self.gateways = (Gateway(config, self.boards[0]), Gateway(mirrored(config), self.boards[1]))
        near, far = self.gateways
        self.servers = [
            Server(self._asp(near, index), near) for index in range(len(config.servers)) for _ in "12"
        ]
        self.beyond = [Server(self._asp(far, index), far) for index in range(len(config.servers))]
        for gateway in self.gateways:
            gateway.start()
        super().__init__(list(zip(self.gateways, self.boards, strict=True)), join(*self.boards))
        for server in self.everyone:
            server.connect()

    @property
    def everyone(self) -> list[Server]:
        """The servers at both gateways."""
        return self.servers + self.beyond

    @staticmethod
    def _asp(gateway: Gateway, index: int) -> Asp:
        sgp, server = gateway.sgp.config, gateway.config.servers[index]
        contexts = {server.routing_context: server.services}
        points = tuple(sgp.destinations.values())
        appearance = sgp.network_appearance
        return Asp(
            AspConfig(sgp.point_code, sgp.network_indicator, contexts, points, network_appearance=appearance)
        )

    def settle(self) -> None:
        """Carry units and octets until nobody has anything more to say at this instant."""
        while True:
            super().settle()
            for gateway in self.gateways:
                gateway.advance(0)
            heard = [each.work(self.now) for each in self.everyone]
            if not any(heard):
                break
        super().settle()

    def activate(self) -> None:
        """Order every server to be active."""
        for server in self.everyone:
            server.asp.activate(self.now)
            server.send()
        self.settle()


class GatewayFuzz:
    """A region, and mutants that keep coming."""

    def __init__(self, config: GatewayConfig, seed: int, *, seeds: Sequence[bytes] = ()) -> None:
        """`seeds` are messages of elsewhere, beside those of our own. Raises `RuntimeError` when the links do
        not come into service."""
        self.random = Random(seed)
        self.region = Region(config)
        self.figures = Figures()
        if not self.region.until(lambda: not self.links(), MINUTE, step=SECOND):
            raise RuntimeError(f"links do not come into service: {self.links()}")
        self.region.activate()
        sgp = self.region.gateways[0].sgp
        points = (sgp.config.point_code, *sgp.config.destinations.values())
        own = [*composed(tuple(sgp.servers), points, self.random), *self._tapped()]
        self.mutator = MessageMutator([each for each in (*own, *seeds) if _good(each)], self.random)
        self.mutator.counts = self.figures.kinds
        self.strangers: list[MemoryStream] = []

    def _tapped(self) -> list[bytes]:
        """What servers and gateway say when servers come up and carry traffic."""
        found: list[bytes] = []
        for server in self.region.servers:
            server.connect()
            for _ in range(6):
                for end in (server.stream.other, server.stream):
                    if end is not None:
                        found += Framer().put(bytes(end.waiting))
                self.region.gateways[0].advance(0)
                server.work(self.region.now)
        self.region.settle()
        return found

    def links(self) -> list[str]:
        """States of links that are not in service, and of points that cannot be reached."""
        found = [
            f"{gateway.config.name} {channel.link.name}: {gateway.signalling.link_state(channel.link.name)}"
            for gateway in self.region.gateways
            for channel in gateway.signalling._channels
            if gateway.signalling.link_state(channel.link.name) != "in service"
        ]
        for gateway in self.region.gateways:
            found += [f"{code}: not available" for code, there in gateway.sgp.available.items() if not there]
        return found

    def units(self, count: int) -> None:
        """Send `count` mutants, in bursts, with traffic, orders and time between them."""
        figures, random, region = self.figures, self.random, self.region
        begun = region.now
        while count:
            burst = min(count, random.randint(1, BURST))
            for _ in range(burst):
                self._one(self.mutator())
            count -= burst
            figures.units += burst
            region.settle()
            chance = random.random()
            if chance < 0.25:
                self._message(random.choice(region.everyone), 0)
                region.settle()
            elif chance < 0.3:
                random.choice(region.servers).connect()
            elif chance < 0.35:
                server = random.choice(region.servers)
                order: Callable[[Instant], None] = random.choice((server.asp.activate, server.asp.deactivate))
                order(region.now)
                server.send()
            elif chance < 0.55:
                region.run(random.randrange(1, SECOND // 10))
            elif chance < 0.6:
                region.run(random.randrange(SECOND, 5 * SECOND))
        figures.line_time += (region.now - begun) / SECOND

    def _one(self, mutant: bytes) -> None:
        """A mutant in pieces, to the gateway by a stranger or to a server."""
        if self.random.random() < 0.3:
            self.figures.raw += 1
            self.random.choice(self.region.servers).stream.waiting += mutant
            return
        self.strangers = [each for each in self.strangers if not each.closed]
        while len(self.strangers) < STRANGERS:
            stream, other = stream_pair()
            self.figures.associations += 1
            self.region.gateways[0].accept(other)
            stream.send(Message(Type.UP).encode())
            if self.random.random() < 0.5:
                stream.send(Message(Type.ACTIVE).encode())
            self.strangers.append(stream)
        stranger = self.random.choice(self.strangers)
        if self.random.random() < 0.1:
            stranger.send(Message(Type.ACTIVE).encode())
        cut = self.random.randrange(len(mutant) + 1)
        stranger.send(mutant[:cut])
        if self.random.random() < 0.1:
            self.region.gateways[0].advance(0)
        stranger.send(mutant[cut:])
        stranger.receive()
        if self.random.random() < 1 / 200:
            stranger.close()

    def _message(self, server: Server, number: int) -> ProtocolData:
        """Let a server send a message on a circuit that both ends have in an AS; return it."""
        config = server.asp.config
        (context, services), (dpc,) = next(iter(config.contexts.items())), config.destinations
        circuit = server.gateway.sgp.servers[context].config.first_circuit
        data = circuit.to_bytes(2, "little") + USER_TO_USER + bytes((number,))
        label = ProtocolData(config.point_code, dpc, services[0], config.network_indicator, number % 16, data)
        server.asp.transfer(label, self.region.now)
        server.send()
        return label

    def recover(self) -> list[str]:
        """Strangers go, servers connect anew and are ordered to be active; return what is wrong then."""
        region = self.region
        for stranger in self.strangers:
            stranger.close()
        self.strangers.clear()
        for server in region.everyone:
            server.asp.deactivate(region.now)
            server.connect()
        region.run(MINUTE)
        region.activate()
        region.run(MINUTE)
        return self.wrong()

    def wrong(self) -> list[str]:
        """What is not as it was before the first mutant."""
        found = self.links()
        for gateway in self.region.gateways:
            sgp = gateway.sgp
            there = [server for server in self.region.everyone if server.gateway is gateway]
            if len(sgp.peers) != len(there) or len(gateway._streams) != len(there):
                found.append(f"{gateway.config.name}: {len(sgp.peers)} associations of {len(there)}")
            if set(sgp.servers) != {each.routing_context for each in gateway.config.servers}:
                found.append(f"{gateway.config.name}: AS {sorted(sgp.servers)}")
            for context, each in sgp.servers.items():
                if each.machine.state is not as_fsm.State.ACTIVE or each._kept:
                    found.append(f"{gateway.config.name} AS {context}: {each.machine.state}")
        for context in self.region.gateways[0].sgp.servers:
            states = [
                each.asp.state(0) for each in self.region.servers if context in each.asp.config.contexts
            ]
            mode = self.region.gateways[0].sgp.servers[context].config.mode
            wanted = 1 if mode == "override" else len(states)
            if states.count(State.ACTIVE) != wanted or not {State.ACTIVE, State.INACTIVE} >= set(states):
                found.append(f"servers of AS {context}: {states}")
        return found

    def traffic(self) -> list[str]:
        """Send a message each way for every AS; return what does not arrive."""
        found: list[str] = []
        region = self.region
        pairs = [(each, region.servers) for each in region.beyond]
        pairs += [(each, region.beyond) for each in region.servers if each.asp.state(0) is State.ACTIVE]
        for number, (sender, receivers) in enumerate(pairs):
            for each in receivers:
                each.heard.clear()
            sent = self._message(sender, number)
            region.run(SECOND)
            taken = [
                one
                for each in receivers
                for one in each.heard
                if isinstance(one, Transfer) and one.data == sent.data and one.si == sent.si
            ]
            if not taken:
                found.append(f"{sender.gateway.config.name}: {sent} does not arrive")
        return found

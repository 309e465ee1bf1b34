"""Far exchanges: the other end of all links and circuits of a centre, and subscribers who call and answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from callcenter.calls.primitives import Alerting, Answer, Digits, Failed, Leg, Release, Released, Setup
from callcenter.config import CentreConfig, circuits
from callcenter.cti.journal import Journal
from callcenter.engine import Engine
from callcenter.exercise.wires import Cable, Node, WireBoard, World, join
from callcenter.signalling import Signalling, build
from callcenter.ss7.user_part import UserPart
from testrig.board import HdlcError, HdlcFrame
from testrig.clock import SECOND, Instant

KEPT: Final = 100
"""Events that a far exchange keeps."""
REFUSED: Final = (1, 17, 18, 34)
"""Causes of subscribers who do not take a call (Q.850)."""


def mirrored(config: CentreConfig, peer: str) -> CentreConfig:
    """The configuration of the exchange `peer` of the centre `config`: the same links and circuits, seen
    from the other end. In its configuration the centre goes by the name that the peer has here."""
    networks = {
        name: replace(network, own=network.points[peer], points={peer: network.own})
        for name, network in config.networks.items()
        if peer in network.points
    }
    groups = tuple(group for group in config.trunk_groups if group.peer == peer)
    return replace(
        config,
        name=peer,
        networks=networks,
        links=tuple(link for link in config.links if link.peer == peer),
        trunk_groups=groups,
        routes=(),
        transit=(),
    )


class FarExchange:
    """Level 2, level 3 and user parts of a peer, and its subscribers.

    The subscribers take what comes (some refuse it) and hang up as the far end does; they call by `call`.
    """

    def __init__(self, config: CentreConfig, seed: int) -> None:
        self.now: Instant = 0
        self.random = Random(seed)
        self.board = WireBoard()
        self.signalling: Signalling = build(config, self.board, Journal(capacity=KEPT))
        self.legs = [Leg(each.group, each.cic) for group in config.trunk_groups for each in circuits(group)]
        self.calls: dict[Leg, str] = {}
        """What every call is doing: `out`, `in`, `talking` or `leaving`."""
        self.placed = self.taken = self.answered = self.refused = 0

    def start(self) -> None:
        """Open the channels and activate the links."""
        self.signalling.start(self.now)
        self.work()

    def advance(self, count: int) -> None:
        """Run for `count` frames."""
        self.now += count
        for event in self.board.advance(count):
            assert isinstance(event, HdlcFrame | HdlcError)
            self.signalling.take(event)
        self.work()

    def work(self) -> None:
        """Carry what is under way to its end."""
        deadline = self.signalling.next_deadline
        if deadline is not None and deadline <= self.now:
            self.signalling.expire(self.now)
        while found := self.signalling.poll(self.now):
            for indication in found:
                self._hear(indication.leg, indication.primitive)
        self.signalling.flush(self.now)

    def next_deadline(self) -> Instant | None:
        """When something is due of its own accord."""
        return self.signalling.next_deadline

    def _hear(self, leg: Leg, primitive: object) -> None:
        signalling, now = self.signalling, self.now
        match primitive:
            case Setup():
                self.taken += 1
                self.calls[leg] = "in"
                if self.random.random() < 0.3:
                    self.calls[leg] = "leaving"
                    signalling.request(leg, Release(self.random.choice(REFUSED)), now)
                else:
                    signalling.request(leg, Alerting(), now)
                    signalling.request(leg, Answer(), now)
            case Answer():
                self.answered += 1
                self.calls[leg] = "talking"
            case Release():
                self.calls.pop(leg, None)
                signalling.request(leg, Released(), now)
            case Released():
                self.calls.pop(leg, None)
            case Failed():
                self.refused += 1
                self.calls.pop(leg, None)
            case _:
                pass

    def idle(self) -> list[Leg]:
        """Circuits that may be seized."""
        return [leg for leg in self.legs if leg not in self.calls and self.signalling.idle(leg)]

    def call(self, leg: Leg, number: str) -> None:
        """Seize `leg` for a call to `number`."""
        self.placed += 1
        self.calls[leg] = "out"
        self.signalling.request(leg, Setup(number, f"138{self.placed:08d}"), self.now)
        self.work()

    def some_idle(self) -> Leg | None:
        """A circuit of chance that may be seized; None when there is none."""
        for leg in self.random.choices(self.legs, k=8):
            if leg not in self.calls and self.signalling.idle(leg):
                return leg
        idle = self.idle()
        return self.random.choice(idle) if idle else None

    def more(self, leg: Leg, digits: str) -> None:
        """Dial on."""
        self.signalling.request(leg, Digits(digits), self.now)
        self.work()

    def hang_up(self, leg: Leg) -> bool:
        """End the call on `leg`, if there is one that nobody has ended yet."""
        if self.calls.get(leg) not in {"out", "talking", "in"}:
            return False
        self.calls[leg] = "leaving"
        self.signalling.request(leg, Release(16), self.now)
        self.work()
        return True


class Country(World):
    """A centre and its far exchanges, one for each peer that links lead to."""

    def __init__(self, config: CentreConfig, *, seed: int = 0) -> None:
        self.config = config
        self.board = WireBoard()
        self.engine = Engine(config, self.board)
        peers = dict.fromkeys(link.peer for link in config.links)
        self.far = {
            peer: FarExchange(mirrored(config, peer), seed + number) for number, peer in enumerate(peers)
        }
        self.cables_to: dict[str, list[Cable]] = {}
        self.engine.start()
        for peer, exchange in self.far.items():
            exchange.start()
            self.cables_to[peer] = join(self.board, exchange.board)
        nodes: list[tuple[Node, WireBoard]] = [(self.engine, self.board)]
        nodes += [(each, each.board) for each in self.far.values()]
        super().__init__(nodes, [cable for cables in self.cables_to.values() for cable in cables])

    def restart(self, peer: str, *, seed: int = 99) -> FarExchange:
        """Switch the exchange `peer` off and on: it has forgotten everything, its lines were dead."""
        old = self.far[peer]
        for cable in self.cables_to[peer]:
            cable.break_off()
            self.cables.remove(cable)
        self.nodes.remove((old, old.board))
        self.run(SECOND)
        fresh = FarExchange(mirrored(self.config, peer), seed)
        fresh.now = fresh.board.now = self.now
        fresh.start()
        self.far[peer] = fresh
        self.nodes.append((fresh, fresh.board))
        self.cables_to[peer] = join(self.board, fresh.board)
        self.cables += self.cables_to[peer]
        for cable in self.cables_to[peer]:
            cable.mend()
        return fresh

    def restart_centre(self, *, journal: bool = False) -> None:
        """Switch the centre off and on: its lines were dead, and it has forgotten everything, unless it goes
        on where its `journal` ends."""
        for cable in self.cables:
            cable.break_off()
        self.nodes = [(node, board) for node, board in self.nodes if node is not self.engine]
        self.cables.clear()
        self.run(SECOND)
        lifted = self.board.lifted
        self.board = WireBoard()
        self.board.now = self.now
        self.board.lifted = lifted
        history = self.engine.history if journal else None
        self.engine = Engine(self.config, self.board, history=history, now=self.now)
        if journal:
            self.engine.take_over()
        else:
            self.engine.start()
        self.nodes.append((self.engine, self.board))
        for peer, exchange in self.far.items():
            self.cables_to[peer] = join(self.board, exchange.board)
            self.cables += self.cables_to[peer]
        for cable in self.cables:
            cable.mend()

    def links(self) -> list[str]:
        """State of every link at both ends."""
        ends: list[Signalling] = [self.engine.signalling, *(each.signalling for each in self.far.values())]
        return [
            signalling.link_state(channel.link.name)
            for signalling in ends
            for channel in signalling._channels
        ]

    def lines_up(self) -> bool:
        """Whether level 2 of every link is in service at the peers."""
        return all(
            channel.link.in_service for each in self.far.values() for channel in each.signalling._channels
        )

    def in_service(self) -> bool:
        """Whether every link is in service at both ends and every peer can be reached."""
        signalling = self.engine.signalling
        reached = {
            signalling.destination_state(self.config.point(peer, network), network)
            for peer, network in self.ends()
        }
        return set(self.links()) == {"in service"} and reached == {"accessible"}

    def ends(self) -> list[tuple[str, str]]:
        """Peers that links lead to, each with the network it is a peer in."""
        return list(dict.fromkeys((link.peer, self.config.network_of(link)) for link in self.config.links))

    def circuits(self) -> dict[tuple[str, Leg], str]:
        """State of every circuit that is not idle, by end and leg."""
        found: dict[tuple[str, Leg], str] = {}
        for peer, exchange in self.far.items():
            for leg in exchange.legs:
                for end, signalling in (("centre", self.engine.signalling), (peer, exchange.signalling)):
                    state = signalling.circuit_state(leg)
                    if state != "idle":
                        found[end, leg] = state
        return found

    def reset(self, peers: Sequence[str] = ()) -> None:
        """Reset every circuit by groups from the centre, as an operator does (Q.764 2.9.3.2)."""
        for group in self.config.trunk_groups:
            if peers and group.peer not in peers:
                continue
            legs = [Leg(each.group, each.cic) for each in circuits(group)]
            span = legs[-1].number - legs[0].number + 1
            self.engine.signalling.order("reset group", legs[0], span, self.engine.now)
        self.engine.work()
        self.settle()

    def users(self) -> list[UserPart]:
        """User parts of the centre."""
        return [user for _, _, user in self.engine.signalling.user_parts()]

"""ASPs and a gateway joined by streams that delay, cut and break off; traffic modes, fail-over, agreement.

Octets are in flight until `carry` moves some of them, in pieces of any size, one direction of one association
at a time. Orders to ASPs, messages of the network and the running of timers come in any order between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from callcenter.ss7.m3ua import ProtocolData, ServerConfig, SgpConfig, SignallingGatewayProcess
from callcenter.ss7.m3ua.as_fsm import State as AsState
from callcenter.ss7.m3ua.asp import ALTERNATE_ACTIVE, Asp, AspConfig
from callcenter.ss7.m3ua.asp_fsm import State as AspState
from callcenter.ss7.m3ua.asp_side_fsm import State as Side
from callcenter.ss7.m3ua.codec import Framer, Message, Tag, Type, decode, protocol_data
from callcenter.ss7.mtp3.indications import Transfer
from testrig.clock import SECOND

OWN, PEER = 4899, 4900
SERVERS = (
    ServerConfig("a", 1, (5,), "override", last_circuit=31),
    ServerConfig("b", 2, (5,), "loadshare", first_circuit=32, last_circuit=63, minimum=2),
    ServerConfig("c", 3, (4,), "broadcast"),
)
SERVICE = {1: 5, 2: 5, 3: 4}
CIRCUIT = {1: 1, 2: 33, 3: 0}
CONTEXTS = ((1,), (1,), (2,), (2,), (2,), (3,), (3,), (1, 3))
"""Routing contexts of each ASP."""


@dataclass
class Wire:
    """One association: what is in flight each way, and what the gateway's messages on it have said so far."""

    number: int
    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)
    framer: Framer = field(default_factory=Framer)
    active: set[int] = field(default_factory=set)
    """Contexts that the ASP was told to be active in."""
    data: int = 0
    """DATA that has been sent down."""


class World(RuleBasedStateMachine):
    """The gateway, its ASPs, the wires between them and the network behind."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.sgp = SignallingGatewayProcess(SgpConfig(OWN, 2, SERVERS, {"public": PEER}))
        self.sgp.accessible(PEER, True, 0)
        self.asps = [
            Asp(AspConfig(OWN, 2, {rc: (SERVICE[rc],) for rc in contexts}, (PEER,), identifier=number + 1))
            for number, contexts in enumerate(CONTEXTS)
        ]
        self.wires: dict[int, Wire] = {}
        """By ASP."""
        self.associations = 0
        self.sent = 0
        self.kept: dict[int, list[int]] = {rc: [] for rc in SERVICE}
        """Messages of the network taken while the AS was pending."""
        self.pending: dict[int, int] = {}
        """Since when each AS is pending."""
        self.delivered: dict[int, list[int]] = {rc: [] for rc in SERVICE}
        """Numbers of the messages in DATA, in the order in which they were sent, copies included."""
        self.taken = [0] * len(CONTEXTS)
        """Transfers indicated by each ASP on its present association."""

    # what happens

    @initialize(asps=st.sets(st.integers(0, len(CONTEXTS) - 1)))
    def begin(self, asps: set[int]) -> None:
        """Some ASPs are up, and ordered to be active."""
        for asp in sorted(asps):
            self.connect(asp)
            self.order(asp, True)
        self.settle()

    @rule(asp=st.integers(0, len(CONTEXTS) - 1))
    def connect(self, asp: int) -> None:
        if asp in self.wires:
            return
        self.wires[asp] = Wire(self.associations)
        self.taken[asp] = 0
        self.sgp.connected(self.associations)
        self.asps[asp].connected(0, self.now)
        self.associations += 1
        self._work()

    @rule(asp=st.integers(0, len(CONTEXTS) - 1))
    def lose(self, asp: int) -> None:
        """The association breaks off with all that is in flight."""
        wire = self.wires.pop(asp, None)
        if wire is not None:
            self.asps[asp].closed(0, self.now)
            self.sgp.closed(wire.number, self.now)
            self._work()

    @rule(asp=st.integers(0, len(CONTEXTS) - 1), taking=st.booleans())
    def order(self, asp: int, taking: bool) -> None:
        one = self.asps[asp]
        (one.activate if taking else one.deactivate)(self.now)
        self._work()

    @rule(asp=st.integers(0, len(CONTEXTS) - 1), up=st.booleans(), size=st.integers(1, 200))
    def carry(self, asp: int, up: bool, size: int) -> None:
        wire = self.wires.get(asp)
        if wire is None:
            return
        queue = wire.up if up else wire.down
        piece = bytes(queue[:size])
        del queue[:size]
        if up:
            self.sgp.receive(wire.number, piece, self.now)
        else:
            self.asps[asp].receive(0, piece, self.now)
        self._work()

    @rule(context=st.sampled_from(sorted(SERVICE)), sls=st.integers(0, 15))
    def network(self, context: int, sls: int) -> None:
        """A message for an AS: it is taken when the AS is active or pending, and only then."""
        server = self.sgp.servers[context]
        before = server.machine.state
        self.sent += 1
        data = ProtocolData(PEER, OWN, SERVICE[context], 2, sls, self.sent.to_bytes(4, "big"))
        copies = len(server.active)
        taken = self.sgp.transfer(data, CIRCUIT[context], self.now)
        assert taken is (before in (AsState.ACTIVE, AsState.PENDING))
        had = self.delivered[context].count(self.sent)
        if before is AsState.PENDING:
            self.kept[context].append(self.sent)
        self._work()
        came = self.delivered[context].count(self.sent) - had
        wanted = copies if server.config.mode == "broadcast" else 1
        assert came == (wanted if before is AsState.ACTIVE else 0)

    @rule(asp=st.integers(0, len(CONTEXTS) - 1))
    def user_part(self, asp: int) -> None:
        """A message of an ASP's user part goes where the point can be reached, that is in ASP-ACTIVE only."""
        data = ProtocolData(OWN, PEER, SERVICE[CONTEXTS[asp][0]], 2, 0, b"\x00\x00\x00\x00")
        self.asps[asp].transfer(data, self.now)
        self._work()

    @rule(available=st.booleans())
    def point(self, available: bool) -> None:
        self.sgp.accessible(PEER, available, self.now)
        self._work()

    @rule(time=st.sampled_from((1, SECOND // 2, 2 * SECOND, 5 * SECOND)))
    def wait(self, time: int) -> None:
        """Timers run out in their order, while nothing is carried."""
        end = self.now + time
        while True:
            machines: list[SignallingGatewayProcess | Asp] = [self.sgp, *self.asps]
            due = min(
                (each.next_deadline for each in machines if each.next_deadline is not None), default=end
            )
            if due > end:
                break
            self.now = due
            for each in machines:
                if each.next_deadline is not None and each.next_deadline <= due:
                    each.expire(due)
            self._work()
            if due == end:
                break
        self.now = end

    @rule()
    def settle(self) -> None:
        """All that is in flight arrives, requests are repeated until they are answered: both ends agree."""
        for _ in range(50):
            while self._flow():
                pass
            if all(one.next_deadline is None for one in self.asps):
                break
            self.wait(2 * SECOND)
        for number, one in enumerate(self.asps):
            self._agree(number, one)

    def _flow(self) -> bool:
        moved = False
        for asp, wire in list(self.wires.items()):
            for up in (True, False):
                if wire.up if up else wire.down:
                    self.carry(asp, up, 1 << 20)
                    moved = True
        return moved

    def _agree(self, number: int, one: Asp) -> None:
        wire = self.wires.get(number)
        if wire is None:
            assert one.state(0) is Side.CLOSED
            return
        peer = self.sgp.peers[wire.number]
        states = {self.sgp.servers[rc].state(peer) for rc in CONTEXTS[number]}
        assert one.state(0) in (Side.ACTIVE, Side.INACTIVE), "nothing is asked for any more"
        assert (one.state(0) is Side.ACTIVE) is one.taking
        assert states == {AspState.ACTIVE if one.taking else AspState.INACTIVE}, f"ASP {number}"
        assert self.taken[number] == wire.data, f"DATA lost on the way to ASP {number}"
        assert not one.discarded

    # what the two ends say

    def _work(self) -> None:
        """Put what was said on the wires, and follow it."""
        for number, one in enumerate(self.asps):
            for _, octets in one.messages():
                assert decode(octets).kind != Type.DATA or one.state(0) is Side.ACTIVE
                if number in self.wires:
                    self.wires[number].up += octets
            self.taken[number] += sum(isinstance(each, Transfer) for each in one.indications())
        self.sgp.transfers()
        of = {wire.number: wire for wire in self.wires.values()}
        for association, octets in self.sgp.messages():
            if association in of:
                of[association].down += octets
                self._follow(of[association], decode(octets))
        for context, server in self.sgp.servers.items():
            self._recovery(context, server.machine.state)

    def _follow(self, wire: Wire, message: Message) -> None:
        """No DATA for an ASP but between its acknowledgement and what ends it."""
        contexts = set(message.words(Tag.ROUTING_CONTEXT))
        if message.kind == Type.ACTIVE_ACK:
            wire.active |= contexts
        elif message.kind == Type.INACTIVE_ACK or (
            message.kind == Type.NTFY and message.word(Tag.STATUS) == ALTERNATE_ACTIVE
        ):
            wire.active -= contexts
        elif message.kind in (Type.UP_ACK, Type.DOWN_ACK):
            wire.active.clear()
        elif message.kind == Type.DATA:
            assert contexts <= wire.active, "DATA to an ASP that is not active"
            wire.data += 1
            (context,) = contexts
            number = int.from_bytes(protocol_data(message.get(Tag.PROTOCOL_DATA) or b"").data, "big")
            self.delivered[context].append(number)

    def _recovery(self, context: int, state: AsState) -> None:
        """What was kept goes out in order when an ASP takes over, and is dropped by T(r) only."""
        kept = self.kept[context]
        if state is AsState.PENDING:
            self.pending.setdefault(context, self.now)
            return
        since = self.pending.pop(context, None)
        if state is AsState.ACTIVE:
            assert list(dict.fromkeys(each for each in self.delivered[context] if each in kept)) == kept
        elif since is not None:
            assert self.now == since + self.sgp.config.recovery
            assert not set(kept) & set(self.delivered[context])
        kept.clear()

    # what is always so

    @invariant()
    def states_agree(self) -> None:
        """The state of an AS follows from those of its ASPs and T(r) (RFC 4666 4.3.2)."""
        for context, server in self.sgp.servers.items():
            states = [server.state(peer) for peer in self.sgp.peers.values()]
            active = states.count(AspState.ACTIVE)
            assert (server.machine.state is AsState.ACTIVE) is (active > 0)
            assert (server.machine.state is AsState.PENDING) is self.sgp.timers.running(context)
            if server.machine.state is AsState.INACTIVE:
                assert AspState.INACTIVE in states
            if server.machine.state is AsState.DOWN:
                assert set(states) <= {AspState.DOWN}
            assert active <= 1 or server.config.mode != "override"
            assert set(server._asps) <= set(self.sgp.peers), "an ASP that is gone is held"

    def teardown(self) -> None:
        self.settle()
        self.states_agree()


TestWorld = World.TestCase
TestWorld.settings = settings(stateful_step_count=60)

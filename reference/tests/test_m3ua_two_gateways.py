"""Two servers of one AS, each at two gateways: what user parts send arrives once or is counted, and is never
stuck; what they hear of a point follows from both gateways."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from callcenter.ss7.m3ua import ProtocolData, ServerConfig, SgpConfig, SignallingGatewayProcess
from callcenter.ss7.m3ua.asp import Asp, AspConfig
from callcenter.ss7.m3ua.asp_side_fsm import State as Side
from callcenter.ss7.m3ua.codec import Tag, Type, decode, protocol_data
from callcenter.ss7.mtp3.indications import Pause, Resume
from testrig.clock import SECOND

OWN, PEER = 4899, 4900
SERVERS = GATEWAYS = (0, 1)
ASPS, SGPS = st.sampled_from(SERVERS), st.sampled_from(GATEWAYS)


class World(RuleBasedStateMachine):
    """Messages of an association pass one by one, in order, each way by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        config = SgpConfig(OWN, 2, (ServerConfig("a", 1, (5,)),), {"public": PEER})
        self.sgps = [SignallingGatewayProcess(config) for _ in GATEWAYS]
        self.asps = [Asp(AspConfig(OWN, 2, {1: (5,)}, (PEER,), identifier=each + 1)) for each in SERVERS]
        self.up: dict[tuple[int, int], list[bytes]] = {}
        self.down: dict[tuple[int, int], list[bytes]] = {}
        """What is in flight, by server and gateway, where there is an association."""
        self.sent: list[list[int]] = [[] for _ in SERVERS]
        """Numbers of the messages of each server's user part."""
        self.said: list[list[int]] = [[] for _ in SERVERS]
        """Numbers of the messages in DATA of each server."""
        self.resumed = [False for _ in SERVERS]

    @initialize(taking=st.sampled_from((None, 0, 1)), available=st.booleans())
    def begin(self, taking: int | None, available: bool) -> None:
        """Every association is there; one of the servers, or none, takes the traffic."""
        for server in SERVERS:
            for gateway in GATEWAYS:
                self.connect(server, gateway)
        for gateway in GATEWAYS:
            self.point(gateway, available)
        if taking is not None:
            self.order(taking, True)
        self.settle()

    @rule(server=ASPS, gateway=SGPS)
    def connect(self, server: int, gateway: int) -> None:
        if (server, gateway) not in self.up:
            self.up[server, gateway], self.down[server, gateway] = [], []
            self.sgps[gateway].connected(server)
            self.asps[server].connected(gateway, self.now)
            self._work()

    @rule(server=ASPS, gateway=SGPS)
    def lose(self, server: int, gateway: int) -> None:
        if self.up.pop((server, gateway), None) is not None:
            del self.down[server, gateway]
            self.asps[server].closed(gateway, self.now)
            self.sgps[gateway].closed(server, self.now)
            self._work()

    @rule(server=ASPS, taking=st.booleans())
    def order(self, server: int, taking: bool) -> None:
        one = self.asps[server]
        (one.activate if taking else one.deactivate)(self.now)
        self._work()

    @rule(server=ASPS, gateway=SGPS, up=st.booleans())
    def carry(self, server: int, gateway: int, up: bool) -> None:
        waiting = (self.up if up else self.down).get((server, gateway))
        if waiting:
            octets = waiting.pop(0)
            if up:
                self.sgps[gateway].receive(server, octets, self.now)
            else:
                self.asps[server].receive(gateway, octets, self.now)
            self._work()

    @rule(server=ASPS, sls=st.integers(0, 3))
    def transfer(self, server: int, sls: int) -> None:
        """A message of a user part."""
        number = sum(map(len, self.sent))
        self.sent[server].append(number)
        data = ProtocolData(OWN, PEER, 5, 2, sls, number.to_bytes(4, "big"))
        self.asps[server].transfer(data, self.now)
        self._work()

    @rule(gateway=SGPS, available=st.booleans())
    def point(self, gateway: int, available: bool) -> None:
        self.sgps[gateway].accessible(PEER, available, self.now)
        self._work()

    @rule(time=st.sampled_from((1, SECOND, 2 * SECOND)))
    def wait(self, time: int) -> None:
        self.now += time
        for sgp in self.sgps:
            sgp.expire(self.now)
        for one in self.asps:
            one.expire(self.now)
        self._work()

    @rule()
    def settle(self) -> None:
        """All arrives, requests are repeated: both ends agree, nothing is held any more."""
        for _ in range(50):
            while any(self.up.values()) or any(self.down.values()):
                for server, gateway in list(self.up):
                    for up in (True, False):
                        self.carry(server, gateway, up)
            if all(one.next_deadline is None for one in self.asps):
                break
            self.wait(2 * SECOND)
        for server, one in enumerate(self.asps):
            for gateway, sgp in enumerate(self.sgps):
                active = server in sgp.peers and sgp.servers[1].is_active(sgp.peers[server])
                assert (one.state(gateway) is Side.ACTIVE) is active
            assert not one._held, "a message is stuck"
            assert len(self.said[server]) + one.undeliverable == len(self.sent[server])

    def _work(self) -> None:
        for server, one in enumerate(self.asps):
            for gateway, octets in one.messages():
                message = decode(octets)
                if message.kind == Type.DATA:
                    assert one.state(gateway) is Side.ACTIVE
                    data = protocol_data(message.get(Tag.PROTOCOL_DATA) or b"").data
                    self.said[server].append(int.from_bytes(data, "big"))
                if (server, gateway) in self.up:
                    self.up[server, gateway].append(octets)
            for each in one.indications():
                if isinstance(each, Resume | Pause):
                    assert self.resumed[server] is isinstance(each, Pause), "said twice"
                    self.resumed[server] = isinstance(each, Resume)
        for gateway, sgp in enumerate(self.sgps):
            for server, octets in sgp.messages():
                if (server, gateway) in self.down:
                    self.down[server, gateway].append(octets)
            sgp.transfers()

    @invariant()
    def messages_of_user_parts_are_said_once_and_in_order(self) -> None:
        for server, one in enumerate(self.asps):
            assert self.said[server] == sorted(set(self.said[server]))
            assert self.resumed[server] is one.reaches(PEER)

    def teardown(self) -> None:
        self.settle()


TestWorld = World.TestCase
TestWorld.settings = settings(stateful_step_count=50)

"""A CT server in two networks: it serves in both or in none."""

from __future__ import annotations

from callcenter.config import reference_config
from callcenter.ct_server import CtServer
from callcenter.ss7.m3ua.asp_side_fsm import State
from callcenter.ss7.m3ua.codec import Message, Tag, Type, decode, word
from testrig.stream import MemoryStream, stream_pair

PUBLIC, CHINA = ("public", "china")
GROUPS = [
    {
        "name": "public",
        "peer": "public",
        "user": "isup",
        "circuits": [{"cics": "1-15", "span": 0, "slot": 1}],
    },
    {
        "name": "china",
        "network": "china",
        "peer": "public",
        "user": "isup",
        "circuits": [{"cics": "1-15", "span": 1, "slot": 1}],
    },
]


def test_server_that_is_overtaken_in_one_network_leaves_the_other_one_too() -> None:
    config = reference_config({"file": "servers.toml", "trunk_groups": GROUPS, "transit": []})
    server = CtServer(config, paired=True)
    gateways: dict[str, MemoryStream] = {}
    for name, network in server.networks.items():
        ours, gateways[name] = stream_pair()
        network.add(ours, 0)

    def say(name: str, kind: Type, *parameters: tuple[int, bytes]) -> None:
        gateways[name].send(Message(kind, parameters).encode())
        server.networks[name].poll(0)

    for name, network in server.networks.items():
        say(name, Type.UP_ACK)
        network.start(0)
        say(name, Type.ACTIVE_ACK)
    assert not server.overtaken
    say(PUBLIC, Type.NTFY, (Tag.STATUS, word(2 << 16 | 2)))
    assert server.overtaken
    for gateway in gateways.values():
        gateway.receive()
    server.stand_down(0)
    assert server.networks[PUBLIC].asp.state(0) is State.INACTIVE
    assert decode(gateways[CHINA].receive()).kind == Type.INACTIVE, "the other server is to have it"
    say(CHINA, Type.INACTIVE_ACK)
    assert server.networks[CHINA].asp.state(0) is State.INACTIVE
    assert not server.called

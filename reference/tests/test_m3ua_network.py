"""A network over a gateway: the interface of level 3, real octets in streams."""

from __future__ import annotations

from callcenter.ss7.m3ua import ProtocolData, ServerConfig, SgpConfig, SignallingGatewayProcess
from callcenter.ss7.m3ua.asp import Asp, AspConfig
from callcenter.ss7.m3ua.network import GatewayNetwork
from callcenter.ss7.mtp3.indications import Pause, Resume, Transfer
from testrig.stream import MemoryStream, stream_pair

OWN, PEER = 4899, 4900


def joined() -> tuple[SignallingGatewayProcess, MemoryStream, GatewayNetwork]:
    sgp = SignallingGatewayProcess(SgpConfig(OWN, 2, (ServerConfig("a", 1, (4, 5)),), {"public": PEER}))
    sgp.accessible(PEER, True, 0)
    sgp.connected(0)
    network = GatewayNetwork(Asp(AspConfig(OWN, 2, {1: (5,)}, (PEER,))), frozenset({5}))
    near, far = stream_pair()
    network.start(0)
    network.add(near, 0)
    carry(sgp, far, network)
    return sgp, far, network


def carry(sgp: SignallingGatewayProcess, far: MemoryStream, network: GatewayNetwork) -> None:
    """Run both ends until nothing waits."""
    while True:
        sgp.receive(0, far.receive(), 0)
        for _, octets in sgp.messages():
            far.send(octets)
        network.poll(0)
        if not far.waiting and network.settled:
            return


def test_messages_pass_both_ways_with_all_bits_of_the_selection() -> None:
    sgp, far, network = joined()
    assert network.indications() == [Resume(PEER)]
    network.transfer(5, PEER, 3, b"\x01\x00\x06", 0, spare=9)
    sgp.transfer(ProtocolData(PEER, OWN, 5, 2, 0x93, b"\x01\x00\x01"), 1, 0)
    carry(sgp, far, network)
    assert sgp.transfers() == [ProtocolData(OWN, PEER, 5, 2, 0x93, b"\x01\x00\x06")]
    assert network.indications() == [Transfer(5, PEER, OWN, 3, b"\x01\x00\x01", 9)]


def test_service_without_user_part_is_counted() -> None:
    sgp, far, network = joined()
    network.indications()
    sgp.transfer(ProtocolData(PEER, OWN, 4, 2, 3, b"\x01\x00\x01"), 1, 0)
    carry(sgp, far, network)
    assert not network.indications()
    assert network.unequipped == 1


def test_loss_of_the_gateway_pauses_the_point() -> None:
    _, far, network = joined()
    network.indications()
    far.close()
    network.poll(0)
    assert network.indications() == [Pause(PEER)]
    network.transfer(5, PEER, 3, b"\x01\x00\x06", 0)
    assert network.asp.undeliverable == 1

"""The ASP side against the gateway side, without streams between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callcenter.ss7.m3ua import ProtocolData, ServerConfig, SgpConfig, SignallingGatewayProcess
from callcenter.ss7.m3ua.asp import HELD, Asp, AspConfig
from callcenter.ss7.m3ua.asp_side_fsm import State
from callcenter.ss7.m3ua.codec import Error, Message, Tag, Type, decode, word
from callcenter.ss7.m3ua.network import GatewayNetwork
from callcenter.ss7.mtp3.indications import GatewayNotice, Pause, Resume, Status, Transfer
from testrig.clock import SECOND
from testrig.stream import stream_pair

OWN, PEER = 4899, 4900
IAM = ProtocolData(PEER, OWN, 5, 2, 3, b"\x01\x00\x01")


def asp(identifier: int = 1) -> Asp:
    return Asp(AspConfig(OWN, 2, {1: (5,)}, (PEER,), mode="override", identifier=identifier))


def gateway() -> SignallingGatewayProcess:
    sgp = SignallingGatewayProcess(SgpConfig(OWN, 2, (ServerConfig("a", 1, (5,)),), {"public": PEER}))
    sgp.accessible(PEER, True, 0)
    return sgp


def settle(sgp: SignallingGatewayProcess, *asps: Asp) -> None:
    """Carry messages until there are none; ASP n is association n of the gateway, which is its number 0."""
    busy = True
    while busy:
        busy = False
        for number, each in enumerate(asps):
            for _, octets in each.messages():
                sgp.receive(number, octets, 0)
                busy = True
        for number, octets in sgp.messages():
            asps[number].receive(0, octets, 0)
            busy = True


def joined(count: int = 1) -> tuple[SignallingGatewayProcess, list[Asp]]:
    sgp, asps = gateway(), [asp(number + 1) for number in range(count)]
    for number, each in enumerate(asps):
        sgp.connected(number)
        each.connected(0, 0)
    settle(sgp, *asps)
    return sgp, asps


def kinds(found: Asp) -> list[Type]:
    return [Type(decode(octets).kind) for _, octets in found.messages()]


def test_comes_up_takes_traffic_and_carries_it_both_ways() -> None:
    sgp, (one,) = joined()
    assert one.state(0) is State.INACTIVE
    one.activate(0)
    settle(sgp, one)
    assert one.state(0) is State.ACTIVE
    assert one.indications() == [Resume(PEER)]
    sgp.transfer(IAM, 1, 0)
    one.transfer(ProtocolData(OWN, PEER, 5, 2, 3, b"\x01\x00\x06"), 0)
    settle(sgp, one)
    assert one.indications() == [Transfer(5, PEER, OWN, 3, b"\x01\x00\x01")]
    assert [each.data for each in sgp.transfers()] == [b"\x01\x00\x06"]


def test_points_congestion_and_user_parts_are_indicated() -> None:
    sgp, (one,) = joined()
    one.activate(0)
    settle(sgp, one)
    one.indications()
    sgp.congested(PEER, 1, 0)
    sgp.user_unavailable(PEER, 5, 1, 0)
    sgp.accessible(PEER, False, 0)
    settle(sgp, one)
    assert one.indications() == [Status(PEER, congestion=1), Status(PEER, user=5, cause=1), Pause(PEER)]
    one.transfer(ProtocolData(OWN, PEER, 5, 2, 3, b"\x01\x00\x06"), 0)
    assert one.undeliverable == 1


def test_messages_wait_until_the_gateway_has_said_which_points_it_reaches() -> None:
    sgp, (one,) = joined()
    reset, other = b"\x01\x00\x12", b"\x02\x00\x12"
    one.activate(0)
    for number, octets in one.messages():
        sgp.receive(number, octets, 0)
    for number, octets in sgp.messages():
        one.receive(number, octets, 0)
    assert one.state(0) is State.ACTIVE
    one.transfer(ProtocolData(OWN, PEER, 5, 2, 3, reset), 0)
    one.transfer(ProtocolData(OWN, PEER, 5, 2, 3, other), 0)
    settle(sgp, one)
    assert [each.data for each in sgp.transfers()] == [reset, other]
    assert one.undeliverable == 0


def test_messages_that_wait_are_dropped_when_the_association_is_lost() -> None:
    sgp, (one,) = joined()
    one.activate(0)
    for number, octets in one.messages():
        sgp.receive(number, octets, 0)
    for number, octets in sgp.messages():
        one.receive(number, octets, 0)
    one.transfer(ProtocolData(OWN, PEER, 5, 2, 3, b"\x01\x00\x12"), 0)
    one.closed(0, 0)
    assert one.undeliverable == 1


def test_stand_by_hears_that_nobody_takes_the_traffic() -> None:
    sgp, (first, second) = joined(2)
    assert first.vacant
    first.activate(0)
    settle(sgp, first, second)
    assert not second.vacant
    first.closed(0, 0)
    sgp.closed(0, 0)
    for number, octets in sgp.messages():
        assert number == 1
        second.receive(0, octets, 0)
    assert second.vacant
    assert not first.vacant, "an ASP without association knows nothing"


def test_standby_takes_over_and_the_first_stands_back() -> None:
    sgp, (first, second) = joined(2)
    first.activate(0)
    settle(sgp, first, second)
    second.activate(0)
    settle(sgp, first, second)
    assert (first.state(0), second.state(0)) == (State.INACTIVE, State.ACTIVE)
    assert first.indications() == [Resume(PEER), Pause(PEER)]
    sgp.transfer(IAM, 1, 0)
    settle(sgp, first, second)
    assert not first.indications()
    assert [type(each) for each in second.indications()] == [Resume, Transfer]


def test_request_is_repeated_until_acknowledged() -> None:
    one = asp()
    one.connected(0, 0)
    assert kinds(one) == [Type.UP]
    one.expire(2 * SECOND - 1)
    assert not kinds(one)
    one.expire(2 * SECOND)
    assert kinds(one) == [Type.UP]
    one.receive(0, Message(Type.UP_ACK).encode(), 2 * SECOND)
    assert one.next_deadline is None


def test_two_gateways_pause_only_with_the_last() -> None:
    one = asp()
    one.activate(0)
    for number in (0, 1):
        one.connected(number, 0)
        for kind in (Type.UP_ACK, Type.ACTIVE_ACK):
            one.receive(number, Message(kind).encode(), 0)
        one.receive(number, Message(Type.DAVA, ((Tag.AFFECTED_POINT_CODE, word(PEER)),)).encode(), 0)
    assert one.indications() == [Resume(PEER)]
    one.closed(0, 0)
    assert not one.indications()
    one.closed(1, 0)
    assert one.indications() == [Pause(PEER)]


def test_heartbeat_is_answered_with_its_data() -> None:
    _, (one,) = joined()
    one.receive(0, Message(Type.BEAT, ((Tag.HEARTBEAT, b"abc"),)).encode(), 0)
    ((_, octets),) = one.messages()
    assert decode(octets) == Message(Type.BEAT_ACK, ((Tag.HEARTBEAT, b"abc"),))


def test_active_asp_returns_after_an_acknowledgement_nobody_asked_for() -> None:
    for kind, again in (
        (Type.UP_ACK, Type.ACTIVE),
        (Type.INACTIVE_ACK, Type.ACTIVE),
        (Type.DOWN_ACK, Type.UP),
    ):
        sgp, (one,) = joined()
        one.activate(0)
        settle(sgp, one)
        one.receive(0, Message(kind).encode(), 0)
        assert kinds(one) == [Type.ERR, again]


def test_active_only_when_every_context_is_acknowledged_and_then_only_the_audit_waits() -> None:
    one = Asp(AspConfig(OWN, 2, {1: (5,), 2: (4,)}, (PEER,)))
    one.activate(0)
    one.connected(0, 0)
    one.receive(0, Message(Type.UP_ACK).encode(), 0)
    one.receive(0, Message(Type.ACTIVE_ACK, ((Tag.ROUTING_CONTEXT, word(1)),)).encode(), 0)
    assert one.state(0) is State.ACTIVATING
    one.receive(0, Message(Type.ACTIVE_ACK, ((Tag.ROUTING_CONTEXT, word(2)),)).encode(), 0)
    assert one.state(0) is State.ACTIVE
    assert one.next_deadline == 10 * SECOND


def test_mask_of_an_affected_point_code_covers_its_low_bits() -> None:
    sgp, (one,) = joined()
    one.activate(0)
    settle(sgp, one)
    one.indications()
    for mask, heard in ((1, []), (2, [Pause(PEER)])):
        affected = word(mask << 24 | PEER + 3)
        one.receive(0, Message(Type.DUNA, ((Tag.AFFECTED_POINT_CODE, affected),)).encode(), 0)
        assert one.indications() == heard


def test_data_before_active_are_discarded() -> None:
    _, (one,) = joined()
    one.receive(0, Message(Type.DATA, ((Tag.PROTOCOL_DATA, IAM.encode()),)).encode(), 0)
    assert not one.indications()
    assert one.discarded == 1


def two_contexts() -> tuple[SignallingGatewayProcess, Asp, Asp]:
    """An ASP active in two AS, and another one for the first of them."""
    servers = (ServerConfig("a", 1, (5,)), ServerConfig("b", 2, (4,)))
    sgp = SignallingGatewayProcess(SgpConfig(OWN, 2, servers, {"public": PEER}))
    both, other = (
        Asp(AspConfig(OWN, 2, {1: (5,), 2: (4,)}, (PEER,))),
        Asp(AspConfig(OWN, 2, {1: (5,)}, (PEER,))),
    )
    for number, each in enumerate((both, other)):
        sgp.connected(number)
        each.connected(0, 0)
    both.activate(0)
    settle(sgp, both, other)
    return sgp, both, other


def test_overtaken_in_one_context_gives_up_the_others() -> None:
    sgp, both, other = two_contexts()
    other.activate(0)
    settle(sgp, both, other)
    assert (both.state(0), other.state(0)) == (State.INACTIVE, State.ACTIVE)
    assert not both.taking
    assert not sgp.servers[2].active


def test_data_on_their_way_when_an_asp_withdraws_are_taken() -> None:
    sgp, (one,) = joined()
    one.activate(0)
    settle(sgp, one)
    one.indications()
    sgp.transfer(IAM, 1, 0)
    one.deactivate(0)
    settle(sgp, one)
    assert [type(each) for each in one.indications()] == [Pause, Transfer]
    assert not one.discarded


def test_notice_of_before_the_request_does_not_undo_it() -> None:
    """Another ASP took over while our ASP Active was on its way: the acknowledgement is the later word."""
    sgp, (first, second) = joined(2)
    first.activate(0)
    settle(sgp, first, second)
    second.activate(0)
    for _, octets in second.messages():
        sgp.receive(1, octets, 0)
    first.deactivate(0)
    first.activate(0)
    settle(sgp, first, second)
    assert (first.state(0), second.state(0)) == (State.ACTIVE, State.INACTIVE)
    assert [sgp.servers[1].is_active(sgp.peers[number]) for number in (0, 1)] == [True, False]


def test_data_of_one_context_before_the_other_is_acknowledged_are_taken() -> None:
    one = Asp(AspConfig(OWN, 2, {1: (5,), 2: (4,)}, (PEER,)))
    one.activate(0)
    one.connected(0, 0)
    context = (Tag.ROUTING_CONTEXT, word(1))
    one.receive(0, Message(Type.UP_ACK).encode(), 0)
    one.receive(0, Message(Type.ACTIVE_ACK, (context,)).encode(), 0)
    one.receive(0, Message(Type.DATA, (context, (Tag.PROTOCOL_DATA, IAM.encode()))).encode(), 0)
    assert one.state(0) is State.ACTIVATING
    assert one.indications() == [Transfer(5, PEER, OWN, 3, b"\x01\x00\x01")]


def test_foreign_context_and_mask_in_dupu_are_answered() -> None:
    sgp, (one,) = joined()
    one.activate(0)
    settle(sgp, one)
    point, context = (Tag.AFFECTED_POINT_CODE, word(PEER)), (Tag.ROUTING_CONTEXT, word(9))
    one.receive(0, Message(Type.DUNA, (context, point)).encode(), 0)
    masked = (Tag.AFFECTED_POINT_CODE, word(3 << 24 | PEER))
    one.receive(0, Message(Type.DUPU, (masked, (Tag.USER_CAUSE, word(5)))).encode(), 0)
    first, second = (decode(octets) for _, octets in one.messages())
    assert (first.word(Tag.ERROR_CODE), first.word(Tag.ROUTING_CONTEXT)) == (0x19, 9)
    assert second.word(Tag.ERROR_CODE) == 0x11


def active(
    *, paired: bool = False, heartbeat: int = 0, appearance: int | None = None, answered: bool = True
) -> Asp:
    """An ASP that is active at one gateway; `answered`: its audit has been."""
    config = AspConfig(
        OWN,
        2,
        {1: (5,)},
        (PEER,),
        paired=paired,
        heartbeat=heartbeat,
        network_appearance=appearance,
    )
    one = Asp(config)
    one.activate(0)
    one.connected(0, 0)
    for kind in (Type.UP_ACK, Type.ACTIVE_ACK):
        one.receive(0, Message(kind).encode(), 0)
    if answered:
        say(one, Type.DAVA, (Tag.AFFECTED_POINT_CODE, word(PEER)))
    one.messages()
    one.indications()
    return one


def say(one: Asp, kind: Type, *parameters: tuple[int, bytes], now: int = 0) -> None:
    one.receive(0, Message(kind, parameters).encode(), now)


def test_audit_is_repeated_until_every_point_can_be_reached() -> None:
    one = active(answered=False)
    for turn in (1, 2):
        assert one.next_deadline == turn * 10 * SECOND
        one.expire(turn * 10 * SECOND)
        assert kinds(one) == [Type.DAUD]
    say(one, Type.DUNA, (Tag.AFFECTED_POINT_CODE, word(PEER)), now=25 * SECOND)
    one.expire(30 * SECOND)
    assert kinds(one) == [Type.DAUD]
    say(one, Type.DAVA, (Tag.AFFECTED_POINT_CODE, word(PEER)), now=31 * SECOND)
    one.expire(40 * SECOND)
    assert not kinds(one)
    assert one.next_deadline is None


def test_no_audit_of_an_asp_that_is_not_active() -> None:
    for kind, parameters in (
        (Type.NTFY, ((Tag.STATUS, word(2 << 16 | 2)),)),
        (Type.DUNA, ((Tag.AFFECTED_POINT_CODE, word(PEER)),)),
    ):
        one = active(paired=True)
        say(one, kind, *parameters)
        one.deactivate(0)
        say(one, Type.INACTIVE_ACK)
        one.messages()
        one.expire(60 * SECOND)
        assert not kinds(one)
        one.closed(0, 60 * SECOND)
        one.expire(120 * SECOND)


def test_gateway_that_does_not_tell_its_points_is_taken_to_reach_them() -> None:
    for code in (Error.UNSUPPORTED_TYPE, Error.STATUS_UNKNOWN):
        one = active(answered=False)
        say(one, Type.ERR, (Tag.ERROR_CODE, word(code)))
        assert Resume(PEER) in one.indications()
    one = active(answered=False)
    say(one, Type.ERR, (Tag.ERROR_CODE, word(Error.REFUSED)))
    assert Resume(PEER) not in one.indications()


def test_what_cannot_be_held_is_counted() -> None:
    one = active(answered=False)
    for number in range(HELD + 2):
        one.transfer(ProtocolData(OWN, PEER, 5, 2, 3, number.to_bytes(2, "big")), 0)
    assert one.undeliverable == 2
    say(one, Type.DAVA, (Tag.AFFECTED_POINT_CODE, word(PEER)))
    assert len(one.messages()) == HELD


def test_refusal_is_told_once_until_something_is_acknowledged() -> None:
    one = asp()
    one.connected(0, 0)
    refusal = (Tag.ERROR_CODE, word(Error.REFUSED))
    for _ in range(2):
        say(one, Type.ERR, refusal)
    assert one.indications() == [GatewayNotice(0, "error refused")]
    say(one, Type.ERR, (Tag.ERROR_CODE, word(0x99)))
    assert one.indications() == [GatewayNotice(0, "error 0x99")]
    say(one, Type.UP_ACK)
    say(one, Type.ERR, refusal)
    assert one.indications() == [GatewayNotice(0, "error refused")]


def test_heartbeats_are_sent_and_a_mute_gateway_is_given_up() -> None:
    one = active(heartbeat=3 * SECOND)
    assert one.next_deadline == 3 * SECOND
    one.expire(3 * SECOND)
    assert kinds(one) == [Type.BEAT]
    say(one, Type.BEAT_ACK, now=4 * SECOND)
    for turn in (2, 3):
        one.expire(turn * 3 * SECOND)
        assert kinds(one) == [Type.BEAT]
        assert not one.closing()
    one.expire(12 * SECOND)
    assert one.closing() == [0]
    assert one.indications() == [GatewayNotice(0, "no answer to heartbeats")]
    one.closed(0, 12 * SECOND)
    assert one.next_deadline is None


def test_messages_of_another_network_and_acknowledgements_of_another_as_are_answered() -> None:
    one = active(appearance=7)
    other, point = (Tag.NETWORK_APPEARANCE, word(8)), (Tag.AFFECTED_POINT_CODE, word(PEER))
    say(one, Type.DUNA, other, point)
    say(one, Type.ACTIVE_ACK, (Tag.ROUTING_CONTEXT, word(9)))
    first, second = (decode(octets) for _, octets in one.messages())
    assert (first.word(Tag.ERROR_CODE), first.word(Tag.NETWORK_APPEARANCE)) == (0x15, 8)
    assert (second.word(Tag.ERROR_CODE), second.word(Tag.ROUTING_CONTEXT)) == (0x19, 9)
    assert not one.indications()


def test_traffic_that_nobody_takes_is_taken_again_by_a_server_without_a_stand_by() -> None:
    for paired, expected in ((False, [Type.ACTIVE]), (True, [])):
        one = active(paired=paired)
        say(one, Type.NTFY, (Tag.STATUS, word(2 << 16 | 2)))
        assert one.state(0) is State.INACTIVE
        say(one, Type.NTFY, (Tag.STATUS, word(1 << 16 | 4)))
        assert kinds(one) == expected


def test_server_ordered_to_give_the_traffic_up_leaves_it() -> None:
    one = active()
    one.deactivate(0)
    say(one, Type.INACTIVE_ACK)
    one.messages()
    say(one, Type.NTFY, (Tag.STATUS, word(1 << 16 | 4)))
    assert not kinds(one)


@given(st.lists(st.binary(max_size=40), max_size=8), st.sampled_from(list(Type)))
def test_random_octets_never_raise(parts: list[bytes], kind: Type) -> None:
    sgp, (one,) = joined()
    one.activate(0)
    settle(sgp, one)
    for part in parts:
        octets = bytes((1, 0, kind >> 8, kind & 0xFF)) + (8 + len(part)).to_bytes(4, "big") + part
        one.receive(0, octets, 0)
    one.messages()


def test_network_says_what_its_asp_waits_for() -> None:
    ours, theirs = stream_pair()
    network = GatewayNetwork(asp(), frozenset({5}))
    network.start(0)
    number = network.add(ours, 0)
    assert network.state(number) == "up, ASP Up sent"
    theirs.send(Message(Type.UP_ACK).encode())
    assert network.poll(0)
    assert network.state(number) == "up, ASP Active sent"
    theirs.send(Message(Type.ACTIVE_ACK).encode())
    network.poll(0)
    assert network.state(number) == "up"
    theirs.close()
    assert network.poll(0)
    assert network.state(number) == "up, no association"

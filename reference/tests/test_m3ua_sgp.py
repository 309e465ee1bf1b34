"""The signalling gateway process without a line under it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import ConfigurationError
from callcenter.gateway import gateway_config
from callcenter.ss7.m3ua import (
    ProtocolData,
    ServerConfig,
    SgpConfig,
    SignallingGatewayProcess,
    as_fsm,
    asp_fsm,
)
from callcenter.ss7.m3ua.codec import (
    Framer,
    M3uaError,
    Message,
    Tag,
    Type,
    decode,
    parameter,
    protocol_data,
    word,
)

PEER = 4900


def gateway() -> SignallingGatewayProcess:
    servers = (ServerConfig("a", 1, (5,)),)
    sgp = SignallingGatewayProcess(SgpConfig(4899, 2, servers, {"public": PEER}))
    sgp.connected(0)
    return sgp


def kinds(sgp: SignallingGatewayProcess) -> list[Type]:
    return [Type(decode(octets).kind) for _, octets in sgp.messages()]


def say(sgp: SignallingGatewayProcess, kind: Type, *parameters: tuple[int, bytes]) -> list[Type]:
    sgp.receive(0, Message(kind, parameters).encode(), 0)
    return kinds(sgp)


def test_unknown_parameter_survives_a_round_trip() -> None:
    message = Message(Type.UP, ((0x7FFF, b"odd"), (Tag.INFO, b"")))
    assert decode(message.encode()) == message


def test_protocol_data_survives_a_round_trip() -> None:
    data = ProtocolData(1, 2, 5, 2, 9, b"abc", priority=1)
    assert protocol_data(data.encode()) == data


@given(st.binary(max_size=64), st.integers(1, 9))
def test_stream_is_cut_alike_however_it_arrives(info: bytes, size: int) -> None:
    octets = Message(Type.BEAT, ((Tag.HEARTBEAT, info),)).encode() * 3
    framer = Framer()
    found = [one for at in range(0, len(octets), size) for one in framer.put(octets[at : at + size])]
    assert found == list(Framer().put(octets))
    assert len(found) == 3


@given(st.lists(st.binary(max_size=40), max_size=8), st.sampled_from(list(Type)))
def test_random_octets_never_raise(parts: list[bytes], kind: Type) -> None:
    sgp = gateway()
    say(sgp, Type.UP)
    for part in parts:
        octets = bytes((1, 0, kind >> 8, kind & 0xFF)) + (8 + len(part)).to_bytes(4, "big") + part
        sgp.receive(0, octets, 0)
    kinds(sgp)


@given(st.binary(min_size=8, max_size=60))
def test_decoder_raises_its_own_error_only(octets: bytes) -> None:
    with contextlib.suppress(M3uaError):
        assert decode(octets).kind in Type.__members__.values()


def test_recovery_timer_expires_on_its_frame() -> None:
    sgp = gateway()
    say(sgp, Type.UP)
    say(sgp, Type.ACTIVE)
    sgp.receive(0, Message(Type.INACTIVE).encode(), 100)
    assert sgp.next_deadline == 100 + sgp.config.recovery
    sgp.messages()
    sgp.expire(100 + sgp.config.recovery - 1)
    assert not kinds(sgp)
    sgp.expire(100 + sgp.config.recovery)
    assert kinds(sgp) == [Type.NTFY]
    assert sgp.next_deadline is None


def test_congestion_and_missing_user_part_reach_active_asps() -> None:
    sgp = gateway()
    say(sgp, Type.UP)
    sgp.congested(PEER, 1, 0)
    assert not kinds(sgp)
    say(sgp, Type.ACTIVE)
    sgp.congested(PEER, 1, 0)
    sgp.user_unavailable(PEER, 5, 1, 0)
    first, second = (decode(octets) for _, octets in sgp.messages())
    assert (first.kind, first.word(Tag.CONGESTION)) == (Type.SCON, 1)
    assert (second.kind, second.word(Tag.USER_CAUSE)) == (Type.DUPU, 1 << 16 | 5)


def test_full_store_of_a_pending_server_keeps_the_latest() -> None:
    servers = (ServerConfig("a", 1, (5,)),)
    sgp = SignallingGatewayProcess(SgpConfig(4899, 2, servers, {"public": PEER}, kept=2))
    sgp.connected(0)
    for kind in (Type.UP, Type.ACTIVE, Type.INACTIVE):
        say(sgp, kind)
    for number in range(3):
        assert sgp.transfer(ProtocolData(PEER, 4899, 5, 2, 0, bytes((number,))), 1, 0)
    sgp.receive(0, Message(Type.ACTIVE, ((Tag.ROUTING_CONTEXT, word(1)),)).encode(), 0)
    data = [decode(octets) for _, octets in sgp.messages()]
    kept = [protocol_data(one.get(Tag.PROTOCOL_DATA) or b"").data for one in data if one.kind == Type.DATA]
    assert kept == [b"\x01", b"\x02"]


def test_recovery_timer_drops_what_was_kept() -> None:
    sgp = gateway()
    for kind in (Type.UP, Type.ACTIVE, Type.INACTIVE):
        say(sgp, kind)
    assert sgp.transfer(ProtocolData(PEER, 4899, 5, 2, 0, b"old"), 1, 0)
    sgp.expire(sgp.config.recovery)
    assert not sgp.transfer(ProtocolData(PEER, 4899, 5, 2, 0, b"new"), 1, 0)
    kinds(sgp)
    assert Type.DATA not in say(sgp, Type.ACTIVE)


def test_registered_key_lives_as_long_as_somebody_is_in_it() -> None:
    sgp = SignallingGatewayProcess(SgpConfig(4899, 2, (), {"public": PEER}, registration=True))
    key = parameter(Tag.LOCAL_KEY, word(1)) + parameter(Tag.DPC, word(4899)) + parameter(Tag.SERVICES, b"\5")
    for number in (0, 1):
        sgp.connected(number)
        sgp.receive(number, Message(Type.UP).encode(), 0)
        sgp.receive(number, Message(Type.REG_REQ, ((Tag.ROUTING_KEY, key),)).encode(), 0)
    ((context, server),) = sgp.servers.items()
    sgp.receive(0, Message(Type.ACTIVE).encode(), 0)
    sgp.closed(0, 0)
    assert server.machine.state is as_fsm.State.PENDING
    sgp.closed(1, 0)
    assert list(sgp.servers) == [context], "pending: T(r) is waited for"
    sgp.expire(sgp.config.recovery)
    assert not sgp.servers


def test_registration_that_is_not_supported_is_no_class_we_know() -> None:
    sgp = gateway()
    say(sgp, Type.UP)
    sgp.receive(0, Message(Type.REG_REQ, ((Tag.ROUTING_KEY, b""),)).encode(), 0)
    ((_, octets),) = sgp.messages()
    assert decode(octets).word(Tag.ERROR_CODE) == 0x03


def test_network_without_congestion_levels_sends_none() -> None:
    sgp = gateway()
    say(sgp, Type.UP)
    say(sgp, Type.ACTIVE)
    sgp.congested(PEER, 0, 0)
    ((_, octets),) = sgp.messages()
    assert decode(octets).get(Tag.CONGESTION) is None


def test_association_that_never_came_up_leaves_nothing() -> None:
    sgp = gateway()
    say(sgp, Type.UP)
    for number in (1, 2):
        sgp.connected(number)
        say(sgp, Type.ACTIVE)
        sgp.closed(number, 0)
    assert list(sgp.servers[1]._asps) == [0]


@given(st.lists(st.binary(max_size=9), min_size=1), st.integers(1, 9))
def test_padding_left_out_of_the_length_is_passed_over(infos: list[bytes], size: int) -> None:
    octets, wanted = b"", []
    for info in infos:
        message = Message(Type.BEAT, ((Tag.INFO, info),)).encode()
        length = len(message) - -len(info) % 4
        wanted.append(message[:4] + length.to_bytes(4, "big") + message[8:length])
        octets += message[:4] + length.to_bytes(4, "big") + message[8:]
    framer = Framer()
    assert [one for at in range(0, len(octets), size) for one in framer.put(octets[at : at + size])] == wanted
    assert {decode(one).kind for one in wanted} == {Type.BEAT}


@pytest.mark.parametrize("table", [asp_fsm.TABLE, as_fsm.TABLE])
def test_every_state_is_reached(table: object) -> None:
    fsm = asp_fsm if table is asp_fsm.TABLE else as_fsm
    assert not fsm.TABLE.unreachable(fsm.State.DOWN)


def test_configuration_refuses_an_unknown_network() -> None:
    with pytest.raises(ConfigurationError, match=r"gateway.toml: network: found 'chna'.*did you mean china"):
        gateway_config({"network": "chna"})

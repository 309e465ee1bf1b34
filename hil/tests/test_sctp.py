"""M3UA over SCTP: streams, payload protocol, boundaries. What needs a kernel with SCTP says so."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from collections.abc import Iterator

import pytest

from testrig import sctp
from testrig.sctp import STREAMS, SctpStream, fitted, stream_of
from testrig.stream import MOST_READS

kernel = pytest.mark.skipif(not sctp.available(), reason="this kernel has no SCTP")

RECVRCVINFO, RCVINFO = 32, 3
"""Option and type of ancillary data of `linux/sctp.h`."""


def message(kind: int, body: bytes = b"") -> bytes:
    return struct.pack(">BBHI", 1, 0, kind, 8 + len(body)) + body


def data(sls: int, *, user: bytes = b"\x01\x00\x06\x00", context: bool = True) -> bytes:
    label = struct.pack(">IIBBBB", 4899, 4900, 5, 2, 0, sls) + user
    before = struct.pack(">HHI", 0x0006, 8, 1) if context else b""
    return message(0x0101, before + struct.pack(">HH", 0x0210, 4 + len(label)) + label)


@pytest.mark.parametrize(
    "kind", [0x0000, 0x0001, 0x0201, 0x0202, 0x0203, 0x0204, 0x0205, 0x0301, 0x0303, 0x0401, 0x0403, 0x0901]
)
def test_all_but_data_goes_on_stream_0(kind: int) -> None:
    assert stream_of(message(kind, data(5)[8:]), STREAMS) == 0


@pytest.mark.parametrize("context", [True, False])
def test_data_goes_on_a_stream_for_each_selection(context: bool) -> None:
    found = [stream_of(data(sls, context=context), STREAMS) for sls in range(16)]
    assert found == list(range(1, 17))


def test_bits_above_the_selection_do_not_change_the_stream() -> None:
    assert {stream_of(data(spare << 4 | 3), STREAMS) for spare in range(16)} == {4}


def test_data_never_goes_on_stream_0_however_few_there_are() -> None:
    assert [stream_of(data(sls), 2) for sls in range(16)] == [1] * 16
    assert [stream_of(data(sls), 4) for sls in range(6)] == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize(
    "body", [b"", b"\x02\x10", struct.pack(">HH", 0x0210, 4), b"\x00\x06\x00\x00" * 4, b"\x00\x06\xff\xff"]
)
def test_data_that_is_none_goes_on_a_stream_all_the_same(body: bytes) -> None:
    assert stream_of(message(0x0101, body), STREAMS) == 1


def test_padding_that_is_not_counted_is_cut() -> None:
    whole = message(0x0301, b"\x00\x04\x00\x05x")
    assert fitted(whole + bytes(3)) == whole


@pytest.mark.parametrize("wrong", [b"", b"\x01", message(0x0301) + bytes(4), message(0x0301, b"abcd")[:-1]])
def test_message_with_a_wrong_length_is_none(wrong: bytes) -> None:
    assert not fitted(wrong)


@pytest.fixture
def ends() -> Iterator[tuple[SctpStream, socket.socket]]:
    """A stream, and the socket at its other end, which tells stream and payload protocol."""
    with sctp.open_socket(socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        other = sctp.open_socket(socket.AF_INET)
        other.setsockopt(socket.IPPROTO_SCTP, RECVRCVINFO, struct.pack("=i", 1))
        other.settimeout(30)
        other.connect(listening.getsockname())
        ours, _ = listening.accept()
    stream = SctpStream(ours)
    yield stream, other
    stream.close()
    other.close()


def put(other: socket.socket, octets: bytes, number: int) -> None:
    """Send on a stream."""
    how = struct.pack("=HHIIi", number, 0, socket.htonl(3), 0, 0)
    other.sendmsg([octets], [(socket.IPPROTO_SCTP, 2, how)])


def received(stream: SctpStream) -> bytes:
    """Wait until the stream has something to tell."""
    assert select.select([stream._socket], [], [], 30)[0]
    return stream.receive()


@kernel
def test_each_message_is_one_sctp_message_with_stream_and_payload_protocol(
    ends: tuple[SctpStream, socket.socket],
) -> None:
    stream, other = ends
    assert stream.streams == STREAMS
    sent = [message(0x0301), *(data(sls) for sls in range(16)), message(0x0303)]
    for each in sent:
        stream.send(each)
    told = []
    for each in sent:
        octets, ancillary, flags, _ = other.recvmsg(4_096, 256)
        assert octets == each
        assert flags & socket.MSG_EOR
        ((_, kind, info),) = ancillary
        assert kind == RCVINFO
        number, _, _, protocol = struct.unpack_from("=HHHxxI", info)
        told.append((number, socket.ntohl(protocol)))
    assert told == [(0, 3), *((number, 3) for number in range(1, 17)), (0, 3)]


@kernel
def test_messages_the_kernel_does_not_take_go_out_later(ends: tuple[SctpStream, socket.socket]) -> None:
    stream, other = ends
    sent = [data(number % 16, user=struct.pack(">I", number) + bytes(200)) for number in range(4_000)]
    for each in sent:
        stream.send(each)
    assert stream._kept
    found: list[bytes] = []
    while len(found) < len(sent):
        if select.select([other], [stream._socket] if stream._kept else [], [], 30)[0]:
            found.append(other.recv(4_096))
        stream.receive()
    for selection in range(16):
        assert [each for each in found if each[31] == selection] == sent[selection::16]


@kernel
def test_message_in_many_packets_comes_whole(ends: tuple[SctpStream, socket.socket]) -> None:
    stream, other = ends
    long = data(1, user=bytes(range(256)) * 250)
    put(other, long, 1)
    other.send(message(0x0303))
    found = b""
    while len(found) < len(long) + 8:
        found += received(stream)
    assert found == long + message(0x0303)


@kernel
def test_data_on_stream_0_is_answered_by_an_error_and_dropped(
    ends: tuple[SctpStream, socket.socket],
) -> None:
    stream, other = ends
    wrong, right = data(1), data(2)
    put(other, wrong, 0)
    put(other, right, 5)
    found = b""
    while not found or not stream.misplaced:
        found += received(stream)
    assert found == right
    octets, ancillary, _, _ = other.recvmsg(4_096, 256)
    assert ancillary[0][2][:2] == b"\0\0"
    assert octets == message(
        0x0000, bytes.fromhex("000c 0008 0000 0009 0007") + struct.pack(">H", 4 + len(wrong)) + wrong
    )


@kernel
def test_message_too_long_to_be_one_ends_the_association(ends: tuple[SctpStream, socket.socket]) -> None:
    stream, other = ends
    other.send(bytes(100_000))
    while not stream.closed:
        assert received(stream) == b""


@kernel
def test_message_with_a_wrong_length_is_dropped_and_the_next_one_taken(
    ends: tuple[SctpStream, socket.socket],
) -> None:
    stream, other = ends
    other.send(message(0x0301) + bytes(40))
    other.send(message(0x0303))
    found = b""
    while not found:
        found = received(stream)
    assert found == message(0x0303)
    assert stream.malformed == 1


@kernel
def test_messages_with_wrong_lengths_do_not_keep_us(ends: tuple[SctpStream, socket.socket]) -> None:
    stream, other = ends
    other.setblocking(False)
    for _ in range(20):
        with contextlib.suppress(BlockingIOError):  # until its buffer and ours are full
            while True:
                other.send(b"\x01")
        before = stream.malformed
        assert received(stream) == b""
        assert 0 < stream.malformed - before <= MOST_READS
    assert not stream.closed


@kernel
def test_what_was_sent_before_the_end_is_received(ends: tuple[SctpStream, socket.socket]) -> None:
    stream, other = ends
    other.send(message(0x0302))
    other.close()
    found = b""
    while not stream.closed:
        found += received(stream)
    assert found == message(0x0302)
    stream.send(message(0x0301))


@kernel
def test_aborted_association_is_closed(ends: tuple[SctpStream, socket.socket]) -> None:
    stream, other = ends
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    other.close()
    assert received(stream) == b""
    assert stream.closed


@kernel
def test_end_that_takes_one_stream_only_is_given_up() -> None:
    with sctp.open_socket(socket.AF_INET) as listening, sctp.open_socket(socket.AF_INET) as other:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        other.setsockopt(socket.IPPROTO_SCTP, 2, struct.pack("=HHHH", STREAMS, 1, 0, 0))
        other.connect(listening.getsockname())
        stream = SctpStream(listening.accept()[0])
        assert stream.closed
        assert stream.streams == 1

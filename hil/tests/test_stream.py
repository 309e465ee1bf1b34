"""Streams between tester and gateway over TCP."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from collections.abc import Iterator

import pytest

from testrig.stream import MOST_AT_ONCE, MOST_UNSENT, TcpStream


@pytest.fixture
def ends() -> Iterator[tuple[TcpStream, socket.socket]]:
    """A stream, and the socket at its other end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        other = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    stream = TcpStream(ours)
    yield stream, other
    stream.close()
    other.close()


def readable(stream: TcpStream) -> None:
    """Wait until the stream has something to tell."""
    assert select.select([stream._socket], [], [], 30)[0]


def test_octets_pass_both_ways(ends: tuple[TcpStream, socket.socket]) -> None:
    stream, other = ends
    assert stream.receive() == b""
    stream.send(b"there")
    assert other.recv(5) == b"there"
    other.sendall(b"back")
    readable(stream)
    assert stream.receive() == b"back"
    assert not stream.closed


def test_what_came_before_the_end_is_received(ends: tuple[TcpStream, socket.socket]) -> None:
    stream, other = ends
    other.sendall(b"last")
    other.shutdown(socket.SHUT_WR)
    found = b""
    while not stream.closed:
        readable(stream)
        found += stream.receive()
    assert found == b"last"


def test_reset_of_the_connection_ends_the_stream(ends: tuple[TcpStream, socket.socket]) -> None:
    stream, other = ends
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    other.close()
    readable(stream)
    assert stream.receive() == b""
    assert stream.closed
    stream.send(b"nobody")


def test_what_the_kernel_does_not_take_goes_out_later(ends: tuple[TcpStream, socket.socket]) -> None:
    stream, other = ends
    stream._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    sent = bytes(range(256)) * 2_000
    for at in range(0, len(sent), 1_000):
        stream.send(sent[at : at + 1_000])
    assert stream._kept
    found = b""
    while len(found) < len(sent):
        if select.select([other], [stream._socket] if stream._kept else [], [], 30)[0]:
            found += other.recv(1 << 16)
        stream.receive()
    assert found == sent
    assert not stream._kept


def test_end_that_does_not_read_is_given_up(ends: tuple[TcpStream, socket.socket]) -> None:
    stream, other = ends
    for _ in range(100):
        stream.send(bytes(MOST_UNSENT // 4))
    assert stream.closed
    assert not stream._kept
    other.settimeout(30)
    with pytest.raises(ConnectionResetError):
        received_to_the_end(other)


def received_to_the_end(other: socket.socket) -> None:
    while other.recv(1 << 20):
        pass


def test_end_that_sends_without_pause_does_not_keep_us(ends: tuple[TcpStream, socket.socket]) -> None:
    stream, other = ends
    other.setblocking(False)
    with contextlib.suppress(BlockingIOError):  # until its buffer and ours are full
        while True:
            other.send(bytes(MOST_AT_ONCE))
    readable(stream)
    assert MOST_AT_ONCE // 4 < len(stream.receive()) < MOST_AT_ONCE + (1 << 16)

"""Streams between tester and gateway over TCP."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Iterator

import pytest

from testrig.stream import TcpStream


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

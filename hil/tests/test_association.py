"""Associations: listening, dialling, dialling again."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from testrig.association import Dialler, Listener, dial, listen
from testrig.clock import SECOND
from testrig.errors import ConfigurationError
from testrig.stream import SocketStream

HERE = ("127.0.0.1", 0)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = listen(HERE, "tcp")
    yield found
    found.close()


def accepted(listener: Listener) -> SocketStream:
    """Wait for one association at the listening end."""
    assert select.select([listener._socket], [], [], 30)[0]
    (found,) = listener.accept()
    return found


def settled(dialler: Dialler, now: int) -> SocketStream | None:
    """Wait until the attempt has been answered."""
    found = dialler.poll(now)
    if found is None and dialler._attempt is not None:
        assert select.select([], [dialler._attempt], [], 30)[1]
        found = dialler.poll(now)
    return found


def readable(stream: SocketStream) -> None:
    """Wait until the stream has something to tell."""
    assert select.select([stream._socket], [], [], 30)[0]


def test_messages_pass_both_ways(listener: Listener) -> None:
    dialler = dial(listener.address, "tcp")
    near = settled(dialler, 0)
    far = accepted(listener)
    assert near is not None
    assert dialler.poll(0) is None
    near.send(b"there")
    readable(far)
    assert far.receive() == b"there"
    far.send(b"back")
    readable(near)
    assert near.receive() == b"back"
    dialler.close()
    readable(far)
    assert far.receive() == b""
    assert far.closed
    far.close()


def test_dialling_end_that_is_refused_dials_again_when_its_time_has_come() -> None:
    listener = listen(HERE, "tcp")
    address = listener.address
    listener.close()
    dialler = dial(address, "tcp", retry=SECOND)
    assert settled(dialler, 0) is None
    assert dialler.trouble == "Connection refused"
    assert dialler.next_deadline == SECOND
    listener = listen(address, "tcp")
    assert dialler.poll(SECOND - 1) is None
    assert dialler._attempt is None
    assert settled(dialler, SECOND) is not None
    assert not dialler.trouble
    accepted(listener).close()
    dialler.close()
    listener.close()


def test_lost_association_is_dialled_again_when_its_time_has_come(listener: Listener) -> None:
    dialler = dial(listener.address, "tcp", retry=SECOND)
    near = settled(dialler, 0)
    assert near is not None
    accepted(listener).close()
    readable(near)
    near.receive()
    assert dialler.poll(100) is None
    assert dialler.trouble == "association lost"
    assert dialler.next_deadline == SECOND + 100
    assert dialler.poll(SECOND + 99) is None
    assert settled(dialler, SECOND + 100) is not None
    accepted(listener).close()
    dialler.close()


def test_attempt_without_answer_is_given_up_for_the_next() -> None:
    with (
        socket.create_server(HERE, backlog=0) as full,
        socket.create_connection(full.getsockname()),  # takes the only place
    ):
        dialler = dial(full.getsockname(), "tcp", retry=SECOND)
        assert dialler.poll(0) is None
        first = dialler._attempt
        assert first is not None
        assert dialler.poll(SECOND - 1) is None
        assert dialler._attempt is first
        assert dialler.poll(SECOND) is None
        assert dialler.trouble == "no answer"
        assert first.fileno() == -1
        assert dialler._attempt is not None
        dialler.close()


def test_address_in_use_is_told(listener: Listener) -> None:
    port = listener.address[1]
    with pytest.raises(
        ConfigurationError, match=rf"listen 127\.0\.0\.1:{port} over TCP: Address already in use"
    ):
        listen(listener.address, "tcp")


def test_address_that_is_none_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"address nowhere\.invalid:2905 over TCP: "):
        dial(("nowhere.invalid", 2905), "tcp")

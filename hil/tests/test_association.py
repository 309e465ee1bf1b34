"""Associations: listening, dialling, dialling again."""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import Iterator

import pytest

from testrig import sctp
from testrig.association import Dialler, Listener, Transport, chosen, dial, listen
from testrig.clock import SECOND
from testrig.errors import ConfigurationError
from testrig.stream import SocketStream

HERE = ("127.0.0.1", 0)
UP, UP_ACK = (bytes((1, 0, 3, kind, 0, 0, 0, 8)) for kind in (1, 4))


KINDS = [
    "tcp",
    pytest.param("sctp", marks=pytest.mark.skipif(not sctp.available(), reason="this kernel has no SCTP")),
]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Transport:
    """Every transport there is."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def listener(kind: Transport) -> Iterator[Listener]:
    found = listen(HERE, kind)
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
    dialler = dial(listener.address, listener.transport)
    near = settled(dialler, 0)
    far = accepted(listener)
    assert near is not None
    assert dialler.poll(0) is None
    near.send(UP)
    readable(far)
    assert far.receive() == UP
    far.send(UP_ACK)
    readable(near)
    assert near.receive() == UP_ACK
    dialler.close()
    readable(far)
    assert far.receive() == b""
    assert far.closed
    far.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_address_may_be_ipv6(kind: Transport) -> None:
    try:
        listener = listen(("::1", 0), kind)
    except ConfigurationError as error:
        pytest.skip(str(error))
    dialler = dial(listener.address, kind)
    near = settled(dialler, 0)
    assert near is not None
    assert near.peer == f"[::1]:{listener.address[1]}"
    accepted(listener).close()
    dialler.close()
    listener.close()


class Full:
    """A listening socket of a process that may have no more files."""

    def accept(self) -> None:
        raise OSError(errno.EMFILE, "Too many open files")


def test_listening_end_without_room_says_so_once_and_takes_them_later(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    dialler = dial(listener.address, listener.transport)
    settled(dialler, 0)
    assert select.select([listener._socket], [], [], 30)[0]
    whole, listener._socket = listener._socket, Full()  # type: ignore[assignment]
    assert listener.accept() == []
    assert listener.accept() == []
    assert [record.levelname for record in caplog.records if "Too many" in record.message] == ["ERROR"]
    listener._socket = whole
    accepted(listener).close()
    dialler.close()


def test_dialling_end_that_is_refused_dials_again_when_its_time_has_come(kind: Transport) -> None:
    listener = listen(HERE, kind)
    address = listener.address
    listener.close()
    dialler = dial(address, kind, retry=SECOND)
    assert settled(dialler, 0) is None
    assert dialler.trouble == "Connection refused"
    assert dialler.next_deadline == SECOND
    listener = listen(address, kind)
    assert dialler.poll(SECOND - 1) is None
    assert dialler._attempt is None
    assert settled(dialler, SECOND) is not None
    assert not dialler.trouble
    accepted(listener).close()
    dialler.close()
    listener.close()


def test_lost_association_is_dialled_again_when_its_time_has_come(listener: Listener) -> None:
    dialler = dial(listener.address, listener.transport, retry=SECOND)
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
    host, port = listener.address
    with pytest.raises(ConfigurationError) as told:
        listen(listener.address, listener.transport)
    assert str(told.value) == (
        f"M3UA over {listener.transport.upper()} at {host}:{port}: found 'Address already in use', "
        "expected an address of this host that is free"
    )


def test_address_that_is_none_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"^M3UA at nowhere\.invalid:2905: found .* expected a host"):
        dial(("nowhere.invalid", 2905), "tcp")


def test_transport_is_sctp_where_the_kernel_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sctp, "available", lambda: True)
    assert (chosen("auto"), chosen("sctp"), chosen("tcp")) == ("sctp", "sctp", "tcp")


def test_transport_is_tcp_where_it_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sctp, "available", lambda: False)
    assert (chosen("auto"), chosen("tcp")) == ("tcp", "tcp")
    with pytest.raises(ConfigurationError, match="found sctp, expected tcp or auto: this kernel has no SCTP"):
        chosen("sctp")

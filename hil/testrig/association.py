"""Associations of M3UA between processes: who listens and who dials, over SCTP or TCP (RFC 4666 1.4).

`listen` and `dial` never block. Time comes in as an `Instant`; nothing here waits.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import socket
from collections.abc import Callable
from typing import Final, Literal

from testrig import sctp
from testrig.clock import SECOND, Instant
from testrig.errors import ConfigurationError
from testrig.satop import Address
from testrig.stream import SocketStream, TcpStream, address_text, unusable

log = logging.getLogger(__name__)

Transport = Literal["auto", "sctp", "tcp"]

PORT: Final = 2905
"""Registered port of M3UA, of SCTP and of TCP (RFC 4666 1.4.8)."""

RETRY: Final = 5 * SECOND
"""From one attempt to the next (our choice)."""

_WAITING: Final = 64
"""Associations the kernel keeps until we take them."""

_STREAMS: Final[dict[str, Callable[[socket.socket], SocketStream]]] = {
    "sctp": sctp.SctpStream,
    "tcp": TcpStream,
}


def chosen(transport: Transport) -> Literal["sctp", "tcp"]:
    """Return what `auto` stands for here. Raises `ConfigurationError` for SCTP when the kernel has none."""
    if transport == "tcp":
        return "tcp"
    if sctp.available():
        return "sctp"
    if transport == "sctp":
        raise ConfigurationError("transport: found sctp, expected tcp or auto: this kernel has no SCTP")
    return "tcp"


class Listener:
    """The end that is dialled. `address` is where it listens."""

    def __init__(self, listening: socket.socket, transport: Literal["sctp", "tcp"]) -> None:
        self._socket = listening
        self._poller = select.poll()
        self._poller.register(listening, select.POLLIN)
        self.transport = transport
        host, port = listening.getsockname()[:2]
        self.address: Address = (host, port)
        self._refusing = False

    def accept(self) -> list[SocketStream]:
        """Return the associations that have come up since the last call."""
        found: list[SocketStream] = []
        try:
            while self._poller.poll(0):  # Linux sleeps a tick in accept() when nothing waits on SCTP
                found.append(_STREAMS[self.transport](self._socket.accept()[0]))
                self._refusing = False
        except (BlockingIOError, ConnectionAbortedError):  # gone again
            pass
        except OSError as error:  # no more files for this process: those that wait are taken later
            if not self._refusing:
                log.error("listening at %s: %s", address_text(self.address), error)
            self._refusing = True
        return found

    def close(self) -> None:
        """Listen no more. Associations that are up stay."""
        self._socket.close()


def listen(address: Address, transport: Transport = "auto") -> Listener:
    """Listen at `address`; port 0 takes a free one. Raises `ConfigurationError`."""
    kind = chosen(transport)
    family, found = _resolved(address)
    listening = _socket(family, kind)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(found)
        listening.listen(_WAITING)
    except OSError as error:
        listening.close()
        raise unusable(f"M3UA over {kind.upper()}", address, error) from error
    return Listener(listening, kind)


class Dialler:
    """The end that dials: keeps one association up.

    An attempt is made every `retry` frames while there is none: one that is not answered until then is given
    up, one that is refused, and an association that is lost, wait until then.
    """

    def __init__(
        self, address: Address, transport: Literal["sctp", "tcp"], family: int, found: Address, retry: int
    ) -> None:
        self.address = address
        self.transport = transport
        self.stream: SocketStream | None = None
        """The association that is up."""
        self.trouble = ""
        """Why there is none."""
        self._family = family
        self._found = found
        self._retry = retry
        self._attempt: socket.socket | None = None
        self._next: Instant | None = None

    def poll(self, now: Instant) -> SocketStream | None:
        """Return an association that has come up since the last call; call it with every block."""
        if self.stream is not None and self.stream.closed:
            self.stream = None
            self._failed("association lost")
            self._next = now + self._retry
        if self.stream is not None:
            return None
        if self._answered():
            return self.stream
        if self._next is None or now >= self._next:
            if self._attempt is not None:
                self._failed("no answer")
            self._next = now + self._retry
            return self._dial()
        return None

    @property
    def next_deadline(self) -> Instant | None:
        """When the next attempt is due."""
        return self._next if self.stream is None else None

    def close(self) -> None:
        """Dial no more, and close the association."""
        for each in (self._attempt, self.stream):
            if each is not None:
                each.close()

    def _dial(self) -> SocketStream | None:
        try:
            self._attempt = _socket(self._family, self.transport)
            code = self._attempt.connect_ex(self._found)
        except OSError as error:
            code = error.errno or errno.EIO
        if code not in (0, errno.EINPROGRESS):
            self._failed(os.strerror(code))
            return None
        return self.stream if self._answered() else None

    def _answered(self) -> bool:
        """Whether the attempt has become the association; one that was refused is closed."""
        if self._attempt is None:
            return False
        poller = select.poll()
        poller.register(self._attempt, select.POLLOUT)
        if not poller.poll(0):
            return False
        code = self._attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or _to_itself(self._attempt)
        if code:
            self._failed(os.strerror(code))
            return False
        self.stream, self.trouble = _STREAMS[self.transport](self._attempt), ""
        self._attempt = None
        log.info("association with %s is up, over %s", address_text(self.address), self.transport.upper())
        return True

    def _failed(self, trouble: str) -> None:
        if self._attempt is not None:
            self._attempt.close()
            self._attempt = None
        if trouble != self.trouble:
            log.warning("%s over %s: %s", address_text(self.address), self.transport.upper(), trouble)
        self.trouble = trouble


def dial(address: Address, transport: Transport = "auto", *, retry: int = RETRY) -> Dialler:
    """Dial `address`, and again whenever there is no association, `retry` frames after the last attempt.

    A name is looked up once, here. Raises `ConfigurationError` for an address or transport that cannot be;
    that nobody answers is no error.
    """
    kind = chosen(transport)
    family, found = _resolved(address)
    return Dialler(address, kind, family, found, retry)


def _resolved(address: Address) -> tuple[int, Address]:
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise unusable("M3UA", address, error, "a host that is known") from error
    return found[0], found[4]  # type: ignore[return-value]


def _socket(family: int, kind: str) -> socket.socket:
    made = sctp.open_socket(family) if kind == "sctp" else socket.socket(family, socket.SOCK_STREAM)
    made.setblocking(False)
    return made


def _to_itself(attempt: socket.socket) -> int:
    """TCP on one host can meet itself where nobody listens: that is a refusal."""
    try:
        return errno.ECONNREFUSED if attempt.getsockname() == attempt.getpeername() else 0
    except OSError as error:
        return error.errno or errno.EIO

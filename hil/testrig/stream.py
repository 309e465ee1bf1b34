"""Streams of messages between a gateway and those who use it: in memory and over TCP."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import struct
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

from testrig.errors import ConfigurationError
from testrig.satop import Address

log = logging.getLogger(__name__)

MOST_UNSENT: Final = 1 << 20
"""Octets kept for an end that does not read; one that leaves more is given up, so that it cannot take our
memory."""

MOST_AT_ONCE: Final = 1 << 18
MOST_READS: Final = 1_000
"""Octets received by one call, and pieces; the rest waits, so that no end keeps us from the others."""

SILENT: Final = 10
"""Seconds after which a TCP connection whose other end is mute is lost (our choice); SCTP has heartbeats."""

FREE: Final = "an address of this host that is free"

_TCP: Final = {
    socket.TCP_NODELAY: 1,
    socket.TCP_KEEPIDLE: SILENT // 2,
    socket.TCP_KEEPINTVL: SILENT // 4,
    socket.TCP_USER_TIMEOUT: SILENT * 1_000,
}
_READ: Final = 1 << 16
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER that drops what was not sent and resets the connection."""


class Stream(Protocol):
    """One end of a full-duplex stream. Never blocks.

    One call of `send` is one message. What comes out at the other end is its octets in order; where a message
    begins, its own header says, for TCP does not.
    """

    @property
    def closed(self) -> bool:
        """The other end has closed, and what it sent before has been received."""
        ...

    def send(self, octets: bytes) -> None: ...
    def receive(self) -> bytes:
        """Return what has come since the last call."""
        ...

    def close(self) -> None: ...


class Listening(Protocol):
    """An end that others dial. Never blocks."""

    def accept(self) -> Sequence[Stream]:
        """Return the associations that have come up since the last call."""
        ...

    def close(self) -> None:
        """Listen no more: who dials is refused. Associations that are up stay."""
        ...


class MemoryStream:
    """One end of a `stream_pair`."""

    def __init__(self) -> None:
        self.other: MemoryStream | None = None
        self.waiting = bytearray()
        """Octets not yet received."""

    @property
    def closed(self) -> bool:
        """The other end has closed."""
        return self.other is None and not self.waiting

    @property
    def news(self) -> bool:
        """Whether there is something to receive, or the other end has closed."""
        return bool(self.waiting) or self.closed

    def send(self, octets: bytes) -> None:
        """Send; what nobody can receive any more is lost."""
        if self.other is not None:
            self.other.waiting += octets

    def receive(self) -> bytes:
        """Return what has come."""
        found = bytes(self.waiting)
        self.waiting.clear()
        return found

    def close(self) -> None:
        """Close both directions."""
        if self.other is not None:
            self.other.other = None
            self.other = None


def stream_pair() -> tuple[MemoryStream, MemoryStream]:
    """Return both ends of a stream in memory."""
    a, b = MemoryStream(), MemoryStream()
    a.other, b.other = b, a
    return a, b


class SocketStream(ABC):
    """A connected socket as a `Stream`. What the kernel does not take at once goes out with later calls."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._socket.setblocking(False)
        self._unsent: deque[bytes] = deque()
        self._kept = 0
        self._sending = True
        self._ended = False
        self.peer = "?"
        """Address of the other end, for people."""
        with contextlib.suppress(OSError):
            self.peer = address_text(connected.getpeername())

    @property
    def closed(self) -> bool:
        """The other end has closed, and what it sent before has been received."""
        return self._ended

    def send(self, octets: bytes) -> None:
        """Send; an end that does not read is given up."""
        if not self._sending:
            return
        self._unsent.append(octets)
        self._kept += len(octets)
        self._flush()
        if self._kept > MOST_UNSENT:
            log.warning("%s does not read: connection given up", self.peer)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.close()

    def receive(self) -> bytes:
        """Return what has come."""
        if self._ended:
            return b""
        self._flush()
        found = bytearray()
        try:
            for _ in range(MOST_READS):
                part = self._get()
                if part is None:
                    self.close()
                    break
                found += part
                if len(found) >= MOST_AT_ONCE:
                    break
        except BlockingIOError:
            pass
        except OSError as error:
            log.debug("%s: %s", self.peer, error)
            self.close()
        return bytes(found)

    def close(self) -> None:
        """Give the socket back; what the kernel has taken is still sent."""
        self._ended = True
        self._stop_sending()
        self._socket.close()

    def _stop_sending(self) -> None:
        self._sending, self._kept = False, 0
        self._unsent.clear()

    def _flush(self) -> None:
        try:
            while self._unsent:
                taken = self._put(self._unsent[0])
                self._kept -= taken
                if taken < len(self._unsent[0]):
                    self._unsent[0] = self._unsent[0][taken:]
                else:
                    self._unsent.popleft()
        except BlockingIOError:
            pass
        except OSError as error:  # the end of the connection itself is found by `receive`
            log.debug("%s: %s", self.peer, error)
            self._stop_sending()

    @abstractmethod
    def _put(self, octets: bytes) -> int:
        """Give octets to the kernel; return how many it took. Raises `BlockingIOError` for none."""

    @abstractmethod
    def _get(self) -> bytes | None:
        """Return what waits, or None at the end. Raises `BlockingIOError` when nothing waits."""


class TcpStream(SocketStream):
    """A connected TCP socket as a `Stream`."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(connected)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _TCP.items():
            connected.setsockopt(socket.IPPROTO_TCP, option, value)

    def _put(self, octets: bytes) -> int:
        return self._socket.send(octets)

    def _get(self) -> bytes | None:
        return self._socket.recv(_READ) or None


def address_text(address: Address | tuple[str, int, int, int]) -> str:
    """Return HOST:PORT, an IPv6 host in brackets."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address_of(text: str) -> Address:
    """Return HOST:PORT, an IPv6 host in brackets, as host and port; no host is this one. Raises
    `ConfigurationError`."""
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]*)):(\d{1,5})", text)
    if not found or not int(found[3]) <= 0xFFFF:
        raise ConfigurationError(f"address: found {text!r}, expected HOST:PORT")
    return found[1] or found[2] or "127.0.0.1", int(found[3])


def unusable(what: str, address: Address, error: OSError, expected: str = FREE) -> ConfigurationError:
    """Return what to raise when the operating system refuses `address` to `what`."""
    number = error.errno or 0
    found = os.strerror(number) if number > 0 else error.strerror or str(error)
    return ConfigurationError(f"{what} at {address_text(address)}: found {found!r}, expected {expected}")

"""Octet streams between the tester and a gateway: what TCP carries, in memory or over TCP."""

from __future__ import annotations

import socket
from typing import Protocol


class Stream(Protocol):
    """One end of a full-duplex stream of octets. Never blocks."""

    @property
    def closed(self) -> bool:
        """The other end has closed, and what it sent before has been received."""
        ...

    def send(self, octets: bytes) -> None: ...
    def receive(self) -> bytes:
        """Return what has come since the last call."""
        ...

    def close(self) -> None: ...


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


class TcpStream:
    """A connected TCP socket as a `Stream`."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._socket.setblocking(False)
        self._ended = False

    @property
    def closed(self) -> bool:
        """The other end has closed."""
        return self._ended

    def send(self, octets: bytes) -> None:
        """Send all of `octets`; a full buffer is waited for."""
        if self._ended:
            return
        self._socket.setblocking(True)
        try:
            self._socket.sendall(octets)
        except OSError:
            self._ended = True
        finally:
            self._socket.setblocking(False)

    def receive(self) -> bytes:
        """Return what has come."""
        found = b""
        if self._ended:
            return found
        try:
            while part := self._socket.recv(1 << 16):
                found += part
            self._ended = True
        except BlockingIOError:
            pass
        except OSError:
            self._ended = True
        return found

    def close(self) -> None:
        """Give the socket back."""
        self._ended = True
        self._socket.close()

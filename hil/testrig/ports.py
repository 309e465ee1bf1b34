"""Associations in memory: who listens at which endpoint, and who dials it, in line time.

What `testrig.association` does over sockets: a `MemoryListener` is the `Listener` there, a `MemoryDialler`
the `Dialler`.
"""

from __future__ import annotations

from testrig.association import RETRY
from testrig.clock import Instant
from testrig.errors import LimitError
from testrig.stream import MemoryStream, stream_pair


class MemoryListener:
    """The end that is dialled (`testrig.stream.Listening`)."""

    def __init__(self, ports: MemoryPorts, endpoint: str) -> None:
        self._ports = ports
        self._endpoint = endpoint
        self._waiting: list[MemoryStream] = []

    def accept(self) -> list[MemoryStream]:
        """Return the associations that have come up since the last call."""
        found, self._waiting = self._waiting, []
        return found

    def close(self) -> None:
        """Listen no more: who dials is refused. Associations that are up stay."""
        self._ports.forget(self._endpoint, self)

    def dialled(self) -> MemoryStream:
        """Return the dialling end of a new association."""
        ours, theirs = stream_pair()
        self._waiting.append(ours)
        return theirs


class MemoryPorts:
    """Endpoints by name."""

    def __init__(self) -> None:
        self._listeners: dict[str, MemoryListener] = {}

    def listen(self, endpoint: str) -> MemoryListener:
        """Listen at `endpoint`. Raises `LimitError` where somebody does already."""
        if endpoint in self._listeners:
            raise LimitError(f"listen at {endpoint}: somebody listens there already")
        self._listeners[endpoint] = found = MemoryListener(self, endpoint)
        return found

    def forget(self, endpoint: str, listener: MemoryListener) -> None:
        """Nobody listens at `endpoint` any more, if it was `listener`."""
        if self._listeners.get(endpoint) is listener:
            del self._listeners[endpoint]

    def dial(self, endpoint: str) -> MemoryStream | None:
        """Return our end of an association with who listens at `endpoint`; None: refused."""
        found = self._listeners.get(endpoint)
        return None if found is None else found.dialled()


class MemoryDialler:
    """The end that dials: keeps one association up, trying every `retry` frames while there is none."""

    def __init__(self, ports: MemoryPorts, endpoint: str, *, retry: int = RETRY) -> None:
        self._ports = ports
        self._endpoint = endpoint
        self._retry = retry
        self._stream: MemoryStream | None = None
        self._next: Instant = 0

    def poll(self, now: Instant) -> MemoryStream | None:
        """Return an association that has come up since the last call; call it with every block."""
        if self._stream is not None and self._stream.closed:
            self._stream = None
            self._next = now + self._retry
        if self._stream is not None or now < self._next:
            return None
        self._next = now + self._retry
        self._stream = self._ports.dial(self._endpoint)
        return self._stream

    @property
    def next_deadline(self) -> Instant | None:
        """When the next attempt is due."""
        return self._next if self._stream is None else None


__all__ = ["MemoryDialler", "MemoryListener", "MemoryPorts"]

"""The signalling gateway as a process: E1 on pseudowires, CT servers over TCP.

M3UA asks for SCTP (RFC 4666 1.4.7); here TCP carries it, and the length in each message's header (RFC 4666
3.1.4) tells the messages apart. What streams of SCTP would do for single calls, one stream does for all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

from callcenter.gateway import GatewaySystem
from callcenter.shell import Address, Host

log = logging.getLogger(__name__)

PORT: Final = 2905
"""Registered port of M3UA (RFC 4666 1.4.8)."""

MOST_UNSENT: Final = 1 << 20
"""Octets kept for a CT server that does not read; one that leaves more is given up, so that it loses its
traffic to the others instead of taking our memory."""


class AspConnection(asyncio.Protocol):
    """The connection of a CT server, as a `testrig.stream.Stream`."""

    def __init__(self, server: GatewayServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._ended = False
        self._name = "?"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A CT server has connected."""
        self._transport = cast("asyncio.Transport", transport)
        host, port = transport.get_extra_info("peername")[:2]
        self._name = f"{host}:{port}"
        log.info("CT server at %s connected", self._name)
        self._server.connected(self)

    def data_received(self, data: bytes) -> None:
        """Octets have come; they are worked on with the next block."""
        self._received += data

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        log.info("CT server at %s is gone%s", self._name, f": {exc}" if exc else "")
        self._ended = True
        self._server.gone(self)

    @property
    def closed(self) -> bool:
        """The other end has closed, and what it sent before has been received."""
        return self._ended and not self._received

    def send(self, octets: bytes) -> None:
        """Send; a CT server that does not read is given up."""
        if self._transport is None or self._ended:
            return
        if self._transport.get_write_buffer_size() > MOST_UNSENT:
            log.warning("CT server at %s does not read: connection given up", self._name)
            self._transport.abort()
            return
        self._transport.write(octets)

    def receive(self) -> bytes:
        """Return what has come since the last call."""
        found = bytes(self._received)
        self._received.clear()
        return found

    def close(self) -> None:
        """Close the connection after what was sent."""
        if self._transport is not None:
            self._transport.close()


class GatewayServer(Host):
    """A signalling gateway in real time."""

    def __init__(
        self,
        system: GatewaySystem,
        lines: Sequence[tuple[Address, Address]],
        *,
        listen: Address,
        journal: Path | None = None,
    ) -> None:
        """`listen`: where CT servers connect by TCP. The rest as for `Host`."""
        super().__init__(system, system.gateway.journal, lines, file=journal)
        self._gateway = system.gateway
        self._listen = listen
        self.listen_address: Address | None = None
        self._connections: set[AspConnection] = set()

    async def open(self, stack: contextlib.AsyncExitStack) -> None:
        """Listen for CT servers."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: AspConnection(self), *self._listen)
        stack.callback(self._close_all)
        stack.callback(server.close)
        self.listen_address = server.sockets[0].getsockname()[:2]

    def connected(self, connection: AspConnection) -> None:
        """A CT server has connected."""
        self._connections.add(connection)
        self._gateway.accept(connection)

    def gone(self, connection: AspConnection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)

    def _close_all(self) -> None:
        for connection in list(self._connections):
            connection.close()

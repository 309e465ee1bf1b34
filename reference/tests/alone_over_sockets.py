"""A server alone on the virtual rig with its associations over sockets: it dials, the judge listens.

Entry points for a rig file: `alone_over_sockets:tcp` and `alone_over_sockets:sctp`.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Mapping, Sequence

from callcenter.config import reference_config
from callcenter.ss7.m3ua.network import GatewayNetwork
from callcenter.system import AloneSystem
from testrig.association import Dialler, Listener, Transport, dial, listen
from testrig.clock import Instant
from testrig.stream import SocketStream


class JudgeListener:
    """The judge's end; its streams are watched for octets in the kernel."""

    def __init__(self, owner: AloneOverSockets, listener: Listener) -> None:
        self._owner = owner
        self._listener = listener

    def accept(self) -> Sequence[SocketStream]:
        """What has come up."""
        found = self._listener.accept()
        self._owner.streams += found
        return found

    def close(self) -> None:
        """Refuse from now on."""
        self._listener.close()


class AloneOverSockets(AloneSystem):
    """Dials loopback instead of the addresses of the configuration."""

    def __init__(self, config: Mapping[str, object], transport: Transport) -> None:
        super().__init__(reference_config({"file": "server_alone.toml", **config}))
        self._transport = transport
        self.streams: list[SocketStream] = []
        self._addresses = {endpoint: ("127.0.0.1", _free_port()) for endpoint in self.pixit.asp.gateways}  # type: ignore[union-attr]
        self._dialling: list[tuple[GatewayNetwork, Dialler]] = [
            (network, dial(self._addresses[endpoint], transport))
            for endpoint, (network, _) in self._diallers.items()
        ]

    def listen(self, endpoint: str) -> JudgeListener:  # type: ignore[override]
        """Listen where the server dials."""
        return JudgeListener(self, listen(self._addresses[endpoint], self._transport))

    def advance(self, frames: int) -> None:
        """Run for `frames`."""
        now = self.engine.now
        for network, dialler in self._dialling:
            stream = dialler.poll(now)
            if stream is not None:
                self.streams.append(stream)
                network.add(stream, now)
        self.engine.advance(frames)

    def next_deadline(self) -> Instant | None:
        """When the server will next act of its own accord."""
        parts = [self.engine.next_deadline(), *(dialler.next_deadline for _, dialler in self._dialling)]
        return min((each for each in parts if each is not None), default=None)

    @property
    def settled(self) -> bool:
        """True when no octets wait in the kernel either."""
        poller = select.poll()
        for each in self.streams:
            if not each.closed:
                poller.register(each._socket, select.POLLIN)
        return self.engine.settled and not poller.poll(0)

    def close(self) -> None:
        """Close all sockets."""
        for _, dialler in self._dialling:
            dialler.close()
        for each in self.streams:
            each.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def tcp(config: Mapping[str, object]) -> AloneOverSockets:
    """Over TCP."""
    return AloneOverSockets(config, "tcp")


def sctp(config: Mapping[str, object]) -> AloneOverSockets:
    """Over SCTP."""
    return AloneOverSockets(config, "sctp")

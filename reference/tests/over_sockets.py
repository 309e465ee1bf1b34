"""The gateway of the virtual rig with its associations over sockets: lines in memory, octets in the kernel.

Entry points for a rig file: `over_sockets:tcp` and `over_sockets:sctp`.
"""

from __future__ import annotations

import select
from collections.abc import Mapping

from callcenter.gateway import GatewaySystem, gateway_config
from callcenter.system import reference
from testrig.association import Transport, dial, listen
from testrig.stream import SocketStream


class OverSockets(GatewaySystem):
    """Listens on loopback; whoever connects does so by dialling."""

    def __init__(self, config: Mapping[str, object], transport: Transport) -> None:
        over = {name: value for name, value in config.items() if name != "file"}
        super().__init__(gateway_config(over))
        self.pics = dict(reference({"file": "gateway.toml"}).pics)
        self._listener = listen(("127.0.0.1", 0), transport)
        self._streams: list[SocketStream] = []

    def connect(self, endpoint: str) -> SocketStream:
        """Dial, and wait until both ends are there."""
        dialler = dial(self._listener.address, self._listener.transport)
        near = dialler.poll(0)
        while near is None:
            assert dialler._attempt is not None, dialler.trouble
            assert select.select([], [dialler._attempt], [], 30)[1]
            near = dialler.poll(0)
        assert select.select([self._listener._socket], [], [], 30)[0]
        (far,) = self._listener.accept()
        self.gateway.accept(far)
        self._streams += [near, far]
        return near

    @property
    def settled(self) -> bool:
        """True when no octets wait in the kernel either."""
        poller = select.poll()
        for each in self._streams:
            if not each.closed:
                poller.register(each._socket, select.POLLIN)
        return super().settled and not poller.poll(0)

    def close(self) -> None:
        """Close all sockets."""
        self._listener.close()
        for each in self._streams:
            each.close()


def tcp(config: Mapping[str, object]) -> OverSockets:
    """Over TCP."""
    return OverSockets(config, "tcp")


def sctp(config: Mapping[str, object]) -> OverSockets:
    """Over SCTP."""
    return OverSockets(config, "sctp")

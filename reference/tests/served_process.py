"""A process of ours on a pseudowire, as the judge's bench sees it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from testrig import sctp
from testrig.satop import SatopLine
from testrig.stream import SocketStream, TcpStream
from testrig.system import Pixit


class Served:
    """The system as the bench sees it: it runs by itself, and says nothing of its own state."""

    name, version, settled = "served", "", False

    def __init__(self, pixit: Pixit) -> None:
        self.pixit = pixit
        self.port = 0
        """Where CT servers connect, of a gateway."""
        self.transport = "tcp"
        """What carries M3UA there."""
        self.streams: list[SocketStream] = []
        """What was connected; closed with the process."""

    def connect(self, endpoint: str) -> SocketStream:
        """Connect as a CT server does."""
        over_sctp = self.transport == "sctp"
        made = sctp.open_socket(socket.AF_INET) if over_sctp else socket.socket()
        made.connect(("127.0.0.1", self.port))
        self.streams.append(sctp.SctpStream(made) if over_sctp else TcpStream(made))
        return self.streams[-1]

    def next_deadline(self) -> None:
        """It does not tell."""


@dataclass
class Wire:
    """A rig without telephones."""

    line: SatopLine
    system: Served
    block: int = 40
    stations: list[Any] = field(default_factory=list)
    pairs: list[Any] = field(default_factory=list)
    more: Sequence[SatopLine] = ()
    """Lines besides the first."""

    @property
    def lines(self) -> list[SatopLine]:
        return [self.line, *self.more]

    def step(self, frames: int) -> None:
        """The server paces itself."""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(pixit: Pixit, *arguments: str) -> Iterator[tuple[Wire, list[str]]]:
    """Run `callcenter` with `arguments` and one line; give the tester's end and what the process printed
    until it was serving, and when it has ended the rest."""
    ours, theirs = free_port(), free_port()
    addresses = f"127.0.0.1:{theirs}=127.0.0.1:{ours}"
    command = [sys.executable, "-m", "callcenter.cli", *arguments, "--line", addresses]
    line = SatopLine("line0", ("127.0.0.1", ours), ("127.0.0.1", theirs), delay=64, timeout_s=30)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    system = Served(pixit)
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
    )
    told: list[str] = []
    try:
        assert process.stdout is not None
        while not told or told[-1] != "serving":
            text = process.stdout.readline()
            assert text, told
            told.append(text.strip())
        yield Wire(line, system), told
    finally:
        for each in system.streams:
            each.close()
        process.send_signal(signal.SIGTERM)
        told += process.communicate(timeout=30)[0].splitlines()
        line.close()

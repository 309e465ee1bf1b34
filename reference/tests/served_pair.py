"""A gateway and two servers as processes, and the exchange at the far end, as the judge's bench sees them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from callcenter.config import DATA
from callcenter.system import reference
from served_process import Served, Wire, free_port
from testrig.clock import SECOND
from testrig.line import SLOTS, Block
from testrig.satop import SatopLine

SERVERS: Final = ("A", "B")
BUFFER_MS: Final = "300"
"""Jitter buffers of all ends: hosts of tests pause."""


CUSHION: Final = SECOND // 2
"""Frames that are there before speech is heard: hosts of tests pause."""


class SpeechLine(SatopLine):
    """A line that is all ones while nobody is at its other end, instead of a rig that fails."""

    _starved = True

    def receive(self, frames: int) -> Block:
        """Receive what is there, and all ones for what is not."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    self._depacketiser.put(self._socket.recv(2048))
        found = np.full((frames, SLOTS), 0xFF, np.uint8)
        self._starved = self._depacketiser.available < (CUSHION if self._starved else frames)
        if not self._starved:
            found[:] = self._depacketiser.take(frames)
        return found

    def send(self, block: Block) -> None:
        """Send."""
        self._socket.setblocking(True)
        super().send(block)


class Process:
    """A process of ours and what it says."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "callcenter.cli", *arguments]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
        )
        self.told: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            with self._news:
                self.told.append(text.strip())
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def says(self, start: str, *, within: float = 30) -> str:
        """Wait until a line begins with `start`; return the rest of it."""
        with self._news:
            found = self._news.wait_for(
                lambda: next((text for text in self.told if text.startswith(start)), None), within
            )
        assert found, f"{start!r} is not among {self.told}"
        return str(found).removeprefix(start)

    def kill(self) -> None:
        """End it without warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end."""
        if self._process.poll() is None:
            self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        self._process.send_signal(number)
        self._process.wait(30)
        self._reader.join(30)
        if self._process.stdout is not None:
            self._process.stdout.close()


def centre_file(folder: Path, gateway: str) -> Path:
    """Write the configuration of the servers."""
    reference_toml = (DATA / "reference.toml").read_text()
    begin, end = reference_toml.index("[[links]]"), reference_toml.index("[outgoing]")
    servers = (DATA / "servers.toml").read_text()
    tables = servers[servers.index("[networks.public.m3ua]") :].replace("[board]\nspans = 2\n", "")
    text = reference_toml[:begin] + reference_toml[end:] + tables
    text = text.replace("reset_at_start = false", "links = []").replace(
        "spans = 1", "spans = 2\nfault_persistence = 10.0"
    )
    text = text.replace('mode = "override"', f'mode = "override"\ngateways = ["{gateway}"]')
    path = folder / "centre.toml"
    path.write_text(text.replace('main = "', f'main = "{DATA}/'))
    return path


def gateway_file(folder: Path) -> Path:
    """Write the configuration of the gateway."""
    text = (DATA / "gateway.toml").read_text()
    servers = (DATA / "servers_gateway.toml").read_text()
    path = folder / "gateway.toml"
    path.write_text(text[: text.index("[[servers]]")] + servers[servers.index("[[servers]]") :])
    return path


class Pair:
    """The processes, and the tester's ends of all lines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ports = [(free_port(), free_port()) for _ in range(3)]
        self._lines = [f"127.0.0.1:{theirs}=127.0.0.1:{ours}" for ours, theirs in ports]
        near = [(("127.0.0.1", ours), ("127.0.0.1", theirs)) for ours, theirs in ports]
        self.signalling = SatopLine("line0", *near[0], delay=int(BUFFER_MS), timeout_s=30)
        self.speech = [SpeechLine(f"line{n}", *near[n]) for n in (1, 2)]
        self._pair = {name: f"127.0.0.1:{free_tcp_port()}" for name in SERVERS}
        self.gateway = Process(
            *("gateway", "--config", str(gateway_file(folder)), "--line", self._lines[0]),
            *("--listen", "127.0.0.1:0", "--transport", "tcp", "--jitter", BUFFER_MS),
        )
        self._centre = centre_file(folder, self.gateway.says("M3UA over TCP: "))
        self.servers: dict[str, Process] = {}

    def start(self, name: str, *more: str, alone: bool = False) -> Process:
        """Start a server."""
        other = next(each for each in SERVERS if each != name)
        pair = () if alone else ("--pair", f"{self._pair[name]}={self._pair[other]}")
        lines = [word for line in self._lines[1:] for word in ("--line", line)]
        self.servers[name] = Process(
            *("serve", "--config", str(self._centre), *lines, *pair, "--transport", "tcp"),
            *("--control", "127.0.0.1:0", "--jitter", BUFFER_MS, *more),
        )
        return self.servers[name]

    def ask(self, name: str, **request: object) -> dict[str, Any]:
        """Ask the control socket of a server."""
        host, _, port = self.servers[name].says("control: ").rpartition(":")
        with socket.create_connection((host, int(port)), 30) as connected, connected.makefile("rw") as file:
            file.write(json.dumps({"id": 1, **request}) + "\n")
            file.flush()
            return json.loads(file.readline())  # type: ignore[no-any-return]

    def wire(self) -> Wire:
        """The rig: the bench is paced by the gateway's line."""
        system = reference({"file": "servers.toml"})
        made = Wire(self.signalling, Served(replace(system.pixit, servers=())))
        made.more = self.speech
        return made

    def close(self) -> None:
        """End everything."""
        for each in (*self.servers.values(), self.gateway):
            each.stop()
        for line in (self.signalling, *self.speech):
            line.close()


def free_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    """Run a gateway; servers are started by the test."""
    made = Pair(folder)
    try:
        yield made
    finally:
        made.close()

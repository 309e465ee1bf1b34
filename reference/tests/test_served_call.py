"""An outside program calls the call centre that `callcenter serve` runs: another process, UDP, real time.

The outside program is the judge's own tester, behind a SAToP pseudowire. It is paced by the packets of the
server, so nothing here depends on how fast the machine is; only whether the call comes about is tested.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from callcenter.system import centre
from testline.bench import Bench
from testline.testers import Caller, open_isup
from testrig.clock import SECOND
from testrig.satop import SatopLine
from testrig.system import Pixit


class Served:
    """The system as the bench sees it: it runs by itself, and says nothing of its own state."""

    name, version, settled = "served", "", False

    def __init__(self, pixit: Pixit) -> None:
        self.pixit = pixit

    def next_deadline(self) -> None:
        """It does not tell."""


@dataclass
class Wire:
    """A rig of one line and no telephones."""

    line: SatopLine
    system: Served
    block: int = 40
    stations: list[Any] = field(default_factory=list)
    pairs: list[Any] = field(default_factory=list)

    @property
    def lines(self) -> list[SatopLine]:
        return [self.line]

    def step(self, frames: int) -> None:
        """The server paces itself."""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def wire() -> Iterator[Wire]:
    """The tester's end of the pseudowire of a server that runs."""
    ours, theirs = free_port(), free_port()
    addresses = f"127.0.0.1:{theirs}=127.0.0.1:{ours}"
    command = [sys.executable, "-m", "callcenter.cli", "serve", "--line", addresses]
    line = SatopLine("line0", ("127.0.0.1", ours), ("127.0.0.1", theirs), delay=64, timeout_s=30)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    try:
        assert server.stdout is not None
        assert b"line 0" in server.stdout.readline()
        yield Wire(line, Served(centre({}).pixit))
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)
        line.close()


def test_outside_program_calls_the_served_centre(wire: Wire) -> None:
    bench = Bench(wire)  # type: ignore[arg-type]
    isup = open_isup(bench, within=60 * SECOND)
    caller = Caller(isup)
    caller.dials(wire.system.pixit.menu_number)
    caller.is_answered(within=30 * SECOND)
    caller.hears_tone(wire.system.pixit.prompts["menu"], within=30 * SECOND)
    caller.presses(wire.system.pixit.announcement_key)
    caller.hears_tone(wire.system.pixit.prompts["information"], within=30 * SECOND)
    caller.hangs_up(within=30 * SECOND)

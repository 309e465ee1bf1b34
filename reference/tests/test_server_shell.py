"""The asyncio shell: pacing, pseudowire lines, the control socket, the command line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from callcenter.cli import main
from callcenter.config import DATA, reference_config
from callcenter.server import Control, Server
from callcenter.shell import LONGEST_BACKLOG, Pacer, PseudowireLine
from testrig.clock import SECOND
from testrig.line import DEFAULT_BLOCK
from testrig.satop import Packetiser

pytestmark = pytest.mark.xdist_group("real time")  # not beside each other: they need the processor in time


@given(st.lists(st.floats(0, 0.2), max_size=200))
def test_pacer_never_drifts_however_late_it_is_asked(gaps: list[float]) -> None:
    now = 1234.5
    pacer = Pacer(now)
    run = 0
    for gap in gaps:
        now += gap
        run += pacer.due(now)
        behind = (now - 1234.5) * SECOND - run
        assert -1e-3 <= behind < DEFAULT_BLOCK + 1e-3
        assert now <= pacer.next_due() + 1e-6
    assert run % DEFAULT_BLOCK == 0


def test_pacer_leaves_out_a_long_pause_and_keeps_the_rhythm() -> None:
    pacer = Pacer(0.0)
    assert pacer.due(1.0) == SECOND
    assert pacer.due(11.0) == LONGEST_BACKLOG
    assert pacer.skipped == 9 * SECOND
    assert pacer.due(11.0) == 0
    assert pacer.due(11.005) == DEFAULT_BLOCK


def packets(frames: int, value: int) -> list[bytes]:
    return Packetiser().put(np.full((frames, 32), value, np.uint8))


def test_pseudowire_without_packets_has_no_signal_and_receives_all_ones() -> None:
    line = PseudowireLine("line0", ("127.0.0.1", 9))
    assert (line.receive(40) == 0xFF).all()
    assert not line.signal


def test_pseudowire_delivers_what_came_behind_its_jitter_buffer() -> None:
    line = PseudowireLine("line0", ("127.0.0.1", 9))
    for packet in packets(400, 0x55):
        line.datagram_received(packet, ("127.0.0.1", 9))
    first = line.receive(40)
    assert (first[:32] == 0xFF).all()
    assert (first[32:] == 0x55).all()
    assert (line.receive(40) == 0x55).all()
    assert line.signal


def test_pseudowire_ignores_packets_of_strangers() -> None:
    line = PseudowireLine("line0", ("127.0.0.1", 9))
    for packet in packets(400, 0x55):
        line.datagram_received(packet, ("127.0.0.1", 10))
    assert (line.receive(40) == 0xFF).all()


def test_pseudowire_that_runs_dry_loses_signal_and_counts_a_slip() -> None:
    line = PseudowireLine("line0", ("127.0.0.1", 9))
    for packet in packets(80, 0x55):
        line.datagram_received(packet, ("127.0.0.1", 9))
    line.receive(80)
    got = line.receive(40)
    assert (got[:32] == 0x55).all()
    assert (got[32:] == 0xFF).all()
    assert (line.slips, line.signal) == (8, False)


def test_pseudowire_of_a_faster_far_end_drops_the_oldest() -> None:
    line = PseudowireLine("line0", ("127.0.0.1", 9))
    for packet in packets(1_600, 0x55):
        line.datagram_received(packet, ("127.0.0.1", 9))
    line.receive(40)
    assert line.slips == 1_600 + 32 - 40
    assert not (line.receive(40) == 0x55).all()


@pytest.fixture
def control() -> Control:
    server = Server(reference_config(), [])

    async def begin() -> None:
        async with contextlib.AsyncExitStack() as stack:
            await server.begin(stack)

    asyncio.run(begin())
    return Control(server)


def ask(control: Control, **request: object) -> dict[str, Any]:
    return control.answer(json.dumps(request).encode())


def test_control_signs_an_agent_on_and_off(control: Control) -> None:
    assert ask(control, id=1, order="open", agent="1001", password="red-1713") == {
        "id": 1,
        "ok": True,
        "state": "signed off",
    }
    assert ask(control, id=2, order="sign_on")["state"] == "not ready"
    assert ask(control, id=3, order="ready")["state"] == "ready"
    events = ask(control, id=4, order="events", since=0)["events"]
    assert "AgentLoggedOn" in [event["type"] for event in events]
    assert ask(control, id=5, order="sign_off")["state"] == "signed off"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"nonsense", "not JSON"),
        (b"[1]", "expected a JSON object"),
        (b'{"order": "sign_on"}', "expected `open`"),
        (b'{"order": "open", "agent": "1001", "password": "x"}', "not known"),
        (b'{"order": "open", "agent": "9", "password": ""}', "not known"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_control_answers_a_bad_request_with_an_error(control: Control, line: bytes, message: str) -> None:
    answer = control.answer(line)
    assert message in answer["error"]  # type: ignore[operator]
    assert "ok" not in answer


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"order": "dail"}, "expected open, server, state, events"),
        ({"order": "dial", "number": "12"}, "lift it to dial"),
        ({"order": "dial", "number": "abc"}, "expected 1 to 24 keys"),
        ({"order": "hang_up"}, "no call to clear when signed off"),
        ({"order": "events", "since": "x"}, "expected an integer"),
    ],
)
def test_control_refuses_an_order_with_the_reason(
    control: Control, request_: dict[str, object], message: str
) -> None:
    ask(control, order="open", agent="1001", password="red-1713")
    answer = ask(control, **request_)
    assert message in answer["error"]
    assert answer["state"] == "signed off"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_server_sends_its_line_in_real_time_and_journals_to_a_file(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"

    async def run() -> tuple[int, float]:
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        address = ("127.0.0.1", free_port())
        server = Server(reference_config(), [(address, peer.getsockname())], journal=journal)
        stop = asyncio.Event()
        task = asyncio.create_task(server.run(stop))
        loop = asyncio.get_running_loop()
        await loop.sock_recv(peer, 2048)
        start, count = time.monotonic(), 0
        while time.monotonic() - start < 0.5:
            await loop.sock_recv(peer, 2048)
            count += 1
        taken = time.monotonic() - start
        stop.set()
        await task
        peer.close()
        return count, taken

    count, taken = asyncio.run(asyncio.wait_for(run(), 10))
    assert count == pytest.approx(taken * 1_000, rel=0.3)
    written = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [event["number"] for event in written] == list(range(1, len(written) + 1))


def test_serve_command_says_where_it_serves_and_stops_on_sigterm() -> None:
    line = f"127.0.0.1:{free_port()}=127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "callcenter.cli", "serve", "--line", line, "--control", "127.0.0.1:0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    with process.stdout as output:
        told = [output.readline() for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert told[0].startswith("line 0: 127.0.0.1:")
    assert told[1].startswith("control: 127.0.0.1:")
    assert told[2] == "serving\n"


def test_check_config_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "centre.toml"
    path.write_text('name = "x"\nvarint = "itu14"\n')
    result = CliRunner().invoke(main, ["check-config", str(path)])
    assert result.exit_code == 1
    assert "varint: unknown key" in result.output
    assert "Traceback" not in result.output


def test_check_config_of_the_reference_is_good() -> None:
    result = CliRunner().invoke(main, ["check-config", str(DATA / "reference.toml")])
    assert result.exit_code == 0, result.output
    assert "30 circuits, 4 agents" in result.output


@pytest.mark.parametrize("line", ["127.0.0.1:1", "a=b", "127.0.0.1:99999=127.0.0.1:1"])
def test_serve_with_a_wrong_address_is_refused(line: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--line", line])
    assert result.exit_code == 2
    assert "expected HOST:PORT" in result.output

"""Capture files read back by hand and by tshark, and the tap that fills them."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from testrig.errors import LimitError
from testrig.hdlc import HdlcTransmitter
from testrig.line import Block, Line
from testrig.pcapng import PcapngWriter
from testrig.tap import SignallingCapture, TappedLine
from testrig.virtual import LinePair

FISU = bytes([0x80, 0x80, 0x00])
LSSU = bytes([0x80, 0x80, 0x01, 0x02])
MSU = bytes([0x80, 0x81, 0x09, 0x85, 1, 2, 3, 4, 5, 6, 7, 8])


def blocks(data: bytes) -> list[tuple[int, bytes]]:
    """Blocks of a capture: type and body; checks both lengths of each."""
    out, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0
        assert struct.unpack_from("<I", data, at + length - 4) == (length,)
        out.append((kind, data[at + 8 : at + length - 4]))
        at += length
    return out


def block_with(octets: np.ndarray[tuple[int], np.dtype[np.uint8]], slot: int) -> Block:
    block = np.full((len(octets), 32), 0xD5, np.uint8)
    block[:, slot] = octets
    return block


def captured() -> bytes:
    """A link that sends FISUs, an LSSU and an MSU out, and hears FISUs, through a tap on slot 16."""
    stream = io.BytesIO()
    pair = LinePair("line0")
    tapped = TappedLine(pair.a, [16], SignallingCapture(PcapngWriter(stream)))
    assert isinstance(tapped, Line)
    near, far = HdlcTransmitter(), HdlcTransmitter()
    near.fill = far.fill = FISU
    for step in range(8):
        if step == 3:
            near.send(LSSU)
            near.send(MSU)
        sent, heard = block_with(near.take(40), 16), block_with(far.take(40), 16)
        tapped.send(sent)
        pair.b.send(heard)
        assert (tapped.receive(40) == heard).all()
        assert (pair.b.receive(40) == sent).all()
    return stream.getvalue()


def test_capture_holds_each_change_once_with_time_direction_and_repeats() -> None:
    parts = blocks(captured())
    assert [kind for kind, _ in parts] == [0x0A0D0D0A, 1, 6, 6, 6, 6, 6]
    assert parts[1][1][:2] == struct.pack("<H", 140)
    assert b"line0 time slot 16" in parts[1][1]
    packets = [body for kind, body in parts if kind == 6]
    frames = []
    for body in packets:
        interface, high, low, length, original = struct.unpack_from("<IIIII", body)
        assert interface == high == 0
        assert length == original
        assert low % 125 == 0
        options = body[20 + length + -length % 4 :]
        assert struct.unpack_from("<HH", options) == (2, 4)
        frames.append((struct.unpack_from("<I", options, 4)[0], body[20 : 20 + length]))
    assert [frame for direction, frame in frames if direction == 2] == [FISU, LSSU, MSU, FISU]
    assert [frame for direction, frame in frames if direction == 1] == [FISU]
    assert b"the frame before was repeated" in packets[2]


def test_tap_tells_how_often_the_frame_before_was_repeated() -> None:
    told: list[tuple[bytes, int]] = []

    class Writer:
        def frame(
            self, line: str, slot: int, octets: bytes, at: int, *, outbound: bool, repeats_before: int
        ) -> None:
            told.append((octets, repeats_before))

    line = TappedLine(LinePair("line0").a, [1], Writer())
    transmitter = HdlcTransmitter()
    for frame in [FISU] * 9 + [MSU] + [FISU] * 3 + [LSSU]:
        transmitter.send(frame)
    for _ in range(4):
        line.send(block_with(transmitter.take(40), 1))
    assert told == [(FISU, 0), (MSU, 8), (FISU, 0), (LSSU, 2)]


def test_capture_of_the_same_frames_is_the_same_octets() -> None:
    assert captured() == captured()


def test_time_stamps_go_beyond_32_bits_of_microseconds() -> None:
    stream = io.BytesIO()
    writer = PcapngWriter(stream)
    at = 40_000_000
    writer.packet(writer.interface("long run"), at, FISU, outbound=True)
    _, high, low = struct.unpack_from("<III", blocks(stream.getvalue())[-1][1])
    assert (high << 32 | low) == at * 125 > 1 << 32


def test_unknown_interface_and_slot_are_refused() -> None:
    with pytest.raises(LimitError, match="interface 0 unknown"):
        PcapngWriter(io.BytesIO()).packet(0, 0, FISU, outbound=True)
    capture = SignallingCapture(PcapngWriter(io.BytesIO()))
    with pytest.raises(LimitError, match="time slots"):
        TappedLine(LinePair("line0").a, [0], capture)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_the_capture(tmp_path: Path) -> None:
    path = tmp_path / "link.pcapng"
    path.write_bytes(captured())
    fields = [
        "frame.protocols",
        "frame.interface_name",
        "frame.len",
        "frame.time_epoch",
        "frame.packet_flags",
    ]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert len(rows) == 5
    assert all(row[0].startswith("mtp2") for row in rows)
    assert {row[1] for row in rows} == {"line0 time slot 16"}
    assert sorted(int(row[2]) for row in rows) == sorted([3, 3, 3, len(LSSU), len(MSU)])

"""SAToP (RFC 4553): packets, the jitter buffer, the socket shell, and Wireshark's opinion."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testrig.errors import LimitError, RigError
from testrig.line import Block, Line
from testrig.satop import ControlWord, Depacketiser, Packetiser, SatopLine

DELAY_FRAMES = 4 * 8


def _frames(count: int, seed: int = 1) -> Block:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), np.uint8)


def _packets(count: int, *, sequence: int = 0) -> tuple[Block, list[bytes]]:
    block = _frames(8 * count)
    return block, Packetiser(sequence=sequence).put(block)


def test_control_word_known_bits_are_where_rfc_4553_figure_3_has_them() -> None:
    assert ControlWord(0x1234).encode() == bytes.fromhex("00001234")
    assert ControlWord(1, local_fault=True).encode() == bytes.fromhex("08000001")
    assert ControlWord(1, remote_loss=True, length=36).encode() == bytes.fromhex("04240001")


@pytest.mark.parametrize("head", ["10000000", "00400000", "00800000", "000000"])
def test_control_word_of_something_else_is_none(head: str) -> None:
    assert ControlWord.decode(bytes.fromhex(head)) is None


def test_packetiser_short_packet_carries_its_length() -> None:
    packets = Packetiser(payload=32).put(_frames(2))
    assert [packet[:4].hex() for packet in packets] == ["00240000", "00240001"]
    assert all(len(packet) == 36 for packet in packets)


@pytest.mark.parametrize("payload", [0, 33, 31, 1472])
def test_packetiser_payload_of_no_whole_frames_is_refused(payload: int) -> None:
    with pytest.raises(LimitError, match="multiple of 32"):
        Packetiser(payload=payload)


@given(cuts=st.lists(st.integers(1, 50), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_packetiser_however_the_line_is_cut_sends_the_same(cuts: list[int]) -> None:
    block = _frames(sum(cuts))
    whole = Packetiser().put(block)
    parts, at, packetiser = [], 0, Packetiser()
    for cut in cuts:
        parts += packetiser.put(block[at : at + cut])
        at += cut
    assert parts == whole


def test_depacketiser_clean_gives_the_line_behind_its_delay() -> None:
    block, packets = _packets(20)
    line = Depacketiser()
    for packet in packets:
        line.put(packet)
    assert line.available == 20 * 8 + DELAY_FRAMES
    filling = line.take(DELAY_FRAMES)
    assert (filling == 0xFF).all()
    assert not line.signal
    out = np.concatenate([line.take(n) for n in (1, 2, 7, 30, 120)])
    assert np.array_equal(out, block)
    assert line.signal


def test_depacketiser_sequence_wraps() -> None:
    block, packets = _packets(20, sequence=65_530)
    line = Depacketiser()
    for packet in packets:
        line.put(packet)
    line.take(DELAY_FRAMES)
    assert np.array_equal(line.take(160), block)
    assert line.counters.lost == 0


def test_depacketiser_lost_packet_becomes_all_ones_and_nothing_moves() -> None:
    block, packets = _packets(20)
    line = Depacketiser()
    for index, packet in enumerate(packets):
        if index != 5:
            line.put(packet)
    line.take(DELAY_FRAMES)
    expected = block.copy()
    expected[40:48] = 0xFF
    assert np.array_equal(line.take(160), expected)
    assert line.counters.lost == 1
    assert line.signal


def test_depacketiser_packet_is_given_up_when_delay_later_ones_are_there() -> None:
    _, packets = _packets(6)
    line = Depacketiser(delay=4)
    line.put(packets[0])
    for packet in packets[2:5]:
        line.put(packet)
    assert line.available == DELAY_FRAMES + 8
    line.put(packets[5])
    assert line.available == DELAY_FRAMES + 6 * 8


@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_depacketiser_reordered_and_doubled_packets_leave_the_line_whole(data: st.DataObject) -> None:
    block, packets = _packets(24, sequence=65_525)
    keys = [index + data.draw(st.floats(0, 2.9)) for index in range(24)]
    keys[0] = 0
    order = sorted(range(24), key=lambda index: keys[index])
    line = Depacketiser()
    doubled = data.draw(st.sets(st.integers(1, 23)))
    for index in order:
        line.put(packets[index])
        if index in doubled:
            line.put(packets[index])
    line.take(DELAY_FRAMES)
    assert np.array_equal(line.take(24 * 8), block)
    counters = line.counters
    assert counters.lost == 0
    assert counters.duplicates + counters.late == len(doubled)


def test_depacketiser_packet_after_it_was_given_up_is_late() -> None:
    _, packets = _packets(8)
    line = Depacketiser()
    for index in (0, 2, 3, 4, 5, 1, 6):
        line.put(packets[index])
    assert (line.counters.lost, line.counters.late) == (1, 1)


def test_depacketiser_l_bit_takes_the_signal_away_with_or_without_payload() -> None:
    packetiser = Packetiser()
    packetiser.local_fault = True
    line = Depacketiser()
    with_payload, second = packetiser.put(np.zeros((16, 32), np.uint8))
    line.put(with_payload)
    line.put(second[:4])
    packetiser.local_fault = False
    line.put(packetiser.put(np.zeros((8, 32), np.uint8))[0])
    line.take(DELAY_FRAMES)
    assert (line.take(16) == 0xFF).all()
    assert not line.signal
    assert (line.take(8) == 0).all()
    assert line.signal


def test_depacketiser_eight_lost_in_a_row_is_packet_loss_until_two_arrive() -> None:
    _, packets = _packets(30)
    line = Depacketiser()
    line.put(packets[0])
    for packet in packets[8:12]:
        line.put(packet)
    assert line.counters.lost == 7
    assert not line.packet_loss
    for packet in packets[20:23]:
        line.put(packet)
    assert not line.packet_loss
    line.put(packets[23])  # 12 to 19 are given up, and 20 to 23 follow in sequence
    assert line.counters.lost == 15
    assert not line.packet_loss
    line.take(DELAY_FRAMES + 19 * 8)
    line.take(8)
    assert not line.signal  # the eighth of the row
    line.take(8)
    assert line.signal


def test_depacketiser_r_bit_tells_that_the_far_end_misses_packets() -> None:
    packetiser = Packetiser()
    packetiser.remote_loss = True
    line = Depacketiser()
    line.put(packetiser.put(_frames(8))[0])
    assert line.remote_loss


def test_depacketiser_restarted_far_end_is_followed() -> None:
    _, packets = _packets(3, sequence=100)
    block, again = _packets(10, sequence=30_000)
    line = Depacketiser()
    for packet in packets + again:
        line.put(packet)
    line.take(DELAY_FRAMES + 24)
    assert np.array_equal(line.take(80), block)
    assert line.counters.restarts == 1


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_depacketiser_any_octets_never_raise(packet: bytes) -> None:
    line = Depacketiser()
    line.put(packet)
    assert line.counters.malformed + line.counters.received == 1


def test_depacketiser_taking_more_than_is_there_is_refused() -> None:
    with pytest.raises(LimitError, match="at most 0"):
        Depacketiser().take(1)


@pytest.fixture
def joined() -> tuple[SatopLine, SatopLine]:
    near = SatopLine("near", ("127.0.0.1", 0), ("127.0.0.1", 9), timeout_s=0.2)
    far = SatopLine("far", ("127.0.0.1", 0), near.local, timeout_s=0.2)
    near.connect(far.local)
    return near, far


def test_satop_line_over_loopback_carries_both_directions_in_lock_step(
    joined: tuple[SatopLine, SatopLine],
) -> None:
    near, far = joined
    assert isinstance(near, Line)
    there, back = _frames(800, 1), _frames(800, 2)
    heard_far, heard_near = [], []
    at = 0
    for n in [40] * 10 + [13, 27, 160, 200]:
        near.send(there[at : at + n])
        far.send(back[at : at + n])
        heard_far.append(far.receive(n))
        heard_near.append(near.receive(n))
        at += n
    assert np.array_equal(np.concatenate(heard_far)[DELAY_FRAMES:], there[: 800 - DELAY_FRAMES])
    assert np.array_equal(np.concatenate(heard_near)[DELAY_FRAMES:], back[: 800 - DELAY_FRAMES])
    assert near.signal
    assert near.counters.lost == far.counters.lost == 0
    near.close()
    far.close()


def test_satop_line_silent_far_end_is_a_rig_error_that_says_so(joined: tuple[SatopLine, SatopLine]) -> None:
    near, far = joined
    with pytest.raises(RigError, match=r"near: no packet from 127\.0\.0\.1:\d+ for 0\.2 s; received 0"):
        near.receive(8)
    near.close()
    far.close()


def test_satop_line_port_in_use_is_a_rig_error(joined: tuple[SatopLine, SatopLine]) -> None:
    near, far = joined
    with pytest.raises(RigError, match="cannot bind UDP"):
        SatopLine("third", near.local, far.local)
    near.close()
    far.close()


def _capture(path: Path, packets: list[bytes], port: int) -> None:
    """A classic capture of raw IPv4 (link type 101)."""
    content = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for index, packet in enumerate(packets):
        udp = struct.pack("!HHHH", port, port, 8 + len(packet), 0) + packet
        head = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), index, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2"
        )
        content += struct.pack("<IIII", 0, index * 1000, 20 + len(udp), 20 + len(udp)) + head + udp
    path.write_bytes(content)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark missing")
def test_packets_as_wireshark_reads_them(tmp_path: Path) -> None:
    port = 47_000
    packetiser = Packetiser(sequence=65_534)
    packets = packetiser.put(_frames(8))
    packetiser.local_fault = packetiser.remote_loss = True
    packets += packetiser.put(_frames(16))
    _capture(tmp_path / "satop.pcap", packets, port)
    fields = ["cw.lbit", "cw.rbit", "cw.frag", "cw.length", "cw.seqno", "payload.len"]
    command = [
        "tshark",
        "-r",
        str(tmp_path / "satop.pcap"),
        "-d",
        f"udp.port=={port},pwsatopcw",
        "-T",
        "fields",
    ]
    for field in fields:
        command += ["-e", f"pwsatop.{field}"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    read = [[int(value, 0) for value in line.split("\t")] for line in run.stdout.splitlines()]
    assert read == [
        [0, 0, 0, 0, 65_534, 256],
        [1, 1, 0, 0, 65_535, 256],
        [1, 1, 0, 0, 0, 256],
    ]

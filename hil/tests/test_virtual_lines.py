"""Virtual lines and station lines: nothing changes unimpaired, every impairment does what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testrig.errors import LimitError, RigError
from testrig.line import Block, Line, StationLine, StationPort
from testrig.virtual import LinePair, StationPair, bit_position


def frames(count: int, first: int = 0) -> Block:
    block = np.zeros((count, 32), np.uint8)
    block[:, 1] = (first + np.arange(count)) % 256
    return block


def numbers(block: Block) -> list[int]:
    return [int(octet) for octet in block[:, 1]]


def test_ends_keep_the_contracts() -> None:
    line, station = LinePair("line0"), StationPair("station1")
    assert isinstance(line.a, Line)
    assert isinstance(line.b, Line)
    assert isinstance(station.phone, StationLine)
    assert isinstance(station.exchange, StationPort)
    assert line.a.name == "line0"


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.data())
def test_frames_arrive_once_and_in_order_in_any_blocks(sizes: list[int], data: st.DataObject) -> None:
    line = LinePair("line0")
    for index, size in enumerate(sizes):
        line.a.send(frames(size, sum(sizes[:index])))
    total = sum(sizes)
    out: list[int] = []
    while len(out) < total:
        out += numbers(line.b.receive(data.draw(st.integers(1, total - len(out)))))
    assert out == [number % 256 for number in range(total)]


def test_sender_may_reuse_its_block() -> None:
    line, block = LinePair("line0"), frames(4)
    line.a.send(block)
    block[:] = 9
    assert numbers(line.b.receive(4)) == [0, 1, 2, 3]


def test_receiving_more_than_was_sent_names_line_and_direction() -> None:
    line = LinePair("line7")
    line.a.send(frames(3))
    with pytest.raises(RigError, match="line7 a to b: cannot receive 4 frames, 3 were sent"):
        line.b.receive(4)
    assert numbers(line.b.receive(3)) == [0, 1, 2]


@settings(deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=8), st.sampled_from([1e-4, 1e-2, 0.3]))
def test_random_impairments_do_not_depend_on_the_blocks(sizes: list[int], rate: float) -> None:
    results = []
    for partition in (sizes, [sum(sizes)]):
        line = LinePair("line0", seed=5)
        line.a_to_b.slots = (0, 7, 31)
        line.a_to_b.bit_error_rate = rate
        line.a_to_b.loss = rate / 3
        for size in partition:
            line.a.send(np.zeros((size, 32), np.uint8))
        results.append(line.b.receive(sum(sizes)))
    assert (results[0] == results[1]).all()


def test_bit_error_rate_is_met_and_seeds_differ() -> None:
    received = []
    for seed in (1, 2):
        line = LinePair("line0", seed=seed)
        line.a_to_b.bit_error_rate = 1e-3
        line.a.send(np.zeros((8000, 32), np.uint8))
        received.append(line.b.receive(8000))
        count = int(np.unpackbits(received[-1]).sum())
        assert count == line.a_to_b.bits_hit
        assert abs(count - 2048) < 5 * 2048**0.5
    assert (received[0] != received[1]).any()


def test_errors_stop_when_the_rate_is_taken_back() -> None:
    line = LinePair("line0")
    line.a_to_b.bit_error_rate = 0.5
    line.a_to_b.bit_error_rate = 0
    line.a.send(np.zeros((100, 32), np.uint8))
    assert not line.b.receive(100).any()


def test_flips_hit_exactly_the_bits_named_even_in_later_blocks() -> None:
    line = LinePair("line0")
    line.b_to_a.flip([bit_position(1, 2, 1), bit_position(9, 31, 8)])
    received = []
    for _ in range(3):
        line.b.send(np.zeros((4, 32), np.uint8))
        received.append(line.a.receive(4))
    block = np.concatenate(received)
    assert block[1, 2] == 0x80
    assert block[9, 31] == 0x01
    assert np.count_nonzero(block) == 2


def test_cut_and_ais_reach_the_far_end_with_the_frames() -> None:
    line = LinePair("line0")
    line.a_to_b.cut = True
    line.a.send(np.full((5, 32), 7, np.uint8))
    assert line.b.signal
    assert not line.b.receive(5).any()
    assert not line.b.signal
    line.a_to_b.cut = False
    line.a_to_b.ais = True
    line.a.send(np.full((5, 32), 7, np.uint8))
    assert (line.b.receive(5) == 0xFF).all()
    assert line.b.signal
    line.a_to_b.ais = False
    line.a.send(np.full((5, 32), 7, np.uint8))
    assert (line.b.receive(5) == 7).all()
    line.b.send(frames(2))
    assert line.a.signal


def test_delay_slip_and_its_way_back() -> None:
    line = LinePair("line0")
    line.a_to_b.delay = 2
    line.a.send(frames(4))
    assert line.b.receive(4)[:2].min() == 0xFF
    line.a_to_b.slip(1)
    assert line.a_to_b.delay == 2
    line.a.send(frames(4, 4))
    assert line.a_to_b.delay == 3
    assert numbers(line.b.receive(4)) == [2, 3, 4, 4]
    line.a_to_b.slip(-1)
    line.a.send(frames(4, 8))
    assert numbers(line.b.receive(4)) == [6, 7, 8, 9]
    line.a_to_b.delay = 0
    line.a.send(frames(2, 12))
    assert numbers(line.b.receive(2)) == [12, 13]
    with pytest.raises(LimitError, match="no frame in store"):
        line.a_to_b.slip(-1)


def test_frame_loss_replaces_frames_by_ones_at_its_rate() -> None:
    line = LinePair("line0", seed=3)
    line.a_to_b.loss = 0.1
    line.a.send(np.zeros((8000, 32), np.uint8))
    block = line.b.receive(8000)
    lost = block.all(axis=1)
    assert 650 < int(lost.sum()) < 950
    assert (block[lost] == 0xFF).all()
    assert not block[~lost].any()


def test_wrong_settings_are_refused() -> None:
    line = LinePair("line0")
    with pytest.raises(LimitError, match="bit_error_rate"):
        line.a_to_b.bit_error_rate = 1.0
    with pytest.raises(LimitError, match="slots"):
        line.a_to_b.slots = (32,)
    with pytest.raises(LimitError, match="slip 2"):
        line.a_to_b.slip(2)
    with pytest.raises(LimitError, match="delay"):
        line.a_to_b.delay = -1
    with pytest.raises(LimitError, match="already been sent"):
        line.a_to_b.flip([-1])
    with pytest.raises(LimitError, match="bit 9"):
        bit_position(0, 0, 9)
    with pytest.raises(LimitError, match="uint8"):
        line.a.send(np.zeros((4, 31), np.uint8))


def test_station_line_carries_hook_ringing_and_audio_both_ways() -> None:
    station = StationPair("station1")
    station.phone.hook(True)
    station.exchange.ring(True)
    assert station.exchange.off_hook
    assert station.phone.ringing
    station.phone.hook(False)
    station.exchange.ring(False)
    assert not station.exchange.off_hook
    assert not station.phone.ringing
    station.phone.send(np.arange(40, dtype=np.uint8))
    station.exchange.send(np.arange(40, 80, dtype=np.uint8))
    assert station.exchange.receive(40).tolist() == list(range(40))
    assert station.phone.receive(40).tolist() == list(range(40, 80))
    with pytest.raises(RigError, match="station1"):
        station.phone.receive(1)

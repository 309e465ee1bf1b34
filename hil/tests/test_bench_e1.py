"""The tester's E1 end: framing against a slow model, alignment anywhere, alarms, and orders to misbehave."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testrig.board import Alarm
from testrig.crc import crc4
from testrig.e1 import E1Port
from testrig.errors import LimitError
from testrig.line import Block, Octets
from testrig.virtual import LinePair, bit_position


def slow_crc4(frames: Block) -> int:
    """Remainder of one submultiframe by long division, bit by bit."""
    bits = "".join(f"{octet:08b}" for octet in frames.reshape(-1).tolist()) + "0000"
    register = 0
    for bit in bits:
        register = register << 1 | int(bit)
        if register & 0b10000:
            register ^= 0b10011
    return register


class Pair:
    """Two ports on a virtual line, in lock step."""

    def __init__(self, *, crc4: bool = True, far_crc4: bool | None = None) -> None:
        self.line = LinePair("line0", seed=7)
        self.near = E1Port(self.line.a, crc4=crc4)
        self.far = E1Port(self.line.b, crc4=crc4 if far_crc4 is None else far_crc4)
        self.got: Block = np.zeros((0, 32), np.uint8)

    def run(self, frames: int, block: int = 40) -> Block:
        """Run and return what the near end received."""
        out = []
        while frames > 0:
            count = min(block, frames)
            self.near.send(count)
            self.far.send(count)
            out.append(self.near.receive(count))
            self.far.receive(count)
            frames -= count
        return np.concatenate(out)


def counting(step: int = 1) -> Callable[[int], Octets]:
    """A source whose octets count up, so a frame lost or repeated shows."""
    state = [0]

    def source(count: int) -> Octets:
        values = (state[0] + step * np.arange(count)) % 251
        state[0] = int((state[0] + step * count) % 251)
        return values.astype(np.uint8)

    return source


@given(st.binary(min_size=512, max_size=512))
def test_crc4_equals_long_division(octets: bytes) -> None:
    frames = np.frombuffer(octets, np.uint8).reshape(16, 32)
    assert crc4(frames).tolist() == [slow_crc4(frames[:8]), slow_crc4(frames[8:])]


@pytest.mark.parametrize("sizes", [[40], [1], [3, 11], [8], [16, 5]])
def test_multiframe_sent_is_that_of_table_5b(sizes: list[int]) -> None:
    pair = Pair()
    pair.near.sources[5] = counting(3)
    pair.near.force_rai = False
    frames = []
    for index in range(100):
        pair.near.send(sizes[index % len(sizes)])
        frames.append(pair.line.b.receive(sizes[index % len(sizes)]))
    line = np.concatenate(frames)[: len(np.concatenate(frames)) // 16 * 16]
    word0 = line[:, 0].reshape(-1, 16)
    assert (word0[:, ::2] & 0x7F == 0b0011011).all()
    assert (word0[:, 1::2] & 0x7F == 0b1011111).all()
    assert (word0[:, 1::2] >> 7 == [0, 0, 1, 0, 1, 1, 1, 1]).all()
    bare = line.copy()
    bare[::2, 0] &= 0x7F
    carried = (line[::2, 0] >> 7).reshape(-1, 4) @ np.array([8, 4, 2, 1])
    own = [slow_crc4(bare[at : at + 8]) for at in range(0, len(bare), 8)]
    assert carried[1:].tolist() == own[:-1]


@pytest.mark.parametrize("block", [1, 7, 40, 333])
def test_two_ends_align_and_pass_octets_untouched(block: int) -> None:
    pair = Pair()
    pair.far.sources[9] = counting()
    heard: list[Octets] = []
    pair.near.sinks[9] = heard.append
    pair.run(1600, block)
    octets = np.concatenate(heard)[400:]
    assert ((np.diff(octets.astype(int)) % 251) == 1).all()
    assert pair.near.alarms == frozenset()
    assert pair.near.multiframe_aligned
    assert pair.near.counters.crc_errors == pair.near.counters.fas_errors == 0
    assert pair.near.settled
    assert pair.near.received_e == (1, 1)


def test_alignment_is_found_at_every_bit() -> None:
    for bits in range(256):
        pair = Pair()
        pair.far.shift(bits)
        pair.far.sources[1] = counting()
        received = pair.run(160)
        assert pair.near.aligned, bits
        assert pair.near.multiframe_aligned, bits
        assert ((np.diff(received[80:, 1].astype(int)) % 251) == 1).all(), bits
        assert (received[80:, 2:] == 0xD5).all(), bits
        assert pair.near.counters.crc_errors == 0, bits


@pytest.mark.parametrize("bits", [1, 8, 100, 255])
def test_a_shift_in_service_is_lost_and_found_again(bits: int) -> None:
    pair = Pair()
    pair.run(400)
    pair.far.shift(bits)
    pair.run(400)
    assert pair.near.counters.alignment_losses == 1
    assert pair.near.aligned
    assert pair.near.multiframe_aligned
    gone = [event for event in pair.near.alarm_events if event.alarm is Alarm.LOF and event.at >= 400]
    assert [event.on for event in gone] == [True, False]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=4), st.integers(0, 255), st.floats(1e-4, 0.02))
def test_supervision_does_not_depend_on_the_blocks(sizes: list[int], bits: int, rate: float) -> None:
    pair = Pair()
    pair.far.shift(bits)
    pair.far.force_rai = False
    pair.far.sources[3] = counting()
    pair.run(160)
    pair.line.b_to_a.bit_error_rate = rate
    sent = []
    for _ in range(60):
        pair.far.send(40)
        sent.append(pair.line.a.receive(40))
    stream = np.concatenate(sent)
    results = []
    for partition in ([2400], sizes):
        line = LinePair("again")
        port = E1Port(line.a)
        out, at, index = [], 0, 0
        while at < len(stream):
            block = stream[at : at + partition[index % len(partition)]]
            line.b.send(block)
            out.append(port.receive(len(block)))
            at += len(block)
            index += 1
        results.append((np.concatenate(out).tobytes(), port.alarm_events, port.counters))
    assert results[0] == results[1]


@pytest.mark.parametrize(("words", "lost"), [(1, 0), (2, 0), (3, 1)])
def test_three_errored_fas_in_a_row_lose_alignment_and_two_do_not(words: int, lost: int) -> None:
    pair = Pair()
    pair.run(400)
    pair.far.corrupt_fas(words)
    pair.run(80)
    assert pair.near.counters.fas_errors == words
    assert pair.near.counters.alignment_losses == lost
    assert pair.near.counters.crc_errors == 0
    pair.run(400)
    assert pair.near.alarms == frozenset()


@pytest.mark.parametrize(("words", "lost"), [(2, 0), (3, 1)])
def test_three_errored_bits_2_in_a_row_lose_alignment(words: int, lost: int) -> None:
    pair = Pair()
    pair.run(400)
    pair.far.corrupt_nfas(words)
    pair.run(400)
    assert pair.near.counters.alignment_losses == lost
    assert pair.near.counters.fas_errors == 0


def test_fas_corrupted_for_ever_keeps_alignment_away_until_stopped() -> None:
    pair = Pair()
    pair.run(400)
    pair.far.corrupt_fas()
    received = pair.run(800)
    assert Alarm.LOF in pair.near.alarms
    assert Alarm.RAI in pair.far.alarms
    assert (received[400:] == 0xFF).all()
    pair.far.corrupt_fas(0)
    pair.run(400)
    assert pair.near.alarms == pair.far.alarms == frozenset()


def test_each_errored_submultiframe_is_counted_and_reported_once_by_an_e_bit() -> None:
    pair = Pair()
    pair.run(400)
    pair.far.corrupt_crc(7)
    assert not pair.far.settled
    pair.run(800)
    assert pair.near.counters.crc_errors == 7
    assert pair.far.counters.far_end_errors == 7
    assert pair.near.counters.alignment_losses == 0
    assert pair.far.settled


def test_single_bit_error_on_the_line_makes_one_crc_error() -> None:
    pair = Pair()
    pair.run(400)
    pair.line.b_to_a.flip([bit_position(3, 17, 4)])
    received = pair.run(80)
    assert received[3, 17] == 0xD5 ^ 0x10
    assert pair.near.counters.crc_errors == 1
    assert pair.line.b_to_a.bits_hit == 1


@pytest.mark.parametrize(("errored", "lost"), [(914, 0), (915, 1)])
def test_915_of_1000_errored_blocks_force_a_search(errored: int, lost: int) -> None:
    pair = Pair()
    while not pair.near.multiframe_aligned:
        pair.run(1, 1)
    pair.run(20, 1)  # past the first submultiframe taken whole: the window opens with the next
    pair.far.corrupt_crc(errored)
    pair.run(8000 - 40)
    assert pair.near.counters.alignment_losses == lost
    assert pair.near.counters.crc_errors == errored
    pair.run(800)
    assert pair.near.alarms == frozenset()


def test_errored_blocks_of_different_thousands_do_not_add_up() -> None:
    pair = Pair()
    pair.run(400)
    for _ in range(3):
        pair.far.corrupt_crc(600)
        pair.run(16_000)
    assert pair.near.counters.crc_errors == 1800
    assert pair.near.counters.alignment_losses == 0


@pytest.mark.parametrize(("frame", "reported_in"), [(3, 13), (12, 15)])
def test_e_bit_names_the_submultiframe_in_error(frame: int, reported_in: int) -> None:
    pair = Pair()
    pair.run(400)
    pair.line.b_to_a.flip([bit_position(frame, 20, 1)])
    words = []
    for _ in range(10):
        pair.near.send(8)
        pair.far.send(8)
        pair.near.receive(8)
        words += pair.far.receive(8)[:, 0].tolist()
    reports = [at % 16 for at, word in enumerate(words) if at % 16 in (13, 15) and not word & 0x80]
    assert reports == [reported_in]


def test_false_alignment_signal_met_first_is_left_for_the_true_one() -> None:
    pair = Pair()
    sent = [0]

    def mimic(count: int) -> Octets:
        octets = np.where((sent[0] + np.arange(count)) % 2, 0xDF, 0x1B).astype(np.uint8)
        sent[0] += count
        return octets

    pair.far.sources[4] = mimic
    pair.far.sources[1] = counting()
    # the signal begins inside a frame, between its time slots 0 and 4
    pair.far.shift(240)
    pair.line.b_to_a.cut = True
    pair.run(1)
    pair.line.b_to_a.cut = False
    pair.run(60)
    assert pair.near.aligned
    assert not pair.near.multiframe_aligned
    received = pair.run(340)
    assert pair.near.multiframe_aligned
    assert pair.near.alarms == frozenset()
    assert pair.near.counters.alignment_losses == 1
    assert ((np.diff(received[200:, 1].astype(int)) % 251) == 1).all()


@pytest.mark.parametrize("crc", [True, False])
def test_rai_follows_the_far_end_and_its_persistence(crc: bool) -> None:
    pair = Pair(crc4=crc)
    pair.run(400)
    pair.far.force_rai = True
    pair.run(5)
    assert Alarm.RAI not in pair.near.alarms
    pair.run(1)
    assert pair.near.alarms == {Alarm.RAI}
    assert pair.near.received_a == 1
    pair.far.force_rai = None
    pair.run(40)
    assert pair.near.alarms == frozenset()


def test_loss_of_signal_is_los_alone_and_answered_with_rai() -> None:
    pair = Pair()
    pair.run(400)
    pair.line.b_to_a.cut = True
    received = pair.run(80)
    assert pair.near.alarms == {Alarm.LOS}
    assert (received == 0xFF).all()
    assert pair.far.alarms == {Alarm.RAI}
    pair.line.b_to_a.cut = False
    pair.run(200)
    assert pair.near.alarms == pair.far.alarms == frozenset()
    assert pair.near.counters.slips == 0


@pytest.mark.parametrize("where", ["order", "line"])
def test_ais_replaces_lof_after_two_double_frames(where: str) -> None:
    pair = Pair()
    pair.run(400)
    if where == "order":
        pair.far.ais = True
    else:
        pair.line.b_to_a.ais = True
    pair.run(80)
    assert pair.near.alarms == {Alarm.AIS}
    on = {event.alarm: event.at for event in pair.near.alarm_events if event.on and event.at >= 400}
    # three FAS wrong: frames 400, 402, 404; four frames of ones behind the last
    assert on[Alarm.LOF] == 404
    assert on[Alarm.AIS] == 408
    pair.run(8000, 8000)
    assert pair.near.settled
    pair.far.ais = pair.line.b_to_a.ais = False
    pair.run(200)
    assert pair.near.alarms == frozenset()


def test_without_multiframe_at_the_far_end_lom_stands_and_octets_pass() -> None:
    pair = Pair(far_crc4=False)
    pair.far.sources[2] = counting()
    received = pair.run(800)
    assert pair.near.alarms == {Alarm.LOM}
    assert pair.near.counters.alignment_losses == 0
    assert ((np.diff(received[80:, 2].astype(int)) % 251) == 1).all()
    pair.far.crc4 = True
    pair.run(200)
    assert pair.near.alarms == frozenset()
    assert pair.near.multiframe_aligned


def test_multiframe_alignment_signal_sent_wrong_keeps_multiframe_alignment_away() -> None:
    pair = Pair()
    pair.near.corrupt_mfas()
    pair.run(800)
    assert Alarm.LOM in pair.far.alarms
    assert pair.far.aligned
    pair.near.corrupt_mfas(0)
    pair.run(200)
    assert pair.far.multiframe_aligned


def test_multiframe_turned_on_within_a_submultiframe_checks_from_the_next() -> None:
    pair = Pair(crc4=False)
    pair.run(403)
    pair.near.crc4 = pair.far.crc4 = True
    pair.run(400)
    assert pair.near.multiframe_aligned
    assert pair.near.counters.crc_errors == pair.far.counters.crc_errors == 0


def test_one_multiframe_alignment_signal_sent_wrong_is_only_one() -> None:
    pair = Pair()
    pair.near.corrupt_mfas(2)
    words = []
    for _ in range(8):
        pair.near.send(10)
        words += pair.line.b.receive(10)[:, 0].tolist()
    assert [words[at] >> 7 for at in range(11, 80, 16)] == [0, 0, 1, 1, 1]


def test_stopped_multiframe_is_noticed_by_its_errored_checks() -> None:
    pair = Pair()
    pair.run(400)
    pair.far.crc4_sent = False
    pair.run(17_000)
    assert pair.near.counters.crc_errors >= 915
    assert pair.near.alarms == {Alarm.LOM}


@pytest.mark.parametrize("frames", [1, -1])
def test_slip_of_a_frame_is_counted(frames: int) -> None:
    pair = Pair()
    pair.line.b_to_a.delay = 2
    pair.run(400)
    pair.line.b_to_a.slip(frames)
    pair.run(400)
    assert pair.near.counters.slips == 1
    assert pair.near.counters.alignment_losses == 1
    assert pair.near.alarms == frozenset()


def test_sa_and_e_bits_are_sent_and_seen() -> None:
    pair = Pair()
    pair.far.sa = 0b10010
    pair.far.force_e = 0
    pair.run(400)
    assert pair.near.received_sa == 0b10010
    assert pair.near.received_e == (0, 0)
    before = pair.near.counters.far_end_errors
    pair.run(160)
    assert pair.near.counters.far_end_errors == before + 20
    pair.far.force_e = 1
    pair.run(400)
    assert pair.near.received_e == (1, 1)
    assert pair.near.settled


def test_raw_source_is_sent_without_framing() -> None:
    pair = Pair()
    pair.far.raw = lambda count: np.full((count, 32), 0x55, np.uint8)
    pair.far.send(3)
    assert (pair.line.a.receive(3) == 0x55).all()


def test_bit_errors_are_all_seen_by_the_check() -> None:
    pair = Pair()
    pair.run(400)
    pair.line.b_to_a.slots = range(1, 32)
    pair.line.b_to_a.bit_error_rate = 1e-5
    pair.run(80_000, 400)
    hit = pair.line.b_to_a.bits_hit
    assert 120 < hit < 280
    assert 0.9 * hit < pair.near.counters.crc_errors <= hit
    assert pair.near.counters.fas_errors == 0


def test_wrong_orders_are_refused_by_name() -> None:
    port = E1Port(LinePair("line3").a)
    with pytest.raises(LimitError, match="line3: Sa bits"):
        port.sa = 32
    with pytest.raises(LimitError, match="line3: E bit"):
        port.force_e = 2
    with pytest.raises(LimitError, match="line3: cannot corrupt"):
        port.corrupt_crc(-1)
    port.sources[4] = lambda count: np.zeros(count + 1, np.uint8)
    with pytest.raises(LimitError, match="time slot 4"):
        port.send(40)

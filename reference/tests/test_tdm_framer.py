"""E1 framing of the reference: what it sends, and every change of state with its exact frame.

The sent side is checked against CRC-4 computed bit by bit here; the receiving side against signals made of
sent frames damaged on purpose.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from callcenter.tdm import crc4
from callcenter.tdm.framer import LOCAL_DELAY, Framer
from callcenter.tdm.receiver import INTERWORKING, FrameReceiver
from callcenter.tdm.transmitter import FrameTransmitter
from testrig.board import Alarm, Loopback, SpanAlarm, SpanConfig
from testrig.clock import SECOND
from testrig.line import Block, Octets

CRC4 = SpanConfig(crc4=True)
PLAIN = SpanConfig(crc4=False)
Seen = tuple[Alarm, bool, int]


def payload(frames: int, seed: int = 1) -> Block:
    return np.random.default_rng(seed).integers(0, 256, (frames, 32), np.uint8)


def framed(frames: int, config: SpanConfig = CRC4, *, seed: int = 1, alarm: bool = False) -> Block:
    """A signal from its start: remote alarm only if `alarm`, E bits 1."""
    block = payload(frames, seed)
    FrameTransmitter(config).frame(block, alarm=[(-1, alarm)], confirmed=[(-1, True)])
    return block


def received(
    signal: Block,
    config: SpanConfig = CRC4,
    *,
    cut: int = 40,
    present: Callable[[int], bool] = lambda at: True,
) -> tuple[FrameReceiver, Block, list[Seen]]:
    """Receive `signal` in blocks of `cut` frames."""
    receiver = FrameReceiver(3, config)
    frames, seen = [], []
    for at in range(0, len(signal), cut):
        frames.append(receiver.receive(signal[at : at + cut], present(at)).copy())
        assert all(event.span == 3 for event in receiver.events)
        seen += [(event.alarm, event.on, event.at) for event in receiver.events]
    return receiver, np.concatenate(frames), seen


def shifted(signal: Block, bits: int) -> Block:
    """The same stream, `bits` bits later, ones before it."""
    stream = np.unpackbits(signal.reshape(-1))
    late = np.concatenate((np.ones(bits, np.uint8), stream))[: len(stream)]
    return np.packbits(late).reshape(-1, 32)


def division(frames: Block) -> int:
    """CRC-4 of eight frames by long division, C bits taken as 0 (G.704 2.3.3.5)."""
    frames = frames.copy()
    frames[0::2, 0] &= 0x7F
    register = 0
    for bit in [*np.unpackbits(frames.reshape(-1)).tolist(), 0, 0, 0, 0]:
        register = register << 1 | bit
        if register & 0b1_0000:
            register ^= 0b1_0011
    return register


# what is sent


def test_crc4_of_random_submultiframes_equals_long_division() -> None:
    frames = payload(8 * 20)
    expected = [division(frames[at : at + 8]) for at in range(0, len(frames), 8)]
    assert crc4.submultiframes(frames).tolist() == expected


def test_crc4_of_one_bit_equals_long_division_wherever_it_is() -> None:
    frames = np.zeros((8 * 256, 32), np.uint8)
    for at in range(256):
        frames[8 * at + at // 32, at % 32] = 1 << at % 8
    expected = [division(frames[at : at + 8]) for at in range(0, len(frames), 8)]
    assert crc4.submultiframes(frames).tolist() == expected


def test_crc4_is_the_same_without_a_bit_counting_instruction(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = payload(8 * 50)
    expected = crc4.submultiframes(frames)
    monkeypatch.setattr(crc4, "_COUNTS", False)
    assert (crc4.submultiframes(frames) == expected).all()


@pytest.mark.parametrize("cut", [1, 3, 8, 16, 40, 160])
def test_transmitter_builds_the_multiframe_whatever_the_blocks(cut: int) -> None:
    signal = payload(160)
    transmitter = FrameTransmitter(CRC4)
    for at in range(0, 160, cut):
        part = signal[at : at + cut].copy()
        first = at == 0
        transmitter.frame(part, alarm=[(-1, False)] * first, confirmed=[(-1, True)] * first)
        signal[at : at + cut] = part
    slot_0 = signal[:, 0]
    assert (slot_0[0::2] & 0x7F == 0x1B).all()  # G.704 table 5A
    assert (slot_0[1::2] & 0x7F == 0x5F).all()
    odd = (slot_0[1::2] >> 7).reshape(-1, 8)
    assert (odd == [0, 0, 1, 0, 1, 1, 1, 1]).all()  # G.704 table 5B; both E bits 1
    c_bits = (slot_0[0::2] >> 7).reshape(-1, 4)
    for number in range(1, 20):
        crc = division(signal[8 * (number - 1) : 8 * number])
        assert c_bits[number].tolist() == [crc >> bit & 1 for bit in (3, 2, 1, 0)]
    assert (signal[:, 1:] == payload(160)[:, 1:]).all()


def test_transmitter_without_crc4_sends_ones_in_bit_1() -> None:
    slot_0 = framed(32, PLAIN)[:, 0]
    assert slot_0.tolist() == [0x9B, 0xDF] * 16


def test_transmitter_starts_with_remote_alarm_and_e_bits_0() -> None:
    block = payload(32)
    FrameTransmitter(CRC4).frame(block)
    assert (block[1::2, 0] & 0x20).all()
    assert not (block[[13, 15, 29, 31], 0] & 0x80).any()


def test_remote_alarm_takes_effect_in_the_frame_after() -> None:
    block = payload(20)
    transmitter = FrameTransmitter(PLAIN)
    transmitter.frame(block, alarm=[(-1, False), (5, True), (10, False)])
    assert np.flatnonzero(block[1::2, 0] & 0x20).tolist() == [3, 4]  # frames 7 and 9


@pytest.mark.parametrize("cut", [1, 7, 64])
def test_every_submultiframe_in_error_makes_one_e_bit_0(cut: int) -> None:
    errors = [2, 3, 12, 20]
    block = payload(64)
    transmitter = FrameTransmitter(CRC4)
    for at in range(0, 64, cut):
        here = [error - at for error in errors if at <= error < at + cut]
        part = block[at : at + cut].copy()
        transmitter.frame(part, confirmed=[(-1, True)] * (at == 0), errors=here)
        block[at : at + cut] = part
    e_bits = [index for index in range(64) if index % 16 in (13, 15) and not block[index, 0] & 0x80]
    assert e_bits == [13, 15, 29, 31]
    assert transmitter.settled


# alignment


def test_alignment_is_found_at_the_third_frame_and_confirmed_by_two_multiframe_signals() -> None:
    receiver, frames, seen = received(framed(400))
    # Frame alignment in frame 2; multiframe alignment signals end in frames 27 and 43, 2 ms apart.
    assert seen == [(Alarm.LOF, True, 0), (Alarm.LOF, False, 43)]
    assert receiver.multiframe_aligned
    assert (frames[:2] == 0xFF).all()
    assert (frames[2:] == framed(400)[2:]).all()
    assert receiver.counters.alignment_losses == 0
    assert receiver.settled


def test_alignment_without_crc4_is_found_at_the_third_frame() -> None:
    receiver, _, seen = received(framed(80, PLAIN), PLAIN)
    assert seen == [(Alarm.LOF, True, 0), (Alarm.LOF, False, 2)]
    assert receiver.settled


@pytest.mark.parametrize("bits", [*range(1, 17), 37, 127, 128, 200, 247, 248, 249, 250, 255])
def test_alignment_at_any_bit_delivers_whole_frames(bits: int) -> None:
    signal = framed(240)
    receiver, frames, seen = received(shifted(signal, bits))
    assert receiver.phase == bits
    assert (frames[60:] == signal[59:-1]).all()
    assert seen[-1][:2] == (Alarm.LOF, False)
    assert receiver.counters.crc_errors == 0


def test_alignment_needs_bit_2_of_the_frame_between() -> None:
    signal = framed(80, PLAIN)
    signal[1:40:2, 0] &= ~np.uint8(0x40)
    _, _, seen = received(signal, PLAIN)
    # The first frame alignment signal followed by a right bit 2 is in frame 40.
    assert seen == [(Alarm.LOF, True, 0), (Alarm.LOF, False, 42)]


def test_two_errors_in_a_row_are_survived_and_three_lose_alignment() -> None:
    signal = framed(800)
    signal[[200, 202], 0] ^= 0x01
    signal[[300, 302, 304], 0] ^= 0x01
    receiver, frames, seen = received(signal)
    assert seen[2:4] == [(Alarm.LOF, True, 304), (Alarm.LOF, False, 347)]
    assert receiver.counters.fas_errors == 5
    assert receiver.counters.alignment_losses == 1
    # Found again at the third frame alignment signal that is right: 306, 307, 308.
    assert (frames[305:308] == 0xFF).all()
    assert (frames[308:] == signal[308:]).all()
    assert receiver.counters.slips == 0


def test_three_bits_2_in_error_lose_alignment() -> None:
    signal = framed(400, PLAIN)
    signal[[101, 103], 0] ^= 0x40
    signal[[201, 203, 205], 0] ^= 0x40
    _, _, seen = received(signal, PLAIN)
    assert seen[2:] == [(Alarm.LOF, True, 205), (Alarm.LOF, False, 208)]


@pytest.mark.parametrize("config", [CRC4, PLAIN])
@pytest.mark.parametrize("repeated", [True, False])
def test_slip_of_one_frame_is_counted_after_realignment(config: SpanConfig, repeated: bool) -> None:
    signal = framed(600, config)
    slipped = np.concatenate((signal[:300], signal[299:])) if repeated else np.delete(signal, 300, axis=0)
    receiver, _, _ = received(slipped, config)
    assert receiver.counters.slips == 1
    assert receiver.counters.alignment_losses == 1
    assert not receiver.alarms


def test_random_bits_never_clear_the_alarm() -> None:
    receiver, _, seen = received(payload(2 * SECOND), cut=400)
    assert seen == [(Alarm.LOF, True, 0)]
    assert Alarm.LOF in receiver.alarms
    assert not receiver.settled
    assert receiver.counters.alignment_losses == 0


# CRC multiframe


def test_partner_without_crc4_raises_lom_after_400_ms() -> None:
    receiver, frames, seen = received(framed(4000, PLAIN))
    at = 2 + INTERWORKING - 1  # alignment in frame 2, which is the first of the 3,200
    assert seen == [(Alarm.LOF, True, 0), (Alarm.LOM, True, at), (Alarm.LOF, False, at)]
    assert (frames[2:] == framed(4000, PLAIN)[2:]).all()
    assert receiver.settled
    assert receiver.counters.crc_errors == 0


def test_lom_ends_when_the_partner_turns_crc4_on() -> None:
    transmitter = FrameTransmitter(CRC4)
    rest = payload(400, 2)
    transmitter.frame(rest, alarm=[(-1, False)])
    receiver, _, seen = received(np.concatenate((framed(4000, PLAIN), rest)))
    assert seen[-1] == (Alarm.LOM, False, 4027)
    assert receiver.multiframe_aligned


def test_multiframe_signals_not_2_ms_apart_are_no_alignment() -> None:
    signal = framed(400, PLAIN)
    for at in range(101, 300, 28):  # 14 odd frames apart
        signal[[at, at + 2, at + 6], 0] &= 0x7F
    _, _, seen = received(signal)
    assert seen == [(Alarm.LOF, True, 0)]


def test_imitated_frame_alignment_is_left_for_the_phase_with_the_multiframe() -> None:
    signal = framed(600)
    signal[0::2, 7] = 0x1B
    signal[1::2, 7] = 0x5F
    transmitter = FrameTransmitter(CRC4)
    transmitter.frame(signal, alarm=[(-1, False)], confirmed=[(-1, True)])
    # The stream begins in slot 5 of a frame, so the imitation in slot 7 is met first.
    receiver, frames, _ = received(signal.reshape(-1)[5:-27].reshape(-1, 32))
    assert receiver.multiframe_aligned
    assert receiver.phase == 27 * 8
    assert (frames[200:] == signal[200:-1]).all()
    assert receiver.counters.crc_errors == 0


@given(st.sets(st.integers(10, 80), max_size=30))
@settings(max_examples=25, deadline=None)
def test_crc_errors_are_counted_once_for_each_submultiframe(bad: set[int]) -> None:
    signal = framed(8 * 100)
    for number in bad:
        signal[8 * number + number % 8, 1 + number % 31] ^= 0x10
    receiver, _, _ = received(signal)
    assert receiver.counters.crc_errors == len(bad)


def test_crc_error_is_reported_in_the_frame_that_ends_the_next_submultiframe() -> None:
    signal = framed(400)
    signal[201, 9] ^= 1
    receiver = FrameReceiver(0, CRC4)
    for at in range(400):
        receiver.receive(signal[at : at + 1], True)
        assert receiver.block_errors == ([0] if at == 215 else [])


@pytest.mark.parametrize("cut", [1, 40, 1000, 16_000])
def test_915_errors_in_1000_submultiframes_force_a_search(cut: int) -> None:
    """Multiframe alignment comes in frame 43, so number 6 is the first whole submultiframe, judged by 7."""
    frames = 16_000
    signal = framed(frames)
    signal[8 * 4 :: 8, 3] ^= 1
    receiver, _, seen = received(signal, cut=cut)
    losses = [at for alarm, on, at in seen if alarm is Alarm.LOF and on][1:]
    assert losses[0] == 8 * (6 + 915) + 7
    assert receiver.counters.crc_errors >= 915


def test_914_errors_in_1000_submultiframes_are_survived() -> None:
    signal = framed(8 * 4000)
    for number in range(6, 3900):
        if (number - 6) % 1000 < 914:
            signal[8 * number, 3] ^= 1
    receiver, _, seen = received(signal, cut=400)
    assert len(seen) == 2
    assert receiver.counters.crc_errors > 3 * (914)
    assert receiver.counters.alignment_losses == 0


def test_e_bits_received_as_0_are_counted() -> None:
    signal = framed(400)
    signal[[16 * 10 + 13, 16 * 11 + 13, 16 * 11 + 15], 0] ^= 0x80
    receiver, _, _ = received(signal)
    assert receiver.counters.far_end_errors == 3


# alarms


def test_remote_alarm_is_shown_after_three_a_bits_and_goes_after_three() -> None:
    signal = framed(400)
    signal[[101, 103], 0] ^= 0x20
    signal[201:301:2, 0] ^= 0x20
    receiver, _, seen = received(signal)
    assert seen[2:] == [(Alarm.RAI, True, 205), (Alarm.RAI, False, 305)]
    assert not receiver.alarms


def test_ais_is_shown_after_two_double_frames_and_goes_with_alignment() -> None:
    signal = framed(800)
    signal[200:400] = 0xFF
    _, frames, seen = received(signal)
    # Frames 200-201 and 202-203; three frame alignment signals missed at 204; then frames 400 to 402.
    assert seen[2:] == [
        (Alarm.AIS, True, 203),
        (Alarm.LOF, True, 204),
        (Alarm.AIS, False, 402),
        (Alarm.LOF, False, 400 + 43),
    ]
    assert (frames[402:] == signal[402:]).all()


@pytest.mark.parametrize(("zeros", "shown"), [(2, True), (3, False)])
def test_ais_allows_two_zeros_in_a_double_frame(zeros: int, shown: bool) -> None:
    signal = framed(400)
    signal[200:] = 0xFF
    signal[200::2, 5 : 5 + zeros] = 0xFE
    receiver, _, _ = received(signal)
    assert (Alarm.AIS in receiver.alarms) == shown
    assert Alarm.LOF in receiver.alarms


def test_ais_goes_after_two_double_frames_with_zeros() -> None:
    signal = np.full((100, 32), 0xFF, np.uint8)
    signal[60:] = 0xAA
    _, _, seen = received(signal)
    assert seen == [(Alarm.LOF, True, 0), (Alarm.AIS, True, 3), (Alarm.AIS, False, 63)]


def test_loss_of_signal_gives_alignment_up_and_reads_as_ones() -> None:
    signal = framed(800)
    receiver, frames, seen = received(signal, present=lambda at: not 200 <= at < 400)
    assert seen[2:] == [
        (Alarm.LOS, True, 200),
        (Alarm.LOF, True, 200),
        (Alarm.LOS, False, 400),
        (Alarm.LOF, False, 400 + 43),
    ]
    assert (frames[200:402] == 0xFF).all()
    assert not receiver.alarms
    assert receiver.counters.slips == 0


@pytest.mark.parametrize("ones", [True, False])
def test_receiver_settles_on_lasting_ais_and_lasting_loss_of_signal(ones: bool) -> None:
    signal = np.full((400, 32), 0xFF, np.uint8)
    receiver, _, _ = received(signal, present=lambda at: ones)
    assert receiver.settled


def damaged(seed: int) -> Block:
    """A signal with all that can happen to it."""
    generator = np.random.default_rng(seed)
    parts = []
    for part in range(6):
        signal = framed(int(generator.integers(50, 400)), seed=seed + part, alarm=bool(generator.integers(2)))
        hits = generator.integers(0, signal.size, generator.integers(0, 40))
        signal.reshape(-1)[hits] ^= 0x80 >> generator.integers(0, 8, len(hits)).astype(np.uint8)
        spoiled = generator.integers(0, len(signal), generator.integers(0, 30))
        signal[spoiled, 0] ^= generator.integers(0, 256, len(spoiled)).astype(np.uint8)
        if generator.integers(3) == 0:
            signal[20:40] = 0xFF
        parts.append(shifted(signal, int(generator.integers(256))) if generator.integers(2) else signal)
    return np.concatenate(parts)


@pytest.mark.parametrize("seed", range(8))
def test_result_does_not_depend_on_how_the_stream_is_cut(seed: int) -> None:
    signal = damaged(seed)
    whole, frames, seen = received(signal, cut=len(signal))
    for cut in (1, 7, 40, 333):
        other, parts, also = received(signal, cut=cut)
        assert also == seen
        assert (parts == frames).all()
        assert other.counters == whole.counters


# both halves


class Ends:
    """Two framers joined by `impair`, in blocks of `cut` frames."""

    def __init__(self, config: SpanConfig = CRC4, cut: int = 40) -> None:
        self.near, self.far = Framer(0, config), Framer(1, config)
        self.cut = cut
        self.impair: Callable[[Block], Block] = lambda block: block
        self.sent: list[Octets] = []
        self.heard: list[Octets] = []
        self.events: list[SpanAlarm] = []
        self._to_near = np.full((cut, 32), 0xFF, np.uint8)
        self._seed = 0

    def run(self, blocks: int) -> None:
        for _ in range(blocks):
            self._seed += 1
            block = payload(self.cut, self._seed)
            self.near.receive(self._to_near, True)
            self.sent.append(block[:, 1:].copy())
            to_far = self.impair(self.near.send(block))
            self.heard.append(self.far.receive(to_far, True)[:, 1:].copy())
            self._to_near = self.far.send(np.full((self.cut, 32), 0xD5, np.uint8))
            self.events += [*self.near.events, *self.far.events]


@pytest.mark.parametrize("config", [CRC4, PLAIN])
@pytest.mark.parametrize("cut", [8, 39, 40])
def test_two_ends_come_up_and_carry_every_bit(config: SpanConfig, cut: int) -> None:
    ends = Ends(config, cut)
    ends.run(1 + 400 // cut)
    before = len(ends.sent)
    ends.run(20)
    assert not ends.near.alarms
    assert not ends.far.alarms
    assert (np.concatenate(ends.sent[before:]) == np.concatenate(ends.heard[before:])).all()
    assert ends.near.settled
    assert ends.far.settled


def test_every_crc_error_comes_back_as_an_e_bit() -> None:
    ends = Ends()
    ends.run(20)
    before = ends.near.counters.far_end_errors
    generator = np.random.default_rng(4)

    def errors(block: Block) -> Block:
        bits: NDArray[np.uint8] = (generator.random((len(block), 32, 8)) < 1e-4).astype(np.uint8)
        return block ^ np.packbits(bits, axis=2).reshape(-1, 32)

    ends.impair = errors
    ends.run(200)
    ends.impair = lambda block: block
    ends.run(100)
    assert ends.far.counters.crc_errors > 50
    assert ends.near.counters.far_end_errors - before == ends.far.counters.crc_errors


def test_loss_at_one_end_sends_remote_alarm_to_the_other() -> None:
    ends = Ends()
    ends.run(20)
    ends.impair = lambda block: np.full_like(block, 0xFF)
    ends.run(20)
    assert ends.far.alarms == {Alarm.AIS, Alarm.LOF}
    assert ends.near.alarms == {Alarm.RAI}
    ends.impair = lambda block: block
    ends.run(20)
    assert not ends.far.alarms
    assert not ends.near.alarms


# loops


def test_line_loop_returns_everything_framing_included() -> None:
    framer = Framer(0, CRC4)
    framer.loopback = Loopback.LINE
    signal = shifted(framed(80), 3)
    for at in range(0, 80, 40):
        framer.receive(signal[at : at + 40], True)
        sent = framer.send(np.full((40, 32), 0xD5, np.uint8))
        assert (sent == signal[at : at + 40]).all()


def test_payload_loop_returns_time_slots_behind_its_own_framing() -> None:
    framer = Framer(0, CRC4)
    framer.loopback = Loopback.PAYLOAD
    signal = framed(400)
    sent = []
    for at in range(0, 400, 40):
        framer.receive(signal[at : at + 40], True)
        sent.append(framer.send(np.full((40, 32), 0xD5, np.uint8)))
    returned = np.concatenate(sent)
    assert (returned[2:, 1:] == signal[2:, 1:]).all()
    receiver, _, _ = received(returned)
    assert receiver.multiframe_aligned
    assert receiver.counters.crc_errors == 0
    assert not (returned[:, 0] == signal[:, 0]).all()


def test_local_loop_hears_itself_and_sends_ais() -> None:
    framer = Framer(0, CRC4)
    framer.loopback = Loopback.LOCAL
    sent, heard = [], []
    generator = np.random.default_rng(6)
    at = 0
    while at < 2000:
        count = int(generator.integers(1, LOCAL_DELAY + 1))
        heard.append(framer.receive(np.zeros((count, 32), np.uint8), False).copy())
        block = payload(count, at)
        sent.append(block.copy())
        assert (framer.send(block) == 0xFF).all()
        at += count
    assert not framer.alarms
    out, back = np.concatenate(sent), np.concatenate(heard)
    assert (back[200:, 1:] == out[200 - LOCAL_DELAY : -LOCAL_DELAY, 1:]).all()
    framer.loopback = Loopback.NONE
    framer.receive(np.zeros((40, 32), np.uint8), False)
    assert Alarm.LOS in framer.alarms

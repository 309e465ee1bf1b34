"""Signalling channels: bits on the line, every fault with its frame, and any cut of the stream."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.tdm.hdlc import (
    FLAG,
    MAXIMUM,
    HdlcReceiver,
    HdlcTransmitter,
    Tile,
    check_bits,
    encode,
)
from testrig.board import HdlcError, HdlcFault, HdlcFrame

FISU = bytes((0x80, 0x81, 0x00))
Events = list[HdlcFrame | HdlcError]


def flags(count: int) -> str:
    return "01111110" * count


def text(bits: bytes) -> str:
    return "".join(map(str, bits))


def octets_of(bits: str) -> bytes:
    """Bits in line order as time slot octets; the last octet is filled up with flags' first bits."""
    bits += "01111110"[: -len(bits) % 8]
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def unit(frame: bytes) -> str:
    """A frame with closing flag, made bit by bit and independently of the code under test."""
    register = 0xFFFF
    plain = [octet >> place & 1 for octet in frame for place in range(8)]
    for bit in plain:  # Q.703 4.2: x^16 + x^12 + x^5 + 1, highest power first
        feedback = bit ^ register >> 15
        register = (register << 1 & 0xFFFF) ^ (0x1021 if feedback else 0)
    plain += [1 - (register >> place & 1) for place in range(15, -1, -1)]
    sent, ones = "", 0
    for bit in plain:
        sent += str(bit)
        ones = ones + 1 if bit else 0
        if ones == 5:
            sent, ones = sent + "0", 0
    return sent + flags(1)


def receive(stream: bytes, cuts: Iterable[int] = (), start: int = 0) -> Events:
    """Receive the stream cut at `cuts`, repetitions gathered also across the cuts."""
    receiver = HdlcReceiver(7)
    events: Events = []
    edges = sorted({0, *(cut for cut in cuts if 0 < cut < len(stream)), len(stream)})
    for begin, end in pairwise(edges):
        for event in receiver.put(stream[begin:end], start + begin):
            assert start + begin <= event.at < start + end
            last = events[-1] if events else None
            if isinstance(event, HdlcFrame) and isinstance(last, HdlcFrame) and last.octets == event.octets:
                events[-1] = HdlcFrame(7, event.octets, last.repeats + event.repeats, event.at)
            else:
                events.append(event)
    return events


def faults(events: Events) -> list[HdlcFault]:
    return [event.fault for event in events if isinstance(event, HdlcError)]


# sending


def test_check_bits_are_those_of_the_published_check_value() -> None:
    assert check_bits(b"123456789") == bytes((0x6E, 0x90))  # CRC-16/X-25


@given(st.binary(min_size=1, max_size=MAXIMUM))
def test_encoding_equals_the_bits_made_one_by_one(frame: bytes) -> None:
    assert text(encode(frame)) == unit(frame)


def test_transmitter_begins_with_flags_and_shares_one_between_frames() -> None:
    transmitter = HdlcTransmitter()
    transmitter.take(2)
    transmitter.send(b"\x01\x02\x03")
    transmitter.send(b"\xff\xff\xff\xff")
    assert transmitter.backlog == 2
    line = transmitter.take(40).tobytes()
    assert transmitter.backlog == 0
    expected = unit(b"\x01\x02\x03") + unit(b"\xff\xff\xff\xff") + flags(40)
    assert line == octets_of(expected[: 40 * 8])


def test_fill_changes_at_the_end_of_the_frame_under_way() -> None:
    transmitter = HdlcTransmitter()
    transmitter.fill(FISU)
    line = transmitter.take(3).tobytes()
    transmitter.fill(b"\x01\x02\x00")
    line += transmitter.take(30).tobytes()
    # A channel begins with a flag, and the fill set before the first octet follows at once.
    assert line == octets_of((flags(1) + unit(FISU) + unit(b"\x01\x02\x00") * 10)[: 33 * 8])


def test_transmitter_flushes_what_it_has_not_begun() -> None:
    transmitter = HdlcTransmitter()
    transmitter.fill(FISU)
    for number in range(5):
        transmitter.send(bytes((number,)) * 10)
    transmitter.take(4)
    assert transmitter.backlog == 4
    assert transmitter.flush() == 4
    assert not transmitter.idle
    frames = receive(b"\x7e" + transmitter.take(100).tobytes())
    assert all(isinstance(event, HdlcError) or event.octets == FISU for event in frames)
    assert transmitter.idle


@pytest.mark.parametrize("seed", range(5))
def test_what_is_sent_does_not_depend_on_how_it_is_taken(seed: int) -> None:
    generator = random.Random(seed)
    frames = [generator.randbytes(generator.randrange(3, 40)) for _ in range(20)]

    def line(sizes: Iterable[int]) -> bytes:
        transmitter = HdlcTransmitter()
        transmitter.fill(FISU)
        for frame in frames:
            transmitter.send(frame)
        return b"".join(transmitter.take(size).tobytes() for size in sizes)

    cuts = [generator.randrange(1, 60) for _ in range(60)]
    assert line(cuts) == line([sum(cuts)]) == line([1] * sum(cuts))


@given(st.binary(min_size=1, max_size=30), st.integers(0, 500), st.integers(1, 300))
def test_tile_is_the_repeated_unit_from_any_bit(frame: bytes, offset: int, count: int) -> None:
    tile = Tile(encode(frame))
    offset %= tile.length
    repeated = text(tile.bits) * (2 + (offset + 8 * count) // tile.length)
    assert tile.octets(offset, count) == octets_of(repeated[offset : offset + 8 * count])


# receiving


@given(st.lists(st.binary(min_size=3, max_size=MAXIMUM), min_size=1, max_size=8))
@settings(deadline=None)
def test_every_frame_sent_is_received(frames: list[bytes]) -> None:
    transmitter = HdlcTransmitter()
    sent: list[bytes] = [b""]
    line = transmitter.take(1).tobytes()
    for frame in frames:
        transmitter.send(frame)
        sent += [frame] * (frame != sent[-1])
    line += transmitter.take(sum(map(len, frames)) * 2 + 20).tobytes()
    events = receive(line)
    assert [event.octets for event in events if isinstance(event, HdlcFrame)] == sent[1:]
    assert not faults(events)


def test_frame_happens_in_the_octet_with_the_last_bit_of_its_flag() -> None:
    bits = flags(1) + unit(b"\xff\xff\xff\xff")
    events = receive(octets_of(bits), start=1000)
    assert events == [HdlcFrame(7, b"\xff\xff\xff\xff", 1, 1000 + (len(bits) - 1) // 8)]


def test_repetitions_are_gathered() -> None:
    bits = flags(1) + unit(FISU) * 50
    events = receive(octets_of(bits))
    assert events == [HdlcFrame(7, FISU, 50, (len(bits) - 1) // 8)]


def test_flags_may_share_their_zero() -> None:
    bits = "0" + "1111110" * 5 + unit(FISU)[:-8] + "0" + "1111110" * 5 + unit(FISU)
    events = receive(octets_of(bits))
    assert events == [HdlcFrame(7, FISU, 2, (len(bits) - 1) // 8)]


@pytest.mark.parametrize(
    ("bits", "fault"),
    [
        (unit(FISU)[:20] + ("1" if unit(FISU)[20] == "0" else "0") + unit(FISU)[21:], HdlcFault.FCS),
        ("0" * 32 + flags(1), HdlcFault.SHORT),
        (unit(b"\x00\x00"), HdlcFault.SHORT),
        ("0101" * 11 + flags(1), HdlcFault.ALIGNMENT),
    ],
)
def test_fault_between_flags_is_told_at_the_closing_flag(bits: str, fault: HdlcFault) -> None:
    line = flags(1) + unit(FISU) + bits
    events = receive(octets_of(line + unit(FISU)))
    assert events[1] == HdlcError(7, fault, (len(line) - 1) // 8)
    assert events[2] == HdlcFrame(7, FISU, 1, (len(line + unit(FISU)) - 1) // 8)


def test_longest_frame_is_received_and_a_longer_one_is_not() -> None:
    generator = random.Random(3)
    longest, longer = generator.randbytes(MAXIMUM), generator.randbytes(MAXIMUM + 1)
    assert [type(event) for event in receive(octets_of(flags(1) + unit(longest)))] == [HdlcFrame]
    events = receive(octets_of(flags(1) + unit(longer) + flags(2)))
    assert faults(events) == [HdlcFault.LONG]


def test_length_is_counted_without_the_zeros_inserted() -> None:
    events = receive(octets_of(flags(1) + unit(b"\xff" * MAXIMUM)))
    assert [type(event) for event in events] == [HdlcFrame]


def test_seven_ones_begin_octet_counting_until_a_good_frame() -> None:
    """Q.703 4.1.4: one error for every 16 octets, none for what lies between flags without being right."""
    line = flags(1) + unit(FISU) + "0" + "1" * 7
    begun = len(line)
    line += "1" * 300 + flags(1) + "0" * 20 + flags(1)
    line += unit(FISU)[:12] + str(1 - int(unit(FISU)[12])) + unit(FISU)[13:]
    stop = len(line) + len(unit(FISU))
    events = receive(octets_of(line + unit(FISU) + unit(b"\x05\x06\x07")))
    counted = [HdlcError(7, HdlcFault.OCTET_COUNT, (at - 1) // 8) for at in range(begun + 128, stop + 1, 128)]
    assert len(counted) == 3
    assert events == [
        HdlcFrame(7, FISU, 1, (8 + len(unit(FISU)) - 1) // 8),
        HdlcError(7, HdlcFault.ABORT, (begun - 1) // 8),
        *counted,
        HdlcFrame(7, FISU, 1, (stop - 1) // 8),
        HdlcFrame(7, b"\x05\x06\x07", 1, (stop + len(unit(b"\x05\x06\x07")) - 1) // 8),
    ]


def test_seven_ones_spoil_a_frame_that_would_be_right_without_zeros() -> None:
    """With the inserted zero two bits late the check bits are right, but seven ones are an abort."""
    frame = b"\x7f\x01\x02\x03"
    spoilt = unit(frame).replace("11111011", "11111110", 1)
    assert spoilt != unit(frame)
    line = flags(1) + unit(FISU) + "1" * 8 + flags(1) + spoilt + unit(FISU)
    events = receive(octets_of(line))
    assert [type(event) for event in events] == [HdlcFrame, HdlcError, HdlcFrame]
    assert isinstance(events[2], HdlcFrame)
    assert events[2].octets == FISU


def test_line_of_ones_counts_an_error_every_16_octets() -> None:
    events = receive(b"\xff" * 400, cuts=range(0, 400, 40))
    assert events[0] == HdlcError(7, HdlcFault.ABORT, 0)
    # 7 bits make the abort, so a count ends at bit 7 + 128 k.
    assert events[1:] == [HdlcError(7, HdlcFault.OCTET_COUNT, 16 * k) for k in range(1, 25)]


@pytest.mark.parametrize("octet", [0x00, 0xD5, 0x55])
def test_line_without_flags_is_too_long_after_279_octets(octet: int) -> None:
    events = receive(bytes((octet,)) * 400, cuts=[100, 279, 320])
    assert events[0] == HdlcError(7, HdlcFault.LONG, 278)
    assert [event.at for event in events[1:]] == [278 + 16 * k for k in range(1, 8)]


@pytest.mark.parametrize("fill", [None, FISU, b"\xff\xff\xff\xff", b"\x00" * 7])
def test_receiver_locks_on_fill_and_lets_go_at_the_first_other_bit(fill: bytes | None) -> None:
    transmitter, receiver = HdlcTransmitter(), HdlcReceiver(0)
    transmitter.fill(fill)
    for block in range(4):
        receiver.put(transmitter.take(40).tobytes(), 40 * block)
    assert receiver.locked
    events = receiver.put(transmitter.take(8000).tobytes(), 160)
    assert receiver.locked
    if fill is None:
        assert events == []
    else:
        (event,) = events
        assert isinstance(event, HdlcFrame)
        assert abs(event.repeats - 64_000 / len(encode(fill))) < 1
    transmitter.send(b"\x01\x02\x03\x04\x05\x06")
    events = receiver.put(transmitter.take(8).tobytes(), 8160)
    events += receiver.put(transmitter.take(20).tobytes(), 8168)
    assert any(
        isinstance(event, HdlcFrame) and event.octets == b"\x01\x02\x03\x04\x05\x06" for event in events
    )
    assert not faults(events)


@pytest.mark.parametrize("octet", [0xFF, 0x00, 0xD5])
def test_receiver_locks_on_one_octet_without_flags(octet: int) -> None:
    receiver = HdlcReceiver(0)
    for block in range(10):
        receiver.put(bytes((octet,)) * 40, 40 * block)
    assert receiver.locked
    bits = flags(1) + unit(FISU)
    assert receiver.put(octets_of(bits), 400)[-1] == HdlcFrame(0, FISU, 1, 400 + (len(bits) - 1) // 8)


def test_one_frame_is_no_repetition() -> None:
    receiver = HdlcReceiver(0)
    bits = flags(1) + unit(FISU)
    for repeats, locked in ((1, False), (2, True)):
        receiver = HdlcReceiver(0)
        receiver.put(octets_of((bits + unit(FISU) * repeats)[: 8 * ((len(bits) * repeats + 8) // 8)]), 0)
        assert receiver.locked == locked


def stream(seed: int) -> bytes:
    """Frames good and bad, fill, flipped bits, stretches of one octet."""
    generator = random.Random(seed)
    transmitter = HdlcTransmitter()
    parts = []
    for _ in range(40):
        kind = generator.randrange(8)
        if kind < 3:
            transmitter.send(generator.randbytes(generator.choice([1, 2, 3, 4, 20, 276, 277, 300])))
        elif kind == 3:
            transmitter.fill(generator.choice([None, FISU, bytes(3), b"\xff\xff\x00"]))
        size = generator.randrange(1, 200)
        part = np.array(transmitter.take(size))
        if generator.random() < 0.2:
            part[generator.randrange(size)] ^= 1 << generator.randrange(8)
        if generator.random() < 0.1:
            part[:] = generator.choice([0xFF, 0xD5, 0, 0x7E, 0xFE, generator.randrange(256)])
        parts.append(part.tobytes())
    return b"".join(parts)


@given(st.integers(0, 10_000), st.lists(st.integers(1, 4000), max_size=30))
@settings(max_examples=40, deadline=None)
def test_result_does_not_depend_on_how_the_stream_is_cut(seed: int, cuts: list[int]) -> None:
    line = stream(seed)
    expected = receive(line)
    assert receive(line, cuts) == expected
    assert receive(line, range(0, len(line), 40)) == expected


@pytest.mark.parametrize("seed", range(4))
def test_result_is_the_same_octet_by_octet(seed: int) -> None:
    line = stream(seed)
    assert receive(line, range(len(line))) == receive(line)


@given(st.binary(max_size=600), st.sets(st.integers(1, 600), max_size=10))
@settings(max_examples=60, deadline=None)
def test_no_octets_whatever_raise(line: bytes, cuts: set[int]) -> None:
    assert receive(line, cuts) == receive(line)


def test_flag_rules_out_an_octet_pattern_without_flags() -> None:
    receiver = HdlcReceiver(0)
    for block in range(20):
        assert receiver.put(b"\x3f" * 40, 40 * block) == []  # flags, one bit early
    assert receiver.locked
    assert text(FLAG) in text(encode(FISU))

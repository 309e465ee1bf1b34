"""HDLC of the bench against a bit-by-bit model of its own, and through channels that damage it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testrig.board import HdlcError, HdlcFault, HdlcFrame
from testrig.errors import LimitError
from testrig.hdlc import FLAG, HdlcEvent, HdlcReceiver, HdlcTransmitter, stuffed, to_bits

FRAMES = st.binary(min_size=3, max_size=40)
FISU = bytes([0x00, 0x80, 0x00])


def slow_bits(frame: bytes) -> str:
    """Bits between the flags, made one by one: check bits by shift register, zeros by counting."""
    bits = [octet >> i & 1 for octet in frame for i in range(8)]
    register = 0xFFFF
    for bit in bits:
        feedback = (register >> 15) ^ bit
        register = (register << 1 & 0xFFFF) ^ (0x1021 if feedback else 0)
    bits += [1 - (register >> i & 1) for i in range(15, -1, -1)]
    out, ones = "", 0
    for bit in bits:
        out += str(bit)
        ones = ones + 1 if bit else 0
        if ones == 5:
            out, ones = out + "0", 0
    return out


def octets_of(bits: str, pad: str = FLAG) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    bits += (pad * 2)[: -len(bits) % 8]
    return np.array([int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)], np.uint8)


def put_in_blocks(
    receiver: HdlcReceiver, octets: np.ndarray[tuple[int], np.dtype[np.uint8]], sizes: list[int]
) -> list[HdlcEvent]:
    events: list[HdlcEvent] = []
    at, index = 0, 0
    while at < len(octets):
        size = sizes[index % len(sizes)]
        index += 1
        events += receiver.put(octets[at : at + size], at)
        at += size
    return events


def merged(events: list[HdlcEvent]) -> list[HdlcEvent]:
    """Runs of equal frames as one event, however they were grouped."""
    out: list[HdlcEvent] = []
    for event in events:
        last = out[-1] if out else None
        if isinstance(event, HdlcFrame) and isinstance(last, HdlcFrame) and last.octets == event.octets:
            out[-1] = HdlcFrame(0, event.octets, last.repeats + event.repeats, event.at)
        else:
            out.append(event)
    return out


def faults(events: list[HdlcEvent]) -> list[HdlcFault]:
    return [event.fault for event in events if isinstance(event, HdlcError)]


def received(events: list[HdlcEvent]) -> list[bytes]:
    return [e.octets for e in events if isinstance(e, HdlcFrame) for _ in range(e.repeats)]


def test_check_bits_of_a_known_text_are_those_of_x25() -> None:
    # CRC-16/X-25 of "123456789" is 0x906E (catalogue of parametrised CRC algorithms), low octet first
    assert slow_bits(b"123456789")[-16:] == to_bits(bytes([0x76, 0x09]))


@given(FRAMES)
def test_bits_of_a_frame_equal_the_slow_model(frame: bytes) -> None:
    assert stuffed(frame) == slow_bits(frame)


@settings(deadline=None)
@given(
    st.lists(FRAMES, max_size=12),
    st.one_of(st.none(), FRAMES),
    st.lists(st.integers(1, 70), min_size=1, max_size=5),
    st.lists(st.integers(1, 70), min_size=1, max_size=5),
)
def test_frames_sent_in_any_blocks_are_received_in_any_blocks(
    frames: list[bytes], fill: bytes | None, sent_in: list[int], received_in: list[int]
) -> None:
    transmitter, receiver = HdlcTransmitter(), HdlcReceiver(0)
    transmitter.fill = fill
    blocks = [transmitter.take(sent_in[0])]
    for frame in frames:
        transmitter.send(frame)
    index = 0
    while not transmitter.idle or index < 12:
        index += 1
        blocks.append(transmitter.take(sent_in[index % len(sent_in)]))
    events = put_in_blocks(receiver, np.concatenate(blocks), received_in)
    assert faults(events) == []
    kept = [octets for octets in received(events) if octets != fill]
    assert kept == [frame for frame in frames if frame != fill]


def test_stream_is_flag_frame_flag_frame_with_one_flag_between() -> None:
    transmitter = HdlcTransmitter()
    transmitter.send(b"abc")
    transmitter.send(b"\xff\xff\xff")
    expected = FLAG + slow_bits(b"abc") + FLAG + slow_bits(b"\xff\xff\xff") + FLAG
    assert to_bits(transmitter.take(40).tobytes()).startswith(expected)
    assert transmitter.idle


@given(st.lists(st.tuples(st.sampled_from([b"a-1", b"b-\xff2", None]), st.integers(1, 30)), max_size=10))
def test_fill_changes_only_behind_a_flag(steps: list[tuple[bytes | None, int]]) -> None:
    transmitter, receiver = HdlcTransmitter(), HdlcReceiver(0)
    events: list[HdlcEvent] = []
    at = 0
    for fill, count in steps:
        transmitter.fill = fill
        assert transmitter.fill == fill
        events += receiver.put(transmitter.take(count), at)
        at += count
    assert faults(events) == []
    assert {event.octets for event in events if isinstance(event, HdlcFrame)} <= {b"a-1", b"b-\xff2"}


def test_flush_drops_what_has_not_begun() -> None:
    transmitter = HdlcTransmitter()
    for frame in (b"one", b"two", b"three"):
        transmitter.send(frame)
    first = transmitter.take(2)
    assert transmitter.backlog == 2
    assert transmitter.flush() == 2
    events = HdlcReceiver(0).put(np.concatenate([first, transmitter.take(30)]), 0)
    assert received(events) == [b"one"]


def test_steady_fill_locks_and_counts_every_repetition_with_its_instant() -> None:
    transmitter, receiver = HdlcTransmitter(), HdlcReceiver(3)
    transmitter.fill = FISU
    unit = len(slow_bits(FISU)) + 8
    total, at = 0, 0
    for count in (40, 1, 7, 8000, 40, 333):
        events = receiver.put(transmitter.take(count), at)
        at += count
        total += sum(event.repeats for event in events if isinstance(event, HdlcFrame))
        assert total == (8 * at - 8) // unit
        if events:
            assert events == [HdlcFrame(3, FISU, events[0].repeats, (8 + total * unit - 1) // 8)]  # type: ignore[union-attr]
    assert receiver.locked


def test_flags_lock_and_make_no_event() -> None:
    transmitter, receiver = HdlcTransmitter(), HdlcReceiver(0)
    assert receiver.put(transmitter.take(40), 0) == []
    assert receiver.locked
    assert receiver.put(transmitter.take(8000), 40) == []


def test_frame_after_a_locked_second_carries_its_own_instant() -> None:
    transmitter, receiver = HdlcTransmitter(), HdlcReceiver(0)
    transmitter.fill = FISU
    receiver.put(transmitter.take(8000), 0)
    transmitter.send(b"\x01\x02\x03\x04")
    events = receiver.put(transmitter.take(40), 8000)
    at = next(e.at for e in events if isinstance(e, HdlcFrame) and e.octets == b"\x01\x02\x03\x04")
    unit = len(slow_bits(FISU)) + 8
    begun = -(-(8 * 8000 - 8) // unit) * unit + 8
    assert at == (begun + len(slow_bits(b"\x01\x02\x03\x04")) + 8 - 1) // 8


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.one_of(
            FRAMES.map(lambda f: stuffed(f) + FLAG),
            FRAMES.map(lambda f: (stuffed(f) + FLAG) * 9),
            FRAMES.map(lambda f: stuffed(f, corrupt_fcs=True) + FLAG),
            st.text("01", max_size=60),
            st.integers(1, 300).map(lambda n: "1" * n),
            st.integers(1, 4000).map(lambda n: "10" * (n // 2)),
            st.just(FLAG * 5),
            st.just("011111101111110"),
        ),
        max_size=10,
    ),
    st.lists(st.integers(1, 90), min_size=1, max_size=6),
)
def test_events_do_not_depend_on_the_blocks(pieces: list[str], sizes: list[int]) -> None:
    octets = octets_of("".join(pieces) + FLAG)
    whole = HdlcReceiver(0).put(octets, 0)
    assert merged(put_in_blocks(HdlcReceiver(0), octets, sizes)) == merged(whole)
    assert merged(put_in_blocks(HdlcReceiver(0), octets, [1])) == merged(whole)


@settings(deadline=None)
@given(st.lists(FRAMES, min_size=1, max_size=6), st.data())
def test_a_flipped_bit_never_yields_a_frame_that_was_not_sent(
    frames: list[bytes], data: st.DataObject
) -> None:
    transmitter = HdlcTransmitter()
    for frame in frames:
        transmitter.send(frame)
    octets = transmitter.take(60 + 50 * len(frames)).copy()
    bit = data.draw(st.integers(0, 8 * len(octets) - 1))
    octets[bit // 8] ^= 0x80 >> bit % 8
    events = HdlcReceiver(0).put(octets, 0)
    got = received(events)
    assert all(octets in frames for octets in got)
    assert len(frames) - 2 <= len(got) <= len(frames)


@pytest.mark.parametrize(
    ("bits", "fault"),
    [
        (stuffed(b"abcd", corrupt_fcs=True), HdlcFault.FCS),
        (stuffed(b"ab"), HdlcFault.SHORT),
        ("0" * 39, HdlcFault.ALIGNMENT),
        (stuffed(b"abcdef") + "0", HdlcFault.ALIGNMENT),
        ("01111111", HdlcFault.ABORT),
    ],
)
def test_damage_between_flags_is_named(bits: str, fault: HdlcFault) -> None:
    transmitter, receiver = HdlcTransmitter(), HdlcReceiver(0)
    transmitter.send_bits(bits)
    transmitter.send(b"after")
    events = receiver.put(transmitter.take(40), 0)
    assert faults(events) == [fault]
    assert received(events) == [b"after"]
    assert not receiver.octet_counting


@pytest.mark.parametrize(("length", "fault"), [(277, None), (278, HdlcFault.LONG)])
def test_longest_frame_passes_and_one_octet_more_does_not(length: int, fault: HdlcFault | None) -> None:
    frame = bytes([0xFF]) * length
    transmitter = HdlcTransmitter()
    transmitter.send(frame)
    transmitter.send(b"after")
    events = HdlcReceiver(0).put(transmitter.take(500), 0)
    assert [f for f in faults(events) if f is not HdlcFault.OCTET_COUNT] == ([fault] if fault else [])
    assert received(events) == ([b"after"] if fault else [frame, b"after"])


def test_ones_for_ever_count_every_16_octets_until_a_good_frame() -> None:
    receiver = HdlcReceiver(0)
    receiver.put(octets_of(FLAG + FLAG), 0)
    events = receiver.put(np.full(100, 0xFF, np.uint8), 2)
    assert events[0] == HdlcError(0, HdlcFault.ABORT, 2)
    # the seventh one is bit 7 of frame 2; 128 bits later is bit 7 of frame 18
    assert events[1:] == [HdlcError(0, HdlcFault.OCTET_COUNT, 18 + 16 * k) for k in range(6)]
    assert receiver.octet_counting
    wrong = octets_of(FLAG + stuffed(b"abcd", corrupt_fcs=True) + FLAG)
    assert faults(receiver.put(wrong, 102)) in ([], [HdlcFault.OCTET_COUNT])
    assert receiver.octet_counting
    good = receiver.put(octets_of(FLAG + stuffed(b"abcd") + FLAG), 102 + len(wrong))
    assert received(good) == [b"abcd"]
    assert not receiver.octet_counting
    assert faults(receiver.put(octets_of(stuffed(b"ab") + FLAG + FLAG), 500)) == [HdlcFault.SHORT]


def test_octets_are_counted_from_the_bit_that_lost_alignment() -> None:
    receiver = HdlcReceiver(0)
    # the seventh one is the last bit of frame 1; the 128th bit behind it the last bit of frame 17
    events = receiver.put(octets_of(FLAG + "0" + "1" * 7 + "10" * 68), 0)
    assert events == [HdlcError(0, HdlcFault.ABORT, 1), HdlcError(0, HdlcFault.OCTET_COUNT, 17)]


def test_send_bits_refuses_what_is_no_bit() -> None:
    with pytest.raises(LimitError, match="0 and 1"):
        HdlcTransmitter().send_bits("0120")

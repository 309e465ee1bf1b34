"""The virtual board as a whole, against the bench's own framer and HDLC, which share no code with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

from callcenter.media.g711 import SILENCE, amplitude, encode_float
from callcenter.tdm.board import VirtualBoard
from callcenter.tdm.framer import LOCAL_DELAY
from callcenter.tdm.station import DEBOUNCE, RINGING, SILENT
from testrig.board import (
    Alarm,
    Board,
    BoardEvent,
    Digit,
    Endpoint,
    HdlcError,
    HdlcFault,
    HdlcFrame,
    Hook,
    Kind,
    Loopback,
    PlayEnded,
    SpanAlarm,
    SpanConfig,
    station,
    trunk,
    voice,
)
from testrig.clock import MILLISECOND, SECOND
from testrig.e1 import E1Port
from testrig.errors import LimitError
from testrig.hdlc import HdlcReceiver, HdlcTransmitter
from testrig.line import Octets
from testrig.virtual import LinePair, StationPair

FISU = bytes((0x80, 0x81, 0x00))
SIZES = (40, 1, 39, 8000, 7, 40, 333, 4000, 8, 40)


class Ear:
    """A sink of the tester that keeps what it hears."""

    def __init__(self) -> None:
        self.parts: list[Octets] = []

    def __call__(self, octets: Octets) -> None:
        self.parts.append(octets.copy())

    @property
    def heard(self) -> Octets:
        return np.concatenate(self.parts)


class Mouth:
    """A source of the tester: random octets, kept."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self.parts: list[Octets] = []

    def __call__(self, frames: int) -> Octets:
        self.parts.append(self._generator.integers(0, 256, frames, np.uint8))
        return self.parts[-1]

    @property
    def said(self) -> Octets:
        return np.concatenate(self.parts)


class Bench:
    """A board on virtual lines and stations, with the tester at the other ends."""

    def __init__(self, *, spans: int = 1, stations: int = 0, voice_ports: int = 0, crc4: bool = True) -> None:
        self.board = VirtualBoard(spans=spans, stations=stations, voice_ports=voice_ports)
        self.pairs = [LinePair(f"line{number}", seed=number) for number in range(spans)]
        self.ports = [E1Port(pair.a, crc4=crc4) for pair in self.pairs]
        self.stations = [StationPair(f"station{number}") for number in range(stations)]
        self.speak: Callable[[int], Octets] = lambda frames: np.full(frames, SILENCE, np.uint8)
        self.earpieces: list[list[Octets]] = [[] for _ in range(stations)]
        self.events: list[BoardEvent] = []
        self.now = 0
        for number, pair in enumerate(self.pairs):
            self.board.attach_span(number, pair.b)
            self.board.configure_span(number, SpanConfig(crc4=crc4))
        for number, telephone in enumerate(self.stations):
            self.board.attach_station(number, telephone.exchange)

    def step(self, frames: int) -> list[BoardEvent]:
        for port in self.ports:
            port.send(frames)
        for telephone in self.stations:
            telephone.phone.send(self.speak(frames))
        events = self.board.advance(frames)
        self.events += events
        for port in self.ports:
            port.receive(frames)
        for number, telephone in enumerate(self.stations):
            self.earpieces[number].append(telephone.phone.receive(frames))
        self.now += frames
        return events

    def run(self, frames: int, size: int = 40) -> list[BoardEvent]:
        events = []
        while frames:
            part = min(size, frames)
            events += self.step(part)
            frames -= part
        return events

    def up(self) -> Bench:
        self.run(800)
        assert not any(port.alarms for port in self.ports)
        assert not any(self.board.span_alarms(number) for number in range(len(self.ports)))
        return self

    def signalling(self, slot: int = 16) -> tuple[int, HdlcTransmitter, list[object]]:
        """Open a channel, with the tester's own HDLC at the far end."""
        transmitter, receiver, seen = HdlcTransmitter(), HdlcReceiver(0), list[object]()

        def sink(octets: Octets) -> None:
            seen.extend(receiver.put(octets, 0))

        self.ports[0].sources[slot] = transmitter.take
        self.ports[0].sinks[slot] = sink
        return self.board.open_hdlc(0, slot), transmitter, seen


def frames_of(events: Iterable[object]) -> list[bytes]:
    return [event.octets for event in events if isinstance(event, HdlcFrame)]


def test_board_implements_the_contract() -> None:
    board: Board = VirtualBoard(spans=2, stations=3, voice_ports=4)
    inventory = board.inventory()
    assert (inventory.spans, inventory.stations, inventory.voice_ports) == (2, 3, 4)
    assert inventory.bus_slots == 2 * 31 + 3 + 4
    assert "software" in inventory.model


# spans, with the bench's framer at the other end


@pytest.mark.parametrize("crc4", [True, False])
def test_two_independent_framers_come_up_without_errors(crc4: bool) -> None:
    bench = Bench(crc4=crc4).up()
    bench.run(2 * SECOND, 333)
    for counters in (bench.ports[0].counters, bench.board.span_counters(0)):
        assert counters.crc_errors == counters.fas_errors == counters.slips == 0
        assert counters.alignment_losses == 0
    assert bench.board.settled


def test_bit_errors_are_counted_alike_at_both_ends() -> None:
    bench = Bench().up()
    before = bench.ports[0].counters.far_end_errors
    bench.pairs[0].a_to_b.bit_error_rate = 1e-5
    bench.run(4 * SECOND)
    bench.pairs[0].a_to_b.bit_error_rate = 0
    bench.run(SECOND)
    errors = bench.board.span_counters(0).crc_errors
    assert errors > 30
    assert bench.ports[0].counters.far_end_errors - before == errors


def test_cut_line_shows_loss_of_signal_here_and_remote_alarm_there() -> None:
    bench = Bench().up()
    bench.pairs[0].a_to_b.cut = True
    at = bench.now
    events = bench.run(400)
    assert SpanAlarm(0, Alarm.LOS, True, at) in events
    assert bench.board.span_alarms(0) == {Alarm.LOS, Alarm.LOF}
    assert bench.ports[0].alarms == {Alarm.RAI}
    assert bench.board.settled
    bench.pairs[0].a_to_b.cut = False
    bench.up()


def test_slip_on_the_line_is_counted() -> None:
    bench = Bench().up()
    bench.pairs[0].a_to_b.slip(1)
    bench.run(SECOND)
    assert bench.board.span_counters(0).slips == 1
    assert not bench.board.span_alarms(0)


def test_span_without_a_line_has_loss_of_signal() -> None:
    board = VirtualBoard(spans=1, stations=0, voice_ports=0)
    board.advance(40)
    assert board.span_alarms(0) == {Alarm.LOS}
    assert board.settled


def test_configuring_a_span_starts_its_counters_again() -> None:
    bench = Bench().up()
    bench.pairs[0].a_to_b.flip([256 * 100 + 50])
    bench.run(800)
    assert bench.board.span_counters(0).crc_errors == 1
    bench.board.configure_span(0, SpanConfig(idle=0x54))
    assert bench.board.span_counters(0).crc_errors == 0
    ear = bench.ports[0].sinks[9] = Ear()
    bench.run(800)
    assert (ear.heard == 0x54).all()


# the bus


def test_switched_slots_keep_every_bit_whatever_the_blocks() -> None:
    bench = Bench(spans=2).up()
    bench.board.listen(trunk(1, 7), trunk(0, 1))
    bench.board.listen(trunk(0, 1), trunk(1, 7))
    mouths = [Mouth(1), Mouth(2)]
    ears = [Ear(), Ear()]
    bench.ports[0].sources[1], bench.ports[0].sinks[1] = mouths[0], ears[0]
    bench.ports[1].sources[7], bench.ports[1].sinks[7] = mouths[1], ears[1]
    for size in SIZES:
        bench.step(size)
    assert (ears[1].heard == mouths[0].said).all()
    assert (ears[0].heard == mouths[1].said).all()


def test_all_slots_of_sixteen_spans_are_switched_at_once() -> None:
    bench = Bench(spans=16).up()
    generator = np.random.default_rng(3)
    ends = [(span, slot) for span in range(16) for slot in range(1, 32)]
    order = generator.permutation(len(ends)).tolist()
    mouths, ears = {}, {}
    for end, (span, slot) in enumerate(ends):
        mouths[span, slot] = bench.ports[span].sources[slot] = Mouth(end)
        ears[span, slot] = bench.ports[span].sinks[slot] = Ear()
        bench.board.listen(trunk(span, slot), trunk(*ends[order[end]]))
    for size in (40, 13, 200):
        bench.step(size)
    for end, place in enumerate(ends):
        assert (ears[place].heard == mouths[ends[order[end]]].said).all()


def test_source_feeds_many_sinks_and_unlisten_makes_silence() -> None:
    bench = Bench(stations=2).up()
    mouth = bench.ports[0].sources[4] = Mouth(5)
    for sink in (station(0), station(1), trunk(0, 9)):
        bench.board.listen(sink, trunk(0, 4))
    ear = bench.ports[0].sinks[9] = Ear()
    bench.earpieces[0].clear()
    bench.step(40)
    bench.board.unlisten(station(0))
    bench.board.unlisten(trunk(0, 9))
    bench.step(40)
    assert (ear.heard[:40] == mouth.said[:40]).all()
    assert (ear.heard[40:] == 0xD5).all()
    assert (bench.earpieces[0][0] == mouth.said[:40]).all()
    assert (bench.earpieces[0][1] == SILENCE).all()
    assert (bench.earpieces[1][-1] == mouth.said[40:]).all()


def test_station_and_trunk_hear_each_other() -> None:
    bench = Bench(stations=1).up()
    bench.board.listen(station(0), trunk(0, 2))
    bench.board.listen(trunk(0, 2), station(0))
    bench.earpieces[0].clear()
    mouth = bench.ports[0].sources[2] = Mouth(8)
    ear = bench.ports[0].sinks[2] = Ear()
    phone = Mouth(9)
    bench.speak = phone
    for size in SIZES:
        bench.step(size)
    assert (ear.heard == phone.said).all()
    assert (np.concatenate(bench.earpieces[0]) == mouth.said).all()


# signalling channels


def test_channel_and_the_benchs_hdlc_understand_each_other() -> None:
    bench = Bench().up()
    channel, transmitter, seen = bench.signalling()
    bench.board.hdlc_fill(channel, FISU)
    transmitter.fill = b"\xff\xff\x00"
    generator = np.random.default_rng(2)
    sent = [generator.integers(0, 256, size, np.uint8).tobytes() for size in (3, 4, 20, 276, 50, 5)]
    bench.run(200)
    for frame in sent:
        bench.board.hdlc_send(channel, frame)
        transmitter.send(frame)
    assert bench.board.hdlc_backlog(channel) == len(sent)
    assert not bench.board.settled
    events = [event for event in bench.run(800) if not isinstance(event, SpanAlarm)]
    assert [frame for frame in frames_of(events) if frame != b"\xff\xff\x00"] == sent
    assert [frame for frame in frames_of(seen) if frame != FISU] == sent
    assert bench.board.hdlc_backlog(channel) == 0
    assert bench.board.settled
    assert not any(isinstance(event, HdlcError) for event in events)


def test_wrong_check_bits_are_an_error_of_the_channel() -> None:
    bench = Bench().up()
    channel, transmitter, _ = bench.signalling()
    bench.run(80)
    transmitter.send(b"\x01\x02\x03\x04", corrupt_fcs=True)
    (error,) = [event for event in bench.run(80) if isinstance(event, HdlcError)]
    assert (error.channel, error.fault) == (channel, HdlcFault.FCS)


def test_fill_repeats_are_told_once_a_block() -> None:
    bench = Bench().up()
    channel, transmitter, _ = bench.signalling()
    transmitter.fill = FISU
    bench.run(200)
    (event,) = bench.step(8000)
    assert isinstance(event, HdlcFrame)
    assert (event.channel, event.octets) == (channel, FISU)
    assert event.repeats > 1000


def test_flush_drops_what_is_not_begun() -> None:
    bench = Bench().up()
    channel, _, seen = bench.signalling()
    for number in range(4):
        bench.board.hdlc_send(channel, bytes((number,)) * 200)
    bench.step(40)
    assert bench.board.hdlc_flush(channel) == 3
    bench.run(400)
    assert frames_of(seen) == [bytes(200)]


def test_channel_hears_octet_counting_while_the_span_is_lost() -> None:
    bench = Bench().up()
    bench.signalling()
    bench.run(80)
    bench.pairs[0].a_to_b.cut = True
    events = [event for event in bench.run(160) if isinstance(event, HdlcError)]
    assert events[0].fault is HdlcFault.ABORT
    assert {event.fault for event in events[1:]} == {HdlcFault.OCTET_COUNT}
    assert {after.at - before.at for before, after in pairwise(events[1:])} == {16}


# voice ports


def digit_audio(digit: str, frames: int) -> Octets:
    place = "123A456B789C*0#D".index(digit)
    low, high = (697, 770, 852, 941)[place // 4], (1209, 1336, 1477, 1633)[place % 4]
    time = np.arange(frames) / SECOND
    wave = amplitude(-9.0) * (np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time))
    return encode_float(wave)


def test_announcement_is_played_once_and_its_end_told_in_its_frame() -> None:
    bench = Bench(voice_ports=2).up()
    audio = np.random.default_rng(1).integers(0, 256, 1000, np.uint8)
    bench.board.listen(trunk(0, 3), voice(1))
    ear = bench.ports[0].sinks[3] = Ear()
    begun = bench.now
    bench.board.play(1, audio)
    assert bench.board.next_deadline() == begun + 1000
    events = bench.run(1240)
    assert events == [PlayEnded(1, begun + 1000)]
    assert (ear.heard[:1000] == audio).all()
    assert (ear.heard[1000:] == SILENCE).all()
    assert bench.board.next_deadline() is None


def test_stopped_port_is_silent_and_tells_nothing() -> None:
    bench = Bench(voice_ports=1).up()
    bench.board.listen(trunk(0, 3), voice(0))
    ear = bench.ports[0].sinks[3] = Ear()
    bench.board.play(0, np.arange(100, dtype=np.uint8), loop=True)
    assert bench.board.next_deadline() is None
    bench.run(240)
    bench.board.stop(0)
    assert bench.run(40) == []
    assert (ear.heard[:240] == np.arange(240) % 100).all()
    assert (ear.heard[240:] == SILENCE).all()


@pytest.mark.parametrize("size", [40, 333, 2400])
def test_digits_are_detected_on_the_port_that_listens(size: int) -> None:
    bench = Bench(voice_ports=3).up()
    gap = np.full(480, SILENCE, np.uint8)
    audio = np.concatenate([part for digit in "159#" for part in (digit_audio(digit, 640), gap)])
    said = iter(range(len(audio)))

    def source(frames: int) -> Octets:
        places = [place for _, place in zip(range(frames), said, strict=False)]
        return np.concatenate((audio[places], np.full(frames - len(places), SILENCE, np.uint8)))

    bench.board.listen(voice(2), trunk(0, 6))
    bench.board.detect_digits(2, True)
    bench.board.detect_digits(1, True)
    begun = bench.now
    bench.ports[0].sources[6] = source
    events = [event for event in bench.run(4800, size) if isinstance(event, Digit)]
    assert [(event.port, event.digit) for event in events] == [(2, digit) for digit in "159#"]
    for number, event in enumerate(events):
        assert abs(event.at - (begun + 1120 * number + 640)) <= 80
        assert abs(event.duration - 640) <= 80
    assert bench.board.settled


def test_board_is_not_settled_while_a_digit_is_heard() -> None:
    bench = Bench(voice_ports=1).up()
    bench.board.listen(voice(0), trunk(0, 6))
    bench.board.detect_digits(0, True)
    bench.run(40)
    assert bench.board.settled
    bench.ports[0].sources[6] = lambda frames: digit_audio("5", frames)
    bench.run(400)
    assert not bench.board.settled


def test_receiver_turned_off_hears_nothing() -> None:
    bench = Bench(voice_ports=1).up()
    bench.board.listen(voice(0), trunk(0, 6))
    bench.board.detect_digits(0, True)
    bench.board.detect_digits(0, False)
    bench.ports[0].sources[6] = lambda frames: digit_audio("5", frames)
    bench.run(400)
    del bench.ports[0].sources[6]
    assert not any(isinstance(event, Digit) for event in bench.run(800))


def test_receiver_turned_off_and_on_forgets_the_digit_under_way() -> None:
    digits = []
    for forgetful in (False, True):
        bench = Bench(voice_ports=1).up()
        bench.board.listen(voice(0), trunk(0, 6))
        bench.board.detect_digits(0, True)
        first, second = np.split(digit_audio("5", 480), [320])
        bench.ports[0].sources[6] = partial(np.resize, first)
        bench.step(320)
        if forgetful:
            bench.board.detect_digits(0, False)
            bench.board.detect_digits(0, True)
        bench.ports[0].sources[6] = partial(np.resize, second)
        bench.step(160)
        del bench.ports[0].sources[6]
        digits.append([event.digit for event in bench.run(800) if isinstance(event, Digit)])
    assert digits == [["5"], []]


# stations


@pytest.mark.parametrize("size", [1, 40, 77, 8000])
def test_ringing_keeps_the_cadence_to_the_frame(size: int) -> None:
    bench = Bench(spans=0, stations=1)
    telephone = bench.stations[0]
    bench.run(123)
    bench.board.ring(0, True)
    edges, now, ringing = [], bench.now, False
    limit = now + 2 * (RINGING + SILENT) + 100
    while now < limit:
        deadline = bench.board.next_deadline()
        assert deadline is not None
        if telephone.phone.ringing != ringing:
            ringing = not ringing
            edges.append(now - 123)
        now += min(size, deadline - now) or 1
        bench.step(now - bench.now)
    expected = [0, RINGING, RINGING + SILENT, 2 * RINGING + SILENT, 2 * (RINGING + SILENT)]
    # Current changes at the beginning of the frame, and is looked at when that frame is over.
    assert [edge - (edge not in (0,)) for edge in edges] == expected


def test_ringing_is_one_second_in_five() -> None:
    assert (RINGING, SILENT) == (1 * SECOND, 4 * SECOND)


def test_ringing_changes_inside_a_long_block() -> None:
    bench = Bench(spans=0, stations=1)
    bench.board.ring(0, True)
    assert bench.stations[0].phone.ringing
    bench.step(RINGING + 1)
    assert not bench.stations[0].phone.ringing
    bench.step(SILENT)
    assert bench.stations[0].phone.ringing
    bench.board.ring(0, False)
    assert not bench.stations[0].phone.ringing
    assert bench.board.next_deadline() is None


@pytest.mark.parametrize("size", [1, 40, 8000])
def test_hook_is_told_when_it_has_lasted_and_trips_ringing(size: int) -> None:
    bench = Bench(spans=0, stations=2)
    bench.run(80)
    bench.board.ring(1, True)
    bench.stations[1].phone.hook(True)
    assert not bench.board.settled
    assert bench.run(8000, size) == [Hook(1, True, 80 + DEBOUNCE)]
    assert not bench.stations[1].phone.ringing
    bench.board.ring(1, True)
    assert not bench.stations[1].phone.ringing
    bench.stations[1].phone.hook(False)
    assert bench.run(8000, size) == [Hook(1, False, 8080 + DEBOUNCE)]
    assert bench.board.settled


def test_bounce_shorter_than_the_limit_is_not_told() -> None:
    bench = Bench(spans=0, stations=1)
    for _ in range(5):
        bench.stations[0].phone.hook(True)
        bench.run(DEBOUNCE - 1)
        bench.stations[0].phone.hook(False)
        bench.run(1)
    assert bench.events == []
    assert bench.board.settled


def test_hook_under_way_is_a_deadline() -> None:
    bench = Bench(spans=0, stations=1)
    bench.stations[0].phone.hook(True)
    bench.run(10)
    assert bench.board.next_deadline() == DEBOUNCE == 20 * MILLISECOND


# loops


def test_payload_loop_returns_a_time_slot() -> None:
    bench = Bench().up()
    bench.board.set_loopback(0, Loopback.PAYLOAD)
    mouth = bench.ports[0].sources[5] = Mouth(4)
    ear = bench.ports[0].sinks[5] = Ear()
    for size in SIZES:
        bench.step(size)
    assert (ear.heard == mouth.said).all()
    assert not bench.ports[0].alarms


def test_line_loop_returns_the_testers_framing() -> None:
    bench = Bench().up()
    bench.board.set_loopback(0, Loopback.LINE)
    bench.run(800)
    assert not bench.ports[0].alarms
    mouth = bench.ports[0].sources[5] = Mouth(4)
    ear = bench.ports[0].sinks[5] = Ear()
    bench.run(800)
    assert (ear.heard == mouth.said).all()


def test_local_loop_hears_itself_while_the_far_end_sees_ais() -> None:
    bench = Bench(voice_ports=1).up()
    bench.board.set_loopback(0, Loopback.LOCAL)
    channel = bench.board.open_hdlc(0, 16)
    bench.step(8000)
    assert not bench.board.span_alarms(0)
    assert Alarm.AIS in bench.ports[0].alarms
    bench.board.hdlc_send(channel, b"\x11\x22\x33\x44")
    sent = bench.now
    (event,) = [event for event in bench.step(800) if isinstance(event, HdlcFrame)]
    assert event.octets == b"\x11\x22\x33\x44"
    # Flag under way, six octets with check bits, closing flag.
    assert sent + LOCAL_DELAY + 6 <= event.at <= sent + LOCAL_DELAY + 9
    bench.board.set_loopback(0, Loopback.NONE)
    bench.up()


# order, refusals


def test_events_come_in_order_of_their_instants() -> None:
    bench = Bench(stations=1, voice_ports=2)
    bench.signalling()
    bench.board.play(0, np.zeros(700, np.uint8))
    bench.board.play(1, np.zeros(20, np.uint8))
    bench.stations[0].phone.hook(True)
    events = bench.step(4000)
    instants = [event.at for event in events]
    assert instants == sorted(instants)
    assert {PlayEnded, Hook, SpanAlarm, HdlcError} <= {type(event) for event in events}


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (lambda board: board.span_alarms(1), "span 1: 0 to 0"),
        (lambda board: board.configure_span(0, SpanConfig(idle=256)), "idle octet 256"),
        (lambda board: board.configure_span(-1, SpanConfig()), "span -1"),
        (lambda board: board.open_hdlc(0, 0), "time slot 0: 1 to 31"),
        (lambda board: board.open_hdlc(0, 16), "already taken"),
        (lambda board: board.hdlc_send(1, FISU), "HDLC channel 1"),
        (lambda board: board.hdlc_send(0, bytes(277)), "277 octets: 1 to 276"),
        (lambda board: board.hdlc_fill(0, b""), "0 octets"),
        (lambda board: board.listen(trunk(0, 16), trunk(0, 1)), "taken for HDLC"),
        (lambda board: board.listen(trunk(0, 1), trunk(0, 32)), "time slot 32"),
        (lambda board: board.listen(station(2), trunk(0, 1)), "station 2"),
        (lambda board: board.listen(Endpoint(Kind.VOICE, 0, 3), trunk(0, 1)), "slot 3: 0 expected"),
        (lambda board: board.unlisten(voice(1)), "voice port 1"),
        (lambda board: board.play(0, np.zeros((2, 2), np.uint8)), "audio"),
        (lambda board: board.detect_digits(1, True), "voice port 1"),
        (lambda board: board.ring(2, True), "station 2"),
        (lambda board: board.advance(0), "advance 0"),
    ],
)
def test_wrong_orders_are_refused_with_the_range(order: Callable[[Board], object], words: str) -> None:
    board = VirtualBoard(spans=1, stations=2, voice_ports=1)
    assert board.open_hdlc(0, 16) == 0
    with pytest.raises(LimitError, match=words):
        order(board)


def test_board_without_anything_refuses_with_reason() -> None:
    with pytest.raises(LimitError, match="there is none"):
        VirtualBoard(spans=0, stations=0, voice_ports=0).ring(0, True)
    with pytest.raises(LimitError, match="spans -1"):
        VirtualBoard(spans=-1, stations=0, voice_ports=0)

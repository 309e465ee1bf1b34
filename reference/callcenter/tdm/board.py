"""The virtual board: spans, signalling channels, voice ports and stations on one bus of time slots.

In every block the board first takes what the lines and stations bring, then works out what they are to get,
and sends it. What comes in on a time slot therefore goes out on another in the same frame of the board,
0 frames later, and stays whole however the size of the blocks changes; a line whose device works with blocks
adds its own constant delay. Rows of the bus: 32 for each span, then stations, then voice ports, then silence.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from callcenter.media.check_tone import CheckToneReceiver
from callcenter.media.dtmf import DtmfBank
from callcenter.media.g711 import SILENCE
from callcenter.media.player import Player
from callcenter.tdm.framer import LOCAL_DELAY, Framer
from callcenter.tdm.hdlc import MAXIMUM, HdlcReceiver, HdlcTransmitter
from callcenter.tdm.station import Station
from callcenter.tdm.switch import TimeSlotSwitch
from testrig.board import (
    Alarm,
    BoardEvent,
    CheckTone,
    Digit,
    Endpoint,
    Inventory,
    Kind,
    Loopback,
    PlayEnded,
    SpanConfig,
    SpanCounters,
)
from testrig.clock import Instant
from testrig.errors import LimitError
from testrig.line import SLOTS, Block, Line, Octets, StationPort

FIRMWARE: Final = "1"
"""Raised when the board comes to behave differently on the line."""


class _Span:
    """A span of the board: its line, framer and channels, and where the switch's sinks on it stand."""

    __slots__ = ("channels", "columns", "framer", "line", "rows")

    def __init__(self, number: int) -> None:
        self.line: Line | None = None
        self.framer = Framer(number, SpanConfig())
        self.channels: list[_Channel] = []
        self.columns: NDArray[np.int64] | None = None
        """Time slots that hear something, and which rows of what was gathered are theirs."""
        self.rows = slice(0, 0)


class _Channel:
    """A signalling channel on a time slot."""

    __slots__ = ("receiver", "slot", "transmitter")

    def __init__(self, number: int, slot: int) -> None:
        self.slot = slot
        self.transmitter = HdlcTransmitter()
        self.receiver = HdlcReceiver(number)


def _checked(name: str, number: int, count: int) -> int:
    if not 0 <= number < count:
        have = f"0 to {count - 1} expected" if count else "there is none"
        raise LimitError(f"{name} {number}: {have}")
    return number


class VirtualBoard:
    """A board without hardware: `testrig.board.Board` on lines and stations that are plugged in."""

    def __init__(self, *, spans: int, stations: int, voice_ports: int, now: Instant = 0) -> None:
        """`now`: the instant at which the board begins, for one that takes another's place."""
        for name, count in (("spans", spans), ("stations", stations), ("voice_ports", voice_ports)):
            if count < 0:
                raise LimitError(f"{name} {count}: 0 or more expected")
        self._now = now
        self._spans = [_Span(number) for number in range(spans)]
        self._channels: list[_Channel] = []
        self._stations: list[Station | None] = [None] * stations
        self._attached: list[tuple[int, Station]] = []
        self._station_row = spans * SLOTS
        self._voice_row = self._station_row + stations
        self._silent_row = self._voice_row + voice_ports
        self._voice_ports = voice_ports
        self._switch = TimeSlotSwitch(self._silent_row + 1)
        self._bus: Octets = np.full((self._silent_row + 1, 0), SILENCE, np.uint8)
        self._player = Player(voice_ports)
        self._sounding: set[int] = set()
        """Voice ports whose row of the bus is not silent."""
        self._bank = DtmfBank(voice_ports)
        self._detecting: set[int] = set()
        self._checks: dict[int, CheckToneReceiver] = {}
        self._planned = -1
        self._routes()

    def inventory(self) -> Inventory:
        """What the board has; all time slots but 0 of every span are on the bus."""
        return Inventory(
            vendor="Testline",
            model="virtual board (software)",
            firmware=FIRMWARE,
            spans=len(self._spans),
            stations=len(self._stations),
            voice_ports=self._voice_ports,
            bus_slots=len(self._spans) * (SLOTS - 1) + len(self._stations) + self._voice_ports,
        )

    # spans

    def _span(self, span: int) -> _Span:
        return self._spans[_checked("span", span, len(self._spans))]

    def attach_span(self, span: int, line: Line) -> None:
        """Plug a line into a span, in place of the one before. The span begins without alignment."""
        unit = self._span(span)
        unit.line = line
        self._restart(span, unit.framer.config)

    def configure_span(self, span: int, config: SpanConfig) -> None:
        """Configure a span: it begins without alignment, its counters at 0, its loop as it was."""
        if not 0 <= config.idle <= 0xFF:
            raise LimitError(f"span {span}: idle octet {config.idle}: 0 to 255 expected")
        self._span(span)
        self._restart(span, config)

    def _restart(self, span: int, config: SpanConfig) -> None:
        unit = self._spans[span]
        loopback = unit.framer.loopback
        unit.framer = Framer(span, config, self._now)
        unit.framer.loopback = loopback

    def span_alarms(self, span: int) -> frozenset[Alarm]:
        """Alarms present. A span without a line has loss of signal."""
        unit = self._span(span)
        return frozenset((Alarm.LOS,)) if unit.line is None else unit.framer.alarms

    def span_counters(self, span: int) -> SpanCounters:
        return self._span(span).framer.counters

    def set_loopback(self, span: int, loopback: Loopback) -> None:
        """Close or open a loop, from the next block on. The local loop is `LOCAL_DELAY` frames long."""
        self._span(span).framer.loopback = loopback

    # HDLC

    def open_hdlc(self, span: int, slot: int) -> int:
        """Take a time slot for signalling; it leaves the bus as a sink. It sends flags until told else."""
        unit = self._span(span)
        if not 1 <= slot < SLOTS:
            raise LimitError(f"span {span}: time slot {slot}: 1 to {SLOTS - 1} expected")
        if any(channel.slot == slot for channel in unit.channels):
            raise LimitError(f"span {span}: time slot {slot} is already taken for HDLC")
        channel = _Channel(len(self._channels), slot)
        self._switch.disconnect(span * SLOTS + slot)
        self._channels.append(channel)
        unit.channels.append(channel)
        return len(self._channels) - 1

    def _channel(self, channel: int) -> _Channel:
        return self._channels[_checked("HDLC channel", channel, len(self._channels))]

    def hdlc_send(self, channel: int, frame: bytes) -> None:
        """Queue one frame, 1 to 276 octets without check bits."""
        self._channel(channel).transmitter.send(_frame(channel, frame))

    def hdlc_fill(self, channel: int, frame: bytes | None) -> None:
        """Set the frame, 1 to 276 octets, that fills the time between frames; None sends flags."""
        transmitter = self._channel(channel).transmitter
        transmitter.fill(None if frame is None else _frame(channel, frame))

    def hdlc_flush(self, channel: int) -> int:
        return self._channel(channel).transmitter.flush()

    def hdlc_backlog(self, channel: int) -> int:
        return self._channel(channel).transmitter.backlog

    # bus

    def _row(self, endpoint: Endpoint) -> int:
        kind, unit, slot = endpoint
        if kind is Kind.TRUNK:
            self._span(unit)
            if not 1 <= slot < SLOTS:
                raise LimitError(f"span {unit}: time slot {slot}: 1 to {SLOTS - 1} expected")
            return unit * SLOTS + slot
        if slot:
            raise LimitError(f"{kind.value} {unit}: slot {slot}: 0 expected")
        if kind is Kind.STATION:
            return self._station_row + _checked("station", unit, len(self._stations))
        return self._voice_row + _checked("voice port", unit, self._voice_ports)

    def listen(self, sink: Endpoint, source: Endpoint) -> None:
        """Connect one way from the next block on. Raises `LimitError` also for a sink taken for HDLC."""
        if sink.kind is Kind.TRUNK:
            taken = [channel.slot for channel in self._span(sink.unit).channels]
            if sink.slot in taken:
                raise LimitError(f"span {sink.unit}: time slot {sink.slot} is taken for HDLC")
        self._switch.connect(self._row(sink), self._row(source))

    def unlisten(self, sink: Endpoint) -> None:
        self._switch.disconnect(self._row(sink))

    def _routes(self) -> None:
        """Work out what the present connections mean for spans, stations and receivers."""
        self._planned = self._switch.changes
        sinks = self._switch.sinks
        for number, unit in enumerate(self._spans):
            first, last = np.searchsorted(sinks, (number * SLOTS, (number + 1) * SLOTS)).tolist()
            unit.rows = slice(first, last)
            unit.columns = sinks[first:last] - number * SLOTS if last > first else None
        place = {sink: index for index, sink in enumerate(sinks.tolist())}
        self._station_places = [
            place.get(self._station_row + number) for number in range(len(self._stations))
        ]
        self._receivers = np.array(sorted(self._detecting), np.int64)
        sources = [self._switch.source_of(self._voice_row + port) for port in sorted(self._detecting)]
        silent = self._silent_row
        self._receiver_rows = np.array([silent if row is None else row for row in sources], np.int64)

    # voice ports

    def play(self, port: int, audio: Octets, *, loop: bool = False) -> None:
        """Play from the next block on. Audio of no length has ended at once, without `PlayEnded`."""
        _checked("voice port", port, self._voice_ports)
        if audio.dtype != np.uint8 or audio.ndim != 1:
            raise LimitError(f"voice port {port}: audio {audio.dtype}{audio.shape}: uint8[n] expected")
        if len(audio):
            self._player.play(port, audio, loop)
        else:
            self._player.stop(port)

    def stop(self, port: int) -> None:
        self._player.stop(_checked("voice port", port, self._voice_ports))

    def detect_digits(self, port: int, on: bool) -> None:
        """Turn the DTMF receiver of the port on or off; either way it forgets what it has heard."""
        self._bank.reset(_checked("voice port", port, self._voice_ports))
        (self._detecting.add if on else self._detecting.discard)(port)
        self._planned = -1

    def detect_check_tone(self, port: int, on: bool) -> None:
        """Turn the check tone receiver of the port on or off; either way it forgets what it has heard."""
        self._checks.pop(_checked("voice port", port, self._voice_ports), None)
        if on:
            self._checks[port] = CheckToneReceiver()

    # stations

    def attach_station(self, number: int, line: StationPort) -> None:
        """Plug a station line in, in place of the one before. The station begins on hook."""
        _checked("station", number, len(self._stations))
        self._stations[number] = Station(number, line)
        self._attached = [(each, unit) for each, unit in enumerate(self._stations) if unit is not None]

    def ring(self, number: int, on: bool) -> None:
        """Ring in the cadence of `callcenter.tdm.station`, beginning with a burst, until told otherwise or
        the handset is lifted. Nothing is rung where no line is plugged in."""
        unit = self._stations[_checked("station", number, len(self._stations))]
        if unit is not None:
            unit.ring(on, self._now)

    def off_hook(self, number: int) -> bool:
        """Whether the station's loop is closed now; one without a line is on hook."""
        unit = self._stations[_checked("station", number, len(self._stations))]
        return unit is not None and unit.line.off_hook

    # time

    @property
    def now(self) -> Instant:
        """Frames advanced so far, those before it began included."""
        return self._now

    def advance(self, frames: int) -> list[BoardEvent]:
        """Move by `frames`, 1 or more. Ringing changes in the very frame, so a block that holds such a change
        goes to the lines in parts, as does every block while a local loop is closed."""
        if frames < 1:
            raise LimitError(f"advance {frames}: 1 or more expected")
        events: list[BoardEvent] = []
        end = self._now + frames
        while self._now < end:
            self._step(self._part(end), events)
        if len(events) > 1:
            events.sort(key=_instant)
        return events

    def _part(self, end: Instant) -> int:
        """How many frames may go at once."""
        if any(unit.framer.loopback is Loopback.LOCAL for unit in self._spans):
            end = min(end, self._now + LOCAL_DELAY)
        for _, unit in self._attached:
            edge = unit.next_edge
            if edge is not None and self._now < edge < end:
                end = edge
        return end - self._now

    def _step(self, count: int, events: list[BoardEvent]) -> None:
        if self._planned != self._switch.changes:
            self._routes()
        if self._bus.shape[1] != count:
            self._bus = np.full((self._silent_row + 1, count), SILENCE, np.uint8)
            self._sounding.clear()
        bus = self._bus
        for _, station in self._attached:
            station.begin(self._now)
        for number, unit in enumerate(self._spans):
            if unit.line is not None:
                self._receive(number, unit, unit.line, count, events)
        for each, station in self._attached:
            bus[self._station_row + each] = station.line.receive(count)
        self._play(count, events)
        if len(self._receivers):
            for digit in self._bank.process(
                bus.take(self._receiver_rows, axis=0), self._receivers, self._now
            ):
                events.append(Digit(digit.channel, digit.digit, digit.duration, digit.at))
        for port, receiver in self._checks.items():
            source = self._switch.source_of(self._voice_row + port)
            for on, offset in receiver.process(bus[self._silent_row if source is None else source]):
                events.append(CheckTone(port, on, self._now + offset))
        heard = self._switch.gather(bus) if len(self._switch.sinks) else bus[:0]
        for unit in self._spans:
            if unit.line is not None:
                unit.line.send(_composed(unit, heard, count))
        for each, station in self._attached:
            place = self._station_places[each]
            station.line.send(bus[self._silent_row] if place is None else heard[place])
        self._now += count
        for _, station in self._attached:
            hook = station.end(self._now)
            if hook is not None:
                events.append(hook)

    def _receive(self, number: int, unit: _Span, line: Line, count: int, events: list[BoardEvent]) -> None:
        block = line.receive(count)
        frames = unit.framer.receive(block, line.signal)
        events.extend(unit.framer.events)
        self._bus[number * SLOTS : (number + 1) * SLOTS] = frames.T
        for channel in unit.channels:
            row = self._bus[number * SLOTS + channel.slot]
            events.extend(channel.receiver.put(row.tobytes(), self._now))

    def _play(self, count: int, events: list[BoardEvent]) -> None:
        if not (self._sounding or self._player.playing):
            return
        audio, ended = self._player.take(count)
        ports = set()
        for port, octets in audio:
            self._bus[self._voice_row + port] = octets
            ports.add(port)
        for port in self._sounding - ports:
            self._bus[self._voice_row + port] = SILENCE
        self._sounding = ports
        for port, offset in ended:
            events.append(PlayEnded(port, self._now + offset))

    def next_deadline(self) -> Instant | None:
        """The end of an announcement, the next change of ringing current, or the next hook event."""
        ends = self._player.next_end
        earliest = None if ends is None else self._now + ends
        for _, unit in self._attached:
            deadline = unit.next_deadline
            if deadline is not None and (earliest is None or deadline < earliest):
                earliest = deadline
        return earliest

    @property
    def settled(self) -> bool:
        """True when every span, channel, receiver and hook is at rest: the next block can bring nothing but
        what `next_deadline` tells, unless something new comes in."""
        for unit in self._spans:
            if unit.line is None:
                continue
            if not unit.framer.settled:
                return False
            for channel in unit.channels:
                if not (channel.transmitter.idle and channel.receiver.locked):
                    return False
        if self._checks or any(station.bouncing for _, station in self._attached):
            return False
        return not len(self._receivers) or self._bank.settled(self._receivers)


def _composed(unit: _Span, heard: Octets, count: int) -> Block:
    """What the span sends: idle octets, what its time slots hear, its channels, framed."""
    frames: Block = np.empty((count, SLOTS), np.uint8)
    frames.fill(unit.framer.config.idle)
    if unit.columns is not None:
        frames[:, unit.columns] = heard[unit.rows].T
    for channel in unit.channels:
        frames[:, channel.slot] = channel.transmitter.take(count)
    return unit.framer.send(frames)


def _frame(channel: int, frame: bytes) -> bytes:
    if not 1 <= len(frame) <= MAXIMUM:
        raise LimitError(f"HDLC channel {channel}: frame of {len(frame)} octets: 1 to {MAXIMUM} expected")
    return bytes(frame)


def _instant(event: BoardEvent) -> Instant:
    return event.at

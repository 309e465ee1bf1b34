"""A board without speech, and cables that carry signal units between two of them in no time.

Level 2 of both ends is the real one: alignment, proving, numbers, acknowledgements and failures are those of
Q.703. What is left out is the octets: a signal unit passes whole, a fill-in unit once for each change. Time
goes from deadline to deadline, so that a day costs what happens in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from testrig.board import (
    Alarm,
    BoardEvent,
    Endpoint,
    HdlcError,
    HdlcFault,
    HdlcFrame,
    Hook,
    Inventory,
    Loopback,
    PlayEnded,
    SpanConfig,
    SpanCounters,
)
from testrig.clock import Instant
from testrig.line import Line, Octets, StationPort

REPEATS: Final = 3
"""A unit that is repeated while nothing else is to send is told as seen this often: two of three are judged
(Q.703 5.3)."""
SILENCE: Final = 70
"""Errors that a cut line brings at once: more than the 64 of Q.703 10.2.2, in octet counting mode."""


class Channel:
    """An HDLC channel: what is to go out, and the unit repeated otherwise."""

    __slots__ = ("fill", "queue", "told")

    def __init__(self) -> None:
        self.queue: deque[bytes] = deque()
        self.fill: bytes | None = None
        self.told: bytes | None = None
        """The repeated unit that the other end has seen."""


class WireBoard:
    """A board whose channels end at cables and whose players only tell when they are over."""

    def __init__(self) -> None:
        self.now: Instant = 0
        self.channels: list[Channel] = []
        self.places: dict[tuple[int, int], int] = {}
        """Number of the channel on a span and slot."""
        self.incoming: list[BoardEvent] = []
        self.connections: dict[Endpoint, Endpoint] = {}
        """Who hears whom, by sink."""
        self.lifted: set[int] = set()
        """Stations off hook."""
        self.ringing: set[int] = set()
        self._ends: dict[int, Instant] = {}

    def hook(self, number: int, off: bool) -> None:
        """Lift or replace a station's handset; the engine is told in the next block."""
        (self.lifted.add if off else self.lifted.discard)(number)
        self.incoming.append(Hook(number, off, self.now))

    def inventory(self) -> Inventory:
        return Inventory("Testline", "wires", "1", 32, 0, 1024, 0)

    def attach_span(self, span: int, line: Line) -> None:
        """No line ends here."""

    def attach_station(self, number: int, line: StationPort) -> None:
        """No station ends here."""

    def off_hook(self, number: int) -> bool:
        return number in self.lifted

    def configure_span(self, span: int, config: SpanConfig) -> None:
        """Nothing is framed."""

    def span_alarms(self, span: int) -> frozenset[Alarm]:
        return frozenset()

    def span_counters(self, span: int) -> SpanCounters:
        return SpanCounters()

    def set_loopback(self, span: int, loopback: Loopback) -> None:
        """Nothing to loop."""

    def open_hdlc(self, span: int, slot: int) -> int:
        self.channels.append(Channel())
        number = len(self.channels) - 1
        self.places[span, slot] = number
        return number

    def hdlc_send(self, channel: int, frame: bytes) -> None:
        self.channels[channel].queue.append(frame)

    def hdlc_fill(self, channel: int, frame: bytes | None) -> None:
        self.channels[channel].fill = frame

    def hdlc_flush(self, channel: int) -> int:
        queue = self.channels[channel].queue
        dropped = len(queue)
        queue.clear()
        return dropped

    def hdlc_backlog(self, channel: int) -> int:
        return len(self.channels[channel].queue)

    def listen(self, sink: Endpoint, source: Endpoint) -> None:
        self.connections[sink] = source

    def unlisten(self, sink: Endpoint) -> None:
        self.connections.pop(sink, None)

    def play(self, port: int, audio: Octets, *, loop: bool = False) -> None:
        if loop:
            self._ends.pop(port, None)
        else:
            self._ends[port] = self.now + len(audio)

    def stop(self, port: int) -> None:
        self._ends.pop(port, None)

    def detect_digits(self, port: int, on: bool) -> None:
        """Nobody presses a key."""

    def detect_check_tone(self, port: int, on: bool) -> None:
        """No tone comes back: what passes here is messages only."""

    def ring(self, number: int, on: bool) -> None:
        (self.ringing.add if on else self.ringing.discard)(number)

    def advance(self, frames: int) -> list[BoardEvent]:
        self.now += frames
        events, self.incoming = self.incoming, []
        if frames:
            over = sorted((at, port) for port, at in self._ends.items() if at <= self.now)
            for at, port in over:
                del self._ends[port]
                events.append(PlayEnded(port, at))
        return events

    def next_deadline(self) -> Instant | None:
        return min(self._ends.values(), default=None)

    @property
    def settled(self) -> bool:
        return not self.incoming and not any(channel.queue for channel in self.channels)


class Cable:
    """One signalling link between two boards."""

    def __init__(self, one: tuple[WireBoard, int], other: tuple[WireBoard, int]) -> None:
        self.ends = (one, other)
        self.cut = False
        self.tap: Callable[[int, bytes], None] | None = None
        """Sees what passes: the end that sends, 0 or 1, and the unit."""

    def carry(self) -> bool:
        """Carry what is to go out at both ends; whether there was anything."""
        moved = False
        for side, (source, sink) in enumerate((self.ends, self.ends[::-1])):
            board, number = source
            channel = board.channels[number]
            if not channel.queue and channel.fill == channel.told:
                continue
            moved = True
            units = [(unit, 1) for unit in channel.queue]
            channel.queue.clear()
            channel.told = channel.fill
            if channel.fill is not None:
                units.append((channel.fill, REPEATS))
            if not self.cut:
                for unit, repeats in units:
                    self.inject(sink, unit, repeats)
                    if self.tap is not None:
                        self.tap(side, unit)
        return moved

    def inject(self, sink: tuple[WireBoard, int], unit: bytes, repeats: int = 1) -> None:
        """Bring a unit to one end."""
        board, number = sink
        board.incoming.append(HdlcFrame(number, unit, repeats, board.now))

    def disturb(self, end: int, unit: bytes) -> None:
        """Bring end `end` a unit that the other end never sent; what is really sent follows again."""
        self.inject(self.ends[end], unit)
        board, number = self.ends[1 - end]
        board.channels[number].told = None

    def break_off(self) -> None:
        """Cut the cable: both ends lose alignment of signal units and count octets (Q.703 4.1.4)."""
        self.cut = True
        for board, number in self.ends:
            error = HdlcError(number, HdlcFault.OCTET_COUNT, board.now)
            board.incoming += [error] * SILENCE

    def mend(self) -> None:
        """Make the cable whole again."""
        self.cut = False
        for board, number in self.ends:
            board.channels[number].told = None


class Node(Protocol):
    """What stands at the end of cables: an `Engine`, or a far exchange."""

    now: Instant

    def advance(self, count: int) -> None: ...
    def next_deadline(self) -> Instant | None: ...


class World:
    """Nodes with their boards and the cables between them, at one time."""

    def __init__(self, nodes: Sequence[tuple[Node, WireBoard]], cables: Sequence[Cable]) -> None:
        self.nodes = list(nodes)
        self.cables = list(cables)
        self.now: Instant = 0

    def settle(self) -> None:
        """Carry units until nobody has anything more to say at this instant."""
        while True:
            for cable in self.cables:
                cable.carry()
            busy = [node for node, board in self.nodes if board.incoming]
            if not busy:
                return
            for node in busy:
                node.advance(0)

    def run(self, frames: int) -> None:
        """Let `frames` pass, from deadline to deadline."""
        until = self.now + frames
        self.settle()
        while self.now < until:
            known = [node.next_deadline() for node, _ in self.nodes]
            at = min((each for each in known if each is not None), default=until)
            # What is due at once, or was due, has its turn in the next frame.
            step = min(max(at, self.now + 1), until) - self.now
            self.now += step
            for node, _ in self.nodes:
                node.advance(step)
            self.settle()

    def until(self, condition: Callable[[], bool], within: int, *, step: int) -> bool:
        """Run in steps until `condition` holds; False when it does not come about in time."""
        end = self.now + within
        while not condition():
            if self.now >= end:
                return False
            self.run(step)
        return True


def join(one: WireBoard, other: WireBoard) -> list[Cable]:
    """Join the channels that both boards have on the same span and slot."""
    both = sorted(one.places.keys() & other.places.keys())
    return [Cable((one, one.places[place]), (other, other.places[place])) for place in both]

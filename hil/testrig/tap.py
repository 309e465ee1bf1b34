"""A tap on a line: passes everything through and shows the signal units of chosen time slots.

It looks at the columns of the blocks, so frame and octets must be aligned with them, as on a virtual
line and on line units that align before they deliver.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from testrig.board import HdlcFrame
from testrig.clock import Instant
from testrig.errors import LimitError
from testrig.hdlc import HdlcReceiver
from testrig.line import SLOTS, Block, Line
from testrig.pcapng import LINKTYPE_MTP2, PcapngWriter


class FrameWriter(Protocol):
    """What a tap tells its frames to."""

    def frame(
        self, line: str, slot: int, octets: bytes, at: Instant, *, outbound: bool, repeats_before: int
    ) -> None:
        """A frame (check bits removed) ended in frame `at` of the line and differs from the one before it
        in that slot and direction, which came `repeats_before` more times since it was told."""
        ...


class _Watch:
    """One time slot in one direction."""

    def __init__(self, slot: int, outbound: bool) -> None:
        self.slot = slot
        self.outbound = outbound
        self._receiver = HdlcReceiver(slot)
        self._last: bytes | None = None
        self._repeats = 0

    def put(self, block: Block, start: Instant, line: str, writer: FrameWriter) -> None:
        for event in self._receiver.put(block[:, self.slot], start):
            if not isinstance(event, HdlcFrame):
                continue
            repeats = event.repeats
            if event.octets != self._last:
                writer.frame(
                    line,
                    self.slot,
                    event.octets,
                    event.at,
                    outbound=self.outbound,
                    repeats_before=self._repeats,
                )
                self._last = event.octets
                self._repeats = 0
                repeats -= 1
            self._repeats += repeats


class TappedLine:
    """A line whose signal units in `slots` are also told to `writer`, repetitions once.

    Of a run of equal frames within one block the time told is that of its last one.
    """

    def __init__(self, line: Line, slots: Iterable[int], writer: FrameWriter) -> None:
        chosen = sorted(set(slots))
        if any(not 0 < slot < SLOTS for slot in chosen):
            raise LimitError(f"tap of {line.name}: time slots {chosen}; 1 to {SLOTS - 1} expected")
        self._line = line
        self._writer = writer
        self._outgoing = [_Watch(slot, outbound=True) for slot in chosen]
        self._incoming = [_Watch(slot, outbound=False) for slot in chosen]
        self._sent = 0
        self._received = 0

    @property
    def name(self) -> str:
        """Name of the line that is tapped."""
        return self._line.name

    @property
    def signal(self) -> bool:
        """As of the line that is tapped."""
        return self._line.signal

    def send(self, block: Block) -> None:
        """Send `uint8[n, 32]`."""
        for watch in self._outgoing:
            watch.put(block, self._sent, self.name, self._writer)
        self._sent += len(block)
        self._line.send(block)

    def receive(self, frames: int) -> Block:
        """Receive `uint8[frames, 32]`."""
        block = self._line.receive(frames)
        for watch in self._incoming:
            watch.put(block, self._received, self.name, self._writer)
        self._received += frames
        return block


class SignallingCapture:
    """Frames of any number of taps into one capture file, an interface for each time slot."""

    def __init__(self, writer: PcapngWriter, *, link_type: int = LINKTYPE_MTP2) -> None:
        self._writer = writer
        self._link_type = link_type
        self._interfaces: dict[tuple[str, int], int] = {}

    def frame(
        self, line: str, slot: int, octets: bytes, at: Instant, *, outbound: bool, repeats_before: int
    ) -> None:
        """Write a frame, with a comment on how often the one before it was repeated."""
        number = self._interfaces.get((line, slot))
        if number is None:
            number = self._writer.interface(f"{line} time slot {slot}", self._link_type)
            self._interfaces[line, slot] = number
        comment = f"the frame before was repeated {repeats_before} times" if repeats_before else ""
        self._writer.packet(number, at, octets, outbound=outbound, comment=comment)

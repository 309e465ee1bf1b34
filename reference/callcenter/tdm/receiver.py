"""The receiving half of an E1 framer: alignment, CRC-4 monitoring and alarms.

How it works. A block whose time slot 0 is what it must be costs one masked comparison and the CRC-4 of its
submultiframes. Everything else takes the long way, frame by frame, so each change of state has its exact
frame, whatever the size of the blocks.

| what | clause | here |
|---|---|---|
| frame alignment lost | G.706 4.1.1 | 3 signals in a row in error, or 3 bits 2 of odd frames |
| frame alignment found | G.706 4.1.2 | signal, bit 2, signal, at any bit |
| multiframe alignment found | G.706 4.2 | 2 multiframe alignment signals a multiple of 2 ms apart in 8 ms |
| spurious frame alignment | G.706 annex B (unverified) | every 8 ms without: all other phases are tried |
| partner without CRC-4 | G.706 annex B (unverified) | after 400 ms: LOM; the multiframe is still looked for |
| CRC-4 supervision | G.706 4.3.2 | 915 or more of 1,000 submultiframes in error: search anew |
| LOS | G.775 4 | as the line unit says; alignment is given up at once |
| AIS | G.775 5.2 (unverified) | 2 double frames with 2 zeros or fewer; ends with 2 with more, or alignment |
| RAI | G.775 (unverified) | 3 A bits in a row, once LOF is over |

With CRC-4, LOF is reported, and remote alarm sent, until the alignment is confirmed by multiframe alignment
or 400 ms have passed without: chance alignment to noise, some 120 times a second, is no alignment (our
choice). Speech passes from frame alignment on; before it, all time slots read as ones (G.732 4.2.5
unverified).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from callcenter.tdm import alignment
from callcenter.tdm.alignment import A_BIT, BIT_1, BIT_2, FAS, FAS_MASK, FRAME_BITS, MFAS, MULTIFRAME_WINDOW
from callcenter.tdm.crc4 import SUBMULTIFRAME
from callcenter.tdm.crc_monitor import CrcMonitor
from callcenter.tdm.transmitter import E_FRAMES, MULTIFRAME, Change
from testrig.board import Alarm, SpanAlarm, SpanConfig, SpanCounters
from testrig.clock import MILLISECOND, Instant
from testrig.line import SLOTS, Block, Octets

LOSS: Final = 3
"""Signals in a row in error that lose frame alignment (G.706 4.1.1)."""

INTERWORKING: Final = 400 * MILLISECOND
"""Time to find multiframe alignment before the partner is taken to have no CRC-4 (G.706 annex B)."""

RAI_PERSISTENCE: Final = 3
"""A bits in a row; G.775 lets 2 to 5 be chosen (unverified)."""

AIS_ZEROS: Final = 2
"""Most zeros in a double frame, 512 bits, of AIS (G.775 5.2)."""

_TAIL: Final = MULTIFRAME_WINDOW + 1
_ALL_ONES: Final = 0xFF
_MFAS_SPAN: Final = 0b11_1111


def _make_pattern(multiframe: bool, bit_1: bool) -> tuple[Octets, Octets]:
    """Sixteen octets of mask and of expectation of time slot 0: with the multiframe, or with 1 in bit 1 of
    odd frames if `bit_1`."""
    mask = np.full(MULTIFRAME, FAS_MASK, np.uint8)
    mask[1::2] = BIT_2 | A_BIT | (BIT_1 if multiframe or bit_1 else 0)
    expected = np.full(MULTIFRAME, FAS, np.uint8)
    expected[1::2] = BIT_2 | (BIT_1 if bit_1 else 0)
    if multiframe:
        for place in range(6):
            expected[1 + 2 * place] |= BIT_1 * (MFAS >> (5 - place) & 1)
        expected[list(E_FRAMES)] |= BIT_1
    return mask, expected


_PATTERNS: Final = {
    "multiframe": _make_pattern(True, False),
    "frame": _make_pattern(False, False),
    "no CRC-4": _make_pattern(False, True),
}


class FrameReceiver:
    """Receives one span. `alarms` and `counters` say how it is, `events` what changed in the last block."""

    def __init__(self, span: int, config: SpanConfig, now: Instant = 0) -> None:
        self._span = span
        self._crc4 = config.crc4
        self.now = now
        """Number of the next frame received, counted on the line, not on the alignment."""
        self.alarms: set[Alarm] = set()
        self.counters = SpanCounters()
        self.events: list[SpanAlarm] = []
        self.defects: list[Change] = []
        """Where in the last block the reason to send a remote alarm came or went."""
        self.confirmations: list[Change] = []
        """Where in the last block multiframe alignment came or went."""
        self.block_errors: list[int] = []
        """Where in the last block a submultiframe turned out to be in error."""
        self.settled = False
        """True when the last block changed nothing and left nothing open."""
        self._aligned = False
        self._phase = 0
        self._number = 0
        """Number in the multiframe of the next frame; without multiframe alignment, 0 or 1 modulo 2."""
        self._multiframe = False
        self._given_up = False
        """True when 400 ms passed without multiframe alignment."""
        self._age = 0
        """Frames since frame alignment, while multiframe alignment is sought."""
        self._hits: list[int] = []
        self._mfas = 0
        self._defect = True
        self._floor = now * FRAME_BITS
        self._tail: Block = np.full((3, SLOTS), _ALL_ONES, np.uint8)
        self._block: Block = self._tail
        self._fas_run = self._bit_2_run = self._a_run = 0
        self._signal = True
        self._ais_run = self._ais_done = 0
        self._left: tuple[int, int, int] | None = None
        self._monitor = CrcMonitor()
        self._tiles: dict[tuple[str, int, int, bool], tuple[Octets, bytes]] = {}

    @property
    def aligned(self) -> bool:
        return self._aligned

    @property
    def multiframe_aligned(self) -> bool:
        return self._multiframe

    @property
    def phase(self) -> int:
        """Bits from the line's frame to the frame found, 0 to 255."""
        return self._phase

    def receive(self, block: Block, signal: bool) -> Block:
        """Take `uint8[n, 32]`, contiguous, as it came from the line; return the n frames that ended in it, or
        ones where there was no alignment. `signal` is that of the line over the block."""
        if self.events or self.defects or self.confirmations or self.block_errors:
            self.events, self.defects, self.confirmations, self.block_errors = [], [], [], []
        count = len(block)
        if signal and self._aligned and self._signal:
            frames = block if not self._phase else self._realigned(block, 0)
            if self._steady and self._is_regular(frames[:, 0]) and self._passes_crc(frames):
                self._hits.clear()
                self._number = (self._number + count) % MULTIFRAME
                self.settled = not self.block_errors
                self._finish(block)
                return frames
        frames = self._long_way(block) if signal else self._no_signal(count)
        self._finish(block)
        self.events.sort(key=lambda event: event.at)
        return frames

    def _finish(self, block: Block) -> None:
        self.now += len(block)
        keep = 3 if not self._crc4 or self._multiframe or self._given_up or not self._aligned else _TAIL
        if len(block) >= keep:
            self._tail = block[-keep:].copy()
        else:
            self._tail = np.concatenate((self._tail, block))[-keep:]

    def _realigned(self, block: Block, first: int) -> Block:
        """The aligned frames that end in frames `first` and later of the block."""
        if not self._phase:
            return block[first:]
        stream = np.concatenate((self._tail[-1:], block[first:])) if not first else block[first - 1 :]
        return alignment.realigned(stream.reshape(-1), self._phase, len(block) - first)

    # alarms

    def _set(self, alarm: Alarm, on: bool, index: int) -> None:
        if (alarm in self.alarms) != on:
            (self.alarms.add if on else self.alarms.discard)(alarm)
            self.events.append(SpanAlarm(self._span, alarm, on, self.now + index))

    def _set_defect(self, on: bool, index: int) -> None:
        """LOF, and with it the reason to send a remote alarm."""
        self._set(Alarm.LOF, on, index)
        if on != self._defect:
            self._defect = on
            self.defects.append((index, on))

    def _no_signal(self, count: int) -> Block:
        if self._signal:
            self._signal = False
            self._set(Alarm.LOS, True, 0)
        if self._aligned:
            self._lose(0, slipped=False)
        self._set(Alarm.AIS, False, 0)
        self._set_defect(True, 0)
        self._ais_run = 0
        self._floor = (self.now + count) * FRAME_BITS
        self.settled = not self.events
        return np.full((count, SLOTS), _ALL_ONES, np.uint8)

    def _scan_ais(self, zeros: NDArray[np.int64], before: int) -> None:
        """Look at the double frames, counted on the line, that are over before frame `before` of the block.

        `zeros` holds the zeros of the frame before the block and of its frames."""
        first = self._ais_done + (self.now + self._ais_done + 1) % 2
        self._ais_done = max(self._ais_done, before)
        double = (zeros[first:before:2] + zeros[first + 1 : before + 1 : 2]) <= AIS_ZEROS
        if (double == (Alarm.AIS in self.alarms)).all():
            self._ais_run = 0 if len(double) else self._ais_run
            return
        for place, few in enumerate(double.tolist()):
            if few == (Alarm.AIS in self.alarms):
                self._ais_run = 0
                continue
            self._ais_run += 1
            if self._ais_run == 2:
                self._set(Alarm.AIS, few, first + 2 * place)
                self._ais_run = 0

    # the long way

    def _long_way(self, block: Block) -> Block:
        count = len(block)
        if not self._signal:
            self._signal = True
            self._set(Alarm.LOS, False, 0)
        if not self._aligned:
            self._set_defect(True, 0)
        self._block = block
        before, known = len(self._tail), self.alarms.copy()
        stream = np.concatenate((self._tail, block))
        zeros = FRAME_BITS - np.unpackbits(stream[before - 1 :], axis=1).sum(axis=1, dtype=np.int64)
        self._ais_done = 0
        frames = np.full((count, SLOTS), _ALL_ONES, np.uint8)
        index = 0
        while index < count:
            if not self._aligned:
                found = self._search(stream)
                if found is None:
                    break
                seen, index = found
                self._scan_ais(zeros, seen)
                self._set(Alarm.AIS, False, seen)
                self._ais_run, self._ais_done = 0, max(self._ais_done, seen + 1)
                self._align(seen, index)
            else:
                some = self._realigned(block, index)
                consumed = self._supervise(np.ascontiguousarray(some), index)
                frames[index : index + consumed] = some[:consumed]
                index += consumed
                if self._aligned and self._wants_other_phase():
                    self._try_other_phase(stream[: before + index], index)
        self._scan_ais(zeros, count)
        at_rest = self._steady if self._aligned else Alarm.AIS in self.alarms
        self.settled = at_rest and not (self._ais_run or self.block_errors) and known == self.alarms
        return frames

    def _search(self, stream: Block) -> tuple[int, int] | None:
        """Look for frame alignment. Returns the frame of the block in which it was seen and the one in which
        the first aligned frame ends, maybe in the next block."""
        origin = (self.now + len(self._block) - len(stream)) * FRAME_BITS
        found = alignment.find_frame(stream.reshape(-1), max(self._floor - origin, 0))
        if found is None:
            end = (self.now + len(self._block)) * FRAME_BITS
            self._floor = max(self._floor, end - alignment.SEARCH_SPAN + 1)
            return None
        begin = origin + found + 2 * FRAME_BITS
        self._phase = begin % FRAME_BITS
        return (begin + 7) // FRAME_BITS - self.now, (begin + FRAME_BITS - 1) // FRAME_BITS - self.now

    def _align(self, seen: int, index: int) -> None:
        """Frame alignment was found in frame `seen` of the block; the first frame ends in frame `index`."""
        self._aligned = True
        self._number = 0
        self._fas_run = self._bit_2_run = self._a_run = 0
        self._age, self._hits, self._mfas = 0, [], 0
        self._multiframe = self._given_up = False
        if not self._crc4:
            self._count_slip(2, 0, index)
            self._set_defect(False, seen)

    def _lose(self, index: int, *, slipped: bool = True) -> None:
        """Give the alignment up after the frame that ended in frame `index`; `_number` is the next one's."""
        modulus = MULTIFRAME if self._multiframe else 2
        if not slipped:
            self._left = None
        elif not self._defect:
            self._left = (self._phase, modulus, (self._number - 1 - index - self.now) % modulus)
        self._aligned = False
        if self._multiframe:
            self._multiframe = False
            self.confirmations.append((index, False))
        self.counters.alignment_losses += not self._defect
        self._fas_run = self._bit_2_run = self._a_run = 0
        self._set(Alarm.RAI, False, index)
        self._set(Alarm.LOM, False, index)
        self._set_defect(True, index)
        begun = index - 1 if self._phase else index
        self._floor = (self.now + begun) * FRAME_BITS + self._phase + 1
        self._monitor = CrcMonitor()

    def _count_slip(self, modulus: int, number: int, index: int) -> None:
        """Count a slip if the phase is that of the lost alignment but the frames are numbered otherwise: some
        were repeated or deleted (G.822). Frame `number` ends in frame `index` of the block."""
        if self._left is not None and self._left[1] == modulus:
            phase, _, turn = self._left
            self._left = None
            if phase == self._phase and turn != (number - index - self.now) % modulus:
                self.counters.slips += 1

    def _wants_other_phase(self) -> bool:
        seeking = self._crc4 and not self._multiframe and not self._given_up
        return seeking and self._age > 0 and self._age % MULTIFRAME_WINDOW == 0

    def _try_other_phase(self, stream: Block, index: int) -> None:
        if len(stream) < _TAIL:
            return
        found = alignment.find_multiframe(stream[-_TAIL:].reshape(-1), self._phase)
        if found is not None:
            self._phase, first = found
            self._number = (first + MULTIFRAME_WINDOW + (not self._phase)) % MULTIFRAME
            self._fas_run = self._bit_2_run = self._a_run = 0
            self._confirm(index)

    def _confirm(self, index: int) -> None:
        """Multiframe alignment is there from frame `index` on; `_number` is that frame's."""
        self._multiframe = True
        self._given_up = False
        self._monitor = CrcMonitor()
        self._count_slip(MULTIFRAME, self._number, index)
        self._set(Alarm.LOM, False, index - 1)
        self._set_defect(False, index - 1)
        self.confirmations.append((index - 1, True))

    # supervision

    def _supervise(self, frames: Block, first: int) -> int:
        """Look at aligned frames, of which the first ends in frame `first` of the block, until the state
        changes or they are over; return how many were looked at."""
        count = len(frames)
        if self._multiframe and not self._monitor.cannot_exceed(count):
            count = min(count, SUBMULTIFRAME - self._number % SUBMULTIFRAME)
        multiframe, lost = self._multiframe, False
        if not (self._steady and self._is_regular(frames[:count, 0])):
            count, lost = self._by_frame(frames[:count, 0].tolist(), first)
        if multiframe:
            self._note_errors(self._monitor.check(frames[:count], self._number), first)
        elif self._multiframe:
            return count
        self._number = (self._number + count) % MULTIFRAME
        if lost or self._monitor.exceeded:
            self._lose(first + count - 1)
        return count

    def _by_frame(self, slot_0: list[int], first: int) -> tuple[int, bool]:
        """Supervise time slot 0. Returns how many frames were looked at, fewer when the long way has to stop
        and think, and whether frame alignment is lost in the last of them."""
        for place, octet in enumerate(slot_0):
            number = (self._number + place) % MULTIFRAME
            if number % 2 == 0:
                if octet & FAS_MASK == FAS:
                    self._fas_run = 0
                else:
                    self.counters.fas_errors += 1
                    self._fas_run += 1
            else:
                self._bit_2_run = 0 if octet & BIT_2 else self._bit_2_run + 1
                if self._multiframe and number in E_FRAMES:
                    self.counters.far_end_errors += not octet & BIT_1
            if LOSS in (self._fas_run, self._bit_2_run):
                return place + 1, True
            if number % 2 and not self._defect:
                self._hear_a_bit(bool(octet & A_BIT), first + place)
            if self._crc4 and not self._multiframe and self._seek(octet, number, first + place):
                return place + 1, False
        return len(slot_0), False

    def _hear_a_bit(self, on: bool, index: int) -> None:
        self._a_run = self._a_run + 1 if on != (Alarm.RAI in self.alarms) else 0
        if self._a_run == RAI_PERSISTENCE:
            self._a_run = 0
            self._set(Alarm.RAI, on, index)

    def _seek(self, octet: int, number: int, index: int) -> bool:
        """Look for multiframe alignment in the frame; True when the long way has to stop and think."""
        self._age += 1
        if number % 2:
            self._mfas = (self._mfas << 1 | octet >> 7) & _MFAS_SPAN
            if self._mfas == MFAS and self._age >= 12:
                self._hits = [hit for hit in self._hits if self._age - hit <= MULTIFRAME_WINDOW]
                if any((self._age - hit) % MULTIFRAME == 0 for hit in self._hits):
                    self._number = 12
                    self._confirm(index + 1)
                    return True
                self._hits.append(self._age)
        if not self._given_up and self._age == INTERWORKING:
            self._given_up = True
            self._count_slip(2, number, index)
            self._set(Alarm.LOM, True, index)
            self._set_defect(False, index)
        return self._wants_other_phase()

    def _note_errors(self, errors: list[int], first: int) -> None:
        self.counters.crc_errors += len(errors)
        self.block_errors += [first + error for error in errors]

    # the short way

    def _passes_crc(self, frames: Block) -> bool:
        """Monitor the frames of a whole block; False, and nothing done, if errors become excessive in it."""
        if self._multiframe:
            monitor = self._monitor
            if not monitor.cannot_exceed(len(frames)):
                monitor = monitor.copy()
            errors = monitor.check(frames, self._number)
            if monitor.exceeded:
                return False
            self._monitor = monitor
            if errors:
                self._note_errors(errors, 0)
        return True

    @property
    def _steady(self) -> bool:
        """True when supervision has nothing open."""
        if self._fas_run or self._bit_2_run or self._a_run:
            return False
        return self._multiframe or not self._crc4 or (self._given_up and self._mfas == _MFAS_SPAN)

    def _is_regular(self, slot_0: Octets) -> bool:
        """True when time slot 0 of the frames is what it was before, without any error."""
        kind = "multiframe" if self._multiframe else "no CRC-4" if self._crc4 else "frame"
        key = (kind, len(slot_0), self._number, Alarm.RAI in self.alarms)
        tile = self._tiles.get(key)
        if tile is None:
            tile = self._make_tile(*key)
        return (slot_0 & tile[0]).tobytes() == tile[1]

    def _make_tile(self, kind: str, count: int, number: int, alarm: bool) -> tuple[Octets, bytes]:
        if len(self._tiles) > 64:
            self._tiles.clear()
        mask, expected = _PATTERNS[kind]
        expected = expected.copy()
        if alarm:
            expected[1::2] |= A_BIT
        tile = (
            np.resize(np.roll(mask, -number), count),
            np.resize(np.roll(expected, -number), count).tobytes(),
        )
        self._tiles[kind, count, number, alarm] = tile
        return tile

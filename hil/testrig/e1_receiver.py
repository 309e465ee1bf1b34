"""The receiving half of the tester's E1 end: alignment, supervision, alarms and counters.

    hunting --(FAS, NFAS, FAS: G.706 4.1.2)--> aligned --(3 FAS or 3 bit-2 errors in a row,
       ^                                          |       or 915 of 1000 CRC errors: 4.1.1, 4.3.2)
       +------------------------------------------+
    aligned, with CRC-4: searching --(two multiframe alignment signals, 4.2)--> multiframe aligned

Frame alignment is found at any bit, so octets need not be aligned on arrival. In peace a whole block is
judged by one comparison of time slot 0, C bits included, with what had to come; only a block that
differs is walked through frame by frame. What it finds does not depend on how frames are cut into blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from testrig.board import Alarm, SpanCounters
from testrig.clock import MILLISECOND, Instant
from testrig.crc import C_BITS, SUBMULTIFRAME, crc4
from testrig.e1_signals import (
    A_BIT,
    E_FRAMES,
    FAS,
    FAS_MASK,
    FRAME_BITS,
    MFAS,
    MULTIFRAME,
    NFAS_BIT_2,
    SA_BITS,
    SI,
    from_bit,
    multiframe,
)
from testrig.hdlc import to_bits
from testrig.line import SLOTS, Block, Octets

_HISTORY: Final = 3
"""Frames kept before a block: a search spans FAS, NFAS, FAS."""
_HISTORY_BITS: Final = _HISTORY * FRAME_BITS
_CANDIDATE: Final = re.compile("[01]0011011(?=.{249}1.{255}0011011)")
_CANDIDATE_BITS: Final = 2 * FRAME_BITS + 8
_ERRORS_TO_LOSS: Final = 3
"""Consecutive errored FAS, or errored bits 2 of NFAS, that lose frame alignment (G.706 4.1.1)."""
_MULTIFRAME_SEARCH: Final = 8 * MILLISECOND
"""Time within which CRC multiframe alignment must be found (G.706 4.2)."""
_CRC_WINDOW: Final = 1000
_CRC_LIMIT: Final = 915
"""Errored CRC comparisons of 1000 that mean false frame alignment (G.706 4.3.2)."""
_RAI_PERSISTENCE: Final = 3
"""Consecutive A bits that set or clear RAI: 2 to 5 allowed (G.775 4.3, unverified)."""
_AIS_MOST_ZEROS: Final = 2
"""Zeros in each of two consecutive double frames for AIS (G.775 5.2, unverified)."""
_ONES: Final = np.array([octet.bit_count() for octet in range(256)], np.uint8)


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """An alarm came (`on`) or went, in frame `at`."""

    alarm: Alarm
    on: bool
    at: Instant


class E1Receiver:
    """Aligns on what arrives and supervises it.

    Of LOS, AIS and LOF only the cause stands (G.732 4.2: AIS inhibits the indication of loss of
    alignment; unverified), LOM and RAI only in frame alignment. LOM comes when multiframe alignment is
    not found within 8 ms of frame alignment.
    """

    def __init__(self, *, crc4: bool) -> None:
        self.crc4 = crc4
        self.alarms: frozenset[Alarm] = frozenset((Alarm.LOF,))
        self.counters = SpanCounters()
        self.events: list[AlarmEvent] = []
        """Every alarm that came or went, oldest first."""
        self.crc_results: list[int] = []
        """Submultiframes (0: I, 1: II) found in error by the last `receive`."""
        self.aligned = False
        self.multiframe_aligned = False
        self.a_bit: int | None = None
        """Last A bit received in alignment."""
        self.sa: int | None = None
        """Last Sa4 to Sa8 received in alignment, Sa4 the most significant of five bits."""
        self.e_bits: list[int | None] = [None, None]
        """Last E bits received: of submultiframes I and II."""
        self.settled = False
        """True when the last block was all as expected: aligned and in order, or nothing but LOS or AIS."""
        self._now = 0
        self._history: Block = np.full((_HISTORY, SLOTS), 0xFF, np.uint8)
        self._search_from = 0
        """Bit, counted from the start of the next block, from which a frame alignment may begin."""
        self._phase = 0
        self._lost_at: tuple[int, int] | None = None
        """Phase, and frame count modulo 2, of the alignment last lost."""
        self._double_frame: list[int] = []
        """Zeros in the frames of the double frames counted so far for AIS."""
        self._part: Block = np.zeros((0, SLOTS), np.uint8)
        self._reset_alignment(0)

    def _reset_alignment(self, at: Instant) -> None:
        """Start anew behind a frame alignment found."""
        self._position = 0
        """Number of the next frame in the multiframe; only its parity means anything before that is found."""
        self._fas_bad = 0
        self._nfas_bad = 0
        self._a_run = 0
        self._search_since = at
        self._mfas_bits = 0b111111
        self._mfas_seen: list[Instant] = []
        self._doubtful = False
        """No multiframe alignment within its time: the frame alignment may be a false one."""
        self._part = self._part[:0]
        self._crc: int | None = None
        self._crc_differs = False
        self._crc_blocks = 0
        self._crc_bad = 0
        self.multiframe_aligned = False

    # alarms

    def _alarm(self, alarm: Alarm, on: bool, at: Instant) -> None:
        if on == (alarm in self.alarms):
            return
        self.alarms = self.alarms | {alarm} if on else self.alarms - {alarm}
        self.events.append(AlarmEvent(alarm, on, at))

    def _cause(self, cause: Alarm | None, at: Instant) -> None:
        """Let `cause` alone stand of LOS, AIS and LOF."""
        for alarm in (Alarm.LOS, Alarm.AIS, Alarm.LOF):
            if alarm is not cause:
                self._alarm(alarm, False, at)
        if cause is not None:
            self._alarm(Alarm.RAI, False, at)
            self._alarm(Alarm.LOM, False, at)
            self._alarm(cause, True, at)

    # blocks

    def put(self, block: Block, signal: bool) -> Block:
        """Take `uint8[n, 32]` from the line and return as many frames, aligned.

        Frames out of alignment come back as all ones (G.732 4.2). With octets not aligned on arrival a frame
        comes out with the block in which it ends.
        """
        self.crc_results = []
        self._settle_crc_mode()
        if not signal:
            return self._no_signal(block)
        if self.aligned and self._phase == 0:
            result = block if self._as_expected(block) else None
        elif self.aligned:
            stream = np.concatenate((self._history[-1], block.reshape(-1)))
            shifted = from_bit(stream, self._phase, block.size).reshape(-1, SLOTS)
            result = shifted if self._as_expected(shifted) else None
        else:
            result = None
        self.settled = result is not None
        if result is None:
            result = self._walk(block)
        self._keep(block)
        return result

    def _settle_crc_mode(self) -> None:
        if not self.crc4 and (self.multiframe_aligned or Alarm.LOM in self.alarms):
            self.multiframe_aligned = False
            self._alarm(Alarm.LOM, False, self._now)
        if not self.crc4:
            self._search_since = self._now
            self._mfas_bits = 0b111111

    def _keep(self, block: Block) -> None:
        count = len(block)
        whole = block if count >= _HISTORY else np.concatenate((self._history, block))
        self._history = whole[-_HISTORY:]
        self._now += count
        self._search_from = max(self._search_from - FRAME_BITS * count, -_HISTORY_BITS)

    def _no_signal(self, block: Block) -> Block:
        self.settled = Alarm.LOS in self.alarms
        if self.aligned:
            self._lose(self._now)
            self._lost_at = None
        self._cause(Alarm.LOS, self._now)
        self._double_frame = []
        self._keep(block)
        self._search_from = 0
        return np.full_like(block, 0xFF)

    def _as_expected(self, frames: Block) -> bool:
        """Judge a whole block at once; True, and all state carried on, when it is all as it had to be."""
        if self._fas_bad or self._nfas_bad or self.a_bit is None or self.sa is None:
            return False
        if (Alarm.RAI in self.alarms) != bool(self.a_bit) or self.crc4 != self.multiframe_aligned:
            return False
        count = len(frames)
        nfas = self.sa | (A_BIT if self.a_bit else 0)
        copies = (self._position + count) // MULTIFRAME + 1
        expected = (multiframe(nfas, crc4=self.crc4) * copies)[self._position : self._position + count]
        word0 = frames[:, 0]
        if not self.crc4:
            if (word0 | SI).tobytes() != expected:
                return False
            self._position = (self._position + count) % MULTIFRAME
            return True
        if self._crc is None or self._crc_differs:
            return False
        work = self._work(frames)
        begun = len(work) - count
        whole = len(work) // SUBMULTIFRAME
        checks = np.empty(whole + 1, np.uint8)
        checks[0] = self._crc
        if whole:
            checks[1:] = crc4(work[: whole * SUBMULTIFRAME])
        if (word0 ^ C_BITS[checks].reshape(-1)[begun : begun + count]).tobytes() != expected:
            return False
        self._part = work[whole * SUBMULTIFRAME :]
        self._crc = int(checks[whole])
        for report, number in enumerate(E_FRAMES):
            if (number - self._position) % MULTIFRAME < count:
                self.e_bits[report] = 1
        self._crc_blocks += whole
        if self._crc_blocks >= _CRC_WINDOW:
            self._crc_blocks %= _CRC_WINDOW
            self._crc_bad = 0
        self._position = (self._position + count) % MULTIFRAME
        return True

    def _work(self, frames: Block) -> Block:
        """Frames of the submultiframe under way and new ones, C bits 0; begins with a submultiframe."""
        work = np.concatenate((self._part, frames)) if len(self._part) else frames.copy()
        work[::2, 0] &= 0xFF ^ SI
        return work

    def _walk(self, block: Block) -> Block:
        """The general case: hunt and supervise, frame by frame."""
        stream = np.concatenate((self._history, block)).reshape(-1)
        result = np.full_like(block, 0xFF)
        count = len(block)
        frame = 0
        bits: str | None = None
        while frame < count:
            if self.aligned:
                first = _HISTORY_BITS - (FRAME_BITS if self._phase else 0) + self._phase
                frames = from_bit(stream, first, block.size).reshape(-1, SLOTS)
                end = self._supervise(frames[frame:], self._now + frame)
                result[frame : frame + end] = frames[frame : frame + end]
                frame += end
                if not self.aligned:
                    self._search_from = first - _HISTORY_BITS + FRAME_BITS * (frame - 1) + 8
                continue
            if bits is None:
                bits = to_bits(stream.tobytes()) if _has_zero_and_one(stream) else ""
            frame = self._hunt(bits, frame, block)
        if self._doubtful:
            self._seek_another(stream[-2 * _HISTORY * SLOTS :], count)
        return result

    def _seek_another(self, stream: Octets, count: int) -> None:
        """Leave a frame alignment without multiframe for another one, if the line offers any (G.706 4.2).

        As long as it does not, the frame alignment stands and time slots 1 to 31 pass.
        """
        self._doubtful = False
        bits = to_bits(stream.tobytes())
        oldest = len(bits) - _HISTORY_BITS
        for match in _CANDIDATE.finditer(bits, oldest):
            if match.start() % FRAME_BITS != self._phase:
                self._lose(self._now + count - 1)
                self._search_from = FRAME_BITS * count - _HISTORY_BITS + match.start() - oldest
                return

    def _hunt(self, bits: str, frame: int, block: Block) -> int:
        """Search for frame alignment; return the first frame of the result that is aligned, or the end."""
        count = len(block)
        match = _CANDIDATE.search(bits, max(_HISTORY_BITS + self._search_from, 0)) if bits else None
        start = match.start() if match else None
        found = (
            self._now + count if start is None else self._now + (start + _CANDIDATE_BITS - 1) // FRAME_BITS
        )
        found -= 0 if start is None else _HISTORY
        self._watch_for_ais(block[frame : max(found - self._now, frame)], self._now + frame)
        if start is None:
            self._search_from = max(self._search_from, FRAME_BITS * count - _CANDIDATE_BITS + 1)
            return count
        second = start + 2 * FRAME_BITS - _HISTORY_BITS
        self._phase = second % FRAME_BITS
        self.aligned = True
        self._double_frame = []
        index = (second - self._phase) // FRAME_BITS + (1 if self._phase else 0)
        parity = (self._now + index) % 2
        if self._lost_at is not None and self._lost_at == (self._phase, 1 - parity):
            self.counters.slips += 1
        self._reset_alignment(found)
        self._cause(None, found)
        return index

    def _watch_for_ais(self, frames: Block, at: Instant) -> None:
        """Count zeros in double frames while out of alignment; sets and clears AIS, and LOF in its place."""
        count = len(frames)
        if count == 0:
            return
        if count >= 4 and Alarm.AIS in self.alarms and int(frames.min()) == 0xFF:
            self._double_frame = [0] * (2 + (len(self._double_frame) + count) % 2)
            self.settled = True
            return
        if Alarm.LOS in self.alarms:
            self._cause(Alarm.LOF, at)
        zeros = (256 - _ONES[frames].sum(axis=1, dtype=np.int64)).tolist()
        window = self._double_frame
        for index, in_frame in enumerate(zeros):
            window.append(in_frame)
            if len(window) < 4:
                continue
            first, second = window[0] + window[1], window[2] + window[3]
            if first <= _AIS_MOST_ZEROS and second <= _AIS_MOST_ZEROS:
                self._cause(Alarm.AIS, at + index)
            elif first > _AIS_MOST_ZEROS and second > _AIS_MOST_ZEROS:
                self._cause(Alarm.LOF, at + index)
            del window[:2]

    # supervision

    def _lose(self, at: Instant) -> None:
        """Frame alignment is lost in frame `at`."""
        self.aligned = False
        self.multiframe_aligned = False
        self.counters.alignment_losses += 1
        self._lost_at = (self._phase, (at + 1 + self._position) % 2)
        self.a_bit = self.sa = None
        self.e_bits = [None, None]
        self._double_frame = []
        self._cause(Alarm.LOF, at)

    def _supervise(self, frames: Block, at: Instant) -> int:
        """Walk through aligned frames until the end or the loss of alignment; return how many were taken."""
        words = frames[:, 0].tolist()
        work = self._work(frames) if self.multiframe_aligned else frames
        begun = len(work) - len(frames)
        done = 0
        """Frames of `work` in submultiframes already checked."""
        for index, word in enumerate(words):
            now = at + index
            position = self._position
            self._position = (position + 1) % MULTIFRAME
            lost = self._fas(word) if position % 2 == 0 else self._nfas(word, position, now)
            if not lost and self.multiframe_aligned:
                if position % 2 == 0:
                    self._c_bit(word, position)
                if position % SUBMULTIFRAME == SUBMULTIFRAME - 1:
                    ended = work[done : begun + index + 1]
                    done = begun + index + 1
                    lost = len(ended) == SUBMULTIFRAME and self._submultiframe(ended, position)
            elif not lost and self.crc4 and position % 2 and self._found_multiframe(word, now):
                # the next submultiframe is the first to be taken whole
                self._multiframe_found(now)
                work = frames.copy()
                work[1 - (index % 2) :: 2, 0] &= 0xFF ^ SI
                begun, done = 0, index + 1
            if lost:
                self._lose(now)
                return index + 1
        if self.multiframe_aligned:
            self._part = work[done:]
        return len(words)

    def _fas(self, word: int) -> bool:
        if word & FAS_MASK == FAS:
            self._fas_bad = 0
            return False
        self.counters.fas_errors += 1
        self._fas_bad += 1
        return self._fas_bad >= _ERRORS_TO_LOSS

    def _nfas(self, word: int, position: int, now: Instant) -> bool:
        if word & NFAS_BIT_2:
            self._nfas_bad = 0
        else:
            self._nfas_bad += 1
            if self._nfas_bad >= _ERRORS_TO_LOSS:
                return True
        a_bit = 1 if word & A_BIT else 0
        self._a_run = self._a_run + 1 if a_bit == self.a_bit else 1
        self.a_bit = a_bit
        self.sa = word & SA_BITS
        if self._a_run >= _RAI_PERSISTENCE:
            self._alarm(Alarm.RAI, bool(a_bit), now)
        if self.multiframe_aligned and position in E_FRAMES:
            e_bit = 1 if word & SI else 0
            self.e_bits[E_FRAMES.index(position)] = e_bit
            self.counters.far_end_errors += 1 - e_bit
        return False

    def _found_multiframe(self, word: int, now: Instant) -> bool:
        """Look for two multiframe alignment signals 2 ms or a multiple apart, within 8 ms (G.706 4.2)."""
        self._mfas_bits = (self._mfas_bits << 1 | (word >> 7)) & 0b111111
        if now - self._search_since >= _MULTIFRAME_SEARCH:
            self._alarm(Alarm.LOM, True, now)
            self._search_since = now
            self._doubtful = True
        if self._mfas_bits != MFAS:
            return False
        self._mfas_seen = [seen for seen in self._mfas_seen if now - seen <= _MULTIFRAME_SEARCH]
        found = any((now - seen) % MULTIFRAME == 0 for seen in self._mfas_seen)
        self._mfas_seen.append(now)
        return found

    def _multiframe_found(self, now: Instant) -> None:
        self.multiframe_aligned = True
        self._position = 12
        self._crc = None
        self._crc_differs = False
        self._crc_blocks = self._crc_bad = 0
        self._part = self._part[:0]
        self._doubtful = False
        self._alarm(Alarm.LOM, False, now)

    def _c_bit(self, word: int, position: int) -> None:
        if self._crc is not None and int(C_BITS[self._crc, position % SUBMULTIFRAME]) != word & SI:
            self._crc_differs = True

    def _submultiframe(self, frames: Block, position: int) -> bool:
        """A submultiframe has ended: compare the check it carried, take its own; True: false alignment."""
        if self._crc is not None:
            self._crc_blocks += 1
            if self._crc_differs:
                self.counters.crc_errors += 1
                self._crc_bad += 1
                # the check carried by submultiframe I is that of submultiframe II before, and vice versa
                self.crc_results.append(1 if position == SUBMULTIFRAME - 1 else 0)
            if self._crc_bad >= _CRC_LIMIT:
                return True
            if self._crc_blocks >= _CRC_WINDOW:
                self._crc_blocks = self._crc_bad = 0
        self._crc = int(crc4(np.ascontiguousarray(frames))[0])
        self._crc_differs = False
        return False


def _has_zero_and_one(stream: Octets) -> bool:
    return int(stream.min()) < 0xFF and int(stream.max()) > 0

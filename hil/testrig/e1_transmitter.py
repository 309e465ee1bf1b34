"""The sending half of the tester's E1 end: framing by the book (G.704), and every way to break it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from testrig.crc import C_BITS, SUBMULTIFRAME, crc4
from testrig.e1_signals import (
    A_BIT,
    E_FRAMES,
    FRAME_BITS,
    MULTIFRAME,
    NFAS_BIT_2,
    SA_BITS,
    SI,
    from_bit,
    multiframe,
)
from testrig.errors import LimitError
from testrig.line import SLOTS, Block, Octets

FOREVER: Final = 1 << 62
"""A count of words to corrupt that never runs out."""


class E1Transmitter:
    """Puts time slot 0 around the octets of the sources. Orders take effect with the next frame sent."""

    def __init__(self, *, crc4: bool, idle: int) -> None:
        self.sources: dict[int, Callable[[int], Octets]] = {}
        self.crc4 = crc4
        """CRC-4 multiframe on; off, bit 1 of time slot 0 is 1."""
        self.idle = idle
        self.sa = SA_BITS
        """Sa4 to Sa8 as a number of five bits, Sa4 the most significant; 1s when unused (G.704 2.3.2)."""
        self.rai = False
        """The A bit."""
        self.force_e: int | None = None
        """0 or 1: both E bits are this; None: they report what was received."""
        self.ais = False
        """Send all ones instead of everything."""
        self.raw: Callable[[int], Block] | None = None
        """Sends `uint8[n, 32]` of its own, without framing."""
        self.shift = 0
        """Bits (0 to 255) by which the frame stands late against the blocks of the line."""
        self.fas_to_corrupt = 0
        self.nfas_to_corrupt = 0
        self.crc_to_corrupt = 0
        self.mfas_to_corrupt = 0
        """Words, submultiframes or multiframes still to be sent wrong."""
        self._errored = [0, 0]
        """Submultiframes I and II received in error and not yet reported by an E bit."""
        self._position = 0
        """Number in the multiframe of the next frame."""
        self._crc = 0
        """CRC-4 of the last submultiframe completed, sent in the one under way."""
        self._part = np.zeros((0, SLOTS), np.uint8)
        """Frames of the submultiframe under way, C bits 0."""
        self._last = np.full(SLOTS, 0xFF, np.uint8)

    @property
    def steady(self) -> bool:
        """True while nothing that was ordered or is due remains to be sent."""
        counts = (self.fas_to_corrupt, self.nfas_to_corrupt, self.crc_to_corrupt, self.mfas_to_corrupt)
        return not any(0 < count < FOREVER // 2 for count in counts) and not any(self._errored)

    def report_errored(self, submultiframe: int) -> None:
        """Send one E bit 0 for submultiframe 0 (I) or 1 (II): it was received in error."""
        self._errored[submultiframe] += 1

    def frames(self, count: int) -> Block:
        """Return the next `count` frames for the line, `uint8[count, 32]`."""
        block = np.full((count, SLOTS), self.idle, np.uint8)
        for slot, source in self.sources.items():
            octets = source(count)
            if octets.shape != (count,):
                raise LimitError(f"source of time slot {slot}: {count} octets expected, found {octets.shape}")
            block[:, slot] = octets
        nfas = self.sa | (A_BIT if self.rai else 0)
        copies = (self._position + count) // MULTIFRAME + 1
        word0 = (multiframe(nfas, crc4=self.crc4) * copies)[self._position : self._position + count]
        block[:, 0] = np.frombuffer(word0, np.uint8)
        if self.fas_to_corrupt or self.nfas_to_corrupt:
            self._corrupt_alignment(block)
        if self.crc4:
            self._add_multiframe(block)
        else:
            self._part = self._part[:0]
        self._position = (self._position + count) % MULTIFRAME
        if self.raw is not None:
            block = np.array(self.raw(count), np.uint8)
        if self.ais:
            block[:] = 0xFF
        return self._shifted(block)

    def _rows(self, first: int, step: int, count: int) -> range:
        """Rows of the block whose number in the multiframe is `first` modulo `step`."""
        return range((first - self._position) % step, count, step)

    def _corrupt_alignment(self, block: Block) -> None:
        rows = self._rows(0, 2, len(block))[: self.fas_to_corrupt]
        block[rows.start : rows.stop : 2, 0] ^= 0x08
        self.fas_to_corrupt -= len(rows)
        rows = self._rows(1, 2, len(block))[: self.nfas_to_corrupt]
        block[rows.start : rows.stop : 2, 0] ^= NFAS_BIT_2
        self.nfas_to_corrupt -= len(rows)

    def _add_multiframe(self, block: Block) -> None:
        """Set E bits, spoil the multiframe alignment signal where ordered, and put the C bits in."""
        self._set_e_bits(block)
        if self.mfas_to_corrupt:
            self._corrupt_mfas(block)
        if len(self._part) != self._position % SUBMULTIFRAME:
            # CRC-4 was off: the first check sent is wrong, before anyone can have aligned on the multiframe
            self._part = np.zeros((self._position % SUBMULTIFRAME, SLOTS), np.uint8)
        # the C bits carry the check of the submultiframe before, taken with its own C bits 0
        work = np.concatenate((self._part, block)) if len(self._part) else block.copy()
        whole = len(work) // SUBMULTIFRAME
        begun = len(self._part)
        checks = np.empty(whole + 1, np.uint8)
        checks[0] = self._crc
        if whole:
            checks[1:] = crc4(work[: whole * SUBMULTIFRAME])
            self._part = work[whole * SUBMULTIFRAME :]
        else:
            self._part = work
        self._crc = int(checks[whole])
        if self.crc_to_corrupt:
            self._corrupt_crc(checks, begun, len(block))
        block[:, 0] |= C_BITS[checks].reshape(-1)[begun : begun + len(block)]

    def _set_e_bits(self, block: Block) -> None:
        if self.force_e is None and not any(self._errored):
            return
        for submultiframe, frame in enumerate(E_FRAMES):
            rows = self._rows(frame, MULTIFRAME, len(block))
            if self.force_e is None:
                rows = rows[: self._errored[submultiframe]]
                self._errored[submultiframe] -= len(rows)
            if self.force_e != 1:
                block[list(rows), 0] &= 0xFF ^ SI

    def _corrupt_mfas(self, block: Block) -> None:
        """Invert the last bit of the signal (frame 11) of as many multiframes as ordered."""
        rows = self._rows(11, MULTIFRAME, len(block))[: self.mfas_to_corrupt]
        block[list(rows), 0] ^= SI
        self.mfas_to_corrupt -= len(rows)

    def _corrupt_crc(self, checks: Octets, begun: int, count: int) -> None:
        """Invert C4, the last to be sent, of as many submultiframes as ordered."""
        for index in range(len(checks)):
            sent_here = begun <= index * SUBMULTIFRAME + 6 < begun + count
            if sent_here and self.crc_to_corrupt:
                checks[index] ^= 1
                self.crc_to_corrupt -= 1

    def _shifted(self, block: Block) -> Block:
        if not self.shift:
            self._last = block[-1]
            return block
        if not 0 < self.shift < FRAME_BITS:
            raise LimitError(f"shift {self.shift}: 0 to {FRAME_BITS - 1} bits expected")
        stream = np.concatenate((self._last, block.reshape(-1)))
        self._last = block[-1]
        return from_bit(stream, FRAME_BITS - self.shift, block.size).reshape(-1, SLOTS)

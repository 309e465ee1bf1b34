"""CRC-4 monitoring of a span received (G.706 4.3.2)."""

from __future__ import annotations

from typing import Final

import numpy as np

from callcenter.tdm import crc4
from callcenter.tdm.crc4 import SUBMULTIFRAME
from testrig.line import SLOTS, Block

CRC_BLOCKS: Final = 1000
CRC_EXCESS: Final = 915
"""Submultiframes in error of `CRC_BLOCKS` that force a new search (G.706 4.3.2)."""

_UNKNOWN: Final = -1
_NO_FRAMES: Final[Block] = np.empty((0, SLOTS), np.uint8)
_WEIGHTS: Final = np.array([8, 4, 2, 1], np.uint8)


class CrcMonitor:
    """Compares the CRC-4 of submultiframes with the C bits of the next ones, and counts in windows."""

    __slots__ = ("_crc", "_held", "_window", "errors")

    def __init__(self) -> None:
        self._crc = _UNKNOWN
        """CRC-4 of the submultiframe before the one under way."""
        self._held: Block | None = None
        """Frames of the submultiframe under way; None before the first."""
        self._window = 0
        self.errors = 0
        """Submultiframes in error in the present window of `CRC_BLOCKS`."""

    def copy(self) -> CrcMonitor:
        """One that goes on from here on its own."""
        other = CrcMonitor()
        other._crc, other._held = self._crc, self._held
        other._window, other.errors = self._window, self.errors
        return other

    def cannot_exceed(self, frames: int) -> bool:
        """True when `frames` more cannot make the errors excessive."""
        return self.errors + frames // SUBMULTIFRAME + 2 < CRC_EXCESS

    @property
    def exceeded(self) -> bool:
        """True when the window has `CRC_EXCESS` errors."""
        return self.errors >= CRC_EXCESS

    def check(self, frames: Block, number: int) -> list[int]:
        """Take `uint8[n, 32]`, contiguous, the first of them number `number` of the multiframe; return the
        frames, counted from the first, whose C bits completed the proof of an error."""
        position, first = number % SUBMULTIFRAME, 0
        if self._held is None:
            first = -position % SUBMULTIFRAME
            if first >= len(frames):
                return []
            frames, position = frames[first:], 0
        elif position:
            frames = np.concatenate((self._held, frames))
        whole = len(frames) // SUBMULTIFRAME
        over = whole * SUBMULTIFRAME
        self._held = frames[over:].copy() if over < len(frames) else _NO_FRAMES
        if not whole:
            return []
        sums = crc4.submultiframes(frames[:over])
        carried = (frames[:over:2, 0] >> 7).reshape(whole, 4) @ _WEIGHTS
        wrong = np.empty(whole, np.bool_)
        wrong[0] = self._crc not in (_UNKNOWN, int(carried[0]))
        np.not_equal(carried[1:], sums[:-1], out=wrong[1:])
        self._crc = int(sums[-1])
        if self._window + whole < CRC_BLOCKS and not wrong.any():
            self._window += whole
            return []
        self._count(wrong.tolist())
        end = first - position + SUBMULTIFRAME - 1
        return [end + SUBMULTIFRAME * place for place in np.flatnonzero(wrong).tolist()]

    def _count(self, wrong: list[bool]) -> None:
        for error in wrong:
            self.errors += error
            self._window += 1
            if self._window >= CRC_BLOCKS and not self.exceeded:
                self._window = self.errors = 0

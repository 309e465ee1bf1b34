"""The sending half of an E1 framer: time slot 0 (G.704 2.3.2, 2.3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from callcenter.tdm import crc4
from callcenter.tdm.alignment import A_BIT, BIT_1, BIT_2, FAS, MFAS
from callcenter.tdm.crc4 import SUBMULTIFRAME
from testrig.board import SpanConfig
from testrig.line import SLOTS, Block, Octets

MULTIFRAME: Final = 16
SPARE_BITS: Final = 0b0001_1111
"""Bits 4 to 8 of odd frames, 1 when not used (G.704 table 5A note 4)."""

E_FRAMES: Final = (13, 15)
"""Frames of the multiframe whose bit 1 is an E bit (G.704 table 5B)."""

Change = tuple[int, bool]
"""From which frame of a block on something is so: `(index, state)`."""


def _make_time_slot_0(multiframe: bool, alarm: bool) -> Octets:
    """Sixteen octets of time slot 0, C bits 0 and E bits 1; bit 1 is 1 everywhere without CRC-4."""
    octets = np.full(MULTIFRAME, FAS, np.uint8)
    octets[1::2] = BIT_2 | SPARE_BITS | (A_BIT if alarm else 0)
    if not multiframe:
        return octets | np.uint8(BIT_1)
    for place in range(6):
        octets[1 + 2 * place] |= BIT_1 * (MFAS >> (5 - place) & 1)
    octets[list(E_FRAMES)] |= BIT_1
    return octets


_SLOT_0: Final = {
    (multiframe, alarm): _make_time_slot_0(multiframe, alarm)
    for multiframe in (False, True)
    for alarm in (False, True)
}
_C_BITS: Final = np.array([[BIT_1 * (crc >> bit & 1) for bit in (3, 2, 1, 0)] for crc in range(16)], np.uint8)
"""Bit 1 of frames 0, 2, 4, 6 of a submultiframe for every CRC-4 (G.704 2.3.3.5.1)."""


class FrameTransmitter:
    """Puts time slot 0 into the frames of one span.

    What the receiver reports of a block takes effect in the frame after the one it was seen in, however the
    frames are cut into blocks.
    """

    __slots__ = (
        "_confirmed",
        "_crc",
        "_debt",
        "_held",
        "_multiframe",
        "_number",
        "_remote_alarm",
        "_tiles",
    )

    def __init__(self, config: SpanConfig) -> None:
        self._multiframe = config.crc4
        self._number = 0
        """Number in the multiframe of the next frame."""
        self._remote_alarm = True
        self._confirmed = False
        """Whether multiframe alignment holds in the other direction: only then E bits are 1."""
        self._debt = 0
        """Submultiframes received in error and not yet reported by an E bit."""
        self._crc = 0
        """CRC-4 of the submultiframe before the one under way."""
        self._held: Block = np.empty((0, SLOTS), np.uint8)
        """Frames sent of the submultiframe under way."""
        self._tiles: dict[tuple[int, int, bool], Octets] = {}

    @property
    def settled(self) -> bool:
        """True when no E bit is owed."""
        return not self._debt

    def frame(
        self,
        block: Block,
        *,
        alarm: Sequence[Change] = (),
        confirmed: Sequence[Change] = (),
        errors: Sequence[int] = (),
    ) -> None:
        """Write time slot 0 of `uint8[n, 32]`, contiguous, whose other slots are in place.

        `alarm` says from which frame on a remote alarm is to be sent, `confirmed` from which on multiframe
        alignment holds in the other direction, `errors` in which frames a submultiframe turned out to be
        in error there; each in order.
        """
        count = len(block)
        slot_0 = self._tile(count)
        if alarm or confirmed or errors or self._debt or not self._confirmed:
            slot_0 = self._with_reports(slot_0.copy(), alarm, confirmed, errors)
        block[:, 0] = slot_0
        if self._multiframe:
            self._put_crc(block)
        self._number = (self._number + count) % MULTIFRAME

    def _tile(self, count: int) -> Octets:
        key = (count, self._number, self._remote_alarm)
        tile = self._tiles.get(key)
        if tile is None:
            if len(self._tiles) > 64:
                self._tiles.clear()
            turned = np.roll(_SLOT_0[self._multiframe, self._remote_alarm], -self._number)
            tile = self._tiles[key] = np.resize(turned, count)
        return tile

    def _with_reports(
        self, slot_0: Octets, alarm: Sequence[Change], confirmed: Sequence[Change], errors: Sequence[int]
    ) -> Octets:
        count = len(slot_0)
        odd = np.arange((self._number + 1) % 2, count, 2)
        for index, on in alarm:
            later = odd[odd > index]
            slot_0[later] = slot_0[later] & ~np.uint8(A_BIT) | np.uint8(A_BIT if on else 0)
            self._remote_alarm = on
        if not self._multiframe:
            return slot_0
        numbers = (self._number + odd) % MULTIFRAME
        pending, changes = list(errors), list(confirmed)
        for index in odd[(numbers == E_FRAMES[0]) | (numbers == E_FRAMES[1])].tolist():
            self._take_reports(index, pending, changes)
            if not self._confirmed:
                slot_0[index] &= ~np.uint8(BIT_1)
            elif self._debt:
                slot_0[index] &= ~np.uint8(BIT_1)
                self._debt -= 1
        self._take_reports(count, pending, changes)
        return slot_0

    def _take_reports(self, before: int, errors: list[int], confirmed: list[Change]) -> None:
        """Take what was reported of frames before `before`. Without multiframe alignment nothing is owed."""
        while confirmed and confirmed[0][0] < before:
            self._confirmed = confirmed.pop(0)[1]
            self._debt = 0
        while errors and errors[0] < before:
            errors.pop(0)
            self._debt += 1

    def _put_crc(self, block: Block) -> None:
        """Put the CRC-4 of every submultiframe into the next one's C bits."""
        position = self._number % SUBMULTIFRAME
        frames = np.concatenate((self._held, block)) if position else block
        whole = len(frames) // SUBMULTIFRAME
        over = whole * SUBMULTIFRAME
        sums = np.empty(whole + 1, np.uint8)
        sums[0] = self._crc
        if whole:
            sums[1:] = crc4.submultiframes(frames[:over])
            self._crc = int(sums[-1])
        bits = _C_BITS.take(sums, axis=0).reshape(-1)
        block[position % 2 :: 2, 0] |= bits[(position + 1) // 2 : (len(frames) + 1) // 2]
        if over < len(frames):
            self._held = frames[over:].copy()

"""Finding frames and multiframes in a stream of bits (G.704 2.3.2, 2.3.3; G.706 4.1.2, 4.2).

Bits are counted from the first bit of the stream given. A *phase* is the place of bit 1 of time slot 0.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from testrig.line import SLOTS, Octets

FRAME_BITS: Final = SLOTS * 8

FAS: Final = 0b001_1011
"""Frame alignment signal, bits 2 to 8 of time slot 0 in even frames (G.704 table 5A)."""

FAS_MASK: Final = 0b0111_1111
BIT_1: Final = 0x80
BIT_2: Final = 0x40
"""Bit 2 of time slot 0, 1 in frames without the frame alignment signal (G.704 table 5A)."""

A_BIT: Final = 0x20
"""Remote alarm indication, bit 3 of time slot 0 in odd frames (G.704 table 5A)."""

MFAS: Final = 0b001011
"""Multiframe alignment signal: bit 1 of frames 1, 3, 5, 7, 9 and 11 (G.704 table 5B)."""

SEARCH_SPAN: Final = 2 * FRAME_BITS + 8
"""Bits from a phase to the end of the second frame alignment signal that confirms it."""

MULTIFRAME_WINDOW: Final = 64
"""Frames, 8 ms, in which two multiframe alignment signals must be found (G.706 4.2)."""

_MFAS_BITS: Final = np.array([0, 0, 1, 0, 1, 1], np.uint8)


def _windows(octets: Octets) -> Octets:
    """The eight bits from every bit on: `uint8[8 (len - 1)]`."""
    here, there = octets[:-1], octets[1:]
    windows = np.empty((len(here), 8), np.uint8)
    windows[:, 0] = here
    for shift in range(1, 8):
        windows[:, shift] = (here << shift) | (there >> (8 - shift))
    return windows.reshape(-1)


def find_frame(octets: Octets, first: int) -> int | None:
    """The first phase from bit `first` on at which frames begin, or None (G.706 4.1.2).

    There the frame alignment signal is found, bit 2 of the next frame is 1, and the frame alignment signal
    is found again in the frame after. Only phases with `SEARCH_SPAN` bits in the stream can be found.
    """
    skipped = first // 8
    octets = octets[skipped:]
    if 8 * len(octets) < SEARCH_SPAN:
        return None
    windows = _windows(np.append(octets, np.uint8(0)))
    count = len(windows) - SEARCH_SPAN + 1
    signal = (windows & FAS_MASK) == FAS
    found = signal[:count] & signal[2 * FRAME_BITS : 2 * FRAME_BITS + count]
    found &= (windows[FRAME_BITS : FRAME_BITS + count] & BIT_2) != 0
    found[: first - 8 * skipped] = False
    at = int(found.argmax())
    return 8 * skipped + at if found[at] else None


def find_multiframe(octets: Octets, but: int) -> tuple[int, int] | None:
    """A phase other than `but` at which 64 frames with multiframe alignment signals begin, or None.

    `octets` is `uint8[65 * 32]`. Returns the phase, 0 to 255, and the number in the multiframe of the first
    frame that begins there. All frame and multiframe alignment signals of the 64 frames must be right: this
    is the search beside the alignment in use of G.706 annex B (unverified), made in one go.
    """
    windows = _windows(octets)[: MULTIFRAME_WINDOW * FRAME_BITS].reshape(MULTIFRAME_WINDOW, FRAME_BITS)
    signal = (windows & FAS_MASK) == FAS
    other = (windows & BIT_2) != 0
    for odd in (0, 1):
        right = signal[odd::2].all(axis=0) & other[1 - odd :: 2].all(axis=0)
        right[but] = False
        for phase in np.flatnonzero(right).tolist():
            bits = (windows[1 - odd :: 2, phase] >> 7).reshape(-1, 8)
            for turn in range(8):
                if (np.roll(bits, -turn, axis=1)[:, :6] == _MFAS_BITS).all():
                    # The frame at index 1 - odd + 2 turn is number 1.
                    return phase, (odd - 2 * turn) % 16
    return None


def realigned(octets: Octets, first: int, frames: int) -> Octets:
    """`uint8[frames, 32]`: the frames that begin at bit `first` of the stream."""
    skipped, shift = divmod(first, 8)
    length = frames * SLOTS
    here = octets[skipped : skipped + length]
    if not shift:
        return here.reshape(frames, SLOTS)
    there = octets[skipped + 1 : skipped + 1 + length]
    joined: Octets = np.bitwise_or(here << shift, there >> (8 - shift))
    return joined.reshape(frames, SLOTS)

"""The CRC-4 of the E1 multiframe (G.704 2.3.3.5): remainder of a submultiframe times x^4 by x^4 + x + 1.

How it works. The remainder is linear, so each of its four bits is the parity of those bits of the
submultiframe whose own remainder has it. A frame is four 64-bit words; the four sets of bits are masks of
words, with the places of the C bits left out, as they count as 0 (G.704 2.3.3.5.2).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from testrig.line import SLOTS, Block, Octets

SUBMULTIFRAME: Final = 8
"""Frames in a submultiframe (G.704 table 5B/2.3.3.3)."""

_GENERATOR: Final = 0b1_0011
_WORDS: Final = SLOTS // 8
_WEIGHTS: Final = np.array([8, 4, 2, 1], np.uint8)


def _make_masks() -> NDArray[np.uint64]:
    """`uint64[4, 8, 4]`: remainder bit (C1, the highest power, first), frame, word."""
    bits = SUBMULTIFRAME * SLOTS * 8
    remainders = np.zeros(bits, np.uint8)
    remainder = _GENERATOR & 0b1111
    for position in range(bits - 1, -1, -1):
        remainders[position] = remainder
        remainder <<= 1
        if remainder & 0b1_0000:
            remainder ^= _GENERATOR
    remainders[: bits : 2 * SLOTS * 8] = 0
    masks = np.stack([np.packbits(remainders >> power & 1) for power in (3, 2, 1, 0)])
    return masks.view(np.uint64).reshape(4, SUBMULTIFRAME, _WORDS)


_MASKS: Final = _make_masks()
_COUNTS: Final = hasattr(np, "bitwise_count")
_WHOLE: Final = _MASKS.reshape(1, 4, SUBMULTIFRAME * _WORDS)


def _parity(words: NDArray[np.uint64]) -> Octets:
    """Parity of every word, as 0 or 1."""
    if _COUNTS:
        return np.bitwise_count(words) & np.uint8(1)
    for shift in (32, 16, 8, 4, 2, 1):
        words = words ^ (words >> np.uint64(shift))
    return (words & np.uint64(1)).astype(np.uint8)


def submultiframes(frames: Block) -> Octets:
    """CRC-4 of each submultiframe of `uint8[8 m, 32]`, contiguous, as `uint8[m]` with C1 of weight 8."""
    words = frames.view(np.uint64).reshape(-1, 1, SUBMULTIFRAME * _WORDS)
    sums: Octets = _parity(np.bitwise_xor.reduce(words & _WHOLE, axis=2)) @ _WEIGHTS
    return sums

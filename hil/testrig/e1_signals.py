"""What stands in time slot 0 of an E1 (G.704 2.3, table 5b), and bits shifted against the octets.

Multiframe of sixteen frames, two submultiframes of eight:

    frame   bit 1                 bits 2 to 8
    even    C1 C2 C3 C4, twice    0 0 1 1 0 1 1       frame alignment signal (FAS)
    odd     0 0 1 0 1 1 E E       1 A Sa4..Sa8        not frame alignment signal (NFAS)

Without CRC-4 bit 1 is free and set to 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from testrig.line import SLOTS, Octets

MULTIFRAME: Final = 16
FRAME_BITS: Final = 8 * SLOTS
SI: Final = 0x80
"""Bit 1 of time slot 0."""
FAS: Final = 0b0011011
FAS_MASK: Final = 0x7F
NFAS_BIT_2: Final = 0x40
A_BIT: Final = 0x20
SA_BITS: Final = 0x1F
MFAS: Final = 0b001011
"""CRC multiframe alignment signal, in bit 1 of frames 1, 3, 5, 7, 9, 11."""
E_FRAMES: Final = (13, 15)
"""Frames whose bit 1 reports the CRC of submultiframe I and of submultiframe II."""


@lru_cache(maxsize=256)
def multiframe(nfas: int, *, crc4: bool) -> bytes:
    """Return time slot 0 of sixteen frames: C bits 0 and E bits 1 with CRC-4, bit 1 set without.

    `nfas` gives bits 3 to 8 of the odd frames (A and Sa4 to Sa8).
    """
    octets = []
    for frame in range(MULTIFRAME):
        if frame % 2 == 0:
            octets.append(FAS if crc4 else SI | FAS)
            continue
        si = SI if not crc4 or frame in E_FRAMES or MFAS >> (5 - frame // 2) & 1 else 0
        octets.append(si | NFAS_BIT_2 | (nfas & (A_BIT | SA_BITS)))
    return bytes(octets)


def from_bit(octets: Octets, bit: int, count: int) -> Octets:
    """Return `uint8[count]`: the octets that begin at `bit` of a stream of octets, 0 its first bit."""
    first, shift = divmod(bit, 8)
    if shift == 0:
        return octets[first : first + count]
    high = octets[first : first + count] << np.uint8(shift)
    low: NDArray[np.uint8] = octets[first + 1 : first + count + 1] >> np.uint8(8 - shift)
    return high | low

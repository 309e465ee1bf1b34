"""The two cyclic redundancy checks of an E1 with signalling links: FCS of HDLC and CRC-4 of the frame.

Bits are taken in the order of the line: the most significant bit of an octet is sent first (G.704), so
a signal unit's octets, sent least significant bit first (Q.703 2.2), are mirrored before they get here.
"""

from __future__ import annotations

import binascii
from typing import Final

import numpy as np
from numpy.typing import NDArray

from testrig.line import Octets

MIRRORED: Final = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
"""Octet to octet with the bits in reverse order, for `bytes.translate`."""

_GOOD_REMAINDER: Final = 0x1D0F
"""Remainder of a correct frame with its check bits (x^12+x^11+x^10+x^8+x^3+x^2+x+1, Q.703 4.2)."""

SUBMULTIFRAME: Final = 8
"""Frames in a CRC-4 submultiframe (G.704 2.3.3.2)."""

_SUBMULTIFRAME_OCTETS: Final = SUBMULTIFRAME * 32
_PERIOD: Final = 15
"""x^4+x+1 is primitive, so x^15 = 1: octets 15 apart weigh the same and may be added first."""


def fcs(line_octets: bytes) -> bytes:
    """Return the two check octets of Q.703 2.2 (generator x^16+x^12+x^5+1) in line order."""
    return (binascii.crc_hqx(line_octets, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")


def fcs_is_good(line_octets: bytes) -> bool:
    """Tell whether octets in line order, check octets last, have the remainder of a correct frame."""
    return binascii.crc_hqx(line_octets, 0xFFFF) == _GOOD_REMAINDER


def _remainder(value: int) -> int:
    """Remainder of a polynomial over GF(2) divided by x^4+x+1."""
    while value > 0b1111:
        value ^= 0b10011 << (value.bit_length() - 5)
    return value


def _weights() -> NDArray[np.uint8]:
    """`uint8[15 * 256]`: remainder of octet `v` in column `c` of the folded submultiframe, at `256 c + v`."""
    table = np.zeros((_PERIOD, 256), np.uint8)
    for column in range(_PERIOD):
        after = _SUBMULTIFRAME_OCTETS - 1 - column
        for value in range(256):
            # the message is multiplied by x^4 before division (G.704 2.3.3.5.1)
            table[column, value] = _remainder(value << ((8 * after + 4) % _PERIOD))
    return table.reshape(-1)


_WEIGHTS: Final = _weights()
_COLUMN_OFFSETS: Final = np.arange(_PERIOD, dtype=np.intp) * 256


def crc4(frames: NDArray[np.uint8]) -> Octets:
    """Return the CRC-4 of each submultiframe: `uint8[k]`, C1 the most significant of the four bits.

    `frames` is C-contiguous `uint8[8 k, 32]` with the C bits set to 0 (G.704 2.3.3.5.1).
    """
    octets = frames.reshape(-1, _SUBMULTIFRAME_OCTETS)
    folded = np.bitwise_xor.reduce(octets[:, :255].reshape(-1, 17, _PERIOD), axis=1)
    folded[:, 0] ^= octets[:, 255]
    remainders: Octets = np.bitwise_xor.reduce(_WEIGHTS.take(folded + _COLUMN_OFFSETS), axis=1)
    return remainders


def _c_bits() -> NDArray[np.uint8]:
    table = np.zeros((16, SUBMULTIFRAME), np.uint8)
    for value in range(16):
        for bit in range(4):
            if value >> (3 - bit) & 1:
                table[value, 2 * bit] = 0x80
    return table


C_BITS: Final = _c_bits()
"""`uint8[16, 8]`: what CRC-4 value `v` adds to time slot 0 of the eight frames that carry it: C1 to C4
in bit 1 of frames 0, 2, 4, 6 (G.704 table 5b)."""

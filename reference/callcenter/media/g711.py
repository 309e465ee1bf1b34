"""A-law of G.711: octets to linear samples and back.

Linear samples are 16-bit values: the 13-bit values of G.711 table 1a times 8. A sine whose peak reaches
32,768 has the theoretical load capacity of +3.14 dBm0 (G.711 clause 4), so a sine of peak `p` has the
level `3.14 + 20 log10(p / 32768)` dBm0; `OVERLOAD_DBM0` and `amplitude` say this in code.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from testrig.line import Octets

OVERLOAD_DBM0: Final = 3.14
"""Level of a sine that just reaches the virtual decision value of A-law (G.711 clause 4)."""

SILENCE: Final = 0xD5
"""The positive code of the smallest value, even bits inverted: the octet of an idle speech channel."""

_EVEN_BITS: Final = 0x55
_SIGN: Final = 0x80


def _make_decode() -> NDArray[np.int16]:
    """Quantized values of G.711 table 1a: 16 steps a segment, steps double from the second segment on."""
    octets = np.arange(256) ^ _EVEN_BITS
    segment = (octets >> 4) & 0x07
    step = octets & 0x0F
    low = 2 * step + 1
    high = (2 * step + 33) << np.maximum(segment - 1, 0)
    magnitude = np.where(segment == 0, low, high) * 8
    return np.where(octets & _SIGN, magnitude, -magnitude).astype(np.int16)


def _make_encode(decode: NDArray[np.int16]) -> Octets:
    """Octet of every 16-bit value, found between the decision values: half way between quantized values
    in a segment and at the segment's edge between two, hence the odd spacing there."""
    positive = np.arange(128) | _SIGN
    values = decode[positive ^ _EVEN_BITS].astype(np.int64)
    widths = np.where(np.arange(128) < 32, 16, 16 << np.maximum((np.arange(128) >> 4) - 1, 0))
    decisions = values + widths // 2
    samples = np.arange(-32768, 32768)
    magnitude = np.where(samples >= 0, samples, -samples - 1)
    code = np.minimum(np.searchsorted(decisions, magnitude, side="right"), 127)
    octets = np.where(samples >= 0, code | _SIGN, code) ^ _EVEN_BITS
    return np.roll(octets, -32768).astype(np.uint8)


DECODE: Final = _make_decode()
"""`int16[256]`: linear value of every octet."""

DECODE_FLOAT: Final = (DECODE / np.float32(32768)).astype(np.float32)
"""`float32[256]`: the same with full scale 1.0."""

_ENCODE: Final = _make_encode(DECODE)
_ENCODE.setflags(write=False)
DECODE.setflags(write=False)
DECODE_FLOAT.setflags(write=False)


def decode(octets: Octets) -> NDArray[np.int16]:
    """`uint8[...]` A-law to `int16[...]` linear."""
    return DECODE[octets]


def encode(samples: NDArray[np.int16]) -> Octets:
    """`int16[...]` linear to `uint8[...]` A-law."""
    return _ENCODE[samples.view(np.uint16)]


def encode_float(samples: NDArray[np.float64]) -> Octets:
    """`float64[...]` of full scale 1.0 to `uint8[...]` A-law; what is beyond full scale is limited."""
    return encode(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16))


def amplitude(level_dbm0: float) -> float:
    """Peak, with full scale 1.0, of a sine of `level_dbm0`."""
    return float(10.0 ** ((level_dbm0 - OVERLOAD_DBM0) / 20.0))

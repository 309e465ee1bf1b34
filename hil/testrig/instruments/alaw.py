"""A-law for the instruments, built from the segments G.711 defines.

Linear values are `float64` with full scale 1.0, the virtual decision value 4,096 of G.711 table 1a, which a
sine of +3.14 dBm0 just reaches (G.711 clause 4). Hence `level = 3.14 + 20 log10(peak)` dBm0 for a sine and
`level = 3.14 + 10 log10(2 * mean square)` dBm0 for anything.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from testrig.line import Octets

Samples = NDArray[np.float64]

OVERLOAD_DBM0: Final = 3.14
SILENCE: Final = 0xD5
"""Smallest positive value; what an idle channel carries."""

_FULL_SCALE: Final = 4096
_SEGMENTS: Final = ((0, 2), (32, 2), (64, 4), (128, 8), (256, 16), (512, 32), (1024, 64), (2048, 128))
"""G.711 table 1a: where each segment begins and how wide its 16 steps are; the first two are one line."""

_SILENT_DBM0: Final = -120.0
"""What the meters say of no signal at all."""


def _make_tables() -> tuple[Samples, Samples]:
    """Value of each of the 128 positive codes, and the upper decision value of each but the last."""
    values = [start + width * (step + 0.5) for start, width in _SEGMENTS for step in range(16)]
    decisions = [start + width * (step + 1) for start, width in _SEGMENTS for step in range(16)]
    return np.array(values) / _FULL_SCALE, np.array(decisions[:-1]) / _FULL_SCALE


_VALUES, _DECISIONS = _make_tables()


def _make_decode() -> Samples:
    table = np.empty(256)
    for code, value in enumerate(_VALUES):
        table[(0x80 | code) ^ 0x55] = value  # bit 1 is the sign, 1 for positive; even bits go inverted
        table[code ^ 0x55] = -value
    table.setflags(write=False)
    return table


_DECODE: Final = _make_decode()


def decode(octets: Octets) -> Samples:
    """`uint8[...]` A-law to `float64[...]`, full scale 1.0."""
    return _DECODE[octets]


def encode(samples: Samples) -> Octets:
    """`float64[...]`, full scale 1.0, to `uint8[...]` A-law; beyond full scale the last code is sent."""
    code = np.searchsorted(_DECISIONS, np.abs(samples), side="right").astype(np.uint8)
    octets: Octets = np.where(samples < 0, code, code | 0x80).astype(np.uint8) ^ np.uint8(0x55)
    return octets


def peak(level_dbm0: float) -> float:
    """Peak of a sine of `level_dbm0`."""
    return float(10 ** ((level_dbm0 - OVERLOAD_DBM0) / 20))


def dbm0(mean_square: float) -> float:
    """Level of a signal of `mean_square`; -120 dBm0 for none."""
    if mean_square <= 0:
        return _SILENT_DBM0
    return max(_SILENT_DBM0, OVERLOAD_DBM0 + 10 * float(np.log10(2 * mean_square)))

"""The check tone of continuity checks and its receiver (Q.724 7.4).

The tone is 2,000 Hz at -12 dBm0. The receiver works on windows of 80 frames, two hops of 40, in which 2,000
Hz turns a whole number of times: 200 Hz beside it the window has a null, 30 Hz beside it the loss is 1.3 dB.

| | recognised | not recognised |
|---|---|---|
| frequency | 2,000 +- 30 Hz | beyond +- 200 Hz |
| level | -18 to -6 dBm0 | -22 dBm0 and below |
| tone present | 60 ms and more | 30 ms and less |

Few circuits are checked at a time, so each check has a receiver of its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from callcenter.media.g711 import DECODE_FLOAT, amplitude, encode_float
from testrig.clock import SECOND
from testrig.line import Octets

CHECK_HZ: Final = 2_000
CHECK_DBM0: Final = -12.0

HOP: Final = 40
_WINDOW: Final = 2 * HOP

_HITS: Final = 7
"""Windows in a row that are the tone: 30 ms of it can fill three quarters of 6, 60 ms of 10."""

_MISSES: Final = 2
"""Windows in a row without it that end it."""

_LEVEL_DBM0: Final = -20.5
"""Between -18 dBm0, less the loss at the ends of the band, and -22 dBm0."""

_SHARE: Final = 0.6
"""Part of the window's energy that the tone holds."""

_BASIS: Final = np.exp(-2j * np.pi * CHECK_HZ / SECOND * np.arange(HOP)).astype(np.complex64)
_FLOOR: Final = (amplitude(_LEVEL_DBM0) * _WINDOW / 2) ** 2


def _loop() -> Octets:
    samples = amplitude(CHECK_DBM0) * np.sin(2 * np.pi * CHECK_HZ / SECOND * (np.arange(HOP) + 0.5))
    octets: Octets = encode_float(samples)
    octets.setflags(write=False)
    return octets


CHECK_TONE: Final = _loop()
"""The tone as an endless loop of A-law."""


class CheckToneReceiver:
    """A receiver on one channel."""

    __slots__ = ("_hits", "_last", "_left", "_misses", "present")

    def __init__(self) -> None:
        self._left: Octets = np.empty(0, np.uint8)
        self._last = (0j, 0.0)
        """Correlation and energy of the hop before."""
        self._hits = 0
        self._misses = 0
        self.present = False

    def process(self, octets: Octets) -> list[tuple[bool, int]]:
        """Take `uint8[n]` A-law; return the changes: tone present or not, and the offset in `octets` behind
        the window that decided it."""
        waiting = len(self._left)
        audio = np.concatenate((self._left, octets)) if waiting else octets
        hops = len(audio) // HOP
        self._left = audio[hops * HOP :].copy()
        samples = DECODE_FLOAT[audio[: hops * HOP]].reshape(hops, HOP)
        found = []
        for hop, (turn, energy) in enumerate(
            zip((samples @ _BASIS).tolist(), np.square(samples).sum(axis=1).tolist(), strict=True)
        ):
            if self._window(turn, energy):
                found.append((self.present, (hop + 1) * HOP - waiting))
        return found

    def _window(self, turn: complex, energy: float) -> bool:
        """Look at the window that ends with this hop; whether the tone has come or gone."""
        power = abs(turn + self._last[0]) ** 2
        whole = energy + self._last[1]
        self._last = (turn, energy)
        hit = power >= _FLOOR and power >= _SHARE * whole * _WINDOW / 2
        self._hits = self._hits + 1 if hit else 0
        self._misses = 0 if hit else self._misses + 1
        if not self.present and self._hits >= _HITS:
            self.present = True
            return True
        if self.present and self._misses >= _MISSES:
            self.present = False
            return True
        return False

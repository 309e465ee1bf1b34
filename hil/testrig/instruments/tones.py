"""Tone and DTMF generators.

What a generator gives depends only on how many frames were taken before, not on how they were cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from testrig.clock import MILLISECOND, SECOND
from testrig.errors import LimitError
from testrig.instruments.alaw import SILENCE, Samples, encode, peak
from testrig.line import Octets

DTMF_LOW_HZ: Final = (697, 770, 852, 941)
DTMF_HIGH_HZ: Final = (1209, 1336, 1477, 1633)
DTMF_KEYS: Final = ("123A", "456B", "789C", "*0#D")
"""Keypad of Q.23: rows are the low, columns the high frequencies."""

_NYQUIST_HZ: Final = SECOND / 2


@dataclass(frozen=True, slots=True)
class Tone:
    """A sine of `hz` at `level_dbm0`."""

    hz: float
    level_dbm0: float = -10.0

    def __post_init__(self) -> None:
        if not 0 < self.hz < _NYQUIST_HZ:
            raise LimitError(f"tone of {self.hz:g} Hz: expected more than 0 and less than {_NYQUIST_HZ:g} Hz")


class ToneGenerator:
    """Sends the sum of `tones`, for ever or in a cadence.

    `cadence` lists frames on, off, on, off ... and repeats; empty means continuous. The phase runs on
    through the pauses. `noise_dbm0` adds white noise, drawn from `seed`.
    """

    __slots__ = ("_edges", "_levels", "_noise", "_period", "_position", "_random", "_steps")

    def __init__(
        self,
        tones: Sequence[Tone],
        *,
        cadence: Sequence[int] = (),
        noise_dbm0: float | None = None,
        seed: int = 0,
    ) -> None:
        if len(cadence) % 2 or any(length < 1 for length in cadence):
            raise LimitError(f"cadence {list(cadence)}: expected pairs of frames on and off, each 1 or more")
        self._steps = np.array([2 * np.pi * tone.hz / SECOND for tone in tones])
        self._levels = np.array([peak(tone.level_dbm0) for tone in tones])
        self._edges = np.cumsum(cadence)
        self._period = sum(cadence)
        self._position = 0
        self._noise = 0.0 if noise_dbm0 is None else peak(noise_dbm0) / np.sqrt(2)
        self._random = np.random.default_rng(seed)

    def samples(self, frames: int) -> Samples:
        """The next `frames` as `float64[frames]`, full scale 1.0, before A-law."""
        at = np.arange(self._position, self._position + frames)
        self._position += frames
        wave: Samples = self._levels @ np.sin(self._steps[:, None] * at)
        if self._period:
            wave *= np.searchsorted(self._edges, at % self._period, side="right") % 2 == 0
        if self._noise:
            wave += self._noise * self._random.standard_normal(frames)
        return wave

    def take(self, frames: int) -> Octets:
        """The next `frames` as `uint8[frames]` A-law."""
        return encode(self.samples(frames))


@dataclass(frozen=True, slots=True)
class DtmfKeying:
    """How digits are keyed: `on` and `off` in frames, level of the low tone, level of the high tone over
    that of the low (`twist_db`), and relative deviations of both frequencies."""

    on: int = 100 * MILLISECOND
    off: int = 100 * MILLISECOND
    level_dbm0: float = -9.0
    twist_db: float = 2.0
    low_deviation: float = 0.0
    high_deviation: float = 0.0


def dtmf(digits: str, keying: DtmfKeying | None = None) -> Octets:
    """Return `digits` keyed one after the other, a pause behind each, as `uint8[n]` A-law.

    Raises `LimitError` for a character that is not on the keypad.
    """
    keying = keying or DtmfKeying()
    pause = np.full(keying.off, SILENCE, np.uint8)
    parts: list[Octets] = [np.empty(0, np.uint8)]
    for digit in digits:
        low, high = _frequencies(digit)
        generator = ToneGenerator(
            [
                Tone(low * (1 + keying.low_deviation), keying.level_dbm0),
                Tone(high * (1 + keying.high_deviation), keying.level_dbm0 + keying.twist_db),
            ]
        )
        parts += [generator.take(keying.on), pause]
    return np.concatenate(parts)


def _frequencies(digit: str) -> tuple[int, int]:
    for row, keys in enumerate(DTMF_KEYS):
        if digit and digit in keys:
            return DTMF_LOW_HZ[row], DTMF_HIGH_HZ[keys.index(digit)]
    raise LimitError(f"DTMF digit {digit!r}: expected one of {''.join(DTMF_KEYS)}")


class DtmfGenerator:
    """Keys digits into a stream: `key` queues them, `take` gives the stream, silence between and after."""

    __slots__ = ("_audio", "_keying")

    def __init__(self, keying: DtmfKeying | None = None) -> None:
        self._keying = keying or DtmfKeying()
        self._audio = np.empty(0, np.uint8)

    def key(self, digits: str) -> None:
        """Queue `digits` behind what is still to be sent."""
        self._audio = np.concatenate((self._audio, dtmf(digits, self._keying)))

    @property
    def remaining(self) -> int:
        """Frames until the pause after the last digit is over."""
        return len(self._audio)

    def take(self, frames: int) -> Octets:
        """The next `frames` as `uint8[frames]` A-law."""
        octets = np.full(frames, SILENCE, np.uint8)
        count = min(frames, len(self._audio))
        octets[:count] = self._audio[:count]
        self._audio = self._audio[count:]
        return octets

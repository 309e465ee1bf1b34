"""Level meter, frequency meter, and a watch for tones with their cadence.

The meters work on a stretch of `uint8[n]` A-law that holds the signal throughout. A frequency is found by a
windowed transform and refined by least squares; uncertainties stand with the functions and are shown by the
instruments' calibration tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from testrig.clock import SECOND, Instant
from testrig.errors import LimitError
from testrig.instruments.alaw import SILENCE, Samples, dbm0, decode
from testrig.line import Octets

SILENT_DBM0: Final = -50.0
"""Nothing is said on a channel below this level; well above the noise of idle channels (G.712) and below
any signal of the network."""

HOP: Final = 80
"""Frames (10 ms) over which `ToneWatch` decides; the step of its instants."""

_LEAST_FRAMES: Final = 40
_SHARE: Final = 0.75


def level(audio: Octets) -> float:
    """Level of `uint8[n]`, n >= 1, in dBm0 (sine-equivalent, unweighted), offset removed."""
    samples = _samples(audio, 1)
    return dbm0(float(np.var(samples)))


def silent(audio: Octets, *, below_dbm0: float = SILENT_DBM0) -> bool:
    """True if `uint8[n]`, n >= 1, stays below `below_dbm0`."""
    return level(audio) < below_dbm0


def tone_level(audio: Octets, hz: float) -> float:
    """Level in dBm0 of the part of `uint8[n]`, n >= 40, that is a sine of `hz` (least squares).

    For a steady sine of 20 ms or more at -40 to +3 dBm0: within 0.1 dB.
    """
    return dbm0(_fitted_power(_samples(audio, _LEAST_FRAMES), [hz]))


def tones_share(audio: Octets, hz: Sequence[float]) -> float:
    """Part (0 to 1) of the power of `uint8[n]`, n >= 40, that lies in sines of the frequencies `hz`."""
    samples = _samples(audio, _LEAST_FRAMES)
    power = float(np.var(samples))
    return 0.0 if power <= 0 else min(1.0, _fitted_power(samples, hz) / power)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the frequency meter reads: the strongest sine."""

    hz: float
    level_dbm0: float


def strongest(audio: Octets) -> Reading:
    """Frequency and level of the strongest sine in `uint8[n]`, n >= 40.

    For one steady sine of 100 ms or more at -40 dBm0 or above, 200 to 3,400 Hz: within 0.5 Hz and 0.1 dB.
    """
    samples = _samples(audio, _LEAST_FRAMES)
    samples = samples - samples.mean()
    size = 1 << max(12, len(samples).bit_length() + 2)
    window = np.hanning(len(samples) + 2)[1:-1]
    spectrum = np.abs(np.fft.rfft(samples * window, size))
    top = int(np.clip(spectrum[:-1].argmax(), 1, len(spectrum) - 2))
    left, middle, right = np.log(spectrum[top - 1 : top + 2] + 1e-30)
    curvature = left - 2 * middle + right
    shift = 0.0 if curvature == 0 else float(np.clip(0.5 * (left - right) / curvature, -1, 1))
    hz = (top + shift) * SECOND / size
    return Reading(hz, dbm0(_fitted_power(samples, [hz])))


def _samples(audio: Octets, least: int) -> Samples:
    if len(audio) < least:
        raise LimitError(f"measurement over {len(audio)} frames: expected {least} or more")
    return decode(audio)


def _fitted_power(samples: Samples, hz: Sequence[float]) -> float:
    """Mean square of the best sum of sines of `hz` (and an offset, not counted)."""
    angle = 2 * np.pi * np.arange(len(samples))[:, None] * np.asarray(hz, float) / SECOND
    basis = np.concatenate((np.cos(angle), np.sin(angle), np.ones((len(samples), 1))), axis=1)
    weights = np.linalg.lstsq(basis, samples, rcond=None)[0][:-1]
    return float(np.dot(weights, weights) / 2)


@dataclass(frozen=True, slots=True)
class Burst:
    """A tone was there from `start` to `end` (instants, each within 10 ms), at `level_dbm0`."""

    hz: float
    start: Instant
    end: Instant
    level_dbm0: float


class ToneWatch:
    """Watches a stream for tones of given frequencies and keeps their bursts, so that a cadence can be read.

    A tone is there in a hop of 10 ms when it is the strongest of those watched, at `least_dbm0` or more,
    and holds three quarters of the power. Tell apart tones 100 Hz from each other and more; nearer ones
    need `strongest` on a longer stretch.
    """

    __slots__ = ("_audio", "_basis", "_bursts", "_hz", "_least", "_now", "_open")

    def __init__(self, hz: Sequence[float], *, least_dbm0: float = -35.0) -> None:
        self._hz = tuple(hz)
        angle = 2 * np.pi * np.arange(HOP)[:, None] * np.asarray(self._hz) / SECOND
        self._basis: NDArray[np.complex128] = np.exp(-1j * angle) * (2 / HOP)
        self._least = least_dbm0
        self._audio: Octets = np.empty(0, np.uint8)
        self._now: Instant = 0
        self._bursts: list[Burst] = []
        self._open: tuple[int, Instant, list[float]] | None = None

    def put(self, audio: Octets, start: Instant) -> None:
        """Watch `uint8[n]` that began at `start`. A stretch that does not follow the last one closes what
        was open."""
        if start != self._now + len(self._audio):
            self._close()
            self._audio = audio[:0]
            self._now = start
        audio = np.concatenate((self._audio, audio)) if len(self._audio) else audio
        hops = len(audio) // HOP
        for hop, (index, power) in enumerate(self._decide(audio[: hops * HOP])):
            self._follow(index, power, self._now + hop * HOP)
        self._audio = audio[hops * HOP :].copy()
        self._now += hops * HOP

    @property
    def present(self) -> float | None:
        """The tone that is there now."""
        return None if self._open is None else self._hz[self._open[0]]

    @property
    def bursts(self) -> list[Burst]:
        """Bursts that are over, oldest first."""
        return list(self._bursts)

    @property
    def since(self) -> Instant | None:
        """When the tone that is there now began."""
        return None if self._open is None else self._open[1]

    def _decide(self, audio: Octets) -> list[tuple[int, float]]:
        """Index of the tone that is there (-1: none) and its mean square, for each hop."""
        if not len(audio) or not self._hz:
            return []
        if audio[0] == SILENCE and (audio == SILENCE).all():
            return [(-1, 0.0)] * (len(audio) // HOP)
        samples = decode(audio).reshape(-1, HOP)
        peaks = np.abs(samples @ self._basis)
        best = peaks.argmax(axis=1)
        power = peaks.max(axis=1) ** 2 / 2
        total = np.mean(samples**2, axis=1)
        least = 10 ** ((self._least - dbm0(0.5)) / 10) / 2
        there = (power >= least) & (power >= _SHARE * total)
        return list(zip(np.where(there, best, -1).tolist(), power.tolist(), strict=True))

    def _follow(self, index: int, power: float, at: Instant) -> None:
        if self._open is not None and self._open[0] != index:
            self._close(at)
        if index >= 0:
            if self._open is None:
                self._open = (index, at, [])
            self._open[2].append(power)

    def _close(self, at: Instant | None = None) -> None:
        if self._open is not None:
            index, start, powers = self._open
            end = self._now if at is None else at
            middle = float(np.median(powers))
            self._bursts.append(Burst(self._hz[index], start, end, dbm0(middle)))
            self._open = None

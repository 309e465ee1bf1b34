"""DTMF receivers on all channels at once (Q.23, Q.24).

How it works. Time is cut into hops of 40 frames (5 ms) on a grid of absolute instants, so what is found
does not depend on how the audio was cut into blocks. Each hop is correlated with the eight frequencies of
Q.23; the sum over three hops in a row (15 ms, referred to one phase origin) is a window. The window is 66.7
Hz wide, so a neighbouring DTMF frequency falls into or near a null. Successive windows turn in phase by the
deviation of the tone from its nominal frequency: that measures the frequency itself, which no threshold on
the magnitude could do at Q.24's tolerances. A window *hits* a digit when both tones are there, alone: level,
twist, purity within each group, and the share of the two tones in the whole energy, which keeps speech away.

Limits, after Q.24 table A-1 (unverified: the strictest of the administrations' columns where they differ):

| | accepted | rejected |
|---|---|---|
| level of each tone | 0 to -25 dBm0 | below -29 dBm0 |
| high against low group | +4 to -8 dB | above +8, below -14 dB (our choice) |
| frequency | within 1.5 % | beyond 3.5 % |
| tone present | 40 ms and more | 23 ms and less |
| interruption | up to 10 ms is bridged | |
| pause between digits | 30 ms and more | |

Between `accepted` and `rejected` either may happen. Digits are reported when they are over.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from callcenter.errors import StateError
from callcenter.media.g711 import DECODE_FLOAT, SILENCE, amplitude
from testrig.clock import SECOND, Instant
from testrig.line import Octets

LOW_HZ: Final = (697, 770, 852, 941)
HIGH_HZ: Final = (1209, 1336, 1477, 1633)
DIGITS: Final = "123A456B789C*0#D"
"""Digit of low frequency `i` and high frequency `j` at `4 i + j` (Q.23 clause 6)."""

HOP: Final = 40
"""Frames in a hop."""

_WINDOW: Final = 3 * HOP
_HITS: Final = 5
"""Windows in a row that make a digit. A tone of 40 ms fills the needed 80 % of at least 6 windows wherever
it lies on the grid, one of 23 ms of at most 3."""

_MISSES: Final = 6
"""Windows without the digit that end it: a gap of 10 ms spoils at most 4, one of 30 ms at least 7."""

_BEGIN: Final = 116
_END: Final = 4
"""Frames by which a tone begins before the end of its first window, and ends before that of its last, on
average over its place on the grid; seldom off by more than half a hop."""

_LEVEL_DBM0: Final = -27.3
"""Level both tones must have, their loss by deviation made good: amid -25 to accept and -29 to reject, as
the other tone, up to 8 dB stronger, may add or take 1 dB."""

_LIKELY_DBM0: Final = -31.0
"""Level they must have to be looked at, before that is made good."""

_TWIST: Final = (10 ** (-11 / 10), 10 ** (6 / 10))
"""Range of high over low power in a window."""

_PURITY: Final = 10 ** (-6 / 10)
"""The second frequency of a group stays below this part of the first."""

_SHARE: Final = 0.80
"""Part of the energy of a window that the two tones must hold."""

_DEVIATION: Final = 0.024
"""Half way between the 1.5 % to accept and the 3.5 % to reject, as the mean over the digit's windows."""

_WINDOW_DEVIATION: Final = 0.045
"""The same for one window, which the other tone and noise disturb."""

_QUIET_DBM0: Final = -36.0
"""A hop below it can hold no tone worth looking at."""

_PAIRS: Final = 65_536
"""Hops, over all channels, worked on at once: bounds memory."""

_FREQUENCIES: Final = np.array(LOW_HZ + HIGH_HZ, np.float64)


def _make_basis() -> NDArray[np.float32]:
    """`float32[HOP, 16]`: cosines and negative sines of the eight frequencies, interleaved to read as
    complex numbers."""
    angle = 2 * np.pi * np.arange(HOP)[:, None] * _FREQUENCIES / SECOND
    basis = np.exp(-1j * angle).astype(np.complex64)
    return np.ascontiguousarray(basis.view(np.float32))


def _make_turns() -> NDArray[np.complex64]:
    """`complex64[SECOND // HOP, 8]`: phase of every frequency at the start of hop `i`. Frequencies are whole
    Hz, so it repeats every second."""
    start = np.arange(SECOND // HOP)[:, None] * HOP
    turns: NDArray[np.complex64] = np.exp(-2j * np.pi * start * _FREQUENCIES / SECOND).astype(np.complex64)
    return turns


_BASIS: Final = _make_basis()
_TURNS: Final = _make_turns()
_POWER_FLOOR: Final = (amplitude(_LEVEL_DBM0) * _WINDOW / 2) ** 2
_LIKELY_FLOOR: Final = (amplitude(_LIKELY_DBM0) * _WINDOW / 2) ** 2
"""Squared correlations over a window of sines at these levels."""

_ENERGY_FLOOR: Final = amplitude(_QUIET_DBM0) ** 2 / 2 * HOP
_ENERGY_TO_POWER: Final = _WINDOW / 2
"""Squared correlation of one sine over its energy in a window."""


class DtmfDigit(NamedTuple):
    """A digit that is over: `duration` in frames, within 40, `at` the instant of its end, within 30."""

    channel: int
    digit: str
    duration: int
    at: Instant


class DtmfBank:
    """Receivers on `channels` channels. Channels that are not active cost nothing."""

    __slots__ = (
        "_candidate",
        "_deviation",
        "_digit",
        "_energies",
        "_expected",
        "_first",
        "_last",
        "_loud",
        "_misses",
        "_origin",
        "_run",
        "_spectra",
        "_tail",
    )

    def __init__(self, channels: int) -> None:
        self._expected = np.full(channels, -1, np.int64)
        self._tail = np.full((channels, HOP), SILENCE, np.uint8)
        self._spectra = np.zeros((channels, 3, 8), np.complex64)
        """Correlations of the three hops before the next."""
        self._energies = np.zeros((channels, 2), np.float32)
        """Energies of the two hops before the next."""
        self._loud = np.zeros(channels, np.bool_)
        """Whether `_spectra` or `_energies` holds anything but zeros."""
        self._candidate = np.full(channels, -1, np.int8)
        self._run = np.zeros(channels, np.int64)
        self._origin = np.zeros(channels, np.int64)
        """Hop at which the run of the candidate began."""
        self._deviation = np.zeros((channels, 2), np.float64)
        """Relative deviations of low and high tone, summed over the run but for its first window."""
        self._digit = np.full(channels, -1, np.int8)
        self._first = np.zeros(channels, np.int64)
        self._last = np.zeros(channels, np.int64)
        self._misses = np.zeros(channels, np.int64)

    def receiving(self, channel: int) -> bool:
        """True while `channel` hears something that may be, or is, a digit."""
        return bool(self._loud[channel] or self._candidate[channel] >= 0 or self._digit[channel] >= 0)

    def settled(self, channels: NDArray[np.int64]) -> bool:
        """True while none of `channels` hears anything that may be, or is, a digit."""
        return not (
            self._loud[channels].any()
            or (self._candidate[channels] >= 0).any()
            or (self._digit[channels] >= 0).any()
        )

    def reset(self, channel: int) -> None:
        """Forget what `channel` has heard; a digit under way is not reported."""
        self._forget(np.array([channel]))
        self._expected[channel] = -1

    def process(
        self, audio: Octets, active: NDArray[np.int64] | NDArray[np.bool_], start: Instant
    ) -> list[DtmfDigit]:
        """Listen to `uint8[rows, n]` A-law beginning at instant `start`; return the digits that ended.

        `active` is either a mask `bool[channels]`, then `audio` has a row for every channel, or an array
        of channel numbers, then row `i` belongs to `active[i]`. A channel that was left out, or that
        continues at another instant than it stopped at, begins afresh. Digits come in order of their end.
        Raises `StateError` when the shapes do not fit.
        """
        if active.dtype == np.bool_:
            if active.shape != self._expected.shape or len(audio) != len(active):
                raise StateError(
                    f"DTMF: found a mask {list(active.shape)} and audio {list(audio.shape)}, expected "
                    f"{len(self._expected)} channels in both"
                )
            channels: NDArray[np.int64] = np.flatnonzero(active)
            audio = audio if len(channels) == len(active) else audio[channels]
        else:
            channels = active.astype(np.int64, copy=False)
            if len(audio) != len(channels):
                raise StateError(f"DTMF: found {len(audio)} rows of audio for {len(channels)} channels")
        if not len(channels) or not audio.shape[1]:
            return []
        fresh = channels[self._expected[channels] != start]
        if len(fresh):
            self._forget(fresh)
        self._expected[channels] = start + audio.shape[1]
        return self._hops(audio, channels, start)

    def _forget(self, channels: NDArray[np.int64]) -> None:
        self._tail[channels] = SILENCE
        self._spectra[channels] = 0
        self._energies[channels] = 0
        self._loud[channels] = False
        self._candidate[channels] = -1
        self._run[channels] = 0
        self._digit[channels] = -1

    def _hops(self, audio: Octets, channels: NDArray[np.int64], start: Instant) -> list[DtmfDigit]:
        """Put the rest of the last hop before `audio`, work on the whole hops, and keep the new rest."""
        kept = start % HOP
        if kept:
            audio = np.concatenate((self._tail[channels, :kept], audio), axis=1)
        count, rest = divmod(audio.shape[1], HOP)
        hop = start // HOP
        found: list[DtmfDigit] = []
        stride = max(1, _PAIRS // len(channels))
        for first in range(0, count, stride):
            last = min(first + stride, count)
            found += self._listen(audio[:, first * HOP : last * HOP], channels, hop + first)
        if rest:
            self._tail[channels, :rest] = audio[:, count * HOP :]
        if len(found) > 1:
            found.sort(key=lambda digit: (digit.at, digit.channel))
        return found

    def _listen(self, audio: Octets, channels: NDArray[np.int64], hop: int) -> list[DtmfDigit]:
        """Work on whole hops, `uint8[rows, hops * HOP]`, the first of them number `hop`."""
        rows, hops = len(channels), audio.shape[1] // HOP
        linear = DECODE_FLOAT.take(audio).reshape(rows * hops, HOP)
        energy = np.einsum("ij,ij->i", linear, linear).reshape(rows, hops)
        loud = energy > _ENERGY_FLOOR
        concerned = loud.any(axis=1) | self._loud[channels]
        concerned |= (self._candidate[channels] >= 0) | (self._digit[channels] >= 0)
        if not concerned.any():
            return []
        if not concerned.all():
            channels, energy, loud = channels[concerned], energy[concerned], loud[concerned]
            linear = linear.reshape(rows, hops, HOP)[concerned].reshape(-1, HOP)
        codes, deviations = self._hits(linear, energy, loud, channels, hop)
        return self._decide(codes, deviations, channels, hop)

    def _hits(
        self,
        linear: NDArray[np.float32],
        energy: NDArray[np.float32],
        loud: NDArray[np.bool_],
        channels: NDArray[np.int64],
        hop: int,
    ) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """Return the digit each window hits, `int8[rows, hops]`, -1 for none, and the relative deviations
        of its two tones, `float64[rows, hops, 2]`; moves the history on."""
        rows, hops = energy.shape
        spectra = np.empty((rows, hops + 3, 8), np.complex64)
        spectra[:, :3] = self._spectra[channels]
        correlations = (linear @ _BASIS).view(np.complex64).reshape(rows, hops, 8)
        turns = _TURNS.take(np.arange(hop, hop + hops), axis=0, mode="wrap")
        np.multiply(correlations, turns, out=spectra[:, 3:])
        spectra[:, 3:][~loud] = 0
        energies = np.concatenate((self._energies[channels], energy * loud), axis=1)
        self._spectra[channels] = spectra[:, -3:]
        self._energies[channels] = energies[:, -2:]
        self._loud[channels] = (energies[:, -2] != 0) | (energies[:, -1] != 0) | loud[:, -3:].any(axis=1)

        windows = spectra[:, :-2] + spectra[:, 1:-1] + spectra[:, 2:]
        power = windows.real[:, 1:] ** 2 + windows.imag[:, 1:] ** 2
        total = energies[:, :-2] + energies[:, 1:-1] + energies[:, 2:]
        # the best of each group of four, in two steps: reductions over short axes are slow in numpy
        best = np.maximum(power[..., 0::2], power[..., 1::2])
        low = np.maximum(best[..., 0], best[..., 1])
        high = np.maximum(best[..., 2], best[..., 3])
        # 0.6: a tone 1.5 % off loses up to 2 dB in its window, made good below once its deviation is known
        likely = low + high > 0.6 * _SHARE * _ENERGY_TO_POWER * total
        likely &= (low > _LIKELY_FLOOR) & (high > _LIKELY_FLOOR)
        codes = np.full((rows, hops), -1, np.int8)
        deviations = np.zeros((rows, hops, 2))
        row, place = np.nonzero(likely)
        if len(row):
            code, deviation = _judge(
                power[row, place], windows[row, place], windows[row, place + 1], total[row, place]
            )
            codes[row, place] = code
            deviations[row, place] = deviation
        return codes, deviations

    def _decide(
        self,
        codes: NDArray[np.int8],
        deviations: NDArray[np.float64],
        channels: NDArray[np.int64],
        hop: int,
    ) -> list[DtmfDigit]:
        """Follow runs of windows: begin digits, end digits."""
        hit = codes >= 0
        busy = hit.any(axis=1) | (self._candidate[channels] >= 0) | (self._digit[channels] >= 0)
        found: list[DtmfDigit] = []
        if not busy.any():
            return found
        channels, codes, deviations = channels[busy], codes[busy], deviations[busy]
        for offset in range(codes.shape[1]):
            self._step(channels, codes[:, offset], deviations[:, offset], hop + offset, found)
        return found

    def _step(
        self,
        channels: NDArray[np.int64],
        code: NDArray[np.int8],
        deviation: NDArray[np.float64],
        hop: int,
        found: list[DtmfDigit],
    ) -> None:
        """One window on every channel of `channels`."""
        hit = code >= 0
        continued = hit & (code == self._candidate[channels])
        begun = channels[hit & ~continued]
        run = np.where(continued, self._run[channels] + 1, hit.astype(np.int64))
        self._candidate[channels] = code
        self._run[channels] = run
        self._origin[begun] = hop
        self._deviation[begun] = 0.0
        self._deviation[channels[continued]] += deviation[continued]

        digit = self._digit[channels]
        present = hit & (code == digit)
        self._last[channels[present]] = hop
        misses = np.where(present, 0, self._misses[channels] + 1)
        self._misses[channels] = misses

        sums = np.abs(self._deviation[channels])
        mean = np.maximum(sums[:, 0], sums[:, 1]) / np.maximum(run - 1, 1)
        begins = (run >= _HITS) & (code != digit) & (mean <= _DEVIATION)
        ends = (digit >= 0) & (begins | (misses >= _MISSES))
        for channel in channels[ends].tolist():
            found.append(self._ended(channel))
        self._digit[channels[ends]] = -1
        starting = channels[begins]
        if len(starting):
            self._digit[starting] = code[begins]
            self._first[starting] = self._origin[starting]
            self._last[starting] = hop
            self._misses[starting] = 0

    def _ended(self, channel: int) -> DtmfDigit:
        """The digit of `channel`, from the windows it was in."""
        at = (int(self._last[channel]) + 1) * HOP - _END
        begin = (int(self._first[channel]) + 1) * HOP - _BEGIN
        return DtmfDigit(channel, DIGITS[self._digit[channel]], at - begin, at)


def _judge(
    power: NDArray[np.float32],
    before: NDArray[np.complex64],
    window: NDArray[np.complex64],
    total: NDArray[np.float32],
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Return the digit of each window, `int8[k]`, -1 for none, and deviations `float64[k, 2]`.

    `power` is `float32[k, 8]`, `before` and `window` are `complex64[k, 8]` correlations of the window one
    hop earlier and of this one, `total` the energy `float32[k]`.
    """
    tones: list[_Found] = []
    for group in (slice(0, 4), slice(4, 8)):
        tones.append(_find(power[:, group], before[:, group], window[:, group], _FREQUENCIES[group]))
    low, high = tones
    good = low.alone & high.alone
    good &= (low.strength > _POWER_FLOOR) & (high.strength > _POWER_FLOOR)
    good &= low.strength + high.strength > _SHARE * _ENERGY_TO_POWER * total
    good &= (high.strength > _TWIST[0] * low.strength) & (high.strength < _TWIST[1] * low.strength)
    code = np.where(good, 4 * low.member + high.member, -1).astype(np.int8)
    return code, np.stack((low.deviation, high.deviation), axis=1)


class _Found(NamedTuple):
    """The strongest frequency of a group in each window: its index, its squared correlation with the loss
    by deviation made good, its relative deviation, and whether no other is near it in strength."""

    member: NDArray[np.int64]
    strength: NDArray[np.float64]
    deviation: NDArray[np.float64]
    alone: NDArray[np.bool_]


def _find(
    power: NDArray[np.float32],
    before: NDArray[np.complex64],
    window: NDArray[np.complex64],
    frequencies: NDArray[np.float64],
) -> _Found:
    """Find the strongest of four frequencies; arrays `[k, 4]` as for `_judge`."""
    items = np.arange(len(power))
    index = power.argmax(axis=1)
    best = power[items, index]
    second = np.sort(power, axis=1)[:, 2]
    offset_hz = np.angle(window[items, index] * before[items, index].conj()) * (SECOND / (2 * np.pi * HOP))
    deviation = offset_hz / frequencies[index]
    strength = best / np.sinc(np.clip(offset_hz, -25, 25) * (_WINDOW / SECOND)) ** 2
    alone = (second < _PURITY * best) & (np.abs(deviation) < _WINDOW_DEVIATION)
    return _Found(index, strength, deviation, alone)


__all__ = ["DIGITS", "HIGH_HZ", "HOP", "LOW_HZ", "DtmfBank", "DtmfDigit"]

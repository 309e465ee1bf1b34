"""The receiver of the check tone against the limits of Q.724 7.4.2."""

from __future__ import annotations

import numpy as np
import pytest

from callcenter.media.check_tone import CHECK_TONE, CheckToneReceiver
from callcenter.media.g711 import SILENCE, amplitude, encode_float
from testrig.clock import MILLISECOND, SECOND
from testrig.line import Octets


def tone(hz: float, dbm0: float, frames: int, *, after: int = 0) -> Octets:
    """`after` frames of silence, then the tone, then silence."""
    audio = np.full(after + frames + 400, SILENCE, np.uint8)
    time = np.arange(frames) / SECOND
    audio[after : after + frames] = encode_float(amplitude(dbm0) * np.sin(2 * np.pi * hz * time + 0.3))
    return audio


def heard(audio: Octets, block: int = 40) -> list[bool]:
    receiver = CheckToneReceiver()
    found = []
    for start in range(0, len(audio), block):
        found += [on for on, _ in receiver.process(audio[start : start + block])]
    return found


@pytest.mark.parametrize("hz", [1970, 2000, 2030])
@pytest.mark.parametrize("dbm0", [-18, -12, -6])
@pytest.mark.parametrize("after", [0, 13, 39])
def test_tone_within_the_limits_is_recognised_within_60_ms(hz: float, dbm0: float, after: int) -> None:
    assert heard(tone(hz, dbm0, 60 * MILLISECOND, after=after)) == [True, False]


@pytest.mark.parametrize("after", range(0, 40, 3))
def test_tone_of_30_ms_is_not_recognised(after: int) -> None:
    assert heard(tone(2000, -6, 30 * MILLISECOND, after=after)) == []


@pytest.mark.parametrize(
    ("hz", "dbm0"), [(1800, -6), (2200, -6), (1500, -6), (2600, -6), (2000, -22), (450, -6)]
)
def test_tone_beyond_the_limits_is_not_recognised(hz: float, dbm0: float) -> None:
    assert heard(tone(hz, dbm0, SECOND // 2)) == []


def test_silence_and_noise_are_no_tone() -> None:
    noise = encode_float(np.random.default_rng(1).normal(0, 0.1, SECOND))
    assert heard(noise) == []
    assert heard(np.full(SECOND, SILENCE, np.uint8)) == []


@pytest.mark.parametrize("block", [1, 7, 40, 160, 1000])
def test_block_size_changes_nothing(block: int) -> None:
    audio = tone(2000, -12, 60 * MILLISECOND, after=17)
    receiver = CheckToneReceiver()
    found = []
    for start in range(0, len(audio), block):
        part = receiver.process(audio[start : start + block])
        found += [(on, start + offset) for on, offset in part]
    assert found == CheckToneReceiver().process(audio)


def test_own_tone_is_recognised() -> None:
    assert heard(np.tile(CHECK_TONE, 12)) == [True]

"""The tones callers hear, in the China plan: one frequency, 450 Hz, told apart by cadence.

Cadences follow E.180 supplement 2, entry China (unverified), which is the national plan GF 002 as well
(unverified); level -10 dBm0 lies inside the range E.180 recommends (unverified). Every tone is an endless
loop of A-law octets: a whole number of cadence periods in which 450 Hz closes in phase, so that a player
can repeat it without a click.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from callcenter.media.g711 import SILENCE, amplitude, encode_float
from testrig.clock import SECOND
from testrig.line import Octets

TONE_HZ: Final = 450
TONE_DBM0: Final = -10.0


@dataclass(frozen=True, slots=True)
class Tone:
    """A call progress tone. `on` and `off` in frames; `off` 0 is a continuous tone."""

    name: str
    on: int
    off: int


PLAN: Final = MappingProxyType(
    {
        tone.name: tone
        for tone in (
            Tone("dial", on=SECOND, off=0),
            Tone("ringback", on=SECOND, off=4 * SECOND),
            Tone("busy", on=2_800, off=2_800),
            Tone("congestion", on=5_600, off=5_600),
        )
    }
)
"""Dial 拨号音, ringback 回铃音 1 s / 4 s, busy 忙音 0.35 s / 0.35 s, congestion 拥塞音 0.7 s / 0.7 s."""


def loop(tone: Tone, *, hz: float = TONE_HZ, level_dbm0: float = TONE_DBM0) -> Octets:
    """Return one period of `tone` as `uint8[on + off]` A-law, read only."""
    time = np.arange(tone.on) / SECOND
    audio = np.full(tone.on + tone.off, SILENCE, np.uint8)
    audio[: tone.on] = encode_float(amplitude(level_dbm0) * np.sin(2 * np.pi * hz * time))
    audio.setflags(write=False)
    return audio


LOOPS: Final = MappingProxyType({name: loop(tone) for name, tone in PLAN.items()})
"""The tones of `PLAN` as endless A-law loops, by name."""

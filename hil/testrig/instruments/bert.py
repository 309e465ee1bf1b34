"""Bit error rate tester: the pseudo-random sequence 2^15-1 of O.150 over whole octets.

The sequence obeys b[k] = b[k-14] + b[k-15] (mod 2) and is sent inverted (O.150 5.3, O.151 2.1). It is
32,767 bits long, so 32,767 octets until octets repeat; both ends work with a table of them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from testrig.errors import LimitError
from testrig.line import Octets

PERIOD: Final = (1 << 15) - 1
_STAGES: Final = 15
_SYNC_OCTETS: Final = 8
"""Octets that must fit without error to synchronise. The first 15 bits fit nearly anything; the other 49
agree by chance once in 2^49."""

_LOSS_OCTETS: Final = 128
_LOSS_ERRORS: Final = _LOSS_OCTETS * 8 // 5
"""Bit errors among `_LOSS_OCTETS` octets that mean synchronisation is lost: one bit in five (a slip gives
every second bit wrong). O.151 asks for a ratio of 0.2 (unverified)."""


def _make_bits() -> NDArray[np.uint8]:
    bits = [1] * _STAGES
    while len(bits) < PERIOD:
        bits.append(bits[-14] ^ bits[-15])
    return np.array(bits, np.uint8) ^ np.uint8(1)


def _make_octets(bits: NDArray[np.uint8]) -> Octets:
    """Octet `k` holds bits 8k to 8k+7 of the endless sequence, the first one most significant."""
    return np.packbits(np.tile(bits, 8))


def _make_positions(bits: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Bit position of every 15-bit stretch, -1 for the one that does not occur."""
    positions = np.full(1 << _STAGES, -1, np.int32)
    stretched = np.concatenate((bits, bits[:_STAGES])).astype(np.int64)
    values = np.zeros(PERIOD, np.int64)
    for bit in range(_STAGES):
        values = (values << 1) | stretched[bit : bit + PERIOD]
    positions[values] = np.arange(PERIOD)
    return positions


_BITS: Final = _make_bits()
_OCTETS: Final = _make_octets(_BITS)
_POSITIONS: Final = _make_positions(_BITS)
_ONES: Final = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)
_INVERSE_OF_8: Final = pow(8, -1, PERIOD)
"""Bit position p is the start of octet p / 8 (mod 32,767): the table holds every alignment."""


def _sequence(octet: int, count: int) -> Octets:
    return _OCTETS.take(np.arange(octet, octet + count), mode="wrap")


class BertGenerator:
    """Sends the sequence."""

    __slots__ = ("_errors", "_position")

    def __init__(self) -> None:
        self._position = 0
        self._errors = 0

    def insert(self, errors: int = 1) -> None:
        """Make `errors` single bit errors, one an octet, from the next octet on."""
        if errors < 0:
            raise LimitError(f"inserting {errors} bit errors: expected 0 or more")
        self._errors += errors

    def take(self, frames: int) -> Octets:
        """The next `uint8[frames]`."""
        octets = _sequence(self._position, frames)
        self._position = (self._position + frames) % PERIOD
        if self._errors:
            wrong = min(self._errors, frames)
            octets[:wrong] ^= 0x01
            self._errors -= wrong
        return octets


class BertChecker:
    """Synchronises to the sequence, at any bit alignment, and counts errors."""

    __slots__ = ("_expected", "_recent", "_unsynced", "bit_errors", "bits", "losses")

    def __init__(self) -> None:
        self._expected: int | None = None
        self._unsynced: Octets = np.empty(0, np.uint8)
        self._recent: Octets = np.empty(0, np.uint8)
        self.bits = 0
        """Bits compared since synchronisation was first reached."""
        self.bit_errors = 0
        """Bits of these that were wrong."""
        self.losses = 0
        """Times synchronisation was lost."""

    @property
    def synchronised(self) -> bool:
        return self._expected is not None

    @property
    def ratio(self) -> float:
        """Bit error ratio; 0 before anything was compared."""
        return self.bit_errors / self.bits if self.bits else 0.0

    def put(self, octets: Octets) -> None:
        """Compare `uint8[n]`. Errors of the stretch in which synchronisation is lost are not counted."""
        while len(octets):
            if self._expected is None:
                octets = self._synchronise(octets)
                if self._expected is None:
                    return
            octets = self._compare(octets, self._expected)

    def _synchronise(self, octets: Octets) -> Octets:
        """Find the sequence in what is kept and `octets`; return the octets behind the place."""
        octets = np.concatenate((self._unsynced, octets))
        places = len(octets) - _SYNC_OCTETS + 1
        if places < 1:
            self._unsynced = octets
            return octets[:0]
        heads = (octets[:places].astype(np.int32) << 7) | (octets[1 : places + 1] >> 1)
        starts = _POSITIONS[heads]
        octet = (starts.astype(np.int64) * _INVERSE_OF_8) % PERIOD
        fits = starts >= 0
        for offset in range(1, _SYNC_OCTETS):
            fits &= _OCTETS[(octet + offset) % PERIOD] == octets[offset : offset + places]
        found = np.flatnonzero(fits)
        if not len(found):
            self._unsynced = octets[places:].copy()
            return octets[:0]
        place = int(found[0])
        self._unsynced = octets[:0]
        self._recent = np.empty(0, np.uint8)
        self._expected = int(octet[place])
        return octets[place:]

    def _compare(self, octets: Octets, expected: int) -> Octets:
        """Count errors in `octets` against the sequence from octet `expected`; return what follows a loss."""
        wrong = _ONES[octets ^ _sequence(expected, len(octets))]
        known = len(self._recent)
        history = np.concatenate((self._recent, wrong))
        sums = np.concatenate(([0], np.cumsum(history, dtype=np.int64)))
        ends = np.arange(known + 1, len(history) + 1)
        density = sums[ends] - sums[np.maximum(ends - _LOSS_OCTETS, 0)]
        lost = np.flatnonzero(density >= _LOSS_ERRORS)
        good = len(history)
        if len(lost):  # the window in which it was noticed does not count, also where it was counted before
            good = max(0, int(ends[lost[0]]) - _LOSS_OCTETS)
        self.bits += 8 * (good - known)
        self.bit_errors += int(sums[good] - sums[known])
        if len(lost):
            self.losses += 1
            self._expected = None
            self._recent = history[:0]
            return octets[int(lost[0]) + 1 :]
        self._expected = (expected + len(octets)) % PERIOD
        self._recent = history[-(_LOSS_OCTETS - 1) :]
        return octets[:0]

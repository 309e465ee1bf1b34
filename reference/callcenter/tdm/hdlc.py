"""Signalling channels: flags, zero insertion, check bits and octet counting (Q.703 3.3, 3.4, 4.1).

How it works. A signalling link repeats itself most of the time: the same fill-in signal unit and its flag
over and over, L bits that do not divide evenly into octets, so that the octets repeat after L. A `Tile` holds
that period; sending idle fill is a slice of it, and receiving it is one comparison with the slice that must
come next. Everything else goes bit by bit, as strings of 0 and 1 octets, for which searching and replacing
are fast.

The result of receiving does not depend on how the stream was cut into blocks, save that repetitions of a
signal unit are gathered within a block.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections import deque
from functools import lru_cache
from math import gcd
from typing import Final

import numpy as np

from testrig.board import HdlcError, HdlcFault, HdlcFrame
from testrig.clock import Instant
from testrig.line import Octets

MAXIMUM: Final = 276
"""Octets of the longest signal unit without check bits: 3 of header, SIO, 272 of SIF (Q.703 2.2, 2.3.8)."""

MINIMUM: Final = 5
"""Octets of the shortest signal unit with check bits (Q.703 4.1.2)."""

OCTETS_COUNTED: Final = 16
"""N: octets for one error in octet counting mode (Q.703 4.1.4)."""

FLAG: Final = bytes((0, 1, 1, 1, 1, 1, 1, 0))
_ABORT: Final = bytes((1,) * 7)
_FIVE_ONES: Final = bytes((1,) * 5)
_STUFFED: Final = _FIVE_ONES + b"\0"
_LONGEST: Final = 8 * (MAXIMUM + 2 + 1)
"""Bits, stuffing removed, from an opening flag to the end of the closing one: m + 7 octets (Q.703 4.1.4)."""

_COUNTED: Final = 8 * OCTETS_COUNTED
_REVERSED: Final = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


def check_bits(octets: bytes) -> bytes:
    """The two octets of check bits (Q.703 4.2: x^16 + x^12 + x^5 + 1, preset to ones, complemented)."""
    remainder = crc_hqx(octets.translate(_REVERSED), 0xFFFF) ^ 0xFFFF
    return bytes((_REVERSED[remainder >> 8], _REVERSED[remainder & 0xFF]))


@lru_cache(maxsize=512)
def encode(frame: bytes) -> bytes:
    """The bits of a frame as octets 0 and 1: check bits added, zeros inserted, closing flag behind."""
    octets = np.frombuffer(frame + check_bits(frame), np.uint8)
    bits = np.unpackbits(octets, bitorder="little").tobytes()
    return bits.replace(_FIVE_ONES, _STUFFED) + FLAG


def _pack(bits: bytes) -> bytes:
    """Bits in the order of the line as octets of a time slot."""
    return np.packbits(np.frombuffer(bits, np.uint8)).tobytes()


class Tile:
    """The octets of a time slot while `bits` repeat for ever, from any bit on."""

    __slots__ = ("_classes", "_inverse", "_step", "bits", "length")

    def __init__(self, bits: bytes) -> None:
        self.bits = bits
        self.length = len(bits)
        self._step = gcd(self.length, 8)
        self._inverse = pow(8 // self._step, -1, self.length // self._step)
        self._classes: dict[int, bytes] = {}

    def octets(self, offset: int, count: int) -> bytes:
        """`count` octets that begin `offset` bits into the repeated bits, 0 <= offset < length."""
        turn, start = divmod(offset, self._step)
        period = self.length // self._step
        first = turn * self._inverse % period
        octets = self._classes.get(start)
        if octets is None:
            stream = self.bits * (8 // self._step) + self.bits[:start]
            octets = self._classes[start] = _pack(stream[start:]) * (2 + 128 // period)
        if first + count > len(octets):
            octets *= 1 + (first + count) // len(octets)
        return octets[first : first + count]


@lru_cache(maxsize=256)
def tile(bits: bytes) -> Tile:
    return Tile(bits)


class HdlcTransmitter:
    """Sends frames on one channel, and the fill while there is none. Begins with a flag."""

    __slots__ = ("_begun", "_fill", "_offset", "_queue", "_unit")

    def __init__(self) -> None:
        self._fill: Tile = tile(FLAG)
        self._unit: Tile = self._fill
        """What is being sent over and over; the frame before it is in `_begun`."""
        self._offset = 0
        self._begun = FLAG
        """Bits still to be sent before `_unit` from `_offset` on."""
        self._queue: deque[bytes] = deque()

    def send(self, frame: bytes) -> None:
        """Queue a frame, without check bits, to be sent once."""
        self._queue.append(frame)

    def fill(self, frame: bytes | None) -> None:
        """Set the frame that is repeated while the queue is empty; None sends flags. The frame under way
        is sent to its end."""
        self._fill = tile(FLAG if frame is None else encode(frame))

    def flush(self) -> int:
        """Drop queued frames not begun; return how many."""
        dropped = len(self._queue)
        self._queue.clear()
        return dropped

    @property
    def backlog(self) -> int:
        """Queued frames not begun."""
        return len(self._queue)

    @property
    def idle(self) -> bool:
        """True when only the fill is sent."""
        return not (self._queue or self._begun) and self._unit is self._fill

    def take(self, count: int) -> Octets:
        """The next `uint8[count]` of the time slot, to be read only."""
        if self._begun or self._queue or self._unit is not self._fill:
            return self._mixed(count)
        octets = self._unit.octets(self._offset, count)
        self._offset = (self._offset + 8 * count) % self._unit.length
        return np.frombuffer(octets, np.uint8)

    def _mixed(self, count: int) -> Octets:
        wanted = 8 * count
        bits = self._begun
        if not bits and self._offset:
            bits = self._unit.bits[self._offset :]
        self._offset = 0
        parts, have = [bits], len(bits)
        while self._queue and have < wanted:
            unit = encode(self._queue.popleft())
            parts.append(unit)
            have += len(unit)
        self._unit = self._fill
        if have < wanted:
            length = self._unit.length
            times = -(-(wanted - have) // length)
            self._offset = (wanted - have) % length
            parts.append(self._unit.bits * times)
        bits = b"".join(parts)
        self._begun = bits[wanted:] if have >= wanted else b""
        return np.frombuffer(_pack(bits[:wanted]), np.uint8)


class HdlcReceiver:
    """Receives one channel. Faults are those of `HdlcFault`.

    A signal unit or fault happens in the frame that brings the last bit of what shows it: the closing flag,
    the seventh one, the last octet counted. `ABORT` and `LONG` begin octet counting mode; in it only
    `OCTET_COUNT` is reported, every 16 octets of the line, until a signal unit without fault ends it
    (Q.703 4.1.4). Bits before the first flag are no signal unit; without a flag they lead to the same mode.
    """

    __slots__ = (
        "_carry",
        "_channel",
        "_counting",
        "_ended",
        "_events",
        "_known",
        "_known_octets",
        "_offset",
        "_open",
        "_same",
        "_synchronised",
        "_tile",
    )

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._carry = b""
        """Bits since the last flag if `_open`, else the last 7 bits or fewer."""
        self._open = True
        self._synchronised = False
        """Whether there was a flag before `_carry`."""
        self._counting: int | None = None
        """Bits to the next `OCTET_COUNT` in octet counting mode."""
        self._tile: Tile | None = None
        """What must come next if the line goes on repeating itself, from `_offset` on."""
        self._offset = 0
        self._known = b""
        """Bits of the last signal unit without fault, and its octets."""
        self._known_octets = b""
        self._ended = b""
        """Bits that ended with the last flag, the flag included."""
        self._same = 0
        """How many times in a row the same came there without fault."""
        self._events: list[HdlcFrame | HdlcError] = []

    @property
    def locked(self) -> bool:
        """True when the line repeats itself: the same signal unit, flags, or one octet without flags."""
        return self._tile is not None

    def put(self, octets: bytes, start: Instant) -> list[HdlcFrame | HdlcError]:
        """Take octets of the time slot, of which the first came at `start`; return what they brought."""
        unit = self._tile
        if unit is not None and octets == unit.octets(self._offset, len(octets)):
            return self._repeated(unit, len(octets), start)
        bits = np.unpackbits(np.frombuffer(octets, np.uint8)).tobytes()
        if unit is not None and self._counting is None:
            self._carry = unit.bits[: self._offset]
        events = self._events = []
        self._scan(bits, start)
        self._lock(octets)
        return events

    # the line repeats itself

    def _repeated(self, unit: Tile, count: int, start: Instant) -> list[HdlcFrame | HdlcError]:
        if self._counting is not None:
            self._events = []
            self._count(0, 8 * count, 0, start)
            return self._events
        ends, self._offset = divmod(self._offset + 8 * count, unit.length)
        if not ends or unit.length == len(FLAG):
            return []
        last = start + (8 * count - self._offset - 1) // 8
        return [HdlcFrame(self._channel, self._known_octets, ends, last)]

    def _lock(self, octets: bytes) -> None:
        """See whether the line has begun to repeat itself."""
        self._tile = None
        if self._counting is None:
            unit = self._ended
            if self._same >= 2 and len(self._carry) < len(unit) and unit.startswith(self._carry):
                self._tile, self._offset = tile(unit), len(self._carry)
        elif not self._open and octets and octets == octets[:1] * len(octets):
            unit = np.unpackbits(np.frombuffer(octets[:1], np.uint8)).tobytes()
            if FLAG not in unit * 2 and self._carry == unit[1:]:
                self._tile, self._offset = tile(unit), 0

    # bit by bit

    def _scan(self, bits: bytes, start: Instant) -> None:
        """Go through the bits from flag to flag. The last 0 of a flag may be the first of the next."""
        before = b"\0" if self._synchronised and self._open else b""
        stream = before + self._carry + bits
        carried = len(stream) - len(bits)
        """Position of the first new bit."""
        begin, done = len(before), carried
        while True:
            flag = stream.find(FLAG, max(begin - 1, 0))
            end = flag + len(FLAG) if flag >= 0 else len(stream)
            if self._counting is None:
                fault = _overrun(stream, begin, end, flag >= 0)
                if fault is not None:
                    done = fault[0]
                    self._events.append(HdlcError(self._channel, fault[1], start + (done - 1 - carried) // 8))
                    self._counting, self._open = _COUNTED, False
                    begin, self._same = max(done - 7, 0), 0
                    continue
                if flag < 0:
                    break
                if self._synchronised:
                    self._judge(stream[begin:flag], start + (end - 1 - carried) // 8)
            else:
                if self._open and flag >= 0:
                    octets = _octets(stream[begin:flag])
                    if isinstance(octets, bytes):
                        self._count(done, end, carried, start)
                        self._counting = None
                        self._judge(stream[begin:flag], start + (end - 1 - carried) // 8)
                if self._counting is not None:
                    self._count(done, end, carried, start)
                    done = end
                if flag < 0:
                    break
            begin, self._open, self._synchronised = end, True, True
        if self._counting is not None and self._open and _overrun(stream, begin, len(stream), False):
            self._open = False
        self._carry = stream[begin:] if self._open else stream[max(begin, len(stream) - 7) :]

    def _count(self, begin: int, end: int, carried: int, start: Instant) -> None:
        """Count the bits from `begin` to `end` in octet counting mode."""
        if self._counting is None:
            return
        at = begin + self._counting
        while at <= end:
            self._events.append(
                HdlcError(self._channel, HdlcFault.OCTET_COUNT, start + (at - 1 - carried) // 8)
            )
            at += _COUNTED
        self._counting = at - end

    def _judge(self, bits: bytes, at: Instant) -> None:
        """Judge the bits between two flags."""
        unit = bits + FLAG
        self._same = self._same + 1 if unit == self._ended else 1
        self._ended = unit
        if not bits:
            return
        if bits != self._known:
            octets = _octets(bits)
            if isinstance(octets, HdlcFault):
                self._same = 0
                self._events.append(HdlcError(self._channel, octets, at))
                return
            self._known, self._known_octets = bits, octets
        repeats = 1
        if self._events:
            last = self._events[-1]
            if isinstance(last, HdlcFrame) and last.octets == self._known_octets:
                repeats += last.repeats
                self._events.pop()
        self._events.append(HdlcFrame(self._channel, self._known_octets, repeats, at))


def _octets(bits: bytes) -> bytes | HdlcFault:
    """The signal unit between two flags without its check bits, or what is wrong with it."""
    if _ABORT in bits:
        return HdlcFault.ABORT
    plain = bits.replace(_STUFFED, _FIVE_ONES)
    if len(plain) % 8:
        return HdlcFault.ALIGNMENT
    if len(plain) < 8 * MINIMUM:
        return HdlcFault.SHORT
    if len(plain) > _LONGEST - len(FLAG):
        return HdlcFault.LONG
    octets = np.packbits(np.frombuffer(plain, np.uint8), bitorder="little").tobytes()
    return octets[:-2] if check_bits(octets[:-2]) == octets[-2:] else HdlcFault.FCS


def _overrun(stream: bytes, begin: int, end: int, closed: bool) -> tuple[int, HdlcFault] | None:
    """Where octet counting mode begins in the bits from `begin` to `end`, and why; None if it does not.

    `closed` says that a flag ends at `end`.
    """
    abort = stream.find(_ABORT, begin, end)
    if abort >= 0:
        end, closed = abort + len(_ABORT), True
    if end - begin >= _LONGEST:
        low, high = begin + _LONGEST, end
        while low < high:
            middle = (low + high) // 2
            if len(stream[begin:middle].replace(_STUFFED, _FIVE_ONES)) >= _LONGEST:
                high = middle
            else:
                low = middle + 1
        enough = len(stream[begin:low].replace(_STUFFED, _FIVE_ONES)) >= _LONGEST
        if enough and (low < end or not closed):
            return low, HdlcFault.LONG
    return (abort + len(_ABORT), HdlcFault.ABORT) if abort >= 0 else None

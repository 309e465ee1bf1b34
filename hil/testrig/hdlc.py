"""HDLC of a time slot as a signalling link uses it: delimitation and check bits (Q.703 2.2, 3, 4).

A signal unit stands between flags 01111110; a 0 is inserted after every five consecutive 1s between
them; sixteen check bits end it. One flag closes a signal unit and opens the next. The octets of a
signal unit are sent least significant bit first; the first bit of a time slot is its most significant.

A link in peace repeats one signal unit for ever. Both directions use that: the transmitter cuts its
octets out of a prepared periodic tile, and the receiver compares what came with what had to come.
Frames here are without check bits. Nothing in this module judges the contents of a signal unit.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from math import gcd
from typing import Final, TypeAlias

import numpy as np

from testrig.board import HdlcError, HdlcFault, HdlcFrame
from testrig.clock import Instant
from testrig.crc import MIRRORED, fcs, fcs_is_good
from testrig.errors import LimitError
from testrig.line import Octets

FLAG: Final = "01111110"
MAX_OCTETS: Final = 279
"""Longest signal unit: 272 octets of information and 7 others (Q.703 4.1.4 m + 7, Q.704)."""
MIN_OCTETS: Final = 5
"""Shortest signal unit between flags, check bits included (Q.703 4.1.3)."""
COUNTED_OCTETS: Final = 16
"""In octet counting mode every so many octets count as one faulty signal unit (Q.703 10.2.3, N)."""
_COUNTED_BITS: Final = 8 * COUNTED_OCTETS
_ABORT: Final = "1111111"

HdlcEvent: TypeAlias = HdlcFrame | HdlcError


def to_bits(octets: bytes) -> str:
    """Return octets in line order as text of 0 and 1, first bit on the line first."""
    return f"{int.from_bytes(octets, 'big'):0{8 * len(octets)}b}" if octets else ""


def to_octets(bits: str) -> bytes:
    """Return whole octets in line order of a text of 0 and 1."""
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def stuffed(frame: bytes, *, corrupt_fcs: bool = False) -> str:
    """Return what stands between the flags for `frame`: its bits, check bits, inserted zeros."""
    line_octets = frame.translate(MIRRORED)
    check = fcs(line_octets)
    if corrupt_fcs:
        check = bytes([check[0], check[1] ^ 1])
    return to_bits(line_octets + check).replace("11111", "111110")


class Repetition:
    """A unit of bits repeated for ever, ready to be cut at any bit."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.bits = len(unit)
        self._period = self.bits // gcd(self.bits, 8)
        self._tiles: dict[int, tuple[bytes, Octets]] = {}

    def _tile(self, shift: int, octets: int) -> tuple[bytes, Octets]:
        tile = self._tiles.get(shift)
        if tile is None or len(tile[0]) < octets:
            copies = (shift + 8 * self._period) // self.bits + 1
            period = to_octets((self.unit * copies)[shift : shift + 8 * self._period])
            data = period * (octets // self._period + 2)
            tile = self._tiles[shift] = (data, np.frombuffer(data, np.uint8))
        return tile

    def octets(self, phase: int, count: int) -> Octets:
        """Return `count` octets from bit `phase` of the unit on, as a read-only view."""
        first = phase >> 3
        return self._tile(phase & 7, first + count)[1][first : first + count]

    def matches(self, phase: int, octets: bytes) -> bool:
        """Tell whether `octets` continue the repetition from bit `phase` of the unit on."""
        first = phase >> 3
        last = first + len(octets)
        return self._tile(phase & 7, last)[0][first:last] == octets


@lru_cache(maxsize=64)
def repetition(unit: str) -> Repetition:
    """Return the (shared) repetition of a unit of bits."""
    return Repetition(unit)


class HdlcTransmitter:
    """Sends frames into a time slot: queued ones once each, then the fill for ever.

    `fill` is the frame to repeat while nothing is queued; None sends flags. A frame is never cut short:
    a change takes effect after the closing flag of what is under way.
    """

    def __init__(self) -> None:
        self._queue: deque[str] = deque()
        self._pending = FLAG
        """Bits begun and not yet sent, up to and including their closing flag."""
        self._fill: bytes | None = None
        self._wanted = repetition(FLAG)
        self._current = self._wanted
        self._phase = 0
        """Bits of the current fill unit already sent; 0 also means that nothing of it has begun."""

    @property
    def fill(self) -> bytes | None:
        """The frame repeated while nothing is queued; None while flags are."""
        return self._fill

    @fill.setter
    def fill(self, frame: bytes | None) -> None:
        if frame == self._fill:
            return
        self._fill = frame
        self._wanted = repetition(FLAG if frame is None else stuffed(frame) + FLAG)

    @property
    def backlog(self) -> int:
        """Frames queued and not yet begun."""
        return len(self._queue)

    @property
    def idle(self) -> bool:
        """True while only the fill remains to be sent, and has begun."""
        return not self._queue and not self._pending and self._current is self._wanted

    def send(self, frame: bytes, *, corrupt_fcs: bool = False) -> None:
        """Queue a frame without its check bits; `corrupt_fcs` sends them wrong in their last bit."""
        self._queue.append(stuffed(frame, corrupt_fcs=corrupt_fcs) + FLAG)

    def send_bits(self, bits: str, *, closing_flag: bool = True) -> None:
        """Queue bits to go out exactly so after a flag, with no zeros inserted and no check bits.

        Aborts, signal units of any number of bits and long runs of ones are made this way.
        Raises `LimitError` for anything but 0 and 1.
        """
        if bits.strip("01"):
            raise LimitError(f"send_bits: a text of 0 and 1 expected, found {bits[:20]!r}")
        self._queue.append(bits + FLAG if closing_flag else bits)

    def flush(self) -> int:
        """Drop the queued frames not yet begun and return how many there were."""
        dropped = len(self._queue)
        self._queue.clear()
        return dropped

    def take(self, count: int) -> Octets:
        """Return the next `count` octets of the time slot, `uint8[count]`, possibly read-only."""
        if not self._queue and not self._pending and (self._current is self._wanted or not self._phase):
            self._current = self._wanted
            octets = self._current.octets(self._phase, count)
            self._phase = (self._phase + 8 * count) % self._current.bits
            return octets
        return self._assemble(count)

    def _assemble(self, count: int) -> Octets:
        """The general case: finish what is under way, then the queue, then the fill."""
        parts: list[str] = []
        missing = 8 * count
        while missing > 0:
            if not self._pending and self._phase and (self._queue or self._current is not self._wanted):
                self._pending = self._current.unit[self._phase :]
                self._phase = 0
            if not self._pending and self._queue:
                self._pending = self._queue.popleft()
            if self._pending:
                part, self._pending = self._pending[:missing], self._pending[missing:]
            else:
                self._current = self._wanted
                unit = self._current.unit
                copies = (self._phase + missing) // len(unit) + 1
                part = (unit * copies)[self._phase : self._phase + missing]
                self._phase = (self._phase + missing) % len(unit)
            parts.append(part)
            missing -= len(part)
        return np.frombuffer(to_octets("".join(parts)), np.uint8)


class HdlcReceiver:
    """Finds the signal units in the octets of a time slot, and the faults between them.

    However the octets are cut into blocks, the events are the same, each with the instant (frame) of the
    last bit of its closing flag, except that equal frames in a row within one block make one event.
    Octet counting mode (Q.703 4.1.4) begins with seven consecutive ones or a signal unit too long, makes
    one `OCTET_COUNT` fault for every 16 octets of the slot and ends with a correct signal unit.
    """

    def __init__(self, channel: int, *, max_octets: int = MAX_OCTETS) -> None:
        if max_octets < MIN_OCTETS:
            raise LimitError(f"max_octets: at least {MIN_OCTETS} expected, found {max_octets}")
        self.channel = channel
        self._long = 8 * max_octets + 8
        """Bits after a flag, inserted zeros removed, by which the closing flag must have ended."""
        self._trimmed = 2 * self._long
        self._carry = ""
        """Bits since the last flag; while `_opened`, its last 0 stands first."""
        self._opened = False
        self._counting: int | None = None
        """In octet counting mode: bits since the last count; None otherwise."""
        self._content: str | None = None
        """What stood between the last two flags, when it was a correct frame ("": nothing)."""
        self._octets = b""
        self._repeated = False
        self._pattern: Repetition | None = None
        self._phase = 0

    @property
    def locked(self) -> bool:
        """True while the slot repeats one frame, or flags."""
        return self._pattern is not None

    @property
    def octet_counting(self) -> bool:
        """True in octet counting mode."""
        return self._counting is not None

    def put(self, octets: Octets, start: Instant) -> list[HdlcEvent]:
        """Take `uint8[n]` octets, the first of which arrived in frame `start`, and return what they ended."""
        data = octets.tobytes()
        pattern = self._pattern
        if pattern is not None:
            if pattern.matches(self._phase, data):
                return self._continued(pattern, len(data), start)
            self._carry = "0" + pattern.unit[: self._phase]
            self._pattern = None
        events: list[HdlcEvent] = []
        self._scan(to_bits(data), start, events)
        self._lock()
        return events

    def _continued(self, pattern: Repetition, count: int, start: Instant) -> list[HdlcEvent]:
        before = self._phase
        repeats, self._phase = divmod(before + 8 * count, pattern.bits)
        if not repeats or not self._content:
            return []
        last_bit = repeats * pattern.bits - before - 1
        return [HdlcFrame(self.channel, self._octets, repeats, start + (last_bit >> 3))]

    def _lock(self) -> None:
        """Predict from now on, if the last two signal units were equal and what follows agrees."""
        if not self._repeated or self._counting is not None or self._content is None:
            return
        begun = len(self._carry) - 1
        unit = self._content + FLAG
        if begun < len(unit) and unit.startswith(self._carry[1:]):
            self._pattern = repetition(unit)
            self._phase = begun

    def _scan(self, new: str, start: Instant, events: list[HdlcEvent]) -> None:
        carried = len(self._carry)
        bits = self._carry + new
        origin = 8 * start - carried
        base = 0
        """Index in `bits` of the last 0 of the last flag, or where the search for one began."""
        counted = carried if self._counting is None else carried - self._counting
        """Index from which the octets of octet counting mode are counted."""
        while True:
            flag = bits.find(FLAG, base)
            flag_end = flag + 8 if flag >= 0 else len(bits) + 1
            if self._counting is None:
                fault, fault_end = self._lost_alignment(bits, base, min(flag_end, len(bits)))
                if fault is not None and fault_end < flag_end:
                    events.append(HdlcError(self.channel, fault, (origin + fault_end - 1) >> 3))
                    self._content, self._repeated, self._opened = None, False, False
                    self._counting, counted = 0, fault_end
                    base = max(base, fault_end - 7)
                    continue
            else:
                counted = self._count(counted, min(flag_end, len(bits)), origin, events)
            if flag < 0:
                break
            if self._opened:
                self._closed(bits[base + 1 : flag], (origin + flag_end - 1) >> 3, events)
            self._opened = True
            base = flag_end - 1
        if self._counting is not None:
            self._counting = len(bits) - counted
            if len(bits) - base > self._trimmed:
                # no correct signal unit can be so long: only a flag matters from here on
                self._opened = False
                base = len(bits) - 7
        self._carry = bits[base:]

    def _count(self, counted: int, upto: int, origin: int, events: list[HdlcEvent]) -> int:
        while counted + _COUNTED_BITS <= upto:
            counted += _COUNTED_BITS
            events.append(HdlcError(self.channel, HdlcFault.OCTET_COUNT, (origin + counted - 1) >> 3))
        return counted

    def _lost_alignment(self, bits: str, base: int, upto: int) -> tuple[HdlcFault | None, int]:
        """Return the first reason to enter octet counting mode before `upto`, and where it ends."""
        first = base + 1 if self._opened else base
        abort = bits.find(_ABORT, first, upto)
        end = abort + 7 if abort >= 0 else upto
        if end - first >= self._long:
            length = self._long
            while (longer := self._long + bits.count("111110", first, first + length)) != length:
                length = longer
            # ones of the abort itself are not counted twice: the earlier of both reasons stands
            if first + length <= upto and (abort < 0 or first + length < end):
                return HdlcFault.LONG, first + length
        return (HdlcFault.ABORT, end) if abort >= 0 else (None, 0)

    def _closed(self, content: str, at: Instant, events: list[HdlcEvent]) -> None:
        """A flag came: judge what stood before it."""
        if content == self._content:
            self._repeated = True
            if content and self._counting is None:
                self._report(at, events)
            return
        self._repeated = False
        self._content = None
        if not content:
            self._content = "" if self._counting is None else None
            return
        fault = self._judge(content)
        if fault is None:
            self._counting = None
            self._content = content
            self._report(at, events)
        elif self._counting is None:
            events.append(HdlcError(self.channel, fault, at))

    def _judge(self, content: str) -> HdlcFault | None:
        """Check a signal unit (Q.703 4.1.3, 4.2) and keep its octets when it is correct."""
        plain = content.replace("111110", "11111")
        if "111111" in content:
            return HdlcFault.ABORT
        if len(plain) % 8:
            return HdlcFault.ALIGNMENT
        if len(plain) < 8 * MIN_OCTETS:
            return HdlcFault.SHORT
        if len(plain) > self._long - 8:
            return HdlcFault.LONG
        line_octets = to_octets(plain)
        if not fcs_is_good(line_octets):
            return HdlcFault.FCS
        self._octets = line_octets[:-2].translate(MIRRORED)
        return None

    def _report(self, at: Instant, events: list[HdlcEvent]) -> None:
        last = events[-1] if events else None
        if isinstance(last, HdlcFrame) and last.octets == self._octets:
            events[-1] = HdlcFrame(self.channel, self._octets, last.repeats + 1, at)
        else:
            events.append(HdlcFrame(self.channel, self._octets, 1, at))

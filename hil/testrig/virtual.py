"""Virtual lines: two ends joined in memory, with the impairments of a real line between them.

A pair has no delay of its own: what one end has sent the other can receive at once. Nothing here
knows framing; an impairment works on the bits as they pass. Everything random is drawn from a seeded
generator, bit by bit of the stream, so the result does not depend on how the stream is cut into blocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from testrig.errors import LimitError, RigError
from testrig.line import SLOTS, Block, Octets

_FRAME_BITS = 8 * SLOTS
_ALL_ONES = 0xFF
"""What a line unit or a pseudowire plays out in place of what it has not got (AIS, RFC 4553 6.2.2)."""


class _Fifo:
    """Blocks under way in one direction, each with whether there was a signal."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frames = 0
        self._blocks: deque[tuple[NDArray[np.uint8], bool]] = deque()

    def put(self, block: NDArray[np.uint8], signal: bool = True) -> None:
        if len(block):
            self._blocks.append((block, signal))
            self.frames += len(block)

    def take(self, frames: int) -> tuple[NDArray[np.uint8], bool]:
        """Return `frames` frames and whether the last of them had a signal."""
        if not 0 < frames <= self.frames:
            raise RigError(
                f"{self.name}: cannot receive {frames} frames, {self.frames} were sent and not yet received"
            )
        self.frames -= frames
        first, signal = self._blocks.popleft()
        if len(first) == frames:
            return first, signal
        parts = [first]
        missing = frames - len(first)
        while missing > 0:
            block, signal = self._blocks.popleft()
            parts.append(block)
            missing -= len(block)
        if missing < 0:
            last = parts[-1]
            self._blocks.appendleft((last[missing:], signal))
            parts[-1] = last[:missing]
        return np.concatenate(parts) if len(parts) > 1 else parts[0].copy(), signal

    def drop_first(self) -> None:
        """Delete the frame that would be received next."""
        block, signal = self._blocks.popleft()
        self.frames -= 1
        if len(block) > 1:
            self._blocks.appendleft((block[1:], signal))


class _Hits:
    """Positions hit at random in a stream, each with the same probability, independently."""

    _BATCH = 64

    def __init__(self, rng: np.random.Generator, probability: float) -> None:
        self._rng = rng
        self._probability = probability
        self._next = np.zeros(0, np.int64)
        """Positions of the coming hits, counted from the start of the next draw."""

    def draw(self, length: int) -> NDArray[np.int64]:
        """Return the positions hit among the next `length`, counted from their start."""
        while not len(self._next) or self._next[-1] < length:
            last = self._next[-1] if len(self._next) else -1
            gaps = self._rng.geometric(self._probability, self._BATCH)
            # a gap beyond 2^40 bits (6 days of line) is never reached; it must not overflow the sum
            self._next = np.concatenate([self._next, last + np.cumsum(np.minimum(gaps, 1 << 40))])
        count = int(np.searchsorted(self._next, length))
        hits, self._next = self._next[:count], self._next[count:] - length
        return hits


class Impairment:
    """What happens to the bits of one direction of a virtual line. Settable at any time, in effect from
    the next frame sent. Order: line (errors, flips, loss), then cut and AIS, then slip and delay.
    """

    def __init__(self, name: str, fifo: _Fifo, seed: int) -> None:
        self.name = name
        self._fifo = fifo
        self._seed = seed
        self._draws = 0
        self._bit_errors: _Hits | None = None
        self._losses: _Hits | None = None
        self._bit_error_rate = 0.0
        self._loss = 0.0
        self._slots = np.arange(SLOTS)
        self._flips: list[int] = []
        self._cut = False
        self._ais = False
        self._repeat = 0
        self._delay = 0
        self._active = False
        self.bits_hit = 0
        """Bits inverted so far, by rate and by order."""

    def _hits(self, name: str, probability: float) -> _Hits | None:
        if not 0 <= probability < 1:
            raise LimitError(f"{self.name}: {name} {probability} is not in 0 <= rate < 1")
        self._draws += 1
        return _Hits(np.random.default_rng([self._seed, self._draws]), probability) if probability else None

    def _update(self) -> None:
        self._active = bool(
            self._bit_errors or self._losses or self._flips or self._cut or self._ais or self._repeat
        )

    @property
    def bit_error_rate(self) -> float:
        """Probability of a bit being inverted, independently of others: 0 <= rate < 1."""
        return self._bit_error_rate

    @bit_error_rate.setter
    def bit_error_rate(self, rate: float) -> None:
        self._bit_errors = self._hits("bit_error_rate", rate)
        self._bit_error_rate = rate
        self._update()

    @property
    def slots(self) -> tuple[int, ...]:
        """Time slots that `bit_error_rate` applies to; all 32 unless set."""
        return tuple(int(slot) for slot in self._slots)

    @slots.setter
    def slots(self, slots: Iterable[int]) -> None:
        chosen = sorted(set(slots))
        if not chosen or not 0 <= chosen[0] <= chosen[-1] < SLOTS:
            raise LimitError(f"{self.name}: slots {chosen}: one or more of 0 to {SLOTS - 1} expected")
        self._slots = np.array(chosen)
        self._bit_errors = self._hits("bit_error_rate", self._bit_error_rate)
        self._update()

    @property
    def loss(self) -> float:
        """Probability of a frame being lost and replaced by all ones, as a pseudowire does: 0 <= rate < 1."""
        return self._loss

    @loss.setter
    def loss(self, rate: float) -> None:
        self._losses = self._hits("loss", rate)
        self._loss = rate
        self._update()

    @property
    def cut(self) -> bool:
        """True: no signal arrives at the far end (its `signal` is False, its octets 0)."""
        return self._cut

    @cut.setter
    def cut(self, on: bool) -> None:
        self._cut = on
        self._update()

    @property
    def ais(self) -> bool:
        """True: all ones arrive at the far end, as from a repeater that has lost its input."""
        return self._ais

    @ais.setter
    def ais(self, on: bool) -> None:
        self._ais = on
        self._update()

    @property
    def delay(self) -> int:
        """Frames that the direction is late, slips included. Setting it inserts frames of all ones, or
        drops the frames that would have been received next."""
        return self._delay

    @delay.setter
    def delay(self, frames: int) -> None:
        if frames < 0:
            raise LimitError(f"{self.name}: delay of {frames} frames; 0 or more expected")
        if frames > self._delay:
            self._fifo.put(np.full((frames - self._delay, SLOTS), _ALL_ONES, np.uint8), not self._cut)
        for _ in range(self._delay - frames):
            self._fifo.drop_first()
        self._delay = frames

    def slip(self, frames: int) -> None:
        """A controlled slip (G.822): +1 sends the next frame twice, -1 deletes the next frame to arrive.

        A deletion needs a frame in store: raises `LimitError` while `delay` is 0. A repetition makes the
        direction one frame later, a deletion one frame earlier.
        """
        if frames not in (1, -1):
            raise LimitError(f"{self.name}: slip {frames}; 1 (repeat) or -1 (delete) expected")
        if frames > 0:
            self._repeat += 1
        elif self._delay == 0:
            raise LimitError(f"{self.name}: no frame in store to delete; set a delay of 1 or more first")
        else:
            self._fifo.drop_first()
            self._delay -= 1
        self._update()

    def flip(self, positions: Iterable[int]) -> None:
        """Invert single bits: 0 is bit 1 of time slot 0 of the next frame sent, 256 the same of the next
        but one, and so on (see `bit_position`)."""
        wanted = sorted(positions)
        if wanted and wanted[0] < 0:
            raise LimitError(f"{self.name}: bit position {wanted[0]} has already been sent")
        self._flips = sorted({*self._flips} ^ {*wanted})
        self._update()

    def pass_on(self, block: Block) -> None:
        """Take `uint8[n, 32]` from the sender and put what becomes of it on the way to the receiver."""
        data = np.array(block, np.uint8)
        if self._active:
            self._impair(data)
            if self._repeat:
                for _ in range(self._repeat):
                    self._fifo.put(data[:1].copy(), not self._cut)
                self._delay += self._repeat
                self._repeat = 0
                self._update()
        self._fifo.put(data, not self._cut)

    def _impair(self, data: Block) -> None:
        if self._bit_errors is not None:
            width = 8 * len(self._slots)
            frame, bit = np.divmod(self._bit_errors.draw(len(data) * width), width)
            self._invert(data, frame, self._slots[bit >> 3], bit & 7)
        if self._flips:
            here = np.array([p for p in self._flips if p < data.size * 8], np.int64)
            self._flips = [p - data.size * 8 for p in self._flips[len(here) :]]
            frame, bit = np.divmod(here, _FRAME_BITS)
            self._invert(data, frame, bit >> 3, bit & 7)
            self._update()
        if self._losses is not None:
            data[self._losses.draw(len(data))] = _ALL_ONES
        if self._cut or self._ais:
            data[:] = 0 if self._cut else _ALL_ONES

    def _invert(
        self, data: Block, frame: NDArray[np.int64], slot: NDArray[np.int64], bit: NDArray[np.int64]
    ) -> None:
        np.bitwise_xor.at(data, (frame, slot), (0x80 >> bit).astype(np.uint8))
        self.bits_hit += len(bit)


def bit_position(frame: int, slot: int, bit: int) -> int:
    """Return the position for `Impairment.flip` of `bit` (1 to 8, as G.704 counts) of a time slot."""
    if not (frame >= 0 and 0 <= slot < SLOTS and 1 <= bit <= 8):
        raise LimitError(f"bit_position: frame {frame}, slot {slot}, bit {bit}: 0.., 0-31, 1-8 expected")
    return frame * _FRAME_BITS + slot * 8 + bit - 1


class _LineEnd:
    """One end of a virtual pair."""

    def __init__(self, name: str, outgoing: Impairment, incoming: _Fifo) -> None:
        self._name = name
        self._outgoing = outgoing
        self._incoming = incoming
        self._signal = True

    @property
    def name(self) -> str:
        return self._name

    @property
    def signal(self) -> bool:
        return self._signal

    def send(self, block: Block) -> None:
        if block.ndim != 2 or block.shape[1] != SLOTS or block.dtype != np.uint8:
            raise LimitError(f"{self._name}: uint8[n, {SLOTS}] expected, found {block.dtype}{block.shape}")
        self._outgoing.pass_on(block)

    def receive(self, frames: int) -> Block:
        block, self._signal = self._incoming.take(frames)
        return block


class LinePair:
    """Two ends of an E1: `a`, the tester's, and `b`, the system's."""

    def __init__(self, name: str, seed: int = 0) -> None:
        to_b, to_a = _Fifo(f"{name} a to b"), _Fifo(f"{name} b to a")
        self.name = name
        self.a_to_b = Impairment(f"{name} a to b", to_b, 2 * seed)
        self.b_to_a = Impairment(f"{name} b to a", to_a, 2 * seed + 1)
        self.a = _LineEnd(name, self.a_to_b, to_a)
        self.b = _LineEnd(name, self.b_to_a, to_b)


class _Loop:
    """The two wires of a station: who draws loop current, who rings."""

    def __init__(self) -> None:
        self.off_hook = False
        self.ringing = False


class _StationEnd:
    """Audio and name of one end of a station line."""

    def __init__(self, name: str, loop: _Loop, outgoing: _Fifo, incoming: _Fifo) -> None:
        self._name = name
        self._loop = loop
        self._outgoing = outgoing
        self._incoming = incoming

    @property
    def name(self) -> str:
        return self._name

    def send(self, audio: Octets) -> None:
        if audio.ndim != 1 or audio.dtype != np.uint8:
            raise LimitError(f"{self._name}: uint8[n] expected, found {audio.dtype}{audio.shape}")
        self._outgoing.put(audio.copy())

    def receive(self, frames: int) -> Octets:
        return self._incoming.take(frames)[0]


class _PhoneEnd(_StationEnd):
    """The telephone's end."""

    @property
    def ringing(self) -> bool:
        return self._loop.ringing

    def hook(self, off: bool) -> None:
        self._loop.off_hook = off


class _ExchangeEnd(_StationEnd):
    """The exchange's end."""

    @property
    def off_hook(self) -> bool:
        return self._loop.off_hook

    def ring(self, on: bool) -> None:
        self._loop.ringing = on


class StationPair:
    """Two ends of a station line: `phone`, the telephone's, and `exchange`, the system's."""

    def __init__(self, name: str) -> None:
        loop = _Loop()
        to_exchange, to_phone = _Fifo(f"{name} to the exchange"), _Fifo(f"{name} to the telephone")
        self.name = name
        self.phone = _PhoneEnd(name, loop, to_exchange, to_phone)
        self.exchange = _ExchangeEnd(name, loop, to_phone, to_exchange)

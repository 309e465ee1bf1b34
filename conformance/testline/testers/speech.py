"""An ear and a mouth on a speech path, and the proof that a connection carries speech both ways."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from testline.bench import MAX_BLOCK, SILENCE, Bench
from testline.measurements import Measurement
from testline.verdicts import Fail
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.instruments.analyser import ToneWatch, silent, strongest, tone_level, tones_share
from testrig.instruments.tones import DtmfGenerator, DtmfKeying, Tone, ToneGenerator
from testrig.line import Octets

WINDOW: Final = 100 * MILLISECOND
"""Audio a reading is taken from."""
STRIDE: Final = WINDOW // 2
"""From one reading to the next in what was heard in a long block."""
KEPT: Final = 4 * SECOND
RECORDED: Final = 60 * SECOND
"""Audio kept for the report, from the first octet that is not idle on."""
SHARE: Final = 0.8
"""Part of the power that must lie in the tone for it to be the tone that is heard."""
AUDIBLE_DBM0: Final = -35.0
TEST_LEVEL_DBM0: Final = -10.0
"""Level of the test tones (O.6: -10 dBm0)."""
TEST_TONES_HZ: Final = (1020.0, 820.0)
"""Frequencies of the two directions (O.6: 1,004 to 1,020 Hz; the other is ours), clear of DTMF and 450 Hz."""
LOSS_DB: Final = 1.0
UNCERTAINTY_DB: Final = 0.1
"""Of a level read over 100 ms of A-law: its quantising distortion is 35 dB and more below the tone."""

_SILENT: Final = np.full(MAX_BLOCK, SILENCE, np.uint8)


class Voice:
    """Speaks and listens on one speech path; a machine on the bench."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.bench = bench
        self.name = name
        self.recording: list[Octets] = []
        self._recorded = 0
        self._heard: deque[Octets] = deque()
        self._length = 0
        self._total = 0
        self._source: Callable[[int], Octets] | None = None
        self._sink: Callable[[Octets], None] | None = None
        self._keys = DtmfGenerator()
        self._looped = False
        self._watch: ToneWatch | None = None
        bench.attach(self)

    # a machine on the bench

    def advance(self, now: Instant) -> None:
        """Nothing to do between blocks: what is heard is looked at when asked."""

    @property
    def next_deadline(self) -> Instant | None:
        """Speaking has no deadline."""
        return None

    @property
    def settled(self) -> bool:
        """True when no key is being pressed and nothing is sent back: a loop in long blocks would be late."""
        return not self._keys.remaining and not self._looped

    def connect(self, *, span: int, slot: int) -> None:
        """Take time slot `slot` of span `span`."""
        port = self.bench.spans[span]
        port.sources[slot] = self.take
        port.sinks[slot] = self.hear
        self.clear()

    def disconnect(self, *, span: int, slot: int) -> None:
        """Leave the time slot to the idle octet."""
        port = self.bench.spans[span]
        if port.sources.get(slot) == self.take:
            del port.sources[slot]
            del port.sinks[slot]

    def take(self, frames: int) -> Octets:
        """Return the next `uint8[frames]` to send."""
        if self._keys.remaining:
            return self._keys.take(frames)
        if self._source is not None:
            return self._source(frames)
        return _SILENT[:frames]

    def hear(self, octets: Octets) -> None:
        """Take `uint8[n]` received."""
        if self._watch is not None:
            self._watch.put(octets, self.bench.now - len(octets))
        if self._sink is not None:
            self._sink(octets)
        kept = octets.copy()
        if self._recorded < RECORDED and (self._recorded or (kept != SILENCE).any()):
            self.recording.append(kept)
            self._recorded += len(kept)
        self._heard.append(kept)
        self._length += len(kept)
        self._total += len(kept)
        while self._length - len(self._heard[0]) >= KEPT:
            self._length -= len(self._heard.popleft())

    def clear(self) -> None:
        """Forget what was heard."""
        self._heard.clear()
        self._length = 0

    def latest(self, frames: int) -> Octets | None:
        """Return the last `uint8[frames]` heard, or None while there are not so many."""
        if self._length < frames:
            return None
        parts: list[Octets] = []
        missing = frames
        for part in reversed(self._heard):
            parts.append(part[-missing:])
            missing -= len(parts[-1])
            if not missing:
                break
        return np.concatenate(parts[::-1])

    # speaking

    def says_tone(self, hz: float, level_dbm0: float = TEST_LEVEL_DBM0) -> None:
        """Speak a tone until told otherwise."""
        self.says(ToneGenerator([Tone(hz, level_dbm0)]).take, f"tone {hz:g} Hz {level_dbm0:g} dBm0")

    def says(self, source: Callable[[int], Octets], what: str) -> None:
        """Send `source(n)`, `uint8[n]`, until told otherwise; `what` it is, for the trace."""
        self.bench.trace.sent(self.bench.now, self.name, "audio", what)
        self._source = source

    def loops(self) -> None:
        """Send back what is heard, until told otherwise, as a circuit does that is looped for a check."""
        waiting: deque[Octets] = deque()

        def back(frames: int) -> Octets:
            out = _SILENT[:frames].copy()
            done = 0
            while waiting and done < frames:
                part = waiting.popleft()
                taken = part[: frames - done]
                out[done : done + len(taken)] = taken
                done += len(taken)
                if len(taken) < len(part):
                    waiting.appendleft(part[len(taken) :])
            return out

        self.hands_on(lambda octets: waiting.append(octets.copy()))
        self.says(back, "loop")
        self._looped = True

    def opens_the_loop(self) -> None:
        """End what `loops` began."""
        self._looped = False
        self.hands_on(None)
        self.is_silent()

    def is_silent(self) -> None:
        """Stop speaking."""
        if self._source is not None:
            self.bench.trace.sent(self.bench.now, self.name, "audio", "silence")
        self._source = None

    def presses(self, digits: str, keying: DtmfKeying | None = None) -> None:
        """Press keys and wait until the pause after the last is over."""
        self.bench.trace.sent(self.bench.now, self.name, "DTMF", f"digits {digits}")
        self._keys = DtmfGenerator(keying)
        self._keys.key(digits)
        while self._keys.remaining:
            self.bench.step(self.bench.now + self._keys.remaining)

    # hearing

    def hands_on(self, sink: Callable[[Octets], None] | None) -> None:
        """Give every `uint8[n]` heard from now on to `sink` too, until told otherwise (None)."""
        self._sink = sink

    def watch(self, *hz: float) -> ToneWatch:
        """Keep the bursts of these tones from now on, to read a cadence or an instant from."""
        self._watch = ToneWatch(hz)
        return self._watch

    def tone(self, hz: float) -> float | None:
        """Return the level in dBm0 of a tone of `hz` heard in the last 100 ms, or None if it is not there."""
        return _tone_in(self.latest(WINDOW), hz)

    def ear(self, hz: float) -> Callable[[], float | None]:
        """Return a function that gives the level of a tone of `hz` heard since it was asked last, or None.

        The bench moves in long blocks while nothing is under way, and a short burst may come and go within
        one; so every 100 ms of what is new are looked at, not only the last.
        """
        seen = self._total

        def listen() -> float | None:
            nonlocal seen
            new, seen = min(self._total - seen, self._length), self._total
            audio = self.latest(min(new + WINDOW, self._length)) if self._length >= WINDOW else None
            if audio is None:
                return None
            ends = [*range(len(audio) - new + STRIDE, len(audio), STRIDE), len(audio)]
            found = (_tone_in(audio[end - WINDOW : end], hz) for end in ends if end >= WINDOW)
            return next((level for level in found if level is not None), None)

        return listen

    def heard(self) -> str:
        """What was heard in the last 100 ms, in words."""
        audio = self.latest(WINDOW)
        if audio is None:
            return "nothing yet"
        if silent(audio):
            return "silence"
        reading = strongest(audio)
        return f"{reading.hz:.0f} Hz at {reading.level_dbm0:.1f} dBm0"

    def hears_tone(self, hz: float, *, within: int, level: tuple[float, float] | None = None) -> float:
        """Wait for a tone and return its level in dBm0; with limits (`level`) it is a measured value."""
        awaited = f"{self.name} hears {hz:g} Hz"
        found = self.bench.until(
            self.ear(hz),
            within=within,
            awaited=awaited,
            state=lambda: f"{self.name} hears {self.heard()}",
        )
        self.bench.trace.received(self.bench.now, self.name, "audio", f"{hz:g} Hz {found:.1f} dBm0")
        if level is not None:
            self.bench.measure(
                Measurement(
                    name=awaited,
                    value=round(found, 2),
                    unit="dBm0",
                    low=level[0],
                    high=level[1],
                    uncertainty=UNCERTAINTY_DB,
                    clause="G.711",
                )
            )
        return found

    def hears_silence(self, *, during: int = SECOND, within: int = 5 * SECOND) -> None:
        """Wait for silence that lasts `during` frames (at most 4 s) and begins within `within`."""
        self.clear()

        def quiet() -> bool:
            audio = self.latest(min(during, KEPT - SECOND))
            return audio is not None and silent(audio)

        self.bench.until(
            quiet,
            within=within + during,
            awaited=f"{self.name} hears silence",
            state=lambda: f"{self.name} hears {self.heard()}",
        )
        self.bench.trace.received(self.bench.now, self.name, "audio", "silence")

    def hears_no_tone(self, hz: float, *, during: int) -> None:
        """Fail when a tone of `hz` is heard within `during` frames."""
        self.clear()
        self.bench.never(
            self.ear(hz),
            during=during,
            unwanted=f"{hz:g} Hz at {self.name}",
            state=lambda: f"{self.name} hears {self.heard()}",
        )


def _tone_in(audio: Octets | None, hz: float) -> float | None:
    """The level in dBm0 of a tone of `hz` that fills `audio`, or None."""
    if audio is None or silent(audio) or tones_share(audio, [hz]) < SHARE:
        return None
    found = tone_level(audio, hz)
    return found if found >= AUDIBLE_DBM0 else None


def expect_speech_both_ways(one: Voice, other: Voice, *, within: int = 2 * SECOND) -> tuple[float, float]:
    """Prove a connection by a tone in each direction at once; return both received levels in dBm0.

    Each end must hear the other's tone at -10 dBm0 within 1 dB, and nothing of its own.
    """
    first, second = TEST_TONES_HZ
    limits = TEST_LEVEL_DBM0 - LOSS_DB, TEST_LEVEL_DBM0 + LOSS_DB
    one.says_tone(first)
    other.says_tone(second)
    try:
        one.bench.run(3 * WINDOW)
        there = other.hears_tone(first, within=within, level=limits)
        back = one.hears_tone(second, within=within, level=limits)
    finally:
        one.is_silent()
        other.is_silent()
    one.bench.run(WINDOW)
    return there, back


def expect_no_speech(one: Voice, other: Voice, *, during: int = SECOND) -> None:
    """Prove that two ends do not hear each other."""
    first, second = TEST_TONES_HZ
    one.says_tone(first)
    other.says_tone(second)
    end = one.bench.now + during
    try:
        while one.bench.now < end:
            one.bench.run(min(WINDOW, end - one.bench.now))
            for hearer, hz in ((other, first), (one, second)):
                if hearer.tone(hz) is not None:
                    raise Fail(
                        awaited=f"{hearer.name} does not hear {hz:g} Hz",
                        state=f"{one.name} and {other.name} not connected",
                        observed=hearer.heard(),
                    )
    finally:
        one.is_silent()
        other.is_silent()

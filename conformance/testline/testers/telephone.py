"""A telephone on a station line: a hook, a bell and a voice."""

from __future__ import annotations

from testline.bench import Bench
from testline.testers.speech import Voice
from testrig.clock import SECOND, Instant

RING_GAP = 5 * SECOND
"""No burst for so long means that ringing has stopped (national cadence: 1 s on, 4 s off)."""


class Telephone:
    """The telephone on station `number` (index into the bench's telephones); a machine on the bench."""

    def __init__(self, bench: Bench, number: int) -> None:
        self.bench = bench
        self.handset = bench.telephones[number]
        self.name = self.handset.line.name
        self.voice = Voice(bench, self.name)
        self.handset.source = self.voice.take
        self.handset.sink = self.voice.hear
        self.off_hook = False
        self.bursts: list[Instant] = []
        """When ringing bursts were first seen."""
        self._ringing = False
        self._seen: Instant | None = None
        bench.attach(self)

    def advance(self, now: Instant) -> None:
        """Listen to the bell."""
        ringing = self.handset.line.ringing
        if ringing:
            self._seen = now
        if ringing and not self._ringing:
            self.bursts.append(now)
            self.bench.trace.received(now, self.name, "hook", "ringing")
        self._ringing = ringing

    @property
    def next_deadline(self) -> Instant | None:
        """A telephone does nothing of its own accord."""
        return None

    @property
    def settled(self) -> bool:
        """True while the bell is as it was."""
        return self.handset.line.ringing == self._ringing

    def lift(self) -> None:
        """Take the handset off."""
        self._hook(True)

    def replace(self) -> None:
        """Put the handset on."""
        self._hook(False)

    def _hook(self, off: bool) -> None:
        self.off_hook = off
        self.handset.line.hook(off)
        self.bench.trace.sent(self.bench.now, self.name, "hook", "off hook" if off else "on hook")

    def where(self) -> str:
        """State in words, for verdicts."""
        bell = "ringing" if self._ringing else "quiet"
        return f"{self.name} {'off' if self.off_hook else 'on'} hook, {bell}"

    def rings(self, *, within: int) -> None:
        """Wait for ringing."""
        self.bench.until(lambda: self._ringing, within=within, awaited=f"{self.name} rings", state=self.where)

    def stops_ringing(self, *, within: int) -> None:
        """Wait until there has been no burst for 5 s; `within` counts from now to the last burst."""
        begun = self.bench.now
        self.bench.until(
            lambda: self.bench.now - max(begun, self._seen or 0) >= RING_GAP,
            within=within + RING_GAP,
            awaited=f"{self.name} stops ringing",
            state=self.where,
        )

    def does_not_ring(self, *, during: int) -> None:
        """Fail when ringing starts within `during` frames."""
        self.bench.never(
            lambda: self._ringing, during=during, unwanted=f"ringing at {self.name}", state=self.where
        )

    def answers(self, *, within: int) -> None:
        """Wait for ringing, then lift."""
        self.rings(within=within)
        self.lift()

    def says_tone(self, hz: float, level_dbm0: float = -10.0) -> None:
        """Speak a tone until told otherwise."""
        self.voice.says_tone(hz, level_dbm0)

    def hears_tone(self, hz: float, *, within: int, level: tuple[float, float] | None = None) -> float:
        """Wait for a tone; return its level in dBm0."""
        return self.voice.hears_tone(hz, within=within, level=level)

    def hears_silence(self, *, during: int = SECOND, within: int = 5 * SECOND) -> None:
        """Wait for silence."""
        self.voice.hears_silence(during=during, within=within)

    def presses(self, digits: str) -> None:
        """Press keys."""
        self.voice.presses(digits)

"""The bench of one case: the rig's lines and telephones in the tester's hands, moved in line time.

Line time is elastic in steps, never in content: every octet of every time slot crosses the line. While
anything is under way the bench moves in the rig's short blocks, so that both sides react to each other
within milliseconds. Once the system and every tester say they are settled, the next block reaches to the
earliest deadline anyone has announced (at most `MAX_BLOCK`), so a 15-minute timer costs a few hundred
blocks and expires on its exact frame.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import numpy as np

from testline.measurements import Measurement
from testline.trace import Trace
from testline.verdicts import Fail, Inconclusive, Verdict
from testrig.clock import SECOND, Instant
from testrig.e1 import E1Port
from testrig.line import Line, Octets, StationLine
from testrig.rig import Rig
from testrig.system import Variant

MAX_BLOCK: Final = SECOND
"""Frames the bench moves at once when nothing is under way: bounded so that progress shows."""

SETTLED_STEPS: Final = 3
"""Blocks everything must have been settled for before the bench takes a long one: what the tester sent
last has then been answered and the answer has been seen."""

SILENCE: Final = 0xD5
"""A-law zero with even bits inverted (G.711 table 1a)."""

T = TypeVar("T")


class Machine(Protocol):
    """A tester on the bench."""

    def advance(self, now: Instant) -> None:
        """Work on what the block that ended at `now` brought, and on timers that are due."""
        ...

    @property
    def next_deadline(self) -> Instant | None:
        """When the tester will next act of its own accord."""
        ...

    @property
    def settled(self) -> bool:
        """True when nothing is under way that the next block could change."""
        ...


class Handset:
    """The tester's end of a station line: a hook, an ear and a mouth.

    `source(n)` gives `uint8[n]` A-law to speak (None: silence); `sink(octets)` takes what is heard.
    """

    def __init__(self, line: StationLine) -> None:
        self.line = line
        self.source: Callable[[int], Octets] | None = None
        self.sink: Callable[[Octets], None] | None = None
        self._silence = np.full(MAX_BLOCK, SILENCE, np.uint8)

    def send(self, frames: int) -> None:
        self.line.send(self._silence[:frames] if self.source is None else self.source(frames))

    def receive(self, frames: int) -> None:
        heard = self.line.receive(frames)
        if self.sink is not None:
            self.sink(heard)


class Bench:
    """Lines, telephones, testers and the trace of one case."""

    def __init__(self, rig: Rig, *, tap: Callable[[int, Line], Line] | None = None) -> None:
        """Take the rig as it stands. `tap(index, line)` may wrap a line, to capture what passes."""
        self.rig = rig
        self.system = rig.system
        self.pixit = rig.system.pixit
        self.now: Instant = 0
        self.steps = 0
        self.trace = Trace()
        self.measurements: list[Measurement] = []
        self.variants: dict[str, Variant] = {}
        """Routing label by channel of the trace, where it is not that of the PIXIT: testers say so."""
        lines = [line if tap is None else tap(index, line) for index, line in enumerate(rig.lines)]
        self.spans = [E1Port(line, crc4=self.pixit.crc4) for line in lines]
        self.telephones = [Handset(line) for line in rig.stations]
        self._machines: list[Machine] = []
        self._settled_steps = 0

    def variant_of(self, channel: str) -> Variant:
        """Return the routing label in use on a channel."""
        return self.variants.get(channel, self.pixit.variant)

    def attach(self, machine: Machine) -> None:
        """Let `machine` run after every block, in order of attachment."""
        self._machines.append(machine)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Everything attached, in order: what was recorded is collected from here."""
        return tuple(self._machines)

    def step(self, limit: Instant | None = None) -> None:
        """Move by one block, not past `limit`."""
        frames = self._next_block(limit)
        for span in self.spans:
            span.send(frames)
        for telephone in self.telephones:
            telephone.send(frames)
        self.rig.step(frames)
        self.now += frames
        self.steps += 1
        for span in self.spans:
            span.receive(frames)
        for telephone in self.telephones:
            telephone.receive(frames)
        for machine in self._machines:
            machine.advance(self.now)

    def run(self, frames: int) -> None:
        """Let `frames` of line time pass."""
        end = self.now + frames
        while self.now < end:
            self.step(end)

    def until(
        self,
        condition: Callable[[], T | None],
        *,
        within: int,
        awaited: str,
        state: str | Callable[[], str] = "",
    ) -> T:
        """Run until `condition()` is neither None nor False and return it.

        Raises `Fail` after `within` frames, saying what was awaited and in which state.
        """
        end = self.now + within
        while True:
            found = condition()
            if found is not None and found is not False:
                return found
            if self.now >= end:
                break
            self.step(end)
        where = state if isinstance(state, str) else state()
        self.trace.depart(self.now, awaited)
        raise Fail(awaited=f"{awaited} within {within / SECOND:g} s", state=where, observed="nothing came")

    def never(
        self,
        condition: Callable[[], object],
        *,
        during: int,
        unwanted: str,
        state: str | Callable[[], str] = "",
    ) -> None:
        """Run for `during` frames; raise `Fail` as soon as `condition()` is neither None nor False."""
        end = self.now + during
        while True:
            found = condition()
            if found is not None and found is not False:
                where = state if isinstance(state, str) else state()
                expected = f"no {unwanted} for {during / SECOND:g} s"
                self.trace.depart(self.now, expected)
                raise Fail(awaited=expected, state=where, observed=f"{unwanted} came")
            if self.now >= end:
                return
            self.step(end)

    def measure(self, measurement: Measurement) -> Measurement:
        """Keep a measured value; raise `Fail` or `Inconclusive` when its limits are not met."""
        self.measurements.append(measurement)
        if measurement.verdict is Verdict.FAIL:
            self.trace.depart(self.now, measurement.expected, self.trace.note(self.now, measurement.found))
            raise Fail(awaited=measurement.expected, state="", observed=measurement.found)
        if measurement.verdict is Verdict.INCONCLUSIVE:
            raise Inconclusive(f"{measurement.found}; {measurement.expected}")
        return measurement

    def note(self, text: str) -> None:
        """Write a step of the case into the trace."""
        self.trace.note(self.now, text)

    def _next_block(self, limit: Instant | None) -> int:
        room = MAX_BLOCK if limit is None else limit - self.now
        if not self._settled():
            self._settled_steps = 0
            return max(1, min(self.rig.block, room))
        self._settled_steps += 1
        if self._settled_steps <= SETTLED_STEPS:
            return max(1, min(self.rig.block, room))
        frames = min(MAX_BLOCK, room)
        deadlines = [machine.next_deadline for machine in self._machines]
        deadlines.append(self.system.next_deadline())
        for deadline in deadlines:
            if deadline is not None:
                frames = min(frames, deadline - self.now if deadline > self.now else self.rig.block)
        return max(1, frames)

    def _settled(self) -> bool:
        """True when neither the system, nor a line, nor a tester has anything under way."""
        return (
            self.system.settled
            and all(span.settled for span in self.spans)
            and all(machine.settled for machine in self._machines)
        )

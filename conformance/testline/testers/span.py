"""The judge's end of an E1 as the cases of the line itself use it: framing, alarms, slots."""

from __future__ import annotations

from testline.bench import Bench
from testrig.board import Alarm
from testrig.clock import SECOND
from testrig.e1 import E1Port
from testrig.virtual import LinePair


class SpanTester:
    """Span `number` of the bench: the port, and what the system says of its own end."""

    def __init__(self, bench: Bench, number: int = 0) -> None:
        self.bench = bench
        self.number = number
        self.port: E1Port = bench.spans[number]
        self.name = f"line{number}"

    @property
    def pair(self) -> LinePair | None:
        """The virtual line, where impairments can be ordered; None on hardware."""
        pairs = self.bench.rig.pairs
        return pairs[self.number] if self.number < len(pairs) else None

    def where(self) -> str:
        """State in words, for verdicts."""
        alarms = ", ".join(sorted(alarm.name for alarm in self.port.alarms)) or "none"
        system = ", ".join(sorted(self.system_alarms())) or "none"
        return f"{self.name}: alarms at the tester {alarms}; at the system {system}"

    def system_alarms(self) -> frozenset[str]:
        """Names of the alarms present, by the system's maintenance terminal."""
        return self.bench.system.maintenance().alarms(self.number)

    def comes_up(self, *, within: int = 2 * SECOND) -> None:
        """Wait for frame and multiframe alignment with no alarm at either end."""
        self.bench.until(
            lambda: (
                self.port.aligned
                and (self.port.multiframe_aligned or not self.port.crc4)
                and not self.port.alarms
                and not self.system_alarms()
            ),
            within=within,
            awaited="frame alignment without alarms at both ends",
            state=self.where,
        )

    def sees(self, alarm: Alarm, *, within: int) -> int:
        """Wait until the tester's end sees `alarm`; return when it came."""
        self.bench.until(
            lambda: alarm in self.port.alarms,
            within=within,
            awaited=f"{alarm.value} from the system",
            state=self.where,
        )
        at = next(event.at for event in reversed(self.port.alarm_events) if event.alarm is alarm and event.on)
        self.bench.trace.received(at, self.name, "E1", f"{alarm.name} on")
        return at

    def sees_no(self, alarm: Alarm, *, within: int) -> int:
        """Wait until `alarm` is gone at the tester's end; return when it went."""
        self.bench.until(
            lambda: alarm not in self.port.alarms,
            within=within,
            awaited=f"end of {alarm.value} from the system",
            state=self.where,
        )
        gone = [event.at for event in self.port.alarm_events if event.alarm is alarm and not event.on]
        self.bench.trace.received(gone[-1] if gone else self.bench.now, self.name, "E1", f"{alarm.name} off")
        return gone[-1] if gone else self.bench.now

    def system_has(self, alarm: Alarm, *, within: int) -> None:
        """Wait until the system's own terminal shows `alarm`."""
        self.bench.until(
            lambda: alarm.name in self.system_alarms(),
            within=within,
            awaited=f"the system shows {alarm.value}",
            state=self.where,
        )

    def system_clear(self, *, within: int) -> None:
        """Wait until the system shows no alarm."""
        self.bench.until(
            lambda: not self.system_alarms(),
            within=within,
            awaited="the system shows no alarm",
            state=self.where,
        )

"""The engine: board, signalling and calls composed; one thread, one time, no clock of its own.

`advance(frames)` moves the board and lets everything react to what the block brought. Per block with
nothing happening it costs one call of the board and one comparison with the cached deadline: the parts are
asked for work only after an event, an order or an expiry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.calls.bus import Bus
from callcenter.calls.engine import CallEngine
from callcenter.calls.transceivers import Transceivers
from callcenter.calls.trunks import TrunkGroup, Trunks
from callcenter.config import CentreConfig, circuits
from callcenter.cti.history import History
from callcenter.cti.journal import Types
from callcenter.ivr.flow import load_flow
from callcenter.media.announcements import load_prompts
from callcenter.media.tones import LOOPS
from callcenter.signalling import build
from callcenter.ss7.m3ua.network import GatewayNetwork
from callcenter.timers import Timers
from testrig.board import (
    Alarm,
    Board,
    BoardEvent,
    CheckTone,
    Digit,
    HdlcError,
    HdlcFrame,
    Hook,
    PlayEnded,
    SpanAlarm,
    SpanConfig,
)
from testrig.clock import SECOND, Instant, frames
from testrig.line import Octets

GRACE: Final = 2 * SECOND
"""How long after a take-over lines that begin anew may be without alignment (our choice: G.706 allows 0.4 s
for CRC-4 alignment, and a pseudowire has its buffer to fill)."""


def new_history(config: CentreConfig) -> History:
    """Return a history without a past, as large as the configuration says."""
    return History(events=config.journal.events, records=config.journal.records)


FAULTS: Final = frozenset({Alarm.LOS, Alarm.AIS, Alarm.LOF, Alarm.RAI})
"""Alarms that make circuits useless: speech does not pass in one direction at least (G.732 table 3)."""


class Engine:
    """A call centre on a board."""

    def __init__(
        self,
        config: CentreConfig,
        board: Board,
        *,
        history: History | None = None,
        gateways: Mapping[str, GatewayNetwork] | None = None,
        now: Instant = 0,
    ) -> None:
        """Compose the parts; nothing is on the line before `start`. Raises `ConfigurationError`.

        `history`: the past to go on from with `take_over`; `gateways`: networks reached over M3UA that are
        there already, by name; `now`: the board's instant.
        """
        self.config = config
        self.board = board
        self.now = now
        self.history = history or new_history(config)
        self.journal = self.history.journal
        audio: Mapping[str, Octets] = {
            **LOOPS,
            **load_prompts(config.path(config.prompts) if config.prompts else None),
        }
        places = [circuit for group in config.trunk_groups for circuit in circuits(group)]
        groups = [
            TrunkGroup(group.name, group.hunting, tuple(circuits(group))) for group in config.trunk_groups
        ]
        self.trunks = Trunks(groups, places)
        self._bus = bus = Bus(board, self.trunks.circuits, audio, config.board.voice_ports)
        flow_files = {name: config.path(file) for name, file in config.flows.items()}
        loaded = {
            name: load_flow(path, prompts=audio, queues=config.queues) for name, path in flow_files.items()
        }
        self.calls = CallEngine(config, bus, self.trunks, loaded, self.history)
        self.signalling = build(config, board, self.journal, gateways)
        self.signalling.provide(Transceivers(bus))
        self.trunks.idle = self.signalling.idle
        self._faults: dict[int, set[Alarm]] = {}
        self._persistence: Timers[int] = Timers()
        self._deadline: Instant | None = None
        self._congestion = 0
        self._grace: Instant = 0
        """Until when no fault is taken for persistent."""

    def start(self) -> None:
        """Configure the spans and bring the signalling links up."""
        self.configure()
        self.signalling.start(self.now)
        self.work()

    def configure(self) -> None:
        """Configure the spans, which begin without alignment."""
        for span in range(self.config.board.spans):
            self.board.configure_span(span, SpanConfig(crc4=self.config.board.crc4))

    def take_over(self) -> None:
        """Go on where the history ends, in place of the server that wrote it; instead of `start`.

        Works on a board that went on without that server, where who talks hears no gap, and on a new one
        after `configure`. Circuits without a call that goes on are reset (Q.764 2.9.3, Q.724 6.2).
        """
        now, board, recovery = self.now, self.board, self.history.recovery
        self._grace = now + GRACE
        self._bus.silence_ports()
        kept = self.calls.take_over(recovery, board.off_hook, now)
        self._bus.disconnect_others(self.config.board.stations)
        for span in range(self.config.board.spans):
            for alarm in board.span_alarms(span):
                self._alarm(SpanAlarm(span, alarm, True, now))
        self.signalling.take_over(kept, recovery, now)
        for station in range(self.config.board.stations):
            self.calls.hook(station, board.off_hook(station), now)
        self.work()

    def advance(self, count: int) -> None:
        """Run for `count` frames."""
        news = self.signalling.hear(self.now)
        events = self.board.advance(count)
        self.now += count
        for event in events:
            news = self._take(event) or news
        if news or (self._deadline is not None and self.now >= self._deadline):
            self.work()
        elif self.signalling.more:
            self.signalling.pump()

    def work(self) -> None:
        """Let timers that are due expire and carry everything that is under way to its end.

        To be called after every order given from outside, too: what it causes goes out in the next block.
        """
        now = self.now
        if self._deadline is not None and now >= self._deadline:
            self._expire(now)
        self._carry(now)
        self._deadline = self._earliest()

    def _carry(self, now: Instant) -> None:
        signalling, calls = self.signalling, self.calls
        while True:
            for indication in signalling.poll(now):
                calls.indication(indication, now)
            requests = calls.requests()
            if calls.congestion != self._congestion:
                self._congestion = calls.congestion
                signalling.centre_congested(self._congestion)
            if not requests:
                break
            for leg, primitive in requests:
                signalling.request(leg, primitive, now)
        signalling.flush(now)

    def _expire(self, now: Instant) -> None:
        self.signalling.expire(now)
        for span in self._persistence.expired(now):
            whole = not self._faults.get(span)
            if self.config.board.block_failed_spans and whole != self.trunks.span_in_service(span):
                self.signalling.block_span(span, on=not whole, now=now)
            self.calls.span(span, in_service=whole, now=now)
        deadline = self.calls.next_deadline
        if deadline is not None and deadline <= now:
            self.calls.expire(now)

    def _earliest(self) -> Instant | None:
        parts = (self.signalling.next_deadline, self.calls.next_deadline, self._persistence.next_deadline)
        return min((each for each in parts if each is not None), default=None)

    def _take(self, event: BoardEvent) -> bool:
        """Take an event of the board; whether anything can come of it."""
        match event:
            case HdlcFrame() | HdlcError():
                return self.signalling.take(event)
            case Digit():
                self.calls.digit(event.port, event.digit, self.now)
            case CheckTone():
                if event.on:
                    self.signalling.check_tone(event.port, self.now)
            case PlayEnded():
                self.calls.play_ended(event.port, self.now)
            case Hook():
                self.calls.hook(event.station, event.off, self.now)
            case SpanAlarm():
                self._alarm(event)
        return True

    def _alarm(self, event: SpanAlarm) -> None:
        """Journal the alarm; a fault that stands takes the span's circuits out of service, its end brings
        them back, both after the same persistence."""
        data: dict[str, object] = {
            "span": event.span,
            "alarm": event.alarm.name,
            "meaning": event.alarm.value,
            "on": event.on,
        }
        self.journal.append(event.at, Types.ALARM, data)
        if event.alarm not in FAULTS:
            return
        faults = self._faults.setdefault(event.span, set())
        faulty = bool(faults)
        (faults.add if event.on else faults.discard)(event.alarm)
        if faulty != bool(faults):
            persistent = event.at + frames(self.config.board.fault_persistence)
            self._persistence.start(event.span, max(persistent, self._grace))

    def next_deadline(self) -> Instant | None:
        """When the engine or its board will next act of their own accord."""
        parts = (self._deadline, self.board.next_deadline())
        return min((each for each in parts if each is not None), default=None)

    @property
    def settled(self) -> bool:
        """True when nothing is under way that the next block could change."""
        return self.board.settled and self.signalling.settled

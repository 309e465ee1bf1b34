"""The judge's end of a signalling link: MTP2 (Q.703) that does as the standard says, or as it is told.

Automatic, it aligns, proves, acknowledges, retransmits and comes back after a failure, with the error
correction method of the PIXIT. Every part can be taken over: `automatic = False` leaves the wire to the
case, and `acknowledging`, `cycling`, `send_*` and `nack` misbehave one thing at a time. It does not monitor
error rates: that is what the system under test is judged by.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

from testline.bench import Bench
from testline.testers.heard import UnitsHeard
from testline.testers.units import MODULUS, STATUSES, Unit, head, numbers, parse
from testline.trace import TraceEntry
from testrig.board import HdlcError, HdlcFault
from testrig.clock import SECOND, Instant
from testrig.hdlc import HdlcReceiver, HdlcTransmitter, stuffed
from testrig.line import Octets

NORMAL_PROVING: Final = 65_536
"""Frames: 2^16 octets of a 64 kbit/s time slot (Q.703 12.3, T4 normal 8.2 s)."""
EMERGENCY_PROVING: Final = 4_096
"""Frames: 2^12 octets of a 64 kbit/s time slot (Q.703 12.3, T4 emergency 0.5 s)."""
RESTART: Final = SECOND
"""Between a failure and the next alignment (Q.704 16.8, T17: 0.8 to 1.5 s)."""
WINDOW: Final = 127
"""Message signal units sent and not acknowledged, at most (Q.703 2.3: FSN runs modulo 128)."""

AHEAD: Final = 4
"""Signal units queued ahead of the line while they are repeated: a block of 5 ms holds three at most."""

Describe = Callable[[bytes], tuple[str, str]]
"""Gives protocol and summary of an MSU's service information octet and field, for the trace."""


class LinkState(Enum):
    """States of the automatic end, as in Q.703 figure 2."""

    OUT_OF_SERVICE = "out of service"
    NOT_ALIGNED = "initial alignment: not aligned"
    ALIGNED = "initial alignment: aligned"
    PROVING = "initial alignment: proving"
    ALIGNED_READY = "aligned ready"
    IN_SERVICE = "in service"


class LinkTester(UnitsHeard):
    """One end of the link in time slot `slot` of span `span`; a machine on the bench."""

    def __init__(
        self, bench: Bench, *, span: int | None = None, slot: int | None = None, automatic: bool = False
    ) -> None:
        """Take the time slot; PIXIT says which one unless given. Until told otherwise SIOS is sent."""
        super().__init__(bench)
        self.span = bench.pixit.link_line if span is None else span
        self.slot = bench.pixit.link_slot if slot is None else slot
        self.cyclic = any(
            (each.line, each.slot, each.correction) == (self.span, self.slot, "pcr")
            for each in bench.pixit.links
        )
        """Preventive cyclic retransmission (Q.703 6) instead of the basic method."""
        self.cycling = True
        """False: with the cyclic method nothing is sent again of its own accord."""
        self.channel = f"line{self.span}/{self.slot}"
        self.automatic = automatic
        self.acknowledging = True
        """False: the BSN sent stays as it is, whatever is received."""
        self.record_fisus = True
        """False leaves fill-in signal units out of the trace, as the tests of upper levels do."""
        self.emergency = False
        self.restarting = True
        """False: after a failure the automatic end stays out of service."""
        self.state = LinkState.OUT_OF_SERVICE
        self.faults: list[HdlcError] = []
        self.users: list[Callable[[Unit], None]] = []
        """Called with every MSU accepted in sequence."""
        self.on_state: list[Callable[[LinkState, Instant], None]] = []
        self.describe: Describe = lambda sif: ("MTP3", f"MSU of {len(sif)} octets")
        self.bsn, self.bib, self.fsn, self.fib = 127, 1, 127, 1
        self.unacknowledged: deque[tuple[int, bytes]] = deque()
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._transmitter = HdlcTransmitter()
        self._receiver = HdlcReceiver(self.slot)
        self._news: deque[tuple[bytes, int, Instant] | HdlcError] = deque()
        self._deadline: Instant | None = None
        port = bench.spans[self.span]
        port.sources[self.slot] = self._transmitter.take
        port.sinks[self.slot] = self._heard
        bench.attach(self)
        self._repeat_status("SIOS")

    # a machine on the bench

    @property
    def next_deadline(self) -> Instant | None:
        """End of the proving period, or the next attempt to align."""
        return self._deadline

    @property
    def settled(self) -> bool:
        """True while both directions repeat themselves."""
        return self._transmitter.idle and self._receiver.locked and not self._news and not self._waiting

    def _heard(self, octets: Octets) -> None:
        for event in self._receiver.put(octets, self.bench.now - len(octets)):
            if isinstance(event, HdlcError):
                self._news.append(event)
            else:
                self._news.append((event.octets, event.repeats, event.at))

    def advance(self, now: Instant) -> None:
        """Work on what the last block brought."""
        while self._news:
            news = self._news.popleft()
            if isinstance(news, HdlcError):
                self._faulty(news)
            else:
                self._received(*news)
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self._expired()
        if self.cyclic and self.cycling and self.automatic and self.unacknowledged:
            while self._transmitter.backlog < AHEAD:
                self._send_again()

    def _faulty(self, error: HdlcError) -> None:
        self.faults.append(error)
        if error.fault is not HdlcFault.OCTET_COUNT and self.units:
            self.bench.trace.note(error.at, f"faulty signal unit: {error.fault.value}", channel=self.channel)

    def _received(self, octets: bytes, repeats: int, at: Instant) -> None:
        latest = self.units[-1] if self.units else None
        if latest is not None and latest.octets == octets:
            latest.count += repeats
            latest.last = at
            if latest.entry is not None:
                latest.entry.repeats += repeats
            if latest.kind == "FISU" and self.state is LinkState.IN_SERVICE:
                return
            unit = latest
        else:
            first = at if repeats == 1 else at - (repeats - 1) * (len(stuffed(octets)) + 8) // 8
            unit = parse(octets, first, at)
            unit.count = repeats
            self.units.append(unit)
            self._record(unit)
        if self.automatic:
            for _ in range(repeats if unit.kind == "MSU" else 1):
                self._react(unit)

    def _record(self, unit: Unit) -> None:
        trace = self.bench.trace
        if unit.kind == "FISU" and not self.record_fisus:
            return
        protocol, summary = ("MTP2", str(unit)) if unit.kind != "MSU" else self.describe(unit.sif)
        unit.entry = trace.received(unit.at, self.channel, protocol, summary, unit.octets, repeats=unit.count)

    # the automatic end

    def start(self, *, emergency: bool = False) -> None:
        """Begin initial alignment (Q.703 7)."""
        self.automatic = True
        self.emergency = emergency
        self._reset_sequence()
        self._enter(LinkState.NOT_ALIGNED)
        self._repeat_status("SIO")

    def stop(self) -> None:
        """Go out of service and send SIOS."""
        self._deadline = None
        self._enter(LinkState.OUT_OF_SERVICE)
        self._transmitter.flush()
        self._repeat_status("SIOS")

    def bring_up(self, *, within: int = 30 * SECOND, emergency: bool = False) -> None:
        """Align and wait until the link is in service; raise `Fail` otherwise.

        What came before the signal unit received last is then behind the next `expect`.
        """
        if self.state is LinkState.OUT_OF_SERVICE:
            self.start(emergency=emergency)
        self.bench.until(
            lambda: self.state is LinkState.IN_SERVICE,
            within=within,
            awaited="signalling link in service",
            state=self.where,
        )
        self._cursor = len(self.units) - 1

    def where(self) -> str:
        """State in words, for verdicts."""
        latest = self.units[-1] if self.units else None
        return f"link tester {self.state.value}, receiving {latest or 'nothing'}"

    def _enter(self, state: LinkState) -> None:
        if state is self.state:
            return
        self.bench.trace.note(
            self.bench.now, f"link tester: {self.state.value} -> {state.value}", channel=self.channel
        )
        self.state = state
        for watcher in self.on_state:
            watcher(state, self.bench.now)

    def _reset_sequence(self) -> None:
        self.bsn, self.bib, self.fsn, self.fib = 127, 1, 127, 1
        self.unacknowledged.clear()
        self._waiting.clear()

    def _react(self, unit: Unit) -> None:
        if unit.kind in STATUSES:
            self._status(unit.kind)
        elif unit.kind in {"FISU", "MSU"}:
            if self.state is LinkState.ALIGNED_READY:
                self._enter(LinkState.IN_SERVICE)
            if self.state is LinkState.IN_SERVICE:
                self._sequence(unit)

    def _status(self, status: str) -> None:
        state = self.state
        if status in {"SIN", "SIE"} or (status == "SIO" and state is not LinkState.IN_SERVICE):
            if state is LinkState.NOT_ALIGNED:
                self._enter(LinkState.ALIGNED)
                self._repeat_status("SIE" if self.emergency else "SIN")
            if self.state is LinkState.ALIGNED and status != "SIO":
                self._prove(status)
            elif state in {LinkState.PROVING, LinkState.ALIGNED_READY} and status == "SIO":
                self._deadline = None
                self._enter(LinkState.ALIGNED)
                self._repeat_status("SIE" if self.emergency else "SIN")
            elif state is LinkState.PROVING and status == "SIE":
                self._prove(status)
        failed = {"SIOS"} if state is LinkState.ALIGNED_READY else {"SIO", "SIN", "SIE", "SIOS"}
        if (status in failed and state is LinkState.IN_SERVICE) or (
            status == "SIOS" and state in {LinkState.ALIGNED, LinkState.PROVING, LinkState.ALIGNED_READY}
        ):
            self.stop()
            if self.restarting:
                self._deadline = self.bench.now + RESTART

    def _prove(self, status: str) -> None:
        period = EMERGENCY_PROVING if self.emergency or status == "SIE" else NORMAL_PROVING
        end = self.bench.now + period
        if self.state is LinkState.PROVING and self._deadline is not None:
            end = min(end, self._deadline)
        self._enter(LinkState.PROVING)
        self._deadline = end

    def _expired(self) -> None:
        if self.state is LinkState.PROVING:
            self._enter(LinkState.ALIGNED_READY)
            self._repeat_fisu()
        elif self.state is LinkState.OUT_OF_SERVICE and self.automatic:
            self.start(emergency=self.emergency)

    def _sequence(self, unit: Unit) -> None:
        """Error correction, basic (Q.703 5.2) or cyclic (Q.703 6.2)."""
        self._acknowledged(unit)
        if self.cyclic:
            if unit.fsn == (self.bsn + 1) % MODULUS and unit.kind == "MSU":
                self._accept(unit)
            return
        if unit.fib != self.bib:
            return
        if unit.fsn == (self.bsn + 1) % MODULUS and unit.kind == "MSU":
            self._accept(unit)
        elif unit.fsn != self.bsn and self.acknowledging:
            self.nack()

    def _accept(self, unit: Unit) -> None:
        if self.acknowledging:
            self.bsn = unit.fsn
            self._repeat_fisu()
        for user in self.users:
            user(unit)

    def _send_again(self) -> None:
        """Queue what is not acknowledged, with the numbers it had."""
        for fsn, sif in self.unacknowledged:
            self._put(head(self.bsn, self.bib, fsn, self.fib, len(sif)) + sif)

    def _acknowledged(self, unit: Unit) -> None:
        known = [fsn for fsn, _ in self.unacknowledged]
        if unit.bsn in known:
            for _ in range(known.index(unit.bsn) + 1):
                self.unacknowledged.popleft()
        if unit.bib != self.fib and not self.cyclic:
            self.fib = unit.bib
            self._transmitter.flush()
            self._send_again()
            self._repeat_fisu()
        while self._waiting and len(self.unacknowledged) < WINDOW:
            self._send_in_sequence(*self._waiting.popleft())

    # sending

    def send_msu(
        self,
        sif: bytes,
        *,
        fsn: int | None = None,
        fib: int | None = None,
        bsn: int | None = None,
        bib: int | None = None,
        deliberate: bool = False,
    ) -> None:
        """Send an MSU: in sequence, or with the numbers given and then outside all bookkeeping."""
        if fsn is bsn is fib is bib is None:
            if len(self.unacknowledged) >= WINDOW:
                self._waiting.append((sif, deliberate))
            else:
                self._send_in_sequence(sif, deliberate)
            return
        sequence = (
            self.bsn if bsn is None else bsn,
            self.bib if bib is None else bib,
            self.fsn if fsn is None else fsn,
            self.fib if fib is None else fib,
        )
        self._put(head(*sequence, len(sif)) + sif, deliberate=deliberate)

    def _send_in_sequence(self, sif: bytes, deliberate: bool) -> None:
        self.fsn = (self.fsn + 1) % MODULUS
        self.unacknowledged.append((self.fsn, sif))
        unit = head(self.bsn, self.bib, self.fsn, self.fib, len(sif)) + sif
        self._put(unit, deliberate=deliberate)
        self._repeat_fisu()

    def nack(self) -> None:
        """Ask for retransmission: invert the backward indicator bit (Q.703 5.2.2)."""
        self.bib ^= 1
        self._repeat_fisu()

    def send_fisu(
        self,
        *,
        bsn: int | None = None,
        bib: int | None = None,
        fsn: int | None = None,
        fib: int | None = None,
        once: bool = False,
        deliberate: bool = False,
    ) -> None:
        """Repeat a fill-in signal unit with these numbers from now on, or send it `once`."""
        sequence = (
            self.bsn if bsn is None else bsn,
            self.bib if bib is None else bib,
            self.fsn if fsn is None else fsn,
            self.fib if fib is None else fib,
        )
        unit = head(*sequence, 0)
        if once:
            self._put(unit, deliberate=deliberate)
        else:
            self._repeat(unit, f"FISU {numbers(*sequence)}", deliberate=deliberate)

    def send_lssu(
        self, status: str | int, *, octets: int = 1, once: bool = False, deliberate: bool = False
    ) -> None:
        """Repeat a link status signal unit from now on, or send it `once`.

        `status` is one of `STATUSES` or a status octet; `octets` is 1 or 2 (Q.703 2.3.9).
        """
        code = STATUSES.index(status) if isinstance(status, str) else status
        unit = head(self.bsn, self.bib, self.fsn, self.fib, octets) + bytes((code,)).ljust(octets, b"\x00")
        if once:
            self._put(unit, deliberate=deliberate)
        else:
            name = status if isinstance(status, str) else f"LSSU 0x{status:02X}"
            text = f"{name} {numbers(self.bsn, self.bib, self.fsn, self.fib)}"
            self._repeat(unit, text, deliberate=deliberate)

    def send_frame(self, octets: bytes, *, corrupt_fcs: bool = False, summary: str = "") -> None:
        """Send any octets as one signal unit, with right or wrong check bits. Recorded as deliberate."""
        what = summary or ("signal unit with wrong check bits" if corrupt_fcs else "raw signal unit")
        self.bench.trace.sent(self.bench.now, self.channel, "MTP2", what, octets, deliberate=True)
        self._transmitter.send(octets, corrupt_fcs=corrupt_fcs)

    def send_bits(self, bits: str, *, closing_flag: bool = True, summary: str = "") -> None:
        """Send these bits as they are, between flags; `bits` is a text of 0 and 1, first bit first."""
        what = summary or f"{len(bits)} bits"
        self.bench.trace.sent(self.bench.now, self.channel, "MTP2", what, deliberate=True)
        self._transmitter.send_bits(bits, closing_flag=closing_flag)

    def send_flags(self) -> None:
        """Send nothing but flags from now on."""
        self.bench.trace.sent(self.bench.now, self.channel, "MTP2", "flags only", deliberate=True)
        self._transmitter.fill = None

    @property
    def backlog(self) -> int:
        """Signal units queued and not yet begun."""
        return self._transmitter.backlog

    def _put(self, unit: bytes, *, deliberate: bool = False) -> TraceEntry:
        parsed = parse(unit, self.bench.now, self.bench.now)
        protocol, summary = ("MTP2", str(parsed)) if parsed.kind != "MSU" else self.describe(parsed.sif)
        self._transmitter.send(unit)
        return self.bench.trace.sent(
            self.bench.now, self.channel, protocol, summary, unit, deliberate=deliberate
        )

    def _repeat(self, unit: bytes, summary: str, *, deliberate: bool = False) -> None:
        if self._transmitter.fill == unit:
            return
        self._transmitter.fill = unit
        if len(unit) > 3 or self.record_fisus:
            self.bench.trace.sent(self.bench.now, self.channel, "MTP2", summary, unit, deliberate=deliberate)

    def _repeat_status(self, status: str) -> None:
        self.send_lssu(status)

    def _repeat_fisu(self) -> None:
        self.send_fisu()

    # waiting: see `UnitsHeard`

    def expect_acknowledged(self, *, within: int) -> None:
        """Wait until every MSU sent in sequence has been acknowledged."""
        self.bench.until(
            lambda: not self.unacknowledged and not self._waiting,
            within=within,
            awaited=f"acknowledgement of FSN {self.fsn}",
            state=self.where,
        )

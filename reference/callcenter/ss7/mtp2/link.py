"""A signalling link: the functional blocks of Q.703 figure 7 put together, one object per link end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Literal

from callcenter.errors import ConfigurationError, DecodeError, StateError
from callcenter.ss7.mtp2 import cc_fsm, iac_fsm, lsc_fsm, poc_fsm
from callcenter.ss7.mtp2.aerm import AlignmentErrorRateMonitor
from callcenter.ss7.mtp2.cc_fsm import CongestionControl
from callcenter.ss7.mtp2.codec import MAX_MSU, MIN_MSU, Status, decode
from callcenter.ss7.mtp2.events import LinkEvent, MsuReceived, Reason
from callcenter.ss7.mtp2.iac_fsm import InitialAlignmentControl
from callcenter.ss7.mtp2.lsc_fsm import LinkStateControl
from callcenter.ss7.mtp2.poc_fsm import ProcessorOutageControl
from callcenter.ss7.mtp2.rxc import ReceptionControl
from callcenter.ss7.mtp2.rxc_pcr import CyclicReceptionControl
from callcenter.ss7.mtp2.suerm import SignalUnitErrorRateMonitor
from callcenter.ss7.mtp2.timers import T7_PCR, TIMERS
from callcenter.ss7.mtp2.txc import TransmissionControl
from callcenter.ss7.mtp2.txc_pcr import N1, N2, CyclicTransmissionControl
from callcenter.timers import Timers, durations
from testrig.board import HdlcFault
from testrig.clock import SECOND, Instant

Correction = Literal["basic", "pcr"]
"""Error correction: the basic method (Q.703 5) or preventive cyclic retransmission (Q.703 6)."""

UNREAD: Final = 128
"""Messages that level 3 has not read at which the receiving side is congested. Implementation dependent
(Q.703 9.2); more than the far end may have on its way unacknowledged."""

_IAC_STATUS: Final = {
    Status.SIO: iac_fsm.Event.SIO,
    Status.SIN: iac_fsm.Event.SIN,
    Status.SIE: iac_fsm.Event.SIE,
    Status.SIOS: iac_fsm.Event.SIOS,
}
_LSC_STATUS: Final = {
    Status.SIO: lsc_fsm.Event.SIO,
    Status.SIN: lsc_fsm.Event.SIN,
    Status.SIE: lsc_fsm.Event.SIE,
    Status.SIOS: lsc_fsm.Event.SIOS,
    Status.SIPO: lsc_fsm.Event.SIPO,
}


class Mtp2Link:
    """One end of a 64 kbit/s signalling link (Q.703).

    Stimuli carry the instant `now` and never raise for what came from the line. After any of them read
    `events()`, and give the board `fill`, `take_flush()` and what `pull(room)` returns. `timers` overrides
    durations, in frames, by name (`T1`, `T2`, `T3`, `T4n`, `T4e`, `T5`, `T6`, `T7`).
    """

    def __init__(
        self,
        name: str,
        *,
        timers: Mapping[str, int] | None = None,
        correction: Correction = "basic",
        n1: int = N1,
        n2: int = N2,
        waits_for_level3: bool = False,
    ) -> None:
        """`n1` messages or `n2` octets force retransmission with correction `pcr`. With `waits_for_level3`
        messages flow again after a processor outage only when level 3 has said `flush` or `resume`.

        Raises `ConfigurationError` for values the standard does not allow.
        """
        self.name = name
        self.correction: Correction = correction
        self.waits_for_level3 = waits_for_level3
        self.durations = durations(TIMERS, timers or {})
        if correction == "pcr" and self.durations["T7"] < T7_PCR:
            raise ConfigurationError(
                f"timer T7: found {self.durations['T7'] / SECOND:g} s, expected at least "
                f"{T7_PCR / SECOND:g} s with preventive cyclic retransmission (Q.703 12.3)"
            )
        self.timers: Timers[str] = Timers()
        self.undecodable = 0
        """Signal units with good check bits that were none (Q.703 2.3)."""
        self.faults = 0
        """Signal units in error, and stretches of 16 octets in octet counting mode."""
        self._now: Instant = 0
        self._events: deque[LinkEvent] = deque()
        self._unread = 0
        self._busy: set[str] = set()
        """Why our receiving side is congested: by order, or messages that level 3 does not read."""
        self.rxc: ReceptionControl
        self.txc: TransmissionControl
        if correction == "pcr":
            self.rxc, self.txc = CyclicReceptionControl(self), CyclicTransmissionControl(self, n1=n1, n2=n2)
        else:
            self.rxc, self.txc = ReceptionControl(self), TransmissionControl(self)
        self.aerm = AlignmentErrorRateMonitor(self._abort_proving)
        self.suerm = SignalUnitErrorRateMonitor(self._error_rate)
        self.iac = InitialAlignmentControl(self)
        self.poc = ProcessorOutageControl(self)
        self.cc = CongestionControl(self)
        self.lsc = LinkStateControl(self)
        self._signals: deque[Callable[[], None]] = deque()
        self.lsc.handle(lsc_fsm.Event.POWER_ON)

    # orders of level 3

    def start(self, now: Instant) -> None:
        """Align the link."""
        self._order(lsc_fsm.Event.START, now)

    def stop(self, now: Instant) -> None:
        """Take the link out of service; no `OutOfService` follows."""
        self._order(lsc_fsm.Event.STOP, now)

    def emergency(self, on: bool, now: Instant) -> None:
        """Ask for the emergency proving period, or no longer (Q.703 7.2)."""
        self._order(lsc_fsm.Event.EMERGENCY if on else lsc_fsm.Event.EMERGENCY_CEASES, now)

    def processor_outage(self, on: bool, now: Instant) -> None:
        """Our level 3 cannot take messages, or can again (Q.703 8)."""
        self._order(lsc_fsm.Event.LOCAL_OUTAGE if on else lsc_fsm.Event.LOCAL_RECOVERED, now)

    def flush(self, now: Instant) -> None:
        """Discard the messages held back by a processor outage (Q.703 8.4, Q.704 3.2.6)."""
        self._order(lsc_fsm.Event.FLUSH, now)

    def resume(self, now: Instant) -> None:
        """Send the messages held back by a processor outage when it is over: the order *continue* of
        Q.703 8.4, which only a link that `waits_for_level3` needs."""
        self._order(lsc_fsm.Event.CONTINUE, now)

    def congestion(self, on: bool, now: Instant, *, discard: bool = True) -> None:
        """Our receiving side is congested, or no longer (Q.703 9). Only a link in service can be.

        Messages that come meanwhile are discarded, or without `discard` accepted and not acknowledged.
        """
        self._now = now
        if not on:
            self._abated("order")
        elif self.lsc.state is lsc_fsm.State.IN_SERVICE:
            self._congested("order", discard)

    def _congested(self, why: str, discard: bool) -> None:
        self._busy.add(why)
        self.cc.handle(cc_fsm.Event.CONGESTION, discard)

    def _abated(self, why: str) -> None:
        self._busy.discard(why)
        if not self._busy:
            self.cc.handle(cc_fsm.Event.ABATED)

    def transmit(self, msu: bytes, now: Instant) -> None:
        """Queue a message: service information octet and field, 3 to 273 octets, else `StateError`.

        A message given while the link is out of service is lost when the link starts.
        """
        self._now = now
        if not MIN_MSU <= len(msu) <= MAX_MSU:
            raise StateError(
                f"{self.name}: transmit in state {self.state}: expected {MIN_MSU} to {MAX_MSU} octets, "
                f"found {len(msu)} (Q.703 2.3.8)"
            )
        self.txc.put(msu)

    def retrieve(self, fsnc: int | None = None) -> list[bytes]:
        """Take back messages not acknowledged beyond `fsnc`, and those not sent (Q.704 5.4); nothing when
        `fsnc` is unreasonable (Q.704 5.7.2)."""
        return self.txc.retrieve(fsnc)

    @property
    def bsnt(self) -> int:
        """Sequence number of the last message accepted, for changeover (Q.704 5.4)."""
        return self.rxc.bsn

    def _order(self, event: lsc_fsm.Event, now: Instant) -> None:
        self._now = now
        self.lsc.handle(event)
        self._settle()

    # the line

    def receive(self, octets: bytes, repeats: int, now: Instant) -> None:
        """A signal unit with good check bits, which are removed, came `repeats` times in a row."""
        self._now = now
        self.suerm.correct(repeats)
        if self.iac.state is iac_fsm.State.PROVING:
            self.iac.handle(iac_fsm.Event.CORRECT_SU)
        try:
            unit = decode(octets)
        except DecodeError:
            self.undecodable += repeats
            return
        if unit.status is None:
            self.rxc.receive(unit, repeats)
        else:
            self._status(unit.status, repeats)
        self._settle()

    def _status(self, status: Status, repeats: int) -> None:
        if status is Status.SIB:
            self.txc.busy_received()
            return
        # Equal status units in a row may take the alignment more than one step on: SIN, SIN is one for
        # alignment and one for proving. Three steps are the longest way (figure 9).
        for _ in range(min(repeats, 3)):
            if self.lsc.state is lsc_fsm.State.INITIAL_ALIGNMENT:
                event = _IAC_STATUS.get(status)
                if event is not None:
                    self.iac.handle(event)
            else:
                self.lsc.handle(_LSC_STATUS[status])
            self._settle()

    def fault(self, fault: HdlcFault, now: Instant) -> None:
        """A signal unit was in error, or 16 octets passed in octet counting mode (Q.703 4.1)."""
        self._now = now
        self.faults += 1
        self.aerm.error()
        self.suerm.error()
        self._settle()

    @property
    def fill(self) -> bytes:
        """The signal unit to repeat while there is nothing else to send."""
        return self.txc.fill

    def pull(self, room: int) -> list[bytes]:
        """Return at most `room` signal units to be sent once, in order, before `fill`."""
        return self.txc.pull(room) if self.txc.has_work else []

    def take_flush(self) -> bool:
        """True once after the units pulled and not yet begun became worthless: drop them first."""
        flush, self.txc.flush = self.txc.flush, False
        return flush

    # time

    def expire(self, now: Instant) -> None:
        """Carry out the timers whose time has come."""
        self._now = now
        for name in self.timers.expired(now):
            self._expired(name)
            self._settle()

    def _expired(self, name: str) -> None:
        match name:
            case "T1":
                self.lsc.handle(lsc_fsm.Event.T1)
            case "T2":
                self.iac.handle(iac_fsm.Event.T2)
            case "T3":
                self.iac.handle(iac_fsm.Event.T3)
            case "T4":
                self.iac.handle(iac_fsm.Event.T4)
            case "T5":
                self.cc.handle(cc_fsm.Event.T5)
            case "T6":
                self.fail(Reason.REMOTE_CONGESTION)
            case _:
                self.fail(Reason.NO_ACKNOWLEDGEMENT)

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` is next due."""
        return self.timers.next_deadline

    # what level 3 sees

    def events(self) -> list[LinkEvent]:
        """Return what happened since the last call, in order."""
        if not self._events:
            return []
        events = list(self._events)
        self._events.clear()
        self._unread = 0
        if "unread" in self._busy:
            self._abated("unread")
        return events

    @property
    def state(self) -> str:
        """State of link state control in the words of figure 8."""
        return self.lsc.state.value

    @property
    def in_service(self) -> bool:
        """True while the link carries messages."""
        return self.lsc.state is lsc_fsm.State.IN_SERVICE

    @property
    def remote_outage(self) -> bool:
        """True while the other end's level 3 is out."""
        return self.poc.state in {poc_fsm.State.REMOTE, poc_fsm.State.BOTH}

    @property
    def local_outage(self) -> bool:
        """True while our own level 3 is out."""
        return self.lsc.outage

    @property
    def settled(self) -> bool:
        """True while only timers and the line can change anything: nothing is queued, awaits an
        acknowledgement, a retransmission or a reader."""
        return (
            self.txc.empty
            and not self.txc.flush
            and not self._events
            and not self.rxc.repeating
            and not self.rxc.withholding
        )

    # signals between blocks

    def give(self, event: LinkEvent) -> None:
        """Report `event` to level 3."""
        self._events.append(event)

    def deliver(self, message: MsuReceived) -> None:
        """Give level 3 a message; congestion begins when it does not read them (Q.703 9.2)."""
        self._events.append(message)
        self._unread += 1
        if self._unread >= UNREAD:
            self._congested("unread", True)

    def forget_congestion(self) -> None:
        """The link goes out of service: the receiving side begins anew."""
        self._busy.clear()
        self.cc.handle(cc_fsm.Event.STOP)

    def start_timer(self, name: str, value: str = "") -> None:
        """Start timer `name` from now for the duration called `value` (T4 has two)."""
        self.timers.start(name, self._now + self.durations[value or name])

    def fail(self, reason: Reason) -> None:
        """Link failure (figures 13, 14 and 18)."""
        self._signals.append(lambda: self.lsc.handle(lsc_fsm.Event.LINK_FAILURE, reason))

    def alignment_complete(self) -> None:
        self._signals.append(lambda: self.lsc.handle(lsc_fsm.Event.ALIGNMENT_COMPLETE))

    def alignment_not_possible(self, reason: Reason) -> None:
        self._signals.append(lambda: self.lsc.handle(lsc_fsm.Event.ALIGNMENT_NOT_POSSIBLE, reason))

    def no_processor_outage(self) -> None:
        self._signals.append(lambda: self.lsc.handle(lsc_fsm.Event.NO_OUTAGE))

    def _abort_proving(self) -> None:
        self.iac.handle(iac_fsm.Event.ABORT_PROVING)

    def _error_rate(self) -> None:
        self.fail(Reason.ERROR_RATE)

    def _settle(self) -> None:
        """Deliver the signals that blocks sent to link state control, which no block calls itself."""
        while self._signals:
            self._signals.popleft()()

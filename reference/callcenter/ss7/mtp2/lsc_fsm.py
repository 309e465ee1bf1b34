"""Link state control (Q.703 figure 8): coordinates the other blocks of a signalling link."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.mtp2 import iac_fsm, poc_fsm
from callcenter.ss7.mtp2.codec import Status
from callcenter.ss7.mtp2.events import InService, OutOfService, Reason, RemoteProcessorOutage

if TYPE_CHECKING:
    from callcenter.ss7.mtp2.link import Mtp2Link


class State(Enum):
    """States of figure 8."""

    POWER_OFF = "power off"
    OUT_OF_SERVICE = "out of service"
    INITIAL_ALIGNMENT = "initial alignment"
    ALIGNED_READY = "aligned ready"
    ALIGNED_NOT_READY = "aligned not ready"
    IN_SERVICE = "in service"
    PROCESSOR_OUTAGE = "processor outage"


class Event(Enum):
    """Inputs of figure 8."""

    POWER_ON = "power on"
    START = "start"
    STOP = "stop"
    EMERGENCY = "emergency"
    EMERGENCY_CEASES = "emergency ceases"
    LOCAL_OUTAGE = "local processor outage"
    LOCAL_RECOVERED = "local processor recovered"
    NO_OUTAGE = "no processor outage"
    FLUSH = "flush buffers"
    CONTINUE = "continue"
    ALIGNMENT_COMPLETE = "alignment complete"
    ALIGNMENT_NOT_POSSIBLE = "alignment not possible"
    LINK_FAILURE = "link failure"
    SIO = "SIO"
    SIN = "SIN"
    SIE = "SIE"
    SIOS = "SIOS"
    SIPO = "SIPO"
    FISU_MSU = "FISU or MSU"
    T1 = "T1"


S, E = State, Event
OUT = S.OUT_OF_SERVICE

TABLE = Table(
    "Link state control",
    State,
    Event,
    {
        (S.POWER_OFF, E.POWER_ON): Transition("power_on", OUT, "Q.703 figure 8"),
        # out of service
        (OUT, E.START): Transition("start", S.INITIAL_ALIGNMENT, "Q.703 7.3 a"),
        (OUT, E.EMERGENCY): Transition("mark_emergency", OUT, "Q.703 7.2"),
        (OUT, E.EMERGENCY_CEASES): Transition("cancel_emergency", OUT, "Q.703 7.2"),
        (OUT, E.LOCAL_OUTAGE): Transition("mark_outage", OUT, "Q.703 8.2"),
        (OUT, E.LOCAL_RECOVERED): Transition("cancel_outage", OUT, "Q.703 8.4"),
        # initial alignment
        (S.INITIAL_ALIGNMENT, E.EMERGENCY): Transition("hurry", S.INITIAL_ALIGNMENT, "Q.703 7.2"),
        (S.INITIAL_ALIGNMENT, E.EMERGENCY_CEASES): Transition(
            "cancel_emergency", S.INITIAL_ALIGNMENT, "Q.703 7.2"
        ),
        (S.INITIAL_ALIGNMENT, E.LOCAL_OUTAGE): Transition("mark_outage", S.INITIAL_ALIGNMENT, "Q.703 8.2"),
        (S.INITIAL_ALIGNMENT, E.LOCAL_RECOVERED): Transition(
            "cancel_outage", S.INITIAL_ALIGNMENT, "Q.703 8.4"
        ),
        (S.INITIAL_ALIGNMENT, E.STOP): Transition("stop", OUT, "Q.703 figure 8"),
        (S.INITIAL_ALIGNMENT, E.ALIGNMENT_NOT_POSSIBLE): Transition("fail", OUT, "Q.703 7.3"),
        (S.INITIAL_ALIGNMENT, E.LINK_FAILURE): Transition("fail", OUT, "Q.703 figure 8"),
        (S.INITIAL_ALIGNMENT, E.ALIGNMENT_COMPLETE): Transition(
            "aligned", (S.ALIGNED_READY, S.ALIGNED_NOT_READY), "Q.703 7.3 e"
        ),
        # aligned ready: the other end may still be proving, so SIN and SIE say nothing new
        (S.ALIGNED_READY, E.STOP): Transition("stop", OUT, "Q.703 figure 8"),
        (S.ALIGNED_READY, E.LINK_FAILURE): Transition("fail", OUT, "Q.703 figure 8"),
        (S.ALIGNED_READY, E.T1): Transition("t1_expired", OUT, "Q.703 12.3"),
        (S.ALIGNED_READY, E.SIO): Transition("sio", OUT, "Q.703 figure 8"),
        (S.ALIGNED_READY, E.SIOS): Transition("sios", OUT, "Q.703 figure 8"),
        (S.ALIGNED_READY, E.FISU_MSU): Transition("in_service", S.IN_SERVICE, "Q.703 7.3 e"),
        (S.ALIGNED_READY, E.SIPO): Transition("remote_outage_ready", S.PROCESSOR_OUTAGE, "Q.703 8.3"),
        (S.ALIGNED_READY, E.LOCAL_OUTAGE): Transition("local_outage", S.ALIGNED_NOT_READY, "Q.703 8.2"),
        # aligned not ready
        (S.ALIGNED_NOT_READY, E.STOP): Transition("stop", OUT, "Q.703 figure 8"),
        (S.ALIGNED_NOT_READY, E.LINK_FAILURE): Transition("fail", OUT, "Q.703 figure 8"),
        (S.ALIGNED_NOT_READY, E.T1): Transition("t1_expired", OUT, "Q.703 12.3"),
        (S.ALIGNED_NOT_READY, E.SIO): Transition("sio", OUT, "Q.703 figure 8"),
        (S.ALIGNED_NOT_READY, E.SIOS): Transition("sios", OUT, "Q.703 figure 8"),
        (S.ALIGNED_NOT_READY, E.FISU_MSU): Transition("ready_but_out", S.PROCESSOR_OUTAGE, "Q.703 8.2"),
        (S.ALIGNED_NOT_READY, E.SIPO): Transition("remote_outage_ready", S.PROCESSOR_OUTAGE, "Q.703 8.3"),
        (S.ALIGNED_NOT_READY, E.LOCAL_RECOVERED): Transition("recovered_ready", S.ALIGNED_READY, "Q.703 8.4"),
        # in service
        (S.IN_SERVICE, E.STOP): Transition("stop", OUT, "Q.703 figure 8"),
        (S.IN_SERVICE, E.LINK_FAILURE): Transition("fail", OUT, "Q.703 figure 8"),
        (S.IN_SERVICE, E.SIO): Transition("sio", OUT, "Q.703 figure 8"),
        (S.IN_SERVICE, E.SIN): Transition("sin", OUT, "Q.703 figure 8"),
        (S.IN_SERVICE, E.SIE): Transition("sie", OUT, "Q.703 figure 8"),
        (S.IN_SERVICE, E.SIOS): Transition("sios", OUT, "Q.703 figure 8"),
        (S.IN_SERVICE, E.SIPO): Transition("remote_outage", S.PROCESSOR_OUTAGE, "Q.703 8.3"),
        (S.IN_SERVICE, E.LOCAL_OUTAGE): Transition("local_outage", S.PROCESSOR_OUTAGE, "Q.703 8.2"),
        # processor outage
        (S.PROCESSOR_OUTAGE, E.STOP): Transition("stop", OUT, "Q.703 figure 8"),
        (S.PROCESSOR_OUTAGE, E.LINK_FAILURE): Transition("fail", OUT, "Q.703 figure 8"),
        (S.PROCESSOR_OUTAGE, E.SIO): Transition("sio", OUT, "Q.703 figure 8"),
        (S.PROCESSOR_OUTAGE, E.SIN): Transition("sin", OUT, "Q.703 figure 8"),
        (S.PROCESSOR_OUTAGE, E.SIE): Transition("sie", OUT, "Q.703 figure 8"),
        (S.PROCESSOR_OUTAGE, E.SIOS): Transition("sios", OUT, "Q.703 figure 8"),
        (S.PROCESSOR_OUTAGE, E.SIPO): Transition("remote_outage", S.PROCESSOR_OUTAGE, "Q.703 8.3"),
        (S.PROCESSOR_OUTAGE, E.FISU_MSU): Transition("remote_recovered", S.PROCESSOR_OUTAGE, "Q.703 8.4"),
        (S.PROCESSOR_OUTAGE, E.LOCAL_OUTAGE): Transition("local_outage", S.PROCESSOR_OUTAGE, "Q.703 8.2"),
        (S.PROCESSOR_OUTAGE, E.LOCAL_RECOVERED): Transition(
            "local_recovered", S.PROCESSOR_OUTAGE, "Q.703 8.4"
        ),
        (S.PROCESSOR_OUTAGE, E.NO_OUTAGE): Transition(
            "outage_over", (S.IN_SERVICE, S.PROCESSOR_OUTAGE), "Q.703 8.4"
        ),
        (S.PROCESSOR_OUTAGE, E.FLUSH): Transition("flush", (S.PROCESSOR_OUTAGE, S.IN_SERVICE), "Q.703 8.4"),
        (S.PROCESSOR_OUTAGE, E.CONTINUE): Transition(
            "go_on", (S.PROCESSOR_OUTAGE, S.IN_SERVICE), "Q.703 8.4"
        ),
    },
    unexpected=Unexpected.IGNORE,
)


class LinkStateControl(Machine[State, Event]):
    """The state of a link."""

    table = TABLE

    def __init__(self, link: Mtp2Link) -> None:
        super().__init__(f"{link.name} LSC", State.POWER_OFF)
        self._link = link
        self.emergency = False
        self.outage = False
        """Our level 3 is out."""
        self.announced = False
        """Level 3 knows that the link is in service."""
        self.over = False
        """No end's level 3 is out any more; the word of ours is awaited."""
        self.decided = not link.waits_for_level3
        """Our level 3 has said what is to become of the messages held back."""

    # orders of level 3

    def power_on(self) -> None:
        self._link.txc.send_status(Status.SIOS)

    def start(self) -> None:
        link = self._link
        link.rxc.start()
        link.txc.start()
        if self.emergency:
            link.iac.handle(iac_fsm.Event.EMERGENCY)
        link.iac.handle(iac_fsm.Event.START)

    def stop(self) -> None:
        self._close()

    def mark_emergency(self) -> None:
        self.emergency = True

    def cancel_emergency(self) -> None:
        self.emergency = False

    def hurry(self) -> None:
        self.emergency = True
        self._link.iac.handle(iac_fsm.Event.EMERGENCY)

    def mark_outage(self) -> None:
        self.outage = True

    def cancel_outage(self) -> None:
        self.outage = False

    # alignment

    def aligned(self) -> State:
        link = self._link
        link.suerm.start()
        link.start_timer("T1")
        self.emergency = False
        link.rxc.accept_units()
        if self.outage:
            self.local_outage()
            return State.ALIGNED_NOT_READY
        link.txc.send_fisus()
        return State.ALIGNED_READY

    def in_service(self) -> None:
        self._link.timers.stop("T1")
        self._link.txc.send_msus()
        self._announce()

    def _announce(self) -> None:
        if not self.announced:
            self.announced = True
            self._link.give(InService())

    # out of service

    def fail(self, reason: Reason) -> None:
        self._close()
        self._link.give(OutOfService(reason))

    def t1_expired(self) -> None:
        self.fail(Reason.NOT_READY)

    def sio(self) -> None:
        self.fail(Reason.SIO_RECEIVED)

    def sin(self) -> None:
        self.fail(Reason.SIN_RECEIVED)

    def sie(self) -> None:
        self.fail(Reason.SIE_RECEIVED)

    def sios(self) -> None:
        self.fail(Reason.SIOS_RECEIVED)

    def _close(self) -> None:
        link = self._link
        link.iac.handle(iac_fsm.Event.STOP)
        link.poc.handle(poc_fsm.Event.STOP)
        link.forget_congestion()
        link.suerm.stop()
        link.rxc.stop()
        link.timers.clear()
        link.txc.send_status(Status.SIOS)
        self.emergency = False
        self.outage = False
        self.announced = False
        self._forget_outage()

    def _forget_outage(self) -> None:
        self.over = False
        self.decided = not self._link.waits_for_level3

    # processor outage

    def local_outage(self) -> None:
        self.outage = True
        self.over = False
        self._link.poc.handle(poc_fsm.Event.LOCAL_OUTAGE)
        self._link.rxc.reject_units()
        self._link.txc.send_status(Status.SIPO)

    def recovered_ready(self) -> None:
        self.outage = False
        # Aligned ready follows from the transition itself, so the outage control is only told to forget.
        self._link.poc.handle(poc_fsm.Event.STOP)
        self._link.rxc.accept_units()
        self._link.txc.send_fisus()

    def local_recovered(self) -> None:
        self.outage = False
        self._link.rxc.accept_units()
        self._link.txc.send_fisus()
        self._link.poc.handle(poc_fsm.Event.LOCAL_RECOVERED)

    def ready_but_out(self) -> None:
        self._link.timers.stop("T1")
        self._announce()

    def remote_outage_ready(self) -> None:
        self._link.timers.stop("T1")
        self.remote_outage()

    def remote_outage(self) -> None:
        link = self._link
        self.over = False
        if not link.remote_outage:
            link.give(RemoteProcessorOutage(True))
        link.poc.handle(poc_fsm.Event.REMOTE_OUTAGE)
        if not self.outage:
            link.txc.send_fisus()

    def remote_recovered(self) -> None:
        link = self._link
        if link.remote_outage:
            link.give(RemoteProcessorOutage(False))
        link.poc.handle(poc_fsm.Event.REMOTE_RECOVERED)

    def outage_over(self) -> State:
        self.over = True
        return self._resumed()

    def flush(self) -> State:
        self._link.txc.clear()
        return self.go_on()

    def go_on(self) -> State:
        self.decided = True
        return self._resumed()

    def _resumed(self) -> State:
        """In service again when no end is out and level 3, if it wants to be asked, has decided."""
        if not (self.over and self.decided):
            return State.PROCESSOR_OUTAGE
        self._forget_outage()
        self._link.txc.send_msus()
        # A link that went from aligned straight into outage was never announced (`unverified`: figure 8
        # leaves it to level 3 to conclude so from the recovery).
        self._announce()
        return State.IN_SERVICE

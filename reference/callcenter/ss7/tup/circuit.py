"""One circuit: the blocks that act on it, and which of them a message or order is for.

CPCI or CPCO    the call, while there is one        cpc_in_fsm, cpc_out_fsm
CRS             our RSC until RLG                   order_fsm
BLS             blocking by us for maintenance      bls_fsm
blocked there   blocking by the far end, and by group messages for hardware or software: flags
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Cause,
    Charging,
    Continuity,
    Digits,
    Failed,
    ForwardTransfer,
    Leg,
    Primitive,
    Proceeding,
    Progress,
    Release,
    Released,
    Resume,
    Setup,
    Suspend,
    Transparent,
)
from callcenter.errors import StateError
from callcenter.ss7.notices import What
from callcenter.ss7.tup import bls_fsm, continuity_fsm, cpc_in_fsm, cpc_out_fsm
from callcenter.ss7.tup.bls_fsm import BlockingSending
from callcenter.ss7.tup.codec import Message
from callcenter.ss7.tup.contents import EMPTY, Contents
from callcenter.ss7.tup.continuity_fsm import ContinuityCheck
from callcenter.ss7.tup.cpc_in_fsm import IncomingCall
from callcenter.ss7.tup.cpc_out_fsm import OutgoingCall
from callcenter.ss7.tup.messages import UNSUCCESSFUL, Heading
from callcenter.ss7.tup.order_fsm import RESET, OrderSending, Timing
from callcenter.ss7.tup.services import Services, Timed
from testrig.clock import Instant

_In = cpc_in_fsm.Event
_Out = cpc_out_fsm.Event

Reason = Literal["maintenance", "hardware", "software"]

INCOMING: Final[Mapping[int, cpc_in_fsm.Event]] = {
    Heading.SAM: _In.ADDRESS,
    Heading.SAO: _In.ADDRESS,
    Heading.COT: _In.COT,
    Heading.CCF: _In.CCF,
    Heading.CCR: _In.CCR,
    Heading.CLF: _In.CLF,
    Heading.CCL: _In.CCL,
    Heading.FOT: _In.FOT,
    Heading.OPR: _In.FORWARD,
    Heading.MAL: _In.FORWARD,
}
"""Events of an incoming call by message."""

OUTGOING: Final[Mapping[int, cpc_out_fsm.Event]] = {
    **dict.fromkeys(UNSUCCESSFUL, _Out.UNSUCCESSFUL),
    Heading.IAM: _Out.IAM,
    Heading.IAI: _Out.IAM,
    Heading.ACM: _Out.ACM,
    Heading.GRQ: _Out.GRQ,
    Heading.ANC: _Out.ANSWER,
    Heading.ANN: _Out.ANSWER,
    Heading.ANU: _Out.ANSWER,
    Heading.CBK: _Out.CBK,
    Heading.RAN: _Out.RAN,
    Heading.CHG: _Out.CHARGE,
    Heading.MPM: _Out.CHARGE,
    Heading.OPR: _Out.BACKWARD,
    Heading.MAL: _Out.BACKWARD,
    Heading.CFL: _Out.CFL,
    Heading.RLG: _Out.RLG,
}
"""Events of an outgoing call by message."""

REQUESTS_IN: Final[Mapping[type[Primitive], cpc_in_fsm.Event]] = {
    Proceeding: _In.COMPLETE,
    Alerting: _In.COMPLETE,
    Progress: _In.COMPLETE,
    Answer: _In.ANSWER,
    Suspend: _In.SUSPEND,
    Resume: _In.RESUME,
    Charging: _In.CHARGING,
    Transparent: _In.TRANSPARENT,
    Release: _In.RELEASE,
}
REQUESTS_OUT: Final[Mapping[type[Primitive], cpc_out_fsm.Event]] = {
    Digits: _Out.DIGITS,
    Continuity: _Out.CONTINUITY,
    ForwardTransfer: _Out.OPERATOR,
    Transparent: _Out.TRANSPARENT,
    Release: _Out.RELEASE,
}


class Circuit:
    """A circuit between this point and `dpc`."""

    __slots__ = (
        "awaits_released",
        "bls",
        "check",
        "cic",
        "controlled",
        "cpc",
        "crs",
        "discarded",
        "dpc",
        "group_reset",
        "held_here",
        "held_there",
        "leg",
        "looped",
        "name",
        "services",
        "unknown",
    )

    def __init__(self, services: Services, dpc: int, cic: int, leg: Leg) -> None:
        self.services = services
        self.dpc = dpc
        self.cic = cic
        self.leg = leg
        self.name = f"{dpc}/{cic}"
        self.controlled = (cic % 2 == 0) == (services.config.point_code > dpc)
        """Double seizing: the higher point code controls the even circuits (Q.724 2.4)."""
        self.cpc: IncomingCall | OutgoingCall | None = None
        self.crs = self.order(Heading.RSC, RESET)
        self.bls = BlockingSending(self)
        self.check = ContinuityCheck(self)
        self.held_here: set[Reason] = set()
        """Why we block the circuit, besides maintenance, which `bls` knows."""
        self.held_there: set[Reason] = set()
        """Why the far end blocks the circuit."""
        self.group_reset = False
        """GRS sent, GRA awaited."""
        self.unknown = False
        """The state is not known since the start: reset before use (Q.724 6.2)."""
        self.looped = False
        self.awaits_released = False
        """The engine has been told `Release` and has not answered `Released`: what else it says is old."""
        self.discarded = 0
        """Messages and requests that had no place in the circuit's state."""

    # state

    @property
    def resetting(self) -> bool:
        """Whether we have sent a reset that is not acknowledged, or are to send one."""
        return self.group_reset or not self.crs.idle or self.unknown

    @property
    def idle(self) -> bool:
        """Whether the circuit may be seized for an outgoing call."""
        return (
            self.cpc is None
            and not self.resetting
            and not self.awaits_released
            and not self.bls.blocks
            and not self.held_here
            and not self.held_there
            and self.check.idle
        )

    def describe(self) -> str:
        """Return in words: `idle`, `incoming busy`, `outgoing busy` or `transient`, and who blocks."""
        words = [self._call_state()]
        if self.bls.blocks:
            words.append("locally blocked")
        words += [f"locally blocked for {reason}" for reason in sorted(self.held_here)]
        for reason in sorted(self.held_there, key=lambda each: (each != "maintenance", each)):
            ending = "" if reason == "maintenance" else f" for {reason}"
            words.append(f"remotely blocked{ending}")
        return ", ".join(words)

    def _call_state(self) -> str:
        if self.resetting or self.releasing or self.check.holds:
            return "transient"
        return "idle" if self.cpc is None else f"{self.cpc.direction} busy"

    @property
    def releasing(self) -> bool:
        """Whether CLF was sent and RLG is awaited."""
        return self.cpc is not None and self.cpc.state is cpc_out_fsm.State.WAIT_FOR_RLG

    # what the blocks use

    def order(self, kind: Heading, timing: Timing) -> OrderSending:
        """Return the machine that sends `kind` until it is acknowledged."""
        return OrderSending(
            self.services,
            f"{self.name} {kind.name}",
            timing,
            lambda: self.send(kind),
            lambda: self.note(What.NOT_ACKNOWLEDGED, kind.name, alert=True),
        )

    def send(self, kind: Heading, contents: Contents = EMPTY) -> None:
        """Send a message on this circuit."""
        self.services.send_kind(self.dpc, self.cic, kind, contents)

    def send_message(self, message: Message) -> None:
        """Send a composed message."""
        self.services.send(self.dpc, message)

    def start(self, owner: Timed, timer: str, now: Instant) -> None:
        """Start a timer."""
        self.services.start(owner, timer, now)

    def stop(self, owner: Timed, *timers: str) -> None:
        """Stop timers."""
        self.services.stop(owner, *timers)

    def note(self, what: What, detail: str = "", *, alert: bool = False) -> None:
        """Tell the operator."""
        self.services.note(what, self.dpc, self.cic, detail, alert=alert)

    def indicate(self, primitive: Primitive) -> None:
        """Give the engine a primitive."""
        self.services.indicate(self.leg, primitive)

    def release_indication(self, cause: int, transparent: Transparent | None = None) -> None:
        """Tell the engine that the call is over; it answers `Released`."""
        self.awaits_released = True
        self.indicate(Release(cause, transparent=transparent))

    def released(self, cause: int) -> None:
        """The circuit is free, or our reset will make it free."""
        self.indicate(Released(cause))

    def loop(self, *, on: bool) -> None:
        """Connect or remove the loop of a continuity check (Q.724 7)."""
        if on != self.looped:
            self.looped = on
            self.note(What.LOOP_ON if on else What.LOOP_OFF)

    def end(self, call: IncomingCall | OutgoingCall) -> None:
        """The call is over for this circuit."""
        if self.cpc is call:
            self.cpc = None

    # our continuity check

    def order_check(self, now: Instant) -> None:
        """Check the continuity of an idle circuit by CCR (Q.724 7.3). Raises `StateError`."""
        if not self.idle:
            raise StateError(f"TUP: circuit {self.name} is {self.describe()}: expected an idle one")
        self.check.handle(continuity_fsm.Event.ORDER, now)

    def continuity_passed(self, now: Instant) -> None:
        """Our check of the call's circuit has passed."""
        if isinstance(self.cpc, OutgoingCall):
            self.cpc.handle(_Out.CHECKED, now)

    def continuity_failed(self, now: Instant) -> None:
        """It has failed."""
        if isinstance(self.cpc, OutgoingCall):
            self.cpc.handle(_Out.CHECK_FAILED, now)

    def recheck_passed(self, now: Instant) -> None:
        """The circuit is good again."""
        call = OutgoingCall(self)
        self.cpc = call
        call.handle(_Out.FREE, now)

    # from the engine

    def recover(self, *, incoming: bool, suspended: bool, now: Instant) -> None:
        """Go on with a call that was answered before we took over."""
        call = IncomingCall(self) if incoming else OutgoingCall(self)
        call.recover(now, suspended=suspended)
        self.cpc = call

    def request(self, primitive: Primitive, now: Instant) -> None:
        """Take a primitive of the engine."""
        kind = type(primitive)
        if isinstance(primitive, Setup):
            self._setup(primitive, now)
        elif isinstance(primitive, Released):
            self.awaits_released = False
        elif self.awaits_released or self.cpc is None:
            self.discarded += 1
        elif isinstance(self.cpc, IncomingCall) and kind in REQUESTS_IN:
            self.cpc.handle(REQUESTS_IN[kind], now, primitive)
        elif isinstance(self.cpc, OutgoingCall) and kind in REQUESTS_OUT:
            self.cpc.handle(REQUESTS_OUT[kind], now, primitive)
        else:
            self.discarded += 1

    def _setup(self, setup: Setup, now: Instant) -> None:
        if not self.services.admits(self.dpc):
            self.indicate(Failed(Cause.SWITCHING_EQUIPMENT_CONGESTION))
            return
        if not self.idle:
            self.indicate(Failed(Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE))
            return
        call = OutgoingCall(self)
        self.cpc = call
        try:
            call.handle(_Out.SETUP, now, setup)
        except ValueError:
            self.cpc = None
            self.indicate(Failed(Cause.ADDRESS_INCOMPLETE))

    # from the far end

    def receive(self, message: Message, now: Instant) -> None:
        """Take a message on this circuit."""
        match message.kind:
            case Heading.RSC:
                self.reset_received(now)
            case Heading.BLO:
                self.send(Heading.BLA)
                self.hold(on=True, there=True)
                self.blocked(now)
            case Heading.UBL:
                self.send(Heading.UBA)
                self.hold(on=False, there=True)
            case Heading.BLA:
                self.bls.handle(bls_fsm.Event.BLA, now)
            case Heading.UBA:
                self.bls.handle(bls_fsm.Event.UBA, now)
            case _ if self.resetting:
                self._while_resetting(message, now)
            case _ if self.cpc is None:
                self._while_idle(message, now)
            case _:
                self._in_call(message, now)

    def blocked(self, now: Instant) -> None:
        """BLO, MGB or SGB: a call of ours that has no answer yet is tried elsewhere."""
        if isinstance(self.cpc, OutgoingCall):
            self.cpc.handle(_Out.BLOCKED, now)

    def _while_resetting(self, message: Message, now: Instant) -> None:
        if message.kind == Heading.RLG and not self.crs.idle:
            self.crs.acknowledged(now)
            self.note(What.RESET_DONE)
            self.bls.handle(bls_fsm.Event.RSC, now)
        elif message.kind == Heading.CLF:
            self.send(Heading.RLG)
        else:
            self.discarded += 1

    def _while_idle(self, message: Message, now: Instant) -> None:
        if self.check.holds and message.kind in (Heading.IAM, Heading.IAI, Heading.CLF, Heading.CCR):
            self.check.handle(continuity_fsm.Event.STOP, now)
        if message.kind in (Heading.IAM, Heading.IAI):
            self.incoming(now, message)
        elif message.kind == Heading.CLF:
            self.send(Heading.RLG)
        elif message.kind == Heading.CCR:
            call = IncomingCall(self)
            self.cpc = call
            call.handle(_In.CCR, now, message)
        else:
            self.unreasonable(message)

    def _in_call(self, message: Message, now: Instant) -> None:
        call = self.cpc
        if isinstance(call, IncomingCall) and message.kind in INCOMING:
            call.handle(INCOMING[message.kind], now, message)
        elif isinstance(call, OutgoingCall) and message.kind in OUTGOING:
            call.handle(OUTGOING[message.kind], now, message)
        else:
            self.unreasonable(message)

    def unreasonable(self, message: Message) -> None:
        """A message that has no place is discarded (Q.724 6.4.1)."""
        self.discarded += 1
        self.note(What.UNEXPECTED, f"{message.name}, circuit {self._call_state()}")

    def incoming(self, now: Instant, message: Message) -> None:
        """IAM or IAI on a circuit that is ours to answer."""
        if self.bls.refuses_calls:
            self.bls.handle(bls_fsm.Event.IAM, now)
            return
        if self.held_here:
            self.discarded += 1
            return
        self.hold(on=False, there=True)
        self.bls.handle(bls_fsm.Event.IAM, now)
        call = IncomingCall(self)
        self.cpc = call
        call.handle(_In.IAM, now, message)

    def hold(self, reason: Reason = "maintenance", *, on: bool, there: bool) -> None:
        """Set or remove a blocking that needs no acknowledgement of its own."""
        held = self.held_there if there else self.held_here
        if (reason in held) == on:
            return
        (held.add if on else held.discard)(reason)
        names = (What.UNBLOCKED_LOCALLY, What.BLOCKED_LOCALLY, What.UNBLOCKED_REMOTELY, What.BLOCKED_REMOTELY)
        self.note(names[2 * there + on], "" if reason == "maintenance" else f"{reason} failure")

    def clear_call(self, now: Instant, *, hardware: bool = False) -> None:
        """RSC, GRS or hardware failure: the call, or our check, ends without CLF."""
        self.check.handle(continuity_fsm.Event.STOP, now)
        if isinstance(self.cpc, IncomingCall):
            self.cpc.handle(_In.HARDWARE if hardware else _In.RESET, now)
        elif self.cpc is not None:
            self.cpc.handle(_Out.HARDWARE if hardware else _Out.RESET, now)

    def freed_by_reset(self, now: Instant) -> None:
        """RSC or GRS received: no call, and nothing blocked by the far end any more (Q.724 6.2)."""
        self.note(What.RESET_RECEIVED)
        self.clear_call(now)
        for reason in list(self.held_there):
            self.hold(reason, on=False, there=True)

    def reset_received(self, now: Instant) -> None:
        """RSC (Q.724 6.2.1)."""
        self.freed_by_reset(now)
        self.bls.handle(bls_fsm.Event.RSC, now)
        self.send(Heading.RLG)

    # from maintenance

    def order_reset(self, now: Instant) -> None:
        """Reset the circuit."""
        self.drop_call(now)
        self.crs.start(now)
        self.note(What.RESET_SENT)

    def drop_call(self, now: Instant) -> None:
        """End the call, or our check, for a reset of our own."""
        self.unknown = False
        self.check.handle(continuity_fsm.Event.STOP, now)
        if isinstance(self.cpc, IncomingCall):
            self.cpc.handle(_In.RESET_ORDER, now)
        elif self.cpc is not None:
            self.cpc.handle(_Out.RESET_ORDER, now)

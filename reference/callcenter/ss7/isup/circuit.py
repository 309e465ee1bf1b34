"""One circuit: the blocks that act on it, and which of them a message or order is for.

CPCI or CPCO    the call, while there is one        cpc_in_fsm, cpc_out_fsm
CRS             our RSC until RLC                   crs_fsm
CRR             RSC received                        reset_received, here: it has one state
BLS, BLR        blocking by us, by the far end      bls_fsm, blr_fsm
hardware        blocking by CGB with hardware failure, both ways: flags, the group machine waits
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Cause,
    Charging,
    Continuity,
    Digits,
    Discard,
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
from callcenter.ss7.isup import blr_fsm, bls_fsm, continuity_fsm, cpc_in_fsm, cpc_out_fsm, crs_fsm
from callcenter.ss7.isup.blr_fsm import BlockingReception
from callcenter.ss7.isup.bls_fsm import BlockingSending
from callcenter.ss7.isup.calls import ISUP, is_test_call, release_of
from callcenter.ss7.isup.codec import Message
from callcenter.ss7.isup.continuity_fsm import ContinuityCheck
from callcenter.ss7.isup.cpc_in_fsm import IncomingCall
from callcenter.ss7.isup.cpc_out_fsm import OutgoingCall
from callcenter.ss7.isup.crs_fsm import CircuitResetSending
from callcenter.ss7.isup.indicators import AutomaticCongestionLevel
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import CalledPartyNumber, Parameter
from callcenter.ss7.isup.services import Services, Timed
from callcenter.ss7.notices import What
from testrig.clock import Instant

_In = cpc_in_fsm.Event
_Out = cpc_out_fsm.Event

PASSED: Final = frozenset(
    (
        *(Type.USR, Type.FAC, Type.FAR, Type.FAA, Type.FRJ, Type.CRG, Type.PAM, Type.NRM, Type.APT, Type.SDN),
        *(Type.PRI, Type.LPR, Type.IDR, Type.IRS, Type.OPR, Type.CCL),
    )
)
"""Messages of a call that are nothing to an end of it here, and go through in transit."""

INCOMING: Final[dict[int, cpc_in_fsm.Event]] = {
    Type.IAM: _In.IAM,
    Type.SAM: _In.SAM,
    Type.SGM: _In.SGM,
    Type.CCR: _In.CCR,
    Type.INF: _In.INF,
    Type.FOT: _In.FOT,
    Type.SUS: _In.SUS,
    Type.RES: _In.RES,
    Type.REL: _In.REL,
    Type.RLC: _In.RLC,
    Type.ACM: _In.BACKWARD,
    Type.CON: _In.BACKWARD,
    Type.ANM: _In.BACKWARD,
    Type.CPG: _In.CPG,
    Type.INR: _In.BACKWARD,
}
"""Events of an incoming call by message; COT is two events."""

OUTGOING: Final[dict[int, cpc_out_fsm.Event]] = {
    Type.IAM: _Out.IAM,
    Type.ACM: _Out.ACM,
    Type.CPG: _Out.CPG,
    Type.ANM: _Out.ANM,
    Type.CON: _Out.CON,
    Type.SUS: _Out.SUS,
    Type.RES: _Out.RES,
    Type.INR: _Out.INR,
    Type.REL: _Out.REL,
    Type.RLC: _Out.RLC,
    Type.UCIC: _Out.UCIC,
    Type.SAM: _Out.FORWARD,
    Type.COT: _Out.FORWARD,
    Type.CCR: _Out.FORWARD,
    Type.INF: _Out.FORWARD,
    Type.MPM: _Out.MPM,
}
"""Events of an outgoing call by message."""

REQUESTS: Final[dict[type[Primitive], cpc_in_fsm.Event]] = {
    Proceeding: _In.PROCEEDING,
    Alerting: _In.ALERTING,
    Progress: _In.PROGRESS,
    Answer: _In.ANSWER,
    Suspend: _In.SUSPEND,
    Resume: _In.RESUME,
    Charging: _In.CHARGING,
    Discard: _In.DISCARD,
    Transparent: _In.PASS,
    Release: _In.RELEASE,
}
"""Events of an incoming call by what the engine asks."""

ORDERS: Final[dict[type[Primitive], cpc_out_fsm.Event]] = {
    Digits: _Out.DIGITS,
    Continuity: _Out.CONTINUITY,
    ForwardTransfer: _Out.FORWARD_TRANSFER,
    Suspend: _Out.SUSPEND,
    Resume: _Out.RESUME,
    Transparent: _Out.PASS,
    Release: _Out.RELEASE,
}
"""Events of an outgoing call by what the engine asks."""

RESETS_IDLE: Final = frozenset(
    (Type.SAM, Type.INR, Type.INF, Type.COT, Type.ACM, Type.CON, Type.ANM, Type.SUS, Type.RES, Type.CPG)
)
"""Messages that belong to a call: on an idle circuit they are answered by RSC (Q.764 2.9.5.1 d)."""


class Circuit:
    """A circuit between this point and `dpc`."""

    __slots__ = (
        "awaits_released",
        "blr",
        "bls",
        "check",
        "cic",
        "controlled",
        "cpc",
        "crs",
        "discarded",
        "dpc",
        "group_reset",
        "hardware_local",
        "hardware_remote",
        "leg",
        "looped",
        "name",
        "services",
        "unequipped",
        "unknown",
    )

    def __init__(self, services: Services, dpc: int, cic: int, leg: Leg) -> None:
        self.services = services
        self.dpc = dpc
        self.cic = cic
        self.leg = leg
        self.name = f"{dpc}/{cic}"
        self.controlled = (cic % 2 == 0) == (services.config.point_code > dpc)
        """Dual seizure: the higher point code controls the even circuits (Q.764 2.9.1.4)."""
        self.cpc: IncomingCall | OutgoingCall | None = None
        self.crs = CircuitResetSending(self)
        self.bls = BlockingSending(self)
        self.blr = BlockingReception(self)
        self.check = ContinuityCheck(self)
        self.hardware_local = False
        self.hardware_remote = False
        self.group_reset = False
        """GRS sent, GRA awaited."""
        self.unequipped = False
        """The far end says that it has no such circuit."""
        self.unknown = False
        """The state is not known since the start: reset before use (Q.764 2.9.3)."""
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
            and self.check.idle
            and not self.resetting
            and not self.awaits_released
            and not self.unequipped
            and not self.bls.blocked
            and not self.blr.blocked
            and not self.hardware_local
            and not self.hardware_remote
        )

    def describe(self) -> str:
        """Return in words: `idle`, `incoming busy`, `outgoing busy` or `transient`, and who blocks."""
        words = ["unequipped" if self.unequipped else self._call_state()]
        if self.bls.blocked:
            words.append("locally blocked")
        if self.hardware_local:
            words.append("locally blocked for hardware")
        if self.blr.blocked:
            words.append("remotely blocked")
        if self.hardware_remote:
            words.append("remotely blocked for hardware")
        return ", ".join(words)

    def _call_state(self) -> str:
        if self.resetting or self.releasing or self.check.holds:
            return "transient"
        return "idle" if self.cpc is None else f"{self.cpc.direction} busy"

    @property
    def releasing(self) -> bool:
        """Whether REL was sent and RLC is awaited."""
        return self.cpc is not None and self.cpc.state.name == "WAIT_FOR_RLC"

    def query_state(self) -> int:
        """Return the circuit's state indicator (Q.763 3.14)."""
        maintenance = self.bls.blocked | self.blr.blocked << 1
        hardware = self.hardware_local | self.hardware_remote << 1
        waiting = isinstance(self.cpc, OutgoingCall) and self.cpc.waits
        if self.resetting or self.releasing or waiting or self.check.holds:
            return 0
        if self.cpc is None:
            return 3 << 2 | maintenance | hardware << 4
        return (1 if isinstance(self.cpc, IncomingCall) else 2) << 2 | maintenance

    # what the blocks use

    def send(self, kind: Type, *parameters: Parameter) -> None:
        """Send a message on this circuit."""
        self.services.send_kind(self.dpc, self.cic, kind, *parameters)

    def send_message(self, message: Message) -> None:
        """Send a composed message."""
        self.services.send(self.dpc, message)

    def send_release(self, parameters: tuple[Parameter, ...]) -> None:
        """Send REL, with the congestion level while the engine is congested (Q.764 2.11.1)."""
        level = self.services.congestion
        if level:
            own = (each for each in parameters if each.number != AutomaticCongestionLevel.code)
            parameters = (*own, AutomaticCongestionLevel(level))
        self.send(Type.REL, *parameters)

    def pass_on(self, primitive: Transparent) -> None:
        """Send the messages that another leg of this system brings."""
        if primitive.system == ISUP:
            for each in primitive.items:
                if isinstance(each, Message):
                    self.send_message(each._replace(cic=self.cic, spare=0))

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

    def release_indication(self, cause: int) -> None:
        """Tell the engine that the call is over; it answers `Released`."""
        self.awaits_released = True
        self.indicate(Release(cause))

    def far_release(self, message: Message) -> None:
        """The far end has released the call."""
        level = message.get(AutomaticCongestionLevel)
        if level is not None:
            self.services.far_end_congested(self.dpc, level.level)
        self.awaits_released = True
        self.indicate(release_of(message, transit=self.services.config.transit))

    def released(self, cause: int) -> None:
        """The circuit is free, or our reset will make it free."""
        self.indicate(Released(cause))

    def loop(self, *, on: bool) -> None:
        """Connect or remove the loop of a continuity check (Q.724 7)."""
        if on != self.looped:
            self.looped = on
            self.note(What.LOOP_ON if on else What.LOOP_OFF)

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

    def end(self, call: IncomingCall | OutgoingCall) -> None:
        """The call is over for this circuit."""
        if self.cpc is call:
            self.cpc = None

    def reset_sent(self, now: Instant, *, after_t5: bool = False) -> None:
        """Send RSC until RLC."""
        event = crs_fsm.Event.START_AFTER_T5 if after_t5 else crs_fsm.Event.START
        self.crs.handle(event, now)

    # from the engine

    def recover(self, *, incoming: bool, suspended: bool, now: Instant) -> None:
        """Go on with a call that was answered before we took over."""
        call = IncomingCall(self) if incoming else OutgoingCall(self)
        call.recover(now, suspended=suspended)
        self.cpc = call

    def request(self, primitive: Primitive, now: Instant) -> None:
        """Take a primitive of the engine."""
        if isinstance(primitive, Setup):
            self._setup(primitive, now)
        elif isinstance(primitive, Released):
            self.awaits_released = False
        elif self.awaits_released or self.cpc is None:
            self.discarded += 1
        elif isinstance(self.cpc, IncomingCall) and type(primitive) in REQUESTS:
            self.cpc.handle(REQUESTS[type(primitive)], now, primitive)
        elif isinstance(self.cpc, OutgoingCall) and type(primitive) in ORDERS:
            try:
                self.cpc.handle(ORDERS[type(primitive)], now, primitive)
            except ValueError:  # digits that are none
                self.discarded += 1
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
            case Type.RSC:
                self.reset_received(now)
            case Type.BLO:
                self.blr.handle(blr_fsm.Event.BLO, now)
                self.blocked(now)
            case Type.UBL:
                self.blr.handle(blr_fsm.Event.UBL, now)
            case Type.BLA:
                self.bls.handle(bls_fsm.Event.BLA, now)
            case Type.UBA:
                self.bls.handle(bls_fsm.Event.UBA, now)
            case _ if self.resetting:
                self._while_resetting(message, now)
            case _ if self.cpc is None:
                self._while_idle(message, now)
            case _:
                self._in_call(message, now)

    def blocked(self, now: Instant) -> None:
        """BLO or CGB: a call of ours that has no answer yet is tried elsewhere."""
        if isinstance(self.cpc, OutgoingCall):
            self.cpc.handle(_Out.BLOCKED, now)

    def _while_resetting(self, message: Message, now: Instant) -> None:
        if message.kind == Type.RLC and not self.crs.idle:
            self.crs.handle(crs_fsm.Event.RLC, now)
            self.bls.handle(bls_fsm.Event.RSC, now)
        elif message.kind == Type.REL:
            self.send(Type.RLC)
        elif message.kind == Type.UCIC:
            self.not_equipped(now)
        else:
            self.discarded += 1

    def _while_idle(self, message: Message, now: Instant) -> None:
        kind = message.kind
        if self.check.holds:
            if kind not in {Type.IAM, Type.REL, Type.CCR}:
                self.discarded += 1
                return
            self.check.handle(continuity_fsm.Event.STOP, now)
        if kind == Type.IAM:
            self.incoming(now, message)
        elif kind == Type.REL:
            self.send(Type.RLC)
        elif kind == Type.CCR:
            call = IncomingCall(self)
            self.cpc = call
            call.handle(_In.CCR, now, message)
        elif kind in RESETS_IDLE:
            self.note(What.UNEXPECTED, f"{message.name} on an idle circuit")
            self.reset_sent(now)
        else:
            self.discarded += 1

    def _in_call(self, message: Message, now: Instant) -> None:
        call = self.cpc
        if isinstance(call, IncomingCall):
            event = cpc_in_fsm.cot_event(message) if message.kind == Type.COT else INCOMING.get(message.kind)
            if message.kind in PASSED:
                event = _In.PASSED
            if event is not None:
                call.handle(event, now, message)
                return
        elif call is not None:
            self.heard(call, call.segments.receive(message, now), now)
            return
        self.discarded += 1

    def heard(self, call: OutgoingCall, messages: Sequence[Message], now: Instant) -> None:
        """Give an outgoing call its messages, segments joined, as long as it is there."""
        for message in messages:
            event = _Out.PASSED if message.kind in PASSED else OUTGOING.get(message.kind)
            if event is None or self.cpc is not call:
                self.discarded += 1
                continue
            unequipped = message.kind == Type.UCIC and (call.waits or self.releasing)
            call.handle(event, now, message)
            if unequipped:
                self.not_equipped(now)

    def passed(self, message: Message, now: Instant) -> None:
        """A message of unknown type that is to go on to the other leg."""
        if isinstance(self.cpc, IncomingCall):
            self.cpc.handle(_In.PASSED, now, message)
        elif self.cpc is not None:
            self.cpc.handle(_Out.PASSED, now, message)

    def incoming(self, now: Instant, message: Message) -> None:
        """IAM on a circuit that is ours to answer."""
        if self.bls.refuses_calls and not is_test_call(message):
            self.bls.handle(bls_fsm.Event.IAM, now)
            return
        if self.hardware_local or message.get(CalledPartyNumber) is None:
            self.discarded += 1
            return
        self.unequipped = False
        if not is_test_call(message):
            self.remote_blocking_removed(now)
            self.bls.handle(bls_fsm.Event.IAM, now)
        call = IncomingCall(self)
        self.cpc = call
        call.handle(_In.IAM, now, message)

    def remote_blocking_removed(self, now: Instant) -> None:
        """RSC, GRS or an ordinary IAM ends the far end's blocking (Q.764 2.9.3.1, 2.8.2.3)."""
        self.blr.handle(blr_fsm.Event.CLEAR, now)
        self.hardware_blocked(on=False, remote=True)

    def hardware_blocked(self, *, on: bool, remote: bool) -> None:
        """Set or remove hardware failure blocking by one end."""
        was = self.hardware_remote if remote else self.hardware_local
        if was == on:
            return
        if remote:
            self.hardware_remote = on
        else:
            self.hardware_local = on
        names = (What.UNBLOCKED_LOCALLY, What.BLOCKED_LOCALLY, What.UNBLOCKED_REMOTELY, What.BLOCKED_REMOTELY)
        self.note(names[2 * remote + on], "hardware failure")

    def clear_call(self, now: Instant, *, hardware: bool = False) -> None:
        """RSC, GRS or hardware failure: the call, or our check, ends without REL."""
        self.check.handle(continuity_fsm.Event.STOP, now)
        if isinstance(self.cpc, IncomingCall):
            self.cpc.handle(_In.HARDWARE if hardware else _In.RESET, now)
        elif self.cpc is not None:
            self.cpc.handle(_Out.HARDWARE if hardware else _Out.RESET, now)

    def clear(self, cause: int, now: Instant) -> None:
        """Release the call, if there is one, as unrecognised information instructs."""
        if isinstance(self.cpc, IncomingCall):
            self.cpc.handle(_In.CLEAR, now, cause)
        elif self.cpc is not None:
            self.cpc.handle(_Out.CLEAR, now, cause)

    def reset_received(self, now: Instant) -> None:
        """Circuit reset reception (CRR): RSC (Q.764 2.9.3.1)."""
        self.note(What.RESET_RECEIVED)
        self.clear_call(now)
        self.remote_blocking_removed(now)
        self.bls.handle(bls_fsm.Event.RSC, now)
        self.send(Type.RLC)

    def not_equipped(self, now: Instant) -> None:
        """UCIC: out of service until the far end seizes or someone resets the circuit (Q.764 2.12)."""
        self.crs.handle(crs_fsm.Event.ABANDON, now)
        self.unequipped = True
        self.note(What.UNEQUIPPED_THERE, alert=True)

    # from maintenance

    def order_check(self, now: Instant) -> None:
        """Check the continuity of an idle circuit by CCR (Q.764 2.1.8). Raises `StateError`."""
        if not self.idle:
            raise StateError(f"ISUP: circuit {self.name} is {self.describe()}: expected an idle one")
        self.check.handle(continuity_fsm.Event.ORDER, now)

    def order_reset(self, now: Instant) -> None:
        """Reset the circuit."""
        self.drop_call(now)
        self.unequipped = False
        self.reset_sent(now)

    def drop_call(self, now: Instant) -> None:
        """End the call, or our check, for a reset of our own."""
        self.unknown = False
        self.check.handle(continuity_fsm.Event.STOP, now)
        if isinstance(self.cpc, IncomingCall):
            self.cpc.handle(_In.RESET_ORDER, now)
        elif self.cpc is not None:
            self.cpc.handle(_Out.RESET_ORDER, now)

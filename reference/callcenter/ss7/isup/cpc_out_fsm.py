"""Call processing control outgoing (CPCO): a call that went out on a circuit.

Q.764 2.1 (set-up), 2.3 (release), 2.4 (suspend), 2.9.1.4 (dual seizure), 2.9.5.1 (unexpected messages),
2.9.6 (no RLC); SDL annex B. Before the first backward message the call can be tried again on another
circuit: the engine gets `Failed` for a dual seizure that we lose, BLO, CGB, RSC, GRS, UCIC and an
unexpected message.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.calls.primitives import (
    Cause,
    Charge,
    Charging,
    Check,
    Continuity,
    Digits,
    Failed,
    ForwardTransfer,
    Release,
    Resume,
    Setup,
    Suspend,
    Transparent,
)
from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.isup import continuity_fsm, ssc_fsm
from callcenter.ss7.isup.calls import (
    ISUP,
    all_of,
    answer_of,
    backward_primitive,
    initial_address,
    items_of,
    release,
    suspension,
)
from callcenter.ss7.isup.codec import Message
from callcenter.ss7.isup.compatibility import unpassed_message
from callcenter.ss7.isup.facilities import identity, rejected
from callcenter.ss7.isup.indicators import (
    BackwardCallIndicators,
    CallingPartysCategory,
    ContinuityIndicators,
    InformationIndicators,
    InformationRequestIndicators,
    SuspendResumeIndicators,
)
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import (
    ST,
    CallingPartyNumber,
    CauseIndicators,
    Parameter,
    SubsequentNumber,
)
from callcenter.ss7.isup.ssc_fsm import SegmentationControl
from callcenter.ss7.isup.supplementary import ChargeInformation
from callcenter.ss7.notices import What
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.isup.circuit import Circuit


class State(Enum):
    """States of an outgoing call."""

    IDLE = "idle"
    WAIT_FOR_ACM = "wait for address complete"
    WAIT_FOR_ANM = "wait for answer"
    ANSWERED = "answered"
    SUSPENDED = "suspended"
    WAIT_FOR_RLC = "wait for release complete"


class Event(Enum):
    """Messages, requests of the engine, timers."""

    SETUP = "Setup"
    DIGITS = "Digits"
    CONTINUITY = "Continuity"
    CHECKED = "continuity check passed"
    CHECK_FAILED = "continuity check failed"
    FREE = "recheck passed"
    FORWARD_TRANSFER = "ForwardTransfer"
    SUSPEND = "Suspend"
    RESUME = "Resume"
    PASS = "Transparent"
    RELEASE = "Release"
    CLEAR = "release by unrecognised information"
    IAM = "IAM"
    ACM = "ACM"
    CPG = "CPG"
    ANM = "ANM"
    CON = "CON"
    SUS = "SUS"
    RES = "RES"
    INR = "INR"
    MPM = "MPM"
    PASSED = "message that goes through"
    REL = "REL"
    RLC = "RLC"
    FORWARD = "message of the other direction"
    BLOCKED = "BLO or CGB received"
    UCIC = "UCIC"
    RESET = "RSC or GRS received"
    HARDWARE = "hardware failure"
    RESET_ORDER = "reset ordered"
    T1 = "T1"
    T2 = "T2"
    T5 = "T5"
    T6 = "T6"
    T7 = "T7"
    T9 = "T9"


S, E = State, Event
_UP: Final = (S.WAIT_FOR_ACM, S.WAIT_FOR_ANM, S.ANSWERED, S.SUSPENDED)

TABLE: Final[Table[State, Event]] = Table(
    "CPCO",
    State,
    Event,
    {
        (S.IDLE, E.SETUP): Transition("setup", S.WAIT_FOR_ACM, "Q.764 2.1.1"),
        (S.IDLE, E.FREE): Transition("free", S.WAIT_FOR_RLC, "Q.764 2.1.8"),
        (S.WAIT_FOR_ACM, E.DIGITS): Transition("more_digits", S.WAIT_FOR_ACM, "Q.764 2.1.2"),
        (S.WAIT_FOR_ACM, E.CONTINUITY): Transition("continuity", S.WAIT_FOR_ACM, "Q.764 2.1.8"),
        (S.WAIT_FOR_ACM, E.CHECKED): Transition("checked", S.WAIT_FOR_ACM, "Q.764 2.1.8"),
        (S.WAIT_FOR_ACM, E.CHECK_FAILED): Transition("check_failed", S.IDLE, "Q.764 2.1.8"),
        (S.WAIT_FOR_ACM, E.ACM): Transition("address_complete", S.WAIT_FOR_ANM, "Q.764 2.1.4"),
        (S.WAIT_FOR_ACM, E.CON): Transition("connected", S.ANSWERED, "Q.764 2.1.7"),
        (S.WAIT_FOR_ACM, E.INR): Transition("information", S.WAIT_FOR_ACM, "Q.764 2.1.9"),
        (S.WAIT_FOR_ACM, E.IAM): Transition("dual_seizure", (S.WAIT_FOR_ACM, S.IDLE), "Q.764 2.9.1.4"),
        (S.WAIT_FOR_ACM, E.T7): Transition("no_address_complete", S.WAIT_FOR_RLC, "Q.764 2.1.4"),
        (S.WAIT_FOR_ACM, E.BLOCKED): Transition("blocked", S.WAIT_FOR_RLC, "Q.764 2.8.2.1"),
        (S.WAIT_FOR_ACM, E.UCIC): Transition("unequipped", S.IDLE, "Q.764 2.12"),
        (S.WAIT_FOR_ACM, E.RLC): Transition("out_of_place", S.IDLE, "Q.764 2.9.5.1 c"),
        (S.WAIT_FOR_ACM, E.RESET): Transition("try_again", S.IDLE, "Q.764 2.9.3.1 e"),
        (S.WAIT_FOR_ACM, E.HARDWARE): Transition("try_again", S.IDLE, "Q.764 2.8.2.2"),
        (S.WAIT_FOR_ANM, E.CPG): Transition("progress", S.WAIT_FOR_ANM, "Q.764 2.1.6"),
        (S.WAIT_FOR_ANM, E.ANM): Transition("answered", S.ANSWERED, "Q.764 2.1.7"),
        (S.WAIT_FOR_ANM, E.T9): Transition("no_answer", S.WAIT_FOR_RLC, "Q.764 2.1.4"),
        (S.ANSWERED, E.SUS): Transition("suspended", S.SUSPENDED, "Q.764 2.4.1"),
        (S.SUSPENDED, E.RES): Transition("resumed", S.ANSWERED, "Q.764 2.4.2"),
        (S.SUSPENDED, E.SUS): Transition("suspended", S.SUSPENDED, "Q.764 2.4.1"),
        (S.SUSPENDED, E.T6): Transition("not_resumed", S.WAIT_FOR_RLC, "Q.764 2.4.3"),
        (S.SUSPENDED, E.T2): Transition("not_resumed", S.WAIT_FOR_RLC, "Q.733.4"),
        (S.WAIT_FOR_RLC, E.RLC): Transition("release_complete", S.IDLE, "Q.764 2.3"),
        (S.WAIT_FOR_RLC, E.REL): Transition("collision", S.WAIT_FOR_RLC, "Q.764 2.3.1"),
        (S.WAIT_FOR_RLC, E.T1): Transition("release_again", S.WAIT_FOR_RLC, "Q.764 2.9.6"),
        (S.WAIT_FOR_RLC, E.T5): Transition("release_failed", S.IDLE, "Q.764 2.9.6"),
        (S.WAIT_FOR_RLC, E.RESET): Transition("release_complete", S.IDLE, "Q.764 2.9.3.1"),
        (S.WAIT_FOR_RLC, E.HARDWARE): Transition("release_complete", S.IDLE, "Q.764 2.8.2.2"),
        (S.WAIT_FOR_RLC, E.RESET_ORDER): Transition("release_complete", S.IDLE, "Q.764 2.9.3.1"),
        (S.WAIT_FOR_RLC, E.UCIC): Transition("release_complete", S.IDLE, "Q.764 2.12"),
    }
    | {(s, E.CPG): Transition("passed", s, "Q.733.2, Q.734.1") for s in (S.ANSWERED, S.SUSPENDED)}
    | {(s, E.SUSPEND): Transition("suspend", s, "Q.764 2.4.1") for s in (S.ANSWERED, S.SUSPENDED)}
    | {(s, E.RESUME): Transition("resume", s, "Q.764 2.4.2") for s in (S.ANSWERED, S.SUSPENDED)}
    | {(s, E.FORWARD_TRANSFER): Transition("forward_transfer", s, "Q.764 2.1.11") for s in _UP[1:]}
    | {(s, E.MPM): Transition("metering", s, "YDN 038: unverified") for s in _UP[2:]}
    | {(s, E.PASSED): Transition("passed", s, "Q.764 2.9.5.3.2") for s in _UP[1:]}
    | {(s, E.PASS): Transition("pass_forward", s, "Q.764 2.9.5.3.2") for s in _UP}
    | {(s, E.RELEASE): Transition("release", S.WAIT_FOR_RLC, "Q.764 2.3") for s in _UP}
    | {(s, E.CLEAR): Transition("clear", S.WAIT_FOR_RLC, "Q.764 2.9.5.3") for s in _UP}
    | {(s, E.REL): Transition("released", S.IDLE, "Q.764 2.3") for s in _UP}
    | {(s, E.RESET_ORDER): Transition("reset_order", S.IDLE, "Q.764 2.9.3.1") for s in _UP}
    | {(s, E.RLC): Transition("out_of_place", S.IDLE, "Q.764 2.9.5.1 c") for s in _UP[1:]}
    | {(s, E.RESET): Transition("reset", S.IDLE, "Q.764 2.9.3.1 a") for s in _UP[1:]}
    | {(s, E.HARDWARE): Transition("reset", S.IDLE, "Q.764 2.8.2.2") for s in _UP[1:]}
    | {
        (S.WAIT_FOR_ACM, e): Transition("out_of_place", S.IDLE, "Q.764 2.9.5.1 d")
        for e in (E.CPG, E.ANM, E.SUS, E.RES, E.FORWARD)
    },
    unexpected=Unexpected.COUNT,
)


class OutgoingCall(Machine[State, Event]):
    """One outgoing call on `circuit`."""

    table = TABLE
    direction = "outgoing"

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} CPCO", State.IDLE)
        self.circuit = circuit
        self._asked: int | None = None
        """Cause of the release the engine asked for, which `Released` answers."""
        self._release: tuple[Parameter, ...] = (CauseIndicators(16),)
        """The REL, which T1 repeats."""
        self._setup: Setup | None = None
        self._charge = int(Charge.CHARGE)
        """Charge indicator of the last backward message that had one."""
        self._transit = circuit.services.config.transit
        self.segments = SegmentationControl(self)

    def recover(self, now: Instant, *, suspended: bool) -> None:
        """Go on with an answered call; a called party who has hung up is guarded anew."""
        self.state = State.SUSPENDED if suspended else State.ANSWERED
        if suspended:
            self.circuit.start(self, "T6", now)

    @property
    def waits(self) -> bool:
        """Whether no backward message has come yet."""
        return self.state is State.WAIT_FOR_ACM

    # set-up

    def setup(self, now: Instant, primitive: Setup) -> None:
        """The engine seizes the circuit. Raises `ValueError` for numbers that are not digits."""
        circuit = self.circuit
        self._setup = primitive
        check = 2 if primitive.check == Check.AWAITED else int(circuit.services.check_due(circuit.leg.group))
        config, group = circuit.services.config, circuit.leg.group
        message = initial_address(circuit.cic, primitive, config, check=check, group=group)
        circuit.send_message(message)
        circuit.start(self, "T7", now)
        if check == 1:
            circuit.check.handle(continuity_fsm.Event.START, now)

    def more_digits(self, now: Instant, primitive: Digits) -> None:
        """SAM; ST when the number is complete. Raises `ValueError` for what are no digits."""
        send_st = primitive.complete and (self.circuit.services.config.send_st or not primitive.digits)
        digits = primitive.digits + (ST if send_st else "")
        self.circuit.send(Type.SAM, SubsequentNumber(digits))
        self.circuit.start(self, "T7", now)

    def continuity(self, now: Instant, primitive: Continuity) -> None:
        """COT for a check of a previous circuit."""
        self.circuit.send(Type.COT, ContinuityIndicators(int(primitive.successful)))
        self.circuit.start(self, "T7", now)

    def checked(self, now: Instant) -> None:
        """COT: our check passed. The wait for ACM begins anew (Q.764 2.1.8)."""
        self.circuit.send(Type.COT, ContinuityIndicators(1))
        self.circuit.start(self, "T7", now)

    def check_failed(self, now: Instant) -> None:
        """COT (failed) has been sent: the call is tried on another circuit, this one is checked again."""
        self.circuit.stop(self, "T7")
        self.circuit.end(self)
        self.circuit.indicate(Failed(Cause.TEMPORARY_FAILURE))

    def free(self, now: Instant) -> None:
        """The recheck passed: REL brings the circuit back to idle."""
        self._send_release(Cause.NORMAL_CLEARING, now)

    def address_complete(self, now: Instant, message: Message) -> None:
        """ACM."""
        self.circuit.stop(self, "T7")
        self.circuit.start(self, "T9", now)
        self.progress(now, message)

    def progress(self, now: Instant, message: Message) -> None:
        """CPG, or what an ACM says."""
        indicators = message.get(BackwardCallIndicators)
        if indicators is not None and indicators.charge:
            self._charge = indicators.charge
        self.circuit.indicate(backward_primitive(message, transit=self._transit))

    def answered(self, now: Instant, message: Message) -> None:
        """ANM."""
        self.circuit.stop(self, "T9")
        self.circuit.indicate(answer_of(message, self._charge, transit=self._transit))

    def connected(self, now: Instant, message: Message) -> None:
        """CON: answer without ACM."""
        self.circuit.stop(self, "T7")
        self.circuit.indicate(answer_of(message, self._charge, transit=self._transit))

    def information(self, now: Instant, message: Message) -> None:
        """INR (national use): calling number and category, as far as asked for and known."""
        asked = message.get(InformationRequestIndicators) or InformationRequestIndicators()
        setup, found = self._setup, []
        known = setup is not None and setup.calling
        if setup is not None and setup.calling and asked.calling_address:
            presentation = int(setup.calling_restricted)
            found.append(CallingPartyNumber(setup.calling, setup.calling_nature, presentation=presentation))
        category: list[Parameter] = []
        if setup is not None and asked.calling_category:
            category.append(CallingPartysCategory(setup.category))
        address = (3 if known else 1) if asked.calling_address else 0
        indicators = InformationIndicators(address, calling_category=len(category))
        self.circuit.send(Type.INF, indicators, *found, *category)

    def metering(self, now: Instant, message: Message) -> None:
        """MPM."""
        charge = message.get(ChargeInformation)
        self.circuit.indicate(Charging(0 if charge is None else charge.pulses))

    def forward_transfer(self, now: Instant, primitive: ForwardTransfer) -> None:
        """FOT."""
        self.circuit.send(Type.FOT, *items_of(primitive.transparent))

    def passed(self, now: Instant, message: Message) -> None:
        """A message that is nothing to us, for the other leg of a call in transit. At the end of the call a
        facility that is asked for is refused, and the calling party identified."""
        if message.kind == Type.FAR and not self._transit:
            self.circuit.send(Type.FRJ, *rejected(message))
            return
        if message.kind == Type.IDR and not self._transit:
            self.circuit.send(Type.IRS, *identity(message, self._setup))
            return
        self.circuit.indicate(Transparent(ISUP, (message,), *unpassed_message(message)))

    def pass_forward(self, now: Instant, primitive: Transparent) -> None:
        """A message of the other leg."""
        self.circuit.pass_on(primitive)

    def dual_seizure(self, now: Instant, message: Message) -> State:
        """IAM for an IAM: on circuits that we control ours goes on, on the others theirs."""
        self.circuit.note(What.DUAL_SEIZURE, "ours goes on" if self.circuit.controlled else "theirs goes on")
        if self.circuit.controlled:
            return State.WAIT_FOR_ACM
        self.try_again(now)
        self.circuit.incoming(now, message)
        return State.IDLE

    # trouble before the first backward message

    def try_again(self, now: Instant) -> None:
        """The call is to be tried on another circuit (Q.764 2.2.1, automatic repeat attempt)."""
        self._end(now)
        self.circuit.indicate(Failed())

    def unequipped(self, now: Instant, message: Message) -> None:
        """UCIC in answer to the IAM."""
        self.try_again(now)

    def blocked(self, now: Instant) -> None:
        """The far end blocked the circuit while our IAM was under way."""
        self.circuit.indicate(Failed())
        self._send_release(Cause.NORMAL_UNSPECIFIED, now)

    def no_address_complete(self, now: Instant) -> None:
        """T7."""
        self.clear(now, Cause.NORMAL_UNSPECIFIED)

    def no_answer(self, now: Instant) -> None:
        """T9: no answer from user."""
        self.clear(now, Cause.NO_ANSWER)

    # suspend

    def suspend(self, now: Instant, primitive: Suspend) -> None:
        """SUS: the calling party of a call in transit has suspended it."""
        self.circuit.send(Type.SUS, *suspension(primitive))

    def resume(self, now: Instant, primitive: Resume) -> None:
        """RES."""
        self.circuit.send(Type.RES, *suspension(primitive))

    def suspended(self, now: Instant, message: Message) -> None:
        """SUS: T6 for the network, T2 for a user."""
        indicators = message.get(SuspendResumeIndicators)
        network = indicators is not None and indicators.network
        self.circuit.start(self, "T6" if network else "T2", now)
        self.circuit.note(What.SUSPENDED, "network" if network else "user")
        self.circuit.indicate(Suspend(bool(network), all_of(message) if self._transit else None))

    def resumed(self, now: Instant, message: Message) -> None:
        """RES."""
        self.circuit.stop(self, "T2", "T6")
        self.circuit.note(What.RESUMED)
        indicators = message.get(SuspendResumeIndicators)
        network = indicators is not None and bool(indicators.network)
        self.circuit.indicate(Resume(network, all_of(message) if self._transit else None))

    def not_resumed(self, now: Instant) -> None:
        """T6 or T2."""
        self.clear(now, Cause.RECOVERY_ON_TIMER_EXPIRY)

    # release

    def release(self, now: Instant, primitive: Release) -> None:
        """The engine clears."""
        self._asked = primitive.cause
        self._send_release(primitive.cause, now, *release(primitive))

    def clear(self, now: Instant, cause: int) -> None:
        """We clear on our own account."""
        self.circuit.release_indication(cause)
        self._send_release(cause, now)

    def _send_release(self, cause: int, now: Instant, *parameters: Parameter) -> None:
        self._quiet(now)
        self._release = parameters or (CauseIndicators(cause),)
        self.circuit.send_release(self._release)
        self.circuit.start(self, "T1", now)
        self.circuit.start(self, "T5", now)

    def release_again(self, now: Instant) -> None:
        """T1."""
        self.circuit.send_release(self._release)
        self.circuit.start(self, "T1", now)

    def released(self, now: Instant, message: Message) -> None:
        """REL: the far end clears; the circuit can be selected again, so RLC is sent at once."""
        self._end(now)
        self.circuit.send(Type.RLC)
        self.circuit.far_release(message)

    def collision(self, now: Instant, message: Message) -> None:
        """REL crossed ours."""
        self.circuit.send(Type.RLC)

    def release_complete(self, now: Instant, message: Message | None = None) -> None:
        """RLC, or a reset in its place."""
        self._end(now)
        if self._asked is not None:
            self.circuit.released(self._asked)

    def release_failed(self, now: Instant) -> None:
        """T5: RSC, repeated by T17."""
        self.release_complete(now)
        self.circuit.note(What.NOT_ACKNOWLEDGED, "REL", alert=True)
        self.circuit.reset_sent(now, after_t5=True)

    def out_of_place(self, now: Instant, message: Message) -> None:
        """A message that must not come now resets the circuit."""
        self.circuit.note(What.UNEXPECTED, f"{message.name} in {self.state.value}")
        self.reset_after_it(now, again=message.kind != Type.RLC)

    def reset_after_it(self, now: Instant, *, again: bool = True) -> None:
        """Reset the circuit; try the call `again` if no backward message has come yet."""
        self._end(now)
        if again and self.state is State.WAIT_FOR_ACM:
            self.circuit.indicate(Failed())
        else:
            self.circuit.release_indication(Cause.NORMAL_UNSPECIFIED)
        self.circuit.reset_sent(now)

    def reset(self, now: Instant) -> None:
        """RSC, GRS or a hardware failure: the call is gone without further messages."""
        self._end(now)
        self.circuit.release_indication(Cause.NORMAL_UNSPECIFIED)

    def reset_order(self, now: Instant) -> None:
        """Maintenance resets the circuit."""
        self._end(now)
        self.circuit.released(Cause.NORMAL_UNSPECIFIED)

    def _quiet(self, now: Instant) -> None:
        self.circuit.stop(self, "T1", "T2", "T5", "T6", "T7", "T9")
        self.segments.handle(ssc_fsm.Event.STOP, now)
        self.circuit.check.handle(continuity_fsm.Event.STOP, now)

    def _end(self, now: Instant) -> None:
        self._quiet(now)
        self.circuit.end(self)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event[timer], now)

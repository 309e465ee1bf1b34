"""Call processing control incoming (CPCI): a call that came in on a circuit.

Q.764 2.1 (set-up), 2.3 (release), 2.9.5.1 (unexpected messages), 2.9.6 (no RLC); SDL annex B. The first
backward message of a call is ACM or CON: before it an unexpected message resets the circuit, after it such
a message is discarded. RLC that answers nothing always resets the circuit.

Segmentation (T34), information asked for (T33), overlap address signalling (T35, T10) and continuity (T8) are
waited for together; the call is offered to the engine when nothing is missing any more. An engine with calls
in transit is offered it with the least number of digits, and told the rest and the outcome of the check.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Charging,
    Check,
    Continuity,
    Digits,
    Discard,
    ForwardTransfer,
    Proceeding,
    Progress,
    Release,
    Resume,
    Suspend,
    Transparent,
)
from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.isup.calls import (
    ISUP,
    Offered,
    acm,
    all_of,
    answer,
    call_progress,
    connect,
    release,
    suspension,
)
from callcenter.ss7.isup.codec import Message
from callcenter.ss7.isup.compatibility import unpassed_message
from callcenter.ss7.isup.delay import history
from callcenter.ss7.isup.facilities import connected_number, not_provided, refusal, rejected
from callcenter.ss7.isup.indicators import (
    CallingPartysCategory,
    ContinuityIndicators,
    InformationRequestIndicators,
    SuspendResumeIndicators,
)
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import (
    CalledPartyNumber,
    CauseIndicators,
    ConnectedNumber,
    Parameter,
    SubsequentNumber,
)
from callcenter.ss7.isup.supplementary import ChargeInformation
from callcenter.ss7.notices import What
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.isup.circuit import Circuit


class State(Enum):
    """States of an incoming call."""

    IDLE = "idle"
    WAIT_FOR_ADDRESS = "wait for address"
    WAIT_FOR_CONTINUITY = "wait for continuity"
    WAIT_FOR_ACM = "wait for address complete from the engine"
    WAIT_FOR_ANM = "wait for answer from the engine"
    ANSWERED = "answered"
    WAIT_FOR_RLC = "wait for release complete"
    CONTINUITY_FAILED = "wait for continuity check request"
    CONTINUITY_RECHECK = "continuity recheck"


class Event(Enum):
    """Messages, requests of the engine, timers."""

    IAM = "IAM"
    SAM = "SAM"
    SGM = "SGM"
    COT_SUCCESS = "COT successful"
    COT_FAILURE = "COT failed"
    CCR = "CCR"
    INF = "INF"
    FOT = "FOT"
    PASSED = "message that goes through"
    SUS = "SUS"
    RES = "RES"
    REL = "REL"
    RLC = "RLC"
    BACKWARD = "message of the other direction"
    RESET = "RSC or GRS received"
    HARDWARE = "hardware failure"
    RESET_ORDER = "reset ordered"
    PROCEEDING = "Proceeding"
    ALERTING = "Alerting"
    PROGRESS = "Progress"
    ANSWER = "Answer"
    SUSPEND = "Suspend"
    RESUME = "Resume"
    CHARGING = "Charging"
    PASS = "Transparent"
    DISCARD = "Discard"
    CPG = "CPG"
    RELEASE = "Release"
    CLEAR = "release by unrecognised information"
    T1 = "T1"
    T5 = "T5"
    T8 = "T8"
    T10 = "T10"
    T27 = "T27"
    T33 = "T33"
    T34 = "T34"
    T35 = "T35"
    T36 = "T36"
    T38 = "T38"


S, E = State, Event
_COLLECT: Final = (S.WAIT_FOR_ADDRESS, S.WAIT_FOR_CONTINUITY, S.WAIT_FOR_ACM)
_COLLECTED: Final = (*_COLLECT, S.WAIT_FOR_RLC)
_WAITING: Final = (S.WAIT_FOR_ADDRESS, S.WAIT_FOR_CONTINUITY)
_KNOWN: Final = (S.WAIT_FOR_ACM, S.WAIT_FOR_ANM, S.ANSWERED)
_UP: Final = (*_COLLECT, S.WAIT_FOR_ANM, S.ANSWERED)
_CHECK: Final = (S.CONTINUITY_FAILED, S.CONTINUITY_RECHECK)

TABLE: Final[Table[State, Event]] = Table(
    "CPCI",
    State,
    Event,
    {
        (S.IDLE, E.IAM): Transition("seized", _COLLECTED, "Q.764 2.1.1"),
        (S.IDLE, E.CCR): Transition("recheck", S.CONTINUITY_RECHECK, "Q.764 2.1.8"),
        (S.WAIT_FOR_ADDRESS, E.SAM): Transition("more_digits", _COLLECTED, "Q.764 2.1.2"),
        (S.WAIT_FOR_ADDRESS, E.SGM): Transition("segment", _COLLECTED, "Q.764 2.1.12"),
        (S.WAIT_FOR_ADDRESS, E.T34): Transition("no_segment", _COLLECTED, "Q.764 2.1.12"),
        (S.WAIT_FOR_ADDRESS, E.INF): Transition("information", _COLLECTED, "Q.764 2.1.9"),
        (S.WAIT_FOR_ADDRESS, E.T33): Transition("no_information", S.WAIT_FOR_RLC, "Q.764 2.1.9"),
        (S.WAIT_FOR_ADDRESS, E.T10): Transition("no_more_digits", _COLLECTED, "Q.764 table A.1"),
        (S.WAIT_FOR_ADDRESS, E.T35): Transition("incomplete", S.WAIT_FOR_RLC, "Q.764 2.2.5"),
        (S.WAIT_FOR_ACM, E.SAM): Transition("digits_after", S.WAIT_FOR_ACM, "Q.764 2.1.2"),
        (S.WAIT_FOR_ACM, E.SGM): Transition("late", S.WAIT_FOR_ACM),
        (S.WAIT_FOR_ACM, E.COT_SUCCESS): Transition("continuity_after", S.WAIT_FOR_ACM, "Q.764 2.1.8"),
        (S.WAIT_FOR_ACM, E.COT_FAILURE): Transition("failed_after", S.CONTINUITY_FAILED, "Q.764 2.1.8"),
        (S.WAIT_FOR_ACM, E.T8): Transition("no_continuity", S.WAIT_FOR_RLC, "Q.764 2.9.8.3"),
        (S.WAIT_FOR_ACM, E.PROCEEDING): Transition("address_complete", S.WAIT_FOR_ANM, "Q.764 2.1.4"),
        (S.WAIT_FOR_ACM, E.ALERTING): Transition("address_complete", S.WAIT_FOR_ANM, "Q.764 2.1.4"),
        (S.WAIT_FOR_ACM, E.ANSWER): Transition("connected", S.ANSWERED, "Q.764 2.1.7"),
        (S.WAIT_FOR_ANM, E.ALERTING): Transition("progress", S.WAIT_FOR_ANM, "Q.764 2.1.6"),
        (S.WAIT_FOR_ANM, E.PROGRESS): Transition("progress", S.WAIT_FOR_ANM, "Q.764 2.1.6"),
        (S.WAIT_FOR_ANM, E.ANSWER): Transition("answered", S.ANSWERED, "Q.764 2.1.7"),
        (S.WAIT_FOR_ACM, E.DISCARD): Transition("discard", S.IDLE, "Q.764 2.9.5.3.3"),
        (S.ANSWERED, E.CPG): Transition("passed", S.ANSWERED, "Q.733.2, Q.734.1"),
        (S.ANSWERED, E.SUS): Transition("suspended", S.ANSWERED, "Q.764 2.4"),
        (S.ANSWERED, E.RES): Transition("resumed", S.ANSWERED, "Q.764 2.4"),
        (S.ANSWERED, E.SUSPEND): Transition("suspend", S.ANSWERED, "Q.764 2.4.1"),
        (S.ANSWERED, E.RESUME): Transition("resume", S.ANSWERED, "Q.764 2.4.2"),
        (S.ANSWERED, E.CHARGING): Transition("charging", S.ANSWERED, "YDN 038: unverified"),
        (S.ANSWERED, E.T38): Transition("not_resumed", S.WAIT_FOR_RLC, "Q.764 2.4.3"),
        (S.WAIT_FOR_RLC, E.RLC): Transition("release_complete", S.IDLE, "Q.764 2.3"),
        (S.WAIT_FOR_RLC, E.REL): Transition("collision", S.WAIT_FOR_RLC, "Q.764 2.3.1"),
        (S.WAIT_FOR_RLC, E.T1): Transition("release_again", S.WAIT_FOR_RLC, "Q.764 2.9.6"),
        (S.WAIT_FOR_RLC, E.T5): Transition("release_failed", S.IDLE, "Q.764 2.9.6"),
        (S.CONTINUITY_FAILED, E.CCR): Transition("recheck", S.CONTINUITY_RECHECK, "Q.764 2.1.8"),
        (S.CONTINUITY_FAILED, E.T27): Transition("recheck_missing", S.IDLE, "Q.764 2.1.8"),
        (S.CONTINUITY_RECHECK, E.COT_FAILURE): Transition("failed", S.CONTINUITY_FAILED, "Q.764 2.1.8"),
        (S.CONTINUITY_RECHECK, E.COT_SUCCESS): Transition("good_again", S.CONTINUITY_RECHECK, "Q.764 2.1.8"),
        (S.CONTINUITY_RECHECK, E.T36): Transition("recheck_without_end", S.IDLE, "Q.764 2.1.8: unverified"),
    }
    | {(s, E.COT_SUCCESS): Transition("continuity", _COLLECTED, "Q.764 2.1.8") for s in _WAITING}
    | {(s, E.COT_FAILURE): Transition("failed", S.CONTINUITY_FAILED, "Q.764 2.1.8") for s in _WAITING}
    | {(s, E.T8): Transition("no_continuity", S.WAIT_FOR_RLC, "Q.764 2.9.8.3") for s in _WAITING}
    | {(s, E.RELEASE): Transition("release", S.WAIT_FOR_RLC, "Q.764 2.3") for s in _KNOWN}
    | {(s, E.CLEAR): Transition("clear", S.WAIT_FOR_RLC, "Q.764 2.9.5.3") for s in (S.IDLE, *_UP)}
    | {(s, E.REL): Transition("released", S.IDLE, "Q.764 2.3") for s in (*_UP, *_CHECK)}
    | {(s, E.RLC): Transition("out_of_place", S.IDLE, "Q.764 2.9.5.1 c") for s in (*_UP, *_CHECK)}
    | {
        (s, e): Transition("out_of_place", S.IDLE, "Q.764 2.9.5.1 d")
        for s in _COLLECT
        for e in (E.IAM, E.CCR, E.SUS, E.RES, E.BACKWARD)
    }
    | {(s, E.CPG): Transition("out_of_place", S.IDLE, "Q.764 2.9.5.1 d") for s in _COLLECT}
    | {(s, E.FOT): Transition("forward_transfer", s, "Q.764 2.1.11") for s in (S.WAIT_FOR_ANM, S.ANSWERED)}
    | {(s, E.PASSED): Transition("passed", s, "Q.764 2.9.5.3.2") for s in _KNOWN}
    | {(s, E.PASS): Transition("pass_back", s, "Q.764 2.9.5.3.2") for s in _KNOWN}
    | {(s, E.RESET): Transition("reset", S.IDLE, "Q.764 2.9.3.1") for s in State if s is not S.IDLE}
    | {(s, E.HARDWARE): Transition("reset", S.IDLE, "Q.764 2.8.2.2") for s in State if s is not S.IDLE}
    | {
        (s, E.RESET_ORDER): Transition("reset_order", S.IDLE, "Q.764 2.9.3.1")
        for s in State
        if s is not S.IDLE
    },
    unexpected=Unexpected.COUNT,
)


class IncomingCall(Machine[State, Event]):
    """One incoming call on `circuit`."""

    table = TABLE
    direction = "incoming"

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} CPCI", State.IDLE)
        self.circuit = circuit
        self.offered: Offered | None = None
        self._segment_missing = False
        self._digits_missing = False
        self._continuity_missing = False
        self._information_missing = False
        self._told_digits = True
        """The engine knows that the number is complete."""
        self._asked: int | None = None
        """Cause of the release the engine asked for, which `Released` answers."""
        self._release: tuple[Parameter, ...] = (CauseIndicators(16),)
        """The REL, which T1 repeats."""

    def recover(self, now: Instant, *, suspended: bool) -> None:
        """Go on with an answered call; a called party who has hung up is guarded anew."""
        self.state = State.ANSWERED
        if suspended and self.circuit.services.config.gateway:
            self.circuit.start(self, "T38", now)

    # set-up

    def seized(self, now: Instant, message: Message) -> State:
        """IAM on an idle circuit."""
        offered = Offered.of(message)
        self.offered = offered
        self._segment_missing = offered.segmented
        self._continuity_missing = offered.continuity_check != 0
        if self._continuity_missing:
            self.circuit.start(self, "T8", now)
        if offered.continuity_check == 1:
            self.circuit.loop(on=True)
        if self._segment_missing:
            self.circuit.start(self, "T34", now)
        self._information_missing = self.circuit.services.config.ask_calling and offered.anonymous
        if self._information_missing:
            self.circuit.send(Type.INR, InformationRequestIndicators(calling_address=1))
            self.circuit.start(self, "T33", now)
        return self._digits(now)

    def _digits(self, now: Instant) -> State:
        """Look whether the number is complete (Q.764 2.1.2), then go on."""
        self._digits_missing = self._count_digits(now)
        return self._next(now)

    def _count_digits(self, now: Instant) -> bool:
        """Start the timer that digits are waited for with; whether more may come."""
        assert self.offered is not None
        config = self.circuit.services.config
        count, minimum = len(self.offered.called), config.minimum_digits
        whole = not config.transit and count >= max(minimum, config.maximum_digits)
        missing = not self.offered.st and not whole
        self.circuit.stop(self, "T10", "T35")
        if missing and count < minimum:
            self.circuit.start(self, "T35", now)
        elif missing and not config.transit:
            self.circuit.start(self, "T10", now)
        return missing

    def _next(self, now: Instant) -> State:
        assert self.offered is not None
        config = self.circuit.services.config
        enough = config.transit and len(self.offered.called) >= config.minimum_digits
        if self._segment_missing or self._information_missing or (self._digits_missing and not enough):
            return State.WAIT_FOR_ADDRESS
        if self._continuity_missing and not config.transit:
            return State.WAIT_FOR_CONTINUITY
        refused = None if config.transit else refusal(self.offered.optional)
        if refused is not None:
            self._send_release(refused, now)
            return State.WAIT_FOR_RLC
        self._told_digits = not self._digits_missing
        check = Check.AWAITED if self._continuity_missing else Check.DONE
        self.circuit.indicate(
            self.offered.setup(complete=self._told_digits, check=check, transit=config.transit)
        )
        return State.WAIT_FOR_ACM

    def digits_after(self, now: Instant, message: Message) -> None:
        """SAM for an engine that has the call already."""
        more = message.get(SubsequentNumber)
        if self._told_digits or more is None or self.offered is None:
            return
        digits = self.offered.add_digits(more.digits)
        self._told_digits = not self._count_digits(now)
        self.circuit.indicate(Digits(digits, self._told_digits))

    def continuity_after(self, now: Instant, message: Message) -> None:
        """COT for an engine that has the call already."""
        if not self._continuity_missing:
            return
        self.circuit.stop(self, "T8")
        self.circuit.loop(on=False)
        self._continuity_missing = False
        self.circuit.indicate(Continuity(successful=True))

    def failed_after(self, now: Instant, message: Message) -> None:
        """COT failed: the engine loses the call."""
        self.circuit.release_indication(41)
        self.failed(now, message)

    def more_digits(self, now: Instant, message: Message) -> State:
        """SAM (Q.764 2.1.2). In the place of a segment it says that the segment is lost (Q.764 2.1.12)."""
        assert self.offered is not None
        self.circuit.stop(self, "T34")
        self._segment_missing = False
        more = message.get(SubsequentNumber)
        if more is not None:
            self.offered.add_digits(more.digits)
        return self._digits(now)

    def segment(self, now: Instant, message: Message) -> State:
        """SGM: the rest of the IAM's optional parameters (Q.764 2.1.12)."""
        assert self.offered is not None
        self.circuit.stop(self, "T34")
        self._segment_missing = False
        self.offered.add_segment(message)
        return self._next(now)

    def no_segment(self, now: Instant) -> State:
        """T34: go on with what there is."""
        self._segment_missing = False
        return self._next(now)

    def information(self, now: Instant, message: Message) -> State:
        """INF: the calling number that was asked for, if there is one."""
        assert self.offered is not None
        self.circuit.stop(self, "T33")
        self._information_missing = False
        self.offered.add_segment(message)
        category = message.get(CallingPartysCategory)
        if category is not None:
            self.offered.optional.remove(category)
        return self._next(now)

    def no_information(self, now: Instant) -> None:
        """T33: the call is released, maintenance alerted."""
        self.circuit.note(What.NOT_ACKNOWLEDGED, "INR", alert=True)
        self._send_release(31, now)

    def no_more_digits(self, now: Instant) -> State:
        """T10: the number is complete."""
        self._digits_missing = False
        return self._next(now)

    def incomplete(self, now: Instant) -> None:
        """T35: address incomplete, cause 28. The engine has not heard of the call yet."""
        self._send_release(28, now)

    def continuity(self, now: Instant, message: Message) -> State:
        """COT: the circuit is good."""
        self.circuit.stop(self, "T8")
        self.circuit.loop(on=False)
        self._continuity_missing = False
        return self._next(now)

    def no_continuity(self, now: Instant) -> None:
        """T8: release, cause 41 temporary failure; an engine that has the call already loses it."""
        self.clear(now, 41)

    def failed(self, now: Instant, message: Message) -> None:
        """COT failed: the call comes again on another circuit, this one is checked again."""
        self._quiet()
        self.circuit.note(What.CONTINUITY_FAILED)
        self.circuit.start(self, "T27", now)

    def recheck(self, now: Instant, message: Message) -> None:
        """CCR."""
        self.circuit.stop(self, "T27")
        self.circuit.start(self, "T36", now)
        self.circuit.loop(on=True)

    def good_again(self, now: Instant, message: Message) -> None:
        """COT after a recheck: REL will follow."""
        self.circuit.stop(self, "T36")

    def recheck_missing(self, now: Instant) -> None:
        """T27: no CCR; the circuit is reset."""
        self._reset_unchecked("no CCR", now)

    def recheck_without_end(self, now: Instant) -> None:
        """T36: neither COT nor REL after CCR; the circuit is reset."""
        self._reset_unchecked("no end of the recheck", now)

    def _reset_unchecked(self, why: str, now: Instant) -> None:
        self._end()
        self.circuit.note(What.CONTINUITY_FAILED, why, alert=True)
        self.circuit.reset_sent(now)

    # backward messages

    def address_complete(self, now: Instant, primitive: Proceeding | Alerting) -> None:
        """ACM."""
        self.circuit.send(Type.ACM, *acm(primitive), *self._not_provided())

    def progress(self, now: Instant, primitive: Alerting | Progress) -> None:
        """CPG."""
        self.circuit.send(Type.CPG, *call_progress(primitive))

    def answered(self, now: Instant, primitive: Answer) -> None:
        """ANM."""
        self.circuit.send(Type.ANM, *self._connected(answer(primitive)))

    def connected(self, now: Instant, primitive: Answer) -> None:
        """CON: answered before any ACM was sent."""
        self.circuit.send(Type.CON, *self._connected(connect(primitive)), *self._not_provided())

    def _not_provided(self) -> list[Parameter]:
        """What an end of the call says about services that it has not."""
        if self.offered is None or self.circuit.services.config.transit:
            return []
        return not_provided(self.offered.optional)

    def _connected(self, parameters: list[Parameter]) -> list[Parameter]:
        """`parameters` with the delay that was counted, unless the far end has told of it, and the connected
        number, where the call asks for it and ends here."""
        config = self.circuit.services.config
        if self.offered is None:
            return parameters
        parameters = parameters + history(self.offered.optional, parameters, config)
        if config.transit:
            return parameters
        given = any(isinstance(each, ConnectedNumber) for each in parameters)
        called = self.offered.iam.get(CalledPartyNumber)
        return parameters if given else parameters + connected_number(called, self.offered.optional)

    def suspended(self, now: Instant, message: Message) -> None:
        """SUS of the calling side: the controlling exchange supervises it; in transit it goes on."""
        self.circuit.note(What.SUSPENDED)
        self.circuit.indicate(Suspend(_by_network(message), self._all_of(message)))

    def resumed(self, now: Instant, message: Message) -> None:
        """RES."""
        self.circuit.note(What.RESUMED)
        self.circuit.indicate(Resume(_by_network(message), self._all_of(message)))

    def _all_of(self, message: Message) -> Transparent | None:
        """What a message brings along in transit."""
        return all_of(message) if self.circuit.services.config.transit else None

    def suspend(self, now: Instant, primitive: Suspend) -> None:
        """SUS: the called party has hung up and may come back; T6 of the controlling exchange guards it."""
        self.circuit.send(Type.SUS, *suspension(primitive))
        if self.circuit.services.config.gateway and primitive.by_network:
            self.circuit.start(self, "T38", now)

    def resume(self, now: Instant, primitive: Resume) -> None:
        """RES."""
        self.circuit.stop(self, "T38")
        self.circuit.send(Type.RES, *suspension(primitive))

    def not_resumed(self, now: Instant) -> None:
        """T38."""
        self.clear(now, 102)

    def charging(self, now: Instant, primitive: Charging) -> None:
        """MPM."""
        self.circuit.send(Type.MPM, ChargeInformation(primitive.pulses))

    def forward_transfer(self, now: Instant, message: Message) -> None:
        """FOT."""
        self.circuit.indicate(ForwardTransfer(self._all_of(message)))

    def passed(self, now: Instant, message: Message) -> None:
        """A message that is nothing to us, for the other leg of a call in transit. At the end of the call a
        facility that is asked for is refused."""
        if message.kind == Type.FAR and not self.circuit.services.config.transit:
            self.circuit.send(Type.FRJ, *rejected(message))
            return
        self.circuit.indicate(Transparent(ISUP, (message,), *unpassed_message(message)))

    def pass_back(self, now: Instant, primitive: Transparent) -> None:
        """A message of the other leg."""
        self.circuit.pass_on(primitive)

    def late(self, now: Instant, message: Message) -> None:
        """SGM when all is known: no harm."""

    def discard(self, now: Instant, primitive: Discard) -> None:
        """The IAM could not be passed on, and is to be discarded then: as if it had not come."""
        self.circuit.note(What.UNRECOGNISED, "parameter in IAM: discarded, cannot be passed on")
        self._end()

    # release

    def release(self, now: Instant, primitive: Release) -> None:
        """The engine clears."""
        self._asked = primitive.cause
        self._send_release(primitive.cause, now, *release(primitive))

    def clear(self, now: Instant, cause: int) -> None:
        """We clear on our own account."""
        if self._known:
            self.circuit.release_indication(cause)
        self._send_release(cause, now)

    def _send_release(self, cause: int, now: Instant, *parameters: Parameter) -> None:
        self._quiet()
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
        self._end()
        self.circuit.send(Type.RLC)
        if self._known:
            self.circuit.far_release(message)

    def collision(self, now: Instant, message: Message) -> None:
        """REL crossed ours."""
        self.circuit.send(Type.RLC)

    def release_complete(self, now: Instant, message: Message) -> None:
        """RLC."""
        self._finish()

    def release_failed(self, now: Instant) -> None:
        """T5: RSC, repeated by T17."""
        self._finish()
        self.circuit.note(What.NOT_ACKNOWLEDGED, "REL", alert=True)
        self.circuit.reset_sent(now, after_t5=True)

    def reset_after_it(self, now: Instant) -> None:
        """Reset the circuit after a message that must not come."""
        self._end()
        if self._known:
            self.circuit.release_indication(31)
        self.circuit.reset_sent(now)

    def out_of_place(self, now: Instant, message: Message) -> None:
        """A message that must not come now."""
        self.circuit.note(What.UNEXPECTED, f"{message.name} in {self.state.value}")
        self.reset_after_it(now)

    def reset(self, now: Instant) -> None:
        """RSC, GRS or a hardware failure: the call is gone without further messages."""
        released = self.state is State.WAIT_FOR_RLC
        if released:
            self._finish()
            return
        self._end()
        if self._known:
            self.circuit.release_indication(31)

    def reset_order(self, now: Instant) -> None:
        """Maintenance resets the circuit."""
        if self.state is State.WAIT_FOR_RLC:
            self._finish()
            return
        self._end()
        if self._known:
            self.circuit.released(31)

    @property
    def _known(self) -> bool:
        """Whether the engine has been offered the call."""
        return self.state in _KNOWN

    def _finish(self) -> None:
        self._end()
        if self._asked is not None:
            self.circuit.released(self._asked)

    def _quiet(self) -> None:
        self.circuit.stop(self, "T1", "T5", "T8", "T10", "T27", "T33", "T34", "T35", "T36", "T38")
        self.circuit.loop(on=False)

    def _end(self) -> None:
        self._quiet()
        self.circuit.end(self)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event[timer], now)


def _by_network(message: Message) -> bool:
    indicators = message.get(SuspendResumeIndicators)
    return indicators is not None and bool(indicators.network)


def cot_event(message: Message) -> Event:
    """Return which of the two COT is."""
    indicators = message.get(ContinuityIndicators)
    good = indicators is not None and indicators.successful
    return Event.COT_SUCCESS if good else Event.COT_FAILURE

"""Call processing control incoming (CPCI): a call that came in on a circuit.

Q.724 1 (set-up), 4.3 (release), 6.4 (unreasonable and missing messages). Only the calling side clears, by
CLF. Before answer the engine's release becomes an unsuccessful signal, after answer CBK; either waits for
CLF. When CLF does not follow an unsuccessful signal, CFL does (T3), again and again (T4), for a minute (T5).
Messages that have no place are discarded (Q.724 6.4.1).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.calls.primitives import (
    Answer,
    Cause,
    Charging,
    Digits,
    ForwardTransfer,
    Primitive,
    Release,
    Resume,
    Suspend,
    Transparent,
)
from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.notices import What
from callcenter.ss7.tup.calls import SYSTEM, Offered, address_complete, answer_heading, digits_in
from callcenter.ss7.tup.causes import signal_of
from callcenter.ss7.tup.codec import Message
from callcenter.ss7.tup.contents import ExtendedUnsuccessful, MeteringPulses
from callcenter.ss7.tup.messages import Heading
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.tup.circuit import Circuit


class State(Enum):
    """States of an incoming call."""

    IDLE = "idle"
    WAIT_FOR_ADDRESS = "wait for address"
    WAIT_FOR_CONTINUITY = "wait for continuity"
    WAIT_FOR_ACM = "wait for address complete from the engine"
    WAIT_FOR_ANSWER = "wait for answer from the engine"
    ANSWERED = "answered"
    CLEARED_BACK = "cleared back"
    UNSUCCESSFUL = "unsuccessful, wait for clear forward"
    CONTINUITY_FAILED = "wait for continuity check request"
    CONTINUITY_RECHECK = "continuity recheck"


class Event(Enum):
    """Messages, requests of the engine, timers."""

    IAM = "IAM or IAI"
    ADDRESS = "SAM or SAO"
    COT = "COT"
    CCF = "CCF"
    CCR = "CCR"
    CLF = "CLF"
    CCL = "CCL"
    FOT = "FOT"
    FORWARD = "OPR or MAL"
    RESET = "RSC or GRS received"
    HARDWARE = "hardware failure"
    RESET_ORDER = "reset ordered"
    COMPLETE = "Proceeding, Alerting or Progress"
    ANSWER = "Answer"
    SUSPEND = "Suspend"
    RESUME = "Resume"
    CHARGING = "Charging"
    TRANSPARENT = "Transparent"
    RELEASE = "Release"
    T1 = "T1"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"
    DIGITS = "digits"
    LAST_DIGIT = "last digit"


S, E = State, Event
_COLLECT: Final = (S.WAIT_FOR_ADDRESS, S.WAIT_FOR_CONTINUITY, S.WAIT_FOR_ACM)
_WAITING: Final = (S.WAIT_FOR_ADDRESS, S.WAIT_FOR_CONTINUITY)
_SETUP: Final = (S.WAIT_FOR_ACM, S.WAIT_FOR_ANSWER)
_TALK: Final = (S.ANSWERED, S.CLEARED_BACK)
_KNOWN: Final = (*_SETUP, *_TALK)

TABLE: Final[Table[State, Event]] = Table(
    "TUP CPCI",
    State,
    Event,
    {
        (S.IDLE, E.IAM): Transition("seized", _COLLECT, "Q.724 1.1"),
        (S.IDLE, E.CCR): Transition("recheck", S.CONTINUITY_RECHECK, "Q.724 7.3"),
        (S.WAIT_FOR_ADDRESS, E.ADDRESS): Transition("more_digits", _COLLECT, "Q.724 1.2"),
        (S.WAIT_FOR_ADDRESS, E.LAST_DIGIT): Transition("no_more_digits", _COLLECT, "Q.724 1.7"),
        (S.WAIT_FOR_ADDRESS, E.DIGITS): Transition("incomplete", S.UNSUCCESSFUL, "Q.724 1.8"),
        (S.WAIT_FOR_ACM, E.ADDRESS): Transition("further_digits", S.WAIT_FOR_ACM, "Q.724 1.2"),
        (S.WAIT_FOR_ACM, E.COMPLETE): Transition("complete", S.WAIT_FOR_ANSWER, "Q.724 1.7"),
        (S.WAIT_FOR_ACM, E.ANSWER): Transition("complete_and_answered", S.ANSWERED, "Q.724 1.7, 1.11"),
        (S.WAIT_FOR_ANSWER, E.ANSWER): Transition("answered", S.ANSWERED, "Q.724 1.11"),
        (S.ANSWERED, E.SUSPEND): Transition("cleared_back", S.CLEARED_BACK, "Q.724 1.12"),
        (S.CLEARED_BACK, E.RESUME): Transition("answered_again", S.ANSWERED, "Q.724 1.13"),
        (S.CLEARED_BACK, E.ANSWER): Transition("answered_again", S.ANSWERED, "Q.724 1.13"),
        (S.CLEARED_BACK, E.RELEASE): Transition("released_again", S.CLEARED_BACK, "Q.724 4.1"),
        (S.ANSWERED, E.RELEASE): Transition("release", S.CLEARED_BACK, "Q.724 1.12"),
        (S.ANSWERED, E.CCL): Transition("caller_gone", S.CLEARED_BACK, "GF 001-9001: unverified"),
        (S.UNSUCCESSFUL, E.T3): Transition("failure", S.UNSUCCESSFUL, "Q.724 4.3: unverified"),
        (S.UNSUCCESSFUL, E.T4): Transition("failure_again", S.UNSUCCESSFUL, "Q.724 4.3: unverified"),
        (S.UNSUCCESSFUL, E.T5): Transition("no_clear_forward", S.UNSUCCESSFUL, "Q.724 4.3: unverified"),
        (S.CONTINUITY_FAILED, E.CCR): Transition("recheck", S.CONTINUITY_RECHECK, "Q.724 7.3"),
        (S.CONTINUITY_RECHECK, E.CCF): Transition("failed", S.CONTINUITY_FAILED, "Q.724 7.3"),
    }
    | {(s, E.COT): Transition("continuity", _COLLECT, "Q.724 1.4") for s in _WAITING}
    | {(s, E.CCF): Transition("failed", S.CONTINUITY_FAILED, "Q.724 1.4") for s in _WAITING}
    | {(s, E.T1): Transition("no_continuity", S.UNSUCCESSFUL, "Q.724 1.4: unverified") for s in _WAITING}
    | {(s, E.RELEASE): Transition("refused", S.UNSUCCESSFUL, "Q.724 1.9, 1.10") for s in _SETUP}
    | {(s, E.CHARGING): Transition("charging", s, "GF 001-9001") for s in (S.WAIT_FOR_ANSWER, *_TALK)}
    | {(s, E.TRANSPARENT): Transition("handed_on", s, "Q.724 4.4") for s in _KNOWN}
    | {(s, E.FOT): Transition("operator", s, "Q.724 1.14") for s in (S.WAIT_FOR_ANSWER, *_TALK)}
    | {(s, E.FORWARD): Transition("hand_on", s, "GF 001-9001: unverified") for s in _KNOWN}
    | {(s, E.CLF): Transition("cleared", S.IDLE, "Q.724 1.15") for s in State if s is not S.IDLE}
    | {(s, E.RESET): Transition("reset", S.IDLE, "Q.724 6.2") for s in State if s is not S.IDLE}
    | {(s, E.HARDWARE): Transition("reset", S.IDLE, "Q.724 6.3") for s in State if s is not S.IDLE}
    | {(s, E.RESET_ORDER): Transition("reset_order", S.IDLE, "Q.724 6.2") for s in State if s is not S.IDLE},
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
        self._digits_missing = False
        self._continuity_missing = False
        self._known = False
        """The engine has been offered the call and has not been told of its end."""
        self._asked: int | None = None
        """Cause of the release the engine asked for, which `Released` answers."""

    def recover(self, now: Instant, *, suspended: bool) -> None:
        """Go on with an answered call, in which the called party may have hung up."""
        self.state = State.CLEARED_BACK if suspended else State.ANSWERED
        self._known = True

    # set-up

    def seized(self, now: Instant, message: Message) -> State:
        """IAM or IAI on an idle circuit."""
        self.offered = Offered.of(message)
        check = self.offered.contents.check
        self._continuity_missing = check in (1, 2)
        if self._continuity_missing:
            self.circuit.start(self, "T1", now)
        if check == 1:
            self.circuit.loop(on=True)
        return self._digits(now)

    def _digits(self, now: Instant) -> State:
        """Look whether the number can be complete (Q.724 1.7), then go on."""
        assert self.offered is not None
        config = self.circuit.services.config
        count, minimum = len(self.offered.called), config.minimum_digits
        self._digits_missing = not self.offered.st and count < max(minimum, config.maximum_digits)
        self.circuit.stop(self, "digits", "last digit")
        if self._digits_missing:
            self.circuit.start(self, "digits" if count < minimum else "last digit", now)
        return self._next()

    def _next(self) -> State:
        if self._digits_missing:
            return State.WAIT_FOR_ADDRESS
        if self._continuity_missing:
            return State.WAIT_FOR_CONTINUITY
        assert self.offered is not None
        overlap = self.circuit.services.config.minimum_digits > 0
        self._known = True
        self.circuit.indicate(self.offered.setup(complete=self.offered.st or not overlap))
        return State.WAIT_FOR_ACM

    def more_digits(self, now: Instant, message: Message) -> State:
        """SAM or SAO while the number is too short."""
        assert self.offered is not None
        self.offered.add_digits(digits_in(message))
        return self._digits(now)

    def further_digits(self, now: Instant, message: Message) -> None:
        """SAM or SAO for a number that the engine has been given."""
        assert self.offered is not None
        more = self.offered.add_digits(digits_in(message))
        if more or self.offered.st:
            self.circuit.indicate(Digits(more, complete=self.offered.st))

    def no_more_digits(self, now: Instant) -> State:
        """The number is complete."""
        self._digits_missing = False
        return self._next()

    def incomplete(self, now: Instant) -> None:
        """The number stays too short. The engine has not heard of the call yet."""
        self._refuse(Heading.ADI, now)

    def continuity(self, now: Instant, message: Message) -> State:
        """COT: the circuit is good."""
        self.circuit.stop(self, "T1")
        self.circuit.loop(on=False)
        self._continuity_missing = False
        return self._next()

    def no_continuity(self, now: Instant) -> None:
        """T1: neither COT nor CCF."""
        self._refuse(Heading.CFL, now)

    def failed(self, now: Instant, message: Message) -> None:
        """CCF: the call comes again on another circuit, this one is checked again."""
        self._quiet()
        self.circuit.note(What.CONTINUITY_FAILED)

    def recheck(self, now: Instant, message: Message) -> None:
        """CCR."""
        self.circuit.loop(on=True)

    # backward messages

    def complete(self, now: Instant, primitive: Primitive) -> None:
        """ACM."""
        self.circuit.send(Heading.ACM, address_complete(primitive))

    def complete_and_answered(self, now: Instant, primitive: Answer) -> None:
        """The engine answers at once: an answer signal needs an ACM before it."""
        self.complete(now, primitive)
        self.answered(now, primitive)

    def answered(self, now: Instant, primitive: Answer) -> None:
        """ANC, or ANN for a call that is not charged."""
        self.circuit.send(answer_heading(primitive))

    def cleared_back(self, now: Instant, primitive: Suspend) -> None:
        """CBK."""
        self.circuit.send(Heading.CBK)

    def answered_again(self, now: Instant, primitive: Resume | Answer) -> None:
        """RAN."""
        self.circuit.send(Heading.RAN)

    def charging(self, now: Instant, primitive: Charging) -> None:
        """MPM in the network of China, or the CHG of another telephone user part."""
        kept = primitive.transparent
        if kept is not None and kept.system == SYSTEM:
            self.handed_on(now, kept)
        elif self.circuit.services.config.variant == "china24":
            self.circuit.send(Heading.MPM, MeteringPulses(primitive.pulses & 0xFFFF))

    def handed_on(self, now: Instant, primitive: Transparent) -> None:
        """A message from the telephone user part on the other side."""
        if primitive.system == SYSTEM:
            for each in primitive.items:
                if isinstance(each, Message):
                    self.circuit.send(Heading(each.kind), each.contents)

    # forward messages

    def hand_on(self, now: Instant, message: Message) -> None:
        """OPR or MAL: for the other side of a call in transit."""
        self.circuit.indicate(Transparent(SYSTEM, (message,)))

    def operator(self, now: Instant, message: Message) -> None:
        """FOT."""
        self.circuit.indicate(ForwardTransfer())

    # release

    def refused(self, now: Instant, primitive: Release) -> None:
        """The engine clears before answer."""
        self._asked = primitive.cause
        self._known = False
        kept = primitive.transparent
        if kept is not None and kept.system == SYSTEM and isinstance(kept.items[0], Message):
            sent = kept.items[0]
            self._refuse(Heading(sent.kind), now, sent.get(ExtendedUnsuccessful))
        else:
            self._refuse(signal_of(primitive.cause, self.circuit.services.config.variant), now)

    def _refuse(self, signal: Heading, now: Instant, contents: ExtendedUnsuccessful | None = None) -> None:
        self._quiet()
        if signal is Heading.CFL:
            self.failure(now)
        else:
            if contents is None:
                self.circuit.send(signal)
            else:
                self.circuit.send(signal, contents)
            self.circuit.start(self, "T3", now)

    def failure(self, now: Instant) -> None:
        """CFL, for the first time."""
        self.circuit.start(self, "T5", now)
        self.failure_again(now)

    def failure_again(self, now: Instant) -> None:
        """CFL."""
        self.circuit.start(self, "T4", now)
        self.circuit.send(Heading.CFL)

    def no_clear_forward(self, now: Instant) -> None:
        """T5: no more CFL. The circuit waits for CLF or a reset."""
        self.circuit.stop(self, "T4")
        self.circuit.note(What.NOT_ACKNOWLEDGED, "CFL", alert=True)

    def release(self, now: Instant, primitive: Release) -> None:
        """The engine clears an answered call: the called party has hung up, the caller has not."""
        self.released_again(now, primitive)
        self.circuit.send(Heading.CBK)

    def released_again(self, now: Instant, primitive: Release) -> None:
        """The engine clears a call that was cleared back."""
        self._asked = primitive.cause
        self._known = False

    def caller_gone(self, now: Instant, message: Message) -> None:
        """CCL: the caller has hung up where the called side holds the call. We hold none."""
        self._known = False
        self.circuit.release_indication(Cause.NORMAL_CLEARING)
        self.circuit.send(Heading.CBK)

    def cleared(self, now: Instant, message: Message) -> None:
        """CLF: the circuit is free for calls again, so RLG is sent at once."""
        self._end()
        self.circuit.send(Heading.RLG)
        self._over(Cause.NORMAL_CLEARING)

    def reset(self, now: Instant) -> None:
        """RSC, GRS or a hardware failure: the call is gone without further messages."""
        self._end()
        self._over(Cause.NORMAL_UNSPECIFIED)

    def reset_order(self, now: Instant) -> None:
        """Maintenance resets the circuit."""
        self._end()
        if self._known:
            self.circuit.released(Cause.NORMAL_UNSPECIFIED)
        elif self._asked is not None:
            self.circuit.released(self._asked)

    def _over(self, cause: int) -> None:
        if self._known:
            self.circuit.release_indication(cause)
        elif self._asked is not None:
            self.circuit.released(self._asked)

    def _quiet(self) -> None:
        self.circuit.stop(self, "T1", "T3", "T4", "T5", "digits", "last digit")
        self.circuit.loop(on=False)

    def _end(self) -> None:
        self._quiet()
        self.circuit.end(self)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event(timer), now)

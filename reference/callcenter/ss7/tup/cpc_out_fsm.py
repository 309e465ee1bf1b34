"""Call processing control outgoing (CPCO): a call that went out on a circuit.

Q.724 1 (set-up), 2 (double seizing), 4.2 (release), 6.4 (missing messages). Before the first backward
message the call can be tried again on another circuit: the engine gets `Failed` for a double seizing that we
lose, BLO, RSC and their group messages. We always clear, by CLF until RLG, also after an unsuccessful signal.
Messages that have no place are discarded (Q.724 6.4.1).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.calls.primitives import (
    Cause,
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
from callcenter.ss7.notices import What
from callcenter.ss7.tup import continuity_fsm
from callcenter.ss7.tup.calls import (
    SYSTEM,
    address_messages,
    answer_primitive,
    complete_primitive,
    general_forward,
    more_digits,
)
from callcenter.ss7.tup.causes import cause_of
from callcenter.ss7.tup.codec import Message
from callcenter.ss7.tup.contents import ST, InitialAddress, MeteringPulses
from callcenter.ss7.tup.messages import Heading
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.tup.circuit import Circuit


class State(Enum):
    """States of an outgoing call."""

    IDLE = "idle"
    WAIT_FOR_ACM = "wait for address complete"
    WAIT_FOR_ANSWER = "wait for answer"
    ANSWERED = "answered"
    CLEARED_BACK = "cleared back"
    WAIT_FOR_RLG = "wait for release guard"


class Event(Enum):
    """Messages, requests of the engine, timers."""

    SETUP = "Setup"
    DIGITS = "Digits"
    CONTINUITY = "Continuity"
    CHECKED = "continuity check passed"
    CHECK_FAILED = "continuity check failed"
    FREE = "recheck passed"
    RELEASE = "Release"
    OPERATOR = "ForwardTransfer"
    TRANSPARENT = "Transparent"
    IAM = "IAM or IAI"
    ACM = "ACM"
    GRQ = "GRQ"
    ANSWER = "ANC, ANN or ANU"
    CBK = "CBK"
    RAN = "RAN"
    CHARGE = "CHG or MPM"
    BACKWARD = "OPR or MAL"
    UNSUCCESSFUL = "unsuccessful signal"
    CFL = "CFL"
    RLG = "RLG"
    BLOCKED = "BLO, MGB or SGB received"
    RESET = "RSC or GRS received"
    HARDWARE = "hardware failure"
    RESET_ORDER = "reset ordered"
    T2 = "T2"
    T6 = "T6"
    T7 = "T7"
    NO_ANSWER = "answer"
    NO_RAN = "clear-back"


S, E = State, Event
_SETUP: Final = (S.WAIT_FOR_ACM, S.WAIT_FOR_ANSWER)
_TALK: Final = (S.ANSWERED, S.CLEARED_BACK)
_UP: Final = (*_SETUP, *_TALK)

TABLE: Final[Table[State, Event]] = Table(
    "TUP CPCO",
    State,
    Event,
    {
        (S.IDLE, E.SETUP): Transition("setup", S.WAIT_FOR_ACM, "Q.724 1.1"),
        (S.WAIT_FOR_ACM, E.DIGITS): Transition("further_digits", S.WAIT_FOR_ACM, "Q.724 1.2"),
        (S.IDLE, E.FREE): Transition("free", S.WAIT_FOR_RLG, "Q.724 7.3"),
        (S.WAIT_FOR_ACM, E.CONTINUITY): Transition("continuity", S.WAIT_FOR_ACM, "Q.724 1.4"),
        (S.WAIT_FOR_ACM, E.CHECKED): Transition("checked", S.WAIT_FOR_ACM, "Q.724 1.4"),
        (S.WAIT_FOR_ACM, E.CHECK_FAILED): Transition("check_failed", S.IDLE, "Q.724 7.3"),
        (S.WAIT_FOR_ACM, E.ACM): Transition("address_complete", S.WAIT_FOR_ANSWER, "Q.724 1.7"),
        (S.WAIT_FOR_ACM, E.IAM): Transition("double_seizing", (S.WAIT_FOR_ACM, S.IDLE), "Q.724 2.4"),
        (S.WAIT_FOR_ACM, E.T2): Transition("no_address_complete", S.WAIT_FOR_RLG, "Q.724 4.2: unverified"),
        (S.WAIT_FOR_ACM, E.BLOCKED): Transition("blocked", S.WAIT_FOR_RLG, "Q.724 1.17"),
        (S.WAIT_FOR_ACM, E.RESET): Transition("try_again", S.IDLE, "Q.724 6.2.1"),
        (S.WAIT_FOR_ACM, E.HARDWARE): Transition("try_again", S.IDLE, "Q.724 6.3"),
        (S.WAIT_FOR_ANSWER, E.ANSWER): Transition("answered", S.ANSWERED, "Q.724 1.11"),
        (S.WAIT_FOR_ANSWER, E.NO_ANSWER): Transition("no_answer", S.WAIT_FOR_RLG, "Q.118: unverified"),
        (S.ANSWERED, E.CBK): Transition("cleared_back", S.CLEARED_BACK, "Q.724 1.12"),
        (S.CLEARED_BACK, E.RAN): Transition("answered_again", S.ANSWERED, "Q.724 1.13"),
        (S.CLEARED_BACK, E.NO_RAN): Transition("not_answered_again", S.WAIT_FOR_RLG, "Q.118: unverified"),
        (S.WAIT_FOR_RLG, E.RLG): Transition("release_guard", S.IDLE, "Q.724 1.15"),
        (S.WAIT_FOR_RLG, E.T6): Transition("clear_again", S.WAIT_FOR_RLG, "Q.724 6.4: unverified"),
        (S.WAIT_FOR_RLG, E.T7): Transition("no_release_guard", S.WAIT_FOR_RLG, "Q.724 6.4: unverified"),
        (S.WAIT_FOR_RLG, E.RESET): Transition("release_guard", S.IDLE, "Q.724 6.2.1"),
        (S.WAIT_FOR_RLG, E.HARDWARE): Transition("release_guard", S.IDLE, "Q.724 6.3"),
        (S.WAIT_FOR_RLG, E.RESET_ORDER): Transition("release_guard", S.IDLE, "Q.724 6.2.1"),
    }
    | {(s, E.GRQ): Transition("general_request", s, "Q.724 1.6") for s in _UP}
    | {(s, E.UNSUCCESSFUL): Transition("unsuccessful", S.WAIT_FOR_RLG, "Q.724 1.9, 1.10") for s in _SETUP}
    | {(s, E.CFL): Transition("unsuccessful", S.WAIT_FOR_RLG, "Q.724 1.9") for s in _UP}
    | {(s, E.CHARGE): Transition("charging", s, "GF 001-9001") for s in (S.WAIT_FOR_ANSWER, *_TALK)}
    | {(s, E.BACKWARD): Transition("hand_on", s, "GF 001-9001: unverified") for s in _UP}
    | {(s, E.OPERATOR): Transition("operator", s, "Q.724 1.14") for s in (S.WAIT_FOR_ANSWER, *_TALK)}
    | {(s, E.TRANSPARENT): Transition("handed_on", s, "Q.724 4.4") for s in _UP}
    | {(s, E.RELEASE): Transition("release", S.WAIT_FOR_RLG, "Q.724 1.15") for s in _UP}
    | {(s, E.RESET_ORDER): Transition("reset_order", S.IDLE, "Q.724 6.2.1") for s in _UP}
    | {(s, E.RESET): Transition("reset", S.IDLE, "Q.724 6.2.1") for s in _UP[1:]}
    | {(s, E.HARDWARE): Transition("reset", S.IDLE, "Q.724 6.3") for s in _UP[1:]},
    unexpected=Unexpected.COUNT,
)


class OutgoingCall(Machine[State, Event]):
    """One outgoing call on `circuit`."""

    table = TABLE
    direction = "outgoing"

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(f"{circuit.name} CPCO", State.IDLE)
        self.circuit = circuit
        self._iam: InitialAddress | None = None
        self._asked: int | None = None
        """Cause of the release the engine asked for, which `Released` answers."""

    def recover(self, now: Instant, *, suspended: bool) -> None:
        """Go on with an answered call; a called party who has hung up is guarded anew."""
        self.state = State.CLEARED_BACK if suspended else State.ANSWERED
        if suspended:
            self.circuit.start(self, "clear-back", now)

    # set-up

    def setup(self, now: Instant, primitive: Setup) -> None:
        """The engine seizes the circuit. Raises `ValueError` for numbers that are not digits."""
        services = self.circuit.services
        config = services.config
        check = int(services.check_due(self.circuit.leg.group))
        if primitive.check == Check.AWAITED:
            check = 2
        messages = address_messages(self.circuit.cic, primitive, send_st=config.send_st, check=check)
        for message in messages:
            message.encode(config.variant)
        self._iam = messages[0].get(InitialAddress)
        for message in messages:
            self.circuit.send_message(message)
        self.circuit.start(self, "T2", now)
        if check == 1:
            self.circuit.check.handle(continuity_fsm.Event.START, now)

    def continuity(self, now: Instant, primitive: Continuity) -> None:
        """COT or CCF for a check of a previous circuit."""
        self.circuit.send(Heading.COT if primitive.successful else Heading.CCF)

    def checked(self, now: Instant) -> None:
        """COT: our check passed."""
        self.circuit.send(Heading.COT)
        self.circuit.start(self, "T2", now)

    def check_failed(self, now: Instant) -> None:
        """CCF has been sent: the call is tried on another circuit, this one is checked again."""
        self._quiet()
        self.circuit.end(self)
        self.circuit.indicate(Failed(Cause.TEMPORARY_FAILURE))

    def free(self, now: Instant) -> None:
        """The recheck passed: CLF brings the circuit back to idle."""
        self._clear_forward(now, checking=False)

    def further_digits(self, now: Instant, primitive: Digits) -> None:
        """More of the called number."""
        st = ST if primitive.complete and self.circuit.services.config.send_st else ""
        try:
            messages = more_digits(self.circuit.cic, primitive.digits + st)
        except ValueError:
            self.circuit.discarded += 1
            return
        for message in messages:
            self.circuit.send_message(message)
        if messages:
            self.circuit.start(self, "T2", now)

    def address_complete(self, now: Instant, message: Message) -> None:
        """ACM."""
        self.circuit.check.handle(continuity_fsm.Event.STOP, now)
        self.circuit.stop(self, "T2")
        self.circuit.start(self, "answer", now)
        self.circuit.indicate(complete_primitive(message))

    def general_request(self, now: Instant, message: Message) -> None:
        """GRQ: GSM with what we know."""
        assert self._iam is not None
        self.circuit.send(Heading.GSM, general_forward(message, self._iam))

    def answered(self, now: Instant, message: Message) -> None:
        """ANC, ANN or ANU."""
        self.circuit.stop(self, "answer")
        self.circuit.indicate(answer_primitive(message))

    def double_seizing(self, now: Instant, message: Message) -> State:
        """IAM for an IAM: on circuits that we control ours goes on, on the others theirs."""
        self.circuit.note(What.DUAL_SEIZURE, "ours goes on" if self.circuit.controlled else "theirs goes on")
        if self.circuit.controlled:
            return State.WAIT_FOR_ACM
        self.try_again(now)
        self.circuit.incoming(now, message)
        return State.IDLE

    def try_again(self, now: Instant) -> None:
        """The call is to be tried on another circuit (Q.724 2.4, automatic repeat attempt)."""
        self.circuit.check.handle(continuity_fsm.Event.STOP, now)
        self._end()
        self.circuit.indicate(Failed())

    def blocked(self, now: Instant) -> None:
        """The far end blocked the circuit while our IAM was under way."""
        self.circuit.indicate(Failed())
        self._clear_forward(now)

    def no_address_complete(self, now: Instant) -> None:
        """T2."""
        self._clear(Cause.NORMAL_UNSPECIFIED, now)

    def no_answer(self, now: Instant) -> None:
        """No answer in time."""
        self._clear(Cause.NO_ANSWER, now)

    # call supervision

    def cleared_back(self, now: Instant, message: Message) -> None:
        """CBK: the called party has hung up."""
        self.circuit.start(self, "clear-back", now)
        self.circuit.note(What.SUSPENDED)
        self.circuit.indicate(Suspend())

    def answered_again(self, now: Instant, message: Message) -> None:
        """RAN: the called party is back."""
        self.circuit.stop(self, "clear-back")
        self.circuit.note(What.RESUMED)
        self.circuit.indicate(Resume())

    def not_answered_again(self, now: Instant) -> None:
        """The called party stays away."""
        self._clear(Cause.NORMAL_CLEARING, now)

    def charging(self, now: Instant, message: Message) -> None:
        """MPM or CHG."""
        pulses = message.get(MeteringPulses)
        kept = Transparent(SYSTEM, (message,))
        self.circuit.indicate(Charging(pulses=0 if pulses is None else pulses.pulses, transparent=kept))

    def hand_on(self, now: Instant, message: Message) -> None:
        """OPR or MAL: for the other side of a call in transit."""
        self.circuit.indicate(Transparent(SYSTEM, (message,)))

    def operator(self, now: Instant, primitive: ForwardTransfer) -> None:
        """FOT."""
        self.circuit.send(Heading.FOT)

    def handed_on(self, now: Instant, primitive: Transparent) -> None:
        """A message from the telephone user part on the other side."""
        if primitive.system == SYSTEM:
            for each in primitive.items:
                if isinstance(each, Message):
                    self.circuit.send(Heading(each.kind), each.contents)

    # release

    def release(self, now: Instant, primitive: Release) -> None:
        """The engine clears."""
        self._asked = primitive.cause
        self._clear_forward(now)

    def unsuccessful(self, now: Instant, message: Message) -> None:
        """The set-up came to nothing on the called side."""
        kept = Transparent(SYSTEM, (message,))
        self.circuit.release_indication(cause_of(message.kind), kept)
        self._clear_forward(now)

    def _clear(self, cause: int, now: Instant) -> None:
        """Clear on our own account."""
        self.circuit.release_indication(cause)
        self._clear_forward(now)

    def _clear_forward(self, now: Instant, *, checking: bool = True) -> None:
        """CLF; a check that is going on ends with the call."""
        if checking:
            self.circuit.check.handle(continuity_fsm.Event.STOP, now)
        self._quiet()
        self.circuit.start(self, "T7", now)
        self.clear_again(now)

    def clear_again(self, now: Instant) -> None:
        """CLF."""
        self.circuit.send(Heading.CLF)
        self.circuit.start(self, "T6", now)

    def no_release_guard(self, now: Instant) -> None:
        """T7: no more CLF. The circuit waits for RLG or a reset."""
        self.circuit.stop(self, "T6")
        self.circuit.note(What.NOT_ACKNOWLEDGED, "CLF", alert=True)

    def release_guard(self, now: Instant, message: Message | None = None) -> None:
        """RLG, or a reset in its place."""
        self._end()
        if self._asked is not None:
            self.circuit.released(self._asked)

    def reset(self, now: Instant) -> None:
        """RSC, GRS or a hardware failure: the call is gone without further messages."""
        self._end()
        self.circuit.release_indication(Cause.NORMAL_UNSPECIFIED)

    def reset_order(self, now: Instant) -> None:
        """Maintenance resets the circuit."""
        self._end()
        self.circuit.released(Cause.NORMAL_UNSPECIFIED)

    def _quiet(self) -> None:
        self.circuit.stop(self, "T2", "T6", "T7", "answer", "clear-back")

    def _end(self) -> None:
        self._quiet()
        self.circuit.end(self)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event(timer), now)

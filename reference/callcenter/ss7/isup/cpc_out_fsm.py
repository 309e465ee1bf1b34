"""Call processing control outgoing (CPCO): a call that went out on a circuit.

Q.764 2.1 (set-up), 2.3 (release), 2.4 (suspend), 2.9.1.4 (dual seizure), 2.9.5.1 (unexpected messages),
2.9.6 (no RLC); SDL annex B. Before the first backward message the call can be tried again on another
circuit: the engine gets `Failed` for a dual seizure that we lose, BLO, CGB, RSC, GRS, UCIC and an
unexpected message.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.calls.primitives import Answer, Cause, Failed, Release, Setup
from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.isup.calls import backward_primitives, initial_address
from callcenter.ss7.isup.codec import Message
from callcenter.ss7.isup.indicators import InformationIndicators, SuspendResumeIndicators
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import CauseIndicators
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
        (S.ANSWERED, E.CPG): Transition("", S.ANSWERED, "Q.764 2.1.6"),
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
        self._cause = 0

    # set-up

    def setup(self, now: Instant, primitive: Setup) -> None:
        """The engine seizes the circuit. Raises `ValueError` for numbers that are not digits."""
        message = initial_address(self.circuit.cic, primitive, self.circuit.services.config)
        self.circuit.send_message(message)
        self.circuit.start(self, "T7", now)

    def address_complete(self, now: Instant, message: Message) -> None:
        """ACM."""
        self.circuit.stop(self, "T7")
        self.circuit.start(self, "T9", now)
        self.progress(now, message)

    def progress(self, now: Instant, message: Message) -> None:
        """CPG, or what an ACM says."""
        for primitive in backward_primitives(message):
            self.circuit.indicate(primitive)

    def answered(self, now: Instant, message: Message) -> None:
        """ANM."""
        self.circuit.stop(self, "T9")
        self.circuit.indicate(Answer())

    def connected(self, now: Instant, message: Message) -> None:
        """CON: answer without ACM."""
        self.circuit.stop(self, "T7")
        self.circuit.indicate(Answer())

    def information(self, now: Instant, message: Message) -> None:
        """INR: what is asked for is not available (national use)."""
        self.circuit.send(Type.INF, InformationIndicators(calling_address=1))

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
        self._end()
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

    def suspended(self, now: Instant, message: Message) -> None:
        """SUS: T6 for the network, T2 for a user."""
        indicators = message.get(SuspendResumeIndicators)
        network = indicators is not None and indicators.network
        self.circuit.start(self, "T6" if network else "T2", now)
        self.circuit.note(What.SUSPENDED, "network" if network else "user")

    def resumed(self, now: Instant, message: Message) -> None:
        """RES."""
        self.circuit.stop(self, "T2", "T6")
        self.circuit.note(What.RESUMED)

    def not_resumed(self, now: Instant) -> None:
        """T6 or T2."""
        self.clear(now, Cause.RECOVERY_ON_TIMER_EXPIRY)

    # release

    def release(self, now: Instant, primitive: Release) -> None:
        """The engine clears."""
        self._asked = primitive.cause
        self._send_release(primitive.cause, now)

    def clear(self, now: Instant, cause: int) -> None:
        """We clear on our own account."""
        self.circuit.release_indication(cause)
        self._send_release(cause, now)

    def _send_release(self, cause: int, now: Instant) -> None:
        self._quiet()
        self._cause = cause
        self.circuit.send(Type.REL, CauseIndicators(cause))
        self.circuit.start(self, "T1", now)
        self.circuit.start(self, "T5", now)

    def release_again(self, now: Instant) -> None:
        """T1."""
        self.circuit.send(Type.REL, CauseIndicators(self._cause))
        self.circuit.start(self, "T1", now)

    def released(self, now: Instant, message: Message) -> None:
        """REL: the far end clears; the circuit can be selected again, so RLC is sent at once."""
        self._end()
        self.circuit.send(Type.RLC)
        self.circuit.far_release(message)

    def collision(self, now: Instant, message: Message) -> None:
        """REL crossed ours."""
        self.circuit.send(Type.RLC)

    def release_complete(self, now: Instant, message: Message | None = None) -> None:
        """RLC, or a reset in its place."""
        self._end()
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
        self._end()
        if again and self.state is State.WAIT_FOR_ACM:
            self.circuit.indicate(Failed())
        else:
            self.circuit.release_indication(Cause.NORMAL_UNSPECIFIED)
        self.circuit.reset_sent(now)

    def reset(self, now: Instant) -> None:
        """RSC, GRS or a hardware failure: the call is gone without further messages."""
        self._end()
        self.circuit.release_indication(Cause.NORMAL_UNSPECIFIED)

    def reset_order(self, now: Instant) -> None:
        """Maintenance resets the circuit."""
        self._end()
        self.circuit.released(Cause.NORMAL_UNSPECIFIED)

    def _quiet(self) -> None:
        self.circuit.stop(self, "T1", "T2", "T5", "T6", "T7", "T9")

    def _end(self) -> None:
        self._quiet()
        self.circuit.end(self)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event[timer], now)

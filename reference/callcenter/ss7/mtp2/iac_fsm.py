"""Initial alignment control (Q.703 7 and figure 9).

The proving period Pi is normal or emergency; either end can ask for emergency, and the shorter one then
holds for both. A period in which the error monitor fires is aborted; the next one begins with the next
correct signal unit, at most M = 5 in all (Q.703 7.3, 10.3).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from callcenter.fsm import Machine, Table, Transition
from callcenter.ss7.mtp2.aerm import TIE, TIN, M
from callcenter.ss7.mtp2.codec import Status
from callcenter.ss7.mtp2.events import Reason

if TYPE_CHECKING:
    from callcenter.ss7.mtp2.link import Mtp2Link


class State(Enum):
    """States of figure 9."""

    IDLE = "idle"
    NOT_ALIGNED = "not aligned"
    ALIGNED = "aligned"
    PROVING = "proving"


class Event(Enum):
    """Inputs of figure 9."""

    START = "start"
    STOP = "stop"
    EMERGENCY = "emergency"
    SIO = "SIO"
    SIN = "SIN"
    SIE = "SIE"
    SIOS = "SIOS"
    CORRECT_SU = "correct signal unit"
    ABORT_PROVING = "abort proving"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"


TABLE = Table(
    "Initial alignment control",
    State,
    Event,
    {
        (State.IDLE, Event.EMERGENCY): Transition("mark_emergency", State.IDLE, "Q.703 7.2"),
        (State.IDLE, Event.START): Transition("start", State.NOT_ALIGNED, "Q.703 7.3 b"),
        (State.NOT_ALIGNED, Event.EMERGENCY): Transition("mark_emergency", State.NOT_ALIGNED, "Q.703 7.2"),
        (State.NOT_ALIGNED, Event.SIO): Transition("align", State.ALIGNED, "Q.703 7.3 c"),
        (State.NOT_ALIGNED, Event.SIN): Transition("align", State.ALIGNED, "Q.703 7.3 c"),
        (State.NOT_ALIGNED, Event.SIE): Transition("align_emergency", State.ALIGNED, "Q.703 7.3 c"),
        (State.NOT_ALIGNED, Event.T2): Transition("t2_expired", State.IDLE, "Q.703 7.3 b"),
        (State.NOT_ALIGNED, Event.STOP): Transition("stop", State.IDLE, "Q.703 figure 9"),
        (State.ALIGNED, Event.EMERGENCY): Transition("hurry", State.ALIGNED, "Q.703 7.2"),
        (State.ALIGNED, Event.SIN): Transition("prove", State.PROVING, "Q.703 7.3 d"),
        (State.ALIGNED, Event.SIE): Transition("prove_emergency", State.PROVING, "Q.703 7.3 d"),
        (State.ALIGNED, Event.SIOS): Transition("out_of_service_received", State.IDLE, "Q.703 figure 9"),
        (State.ALIGNED, Event.T3): Transition("t3_expired", State.IDLE, "Q.703 7.3 c"),
        (State.ALIGNED, Event.STOP): Transition("stop", State.IDLE, "Q.703 figure 9"),
        (State.PROVING, Event.EMERGENCY): Transition("hurry_proving", State.PROVING, "Q.703 7.2"),
        (State.PROVING, Event.SIE): Transition("shorten", State.PROVING, "Q.703 7.3 d"),
        (State.PROVING, Event.SIO): Transition("realign", State.ALIGNED, "Q.703 7.3 d"),
        (State.PROVING, Event.SIOS): Transition("out_of_service_received", State.IDLE, "Q.703 figure 9"),
        (State.PROVING, Event.CORRECT_SU): Transition("prove_further", State.PROVING, "Q.703 7.3 d"),
        (State.PROVING, Event.ABORT_PROVING): Transition(
            "proving_aborted", (State.PROVING, State.IDLE), "Q.703 10.3"
        ),
        (State.PROVING, Event.T4): Transition("proven", (State.PROVING, State.IDLE), "Q.703 7.3 e"),
        (State.PROVING, Event.STOP): Transition("stop", State.IDLE, "Q.703 figure 9"),
    },
)


class InitialAlignmentControl(Machine[State, Event]):
    """Brings a link from out of service to proven."""

    table = TABLE

    def __init__(self, link: Mtp2Link) -> None:
        super().__init__(f"{link.name} IAC", State.IDLE)
        self._link = link
        self.emergency = False
        """We asked for emergency alignment."""
        self.short = False
        """The proving period is the emergency one."""
        self.aborted = 0
        """Cp: proving periods aborted."""
        self.further = False
        """A further proving period begins with the next correct signal unit."""

    # actions

    def mark_emergency(self) -> None:
        self.emergency = True

    def start(self) -> None:
        self._link.txc.send_status(Status.SIO)
        self._link.start_timer("T2")

    def stop(self) -> None:
        for name in ("T2", "T3", "T4"):
            self._link.timers.stop(name)
        self._link.aerm.stop()
        self.emergency = False
        self.further = False

    def align(self) -> None:
        self.short = self.emergency
        self._aligned()

    def align_emergency(self) -> None:
        self.short = True
        self._aligned()

    def _aligned(self) -> None:
        self._link.timers.stop("T2")
        self._link.txc.send_status(Status.SIE if self.emergency else Status.SIN)
        self._link.start_timer("T3")

    def hurry(self) -> None:
        self.emergency = True
        self.short = True
        self._link.txc.send_status(Status.SIE)

    def prove(self) -> None:
        self._link.timers.stop("T3")
        self.aborted = 0
        self._begin_period()

    def prove_emergency(self) -> None:
        self.short = True
        self.prove()

    def _begin_period(self) -> None:
        self.further = False
        self._link.aerm.start(TIE if self.short else TIN)
        self._link.start_timer("T4", "T4e" if self.short else "T4n")

    def hurry_proving(self) -> None:
        self.emergency = True
        self.short = True
        self._link.txc.send_status(Status.SIE)
        self._begin_period()

    def shorten(self) -> None:
        if not self.short:
            self.short = True
            self._begin_period()

    def realign(self) -> None:
        self._link.timers.stop("T4")
        self._link.aerm.stop()
        self.further = False
        self._link.start_timer("T3")

    def prove_further(self) -> None:
        if self.further:
            self._begin_period()

    def proving_aborted(self) -> State:
        self.aborted += 1
        if self.aborted >= M:
            self._give_up(Reason.PROVING_FAILED)
            return State.IDLE
        self.further = True
        return State.PROVING

    def proven(self) -> State:
        if self.further:
            # No correct signal unit came after the abort: figure 9 begins anew here too (`unverified`).
            self._begin_period()
            return State.PROVING
        self.stop()
        self._link.alignment_complete()
        return State.IDLE

    def t2_expired(self) -> None:
        self._give_up(Reason.NOT_ALIGNED)

    def t3_expired(self) -> None:
        self._give_up(Reason.ALIGNED_TOO_LONG)

    def out_of_service_received(self) -> None:
        self._give_up(Reason.SIOS_IN_ALIGNMENT)

    def _give_up(self, reason: Reason) -> None:
        self.stop()
        self._link.alignment_not_possible(reason)

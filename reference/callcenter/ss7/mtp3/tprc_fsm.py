"""Restart of signalling points (Q.704 9, block TPRC): our own, and that of an adjacent point.

Our own begins with the first link after isolation. With transfer function the adjacent points' routing
information is awaited (T18) and ours given to them; then, or when every adjacent point has said TRA, or T20
later, traffic restarts and the adjacent points hear TRA. An adjacent point that was not to be reached
restarts when its link set becomes available: it hears what it must not send to us, and TRA, and gets traffic
when it has said TRA, or T21 later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from callcenter.fsm import Machine, Table, Transition
from callcenter.ss7.mtp3.timers import Agenda


class State(Enum):
    """States of our own signalling point."""

    ISOLATED = "isolated"
    LEARNING = "restarting, awaiting links and routing information"
    RESTARTING = "restarting"
    AVAILABLE = "available"


class Event(Enum):
    """Links, TRA and timers."""

    LINK = "first link available"
    ISOLATION = "no link available"
    ALL_READY = "TRA of every adjacent point received"
    T18 = "T18"
    T20 = "T20"


S, E = State, Event
TABLE = Table(
    "Signalling point restart control",
    State,
    Event,
    {
        (S.ISOLATED, E.LINK): Transition("begin", (S.LEARNING, S.RESTARTING, S.AVAILABLE), "Q.704 9.2"),
        (S.LEARNING, E.ALL_READY): Transition("inform_and_finish", S.AVAILABLE, "Q.704 9.2.2"),
        (S.LEARNING, E.T18): Transition("inform_and_finish", S.AVAILABLE, "Q.704 9.2.2"),
        (S.LEARNING, E.T20): Transition("inform_and_finish", S.AVAILABLE, "Q.704 9.2.2"),
        (S.LEARNING, E.ISOLATION): Transition("stop", S.ISOLATED, "Q.704 9.2"),
        (S.RESTARTING, E.ALL_READY): Transition("finish", S.AVAILABLE, "Q.704 9.2.3"),
        (S.RESTARTING, E.T20): Transition("finish", S.AVAILABLE, "Q.704 9.2.4"),
        (S.RESTARTING, E.ISOLATION): Transition("stop", S.ISOLATED, "Q.704 9.2"),
        (S.AVAILABLE, E.ISOLATION): Transition("stop", S.ISOLATED, "Q.704 9.2"),
    },
)


@dataclass(frozen=True, slots=True)
class RestartOutputs:
    """What a restart of our own does."""

    agenda: Agenda
    transfer: bool
    procedure: bool
    """False: there is nothing to wait for."""
    inform: Callable[[], None]
    """Tell adjacent points what they must not send to us."""
    finish: Callable[[], None]
    """Send TRA to every adjacent point and let traffic start."""


class SignallingPointRestartControl(Machine[State, Event]):
    """The restart of our own signalling point."""

    table = TABLE

    def __init__(self, outputs: RestartOutputs) -> None:
        super().__init__("TPRC", State.ISOLATED)
        self._outputs = outputs
        self.procedure = outputs.procedure
        self._due = False
        """Traffic is to start when the state has changed."""

    def expired(self, name: str) -> None:
        self.handle(Event(name))
        self.settle()

    def settle(self) -> None:
        """Let traffic start once the state says so."""
        if self.state is State.AVAILABLE and self._due:
            self._due = False
            self._outputs.finish()

    def begin(self) -> State:
        if not self._outputs.procedure:
            self._due = True
            return State.AVAILABLE
        self._outputs.agenda.start("T20", self)
        if not self._outputs.transfer:
            return State.RESTARTING
        self._outputs.agenda.start("T18", self)
        return State.LEARNING

    def inform_and_finish(self) -> None:
        self._outputs.inform()
        self.finish()

    def finish(self) -> None:
        self.stop()
        self._due = True

    def stop(self) -> None:
        self._due = False
        self._outputs.agenda.stop("T18", self)
        self._outputs.agenda.stop("T20", self)


class AdjacentState(Enum):
    """States of an adjacent point."""

    UNAVAILABLE = "unavailable"
    RESTARTING = "restarting"
    AVAILABLE = "available"


class AdjacentEvent(Enum):
    """Link set, TRA, timers."""

    UP = "link set available, point was not accessible"
    UP_ACCESSIBLE = "link set available, point was accessible"
    DOWN = "link set unavailable"
    TRA = "TRA"
    T19 = "T19"
    T21 = "T21"


A, F = AdjacentState, AdjacentEvent
ADJACENT = Table(
    "Restart of an adjacent signalling point",
    AdjacentState,
    AdjacentEvent,
    {
        (A.UNAVAILABLE, F.UP): Transition("begin", A.RESTARTING, "Q.704 9.3"),
        (A.UNAVAILABLE, F.UP_ACCESSIBLE): Transition("inform", A.AVAILABLE, "Q.704 9.3"),
        (A.RESTARTING, F.TRA): Transition("ready", A.AVAILABLE, "Q.704 9.3"),
        (A.RESTARTING, F.T21): Transition("ready", A.AVAILABLE, "Q.704 9.3"),
        (A.RESTARTING, F.DOWN): Transition("lost", A.UNAVAILABLE, "Q.704 9.3"),
        (A.AVAILABLE, F.TRA): Transition("unexpected_tra", A.AVAILABLE, "Q.704 9.5"),
        (A.AVAILABLE, F.DOWN): Transition("lost", A.UNAVAILABLE, "Q.704 9.3"),
        (A.AVAILABLE, F.T19): Transition("", A.AVAILABLE, "Q.704 9.5"),
    },
)


@dataclass(frozen=True, slots=True)
class AdjacentOutputs:
    """What the restart of an adjacent point does."""

    agenda: Agenda
    inform: Callable[[], None]
    """Send it what it must not send to us, as far as it does not know."""
    remind: Callable[[], None]
    """Send it that again."""
    send_tra: Callable[[], None]
    settled: Callable[[], None]
    """A timer may have ended the restart."""


class AdjacentRestartControl(Machine[AdjacentState, AdjacentEvent]):
    """The restart of one adjacent point."""

    table = ADJACENT

    def __init__(self, adjacent: int, outputs: AdjacentOutputs) -> None:
        super().__init__(f"{adjacent} TPRC", AdjacentState.UNAVAILABLE)
        self._outputs = outputs

    @property
    def known(self) -> bool:
        """True while its link set is available."""
        return self.state is not AdjacentState.UNAVAILABLE

    @property
    def ready_for_traffic(self) -> bool:
        """True when its link set is available and its restart is over."""
        return self.state is AdjacentState.AVAILABLE

    def expired(self, name: str) -> None:
        self.handle(AdjacentEvent(name))
        self._outputs.settled()

    def begin(self) -> None:
        self._outputs.agenda.start("T21", self)
        self._outputs.inform()
        self._outputs.send_tra()

    def inform(self) -> None:
        self._outputs.inform()

    def ready(self) -> None:
        self._outputs.agenda.stop("T21", self)
        self.announced()

    def announced(self) -> None:
        """We have sent TRA: another one of the other end needs no answer for T19."""
        self._outputs.agenda.start("T19", self)

    def unexpected_tra(self) -> None:
        """Answer a TRA that belongs to no restart, unless T19 says that it is an answer itself."""
        if self._outputs.agenda.running("T19", self):
            return
        self._outputs.remind()
        self._outputs.send_tra()
        self.announced()

    def lost(self) -> None:
        self._outputs.agenda.stop("T19", self)
        self._outputs.agenda.stop("T21", self)

"""Changeover control (Q.704 5, block TCOC): the traffic of a link that became unavailable.

One machine for each link. Traffic is held from the moment the link is of no use. With a path to the other end
both tell each other what they accepted last (COO, COA), the rest is taken back from level 2 and goes first on
the alternative links. Without one, after a processor outage and for an inhibited link, time alone separates
what went before from what comes after (T1).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from callcenter.fsm import Machine, Table, Transition
from callcenter.ss7.mtp3.links import SignallingLink, Taken
from callcenter.ss7.mtp3.management import Heading, Management
from callcenter.ss7.mtp3.timers import Agenda


class ChangeoverUser(Protocol):
    """What changeover needs of level 3."""

    agenda: Agenda

    def hold_link(self, link: SignallingLink, owner: object) -> bool:
        """Hold the traffic of a link; whether any of it can go elsewhere."""
        ...

    def put_back(self, owner: object, messages: Sequence[bytes]) -> None: ...
    def release(self, owner: object) -> None: ...
    def about_link(self, link: SignallingLink, message: Management) -> bool:
        """Send a message about a link to its other end by another one; False when there is no path."""
        ...


class State(Enum):
    """States of changeover."""

    IDLE = "idle"
    WAIT = "awaiting COA"
    TIMED = "time-controlled changeover"
    BLOCKED = "time-controlled changeover, processor outage"


class Event(Enum):
    """What befalls the link, messages of the other end, timers."""

    FAILED = "link failed"
    BLOCKED = "link blocked"
    INHIBITED = "link inhibited"
    AVAILABLE = "link available"
    COO = "COO"
    COA = "COA"
    ECO = "ECO"
    ECA = "ECA"
    T1 = "T1"
    T2 = "T2"


S, E = State, Event
TABLE = Table(
    "Changeover control",
    State,
    Event,
    {
        (S.IDLE, E.FAILED): Transition("begin", (S.WAIT, S.TIMED, S.IDLE), "Q.704 5.3"),
        (S.IDLE, E.BLOCKED): Transition("begin_timed", S.BLOCKED, "Q.704 5.6.2"),
        (S.IDLE, E.INHIBITED): Transition("begin_timed", S.TIMED, "Q.704 5.6.2"),
        (S.IDLE, E.COO): Transition("asked", S.IDLE, "Q.704 5.3.4"),
        (S.IDLE, E.ECO): Transition("asked", S.IDLE, "Q.704 5.6.1"),
        (S.WAIT, E.COA): Transition("update", S.IDLE, "Q.704 5.4.2"),
        (S.WAIT, E.COO): Transition("answer_and_update", S.IDLE, "Q.704 5.4.3"),
        (S.WAIT, E.ECA): Transition("new_traffic", S.IDLE, "Q.704 5.6.1"),
        (S.WAIT, E.ECO): Transition("answer_and_update", S.IDLE, "Q.704 5.6.1"),
        (S.WAIT, E.T2): Transition("new_traffic", S.IDLE, "Q.704 5.7.2"),
        (S.TIMED, E.T1): Transition("new_traffic", S.IDLE, "Q.704 5.6.2"),
        (S.TIMED, E.AVAILABLE): Transition("new_traffic", S.IDLE, "Q.704 5.6.2"),
        (S.TIMED, E.FAILED): Transition("begin", (S.WAIT, S.TIMED, S.IDLE), "Q.704 5.3"),
        (S.TIMED, E.BLOCKED): Transition("begin_timed", S.BLOCKED, "Q.704 5.6.2"),
        (S.TIMED, E.COO): Transition("answer_and_update", S.IDLE, "Q.704 5.3.4"),
        (S.TIMED, E.ECO): Transition("answer_and_update", S.IDLE, "Q.704 5.6.1"),
        (S.BLOCKED, E.T1): Transition("unsent_traffic", S.IDLE, "Q.704 5.6.2"),
        (S.BLOCKED, E.AVAILABLE): Transition("new_traffic", S.IDLE, "Q.704 5.6.2"),
        (S.BLOCKED, E.INHIBITED): Transition("begin_timed", S.TIMED, "Q.704 5.6.2"),
        (S.BLOCKED, E.FAILED): Transition("begin", (S.WAIT, S.TIMED, S.IDLE), "Q.704 5.3"),
        (S.BLOCKED, E.COO): Transition("taken_down", S.IDLE, "Q.704 5.3.4"),
        (S.BLOCKED, E.ECO): Transition("taken_down", S.IDLE, "Q.704 5.6.1"),
    },
)


class ChangeoverControl(Machine[State, Event]):
    """Changeover from one link."""

    table = TABLE

    def __init__(self, link: SignallingLink, user: ChangeoverUser) -> None:
        super().__init__(f"{link.name} TCOC", State.IDLE)
        self._link = link
        self._user = user
        self._taken: Taken | None = None
        self._elsewhere = False
        self._taking_down = False

    def handle(self, event: Event, *arguments: object) -> None:
        """As for every machine; that a link failed which we take down ourselves is no news."""
        if not self._taking_down:
            super().handle(event, *arguments)

    def expired(self, name: str) -> None:
        self.handle(Event(name), None)

    # beginning

    def begin(self, _: Management | None) -> State:
        """Hold the traffic, take back what the other end may not have, and say what we had of it."""
        self._stop()
        user = self._user
        elsewhere = user.hold_link(self._link, self)
        self._taken = self._link.take()
        if user.about_link(self._link, Management(Heading.COO, fsn=self._link.accepted)):
            user.agenda.start("T2", self)
            return State.WAIT
        if elsewhere:
            user.agenda.start("T1", self)
            return State.TIMED
        self._finish(())
        return State.IDLE

    def begin_timed(self, _: Management | None) -> None:
        self._stop()
        self._elsewhere = self._user.hold_link(self._link, self)
        self._user.agenda.start("T1", self)

    def asked(self, message: Management) -> None:
        """The other end changes over. A link that is in use here is taken down and its traffic moved with
        what the message says (5.3.4); where changeover is over there is nothing more to tell (5.7.5)."""
        if not self._link.in_service:
            self._user.about_link(self._link, Management(Heading.ECA))
            return
        self.taken_down(message)

    def taken_down(self, message: Management) -> None:
        """Take down a link that we had in service, and move its traffic."""
        self._stop()
        self._user.hold_link(self._link, self)
        self._taken = self._link.take()
        self._taking_down = True
        self._link.fail()
        self._taking_down = False
        self._answer()
        self._finish(self._rest(message))

    # ending

    def update(self, message: Management) -> None:
        self._finish(self._rest(message))

    def answer_and_update(self, message: Management) -> None:
        if self._link.in_service:
            self.taken_down(message)
            return
        self._answer()
        self._finish(self._rest(message))

    def new_traffic(self, _: Management | None) -> None:
        """Start with what was never sent (5.6.1, 5.6.2, 5.7.2)."""
        self._finish(self._taken.waiting if self._taken else ())

    def unsent_traffic(self, _: Management | None) -> None:
        """Start elsewhere what was not sent; without another way level 2 keeps it meanwhile."""
        self._finish(self._link.take_unsent() if self._elsewhere else ())

    def _rest(self, message: Management) -> Sequence[bytes]:
        if self._taken is None:
            return ()
        if message.heading in {Heading.ECO, Heading.ECA}:
            return self._taken.waiting
        return self._taken.after(message.fsn)

    def _answer(self) -> None:
        self._user.about_link(self._link, Management(Heading.COA, fsn=self._link.accepted))

    def _finish(self, messages: Sequence[bytes]) -> None:
        self._stop()
        self._taken = None
        self._user.put_back(self, messages)
        self._user.release(self)

    def _stop(self) -> None:
        self._user.agenda.stop("T1", self)
        self._user.agenda.stop("T2", self)

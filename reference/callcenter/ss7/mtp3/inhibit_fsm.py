"""Management inhibiting (Q.704 10): a link that management keeps free of user traffic.

Two machines for each link: the inhibition that we ask for (local), and the one the other end asked for
(remote). Inhibition is refused when it would leave a destination without a route, and undone by either end
when a destination would have none but over the link. Both ends test it from time to time (10.6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.mtp3.management import Heading
from callcenter.ss7.mtp3.timers import Agenda


@dataclass(frozen=True, slots=True)
class InhibitOutputs:
    """What the machines do to their surroundings."""

    agenda: Agenda
    send: Callable[[Heading], None]
    """Send a message about this link to the other end."""
    permitted: Callable[[], bool]
    """Whether no destination would be lost."""
    changed: Callable[[], None]
    """The link may have become inhibited, or is no longer."""
    abandoned: Callable[[], None]
    """The other end has not let go of the link: it stays inhibited."""
    told: Callable[[str], None]
    """Management hears what came of its order."""


class LocalState(Enum):
    """Of an inhibition of ours."""

    UNINHIBITED = "uninhibited"
    ASKING = "awaiting LIA"
    ASKING_AGAIN = "awaiting LIA, second attempt"
    INHIBITED = "locally inhibited"
    UNDOING = "awaiting LUA"
    UNDOING_AGAIN = "awaiting LUA, second attempt"


class LocalEvent(Enum):
    """Orders, messages of the other end, timers, and need."""

    INHIBIT = "inhibit"
    UNINHIBIT = "uninhibit"
    NEEDED = "a destination has no other route"
    LIA = "LIA"
    LID = "LID"
    LUA = "LUA"
    LFU = "LFU"
    LRT = "LRT"
    T12 = "T12"
    T14 = "T14"
    T22 = "T22"
    RESET = "restart of the signalling point"


L, E = LocalState, LocalEvent
LOCAL = Table(
    "Local inhibition",
    LocalState,
    LocalEvent,
    {
        (L.UNINHIBITED, E.INHIBIT): Transition("ask", (L.ASKING, L.UNINHIBITED), "Q.704 10.2"),
        (L.UNINHIBITED, E.LRT): Transition("undo_unknown", L.UNINHIBITED, "Q.704 10.6"),
        (L.UNINHIBITED, E.LFU): Transition("undo_unknown", L.UNINHIBITED, "Q.704 10.4"),
        (L.ASKING, E.LIA): Transition("inhibited_now", L.INHIBITED, "Q.704 10.2"),
        (L.ASKING, E.LID): Transition("denied", L.UNINHIBITED, "Q.704 10.2"),
        (L.ASKING, E.T14): Transition("ask_again", L.ASKING_AGAIN, "Q.704 10.2"),
        (L.ASKING, E.UNINHIBIT): Transition("undo", L.UNDOING, "Q.704 10.3"),
        (L.ASKING_AGAIN, E.LIA): Transition("inhibited_now", L.INHIBITED, "Q.704 10.2"),
        (L.ASKING_AGAIN, E.LID): Transition("denied", L.UNINHIBITED, "Q.704 10.2"),
        (L.ASKING_AGAIN, E.T14): Transition("unanswered", L.UNINHIBITED, "Q.704 10.2"),
        (L.ASKING_AGAIN, E.UNINHIBIT): Transition("undo", L.UNDOING, "Q.704 10.3"),
        (L.INHIBITED, E.UNINHIBIT): Transition("undo", L.UNDOING, "Q.704 10.3"),
        (L.INHIBITED, E.NEEDED): Transition("undo", L.UNDOING, "Q.704 10.3.2"),
        (L.INHIBITED, E.LFU): Transition("undo", L.UNDOING, "Q.704 10.3"),
        (L.INHIBITED, E.T22): Transition("test", L.INHIBITED, "Q.704 10.6"),
        (L.UNDOING, E.LUA): Transition("uninhibited_now", L.UNINHIBITED, "Q.704 10.3"),
        (L.UNDOING, E.T12): Transition("undo_again", L.UNDOING_AGAIN, "Q.704 10.3"),
        (L.UNDOING_AGAIN, E.LUA): Transition("uninhibited_now", L.UNINHIBITED, "Q.704 10.3"),
        (L.UNDOING_AGAIN, E.T12): Transition("still_inhibited", L.INHIBITED, "Q.704 10.3"),
    }
    | {
        (state, E.RESET): Transition("reset", L.UNINHIBITED, "Q.704 9.2: unverified")
        for state in L
        if state is not L.UNINHIBITED
    },
    unexpected=Unexpected.COUNT,
    exceptions={E.NEEDED: Unexpected.IGNORE, E.RESET: Unexpected.IGNORE, E.INHIBIT: Unexpected.REFUSE},
)


class LocalInhibition(Machine[LocalState, LocalEvent]):
    """The inhibition of one link by us."""

    table = LOCAL

    def __init__(self, name: str, outputs: InhibitOutputs) -> None:
        super().__init__(f"{name} local inhibition", LocalState.UNINHIBITED)
        self._outputs = outputs

    @property
    def inhibited(self) -> bool:
        """True from LIA to LUA."""
        return self.state in {LocalState.INHIBITED, LocalState.UNDOING, LocalState.UNDOING_AGAIN}

    def handle(self, event: LocalEvent, *arguments: object) -> None:
        """As for every machine; level 3 hears of it when the inhibition has changed."""
        before = self.inhibited
        super().handle(event, *arguments)
        if self.inhibited is not before:
            self._outputs.changed()

    def expired(self, name: str) -> None:
        self.handle(LocalEvent(name))

    def _stop(self) -> None:
        for name in ("T12", "T14", "T22"):
            self._outputs.agenda.stop(name, self)

    def _send(self, heading: Heading, timer: str) -> None:
        self._stop()
        self._outputs.send(heading)
        self._outputs.agenda.start(timer, self)

    def ask(self) -> LocalState:
        if not self._outputs.permitted():
            self._outputs.told("inhibiting denied here")
            return LocalState.UNINHIBITED
        self._send(Heading.LIN, "T14")
        return LocalState.ASKING

    def ask_again(self) -> None:
        self._send(Heading.LIN, "T14")

    def unanswered(self) -> None:
        self._outputs.told("inhibiting not answered")

    def denied(self) -> None:
        self._stop()
        self._outputs.told("inhibiting denied by the other end")

    def inhibited_now(self) -> None:
        self._stop()
        self._outputs.agenda.start("T22", self)
        self._outputs.told("inhibited")

    def test(self) -> None:
        self._send(Heading.LLT, "T22")

    def undo(self) -> None:
        self._send(Heading.LUN, "T12")

    def undo_again(self) -> None:
        self._send(Heading.LUN, "T12")

    def undo_unknown(self) -> None:
        """The other end takes the link as inhibited by us, which it is not."""
        self._outputs.send(Heading.LUN)

    def still_inhibited(self) -> None:
        self._outputs.agenda.start("T22", self)
        self._outputs.told("uninhibiting not answered")
        self._outputs.abandoned()

    def uninhibited_now(self) -> None:
        self._stop()
        self._outputs.told("uninhibited")

    def reset(self) -> None:
        self._stop()


class RemoteState(Enum):
    """Of an inhibition by the other end."""

    UNINHIBITED = "uninhibited"
    INHIBITED = "remotely inhibited"
    FORCING = "awaiting LUN"
    FORCING_AGAIN = "awaiting LUN, second attempt"


class RemoteEvent(Enum):
    """Messages of the other end, timers, and need."""

    LIN = "LIN"
    LUN = "LUN"
    LLT = "LLT"
    NEEDED = "a destination has no other route"
    T13 = "T13"
    T23 = "T23"
    RESET = "restart of the signalling point"


R, F = RemoteState, RemoteEvent
REMOTE = Table(
    "Remote inhibition",
    RemoteState,
    RemoteEvent,
    {
        (R.UNINHIBITED, F.LIN): Transition("asked", (R.INHIBITED, R.UNINHIBITED), "Q.704 10.2"),
        (R.UNINHIBITED, F.LUN): Transition("confirm", R.UNINHIBITED, "Q.704 10.4"),
        (R.UNINHIBITED, F.LLT): Transition("force_unknown", R.UNINHIBITED, "Q.704 10.6"),
        (R.INHIBITED, F.LIN): Transition("accept", R.INHIBITED, "Q.704 10.4"),
        (R.INHIBITED, F.LUN): Transition("uninhibit", R.UNINHIBITED, "Q.704 10.3"),
        (R.INHIBITED, F.LLT): Transition("", R.INHIBITED, "Q.704 10.6"),
        (R.INHIBITED, F.NEEDED): Transition("force", R.FORCING, "Q.704 10.3.2"),
        (R.INHIBITED, F.T23): Transition("test", R.INHIBITED, "Q.704 10.6"),
        (R.FORCING, F.LIN): Transition("accept", R.FORCING, "Q.704 10.4"),
        (R.FORCING, F.LUN): Transition("uninhibit", R.UNINHIBITED, "Q.704 10.3"),
        (R.FORCING, F.T13): Transition("force", R.FORCING_AGAIN, "Q.704 10.3.2"),
        (R.FORCING_AGAIN, F.LIN): Transition("accept", R.FORCING_AGAIN, "Q.704 10.4"),
        (R.FORCING_AGAIN, F.LUN): Transition("uninhibit", R.UNINHIBITED, "Q.704 10.3"),
        (R.FORCING_AGAIN, F.T13): Transition("unheard", R.INHIBITED, "Q.704 10.3.2"),
    }
    | {
        (state, F.RESET): Transition("reset", R.UNINHIBITED, "Q.704 9.2: unverified")
        for state in R
        if state is not R.UNINHIBITED
    },
)


class RemoteInhibition(Machine[RemoteState, RemoteEvent]):
    """The inhibition of one link by the other end."""

    table = REMOTE

    def __init__(self, name: str, outputs: InhibitOutputs) -> None:
        super().__init__(f"{name} remote inhibition", RemoteState.UNINHIBITED)
        self._outputs = outputs

    @property
    def inhibited(self) -> bool:
        """True from LIA to LUA."""
        return self.state is not RemoteState.UNINHIBITED

    def handle(self, event: RemoteEvent, *arguments: object) -> None:
        """As for every machine; level 3 hears of it when the inhibition has changed."""
        before = self.inhibited
        super().handle(event, *arguments)
        if self.inhibited is not before:
            self._outputs.changed()

    def expired(self, name: str) -> None:
        self.handle(RemoteEvent(name))

    def _stop(self) -> None:
        self._outputs.agenda.stop("T13", self)
        self._outputs.agenda.stop("T23", self)

    def asked(self) -> RemoteState:
        if not self._outputs.permitted():
            self._outputs.send(Heading.LID)
            return RemoteState.UNINHIBITED
        self._outputs.send(Heading.LIA)
        self._outputs.agenda.start("T23", self)
        return RemoteState.INHIBITED

    def accept(self) -> None:
        self._outputs.send(Heading.LIA)

    def uninhibit(self) -> None:
        self._stop()
        self._outputs.send(Heading.LUA)

    def confirm(self) -> None:
        self._outputs.send(Heading.LUA)

    def test(self) -> None:
        self._outputs.send(Heading.LRT)
        self._outputs.agenda.start("T23", self)

    def force(self) -> None:
        self._stop()
        self._outputs.send(Heading.LFU)
        self._outputs.agenda.start("T13", self)

    def force_unknown(self) -> None:
        """The other end takes the link as inhibited, which it is not to us."""
        self._outputs.send(Heading.LFU)

    def unheard(self) -> None:
        self._outputs.agenda.start("T23", self)
        self._outputs.told("forced uninhibiting not answered")
        self._outputs.abandoned()

    def reset(self) -> None:
        self._stop()

"""Simple segmentation control, backward messages of a call (SSCO): a message waits for its segment.

Q.764 2.1.12: the message and its SGM are joined; when T34 or another message of the call comes first, the
segment is taken as lost. In the forward direction the IAM waits within the call (cpc_in_fsm).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Final

from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.isup.codec import Message
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.segmentation import announces, joined
from testrig.clock import Instant

if TYPE_CHECKING:
    from callcenter.ss7.isup.cpc_out_fsm import OutgoingCall


class State(Enum):
    """States of segmentation control."""

    IDLE = "idle"
    WAIT_FOR_SGM = "wait for segmentation message"


class Event(Enum):
    """Messages of the call, the timer."""

    ANNOUNCED = "message that announces a segment"
    SGM = "SGM"
    OTHER = "other message of the call"
    STOP = "call over"
    T34 = "T34"


S, E = State, Event

TABLE: Final[Table[State, Event]] = Table(
    "SSCO",
    State,
    Event,
    {
        (S.IDLE, E.ANNOUNCED): Transition("hold", S.WAIT_FOR_SGM, "Q.764 2.1.12"),
        (S.WAIT_FOR_SGM, E.SGM): Transition("whole", S.IDLE, "Q.764 2.1.12"),
        (S.WAIT_FOR_SGM, E.OTHER): Transition("lost", S.IDLE, "Q.764 2.1.12"),
        (S.WAIT_FOR_SGM, E.ANNOUNCED): Transition("next", S.WAIT_FOR_SGM, "Q.764 2.1.12"),
        (S.WAIT_FOR_SGM, E.T34): Transition("missing", S.IDLE, "Q.764 2.1.12"),
        (S.WAIT_FOR_SGM, E.STOP): Transition("stop", S.IDLE, "Q.764 2.3"),
    },
    unexpected=Unexpected.IGNORE,
)


class SegmentationControl(Machine[State, Event]):
    """What the backward messages of one call wait in."""

    table = TABLE

    def __init__(self, call: OutgoingCall) -> None:
        super().__init__(f"{call.circuit.name} SSCO", State.IDLE)
        self._call = call
        self._held: Message | None = None
        self._ready: list[Message] = []

    def receive(self, message: Message, now: Instant) -> Sequence[Message]:
        """Take a message; return what the call is to hear now."""
        announced = announces(message)
        if self.state is State.IDLE and not announced:
            return (message,)
        event = Event.SGM if message.kind == Type.SGM else Event.ANNOUNCED if announced else Event.OTHER
        self.handle(event, now, message)
        return self._take()

    def _take(self) -> Sequence[Message]:
        ready, self._ready = self._ready, []
        return ready

    def hold(self, now: Instant, message: Message) -> None:
        """Wait for the segment."""
        self._held = message
        self._call.circuit.start(self, "T34", now)

    def whole(self, now: Instant, message: Message) -> None:
        """The segment is there."""
        self._release(message)

    def lost(self, now: Instant, message: Message) -> None:
        """Another message in its place."""
        self._release(None)
        self._ready.append(message)

    def next(self, now: Instant, message: Message) -> None:
        """Another message in its place, which announces one of its own."""
        self._release(None)
        self.hold(now, message)

    def missing(self, now: Instant) -> None:
        """T34."""
        self._release(None)

    def stop(self, now: Instant) -> None:
        """The call is over."""
        self._release(None)
        self._ready.clear()

    def _release(self, segment: Message | None) -> None:
        assert self._held is not None
        self._call.circuit.stop(self, "T34")
        self._ready.append(joined(self._held, segment))
        self._held = None

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        self.handle(Event[timer], now)
        self._call.circuit.heard(self._call, self._take(), now)

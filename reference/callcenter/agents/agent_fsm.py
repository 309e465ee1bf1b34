"""An agent's states, as one table.

The states are those of CSTA (ECMA-269 6.1.1.2.3, unverified) in the words of the desk: logged off, not
ready, ready, busy (here told apart as reserved, ringing, talking, dialling) and working after call.
A pair the table does not hold is refused: `StateError` names event and state.

`RESUME` stands for where the agent goes after a call: ready or not ready, as the agent last asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from callcenter.errors import StateError


class State(Enum):
    """What an agent is doing; the values are what clients see."""

    SIGNED_OFF = "signed off"
    NOT_READY = "not ready"
    READY = "ready"
    RESERVED = "reserved"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap-up"
    DIALLING = "dialling"


class Event(Enum):
    """What happens to an agent."""

    SIGN_ON = "signs on"
    SIGN_OFF = "signs off"
    READY = "asks to be ready"
    NOT_READY = "asks to be not ready"
    RESERVE = "is chosen for a call"
    RING = "is rung"
    ANSWER = "answers"
    NO_ANSWER = "does not answer"
    CANCEL = "the caller has gone"
    LIFT = "lifts the handset for a call"
    CONNECTED = "the called party answers"
    CALL_ENDED = "the call is over"
    REPLACE = "gives up dialling"
    WRAPPED_UP = "wrap-up time is over"


class Resume(Enum):
    """The state that depends on what the agent asked for."""

    RESUME = "ready or not ready"


_S, _E = State, Event

TABLE: Final[Mapping[tuple[State, Event], State | Resume]] = MappingProxyType(
    {
        (_S.SIGNED_OFF, _E.SIGN_ON): _S.NOT_READY,
        (_S.NOT_READY, _E.SIGN_OFF): _S.SIGNED_OFF,
        (_S.NOT_READY, _E.READY): _S.READY,
        (_S.NOT_READY, _E.NOT_READY): _S.NOT_READY,
        (_S.NOT_READY, _E.LIFT): _S.DIALLING,
        (_S.READY, _E.SIGN_OFF): _S.SIGNED_OFF,
        (_S.READY, _E.READY): _S.READY,
        (_S.READY, _E.NOT_READY): _S.NOT_READY,
        (_S.READY, _E.RESERVE): _S.RESERVED,
        (_S.READY, _E.LIFT): _S.DIALLING,
        (_S.RESERVED, _E.RING): _S.RINGING,
        (_S.RESERVED, _E.CANCEL): Resume.RESUME,
        (_S.RINGING, _E.ANSWER): _S.TALKING,
        (_S.RINGING, _E.NO_ANSWER): _S.NOT_READY,
        (_S.RINGING, _E.CANCEL): Resume.RESUME,
        (_S.RINGING, _E.READY): _S.RINGING,
        (_S.RINGING, _E.NOT_READY): _S.RINGING,
        (_S.TALKING, _E.CALL_ENDED): _S.WRAP_UP,
        (_S.TALKING, _E.READY): _S.TALKING,
        (_S.TALKING, _E.NOT_READY): _S.TALKING,
        (_S.WRAP_UP, _E.WRAPPED_UP): Resume.RESUME,
        (_S.WRAP_UP, _E.READY): _S.READY,
        (_S.WRAP_UP, _E.NOT_READY): _S.NOT_READY,
        (_S.WRAP_UP, _E.SIGN_OFF): _S.SIGNED_OFF,
        (_S.WRAP_UP, _E.LIFT): _S.DIALLING,
        (_S.DIALLING, _E.CONNECTED): _S.TALKING,
        (_S.DIALLING, _E.REPLACE): Resume.RESUME,
        (_S.DIALLING, _E.READY): _S.DIALLING,
        (_S.DIALLING, _E.NOT_READY): _S.DIALLING,
    }
)


class AgentFsm:
    """The state of one agent. `wants_ready` is what the agent last asked for."""

    __slots__ = ("name", "state", "wants_ready")

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = State.SIGNED_OFF
        self.wants_ready = False

    def permits(self, event: Event) -> bool:
        """Whether the table holds `event` in the present state."""
        return (self.state, event) in TABLE

    def event(self, event: Event) -> State:
        """Take `event` and return the state before; `StateError` for a pair the table does not hold."""
        found = TABLE.get((self.state, event))
        if found is None:
            raise StateError(f"agent {self.name} {event.value}: not possible when {self.state.value}")
        before = self.state
        if event in (Event.READY, Event.NOT_READY):
            self.wants_ready = event is Event.READY
        elif event in (Event.SIGN_ON, Event.NO_ANSWER):
            self.wants_ready = False
        if isinstance(found, State):
            self.state = found
        else:
            self.state = State.READY if self.wants_ready else State.NOT_READY
        return before

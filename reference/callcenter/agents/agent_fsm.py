"""An agent's states, as one table.

The states are those of CSTA (ECMA-269 6.1.1.2.3, unverified) in the words of the desk: logged off, not
ready, ready, busy (here told apart as reserved, ringing, talking, dialling) and working after call.
A pair the table does not hold is refused: `StateError` names event and state. After a call the agent
resumes: ready or not ready, as the agent last asked for.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from callcenter.fsm import Machine, Table, Transition, Unexpected


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


_S, _E = State, Event

_RESUME: Final = Transition("resume", (State.READY, State.NOT_READY))

_TRANSITIONS: Final[dict[tuple[State, Event], Transition[State]]] = {
    (_S.SIGNED_OFF, _E.SIGN_ON): Transition("wants_none", _S.NOT_READY),
    (_S.NOT_READY, _E.SIGN_OFF): Transition("", _S.SIGNED_OFF),
    (_S.NOT_READY, _E.READY): Transition("wants_calls", _S.READY),
    (_S.NOT_READY, _E.NOT_READY): Transition("wants_none", _S.NOT_READY),
    (_S.NOT_READY, _E.LIFT): Transition("", _S.DIALLING),
    (_S.READY, _E.SIGN_OFF): Transition("", _S.SIGNED_OFF),
    (_S.READY, _E.READY): Transition("wants_calls", _S.READY),
    (_S.READY, _E.NOT_READY): Transition("wants_none", _S.NOT_READY),
    (_S.READY, _E.RESERVE): Transition("", _S.RESERVED),
    (_S.READY, _E.LIFT): Transition("", _S.DIALLING),
    (_S.RESERVED, _E.RING): Transition("", _S.RINGING),
    (_S.RESERVED, _E.CANCEL): _RESUME,
    (_S.RINGING, _E.ANSWER): Transition("", _S.TALKING),
    (_S.RINGING, _E.NO_ANSWER): Transition("wants_none", _S.NOT_READY),
    (_S.RINGING, _E.CANCEL): _RESUME,
    (_S.RINGING, _E.READY): Transition("wants_calls", _S.RINGING),
    (_S.RINGING, _E.NOT_READY): Transition("wants_none", _S.RINGING),
    (_S.TALKING, _E.CALL_ENDED): Transition("", _S.WRAP_UP),
    (_S.TALKING, _E.READY): Transition("wants_calls", _S.TALKING),
    (_S.TALKING, _E.NOT_READY): Transition("wants_none", _S.TALKING),
    (_S.WRAP_UP, _E.WRAPPED_UP): _RESUME,
    (_S.WRAP_UP, _E.READY): Transition("wants_calls", _S.READY),
    (_S.WRAP_UP, _E.NOT_READY): Transition("wants_none", _S.NOT_READY),
    (_S.WRAP_UP, _E.SIGN_OFF): Transition("", _S.SIGNED_OFF),
    (_S.WRAP_UP, _E.LIFT): Transition("", _S.DIALLING),
    (_S.DIALLING, _E.CONNECTED): Transition("", _S.TALKING),
    (_S.DIALLING, _E.REPLACE): _RESUME,
    (_S.DIALLING, _E.READY): Transition("wants_calls", _S.DIALLING),
    (_S.DIALLING, _E.NOT_READY): Transition("wants_none", _S.DIALLING),
}

TABLE: Final = Table("Agent", State, Event, _TRANSITIONS, unexpected=Unexpected.REFUSE)


class AgentFsm(Machine[State, Event]):
    """The state of one agent. `wants_ready` is what the agent last asked for."""

    table = TABLE

    def __init__(self, name: str) -> None:
        super().__init__(f"agent {name}", State.SIGNED_OFF)
        self.wants_ready = False

    def permits(self, event: Event) -> bool:
        """Whether the table holds `event` in the present state."""
        return TABLE.find(self.state, event) is not None

    def wants_calls(self) -> None:
        """The agent takes calls, from now or after the present one."""
        self.wants_ready = True

    def wants_none(self) -> None:
        """The agent takes no calls until it says so."""
        self.wants_ready = False

    def resume(self) -> State:
        """Go where the agent asked to be after a call."""
        return State.READY if self.wants_ready else State.NOT_READY

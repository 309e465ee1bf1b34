"""State of one association as the ASP itself keeps it (RFC 4666 4.3.1, 4.3.4)."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from callcenter.fsm import Machine, Table, Transition


class State(Enum):
    """States of an association, with the requests that wait for their acknowledgement."""

    CLOSED = "no association"
    RISING = "ASP Up sent"
    INACTIVE = "ASP-INACTIVE"
    ACTIVATING = "ASP Active sent"
    ACTIVE = "ASP-ACTIVE"
    DEACTIVATING = "ASP Inactive sent"


class Event(Enum):
    """Orders, acknowledgements, time."""

    CONNECTED = "association is there"
    CLOSED = "association is lost"
    UP_ACK = "ASP Up Ack"
    DOWN_ACK = "ASP Down Ack"
    ACTIVE_ACK = "ASP Active Ack of the last routing context"
    INACTIVE_ACK = "ASP Inactive Ack"
    ACTIVATE = "order to take traffic"
    DEACTIVATE = "order to give traffic up"
    OVERTAKEN = "NTFY: another ASP has taken over"
    EXPIRED = "T(ack)"


class Outputs(Protocol):
    """What an association does."""

    def say_up(self) -> None: ...
    def say_active(self) -> None: ...
    def say_inactive(self) -> None: ...
    def carry(self) -> None: ...
    def cease(self) -> None: ...
    def wanted(self) -> bool: ...


S, E = State, Event
UP = "RFC 4666 4.3.4.1"
DOWN = "RFC 4666 4.3.4.2"
ACTIVE = "RFC 4666 4.3.4.3"
INACTIVE = "RFC 4666 4.3.4.4"
TABLE = Table(
    "ASP side",
    State,
    Event,
    {
        (S.CLOSED, E.CONNECTED): Transition("up", S.RISING, UP),
        (S.RISING, E.EXPIRED): Transition("up", S.RISING, UP),
        (S.RISING, E.UP_ACK): Transition("risen", (S.INACTIVE, S.ACTIVATING), UP),
        (S.INACTIVE, E.ACTIVATE): Transition("activate", S.ACTIVATING, ACTIVE),
        (S.ACTIVATING, E.EXPIRED): Transition("activate", S.ACTIVATING, ACTIVE),
        (S.ACTIVATING, E.ACTIVE_ACK): Transition("carry", S.ACTIVE, ACTIVE),
        (S.ACTIVATING, E.DEACTIVATE): Transition("deactivate", S.DEACTIVATING, INACTIVE),
        (S.ACTIVE, E.DEACTIVATE): Transition("deactivate", S.DEACTIVATING, INACTIVE),
        (S.ACTIVE, E.OVERTAKEN): Transition("cease", S.INACTIVE, ACTIVE),
        # an acknowledgement nobody asked for: the SGP sees another state, the ASP returns to its own
        (S.ACTIVE, E.UP_ACK): Transition("return_active", S.ACTIVATING, UP),
        (S.ACTIVE, E.INACTIVE_ACK): Transition("return_active", S.ACTIVATING, INACTIVE),
        (S.INACTIVE, E.ACTIVE_ACK): Transition("deactivate", S.DEACTIVATING, ACTIVE),
        (S.DEACTIVATING, E.EXPIRED): Transition("deactivate", S.DEACTIVATING, INACTIVE),
        (S.DEACTIVATING, E.INACTIVE_ACK): Transition("cease", S.INACTIVE, INACTIVE),
        (S.DEACTIVATING, E.ACTIVATE): Transition("activate", S.ACTIVATING, ACTIVE),
        **{
            (state, E.CLOSED): Transition("cease", S.CLOSED, "RFC 4666 4.3.3")
            for state in State
            if state is not S.CLOSED
        },
        **{
            (state, E.DOWN_ACK): Transition("return_up", S.RISING, DOWN)
            for state in (S.INACTIVE, S.ACTIVATING, S.ACTIVE, S.DEACTIVATING)
        },
    },
)


class AspSide(Machine[State, Event]):
    """One association of an ASP."""

    table = TABLE

    def __init__(self, name: str, outputs: Outputs) -> None:
        super().__init__(name, State.CLOSED)
        self._out = outputs

    def up(self) -> None:
        """Send ASP Up, again until it is acknowledged."""
        self._out.say_up()

    def risen(self) -> State:
        """Take traffic if that was ordered."""
        if not self._out.wanted():
            self._out.cease()
            return State.INACTIVE
        self._out.say_active()
        return State.ACTIVATING

    def activate(self) -> None:
        """Send ASP Active."""
        self._out.say_active()

    def deactivate(self) -> None:
        """Send ASP Inactive."""
        self._out.cease()
        self._out.say_inactive()

    def carry(self) -> None:
        """Traffic may flow."""
        self._out.carry()

    def cease(self) -> None:
        """No traffic, no timer."""
        self._out.cease()

    def return_active(self) -> None:
        """Stop, and take the traffic again."""
        self._out.cease()
        self._out.say_active()

    def return_up(self) -> None:
        """Stop, and come up again."""
        self._out.cease()
        self._out.say_up()

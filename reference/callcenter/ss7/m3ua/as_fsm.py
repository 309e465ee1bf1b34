"""State of an application server, as the SGP keeps it (RFC 4666 4.3.2, figure 4).

With smooth start: the first active ASP makes the AS active.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from callcenter.fsm import Machine, Table, Transition


class State(Enum):
    """States of an AS."""

    DOWN = "AS-DOWN"
    INACTIVE = "AS-INACTIVE"
    ACTIVE = "AS-ACTIVE"
    PENDING = "AS-PENDING"


class Event(Enum):
    """What its ASPs and T(r) say."""

    UP = "an ASP is inactive"
    ACTIVE = "an ASP is active"
    NONE_ACTIVE = "the last active ASP is not active any more"
    ALL_DOWN = "no ASP is up"
    RECOVERY = "T(r)"


TABLE = Table(
    "AS",
    State,
    Event,
    {
        (State.DOWN, Event.UP): Transition("", State.INACTIVE, "RFC 4666 4.3.2"),
        (State.INACTIVE, Event.ACTIVE): Transition("", State.ACTIVE, "RFC 4666 4.3.2"),
        (State.INACTIVE, Event.ALL_DOWN): Transition("", State.DOWN, "RFC 4666 4.3.2"),
        (State.ACTIVE, Event.NONE_ACTIVE): Transition("wait", State.PENDING, "RFC 4666 4.3.2"),
        (State.PENDING, Event.ACTIVE): Transition("recovered", State.ACTIVE, "RFC 4666 4.3.2"),
        (State.PENDING, Event.RECOVERY): Transition(
            "give_up", (State.INACTIVE, State.DOWN), "RFC 4666 4.3.2"
        ),
    },
)


class Server(Protocol):
    """What the machine does to its surroundings."""

    def wait(self) -> None:
        """Start T(r), keep what comes."""

    def recovered(self) -> None:
        """Stop T(r), send what was kept."""

    def give_up(self) -> bool:
        """Drop what was kept; whether an ASP is up."""


class ApplicationServer(Machine[State, Event]):
    """One AS."""

    table = TABLE

    def __init__(self, name: str, server: Server) -> None:
        super().__init__(name, State.DOWN)
        self._server = server

    def wait(self) -> None:
        self._server.wait()

    def recovered(self) -> None:
        self._server.recovered()

    def give_up(self) -> State:
        return State.INACTIVE if self._server.give_up() else State.DOWN

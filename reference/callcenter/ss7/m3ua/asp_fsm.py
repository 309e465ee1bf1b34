"""State of an ASP in one AS, as the SGP keeps it (RFC 4666 4.3.1, figure 3)."""

from __future__ import annotations

from enum import Enum

from callcenter.fsm import Machine, Table, Transition


class State(Enum):
    """States of an ASP."""

    DOWN = "ASP-DOWN"
    INACTIVE = "ASP-INACTIVE"
    ACTIVE = "ASP-ACTIVE"


class Event(Enum):
    """Messages of the ASP, and what else takes its traffic away."""

    UP = "ASP Up"
    DOWN = "ASP Down, or the association is lost"
    ACTIVE = "ASP Active"
    INACTIVE = "ASP Inactive, or another ASP has taken over"


TABLE = Table(
    "ASP",
    State,
    Event,
    {
        (State.DOWN, Event.UP): Transition("", State.INACTIVE, "RFC 4666 4.3.4.1"),
        (State.INACTIVE, Event.ACTIVE): Transition("", State.ACTIVE, "RFC 4666 4.3.4.3"),
        (State.INACTIVE, Event.DOWN): Transition("", State.DOWN, "RFC 4666 4.3.4.2"),
        (State.ACTIVE, Event.UP): Transition("", State.INACTIVE, "RFC 4666 4.3.4.1"),
        (State.ACTIVE, Event.INACTIVE): Transition("", State.INACTIVE, "RFC 4666 4.3.4.4"),
        (State.ACTIVE, Event.DOWN): Transition("", State.DOWN, "RFC 4666 4.3.4.2"),
    },
)


class Asp(Machine[State, Event]):
    """One ASP in one AS."""

    table = TABLE

    def __init__(self, name: str) -> None:
        super().__init__(name, State.DOWN)

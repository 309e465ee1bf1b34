"""State machines as tables: what a transition is, and the table that holds them.

A functional block of a standard is one file with `State` and `Event` enums, one `Table` and a class with
one method per action. The table says everything that changes the state; methods only carry out what a
transition asks for. Pairs (state, event) that the table does not hold meet its `Unexpected` policy, so
every pair of the product has a defined outcome. The documentation draws its diagrams from the tables::

    TABLE = Table("LSC", State, Event, {
        (State.POWER_OFF, Event.POWER_ON): Transition("power_on", State.OUT_OF_SERVICE),
        (State.INITIAL_ALIGNMENT, Event.ALIGNED): Transition(
            "aligned", (State.ALIGNED_READY, State.ALIGNED_NOT_READY)),
    }, unexpected=Unexpected.IGNORE)

    class LinkStateControl(Machine[State, Event]): ...
        def aligned(self, now): ...; return State.ALIGNED_READY

An action whose transition has several next states returns the one it chose; with a single next state it
returns None. An empty action name means that only the state changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from logging import getLogger
from typing import Any, Generic, TypeVar

from callcenter.errors import StateError

log = getLogger(__name__)

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class Unexpected(Enum):
    """What happens to a pair the table does not hold."""

    IGNORE = "ignore"
    """The event says nothing new in that state, as in an SDL diagram without an input symbol for it."""
    COUNT = "count"
    """The peer said something out of place: ignored, and counted in `Machine.unexpected`."""
    REFUSE = "refuse"
    """We misused our own machine: `StateError`."""


@dataclass(frozen=True, slots=True)
class Transition(Generic[S]):
    """What one event does in one state: the name of the action method, and where it leads."""

    action: str
    next: S | tuple[S, ...]
    clause: str = ""

    @property
    def targets(self) -> tuple[S, ...]:
        """The possible next states."""
        return self.next if isinstance(self.next, tuple) else (self.next,)


@dataclass(frozen=True, slots=True)
class Table(Generic[S, E]):
    """The transitions of one functional block.

    `exceptions` gives single events a policy of their own, for example orders of our own user
    (`REFUSE`) among signals from the line (`COUNT`).
    """

    name: str
    states: type[S]
    events: type[E]
    transitions: Mapping[tuple[S, E], Transition[S]]
    unexpected: Unexpected = Unexpected.IGNORE
    exceptions: Mapping[E, Unexpected] | None = None

    def find(self, state: S, event: E) -> Transition[S] | None:
        """Return the transition, or None when the pair is left to the policy."""
        return self.transitions.get((state, event))

    def policy(self, event: E) -> Unexpected:
        """Return what happens to `event` in a state that does not hold it."""
        return (self.exceptions or {}).get(event, self.unexpected)

    def rows(self) -> Iterator[tuple[S, E, Transition[S]]]:
        """All transitions in the order they were written, for diagrams and tests."""
        for (state, event), transition in self.transitions.items():
            yield state, event, transition

    def product(self) -> Iterator[tuple[S, E]]:
        """Every pair of state and event, held by the table or not."""
        for state in self.states:
            for event in self.events:
                yield state, event

    def unreachable(self, initial: S) -> set[S]:
        """Return the states that no chain of transitions from `initial` leads to."""
        reached, front = {initial}, [initial]
        while front:
            here = front.pop()
            for state, _, transition in self.rows():
                if state is here:
                    new = set(transition.targets) - reached
                    reached |= new
                    front.extend(new)
        return set(self.states) - reached


class Machine(Generic[S, E]):
    """A machine that runs a `Table`. Subclasses set `table` and have one method per action name.

    An action takes the arguments that `handle` was given after the event, and may call `handle` of other
    machines, but not of its own: the state changes when the action has returned.
    """

    table: Table[S, E]

    def __init__(self, name: str, initial: S) -> None:
        self.name = name
        self.state: S = initial
        self.unexpected = 0
        """Events that met the COUNT policy."""

    def __init_subclass__(cls) -> None:
        table = cls.__dict__.get("table")
        if table is None:
            return
        for state, event, transition in table.rows():
            if transition.action and not callable(getattr(cls, transition.action, None)):
                raise StateError(
                    f"{cls.__name__}: table {table.name} ({state.name}, {event.name}) names action "
                    f"{transition.action!r}, expected a method of that name"
                )

    def handle(self, event: E, *arguments: Any) -> None:
        """Carry out what the table says for `event` in the present state.

        Raises `StateError` for an event under the REFUSE policy, and when an action with several next
        states did not choose one of them.
        """
        transition = self.table.transitions.get((self.state, event))
        if transition is None:
            self._meet_policy(event)
            return
        chosen = getattr(self, transition.action)(*arguments) if transition.action else None
        following = transition.next
        if isinstance(following, tuple):
            if chosen not in following:
                raise StateError(
                    f"{self.name}: {transition.action} in {self.state.value} chose {chosen!r}, "
                    f"expected one of {', '.join(state.value for state in following)}"
                )
            following = chosen
        if following is not self.state:
            log.debug("%s: %s -> %s on %s", self.name, self.state.value, following.value, event.value)
            self.state = following

    def _meet_policy(self, event: E) -> None:
        policy = self.table.policy(event)
        if policy is Unexpected.REFUSE:
            raise StateError(f"{self.name}: {event.value} is not possible in state {self.state.value}")
        if policy is Unexpected.COUNT:
            self.unexpected += 1
            log.debug("%s: %s unexpected in %s", self.name, event.value, self.state.value)


__all__ = ["Machine", "Table", "Transition", "Unexpected"]

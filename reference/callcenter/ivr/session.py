"""One caller in a flow: a machine of the keys pressed, the prompts that end, and the time.

Every stimulus returns the steps to carry out: play a prompt, stop it, go to a queue, hang up. The machine
is over after `ToQueue` or `HangUp`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from callcenter.errors import StateError
from callcenter.ivr.flow import Flow, HangupNode, MenuNode, PlayNode, QueueNode
from testrig.clock import Instant, frames


@dataclass(frozen=True, slots=True)
class Play:
    """Play a prompt once, instead of what is playing."""

    prompt: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop what is playing."""


@dataclass(frozen=True, slots=True)
class ToQueue:
    """Hand the caller to a queue."""

    queue: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Clear the call."""

    cause: int


Step: TypeAlias = Play | Stop | ToQueue | HangUp


class State(Enum):
    """Where the caller is within a node."""

    PLAYING = "playing"
    """The prompt of a play node, or of a menu: the menu takes keys meanwhile."""
    WAITING = "waiting"
    """The menu's prompt is over; its time runs."""
    CORRECTING = "correcting"
    """The prompt about a wrong or missing key plays; the menu follows."""
    OVER = "over"


class IvrSession:
    """The session. `deadline` is when `expire` wants to be called."""

    __slots__ = ("_failures", "_flow", "_name", "deadline", "keys", "state")

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._name = flow.start
        self._failures = 0
        self.state = State.OVER
        self.deadline: Instant | None = None
        self.keys = ""
        """Keys pressed so far."""

    @property
    def node(self) -> str:
        """Name of the node the caller is in."""
        return self._name

    def start(self, now: Instant) -> list[Step]:
        """Enter the flow."""
        return self._enter(self._flow.start, now)

    def digit(self, digit: str, now: Instant) -> list[Step]:
        """The caller pressed a key."""
        if self.state is State.OVER:
            raise StateError(f"key {digit!r} in an IVR session that is over")
        self.keys += digit
        node = self._flow.nodes[self._name]
        if isinstance(node, MenuNode):
            return self._choose(node, digit, now)
        assert isinstance(node, PlayNode)
        if not node.interruptible:
            return []
        return self._skip_to_menu(node, digit, now)

    def play_ended(self, now: Instant) -> list[Step]:
        """The prompt has come to its end."""
        node = self._flow.nodes[self._name]
        if self.state is State.CORRECTING:
            assert isinstance(node, MenuNode)
            return self._ask(node)
        if self.state is State.PLAYING:
            if isinstance(node, PlayNode):
                return self._enter(node.next, now)
            assert isinstance(node, MenuNode)
            self.state = State.WAITING
            self.deadline = now + frames(node.timeout)
        return []

    def expire(self, now: Instant) -> list[Step]:
        """The time for a key is over if the deadline has come."""
        if self.deadline is None or now < self.deadline:
            return []
        node = self._flow.nodes[self._name]
        assert isinstance(node, MenuNode)
        return self._correct(node, node.reminder, now)

    def _enter(self, name: str, now: Instant) -> list[Step]:
        if name != self._name:
            self._failures = 0
        self._name = name
        self.deadline = None
        node = self._flow.nodes[name]
        match node:
            case QueueNode():
                self.state = State.OVER
                return [Stop(), ToQueue(node.queue)]
            case HangupNode():
                self.state = State.OVER
                return [Stop(), HangUp(node.cause)]
            case PlayNode():
                self.state = State.PLAYING
                return [Play(node.prompt)]
            case MenuNode():
                return self._ask(node)

    def _ask(self, node: MenuNode) -> list[Step]:
        self.state = State.PLAYING
        self.deadline = None
        return [Play(node.prompt)]

    def _skip_to_menu(self, node: PlayNode, digit: str, now: Instant) -> list[Step]:
        """A key during a play node interrupts it and those behind it; it counts in the menu they lead to."""
        name = node.next
        target = self._flow.nodes[name]
        while isinstance(target, PlayNode) and target.interruptible:
            name, target = target.next, self._flow.nodes[target.next]
        steps = self._enter(name, now)
        if isinstance(target, MenuNode):
            return self._choose(target, digit, now)
        return steps

    def _choose(self, node: MenuNode, digit: str, now: Instant) -> list[Step]:
        target = node.keys.get(digit)
        if target is None:
            return self._correct(node, node.invalid, now)
        self._failures = 0
        return self._enter(target, now)

    def _correct(self, node: MenuNode, prompt: str, now: Instant) -> list[Step]:
        self._failures += 1
        self.deadline = None
        if self._failures >= node.attempts:
            return self._enter(node.exhausted, now)
        self.state = State.CORRECTING
        return [Play(prompt)]

"""A flow of announcements and menus, read from a TOML file and checked before it is used.

A flow is a table of nodes and the name of the one to start with:

| type | keys | does |
|---|---|---|
| `play` | `prompt`, `next`, `interruptible` (true) | plays; a key interrupts and counts in the next menu |
| `menu` | `prompt`, `keys`, `timeout` s, `attempts`, `invalid`, `reminder`, `exhausted` | asks for a key |
| `queue` | `queue` | hands the caller to a queue |
| `hangup` | `cause` (16) | clears the call |

`parse_flow` refuses a flow with unknown keys, a target that is not there, a node that nothing leads to, a
loop that plays without ever waiting for a key, or a path that never ends in a queue or a release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from callcenter.calls.primitives import Cause
from callcenter.errors import ConfigurationError
from callcenter.loading import build, near, read_toml, refuse

KEYS: Final = "0123456789*#ABCD"


@dataclass(frozen=True, slots=True)
class PlayNode:
    """Plays `prompt` and goes on to `next`."""

    type: str
    prompt: str
    next: str
    interruptible: bool = True

    def targets(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each node this one leads to."""
        yield "next", self.next

    def prompts(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each prompt this node plays."""
        yield "prompt", self.prompt


@dataclass(frozen=True, slots=True)
class MenuNode:
    """Plays `prompt`, waits `timeout` seconds behind it for a key, and goes where `keys` says.

    A key the menu does not know plays `invalid`, no key plays `reminder`; both start the menu again. When
    `attempts` tries have failed the flow goes to `exhausted`.
    """

    type: str
    prompt: str
    keys: dict[str, str]
    exhausted: str
    timeout: float = 5.0
    attempts: int = 3
    invalid: str = "invalid"
    reminder: str = "timeout"

    def targets(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each node this one leads to."""
        for pressed, target in self.keys.items():
            yield f"keys.{pressed}", target
        yield "exhausted", self.exhausted

    def prompts(self) -> Iterator[tuple[str, str]]:
        """Yield key and name of each prompt this node plays."""
        yield "prompt", self.prompt
        yield "invalid", self.invalid
        yield "reminder", self.reminder


@dataclass(frozen=True, slots=True)
class QueueNode:
    """Hands the caller to `queue`."""

    type: str
    queue: str

    def targets(self) -> Iterator[tuple[str, str]]:
        """Nothing: the flow is over."""
        yield from ()

    def prompts(self) -> Iterator[tuple[str, str]]:
        """Nothing: the queue has its own."""
        yield from ()


@dataclass(frozen=True, slots=True)
class HangupNode:
    """Clears the call with `cause` (Q.850)."""

    type: str
    cause: int = Cause.NORMAL_CLEARING

    def targets(self) -> Iterator[tuple[str, str]]:
        """Nothing: the flow is over."""
        yield from ()

    def prompts(self) -> Iterator[tuple[str, str]]:
        """Nothing is played."""
        yield from ()


Node: TypeAlias = PlayNode | MenuNode | QueueNode | HangupNode

_NODES: Final[Mapping[str, type[PlayNode] | type[MenuNode] | type[QueueNode] | type[HangupNode]]] = {
    "play": PlayNode,
    "menu": MenuNode,
    "queue": QueueNode,
    "hangup": HangupNode,
}


@dataclass(frozen=True, slots=True)
class Flow:
    """A checked flow."""

    start: str
    nodes: dict[str, Node]


def load_flow(path: Path, *, prompts: Collection[str], queues: Collection[str]) -> Flow:
    """Read and check the flow in `path`; raises `ConfigurationError`."""
    return parse_flow(read_toml(path), source=str(path), prompts=prompts, queues=queues)


def parse_flow(
    table: Mapping[str, Any], *, source: str, prompts: Collection[str], queues: Collection[str]
) -> Flow:
    """Build and check a flow that may play `prompts` and hand callers to `queues`."""
    for key in table:
        if key not in ("start", "nodes"):
            raise ConfigurationError(
                f"{source}: {key}: unknown key, expected start or nodes{near(key, ('start', 'nodes'))}"
            )
    start, found = table.get("start"), table.get("nodes")
    if not isinstance(start, str):
        raise refuse(source, "start", start, "the name of a node")
    if not isinstance(found, Mapping) or not found:
        raise refuse(source, "nodes", found, "a table of nodes")
    nodes = {name: _node(each, source, f"nodes.{name}") for name, each in found.items()}
    flow = Flow(start, nodes)
    if start not in nodes:
        raise refuse(source, "start", start, f"one of {', '.join(nodes)}", known=nodes)
    for name, node in nodes.items():
        _check_names(node, source, f"nodes.{name}", {"node": nodes, "prompt": prompts, "queue": queues})
        _check_values(node, source, f"nodes.{name}")
    _check_shape(flow, source)
    return flow


def _node(table: object, source: str, key: str) -> Node:
    if not isinstance(table, Mapping):
        raise refuse(source, key, table, "a table")
    kind = table.get("type")
    if not isinstance(kind, str) or kind not in _NODES:
        raise refuse(source, f"{key}.type", kind, f"one of {', '.join(_NODES)}", known=_NODES)
    return build(_NODES[kind], table, source=source, key=key)


def _check_names(node: Node, source: str, key: str, known: Mapping[str, Collection[str]]) -> None:
    names = [("node", *each) for each in node.targets()] + [("prompt", *each) for each in node.prompts()]
    if isinstance(node, QueueNode):
        names.append(("queue", "queue", node.queue))
    for kind, what, name in names:
        if name not in known[kind]:
            expected = f"one of {', '.join(known[kind])}"
            raise refuse(source, f"{key}.{what}", name, expected, known=known[kind])


def _check_values(node: Node, source: str, key: str) -> None:
    if isinstance(node, HangupNode) and not 1 <= node.cause <= 127:
        raise refuse(source, f"{key}.cause", node.cause, "1 to 127 (Q.850)")
    if isinstance(node, MenuNode):
        for pressed in node.keys:
            if len(pressed) != 1 or pressed not in KEYS:
                raise refuse(source, f"{key}.keys", pressed, f"one of {KEYS}")
        if not node.keys:
            raise refuse(source, f"{key}.keys", {}, "at least one key")
        if node.timeout <= 0:
            raise refuse(source, f"{key}.timeout", node.timeout, "more than 0 s")
        if node.attempts < 1:
            raise refuse(source, f"{key}.attempts", node.attempts, "1 or more")


def _check_shape(flow: Flow, source: str) -> None:
    reached = {flow.start}
    todo = [flow.start]
    while todo:
        for _, target in flow.nodes[todo.pop()].targets():
            if target not in reached:
                reached.add(target)
                todo.append(target)
    lost = [name for name in flow.nodes if name not in reached]
    if lost:
        raise ConfigurationError(f"{source}: nodes.{lost[0]}: nothing leads to it from {flow.start!r}")
    for name in flow.nodes:
        path = [name]
        while isinstance(node := flow.nodes[path[-1]], PlayNode):
            target = node.next
            if target in path:
                raise ConfigurationError(
                    f"{source}: nodes.{name}: loop without input: {' -> '.join([*path, target])}; "
                    "expected a menu, queue or hangup on the way"
                )
            path.append(target)
    ending = {name for name, node in flow.nodes.items() if isinstance(node, QueueNode | HangupNode)}
    grown = True
    while grown:
        more = {
            name
            for name, node in flow.nodes.items()
            if name not in ending and any(target in ending for _, target in node.targets())
        }
        ending |= more
        grown = bool(more)
    endless = [name for name in flow.nodes if name not in ending]
    if endless:
        raise ConfigurationError(
            f"{source}: nodes.{endless[0]}: no way leads from it to a queue or hangup node: "
            "callers could not leave"
        )

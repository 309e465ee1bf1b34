"""What a random mutant may be: the operators, and every place of the reference that they apply to.

Most operators are cosmic-ray's. Of its replacements of binary operators and comparisons only those are taken
that a program is likely to survive: `+` turned into `/` stops almost every program, and would flatter the
judge. Three of our own know what a signalling system is made of: statements with an effect, rows of
transition tables, members of enumerations. No mutant is made where none could be noticed: in annotations,
decorators, imports for the type checker and calls of the logger.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator

COMPARISONS: Final = (
    *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
    *("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
)
ARITHMETIC: Final = (
    *("Add_Sub", "Sub_Add", "Mul_FloorDiv", "FloorDiv_Mul", "Mod_FloorDiv"),
    *("RShift_LShift", "LShift_RShift", "BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitOr"),
)
LIBRARY: Final = (
    *(f"ReplaceComparisonOperator_{name}" for name in COMPARISONS),
    *(f"ReplaceBinaryOperator_{name}" for name in ARITHMETIC),
    *("ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub", "AddNot"),
    *("ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd"),
    *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer"),
    *("NumberReplacer", "ZeroIterationForLoop"),
)


class StatementRemoved(Operator):  # type: ignore[misc]
    """Leaves out a call, or a change of an attribute or element, that stands as a statement of its own."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the statement."""
        if node.type == "simple_stmt" and _has_effect(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Put `pass` in its place."""
        first = node.get_first_leaf()
        node.children[0] = parso.python.tree.Keyword("pass", first.start_pos, first.prefix)
        return node

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """Before and after."""
        return (Example("f()\n", "pass\n"), Example("self.x = 1\n", "pass\n"))


class RowRemoved(Operator):  # type: ignore[misc]
    """Takes a row out of a transition table: the event meets the policy of the table in that state."""

    def mutation_positions(self, node: Any) -> Sequence[tuple[Any, Any]]:
        """Return each row, key and transition."""
        return [
            (node.children[colon - 1].start_pos, node.children[colon + 1].end_pos) for colon in _rows(node)
        ]

    def mutate(self, node: Any, index: int) -> Any:
        """Leave key, colon, transition and comma out."""
        colon = _rows(node)[index]
        del node.children[colon - 1 : colon + 3]
        return node

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """Before and after."""
        return (Example("{a: Transition(b), c: Transition(d)}", "{ c: Transition(d)}"),)


class MemberReplaced(Operator):  # type: ignore[misc]
    """Takes the next member of an enumeration of the same module: another state, another event."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """Yield the member's name."""
        if (name := _member(node)) is not None:
            yield name.start_pos, name.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Put the next member in its place, the first one after the last."""
        name = _member(node)
        members = _enumerations(node.get_root_node())[node.children[0].value]
        name.value = members[(members.index(name.value) + 1) % len(members)]
        return node

    @classmethod
    def examples(cls) -> Sequence[Any]:
        """Before and after."""
        before = "class A(Enum):\n    X = 1\n    Y = 2\n"
        return (Example(f"{before}A.X\n", f"{before}A.Y\n"),)


OWN: Final = {operator.__name__: operator for operator in (StatementRemoved, RowRemoved, MemberReplaced)}


def _has_effect(statement: Any) -> bool:
    if statement.type == "atom_expr":
        return bool(statement.children[-1].children[0].value == "(")
    if statement.type != "expr_stmt":
        return False
    target, sign = statement.children[:2]
    assigned = target.type == "atom_expr" and sign.type == "operator"
    return bool(assigned or sign.type == "augassign")


def _rows(node: Any) -> list[int]:
    """The colons of the rows that a dictionary holds."""
    if node.type != "dictorsetmaker":
        return []
    return [
        number
        for number, child in enumerate(node.children)
        if child.type == "operator"
        and child.value == ":"
        and node.children[number + 1].get_code().strip().startswith("Transition(")
    ]


@cache
def _enumerations(module: Any) -> dict[str, list[str]]:
    """Enumerations that a module defines, with the names of their members."""
    found = {}
    for cls in module.iter_classdefs():
        bases = cls.get_super_arglist()
        if bases is not None and bases.get_code() in ("Enum", "IntEnum"):
            names = (each.children[0] for each in ast_nodes(cls.get_suite()) if each.type == "expr_stmt")
            found[cls.name.value] = [name.value for name in names if name.type == "name"]
    return {name: members for name, members in found.items() if len(members) > 1}


def _member(node: Any) -> Any:
    if node.type != "atom_expr" or node.children[0].type != "name" or node.children[1].type != "trailer":
        return None
    members = _enumerations(node.get_root_node()).get(node.children[0].value, [])
    name = node.children[1].children[1]
    return name if getattr(name, "value", None) in members else None


@dataclass(frozen=True, slots=True)
class Site:
    """A place of the reference and one thing that may be done to it."""

    id: str
    """Made from what stands there, not from where: a line moved is the same site."""
    place: str
    """The same for all operators of one family: variants of one mutant, of which one is drawn."""
    file: str
    """Relative to the package."""
    where: str
    """Qualified name of the class and function, empty at the top of the module."""
    lines: tuple[int, int]
    """First and last line of the statement (of a compound one: its heading; of a table: the row)."""
    body: bool
    """In the body of a function: executed by a call, not by the import of the module."""
    row: str
    """`STATE,EVENT` of the row of a transition table that this is part of, without being its key."""
    operator: str
    occurrence: int
    """Which application of the operator to this file."""

    def apply(self, source: str) -> str:
        """Return the mutated source."""
        return str(mutate_code(source, _operator(self.operator), self.occurrence))


@cache
def _operator(name: str) -> Any:
    return OWN[name]() if name in OWN else get_operator(f"core/{name}")()


def sites(package: Path, file: str) -> list[Site]:
    """Return everything that may be done to one file, in the order of the source for each operator."""
    source = (package / file).read_text(encoding="utf-8")
    nodes = list(ast_nodes(get_ast(source)))
    leaves = {node.start_pos: node for node in reversed(nodes) if not hasattr(node, "children")}
    lines = source.splitlines()
    seen: Counter[str] = Counter()
    found = []
    for operator in (*LIBRARY, *OWN):
        positions = (pos for node in nodes for pos in _operator(operator).mutation_positions(node))
        for occurrence, (start, end) in enumerate(positions):
            leaf = leaves[start]
            if _exempt(leaf):
                continue
            extent, where = _extent(leaf), _where(leaf)
            line = lines[start[0] - 1]
            text = f"{file}|{where}|{line.strip()}|{start[1] - len(line) + len(line.lstrip())}"
            seen[f"{text}|{operator}"] += 1
            name = f"{text}|{seen[f'{text}|{operator}']}"
            found.append(
                Site(
                    id=digest(f"{name}|{operator}"),
                    place=digest(f"{name}|{operator.partition('_')[0]}"),
                    file=file,
                    where=where,
                    lines=extent,
                    body=_in_body(leaf),
                    row=_row(leaf, end),
                    operator=operator,
                    occurrence=occurrence,
                )
            )
    return found


def digest(text: str) -> str:
    """Return a short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _chain(leaf: Any) -> Iterator[tuple[Any, Any]]:
    """A node and its parent, from the leaf upwards."""
    child = leaf
    while child.parent is not None:
        yield child, child.parent
        child = child.parent


def _exempt(leaf: Any) -> bool:
    """Whether nobody could notice a change here."""
    for child, parent in _chain(leaf):
        if parent.type == "annassign" and child is parent.children[1]:
            return True
        if parent.type in ("tfpdef", "decorator", "import_from"):
            return True
        if parent.type == "funcdef" and child is parent.annotation:
            return True
        if parent.type == "if_stmt" and parent.children[1].get_code().strip() == "TYPE_CHECKING":
            return True
        if parent.type == "atom_expr" and parent.get_first_leaf().value == "log":
            return True
    return False


def _where(leaf: Any) -> str:
    names = [parent.name.value for _, parent in _chain(leaf) if parent.type in ("classdef", "funcdef")]
    return ".".join(reversed(names))


def _in_body(leaf: Any) -> bool:
    return any(parent.type == "funcdef" and child is parent.children[-1] for child, parent in _chain(leaf))


def _row_of(leaf: Any) -> tuple[Any, Any] | None:
    """Key and transition of the row that `leaf` is in."""
    for child, parent in _chain(leaf):
        here = parent.children.index(child)
        for colon in _rows(parent):
            if colon - 1 <= here <= colon + 1:
                return parent.children[colon - 1], parent.children[colon + 1]
    return None


def _row(leaf: Any, end: tuple[int, int]) -> str:
    found = _row_of(leaf)
    if found is None or end <= found[0].end_pos:
        return ""
    names = [node.value for node in ast_nodes(found[0]) if node.type == "name"]
    return f"{names[1]},{names[3]}" if len(names) == 4 else ""


def _extent(leaf: Any) -> tuple[int, int]:
    """Lines whose execution the site belongs to."""
    if (row := _row_of(leaf)) is not None:
        return row[0].start_pos[0], row[1].end_pos[0]
    for child, parent in _chain(leaf):
        if parent.type == "simple_stmt":
            return parent.start_pos[0], max(parent.start_pos[0], parent.get_last_leaf().start_pos[0])
        if parent.type in ("if_stmt", "while_stmt", "for_stmt", "try_stmt", "with_stmt", "funcdef"):
            return _heading(child, parent)
    return leaf.start_pos[0], leaf.end_pos[0]


def _heading(child: Any, parent: Any) -> tuple[int, int]:
    """From the keyword of the branch that `child` belongs to, to its colon."""
    here = parent.children.index(child)
    before = [each for each in parent.children[: here + 1] if each.type in ("keyword", "except_clause")]
    after = [each for each in parent.children[here:] if each.type == "operator" and each.value == ":"]
    return (before or [child])[-1].start_pos[0], (after or [child])[0].start_pos[0]

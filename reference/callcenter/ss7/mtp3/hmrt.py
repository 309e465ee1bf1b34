"""Message routing (Q.704 2.3, block HMRT): which link a signalling link selection prefers.

Every selection has an order of preference among the links of a set, and among the sets of a combined link
set, and takes the first that is available (Q.704 2.3.4, 4.3, 4.4). So a link that fails moves the traffic it
carried and no other, and one that comes back takes back what was its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeVar

SELECTIONS: Final = 16
"""Values of the four-bit signalling link selection (Q.704 2.2.4)."""

Item = TypeVar("Item")


@cache
def preference(selector: int, count: int) -> tuple[int, ...]:
    """Return the places 0 to `count` - 1 in the order in which `selector` prefers them.

    The first is shared out evenly, and so is the second among selectors with the same first.
    """
    first = selector % count
    rest = [place for place in range(count) if place != first]
    turn = selector // count % len(rest) if rest else 0
    return (first, *rest[turn:], *rest[:turn])


def split(sls: int, sets: int) -> tuple[int, int]:
    """Return which of `sets` combined link sets a selection prefers, and its selector within the set: the
    part of the selection that chose the set chooses no link, or links would stay empty (Q.704 2.3.4)."""
    return sls % sets, sls // sets


def ordered(items: Sequence[Item], selector: int) -> list[Item]:
    """Return `items` in the order in which `selector` prefers them."""
    return [items[place] for place in preference(selector, len(items))] if items else []

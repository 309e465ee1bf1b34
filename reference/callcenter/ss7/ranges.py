"""Circuits cut into the ranges of group messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

MAXIMUM: Final = 32
"""Circuits that one group message of ours is about: those of a span (ISUP: Q.763 3.43)."""


def ranges(cics: Iterable[int], without: Collection[int] = ()) -> Iterator[tuple[int, int]]:
    """Yield first circuit and size of ranges, as few as can be, that hold all of `cics`, none of `without`.

    A range may hold circuits that do not exist (time slot 16 of a system): both ends pass over them.
    """
    found: list[int] = []
    for cic in sorted({*cics, *without}):
        if found and (cic in without or cic >= found[0] + MAXIMUM):
            yield found[0], found[-1] - found[0] + 1
            found = []
        if cic not in without:
            found.append(cic)
    if found:
        yield found[0], found[-1] - found[0] + 1

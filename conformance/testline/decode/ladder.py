"""Calls of a capture as ladders of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from testline.decode.records import Record

WIDTH: Final = 44
"""Characters between the two life lines."""
ENDS: Final = frozenset({"RLC", "RLG"})
BEGINS: Final = frozenset({"IAM", "IAI"})


@dataclass(slots=True)
class Ladder:
    """Messages of one call: same two point codes, same CIC, from one IAM to the next or to RLC or RLG."""

    left: int
    right: int
    cic: int
    records: list[Record] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the ladder, one message a line."""
        first = self.records[0]
        yield f"CIC {self.cic}, {place(self.left)} - {place(self.right)}: {first.summary}"
        yield f"{'':>12}  {place(self.left):<{WIDTH // 2}}{place(self.right):>{WIDTH // 2 + 2}}"
        for record in self.records:
            yield f"{record.at - first.at:12.6f}  {_arrow(record, self.left)}"


def place(code: int) -> str:
    """Return a point code as text; `?` where the capture has none."""
    return "?" if code < 0 else str(code)


def _arrow(record: Record, left: int) -> str:
    label = f" {record.label} "[: WIDTH - 4]
    if record.opc == left:
        return f"|-{label}{'-' * (WIDTH - 2 - len(label))}>|"
    return f"|<{'-' * (WIDTH - 2 - len(label))}{label}-|"


def ladders(records: Iterable[Record]) -> list[Ladder]:
    """Return the calls among `records`, in order of their first message.

    Messages on a circuit outside any call (supervision) make a ladder of their own.
    """
    found: list[Ladder] = []
    current: dict[tuple[str, int, int, int], Ladder] = {}
    for record in records:
        if record.cic is None:
            continue
        low, high = sorted((record.opc, record.dpc))
        key = (record.protocol, low, high, record.cic)
        ladder = current.get(key)
        if ladder is None or (record.title in BEGINS and ladder.records[-1].opc == record.opc):
            ladder = current[key] = Ladder(record.opc, record.dpc, record.cic)
            found.append(ladder)
        ladder.records.append(record)
        if record.title in ENDS:
            del current[key]
    return found

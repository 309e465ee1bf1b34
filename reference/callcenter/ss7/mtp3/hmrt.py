"""Message routing (Q.704 2.3, block HMRT): which link carries a signalling link selection.

Load is shared over the available links of the set by the selection (Q.704 2.3.4). The table is built when
availability changes, so that changeover can move single selections from one link to another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SELECTIONS: Final = 16
"""Values of the four-bit signalling link selection (Q.704 2.2.4)."""


class MessageRouting:
    """The links in use for the adjacent point."""

    def __init__(self) -> None:
        self._carriers: tuple[int, ...] = ()

    def use(self, links: Iterable[int]) -> None:
        """Share the load over links with these codes."""
        order = sorted(links)
        self._carriers = tuple(order[sls % len(order)] for sls in range(SELECTIONS)) if order else ()

    def carrier(self, sls: int) -> int | None:
        """Return the signalling link code that carries `sls`, or None when there is no link."""
        return self._carriers[sls % SELECTIONS] if self._carriers else None

    @property
    def accessible(self) -> bool:
        """True while at least one link is available."""
        return bool(self._carriers)

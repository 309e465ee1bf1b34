"""Waiting for signal units: what a case says about a link, on top of what the link tester has heard."""

from __future__ import annotations

from collections.abc import Callable, Collection

from testline.bench import Bench
from testline.testers.units import Unit
from testline.verdicts import Fail


class UnitsHeard:
    """The signal units received on one link, and the expectations of a case about them."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.units: list[Unit] = []
        """Everything received, equal signal units in a row once."""
        self._cursor = 0

    def where(self) -> str:
        """State in words, for verdicts."""
        return f"receiving {self.units[-1] if self.units else 'nothing'}"

    @property
    def receiving(self) -> str:
        """Kind of the latest signal unit received, or an empty text."""
        return self.units[-1].kind if self.units else ""

    def forget(self) -> None:
        """Let the next `expect` look only at signal units that begin after now."""
        self._cursor = len(self.units)

    def expect(
        self,
        *kinds: str,
        within: int,
        where: Callable[[Unit], bool] | None = None,
        through: Collection[str] = (),
        awaited: str = "",
    ) -> Unit:
        """Wait for a signal unit of one of `kinds` for which `where` holds, and return it.

        The one being repeated now counts unless it was returned before. Any unit of another kind than
        those, the one repeated at the start and `through` fails; fill-in and message signal units do not
        fail while either is being received.
        """
        begun = self.receiving
        passing = {*kinds, *through, begun} | ({"FISU", "MSU"} if begun in {"FISU", "MSU"} else set())
        text = awaited or " or ".join(kinds)

        def look() -> Unit | None:
            while self._cursor < len(self.units):
                unit = self.units[self._cursor]
                self._cursor += 1
                if unit.kind in kinds and (where is None or where(unit)):
                    return unit
                if unit.kind not in passing:
                    self._unexpected(text, unit)
            return None

        return self.bench.until(look, within=within, awaited=text, state=self.where)

    def expect_msu(self, *, within: int, where: Callable[[Unit], bool] | None = None) -> Unit:
        """Wait for an MSU for which `where` holds."""
        return self.expect("MSU", within=within, where=where, through=("FISU",))

    def expect_fisu(
        self, *, within: int, bsn: int | None = None, bib: int | None = None, fsn: int | None = None
    ) -> Unit:
        """Wait for a fill-in signal unit with the numbers given."""
        wanted = {"bsn": bsn, "bib": bib, "fsn": fsn}
        given = {name: value for name, value in wanted.items() if value is not None}
        text = " ".join(["FISU", *(f"{name.upper()} {value}" for name, value in given.items())])
        return self.expect(
            "FISU",
            within=within,
            through=("MSU",),
            awaited=text,
            where=lambda unit: all(getattr(unit, name) == value for name, value in given.items()),
        )

    def expect_not(self, *kinds: str, during: int) -> None:
        """Fail when a signal unit of one of `kinds` begins within `during` frames from now."""
        start = len(self.units)

        def came() -> bool:
            for unit in self.units[start:]:
                if unit.kind in kinds:
                    self._unexpected(f"no {' or '.join(kinds)}", unit)
            return False

        self.bench.never(came, during=during, unwanted=" or ".join(kinds), state=self.where)

    def expect_only(self, *kinds: str, during: int) -> None:
        """Fail when anything but `kinds` is received within `during` frames from now."""
        if self.receiving not in kinds:
            self._unexpected(f"nothing but {' or '.join(kinds)}", self.units[-1] if self.units else None)
        start = len(self.units)

        def came() -> bool:
            for unit in self.units[start:]:
                if unit.kind not in kinds:
                    self._unexpected(f"nothing but {' or '.join(kinds)}", unit)
            return False

        self.bench.never(came, during=during, unwanted="other signal units", state=self.where)

    def _unexpected(self, awaited: str, unit: Unit | None) -> None:
        self.bench.trace.depart(self.bench.now, awaited, unit.entry if unit else None)
        raise Fail(awaited=awaited, state=self.where(), observed=str(unit) if unit else "nothing")

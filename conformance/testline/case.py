"""A case: one test purpose as a function, with what it is called, what it proves and what it needs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from testline.errors import TestlineError
from testrig.clock import MINUTE, Instant

FIXTURES: Final = (
    "bench",
    "e1",
    "link",
    "mtp3",
    "network",
    "isup",
    "centre",
    "tup",
    "transit",
    "m3ua",
    "server",
)
"""Testers a case may ask for, from the barest to the most complete."""

LINE_TIME_LIMIT: Final = 60 * MINUTE
"""Frames of line time a case may take unless it says otherwise: no procedure of Q.764 waits longer than
four 15-minute periods (T5, T13, T15, T17 and their kind)."""

ATTRIBUTE: Final = "__testline_case__"

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*(?:/[A-Za-z0-9][A-Za-z0-9.+-]*)+")
_REQUIREMENT: Final = re.compile(r"[A-Z]-\d\d")

F = TypeVar("F", bound=Callable[..., None])


class CatalogueError(TestlineError):
    """A case is declared wrongly; says where, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a case without running it."""

    id: str
    """`Q.784.1/2.3.1` of the published test specification, else `<area>/<n>` of our own."""
    title: str
    clauses: tuple[str, ...]
    proves: tuple[str, ...]
    """Requirement ids."""
    needs: tuple[str, ...]
    """PICS items; one declared *no* makes the case not applicable."""
    timeout: Instant
    """Line time after which the case is given up, in frames."""
    unverified: bool
    """True when a clause could not be checked against its text."""
    setup: str
    """Variant of the rig it needs (`testrig.rig.Rig.setups`); empty: the rig as it stands."""
    purpose: str
    """The docstring."""
    fixture: str
    """The tester it asks for, one of `FIXTURES`."""
    module: str
    function: str
    line: int

    @property
    def area(self) -> str:
        """Name of the module it stands in."""
        return self.module.rpartition(".")[2]

    @property
    def place(self) -> str:
        """Module, line and function, for messages."""
        return f"{self.module}:{self.line} {self.function}"


def case(
    id: str,
    title: str,
    *,
    clauses: Sequence[str],
    proves: Sequence[str],
    needs: str | Sequence[str],
    timeout: Instant = LINE_TIME_LIMIT,
    unverified: bool = False,
    setup: str = "",
) -> Callable[[F], F]:
    """Make a function of one parameter, the name of a tester, into a case of the catalogue.

    The docstring is the purpose in the author's own words. Raises `CatalogueError` when something is
    missing; duplicates are found by the catalogue.
    """

    def mark(function: F) -> F:
        place = f"{function.__module__}.{function.__name__}"
        parameters = list(inspect.signature(function).parameters)
        purpose = inspect.getdoc(function) or ""
        complaints = {
            f"id {id!r}: expected like 'Q.784.1/2.3.1' or 'E1/1'": not _ID.fullmatch(id),
            "title is empty": not title,
            "no clause is cited": not clauses or isinstance(clauses, str),
            f"proves {proves!r}: expected requirement ids like ['N-01']": not proves
            or isinstance(proves, str)
            or not all(_REQUIREMENT.fullmatch(each) for each in proves),
            f"parameters {parameters}: expected one of {', '.join(FIXTURES)}": len(parameters) != 1
            or parameters[0] not in FIXTURES,
            "docstring is missing: it is the test purpose": not purpose,
            f"timeout {timeout}: expected frames, more than 0": timeout <= 0,
        }
        wrong = [text for text, found in complaints.items() if found]
        if wrong:
            raise CatalogueError(f"case {place}: {'; '.join(wrong)}")
        record = Case(
            id=id,
            title=title,
            clauses=tuple(clauses),
            proves=tuple(proves),
            needs=(needs,) if isinstance(needs, str) else tuple(needs),
            timeout=timeout,
            unverified=unverified or any("unverified" in clause for clause in clauses),
            setup=setup,
            purpose=purpose,
            fixture=parameters[0],
            module=function.__module__,
            function=function.__name__,
            line=function.__code__.co_firstlineno,
        )
        setattr(function, ATTRIBUTE, record)
        return function

    return mark


def case_of(function: Any) -> Case | None:
    """Return the case that `function` is, or None."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, Case) else None

"""The catalogue of cases: collected from the modules that `testline.cases` lists, checked as a whole."""

from __future__ import annotations

import difflib
import fnmatch
import importlib
import inspect
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from types import ModuleType

from testline.case import Case, CatalogueError, case_of
from testline.pics import ITEMS

CASES = "testline.cases"
"""The package whose `MODULES` are the areas."""


@dataclass(frozen=True, slots=True)
class Area:
    """One module of cases."""

    name: str
    title: str
    """First sentence of the module's docstring."""
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every case, by area, in catalogue order."""

    areas: tuple[Area, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every case in catalogue order."""
        return tuple(each for area in self.areas for each in area.cases)

    def title_of(self, area: str) -> str:
        """Return the title of an area; of an unknown one, its name."""
        return next((each.title for each in self.areas if each.name == area), area)

    def select(self, patterns: Sequence[str]) -> tuple[Case, ...]:
        """Return the cases named by `patterns`: ids, shell patterns of ids, starts of ids, area names.

        `Q.784.1/2` takes `Q.784.1/2` and everything below it (`Q.784.1/2.3.1`), `Q.781/1.1` its parts
        (`Q.781/1.1a`). Without patterns: all.
        Raises `CatalogueError` with near misses when a pattern names nothing.
        """
        if not patterns:
            return self.cases
        for pattern in patterns:
            if not any(matches(each, pattern) for each in self.cases):
                known = {each.id for each in self.cases} | {area.name for area in self.areas}
                close = difflib.get_close_matches(pattern, known, n=3, cutoff=0.5)
                hint = f"; did you mean {' or '.join(close)}?" if close else ""
                raise CatalogueError(f"no case is called {pattern!r}{hint} (`testline cases` lists them)")
        return tuple(each for each in self.cases if any(matches(each, pattern) for pattern in patterns))


def matches(found: Case, pattern: str) -> bool:
    """Return whether `pattern` names the case: see `Catalogue.select`."""
    start = pattern.rstrip("./")
    rest = found.id.removeprefix(start)
    below = rest != found.id and (rest[:1] in ("/", ".") or (len(rest) == 1 and rest.isalpha()))
    return pattern in (found.id, found.area) or below or fnmatch.fnmatchcase(found.id, pattern)


def cases_in(module: ModuleType) -> tuple[Case, ...]:
    """Return the cases that `module` itself defines, in the order of the source."""
    found = [
        record
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if (record := case_of(function)) is not None and record.module == module.__name__
    ]
    return tuple(sorted(found, key=lambda record: record.line))


def collect(modules: Iterable[ModuleType], *, requirements: Iterable[str] | None = None) -> Catalogue:
    """Make the catalogue of `modules`.

    Raises `CatalogueError` for an id used twice (naming both places), for a PICS item that nobody
    defined, and for a requirement that is not in the list.
    """
    known = set(requirements_by_id() if requirements is None else requirements)
    areas = []
    seen: dict[str, Case] = {}
    for module in modules:
        found = cases_in(module)
        for record in found:
            if record.id in seen:
                raise CatalogueError(
                    f"case id {record.id} is used twice: {seen[record.id].place} and {record.place}"
                )
            seen[record.id] = record
            _check(record, known)
        title = (inspect.getdoc(module) or module.__name__.rpartition(".")[2]).split("\n\n")[0]
        title = " ".join(title.split()).split(". ")[0].rstrip(".")
        areas.append(Area(module.__name__.rpartition(".")[2], title, found))
    return Catalogue(tuple(areas))


def _check(record: Case, requirements: set[str]) -> None:
    for what, values, known in (
        ("PICS item", record.needs, set(ITEMS)),
        ("requirement", record.proves, requirements),
    ):
        for value in values:
            if value not in known:
                close = difflib.get_close_matches(value, known)
                hint = f"; did you mean {' or '.join(close)}?" if close else ""
                raise CatalogueError(f"{record.place}: case {record.id}: unknown {what} {value!r}{hint}")


def load() -> Catalogue:
    """Return the catalogue of this package."""
    package = importlib.import_module(CASES)
    return collect(importlib.import_module(f"{CASES}.{name}") for name in package.MODULES)


def requirements_by_id() -> dict[str, str]:
    """Return the text of every requirement by its id."""
    text = (resources.files("testline") / "requirements.toml").read_text(encoding="utf-8")
    return {key: str(value["text"]) for key, value in tomllib.loads(text)["requirements"].items()}

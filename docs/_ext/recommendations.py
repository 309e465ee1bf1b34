"""Which clauses of a recommendation have cases, which have not, and why.

The clauses stand in `coverage.toml`; what covers them is read from the catalogue and from the sources of the
reference. `problems` says where the two part, and is empty in a sound tree.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import callcenter
from testline.catalogue import load

FILE: Final = Path(__file__).resolve().parents[1] / "coverage.toml"
SUITES: Final = {"Q.781": 107, "Q.782": 100, "Q.783": 0, "Q.784.1": 167, "Q.785": 0}
"""Published test specifications, with the number of tests to reach where it is known."""


@dataclass
class Clause:
    """One clause of a recommendation and what there is about it."""

    number: str
    title: str
    reason: str
    cases: list[Any] = field(default_factory=list)
    deeper: Counter[str] = field(default_factory=Counter)
    modules: set[str] = field(default_factory=set)

    @property
    def covered(self) -> bool:
        """Whether a case cites it."""
        return bool(self.cases)


def listed_in_file() -> dict[str, dict[str, Any]]:
    """The file as it stands."""
    found: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["recommendations"]
    return found


def split(citation: str, names: list[str]) -> tuple[str, str] | None:
    """Return recommendation and clause of `Q.704 5.4`, or None for another document."""
    for name in sorted(names, key=len, reverse=True):
        if citation == name or citation.startswith(f"{name} "):
            clause = re.sub(r"\s*\(.*\)$", "", citation[len(name) :]).strip()
            return name, clause
    return None


def holder(clause: str, listed: dict[str, Clause]) -> Clause | None:
    """Return the listed clause that `clause` is, or lies in."""
    if clause in listed:
        return listed[clause]
    number = clause.split(" ", maxsplit=1)[0]
    while number:
        if number in listed:
            return listed[number]
        number = number.rpartition(".")[0]
    below = [found for name, found in listed.items() if name.startswith(f"{clause}.")]
    if below:
        return below[0]
    first = clause.split(".", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    for name, found in listed.items():
        low, dash, high = name.partition("-")
        if dash and first.isdigit() and low.isdigit() and int(low) <= int(first) <= int(high):
            return found
    return None


def collect() -> tuple[dict[str, dict[str, Clause]], list[str]]:
    """Return clauses by recommendation with their cases, and what does not fit."""
    data, wrong = listed_in_file(), []
    listed: dict[str, dict[str, Clause]] = {}
    for name, each in data.items():
        listed[name] = {}
        for number, text in each["clauses"].items():
            title, _, reason = (part.strip() for part in text.partition(" | "))
            listed[name][number] = Clause(number, title, reason)
    names = list(data)
    for case in load().cases:
        for citation in case.clauses:
            found = split(citation, names)
            if found is None or not found[1]:
                continue
            clause = holder(found[1], listed[found[0]])
            if clause is None:
                wrong.append(f"{case.id} cites {citation!r}, which docs/coverage.toml does not list")
                continue
            if case not in clause.cases:
                clause.cases.append(case)
            clause.deeper[found[1]] += 1
    for name, clauses in listed.items():
        for clause in clauses.values():
            if not clause.covered and not clause.reason:
                wrong.append(f"{name} {clause.number} has neither a case nor a reason")
    _modules(names, listed)
    return listed, wrong


def _modules(names: list[str], listed: dict[str, dict[str, Clause]]) -> None:
    """Find the modules of the reference that cite a clause."""
    root = Path(callcenter.__file__).parent
    pattern = re.compile(rf"({'|'.join(re.escape(name) for name in names)}) (\d+(?:\.\d+)*|annex [A-Z])")
    for path in sorted(root.glob("**/*.py")):
        module = ".".join(path.relative_to(root.parent).with_suffix("").parts)
        for name, number in set(pattern.findall(path.read_text(encoding="utf-8"))):
            clause = holder(number, listed[name])
            if clause is not None:
                clause.modules.add(module)


def problems() -> list[str]:
    """What does not fit between the list of clauses and the catalogue."""
    return collect()[1]


def page(anchor: Any) -> str:
    """The page: a table for each recommendation, and the published test lists."""
    listed, _ = collect()
    data = listed_in_file()
    out = [
        "# Coverage of the recommendations",
        "",
        "Which clauses have cases, which have not, and why. A case counts for a clause when it cites it or",
        "one below it. That a clause has cases does not say that every sentence of it is judged. A clause or",
        "number that could not be checked against its text is counted as *unverified*.",
        "",
        "| recommendation | clauses with cases | without, for a reason | cases | of them unverified |",
        "|---|---|---|---|---|",
    ]
    for name, clauses in listed.items():
        cases = {case.id: case for clause in clauses.values() for case in clause.cases}
        with_cases = sum(clause.covered for clause in clauses.values())
        unverified = sum(case.unverified for case in cases.values())
        link = f"[{name}](#{slug(name)}) {data[name]['title']}"
        out.append(f"| {link} | {with_cases} | {len(clauses) - with_cases} | {len(cases)} | {unverified} |")
    out += [
        "",
        "## Published test lists",
        "",
        "| list | tests here | published | unverified |",
        "|---|---|---|---|",
    ]
    suites: dict[str, list[Any]] = defaultdict(list)
    for case in load().cases:
        suites[case.id.partition("/")[0]].append(case)
    for name, size in SUITES.items():
        unverified = sum(case.unverified for case in suites[name])
        out.append(f"| {name} | {len(suites[name])} | {size or 'not known'} | {unverified} |")
    out += [
        "",
        "Cases of our own (`MTP3/1`, `TUP/1` ...) stand beside them in the [catalogue](catalogue.md).",
        "",
    ]
    for name, clauses in listed.items():
        out += [
            f"({slug(name)})=",
            "",
            f"## {name}: {data[name]['title']}",
            "",
            f"Edition {data[name]['edition']}.",
            "",
        ]
        out += ["| clause | about | status | cases | in the reference |", "|---|---|---|---|---|"]
        for clause in clauses.values():
            out.append(_row(clause, anchor))
        out.append("")
    return "\n".join(out)


def slug(name: str) -> str:
    """A target for links to a recommendation."""
    return "coverage-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _row(clause: Clause, anchor: Any) -> str:
    status = "covered" if clause.covered else f"no case: {clause.reason}"
    shown = ", ".join(f"[{case.id}](#{anchor(case.id)})" for case in clause.cases[:6])
    more = f" and {len(clause.cases) - 6} more" if len(clause.cases) > 6 else ""
    modules = sorted(module.removeprefix("callcenter.") for module in clause.modules)
    told = ", ".join(f"`{module}`" for module in modules[:4]) + (" …" if len(modules) > 4 else "")
    return f"| {clause.number} | {clause.title} | {status} | {shown}{more} | {told} |"

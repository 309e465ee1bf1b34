"""Pages of the specification that are drawn from the sources: requirements, case catalogue, state machines.

Nothing here is written twice: requirements come from `testline/requirements.toml`, cases from their
decorators and docstrings, scenarios from the feature files' tags, verdicts from the committed baseline,
state diagrams from the transition tables of the reference.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import tomllib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import recommendations
from sphinx.application import Sphinx

import callcenter
from callcenter.fsm import Table
from testline.catalogue import load
from testrig.clock import SECOND

ROOT = Path(__file__).resolve().parents[2]
TAG = re.compile(r"@([A-Z]-\d\d)\b")


def scenarios() -> dict[str, list[tuple[str, str]]]:
    """Requirement id -> (feature file, scenario name), from the tags above each scenario."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((ROOT / "features").glob("**/*.feature")):
        inherited: list[str] = []
        tags: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            text = line.strip()
            if text.startswith("@"):
                tags += TAG.findall(text)
            elif text.startswith("Feature:"):
                inherited, tags = tags, []
            elif text.startswith(("Scenario:", "Scenario Outline:")):
                for requirement in dict.fromkeys(inherited + tags):
                    found[requirement].append((path.stem, text.split(":", 1)[1].strip()))
                tags = []
    return found


def write(path: Path, text: str) -> None:
    """Write only what changed, so that an incremental build stays incremental."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


# state machines


def tables() -> list[tuple[str, Any, str]]:
    """Every transition table of the reference: module name, table, first line of the module."""
    found = []
    root = Path(callcenter.__file__).parent
    for path in sorted(root.glob("**/*_fsm.py")):
        name = ".".join(("callcenter", *path.relative_to(root).with_suffix("").parts))
        module = importlib.import_module(name)
        first = (module.__doc__ or name).strip().splitlines()[0]
        for value in vars(module).values():
            if isinstance(value, Table) and value.transitions:
                found.append((name, value, first))
    return found


def diagram(table: Any) -> str:
    """The table as a graph: one arrow per pair of states, labelled with its events."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for state, event, transition in table.rows():
        for target in transition.targets:
            arrows[state.value, target.value].append(str(event.value))
    lines = ["digraph {", "rankdir=TB; bgcolor=transparent;"]
    lines.append('node [shape=box, style="rounded,filled", fillcolor="#e8f0fb", fontname="sans-serif"];')
    lines.append('edge [fontname="sans-serif", fontsize=10];')
    for (source, target), events in arrows.items():
        shown = events[:4] + ([f"and {len(events) - 4} more"] if len(events) > 4 else [])
        label = "\\n".join(event.replace('"', "'") for event in shown)
        lines.append(f'"{source}" -> "{target}" [label="{label}"];')
    lines.append("}")
    return "\n".join(lines)


def drawing(table: Any) -> list[str]:
    """The diagram, or why there is none: the table below it says the same."""
    if shutil.which("dot") is None:
        return ["*Not drawn: dot missing (Debian package graphviz).*"]
    return ["```{graphviz}", diagram(table), "```"]


def state_machines_page() -> str:
    """Every table of the reference as a diagram and as rows."""
    out = [
        "# State machines",
        "",
        "Drawn from the transition tables of the reference call centre. A pair of state and event that is",
        "not listed meets the policy named above the table.",
        "",
    ]
    for module, table, first in tables():
        out += [f"## {table.name}", "", f"{first} (`{module}`)", ""]
        out += [f"Events without a row: {table.unexpected.value}.", ""]
        out += drawing(table)
        out += ["", "| state | event | action | next | clause |"]
        out += ["|---|---|---|---|---|"]
        for state, event, transition in table.rows():
            following = ", ".join(str(target.value) for target in transition.targets)
            out.append(
                f"| {state.value} | {event.value} | {transition.action.replace('_', ' ')} "
                f"| {following} | {transition.clause} |"
            )
        out.append("")
    return "\n".join(out)


# timers

PARTS = {"MTP2": "mtp2", "MTP3": "mtp3", "ISUP": "isup", "TUP": "tup"}


def timers_page() -> str:
    """Every timer of the reference's signalling, and those of the standards that nothing starts."""
    out = [
        "# Timers",
        "",
        "Every timer is a record: default and range in seconds, clause, meaning. The key `timers` of the",
        "configuration changes a default within its range, by names such as `ISUP T7`.",
        "",
    ]
    for part, package in PARTS.items():
        module = importlib.import_module(f"callcenter.ss7.{package}.timers")
        out += [f"## {part}", "", "| timer | default | range | clause | meaning |", "|---|---|---|---|---|"]
        for spec in module.TIMERS.values():
            low, high = (f"{value / SECOND:g}" for value in (spec.minimum, spec.maximum))
            reach = low if low == high else f"{low} to {high}"
            out.append(
                f"| {spec.name} | {spec.default / SECOND:g} | {reach} | {spec.clause} | {spec.meaning} |"
            )
        absent = getattr(module, "ABSENT", {})
        if absent:
            out += ["", "| not here | why |", "|---|---|"]
            out += [f"| {name} | {reason} |" for name, reason in absent.items()]
        out.append("")
    return "\n".join(out)


# cases and requirements


def baseline() -> dict[str, str]:
    """Case id -> verdict, from the committed baselines."""
    verdicts: dict[str, str] = {}
    for path in sorted((ROOT / "conformance" / "testline" / "expected").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        verdicts.update(data.get("verdicts", data))
    return verdicts


def anchor(case_id: str) -> str:
    """A target for links to a case."""
    return "case-" + re.sub(r"[^a-z0-9]+", "-", case_id.lower()).strip("-")


def catalogue_page() -> str:
    """Every case with its purpose, clauses and requirements, by area."""
    verdicts, known = baseline(), load()
    unverified = sum(case.unverified for case in known.cases)
    out = [
        "# Case catalogue",
        "",
        f"{len(known.cases)} cases in {len(known.areas)} areas, from their decorators and docstrings.",
        "The verdict is the one committed for the reference on the virtual rig. A case needs what its PICS",
        f"items say; {unverified} cases rest on a clause or number that could not be checked against its",
        "source and are",
        "marked *unverified*.",
        "",
    ]
    for area in known.areas:
        out += [f"## {area.title}", ""]
        for case in area.cases:
            out += [f"({anchor(case.id)})=", "", f"### {case.id}: {case.title}", "", case.purpose, ""]
            out += [
                f"- clauses: {', '.join(case.clauses)}{' (*unverified*)' if case.unverified else ''}",
                f"- proves: {', '.join(case.proves)}",
                f"- needs: {', '.join(f'`{item}`' for item in case.needs)}",
                f"- verdict: {verdicts.get(case.id, 'none committed')}",
                "",
            ]
    return "\n".join(out)


def requirements_page() -> str:
    """The requirements, each with the scenarios and cases that prove it and their verdicts."""
    path = ROOT / "conformance" / "testline" / "requirements.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    by_requirement: dict[str, list[Any]] = defaultdict(list)
    for case in load().cases:
        for requirement in case.proves:
            by_requirement[requirement].append(case)
    by_scenario, verdicts = scenarios(), baseline()
    proven = sum(1 for key in data["requirements"] if by_requirement[key] or by_scenario.get(key))
    out = [
        "# Requirements",
        "",
        f"What the call centre must do: {len(data['requirements'])} requirements. {proven} of them have a",
        "scenario or case so far, which is not to say that everything such a requirement asks for is",
        "proven. The matrix is generated from the sources at every build; the verdict is the one committed",
        "for the reference.",
        "",
    ]
    for letter, group in data["groups"].items():
        out += [
            f"## {letter} {group['title']}",
            "",
            "| id | requirement | scenarios | cases |",
            "|---|---|---|---|",
        ]
        for key, requirement in data["requirements"].items():
            if not key.startswith(f"{letter}-"):
                continue
            told = "<br>".join(f"{name} ({stem})" for stem, name in by_scenario.get(key, []))
            cases = by_requirement[key]
            links = ", ".join(
                f"[{case.id}](#{anchor(case.id)}) {verdicts.get(case.id, '')}".strip() for case in cases[:12]
            )
            more = f" and {len(cases) - 12} more" if len(cases) > 12 else ""
            text = requirement["text"].replace("|", "\\|")
            out.append(f"| {key} | {text} | {told or '–'} | {links or '–'}{more} |")
        out.append("")
    return "\n".join(out)


def mutants_page() -> str:
    """The faults put into the reference, and the cases that catch them."""
    found = tomllib.loads((ROOT / "mutants" / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    out = [
        "# Mutants",
        "",
        f"The tester is itself tested: {len(found)} faults, each put into a copy of the reference, each",
        "caught by every case named for it, at every run of the tests. A fault that no case catches is",
        "not listed: it is a case that is missing. The kill rate of this list is 100 % by construction;",
        "the one that says something is that of a sample nobody chose.",
        "",
        *kill_rates(),
        "## Faults by part",
        "",
        "| part of the reference | faults |",
        "|---|---|",
    ]
    parts = Counter(str(Path(mutant["file"]).parent).replace(".", "(top)") for mutant in found)
    out += [f"| `{part}` | {number} |" for part, number in sorted(parts.items())]
    out += [
        "",
        "## Faults",
        "",
        "| fault | file | caught by |",
        "|---|---|---|",
    ]
    for mutant in found:
        cases = ", ".join(f"[{case}](#{anchor(case)})" for case in mutant["cases"])
        out.append(f"| {mutant['fault']} | `{mutant['file']}` | {cases} |")
    return "\n".join([*out, ""])


def kill_rates() -> list[str]:
    """The kill rates of state tables and of a random sample, and the mutants that no case catches."""
    folder = ROOT / "mutants"
    rows = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
    data = json.loads((folder / "sample.json").read_text(encoding="utf-8"))
    reviewed = tomllib.loads((folder / "survivors.toml").read_text(encoding="utf-8")).get("survivor", [])
    reasons = {entry["site"]: entry["reason"] for entry in reviewed}
    return [
        "## Kill rate of the state tables",
        "",
        "Every row of every state table of MTP, ISUP, TUP and M3UA, each left out once: the event then meets",
        "what the table says for all others in that state.",
        "",
        *_kills("Rows", rows, reasons),
        "## Kill rate of a random sample",
        "",
        f"{data['size']} places of each layer, drawn with seed {data['seed']} out of all those that an",
        "operator applies to, one change at each, judged by the cases that execute the place. *Killed* is a",
        "verdict fail: of a case of its own, because the system *stopped*, or because it came to *no end*. A",
        "place that no case executes is *not covered* and has survived. The reviewed rate leaves out",
        "survivors that nobody can tell from the reference from outside, each listed below with the reason.",
        "A survivor that a new case has caught since counts as a survivor all the same.",
        "Intervals are for 95 % (Wilson). How it is done: [The judge](design/judge.md).",
        "",
        *_kills("Survivors", data, reasons),
    ]


def _kills(what: str, data: dict[str, Any], reasons: dict[str, str]) -> list[str]:
    """The table of one result file by layer, and its survivors."""
    out = [
        "| layer | places | judged | killed: fail, stopped, no end | survived, not covered | equivalent "
        "| rate | reviewed |",
        f"|{'---|' * 8}",
    ]
    for layer, row in data["layers"].items():
        if not row["raw"]["of"]:
            continue
        survived = row["survived"] + row["broke down"]
        cells = [f"{row['places']:,}", row["raw"]["of"], f"{row['fail']}, {row['crash']}, {row['timeout']}"]
        cells += [f"{survived}, {row['not covered']}", row["equivalent"]]
        cells += [_share(row[name], "seed" in data) for name in ("raw", "reviewed")]
        out.append(f"| {layer} | {' | '.join(map(str, cells))} |")
    lost = [row for row in data["sites"] if row["outcome"] in ("survived", "not covered", "broke down")]
    for title, equivalent in (
        (f"{what} that a case should catch", False),
        (f"Equivalent {what.lower()}", True),
    ):
        some = [row for row in lost if (row["id"] in reasons) is equivalent]
        if some:
            out += ["", f"### {title}", ""]
        for row in some:
            since = f", caught since by {row['closed']}" if "closed" in row else ""
            why = reasons.get(row["id"], f"{row['outcome']}, {row['cases']} cases{since}")
            change = f"{_code(row['before'])} becomes {_code(row['after'])}"
            place = f", {row['where']}" if row["where"] else ""
            out.append(f"- `{row['file']}`{place}: {change}. *{why}*")
    return [*out, ""]


def _share(rate: dict[str, Any], drawn: bool) -> str:
    low, high = rate["interval"]
    return f"{rate['rate']:.0%}" + (f" ({low:.0%} to {high:.0%})" if drawn else "") if rate["of"] else "–"


def _code(text: str) -> str:
    """Source text in a sentence."""
    shown = text if len(text) <= 120 else f"{text[:117]}..."
    return f"`` {shown} ``" if shown else "*nothing*"


def commands_page() -> str:
    """The commands' own help texts."""
    from callcenter.cli import main as callcenter_main  # noqa: PLC0415
    from testline.cli import main as testline_main  # noqa: PLC0415

    out = ["# Commands", ""]
    for name, group in (("testline", testline_main), ("callcenter", callcenter_main)):
        out += [f"## {name}", "", "```text", help_text(name, group), "```", ""]
        for sub, command in group.commands.items():
            out += [f"### {name} {sub}", "", "```text", help_text(f"{name} {sub}", command), "```", ""]
    return "\n".join(out)


def help_text(name: str, command: Any) -> str:
    """What `--help` prints, at a width that fits the page."""
    import click  # noqa: PLC0415

    return str(command.get_help(click.Context(command, info_name=name, max_content_width=96)))


def generate(app: Sphinx) -> None:
    """Write the generated pages into the source directory, where the toctree expects them."""
    source = Path(app.srcdir)
    write(source / "state-machines.md", state_machines_page())
    write(source / "timers.md", timers_page())
    write(source / "catalogue.md", catalogue_page())
    write(source / "requirements.md", requirements_page())
    write(source / "coverage.md", recommendations.page(anchor))
    write(source / "mutants.md", mutants_page())
    write(source / "commands.md", commands_page())


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx entry point."""
    app.connect("builder-inited", generate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The kill rate of the judge, measured on mutants that nobody chose (`tox -e kills`).

Every place of the SS7 part of the reference that an operator applies to is numbered by a hash of the seed and
of what stands there; each layer gives the first of them, one mutant a place. A mutant is judged by every case
that executes the place on the reference as it is, cheapest first, until one says *fail*. The outcome of each
is written to `sample.json`; `survivors.toml` holds the survivors that a review found equivalent.

`--rows` draws nothing: it leaves out every row of every state table once, and writes `rows.json`.
"""

from __future__ import annotations

import argparse
import difflib
import json
import signal
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

from operators import RowRemoved, Site, digest, sites
from rates import KILLED, SURVIVED, tally
from runs import HERE, REFERENCE, Run, copy_reference, judge, server
from watching import Covering, FirstFail

LAYERS: Final[dict[str, tuple[str, ...]]] = {
    "mtp2": ("ss7/mtp2/*.py",),
    "mtp3": ("ss7/mtp3/*.py",),
    "isup": ("ss7/isup/*.py",),
    "tup": ("ss7/tup/*.py",),
    "m3ua": ("ss7/m3ua/*.py",),
    "signalling": ("signalling.py", "gateway.py", "ss7/*.py"),
    "calls": ("calls/*.py",),
}
"""Files of each layer."""

OWN_CASES: Final = {
    "m3ua": ("m3ua", "servers"),
    "signalling": ("m3ua", "mtp3", "isup", "tup", "servers"),
    "calls": ("isup", "tup", "queue", "agents", "ivr", "records", "switching", "servers"),
}
"""Starts of the names of the areas that are about a layer, where they are not called as the layer."""
OTHERS: Final = 30
"""Cases of other areas that are asked about a mutant; it may survive because of this limit."""

SEED: Final = 7
SIZE: Final = 26
"""Mutants of each layer."""

RESULT: Final = HERE / "sample.json"
ROWS: Final = HERE / "rows.json"
SURVIVORS: Final = HERE / "survivors.toml"
SCHEMA: Final = "testline-kills-1"


def population(layer: str) -> list[Site]:
    """Return every site of a layer."""
    files = sorted({path for pattern in LAYERS[layer] for path in REFERENCE.glob(pattern)})
    return [site for path in files for site in sites(REFERENCE, str(path.relative_to(REFERENCE)))]


def rows_of_tables(layer: str) -> list[Site]:
    """Return the leaving out of each row of a layer's state tables."""
    return [site for site in population(layer) if site.operator == RowRemoved.__name__]


def draw(found: Iterable[Site], seed: int) -> list[Site]:
    """Return one site for each place in an order of chance.

    Rank and choice hang on the seed and on what stands at the place only: a change of the reference elsewhere
    changes nothing.
    """

    def place(site: Site) -> str:
        return digest(f"{seed}|{site.place}")

    ordered = sorted(found, key=lambda site: (place(site), digest(f"{seed}|{site.id}")))
    return [next(variants) for _, variants in groupby(ordered, key=place)]


# which cases


@dataclass(frozen=True)
class Cover:
    """What each case executes of the reference as it is."""

    lines: Mapping[str, Mapping[str, list[str]]]
    noted: Mapping[str, Mapping[str, list[str]]]
    """Rows of transition tables looked up and dataclasses made, in each file."""
    cpu: Mapping[str, float]
    areas: Mapping[str, str]
    """Area of every case that passes."""

    @classmethod
    def measure(cls, processes: ForkServerContext, folder: Path) -> Cover:
        """Run all cases once."""
        target = folder / "cover.json"
        run = judge(processes, (), folder, plugins=[Covering(REFERENCE, target)])
        if run.records is None:
            raise SystemExit(f"kills: the cases did not run on the reference, exit code {run.exit_code}")
        areas = {case: row["area"] for case, row in run.records.items() if row["verdict"] == "pass"}
        return cls(**json.loads(target.read_text()), areas=areas)

    def cases(self, site: Site, layer: str) -> list[str]:
        """Return the cases that can notice a change of `site`: the layer's own, then some of the others.

        Of those that only pass by on the way to something else, as most do through level 2, `OTHERS` are
        asked, drawn by a hash. Cheap cases come first.
        """
        found = self._executing(site, layer)
        found &= self.areas.keys()
        own = {case for case in found if self.areas[case].startswith(OWN_CASES.get(layer, (layer,)))}
        others = sorted(found - own, key=lambda case: digest(f"{site.id}|{case}"))[:OTHERS]
        return [case for some in (own, others) for case in sorted(some, key=lambda c: (self.cpu[c], c))]

    def _executing(self, site: Site, layer: str) -> set[str]:
        """Return the cases that execute a place.

        What is executed when a module is imported belongs to those that look up the row or make an instance
        of the class it is in, or else to all that call a function of the layer.
        """
        noted, by_line = self.noted.get(site.file, {}), self.lines.get(site.file, {})
        if site.row:
            return set(noted.get(site.row, []))
        first, last = site.lines
        found = {case for line in range(first, last + 1) for case in by_line.get(str(line), [])}
        if site.body and "" not in found:
            return found
        if not site.body and site.where in noted:
            return set(noted[site.where])
        files = [path.relative_to(REFERENCE) for pattern in LAYERS[layer] for path in REFERENCE.glob(pattern)]
        return {case for file in files for some in self.lines.get(str(file), {}).values() for case in some}


# one mutant


def judged(site: Site, layer: str, cover: Cover, processes: ForkServerContext) -> dict[str, Any]:
    """Return the row of the result file for one mutant."""
    source = (REFERENCE / site.file).read_text(encoding="utf-8")
    mutated = site.apply(source)
    before, after = changed(source, mutated)
    cases = cover.cases(site, layer)
    row = {"id": site.id, "layer": layer, "file": site.file, "where": site.where, "operator": site.operator}
    row |= {"before": before, "after": after}
    if not cases:
        return {**row, "cases": 0, "outcome": "not covered", "case": ""}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (copy_reference(folder) / site.file).write_text(mutated, encoding="utf-8")
        running = folder / "running"
        limits = [20 + 10 * cover.cpu[case] for case in cases]
        plugin = FirstFail(cases, limits, running)
        run = judge(processes, cases, folder, copy=folder, plugins=[plugin])
        last = running.read_text() if running.exists() else ""
    return {**row, "cases": len(cases), **outcome(run, last)}


def outcome(run: Run, last: str) -> dict[str, Any]:
    """Return how a run on a mutant ended, and at which case.

    An *error* or *inconclusive* is no *fail*, though the case passes on the reference: it is told as a note.
    A mutant that cannot be imported or started is unfit: no vendor would bring it.
    """
    if run.records is None:
        return {"outcome": "timeout" if run.exit_code == -signal.SIGXCPU else "broke down", "case": last}
    other = {case: record for case, record in run.records.items() if record["verdict"] != "pass"}
    unfit = [r["reason"] for r in other.values() if r["line_time"] == 0 and _broke(r)]
    if unfit:
        return {"outcome": "unfit", "case": "", "note": unfit[0]}
    for case, record in other.items():
        if record["verdict"] == "fail":
            return {"outcome": "crash" if record["traceback"] else "fail", "case": case}
    note = {"note": f"{len(other)} disturbed: {next(iter(other))}"} if other else {}
    return {"outcome": "survived", "case": "", **note}


def _broke(record: Mapping[str, Any]) -> bool:
    return bool(record["traceback"]) or record["owner"] == "rig"


def changed(source: str, mutated: str) -> tuple[str, str]:
    """Return the lines that differ, before and after."""
    told = list(difflib.unified_diff(source.splitlines(), mutated.splitlines(), n=0, lineterm=""))[3:]
    before, after = (" ".join(line[1:].strip() for line in told if line[0] == sign) for sign in "-+")
    return before, after


# the run


def equivalents() -> dict[str, str]:
    """Return the reasons of the reviewed survivors by site."""
    data = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")) if SURVIVORS.exists() else {}
    return {entry["site"]: entry["reason"] for entry in data.get("survivor", [])}


def sampled(
    layer: str, found: Sequence[Site], size: int, kept: Mapping[str, dict[str, Any]], judge_it: Any
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a layer until `size` mutants were judged; unfit ones do not count."""
    fit = 0
    for site in found:
        if fit == size:
            return
        row = kept.get(site.id) or judge_it(site, layer)
        fit += row["outcome"] != "unfit"
        yield row


def write(
    result: Path, rows: Sequence[Mapping[str, Any]], populations: Mapping[str, int], **head: int
) -> None:
    """Write a result file; `head` says what was drawn."""
    figures = tally(rows, equivalents(), populations)
    data = {"schema": SCHEMA, **head, "layers": figures, "sites": rows}
    result.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, judge, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--size", type=int, default=SIZE, help="mutants of each layer")
    parser.add_argument(
        "--rows", action="store_true", help="every row of the state tables instead of a sample"
    )
    parser.add_argument("--layer", action="append", choices=LAYERS, help="only these; the others are kept")
    parser.add_argument("--keep", action="store_true", help="judge none again that was: a larger sample")
    parser.add_argument("--again", action="store_true", help="note which survivors are caught since")
    told = parser.parse_args(arguments)
    processes = server()
    with tempfile.TemporaryDirectory() as name:
        cover = Cover.measure(processes, Path(name))

    def judge_it(site: Site, layer: str) -> dict[str, Any]:
        row = judged(site, layer, cover, processes)
        change = f"{row['before']} -> {row['after']}"
        print(f"{layer} {row['outcome']:11} {site.file} {site.where}: {change}", flush=True)
        return row

    result = ROWS if told.rows else RESULT
    head = {} if told.rows else {"seed": told.seed, "size": told.size}
    if told.again:
        again(result, judge_it)
        return
    before = json.loads(result.read_text(encoding="utf-8"))["sites"] if result.exists() else []
    kept = {row["id"]: row for row in before if told.keep}
    rows: list[dict[str, Any]] = []
    populations = {}
    for layer in LAYERS:
        found = rows_of_tables(layer) if told.rows else draw(population(layer), told.seed)
        populations[layer] = len(found)
        if layer in (told.layer or LAYERS):
            rows += sampled(layer, found, len(found) if told.rows else told.size, kept, judge_it)
        else:
            rows += [row for row in before if row["layer"] == layer]
        write(result, rows, populations, **head)


def again(result: Path, judge_it: Any) -> None:
    """Judge the survivors of a result file once more; `closed` is the case that catches one now."""
    data = json.loads(result.read_text(encoding="utf-8"))
    places = {layer: {site.id: site for site in population(layer)} for layer in LAYERS}
    for row in data["sites"]:
        site = places[row["layer"]].get(row["id"])
        if row["outcome"] in SURVIVED and row["id"] not in equivalents() and site is not None:
            now = judge_it(site, row["layer"])
            row.pop("closed", None)
            if now["outcome"] in KILLED:
                row["closed"] = now["case"]
    populations = {layer: data["layers"][layer]["places"] for layer in LAYERS}
    head = {name: data[name] for name in ("seed", "size") if name in data}
    write(result, data["sites"], populations, **head)


if __name__ == "__main__":
    main()

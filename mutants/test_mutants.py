"""The tester is tested: every fault put into the reference must be caught by the cases named for it.

A mutant is a small change to one file of the reference (`mutants.toml`). A copy of the reference with the
change is put before the installed one on the path, and the cases judge it through the same plugin that a
vendor's run uses, in a process of its own. It is caught when every case named for it says *fail* of its own:
an *error* would be the judge's breakdown, and a system that merely stopped would be no fault of the kind
asked for. All these cases must also pass on the reference as it is, or their *fail* would prove nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

import pytest

from runs import HERE, copy_reference, judge, server

MUTANTS: Final[list[dict[str, Any]]] = tomllib.loads((HERE / "mutants.toml").read_text())["mutant"]
CASES: Final = list(dict.fromkeys(case for mutant in MUTANTS for case in mutant["cases"]))
LIMIT: Final = 120
"""Seconds of wall time for a run, and one more for each case: all of them run once on the reference."""


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Where the runs are forked from."""
    return server()


def verdicts(
    processes: ForkServerContext, cases: Sequence[str], folder: Path, copy: Path | None = None
) -> dict[str, dict[str, Any]]:
    """Run `cases` in a process of their own; return their records by id. Every case has one."""
    limit = LIMIT + len(cases)
    run = judge(processes, cases, folder, copy=copy, limit=limit)
    if not run.ended:
        pytest.fail(f"{', '.join(cases)}: no end after {limit} s")
    assert run.records is not None, f"{', '.join(cases)}: no results, exit code {run.exit_code}"
    assert set(run.records) == set(cases)
    return run.records


def mutate(mutant: dict[str, Any], folder: Path) -> None:
    """Copy the reference to `folder` and change it; the text to replace must be there exactly once."""
    path = copy_reference(folder) / mutant["file"]
    text = path.read_text()
    found = text.count(mutant["find"])
    assert found == 1, (
        f"mutant {mutant['id']} is stale: {mutant['file']} holds its text {found} times, expected once"
    )
    path.write_text(text.replace(mutant["find"], mutant["replace"]))


def test_mutants_have_unique_ids_and_name_their_fault() -> None:
    ids = [mutant["id"] for mutant in MUTANTS]
    assert len(ids) == len(set(ids))
    assert all(mutant["fault"] and mutant["cases"] for mutant in MUTANTS)
    assert all(mutant["find"] != mutant["replace"] for mutant in MUTANTS)


def test_cases_pass_on_the_reference(processes: ForkServerContext, tmp_path: Path) -> None:
    records = verdicts(processes, CASES, tmp_path)
    failed = {case: record["reason"] for case, record in records.items() if record["verdict"] != "pass"}
    assert not failed


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant["id"] for mutant in MUTANTS])
def test_mutant_is_caught(mutant: dict[str, Any], processes: ForkServerContext, tmp_path: Path) -> None:
    mutate(mutant, tmp_path)
    records = verdicts(processes, mutant["cases"], tmp_path, tmp_path)
    missed = {
        case: f"{record['verdict']} {record['reason']}".strip()
        for case, record in records.items()
        if record["verdict"] != "fail" or record["traceback"]
    }
    assert not missed, f"{mutant['fault']}: not caught"

"""The tester is tested: every fault put into the reference must be caught by the cases named for it.

A mutant is a small change to one file of the reference (`mutants.toml`). A copy of the reference with the
change is put before the installed one on the path, and the cases judge it through the same plugin that a
vendor's run uses, in a process of its own. It is caught when every case named for it says *fail* of its own:
an *error* would be the judge's breakdown, and a system that merely stopped would be no fault of the kind
asked for. All these cases must also pass on the reference as it is, or their *fail* would prove nothing.

The processes are forked from one that has everything imported but the reference. They run without the third
opinion: the cases have to catch the mutants by themselves.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shlex
import shutil
import tomllib
from collections.abc import Sequence
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

import pytest

from testline.cases import MODULES

HERE: Final = Path(__file__).parent
REFERENCE: Final = HERE.parent / "reference" / "callcenter"
MUTANTS: Final[list[dict[str, Any]]] = tomllib.loads((HERE / "mutants.toml").read_text())["mutant"]
CASES: Final = list(dict.fromkeys(case for mutant in MUTANTS for case in mutant["cases"]))
LIMIT: Final = 120
"""Seconds of wall time for the cases of one mutant."""

PRELOADED: Final = ["labgrid", "testline.session", "testline.testers", "testrig.strategy"]


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Where the runs are forked from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *(f"testline.cases.{module}" for module in MODULES)])
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATH", "")  # no third opinion
        environment.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        environment.delenv("PYTEST_XDIST_WORKER", raising=False)
        environment.delenv("PYTEST_ADDOPTS", raising=False)
        forkserver.ensure_running()
    return context


def verdicts(
    processes: ForkServerContext, cases: Sequence[str], folder: Path, *options: str
) -> dict[str, dict[str, Any]]:
    """Run `cases` in a process of their own; return their records by id. Every case has one."""
    report = folder / "report"
    words = ["-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", "-p", "testline.plugin"]
    words += ["-q", "--noconftest", "--assert=plain", "--import-mode=importlib", "--testline"]
    words += ["--report", str(report)]
    words += [*options, *(f"--select={case}" for case in cases), "--pyargs", "testline.cases"]
    process = processes.Process(target=pytest.main, args=(words,))
    process.start()
    process.join(LIMIT)
    if process.is_alive():
        process.kill()
        pytest.fail(f"{', '.join(cases)}: no end after {LIMIT} s")
    results = report / "results.json"
    assert results.exists(), f"{', '.join(cases)}: no results, exit code {process.exitcode}"
    records = {record["id"]: record for record in json.loads(results.read_text())["cases"]}
    assert set(records) == set(cases)
    return records


def mutate(mutant: dict[str, Any], folder: Path) -> None:
    """Copy the reference to `folder` and change it; the text to replace must be there exactly once."""
    package = folder / REFERENCE.name
    shutil.copytree(REFERENCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    path = package / mutant["file"]
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
    records = verdicts(processes, mutant["cases"], tmp_path, "-o", f"pythonpath={shlex.quote(str(tmp_path))}")
    missed = {
        case: f"{record['verdict']} {record['reason']}".strip()
        for case, record in records.items()
        if record["verdict"] != "fail" or record["traceback"]
    }
    assert not missed, f"{mutant['fault']}: not caught"

"""The tester is tested: every fault put into the reference must be caught by a case.

A mutant is a small change to one file of the reference (`mutants.toml`). The run copies the reference,
applies the change, puts the copy before the installed one on the path, and asks `testline run` for its
verdict on the named cases, through the same command a vendor would use. It is caught when a case says
*fail*; an *error* would be the judge's own breakdown and does not count.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "reference" / "callcenter"
MUTANTS: list[dict[str, Any]] = tomllib.loads((HERE / "mutants.toml").read_text())["mutant"]


def apply(mutant: dict[str, Any], package: Path) -> None:
    """Change the copy of the reference in `package`; the text to replace must be there exactly once."""
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


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant["id"] for mutant in MUTANTS])
def test_mutant_is_caught_by_a_case(mutant: dict[str, Any], tmp_path: Path) -> None:
    shutil.copytree(REFERENCE, tmp_path / "callcenter", ignore=shutil.ignore_patterns("__pycache__"))
    apply(mutant, tmp_path / "callcenter")
    report = tmp_path / "report"
    command = [sys.executable, "-m", "testline", "run", *mutant["cases"], "--report", str(report)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    results = json.loads((report / "results.json").read_text()) if (report / "results.json").exists() else None
    assert results is not None, f"no results:\n{done.stdout}\n{done.stderr}"
    verdicts = {case["id"]: case["verdict"] for case in results["cases"]}
    assert set(mutant["cases"]) <= set(verdicts), f"not run: {set(mutant['cases']) - set(verdicts)}"
    assert "fail" in verdicts.values(), f"{mutant['fault']}: not caught, {verdicts}\n{done.stdout}"
    assert done.returncode != 0

"""The committed baseline of verdicts: what a run on a rig is expected to give, so that CI sees changes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from testline.errors import TestlineError
from testline.report.record import CaseRecord
from testline.verdicts import Verdict

SCHEMA: Final = "testline-baseline-1"


class BaselineError(TestlineError):
    """A baseline cannot be read; says which and why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A case whose verdict is not the expected one."""

    id: str
    expected: str
    """A verdict, or `not in the baseline`."""
    found: str
    """A verdict, or `not run`."""

    def __str__(self) -> str:
        return f"{self.id}: expected {self.expected}, found {self.found}"


def embedded(rig: str) -> Path:
    """Return where the baseline for the rig of that name is in the package."""
    return Path(str(resources.files("testline") / "expected" / f"{rig}.json"))


def read(path: Path) -> dict[str, str]:
    """Return case id to verdict. Raises `BaselineError`."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BaselineError(f"baseline {path}: {error}") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise BaselineError(f"baseline {path}: is of another schema, expected {SCHEMA}")
    known = {each.value for each in Verdict}
    verdicts: dict[str, str] = {}
    for case_id, verdict in data.get("verdicts", {}).items():
        if verdict not in known:
            raise BaselineError(
                f"baseline {path}: {case_id}: found {verdict!r}, expected {', '.join(sorted(known))}"
            )
        verdicts[case_id] = verdict
    return verdicts


def write(path: Path, records: Iterable[CaseRecord]) -> None:
    """Write the verdicts of a run as the baseline."""
    verdicts = {each.id: each.verdict for each in records}
    data: dict[str, Any] = {"schema": SCHEMA, "verdicts": verdicts}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def compare(
    expected: Mapping[str, str], records: Iterable[CaseRecord], *, whole: bool = True
) -> list[Difference]:
    """Return where a run differs; `whole`: every case of the baseline should have been run."""
    found = {each.id: each.verdict for each in records}
    differences = [
        Difference(case_id, expected.get(case_id, "not in the baseline"), verdict)
        for case_id, verdict in found.items()
        if expected.get(case_id) != verdict
    ]
    if whole:
        differences += [
            Difference(case_id, verdict, "not run")
            for case_id, verdict in expected.items()
            if case_id not in found
        ]
    return differences

"""The folder of a report: what is written where, and by whom.

Workers write `cases/<slug>.json` and `evidence/`; whoever started the run writes the rest.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

from testline.errors import TestlineError
from testline.report.junit import junit
from testline.report.pages import Pages
from testline.report.record import SCHEMA, CaseRecord, Results

RESULTS: Final = "results.json"


class ReportError(TestlineError):
    """The folder of a report cannot be used; says which and why."""


def prepare(directory: Path) -> None:
    """Make `directory` an empty folder for a report: an earlier report there goes, anything else stays.

    Raises `ReportError` when it holds something that is not a report.
    """
    if directory.exists() and not directory.is_dir():
        raise ReportError(f"report {directory}: is a file, expected a folder")
    if directory.exists() and any(directory.iterdir()):
        if not _is_report(directory):
            raise ReportError(
                f"report {directory}: the folder holds something that is no report; name another, or empty it"
            )
        shutil.rmtree(directory)
    try:
        (directory / "cases").mkdir(parents=True)
    except OSError as error:
        raise ReportError(f"report {directory}: {error.strerror}") from error
    _write_json(directory / RESULTS, {"schema": SCHEMA, "state": "running"})


def _is_report(directory: Path) -> bool:
    try:
        found = json.loads((directory / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("schema") == SCHEMA


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_case(directory: Path, record: CaseRecord) -> None:
    """Write a case with its trace."""
    path = directory / "cases" / f"{record.slug}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_json(path, record.to_json(trace=True))


def read_case(directory: Path, record: CaseRecord) -> CaseRecord:
    """Return a case with its trace; without the file, as it is in the results."""
    path = directory / "cases" / f"{record.slug}.json"
    if not path.is_file():
        return record
    return CaseRecord.from_json(json.loads(path.read_text(encoding="utf-8")))


def read_results(directory: Path) -> Results:
    """Return the results in a report's folder. Raises `ReportError`."""
    path = directory / RESULTS
    try:
        return Results.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            f"{path}: no results of a finished run ({type(error).__name__}: {error})"
        ) from error


def write_report(directory: Path, results: Results) -> None:
    """Write `results.json`, `junit.xml` and the pages."""
    _write_json(directory / RESULTS, results.to_json())
    (directory / "junit.xml").write_text(junit(results), encoding="utf-8")
    pages = Pages(results)
    (directory / "index.html").write_text(pages.index(), encoding="utf-8")
    for number, record in enumerate(results.cases):
        text = pages.case(number, read_case(directory, record))
        (directory / "cases" / f"{record.slug}.html").write_text(text, encoding="utf-8")

"""Letting the judge judge a copy of the reference, in a process of its own.

The processes are forked from one that has everything imported but the reference. They run without the third
opinion: the cases have to notice a mutant by themselves.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from compileall import compile_dir
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from testline.cases import MODULES
from testline.session import PROPERTY

HERE: Final = Path(__file__).parent
REFERENCE: Final = HERE.parent / "reference" / "callcenter"
PRELOADED: Final = ["labgrid", "testline.session", "testline.testers", "testrig.strategy"]


def server() -> ForkServerContext:
    """Return where the runs are forked from, started."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *(f"testline.cases.{module}" for module in MODULES)])
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATH", "")  # no third opinion
        environment.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        environment.delenv("PYTEST_XDIST_WORKER", raising=False)
        environment.delenv("PYTEST_ADDOPTS", raising=False)
        forkserver.ensure_running()
    return context


@cache
def _compiled() -> TemporaryDirectory[str]:
    """A copy of the reference with its byte code: only what a mutant changes is compiled again."""
    folder = TemporaryDirectory(prefix="testline-reference-")
    package = Path(folder.name) / REFERENCE.name
    shutil.copytree(REFERENCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    compile_dir(package, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return folder


def copy_reference(folder: Path) -> Path:
    """Copy the reference to `folder`; return its package there."""
    package = folder / REFERENCE.name
    shutil.copytree(Path(_compiled().name) / REFERENCE.name, package)
    return package


class Records:
    """Plugin of the judge's process: writes the records of the cases to a file."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._records: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a record."""
        self._records += records_in(report)

    def pytest_sessionfinish(self) -> None:
        """Write them."""
        self._target.write_text(json.dumps(self._records))


def records_in(report: pytest.TestReport) -> list[dict[str, Any]]:
    """Return the record of the case that ended with this report, if one did."""
    if report.when != "teardown":
        return []
    return [json.loads(str(value)) for name, value in report.user_properties if name == PROPERTY]


@dataclass(frozen=True, slots=True)
class Run:
    """How a run ended."""

    ended: bool
    """Within its limit of wall time."""
    exit_code: int | None
    """Of the process; negative: the signal that ended it."""
    records: dict[str, dict[str, Any]] | None
    """Records of the cases by id; None when no results were written."""


def _main(words: list[str], plugins: Sequence[object], output: Path) -> None:
    with output.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        code = pytest.main(words, plugins)
    sys.exit(code)


def judge(
    processes: ForkServerContext,
    cases: Sequence[str],
    folder: Path,
    *,
    copy: Path | None = None,
    plugins: Sequence[object] = (),
    limit: float | None = None,
) -> Run:
    """Run `cases` on the reference, or on the copy of it in the folder `copy`, with more pytest `plugins`.

    No cases: all. `limit` is in seconds of wall time.
    """
    results = folder / "records.json"
    words = ["-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", "-p", "testline.plugin"]
    words += ["-q", "--noconftest", "--assert=plain", "--import-mode=importlib", "--testline"]
    words += ["-o", f"pythonpath={shlex.quote(str(copy or REFERENCE.parent))}"]
    words += [*(f"--select={case}" for case in cases), "--pyargs", "testline.cases"]
    process = processes.Process(target=_main, args=(words, [*plugins, Records(results)], folder / "output"))
    process.start()
    process.join(limit)
    if process.is_alive():
        process.kill()
        return Run(False, None, None)
    if not results.exists():
        return Run(True, process.exitcode, None)
    records = {record["id"]: record for record in json.loads(results.read_text())}
    return Run(True, process.exitcode, records)

"""Running cases in a pytest of their own, and listening to how they get on.

The child is plain pytest with the plugin; it tells each verdict on a pipe. Its own output goes to a log
that is shown only when it breaks down.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from testline.catalogue import CASES
from testline.errors import TestlineError
from testline.report.record import Results

_TESTS_FAILED: Final = 1
_USAGE: Final = 4
_NOT_OURS: Final = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST")
_LAST_LINES: Final = 40
_PLUGINS: Final = ("testline.plugin", "xdist.plugin", "pytest_bdd.plugin")
"""What a run needs of pytest's plugins. Whatever else is installed stays out: it costs more than a case."""


class RunError(TestlineError):
    """The run could not begin; says why."""


class BrokenDown(RunError):
    """The run ended without a result for every case; says how."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to run."""

    rig: str = "virtual"
    pics: str = ""
    patterns: Sequence[str] = ()
    cases: bool = True
    features: bool = False
    report: Path | None = None
    workers: int = 1


def feature_folder() -> Path:
    """Return where the features are: in the package once it is installed, in the checkout before.

    Raises `RunError` when there are none.
    """
    here = Path(__file__).resolve().parent
    places = [here / "features", here.parents[1] / "features"]
    for place in places:
        if any(place.glob("**/test_*.py")):
            return place
    raise RunError(f"no features: looked in {' and '.join(map(str, places))}")


def command(request: Request, progress: int) -> list[str]:
    """Return the command line of the child; `progress` is the descriptor it tells progress on."""
    words = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(Path.cwd())]
    for plugin in (*_PLUGINS, "no:cacheprovider"):
        words += ["-p", plugin]
    words += ["-q", "--noconftest", "--assert=plain", "--import-mode=importlib", "--testline"]
    words += ["--testline-progress", str(progress), "--rig", request.rig]
    if request.pics:
        words += ["--pics", request.pics]
    if request.report is not None:
        words += ["--report", str(request.report)]
    for pattern in request.patterns:
        words += ["--select", pattern]
    if request.workers > 1:
        words += ["-n", str(request.workers)]
    if request.features:
        words.append(str(feature_folder()))
    if request.cases:
        words += ["--pyargs", CASES]
    return words


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return `given` without what would steer the child from outside, plugins of others included."""
    ours = {name: value for name, value in given.items() if name not in _NOT_OURS}
    return {**ours, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run(request: Request, told: Callable[[Mapping[str, Any]], None]) -> Results:
    """Run what is asked for; `told` gets every verdict as it comes. Raises `RunError`, `BrokenDown`."""
    reader, writer = os.pipe()
    results: Results | None = None
    with tempfile.TemporaryFile() as log:
        try:
            child = subprocess.Popen(
                command(request, writer),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                pass_fds=(writer,),
                env=environment(os.environ),
            )
        finally:
            os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as lines:
            for line in lines:
                event = json.loads(line)
                if event["event"] == "end":
                    results = Results.from_json(event["results"])
                else:
                    told(event)
        code = child.wait()
        log.seek(0)
        output = log.read().decode(errors="replace")
    if code == _USAGE:
        errors = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
        raise RunError("; ".join(errors) or output.strip())
    if results is None or code not in (0, _TESTS_FAILED):
        last = "\n".join(output.splitlines()[-_LAST_LINES:])
        raise BrokenDown(f"the run broke down (pytest ended with {code}):\n{last}")
    return results

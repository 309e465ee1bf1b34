"""Plugins for the judge's process: which case executes which line, and an end at the first fail."""

from __future__ import annotations

import functools
import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import coverage
import pytest

from testline.case import case_of
from testline.session import PROPERTY, SESSION

MEMORY: Final = 6 << 30
"""Octets of address space a mutant may take."""


def _case(item: pytest.Item) -> str:
    found = case_of(getattr(item, "obj", None))
    return "" if found is None else found.id


class Looked(dict[Any, Any]):
    """Transitions of a table that notes which of them are looked up."""

    def __init__(self, rows: Mapping[Any, Any], found: set[tuple[str, str]]) -> None:
        super().__init__(rows)
        self._found = found

    def get(self, key: Any, default: Any = None) -> Any:
        """Look a row up."""
        self._found.add((key[0].name, key[1].name))
        return super().get(key, default)


@dataclass
class Covering:
    """Notes for every case the lines of the reference it executes and the rows it looks up.

    Functions do not remember results while it does: a second case would not execute what the first one did.
    """

    package: Path
    target: Path
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    rows: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Import the reference and open the rig outside of any case."""

        def remember_not(*arguments: Any, **_: Any) -> Any:
            return arguments[0] if arguments and callable(arguments[0]) else lambda function: function

        functools.cache = functools.lru_cache = remember_not
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, source=[str(self.package)], messages=False
        )
        self._coverage.start()
        session.config.stash[SESSION].rig()
        self._looked: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for name, module in list(sys.modules.items()):
            if name.startswith(f"{self.package.name}.") and name.endswith("_fsm"):
                self._watch_tables(module)

    def _watch_tables(self, module: Any) -> None:
        file = str(Path(module.__file__).relative_to(self.package))
        table = sys.modules[f"{self.package.name}.fsm"].Table
        for value in vars(module).values():
            if isinstance(value, table) and value.states.__module__ == module.__name__:
                object.__setattr__(value, "transitions", Looked(value.transitions, self._looked[file]))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note what belongs to this case."""
        case, began = _case(item), time.process_time()
        self._coverage.switch_context(case)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")
            self.cpu[case] = time.process_time() - began
            for file, found in self._looked.items():
                for state, event in found:
                    self.rows.setdefault(file, {}).setdefault(f"{state},{event}", set()).add(case)
                found.clear()

    def pytest_sessionfinish(self) -> None:
        """Write everything to `target`."""
        self._coverage.stop()
        data = self._coverage.get_data()
        for file in data.measured_files():
            by_line = data.contexts_by_lineno(file)
            self.lines[str(Path(file).relative_to(self.package))] = by_line
        self.target.write_text(
            json.dumps(
                {
                    "lines": self.lines,
                    "rows": {
                        file: {row: sorted(cases) for row, cases in rows.items()}
                        for file, rows in self.rows.items()
                    },
                    "cpu": self.cpu,
                }
            )
        )


@dataclass
class FirstFail:
    """Runs the cases in the order given and ends at the first verdict *fail*.

    A case may take as many seconds of processor time as `cpu` says; then the system ends the process
    (SIGXCPU), and `running` holds the id of the case.
    """

    cases: Sequence[str]
    cpu: Sequence[float]
    running: Path

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Limit the memory."""
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        self._session = session

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the cases in order."""
        order = {case: number for number, case in enumerate(self.cases)}
        items.sort(key=lambda item: order[_case(item)])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Limit the processor time of the case."""
        case = _case(item)
        self.running.write_text(case)
        limit = time.process_time() + self.cpu[self.cases.index(case)]
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, resource.RLIM_INFINITY))
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """End the run at a fail."""
        for name, value in report.user_properties:
            if report.when == "teardown" and name == PROPERTY and json.loads(str(value))["verdict"] == "fail":
                self._session.shouldstop = "a case says fail"

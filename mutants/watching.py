"""Plugins for the judge's process: which case executes which line, and an end at the first fail."""

from __future__ import annotations

import functools
import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, Final

import coverage
import pytest

from runs import records_in
from testline.case import case_of
from testline.session import SESSION

MEMORY: Final = 6 << 30
"""Octets of address space a mutant may take."""


def _case(item: pytest.Item) -> str:
    found = case_of(getattr(item, "obj", None))
    return "" if found is None else found.id


Noted = set[tuple[str, str]]
"""File, and the row (`STATE,EVENT`) or class."""


class Looked(dict[Any, Any]):
    """Transitions of a table that notes which of them are looked up."""

    def __init__(self, rows: Mapping[Any, Any], file: str, noted: Noted) -> None:
        super().__init__(rows)
        self._file = file
        self._noted = noted

    def get(self, key: Any, default: Any = None) -> Any:
        """Look a row up."""
        self._noted.add((self._file, f"{key[0].name},{key[1].name}"))
        return super().get(key, default)


class Covering:
    """Notes for every case the lines of the reference that it executes, the rows of transition tables that it
    looks up and the dataclasses that it makes instances of.

    Functions do not remember results meanwhile: a second case would not execute what the first one did.
    """

    def __init__(self, package: Path, target: Path) -> None:
        self._package = package
        self._target = target
        self._noted: Noted = set()
        """By the case that runs."""
        self._noting: dict[str, dict[str, list[str]]] = defaultdict(dict)
        """File, then row or class, then the cases; none yet: it is watched."""
        self._cpu: dict[str, float] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Import the reference and open the rig outside of any case."""

        def remember_not(*arguments: Any, **_: Any) -> Any:
            return arguments[0] if arguments and callable(arguments[0]) else lambda function: function

        functools.cache = functools.lru_cache = remember_not
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, source=[str(self._package)], messages=False
        )
        self._coverage.start()
        session.config.stash[SESSION].rig()
        table = sys.modules[f"{self._package.name}.fsm"].Table
        for name, module in list(sys.modules.items()):
            if not name.startswith(f"{self._package.name}."):
                continue
            file = str(Path(module.__file__ or "").relative_to(self._package))
            for value in vars(module).values():
                if isinstance(value, table) and value.states.__module__ == name:
                    object.__setattr__(value, "transitions", Looked(value.transitions, file, self._noted))
                if isinstance(value, type) and is_dataclass(value) and value.__module__ == name:
                    self._watch(value, file)
        self._noted.clear()

    def _watch(self, cls: Any, file: str) -> None:
        """Note when an instance of a class is made."""
        make, noted, place = cls.__init__, self._noted, (file, cls.__name__)
        self._noting[file][cls.__name__] = []

        def making(self: Any, *arguments: Any, **named: Any) -> None:
            noted.add(place)
            make(self, *arguments, **named)

        cls.__init__ = making

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note what belongs to this case."""
        case, began = _case(item), time.process_time()
        self._coverage.switch_context(case)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")
            self._cpu[case] = time.process_time() - began
            for file, name in self._noted:
                self._noting[file].setdefault(name, []).append(case)
            self._noted.clear()

    def pytest_sessionfinish(self) -> None:
        """Write everything to the target."""
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            str(Path(file).relative_to(self._package)): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        self._target.write_text(json.dumps({"lines": lines, "noted": self._noting, "cpu": self._cpu}))


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
        if any(record["verdict"] == "fail" for record in records_in(report)):
            self._session.shouldstop = "a case says fail"

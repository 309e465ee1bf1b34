"""What the plugin does once it is asked for: collect the catalogue, set up the bench, keep the records.

Workers (or the only process) judge their cases at once and hand each record on in the report of its
teardown; whoever started the run puts the records together and writes the report.
"""

from __future__ import annotations

import datetime
import importlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from testline import __version__, catalogue
from testline.bench import Bench
from testline.capture import Capture, write_recordings
from testline.case import Case, case_of
from testline.catalogue import Catalogue, load, matches, requirements_by_id
from testline.errors import TestlineError
from testline.judging import WALL_LIMIT, CaseRun, LineTimeLimit, wall_limit
from testline.oracle import TOOL, Carrier, Oracle
from testline.pics import Pics, of_system, read
from testline.report.record import CaseRecord, Results
from testline.report.writer import prepare, write_case, write_report
from testline.rigs import check_rig, known_setups
from testline.scenarios import scenario_record
from testline.verdicts import NotApplicable, RigLacks, Verdict
from testrig.errors import RigError, TestrigError
from testrig.rig import Rig, open_rig
from testrig.system import System, Variant

PROPERTY: Final = "testline"
RUN: Final = pytest.StashKey[CaseRun]()


class Session:
    """One process of a run: the rig, the declaration, the third opinion."""

    def __init__(self, config: pytest.Config) -> None:
        self.rig_name: str = config.getoption("--rig")
        self.patterns: list[str] = config.getoption("--select")
        self.is_worker = hasattr(config, "workerinput")
        directory = str(config.getoption("--report"))
        self.report = Path(directory).absolute() if directory else None
        file = str(config.getoption("--pics"))
        self._declared = read(Path(file)) if file else None
        self.catalogue: Catalogue = load()
        self.catalogue.select(self.patterns)
        self._rig: Rig | None = None
        self._refusal: Exception | None = None
        self._identity: dict[str, Any] = {}
        """Rig and system as they stood when the rig was opened: setups of single cases change them."""
        self._oracles: dict[tuple[Variant, Carrier], Oracle] = {}
        self.records: list[CaseRecord] = []
        self.identity: dict[str, Any] = {}
        self.started = datetime.datetime.now(datetime.UTC)
        self._clock = time.perf_counter()
        number = str(config.getoption("--testline-progress"))
        self._progress = os.fdopen(int(number), "w") if number and not self.is_worker else None

    def rig(self) -> Rig:
        """Open the rig when it is first needed. What went wrong then goes wrong again at once."""
        if self._refusal is not None:
            raise self._refusal
        if self._rig is None:
            try:
                self._rig = open_rig(self.rig_name)
            except Exception as error:
                self._refusal = error
                raise
            self._identity = {"rig": self._rig.describe(), "system": self._system(self._rig)}
        return self._rig

    def pics(self) -> Pics:
        """Return the declaration of the file, or else of the system."""
        if self._declared is not None:
            return self._declared
        system = None if self._rig is None else _running(self._rig)
        return Pics() if system is None else of_system(system)

    def oracle(self, variant: Variant = "itu14", carrier: Carrier = "MTP2") -> Oracle:
        """Return the third opinion on messages with this routing label, started when it is first needed."""
        kind = (variant, carrier)
        if kind not in self._oracles:
            self._oracles[kind] = Oracle(variant, carrier)
        return self._oracles[kind]

    def describe(self) -> dict[str, Any]:
        """Return what only a process that has the rig can tell."""
        if self._rig is None:
            return {}
        pics = self.pics()
        return {
            **self._identity,
            "pics": {**pics.as_dict(), "sha256": pics.sha256, "source": pics.source},
            "oracle": self._opinion(),
        }

    def _opinion(self) -> dict[str, Any]:
        """The third opinion in one line: ready only if every one that was asked is."""
        asked = list(self._oracles.values()) or [self.oracle()]
        status = next((each.status for each in asked if each.status != "ready"), "ready")
        return {"tool": asked[0].version or TOOL, "status": status}

    @staticmethod
    def _system(rig: Rig) -> dict[str, Any]:
        system = _running(rig)
        if system is None:
            return {}
        return {"name": system.name, "version": system.version, "variant": system.pixit.variant}

    def close(self) -> None:
        """Put rig and third opinion away."""
        for oracle in self._oracles.values():
            oracle.close()
        if self._rig is not None:
            self._rig.close()

    def tell(self, **event: Any) -> None:
        """Tell progress to whoever started the run."""
        if self._progress is not None:
            print(json.dumps(event), file=self._progress, flush=True)

    def take(self, record: CaseRecord) -> None:
        """Keep a record that came in."""
        self.records.append(record)
        self.tell(
            event="case",
            id=record.id,
            area=record.area,
            verdict=record.verdict,
            reason=record.reason,
            line_time=record.line_time,
            oracle=record.oracle.status,
        )

    def results(self) -> Results:
        """Return the run, its cases in catalogue order, scenarios behind them."""
        order = {each.id: number for number, each in enumerate(self.catalogue.cases)}
        records = sorted(self.records, key=lambda each: (order.get(each.id, len(order)), each.id))
        areas = {area.name: area.title for area in self.catalogue.areas}
        for record in records:
            areas.setdefault(record.area, record.area.replace("_", " "))
        return Results(
            suite=__version__,
            rig={"name": self.rig_name, "sha256": "", "calibration": {}, **self.identity.get("rig", {})},
            system={"name": "", "version": "", "variant": "", **self.identity.get("system", {})},
            pics=self.identity.get(
                "pics", {"answers": {}, "sha256": "", "source": "", "product": "", "vendor": ""}
            ),
            oracle=self.identity.get(
                "oracle", {"tool": TOOL, "status": "not run: no case reached the bench"}
            ),
            selection=self.patterns,
            areas=areas,
            cases=records,
            started=self.started.isoformat(timespec="seconds"),
            seconds=time.perf_counter() - self._clock,
        )


def _running(rig: Rig) -> System | None:
    """Return the system of a rig, None when the rig is broken or its last setup was refused."""
    try:
        return rig.system
    except RigError:
        return None


SESSION: Final = pytest.StashKey[Session]()


def configure(config: pytest.Config) -> None:
    """Make the session of this process. Raises `pytest.UsageError` for what the user can mend."""
    for name in requirements_by_id():
        config.addinivalue_line("markers", f"{name}: proves requirement {name}")
    for name in known_setups(config.getoption("--rig")):
        config.addinivalue_line("markers", f"setup-{name}: needs setup {name} of the rig")
    try:
        session = Session(config)
        if not session.is_worker:
            check_rig(session.rig_name)
            if session.report is not None:
                prepare(session.report)
    except (TestlineError, TestrigError) as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[SESSION] = session


# collection


class CaseModule(pytest.Module):
    """A module of the catalogue; its items are the functions that carry a case."""

    def _getobj(self) -> Any:
        return importlib.import_module(f"{catalogue.CASES}.{self.path.stem}")

    def istestfunction(self, obj: object, name: str) -> bool:
        """Take functions that carry a case, whatever they are called."""
        record = case_of(obj)
        return record is not None and record.module == f"{catalogue.CASES}.{self.path.stem}"

    def istestclass(self, obj: object, name: str) -> bool:
        """Cases are functions."""
        return False


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the modules that the catalogue lists."""
    package = importlib.import_module(catalogue.CASES)
    folder = Path(package.__file__ or "").parent
    if file_path.parent == folder and file_path.stem in package.MODULES:
        module: pytest.Collector = CaseModule.from_parent(parent, path=file_path)
        return module
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the cases that were selected; scenarios and other tests are not touched by patterns of cases."""
    patterns = config.stash[SESSION].patterns
    if not patterns:
        return
    dropped = [
        item for item in items if (found := _case(item)) and not any(matches(found, p) for p in patterns)
    ]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        gone = set(map(id, dropped))
        items[:] = [item for item in items if id(item) not in gone]


def _case(item: pytest.Item) -> Case | None:
    return case_of(getattr(item, "obj", None))


def _record(item: pytest.Item) -> CaseRecord | None:
    found = _case(item)
    if found is None:
        return scenario_record(item)
    return CaseRecord(
        id=found.id,
        title=found.title,
        area=found.area,
        purpose=found.purpose,
        clauses=list(found.clauses),
        proves=list(found.proves),
        needs=list(found.needs),
        unverified=found.unverified,
        source=f"{found.module}.{found.function}",
        verdict=Verdict.ERROR.value,
        owner="bench",
        reason="bench: the case did not come to an end",
    )


# running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Give the item a run with a record, and a limit of wall time on the virtual rig."""
    record = _record(item)
    if record is None:
        return (yield)
    item.stash[RUN] = CaseRun(record)
    with wall_limit(WALL_LIMIT):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Turn how a phase ended into a verdict, and the verdict into pytest's outcome."""
    report: pytest.TestReport = yield
    run = item.stash.get(RUN, None)
    if run is None:
        return report
    session = item.config.stash[SESSION]
    error = None if call.excinfo is None else call.excinfo.value
    if call.when == "call" or (call.when == "setup" and error is not None):
        run.decide(error, session.pics())
        run.collect(session.oracle)
        _outcome(report, run.record)
    elif call.when == "teardown":
        if error is not None:
            run.override(error)
            _outcome(report, run.record)
        _hand_over(run, session, report)
    return report


def _outcome(report: pytest.TestReport, record: CaseRecord) -> None:
    verdict = Verdict(record.verdict)
    if verdict is Verdict.PASS:
        report.outcome, report.longrepr = "passed", None
    elif verdict is Verdict.NOT_APPLICABLE:
        report.outcome, report.longrepr = "skipped", (record.source, 0, f"not applicable: {record.reason}")
    else:
        text = f"{record.id} {record.title}\n{verdict.value}: {record.reason}"
        report.outcome = "failed"
        report.longrepr = f"{text}\n\n{record.traceback}" if record.traceback else text


def _hand_over(run: CaseRun, session: Session, report: pytest.TestReport) -> None:
    record = run.record
    if session.report is not None:
        if run.bench is not None:
            record.files.update(write_recordings(run.bench, session.report, record.slug))
        write_case(session.report, record)
    report.user_properties.append((PROPERTY, json.dumps(record.to_json(trace=False))))


@pytest.hookimpl(optionalhook=True)
def pytest_bdd_before_step(request: pytest.FixtureRequest, step: Any) -> None:
    """Write the sentence into the trace, so that the ladder shows what belongs to it."""
    if "bench" in request.fixturenames:
        request.getfixturevalue("bench").note(f"{step.keyword} {step.name}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take the record out of a report, in whichever process puts the run together."""
    if report.when != "teardown" or _current is None or _current.is_worker:
        return
    for name, value in report.user_properties:
        if name == PROPERTY:
            _current.take(CaseRecord.from_json(json.loads(str(value))))


_current: Session | None = None
"""Session of this process for the one hook that is given no config."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember whose records come in."""
    globals()["_current"] = session.config.stash[SESSION]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take what a worker tells of rig and system."""
    told = getattr(node, "workeroutput", {}).get(PROPERTY)
    if told and _current is not None:
        _current.identity = _current.identity or json.loads(told)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Put the rig away; put the run together and write the report."""
    mine = session.config.stash[SESSION]
    told = mine.describe()
    mine.close()
    if mine.is_worker:
        session.config.workeroutput[PROPERTY] = json.dumps(told)  # type: ignore[attr-defined]
        return
    mine.identity = mine.identity or told
    if mine.report is not None:
        write_report(mine.report, mine.results())
    mine.tell(event="end", results=mine.results().to_json())


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say the counts of verdicts and, loudly, what the third opinion could not do."""
    session = config.stash[SESSION]
    results = session.results()
    if not results.cases:
        return
    terminalreporter.section("testline")
    counts = ", ".join(f"{number} {verdict}" for verdict, number in results.summary.items() if number)
    terminalreporter.write_line(f"verdicts: {counts}")
    status = str(results.oracle["status"])
    if status != "ready":
        terminalreporter.write_line(f"third opinion {status}", yellow=True, bold=True)
    if session.report is not None:
        terminalreporter.write_line(f"report: {(session.report / 'index.html').as_uri()}")


# testers


@pytest.fixture(scope="session")
def rig(pytestconfig: pytest.Config) -> Rig:
    """The rig, open for the session."""
    return pytestconfig.stash[SESSION].rig()


def _setup(item: pytest.Item) -> str:
    """Return the setup a scenario asks for by a tag such as `@setup-network`."""
    names = [
        mark.name.removeprefix("setup-") for mark in item.iter_markers() if mark.name.startswith("setup-")
    ]
    return names[0] if names else ""


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The bench on a fresh rig, for one case."""
    session = request.config.stash[SESSION]
    run: CaseRun | None = request.node.stash.get(RUN, None)
    needs = [] if run is None else run.record.needs
    rig = session.rig()
    excluded = session.pics().excluded(needs)
    if excluded is not None:
        raise NotApplicable(excluded)
    found = _case(request.node)
    setup = _setup(request.node) if found is None else found.setup
    if setup and setup not in rig.setups:
        raise RigLacks(f"rig {rig.name} has no setup {setup}")
    rig.fresh(setup)
    capture = None
    if session.report is not None and run is not None:
        capture = Capture(session.report, run.record.slug, rig.system.pixit)
        run.record.files.update(capture.files)
    made = Bench(rig, tap=None if capture is None else capture.tap)
    if capture is not None:
        made.trace.tell = capture.hear
    if found is not None:
        made.attach(LineTimeLimit(found.timeout))
    if run is not None:
        run.bench = made
    try:
        yield made
    finally:
        if capture is not None:
            capture.close()


@pytest.fixture
def e1(bench: Bench) -> Any:
    """The tester's end of the first E1."""
    return importlib.import_module("testline.testers.span").SpanTester(bench)


@pytest.fixture
def link(bench: Bench) -> Any:
    """A signalling link tester, not yet aligned."""
    return importlib.import_module("testline.testers").open_link(bench)


@pytest.fixture
def mtp3(bench: Bench) -> Any:
    """Level 3 over a link in service."""
    return importlib.import_module("testline.testers").open_mtp3(bench)


@pytest.fixture
def network(bench: Bench) -> Any:
    """The signalling network around the system, its links not yet aligned."""
    return importlib.import_module("testline.testers.network").Network(bench)


@pytest.fixture
def isup(bench: Bench) -> Any:
    """ISUP over a link in service, circuits idle."""
    return importlib.import_module("testline.testers").open_isup(bench)


@pytest.fixture
def centre(bench: Bench) -> Any:
    """A whole call centre with its callers, telephones and agents, on ISUP trunks or on TUP trunks."""
    testers = importlib.import_module("testline.testers")
    users = {circuit.user for circuit in bench.pixit.circuits}
    return (testers.TupCentre if users == {"tup"} else testers.Centre)(bench)


@pytest.fixture
def tup(bench: Bench) -> Any:
    """A call centre on TUP trunks."""
    return importlib.import_module("testline.testers").TupCentre(bench)


@pytest.fixture
def transit(bench: Bench) -> Any:
    """A system that passes calls on between ISUP and TUP."""
    return importlib.import_module("testline.testers").TransitCentre(bench)


@pytest.fixture
def m3ua(bench: Bench) -> Any:
    """A signalling gateway with its link to the network in service, and no ASP yet."""
    return importlib.import_module("testline.testers").open_m3ua(bench)


@pytest.fixture
def server(bench: Bench) -> Any:
    """The gateways that a server dials, listening; nothing is answered yet."""
    return importlib.import_module("testline.testers").ServerTester(bench)

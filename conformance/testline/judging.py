"""One case on the bench: from a fresh rig to a record with a verdict that has an owner."""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from testline.bench import Bench
from testline.errors import TestlineError
from testline.oracle import TOOL, Carrier, Opinion, Oracle
from testline.pics import Pics
from testline.report.record import CaseRecord, MeasurementRow, OracleRow, TraceRow
from testline.verdicts import BenchError, Fail, Inconclusive, NotApplicable, RigLacks, Verdict
from testrig.clock import SECOND, Instant
from testrig.errors import ConfigurationError, RigError
from testrig.rig import SystemStopped
from testrig.system import Refused, Variant

WALL_LIMIT: Final = 300
"""Seconds of wall time after which a case on the virtual rig is given up: something turns in circles."""


NOT_MESSAGES: Final = ("DTMF", "E1", "audio", "hook", "note", "order")
"""Protocols of trace entries that are neither signal units of a link nor messages of an association."""


class LineTimeLimit:
    """A machine on the bench that ends a case which takes too long in line time."""

    settled = True

    def __init__(self, limit: Instant) -> None:
        self.next_deadline: Instant | None = limit
        self._limit = limit

    def advance(self, now: Instant) -> None:
        """Raise `BenchError` once the limit is passed."""
        if now > self._limit:
            raise BenchError(f"the case took more than its {self._limit / SECOND:g} s of line time")


class WallLimitReached(TestlineError):
    """No end in sight; raised wherever the program is, so that the owner of that place is named."""


@contextmanager
def wall_limit(seconds: float) -> Iterator[None]:
    """Raise `WallLimitReached` inside the block after `seconds` (main thread of POSIX systems only)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def reached(number: int, frame: FrameType | None) -> None:
        raise WallLimitReached(f"no end after {seconds:g} s of wall time")

    before = signal.signal(signal.SIGALRM, reached)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(slots=True)
class Finding:
    """A verdict other than pass: whose it is and why."""

    verdict: Verdict
    owner: str
    reason: str
    awaited: str = ""
    state: str = ""
    observed: str = ""
    traceback: str = ""


def classify(error: BaseException, *, system_package: str = "") -> Finding:
    """Return what an exception out of a case means.

    `system_package` is the top-level package of an in-process system: an exception from inside it is the
    system's, whatever its type.
    """
    if isinstance(error, Fail):
        return Finding(Verdict.FAIL, "system", error.reason, error.awaited, error.state, error.observed)
    if isinstance(error, Inconclusive):
        return Finding(Verdict.INCONCLUSIVE, "undecided", error.reason)
    if isinstance(error, NotApplicable):
        return Finding(Verdict.NOT_APPLICABLE, "PICS", error.reason)
    if isinstance(error, BenchError):
        return Finding(Verdict.ERROR, "bench", error.reason)
    if isinstance(error, RigError | ConfigurationError):
        return Finding(Verdict.ERROR, "rig", f"rig: {error}")
    text = "".join(traceback.format_exception(error))
    if isinstance(error, Refused):
        return Finding(
            Verdict.FAIL,
            "system",
            f"the system refused an order: {error}",
            awaited="the order is carried out",
            observed=f"refused: {error}",
        )
    if isinstance(error, SystemStopped):
        return Finding(
            Verdict.FAIL,
            "system",
            f"system under test stopped: {error}",
            "the system runs",
            "",
            str(error),
            text,
        )
    if _comes_from(error, system_package):
        observed = f"{type(error).__name__}: {error}"
        return Finding(
            Verdict.FAIL,
            "system",
            f"system under test stopped: {observed}",
            "the system runs",
            "",
            observed,
            text,
        )
    return Finding(Verdict.ERROR, "bench", f"bench: {type(error).__name__}: {error}", traceback=text)


def _comes_from(error: BaseException, package: str) -> bool:
    if not package or package in ("testrig", "testline"):
        return False
    trace = error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] == package:
            return True
        trace = trace.tb_next
    return False


def _bound(error: NotApplicable, needs: list[str], pics: Pics) -> list[str]:
    """Return the declared items that forbid a case to end as not applicable.

    None when the rig lacks something, or when the PICS itself excludes the case by one of its items, whatever
    the others are declared. An outcome that names the item that is missing is bound by that one only.
    """
    if isinstance(error, RigLacks) or pics.excluded(needs) is not None:
        return []
    return pics.declared([error.item] if error.item else needs)


@dataclass(slots=True)
class CaseRun:
    """A case while it runs; its record when it has run."""

    record: CaseRecord
    started: float = field(default_factory=time.perf_counter)
    bench: Bench | None = None
    decided: bool = False

    def decide(self, error: BaseException | None, pics: Pics) -> None:
        """Take the verdict from how the case ended; None: by passing. Only the first end counts."""
        if self.decided:
            return
        self.decided = True
        if error is None:
            self._found(Finding(Verdict.PASS, "", ""))
            return
        package = "" if self.bench is None else type(self.bench.system).__module__.partition(".")[0]
        finding = classify(error, system_package=package)
        declared = _bound(error, self.record.needs, pics) if isinstance(error, NotApplicable) else []
        if declared:
            finding = Finding(
                Verdict.FAIL,
                "system",
                f"PICS declares {', '.join(declared)} supported, but: {finding.reason}",
                f"{', '.join(declared)} as declared",
                "",
                finding.reason,
            )
        self._found(finding)

    def _found(self, finding: Finding) -> None:
        self.record.verdict = finding.verdict.value
        self.record.owner = finding.owner
        self.record.reason = finding.reason
        self.record.awaited = finding.awaited
        self.record.state = finding.state
        self.record.observed = finding.observed
        self.record.traceback = finding.traceback

    def override(self, error: BaseException) -> None:
        """Take an error that came after the verdict (while the bench was put away) as the verdict."""
        self._found(classify(error))

    def collect(self, oracle: Callable[[Variant, Carrier], Oracle]) -> None:
        """Take over what the bench holds and ask the third opinion, one for each kind of routing label."""
        record = self.record
        record.seconds = round(time.perf_counter() - self.started, 4)
        if self.bench is None:
            record.oracle = OracleRow("no frames")
            return
        record.line_time = self.bench.now
        record.measurements = [MeasurementRow.of(each) for each in self.bench.measurements]
        entries = self.bench.trace.entries
        record.trace = [TraceRow.of(entry) for entry in entries]
        self._ask(self.bench, oracle)

    def _ask(self, bench: Bench, oracle: Callable[[Variant, Carrier], Oracle]) -> None:
        """Show every signal unit and message to the third opinion; a malformed one decides the verdict.

        One that the system sent is the system's fail; one that the tester sent without intent is an error.
        """
        rows = [row for row in self.record.trace if row.octets and row.protocol not in NOT_MESSAGES]
        told = self.record.oracle = OracleRow("ok" if rows else "no frames", len(rows))
        kinds: dict[tuple[Variant, Carrier], list[TraceRow]] = {}
        for row in rows:
            carrier: Carrier = "M3UA" if row.protocol == "M3UA" else "MTP2"
            kinds.setdefault((bench.variant_of(row.channel), carrier), []).append(row)
        for kind, some in kinds.items():
            asked = oracle(*kind)
            opinions = asked.judge([bytes.fromhex(row.octets) for row in some])
            if opinions is None:
                self.record.oracle = OracleRow(asked.status)
                return
            self._opinions(some, opinions, told)

    def _opinions(self, rows: list[TraceRow], opinions: list[Opinion], told: OracleRow) -> None:
        for row, opinion in zip(rows, opinions, strict=True):
            row.oracle = f"{opinion.protocol} {opinion.info}".strip()
            if row.deliberate and row.direction == "sent":
                told.exempt += 1
            elif opinion.malformed:
                told.malformed += 1
                told.status = "malformed"
                row.malformed = opinion.malformed
                self._malformed(row)

    def _malformed(self, row: TraceRow) -> None:
        what = "an M3UA message" if row.protocol == "M3UA" else "a signal unit"
        expected = f"{what} that {TOOL} can dissect"
        if not any(each.departure for each in self.record.trace):
            row.departure = expected
        if self.record.verdict in (Verdict.FAIL.value, Verdict.ERROR.value):
            return
        observed = f"{row.summary} ({row.octets}): {row.malformed}"
        if row.direction == "received":
            reason = f"{TOOL} calls {what} of the system malformed: {observed}"
            self._found(Finding(Verdict.FAIL, "system", reason, expected, "", observed))
        else:
            reason = f"{TOOL} calls {what} of the tester malformed: {observed}"
            self._found(Finding(Verdict.ERROR, "bench", reason, expected, "", observed))

"""The schema of `results.json` and of `cases/<slug>.json`, as dataclasses.

Everything is plain JSON: `to_json` and `from_json` are each other's inverse. `results.json` holds a run
and its cases without their traces; the trace of a case is in its own file, beside its page.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from testline.measurements import Measurement
from testline.trace import TraceEntry
from testline.verdicts import Verdict

SCHEMA: Final = "testline-results-1"


@dataclass(slots=True)
class TraceRow:
    """One entry of the trace, with what the oracle said of it."""

    at: int
    """Frames of line time."""
    direction: str
    """`sent`, `received` (by the tester) or `note`."""
    channel: str
    protocol: str
    summary: str
    octets: str = ""
    """Hexadecimal; a signal unit without flags and check bits."""
    deliberate: bool = False
    repeats: int = 1
    departure: str = ""
    """What was expected, on the first entry where observed and expected part."""
    oracle: str = ""
    """The outside decoder's summary."""
    malformed: str = ""
    """The outside decoder's complaint, if it calls the frame malformed."""

    @classmethod
    def of(cls, entry: TraceEntry) -> TraceRow:
        """Return the row of a trace entry."""
        return cls(
            entry.at,
            entry.direction,
            entry.channel,
            entry.protocol,
            entry.summary,
            entry.octets.hex(),
            entry.deliberate,
            entry.repeats,
            entry.departure,
        )


@dataclass(slots=True)
class MeasurementRow:
    """A measured value and what became of it."""

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    uncertainty: float
    clause: str
    margin: float | None
    marginal: bool
    verdict: str

    @classmethod
    def of(cls, found: Measurement) -> MeasurementRow:
        """Return the row of a measurement."""
        return cls(
            found.name,
            float(found.value),
            found.unit,
            found.low,
            found.high,
            found.uncertainty,
            found.clause,
            None if found.margin is None else round(float(found.margin), 9),
            found.marginal,
            found.verdict.value,
        )


@dataclass(slots=True)
class OracleRow:
    """What the outside decoder was asked and said, for one case."""

    status: str = "not asked"
    """`ok`, `malformed`, `no frames`, or `not run: <reason>`."""
    frames: int = 0
    """Frames shown to it."""
    exempt: int = 0
    """Frames the tester made wrong on purpose: shown, not judged."""
    malformed: int = 0


@dataclass(slots=True)
class CaseRecord:
    """One case and its verdict."""

    id: str
    title: str
    area: str
    purpose: str
    clauses: list[str]
    proves: list[str]
    needs: list[str]
    unverified: bool
    source: str
    """Module and function."""
    verdict: str
    """Value of a `Verdict`."""
    owner: str = ""
    """Of a verdict other than pass: `system`, `bench`, `rig`, `PICS`, or `uncertainty`."""
    reason: str = ""
    awaited: str = ""
    state: str = ""
    observed: str = ""
    traceback: str = ""
    line_time: int = 0
    """Frames."""
    seconds: float = 0.0
    """Wall time."""
    measurements: list[MeasurementRow] = field(default_factory=list)
    oracle: OracleRow = field(default_factory=OracleRow)
    files: dict[str, str] = field(default_factory=dict)
    """What to see (`capture`, `audio caller`) -> path below the report."""
    trace: list[TraceRow] = field(default_factory=list)
    """Only in the case's own file."""

    @property
    def slug(self) -> str:
        """Name of the case's files."""
        return slug_of(self.id)

    @property
    def marginal(self) -> bool:
        """True when a measured value passed only just."""
        return any(each.marginal for each in self.measurements)

    def to_json(self, *, trace: bool) -> dict[str, Any]:
        """Return plain values, with or without the trace."""
        data = asdict(self)
        if not trace:
            del data["trace"]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CaseRecord:
        """Return the record that `to_json` gave."""
        return cls(
            **{
                **data,
                "measurements": [MeasurementRow(**each) for each in data["measurements"]],
                "oracle": OracleRow(**data["oracle"]),
                "trace": [TraceRow(**each) for each in data.get("trace", [])],
            }
        )


@dataclass(slots=True)
class Results:
    """A whole run."""

    suite: str
    """Version of the suite."""
    rig: dict[str, Any]
    """As `testrig.rig.Rig.describe` gives it."""
    system: dict[str, Any]
    """`name` and `version` as the system gives them."""
    pics: dict[str, Any]
    """As `Pics.as_dict`, with `sha256` and `source`."""
    oracle: dict[str, Any]
    """`tool` and `status`."""
    selection: list[str]
    """Patterns of cases asked for; empty: all."""
    areas: dict[str, str]
    """Title of every area."""
    cases: list[CaseRecord]
    started: str = ""
    """UTC, ISO 8601."""
    seconds: float = 0.0

    @property
    def summary(self) -> dict[str, int]:
        """Count by verdict, every verdict named."""
        return count(self.cases)

    @property
    def by_area(self) -> dict[str, dict[str, int]]:
        """Count by verdict of every area that has cases, in catalogue order."""
        found = {area: [each for each in self.cases if each.area == area] for area in self.areas}
        return {area: count(cases) for area, cases in found.items() if cases}

    @property
    def acceptable(self) -> bool:
        """True when there are cases and every verdict is pass or not applicable."""
        return bool(self.cases) and all(Verdict(each.verdict).acceptable for each in self.cases)

    @property
    def complete(self) -> bool:
        """True when the whole catalogue was asked for."""
        return not self.selection

    def to_json(self) -> dict[str, Any]:
        """Return plain values; the traces stay in the files of the cases."""
        return {
            "schema": SCHEMA,
            "suite": self.suite,
            "rig": self.rig,
            "system": self.system,
            "pics": self.pics,
            "oracle": self.oracle,
            "selection": self.selection,
            "areas": self.areas,
            "started": self.started,
            "seconds": round(self.seconds, 3),
            "summary": self.summary,
            "cases": [each.to_json(trace=False) for each in self.cases],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Results:
        """Return the results that `to_json` gave. Raises `ValueError` for another schema."""
        values = dict(data)
        if values.pop("schema", None) != SCHEMA:
            raise ValueError(f"results of another schema, expected {SCHEMA}")
        values.pop("summary")
        values["cases"] = [CaseRecord.from_json(each) for each in values["cases"]]
        return cls(**values)


def count(cases: list[CaseRecord]) -> dict[str, int]:
    """Return how many cases have each verdict."""
    found = Counter(each.verdict for each in cases)
    return {verdict.value: found[verdict.value] for verdict in Verdict}


def slug_of(case_id: str) -> str:
    """Return a file name for a case id; ids differ in letters, digits, `.+-` and the place of `/`.

    >>> slug_of("Q.784.1/2.3.1")
    'Q.784.1_2.3.1'
    """
    return re.sub(r"[^A-Za-z0-9.+-]", "_", case_id)

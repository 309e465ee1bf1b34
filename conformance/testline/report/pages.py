"""The pages of a report: static HTML with everything inline, readable in light, dark and print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from testline.catalogue import requirements_by_id
from testline.report.decoded import decoded
from testline.report.ladder import ladder
from testline.report.record import CaseRecord, Results, TraceRow
from testline.verdicts import Verdict
from testrig.clock import SECOND, clock_text

DETAILED: Final = 1_000
"""Rows of a trace shown on the page at most; all of them are in the JSON file beside it."""
AREA_OF_SIGNS: Final = {
    "pass": "✓",
    "fail": "✗",
    "inconclusive": "?",
    "error": "!",
    "not applicable": "–",
}
"""A sign beside each verdict, so that colour is never the only difference."""


def number(value: float | None) -> str:
    """Return a measured number without a tail of digits; None as a dash."""
    return "–" if value is None else f"{value:.6g}"


def seconds(frames: int) -> str:
    """Return line time as seconds."""
    return f"{frames / SECOND:,.3f} s"


def octets(text: str) -> str:
    """Return hexadecimal in pairs."""
    return " ".join(text[index : index + 2] for index in range(0, len(text), 2))


class Pages:
    """Makes the pages of one run."""

    def __init__(self, results: Results, *, certificate: dict[str, Any] | None = None) -> None:
        """`certificate` is the body of the certificate with its `fingerprint`, once there is one."""
        self._results = results
        self._certificate = certificate
        self._environment = Environment(
            loader=PackageLoader("testline.report"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(number=number, seconds=seconds, octets=octets, clock=clock_text)
        self._environment.globals.update(signs=AREA_OF_SIGNS, verdicts=[each.value for each in Verdict])
        self._requirements = requirements_by_id()

    def _render(self, template: str, **values: Any) -> str:
        page = self._environment.get_template(template)
        return page.render(results=self._results, certificate=self._certificate, **values)

    def index(self) -> str:
        """Return the summary."""
        return self._render("index.html", root="", overall=self.overall, troubled=self._troubled())

    def case(self, position: int, record: CaseRecord) -> str:
        """Return the page of a case, with its trace; `position` is its place among the results."""
        cases = self._results.cases
        system = str(self._results.system.get("name") or "system")
        variant = str(self._results.system.get("variant") or "itu14")
        return self._render(
            "case.html",
            root="../",
            case=record,
            before=cases[position - 1] if position else None,
            after=cases[position + 1] if position + 1 < len(cases) else None,
            # every text in the drawing went through an escape
            ladder=Markup(ladder(record.trace, system=system)),
            rows=self._rows(record.trace, variant),
            left_out=max(0, len(record.trace) - DETAILED),
            requirements=self._requirements,
        )

    def certificate(self) -> str:
        """Return the certificate to print."""
        return self._render("certificate.html", root="", overall=self.overall)

    @property
    def overall(self) -> str:
        """The run in one phrase."""
        summary = self._results.summary
        if not self._results.cases:
            return "nothing was run"
        if self._results.acceptable:
            return "conforms in every case that applies"
        parts = [f"{summary[name]} {name}" for name in ("fail", "error", "inconclusive") if summary[name]]
        return f"does not conform: {', '.join(parts)}"

    def _troubled(self) -> list[CaseRecord]:
        return [each for each in self._results.cases if not Verdict(each.verdict).acceptable]

    @staticmethod
    def _rows(rows: Sequence[TraceRow], variant: str) -> list[tuple[TraceRow, str]]:
        return [
            (row, decoded(bytes.fromhex(row.octets), variant, row.protocol) if row.octets else "")
            for row in rows[:DETAILED]
        ]

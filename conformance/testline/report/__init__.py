"""Reports: `results.json` is the source, everything else (pages, ladder, JUnit) is drawn from it."""

from __future__ import annotations

from testline.report.record import CaseRecord, Results, TraceRow

__all__ = ["CaseRecord", "Results", "TraceRow"]

"""JUnit XML, the dialect that CI servers read: one suite an area, one test case a case."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as Xml

from testline.report.record import CaseRecord, Results
from testline.verdicts import Verdict

_ELEMENT: Final = {
    Verdict.FAIL: "failure",
    Verdict.INCONCLUSIVE: "failure",
    Verdict.ERROR: "error",
    Verdict.NOT_APPLICABLE: "skipped",
}


def _text(text: str) -> str:
    """Leave out what XML 1.0 does not allow."""
    return "".join(each for each in text if each >= " " or each in "\n\t")


def _case(suite: Xml.Element, record: CaseRecord) -> None:
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=record.area,
        name=f"{record.id} {_text(record.title)}",
        time=f"{record.seconds:.3f}",
    )
    element = _ELEMENT.get(Verdict(record.verdict))
    if element is not None:
        found = Xml.SubElement(case, element, message=_text(record.reason))
        if element != "skipped":
            found.set("type", f"{record.verdict} ({record.owner})")
        found.text = _text(record.traceback) or None
    Xml.SubElement(case, "system-out").text = f"oracle: {_text(record.oracle.status)}"


def junit(results: Results) -> str:
    """Return the run as JUnit XML."""
    root = Xml.Element("testsuites", name="testline")
    for area, counts in results.by_area.items():
        cases = [each for each in results.cases if each.area == area]
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=f"{area}: {results.areas[area]}",
            tests=str(len(cases)),
            failures=str(counts["fail"] + counts["inconclusive"]),
            errors=str(counts["error"]),
            skipped=str(counts["not applicable"]),
            time=f"{sum(each.seconds for each in cases):.3f}",
        )
        for record in cases:
            _case(suite, record)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"

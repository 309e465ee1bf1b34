"""Records, the ladder, the pages, JUnit and the baseline from sample data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from testline import baseline
from testline.report.decoded import decoded
from testline.report.junit import junit
from testline.report.ladder import MOST, condense, ladder, shorten
from testline.report.pages import Pages
from testline.report.record import CaseRecord, MeasurementRow, OracleRow, Results, TraceRow, slug_of
from testline.report.writer import ReportError, prepare, read_case, read_results, write_case, write_report

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert('x')</script> & \"more\""


def record(case_id: str, verdict: str, **more: Any) -> CaseRecord:
    values: dict[str, Any] = {
        "title": f"Title of {case_id}",
        "area": "isup",
        "purpose": "What for.",
        "clauses": ["Q.764 2.1"],
        "proves": ["N-01"],
        "needs": ["isup"],
        "unverified": False,
        "source": "m.f",
        **more,
    }
    return CaseRecord(id=case_id, verdict=verdict, **values)


def results(*records: CaseRecord) -> Results:
    return Results(
        suite="1",
        rig={"name": "virtual", "sha256": "00", "virtual": True, "calibration": {"clock": "exact"}},
        system={"name": "acme", "version": "3", "variant": "itu14"},
        pics={"answers": {"isup": True}, "sha256": "11", "source": "PICS p.yaml"},
        oracle={"tool": "tshark 4", "status": "ready"},
        selection=[],
        areas={"isup": "ISUP"},
        cases=list(records),
        started="2026-01-01T00:00:00+00:00",
    )


def rows(count: int) -> list[TraceRow]:
    return [TraceRow(index, "sent", "line0/16", "ISUP", f"IAM {index}") for index in range(count)]


def test_record_survives_the_way_through_json() -> None:
    one = record(
        "Q.784.1/1.1",
        "fail",
        reason="r",
        measurements=[MeasurementRow("t", 1.0, "s", 0.5, None, 0.1, "Q", 0.5, False, "pass")],
        oracle=OracleRow("ok", 2, 1, 0),
        trace=[TraceRow(8, "sent", "line0/16", "ISUP", "IAM", "0102", True, 3, "ACM", "IAM", "bad")],
    )
    assert CaseRecord.from_json(json.loads(json.dumps(one.to_json(trace=True)))) == one
    whole = results(one)
    again = Results.from_json(json.loads(json.dumps(whole.to_json())))
    assert again.cases[0].trace == []
    assert again.to_json() == whole.to_json()


def test_acceptable_needs_cases_and_only_pass_or_not_applicable() -> None:
    good = record("a/1", "pass")
    assert results(good, record("a/2", "not applicable")).acceptable
    assert not results().acceptable
    for verdict in ("fail", "inconclusive", "error"):
        assert not results(good, record("a/2", verdict)).acceptable


def test_slugs_differ_where_ids_differ() -> None:
    assert len({slug_of(each) for each in ("a/b-c", "a-b/c", "a/b/c", "a.b/c")}) == 4


def test_ladder_draws_an_arrow_each_way_and_marks_the_departure() -> None:
    drawing = ladder(
        [
            TraceRow(0, "sent", "line0/16", "ISUP", "IAM", "00"),
            TraceRow(8, "received", "line0/16", "ISUP", "REL", "00", departure="ACM"),
            TraceRow(16, "sent", "line0/16", "ISUP", "junk", "00", deliberate=True, repeats=2),
            TraceRow(24, "note", "", "note", "the end"),
        ],
        system="acme",
    )
    tree = Xml.fromstring(drawing)
    groups = tree.findall(f"{SVG}g")
    assert [group.get("class") for group in groups] == [
        "sent",
        "received departure",
        "sent deliberate",
        "note",
    ]
    arrows = [group.find(f"{SVG}line") for group in groups]
    ends = [
        None if arrow is None else float(arrow.get("x2", 0)) - float(arrow.get("x1", 0)) for arrow in arrows
    ]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0] > 0 > ends[1]
    assert ends[3] is None
    text = "".join(tree.itertext())
    assert "expected: ACM" in text
    assert "junk ×2 (wrong on purpose)" in text
    assert "00:00.001000" in text


def test_ladder_of_hostile_text_is_well_formed() -> None:
    drawing = ladder([TraceRow(0, "sent", EVIL, "ISUP", EVIL * 9, departure=EVIL)], system=EVIL)
    assert "<script" not in drawing
    Xml.fromstring(drawing)
    assert ladder([]) == ""


def test_fill_in_signal_units_of_one_direction_become_one_row() -> None:
    fisus = [
        TraceRow(index, "sent", "line0/16", "MTP2", f"FISU BSN {index}", repeats=10) for index in range(5)
    ]
    [one] = condense(fisus)
    assert (one.at, one.summary, one.repeats) == (0, "FISU", 50)
    fisus[2].departure = "MSU"
    assert [row.repeats for row in condense(fisus)] == [20, 10, 20]


@pytest.mark.parametrize("departure", [0, 700, 4_999, None])
def test_long_ladder_keeps_its_ends_and_the_departure(departure: int | None) -> None:
    many = rows(5_000)
    if departure is not None:
        many[departure].departure = "something else"
    drawn = shorten(many)
    kept = [row for row in drawn if isinstance(row, TraceRow)]
    left_out = sum(row for row in drawn if isinstance(row, int))
    assert len(kept) <= MOST
    assert len(kept) + left_out == 5_000
    assert kept[0].summary == "IAM 0"
    assert departure is None or any(row.departure for row in kept)
    assert shorten(rows(MOST)) == rows(MOST)


def test_pages_escape_what_the_system_says() -> None:
    one = record("a/1", "fail", title=EVIL, reason=EVIL, awaited=EVIL, observed=EVIL, traceback=EVIL)
    one.trace = [TraceRow(0, "received", EVIL, EVIL, EVIL, "8080", malformed=EVIL, oracle=EVIL)]
    pages = Pages(results(one))
    assert "<script" not in pages.index()
    assert "<script" not in pages.case(0, one)


def test_index_counts_and_links_every_case() -> None:
    page = Pages(results(record("a/1", "pass"), record("a/2", "fail", reason="no ACM"))).index()
    assert "does not conform: 1 fail" in page
    assert 'href="cases/a_2.html"' in page
    assert "no ACM" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_case_page_shows_octets_fields_and_limits() -> None:
    one = record(
        "a/1", "pass", measurements=[MeasurementRow("t", 1.25, "s", 0.5, 2.0, 0.1, "Q", 0.75, False, "pass")]
    )
    one.trace = [TraceRow(0, "sent", "line0/16", "ISUP", "RSC CIC 1", "ffff088502400000010012")]
    page = Pages(results(one)).case(0, one)
    assert "ff ff 08 85 02 40 00 00 01 00 12" in page
    assert "1.25" in page
    assert "declared yes" in page


def test_decoded_text_names_labels_and_fields_and_never_raises() -> None:
    text = decoded(bytes.fromhex("ffff088502400000010012"), "itu14")
    assert "opc       = 1" in text
    assert "dpc       = 2" in text
    assert "RSC" in text
    whole = bytes.fromhex("ffff088502400000010001")
    for end in range(len(whole) + 1):
        assert decoded(whole[:end], "itu14")
        assert decoded(whole[:end], "china24")


def test_junit_has_a_suite_an_area_and_the_right_element() -> None:
    text = junit(
        results(
            record("a/1", "pass"),
            record("a/2", "fail", reason=EVIL + "\x00"),
            record("a/3", "error"),
            record("a/4", "not applicable", reason="PICS"),
            record("a/5", "inconclusive"),
        )
    )
    [suite] = Xml.fromstring(text.encode())
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "2",
        "errors": "1",
        "skipped": "1",
    }
    kinds = [[child.tag for child in each if child.tag != "system-out"] for each in suite]
    assert kinds == [[], ["failure"], ["error"], ["skipped"], ["failure"]]


def test_report_folder_round_trip_and_its_refusals(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    prepare(folder)
    with pytest.raises(ReportError, match="no results of a finished run"):
        read_results(folder)
    one = record("a/1", "pass", trace=rows(3))
    write_case(folder, one)
    write_report(folder, results(one))
    assert read_results(folder).to_json() == results(one).to_json()
    assert read_case(folder, read_results(folder).cases[0]).trace == rows(3)
    prepare(folder)
    assert not (folder / "index.html").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReportError, match="is a file"):
        prepare(tmp_path / "file")
    with pytest.raises(ReportError, match="no report"):
        prepare(tmp_path)


def test_baseline_lists_what_changed(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    baseline.write(path, [record("a/1", "pass"), record("a/2", "fail"), record("a/3", "pass")])
    found = baseline.compare(
        baseline.read(path), [record("a/1", "fail"), record("a/2", "fail"), record("a/4", "pass")]
    )
    assert [str(each) for each in found] == [
        "a/1: expected pass, found fail",
        "a/4: expected not in the baseline, found pass",
        "a/3: expected pass, found not run",
    ]
    assert not baseline.compare(baseline.read(path), [record("a/1", "pass")], whole=False)
    path.write_text('{"schema": "testline-baseline-1", "verdicts": {"a/1": "maybe"}}')
    with pytest.raises(baseline.BaselineError, match="maybe"):
        baseline.read(path)

"""The decorator, the collection, and the real catalogue as a whole."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from testline import cases
from testline.case import CatalogueError, case, case_of
from testline.catalogue import collect, load
from testline.report.record import slug_of

GOOD: dict[str, Any] = {"clauses": ["X 1"], "proves": ["N-01"], "needs": "e1"}


def module(name: str, *ids: str, **more: Any) -> ModuleType:
    made = ModuleType(name, "Things. And more.\n\nDetails.")
    for number, case_id in enumerate(ids):

        def function(bench: object) -> None:
            """Purpose."""

        function.__module__ = name
        setattr(made, f"f{number}", case(case_id, "Title", **{**GOOD, **more})(function))
    return made


def test_case_keeps_everything_and_leaves_the_function_callable() -> None:
    @case("E1/1", "Title", clauses=["G.704 1"], proves=["N-04"], needs=["e1", "mtp2"])
    def function(e1: list[int]) -> None:
        """What for."""
        e1.append(1)

    found = case_of(function)
    assert found is not None
    assert (found.id, found.needs, found.fixture, found.purpose) == (
        "E1/1",
        ("e1", "mtp2"),
        "e1",
        "What for.",
    )
    seen: list[int] = []
    function(seen)
    assert seen == [1]


@pytest.mark.parametrize(
    ("case_id", "more", "complaint"),
    [
        ("E1", {}, "expected like"),
        ("E1/ 1", {}, "expected like"),
        ("E1/1", {"clauses": []}, "no clause"),
        ("E1/1", {"proves": ["n1"]}, "requirement ids"),
        ("E1/1", {"timeout": 0}, "timeout"),
    ],
)
def test_case_declared_wrongly_is_refused_with_its_place(
    case_id: str, more: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(CatalogueError, match=complaint):
        module("m", case_id, **more)


def test_case_needs_a_purpose_and_a_tester() -> None:
    def bare(bench: object) -> None: ...

    def lost(nothing: object) -> None:
        """Purpose."""

    with pytest.raises(CatalogueError, match="docstring is missing"):
        case("E1/1", "Title", **GOOD)(bare)
    with pytest.raises(CatalogueError, match="expected one of bench, e1, link"):
        case("E1/1", "Title", **GOOD)(lost)


def test_duplicate_id_names_both_places() -> None:
    with pytest.raises(CatalogueError, match=r"E1/1 is used twice: a:\d+ \w+ and b:\d+ \w+"):
        collect([module("a", "E1/1"), module("b", "E1/1")], requirements=["N-01"])


def test_unknown_item_and_requirement_are_refused_with_near_misses() -> None:
    with pytest.raises(CatalogueError, match=r"unknown PICS item 'mtp4'; did you mean mtp\d"):
        collect([module("a", "E1/1", needs="mtp4")], requirements=["N-01"])
    with pytest.raises(CatalogueError, match="unknown requirement 'N-01'; did you mean N-02"):
        collect([module("a", "E1/1")], requirements=["N-02"])


def test_select_takes_ids_starts_patterns_and_areas() -> None:
    found = collect([module("p.a", "Q.784.1/2.3.1", "Q.784.1/2.10", "Q.784.1/20.1"), module("p.b", "E1/1")])

    def ids(*patterns: str) -> list[str]:
        return [each.id for each in found.select(patterns)]

    assert ids() == ["Q.784.1/2.3.1", "Q.784.1/2.10", "Q.784.1/20.1", "E1/1"]
    assert ids("Q.784.1/2.3.1") == ["Q.784.1/2.3.1"]
    assert ids("Q.784.1/2") == ["Q.784.1/2.3.1", "Q.784.1/2.10"]
    assert ids("Q.784.1/20") == ["Q.784.1/20.1"]
    assert ids("Q.784.1", "b") == ids()
    assert ids("*/2.1?") == ["Q.784.1/2.10"]
    assert ids("b") == ["E1/1"]
    parts = collect([module("p.c", "Q.781/1.1a", "Q.781/1.1b", "Q.781/1.10")])
    assert [each.id for each in parts.select(["Q.781/1.1"])] == ["Q.781/1.1a", "Q.781/1.1b"]
    with pytest.raises(CatalogueError, match="did you mean E1/1"):
        ids("E1/2")


def test_area_title_is_the_first_sentence_of_its_module() -> None:
    [area] = collect([module("p.a", "E1/1")]).areas
    assert (area.name, area.title) == ("a", "Things")


def test_every_module_of_cases_is_listed() -> None:
    folder = Path(cases.__file__).parent
    there = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    with_cases = {name for name in there if "@case(" in (folder / f"{name}.py").read_text(encoding="utf-8")}
    assert with_cases == set(cases.MODULES)
    assert len(cases.MODULES) == len(set(cases.MODULES))


def test_real_catalogue_is_sound() -> None:
    found = load()
    assert len(found.cases) >= 80
    assert all(area.cases for area in found.areas)
    slugs = [slug_of(each.id).lower() for each in found.cases]
    assert len(slugs) == len(set(slugs))

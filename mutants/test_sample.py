"""The parts of the measurement of the kill rate that can be told right from wrong without running it."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from cosmic_ray.mutating import mutate_code

from operators import OWN, Site, sites
from rates import SURVIVED, tally, wilson
from runs import REFERENCE, Run, copy_reference, judge, server
from sample import (
    LAYERS,
    OTHERS,
    RESULT,
    ROWS,
    Cover,
    changed,
    draw,
    equivalents,
    outcome,
    population,
)
from watching import FirstFail

SOURCE = """from enum import Enum
class State(Enum):
    IDLE = "idle"
    BUSY = "busy"
TABLE = {(State.IDLE, Event.SEIZE): Transition("seize", State.BUSY, "Q.764 2.1")}
def seize(timers: list[int] | None) -> int:
    log.debug("%d", 1)
    timers.start("T7", 20)
    return 1
"""


@pytest.fixture
def found(tmp_path: Path) -> list[Site]:
    (tmp_path / "one.py").write_text(SOURCE)
    return sites(tmp_path, "one.py")


# Newcombe, Statistics in Medicine 17 (1998), table I, method 3
@pytest.mark.parametrize(
    ("hits", "number", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_newcombe(hits: int, number: int, low: float, high: float) -> None:
    assert wilson(hits, number) == pytest.approx((low, high), abs=5e-5)
    assert wilson(number - hits, number) == pytest.approx((1 - high, 1 - low), abs=5e-5)


def test_wilson_of_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_tally_counts_equivalents_out_of_the_reviewed_rate_only() -> None:
    outcomes = ["fail", "crash", "timeout", "survived", "not covered", "survived", "unfit", "fail"]
    rows = [{"id": str(number), "layer": "mtp2", "outcome": each} for number, each in enumerate(outcomes)]
    figures = tally(rows, {"5", "7"}, {"mtp2": 100})  # 7 was killed: the review cannot have been right
    assert figures["mtp2"] == figures["all"]
    assert (figures["all"]["equivalent"], figures["all"]["unfit"]) == (1, 1)
    assert (figures["all"]["raw"]["of"], figures["all"]["raw"]["rate"]) == (7, round(4 / 7, 4))
    assert (figures["all"]["reviewed"]["of"], figures["all"]["reviewed"]["rate"]) == (6, round(4 / 6, 4))


def test_sites_are_where_a_change_can_be_noticed(found: list[Site]) -> None:
    made = [(site.operator, changed(SOURCE, site.apply(SOURCE))[1], site.body, site.row) for site in found]
    row = 'TABLE = {(State.IDLE, Event.SEIZE): Transition("seize", State.IDLE, "Q.764 2.1")}'
    assert ("StatementRemoved", "pass", True, "") in made
    assert ("RowRemoved", "TABLE = {}", False, "IDLE,SEIZE") in made
    assert ("MemberReplaced", row, False, "IDLE,SEIZE") in made
    assert ("NumberReplacer", "return 2", True, "") in made
    assert not any("log" in after or "None" in after for _, after, _, _ in made)


def test_site_is_the_same_when_its_line_has_moved(found: list[Site], tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(f'"""Moved."""\n\n{SOURCE}')
    moved = sites(tmp_path, "one.py")
    assert [site.id for site in moved] == [site.id for site in found]
    assert {after.lines[0] - before.lines[0] for before, after in zip(found, moved, strict=True)} == {2}


@pytest.mark.parametrize("name", OWN)
def test_own_operator_does_what_its_examples_say(name: str) -> None:
    for example in OWN[name].examples():
        operator = OWN[name]()
        assert mutate_code(example.pre_mutation_code, operator, 0) == example.post_mutation_code


def test_every_site_of_a_module_can_be_applied() -> None:
    file = "ss7/mtp2/iac_fsm.py"
    source = (REFERENCE / file).read_text(encoding="utf-8")
    for site in sites(REFERENCE, file):
        mutated = site.apply(source)
        compile(mutated, file, "exec")
        assert mutated != source


def test_draw_hangs_on_seed_and_site_only() -> None:
    everything = population("calls")
    drawn = draw(everything, 1)
    assert draw(reversed(everything), 1) == drawn
    assert draw(everything, 2) != drawn
    assert len({site.place for site in drawn}) == len(drawn)
    elsewhere = [site for site in everything if site.file != drawn[0].file]
    assert draw(elsewhere, 1) == [site for site in drawn if site.file != drawn[0].file]


def test_cases_are_those_of_the_place_own_ones_first(found: list[Site]) -> None:
    body = next(site for site in found if site.operator == "StatementRemoved")
    row = next(site for site in found if site.operator == "RowRemoved")
    many = {f"E1/{number}": "e1" for number in range(OTHERS + 5)}
    areas = {"Q.781/1.1": "mtp2_state", "Q.781/1.2": "mtp2_state", "Q.781/1.3": "mtp2_state", **many}
    cover = Cover(
        lines={"one.py": {str(body.lines[0]): ["Q.781/1.2", "failing", *many, "Q.781/1.1"]}},
        noted={"one.py": {"IDLE,SEIZE": ["Q.781/1.3"]}},
        cpu={case: 1 / len(case) for case in areas} | {"Q.781/1.1": 2.0, "failing": 0.0},
        areas=areas,
    )
    assert cover.cases(row, "mtp2") == ["Q.781/1.3"]
    asked = cover.cases(body, "mtp2")
    assert asked[:2] == ["Q.781/1.2", "Q.781/1.1"]
    assert len(asked) == 2 + OTHERS
    assert asked == cover.cases(body, "mtp2")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([("pass", "", 1), ("fail", "", 1)], "fail"),
        ([("fail", "Traceback", 1)], "crash"),
        ([("pass", "", 1), ("error", "Traceback", 1)], "survived"),
        ([("pass", "", 1), ("inconclusive", "", 1)], "survived"),
        ([("pass", "", 1), ("fail", "", 0)], "fail"),
        ([("error", "Traceback", 0)], "unfit"),
        ([("fail", "Traceback", 0)], "unfit"),
        ([("pass", "", 1)], "survived"),
    ],
)
def test_outcome_is_a_kill_only_by_a_fail(records: list[tuple[str, str, int]], expected: str) -> None:
    made: dict[str, dict[str, Any]] = {
        str(number): {
            "verdict": verdict,
            "traceback": traceback,
            "line_time": line_time,
            "reason": "",
            "owner": "",
        }
        for number, (verdict, traceback, line_time) in enumerate(records)
    }
    assert outcome(Run(True, 0, made), "")["outcome"] == expected


def test_outcome_without_results_is_a_timeout_only_by_the_limit() -> None:
    assert outcome(Run(True, -signal.SIGXCPU, None), "7")["outcome"] == "timeout"
    assert outcome(Run(True, -signal.SIGSEGV, None), "7")["outcome"] == "broke down"


def test_run_ends_at_the_first_fail(tmp_path: Path) -> None:
    file, cases = "ss7/isup/messages.py", ["Q.784.1/2.3.1a", "Q.784.1/2.3.1b", "Q.784.1/2.3.1c"]
    copy = tmp_path / "copy"
    text = (REFERENCE / file).read_text(encoding="utf-8")
    (copy_reference(copy) / file).write_text(text.replace("RLC = 0x10", "RLC = 0x7F"), encoding="utf-8")
    plugin = FirstFail(cases, [60.0] * len(cases), tmp_path / "running")
    run = judge(server(), cases, tmp_path, copy=copy, plugins=[plugin])
    assert run.records is not None
    assert [record["verdict"] for record in run.records.values()] == ["fail"]


# what is committed


@pytest.mark.parametrize("result", [RESULT, ROWS])
def test_result_agrees_with_its_rows_and_the_review(result: Path) -> None:
    data = json.loads(result.read_text(encoding="utf-8"))
    places = {layer: figures["places"] for layer, figures in data["layers"].items() if layer != "all"}
    assert list(places) == list(LAYERS)
    assert tally(data["sites"], equivalents(), places) == data["layers"]


def test_reviewed_survivors_exist_and_survive() -> None:
    reviewed = equivalents()
    existing = {site.id for layer in LAYERS for site in population(layer)}
    judged = [row for result in (RESULT, ROWS) for row in json.loads(result.read_text())["sites"]]
    survived = {row["id"] for row in judged if row["outcome"] in SURVIVED}
    assert not reviewed.keys() - existing, "stale: the place is no longer there"
    assert not reviewed.keys() - survived, "reviewed as equivalent, but killed or not drawn"
    assert all(len(reason) > 20 for reason in reviewed.values())

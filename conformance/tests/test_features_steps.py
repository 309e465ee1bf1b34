"""The sentences of the feature files and the steps behind them fit one to one.

pytest-bdd takes the first of two steps that match a sentence without a word, notices a missing step only when
the scenario runs, and never an unused one. Here all three are failures, named with file and line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pytest_bdd.feature import get_features
from pytest_bdd.steps import StepFunctionContext, StepNamePrefix, step_function_context_registry

from testline.catalogue import requirements_by_id
from testline.rigs import known_setups
from testline.steps import agents, callers, operators, passing, supervisors

FEATURES = Path(__file__).resolve().parents[2] / "features"
REQUIREMENT = re.compile(r"[A-Z]-\d\d")


class Sentence(NamedTuple):
    """A sentence where it stands."""

    place: str
    kind: str
    text: str


def sentences() -> Iterator[Sentence]:
    for feature in get_features([str(FEATURES)]):
        background = feature.background.steps if feature.background else []
        for scenario in feature.scenarios.values():
            for step in (*background, *scenario.steps):
                place = f"{feature.rel_filename}:{step.line_number}"
                yield Sentence(place, str(step.type), str(step.name))


def definitions() -> list[tuple[str, StepFunctionContext]]:
    """Every step definition with its module and function name."""
    found = []
    for module in (agents, callers, operators, passing, supervisors):
        for name, value in vars(module).items():
            if not name.startswith(StepNamePrefix.step_def.value):
                continue
            function = getattr(value, "__wrapped__", None) or getattr(value, "_fixture_function", value)
            context = step_function_context_registry[function]
            found.append((f"{module.__name__}.{context.step_func.__name__}", context))
    return found


def matching(sentence: Sentence, known: list[tuple[str, StepFunctionContext]]) -> list[int]:
    return [
        index
        for index, (_, context) in enumerate(known)
        if context.type in (None, sentence.kind) and context.parser.is_matching(sentence.text)
    ]


def test_every_sentence_has_exactly_one_step_and_every_step_a_sentence() -> None:
    known = definitions()
    assert len(known) > 30
    users: dict[int, int] = defaultdict(int)
    wrong = []
    for sentence in sentences():
        found = matching(sentence, known)
        for index in found:
            users[index] += 1
        if len(found) != 1:
            names = ", ".join(known[index][0] for index in found) or "none"
            wrong.append(f"{sentence.place}: {sentence.kind} {sentence.text!r}: steps {names}, expected one")
    wrong += [
        f"{name} ({context.type} {context.parser.name!r}): no sentence uses it"
        for index, (name, context) in enumerate(known)
        if not users[index]
    ]
    assert not wrong, "\n".join(wrong)


def test_every_scenario_is_tagged_with_known_requirements() -> None:
    known = requirements_by_id()
    setups = {f"setup-{name}" for name in known_setups("virtual")}
    count = 0
    for feature in get_features([str(FEATURES)]):
        for scenario in feature.scenarios.values():
            count += 1
            tags = {*feature.tags, *scenario.tags} - setups
            place = f"{feature.rel_filename}:{scenario.line_number} {scenario.name}"
            assert tags, f"{place}: no requirement id"
            unknown = {tag for tag in tags if not REQUIREMENT.fullmatch(tag) or tag not in known}
            assert not unknown, f"{place}: {unknown} is no requirement in requirements.toml"
    assert count >= 15

"""Gherkin scenarios as records: a scenario is judged like a case, in the words of its feature."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry

from testline.report.record import CaseRecord
from testline.verdicts import Verdict

_REQUIREMENT = re.compile(r"[A-Z]-\d\d")


def scenario_record(item: pytest.Item) -> CaseRecord | None:
    """Return the record of an item that is a scenario, None for any other test."""
    function = getattr(item, "obj", None)
    template: Any = scenario_wrapper_template_registry.get(function) if callable(function) else None
    if template is None:
        return None
    feature = template.feature
    stem = str(feature.rel_filename).rpartition("/")[2].removesuffix(".feature")
    words = re.sub(r"[^a-z0-9]+", "-", str(template.name).lower()).strip("-")
    example = item.name.partition("[")[2].rstrip("]")
    suffix = f".{re.sub(r'[^A-Za-z0-9]+', '-', example).strip('-')}" if example else ""
    tags = sorted({*feature.tags, *template.tags})
    return CaseRecord(
        id=f"feature/{stem}/{words}{suffix}",
        title=f"{template.name}{f' ({example})' if example else ''}",
        area=f"feature_{stem}",
        purpose=f"{feature.name}. {' '.join(str(feature.description).split())}".strip(),
        clauses=[],
        proves=[tag for tag in tags if _REQUIREMENT.fullmatch(tag)],
        needs=[],
        unverified=False,
        source=f"{feature.rel_filename}:{template.line_number}",
        verdict=Verdict.ERROR.value,
        owner="bench",
        reason="bench: the scenario did not come to an end",
    )

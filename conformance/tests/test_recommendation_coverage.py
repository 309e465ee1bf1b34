"""Every clause a case cites is listed, and every listed clause has a case or a reason."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

MODULE = Path(__file__).resolve().parents[2] / "docs" / "_ext" / "recommendations.py"


@pytest.fixture(scope="module")
def recommendations() -> ModuleType:
    if not MODULE.exists():
        pytest.skip("the documentation is not beside the package")
    spec = importlib.util.spec_from_file_location("recommendations", MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_no_clause_without_case_or_reason_and_none_unknown(recommendations: ModuleType) -> None:
    assert recommendations.problems() == []


def test_a_deeper_clause_counts_for_the_one_that_holds_it(recommendations: ModuleType) -> None:
    listed, _ = recommendations.collect()
    assert recommendations.holder("5.6.2", listed["Q.704"]).number == "5.6"
    assert recommendations.holder("3.9", listed["Q.763"]).number == "3"
    assert recommendations.holder("99", listed["Q.704"]) is None
    assert listed["Q.704"]["5.6"].covered

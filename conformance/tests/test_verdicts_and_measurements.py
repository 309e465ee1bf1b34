"""Verdicts, their order, and when a measured value passes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testline.errors import TestlineError
from testline.judging import classify
from testline.measurements import Measurement, MeasurementError
from testline.verdicts import BenchError, Fail, Inconclusive, NotApplicable, Verdict, gravest
from testrig.errors import ConfigurationError, RigError
from testrig.rig import SystemStopped
from testrig.system import Refused

REASONABLE = st.floats(-1e6, 1e6)


def test_fail_says_awaited_state_and_observed() -> None:
    fail = Fail("ACM within 15 s", "IAM sent", "REL")
    assert fail.reason == "awaited: ACM within 15 s in state IAM sent; observed: REL"
    assert isinstance(fail, TestlineError)


def test_gravest_verdict_is_the_one_that_explains_least_about_the_system() -> None:
    assert gravest([Verdict.PASS, Verdict.FAIL, Verdict.ERROR]) is Verdict.ERROR
    assert gravest([Verdict.PASS, Verdict.NOT_APPLICABLE]) is Verdict.PASS
    assert gravest([]) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("error", "verdict", "owner"),
    [
        (Fail("a"), Verdict.FAIL, "system"),
        (Inconclusive("a"), Verdict.INCONCLUSIVE, "undecided"),
        (NotApplicable("a"), Verdict.NOT_APPLICABLE, "PICS"),
        (BenchError("a"), Verdict.ERROR, "bench"),
        (RigError("a"), Verdict.ERROR, "rig"),
        (ConfigurationError("a"), Verdict.ERROR, "rig"),
        (SystemStopped("a"), Verdict.FAIL, "system"),
        (Refused("a"), Verdict.FAIL, "system"),
        (AttributeError("a"), Verdict.ERROR, "bench"),
        (AssertionError("a"), Verdict.ERROR, "bench"),
    ],
)
def test_every_exception_has_an_owner(error: Exception, verdict: Verdict, owner: str) -> None:
    found = classify(error)
    assert (found.verdict, found.owner) == (verdict, owner)
    assert "a" in found.reason


@pytest.mark.parametrize(
    ("value", "uncertainty", "verdict"),
    [
        (10.0, 0.0, Verdict.PASS),
        (20.0, 0.0, Verdict.PASS),
        (20.0, 0.5, Verdict.INCONCLUSIVE),
        (19.5, 0.5, Verdict.PASS),
        (20.5, 0.5, Verdict.INCONCLUSIVE),
        (20.6, 0.5, Verdict.FAIL),
        (9.4, 0.5, Verdict.FAIL),
        (9.999, 0.0, Verdict.FAIL),
        (math.nan, 0.5, Verdict.FAIL),
        (math.inf, 0.5, Verdict.FAIL),
    ],
)
def test_value_between_10_and_20(value: float, uncertainty: float, verdict: Verdict) -> None:
    assert Measurement("x", value, "ms", 10.0, 20.0, uncertainty).verdict is verdict


@given(value=REASONABLE, low=REASONABLE, width=st.floats(0, 1e6), uncertainty=st.floats(0, 1e3))
def test_pass_means_inside_and_fail_means_outside(
    value: float, low: float, width: float, uncertainty: float
) -> None:
    found = Measurement("x", value, "ms", low, low + width, uncertainty)
    inside = low <= value <= low + width
    assert inside or found.verdict is not Verdict.PASS
    assert not inside or found.verdict is not Verdict.FAIL
    assert not found.marginal or found.verdict is Verdict.PASS


def test_marginal_is_near_a_limit_but_never_near_a_lower_limit_of_zero() -> None:
    assert Measurement("x", 19.9, "ms", 10.0, 20.0).marginal
    assert not Measurement("x", 15.0, "ms", 10.0, 20.0).marginal
    assert not Measurement("x", 0.01, "ms", 0.0, 20.0).marginal
    assert Measurement("x", 4.0, "ms", high=5.0, uncertainty=0.9).marginal
    assert not Measurement("x", 1.0, "ms").marginal


def test_limits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(MeasurementError, match="lower limit 2 above upper limit 1"):
        Measurement("x", 1.0, "ms", 2.0, 1.0)
    with pytest.raises(MeasurementError, match="uncertainty"):
        Measurement("x", 1.0, "ms", uncertainty=-1.0)


def test_texts_name_value_limits_and_clause() -> None:
    found = Measurement("T2", 3.0, "s", 1.0, 2.0, 0.1, "Q.703 12.3")
    assert found.expected == "T2 from 1 to 2 s (Q.703 12.3)"
    assert found.found == "T2 3 ± 0.1 s"
    assert found.margin == -1.0

"""Measured values: with unit, limits, uncertainty and clause, judged in one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from testline.errors import TestlineError
from testline.verdicts import Verdict

MARGINAL_SHARE: Final = 0.05
"""A value that passes within this share of the width between its limits is marginal."""


class MeasurementError(TestlineError):
    """A measurement was declared with limits or a value that mean nothing."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured value.

    The value passes when it lies within the limits by more than its uncertainty (limits included when the
    uncertainty is 0), fails when it lies outside by more than its uncertainty, and is inconclusive between.
    """

    name: str
    value: float
    unit: str
    low: float | None = None
    """Lower limit in `unit`, or None."""
    high: float | None = None
    """Upper limit in `unit`, or None."""
    uncertainty: float = 0.0
    """Half width of the interval that holds the true value, in `unit`."""
    clause: str = ""

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise MeasurementError(f"{self.name}: lower limit {self.low:g} above upper limit {self.high:g}")
        if not math.isfinite(self.uncertainty) or self.uncertainty < 0:
            raise MeasurementError(f"{self.name}: uncertainty {self.uncertainty}: expected 0 or more")

    @property
    def margin(self) -> float | None:
        """Distance to the nearest limit in `unit`, negative outside; None without limits."""
        distances = []
        if self.low is not None:
            distances.append(self.value - self.low)
        if self.high is not None:
            distances.append(self.high - self.value)
        return min(distances, default=None)

    @property
    def verdict(self) -> Verdict:
        """`PASS`, `FAIL` or `INCONCLUSIVE`; a value that is not a number fails."""
        margin = self.margin
        if math.isnan(self.value):
            return Verdict.FAIL
        if margin is None:
            return Verdict.PASS
        if margin < -self.uncertainty:
            return Verdict.FAIL
        return Verdict.PASS if margin >= self.uncertainty else Verdict.INCONCLUSIVE

    @property
    def marginal(self) -> bool:
        """True when the value passes, but only just.

        Within `MARGINAL_SHARE` of the width between the limits, or within twice the uncertainty of the only
        one. A lower limit of 0 is where durations and counts begin and does not make a value marginal.
        """
        if self.verdict is not Verdict.PASS:
            return False
        share = 2 * self.uncertainty
        if self.low is not None and self.high is not None:
            share = self.uncertainty + MARGINAL_SHARE * (self.high - self.low)
        near_low = self.low is not None and self.low != 0 and self.value - self.low < share
        near_high = self.high is not None and self.high - self.value < share
        return near_low or near_high

    @property
    def expected(self) -> str:
        """The limits in words."""
        clause = f" ({self.clause})" if self.clause else ""
        if self.low is not None and self.high is not None:
            return f"{self.name} from {self.low:g} to {self.high:g} {self.unit}{clause}"
        if self.low is not None:
            return f"{self.name} at least {self.low:g} {self.unit}{clause}"
        if self.high is not None:
            return f"{self.name} at most {self.high:g} {self.unit}{clause}"
        return f"{self.name} in {self.unit}, without limits{clause}"

    @property
    def found(self) -> str:
        """The value in words."""
        plus_minus = f" ± {self.uncertainty:g}" if self.uncertainty else ""
        return f"{self.name} {self.value:g}{plus_minus} {self.unit}"

"""Verdicts, and the ways a case ends other than by passing.

A verdict has an owner: `FAIL` is the system's, `ERROR` is the bench's or the rig's. `INCONCLUSIVE` says
that the limit lies within the uncertainty of the measurement or that the test purpose was not reached
(ISO/IEC 9646-1, unverified), `NOT_APPLICABLE` gives the reason from the PICS.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from testline.errors import TestlineError


class Verdict(Enum):
    """What a case found."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_APPLICABLE = "not applicable"

    @property
    def acceptable(self) -> bool:
        """True when the verdict does not stand in the way of certification."""
        return self in (Verdict.PASS, Verdict.NOT_APPLICABLE)


SEVERITY = (Verdict.NOT_APPLICABLE, Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.ERROR)
"""From the lightest to the gravest."""


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of `verdicts`; of none, `NOT_APPLICABLE`."""
    return max(verdicts, key=SEVERITY.index, default=Verdict.NOT_APPLICABLE)


class Outcome(TestlineError):
    """A case ended without passing. Raised by testers, caught by the plugin only."""

    verdict: Verdict = Verdict.ERROR

    @property
    def reason(self) -> str:
        """Return the outcome in one sentence."""
        return str(self)


class Fail(Outcome):
    """The system under test did not do what the standard asks.

    Says what was awaited, in which state of the tester, and what came instead.
    """

    verdict = Verdict.FAIL

    def __init__(self, awaited: str, state: str = "", observed: str = "") -> None:
        self.awaited = awaited
        self.state = state
        self.observed = observed
        where = f" in state {state}" if state else ""
        instead = f"; observed: {observed}" if observed else ""
        super().__init__(f"awaited: {awaited}{where}{instead}")


class Inconclusive(Outcome):
    """The case could not decide: the purpose was not reached, or the uncertainty holds the limit."""

    verdict = Verdict.INCONCLUSIVE


class NotApplicable(Outcome):
    """The case does not apply to this system; the reason says which declaration excludes it.

    Raised while a case runs, it says that something is not there: of PICS item `item`, or without one, of any
    that the case needs. Declared supported, that item makes the verdict *fail*.
    """

    verdict = Verdict.NOT_APPLICABLE

    def __init__(self, reason: str, *, item: str = "") -> None:
        self.item = item
        super().__init__(reason)


class RigLacks(NotApplicable):
    """The rig has not what the case needs, whatever the system declares."""


class BenchError(Outcome):
    """The bench could not do its part: never the fault of the system under test."""

    verdict = Verdict.ERROR

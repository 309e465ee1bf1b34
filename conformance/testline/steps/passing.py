"""Calls that the centre passes on between the ISDN and the telephone network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pytest
from pytest_bdd import given, parsers, then, when

from testline.steps.people import CAUSES
from testline.testers import Caller, TransitCentre, expect_speech_both_ways
from testline.verdicts import BenchError
from testrig.clock import SECOND

USERS: Final = {"ISDN": "isup", "telephone": "tup"}
"""User parts by the network that speaks them."""
NETWORK: Final = r"(?P<one>ISDN|telephone) network"
OTHER: Final = r"(?P<other>ISDN|telephone) network"
PASSING: Final = "the caller of the passing call"
BUSY: Final = 17


@dataclass
class Passing:
    """A call in transit, and those at its ends."""

    centre: TransitCentre
    ends: tuple[Caller, Caller] | None = None

    def dial(self, one: str, other: str) -> None:
        """A caller of one network dials a subscriber of the other."""
        testers = {"isup": self.centre.isup, "tup": self.centre.tup}
        far = USERS[other]
        caller = Caller(testers[USERS[one]])
        subscriber = Caller(testers[far], self.centre.number(far))
        caller.dials(subscriber.number)
        self.ends = caller, subscriber

    @property
    def caller(self) -> Caller:
        """Who called."""
        return self._both[0]

    @property
    def subscriber(self) -> Caller:
        """Who was called."""
        return self._both[1]

    @property
    def _both(self) -> tuple[Caller, Caller]:
        if self.ends is None:
            raise BenchError("nobody has called yet")
        return self.ends


@pytest.fixture
def passing(transit: TransitCentre) -> Passing:
    """The call in transit of this scenario."""
    return Passing(transit)


@when(parsers.re(f"a caller of the {NETWORK} dials a subscriber of the {OTHER}"))
def dials_through(passing: Passing, one: str, other: str) -> None:
    passing.dial(one, other)


@given(parsers.re(f"a caller of the {NETWORK} talks with a subscriber of the {OTHER}"))
def talks_through(passing: Passing, one: str, other: str) -> None:
    passing.dial(one, other)
    passing.subscriber.is_called(within=5 * SECOND)
    passing.subscriber.alerts()
    passing.subscriber.answers()
    passing.caller.is_answered()
    expect_speech_both_ways(passing.caller.voice, passing.subscriber.voice)


@then(parsers.re(r"the subscriber is called within (?P<seconds>\d+) seconds"))
def is_called(passing: Passing, seconds: str) -> None:
    passing.subscriber.is_called(within=int(seconds) * SECOND)


@when("the subscriber's telephone rings")
def party_is_rung(passing: Passing) -> None:
    passing.subscriber.alerts()


@when("the subscriber answers")
def party_answers(passing: Passing) -> None:
    passing.subscriber.answers()
    passing.caller.is_answered()


@when("the subscriber is busy")
def is_busy(passing: Passing) -> None:
    passing.subscriber.is_called(within=5 * SECOND)
    passing.subscriber.call.release(cause=BUSY)


@then("the caller and the subscriber hear each other")
def hear_each_other_through(passing: Passing) -> None:
    expect_speech_both_ways(passing.caller.voice, passing.subscriber.voice)


@when(f"{PASSING} hangs up")
def hangs_up(passing: Passing) -> None:
    passing.caller.hangs_up()


@then(
    parsers.re(rf"{PASSING} is told that the subscriber is busy within (?P<seconds>\d+) seconds"),
)
def is_told_busy(passing: Passing, seconds: str) -> None:
    passing.caller.is_released(within=int(seconds) * SECOND, cause=BUSY)


@then(parsers.re(r'the subscriber is cleared with cause "(?P<cause>[^"]+)" within (?P<seconds>\d+) seconds'))
def subscriber_is_cleared(passing: Passing, cause: str, seconds: str) -> None:
    passing.subscriber.is_released(within=int(seconds) * SECOND, cause=CAUSES[cause])


@then(parsers.re(r"both circuits are free again within (?P<seconds>\d+) seconds"))
def both_are_free(passing: Passing, seconds: str) -> None:
    for end in (passing.caller, passing.subscriber):
        end.isup.expect_idle(end.call.cic, within=int(seconds) * SECOND)


@then("the call record shows a call in transit with both its lines")
def record_has_both_lines(passing: Passing) -> None:
    records = passing.centre.bench.system.supervisor().records
    near, far = (f"/{end.call.cic}" for end in (passing.caller, passing.subscriber))
    passing.centre.bench.until(
        lambda: (
            bool(records())
            and records()[-1]["direction"] == "transit"
            and str(records()[-1]["line"]).endswith(near)
            and str(records()[-1]["onward_line"]).endswith(far)
        ),
        within=2 * SECOND,
        awaited=f"a record of a call in transit in on circuit {near[1:]} and out on circuit {far[1:]}",
    )

"""What a server that takes over reads from the journal, and what it makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.primitives import Leg
from callcenter.cti.history import History
from callcenter.cti.journal import Types
from callcenter.cti.recovery import Recovery
from callcenter.errors import StateError
from callcenter.ss7.notices import What
from testrig.clock import SECOND
from testrig.system import Event

FIELDS = {
    "calling": "13800138000",
    "calling_restricted": False,
    "called": "8008200002",
    "original_called": "",
    "original_called_restricted": False,
    "function": "",
    "additional": "",
    "password": "",
}


class Told:
    """A history that is told of calls."""

    def __init__(self) -> None:
        self.history = History()
        self.now = 0

    def call(self, number: int, kind: str, **more: object) -> None:
        """An event of call `number`, a tenth of a second after the one before."""
        self.now += SECOND // 10
        data: dict[str, object] = {"call": number, "line": f"public/{number}", **FIELDS, **more}
        self.history.journal.append(self.now, kind, data)

    def other(self, kind: str, **data: object) -> None:
        """Any other event."""
        self.now += SECOND // 10
        self.history.journal.append(self.now, kind, data)

    @property
    def recovery(self) -> Recovery:
        """What is known."""
        return self.history.recovery


@pytest.fixture
def told() -> Told:
    return Told()


def queued(told: Told, number: int) -> None:
    told.call(number, Types.OFFERED)
    told.call(number, Types.ESTABLISHED, device="queue sales")
    told.call(number, Types.QUEUED, queue="sales", position=1)


def test_call_in_the_queue_is_known_with_its_waiting_time(told: Told) -> None:
    queued(told, 1)
    call = told.recovery.calls[1]
    assert (call.incoming, call.queue, call.queued, call.answered) == (True, "sales", 2400, 1600)
    assert (call.talking, call.agent, call.waited) == (None, "", 0)


def test_call_that_talks_has_its_agent_and_waits_no_more(told: Told) -> None:
    queued(told, 1)
    told.call(1, Types.DELIVERED, agent="1001", queue="sales")
    told.call(1, Types.DEQUEUED, queue="sales", reason="agent")
    told.call(1, Types.ESTABLISHED, device="1001", agent="1001", queue="sales")
    call = told.recovery.calls[1]
    assert (call.agent, call.talking, call.queued) == ("1001", 4800, None)
    assert call.waited == 4000 - 2400
    assert call.answered == 1600, "the first answer counts"


def test_agent_who_did_not_answer_is_not_the_calls(told: Told) -> None:
    queued(told, 1)
    told.call(1, Types.DELIVERED, agent="1001", queue="sales")
    told.call(1, Types.DIVERTED, agent="1001", reason="no answer")
    assert told.recovery.calls[1].agent == ""
    assert told.recovery.calls[1].queued == 2400


def test_call_in_transit_talks_when_the_called_side_has_answered(told: Told) -> None:
    told.call(1, Types.OFFERED)
    told.call(1, Types.NETWORK_REACHED, onward_line="tup/3", attempt=1)
    assert told.recovery.calls[1].talking is None
    told.call(1, Types.ESTABLISHED, onward_line="tup/3", device="tup/3")
    call = told.recovery.calls[1]
    assert (call.onward_line, call.talking, call.agent) == ("tup/3", 2400, "")


def test_keys_and_flow_are_known(told: Told) -> None:
    told.call(1, Types.OFFERED)
    told.call(1, Types.ESTABLISHED, device="flow main")
    for digit in "12":
        told.call(1, Types.DIGITS, digits=digit, node="menu")
    assert (told.recovery.calls[1].flow, told.recovery.calls[1].keys) == ("main", "12")


def test_call_that_is_over_is_forgotten_but_its_number_is_not(told: Told) -> None:
    queued(told, 7)
    told.call(7, Types.CLEARED, onward_line="", cause=16)
    assert told.recovery.calls == {}
    assert told.recovery.last_call == 7


def test_agent_is_known_with_state_wish_and_queue_of_the_last_call(told: Told) -> None:
    told.other(Types.AGENT_STATE, agent="1001", state="ready", wants_ready=True)
    queued(told, 1)
    told.call(1, Types.DELIVERED, agent="1001", queue="sales")
    told.call(1, Types.CLEARED, onward_line="", cause=16)
    told.other(Types.AGENT_STATE, agent="1001", state="wrap-up", wants_ready=True)
    agent = told.recovery.agents["1001"]
    assert (agent.state, agent.since, agent.wants_ready, agent.queue) == ("wrap-up", told.now, True, "sales")


def test_suspension_of_a_call_that_is_over_is_nothing(told: Told) -> None:
    told.call(4, Types.ORIGINATED, agent="1001")
    told.call(4, Types.CLEARED, onward_line="", cause=16)
    told.other(Types.CIRCUIT, what=What.SUSPENDED.value, point_code=1, cic=4, line="public/4")
    assert told.recovery.suspended_there == set()


@pytest.mark.parametrize(
    ("on", "off", "known"),
    [
        (What.BLOCKED_LOCALLY, What.UNBLOCKED_LOCALLY, "blocked_here"),
        (What.BLOCKED_REMOTELY, What.UNBLOCKED_REMOTELY, "blocked_there"),
        (What.SUSPENDED, What.RESUMED, "suspended_there"),
    ],
)
def test_circuits_are_known(told: Told, on: What, off: What, known: str) -> None:
    told.call(4, Types.OFFERED)
    told.other(Types.CIRCUIT, what=on.value, point_code=1, cic=4, line="public/4")
    assert getattr(told.recovery, known) == {Leg("public", 4)}
    told.other(Types.CIRCUIT, what=off.value, point_code=1, cic=4, line="public/4")
    assert getattr(told.recovery, known) == set()


def test_blocking_for_a_failure_is_left_to_the_alarm(told: Told) -> None:
    told.other(
        Types.CIRCUIT,
        what=What.BLOCKED_LOCALLY.value,
        point_code=1,
        cic=4,
        line="a/4",
        detail="hardware failure",
    )
    assert told.recovery.blocked_here == set()


def test_suspension_ends_with_the_call(told: Told) -> None:
    told.call(4, Types.ORIGINATED, agent="1001")
    told.other(
        Types.CIRCUIT, what=What.SUSPENDED.value, point_code=1, cic=4, line="public/4", detail="network"
    )
    told.call(4, Types.CLEARED, onward_line="", cause=16)
    assert told.recovery.suspended_there == set()


KINDS: tuple[tuple[str, dict[str, object]], ...] = (
    (Types.OFFERED, {}),
    (Types.ORIGINATED, {"agent": "1002"}),
    (Types.ESTABLISHED, {"device": "flow main"}),
    (Types.ESTABLISHED, {"device": "1001", "agent": "1001"}),
    (Types.QUEUED, {"queue": "sales", "position": 1}),
    (Types.DEQUEUED, {"queue": "sales", "reason": "agent"}),
    (Types.DELIVERED, {"agent": "1001"}),
    (Types.NETWORK_REACHED, {"onward_line": "tup/9"}),
    (Types.SUSPENDED, {"agent": "1001"}),
    (Types.DIGITS, {"digits": "1", "node": "menu"}),
    (Types.CLEARED, {"onward_line": "", "queue": "", "agent": "", "cause": 16}),
)


def some_past(seed: int, length: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Events of a few calls in any order."""
    random = Random(seed)
    begun: set[int] = set()
    for _ in range(length):
        number = random.randrange(1, 6)
        kind, more = random.choice(KINDS)
        if number not in begun and kind not in (Types.OFFERED, Types.ORIGINATED):
            continue
        if number in begun and kind in (Types.OFFERED, Types.ORIGINATED):
            continue
        (begun.discard if kind == Types.CLEARED else begun.add)(number)
        yield number, kind, dict(more)


@given(st.integers(0, 1000), st.integers(0, 60), st.integers(0, 60))
def test_copy_that_follows_knows_what_the_original_knows(seed: int, before: int, after: int) -> None:
    told, copy = Told(), History()
    events = list(some_past(seed, before + after))
    for number, kind, more in events[:before]:
        told.call(number, kind, **more)
    snapshot = json.loads(json.dumps(told.history.snapshot()))
    copy.restore(snapshot, [_through_json(event) for event in told.history.journal.since()])
    told.history.journal.subscribe(lambda event: copy.journal.follow(_through_json(event)))
    for number, kind, more in events[before:]:
        told.call(number, kind, **more)
    assert copy.recovery == told.recovery
    assert copy.journal.since() == told.history.journal.since()
    assert copy.projections.records == told.history.projections.records
    assert copy.projections.statistics == told.history.projections.statistics


def _through_json(event: Event) -> Event:
    return Event(event.number, event.at, event.type, json.loads(json.dumps(event.data)))


def test_copy_of_a_long_past_knows_calls_whose_events_are_dropped() -> None:
    told = Told()
    told.history = History(events=3)
    queued(told, 1)
    for number in range(2, 9):
        told.call(number, Types.OFFERED)
    copy = History(events=3)
    told.history.copied_to(copy)
    assert copy.recovery == told.recovery
    assert copy.recovery.calls[1].queue == "sales"
    assert len(copy.journal) == len(told.history.journal)


def test_event_out_of_turn_is_refused() -> None:
    history = History()
    with pytest.raises(StateError, match="found event 3, expected 1"):
        history.journal.follow(Event(3, 0, Types.OFFERED, {}))

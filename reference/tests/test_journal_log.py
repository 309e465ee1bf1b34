"""The journal: numbering, catching up, forgetting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.cti.journal import Journal


@given(st.integers(0, 60), st.integers(1, 20), st.integers(0, 70))
def test_client_gets_every_kept_event_after_the_one_it_saw_last(count: int, capacity: int, seen: int) -> None:
    journal = Journal(capacity=capacity)
    for number in range(count):
        journal.append(number * 10, "Kind", {"index": number})
    kept = range(max(1, count - capacity + 1), count + 1)
    assert [event.number for event in journal.since(seen)] == [number for number in kept if number > seen]
    assert len(journal) == count
    assert journal.first == (kept[0] if kept else count + 1)


def test_projection_gets_events_in_order_with_their_numbers() -> None:
    journal = Journal()
    journal.append(0, "Before", {})
    seen: list[tuple[int, str]] = []
    journal.subscribe(lambda event: seen.append((event.number, event.type)))
    journal.append(1, "One", {})
    journal.append(1, "Two", {})
    assert seen == [(2, "One"), (3, "Two")]


@pytest.mark.parametrize("since", [3, 4, 100])
def test_client_that_has_everything_gets_nothing(since: int) -> None:
    journal = Journal()
    for _ in range(3):
        journal.append(0, "Kind", {})
    assert not journal.since(since)

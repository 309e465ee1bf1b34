"""The dispatcher, and circuit selection: who is chosen, and that no reservation leaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.acd.dispatcher import Dispatcher, Offer
from callcenter.calls.leases import Leases
from callcenter.calls.primitives import Leg
from callcenter.calls.trunks import LEASE, TrunkGroup, Trunks
from callcenter.config import Circuit, Hunting
from callcenter.errors import StateError

RING = 100


def dispatcher() -> Dispatcher:
    return Dispatcher({"sales": ["a", "b"], "service": ["b", "c"]}, {"sales": RING, "service": RING})


def test_first_come_first_served_over_all_queues_of_an_agent() -> None:
    matcher = dispatcher()
    assert matcher.enqueue(1, "service", 0) == []
    assert matcher.enqueue(2, "sales", 1) == []
    assert matcher.agent_free("b", 2) == [Offer("b", 1, "service")]
    assert matcher.agent_free("a", 2) == [Offer("a", 2, "sales")]


def test_longest_idle_agent_of_the_queue_is_chosen() -> None:
    matcher = dispatcher()
    for agent in "cba":
        matcher.agent_free(agent, 0)
    assert matcher.enqueue(1, "sales", 0) == [Offer("b", 1, "sales")]


def test_reservation_ends_by_itself_exactly_after_the_ringing_time() -> None:
    matcher = dispatcher()
    matcher.agent_free("a", 0)
    matcher.enqueue(1, "sales", 7)
    assert matcher.next_deadline == 7 + RING
    assert matcher.expired(7 + RING - 1) == []
    assert matcher.expired(7 + RING) == [Offer("a", 1, "sales")]
    assert matcher.next_deadline is None


def test_caller_comes_back_to_the_place_held_before() -> None:
    matcher = dispatcher()
    matcher.agent_free("a", 0)
    matcher.enqueue(1, "sales", 0)
    matcher.enqueue(2, "sales", 0)
    matcher.expired(RING)
    matcher.enqueue(1, "sales", RING)
    assert matcher.waiting("sales") == (1, 2)
    assert matcher.agent_free("b", RING) == [Offer("b", 1, "sales")]


def test_callers_who_give_up_leave_nothing_behind_while_no_agent_is_there() -> None:
    matcher = dispatcher()
    for call in range(1000):
        matcher.enqueue(call, "sales", call)
        if call % 10:
            matcher.leave(call, "sales")
    assert len(matcher._lines["sales"]._heap) <= 2 * 100 + 65
    assert matcher.agent_free("a", 1000) == [Offer("a", 0, "sales")]
    assert matcher.waiting("sales") == tuple(range(10, 1000, 10))


@given(
    st.lists(
        st.tuples(st.sampled_from(["call", "free", "gone", "leave", "answer", "wait"]), st.integers(0, 5))
    )
)
def test_no_free_agent_while_a_matching_call_waits(actions: list[tuple[str, int]]) -> None:
    members = {"sales": "ab", "service": "bc"}
    matcher = dispatcher()
    now, number = 0, 0
    ringing: dict[str, Offer] = {}
    busy: set[str] = set()
    for what, which in actions:
        agent, queue = "abc"[which % 3], ("sales", "service")[which % 2]
        offers: list[Offer] = []
        match what:
            case "call":
                number += 1
                offers = matcher.enqueue(number, queue, now)
            case "free" if agent not in ringing:
                busy.discard(agent)
                offers = matcher.agent_free(agent, now)
            case "gone" if agent not in ringing:
                matcher.agent_gone(agent)
            case "leave" if matcher.waiting(queue):
                matcher.leave(matcher.waiting(queue)[0], queue)
            case "answer" if agent in ringing:
                assert matcher.confirm(agent) == ringing.pop(agent)
                busy.add(agent)
            case "wait":
                now += RING
                for offer in matcher.expired(now):
                    assert ringing.pop(offer.agent) == offer
                    offers += matcher.enqueue(offer.call, offer.queue, now)
        for offer in offers:
            assert offer.agent not in ringing
            assert offer.agent not in busy
            assert offer.agent in members[offer.queue]
            ringing[offer.agent] = offer
        for name, agents in members.items():
            assert not (matcher.waiting(name) and set(matcher.free) & set(agents))
    assert matcher.expired(now + RING) is not None
    assert matcher.next_deadline is None


def trunks(hunting: Hunting) -> Trunks:
    places = [Circuit("g", cic, 0, cic) for cic in (1, 2, 3)]
    return Trunks([TrunkGroup("g", hunting, places)], places)


def hunted(group: Trunks) -> int | None:
    leg = group.hunt("g", 1, 0)
    return None if leg is None else leg.number


def test_sequential_hunting_starts_at_the_first_circuit_every_time() -> None:
    group = trunks("sequential")
    assert [hunted(group), hunted(group)] == [1, 2]
    group.freed(Leg("g", 1))
    assert hunted(group) == 1


def test_cyclic_hunting_goes_on_behind_the_last_one() -> None:
    group = trunks("cyclic")
    assert hunted(group) == 1
    group.freed(Leg("g", 1))
    assert [hunted(group), hunted(group), hunted(group), hunted(group)] == [2, 3, 1, None]


def test_longest_idle_hunting_takes_the_circuit_freed_longest_ago() -> None:
    group = trunks("longest idle")
    assert [hunted(group), hunted(group), hunted(group)] == [1, 2, 3]
    for cic in (2, 3, 1):
        group.freed(Leg("g", cic))
    assert [hunted(group), hunted(group), hunted(group)] == [2, 3, 1]


def test_circuit_that_signalling_or_its_span_refuses_is_not_selected() -> None:
    group = trunks("sequential")
    group.idle = lambda leg: leg.number != 1
    assert hunted(group) == 2
    group.set_span(0, in_service=False)
    assert hunted(group) is None


def test_lease_of_a_circuit_that_nobody_settles_ends_by_itself() -> None:
    group = trunks("sequential")
    hunted(group)
    assert group.next_deadline == LEASE
    assert group.expire(LEASE - 1) == []
    assert group.expire(LEASE) == [Leg("g", 1)]
    assert hunted(group) == 1


def test_lease_of_a_taken_thing_names_its_holder() -> None:
    leases: Leases[str, str] = Leases()
    leases.take("circuit 1", "call 7", 10)
    with pytest.raises(StateError, match="call 7 has it"):
        leases.take("circuit 1", "call 8", 10)
    assert leases.give_back("circuit 1") == "call 7"
    assert leases.give_back("circuit 1") is None

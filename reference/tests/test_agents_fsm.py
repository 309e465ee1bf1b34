"""The agent's table: every pair of state and event."""

from __future__ import annotations

import pytest

from callcenter.agents.agent_fsm import TABLE, AgentFsm, Event, State
from callcenter.errors import StateError


def agent_in(state: State, wants_ready: bool = True) -> AgentFsm:
    agent = AgentFsm("1001")
    agent.state, agent.wants_ready = state, wants_ready
    return agent


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_follows_the_table_or_is_refused(state: State, event: Event) -> None:
    agent = agent_in(state)
    wanted = TABLE.find(state, event)
    assert agent.permits(event) == (wanted is not None)
    if wanted is None:
        with pytest.raises(StateError, match=f"{event.value}.*{state.value}"):
            agent.handle(event)
        assert agent.state is state
        return
    agent.handle(event)
    assert agent.state is (State.READY if wanted.action == "resume" else wanted.next)


@pytest.mark.parametrize(
    "pair", [(state, event) for state, event, to in TABLE.rows() if to.action == "resume"]
)
def test_agent_who_asked_for_a_break_gets_it_after_the_call(pair: tuple[State, Event]) -> None:
    agent = agent_in(pair[0], wants_ready=False)
    agent.handle(pair[1])
    assert agent.state is State.NOT_READY


def test_every_state_can_be_reached_and_left_for_sign_off() -> None:
    for state in State:
        unreachable = TABLE.unreachable(state)
        assert State.SIGNED_OFF not in unreachable
    assert not TABLE.unreachable(State.SIGNED_OFF)


@pytest.mark.parametrize("state", [State.RINGING, State.TALKING, State.DIALLING])
def test_order_given_during_a_call_counts_after_it(state: State) -> None:
    agent = agent_in(state, wants_ready=False)
    agent.handle(Event.READY)
    assert (agent.state, agent.wants_ready) == (state, True)
    agent.handle(Event.NOT_READY)
    assert (agent.state, agent.wants_ready) == (state, False)


def test_agent_who_did_not_answer_wants_no_calls() -> None:
    agent = agent_in(State.RINGING)
    agent.handle(Event.NO_ANSWER)
    assert (agent.state, agent.wants_ready) == (State.NOT_READY, False)

"""The agent's table: every pair of state and event."""

from __future__ import annotations

import pytest

from callcenter.agents.agent_fsm import TABLE, AgentFsm, Event, Resume, State
from callcenter.errors import StateError


def agent_in(state: State, wants_ready: bool = True) -> AgentFsm:
    agent = AgentFsm("1001")
    agent.state, agent.wants_ready = state, wants_ready
    return agent


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_follows_the_table_or_is_refused(state: State, event: Event) -> None:
    agent = agent_in(state)
    wanted = TABLE.get((state, event))
    assert agent.permits(event) == (wanted is not None)
    if wanted is None:
        with pytest.raises(StateError, match=f"{event.value}.*{state.value}"):
            agent.event(event)
        assert agent.state is state
        return
    assert agent.event(event) is state
    assert agent.state is (State.READY if wanted is Resume.RESUME else wanted)


@pytest.mark.parametrize("pair", [pair for pair, to in TABLE.items() if to is Resume.RESUME])
def test_agent_who_asked_for_a_break_gets_it_after_the_call(pair: tuple[State, Event]) -> None:
    agent = agent_in(pair[0], wants_ready=False)
    agent.event(pair[1])
    assert agent.state is State.NOT_READY


def test_every_state_can_be_reached_and_left_for_sign_off() -> None:
    def reachable(start: State) -> set[State]:
        found, todo = {start}, [start]
        while todo:
            here = todo.pop()
            for (state, _), to in TABLE.items():
                targets = {State.READY, State.NOT_READY} if isinstance(to, Resume) else {to}
                if state is here:
                    todo += targets - found
                    found |= targets
        return found

    assert reachable(State.SIGNED_OFF) == set(State)
    assert all(State.SIGNED_OFF in reachable(state) for state in State)


def test_agent_who_did_not_answer_wants_no_calls() -> None:
    agent = agent_in(State.RINGING)
    agent.event(Event.NO_ANSWER)
    assert (agent.state, agent.wants_ready) == (State.NOT_READY, False)

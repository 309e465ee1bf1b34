"""Flows: what is refused before activation, and the session of a caller."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.config import DATA
from callcenter.errors import ConfigurationError, StateError
from callcenter.ivr.flow import Flow, load_flow, parse_flow
from callcenter.ivr.session import HangUp, IvrSession, Play, State, Step, Stop, ToQueue
from callcenter.loading import read_toml
from testrig.clock import SECOND

PROMPTS = ("greeting", "menu", "invalid", "timeout", "information", "goodbye")
QUEUES = ("sales",)
TABLE = read_toml(DATA / "main_flow.toml")


def parsed(table: dict[str, Any]) -> Flow:
    return parse_flow(table, source="f.toml", prompts=PROMPTS, queues=QUEUES)


def session() -> IvrSession:
    return IvrSession(parsed(TABLE))


def changed(path: str, value: object) -> dict[str, Any]:
    """The default flow with the value at `path` replaced, or taken away if None."""
    table = deepcopy(TABLE)
    *way, last = path.split(".")
    inner = table
    for name in way:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return table


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("start", "greting", "f.toml: start: found 'greting'.*did you mean greeting"),
        ("start", None, "start: found None, expected the name of a node"),
        ("nodes", {}, "nodes: found {}, expected a table of nodes"),
        ("begin", "x", "begin: unknown key"),
        ("nodes.menu.type", "men", "nodes.menu.type: found 'men'.*did you mean menu"),
        ("nodes.menu.keys.1", "agent", "nodes.menu.keys.1: found 'agent'.*did you mean agents"),
        ("nodes.menu.keys.12", "agents", "nodes.menu.keys: found '12'"),
        ("nodes.menu.keys", {}, "at least one key"),
        ("nodes.menu.timeout", 0.0, "nodes.menu.timeout: found 0.0, expected more than 0 s"),
        ("nodes.menu.timeout", "5", "nodes.menu.timeout: found '5', expected a number"),
        ("nodes.menu.attempts", 0, "nodes.menu.attempts: found 0, expected 1 or more"),
        ("nodes.menu.exhausted", None, "nodes.menu.exhausted: missing, expected a string"),
        ("nodes.menu.prompt", "mneu", "nodes.menu.prompt: found 'mneu'.*did you mean menu"),
        ("nodes.greeting.next", "nowhere", "nodes.greeting.next: found 'nowhere'"),
        ("nodes.greeting.nxt", "menu", "nodes.greeting.nxt: unknown key.*did you mean next"),
        ("nodes.agents.queue", "sale", "nodes.agents.queue: found 'sale'.*did you mean sales"),
        ("nodes.end.cause", 200, "nodes.end.cause: found 200, expected 1 to 127"),
        ("nodes.lost", {"type": "hangup"}, "nodes.lost: nothing leads to it"),
        ("nodes.information.next", "information", "loop without input: information -> information"),
    ],
)
def test_flow_with_a_fault_is_refused_before_activation(path: str, value: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parsed(changed(path, value))


def test_flow_that_nobody_can_leave_is_refused() -> None:
    menu = {"type": "menu", "prompt": "menu", "keys": {"1": "menu"}, "exhausted": "menu"}
    with pytest.raises(ConfigurationError, match="callers could not leave"):
        parsed({"start": "menu", "nodes": {"menu": menu}})


def test_flow_file_that_is_not_toml_is_refused_with_its_name(tmp_path: Any) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("start = ")
    with pytest.raises(ConfigurationError, match=r"bad\.toml: not valid TOML"):
        load_flow(path, prompts=PROMPTS, queues=QUEUES)
    with pytest.raises(ConfigurationError, match=r"none\.toml: cannot be read"):
        load_flow(tmp_path / "none.toml", prompts=PROMPTS, queues=QUEUES)


def test_greeting_leads_to_the_menu_and_its_time_runs_from_the_end_of_the_prompt() -> None:
    caller = session()
    assert caller.start(0) == [Play("greeting")]
    assert caller.play_ended(100) == [Play("menu")]
    assert caller.deadline is None
    assert caller.play_ended(300) == []
    assert caller.deadline == 300 + 5 * SECOND
    assert caller.expire(300 + 5 * SECOND - 1) == []
    assert caller.expire(300 + 5 * SECOND) == [Play("timeout")]


def test_key_during_the_greeting_counts_in_the_menu() -> None:
    caller = session()
    caller.start(0)
    steps = caller.digit("1", 50)
    assert steps == [Stop(), ToQueue("sales")]
    assert caller.state is State.OVER


def test_key_during_an_uninterruptible_prompt_changes_nothing() -> None:
    caller = IvrSession(parsed(changed("nodes.greeting.interruptible", False)))
    caller.start(0)
    assert caller.digit("1", 50) == []
    assert caller.play_ended(100) == [Play("menu")]


def test_information_returns_to_the_menu() -> None:
    caller = session()
    caller.start(0)
    caller.play_ended(1)
    assert caller.digit("2", 2) == [Play("information")]
    assert caller.play_ended(3) == [Play("menu")]


def test_wrong_key_may_be_corrected_while_the_explanation_plays() -> None:
    caller = session()
    caller.start(0)
    caller.play_ended(1)
    assert caller.digit("9", 2) == [Play("invalid")]
    assert caller.digit("1", 3) == [Stop(), ToQueue("sales")]


def test_third_failure_of_either_kind_says_goodbye_and_hangs_up() -> None:
    caller = session()
    caller.start(0)
    caller.play_ended(1)
    assert caller.digit("9", 2) == [Play("invalid")]
    assert caller.play_ended(3) == [Play("menu")]
    caller.play_ended(4)
    assert caller.expire(4 + 5 * SECOND) == [Play("timeout")]
    assert caller.digit("8", 50_000) == [Play("goodbye")]
    assert caller.digit("1", 50_001) == []
    assert caller.play_ended(50_002) == [Stop(), HangUp(16)]
    with pytest.raises(StateError, match="over"):
        caller.digit("1", 50_003)


def test_valid_key_forgives_earlier_failures() -> None:
    caller = session()
    caller.start(0)
    caller.play_ended(1)
    caller.digit("9", 2)
    caller.digit("9", 3)
    caller.digit("2", 4)
    caller.play_ended(5)
    assert caller.digit("9", 6) == [Play("invalid")]


@given(st.lists(st.sampled_from(["1", "2", "9", "#", "end", "wait"]), max_size=40))
def test_whatever_the_caller_does_something_plays_or_a_time_runs(stimuli: list[str]) -> None:
    caller = session()
    now, playing = 0, False
    steps: list[Step] = caller.start(now)
    for stimulus in ["", *stimuli]:
        now += 10
        if stimulus == "end":
            steps = caller.play_ended(now) if playing else []
            playing = False
        elif stimulus == "wait":
            now = max(now, caller.deadline or 0)
            steps = caller.expire(now)
        elif stimulus:
            steps = caller.digit(stimulus, now)
        for step in steps:
            playing = isinstance(step, Play)
        if caller.state is State.OVER:
            assert isinstance(steps[-1], ToQueue | HangUp)
            return
        assert playing or caller.deadline is not None

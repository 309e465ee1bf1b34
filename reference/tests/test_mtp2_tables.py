"""Every pair of state and event of every machine of level 2, against a second writing of the diagrams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import pytest

from callcenter.errors import StateError
from callcenter.fsm import Machine, Table, Transition, Unexpected
from callcenter.ss7.mtp2 import Mtp2Link, Reason, cc_fsm, iac_fsm, lsc_fsm, poc_fsm

Expected = Mapping[str, Mapping[str, str]]

DOWN = {"STOP": "OUT_OF_SERVICE", "LINK_FAILURE": "OUT_OF_SERVICE", "SIO": "OUT_OF_SERVICE"}
READY = {**DOWN, "SIOS": "OUT_OF_SERVICE", "T1": "OUT_OF_SERVICE"}
RUNNING = {**DOWN, "SIN": "OUT_OF_SERVICE", "SIE": "OUT_OF_SERVICE", "SIOS": "OUT_OF_SERVICE"}
LSC: Expected = {
    "POWER_OFF": {"POWER_ON": "OUT_OF_SERVICE"},
    "OUT_OF_SERVICE": {"START": "INITIAL_ALIGNMENT"},
    "INITIAL_ALIGNMENT": {
        "STOP": "OUT_OF_SERVICE",
        "LINK_FAILURE": "OUT_OF_SERVICE",
        "ALIGNMENT_NOT_POSSIBLE": "OUT_OF_SERVICE",
        "ALIGNMENT_COMPLETE": "ALIGNED_READY",
    },
    "ALIGNED_READY": {
        **READY,
        "FISU_MSU": "IN_SERVICE",
        "SIPO": "PROCESSOR_OUTAGE",
        "LOCAL_OUTAGE": "ALIGNED_NOT_READY",
    },
    "ALIGNED_NOT_READY": {
        **READY,
        "FISU_MSU": "PROCESSOR_OUTAGE",
        "SIPO": "PROCESSOR_OUTAGE",
        "LOCAL_RECOVERED": "ALIGNED_READY",
    },
    "IN_SERVICE": {**RUNNING, "SIPO": "PROCESSOR_OUTAGE", "LOCAL_OUTAGE": "PROCESSOR_OUTAGE"},
    "PROCESSOR_OUTAGE": {**RUNNING, "NO_OUTAGE": "IN_SERVICE"},
}
"""Q.703 figure 8: next states; what is not here leaves the state."""

IAC: Expected = {
    "IDLE": {"START": "NOT_ALIGNED"},
    "NOT_ALIGNED": {"SIO": "ALIGNED", "SIN": "ALIGNED", "SIE": "ALIGNED", "T2": "IDLE", "STOP": "IDLE"},
    "ALIGNED": {"SIN": "PROVING", "SIE": "PROVING", "SIOS": "IDLE", "T3": "IDLE", "STOP": "IDLE"},
    "PROVING": {"SIO": "ALIGNED", "SIOS": "IDLE", "T4": "IDLE", "STOP": "IDLE"},
}
"""Q.703 figure 9, first abort of proving included."""

POC: Expected = {
    "IDLE": {"LOCAL_OUTAGE": "LOCAL", "REMOTE_OUTAGE": "REMOTE"},
    "LOCAL": {"LOCAL_RECOVERED": "IDLE", "REMOTE_OUTAGE": "BOTH", "STOP": "IDLE"},
    "REMOTE": {"REMOTE_RECOVERED": "IDLE", "LOCAL_OUTAGE": "BOTH", "STOP": "IDLE"},
    "BOTH": {"LOCAL_RECOVERED": "REMOTE", "REMOTE_RECOVERED": "LOCAL", "STOP": "IDLE"},
}
"""Q.703 figure 10."""

CC: Expected = {"IDLE": {"CONGESTION": "CONGESTED"}, "CONGESTED": {"ABATED": "IDLE", "STOP": "IDLE"}}
"""Q.703 figure 19."""

MACHINES: list[tuple[Table[Any, Any], Callable[[Mtp2Link], Machine[Any, Any]], Expected, Enum]] = [
    (lsc_fsm.TABLE, lambda link: link.lsc, LSC, lsc_fsm.State.POWER_OFF),
    (iac_fsm.TABLE, lambda link: link.iac, IAC, iac_fsm.State.IDLE),
    (poc_fsm.TABLE, lambda link: link.poc, POC, poc_fsm.State.IDLE),
    (cc_fsm.TABLE, lambda link: link.cc, CC, cc_fsm.State.IDLE),
]
WITH_REASON = {lsc_fsm.Event.LINK_FAILURE, lsc_fsm.Event.ALIGNMENT_NOT_POSSIBLE}
PAIRS = [
    pytest.param(machine, expected, state, event, id=f"{table.name}-{state.name}-{event.name}")
    for table, machine, expected, _ in MACHINES
    for state, event in table.product()
]


@pytest.mark.parametrize(("machine_of", "expected", "state", "event"), PAIRS)
def test_machine_every_pair_leads_where_the_figure_says(
    machine_of: Callable[[Mtp2Link], Machine[Any, Any]], expected: Expected, state: Enum, event: Enum
) -> None:
    machine = machine_of(Mtp2Link("pair"))
    machine.state = state
    machine.handle(event, *((Reason.ERROR_RATE,) if event in WITH_REASON else ()))
    assert machine.state.name == expected[state.name].get(event.name, state.name)


@pytest.mark.parametrize(("table", "machine_of", "expected", "initial"), MACHINES)
def test_table_every_state_reachable_and_every_event_used(
    table: Table[Any, Any],
    machine_of: Callable[[Mtp2Link], Machine[Any, Any]],
    expected: Expected,
    initial: Enum,
) -> None:
    assert table.unreachable(initial) == set()
    assert {event for _, event, _ in table.rows()} == {event for _, event in table.product()}
    assert all(transition.clause.startswith("Q.70") for _, _, transition in table.rows())
    assert set(expected) == {state.name for state in table.states}


class Lamp(Enum):
    OFF = "off"
    ON = "on"


class Press(Enum):
    SHORT = "short"
    LONG = "long"
    TWICE = "twice"


def switch(**policies: Unexpected) -> type[Machine[Lamp, Press]]:
    class Switch(Machine[Lamp, Press]):
        table = Table(
            "switch",
            Lamp,
            Press,
            {
                (Lamp.OFF, Press.SHORT): Transition("toggle", (Lamp.ON, Lamp.OFF)),
                (Lamp.ON, Press.SHORT): Transition("", Lamp.OFF),
            },
            unexpected=policies.get("default", Unexpected.IGNORE),
            exceptions={Press.TWICE: policies.get("twice", Unexpected.IGNORE)},
        )

        def toggle(self, to: Lamp | None) -> Lamp | None:
            return to

    return Switch


def test_machine_choice_of_next_state_is_the_action() -> None:
    machine = switch()("s", Lamp.OFF)
    visited = []
    for arguments in ((Lamp.OFF,), (Lamp.ON,), ()):
        machine.handle(Press.SHORT, *arguments)
        visited.append(machine.state)
    assert visited == [Lamp.OFF, Lamp.ON, Lamp.OFF]


def test_machine_choice_outside_the_table_refused() -> None:
    machine = switch()("s", Lamp.OFF)
    with pytest.raises(StateError, match="toggle in off chose None, expected one of on, off"):
        machine.handle(Press.SHORT, None)


def test_machine_policies_count_ignore_refuse() -> None:
    machine = switch(default=Unexpected.COUNT, twice=Unexpected.REFUSE)("s", Lamp.OFF)
    machine.handle(Press.LONG)
    assert (machine.state, machine.unexpected) == (Lamp.OFF, 1)
    with pytest.raises(StateError, match="s: twice is not possible in state off"):
        machine.handle(Press.TWICE)
    ignoring = switch()("s", Lamp.OFF)
    ignoring.handle(Press.TWICE)
    assert (ignoring.state, ignoring.unexpected) == (Lamp.OFF, 0)


def test_machine_action_without_method_refused_at_definition() -> None:
    with pytest.raises(StateError, match="names action 'glow'"):
        type(
            "Broken",
            (Machine,),
            {"table": Table("broken", Lamp, Press, {(Lamp.OFF, Press.SHORT): Transition("glow", Lamp.ON)})},
        )


def test_table_unreachable_state_found() -> None:
    table: Table[Lamp, Press] = Table("dark", Lamp, Press, {})
    assert table.unreachable(Lamp.OFF) == {Lamp.ON}

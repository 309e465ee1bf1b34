"""Every pair of state and event of the machines of level 3, against a second writing of the procedures.

LSAC and SLTC are in `test_mtp3_network`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

import pytest

from callcenter.errors import StateError
from callcenter.fsm import Machine, Table
from callcenter.ss7.mtp3 import inhibit_fsm, rcat_fsm, rsrt_fsm, tcbc_fsm, tcoc_fsm, tcrc_fsm, tprc_fsm
from callcenter.ss7.mtp3.links import SignallingLink, Taken
from callcenter.ss7.mtp3.management import Heading, Management
from callcenter.ss7.mtp3.timers import Agenda, TimerOwner

Expected = Mapping[str, Mapping[str, str]]
Running = Mapping[str, str]


def nothing(*_: object) -> None:
    """Do nothing."""


class Link:
    """A failed link that had sent nothing."""

    name = "link"
    in_service = False
    accepted = 127

    def take(self) -> Taken:
        return Taken(0, (), ())

    def fail(self) -> None:
        """It has failed already."""

    def take_unsent(self) -> tuple[bytes, ...]:
        return ()


@dataclass
class Changeover:
    """What changeover asks of level 3: is there a path to the other end, and a way for the traffic?"""

    agenda: Agenda
    path: bool
    elsewhere: bool
    put_back: Callable[..., None] = nothing
    release: Callable[..., None] = nothing

    def hold_link(self, link: object, owner: object) -> bool:
        return self.elsewhere

    def about_link(self, link: object, message: Management) -> bool:
        return self.path


def changeover(agenda: Agenda, *, path: bool, elsewhere: bool = True) -> Machine[Any, Any]:
    user = Changeover(agenda, path, elsewhere)
    return tcoc_fsm.ChangeoverControl(cast(SignallingLink, Link()), cast(tcoc_fsm.ChangeoverUser, user))


def restart(agenda: Agenda, *, transfer: bool, procedure: bool = True) -> Machine[Any, Any]:
    outputs = tprc_fsm.RestartOutputs(agenda, transfer, procedure, nothing, nothing)
    return tprc_fsm.SignallingPointRestartControl(outputs)


def adjacent(agenda: Agenda) -> Machine[Any, Any]:
    return tprc_fsm.AdjacentRestartControl(
        1, tprc_fsm.AdjacentOutputs(agenda, nothing, nothing, nothing, nothing)
    )


def congestion(agenda: Agenda, *, level: int) -> Machine[Any, Any]:
    machine = rcat_fsm.CongestionTestControl("F", agenda, nothing, nothing)
    machine.level = level
    return machine


def inhibition(agenda: Agenda, *, local: bool, permitted: bool = True) -> Machine[Any, Any]:
    outputs = inhibit_fsm.InhibitOutputs(agenda, nothing, lambda: permitted, *[nothing] * 3)
    kind = inhibit_fsm.LocalInhibition if local else inhibit_fsm.RemoteInhibition
    return kind("link", outputs)


@dataclass(frozen=True)
class Block:
    """A machine, and what each event does: the next state, or REFUSED; what is not here leaves the state."""

    name: str
    table: Table[Any, Any]
    make: Callable[[Agenda], Machine[Any, Any]]
    expected: Expected
    running: Running = field(default_factory=dict)
    """The timers that run after each state is entered, where they are always the same."""
    arguments: tuple[object, ...] = ()


_ENDS = dict.fromkeys(("COO", "ECO"), "IDLE")
TCOC: Expected = {
    "IDLE": {"FAILED": "WAIT", "BLOCKED": "BLOCKED", "INHIBITED": "TIMED"},
    "WAIT": {**_ENDS, "COA": "IDLE", "ECA": "IDLE", "T2": "IDLE"},
    "TIMED": {**_ENDS, "T1": "IDLE", "AVAILABLE": "IDLE", "FAILED": "WAIT", "BLOCKED": "BLOCKED"},
    "BLOCKED": {**_ENDS, "T1": "IDLE", "AVAILABLE": "IDLE", "INHIBITED": "TIMED", "FAILED": "WAIT"},
}
"""Q.704 5, with a path to the other end."""


def failing(expected: Expected, following: str) -> Expected:
    """The same without a path to the other end: what follows when the link fails."""
    return {
        state: {event: following if event == "FAILED" else after for event, after in pairs.items()}
        for state, pairs in expected.items()
    }


TCBC: Expected = {
    "IDLE": {"BEGIN": "FIRST", "BEGIN_TIMED": "TIMED"},
    "FIRST": {"CBA": "IDLE", "T4": "SECOND"},
    "SECOND": {"CBA": "IDLE", "T5": "IDLE"},
    "TIMED": {"T3": "IDLE"},
}
"""Q.704 6."""
TCRC: Expected = {"IDLE": {"REROUTE": "WAIT"}, "WAIT": {"T6": "IDLE"}}
"""Q.704 8."""


def tprc(first: str) -> Expected:
    """Q.704 9.1, 9.2; where the first link leads to depends on what the point is."""
    return {
        "ISOLATED": {"LINK": first},
        "LEARNING": {
            "ISOLATION": "ISOLATED",
            **dict.fromkeys(("ALL_READY", "T18", "T20"), "AVAILABLE"),
        },
        "RESTARTING": {"ISOLATION": "ISOLATED", "ALL_READY": "AVAILABLE", "T20": "AVAILABLE"},
        "AVAILABLE": {"ISOLATION": "ISOLATED"},
    }


ADJACENT: Expected = {
    "UNAVAILABLE": {"UP": "RESTARTING", "UP_ACCESSIBLE": "AVAILABLE"},
    "RESTARTING": {"TRA": "AVAILABLE", "T21": "AVAILABLE", "DOWN": "UNAVAILABLE"},
    "AVAILABLE": {"DOWN": "UNAVAILABLE"},
}
"""Q.704 9.3, 9.5."""
RSRT: Expected = {
    "IDLE": {"TFP": "PROHIBITED", "TFR": "RESTRICTED"},
    "PROHIBITED": {"TFR": "RESTRICTED", "TFA": "IDLE", "STOP": "IDLE"},
    "RESTRICTED": {"TFP": "PROHIBITED", "TFA": "IDLE", "STOP": "IDLE"},
}
"""Q.704 13.5."""


def rcat(level: int) -> Expected:
    """Q.704 13.9 at a level of congestion: the last one ends with the test."""
    return {
        "IDLE": {"TFC": "CONGESTED"},
        "CONGESTED": {"LOST": "IDLE", "T15": "TESTING"},
        "TESTING": {"TFC": "CONGESTED", "LOST": "IDLE", **({"T16": "IDLE"} if level == 1 else {})},
    }


_ASKED = {"LIA": "INHIBITED", "LID": "UNINHIBITED", "UNINHIBIT": "UNDOING", "RESET": "UNINHIBITED"}
_UNDONE = {"LUA": "UNINHIBITED", "RESET": "UNINHIBITED", "INHIBIT": "REFUSED"}


def local(first: str) -> Expected:
    """Q.704 10.2 to 10.6, what we inhibit."""
    return {
        "UNINHIBITED": {"INHIBIT": first},
        "ASKING": {**_ASKED, "T14": "ASKING_AGAIN", "INHIBIT": "REFUSED"},
        "ASKING_AGAIN": {**_ASKED, "T14": "UNINHIBITED", "INHIBIT": "REFUSED"},
        "INHIBITED": {
            **dict.fromkeys(("UNINHIBIT", "NEEDED", "LFU"), "UNDOING"),
            "RESET": "UNINHIBITED",
            "INHIBIT": "REFUSED",
        },
        "UNDOING": {**_UNDONE, "T12": "UNDOING_AGAIN"},
        "UNDOING_AGAIN": {**_UNDONE, "T12": "INHIBITED"},
    }


_FORCED = {"LUN": "UNINHIBITED", "RESET": "UNINHIBITED"}


def remote(first: str) -> Expected:
    """Q.704 10.2 to 10.6, what the other end inhibits."""
    return {
        "UNINHIBITED": {"LIN": first},
        "INHIBITED": {**_FORCED, "NEEDED": "FORCING"},
        "FORCING": {**_FORCED, "T13": "FORCING_AGAIN"},
        "FORCING_AGAIN": {**_FORCED, "T13": "INHIBITED"},
    }


_TCOC = {"IDLE": "", "WAIT": "T2", "TIMED": "T1", "BLOCKED": "T1"}
_TPRC = {"ISOLATED": "", "LEARNING": "T18 T20", "RESTARTING": "T20", "AVAILABLE": ""}
_LOCAL = {
    "UNINHIBITED": "",
    "INHIBITED": "T22",
    **dict.fromkeys(("ASKING", "ASKING_AGAIN"), "T14"),
    **dict.fromkeys(("UNDOING", "UNDOING_AGAIN"), "T12"),
}
_REMOTE = {"UNINHIBITED": "", "INHIBITED": "T23", "FORCING": "T13", "FORCING_AGAIN": "T13"}
_RCAT = {"IDLE": "", "CONGESTED": "T15", "TESTING": "T16"}
COA = Management(Heading.COA)
BLOCKS = [
    Block("tcoc", tcoc_fsm.TABLE, lambda a: changeover(a, path=True), TCOC, _TCOC, (COA,)),
    Block(
        "tcoc without a path",
        tcoc_fsm.TABLE,
        lambda a: changeover(a, path=False),
        failing(TCOC, "TIMED"),
        _TCOC,
        (COA,),
    ),
    Block(
        "tcoc without a way",
        tcoc_fsm.TABLE,
        lambda a: changeover(a, path=False, elsewhere=False),
        failing(TCOC, "IDLE"),
        _TCOC,
        (COA,),
    ),
    Block(
        "tcbc",
        tcbc_fsm.TABLE,
        lambda a: tcbc_fsm.ChangebackControl("x", tcbc_fsm.ChangebackOutputs(a, nothing, nothing, nothing)),
        TCBC,
        {"IDLE": "", "FIRST": "T4", "SECOND": "T5", "TIMED": "T3"},
    ),
    Block(
        "tcrc",
        tcrc_fsm.TABLE,
        lambda a: tcrc_fsm.ControlledReroutingControl(1, a, nothing),
        TCRC,
        {"IDLE": "", "WAIT": "T6"},
    ),
    Block("tprc", tprc_fsm.TABLE, lambda a: restart(a, transfer=False), tprc("RESTARTING"), _TPRC),
    Block("tprc of an STP", tprc_fsm.TABLE, lambda a: restart(a, transfer=True), tprc("LEARNING"), _TPRC),
    Block(
        "tprc with nothing to wait for",
        tprc_fsm.TABLE,
        lambda a: restart(a, transfer=False, procedure=False),
        tprc("AVAILABLE"),
        _TPRC,
    ),
    Block("adjacent", tprc_fsm.ADJACENT, adjacent, ADJACENT, {"UNAVAILABLE": "", "RESTARTING": "T21"}),
    Block(
        "rsrt",
        rsrt_fsm.TABLE,
        lambda a: rsrt_fsm.RouteSetTestControl("F by A", a, nothing),
        RSRT,
        {"IDLE": "", "PROHIBITED": "T10", "RESTRICTED": "T10"},
    ),
    Block("rcat at 1", rcat_fsm.TABLE, lambda a: congestion(a, level=1), rcat(1), _RCAT, (1,)),
    Block("rcat at 2", rcat_fsm.TABLE, lambda a: congestion(a, level=2), rcat(2), _RCAT, (2,)),
    Block("local", inhibit_fsm.LOCAL, lambda a: inhibition(a, local=True), local("ASKING"), _LOCAL),
    Block(
        "local, not permitted",
        inhibit_fsm.LOCAL,
        lambda a: inhibition(a, local=True, permitted=False),
        local("UNINHIBITED"),
        _LOCAL,
    ),
    Block("remote", inhibit_fsm.REMOTE, lambda a: inhibition(a, local=False), remote("INHIBITED"), _REMOTE),
    Block(
        "remote, not permitted",
        inhibit_fsm.REMOTE,
        lambda a: inhibition(a, local=False, permitted=False),
        remote("UNINHIBITED"),
        _REMOTE,
    ),
]


@pytest.mark.parametrize(
    ("block", "state", "event"),
    [
        pytest.param(block, state, event, id=f"{block.name}-{state.name}-{event.name}")
        for block in BLOCKS
        for state, event in block.table.product()
    ],
)
def test_machine_every_pair_leads_where_the_procedure_says(block: Block, state: Enum, event: Enum) -> None:
    agenda = Agenda({})
    machine = block.make(agenda)
    machine.state = state
    following = block.expected[state.name].get(event.name, state.name)
    if following == "REFUSED":
        with pytest.raises(StateError):
            machine.handle(event, *block.arguments)
        following = state.name
    else:
        machine.handle(event, *block.arguments)
    assert machine.state.name == following
    if following != state.name and following in block.running:
        timers = {name for name in agenda.durations if agenda.running(name, cast(TimerOwner, machine))}
        assert timers == set(block.running[following].split())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_expectation_names_every_state_and_only_events_there_are(block: Block) -> None:
    assert set(block.expected) == {state.name for state in block.table.states}
    events = {event.name for event in block.table.events}
    assert all(set(pairs) <= events for pairs in block.expected.values())

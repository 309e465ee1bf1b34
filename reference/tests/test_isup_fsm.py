"""Every ISUP machine: the full product of states and events, and what the tables promise."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Charging,
    Continuity,
    Digits,
    Discard,
    ForwardTransfer,
    Leg,
    Proceeding,
    Progress,
    Release,
    Resume,
    Setup,
    Suspend,
    Transparent,
)
from callcenter.fsm import Machine, Table
from callcenter.ss7.isup import (
    IsupConfig,
    Message,
    Type,
    blr_fsm,
    bls_fsm,
    compose,
    continuity_fsm,
    cpc_in_fsm,
    cpc_out_fsm,
    crs_fsm,
    group_fsm,
    ssc_fsm,
)
from callcenter.ss7.isup.calls import Offered, initial_address
from callcenter.ss7.isup.circuit import Circuit
from callcenter.ss7.isup.indicators import (
    BackwardCallIndicators,
    ContinuityIndicators,
    EventInformation,
    InformationIndicators,
    InformationRequestIndicators,
    SuspendResumeIndicators,
)
from callcenter.ss7.isup.parameters import (
    CallingPartyNumber,
    CauseIndicators,
    RangeAndStatus,
    SubsequentNumber,
    UserToUserInformation,
)
from callcenter.ss7.isup.services import Services
from callcenter.ss7.isup.supplementary import ChargeInformation
from callcenter.ss7.isup.timers import TIMERS, durations

OWN, PEER, CIC = 100, 200, 7
CONFIG = IsupConfig(OWN, {PEER: (CIC,)})


def circuit() -> Circuit:
    return Circuit(Services(CONFIG, durations({})), PEER, CIC, Leg("trunk", CIC))


def iam() -> Message:
    return initial_address(CIC, Setup("8008200001"), CONFIG)


MESSAGES: dict[str, Message] = {
    "IAM": iam(),
    "SAM": compose(CIC, Type.SAM, SubsequentNumber("12")),
    "SGM": compose(CIC, Type.SGM),
    "COT_SUCCESS": compose(CIC, Type.COT, ContinuityIndicators(1)),
    "COT_FAILURE": compose(CIC, Type.COT, ContinuityIndicators(0)),
    "CCR": compose(CIC, Type.CCR),
    "SUS": compose(CIC, Type.SUS, SuspendResumeIndicators(1)),
    "RES": compose(CIC, Type.RES, SuspendResumeIndicators(1)),
    "REL": compose(CIC, Type.REL, CauseIndicators(16)),
    "RLC": compose(CIC, Type.RLC),
    "BACKWARD": compose(CIC, Type.ANM),
    "FORWARD": compose(CIC, Type.CCR),
    "ACM": compose(CIC, Type.ACM, BackwardCallIndicators()),
    "CPG": compose(CIC, Type.CPG, EventInformation()),
    "ANM": compose(CIC, Type.ANM),
    "CON": compose(CIC, Type.CON, BackwardCallIndicators()),
    "INR": compose(CIC, Type.INR, InformationRequestIndicators()),
    "UCIC": compose(CIC, Type.UCIC),
    "INF": compose(CIC, Type.INF, InformationIndicators(3), CallingPartyNumber("1")),
    "FOT": compose(CIC, Type.FOT),
    "MPM": compose(CIC, Type.MPM, ChargeInformation(2)),
    "PASSED": compose(CIC, Type.USR, UserToUserInformation(4, b"x")),
}
"""What a call machine's event carries, by the event's name."""

PRIMITIVES: dict[str, Any] = {
    "PROCEEDING": Proceeding(),
    "ALERTING": Alerting(),
    "PROGRESS": Progress(),
    "ANSWER": Answer(),
    "RELEASE": Release(16),
    "SETUP": Setup("8008200001"),
    "DIGITS": Digits("12"),
    "CONTINUITY": Continuity(successful=True),
    "FORWARD_TRANSFER": ForwardTransfer(),
    "SUSPEND": Suspend(),
    "RESUME": Resume(),
    "CHARGING": Charging(3),
    "DISCARD": Discard(),
    "PASS": Transparent("isup", (compose(9, Type.FOT),)),
    "CLEAR": 97,
}


def incoming() -> tuple[Any, Circuit]:
    owner = circuit()
    call = cpc_in_fsm.IncomingCall(owner)
    call.offered = Offered.of(iam())
    owner.cpc = call
    return call, owner


def outgoing() -> tuple[Any, Circuit]:
    owner = circuit()
    call = cpc_out_fsm.OutgoingCall(owner)
    owner.cpc = call
    return call, owner


def group() -> tuple[Any, Circuit]:
    owner = circuit()
    order = group_fsm.Order(Type.CGB, PEER, CIC, RangeAndStatus.of(2, {0, 1}))
    return group_fsm.GroupSending(owner.services, order, lambda sending: None), owner


def segments() -> tuple[Any, Circuit]:
    call, owner = outgoing()
    call.segments.hold(0, MESSAGES["ACM"])
    owner.services.agenda.stop((call.segments, "T34"))
    return call.segments, owner


def of_circuit(name: str) -> Callable[[], tuple[Any, Circuit]]:
    def make() -> tuple[Any, Circuit]:
        owner = circuit()
        return getattr(owner, name), owner

    return make


MACHINES: dict[str, tuple[Table[Any, Any], Callable[[], tuple[Any, Circuit]]]] = {
    "CPCI": (cpc_in_fsm.TABLE, incoming),
    "CPCO": (cpc_out_fsm.TABLE, outgoing),
    "CCO": (continuity_fsm.TABLE, of_circuit("check")),
    "CRS": (crs_fsm.TABLE, of_circuit("crs")),
    "BLS": (bls_fsm.TABLE, of_circuit("bls")),
    "BLR": (blr_fsm.TABLE, of_circuit("blr")),
    "GROUP": (group_fsm.TABLE, group),
    "SSCO": (ssc_fsm.TABLE, segments),
}

PRODUCT = [
    pytest.param(name, state, event, id=f"{name}-{state.name}-{event.name}")
    for name, (table, _) in MACHINES.items()
    for state, event in table.product()
]


def arguments(name: str, event: Enum) -> tuple[Any, ...]:
    if name == "SSCO" and event.name not in {"T34", "STOP"}:
        return (0, MESSAGES["ACM"])
    if name not in {"CPCI", "CPCO"}:
        return (0,)
    if event.name in MESSAGES and not (name == "CPCI" and event.name == "RESET"):
        return (0, MESSAGES[event.name])
    if event.name in PRIMITIVES:
        return (0, PRIMITIVES[event.name])
    return (0,)


@pytest.mark.parametrize(("name", "state", "event"), PRODUCT)
def test_every_state_and_event_has_its_outcome(name: str, state: Enum, event: Enum) -> None:
    table, make = MACHINES[name]
    machine, owner = make()
    machine.state = state
    services = owner.services
    machine.handle(event, *arguments(name, event))
    transition = table.find(state, event)
    if transition is None:
        assert machine.state is state
        assert not services.messages
        assert not services.indications
        assert not services.notices
        assert len(services.agenda) == 0
    else:
        assert machine.state in transition.targets
        assert transition.clause or not transition.action or transition.action == "late"


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_can_be_reached(name: str) -> None:
    table, make = MACHINES[name]
    machine, _ = make()
    assert isinstance(machine, Machine)
    assert not table.unreachable(machine.state)


@pytest.mark.parametrize("name", ["CPCI", "CPCO"])
def test_release_is_answered_in_every_state_with_a_call(name: str) -> None:
    table, make = MACHINES[name]
    for state in table.states:
        if state.name == "IDLE":
            continue
        machine, owner = make()
        machine.state = state
        machine.handle(table.events["REL"], 0, MESSAGES["REL"])
        assert [sent.data[2] for sent in owner.services.messages] == [Type.RLC], state


@pytest.mark.parametrize("name", ["CPCI", "CPCO"])
def test_engine_can_release_in_every_state_it_knows_of(name: str) -> None:
    table, make = MACHINES[name]
    for state in table.states:
        machine, owner = make()
        machine.state = state
        machine.handle(table.events["RELEASE"], 0, Release(17))
        sent = [each.data[2] for each in owner.services.messages]
        known = state.name in {"WAIT_FOR_ACM", "WAIT_FOR_ANM", "ANSWERED", "SUSPENDED"}
        assert sent == ([Type.REL] if known else []), state


def test_every_timer_event_has_a_record() -> None:
    for table, _ in MACHINES.values():
        names = [event.name for event in table.events if event.name[1:].isdigit()]
        assert set(names) <= set(TIMERS)


def test_defaults_are_within_their_ranges() -> None:
    for spec in TIMERS.values():
        assert spec.checked(spec.default) == spec.default
        assert spec.clause

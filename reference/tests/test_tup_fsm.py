"""Every TUP machine: the full product of states and events, and what the tables promise."""

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
    ForwardTransfer,
    Leg,
    Release,
    Resume,
    Setup,
    Suspend,
    Transparent,
)
from callcenter.fsm import Machine, Table
from callcenter.ss7.tup import (
    TIMERS,
    Heading,
    Message,
    TupConfig,
    bls_fsm,
    continuity_fsm,
    cpc_in_fsm,
    cpc_out_fsm,
    order_fsm,
)
from callcenter.ss7.tup.calls import Offered
from callcenter.ss7.tup.circuit import INCOMING, OUTGOING, REQUESTS_IN, REQUESTS_OUT, Circuit
from callcenter.ss7.tup.contents import (
    AddressComplete,
    GeneralRequest,
    InitialAddress,
    MeteringPulses,
    SubsequentOne,
)
from callcenter.ss7.tup.services import Services
from callcenter.timers import durations

OWN, PEER, CIC = 100, 200, 7
CONFIG = TupConfig(OWN, {PEER: (CIC,)})
IAM = Message(CIC, Heading.IAM, InitialAddress("8008200001"))


def circuit() -> Circuit:
    return Circuit(Services(CONFIG, durations(TIMERS, {})), PEER, CIC, Leg("trunk", CIC))


MESSAGES: dict[str, Message] = {
    "IAM": IAM,
    "ADDRESS": Message(CIC, Heading.SAO, SubsequentOne("1")),
    "FORWARD": Message(CIC, Heading.OPR),
    "BACKWARD": Message(CIC, Heading.MAL),
    "ACM": Message(CIC, Heading.ACM, AddressComplete()),
    "GRQ": Message(CIC, Heading.GRQ, GeneralRequest(calling=1)),
    "CHARGE": Message(CIC, Heading.MPM, MeteringPulses(3)),
    "UNSUCCESSFUL": Message(CIC, Heading.SSB),
    **{name: Message(CIC, Heading[name]) for name in ("COT", "CCF", "CCR", "CLF", "CCL", "FOT")},
    **{name: Message(CIC, Heading[name]) for name in ("CBK", "RAN", "CFL", "RLG")},
}
"""What a call machine's event carries, by the event's name."""

PRIMITIVES: dict[str, Any] = {
    "COMPLETE": Alerting(),
    "SUSPEND": Suspend(),
    "RESUME": Resume(),
    "CHARGING": Charging(1, Transparent("tup", (Message(CIC, Heading.CHG),))),
    "TRANSPARENT": Transparent("tup", (Message(CIC, Heading.OPR),)),
    "RELEASE": Release(16),
    "SETUP": Setup("8008200001"),
    "DIGITS": Digits("12"),
    "CONTINUITY": Continuity(True),
    "OPERATOR": ForwardTransfer(),
}


def incoming() -> tuple[Any, Circuit]:
    owner = circuit()
    call = cpc_in_fsm.IncomingCall(owner)
    call.offered = Offered.of(IAM)
    owner.cpc = call
    return call, owner


def outgoing() -> tuple[Any, Circuit]:
    owner = circuit()
    call = cpc_out_fsm.OutgoingCall(owner)
    call._iam = InitialAddress("8008200001")
    owner.cpc = call
    return call, owner


def of_circuit(name: str) -> Callable[[], tuple[Any, Circuit]]:
    def make() -> tuple[Any, Circuit]:
        owner = circuit()
        return getattr(owner, name), owner

    return make


MACHINES: dict[str, tuple[Table[Any, Any], Callable[[], tuple[Any, Circuit]]]] = {
    "CPCI": (cpc_in_fsm.TABLE, incoming),
    "CPCO": (cpc_out_fsm.TABLE, outgoing),
    "BLS": (bls_fsm.TABLE, of_circuit("bls")),
    "CCO": (continuity_fsm.TABLE, of_circuit("check")),
    "ORDER": (order_fsm.TABLE, of_circuit("crs")),
}

PRODUCT = [
    pytest.param(name, state, event, id=f"{name}-{state.name}-{event.name}")
    for name, (table, _) in MACHINES.items()
    for state, event in table.product()
]


def arguments(name: str, event: Enum) -> tuple[Any, ...]:
    if name == "CPCI" and event.name == "DIGITS":
        return (0,)
    if name == "CPCI" and event.name == "ANSWER":
        return (0, Answer())
    if name == "CPCO" and event.name == "ANSWER":
        return (0, Message(CIC, Heading.ANC))
    if name in {"CPCI", "CPCO"}:
        for known in (MESSAGES, PRIMITIVES):
            if event.name in known:
                return (0, known[event.name])
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
        assert transition.clause


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_can_be_reached(name: str) -> None:
    table, make = MACHINES[name]
    machine, _ = make()
    assert isinstance(machine, Machine)
    assert not table.unreachable(machine.state)


def sent(owner: Circuit) -> list[int]:
    return [each.data[1] for each in owner.services.messages]


def test_clear_forward_is_answered_by_release_guard_in_every_state_of_an_incoming_call() -> None:
    for state in cpc_in_fsm.State:
        if state is cpc_in_fsm.State.IDLE:
            continue
        machine, owner = incoming()
        machine.state = state
        machine.handle(cpc_in_fsm.Event.CLF, 0, MESSAGES["CLF"])
        assert sent(owner) == [Heading.RLG], state
        assert owner.cpc is None


def test_engine_clears_an_outgoing_call_by_clear_forward_in_every_state() -> None:
    for state in cpc_out_fsm.State:
        machine, owner = outgoing()
        machine.state = state
        machine.handle(cpc_out_fsm.Event.RELEASE, 0, Release(17))
        up = state not in (cpc_out_fsm.State.IDLE, cpc_out_fsm.State.WAIT_FOR_RLG)
        assert sent(owner) == ([Heading.CLF] if up else []), state


def test_tables_of_messages_and_requests_name_every_event_that_is_no_timer_nor_order() -> None:
    def named(table: Table[Any, Any], *sources: Any) -> set[str]:
        heard = {event.name for source in sources for event in source.values()}
        return {event.name for event in table.events} - heard

    others = {"RESET", "HARDWARE", "RESET_ORDER"}
    left_in = named(cpc_in_fsm.TABLE, INCOMING, REQUESTS_IN)
    assert left_in == others | {"IAM", "T1", "T3", "T4", "T5", "DIGITS", "LAST_DIGIT"}
    left_out = named(cpc_out_fsm.TABLE, OUTGOING, REQUESTS_OUT)
    assert left_out == others | {
        *("SETUP", "BLOCKED", "CHECKED", "CHECK_FAILED", "FREE"),
        *("T2", "T6", "T7", "NO_ANSWER", "NO_RAN"),
    }


def test_every_timer_has_a_clause_and_a_default_within_its_range() -> None:
    for spec in TIMERS.values():
        assert spec.checked(spec.default) == spec.default
        assert spec.clause
    for timing in (order_fsm.BLOCKING, order_fsm.UNBLOCKING, order_fsm.RESET, *order_fsm.GROUP.values()):
        assert set(timing) <= set(TIMERS)

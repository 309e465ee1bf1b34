"""Circuits of unknown state: which resets go out, when, and what may be used before they are acknowledged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.primitives import Leg, Setup
from callcenter.config import circuits, reference_config
from callcenter.ss7.isup import Isup, IsupConfig
from callcenter.ss7.isup import decode as isup_message
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import RangeAndStatus as IsupRange
from callcenter.ss7.ranges import MAXIMUM, ranges
from callcenter.ss7.tup import Heading, Message, Tup, TupConfig
from callcenter.ss7.tup import decode as tup_message
from callcenter.ss7.tup.contents import RangeAndStatus as TupRange
from callcenter.ss7.user_part import Outgoing
from testrig.clock import SECOND

OWN, NEAR, FAR = 100, 200, 300
CICS = {NEAR: (*range(1, 16), *range(17, 32), 40), FAR: (1, 2)}
GROUPS = {(NEAR, 40): "odd", **{(FAR, cic): "far" for cic in CICS[FAR]}}
START = frozenset({"g", "far"})


def isup() -> Isup:
    return Isup(IsupConfig(OWN, CICS, groups=GROUPS, group="g", reset_at_start=START))


def tup() -> Tup:
    return Tup(TupConfig(OWN, CICS, groups=GROUPS, group="g", reset_at_start=START))


def said(user: Isup | Tup) -> list[tuple[int, str]]:
    """Messages sent, each by far end and `kind cic` or `kind cic+range`."""
    return [
        (each.dpc, isup_said(each) if isinstance(user, Isup) else tup_said(each)) for each in user.messages()
    ]


def isup_said(sent: Outgoing) -> str:
    message = isup_message(sent.data)
    group = message.get(IsupRange)
    return f"{message.name} {message.cic}" + (f"+{group.range}" if group else "")


def tup_said(sent: Outgoing) -> str:
    message = tup_message(sent.data, sent.sls, "itu14")
    group = message.get(TupRange)
    return f"{message.name} {message.cic}" + (f"+{group.range}" if group else "")


BOTH = pytest.mark.parametrize("make", [isup, tup])


@given(st.sets(st.integers(0, 200)), st.sets(st.integers(0, 200)))
def test_ranges_hold_all_and_none_to_leave_out(wanted: set[int], without: set[int]) -> None:
    found = list(ranges(wanted, without))
    held = [cic for first, size in found for cic in range(first, first + size)]
    assert wanted - without <= set(held)
    assert not without & set(held)
    assert len(held) == len(set(held))
    assert all(first in wanted and first + size - 1 in wanted and size <= MAXIMUM for first, size in found)


def test_ranges_are_as_few_as_can_be() -> None:
    assert list(ranges([*range(1, 16), *range(17, 32)])) == [(1, 31)]
    assert list(ranges(range(64))) == [(0, 32), (32, 32)]
    assert list(ranges(range(1, 9), {3, 4})) == [(1, 2), (5, 4)]
    assert list(ranges([])) == []


@BOTH
def test_first_resume_resets_the_groups_that_are_to_be(make: Callable[[], Isup | Tup]) -> None:
    user = make()
    assert said(user) == []
    user.resume(NEAR, 0)
    assert said(user) == [(NEAR, "GRS 1+30")]
    user.pause(NEAR, 1)
    user.resume(NEAR, 2)
    assert said(user) == []
    user.resume(FAR, 3)
    assert said(user) == [(FAR, "GRS 1+1")]
    user.resume(400, 4)
    assert said(user) == [], "a destination without circuits"


@BOTH
def test_circuit_of_unknown_state_is_not_seized(make: Callable[[], Isup | Tup]) -> None:
    user = make()
    assert not user.idle(Leg("g", 1))
    assert user.circuit_state(Leg("g", 1)) == "transient"
    assert user.idle(Leg("odd", 40))
    user.request(Leg("g", 1), Setup("8008200001"), 0)
    assert type(user.indications()[0].primitive).__name__ == "Failed"
    user.resume(NEAR, 0)
    assert not user.idle(Leg("g", 1))


@BOTH
def test_acknowledgement_frees_the_circuits(make: Callable[[], Isup | Tup]) -> None:
    user = make()
    user.resume(NEAR, 0)
    if isinstance(user, Isup):
        status = bytes(4)
        user.receive(NEAR, bytes((1, 0, Type.GRA, 1, 1 + len(status), 30)) + status, SECOND)
    else:
        answer = Message(1, Heading.GRA, TupRange.of(31, set()))
        user.receive(NEAR, answer.encode("itu14"), SECOND, answer.tail("itu14"))
    assert user.idle(Leg("g", 1))
    assert user.idle(Leg("g", 31))
    assert user.next_deadline is None


@BOTH
def test_after_a_take_over_all_but_recovered_calls_are_reset(make: Callable[[], Isup | Tup]) -> None:
    user = make()
    user.forget()
    for cic, incoming in ((3, True), (20, False)):
        user.recover(Leg("g", cic), incoming=incoming, suspended=False, blocked=False, now=0)
    user.resume(NEAR, 0)
    user.resume(FAR, 0)
    assert said(user) == [
        (NEAR, "GRS 1+1"),
        (NEAR, "GRS 4+15"),
        (NEAR, "GRS 21+19"),
        (FAR, "GRS 1+1"),
    ]
    assert user.circuit_state(Leg("g", 3)) == "incoming busy"
    assert user.circuit_state(Leg("g", 20)) == "outgoing busy"
    user.resume(NEAR, 1)
    assert said(user) == [], "what was unknown is reset once"


@BOTH
def test_recovered_circuit_stays_blocked_by_the_far_end(make: Callable[[], Isup | Tup]) -> None:
    user = make()
    user.forget()
    user.recover(Leg("g", 3), incoming=True, suspended=False, blocked=True, now=0)
    assert user.circuit_state(Leg("g", 3)) == "incoming busy, remotely blocked"


def test_configuration_says_which_groups() -> None:
    config = reference_config({"file": "transit.toml", "reset_at_start": True})
    assert [config.resets(group) for group in config.trunk_groups] == [True, True]
    assert not any(reference_config().resets(group) for group in reference_config().trunk_groups)
    of_group = reference_config(
        {
            "trunk_groups": [
                {
                    "name": "public",
                    "peer": "public",
                    "reset_at_start": True,
                    "circuits": [{"cics": "1-15", "span": 0, "slot": 1}],
                },
            ]
        }
    )
    assert of_group.resets(of_group.trunk_groups[0])
    assert len(list(circuits(of_group.trunk_groups[0]))) == 15


@BOTH
def test_both_ends_start_at_once(make: Callable[[], Isup | Tup]) -> None:
    """Each acknowledges the other's reset while its own waits; then all circuits are free at both ends."""
    near = make()
    cics = {OWN: CICS[NEAR]}
    far: Isup | Tup
    if isinstance(near, Isup):
        far = Isup(IsupConfig(NEAR, cics, group="g", reset_at_start=START))
    else:
        far = Tup(TupConfig(NEAR, cics, group="g", reset_at_start=START))
    near.resume(NEAR, 0)
    far.resume(OWN, 0)
    for _ in range(4):
        for here, code, there in ((near, OWN, far), (far, NEAR, near)):
            for each in here.messages():
                there.receive(code, each.data, SECOND, each.sls)
    for user in (near, far):
        assert all(user.idle(Leg("g", cic)) for cic in CICS[NEAR][:-1])
        assert user.next_deadline is None

"""Propagation delay: what the IAM counts, and what the answer tells."""

from __future__ import annotations

import pytest

from callcenter.calls.primitives import Answer, Leg, Proceeding, Setup, Transparent
from callcenter.config import reference_config
from callcenter.errors import ConfigurationError
from callcenter.ss7.isup import Isup, IsupConfig, Message, decode
from callcenter.ss7.isup.calls import initial_address
from callcenter.ss7.isup.supplementary import CallHistoryInformation, PropagationDelayCounter

PEER, LEG = 200, Leg("g", 1)
PROCEDURE = {"g": 8}


def isup(delays: dict[str, int] | None) -> Isup:
    return Isup(IsupConfig(100, {PEER: (1,)}, group="g", delays=delays))


def sent(user: Isup) -> list[Message]:
    return [decode(each.data) for each in user.messages()]


@pytest.mark.parametrize(
    ("delays", "brought", "told"),
    [
        (None, None, None),
        (None, 20, 20),
        (PROCEDURE, None, 8),
        (PROCEDURE, 20, 28),
        (PROCEDURE, 0xFFFF, 0xFFFF),
        ({}, 20, 20),
        ({}, None, 0),
    ],
)
def test_iam_counts_the_route(delays: dict[str, int] | None, brought: int | None, told: int | None) -> None:
    user = isup(delays)
    user.request(LEG, Setup("80", delay=brought), 0)
    (iam,) = sent(user)
    counted = iam.get(PropagationDelayCounter)
    assert (None if counted is None else counted.milliseconds) == told


@pytest.mark.parametrize(
    ("delays", "counter", "brought", "told"),
    [
        (PROCEDURE, 35, None, [35]),
        (PROCEDURE, None, None, []),
        (PROCEDURE, 35, 99, [99]),
        (None, 35, None, []),
    ],
)
def test_answer_tells_the_history(
    delays: dict[str, int] | None, counter: int | None, brought: int | None, told: list[int]
) -> None:
    user = isup(delays)
    received = () if counter is None else (PropagationDelayCounter(counter),)
    iam = initial_address(1, Setup("80"), user.config)._replace(optional=received)
    user.receive(PEER, iam.encode(), 0)
    (offered,) = user.indications()
    assert isinstance(offered.primitive, Setup)
    assert offered.primitive.delay == counter
    items = () if brought is None else (CallHistoryInformation(brought),)
    user.request(LEG, Proceeding(), 0)
    user.request(LEG, Answer(transparent=Transparent("isup", items)), 0)
    anm = sent(user)[-1]
    found = [each for each in anm.optional if isinstance(each, CallHistoryInformation)]
    assert [each.milliseconds for each in found] == told


def test_delay_beyond_the_counter_is_refused() -> None:
    groups = [
        {
            "name": "public",
            "peer": "public",
            "delay": 70000,
            "circuits": [{"cics": "1", "span": 0, "slot": 1}],
        }
    ]
    with pytest.raises(ConfigurationError, match=r"trunk_groups\[public\]\.delay: found 70000"):
        reference_config({"trunk_groups": groups})

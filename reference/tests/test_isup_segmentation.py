"""Messages too long for one signal unit: cut, joined, and what waits for what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.primitives import Alerting, Answer, Leg, Primitive, Setup, Transparent
from callcenter.ss7.isup import Isup, IsupConfig, Message, Type, What, compose, decode
from callcenter.ss7.isup.calls import initial_address
from callcenter.ss7.isup.indicators import (
    BackwardCallIndicators,
    EventInformation,
    MessageCompatibilityInformation,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
)
from callcenter.ss7.isup.parameters import (
    AccessTransport,
    CauseIndicators,
    Parameter,
    SubsequentNumber,
    UserToUserInformation,
)
from callcenter.ss7.isup.segmentation import LONGEST, MOVABLE, announces, cut, joined
from testrig.clock import MINUTE, SECOND, Instant

PEER = 200
LEG = Leg("g", 1)
BACKWARD = OptionalBackwardCallIndicators(segmentation=1)
EXTRA = UserToUserInformation(4, b"extra")


def acm(*optional: Parameter) -> Message:
    return compose(1, Type.ACM, BackwardCallIndicators(called_status=1), *optional)


def octets(count: int) -> bytes:
    return bytes(each % 251 for each in range(count))


@given(st.integers(0, 250), st.integers(0, 129))
def test_cut_message_is_whole_again_when_joined(transport: int, user: int) -> None:
    message = acm(AccessTransport(octets(transport)), UserToUserInformation(4, octets(user)))
    if len(message.encode()) <= LONGEST:
        return
    (first, second), left_out = cut(message, LONGEST)
    assert not left_out
    assert max(len(first.encode()), len(second.encode())) <= LONGEST
    assert announces(first)
    assert {each.number for each in second.optional} <= set(MOVABLE)
    again = joined(decode(first.encode()), decode(second.encode()))
    assert sorted(each.encode() for each in again.optional) == sorted(
        each.encode() for each in message.optional
    )
    assert not announces(again)


def test_user_information_is_left_out_where_both_segments_are_full() -> None:
    message = acm(AccessTransport(octets(60)), UserToUserInformation(4, octets(60)))
    (first, second), left_out = cut(message, 70)
    assert left_out == (UserToUserInformation.code,)
    assert announces(first)
    assert [each.number for each in second.optional] == [AccessTransport.code]


def test_message_too_long_as_it_stands_is_not_sent() -> None:
    passed = Message(1, Type.PAM, body=octets(300))
    assert cut(passed, LONGEST) == ((), ())
    isup = Isup(IsupConfig(100, {PEER: (1,)}, group="g"))
    isup.request(LEG, Setup("80"), 0)
    isup.messages()
    isup.request(LEG, Transparent("isup", (passed,)), 0)
    assert isup.messages() == []
    assert [each.what for each in isup.notices()] == [What.TOO_LONG]


def test_message_without_an_announcement_leaves_out_what_is_too_much() -> None:
    message = compose(
        1, Type.REL, CauseIndicators(16), AccessTransport(octets(200)), UserToUserInformation(4, octets(129))
    )
    (only,), left_out = cut(message, LONGEST)
    assert left_out == (UserToUserInformation.code,)
    assert [each.number for each in only.optional] == [AccessTransport.code]


def test_announcement_keeps_what_the_indicators_say() -> None:
    indicators = OptionalForwardCallIndicators(2, connected_line_requested=1)
    iam = Message(1, Type.CPG, (EventInformation(),), optional=(BACKWARD, EXTRA))
    assert joined(iam, None).optional == (EXTRA,)
    told = OptionalForwardCallIndicators(2, segmentation=1, connected_line_requested=1)
    assert joined(Message(1, Type.IAM, optional=(told,)), None).optional == (indicators,)


def test_instructions_for_the_segment_itself_are_not_joined() -> None:
    segment = compose(1, Type.SGM, MessageCompatibilityInformation(), EXTRA)
    assert joined(acm(BACKWARD), segment).optional == (EXTRA,)


class Exchange:
    """An outgoing call in transit, and what comes of it."""

    def __init__(self) -> None:
        self.isup = Isup(IsupConfig(100, {PEER: (1,)}, group="g", transit=True))
        self.now: Instant = 0
        self.isup.request(LEG, Setup("80"), 0)

    def put(self, message: Message) -> list[Primitive]:
        self.isup.receive(PEER, message.encode(), self.now)
        return self.told()

    def told(self) -> list[Primitive]:
        return [each.primitive for each in self.isup.indications()]


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def test_acm_waits_for_its_segment(exchange: Exchange) -> None:
    assert exchange.put(acm(BACKWARD)) == []
    (told,) = exchange.put(compose(1, Type.SGM, EXTRA))
    assert isinstance(told, Alerting)
    assert told.transparent is not None
    assert told.transparent.items[-1] == EXTRA


def test_acm_goes_on_after_t34(exchange: Exchange) -> None:
    exchange.put(acm(BACKWARD))
    exchange.isup.expire(3 * SECOND - 1)
    assert exchange.told() == []
    exchange.isup.expire(3 * SECOND)
    assert [type(each) for each in exchange.told()] == [Alerting]
    assert exchange.put(compose(1, Type.SGM, EXTRA)) == []


def test_another_message_in_place_of_the_segment(exchange: Exchange) -> None:
    exchange.put(acm(BACKWARD))
    assert [type(each) for each in exchange.put(compose(1, Type.ANM))] == [Alerting, Answer]


def test_another_announcement_in_place_of_the_segment(exchange: Exchange) -> None:
    exchange.put(acm(BACKWARD))
    assert [type(each) for each in exchange.put(compose(1, Type.ANM, BACKWARD))] == [Alerting]
    exchange.now = SECOND
    assert [type(each) for each in exchange.put(compose(1, Type.SGM, EXTRA))] == [Answer]


def test_reset_while_a_segment_is_waited_for(exchange: Exchange) -> None:
    exchange.put(acm(BACKWARD))
    exchange.isup.messages()
    exchange.put(compose(1, Type.RSC))
    exchange.isup.expire(MINUTE)
    assert exchange.told() == []
    assert exchange.isup.next_deadline is None


def test_sam_in_place_of_the_segment_of_an_iam() -> None:
    isup = Isup(IsupConfig(100, {PEER: (1,)}, group="g", minimum_digits=4))
    iam = initial_address(1, Setup("80"), isup.config)
    announced = iam._replace(optional=(OptionalForwardCallIndicators(segmentation=1),))
    isup.receive(PEER, announced.encode(), 0)
    isup.receive(PEER, compose(1, Type.SAM, SubsequentNumber("08")).encode(), 0)
    assert [each.primitive for each in isup.indications()] == [Setup("8008")]
    assert isup.next_deadline is None


def test_long_message_goes_out_in_two_and_a_full_one_is_told_of() -> None:
    isup = Isup(IsupConfig(100, {PEER: (1,)}, group="g"))
    brought = Transparent("isup", (AccessTransport(octets(140)), UserToUserInformation(4, octets(129))))
    isup.request(LEG, Setup("80", transparent=brought), 0)
    assert [decode(each.data).name for each in isup.messages()] == ["IAM", "SGM"]
    assert isup.notices() == []
    short = Isup(IsupConfig(100, {PEER: (1,)}, group="g", longest=60))
    short.request(LEG, Setup("80", transparent=brought), 0)
    assert all(len(each.data) <= 60 for each in short.messages())
    assert [each.what for each in short.notices()] == [What.TOO_LONG]

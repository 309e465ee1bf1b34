"""What one ISUP leg of a call in transit hands to the other: nothing is lost, nothing is added."""

from __future__ import annotations

import pytest

from callcenter.calls.primitives import Alerting, Answer, Leg, Primitive, Progress, Release, Setup, Suspend
from callcenter.ss7.isup import Isup, IsupConfig, Message, Type, compose, decode
from callcenter.ss7.isup.indicators import (
    BackwardCallIndicators,
    CallingPartysCategory,
    EventInformation,
    ForwardCallIndicators,
    NatureOfConnectionIndicators,
    SuspendResumeIndicators,
    TransmissionMediumRequirement,
)
from callcenter.ss7.isup.parameters import (
    CalledPartyNumber,
    CauseIndicators,
    OriginalCalledNumber,
    Parameter,
    RedirectingNumber,
)
from callcenter.ss7.isup.supplementary import CalledInNumber, CallReference

OWN, PEER = 100, 200
IN, OUT = Leg("g", 1), Leg("g", 2)
CALLED = CalledPartyNumber("0201234", internal_not_allowed=1)


class Transit:
    """A user part whose engine hands every primitive of one leg to the other."""

    def __init__(self) -> None:
        self.isup = Isup(IsupConfig(OWN, {PEER: (1, 2)}, group="g", transit=True))
        self.primitives: list[Primitive] = []

    def hears(self, cic: int, kind: Type, *parameters: Parameter) -> list[Message]:
        """A message comes on `cic`; return what goes out on the other circuit."""
        self.isup.receive(PEER, compose(cic, kind, *parameters).encode(), 0)
        for each in self.isup.indications():
            self.primitives.append(each.primitive)
            self.isup.request(OUT if each.leg == IN else IN, each.primitive, 0)
        found = [decode(each.data) for each in self.isup.messages()]
        return [each for each in found if each.cic != cic]

    def called(self, *optional: Parameter, number: CalledPartyNumber = CALLED) -> Message:
        """An IAM comes; return the one that goes out."""
        (iam,) = self.hears(
            1,
            Type.IAM,
            NatureOfConnectionIndicators(),
            ForwardCallIndicators(),
            CallingPartysCategory(),
            TransmissionMediumRequirement(),
            number,
            *optional,
        )
        return iam


@pytest.mark.parametrize(
    "parameter",
    [
        RedirectingNumber("1234", nature=4, presentation=1, screening=0),
        OriginalCalledNumber("", nature=0, plan=0, presentation=2, screening=0),
        CalledInNumber("8001", nature=4, presentation=1, screening=0),
    ],
    ids=str,
)
def test_numbers_go_on_as_they_came_and_no_other_is_made_of_them(parameter: Parameter) -> None:
    iam = Transit().called(parameter)
    assert iam.optional == (parameter,)
    assert iam.get(CalledPartyNumber) == CALLED


def test_connect_keeps_its_indicators() -> None:
    transit = Transit()
    transit.called()
    theirs = BackwardCallIndicators(1, 1, 2, interworking=1, isup_all_the_way=0)
    (con,) = transit.hears(2, Type.CON, theirs)
    assert con == compose(1, Type.CON, theirs)
    assert isinstance(transit.primitives[-1], Answer)


def test_event_that_is_not_to_be_presented_stays_so_and_alerting_passes_twice() -> None:
    transit = Transit()
    transit.called()
    transit.hears(2, Type.ACM, BackwardCallIndicators(2, 1, 1))
    for event, kind in ((EventInformation(1), Alerting), (EventInformation(2, restricted=1), Progress)):
        for _ in range(2):
            assert transit.hears(2, Type.CPG, event) == [compose(1, Type.CPG, event)]
            assert isinstance(transit.primitives[-1], kind)


def test_cause_keeps_its_recommendation() -> None:
    transit = Transit()
    transit.called()
    cause = CauseIndicators(16, recommendation=0x83)
    assert transit.hears(2, Type.REL, cause)[-1] == compose(1, Type.REL, cause)
    assert isinstance(transit.primitives[-1], Release)


def test_suspension_keeps_its_call_reference() -> None:
    transit = Transit()
    transit.called()
    transit.hears(2, Type.CON, BackwardCallIndicators(2, 1, 1))
    reference = CallReference(1, 100)
    (sus,) = transit.hears(2, Type.SUS, SuspendResumeIndicators(0), reference)
    assert sus == compose(1, Type.SUS, SuspendResumeIndicators(0), reference)
    assert isinstance(transit.primitives[-1], Suspend)


def test_message_passed_on_has_the_label_of_its_own_circuit_only() -> None:
    transit = Transit()
    transit.called()
    transit.hears(2, Type.CON, BackwardCallIndicators(2, 1, 1))
    octets = bytearray(compose(2, Type.FAC).encode())
    octets[1] |= 0xF0
    transit.isup.receive(PEER, bytes(octets), 0)
    for told in transit.isup.indications():
        transit.isup.request(IN, told.primitive, 0)
    assert [each.data for each in transit.isup.messages()] == [compose(1, Type.FAC).encode()]


def test_unequipped_circuit_in_an_answered_call_is_no_news() -> None:
    transit = Transit()
    transit.called()
    transit.hears(2, Type.CON, BackwardCallIndicators(2, 1, 1))
    transit.hears(2, Type.UCIC)
    assert transit.isup.circuit_state(2) == "outgoing busy"
    assert isinstance(transit.primitives[0], Setup)

"""What an exchange that ends calls answers to supplementary services (Q.731, Q.735, Q.737)."""

from __future__ import annotations

import pytest

from callcenter.calls.primitives import Setup
from callcenter.ss7.isup.codec import compose
from callcenter.ss7.isup.facilities import connected_number, identity, not_provided, refusal, rejected
from callcenter.ss7.isup.indicators import (
    FacilityIndicator,
    OptionalForwardCallIndicators,
    UserToUserIndicators,
)
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import CalledPartyNumber, CauseIndicators, ConnectedNumber, Parameter
from callcenter.ss7.isup.supplementary import McidRequestIndicators, McidResponseIndicators


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        (OptionalForwardCallIndicators(closed_user_group=0), None),
        (OptionalForwardCallIndicators(closed_user_group=2), None),
        (OptionalForwardCallIndicators(closed_user_group=3), 87),
        (UserToUserIndicators(service1=2, service3=2), None),
        (UserToUserIndicators(service2=3), 69),
        (UserToUserIndicators(response=1, service2=3), None),
    ],
)
def test_what_is_essential_and_not_there_is_refused(asked: Parameter, cause: int | None) -> None:
    assert refusal([asked]) == cause


def test_services_asked_for_are_told_not_provided_and_no_others() -> None:
    assert not_provided([]) == []
    assert not_provided([UserToUserIndicators(response=1, service1=2)]) == []
    assert not_provided([UserToUserIndicators(service1=2, service3=2)]) == [UserToUserIndicators(1, 1, 0, 1)]


def test_connected_number_is_the_number_called_without_its_end() -> None:
    called = CalledPartyNumber("8008200001F", 3)
    asked = OptionalForwardCallIndicators(connected_line_requested=1)
    assert connected_number(called, [asked]) == [ConnectedNumber("8008200001", 3)]
    assert connected_number(called, [OptionalForwardCallIndicators()]) == []
    assert connected_number(None, [asked]) == []


def test_facility_is_rejected_by_its_name() -> None:
    request = compose(7, Type.FAR, FacilityIndicator(2))
    assert rejected(request) == [FacilityIndicator(2), CauseIndicators(69)]


@pytest.mark.parametrize("calling", ["", "02088887777"])
def test_identity_is_what_the_setup_has(calling: str) -> None:
    request = compose(7, Type.IDR, McidRequestIndicators())
    found = identity(request, Setup("1", calling=calling, calling_restricted=True))
    assert found[0] == McidResponseIndicators(included=int(bool(calling)))
    assert [getattr(each, "digits", None) for each in found[1:]] == ([calling] if calling else [])


def test_identity_that_nobody_asks_for_is_not_given() -> None:
    assert identity(compose(7, Type.IDR), Setup("1", calling="2")) == [McidResponseIndicators(included=0)]

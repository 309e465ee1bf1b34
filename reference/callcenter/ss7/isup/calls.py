"""Between the fields of a call (`Setup` and its fellows) and the parameters that carry them.

| field | parameter |
|---|---|
| called | called party number, without the end of pulsing signal |
| calling, calling_restricted | calling party number; restricted by presentation 1 (Q.763 3.10 e) |
| original_called | original called number, else redirecting number |
| additional | user-to-user information: IA5 characters as text (protocol discriminator 4, Q.931 4.5.30), \
anything else as hexadecimal digits of the whole parameter |

Function and password have no place in ISUP; an incoming call has them empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from callcenter.calls.primitives import Alerting, Primitive, Proceeding, Progress, Setup
from callcenter.ss7.isup.codec import Message, compose
from callcenter.ss7.isup.indicators import (
    BackwardCallIndicators,
    CallingPartysCategory,
    EventInformation,
    ForwardCallIndicators,
    NatureOfConnectionIndicators,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
    TransmissionMediumRequirement,
)
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import (
    ST,
    CalledPartyNumber,
    CallingPartyNumber,
    CauseIndicators,
    OriginalCalledNumber,
    Parameter,
    RedirectingNumber,
    UserToUserInformation,
)
from callcenter.ss7.isup.services import IsupConfig

TEST_CALL: Final = 0x0D
"""Calling party's category of a test call (Q.763 3.11)."""

IA5: Final = 4
"""Protocol discriminator: IA5 characters (Q.931 4.5.30)."""

ALERTING: Final = 1
IN_BAND: Final = 3
"""Event indicators (Q.763 3.21)."""

_RESTRICTED: Final = 1

_CHARGE: Final = 2
_FREE: Final = 1
_ORDINARY: Final = 1


@dataclass(slots=True)
class Offered:
    """What is known of an incoming call so far."""

    called: str
    st: bool
    """The end of pulsing signal has come."""
    continuity_check: int
    """As in the nature of connection indicators."""
    segmented: bool
    optional: tuple[Parameter, ...]

    @classmethod
    def of(cls, iam: Message) -> Self:
        """Read an IAM whose mandatory parameters are sound."""
        nature = iam.get(NatureOfConnectionIndicators)
        forward = iam.get(OptionalForwardCallIndicators)
        offered = cls(
            called="",
            st=False,
            continuity_check=0 if nature is None else nature.continuity_check,
            segmented=forward is not None and bool(forward.segmentation),
            optional=iam.optional,
        )
        called = iam.get(CalledPartyNumber)
        offered.add_digits("" if called is None else called.digits)
        return offered

    def add_digits(self, digits: str) -> None:
        """Append address signals up to the end of pulsing signal."""
        before, st, _ = digits.partition(ST)
        self.called += before
        self.st = self.st or bool(st)

    def add_segment(self, sgm: Message) -> None:
        """Append the optional parameters of a segmentation message."""
        self.optional += sgm.optional

    def setup(self) -> Setup:
        """Return the primitive for the call engine."""
        calling = original = additional = ""
        restricted = False
        redirecting = ""
        for each in self.optional:
            kind = type(each)
            if isinstance(each, CallingPartyNumber):
                if kind is CallingPartyNumber:
                    calling = each.digits.rstrip(ST)
                    restricted = each.presentation == _RESTRICTED
                elif kind is OriginalCalledNumber:
                    original = each.digits.rstrip(ST)
                elif kind is RedirectingNumber:
                    redirecting = each.digits.rstrip(ST)
            elif isinstance(each, UserToUserInformation):
                additional = text_of(each)
        return Setup(self.called, calling, restricted, original or redirecting, additional=additional)


def text_of(user: UserToUserInformation) -> str:
    """Return user-to-user information as text."""
    if user.discriminator == IA5:
        text = user.information.rstrip(b"\0").decode("latin-1")
        if text.isascii() and text.isprintable():
            return text
    return user.encode().hex()


def initial_address(cic: int, setup: Setup, config: IsupConfig) -> Message:
    """Compose the IAM of an outgoing call. Raises `ValueError` for numbers that are not digits."""
    called = setup.called + (ST if config.send_st else "")
    optional: list[Parameter] = []
    if setup.calling:
        presentation = _RESTRICTED if setup.calling_restricted else 0
        optional.append(CallingPartyNumber(setup.calling, config.nature, presentation=presentation))
    if setup.original_called:
        optional.append(OriginalCalledNumber(setup.original_called, config.nature, screening=0))
    if setup.additional:
        optional.append(UserToUserInformation(IA5, setup.additional.encode("ascii", "replace")))
    return compose(
        cic,
        Type.IAM,
        NatureOfConnectionIndicators(),
        ForwardCallIndicators(),
        CallingPartysCategory(),
        TransmissionMediumRequirement(config.medium),
        CalledPartyNumber(called, config.nature),
        *optional,
    )


def acm(primitive: Primitive) -> list[Parameter]:
    """Return the parameters of the ACM that `primitive` asks for."""
    free = _FREE if isinstance(primitive, Alerting) else 0
    parameters: list[Parameter] = [BackwardCallIndicators(_CHARGE, free, _ORDINARY)]
    if isinstance(primitive, Progress):
        parameters.append(OptionalBackwardCallIndicators(in_band=1))
    return parameters


def connect() -> Parameter:
    """Return the indicators of a CON."""
    return BackwardCallIndicators(_CHARGE, 0, _ORDINARY)


def call_progress(primitive: Alerting | Progress) -> Parameter:
    """Return the event of the CPG that `primitive` asks for."""
    return EventInformation(ALERTING if isinstance(primitive, Alerting) else IN_BAND)


def backward_primitives(message: Message) -> list[Primitive]:
    """Return what an ACM or CPG tells the call engine."""
    found: list[Primitive] = []
    if message.kind == Type.CPG:
        event = message.get(EventInformation)
        if event is not None and event.event == ALERTING:
            found.append(Alerting())
        elif event is not None and event.event == IN_BAND:
            found.append(Progress())
    else:
        indicators = message.get(BackwardCallIndicators)
        free = indicators is not None and indicators.called_status == _FREE
        found.append(Alerting() if free else Proceeding())
    in_band = message.get(OptionalBackwardCallIndicators)
    if in_band is not None and in_band.in_band and Progress() not in found:
        found.append(Progress())
    return found


def cause_of(message: Message) -> int:
    """Return the cause value of a message, 31 when it has none in the coding of Q.850."""
    cause = message.get(CauseIndicators)
    return cause.cause if cause is not None and cause.coding == 0 else 31


def is_test_call(iam: Message) -> bool:
    """Whether an IAM begins a test call."""
    category = iam.get(CallingPartysCategory)
    return category is not None and category.category == TEST_CALL

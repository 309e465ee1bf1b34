"""Between the primitives of a call and the messages that carry them.

| field | parameter |
|---|---|
| called, called_nature | called party number, without the end of pulsing signal |
| calling, its nature, screening | calling party number; restricted by presentation 1 (Q.763 3.10 d) |
| original_called | original called number, else redirecting number |
| function | called IN number (Q.763 3.73): the service that was dialled |
| additional | user-to-user information: IA5 characters as text (protocol discriminator 4, Q.931 4.5.30), \
anything else as hexadecimal digits of the whole parameter |
| hops | hop counter |
| delay | propagation delay counter |
| transparent | every parameter as it came but the two counters, for a call in transit |

Password has no place in ISUP.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Self, TypeVar

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Check,
    Primitive,
    Proceeding,
    Progress,
    Release,
    Resume,
    Setup,
    Suspend,
    Transparent,
)
from callcenter.ss7.isup.codec import Message, compose
from callcenter.ss7.isup.compatibility import unpassed_parameters
from callcenter.ss7.isup.delay import counter
from callcenter.ss7.isup.indicators import (
    BackwardCallIndicators,
    CallingPartysCategory,
    EventInformation,
    ForwardCallIndicators,
    HopCounter,
    NatureOfConnectionIndicators,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
    SuspendResumeIndicators,
    TransmissionMediumRequirement,
)
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.parameters import (
    ST,
    CalledPartyNumber,
    CallingPartyNumber,
    CauseIndicators,
    ConnectedNumber,
    OriginalCalledNumber,
    Parameter,
    RedirectingNumber,
    UserToUserInformation,
)
from callcenter.ss7.isup.segmentation import segment_parts
from callcenter.ss7.isup.services import IsupConfig
from callcenter.ss7.isup.supplementary import CalledInNumber, PropagationDelayCounter

P = TypeVar("P", bound=Parameter)

ISUP: Final = "isup"
"""Name of this signalling system in `Transparent`."""

TEST_CALL: Final = 0x0D
"""Calling party's category of a test call (Q.763 3.11)."""

IA5: Final = 4
"""Protocol discriminator: IA5 characters (Q.931 4.5.30)."""

ALERTING: Final = 1
"""Event indicator (Q.763 3.21)."""

IN_BAND: Final = 3
"""Event indicator: in-band information."""

_RESTRICTED: Final = 1

_FREE: Final = 1
_ORDINARY: Final = 1

_COUNTED: Final = (HopCounter, PropagationDelayCounter)
"""Optional parameters of an IAM that every exchange counts on."""

_KEPT: Final = (ForwardCallIndicators, CalledPartyNumber)
"""Mandatory parameters of an IAM with indicators that `Setup` has no field for."""


@dataclass(slots=True)
class Offered:
    """What is known of an incoming call so far."""

    iam: Message
    called: str
    st: bool
    """The end of pulsing signal has come."""
    continuity_check: int
    """As in the nature of connection indicators."""
    segmented: bool
    optional: list[Parameter] = field(default_factory=list)

    @classmethod
    def of(cls, iam: Message) -> Self:
        """Read an IAM whose mandatory parameters are sound."""
        nature = iam.get(NatureOfConnectionIndicators)
        forward = iam.get(OptionalForwardCallIndicators)
        offered = cls(
            iam,
            called="",
            st=False,
            continuity_check=0 if nature is None else nature.continuity_check,
            segmented=forward is not None and bool(forward.segmentation),
            optional=list(iam.optional),
        )
        called = iam.get(CalledPartyNumber)
        offered.add_digits("" if called is None else called.digits)
        return offered

    def add_digits(self, digits: str) -> str:
        """Append address signals up to the end of pulsing signal; return those that are digits."""
        before, st, _ = digits.partition(ST)
        self.called += before
        self.st = self.st or bool(st)
        return before

    def add_segment(self, message: Message) -> None:
        """Append the optional parameters of a segmentation or information message."""
        self.optional += segment_parts(message)

    @property
    def anonymous(self) -> bool:
        """Whether no calling party number has come."""
        return not any(type(each) is CallingPartyNumber for each in self.optional)

    def setup(self, *, complete: bool = True, check: int = Check.DONE, transit: bool = False) -> Setup:
        """Return the primitive for the call engine; in `transit` with what no field holds."""
        found: dict[type[Parameter], Parameter] = {type(each): each for each in reversed(self.optional)}
        calling, original = found.get(CallingPartyNumber), found.get(OriginalCalledNumber)
        redirecting = found.get(RedirectingNumber)
        user, service, hops = (
            found.get(UserToUserInformation),
            found.get(CalledInNumber),
            found.get(HopCounter),
        )
        delay = found.get(PropagationDelayCounter)
        assert calling is None or isinstance(calling, CallingPartyNumber)
        assert original is None or isinstance(original, OriginalCalledNumber)
        assert redirecting is None or isinstance(redirecting, RedirectingNumber)
        first = original or redirecting
        nature = self.iam.get(NatureOfConnectionIndicators) or NatureOfConnectionIndicators()
        forward = self.iam.get(ForwardCallIndicators) or ForwardCallIndicators()
        category = self.iam.get(CallingPartysCategory) or CallingPartysCategory()
        medium = self.iam.get(TransmissionMediumRequirement) or TransmissionMediumRequirement()
        called = self.iam.get(CalledPartyNumber) or CalledPartyNumber("")
        return Setup(
            self.called,
            calling="" if calling is None else calling.digits.rstrip(ST),
            calling_restricted=calling is not None and calling.presentation == _RESTRICTED,
            original_called="" if first is None else first.digits.rstrip(ST),
            function=service.digits if isinstance(service, CalledInNumber) else "",
            additional=text_of(user) if isinstance(user, UserToUserInformation) else "",
            complete=complete,
            called_nature=called.nature,
            calling_nature=3 if calling is None else calling.nature,
            calling_screening=3 if calling is None else calling.screening,
            category=category.category,
            original_called_nature=3 if first is None else first.nature,
            original_called_restricted=first is not None and first.presentation == _RESTRICTED,
            medium=medium.medium,
            hops=hops.hops if isinstance(hops, HopCounter) else None,
            delay=delay.milliseconds if isinstance(delay, PropagationDelayCounter) else None,
            interworking=bool(forward.interworking),
            isdn_access=bool(forward.isdn_access),
            satellites=nature.satellites,
            echo_control=bool(nature.echo_control_included),
            check=check,
            transparent=_transparent(self._brought()) if transit else None,
        )

    def _brought(self) -> list[Parameter]:
        """What goes on as it came: indicators of mandatory parameters that no field holds, and all optional
        parameters but counters and the announcement of a segment."""
        kept = [each for each in (*self.iam.fixed, *self.iam.variable) if type(each) in _KEPT]
        for each in self.optional:
            if isinstance(each, OptionalForwardCallIndicators):
                plain = replace(each, segmentation=0)
                if plain != OptionalForwardCallIndicators():
                    kept.append(plain)
            elif type(each) not in _COUNTED:
                kept.append(each)
        return kept


def _transparent(items: Iterable[Parameter]) -> Transparent | None:
    held = tuple(items)
    return Transparent(ISUP, held, *unpassed_parameters(held)) if held else None


def all_of(message: Message) -> Transparent | None:
    """Return all parameters of a message, to be brought along."""
    return _transparent((*message.fixed, *message.variable, *message.optional))


def items_of(transparent: Transparent | None) -> list[Parameter]:
    """Return the parameters that a call brings along from another leg of this system."""
    if transparent is None or transparent.system != ISUP:
        return []
    return [each for each in transparent.items if isinstance(each, Parameter)]


def _with(own: list[Parameter], brought: list[Parameter]) -> list[Parameter]:
    """Our parameters, and those brought along that are not among them."""
    codes = {each.number for each in own}
    return own + [each for each in brought if each.number not in codes]


def _theirs(own: P, brought: list[Parameter]) -> P:
    """The parameter brought along in the place of our own, else that."""
    return next((each for each in brought if type(each) is type(own)), own)


def text_of(user: UserToUserInformation) -> str:
    """Return user-to-user information as text."""
    if user.discriminator == IA5:
        text = user.information.rstrip(b"\0").decode("latin-1")
        if text.isascii() and text.isprintable():
            return text
    return user.encode().hex()


def initial_address(
    cic: int, setup: Setup, config: IsupConfig, *, check: int = 0, group: str = ""
) -> Message:
    """Compose the IAM of a call by trunk group `group`. Raises `ValueError` for numbers that are not digits.

    `check` is the continuity check indicator (Q.763 3.35).
    """
    called = setup.called + (ST if config.send_st and setup.complete else "")
    brought = items_of(setup.transparent)
    mandatory: list[Parameter] = [
        NatureOfConnectionIndicators(setup.satellites, check, int(setup.echo_control)),
        replace(
            _theirs(ForwardCallIndicators(), brought),
            interworking=int(setup.interworking),
            isup_all_the_way=int(not setup.interworking),
            isdn_access=int(setup.isdn_access),
        ),
        CallingPartysCategory(setup.category),
        TransmissionMediumRequirement(setup.medium),
        replace(_theirs(CalledPartyNumber(""), brought), digits=called, nature=setup.called_nature, filler=0),
    ]
    optional = _with(_counters(setup, config, group), brought or _optional(setup))
    return compose(cic, Type.IAM, *_with(mandatory, optional))


def _counters(setup: Setup, config: IsupConfig, group: str) -> list[Parameter]:
    """The counters of an IAM."""
    hops = setup.hops if setup.hops is not None else config.hops or None
    return [*([] if hops is None else [HopCounter(hops)]), *counter(setup, config, group)]


def _optional(setup: Setup) -> list[Parameter]:
    """The optional parameters of the IAM of a call that begins here or comes from another system."""
    optional: list[Parameter] = []
    if setup.calling:
        optional.append(
            CallingPartyNumber(
                setup.calling,
                setup.calling_nature,
                presentation=int(setup.calling_restricted),
                screening=setup.calling_screening,
            )
        )
    if setup.original_called:
        presentation = int(setup.original_called_restricted)
        optional.append(
            OriginalCalledNumber(
                setup.original_called, setup.original_called_nature, presentation=presentation, screening=0
            )
        )
    return optional


def acm(primitive: Proceeding | Alerting) -> list[Parameter]:
    """Return the parameters of the ACM that `primitive` asks for."""
    free = _FREE if isinstance(primitive, Alerting) else 0
    return _backward(BackwardCallIndicators(primitive.charge, free, _ORDINARY), primitive)


def connect(answer: Answer) -> list[Parameter]:
    """Return the parameters of a CON."""
    return _backward(BackwardCallIndicators(answer.charge, 0, _ORDINARY), answer)


def _backward(
    indicators: BackwardCallIndicators, primitive: Proceeding | Alerting | Answer
) -> list[Parameter]:
    """Our backward call indicators, or those brought along, and what else there is."""
    brought = items_of(primitive.transparent)
    return _with([_theirs(indicators, brought)], brought)


def answer(primitive: Answer) -> list[Parameter]:
    """Return the parameters of the ANM."""
    return items_of(primitive.transparent)


def call_progress(primitive: Alerting | Progress) -> list[Parameter]:
    """Return the parameters of the CPG that `primitive` asks for."""
    event = ALERTING if isinstance(primitive, Alerting) else primitive.event
    brought = items_of(primitive.transparent)
    return _with([_theirs(EventInformation(event), brought)], brought)


def backward_primitive(message: Message, *, transit: bool = False) -> Primitive:
    """Return what an ACM or CPG tells the call engine; in `transit` with what no field holds."""
    optional = message.get(OptionalBackwardCallIndicators)
    in_band = optional is not None and bool(optional.in_band)
    if message.kind == Type.CPG:
        event = message.get(EventInformation) or EventInformation()
        told = (event, *message.optional) if event.restricted else message.optional
        brought = _transparent(told) if transit else None
        if event.event == ALERTING:
            return Alerting(in_band, transparent=brought)
        return Progress(in_band or event.event == IN_BAND, event.event, brought)
    indicators = message.get(BackwardCallIndicators) or BackwardCallIndicators()
    kind = Alerting if indicators.called_status == _FREE else Proceeding
    return kind(in_band, indicators.charge, all_of(message) if transit else None)


def answer_of(message: Message, charge: int = 2, *, transit: bool = False) -> Answer:
    """Return what an ANM or CON tells the call engine; `charge` is what the ACM said."""
    indicators = message.get(BackwardCallIndicators)
    connected = message.get(ConnectedNumber)
    return Answer(
        charge if indicators is None else indicators.charge,
        "" if connected is None else connected.digits,
        all_of(message) if transit else None,
    )


def release_of(message: Message, *, transit: bool = False) -> Release:
    """Return what a REL tells the call engine."""
    cause = message.get(CauseIndicators)
    location = 2 if cause is None else cause.location
    return Release(cause_of(message), location, all_of(message) if transit else None)


def release(primitive: Release) -> list[Parameter]:
    """Return the parameters of the REL that `primitive` asks for."""
    brought = items_of(primitive.transparent)
    return _with([_theirs(CauseIndicators(primitive.cause, primitive.location), brought)], brought)


def suspension(primitive: Suspend | Resume) -> list[Parameter]:
    """Return the parameters of the SUS or RES that `primitive` asks for."""
    brought = items_of(primitive.transparent)
    return _with([_theirs(SuspendResumeIndicators(int(primitive.by_network)), brought)], brought)


def cause_of(message: Message) -> int:
    """Return the cause value of a message, 31 when it has none in the coding of Q.850."""
    cause = message.get(CauseIndicators)
    return cause.cause if cause is not None and cause.coding == 0 else 31


def is_test_call(iam: Message) -> bool:
    """Whether an IAM begins a test call."""
    category = iam.get(CallingPartysCategory)
    return category is not None and category.category == TEST_CALL

"""Between the fields of a call (`Setup` and its fellows) and telephone user messages.

| field | message |
|---|---|
| called, called_nature | IAM or IAI, and SAM for more than 15 address signals |
| calling, calling_nature, calling_restricted | IAI: calling line identity |
| original_called, original_called_nature | IAI: original called address, with the redirected call indicator |
| category | calling party's category; 0 to 13 are those of Q.763 3.11 |
| medium | digital path required indicator |
| satellites, echo_control | nature of circuit and echo suppressor indicators |

What else an IAM says is kept in `Setup.transparent` for a telephone user part on the other side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Category,
    Charge,
    Medium,
    Nature,
    Primitive,
    Proceeding,
    Setup,
    Transparent,
)
from callcenter.ss7.tup.codec import Message
from callcenter.ss7.tup.contents import (
    ST,
    Address,
    AddressComplete,
    GeneralForward,
    GeneralRequest,
    InitialAddress,
    InitialAddressAdditional,
    Subsequent,
    SubsequentOne,
)
from callcenter.ss7.tup.messages import Heading

SYSTEM: Final = "tup"
"""Whom `Transparent` parts are for."""

MOST: Final = 15
"""Address signals in one message."""

NATURES: Final[dict[int, int]] = {
    0: Nature.SUBSCRIBER,
    1: Nature.UNKNOWN,
    2: Nature.NATIONAL,
    3: Nature.INTERNATIONAL,
}
"""Nature of address by its code in Q.723 3.3.1 c."""

CODES: Final[dict[int, int]] = {
    Nature.SUBSCRIBER: 0,
    Nature.UNKNOWN: 2,
    Nature.NATIONAL: 2,
    Nature.INTERNATIONAL: 3,
}
"""Code in Q.723 by nature of address."""

PRIORITIES: Final = frozenset({20, 21})
"""Categories of China that mean a subscriber with priority; those from 16 on tell how the call is charged."""

_CHARGES: Final[dict[int, int]] = {0: Charge.NO_INDICATION, 1: Charge.CHARGE, 2: Charge.NO_CHARGE}
_TYPES: Final[dict[int, int]] = {Charge.NO_INDICATION: 0, Charge.CHARGE: 1, Charge.NO_CHARGE: 2}


@dataclass(slots=True)
class Offered:
    """What is known of an incoming call so far."""

    called: str
    st: bool
    """The end of pulsing signal has come."""
    contents: InitialAddress

    @classmethod
    def of(cls, message: Message) -> Self:
        """Read an IAM or IAI."""
        contents = message.contents
        assert isinstance(contents, InitialAddress)
        offered = cls("", False, contents)
        offered.add_digits(contents.digits)
        return offered

    def add_digits(self, digits: str) -> str:
        """Append address signals up to the end of pulsing signal; return those appended."""
        before, st, _ = digits.partition(ST)
        self.called += before
        self.st = self.st or bool(st)
        return before

    def setup(self, *, complete: bool) -> Setup:
        """Return the primitive for the call engine."""
        iam = self.contents
        calling = original = None
        if isinstance(iam, InitialAddressAdditional):
            calling, original = iam.calling, iam.original_called
        calling, original = calling or Address(""), original or Address("")
        return Setup(
            self.called,
            calling.digits.rstrip(ST),
            bool(calling.restricted),
            original.digits.rstrip(ST),
            complete=complete,
            called_nature=NATURES[iam.nature],
            calling_nature=NATURES[calling.nature],
            category=_category(iam.category),
            original_called_nature=NATURES[original.nature],
            medium=Medium.UNRESTRICTED_64K if iam.digital else Medium.AUDIO_3K1,
            interworking=True,
            satellites=iam.circuit & 1,
            echo_control=bool(iam.echo),
            transparent=Transparent(SYSTEM, (iam,)),
        )


def _category(code: int) -> int:
    if code <= Category.TEST:
        return code
    return Category.PRIORITY if code in PRIORITIES else Category.ORDINARY


def digits_in(message: Message) -> str:
    """Return the address signals of a SAM or SAO."""
    contents = message.contents
    return contents.digits if isinstance(contents, Subsequent | SubsequentOne) else ""


def address_messages(cic: int, setup: Setup, *, send_st: bool, check: int = 0) -> list[Message]:
    """Compose the IAM or IAI of an outgoing call, and the SAM for what it has no room for.

    `check`: continuity check, 1 required on this circuit, 2 performed on a previous one. Raises `ValueError`
    for numbers that are not digits.
    """
    called = setup.called + (ST if send_st and setup.complete else "")
    if not setup.called:
        raise ValueError("called number: found nothing, expected digits")
    base = _base(setup)
    calling = original = None
    if setup.calling and len(setup.calling) <= MOST:
        nature = CODES.get(setup.calling_nature, 2)
        calling = Address(setup.calling, nature, int(setup.calling_restricted))
    if setup.original_called and len(setup.original_called) <= MOST:
        original = Address(setup.original_called, CODES.get(setup.original_called_nature, 2))
    fields = {name: getattr(base, name) for name in InitialAddress.__match_args__}
    fields |= {"digits": called[:MOST], "redirected": int(bool(setup.original_called)), "extra": b""}
    fields["check"] = check
    if calling is None and original is None:
        messages = [Message(cic, Heading.IAM, InitialAddress(**fields))]
    else:
        contents = InitialAddressAdditional(**fields, calling=calling, original_called=original)
        messages = [Message(cic, Heading.IAI, contents)]
    return messages + more_digits(cic, called[MOST:])


def _base(setup: Setup) -> InitialAddress:
    """The indicators: those of the IAM that the call came with, or those that follow from `setup`."""
    kept = setup.transparent
    if kept is not None and kept.system == SYSTEM:
        found = next((each for each in kept.items if isinstance(each, InitialAddress)), None)
        if found is not None:
            return replace(found, nature=CODES.get(setup.called_nature, 2), check=0)
    return InitialAddress(
        setup.called[:MOST],
        category=setup.category if setup.category <= Category.TEST else Category.ORDINARY,
        nature=CODES.get(setup.called_nature, 2),
        circuit=min(setup.satellites, 1),
        echo=int(setup.echo_control),
        digital=int(setup.medium == Medium.UNRESTRICTED_64K),
    )


def more_digits(cic: int, digits: str) -> list[Message]:
    """Compose the SAM for further address signals; one signal alone goes in a SAO. Raises `ValueError`."""
    messages = []
    for start in range(0, len(digits), MOST):
        part = digits[start : start + MOST]
        if len(part) == 1:
            messages.append(Message(cic, Heading.SAO, SubsequentOne(part)))
        else:
            messages.append(Message(cic, Heading.SAM, Subsequent(part)))
    for message in messages:
        message.contents.encode()
    return messages


def general_forward(request: Message, iam: InitialAddress) -> GeneralForward:
    """Return the answer to a GRQ: what `iam` knows of what is asked for (Q.724 1.6)."""
    asked = request.get(GeneralRequest) or GeneralRequest()
    calling = original = None
    if isinstance(iam, InitialAddressAdditional):
        calling, original = iam.calling, iam.original_called
    return GeneralForward(
        category=iam.category if asked.category else None,
        calling=calling if asked.calling or asked.malicious else None,
        original_called=original if asked.original_called else None,
    )


def address_complete(primitive: Primitive) -> AddressComplete:
    """Return the contents of the ACM that `primitive` asks for."""
    free = isinstance(primitive, Alerting)
    charge = primitive.charge if isinstance(primitive, Alerting | Proceeding | Answer) else Charge.CHARGE
    kept = getattr(primitive, "transparent", None)
    if kept is not None and kept.system == SYSTEM and isinstance(kept.items[0], AddressComplete):
        return kept.items[0]
    return AddressComplete(type=_TYPES.get(charge, 1), free=int(free))


def complete_primitive(message: Message) -> Proceeding | Alerting:
    """Return what an ACM tells the call engine."""
    contents = message.get(AddressComplete) or AddressComplete()
    charge = _CHARGES.get(contents.type, Charge.CHARGE)
    kept = Transparent(SYSTEM, (contents,))
    if contents.free:
        return Alerting(charge=charge, transparent=kept)
    return Proceeding(charge=charge, transparent=kept)


def answer_heading(answer: Answer) -> Heading:
    """Return the answer signal that says what is charged."""
    return Heading.ANN if answer.charge == Charge.NO_CHARGE else Heading.ANC


def answer_primitive(message: Message) -> Answer:
    """Return what an answer signal tells the call engine."""
    return Answer(charge=Charge.NO_CHARGE if message.kind == Heading.ANN else Charge.CHARGE)

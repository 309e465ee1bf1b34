"""What every kind of leg says to the call engine, and the call engine to it.

Trunk circuits of every signalling system, stations, SIP legs and IVR ports all speak these few words;
the engine never sees a signalling message. A `Leg` names one of them. Requests go from the engine to a
leg, indications come from a leg; the classes are the same, the direction is the method that carries
them (`request(...)` down, a returned list up).

Forward: Setup, Digits, Continuity, ForwardTransfer. Backward: Proceeding, Alerting, Progress, Answer,
Charging. Either way: Suspend, Resume, Release, Released, Transparent; Failed and Discard answer a Setup.

Values are those of Q.763 and Q.850 where a field has coded values; every other signalling system maps its own
to them. A call in transit hands the primitives of one leg to the other as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NamedTuple, TypeAlias


class Leg(NamedTuple):
    """Names a leg: a trunk circuit (`trunk group`, CIC), or (`station`, number)."""

    group: str
    number: int


class Cause(IntEnum):
    """Cause values the engine itself gives or looks at (Q.850 table 1)."""

    UNALLOCATED_NUMBER = 1
    NORMAL_CLEARING = 16
    USER_BUSY = 17
    NO_USER_RESPONDING = 18
    NO_ANSWER = 19
    CALL_REJECTED = 21
    DESTINATION_OUT_OF_ORDER = 27
    ADDRESS_INCOMPLETE = 28
    NORMAL_UNSPECIFIED = 31
    NO_CIRCUIT_AVAILABLE = 34
    NETWORK_OUT_OF_ORDER = 38
    TEMPORARY_FAILURE = 41
    SWITCHING_EQUIPMENT_CONGESTION = 42
    REQUESTED_CIRCUIT_NOT_AVAILABLE = 44
    BEARER_NOT_IMPLEMENTED = 65
    RECOVERY_ON_TIMER_EXPIRY = 102
    PROTOCOL_ERROR = 111
    INTERWORKING = 127


class Nature(IntEnum):
    """Nature of an address (Q.763 3.9 b)."""

    SUBSCRIBER = 1
    UNKNOWN = 2
    NATIONAL = 3
    INTERNATIONAL = 4


class Screening(IntEnum):
    """Who vouches for a calling number (Q.763 3.10 e)."""

    USER_NOT_VERIFIED = 0
    USER_VERIFIED = 1
    USER_FAILED = 2
    NETWORK = 3


class Category(IntEnum):
    """Calling party's category (Q.763 3.11)."""

    UNKNOWN = 0
    OPERATOR = 9
    ORDINARY = 10
    PRIORITY = 11
    DATA = 12
    TEST = 13
    PAYPHONE = 15


class Medium(IntEnum):
    """Transmission medium requirement (Q.763 3.54)."""

    SPEECH = 0
    UNRESTRICTED_64K = 2
    AUDIO_3K1 = 3
    PREFERRED_64K = 6


class Charge(IntEnum):
    """Charge indicator of the backward direction (Q.763 3.5)."""

    NO_INDICATION = 0
    NO_CHARGE = 1
    CHARGE = 2


class Location(IntEnum):
    """Where a call was released (Q.850 2.2.3)."""

    USER = 0
    PRIVATE_LOCAL = 1
    PUBLIC_LOCAL = 2
    TRANSIT = 3
    PUBLIC_REMOTE = 4
    PRIVATE_REMOTE = 5
    INTERNATIONAL = 7
    BEYOND_INTERWORKING = 10


class Check(IntEnum):
    """Continuity check of an incoming call when it is offered (Q.763 3.35)."""

    DONE = 0
    """Not required, or passed."""
    AWAITED = 2
    """On this circuit or a previous one: a `Continuity` follows, and the call must not be put through to a
    subscriber before."""


class Unpassed(Enum):
    """What to do with what cannot be passed on, as its sender says (Q.763 3.33 and 3.41)."""

    LEAVE_OUT = "discard the part"
    DISCARD = "discard the message"
    RELEASE = "release the call"


@dataclass(frozen=True, slots=True)
class Transparent:
    """What only legs of one signalling system understand, and the engine hands on unread: also a primitive of
    its own, for a message that means nothing to a call centre but passes through it in transit."""

    system: str
    """`isup`, `tup`: a leg of another system leaves it out."""
    items: tuple[object, ...]
    unpassed: Unpassed = Unpassed.LEAVE_OUT
    """What to do when the other leg speaks another system."""
    cause: int = Cause.NORMAL_UNSPECIFIED
    """Cause of `Unpassed.RELEASE`."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A call is offered. The field set of requirement S-03, and what a call in transit needs."""

    called: str
    """Called number 被叫号码, digits only."""
    calling: str = ""
    """Calling number 主叫号码; empty when not given."""
    calling_restricted: bool = False
    """Presentation restricted (Q.763 3.10 d): shown to nobody, but kept."""
    original_called: str = ""
    """Original called number 原被叫号码 of a forwarded call."""
    function: str = ""
    """Application function number 应用功能号."""
    additional: str = ""
    """Additional information 附加信息: user-to-user information as text, or as hexadecimal digits."""
    password: str = ""
    """Password 密码."""
    complete: bool = True
    """The called number is whole; else `Digits` may follow."""
    called_nature: int = Nature.NATIONAL
    calling_nature: int = Nature.NATIONAL
    calling_screening: int = Screening.NETWORK
    category: int = Category.ORDINARY
    original_called_nature: int = Nature.NATIONAL
    original_called_restricted: bool = False
    medium: int = Medium.SPEECH
    hops: int | None = None
    """Hop counter (Q.763 3.80): exchanges the call may still pass through."""
    delay: int | None = None
    """Milliseconds that the connection takes so far (Q.763 3.42), where somebody counts them."""
    interworking: bool = False
    """The call has passed a signalling system that is not SS7 ISUP."""
    isdn_access: bool = False
    """The calling party has ISDN access."""
    satellites: int = 0
    """Satellite circuits in the connection."""
    echo_control: bool = False
    """An outgoing echo control device is included."""
    check: int = Check.DONE
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Digits:
    """More of the called number (overlap)."""

    digits: str
    complete: bool = False
    """The number is whole now. `digits` may then be empty."""


@dataclass(frozen=True, slots=True)
class Continuity:
    """The outcome of the continuity check that `Setup.check` announced."""

    successful: bool


@dataclass(frozen=True, slots=True)
class ForwardTransfer:
    """The calling side's operator calls an operator in (Q.764 2.1.11)."""

    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Proceeding:
    """The address is complete; nobody is rung yet."""

    in_band: bool = False
    """A tone or announcement is in the speech path."""
    charge: int = Charge.CHARGE
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Something happened before answer: without more, a tone or announcement is in the speech path."""

    in_band: bool = True
    event: int = 3
    """Event of Q.763 3.21: 2 progress, 3 in-band information, 4 forwarded on busy, 5 no reply, 6 always."""
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Alerting:
    """The called party is rung."""

    in_band: bool = False
    charge: int = Charge.CHARGE
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The called party has answered. Also a second time, after `Suspend`, from systems that say re-answer."""

    charge: int = Charge.CHARGE
    connected: str = ""
    """Connected number, where the network gives it."""
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Charging:
    """Charge information of the far end, for the side that charges."""

    pulses: int = 0
    """Metering pulses, as the metering message counts them."""
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Suspend:
    """The called party has hung up but may come back (TUP: clear-back), or a party has suspended the call."""

    by_network: bool = True
    """False: an ISDN user has suspended the call (Q.763 3.52)."""
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """The called party is back (TUP: re-answer)."""

    by_network: bool = True
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Clear the call; `Released` follows from the other side of the primitive boundary."""

    cause: int = Cause.NORMAL_CLEARING
    location: int = Location.PUBLIC_LOCAL
    transparent: Transparent | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """The leg is free. Also given without `Release` when a circuit was reset."""

    cause: int = Cause.NORMAL_CLEARING


@dataclass(frozen=True, slots=True)
class Discard:
    """Forget a `Setup`, as if its message had not come: its circuit is idle, nothing is said."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A requested setup came to nothing before it left (dual seizure lost, circuit blocked or out of
    service, continuity check failed): the engine may try another circuit."""

    cause: int = Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE


Primitive: TypeAlias = (
    Setup
    | Digits
    | Continuity
    | ForwardTransfer
    | Proceeding
    | Progress
    | Alerting
    | Answer
    | Charging
    | Suspend
    | Resume
    | Release
    | Released
    | Failed
    | Discard
    | Transparent
)


@dataclass(frozen=True, slots=True)
class Indication:
    """A primitive that a leg gives to the engine."""

    leg: Leg
    primitive: Primitive

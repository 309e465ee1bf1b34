"""What every kind of leg says to the call engine, and the call engine to it.

Trunk circuits of every signalling system, stations, SIP legs and IVR ports all speak these few words;
the engine never sees a signalling message. A `Leg` names one of them. Requests go from the engine to a
leg, indications come from a leg; the classes are the same, the direction is the method that carries
them (`request(...)` down, a returned list up).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
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
    RECOVERY_ON_TIMER_EXPIRY = 102
    PROTOCOL_ERROR = 111
    INTERWORKING = 127


@dataclass(frozen=True, slots=True)
class Setup:
    """A call is offered. The field set of requirement S-03."""

    called: str
    """Called number 被叫号码, digits only."""
    calling: str = ""
    """Calling number 主叫号码; empty when not given."""
    calling_restricted: bool = False
    """Presentation restricted (Q.763 3.10 c): shown to nobody, but kept."""
    original_called: str = ""
    """Original called number 原被叫号码 of a forwarded call."""
    function: str = ""
    """Application function number 应用功能号."""
    additional: str = ""
    """Additional information 附加信息."""
    password: str = ""
    """Password 密码."""


@dataclass(frozen=True, slots=True)
class Proceeding:
    """The address is complete; nobody is rung yet."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Tones or announcements are in the speech path before answer."""


@dataclass(frozen=True, slots=True)
class Alerting:
    """The called party is rung."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The called party has answered."""


@dataclass(frozen=True, slots=True)
class Release:
    """Clear the call; `Released` follows from the other side of the primitive boundary."""

    cause: int = Cause.NORMAL_CLEARING


@dataclass(frozen=True, slots=True)
class Released:
    """The leg is free. Also given without `Release` when a circuit was reset."""

    cause: int = Cause.NORMAL_CLEARING


@dataclass(frozen=True, slots=True)
class Failed:
    """A requested setup came to nothing before it left (dual seizure lost, circuit blocked or out of
    service): the engine may try another circuit."""

    cause: int = Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE


Primitive: TypeAlias = Setup | Proceeding | Progress | Alerting | Answer | Release | Released | Failed


@dataclass(frozen=True, slots=True)
class Indication:
    """A primitive that a leg gives to the engine."""

    leg: Leg
    primitive: Primitive

"""What a link says to level 3 (Q.703 figure 7), and why a link fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Reason(Enum):
    """Why a link went out of service."""

    NOT_ALIGNED = "T2 expired: no alignment"
    ALIGNED_TOO_LONG = "T3 expired: the other end did not begin to prove"
    PROVING_FAILED = "alignment error rate too high in five proving periods"
    SIOS_IN_ALIGNMENT = "SIOS received during alignment"
    NOT_READY = "T1 expired: the other end did not become ready"
    ERROR_RATE = "signal unit error rate too high"
    NO_ACKNOWLEDGEMENT = "T7 expired: excessive delay of acknowledgement"
    REMOTE_CONGESTION = "T6 expired: remote congestion lasted too long"
    ABNORMAL_BSN = "two abnormal backward sequence numbers in three signal units"
    ABNORMAL_FIB = "two abnormal forward indicator bits in three signal units"
    SIO_RECEIVED = "SIO received"
    SIN_RECEIVED = "SIN received"
    SIE_RECEIVED = "SIE received"
    SIOS_RECEIVED = "SIOS received"


@dataclass(frozen=True, slots=True)
class InService:
    """The link carries messages."""


@dataclass(frozen=True, slots=True)
class OutOfService:
    """The link failed, or could not be aligned. Not given when level 3 itself stopped it."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class MsuReceived:
    """A message arrived in sequence: service information octet and field."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class RemoteProcessorOutage:
    """The other end's level 3 is out (`on`), or has recovered."""

    on: bool


@dataclass(frozen=True, slots=True)
class LinkCongestion:
    """The transmission buffer has passed its onset threshold (`on`), its discard threshold (`discarding`
    too), or its abatement threshold (Q.704 3.8.2, 11.2)."""

    on: bool
    discarding: bool = False


LinkEvent: TypeAlias = InService | OutOfService | MsuReceived | RemoteProcessorOutage | LinkCongestion

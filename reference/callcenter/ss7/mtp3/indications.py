"""What level 3 says to user parts and to management (Q.701 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Transfer:
    """A message for a user part (MTP-TRANSFER indication, Q.701 8.1)."""

    si: int
    opc: int
    dpc: int
    sls: int
    data: bytes
    spare: int = 0
    """The label's four bits above the selection (china24)."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The point cannot be reached any more (MTP-PAUSE)."""

    dpc: int


@dataclass(frozen=True, slots=True)
class Resume:
    """The point can be reached (MTP-RESUME)."""

    dpc: int


@dataclass(frozen=True, slots=True)
class Status:
    """A point can be reached, but (MTP-STATUS, Q.701 8.4): its route set is congested, or its user part
    cannot take messages."""

    dpc: int
    congestion: int = 0
    """Level of congestion; 0 when `user` says what is wrong, and when a congestion is over."""
    user: int | None = None
    """Service indicator of the user part that is unavailable."""
    cause: int = 0
    """0: unknown, 1: not equipped, 2: inaccessible (Q.704 15.17.5)."""


@dataclass(frozen=True, slots=True)
class LinkNotice:
    """What came of an order for a link, or what management should know of it."""

    link: str
    what: str


@dataclass(frozen=True, slots=True)
class GatewayNotice:
    """What management should know of a gateway (RFC 4666 4.2.1)."""

    association: int
    what: str


NetworkIndication: TypeAlias = Transfer | Pause | Resume | Status | LinkNotice | GatewayNotice

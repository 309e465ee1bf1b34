"""What the user part tells the operator: every change of a circuit that is no part of a call.

Notices go to the journal; those with `alert` are the alerts to maintenance personnel of Q.764 2.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class What(Enum):
    """What happened."""

    BLOCKED_REMOTELY = "blocked by the far end"
    UNBLOCKED_REMOTELY = "unblocked by the far end"
    BLOCKED_LOCALLY = "blocked by us"
    UNBLOCKED_LOCALLY = "unblocked by us"
    NOT_ACKNOWLEDGED = "order not acknowledged"
    RESET_RECEIVED = "reset by the far end"
    RESET_SENT = "reset by us"
    RESET_DONE = "reset acknowledged"
    UNEQUIPPED_THERE = "not equipped at the far end"
    UNEQUIPPED_HERE = "message for a circuit that is not equipped"
    DUAL_SEIZURE = "dual seizure"
    SUSPENDED = "call suspended"
    RESUMED = "call resumed"
    CONTINUITY_FAILED = "continuity check failed"
    LOOP_ON = "continuity check loop to be connected"
    LOOP_OFF = "continuity check loop to be removed"
    TONE_ON = "continuity check tone to be sent and listened for"
    TONE_OFF = "continuity check tone to be removed"
    UNEXPECTED = "unexpected message"
    UNRECOGNISED = "unrecognised information"
    MALFORMED = "octets that are no message"
    TOO_LONG = "message longer than the network takes"
    FOREIGN = "message from a point without circuits"
    CONFUSION = "far end confused"
    CONGESTED = "automatic congestion control"
    PAUSED = "destination not accessible"
    RESUMED_DESTINATION = "destination accessible again"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing worth writing down."""

    what: What
    point_code: int
    """The far end."""
    cic: int | None = None
    detail: str = ""
    alert: bool = False
    """For maintenance personnel, at once."""

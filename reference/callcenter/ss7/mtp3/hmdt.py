"""Message discrimination and distribution (Q.704 2.3, 2.4; blocks HMDC and HMDT).

A message for another point is passed on by a point with transfer function, and discarded by others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from callcenter.errors import DecodeError
from callcenter.ss7.mtp3.codec import Message, Service, decode
from callcenter.ss7.mtp3.config import Mtp3Config


class Destination(Enum):
    """Whom a received message is for."""

    MANAGEMENT = "signalling network management"
    LINK_TEST = "signalling link test"
    USER = "user part"
    UNEQUIPPED = "user part that is not equipped"
    TRANSFER = "another point"


@dataclass(slots=True)
class Discarded:
    """Messages that were discarded, by reason."""

    malformed: int = 0
    """Label cut short."""
    network_indicator: int = 0
    """For another network (Q.704 2.4.2)."""
    destination: int = 0
    """For another point (Q.704 2.4.3)."""
    unequipped: int = 0
    """For a user part that is not equipped (Q.704 11.2.7)."""


class MessageDistribution:
    """Tells what is ours, and whose it is."""

    def __init__(self, config: Mtp3Config) -> None:
        self._config = config
        self.discarded = Discarded()

    def distribute(self, octets: bytes) -> tuple[Destination, Message] | None:
        """Return a message that is for this point and its destination; None if it was discarded."""
        config = self._config
        try:
            message = decode(octets, config.variant)
        except DecodeError:
            self.discarded.malformed += 1
            return None
        if message.ni != config.network_indicator:
            self.discarded.network_indicator += 1
            return None
        if message.label.dpc != config.point_code:
            if config.transfer:
                return Destination.TRANSFER, message
            self.discarded.destination += 1
            return None
        if message.si in config.users:
            return Destination.USER, message
        if message.si == Service.SNM:
            return Destination.MANAGEMENT, message
        if message.si in {Service.SLT, Service.SLT_SPECIAL}:
            return Destination.LINK_TEST, message
        self.discarded.unequipped += 1
        return Destination.UNEQUIPPED, message

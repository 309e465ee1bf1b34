"""Level 3 of a signalling point: one link set to one adjacent point (Q.704, Q.707).

Restart (Q.704 9): this point has no transfer function and one adjacent point, so there is no routing
information to wait for. When the first link becomes available it says so with TRA and gives traffic to its
users at once. A TRA of the other end is counted and needs no answer. There is no changeover yet: when a
link fails, what it had not delivered is lost to it, and new messages take the other links.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from callcenter.errors import ConfigurationError, StateError
from callcenter.ss7.mtp2 import Mtp2Link
from callcenter.ss7.mtp3 import lsac_fsm
from callcenter.ss7.mtp3.codec import Heading, Message, Service, user_part_unavailable
from callcenter.ss7.mtp3.config import Mtp3Config
from callcenter.ss7.mtp3.hmdt import Destination, Discarded, MessageDistribution
from callcenter.ss7.mtp3.hmrt import MessageRouting
from callcenter.ss7.mtp3.links import SignallingLink, TimerKey
from callcenter.ss7.mtp3.timers import TIMERS
from callcenter.timers import Timers, durations
from testrig.clock import Instant

UNEQUIPPED: int = 1
"""Cause of unavailability: unequipped remote user (Q.704 15.17.5)."""


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


NetworkIndication: TypeAlias = Transfer | Pause | Resume


class Mtp3:
    """Level 3 over `links`, by signalling link code.

    It keeps its own timers only: whoever owns the links lets their timers expire. After anything that can
    have changed a link, call `poll`.
    """

    def __init__(self, config: Mtp3Config, links: Mapping[int, Mtp2Link]) -> None:
        """Raises `ConfigurationError` for a link code out of range or a timer that is not allowed."""
        for slc in links:
            if not 0 <= slc <= 15:
                raise ConfigurationError(f"signalling link code: found {slc}, expected 0 to 15 (Q.704 15.2)")
        self.config = config
        self.durations = durations(TIMERS, config.timers)
        self.timers: Timers[TimerKey] = Timers()
        self.links = {slc: SignallingLink(slc, link, self) for slc, link in sorted(links.items())}
        self.hmrt = MessageRouting()
        self.hmdt = MessageDistribution(config)
        self.management: Counter[int] = Counter()
        """Signalling network management messages received, by heading octet."""
        self.undeliverable = 0
        """Messages of users for a point that cannot be reached (Q.704 2.3.5)."""
        self._now: Instant = 0
        self._indications: deque[NetworkIndication] = deque()

    # orders

    def start(self, now: Instant) -> None:
        """Activate every link."""
        for slc in self.links:
            self.activate(slc, now)

    def activate(self, slc: int, now: Instant, emergency: bool = False) -> None:
        """Activate a link; it is restored by itself until deactivated. `emergency` asks for the emergency
        proving period. Raises `StateError` for an unknown link."""
        link = self._link(slc)
        self._now = now
        link.emergency = emergency
        link.order(lsac_fsm.Event.ACTIVATE, now)
        if link.lsac.state is lsac_fsm.State.ALIGNING:
            link.level2.emergency(emergency, now)

    def deactivate(self, slc: int, now: Instant) -> None:
        """Take a link out of service. Raises `StateError` for an unknown link."""
        link = self._link(slc)
        self._now = now
        link.order(lsac_fsm.Event.DEACTIVATE, now)

    def transfer(self, si: int, dpc: int, sls: int, data: bytes, now: Instant, spare: int = 0) -> None:
        """Send a message of a user part. It is discarded and counted when `dpc` cannot be reached."""
        self._now = now
        slc = self.hmrt.carrier(sls) if dpc == self.config.adjacent else None
        if slc is None:
            self.undeliverable += 1
            return
        self.links[slc].send(si, data, sls, now, spare)

    def link_state(self, slc: int) -> str:
        """State of a link: that of its activity, or `processor outage`."""
        link = self._link(slc)
        if link.remote_outage:
            return "processor outage"
        return link.lsac.state.value

    def available(self, slc: int) -> bool:
        """True while traffic may use link `slc`."""
        return self._link(slc).available

    def _link(self, slc: int) -> SignallingLink:
        if slc not in self.links:
            known = ", ".join(str(code) for code in self.links)
            raise StateError(f"signalling link {slc}: not known; links are {known}")
        return self.links[slc]

    # stimuli

    def poll(self, now: Instant) -> None:
        """Take what the links have to say."""
        self._now = now
        for link in self.links.values():
            link.poll(now)

    def expire(self, now: Instant) -> None:
        """Carry out the timers whose time has come."""
        self._now = now
        for name, slc in self.timers.expired(now):
            self.links[slc].expired(name, now)

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` is next due."""
        return self.timers.next_deadline

    def indications(self) -> list[NetworkIndication]:
        """Return what happened since the last call, in order."""
        if not self._indications:
            return []
        indications = list(self._indications)
        self._indications.clear()
        return indications

    @property
    def discarded(self) -> Discarded:
        """Received messages that were discarded, by reason."""
        return self.hmdt.discarded

    @property
    def settled(self) -> bool:
        """True while no user has yet to read an indication."""
        return not self._indications

    # what the links say

    def availability_changed(self) -> None:
        """A link became available or is not any more."""
        before = self.hmrt.accessible
        self.hmrt.use(slc for slc, link in self.links.items() if link.available)
        after = self.hmrt.accessible
        if after and not before:
            self._send_management(bytes((Heading.TRA,)), 0)
            self._indications.append(Resume(self.config.adjacent))
        elif before and not after:
            self._indications.append(Pause(self.config.adjacent))

    def message_received(self, link: SignallingLink, octets: bytes) -> None:
        """A link delivered a message."""
        found = self.hmdt.distribute(octets)
        if found is None:
            return
        destination, message = found
        label = message.label
        if destination is Destination.USER:
            self._indications.append(
                Transfer(message.si, label.opc, label.dpc, label.sls, message.data, label.spare)
            )
        elif destination is Destination.LINK_TEST:
            link.link_test(message, self._now)
        elif destination is Destination.MANAGEMENT:
            self.management[message.data[0] if message.data else 0] += 1
        else:
            self._refuse(message)

    def _refuse(self, message: Message) -> None:
        """Tell the originating point that the user part is not here (Q.704 11.2.7)."""
        if message.label.opc != self.config.adjacent:
            return
        config = self.config
        data = user_part_unavailable(config.point_code, message.si, UNEQUIPPED, config.variant)
        self._send_management(data, message.label.sls)

    def _send_management(self, data: bytes, sls: int) -> None:
        slc = self.hmrt.carrier(sls)
        if slc is not None:
            self.links[slc].send(Service.SNM, data, sls, self._now)


__all__ = ["Mtp3", "NetworkIndication", "Pause", "Resume", "Transfer"]

"""A network reached over gateways: what `Mtp3` is over links, for user parts that have none (RFC 4666 1.4).

Same `transfer`, `poll`, `indications`, `expire`; associations are streams, which the owner opens and adds.
"""

from __future__ import annotations

import logging

from callcenter.ss7.m3ua.asp import Asp
from callcenter.ss7.m3ua.asp_side_fsm import State
from callcenter.ss7.m3ua.codec import ProtocolData
from callcenter.ss7.mtp3.indications import GatewayNotice, NetworkIndication, Transfer
from testrig.clock import Instant
from testrig.stream import MemoryStream, Stream

log = logging.getLogger(__name__)


class GatewayNetwork:
    """An ASP with its streams. `services` are those that have a user part here."""

    def __init__(self, asp: Asp, services: frozenset[int]) -> None:
        self.asp = asp
        self.unequipped = 0
        """Messages of the network for services without a user part."""
        self._services = services
        self._streams: dict[int, Stream] = {}
        self._news = False
        """An association was added since the last poll."""
        self._next = 0

    def add(self, stream: Stream, now: Instant) -> int:
        """Take an association to a gateway; return its number."""
        number, self._next = self._next, self._next + 1
        self._streams[number] = stream
        self._news = True
        self.asp.connected(number, now)
        self._send(now)
        return number

    def start(self, now: Instant) -> None:
        """Take the traffic, as the first server of an override pair does, or one that takes over."""
        self.asp.activate(now)
        self._send(now)

    def stop(self, now: Instant) -> None:
        """Give the traffic up."""
        self.asp.deactivate(now)
        self._send(now)

    def lose(self) -> None:
        """Lose every association at once, as a server does whose power fails."""
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()

    def transfer(self, si: int, dpc: int, sls: int, data: bytes, now: Instant, spare: int = 0) -> None:
        """Send a message of a user part; it is discarded and counted when `dpc` cannot be reached.

        The octet for the selection (3.3.1) has room for the label's four bits above it (china24).
        """
        config = self.asp.config
        label = ProtocolData(config.point_code, dpc, si, config.network_indicator, spare << 4 | sls, data)
        self.asp.transfer(label, now)
        self._send(now)

    def destination_state(self, point_code: int) -> str:
        """`accessible`, `inaccessible`, or `unknown` for a point that is not configured."""
        if point_code not in self.asp.config.destinations:
            return "unknown"
        return "accessible" if self.asp.reaches(point_code) else "inaccessible"

    def poll(self, now: Instant) -> bool:
        """Take what the gateways sent; whether there was anything, or an association came or is lost."""
        heard, self._news = self._news, False
        for number, stream in list(self._streams.items()):
            octets = stream.receive()
            if octets:
                self.asp.receive(number, octets, now)
            if stream.closed:
                self._lost(number, now)
            heard = heard or bool(octets) or number not in self._streams
        self._send(now)
        return heard

    def indications(self) -> list[NetworkIndication]:
        """Drain what user parts hear."""
        found: list[NetworkIndication] = []
        for each in self.asp.indications():
            if not isinstance(each, Transfer):
                found.append(each)
                if isinstance(each, GatewayNotice):
                    log.warning("association %d: %s", each.association, each.what)
            elif each.si in self._services:
                spare, sls = divmod(each.sls & 0xFF, 16)
                found.append(Transfer(each.si, each.opc, each.dpc, sls, each.data, spare))
            else:
                self.unequipped += 1
        return found

    def expire(self, now: Instant) -> None:
        """Repeat what was not acknowledged."""
        self.asp.expire(now)
        self._send(now)

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` has something to do."""
        return self.asp.next_deadline

    def state(self, number: int) -> str:
        """What the ASP is doing at a gateway, in words; `up` when nothing is amiss."""
        state = self.asp.state(number)
        return "up" if state in (State.ACTIVE, State.INACTIVE) else f"up, {state.value}"

    @property
    def settled(self) -> bool:
        """True when no octets wait in memory."""
        return not any(isinstance(each, MemoryStream) and each.news for each in self._streams.values())

    def _send(self, now: Instant) -> None:
        for number, octets in self.asp.messages():
            if number in self._streams:
                self._streams[number].send(octets)
        for number in self.asp.closing():
            if number in self._streams:
                self._streams[number].close()
                self._lost(number, now)

    def _lost(self, number: int, now: Instant) -> None:
        del self._streams[number]
        self.asp.closed(number, now)

"""What the services of the call engine share: the bus, the journal, the calls, the way to signalling."""

from __future__ import annotations

from callcenter.calls.bus import Bus
from callcenter.calls.call import Call
from callcenter.calls.primitives import Leg, Primitive
from callcenter.cti.journal import Journal
from testrig.clock import Instant


class Floor:
    """The ground the services stand on."""

    def __init__(self, bus: Bus, journal: Journal) -> None:
        self.bus = bus
        self.journal = journal
        self.calls: dict[int, Call] = {}
        self.ports: dict[int, Call] = {}
        """Whose each allotted voice port is."""
        self.outbox: list[tuple[Leg, Primitive]] = []

    def request(self, leg: Leg, primitive: Primitive) -> None:
        """Say something to signalling."""
        self.outbox.append((leg, primitive))

    def note(self, call: Call, kind: str, now: Instant, **more: object) -> None:
        """Write an event of a call into the journal."""
        data = call.fields()
        data.update(more)
        self.journal.append(now, kind, data)

    def allot_port(self, call: Call, *, digits: bool) -> bool:
        """Give the caller a voice port; False when none is free."""
        assert call.trunk is not None
        port = self.bus.allot(call.trunk, digits=digits)
        if port is None:
            return False
        call.port = port
        self.ports[port] = call
        return True

    def return_port(self, call: Call) -> None:
        """Take back the caller's voice port, if there is one."""
        if call.port is not None:
            assert call.trunk is not None
            self.bus.give_back(call.port, call.trunk)
            del self.ports[call.port]
            call.port = None

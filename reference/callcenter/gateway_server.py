"""The signalling gateway as a process: E1 on pseudowires, CT servers over SCTP or TCP, a control socket.

What an operator must know comes out as log lines and as `Alarm` events of the journal: messages that
screening refuses, associations lost while their process was up, and, when they begin and when they are over,
links out of service, points that cannot be reached and application servers without an active process.

Orders of the control socket (`callcenter.control`): `state`; `activate` (`link`, `emergency`), `deactivate`,
`inhibit`, `uninhibit` (`link`; the first one if left out); `alarms` and `events` (`since` a number: the
thousand that follow it).
"""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from callcenter.control import MOST_EVENTS, Terminal, open_control, since
from callcenter.cti.journal import Types
from callcenter.errors import CallcenterError
from callcenter.gateway import Gateway, GatewaySystem
from callcenter.journal_file import JournalFile, as_json
from callcenter.shell import JITTER, Address, Host
from callcenter.ss7.m3ua.as_fsm import State
from callcenter.ss7.m3ua.sgp import Peer
from testrig.association import Listener, Transport, listen
from testrig.clock import MINUTE, Instant
from testrig.stream import SocketStream
from testrig.system import Event

log = logging.getLogger(__name__)

AGAIN: Final = MINUTE
"""How long messages that screening refuses are counted and not told one by one."""

_GOOD: Final = ("in service", "in service (link test)", "locally inhibited", "remotely inhibited")
"""States of a link that are no trouble."""

_TOLD: Final = {Types.LINK: "link", Types.DESTINATION: "destination"}


class AlarmLog:
    """Tells the operator of alarms, links and points as they go into the journal."""

    def __init__(self) -> None:
        self._screened: dict[tuple[object, object], tuple[Instant, int]] = {}
        """When screening was last told of, by server and reason, and how often not since."""

    def __call__(self, event: Event) -> None:
        """Take an event."""
        words = ", ".join(f"{key} {value}" for key, value in event.data.items())
        if event.type in _TOLD:
            log.info("%s: %s", _TOLD[event.type], words)
        elif event.type == Types.ALARM and event.data["alarm"] != "screening":
            log.warning("%s", words)
        elif event.type == Types.ALARM:
            kind = event.data["server"], event.data["reason"]
            told, more = self._screened.get(kind, (event.at - AGAIN, 0))
            if event.at - told < AGAIN:
                self._screened[kind] = told, more + 1
                return
            self._screened[kind] = event.at, 0
            log.warning("%s%s", words, f" ({more} more like it before)" if more else "")


class GatewayTerminal(Terminal):
    """What the operator of a gateway sees and orders."""

    def __init__(self, server: GatewayServer) -> None:
        self._server = server
        self._gateway = server.gateway

    def carry_out(self, request: dict[str, Any]) -> dict[str, object]:
        """Carry out an order."""
        gateway, order, link = self._gateway, request.get("order"), str(request.get("link", ""))
        signalling, now = gateway.signalling, gateway.now
        emergency = bool(request.get("emergency", False))
        orders: dict[str, Callable[[], None]] = {
            "activate": lambda: signalling.activate(now, emergency=emergency, link=link),
            "deactivate": lambda: signalling.deactivate(now, link=link),
            "inhibit": lambda: signalling.inhibit(now, link=link),
            "uninhibit": lambda: signalling.uninhibit(now, link=link),
        }
        if order in orders:
            orders[order]()
            gateway.work()
            return {"link": signalling.link(link).link.name, "state": signalling.link_state(link)}
        if order == "state":
            return self._server.state()
        if order in ("alarms", "events"):
            found = gateway.journal.since(since(request))
            told = (each for each in found if order == "events" or each.type == Types.ALARM)
            return {order: [as_json(each) for each in itertools.islice(told, MOST_EVENTS)]}
        raise CallcenterError(f"order {order!r}: expected state, alarms, events, {', '.join(orders)}")


class GatewayServer(Host):
    """A signalling gateway in real time."""

    def __init__(
        self,
        system: GatewaySystem,
        lines: Sequence[tuple[Address, Address]],
        *,
        address: Address,
        transport: Transport = "auto",
        control: Address | None = None,
        journal: Path | None = None,
        jitter: int = JITTER,
    ) -> None:
        """`address`: where CT servers connect; `control`: where to serve the control socket; `journal`:
        a file that every event is appended to."""
        super().__init__(lines, jitter=jitter)
        self._system = system
        self.gateway: Gateway = system.gateway
        self._journal = journal
        self._address = address
        self._transport = transport
        self._control = control
        self.control_address: Address | None = None
        self.listener: Listener | None = None
        """Where CT servers connect, once it is open."""
        self._associations: dict[int, tuple[SocketStream, Peer]] = {}
        self._troubles: set[tuple[str, str]] = set()

    async def begin(self, stack: contextlib.AsyncExitStack) -> None:
        """Plug in the lines and start the gateway."""
        lines = await self.bind(stack)
        if self._journal is not None:
            file = JournalFile(self._journal)
            stack.callback(file.close)
            self.gateway.journal.subscribe(file)
        self._system.attach(lines, ())

    def advance(self, frames: int) -> None:
        """Run for `frames`."""
        self._system.advance(frames)

    async def open(self, stack: contextlib.AsyncExitStack) -> None:
        """Listen for CT servers, and open the control socket."""
        self.gateway.journal.subscribe(AlarmLog())
        self.listener = listen(self._address, self._transport)
        stack.callback(self._close)
        if self._control is not None:
            self.control_address = await open_control(stack, self._control, lambda: GatewayTerminal(self))

    async def poll(self) -> None:
        """Take new associations, tell of those that are gone, and of what has become bad or good."""
        if self.listener is None:
            return
        gateway = self.gateway
        peers = gateway.sgp.peers
        for stream in self.listener.accept():
            gateway.accept(stream)
            number = next(reversed(peers))
            self._associations[number] = stream, peers[number]
            log.info("CT server at %s connected", stream.peer)
        for number in [number for number in self._associations if number not in peers]:
            stream, peer = self._associations.pop(number)
            log.info("CT server at %s is gone", stream.peer)
            if peer.up:
                self._alarm("association lost", address=stream.peer)
        troubles = self._find_troubles()
        for alarm, name in sorted(troubles ^ self._troubles):
            self._alarm(alarm, name=name, **({} if (alarm, name) in troubles else {"cleared": True}))
        self._troubles = troubles

    def _find_troubles(self) -> set[tuple[str, str]]:
        """What is not as it should be: alarm and name."""
        gateway = self.gateway
        sgp, signalling, links = gateway.sgp, gateway.signalling, gateway.config.links
        return {
            *(
                ("link out of service", each.label)
                for each in links
                if signalling.link_state(each.label) not in _GOOD
            ),
            *(
                ("point unavailable", name)
                for name, code in sgp.config.destinations.items()
                if not sgp.available[code]
            ),
            *(
                ("no active process", each.config.name)
                for each in sgp.servers.values()
                if each.machine.state is not State.ACTIVE
            ),
        }

    def _alarm(self, alarm: str, **told: object) -> None:
        self.gateway.journal.append(self.gateway.now, Types.ALARM, {"alarm": alarm, **told})

    def state(self) -> dict[str, object]:
        """Links, points, application servers with their processes, associations, and what is bad of them."""
        gateway = self.gateway
        sgp, signalling, listener = gateway.sgp, gateway.signalling, self.listener
        return {
            "links": {each.label: signalling.link_state(each.label) for each in gateway.config.links},
            "points": {name: sgp.available[code] for name, code in sgp.config.destinations.items()},
            "servers": [
                {
                    "name": each.config.name,
                    "routing_context": context,
                    "mode": each.config.mode,
                    "state": each.machine.state.value,
                    "processes": {
                        number: each.state(peer).value for number, peer in sgp.peers.items() if peer.up
                    },
                }
                for context, each in sgp.servers.items()
            ],
            "associations": {
                number: {"address": stream.peer, "up": peer.up, "identifier": peer.identifier}
                for number, (stream, peer) in self._associations.items()
            },
            "troubles": sorted(self._troubles),
            "transport": listener.transport if listener else None,
            "screened": sgp.refused,
            "unroutable": sgp.unroutable,
        }

    def _close(self) -> None:
        if self.listener is not None:
            self.listener.close()
        for stream, _ in self._associations.values():
            stream.close()

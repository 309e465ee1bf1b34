"""One application server at the SGP: its ASPs, its state, its traffic mode (RFC 4666 4.3)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from callcenter.ss7.m3ua import as_fsm, asp_fsm
from callcenter.ss7.m3ua.as_fsm import ApplicationServer
from callcenter.ss7.m3ua.asp_fsm import Asp
from callcenter.ss7.m3ua.codec import ProtocolData, Tag, Type, word
from callcenter.ss7.m3ua.config import ServerConfig

if TYPE_CHECKING:
    from callcenter.ss7.m3ua.sgp import Peer, SignallingGatewayProcess

STATE_CHANGE: Final = 1 << 16
OTHER: Final = 2 << 16
"""Status types of NTFY (3.8.2)."""
STATUS: Final = {as_fsm.State.INACTIVE: 2, as_fsm.State.ACTIVE: 3, as_fsm.State.PENDING: 4}
INSUFFICIENT: Final = 1
ALTERNATE_ACTIVE: Final = 2
FAILURE: Final = 3


class Server:
    """An AS; `machine` holds its state."""

    def __init__(self, sgp: SignallingGatewayProcess, config: ServerConfig) -> None:
        self.config = config
        self.machine = ApplicationServer(f"AS {config.name}", self)
        self.members: set[int] | None = None
        """ASPs that registered the key (4.4); None where it is configured, for every ASP."""
        self._sgp = sgp
        self._asps: dict[int, Asp] = {}
        self._kept: deque[ProtocolData] = deque(maxlen=sgp.config.kept)
        self._told: as_fsm.State = as_fsm.State.DOWN
        self._tagged: set[int] = set()
        """Traffic flows (selections) whose first message since the last activation was tagged (broadcast)."""

    def serves(self, peer: Peer) -> bool:
        """Whether the ASP may carry traffic of this AS."""
        return self.members is None or peer.number in self.members

    def state(self, peer: Peer) -> asp_fsm.State:
        """Return the state of an ASP."""
        asp = self._asps.get(peer.number)
        return asp_fsm.State.DOWN if asp is None else asp.state

    def _handle(self, peer: Peer, event: asp_fsm.Event) -> None:
        if peer.number not in self._asps:
            self._asps[peer.number] = Asp(f"ASP {peer.number} of {self.config.name}")
        self._asps[peer.number].handle(event)

    def is_active(self, peer: Peer) -> bool:
        """Whether the ASP carries traffic of this AS."""
        return self.state(peer) is asp_fsm.State.ACTIVE

    @property
    def active(self) -> list[Peer]:
        """The active ASPs."""
        return [peer for peer in self._sgp.peers.values() if self.is_active(peer)]

    # what ASPs say

    def up(self, peer: Peer) -> None:
        """The ASP is up and inactive; it hears the state of the AS (4.3.4.5)."""
        self._handle(peer, asp_fsm.Event.UP)
        self._changed()
        self._status(peer, STATE_CHANGE | STATUS.get(self.machine.state, 2))

    def down(self, peer: Peer) -> None:
        """The ASP is down."""
        self._handle(peer, asp_fsm.Event.DOWN)
        self._changed()

    def leave(self, peer: Peer) -> None:
        """The ASP is not registered any more (4.4.2)."""
        self.members = (self.members or set()) - {peer.number}
        if self._asps.pop(peer.number, None) is not None:
            self._changed()

    def failed(self, peer: Peer) -> None:
        """The association of the ASP is lost; the others that are up hear it."""
        asp = self._asps.pop(peer.number, None)
        if asp is None or asp.state is asp_fsm.State.DOWN:
            return
        if peer.identifier is not None:
            own = (int(Tag.ASP_IDENTIFIER), word(peer.identifier))
            for each in self._up_peers():
                self._status(each, OTHER | FAILURE, own)
        self._changed()

    def activate(self, peer: Peer) -> None:
        """The ASP takes traffic; in override it takes it from the one before."""
        for each in self.active:
            if self.config.mode == "override" and each is not peer:
                self._handle(each, asp_fsm.Event.INACTIVE)
                own = () if peer.identifier is None else ((int(Tag.ASP_IDENTIFIER), word(peer.identifier)),)
                self._status(each, OTHER | ALTERNATE_ACTIVE, *own)
        if not self.is_active(peer):
            self._tagged.clear()
        self._handle(peer, asp_fsm.Event.ACTIVE)
        self._changed()
        self._enough()

    def deactivate(self, peer: Peer) -> None:
        """The ASP takes no traffic any more."""
        self._handle(peer, asp_fsm.Event.INACTIVE)
        self._changed()
        self._enough()

    def _enough(self) -> None:
        """Say that ASPs are missing to those that could help (3.8.2, 4.3.4.4)."""
        if 0 < len(self.active) < self.config.minimum:
            for each in self._up_peers():
                if not self.is_active(each):
                    self._status(each, OTHER | INSUFFICIENT)

    def _up_peers(self) -> list[Peer]:
        down = asp_fsm.State.DOWN
        return [peer for peer in self._sgp.peers.values() if self.state(peer) is not down]

    def _changed(self) -> None:
        if self._up_peers() or self.machine.state in (as_fsm.State.ACTIVE, as_fsm.State.PENDING):
            self.machine.handle(as_fsm.Event.UP)
            self.machine.handle(as_fsm.Event.ACTIVE if self.active else as_fsm.Event.NONE_ACTIVE)
        else:
            self.machine.handle(as_fsm.Event.ALL_DOWN)
        self.notify()

    def notify(self) -> None:
        """Tell every ASP that is up when the state of the AS is another one (4.3.4.5)."""
        state = self.machine.state
        if state is self._told:
            return
        before, self._told = self._told, state
        if state in STATUS and not (before is as_fsm.State.DOWN and state is as_fsm.State.INACTIVE):
            for each in self._up_peers():
                self._status(each, STATE_CHANGE | STATUS[state])

    def _status(self, peer: Peer, status: int, *more: tuple[int, bytes]) -> None:
        context = (int(Tag.ROUTING_CONTEXT), word(self.config.routing_context))
        self._sgp.send(peer, Type.NTFY, (Tag.STATUS, word(status)), *more, context)

    # what the machine does

    def wait(self) -> None:
        """Start T(r)."""
        self._sgp.start_recovery(self.config.routing_context)

    def recovered(self) -> None:
        """Stop T(r) and send what was kept, in order."""
        self._sgp.timers.stop(self.config.routing_context)
        while self._kept:
            self._send(self._kept.popleft())

    def give_up(self) -> bool:
        """Drop what was kept."""
        self._kept.clear()
        return bool(self._up_peers())

    # traffic

    def takes(self, data: ProtocolData, circuit: int) -> bool:
        """Whether the routing key fits."""
        config = self.config
        return data.si in config.services and config.first_circuit <= circuit <= config.last_circuit

    def deliver(self, data: ProtocolData) -> bool:
        """Send to the active ASPs as the traffic mode says, or keep; False when nobody takes it.

        In broadcast the first message of each flow is tagged when an ASP has become active (4.3.4.3).
        """
        if self.machine.state is as_fsm.State.PENDING:
            self._kept.append(data)
            return True
        if self.machine.state is not as_fsm.State.ACTIVE:
            return False
        self._send(data)
        return True

    def _send(self, data: ProtocolData) -> None:
        active = self.active
        if self.config.mode == "loadshare":
            active = [active[data.sls % len(active)]]
        appearance = self._sgp.config.network_appearance
        head = [] if appearance is None else [(int(Tag.NETWORK_APPEARANCE), word(appearance))]
        body = [(int(Tag.ROUTING_CONTEXT), word(self.config.routing_context))]
        body.append((Tag.PROTOCOL_DATA, data.encode()))
        if self.config.mode == "broadcast" and data.sls not in self._tagged:
            self._tagged.add(data.sls)
            body.append((Tag.CORRELATION, word(self._sgp.next_correlation())))
        for peer in active:
            self._sgp.send(peer, Type.DATA, *head, *body)

"""M3UA of the application server: an ASP with associations to one or several gateways (RFC 4666 3, 4).

Stimuli: `connected`, `receive(number, octets, now)`, `closed`, `activate`, `deactivate`, `transfer`,
`expire(now)`. Answers: `messages()` for the associations, `closing()`, and `indications()` as level 3 gives
them to user parts, with what management should know of a gateway among them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from callcenter.ss7.m3ua.asp_side_fsm import AspSide, Event, State
from callcenter.ss7.m3ua.codec import (
    Error,
    Framer,
    M3uaError,
    Message,
    ProtocolData,
    Tag,
    Type,
    decode,
    invalid_contexts,
    protocol_data,
    unexpected,
    word,
)
from callcenter.ss7.m3ua.config import MODES, Mode
from callcenter.ss7.mtp3.indications import (
    GatewayNotice,
    NetworkIndication,
    Pause,
    Resume,
    Status,
    Transfer,
)
from callcenter.timers import Timers
from testrig.clock import SECOND, Instant

ALTERNATE_ACTIVE: Final = 2 << 16 | 2
"""NTFY: another ASP of the AS has taken the traffic (3.8.2)."""


HELD: Final = 1000
"""Messages held until the gateways have said which points they reach, as many as a gateway keeps."""

AS_ACTIVE: Final = 1 << 16 | 3
FAILURE: Final = 2 << 16 | 3
"""NTFY: another ASP of the AS has failed (3.8.2)."""
VACANT: Final = frozenset({1 << 16 | 2, 1 << 16 | 4})
"""NTFY: AS-ACTIVE; AS-INACTIVE and AS-PENDING, in which nobody takes the traffic (3.8.2)."""

NOT_TOLD: Final = frozenset({Error.UNSUPPORTED_CLASS, Error.UNSUPPORTED_TYPE, Error.STATUS_UNKNOWN})
"""Answers to DAUD of a gateway that does not say which points it reaches (3.8.1). They are taken as reached,
as such a gateway reports those that are not (4.5.1)."""


@dataclass(frozen=True, slots=True)
class AspConfig:
    """An ASP in one network."""

    point_code: int
    network_indicator: int
    contexts: dict[int, tuple[int, ...]]
    """Services of each routing context."""
    destinations: tuple[int, ...]
    mode: Mode | None = None
    identifier: int | None = None
    network_appearance: int | None = None
    paired: bool = False
    """Another server stands by: after the last association was lost the traffic may be its."""
    acknowledgement: int = 2 * SECOND
    """T(ack) in frames (4.3.4.1: two seconds unless configured)."""
    audit: int = 10 * SECOND
    """From a DAUD to the next, in frames, while a point cannot be reached (4.5.3; the time is our choice)."""
    heartbeat: int = 0
    """T(beat) in frames (4.3.4.6); 0: none are sent."""


@dataclass(slots=True)
class Association:
    """One association to a gateway: what its machine does, and which points can be reached over it."""

    number: int
    asp: Asp
    framer: Framer = field(default_factory=Framer)
    confirmed: set[int] = field(default_factory=set)
    """Routing contexts in which the gateway has the ASP active, by what it said: DATA come in these."""
    reachable: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    """Points asked for by DAUD, of which the gateway has not said anything yet."""
    vacant: set[int] = field(default_factory=set)
    """Routing contexts whose traffic no ASP takes, as the gateway says."""
    silent: int = 0
    """Heartbeats since the gateway sent anything."""
    refused: int | None = None
    """Code of the last ERR, until a request is acknowledged."""
    machine: AspSide = field(init=False)

    def __post_init__(self) -> None:
        self.machine = AspSide(f"ASP at gateway {self.number}", self)

    def wanted(self) -> bool:
        """Whether the ASP is to carry traffic."""
        return self.asp.taking

    def say_up(self) -> None:
        """Send ASP Up and wait."""
        own = self.asp.config.identifier
        self.asp.send(self, Type.UP, *([] if own is None else [(int(Tag.ASP_IDENTIFIER), word(own))]))
        self.asp.wait(self)

    def say_active(self) -> None:
        """Send ASP Active for all routing contexts and wait."""
        mode = self.asp.config.mode
        head = [] if mode is None else [(int(Tag.TRAFFIC_MODE), word(MODES[mode]))]
        self.asp.send(self, Type.ACTIVE, *head, self.asp.contexts)
        self.asp.wait(self)

    def say_inactive(self) -> None:
        """Send ASP Inactive and wait."""
        self.asp.send(self, Type.INACTIVE, self.asp.contexts)
        self.asp.wait(self)

    def carry(self) -> None:
        """Ask which points can be reached (4.5.3)."""
        self.asp.timers.stop(self.number)
        self.asked = set(self.asp.config.destinations)
        self.audit()

    def audit(self) -> None:
        """Ask for the points that cannot be reached, as far as is known, and again until they can."""
        missing = [point for point in self.asp.config.destinations if point not in self.reachable]
        if missing:
            points = (int(Tag.AFFECTED_POINT_CODE), word(*missing))
            self.asp.send(self, Type.DAUD, *self.asp.appearance, self.asp.contexts, points)
            self.asp.ask_later(self)

    def cease(self) -> None:
        """Nothing can be reached this way."""
        self.asp.timers.stop(self.number)
        for code in sorted(self.reachable | self.asked):
            self.asp.accessible(self, code, False)
        self.asp.audits.stop(self.number)
        self.asp.let_go()


class Asp:
    """The ASP; `taking` is whether it is ordered to carry traffic."""

    def __init__(self, config: AspConfig) -> None:
        self.config = config
        self.taking = False
        self.overtaken = False
        """Another ASP has taken the traffic that this one is ordered to carry."""
        self.associations: dict[int, Association] = {}
        self.timers: Timers[int] = Timers()
        """T(ack) by association."""
        self.audits: Timers[int] = Timers()
        self._beats: Timers[int] = Timers()
        self.errors_received = 0
        self.discarded = 0
        """DATA for another point or network, or outside ASP-ACTIVE."""
        self.undeliverable = 0
        """Messages for points that no gateway reaches, and those there was no room to hold."""
        self._held: deque[ProtocolData] = deque()
        self._messages: list[tuple[int, bytes]] = []
        self._indications: list[NetworkIndication] = []
        self._closing: list[int] = []
        self._now: Instant = 0

    @property
    def contexts(self) -> tuple[int, bytes]:
        """The routing contexts as a parameter."""
        return int(Tag.ROUTING_CONTEXT), word(*self.config.contexts)

    @property
    def appearance(self) -> list[tuple[int, bytes]]:
        """The network appearance as a parameter, if there is one."""
        found = self.config.network_appearance
        return [] if found is None else [(int(Tag.NETWORK_APPEARANCE), word(found))]

    # associations and orders

    def connected(self, number: int, now: Instant) -> None:
        """An association is there: come up."""
        self._now = now
        made = self.associations[number] = Association(number, self)
        if self.config.heartbeat:
            self._beats.start(number, now + self.config.heartbeat)
        made.machine.handle(Event.CONNECTED)

    def closed(self, number: int, now: Instant) -> None:
        """An association is lost."""
        self._now = now
        found = self.associations.get(number)
        if found is not None:
            found.machine.handle(Event.CLOSED)
            self._beats.stop(number)
            del self.associations[number]
            if self.config.paired and not self.associations:
                self.taking = False
            self.let_go()

    def activate(self, now: Instant) -> None:
        """Take traffic over every gateway, now or when it is up."""
        self._order(True, Event.ACTIVATE, now)

    def deactivate(self, now: Instant) -> None:
        """Give the traffic up."""
        self._order(False, Event.DEACTIVATE, now)

    def _order(self, taking: bool, event: Event, now: Instant) -> None:
        self._now, self.taking, self.overtaken = now, taking, False
        for each in self.associations.values():
            each.machine.handle(event)

    def state(self, number: int) -> State:
        """Return the state at a gateway."""
        found = self.associations.get(number)
        return State.CLOSED if found is None else found.machine.state

    # octets

    def receive(self, number: int, octets: bytes, now: Instant) -> None:
        """Take octets of an association. What is not right is answered by ERR (3.8.1)."""
        self._now = now
        here = self.associations.get(number)
        if here is None:
            return
        for one in here.framer.put(octets):
            here.silent = 0
            try:
                self._take(here, decode(one))
            except M3uaError as error:
                if one[2:4] != b"\x00\x00":
                    self._error(here, error, one)
        if here.framer.broken:
            self._error(here, M3uaError(Error.PROTOCOL_ERROR, "no message"), b"")
            self._closing.append(number)

    def _error(self, here: Association, error: M3uaError, offending: bytes) -> None:
        diagnostic = [(int(Tag.DIAGNOSTIC), offending[:40])] if offending else []
        self.send(here, Type.ERR, (Tag.ERROR_CODE, word(error.code)), *error.more, *diagnostic)

    def _take(self, here: Association, message: Message) -> None:
        kind = message.kind
        self._own_network(message)
        if kind in ACKNOWLEDGEMENTS:
            self._acknowledged(here, message)
        elif kind == Type.BEAT:
            self.send(here, Type.BEAT_ACK, *message.parameters)
        elif kind == Type.NTFY:
            self._notified(here, message)
        elif kind == Type.ERR:
            self._refused(here, message)
        elif kind == Type.DATA:
            self._data(here, message)
        elif kind in (Type.DUNA, Type.DAVA, Type.DRST, Type.SCON, Type.DUPU):
            self._point(here, message)
        elif kind != Type.BEAT_ACK:
            raise unexpected(message, "a message that only an ASP sends")

    def _own_network(self, message: Message) -> None:
        """Raise `M3uaError` for a message of another network than ours, if we have one (3.3.1, 3.8.1)."""
        found, own = message.word(Tag.NETWORK_APPEARANCE), self.config.network_appearance
        if message.kind != Type.ERR and own is not None and found not in (None, own):
            wrong = int(Tag.NETWORK_APPEARANCE), word(found or 0)
            raise M3uaError(Error.INVALID_APPEARANCE, f"network appearance {found}", wrong)

    def _refused(self, here: Association, message: Message) -> None:
        """3.8.1. Management hears of it once: what was refused is asked again each T(ack)."""
        self.errors_received += 1
        code = message.word(Tag.ERROR_CODE)
        if code in NOT_TOLD:
            for point in sorted(here.asked):
                self.accessible(here, point, True)
        if code != here.refused:
            here.refused = code
            self._indications.append(GatewayNotice(here.number, f"error {name_of(code)}"))

    def _notified(self, here: Association, message: Message) -> None:
        """3.8.2, 4.3.4.5."""
        status = message.word(Tag.STATUS)
        contexts = set(self._contexts(message))
        if status == ALTERNATE_ACTIVE:
            here.vacant -= contexts
            self._overtaken(here, message)
        elif status in VACANT:
            here.vacant |= contexts
        elif status == AS_ACTIVE:
            here.vacant -= contexts
        elif status == FAILURE:
            self._indications.append(GatewayNotice(here.number, "another server has failed"))
        if self.overtaken and self.vacant and not self.config.paired:
            self.activate(self._now)  # the ASP that overrode us is gone, and no other server is ours

    @property
    def vacant(self) -> bool:
        """Whether no ASP takes the traffic, as every gateway says at which this one is up."""
        up = [each for each in self.associations.values() if each.machine.state is State.INACTIVE]
        return bool(up) and all(each.vacant >= set(self.config.contexts) for each in up)

    def _acknowledged(self, here: Association, message: Message) -> None:
        """4.3.4. Requests may be acknowledged context by context; what nobody asked for is answered."""
        event, state = ACKNOWLEDGEMENTS[Type(message.kind)], here.machine.state
        own = set(self.config.contexts)
        named = set(self._contexts(message))
        here.refused = None
        if event is Event.ACTIVE_ACK:
            here.confirmed |= named
            if state is State.ACTIVATING and here.confirmed != own:
                return
        else:
            here.confirmed -= named if event is Event.INACTIVE_ACK else own
            if state is State.DEACTIVATING and here.confirmed:
                return
        if state is State.ACTIVE and event is not Event.ACTIVE_ACK:
            self._error(here, unexpected(message, "nobody asked for it"), message.encode())
        here.machine.handle(event)

    def _overtaken(self, here: Association, message: Message) -> None:
        """4.3.4.3. A request not acknowledged yet was made later than this; all contexts go together."""
        lost = set(message.words(Tag.ROUTING_CONTEXT) or self.config.contexts) & here.confirmed
        here.confirmed -= lost
        if lost and here.machine.state is State.ACTIVE:
            self.taking, self.overtaken = False, True
            here.machine.handle(Event.DEACTIVATE if here.confirmed else Event.OVERTAKEN)
            self.let_go()

    def _contexts(self, message: Message) -> tuple[int, ...]:
        """The routing contexts of a message, or ours."""
        found = message.words(Tag.ROUTING_CONTEXT) or tuple(self.config.contexts)
        wrong = [each for each in found if each not in self.config.contexts]
        if wrong:
            raise invalid_contexts(wrong)
        return found

    def _data(self, here: Association, message: Message) -> None:
        data = protocol_data(message.get(Tag.PROTOCOL_DATA) or b"")
        # over SCTP data may come before the acknowledgement, which is on another stream (1.4.7)
        active = set(self._contexts(message)) <= here.confirmed or here.machine.state is State.ACTIVATING
        ours = (data.dpc, data.ni) == (self.config.point_code, self.config.network_indicator)
        if not active or not ours:
            self.discarded += 1
            return
        self._indications.append(Transfer(data.si, data.opc, data.dpc, data.sls, data.data))

    def _point(self, here: Association, message: Message) -> None:
        """3.4. The high octet of a point code is a mask: as many of its low bits stand for any value."""
        self._contexts(message)
        if message.kind == Type.DUPU:
            check_unavailable(message)
        if here.machine.state is not State.ACTIVE:
            return
        for each in message.words(Tag.AFFECTED_POINT_CODE):
            mask, code = each >> 24, each & 0xFFFFFF
            for point in self.config.destinations:
                if point >> mask == code >> mask:
                    self._told(here, message, point)

    def _told(self, here: Association, message: Message, point: int) -> None:
        if message.kind == Type.SCON:
            level = message.word(Tag.CONGESTION)
            self._indications.append(Status(point, congestion=1 if level is None else level & 0xFF))
        elif message.kind == Type.DUPU:
            found = message.word(Tag.USER_CAUSE) or 0
            self._indications.append(Status(point, user=found & 0xFFFF, cause=found >> 16))
        else:
            self.accessible(here, point, message.kind != Type.DUNA)

    def accessible(self, here: Association, point: int, reachable: bool) -> None:
        """A point can be reached over a gateway or not; user parts hear the first way and the last."""
        before = self._ways(point)
        here.asked.discard(point)
        if reachable:
            here.reachable.add(point)
        else:
            here.reachable.discard(point)
            if here.machine.state is State.ACTIVE:
                self.ask_later(here)
        if bool(before) is not bool(self._ways(point)):
            self._indications.append(Resume(point) if reachable else Pause(point))
        self.let_go()

    def let_go(self) -> None:
        """Send what was held for points of which the gateways have said something by now, or drop it."""
        held, self._held = self._held, deque()
        for each in held:
            self._pass(each)

    def _asking(self, point: int) -> bool:
        """Whether a gateway is still to say if it reaches `point`, and none has said yes."""
        return not self._ways(point) and any(
            point in each.asked or each.machine.state is State.ACTIVATING
            for each in self.associations.values()
        )

    def reaches(self, point: int) -> bool:
        """Whether a gateway says that `point` can be reached."""
        return bool(self._ways(point))

    def _ways(self, point: int) -> list[Association]:
        return [each for each in self.associations.values() if point in each.reachable]

    # from user parts

    def transfer(self, data: ProtocolData, now: Instant) -> None:
        """Send to a gateway that reaches the point, one gateway for one selection.

        What is for a point that gateways were asked about waits for the answer; else it is dropped, counted.
        """
        self._now = now
        self._pass(data)

    def _pass(self, data: ProtocolData) -> None:
        if self._asking(data.dpc):
            self._held.append(data)
            if len(self._held) > HELD:
                self._held.popleft()
                self.undeliverable += 1
        else:
            self.undeliverable += not self._send_data(data)

    def _send_data(self, data: ProtocolData) -> bool:
        ways = self._ways(data.dpc)
        context = next((rc for rc, services in self.config.contexts.items() if data.si in services), None)
        if not ways or context is None:
            return False
        value = (int(Tag.PROTOCOL_DATA), data.encode())
        chosen = ways[data.sls % len(ways)]
        self.send(chosen, Type.DATA, *self.appearance, (Tag.ROUTING_CONTEXT, word(context)), value)
        return True

    # time and results

    def send(self, here: Association, kind: Type, *parameters: tuple[int, bytes]) -> None:
        """Send a message to a gateway."""
        self._messages.append((here.number, Message(kind, parameters).encode()))

    def wait(self, here: Association) -> None:
        """Start T(ack)."""
        self.timers.start(here.number, self._now + self.config.acknowledgement)

    def ask_later(self, here: Association) -> None:
        """Audit again in a while, if an audit is not due anyway."""
        if not self.audits.running(here.number):
            self.audits.start(here.number, self._now + self.config.audit)

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` has something to do."""
        parts = (each.next_deadline for each in (self.timers, self.audits, self._beats))
        return min((each for each in parts if each is not None), default=None)

    def expire(self, now: Instant) -> None:
        """Repeat what was not acknowledged, ask again for what cannot be reached, send heartbeats."""
        self._now = now
        for number in self.timers.expired(now):
            self.associations[number].machine.handle(Event.EXPIRED)
        for number in self.audits.expired(now):
            self.associations[number].audit()
        for number in self._beats.expired(now):
            self._beat(self.associations[number])

    def _beat(self, here: Association) -> None:
        """4.3.4.6: a gateway from which nothing comes for twice T(beat) is unavailable."""
        if here.silent == 2:
            self._indications.append(GatewayNotice(here.number, "no answer to heartbeats"))
            self._closing.append(here.number)
            return
        here.silent += 1
        self.send(here, Type.BEAT)
        self._beats.start(here.number, self._now + self.config.heartbeat)

    def messages(self) -> list[tuple[int, bytes]]:
        """Drain what goes to the associations, by number."""
        found, self._messages = self._messages, []
        return found

    def indications(self) -> list[NetworkIndication]:
        """Drain what user parts hear."""
        found, self._indications = self._indications, []
        return found

    def closing(self) -> list[int]:
        """Drain the associations to be closed."""
        found, self._closing = self._closing, []
        return found


def check_unavailable(message: Message) -> None:
    """Raise `M3uaError` for a DUPU without user and cause or with a mask (3.4.5, 3.8.1)."""
    if message.word(Tag.USER_CAUSE) is None:
        raise M3uaError(Error.MISSING_PARAMETER, "DUPU without user and cause")
    if (message.word(Tag.AFFECTED_POINT_CODE) or 0) >> 24:
        raise M3uaError(Error.INVALID_VALUE, "DUPU with a mask")


def name_of(code: int | None) -> str:
    """Return an error code in words, for people."""
    known = {int(each): each.name.lower().replace("_", " ") for each in Error}
    return "without code" if code is None else known.get(code, f"{code:#04x}")


ACKNOWLEDGEMENTS: Final = {
    Type.UP_ACK: Event.UP_ACK,
    Type.DOWN_ACK: Event.DOWN_ACK,
    Type.ACTIVE_ACK: Event.ACTIVE_ACK,
    Type.INACTIVE_ACK: Event.INACTIVE_ACK,
}

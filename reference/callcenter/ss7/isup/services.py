"""What the circuits of one signalling point share: configuration, timers, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from callcenter.calls.primitives import Indication, Leg, Primitive
from callcenter.ss7.agenda import Agenda
from callcenter.ss7.isup.codec import Message, compose
from callcenter.ss7.isup.messages import FORMATS, Type
from callcenter.ss7.isup.parameters import Parameter
from callcenter.ss7.isup.segmentation import LONGEST, cut
from callcenter.ss7.notices import Notice, What
from callcenter.ss7.user_part import Outgoing
from testrig.clock import Instant


@dataclass(frozen=True, slots=True)
class IsupConfig:
    """The user part of one signalling point."""

    point_code: int
    circuits: Mapping[int, tuple[int, ...]]
    """CICs by the point code of the far end."""
    groups: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Trunk group by point code and CIC, the `group` of a `Leg`; a circuit not here belongs to `group`."""
    group: str = "trunk"
    timers: Mapping[str, int] = field(default_factory=dict)
    """Overrides of `TIMERS` in frames, by name."""
    minimum_digits: int = 0
    """Digits an incoming number has at least. 0: every IAM holds the whole number (en bloc, Q.764 2.1.1)."""
    maximum_digits: int = 0
    """Digits after which a number is complete at once; between the two T10 runs. 0: `minimum_digits`."""
    send_st: bool = False
    """Close a called number that is complete with the end of pulsing signal."""
    hops: int = 0
    """Hop counter of calls that begin here (Q.763 3.80); 0: none is sent."""
    transit: bool = False
    """The engine has calls in transit: it takes the digits after the least ones piece by piece, a call before
    its continuity is known, and hands on what only ISUP understands."""
    ask_calling: bool = False
    """Ask for the calling number by INR when the IAM has none (Q.764 2.1.9, national use)."""
    continuity: Mapping[str, int] = field(default_factory=dict)
    """By trunk group: every how manyeth of our calls has its circuit checked; 0 or none: no call."""
    reset_at_start: frozenset[str] = frozenset()
    """Trunk groups whose circuits are reset when the far end can first be reached (Q.764 2.9.3)."""
    delays: Mapping[str, int] | None = None
    """Propagation delay of trunk groups in milliseconds, added to what calls bring along (Q.764 2.6); a group
    not here adds nothing. None: the counter passes unread."""
    longest: int = LONGEST
    """Octets that the MTP takes of a message, label not counted."""
    gateway: bool = False
    """We are an incoming international exchange: T38 guards a suspension that we have passed on."""


class Timed(Protocol):
    """A block whose timers expire."""

    def timeout(self, timer: str, now: Instant) -> None:
        """Timer `timer` has expired."""
        ...


_PLAIN: Final = frozenset(
    kind for kind, form in FORMATS.items() if not (form.fixed or form.variable or form.free)
)


class Services:
    """Timers and outputs of one signalling point."""

    def __init__(self, config: IsupConfig, durations: Mapping[str, int]) -> None:
        self.config = config
        self.durations = durations
        self.agenda: Agenda[tuple[Timed, str]] = Agenda()
        self.messages: list[Outgoing] = []
        self.indications: list[Indication] = []
        self.notices: list[Notice] = []
        self.congestion = 0
        """Our own congestion level, which every REL tells: 1 or 2 (Q.764 2.11.1)."""
        self.can_check: Callable[[], bool] = lambda: True
        """Whether a transceiver for a continuity check is free."""
        self.admits: Callable[[int], bool] = lambda dpc: True
        """Whether a call to an exchange may be tried."""
        self.far_end_congested: Callable[[int, int], None] = lambda dpc, level: None
        """An exchange has told its congestion level."""
        self._calls: dict[str, int] = {}

    def start(self, owner: Timed, timer: str, now: Instant) -> None:
        """Start `timer` of `owner`."""
        self.agenda.start((owner, timer), now + self.durations[timer])

    def check_due(self, group: str) -> bool:
        """Whether this call of `group` is one of those whose circuit is checked, and can be."""
        every = self.config.continuity.get(group, 0)
        if not every:
            return False
        count = self._calls[group] = self._calls.get(group, 0) + 1
        return count % every == 0 and self.can_check()

    def stop(self, owner: Timed, *timers: str) -> None:
        """Stop timers of `owner`."""
        for timer in timers:
            self.agenda.stop((owner, timer))

    def send(self, dpc: int, message: Message) -> None:
        """Send `message`, in segments if it is too long; the signalling link is chosen by the four low bits
        of the CIC (Q.704 2.2.4)."""
        octets = message.encode()
        if len(octets) <= self.config.longest:
            self.messages.append(Outgoing(dpc, message.cic & 0x0F, octets))
            return
        parts, left_out = cut(message, self.config.longest)
        for each in parts:
            self.messages.append(Outgoing(dpc, each.cic & 0x0F, each.encode()))
        if left_out or not parts:
            codes = "".join(f" 0x{code:02X}" for code in left_out)
            self.note(What.TOO_LONG, dpc, message.cic, f"{message.name}: left out{codes or ' as a whole'}")

    def send_kind(self, dpc: int, cic: int, kind: Type, *parameters: Parameter) -> None:
        """Compose and send a message."""
        if not parameters and kind in _PLAIN:
            end = b"" if FORMATS[kind].optional is None else b"\0"
            octets = bytes((cic & 0xFF, cic >> 8, kind)) + end
            self.messages.append(Outgoing(dpc, cic & 0x0F, octets))
            return
        self.send(dpc, compose(cic, kind, *parameters))

    def indicate(self, leg: Leg, primitive: Primitive) -> None:
        """Give the call engine a primitive."""
        self.indications.append(Indication(leg, primitive))

    def note(
        self, what: What, dpc: int, cic: int | None = None, detail: str = "", *, alert: bool = False
    ) -> None:
        """Tell the operator."""
        self.notices.append(Notice(what, dpc, cic, detail, alert))

"""What the circuits of one signalling point share: configuration, timers, and the way out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from callcenter.calls.primitives import Indication, Leg, Primitive
from callcenter.ss7.agenda import Agenda
from callcenter.ss7.notices import Notice, What
from callcenter.ss7.tup.codec import Message
from callcenter.ss7.tup.contents import EMPTY, Contents
from callcenter.ss7.tup.messages import Heading
from callcenter.ss7.user_part import Outgoing
from testrig.clock import Instant
from testrig.system import Variant


@dataclass(frozen=True, slots=True)
class TupConfig:
    """The user part of one signalling point."""

    point_code: int
    circuits: Mapping[int, tuple[int, ...]]
    """CICs by the point code of the far end."""
    variant: Variant = "itu14"
    """Label and, with `china24`, the messages of GF 001-9001."""
    groups: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Trunk group by point code and CIC, the `group` of a `Leg`; a circuit not here belongs to `group`."""
    group: str = "trunk"
    timers: Mapping[str, int] = field(default_factory=dict)
    """Overrides of `TIMERS` in frames, by name."""
    minimum_digits: int = 0
    """Digits an incoming number has at least. 0: every IAM holds the whole number (en bloc)."""
    maximum_digits: int = 0
    """Digits after which a number is complete at once; below it `last digit` runs. 0: `minimum_digits`."""
    send_st: bool = False
    """Close the called number with the end of pulsing signal (Q.724 1.3)."""
    continuity: Mapping[str, int] = field(default_factory=dict)
    """By trunk group: every how manyeth of our calls has its circuit checked; 0 or none: no call."""
    reset_at_start: frozenset[str] = frozenset()
    """Trunk groups whose circuits are reset when the far end can first be reached (Q.724 6.2)."""


class Timed(Protocol):
    """A block whose timers expire."""

    def timeout(self, timer: str, now: Instant) -> None:
        """Timer `timer` has expired."""
        ...


class Services:
    """Timers and outputs of one signalling point."""

    def __init__(self, config: TupConfig, durations: Mapping[str, int]) -> None:
        self.config = config
        self.durations = durations
        self.agenda: Agenda[tuple[Timed, str]] = Agenda()
        self.messages: list[Outgoing] = []
        self.indications: list[Indication] = []
        self.notices: list[Notice] = []
        self.can_check: Callable[[], bool] = lambda: True
        """Whether a transceiver for a continuity check is free."""
        self.admits: Callable[[int], bool] = lambda dpc: True
        """Whether a call to an exchange may be tried."""
        self._calls: Counter[str] = Counter()

    def check_due(self, group: str) -> bool:
        """Whether this call of `group` is one of those whose circuit is checked, and can be."""
        every = self.config.continuity.get(group, 0)
        if not every:
            return False
        self._calls[group] += 1
        return self._calls[group] % every == 0 and self.can_check()

    def start(self, owner: Timed, timer: str, now: Instant) -> None:
        """Start `timer` of `owner`."""
        self.agenda.start((owner, timer), now + self.durations[timer])

    def stop(self, owner: Timed, *timers: str) -> None:
        """Stop timers of `owner`."""
        for timer in timers:
            self.agenda.stop((owner, timer))

    def send(self, dpc: int, message: Message) -> None:
        """Send `message`. Raises `ValueError` for contents that cannot be."""
        variant = self.config.variant
        self.messages.append(Outgoing(dpc, message.tail(variant), message.encode(variant)))

    def send_kind(self, dpc: int, cic: int, kind: Heading, contents: Contents = EMPTY) -> None:
        """Compose and send a message."""
        self.send(dpc, Message(cic, kind, contents))

    def indicate(self, leg: Leg, primitive: Primitive) -> None:
        """Give the call engine a primitive."""
        self.indications.append(Indication(leg, primitive))

    def note(
        self, what: What, dpc: int, cic: int | None = None, detail: str = "", *, alert: bool = False
    ) -> None:
        """Tell the operator."""
        self.notices.append(Notice(what, dpc, cic, detail, alert))

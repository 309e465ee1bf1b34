"""A signalling link as level 3 sees it: its level 2, its activity, its test, its status (Q.704 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from callcenter.errors import DecodeError
from callcenter.ss7.mtp2 import InService, LinkCongestion, MsuReceived, Mtp2Link, OutOfService
from callcenter.ss7.mtp3 import lsac_fsm, sltc_fsm
from callcenter.ss7.mtp3.codec import Label, LinkTest, Message, Service, decode_link_test
from callcenter.ss7.mtp3.config import Mtp3Config
from callcenter.ss7.mtp3.inhibit_fsm import InhibitOutputs, LocalInhibition, RemoteInhibition
from callcenter.ss7.mtp3.timers import Agenda

MODULUS: Final = 128
"""Of the sequence numbers of level 2 (Q.703 2.3.4)."""


class Change(Enum):
    """What became of a link's availability (Q.704 3.2)."""

    AVAILABLE = "available"
    FAILED = "failed, or deactivated"
    BLOCKED = "blocked by a processor outage"
    INHIBITED = "inhibited"


class LinkUser(Protocol):
    """What a link needs of level 3."""

    config: Mtp3Config
    agenda: Agenda

    def link_changed(self, link: SignallingLink, change: Change) -> None: ...
    def message_received(self, link: SignallingLink, octets: bytes) -> None: ...
    def congestion_changed(self, link: SignallingLink) -> None: ...
    def inhibition_outputs(self, link: SignallingLink) -> InhibitOutputs: ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What level 2 gave back: the messages it had sent, the first with number `first`, and the others."""

    first: int
    sent: tuple[bytes, ...]
    waiting: tuple[bytes, ...]

    def after(self, fsn: int) -> tuple[bytes, ...]:
        """Return what the other end has not had when it accepted `fsn` last; only what was never sent when
        the number is unreasonable (Q.704 5.4.2, 5.7.3)."""
        had = (fsn - self.first + 1) % MODULUS
        return self.sent[had:] + self.waiting if had <= len(self.sent) else self.waiting


class SignallingLink:
    """Link `slc` of the link set to `adjacent`."""

    def __init__(self, adjacent: int, slc: int, level2: Mtp2Link, user: LinkUser) -> None:
        self.name = level2.name
        self.adjacent = adjacent
        self.slc = slc
        self.level2 = level2
        self.emergency = False
        self.remote_outage = False
        self.local_outage = False
        self.congested = False
        self.test_answered = 0
        """SLTMs of the other end that were answered."""
        self.test_ignored = 0
        """Link tests that were not for this link, or not decodable."""
        self.accepted = 127
        """Number of the last message accepted when the link was in use last, for COO and COA."""
        self._user = user
        self._told: Change = Change.FAILED
        self._results: list[bool] = []
        self.lsac = lsac_fsm.SignallingLinkActivityControl(self)
        self.sltc = sltc_fsm.SignallingLinkTestControl(
            self.name,
            sltc_fsm.TestOutputs(self._send_test, self.start_timer, self.stop_timer, self._test_result),
        )
        outputs = user.inhibition_outputs(self)
        self.local = LocalInhibition(self.name, outputs)
        self.remote = RemoteInhibition(self.name, outputs)

    @property
    def in_service(self) -> bool:
        """True while the link has passed its test: messages of network management may use it."""
        return self.lsac.state is lsac_fsm.State.ACTIVE

    @property
    def blocked(self) -> bool:
        """True while a processor is out at either end (Q.704 3.2.6)."""
        return self.remote_outage or self.local_outage

    @property
    def inhibited(self) -> bool:
        """True while either end has inhibited the link (Q.704 3.2.8)."""
        return self.local.inhibited or self.remote.inhibited

    @property
    def available(self) -> bool:
        """True while traffic may use the link (Q.704 3.2.1)."""
        return self.in_service and not self.blocked and not self.inhibited

    @property
    def status(self) -> Change:
        """Why the link is not available, the strongest reason first."""
        if not self.in_service:
            return Change.FAILED
        if self.blocked:
            return Change.BLOCKED
        return Change.INHIBITED if self.inhibited else Change.AVAILABLE

    # stimuli

    def order(self, event: lsac_fsm.Event) -> None:
        """Carry out an order of management."""
        self._activity(event)

    def outage(self, on: bool, *, aware: bool) -> None:
        """Our own processor is out for this link, or is back; `aware`: traffic is to go elsewhere."""
        self.level2.processor_outage(on, self._user.agenda.now)
        self.local_outage = on and aware
        self.report()

    def poll(self) -> None:
        """Take what level 2 has to say."""
        for event in self.level2.events():
            if isinstance(event, MsuReceived):
                self._user.message_received(self, event.octets)
            elif isinstance(event, InService):
                self._activity(lsac_fsm.Event.IN_SERVICE)
            elif isinstance(event, OutOfService):
                self.remote_outage = False
                self._activity(lsac_fsm.Event.OUT_OF_SERVICE)
            elif isinstance(event, LinkCongestion):
                self.congested = event.on
                self._user.congestion_changed(self)
            else:
                self._outage(event.on)

    def fail(self) -> None:
        """The other end says that the link is of no use to it (Q.704 5.3.4)."""
        self._activity(lsac_fsm.Event.TEST_FAILED)

    def expired(self, name: str) -> None:
        """A timer of this link has run out."""
        if name == "T17":
            self._activity(lsac_fsm.Event.T17)
        else:
            self._test(sltc_fsm.Event(name))

    def link_test(self, message: Message) -> None:
        """A message of service SLT came in over this link (Q.707 2.2)."""
        label = message.label
        try:
            test = decode_link_test(message.data)
        except DecodeError:
            self.test_ignored += 1
            return
        ours = label.opc == self.adjacent and label.sls == self.slc
        if test.acknowledgement:
            correct = ours and test.pattern == self._user.config.test_pattern
            self._test(sltc_fsm.Event.SLTA if correct else sltc_fsm.Event.SLTA_WRONG)
        elif ours:
            self.test_answered += 1
            self.send(message.si, LinkTest(True, test.pattern).encode(), self.slc)
        else:
            self.test_ignored += 1

    # to level 2

    def send(self, si: int, data: bytes, sls: int) -> None:
        """Send a message of our own to the adjacent point over this link."""
        config = self._user.config
        label = Label(self.adjacent, config.point_code, sls)
        self.transmit(Message(si, config.network_indicator, label, data).encode(config.variant))

    def transmit(self, octets: bytes) -> None:
        """Give level 2 a message."""
        self.level2.transmit(octets, self._user.agenda.now)

    def take(self) -> Taken:
        """Take back from level 2 what the other end may not have."""
        first, sent = self.level2.txc.fsnf, tuple(self.level2.txc.sent)
        self.accepted = self.level2.bsnt
        messages = self.level2.retrieve(None)
        return Taken(first, sent, tuple(messages[len(sent) :]))

    def take_unsent(self) -> tuple[bytes, ...]:
        """Take back from level 2, whose processor or whose other end's is out, what was not yet sent; what
        was sent is discarded (Q.704 3.2.6, 5.6.2)."""
        waiting = self.take().waiting
        self.level2.flush(self._user.agenda.now)
        return waiting

    # what the machines do

    def _outage(self, on: bool) -> None:
        """The other end's level 3 is out, or back (Q.704 3.2.6): the test waits meanwhile."""
        self.remote_outage = on
        if on:
            self.end_test()
        elif self.lsac.state in {lsac_fsm.State.TESTING, lsac_fsm.State.ACTIVE}:
            self.begin_test()
        self.report()

    def _activity(self, event: lsac_fsm.Event) -> None:
        self.lsac.handle(event)
        self._settle()

    def _test(self, event: sltc_fsm.Event) -> None:
        self.sltc.handle(event)
        self._settle()

    def _settle(self) -> None:
        while self._results:
            passed = self._results.pop(0)
            self.lsac.handle(lsac_fsm.Event.TEST_PASSED if passed else lsac_fsm.Event.TEST_FAILED)
        self.report()

    def report(self) -> None:
        """Tell level 3 when the link's status has changed."""
        status = self.status
        if status is not self._told:
            self._told = status
            self._user.link_changed(self, status)

    def align(self) -> None:
        """Start level 2."""
        self.remote_outage = False
        now = self._user.agenda.now
        self.level2.emergency(self.emergency, now)
        self.level2.start(now)

    def shut(self) -> None:
        """Stop level 2."""
        self.remote_outage = False
        self.level2.stop(self._user.agenda.now)

    def begin_test(self) -> None:
        """Start the signalling link test."""
        if not self.remote_outage:
            self.sltc.handle(sltc_fsm.Event.START)

    def end_test(self) -> None:
        """Stop the signalling link test."""
        self.sltc.handle(sltc_fsm.Event.STOP)

    def _send_test(self) -> None:
        self.send(Service.SLT, LinkTest(False, self._user.config.test_pattern).encode(), self.slc)

    def _test_result(self, passed: bool) -> None:
        self._results.append(passed)

    def start_timer(self, name: str) -> None:
        self._user.agenda.start(name, self)

    def stop_timer(self, name: str) -> None:
        self._user.agenda.stop(name, self)

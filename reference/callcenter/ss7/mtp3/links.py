"""A signalling link as level 3 sees it: its level 2, its activity control and its test."""

from __future__ import annotations

from typing import Protocol

from callcenter.errors import DecodeError
from callcenter.ss7.mtp2 import InService, LinkCongestion, MsuReceived, Mtp2Link, OutOfService
from callcenter.ss7.mtp3 import lsac_fsm, sltc_fsm
from callcenter.ss7.mtp3.codec import Label, LinkTest, Message, Service, decode_link_test
from callcenter.ss7.mtp3.config import Mtp3Config
from callcenter.timers import Timers
from testrig.clock import Instant

TimerKey = tuple[str, int]
"""Name of the timer and signalling link code."""


class LinkUser(Protocol):
    """What a link needs of level 3."""

    config: Mtp3Config
    durations: dict[str, int]
    timers: Timers[TimerKey]

    def availability_changed(self) -> None: ...

    def message_received(self, link: SignallingLink, octets: bytes) -> None: ...


class SignallingLink:
    """Link `slc` of the link set to the adjacent point."""

    def __init__(self, slc: int, level2: Mtp2Link, user: LinkUser) -> None:
        self.name = level2.name
        self.slc = slc
        self.level2 = level2
        self.emergency = False
        self.remote_outage = False
        self.congested = False
        self.test_answered = 0
        """SLTMs of the other end that were answered."""
        self.test_ignored = 0
        """Link tests that were not for this link, or not decodable."""
        self._user = user
        self._now: Instant = 0
        self._was_available = False
        self.lsac = lsac_fsm.SignallingLinkActivityControl(self)
        self.sltc = sltc_fsm.SignallingLinkTestControl(
            self.name,
            sltc_fsm.TestOutputs(self._send_test, self.start_timer, self.stop_timer, self._test_result),
        )
        self._results: list[bool] = []

    @property
    def available(self) -> bool:
        """True while traffic may use the link (Q.704 3.2.1)."""
        return self.lsac.state is lsac_fsm.State.ACTIVE and not self.remote_outage

    # stimuli

    def order(self, event: lsac_fsm.Event, now: Instant) -> None:
        """Carry out an order of management."""
        self._now = now
        self._activity(event)

    def poll(self, now: Instant) -> None:
        """Take what level 2 has to say."""
        events = self.level2.events()
        if not events:
            return
        self._now = now
        for event in events:
            if isinstance(event, MsuReceived):
                self._user.message_received(self, event.octets)
            elif isinstance(event, InService):
                self._activity(lsac_fsm.Event.IN_SERVICE)
            elif isinstance(event, OutOfService):
                self.remote_outage = False
                self._activity(lsac_fsm.Event.OUT_OF_SERVICE)
            elif isinstance(event, LinkCongestion):
                self.congested = event.on
            else:
                self._outage(event.on)

    def expired(self, name: str, now: Instant) -> None:
        """A timer of this link has run out."""
        self._now = now
        if name == "T17":
            self._activity(lsac_fsm.Event.T17)
        else:
            self._test(sltc_fsm.Event(name))

    def link_test(self, message: Message, now: Instant) -> None:
        """A message of service SLT came in over this link (Q.707 2.2)."""
        self._now = now
        label = message.label
        try:
            test = decode_link_test(message.data)
        except DecodeError:
            self.test_ignored += 1
            return
        config = self._user.config
        ours = label.opc == config.adjacent and label.sls == self.slc
        if test.acknowledgement:
            correct = ours and test.pattern == config.test_pattern
            self._test(sltc_fsm.Event.SLTA if correct else sltc_fsm.Event.SLTA_WRONG)
        elif ours:
            self.test_answered += 1
            self.send(message.si, LinkTest(True, test.pattern).encode(), self.slc, self._now)
        else:
            self.test_ignored += 1

    def send(self, si: int, data: bytes, sls: int, now: Instant, spare: int = 0) -> None:
        """Send a message of our own to the adjacent point over this link."""
        config = self._user.config
        label = Label(config.adjacent, config.point_code, sls, spare)
        message = Message(si, config.network_indicator, label, data)
        self.level2.transmit(message.encode(config.variant), now)

    def _outage(self, on: bool) -> None:
        """The other end's level 3 is out, or back (Q.704 3.2.6): the test waits meanwhile."""
        self.remote_outage = on
        if on:
            self.end_test()
        elif self.lsac.state in {lsac_fsm.State.TESTING, lsac_fsm.State.ACTIVE}:
            self.begin_test()
        self._report()

    # what the machines do

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
        self._report()

    def _report(self) -> None:
        if self.available is not self._was_available:
            self._was_available = self.available
            self._user.availability_changed()

    def align(self) -> None:
        """Start level 2."""
        self.remote_outage = False
        self.level2.emergency(self.emergency, self._now)
        self.level2.start(self._now)

    def shut(self) -> None:
        """Stop level 2."""
        self.remote_outage = False
        self.level2.stop(self._now)

    def begin_test(self) -> None:
        """Start the signalling link test."""
        if not self.remote_outage:
            self.sltc.handle(sltc_fsm.Event.START)

    def end_test(self) -> None:
        """Stop the signalling link test."""
        self.sltc.handle(sltc_fsm.Event.STOP)

    def _send_test(self) -> None:
        pattern = LinkTest(False, self._user.config.test_pattern)
        self.send(Service.SLT, pattern.encode(), self.slc, self._now)

    def _test_result(self, passed: bool) -> None:
        self._results.append(passed)

    def start_timer(self, name: str) -> None:
        self._user.timers.start((name, self.slc), self._now + self._user.durations[name])

    def stop_timer(self, name: str) -> None:
        self._user.timers.stop((name, self.slc))

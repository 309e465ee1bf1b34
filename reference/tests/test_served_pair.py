"""`callcenter serve` behind `callcenter gateway`: kill a server, and calls in speech go on at the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from served_pair import Pair, pair
from testline.bench import Bench
from testline.testers.caller import Caller
from testline.testers.isup import IsupTester
from testline.testers.link import LinkState
from testline.testers.tup import TupTester
from testline.testers.tup_centre import open_level3
from testline.verdicts import Fail
from testrig.clock import SECOND, Instant

pytestmark = pytest.mark.xdist_group("real time")  # not beside each other: they need the processor in time
T = TypeVar("T")


class Exchange:
    """The far end: both user parts on the gateway's link, circuits on the servers' lines."""

    def __init__(self, made: Pair) -> None:
        self.bench = Bench(made.wire())  # type: ignore[arg-type]
        self.mtp3 = mtp3 = open_level3(self.bench)
        self.isup, self.tup = IsupTester(self.bench, mtp3), TupTester(self.bench, mtp3)
        mtp3.bring_up(within=180 * SECOND)  # a host that pauses takes the link down again
        self.bench.until(
            lambda: any(got.title == "GRS" for got in self.isup.background),
            within=30 * SECOND,
            awaited="the circuits are reset",
        )
        self.bench.run(SECOND)
        self.failures = 0
        """How often the link has gone down."""
        mtp3.link.on_state.append(self._state)

    def _state(self, state: LinkState, at: Instant) -> None:
        self.failures += state is not LinkState.IN_SERVICE

    def with_link(self, step: Callable[[], T]) -> T:
        """Carry out `step`, anew when it failed because the host paused and the link went down meanwhile:
        this exchange repeats no message by itself."""
        for _ in range(5):
            self.mtp3.link.bring_up(within=60 * SECOND)
            self.bench.run(SECOND)
            failures = self.failures
            try:
                return step()
            except Fail:
                if self.failures == failures:
                    raise
        raise AssertionError("the link does not stay in service")

    def talking(self) -> tuple[Caller, Caller]:
        """A call in transit from ISUP to TUP, answered."""
        caller, party = self.with_link(self._talking)
        hear_each_other(caller, party, 700.0)
        return caller, party

    def _talking(self) -> tuple[Caller, Caller]:
        caller, party = Caller(self.isup), Caller(self.tup, "02155556666")
        caller.dials(party.number)
        party.is_called(within=10 * SECOND)
        party.alerts()
        caller.call.expect("ACM", within=10 * SECOND)
        party.answers()
        caller.call.expect("ANM", within=10 * SECOND)
        return caller, party

    def over(self, caller: Caller, party: Caller) -> None:
        """The caller hangs up, and both circuits are idle."""
        self.with_link(caller.hangs_up)
        self.with_link(lambda: party.is_released(within=40 * SECOND))


def hear_each_other(caller: Caller, party: Caller, hz: float) -> None:
    """A tone each way arrives. Its level is a matter of line time: a host that pauses leaves gaps here."""
    for speaker, hearer in ((caller.voice, party.voice), (party.voice, caller.voice)):
        speaker.says_tone(hz)
        hearer.hears_tone(hz, within=20 * SECOND)
        speaker.is_silent()


def test_calls_in_speech_go_on_when_a_server_is_killed(tmp_path: Path) -> None:
    with pair(tmp_path) as made:
        made.start("A").says("serving")
        made.start("B").says("standing by")
        exchange = Exchange(made)
        caller, party = exchange.talking()
        exchange.bench.run(2 * SECOND)
        assert made.ask("B", order="server")["other"] == "serving"
        made.servers["A"].kill()
        exchange.bench.run(2 * SECOND)
        made.servers["B"].says("serving")
        exchange.bench.run(2 * SECOND)
        hear_each_other(caller, party, 900.0)
        assert made.ask("B", order="server")["other"] == "out of reach"
        made.start("A").says("standing by")
        exchange.bench.run(2 * SECOND)
        made.servers["B"].kill()
        exchange.bench.run(2 * SECOND)
        made.servers["A"].says("serving")
        exchange.bench.run(2 * SECOND)
        hear_each_other(caller, party, 1100.0)
        exchange.over(caller, party)
        exchange.over(*exchange.talking())


def test_a_killed_server_goes_on_where_its_journal_ends(tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    with pair(tmp_path) as made:
        made.start("A", "--journal", journal, alone=True).says("serving")
        exchange = Exchange(made)
        caller, party = exchange.talking()
        made.servers["A"].kill()
        made.start("A", "--journal", journal, alone=True)
        exchange.bench.run(3 * SECOND)
        made.servers["A"].says("serving")
        exchange.bench.run(SECOND)
        hear_each_other(caller, party, 1300.0)
        exchange.over(caller, party)

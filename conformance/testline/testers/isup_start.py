"""A call centre that has just started and resets its circuits."""

from __future__ import annotations

from typing import Final

from testline.bench import Bench
from testline.layers.isup import range_and_status
from testline.testers.agent import Agent
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester, Received
from testline.testers.tup import TupTester
from testline.testers.tup_centre import open_level3
from testline.verdicts import Fail
from testrig.clock import SECOND

RESETS: Final = ("GRS", "RSC")
MAXIMUM: Final = 32
"""Circuits of one group reset (Q.763 3.43)."""


class StartingCentre(Centre):
    """Its trunks have come into service a second ago, and nobody has acknowledged its resets."""

    tup: TupTester

    def open(self, bench: Bench, *, within: int) -> IsupTester:
        """Return an ISUP beside `tup`; both keep what comes."""
        mtp3 = open_level3(bench)
        isup, self.tup = IsupTester(bench, mtp3), TupTester(bench, mtp3)
        for each in (isup, self.tup):
            each.answers.clear()
        mtp3.bring_up(within=within)
        bench.run(SECOND)
        return isup

    def resets(self, tester: IsupTester) -> list[Received]:
        """Take what has come for `tester`: nothing but resets, which leave no circuit out."""
        found = [got for waiting in tester.inbox.values() for got in waiting]
        tester.inbox.clear()
        left = set(tester.circuits)
        for got in found:
            if got.title not in RESETS:
                tester.fail("GRS or RSC", "the system has just started", got)
            left -= set(circuits_of(tester, got))
        if left:
            raise Fail(
                awaited=f"a reset of every {tester.user} circuit",
                state="the system has just started",
                observed=f"none of circuits {sorted(left)}",
            )
        self.bench.note(f"{tester.user}: {', '.join(got.text for got in found)}")
        return found

    def acknowledge(self, tester: IsupTester, resets: list[Received]) -> None:
        """Acknowledge resets, and answer those to come."""
        for got in resets:
            tester.acknowledge(got.message)
        tester.answers |= tester.harmless
        self.bench.run(SECOND)

    def refused(self, agent: Agent, number: str) -> None:
        """An agent calls `number`, and no message comes of it."""
        agent.telephone.lift()
        self.bench.run(SECOND // 4)
        agent.dial(self.pixit.outgoing_prefix + number)
        self.isup.expect_nothing(during=3 * SECOND)
        agent.telephone.replace()
        self.bench.run(SECOND)

    def interrupt(self) -> None:
        """Take the signalling link out of service for two seconds."""
        mtp3 = self.isup.mtp3
        mtp3.link.stop()
        self.bench.run(2 * SECOND)
        mtp3.proven = False
        mtp3.bring_up(within=60 * SECOND)
        self.bench.run(SECOND)


def circuits_of(tester: IsupTester, got: Received) -> list[int]:
    """Return the circuits that a reset is about; fail for a range that is not allowed."""
    cic = int(got.message.cic)
    if got.title == "RSC":
        return [cic]
    if isinstance(tester, TupTester):
        reach = int(got.message.range)
        return list(range(cic, cic + reach + 1)) if reach else list(tester.circuits)
    group = range_and_status(got.message)
    if group is None or not 0 < group[0] < MAXIMUM:
        tester.fail(f"a range of 1 to {MAXIMUM - 1}", "the system has just started", got)
    return list(range(cic, cic + group[0] + 1))

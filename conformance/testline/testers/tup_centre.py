"""A call centre on TUP trunks, and one that passes calls on between ISUP and TUP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from testline.bench import Bench
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.link import LinkTester
from testline.testers.mtp3 import Mtp3Tester
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup import IN_BETWEEN, TupTester
from testline.verdicts import Inconclusive
from testrig.clock import SECOND

ANSWER: Final = 5 * SECOND
"""Frames for an answer that needs no person: above Q.706, below every timer of TUP (4 s is the shortest,
and it runs at the end that waits)."""
NUMBER: Final = "02155556666"
"""A number outside."""
COMPLETED: Final[tuple[tuple[str, dict[str, Any]], ...]] = (("ACM", {"kind": 1, "free": 1}), ("ANC", {}))
"""How the tester answers a call unless told otherwise."""


def open_level3(bench: Bench) -> Mtp3Tester:
    """Return level 3 over a link tester that is not in service yet."""
    link = LinkTester(bench)
    link.record_fisus = False
    return Mtp3Tester(bench, link)


class TupCentre(Centre):
    """A call centre with TUP trunks in service and everybody who uses it."""

    isup: TupTester

    def open(self, bench: Bench, *, within: int) -> TupTester:
        """Return a TUP over a link in service, after the system's start-up traffic has been answered."""
        mtp3 = open_level3(bench)
        tester = TupTester(bench, mtp3)
        mtp3.bring_up(within=within)
        bench.run(SECOND)
        return tester

    @property
    def tester(self) -> TupTester:
        """The tester's TUP."""
        return self.isup

    def state(self, cic: int) -> str:
        """State of a circuit as maintenance sees it."""
        return self.bench.system.maintenance().circuit_state(cic)

    def is_in(self, cic: int, *, has: Sequence[str] = (), lacks: Sequence[str] = ()) -> None:
        """Wait at most a second until the state of `cic` has and lacks these words."""
        self.bench.until(
            lambda: (
                all(word in self.state(cic) for word in has)
                and not any(word in self.state(cic) for word in lacks)
            ),
            within=SECOND,
            awaited=f"circuit {cic} with {list(has)} without {list(lacks)}",
            state=lambda: self.state(cic),
        )

    def run_of(self, count: int = 6) -> int:
        """Return the first of `count` circuits without a gap."""
        known = self.tester.circuits
        return next(cic for cic in sorted(known) if all(cic + each in known for each in range(count)))

    # calls

    def calling_out(self, number: str = NUMBER) -> tuple[Caller, Agent]:
        """Let the first agent call outside; return the called party and the agent."""
        party, agent = self.caller(number), self.agent(0)
        if agent.state() == "signed off":
            agent.sign_on()
        agent.telephone.lift()
        self.bench.run(SECOND // 4)
        agent.dial(self.pixit.outgoing_prefix + number)
        party.is_called(within=ANSWER)
        return party, agent

    def talking_out(self, *answer: tuple[str, dict[str, Any]]) -> tuple[Caller, Agent]:
        """An outgoing call, answered by the messages `answer`, speech proven."""
        party, agent = self.calling_out()
        for name, fields in answer or COMPLETED:
            party.call.send(name, **fields)
            self.bench.run(SECOND)
        expect_speech_both_ways(party.voice, agent.voice)
        return party, agent

    def ringing(self, **fields: Any) -> tuple[Caller, Agent]:
        """Call the first agent directly, as far as ringing."""
        if not self.pixit.agent_number:
            raise Inconclusive("the system has no number that rings an agent directly")
        agent, caller = self.agent(0), self.caller()
        agent.on_duty()
        caller.dials(self.pixit.agent_number, **fields).expect("ACM", within=10 * SECOND)
        agent.telephone.rings(within=ANSWER)
        return caller, agent

    def talking(self, **fields: Any) -> tuple[Caller, Agent]:
        """An incoming call, answered by the first agent, speech proven."""
        caller, agent = self.ringing(**fields)
        agent.telephone.lift()
        caller.call.expect("ANC", "ANN", "ANU", within=ANSWER, through=IN_BETWEEN)
        expect_speech_both_ways(caller.voice, agent.voice)
        return caller, agent

    def in_menu(self, cic: int | None = None, **fields: Any) -> Caller:
        """A caller who is answered by the menu."""
        caller = self.caller()
        caller.dials(self.pixit.menu_number, cic=cic, **fields)
        caller.is_answered()
        return caller

    def still_works(self, cic: int) -> None:
        """Prove that `cic` takes a call."""
        self.over(self.in_menu(cic))

    def over(self, caller: Caller) -> None:
        """Clear a call of the tester's and prove the circuit idle."""
        caller.hangs_up()
        self.tester.expect_idle(caller.call.cic)

    def agent_ends(self, party: Caller, agent: Agent) -> None:
        """The agent hangs up: CLF, RLG, idle."""
        agent.telephone.replace()
        party.is_released(within=ANSWER)
        self.tester.expect_idle(party.call.cic)

    def leave_only(self, keep: set[int]) -> None:
        """Block every circuit but `keep` from the tester's side."""
        for cic in sorted(set(self.tester.circuits) - keep):
            self.tester.send_message(cic, "BLO")
            self.tester.expect(cic, "BLA", within=ANSWER)

    def second_attempt(self, first: int) -> None:
        """The system's call comes again on another circuit than `first` and is completed."""
        again = self.caller(NUMBER)
        again.is_called(within=ANSWER)
        self.bench.until(lambda: again.call.cic != first, within=0, awaited="another circuit")
        again.alerts()
        again.answers()
        self.bench.run(SECOND)
        expect_speech_both_ways(again.voice, self.agent(0).voice)
        self.agent_ends(again, self.agent(0))


class TransitCentre:
    """A system with an ISUP and a TUP trunk group to the tester, one signalling link for both."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.pixit = bench.pixit
        mtp3 = open_level3(bench)
        self.isup = IsupTester(bench, mtp3)
        self.isup.between = True
        self.tup = TupTester(bench, mtp3)
        missing = {"isup", "tup"} - set(self.pixit.transit)
        if missing:
            raise Inconclusive(f"the PIXIT gives no digits that lead to a group of {', '.join(missing)}")
        mtp3.bring_up(within=60 * SECOND)
        bench.run(SECOND)

    def number(self, user: str) -> str:
        """A number that leads out by trunks of `user`."""
        return self.pixit.transit[user] + "55556666"

    def through(self, first: str, **fields: Any) -> tuple[Caller, Caller]:
        """Call by `first`; return the caller, and the called party behind the other user part."""
        second = "tup" if first == "isup" else "isup"
        near, far = (self.isup, self.tup) if first == "isup" else (self.tup, self.isup)
        caller, party = Caller(near), Caller(far, self.number(second))
        caller.dials(party.number, **fields)
        party.is_called(within=ANSWER)
        return caller, party

    def talking(self, first: str, **fields: Any) -> tuple[Caller, Caller]:
        """A call in transit, answered, speech proven."""
        caller, party = self.through(first, **fields)
        party.alerts()
        caller.call.expect("ACM", within=ANSWER)
        party.answers()
        caller.call.expect("ANM", "ANC", "ANN", within=ANSWER)
        expect_speech_both_ways(caller.voice, party.voice)
        return caller, party

    def idle(self, *callers: Caller) -> None:
        """Prove the circuits of these calls idle."""
        for each in callers:
            each.isup.expect_idle(each.call.cic)

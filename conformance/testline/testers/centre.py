"""Everything around a call centre: its trunks in service, callers, telephones, agents."""

from __future__ import annotations

from testline.bench import Bench
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.isup import IsupTester
from testline.testers.link import LinkTester
from testline.testers.mtp3 import Mtp3Tester
from testline.testers.speech import expect_no_speech, expect_speech_both_ways
from testline.testers.telephone import Telephone
from testrig.clock import SECOND
from testrig.system import SupervisorClient


def open_link(bench: Bench) -> LinkTester:
    """Return a link tester that sends SIOS and waits for orders."""
    return LinkTester(bench)


def open_mtp3(bench: Bench, *, within: int = 30 * SECOND) -> Mtp3Tester:
    """Return level 3 over a link in service, aligned by the emergency procedure to save line time."""
    mtp3 = Mtp3Tester(bench, LinkTester(bench))
    mtp3.bring_up(within=within)
    mtp3.link.record_fisus = False
    return mtp3


def open_isup(bench: Bench, *, within: int = 60 * SECOND) -> IsupTester:
    """Return an ISUP over a link in service, after the system's start-up traffic has been answered."""
    link = LinkTester(bench)
    link.record_fisus = False
    mtp3 = Mtp3Tester(bench, link)
    isup = IsupTester(bench, mtp3)
    mtp3.bring_up(within=within)
    bench.run(SECOND)
    return isup


class Centre:
    """A call centre with its lines in service and everybody who uses it."""

    def __init__(self, bench: Bench, *, within: int = 60 * SECOND) -> None:
        self.bench = bench
        self.pixit = bench.pixit
        self.isup = self.open(bench, within=within)
        self.telephones = [Telephone(bench, number) for number in range(len(bench.telephones))]
        self._agents: dict[str, Agent] = {}

    def open(self, bench: Bench, *, within: int) -> IsupTester:
        """Bring the trunks into service."""
        return open_isup(bench, within=within)

    def caller(self, number: str = "13800138000") -> Caller:
        """Return a new subscriber."""
        return Caller(self.isup, number)

    def agent(self, index: int = 0) -> Agent:
        """Return agent number `index` of the PIXIT, always the same object."""
        spec = self.pixit.agents[index]
        if spec.agent not in self._agents:
            self._agents[spec.agent] = Agent(self.bench, spec, self.telephones[spec.station])
        return self._agents[spec.agent]

    @property
    def supervisor(self) -> SupervisorClient:
        """The system's supervisor client."""
        return self.bench.system.supervisor()

    def connected(self, caller: Caller, agent: Agent) -> None:
        """Prove that a caller and an agent hear each other."""
        expect_speech_both_ways(caller.voice, agent.telephone.voice)

    def not_connected(self, caller: Caller, agent: Agent) -> None:
        """Prove that a caller and an agent do not hear each other."""
        expect_no_speech(caller.voice, agent.telephone.voice)

"""Who takes part in a scenario, and what several sentences need to find them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pytest

from testline.testers import Agent, Caller, Centre, expect_speech_both_ways
from testline.verdicts import BenchError, Inconclusive
from testrig.clock import SECOND

CALLER: Final = r"(?:a |the )(?P<who>first |second |)caller"
"""`a caller` and `the caller` are the same person; `first` and `second` tell two apart."""
AGENT: Final = r"agent (?P<agent>\d+)"

CAUSES: Final = {"unallocated number": 1, "normal call clearing": 16, "user busy": 17}
"""Cause values by the words of Q.850 table 1."""
BUSY_HZ: Final = 450.0
"""Tones of the Chinese network are 450 Hz (GF 002-9002; unverified)."""


@dataclass
class People:
    """The people of one scenario."""

    centre: Centre
    callers: dict[str, Caller] = field(default_factory=dict)
    called: Caller | None = None
    """The party in the public network whom an agent calls."""
    refusal: str = ""
    """What the system said when it refused an order."""

    def caller(self, who: str) -> Caller:
        """The caller called `first`, `second` or just the caller."""
        name = who.strip()
        if name not in self.callers:
            self.callers[name] = self.centre.caller(f"1380013800{len(self.callers)}")
        return self.callers[name]

    def agent(self, number: str) -> Agent:
        """The agent with that number."""
        known = [spec.agent for spec in self.centre.pixit.agents]
        if number not in known:
            raise BenchError(f"agent {number} is not in the PIXIT; there are {', '.join(known)}")
        return self.centre.agent(known.index(number))

    def party(self) -> Caller:
        """The called party in the public network."""
        if self.called is None:
            raise BenchError("no call has arrived in the public network yet")
        return self.called

    def prompt(self, name: str) -> float:
        """The tone that tells prompt `name` from the others, in Hz."""
        if name not in self.centre.pixit.prompts:
            raise Inconclusive(f"the system does not say how to tell the prompt {name} from others")
        return self.centre.pixit.prompts[name]

    def talk(self, caller: Caller, agent: Agent) -> None:
        """Bring a caller through the queue to an agent and prove that they hear each other."""
        caller.dials(self.centre.pixit.queue_number)
        agent.telephone.answers(within=5 * SECOND)
        caller.is_answered()
        expect_speech_both_ways(caller.voice, agent.voice)


@pytest.fixture
def people(centre: Centre) -> People:
    """The people of this scenario, everybody silent and on hook."""
    return People(centre)

"""Which of two servers serves, by what gateways and the other one say: `Server` without gateways and time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from callcenter.agents.agent_fsm import State as AgentState
from callcenter.config import CentreConfig, reference_config
from callcenter.cti.journal import Types
from callcenter.engine import new_history
from callcenter.server import Server
from served_process import free_port
from testrig.clock import SECOND

BLOCK = 40
CONFIG = reference_config({"file": "servers.toml"})


class Ct:
    """What `Server` needs of a `CtServer`; the gateway's word is a switch."""

    def __init__(self, config: CentreConfig) -> None:
        self.history = new_history(config)
        self.networks: dict[str, object] = {}
        self.engine: Any = None
        self.called = False
        self.overtaken = False

    def serve(self, board: Any, now: int, *, new_board: bool) -> None:
        self.engine = board
        self.history.journal.append(now, Types.TAKEN_OVER, {"kept": 0, "lost": 0})

    def stand_down(self, now: int) -> None:
        self.engine = None

    def stand_by(self, now: int) -> None:
        """Nothing to do."""


class Two:
    """Two servers of a pair in one loop; each has its lines unless `shared`."""

    def __init__(
        self, stack: contextlib.AsyncExitStack, *, config: CentreConfig, shared: bool = False
    ) -> None:
        self._stack = stack
        pairs = sorted(("127.0.0.1", free_port()) for _ in range(2))
        lines = [("127.0.0.1", free_port()) for _ in range(2)]
        far = ("127.0.0.1", free_port())
        self.servers = [
            Server(config, [(lines[0 if shared else number], far)], pair=(pairs[number], pairs[1 - number]))
            for number in range(2)
        ]
        for server in self.servers:
            server.ct = Ct(config)  # type: ignore[assignment]

    async def begin(self) -> None:
        for server in self.servers:
            await server.begin(self._stack)
        await self.until(lambda: all(each._follower.state == "standing by" for each in self.servers))  # type: ignore[union-attr]

    async def until(self, condition: Callable[[], bool], *, step: bool = False) -> None:
        """Wait for what comes over the connection; with `step`, line time passes."""
        async with asyncio.timeout(30):
            while not condition():
                if step:
                    await self.run(BLOCK)
                await asyncio.sleep(0.001)

    async def run(self, frames: int) -> None:
        """Let line time pass."""
        for _ in range(frames // BLOCK):
            for server in self.servers:
                await server.poll()
                if server.ct.engine is None:
                    server.advance(BLOCK)
                else:
                    server.now += BLOCK
                    if server.now % SECOND < BLOCK:
                        server._tick()
            await asyncio.sleep(0)

    @property
    def serving(self) -> list[int]:
        return [number for number, server in enumerate(self.servers) if server.ct.engine is not None]

    def gateways(self, *called: bool) -> None:
        """What the gateways say to each."""
        for server, each in zip(self.servers, called, strict=True):
            server.ct.called = each  # type: ignore[misc]


def run(scenario: Callable[[Two], Any], *, shared: bool = False, config: CentreConfig = CONFIG) -> None:
    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            two = Two(stack, config=config, shared=shared)
            await two.begin()
            await scenario(two)

    asyncio.run(main())


def test_first_server_serves_and_the_second_copies() -> None:
    async def scenario(two: Two) -> None:
        two.gateways(True, True)
        await two.until(lambda: bool(two.serving), step=True)
        two.gateways(False, False)
        await two.until(lambda: two.servers[1]._follower.copied)  # type: ignore[union-attr]
        await two.run(5 * SECOND)
        assert two.serving == [0]
        assert two.servers[1].ct.history.journal.since() == two.servers[0].ct.history.journal.since()

    run(scenario)


def test_servers_that_begin_at_once_do_not_wait_for_each_other_for_ever() -> None:
    async def scenario(two: Two) -> None:
        two.gateways(True, True)
        for server in two.servers:
            server._publisher.tell("taking over")
        await two.until(lambda: all(each._follower.state == "taking over" for each in two.servers))  # type: ignore[union-attr]
        await two.until(lambda: bool(two.serving), step=True)
        two.gateways(False, False)
        await two.run(SECOND)
        assert two.serving == [0]
        assert two.servers[1].told()["server"] == "standing by"

    run(scenario, shared=True)


def test_server_that_cannot_take_its_lines_lets_the_other_have_its_turn() -> None:
    async def scenario(two: Two) -> None:
        here = asyncio.get_running_loop()
        address = two.servers[0]._addresses[0][0]
        blocker, _ = await here.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=address)
        two.gateways(True, True)
        await two.until(lambda: bool(two.serving), step=True)
        assert two.serving == [1]
        blocker.close()

    run(scenario)


def test_past_that_came_before_the_gateways_word_counts_when_it_comes() -> None:
    """The other server serves and has told its past before this one hears that it is overtaken."""

    async def scenario(two: Two) -> None:
        first, second = two.servers
        two.gateways(True, False)
        await two.until(lambda: two.serving == [0], step=True)
        two.gateways(False, True)
        await two.until(lambda: second._follower.state == "serving")  # type: ignore[union-attr]
        second.ct.serve(object(), 7, new_board=True)  # type: ignore[arg-type]
        second._publisher.tell("serving", second.ct.history)
        await two.until(lambda: first._follower.state == "serving")  # type: ignore[union-attr]
        await two.until(lambda: first._follower.history is not None)  # type: ignore[union-attr]
        first.ct.overtaken = True  # type: ignore[misc]
        await two.run(BLOCK)
        assert two.serving == [1]
        second.ct.history.journal.append(9, Types.CIRCUIT, {"what": "x"})
        await two.until(lambda: len(first.ct.history.journal) == len(second.ct.history.journal))
        assert first.ct.history.journal.since() == second.ct.history.journal.since()

    run(scenario)


def test_hooks_of_new_stations_are_as_the_journal_leaves_them() -> None:
    agents = tuple(replace(each, headset=each.agent == "1003") for each in CONFIG.agents)

    async def scenario(two: Two) -> None:
        server = two.servers[0]
        journal = server.ct.history.journal
        for agent, state in (
            ("1001", AgentState.TALKING),
            ("1002", AgentState.TALKING),
            ("1003", AgentState.READY),
            ("1004", AgentState.READY),
        ):
            journal.append(1, Types.AGENT_STATE, {"agent": agent, "state": state.value})
        for number, agent in ((1, "1001"), (2, "1002")):
            journal.append(2, Types.OFFERED, {"call": number, "line": f"public/{number}"})
            journal.append(3, Types.ESTABLISHED, {"call": number, "line": f"public/{number}", "agent": agent})
        journal.append(4, Types.SUSPENDED, {"call": 2, "line": "public/2", "agent": "1002"})
        two.gateways(True, False)
        server.stations[3].off_hook = True
        await two.until(lambda: two.serving == [0], step=True)
        assert [station.off_hook for station in server.stations] == [True, False, True, False]

    run(scenario, config=replace(CONFIG, agents=agents))

"""Two servers of a pair: who follows whom, and what is left when one is gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable

from callcenter.cti.history import History
from callcenter.cti.journal import Types
from callcenter.pairing import Follower, Publisher


class Two:
    """A server that publishes and one that follows it, over TCP."""

    def __init__(self) -> None:
        self.publisher = Publisher(lambda: 4711)
        self.original = History()
        self.copies: list[History] = []

    async def run(self, scenario: Callable[[Two], object]) -> None:
        """Run `scenario`, a coroutine function."""
        async with contextlib.AsyncExitStack() as stack:
            address = await self.publisher.open(stack, ("127.0.0.1", 0))
            self.follower = Follower(address, History, self.copies.append)
            task = asyncio.create_task(self.follower.run())
            stack.callback(task.cancel)
            await scenario(self)  # type: ignore[misc]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what comes over the connection."""
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.01)

    def event(self) -> None:
        """Something happens."""
        self.original.journal.append(len(self.original.journal), Types.CIRCUIT, {"what": "x"})


def run(scenario: Callable[[Two], object]) -> None:
    asyncio.run(Two().run(scenario))


def test_stand_by_copies_the_past_and_follows() -> None:
    async def scenario(two: Two) -> None:
        await two.until(lambda: two.follower.state == "standing by")
        assert not two.follower.copied
        for _ in range(100):
            two.event()
        two.publisher.tell("serving", two.original)
        await two.until(lambda: two.follower.copied)
        two.event()
        await two.until(lambda: len(two.copies[0].journal) == 101)
        assert two.copies[0].journal.since() == two.original.journal.since()
        assert (two.follower.state, two.follower.now) == ("serving", 4711)

    run(scenario)


def test_who_serves_no_more_tells_no_events() -> None:
    async def scenario(two: Two) -> None:
        two.publisher.tell("serving", two.original)
        await two.until(lambda: two.follower.copied)
        two.publisher.tell("standing by")
        await two.until(lambda: two.follower.state == "standing by")
        two.event()
        two.publisher.tick()
        await asyncio.sleep(0.1)
        assert len(two.copies[0].journal) == 0

    run(scenario)


def test_other_server_that_is_gone_is_out_of_reach_and_its_past_stays() -> None:
    async def scenario(two: Two) -> None:
        two.event()
        two.publisher.tell("serving", two.original)
        await two.until(lambda: two.follower.copied)
        two.publisher._hang_up()
        await two.until(lambda: two.follower.state is None)
        assert len(two.copies[0].journal) == 1

    run(scenario)


def test_words_that_are_none_end_the_connection() -> None:
    async def scenario(two: Two) -> None:
        await two.until(lambda: two.follower.state == "standing by")
        for writer in two.publisher._followers:
            writer.write(b"nonsense\n")
        await two.until(lambda: two.follower.state is None)
        await two.until(lambda: two.follower.state == "standing by")

    run(scenario)


def test_event_out_of_turn_makes_the_copy_anew() -> None:
    async def scenario(two: Two) -> None:
        two.publisher.tell("serving", two.original)
        await two.until(lambda: two.follower.copied)
        for writer in two.publisher._followers:
            writer.write(json.dumps({"number": 9, "at": 0, "type": "x", "data": {}}).encode() + b"\n")
        await two.until(lambda: len(two.copies) == 2)
        two.event()
        await two.until(lambda: len(two.copies[1].journal) == 1)

    run(scenario)

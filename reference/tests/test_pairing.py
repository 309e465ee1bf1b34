"""Two servers of a pair: who follows whom, and what is left when one is gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable

import pytest

from callcenter.cti.history import History
from callcenter.cti.journal import Types
from callcenter.journal_file import as_json
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


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b"7\n",
        b'{"state": "asleep", "now": 1}\n',
        b'{"state": "serving", "now": "noon"}\n',
        b'{"state": "serving"}\n',
        b'{"snapshot": {}, "events": 0}\n',
        b'{"snapshot": {"first": 1, "at": 0, "recovery": {"calls": 7}, "projections": {}}, "events": 0}\n',
        b'{"snapshot": {}, "events": -1}\n',
        b'{"snapshot": {}, "events": "all"}\n',
        b'{"snapshot": {}, "events": 1}\n{"number": 1, "at": "noon", "type": "x", "data": {}}\n',
        b'{"snapshot": {}, "events": 1}\n{"number": 1, "at": 1, "type": "x", "data": []}\n',
    ],
    ids=range(13),
)
def test_words_that_are_none_end_the_connection(line: bytes) -> None:
    async def scenario(two: Two) -> None:
        await two.until(lambda: two.follower.state == "standing by")
        for each in two.publisher._followers:
            each.writer.write(line)
        await two.until(lambda: two.follower.state is None)
        await two.until(lambda: two.follower.state == "standing by")

    run(scenario)


def test_event_out_of_turn_makes_the_copy_anew() -> None:
    async def scenario(two: Two) -> None:
        two.publisher.tell("serving", two.original)
        await two.until(lambda: two.follower.copied)
        for each in two.publisher._followers:
            each.writer.write(json.dumps({"number": 9, "at": 0, "type": "x", "data": {}}).encode() + b"\n")
        await two.until(lambda: len(two.copies) == 2)
        two.event()
        await two.until(lambda: len(two.copies[1].journal) == 1)

    run(scenario)


def test_what_happens_while_the_past_is_told_comes_behind_it() -> None:
    async def scenario(two: Two) -> None:
        await two.until(lambda: two.follower.state == "standing by")
        for _ in range(5000):
            two.event()
        two.publisher.tell("serving", two.original)
        while not two.copies:
            two.event()
            await asyncio.sleep(0)
        two.event()
        await two.until(lambda: len(two.copies[-1].journal) == len(two.original.journal))
        assert len(two.original.journal) > 5002
        assert two.copies[-1].journal.since() == two.original.journal.since()
        assert len(two.copies) == 1

    run(scenario)


def test_copy_that_this_server_goes_on_with_follows_no_more() -> None:
    async def scenario(two: Two) -> None:
        two.publisher.tell("serving", two.original)
        await two.until(lambda: two.follower.copied)
        two.follower.part()
        two.event()
        two.publisher.tick()
        await asyncio.sleep(0.1)
        assert len(two.copies[0].journal) == 0
        assert two.follower.state == "serving"
        assert two.follower.copied

    run(scenario)


def test_copy_is_not_made_of_two_halves() -> None:
    """The other server dies while its past is told; what it tells later is not taken for the rest."""

    async def scenario() -> None:
        told = History()
        for number in range(4):
            told.journal.append(number, Types.CIRCUIT, {"what": "x"})
        words = [
            {"snapshot": told.snapshot(), "events": 4},
            *(as_json(each) for each in told.journal.since()),
        ]
        halves = [words[:3], [{"state": "standing by", "now": 9}], words[3:], words]

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for word in halves.pop(0) if halves else ():
                writer.write(json.dumps(word).encode() + b"\n")
            writer.close()

        copies: list[History] = []
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            follower = Follower(server.sockets[0].getsockname()[:2], History, copies.append)
            task = asyncio.create_task(follower.run())
            async with asyncio.timeout(20):
                while len(halves) > 1:
                    assert not follower.copied
                    await asyncio.sleep(0.01)
                while not copies:
                    await asyncio.sleep(0.01)
            task.cancel()
        assert not halves
        assert copies[0].journal.since() == told.journal.since()

    asyncio.run(scenario())

"""The control socket of a process: TCP, one JSON object a line, each answered by one with the same `id`.

> {"id": 1, "order": "state"}
< {"id": 1, "ok": true, "links": ...}
> {"id": 2, "order": "stat"}
< {"id": 2, "error": "order 'stat': expected state, ..."}
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

from callcenter.errors import CallcenterError
from callcenter.shell import Address
from testrig.errors import TestrigError
from testrig.stream import unusable

log = logging.getLogger(__name__)


MOST_EVENTS: Final = 1_000
"""Events of one answer: more of them would keep the lines waiting."""


class Terminal(ABC):
    """One connection on a control socket."""

    def answer(self, line: bytes) -> dict[str, object]:
        """Carry out one request and return its answer; nothing a client sends raises."""
        try:
            request = json.loads(line)
        except ValueError as error:
            return {"id": None, "error": f"not JSON: {error}"}
        if not isinstance(request, dict):
            return {"id": None, "error": "expected a JSON object"}
        answer: dict[str, object] = {"id": request.get("id")}
        try:
            answer.update(self.carry_out(request))
            answer["ok"] = True
        except (TestrigError, CallcenterError) as error:
            answer["error"] = str(error)
        answer.update(self.always())
        return answer

    @abstractmethod
    def carry_out(self, request: dict[str, Any]) -> dict[str, object]:
        """Carry out `request["order"]` and return what the answer says. Raises `CallcenterError`."""

    def always(self) -> dict[str, object]:
        """What every answer says besides."""
        return {}


def since(request: dict[str, Any]) -> int:
    """Return the event number a request asks from; raises `CallcenterError`."""
    found = request.get("since", 0)
    if not isinstance(found, int):
        raise CallcenterError(f"order {request['order']}: since: found {found!r}, expected an integer")
    return found


async def open_control(
    stack: contextlib.AsyncExitStack, address: Address, terminal: Callable[[], Terminal]
) -> Address:
    """Serve a control socket until `stack` is closed; return where. Raises `ConfigurationError`."""
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = terminal()
        writers.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(client.answer(line)).encode() + b"\n")
                await writer.drain()
        except (ValueError, ConnectionError) as error:  # ValueError: a line longer than the reader's limit
            log.info("control connection closed: %s", error)
        finally:
            writers.discard(writer)
            writer.close()

    def hang_up() -> None:
        for writer in writers:
            writer.close()

    try:
        server = await asyncio.start_server(serve, *address)
    except OSError as error:
        raise unusable("control socket", address, error) from error
    stack.callback(hang_up)
    stack.callback(server.close)
    host, port = server.sockets[0].getsockname()[:2]
    return host, port

"""What operators at the rack do: servers that fail and come back."""

from __future__ import annotations

import pytest
from pytest_bdd import given, parsers, then, when

from testline.bench import Bench
from testline.testers.servers import Servers
from testrig.clock import SECOND


class Rack:
    """The servers, and the one that failed last."""

    def __init__(self, bench: Bench) -> None:
        self.servers = Servers(bench)
        self.failed = ""


@pytest.fixture
def rack(bench: Bench) -> Rack:
    """The servers of this scenario."""
    return Rack(bench)


@given("the server that serves fails")
@when("the server that serves fails")
def server_fails(rack: Rack) -> None:
    rack.failed = rack.servers.serving
    rack.servers.power(rack.failed, False)


@then(parsers.re(r"another server serves within (?P<seconds>\d+) seconds"))
def another_serves(rack: Rack, seconds: str) -> None:
    other = next(name for name in rack.servers.names if name != rack.failed)
    rack.servers.is_(other, "serving", within=int(seconds) * SECOND)


@when("the failed server is switched on again")
def switched_on_again(rack: Rack) -> None:
    rack.servers.back(rack.failed)


@when("the server that stands by fails")
def stand_by_fails(rack: Rack) -> None:
    serving = rack.servers.serving
    rack.servers.power(next(name for name in rack.servers.names if name != serving), False)

"""`callcenter gateway` as a process: the judge's exchange behind a pseudowire, its CT servers behind TCP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from callcenter.cli import main
from callcenter.gateway import GatewaySystem, gateway_config
from callcenter.gateway_server import MOST_UNSENT, AspConnection
from served_process import Wire, served
from testline.bench import Bench
from testline.testers.m3ua import open_m3ua
from testrig.clock import SECOND


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    """The tester's end of the pseudowire of a gateway that runs."""
    arguments = ("gateway", "--listen", "127.0.0.1:0", "--journal", str(tmp_path / "journal"))
    with served(GatewaySystem(gateway_config()).pixit, *arguments) as (wire, told):
        found = next(text for text in told if text.startswith("M3UA over TCP: "))
        wire.system.port = int(found.rpartition(":")[2])
        yield wire


def test_messages_pass_between_network_and_ct_servers_and_the_standby_takes_over(
    wire: Wire, tmp_path: Path
) -> None:
    bench = Bench(wire)  # type: ignore[arg-type]
    m3ua = open_m3ua(bench)
    server = m3ua.server("override")
    first, second = m3ua.asp(), m3ua.asp()
    for each in (first, second):
        each.send("ASPUP")
        each.expect("ASPUP_ACK", within=30 * SECOND)
    first.send("ASPAC", routing_context=server.routing_context)
    first.expect("ASPAC_ACK", within=30 * SECOND)
    data = m3ua.send_network(server, 1)
    assert first.expect("DATA", within=30 * SECOND).label.data == data
    first.send_data(server.routing_context, data, si=server.services[0])
    assert m3ua.expect_network(within=30 * SECOND).data == data
    first.close()
    second.send("ASPAC", routing_context=server.routing_context)
    second.expect("ASPAC_ACK", within=30 * SECOND)
    data = m3ua.send_network(server, 2)
    assert second.expect("DATA", within=30 * SECOND).label.data == data
    second.send_data(server.routing_context, data, opc=77, si=server.services[0])
    bench.until(
        lambda: '"screening"' in (tmp_path / "journal").read_text(), within=30 * SECOND, awaited="an alarm"
    )


def test_own_configuration_is_checked() -> None:
    path = Path(__file__).resolve().parents[1] / "callcenter" / "data" / "gateway.toml"
    result = CliRunner().invoke(main, ["check-config", "--gateway", str(path)])
    assert result.output == f"{path}: 1 links, 3 application servers: good\n"


def test_wrong_configuration_is_told_by_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('name = "g"\nnetwork = "publik"\nlinks = []\nservers = []\n[networks.public]\n')
    result = CliRunner().invoke(main, ["gateway", "--config", str(path), "--line", "127.0.0.1:1=127.0.0.1:2"])
    assert result.exit_code == 1
    assert f"{path}: networks.public.variant: missing" in result.output


class Unread(asyncio.Transport):
    """A connection whose other end does not read."""

    aborted = False

    def get_write_buffer_size(self) -> int:
        return MOST_UNSENT + 1

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 9)

    def abort(self) -> None:
        self.aborted = True


class Listening:
    """What a connection tells its server."""

    def connected(self, connection: AspConnection) -> None: ...
    def gone(self, connection: AspConnection) -> None: ...


def test_ct_server_that_does_not_read_is_given_up() -> None:
    connection, transport = AspConnection(Listening()), Unread()  # type: ignore[arg-type]
    connection.connection_made(transport)
    connection.send(b"octets")
    assert transport.aborted


def test_what_came_before_the_end_is_still_received() -> None:
    connection = AspConnection(Listening())  # type: ignore[arg-type]
    connection.connection_made(Unread())
    connection.data_received(b"octets")
    connection.connection_lost(None)
    assert not connection.closed
    assert connection.receive() == b"octets"
    assert connection.closed

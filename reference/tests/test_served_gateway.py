"""`callcenter gateway` as a process: the judge's exchange on a pseudowire, CT servers over TCP and SCTP."""

from __future__ import annotations

import contextlib
import json
import socket
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from callcenter.cli import main
from callcenter.cti.journal import Types
from callcenter.gateway import GatewaySystem, gateway_config
from callcenter.gateway_server import AlarmLog, GatewayServer, GatewayTerminal
from served_process import Wire, served
from testline.bench import Bench
from testline.testers.m3ua import AspTester, open_m3ua
from testline.verdicts import Fail
from testrig import sctp
from testrig.clock import SECOND
from testrig.system import Event

pytestmark = pytest.mark.xdist_group("real time")  # not beside each other: they need the processor in time


@pytest.fixture(
    params=[
        "tcp",
        pytest.param(
            "sctp", marks=pytest.mark.skipif(not sctp.available(), reason="this kernel has no SCTP")
        ),
    ]
)
def transport(request: pytest.FixtureRequest) -> str:
    """Every transport there is."""
    return request.param  # type: ignore[no-any-return]


def after(start: str, told: list[str]) -> str:
    """What a line of the process says behind `start`."""
    return next(text.removeprefix(start) for text in told if text.startswith(start))


@contextlib.contextmanager
def gateway(transport: str, *arguments: str) -> Iterator[tuple[Wire, list[str]]]:
    """Run a gateway; give the tester's end of its line and what it says."""
    every = ("gateway", "--listen", "127.0.0.1:0", "--transport", transport, "--jitter", "64", *arguments)
    with served(GatewaySystem(gateway_config()).pixit, *every) as (wire, told):
        wire.system.port = int(after(f"M3UA over {transport.upper()}: ", told).rpartition(":")[2])
        wire.system.transport = transport
        yield wire, told


class Operator:
    """A program at the control socket."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), 30) as connected:
            self.file = connected.makefile("rw")

    def order(self, order: str, **more: object) -> dict[str, Any]:
        """Give an order and return its answer."""
        self.file.write(json.dumps({"id": 1, "order": order, **more}) + "\n")
        self.file.flush()
        return json.loads(self.file.readline())  # type: ignore[no-any-return]


class Running:
    """The judge's testers at a gateway that runs. The line of a host that pauses may fail and come back: what
    the gateway says of that is passed over, and a message lost by it is sent again."""

    def __init__(self, wire: Wire) -> None:
        self.bench = Bench(wire)  # type: ignore[arg-type]
        self.m3ua = open_m3ua(self.bench)
        self.server = self.m3ua.server("override")

    def answered(self, asp: AspTester, order: str, **given: int) -> None:
        """The gateway acknowledges what the ASP asks for."""
        asp.send(order, **given)  # type: ignore[arg-type]
        self.until(lambda: any(got.title == f"{order}_ACK" for got in drained(asp.inbox)), f"{order}_ACK")

    def active(self, identifier: int) -> AspTester:
        """An ASP that carries traffic. SCTP closes late, so that another one cannot have its identifier."""
        asp = self.m3ua.asp()
        self.answered(asp, "ASPUP", asp_identifier=identifier)
        self.answered(asp, "ASPAC", routing_context=self.server.routing_context)
        return asp

    def carries(self, asp: AspTester, number: int) -> None:
        """A message passes from the network to the ASP and back."""
        data, context = self.m3ua.octets(self.server, number), self.server.routing_context
        self.again_until(
            lambda: self.m3ua.send_network(self.server, number),
            lambda: any(got.title == "DATA" and got.label.data == data for got in drained(asp.inbox)),
        )
        self.again_until(
            lambda: asp.send_data(context, data, si=self.server.services[0]),
            lambda: any(got.data == data for got in drained(self.m3ua.network)),
        )

    def again_until(self, send: Callable[[], object], there: Callable[[], bool]) -> None:
        """Send until it has arrived."""
        for _ in range(10):
            send()
            with contextlib.suppress(Fail):
                self.bench.until(there, within=3 * SECOND, awaited="the message")
                return
        raise AssertionError("nothing arrives")

    def until(self, there: Callable[[], bool], awaited: str) -> None:
        """Wait for what comes in the end."""
        self.bench.until(there, within=30 * SECOND, awaited=awaited)


def drained(inbox: deque[Any]) -> Iterator[Any]:
    """What has come."""
    while inbox:
        yield inbox.popleft()


def test_messages_pass_between_network_and_ct_servers_and_the_standby_takes_over(transport: str) -> None:
    with gateway(transport) as (wire, _):
        running = Running(wire)
        first = running.active(7)
        running.carries(first, 1)
        first.close()
        running.carries(running.active(8), 2)


def alarms(operator: Operator) -> dict[str, dict[str, Any]]:
    """The last alarm of each kind."""
    return {each["data"]["alarm"]: each["data"] for each in operator.order("alarms")["alarms"]}


def troubles(operator: Operator) -> set[tuple[str, str]]:
    """What is bad and not over yet, with its name."""
    return {(alarm, name) for alarm, name in operator.order("state")["troubles"]}


LINK, POINT = ("link out of service", "public/0"), ("point unavailable", "public")


def test_operator_sees_the_gateway_and_hears_alarms(transport: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    arguments = ("--control", "127.0.0.1:0", "--journal", str(journal))
    with gateway(transport, *arguments) as (wire, told):
        operator = Operator(after("control: ", told))
        running = Running(wire)
        asp, server = running.active(7), running.server
        running.until(lambda: operator.order("state")["links"] == {"public/0": "in service"}, "the link")
        running.until(lambda: operator.order("state")["points"] == {"public": True}, "the point")
        state = operator.order("state")
        assert state["transport"] == transport
        assert state["associations"]["0"]["identifier"] == 7
        mine = next(each for each in state["servers"] if each["routing_context"] == server.routing_context)
        assert (mine["state"], mine["processes"]) == ("AS-ACTIVE", {"0": "ASP-ACTIVE"})
        vacant = ("no active process", mine["name"])
        running.until(lambda: vacant not in troubles(operator), "the server active")
        asp.send_data(server.routing_context, b"\x01\x00\x06", opc=77, si=server.services[0])
        running.until(lambda: "screening" in alarms(operator), "an alarm")
        assert alarms(operator)["screening"]["opc"] == 77
        spare = running.m3ua.asp()
        for order in ("ASPUP", "ASPDN"):
            running.answered(spare, order)
        spare.close()  # as it should be: no alarm
        running.until(lambda: list(operator.order("state")["associations"]) == ["0"], "one association")
        assert "association lost" not in alarms(operator)
        asp.close()
        running.until(lambda: vacant in troubles(operator), "an alarm")
        assert alarms(operator)["association lost"]["address"] == state["associations"]["0"]["address"]
        operator.file.close()
        assert '"screening"' in journal.read_text()
    again = f"no active process, name {mine['name']}"
    for words in ("screening, server", "association lost", again, f"{again}, cleared True"):
        assert any(f"WARNING: alarm {words}" in text for text in told), told


def test_operator_orders_links() -> None:
    with gateway("tcp", "--control", "127.0.0.1:0") as (wire, told):
        operator = Operator(after("control: ", told))
        running = Running(wire)
        running.until(lambda: not {LINK, POINT} & troubles(operator), "the link in service")
        assert "no route left" in operator.order("inhibit")["error"]
        assert "ok" in operator.order("deactivate", link="public/0")
        running.until(lambda: {LINK, POINT} <= troubles(operator), "the link out of service")
        assert "ok" in operator.order("activate")
        running.until(lambda: not {LINK, POINT} & troubles(operator), "the link in service again")
        operator.file.close()


def test_gateway_says_which_transport_it_chose() -> None:
    pixit = GatewaySystem(gateway_config()).pixit
    with served(pixit, "gateway", "--listen", "127.0.0.1:0") as (_, told):
        assert after(f"M3UA over {'SCTP' if sctp.available() else 'TCP'}: ", told)


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


def run(*arguments: str) -> str:
    """What `callcenter gateway` says when it refuses to run."""
    result = CliRunner().invoke(main, ["gateway", "--line", "127.0.0.1:0=127.0.0.1:9", *arguments])
    assert result.exit_code != 0
    return result.output


@pytest.mark.parametrize(("option", "what"), [("--listen", "M3UA over TCP"), ("--control", "control socket")])
def test_address_in_use_is_told(option: str, what: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        told = run("--transport", "tcp", "--listen", "127.0.0.1:0", option, address)
    assert f"{what} at {address}: found 'Address already in use', expected an address of this host" in told


def test_line_in_use_is_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert f"line 1 at {address}: found 'Address already in use'" in run(
            "--line", f"{address}=127.0.0.1:9"
        )


def test_host_that_is_not_known_is_told() -> None:
    assert "M3UA at nowhere.invalid:2905: found " in run("--listen", "nowhere.invalid:2905")


@pytest.mark.skipif(sctp.available(), reason="this kernel has SCTP")
def test_transport_that_is_not_there_is_told() -> None:
    told = run("--transport", "sctp")
    assert "transport: found sctp, expected tcp or auto: this kernel has no SCTP" in told


@pytest.fixture
def terminal() -> GatewayTerminal:
    """An operator of a gateway without lines."""
    return GatewayTerminal(GatewayServer(GatewaySystem(gateway_config()), [], address=("127.0.0.1", 0)))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"order": "stat"}, "order 'stat': expected state, alarms, events, activate"),
        ({}, "order None: expected state"),
        ({"order": "activate", "link": "x"}, "signalling link 'x': not known, expected one of public/0"),
        ({"order": "alarms", "since": "x"}, "order alarms: since: found 'x', expected an integer"),
    ],
)
def test_operator_is_refused_with_the_reason(
    terminal: GatewayTerminal, request_: dict[str, object], message: str
) -> None:
    answer = terminal.answer(json.dumps(request_).encode())
    assert message in str(answer["error"])
    assert "ok" not in answer


def test_operator_hears_a_thousand_events_at_a_time(terminal: GatewayTerminal) -> None:
    journal = terminal._gateway.journal
    for number in range(1_500):
        journal.append(0, Types.ALARM if number % 2 else Types.LINK, {"alarm": "a"})

    def numbers(order: str, since: int = 0) -> list[int]:
        answer: dict[str, Any] = terminal.answer(json.dumps({"order": order, "since": since}).encode())
        return [event["number"] for event in answer[order]]

    assert numbers("events") == [*range(1, 1_001)]
    assert numbers("events", 1_000) == [*range(1_001, 1_501)]
    assert numbers("alarms") == [*range(2, 1_501, 2)]


def test_messages_that_screening_refuses_are_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    tell = AlarmLog()
    for number in range(1, 200):
        reason = "service indicator" if number == 50 else "originating point code"
        told = {"alarm": "screening", "server": "A", "reason": reason, "opc": number}
        tell(Event(number, number * SECOND, Types.ALARM, told))
    lines = [record.getMessage() for record in caplog.records]
    assert [("opc 50" in line, line.partition("(")[2]) for line in lines] == [
        (False, ""),
        (True, ""),
        (False, "58 more like it before)"),
        (False, "59 more like it before)"),
        (False, "59 more like it before)"),
    ]

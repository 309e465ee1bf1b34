"""M3UA: state of an ASP, heartbeat (RFC 4666 4.3.4).

The numbers are of our own; `TS 102 381` names the test of that list with the same purpose, as the public test
tool for it has them.
"""

from __future__ import annotations

from functools import partial

from testline.case import case as plain
from testline.layers.m3ua import message
from testline.testers.m3ua import GatewayTester
from testrig.clock import SECOND

case = partial(plain, proves=["N-05"], needs="m3ua", setup="gateway")


@case("M3UA/1", "ASP Up is acknowledged", clauses=["RFC 4666 4.3.4.1", "TS 102 381 SGP-ASPSM-V-001"])
def test_up(m3ua: GatewayTester) -> None:
    """An ASP that comes up is acknowledged."""
    m3ua.asp().up()


@case("M3UA/2", "ASP Up again", clauses=["RFC 4666 4.3.4.1", "TS 102 381 SGP-ASPSM-O-001"])
def test_up_again(m3ua: GatewayTester) -> None:
    """An ASP Up of an inactive ASP is acknowledged again and is no error."""
    asp = m3ua.asp()
    asp.up()
    asp.up()
    asp.expect_nothing()


@case("M3UA/3", "ASP Up of an active ASP", clauses=["RFC 4666 4.3.4.1", "TS 102 381 SGP-ASPSM-O-003"])
def test_up_while_active(m3ua: GatewayTester) -> None:
    """It is acknowledged, called unexpected, and the ASP carries no traffic any more."""
    server, (asp,) = m3ua.active()
    asp.send("ASPUP")
    m3ua.bench.until(lambda: len(asp.inbox) > 1, within=SECOND, awaited="ASP Up Ack and ERR")
    if asp.inbox[0].title == "ERR":  # in any order
        asp.inbox.rotate(1)
    asp.expect("ASPUP_ACK")
    asp.expect_error(0x06)
    m3ua.send_network(server)
    asp.expect_nothing()


@case("M3UA/4", "ASP Up with an identifier", clauses=["RFC 4666 3.5.1"])
def test_up_with_identifier(m3ua: GatewayTester) -> None:
    """An ASP identifier in ASP Up is taken."""
    m3ua.asp().up(asp_identifier=7)


@case("M3UA/5", "ASP identifier in use", clauses=["RFC 4666 3.8.1", "RFC 4666 4.3.4.1"])
def test_identifier_in_use(m3ua: GatewayTester) -> None:
    """A second ASP with the identifier of one that is up is refused with invalid ASP identifier."""
    m3ua.asp().up(asp_identifier=7)
    second = m3ua.asp()
    second.send("ASPUP", asp_identifier=7)
    second.expect_error(0x0F)


@case("M3UA/6", "ASP identifier free again", clauses=["RFC 4666 4.3.4.2"])
def test_identifier_after_down(m3ua: GatewayTester) -> None:
    """Once the first ASP is down, another may come up with its identifier."""
    first = m3ua.asp()
    first.up(asp_identifier=7)
    first.send("ASPDN")
    first.expect("ASPDN_ACK")
    m3ua.asp().up(asp_identifier=7)


@case("M3UA/7", "ASP Up with information", clauses=["RFC 4666 3.5.1"])
def test_up_with_information(m3ua: GatewayTester) -> None:
    """An INFO string, its length no multiple of four, does no harm."""
    m3ua.asp().up(info=b"ct-server A")


@case("M3UA/8", "ASP Up with an unknown parameter", clauses=["RFC 4666 3"])
def test_up_with_unknown_parameter(m3ua: GatewayTester) -> None:
    """A parameter that is not known is passed over."""
    asp = m3ua.asp()
    asp.send("ASPUP", extra=bytes.fromhex("7fff000501000000"), deliberate=True)
    asp.expect("ASPUP_ACK")


@case("M3UA/9", "ASP Down is acknowledged", clauses=["RFC 4666 4.3.4.2", "TS 102 381 SGP-ASPSM-V-005"])
def test_down(m3ua: GatewayTester) -> None:
    """An inactive ASP goes down."""
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPDN")
    asp.expect("ASPDN_ACK")


@case(
    "M3UA/10",
    "ASP Down of an ASP that is down",
    clauses=["RFC 4666 4.3.4.2", "TS 102 381 SGP-ASPSM-O-004"],
)
def test_down_while_down(m3ua: GatewayTester) -> None:
    """ASP Down is acknowledged in any state."""
    asp = m3ua.asp()
    asp.send("ASPDN")
    asp.expect("ASPDN_ACK")
    asp.send("ASPDN")
    asp.expect("ASPDN_ACK")


@case("M3UA/11", "ASP Down of an active ASP", clauses=["RFC 4666 4.3.4.2"])
def test_down_while_active(m3ua: GatewayTester) -> None:
    """An active ASP that goes down gets no traffic any more."""
    server, (asp,) = m3ua.active()
    asp.send("ASPDN")
    asp.expect("ASPDN_ACK")
    m3ua.send_network(server)
    asp.expect_nothing()


@case(
    "M3UA/12",
    "ASP Active before ASP Up",
    clauses=["RFC 4666 4.3.4.1", "RFC 4666 3.8.1", "TS 102 381 SGP-ASPSM-I-003"],
)
def test_active_while_down(m3ua: GatewayTester) -> None:
    """ASP Active of an ASP that is down is unexpected or discarded."""
    asp = m3ua.asp()
    context = m3ua.server("override").routing_context
    asp.send("ASPAC", routing_context=context)
    asp.expect_refused(context)


@case("M3UA/13", "ASP Inactive before ASP Up", clauses=["RFC 4666 4.3.4.1", "RFC 4666 3.8.1"])
def test_inactive_while_down(m3ua: GatewayTester) -> None:
    """ASP Inactive of an ASP that is down is unexpected or discarded."""
    asp = m3ua.asp()
    context = m3ua.server("override").routing_context
    asp.send("ASPIA", routing_context=context)
    asp.expect_refused(context)


@case("M3UA/14", "ASP Active after ASP Down", clauses=["RFC 4666 4.3.4.2", "RFC 4666 4.3.4.3"])
def test_active_after_down(m3ua: GatewayTester) -> None:
    """An ASP that went down must come up before it is active."""
    server, (asp,) = m3ua.active()
    asp.send("ASPDN")
    asp.expect("ASPDN_ACK")
    asp.send("ASPAC", routing_context=server.routing_context)
    asp.expect_refused(server.routing_context)
    m3ua.send_network(server)
    asp.expect_nothing()


@case(
    "M3UA/15",
    "ASP Active is acknowledged",
    clauses=[
        "RFC 4666 4.3.4.3",
        "RFC 4666 3.7.2",
        "TS 102 381 SGP-ASPTM-V-001",
        "TS 102 381 SGP-ASPTM-V-005",
    ],
)
def test_active(m3ua: GatewayTester) -> None:
    """The acknowledgement names the routing context."""
    server = m3ua.server("override")
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC", routing_context=server.routing_context)
    asp.expect("ASPAC_ACK", routing_context=server.routing_context)


@case("M3UA/16", "ASP Active with traffic mode", clauses=["RFC 4666 4.3.4.3", "RFC 4666 3.7.2"])
def test_active_with_mode(m3ua: GatewayTester) -> None:
    """The traffic mode of the AS comes back in the acknowledgement."""
    server = m3ua.server("override")
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC", traffic_mode=1, routing_context=server.routing_context)
    asp.expect("ASPAC_ACK", traffic_mode=1, routing_context=server.routing_context)


@case("M3UA/17", "ASP Active again", clauses=["RFC 4666 4.3.4.3", "TS 102 381 SGP-ASPTM-O-001"])
def test_active_again(m3ua: GatewayTester) -> None:
    """ASP Active of an active ASP is acknowledged; traffic goes on, once."""
    server, (asp,) = m3ua.active()
    asp.activate(server.routing_context)
    data = m3ua.send_network(server)
    got = asp.expect("DATA")
    m3ua.bench.until(lambda: got.label.data == data, within=0, awaited="the message sent")
    asp.expect_nothing()


@case(
    "M3UA/18",
    "ASP Inactive is acknowledged",
    clauses=["RFC 4666 4.3.4.4", "TS 102 381 SGP-ASPTM-V-006", "TS 102 381 SGP-ASPTM-I-010"],
)
def test_inactive(m3ua: GatewayTester) -> None:
    """An active ASP becomes inactive and gets no traffic any more."""
    server, (asp,) = m3ua.active()
    asp.send("ASPIA", routing_context=server.routing_context)
    asp.expect("ASPIA_ACK", routing_context=server.routing_context)
    m3ua.send_network(server)
    asp.expect_nothing()


@case(
    "M3UA/19",
    "ASP Inactive of an inactive ASP",
    clauses=["RFC 4666 4.3.4.4", "TS 102 381 SGP-ASPTM-O-003"],
)
def test_inactive_again(m3ua: GatewayTester) -> None:
    """It is acknowledged and is no error."""
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPIA", routing_context=m3ua.server("override").routing_context)
    asp.expect("ASPIA_ACK")
    asp.expect_nothing()


@case("M3UA/20", "ASP Active without routing context", clauses=["RFC 4666 4.3.4.3"])
def test_active_without_context(m3ua: GatewayTester) -> None:
    """The ASP becomes active in every AS that it is configured for, and DATA tells which one; a gateway that
    requires the context says that it is missing."""
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC")
    m3ua.bench.until(lambda: bool(asp.inbox), within=SECOND, awaited="ASPAC_ACK")
    if asp.inbox[0].title == "ERR":
        asp.expect_error(0x16)
        return
    asp.expect("ASPAC_ACK")
    for server in m3ua.small():
        m3ua.send_network(server)
        asp.expect_data(server.routing_context, several=True)


@case("M3UA/21", "ASP Active for several AS", clauses=["RFC 4666 3.3.1", "RFC 4666 4.3.4.3"])
def test_active_for_two(m3ua: GatewayTester) -> None:
    """Two routing contexts in one ASP Active: both AS send their traffic."""
    servers = m3ua.small()[:2]
    contexts = tuple(server.routing_context for server in servers)
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC", routing_context=contexts)
    asp.expect_acknowledged("ASPAC_ACK", *contexts)
    for server in servers:
        m3ua.send_network(server)
        asp.expect_data(server.routing_context, several=True)


@case(
    "M3UA/22",
    "Heartbeat is answered",
    clauses=["RFC 4666 3.5.5", "RFC 4666 4.3.4.6", "TS 102 381 SGP-ASPTM-V-011"],
)
def test_heartbeat(m3ua: GatewayTester) -> None:
    """BEAT ACK brings the heartbeat data back unchanged, whatever their length."""
    asp = m3ua.asp()
    asp.up()
    for length in (1, 2, 3, 4, 17, 200):
        data = bytes(range(length))
        asp.send("BEAT", heartbeat=data)
        asp.expect("BEAT_ACK", heartbeat=data)


@case("M3UA/23", "Heartbeat without data", clauses=["RFC 4666 3.5.5"])
def test_heartbeat_without_data(m3ua: GatewayTester) -> None:
    """Heartbeat data are optional: none come back then."""
    asp = m3ua.asp()
    asp.up()
    asp.send("BEAT")
    asp.expect("BEAT_ACK", heartbeat=None)


@case("M3UA/24", "Heartbeat of an active ASP", clauses=["RFC 4666 4.3.4.6", "TS 102 381 SGP-ASPTM-V-010"])
def test_heartbeat_while_active(m3ua: GatewayTester) -> None:
    """A heartbeat does not change the state: traffic goes on."""
    server, (asp,) = m3ua.active()
    asp.send("BEAT", heartbeat=b"alive")
    asp.expect("BEAT_ACK", heartbeat=b"alive")
    m3ua.send_network(server)
    asp.expect("DATA")


@case("M3UA/25", "Messages in one piece and in many", clauses=["RFC 4666 3.1.4"])
def test_framing(m3ua: GatewayTester) -> None:
    """On a stream of octets the length field cuts the messages, however they arrive."""
    asp = m3ua.asp()
    octets = message("ASPUP") + message("BEAT", heartbeat=b"xyz") + message("ASPDN")
    for at in range(0, len(octets), 3):
        asp.send_raw(octets[at : at + 3], deliberate=False)
        m3ua.bench.run(SECOND // 100)
    asp.expect("ASPUP_ACK")
    asp.expect("BEAT_ACK", heartbeat=b"xyz")
    asp.expect("ASPDN_ACK")
    asp.send_raw(octets, deliberate=False)
    for title in ("ASPUP_ACK", "BEAT_ACK", "ASPDN_ACK"):
        asp.expect(title)


@case("M3UA/26", "Heartbeat with more than data", clauses=["RFC 4666 3.5.6"])
def test_heartbeat_with_more(m3ua: GatewayTester) -> None:
    """BEAT ACK brings every parameter back, those that are not known too."""
    asp = m3ua.asp()
    asp.up()
    asp.send("BEAT", heartbeat=b"seven77", extra=bytes.fromhex("7fff000601020000"), deliberate=True)
    got = asp.expect("BEAT_ACK")
    m3ua.require(got.values == [(9, b"seven77"), (0x7FFF, b"\1\2")], "both parameters")


@case("M3UA/27", "Last padding not counted", clauses=["RFC 4666 3.1.4"])
def test_padding_not_counted(m3ua: GatewayTester) -> None:
    """A message whose length leaves out the padding of its last parameter is taken, and so is the next."""
    asp = m3ua.asp()
    octets = message("ASPUP", info=b"ct-server A")
    asp.send_raw(octets[:4] + (len(octets) - 1).to_bytes(4, "big") + octets[8:], "ASPUP")
    asp.expect("ASPUP_ACK")
    asp.send("BEAT", heartbeat=b"next")
    asp.expect("BEAT_ACK", heartbeat=b"next")


@case("M3UA/28", "Reserved octet of the header", clauses=["RFC 4666 3.1.3"])
def test_reserved(m3ua: GatewayTester) -> None:
    """Whatever it holds, it is ignored."""
    asp = m3ua.asp()
    asp.send("ASPUP", header={"reserved": 0xFF}, deliberate=True)
    asp.expect("ASPUP_ACK")


@case("M3UA/29", "Parameters in another order", clauses=["RFC 4666 3.2"])
def test_order_of_parameters(m3ua: GatewayTester) -> None:
    """ASP Active with INFO first and the traffic mode last is as good."""
    server = m3ua.server("override")
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC", info=b"x", routing_context=server.routing_context, traffic_mode=1)
    asp.expect("ASPAC_ACK", routing_context=server.routing_context, traffic_mode=1)
    m3ua.send_network(server)
    asp.expect("DATA")

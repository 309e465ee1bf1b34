"""M3UA: messages both ways, state of points, screening, point codes of 24 bits (RFC 4666 3.3, 3.4, 4.5).

The numbers are of our own; `TS 102 381` names the test of that list with the same purpose, as the public test
tool for it has them. What a SHOULD of the RFC says is expected; where it leaves a choice, each one passes.
"""

from __future__ import annotations

from functools import partial

from testline.case import case as plain
from testline.cases.mtp3_flow import congest
from testline.testers.m3ua import GatewayTester
from testline.testers.mtp3 import Message
from testrig.clock import SECOND

case = partial(plain, proves=["N-05"], setup="gateway")
national = partial(plain, proves=["N-01", "N-05"], needs="m3ua", setup="gateway24")
screening = partial(plain, proves=["P-08"], needs="m3ua.screening", setup="gateway")


def carries(m3ua: GatewayTester, sls: int) -> None:
    """A message from the network arrives with label, service and octets as sent, and one back likewise."""
    server, (asp,) = m3ua.active()
    pixit = m3ua.pixit
    data = m3ua.send_network(server, 9, sls=sls)
    label = asp.expect_data(server.routing_context).label
    found = (label.opc, label.dpc, label.si, label.ni, label.sls, label.data)
    wanted = (
        pixit.tester_point_code,
        pixit.point_code,
        server.services[0],
        pixit.network_indicator,
        sls,
        data,
    )
    m3ua.bench.until(lambda: found == wanted, within=0, awaited=f"{wanted}", state=f"{found}")
    asp.send_data(server.routing_context, data, si=server.services[0], sls=sls)
    back = m3ua.expect_network()
    m3ua.bench.until(lambda: same(back, data, sls), within=0, awaited=f"SLS {sls}", state=str(back))


def same(back: Message, data: bytes, sls: int) -> bool:
    """Whether a message came out with these octets and selection."""
    return (back.data, back.sls) == (data, sls)


@case("M3UA/60", "A message from the network", clauses=["RFC 4666 3.3.1"], needs="m3ua")
def test_label(m3ua: GatewayTester) -> None:
    """DATA carries the label and the octets of the message; DATA back comes out with them."""
    carries(m3ua, 5)


@case(
    "M3UA/61",
    "Every signalling link selection",
    clauses=["RFC 4666 3.3.1", "TS 102 381 SGP-MTR-V-002"],
    needs="m3ua",
)
def test_every_sls(m3ua: GatewayTester) -> None:
    """All 16 selections pass both ways unchanged."""
    server, (asp,) = m3ua.active()
    for sls in range(16):
        data = m3ua.send_network(server, sls, sls=sls)
        got = asp.expect("DATA").label
        m3ua.require(got.sls == sls, f"SLS {sls}")
        asp.send_data(server.routing_context, data, si=server.services[0], sls=sls)
        back = m3ua.expect_network()
        m3ua.require(same(back, data, sls), f"SLS {sls}")


@case("M3UA/62", "The longest message", clauses=["RFC 4666 3.3.1", "Q.703 2.2"], needs="m3ua")
def test_longest(m3ua: GatewayTester) -> None:
    """A message that fills 272 octets of a signal unit passes both ways."""
    server, (asp,) = m3ua.active()
    head = server.first_circuit.to_bytes(2, "little") + bytes((0x2D, 2, 133, 131)) + bytes(131)
    data = head + bytes((0xF0, 128)) + bytes(range(128)) + bytes(1)  # an optional parameter, not known
    m3ua.mtp3.send(server.services[0], data)
    got = asp.expect("DATA").label
    m3ua.bench.until(lambda: got.data == data, within=0, awaited=f"{len(data)} octets")
    asp.send_data(server.routing_context, data, si=server.services[0])
    m3ua.bench.until(
        lambda: m3ua.network and m3ua.network[0].data == data, within=SECOND, awaited="all of it"
    )


@case("M3UA/63", "Every length of padding", clauses=["RFC 4666 3.2"], needs="m3ua")
def test_padding(m3ua: GatewayTester) -> None:
    """Messages of any length modulo four pass; padding is no part of them."""
    server, (asp,) = m3ua.active()
    for more in range(4):
        data = m3ua.octets(server, more=more)
        asp.send_data(server.routing_context, data, si=server.services[0])
        back = m3ua.expect_network()
        m3ua.require(back.data == data, data.hex())


@case("M3UA/64", "Order of many messages", clauses=["RFC 4666 1.4.7"], needs="m3ua")
def test_order(m3ua: GatewayTester) -> None:
    """Fifty messages each way arrive in the order in which they were sent."""
    server, (asp,) = m3ua.active()
    sent = [m3ua.octets(server, number) for number in range(50)]
    for data in sent:
        asp.send_data(server.routing_context, data, si=server.services[0])
        m3ua.mtp3.send(server.services[0], data)
    for data in sent:
        got, back = asp.expect("DATA").label, m3ua.expect_network()
        m3ua.require(got.data == back.data == data, data.hex())


@case("M3UA/65", "Network appearance", clauses=["RFC 4666 3.3.1"], needs="m3ua")
def test_appearance(m3ua: GatewayTester) -> None:
    """DATA of the gateway carries the network appearance agreed on, as its first parameter, and DATA with it
    pass."""
    server, (asp,) = m3ua.active()
    data = m3ua.send_network(server)
    got = asp.expect("DATA", network_appearance=m3ua.sigtran.network_appearance)
    m3ua.require(
        m3ua.sigtran.network_appearance is None or got.values[0][0] == 0x0200, "the network appearance first"
    )
    asp.send_data(
        server.routing_context, data, appearance=m3ua.sigtran.network_appearance, si=server.services[0]
    )
    m3ua.expect_network()


@case("M3UA/66", "Correlation identifier", clauses=["RFC 4666 3.3.1"], needs="m3ua")
def test_correlation(m3ua: GatewayTester) -> None:
    """A DATA with a correlation identifier passes."""
    server, (asp,) = m3ua.active()
    asp.send_data(server.routing_context, m3ua.octets(server), si=server.services[0], correlation=77)
    m3ua.expect_network()


@case("M3UA/67", "A circuit of no AS", clauses=["RFC 4666 1.4.2.4"], needs="m3ua")
def test_no_key(m3ua: GatewayTester) -> None:
    """A message with a key of no AS reaches nobody, and does no harm."""
    server, (asp,) = m3ua.active()
    cic = max(each.last_circuit for each in m3ua.sigtran.servers if each.services == server.services) + 1
    m3ua.mtp3.send(server.services[0], m3ua.octets(server, circuit=cic))
    asp.expect_nothing()
    m3ua.send_network(server)
    asp.expect("DATA")


@case("M3UA/68", "First and last circuit of a key", clauses=["RFC 4666 1.4.2.3"], needs="m3ua")
def test_ends_of_key(m3ua: GatewayTester) -> None:
    """Both ends of the range belong to the AS."""
    server, (asp,) = m3ua.active()
    for cic in (server.first_circuit, server.last_circuit):
        m3ua.mtp3.send(server.services[0], m3ua.octets(server, circuit=cic))
        asp.expect_data(server.routing_context)


@case(
    "M3UA/70",
    "Audit: point available",
    clauses=["RFC 4666 4.5.3", "RFC 4666 3.4.3", "TS 102 381 SGP-SSNM-004"],
    needs="m3ua",
)
def test_audit_available(m3ua: GatewayTester) -> None:
    """DAUD for a point that can be reached is answered by DAVA."""
    _, (asp,) = m3ua.active()
    asp.send("DAUD", affected_point_code=m3ua.pixit.tester_point_code)
    asp.expect("DAVA", affected_point_code=m3ua.pixit.tester_point_code)


@case(
    "M3UA/71",
    "Audit: point unavailable",
    clauses=["RFC 4666 4.5.3", "TS 102 381 SGP-SSNM-003"],
    needs="m3ua",
)
def test_audit_unavailable(m3ua: GatewayTester) -> None:
    """DAUD for a point that cannot be reached is answered by DUNA."""
    _, (asp,) = m3ua.active()
    m3ua.mtp3.link.stop()
    asp.expect("DUNA", within=10 * SECOND)
    asp.send("DAUD", affected_point_code=m3ua.pixit.tester_point_code)
    asp.expect("DUNA", affected_point_code=m3ua.pixit.tester_point_code)


@case("M3UA/72", "Audit: unknown point", clauses=["RFC 4666 4.5.3"], needs="m3ua")
def test_audit_unknown(m3ua: GatewayTester) -> None:
    """DAUD for a point nobody knows: it is unavailable."""
    _, (asp,) = m3ua.active()
    point = m3ua.pixit.tester_point_code ^ 0x155
    asp.send("DAUD", affected_point_code=point)
    asp.expect("DUNA", affected_point_code=point)


@case("M3UA/73", "Audit by an inactive ASP", clauses=["RFC 4666 4.3.1", "RFC 4666 4.3.4.3"], needs="m3ua")
def test_audit_inactive(m3ua: GatewayTester) -> None:
    """An ASP that is active in no AS is told of no point: its DAUD is unexpected or discarded."""
    asp = m3ua.asp()
    asp.up()
    asp.send("DAUD", affected_point_code=m3ua.pixit.tester_point_code)
    asp.expect_refused()


@case("M3UA/74", "Point becomes unavailable", clauses=["RFC 4666 4.5.1", "RFC 4666 3.4.1"], needs="m3ua")
def test_unavailable(m3ua: GatewayTester) -> None:
    """When the last link to the point fails the active ASP gets DUNA for it."""
    server, (asp,) = m3ua.active()
    m3ua.mtp3.link.stop()
    got = asp.expect("DUNA", within=10 * SECOND, affected_point_code=m3ua.pixit.tester_point_code)
    m3ua.require(got.words("routing_context") in ([], [server.routing_context]), "the AS, or none named")


@case("M3UA/75", "Point becomes available", clauses=["RFC 4666 4.5.1", "RFC 4666 3.4.2"], needs="m3ua")
def test_available(m3ua: GatewayTester) -> None:
    """When the link is back the active ASP gets DAVA, and traffic passes again."""
    server, (asp,) = m3ua.active()
    m3ua.mtp3.link.stop()
    asp.expect("DUNA", within=10 * SECOND)
    m3ua.bench.run(SECOND)
    m3ua.mtp3.link.bring_up(within=60 * SECOND)
    asp.expect("DAVA", within=30 * SECOND, affected_point_code=m3ua.pixit.tester_point_code)
    asp.send_data(server.routing_context, m3ua.octets(server), si=server.services[0])
    m3ua.expect_network()


@case("M3UA/76", "DATA for a point that is unavailable", clauses=["RFC 4666 3.4.1"], needs="m3ua")
def test_data_to_unavailable(m3ua: GatewayTester) -> None:
    """The ASP is told again by DUNA, or not so soon after the first time; nothing else comes of it."""
    server, (asp,) = m3ua.active()
    m3ua.mtp3.link.stop()
    asp.expect("DUNA", within=10 * SECOND)
    asp.send_data(server.routing_context, m3ua.octets(server), si=server.services[0])
    m3ua.bench.run(SECOND)
    if asp.inbox:
        asp.expect("DUNA", affected_point_code=m3ua.pixit.tester_point_code)
    asp.expect_nothing()


@case("M3UA/77", "An inactive ASP hears of no point", clauses=["RFC 4666 4.3.1"], needs="m3ua")
def test_inactive_hears_nothing(m3ua: GatewayTester) -> None:
    """DUNA goes to the ASPs that are active."""
    _, (asp,) = m3ua.active()
    other = m3ua.asp()
    other.up()
    m3ua.mtp3.link.stop()
    asp.expect("DUNA", within=10 * SECOND)
    other.expect_nothing()


@case("M3UA/78", "Congestion of an ASP", clauses=["RFC 4666 3.4.4", "RFC 4666 1.4.6"], needs="m3ua")
def test_scon(m3ua: GatewayTester) -> None:
    """SCON of an ASP is taken without an answer and without harm."""
    server, (asp,) = m3ua.active()
    asp.send(
        "SCON",
        routing_context=server.routing_context,
        affected_point_code=m3ua.pixit.point_code,
        congestion=1,
    )
    asp.expect_nothing()
    m3ua.send_network(server)
    asp.expect("DATA")


@case("M3UA/79", "User part not there", clauses=["RFC 4666 3.4.5", "Q.704 11.2.7"], needs="m3ua")
def test_dupu(m3ua: GatewayTester) -> None:
    """A user part unavailable message of the network becomes DUPU with user and cause."""
    _, (asp,) = m3ua.active()
    point = m3ua.pixit.tester_point_code
    m3ua.mtp3.send_management("UPU", point.to_bytes(2, "little") + b"\x15")  # cause 1, user 5
    asp.expect("DUPU", affected_point_code=point, user_cause=1 << 16 | 5)


@national("M3UA/80", "National point codes of 24 bits", clauses=["RFC 4666 3.3.1"])
def test_national(m3ua: GatewayTester) -> None:
    """Point codes of 24 bits fill the fields of DATA; the label comes out in the national format."""
    carries(m3ua, 11)


@national("M3UA/81", "Audit of a national point", clauses=["RFC 4666 3.4.1", "RFC 4666 4.5.3"])
def test_national_audit(m3ua: GatewayTester) -> None:
    """The affected point code has 24 bits, its mask is 0."""
    _, (asp,) = m3ua.active()
    asp.send("DAUD", affected_point_code=m3ua.pixit.tester_point_code)
    asp.expect("DAVA", affected_point_code=m3ua.pixit.tester_point_code)


@case("M3UA/82", "Audit of a range of points", clauses=["RFC 4666 3.4.1", "RFC 4666 4.5.3"], needs="m3ua")
def test_audit_range(m3ua: GatewayTester) -> None:
    """With a mask of all bits the state of every point is asked for: the reachable one is among them."""
    _, (asp,) = m3ua.active()
    asp.send("DAUD", affected_point_code=24 << 24)
    m3ua.bench.run(SECOND)
    point = m3ua.pixit.tester_point_code
    told = [each for got in asp.inbox if got.title == "DAVA" for each in got.words("affected_point_code")]
    covered = [each for each in told if (each & 0xFFFFFF) >> (each >> 24) == point >> (each >> 24)]
    m3ua.require(bool(covered), f"DAVA for {point}")


@case("M3UA/83", "Audit of several points", clauses=["RFC 4666 3.4.1", "RFC 4666 4.5.3"], needs="m3ua")
def test_audit_list(m3ua: GatewayTester) -> None:
    """Two points in one DAUD: each one's state is told."""
    _, (asp,) = m3ua.active()
    point = m3ua.pixit.tester_point_code
    asp.send("DAUD", affected_point_code=(point, point ^ 0x155))
    m3ua.bench.run(SECOND)
    told = {(got.title, each) for got in asp.inbox for each in got.words("affected_point_code")}
    m3ua.require(told == {("DAVA", point), ("DUNA", point ^ 0x155)}, "DAVA for one and DUNA for the other")


@case("M3UA/84", "Congestion in the network", clauses=["RFC 4666 3.4.4", "RFC 4666 4.5.1"], needs="m3ua")
def test_congestion(m3ua: GatewayTester) -> None:
    """A transfer controlled message becomes one SCON, not with level 0, which would end the congestion."""
    _, (asp,) = m3ua.active()
    congest(m3ua.mtp3)
    got = asp.expect("SCON", affected_point_code=m3ua.pixit.tester_point_code)
    m3ua.require(got.words("congestion") != [0], "no level, or one of congestion")
    asp.expect_nothing()


def refuses(m3ua: GatewayTester, reason: str, **label: int) -> None:
    """A message with this in its label stays out of the network, is an alarm, and does no other harm."""
    server, (asp,) = m3ua.active()
    fields = {"si": server.services[0], **label}
    asp.send_data(server.routing_context, m3ua.octets(server), **fields)
    m3ua.expect_no_network()
    journal = m3ua.bench.system.supervisor().journal()
    raised = [event for event in journal if event.type == "Alarm" and event.data.get("reason") == reason]
    m3ua.bench.until(lambda: len(raised) == 1, within=0, awaited=f"one alarm of screening: {reason}")
    asp.send_data(server.routing_context, m3ua.octets(server), si=server.services[0])
    m3ua.expect_network()


@screening("M3UA/85", "Screening: originating point code", clauses=["requirement P-08"])
def test_screen_opc(m3ua: GatewayTester) -> None:
    """An AS may speak for its own point only."""
    refuses(m3ua, "originating point code", opc=m3ua.pixit.point_code ^ 1)


@screening("M3UA/86", "Screening: destination point code", clauses=["requirement P-08"])
def test_screen_dpc(m3ua: GatewayTester) -> None:
    """A message for a point that is not on the list does not pass."""
    refuses(m3ua, "destination point code", dpc=m3ua.pixit.tester_point_code ^ 1)


@screening("M3UA/87", "Screening: service indicator", clauses=["requirement P-08"])
def test_screen_service(m3ua: GatewayTester) -> None:
    """An AS for one user part may not send for that of another AS."""
    refuses(m3ua, "service indicator", si=m3ua.server("broadcast").services[0])


@screening("M3UA/88", "Screening: network indicator", clauses=["requirement P-08"])
def test_screen_network(m3ua: GatewayTester) -> None:
    """A message for another network does not pass."""
    refuses(m3ua, "network indicator", ni=m3ua.pixit.network_indicator ^ 1)

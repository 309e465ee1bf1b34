"""M3UA: state of an AS, notifications, traffic modes, fail-over (RFC 4666 4.3.2 to 4.3.4).

The numbers are of our own; `TS 102 381` names the test of that list with the same purpose, as the public test
tool for it has them.
"""

from __future__ import annotations

from functools import partial

from testline.case import case as plain
from testline.testers.m3ua import GatewayTester
from testrig.clock import frames

case = partial(plain, proves=["N-05"], setup="gateway")

INACTIVE, ACTIVE, PENDING = 0x10002, 0x10003, 0x10004
INSUFFICIENT, ALTERNATE, FAILURE = 0x20001, 0x20002, 0x20003
"""Status type and information of NTFY (RFC 4666 3.8.2)."""


@case(
    "M3UA/30",
    "AS becomes inactive",
    clauses=["RFC 4666 4.3.4.5", "TS 102 381 SGP-ASPSM-V-003"],
    needs="m3ua",
)
def test_notify_inactive(m3ua: GatewayTester) -> None:
    """An ASP that comes up hears that its AS is inactive."""
    asp = m3ua.asp()
    asp.up()
    asp.expect_notify(INACTIVE, m3ua.server("override").routing_context)


@case(
    "M3UA/31",
    "AS becomes active",
    clauses=["RFC 4666 4.3.4.5", "TS 102 381 SGP-ASPTM-V-003"],
    needs="m3ua",
)
def test_notify_active(m3ua: GatewayTester) -> None:
    """Every ASP that is up hears that the AS is active."""
    server = m3ua.server("override")
    first, second = m3ua.asp(), m3ua.asp()
    first.up()
    second.up()
    first.activate(server.routing_context)
    first.expect_notify(ACTIVE, server.routing_context)
    second.expect_notify(ACTIVE, server.routing_context)


@case("M3UA/32", "ASP comes up before an active AS", clauses=["RFC 4666 4.3.4.5"], needs="m3ua")
def test_notify_state_to_newcomer(m3ua: GatewayTester) -> None:
    """It hears that the AS is active already."""
    server, _ = m3ua.active()
    second = m3ua.asp()
    second.up()
    second.expect_notify(ACTIVE, server.routing_context)


@case(
    "M3UA/33",
    "AS pending",
    clauses=["RFC 4666 4.3.4.4", "RFC 4666 4.3.4.5", "TS 102 381 SGP-ASPTM-V-008"],
    needs="m3ua",
)
def test_notify_pending(m3ua: GatewayTester) -> None:
    """When the last active ASP becomes inactive the AS is pending, told after the acknowledgement."""
    server, (asp,) = m3ua.active()
    asp.send("ASPIA", routing_context=server.routing_context)
    acknowledged = asp.expect("ASPIA_ACK")
    told = asp.expect_notify(PENDING, server.routing_context)
    m3ua.require(acknowledged.number < told.number, "ASP Inactive Ack before NTFY")


@case("M3UA/34", "Recovery timer T(r) runs out", clauses=["RFC 4666 4.3.2"], needs="m3ua")
def test_recovery_runs_out(m3ua: GatewayTester) -> None:
    """T(r) after pending the AS is inactive, and its ASPs hear it; the time is that of the PIXIT."""
    server, (asp,) = m3ua.active()
    asp.send("ASPIA", routing_context=server.routing_context)
    pending = asp.expect_notify(PENDING, server.routing_context)
    recovery = frames(m3ua.sigtran.recovery)
    inactive = asp.expect_notify(INACTIVE, server.routing_context, within=recovery + frames(1))
    m3ua.bench.until(
        lambda: abs(inactive.at - pending.at - recovery) <= frames(0.1),
        within=0,
        awaited=f"T(r) of {m3ua.sigtran.recovery:g} s",
        state=f"{(inactive.at - pending.at) / frames(1):g} s",
    )


@case("M3UA/35", "Messages are kept while the AS is pending", clauses=["RFC 4666 4.3.2"], needs="m3ua")
def test_kept_while_pending(m3ua: GatewayTester) -> None:
    """Messages of the network that come within T(r) reach the ASP that takes over, all and in order."""
    server, (first,) = m3ua.active()
    second = m3ua.asp()
    second.up()
    first.send("ASPIA", routing_context=server.routing_context)
    first.expect("ASPIA_ACK")
    sent = [m3ua.send_network(server, number) for number in range(5)]
    m3ua.bench.run(frames(0.5))
    second.activate(server.routing_context)
    for data in sent:
        got = second.expect("DATA")
        m3ua.require(got.label.data == data, data.hex())


@case("M3UA/36", "Traffic after T(r) has run out", clauses=["RFC 4666 4.3.2"], needs="m3ua")
def test_traffic_after_recovery(m3ua: GatewayTester) -> None:
    """An ASP that becomes active after T(r) gets what comes then, once. What was kept may be gone or come."""
    server, (asp,) = m3ua.active()
    asp.send("ASPIA", routing_context=server.routing_context)
    asp.expect("ASPIA_ACK")
    old = m3ua.send_network(server, 1)
    asp.expect_notify(INACTIVE, server.routing_context, within=frames(m3ua.sigtran.recovery + 1))
    m3ua.send_network(server, 2)
    asp.expect_nothing()
    asp.activate(server.routing_context)
    new = m3ua.send_network(server, 3)
    m3ua.bench.run(frames(1))
    found = [got.label.data for got in asp.inbox if got.title == "DATA"]
    m3ua.require([data for data in found if data != old] == [new], new.hex())
    m3ua.require(found.count(old) <= 1, f"{old.hex()} once or not at all")


@case("M3UA/37", "AS recovers within T(r)", clauses=["RFC 4666 4.3.2"], needs="m3ua")
def test_recovers(m3ua: GatewayTester) -> None:
    """The same ASP becomes active again; T(r) is stopped and the AS stays active."""
    server, (asp,) = m3ua.active()
    asp.send("ASPIA", routing_context=server.routing_context)
    asp.expect("ASPIA_ACK")
    asp.activate(server.routing_context)
    asp.expect_notify(ACTIVE, server.routing_context)
    m3ua.bench.run(frames(m3ua.sigtran.recovery + 1))
    m3ua.send_network(server)
    asp.expect("DATA")


@case(
    "M3UA/38",
    "Association of the active ASP is lost",
    clauses=["RFC 4666 4.3.1", "RFC 4666 4.3.2"],
    needs="m3ua",
)
def test_association_lost(m3ua: GatewayTester) -> None:
    """The standby ASP hears that the AS is pending, takes over, and gets what came in between."""
    server, (first,) = m3ua.active()
    second = m3ua.asp()
    second.up()
    first.close()
    second.expect_notify(PENDING, server.routing_context)
    data = m3ua.send_network(server)
    m3ua.bench.run(frames(0.5))
    second.activate(server.routing_context)
    got = second.expect("DATA")
    m3ua.bench.until(lambda: got.label.data == data, within=0, awaited="the message kept")


@case(
    "M3UA/39",
    "ASP failure is told",
    clauses=["RFC 4666 3.8.2", "RFC 4666 4.3.4.5", "TS 102 381 SGP-ASPTM-I-009"],
    needs="m3ua",
)
def test_failure_is_told(m3ua: GatewayTester) -> None:
    """When an association is lost the others of the AS hear which ASP failed."""
    server = m3ua.server("override")
    first, second = m3ua.asp(), m3ua.asp()
    first.up(asp_identifier=11)
    second.up(asp_identifier=12)
    first.activate(server.routing_context)
    first.close()
    got = second.expect_notify(FAILURE, server.routing_context)
    m3ua.bench.until(lambda: got.words("asp_identifier") == [11], within=0, awaited="ASP identifier 11")


@case("M3UA/40", "AS down", clauses=["RFC 4666 4.3.2"], needs="m3ua")
def test_as_down(m3ua: GatewayTester) -> None:
    """With every ASP gone and T(r) over, the next ASP finds the AS inactive."""
    server, (asp,) = m3ua.active()
    asp.close()
    m3ua.bench.run(frames(m3ua.sigtran.recovery + 1))
    other = m3ua.asp()
    other.up()
    other.expect_notify(INACTIVE, server.routing_context)
    m3ua.send_network(server)
    other.expect_nothing()
    other.activate(server.routing_context)
    other.expect_notify(ACTIVE, server.routing_context)


@case(
    "M3UA/41",
    "Override: traffic goes to the new ASP",
    clauses=["RFC 4666 4.3.4.3", "TS 102 381 SGP-ASPTM-V-014"],
    needs="m3ua",
)
def test_override(m3ua: GatewayTester) -> None:
    """The ASP that was active before hears that another one is, and gets nothing any more."""
    server, (first,) = m3ua.active()
    second = m3ua.asp()
    second.up()
    second.activate(server.routing_context)
    first.expect_notify(ALTERNATE, server.routing_context)
    m3ua.send_network(server)
    second.expect("DATA")
    first.expect_nothing()


@case("M3UA/42", "Override: the ASP before is inactive", clauses=["RFC 4666 4.3.4.3"], needs="m3ua")
def test_override_makes_inactive(m3ua: GatewayTester) -> None:
    """DATA of the ASP that was overridden do not pass."""
    server, (first,) = m3ua.active()
    second = m3ua.asp()
    second.up()
    second.activate(server.routing_context)
    first.send_data(server.routing_context, m3ua.octets(server), si=server.services[0])
    first.expect_refused(server.routing_context)
    m3ua.expect_no_network()


@case("M3UA/43", "Override: back again", clauses=["RFC 4666 4.3.4.3"], needs="m3ua")
def test_override_and_back(m3ua: GatewayTester) -> None:
    """The first ASP takes the traffic back."""
    server, (first,) = m3ua.active()
    second = m3ua.asp()
    second.up()
    second.activate(server.routing_context)
    first.activate(server.routing_context)
    second.expect_notify(ALTERNATE, server.routing_context)
    m3ua.send_network(server)
    first.expect("DATA")
    second.expect_nothing()


@case(
    "M3UA/44",
    "Loadshare: every message once",
    clauses=["RFC 4666 4.1.1", "RFC 4666 4.3.4.3"],
    needs="m3ua.loadshare",
)
def test_loadshare(m3ua: GatewayTester) -> None:
    """Over all SLS and many circuits every active ASP gets messages, and each message goes to one of them."""
    server, asps = m3ua.active("loadshare", 2)
    circuits = server.last_circuit - server.first_circuit + 1
    for sls in range(16):
        m3ua.send_network(server, sls, sls=sls, circuit=server.first_circuit + sls % circuits)
    m3ua.bench.run(frames(1))
    counts = [len(asp.inbox) for asp in asps]
    m3ua.bench.until(
        lambda: sum(counts) == 16 and min(counts) > 0,
        within=0,
        awaited="16 messages over two ASPs",
        state=f"{counts}",
    )


@case("M3UA/45", "Loadshare: order", clauses=["RFC 4666 1.4.7"], needs="m3ua.loadshare")
def test_loadshare_keeps_order(m3ua: GatewayTester) -> None:
    """Messages of one signalling link selection reach an ASP in order, none twice and none lost; whether one
    ASP gets them all is the gateway's choice."""
    server, asps = m3ua.active("loadshare", 2)
    sent = [m3ua.send_network(server, number, sls=3) for number in range(6)]
    m3ua.bench.run(frames(1))
    found = [[sent.index(got.label.data) for got in asp.inbox] for asp in asps]
    m3ua.require(all(each == sorted(each) for each in found), "messages in order")
    m3ua.require(sorted(number for each in found for number in each) == list(range(6)), "each message once")


@case("M3UA/46", "Loadshare: one ASP leaves", clauses=["RFC 4666 4.3.4.4"], needs="m3ua.loadshare")
def test_loadshare_one_leaves(m3ua: GatewayTester) -> None:
    """The other one takes all the traffic; the AS stays active."""
    server, (first, second) = m3ua.active("loadshare", 2)
    first.send("ASPIA", routing_context=server.routing_context)
    first.expect("ASPIA_ACK")
    for sls in range(16):
        m3ua.send_network(server, sls, sls=sls)
    for _ in range(16):
        second.expect("DATA")
    first.expect_nothing()


@case(
    "M3UA/47",
    "Loadshare: too few ASPs",
    clauses=["RFC 4666 3.8.2", "RFC 4666 4.3.4.4", "TS 102 381 SGP-ASPTM-V-013"],
    needs="m3ua.insufficient",
)
def test_loadshare_insufficient(m3ua: GatewayTester) -> None:
    """With fewer active ASPs than the AS needs, an inactive one hears that resources are insufficient."""
    server, (first, second) = m3ua.active("loadshare", 2)
    first.send("ASPIA", routing_context=server.routing_context)
    first.expect("ASPIA_ACK")
    first.expect_notify(INSUFFICIENT, server.routing_context)
    m3ua.send_network(server)
    second.expect("DATA")


@case(
    "M3UA/48", "Broadcast: every ASP gets every message", clauses=["RFC 4666 4.3.4.3"], needs="m3ua.broadcast"
)
def test_broadcast(m3ua: GatewayTester) -> None:
    """Three active ASPs get each message, once."""
    server, asps = m3ua.active("broadcast", 3)
    for number in range(4):
        data = m3ua.send_network(server, number, sls=number)
        for asp in asps:
            got = asp.expect("DATA")
            m3ua.require(got.label.data == data, data.hex())


@case("M3UA/49", "Broadcast: one ASP leaves", clauses=["RFC 4666 4.3.4.4"], needs="m3ua.broadcast")
def test_broadcast_one_leaves(m3ua: GatewayTester) -> None:
    """The others go on."""
    server, (first, second) = m3ua.active("broadcast", 2)
    first.send("ASPDN")
    first.expect("ASPDN_ACK")
    m3ua.send_network(server)
    second.expect("DATA")
    first.expect_nothing()


@case(
    "M3UA/50",
    "Traffic mode of another AS",
    clauses=["RFC 4666 3.8.1", "RFC 4666 4.3.4.3", "TS 102 381 SGP-ASPTM-I-003"],
    needs="m3ua",
)
def test_mode_differs(m3ua: GatewayTester) -> None:
    """An ASP Active with a traffic mode that is not the AS's is refused; the ASP stays inactive."""
    server = m3ua.server("override")
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC", traffic_mode=2, routing_context=server.routing_context)
    asp.expect_error(0x05)
    m3ua.send_network(server)
    asp.expect_nothing()


@case(
    "M3UA/51",
    "Traffic mode that is not defined",
    clauses=["RFC 4666 3.7.1", "RFC 4666 3.8.1", "TS 102 381 SGP-ASPTM-I-004"],
    needs="m3ua",
)
def test_mode_unknown(m3ua: GatewayTester) -> None:
    """Traffic mode 4 is refused."""
    asp = m3ua.asp()
    asp.up()
    asp.send(
        "ASPAC", traffic_mode=4, routing_context=m3ua.server("override").routing_context, deliberate=True
    )
    asp.expect_error(0x05)


@case(
    "M3UA/52",
    "Several AS, one ASP each",
    clauses=["RFC 4666 1.4.2.4", "RFC 4666 4.1.1"],
    needs="m3ua.loadshare",
)
def test_servers_are_apart(m3ua: GatewayTester) -> None:
    """Each CT server gets the messages of its own circuits only."""
    first, (one,) = m3ua.active("override")
    second, others = m3ua.active("loadshare")
    m3ua.send_network(first)
    one.expect_data(first.routing_context)
    m3ua.send_network(second)
    m3ua.bench.run(frames(1))
    m3ua.require(sum(len(each.inbox) for each in others) == 1, "one message at the second AS")
    one.expect_nothing()


@case(
    "M3UA/53",
    "Override: identifier of the new ASP",
    clauses=["RFC 4666 3.8.2", "TS 102 381 SGP-ASPTM-V-015"],
    needs="m3ua",
)
def test_override_identifier(m3ua: GatewayTester) -> None:
    """The ASP that was active hears which one is instead."""
    server = m3ua.server("override")
    first, second = m3ua.asp(), m3ua.asp()
    first.up(asp_identifier=21)
    second.up(asp_identifier=22)
    first.activate(server.routing_context)
    second.activate(server.routing_context)
    got = first.expect_notify(ALTERNATE, server.routing_context)
    m3ua.require(got.words("asp_identifier") == [22], "ASP identifier 22")


@case(
    "M3UA/54",
    "Broadcast: first message is tagged",
    clauses=["RFC 4666 4.3.4.3", "RFC 4666 3.3.1"],
    needs="m3ua.broadcast",
)
def test_broadcast_is_tagged(m3ua: GatewayTester) -> None:
    """When an ASP has become active the first message has a correlation identifier, the same for every ASP,
    and another one when the next ASP has."""
    server, asps = m3ua.active("broadcast", 2)
    tags: list[bytes | None] = []
    for round in range(2):
        m3ua.send_network(server, round)
        found = {asp.expect("DATA").value("correlation") for asp in asps}
        m3ua.require(len(found) == 1 and None not in found, "one correlation identifier for all")
        tags += found
        late = m3ua.asp()
        late.up()
        late.activate(server.routing_context)
        asps.append(late)
    m3ua.require(len(set(tags)) == 2, "another identifier for the second message")

"""M3UA: state of an AS, notifications, traffic modes, fail-over (RFC 4666 4.3.2 to 4.3.4).

The numbers are of our own. Sections of RFC 4666 could not be checked against its text: `unverified`.
"""

from __future__ import annotations

from functools import partial

from testline.case import case as plain
from testline.testers.m3ua import GatewayTester
from testrig.clock import frames

case = partial(plain, proves=["N-05"], setup="gateway", unverified=True)

INACTIVE, ACTIVE, PENDING = 0x10002, 0x10003, 0x10004
INSUFFICIENT, ALTERNATE, FAILURE = 0x20001, 0x20002, 0x20003
"""Status type and information of NTFY (RFC 4666 3.8.2)."""


@case("M3UA/30", "AS becomes inactive", clauses=["RFC 4666 4.3.4.5"], needs="m3ua")
def test_notify_inactive(m3ua: GatewayTester) -> None:
    """An ASP that comes up hears that its AS is inactive."""
    asp = m3ua.asp()
    asp.up()
    asp.expect_notify(INACTIVE, m3ua.server("override").routing_context)


@case("M3UA/31", "AS becomes active", clauses=["RFC 4666 4.3.4.5"], needs="m3ua")
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


@case("M3UA/33", "AS pending", clauses=["RFC 4666 4.3.2", "RFC 4666 4.3.4.5"], needs="m3ua")
def test_notify_pending(m3ua: GatewayTester) -> None:
    """When the last active ASP becomes inactive the AS is pending."""
    server, (asp,) = m3ua.active()
    asp.send("ASPIA", routing_context=server.routing_context)
    asp.expect("ASPIA_ACK")
    asp.expect_notify(PENDING, server.routing_context)


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


@case("M3UA/36", "Messages are dropped when T(r) has run out", clauses=["RFC 4666 4.3.2"], needs="m3ua")
def test_dropped_after_recovery(m3ua: GatewayTester) -> None:
    """What was kept is not sent to an ASP that becomes active after T(r), nor at the next recovery."""
    server, (asp,) = m3ua.active()
    asp.send("ASPIA", routing_context=server.routing_context)
    asp.expect("ASPIA_ACK")
    m3ua.send_network(server)
    asp.expect_notify(INACTIVE, server.routing_context, within=frames(m3ua.sigtran.recovery + 1))
    asp.activate(server.routing_context)
    asp.send("ASPIA", routing_context=server.routing_context)
    asp.expect("ASPIA_ACK")
    asp.activate(server.routing_context)
    asp.expect_nothing()


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


@case("M3UA/38", "Association of the active ASP is lost", clauses=["RFC 4666 4.2.1"], needs="m3ua")
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


@case("M3UA/39", "ASP failure is told", clauses=["RFC 4666 3.8.2", "RFC 4666 4.3.4.5"], needs="m3ua")
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
    """With every ASP gone and T(r) over, the next ASP finds the AS inactive and without old messages."""
    server, (asp,) = m3ua.active()
    asp.close()
    m3ua.send_network(server)
    m3ua.bench.run(frames(m3ua.sigtran.recovery + 1))
    other = m3ua.asp()
    other.up()
    other.expect_notify(INACTIVE, server.routing_context)
    other.activate(server.routing_context)
    other.expect_nothing()


@case("M3UA/41", "Override: traffic goes to the new ASP", clauses=["RFC 4666 4.3.4.3"], needs="m3ua")
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
    """DATA of the ASP that was overridden are unexpected."""
    server, (first,) = m3ua.active()
    second = m3ua.asp()
    second.up()
    second.activate(server.routing_context)
    first.send_data(server.routing_context, m3ua.octets(server), si=server.services[0])
    first.expect_error(0x06)
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


@case("M3UA/44", "Loadshare: every message once", clauses=["RFC 4666 4.3.4.3"], needs="m3ua.loadshare")
def test_loadshare(m3ua: GatewayTester) -> None:
    """Over all SLS both active ASPs get messages, and each message goes to one of them."""
    server, asps = m3ua.active("loadshare", 2)
    for sls in range(16):
        m3ua.send_network(server, sls, sls=sls)
    m3ua.bench.run(frames(1))
    counts = [len(asp.inbox) for asp in asps]
    m3ua.bench.until(
        lambda: sum(counts) == 16 and min(counts) > 0,
        within=0,
        awaited="16 messages over two ASPs",
        state=f"{counts}",
    )


@case("M3UA/45", "Loadshare: one SLS, one ASP", clauses=["RFC 4666 1.4.7"], needs="m3ua.loadshare")
def test_loadshare_keeps_order(m3ua: GatewayTester) -> None:
    """Messages of one signalling link selection go to one ASP, in order."""
    server, asps = m3ua.active("loadshare", 2)
    sent = [m3ua.send_network(server, number, sls=3) for number in range(6)]
    m3ua.bench.run(frames(1))
    found = [[got.label.data for got in asp.inbox] for asp in asps]
    m3ua.bench.until(lambda: sent in found, within=0, awaited="six messages in order at one ASP")


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


@case("M3UA/47", "Loadshare: too few ASPs", clauses=["RFC 4666 4.3.4.5"], needs="m3ua.loadshare")
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


@case("M3UA/50", "Traffic mode of another AS", clauses=["RFC 4666 3.8.1"], needs="m3ua")
def test_mode_differs(m3ua: GatewayTester) -> None:
    """An ASP Active with a traffic mode that is not the AS's is refused; the ASP stays inactive."""
    server = m3ua.server("override")
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC", traffic_mode=2, routing_context=server.routing_context)
    asp.expect_error(0x05)
    m3ua.send_network(server)
    asp.expect_nothing()


@case("M3UA/51", "Traffic mode that is not defined", clauses=["RFC 4666 3.8.1"], needs="m3ua")
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
    clauses=["RFC 4666 1.4.2", "RFC 4666 4.3.2"],
    needs="m3ua.loadshare",
)
def test_servers_are_apart(m3ua: GatewayTester) -> None:
    """Each CT server gets the messages of its own circuits only."""
    first, (one,) = m3ua.active("override")
    second, (two,) = m3ua.active("loadshare")
    m3ua.send_network(first)
    one.expect("DATA", routing_context=first.routing_context)
    m3ua.send_network(second)
    two.expect("DATA", routing_context=second.routing_context)
    one.expect_nothing()
    two.expect_nothing()

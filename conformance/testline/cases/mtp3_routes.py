"""MTP level 3: rerouting, route management, flow control (Q.782 groups 5, 6, 8 and 9).

F is a far destination that the system reaches by A and, if it must, by B.
"""

from __future__ import annotations

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.layers.mtp3 import management
from testline.testers.mtp3 import SNM
from testline.testers.network import Destination, Network, Point
from testline.testers.network_link import Heard
from testline.testers.network_traffic import Series, expect_no_traffic, expect_same, shares
from testrig.clock import MINUTE, SECOND
from testrig.system import Refused


def by(network: Network, far: Destination, *points: Point) -> None:
    """Fail unless the traffic for `far` goes by these points."""
    found = {link.spec.adjacent for link in shares(network, far).values()}
    wanted = {point.code for point in points}
    network.confirm(found == wanted, f"traffic for {far.code} by {sorted(wanted)}", f"by {sorted(found)}")


def routed(network: Network) -> Destination:
    """Bring everything up; traffic for F goes by A."""
    network.up()
    far = network.remote()
    by(network, far, network.a)
    return far


def rerouted(network: Network) -> Destination:
    """A has prohibited F, and its traffic goes by B."""
    far = routed(network)
    network.a.send("TFP", destination=far.code)
    network.bench.run(2 * SECOND)
    by(network, far, network.b)
    network.forget()
    return far


def tests_of(network: Network, far: Destination) -> list[Heard]:
    """Route set tests for F heard since the last `forget`."""
    return [each for each in network.heard if each.title == "RST" and each.message.destination == far.code]


@case(
    "Q.782/5.1",
    "Forced rerouting",
    clauses=["Q.704 7.2", "Q.704 13.2"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_forced_rerouting(network: Network) -> None:
    """A's TFP for F: its traffic goes by B at once."""
    far = routed(network)
    network.a.send("TFP", destination=far.code)
    network.bench.run(SECOND // 2)
    by(network, far, network.b)


@case(
    "MTP3/39",
    "Forced rerouting concerns one destination",
    clauses=["Q.704 7.1"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_forced_rerouting_of_one_destination(network: Network) -> None:
    """TFP for F leaves traffic for A itself where it was."""
    far = routed(network)
    before = shares(network, network.home)
    network.a.send("TFP", destination=far.code)
    network.bench.run(2 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/5.2",
    "Forced rerouting loses nothing",
    clauses=["Q.704 7.2"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_forced_rerouting_loses_nothing(network: Network) -> None:
    """Messages offered around a TFP arrive each once and in order."""
    far = routed(network)
    over = network.b.other_link()
    series = Series(far, 3)
    series.send(4, over=over)
    network.bench.run(SECOND)
    network.a.send("TFP", destination=far.code)
    series.send(5, over=over)
    series.expect()


@case(
    "Q.782/5.3",
    "Both routes prohibited, one allowed again",
    clauses=["Q.704 7.2", "Q.704 13.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_both_routes_prohibited(network: Network) -> None:
    """With TFP from A and B nothing is sent to F; B's TFA brings the traffic back, by B."""
    far = rerouted(network)
    network.b.send("TFP", destination=far.code)
    network.bench.run(SECOND)
    expect_no_traffic(network, far, network.b.other_link(), during=2 * SECOND)
    network.b.send("TFA", destination=far.code)
    network.bench.run(2 * SECOND)
    by(network, far, network.b)


@case(
    "Q.782/5.4",
    "TFP for the route not in use",
    clauses=["Q.704 13.2"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_tfp_for_route_not_in_use(network: Network) -> None:
    """B's TFP for F changes nothing while A carries its traffic; after A's TFP nothing is left."""
    far = routed(network)
    network.b.send("TFP", destination=far.code)
    network.bench.run(SECOND)
    by(network, far, network.a)
    network.a.send("TFP", destination=far.code)
    network.bench.run(SECOND)
    expect_no_traffic(network, far, network.b.other_link(), during=2 * SECOND)


@case(
    "MTP3/40",
    "TFP repeated",
    clauses=["Q.704 13.2.4"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
)
def test_tfp_repeated(network: Network) -> None:
    """A second TFP for the same destination changes nothing."""
    far = rerouted(network)
    network.a.send("TFP", destination=far.code)
    network.bench.run(2 * SECOND)
    by(network, far, network.b)


@case(
    "MTP3/41",
    "TFP for a destination nobody knows",
    clauses=["Q.704 13.2.4"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
)
def test_tfp_for_unknown_destination(network: Network) -> None:
    """TFP for a point to which no route leads does no harm."""
    far = routed(network)
    known = {network.spec.point_code, *network.destinations}
    network.a.send(
        "TFP", destination=next(code for code in range(1, 99) if code not in known), deliberate=True
    )
    network.bench.run(2 * SECOND)
    by(network, far, network.a)


@case(
    "MTP3/42",
    "TFP from a point that is not adjacent",
    clauses=["Q.704 13.2"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_tfp_from_far_point(network: Network) -> None:
    """TFP concerning F with F itself as origin is not taken: it is no adjacent transfer point."""
    far = routed(network)
    data = management("TFP", network.spec.variant, destination=far.code)
    network.a.other_link().send(SNM, data, opc=far.code, deliberate=True)
    network.bench.run(2 * SECOND)
    by(network, far, network.a)


@case(
    "Q.782/6.1",
    "Controlled rerouting",
    clauses=["Q.704 8.2", "Q.704 13.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_controlled_rerouting(network: Network) -> None:
    """A's TFA for F: its traffic goes back to A."""
    far = rerouted(network)
    network.a.send("TFA", destination=far.code)
    network.bench.run(2 * SECOND)
    by(network, far, network.a)


@case(
    "Q.782/6.2",
    "Controlled rerouting holds the traffic, timer T6",
    clauses=["Q.704 8.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_controlled_rerouting_takes_t6(network: Network) -> None:
    """After TFA traffic for F is held for T6 (0.5 to 1.2 s) and then sent by A, each message once."""
    far = rerouted(network)
    series = Series(far, 3)
    over = network.b.other_link()
    start = network.bench.now
    network.a.send("TFA", destination=far.code)
    network.bench.run(SECOND // 10)
    series.send(5, over=over)
    found = series.expect()
    measure_time(network.bench, "T6", found[0].at - start, 0.5, 1.3, "Q.704 16.8")
    network.confirm(all(each.link.spec.adjacent == network.a.code for each in found), "by A", str(found[0]))


@case(
    "MTP3/43",
    "TFA for a route that was never prohibited",
    clauses=["Q.704 13.3.4"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
)
def test_unexpected_tfa(network: Network) -> None:
    """TFA for F without a TFP before it changes nothing."""
    far = routed(network)
    network.a.send("TFA", destination=far.code)
    network.b.send("TFA", destination=far.code)
    network.bench.run(2 * SECOND)
    by(network, far, network.a)


@case(
    "Q.782/6.3",
    "Restricted route",
    clauses=["Q.704 13.4", "Q.704 8.2"],
    proves=["N-01"],
    needs="mtp3.restriction",
    setup="network",
    unverified=True,
)
def test_restricted_route(network: Network) -> None:
    """A's TFR for F: its traffic goes by B; A's TFA brings it back."""
    far = routed(network)
    network.a.send("TFR", destination=far.code)
    network.bench.run(3 * SECOND)
    by(network, far, network.b)
    network.a.send("TFA", destination=far.code)
    network.bench.run(3 * SECOND)
    by(network, far, network.a)


@case(
    "Q.782/6.4",
    "Restricted route as the only one",
    clauses=["Q.704 13.4"],
    proves=["N-01"],
    needs="mtp3.restriction",
    setup="network",
    unverified=True,
)
def test_restricted_route_as_only_one(network: Network) -> None:
    """F prohibited by B and restricted by A is still reached, by A."""
    far = routed(network)
    network.b.send("TFP", destination=far.code)
    network.a.send("TFR", destination=far.code)
    network.bench.run(3 * SECOND)
    by(network, far, network.a)


@case(
    "Q.782/9.6.1",
    "Route set test, timer T10",
    clauses=["Q.704 13.5", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_route_set_test(network: Network) -> None:
    """After TFP the system asks A for F (RST) every T10 (30 to 60 s)."""
    far = rerouted(network)
    one = network.expect("RST", within=65 * SECOND, dpc=network.a.code, destination=far.code)
    two = network.expect("RST", within=65 * SECOND, dpc=network.a.code, destination=far.code)
    measure_time(network.bench, "T10", two.at - one.at, 30, 60, "Q.704 16.8")


@case(
    "Q.782/9.6.2",
    "Route set test ends with TFA",
    clauses=["Q.704 13.5"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_route_set_test_ends(network: Network) -> None:
    """After TFA there are no more RST."""
    far = rerouted(network)
    network.expect("RST", within=65 * SECOND, destination=far.code)
    network.a.send("TFA", destination=far.code)
    network.expect_not("RST", during=130 * SECOND)
    by(network, far, network.a)


@case(
    "MTP3/44",
    "Route set test answered",
    clauses=["Q.704 13.5.2", "Q.704 13.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
)
def test_route_set_test_is_answered(network: Network) -> None:
    """A answers the RST by TFA: traffic for F goes back to A."""
    far = rerouted(network)
    network.a.told[far.code] = "TFA"
    network.expect("RST", within=65 * SECOND, dpc=network.a.code, destination=far.code)
    network.bench.run(3 * SECOND)
    by(network, far, network.a)


@case(
    "MTP3/45",
    "Route set test of a restricted route",
    clauses=["Q.704 13.5.2"],
    proves=["N-01"],
    needs="mtp3.restriction",
    setup="network",
)
def test_route_set_test_of_restricted_route(network: Network) -> None:
    """After TFR the system asks by RSR, not by RST."""
    far = routed(network)
    network.a.send("TFR", destination=far.code)
    network.expect("RSR", within=65 * SECOND, dpc=network.a.code, destination=far.code)
    network.confirm(not tests_of(network, far), "no RST", "RST came")


@case(
    "Q.782/3.17",
    "Link set of the first route fails",
    clauses=["Q.704 5.2", "Q.704 5.6", "Q.704 4.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_link_set_fails(network: Network) -> None:
    """All links to A fail: traffic for F goes by B."""
    far = routed(network)
    for link in network.a.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    by(network, far, network.b)


@case(
    "Q.782/4.8",
    "Link set of the first route comes back",
    clauses=["Q.704 6.4", "Q.704 4.4"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_link_set_comes_back(network: Network) -> None:
    """A is back and has allowed traffic: traffic for F goes by A again."""
    far = routed(network)
    for link in network.a.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    network.forget()
    for link in network.a.links.values():
        link.start()
    network.expect("TRA", within=30 * SECOND, dpc=network.a.code)
    network.bench.run(5 * SECOND)
    by(network, far, network.a)


@case(
    "Q.782/8.1",
    "Transfer controlled",
    clauses=["Q.704 11.2.3", "Q.704 13.7"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_transfer_controlled(network: Network) -> None:
    """A's TFC for F, of any congestion status, leaves the route in use."""
    far = routed(network)
    for status in range(4):
        network.a.send("TFC", destination=far.code, status=status)
    network.bench.run(2 * SECOND)
    by(network, far, network.a)


@case(
    "Q.782/8.2",
    "User part unavailable",
    clauses=["Q.704 11.2.7"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_user_part_unavailable(network: Network) -> None:
    """UPU for another user part than ISUP leaves traffic of the ISUP alone."""
    far = routed(network)
    network.a.send("UPU", destination=far.code, user=3, cause=1)
    network.bench.run(2 * SECOND)
    by(network, far, network.a)
    network.expect_not("UPU", during=MINUTE // 6)


@case(
    "MTP3/120",
    "The maintenance terminal tells what can be reached",
    clauses=["Q.704 11.2.1", "Q.704 13.2", "Q.704 13.3", "requirement O-03"],
    proves=["N-01", "O-03"],
    needs=["mtp3.routes", "maintenance"],
    setup="network",
)
def test_terminal_tells_states(network: Network) -> None:
    """A and F, which lies behind A and B, while messages and failures come and go; a point without a route is
    unknown, a network without a name refused."""
    before = network.maintenance.destination_state(network.a.code)
    network.confirm(before == "inaccessible", "A inaccessible before any link", before)
    far = routed(network)
    a, b = network.a, network.b

    def states(home: str, remote: str) -> None:
        network.bench.run(4 * SECOND)
        found = [network.maintenance.destination_state(code) for code in (a.code, far.code)]
        network.confirm(found == [home, remote], f"A {home}, F {remote}", f"{found}")

    states("accessible", "accessible")
    a.send("TFP", destination=far.code)
    states("accessible", "accessible")
    b.send("TFP", destination=far.code)
    states("accessible", "inaccessible")
    a.send("TFA", destination=far.code)
    states("accessible", "accessible")
    for link in a.links.values():
        link.cut()
    states("inaccessible", "inaccessible")
    b.send("TFA", destination=far.code)
    states("inaccessible", "accessible")
    unknown = network.maintenance.destination_state(far.code ^ 0x155)
    network.confirm(unknown == "unknown", "a point without a route unknown", unknown)
    try:
        told = network.maintenance.destination_state(a.code, "nowhere")
    except Refused:
        return
    network.confirm(False, "a network that does not exist refused", told)

"""MTP level 3: changeover and changeback between link sets, and traffic for a while (Q.782 3, 4 and 11).

In the setup `mesh` A is also reached by way of B, so what concerns A's links can be said while none is left.
Which purpose has which of these numbers of Q.782 could not be checked.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.cases.mtp3_routes import by, routed
from testline.cases.mtp3_transfer import passed, transit
from testline.measurements import Measurement
from testline.testers.network import Network
from testline.testers.network_changeover import buffered, in_traffic, order_for, others
from testline.testers.network_link import NetworkLink
from testline.testers.network_traffic import ROUND, Series, expect_same, expect_shares, selections_on, shares
from testrig.clock import SECOND

ROUNDS: Final = 24
"""Messages of each selection in the traffic tests, a quarter second apart."""
APART: Final = SECOND // 4


@case(
    "Q.782/3.9",
    "Emergency changeover by the system",
    clauses=["Q.704 5.6.1"],
    proves=["N-01"],
    needs="mtp3.emergency_changeover",
    setup="network",
    unverified=True,
)
def test_emergency_changeover(network: Network) -> None:
    """The system does not know what it accepted last: ECO on another link; after COA traffic goes there."""
    _, link, sls = in_traffic(network)
    link.cut()
    heard = network.expect("ECO", within=SECOND, sls=link.slc, dpc=network.a.code)
    network.confirm(heard.link is not link, "ECO over another link", str(heard))
    network.bench.run(SECOND)
    carriers = shares(network, network.home, [sls])
    network.confirm(carriers[sls] is not link, "traffic on another link", carriers[sls].name)


@case(
    "Q.782/3.11",
    "Emergency changeover by both ends",
    clauses=["Q.704 5.6.1", "Q.704 5.3.3"],
    proves=["N-01"],
    needs="mtp3.emergency_changeover",
    setup="network",
    unverified=True,
)
def test_emergency_changeover_at_both_ends(network: Network) -> None:
    """A's ECO crosses the system's: it counts as acknowledgement, new traffic starts at once."""
    _, link, sls = in_traffic(network)
    network.a.answers.discard("ECO")
    link.cut()
    network.expect("ECO", within=SECOND, sls=link.slc, dpc=network.a.code)
    network.a.send("ECO", slc=link.slc)
    network.bench.run(SECOND // 10)
    carriers = shares(network, network.home, [sls], within=SECOND // 2)
    network.confirm(carriers[sls] is not link, "traffic on another link", carriers[sls].name)


def one_left(network: Network) -> tuple[NetworkLink, int]:
    """All links of A but one fail; return that one and a selection of its traffic."""
    network.up()
    link = next(iter(network.a.links.values()))
    for other in others(network, link):
        other.cut()
        network.bench.run(SECOND)
    network.bench.run(2 * SECOND)
    network.forget()
    return link, selections_on(shares(network, network.home), link)[0]


@case(
    "Q.782/3.16",
    "Changeover to another link set, adjacent point within reach",
    clauses=["Q.704 5.2", "Q.704 5.4", "Q.704 5.5"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="mesh",
    unverified=True,
)
def test_changeover_to_another_link_set(network: Network) -> None:
    """A's last link fails: COO goes to A by B, and what A has not accepted comes by B too, in order."""
    link, sls = one_left(network)
    series = buffered(network, link, sls, accepted=2, count=5, over=link)
    order = order_for(network, link)
    network.confirm(order.link.spec.adjacent == network.b.code, "COO by B", str(order))
    series.send(2, over=network.b.other_link())
    found = series.expect(missing=range(2))
    network.confirm(
        all(each.link.spec.adjacent == network.b.code for each in found), "all by B", f"{found[0]}"
    )


@case(
    "Q.782/3.18",
    "Changeover to another link set, adjacent point out of reach, timer T1",
    clauses=["Q.704 5.6.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_time_controlled_changeover(network: Network) -> None:
    """A's last link fails: no COO; traffic for F is held for T1 (0.5 to 1.2 s), then goes by B, in order."""
    one_left(network)
    far, over = network.remote(), network.b.other_link()
    link = next(link for link in network.a.links.values() if link.in_service)
    sls = far.selections[0]
    start = network.bench.now
    link.cut()
    network.bench.run(SECOND // 5)
    series = Series(far, sls)
    series.send(5, over=over)
    found = series.expect()
    measure_time(network.bench, "T1", found[0].at - start, 0.5, 1.2, "Q.704 16.8")
    orders = [each for each in network.heard if each.title == "COO" and each.sls == link.slc]
    network.confirm(not orders, f"no COO for {link.name}", f"{orders}")


@case(
    "Q.782/4.9",
    "Traffic comes back to a route without changeback declaration",
    clauses=["Q.704 6.4", "Q.704 8.2", "Q.704 16.8"],
    proves=["N-01"],
    needs=("mtp3.routes", "mtp3.restart"),
    setup="network",
    unverified=True,
)
def test_time_controlled_diversion(network: Network) -> None:
    """A was out of reach and has restarted: F's traffic is held (T3 or T6, 0.5 to 1.2 s), then goes by A."""
    far = routed(network)
    for link in network.a.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    by(network, far, network.b)
    network.a.announcing = False
    network.forget()
    for link in network.a.links.values():
        link.start()
    network.expect("TRA", within=30 * SECOND, dpc=network.a.code)
    network.bench.run(2 * SECOND)
    by(network, far, network.b)
    start = network.bench.now
    network.a.send("TRA")
    network.bench.run(SECOND // 5)
    series = Series(far, far.selections[0])
    series.send(5, over=network.b.other_link())
    found = series.expect()
    measure_time(network.bench, "T3 or T6", found[0].at - start, 0.5, 1.2, "Q.704 16.8")
    by(network, far, network.a)
    network.confirm(
        not any(each.title == "CBD" and each.link.spec.adjacent == network.b.code for each in network.heard),
        "no CBD by B",
        "CBD came",
    )


@case(
    "Q.782/4.10",
    "Changeback from another link set",
    clauses=["Q.704 6.2", "Q.704 6.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="mesh",
    unverified=True,
)
def test_changeback_from_another_link_set(network: Network) -> None:
    """A's links come back: CBD goes to A by B, which carried the traffic; after CBA it is at home again."""
    network.up()
    before = shares(network, network.home)
    for link in network.a.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    by(network, network.home, network.b)
    network.a.answers.discard("CBD")
    network.forget()
    for link in network.a.links.values():
        link.start()
    order = network.expect("CBD", within=20 * SECOND, dpc=network.a.code)
    network.confirm(order.link.spec.adjacent == network.b.code, "CBD by B", str(order))
    network.a.answers.add("CBD")
    network.bench.run(6 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/11.1",
    "Traffic of a signalling point",
    clauses=["Q.704 2.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_traffic(network: Network) -> None:
    """Traffic with A, F and G at once, every selection: nothing is lost, doubled or overtaken."""
    network.up()
    series = [
        Series(destination, sls)
        for destination in network.destinations.values()
        for sls in destination.selections
    ]
    for _ in range(ROUNDS):
        for each in series:
            each.send(1, over=network.entry(each.destination.code, each.sls))
        network.bench.run(APART)
    network.bench.run(2 * SECOND)
    for each in series:
        wanted = [ROUND[number % len(ROUND)][1] for number in range(ROUNDS)]
        found = [heard.title for heard in each.answers]
        network.confirm(found == wanted, f"{ROUNDS} answers in order on circuit {each.cic}", ", ".join(found))


@case(
    "Q.782/11.2",
    "Traffic of a transfer point",
    clauses=["Q.704 2.3", "Q.706 4.3.3: unverified"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_transit_traffic(network: Network) -> None:
    """Traffic between A and B, every selection: all of it arrives once, in order, in 20 ms on average."""
    network.up()
    start, ways = len(network.heard), ((network.a, network.b), (network.b, network.a))
    sent: dict[tuple[int, int, int], list[int]] = {}
    for number in range(ROUNDS):
        for sls in range(16):
            for source, sink in ways:
                over, data = network.entry(source.code, sls), bytes((0x01, 0x00, 0x12, number))
                transit(network, source.code, over, sink.code, sls=sls, data=data)
                sent.setdefault((source.code, sink.code, sls), []).append(network.bench.now)
            network.bench.run(APART // 16)
    network.bench.run(SECOND)
    taken = []
    for (source_code, sink_code, sls), times in sent.items():
        came = [each for each in passed(network, start, source_code, sink_code) if each.sls == sls]
        numbers = [each.data[3] for each in came]
        network.confirm(
            numbers == list(range(ROUNDS)), f"0 to {ROUNDS - 1} in order, each once", f"SLS {sls}: {numbers}"
        )
        links = {each.link.name for each in came}
        network.confirm(len(links) == 1, f"SLS {sls} over one link", f"{sorted(links)}")
        taken += [each.at - at for each, at in zip(came, times, strict=True)]
    network.bench.measure(
        Measurement(
            name="transfer time, average",
            value=round(1000 * sum(taken) / len(taken) / SECOND, 2),
            unit="ms",
            low=0,
            high=20,
            uncertainty=0.125,
            clause="Q.706 4.3.3: unverified",
        )
    )


@case(
    "MTP3/86",
    "Changeover on a processor outage of the system",
    clauses=["Q.704 3.2.6", "Q.704 5.6.2", "Q.704 6.2", "Q.704 16.8"],
    proves=["N-01"],
    needs=("mtp3.link_sets", "mtp2.level3_orders", "mtp2.processor_outage"),
    setup="network",
    unverified=True,
)
def test_changeover_on_own_processor_outage(network: Network) -> None:
    """The system's processor is out for a link (SIPO): T1 later its traffic goes by the others; then back."""
    before, link, sls = in_traffic(network)
    link.inhibited = True  # nothing of ours goes over a link whose level 3 is gone
    series, over = Series(network.home, sls), others(network, link)[0]
    series.send(3, over=over)
    network.bench.run(SECOND // 10)
    start = network.bench.now
    network.maintenance.processor_outage(True, link=link.name)
    series.send(4, over=over)
    found = series.expect()
    measure_time(network.bench, "T1", found[3].at - start, 0.5, 1.2, "Q.704 16.8")
    network.confirm("SIPO" in link.link.receiving, f"SIPO on {link.name}", link.link.receiving)
    network.confirm(found[-1].link is not link, "traffic on another link", str(found[-1]))
    after = shares(network, network.home)
    expect_shares(network, after, others(network, link))
    expect_same(network, {each: other for each, other in before.items() if other is not link}, after)
    network.maintenance.processor_outage(False, link=link.name)
    link.inhibited = False
    network.bench.run(4 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/87",
    "Load sharing between link sets and within each",
    clauses=["Q.704 2.3.3", "Q.704 2.3.4"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_load_sharing_between_and_within_link_sets(network: Network) -> None:
    """Traffic for G, shared between A and B, uses every link of both, each selection always the same."""
    network.up()
    shared = network.remote(shared=True)
    first = shares(network, shared)
    expect_shares(network, first, [*network.a.links.values(), *network.b.links.values()])
    expect_same(network, first, shares(network, shared))

"""MTP level 3 of a point in two networks at once, labels of 14 and of 24 bits (Q.704 2.2, GF 001-9001)."""

from __future__ import annotations

from testline.bench import Bench
from testline.case import case
from testline.testers.network import Network
from testline.testers.network_changeover import buffered, order_for
from testline.testers.network_traffic import (
    Series,
    busiest,
    expect_no_traffic,
    expect_same,
    expect_shares,
    selections_on,
    shares,
)
from testline.verdicts import NotApplicable
from testrig.clock import SECOND


def both(bench: Bench) -> tuple[Network, Network]:
    """Bring up the 14-bit network and the 24-bit one."""
    found = {spec.variant: spec.name for spec in bench.pixit.networks}
    if set(found) != {"itu14", "china24"}:
        raise NotApplicable(f"networks with both labels needed, found {', '.join(found)}")
    narrow, wide = Network(bench, found["itu14"]), Network(bench, found["china24"])
    for network in (narrow, wide):
        for link in network.links.values():
            link.start()
    narrow.up()
    wide.up()
    return narrow, wide


@case(
    "MTP3/52",
    "Two networks in service",
    clauses=["Q.704 2.2", "Q.704 14.2.2"],
    proves=["N-01"],
    needs="mtp3",
    setup="dual",
    unverified=True,
)
def test_two_networks_in_service(bench: Bench) -> None:
    """Each network's links are tested and its circuits answer with its own label."""
    for network in both(bench):
        for destination in network.destinations.values():
            shares(network, destination)


@case(
    "MTP3/53",
    "Networks do not mix",
    clauses=["Q.704 2.4", "Q.704 14.2.2"],
    proves=["N-01"],
    needs="mtp3",
    setup="dual",
    unverified=True,
)
def test_networks_do_not_mix(bench: Bench) -> None:
    """The failure of one network's links leaves traffic in the other alone; then it comes back."""
    narrow, wide = both(bench)
    for link in narrow.links.values():
        link.cut()
    bench.run(3 * SECOND)
    far = next(iter(wide.destinations.values()))
    before = shares(wide, far)
    narrow.forget()
    for link in narrow.links.values():
        link.start()
    narrow.expect("TRA", within=30 * SECOND)
    bench.run(3 * SECOND)
    expect_same(wide, before, shares(wide, far))
    shares(narrow, next(iter(narrow.destinations.values())))


@case(
    "MTP3/54",
    "User part unavailable with 24 bits",
    clauses=["Q.704 11.2.7", "Q.704 15.17"],
    proves=["N-01"],
    needs="mtp3",
    setup="dual",
    unverified=True,
)
def test_upu_in_both_labels(bench: Bench) -> None:
    """A message for an unknown user part is answered by UPU with the point code of the label's own size."""
    for network in both(bench):
        link = next(iter(network.links.values()))
        link.send(11, b"\x00\x01\x02\x03", deliberate=True)
        network.expect("UPU", within=2 * SECOND, destination=network.spec.point_code, user=11, cause=1)


@case(
    "MTP3/55",
    "Changeback acknowledged in both labels",
    clauses=["Q.704 6.5.2", "Q.704 15.5"],
    proves=["N-01"],
    needs="mtp3",
    setup="dual",
    unverified=True,
)
def test_cba_in_both_labels(bench: Bench) -> None:
    """A CBD is acknowledged with its code in either network."""
    for network in both(bench):
        point = next(iter(network.points.values()))
        link = point.other_link()
        for code in (1, 254):
            point.send("CBD", slc=link.slc, code=code)
            network.expect("CBA", within=SECOND, sls=link.slc, code=code)


@case(
    "MTP3/56",
    "Last link is not inhibited in either network",
    clauses=["Q.704 10.2", "Q.704 15.11"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="dual",
    unverified=True,
)
def test_lid_in_both_labels(bench: Bench) -> None:
    """LIN for the only link that a network has left is denied (LID)."""
    for network in both(bench):
        point = next(iter(network.points.values()))
        link, *others = point.in_service
        for other in others:
            other.cut()
        bench.run(2 * SECOND)
        point.send("LIN", slc=link.slc)
        network.expect("LID", within=SECOND, sls=link.slc)


@case(
    "MTP3/57",
    "Order of messages in both networks",
    clauses=["Q.704 2.3"],
    proves=["N-01"],
    needs="mtp3",
    setup="dual",
    unverified=True,
)
def test_order_in_both_networks(bench: Bench) -> None:
    """Traffic in both networks at the same time keeps its order in each."""
    series = []
    for network in both(bench):
        destination = next(iter(network.destinations.values()))
        each = Series(destination, 3)
        each.send(12, over=next(iter(network.links.values())))
        series.append(each)
    for each in series:
        each.expect()


@case(
    "MTP3/77",
    "Load sharing in both networks",
    clauses=["Q.704 2.3.2", "Q.704 2.2.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="dual",
    unverified=True,
)
def test_load_sharing_in_both_networks(bench: Bench) -> None:
    """In either network the selections use both links of the set, and each always the same."""
    for network in both(bench):
        first = shares(network, network.home)
        expect_shares(network, first, network.a.links.values())
        expect_same(network, first, shares(network, network.home))


@case(
    "MTP3/78",
    "Changeover in one of two networks",
    clauses=["Q.704 5.3", "Q.704 5.4", "Q.704 15.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="dual",
    unverified=True,
)
def test_changeover_in_one_of_two_networks(bench: Bench) -> None:
    """A link fails: COO with its code and the last number taken; after COA what A has not taken comes again,
    in the network's own label; the other network's links stay as they are."""
    networks = both(bench)
    for network, other in (networks, networks[::-1]):
        untouched = shares(other, other.home)
        link = busiest(shares(network, network.home))
        sls = selections_on(shares(network, network.home), link)[0]
        network.forget()
        sent = link.link.fsn
        series = buffered(network, link, sls, accepted=2, count=5)
        order = order_for(network, link)
        network.confirm(order.message.fsn == sent, f"COO with number {sent}", f"{order.message.fsn}")
        found = series.expect(missing=range(2))
        network.confirm(not any(each.link is link for each in found), "over the other link", str(found[0]))
        expect_same(other, untouched, shares(other, other.home))


@case(
    "MTP3/79",
    "Changeback in one of two networks",
    clauses=["Q.704 6.2", "Q.704 6.3", "Q.704 15.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="dual",
    unverified=True,
)
def test_changeback_in_one_of_two_networks(bench: Bench) -> None:
    """The link is back: CBD over the other link; traffic waits for CBA, then each selection is at home."""
    for network in both(bench):
        before = shares(network, network.home)
        link = busiest(before)
        link.cut()
        order_for(network, link)
        bench.run(2 * SECOND)
        network.a.answers.discard("CBD")
        network.forget()
        link.start()
        order = network.expect("CBD", within=20 * SECOND, sls=link.slc)
        network.confirm(order.link is not link, "CBD over the other link", str(order))
        bench.run(SECOND // 10)
        series = Series(network.home, selections_on(before, link)[0])
        series.send(3, over=order.link)
        bench.run(SECOND // 4)
        network.confirm(not series.answers, "nothing before CBA", f"{len(series.answers)} messages")
        network.a.send("CBA", slc=link.slc, code=order.message.code)
        found = series.expect()
        network.confirm(all(each.link is link for each in found), f"all on {link.name}", str(found[0]))
        expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/80",
    "Route management in one of two networks",
    clauses=["Q.704 13.2", "Q.704 13.3", "Q.704 13.5", "Q.704 15.7"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="dual",
    unverified=True,
)
def test_route_management_in_one_of_two_networks(bench: Bench) -> None:
    """TFP with the code of a far point stops its traffic alone; RST asks for it; TFA brings it back."""
    networks = both(bench)
    for network, other in (networks, networks[::-1]):
        [far] = [each for each in network.destinations.values() if each is not network.home]
        shares(network, far)
        network.a.send("TFP", destination=far.code)
        bench.run(SECOND)
        expect_no_traffic(network, far, network.a.other_link(), during=2 * SECOND)
        shares(network, network.home)
        for destination in other.destinations.values():
            shares(other, destination)
        network.expect("RST", within=65 * SECOND, dpc=network.a.code, destination=far.code)
        network.a.send("TFA", destination=far.code)
        bench.run(2 * SECOND)
        shares(network, far)

"""MTP level 3 of a point in two networks at once, labels of 14 and of 24 bits (Q.704 2.2, GF 001-9001)."""

from __future__ import annotations

from testline.bench import Bench
from testline.case import case
from testline.testers.network import Network
from testline.testers.network_traffic import Series, expect_same, shares
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
        network.expect(
            "UPU", within=2 * SECOND, link=link, destination=network.spec.point_code, user=11, cause=1
        )


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
    """LIN for the only link of a network is denied (LID)."""
    for network in both(bench):
        point = next(iter(network.points.values()))
        link = point.other_link()
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

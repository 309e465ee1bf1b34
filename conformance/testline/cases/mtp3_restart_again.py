"""MTP level 3: restarts that are interrupted, and what ends them (Q.704 9)."""

from __future__ import annotations

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.cases.mtp3_restart import announced, connect, every, lost
from testline.testers.network import Network
from testline.testers.network_traffic import expect_no_traffic, shares
from testrig.clock import SECOND


def isolate(network: Network, *, during: int) -> None:
    """Fail every link for some time."""
    for link in every(network):
        link.cut()
    network.bench.run(during)


@case(
    "MTP3/107",
    "Isolation during the restart: timer T20 anew",
    clauses=["Q.704 9.2", "Q.704 9.2.4", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
    unverified=True,
)
def test_isolation_during_restart(network: Network) -> None:
    """Every link fails 20 s after the first came up: T20 (59 to 61 s) runs anew from the next first link."""
    connect(network, *every(network))
    network.bench.run(20 * SECOND)
    isolate(network, during=4 * SECOND)
    first = connect(network, *every(network))
    over = network.expect("TRA", within=65 * SECOND)
    measure_time(network.bench, "T20", over.at - first.at, 59, 61, "Q.704 16.8")
    network.bench.run(SECOND)
    shares(network, network.home)


@case(
    "MTP3/108",
    "Isolation during the restart of a transfer point: timer T18 anew",
    clauses=["Q.704 9.2", "Q.704 9.2.2", "Q.704 16.8"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.transfer"),
    setup="transfer",
    unverified=True,
)
def test_isolation_while_learning(network: Network) -> None:
    """Isolated in its restart for longer than T18 and T20, a transfer point awaits T18 (1 to 58 s) anew."""
    connect(network, *every(network))
    isolate(network, during=62 * SECOND)
    start = len(network.heard)
    first = connect(network, *every(network))
    expect_no_traffic(network, network.home, network.a.other_link(), during=SECOND // 2)
    network.bench.until(
        lambda: bool(announced(network, network.a, start)),
        within=60 * SECOND,
        awaited="TRA",
        state=network.where,
    )
    measure_time(
        network.bench, "T18", announced(network, network.a, start)[0].at - first.at, 1, 58, "Q.704 16.8"
    )


@case(
    "MTP3/109",
    "Adjacent point is lost again before it has said TRA",
    clauses=["Q.704 9.3"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
    unverified=True,
)
def test_adjacent_point_is_lost_while_restarting(network: Network) -> None:
    """A is back, says nothing and is lost: back again it hears TRA, and gets traffic after its own."""
    lost(network, network.a)
    connect(network, *network.a.links.values())
    network.expect("TRA", within=SECOND, dpc=network.a.code)
    for link in network.a.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    connect(network, *network.a.links.values())
    network.expect("TRA", within=SECOND, dpc=network.a.code)
    expect_no_traffic(network, network.home, network.a.other_link(), during=3 * SECOND)
    network.a.send("TRA")
    network.bench.run(2 * SECOND)
    shares(network, network.home)

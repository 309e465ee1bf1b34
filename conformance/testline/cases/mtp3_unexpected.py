"""MTP level 3: inhibiting that is not answered, and inhibited links that are needed (Q.704 10)."""

from __future__ import annotations

from collections.abc import Callable

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.cases.mtp3_inhibiting import inhibited_here, inhibited_there, rest
from testline.testers.network import Network
from testline.testers.network_link import NetworkLink
from testline.testers.network_traffic import expect_shares, shares
from testrig.clock import MINUTE, SECOND


@case(
    "MTP3/92",
    "Local inhibit test after an uninhibition that was not answered, timer T22",
    clauses=["Q.704 10.3", "Q.704 10.6", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_local_inhibit_test_goes_on(network: Network) -> None:
    """Two LUN without LUA: the link stays inhibited and is tested by LLT within T22 (3 to 6 min)."""
    _, link = inhibited_here(network)
    network.a.answers.discard("LUN")
    network.order("uninhibit_link", link)
    for _ in range(2):
        network.expect("LUN", within=2 * SECOND, sls=link.slc)
    network.expect("LLT", within=6 * MINUTE + 3 * SECOND, sls=link.slc)
    expect_shares(network, shares(network, network.home), rest(network, link))


@case(
    "MTP3/93",
    "The other one of two links that A inhibited is needed",
    clauses=["Q.704 10.3.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_next_remotely_inhibited_link_is_forced(network: Network) -> None:
    """No LUN for the first of two: after T13 (0.8 to 1.5 s) twice LFU for the other one, which lets go."""
    _, one = inhibited_there(network)
    two = rest(network, one)[-1]
    network.a.send("LIN", slc=two.slc)
    network.expect("LIA", within=SECOND, sls=two.slc)
    two.inhibited = True
    network.bench.run(2 * SECOND)
    network.a.answers.discard("LFU")
    for other in rest(network, one, two):
        other.cut()
    first = network.expect("LFU", within=3 * SECOND)
    other = two if first.sls == one.slc else one
    second = network.expect("LFU", within=4 * SECOND, where=lambda heard: heard.sls == other.slc)
    measure_time(network.bench, "T13 twice", second.at - first.at, 1.6, 3.0, "Q.704 16.8")
    network.a.send("LUN", slc=other.slc)
    network.expect("LUA", within=SECOND // 2, sls=other.slc)
    other.inhibited = False
    network.bench.run(2 * SECOND)
    expect_shares(network, shares(network, network.home), [other])


def one_of_two_is_gone(network: Network, fail: Callable[[NetworkLink], None]) -> None:
    """Two links are inhibited; the first is of no use when all others fail: LUN for the second only."""
    _, one = inhibited_here(network)
    two = rest(network, one)[-1]
    network.order("inhibit_link", two)
    network.expect("LIN", within=SECOND, sls=two.slc)
    network.bench.run(2 * SECOND)
    gone, left = sorted((one, two), key=lambda link: link.slc)
    fail(gone)
    network.bench.run(2 * SECOND)
    network.forget()
    for other in rest(network, one, two):
        other.cut()
    network.expect("LUN", within=3 * SECOND, sls=left.slc)
    network.expect_not("LUN", during=4 * SECOND)
    expect_shares(network, shares(network, network.home), [left])


@case(
    "MTP3/94",
    "A failed link among those inhibited when one is needed",
    clauses=["Q.704 10.3.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_failed_inhibited_link_is_passed_over(network: Network) -> None:
    """Of two inhibited links one has failed: the other one is uninhibited and takes everything."""
    one_of_two_is_gone(network, NetworkLink.cut)


@case(
    "MTP3/95",
    "A blocked link among those inhibited when one is needed",
    clauses=["Q.704 10.3.2", "Q.704 3.2.6"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_blocked_inhibited_link_is_passed_over(network: Network) -> None:
    """Of two inhibited links one is in processor outage at A: the other one is uninhibited."""
    one_of_two_is_gone(network, lambda link: link.link.send_lssu("SIPO"))

"""MTP level 3: restart of signalling points (Q.782 group 10; Q.704 9).

A point that comes out of isolation sends no user traffic before its neighbours have said that they are ready
(TRA), or T20 is over, and says TRA itself then. A neighbour that restarts is told what it must know, then
TRA, and gets traffic when it has said TRA, or when T21 is over. TRA is not answered by TRA for ever: T19.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.cases.mtp3_transfer import concerns, nothing_through, through
from testline.testers.network import Destination, Network, Point
from testline.testers.network_link import Heard, NetworkLink
from testline.testers.network_traffic import busiest, expect_no_traffic, expect_same, expect_shares, shares
from testrig.clock import SECOND, Instant

USER: Final = 3
"""Service indicators above it are those of user parts (Q.704 14.2.1)."""
ASKED: Final = SECOND // 4
"""Distance of the messages that try whether user traffic flows: the resolution of what they measure."""


def connect(network: Network, *links: NetworkLink) -> Heard:
    """Bring links up and have them tested while their points say nothing; return the first link test, with
    whose acknowledgement the first link is available."""
    network.forget()
    for link in links:
        network.points[link.spec.adjacent].announcing = False
        link.start()
    network.bench.until(
        lambda: all(link.in_service and link.proven for link in links),
        within=20 * SECOND,
        awaited="links in service and tested",
        state=network.where,
    )
    return network.expect("SLTM", within=SECOND)


def every(network: Network) -> list[NetworkLink]:
    """Every link of the network."""
    return list(network.links.values())


def announced(network: Network, point: Point, start: int = 0) -> list[Heard]:
    """TRA to a point since position `start` of what was heard."""
    return [each for each in network.since(start) if each.title == "TRA" and each.dpc == point.code]


def flows_from(network: Network, destination: Destination, *, within: int) -> Instant:
    """Try until the system's user part answers `destination`; return when it did."""
    cic, start, end = destination.circuits[0].cic, len(network.heard), network.bench.now + within
    while network.bench.now < end:
        destination.send_isup("RSC", cic)
        network.bench.run(ASKED)
        found = [
            each for each in network.since(start) if each.title == "RLC" and each.dpc == destination.code
        ]
        if found:
            return found[0].at
    network.confirm(False, f"user traffic to {destination.code} within {within / SECOND:g} s", "none")
    return end


def quiet(network: Network, start: int, point: Point) -> None:
    """Fail when user traffic went to a point since position `start`."""
    found = [each for each in network.since(start) if each.si > USER and each.dpc == point.code]
    network.confirm(not found, f"no user traffic to {point.code}", ", ".join(map(str, found)))


def lost(network: Network, point: Point) -> None:
    """Bring everything up and fail every link to a point."""
    network.up()
    for link in point.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    network.forget()


@case(
    "Q.782/10.1",
    "Restart of the signalling point",
    clauses=["Q.704 9.2"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
    unverified=True,
)
def test_restart(network: Network) -> None:
    """No TRA and no user traffic while a neighbour has not said TRA; with the last one both begin at once."""
    connect(network, *every(network))
    expect_no_traffic(network, network.home, network.a.other_link(), during=5 * SECOND)
    network.a.send("TRA")
    expect_no_traffic(network, network.home, network.a.other_link(), during=2 * SECOND)
    for point in network.points.values():
        quiet(network, 0, point)
        network.confirm(not announced(network, point), f"no TRA to {point.code} yet", "TRA came")
    network.b.send("TRA")
    for _ in network.points:
        network.expect("TRA", within=2 * SECOND)
    for point in network.points.values():
        network.confirm(len(announced(network, point)) == 1, f"one TRA to {point.code}", "none, or several")
    network.bench.run(SECOND)
    shares(network, network.home)


@case(
    "MTP3/68",
    "Restart without TRA of neighbours, timer T20",
    clauses=["Q.704 9.2.3", "Q.704 9.2.4", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
)
def test_restart_takes_t20(network: Network) -> None:
    """Nobody says TRA: T20 (59 to 61 s) after the first link the system says it and its traffic begins."""
    first = connect(network, *every(network))
    over = network.expect("TRA", within=65 * SECOND)
    measure_time(network.bench, "T20", over.at - first.at, 59, 61, "Q.704 16.8")
    network.bench.run(SECOND)
    shares(network, network.home)


@case(
    "MTP3/69",
    "Restart after isolation",
    clauses=["Q.704 9.2"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
    unverified=True,
)
def test_restart_after_isolation(network: Network) -> None:
    """Every link fails and comes back: a restart again, no traffic and no TRA before those of A and B."""
    network.up()
    for link in every(network):
        link.cut()
    network.bench.run(4 * SECOND)
    start = len(network.heard)
    connect(network, *every(network))
    expect_no_traffic(network, network.home, network.a.other_link(), during=5 * SECOND)
    for point in network.points.values():
        quiet(network, start, point)
        network.confirm(not announced(network, point, start), f"no TRA to {point.code} yet", "TRA came")
    network.a.send("TRA")
    network.b.send("TRA")
    for _ in network.points:
        network.expect("TRA", within=2 * SECOND)
    network.bench.run(SECOND)
    shares(network, network.home)


@case(
    "Q.782/10.2",
    "Adjacent point restarts",
    clauses=["Q.704 9.3"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
    unverified=True,
)
def test_adjacent_point_restarts(network: Network) -> None:
    """A is back: TRA to A at once, no user traffic over its links before A's TRA, all of it then."""
    lost(network, network.a)
    start = len(network.heard)
    connect(network, *network.a.links.values())
    network.bench.run(SECOND)
    network.confirm(len(announced(network, network.a, start)) == 1, "one TRA to A", "none, or several")
    expect_no_traffic(network, network.home, network.a.other_link(), during=5 * SECOND)
    by = {link.spec.adjacent for link in shares(network, network.remote()).values()}
    network.confirm(by == {network.b.code}, "traffic for F by B meanwhile", f"by {by}")
    network.a.send("TRA")
    network.bench.run(2 * SECOND)
    shares(network, network.home)


@case(
    "MTP3/70",
    "Adjacent point restarts without TRA, timer T21",
    clauses=["Q.704 9.3.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
)
def test_adjacent_restart_takes_t21(network: Network) -> None:
    """A is back and never says TRA: user traffic for A begins T21 (63 to 65 s) after its links came back."""
    lost(network, network.a)
    connect(network, *network.a.links.values())
    told = network.expect("TRA", within=SECOND, dpc=network.a.code)
    begun = flows_from(network, network.home, within=70 * SECOND)
    measure_time(network.bench, "T21", begun - told.at, 63, 65, "Q.704 16.8")


@case(
    "Q.782/10.3",
    "Unexpected TRA",
    clauses=["Q.704 9.5.2"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
    unverified=True,
)
def test_unexpected_tra(network: Network) -> None:
    """A's TRA in the middle of traffic is not answered while T19 runs, and does no harm."""
    network.up()
    before = shares(network, network.home)
    network.a.send("TRA")
    network.expect_not("TRA", during=3 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/71",
    "Unexpected TRA, timer T19",
    clauses=["Q.704 9.5", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.restart",
    setup="network",
)
def test_unexpected_tra_after_t19(network: Network) -> None:
    """A's TRA 66 s after the system's is not answered, 70 s after it is (T19: 67 to 69 s), the next not."""
    network.up()
    said = announced(network, network.a)[-1].at
    network.bench.run(said + 66 * SECOND - network.bench.now)
    network.a.send("TRA")
    network.expect_not("TRA", during=SECOND)
    network.bench.run(said + 70 * SECOND - network.bench.now)
    network.forget()
    network.a.send("TRA")
    network.expect("TRA", within=SECOND, dpc=network.a.code)
    network.a.send("TRA")
    network.expect_not("TRA", during=3 * SECOND)
    shares(network, network.home)


@case(
    "MTP3/113",
    "Unexpected TRA to a transfer point",
    clauses=["Q.704 9.5", "Q.704 13.2"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.transfer"),
    setup="transfer",
    unverified=True,
)
def test_unexpected_tra_to_a_transfer_point(network: Network) -> None:
    """A knows by TFP that B is not reached by the system. Its TRA, T19 later, says that it has forgotten: TFP
    again, and TRA behind it.
    """
    network.up()
    for link in network.b.links.values():
        link.cut()
    network.expect("TFP", within=5 * SECOND, dpc=network.a.code, destination=network.b.code)
    network.bench.run(70 * SECOND)
    network.forget()
    network.a.send("TRA")
    network.expect("TFP", within=SECOND, dpc=network.a.code, destination=network.b.code)
    network.expect("TRA", within=SECOND, dpc=network.a.code)


@case(
    "MTP3/72",
    "Restart of a transfer point, timer T18",
    clauses=["Q.704 9.2.2", "Q.704 16.8"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.transfer"),
    setup="transfer",
)
def test_restart_of_transfer_point_takes_t18(network: Network) -> None:
    """Nobody says TRA: the transfer point awaits routing information, less long than T20 (59 s at least)."""
    first = connect(network, *every(network))
    expect_no_traffic(network, network.home, network.a.other_link(), during=SECOND // 2)
    over = network.expect("TRA", within=65 * SECOND)
    measure_time(network.bench, "T18", over.at - first.at, 1, 58, "Q.704 16.8")
    network.bench.run(SECOND)
    shares(network, network.home)


@case(
    "MTP3/73",
    "Routes told before TRA at a restart",
    clauses=["Q.704 9.2.2", "Q.704 13.2.2"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.transfer"),
    setup="transfer",
)
def test_restart_tells_routes_first(network: Network) -> None:
    """A and B prohibit F during the restart: each is told that the system cannot reach F, before TRA."""
    far = network.remote()
    connect(network, *every(network))
    for point in network.points.values():
        point.send("TFP", destination=far.code)
        network.bench.run(SECOND // 4)
    network.a.send("TRA")
    network.b.send("TRA")
    told_before_tra(network, far.code, *network.points.values())


def told_before_tra(network: Network, destination: int, *points: Point, start: int = 0) -> None:
    """Wait for TRA to `points` and fail unless each heard TFP for `destination` before it."""
    network.bench.until(
        lambda: all(announced(network, point, start) for point in points),
        within=62 * SECOND,
        awaited="TRA",
        state=network.where,
    )
    for point in points:
        prohibited = [
            each.at
            for each in network.since(start)
            if each.title == "TFP" and each.dpc == point.code and each.message.destination == destination
        ]
        ready = announced(network, point, start)[0]
        network.confirm(
            bool(prohibited) and prohibited[0] <= ready.at,
            f"TFP for {destination} to {point.code} before TRA",
            "TRA first" if prohibited else "no TFP",
        )


@case(
    "MTP3/74",
    "Routes told before TRA to an adjacent point that restarts",
    clauses=["Q.704 9.3.2", "Q.704 13.2.2"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.transfer"),
    setup="transfer",
)
def test_adjacent_restart_is_told_routes_first(network: Network) -> None:
    """A has prohibited F, and B, the other way to F, is lost: when B is back it hears TFP for F, then TRA."""
    far = network.remote()
    lost(network, network.b)
    network.a.send("TFP", destination=far.code)
    network.bench.run(SECOND)
    start = len(network.heard)
    connect(network, *network.b.links.values())
    told_before_tra(network, far.code, network.b, start=start)


@case(
    "MTP3/75",
    "Routing information of a neighbour counts in the restart",
    clauses=["Q.704 9.2.3", "Q.704 13.2"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.routes"),
    setup="network",
)
def test_routing_information_counts_in_the_restart(network: Network) -> None:
    """A prohibits F while the system restarts: its first traffic for F goes by B."""
    connect(network, *every(network))
    network.a.send("TFP", destination=network.remote().code)
    network.a.send("TRA")
    network.b.send("TRA")
    for _ in network.points:
        network.expect("TRA", within=2 * SECOND)
    network.bench.run(SECOND)
    by = {link.spec.adjacent for link in shares(network, network.remote()).values()}
    network.confirm(by == {network.b.code}, "traffic for F by B", f"by {by}")


@case(
    "MTP3/83",
    "Inhibition ends with a restart",
    clauses=["Q.704 9.2", "Q.704 10.1"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.inhibiting"),
    setup="network",
    unverified=True,
)
def test_restart_ends_inhibition(network: Network) -> None:
    """A had inhibited a link before the system was isolated: after the restart it carries traffic again."""
    network.up()
    before = shares(network, network.home)
    link = busiest(before)
    network.a.send("LIN", slc=link.slc)
    network.expect("LIA", within=SECOND, sls=link.slc)
    network.bench.run(2 * SECOND)
    rest = [each for each in network.a.in_service if each is not link]
    expect_shares(network, shares(network, network.home), rest)
    for each in every(network):
        each.cut()
    network.bench.run(4 * SECOND)
    connect(network, *every(network))
    for point in network.points.values():
        point.send("TRA")
    for _ in network.points:
        network.expect("TRA", within=2 * SECOND)
    network.bench.run(SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/84",
    "Routes of an adjacent point that restarted",
    clauses=["Q.704 9.6.2"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.routes"),
    setup="network",
)
def test_adjacent_restart_forgets_routes(network: Network) -> None:
    """A had prohibited F and then was lost: what it does not say again when it is back is allowed."""
    network.up()
    far = network.remote()
    network.a.send("TFP", destination=far.code)
    network.bench.run(2 * SECOND)
    for link in network.a.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    connect(network, *network.a.links.values())
    network.a.send("TRA")
    network.bench.run(3 * SECOND)
    by = {link.spec.adjacent for link in shares(network, far).values()}
    network.confirm(by == {network.a.code}, "traffic for F by A", f"by {by}")


@case(
    "MTP3/85",
    "Nothing is passed on during the restart",
    clauses=["Q.704 9.6.6"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.transfer"),
    setup="transfer",
)
def test_nothing_is_passed_on_during_restart(network: Network) -> None:
    """A transfer point that restarts discards messages of B for A; after the restart they pass."""
    connect(network, *every(network))
    nothing_through(network, network.b, network.a.code)
    for point in network.points.values():
        point.send("TRA")
    for _ in network.points:
        network.expect("TRA", within=62 * SECOND)
    network.bench.run(SECOND)
    through(network, network.b, network.a.code)


@case(
    "MTP3/88",
    "Route set test during the restart",
    clauses=["Q.704 9.6.3", "Q.704 13.5.4"],
    proves=["N-01"],
    needs=("mtp3.restart", "mtp3.transfer"),
    setup="transfer",
)
def test_route_set_test_is_ignored_during_restart(network: Network) -> None:
    """B asks for A (RST) while the system restarts: no answer; asked again after the restart: TFA."""
    connect(network, *every(network))
    network.b.send("RST", destination=network.a.code)
    network.expect_not("TFA", "TFR", "TFP", during=SECOND, where=concerns(network.a.code))
    for point in network.points.values():
        point.send("TRA")
    for _ in network.points:
        network.expect("TRA", within=62 * SECOND)
    network.bench.run(SECOND)
    network.b.send("RST", destination=network.a.code)
    network.expect("TFA", within=2 * SECOND, dpc=network.b.code, where=concerns(network.a.code))

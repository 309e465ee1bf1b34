"""MTP level 3 in a network: links, their tests, load sharing (Q.782 groups 1, 2.4 to 2.6, 12).

Numbers are those of Q.782 as far as they are known; the tester is every point around the system.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.testers.network import Network
from testline.testers.network_traffic import busiest, expect_no_traffic, expect_same, expect_shares, shares
from testrig.clock import SECOND

SPARE_SI: Final = 11


@case(
    "Q.782/1.1",
    "First signalling link activation",
    clauses=["Q.704 12.2", "Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
)
def test_first_link_is_activated(network: Network) -> None:
    """One link of a link set comes up: it is tested, traffic is allowed (TRA), and it carries everything."""
    link = network.a.links[min(network.a.links)]
    network.up(links=[link])
    expect_shares(network, shares(network, network.home), [link])


@case(
    "Q.782/1.2",
    "Link set deactivation",
    clauses=["Q.704 12.2.4"],
    proves=["N-01"],
    needs=("mtp3.link_sets", "mtp3.management"),
    setup="network",
    unverified=True,
)
def test_link_set_is_deactivated(network: Network) -> None:
    """Links are deactivated one after the other: traffic keeps to those that are left, then there is none."""
    network.up()
    left = list(network.a.links.values())
    while len(left) > 1:
        link = left.pop()
        link.link.restarting = False
        link.link.forget()
        network.order("deactivate_link", link)
        link.link.expect("SIOS", within=3 * SECOND, through=("FISU", "MSU"))
        network.bench.run(3 * SECOND)
        expect_shares(network, shares(network, network.home), left)
    last = left[0]
    last.link.restarting = False
    last.link.forget()
    network.order("deactivate_link", last)
    last.link.expect("SIOS", within=3 * SECOND, through=("FISU", "MSU"))


@case(
    "Q.782/1.3",
    "Link set activation",
    clauses=["Q.704 12.2", "Q.704 4.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_link_set_is_activated(network: Network) -> None:
    """Every link of the set comes up, is tested under its own code, and carries a part of the traffic."""
    network.up()
    for link in network.a.links.values():
        codes = {heard.sls for heard in link.heard if heard.title == "SLTM"}
        network.confirm(codes == {link.slc}, f"SLTM with code {link.slc} on {link.name}", f"codes {codes}")
    expect_shares(network, shares(network, network.home), network.a.links.values())


@case(
    "MTP3/11",
    "Link joins a link set in service",
    clauses=["Q.704 4.4", "Q.704 12.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_second_link_takes_its_part(network: Network) -> None:
    """A second link comes into service beside the first; both then carry traffic."""
    first, second = list(network.a.links.values())[:2]
    network.up(links=[first])
    network.up(links=[second])
    network.bench.run(3 * SECOND)
    expect_shares(network, shares(network, network.home), [first, second])


@case(
    "Q.782/2.4.1",
    "Load sharing within a link set",
    clauses=["Q.704 2.3.2", "Q.704 4.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_load_sharing_within_a_link_set(network: Network) -> None:
    """All links carry traffic, each selection always the same link."""
    network.up()
    before = shares(network, network.home)
    expect_shares(network, before, network.a.links.values())
    for _ in range(3):
        expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/2.4.2",
    "Load sharing with one link unavailable",
    clauses=["Q.704 2.3.2", "Q.704 4.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_load_sharing_with_one_link_unavailable(network: Network) -> None:
    """With one link out of service the others share its traffic; what they had stays where it was."""
    network.up()
    before = shares(network, network.home)
    gone = busiest(before)
    gone.cut()
    network.bench.run(3 * SECOND)
    after = shares(network, network.home)
    expect_shares(network, after, [link for link in network.a.links.values() if link is not gone])
    expect_same(network, {sls: link for sls, link in before.items() if link is not gone}, after)


@case(
    "MTP3/12",
    "Selections spread evenly",
    clauses=["Q.704 2.3.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_selections_spread_evenly(network: Network) -> None:
    """No link of a link set carries more than twice its part of the sixteen selections."""
    network.up()
    found = shares(network, network.home)
    most = sum(link is busiest(found) for link in found.values())
    limit = 2 * -(-len(found) // len(network.a.links))
    network.confirm(
        most <= limit, f"at most {limit} selections on a link", f"{most} on {busiest(found).name}"
    )


@case(
    "Q.782/2.5.1",
    "Load sharing between link sets",
    clauses=["Q.704 4.2.2"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_load_sharing_between_link_sets(network: Network) -> None:
    """A destination behind a combined link set is reached over A and over B, each selection over one link."""
    network.up()
    far = network.remote(shared=True)
    before = shares(network, far)
    points = {link.spec.adjacent for link in before.values()}
    network.confirm(points == {network.a.code, network.b.code}, "traffic by A and by B", f"by {points}")
    expect_same(network, before, shares(network, far))


@case(
    "Q.782/2.5.2",
    "Load sharing with one link set unavailable",
    clauses=["Q.704 4.2.2", "Q.704 4.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_load_sharing_with_one_link_set_unavailable(network: Network) -> None:
    """With every link to B out of service the whole load goes by A."""
    network.up()
    far = network.remote(shared=True)
    for link in network.b.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    points = {link.spec.adjacent for link in shares(network, far).values()}
    network.confirm(points == {network.a.code}, "traffic by A only", f"by {points}")


@case(
    "Q.782/2.6.1",
    "Destination inaccessible by failure of link sets",
    clauses=["Q.704 4.3", "Q.704 11.2.1"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_destination_lost_by_link_sets(network: Network) -> None:
    """A prohibits F and every link to B fails: nothing for F is sent any more."""
    network.up()
    far = network.remote()
    network.a.send("TFP", destination=far.code)
    for link in network.b.links.values():
        link.cut()
    network.bench.run(4 * SECOND)
    expect_no_traffic(network, far, network.a.other_link(), during=3 * SECOND)
    shares(network, network.home)


@case(
    "Q.782/2.6.2",
    "Destination inaccessible by its routes",
    clauses=["Q.704 4.5", "Q.704 11.2.1"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_destination_lost_by_routes(network: Network) -> None:
    """A and B prohibit F: nothing for F is sent, traffic for A goes on."""
    network.up()
    far = network.remote()
    network.a.send("TFP", destination=far.code)
    network.b.send("TFP", destination=far.code)
    network.bench.run(3 * SECOND)
    expect_no_traffic(network, far, network.a.other_link(), during=3 * SECOND)
    shares(network, network.home)


@case(
    "MTP3/13",
    "Far destination by its first route",
    clauses=["Q.704 4.2.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_far_destination_by_first_route(network: Network) -> None:
    """Traffic for a far point goes by the first route only, over its links."""
    network.up()
    far = network.remote()
    points = {link.spec.adjacent for link in shares(network, far).values()}
    first = network.route(far.code).via[0]
    network.confirm(points == {first}, f"traffic by point {first}", f"by {points}")


@case(
    "Q.782/12.1",
    "Link test after activation",
    clauses=["Q.707 2.2", "Q.704 12.2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_each_link_is_tested(network: Network) -> None:
    """No traffic goes over a link before its test is answered; with the answer it does."""
    first, second = list(network.a.links.values())[:2]
    network.up(links=[first])
    second.answering = False
    second.start()
    network.bench.until(
        lambda: second.in_service,
        within=20 * SECOND,
        awaited=f"{second.name} in service",
        state=network.where,
    )
    network.expect("SLTM", within=3 * SECOND, where=lambda heard: heard.link is second, sls=second.slc)
    expect_shares(network, shares(network, network.home), [first])


@case(
    "Q.782/12.2",
    "Link test not answered the first time",
    clauses=["Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_first_test_not_answered(network: Network) -> None:
    """An SLTM without answer is repeated after T1 (4 to 12 s); answered then, the link carries traffic."""
    first, second = list(network.a.links.values())[:2]
    network.up(links=[first])
    second.answering = False
    second.start()
    one = network.expect("SLTM", within=20 * SECOND, where=lambda heard: heard.link is second)
    second.answering = True
    two = network.expect("SLTM", within=14 * SECOND, where=lambda heard: heard.link is second)
    measure_time(network.bench, "T1 (Q.707)", two.at - one.at, 4, 12, "Q.707 5.5")
    network.bench.run(3 * SECOND)
    expect_shares(network, shares(network, network.home), [first, second])


@case(
    "Q.782/12.3",
    "Link test never answered",
    clauses=["Q.707 2.2", "Q.704 12.2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_test_never_answered(network: Network) -> None:
    """After the second SLTM without answer the link is taken down; the others are not touched."""
    first, second = list(network.a.links.values())[:2]
    network.up(links=[first])
    second.answering = False
    second.start()
    for _ in range(2):
        network.expect("SLTM", within=20 * SECOND, where=lambda heard: heard.link is second)
    second.link.restarting = False
    network.bench.until(
        lambda: not second.in_service,
        within=14 * SECOND,
        awaited=f"{second.name} taken down",
        state=network.where,
    )
    expect_shares(network, shares(network, network.home), [first])


@case(
    "Q.782/12.4",
    "Link test answered with a wrong code",
    clauses=["Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_answer_with_wrong_code(network: Network) -> None:
    """An SLTA with the code of another link is no answer: the test is repeated and the link taken down."""
    first, second = list(network.a.links.values())[:2]
    network.up(links=[first])
    second.answering = False
    second.start()
    for _ in range(2):
        test = network.expect("SLTM", within=20 * SECOND, where=lambda heard: heard.link is second)
        second.send_slta(test.message.pattern, sls=first.slc, deliberate=True)
    second.link.restarting = False
    network.bench.until(
        lambda: not second.in_service,
        within=14 * SECOND,
        awaited=f"{second.name} taken down",
        state=network.where,
    )


@case(
    "Q.782/12.5",
    "Link test acknowledged unasked",
    clauses=["Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_unexpected_slta(network: Network) -> None:
    """An SLTA that nobody asked for, with any pattern, changes nothing."""
    network.up()
    before = shares(network, network.home)
    for link in network.a.links.values():
        link.send_slta(b"UNASKED", deliberate=True)
    network.bench.run(2 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/14",
    "Link test on every link",
    clauses=["Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_sltm_is_answered_on_its_link(network: Network) -> None:
    """An SLTM is answered on the link that it came over, with that link's code and its pattern."""
    network.up()
    for link in network.a.links.values():
        pattern = bytes((0x30 + link.slc,)) * (1 + link.slc)
        link.send_sltm(pattern)
        heard = network.expect("SLTA", within=SECOND, link=link, sls=link.slc)
        network.confirm(
            heard.message.pattern == pattern, f"pattern {pattern!r}", f"{heard.message.pattern!r}"
        )

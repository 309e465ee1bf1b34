"""MTP level 3: changeover (Q.782 group 3; Q.704 5).

The tester is adjacent point A with all its links.
"""

from __future__ import annotations

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.testers.network import Network
from testline.testers.network_changeover import (
    MODULUS,
    SOON,
    buffered,
    diverted,
    in_traffic,
    order_for,
    others,
)
from testline.testers.network_traffic import Series, expect_same, expect_shares, shares
from testrig.clock import SECOND


@case(
    "Q.782/3.1",
    "Changeover initiated at one side",
    clauses=["Q.704 5.3", "Q.704 5.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeover_at_one_side(network: Network) -> None:
    """A link fails: COO with its code and the last message taken; after COA its traffic is on the others."""
    before, link, _ = in_traffic(network)
    sent = link.link.fsn
    link.cut()
    order = order_for(network, link)
    network.check(order, f"COO with FSN {sent}", fsn=sent)
    network.bench.run(SOON)
    diverted(network, before, link)


@case(
    "Q.782/3.2",
    "Changeover initiated at both ends",
    clauses=["Q.704 5.3.3", "Q.704 5.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeover_at_both_ends(network: Network) -> None:
    """The COO of A, instead of a COA, counts as acknowledgement: traffic goes on well before T2."""
    before, link, sls = in_traffic(network)
    network.a.answers.discard("COO")
    link.cut()
    order_for(network, link)
    network.a.send("COO", slc=link.slc, fsn=link.accepted)
    network.bench.run(SECOND // 10)
    shares(network, network.home, [sls], within=SECOND // 2)
    diverted(network, before, link)


@case(
    "Q.782/3.3",
    "Changeover not acknowledged, timer T2",
    clauses=["Q.704 5.7.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeover_without_acknowledgement(network: Network) -> None:
    """No COA: traffic of the failed link is held until T2 (0.7 to 2 s) and then starts on the others."""
    before, link, sls = in_traffic(network)
    network.a.answers.discard("COO")
    link.cut()
    order = order_for(network, link)
    series = Series(network.home, sls)
    series.send(1, over=network.a.other_link(link))
    first = series.expect()[0]
    measure_time(network.bench, "T2", first.at - order.at, 0.7, 2.0, "Q.704 16.8")
    diverted(network, before, link)


@case(
    "MTP3/20",
    "Traffic is held during changeover",
    clauses=["Q.704 5.3", "Q.704 5.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_traffic_is_held_during_changeover(network: Network) -> None:
    """Between COO and COA nothing with the selections of the failed link is sent; after COA all, in order."""
    _, link, sls = in_traffic(network)
    network.a.answers.discard("COO")
    link.cut()
    order_for(network, link)
    series = Series(network.home, sls)
    series.send(5, over=network.a.other_link(link))
    network.bench.run(SOON)
    network.confirm(not series.answers, "nothing before COA", ", ".join(map(str, series.answers)))
    network.a.send("COA", slc=link.slc, fsn=link.accepted)
    series.expect()


@case(
    "Q.782/3.4",
    "Unreasonable sequence number in a changeover acknowledgement",
    clauses=["Q.704 5.7.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_unreasonable_number_in_coa(network: Network) -> None:
    """A COA for a message never sent: nothing is retrieved, new traffic starts on the other links."""
    before, link, sls = in_traffic(network)
    series = buffered(network, link, sls, accepted=60, count=4)
    order_for(network, link)
    series.expect(missing=range(4))
    diverted(network, before, link)


@case(
    "Q.782/3.5",
    "Unreasonable sequence number in a changeover order",
    clauses=["Q.704 5.7.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_unreasonable_number_in_coo(network: Network) -> None:
    """A COO for a message never sent is acknowledged; new traffic starts on the other links."""
    before, link, _ = in_traffic(network)
    link.link.restarting = False
    network.a.send(
        "COO",
        slc=link.slc,
        over=network.a.other_link(link),
        fsn=(link.link.bsn + 60) % MODULUS,
        deliberate=True,
    )
    network.expect("COA", within=SECOND, sls=link.slc)
    network.bench.run(SECOND)
    diverted(network, before, link)


@case(
    "Q.782/3.6",
    "Unexpected changeover acknowledgement",
    clauses=["Q.704 5.7.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_unexpected_coa(network: Network) -> None:
    """A COA for a link in service changes nothing."""
    before, link, _ = in_traffic(network)
    network.a.send("COA", slc=link.slc, over=network.a.other_link(link), fsn=link.link.bsn, deliberate=True)
    network.bench.run(2 * SECOND)
    network.confirm(link.in_service, f"{link.name} in service", link.where())
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/3.7",
    "Changeover answered by an emergency acknowledgement",
    clauses=["Q.704 5.6"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_emergency_acknowledgement(network: Network) -> None:
    """An ECA instead of COA: nothing is retrieved, new traffic starts at once on the other links."""
    before, link, sls = in_traffic(network)
    network.a.answers.discard("COO")
    series = buffered(network, link, sls, accepted=0, count=3)
    order_for(network, link)
    network.a.send("ECA", slc=link.slc)
    network.bench.run(SECOND // 10)
    network.confirm(not series.answers, "nothing retrieved", ", ".join(map(str, series.answers)))
    shares(network, network.home, [sls], within=SECOND // 2)
    diverted(network, before, link)


@case(
    "Q.782/3.8",
    "Emergency changeover order",
    clauses=["Q.704 5.6"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_emergency_order(network: Network) -> None:
    """A's ECO for a link in service is acknowledged (COA or ECA) and its traffic goes to the others."""
    before, link, _ = in_traffic(network)
    link.link.restarting = False
    network.a.send("ECO", slc=link.slc, over=network.a.other_link(link))
    network.bench.until(
        lambda: any(heard.title in {"COA", "ECA"} and heard.sls == link.slc for heard in network.heard),
        within=SECOND,
        awaited="COA or ECA",
        state=network.where,
    )
    network.bench.run(SECOND)
    diverted(network, before, link)


@case(
    "Q.782/3.10",
    "Emergency changeover order crosses the order",
    clauses=["Q.704 5.6", "Q.704 5.3.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_orders_cross(network: Network) -> None:
    """A's ECO after the system's COO counts as acknowledgement without sequence number."""
    before, link, sls = in_traffic(network)
    network.a.answers.discard("COO")
    link.cut()
    order_for(network, link)
    network.a.send("ECO", slc=link.slc)
    network.bench.run(SECOND // 10)
    shares(network, network.home, [sls], within=SECOND // 2)
    diverted(network, before, link)


@case(
    "Q.782/3.12",
    "Changeover order for an available link",
    clauses=["Q.704 5.3.2", "Q.704 5.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_order_for_available_link(network: Network) -> None:
    """A's COO for a link in service: COA with the last message taken, and the traffic goes to the others."""
    before, link, _ = in_traffic(network)
    link.link.restarting = False
    sent = link.link.fsn
    network.a.send("COO", slc=link.slc, over=network.a.other_link(link), fsn=link.link.bsn)
    network.expect("COA", within=SECOND, sls=link.slc, fsn=sent)
    network.bench.run(SECOND)
    diverted(network, before, link)


@case(
    "Q.782/3.13",
    "Changeover order after completion",
    clauses=["Q.704 5.7.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_order_after_completion(network: Network) -> None:
    """A COO for a link whose changeover is complete is acknowledged, and nothing else happens."""
    before, link, _ = in_traffic(network)
    link.cut()
    order_for(network, link)
    network.bench.run(2 * SECOND)
    after = diverted(network, before, link)
    network.a.send("COO", slc=link.slc, fsn=link.accepted)
    network.bench.until(
        lambda: any(heard.title in {"COA", "ECA"} and heard.sls == link.slc for heard in network.heard),
        within=SECOND,
        awaited="COA or ECA",
        state=network.where,
    )
    expect_same(network, after, shares(network, network.home))


@case(
    "Q.782/3.14",
    "Buffer updating: nothing accepted",
    clauses=["Q.704 5.4", "Q.704 5.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_everything_is_retrieved(network: Network) -> None:
    """A accepted nothing of what was sent last: everything comes again on another link, in order."""
    _, link, sls = in_traffic(network)
    series = buffered(network, link, sls, accepted=0, count=7)
    order_for(network, link)
    series.expect()


@case(
    "MTP3/21",
    "Buffer updating: a part accepted",
    clauses=["Q.704 5.4", "Q.704 5.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_a_part_is_retrieved(network: Network) -> None:
    """A accepted the first four of seven: the last three come on another link, and no other."""
    _, link, sls = in_traffic(network)
    series = buffered(network, link, sls, accepted=4, count=7)
    order_for(network, link)
    series.expect(missing=range(4))


@case(
    "MTP3/22",
    "Buffer updating: everything accepted",
    clauses=["Q.704 5.4", "Q.704 5.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_nothing_is_retrieved(network: Network) -> None:
    """A accepted everything, though level 2 did not acknowledge it: nothing comes again."""
    _, link, sls = in_traffic(network)
    series = buffered(network, link, sls, accepted=5, count=5)
    order_for(network, link)
    series.expect(missing=range(5))


@case(
    "MTP3/23",
    "Retrieved messages before new ones",
    clauses=["Q.704 5.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_retrieved_before_new(network: Network) -> None:
    """Messages of the failed link and those offered during the changeover keep their order."""
    _, link, sls = in_traffic(network)
    network.a.answers.discard("COO")
    series = buffered(network, link, sls, accepted=0, count=3)
    order_for(network, link)
    series.send(4, over=network.a.other_link(link))
    network.bench.run(SECOND // 5)
    network.a.send("COA", slc=link.slc, fsn=link.accepted)
    series.expect()


@case(
    "Q.782/3.15",
    "Two links fail",
    clauses=["Q.704 5.3", "Q.704 5.7"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_two_links_fail(network: Network) -> None:
    """Each of two links that fail at once has its own changeover; the traffic goes to the rest."""
    before, link, _ = in_traffic(network)
    second = others(network, link)[0]
    link.cut()
    second.cut()
    codes = {network.expect("COO", within=SECOND).sls for _ in range(2)}
    network.confirm(codes == {link.slc, second.slc}, f"COO for {link.slc} and {second.slc}", f"{codes}")
    network.bench.run(SECOND)
    diverted(network, before, link, second)


@case(
    "MTP3/24",
    "Links fail one after the other",
    clauses=["Q.704 5.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_links_fail_in_turn(network: Network) -> None:
    """Links fail until one is left: it carries everything then."""
    network.up()
    left = list(network.a.links.values())
    while len(left) > 1:
        link = left.pop(0)
        link.cut()
        order_for(network, link)
        network.bench.run(2 * SECOND)
        expect_shares(network, shares(network, network.home), left)


@case(
    "Q.782/3.19",
    "Changeover on order of the maintenance terminal",
    clauses=["Q.704 5.1", "Q.704 3.2"],
    proves=["N-01"],
    needs=("mtp3.link_sets", "mtp3.management"),
    setup="network",
    unverified=True,
)
def test_changeover_on_order(network: Network) -> None:
    """A link that is deactivated hands its traffic to the others; nothing is lost or overtaken."""
    before, link, sls = in_traffic(network)
    link.link.restarting = False
    series = Series(network.home, sls)
    series.send(4, over=others(network, link)[0])
    network.order("deactivate_link", link)
    series.send(4, over=others(network, link)[0])
    series.expect()
    diverted(network, before, link)


@case(
    "MTP3/25",
    "Changeover when acknowledgements stay out",
    clauses=["Q.704 5.1", "Q.703 5.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeover_without_level2_acknowledgement(network: Network) -> None:
    """A that acknowledges nothing fails the link (T7 of level 2); all that was sent is retrieved."""
    _, link, sls = in_traffic(network)
    link.link.restarting = False
    series = Series(network.home, sls)
    link.hold_acknowledgements()
    series.send(4, over=network.a.other_link(link))
    order_for(network, link, within=4 * SECOND)
    series.expect()


@case(
    "Q.782/3.20",
    "Changeover as compatibility test",
    clauses=["Q.704 5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
)
def test_changeover_compatibility(network: Network) -> None:
    """A set of links with traffic both ways loses a link: traffic both ways goes on over the others."""
    before, link, sls = in_traffic(network)
    series = Series(network.home, sls)
    series.send(3, over=others(network, link)[0])
    link.cut()
    series.send(6, over=others(network, link)[0])
    order_for(network, link)
    series.expect()
    diverted(network, before, link)


@case(
    "Q.782/3.21",
    "Changeover on processor outage",
    clauses=["Q.704 5.6.2", "Q.704 3.2.6"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeover_on_processor_outage(network: Network) -> None:
    """A reports processor outage on a link (SIPO): its traffic goes to the others within 2 s."""
    before, link, _ = in_traffic(network)
    link.inhibited = True  # nothing of ours goes over a link whose level 3 is gone
    link.link.send_lssu("SIPO")
    network.bench.run(2 * SECOND)
    after = shares(network, network.home)
    expect_shares(network, after, others(network, link))
    expect_same(network, {sls: other for sls, other in before.items() if other is not link}, after)

"""MTP level 3: what no test of Q.782 brings together.

Pairs of a state and an event that the numbered tests do not meet, or meet too late to tell one rule from the
next: what follows at once is looked for at once here. The tester is adjacent point A with all its links.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_state import REACTION, activate, in_service, measure_time, out_of_service
from testline.cases.mtp3_changeback import declarations, failed_once
from testline.cases.mtp3_flow import expect_test, levels_told
from testline.cases.mtp3_inhibiting import inhibited_here, inhibited_there, loaded, rest
from testline.cases.mtp3_routes import rerouted, routed
from testline.testers.link import LinkTester
from testline.testers.network import Network
from testline.testers.network_link import NetworkLink
from testline.testers.network_traffic import Series, expect_same, expect_shares, shares
from testrig.clock import MINUTE, SECOND
from testrig.system import Refused

AT_ONCE: Final = SECOND // 4
"""Frames in which a system must be seen to react to a message; all timers of Q.704 16.8 are longer."""
T10: Final = 65 * SECOND
"""Frames after which a route set test that goes on has come (Q.704 16.8: 30 to 60 s)."""
T14: Final = 3 * SECOND
"""Q.704 16.8: 2 to 3 s."""


# inhibiting (Q.704 10)


@case(
    "MTP3/130",
    "Forced uninhibition of a link that is not inhibited",
    clauses=["Q.704 10.4"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_lfu_for_uninhibited_link(network: Network) -> None:
    """A's LFU for a link that the system has not inhibited is answered by LUN; nothing else happens."""
    before, link = loaded(network)
    network.a.send("LFU", slc=link.slc)
    network.expect("LUN", within=AT_ONCE, sls=link.slc)
    expect_same(network, before, shares(network, network.home))


def unanswered(network: Network) -> NetworkLink:
    """The system has asked twice for the inhibition of a link, and A has said nothing."""
    _, link = loaded(network)
    network.a.answers.discard("LIN")
    network.order("inhibit_link", link)
    for _ in range(2):
        network.expect("LIN", within=4 * SECOND, sls=link.slc)
    return link


@case(
    "MTP3/131",
    "Inhibition acknowledged at the second attempt",
    clauses=["Q.704 10.2.3"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_second_lin_acknowledged(network: Network) -> None:
    """LIA for the second LIN counts: the link carries no traffic."""
    link = unanswered(network)
    network.a.send("LIA", slc=link.slc)
    network.bench.run(2 * SECOND)
    expect_shares(network, shares(network, network.home), rest(network, link))


@case(
    "MTP3/132",
    "Inhibition denied at the second attempt",
    clauses=["Q.704 10.2.2", "Q.704 10.4"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_second_lin_denied(network: Network) -> None:
    """LID for the second LIN ends it: an LIA after it is unexpected, and the link keeps its traffic."""
    link = unanswered(network)
    before = shares(network, network.home)
    network.a.send("LID", slc=link.slc)
    network.a.send("LIA", slc=link.slc, deliberate=True)
    network.bench.run(2 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/133",
    "Inhibition acknowledged too late",
    clauses=["Q.704 10.2.3", "Q.704 10.4"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_late_lia(network: Network) -> None:
    """T14 after the second LIN the attempt is over: LIA changes nothing, and management may try again."""
    link = unanswered(network)
    before = shares(network, network.home)
    network.bench.run(T14 + AT_ONCE)
    network.a.send("LIA", slc=link.slc, deliberate=True)
    network.bench.run(2 * SECOND)
    expect_same(network, before, shares(network, network.home))
    network.order("inhibit_link", link)
    network.expect("LIN", within=AT_ONCE, sls=link.slc)


def taken_back(network: Network, attempts: int) -> None:
    """Management takes its order back while LIA is awaited: LUN, and no LIN any more."""
    before, link = loaded(network)
    network.a.answers.discard("LIN")
    network.order("inhibit_link", link)
    for _ in range(attempts):
        network.expect("LIN", within=4 * SECOND, sls=link.slc)
    try:
        network.order("uninhibit_link", link)
    except Refused:
        return
    network.expect("LUN", within=AT_ONCE, sls=link.slc)
    network.expect_not("LIN", during=T14 + SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/134",
    "Order to inhibit taken back",
    clauses=["Q.704 10.3"],
    proves=["N-01", "M-03"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_order_taken_back(network: Network) -> None:
    """Uninhibited while LIA is awaited, or refused: with LUN the other end knows, and LIN is not repeated."""
    taken_back(network, 1)


@case(
    "MTP3/135",
    "Order to inhibit taken back at the second attempt",
    clauses=["Q.704 10.3"],
    proves=["N-01", "M-03"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_order_taken_back_late(network: Network) -> None:
    """The same after the second LIN."""
    taken_back(network, 2)


@case(
    "MTP3/136",
    "Uninhibition acknowledged at the second attempt",
    clauses=["Q.704 10.3"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_second_lun_acknowledged(network: Network) -> None:
    """LUA for the second LUN counts: the traffic comes back to the link."""
    before, link = inhibited_here(network)
    network.a.answers.discard("LUN")
    network.order("uninhibit_link", link)
    for _ in range(2):
        network.expect("LUN", within=3 * SECOND, sls=link.slc)
    network.a.send("LUA", slc=link.slc)
    network.bench.run(2 * SECOND)
    expect_same(network, before, shares(network, network.home))


def forced(network: Network, attempts: int) -> NetworkLink:
    """All links but the one that A inhibited have failed; the system has asked so often to let it go."""
    _, link = inhibited_there(network)
    network.a.answers.discard("LFU")
    for other in rest(network, link):
        other.cut()
    for _ in range(attempts):
        network.expect("LFU", within=3 * SECOND, sls=link.slc)
    return link


def let_go(network: Network, link: NetworkLink) -> None:
    """A's LUN is acknowledged at once, and the link takes the traffic."""
    network.a.send("LUN", slc=link.slc)
    network.expect("LUA", within=AT_ONCE, sls=link.slc)
    link.inhibited = False
    network.expect_not("LFU", during=2 * SECOND)
    expect_shares(network, shares(network, network.home), [link])


@case(
    "MTP3/137",
    "Forced uninhibition answered",
    clauses=["Q.704 10.3.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_lfu_answered(network: Network) -> None:
    """LUN after LFU: LUA at once, and no other LFU."""
    let_go(network, forced(network, 1))


@case(
    "MTP3/138",
    "Forced uninhibition answered at the second attempt",
    clauses=["Q.704 10.3.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_second_lfu_answered(network: Network) -> None:
    """LUN after the second LFU: LUA at once."""
    let_go(network, forced(network, 2))


@case(
    "MTP3/139",
    "Inhibition asked again while the link is wanted back",
    clauses=["Q.704 10.4"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_lin_while_forcing(network: Network) -> None:
    """A's LIN for the link it has inhibited already is acknowledged after the first LFU and the second."""
    link = forced(network, 1)
    network.a.send("LIN", slc=link.slc)
    network.expect("LIA", within=AT_ONCE, sls=link.slc)
    network.expect("LFU", within=3 * SECOND, sls=link.slc)
    network.a.send("LIN", slc=link.slc)
    network.expect("LIA", within=AT_ONCE, sls=link.slc)


@case(
    "MTP3/140",
    "Forced uninhibition given up",
    clauses=["Q.704 10.3.2", "Q.704 10.6"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_forced_uninhibition_given_up(network: Network) -> None:
    """Two LFU, no third one; the link stays inhibited and is tested by LRT as before."""
    link = forced(network, 2)
    network.expect_not("LFU", during=10 * SECOND)
    network.expect("LRT", within=7 * MINUTE, sls=link.slc)


def isolated(network: Network) -> None:
    """Every link of every point fails at the same time; then all come back, and the system restarts."""
    for link in network.links.values():
        link.cut()
    network.bench.run(SECOND // 2)
    network.forget()
    network.up()


@case(
    "MTP3/141",
    "Inhibition of the system's own ends with a restart",
    clauses=["Q.704 9.2"],
    proves=["N-01"],
    needs=("mtp3.inhibiting", "mtp3.restart"),
    setup="network",
    unverified=True,
)
def test_local_inhibition_ends_with_a_restart(network: Network) -> None:
    """A point that was isolated restarts with no link inhibited: each carries its traffic."""
    before, _ = inhibited_here(network)
    isolated(network)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/142",
    "Inhibition by the other end ends with a restart",
    clauses=["Q.704 9.2"],
    proves=["N-01"],
    needs=("mtp3.inhibiting", "mtp3.restart"),
    setup="network",
    unverified=True,
)
def test_remote_inhibition_ends_with_a_restart(network: Network) -> None:
    """The same for a link that A had inhibited."""
    before, link = inhibited_there(network)
    link.inhibited = False
    isolated(network)
    expect_same(network, before, shares(network, network.home))


# changeover and changeback (Q.704 5, 6)


@case(
    "MTP3/143",
    "Inhibited link: time-controlled changeover, timer T1",
    clauses=["Q.704 5.6.2", "Q.704 10.2", "Q.704 16.8"],
    proves=["N-01"],
    needs=("mtp3.inhibiting", "mtp3.link_sets"),
    setup="network",
)
def test_traffic_of_an_inhibited_link_waits(network: Network) -> None:
    """No COO for an inhibited link: its traffic waits for T1 (0.5 to 1.2 s) after LIA."""
    before, link = loaded(network)
    network.a.answers.discard("LIN")
    network.order("inhibit_link", link)
    network.expect("LIN", within=SECOND, sls=link.slc)
    series = Series(network.home, next(sls for sls, other in before.items() if other is link))
    network.a.send("LIA", slc=link.slc)
    agreed = network.bench.now
    network.bench.run(SECOND // 10)
    series.send(1, over=rest(network, link)[0])
    first = series.expect()[0]
    measure_time(network.bench, "T1", first.at - agreed, 0.5, 1.2, "Q.704 16.8")
    network.confirm(first.link is not link, f"traffic elsewhere than on {link.name}", str(first))


@case(
    "MTP3/144",
    "Changeback acknowledged: traffic at once",
    clauses=["Q.704 6.3.1"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
)
def test_changeback_at_once(network: Network) -> None:
    """With CBA the traffic is back at once, and CBD is not repeated."""
    before, link, sls = failed_once(network)
    link.start()
    network.expect("CBD", within=20 * SECOND, sls=link.slc)
    network.bench.run(AT_ONCE)
    found = shares(network, network.home, [sls], within=AT_ONCE)
    network.confirm(found[sls] is link, f"traffic on {link.name}", f"on {found[sls].name}")
    network.expect_not("CBD", during=2 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/145",
    "Changeback acknowledged at the second attempt: traffic at once",
    clauses=["Q.704 6.3.1", "Q.704 6.5.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
)
def test_second_cbd_acknowledged_at_once(network: Network) -> None:
    """CBA for the repeated CBD counts: the traffic is back at once, before T5."""
    _, link, sls = failed_once(network)
    network.a.answers.discard("CBD")
    link.start()
    one = network.expect("CBD", within=20 * SECOND, sls=link.slc)
    network.expect(
        "CBD", within=2 * SECOND, sls=link.slc, where=lambda heard: heard.message.code == one.message.code
    )
    network.bench.run(SECOND // 20)
    for code in dict.fromkeys(heard.message.code for heard in declarations(network, link)):
        network.a.send("CBA", slc=link.slc, code=code)
    network.bench.run(SECOND // 10)
    found = shares(network, network.home, [sls], within=AT_ONCE)
    network.confirm(found[sls] is link, f"traffic on {link.name}", f"on {found[sls].name}")


@case(
    "MTP3/160",
    "Changeback without a path: time-controlled diversion, timer T3",
    clauses=["Q.704 6.4", "Q.704 16.8"],
    proves=["N-01"],
    needs=("mtp3.inhibiting", "mtp3.routes"),
    setup="network",
)
def test_time_controlled_diversion(network: Network) -> None:
    """All links of A but an inhibited one are gone: F is reached by B, over which no CBD leads to A.

    When A has let the link go, the traffic for F waits for T3 (0.5 to 1.2 s), and is by A again.
    """
    _, link = inhibited_here(network)
    far = network.remote()
    network.a.answers.discard("LUN")
    for other in rest(network, link):
        other.cut()
    network.expect("LUN", within=3 * SECOND, sls=link.slc)
    network.bench.run(SECOND // 2)
    series = Series(far, far.selections[0])
    network.a.send("LUA", slc=link.slc)
    back = network.bench.now
    network.bench.run(SECOND // 10)
    series.send(1, over=network.b.other_link())
    first = series.expect()[0]
    measure_time(network.bench, "T3", first.at - back, 0.5, 1.2, "Q.704 16.8")
    network.confirm(first.link is link, f"traffic for F on {link.name}", str(first))
    network.confirm(not declarations(network, link), "no CBD", "CBD came")


# routes and congestion (Q.704 13)


@case(
    "MTP3/146",
    "Prohibited route becomes restricted",
    clauses=["Q.704 13.4", "Q.704 13.5.2"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
)
def test_prohibited_then_restricted(network: Network) -> None:
    """TFP, then TFR: it is asked by RSR whether the route is still restricted, and no more by RST."""
    far = rerouted(network)
    network.a.send("TFR", destination=far.code)
    network.expect("RSR", within=T10, dpc=network.a.code, destination=far.code)
    network.expect_not("RST", during=T10)


@case(
    "MTP3/147",
    "Restricted route becomes prohibited",
    clauses=["Q.704 13.2", "Q.704 13.5.2"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
)
def test_restricted_then_prohibited(network: Network) -> None:
    """TFR, then TFP: it is asked by RST whether the route is still prohibited, and no more by RSR."""
    far = routed(network)
    network.a.send("TFR", destination=far.code)
    network.bench.run(SECOND)
    network.a.send("TFP", destination=far.code)
    network.expect("RST", within=T10, dpc=network.a.code, destination=far.code)
    network.expect_not("RSR", during=T10)


@case(
    "MTP3/148",
    "Route set test of a restricted route ends with TFA",
    clauses=["Q.704 13.5.2"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
)
def test_restricted_route_test_ends(network: Network) -> None:
    """TFR, then TFA: there are no more RSR."""
    far = routed(network)
    network.a.send("TFR", destination=far.code)
    network.expect("RSR", within=T10, dpc=network.a.code, destination=far.code)
    network.a.send("TFA", destination=far.code)
    network.expect_not("RSR", "RST", during=2 * T10)


def forgotten(network: Network, title: str) -> None:
    """What A told of F is forgotten when A is lost: A comes back, and there is nothing to ask about."""
    far = routed(network)
    network.a.send(title, destination=far.code)
    network.bench.run(2 * SECOND)
    for link in network.a.links.values():
        link.cut()
    network.bench.run(2 * SECOND)
    network.a.told.clear()
    network.up(network.a)
    network.expect_not("RST", "RSR", during=2 * T10)


@case(
    "MTP3/149",
    "Prohibited route forgotten with its link set",
    clauses=["Q.704 13.5.2", "Q.704 9.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_prohibition_is_forgotten(network: Network) -> None:
    """TFP, then every link to A fails and comes back: no RST, as A tells anew what it cannot reach."""
    forgotten(network, "TFP")


@case(
    "MTP3/150",
    "Restricted route forgotten with its link set",
    clauses=["Q.704 13.5.2", "Q.704 9.3"],
    proves=["N-01"],
    needs="mtp3.routes",
    setup="network",
    unverified=True,
)
def test_restriction_is_forgotten(network: Network) -> None:
    """The same after TFR."""
    forgotten(network, "TFR")


@case(
    "MTP3/151",
    "Congestion told again: timer T15 anew",
    clauses=["Q.704 13.7.3", "Q.704 13.7.5", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.priorities",
    setup="priorities",
)
def test_repeated_tfc_starts_t15_anew(network: Network) -> None:
    """TFC of the same level 1.5 s after the first: RCT comes T15 (2 to 3 s) after the second."""
    levels_told(network, 2)
    network.bench.run(3 * SECOND // 2)
    network.a.send("TFC", destination=network.remote().code, status=2)
    told = network.bench.now
    first = expect_test(network, 1)
    measure_time(network.bench, "T15", first.at - told, 2.0, 3.0, "Q.704 16.8")


def lost_in_congestion(network: Network) -> None:
    """Nobody leads to F any more: its congestion is of no interest, and not tested when F is back."""
    far = network.remote().code
    for point in network.points.values():
        point.send("TFP", destination=far)
    network.bench.run(SECOND // 2)
    for point in network.points.values():
        point.send("TFA", destination=far)
    network.expect_not("RCT", during=8 * SECOND)


@case(
    "MTP3/152",
    "Congested destination lost",
    clauses=["Q.704 13.9.4"],
    proves=["N-01"],
    needs=("mtp3.priorities", "mtp3.routes"),
    setup="priorities",
)
def test_congested_destination_lost(network: Network) -> None:
    """TFC, then F cannot be reached: no RCT."""
    levels_told(network, 2)
    lost_in_congestion(network)


@case(
    "MTP3/153",
    "Destination lost during the route set congestion test",
    clauses=["Q.704 13.9.4"],
    proves=["N-01"],
    needs=("mtp3.priorities", "mtp3.routes"),
    setup="priorities",
)
def test_destination_lost_in_the_test(network: Network) -> None:
    """RCT, then F cannot be reached: no other RCT."""
    levels_told(network, 2)
    expect_test(network, 1)
    lost_in_congestion(network)


# activity and test of a link (Q.704 12.2, Q.707 2.2)


def aligns_again(link: LinkTester, since: int, name: str = "T17") -> None:
    """The system tries again T17 (0.8 to 1.5 s) after its link has failed."""
    again = link.expect("SIO", within=2 * SECOND, through=("SIOS",))
    measure_time(link.bench, name, again.at - since, 0.8, 1.5, "Q.704 16.8")


def untested(link: LinkTester) -> None:
    """Bring the link into service; its test stays unanswered."""
    link.bring_up()
    link.restarting = False
    link.expect_msu(within=SECOND)


@case(
    "MTP3/154",
    "Alignment that was not possible is tried again, timer T17",
    clauses=["Q.704 12.2.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3",
)
def test_alignment_is_tried_again(link: LinkTester) -> None:
    """Without an answer the system gives up (T2 of level 2) and begins anew T17 later."""
    out_of_service(link)
    activate(link)
    failed = link.expect("SIOS", within=160 * SECOND)
    aligns_again(link, failed.at)


@case(
    "MTP3/155",
    "Link fails during its test",
    clauses=["Q.704 12.2.3", "Q.707 2.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3",
)
def test_failure_during_the_test(link: LinkTester) -> None:
    """Failed with its SLTM unanswered, the link is aligned again T17 later; SLTM then comes at once."""
    untested(link)
    link.stop()
    failed = link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))
    aligns_again(link, failed.at)
    link.bring_up(emergency=True)
    link.expect_msu(within=AT_ONCE)


@case(
    "MTP3/156",
    "Link fails during the second attempt of its test",
    clauses=["Q.704 12.2.3", "Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3",
)
def test_failure_during_the_second_test(link: LinkTester) -> None:
    """The same with two SLTM unanswered (T1 of Q.707: 4 to 12 s)."""
    untested(link)
    link.expect_msu(within=13 * SECOND)
    link.stop()
    failed = link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))
    aligns_again(link, failed.at)
    link.bring_up(emergency=True)
    link.expect_msu(within=AT_ONCE)


@case(
    "MTP3/157",
    "Link deactivated during its test",
    clauses=["Q.704 12.2.4"],
    proves=["N-01", "M-03"],
    needs="mtp3",
)
def test_deactivation_during_the_test(link: LinkTester) -> None:
    """SIOS, and no alignment until the link is activated again."""
    untested(link)
    link.bench.system.maintenance().deactivate_link()
    link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))
    link.expect_only("SIOS", during=20 * SECOND)


@case(
    "MTP3/158",
    "Failed link activated before it is tried again",
    clauses=["Q.704 12.2.2", "Q.704 16.8"],
    proves=["N-01", "M-03"],
    needs="mtp3",
)
def test_activation_before_t17(link: LinkTester) -> None:
    """Activated while T17 (at least 0.8 s) runs, the link is aligned at once."""
    in_service(link)
    link.stop()
    link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))
    try:
        link.bench.system.maintenance().activate_link()
    except Refused:
        link.expect("SIO", within=2 * SECOND)
        return
    link.expect("SIO", within=AT_ONCE)


@case(
    "MTP3/159",
    "Failed link deactivated before it is tried again",
    clauses=["Q.704 12.2.4", "Q.704 16.8"],
    proves=["N-01", "M-03"],
    needs="mtp3",
)
def test_deactivation_before_t17(link: LinkTester) -> None:
    """Deactivated while T17 (1.5 s at most) runs, the link is not tried again."""
    in_service(link)
    link.stop()
    link.expect("SIOS", within=REACTION, through=("FISU", "MSU"))
    link.bench.system.maintenance().deactivate_link()
    link.expect_only("SIOS", during=5 * SECOND)

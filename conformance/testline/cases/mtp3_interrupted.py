"""MTP level 3: links that fail, are blocked or tested at another moment than usual (Q.704 3.2, 5, 12)."""

from __future__ import annotations

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.testers.mtp3 import Mtp3Tester
from testline.testers.network import Network
from testline.testers.network_changeover import MODULUS, SOON, diverted, in_traffic, order_for, others
from testline.testers.network_link import NetworkLink
from testline.testers.network_traffic import Series, Shares, expect_same, expect_shares, shares
from testrig.clock import SECOND


@case(
    "MTP3/97",
    "Link test that fails on a link in service",
    clauses=["Q.707 2.2", "Q.707 5.5", "Q.704 12.2.3", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.periodic_test",
    unverified=True,
)
def test_periodic_test_fails(mtp3: Mtp3Tester) -> None:
    """The periodic SLTM and its repetition stay unanswered, T1 (4 to 12 s) each: SIOS, and SIO T17 later."""
    mtp3.answering = False
    mtp3.link.restarting = False
    mtp3.forget()
    mtp3.link.forget()
    first = mtp3.expect_sltm(within=95 * SECOND)
    second = mtp3.expect_sltm(within=13 * SECOND)
    measure_time(mtp3.bench, "T1 (Q.707)", second.at - first.at, 4, 12, "Q.707 5.5")
    down = mtp3.link.expect("SIOS", within=13 * SECOND, through=("FISU", "MSU"))
    measure_time(mtp3.bench, "T1 (Q.707), second attempt", down.at - second.at, 4, 12, "Q.707 5.5")
    again = mtp3.link.expect("SIO", within=2 * SECOND)
    measure_time(mtp3.bench, "T17", again.at - down.at, 0.8, 1.5, "Q.704 16.8")
    mtp3.answering = True
    mtp3.forget()
    mtp3.link.bring_up(emergency=True)
    mtp3.expect_sltm(within=SECOND)


@case(
    "MTP3/98",
    "Link test after a processor outage of A",
    clauses=["Q.704 3.2.6", "Q.707 2.2", "Q.707 5.5"],
    proves=["N-01"],
    needs=("mtp3.link_sets", "mtp3.periodic_test"),
    setup="network",
    unverified=True,
)
def test_link_is_tested_after_an_outage(network: Network) -> None:
    """SIPO for two seconds: the link has its traffic again, and is tested within T2 (30 to 90 s)."""
    before, link, _ = in_traffic(network)
    link.inhibited = True  # nothing of ours goes over a link whose level 3 is gone
    link.link.send_lssu("SIPO")
    network.bench.run(2 * SECOND)
    network.forget()
    link.link.send_fisu()
    link.inhibited = False
    network.bench.run(4 * SECOND)
    expect_same(network, before, shares(network, network.home))
    for _ in range(2):
        network.expect("SLTM", within=91 * SECOND, where=lambda heard: heard.link is link)


@case(
    "MTP3/99",
    "Link test among the messages of a failed link",
    clauses=["Q.704 5.4", "Q.704 5.5", "Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_link_test_is_not_retrieved(network: Network) -> None:
    """A took neither the SLTA nor the answers behind it: on another link come the answers, not the SLTA."""
    _, link, sls = in_traffic(network)
    link.hold_acknowledgements()
    last, start = link.link.bsn, len(link.link.units)
    link.send_sltm(b"RETRIEVED")
    network.bench.run(SECOND // 10)
    series = Series(network.home, sls)
    series.send(3, over=network.a.other_link(link))
    network.bench.until(
        lambda: sum(unit.count for unit in link.link.units[start:] if unit.kind == "MSU") >= 4,
        within=SOON,
        awaited=f"four messages on {link.name}",
        state=link.where,
    )
    link.cut()
    link.accepted = last % MODULUS
    order_for(network, link)
    network.expect_not("SLTA", during=SECOND, where=lambda heard: heard.message.pattern == b"RETRIEVED")
    series.expect()


def blocked_shortly(network: Network) -> tuple[Shares, NetworkLink, Series]:
    """A has reported processor outage on a link, and T1 (0.5 s at least) of its changeover runs."""
    before, link, sls = in_traffic(network)
    link.inhibited = True  # nothing of ours goes over a link whose level 3 is gone
    series = Series(network.home, sls)
    network.forget()
    link.link.send_lssu("SIPO")
    network.bench.run(SECOND // 5)
    return before, link, series


def unacknowledged(network: Network, link: NetworkLink, sls: int) -> Series:
    """Three messages of the system on a link that A has not taken in."""
    series, over = Series(network.home, sls), network.a.other_link(link)
    link.hold_acknowledgements()
    start = len(link.link.units)
    series.send(3, over=over)
    network.bench.until(
        lambda: sum(unit.count for unit in link.link.units[start:] if unit.kind == "MSU") >= 3,
        within=SOON,
        awaited=f"three messages on {link.name}",
        state=link.where,
    )
    link.accepted = link.link.bsn
    return series


def inhibited_shortly(network: Network) -> tuple[Shares, NetworkLink, Series]:
    """The system has inhibited a link whose last messages A has not taken, and T1 (0.5 s at least) runs."""
    before, link, sls = in_traffic(network)
    network.a.answers.discard("LIN")
    network.order("inhibit_link", link)
    network.expect("LIN", within=SOON, sls=link.slc)
    series = unacknowledged(network, link, sls)
    network.a.send("LIA", slc=link.slc, over=network.a.other_link(link))
    network.bench.run(SECOND // 5)
    return before, link, series


def ordered(network: Network, link: NetworkLink, title: str) -> None:
    """A changes over from the link: COA or ECA, and the link is taken down, to be restored by T17."""
    link.link.restarting = False
    over = network.a.other_link(link)
    if title == "COO":
        taken = link.link.bsn if link.accepted is None else link.accepted
        network.a.send("COO", slc=link.slc, over=over, fsn=taken)
    else:
        network.a.send(title, slc=link.slc, over=over)
    network.bench.until(
        lambda: any(heard.title in {"COA", "ECA"} and heard.sls == link.slc for heard in network.heard),
        within=SECOND // 4,
        awaited="COA or ECA",
        state=network.where,
    )


def order_in_outage(network: Network, title: str) -> None:
    """An order of A while T1 runs for a blocked link is answered; the traffic goes by the others."""
    before, link, series = blocked_shortly(network)
    series.send(3, over=network.a.other_link(link))
    ordered(network, link, title)
    series.expect()
    diverted(network, before, link)


@case(
    "MTP3/100",
    "Changeover order for a link in processor outage",
    clauses=["Q.704 5.3.4", "Q.704 5.6.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_coo_in_outage(network: Network) -> None:
    """A's COO soon after its SIPO: acknowledged, and nothing is lost or overtaken."""
    order_in_outage(network, "COO")


@case(
    "MTP3/101",
    "Emergency changeover order for a link in processor outage",
    clauses=["Q.704 5.6.1", "Q.704 5.6.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_eco_in_outage(network: Network) -> None:
    """A's ECO soon after its SIPO: acknowledged, and nothing is lost or overtaken."""
    order_in_outage(network, "ECO")


@case(
    "MTP3/102",
    "Link fails soon after its processor outage",
    clauses=["Q.704 5.3", "Q.704 5.6.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_failure_in_outage(network: Network) -> None:
    """SIPO, then SIOS while T1 runs: the changeover goes on with COO; nothing is lost or overtaken."""
    before, link, series = blocked_shortly(network)
    series.send(3, over=network.a.other_link(link))
    link.cut()
    order_for(network, link)
    series.expect()
    diverted(network, before, link)


@case(
    "MTP3/103",
    "Processor outage of A shorter than timer T1",
    clauses=["Q.704 5.6.2", "Q.704 3.2.6"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_short_outage(network: Network) -> None:
    """SIPO for a fifth of a second: what A had not taken before it is sent again, and nothing is lost."""
    before, link, sls = in_traffic(network)
    series = unacknowledged(network, link, sls)
    link.inhibited = True  # nothing of ours goes over a link whose level 3 is gone
    link.link.send_lssu("SIPO")
    network.bench.run(SECOND // 5)
    link.link.send_fisu()
    link.inhibited = False
    network.bench.run(SECOND)
    link.link.acknowledging = True
    link.link.nack()
    series.send(3, over=network.a.other_link(link))
    series.expect()
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/104",
    "Link fails soon after it was inhibited",
    clauses=["Q.704 5.3", "Q.704 5.4", "Q.704 10.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_failure_after_inhibition(network: Network) -> None:
    """The link fails while T1 runs: COO, and what A had not taken comes on another link, in order."""
    before, link, series = inhibited_shortly(network)
    accepted = link.accepted
    link.cut()
    link.accepted = accepted
    order_for(network, link)
    series.expect()
    diverted(network, before, link)


@case(
    "MTP3/105",
    "Changeover order soon after the link was inhibited",
    clauses=["Q.704 5.3.4", "Q.704 5.4", "Q.704 10.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_coo_after_inhibition(network: Network) -> None:
    """A's COO while T1 runs: acknowledged, and what A had not taken comes on another link, in order."""
    before, link, series = inhibited_shortly(network)
    ordered(network, link, "COO")
    series.expect()
    diverted(network, before, link)


@case(
    "MTP3/106",
    "Emergency changeover order soon after the link was inhibited",
    clauses=["Q.704 5.6.1", "Q.704 10.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_eco_after_inhibition(network: Network) -> None:
    """A's ECO while T1 runs: acknowledged; the traffic goes by the others."""
    before, link, _ = inhibited_shortly(network)
    ordered(network, link, "ECO")
    network.bench.run(SECOND)
    diverted(network, before, link)


@case(
    "MTP3/110",
    "Changeover order for an available link: buffer updating",
    clauses=["Q.704 5.3.4", "Q.704 5.4", "Q.704 5.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_order_for_available_link_retrieves(network: Network) -> None:
    """A's COO for a link in service tells what A had not taken: these messages come on another link."""
    before, link, sls = in_traffic(network)
    series = unacknowledged(network, link, sls)
    ordered(network, link, "COO")
    series.expect()
    diverted(network, before, link)


@case(
    "MTP3/111",
    "Processor outage of A on a link that failed in one before",
    clauses=["Q.703 8.3", "Q.704 3.2.6", "Q.704 5.6.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_outage_is_forgotten_with_the_link(network: Network) -> None:
    """The link fails in A's outage and comes back with its traffic; the next outage is noticed again."""
    before, link, _ = in_traffic(network)
    link.inhibited = True  # nothing of ours goes over a link whose level 3 is gone
    link.link.send_lssu("SIPO")
    network.bench.run(2 * SECOND)
    link.cut()
    network.bench.run(2 * SECOND)
    link.start()
    network.bench.until(
        lambda: link.proven, within=20 * SECOND, awaited=f"{link.name} tested", state=link.where
    )
    link.inhibited = False
    network.bench.run(4 * SECOND)
    expect_same(network, before, shares(network, network.home))
    link.inhibited = True
    link.link.send_lssu("SIPO")
    network.bench.run(2 * SECOND)
    expect_shares(network, shares(network, network.home), others(network, link))

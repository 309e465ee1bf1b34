"""MTP level 3: management inhibiting (Q.782 group 7; Q.704 10).

An inhibited link stays in service and is tested, but carries no user traffic.
"""

from __future__ import annotations

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.testers.network import Network
from testline.testers.network_link import NetworkLink
from testline.testers.network_traffic import Series, Shares, busiest, expect_same, expect_shares, shares
from testline.verdicts import Fail
from testrig.clock import MINUTE, SECOND
from testrig.system import Refused


def loaded(network: Network) -> tuple[Shares, NetworkLink]:
    """Bring everything up; return who carries what, and the busiest link."""
    network.up()
    before = shares(network, network.home)
    return before, busiest(before)


def rest(network: Network, *gone: NetworkLink) -> list[NetworkLink]:
    """Links of A without those `gone`."""
    return [link for link in network.a.links.values() if link not in gone]


def inhibited_here(network: Network) -> tuple[Shares, NetworkLink]:
    """The system has inhibited a link with the consent of A."""
    before, link = loaded(network)
    network.order("inhibit_link", link)
    network.expect("LIN", within=SECOND, sls=link.slc)
    network.bench.run(2 * SECOND)
    expect_shares(network, shares(network, network.home), rest(network, link))
    network.forget()
    return before, link


def inhibited_there(network: Network) -> tuple[Shares, NetworkLink]:
    """A has inhibited a link with the consent of the system."""
    before, link = loaded(network)
    network.a.send("LIN", slc=link.slc)
    network.expect("LIA", within=SECOND, sls=link.slc)
    link.inhibited = True
    network.bench.run(2 * SECOND)
    network.forget()
    return before, link


@case(
    "Q.782/7.1.1",
    "Inhibition of an available link",
    clauses=["Q.704 10.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibit_available_link(network: Network) -> None:
    """LIN with the code of the link; after LIA its traffic is on the others, the link stays in service."""
    _, link = inhibited_here(network)
    network.confirm(link.in_service, f"{link.name} in service", link.where())


@case(
    "Q.782/7.1.2",
    "Inhibition of an unavailable link",
    clauses=["Q.704 10.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibit_unavailable_link(network: Network) -> None:
    """A failed link can be inhibited; when it comes back it carries nothing."""
    _, link = loaded(network)
    link.cut()
    network.bench.run(2 * SECOND)
    network.forget()
    network.order("inhibit_link", link)
    network.expect("LIN", within=SECOND, sls=link.slc)
    network.bench.run(SECOND)
    link.start()
    network.bench.until(
        lambda: link.proven, within=20 * SECOND, awaited=f"{link.name} tested", state=link.where
    )
    network.bench.run(3 * SECOND)
    expect_shares(network, shares(network, network.home), rest(network, link))


@case(
    "Q.782/7.2.1",
    "Inhibition refused at this end",
    clauses=["Q.704 10.2.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibition_refused_here(network: Network) -> None:
    """The last link to A is not inhibited: no LIN, traffic goes on."""
    link = next(iter(network.a.links.values()))
    network.up(links=[link])
    try:
        network.order("inhibit_link", link)
    except Refused as refusal:
        network.bench.note(f"refused: {refusal}")
    network.expect_not("LIN", during=4 * SECOND)
    expect_shares(network, shares(network, network.home), [link])


@case(
    "Q.782/7.2.3",
    "Inhibition refused by the other end",
    clauses=["Q.704 10.2.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibition_refused_there(network: Network) -> None:
    """A answers LIN by LID: the link keeps its traffic."""
    before, link = loaded(network)
    network.a.answers.discard("LIN")
    network.order("inhibit_link", link)
    heard = network.expect("LIN", within=SECOND, sls=link.slc)
    network.a.send("LID", slc=link.slc, over=heard.link)
    network.expect_not("LIN", during=7 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/7.3.1",
    "Inhibition not answered, timer T14",
    clauses=["Q.704 10.2.3", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibition_not_answered(network: Network) -> None:
    """No LIA: LIN comes once more after T14 (2 to 3 s), then never; the link keeps its traffic."""
    before, link = loaded(network)
    network.a.answers.discard("LIN")
    network.order("inhibit_link", link)
    one = network.expect("LIN", within=SECOND, sls=link.slc)
    two = network.expect("LIN", within=4 * SECOND, sls=link.slc)
    measure_time(network.bench, "T14", two.at - one.at, 2.0, 3.0, "Q.704 16.8")
    network.expect_not("LIN", during=7 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/7.4",
    "Unexpected inhibit acknowledgement",
    clauses=["Q.704 10.4"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_unexpected_lia(network: Network) -> None:
    """LIA, LUA and LID that nobody asked for change nothing."""
    before, link = loaded(network)
    for title in ("LIA", "LUA", "LID"):
        network.a.send(title, slc=link.slc, deliberate=True)
    network.bench.run(3 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/7.5",
    "Inhibition by the other end",
    clauses=["Q.704 10.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_remote_inhibition(network: Network) -> None:
    """A's LIN is accepted (LIA); the system sends nothing over the link, which stays in service."""
    _, link = inhibited_there(network)
    expect_shares(network, shares(network, network.home), rest(network, link))
    network.confirm(link.in_service, f"{link.name} in service", link.where())


@case(
    "Q.782/7.6",
    "Inhibition of the last link asked by the other end",
    clauses=["Q.704 10.2.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_remote_inhibition_of_last_link(network: Network) -> None:
    """A's LIN for the only link is denied (LID) and its traffic goes on."""
    link = next(iter(network.a.links.values()))
    network.up(links=[link])
    network.a.send("LIN", slc=link.slc)
    network.expect("LID", within=SECOND, sls=link.slc)
    expect_shares(network, shares(network, network.home), [link])


@case(
    "MTP3/31",
    "Inhibition asked twice",
    clauses=["Q.704 10.4"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_remote_inhibition_twice(network: Network) -> None:
    """A's LIN for a link already inhibited by A is acknowledged again."""
    _, link = inhibited_there(network)
    network.a.send("LIN", slc=link.slc)
    network.expect("LIA", within=SECOND, sls=link.slc)
    expect_shares(network, shares(network, network.home), rest(network, link))


@case(
    "Q.782/7.7",
    "Uninhibition",
    clauses=["Q.704 10.3"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_uninhibit(network: Network) -> None:
    """LUN; after LUA the traffic comes back to the link."""
    before, link = inhibited_here(network)
    network.order("uninhibit_link", link)
    network.expect("LUN", within=SECOND, sls=link.slc)
    network.bench.run(3 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/7.8",
    "Uninhibition not answered, timer T12",
    clauses=["Q.704 10.3", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_uninhibition_not_answered(network: Network) -> None:
    """No LUA: LUN comes once more after T12 (0.8 to 1.5 s); the link then stays inhibited."""
    _, link = inhibited_here(network)
    network.a.answers.discard("LUN")
    network.order("uninhibit_link", link)
    one = network.expect("LUN", within=SECOND, sls=link.slc)
    two = network.expect("LUN", within=3 * SECOND, sls=link.slc)
    measure_time(network.bench, "T12", two.at - one.at, 0.8, 1.5, "Q.704 16.8")
    network.expect_not("LUN", during=5 * SECOND)
    expect_shares(network, shares(network, network.home), rest(network, link))


@case(
    "Q.782/7.9",
    "Uninhibition by the other end",
    clauses=["Q.704 10.3"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_remote_uninhibition(network: Network) -> None:
    """A's LUN is acknowledged (LUA) and the traffic comes back to the link."""
    before, link = inhibited_there(network)
    network.a.send("LUN", slc=link.slc)
    link.inhibited = False
    network.expect("LUA", within=SECOND, sls=link.slc)
    network.bench.run(3 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/7.10",
    "Uninhibition of a link that is not inhibited",
    clauses=["Q.704 10.4"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_unexpected_lun(network: Network) -> None:
    """A's LUN for a link that nobody inhibited is acknowledged; nothing else happens."""
    before, link = loaded(network)
    network.a.send("LUN", slc=link.slc)
    network.expect("LUA", within=SECOND, sls=link.slc)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/7.11",
    "Forced uninhibition asked by the other end",
    clauses=["Q.704 10.3.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_forced_uninhibition_received(network: Network) -> None:
    """A's LFU for a link that the system inhibited: LUN comes, and after LUA the traffic is back."""
    before, link = inhibited_here(network)
    network.a.send("LFU", slc=link.slc)
    network.expect("LUN", within=SECOND, sls=link.slc)
    network.bench.run(3 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/7.12",
    "Uninhibition when A would be lost",
    clauses=["Q.704 10.3.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_automatic_uninhibition(network: Network) -> None:
    """All other links fail: the system uninhibits the link that it had inhibited itself (LUN)."""
    _, link = inhibited_here(network)
    for other in rest(network, link):
        other.cut()
    network.expect("LUN", within=3 * SECOND, sls=link.slc)
    network.bench.run(3 * SECOND)
    expect_shares(network, shares(network, network.home), [link])


@case(
    "Q.782/7.13",
    "Forced uninhibition when A would be lost",
    clauses=["Q.704 10.3.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_forced_uninhibition_sent(network: Network) -> None:
    """All other links fail: the system asks A (LFU) to uninhibit the link that A had inhibited."""
    _, link = inhibited_there(network)
    for other in rest(network, link):
        other.cut()
    network.expect("LFU", within=3 * SECOND, sls=link.slc)
    network.expect("LUA", within=2 * SECOND, sls=link.slc)
    link.inhibited = False
    network.bench.run(3 * SECOND)
    expect_shares(network, shares(network, network.home), [link])


def inhibited_twice(network: Network) -> list[NetworkLink]:
    """The system has inhibited two links of A with its consent, and every other one fails."""
    _, one = inhibited_here(network)
    two = rest(network, one)[-1]
    network.order("inhibit_link", two)
    network.expect("LIN", within=SECOND, sls=two.slc)
    network.bench.run(2 * SECOND)
    network.forget()
    for other in rest(network, one, two):
        other.cut()
    return [one, two]


@case(
    "MTP3/90",
    "Only one of two inhibited links is needed",
    clauses=["Q.704 10.3.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_one_inhibited_link_is_taken_back(network: Network) -> None:
    """Two links are inhibited, all others fail: one LUN; the link acknowledged takes everything."""
    links = inhibited_twice(network)
    first = network.expect("LUN", within=3 * SECOND)
    network.expect_not("LUN", during=4 * SECOND)
    expect_shares(network, shares(network, network.home), [link for link in links if link.slc == first.sls])


@case(
    "MTP3/91",
    "The other one of two inhibited links is needed",
    clauses=["Q.704 10.3.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_next_inhibited_link_is_taken_back(network: Network) -> None:
    """No LUA for the first of two inhibited links: after T12 (0.8 to 1.5 s) twice LUN for the other one."""
    links = inhibited_twice(network)
    network.a.answers.discard("LUN")
    first = network.expect("LUN", within=3 * SECOND)
    other = next(link for link in links if link.slc != first.sls)
    second = network.expect("LUN", within=4 * SECOND, where=lambda heard: heard.sls == other.slc)
    measure_time(network.bench, "T12 twice", second.at - first.at, 1.6, 3.0, "Q.704 16.8")
    network.a.send("LUA", slc=other.slc)
    other.inhibited = False
    network.bench.run(2 * SECOND)
    expect_shares(network, shares(network, network.home), [other])


@case(
    "MTP3/32",
    "Forced uninhibition not answered, timer T13",
    clauses=["Q.704 10.3.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_forced_uninhibition_not_answered(network: Network) -> None:
    """No LUN: LFU comes once more after T13 (0.8 to 1.5 s)."""
    _, link = inhibited_there(network)
    network.a.answers.discard("LFU")
    for other in rest(network, link):
        other.cut()
    one = network.expect("LFU", within=3 * SECOND, sls=link.slc)
    two = network.expect("LFU", within=3 * SECOND, sls=link.slc)
    measure_time(network.bench, "T13", two.at - one.at, 0.8, 1.5, "Q.704 16.8")


@case(
    "Q.782/7.17.1",
    "Local inhibit test, timer T22",
    clauses=["Q.704 10.6", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_local_inhibit_test(network: Network) -> None:
    """A link that the system inhibited is tested by LLT every T22 (3 to 6 min)."""
    _, link = inhibited_here(network)
    one = network.expect("LLT", within=7 * MINUTE, sls=link.slc)
    two = network.expect("LLT", within=7 * MINUTE, sls=link.slc)
    measure_time(network.bench, "T22", two.at - one.at, 180, 360, "Q.704 16.8")


@case(
    "Q.782/7.17.2",
    "Remote inhibit test, timer T23",
    clauses=["Q.704 10.6", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_remote_inhibit_test(network: Network) -> None:
    """A link that A inhibited is tested by LRT every T23 (3 to 6 min)."""
    _, link = inhibited_there(network)
    one = network.expect("LRT", within=7 * MINUTE, sls=link.slc)
    two = network.expect("LRT", within=7 * MINUTE, sls=link.slc)
    measure_time(network.bench, "T23", two.at - one.at, 180, 360, "Q.704 16.8")


@case(
    "MTP3/33",
    "Local inhibit test for a link not marked",
    clauses=["Q.704 10.6.1"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
)
def test_llt_for_uninhibited_link(network: Network) -> None:
    """A's LLT for a link that the system does not know as inhibited by A: LFU asks to uninhibit it."""
    _, link = loaded(network)
    network.a.send("LLT", slc=link.slc)
    network.expect("LFU", within=SECOND, sls=link.slc)


@case(
    "MTP3/34",
    "Remote inhibit test for a link not marked",
    clauses=["Q.704 10.6.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_lrt_for_uninhibited_link(network: Network) -> None:
    """A's LRT for a link that the system has not inhibited: LUN tells so."""
    _, link = loaded(network)
    network.a.send("LRT", slc=link.slc)
    network.expect("LUN", within=SECOND, sls=link.slc)


@case(
    "MTP3/35",
    "Inhibit tests that agree",
    clauses=["Q.704 10.6.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibit_tests_that_agree(network: Network) -> None:
    """LRT for a link that the system inhibited is not answered; it stays inhibited."""
    _, link = inhibited_here(network)
    network.a.send("LRT", slc=link.slc)
    network.expect_not("LUN", "LFU", during=3 * SECOND)
    expect_shares(network, shares(network, network.home), rest(network, link))


@case(
    "MTP3/36",
    "Inhibited link is still tested",
    clauses=["Q.704 10.1", "Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibited_link_is_tested(network: Network) -> None:
    """An SLTM over an inhibited link is answered on it."""
    _, link = inhibited_here(network)
    link.send_sltm(b"INHIBITED")
    network.expect("SLTA", within=SECOND, link=link)


@case(
    "MTP3/37",
    "Inhibition at both ends",
    clauses=["Q.704 10.1", "Q.704 10.3"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibited_at_both_ends(network: Network) -> None:
    """A link inhibited by both ends carries traffic only when both have uninhibited it."""
    before, link = inhibited_here(network)
    network.a.send("LIN", slc=link.slc)
    network.expect("LIA", within=SECOND, sls=link.slc)
    network.order("uninhibit_link", link)
    network.expect("LUN", within=SECOND, sls=link.slc)
    network.bench.run(2 * SECOND)
    expect_shares(network, shares(network, network.home), rest(network, link))
    network.a.send("LUN", slc=link.slc)
    network.bench.run(3 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/38",
    "Inhibition loses nothing",
    clauses=["Q.704 10.2", "Q.704 5.3"],
    proves=["N-01"],
    needs="mtp3.inhibiting",
    setup="network",
    unverified=True,
)
def test_inhibition_loses_nothing(network: Network) -> None:
    """Traffic while a link is inhibited and uninhibited keeps its order and is complete."""
    before, link = loaded(network)
    sls = next(sls for sls, other in before.items() if other is link)
    series = Series(network.home, sls)
    over = rest(network, link)[0]
    series.send(3, over=over)
    network.order("inhibit_link", link)
    series.send(3, over=over)
    network.bench.run(3 * SECOND)
    network.order("uninhibit_link", link)
    series.send(3, over=over)
    network.bench.run(3 * SECOND)
    series.expect()
    if not link.in_service:
        raise Fail(f"{link.name} in service", link.where(), "it went out of service")

"""MTP level 3: changeback (Q.782 group 4; Q.704 6).

The tester is adjacent point A with all its links.
"""

from __future__ import annotations

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.testers.network import Network
from testline.testers.network_changeover import diverted, in_traffic, order_for, others
from testline.testers.network_link import Heard, NetworkLink
from testline.testers.network_traffic import Series, Shares, expect_same, expect_shares, shares
from testrig.clock import SECOND


def failed_once(network: Network) -> tuple[Shares, NetworkLink, int]:
    """A link has failed and its traffic is on the others."""
    before, link, sls = in_traffic(network)
    link.cut()
    order_for(network, link)
    network.bench.run(2 * SECOND)
    diverted(network, before, link)
    network.forget()
    return before, link, sls


def declarations(network: Network, link: NetworkLink) -> list[Heard]:
    """Changeback declarations for `link` heard so far."""
    return [heard for heard in network.heard if heard.title == "CBD" and heard.sls == link.slc]


@case(
    "Q.782/4.1",
    "Changeback within a link set",
    clauses=["Q.704 6.2", "Q.704 6.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeback(network: Network) -> None:
    """The link is back: CBD on the links that carried its traffic; after CBA each selection is at home."""
    before, link, _ = failed_once(network)
    link.start()
    order = network.expect("CBD", within=20 * SECOND, sls=link.slc)
    network.confirm(order.link is not link, "CBD over the alternative link", str(order))
    network.bench.run(2 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/4.2",
    "Additional changeback acknowledgement",
    clauses=["Q.704 6.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_additional_cba(network: Network) -> None:
    """A second CBA with the same code is ignored."""
    before, link, _ = failed_once(network)
    link.start()
    order = network.expect("CBD", within=20 * SECOND, sls=link.slc)
    network.bench.run(2 * SECOND)
    network.a.send("CBA", slc=link.slc, code=order.message.code, deliberate=True)
    network.bench.run(SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/4.3",
    "Changeback declaration not acknowledged, timer T4",
    clauses=["Q.704 6.5.3", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_cbd_is_repeated(network: Network) -> None:
    """No CBA: the CBD comes again after T4 (0.5 to 1.2 s), same code; acknowledged then, all is back."""
    before, link, _ = failed_once(network)
    network.a.answers.discard("CBD")
    link.start()
    one = network.expect("CBD", within=20 * SECOND, sls=link.slc)
    two = network.expect(
        "CBD", within=2 * SECOND, sls=link.slc, where=lambda heard: heard.message.code == one.message.code
    )
    measure_time(network.bench, "T4", two.at - one.at, 0.5, 1.2, "Q.704 16.8")
    for code in dict.fromkeys(heard.message.code for heard in declarations(network, link)):
        network.a.send("CBA", slc=link.slc, code=code)
    network.bench.run(2 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/4.4",
    "Changeback never acknowledged, timer T5",
    clauses=["Q.704 6.5.3", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_cbd_never_acknowledged(network: Network) -> None:
    """After the repeated CBD and T5 (0.5 to 1.2 s) traffic starts on the link without acknowledgement."""
    before, link, sls = failed_once(network)
    network.a.answers.discard("CBD")
    link.start()
    one = network.expect("CBD", within=20 * SECOND, sls=link.slc)
    two = network.expect(
        "CBD", within=2 * SECOND, sls=link.slc, where=lambda heard: heard.message.code == one.message.code
    )
    series = Series(network.home, sls)
    series.send(1, over=network.a.other_link(link))
    first = series.expect()[0]
    measure_time(network.bench, "T5", first.at - two.at, 0.5, 1.2, "Q.704 16.8")
    network.confirm(first.link is link, f"traffic on {link.name}", str(first))
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/4.5",
    "Unexpected changeback declaration",
    clauses=["Q.704 6.5.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_unexpected_cbd(network: Network) -> None:
    """A's CBD, whatever its code, is acknowledged with the same code; the system's traffic stays."""
    before, link, _ = in_traffic(network)
    for code in (0, 77, 255):
        network.a.send("CBD", slc=link.slc, code=code)
        network.expect("CBA", within=SECOND, sls=link.slc, code=code)
    expect_same(network, before, shares(network, network.home))


@case(
    "Q.782/4.6",
    "Unexpected changeback acknowledgement",
    clauses=["Q.704 6.5.1"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_unexpected_cba(network: Network) -> None:
    """A CBA that nobody asked for changes nothing."""
    before, link, _ = in_traffic(network)
    network.a.send("CBA", slc=link.slc, code=9, deliberate=True)
    network.bench.run(2 * SECOND)
    expect_same(network, before, shares(network, network.home))


@case(
    "MTP3/26",
    "Changeback acknowledged with a wrong code",
    clauses=["Q.704 6.3.3", "Q.704 6.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_cba_with_wrong_code(network: Network) -> None:
    """A CBA with another code is no answer: the CBD is repeated."""
    _, link, _ = failed_once(network)
    network.a.answers.discard("CBD")
    link.start()
    one = network.expect("CBD", within=20 * SECOND, sls=link.slc)
    used = {heard.message.code for heard in declarations(network, link)}
    network.a.send(
        "CBA", slc=link.slc, code=next(code for code in range(200, 256) if code not in used), deliberate=True
    )
    network.expect(
        "CBD", within=2 * SECOND, sls=link.slc, where=lambda heard: heard.message.code == one.message.code
    )


@case(
    "MTP3/27",
    "Traffic is held during changeback",
    clauses=["Q.704 6.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_traffic_is_held_during_changeback(network: Network) -> None:
    """Between CBD and CBA nothing of the diverted traffic is sent; after CBA all of it, in order, at home."""
    _, link, sls = failed_once(network)
    network.a.answers.discard("CBD")
    link.start()
    network.expect("CBD", within=20 * SECOND, sls=link.slc)
    network.bench.run(SECOND // 10)
    series = Series(network.home, sls)
    series.send(5, over=network.a.other_link(link))
    network.bench.run(SECOND // 5)
    network.confirm(not series.answers, "nothing before CBA", ", ".join(map(str, series.answers)))
    for code in dict.fromkeys(heard.message.code for heard in declarations(network, link)):
        network.a.send("CBA", slc=link.slc, code=code)
    found = series.expect()
    network.confirm(all(heard.link is link for heard in found), f"all on {link.name}", str(found[0]))


@case(
    "MTP3/28",
    "Codes of several changeback declarations",
    clauses=["Q.704 6.3.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeback_codes_differ(network: Network) -> None:
    """Declarations for one link over several alternative links have different codes."""
    _, link, _ = failed_once(network)
    link.start()
    network.expect("CBD", within=20 * SECOND, sls=link.slc)
    network.bench.run(SECOND)
    found = declarations(network, link)
    by_link = {(heard.link.name, heard.message.code) for heard in found}
    codes = {heard.message.code for heard in found}
    network.confirm(len(codes) == len(by_link), "a code for each alternative link", f"{sorted(by_link)}")


@case(
    "MTP3/29",
    "Link fails during changeback",
    clauses=["Q.704 6.5", "Q.704 5.3"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_link_fails_during_changeback(network: Network) -> None:
    """The link fails while its CBD waits: the traffic stays on the alternatives and none is lost."""
    _, link, sls = failed_once(network)
    network.a.answers.discard("CBD")
    link.start()
    network.expect("CBD", within=20 * SECOND, sls=link.slc)
    series = Series(network.home, sls)
    series.send(4, over=others(network, link)[0])
    link.cut()
    series.expect(within=6 * SECOND)
    expect_shares(network, shares(network, network.home), others(network, link))


@case(
    "MTP3/30",
    "Failed link with a test not passed gets no traffic",
    clauses=["Q.704 6.2", "Q.704 12.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_no_changeback_before_the_test(network: Network) -> None:
    """A link that is aligned again but whose test is not answered gets no changeback."""
    _, link, _ = failed_once(network)
    link.answering = False
    link.start()
    network.expect("SLTM", within=20 * SECOND, where=lambda heard: heard.link is link)
    network.expect_not("CBD", during=3 * SECOND)
    expect_shares(network, shares(network, network.home), others(network, link))


@case(
    "Q.782/4.11",
    "Changeback as compatibility test",
    clauses=["Q.704 6"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeback_compatibility(network: Network) -> None:
    """Traffic both ways while a link fails and comes back three times: nothing is lost or overtaken."""
    before, link, sls = in_traffic(network)
    series = Series(network.home, sls)
    for _ in range(3):
        link.cut()
        series.send(3, over=others(network, link)[0])
        network.bench.run(2 * SECOND)
        link.start()
        series.send(3, over=others(network, link)[0])
        network.bench.until(
            lambda: link.in_service, within=20 * SECOND, awaited=f"{link.name} back", state=network.where
        )
        network.bench.run(3 * SECOND)
    series.expect()
    expect_same(network, before, shares(network, network.home))

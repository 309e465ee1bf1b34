"""Changeover as cases use it: a loaded link of A, the order for it, and its traffic afterwards.

What the system had sent on a failed link and A had not accepted is what the buffer updating is about:
`hold_acknowledgements` keeps it in the retransmission buffer.
"""

from __future__ import annotations

from typing import Final

from testline.testers.network import Network
from testline.testers.network_link import Heard, NetworkLink
from testline.testers.network_traffic import Series, Shares, busiest, expect_same, selections_on, shares
from testrig.clock import SECOND

MODULUS: Final = 128
SOON: Final = SECOND // 2
"""Frames within which a changeover that nothing holds up is under way (Q.706 4.4: 0.5 s)."""


def in_traffic(network: Network) -> tuple[Shares, NetworkLink, int]:
    """Bring everything up; return who carries what, the link to fail, and a selection on it."""
    network.up()
    before = shares(network, network.home)
    link = busiest(before)
    return before, link, selections_on(before, link)[0]


def order_for(network: Network, link: NetworkLink, *, within: int = SECOND) -> Heard:
    """Wait for the system's changeover order for `link`, on another link."""
    heard = network.expect("COO", within=within, sls=link.slc, dpc=network.a.code)
    network.confirm(heard.link is not link, "COO over another link", str(heard))
    return heard


def others(network: Network, *gone: NetworkLink) -> list[NetworkLink]:
    """Links of A without those `gone`."""
    return [link for link in network.a.links.values() if link not in gone]


def diverted(network: Network, before: Shares, *gone: NetworkLink) -> Shares:
    """Fail unless the traffic of `gone` is on other links and all other traffic where it was."""
    after = shares(network, network.home)
    expect_same(network, {sls: link for sls, link in before.items() if link not in gone}, after)
    network.confirm(
        not any(link in gone for link in after.values()), "no traffic on the failed link", "traffic on it"
    )
    return after


def buffered(
    network: Network,
    link: NetworkLink,
    sls: int,
    *,
    accepted: int,
    count: int,
    over: NetworkLink | None = None,
) -> Series:
    """Let the system send `count` messages on `link`, take in the first `accepted`, and fail the link.

    The level 2 of A has acknowledged nothing of them; its COA tells what it has accepted. What makes the
    system send them goes over another link of A unless given.
    """
    series = Series(network.home, sls)
    link.hold_acknowledgements()
    start = len(link.link.units)
    series.send(count, over=over or network.a.other_link(link))
    network.bench.until(
        lambda: sum(unit.count for unit in link.link.units[start:] if unit.kind == "MSU") >= count,
        within=SOON,
        awaited=f"{count} messages on {link.name}",
        state=link.where,
    )
    last = (link.link.bsn + accepted) % MODULUS
    link.cut()
    link.accepted = last
    return series

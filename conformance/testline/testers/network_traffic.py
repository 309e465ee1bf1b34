"""Traffic over the tester's network: which link carries what, and whether anything is lost or overtaken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from testline.testers.network import SETTLING, Destination, Network
from testline.testers.network_link import Heard, NetworkLink
from testline.verdicts import Fail, NotApplicable
from testrig.clock import SECOND

Shares = dict[int, NetworkLink]
"""The link that carries each value of the signalling link selection."""

ROUND: Final = (("BLO", "BLA"), ("UBL", "UBA"), ("RSC", "RLC"))
"""Messages of a series and their answers: three kinds, so that an exchange of places is seen."""


def shares(
    network: Network,
    destination: Destination,
    selections: Iterable[int] | None = None,
    *,
    within: int = 3 * SECOND,
) -> Shares:
    """Reset a circuit for each selection and return the links over which the answers came, each once."""
    start = len(network.heard)
    wanted = destination.selections if selections is None else list(selections)
    if not wanted:
        raise NotApplicable(f"no ISUP circuits to point {destination.code} in this set-up")
    circuits = {destination.circuit(sls).cic: sls for sls in wanted}
    for cic in circuits:
        destination.send_isup("RSC", cic)

    def answers() -> list[Heard]:
        return [
            heard
            for heard in network.since(start)
            if heard.title == "RLC" and heard.dpc == destination.code and heard.message.cic in circuits
        ]

    network.bench.until(
        lambda: len(answers()) >= len(wanted),
        within=within,
        awaited=f"RLC to point {destination.code} for selections {wanted}",
        state=lambda: f"{len(answers())} of {len(wanted)} came; {network.where()}",
    )
    network.bench.run(SETTLING // 4)
    found: Shares = {}
    for heard in answers():
        sls = circuits[heard.message.cic]
        network.check(heard, "an answer with the selection of its circuit", sls=sls)
        if sls in found:
            network.fail("one answer to each RSC", heard)
        found[sls] = heard.link
    return found


def busiest(found: Shares) -> NetworkLink:
    """Return the link that carries most selections, of these the one with the lowest code."""
    counts = Counter(link.name for link in found.values())
    return max(found.values(), key=lambda link: (counts[link.name], -link.slc))


def selections_on(found: Shares, link: NetworkLink) -> list[int]:
    """Return the selections that `link` carries."""
    return sorted(sls for sls, other in found.items() if other is link)


def expect_shares(network: Network, found: Shares, links: Iterable[NetworkLink]) -> None:
    """Fail unless exactly `links` carry traffic, all of them."""
    wanted = {link.name for link in links}
    carrying = {link.name for link in found.values()}
    network.confirm(
        carrying == wanted,
        f"traffic on links {', '.join(sorted(wanted))} and on no other",
        f"traffic on {', '.join(sorted(carrying))}",
    )


def expect_same(network: Network, before: Shares, after: Shares) -> None:
    """Fail when a selection changed its link."""
    moved = [
        f"{sls} from {before[sls].name} to {after[sls].name}"
        for sls in sorted(before)
        if sls in after and after[sls] is not before[sls]
    ]
    network.confirm(not moved, "every selection on its link", f"moved: {', '.join(moved)}")


def expect_no_traffic(network: Network, destination: Destination, over: NetworkLink, *, during: int) -> None:
    """Fail when the system answers towards `destination` though it cannot be reached."""
    if not destination.circuits:
        raise NotApplicable(f"no ISUP circuits to point {destination.code} in this set-up")
    for sls in destination.selections:
        destination.send_isup("RSC", destination.circuit(sls).cic, over=over)
    network.expect_not("RLC", during=during, where=lambda heard: heard.dpc == destination.code)


class Series:
    """Supervision of one circuit, answer by answer: what is lost, doubled or overtaken shows."""

    def __init__(self, destination: Destination, sls: int) -> None:
        self.destination = destination
        self.network = destination.network
        self.cic = destination.circuit(sls).cic
        self.sls = sls
        self.sent = 0
        self._start = len(self.network.heard)

    def send(self, count: int, *, over: NetworkLink) -> None:
        """Send the next `count` messages of the series over one link."""
        for _ in range(count):
            self.destination.send_isup(ROUND[self.sent % len(ROUND)][0], self.cic, over=over)
            self.sent += 1

    @property
    def answers(self) -> list[Heard]:
        """What the system answered on the circuit so far."""
        titles = {answer for _, answer in ROUND}
        return [
            heard
            for heard in self.network.since(self._start)
            if heard.title in titles and heard.dpc == self.destination.code and heard.message.cic == self.cic
        ]

    def expect(self, *, missing: Iterable[int] = (), within: int = 4 * SECOND) -> list[Heard]:
        """Wait for every answer, in order and once; those of the messages `missing` must not come."""
        gone = set(missing)
        wanted = [ROUND[number % len(ROUND)][1] for number in range(self.sent) if number not in gone]

        def complete() -> bool:
            return len(self.answers) >= len(wanted)

        self.network.bench.until(
            complete,
            within=within,
            awaited=f"answers {', '.join(wanted)} on circuit {self.cic}",
            state=lambda: f"{self._told()}; {self.network.where()}",
        )
        self.network.bench.run(SETTLING)
        found = self.answers
        if [heard.title for heard in found] != wanted:
            self.network.bench.trace.depart(self.network.bench.now, "each answer once, in order")
            raise Fail(
                f"answers {', '.join(wanted)} in this order, each once", self.network.where(), self._told()
            )
        return found

    def _told(self) -> str:
        return ", ".join(heard.title for heard in self.answers) or "no answer"

"""MTP level 3: signalling transfer point (Q.782 groups 2 and 9 for an STP; Q.704 2 and 13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from testline.case import case
from testline.testers.network import Destination, Network, Point
from testline.testers.network_link import Heard, NetworkLink
from testline.testers.network_traffic import busiest
from testrig.clock import SECOND

USER: Final = 5
"""ISUP, as far as a transfer point cares (Q.704 14.2.1)."""
LABELS: Final = {"itu14": 5, "china24": 8}
"""Octets of service information octet and label (Q.704 figure 3, GF 001-9001)."""
LENGTHS: Final = (13, 61, 62, 63, 64, 65, 127, 128, 272, 273)
"""Octets of service information octet and field: around the longest that is indicated, and the longest (Q.703
2.3.3, 2.3.8)."""


def transit(
    network: Network,
    source: int,
    over: NetworkLink,
    to: int,
    *,
    sls: int = 0,
    data: bytes = b"",
    si: int = USER,
) -> None:
    """Send a message of `source` through the system to `to`."""
    over.send(si, data or b"\x01\x00\x12", opc=source, dpc=to, sls=sls)


def passed(network: Network, start: int, source: int, to: int) -> list[Heard]:
    """Messages of `source` for `to` that came out since position `start`."""
    return [each for each in network.since(start) if (each.opc, each.dpc) == (source, to)]


def through(network: Network, source: Point, to: int, *, si: int = USER) -> dict[int, NetworkLink]:
    """Send one message a selection through the system and return over which link each came out."""
    start, over = len(network.heard), source.other_link()
    contents = {sls: bytes((0x01, 0x00, 0x12, 0xA0 | sls)) for sls in range(16)}
    for sls, data in contents.items():
        transit(network, source.code, over, to, sls=sls, data=data, si=si)
    network.bench.until(
        lambda: len(passed(network, start, source.code, to)) >= len(contents),
        within=3 * SECOND,
        awaited=f"16 messages for {to}",
        state=network.where,
    )
    network.bench.run(SECOND // 4)
    found = passed(network, start, source.code, to)
    network.confirm(len(found) == len(contents), "each message once", f"{len(found)} messages")
    for each in found:
        network.check(
            each, "the message unchanged", data=contents[each.sls], si=si, ni=network.spec.network_indicator
        )
    return {each.sls: each.link for each in found}


def nothing_through(network: Network, source: Point, to: int) -> None:
    """Fail when a message of `source` for `to` comes out."""
    start = len(network.heard)
    transit(network, source.code, source.other_link(), to)
    network.bench.run(2 * SECOND)
    found = passed(network, start, source.code, to)
    network.confirm(not found, f"nothing for {to}", ", ".join(map(str, found)))


def concerns(destination: int) -> Callable[[Heard], bool]:
    """Whether a message of route management concerns `destination`."""
    return lambda heard: bool(heard.message.destination == destination)


def lose(network: Network, point: Point) -> None:
    """Fail every link to an adjacent point."""
    for link in point.links.values():
        link.cut()


def ready(network: Network) -> Destination:
    """Bring everything up; return the far destination."""
    network.up()
    return network.remote()


@case(
    "Q.782/2.7.1",
    "Transfer between adjacent points",
    clauses=["Q.704 2.3", "Q.704 2.4"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_transfer_between_adjacent_points(network: Network) -> None:
    """Messages of B for A pass unchanged, label included, over links to A only."""
    ready(network)
    points = {link.spec.adjacent for link in through(network, network.b, network.a.code).values()}
    network.confirm(points == {network.a.code}, "over links to A", f"{points}")


@case(
    "Q.782/2.7.2",
    "Transfer both ways",
    clauses=["Q.704 2.3"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_transfer_other_way(network: Network) -> None:
    """Messages of A for B pass unchanged over links to B."""
    ready(network)
    points = {link.spec.adjacent for link in through(network, network.a, network.b.code).values()}
    network.confirm(points == {network.b.code}, "over links to B", f"{points}")


@case(
    "MTP3/46",
    "Transfer of any user part",
    clauses=["Q.704 2.4", "Q.704 14.2.1"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_transfer_of_any_user_part(network: Network) -> None:
    """A transfer point does not look at the service: telephone, data and spare ones pass."""
    ready(network)
    for si in (4, 6, 11, 15):
        through(network, network.b, network.a.code, si=si)


@case(
    "MTP3/47",
    "Load sharing of transferred traffic",
    clauses=["Q.704 2.3.2"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_load_sharing_of_transfer(network: Network) -> None:
    """Transferred traffic uses every link of the set, each selection always the same."""
    ready(network)
    first = through(network, network.b, network.a.code)
    names = {link.name for link in first.values()}
    network.confirm(len(names) == len(network.a.links), "every link to A in use", f"{sorted(names)}")
    again = through(network, network.b, network.a.code)
    network.confirm(first == again, "each selection on its link", "some moved")


@case(
    "MTP3/48",
    "Transfer to a far point",
    clauses=["Q.704 2.3"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_transfer_to_far_point(network: Network) -> None:
    """Messages of B for F go by A."""
    far = ready(network)
    points = {link.spec.adjacent for link in through(network, network.b, far.code).values()}
    network.confirm(points == {network.a.code}, "by A", f"{points}")


@case(
    "MTP3/49",
    "Transfer during changeover",
    clauses=["Q.704 5.5"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_transfer_during_changeover(network: Network) -> None:
    """Numbered messages of B for A around the failure of a link arrive each once, in order."""
    ready(network)
    found = through(network, network.b, network.a.code)
    link = busiest(found)
    sls = next(sls for sls, other in found.items() if other is link)
    start, over = len(network.heard), network.b.other_link()
    for number in range(40):
        if number == 20:
            link.cut()
        transit(network, network.b.code, over, network.a.code, sls=sls, data=bytes((1, 0, 0x12, number)))
        network.bench.run(SECOND // 50)
    network.bench.run(4 * SECOND)
    numbers = [each.data[3] for each in passed(network, start, network.b.code, network.a.code)]
    network.confirm(numbers == list(range(40)), "0 to 39 in order, each once", f"{numbers}")


@case(
    "Q.782/9.1.1",
    "TFP on an alternative route",
    clauses=["Q.704 13.2.2"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_tfp_on_alternative_route(network: Network) -> None:
    """A is lost, traffic for F goes by B now: B is told not to send F's traffic here (TFP)."""
    far = ready(network)
    lose(network, network.a)
    network.expect(
        "TFP",
        within=4 * SECOND,
        dpc=network.b.code,
        where=concerns(far.code),
    )


@case(
    "Q.782/9.2.1",
    "Broadcast of TFP",
    clauses=["Q.704 13.2.2"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_broadcast_of_tfp(network: Network) -> None:
    """A is lost: B is told so (TFP for A)."""
    ready(network)
    lose(network, network.a)
    network.expect(
        "TFP",
        within=4 * SECOND,
        dpc=network.b.code,
        where=concerns(network.a.code),
    )


@case(
    "Q.782/9.2.2",
    "Broadcast of TFP, several points lost",
    clauses=["Q.704 13.2.2"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
)
def test_broadcast_of_several_tfp(network: Network) -> None:
    """B prohibits F and then A is lost: B is told of A; F, which nobody reaches any more, is dropped."""
    far = ready(network)
    network.b.send("TFP", destination=far.code)
    network.bench.run(SECOND)
    network.forget()
    lose(network, network.a)
    network.expect(
        "TFP",
        within=4 * SECOND,
        dpc=network.b.code,
        where=concerns(network.a.code),
    )
    nothing_through(network, network.b, far.code)


@case(
    "Q.782/9.3.1",
    "TFP in response to a message",
    clauses=["Q.704 13.2.2"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_tfp_in_response(network: Network) -> None:
    """A message of B for A that is lost is answered by TFP to B."""
    ready(network)
    lose(network, network.a)
    network.bench.run(6 * SECOND)
    network.forget()
    transit(network, network.b.code, network.b.other_link(), network.a.code)
    network.expect("TFP", within=2 * SECOND, dpc=network.b.code, destination=network.a.code)


@case(
    "Q.782/9.3.2",
    "TFP in response, timer T8",
    clauses=["Q.704 13.2.2", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_tfp_in_response_not_too_often(network: Network) -> None:
    """Many messages for a lost point within T8 (0.8 to 1.2 s) are answered by one TFP only."""
    ready(network)
    lose(network, network.a)
    network.bench.run(6 * SECOND)
    start, over = len(network.heard), network.b.other_link()
    for _ in range(10):
        transit(network, network.b.code, over, network.a.code)
        network.bench.run(SECOND // 25)
    network.bench.run(SECOND)
    found = [each for each in network.since(start) if each.title == "TFP"]
    network.confirm(len(found) == 1, "one TFP", f"{len(found)} TFP")


@case(
    "Q.782/9.4.1",
    "Broadcast of TFA",
    clauses=["Q.704 13.3.2"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_broadcast_of_tfa(network: Network) -> None:
    """A is back and has allowed traffic: B is told (TFA for A)."""
    ready(network)
    lose(network, network.a)
    network.bench.run(5 * SECOND)
    network.forget()
    for link in network.a.links.values():
        link.start()
    network.expect(
        "TFA",
        within=40 * SECOND,
        dpc=network.b.code,
        where=concerns(network.a.code),
    )
    network.bench.run(3 * SECOND)
    through(network, network.b, network.a.code)


@case(
    "Q.782/9.5.1",
    "Route set test for a reachable point",
    clauses=["Q.704 13.5.4"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_rst_for_reachable_point(network: Network) -> None:
    """B asks for A (RST), which can be reached: TFA."""
    ready(network)
    network.b.send("RST", destination=network.a.code)
    network.expect("TFA", within=2 * SECOND, dpc=network.b.code, destination=network.a.code)


@case(
    "Q.782/9.5.2",
    "Route set test for a lost point",
    clauses=["Q.704 13.5.4"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_rst_for_lost_point(network: Network) -> None:
    """B asks for A: TFA while it can be reached; lost, as B was told, no answer; TFA again when A is back."""
    ready(network)
    network.b.send("RST", destination=network.a.code)
    network.expect("TFA", within=2 * SECOND, dpc=network.b.code, where=concerns(network.a.code))
    lose(network, network.a)
    network.expect("TFP", within=4 * SECOND, dpc=network.b.code, where=concerns(network.a.code))
    network.bench.run(3 * SECOND)
    network.b.send("RST", destination=network.a.code)
    network.expect_not("TFA", "TFR", "TFP", during=3 * SECOND, where=concerns(network.a.code))
    for link in network.a.links.values():
        link.start()
    network.expect("TFA", within=40 * SECOND, dpc=network.b.code, where=concerns(network.a.code))
    network.b.send("RST", destination=network.a.code)
    network.expect("TFA", within=2 * SECOND, dpc=network.b.code, where=concerns(network.a.code))


@case(
    "MTP3/76",
    "Route set test for a restricted route that is prohibited",
    clauses=["Q.704 13.5.4"],
    proves=["N-01"],
    needs=("mtp3.transfer", "mtp3.restriction"),
    setup="transfer",
)
def test_rsr_for_lost_point(network: Network) -> None:
    """B takes A as restricted (RSR), but it is lost: TFP."""
    ready(network)
    lose(network, network.a)
    network.expect("TFP", within=4 * SECOND, dpc=network.b.code, where=concerns(network.a.code))
    network.bench.run(3 * SECOND)
    network.b.send("RSR", destination=network.a.code)
    network.expect("TFP", within=2 * SECOND, dpc=network.b.code, where=concerns(network.a.code))


@case(
    "MTP3/50",
    "Messages are not sent back",
    clauses=["Q.704 13.2.2"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_messages_for_unknown_point(network: Network) -> None:
    """A message for a point that nobody knows is dropped, and traffic goes on."""
    ready(network)
    known = {network.spec.point_code, *network.destinations}
    nothing_through(network, network.b, next(code for code in range(1, 99) if code not in known))
    through(network, network.b, network.a.code)


@case(
    "MTP3/51",
    "Transfer of a changeback while messages flow",
    clauses=["Q.704 6.3"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_transfer_during_changeback(network: Network) -> None:
    """Numbered messages of B for A while a link comes back arrive each once, in order."""
    ready(network)
    found = through(network, network.b, network.a.code)
    link = busiest(found)
    sls = next(sls for sls, other in found.items() if other is link)
    link.cut()
    network.bench.run(3 * SECOND)
    link.start()
    start, over = len(network.heard), network.b.other_link()
    for number in range(200):
        transit(network, network.b.code, over, network.a.code, sls=sls, data=bytes((1, 0, 0x12, number)))
        network.bench.run(SECOND // 25)
    network.bench.run(3 * SECOND)
    came = passed(network, start, network.b.code, network.a.code)
    network.confirm(came[-1].link is link, f"traffic back on {link.name}", came[-1].link.name)
    numbers = [each.data[3] for each in came]
    network.confirm(numbers == list(range(200)), "0 to 199 in order, each once", f"{numbers}")


@case(
    "MTP3/112",
    "Transfer of messages of every length",
    clauses=["Q.703 2.3.3", "Q.703 2.3.8", "Q.704 2.3"],
    proves=["N-01"],
    needs="mtp3.transfer",
    setup="transfer",
    unverified=True,
)
def test_transfer_of_every_length(network: Network) -> None:
    """Messages of B for A pass whole: around 63 octets, where the length indicator ends, and the longest."""
    ready(network)
    start, over = len(network.heard), network.b.other_link()
    label = LABELS[network.spec.variant]
    contents = [bytes((0x01, 0x00, 0x12)).ljust(length - label, b"\xa5") for length in LENGTHS]
    for data in contents:
        transit(network, network.b.code, over, network.a.code, data=data)
    network.bench.run(2 * SECOND)
    found = [each.data for each in passed(network, start, network.b.code, network.a.code)]
    network.confirm(
        found == contents,
        f"messages of {', '.join(map(str, LENGTHS))} octets, whole and in order",
        f"{[label + len(data) for data in found]} octets",
    )

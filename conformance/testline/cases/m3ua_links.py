"""M3UA: a gateway with several links and points: traffic, failures, orders, keys for other services.

A is the point with the most links, B another one. Circuits and keys are those of the first AS of the PIXIT.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from testline.case import case as plain
from testline.cases.m3ua_registration import UNITDATA, inner
from testline.layers.m3ua import TAGS, parameters
from testline.testers.m3ua import AspTester, user_information
from testline.testers.mtp3 import ISUP
from testline.testers.network import Destination, Network
from testline.testers.network_link import Heard, NetworkLink
from testline.verdicts import Fail, Inconclusive
from testrig.clock import SECOND
from testrig.system import Refused, ServerSpec

case = partial(plain, proves=["N-05"], needs="m3ua", setup="gateway_links")

SELECTIONS: Final = range(16)
SERVICES: Final = (3, 4, 6, 7, 8, 11, 15)
"""Users beside ISUP (RFC 4666 3.4.5, Q.704 14.2.1) whose messages have no form that a third opinion holds."""
FAILED: Final = 4 * SECOND
"""Frames after which a link that was cut has failed and its traffic has been changed over (Q.704 5, T2)."""


def first_server(network: Network) -> ServerSpec:
    """The first AS of the PIXIT."""
    sigtran = network.bench.pixit.sigtran
    if sigtran is None or not sigtran.servers:
        raise Inconclusive("the system has no AS")
    return sigtran.servers[0]


def served(network: Network) -> AspTester:
    """Return an ASP that is active for the first AS, all links in service."""
    network.up()
    asp = AspTester(network.bench, "asp1")
    asp.up()
    asp.activate(first_server(network).routing_context)
    network.bench.run(SECOND)
    asp.inbox.clear()
    return asp


def sends(network: Network, asp: AspTester, to: int, numbers: range = SELECTIONS) -> list[bytes]:
    """Send a message of the AS with each selection to a point; return them."""
    server = first_server(network)
    sent = []
    for number in numbers:
        data = user_information(server.first_circuit, number)
        label = {"si": server.services[0], "dpc": to, "sls": number % len(SELECTIONS)}
        asp.send_data(server.routing_context, data, **label)
        sent.append(data)
    return sent


def arrived(network: Network, code: int, start: int, service: int = ISUP) -> list[Heard]:
    """User messages that point `code` got after position `start`."""
    return [each for each in network.since(start) if each.dpc == code and each.si == service]


def passes(network: Network, asp: AspTester, far: Destination) -> list[Heard]:
    """Fail unless the messages of an ASP for a point come there, each once and as it was; return them."""
    start = len(network.heard)
    sent = sends(network, asp, far.code)
    network.bench.run(2 * SECOND)
    found = arrived(network, far.code, start)
    wanted = sorted((number, data) for number, data in zip(SELECTIONS, sent, strict=True))
    network.confirm(
        sorted((each.sls, each.data) for each in found) == wanted,
        f"each of {len(sent)} messages at point {far.code}, once",
        f"{len(found)}: {[each.sls for each in found]}",
    )
    return found


def told(asp: AspTester) -> list[tuple[str, list[int]]]:
    """What the ASP has heard of points since the last time."""
    found = [(got.title, got.words("affected_point_code")) for got in asp.inbox]
    asp.inbox.clear()
    return found


def expect_told(network: Network, asp: AspTester, *wanted: tuple[str, int]) -> None:
    """Fail unless the ASP has heard exactly this."""
    found = told(asp)
    network.confirm(
        found == [(title, [code]) for title, code in wanted], f"{list(wanted)} at the ASP", f"{found}"
    )


def expect_state(network: Network, code: int, wanted: str) -> None:
    """Fail unless the maintenance terminal says that a point is so."""
    found = network.maintenance.destination_state(code)
    network.confirm(found == wanted, f"point {code} {wanted}", found)


def expect_link(network: Network, link: NetworkLink, *, in_service: bool, name: str | None = None) -> None:
    """Fail unless the maintenance terminal says that a link is in service, or is not."""
    found = network.maintenance.link_state(link.name if name is None else name)
    network.confirm(
        (found == "in service") is in_service,
        f"link {link.name}{'' if in_service else ' not'} in service",
        found,
    )


@case("GATE/1", "Traffic is shared among the links of its point", clauses=["Q.704 2.3", "RFC 4666 1.4.2.1"])
def test_traffic_is_shared(network: Network) -> None:
    """Messages for A go over all its links, those of one selection over one; those for B over B's."""
    asp = served(network)
    a, b = network.home, network.destinations[network.b.code]
    found = [*passes(network, asp, a), *passes(network, asp, a)]
    by = {sls: {each.link.name for each in found if each.sls == sls} for sls in SELECTIONS}
    network.confirm(all(len(links) == 1 for links in by.values()), "one link a selection", f"{by}")
    used = {each.link.name for each in found}
    network.confirm(used == {link.name for link in network.a.links.values()}, "all links of A", f"{used}")
    adjacent = {each.link.spec.adjacent for each in passes(network, asp, b)}
    network.confirm(adjacent == {b.code}, f"links of point {b.code}", f"links of {adjacent}")


@case("GATE/2", "Messages of every point and link reach the AS", clauses=["RFC 4666 3.3.1"])
def test_every_link_reaches_the_server(network: Network) -> None:
    """Over each link: DATA with the point that sent it, its selection and its octets."""
    asp = served(network)
    server = first_server(network)
    own = network.spec.point_code
    for number, link in enumerate(network.links.values()):
        data = user_information(server.first_circuit, number)
        link.send(server.services[0], data, sls=3 + number)
        label = asp.expect_data(server.routing_context).label
        network.confirm(
            (label.opc, label.dpc, label.sls, label.data) == (link.spec.adjacent, own, 3 + number, data),
            f"{data.hex()} of point {link.spec.adjacent}",
            f"{label.data.hex()} from {label.opc} to {label.dpc} SLS {label.sls}",
        )


@case("GATE/3", "A link of several fails", clauses=["Q.704 5", "RFC 4666 4.5.1"])
def test_link_fails(network: Network) -> None:
    """No point is lost: the ASP hears nothing of it, what it sent before and after comes to A, once."""
    asp = served(network)
    link = network.a.links[min(network.a.links)]
    link.hold_acknowledgements()
    start = len(network.heard)
    sent = sends(network, asp, network.a.code)
    network.bench.run(SECOND // 4)
    link.cut()
    sent += sends(network, asp, network.a.code, range(16, 32))
    network.bench.run(FAILED)
    found = arrived(network, network.a.code, start)
    network.confirm(
        sorted(each.data for each in found) == sorted(sent),
        f"{len(sent)} messages, each once",
        f"{len(found)}",
    )
    expect_told(network, asp)
    expect_link(network, link, in_service=False)
    expect_state(network, network.a.code, "accessible")


@case("GATE/4", "Points come and go", clauses=["RFC 4666 4.5.1", "RFC 4666 3.4.1", "RFC 4666 3.4.2"])
def test_points_come_and_go(network: Network) -> None:
    """DUNA for the point whose last link fails, and DAVA when one is back, each once, and nothing about the
    other point, whose traffic passes. The maintenance terminal says the same."""
    asp = served(network)
    a, b = network.home, network.destinations[network.b.code]
    for gone, other in ((b, a), (a, b)):
        links = list(network.points[gone.code].links.values())
        for link in links:
            network.confirm(told(asp) == [], "no word yet", "another")
            expect_state(network, gone.code, "accessible")
            link.cut()
            network.bench.run(FAILED)
        expect_told(network, asp, ("DUNA", gone.code))
        expect_state(network, gone.code, "inaccessible")
        expect_state(network, other.code, "accessible")
        start = len(network.heard)
        sends(network, asp, gone.code, range(1))
        passes(network, asp, other)
        network.confirm(not arrived(network, gone.code, start), f"nothing for {gone.code}", "a message")
        asp.inbox.clear()  # DUNA once more, perhaps (3.4.1)
        links[-1].start()
        network.bench.run(20 * SECOND)
        expect_told(network, asp, ("DAVA", gone.code))
        expect_state(network, gone.code, "accessible")
        passes(network, asp, gone)


@case("GATE/5", "Audit of several points", clauses=["RFC 4666 4.5.3"])
def test_audit(network: Network) -> None:
    """With B lost: DAVA for A, DUNA for B and for a point that nobody knows, which the terminal does not."""
    asp = served(network)
    network.b.other_link().cut()
    network.bench.run(FAILED)
    asp.inbox.clear()
    unknown = network.a.code ^ 0x155
    asp.send("DAUD", affected_point_code=(network.a.code, network.b.code, unknown))
    network.bench.run(SECOND)
    wanted = {("DAVA", network.a.code), ("DUNA", network.b.code), ("DUNA", unknown)}
    found = {(title, code) for title, codes in told(asp) for code in codes}
    network.confirm(found == wanted, f"{wanted}", f"{found}")
    expect_state(network, unknown, "unknown")


@case("GATE/6", "Orders for links", clauses=["Q.704 12.2", "Q.704 10.2"])
def test_orders(network: Network) -> None:
    """A deactivated link goes out of service and only that one, an activated one comes back; an inhibited one
    carries no traffic until it is uninhibited. No name is the first link."""
    asp = served(network)
    first, *_, last = (network.links[spec.name] for spec in network.bench.pixit.links)
    second = network.a.other_link(first)
    for ordered, name in ((first, ""), (second, second.name), (last, last.name)):
        network.maintenance.deactivate_link(name)
        network.bench.run(FAILED)
        for link in network.links.values():
            expect_link(network, link, in_service=link is not ordered)
        expect_link(network, ordered, in_service=False, name=name)
        network.confirm(not ordered.in_service, "the link out of service at our end", "in service")
        network.maintenance.activate_link(name)
        ordered.start()
        network.bench.run(30 * SECOND)
        expect_link(network, ordered, in_service=True)
    network.order("inhibit_link", second)
    network.bench.run(FAILED)
    used = {each.link for each in passes(network, asp, network.home)}
    network.confirm(used == {first}, f"traffic over {first.name}", f"over {[each.name for each in used]}")
    network.order("uninhibit_link", second)
    network.bench.run(FAILED)
    used = {each.link for each in passes(network, asp, network.home)}
    network.confirm(used == {first, second}, "traffic over both", f"over {[each.name for each in used]}")


@case("GATE/7", "Orders that cannot be carried out", clauses=["requirement O-03"])
def test_orders_refused(network: Network) -> None:
    """Links and networks that do not exist, and inhibiting the last link of a point: refused, no harm."""
    asp = served(network)
    terminal = network.maintenance
    last = network.b.other_link()
    for what, order in (
        ("activating an unknown link", partial(terminal.activate_link, "nowhere")),
        ("deactivating an unknown link", partial(terminal.deactivate_link, "nowhere")),
        ("the state of an unknown link", partial(terminal.link_state, "nowhere")),
        ("the state of a point in an unknown network", partial(terminal.destination_state, 1, "nowhere")),
        ("inhibiting the only link of a point", partial(network.order, "inhibit_link", last)),
    ):
        try:
            order()
        except Refused as refusal:
            network.bench.note(f"{what} refused: {refusal}")
            continue
        raise Fail(awaited=f"{what} refused", observed="carried out")
    passes(network, asp, network.home)
    passes(network, asp, network.destinations[network.b.code])


@case("GATE/8", "Keys for services that no AS has", clauses=["RFC 4666 3.6.1", "RFC 4666 4.4.1"])
def test_keys_for_other_services(network: Network) -> None:
    """For each of them an ASP may register a key, and is then sent its messages, and only those; its own
    go to the network. A key that is refused for want of permission or provision is in order, too."""
    asp = served(network)
    server = first_server(network)
    used = {each for some in (network.bench.pixit.sigtran.servers if network.bench.pixit.sigtran else ())
            for each in some.services}  # fmt: skip
    others = [service for service in SERVICES if service not in used]
    contexts = {service: _registered(network, asp, service) for service in others}
    for context in contexts.values():
        if context is not None:
            asp.activate(context)
    link = network.a.other_link()
    for service, context in contexts.items():
        link.send(service, UNITDATA, sls=service)
        if context is None:
            asp.expect_nothing()
            continue
        label = asp.expect_data(context, several=True).label
        network.confirm((label.si, label.data) == (service, UNITDATA), f"service {service}", f"{label.si}")
        start = len(network.heard)
        asp.send_data(context, UNITDATA, si=service, dpc=network.a.code, sls=service)
        network.bench.run(SECOND)
        found = arrived(network, network.a.code, start, service)
        network.confirm([each.data for each in found] == [UNITDATA], "it at A", f"{found}")
    link.send(server.services[0], user_information(server.first_circuit))
    asp.expect_data(server.routing_context, several=True)


def _registered(network: Network, asp: AspTester, service: int) -> int | None:
    """Register a key for a service; return its routing context, or None when it is refused (4.4.1: no
    permission, not provisioned, no resources, not supported)."""
    key = parameters(local_key=service, dpc=network.spec.point_code, services=bytes((service,)))
    asp.send("REG_REQ", routing_key=key)
    found = inner(asp.expect("REG_RSP"), "registration_result")
    status, context = (
        int.from_bytes(found.get(TAGS[name], b""), "big")
        for name in ("registration_status", "routing_context")
    )
    network.confirm(
        status in (0, 5, 7, 8, 9), f"a key for service {service}, or a refusal", f"status {status}"
    )
    network.confirm((context != 0) is (status == 0), "a routing context where it is registered", f"{context}")
    return context if status == 0 else None

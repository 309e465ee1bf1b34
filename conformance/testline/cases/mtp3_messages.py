"""MTP level 3 in a network: messages that are not for the system, or not sound (Q.782 2.1 to 2.3, group 13).

Numbers are those of Q.782 as far as they are known; the tester is every point around the system.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.layers.mtp3 import HEADING_CODES
from testline.testers.mtp3 import ISUP, SLT, SNM
from testline.testers.network import Network
from testline.testers.network_traffic import expect_same, shares
from testrig.clock import SECOND

SPARE_SI: Final = 11


@case(
    "Q.782/2.1",
    "Message with an invalid sub-service field",
    clauses=["Q.704 2.4", "Q.704 14.2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_invalid_network_indicator(network: Network) -> None:
    """A message of another network is discarded, on every link."""
    network.up()
    home = network.home
    message = home.circuits[0]
    for link in network.a.links.values():
        link.send(
            ISUP,
            bytes((message.cic & 0xFF, message.cic >> 8, 0x12)),
            sls=message.cic & 0x0F,
            ni=network.spec.network_indicator ^ 1,
            deliberate=True,
        )
    network.expect_not("RLC", during=3 * SECOND)
    shares(network, home)


@case(
    "Q.782/2.2",
    "Message with an invalid destination",
    clauses=["Q.704 2.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_invalid_destination(network: Network) -> None:
    """A message for a point that nobody knows is discarded by a point without transfer function."""
    network.up()
    circuit = network.home.circuits[0]
    known = {network.spec.point_code, *network.destinations}
    unknown = next(code for code in range(1, 99) if code not in known)
    for link in network.a.links.values():
        link.send(ISUP, bytes((circuit.cic & 0xFF, circuit.cic >> 8, 0x12)), dpc=unknown, deliberate=True)
    network.expect_not("RLC", during=3 * SECOND)
    shares(network, network.home)


@case(
    "Q.782/2.3",
    "Message with an invalid service indicator",
    clauses=["Q.704 2.4", "Q.704 11.2.7"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_invalid_service_indicator(network: Network) -> None:
    """A message for a user part that is not there is answered by UPU, naming point, user and cause."""
    network.up()
    network.a.other_link().send(SPARE_SI, b"\x00\x01\x02\x03", deliberate=True)
    network.expect(
        "UPU",
        within=2 * SECOND,
        dpc=network.a.code,
        destination=network.spec.point_code,
        user=SPARE_SI,
        cause=1,
    )


def _harmless(network: Network, data: bytes, *, slc: int = 0, si: int = SNM, **label: int) -> None:
    """Send `data` as a management message of A and see that traffic and links stay as they were."""
    network.up()
    before = shares(network, network.home)
    network.a.other_link().send(si, data, sls=slc, deliberate=True, **label)
    network.bench.run(3 * SECOND)
    down = [link.name for link in network.a.links.values() if not link.in_service]
    network.confirm(not down, "every link still in service", f"out of service: {', '.join(down)}")
    expect_same(network, before, shares(network, network.home))


def _heading(title: str) -> int:
    h0, h1 = HEADING_CODES[title]
    return h1 << 4 | h0


@case(
    "Q.782/13.1",
    "Invalid heading of a management message",
    clauses=["Q.704 15.3", "Q.704 2.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_invalid_heading(network: Network) -> None:
    """A management message with a heading that nobody defined is discarded."""
    _harmless(network, b"\x39\x00\x00")


@case(
    "Q.782/13.2",
    "Changeover order cut off",
    clauses=["Q.704 15.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeover_order_cut_off(network: Network) -> None:
    """A COO without its sequence number is discarded: the link stays in service."""
    _harmless(network, bytes((_heading("COO"),)), slc=1)


@case(
    "Q.782/13.3",
    "Changeback declaration cut off",
    clauses=["Q.704 15.5"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeback_declaration_cut_off(network: Network) -> None:
    """A CBD without its code is discarded."""
    _harmless(network, bytes((_heading("CBD"),)), slc=1)


@case(
    "Q.782/13.5",
    "Inhibition of a link that is not there",
    clauses=["Q.704 10.2", "Q.704 15.11"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_inhibition_of_unknown_link(network: Network) -> None:
    """A LIN with a link code that the link set has not got is not accepted and does no harm."""
    unknown = next(code for code in range(16) if code not in network.a.links)
    _harmless(network, bytes((_heading("LIN"),)), slc=unknown)
    accepted = [heard for heard in network.heard if heard.title == "LIA"]
    network.confirm(not accepted, "no LIA", ", ".join(map(str, accepted)))


@case(
    "Q.782/13.6",
    "Transfer controlled cut off",
    clauses=["Q.704 15.7"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_transfer_controlled_cut_off(network: Network) -> None:
    """A TFC that ends within the destination is discarded."""
    _harmless(network, bytes((_heading("TFC"), 0x01)))


@case(
    "Q.782/13.7",
    "Transfer prohibited cut off",
    clauses=["Q.704 15.8"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_transfer_prohibited_cut_off(network: Network) -> None:
    """A TFP that ends within the destination is discarded."""
    _harmless(network, bytes((_heading("TFP"), 0x01)))


@case(
    "Q.782/13.8",
    "Route set test cut off",
    clauses=["Q.704 15.10"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_route_set_test_cut_off(network: Network) -> None:
    """An RST that ends within the destination is discarded."""
    _harmless(network, bytes((_heading("RST"), 0x01)))


@case(
    "MTP3/15",
    "Changeover order for a link that is not there",
    clauses=["Q.704 15.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_changeover_order_for_unknown_link(network: Network) -> None:
    """A COO with a link code that the link set has not got does no harm."""
    unknown = next(code for code in range(16) if code not in network.a.links)
    _harmless(network, bytes((_heading("COO"), 0x00)), slc=unknown)


@case(
    "MTP3/16",
    "Management of another network",
    clauses=["Q.704 2.4", "Q.704 14.2.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_management_of_another_network(network: Network) -> None:
    """A COO with the network indicator of another network is discarded."""
    _harmless(network, bytes((_heading("COO"), 0x00)), slc=1, ni=network.spec.network_indicator ^ 1)


@case(
    "MTP3/17",
    "Management for another point",
    clauses=["Q.704 2.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_management_for_another_point(network: Network) -> None:
    """A COO for another point is not taken by a point without transfer function."""
    _harmless(network, bytes((_heading("COO"), 0x00)), slc=1, dpc=network.b.code)


@case(
    "MTP3/18",
    "Link test cut off",
    clauses=["Q.707 5.2"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_link_test_cut_off(network: Network) -> None:
    """An SLTM with fewer octets than its length says is discarded."""
    _harmless(network, b"\x11\xf0\x01", si=SLT)


@case(
    "MTP3/19",
    "Data link connection orders",
    clauses=["Q.704 15.12", "Q.704 12.4"],
    proves=["N-01"],
    needs="mtp3.link_sets",
    setup="network",
    unverified=True,
)
def test_data_link_connection_order(network: Network) -> None:
    """A DLC to a system with basic link management does no harm."""
    _harmless(network, bytes((_heading("DLC"), 0x23, 0x01)))

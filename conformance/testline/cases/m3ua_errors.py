"""M3UA: errors and how they are answered (RFC 4666 3.8.1).

The numbers are of our own; `TS 102 381` names the test of that list with the same purpose, as the public test
tool for it has them.
"""

from __future__ import annotations

from collections.abc import Callable

from testline.case import case as plain
from testline.cases.m3ua_as import PENDING
from testline.layers.m3ua import M3UA, Label, Parameter, message, parameters
from testline.testers.m3ua import GatewayTester
from testrig.clock import SECOND

ERRORS = "RFC 4666 3.8.1"


def case(id: str, title: str, *clauses: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A case about 3.8.1 and `clauses`."""
    return plain(id, title, clauses=[ERRORS, *clauses], proves=["N-05"], needs="m3ua", setup="gateway")


def refused(m3ua: GatewayTester, octets: bytes, code: int, **named: int) -> None:
    """An active ASP sends octets: one ERR with `code` comes back, and traffic goes on."""
    server, (asp,) = m3ua.active()
    asp.send_raw(octets)
    asp.expect("ERR", error_code=code, **named)
    m3ua.send_network(server)
    asp.expect("DATA")
    asp.expect_nothing()


@case(
    "M3UA/90",
    "Version 2",
    "RFC 4666 4.8",
    *(f"TS 102 381 SGP-{each}-I-001" for each in ("ASPSM", "ASPTM", "MTR")),
)
def test_version(m3ua: GatewayTester) -> None:
    """Another version is refused, whatever the message: invalid version."""
    for name in ("BEAT", "ASPUP", "ASPAC", "DATA"):
        refused(m3ua, message(name, header={"version": 2}), 0x01)


@case("M3UA/91", "Version 0", "RFC 4666 4.8")
def test_version_0(m3ua: GatewayTester) -> None:
    """Version 0 is refused: invalid version."""
    refused(m3ua, message("BEAT", header={"version": 0}), 0x01)


@case("M3UA/176", "Version 0 at once", "RFC 4666 4.8", "RFC 4666 3.1.1")
def test_version_0_at_once(m3ua: GatewayTester) -> None:
    """As the very first message of an association: invalid version, too."""
    asp = m3ua.asp()
    asp.send_raw(message("ASPUP", header={"version": 0}))
    asp.expect_error(0x01)
    asp.up()


@case("M3UA/92", "Message class that is not defined", "RFC 4666 3.1.2", "TS 102 381 SGP-MTR-I-002")
def test_class(m3ua: GatewayTester) -> None:
    """Class 66 is refused: unsupported message class."""
    refused(m3ua, bytes(M3UA(klass=66, type=1)), 0x03)


@case("M3UA/93", "Message class of another adaptation layer", "RFC 4666 3.1.2")
def test_class_of_m2ua(m3ua: GatewayTester) -> None:
    """Class 6 is that of M2UA: unsupported message class."""
    refused(m3ua, bytes(M3UA(klass=6, type=1)), 0x03)


@case(
    "M3UA/94",
    "Message type that is not defined",
    "RFC 4666 7.3.2",
    *(f"TS 102 381 SGP-{each}" for each in ("ASPSM-I-002", "ASPSM-I-004", "ASPTM-I-006", "ASPTM-I-008")),
)
def test_type(m3ua: GatewayTester) -> None:
    """A type past the last one of its class is refused: unsupported message type."""
    for klass, kind in ((0, 2), (2, 7), (3, 7), (3, 99), (4, 5)):
        refused(m3ua, bytes(M3UA(klass=klass, type=kind)), 0x04)


@case("M3UA/95", "Transfer message of another type", "RFC 4666 7.3.2", "TS 102 381 SGP-MTR-I-003")
def test_transfer_type(m3ua: GatewayTester) -> None:
    """Class 1 has type 1 only: unsupported message type."""
    for kind in (0, 2):
        refused(m3ua, bytes(M3UA(klass=1, type=kind)), 0x04)


@case("M3UA/96", "Parameter with too small a length", "RFC 4666 3.2")
def test_parameter_too_short(m3ua: GatewayTester) -> None:
    """A length below 4 is a parameter field error."""
    refused(m3ua, message("BEAT", extra=bytes.fromhex("00090003")), 0x12)


@case("M3UA/97", "Parameter longer than the message", "RFC 4666 3.2")
def test_parameter_too_long(m3ua: GatewayTester) -> None:
    """A length past the end is a parameter field error."""
    refused(m3ua, message("BEAT", extra=bytes.fromhex("0009002001020304")), 0x12)


@case("M3UA/98", "Routing context of three octets", "RFC 4666 3.7.1")
def test_cut_context(m3ua: GatewayTester) -> None:
    """A routing context is words of 32 bits: parameter field error."""
    refused(m3ua, message("ASPAC", extra=bytes(Parameter(tag=6, value=b"\x00\x00\x65"))), 0x12)


@case("M3UA/161", "Correlation identifier of three octets", "RFC 4666 3.3.1")
def test_cut_correlation(m3ua: GatewayTester) -> None:
    """A correlation identifier is one word of 32 bits: parameter field error."""
    server, pixit = m3ua.server("override"), m3ua.pixit
    label = Label(
        opc=pixit.point_code,
        dpc=pixit.tester_point_code,
        ni=pixit.network_indicator,
        si=server.services[0],
        data=m3ua.octets(server),
    )
    cut = bytes(Parameter(tag=0x13, value=b"\x00\x00\x4d"))
    octets = message("DATA", routing_context=server.routing_context, protocol_data=label, extra=cut)
    refused(m3ua, octets, 0x12)


@case("M3UA/99", "Protocol data without a whole label", "RFC 4666 3.3.1")
def test_cut_label(m3ua: GatewayTester) -> None:
    """Fewer than 12 octets are no label: parameter field error."""
    context = m3ua.server("override").routing_context
    refused(m3ua, message("DATA", routing_context=context, protocol_data=bytes(11)), 0x12)


@case("M3UA/100", "DATA without protocol data", "RFC 4666 3.3.1")
def test_missing_data(m3ua: GatewayTester) -> None:
    """A mandatory parameter is missing."""
    context = m3ua.server("override").routing_context
    refused(m3ua, message("DATA", routing_context=context), 0x16)


@case("M3UA/101", "DAUD without affected point code", "RFC 4666 3.4.3")
def test_missing_point(m3ua: GatewayTester) -> None:
    """A mandatory parameter is missing."""
    refused(m3ua, message("DAUD"), 0x16)


@case(
    "M3UA/102", "ASP Active for an unknown routing context", "RFC 4666 4.3.4.3", "TS 102 381 SGP-ASPTM-I-005"
)
def test_unknown_context(m3ua: GatewayTester) -> None:
    """Invalid routing context, which the ERR names, or no configured AS for ASP."""
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC", routing_context=987)
    asp.expect_unknown(987)


@case("M3UA/103", "ASP Inactive for an unknown routing context", "RFC 4666 4.3.4.4")
def test_inactive_unknown_context(m3ua: GatewayTester) -> None:
    """Invalid routing context, which the ERR names; the ASP stays active in its own AS."""
    refused(m3ua, message("ASPIA", routing_context=987), 0x19, routing_context=987)


@case("M3UA/104", "DATA with an unknown routing context")
def test_data_unknown_context(m3ua: GatewayTester) -> None:
    """Invalid routing context; nothing comes out to the network."""
    server, (asp,) = m3ua.active()
    asp.send_data(987, m3ua.octets(server), si=server.services[0])
    asp.expect("ERR", error_code=0x19, routing_context=987)
    m3ua.expect_no_network()


@case("M3UA/105", "One good and one unknown routing context", "RFC 4666 4.3.4.3")
def test_partly_unknown_context(m3ua: GatewayTester) -> None:
    """ERR for the unknown one; the good one is acknowledged and active."""
    server = m3ua.server("override")
    asp = m3ua.asp()
    asp.up()
    asp.send("ASPAC", routing_context=(server.routing_context, 987))
    m3ua.bench.until(lambda: len(asp.inbox) > 1, within=SECOND, awaited="ERR and ASP Active Ack")
    if asp.inbox[0].title != "ERR":  # in any order
        asp.inbox.rotate(1)
    asp.expect_unknown(987)
    asp.expect("ASPAC_ACK", routing_context=server.routing_context)
    m3ua.send_network(server)
    asp.expect("DATA")


@case("M3UA/106", "DATA of an inactive ASP", "RFC 4666 4.3.4.3")
def test_data_inactive(m3ua: GatewayTester) -> None:
    """Unexpected message, or discarded; nothing comes out to the network."""
    server = m3ua.server("override")
    asp = m3ua.asp()
    asp.up()
    asp.send_data(server.routing_context, m3ua.octets(server), si=server.services[0])
    asp.expect_refused(server.routing_context)
    m3ua.expect_no_network()


@case("M3UA/107", "DATA of an ASP that is down", "RFC 4666 4.3.4.1")
def test_data_down(m3ua: GatewayTester) -> None:
    """Unexpected message, or discarded; nothing comes out to the network."""
    server = m3ua.server("override")
    asp = m3ua.asp()
    asp.send_data(server.routing_context, m3ua.octets(server), si=server.services[0])
    asp.expect_refused(server.routing_context)
    m3ua.expect_no_network()


@case("M3UA/108", "DATA for an AS the ASP is not active in", "RFC 4666 4.3.1")
def test_data_other_server(m3ua: GatewayTester) -> None:
    """An ASP active in one AS cannot send for another one."""
    _, (asp,) = m3ua.active()
    other = m3ua.server("loadshare")
    asp.send_data(other.routing_context, m3ua.octets(other), si=other.services[0])
    asp.expect_refused(other.routing_context)
    m3ua.expect_no_network()


@case("M3UA/109", "Wrong network appearance in DATA")
def test_data_appearance(m3ua: GatewayTester) -> None:
    """Invalid network appearance; the ERR names it, nothing comes out to the network."""
    server, (asp,) = m3ua.active()
    wrong = (m3ua.sigtran.network_appearance or 0) + 1
    asp.send_data(server.routing_context, m3ua.octets(server), appearance=wrong, si=server.services[0])
    asp.expect("ERR", error_code=0x15, network_appearance=wrong)
    m3ua.expect_no_network()


@case("M3UA/110", "Wrong network appearance in DAUD")
def test_audit_appearance(m3ua: GatewayTester) -> None:
    """Invalid network appearance; no state is told."""
    _, (asp,) = m3ua.active()
    wrong = (m3ua.sigtran.network_appearance or 0) + 1
    asp.send("DAUD", network_appearance=wrong, affected_point_code=m3ua.pixit.tester_point_code)
    asp.expect("ERR", error_code=0x15, network_appearance=wrong)
    asp.expect_nothing()


@case("M3UA/111", "Messages that only a gateway sends")
def test_wrong_direction(m3ua: GatewayTester) -> None:
    """DUNA, DAVA, DUPU, DRST and acknowledgements of an ASP are unexpected, or passed over."""
    _, (asp,) = m3ua.active()
    point = m3ua.pixit.tester_point_code
    for name in ("DUNA", "DAVA", "DRST"):
        asp.send(name, deliberate=True, affected_point_code=point)
        asp.expect_refused()
    asp.send("DUPU", deliberate=True, affected_point_code=point, user_cause=5)
    asp.expect_refused()
    for name in ("ASPUP_ACK", "ASPDN_ACK", "ASPAC_ACK", "ASPIA_ACK"):
        asp.send(name, deliberate=True)
        asp.expect_refused()


@case("M3UA/112", "An error is not answered by an error")
def test_error_is_not_answered(m3ua: GatewayTester) -> None:
    """ERR, whatever it says and however it is cut, gets no answer."""
    server, (asp,) = m3ua.active()
    asp.send("ERR", error_code=0x07)
    asp.send("ERR", deliberate=True, error_code=0xFFFF)
    asp.send("ERR", deliberate=True)
    asp.expect_nothing()
    m3ua.send_network(server)
    asp.expect("DATA")


@case("M3UA/113", "Diagnostic information")
def test_diagnostic(m3ua: GatewayTester) -> None:
    """The ERR for a class or a type that is not supported brings the first 40 octets of what offended."""
    asp = m3ua.asp()
    for klass, kind, code in ((66, 1, 0x03), (3, 99, 0x04)):
        octets = bytes(M3UA(klass=klass, type=kind, body=parameters(info=bytes(range(65, 125)))))
        asp.send_raw(octets)
        found = asp.expect_error(code).value("diagnostic") or b""
        m3ua.require(found.startswith(octets[:40]), octets[:40].hex())


@case("M3UA/114", "A length that breaks the stream", "requirement N-05")
def test_broken_stream(m3ua: GatewayTester) -> None:
    """A message shorter than its header cannot be cut from a stream of octets (the RFC has SCTP): the
    association ends.

    That takes the ASP down; the others hear of it and go on.
    """
    server, (asp,) = m3ua.active()
    other = m3ua.asp()
    other.up()
    asp.send_raw(bytes.fromhex("0100030300000004"))
    m3ua.bench.until(lambda: asp.stream.closed, within=2 * SECOND, awaited="the association closed")
    other.expect_notify(PENDING, server.routing_context)
    other.activate(server.routing_context)
    m3ua.send_network(server)
    other.expect("DATA")


@case("M3UA/115", "DATA without routing context", "RFC 4666 3.3.1")
def test_missing_context(m3ua: GatewayTester) -> None:
    """Of an ASP active in two AS: the conditional parameter is missing, nothing comes out to the network."""
    asp = m3ua.asp()
    asp.up()
    servers = m3ua.small()[:2]
    for server in servers:
        asp.activate(server.routing_context)
    asp.send_data(None, m3ua.octets(servers[0]), si=servers[0].services[0])
    asp.expect_error(0x16)
    m3ua.expect_no_network()

"""M3UA at a server: what is wrong, how its ASP answers it, and that it goes on (RFC 4666 3.8.1); the judge is
the gateway.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from testline.case import case as plain
from testline.cases.m3ua_server import still_active
from testline.layers.m3ua import CODES, M3UA, Label, Parameter, message, parameters
from testline.testers.sgp import AS_PENDING, UNEXPECTED, DialledAssociation, ServerTester
from testline.verdicts import Fail
from testrig.clock import SECOND

ERRORS = "RFC 4666 3.8.1"
VERSION, CLASS, TYPE, VALUE, FIELD = 0x01, 0x03, 0x04, 0x11, 0x12
APPEARANCE, MISSING, CONTEXT = 0x15, 0x16, 0x19
"""Error codes (3.8.1)."""
RELEASE_COMPLETE: Final = bytes.fromhex("01001000")
"""RLC on circuit 1, without optional parameters (Q.763 table 4)."""
QUOTED: Final = 40
"""Octets of an offending message that the diagnostic information has (3.8.1)."""


def case(id: str, title: str, *clauses: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A case about 3.8.1 and `clauses`."""
    return plain(id, title, clauses=[ERRORS, *clauses], proves=["N-05"], needs="asp", setup="server_alone")


def refused(server: ServerTester, octets: bytes, code: int, **named: Any) -> None:
    """One ERR comes back for octets, with `code`; the ASP stays active."""
    asp = server.sgp.asp
    asp.send_raw(octets)
    asp.expect("ERR", error_code=code, **named)
    still_active(server)


def quoted(server: ServerTester, octets: bytes, code: int) -> None:
    """As `refused`, and the diagnostic information has the first 40 octets of what was sent."""
    refused(server, octets, code, diagnostic=octets[:QUOTED])


@case("ASP/30", "Message class that is not defined", "RFC 4666 3.1.2")
def test_class(server: ServerTester) -> None:
    """Of no adaptation layer, and of another one: unsupported message class, with the message."""
    server.sgp.active()
    for klass in (66, 6):
        quoted(server, bytes(M3UA(klass=klass, type=1, body=parameters(info=b"octets" * 10))), CLASS)


@case("ASP/31", "Message type that is not defined", "RFC 4666 3.1.2")
def test_type(server: ServerTester) -> None:
    """A type past the last one of its class, the class of ERR included: unsupported message type, with the
    message."""
    server.sgp.active()
    for klass, kind in ((0, 2), (1, 2), (2, 7), (3, 7), (4, 5)):
        quoted(server, bytes(M3UA(klass=klass, type=kind, body=parameters(info=b"i"))), TYPE)


@case("ASP/32", "Version 2", "RFC 4666 4.8")
def test_version(server: ServerTester) -> None:
    """Whatever the message: invalid version."""
    server.sgp.active()
    for name in ("BEAT", "DUNA", "ASPIA_ACK", "DATA"):
        refused(server, message(name, header={"version": 2}), VERSION)


@case("ASP/33", "Parameter with a wrong length", "RFC 4666 3.2")
def test_length_of_parameter(server: ServerTester) -> None:
    """Too small, past the end of the message, or not of whole words: parameter field error."""
    server.sgp.active()
    for octets in (
        message("BEAT", extra=bytes.fromhex("00090003")),
        message("BEAT", extra=bytes.fromhex("0009002001020304")),
        message("DUNA", extra=bytes(Parameter(tag=18, value=b"\x00\x01\x02"))),
        message("NTFY", extra=bytes(Parameter(tag=13, value=b"\x00\x01"))),
    ):
        refused(server, octets, FIELD)


@case("ASP/34", "Message without a parameter that it must have", "RFC 4666 3.3.1", "RFC 4666 3.4")
def test_missing(server: ServerTester) -> None:
    """DATA without protocol data, the state of no point, NTFY without status: missing parameter."""
    server.sgp.active()
    point = server.pixit.tester_point_code
    contexts = server.contexts
    for octets in (
        message("DATA", routing_context=contexts[0]),
        message("NTFY", routing_context=contexts),
        *(message(name, routing_context=contexts) for name in ("DUNA", "DAVA", "SCON", "DRST")),
        message("DUPU", routing_context=contexts, user_cause=5),
        message("DUPU", routing_context=contexts, affected_point_code=point),
    ):
        refused(server, octets, MISSING)


@case("ASP/35", "DUPU with a mask", "RFC 4666 3.4.5")
def test_dupu_with_mask(server: ServerTester) -> None:
    """A user part is unavailable at one point: invalid parameter value."""
    server.sgp.active()
    point = 3 << 24 | server.pixit.tester_point_code
    octets = message("DUPU", routing_context=server.contexts, affected_point_code=point, user_cause=5)
    refused(server, octets, VALUE)


def foreign(server: ServerTester) -> int:
    """Return a routing context that the server is not configured for."""
    return max(server.contexts) + 1


@case("ASP/36", "Routing context of another AS", "RFC 4666 3.4.1", "RFC 4666 3.3.1")
def test_foreign_context(server: ServerTester) -> None:
    """In DATA, DUNA, NTFY: invalid routing context, which the error names."""
    server.sgp.active()
    wrong = foreign(server)
    for octets in (
        server.octets(server.spec.servers[0].services[0], bytes(4), routing_context=wrong),
        message("DUNA", routing_context=wrong, affected_point_code=server.pixit.tester_point_code),
        message("NTFY", status=AS_PENDING, routing_context=wrong),
    ):
        refused(server, octets, CONTEXT, routing_context=wrong)


@case("ASP/37", "ASP Active Ack for another AS", "RFC 4666 4.3.4.3")
def test_acknowledgement_of_foreign_context(server: ServerTester) -> None:
    """It makes nothing active: invalid routing context, and no message of an active ASP."""
    asp = server.sgp.up()
    server.sgp.activated()
    wrong = foreign(server)
    asp.send("ASPAC_ACK", deliberate=True, routing_context=wrong)
    asp.expect("ERR", error_code=CONTEXT, routing_context=wrong)
    server.bench.run(SECOND)
    while asp.inbox:
        asp.expect("ASPAC")


@case("ASP/38", "State of a point in another network", "RFC 4666 3.4.1", "RFC 4666 3.3.1")
def test_foreign_appearance(server: ServerTester) -> None:
    """A network appearance that is not the server's: ERR, or silence, as RFC 4666 has the error for the
    gateway only."""
    asp = server.sgp.active()
    appearance = (server.spec.network_appearance or 0) + 1
    for name in ("DAVA", "SCON", "DUNA"):
        asp.point(name, network_appearance=appearance, deliberate=True)
        server.bench.run(SECOND)
        if asp.inbox:
            asp.expect("ERR", error_code=APPEARANCE, network_appearance=appearance)
        still_active(server)


@case("ASP/39", "Messages that only an ASP sends", "RFC 4666 3.5", "RFC 4666 3.7")
def test_of_asp(server: ServerTester) -> None:
    """They are unexpected, or discarded, and nothing is acknowledged."""
    asp = server.sgp.active()
    for name in ("ASPUP", "ASPDN", "ASPAC", "ASPIA"):
        asp.send(name, deliberate=True)
        server.bench.run(SECOND)
        if asp.inbox:
            asp.expect_error(UNEXPECTED)
        still_active(server)


@case("ASP/40", "No error about an error")
def test_error_about_error(server: ServerTester) -> None:
    """ERR of any code, with unknown ones, with a parameter too much or too short or none, with another
    version: no message comes of it."""
    asp = server.sgp.active()
    for code in (*range(0x1B), 0xFFFFFFFF):
        asp.send("ERR", error_code=code, routing_context=foreign(server))
    for octets in (
        message("ERR"),
        message("ERR", header={"version": 2}, error_code=1),
        message("ERR", error_code=7, extra=bytes.fromhex("00070003")),
        message("ERR", extra=bytes(Parameter(tag=12, value=b"\x00"))),
        message("ERR", error_code=0x15, network_appearance=(server.spec.network_appearance or 0) + 1),
        message("ERR", error_code=0x13, extra=bytes.fromhex("7fff000501000000")),
    ):
        asp.send_raw(octets)
        asp.expect_nothing()
    still_active(server)


@case("ASP/41", "Parameters that are not known, in any order", "RFC 4666 3.2", "RFC 4666 3.1.3")
def test_unknown_parameters(server: ServerTester) -> None:
    """They are passed over, and so is the reserved octet."""
    asp = server.sgp.connected()
    unknown = bytes.fromhex("7fff000501000000")
    asp.expect("ASPUP")
    asp.send("ASPUP_ACK", header={"reserved": 0xFF}, extra=unknown, deliberate=True)
    for got in server.sgp.activated():
        contexts = tuple(got.words("routing_context")) or server.contexts
        asp.send("ASPAC_ACK", info=b"welcome", routing_context=contexts, extra=unknown, deliberate=True)
    server.sgp.answers.add("DAUD")
    server.bench.run(SECOND)
    still_active(server)


@case("ASP/42", "Messages in one piece and in many", "RFC 4666 3.1.4")
def test_framing(server: ServerTester) -> None:
    """On a stream of octets the length field cuts the messages, however they arrive."""
    asp = server.sgp.active()
    octets = message("BEAT", heartbeat=b"one") + message("BEAT", heartbeat=b"two")
    for at in range(0, len(octets), 3):
        asp.send_raw(octets[at : at + 3], deliberate=False)
        server.bench.run(SECOND // 100)
    _both(asp)
    asp.send_raw(octets, deliberate=False)
    _both(asp)


def _both(asp: DialledAssociation) -> None:
    for data in (b"one", b"two"):
        asp.expect("BEAT_ACK", heartbeat=data)


@case("ASP/43", "A length that cannot be", "RFC 4666 3.1.4", "RFC 4666 4.3.3")
def test_length_of_message(server: ServerTester) -> None:
    """Where the next message begins cannot be told: the server, with ERR or without, makes a new association;
    one that finds the next message nevertheless answers it."""
    asp = server.sgp.active()
    klass, kind = CODES["BEAT"]
    asp.send_raw(bytes(M3UA(klass=klass, type=kind, length=4)))
    server.bench.run(SECOND)
    if asp.inbox:
        asp.expect("ERR")
    if not asp.stream.closed:
        still_active(server)
        return
    asp.expect_nothing(during=0)
    server.sgp.up()
    server.sgp.activated()


@case(
    "ASP/44", "DATA of a point, a network and a service that are not ours", "RFC 4666 3.3.1", "RFC 4666 4.1.1"
)
def test_data_of_others(server: ServerTester) -> None:
    """For another point, with another network indicator, of SCCP, or cut: ERR or silence, and the reset in
    them is not acknowledged."""
    asp = server.sgp.active()
    pixit = server.pixit
    first = server.spec.servers[0]
    service, context = first.services[0], first.routing_context
    data = bytes.fromhex("010012")  # reset circuit 1 (Q.763 table 4)
    cut = bytes(Label(opc=pixit.tester_point_code, dpc=pixit.point_code, si=service))[:11]
    for octets in (
        server.octets(service, data, dpc=pixit.point_code ^ 8),
        server.octets(service, data, ni=pixit.network_indicator ^ 1),
        server.octets(3, data, routing_context=context),
        message("DATA", routing_context=context, protocol_data=cut),
    ):
        asp.send_raw(octets)
        server.bench.run(SECOND)
        if asp.inbox:
            asp.expect("ERR")
        still_active(server)
    came = [*(bytes(got.label.data) for _, got in server.received), *(m.data for m in server.misaddressed)]
    if RELEASE_COMPLETE in came:
        raise Fail(awaited="no RLC", state=asp.where(), observed="RLC for the reset of another's circuit")

"""M3UA: registration of routing keys (RFC 4666 3.6, 4.4).

The numbers are of our own. Sections of RFC 4666 could not be checked against its text: `unverified`.
"""

from __future__ import annotations

from functools import partial

from testline.case import case as plain
from testline.layers.m3ua import TAGS, parameters, split
from testline.testers.m3ua import AspTester, GatewayTester, Got

case = partial(plain, proves=["N-05"], needs="m3ua.registration", setup="gateway", unverified=True)

SCCP = b"\x03"
"""Service of the keys registered here: one that no AS of the PIXIT has."""


UNITDATA = bytes.fromhex("09 00 03 05 07 024201 024201 0503fe241300")
"""An SCCP unitdata message that carries a subsystem status test (Q.713 4.10, 5.1)."""


def inner(got: Got, name: str) -> dict[int, bytes]:
    """Parameters within a result."""
    return dict(split(got.value(name) or b""))


def register(m3ua: GatewayTester, asp: AspTester, **changed: object) -> tuple[int, int]:
    """Register a key; return status and routing context. A parameter that is None is left out."""
    given = {"local_key": 1, "dpc": m3ua.pixit.point_code, "services": SCCP, **changed}
    key = parameters(**{name: value for name, value in given.items() if value is not None})
    asp.send("REG_REQ", routing_key=key)
    found = inner(asp.expect("REG_RSP"), "registration_result")
    number = {name: int.from_bytes(found.get(TAGS[name], b""), "big") for name in TAGS}
    m3ua.bench.until(
        lambda: number["local_key"] == (given["local_key"] or 0), within=0, awaited="the local identifier"
    )
    return number["registration_status"], number["routing_context"]


def status(m3ua: GatewayTester, found: int, wanted: int) -> None:
    """Fail unless the status is as wanted."""
    m3ua.bench.until(lambda: found == wanted, within=0, awaited=f"status {wanted}", state=f"status {found}")


def withdraw(asp: AspTester, context: int) -> int:
    """Withdraw a key; return the status."""
    asp.send("DEREG_REQ", routing_context=context)
    found = inner(asp.expect("DEREG_RSP"), "deregistration_result")
    return int.from_bytes(found[TAGS["deregistration_status"]], "big")


@case("M3UA/120", "A key is registered and carries traffic", clauses=["RFC 4666 4.4.1"])
def test_register(m3ua: GatewayTester) -> None:
    """The gateway gives a routing context; active in it, the ASP gets the messages of the key."""
    asp = m3ua.asp()
    asp.up()
    found, context = register(m3ua, asp)
    status(m3ua, found, 0)
    asp.activate(context)
    m3ua.mtp3.send(SCCP[0], UNITDATA)
    asp.expect("DATA", routing_context=context)


@case("M3UA/121", "Two ASPs register one key", clauses=["RFC 4666 4.4.1"])
def test_register_same(m3ua: GatewayTester) -> None:
    """Both get the same routing context: they serve one AS."""
    first, second = m3ua.asp(), m3ua.asp()
    first.up()
    second.up()
    found = register(m3ua, first), register(m3ua, second, local_key=9)
    m3ua.bench.until(
        lambda: found[0] == found[1] and found[0][0] == 0, within=0, awaited="one context", state=f"{found}"
    )


@case("M3UA/160", "ASPs register one key with a traffic mode", clauses=["RFC 4666 3.6.1", "RFC 4666 3.6.2"])
def test_register_same_mode(m3ua: GatewayTester) -> None:
    """Two that name the same mode serve one AS; one that names another is refused: unsupported mode."""
    asps = [m3ua.asp() for _ in range(3)]
    for asp in asps:
        asp.up()
    first, second, third = (
        register(m3ua, asp, traffic_mode=mode) for asp, mode in zip(asps, (2, 2, 3), strict=True)
    )
    m3ua.bench.until(
        lambda: first == second and first[0] == 0, within=0, awaited="one context", state=f"{first}, {second}"
    )
    status(m3ua, third[0], 10)


@case("M3UA/122", "A key for another point", clauses=["RFC 4666 3.6.2"])
def test_register_dpc(m3ua: GatewayTester) -> None:
    """Invalid DPC."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, register(m3ua, asp, dpc=m3ua.pixit.point_code ^ 1)[0], 2)


@case("M3UA/123", "A key for another network", clauses=["RFC 4666 3.6.2"])
def test_register_appearance(m3ua: GatewayTester) -> None:
    """Invalid network appearance."""
    asp = m3ua.asp()
    asp.up()
    wrong = (m3ua.sigtran.network_appearance or 0) + 1
    status(m3ua, register(m3ua, asp, network_appearance=wrong)[0], 3)


@case("M3UA/124", "A key without a point", clauses=["RFC 4666 3.6.1", "RFC 4666 3.6.2"])
def test_register_without_dpc(m3ua: GatewayTester) -> None:
    """Invalid routing key."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, register(m3ua, asp, dpc=None)[0], 4)


@case("M3UA/125", "A key that overlaps another", clauses=["RFC 4666 3.6.2", "RFC 4666 1.4.2"])
def test_register_overlap(m3ua: GatewayTester) -> None:
    """Unique routing cannot be supported."""
    asp = m3ua.asp()
    asp.up()
    services = bytes(m3ua.server("override").services)
    status(m3ua, register(m3ua, asp, services=services)[0], 6)


@case("M3UA/126", "A key with an undefined traffic mode", clauses=["RFC 4666 3.6.2"])
def test_register_mode(m3ua: GatewayTester) -> None:
    """Unsupported traffic handling mode."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, register(m3ua, asp, traffic_mode=9)[0], 10)


@case("M3UA/127", "Registration before ASP Up", clauses=["RFC 4666 4.4.1", "RFC 4666 3.8.1"])
def test_register_down(m3ua: GatewayTester) -> None:
    """REG REQ of an ASP that is down is unexpected."""
    asp = m3ua.asp()
    asp.send("REG_REQ", routing_key=parameters(local_key=1, dpc=m3ua.pixit.point_code, services=SCCP))
    asp.expect_error(0x06)


@case("M3UA/128", "A key is withdrawn", clauses=["RFC 4666 4.4.2"])
def test_withdraw(m3ua: GatewayTester) -> None:
    """After deregistration the routing context is invalid."""
    asp = m3ua.asp()
    asp.up()
    _, context = register(m3ua, asp)
    status(m3ua, withdraw(asp, context), 0)
    asp.send("ASPAC", routing_context=context)
    asp.expect("ERR", error_code=0x19, routing_context=context)


@case("M3UA/129", "A key in use is not withdrawn", clauses=["RFC 4666 4.4.2", "RFC 4666 3.6.4"])
def test_withdraw_active(m3ua: GatewayTester) -> None:
    """While the ASP is active for it: refused, and traffic goes on."""
    asp = m3ua.asp()
    asp.up()
    _, context = register(m3ua, asp)
    asp.activate(context)
    status(m3ua, withdraw(asp, context), 5)
    m3ua.mtp3.send(SCCP[0], UNITDATA)
    asp.expect("DATA", routing_context=context)


@case("M3UA/130", "An unknown routing context is withdrawn", clauses=["RFC 4666 3.6.4"])
def test_withdraw_unknown(m3ua: GatewayTester) -> None:
    """Invalid routing context."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, withdraw(asp, 987), 2)

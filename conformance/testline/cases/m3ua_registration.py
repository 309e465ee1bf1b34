"""M3UA: registration of routing keys (RFC 4666 3.6, 4.4).

The numbers are of our own; `TS 102 381` names the test of that list with the same purpose, as the public test
tool for it has them.
"""

from __future__ import annotations

from functools import partial

from testline.case import case as plain
from testline.layers.m3ua import TAGS, parameters, split
from testline.testers.association import Got
from testline.testers.m3ua import AspTester, GatewayTester
from testrig.clock import SECOND
from testrig.system import ServerSpec

case = partial(plain, proves=["N-05"], needs="m3ua.registration", setup="gateway")

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


@case(
    "M3UA/120",
    "A key is registered and carries traffic",
    clauses=["RFC 4666 4.4.1", "TS 102 381 SGP-RKM-V-001"],
)
def test_register(m3ua: GatewayTester) -> None:
    """The gateway gives a routing context; active in it, the ASP gets the messages of the key."""
    asp = m3ua.asp()
    asp.up()
    found, context = register(m3ua, asp)
    status(m3ua, found, 0)
    asp.activate(context)
    m3ua.mtp3.send(SCCP[0], UNITDATA)
    asp.expect_data(context)


@case("M3UA/121", "Two ASPs register one key", clauses=["RFC 4666 4.4.1"])
def test_register_same(m3ua: GatewayTester) -> None:
    """Both get the same routing context: they serve one AS; or the second one is not permitted."""
    first, second = m3ua.asp(), m3ua.asp()
    first.up()
    second.up()
    found = register(m3ua, first), register(m3ua, second, local_key=9)
    m3ua.bench.until(
        lambda: found[0][0] == 0 and found[1] in (found[0], (5, 0)),
        within=0,
        awaited="one context",
        state=f"{found}",
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


@case("M3UA/122", "A key for another point", clauses=["RFC 4666 4.4.1", "TS 102 381 SGP-RKM-I-004"])
def test_register_dpc(m3ua: GatewayTester) -> None:
    """Invalid DPC."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, register(m3ua, asp, dpc=m3ua.pixit.point_code ^ 1)[0], 2)


@case("M3UA/123", "A key for another network", clauses=["RFC 4666 4.4.1", "TS 102 381 SGP-RKM-I-005"])
def test_register_appearance(m3ua: GatewayTester) -> None:
    """Invalid network appearance."""
    asp = m3ua.asp()
    asp.up()
    wrong = (m3ua.sigtran.network_appearance or 0) + 1
    status(m3ua, register(m3ua, asp, network_appearance=wrong)[0], 3)


@case(
    "M3UA/124",
    "A key without a point",
    clauses=["RFC 4666 3.6.1", "RFC 4666 4.4.1", "TS 102 381 SGP-RKM-I-003"],
)
def test_register_without_dpc(m3ua: GatewayTester) -> None:
    """Invalid routing key."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, register(m3ua, asp, dpc=None)[0], 4)


@case(
    "M3UA/125",
    "A key that overlaps another",
    clauses=["RFC 4666 4.4.1", "RFC 4666 1.4.2.2", "TS 102 381 SGP-RKM-I-006"],
)
def test_register_overlap(m3ua: GatewayTester) -> None:
    """Unique routing cannot be supported."""
    asp = m3ua.asp()
    asp.up()
    services = bytes(m3ua.server("override").services)
    status(m3ua, register(m3ua, asp, services=services)[0], 6)


@case(
    "M3UA/126",
    "A key with an undefined traffic mode",
    clauses=["RFC 4666 3.6.2", "RFC 4666 3.6.1", "TS 102 381 SGP-RKM-I-013"],
)
def test_register_mode(m3ua: GatewayTester) -> None:
    """Unsupported traffic handling mode."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, register(m3ua, asp, traffic_mode=9)[0], 10)


@case("M3UA/127", "Registration before ASP Up", clauses=["RFC 4666 4.3.4.1", "RFC 4666 3.8.1"])
def test_register_down(m3ua: GatewayTester) -> None:
    """REG REQ of an ASP that is down is unexpected or discarded."""
    asp = m3ua.asp()
    asp.send("REG_REQ", routing_key=parameters(local_key=1, dpc=m3ua.pixit.point_code, services=SCCP))
    asp.expect_refused()


@case("M3UA/128", "A key is withdrawn", clauses=["RFC 4666 4.4.2", "TS 102 381 SGP-RKM-V-003"])
def test_withdraw(m3ua: GatewayTester) -> None:
    """After deregistration the routing context is not known for the ASP."""
    asp = m3ua.asp()
    asp.up()
    _, context = register(m3ua, asp)
    status(m3ua, withdraw(asp, context), 0)
    asp.send("ASPAC", routing_context=context)
    asp.expect_unknown(context)


@case(
    "M3UA/129",
    "A key in use is not withdrawn",
    clauses=["RFC 4666 4.4.2", "RFC 4666 3.6.4", "TS 102 381 SGP-RKM-I-022"],
)
def test_withdraw_active(m3ua: GatewayTester) -> None:
    """While the ASP is active for it: refused, and traffic goes on."""
    asp = m3ua.asp()
    asp.up()
    _, context = register(m3ua, asp)
    asp.activate(context)
    status(m3ua, withdraw(asp, context), 5)
    m3ua.mtp3.send(SCCP[0], UNITDATA)
    asp.expect_data(context)


@case(
    "M3UA/130",
    "An unknown routing context is withdrawn",
    clauses=["RFC 4666 3.6.4", "TS 102 381 SGP-RKM-I-020"],
)
def test_withdraw_unknown(m3ua: GatewayTester) -> None:
    """Invalid routing context, or not registered: the RFC does not tell them apart."""
    asp = m3ua.asp()
    asp.up()
    found = withdraw(asp, 987)
    m3ua.require(found in (2, 4), "status 2 or 4")


@case("M3UA/131", "A key is registered again", clauses=["RFC 4666 4.4.1"])
def test_register_again(m3ua: GatewayTester) -> None:
    """By the same ASP: already registered, and the routing context is told, active or not."""
    asp = m3ua.asp()
    asp.up()
    _, context = register(m3ua, asp)
    found = register(m3ua, asp, local_key=2)
    m3ua.require(found == (12, context), f"status 12 with routing context {context}")
    asp.activate(context)
    found = register(m3ua, asp, local_key=3)
    m3ua.require(found == (12, context), f"status 12 with routing context {context}")


@case("M3UA/132", "Change of a key that does not exist", clauses=["RFC 4666 4.4.1"])
def test_change_unknown(m3ua: GatewayTester) -> None:
    """A key with a routing context nobody knows: change refused."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, register(m3ua, asp, routing_context=987)[0], 11)


@case("M3UA/133", "ASP Down withdraws the keys", clauses=["RFC 4666 4.3.4.2"])
def test_down_withdraws(m3ua: GatewayTester) -> None:
    """Up again, the ASP is not registered any more."""
    asp = m3ua.asp()
    asp.up()
    _, context = register(m3ua, asp)
    asp.send("ASPDN")
    asp.expect("ASPDN_ACK")
    asp.up()
    asp.send("ASPAC", routing_context=context)
    asp.expect_unknown(context)


@case("M3UA/134", "ASP Up of an active ASP withdraws the keys", clauses=["RFC 4666 4.3.4.1"])
def test_up_withdraws(m3ua: GatewayTester) -> None:
    """The ASP must register again."""
    asp = m3ua.asp()
    asp.up()
    _, context = register(m3ua, asp)
    asp.activate(context)
    asp.send("ASPUP")
    m3ua.bench.run(SECOND)
    m3ua.require(sorted(got.title for got in asp.inbox) == ["ASPUP_ACK", "ERR"], "ASP Up Ack and ERR")
    asp.inbox.clear()
    asp.send("ASPAC", routing_context=context)
    asp.expect_unknown(context)


@case("M3UA/135", "Several keys in one request", clauses=["RFC 4666 3.6.1", "RFC 4666 4.4.1"])
def test_register_several(m3ua: GatewayTester) -> None:
    """Each has a result of its own, in one response or in several, told apart by the local identifier."""
    asp = m3ua.asp()
    asp.up()
    own = m3ua.pixit.point_code
    keys = (parameters(local_key=5, dpc=own, services=SCCP), parameters(local_key=6, dpc=own ^ 1))
    asp.send("REG_REQ", extra=b"".join(parameters(routing_key=key) for key in keys))
    found: dict[bytes | None, bytes | None] = {}
    while len(found) < 2:
        for tag, value in asp.expect("REG_RSP").values:
            result = dict(split(value)) if tag == TAGS["registration_result"] else {}
            found[result.get(TAGS["local_key"])] = result.get(TAGS["registration_status"])
    wanted = {number.to_bytes(4, "big"): code.to_bytes(4, "big") for number, code in ((5, 0), (6, 2))}
    m3ua.require(found == wanted, "key 5 registered, key 6 with an invalid DPC")


@case("M3UA/136", "The key of another ASP is not withdrawn", clauses=["RFC 4666 4.4.2", "RFC 4666 3.6.4"])
def test_withdraw_other(m3ua: GatewayTester) -> None:
    """An ASP that is not in the AS: not registered, and the other one's traffic goes on."""
    asp, other = m3ua.asp(), m3ua.asp()
    asp.up()
    other.up()
    _, context = register(m3ua, asp)
    status(m3ua, withdraw(other, context), 4)
    asp.activate(context)
    m3ua.mtp3.send(SCCP[0], UNITDATA)
    asp.expect_data(context)


@case("M3UA/137", "A key for every service", clauses=["RFC 4666 3.6.1", "RFC 4666 4.4.1"])
def test_register_any_service(m3ua: GatewayTester) -> None:
    """Without service indicators a key takes every user, so it overlaps those that are there."""
    asp = m3ua.asp()
    asp.up()
    status(m3ua, register(m3ua, asp, services=None)[0], 6)


@case(
    "M3UA/138",
    "Traffic mode of a registered key",
    clauses=["RFC 4666 4.4.1", "TS 102 381 SGP-RKM-I-011", "TS 102 381 SGP-RKM-I-012"],
)
def test_register_other_mode(m3ua: GatewayTester) -> None:
    """A second ASP that registers the key in another traffic mode is refused."""
    first, second = m3ua.asp(), m3ua.asp()
    first.up()
    second.up()
    status(m3ua, register(m3ua, first, traffic_mode=1)[0], 0)
    status(m3ua, register(m3ua, second, traffic_mode=2)[0], 10)


@case(
    "M3UA/170",
    "A key for messages of one point only",
    clauses=["RFC 4666 3.6.1", "RFC 4666 4.4.1"],
)
def test_register_opc(m3ua: GatewayTester) -> None:
    """With a list of originating points the ASP gets messages of these and of no other; a gateway that
    does not support the field refuses with status 9, and nothing is registered."""
    asp = m3ua.asp()
    asp.up()
    ours = m3ua.pixit.tester_point_code
    for number, listed in enumerate((ours, ours ^ 1), 1):
        found, context = register(m3ua, asp, local_key=number, opc_list=listed)
        m3ua.require(
            found in (0, 9) and (context == 0) is (found == 9), "status 0, or status 9 without context"
        )
        if found == 0:
            asp.activate(context)
            m3ua.mtp3.send(SCCP[0], UNITDATA)
            if listed == ours:
                asp.expect_data(context)
            else:
                asp.expect_nothing()
            asp.send("ASPIA", routing_context=context)
            asp.expect("ASPIA_ACK")
            status(m3ua, withdraw(asp, context), 0)
        asp.send("ASPAC", routing_context=context or 987)
        asp.expect_unknown(context or 987)


@case(
    "M3UA/171",
    "A key with parts that nobody knows",
    clauses=["RFC 4666 3.6.2", "RFC 4666 4.4.1"],
)
def test_register_unknown_field(m3ua: GatewayTester) -> None:
    """A circuit range, which the RFC does not have any more, is no part of a key: refused with status 9 or 4,
    not left out, which would make the key wider than the ASP asked for."""
    asp = m3ua.asp()
    asp.up()
    asked = m3ua.pixit.tester_point_code.to_bytes(4, "big") + bytes((0, 1, 0, 31))
    key = (
        parameters(local_key=7, dpc=m3ua.pixit.point_code, services=SCCP) + bytes((0x02, 0x0F, 0, 12)) + asked
    )
    asp.send("REG_REQ", routing_key=key)
    found = inner(asp.expect("REG_RSP"), "registration_result")
    code = int.from_bytes(found[TAGS["registration_status"]], "big")
    m3ua.require(code in (4, 9), "status 4 or 9")
    m3ua.mtp3.send(SCCP[0], UNITDATA)
    asp.expect_nothing()


@case("M3UA/172", "Contexts of registered keys", clauses=["RFC 4666 4.4.1", "RFC 4666 3.6.2"])
def test_register_contexts(m3ua: GatewayTester) -> None:
    """Keys that differ get contexts that differ, from each other and from those of the PIXIT; each ASP gets
    the messages of its own key. A key that is withdrawn can be registered again, by another ASP."""
    asps = [m3ua.asp(), m3ua.asp()]
    contexts = []
    for asp, service in zip(asps, (3, 7), strict=True):
        asp.up()
        found, context = register(m3ua, asp, services=bytes((service,)))
        status(m3ua, found, 0)
        asp.activate(context)
        contexts.append(context)
    used = {*contexts, *(each.routing_context for each in m3ua.sigtran.servers)}
    m3ua.require(len(used) == 2 + len(m3ua.sigtran.servers), "contexts that differ")
    for asp, other, context, service in zip(asps, asps[::-1], contexts, (3, 7), strict=True):
        m3ua.mtp3.send(service, UNITDATA)
        m3ua.require(asp.expect_data(context).label.si == service, f"service {service}")
        other.expect_nothing()
    first, second = asps
    first.send("ASPIA", routing_context=contexts[0])
    first.expect("ASPIA_ACK")
    status(m3ua, withdraw(first, contexts[0]), 0)
    found, context = register(m3ua, second)
    status(m3ua, found, 0)
    second.activate(context)
    m3ua.mtp3.send(SCCP[0], UNITDATA)
    second.expect_data(context, several=True)
    first.expect_nothing()


bare = partial(plain, proves=["N-05"], needs="m3ua.registration", setup="gateway_keys")
"""Cases of a gateway without any configured AS."""


@bare("M3UA/173", "ASP Active of an ASP that is in no AS", clauses=["RFC 4666 3.8.1", "RFC 4666 4.3.4.4"])
def test_active_without_server(m3ua: GatewayTester) -> None:
    """ASP Active and Inactive without a context: no configured AS; with one: that, or invalid context."""
    asp = m3ua.asp()
    asp.up()
    for name in ("ASPAC", "ASPIA"):
        asp.send(name)
        asp.expect_error(0x1A)
        asp.send(name, routing_context=987)
        asp.expect_unknown(987)


@bare("M3UA/174", "A key for every service", clauses=["RFC 4666 3.6.1", "RFC 4666 4.4.1"])
def test_key_for_every_service(m3ua: GatewayTester) -> None:
    """Without service indicators a key takes every user; afterwards each key for one of them overlaps it."""
    asp, other = m3ua.asp(), m3ua.asp()
    asp.up()
    other.up()
    found, context = register(m3ua, asp, services=None)
    status(m3ua, found, 0)
    asp.activate(context)
    for service in (3, 4, 5, 7, 15):
        data = m3ua.octets(ServerSpec(0, (service,), "override", 9)) if service == 5 else UNITDATA
        m3ua.mtp3.send(service, data)
        label = asp.expect_data(context).label
        m3ua.require((label.si, label.data) == (service, data), f"a message for service {service}")
        status(m3ua, register(m3ua, other, local_key=service, services=bytes((service,)))[0], 6)


@bare("M3UA/175", "Traffic mode of the first key", clauses=["RFC 4666 3.6.1", "RFC 4666 4.3.4.3"])
def test_registered_modes(m3ua: GatewayTester) -> None:
    """Two ASPs in one key: in loadshare each message goes to one of them, and both get some; in broadcast
    both get each."""
    for mode, service in ((2, 3), (3, 4)):
        asps = [m3ua.asp(), m3ua.asp()]
        for asp in asps:
            asp.up()
            found, context = register(m3ua, asp, services=bytes((service,)), traffic_mode=mode)
            status(m3ua, found, 0)
            asp.send("ASPAC", traffic_mode=mode, routing_context=context)
            asp.expect("ASPAC_ACK")
        for sls in range(16):
            m3ua.mtp3.send(service, UNITDATA, sls=sls)
        m3ua.bench.run(SECOND)
        counts = [sum(got.title == "DATA" for got in asp.inbox) for asp in asps]
        wanted = counts == [16, 16] if mode == 3 else sum(counts) == 16 and min(counts) > 0
        m3ua.require(wanted, f"16 messages in traffic mode {mode}, not {counts}")
        for asp in asps:
            asp.close()

"""M3UA at a server: its ASP comes up, becomes active, and stays so (RFC 4666 4.3.4, 4.5.3); the judge is the
gateway.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from testline.case import case as plain
from testline.measurements import Measurement
from testline.testers.association import SECONDS, Got
from testline.testers.sgp import (
    AS_ACTIVE,
    AS_PENDING,
    ASP_FAILURE,
    INSUFFICIENT,
    MARGIN,
    UNEXPECTED,
    ServerTester,
    heartbeat,
)
from testline.verdicts import Fail, Inconclusive, NotApplicable
from testrig.clock import MILLISECOND, SECOND

case = partial(plain, proves=["N-05"], needs="asp", setup="server_alone")

PROMPT: Final = SECONDS
"""What the server may take to go on: the RFC gives no time, T(ack) is 2 s."""
MODES: Final = {"override": 1, "loadshare": 2, "broadcast": 3}
"""Traffic mode type (RFC 4666 3.7.1)."""
BLOCKING, IDENTIFIER_REQUIRED, UNSUPPORTED_MODE, NO_AS = 0x0D, 0x0E, 0x05, 0x1A
"""Error codes (3.8.1)."""


def acknowledgement(server: ServerTester) -> int:
    """Return T(ack) in frames."""
    if server.spec.acknowledgement is None:
        raise Inconclusive("the PIXIT does not tell T(ack)")
    return round(server.spec.acknowledgement * SECOND)


def measured(server: ServerTester, name: str, gap: int, expected: int, clause: str) -> None:
    """Judge the time between two messages."""
    low, high = (round(factor * expected / MILLISECOND) for factor in (0.9, 1.1))
    server.bench.measure(
        Measurement(
            name=name,
            value=gap / MILLISECOND,
            unit="ms",
            low=low,
            high=high,
            uncertainty=server.bench.rig.block / MILLISECOND,
            clause=clause,
        )
    )


def repeated(server: ServerTester, first: Got, name: str, clause: str) -> None:
    """A request comes again each T(ack), three times."""
    for _ in range(3):
        again = server.sgp.asp.expect(name, within=acknowledgement(server) + MARGIN)
        measured(server, f"T(ack) of {name}", again.at - first.at, acknowledgement(server), clause)
        first = again


def still_active(server: ServerTester) -> None:
    """Nothing comes but DATA as they have to be, and a heartbeat is answered: the server has nothing to
    mend."""
    asp = server.sgp.asp
    if server.misaddressed:
        raise Fail(awaited="label and AS as they have to be", observed=str(server.misaddressed[0]))
    asp.expect_nothing(during=SECOND)
    asp.send("BEAT", heartbeat=b"still there")
    asp.expect("BEAT_ACK", heartbeat=b"still there")
    asp.expect_nothing(during=SECOND)


@case("ASP/1", "ASP Up is the first message, and the only one", clauses=["RFC 4666 4.3.4.1"])
def test_up_first(server: ServerTester) -> None:
    """An association, then ASP Up, then nothing else as long as it is not acknowledged."""
    asp = server.sgp.connected()
    asp.expect("ASPUP", within=PROMPT)
    asp.expect_nothing(during=SECOND)


@case(
    "ASP/2",
    "ASP Up is repeated until it is acknowledged",
    clauses=["RFC 4666 4.3.4.1"],
    needs=["asp", "asp.repeats"],
)
def test_up_repeated(server: ServerTester) -> None:
    """Each T(ack) ASP Up, and never another message; after ASP Up Ack no ASP Up any more."""
    asp = server.sgp.connected()
    repeated(server, asp.expect("ASPUP"), "ASPUP", "RFC 4666 4.3.4.1")
    asp.send("ASPUP_ACK")
    for got in server.sgp.activated():
        server.sgp.acknowledge(asp, got)
    server.sgp.answers.add("DAUD")
    asp.expect_nothing(during=3 * acknowledgement(server))


@case("ASP/3", "ASP Active names the AS and the mode", clauses=["RFC 4666 4.3.4.3", "RFC 4666 3.7.1"])
def test_active(server: ServerTester) -> None:
    """After ASP Up Ack comes ASP Active, one or several, for every AS of the server and no other; a traffic
    mode in it is that of the AS."""
    server.sgp.up()
    named: set[int] = set()
    for got in server.sgp.activated():
        contexts = got.words("routing_context")
        if not contexts and len(server.contexts) > 1:
            raise Fail(awaited="routing contexts, as there are several", observed="ASPAC without")
        named |= set(contexts)
        modes = {MODES[each.mode] for each in server.spec.servers if each.routing_context in contexts}
        found = got.words("traffic_mode")
        if found and set(found) != modes:
            raise Fail(awaited=f"traffic mode {modes}", observed=f"{found}")
    if named - set(server.contexts):
        raise Fail(awaited=f"contexts {server.contexts}", observed=f"{named}")


@case(
    "ASP/4",
    "ASP Active is repeated until it is acknowledged",
    clauses=["RFC 4666 4.3.4.3"],
    needs=["asp", "asp.repeats"],
)
def test_active_repeated(server: ServerTester) -> None:
    """Each T(ack) ASP Active, and never another message; after ASP Active Ack none any more."""
    server.sgp.answers.add("DAUD")
    asp = server.sgp.up()
    first = server.sgp.activated()
    if len(first) > 1:
        raise NotApplicable("an ASP Active for each AS: ASP/5 is about that")
    repeated(server, first[0], "ASPAC", "RFC 4666 4.3.4.3")
    for got in server.sgp.activated():
        server.sgp.acknowledge(asp, got)
    asp.expect_nothing(during=3 * acknowledgement(server))


@case(
    "ASP/5",
    "ASP Active Ack for one AS of two",
    clauses=["RFC 4666 4.3.4.3"],
    needs=["asp", "asp.repeats"],
)
def test_active_in_parts(server: ServerTester) -> None:
    """Acknowledged context by context: what is left is asked for again, and after the last one nothing."""
    if len(server.contexts) < 2:
        raise NotApplicable("the server is an ASP of one AS only")
    server.sgp.answers.add("DAUD")
    asp = server.sgp.up()
    server.sgp.activated()
    first, *others = server.contexts
    asp.send("ASPAC_ACK", routing_context=first)
    left = set(others)
    while left:
        got = asp.expect("ASPAC", within=acknowledgement(server) + MARGIN)
        left -= set(got.words("routing_context"))
    asp.send("ASPAC_ACK", routing_context=tuple(others))
    asp.expect_nothing(during=3 * acknowledgement(server))


def refused(server: ServerTester, name: str, code: int, **named: Any) -> None:
    """A request is refused: no ERR comes of it, and no other message but the request again."""
    asp = server.sgp.asp
    asp.send("ERR", error_code=code, **named)
    end = server.bench.now + 2 * acknowledgement(server) + MARGIN
    while server.bench.now < end:
        server.bench.run(SECOND // 10)
        while asp.inbox:
            asp.expect(name)


@case(
    "ASP/6",
    "ASP Up is refused",
    clauses=["RFC 4666 4.3.4.1", "RFC 4666 3.8.1", "RFC 4666 4.7"],
    needs=["asp", "asp.repeats"],
)
def test_up_refused(server: ServerTester) -> None:
    """Management blocking: nothing but ASP Up comes; when the lock is off, the server comes up."""
    asp = server.sgp.connected()
    asp.expect("ASPUP")
    for _ in range(2):
        refused(server, "ASPUP", BLOCKING)
    asp.expect("ASPUP", within=acknowledgement(server) + MARGIN)
    asp.send("ASPUP_ACK")
    server.sgp.activated()


@case(
    "ASP/7",
    "ASP Active is refused",
    clauses=["RFC 4666 4.3.4.3", "RFC 4666 3.8.1", "RFC 4666 4.7"],
    needs=["asp", "asp.repeats"],
)
def test_active_refused(server: ServerTester) -> None:
    """Management blocking, unsupported traffic mode, no configured AS: nothing but ASP Active comes; when the
    cause is gone, the server becomes active."""
    server.sgp.answers.add("DAUD")
    asp = server.sgp.up()
    server.sgp.activated()
    for code in (BLOCKING, UNSUPPORTED_MODE, NO_AS):
        refused(server, "ASPAC", code, routing_context=server.contexts)
    for got in server.sgp.activated():
        server.sgp.acknowledge(asp, got)
    still_active(server)


@case("ASP/8", "ASP Up Ack that nobody asked for", clauses=["RFC 4666 4.3.4.1"])
def test_up_ack_unasked(server: ServerTester) -> None:
    """An active ASP says that it is unexpected, and becomes active again."""
    asp = server.sgp.active()
    asp.send("ASPUP_ACK", deliberate=True)
    asp.expect_error(UNEXPECTED)
    for got in server.sgp.activated():
        server.sgp.acknowledge(asp, got)
    still_active(server)


def again(server: ServerTester, name: str) -> None:
    """A message takes the server out of ASP-ACTIVE; ERR may come, then what brings it back."""
    asp = server.sgp.active()
    asp.send(name, deliberate=True)
    server.sgp.errors()
    if name == "ASPDN_ACK":
        asp.expect("ASPUP", within=PROMPT)
        asp.send("ASPUP_ACK")
    for got in server.sgp.activated():
        server.sgp.acknowledge(asp, got)
    still_active(server)


@case("ASP/9", "ASP Inactive Ack that nobody asked for", clauses=["RFC 4666 4.3.4.4", "RFC 4666 4.7"])
def test_inactive_ack_unasked(server: ServerTester) -> None:
    """The gateway sees the ASP inactive: it becomes active again."""
    again(server, "ASPIA_ACK")


@case("ASP/10", "ASP Down Ack that nobody asked for", clauses=["RFC 4666 4.3.4.2", "RFC 4666 4.7"])
def test_down_ack_unasked(server: ServerTester) -> None:
    """The gateway sees the ASP down: it comes up and becomes active again."""
    again(server, "ASPDN_ACK")


@case("ASP/11", "Notices that ask for nothing", clauses=["RFC 4666 3.8.2", "RFC 4666 4.3.4.5"])
def test_notices(server: ServerTester) -> None:
    """To an active ASP: insufficient resources, another ASP has failed, AS-ACTIVE, with and without routing
    context: no message comes of it."""
    asp = server.sgp.active()
    for status in (INSUFFICIENT, ASP_FAILURE, AS_ACTIVE):
        asp.notify(status)
        asp.send("NTFY", status=status)
    asp.send("NTFY", status=ASP_FAILURE, asp_identifier=77, routing_context=server.contexts)
    still_active(server)


@case("ASP/12", "AS-PENDING before ASP Active", clauses=["RFC 4666 4.3.4.5"])
def test_pending(server: ServerTester) -> None:
    """NTFY behind ASP Up Ack tells the state of the AS; the server becomes active."""
    asp = server.sgp.up()
    asp.notify(AS_PENDING)
    for got in server.sgp.activated():
        server.sgp.acknowledge(asp, got)
    server.sgp.answers.add("DAUD")
    server.bench.run(SECOND)
    still_active(server)


@case("ASP/13", "Heartbeat is answered", clauses=["RFC 4666 4.3.4.6", "RFC 4666 3.5.6"])
def test_heartbeat(server: ServerTester) -> None:
    """By an ASP that is inactive and by one that is active, with the same data, or none."""
    server.sgp.answers.add("DAUD")
    asp = server.sgp.up()
    requests = server.sgp.activated()
    for step in range(2):
        for length in (1, 2, 3, 4, 17, 200):
            data = bytes(range(length))
            asp.send("BEAT", heartbeat=data)
            asp.expect("BEAT_ACK", heartbeat=data)
        asp.send("BEAT")
        asp.expect("BEAT_ACK", heartbeat=None)
        for got in requests if step == 0 else ():
            server.sgp.acknowledge(asp, got)


beating = partial(case, needs=["asp", "asp.heartbeat"], setup="server_beats")


@beating("ASP/14", "Heartbeats of the server", clauses=["RFC 4666 4.3.4.6"])
def test_own_heartbeat(server: ServerTester) -> None:
    """Each T(beat) one, as long as they are answered, and the association stays."""
    server.sgp.answers.discard("BEAT")
    beat = heartbeat(server.spec)
    asp = server.sgp.active()
    asp.inbox.clear()
    server.bench.until(lambda: bool(asp.inbox), within=beat + MARGIN, awaited="BEAT", state=asp.where)
    last = asp.expect("BEAT")
    for _ in range(4):
        data = last.value("heartbeat")
        given: dict[str, Any] = {} if data is None else {"heartbeat": data}
        asp.send("BEAT_ACK", **given)
        got = asp.expect("BEAT", within=beat + MARGIN)
        measured(server, "T(beat)", got.at - last.at, beat, "RFC 4666 4.3.4.6")
        last = got


@beating("ASP/15", "Heartbeats that are not answered", clauses=["RFC 4666 4.3.4.6"])
def test_own_heartbeat_unanswered(server: ServerTester) -> None:
    """After twice T(beat) without a message the association is given up and made again, ASP Up first."""
    server.sgp.answers.discard("BEAT")
    beat = heartbeat(server.spec)
    asp = server.sgp.active()
    asp.inbox.clear()
    first = asp.expect("BEAT", within=beat + MARGIN)
    server.bench.until(
        lambda: asp.stream.closed, within=2 * beat + MARGIN, awaited="the association ends", state=asp.where
    )
    gap = server.bench.now - first.at
    measured(server, "2 T(beat) without answer", gap, 2 * beat, "RFC 4666 4.3.4.6")
    server.sgp.connected().expect("ASPUP")


@beating("ASP/16", "Any message does for the answer to a heartbeat", clauses=["RFC 4666 4.3.4.6"])
def test_own_heartbeat_and_other_messages(server: ServerTester) -> None:
    """Heartbeats are not answered, but other messages come: the association stays."""
    server.sgp.answers.discard("BEAT")
    beat = heartbeat(server.spec)
    asp = server.sgp.active()
    for _ in range(8):
        asp.point("DAVA")
        server.bench.run(beat)
    if asp.stream.closed:
        raise Fail(awaited="the association stays", state=asp.where(), observed="closed")


@case("ASP/17", "Association lost", clauses=["RFC 4666 4.3.3"])
def test_association_lost(server: ServerTester) -> None:
    """It is made again, and everything begins anew: ASP Up, then ASP Active."""
    server.sgp.active()
    for _ in range(2):
        server.sgp.lose()
        asp = server.sgp.up()
        for got in server.sgp.activated():
            server.sgp.acknowledge(asp, got)


@case("ASP/18", "Association refused", clauses=["RFC 4666 4.3.3"])
def test_association_refused(server: ServerTester) -> None:
    """Nobody listens for a minute: the server goes on trying, and comes up when somebody does."""
    server.sgp.active()
    server.sgp.refuse()
    server.sgp.lose()
    server.bench.run(60 * SECOND)
    server.sgp.listen()
    server.sgp.up()
    server.sgp.activated()


def audit(server: ServerTester, *, within: int) -> Got:
    """Wait for DAUD, which asks for the tester's exchange in the server's own network."""
    got = server.sgp.asp.expect("DAUD", within=within)
    points = [each & 0xFFFFFF for each in got.words("affected_point_code") if not each >> 24]
    if server.pixit.tester_point_code not in points:
        raise Fail(awaited=f"DAUD for {server.pixit.tester_point_code}", observed=f"for {points}")
    appearance, contexts = got.words("network_appearance"), got.words("routing_context")
    if appearance not in ([], [server.spec.network_appearance]) or set(contexts) - set(server.contexts):
        raise Fail(awaited="own appearance and contexts", observed=f"{appearance}, {contexts}")
    if not contexts and len(server.contexts) > 1:
        raise Fail(awaited="routing contexts, as there are several", observed="DAUD without")
    return got


@case(
    "ASP/19",
    "An ASP newly active asks which points can be reached",
    clauses=["RFC 4666 4.5.3"],
    needs=["asp", "asp.audit"],
)
def test_audit(server: ServerTester) -> None:
    """DAUD comes after ASP Active Ack, not before, and for the exchange of every trunk."""
    asp = server.sgp.up()
    requests = server.sgp.activated()
    asp.expect_nothing(during=SECOND)
    for got in requests:
        server.sgp.acknowledge(asp, got)
    audit(server, within=PROMPT)


def audit_again(server: ServerTester) -> int:
    """Return the time between audits."""
    if server.spec.audit is None:
        raise NotApplicable("the PIXIT has no time between audits", item="asp.audit_again")
    return round(server.spec.audit * SECOND)


AGAIN = ["asp", "asp.audit_again"]


@case("ASP/20", "DAUD that is not answered is repeated", clauses=["RFC 4666 4.5.3"], needs=AGAIN)
def test_audit_unanswered(server: ServerTester) -> None:
    """It comes again and again; once answered by DAVA it does not."""
    asp = server.sgp.up()
    for got in server.sgp.activated():
        server.sgp.acknowledge(asp, got)
    last = audit(server, within=PROMPT)
    for _ in range(2):
        got = audit(server, within=audit_again(server) + MARGIN)
        measured(server, "from DAUD to DAUD", got.at - last.at, audit_again(server), "RFC 4666 4.5.3")
        last = got
    asp.point("DAVA")
    asp.expect_nothing(during=3 * audit_again(server))


@case("ASP/21", "A point that is not available is asked for again", clauses=["RFC 4666 4.5.3"], needs=AGAIN)
def test_audit_of_unavailable(server: ServerTester) -> None:
    """After DUNA without a DAVA comes DAUD, after DAVA none."""
    asp = server.sgp.active()
    asp.expect_nothing(during=2 * audit_again(server))
    server.sgp.answers.discard("DAUD")
    asp.point("DUNA")
    audit(server, within=audit_again(server) + MARGIN)
    asp.point("DUNA")
    audit(server, within=audit_again(server) + MARGIN)
    asp.point("DAVA")
    asp.expect_nothing(during=3 * audit_again(server))


@case(
    "ASP/22",
    "ASP Up is repeated over a new association",
    clauses=["RFC 4666 4.3.3", "RFC 4666 4.3.4.1"],
    needs=["asp", "asp.repeats"],
)
def test_up_repeated_again(server: ServerTester) -> None:
    """The first association is lost, and over the next one the gateway is mute: ASP Up each T(ack)."""
    server.sgp.active()
    server.sgp.lose()
    asp = server.sgp.connected()
    repeated(server, asp.expect("ASPUP"), "ASPUP", "RFC 4666 4.3.4.1")


@case(
    "ASP/23",
    "ASP identifier required",
    clauses=["RFC 4666 3.8.1", "RFC 4666 3.5.1"],
    needs=["asp", "asp.identifier"],
    setup="server_gateways",
)
def test_identifier(server: ServerTester) -> None:
    """A gateway that wants to know the ASP refuses its ASP Up: at the next one, at the latest, the identifier
    is there."""
    if server.spec.identifier is None:
        raise NotApplicable("the PIXIT has no ASP identifier", item="asp.identifier")
    asp = server.sgp.connected()
    got = asp.expect("ASPUP")
    if got.value("asp_identifier") is None:
        asp.send("ERR", error_code=IDENTIFIER_REQUIRED)
        got = asp.expect("ASPUP", within=acknowledgement(server) + MARGIN)
    asp.check(got, "ASPUP", {"asp_identifier": server.spec.identifier})
    asp.send("ASPUP_ACK", asp_identifier=server.spec.identifier)
    server.sgp.activated()

"""M3UA at a server: what becomes of calls (RFC 4666 3.3, 3.4, 4.5, 4.6; Q.764 2.10 to 2.14); the judge is the
gateway and the exchange behind it.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from testline.bench import Bench
from testline.case import case as plain
from testline.cases.mtp3_flow import APART, CALLS, dialled
from testline.layers.isup import message as isup_message
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.isup import Call
from testline.testers.mtp3 import ISUP, TUP
from testline.testers.sgp import (
    ALTERNATE_ACTIVE,
    AS_PENDING,
    AspCentre,
    ServerTester,
    SgpTester,
)
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup import TupTester
from testline.verdicts import Fail
from testrig.clock import MINUTE, SECOND

CALLING = ["asp", "asp.calls"]
DIALLING = ["asp", "asp.outgoing"]
case = partial(plain, proves=["N-05"], needs=DIALLING, setup="server_alone")

ANSWER: Final = 5 * SECOND
NUMBER: Final = "02155556666"
NORMAL: Final = 16
NO_LEVEL, LEVEL = 0, 1
"""Congestion levels of SCON (RFC 4666 3.4.4)."""


def talking(centre: AspCentre, index: int = 0) -> tuple[Caller, Agent]:
    """An answered call from the queue, speech proven."""
    agent = centre.agent(index)
    agent.on_duty()
    caller = centre.caller()
    caller.dials(centre.pixit.queue_number)
    caller.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    agent.is_in("talking", within=SECOND)
    centre.connected(caller, agent)
    return caller, agent


def over(centre: AspCentre, caller: Caller) -> None:
    """The caller hangs up; the circuit becomes idle."""
    caller.hangs_up()
    centre.isup.expect_idle(caller.call.cic)


def calls(centre: AspCentre, when: str, *, come: bool = True) -> None:
    """Calls of an agent come to the network, or none does."""
    came = dialled(centre, 2)
    centre.bench.until(
        lambda: came == (2 if come else 0),
        within=0,
        awaited=f"{'every' if come else 'no'} call {when}",
        state=f"{came} of 2 calls came",
    )


def ready(bench: Bench) -> AspCentre:
    """A centre whose first agent is signed on and has called the network."""
    centre = AspCentre(bench)
    centre.agent(0).sign_on()
    calls(centre, "before")
    return centre


# traffic


@case("ASP/50", "Call from the network", clauses=["RFC 4666 1.4.3", "RFC 4666 3.3.1"], needs=CALLING)
def test_call_in(bench: Bench) -> None:
    """Set up, answered by an agent, heard both ways, cleared. Every DATA has the label, the routing context
    of the AS and the network appearance, and those of one circuit have one selection."""
    centre = AspCentre(bench)
    caller, _ = talking(centre)
    over(centre, caller)
    found = {got.label.sls for _, got in centre.server.received if got.label.si == ISUP}
    if len(found) != 1:
        raise Fail(awaited="one selection for the circuit", observed=f"{sorted(found)}")


@case("ASP/51", "Call to the network", clauses=["RFC 4666 1.4.3", "RFC 4666 3.3.1"])
def test_call_out(bench: Bench) -> None:
    """IAM in DATA, answered, heard both ways, cleared by the agent."""
    centre = AspCentre(bench)
    agent, party = centre.agent(), centre.caller(NUMBER)
    agent.sign_on()
    dialling(centre, agent)
    party.is_called(within=ANSWER)
    party.alerts()
    party.answers()
    agent.is_in("talking", within=2 * SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    agent.telephone.replace()
    party.is_released(within=ANSWER, cause=NORMAL)


def dialling(centre: AspCentre, agent: Agent) -> None:
    """An agent dials."""
    agent.telephone.lift()
    centre.bench.run(SECOND // 4)
    agent.dial(centre.pixit.outgoing_prefix + NUMBER)


@case(
    "ASP/52",
    "Call from the network with 24-bit point codes",
    clauses=["RFC 4666 3.3.1"],
    needs=CALLING,
    setup="server_alone24",
)
def test_call_in_24(bench: Bench) -> None:
    """As with 14 bits."""
    centre = AspCentre(bench)
    caller, _ = talking(centre)
    over(centre, caller)


@case(
    "ASP/53", "Call of the telephone user part", clauses=["RFC 4666 3.3.1"], needs=[*CALLING, "tup.incoming"]
)
def test_tup(bench: Bench) -> None:
    """In the AS of the service; the ISUP hears nothing of it."""
    centre = AspCentre(bench)
    tup = TupTester(bench, centre.server)
    call = tup.seize(called=centre.pixit.menu_number)
    call.answered(within=20 * SECOND)
    call.release()
    found = [got for _, got in centre.server.received if got.label.si == TUP]
    contexts = {tuple(got.words("routing_context")) for got in found}
    if contexts - {(), (centre.server.server(TUP).routing_context,)}:
        raise Fail(awaited="the AS of TUP", observed=f"{contexts}")


@case(
    "ASP/54",
    "DATA with a correlation identifier",
    clauses=["RFC 4666 3.3.1", "RFC 4666 4.3.4.3"],
    needs=CALLING,
)
def test_correlation(bench: Bench) -> None:
    """It is passed over: the call is set up as ever."""
    centre = AspCentre(bench)
    answered(centre, correlation=77)


def answered(centre: AspCentre, **given: object) -> None:
    """A call whose IAM goes out in DATA with something special is answered and cleared."""
    cic = centre.isup.free_circuit()
    call = Call(centre.isup, cic)
    initial(centre, cic, **given)
    call.answered(within=20 * SECOND)
    call.release()
    centre.isup.expect_idle(cic)


def initial(centre: AspCentre, cic: int, **given: object) -> None:
    """Send an IAM for the menu."""
    iam = bytes(isup_message("IAM", cic, called=centre.pixit.menu_number, calling="13800138000"))
    octets = centre.server.octets(ISUP, iam, **{"sls": cic & 0x0F, **given})  # type: ignore[arg-type]
    centre.sgp.asp.send_raw(octets, "DATA", deliberate=False)


@case("ASP/55", "DATA without network appearance", clauses=["RFC 4666 3.3.1"], needs=CALLING)
def test_no_appearance(bench: Bench) -> None:
    """It is optional: the call is set up as ever."""
    answered(AspCentre(bench), network_appearance=None)


@case(
    "ASP/56",
    "DATA of other points and networks",
    clauses=["RFC 4666 3.3.1", "RFC 4666 1.4.2"],
    needs=CALLING,
)
def test_data_of_others(bench: Bench) -> None:
    """An IAM for another point, with another network indicator, another network appearance: no call."""
    centre = AspCentre(bench)
    pixit, spec = centre.pixit, centre.server.spec
    cic = centre.isup.free_circuit()
    for given in (
        {"dpc": pixit.point_code ^ 8},
        {"ni": pixit.network_indicator ^ 1},
        {"network_appearance": (spec.network_appearance or 0) + 1},
    ):
        initial(centre, cic, **given)
        centre.isup.expect_nothing(cic, during=2 * SECOND)
    answered(centre)


@case("ASP/57", "DATA before ASP Active Ack", clauses=["RFC 4666 4.3.4.3"], needs=CALLING)
def test_no_data_before_active(bench: Bench) -> None:
    """As long as ASP Active is not acknowledged the server sends no DATA, whatever waits: an agent's call is
    refused."""
    centre = AspCentre(bench)
    agent = centre.agent()
    agent.sign_on()
    centre.sgp.answers.discard("ASPAC")
    centre.sgp.lose()
    asp = centre.sgp.connected()
    bench.run(SECOND)
    dialling(centre, agent)
    bench.run(SECOND)
    agent.telephone.replace()
    requests = []
    while asp.inbox:
        requests.append(asp.expect("ASPAC"))
    centre.isup.expect_nothing(during=0)
    for got in requests[:1]:
        centre.sgp.acknowledge(asp, got)
    centre.sgp.answers.add("ASPAC")
    asp.point("DAVA")
    bench.run(3 * SECOND)
    centre.isup.expect_nothing(during=0)
    calls(centre, "when the server is active")


# points


@case("ASP/58", "Exchange unavailable", clauses=["RFC 4666 3.4.1", "RFC 4666 4.6", "Q.764 2.14"])
def test_unavailable(bench: Bench) -> None:
    """DUNA: no call goes out; DAVA: calls go out again."""
    centre = ready(bench)
    unavailable_and_back(centre, "DAVA")


def unavailable_and_back(centre: AspCentre, back: str, *points: int, **given: object) -> None:
    """DUNA stops calls, and what takes it back brings them again."""
    asp, own = centre.sgp.asp, centre.pixit.tester_point_code
    centre.server.sgp.reached.discard(own)
    asp.point("DUNA", *points, **given)
    centre.bench.run(SECOND)
    calls(centre, "while the exchange is unavailable", come=False)
    centre.server.sgp.reached.add(own)
    asp.point(back, *points, **given)
    centre.bench.run(SECOND)
    calls(centre, "when it is available")


@case("ASP/59", "Exchange restricted", clauses=["RFC 4666 3.4.6", "RFC 4666 4.6"])
def test_restricted(bench: Bench) -> None:
    """DRST after DUNA: there is no other gateway, calls go out; DRST without DUNA changes nothing."""
    centre = ready(bench)
    centre.sgp.asp.point("DRST")
    calls(centre, "while the exchange is restricted")
    unavailable_and_back(centre, "DRST")


@case("ASP/60", "Several points", clauses=["RFC 4666 3.4.1"])
def test_several(bench: Bench) -> None:
    """The exchange is the last of three in DUNA and DAVA; the others are not known to the server."""
    centre = ready(bench)
    own = centre.pixit.tester_point_code
    unavailable_and_back(centre, "DAVA", own ^ 64, own ^ 32, own)


@case("ASP/61", "Points by a mask", clauses=["RFC 4666 3.4.1"])
def test_mask(bench: Bench) -> None:
    """DUNA with a mask of three bits over the exchange stops calls, one that does not cover it does not."""
    centre = ready(bench)
    own = centre.pixit.tester_point_code
    centre.sgp.asp.point("DUNA", 3 << 24 | own ^ 8, 2 << 24 | own ^ 4)
    calls(centre, "while the points beside the exchange are unavailable")
    unavailable_and_back(centre, "DAVA", 3 << 24 | own ^ 5)


@case("ASP/62", "Isolation of the network", clauses=["RFC 4666 3.4.1", "RFC 4666 4.6"])
def test_isolation(bench: Bench) -> None:
    """A mask as long as the point code, or longer: no point of the network is available."""
    centre = ready(bench)
    bits = 24 if centre.pixit.variant == "china24" else 14
    for mask in (bits, 24):
        unavailable_and_back(centre, "DAVA", mask << 24)


@case("ASP/63", "Another exchange, another network", clauses=["RFC 4666 3.4.1", "RFC 4666 3.3.1"])
def test_other_points(bench: Bench) -> None:
    """DUNA for a point the server has no circuits to, and for ours in another network: calls go on."""
    centre = ready(bench)
    asp, own = centre.sgp.asp, centre.pixit.tester_point_code
    appearance = (centre.server.spec.network_appearance or 0) + 1
    asp.point("DUNA", own ^ 8)
    calls(centre, "while another exchange is unavailable")
    asp.point("DUNA", own, network_appearance=appearance, deliberate=True)
    calls(centre, "while ours is in another network")


@case("ASP/64", "A call goes on while the exchange is unavailable", clauses=["RFC 4666 4.6", "Q.764 2.14"])
def test_unavailable_call_up(bench: Bench) -> None:
    """DUNA: who talks goes on talking; after DAVA the call is cleared as ever."""
    centre = AspCentre(bench)
    caller, agent = talking(centre)
    centre.sgp.reached.clear()
    centre.sgp.asp.point("DUNA")
    bench.run(30 * SECOND)
    centre.connected(caller, agent)
    centre.isup.expect_nothing(during=0)
    centre.sgp.reached.add(centre.pixit.tester_point_code)
    centre.sgp.asp.point("DAVA")
    bench.run(SECOND)
    over(centre, caller)


CONGESTED = [*DIALLING, "isup.signalling_congestion"]


@case("ASP/65", "Exchange congested", clauses=["RFC 4666 3.4.4", "Q.764 2.10"], needs=CONGESTED)
def test_congested(bench: Bench) -> None:
    """SCON again and again, without a level: fewer calls go out, a call that is up goes on; later all calls
    go out."""
    centre = ready(bench)
    talker = centre.caller()
    talker.dials(centre.pixit.menu_number)
    talker.is_answered()
    for _ in range(CALLS):
        centre.sgp.asp.point("SCON")
        bench.run(APART)
    came = dialled(centre)
    bench.until(lambda: came < CALLS, within=0, awaited="fewer calls", state=f"{came} of {CALLS} calls came")
    over(centre, talker)
    bench.run(2 * MINUTE)
    came = dialled(centre)
    bench.until(lambda: came == CALLS, within=0, awaited="every call", state=f"{came} of {CALLS} calls came")


@case("ASP/66", "No congestion", clauses=["RFC 4666 3.4.4"], needs=CONGESTED)
def test_not_congested(bench: Bench) -> None:
    """SCON with level 0, and SCON for another exchange: every call goes out."""
    centre = ready(bench)
    for _ in range(CALLS):
        centre.sgp.asp.point("SCON", congestion=NO_LEVEL)
        centre.sgp.asp.point("SCON", centre.pixit.tester_point_code ^ 8, congestion=LEVEL)
        bench.run(APART)
    came = dialled(centre)
    bench.until(lambda: came == CALLS, within=0, awaited="every call", state=f"{came} of {CALLS} calls came")


TESTING = [*DIALLING, "isup.user_part_test"]


@case("ASP/67", "User part unavailable", clauses=["RFC 4666 3.4.5", "Q.764 2.13"], needs=TESTING)
def test_user_part(bench: Bench) -> None:
    """DUPU for ISUP, inaccessible: UPT comes and no call; with UPA calls go out again."""
    centre = ready(bench)
    centre.isup.answers.discard("UPT")
    centre.sgp.asp.point("DUPU", user_cause=2 << 16 | ISUP)
    asked = centre.isup.wait_for("UPT", within=11 * MINUTE)
    calls(centre, "while the user part is unavailable", come=False)
    asked.send("UPA")
    calls(centre, "after UPA")


@case("ASP/68", "User part unavailable, not ours", clauses=["RFC 4666 3.4.5", "Q.764 2.13"], needs=TESTING)
def test_other_user_part(bench: Bench) -> None:
    """DUPU for SCCP, and for ISUP at another exchange: calls go out, and nothing is tested."""
    centre = ready(bench)
    centre.isup.answers.discard("UPT")
    centre.sgp.asp.point("DUPU", user_cause=1 << 16 | 3)
    centre.sgp.asp.point("DUPU", centre.pixit.tester_point_code ^ 8, user_cause=2 << 16 | ISUP)
    bench.run(SECOND)
    calls(centre, "as ever")


# states


@case("ASP/69", "Another ASP takes the traffic", clauses=["RFC 4666 4.3.4.3", "RFC 4666 3.8.2"])
def test_overridden(bench: Bench) -> None:
    """NTFY "alternate ASP active": the server is inactive. No call goes out, a call that still comes in is
    not taken, and the server does not take the traffic back."""
    centre = ready(bench)
    asp = centre.sgp.asp
    centre.sgp.answers.discard("ASPAC")
    asp.notify(ALTERNATE_ACTIVE)
    bench.run(SECOND)
    calls(centre, "while another ASP is active", come=False)
    cic = centre.isup.free_circuit()
    initial(centre, cic)
    centre.isup.expect_nothing(cic, during=2 * SECOND)
    asp.expect_nothing(during=2 * SECOND)


@case(
    "ASP/70",
    "The ASP that took the traffic is gone",
    clauses=["RFC 4666 4.3.4.5", "RFC 4666 4.3.4.3"],
    needs=[*DIALLING, "asp.takes_again"],
)
def test_overridden_and_back(bench: Bench) -> None:
    """AS-PENDING after "alternate ASP active": the server takes the traffic, and calls go out."""
    centre = ready(bench)
    asp = centre.sgp.asp
    asp.notify(ALTERNATE_ACTIVE)
    asp.active.clear()
    bench.run(10 * SECOND)
    asp.notify(AS_PENDING)
    bench.until(
        lambda: asp.active == set(centre.server.contexts),
        within=5 * SECOND,
        awaited="ASP Active for every AS",
        state=centre.sgp.where,
    )
    bench.run(SECOND)
    calls(centre, "when the server is active again")


@case(
    "ASP/71",
    "Calls while the gateway sees the ASP inactive or down",
    clauses=["RFC 4666 4.3.4.2", "RFC 4666 4.3.4.4", "RFC 4666 4.7"],
    needs=CALLING,
)
def test_states_lost(bench: Bench) -> None:
    """ASP Inactive Ack and ASP Down Ack that nobody asked for: who talks goes on talking, the server is
    active again, and the call is cleared as ever."""
    centre = AspCentre(bench)
    caller, agent = talking(centre)
    asp = centre.sgp.asp
    for name in ("ASPIA_ACK", "ASPDN_ACK"):
        asp.send(name, deliberate=True)
        asp.active.clear()
        bench.until(
            lambda: asp.active == set(centre.server.contexts),
            within=5 * SECOND,
            awaited="ASP Active for every AS",
            state=centre.sgp.where,
        )
        asp.point("DAVA")
        bench.run(SECOND)
        centre.connected(caller, agent)
    over(centre, caller)


@case("ASP/72", "The association is lost while somebody talks", clauses=["RFC 4666 4.3.3", "Q.764 2.14"])
def test_lost_call_up(bench: Bench) -> None:
    """Who talks goes on talking; meanwhile no call goes out; over the new association the call is cleared and
    calls go out."""
    centre = AspCentre(bench)
    centre.agent(1).sign_on()
    caller, agent = talking(centre)
    centre.sgp.refuse()
    centre.sgp.lose()
    bench.run(10 * SECOND)
    centre.connected(caller, agent)
    second = centre.agent(1)
    dialling(centre, second)
    bench.run(SECOND)
    second.telephone.replace()
    centre.sgp.listen()
    centre.sgp.restored()
    bench.run(2 * SECOND)
    centre.isup.expect_nothing(during=0)
    centre.connected(caller, agent)
    over(centre, caller)
    dialling(centre, second)
    centre.isup.wait_for("IAM", within=ANSWER)


@case("ASP/73", "The association is lost while a call is set up", clauses=["RFC 4666 4.3.3", "Q.764 2.14"])
def test_lost_call_in_setup(bench: Bench) -> None:
    """An agent's IAM has gone out. The association is lost and made again within T7 (20 to 30 s): the call
    goes on, and is answered."""
    centre = AspCentre(bench)
    agent, party = centre.agent(), centre.caller(NUMBER)
    agent.sign_on()
    dialling(centre, agent)
    party.is_called(within=ANSWER)
    centre.sgp.lose()
    centre.sgp.restored()
    bench.run(SECOND)
    party.alerts()
    party.answers()
    agent.is_in("talking", within=2 * SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    agent.telephone.replace()
    party.is_released(within=ANSWER, cause=NORMAL)


@case(
    "ASP/74",
    "A call is released while the association is lost",
    clauses=["RFC 4666 4.3.3", "Q.764 2.14", "Q.764 2.9.6"],
)
def test_released_while_lost(bench: Bench) -> None:
    """The agent hangs up; REL reaches the exchange when the association is there again, T1 later at most (15
    to 60 s), and the circuit becomes idle."""
    centre = AspCentre(bench)
    caller, agent = talking(centre)
    centre.sgp.refuse()
    centre.sgp.lose()
    bench.run(SECOND)
    agent.telephone.replace()
    bench.run(5 * SECOND)
    centre.sgp.listen()
    centre.sgp.restored()
    caller.is_released(within=61 * SECOND)
    centre.isup.expect_idle(caller.call.cic)


# several gateways


two = partial(case, needs=[*DIALLING, "asp.gateways"], setup="server_gateways")


def only(centre: AspCentre, sgp: SgpTester, since: int) -> None:
    """Fail unless DATA came over one gateway only."""
    found = {each.name for each, _ in centre.server.received[since:]}
    if found != {sgp.name}:
        raise Fail(awaited=f"DATA over {sgp.name}", observed=f"over {', '.join(sorted(found)) or 'none'}")


@two("ASP/75", "ASP at two gateways", clauses=["RFC 4666 1.4.1", "RFC 4666 4.3.4.1"])
def test_two_gateways(server: ServerTester) -> None:
    """At each an association with ASP Up and ASP Active of its own; one that does not acknowledge does not
    keep the server from the other."""
    first, (second, *_) = server.sgp, server.others
    first.connected()
    asp = second.asp if second.associations else second.connected()
    first.asp.expect("ASPUP")
    asp.expect("ASPUP")
    asp.send("ASPUP_ACK")
    second.activated()


@two("ASP/76", "One gateway of two is lost", clauses=["RFC 4666 4.5.2.2", "RFC 4666 4.3.3"])
def test_gateway_lost(bench: Bench) -> None:
    """Who talks goes on talking, calls go out over the other gateway, the call is cleared over it; when the
    gateway is back, calls go on."""
    centre = AspCentre(bench)
    first, (second, *_) = centre.sgp, centre.server.others
    caller, agent = talking(centre)
    first.refuse()
    first.lose()
    bench.run(SECOND)
    since = len(centre.server.received)
    centre.connected(caller, agent)
    over(centre, caller)
    agent.telephone.replace()
    agent.is_in("ready", within=10 * SECOND)
    agent.not_ready()
    calls(centre, "over the other gateway")
    only(centre, second, since)
    first.listen()
    first.restored()
    bench.run(SECOND)
    calls(centre, "over both gateways")


@two("ASP/77", "Exchange unavailable at one gateway of two", clauses=["RFC 4666 4.5.2.2"])
def test_unavailable_at_one(bench: Bench) -> None:
    """Calls go out over the other one; when it is unavailable there too, none goes out; then over the one
    where it is available first."""
    centre = ready(bench)
    first, (second, *_) = centre.sgp, centre.server.others
    for one, other in ((first, second), (second, first)):
        one.reached.clear()
        one.asp.point("DUNA")
        bench.run(SECOND)
        since = len(centre.server.received)
        calls(centre, f"over {other.name}")
        only(centre, other, since)
        other.reached.clear()
        other.asp.point("DUNA")
        bench.run(SECOND)
        calls(centre, "unavailable at both", come=False)
        since = len(centre.server.received)
        one.reached.add(centre.pixit.tester_point_code)
        one.asp.point("DAVA")
        bench.run(SECOND)
        calls(centre, f"over {one.name}")
        only(centre, one, since)
        other.reached.add(centre.pixit.tester_point_code)
        other.asp.point("DAVA")
        bench.run(SECOND)


@two("ASP/78", "DATA from two gateways", clauses=["RFC 4666 1.4.1", "RFC 4666 4.5.2.2"])
def test_data_from_both(bench: Bench) -> None:
    """A call whose messages come over one gateway and the other in turn is set up and cleared."""
    centre = AspCentre(bench)
    centre.server.spread = True
    caller, agent = talking(centre)
    centre.connected(caller, agent)
    over(centre, caller)
    if len({sgp.name for sgp in centre.server.sent}) < 2:
        raise Fail(awaited="DATA sent over both gateways", observed="over one")

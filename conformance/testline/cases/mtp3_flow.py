"""MTP level 3: flow control, and what the user parts do of it (Q.704 11.2 and 13.9, Q.764 2.10).

In the international method a route set is congested or it is not: TFC carries no level, nobody tests whether
the congestion goes on, and the user part takes its traffic back in steps. Levels of congestion, priorities of
messages and the test (RCT) are a national option; the network of China uses the international method, with a
longer TFC (GF 001-9001, unverified).
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.cases.mtp3_transfer import through, transit
from testline.layers.mtp3 import management
from testline.testers.centre import Centre
from testline.testers.mtp3 import ISUP, SNM, TUP, Mtp3Tester
from testline.testers.network import Network
from testline.testers.network_link import Heard
from testline.testers.network_traffic import busiest
from testline.verdicts import Inconclusive
from testrig.clock import MINUTE, SECOND, Instant

NUMBER: Final = "02155556666"
"""A number outside."""
ANSWER: Final = 5 * SECOND
CALLS: Final = 8
"""Calls that are tried to see whether some are refused."""
APART: Final = 7 * SECOND // 10
"""Distance of congestion indications that all count: above T29 (Q.764 2.10: 300 to 600 ms)."""
BACKLOG: Final = 400
"""Messages that wait for a congested link."""
EVERY: Final = 8
"""Of the messages that meet congestion the first and every eighth draw TFC (Q.704 11.2.3, provisionally)."""
T30: Final = 10 * SECOND
"""Longest time after which a step of reduction is given back (Q.764 2.10: 5 to 10 s)."""


def congest(mtp3: Mtp3Tester, destination: int | None = None, *, status: int = 0) -> None:
    """Tell the system that the route set to a destination, our own point unless given, is congested."""
    point = mtp3.own if destination is None else destination
    data = management("TFC", mtp3.variant, destination=point, status=status)
    mtp3.send(SNM, data, sls=mtp3.slc)


def no_user_part(mtp3: Mtp3Tester, user: int) -> None:
    """Tell the system that our user part is not to be reached (UPU, cause unknown)."""
    data = management("UPU", mtp3.variant, destination=mtp3.own, user=user, cause=0)
    mtp3.send(SNM, data, sls=mtp3.slc)


def dialled(centre: Centre, count: int = CALLS, *, congested: bool = False) -> int:
    """Let the first agent dial `count` times; return how many calls came. Each is over before the next.

    `congested`: the congestion is indicated again before each.
    """
    agent, tester, came = centre.agent(0), centre.isup, 0
    for _ in range(count):
        if congested:
            congest(tester.mtp3)
        centre.bench.run(SECOND // 4)
        agent.telephone.lift()
        centre.bench.run(SECOND // 4)
        agent.dial(centre.pixit.outgoing_prefix + NUMBER)
        centre.bench.run(SECOND // 4)
        call = next((cic for cic, waiting in tester.inbox.items() if waiting), None)
        agent.telephone.replace()
        if call is not None:
            tester.wait_for(*tester.call.initial, within=0).cleared(within=ANSWER)
            came += 1
    return came


def expect_all(centre: Centre, when: str) -> None:
    """Fail unless every call comes."""
    came = dialled(centre)
    centre.bench.until(
        lambda: came == CALLS, within=0, awaited=f"every call {when}", state=f"{came} of {CALLS} calls came"
    )


def expect_fewer(centre: Centre, count: int = CALLS, *, congested: bool = False) -> None:
    """Fail when every call comes."""
    came = dialled(centre, count, congested=congested)
    centre.bench.until(
        lambda: came < count, within=0, awaited="less traffic", state=f"{came} of {count} calls came"
    )


def reduced(centre: Centre) -> None:
    """Congestion that goes on takes traffic away, a call that is up goes on, and later all is as before."""
    centre.agent(0).sign_on()
    expect_all(centre, "before the congestion")
    talker = centre.caller()
    talker.dials(centre.pixit.menu_number)
    talker.is_answered()
    for _ in range(CALLS):
        congest(centre.isup.mtp3)
        centre.bench.run(APART)
    expect_fewer(centre, congested=True)
    talker.hangs_up()
    centre.isup.expect_idle(talker.call.cic)
    centre.bench.run(2 * MINUTE)
    expect_all(centre, "after the congestion")


@case(
    "MTP3/58",
    "ISUP traffic to a congested destination",
    clauses=["Q.704 11.2.3", "Q.704 13.6", "Q.764 2.10"],
    proves=["N-01"],
    needs=("isup.signalling_congestion", "agents.outgoing"),
)
def test_isup_traffic_is_reduced(centre: Centre) -> None:
    """TFC again and again: fewer calls come; a call that is up is cleared as ever; then all calls come."""
    reduced(centre)


@case(
    "MTP3/59",
    "Congestion indicated several times within T29",
    clauses=["Q.764 2.10"],
    proves=["N-01"],
    needs=("isup.signalling_congestion", "agents.outgoing"),
)
def test_isup_indications_within_t29(centre: Centre) -> None:
    """Ten TFC within a quarter second are one step of reduction: T30 (5 to 10 s) later every call comes."""
    centre.agent(0).sign_on()
    for _ in range(10):
        congest(centre.isup.mtp3)
        centre.bench.run(SECOND // 40)
    centre.bench.run(T30)
    expect_all(centre, "when T30 is over")


@case(
    "MTP3/60",
    "Congestion of another destination",
    clauses=["Q.704 11.2.3", "Q.764 2.10"],
    proves=["N-01"],
    needs=("isup.signalling_congestion", "agents.outgoing"),
    setup="dual",
)
def test_isup_other_destination_congested(centre: Centre) -> None:
    """TFC for a far point behind ours leaves the calls to ours alone."""
    centre.agent(0).sign_on()
    mtp3 = centre.isup.mtp3
    far = next((route.destination for route in centre.pixit.networks[0].routes), None)
    if far is None:
        raise Inconclusive("the PIXIT has no point behind ours")
    for _ in range(CALLS):
        congest(mtp3, far)
        centre.bench.run(APART)
    expect_all(centre, "with another destination congested")


@case(
    "MTP3/61",
    "TUP traffic to a congested destination",
    clauses=["Q.704 11.2.3", "Q.704 13.6"],
    proves=["N-01"],
    needs="tup.signalling_congestion",
    setup="tup",
    unverified=True,
)
def test_tup_traffic_is_reduced(centre: Centre) -> None:
    """As for ISUP: fewer calls come, a call that is up is cleared as ever, then all calls come."""
    reduced(centre)


def stopped(centre: Centre, user: int) -> None:
    """No call comes once our user part is said to be away."""
    centre.agent(0).sign_on()
    expect_all(centre, "before")
    no_user_part(centre.isup.mtp3, user)
    centre.bench.run(SECOND)
    came = dialled(centre, 2)
    centre.bench.until(lambda: came == 0, within=0, awaited="no call", state=f"{came} of 2 calls came")


@case(
    "MTP3/62",
    "ISUP traffic to a user part that is unavailable",
    clauses=["Q.704 11.2.7", "Q.764 2.13"],
    proves=["N-01"],
    needs=("isup.user_part_test", "agents.outgoing"),
)
def test_isup_traffic_is_stopped(centre: Centre) -> None:
    """UPU for the ISUP: no call comes, though the link is in service; with UPA calls come again."""
    centre.isup.answers.discard("UPT")
    isup = centre.isup
    centre.agent(0).sign_on()
    expect_all(centre, "before")
    no_user_part(isup.mtp3, ISUP)
    asked = isup.wait_for("UPT", within=11 * MINUTE)
    came = dialled(centre, 2)
    centre.bench.until(lambda: came == 0, within=0, awaited="no call", state=f"{came} of 2 calls came")
    asked.send("UPA")
    expect_all(centre, "after UPA")


@case(
    "MTP3/63",
    "TUP traffic to a user part that is unavailable",
    clauses=["Q.704 11.2.7"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_tup_traffic_is_stopped(centre: Centre) -> None:
    """UPU for the TUP: no call comes; once the tester's TUP is heard again (RSC) calls come."""
    stopped(centre, TUP)
    cic = max(centre.isup.circuits)
    centre.isup.send_message(cic, "RSC")
    centre.isup.expect(cic, "RLG", within=ANSWER)
    expect_all(centre, "after the reset")


@case(
    "MTP3/64",
    "No congestion test in a network without levels",
    clauses=["Q.704 11.2.3", "Q.704 13.9"],
    proves=["N-01"],
    needs="mtp3",
)
def test_no_congestion_test_without_levels(mtp3: Mtp3Tester) -> None:
    """TFC, whatever its spare bits say, is not followed by RCT, which is a national option."""
    for status in range(4):
        congest(mtp3, status=status)
        mtp3.bench.run(SECOND)
    mtp3.expect_not("RCT", during=10 * SECOND)


def levels_told(network: Network, level: int) -> Instant:
    """Bring everything up; A tells that F is congested with a level. Return when."""
    network.up()
    network.a.send("TFC", destination=network.remote().code, status=level)
    return network.bench.now


def expect_test(network: Network, priority: int, *, within: int = 4 * SECOND) -> Heard:
    """Wait for RCT to F with a priority."""
    return network.expect("RCT", within=within, dpc=network.remote().code, priority=priority)


@case(
    "MTP3/65",
    "Route set congestion test, timers T15 and T16",
    clauses=["Q.704 13.7.5", "Q.704 13.9.4", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.priorities",
    setup="priorities",
)
def test_congestion_test_falls(network: Network) -> None:
    """TFC of level 2: T15 (2 to 3 s) later RCT of priority 1, T16 (1.4 to 2 s) later of 0, no more."""
    started = levels_told(network, 2)
    first = expect_test(network, 1)
    second = expect_test(network, 0)
    measure_time(network.bench, "T15", first.at - started, 2.0, 3.0, "Q.704 16.8")
    measure_time(network.bench, "T16", second.at - first.at, 1.4, 2.0, "Q.704 16.8")
    network.expect_not("RCT", during=6 * SECOND)


@case(
    "MTP3/66",
    "Route set congestion test that meets congestion",
    clauses=["Q.704 13.9.3", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3.priorities",
    setup="priorities",
)
def test_congestion_test_meets_congestion(network: Network) -> None:
    """TFC of the same level answers RCT: it is sent again T15 later, of the same priority."""
    levels_told(network, 2)
    expect_test(network, 1)
    network.a.send("TFC", destination=network.remote().code, status=2)
    answered = network.bench.now
    again = expect_test(network, 1)
    measure_time(network.bench, "T15", again.at - answered, 2.0, 3.0, "Q.704 16.8")


@case(
    "MTP3/67",
    "Lower congestion told while a higher one lasts",
    clauses=["Q.704 13.7.3", "Q.704 13.7.5"],
    proves=["N-01"],
    needs="mtp3.priorities",
    setup="priorities",
)
def test_lower_congestion_is_not_taken(network: Network) -> None:
    """TFC of level 2, then of 1: only the test lowers the level, so the first RCT has priority 1."""
    levels_told(network, 2)
    network.bench.run(SECOND)
    network.a.send("TFC", destination=network.remote().code, status=1)
    first = network.expect("RCT", within=5 * SECOND, dpc=network.remote().code)
    network.check(first, "RCT of priority 1", priority=1)


@case(
    "MTP3/89",
    "Congestion told of a point that cannot be reached",
    clauses=["Q.704 13.7.6"],
    proves=["N-01"],
    needs=("mtp3.priorities", "mtp3.routes"),
    setup="priorities",
)
def test_congestion_of_a_lost_point_is_ignored(network: Network) -> None:
    """A and B prohibit F, then A's TFC for F: when F can be reached again it is not taken as congested."""
    network.up()
    far = network.remote().code
    for point in network.points.values():
        point.send("TFP", destination=far)
    network.bench.run(SECOND)
    network.a.send("TFC", destination=far, status=2)
    network.bench.run(SECOND // 2)
    for point in network.points.values():
        point.send("TFA", destination=far)
    network.expect_not("RCT", during=6 * SECOND)


@case(
    "MTP3/81",
    "Transfer controlled sent for a congested link",
    clauses=["Q.704 11.2.3", "Q.704 13.6"],
    proves=["N-01"],
    needs="mtp3.transfer_controlled",
    setup="transfer",
    unverified=True,
)
def test_transfer_controlled_is_sent(network: Network) -> None:
    """A is busy on a link for which 400 messages of B wait: some of them, at most each eighth, draw TFC."""
    network.up()
    carriers = through(network, network.b, network.a.code)
    link = busiest(carriers)
    sls = next(sls for sls, carrier in carriers.items() if carrier is link)
    start, over = len(network.heard), network.b.other_link()
    link.hold_acknowledgements()
    for number in range(BACKLOG):
        if number % 20 == 0:
            link.link.send_lssu("SIB", once=True)
            network.bench.run(SECOND // 20)
        transit(network, network.b.code, over, network.a.code, sls=sls)
    network.bench.run(SECOND // 2)
    found = [each for each in network.since(start) if each.title == "TFC"]
    for each in found:
        network.check(each, "TFC to B for A", dpc=network.b.code, destination=network.a.code)
    network.confirm(
        1 < len(found) <= BACKLOG // EVERY + 1, f"TFC, at most {BACKLOG // EVERY + 1}", f"{len(found)}"
    )


@case(
    "MTP3/82",
    "Congestion of the system's own link told to its user part",
    clauses=["Q.704 11.2.3", "Q.764 2.10"],
    proves=["N-01"],
    needs=("mtp3.congestion", "isup.signalling_congestion", "agents.outgoing"),
)
def test_own_congestion_reduces_traffic(centre: Centre) -> None:
    """The tester is busy and 400 answers wait for it: of four calls dialled meanwhile not all come."""
    isup, link = centre.isup, centre.isup.mtp3.link
    agents = [centre.agent(index) for index in range(4)]
    for agent in agents:
        agent.sign_on()
        agent.telephone.lift()
    cic = max(isup.circuits)
    link.acknowledging = False
    for number in range(BACKLOG):
        if number % 10 == 0:
            link.send_lssu("SIB", once=True)
            centre.bench.run(SECOND // 20)
        isup.send_message(cic, "UPT")
    for agent in agents:
        agent.dial(centre.pixit.outgoing_prefix + NUMBER)
        link.send_lssu("SIB", once=True)
        centre.bench.run(SECOND // 20)
    link.acknowledging = True
    link.nack()

    def titled(title: str) -> int:
        return sum(got.title == title for waiting in isup.inbox.values() for got in waiting)

    centre.bench.until(
        lambda: titled("UPA") >= BACKLOG,
        within=5 * SECOND,
        awaited=f"{BACKLOG} UPA",
        state=lambda: f"{titled('UPA')} came; {link.where()}",
    )
    centre.bench.run(2 * SECOND)
    came = titled("IAM")
    centre.bench.until(
        lambda: came < len(agents), within=0, awaited="fewer calls than dialled", state=f"{came} calls came"
    )

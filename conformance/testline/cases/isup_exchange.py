"""ISUP: what an exchange with subscribers of its own may do (Q.764 2.1.2, 2.4, 2.8.2.2, 2.11).

Digits that go out as they are dialled, a called party who hangs up and comes back, equipment that fails, and
congestion. The tester is SP B, the system SP A.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.agents import dials_out
from testline.cases.isup_calls import talking
from testline.cases.isup_groups import HARDWARE
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_timers import ANNEX, released_after
from testline.layers.isup import status_circuits
from testline.layers.isup_parameters import (
    AutomaticCongestionLevel,
    CallingPartyNumber,
    CallingPartysCategory,
    HopCounter,
)
from testline.testers.centre import Centre
from testline.testers.isup import Call
from testline.testers.span import SpanTester
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Inconclusive
from testrig.clock import MINUTE, SECOND

NUMBER: Final = "13800138000"
NO_RESOURCE: Final = frozenset({34, 42, 47})
"""No circuit, congestion of switching equipment, no resource (Q.850 table 1)."""


@case(
    "ISUP/26",
    "Digits dialled one after the other",
    clauses=["Q.764 2.1.2"],
    proves=["N-01", "S-01"],
    needs="isup.overlap",
    setup="exchange",
)
def test_digits_of_an_agent(centre: Centre) -> None:
    """What an agent dials in parts goes out in an IAM and SAMs, in order, complete; the call is made."""
    agent = centre.agent(0)
    agent.sign_on()
    agent.telephone.lift()
    centre.bench.run(SECOND // 4)
    agent.dial(centre.pixit.outgoing_prefix + NUMBER[:3])
    for digit in NUMBER[3:]:
        centre.bench.run(SECOND // 2)
        agent.dial(digit)
    agent.dial("#")
    party = centre.caller(NUMBER)
    call = party.is_called(within=ANSWER)
    digits = call.iam.called_party_number.digits
    while len(digits.rstrip("F")) < len(NUMBER) or not digits.endswith("F"):
        digits += call.expect("SAM", within=ANSWER).subsequent_number.digits
    centre.bench.until(lambda: digits == f"{NUMBER}F", within=0, awaited=f"{NUMBER} and ST", state=digits)
    party.alerts()
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    party.hangs_up()


@case(
    "ISUP/27",
    "Called party hangs up and comes back",
    clauses=["Q.764 2.4.1", "Q.764 2.4.2"],
    proves=["N-01"],
    needs="isup.suspend",
    setup="exchange",
)
def test_called_party_comes_back(centre: Centre) -> None:
    """On-hook sends SUS (network), off-hook RES; the call is up again."""
    caller, agent = talking(centre)
    agent.telephone.replace()
    caller.call.expect("SUS", within=ANSWER, initiated_by=1)
    centre.bench.run(2 * SECOND)
    agent.telephone.lift()
    caller.call.expect("RES", within=ANSWER, initiated_by=1)
    expect_speech_both_ways(caller.voice, agent.voice)
    caller.hangs_up()
    centre.isup.expect_idle(caller.call.cic)


@case(
    "ISUP/28",
    "Hop counter of a call the system begins",
    clauses=["Q.764 2.15", "Q.763 3.80"],
    proves=["N-01"],
    needs="isup.outgoing",
    setup="exchange",
)
def test_hop_counter_begins(centre: Centre) -> None:
    """The IAM of an agent's call has a hop counter that is neither used up nor spare."""
    agent = centre.agent(0)
    agent.sign_on()
    agent.telephone.lift()
    centre.bench.run(SECOND // 4)
    agent.dial(f"{centre.pixit.outgoing_prefix}{NUMBER}#")
    party = centre.caller(NUMBER)
    found = party.is_called(within=ANSWER).iam.parameter(HopCounter.code)
    centre.bench.until(
        lambda: found is not None and found.hops > 0 and found.spare == 0,
        within=0,
        awaited="a hop counter above 0",
        state="none" if found is None else str(found.hops),
    )
    party.hangs_up()


@case(
    "Q.784.1/1.3.1.2b",
    "Circuit group blocking and unblocking sent, hardware failure oriented",
    clauses=["Q.764 2.8.2.2", "Q.763 3.13"],
    proves=["N-01"],
    needs="isup.hardware_blocking",
    setup="exchange",
)
def test_failed_span_is_blocked(centre: Centre) -> None:
    """Without signal on its line a span's circuits are blocked by CGB (hardware), then unblocked by CGU."""
    isup = centre.isup
    line = next(each.line for each in isup.circuits.values() if each.line != isup.pixit.link_line)
    offsets = [cic for cic, each in isup.circuits.items() if each.line == line]
    pair = SpanTester(centre.bench, line).pair
    if pair is None:
        raise Inconclusive("the line of this rig cannot be interrupted")
    for order, cut in (("CGB", True), ("CGU", False)):
        pair.a_to_b.cut = cut
        call = isup.wait_for(order, within=30 * SECOND)
        _for_hardware(centre, call, offsets)


@case(
    "ISUP/212",
    "Group reset and call on failed circuits",
    clauses=["Q.764 2.8.2.2", "Q.764 2.9.3.2"],
    proves=["N-01"],
    needs=("isup.hardware_blocking", "isup.group_supervision"),
    setup="exchange",
    unverified=True,
)
def test_reset_of_failed_circuits(centre: Centre) -> None:
    """Behind GRA comes CGB (hardware) for circuits that have failed; an IAM makes no call on them."""
    isup = centre.isup
    line = next(each.line for each in isup.circuits.values() if each.line != isup.pixit.link_line)
    failed = sorted(cic for cic, each in isup.circuits.items() if each.line == line)
    pair = SpanTester(centre.bench, line).pair
    if pair is None:
        raise Inconclusive("the line of this rig cannot be interrupted")
    pair.a_to_b.cut = True
    _for_hardware(centre, isup.wait_for("CGB", within=30 * SECOND), failed)
    first, some = failed[0], failed[:4]
    isup.send_message(first, "GRS", range=len(some) - 1, status=b"")
    isup.expect(first, "GRA", within=ANSWER, range=len(some) - 1, status=b"\x00")
    call = isup.wait_for("CGB", within=ANSWER)
    _for_hardware(centre, call, some)
    call.send("IAM", called=isup.pixit.menu_number, deliberate=True)
    call.expect_nothing(during=20 * SECOND)


@case(
    "ISUP/213",
    "T38, called party does not come back",
    clauses=["Q.764 2.4.3", ANNEX, "Q.118"],
    proves=["N-01"],
    needs="isup.suspension_guarded",
    setup="exchange",
    unverified=True,
)
def test_t38(centre: Centre) -> None:
    """Of an incoming international exchange: REL, cause 102, T38 behind SUS (network); RES stops T38."""
    caller, agent = talking(centre)
    agent.telephone.replace()
    caller.call.expect("SUS", within=ANSWER, initiated_by=1)
    agent.telephone.lift()
    caller.call.expect("RES", within=ANSWER, initiated_by=1)
    caller.call.expect_nothing(during=4 * MINUTE)
    agent.telephone.replace()
    caller.call.expect("SUS", within=ANSWER, initiated_by=1)
    sent = caller.call.received[-1].at
    released_after(centre, "T38", sent, caller.call.cic, 10, 180, cause=102)


def _for_hardware(centre: Centre, call: Call, circuits: list[int]) -> None:
    """CGB or CGU is one for hardware failure and marks all of `circuits`; acknowledge it."""
    message = call.received[0].message
    group = message.range_and_status
    status = bytes(group.status)
    marked = status_circuits(call.cic, group.range, status)
    centre.bench.until(
        lambda: message.supervision == HARDWARE and marked == sorted(circuits),
        within=0,
        awaited=f"{message.title} (hardware) for circuits {circuits[0]} to {circuits[-1]}",
        state=f"type {message.supervision}, circuits {marked}",
    )
    call.send(f"{message.title}A", supervision=HARDWARE, range=group.range, status=status)


@case(
    "Q.784.1/8.1.2",
    "Automatic congestion level sent",
    clauses=["Q.764 2.11", "Q.763 3.4", "Q.850 table 1"],
    proves=["N-01"],
    needs="isup.congestion_level",
    setup="exchange",
)
def test_congestion_level_sent(centre: Centre) -> None:
    """With everything taken that answers calls, REL has congestion level 1 or 2, and a cause to match."""
    isup = centre.isup
    up, levels, causes = [], [], []
    for _ in range(len(isup.circuits) - 1):
        call = isup.seize(called=isup.pixit.menu_number)
        got = call.expect("ACM", "CON", "REL", within=10 * SECOND)
        if got.title == "REL":
            level = got.parameter(AutomaticCongestionLevel.code)
            levels.append(None if level is None else level.level)
            causes.append(got.cause_indicators.cause)
            call.send("RLC")
            break
        if got.title == "ACM":
            call.expect("ANM", within=10 * SECOND)
        up.append(call)
    centre.bench.until(
        lambda: bool(levels) and levels[0] in {1, 2} and causes[0] in NO_RESOURCE,
        within=0,
        awaited=f"a call refused with a congestion level of 1 or 2 and a cause of {sorted(NO_RESOURCE)}",
        state=f"{len(up)} calls up, levels {levels}, causes {causes}",
    )
    for call in up:
        call.release()


@case(
    "ISUP/50",
    "Information request answered",
    clauses=["Q.764 2.1.9", "Q.763 3.28", "Q.763 3.29"],
    proves=["N-01"],
    needs=("isup.information", "isup.outgoing"),
)
def test_information(centre: Centre) -> None:
    """INF brings what is asked for and nothing else: category and calling number of the IAM, or none.

    What is held or charged for nobody has asked.
    """
    _, called = dials_out(centre, NUMBER)
    call = called.call
    ours = call.iam.parameter(CallingPartyNumber.code)
    for address, category in ((1, 1), (0, 1), (1, 0), (0, 0)):
        call.send("INR", calling_address_requested=address, category_requested=category)
        got = call.expect(
            "INF",
            within=ANSWER,
            solicited=0,
            category_included=category,
            calling_address_response=0 if not address else 0b11 if ours is not None else 0b01,
            hold_provided=0,
            charge_information_included=0,
            inf_second=0,
        )
        found = {bytes(each)[0]: bytes(each)[2:] for each in got.optional}
        wanted = {CallingPartysCategory.code: bytes((call.iam.category,))} if category else {}
        if address and ours is not None:
            wanted[CallingPartyNumber.code] = bytes(ours)
        centre.bench.until(lambda: found == wanted, within=0, awaited=str(wanted), state=str(found))  # noqa: B023

"""ISUP basic call: calls that meet another, or trouble, and are tried again (Q.784.1 group 6).

`ISUP/n` are cases of our own. The tester is SP B, the system SP A.
"""

from __future__ import annotations

from testline.case import case
from testline.cases.isup_calls import (
    NUMBER,
    calling_out,
    leave_only,
    over,
)
from testline.cases.isup_supervision import ANSWER, answered_call, outgoing
from testline.layers.isup_parameters import CallingPartyNumber, Parameter
from testline.testers.centre import Centre
from testline.testers.isup import Call, IsupTester
from testline.testers.speech import expect_speech_both_ways
from testrig.clock import SECOND

# 6: special call set-up


def second_attempt(centre: Centre, first: Call) -> None:
    """The system's call comes again on another circuit and is completed."""
    again = centre.caller(NUMBER)
    again.is_called(within=ANSWER)
    centre.bench.until(lambda: again.call.cic != first.cic, within=0, awaited="another circuit")
    again.alerts()
    again.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(again.voice, centre.agent(0).voice)
    over(centre, again)


@case(
    "Q.784.1/6.2.1",
    "Dual seizure, the system not controlling",
    clauses=["Q.764 2.9.1.4", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_dual_seizure_not_controlling(centre: Centre) -> None:
    """Both ends seize a circuit the tester controls: the tester's call goes on, the system tries another."""
    leave_only(centre, set(centre.isup.controlled(by_tester=True)))
    call = outgoing(centre)
    call.send("IAM", called=centre.pixit.menu_number, calling="13800138000")
    call.answered(within=10 * SECOND)
    second_attempt(centre, call)
    call.release()


@case(
    "Q.784.1/6.2.2",
    "Blocking of the circuit after IAM",
    clauses=["Q.764 2.8.2.3", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_blocking_after_iam(centre: Centre) -> None:
    """BLO before any backward message: the circuit is given up and the call tried on another."""
    call = outgoing(centre)
    call.send("BLO")
    first = call.expect("BLA", "REL", within=ANSWER)
    call.expect("REL" if first.title == "BLA" else "BLA", within=ANSWER)
    call.send("RLC")
    second_attempt(centre, call)


@case(
    "Q.784.1/6.2.3",
    "Circuit reset after IAM",
    clauses=["Q.764 2.9.3.1", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_reset_after_iam(centre: Centre) -> None:
    """RSC before any backward message: RLC, and the call is tried on another circuit."""
    call = outgoing(centre)
    call.send("RSC")
    call.expect("RLC", within=ANSWER)
    second_attempt(centre, call)


@case(
    "Q.784.1/6.3.1",
    "Dual seizure, the system controlling",
    clauses=["Q.764 2.9.1.4"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_dual_seizure_controlling(centre: Centre) -> None:
    """Both ends seize a circuit the system controls: its call goes on, the tester's IAM is disregarded."""
    leave_only(centre, set(centre.isup.controlled(by_tester=False)))
    party, agent = calling_out(centre)
    party.call.send("IAM", called=centre.pixit.menu_number, calling="13800138000")
    party.call.expect_nothing(during=2 * SECOND)
    party.alerts()
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


# of our own


@case(
    "ISUP/1",
    "Calling number restricted",
    clauses=["Q.763 3.10", "Q.731.3"],
    proves=["N-01", "S-03"],
    needs="isup.incoming",
)
def test_restricted_number_is_not_shown(centre: Centre) -> None:
    """A calling number whose presentation is restricted is not shown to the agent."""
    agent = centre.agent(0)
    agent.on_duty()
    secret = CallingPartyNumber(digits="13912345678", presentation=1)
    call = centre.isup.seize(
        called=centre.pixit.queue_number, calling=None, optional=[Parameter(contents=secret)]
    )
    agent.telephone.answers(within=ANSWER)
    call.answered(within=ANSWER)
    shown = [event for event in agent.client.events() if "13912345678" in str(event.data.get("calling", ""))]
    centre.bench.until(
        lambda: not shown,
        within=0,
        awaited="the number not in the agent's events",
        state=f"shown in {shown[:1]}",
    )
    call.release()


@case(
    "ISUP/3",
    "Random octets on the ISUP service",
    clauses=["Q.763 1", "Q.764 2.9.5"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_random_octets_do_no_harm(isup: IsupTester) -> None:
    """200 messages of random octets with types that Q.763 leaves spare: calls are taken before and after."""
    import random  # noqa: PLC0415 - used once, seeded

    generator = random.Random(763)
    cic = isup.free_circuit()
    for _ in range(200):
        body = generator.randbytes(generator.randrange(0, 20))
        isup.send_raw(bytes((cic & 0xFF, cic >> 8, generator.randrange(0x80, 0xE0))) + body, sls=cic & 0x0F)
        isup.bench.run(SECOND // 50)
    isup.bench.run(SECOND)
    isup.inbox.pop(cic, None)
    call = answered_call(isup, cic)
    call.release()
    isup.expect_idle(cic)

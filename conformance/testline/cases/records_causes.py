"""Call records of calls that end otherwise than by plan, and what the journal says of each step of a call.

What is told is held against what the tester did and saw on the line, as in `records`.
"""

from __future__ import annotations

import re
from typing import Final

from testline.case import case
from testline.cases.agents import BUSY, NORMAL, OUTSIDE, dials_out, last_number, refuses, talks
from testline.cases.records import holds, instant, interval, number, record_of
from testline.testers import Centre, TransitCentre, TupCentre
from testline.testers.caller import Caller
from testline.testers.tup_centre import ANSWER
from testline.verdicts import Fail
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.system import Event, SupervisorClient

STEPS: Final = ("Offered", "Delivered", "Established", "ConnectionCleared")
"""Events of a call that the contract of a system names."""
NO_ANSWER: Final = 19
ABSENT: Final = 18
NO_CIRCUIT: Final = 34


def last_of(supervisor: SupervisorClient, before: int) -> dict[str, object]:
    """Return the only record behind the first `before`."""
    found = supervisor.records()[before:]
    if len(found) != 1:
        raise Fail(awaited="one record", observed=f"{len(found)}")
    return found[0]


def steps_of(supervisor: SupervisorClient, since: int) -> list[Event]:
    """Return the events of calls that the contract names."""
    return [event for event in supervisor.journal(since) if event.type in STEPS and "call" in event.data]


def happened(centre: Centre | TransitCentre, since: int, *steps: tuple[str, Instant]) -> None:
    """Judge kind and time of the journal's events of one call by what happened on the line.

    Only time from the first event on is compared: a system's instants are its own.
    """
    found = steps_of(centre.bench.system.supervisor(), since)
    kinds = [event.type for event in found]
    if kinds != [kind for kind, _ in steps]:
        raise Fail(awaited=f"events {[kind for kind, _ in steps]}", observed=str(kinds))
    for event, (kind, at) in zip(found[1:], steps[1:], strict=True):
        took, line = event.at - found[0].at, at - steps[0][1]
        if abs(took - line) > 20 * MILLISECOND:
            raise Fail(
                awaited=f"{kind} {line / SECOND:.3f} s behind {steps[0][0]}, 20 ms either way",
                observed=f"{took / SECOND:.3f} s",
            )


@case(
    "RECORD/10",
    "The record of an outgoing call that is refused",
    clauses=["requirement C-04", "Q.764 2.2.5"],
    proves=["C-04", "O-03"],
    needs=["supervision", "agents.outgoing"],
)
def test_refused_outgoing_record(centre: Centre) -> None:
    """REL with cause 17 before ACM: never answered, no talking and waiting time, the agent, the cause."""
    before = len(centre.supervisor.records())
    agent, called = dials_out(centre)
    arrived = centre.bench.now
    centre.bench.run(3 * SECOND)
    over = centre.bench.now
    refuses(centre, called, BUSY)
    record = record_of(centre, before)
    holds(
        record,
        "a record",
        direction="outgoing",
        called=OUTSIDE,
        agent=agent.spec.agent,
        queue="",
        keys="",
        answered=None,
        cause=BUSY,
        talking_seconds=0,
        waiting_seconds=0,
    )
    if centre.pixit.calling_number:
        holds(record, "a record", calling=centre.pixit.calling_number)
    took = instant(record, "ended") - instant(record, "started")
    interval(centre, "dialling to release on record", took / SECOND, over - arrived)


@case(
    "RECORD/11",
    "Keys on record",
    clauses=["requirement C-04", "requirement I-01"],
    proves=["C-04", "I-01"],
    needs=["supervision", "ivr"],
)
def test_keys_on_record(centre: Centre) -> None:
    """The keys pressed, right and wrong ones, in order; none for a caller who presses none."""
    before = len(centre.supervisor.records())
    pixit, caller = centre.pixit, centre.caller()
    caller.dials(pixit.menu_number)
    caller.is_answered()
    for key in (pixit.wrong_key, pixit.announcement_key):
        centre.bench.run(2 * SECOND)
        caller.presses(key)
        centre.bench.run(2 * SECOND)
    caller.hangs_up()
    holds(record_of(centre, before), "a record", keys=pixit.wrong_key + pixit.announcement_key, cause=NORMAL)
    caller.dials(pixit.menu_number)
    caller.is_answered()
    caller.hangs_up()
    holds(record_of(centre, before + 1), "a record", keys="", agent="", queue="")


@case(
    "RECORD/12",
    "Records of calls to an agent who does not take them",
    clauses=["requirement C-04", "Q.764 2.2.5", "Q.850 table 1"],
    proves=["C-04"],
    needs=["supervision", "agents"],
)
def test_records_of_calls_not_taken(centre: Centre) -> None:
    """An agent who is absent, talks, or does not lift: the record has the cause of the REL, and no answer."""
    agent, before = centre.agent(), len(centre.supervisor.records())
    called = centre.pixit.agent_number

    def refused(cause: int, at: int) -> None:
        caller = centre.caller("13912345678")
        caller.dials(called)
        cause = caller.is_released(within=60 * SECOND, cause=cause)
        record = record_of(centre, at)
        holds(
            record,
            "a record",
            direction="incoming",
            calling="13912345678",
            called=called,
            answered=None,
            talking_seconds=0,
            cause=cause,
        )

    refused(ABSENT, before)
    agent.on_duty()
    begun = centre.bench.now
    caller = centre.caller("13912345678")
    caller.dials(called).expect("ACM", within=2 * SECOND)
    caller.is_released(within=60 * SECOND, cause=NO_ANSWER)
    record = record_of(centre, before + 1)
    holds(record, "a record", answered=None, cause=NO_ANSWER, talking_seconds=0, agent=agent.spec.agent)
    took = (instant(record, "ended") - instant(record, "started")) / SECOND
    interval(centre, "start to release on record", took, centre.bench.now - begun)
    agent.ready()
    first = centre.caller()
    first.dials(centre.pixit.queue_number)
    first.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    refused(BUSY, before + 2)
    first.hangs_up()


@case(
    "RECORD/13",
    "Records of calls in transit: refused, given up, answered",
    clauses=["requirement C-04", "Q.764 2.2.5", "Q.764 2.3.1"],
    proves=["C-04"],
    needs=["supervision", "transit"],
    setup="transit",
)
def test_transit_records(transit: TransitCentre) -> None:
    """Never answered: no talking time and the cause of the REL; answered: talking from ANM to REL."""
    supervisor = transit.bench.system.supervisor()
    before = len(supervisor.records())
    caller, party = transit.through("isup")
    party.call.send("UNN")
    party.call.expect("CLF", within=ANSWER)
    party.call.send("RLG")
    caller.is_released(within=ANSWER, cause=1)
    holds(last_of(supervisor, before), "a record", direction="transit", answered=None, cause=1)
    caller, party = transit.through("tup")
    caller.hangs_up()
    party.is_released(within=ANSWER)
    found = last_of(supervisor, before + 1)
    holds(found, "a record", direction="transit", answered=None, cause=NORMAL, talking_seconds=0, agent="")
    holds(found, "a record", calling=caller.number, called=party.number, queue="", keys="")
    caller, party = transit.through("isup")
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.answers()
    talking = transit.bench.now
    caller.call.expect("ANM", within=ANSWER)
    transit.bench.run(4 * SECOND + 321 * MILLISECOND)
    caller.call.send("REL", cause=31)
    over = transit.bench.now
    caller.call.expect("RLC", within=ANSWER)
    party.is_released(within=ANSWER)
    found = last_of(supervisor, before + 2)
    holds(found, "a record", direction="transit", cause=31, waiting_seconds=0)
    took = number(found, "talking_seconds")
    since = (instant(found, "ended") - instant(found, "answered")) / SECOND
    for each in (took, since):
        if abs(each - (over - talking) / SECOND) > 0.02:
            raise Fail(awaited=f"{(over - talking) / SECOND:.3f} s talking on record", observed=f"{each}")


@case(
    "RECORD/14",
    "Records of calls in transit that meet trouble",
    clauses=["requirement C-04", "Q.764 2.8.1"],
    proves=["C-04"],
    needs=["supervision", "transit"],
    setup="transit",
)
def test_records_of_trouble_in_transit(transit: TransitCentre) -> None:
    """The second circuit stands on record as the line onward; without one there is none, and cause 34.

    A reset has the cause of the REL that follows, and one record.
    """
    supervisor = transit.bench.system.supervisor()
    before = len(supervisor.records())
    caller, party = transit.through("isup")
    party.call.send("RSC")
    party.call.expect("RLG", within=ANSWER)
    again = transit.tup.wait_for("IAM", "IAI", within=ANSWER)
    caller.hangs_up()
    again.cleared(within=ANSWER)
    line = str(last_of(supervisor, before).get("onward_line"))
    if str(again.cic) not in re.findall(r"[0-9]+", line) or again.cic == party.call.cic:
        raise Fail(awaited=f"onward line with circuit {again.cic}", observed=line)
    caller, party = transit.talking("isup")
    party.call.send("RSC")
    party.call.expect("RLG", within=ANSWER)
    cause = caller.is_released(within=ANSWER)
    holds(last_of(supervisor, before + 1), "a record", direction="transit", cause=cause)
    for cic in transit.tup.circuits:
        transit.tup.send_message(cic, "BLO")
        transit.tup.expect(cic, "BLA", within=ANSWER)
    caller = Caller(transit.isup)
    caller.dials(transit.number("tup"))
    caller.is_released(within=ANSWER, cause=NO_CIRCUIT)
    found = last_of(supervisor, before + 2)
    holds(found, "a record", direction="transit", cause=NO_CIRCUIT, answered=None, onward_line="")


@case(
    "RECORD/15",
    "Records of calls whose circuit is reset",
    clauses=["requirement C-04", "Q.764 2.9.3.1"],
    proves=["C-04"],
    needs=["supervision", "acd", "agents"],
)
def test_record_of_a_reset_call(centre: Centre) -> None:
    """RSC in an answered call: one record, talking time up to the RSC, and a cause of its own."""
    before = len(centre.supervisor.records())
    agent, caller = talks(centre)
    talking = centre.bench.now
    centre.bench.run(5 * SECOND + 432 * MILLISECOND)
    caller.call.send("RSC")
    over = centre.bench.now
    caller.call.expect("RLC", within=2 * SECOND)
    centre.bench.run(SECOND)
    record = last_of(centre.supervisor, before)
    holds(record, "a record", agent=agent.spec.agent, calling=caller.number)
    if record.get("cause") == NORMAL:
        raise Fail(awaited="a cause other than normal clearing", observed=str(record.get("cause")))
    interval(centre, "talking time on record", number(record, "talking_seconds"), over - talking)


@case(
    "RECORD/16",
    "Records of TUP calls",
    clauses=["requirement C-04", "Q.724 1.11", "Q.724 1.15"],
    proves=["C-04"],
    needs=["supervision", "tup.incoming", "tup.outgoing"],
    setup="tup",
)
def test_tup_records(tup: TupCentre) -> None:
    """Numbers, circuit and times of an incoming and an outgoing call, from the answer to CLF."""
    before = len(tup.supervisor.records())
    caller, agent = tup.ringing()
    agent.telephone.lift()
    caller.call.expect("ANC", "ANN", "ANU", within=ANSWER)
    talking = tup.bench.now
    tup.bench.run(6 * SECOND + 543 * MILLISECOND)
    caller.call.send("CLF")
    over = tup.bench.now
    caller.call.expect("RLG", within=ANSWER)
    record = record_of(tup, before)
    holds(
        record,
        "a record",
        direction="incoming",
        calling=caller.number,
        called=tup.pixit.agent_number,
        agent=agent.spec.agent,
        cause=NORMAL,
        onward_line="",
    )
    interval(tup, "talking time on record", number(record, "talking_seconds"), over - talking)
    agent.telephone.replace()
    tup.bench.run(3 * SECOND)
    party, agent = tup.calling_out()
    party.alerts()
    tup.bench.run(2 * SECOND)
    party.answers()
    answered = tup.bench.now
    tup.bench.run(7 * SECOND + 654 * MILLISECOND)
    agent.telephone.replace()
    over = tup.bench.now
    party.is_released(within=ANSWER)
    record = record_of(tup, before + 1)
    holds(record, "a record", direction="outgoing", called=party.number, agent=agent.spec.agent, cause=NORMAL)
    if str(party.call.cic) not in re.findall(r"[0-9]+", str(record.get("line"))):
        raise Fail(awaited=f"line with circuit {party.call.cic}", observed=str(record.get("line")))
    interval(tup, "talking time on record", number(record, "talking_seconds"), over - answered)


@case(
    "RECORD/17",
    "The journal of an incoming call, step by step",
    clauses=["requirement S-03", "requirement S-04", "ECMA-269 17"],
    proves=["S-03", "S-04"],
    needs=["supervision", "agents"],
)
def test_journal_of_an_incoming_call(centre: Centre) -> None:
    """Offered with the IAM, Delivered with the ACM, Established with the answer, and ConnectionCleared."""
    agent = centre.agent()
    agent.on_duty()
    since = last_number(centre)
    caller = centre.caller()
    caller.dials(centre.pixit.agent_number)
    offered = centre.bench.now
    caller.call.expect("ACM", within=2 * SECOND)
    rung = centre.bench.now
    centre.bench.run(3 * SECOND + 111 * MILLISECOND)
    agent.telephone.lift()
    lifted = centre.bench.now
    caller.call.expect("ANM", within=2 * SECOND)
    centre.bench.run(4 * SECOND + 222 * MILLISECOND)
    caller.call.send("REL", cause=NORMAL)
    over = centre.bench.now
    caller.call.expect("RLC", within=2 * SECOND)
    centre.bench.run(2 * SECOND)
    happened(
        centre,
        since,
        ("Offered", offered),
        ("Delivered", rung),
        ("Established", lifted),
        ("ConnectionCleared", over),
    )


@case(
    "RECORD/18",
    "The journal of a call in transit, step by step",
    clauses=["requirement S-03", "requirement S-04", "ECMA-269 17"],
    proves=["S-03", "S-04"],
    needs=["supervision", "transit"],
    setup="transit",
)
def test_journal_of_a_call_in_transit(transit: TransitCentre) -> None:
    """Offered with the IAM, Delivered when somebody is rung, Established with the first answer only."""
    supervisor = transit.bench.system.supervisor()
    since = max((event.number for event in supervisor.journal()), default=0)
    caller, party = transit.through("isup")
    offered = party.call.received[0].at
    transit.bench.run(2 * SECOND)
    party.call.send("ACM", kind=1, free=1)
    rung = transit.bench.now
    caller.call.expect("ACM", within=ANSWER)
    transit.bench.run(3 * SECOND)
    party.call.send("ANC")
    answered = transit.bench.now
    caller.call.expect("ANM", within=ANSWER)
    party.call.send("CBK")
    caller.call.expect("SUS", within=ANSWER)
    party.call.send("RAN")
    caller.call.expect("RES", within=ANSWER)
    transit.bench.run(4 * SECOND)
    caller.call.send("REL", cause=NORMAL)
    over = transit.bench.now
    caller.call.expect("RLC", within=ANSWER)
    party.is_released(within=ANSWER)
    transit.bench.run(SECOND)
    happened(
        transit,
        since,
        ("Offered", offered),
        ("Delivered", rung),
        ("Established", answered),
        ("ConnectionCleared", over),
    )
    since = max(event.number for event in supervisor.journal())
    caller, party = transit.through("isup")
    party.call.send("ACM", kind=1, free=0)
    caller.call.expect("ACM", within=ANSWER)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    kinds = [event.type for event in steps_of(supervisor, since)]
    if kinds != ["Offered", "ConnectionCleared"]:
        raise Fail(awaited="Offered and ConnectionCleared of a call nobody was rung for", observed=str(kinds))


@case(
    "RECORD/19",
    "The record of a call that a second agent takes",
    clauses=["requirement C-04", "requirement A-05"],
    proves=["C-04"],
    needs=["supervision", "acd", "agents"],
)
def test_record_of_a_call_that_comes_back(centre: Centre) -> None:
    """The first agent does not lift, the second one does: the record has the second, and all the waiting."""
    before = len(centre.supervisor.records())
    first, second = centre.agent(0), centre.agent(1)
    first.on_duty()
    second.sign_on()
    caller = centre.caller()
    caller.dials(centre.pixit.queue_number)
    begun = centre.bench.now
    caller.is_answered()
    first.telephone.rings(within=2 * SECOND)
    first.telephone.stops_ringing(within=60 * SECOND)
    centre.bench.run(2 * SECOND)
    second.ready()
    second.telephone.rings(within=2 * SECOND)
    centre.bench.run(SECOND)
    second.telephone.lift()
    talking = centre.bench.now
    second.is_in("talking", within=SECOND)
    centre.bench.run(3 * SECOND)
    caller.call.send("REL", cause=NORMAL)
    over = centre.bench.now
    caller.call.expect("RLC", within=2 * SECOND)
    record = record_of(centre, before)
    holds(record, "a record", agent=second.spec.agent, queue=centre.pixit.queue, cause=NORMAL)
    interval(centre, "waiting time on record", number(record, "waiting_seconds"), talking - begun)
    interval(centre, "talking time on record", number(record, "talking_seconds"), over - talking)

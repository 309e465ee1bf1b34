"""Journal and call records: what supervisor, desk and a client that was away are told of calls.

What is told is held against what the tester did and saw on the line.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from testline.case import case
from testline.cases.agents import NORMAL, OUTSIDE, dials_out, last_number, shown_after_wrap_up, talks
from testline.layers.isup_parameters import CallingPartyNumber, OriginalCalledNumber, UserToUserInformation
from testline.measurements import Measurement
from testline.testers import Centre, TransitCentre
from testline.verdicts import Fail
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.system import Event

RECORD_MS: Final = 20.0
"""Milliseconds by which intervals on record may differ from the line's: some signal units and blocks."""
S03: Final = ("line", "calling", "called", "original_called", "function", "additional", "password")
"""Field set of requirement S-03 (`testrig.system.Event`)."""


def record_of(centre: Centre, before: int) -> dict[str, object]:
    """Wait for the call record after the first `before`."""
    return centre.bench.until(
        lambda: next(iter(centre.supervisor.records()[before:]), None),
        within=2 * SECOND,
        awaited="a call record",
    )


def holds(found: dict[str, object], what: str, **expected: object) -> None:
    """Fail unless `found` has these values."""
    wrong = {name: found.get(name) for name, value in expected.items() if found.get(name) != value}
    if wrong:
        wanted = {name: expected[name] for name in wrong}
        raise Fail(awaited=f"{what} with {wanted}", observed=str(wrong))


def interval(centre: Centre, name: str, found: float, line: Instant) -> None:
    """Judge an interval on record, in seconds, against the one the tester saw in frames."""
    centre.bench.measure(
        Measurement(
            name=name,
            value=round(1000 * found - line / MILLISECOND, 3),
            unit="ms",
            low=-RECORD_MS,
            high=RECORD_MS,
            clause="requirement C-04",
        )
    )


def instant(record: dict[str, object], name: str) -> Instant:
    """Return an instant of a record; fail when it is none."""
    found = record.get(name)
    if not isinstance(found, int):
        raise Fail(awaited=f"the instant {name!r} on record", observed=repr(found))
    return found


@case(
    "RECORD/1",
    "The desk is told who calls",
    clauses=["requirement S-03", "ECMA-269 17"],
    proves=["S-03", "S-04"],
    needs=["agents", "acd"],
    unverified=True,
)
def test_desk_is_told_who_calls(centre: Centre) -> None:
    """The event of the ringing has calling and called number; that of the answer and of the end follow."""
    agent = centre.agent()
    agent.on_duty()
    caller = centre.caller("13912345678")
    caller.dials(centre.pixit.queue_number)
    event = agent.is_told("Delivered", within=2 * SECOND)
    holds(event.data, "Delivered", calling="13912345678", called=centre.pixit.queue_number)
    caller.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    agent.is_told("Established", within=SECOND)
    caller.hangs_up()
    agent.is_told("ConnectionCleared", within=SECOND)


@case(
    "RECORD/2",
    "Call events carry the field set",
    clauses=["requirement S-03", "Q.763 3.39", "Q.763 3.60"],
    proves=["S-03"],
    needs=["supervision", "acd", "agents"],
)
def test_field_set(centre: Centre) -> None:
    """Every event of a forwarded call with user-to-user information has all seven fields, rightly filled."""
    agent = centre.agent()
    agent.on_duty()
    before = last_number(centre)
    caller = centre.caller("13912345678")
    optional = [
        OriginalCalledNumber(digits="02188887777", screening=0),
        UserToUserInformation(discriminator=0x04, information=b"ORDER 4711"),
    ]
    call = caller.dials(centre.pixit.queue_number, optional=optional)
    caller.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    caller.hangs_up()
    centre.bench.run(SECOND)
    events = [
        event
        for event in centre.supervisor.journal(before)
        if "call" in event.data and not event.type.startswith("Agent")
    ]
    kinds = [event.type for event in events]
    for kind in ("Offered", "Delivered", "Established", "ConnectionCleared"):
        if kind not in kinds:
            raise Fail(awaited=f"{kind} among the events of the call", observed=str(kinds))
    for event in events:
        missing = [name for name in S03 if name not in event.data]
        if missing:
            raise Fail(awaited=f"S-03 fields in {event.type}", observed=f"without {', '.join(missing)}")
        holds(
            event.data,
            f"{event.type}",
            calling="13912345678",
            called=centre.pixit.queue_number,
            original_called="02188887777",
            additional="ORDER 4711",
        )
        if str(call.cic) not in str(event.data["line"]):
            raise Fail(
                awaited=f"circuit {call.cic} as line in {event.type}", observed=str(event.data["line"])
            )


@case(
    "RECORD/3",
    "A number that may not be shown",
    clauses=["Q.763 3.10", "Q.731.3"],
    proves=["S-03"],
    needs=["supervision", "ivr"],
    unverified=True,
)
def test_number_not_given(centre: Centre) -> None:
    """A call without a calling number is served like any other; the field is there and empty."""
    before = len(centre.supervisor.records())
    call = centre.isup.seize(called=centre.pixit.menu_number, calling=None)
    call.answered(within=5 * SECOND)
    call.release()
    holds(record_of(centre, before), "a record", calling="", called=centre.pixit.menu_number)
    restricted = CallingPartyNumber(digits="13912345678", presentation=0b01)
    call = centre.isup.seize(called=centre.pixit.menu_number, calling=None, optional=[restricted])
    call.answered(within=5 * SECOND)
    call.release()
    record = record_of(centre, before + 1)
    if record.get("calling") not in ("", "13912345678"):
        raise Fail(awaited="the restricted number kept or left out", observed=str(record.get("calling")))


@case(
    "RECORD/4",
    "The journal has no gap",
    clauses=["requirement S-04", "ECMA-269 12"],
    proves=["S-04", "P-09"],
    needs="supervision",
    unverified=True,
)
def test_journal_has_no_gap(centre: Centre) -> None:
    """Through calls and sign-ons events are numbered one by one, in order of time.

    A client that was away gets exactly what it missed, the same as one that stayed.
    """
    agent, caller = talks(centre)
    caller.hangs_up()
    middle = last_number(centre)
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "ready")
    agent.sign_off()
    events = list(centre.supervisor.journal())
    numbers = [event.number for event in events]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise Fail(awaited="numbers without gap", observed=str(numbers))
    late = [event for event, later in pairwise(events) if later.at < event.at]
    if late:
        raise Fail(awaited="events in order of time", observed=f"event {late[0].number} after the next one")
    missed: list[Event] = list(centre.supervisor.journal(middle))
    if missed != [event for event in events if event.number > middle] or not missed:
        raise Fail(awaited=f"the events after {middle}", observed=str([event.number for event in missed]))


@case(
    "RECORD/5",
    "The record of an incoming call",
    clauses=["requirement C-04", "requirement S-03"],
    proves=["C-04", "S-03"],
    needs=["supervision", "acd", "agents"],
)
def test_incoming_record(centre: Centre) -> None:
    """Numbers, queue, agent, cause, and times that differ from the tester's own by 20 ms at most."""
    before = len(centre.supervisor.records())
    agent = centre.agent()
    agent.sign_on()
    caller = centre.caller("13912345678")
    caller.dials(centre.pixit.queue_number)
    begun = centre.bench.now
    caller.is_answered()
    centre.bench.run(7 * SECOND + 321 * MILLISECOND)
    agent.ready()
    agent.telephone.rings(within=2 * SECOND)
    centre.bench.run(3 * SECOND)
    agent.telephone.lift()
    talking = centre.bench.now
    agent.is_in("talking", within=SECOND)
    centre.bench.run(12 * SECOND + 345 * MILLISECOND)
    caller.call.send("REL", cause=NORMAL)
    over = centre.bench.now
    caller.call.expect("RLC", within=2 * SECOND)
    record = record_of(centre, before)
    holds(
        record,
        "a record",
        direction="incoming",
        calling="13912345678",
        called=centre.pixit.queue_number,
        queue=centre.pixit.queue,
        agent=agent.spec.agent,
        cause=NORMAL,
    )
    started, answered = instant(record, "started"), instant(record, "answered")
    interval(centre, "start to end on record", (instant(record, "ended") - started) / SECOND, over - begun)
    interval(centre, "start to answer on record", (answered - started) / SECOND, 0)
    interval(centre, "waiting time on record", number(record, "waiting_seconds"), talking - begun)
    interval(centre, "talking time on record", number(record, "talking_seconds"), over - talking)


def number(record: dict[str, object], name: str) -> float:
    """Return a number of a record; fail when it is none."""
    found = record.get(name)
    if not isinstance(found, (int, float)):
        raise Fail(awaited=f"the number {name!r} on record", observed=repr(found))
    return float(found)


@case(
    "RECORD/6",
    "The record of an outgoing call",
    clauses=["requirement C-04", "requirement S-03"],
    proves=["C-04", "O-03"],
    needs=["supervision", "agents.outgoing"],
)
def test_outgoing_record(centre: Centre) -> None:
    """Number, agent, cause, and times from dialling to answer to the end within 20 ms."""
    before = len(centre.supervisor.records())
    agent, called = dials_out(centre)
    arrived = centre.bench.now
    called.alerts()
    centre.bench.run(4 * SECOND + 567 * MILLISECOND)
    called.answers()
    answered = centre.bench.now
    agent.is_in("talking", within=SECOND)
    centre.bench.run(9 * SECOND + 876 * MILLISECOND)
    called.call.send("REL", cause=NORMAL)
    over = centre.bench.now
    called.call.expect("RLC", within=2 * SECOND)
    record = record_of(centre, before)
    holds(record, "a record", direction="outgoing", called=OUTSIDE, agent=agent.spec.agent, cause=NORMAL)
    since = instant(record, "answered") - instant(record, "started")
    interval(centre, "dialling to answer on record", since / SECOND, answered - arrived)
    interval(centre, "talking time on record", number(record, "talking_seconds"), over - answered)


@case(
    "RECORD/7",
    "The record of a call nobody answered",
    clauses=["requirement C-04", "Q.764 2.3.1"],
    proves=["C-04", "C-10"],
    needs=["supervision", "acd"],
)
def test_record_of_abandoned_call(centre: Centre) -> None:
    """A caller gives up after 5 s in the queue: no agent, no talking time, the waiting time on record."""
    before = len(centre.supervisor.records())
    caller = centre.caller("13912345678")
    caller.dials(centre.pixit.queue_number)
    begun = centre.bench.now
    caller.is_answered()
    centre.bench.run(5 * SECOND)
    caller.call.send("REL", cause=NORMAL)
    over = centre.bench.now
    caller.call.expect("RLC", within=2 * SECOND)
    record = record_of(centre, before)
    holds(record, "a record", agent="", queue=centre.pixit.queue, calling="13912345678", talking_seconds=0)
    interval(centre, "waiting time on record", number(record, "waiting_seconds"), over - begun)


@case(
    "RECORD/8",
    "One record a call",
    clauses=["requirement C-04", "requirement P-09"],
    proves=["C-04", "P-09"],
    needs=["supervision", "ivr"],
)
def test_one_record_a_call(centre: Centre) -> None:
    """Ten calls, two of them refused: ten records in order, each with its own number and cause."""
    before = len(centre.supervisor.records())
    expected = []
    for index in range(10):
        caller = centre.caller(f"1391234560{index}")
        if index in (3, 7):
            caller.dials(centre.pixit.unallocated_number)
            caller.is_released(within=5 * SECOND, cause=1)
        else:
            caller.dials(centre.pixit.menu_number)
            caller.is_answered()
            caller.hangs_up()
        expected.append((caller.number, 1 if index in (3, 7) else NORMAL))
    centre.bench.run(SECOND)
    found = [(record.get("calling"), record.get("cause")) for record in centre.supervisor.records()[before:]]
    if found != expected:
        raise Fail(awaited=f"records {expected}", observed=str(found))


@case(
    "RECORD/9",
    "The record of a call in transit",
    clauses=["requirement C-04", "requirement S-03"],
    proves=["C-04"],
    needs=["supervision", "transit"],
    setup="transit",
)
def test_transit_record(transit: TransitCentre) -> None:
    """It has both circuits, by their CIC, and the cause; nobody waited."""
    supervisor = transit.bench.system.supervisor()
    before = len(supervisor.records())
    caller, party = transit.talking("isup")
    caller.call.send("REL", cause=NORMAL)
    caller.call.expect("RLC", within=2 * SECOND)
    party.call.expect("CLF", within=2 * SECOND)
    party.call.send("RLG")
    transit.bench.run(SECOND)
    found = supervisor.records()[before:]
    if len(found) != 1:
        raise Fail(awaited="one record", observed=f"{len(found)}")
    holds(found[0], "a record", direction="transit", cause=NORMAL, waiting_seconds=0)
    for name, each in (("line", caller), ("onward_line", party)):
        line = str(found[0].get(name))
        if str(each.call.cic) not in re.findall(r"[0-9]+", line):
            raise Fail(awaited=f"{name!r} with circuit {each.call.cic}", observed=line)

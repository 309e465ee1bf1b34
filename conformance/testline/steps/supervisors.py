"""What supervisors and operators see, and trouble on the trunk."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from testline.steps.people import AGENT, People
from testline.verdicts import Inconclusive
from testrig.board import Alarm
from testrig.clock import SECOND

TALKING_TOLERANCE = 1.0
"""Seconds by which `about` may differ: the speech proof before and the words of the scenario."""


@then(parsers.re(r"the supervisor sees (?P<count>\d+) callers? waiting"))
def sees_waiting(people: People, count: str) -> None:
    supervisor, queue = people.centre.supervisor, people.centre.pixit.queue
    people.centre.bench.until(
        lambda: supervisor.waiting(queue) == int(count),
        within=2 * SECOND,
        awaited=f"{count} waiting in {queue}",
        state=lambda: f"{supervisor.waiting(queue)} waiting",
    )


@then(parsers.re(rf'the supervisor sees {AGENT} as "(?P<state>[^"]+)"'))
def sees_agent(people: People, agent: str, state: str) -> None:
    supervisor = people.centre.supervisor
    people.centre.bench.until(
        lambda: supervisor.agents().get(agent) == state,
        within=2 * SECOND,
        awaited=f"agent {agent} {state}",
        state=lambda: f"agent {agent} {supervisor.agents().get(agent)}",
    )


@then(parsers.re(f"the journal shows when {AGENT} signed on and off"))
def journal_shows_duty(people: People, agent: str) -> None:
    entries = [event for event in people.centre.supervisor.journal() if event.data.get("agent") == agent]
    states = [str(event.data.get("state")) for event in entries]
    instants = [event.at for event in entries]
    people.centre.bench.until(
        lambda: "signed off" in states and len(states) > 1 and instants == sorted(instants),
        within=0,
        awaited=f"sign-on and sign-off of agent {agent} in the journal, in order of time",
        state=f"journal: {', '.join(states)}",
    )


@then(
    parsers.re(
        rf'the call record shows caller "(?P<number>\d+)", {AGENT} '
        r"and a talking time of about (?P<seconds>\d+) seconds"
    )
)
def record_shows(people: People, number: str, agent: str, seconds: str) -> None:
    def found() -> dict[str, object] | None:
        for record in people.centre.supervisor.records():
            talked = record.get("talking_seconds")
            right = record.get("calling") == number and str(record.get("agent")) == agent
            if right and isinstance(talked, float | int) and abs(talked - int(seconds)) <= TALKING_TOLERANCE:
                return record
        return None

    people.centre.bench.until(
        found,
        within=5 * SECOND,
        awaited=f"a record with caller {number}, agent {agent} and {seconds} s of talking",
        state=lambda: f"records: {list(people.centre.supervisor.records())}",
    )


@when(parsers.re(r"the trunk is (?P<what>cut|mended)"))
def trunk(people: People, what: str) -> None:
    pairs = people.centre.bench.rig.pairs
    if not pairs:
        raise Inconclusive("the rig cannot cut this line by itself")
    pairs[0].a_to_b.cut = pairs[0].b_to_a.cut = what == "cut"
    people.centre.bench.note(f"the trunk is {what}")


@then(parsers.re(r'the operator sees the alarm "(?P<alarm>[^"]+)" within (?P<seconds>\d+) seconds'))
def sees_alarm(people: People, alarm: str, seconds: str) -> None:
    maintenance, name = people.centre.bench.system.maintenance(), Alarm(alarm).name
    people.centre.bench.until(
        lambda: name in maintenance.alarms(0),
        within=int(seconds) * SECOND,
        awaited=f"alarm {name}",
        state=lambda: f"alarms {sorted(maintenance.alarms(0))}",
    )


@then(parsers.re(r"the signalling link is in service again within (?P<seconds>\d+) seconds"))
def link_is_back(people: People, seconds: str) -> None:
    maintenance = people.centre.bench.system.maintenance()
    people.centre.bench.until(
        lambda: maintenance.link_state() == "in service",
        within=int(seconds) * SECOND,
        awaited="the system's signalling link in service",
        state=maintenance.link_state,
    )

"""Servers behind a signalling gateway: one fails, another takes over, and who talks does not notice.

Requirement N-05 with RFC 4666 4.3.4 (override, AS-PENDING) seen from the network and from the people: the
line, the telephones, the desks and the records. What a take-over may cost: calls that are not answered yet.
"""

from __future__ import annotations

from typing import Final

from testline.bench import Bench
from testline.case import case
from testline.cases.records import holds, interval, record_of
from testline.cases.switching import Pattern
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.isup_start import circuits_of
from testline.testers.servers import ServerCentre
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Fail
from testrig.clock import SECOND

NEEDS: Final = ["servers", "agents"]
ANSWER: Final = 5 * SECOND
NUMBER: Final = "02155556666"
NORMAL: Final = 16


@case(
    "SERVER/1",
    "Speech goes on without a gap when the server fails",
    clauses=["requirement N-05", "RFC 4666 4.3.4.3"],
    proves=["N-05", "P-09"],
    needs=["servers", "agents", "switching.transparent"],
    setup="servers",
)
def test_speech_goes_on(bench: Bench) -> None:
    """A bit pattern both ways loses no bit while the server fails and another takes over."""
    centre = ServerCentre(bench)
    caller, agent = centre.talking()
    patterns = Pattern(bench, caller.voice, agent.voice), Pattern(bench, agent.voice, caller.voice)
    bench.run(SECOND)
    centre.fails()
    bench.run(5 * SECOND)
    for pattern in patterns:
        pattern.stop()
        pattern.judge()
        if pattern.checker.bits < 8 * 6 * SECOND:
            raise Fail(awaited=f"{8 * 6 * SECOND} bits compared", observed=f"{pattern.checker.bits}")
    centre.connected(caller, agent)
    caller.hangs_up()
    centre.idle(caller)


@case(
    "SERVER/2",
    "The caller clears after the take-over",
    clauses=["requirement N-05", "Q.764 2.3.1"],
    proves=["N-05", "C-04"],
    needs=[*NEEDS, "supervision"],
    setup="servers",
)
def test_caller_clears_after_it(bench: Bench) -> None:
    """REL is answered by RLC, the agent goes into wrap-up, the record has the whole call."""
    centre = ServerCentre(bench)
    before = len(centre.supervisor.records())
    caller, agent = centre.talking()
    begun = bench.now
    bench.run(3 * SECOND)
    centre.fails()
    bench.run(3 * SECOND)
    lasted = bench.now - begun
    caller.hangs_up()
    agent.is_in("wrap-up", within=SECOND)
    record = record_of(centre, before)
    holds(record, "the record", calling=caller.number, agent=agent.spec.agent, cause=NORMAL)
    answered, ended = record["answered"], record["ended"]
    if not isinstance(answered, int) or not isinstance(ended, int):
        raise Fail(awaited="answered and ended as instants", observed=f"{answered!r}, {ended!r}")
    if ended - answered < lasted:
        raise Fail(awaited=f"a call of at least {lasted} frames on record", observed=f"{ended - answered}")
    waited = round(float(str(record["waiting_seconds"])) * SECOND)
    interval(centre, "talking time", float(str(record["talking_seconds"])), ended - answered - waited)
    centre.idle(caller)


@case(
    "SERVER/3",
    "The agent clears after the take-over",
    clauses=["requirement N-05", "Q.764 2.3.2"],
    proves=["N-05", "S-01"],
    needs=NEEDS,
    setup="servers",
)
def test_agent_clears_after_it(bench: Bench) -> None:
    """The desk shows the agent talking; replacing the handset sends REL with cause 16."""
    centre = ServerCentre(bench)
    caller, agent = centre.talking()
    centre.fails()
    agent.is_in("talking", within=SECOND)
    agent.telephone.replace()
    caller.is_released(within=ANSWER, cause=NORMAL)
    agent.is_in("wrap-up", within=SECOND)
    centre.idle(caller)


@case(
    "SERVER/4",
    "A call of an agent's own goes on",
    clauses=["requirement N-05", "Q.764 2.3"],
    proves=["N-05", "S-01"],
    needs=["servers", "agents.outgoing"],
    setup="servers",
)
def test_outgoing_call_goes_on(bench: Bench) -> None:
    """A call that an agent has dialled, answered before the failure, goes on and is cleared by the agent."""
    centre = ServerCentre(bench)
    agent, party = centre.agent(), centre.caller(NUMBER)
    agent.sign_on()
    agent.telephone.lift()
    bench.run(SECOND // 4)
    agent.dial(centre.pixit.outgoing_prefix + NUMBER)
    party.is_called(within=ANSWER)
    party.alerts()
    party.answers()
    bench.run(SECOND)
    centre.fails()
    expect_speech_both_ways(party.voice, agent.voice)
    agent.telephone.replace()
    party.is_released(within=ANSWER, cause=NORMAL)
    centre.idle(party)


@case(
    "SERVER/5",
    "The caller hangs up in the moment of the failure",
    clauses=["requirement N-05", "RFC 4666 4.3.2", "Q.764 2.3.1"],
    proves=["N-05"],
    needs=NEEDS,
    setup="servers",
)
def test_release_in_the_gap(bench: Bench) -> None:
    """REL that comes while nobody serves is kept: RLC follows within T1, the agent is in wrap-up."""
    centre = ServerCentre(bench)
    caller, agent = centre.talking()
    centre.servers.power(centre.servers.serving, False)
    caller.hangs_up()
    agent.is_in("wrap-up", within=ANSWER)
    centre.idle(caller)


@case(
    "SERVER/6",
    "The agent hangs up in the moment of the failure",
    clauses=["requirement N-05", "Q.764 2.3.2"],
    proves=["N-05"],
    needs=NEEDS,
    setup="servers",
)
def test_agent_hangs_up_in_the_gap(bench: Bench) -> None:
    """A handset that is replaced while nobody serves clears the call as soon as a server does."""
    centre = ServerCentre(bench)
    caller, agent = centre.talking()
    centre.servers.power(centre.servers.serving, False)
    agent.telephone.replace()
    caller.is_released(within=ANSWER, cause=NORMAL)
    agent.is_in("wrap-up", within=SECOND)
    centre.idle(caller)


@case(
    "SERVER/7",
    "New calls after the take-over",
    clauses=["requirement N-05", "RFC 4666 4.3.4.3"],
    proves=["N-05"],
    needs=NEEDS,
    setup="servers",
)
def test_new_calls(bench: Bench) -> None:
    """A caller reaches the menu, and another one an agent who was ready before the failure."""
    centre = ServerCentre(bench)
    agent = centre.agent()
    agent.on_duty()
    centre.fails()
    agent.is_in("ready", within=SECOND)
    other = centre.caller("13900139000")
    other.dials(centre.pixit.menu_number)
    other.is_answered()
    caller = centre.waiting("13800138000")
    agent.telephone.answers(within=ANSWER)
    centre.connected(caller, agent)
    for each in (other, caller):
        each.hangs_up()
        centre.idle(each)


@case(
    "SERVER/8",
    "Circuits without a call that goes on are reset",
    clauses=["requirement N-05", "Q.764 2.9.3", "Q.764 2.9.3.2"],
    proves=["N-05"],
    needs=[*NEEDS, "isup.group_supervision"],
    setup="servers",
)
def test_other_circuits_are_reset(bench: Bench) -> None:
    """The take-over resets every circuit but that of the call in speech, which gets no message at all."""
    centre = ServerCentre(bench)
    caller, _ = centre.talking()
    caller.call.catch_up()
    isup = centre.isup
    isup.background.clear()
    centre.fails()
    reset: set[int] = set()
    for got in isup.background:
        if got.title in ("GRS", "RSC"):
            reset |= set(circuits_of(isup, got))
    wanted = set(isup.circuits) - {caller.call.cic}
    if not wanted <= reset or caller.call.cic in reset:
        raise Fail(
            awaited=f"a reset of every circuit but {caller.call.cic}",
            observed=f"not of {sorted(wanted - reset)}" if wanted - reset else f"also of {caller.call.cic}",
        )
    isup.expect_nothing(during=2 * SECOND)
    for cic in sorted(wanted):
        isup.expect_idle(cic)
    caller.hangs_up()


@case(
    "SERVER/9",
    "A call that was not answered yet is lost cleanly",
    clauses=["requirement N-05", "Q.764 2.9.3"],
    proves=["N-05", "C-04"],
    needs=[*NEEDS, "supervision"],
    setup="servers",
)
def test_unanswered_call_is_lost(bench: Bench) -> None:
    """While an agent is rung: the call is lost by a reset; record, agent, bell and circuit are in order."""
    centre = ServerCentre(bench)
    agent, caller = centre.agent(), centre.caller()
    agent.on_duty()
    before = len(centre.supervisor.records())
    caller.dials(centre.pixit.agent_number).expect("ACM", within=ANSWER)
    agent.telephone.rings(within=ANSWER)
    caller.call.catch_up()
    centre.fails()
    record = record_of(centre, before)
    holds(record, "the record", calling=caller.number, answered=None)
    agent.is_in("ready", within=SECOND)
    agent.telephone.stops_ringing(within=6 * SECOND)
    centre.idle(caller)


@case(
    "SERVER/10",
    "Waiting callers keep their places",
    clauses=["requirement N-05", "requirement A-01"],
    proves=["N-05", "A-01"],
    needs=[*NEEDS, "acd"],
    setup="servers",
)
def test_waiting_callers_keep_their_places(bench: Bench) -> None:
    """Two callers wait; after the take-over they hear music, and the first is the first to be served."""
    centre = ServerCentre(bench)
    first, second = centre.waiting("13800138001"), centre.waiting("13800138002")
    bench.run(SECOND)
    centre.fails()
    hz = centre.pixit.prompts.get("queue_music")
    for each in (first, second):
        if hz is not None:
            each.hears_tone(hz, within=3 * SECOND)
    agent = centre.agent()
    agent.on_duty()
    agent.telephone.answers(within=ANSWER)
    centre.connected(first, agent)
    for each in (first, second):
        each.hangs_up()
        centre.idle(each)


@case(
    "SERVER/11",
    "A caller in the menu begins again",
    clauses=["requirement N-05", "requirement I-01"],
    proves=["N-05"],
    needs=["servers", "ivr"],
    setup="servers",
)
def test_caller_in_the_menu_begins_again(bench: Bench) -> None:
    """A caller who is in the menu stays connected, hears it anew, and keys lead on."""
    centre = ServerCentre(bench)
    agent, caller = centre.agent(), centre.caller()
    agent.on_duty()
    caller.dials(centre.pixit.menu_number)
    caller.is_answered()
    hz = centre.pixit.prompts.get("menu")
    centre.fails()
    if hz is not None:
        caller.hears_tone(hz, within=15 * SECOND)
    caller.presses(centre.pixit.queue_key)
    agent.telephone.answers(within=8 * SECOND)
    centre.connected(caller, agent)
    caller.hangs_up()
    centre.idle(caller)


@case(
    "SERVER/12",
    "A call in transit goes on, through both user parts",
    clauses=["requirement N-05", "Q.724 6.2"],
    proves=["N-05"],
    needs=["servers", "transit"],
    setup="servers",
)
def test_transit_goes_on(bench: Bench) -> None:
    """ISUP to TUP: speech goes on; the caller clears, CLF follows, both circuits are idle, on one record."""
    centre = ServerCentre(bench)
    caller, party = Caller(centre.isup), Caller(centre.tup, centre.pixit.transit["tup"] + "55556666")
    before = len(centre.supervisor.records())
    caller.dials(party.number)
    party.is_called(within=ANSWER)
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.answers()
    caller.call.expect("ANM", within=ANSWER)
    centre.fails()
    expect_speech_both_ways(caller.voice, party.voice)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    holds(record_of(centre, before), "the record", direction="transit", cause=NORMAL)
    centre.idle(caller)
    centre.idle(party)


def talking_over_tup(centre: ServerCentre) -> tuple[Caller, Agent]:
    """A call that came in over TUP, answered by the first agent."""
    agent, caller = centre.agent(), Caller(centre.tup)
    agent.on_duty()
    caller.dials(centre.pixit.queue_number)
    caller.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    agent.is_in("talking", within=SECOND)
    caller.call.catch_up()
    return caller, agent


@case(
    "SERVER/13",
    "A call over TUP goes on",
    clauses=["requirement N-05", "Q.724 1.12", "Q.724 6.2"],
    proves=["N-05"],
    needs=["servers", "tup.incoming"],
    setup="servers",
)
def test_tup_call_goes_on(bench: Bench) -> None:
    """A call that came in over TUP goes on; the agent's clearing becomes CBK, CLF is answered by RLG."""
    centre = ServerCentre(bench)
    caller, agent = talking_over_tup(centre)
    centre.fails()
    centre.connected(caller, agent)
    agent.telephone.replace()
    caller.call.expect("CBK", within=ANSWER)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    centre.idle(caller)


@case(
    "SERVER/14",
    "A stand-by that fails is not noticed",
    clauses=["requirement N-05"],
    proves=["N-05", "P-09"],
    needs=NEEDS,
    setup="servers",
)
def test_stand_by_fails(bench: Bench) -> None:
    """The stand-by loses its power and comes back: no message, the call goes on."""
    centre = ServerCentre(bench)
    caller, agent = centre.talking()
    caller.call.catch_up()
    serving = centre.servers.serving
    other = next(each for each in centre.servers.names if each != serving)
    centre.servers.power(other, False)
    centre.servers.is_(other, "off")
    centre.isup.expect_nothing(during=5 * SECOND)
    centre.servers.back(other)
    centre.isup.expect_nothing(during=5 * SECOND)
    if centre.servers.serving != serving:
        raise Fail(awaited=f"server {serving} serving", observed=centre.servers.serving)
    centre.connected(caller, agent)
    caller.hangs_up()
    centre.idle(caller)


@case(
    "SERVER/15",
    "There and back",
    clauses=["requirement N-05", "requirement P-09"],
    proves=["N-05", "P-09"],
    needs=NEEDS,
    setup="servers",
)
def test_there_and_back(bench: Bench) -> None:
    """A server fails, comes back, and takes over when the other fails: the call goes on all the time."""
    centre = ServerCentre(bench)
    caller, agent = centre.talking()
    first = centre.servers.serving
    centre.fails()
    centre.servers.back(first)
    again = centre.fails()
    if again != first:
        raise Fail(awaited=f"server {first} serving", observed=again)
    centre.connected(caller, agent)
    agent.telephone.replace()
    caller.is_released(within=ANSWER, cause=NORMAL)
    centre.idle(caller)


@case(
    "SERVER/16",
    "A client that was there before misses nothing",
    clauses=["requirement S-04", "requirement P-09"],
    proves=["S-04", "P-09"],
    needs=[*NEEDS, "supervision"],
    setup="servers",
)
def test_journal_goes_on(bench: Bench) -> None:
    """The journal after the take-over has every event from before under the same number, and goes on."""
    centre = ServerCentre(bench)
    caller, _ = centre.talking()
    before = [(event.number, event.at, event.type) for event in centre.supervisor.journal()]
    centre.fails()
    caller.hangs_up()
    bench.run(SECOND)
    after = [(event.number, event.at, event.type) for event in centre.supervisor.journal()]
    numbers = [number for number, _, _ in after]
    if after[: len(before)] != before:
        raise Fail(awaited=f"the {len(before)} events from before", observed="others under their numbers")
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))) or len(after) <= len(before):
        raise Fail(awaited="consecutive numbers", observed=str(numbers[-10:]))


@case(
    "SERVER/17",
    "A blocked circuit stays blocked",
    clauses=["requirement N-05", "Q.764 2.8.2.1"],
    proves=["N-05", "M-03"],
    needs=["servers", "isup.maintenance"],
    setup="servers",
)
def test_blocked_circuits_stay_blocked(bench: Bench) -> None:
    """A circuit that the operator has blocked is blocked again by BLO."""
    centre = ServerCentre(bench)
    isup = centre.isup
    ours = min(isup.circuits)
    group = isup.circuits[ours].group
    centre.servers.operator.block(ours, group)
    isup.expect(ours, "BLO", within=ANSWER)
    isup.send_message(ours, "BLA")
    bench.run(SECOND)
    centre.fails()
    isup.expect(ours, "BLO", within=ANSWER)
    isup.send_message(ours, "BLA")
    bench.run(SECOND)
    state = centre.servers.operator.circuit_state(ours, group)
    if "locally blocked" not in state:
        raise Fail(awaited=f"circuit {ours} locally blocked", observed=state)


@case(
    "SERVER/18",
    "Nobody serves",
    clauses=["requirement N-05", "Q.704 11.2.7", "RFC 4666 4.3.2"],
    proves=["N-05"],
    needs=NEEDS,
    setup="servers",
)
def test_nobody_serves(bench: Bench) -> None:
    """With all servers off no call is taken; one that is switched on resets its circuits and takes calls."""
    centre = ServerCentre(bench)
    isup = centre.isup
    for server in centre.servers.names:
        centre.servers.power(server, False)
    bench.run(4 * SECOND)
    caller = centre.caller()
    caller.dials(centre.pixit.menu_number)
    isup.expect_nothing(during=5 * SECOND)
    isup.background.clear()
    first = centre.servers.names[0]
    centre.servers.power(first, True)
    centre.servers.is_(first, "serving")
    bench.run(2 * SECOND)
    if not any(got.title in ("GRS", "RSC") for got in isup.background):
        raise Fail(awaited="GRS or RSC", observed=f"{[got.text for got in isup.background]}")
    isup.expect_idle(caller.call.cic)
    later = centre.caller("13900139000")
    later.dials(centre.pixit.menu_number)
    later.is_answered()
    later.hangs_up()
    centre.idle(later)


@case(
    "SERVER/19",
    "The caller of a call over TUP clears after the take-over",
    clauses=["requirement N-05", "Q.724 1.15"],
    proves=["N-05"],
    needs=["servers", "tup.incoming"],
    setup="servers",
)
def test_tup_caller_clears(bench: Bench) -> None:
    """CLF is answered by RLG, and the agent is in wrap-up."""
    centre = ServerCentre(bench)
    caller, agent = talking_over_tup(centre)
    centre.fails()
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    agent.is_in("wrap-up", within=SECOND)
    centre.idle(caller)


@case(
    "SERVER/20",
    "Speech goes on in the network of China",
    clauses=["requirement N-05", "RFC 4666 4.3.4.3", "GF 001-9001"],
    proves=["N-05", "N-01"],
    needs=NEEDS,
    setup="servers24",
)
def test_speech_goes_on_in_the_network_of_china(bench: Bench) -> None:
    """With labels of 24 bits: caller and agent hear each other after the take-over, and REL is answered by
    RLC."""
    centre = ServerCentre(bench)
    caller, agent = centre.talking()
    centre.fails()
    centre.connected(caller, agent)
    caller.hangs_up()
    agent.is_in("wrap-up", within=SECOND)
    centre.idle(caller)


@case(
    "SERVER/21",
    "A server is off for a moment only",
    clauses=["requirement N-05", "RFC 4666 4.3.2"],
    proves=["N-05", "P-09"],
    needs=NEEDS,
    setup="servers",
)
def test_off_for_a_moment(bench: Bench) -> None:
    """Switched off and on before another can have taken over: one of them serves, whichever, the call goes
    on, and goes on again when that one fails."""
    centre = ServerCentre(bench)
    caller, agent = centre.talking()
    failing = centre.servers.serving
    centre.servers.operator.power(failing, False)
    centre.servers.operator.power(failing, True)
    bench.run(4 * SECOND)
    centre.connected(caller, agent)
    centre.fails()
    centre.connected(caller, agent)
    agent.telephone.replace()
    caller.is_released(within=ANSWER, cause=NORMAL)
    centre.idle(caller)

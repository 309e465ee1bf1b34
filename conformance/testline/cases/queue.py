"""Queue and dispatch: order, music, longest idle, no answer, callers who give up, nobody kept waiting.

Callers dial the number of the PIXIT that leads straight to the queue; agents are those of the PIXIT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from testline.case import case
from testline.measurements import Measurement
from testline.testers import Agent, Caller, Centre
from testline.testers.prompts import TONE_HZ, hears_cadence, hears_no_prompt, hears_prompt, prompt_hz
from testline.verdicts import NotApplicable
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.system import Refused

DISPATCH: Final = SECOND
"""Frames from the event that makes a match possible to the first ringing: people notice a second."""
RING_PATIENCE: Final = 60 * SECOND
"""Frames after which an agent who does not answer has surely been given up."""
BELL: Final = 6 * SECOND
"""Frames in which a telephone that is being rung surely has a burst."""
WRAP_UP: Final = 60 * SECOND
"""Frames within which wrap-up must be over."""


def queues(centre: Centre, number: str = "13800138000") -> Caller:
    """Return a caller who has been taken into the queue."""
    caller = centre.caller(number)
    caller.dials(centre.pixit.queue_number)
    caller.is_answered(within=5 * SECOND)
    return caller


def waiting(centre: Centre, count: int, *, within: int = SECOND) -> None:
    """Wait until the supervisor sees `count` callers waiting."""
    supervisor, queue = centre.supervisor, centre.pixit.queue
    centre.bench.until(
        lambda: supervisor.waiting(queue) == count,
        within=within,
        awaited=f"{count} waiting in {queue}",
        state=lambda: f"{supervisor.waiting(queue)} waiting in {queue}",
    )


def agents(centre: Centre, count: int) -> list[Agent]:
    """Return the first `count` agents of the PIXIT; not applicable when there are fewer."""
    if len(centre.pixit.agents) < count:
        raise NotApplicable(f"the PIXIT has {len(centre.pixit.agents)} agents, the case needs {count}")
    return [centre.agent(index) for index in range(count)]


def on_duty(centre: Centre, count: int) -> list[Agent]:
    """Sign `count` agents on, one a second, so that it is clear who has been idle longest."""
    found = agents(centre, count)
    for agent in found:
        agent.on_duty()
        centre.bench.run(SECOND)
    return found


def answers(centre: Centre, agent: Agent, caller: Caller) -> None:
    """Let the agent answer and prove that it is `caller` who is heard."""
    agent.is_in("ringing", within=DISPATCH)
    agent.telephone.answers(within=BELL)
    agent.is_in("talking", within=SECOND)
    centre.connected(caller, agent)


def hangs_up(agent: Agent, caller: Caller, *, ready: bool = True) -> None:
    """Let the agent hang up and wait for the end of wrap-up."""
    agent.telephone.replace()
    caller.is_released(within=2 * SECOND, cause=16)
    if ready:
        agent.is_in("ready", "ringing", within=WRAP_UP)


def who_rings(centre: Centre, among: Sequence[Agent], *, within: Instant = DISPATCH) -> Agent:
    """Wait until one of the telephones rings and return its agent."""
    return centre.bench.until(
        lambda: next((agent for agent in among if agent.telephone.handset.line.ringing), None),
        within=within,
        awaited=f"one of {', '.join(agent.name for agent in among)} is rung",
        state=lambda: ", ".join(f"{agent.name} {agent.state()}" for agent in among),
    )


@case(
    "ACD/1",
    "A free agent is rung at once",
    clauses=["requirement A-06", "requirement A-01"],
    proves=["A-06", "A-01"],
    needs=["acd", "agents"],
)
def test_free_agent_is_rung(centre: Centre) -> None:
    """With a ready agent the telephone rings within 1 s of the IAM; the two hear each other."""
    (agent,) = on_duty(centre, 1)
    caller = centre.caller()
    caller.dials(centre.pixit.queue_number)
    begun = centre.bench.now
    agent.telephone.rings(within=DISPATCH)
    centre.bench.measure(
        Measurement(
            name="IAM to ringing",
            value=round((centre.bench.now - begun) / MILLISECOND, 1),
            unit="ms",
            high=DISPATCH / MILLISECOND,
            uncertainty=10,
            clause="requirement A-06",
        )
    )
    caller.is_answered(within=SECOND)
    answers(centre, agent, caller)
    hangs_up(agent, caller)


@case(
    "ACD/2",
    "The caller hears ringing while an agent is rung",
    clauses=["E.180 supplement 2"],
    proves=["A-04"],
    needs=["acd", "agents", "tones"],
    unverified=True,
)
def test_ringback(centre: Centre) -> None:
    """450 Hz, 1 s on and 4 s off, until the agent answers; then it stops."""
    (agent,) = on_duty(centre, 1)
    caller = queues(centre)
    hears_cadence(caller.voice, "ringback", within=5 * SECOND)
    agent.telephone.lift()
    agent.is_in("talking", within=SECOND)
    caller.hears_silence(during=2 * SECOND, within=SECOND)
    caller.hangs_up()


@case(
    "ACD/3",
    "Music while nobody is signed on",
    clauses=["requirement A-04"],
    proves=["A-04"],
    needs="acd",
)
def test_music_while_nobody_signed_on(centre: Centre) -> None:
    """The call is answered, waiting music is heard within 2 s and still after 15 s; one is waiting."""
    caller = queues(centre)
    hears_prompt(caller, "queue_music", within=2 * SECOND)
    waiting(centre, 1)
    centre.bench.run(15 * SECOND)
    hears_prompt(caller, "queue_music", within=5 * SECOND)
    caller.hangs_up()
    waiting(centre, 0)


@case(
    "ACD/4",
    "A waiting caller is served when an agent becomes ready",
    clauses=["requirement A-06"],
    proves=["A-06", "C-02"],
    needs=["acd", "agents"],
)
def test_served_when_agent_becomes_ready(centre: Centre) -> None:
    """Signed on but not ready the agent is not rung; ready, the telephone rings within 1 s."""
    caller = queues(centre)
    agent = centre.agent()
    agent.sign_on()
    agent.telephone.does_not_ring(during=5 * SECOND)
    agent.ready()
    answers(centre, agent, caller)
    waiting(centre, 0)
    hangs_up(agent, caller)


@case(
    "ACD/5",
    "First come, first served",
    clauses=["requirement A-01"],
    proves=["A-01"],
    needs=["acd", "agents"],
)
def test_first_come_first_served(centre: Centre) -> None:
    """Three callers who wait are served by one agent in the order they came."""
    callers = []
    for index in range(3):
        callers.append(queues(centre, f"1380013800{index}"))
        centre.bench.run(SECOND)
    waiting(centre, 3)
    agent = centre.agent()
    agent.on_duty()
    for left, caller in zip((2, 1, 0), callers, strict=True):
        agent.telephone.answers(within=WRAP_UP)
        agent.is_in("talking", within=SECOND)
        centre.connected(caller, agent)
        waiting(centre, left)
        hangs_up(agent, caller)


@case(
    "ACD/6",
    "The agent idle longest is rung",
    clauses=["requirement A-02"],
    proves=["A-02"],
    needs=["acd", "agents"],
)
def test_longest_idle(centre: Centre) -> None:
    """Three agents in turn: who has just talked comes last, and only one telephone rings for a call."""
    staff = on_duty(centre, 3)
    for agent in (*staff, staff[0]):
        caller = queues(centre)
        agent.telephone.rings(within=DISPATCH)
        for other in staff:
            other.is_in("ringing" if other is agent else "ready", within=0)
        answers(centre, agent, caller)
        hangs_up(agent, caller)


@case(
    "ACD/7",
    "An agent who does not answer is passed over",
    clauses=["requirement A-06"],
    proves=["A-06", "A-02"],
    needs=["acd", "agents"],
)
def test_no_answer_goes_to_the_next(centre: Centre) -> None:
    """The next agent rings, the first stops and becomes not ready; the call is not lost."""
    first, second = on_duty(centre, 2)
    caller = queues(centre)
    first.telephone.rings(within=DISPATCH)
    second.telephone.rings(within=RING_PATIENCE)
    first.is_in("not ready", within=SECOND)
    first.telephone.stops_ringing(within=SECOND)
    answers(centre, second, caller)
    hangs_up(second, caller)


@case(
    "ACD/8",
    "A caller nobody answers keeps the first place",
    clauses=["requirement A-01", "requirement A-06"],
    proves=["A-01", "A-06"],
    needs=["acd", "agents"],
)
def test_no_answer_keeps_the_place(centre: Centre) -> None:
    """After the only agent did not answer, the caller waits with music and comes before a later one."""
    (agent,) = on_duty(centre, 1)
    first = queues(centre, "13800138001")
    agent.telephone.rings(within=DISPATCH)
    second = queues(centre, "13800138002")
    agent.is_in("not ready", within=RING_PATIENCE)
    hears_prompt(first, "queue_music", within=3 * SECOND)
    waiting(centre, 2)
    agent.ready()
    answers(centre, agent, first)
    hangs_up(agent, first)
    agent.telephone.answers(within=WRAP_UP)
    agent.is_in("talking", within=SECOND)
    centre.connected(second, agent)
    hangs_up(agent, second)


@case(
    "ACD/9",
    "A caller gives up while waiting",
    clauses=["requirement A-06", "Q.764 2.3.1"],
    proves=["A-06", "C-10"],
    needs=["acd", "agents"],
)
def test_abandoned_while_waiting(centre: Centre) -> None:
    """The supervisor sees nobody waiting, and an agent who becomes ready is not rung for the one gone."""
    caller = queues(centre)
    waiting(centre, 1)
    caller.hangs_up(within=2 * SECOND)
    waiting(centre, 0)
    agent = centre.agent()
    agent.on_duty()
    agent.telephone.does_not_ring(during=5 * SECOND)
    agent.is_in("ready", within=0)


@case(
    "ACD/10",
    "A caller gives up in the middle of the queue",
    clauses=["requirement A-01"],
    proves=["A-01", "C-10"],
    needs=["acd", "agents"],
)
def test_abandoned_in_the_middle(centre: Centre) -> None:
    """Of three waiting the second leaves: the first and the third are served in that order."""
    first, second, third = (queues(centre, f"1380013800{index}") for index in range(3))
    waiting(centre, 3)
    second.hangs_up(within=2 * SECOND)
    waiting(centre, 2)
    agent = centre.agent()
    agent.on_duty()
    for caller in (first, third):
        agent.telephone.answers(within=WRAP_UP)
        agent.is_in("talking", within=SECOND)
        centre.connected(caller, agent)
        hangs_up(agent, caller)
    agent.telephone.does_not_ring(during=5 * SECOND)


@case(
    "ACD/11",
    "A caller gives up while the agent is rung",
    clauses=["requirement A-06"],
    proves=["A-06"],
    needs=["acd", "agents"],
)
def test_abandoned_while_ringing(centre: Centre) -> None:
    """Ringing stops within 1 s, the agent is ready at once and is rung for the next caller."""
    (agent,) = on_duty(centre, 1)
    caller = queues(centre)
    agent.telephone.rings(within=DISPATCH)
    caller.hangs_up(within=2 * SECOND)
    agent.is_in("ready", within=SECOND)
    agent.telephone.stops_ringing(within=SECOND)
    waiting(centre, 0)
    following = queues(centre, "13800138001")
    answers(centre, agent, following)
    hangs_up(agent, following)


@case(
    "ACD/12",
    "Reservations do not leak",
    clauses=["requirement A-06"],
    proves=["A-06"],
    needs=["acd", "agents"],
)
def test_no_reservation_leaks(centre: Centre) -> None:
    """Ten callers in a row hang up at different moments of the ringing; two agents stay to be had."""
    staff = on_duty(centre, 2)
    for index in range(10):
        caller = centre.caller(f"1380013801{index}")
        call = caller.dials(centre.pixit.queue_number)
        centre.bench.run((7 + 131 * index) * MILLISECOND)
        call.send("REL", cause=16)
        call.expect("RLC", within=2 * SECOND, through=("ACM", "ANM", "CON", "CPG"))
    for agent in staff:
        agent.is_in("ready", within=2 * SECOND)
    waiting(centre, 0)
    last = [queues(centre, f"1380013802{index}") for index in range(2)]
    for agent in staff:
        agent.is_in("ringing", within=DISPATCH)
        agent.telephone.answers(within=BELL)
        agent.is_in("talking", within=SECOND)
    for caller in last:
        caller.hangs_up()


@case(
    "ACD/13",
    "All agents are busy: announcement and music in turn",
    clauses=["requirement A-04"],
    proves=["A-04", "I-02"],
    needs=["acd", "agents"],
)
def test_all_busy_announcement(centre: Centre) -> None:
    """While the agent talks, the next caller hears music, within 60 s the announcement, and music again."""
    (agent,) = on_duty(centre, 1)
    talking = queues(centre, "13800138001")
    answers(centre, agent, talking)
    caller = queues(centre, "13800138002")
    hears_prompt(caller, "queue_music", within=3 * SECOND)
    hears_prompt(caller, "all_busy", within=60 * SECOND)
    hears_prompt(caller, "queue_music", within=30 * SECOND)
    caller.hangs_up()
    talking.hangs_up()


@case(
    "ACD/14",
    "An agent becomes free during the announcement",
    clauses=["requirement A-06", "requirement A-04"],
    proves=["A-06", "A-04"],
    needs=["acd", "agents"],
)
def test_served_during_announcement(centre: Centre) -> None:
    """The announcement does not hold the caller back: an agent who becomes ready is rung within 1 s."""
    caller = queues(centre)
    hears_prompt(caller, "all_busy", within=60 * SECOND)
    agent = centre.agent()
    agent.sign_on()
    agent.ready()
    answers(centre, agent, caller)
    hangs_up(agent, caller)


@case(
    "ACD/15",
    "More callers than agents",
    clauses=["requirement A-01", "requirement A-06", "requirement C-10"],
    proves=["A-01", "A-06", "C-10", "P-04"],
    needs=["acd", "agents", "switching"],
)
def test_more_callers_than_agents(centre: Centre) -> None:
    """Six callers and four agents: four talk at once, two wait, and each freed agent gets the next."""
    staff = on_duty(centre, 4)
    callers = [queues(centre, f"1380013800{index}") for index in range(6)]
    for agent, caller in zip(staff, callers, strict=False):
        answers(centre, agent, caller)
    waiting(centre, 2)
    for agent, leaving, following in ((staff[2], callers[2], callers[4]), (staff[0], callers[0], callers[5])):
        hangs_up(agent, leaving)
        answers(centre, agent, following)
    waiting(centre, 0)
    for agent, caller in zip(staff, (callers[5], callers[1], callers[4], callers[3]), strict=True):
        centre.connected(caller, agent)
        hangs_up(agent, caller)


@case(
    "ACD/16",
    "No call during wrap-up",
    clauses=["requirement A-06", "requirement C-02"],
    proves=["A-06", "C-02"],
    needs=["acd", "agents"],
)
def test_no_call_during_wrap_up(centre: Centre) -> None:
    """An agent in wrap-up is not rung though a caller waits; when it is over, within 1 s."""
    (agent,) = on_duty(centre, 1)
    first = queues(centre, "13800138001")
    answers(centre, agent, first)
    second = queues(centre, "13800138002")
    agent.telephone.replace()
    first.is_released(within=2 * SECOND)
    agent.is_in("wrap-up", within=SECOND)
    telephone = agent.telephone
    centre.bench.until(
        lambda: agent.state() != "wrap-up" or telephone.handset.line.ringing,
        within=WRAP_UP,
        awaited="the end of wrap-up",
    )
    agent.is_in("ready", "reserved", "ringing", within=0)
    answers(centre, agent, second)
    hangs_up(agent, second)


@case(
    "ACD/17",
    "An agent who calls out is not rung",
    clauses=["requirement A-06"],
    proves=["A-06", "S-01"],
    needs=["acd", "agents.outgoing"],
)
def test_dialling_agent_is_not_rung(centre: Centre) -> None:
    """A caller waits while the only agent is on an outside call; then the agent is rung."""
    (agent,) = on_duty(centre, 1)
    agent.telephone.lift()
    agent.is_in("dialling", within=SECOND)
    agent.dial(centre.pixit.outgoing_prefix + "02155556666")
    called = centre.caller("02155556666")
    called.is_called(within=3 * SECOND)
    caller = queues(centre)
    hears_prompt(caller, "queue_music", within=3 * SECOND)
    called.alerts()
    called.answers()
    agent.is_in("talking", within=SECOND)
    agent.telephone.does_not_ring(during=5 * SECOND)
    agent.telephone.replace()
    called.is_released(within=2 * SECOND)
    agent.telephone.answers(within=WRAP_UP)
    agent.is_in("talking", within=SECOND)
    centre.connected(caller, agent)
    hangs_up(agent, caller)


@case(
    "ACD/18",
    "An agent signs off while being rung",
    clauses=["requirement A-06", "requirement C-01"],
    proves=["A-06", "C-01"],
    needs=["acd", "agents"],
)
def test_sign_off_while_ringing(centre: Centre) -> None:
    """Either the order is refused and the agent can still answer, or the next agent is rung within 1 s."""
    first, second = on_duty(centre, 2)
    caller = queues(centre)
    first.telephone.rings(within=DISPATCH)
    try:
        first.sign_off()
    except Refused as refusal:
        centre.bench.note(f"refused: {refusal}")
        answers(centre, first, caller)
        hangs_up(first, caller)
        return
    answers(centre, second, caller)
    first.is_in("signed off", within=SECOND)
    hangs_up(second, caller)


@case(
    "ACD/19",
    "An agent becomes not ready while being rung",
    clauses=["requirement A-06", "requirement C-02"],
    proves=["A-06", "C-02"],
    needs=["acd", "agents"],
)
def test_not_ready_while_ringing(centre: Centre) -> None:
    """The call is served by this agent or by the next one; no call comes to the agent afterwards."""
    first, second = on_duty(centre, 2)
    caller = queues(centre)
    first.telephone.rings(within=DISPATCH)
    first.not_ready("lunch")
    centre.bench.run(DISPATCH)
    server = who_rings(centre, [first, second], within=6 * SECOND)
    answers(centre, server, caller)
    hangs_up(server, caller, ready=False)
    first.is_in("not ready", within=WRAP_UP)
    second.not_ready()
    following = queues(centre, "13800138001")
    hears_prompt(following, "queue_music", within=3 * SECOND)
    first.telephone.does_not_ring(during=5 * SECOND)
    following.hangs_up()


@case(
    "ACD/20",
    "A caller comes from the menu and waits behind others",
    clauses=["requirement A-01", "requirement A-05"],
    proves=["A-01", "A-05"],
    needs=["acd", "agents", "ivr"],
)
def test_menu_callers_queue_behind(centre: Centre) -> None:
    """Who chose the agent in the menu waits behind who dialled the queue before, and then is served."""
    direct = queues(centre, "13800138001")
    caller = centre.caller("13800138002")
    caller.dials(centre.pixit.menu_number)
    caller.is_answered()
    hears_prompt(caller, "greeting", within=2 * SECOND)
    caller.presses(centre.pixit.queue_key)
    hears_prompt(caller, "queue_music", within=3 * SECOND)
    waiting(centre, 2)
    agent = centre.agent()
    agent.on_duty()
    for each in (direct, caller):
        agent.telephone.answers(within=WRAP_UP)
        agent.is_in("talking", within=SECOND)
        centre.connected(each, agent)
        hangs_up(agent, each)


@case(
    "ACD/21",
    "The caller hears the waiting music at its level and nothing of other calls",
    clauses=["requirement A-04", "G.711 4"],
    proves=["A-04", "P-04"],
    needs=["acd", "switching"],
)
def test_music_for_several(centre: Centre) -> None:
    """Three waiting callers hear the same music, each between -25 and -5 dBm0."""
    callers = [queues(centre, f"1380013800{index}") for index in range(3)]
    hz = prompt_hz(centre.pixit, "queue_music")
    watches = [caller.voice.watch(hz) for caller in callers]
    centre.bench.until(
        lambda: all(watch.bursts for watch in watches),
        within=5 * SECOND,
        awaited="every caller hears a burst of music",
    )
    for caller, watch in zip(callers, watches, strict=True):
        centre.bench.measure(
            Measurement(
                name=f"level of the music at {caller.voice.name}",
                value=round(watch.bursts[0].level_dbm0, 2),
                unit="dBm0",
                low=-25,
                high=-5,
                uncertainty=0.2,
                clause="requirement A-04",
            )
        )
        caller.hangs_up()


@case(
    "ACD/22",
    "No announcement while an agent is rung",
    clauses=["requirement A-04", "E.180 supplement 2"],
    proves=["A-04"],
    needs=["acd", "agents", "tones"],
    unverified=True,
)
def test_no_announcement_while_ringing(centre: Centre) -> None:
    """Who has waited 15 s hears ringing, and neither music nor announcement, while an agent is rung."""
    caller = queues(centre)
    hears_prompt(caller, "queue_music", within=3 * SECOND)
    centre.bench.run(15 * SECOND)
    agent = centre.agent()
    agent.on_duty()
    agent.is_in("ringing", within=DISPATCH)
    centre.bench.run(SECOND // 10)
    hears_no_prompt(caller, "queue_music", "all_busy", during=8 * SECOND)
    caller.hears_tone(TONE_HZ, within=BELL)
    answers(centre, agent, caller)
    hangs_up(agent, caller)


def limits(centre: Centre) -> tuple[Instant, int]:
    """Frames that a caller waits at most, and places of the queue, where few enough to be tried."""
    seconds, places = centre.pixit.queue_seconds, centre.pixit.queue_places
    if seconds is None or places is None or not 2 <= seconds <= 60 or places > 4:
        raise NotApplicable(
            f"a queue for {places} callers who wait for {seconds} s, expected 4 and 60 s at most"
        )
    return round(seconds * SECOND), places


@case(
    "ACD/23",
    "Who has waited too long is dismissed",
    clauses=["requirement A-04", "requirement A-01"],
    proves=["A-04", "A-01"],
    needs="acd",
    setup="short_queue",
)
def test_waited_too_long(centre: Centre) -> None:
    """After the time of the PIXIT: farewell and cause 16. However often it happens, the next one hears it,
    too, and a caller of the menu hears the greeting."""
    seconds, _ = limits(centre)
    for index in range(4):
        caller = queues(centre, f"1380013800{index}")
        begun = centre.bench.now
        hears_prompt(caller, "queue_music", within=2 * SECOND)
        hears_no_prompt(caller, "goodbye", during=seconds - SECOND - (centre.bench.now - begun))
        hears_prompt(caller, "goodbye", within=2 * SECOND)
        caller.is_released(within=20 * SECOND, cause=16)
        waiting(centre, 0)
    caller = centre.caller()
    caller.dials(centre.pixit.menu_number)
    caller.is_answered()
    hears_prompt(caller, "greeting", within=3 * SECOND)
    caller.hangs_up()


@case(
    "ACD/24",
    "A full queue takes nobody",
    clauses=["requirement A-04", "requirement A-01"],
    proves=["A-04", "A-01"],
    needs=["acd", "agents"],
    setup="short_queue",
)
def test_full_queue(centre: Centre) -> None:
    """Every place is taken: one more caller hears the farewell at once and is cleared; the others keep their
    places, and the first is the first to be served."""
    _, places = limits(centre)
    callers = [queues(centre, f"1380013800{index}") for index in range(places)]
    waiting(centre, places)
    one_more = centre.caller("13900139000")
    one_more.dials(centre.pixit.queue_number)
    one_more.is_answered(within=5 * SECOND)
    hears_prompt(one_more, "goodbye", within=SECOND)
    waiting(centre, places)
    (agent,) = on_duty(centre, 1)
    answers(centre, agent, callers[0])
    one_more.is_released(within=20 * SECOND, cause=16)
    for caller in callers:
        caller.hangs_up()


@case(
    "ACD/25",
    "Who is served in time is not dismissed",
    clauses=["requirement A-04"],
    proves=["A-04"],
    needs=["acd", "agents"],
    setup="short_queue",
)
def test_served_in_time(centre: Centre) -> None:
    """The agent answers before the time is over: the talk goes on long after it, without a farewell."""
    seconds, _ = limits(centre)
    caller = queues(centre)
    centre.bench.run(seconds // 2)
    (agent,) = on_duty(centre, 1)
    answers(centre, agent, caller)
    hears_no_prompt(caller, "goodbye", during=seconds + 2 * SECOND)
    centre.connected(caller, agent)
    hangs_up(agent, caller)

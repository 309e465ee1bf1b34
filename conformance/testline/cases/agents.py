"""Agents, their telephones and desks: sign-on, states, calls in and out, tones, wrap-up.

Agents are those of the PIXIT. An agent lifts the handset to answer and replaces it to clear, or clears by
the desk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from testline.case import case
from testline.cases.isup_calls import leave_only
from testline.layers.isup_parameters import CallingPartyNumber
from testline.measurements import Measurement
from testline.testers import Agent, Caller, Centre
from testline.testers.prompts import TONE_HZ, hears_cadence
from testline.verdicts import Fail, Inconclusive
from testrig.clock import SECOND
from testrig.instruments.analyser import strongest
from testrig.system import Refused

OUTSIDE: Final = "02155556666"
"""Number that agents call."""
NORMAL: Final = 16
BUSY: Final = 17
"""Causes: normal call clearing, user busy (Q.850 table 1)."""
WRAP_UP: Final = 60 * SECOND
"""Frames within which wrap-up must be over."""


def refused(centre: Centre, order: Callable[[], object], what: str) -> None:
    """Fail unless the order is refused."""
    try:
        order()
    except Refused as refusal:
        centre.bench.note(f"{what} refused: {refusal}")
        return
    raise Fail(awaited=f"{what} refused", observed="carried out")


def shown(centre: Centre, agent: Agent, state: str) -> None:
    """Wait until desk and supervisor show the agent in `state`."""
    agent.is_in(state, within=2 * SECOND)
    name = agent.spec.agent
    centre.bench.until(
        lambda: centre.supervisor.agents().get(name) == state,
        within=SECOND,
        awaited=f"the supervisor sees {agent.name} {state}",
        state=lambda: f"the supervisor sees {centre.supervisor.agents().get(name)}",
    )


def shown_after_wrap_up(centre: Centre, agent: Agent, state: str) -> None:
    """Wait until the agent is in `state` once wrap-up is over."""
    agent.is_in(state, within=WRAP_UP)
    shown(centre, agent, state)


def dials_out(centre: Centre, number: str = OUTSIDE) -> tuple[Agent, Caller]:
    """Let the first agent, ready, call `number`; return agent and called party, whose call has arrived."""
    agent = centre.agent()
    agent.on_duty()
    agent.telephone.lift()
    agent.is_in("dialling", within=SECOND)
    agent.dial(centre.pixit.outgoing_prefix + number)
    called = centre.caller(number)
    called.is_called(within=3 * SECOND)
    return agent, called


def talks(centre: Centre, number: str = "13800138000") -> tuple[Agent, Caller]:
    """Return the first agent and a caller from the queue who talk."""
    agent = centre.agent()
    agent.on_duty()
    caller = centre.caller(number)
    caller.dials(centre.pixit.queue_number)
    caller.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    agent.is_in("talking", within=SECOND)
    return agent, caller


def refuses(centre: Centre, called: Caller, cause: int) -> None:
    """Clear every attempt of a call with `cause` before it is answered."""
    for _ in range(20):
        called.call.send("REL", cause=cause)
        called.call.expect("RLC", within=2 * SECOND)
        centre.bench.run(SECOND // 2)
        if not any(got and got[0].title == "IAM" for got in centre.isup.inbox.values()):
            break
        called.is_called(within=SECOND)


def last_number(centre: Centre) -> int:
    """Return the number of the journal's last event."""
    return max((event.number for event in centre.supervisor.journal()), default=0)


@case(
    "AGENT/1",
    "Signing on and off",
    clauses=["requirement C-01", "requirement C-02"],
    proves=["C-01", "C-02"],
    needs=["agents", "supervision"],
)
def test_signing_on_and_off(centre: Centre) -> None:
    """Signed off, not ready, ready, not ready, signed off: desk, supervisor and journal show each step."""
    agent = centre.agent()
    shown(centre, agent, "signed off")
    before = last_number(centre)
    agent.sign_on()
    shown(centre, agent, "not ready")
    agent.ready()
    shown(centre, agent, "ready")
    agent.not_ready("lunch")
    shown(centre, agent, "not ready")
    agent.sign_off()
    shown(centre, agent, "signed off")
    mine = [
        event.type
        for event in centre.supervisor.journal(before)
        if event.data.get("agent") == agent.spec.agent
    ]
    logged = [kind for kind in mine if kind in ("AgentLoggedOn", "AgentLoggedOff")]
    if logged != ["AgentLoggedOn", "AgentLoggedOff"]:
        raise Fail(awaited="AgentLoggedOn and AgentLoggedOff in the journal", observed=str(mine))


@case(
    "AGENT/2",
    "A wrong password is refused",
    clauses=["requirement C-01", "requirement M-05"],
    proves=["C-01", "M-05"],
    needs=["agents", "supervision"],
)
def test_wrong_password(centre: Centre) -> None:
    """Sign-on with a wrong password is refused, the agent stays signed off, the right one still works.

    Neither password stands in the journal.
    """
    agent = centre.agent()
    wrong = f"not {agent.spec.password} at all"
    client = centre.bench.system.agent(agent.spec.agent, wrong)
    refused(centre, client.sign_on, "sign-on with a wrong password")
    shown(centre, agent, "signed off")
    agent.sign_on()
    shown(centre, agent, "not ready")
    password = agent.spec.password
    secrets = [wrong] if password in agent.spec.agent else [wrong, password]
    told = [
        event for event in centre.supervisor.journal() if any(secret in str(event.data) for secret in secrets)
    ]
    if told:
        raise Fail(awaited="no password in the journal", observed=f"event {told[0].number} {told[0].type}")


@case(
    "AGENT/3",
    "Orders out of place are refused",
    clauses=["requirement S-01"],
    proves=["S-01"],
    needs="agents",
)
def test_orders_out_of_place(centre: Centre) -> None:
    """Ready before sign-on, a second sign-on, answer, hang up and dial without a call: refused, no change."""
    agent = centre.agent()
    refused(centre, agent.client.ready, "ready of an agent who is signed off")
    refused(centre, agent.client.sign_off, "sign-off of an agent who is signed off")
    agent.on_duty()
    refused(centre, agent.client.sign_on, "a second sign-on")
    refused(centre, agent.client.answer, "answer without a call")
    refused(centre, agent.client.hang_up, "hang up without a call")
    refused(centre, lambda: agent.client.dial(centre.pixit.outgoing_prefix + OUTSIDE), "dial on hook")
    centre.isup.expect_nothing(during=SECOND)
    shown(centre, agent, "ready")


@case(
    "AGENT/4",
    "Who is not ready is not rung",
    clauses=["requirement C-02"],
    proves=["C-02", "A-06"],
    needs=["agents", "acd"],
)
def test_not_ready_is_not_rung(centre: Centre) -> None:
    """Of two agents the one who is not ready stays quiet though idle longer; the ready one is rung."""
    first, second = centre.agent(0), centre.agent(1)
    first.on_duty()
    first.not_ready()
    centre.bench.run(2 * SECOND)
    second.on_duty()
    caller = centre.caller()
    caller.dials(centre.pixit.queue_number)
    second.telephone.rings(within=SECOND)
    first.telephone.does_not_ring(during=6 * SECOND)
    caller.is_answered()
    caller.hangs_up()


@case(
    "AGENT/5",
    "Dial tone",
    clauses=["E.180 supplement 2", "Q.35"],
    proves=["S-01"],
    needs=["agents", "tones"],
    unverified=True,
)
def test_dial_tone(centre: Centre) -> None:
    """An agent who lifts the handset hears 450 Hz within 25 Hz, -15 to -5 dBm0, until a number is dialled."""
    agent = centre.agent()
    agent.on_duty()
    agent.telephone.lift()
    found = agent.telephone.hears_tone(TONE_HZ, within=SECOND)
    centre.bench.run(SECOND)
    audio = agent.voice.latest(SECOND // 2)
    hz = 0.0 if audio is None else strongest(audio).hz
    for name, value, unit, low, high, uncertainty in (
        ("frequency of dial tone", hz, "Hz", 425.0, 475.0, 0.5),
        ("level of dial tone", found, "dBm0", -15.0, -5.0, 0.2),
    ):
        centre.bench.measure(
            Measurement(name, round(value, 2), unit, low, high, uncertainty, "E.180 supplement 2")
        )
    agent.dial(centre.pixit.outgoing_prefix + OUTSIDE)
    called = centre.caller(OUTSIDE)
    called.is_called(within=3 * SECOND)
    agent.voice.hears_no_tone(TONE_HZ, during=SECOND)
    agent.telephone.replace()
    called.is_released(within=2 * SECOND)


@case(
    "AGENT/6",
    "An agent calls out",
    clauses=["Q.764 2.1", "requirement S-01"],
    proves=["S-01", "O-03"],
    needs=["agents.outgoing", "switching"],
)
def test_calls_out(centre: Centre) -> None:
    """The IAM has the number without the outside prefix; after the answer both hear each other."""
    agent, called = dials_out(centre)
    digits = called.call.iam.called_party_number.digits.rstrip("F")
    if digits != OUTSIDE:
        raise Fail(awaited=f"an IAM to {OUTSIDE}", observed=f"an IAM to {digits}")
    called.alerts()
    centre.bench.run(SECOND)
    agent.is_in("dialling", within=0)
    called.answers()
    shown(centre, agent, "talking")
    centre.connected(called, agent)
    called.hangs_up()
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "ready")


@case(
    "AGENT/7",
    "The agent hears what the network says before the answer",
    clauses=["Q.764 2.1.1.1"],
    proves=["S-01", "N-01"],
    needs=["agents.outgoing", "switching"],
)
def test_backward_path_before_answer(centre: Centre) -> None:
    """A tone of the network (ringing, an announcement) is heard by the agent from the ACM on."""
    agent, called = dials_out(centre)
    called.alerts()
    called.says_tone(820)
    agent.telephone.hears_tone(820, within=SECOND)
    called.voice.is_silent()
    agent.telephone.replace()
    called.is_released(within=2 * SECOND, cause=NORMAL)


@case(
    "AGENT/8",
    "The called party is busy",
    clauses=["Q.764 2.2.5", "E.180 supplement 2"],
    proves=["S-01", "O-04"],
    needs=["agents.outgoing", "tones"],
    unverified=True,
)
def test_called_party_busy(centre: Centre) -> None:
    """REL with cause 17: RLC, and the agent hears 450 Hz, 0.35 s on and off; ready after hanging up."""
    agent, called = dials_out(centre)
    called.call.send("REL", cause=BUSY)
    called.call.expect("RLC", within=2 * SECOND)
    hears_cadence(agent.voice, "busy", within=2 * SECOND)
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "ready")
    centre.isup.expect_idle(called.call.cic)


@case(
    "AGENT/9",
    "No circuit leads on",
    clauses=["Q.764 2.2.5", "E.180 supplement 2"],
    proves=["S-01", "O-04"],
    needs=["agents.outgoing", "tones"],
    unverified=True,
)
def test_network_congested(centre: Centre) -> None:
    """REL with cause 34 on every attempt: the agent hears congestion tone, 0.7 s on and off."""
    agent, called = dials_out(centre)
    refuses(centre, called, 34)
    hears_cadence(agent.voice, "congestion", within=2 * SECOND)
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "ready")


@case(
    "AGENT/10",
    "The called party does not answer",
    clauses=["Q.764 2.3.1", "requirement S-01"],
    proves=["S-01", "N-01"],
    needs="agents.outgoing",
)
def test_called_party_does_not_answer(centre: Centre) -> None:
    """The agent hangs up after 20 s of ringing: REL with cause 16 within 1 s; the agent is ready again."""
    agent, called = dials_out(centre)
    called.alerts()
    centre.bench.run(20 * SECOND)
    agent.telephone.replace()
    called.is_released(within=SECOND, cause=NORMAL)
    centre.isup.expect_idle(called.call.cic)
    shown_after_wrap_up(centre, agent, "ready")


@case(
    "AGENT/11",
    "The agent gives up before the network has answered at all",
    clauses=["Q.764 2.3.1", "Q.764 2.10.5"],
    proves=["S-01", "N-01"],
    needs="agents.outgoing",
)
def test_gives_up_early(centre: Centre) -> None:
    """Hanging up before the ACM: REL is sent, and the circuit is idle after RLC."""
    agent, called = dials_out(centre)
    agent.telephone.replace()
    called.is_released(within=2 * SECOND, cause=NORMAL)
    centre.isup.expect_idle(called.call.cic)
    shown_after_wrap_up(centre, agent, "ready")


@case(
    "AGENT/12",
    "A number that is not outside",
    clauses=["requirement S-01", "requirement P-08"],
    proves=["S-01", "P-08"],
    needs=["agents.outgoing", "tones"],
    unverified=True,
)
def test_number_without_prefix(centre: Centre) -> None:
    """A number that leads nowhere inside: no IAM goes out, the agent hears busy tone."""
    agent = centre.agent()
    agent.on_duty()
    agent.telephone.lift()
    agent.is_in("dialling", within=SECOND)
    prefix = centre.pixit.outgoing_prefix
    agent.dial(next(digit for digit in "7531" if not prefix.startswith(digit)) + "77777")
    centre.isup.expect_nothing(during=2 * SECOND)
    hears_cadence(agent.voice, "busy", within=2 * SECOND)
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "ready")


@case(
    "AGENT/13",
    "The agent replaces the handset",
    clauses=["Q.764 2.3.1", "requirement S-01"],
    proves=["S-01", "N-01"],
    needs=["agents", "acd"],
)
def test_agent_replaces_handset(centre: Centre) -> None:
    """REL with cause 16 comes within 1 s, wrap-up follows, and then the agent is ready again."""
    agent, caller = talks(centre)
    agent.telephone.replace()
    caller.is_released(within=SECOND, cause=NORMAL)
    shown(centre, agent, "wrap-up")
    shown_after_wrap_up(centre, agent, "ready")
    centre.isup.expect_idle(caller.call.cic)


@case(
    "AGENT/14",
    "The agent hangs up by the desk",
    clauses=["Q.764 2.3.1", "requirement S-01"],
    proves=["S-01", "S-02"],
    needs=["agents", "acd"],
)
def test_agent_hangs_up_by_desk(centre: Centre) -> None:
    """The order of the desk clears the call too; ready again when the handset is replaced."""
    agent, caller = talks(centre)
    agent.hang_up()
    caller.is_released(within=SECOND, cause=NORMAL)
    agent.is_in("wrap-up", within=SECOND)
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "ready")


@case(
    "AGENT/15",
    "The caller hangs up",
    clauses=["Q.764 2.3.1", "E.180 supplement 2"],
    proves=["S-01", "N-01"],
    needs=["agents", "acd", "tones"],
    unverified=True,
)
def test_caller_hangs_up(centre: Centre) -> None:
    """The agent hears busy tone, is in wrap-up, and ready when the handset is replaced."""
    agent, caller = talks(centre)
    caller.hangs_up(within=2 * SECOND)
    hears_cadence(agent.voice, "busy", within=2 * SECOND)
    shown(centre, agent, "wrap-up")
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "ready")


@case(
    "AGENT/16",
    "Wrap-up can be cut short",
    clauses=["requirement C-02"],
    proves=["C-02", "S-01"],
    needs=["agents", "acd"],
)
def test_wrap_up_cut_short(centre: Centre) -> None:
    """Ready in wrap-up makes ready at once; not ready in a call counts when the call is over."""
    agent, caller = talks(centre)
    agent.telephone.replace()
    caller.is_released(within=SECOND)
    agent.is_in("wrap-up", within=SECOND)
    agent.ready()
    agent.is_in("ready", within=SECOND // 10)
    caller = centre.caller()
    caller.dials(centre.pixit.queue_number)
    caller.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    agent.is_in("talking", within=SECOND)
    agent.not_ready("training")
    agent.is_in("talking", within=0)
    caller.hangs_up()
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "not ready")


@case(
    "AGENT/17",
    "A number of the agent's own",
    clauses=["Q.764 2.1.4", "Q.764 2.1.7"],
    proves=["C-07", "N-01", "S-01"],
    needs=["agents", "isup.incoming"],
)
def test_direct_number(centre: Centre) -> None:
    """The agent's telephone rings at once; ACM says subscriber free; ANM comes when the agent answers."""
    if not centre.pixit.agent_number:
        raise Inconclusive("the PIXIT gives no number that rings an agent directly")
    agent = centre.agent()
    agent.on_duty()
    caller = centre.caller()
    call = caller.dials(centre.pixit.agent_number)
    call.expect("ACM", within=2 * SECOND, called_status=1)
    agent.telephone.rings(within=SECOND)
    hears_cadence(caller.voice, "ringback", within=5 * SECOND, periods=1)
    call.expect_nothing(during=SECOND)
    agent.telephone.lift()
    call.expect("ANM", within=SECOND)
    centre.connected(caller, agent)
    caller.hangs_up()


@case(
    "AGENT/18",
    "The agent's own number while the agent is busy or absent",
    clauses=["Q.764 2.2.5", "Q.850 table 1"],
    proves=["C-07", "N-01"],
    needs=["agents", "isup.incoming"],
)
def test_direct_number_busy_and_absent(centre: Centre) -> None:
    """Signed off: cleared, not answered; talking: cleared with cause 17, and the talk is not disturbed."""
    if not centre.pixit.agent_number:
        raise Inconclusive("the PIXIT gives no number that rings an agent directly")
    caller = centre.caller("13800138001")
    caller.dials(centre.pixit.agent_number)
    caller.is_released(within=5 * SECOND)
    agent, talking = talks(centre)
    caller.dials(centre.pixit.agent_number)
    caller.is_released(within=5 * SECOND, cause=BUSY)
    centre.connected(talking, agent)
    talking.hangs_up()


@case(
    "AGENT/19",
    "What the called side learns of the caller",
    clauses=["Q.763 3.10", "Q.763 3.11", "E.164 6.2"],
    proves=["S-01", "N-01"],
    needs="agents.outgoing",
)
def test_calling_number(centre: Centre) -> None:
    """The IAM of an agent's call has the number of the PIXIT, as national significant number, complete, by
    the numbering plan of E.164, and not as one that a user gave and nobody verified."""
    if not centre.pixit.calling_number:
        raise Inconclusive("the PIXIT gives no calling number of agents")
    _, called = dials_out(centre)
    found = called.call.iam.parameter(CallingPartyNumber.code)
    if found is None:
        raise Fail(awaited="a calling party number in the IAM", observed="none")
    told = {
        "digits": found.digits.rstrip("F"),
        "nature": found.nature,
        "incomplete": found.incomplete,
        "plan": found.plan,
    }
    wanted = {"digits": centre.pixit.calling_number, "nature": 3, "incomplete": 0, "plan": 1}
    if told != wanted or found.screening not in (1, 3):
        raise Fail(awaited=f"{wanted}, screening 1 or 3", observed=f"{told}, screening {found.screening}")


@case(
    "AGENT/20",
    "Tones for what the network says",
    clauses=["Q.850 2.2.7", "Q.764 2.2.5", "E.180 supplement 2"],
    proves=["S-01", "O-04"],
    needs=["agents.outgoing", "tones"],
    unverified=True,
)
def test_tones_for_causes(centre: Centre) -> None:
    """Causes of the class resource unavailable end in congestion tone, user busy in busy tone."""
    agent, called = dials_out(centre)
    for cause in (38, 41, 42, 44, 47, BUSY):
        refuses(centre, called, cause)
        hears_cadence(agent.voice, "busy" if cause == BUSY else "congestion", within=2 * SECOND)
        agent.telephone.replace()
        shown_after_wrap_up(centre, agent, "ready")
        if cause == BUSY:
            break
        agent.telephone.lift()
        agent.is_in("dialling", within=SECOND)
        agent.dial(centre.pixit.outgoing_prefix + OUTSIDE)
        called.is_called(within=3 * SECOND)


@case(
    "AGENT/21",
    "A circuit that was reset is free at once",
    clauses=["Q.764 2.9.3.1", "Q.764 2.8.1"],
    proves=["S-01", "N-01"],
    needs=["agents.outgoing", "tones"],
)
def test_circuit_is_free_at_once(centre: Centre) -> None:
    """RSC before any backward message, with no other circuit left: the call fails, and the next one, two
    seconds later, is on that circuit."""
    leave_only(centre, {max(centre.isup.circuits)})
    agent, called = dials_out(centre)
    cic = called.call.cic
    called.call.send("RSC")
    called.call.expect("RLC", within=2 * SECOND)
    hears_cadence(agent.voice, "congestion", within=2 * SECOND, periods=1)
    agent.telephone.replace()
    shown_after_wrap_up(centre, agent, "ready")
    agent.telephone.lift()
    agent.is_in("dialling", within=SECOND)
    agent.dial(centre.pixit.outgoing_prefix + OUTSIDE)
    if called.is_called(within=3 * SECOND).cic != cic:
        raise Fail(awaited=f"an IAM on circuit {cic}", observed=f"on {called.call.cic}")
    called.alerts()
    called.answers()
    centre.connected(called, agent)
    called.hangs_up()

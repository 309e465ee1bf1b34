"""ISUP supplementary services: calling and connected line, diversion (Q.731, Q.732).

As far as they reach an exchange that serves a call centre. The numbers of Q.785 could not be checked, so ids
are by service. What the agent is shown stands in the agent's events (requirement S-03).
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_calls import calling_out, over, talking_out
from testline.cases.isup_supervision import ANSWER
from testline.layers.isup_parameters import (
    CallingPartyNumber,
    ConnectedNumber,
    GenericNumber,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
    OriginalCalledNumber,
    RedirectingNumber,
    RedirectionInformation,
    RedirectionNumber,
)
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Fail
from testrig.clock import SECOND

NUMBER: Final = "13912345678"
OTHER: Final = "02088887777"


def offered(
    centre: Centre, *optional: Any, calling: str | None = None, **fields: Any
) -> tuple[Caller, Agent]:
    """Call the first agent with these parameters; return caller and agent, talking."""
    caller, agent = centre.caller(), centre.agent(0)
    agent.on_duty()
    caller.dials(centre.pixit.queue_number, calling=calling, optional=list(optional), **fields)
    agent.telephone.answers(within=ANSWER)
    agent.is_in("talking", within=2 * SECOND)
    caller.call.catch_up()
    expect_speech_both_ways(caller.voice, agent.voice)
    return caller, agent


def shown(agent: Agent, name: str) -> set[str]:
    """Everything the agent's events say under `name`."""
    return {str(event.data[name]) for event in agent.client.events() if event.data.get(name)}


def expect_shown(agent: Agent, name: str, wanted: str) -> None:
    """Fail unless the agent sees `wanted`, and nothing else, under `name`; empty: nothing at all."""
    found = shown(agent, name)
    if found != ({wanted} if wanted else set()):
        raise Fail(awaited=f"{name} {wanted or 'not shown'}", state=agent.name, observed=str(found or "none"))
    agent.bench.note(f"{agent.name}: {name} {wanted or 'not shown'}")


def presented(centre: Centre, contents: Any, wanted: str) -> None:
    """A call with this calling party number: `wanted` is shown to the agent."""
    caller, agent = offered(centre, contents)
    expect_shown(agent, "calling", wanted)
    over(centre, caller)


# Q.731.3, Q.731.4: calling line


@case(
    "Q.731.3/1",
    "Calling line presented",
    clauses=["Q.731.3"],
    proves=["S-03"],
    needs=["isup.incoming", "acd"],
)
def test_calling_line_presented(centre: Centre) -> None:
    """A national number of the network is shown to the agent."""
    presented(centre, CallingPartyNumber(digits=NUMBER), NUMBER)


@case("Q.731.3/2", "No calling line", clauses=["Q.731.3"], proves=["S-03"], needs=["isup.incoming", "acd"])
def test_no_calling_line(centre: Centre) -> None:
    """A call without a number is taken, and no number is shown."""
    caller, agent = offered(centre)
    expect_shown(agent, "calling", "")
    over(centre, caller)


@case(
    "Q.731.3/3",
    "Calling line not available",
    clauses=["Q.731.3", "Q.763 3.10 d"],
    proves=["S-03"],
    needs=["isup.incoming", "acd"],
)
def test_calling_line_not_available(centre: Centre) -> None:
    """A number parameter without digits, presentation 'not available': the call is taken, nothing shown."""
    empty = CallingPartyNumber(digits="", odd=0, nature=0, plan=0, presentation=2, screening=3)
    presented(centre, empty, "")


@case(
    "Q.731.3/4",
    "Calling line given by the user, verified and passed",
    clauses=["Q.731.3", "Q.763 3.10 e"],
    proves=["S-03"],
    needs=["isup.incoming", "acd"],
)
def test_calling_line_of_the_user(centre: Centre) -> None:
    """A number given by the user and found good by the network is shown."""
    presented(centre, CallingPartyNumber(digits=NUMBER, screening=1), NUMBER)


@case(
    "Q.731.3/5",
    "Calling line of every length",
    clauses=["Q.731.3", "Q.763 3.10"],
    proves=["S-03"],
    needs=["isup.incoming", "acd"],
)
def test_calling_line_of_15_digits(centre: Centre) -> None:
    """15 digits, the most that E.164 allows, are shown."""
    presented(centre, CallingPartyNumber(digits="861012345678901"[:15], nature=3), "861012345678901")


@case(
    "Q.731.3/6",
    "Generic number beside the calling line",
    clauses=["Q.731.3", "Q.763 3.26"],
    proves=["S-03"],
    needs=["isup.incoming", "acd"],
)
def test_generic_number(centre: Centre) -> None:
    """With an additional calling party number (user, not verified) the call is taken, a number shown."""
    generic = GenericNumber(qualifier=6, digits=OTHER, screening=0)
    caller, agent = offered(centre, CallingPartyNumber(digits=NUMBER), generic)
    found = shown(agent, "calling")
    if not found or not found <= {NUMBER, OTHER}:
        raise Fail(awaited="one of the two numbers", state=agent.name, observed=str(found))
    over(centre, caller)


@case(
    "Q.731.3/7",
    "Calling line of an outgoing call",
    clauses=["Q.731.3", "Q.763 3.10"],
    proves=["S-03"],
    needs="isup.outgoing",
)
def test_calling_line_sent(centre: Centre) -> None:
    """The number sent is complete, of the network or verified, its presentation allowed or restricted."""
    party, _ = calling_out(centre)
    found = party.call.iam.parameter(CallingPartyNumber.code)
    centre.bench.until(
        lambda: (
            found is not None
            and bool(found.digits)
            and (found.incomplete, found.plan) == (0, 1)
            and found.presentation in {0, 1}
            and found.screening in {1, 3}
        ),
        within=0,
        awaited="a calling line that can be presented",
        state=found.summary() if found is not None else "none",
    )
    over(centre, party)


@case(
    "Q.731.4/1",
    "Calling line restricted",
    clauses=["Q.731.4"],
    proves=["S-03"],
    needs=["isup.incoming", "acd"],
)
def test_calling_line_restricted(centre: Centre) -> None:
    """A restricted number is not shown to the agent."""
    presented(centre, CallingPartyNumber(digits=NUMBER, presentation=1), "")


@case(
    "Q.731.4/2",
    "Calling line and generic number restricted",
    clauses=["Q.731.4", "Q.763 3.26"],
    proves=["S-03"],
    needs=["isup.incoming", "acd"],
)
def test_generic_number_restricted(centre: Centre) -> None:
    """Neither of two restricted numbers is shown."""
    generic = GenericNumber(qualifier=6, digits=OTHER, screening=0, presentation=1)
    caller, agent = offered(centre, CallingPartyNumber(digits=NUMBER, presentation=1), generic)
    expect_shown(agent, "calling", "")
    over(centre, caller)


# Q.731.5: connected line


def connected(centre: Centre, *answer: tuple[str, dict[str, Any]]) -> None:
    """An outgoing call answered so is completed."""
    party, _ = talking_out(centre, *answer)
    party.call.expect_nothing(during=SECOND)
    over(centre, party)


@case("Q.731.5/1", "Connected number in ANM", clauses=["Q.731.5"], proves=["N-01"], needs="isup.outgoing")
def test_connected_number_in_anm(centre: Centre) -> None:
    """A connected number in the ANM, allowed or restricted, does not disturb the call."""
    number = ConnectedNumber(digits=OTHER, presentation=1)
    connected(centre, ("ACM", {"called_status": 1}), ("ANM", {"optional": [number]}))


@case("Q.731.5/2", "Connected number in CON", clauses=["Q.731.5"], proves=["N-01"], needs="isup.outgoing")
def test_connected_number_in_con(centre: Centre) -> None:
    """A connected number in the CON does not disturb the call."""
    connected(centre, ("CON", {"optional": [ConnectedNumber(digits=OTHER)]}))


@case(
    "Q.731.5/3",
    "Connected number asked for",
    clauses=["Q.731.5"],
    proves=["N-01"],
    needs="isup.connected_line",
)
def test_connected_number_given(isup: IsupTester) -> None:
    """Asked by the optional forward call indicators, ANM or CON has a connected number."""
    asked = OptionalForwardCallIndicators(connected_line_requested=1)
    call = isup.seize(called=isup.pixit.menu_number, optional=[asked])
    call.answered(within=10 * SECOND)
    found = call.received[-1].message.parameter(ConnectedNumber.code)
    isup.bench.until(lambda: found is not None, within=0, awaited="a connected number", state="none")
    call.release()


@case(
    "Q.731.5/4", "Connected number not asked for", clauses=["Q.731.5"], proves=["N-01"], needs="isup.incoming"
)
def test_connected_number_not_given(isup: IsupTester) -> None:
    """Not asked, the system gives no connected number."""
    call = isup.seize(called=isup.pixit.menu_number)
    call.answered(within=10 * SECOND)
    given = [got.title for got in call.received if got.message.parameter(ConnectedNumber.code)]
    isup.bench.until(lambda: not given, within=0, awaited="no connected number", state=str(given))
    call.release()


# Q.732.2 to Q.732.5: diversion


def diverted(centre: Centre, reason: int, counter: int = 1, **original: Any) -> tuple[Caller, Agent]:
    """A call diverted to the call centre."""
    return offered(
        centre,
        OriginalCalledNumber(digits=OTHER, **original),
        RedirectingNumber(digits=OTHER, **original),
        RedirectionInformation(redirecting=3, reason=reason, original_reason=reason, counter=counter),
        CallingPartyNumber(digits=NUMBER),
    )


def diverted_for(centre: Centre, reason: int, counter: int = 1) -> None:
    """The agent sees the caller's number and the number first called."""
    caller, agent = diverted(centre, reason, counter)
    expect_shown(agent, "original_called", OTHER)
    expect_shown(agent, "calling", NUMBER)
    over(centre, caller)


DIVERSION: Final = ["isup.incoming", "acd"]


@case("Q.732.2/1", "Diverted on busy", clauses=["Q.732.2", "Q.763 3.45"], proves=["S-03"], needs=DIVERSION)
def test_diverted_on_busy(centre: Centre) -> None:
    """Original called number, redirecting number, reason user busy."""
    diverted_for(centre, 1)


@case(
    "Q.732.3/1", "Diverted on no reply", clauses=["Q.732.3", "Q.763 3.45"], proves=["S-03"], needs=DIVERSION
)
def test_diverted_on_no_reply(centre: Centre) -> None:
    """Original called number, redirecting number, reason no reply."""
    diverted_for(centre, 2)


@case("Q.732.4/1", "Diverted always", clauses=["Q.732.4", "Q.763 3.45"], proves=["S-03"], needs=DIVERSION)
def test_diverted_always(centre: Centre) -> None:
    """Original called number, redirecting number, reason unconditional."""
    diverted_for(centre, 3)


@case(
    "Q.732.5/1", "Diverted by deflection", clauses=["Q.732.5", "Q.763 3.45"], proves=["S-03"], needs=DIVERSION
)
def test_diverted_by_deflection(centre: Centre) -> None:
    """Original called number, redirecting number, reason deflection during alerting."""
    diverted_for(centre, 4)


@case("Q.732.2/2", "Diverted five times", clauses=["Q.732.2", "Q.763 3.45"], proves=["S-03"], needs=DIVERSION)
def test_diverted_five_times(centre: Centre) -> None:
    """The greatest redirection counter: the call is taken, the number first called is shown."""
    diverted_for(centre, 3, counter=5)


@case(
    "Q.732.2/3",
    "Diverting number restricted",
    clauses=["Q.732.2", "Q.763 3.39"],
    proves=["S-03"],
    needs=DIVERSION,
)
def test_diverting_number_restricted(centre: Centre) -> None:
    """A restricted original called number is not shown to the agent."""
    caller, agent = diverted(centre, 3, presentation=1)
    expect_shown(agent, "original_called", "")
    over(centre, caller)


@case(
    "Q.732.2/4",
    "Call diverted by the far exchange",
    clauses=["Q.732.2", "Q.764 2.1.6"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_outgoing_call_is_diverted(centre: Centre) -> None:
    """ACM (diversion possible), CPG with events 4, 5, 6 and redirection number do not disturb the call."""
    possible = OptionalBackwardCallIndicators(diversion_possible=1)
    steps: list[tuple[str, dict[str, Any]]] = [("ACM", {"called_status": 0, "optional": [possible]})]
    steps += [("CPG", {"event": event, "optional": [RedirectionNumber(digits=OTHER)]}) for event in (4, 5, 6)]
    connected(centre, *steps, ("ANM", {}))

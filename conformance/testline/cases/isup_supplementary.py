"""ISUP supplementary services: hold, conference, user-to-user, closed user group (Q.733 to Q.737).

As far as they reach an exchange that serves a call centre. The numbers of Q.785 could not be checked, so ids
are by service. What the agent is shown stands in the agent's events (requirement S-03).
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_calls import over, talking, talking_out
from testline.cases.isup_lines import connected, offered, shown
from testline.cases.isup_supervision import ANSWER
from testline.layers.isup_parameters import (
    Octets,
    OptionalForwardCallIndicators,
    Parameter,
    UserToUserInformation,
)
from testline.testers.agent import Agent
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Fail
from testrig.clock import SECOND

NUMBER: Final = "13912345678"
NOTIFICATION: Final = 44
"""Code of the generic notification indicator (Q.763 3.25)."""
HOLD, RETRIEVAL = 0xF9, 0xFA
CONFERENCE, DISCONNECTED = 0xC2, 0xC3
"""Notifications: remote hold, remote retrieval, conference established, conference disconnected."""


# Q.733.2, Q.734.1: notifications


def notified(centre: Centre, party: Caller, agent: Agent, *notifications: int) -> None:
    """CPG with these notifications in an answered call leaves it up, unanswered."""
    for value in notifications:
        indicator = Parameter(code=NOTIFICATION, contents=Octets(bytes((value,))))
        party.call.send("CPG", event=2, optional=[indicator])
        party.call.expect_nothing(during=SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.733.2/1",
    "Held by the called party",
    clauses=["Q.733.2", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_held_by_called_party(centre: Centre) -> None:
    """Remote hold and remote retrieval of an outgoing call."""
    notified(centre, *talking_out(centre), HOLD, RETRIEVAL)


@case(
    "Q.733.2/2",
    "Held by the calling party",
    clauses=["Q.733.2", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_held_by_calling_party(centre: Centre) -> None:
    """Remote hold and remote retrieval of an incoming call."""
    notified(centre, *talking(centre), HOLD, RETRIEVAL)


@case(
    "Q.733.2/3",
    "Cleared while held",
    clauses=["Q.733.2", "Q.764 2.3"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_cleared_while_held(centre: Centre) -> None:
    """The agent hangs up while held: REL with cause 16."""
    party, agent = talking_out(centre)
    indicator = Parameter(code=NOTIFICATION, contents=Octets(bytes((HOLD,))))
    party.call.send("CPG", event=2, optional=[indicator])
    party.call.expect_nothing(during=SECOND)
    agent.telephone.replace()
    party.is_released(within=ANSWER, cause=16)
    centre.isup.expect_idle(party.call.cic)


@case(
    "Q.734.1/1",
    "Conference of the far party",
    clauses=["Q.734.1", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_conference_notified(centre: Centre) -> None:
    """Conference established and disconnected leave the call up."""
    notified(centre, *talking_out(centre), CONFERENCE, DISCONNECTED)


# Q.737.1: user-to-user signalling, service 1 implicit


def told(text: bytes) -> UserToUserInformation:
    """User-to-user information with IA5 characters (Q.931 4.5.30)."""
    return UserToUserInformation(discriminator=4, information=text)


@case(
    "Q.737.1/1",
    "Information in the IAM",
    clauses=["Q.737.1", "Q.763 3.61"],
    proves=["S-03"],
    needs="isup.user_to_user",
)
def test_information_in_iam(centre: Centre) -> None:
    """What comes in the IAM is shown to the agent as additional information."""
    caller, agent = offered(centre, told(b"card 4711"), calling=NUMBER)
    found = shown(agent, "additional")
    if not any("card 4711" in each or b"card 4711".hex() in each.lower() for each in found):
        raise Fail(awaited="additional information card 4711", state=agent.name, observed=str(found))
    over(centre, caller)


@case(
    "Q.737.1/2",
    "Information of every length",
    clauses=["Q.737.1", "Q.763 3.61"],
    proves=["S-03"],
    needs="isup.user_to_user",
)
def test_information_of_128_octets(centre: Centre) -> None:
    """128 octets, the most, are taken whole."""
    text = bytes(0x20 + each % 95 for each in range(128))
    caller, agent = offered(centre, told(text), calling=NUMBER)
    found = shown(agent, "additional")
    if not any(text.decode() in each or text.hex() in each.lower() for each in found):
        raise Fail(awaited="128 octets of information", state=agent.name, observed=str(found))
    over(centre, caller)


@case(
    "Q.737.1/3",
    "Information in backward messages",
    clauses=["Q.737.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_information_backward(centre: Centre) -> None:
    """Information in ACM, CPG and ANM does not disturb the call."""
    more = {"optional": [told(b"hello")]}
    connected(centre, ("ACM", {"called_status": 0, **more}), ("CPG", {"event": 1, **more}), ("ANM", more))


@case(
    "Q.737.1/4",
    "Information in REL",
    clauses=["Q.737.1", "Q.764 2.3"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_information_in_rel(centre: Centre) -> None:
    """REL with information is answered by RLC like any other."""
    caller, _ = talking(centre)
    caller.call.send("REL", cause=16, optional=[told(b"bye")])
    caller.call.expect("RLC", within=ANSWER)
    centre.isup.expect_idle(caller.call.cic)


@case(
    "Q.737.1/5",
    "USR in an answered call",
    clauses=["Q.737.1", "Q.764 2.9.5"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_usr_without_service_3(centre: Centre) -> None:
    """USR nobody asked for (service 3) leaves the call up."""
    caller, agent = talking(centre)
    caller.call.send("USR", user_to_user_information=told(b"?"), deliberate=True)
    centre.bench.run(SECOND)
    caller.call.catch_up()
    centre.bench.until(
        lambda: "-REL" not in caller.call.steps, within=0, awaited="no release", state=caller.call.where
    )
    expect_speech_both_ways(caller.voice, agent.voice)
    over(centre, caller)


# Q.735.1: closed user group


def group_call(isup: IsupTester, indicator: int) -> Any:
    """Call as a member of a closed user group; `indicator` 2: outgoing access allowed, 3: not."""
    interlock = Parameter(code=26, contents=Octets(b"\x12\x34\x00\x01"))
    access = OptionalForwardCallIndicators(closed_user_group=indicator)
    return isup.seize(called=isup.pixit.menu_number, optional=[interlock, access])


@case(
    "Q.735.1/1",
    "Closed user group with outgoing access",
    clauses=["Q.735.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_group_with_outgoing_access(isup: IsupTester) -> None:
    """A member with outgoing access reaches the call centre by an ordinary call."""
    call = group_call(isup, 2)
    call.answered(within=10 * SECOND)
    call.release()
    isup.expect_idle(call.cic)


@case(
    "Q.735.1/2",
    "Closed user group without outgoing access",
    clauses=["Q.735.1", "Q.850 table 1"],
    proves=["N-01"],
    needs="isup.closed_user_group",
)
def test_group_without_outgoing_access(isup: IsupTester) -> None:
    """A member without outgoing access is refused with cause 87: the call centre is no member."""
    call = group_call(isup, 3)
    call.expect("REL", within=ANSWER, cause=87)
    call.send("RLC")
    isup.expect_idle(call.cic)

"""ISUP supplementary services in transit: notifications, closed user group, user-to-user (Q.733 to Q.737).

The tester stands on both sides of the system. The numbers of Q.785 could not be checked: ids are by service.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_lines_transit import carries, goes_back, goes_on
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_supplementary import told
from testline.cases.isup_transit import cleared, through
from testline.cases.isup_transit import talking as talking_through
from testline.layers.isup_parameters import (
    CauseIndicators,
    ClosedUserGroupInterlockCode,
    GenericNotificationIndicator,
    Octets,
    OptionalForwardCallIndicators,
    Parameter,
    UserToUserIndicators,
)
from testline.testers.caller import Caller
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import TransitCentre
from testline.verdicts import Fail

HOLD, RETRIEVAL = 0b1111001, 0b1111010
CONFERENCE, DISCONNECTED, ADDED = 0b1000010, 0b1000011, 0b1000100
WAITING: Final = 0b1100000
SUSPENDED, RESUMED = 0b0000000, 0b0000001
"""Notification indicators (Q.763 3.25)."""
PROGRESS: Final = 2
"""Event of the CPG that carries them after the answer."""
PRECEDENCE: Final = Parameter(code=58, contents=Octets(bytes.fromhex("02 0086 000001")))
"""MLPP precedence (Q.763 3.34)."""
REQUESTED, ESSENTIAL, PROVIDED, NOT_PROVIDED = 2, 3, 2, 1
"""Services in user-to-user indicators: of a request, of a response (Q.763 3.60)."""


def notified(transit: TransitCentre, near: Caller, far: Caller, *notifications: int) -> None:
    """CPG with each of these passes from `near` to `far`, once."""
    for value in notifications:
        indicator = GenericNotificationIndicator(notification=value)
        near.call.send("CPG", event=PROGRESS, optional=[indicator])
        carries(transit, far.call.expect("CPG", within=ANSWER, event=PROGRESS), indicator)
    near.call.expect_nothing(during=ANSWER)
    expect_speech_both_ways(near.voice, far.voice)


@case(
    "Q.733.2/4",
    "Held by the called party, in transit",
    clauses=["Q.733.2", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_hold_goes_back(transit: TransitCentre) -> None:
    """Remote hold and retrieval in an answered call go back to the caller."""
    caller, party = talking_through(transit)
    notified(transit, party, caller, HOLD, RETRIEVAL)
    cleared(transit, caller, party)


@case(
    "Q.733.2/5",
    "Held by the calling party, in transit",
    clauses=["Q.733.2", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_hold_goes_on(transit: TransitCentre) -> None:
    """Remote hold and retrieval of the caller go on to the called party."""
    caller, party = talking_through(transit)
    notified(transit, caller, party, HOLD, RETRIEVAL)
    cleared(transit, caller, party)


@case(
    "Q.733.1/1",
    "Call waiting, in transit",
    clauses=["Q.733.1", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_call_waiting_goes_back(transit: TransitCentre) -> None:
    """ACM that tells that the call is waiting goes back with the notification."""
    caller, party = through(transit)
    waiting = GenericNotificationIndicator(notification=WAITING)
    goes_back(caller, party, transit, "ACM", called_status=1, optional=[waiting])
    party.answers()
    caller.call.expect("ANM", within=ANSWER)
    cleared(transit, caller, party)


@case(
    "Q.733.4/1",
    "Terminal portability, in transit",
    clauses=["Q.733.4", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_user_suspended_goes_both_ways(transit: TransitCentre) -> None:
    """The notifications user suspended and user resumed pass in both directions."""
    caller, party = talking_through(transit)
    notified(transit, party, caller, SUSPENDED, RESUMED)
    notified(transit, caller, party, SUSPENDED, RESUMED)
    cleared(transit, caller, party)


@case(
    "Q.734.1/2",
    "Conference, in transit",
    clauses=["Q.734.1", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_conference_goes_both_ways(transit: TransitCentre) -> None:
    """Conference established, other party added, conference disconnected."""
    caller, party = talking_through(transit)
    notified(transit, party, caller, CONFERENCE, ADDED, DISCONNECTED)
    notified(transit, caller, party, CONFERENCE, ADDED, DISCONNECTED)
    cleared(transit, caller, party)


@case(
    "Q.734.2/1",
    "Three-party service, in transit",
    clauses=["Q.734.2", "Q.763 3.25"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_three_parties_go_back(transit: TransitCentre) -> None:
    """Hold, conference established, conference disconnected and retrieval arrive in this order."""
    caller, party = talking_through(transit)
    notified(transit, party, caller, HOLD, CONFERENCE, DISCONNECTED, RETRIEVAL)
    cleared(transit, caller, party)


@case(
    "Q.733.3/1",
    "Busy with diagnostics, in transit",
    clauses=["Q.733.3", "Q.850 table 1"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_completion_possible_goes_back(transit: TransitCentre) -> None:
    """REL, user busy, with the diagnostic that completion of calls is possible goes back whole."""
    caller, party = through(transit)
    party.call.send("REL", cause_indicators=CauseIndicators(cause=17, location=4, diagnostics=b"\x81"))
    party.call.expect("RLC", within=ANSWER)
    released = caller.call.expect("REL", within=ANSWER, cause=17)
    caller.call.send("RLC")
    found = released.cause_indicators
    if (found.location, bytes(found.diagnostics)) != (4, b"\x81"):
        raise Fail(awaited="location 4, diagnostic 81", observed=bytes(found).hex())
    transit.idle(caller, party)


# Q.735: communities of interest


@case(
    "Q.735.1/3",
    "Closed user group in transit",
    clauses=["Q.735.1", "Q.763 3.15", "Q.763 3.38"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_closed_user_group_passes(transit: TransitCentre) -> None:
    """Interlock code and indicator go on, with and without outgoing access."""
    for indicator in (2, 3):
        group = OptionalForwardCallIndicators(closed_user_group=indicator)
        code = ClosedUserGroupInterlockCode(network_identity=0x1234, interlock=0x0107)
        cleared(transit, *goes_on(transit, code, group))


@case(
    "Q.735.3/1",
    "Precedence in transit",
    clauses=["Q.735.3", "Q.763 3.34"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_precedence_passes(transit: TransitCentre) -> None:
    """MLPP precedence goes on as it came."""
    cleared(transit, *goes_on(transit, PRECEDENCE))


# Q.737.1: user-to-user signalling


@case(
    "Q.737.1/6",
    "Information in the IAM, in transit",
    clauses=["Q.737.1", "Q.763 3.61"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_information_goes_on(transit: TransitCentre) -> None:
    """Information of the IAM goes on, of one octet and of 128, of IA5 characters and of any others."""
    for text in (b"A", bytes(each % 256 for each in range(128))):
        cleared(transit, *goes_on(transit, told(text)))


@case(
    "Q.737.1/7",
    "Information in backward messages, in transit",
    clauses=["Q.737.1"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_information_goes_back(transit: TransitCentre) -> None:
    """Information of ACM, CPG and ANM goes back, each its own."""
    caller, party = goes_on(transit, told(b"asks"))
    goes_back(caller, party, transit, "ACM", called_status=0, optional=[told(b"first")])
    goes_back(caller, party, transit, "CPG", event=1, optional=[told(b"second")])
    goes_back(caller, party, transit, "ANM", optional=[told(b"third")])
    cleared(transit, caller, party)


@case(
    "Q.737.1/8",
    "Information in REL, in transit",
    clauses=["Q.737.1", "Q.764 2.3"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_information_in_rel_passes(transit: TransitCentre) -> None:
    """Information of a REL passes in both directions."""
    for forward in (True, False):
        caller, party = talking_through(transit)
        near, far = (caller, party) if forward else (party, caller)
        near.call.send("REL", cause=16, optional=[told(b"bye")])
        near.call.expect("RLC", within=ANSWER)
        carries(transit, far.call.expect("REL", within=ANSWER, cause=16), told(b"bye"))
        far.call.send("RLC")
        transit.idle(caller, party)


@case(
    "Q.737.1/9",
    "Explicit request, in transit",
    clauses=["Q.737.1", "Q.763 3.60"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_request_goes_on(transit: TransitCentre) -> None:
    """The request of the IAM goes on, the response of the ACM comes back, services each by itself."""
    asked = UserToUserIndicators(service_1=REQUESTED, service_2=ESSENTIAL, service_3=REQUESTED)
    caller, party = goes_on(transit, asked)
    answer = UserToUserIndicators(
        response=1, service_1=PROVIDED, service_2=PROVIDED, service_3=NOT_PROVIDED, network_discard=1
    )
    goes_back(caller, party, transit, "ACM", called_status=1, optional=[answer])
    cleared(transit, caller, party)


@case(
    "Q.737.1/10",
    "USR in transit",
    clauses=["Q.737.1"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_usr_passes(transit: TransitCentre) -> None:
    """USR of an answered call passes in both directions, three times, in order."""
    caller, party = talking_through(transit)
    for near, far in ((caller, party), (party, caller)):
        for text in (b"one", b"two", b"three"):
            near.call.send("USR", user_to_user_information=told(text))
        for text in (b"one", b"two", b"three"):
            got = far.call.expect("USR", within=ANSWER)
            if bytes(got.user_to_user_information) != bytes(told(text)):
                raise Fail(awaited=f"USR {text!r}", observed=bytes(got.user_to_user_information).hex())
    cleared(transit, caller, party)


@case(
    "Q.737.1/11",
    "Request of service 3 in transit",
    clauses=["Q.737.1", "Q.764 2.1"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_facility_request_passes(transit: TransitCentre) -> None:
    """FAR goes on, FAA comes back; another FAR comes back refused by FRJ with its cause."""
    caller, party = talking_through(transit)
    asked = UserToUserIndicators(service_3=REQUESTED)
    goes_back(party, caller, transit, "FAR", optional=[asked])
    given = UserToUserIndicators(response=1, service_3=PROVIDED)
    goes_back(caller, party, transit, "FAA", optional=[given])
    goes_back(party, caller, transit, "FAR", optional=[asked])
    party.call.send("FRJ", cause=29)
    caller.call.expect("FRJ", within=ANSWER, cause=29)
    cleared(transit, caller, party)

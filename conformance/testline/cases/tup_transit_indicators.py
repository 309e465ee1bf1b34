"""Calls in transit between ISUP and TUP: what the initial address says beside the number called.

Both user parts tell the same things in fields of their own: category, nature of an address, satellites, echo
suppression. That they are to be passed on is unverified (no recommendation on this interworking could be
read); what each code means is given by Q.723 3.3 and Q.763 3.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.layers.isup_parameters import CallingPartyNumber, Parameter
from testline.layers.tup_messages import CallingLine
from testline.testers.tup_centre import ANSWER, TransitCentre

CATEGORIES: Final = (1, 2, 3, 4, 5, 10, 11, 13)
"""Operators by language, ordinary, priority and test calls: the same in Q.723 3.3.1 and Q.763 3.11."""
NATURES: Final = ((0, 1), (2, 3), (3, 4))
"""Subscriber, national and international number in Q.723 3.3.2 and in Q.763 3.10."""
CALLING: Final = "13800138000"


def shows(transit: TransitCentre, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Fail unless the fields `found` are as `wanted`."""
    transit.bench.until(lambda: found == wanted, within=0, awaited=str(wanted), state=str(found))


@case(
    "TUP/9.2",
    "Indicators of the IAM, ISUP to TUP",
    clauses=["Q.699 (unverified)", "Q.723 3.3.1", "Q.763 3.11", "Q.763 3.35"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_indicators_isup_to_tup(transit: TransitCentre) -> None:
    """Each category, one satellite or none, and echo suppression arrive in the fields of TUP."""
    rows = [(category, 0, 0) for category in CATEGORIES] + [(10, 1, 0), (10, 0, 1)]
    for category, satellites, echo in rows:
        caller, party = transit.through(
            "isup", category=category, satellites=satellites, echo_control_included=echo
        )
        first = party.call.iam
        found = {name: getattr(first, name) for name in ("category", "satellite", "echo", "continuity")}
        shows(transit, found, {"category": category, "satellite": satellites, "echo": echo, "continuity": 0})
        caller.hangs_up()
        party.is_released(within=ANSWER)
        transit.idle(caller, party)


@case(
    "TUP/9.3",
    "Indicators of the IAM, TUP to ISUP",
    clauses=["Q.699 (unverified)", "Q.723 3.3.1", "Q.763 3.11", "Q.763 3.35"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_indicators_tup_to_isup(transit: TransitCentre) -> None:
    """Each category, one satellite or none, and echo suppression arrive in the fields of ISUP."""
    rows = [(category, 0, 0) for category in CATEGORIES] + [(10, 1, 0), (10, 0, 1)]
    names = ("category", "satellites", "echo_control_included", "continuity_check")
    for category, satellites, echo in rows:
        caller, party = transit.through("tup", category=category, satellite=satellites, echo=echo)
        found = {name: getattr(party.call.iam, name) for name in names}
        shows(transit, found, dict(zip(names, (category, satellites, echo, 0), strict=True)))
        caller.hangs_up()
        party.is_released(within=ANSWER)
        transit.idle(caller, party)


@case(
    "TUP/9.4",
    "Nature of the calling number, both ways",
    clauses=["Q.699 (unverified)", "Q.723 3.3.2", "Q.763 3.10"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_nature_of_calling_number(transit: TransitCentre) -> None:
    """Subscriber, national and international numbers are told by the code of the other user part."""
    for in_tup, in_isup in NATURES:
        number = Parameter(contents=CallingPartyNumber(digits=CALLING, nature=in_isup))
        call = transit.isup.seize(called=transit.number("tup"), calling=None, optional=[number])
        onward = transit.tup.wait_for("IAI", within=ANSWER)
        line = onward.iam.line
        shows(transit, {"nature": line.nature}, {"nature": in_tup})
        call.release()
        onward.cleared(within=ANSWER)
        call = transit.tup.call_on(transit.tup.free_circuit())
        line = CallingLine(digits=CALLING, nature=in_tup)
        call.send("IAI", called=transit.number("isup"), line_included=1, line=line)
        onward = transit.isup.wait_for("IAM", within=ANSWER)
        told = onward.iam.parameter(CallingPartyNumber.code)
        shows(transit, {"nature": told and told.nature}, {"nature": in_isup})
        call.release()
        onward.cleared(within=ANSWER)

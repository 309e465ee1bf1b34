"""ISUP: messages longer than one signal unit, in two segments (Q.764 2.1.12; Q.784.1 6.5).

What comes in two segments has to go on with everything it holds, again in two where one unit has no room. An
exchange may wait for the second segment or pass each on as it comes; both are good here.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_calls import calling_out, over
from testline.cases.isup_lines_transit import carries
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_transit import cleared, holds, through
from testline.layers.isup_parameters import (
    GenericNumber,
    Octets,
    OptionalBackwardCallIndicators,
    OptionalForwardCallIndicators,
    Parameter,
    UserToUserInformation,
)
from testline.layers.mtp3 import LABEL_OCTETS
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import Call, Received
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import TransitCentre
from testrig.clock import SECOND

FIELD: Final = 272
"""Octets of a signalling information field at most, label included (Q.703 2.2)."""
SEGMENT: Final = frozenset((0x03, 0x20, 0x2C, 0x38, 0xC0, 0xC1))
"""Parameters that SGM may hold (Q.763 table 49)."""
T34: Final = 4 * SECOND
"""The longest wait for a segment (Q.764 table A.1)."""

SUBADDRESS: Final = Parameter(
    code=3, contents=Octets(b"".join(bytes((each, 21, 0xA0)) + bytes(range(20)) for each in (0x6D, 0x71) * 3))
)
"""Access transport of 138 octets: calling and called party subaddresses (Q.931 4.5.11, 4.5.9)."""
INFORMATION: Final = UserToUserInformation(information=bytes(range(0x30, 0xB0)))
"""User-to-user information of 129 octets: with the access transport too much for one unit."""
SHORTER: Final = UserToUserInformation(information=bytes(range(0x30, 0xA8)))
"""Of 121 octets: an ACM with both has 270 octets, which only the label makes too many."""
ADDITIONAL: Final = GenericNumber(qualifier=6, digits="02088887777")
FORWARD: Final = OptionalForwardCallIndicators(segmentation=1)
BACKWARD: Final = OptionalBackwardCallIndicators(segmentation=1)


class Whole:
    """A message and its segment, if it has one, as a case looks at a message."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts
        self.title = " and ".join(part.title for part in parts)

    def parameter(self, code: int) -> Any:
        """Return the contents of the first optional parameter with `code`, or None."""
        found = (part.parameter(code) for part in self.parts)
        return next((each for each in found if each is not None), None)


def whole(transit: TransitCentre, call: Call) -> Whole:
    """Return the message that came last with the segment it announces; both must be as they may be."""
    first = call.received[-1].message
    kind = OptionalForwardCallIndicators if first.title == "IAM" else OptionalBackwardCallIndicators
    indicators = first.parameter(kind.code)
    if indicators is None or not indicators.segmentation:
        call.expect_nothing(during=SECOND)
        fits(transit, call.received[-1])
        return Whole(first)
    second = call.expect("SGM", within=T34 + SECOND)
    codes = {Parameter(bytes(each)).code for each in second.optional}
    holds(transit, "no other parameters in SGM", that=codes <= SEGMENT, state=str(codes))
    for got in call.received[-2:]:
        fits(transit, got)
    return Whole(first, second)


def fits(transit: TransitCentre, got: Received) -> None:
    """Fail for a message longer than a signalling information field."""
    size = len(got.octets) + LABEL_OCTETS[transit.pixit.variant]
    holds(transit, f"{got.title} within {FIELD} octets", that=size <= FIELD, state=f"{size} octets")


def answering(transit: TransitCentre, *optional: Any) -> tuple[Caller, Caller]:
    """A call whose called side sends ACM with these parameters."""
    caller, party = through(transit)
    party.call.send("ACM", called_status=1, optional=list(optional))
    return caller, party


@case(
    "Q.784.1/6.5.1",
    "Sending of SGM",
    clauses=["Q.764 2.1.12", "Q.763 3.38"],
    proves=["N-01"],
    needs="isup.segments_sent",
    setup="transit",
)
def test_segment_sent(transit: TransitCentre) -> None:
    """An IAM too long for one unit goes on as IAM, which announces it, and SGM, with everything it holds."""
    caller, party = Caller(transit.isup), Caller(transit.isup, "called")
    caller.dials(transit.number("isup"), optional=[FORWARD, SUBADDRESS])
    caller.call.send("SGM", optional=[INFORMATION, ADDITIONAL])
    party.is_called(within=ANSWER)
    found = whole(transit, party.call)
    holds(transit, "two segments", that=len(found.parts) == 2, state="one")
    carries(transit, found, SUBADDRESS, INFORMATION, ADDITIONAL)
    cleared(transit, caller, party)


@case(
    "ISUP/35",
    "IAM in two segments that one unit has room for",
    clauses=["Q.764 2.1.12"],
    proves=["N-01"],
    needs="isup.transit",
    setup="transit",
    unverified=True,
)
def test_segments_that_fit_into_one(transit: TransitCentre) -> None:
    """The parameters of both segments go on, in one message or two."""
    caller, party = Caller(transit.isup), Caller(transit.isup, "called")
    caller.dials(transit.number("isup"), optional=[FORWARD, SUBADDRESS])
    caller.call.send("SGM", optional=[ADDITIONAL])
    party.is_called(within=ANSWER)
    carries(transit, whole(transit, party.call), SUBADDRESS, ADDITIONAL)
    cleared(transit, caller, party)


@case(
    "ISUP/36",
    "ACM in two segments",
    clauses=["Q.764 2.1.12", "Q.763 3.37"],
    proves=["N-01"],
    needs="isup.segments_sent",
    setup="transit",
    unverified=True,
)
def test_backward_segments(transit: TransitCentre) -> None:
    """An ACM too long for one unit goes back as ACM, which announces it, and SGM."""
    caller, party = answering(transit, BACKWARD, SUBADDRESS)
    party.call.send("SGM", optional=[SHORTER])
    caller.call.expect("ACM", within=ANSWER, called_status=1)
    found = whole(transit, caller.call)
    holds(transit, "two segments", that=len(found.parts) == 2, state="one")
    carries(transit, found, SUBADDRESS, SHORTER)
    cleared(transit, caller, party)


@case(
    "ISUP/37",
    "ANM in the place of an announced segment",
    clauses=["Q.764 2.1.12"],
    proves=["N-01"],
    needs="isup.transit",
    setup="transit",
    unverified=True,
)
def test_backward_segment_lost(transit: TransitCentre) -> None:
    """The segment is taken as lost: ACM and ANM go on at once, in their order."""
    caller, party = answering(transit, BACKWARD, ADDITIONAL)
    party.answers()
    caller.call.expect("ACM", within=SECOND)
    carries(transit, caller.call.received[-1].message, ADDITIONAL)
    caller.call.expect("ANM", within=SECOND)
    expect_speech_both_ways(caller.voice, party.voice)
    cleared(transit, caller, party)


@case(
    "ISUP/38",
    "Announced segment of an ACM does not come",
    clauses=["Q.764 2.1.12", "Q.764 annex A"],
    proves=["N-01"],
    needs="isup.transit",
    setup="transit",
    unverified=True,
)
def test_backward_segment_missing(transit: TransitCentre) -> None:
    """ACM goes on after T34 (2 to 4 s) at the latest, and an SGM that comes then does not disturb."""
    caller, party = answering(transit, BACKWARD)
    caller.call.expect("ACM", within=T34 + SECOND // 2, called_status=1)
    transit.bench.run(T34)
    party.call.send("SGM", optional=[ADDITIONAL], deliberate=True)
    party.call.expect_nothing(during=SECOND)
    party.answers()
    caller.call.expect("ANM", within=ANSWER, through=("SGM",))
    cleared(transit, caller, party)


@case(
    "ISUP/39",
    "ACM of an agent's call in two segments",
    clauses=["Q.764 2.1.12"],
    proves=["N-01"],
    needs=["isup.outgoing", "agents.outgoing"],
    unverified=True,
)
def test_backward_segments_at_the_end(centre: Centre) -> None:
    """The agent's call is completed when the announced segment comes."""
    party, agent = calling_out(centre)
    party.call.send("ACM", called_status=1, optional=[BACKWARD])
    party.call.send("SGM", optional=[ADDITIONAL])
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "ISUP/40",
    "Announced segment of the ACM of an agent's call does not come",
    clauses=["Q.764 2.1.12", "Q.764 annex A"],
    proves=["N-01"],
    needs=["isup.outgoing", "agents.outgoing"],
    unverified=True,
)
def test_backward_segment_missing_at_the_end(centre: Centre) -> None:
    """Within T34 (2 to 4 s) the agent hears of the ringing all the same, and the call is completed."""
    party, agent = calling_out(centre)
    party.call.send("ACM", called_status=1, optional=[BACKWARD])
    agent.is_told("Delivered", within=T34 + SECOND // 2)
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)

"""ISUP: calls in transit from ISUP to ISUP, what an intermediate exchange does (Q.784.1, Q.764 2.1).

The tester stands on both sides of the system, SP A: it calls a number that leads out again, and takes the
call on another circuit. What the one side says must arrive on the other, and nothing else.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_compatibility import DISCARD_MESSAGE, END_NODE, LAST, RELEASE, unknown_parameter
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_unexpected import UNKNOWN_CODE, compatibility, unknown_message
from testline.layers.isup_parameters import CallingPartyNumber, HopCounter
from testline.testers.caller import Caller
from testline.testers.isup import Call
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import TransitCentre
from testline.verdicts import Fail
from testrig.clock import SECOND

USER, NETWORK = 0, 1
"""Suspend/resume indicators (Q.763 3.52)."""
AUDIO: Final = 0x03
"""Transmission medium requirements: 64 kbit/s unrestricted, 3.1 kHz audio (Q.763 3.54)."""

WAY: Final = {"isdn_access": 0, "interworking": 0, "isup_all_the_way": 1, "satellites": 0}
"""What an IAM of the tester says of the way unless told otherwise (Q.763 3.23, 3.35)."""


def through(transit: TransitCentre, called: str = "", **fields: Any) -> tuple[Caller, Caller]:
    """Call through the system; return the caller and the called party, IAM received."""
    caller, party = Caller(transit.isup), Caller(transit.isup, "called")
    caller.dials(called or transit.number("isup"), **fields)
    party.is_called(within=ANSWER)
    return caller, party


def talking(transit: TransitCentre, **fields: Any) -> tuple[Caller, Caller]:
    """A call through the system, answered, speech proven."""
    caller, party = through(transit, **fields)
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.answers()
    caller.call.expect("ANM", within=ANSWER)
    expect_speech_both_ways(caller.voice, party.voice)
    return caller, party


def cleared(transit: TransitCentre, first: Caller, second: Caller) -> None:
    """`first` hangs up, the other side is released, both circuits are idle."""
    first.hangs_up()
    second.is_released(within=ANSWER, cause=16)
    transit.idle(first, second)


def holds(transit: TransitCentre, text: str, *, that: bool, state: str) -> None:
    """Fail unless `that`."""
    if not that:
        raise Fail(awaited=text, state=transit.isup.where(), observed=state)
    transit.bench.note(text)


# 2: set-up


@case(
    "Q.784.1/2.2.2a",
    "Overlap, outgoing call",
    clauses=["Q.764 2.1.2"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_overlap_outgoing(transit: TransitCentre) -> None:
    """The digits that come in an IAM and SAMs go out in an IAM and SAMs, in order and complete."""
    number = transit.number("isup")
    caller = Caller(transit.isup)
    call = caller.dials(number[:5])
    transit.bench.run(SECOND)
    call.send("SAM", called=number[5:8])
    transit.bench.run(SECOND)
    call.send("SAM", called=number[8:])
    party = Caller(transit.isup, number)
    onward = party.is_called(within=ANSWER)
    digits = onward.iam.called_party_number.digits
    while digits.rstrip("F") != number:
        digits += onward.expect("SAM", within=ANSWER).subsequent_number.digits
        holds(transit, f"{number} digit by digit", that=number.startswith(digits.rstrip("F")), state=digits)
    party.alerts()
    call.expect("ACM", within=ANSWER)
    party.answers()
    call.expect("ANM", within=ANSWER)
    expect_speech_both_ways(caller.voice, party.voice)
    cleared(transit, caller, party)


@case(
    "ISUP/20",
    "A call in transit, cleared by the caller",
    clauses=["Q.764 2.1.1.2", "Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.transit",
    setup="transit",
)
def test_transit_cleared_by_caller(transit: TransitCentre) -> None:
    """IAM, ACM, ANM pass; speech is through; REL passes forward with its cause."""
    caller, party = talking(transit)
    cleared(transit, caller, party)


@case(
    "ISUP/21",
    "A call in transit, cleared by the called party",
    clauses=["Q.764 2.3.2"],
    proves=["N-01"],
    needs="isup.transit",
    setup="transit",
)
def test_transit_cleared_by_called_party(transit: TransitCentre) -> None:
    """REL passes backward with its cause."""
    caller, party = talking(transit)
    cleared(transit, party, caller)


@case(
    "ISUP/22",
    "A call in transit that is refused",
    clauses=["Q.764 2.2"],
    proves=["N-01"],
    needs="isup.transit",
    setup="transit",
)
def test_transit_refused(transit: TransitCentre) -> None:
    """Causes 1, 17, 21, 27 and 31 of the far exchange arrive unchanged."""
    for cause in (1, 17, 21, 27, 31):
        caller, party = through(transit)
        party.call.release(cause=cause)
        caller.is_released(within=ANSWER, cause=cause)
        transit.idle(caller, party)


@case(
    "ISUP/23",
    "Calling number, category and medium of a call in transit",
    clauses=["Q.764 2.1.1.2", "Q.763 3.10", "Q.763 3.11", "Q.763 3.54"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_transit_keeps_the_iam(transit: TransitCentre) -> None:
    """Calling number with presentation and screening, category and medium go on as they came."""
    secret = CallingPartyNumber(digits="13912345678", presentation=1, screening=1)
    caller, party = through(transit, calling=None, category=0x0F, medium=AUDIO, optional=[secret])
    iam = party.call.iam
    found = iam.parameter(CallingPartyNumber.code)
    holds(
        transit,
        "calling number 13912345678 restricted, verified; payphone; 3.1 kHz audio",
        that=found is not None
        and (found.digits, found.presentation, found.screening) == ("13912345678", 1, 1)
        and (iam.category, iam.medium) == (0x0F, AUDIO),
        state=f"category {iam.category}, medium {iam.medium}, {found and found.summary()}",
    )
    cleared(transit, caller, party)


@case(
    "ISUP/60",
    "Indicators of the way of a call in transit",
    clauses=["Q.764 2.1.1.2", "Q.763 3.23", "Q.763 3.35"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_transit_keeps_the_way(transit: TransitCentre) -> None:
    """ISDN access, interworking, ISUP all the way and satellites go on as they came.

    Each stands beside values of its neighbours, so that no bit of these is taken for one of its own.
    """
    rows: tuple[dict[str, Any], ...] = (
        {"isdn_access": 0, "sccp_method": 0b01},
        {"isdn_access": 0, "sccp_method": 0b10},
        {"isdn_access": 1, "sccp_method": 0b00},
        {"isdn_access": 0, "isup_preference": 0b01},
        {"interworking": 1, "isup_all_the_way": 0},
        {"interworking": 0, "isup_all_the_way": 1, "international_call": 1},
        {"satellites": 0b01},
        {"satellites": 0b10},
    )
    for row in rows:
        caller, party = through(transit, **row)
        wanted = {name: row.get(name, default) for name, default in WAY.items()}
        found = {name: getattr(party.call.iam, name) for name in WAY}
        holds(transit, str(wanted), that=found == wanted, state=str(found))
        cleared(transit, caller, party)


@case(
    "ISUP/61",
    "Further forward call indicators of a call in transit",
    clauses=["Q.764 2.1.1.2", "Q.763 3.23"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
    unverified=True,
)
def test_transit_keeps_further_indicators(transit: TransitCentre) -> None:
    """International call, end-to-end method, ISUP preference and SCCP method go on as they came.

    An exchange that only switches the call has no reason to say anything else of it.
    """
    rows: tuple[dict[str, Any], ...] = (
        {"international_call": 1},
        {"end_to_end_method": 0b01},
        {"end_to_end_method": 0b10},
        {"isup_preference": 0b01},
        {"isup_preference": 0b10},
        {"sccp_method": 0b01},
        {"sccp_method": 0b10},
    )
    for row in rows:
        caller, party = through(transit, **row)
        for name, wanted in row.items():
            found = getattr(party.call.iam, name)
            holds(transit, f"{name} {wanted}", that=found == wanted, state=f"{name} {found}")
        cleared(transit, caller, party)


@case(
    "ISUP/24",
    "Hop counter",
    clauses=["Q.764 2.15", "Q.763 3.80"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_hop_counter(transit: TransitCentre) -> None:
    """The hop counter is one less behind the exchange; at 0 the call is released, cause 25."""
    caller, party = through(transit, optional=[HopCounter(hops=7)])
    found = party.call.iam.parameter(HopCounter.code)
    holds(
        transit,
        "hop counter 6",
        that=found is not None and found.hops == 6,
        state=str(found and found.hops),
    )
    cleared(transit, caller, party)
    last = Caller(transit.isup)
    last.dials(transit.number("isup"), optional=[HopCounter(hops=0)])
    last.is_released(within=ANSWER, cause=25)
    transit.idle(last)


@case(
    "ISUP/25",
    "Call progress in transit",
    clauses=["Q.764 2.1.6"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_transit_progress(transit: TransitCentre) -> None:
    """ACM without indication, then CPG with events 2, 3 and 1 arrive in order with their events."""
    caller, party = through(transit)
    party.call.send("ACM", called_status=0)
    caller.call.expect("ACM", within=ANSWER, called_status=0)
    for event in (2, 3, 1):
        party.call.send("CPG", event=event)
        caller.call.expect("CPG", within=ANSWER, event=event)
    party.answers()
    caller.call.expect("ANM", within=ANSWER)
    cleared(transit, caller, party)


# 3: suspend and resume


def suspended(transit: TransitCentre, forward: bool, initiated_by: int) -> None:
    """SUS and RES pass with their indicator, and the call stays up."""
    caller, party = talking(transit)
    near, far = (caller, party) if forward else (party, caller)
    for name in ("SUS", "RES"):
        near.call.send(name, initiated_by=initiated_by)
        far.call.expect(name, within=ANSWER, initiated_by=initiated_by)
        transit.bench.run(2 * SECOND)
    expect_speech_both_ways(caller.voice, party.voice)
    cleared(transit, caller, party)


@case(
    "Q.784.1/3.5b",
    "Suspend and resume by the network, incoming call",
    clauses=["Q.764 2.4"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_suspend_sent_by_network(transit: TransitCentre) -> None:
    """SUS (network) and RES of the called side go back on the incoming circuit."""
    suspended(transit, forward=False, initiated_by=NETWORK)


@case(
    "Q.784.1/3.6a",
    "Suspend and resume by the calling party, outgoing call",
    clauses=["Q.764 2.4", "Q.733.4"],
    proves=["N-01"],
    needs="isup.suspend_forward",
    setup="transit",
)
def test_suspend_sent_forward(transit: TransitCentre) -> None:
    """SUS (user) and RES of the calling side go on by the outgoing circuit."""
    suspended(transit, forward=True, initiated_by=USER)


@case(
    "Q.784.1/3.7b",
    "Suspend and resume by the called party, incoming call",
    clauses=["Q.764 2.4", "Q.733.4"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_suspend_sent_by_called_party(transit: TransitCentre) -> None:
    """SUS (user) and RES of the called side go back on the incoming circuit."""
    suspended(transit, forward=False, initiated_by=USER)


# 1.7: what is not known is passed on


def passed_on(call: Call, instruction: int) -> None:
    """The unknown message arrives on `call` with its instruction."""
    wanted = unknown_message(call.cic, compatibility(LAST | instruction))[3:]
    call.expect(
        "message of unknown type",
        within=ANSWER,
        where=lambda got: got.message_type == UNKNOWN_CODE and bytes(got.body) == wanted,
    )


def message_in_transit(transit: TransitCentre, instruction: int) -> None:
    """An unknown message passes in both directions."""
    caller, party = talking(transit)
    for near, far in ((caller, party), (party, caller)):
        octets = unknown_message(near.call.cic, compatibility(LAST | instruction))
        transit.isup.send_raw(octets, sls=near.call.cic & 0x0F)
        passed_on(far.call, instruction)
        near.call.expect_nothing(during=SECOND)
    cleared(transit, caller, party)


@case(
    "Q.784.1/1.7.1.3",
    "Unknown message with instruction to pass on",
    clauses=["Q.764 2.9.5.3.2", "Q.763 3.33"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_unknown_message_passed_on(transit: TransitCentre) -> None:
    """End node interpretation, neither release nor discard: the message goes on unchanged."""
    message_in_transit(transit, END_NODE)


@case(
    "Q.784.1/1.7.1.6",
    "Unknown message, transit interpretation",
    clauses=["Q.764 2.9.5.3.2", "Q.763 3.33"],
    proves=["N-01"],
    needs="isup.transit_interpretation",
    setup="transit",
)
def test_unknown_message_transit_interpretation(transit: TransitCentre) -> None:
    """Transit interpretation (A = 0): the other instructions are not for this exchange; it is passed on."""
    message_in_transit(transit, RELEASE)
    message_in_transit(transit, DISCARD_MESSAGE)


def parameter_in_transit(transit: TransitCentre, instruction: int) -> None:
    """An unknown parameter of the IAM goes on with its compatibility information."""
    caller, party = through(transit, optional=unknown_parameter(instruction))
    iam = party.call.iam
    found = {code: iam.parameter(code) for code in (UNKNOWN_CODE, 0x39)}
    holds(
        transit,
        "the unknown parameter and its instruction",
        that=all(each is not None for each in found.values())
        and bytes(found[UNKNOWN_CODE]) == b"\x11\x22\x33"
        and bytes(found[0x39]) == bytes((UNKNOWN_CODE, LAST | instruction)),
        state=str({code: each and bytes(each).hex() for code, each in found.items()}),
    )
    caller.call.expect_nothing(during=SECOND)
    cleared(transit, caller, party)


@case(
    "Q.784.1/1.7.2.4",
    "Unknown parameter with instruction to pass on",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_unknown_parameter_passed_on(transit: TransitCentre) -> None:
    """End node interpretation, neither release nor discard: the parameter goes on."""
    parameter_in_transit(transit, END_NODE)


@case(
    "Q.784.1/1.7.2.8",
    "Unknown parameter, transit interpretation",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.transit_interpretation",
    setup="transit",
)
def test_unknown_parameter_transit_interpretation(transit: TransitCentre) -> None:
    """Transit interpretation (A = 0): 'release call' is not for this exchange; the parameter goes on."""
    parameter_in_transit(transit, RELEASE)


@case(
    "ISUP/140",
    "Overlap to a number of the exchange's own",
    clauses=["Q.764 2.1.2", "Q.764 2.1.4"],
    proves=["N-01"],
    needs=("isup.overlap", "transit"),
    setup="transit",
)
def test_overlap_to_own_number(transit: TransitCentre) -> None:
    """Where some numbers lead out and others do not: digits in an IAM and SAMs, one at a time at the end,
    make the call to the menu, which answers when the last one has come and not before."""
    number = transit.bench.pixit.menu_number
    caller = Caller(transit.isup)
    call = caller.dials(number[:4])
    for digits in (number[4:-2], number[-2], number[-1]):
        transit.bench.run(SECOND)
        titles = [got.title for got in call.received]
        holds(transit, "no answer yet", that=not titles, state=f"{titles}")
        call.send("SAM", called=digits)
    caller.is_answered()
    caller.hangs_up()
    transit.idle(caller)


@case(
    "ISUP/141",
    "Overlap that is not gone on with",
    clauses=["Q.764 2.2.5", "Q.850 table 1"],
    proves=["N-01"],
    needs=("isup.overlap", "transit"),
    setup="transit",
    unverified=True,
)
def test_overlap_breaks_off(transit: TransitCentre) -> None:
    """The first digits only of a number of the exchange's own: released with cause 28, address incomplete,
    after 10 s at the earliest, and within 30 s."""
    caller = Caller(transit.isup)
    call = caller.dials(transit.bench.pixit.menu_number[:4])
    call.expect_nothing(during=10 * SECOND)
    caller.is_released(within=20 * SECOND, cause=28)
    transit.idle(caller)


@case(
    "ISUP/142",
    "No circuit takes a call in transit",
    clauses=["Q.764 2.8.1", "Q.764 2.9.3.1", "Q.850 2.2.7"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_no_circuit_takes_it(transit: TransitCentre) -> None:
    """Each attempt is ended by RSC before any backward message: after the last one the caller is released, as
    by an exchange without resources or with a temporary failure, and all circuits are idle."""
    caller, party = through(transit)
    parties = [party]
    for _ in range(20):
        parties[-1].call.send("RSC")
        parties[-1].call.expect("RLC", within=ANSWER)
        transit.bench.run(SECOND // 2)
        if not any(got and got[0].title == "IAM" for got in transit.isup.inbox.values()):
            break
        parties.append(Caller(transit.isup, "called"))
        parties[-1].is_called(within=ANSWER)
    caller.is_released(within=ANSWER, cause=set(range(32, 48)))
    transit.idle(caller, *parties)

"""Calls in transit between ISUP and TUP: addresses, indicators, answer, release in both directions.

The recommendations on this interworking could not be read (Q.699 is for ISDN access). The tester is both
neighbours of the system.
"""

from __future__ import annotations

from testline.case import case
from testline.layers.isup import called_digits as isup_called
from testline.layers.isup import calling_digits as isup_calling
from testline.layers.isup_parameters import CallingPartyNumber, Parameter
from testline.layers.tup import called_digits, calling_digits
from testline.layers.tup_messages import CallingLine
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, TransitCentre
from testrig.clock import SECOND

SPEECH, UNRESTRICTED, AUDIO = 0, 2, 3
"""Transmission medium requirements (Q.763 3.54)."""
RINGING_HZ = 450.0
"""A tone in band before the answer."""


@case(
    "TUP/8.1",
    "Call from TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_tup_to_isup(transit: TransitCentre) -> None:
    """Called and calling number, category and answer pass; speech both ways; CLF clears both sides."""
    caller, party = transit.talking("tup", category=10)
    first = party.call.iam
    transit.bench.until(
        lambda: (
            str(isup_called(first)).rstrip("F") == party.number
            and isup_calling(first) == caller.number
            and first.category == 10
        ),
        within=0,
        awaited=f"IAM with called {party.number}, calling {caller.number}, category 10",
        state=first.summary(),
    )
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    party.is_released(within=ANSWER, cause=16)
    transit.idle(caller, party)


@case(
    "TUP/8.2",
    "Call from ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_isup_to_tup(transit: TransitCentre) -> None:
    """Called and calling number, category and answer pass; speech both ways; REL clears both sides."""
    caller, party = transit.talking("isup", category=10)
    first = party.call.iam
    transit.bench.until(
        lambda: (
            str(called_digits(first)).rstrip("F") == party.number
            and first.title == "IAI"
            and calling_digits(first) == caller.number
            and first.category == 10
        ),
        within=0,
        awaited=f"IAI with called {party.number}, calling {caller.number}, category 10",
        state=first.summary(),
    )
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.39",
    "Digital path from ISUP to TUP",
    clauses=["Q.699 (unverified)", "Q.723 3.3.1"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_digital_path(transit: TransitCentre) -> None:
    """A call for 64 kbit/s unrestricted asks for a digital path, one for speech or 3.1 kHz audio does not."""
    for medium, digital in ((SPEECH, 0), (UNRESTRICTED, 1), (AUDIO, 0)):
        caller, party = transit.through("isup", medium=medium)
        first = party.call.iam
        transit.bench.until(
            lambda: first.digital_path == digital,  # noqa: B023 - called at once
            within=0,
            awaited=f"digital path {digital} for medium {medium}",
            state=first.summary(),
        )
        caller.call.send("REL", cause=16)
        caller.call.expect("RLC", within=ANSWER)
        party.is_released(within=ANSWER)
        transit.idle(caller, party)


@case(
    "TUP/8.3",
    "Overlap from TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_overlap_tup_to_isup(transit: TransitCentre) -> None:
    """Digits in IAM, SAM and SAO arrive in order in IAM and SAM."""
    number = transit.number("isup")
    call = transit.tup.seize(called=number[:4], calling=None)
    call.send("SAM", called=number[4:-1])
    transit.bench.run(SECOND)
    call.send("SAO", called=number[-1])
    onward = transit.isup.wait_for("IAM", within=25 * SECOND)
    transit.bench.run(2 * SECOND)
    onward.catch_up()
    found = "".join(str(isup_called(got.message)).rstrip("F") for got in onward.received)
    transit.bench.until(
        lambda: found == number, within=0, awaited=f"digits {number}", state=f"digits {found}"
    )
    onward.alert()
    call.expect("ACM", within=ANSWER)
    call.release()
    onward.cleared(within=ANSWER)


@case(
    "TUP/8.4",
    "Overlap from ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_overlap_isup_to_tup(transit: TransitCentre) -> None:
    """Digits in IAM and SAM arrive in order in IAM or IAI and SAM or SAO."""
    number = transit.number("tup")
    call = transit.isup.seize(called=number[:4])
    call.send("SAM", called=number[4:7])
    transit.bench.run(SECOND)
    call.send("SAM", called=number[7:])
    onward = transit.tup.wait_for("IAM", "IAI", within=25 * SECOND)
    transit.bench.run(2 * SECOND)
    onward.catch_up()
    found = "".join(str(called_digits(got.message)).rstrip("F") for got in onward.received)
    transit.bench.until(
        lambda: found == number, within=0, awaited=f"digits {number}", state=f"digits {found}"
    )
    onward.alert()
    call.expect("ACM", within=ANSWER)
    call.release()
    onward.cleared(within=ANSWER)


@case(
    "TUP/8.5",
    "Calling party clears before ACM, TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_clear_before_acm_tup_to_isup(transit: TransitCentre) -> None:
    """Both sides are cleared when the caller gives up behind the IAM."""
    caller, party = transit.through("tup")
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.6",
    "Calling party clears before ACM, ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_clear_before_acm_isup_to_tup(transit: TransitCentre) -> None:
    """Both sides are cleared when the caller gives up behind the IAM."""
    caller, party = transit.through("isup")
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.7",
    "Tones before the answer, TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_tones_tup_to_isup(transit: TransitCentre) -> None:
    """What the called side sends in band before the answer reaches the caller."""
    caller, party = transit.through("tup")
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.says_tone(RINGING_HZ)
    caller.hears_tone(RINGING_HZ, within=2 * SECOND)
    party.voice.is_silent()
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.8",
    "Tones before the answer, ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_tones_isup_to_tup(transit: TransitCentre) -> None:
    """What the called side sends in band before the answer reaches the caller."""
    caller, party = transit.through("isup")
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.says_tone(RINGING_HZ)
    caller.hears_tone(RINGING_HZ, within=2 * SECOND)
    party.voice.is_silent()
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.9",
    "Called party clears, TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_called_party_clears_tup_to_isup(transit: TransitCentre) -> None:
    """REL of the called side becomes CBK; the caller's CLF frees the TUP circuit."""
    caller, party = transit.talking("tup")
    party.hangs_up()
    caller.call.expect("CBK", within=ANSWER)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.10",
    "Called party clears, ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_called_party_clears_isup_to_tup(transit: TransitCentre) -> None:
    """CBK becomes SUS (network), and the call is released when nobody reanswers; or REL at once."""
    caller, party = transit.talking("isup")
    party.call.send("CBK")
    got = caller.call.expect("SUS", "REL", within=ANSWER)
    if got.title == "SUS":
        transit.bench.until(lambda: got.initiated_by == 1, within=0, awaited="SUS initiated by the network")
        caller.call.release()
    else:
        caller.call.send("RLC")
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.11",
    "Reanswer, ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_reanswer_isup_to_tup(transit: TransitCentre) -> None:
    """RAN behind CBK becomes RES behind SUS, and the call goes on."""
    caller, party = transit.talking("isup")
    party.call.send("CBK")
    caller.call.expect("SUS", within=ANSWER, initiated_by=1)
    transit.bench.run(SECOND)
    party.call.send("RAN")
    caller.call.expect("RES", within=ANSWER, initiated_by=1)
    expect_speech_both_ways(caller.voice, party.voice)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.12",
    "Suspension, TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_suspension_tup_to_isup(transit: TransitCentre) -> None:
    """SUS (network) becomes CBK, RES becomes RAN, and the call goes on."""
    caller, party = transit.talking("tup")
    party.call.send("SUS", initiated_by=1)
    caller.call.expect("CBK", within=ANSWER)
    transit.bench.run(SECOND)
    party.call.send("RES", initiated_by=1)
    caller.call.expect("RAN", within=ANSWER)
    expect_speech_both_ways(caller.voice, party.voice)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.13",
    "Calling line identity restricted, TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_restricted_tup_to_isup(transit: TransitCentre) -> None:
    """A restricted calling line identity stays restricted."""
    from_tup = CallingLine(digits="13800138000", restricted=1)
    call = transit.tup.call_on(transit.tup.free_circuit())
    call.send("IAI", called=transit.number("isup"), line_included=1, line=from_tup)
    onward = transit.isup.wait_for("IAM", within=ANSWER)
    number = onward.iam.parameter(CallingPartyNumber.code)
    transit.bench.until(
        lambda: number is None or int(number.presentation) == 1,
        within=0,
        awaited="no calling number, or a restricted one",
        state=onward.iam.summary(),
    )
    call.release()
    onward.cleared(within=ANSWER)


@case(
    "TUP/8.14",
    "Calling number restricted, ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_restricted_isup_to_tup(transit: TransitCentre) -> None:
    """A restricted calling number stays restricted."""
    hidden = Parameter(contents=CallingPartyNumber(digits="13800138000", presentation=1))
    call = transit.isup.seize(called=transit.number("tup"), calling=None, optional=[hidden])
    onward = transit.tup.wait_for("IAM", "IAI", within=ANSWER)
    first = onward.iam
    transit.bench.until(
        lambda: first.title == "IAM" or not first.line_included or first.line.restricted == 1,
        within=0,
        awaited="no calling line identity, or a restricted one",
        state=first.summary(),
    )
    call.release()
    onward.cleared(within=ANSWER)


@case(
    "TUP/8.37",
    "Charge and no charge, TUP to ISUP",
    clauses=["Q.699 (unverified)", "Q.723 3.6.1"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_charge_tup_to_isup(transit: TransitCentre) -> None:
    """The charge indicator of the ISUP ACM makes the type of the TUP ACM, and ANC or ANN.

    Without one the ACM has none, with the spare one it does not say no charge; the answer is with charge or
    unqualified.
    """
    qualified = ((0b10, {1}, ("ANC",)), (0b01, {2}, ("ANN",)))
    for charge, kind, answer in (*qualified, (0b00, {0}, ("ANC", "ANU")), (0b11, {0, 1}, ("ANC", "ANU"))):
        caller, party = transit.through("tup")
        party.call.send("ACM", called_status=1, charge=charge)
        caller.call.expect("ACM", within=ANSWER, kind=kind, free=1)
        party.answers()
        caller.call.expect(*answer, within=ANSWER)
        caller.hangs_up()
        party.is_released(within=ANSWER)
        transit.idle(caller, party)


@case(
    "TUP/8.38",
    "Charge and no charge, ISUP to TUP",
    clauses=["Q.699 (unverified)", "Q.763 3.5"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_charge_isup_to_tup(transit: TransitCentre) -> None:
    """The type of the TUP ACM makes the charge indicator of the ISUP ACM; coin-box is with charge."""
    for kind, charge, answer in ((1, 0b10, "ANC"), (2, 0b01, "ANN"), (0, 0b00, "ANU"), (3, 0b10, "ANC")):
        caller, party = transit.through("isup")
        party.call.send("ACM", kind=kind, free=1)
        caller.call.expect("ACM", within=ANSWER, charge=charge, called_status=1)
        party.call.send(answer)
        caller.call.expect("ANM", within=ANSWER)
        caller.hangs_up()
        party.is_released(within=ANSWER)
        transit.idle(caller, party)

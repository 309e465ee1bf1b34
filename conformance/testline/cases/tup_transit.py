"""Calls in transit between ISUP and TUP: addresses, answer, release, causes in both directions.

The recommendations on this interworking could not be read (Q.699 is for ISDN access). `Q.783/4.n.2` are those
unsuccessful messages that a call centre does not send of its own; what causes lead to them is unverified.
The tester is both neighbours of the system.
"""

from __future__ import annotations

from testline.case import case
from testline.layers.isup import called_digits as isup_called
from testline.layers.isup import calling_digits as isup_calling
from testline.layers.isup_parameters import CallingPartyNumber, Parameter
from testline.layers.tup import called_digits, calling_digits
from testline.layers.tup_messages import CallingLine
from testline.testers.speech import expect_no_speech, expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, TransitCentre
from testrig.clock import SECOND

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
    "TUP/8.15",
    "Continuity check on the TUP side",
    clauses=["Q.699 (unverified)", "Q.724 7"],
    proves=["N-01"],
    needs=["transit", "tup.continuity"],
    setup="transit",
    unverified=True,
)
def test_continuity_tup_to_isup(transit: TransitCentre) -> None:
    """No ACM goes back before COT; with it the call is completed."""
    call = transit.tup.seize(called=transit.number("isup"), continuity=1)
    call.expect_nothing(during=2 * SECOND)
    sent = transit.bench.now
    call.send("COT")
    onward = transit.isup.wait_for("IAM", within=ANSWER)
    onward.catch_up()
    transit.bench.until(
        lambda: onward.received[0].at > sent or onward.iam.continuity_check == 2,
        within=0,
        awaited="no IAM before COT, or one that tells of a check on a previous circuit",
    )
    if onward.iam.continuity_check != 0:
        transit.bench.until(
            lambda: any(got.title == "COT" for got in onward.received),
            within=0,
            awaited="COT on the ISUP side",
        )
    onward.alert()
    call.expect("ACM", within=ANSWER)
    call.release()
    onward.cleared(within=ANSWER)


@case(
    "TUP/8.16",
    "Reset of the incoming circuit, TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_reset_incoming_tup_to_isup(transit: TransitCentre) -> None:
    """RSC on the caller's circuit clears the other side too."""
    caller, party = transit.talking("tup")
    caller.call.send("RSC")
    caller.call.expect("RLG", within=ANSWER)
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.17",
    "Reset of the incoming circuit, ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_reset_incoming_isup_to_tup(transit: TransitCentre) -> None:
    """RSC on the caller's circuit clears the other side too."""
    caller, party = transit.talking("isup")
    caller.call.send("RSC")
    caller.call.expect("RLC", within=ANSWER)
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.18",
    "Reset of the outgoing circuit, TUP to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_reset_outgoing_tup_to_isup(transit: TransitCentre) -> None:
    """RSC on the called side's circuit asks the caller to clear (CBK)."""
    caller, party = transit.talking("tup")
    party.call.send("RSC")
    party.call.expect("RLC", within=ANSWER)
    caller.is_released(within=ANSWER)
    transit.idle(caller, party)
    expect_no_speech(caller.voice, party.voice)


@case(
    "TUP/8.19",
    "Reset of the outgoing circuit, ISUP to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_reset_outgoing_isup_to_tup(transit: TransitCentre) -> None:
    """RSC on the called side's circuit releases the caller's."""
    caller, party = transit.talking("isup")
    party.call.send("RSC")
    party.call.expect("RLG", within=ANSWER)
    caller.is_released(within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.20",
    "No circuit to ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_no_circuit_to_isup(transit: TransitCentre) -> None:
    """With every ISUP circuit blocked a TUP caller is told of circuit group congestion."""
    for cic in sorted(transit.isup.circuits):
        transit.isup.send_message(cic, "BLO")
        transit.isup.expect(cic, "BLA", within=ANSWER)
    call = transit.tup.seize(called=transit.number("isup"))
    call.expect("CGC", within=ANSWER)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    transit.tup.expect_idle(call.cic)


@case(
    "TUP/8.21",
    "No circuit to TUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_no_circuit_to_tup(transit: TransitCentre) -> None:
    """With every TUP circuit blocked an ISUP caller is released with cause 34."""
    for cic in sorted(transit.tup.circuits):
        transit.tup.send_message(cic, "BLO")
        transit.tup.expect(cic, "BLA", within=ANSWER)
    call = transit.isup.seize(called=transit.number("tup"))
    call.expect("REL", within=ANSWER, cause=34)
    call.send("RLC")
    transit.isup.expect_idle(call.cic)


@case(
    "TUP/8.22",
    "Second attempt on the TUP side",
    clauses=["Q.699 (unverified)", "Q.724 2"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_second_attempt_on_tup(transit: TransitCentre) -> None:
    """The onward circuit is blocked behind the IAM: the call takes another, the caller notices nothing."""
    caller, party = transit.through("isup")
    party.call.send("BLO")
    first = party.call.expect("BLA", "CLF", within=ANSWER)
    party.call.expect("CLF" if first.title == "BLA" else "BLA", within=ANSWER)
    party.call.send("RLG")
    again = transit.tup.wait_for("IAM", "IAI", within=ANSWER)
    caller.call.expect_nothing(during=SECOND)
    again.alert()
    caller.call.expect("ACM", within=ANSWER)
    caller.hangs_up()
    again.cleared(within=ANSWER)


@case(
    "TUP/8.23",
    "ISUP circuits and TUP circuits with the same peer",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_circuits_belong_to_one_part(transit: TransitCentre) -> None:
    """RSC by TUP on an ISUP circuit is not answered, nor RSC by ISUP on a TUP circuit."""
    isup, tup = min(transit.isup.circuits), min(transit.tup.circuits)
    transit.tup.send_message(isup, "RSC", deliberate=True)
    transit.tup.expect_nothing(isup, during=2 * SECOND)
    transit.isup.send_message(tup, "RSC", deliberate=True)
    transit.bench.run(2 * SECOND)
    titles = {got.title for got in transit.isup.inbox.pop(tup, ())}
    transit.bench.until(
        lambda: titles <= {"UCIC"}, within=0, awaited="nothing or UCIC", state=f"received {titles}"
    )


# causes, TUP caller: what the system sends


def sent_for(transit: TransitCentre, names: tuple[str, ...], *causes: int) -> None:
    """REL with each of `causes` from ISUP before ACM: one of `names` to the TUP caller, who clears."""
    for cause in causes:
        caller, party = transit.through("tup")
        party.call.release(cause=cause)
        caller.call.expect(*names, within=ANSWER)
        caller.call.send("CLF")
        caller.call.expect("RLG", within=ANSWER)
        transit.idle(caller, party)


@case(
    "Q.783/4.1.2",
    "SEC sent",
    clauses=["Q.783 4.1.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_sec_sent(transit: TransitCentre) -> None:
    """REL with cause 42 before ACM is told to a TUP caller by SEC."""
    sent_for(transit, ("SEC",), 42)


@case(
    "Q.783/4.2.2",
    "CGC sent",
    clauses=["Q.783 4.2.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_cgc_sent(transit: TransitCentre) -> None:
    """REL with cause 34 before ACM is told to a TUP caller by CGC."""
    sent_for(transit, ("CGC",), 34)


@case(
    "Q.783/4.5.2",
    "CFL sent",
    clauses=["Q.783 4.5.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_cfl_sent(transit: TransitCentre) -> None:
    """REL with cause 16, 31, 102, 111, 127 before ACM is told to a TUP caller by CFL."""
    sent_for(transit, ("CFL",), 16, 31, 102, 111, 127)


@case(
    "Q.783/4.8.2",
    "LOS sent",
    clauses=["Q.783 4.8.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_los_sent(transit: TransitCentre) -> None:
    """REL with cause 27 before ACM is told to a TUP caller by LOS."""
    sent_for(transit, ("LOS",), 27)


@case(
    "Q.783/4.9.2",
    "SST sent",
    clauses=["Q.783 4.9.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_sst_sent(transit: TransitCentre) -> None:
    """REL with cause 4 before ACM is told to a TUP caller by SST."""
    sent_for(transit, ("SST",), 4)


@case(
    "Q.783/4.10.2",
    "ACB sent",
    clauses=["Q.783 4.10.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_acb_sent(transit: TransitCentre) -> None:
    """REL with cause 55, 87 before ACM is told to a TUP caller by ACB."""
    sent_for(transit, ("ACB",), 55, 87)


@case(
    "Q.783/4.11.2",
    "DPN sent",
    clauses=["Q.783 4.11.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_dpn_sent(transit: TransitCentre) -> None:
    """REL with cause 58, 65 before ACM is told to a TUP caller by DPN."""
    sent_for(transit, ("DPN",), 58, 65)


@case(
    "TUP/8.24",
    "Busy, unallocated and incomplete from ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_common_causes_sent(transit: TransitCentre) -> None:
    """Causes 17, 1 and 28 are told by SSB, UNN and ADI."""
    for cause, name in ((17, "SSB"), (1, "UNN"), (28, "ADI")):
        sent_for(transit, (name,), cause)


@case(
    "TUP/8.25",
    "Refused by ISUP behind ACM",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_refused_behind_acm_tup_to_isup(transit: TransitCentre) -> None:
    """REL with cause 19 behind ACM: the TUP caller is told by an unsuccessful message."""
    caller, party = transit.through("tup")
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.call.release(cause=19)
    caller.call.expect("CFL", "SST", within=ANSWER)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    transit.idle(caller, party)


# causes, ISUP caller: what the system makes of what it receives


def becomes(transit: TransitCentre, name: str, *causes: int) -> None:
    """`name` from the called TUP side before ACM: CLF there, REL with one of `causes` to the ISUP caller."""
    caller, party = transit.through("isup")
    party.call.send(name)
    party.call.expect("CLF", within=ANSWER)
    party.call.send("RLG")
    caller.call.expect("REL", within=ANSWER, cause=set(causes))
    caller.call.send("RLC")
    transit.idle(caller, party)


@case(
    "TUP/8.26",
    "SEC becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_sec_becomes_a_cause(transit: TransitCentre) -> None:
    """SEC releases an ISUP caller with cause 42."""
    becomes(transit, "SEC", 42)


@case(
    "TUP/8.27",
    "CGC becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_cgc_becomes_a_cause(transit: TransitCentre) -> None:
    """CGC releases an ISUP caller with cause 34 or 42."""
    becomes(transit, "CGC", 34, 42)


@case(
    "TUP/8.28",
    "NNC becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_nnc_becomes_a_cause(transit: TransitCentre) -> None:
    """NNC releases an ISUP caller with cause 34 or 38 or 42."""
    becomes(transit, "NNC", 34, 38, 42)


@case(
    "TUP/8.29",
    "ADI becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_adi_becomes_a_cause(transit: TransitCentre) -> None:
    """ADI releases an ISUP caller with cause 28."""
    becomes(transit, "ADI", 28)


@case(
    "TUP/8.30",
    "CFL becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_cfl_becomes_a_cause(transit: TransitCentre) -> None:
    """CFL releases an ISUP caller with cause 31 or 38 or 41 or 127."""
    becomes(transit, "CFL", 31, 38, 41, 127)


@case(
    "TUP/8.31",
    "SSB becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_ssb_becomes_a_cause(transit: TransitCentre) -> None:
    """SSB releases an ISUP caller with cause 17."""
    becomes(transit, "SSB", 17)


@case(
    "TUP/8.32",
    "UNN becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_unn_becomes_a_cause(transit: TransitCentre) -> None:
    """UNN releases an ISUP caller with cause 1."""
    becomes(transit, "UNN", 1)


@case(
    "TUP/8.33",
    "LOS becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_los_becomes_a_cause(transit: TransitCentre) -> None:
    """LOS releases an ISUP caller with cause 27."""
    becomes(transit, "LOS", 27)


@case(
    "TUP/8.34",
    "SST becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_sst_becomes_a_cause(transit: TransitCentre) -> None:
    """SST releases an ISUP caller with cause 4 or 31."""
    becomes(transit, "SST", 4, 31)


@case(
    "TUP/8.35",
    "ACB becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_acb_becomes_a_cause(transit: TransitCentre) -> None:
    """ACB releases an ISUP caller with cause 21 or 55 or 57 or 87."""
    becomes(transit, "ACB", 21, 55, 57, 87)


@case(
    "TUP/8.36",
    "DPN becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_dpn_becomes_a_cause(transit: TransitCentre) -> None:
    """DPN releases an ISUP caller with cause 58 or 65 or 88."""
    becomes(transit, "DPN", 58, 65, 88)


# charging


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
    """The charge indicator of the ISUP ACM makes the type of the TUP ACM, and ANC or ANN."""
    for charge, kind, answer in ((0b10, 1, "ANC"), (0b01, 2, "ANN")):
        caller, party = transit.through("tup")
        party.call.send("ACM", called_status=1, charge=charge)
        caller.call.expect("ACM", within=ANSWER, kind=kind, free=1)
        party.answers()
        caller.call.expect(answer, within=ANSWER)
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
    """The type of the TUP ACM makes the charge indicator of the ISUP ACM."""
    for kind, charge, answer in ((1, 0b10, "ANC"), (2, 0b01, "ANN")):
        caller, party = transit.through("isup")
        party.call.send("ACM", kind=kind, free=1)
        caller.call.expect("ACM", within=ANSWER, charge=charge, called_status=1)
        party.call.send(answer)
        caller.call.expect("ANM", within=ANSWER)
        caller.hangs_up()
        party.is_released(within=ANSWER)
        transit.idle(caller, party)

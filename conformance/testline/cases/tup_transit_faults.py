"""Calls in transit between ISUP and TUP and their circuits: continuity, reset, congestion, second attempt."""

from __future__ import annotations

from testline.case import case
from testline.testers.speech import expect_no_speech
from testline.testers.tup_centre import ANSWER, TransitCentre
from testrig.clock import SECOND


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

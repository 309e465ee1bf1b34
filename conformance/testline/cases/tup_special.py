"""TUP: special call set-up: dual seizure, repeat attempt, requests (Q.783 group 6).

The titles of group 6 could not be read: numbers are our own. The tester is SP B, the system SP A.
"""

from __future__ import annotations

from testline.case import case
from testline.layers.tup import calling_digits
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, TupCentre
from testline.verdicts import Fail
from testrig.clock import SECOND


@case(
    "TUP/6.7",
    "Dual seizure, the system not controlling",
    clauses=["Q.724 2"],
    proves=["N-01"],
    needs=["tup.outgoing", "acd"],
    setup="tup",
    unverified=True,
)
def test_dual_seizure_not_controlling(tup: TupCentre) -> None:
    """Both ends seize a circuit the tester controls: the tester's call goes on, the system tries another."""
    tup.leave_only(set(tup.tester.controlled(by_tester=True)))
    party, _ = tup.calling_out()
    call = party.call
    call.send("IAI", called=tup.pixit.queue_number, calling="13800138000")
    call.answered(within=10 * SECOND)
    tup.second_attempt(call.cic)
    call.expect_nothing(during=100 * SECOND)  # nothing that was due in the call given up
    call.send("CLF")
    call.expect("RLG", within=ANSWER, through=("CBK",))
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/6.8",
    "Dual seizure, the system controlling",
    clauses=["Q.724 2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_dual_seizure_controlling(tup: TupCentre) -> None:
    """Both ends seize a circuit the system controls: its call goes on, the tester's IAM is disregarded."""
    tup.leave_only(set(tup.tester.controlled(by_tester=False)))
    party, agent = tup.calling_out()
    party.call.send("IAM", called=tup.pixit.menu_number)
    party.call.expect_nothing(during=2 * SECOND)
    party.alerts()
    party.answers()
    tup.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    tup.agent_ends(party, agent)


@case(
    "TUP/6.9",
    "Blocking of the circuit after IAM",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_blocking_after_iam(tup: TupCentre) -> None:
    """BLO before any backward message: the circuit is given up (BLA, CLF) and the call tried on another."""
    party, _ = tup.calling_out()
    call = party.call
    call.send("BLO")
    first = call.expect("BLA", "CLF", within=ANSWER)
    call.expect("CLF" if first.title == "BLA" else "BLA", within=ANSWER)
    call.send("RLG")
    tup.second_attempt(call.cic)
    tup.is_in(call.cic, has=["idle", "remotely blocked"])


@case(
    "TUP/6.10",
    "Circuit reset after IAM",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_reset_after_iam(tup: TupCentre) -> None:
    """RSC before any backward message: RLG, and the call is tried on another circuit."""
    party, _ = tup.calling_out()
    party.call.send("RSC")
    party.call.expect("RLG", within=ANSWER)
    tup.second_attempt(party.call.cic)


@case(
    "TUP/6.11",
    "GRQ in an outgoing call",
    clauses=["Q.723 3.5.1", "Q.723 3.4.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_general_request(tup: TupCentre) -> None:
    """GRQ for category and calling line: GSM with the category of the IAM and the line it told, if any."""
    party, agent = tup.calling_out()
    first = party.call.iam
    party.call.send("GRQ", category=1, line=1)
    got = party.call.expect("GSM", within=ANSWER, category_included=1)
    told = calling_digits(first)
    tup.bench.until(
        lambda: got.category.category == first.category and told in {None, calling_digits(got)},
        within=0,
        awaited=f"GSM with category {first.category} and calling line {told or 'or none'}",
        state=got.summary(),
    )
    party.alerts()
    party.answers()
    tup.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    tup.agent_ends(party, agent)


@case(
    "TUP/6.12",
    "GRQ for what the system has not",
    clauses=["Q.723 3.5.1", "Q.723 3.4.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_general_request_for_what_is_not_there(tup: TupCentre) -> None:
    """GRQ for an original called address is answered by GSM that says it is not included."""
    party, agent = tup.calling_out()
    party.call.send("GRQ", original_called=1)
    party.call.expect("GSM", within=ANSWER, original_included=0, hold=0, malicious=0)
    tup.agent_ends(party, agent)


@case(
    "TUP/7.31",
    "Metering pulses on record",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01", "C-04"],
    needs=["tup.national", "tup.outgoing", "metering"],
    setup="tup24",
    unverified=True,
)
def test_metering_pulses_on_record(tup: TupCentre) -> None:
    """The pulses of all MPM of an outgoing call are counted on its record.

    That the two octets of MPM are a number of pulses could not be checked.
    """
    before = len(tup.supervisor.records())
    party, agent = tup.talking_out()
    for pulses in (1, 300):
        party.call.send("MPM", pulses=pulses)
        tup.bench.run(SECOND)
    tup.agent_ends(party, agent)
    records = tup.bench.until(
        lambda: tup.supervisor.records()[before:], within=2 * SECOND, awaited="a call record"
    )
    found = records[0].get("pulses")
    if found != 301:
        raise Fail(awaited="301 pulses on record", observed=str(found))

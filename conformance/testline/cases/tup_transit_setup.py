"""Calls in transit between ISUP and TUP that are set up in other ways than at once.

Continuity checks that only one of the two sides has, numbers that stay incomplete, circuits that refuse the
call, and both ends that seize the onward circuit. That each is done so in interworking is unverified.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_compatibility import ELSE_DISCARD_MESSAGE, END_NODE, unknown_parameter
from testline.cases.mtp2_state import measure_time
from testline.testers.caller import Caller
from testline.testers.isup import Call
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, TransitCentre
from testrig.clock import SECOND

TONE_HZ: Final = 1000.0
REQUIRED, PREVIOUS = 1, 2
"""Continuity check indicator: required on this circuit, performed on a previous one (Q.763 3.35)."""
NO_CIRCUIT: Final = {34, 41, 42, 44, 47}
"""Causes that tell of circuits that could not be had (Q.850 table 1, class resource unavailable)."""


def gives_up(call: Call) -> None:
    """The circuit is blocked behind the IAM: BLA and CLF, the system tries another one."""
    call.send("BLO")
    first = call.expect("BLA", "CLF", within=ANSWER)
    call.expect("CLF" if first.title == "BLA" else "BLA", within=ANSWER)
    call.send("RLG")


@case(
    "TUP/13.1",
    "A check awaited by a call that ends here",
    clauses=["Q.764 2.1.8", "Q.763 3.35"],
    proves=["N-01"],
    needs=["transit", "isup.continuity", "ivr"],
    setup="transit",
)
def test_check_of_a_call_that_ends_here(transit: TransitCentre) -> None:
    """A system that passes calls on takes one for itself only when COT has come: nothing before, then ACM."""
    for indicator in (REQUIRED, PREVIOUS):
        call = transit.isup.seize(called=transit.pixit.menu_number, continuity_check=indicator)
        call.expect_nothing(during=3 * SECOND)
        call.send("COT", continuity=1)
        call.answered(within=ANSWER)
        call.release()
        transit.isup.expect_idle(call.cic)


@case(
    "TUP/13.2",
    "A check and digits awaited by a call that ends here",
    clauses=["Q.764 2.1.8", "Q.764 2.1.2"],
    proves=["N-01"],
    needs=["transit", "isup.continuity", "isup.overlap", "ivr"],
    setup="transit",
)
def test_check_and_digits(transit: TransitCentre) -> None:
    """COT before or behind the last digits: the call is answered when both have come."""
    number = transit.pixit.menu_number
    for steps in (("COT", "SAM"), ("SAM", "COT")):
        call = transit.isup.seize(called=number[:7], continuity_check=PREVIOUS)
        for step in steps:
            call.expect_nothing(during=2 * SECOND)
            call.send(step, **({"continuity": 1} if step == "COT" else {"called": number[7:]}))
        call.answered(within=ANSWER)
        call.release()
        transit.isup.expect_idle(call.cic)


@case(
    "TUP/13.3",
    "Caller gives up while a check is awaited",
    clauses=["Q.764 2.1.8", "Q.764 2.3.1"],
    proves=["N-01"],
    needs=["transit", "isup.continuity"],
    setup="transit",
)
def test_release_while_a_check_is_awaited(transit: TransitCentre) -> None:
    """REL before COT is answered by RLC, and nothing of the call comes later."""
    call = transit.isup.seize(called=transit.pixit.menu_number, continuity_check=PREVIOUS)
    call.expect_nothing(during=2 * SECOND)
    call.release()
    transit.isup.expect_idle(call.cic)
    call.expect_nothing(during=20 * SECOND)


@case(
    "TUP/13.4",
    "A check on a previous circuit, ISUP to TUP",
    clauses=["Q.699 (unverified)", "Q.723 3.3.1", "Q.764 2.1.8"],
    proves=["N-01"],
    needs=["transit", "isup.continuity"],
    setup="transit",
    unverified=True,
)
def test_check_isup_to_tup(transit: TransitCentre) -> None:
    """The IAM tells TUP of a check on a previous circuit and COT follows, or it comes behind COT."""
    call = transit.isup.seize(called=transit.number("tup"), continuity_check=PREVIOUS)
    transit.bench.run(2 * SECOND)
    early = any(transit.tup.inbox.values())
    sent = transit.bench.now
    call.send("COT", continuity=1)
    onward = transit.tup.wait_for("IAM", "IAI", within=ANSWER)
    transit.bench.until(
        lambda: onward.iam.continuity == (2 if early else 0) and (onward.received[0].at > sent) is not early,
        within=0,
        awaited="an IAM that tells of the check before COT, or one without a check behind it",
        state=onward.iam.summary(),
    )
    if early:
        onward.expect("COT", within=ANSWER)
    onward.expect_nothing(during=SECOND)
    onward.alert()
    call.expect("ACM", within=ANSWER)
    call.release()
    onward.cleared(within=ANSWER)


@case(
    "TUP/13.5",
    "A number that stays incomplete, in a system that passes calls on",
    clauses=["Q.699 (unverified)", "Q.723 3.7.1", "Q.764 2.2.5"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_incomplete_number(transit: TransitCentre) -> None:
    """Too few digits to tell where the call goes, and no more: ADI or cause 28 after 15 to 20 s."""
    digits = transit.pixit.menu_number[:7]
    for tester, name in ((transit.tup, "ADI"), (transit.isup, "REL")):
        fields: dict[str, Any] = {"cause": 28} if name == "REL" else {}
        call = tester.seize(called=digits[:5])
        call.expect_nothing(during=10 * SECOND)
        call.send("SAM", called=digits[5:])
        sent = transit.bench.now
        call.expect(name, within=25 * SECOND, **fields)
        came = call.received[-1].at
        measure_time(transit.bench, f"last digit to {name}", came - sent, 15, 20, "Q.764 2.2.5")
        if name == "ADI":
            call.send("CLF")
            call.expect("RLG", within=ANSWER)
        else:
            call.send("RLC")
        tester.expect_idle(call.cic)


@case(
    "TUP/13.6",
    "No TUP circuit takes the call",
    clauses=["Q.699 (unverified)", "Q.724 1.17", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_no_circuit_takes_the_call(transit: TransitCentre) -> None:
    """Each circuit is blocked behind its IAM: another one is tried each time, never the same.

    Once the system has tried enough the caller is released with a cause of missing resources.
    """
    caller, party = transit.through("isup")
    call, tried = party.call, []
    for _ in range(20):
        tried.append(call.cic)
        gives_up(call)
        transit.bench.run(SECOND)
        waiting = [cic for cic, got in transit.tup.inbox.items() if got]
        if not waiting:
            break
        call = transit.tup.wait_for("IAM", "IAI", within=0)
    caller.is_released(within=ANSWER, cause=NO_CIRCUIT)
    transit.bench.until(
        lambda: 1 < len(tried) == len(set(tried)),
        within=0,
        awaited="two circuits or more, each once",
        state=f"circuits {tried}",
    )
    transit.idle(caller)


@case(
    "TUP/13.7",
    "Both ends seize the onward circuit",
    clauses=["Q.699 (unverified)", "Q.724 2", "Q.764 2.8.1"],
    proves=["N-01"],
    needs=["transit", "ivr"],
    setup="transit",
    unverified=True,
)
def test_double_seizing_in_transit(transit: TransitCentre) -> None:
    """On a circuit the tester controls its call is served, and the call in transit takes another circuit.

    On one that the system controls the call in transit goes on.
    """
    controlled = set(transit.tup.controlled(by_tester=True))
    seen = set()
    for _ in range(2):
        caller, party = transit.through("isup")
        theirs = party.call.cic in controlled
        seen.add(theirs)
        party.call.send("IAI", called=transit.pixit.menu_number, calling="13900139000")
        if theirs:
            transit.bench.run(SECOND)
            onward = transit.tup.wait_for("IAM", "IAI", within=ANSWER)
            party.call.answered(within=ANSWER)
            party.call.expect_nothing(during=2 * SECOND)
            party.call.send("CLF")
            party.call.expect("RLG", within=ANSWER, through=("CBK",))
        else:
            party.call.expect_nothing(during=2 * SECOND)
            onward = party.call
        onward.alert()
        caller.call.expect("ACM", within=ANSWER)
        caller.hangs_up()
        onward.cleared(within=ANSWER)
        transit.tup.expect_idle(party.call.cic)
        keep = {cic for cic in transit.tup.circuits if (cic in controlled) is not theirs}
        for cic in sorted(set(transit.tup.circuits) - keep):
            transit.tup.send_message(cic, "BLO")
            transit.tup.expect(cic, "BLA", within=ANSWER)
    transit.bench.until(lambda: seen == {True, False}, within=0, awaited="circuits of either end's control")


@case(
    "TUP/13.8",
    "The path of a call in transit before the answer and behind the release",
    clauses=["Q.764 2.1.1.2", "Q.724 1.5", "Q.764 2.3.1"],
    proves=["N-01"],
    needs=["transit", "switching"],
    setup="transit",
    unverified=True,
)
def test_path_in_transit(transit: TransitCentre) -> None:
    """Through in both directions behind the IAM, closed in both behind the release.

    A circuit that was given up carries nothing of the call that goes on.
    """
    caller, party = transit.through("isup")
    gives_up(party.call)
    again = Caller(transit.tup, party.number)
    again.is_called(within=ANSWER)
    caller.says_tone(TONE_HZ)
    again.hears_tone(TONE_HZ, within=SECOND)
    party.voice.hears_silence(during=SECOND)
    caller.voice.is_silent()
    again.says_tone(TONE_HZ)
    caller.hears_tone(TONE_HZ, within=SECOND)
    again.alerts()
    caller.call.expect("ACM", within=ANSWER)
    caller.call.send("REL", cause=16)
    caller.call.expect("RLC", within=ANSWER)
    again.call.expect("CLF", within=ANSWER)
    again.call.send("RLG")
    caller.voice.hears_silence(during=SECOND)
    again.voice.is_silent()
    caller.says_tone(TONE_HZ)
    again.voice.hears_silence(during=SECOND)


@case(
    "TUP/13.9",
    "Calls in transit released by either end",
    clauses=["Q.699 (unverified)", "Q.764 2.3"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_released_by_either_end(transit: TransitCentre) -> None:
    """Speech both ways, and whichever end releases, both circuits are idle after it."""
    for first in ("isup", "tup"):
        for ends in ("caller", "party"):
            caller, party = transit.talking(first)
            expect_speech_both_ways(caller.voice, party.voice)
            who: Any = caller if ends == "caller" else party
            if ends == "party" and first == "isup":
                party.call.send("CBK")
                caller.call.expect("SUS", "REL", within=ANSWER)
                who = caller
            who.hangs_up()
            other = party if who is caller else caller
            other.is_released(within=ANSWER)
            transit.idle(caller, party)


@case(
    "TUP/13.10",
    "What may not be passed on to TUP",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs=["transit", "isup.no_passing"],
    setup="transit",
)
def test_not_to_be_passed_on(transit: TransitCentre) -> None:
    """An unknown parameter that discards its message takes the ACM with it, and the call goes on.

    One that releases the call, or discards the IAM, lets nothing out on the TUP side.
    """
    caller, party = transit.through("tup")
    party.call.send("ACM", called_status=1, optional=unknown_parameter(END_NODE | ELSE_DISCARD_MESSAGE))
    caller.call.expect_nothing(during=2 * SECOND)
    party.call.expect_nothing(during=SECOND)
    party.answers()
    caller.call.expect("ACM", within=ANSWER)
    caller.call.expect("ANC", "ANN", within=ANSWER)
    expect_speech_both_ways(caller.voice, party.voice)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    for instruction, title in ((END_NODE, "REL"), (END_NODE | ELSE_DISCARD_MESSAGE, "")):
        call = transit.isup.seize(called=transit.number("tup"), optional=unknown_parameter(instruction))
        if title:
            call.cleared(within=ANSWER, cause=99)
        call.expect_nothing(during=SECOND)
        transit.tup.expect_nothing(during=2 * SECOND)
        transit.isup.expect_idle(call.cic)

"""ISUP: messages that come in another state of a call than they belong to (Q.764 2.9.5.1, 2.1.8, 2.1.12).

Before the first backward message they reset the circuit, behind it they are discarded. The tester is SP B,
the system SP A. `ISUP/n` are cases of our own.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_attempts import second_attempt
from testline.cases.isup_calls import NUMBER, calling_out, over, talking_out
from testline.cases.isup_checks import checking
from testline.cases.isup_circuits import REPEATED, TRANSIENT, asked
from testline.cases.isup_compatibility import (
    DISCARD_MESSAGE,
    DISCARD_PARAMETER,
    DISCARDED,
    LAST,
    NOTIFY,
    PARAMETER_UNKNOWN,
    RELEASE,
    unknown_parameter,
)
from testline.cases.isup_continuity import CHECK_DBM0, CHECK_HZ, on_circuit, request
from testline.cases.isup_groups import expect_state
from testline.cases.isup_lines_transit import carries
from testline.cases.isup_segments import BACKWARD, T34
from testline.cases.isup_services import own_point
from testline.cases.isup_supervision import ANSWER, answered_call, outgoing, still_works, two
from testline.cases.isup_timers import ANNEX
from testline.cases.isup_transit import cleared, talking, through
from testline.cases.isup_unexpected import NOT_IMPLEMENTED, UNKNOWN_CODE, compatibility, unknown_message
from testline.cases.mtp2_state import measure_time
from testline.layers.isup import message
from testline.layers.isup_parameters import (
    GenericNumber,
    Octets,
    OptionalForwardCallIndicators,
    Parameter,
    UserToUserIndicators,
)
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import Call, IsupTester
from testline.testers.mtp3 import ISUP
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import TransitCentre
from testline.verdicts import Fail
from testrig.clock import MINUTE, SECOND

FIELDS: Final[dict[str, dict[str, Any]]] = {
    "IAM": {"called": NUMBER},
    "SAM": {"called": "1"},
    "REL": {"cause": 16},
    "CFN": {"cause": 97},
}
"""What these messages need."""
OF_A_CALL: Final = ("SAM", "INR", "INF", "COT", "ACM", "CON", "ANM", "CPG", "SUS", "RES")
"""Messages that belong to a call: on an idle circuit they show that the two ends disagree."""
LOST: Final = frozenset((31, 41, 111))
"""Normal unspecified, temporary failure, protocol error (Q.850 table 1)."""
TEMPORARY_FAILURE: Final = 41
PREVIOUS_CIRCUIT: Final = 2
"""Continuity check performed on a previous circuit (Q.763 3.35)."""
UNEQUIPPED, INACCESSIBLE = 1, 2
"""Causes of UPU (Q.704 15.17.5)."""
ADDITIONAL: Final = GenericNumber(qualifier=6, digits="02088887777")


def sent(call: Call, name: str) -> None:
    """Send `name` out of place."""
    call.send(name, deliberate=True, **FIELDS.get(name, {}))


def resets(call: Call, name: str) -> None:
    """`name` is answered by RSC, RLC to that leaves the circuit idle."""
    sent(call, name)
    call.expect("RSC", within=ANSWER)
    call.send("RLC")
    call.expect_nothing(during=SECOND)
    call.isup.expect_idle(call.cic)


def discarded(call: Call, *names: str) -> None:
    """Nothing comes of any of these."""
    for name in names:
        sent(call, name)
        call.expect_nothing(during=SECOND)


@case(
    "ISUP/190",
    "Messages of a call on an idle circuit",
    clauses=["Q.764 2.9.5.1 d"],
    proves=["N-01"],
    needs="isup",
)
def test_call_messages_on_idle_circuit(isup: IsupTester) -> None:
    """Each message that belongs to a call is answered by RSC; confusion and acknowledgements are not."""
    call = isup.call_on(isup.free_circuit())
    for name in OF_A_CALL:
        resets(call, name)
    discarded(call, "RLC", "CFN", "UCIC", "LPA", "UPA", "OLM")
    still_works(isup, call.cic)


@case(
    "ISUP/191",
    "Messages before the first backward message, incoming call",
    clauses=["Q.764 2.9.5.1 c", "Q.764 2.9.5.1 d"],
    proves=["N-01"],
    needs="isup.continuity",
    unverified=True,
)
def test_out_of_place_before_acm(isup: IsupTester) -> None:
    """While COT is awaited: the circuit is reset, and there is no call any more."""
    for name in ("IAM", "CCR", "SUS", "RES", "ACM", "CON", "ANM", "CPG", "INR", "RLC"):
        call = isup.seize(called=isup.pixit.menu_number, continuity_check=PREVIOUS_CIRCUIT)
        call.expect_nothing(during=SECOND // 2)
        resets(call, name)
    call.expect_nothing(during=20 * SECOND)
    still_works(isup, call.cic)


@case(
    "ISUP/192",
    "Messages before the first backward message, call in transit",
    clauses=["Q.764 2.9.5.1 c", "Q.764 2.9.5.1 d"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
    unverified=True,
)
def test_out_of_place_in_transit(transit: TransitCentre) -> None:
    """The incoming circuit is reset, the outgoing one released."""
    for name in ("IAM", "CCR", "SUS", "RES", "ACM", "CON", "ANM", "CPG", "INR", "RLC"):
        caller, party = through(transit)
        resets(caller.call, name)
        party.is_released(within=ANSWER, cause=set(LOST))
        transit.idle(caller, party)


@case(
    "ISUP/193",
    "Messages out of place in an answered incoming call",
    clauses=["Q.764 2.9.5.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_out_of_place_when_answered(isup: IsupTester) -> None:
    """They are discarded; only RLC, which ends what has not begun to end, resets the circuit."""
    call = answered_call(isup)
    discarded(call, "IAM", "SAM", "SGM", "COT", "CCR", "INF", "INR", "ACM", "ANM", "CON", "FOT", "USR")
    expect_no_change(call)
    resets(call, "RLC")
    still_works(isup, call.cic)


def expect_no_change(call: Call) -> None:
    """The circuit is busy still."""
    state = call.isup.bench.system.maintenance().circuit_state(call.cic)
    call.isup.bench.until(lambda: "busy" in state, within=0, awaited="call up", state=state)


@case(
    "ISUP/194",
    "Messages out of place in an outgoing call",
    clauses=["Q.764 2.9.5.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_out_of_place_outgoing(centre: Centre) -> None:
    """Behind ACM, and behind ANM: discarded, but for RLC, which resets the circuit."""
    party, agent = calling_out(centre)
    party.alerts()
    discarded(party.call, "IAM", "SAM", "COT", "CCR", "INF", "INR", "ACM", "CON", "SUS", "RES", "UCIC", "SGM")
    party.answers()
    centre.bench.run(SECOND)
    discarded(party.call, "IAM", "SAM", "COT", "CCR", "INF", "INR", "ACM", "CON", "ANM", "RES", "SGM")
    expect_speech_both_ways(party.voice, agent.voice)
    resets(party.call, "RLC")
    agent.telephone.hears_tone(450, within=2 * SECOND)


@case(
    "ISUP/195",
    "Messages in answer to IAM that are none",
    clauses=["Q.764 2.9.5.1 d", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_out_of_place_after_iam(centre: Centre) -> None:
    """CPG, ANM, SUS, SAM, COT, CCR and INF each reset the circuit, and the call is tried on another."""
    agent = centre.agent(0)
    for name in ("CPG", "ANM", "SUS", "SAM", "COT", "CCR", "INF"):
        call = outgoing(centre)
        sent(call, name)
        call.expect("RSC", within=ANSWER)
        call.send("RLC")
        second_attempt(centre, call)
        centre.isup.expect_idle(call.cic)
        agent.telephone.replace()
        centre.bench.run(5 * SECOND)
        agent.sign_off()


@case(
    "ISUP/196",
    "Digits behind a number that is complete, in transit",
    clauses=["Q.764 2.1.2", "Q.763 3.9 g"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_digits_too_many(transit: TransitCentre) -> None:
    """Behind the end of pulsing signal no digit goes on; nor does a COT or an SGM that nobody announced."""
    caller, party = through(transit, transit.number("isup") + "F")
    for name in ("SAM", "COT", "SGM"):
        discarded(caller.call, name)
        party.call.expect_nothing(during=SECOND)
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    cleared(transit, caller, party)


# continuity of calls in transit


@case(
    "ISUP/197",
    "Continuity check of a call in transit",
    clauses=["Q.764 2.1.8", "Q.763 3.35"],
    proves=["N-01"],
    needs=("isup.pass_on", "isup.continuity"),
    setup="transit",
)
def test_check_in_transit(transit: TransitCentre) -> None:
    """The IAM goes on at once and says that a previous circuit is checked; COT goes on, then the call."""
    for check in (1, PREVIOUS_CIRCUIT):
        caller, party = through(transit, continuity_check=check)
        found = party.call.iam.continuity_check
        transit.bench.until(
            lambda: found == PREVIOUS_CIRCUIT,  # noqa: B023 - called at once
            within=0,
            awaited="continuity check on a previous circuit",
            state=str(found),
        )
        if check == 1:
            caller.says_tone(CHECK_HZ, CHECK_DBM0)
            caller.hears_tone(CHECK_HZ, within=2 * SECOND)
            caller.voice.is_silent()
        party.call.expect_nothing(during=SECOND)
        caller.call.send("COT", continuity=1)
        party.call.expect("COT", within=ANSWER, continuity=1)
        transit.bench.run(16 * SECOND)
        party.alerts()
        caller.call.expect("ACM", within=ANSWER)
        party.answers()
        caller.call.expect("ANM", within=ANSWER)
        expect_speech_both_ways(caller.voice, party.voice)
        cleared(transit, caller, party)


@case(
    "ISUP/198",
    "Continuity check of a call in transit that fails",
    clauses=["Q.764 2.1.8", "Q.764 2.9.8.3", ANNEX, "Q.850 table 1"],
    proves=["N-01"],
    needs=("isup.pass_on", "isup.continuity"),
    setup="transit",
    unverified=True,
)
def test_failed_check_in_transit(transit: TransitCentre) -> None:
    """COT (failed) releases the outgoing circuit, and CCR is awaited; without COT T8 releases both."""
    caller, party = through(transit, continuity_check=PREVIOUS_CIRCUIT)
    caller.call.send("COT", continuity=0)
    party.is_released(within=ANSWER, cause=TEMPORARY_FAILURE)
    caller.call.expect_nothing(during=20 * SECOND)
    caller.call.send("CCR")
    transit.bench.run(SECOND)
    caller.call.send("COT", continuity=1)
    caller.hangs_up()
    transit.idle(caller, party)
    caller, party = through(transit, continuity_check=PREVIOUS_CIRCUIT)
    begun = transit.bench.now
    released = transit.isup.await_on(
        caller.call.cic,
        ("REL",),
        within=20 * SECOND,
        state=caller.call.where,
        fields={"cause": TEMPORARY_FAILURE},
    )
    measure_time(transit.bench, "T8", released.at - begun, 10, 15, ANNEX)
    caller.call.send("RLC")
    party.is_released(within=ANSWER, cause=TEMPORARY_FAILURE)
    transit.idle(caller, party)


@case(
    "ISUP/219",
    "Continuity check of a call that fails",
    clauses=["Q.764 2.1.8"],
    proves=["N-01"],
    needs="isup.continuity",
)
def test_failed_check(centre: Centre) -> None:
    """COT (failed) ends the call without REL, and the loop; CCR connects it again, REL frees the circuit."""
    for check in (1, PREVIOUS_CIRCUIT):
        caller = centre.caller()
        call = caller.dials(centre.pixit.menu_number, continuity_check=check)
        call.expect_nothing(during=SECOND)
        call.send("COT", continuity=0)
        call.expect_nothing(during=20 * SECOND)
        request(centre, call.cic, caller.voice)
        call.send("COT", continuity=1)
        call.send("REL", cause=16)
        call.expect("RLC", within=ANSWER)
        centre.isup.expect_idle(call.cic)
    still_works(centre.isup, call.cic)


@case(
    "ISUP/199",
    "Recheck that succeeds, then REL",
    clauses=["Q.764 2.1.8"],
    proves=["N-01"],
    needs="isup.continuity",
    unverified=True,
)
def test_recheck_succeeds(centre: Centre) -> None:
    """Behind COT (successful) nothing runs any more: REL may come late, and frees the circuit."""
    cic = centre.isup.free_circuit()
    voice = on_circuit(centre, cic)
    request(centre, cic, voice)
    centre.isup.send_message(cic, "COT", continuity=1)
    centre.isup.expect_nothing(cic, during=MINUTE)
    centre.isup.send_message(cic, "REL", cause=16)
    centre.isup.expect(cic, "RLC", within=ANSWER)
    centre.isup.expect_idle(cic)


# checks of the system's own that end otherwise


def no_check(centre: Centre, party: Caller) -> None:
    """No tone is heard on the circuit, and no COT, CCR or RSC comes within the longest T26."""
    party.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    party.call.expect_nothing(during=4 * MINUTE)
    centre.isup.expect_idle(party.call.cic)


@case(
    "ISUP/200",
    "Call released while its circuit is checked",
    clauses=["Q.764 2.1.8"],
    proves=["N-01"],
    needs="isup.continuity_sending",
    setup="continuity",
)
def test_released_while_checked(centre: Centre) -> None:
    """REL is answered by RLC; the tone stops, no COT comes, and no recheck follows."""
    party = checking(centre)
    party.call.send("REL", cause=17)
    party.call.expect("RLC", within=ANSWER)
    no_check(centre, party)


@case(
    "ISUP/201",
    "Reset, and a call, before and during a recheck",
    clauses=["Q.764 2.1.8", "Q.764 2.9.3.1"],
    proves=["N-01"],
    needs=("isup.continuity_sending", "isup.incoming"),
    setup="continuity",
    unverified=True,
)
def test_recheck_ends(centre: Centre) -> None:
    """The circuit is in transition until the recheck passes; RSC, REL or an IAM of the far end ends it."""
    agent = centre.agent(0)
    for name, during in (("RSC", False), ("RSC", True), ("REL", False), ("REL", True), ("IAM", True)):
        party = checking(centre)
        call = party.call
        call.expect("COT", within=ANSWER, continuity=0)
        if during:
            call.expect("CCR", within=20 * SECOND)
            party.hears_tone(CHECK_HZ, within=2 * SECOND)
        for out_of_place in ("ACM", "COT"):
            sent(call, out_of_place)
            call.expect_nothing(during=SECOND // 4)
        asked(centre.isup, call.cic, TRANSIENT)
        agent.telephone.replace()
        if name == "IAM":
            call.send("IAM", called=centre.pixit.menu_number)
            call.answered(within=ANSWER)
            party.voice.hears_no_tone(CHECK_HZ, during=SECOND)
            call.release()
        else:
            sent(call, name)
            call.expect("RLC", within=ANSWER)
        for got in centre.isup.inbox.values():
            got.clear()
        no_check(centre, party)
        if name == "IAM":
            return
        centre.bench.run(5 * SECOND)
        agent.sign_off()


# segments


@case(
    "ISUP/202",
    "Two backward messages that each announce a segment",
    clauses=["Q.764 2.1.12"],
    proves=["N-01"],
    needs="isup.transit",
    setup="transit",
    unverified=True,
)
def test_segment_in_the_place_of_another(transit: TransitCentre) -> None:
    """The second one shows that the segment of the first is lost, and is waited for with its own."""
    caller, party = through(transit)
    party.call.send("ACM", optional=[BACKWARD])
    party.call.send("CPG", event=2, optional=[BACKWARD])
    caller.call.expect("ACM", within=SECOND)
    party.call.send("SGM", optional=[ADDITIONAL])
    carries(transit, caller.call.expect("CPG", within=ANSWER, event=2), ADDITIONAL)
    party.call.send("CPG", event=3, optional=[BACKWARD])
    caller.call.expect("CPG", within=T34 + SECOND // 2, event=3)
    cleared(transit, caller, party)


@case(
    "ISUP/203",
    "Call released in the place of an announced segment",
    clauses=["Q.764 2.1.12", "Q.764 2.3"],
    proves=["N-01"],
    needs="isup.transit",
    setup="transit",
    unverified=True,
)
def test_released_while_segment_is_awaited(transit: TransitCentre) -> None:
    """REL of the called side, and of the caller: the call is over, and nothing comes when T34 is.

    What was announced may go back before REL.
    """
    for forward in (False, True):
        caller, party = through(transit)
        party.call.send("ACM", optional=[BACKWARD])
        transit.bench.run(SECOND // 2)
        near, far = (caller, party) if forward else (party, caller)
        near.call.send("REL", cause=16)
        near.call.expect("RLC", within=ANSWER, through=("ACM",))
        far.call.expect("REL", within=ANSWER, through=("ACM",), cause=16)
        far.call.send("RLC")
        transit.isup.expect_nothing(during=T34 + SECOND)
        transit.idle(caller, party)


# unrecognised information backward, and instructions of several octets


@case(
    "ISUP/204",
    "Instruction to release, in an outgoing call",
    clauses=["Q.764 2.9.5.3.2", "Q.764 2.9.5.3.3"],
    proves=["N-01"],
    needs=("isup.compatibility", "isup.outgoing"),
)
def test_released_by_instruction_backward(centre: Centre) -> None:
    """An unknown message releases with cause 97, an unknown parameter of ACM or ANM with cause 99."""
    agent = centre.agent(0)
    for name in ("", "ACM", "ANM"):
        party, _ = calling_out(centre)
        if name != "ACM":
            party.alerts()
        if name:
            party.call.send(name, optional=unknown_parameter(RELEASE))
        else:
            octets = unknown_message(party.call.cic, compatibility(LAST | RELEASE))
            centre.isup.send_raw(octets, sls=party.call.cic & 0x0F)
        cause = PARAMETER_UNKNOWN if name else NOT_IMPLEMENTED
        party.is_released(within=ANSWER, cause=cause)
        centre.isup.expect_idle(party.call.cic)
        agent.telephone.replace()
        centre.bench.run(5 * SECOND)
        agent.sign_off()


def instructed(*instructions: tuple[int, bytes]) -> list[Any]:
    """Unknown parameters, and what is to be done with each: instruction octets, the last with bit H."""
    unknown: list[Any] = [Parameter(code=code, contents=Octets(b"\x11")) for code, _ in instructions]
    octets = b"".join(bytes((code,)) + told for code, told in instructions)
    return [*unknown, Parameter(code=0x39, contents=Octets(octets))]


@case(
    "ISUP/205",
    "Instructions for several parameters, of several octets",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_instructions_of_several_octets(isup: IsupTester) -> None:
    """An octet without bit H is followed by another; each parameter has its own instruction.

    The first parameter is discarded, the second one decides.
    """
    other = UNKNOWN_CODE - 1
    first = (other, bytes((DISCARD_PARAMETER, LAST)))
    call = isup.seize(
        called=isup.pixit.menu_number, optional=instructed(first, (UNKNOWN_CODE, bytes((RELEASE, LAST))))
    )
    call.expect("REL", within=ANSWER, cause=PARAMETER_UNKNOWN)
    call.send("RLC")
    call = isup.seize(
        called=isup.pixit.menu_number,
        optional=instructed(first, (UNKNOWN_CODE, bytes((LAST | DISCARD_MESSAGE,)))),
    )
    call.expect_nothing(during=3 * SECOND)
    isup.expect_idle(call.cic)
    call = isup.seize(
        called=isup.pixit.menu_number,
        optional=instructed(first, (UNKNOWN_CODE, bytes((LAST | DISCARD_PARAMETER,)))),
    )
    call.answered(within=10 * SECOND)
    call.release()


@case(
    "ISUP/206",
    "Not to be passed on: what the other instructions say",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.no_passing",
    setup="transit",
    unverified=True,
)
def test_other_instructions_towards_tup(transit: TransitCentre) -> None:
    """Transit interpretation is of no use towards TUP: release, discard message and parameter count."""
    tup = transit.number("tup")
    caller = Caller(transit.isup)
    caller.dials(tup, optional=unknown_parameter(RELEASE))
    caller.is_released(within=ANSWER, cause=PARAMETER_UNKNOWN)
    transit.idle(caller)
    call = caller.dials(tup, optional=unknown_parameter(DISCARD_MESSAGE))
    call.expect_nothing(during=3 * SECOND)
    transit.idle(caller)
    caller.dials(tup, optional=unknown_parameter(DISCARD_PARAMETER))
    party = Caller(transit.tup, tup)
    party.is_called(within=ANSWER)
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    transit.idle(caller, party)


# supplementary services at their edges


@case(
    "ISUP/207",
    "Identification that asks for nothing",
    clauses=["Q.731.7", "Q.763 3.31", "Q.763 3.32"],
    proves=["N-01"],
    needs="isup.identification",
    unverified=True,
)
def test_identification_without_request(centre: Centre) -> None:
    """IDR without the request indicator is answered by IRS that includes nothing."""
    party, _ = talking_out(centre)
    for optional in ([], [Parameter(code=0x3B, contents=Octets(b"\x02"))]):
        party.call.send("IDR", optional=optional)
        got = party.call.expect("IRS", within=ANSWER)
        found = {bytes(each)[0]: bytes(each)[2:] for each in got.optional}
        if found != {0x3C: b"\x00"}:
            raise Fail(awaited="IRS, MCID not included", state=party.call.where(), observed=str(found))
    over(centre, party)


@case(
    "ISUP/208",
    "User-to-user indicators that ask for nothing",
    clauses=["Q.737.1", "Q.763 3.60"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_response_is_no_request(isup: IsupTester) -> None:
    """Of type response their values mean other things: the call is not refused, nothing is answered."""
    for value in (1, 2, 3):
        asked_for = UserToUserIndicators(response=1, service_1=value, service_2=value, service_3=value)
        call = isup.seize(called=isup.pixit.menu_number, optional=[asked_for])
        call.answered(within=10 * SECOND)
        found = [got.message.parameter(UserToUserIndicators.code) for got in call.received]
        if any(each is not None for each in found):
            raise Fail(awaited="no user-to-user indicators", state=call.where(), observed=str(found))
        call.release()


@case(
    "ISUP/209",
    "Optional forward call indicators in transit, the announcement of a segment left out",
    clauses=["Q.764 2.1.12", "Q.763 3.38"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_indicators_beside_a_segment(transit: TransitCentre) -> None:
    """What stands beside the announcement goes on without it where one message has room for all.

    Without SGM the call goes on when T34 is over.
    """
    for segment in (True, False):
        caller, party = Caller(transit.isup), Caller(transit.isup, "called")
        told = OptionalForwardCallIndicators(segmentation=1, connected_line_requested=1)
        caller.dials(transit.number("isup"), optional=[told])
        if segment:
            caller.call.send("SGM", optional=[ADDITIONAL])
        party.is_called(within=ANSWER)
        carries(transit, party.call.iam, OptionalForwardCallIndicators(connected_line_requested=1))
        if segment:
            carries(transit, party.call.iam, ADDITIONAL)
        party.call.expect_nothing(during=SECOND)
        cleared(transit, caller, party)


@case(
    "ISUP/210",
    "Alerting and in-band information told more than once, in transit",
    clauses=["Q.764 2.1.6", "Q.763 3.21"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_told_twice_in_transit(transit: TransitCentre) -> None:
    """An exchange between passes each CPG on, also one that says again what was said before."""
    caller, party = through(transit)
    party.alerts()
    caller.call.expect("ACM", within=ANSWER, called_status=1)
    for event in (1, 1, 3, 3, 2):
        party.call.send("CPG", event=event)
        caller.call.expect("CPG", within=ANSWER, event=event)
    party.answers()
    caller.call.expect("ANM", within=ANSWER)
    cleared(transit, caller, party)


@case(
    "ISUP/211",
    "Suspended twice and by both, in transit and at the end",
    clauses=["Q.764 2.4"],
    proves=["N-01"],
    needs=("isup.pass_on", "isup.suspend_forward"),
    setup="transit",
)
def test_suspended_twice(transit: TransitCentre) -> None:
    """Every SUS and RES goes on; the call stays up as long as one of the timers is not over."""
    caller, party = talking(transit)
    for near, far in ((caller.call, party.call), (party.call, caller.call)):
        for name, by in (("SUS", 1), ("SUS", 0), ("RES", 0), ("RES", 1)):
            if name == "RES" and by == 1 and near is party.call:
                continue
            near.send(name, initiated_by=by)
            far.expect(name, within=ANSWER, initiated_by=by)
    transit.bench.run(SECOND)
    cleared(transit, caller, party)


# metering, and points that we have no circuits to


def metering_pulse(cic: int, pulses: int) -> bytes:
    """Return MPM of China national ISUP (YDN 038: unverified): two octets of pulses, no optional part."""
    return bytes((cic & 0xFF, cic >> 8, 0xFD)) + pulses.to_bytes(2, "little") + b"\x00"


@case(
    "ISUP/216",
    "Metering pulses on record",
    clauses=["YDN 038 (clause unverified)"],
    proves=["N-01", "C-04"],
    needs=("isup.outgoing", "metering"),
    unverified=True,
)
def test_metering_pulses_on_record(centre: Centre) -> None:
    """The pulses of all MPM of an outgoing call are counted on its record."""
    before = len(centre.supervisor.records())
    party, _ = talking_out(centre)
    for pulses in (1, 300):
        centre.isup.send_raw(metering_pulse(party.call.cic, pulses), sls=party.call.cic & 0x0F)
        centre.bench.run(SECOND)
    over(centre, party)
    records = centre.bench.until(
        lambda: centre.supervisor.records()[before:], within=2 * SECOND, awaited="a call record"
    )
    found = records[0].get("pulses")
    if found != 301:
        raise Fail(awaited="301 pulses on record", observed=str(found))


@case(
    "ISUP/217",
    "Metering pulses in transit",
    clauses=["YDN 038 (clause unverified)"],
    proves=["N-01"],
    needs=("isup.pass_on", "metering"),
    setup="transit",
    unverified=True,
)
def test_metering_pulses_in_transit(transit: TransitCentre) -> None:
    """MPM of the called side goes back with its pulses."""
    caller, party = talking(transit)
    for pulses in (1, 300):
        octets = metering_pulse(party.call.cic, pulses)
        transit.isup.send_raw(octets, sls=party.call.cic & 0x0F)
        got = transit.isup.await_on(
            caller.call.cic, ("message of unknown type",), within=ANSWER, state=caller.call.where
        )
        if got.octets[2:] != octets[2:]:
            raise Fail(awaited=octets[2:].hex(), state=caller.call.where(), observed=got.octets[2:].hex())
    cleared(transit, caller, party)


@case(
    "ISUP/218",
    "Messages of a point without circuits",
    clauses=["Q.764 2.9.5.1"],
    proves=["N-01"],
    needs="isup",
    unverified=True,
)
def test_messages_of_another_point(isup: IsupTester) -> None:
    """Nothing is answered to a point that there are no circuits to, and no circuit changes."""
    cic = isup.free_circuit()
    for name in ("IAM", "RSC", "BLO", "UPT"):
        octets = bytes(message(name, cic, **FIELDS.get(name, {})))
        isup.send_raw(octets, sls=cic & 0x0F, opc=isup.pixit.tester_point_code + 1)
        isup.expect_nothing(during=SECOND)
    isup.expect_idle(cic)
    still_works(isup, cic)


# the user part of the other end, circuits that are not there


def told_unavailable(isup: IsupTester, cause: int) -> None:
    """Tell the system that the tester's ISUP is unavailable (Q.704 15.17.5)."""
    isup.answers.discard("UPT")
    isup.mtp3.send_management("UPU", own_point(isup) + bytes((cause << 4 | ISUP,)))


@case(
    "ISUP/220",
    "User part unavailable, each cause",
    clauses=["Q.764 2.13", "Q.704 15.17.5", ANNEX],
    proves=["N-01"],
    needs=("isup.user_part_test", "isup.outgoing"),
    unverified=True,
)
def test_user_part_unavailable(centre: Centre) -> None:
    """Unknown, or inaccessible: UPT, and no call goes out until an answer; told again, UPT is not sent again.

    Unequipped: no UPT; any message of the far end shows that its user part is there.
    """
    isup, agent = centre.isup, centre.agent(0)
    for cause in (0, INACCESSIBLE, UNEQUIPPED):
        told_unavailable(isup, cause)
        if cause != UNEQUIPPED:
            call = isup.wait_for("UPT", within=ANSWER)
            told_unavailable(isup, cause)
        agent.sign_on()
        agent.telephone.lift()
        centre.bench.run(SECOND // 4)
        agent.dial(centre.pixit.outgoing_prefix + NUMBER)
        isup.expect_nothing(during=20 * SECOND)
        agent.telephone.replace()
        centre.bench.run(5 * SECOND)
        agent.sign_off()
        if cause == UNEQUIPPED:
            isup.expect_nothing(during=16 * MINUTE)
            still_works(isup, isup.free_circuit())
        else:
            call.send("UPA")
            isup.expect_nothing(during=SECOND if cause else 16 * MINUTE)
        outgoing(centre).release()
        agent.telephone.replace()
        centre.bench.run(5 * SECOND)
        agent.sign_off()


@case(
    "ISUP/221",
    "Acknowledgements on a circuit that does not exist",
    clauses=["Q.764 2.12"],
    proves=["N-01"],
    needs="isup",
    unverified=True,
)
def test_acknowledgements_on_no_circuit(isup: IsupTester) -> None:
    """What can only be an answer is not answered: two exchanges might answer each other for ever."""
    cic = max(isup.circuits) + 500
    group: dict[str, Any] = {"range": 3, "status": b"\x0f"}
    for name in ("UCIC", "CFN", "UPA", "RLC", "BLA", "UBA"):
        isup.send_message(cic, name, deliberate=True, **FIELDS.get(name, {}))
        isup.expect_nothing(during=SECOND)
    for name in ("GRA", "CGBA", "CGUA"):
        isup.send_message(cic, name, deliberate=True, **group)
        isup.expect_nothing(during=SECOND)
    isup.send_message(cic, "UPT")
    isup.expect(cic, "UPA", within=ANSWER)


@case(
    "ISUP/222",
    "Group messages that say too little, or of another type",
    clauses=["Q.763 3.13", "Q.763 3.43"],
    proves=["N-01", "M-03"],
    needs=("isup.maintenance", "isup.group_supervision"),
)
def test_unsound_group_messages(isup: IsupTester) -> None:
    """CGB of a reserved type or with too few status octets is discarded, and so is GRA with too few."""
    cic, count = two(isup)
    for kind in (2, 3):
        isup.send_message(cic, "CGB", supervision=kind, range=count - 1, status=b"\x3f", deliberate=True)
        isup.expect_nothing(during=SECOND)
    for span, status in ((count - 1, b""), (8, b"\x3f"), (15, b"\x3f")):
        for name in ("CGB", "CGU"):
            isup.send_message(cic, name, supervision=0, range=span, status=status, deliberate=True)
            isup.expect_nothing(during=SECOND)
            expect_state(isup, cic, blocked=False)
    for span, status in ((7, b"\x00"), (8, b"\x00\x00")):
        isup.send_message(cic, "GRS", range=span, status=b"")
        isup.expect(cic, "GRA", within=ANSWER, range=span, status=status)
    isup.bench.system.maintenance().reset_group(cic, count)
    isup.expect(cic, "GRS", within=ANSWER, range=count - 1, status=b"")
    isup.send_message(cic, "GRA", range=count - 1, status=b"", deliberate=True)
    isup.expect(cic, "GRS", within=REPEATED, range=count - 1, status=b"")
    isup.send_message(cic, "GRA", range=count - 1, status=b"\x00")
    isup.expect_nothing(during=REPEATED)


def confused(call: Call, cause: int, diagnostics: bytes) -> None:
    """CFN comes with `cause` and `diagnostics`, and nothing else."""
    got = call.expect("CFN", within=ANSWER, cause=cause)
    found = bytes(got.cause_indicators.diagnostics)
    if found != diagnostics:
        raise Fail(awaited=f"diagnostics {diagnostics.hex()}", state=call.where(), observed=found.hex())
    call.expect_nothing(during=SECOND)


@case(
    "ISUP/223",
    "Notification of unknown parameters, in each message of a call",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41", "Q.850 table 1"],
    proves=["N-01"],
    needs=("isup.compatibility", "isup.incoming", "isup.outgoing"),
)
def test_notified_of_each_message(centre: Centre) -> None:
    """CFN with cause 99 and the parameter's code; the message counts. Discarded as a whole: cause 110."""
    unknown = unknown_parameter(NOTIFY | DISCARD_PARAMETER)
    code = bytes((UNKNOWN_CODE,))
    party, _ = calling_out(centre)
    rows: tuple[tuple[str, dict[str, Any]], ...] = (
        ("ACM", {"called_status": 1}),
        ("CPG", {"event": 2}),
        ("ANM", {}),
        ("SUS", {"initiated_by": 1}),
        ("RES", {"initiated_by": 1}),
    )
    for name, fields in rows:
        party.call.send(name, optional=unknown, **fields)
        confused(party.call, PARAMETER_UNKNOWN, code)
    party.call.expect_nothing(during=4 * MINUTE)
    party.call.send("SUS", initiated_by=1, optional=unknown_parameter(NOTIFY | DISCARD_MESSAGE))
    party.call.expect("CFN", within=ANSWER, cause=DISCARDED)
    party.call.expect_nothing(during=4 * MINUTE)
    over(centre, party)
    call = centre.isup.seize(called=centre.pixit.menu_number, optional=unknown)
    call.expect("CFN", within=ANSWER, cause=PARAMETER_UNKNOWN)
    call.answered(within=10 * SECOND)
    octets = unknown_message(call.cic, compatibility(LAST | NOTIFY | DISCARD_MESSAGE))
    centre.isup.send_raw(octets, sls=call.cic & 0x0F)
    confused(call, NOT_IMPLEMENTED, code)
    call.release()


@case(
    "ISUP/224",
    "Connect with an unknown parameter, and digits with one",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs=("isup.compatibility", "isup.outgoing", "isup.overlap"),
)
def test_notified_of_con_and_sam(centre: Centre) -> None:
    """CFN with cause 99, and the message counts: the outgoing call is up, the number complete."""
    unknown = unknown_parameter(NOTIFY | DISCARD_PARAMETER)
    party, agent = calling_out(centre)
    party.call.send("CON", called_status=1, optional=unknown)
    confused(party.call, PARAMETER_UNKNOWN, bytes((UNKNOWN_CODE,)))
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)
    number = centre.pixit.menu_number
    call = centre.isup.seize(called=number[:-2])
    call.send("SAM", called=number[-2:], optional=unknown)
    call.expect("CFN", within=ANSWER, cause=PARAMETER_UNKNOWN)
    call.answered(within=10 * SECOND)
    call.release()


@case(
    "ISUP/225",
    "Instruction to release where there is no call",
    clauses=["Q.764 2.9.5.3.3", "Q.764 2.9.3.1"],
    proves=["N-01", "M-03"],
    needs=("isup.compatibility", "isup.maintenance"),
)
def test_nothing_to_release(isup: IsupTester) -> None:
    """On an idle circuit, and during a reset, a parameter that asks to release the call brings no REL."""
    call = isup.call_on(isup.free_circuit())
    release = unknown_parameter(RELEASE)
    for name, fields in (("SUS", {"initiated_by": 1}), ("ACM", {}), ("SAM", {"called": "1"})):
        call.send(name, deliberate=True, optional=release, **fields)
        isup.bench.run(2 * SECOND)
        call.catch_up()
        if "REL" in {got.title for got in call.received}:
            raise Fail(awaited="no REL on an idle circuit", state=call.where(), observed="REL")
        isup.expect_idle(call.cic)
    isup.bench.system.maintenance().reset(call.cic)
    call.expect("RSC", within=ANSWER)
    call.send("IAM", called=isup.pixit.menu_number, deliberate=True, optional=release)
    call.expect_nothing(during=5 * SECOND)
    call.send("RLC")
    isup.expect_idle(call.cic)


@case(
    "ISUP/226",
    "Keys that are no digits",
    clauses=["Q.763 3.9 g"],
    proves=["N-01", "S-01"],
    needs=("isup.outgoing", "agents.outgoing"),
    unverified=True,
)
def test_keys_that_are_no_digits(centre: Centre) -> None:
    """A number with an asterisk goes nowhere: no IAM, the agent hears a tone, every circuit stays idle."""
    agent = centre.agent(0)
    agent.sign_on()
    agent.telephone.lift()
    centre.bench.run(SECOND // 4)
    agent.dial(f"{centre.pixit.outgoing_prefix}021*5")
    agent.telephone.hears_tone(450, within=2 * SECOND)
    centre.isup.expect_nothing(during=2 * SECOND)
    for cic in centre.isup.circuits:
        centre.isup.expect_idle(cic)
    agent.telephone.replace()
    centre.bench.run(5 * SECOND)
    agent.sign_off()
    outgoing(centre).release()


@case(
    "ISUP/227",
    "Keys that are no digits behind digits",
    clauses=["Q.764 2.1.2", "Q.763 3.9 g"],
    proves=["N-01", "S-01"],
    needs="isup.overlap",
    setup="exchange",
    unverified=True,
)
def test_keys_that_are_no_digits_in_overlap(centre: Centre) -> None:
    """An asterisk behind the IAM is in no SAM; the digits behind it are."""
    agent = centre.agent(0)
    agent.sign_on()
    agent.telephone.lift()
    centre.bench.run(SECOND // 4)
    agent.dial(centre.pixit.outgoing_prefix + NUMBER[:4])
    call = centre.isup.wait_for("IAM", within=ANSWER)
    agent.dial("*")
    call.expect_nothing(during=2 * SECOND)
    agent.dial("56#")
    digits = call.iam.called_party_number.digits
    while not digits.endswith("F"):
        digits += call.expect("SAM", within=ANSWER).subsequent_number.digits
    centre.bench.until(lambda: digits == f"{NUMBER[:4]}56F", within=0, awaited="digits only", state=digits)
    call.release()

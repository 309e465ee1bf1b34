"""ISUP: passing on where that is not possible, forward transfer, bearers (Q.784.1 groups 1.7, 6.4, 7).

A call in transit from ISUP to TUP leaves what only ISUP knows behind: there the sender's instruction for
'pass on not possible' counts.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_calls import calling_out, over
from testline.cases.isup_compatibility import (
    DISCARD_PARAMETER,
    ELSE_DISCARD_MESSAGE,
    ELSE_DISCARD_PARAMETER,
    END_NODE,
    LAST,
    unknown_parameter,
)
from testline.cases.isup_supervision import ANSWER, answered_call
from testline.cases.isup_transit import AUDIO, cleared, holds, talking, through
from testline.cases.isup_unexpected import NOT_IMPLEMENTED, compatibility, unknown_message
from testline.layers.isup_parameters import Octets, Parameter
from testline.testers.caller import Caller
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import TransitCentre
from testline.verdicts import Inconclusive
from testrig.clock import SECOND

UNRESTRICTED: Final = 0x02
"""Transmission medium requirement: 64 kbit/s unrestricted (Q.763 3.54)."""
ELSE_DISCARD: Final = DISCARD_PARAMETER
"""Bit E of a message's instruction: discard it where passing on is not possible (Q.763 3.33)."""
ALL_CIRCUITS: Final = 10
"""Transmission medium requirement: 1,920 kbit/s unrestricted (Q.763 3.54)."""
TWO_CIRCUITS: Final = 7
"""Transmission medium requirement: 2 x 64 kbit/s unrestricted (Q.763 3.54)."""


def sent_unknown(transit: TransitCentre, instruction: int) -> tuple[Caller, Caller]:
    """An unknown message in an answered call from ISUP to TUP."""
    caller, party = transit.talking("isup")
    octets = unknown_message(caller.call.cic, compatibility(LAST | END_NODE | instruction))
    transit.isup.send_raw(octets, sls=caller.call.cic & 0x0F)
    return caller, party


@case(
    "Q.784.1/1.7.1.4",
    "Unknown message, pass on not possible, release call",
    clauses=["Q.764 2.9.5.3.2", "Q.763 3.33"],
    proves=["N-01"],
    needs="isup.no_passing",
    setup="transit",
)
def test_message_not_passed_releases(transit: TransitCentre) -> None:
    """Towards TUP an unknown message cannot be passed on; told so, the system releases with cause 97."""
    caller, _ = sent_unknown(transit, 0)
    caller.is_released(within=ANSWER, cause=NOT_IMPLEMENTED)
    transit.idle(caller)


@case(
    "Q.784.1/1.7.1.5",
    "Unknown message, pass on not possible, discard information",
    clauses=["Q.764 2.9.5.3.2", "Q.763 3.33"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
)
def test_message_not_passed_is_discarded(transit: TransitCentre) -> None:
    """Towards TUP an unknown message cannot be passed on; told so, the system discards it."""
    caller, party = sent_unknown(transit, ELSE_DISCARD)
    caller.call.expect_nothing(during=2 * SECOND)
    expect_speech_both_ways(caller.voice, party.voice)
    caller.hangs_up()
    transit.idle(caller)


@case(
    "Q.784.1/1.7.2.5",
    "Unknown parameter, pass on not possible, release call",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.no_passing",
    setup="transit",
)
def test_parameter_not_passed_releases(transit: TransitCentre) -> None:
    """Towards TUP an unknown parameter cannot be passed on; told so, the system releases with cause 99."""
    caller = Caller(transit.isup)
    caller.dials(transit.number("tup"), optional=unknown_parameter(END_NODE))
    caller.is_released(within=ANSWER, cause=99)
    transit.idle(caller)


@case(
    "Q.784.1/1.7.2.6",
    "Unknown parameter, pass on not possible, discard message",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.no_passing",
    setup="transit",
)
def test_parameter_not_passed_discards_message(transit: TransitCentre) -> None:
    """Towards TUP an unknown parameter cannot be passed on; told so, the system discards the IAM."""
    caller = Caller(transit.isup)
    call = caller.dials(transit.number("tup"), optional=unknown_parameter(END_NODE | ELSE_DISCARD_MESSAGE))
    call.expect_nothing(during=2 * SECOND)
    transit.isup.expect_idle(call.cic)


@case(
    "Q.784.1/1.7.2.7",
    "Unknown parameter, pass on not possible, discard parameter",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
)
def test_parameter_not_passed_is_discarded(transit: TransitCentre) -> None:
    """Towards TUP an unknown parameter cannot be passed on; told so, the system goes on without it."""
    optional = unknown_parameter(END_NODE | ELSE_DISCARD_PARAMETER)
    caller, party = transit.talking("isup", optional=optional)
    caller.call.expect_nothing(during=SECOND)
    expect_speech_both_ways(caller.voice, party.voice)
    caller.hangs_up()
    transit.idle(caller)


@case(
    "ISUP/29",
    "Nothing to pass on to: the call ends here",
    clauses=["Q.764 2.9.5.3.2", "Q.764 2.9.5.3.3"],
    proves=["N-01"],
    needs="isup.no_passing",
    setup="transit",
)
def test_end_of_call_in_transit_exchange(transit: TransitCentre) -> None:
    """Where a call ends nothing is passed on, though other calls are: release, cause 99 and 97."""
    caller = Caller(transit.isup)
    caller.dials(transit.pixit.menu_number, optional=unknown_parameter(END_NODE))
    caller.is_released(within=ANSWER, cause=99)
    transit.idle(caller)
    caller.dials(transit.pixit.menu_number)
    caller.is_answered()
    octets = unknown_message(caller.call.cic, compatibility(LAST | END_NODE))
    transit.isup.send_raw(octets, sls=caller.call.cic & 0x0F)
    caller.is_released(within=ANSWER, cause=NOT_IMPLEMENTED)
    transit.idle(caller)


@case(
    "ISUP/30",
    "Nothing to pass on to: discard",
    clauses=["Q.764 2.9.5.3.2", "Q.764 2.9.5.3.3"],
    proves=["N-01"],
    needs="isup.no_passing",
    setup="transit",
)
def test_discarded_at_end_of_call(transit: TransitCentre) -> None:
    """The same with bits E and F: the IAM is discarded, the message too; with bit G the call is answered."""
    caller = Caller(transit.isup)
    call = caller.dials(
        transit.pixit.menu_number, optional=unknown_parameter(END_NODE | ELSE_DISCARD_MESSAGE)
    )
    call.expect_nothing(during=2 * SECOND)
    transit.isup.expect_idle(call.cic)
    caller.dials(transit.pixit.menu_number, optional=unknown_parameter(END_NODE | ELSE_DISCARD_PARAMETER))
    caller.is_answered()
    octets = unknown_message(caller.call.cic, compatibility(LAST | END_NODE | ELSE_DISCARD))
    transit.isup.send_raw(octets, sls=caller.call.cic & 0x0F)
    caller.call.expect_nothing(during=SECOND)
    caller.hangs_up()
    transit.idle(caller)


# 6.4 and 7: forward transfer, bearers


@case(
    "Q.784.1/6.4.1",
    "Forward transfer in a call to a subscriber",
    clauses=["Q.764 2.1.11"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_forward_transfer_in_transit(transit: TransitCentre) -> None:
    """FOT on the incoming circuit of an answered call goes out on the outgoing one; the call stays up."""
    caller, party = talking(transit)
    caller.call.send("FOT")
    party.call.expect("FOT", within=ANSWER)
    caller.call.expect_nothing(during=SECOND)
    expect_speech_both_ways(caller.voice, party.voice)
    cleared(transit, caller, party)


def bearer(transit: TransitCentre, medium: int, service: bytes) -> None:
    """Medium and user service information go on as they came."""
    information = Parameter(code=29, contents=Octets(service))
    caller, party = through(transit, medium=medium, optional=[information])
    iam = party.call.iam
    found = iam.parameter(29)
    holds(
        transit,
        f"medium {medium}, user service information {service.hex()}",
        that=iam.medium == medium and found is not None and bytes(found) == service,
        state=f"medium {iam.medium}, user service information {found and bytes(found).hex()}",
    )
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.answers()
    caller.call.expect("ANM", within=ANSWER)
    cleared(transit, caller, party)


@case(
    "Q.784.1/7.1.1",
    "64 kbit/s unrestricted, successful call",
    clauses=["Q.764 2.1.1", "Q.763 3.54", "Q.763 3.57"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_unrestricted_call(transit: TransitCentre) -> None:
    """A 64 kbit/s unrestricted call passes with medium and user service information."""
    bearer(transit, UNRESTRICTED, b"\x88\x90")


@case(
    "Q.784.1/7.1.2",
    "64 kbit/s unrestricted, unsuccessful call",
    clauses=["Q.764 2.2.1"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_unrestricted_call_refused(transit: TransitCentre) -> None:
    """REL with cause 65 in answer to a 64 kbit/s call: both sides are released at once."""
    caller, party = through(transit, medium=UNRESTRICTED)
    party.call.release(cause=65)
    caller.is_released(within=ANSWER, cause=65)
    transit.idle(caller, party)


@case(
    "Q.784.1/7.2.1",
    "3.1 kHz audio, successful call",
    clauses=["Q.764 2.1.1", "Q.763 3.54", "Q.763 3.57"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_audio_call(transit: TransitCentre) -> None:
    """A 3.1 kHz audio call passes with medium and user service information."""
    bearer(transit, AUDIO, b"\x90\x90\xa3")


@case(
    "Q.784.1/7.1.3",
    "64 kbit/s unrestricted, dual seizure",
    clauses=["Q.764 2.9.1.4", "Q.764 2.8.1"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_unrestricted_call_meets_another(transit: TransitCentre) -> None:
    """A 64 kbit/s call that loses its circuit in a dual seizure goes out on another, with its medium."""
    keep = transit.isup.controlled(by_tester=True)
    near = next(cic for cic in transit.isup.circuits if cic not in keep)
    for cic in set(transit.isup.circuits) - set(keep) - {near}:
        transit.isup.send_message(cic, "BLO")
        transit.isup.expect(cic, "BLA", within=ANSWER)
    caller, lost = Caller(transit.isup), Caller(transit.isup)
    caller.dials(transit.number("isup"), cic=near, medium=UNRESTRICTED)
    first = lost.is_called(within=ANSWER)
    first.send("IAM", called=transit.pixit.menu_number, calling="13800138000")
    first.answered(within=10 * SECOND)
    party = Caller(transit.isup)
    iam = party.is_called(within=ANSWER).iam
    holds(
        transit,
        "another circuit, 64 kbit/s unrestricted",
        that=party.call.cic != first.cic and iam.medium == UNRESTRICTED,
        state=f"circuit {party.call.cic}, medium {iam.medium}",
    )
    first.release()
    cleared(transit, caller, party)


# 7.3: multirate


@case(
    "Q.784.1/7.3.1",
    "Multirate outgoing call",
    clauses=["Q.764 2.1.1", "Q.763 3.54"],
    proves=["N-01"],
    needs="isup.multirate",
)
def test_multirate_outgoing(centre: Centre) -> None:
    """A call with several circuits goes out with its medium in the IAM."""
    party, _ = calling_out(centre)
    if party.call.iam.medium < TWO_CIRCUITS:
        raise Inconclusive("the agent's call has no multirate medium")
    over(centre, party)


@case(
    "Q.784.1/7.3.2",
    "Multirate incoming call",
    clauses=["Q.764 2.1.1", "Q.763 3.54"],
    proves=["N-01"],
    needs="isup.multirate",
)
def test_multirate_incoming(isup: IsupTester) -> None:
    """A 2 x 64 kbit/s call on two circuits is answered; both are busy with it, and idle afterwards."""
    cic = min(isup.circuits)
    call = isup.seize(called=isup.pixit.menu_number, cic=cic, medium=TWO_CIRCUITS)
    call.answered(within=10 * SECOND)
    maintenance = isup.bench.system.maintenance()
    isup.bench.until(
        lambda: all("incoming busy" in maintenance.circuit_state(each) for each in (cic, cic + 1)),
        within=SECOND,
        awaited=f"circuits {cic} and {cic + 1} busy",
    )
    call.release()
    isup.expect_idle(cic)
    isup.expect_idle(cic + 1)


@case(
    "Q.784.1/7.3.3",
    "Multirate incoming call, a circuit busy",
    clauses=["Q.764 2.1.1", "Q.764 2.9.1"],
    proves=["N-01"],
    needs="isup.multirate",
)
def test_multirate_refused_for_a_busy_circuit(isup: IsupTester) -> None:
    """A 1,920 kbit/s call is refused when one of its circuits is busy; that one's call stays up."""
    busy = answered_call(isup, max(isup.circuits))
    call = isup.seize(called=isup.pixit.menu_number, cic=min(isup.circuits), medium=ALL_CIRCUITS)
    call.expect("REL", within=ANSWER)
    call.send("RLC")
    busy.expect_nothing(during=SECOND)
    busy.release()


def dual_seizure_of_types(centre: Centre, *, controlling: bool) -> None:
    """A telephone call of the system meets a call with more circuits of the tester."""
    keep = set(centre.isup.controlled(by_tester=not controlling))
    party, _ = calling_out(centre)
    if party.call.cic not in keep:
        raise Inconclusive("the system took a circuit that the other end controls")
    party.call.send("IAM", called=centre.pixit.menu_number, medium=TWO_CIRCUITS)
    party.call.expect("ACM", "CON", within=ANSWER)


@case(
    "Q.784.1/7.3.4",
    "Dual seizure of different connection types, the system controlling",
    clauses=["Q.764 2.9.1"],
    proves=["N-01"],
    needs="isup.multirate",
)
def test_multirate_dual_seizure_controlling(centre: Centre) -> None:
    """The call with more circuits is completed although the system controls the circuit."""
    dual_seizure_of_types(centre, controlling=True)


@case(
    "Q.784.1/7.3.5",
    "Dual seizure of different connection types, the system not controlling",
    clauses=["Q.764 2.9.1"],
    proves=["N-01"],
    needs="isup.multirate",
)
def test_multirate_dual_seizure_not_controlling(centre: Centre) -> None:
    """The call with more circuits is completed, that with fewer is tried again."""
    dual_seizure_of_types(centre, controlling=False)
    again = centre.caller()
    again.is_called(within=ANSWER)
    over(centre, again)

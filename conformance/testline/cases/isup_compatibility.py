"""ISUP: what is not known, and what its sender says to do with it (Q.784.1 groups 1.6 and 1.7).

An instruction octet of message or parameter compatibility information is written here by its bits (Q.763
3.33 and 3.41). The tester is SP B, the system SP A and the end of the call; in transit see `isup_transit`.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_calls import calling_out, over, talking_out
from testline.cases.isup_supervision import ANSWER, answered_call
from testline.cases.isup_unexpected import NOT_IMPLEMENTED, UNKNOWN_CODE, compatibility, unknown_message
from testline.layers.isup import cause_value
from testline.layers.isup_parameters import CauseIndicators, Octets, Parameter
from testline.testers.centre import Centre
from testline.testers.isup import Call, IsupTester
from testline.testers.speech import expect_speech_both_ways
from testline.verdicts import Fail
from testrig.clock import SECOND

LAST: Final = 0x80
"""Extension bit of an instruction octet that none follows."""
END_NODE: Final = 0x01
"""End node interpretation also in a transit exchange."""
RELEASE: Final = 0x02
NOTIFY: Final = 0x04
DISCARD_MESSAGE: Final = 0x08
DISCARD_PARAMETER: Final = 0x10
"""Of a parameter. The same bit of a message: discard it where passing on is not possible."""
ELSE_DISCARD_MESSAGE: Final = 0x20
ELSE_DISCARD_PARAMETER: Final = 0x40
"""Of a parameter: what to do where passing on is not possible; neither: release the call."""
PARAMETER_UNKNOWN: Final = 99
DISCARDED: Final = 110
"""Causes: parameter not implemented; message with unrecognised parameter, discarded (Q.850 table 1)."""


def unknown_parameter(instruction: int | None = None) -> list[Any]:
    """Return a parameter nobody knows and, with `instruction`, parameter compatibility information."""
    found: list[Any] = [Parameter(code=UNKNOWN_CODE, contents=Octets(b"\x11\x22\x33"))]
    if instruction is not None:
        information = bytes((UNKNOWN_CODE, LAST | instruction))
        found.append(Parameter(code=0x39, contents=Octets(information)))
    return found


def only_confusion(call: Call, *causes: int, during: int = 2 * SECOND) -> None:
    """Nothing came on the call's circuit but CFN with one of `causes`."""
    call.isup.bench.run(during)
    for got in call.isup.inbox.pop(call.cic, ()):
        if got.title != "CFN" or cause_value(got.message) not in causes:
            raise Fail(awaited=f"nothing, or CFN with cause {causes}", state=call.where(), observed=got.text)


def told(call: Call, cause: int) -> None:
    """CFN with `cause` comes."""
    call.expect("CFN", within=ANSWER, cause=cause)


# 1.6: without compatibility information, in both directions


@case(
    "Q.784.1/1.6.1.2",
    "Receipt of an unknown message in backward direction",
    clauses=["Q.764 2.9.5.2"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_unknown_message_backward(centre: Centre) -> None:
    """An unknown message behind the IAM of an outgoing call does no harm; the call is completed."""
    party, agent = calling_out(centre)
    centre.isup.send_raw(unknown_message(party.call.cic), sls=party.call.cic & 0x0F)
    only_confusion(party.call, NOT_IMPLEMENTED)
    party.alerts()
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.784.1/1.6.2.2",
    "Receipt of unknown parameters in backward direction",
    clauses=["Q.764 2.9.5.2"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_unknown_parameter_backward(centre: Centre) -> None:
    """ACM and ANM with an unknown parameter complete an outgoing call; confusion may be sent."""
    party, agent = calling_out(centre)
    party.call.send("ACM", called_status=1, optional=unknown_parameter())
    only_confusion(party.call, PARAMETER_UNKNOWN)
    party.call.send("ANM", optional=unknown_parameter())
    only_confusion(party.call, PARAMETER_UNKNOWN)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


def spare_values_forward(isup: IsupTester) -> None:
    """A call of a category, and to a number of a numbering plan bit pattern, that are spare."""
    variants: tuple[dict[str, Any], ...] = (
        {"category": 0xDF},
        {"sccp_method": 0b11},
        {"fci_spare": 1, "nci_spare": 0b111},
    )
    for fields in variants:
        call = isup.seize(called=isup.pixit.menu_number, **fields)
        call.answered(within=10 * SECOND)
        call.release()
        isup.expect_idle(call.cic)


def spare_values_backward(centre: Centre, cause: int = 16) -> None:
    """An outgoing call with spare backward call indicators and event, released by `cause`."""
    party, agent = calling_out(centre)
    party.call.send("ACM", called_status=0b11, called_category=0b11, charge=0b11)
    party.call.send("CPG", event=0b1111000)
    party.call.expect_nothing(during=SECOND)
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    party.call.release(cause=cause, within=SECOND)
    centre.isup.expect_idle(party.call.cic)


@case(
    "Q.784.1/1.6.3.1",
    "Receipt of unknown parameter values in forward direction",
    clauses=["Q.764 2.9.5.2", "Q.763 3.11", "Q.763 3.23", "Q.763 3.35"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_unknown_values_forward(isup: IsupTester) -> None:
    """Spare values of category and indicators in the IAM are taken as default: the call is answered."""
    spare_values_forward(isup)


@case(
    "Q.784.1/1.6.3.2",
    "Receipt of unknown parameter values in backward direction",
    clauses=["Q.764 2.9.5.2", "Q.763 3.5", "Q.763 3.21"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_unknown_values_backward(centre: Centre) -> None:
    """Spare values of the backward call indicators and of the event do not disturb an outgoing call."""
    spare_values_backward(centre)


# 1.7.1: unknown messages with message compatibility information


@case(
    "Q.784.1/1.7.1.7",
    "Unknown message, message compatibility information not received",
    clauses=["Q.764 2.9.5.3.2"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_message_without_instruction(centre: Centre) -> None:
    """Without instruction an unknown message is discarded in an answered outgoing call; CFN tells of it."""
    party, agent = talking_out(centre)
    centre.isup.send_raw(unknown_message(party.call.cic), sls=party.call.cic & 0x0F)
    told(party.call, NOT_IMPLEMENTED)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "ISUP/16",
    "Unknown message, discarded with notification",
    clauses=["Q.764 2.9.5.3.2", "Q.763 3.33"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_message_discarded_with_notification(isup: IsupTester) -> None:
    """Instruction 'discard message, send notification': CFN with cause 97, the call goes on."""
    call = answered_call(isup)
    octets = unknown_message(call.cic, compatibility(LAST | DISCARD_MESSAGE | NOTIFY))
    isup.send_raw(octets, sls=call.cic & 0x0F)
    told(call, NOT_IMPLEMENTED)
    call.release()


@case(
    "ISUP/17",
    "Unknown message with instruction on an idle circuit",
    clauses=["Q.764 2.9.5.3.2"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_message_on_idle_circuit(isup: IsupTester) -> None:
    """On an idle circuit there is no call to release: no call comes of it, and the circuit stays in use."""
    cic = isup.free_circuit()
    isup.send_raw(unknown_message(cic, compatibility(LAST | DISCARD_MESSAGE)), sls=cic & 0x0F)
    isup.expect_nothing(cic, during=2 * SECOND)
    call = answered_call(isup, cic)
    call.release()
    isup.expect_idle(cic)


# 1.7.2: unknown parameters with parameter compatibility information


def seized_with(isup: IsupTester, instruction: int | None) -> Call:
    """Seize with an unknown parameter in the IAM."""
    return isup.seize(called=isup.pixit.menu_number, optional=unknown_parameter(instruction))


def completed_with(isup: IsupTester, instruction: int | None, *, confusion: bool) -> None:
    """The parameter is discarded and the call goes on; CFN with cause 99 comes when told so."""
    call = seized_with(isup, instruction)
    came: list[str] = []
    while came.count("ANM") + came.count("CON") == 0:
        came.append(call.expect("ACM", "ANM", "CON", "CPG", "CFN", within=10 * SECOND).title)
    isup.bench.run(SECOND)
    call.catch_up()
    notices = [got for got in call.received if got.title == "CFN"]
    isup.bench.until(
        lambda: (
            bool(notices) is confusion
            and all(cause_value(got.message) == PARAMETER_UNKNOWN for got in notices)
        ),
        within=0,
        awaited=f"CFN with cause {PARAMETER_UNKNOWN}" if confusion else "no CFN",
        state=call.where,
    )
    call.release()
    isup.expect_idle(call.cic)


def refused_with(isup: IsupTester, instruction: int) -> None:
    """The call is released with cause 99."""
    call = seized_with(isup, instruction)
    call.expect("REL", within=ANSWER, cause=PARAMETER_UNKNOWN)
    call.send("RLC")
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/1.7.2.1",
    "Unknown parameter with instruction to release the call",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_parameter_releases(isup: IsupTester) -> None:
    """Instruction indicator 'release call': REL with cause 99."""
    refused_with(isup, RELEASE)


@case(
    "Q.784.1/1.7.2.2",
    "Unknown parameter with instruction to discard the message",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_parameter_discards_message(centre: Centre) -> None:
    """An ANM discarded for its parameter answers nothing; with notification CFN has cause 110."""
    party, agent = calling_out(centre)
    party.alerts()
    party.call.send("ANM", optional=unknown_parameter(DISCARD_MESSAGE))
    party.call.expect_nothing(during=2 * SECOND)
    agent.is_in("dialling", within=0)
    party.call.send("ANM", optional=unknown_parameter(DISCARD_MESSAGE | NOTIFY))
    told(party.call, DISCARDED)
    agent.is_in("dialling", within=0)
    party.answers()
    centre.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    over(centre, party)


@case(
    "Q.784.1/1.7.2.3",
    "Unknown parameter with instruction to discard the parameter",
    clauses=["Q.764 2.9.5.3.3", "Q.763 3.41"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_parameter_discarded(isup: IsupTester) -> None:
    """Instruction 'discard parameter': the call goes on, CFN (cause 99) comes only with 'notification'."""
    completed_with(isup, DISCARD_PARAMETER, confusion=False)
    completed_with(isup, DISCARD_PARAMETER | NOTIFY, confusion=True)


@case(
    "Q.784.1/1.7.2.9",
    "Unknown parameter, parameter compatibility information not received",
    clauses=["Q.764 2.9.5.3.3"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_parameter_without_instruction(isup: IsupTester) -> None:
    """Without instruction the parameter is discarded, CFN (cause 99) is sent, the call goes on."""
    completed_with(isup, None, confusion=True)


@case(
    "Q.784.1/1.7.2.10",
    "Unknown parameter in REL, parameter compatibility information not received",
    clauses=["Q.764 2.9.5.3.3"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_parameter_in_rel(isup: IsupTester) -> None:
    """REL with an unknown parameter is answered by RLC, which may have cause 99; no CFN is sent."""
    call = answered_call(isup)
    call.send("REL", cause=16, optional=unknown_parameter())
    complete = call.expect("RLC", within=ANSWER)
    cause = complete.parameter(CauseIndicators.code)
    isup.bench.until(
        lambda: cause is None or cause.cause == PARAMETER_UNKNOWN,
        within=0,
        awaited=f"RLC without cause, or with {PARAMETER_UNKNOWN}",
        state=f"RLC with {cause and cause.summary()}",
    )
    call.expect_nothing(during=2 * SECOND)
    isup.expect_idle(call.cic)


# 1.7.3: unknown values


@case(
    "Q.784.1/1.7.3.1",
    "Unknown parameter values in forward direction, ISUP of 1992",
    clauses=["Q.764 2.9.5.3.1", "Q.763 3.11"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_values_forward_1992(isup: IsupTester) -> None:
    """An unknown value of a recognised parameter has its default meaning, without confusion."""
    spare_values_forward(isup)
    call = isup.seize(called=isup.pixit.menu_number, category=0x70)
    call.answered(within=10 * SECOND)
    isup.bench.until(lambda: not any(got.title == "CFN" for got in call.received), within=0, awaited="no CFN")
    call.release()


@case(
    "Q.784.1/1.7.3.2",
    "Unknown parameter values in backward direction, ISUP of 1992",
    clauses=["Q.764 2.9.5.3.1", "Q.763 3.12"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_values_backward_1992(centre: Centre) -> None:
    """A release with an unknown cause value and a spare location is acknowledged like any other."""
    spare_values_backward(centre, cause=0x7E)

"""ISUP: messages out of place, and messages and parameters nobody knows (Q.784.1 groups 1.5 to 1.7 and 8.2).

The tester is SP B, the system SP A; `isup_compatibility` has the rest of these groups.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_supervision import ANSWER, answered_call, outgoing
from testline.layers.isup_messages import Unknown
from testline.layers.isup_parameters import Octets, Parameter
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testrig.clock import SECOND

UNKNOWN_CODE: Final = 0xFB
"""A message type and a parameter code that Q.763 tables 4 and 5 leave spare."""
NOT_IMPLEMENTED: Final = 97
"""Cause: message type non-existent or not implemented (Q.850 table 1)."""


@case(
    "Q.784.1/1.5.1",
    "Receipt of unexpected messages on an idle circuit",
    clauses=["Q.764 2.9.5.1"],
    proves=["N-01"],
    needs="isup",
)
def test_unexpected_on_idle_circuit(isup: IsupTester) -> None:
    """RLC on an idle circuit is discarded, REL is answered by RLC, ACM is answered by RSC."""
    cic = isup.free_circuit()
    isup.send_message(cic, "RLC", deliberate=True)
    isup.expect_nothing(cic, during=2 * SECOND)
    isup.send_message(cic, "REL", cause=16, deliberate=True)
    isup.expect(cic, "RLC", within=ANSWER)
    isup.send_message(cic, "ACM", deliberate=True)
    isup.expect(cic, "RSC", within=ANSWER)
    isup.send_message(cic, "RLC")
    isup.expect_idle(cic)


@case(
    "Q.784.1/1.5.2",
    "Receipt of an unexpected RLC during call set-up",
    clauses=["Q.764 2.9.5.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_unexpected_rlc_during_setup(centre: Centre) -> None:
    """RLC in answer to an IAM resets the circuit: RSC is sent."""
    call = outgoing(centre)
    call.send("RLC", deliberate=True)
    call.expect("RSC", within=ANSWER)
    call.send("RLC")


@case(
    "Q.784.1/1.5.3",
    "Receipt of unexpected messages during a call",
    clauses=["Q.764 2.9.5.1", "Q.764 2.8.2.3"],
    proves=["N-01"],
    needs="isup.incoming",
    unverified=True,
)
def test_unexpected_during_call(isup: IsupTester) -> None:
    """BLA and UBA that nobody asked for do not disturb an answered call.

    BLA for a circuit that is not blocked is answered by UBL, so that both ends agree again; UBA is discarded.
    """
    call = answered_call(isup)
    call.send("BLA", deliberate=True)
    call.expect("UBL", within=ANSWER)
    call.send("UBA")
    call.send("UBA", deliberate=True)
    call.expect_nothing(during=3 * SECOND)
    call.release()


def unknown_message(cic: int, optional: bytes = b"") -> bytes:
    """Return a message of a type Q.763 does not know, its optional part at the usual place."""
    body = b"\x01" + optional + b"\x00" if optional else b"\x00"
    return bytes(Unknown(cic=cic, message_type=UNKNOWN_CODE)) + body


def compatibility(instruction: int) -> bytes:
    """Return message compatibility information with one instruction octet (Q.763 3.33)."""
    return bytes((0x38, 1, instruction))


@case(
    "Q.784.1/1.6.1.1",
    "Receipt of an unknown message in forward direction",
    clauses=["Q.764 2.9.5.2", "Q.764 2.9.5.3.2"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_unknown_message_is_discarded(isup: IsupTester) -> None:
    """An unknown message does not disturb an answered call; confusion with cause 97 may be sent."""
    call = answered_call(isup)
    isup.send_raw(unknown_message(call.cic), sls=call.cic & 0x0F)
    isup.bench.run(2 * SECOND)
    received = [(got.title, got.text) for got in isup.inbox.get(call.cic, ())]
    isup.bench.until(
        lambda: all(title == "CFN" and f"cause {NOT_IMPLEMENTED}" in text for title, text in received),
        within=0,
        awaited=f"nothing, or CFN with cause {NOT_IMPLEMENTED}",
        state=lambda: f"{call.where()}; received {received}",
    )
    isup.inbox.pop(call.cic, None)
    call.release()


@case(
    "Q.784.1/1.7.1.1",
    "Unknown message with instruction to release the call",
    clauses=["Q.764 2.9.5.3.2", "Q.763 3.33"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_message_releases(isup: IsupTester) -> None:
    """Instruction indicator 'release call': REL with cause 97 is sent."""
    call = answered_call(isup)
    isup.send_raw(unknown_message(call.cic, compatibility(0x80 | 0x02)), sls=call.cic & 0x0F)
    call.expect("REL", within=ANSWER, cause=NOT_IMPLEMENTED)
    call.send("RLC")
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/1.7.1.2",
    "Unknown message with instruction to discard the message",
    clauses=["Q.764 2.9.5.3.2", "Q.763 3.33"],
    proves=["N-01"],
    needs="isup.compatibility",
)
def test_unknown_message_discarded_by_instruction(isup: IsupTester) -> None:
    """Instruction 'discard message' without notification: nothing is sent, the call goes on."""
    call = answered_call(isup)
    isup.send_raw(unknown_message(call.cic, compatibility(0x80 | 0x08)), sls=call.cic & 0x0F)
    call.expect_nothing(during=3 * SECOND)
    call.release()


@case(
    "Q.784.1/1.6.2.1",
    "Receipt of unknown parameters in forward direction",
    clauses=["Q.764 2.9.5.2", "Q.764 2.9.5.3.3"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_unknown_parameter_does_no_harm(isup: IsupTester) -> None:
    """An IAM with an unknown optional parameter makes an ordinary call; confusion may be sent."""
    unknown = Parameter(code=UNKNOWN_CODE, contents=Octets(b"\x11\x22\x33"))
    call = isup.seize(called=isup.pixit.menu_number, optional=[unknown])
    first = call.expect("ACM", "CON", within=10 * SECOND, through=("CFN",))
    if first.title == "ACM":
        call.expect("ANM", within=10 * SECOND, through=("CPG", "CFN"))
    call.release()


@case("Q.784.1/8.2.1", "Receipt of UPT", clauses=["Q.764 2.13"], proves=["N-01"], needs="isup")
def test_user_part_test_is_answered(isup: IsupTester) -> None:
    """A user part test is answered by user part available."""
    cic = isup.free_circuit()
    isup.send_message(cic, "UPT")
    isup.expect(cic, "UPA", within=ANSWER)

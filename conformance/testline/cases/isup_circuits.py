"""ISUP: circuits at the edges of blocking, reset, unequipped and query (Q.764 2.8.2, 2.8.3, 2.9.3, 2.12).

What comes twice, crosses, or comes when a call is in a state of its own. The tester is SP B, the system SP A.
`ISUP/n` are cases of our own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from testline.case import case
from testline.cases.isup_attempts import second_attempt
from testline.cases.isup_calls import calling_out, leave_only, talking, talking_out
from testline.cases.isup_groups import HARDWARE, IDLE, MAINTENANCE, expect_state, state_of
from testline.cases.isup_supervision import ANSWER, answered_call, outgoing, still_works, two
from testline.cases.isup_timers import SHORT
from testline.layers.isup import status_octets
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testrig.clock import SECOND

REPEATED: Final = round((SHORT[1] + 5) * SECOND)
"""Frames after which what is repeated every T1, T12, T14, T16, T18, T20 or T22 has come again."""
INCOMING, OUTGOING = 0b000100, 0b001000
"""Call states of a circuit state indicator, as the system has them: bits D C (Q.763 3.14)."""
LOCALLY_BLOCKED, BOTH_BLOCKED = 0b000001, 0b000011
"""Maintenance states of a circuit with a call state: bits B A."""
TRANSIENT, UNEQUIPPED = 0b000000, 0b000011
"""Circuit states without a call state."""
MOST: Final = 32
"""Circuits that one message may reset, query, block or unblock (Q.763 3.43)."""
TEST_CALL: Final = 0x0D
"""Calling party's category of a test call (Q.763 3.11)."""


def locally(isup: IsupTester, cic: int, *, blocked: bool) -> None:
    """Wait at most a second until the system holds `cic` blocked from its side, or not."""
    isup.bench.until(
        lambda: ("locally blocked" in state_of(isup, cic)) is blocked,
        within=SECOND,
        awaited=f"circuit {cic} {'' if blocked else 'not '}locally blocked",
        state=lambda: state_of(isup, cic),
    )


def block(isup: IsupTester, cic: int) -> None:
    """Let the system block `cic`, and acknowledge it."""
    isup.bench.system.maintenance().block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")
    locally(isup, cic, blocked=True)


def unblocking(isup: IsupTester, cic: int) -> None:
    """The same, then let it unblock the circuit again; UBL is not acknowledged."""
    block(isup, cic)
    isup.bench.system.maintenance().unblock(cic)
    isup.expect(cic, "UBL", within=ANSWER)


# blocking


@case(
    "ISUP/160",
    "Blocking and unblocking received twice",
    clauses=["Q.764 2.8.2.3"],
    proves=["N-01"],
    needs="isup",
)
def test_blocked_twice(isup: IsupTester) -> None:
    """BLO for a blocked circuit is answered by BLA, UBL for one that is not by UBA, and nothing changes."""
    cic = isup.free_circuit()
    for order, blocked in (("BLO", True), ("BLO", True), ("UBL", False), ("UBL", False)):
        isup.send_message(cic, order)
        isup.expect(cic, f"{order[:2]}A", within=ANSWER)
        isup.expect_nothing(cic, during=SECOND)
        expect_state(isup, cic, blocked=blocked)
    still_works(isup, cic)


@case(
    "ISUP/161",
    "Acknowledgements out of place for a blocked circuit",
    clauses=["Q.764 2.8.2.3"],
    proves=["N-01"],
    needs="isup.maintenance",
    unverified=True,
)
def test_acknowledgements_out_of_place(isup: IsupTester) -> None:
    """While BLA is awaited UBA is nothing; for a blocked circuit BLA is nothing, and UBA brings BLO again."""
    cic = isup.free_circuit()
    isup.bench.system.maintenance().block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "UBA", deliberate=True)
    isup.expect_nothing(cic, during=SECOND)
    isup.expect(cic, "BLO", within=REPEATED)
    for name in ("BLA", "BLA"):
        isup.send_message(cic, name)
        isup.expect_nothing(cic, during=SECOND)
        locally(isup, cic, blocked=True)
    isup.send_message(cic, "UBA", deliberate=True)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")
    isup.expect_nothing(cic, during=REPEATED)
    locally(isup, cic, blocked=True)


@case(
    "ISUP/162",
    "Blocked again before the unblocking is acknowledged",
    clauses=["Q.764 2.8.2.1"],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_blocked_again(isup: IsupTester) -> None:
    """BLO follows UBL at once; a UBA that comes late changes nothing, and only BLO is repeated until BLA."""
    cic = isup.free_circuit()
    unblocking(isup, cic)
    isup.bench.system.maintenance().block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "UBA")
    isup.expect(cic, "BLO", within=REPEATED)
    isup.send_message(cic, "BLA")
    isup.expect_nothing(cic, during=REPEATED)
    locally(isup, cic, blocked=True)


@case(
    "ISUP/163",
    "Reset received while unblocking",
    clauses=["Q.764 2.9.3.1"],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_reset_while_unblocking(isup: IsupTester) -> None:
    """RLC, and the blocking is gone: neither BLO nor UBL comes any more."""
    cic = isup.free_circuit()
    unblocking(isup, cic)
    isup.send_message(cic, "RSC")
    isup.expect(cic, "RLC", within=ANSWER)
    isup.expect_nothing(cic, during=REPEATED)
    locally(isup, cic, blocked=False)
    still_works(isup, cic)


@case(
    "ISUP/164",
    "IAM received while unblocking",
    clauses=["Q.764 2.8.2.3"],
    proves=["N-01"],
    needs=("isup.maintenance", "isup.incoming"),
    unverified=True,
)
def test_call_while_unblocking(isup: IsupTester) -> None:
    """The far end takes the circuit for unblocked: the call is taken, UBL is not repeated."""
    cic = isup.free_circuit()
    unblocking(isup, cic)
    call = answered_call(isup, cic)
    locally(isup, cic, blocked=False)
    call.release()
    isup.expect_nothing(cic, during=REPEATED)


@case(
    "ISUP/165",
    "IAM received on a locally blocked circuit",
    clauses=["Q.764 2.8.2.1", "Q.764 2.8.2.3"],
    proves=["N-01"],
    needs=("isup.maintenance", "isup.incoming"),
    unverified=True,
)
def test_call_on_locally_blocked_circuit(isup: IsupTester) -> None:
    """No call: BLO comes again. A test call is taken, and leaves the circuit blocked."""
    cic = isup.free_circuit()
    block(isup, cic)
    isup.send_message(cic, "IAM", called=isup.pixit.menu_number, deliberate=True)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")
    isup.expect_nothing(cic, during=10 * SECOND)
    call = isup.seize(called=isup.pixit.menu_number, cic=cic, category=TEST_CALL)
    call.answered(within=10 * SECOND)
    call.release()
    isup.expect_nothing(cic, during=SECOND)
    locally(isup, cic, blocked=True)


@case(
    "ISUP/166",
    "IAM crosses BLO",
    clauses=["Q.764 2.8.2.1"],
    proves=["N-01"],
    needs=("isup.maintenance", "isup.incoming"),
)
def test_call_crosses_blocking(isup: IsupTester) -> None:
    """Before BLA the far end does not know: its call is taken and goes on, the circuit stays blocked."""
    cic = isup.free_circuit()
    isup.bench.system.maintenance().block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    call = answered_call(isup, cic)
    call.send("BLA")
    call.expect_nothing(during=SECOND)
    call.release()
    locally(isup, cic, blocked=True)


@case(
    "ISUP/167",
    "Test call on a remotely blocked circuit",
    clauses=["Q.764 2.8.2.1", "Q.763 3.11"],
    proves=["N-01"],
    needs="isup.incoming",
    unverified=True,
)
def test_test_call_on_remotely_blocked_circuit(isup: IsupTester) -> None:
    """An IAM of a test call is taken and does not remove the blocking, for maintenance or hardware."""
    cic, count = two(isup)
    isup.send_message(cic, "CGB", supervision=MAINTENANCE, range=count - 1, status=status_octets(count))
    isup.expect(cic, "CGBA", within=ANSWER)
    call = isup.seize(called=isup.pixit.menu_number, cic=cic, category=TEST_CALL)
    call.answered(within=10 * SECOND)
    call.release()
    expect_state(isup, cic, blocked=True)


@case(
    "ISUP/168",
    "Ordinary call on a circuit blocked for hardware failure",
    clauses=["Q.764 2.8.2.2", "Q.764 2.8.2.3"],
    proves=["N-01"],
    needs=("isup.incoming", "isup.group_supervision"),
    unverified=True,
)
def test_call_on_failed_circuit(isup: IsupTester) -> None:
    """An IAM from the end that blocked removes the blocking of its circuit, and of no other."""
    cic, count = two(isup)
    isup.send_message(cic, "CGB", supervision=HARDWARE, range=count - 1, status=status_octets(count))
    isup.expect(cic, "CGBA", within=ANSWER)
    still_works(isup, cic)
    expect_state(isup, cic, blocked=False)
    expect_state(isup, cic + 1, blocked=True)


@case(
    "ISUP/214",
    "Reset received while BLO is not acknowledged",
    clauses=["Q.764 2.9.3.1 c"],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_reset_while_blocking(isup: IsupTester) -> None:
    """BLO comes again at once beside RLC, and T12 begins anew."""
    cic = isup.free_circuit()
    isup.bench.system.maintenance().block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.bench.run(10 * SECOND)
    isup.send_message(cic, "RSC")
    first = isup.expect(cic, "BLO", "RLC", within=ANSWER)
    isup.expect(cic, "RLC" if first.title == "BLO" else "BLO", within=ANSWER)
    isup.expect_nothing(cic, during=round(SHORT[0] * SECOND) - SECOND)
    isup.expect(cic, "BLO", within=REPEATED)
    isup.send_message(cic, "BLA")
    isup.expect_nothing(cic, during=REPEATED)


# groups


def group_order(isup: IsupTester, name: str, cic: int, count: int, marked: Iterable[int]) -> None:
    """CGB or CGU for maintenance comes, marking these offsets of `count` circuits from `cic` on."""
    status = status_octets(count, list(marked))
    isup.expect(cic, name, within=REPEATED, supervision=MAINTENANCE, range=count - 1, status=status)


@case(
    "ISUP/169",
    "A circuit taken out of a group that is being blocked",
    clauses=["Q.764 2.8.2.1", "Q.764 2.9.4"],
    proves=["N-01", "M-03"],
    needs=("isup.maintenance", "isup.group_supervision"),
)
def test_circuit_taken_out_of_group(isup: IsupTester) -> None:
    """Unblocked before CGBA, a circuit is no longer among those that the repeated CGB blocks."""
    cic, count = two(isup)
    maintenance = isup.bench.system.maintenance()
    maintenance.block_group(cic, count)
    group_order(isup, "CGB", cic, count, range(count))
    maintenance.unblock(cic + 1)
    isup.expect(cic + 1, "UBL", within=ANSWER)
    isup.send_message(cic + 1, "UBA")
    left = [offset for offset in range(count) if offset != 1]
    group_order(isup, "CGB", cic, count, left)
    isup.send_message(cic, "CGBA", supervision=0, range=count - 1, status=status_octets(count, left))
    isup.expect_nothing(during=REPEATED)
    for offset in range(count):
        locally(isup, cic + offset, blocked=offset != 1)
    maintenance.unblock_group(cic, count)
    group_order(isup, "CGU", cic, count, range(count))
    maintenance.block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")
    group_order(isup, "CGU", cic, count, range(1, count))
    isup.send_message(
        cic, "CGUA", supervision=0, range=count - 1, status=status_octets(count, [*range(1, count)])
    )
    isup.expect_nothing(during=REPEATED)
    for offset in range(count):
        locally(isup, cic + offset, blocked=offset == 0)


@case(
    "ISUP/170",
    "Group orders given twice, and the opposite before the acknowledgement",
    clauses=["Q.764 2.8.2.1", "Q.764 2.9.4"],
    proves=["N-01", "M-03"],
    needs=("isup.maintenance", "isup.group_supervision"),
)
def test_group_orders_follow_each_other(isup: IsupTester) -> None:
    """One acknowledgement ends an order however often it was given; CGU ends the repetition of CGB."""
    cic, count = two(isup)
    maintenance = isup.bench.system.maintenance()
    status = status_octets(count)
    for give, order in ((maintenance.block_group, "CGB"), (maintenance.unblock_group, "CGU")):
        for _ in range(2):
            give(cic, count)
            group_order(isup, order, cic, count, range(count))
        isup.send_message(cic, f"{order}A", supervision=0, range=count - 1, status=status)
        isup.expect_nothing(during=REPEATED)
    maintenance.block_group(cic, count)
    group_order(isup, "CGB", cic, count, range(count))
    maintenance.unblock_group(cic, count)
    group_order(isup, "CGU", cic, count, range(count))
    isup.send_message(cic, "CGUA", supervision=0, range=count - 1, status=status)
    isup.expect_nothing(during=REPEATED)
    locally(isup, cic, blocked=False)


@case(
    "ISUP/171",
    "Acknowledgements of other groups",
    clauses=["Q.764 2.8.2.1", "Q.764 2.8.2.2", "Q.764 2.9.4"],
    proves=["N-01", "M-03"],
    needs=("isup.maintenance", "isup.group_supervision"),
)
def test_wrong_group_acknowledged(isup: IsupTester) -> None:
    """CGBA for hardware, with another range, of another circuit, and CGUA and GRA: CGB is repeated still.

    An acknowledgement nobody waits for is not answered.
    """
    cic, count = two(isup)
    isup.bench.system.maintenance().block_group(cic, count)
    group_order(isup, "CGB", cic, count, range(count))
    status = status_octets(count)
    wrong: tuple[tuple[int, str, dict[str, Any]], ...] = (
        (cic, "CGBA", {"supervision": HARDWARE, "range": count - 1, "status": status}),
        (cic, "CGBA", {"supervision": MAINTENANCE, "range": count - 2, "status": status_octets(count - 1)}),
        (cic + 1, "CGBA", {"supervision": MAINTENANCE, "range": count - 1, "status": status}),
        (cic, "CGUA", {"supervision": MAINTENANCE, "range": count - 1, "status": status}),
        (cic, "GRA", {"range": count - 1, "status": status}),
    )
    for circuit, name, fields in wrong:
        isup.send_message(circuit, name, deliberate=True, **fields)
        isup.expect_nothing(during=SECOND)
    group_order(isup, "CGB", cic, count, range(count))
    isup.send_message(cic, "CGBA", supervision=MAINTENANCE, range=count - 1, status=status)
    isup.expect_nothing(during=REPEATED)


@case(
    "ISUP/215",
    "Single order in the place of a group order, and the other way round",
    clauses=["Q.764 2.8.2.1", "Q.764 2.9.4"],
    proves=["N-01", "M-03"],
    needs=("isup.maintenance", "isup.group_supervision"),
)
def test_single_and_group_orders(isup: IsupTester) -> None:
    """Without BLA, BLO is repeated no more behind CGB, nor UBL behind CGU; circuits stay as ordered."""
    cic, count = two(isup)
    maintenance = isup.bench.system.maintenance()
    single = ((maintenance.block, "BLO"), (maintenance.unblock, "UBL"))
    group = ((maintenance.block_group, "CGB"), (maintenance.unblock_group, "CGU"))
    for (give_one, one), (give_all, all_of_them) in zip(single, group, strict=True):
        give_one(cic)
        isup.expect(cic, one, within=ANSWER)
        give_all(cic, count)
        group_order(isup, all_of_them, cic, count, range(count))
        isup.send_message(cic, f"{all_of_them}A", supervision=0, range=count - 1, status=status_octets(count))
        isup.expect_nothing(during=REPEATED)
        for offset in range(count):
            locally(isup, cic + offset, blocked=one == "BLO")


@case(
    "ISUP/172",
    "Group reset acknowledged for blocked circuits",
    clauses=["Q.764 2.9.3.2"],
    proves=["N-01", "M-03"],
    needs=("isup.maintenance", "isup.group_supervision"),
)
def test_group_reset_tells_blocking(isup: IsupTester) -> None:
    """Circuits whose bit is 1 in GRA are remotely blocked, the others are not; UBL unblocks them."""
    cic, count = two(isup)
    marked = [0, 3]
    isup.bench.system.maintenance().reset_group(cic, count)
    isup.expect(cic, "GRS", within=ANSWER, range=count - 1, status=b"")
    isup.send_message(cic, "GRA", range=count - 1, status=status_octets(count, marked))
    for offset in range(count):
        expect_state(isup, cic + offset, blocked=offset in marked)
    isup.send_message(cic, "UBL")
    isup.expect(cic, "UBA", within=ANSWER)
    expect_state(isup, cic, blocked=False)


@case(
    "ISUP/173",
    "Group reset received for calls and blocked circuits",
    clauses=["Q.764 2.9.3.2"],
    proves=["N-01"],
    needs=("isup.maintenance", "isup.group_supervision", "isup.incoming", "isup.outgoing"),
)
def test_group_reset_of_calls(centre: Centre) -> None:
    """GRA has the bits of circuits that the system blocks; calls both ways end without REL."""
    isup = centre.isup
    cic, count = two(isup)
    leave_only(centre, set(range(cic, cic + count)))
    party, agent = talking_out(centre)
    free = [each for each in range(cic, cic + count) if each != party.call.cic]
    call = answered_call(isup, free[0])
    block(isup, free[1])
    isup.send_message(cic, "GRS", range=count - 1, status=b"")
    status = status_octets(count, [free[1] - cic])
    isup.expect(cic, "GRA", within=ANSWER, range=count - 1, status=status)
    isup.expect_nothing(during=2 * SECOND)
    for each in (call.cic, party.call.cic):
        isup.expect_idle(each)
    locally(isup, free[1], blocked=True)
    agent.telephone.hears_tone(450, within=2 * SECOND)


@case(
    "ISUP/174",
    "Group messages of the largest range",
    clauses=["Q.764 2.9.3.2", "Q.764 2.8.2.1", "Q.764 2.8.3", "Q.763 3.43"],
    proves=["N-01"],
    needs=("isup.group_supervision", "isup.group_query"),
)
def test_largest_range(isup: IsupTester) -> None:
    """32 circuits are reset, queried and blocked by one message, though some do not exist; 33 are not.

    CGB may tell of more circuits, as long as it blocks at most 32. Query has a state for each circuit.
    """
    cic = min(isup.circuits)
    absent = [offset for offset in range(MOST) if cic + offset not in isup.circuits]
    isup.send_message(cic, "GRS", range=MOST - 1, status=b"")
    isup.expect(cic, "GRA", within=ANSWER, range=MOST - 1, status=bytes(4))
    for span, marked in ((MOST, range(1, MOST + 1)), (38, range(MOST))):
        status = status_octets(span + 1, list(marked))
        present = [offset for offset in marked if cic + offset in isup.circuits]
        for order in ("CGB", "CGU"):
            isup.send_message(cic, order, supervision=MAINTENANCE, range=span, status=status)
            done = status_octets(span + 1, present)
            isup.expect(cic, f"{order}A", within=ANSWER, range=span, status=done)
            expect_state(isup, cic + present[-1], blocked=order == "CGB")
    for span in (0, MOST - 1):
        isup.send_message(cic, "CQM", range=span)
        got = isup.expect(cic, "CQR", within=ANSWER, range=span, status=b"")
        states = bytes(UNEQUIPPED if offset in absent else IDLE for offset in range(span + 1))
        found = bytes(got.circuit_state_indicator.states)
        isup.bench.until(
            lambda: found == states,  # noqa: B023 - called at once
            within=0,
            awaited=f"states {states.hex(' ')}",
            state=found.hex(" "),
        )
    isup.send_message(cic, "CQM", range=MOST, deliberate=True)
    isup.expect_nothing(cic, during=ANSWER)


@case(
    "ISUP/175",
    "One circuit as a group",
    clauses=["Q.764 2.8.2.1", "Q.763 3.43"],
    proves=["N-01", "M-03"],
    needs="isup.maintenance",
)
def test_group_of_one(isup: IsupTester) -> None:
    """A group order for one circuit, which no group message can be about: BLO and UBL, RSC."""
    cic = isup.free_circuit()
    maintenance = isup.bench.system.maintenance()
    for give, order, answer in (
        (maintenance.block_group, "BLO", "BLA"),
        (maintenance.unblock_group, "UBL", "UBA"),
        (maintenance.reset_group, "RSC", "RLC"),
    ):
        give(cic, 1)
        isup.expect(cic, order, within=ANSWER)
        isup.send_message(cic, answer)
        isup.expect_nothing(during=REPEATED)
    isup.expect_idle(cic)


def asked(isup: IsupTester, cic: int, state: int) -> None:
    """A query of one circuit is answered with `state`."""
    isup.send_message(cic, "CQM", range=0)
    got = isup.expect(cic, "CQR", within=ANSWER, range=0)
    found = bytes(got.circuit_state_indicator.states)
    isup.bench.until(
        lambda: found == bytes((state,)), within=0, awaited=f"state 0b{state:06b}", state=found.hex()
    )


@case(
    "ISUP/176",
    "Query of circuits in every state of a call",
    clauses=["Q.764 2.8.3", "Q.763 3.14"],
    proves=["N-01"],
    needs=("isup.group_query", "isup.maintenance", "isup.incoming", "isup.outgoing"),
)
def test_query_in_a_call(centre: Centre) -> None:
    """In transition before the first backward message and after REL, busy in between, with the blocking."""
    isup = centre.isup
    party, agent = calling_out(centre)
    out = party.call.cic
    asked(isup, out, TRANSIENT)
    party.alerts()
    centre.bench.run(SECOND // 4)
    asked(isup, out, OUTGOING)
    party.answers()
    isup.send_message(out, "BLO")
    isup.expect(out, "BLA", within=ANSWER)
    asked(isup, out, OUTGOING | 0b10)
    block(isup, out)
    asked(isup, out, OUTGOING | BOTH_BLOCKED)
    agent.telephone.replace()
    isup.expect(out, "REL", within=ANSWER)
    asked(isup, out, TRANSIENT)
    isup.send_message(out, "RLC")
    centre.bench.run(SECOND // 4)
    asked(isup, out, IDLE | BOTH_BLOCKED)
    call = answered_call(isup, next(cic for cic in isup.circuits if cic != out))
    asked(isup, call.cic, INCOMING)
    block(isup, call.cic)
    asked(isup, call.cic, INCOMING | LOCALLY_BLOCKED)
    call.release()
    asked(isup, call.cic, IDLE | LOCALLY_BLOCKED)
    isup.bench.system.maintenance().reset(call.cic)
    isup.expect(call.cic, "RSC", within=ANSWER)
    asked(isup, call.cic, TRANSIENT)
    isup.send_message(call.cic, "CQR", range=0, deliberate=True)
    isup.expect_nothing(call.cic, during=SECOND)


# reset


@case(
    "ISUP/177",
    "Messages received while a reset is not acknowledged",
    clauses=["Q.764 2.9.3.1"],
    proves=["N-01", "M-03"],
    needs="isup.maintenance",
)
def test_messages_during_reset(isup: IsupTester) -> None:
    """REL is answered by RLC, an IAM makes no call; a second order sends RSC again, and T16 begins anew."""
    cic = isup.free_circuit()
    maintenance = isup.bench.system.maintenance()
    maintenance.reset(cic)
    isup.expect(cic, "RSC", within=ANSWER)
    isup.send_message(cic, "REL", cause=16)
    isup.expect(cic, "RLC", within=ANSWER)
    isup.send_message(cic, "IAM", called=isup.pixit.menu_number, deliberate=True)
    isup.expect_nothing(cic, during=8 * SECOND)
    maintenance.reset(cic)
    isup.expect(cic, "RSC", within=ANSWER)
    isup.expect_nothing(cic, during=round(SHORT[0] * SECOND) - SECOND)
    isup.expect(cic, "RSC", within=REPEATED)
    isup.send_message(cic, "RLC")
    isup.expect_nothing(cic, during=REPEATED)
    still_works(isup, cic)


@case(
    "ISUP/178",
    "Group reset in the place of a reset that is not acknowledged",
    clauses=["Q.764 2.9.3.1", "Q.764 2.9.3.2"],
    proves=["N-01", "M-03"],
    needs=("isup.maintenance", "isup.group_supervision"),
)
def test_group_reset_takes_over(isup: IsupTester) -> None:
    """GRS goes out and RSC is repeated no more; after GRA the circuits take calls."""
    cic, count = two(isup)
    maintenance = isup.bench.system.maintenance()
    maintenance.reset(cic)
    isup.expect(cic, "RSC", within=ANSWER)
    maintenance.reset_group(cic, count)
    isup.expect(cic, "GRS", within=ANSWER, range=count - 1, status=b"")
    isup.send_message(cic, "GRA", range=count - 1, status=bytes((count + 7) // 8))
    isup.expect_nothing(during=REPEATED)
    still_works(isup, cic)


@case(
    "ISUP/179",
    "Call reset by order of the operator",
    clauses=["Q.764 2.9.3.1"],
    proves=["N-01", "M-03"],
    needs=("isup.maintenance", "isup.incoming", "isup.outgoing"),
)
def test_call_reset_by_order(centre: Centre) -> None:
    """RSC and no REL ends a call in either direction, also one whose REL is not answered; then idle."""
    isup, maintenance = centre.isup, centre.bench.system.maintenance()
    for released in (False, True):
        for outward in (False, True):
            far, agent = talking_out(centre) if outward else talking(centre)
            cic = far.call.cic
            far.call.catch_up()
            if released:
                agent.telephone.replace()
                far.call.expect("REL", within=ANSWER)
            maintenance.reset(cic)
            far.call.expect("RSC", within=ANSWER)
            far.call.expect_nothing(during=2 * SECOND)
            if not released:
                agent.telephone.hears_tone(450, within=2 * SECOND)
            far.call.send("RLC")
            far.call.expect_nothing(during=REPEATED)
            isup.expect_idle(cic)
            agent.telephone.replace()
            agent.sign_off()
            centre.bench.run(SECOND)


@case(
    "ISUP/180",
    "Reset received while RLC is awaited",
    clauses=["Q.764 2.9.3.1", "Q.764 2.8.2.2"],
    proves=["N-01"],
    needs=("isup.incoming", "isup.outgoing"),
)
def test_reset_after_release(centre: Centre) -> None:
    """RSC, GRS or CGB (hardware) stands for RLC: it is answered, REL is not repeated, the circuit is idle."""
    isup = centre.isup
    for name, answer in (("RSC", "RLC"), ("GRS", "GRA"), ("CGB", "CGBA")):
        for outward in (False, True):
            far, agent = talking_out(centre) if outward else talking(centre)
            cic = far.call.cic
            far.call.catch_up()
            agent.telephone.replace()
            far.call.expect("REL", within=ANSWER)
            first = cic if cic + 1 in isup.circuits else cic - 1
            fields: dict[str, Any] = {} if name == "RSC" else {"range": 1, "status": b""}
            if name == "CGB":
                fields = {"supervision": HARDWARE, "range": 1, "status": b"\x03"}
            isup.send_message(first if fields else cic, name, **fields)
            isup.expect(first if fields else cic, answer, within=ANSWER)
            isup.expect_nothing(during=REPEATED)
            isup.expect_idle(cic)
            agent.sign_off()
            centre.bench.run(SECOND)


@case(
    "ISUP/181",
    "Collision of REL in an outgoing call",
    clauses=["Q.764 2.3.1"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_release_collision_outgoing(centre: Centre) -> None:
    """REL that crosses REL is answered by RLC; with RLC for the system's the circuit is idle."""
    party, agent = talking_out(centre)
    agent.telephone.replace()
    party.call.expect("REL", within=ANSWER)
    party.call.send("REL", cause=16)
    party.call.expect("RLC", within=ANSWER)
    party.call.send("RLC")
    party.call.expect_nothing(during=REPEATED)
    centre.isup.expect_idle(party.call.cic)


# hardware failure in calls


@case(
    "ISUP/182",
    "Hardware failure told during calls",
    clauses=["Q.764 2.8.2.2"],
    proves=["N-01"],
    needs=("isup.group_supervision", "isup.incoming", "isup.outgoing"),
)
def test_hardware_failure_in_calls(centre: Centre) -> None:
    """CGB (hardware) ends answered calls without REL; maintenance CGB leaves them up."""
    isup = centre.isup
    for outward in (False, True):
        far, agent = talking_out(centre) if outward else talking(centre)
        far.call.catch_up()
        cic = far.call.cic
        first = cic if cic + 1 in isup.circuits else cic - 1
        for kind in (MAINTENANCE, HARDWARE):
            isup.send_message(first, "CGB", supervision=kind, range=1, status=b"\x03")
            isup.expect(first, "CGBA", within=ANSWER, supervision=kind, status=b"\x03")
            isup.expect_nothing(during=2 * SECOND)
            busy = "idle" not in state_of(isup, cic)
            centre.bench.until(
                lambda: busy is (kind == MAINTENANCE),  # noqa: B023 - called at once
                within=0,
                awaited=f"call {'up' if kind == MAINTENANCE else 'over'}",
                state=state_of(isup, cic),
            )
        agent.telephone.hears_tone(450, within=2 * SECOND)
        agent.telephone.replace()
        agent.sign_off()
        centre.bench.run(SECOND)


@case(
    "ISUP/183",
    "Hardware failure told before the first backward message",
    clauses=["Q.764 2.8.2.2", "Q.764 2.8.1"],
    proves=["N-01"],
    needs=("isup.group_supervision", "isup.outgoing"),
)
def test_hardware_failure_after_iam(centre: Centre) -> None:
    """The call is tried again on another circuit, and nothing comes on the failed one."""
    call = outgoing(centre)
    first = call.cic if call.cic + 1 in centre.isup.circuits else call.cic - 1
    centre.isup.send_message(first, "CGB", supervision=HARDWARE, range=1, status=b"\x03")
    centre.isup.expect(first, "CGBA", within=ANSWER)
    second_attempt(centre, call)
    call.expect_nothing(during=SECOND)


# unequipped circuits


@case(
    "ISUP/184",
    "Unequipped circuit told in answer to IAM",
    clauses=["Q.764 2.12"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_unequipped_after_iam(centre: Centre) -> None:
    """The call is tried on another circuit; the unequipped one takes no call until the far end seizes it."""
    isup, agent = centre.isup, centre.agent(0)
    call = outgoing(centre)
    other = next(cic for cic in isup.circuits if cic != call.cic)
    call.send("UCIC")
    second_attempt(centre, call)
    call.expect_nothing(during=SECOND)
    leave_only(centre, {call.cic, other})
    for wanted in (other, call.cic):
        agent.telephone.replace()
        centre.bench.run(5 * SECOND)
        agent.sign_off()
        party, _ = calling_out(centre)
        centre.bench.until(lambda: party.call.cic == wanted, within=0, awaited=f"circuit {wanted}")  # noqa: B023
        party.hangs_up()
        still_works(isup, call.cic)
        isup.send_message(other, "BLO")
        isup.expect(other, "BLA", within=ANSWER)


@case(
    "ISUP/185",
    "Unequipped circuit told in answer to RSC",
    clauses=["Q.764 2.12", "Q.764 2.9.3.1"],
    proves=["N-01", "M-03"],
    needs="isup.maintenance",
    unverified=True,
)
def test_unequipped_after_reset(isup: IsupTester) -> None:
    """RSC is repeated no more. A call of the far end shows that the circuit is there, and so does RLC."""
    cic = isup.free_circuit()
    maintenance = isup.bench.system.maintenance()
    maintenance.reset(cic)
    isup.expect(cic, "RSC", within=ANSWER)
    isup.send_message(cic, "UCIC")
    isup.expect_nothing(cic, during=REPEATED)
    isup.bench.until(
        lambda: "idle" not in state_of(isup, cic), within=0, awaited="not idle", state=state_of(isup, cic)
    )
    still_works(isup, cic)
    maintenance.reset(cic)
    isup.expect(cic, "RSC", within=ANSWER)
    isup.send_message(cic, "UCIC")
    isup.bench.run(SECOND)
    maintenance.reset(cic)
    isup.expect(cic, "RSC", within=ANSWER)
    isup.send_message(cic, "RLC")
    isup.expect_idle(cic)


@case(
    "ISUP/186",
    "Unequipped circuit told while RLC is awaited",
    clauses=["Q.764 2.12"],
    proves=["N-01"],
    needs="isup.outgoing",
    unverified=True,
)
def test_unequipped_after_release(centre: Centre) -> None:
    """UCIC for REL: nothing is repeated any more."""
    party, agent = calling_out(centre)
    party.alerts()
    centre.bench.run(SECOND // 4)
    agent.telephone.replace()
    party.call.expect("REL", within=ANSWER)
    party.call.send("UCIC")
    party.call.expect_nothing(during=REPEATED)


@case(
    "ISUP/187",
    "Messages that no call is about, during a call",
    clauses=["Q.764 2.9.5.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_foreign_messages_in_a_call(isup: IsupTester) -> None:
    """LPA, OLM, UCIC, UPA and CFN in an answered call are not answered, and the call goes on."""
    call = answered_call(isup)
    for name in ("LPA", "OLM", "UCIC", "UPA"):
        call.send(name, deliberate=True)
    call.send("CFN", cause=97)
    call.expect_nothing(during=3 * SECOND)
    call.release()
    isup.expect_idle(call.cic)
    still_works(isup, call.cic)

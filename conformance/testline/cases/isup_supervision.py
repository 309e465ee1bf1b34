"""ISUP: circuit supervision (Q.784.1 group 1). The tester is SP B, the system SP A."""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testrig.clock import SECOND

ANSWER: Final = 5 * SECOND
"""Frames for an answer to a supervision message: far below T1 and T12 (15 to 60 s), far above Q.706."""


def two(isup: IsupTester) -> tuple[int, int]:
    """Return the first of a run of circuits without a gap, and how many to use of it (6)."""
    for cic in sorted(isup.circuits):
        if all(cic + offset in isup.circuits for offset in range(6)):
            return cic, 6
    return min(isup.circuits), 1


def outgoing(centre: Centre, number: str = "02155556666") -> Any:
    """Let the first agent call `number` outside; return the system's call."""
    agent = centre.agent(0)
    agent.sign_on()
    agent.telephone.lift()
    centre.bench.run(SECOND // 4)
    agent.dial(centre.pixit.outgoing_prefix + number)
    return centre.isup.wait_for("IAM", within=ANSWER)


def answered_call(isup: IsupTester, cic: int | None = None) -> Any:
    """Call the menu on `cic` and wait for the answer."""
    call = isup.seize(called=isup.pixit.menu_number, cic=cic)
    call.answered(within=10 * SECOND)
    return call


def still_works(isup: IsupTester, cic: int) -> None:
    """Prove that `cic` takes a call."""
    call = answered_call(isup, cic)
    call.release()
    isup.expect_idle(cic)


@case(
    "Q.784.1/1.1",
    "Non-allocated circuits",
    clauses=["Q.764 2.9.5.1", "Q.764 2.12"],
    proves=["N-01"],
    needs="isup",
)
def test_unknown_circuit_is_not_answered(isup: IsupTester) -> None:
    """An IAM on a circuit that does not exist is discarded, or answered by UCIC; no call comes of it."""
    cic = max(isup.circuits) + 500
    call = isup.seize(called=isup.pixit.menu_number, cic=cic)
    isup.bench.run(3 * SECOND)
    received = [got.title for got in isup.inbox.get(cic, ())]
    isup.bench.until(
        lambda: set(received) <= {"UCIC"},
        within=0,
        awaited=f"nothing or UCIC on circuit {cic}",
        state=lambda: f"{call.where()}; received {received}",
    )


@case(
    "Q.784.1/1.2.1",
    "RSC received on an idle circuit",
    clauses=["Q.764 2.9.3.1"],
    proves=["N-01"],
    needs="isup",
)
def test_reset_of_idle_circuit(isup: IsupTester) -> None:
    """RSC on an idle circuit is answered by RLC."""
    cic = isup.free_circuit()
    isup.send_message(cic, "RSC")
    isup.expect(cic, "RLC", within=ANSWER)
    isup.expect_idle(cic)


@case(
    "Q.784.1/1.2.2",
    "RSC sent on an idle circuit",
    clauses=["Q.764 2.9.3.1"],
    proves=["N-01", "M-03"],
    needs="isup.maintenance",
)
def test_reset_sent(isup: IsupTester) -> None:
    """Ordered to reset a circuit, the system sends RSC and is content with RLC."""
    cic = isup.free_circuit()
    isup.bench.system.maintenance().reset(cic)
    isup.expect(cic, "RSC", within=ANSWER)
    isup.send_message(cic, "RLC")
    isup.expect_nothing(cic, during=65 * SECOND)
    isup.expect_idle(cic)


@case(
    "Q.784.1/1.2.3",
    "RSC received on a locally blocked circuit",
    clauses=["Q.764 2.9.3.1 c"],
    proves=["N-01"],
    needs="isup.maintenance",
)
def test_reset_of_locally_blocked_circuit(isup: IsupTester) -> None:
    """A locally blocked circuit is blocked again (BLO) when the far end resets it, and RLC is sent."""
    cic = isup.free_circuit()
    isup.bench.system.maintenance().block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")
    isup.bench.run(SECOND)
    isup.send_message(cic, "RSC")
    first = isup.expect(cic, "BLO", "RLC", within=ANSWER)
    isup.expect(cic, "RLC" if first.title == "BLO" else "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")


@case(
    "Q.784.1/1.2.4",
    "RSC received on a remotely blocked circuit",
    clauses=["Q.764 2.9.3.1"],
    proves=["N-01"],
    needs="isup",
)
def test_reset_of_remotely_blocked_circuit(isup: IsupTester) -> None:
    """RSC from the end that blocked removes the blocking; RLC is the answer."""
    cic = isup.free_circuit()
    isup.send_message(cic, "BLO")
    isup.expect(cic, "BLA", within=ANSWER)
    isup.send_message(cic, "RSC")
    isup.expect(cic, "RLC", within=ANSWER)
    isup.bench.until(
        lambda: "blocked" not in isup.bench.system.maintenance().circuit_state(cic),
        within=SECOND,
        awaited=f"circuit {cic} idle and not blocked",
        state=lambda: isup.bench.system.maintenance().circuit_state(cic),
    )


@case(
    "Q.784.1/1.2.5a",
    "Circuit group reset received",
    clauses=["Q.764 2.9.3.2", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup",
)
def test_group_reset_received(isup: IsupTester) -> None:
    """GRS for a range of circuits is answered by GRA with the same range, all status bits 0."""
    cic, count = two(isup)
    isup.send_message(cic, "GRS", range=count - 1, status=b"")
    isup.expect(
        cic,
        "GRA",
        within=ANSWER,
        where=lambda got: (
            got.range_and_status.range == count - 1 and not any(bytes(got.range_and_status.status))
        ),
    )


@case(
    "Q.784.1/1.2.5b",
    "Circuit group reset received, range 0",
    clauses=["Q.764 2.9.3.2", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup",
)
def test_group_reset_of_range_0(isup: IsupTester) -> None:
    """Range 0 is not allowed in GRS: the message is discarded."""
    cic, _ = two(isup)
    isup.send_message(cic, "GRS", range=0, status=b"", deliberate=True)
    isup.expect_nothing(cic, during=ANSWER)
    still_works(isup, cic)


@case(
    "Q.784.1/1.2.5c",
    "Circuit group reset received, range 32",
    clauses=["Q.764 2.9.3.2", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup",
)
def test_group_reset_of_range_32(isup: IsupTester) -> None:
    """Range 32 and more is not allowed in GRS: the message is discarded."""
    cic, _ = two(isup)
    isup.send_message(cic, "GRS", range=32, status=b"", deliberate=True)
    isup.expect_nothing(cic, during=ANSWER)
    still_works(isup, cic)


@case(
    "Q.784.1/1.2.6",
    "Circuit group reset sent",
    clauses=["Q.764 2.9.3.2"],
    proves=["N-01", "M-03"],
    needs="isup.maintenance",
)
def test_group_reset_sent(isup: IsupTester) -> None:
    """Ordered to reset a group, the system sends GRS with the right range and is content with GRA."""
    cic, count = two(isup)
    isup.bench.system.maintenance().reset_group(cic, count)
    isup.expect(cic, "GRS", within=ANSWER, where=lambda got: got.range_and_status.range == count - 1)
    isup.send_message(cic, "GRA", range=count - 1, status=bytes((count + 7) // 8))
    isup.expect_nothing(cic, during=65 * SECOND)
    isup.expect_idle(cic)


@case(
    "Q.784.1/1.3.1.1a",
    "Circuit group blocking and unblocking received, maintenance oriented",
    clauses=["Q.764 2.8.2.1", "Q.763 3.13"],
    proves=["N-01"],
    needs="isup",
)
def test_group_blocking_received(isup: IsupTester) -> None:
    """CGB is answered by CGBA, CGU by CGUA, each with the range and status it acknowledges."""
    group_blocking_received(isup, supervision=0)


@case(
    "Q.784.1/1.3.1.1d",
    "Circuit group blocking and unblocking received, hardware failure oriented",
    clauses=["Q.764 2.8.2.2", "Q.763 3.13"],
    proves=["N-01"],
    needs="isup",
)
def test_hardware_group_blocking_received(isup: IsupTester) -> None:
    """As for maintenance, with the type indicator of hardware failure in every message."""
    group_blocking_received(isup, supervision=1)


def group_blocking_received(isup: IsupTester, *, supervision: int) -> None:
    """Block and unblock a group from the tester's side."""
    cic, count = two(isup)
    status = bytes(((1 << count) - 1,))
    for order, answer in (("CGB", "CGBA"), ("CGU", "CGUA")):
        isup.send_message(cic, order, supervision=supervision, range=count - 1, status=status)
        isup.expect(
            cic,
            answer,
            within=ANSWER,
            supervision=supervision,
            where=lambda got: (
                got.range_and_status.range == count - 1 and bytes(got.range_and_status.status) == status
            ),
        )
        blocked = "blocked" in isup.bench.system.maintenance().circuit_state(cic + count - 1)
        isup.bench.until(
            lambda: blocked is (order == "CGB"),  # noqa: B023 - called at once
            within=0,
            awaited=f"circuit {cic + count - 1} {'blocked' if order == 'CGB' else 'not blocked'}",
        )


@case(
    "Q.784.1/1.3.1.2a",
    "Circuit group blocking and unblocking sent, maintenance oriented",
    clauses=["Q.764 2.8.2.1"],
    proves=["N-01", "M-03"],
    needs="isup.maintenance",
)
def test_group_blocking_sent(isup: IsupTester) -> None:
    """Ordered, the system sends CGB and CGU for the group and takes the acknowledgements."""
    cic, count = two(isup)
    status = bytes(((1 << count) - 1,))
    maintenance = isup.bench.system.maintenance()
    for give, order, answer in (
        (maintenance.block_group, "CGB", "CGBA"),
        (maintenance.unblock_group, "CGU", "CGUA"),
    ):
        give(cic, count)
        isup.expect(
            cic,
            order,
            within=ANSWER,
            supervision=0,
            where=lambda got: bytes(got.range_and_status.status) == status,
        )
        isup.send_message(cic, answer, supervision=0, range=count - 1, status=status)
        isup.expect_nothing(cic, during=65 * SECOND)


@case("Q.784.1/1.3.2.1", "BLO received", clauses=["Q.764 2.8.2"], proves=["N-01"], needs="isup")
def test_blocking_received(isup: IsupTester) -> None:
    """BLO is answered by BLA, UBL by UBA; in between the circuit is remotely blocked."""
    cic = isup.free_circuit()
    isup.send_message(cic, "BLO")
    isup.expect(cic, "BLA", within=ANSWER)
    isup.bench.until(
        lambda: "remotely blocked" in isup.bench.system.maintenance().circuit_state(cic),
        within=SECOND,
        awaited=f"circuit {cic} remotely blocked",
        state=lambda: isup.bench.system.maintenance().circuit_state(cic),
    )
    isup.send_message(cic, "UBL")
    isup.expect(cic, "UBA", within=ANSWER)
    isup.expect_idle(cic)


@case(
    "Q.784.1/1.3.2.2", "BLO sent", clauses=["Q.764 2.8.2"], proves=["N-01", "M-03"], needs="isup.maintenance"
)
def test_blocking_sent(isup: IsupTester) -> None:
    """Ordered, the system sends BLO and UBL and takes the acknowledgements."""
    cic = isup.free_circuit()
    isup.bench.system.maintenance().block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")
    isup.expect_nothing(cic, during=65 * SECOND)
    isup.bench.system.maintenance().unblock(cic)
    isup.expect(cic, "UBL", within=ANSWER)
    isup.send_message(cic, "UBA")
    isup.expect_nothing(cic, during=65 * SECOND)
    isup.expect_idle(cic)


@case(
    "Q.784.1/1.3.2.3",
    "Blocking from both ends, removed at one end",
    clauses=["Q.764 2.8.2"],
    proves=["N-01", "M-03"],
    needs="isup.maintenance",
)
def test_blocking_from_both_ends(isup: IsupTester) -> None:
    """Blocked from both ends, a circuit stays blocked when the far end unblocks."""
    cic = isup.free_circuit()
    maintenance = isup.bench.system.maintenance()
    maintenance.block(cic)
    isup.expect(cic, "BLO", within=ANSWER)
    isup.send_message(cic, "BLA")
    isup.send_message(cic, "BLO")
    isup.expect(cic, "BLA", within=ANSWER)
    isup.send_message(cic, "UBL")
    isup.expect(cic, "UBA", within=ANSWER)
    isup.bench.until(
        lambda: (
            "locally blocked" in maintenance.circuit_state(cic)
            and "remotely blocked" not in maintenance.circuit_state(cic)
        ),
        within=SECOND,
        awaited=f"circuit {cic} locally blocked only",
        state=lambda: maintenance.circuit_state(cic),
    )


@case(
    "Q.784.1/1.3.2.4",
    "IAM received on a remotely blocked circuit",
    clauses=["Q.764 2.8.2.3"],
    proves=["N-01"],
    needs="isup",
)
def test_iam_unblocks(isup: IsupTester) -> None:
    """An IAM from the end that blocked removes the blocking, and the call goes on."""
    cic = isup.free_circuit()
    isup.send_message(cic, "BLO")
    isup.expect(cic, "BLA", within=ANSWER)
    still_works(isup, cic)
    isup.bench.until(
        lambda: "blocked" not in isup.bench.system.maintenance().circuit_state(cic),
        within=SECOND,
        awaited=f"circuit {cic} not blocked",
        state=lambda: isup.bench.system.maintenance().circuit_state(cic),
    )


@case(
    "Q.784.1/1.3.2.5",
    "Blocking with CGB, unblocking with UBL",
    clauses=["Q.764 2.8.2.1"],
    proves=["N-01"],
    needs="isup",
)
def test_group_blocking_and_single_unblocking(isup: IsupTester) -> None:
    """A circuit blocked by a maintenance CGB is unblocked by UBL."""
    cic, count = two(isup)
    isup.send_message(cic, "CGB", supervision=0, range=count - 1, status=bytes(((1 << count) - 1,)))
    isup.expect(cic, "CGBA", within=ANSWER)
    isup.send_message(cic + 1, "UBL")
    isup.expect(cic + 1, "UBA", within=ANSWER)
    isup.bench.until(
        lambda: "blocked" not in isup.bench.system.maintenance().circuit_state(cic + 1),
        within=SECOND,
        awaited=f"circuit {cic + 1} not blocked",
        state=lambda: isup.bench.system.maintenance().circuit_state(cic + 1),
    )

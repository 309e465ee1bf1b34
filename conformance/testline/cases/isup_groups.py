"""ISUP: groups of circuits (Q.784.1 groups 1.2 and 1.3). The tester is SP B, the system SP A."""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_supervision import ANSWER, still_works, two
from testline.layers.isup import status_octets
from testline.testers.isup import IsupTester
from testrig.clock import SECOND

MAINTENANCE, HARDWARE = 0, 1
"""Type indicator of a circuit group supervision message (Q.763 3.13)."""
RANGE_TOO_LARGE: Final = 34
REMOTELY_BLOCKED, IDLE, REMOTELY_FAILED = 0b000010, 0b001100, 0b100000
"""Bits of a circuit state indicator (Q.763 3.14): B to A maintenance, D to C the call, F to E hardware."""


def state_of(isup: IsupTester, cic: int) -> str:
    """The state of a circuit, as the maintenance client tells it."""
    return isup.bench.system.maintenance().circuit_state(cic)


def expect_state(isup: IsupTester, cic: int, *, blocked: bool) -> None:
    """A circuit is remotely blocked, or not."""
    isup.bench.until(
        lambda: ("remotely blocked" in state_of(isup, cic)) is blocked,
        within=SECOND,
        awaited=f"circuit {cic} {'' if blocked else 'not '}remotely blocked",
        state=lambda: state_of(isup, cic),
    )


@case(
    "Q.784.1/1.2.7",
    "Circuit group reset received on remotely blocked circuits",
    clauses=["Q.764 2.9.3.2"],
    proves=["N-01"],
    needs="isup.group_supervision",
)
def test_group_reset_of_remotely_blocked_circuits(isup: IsupTester) -> None:
    """GRS from the end that blocked removes the blocking of all circuits of the group; GRA answers it."""
    cic, count = two(isup)
    isup.send_message(cic, "BLO")
    isup.expect(cic, "BLA", within=ANSWER)
    status = status_octets(count)
    isup.send_message(cic, "CGB", supervision=MAINTENANCE, range=count - 1, status=status)
    isup.expect(cic, "CGBA", within=ANSWER)
    for each in range(cic, cic + count):
        expect_state(isup, each, blocked=True)
    isup.send_message(cic, "GRS", range=count - 1, status=b"")
    isup.expect(cic, "GRA", within=ANSWER, range=count - 1)
    for each in range(cic, cic + count):
        expect_state(isup, each, blocked=False)
    still_works(isup, cic)


def refused_group(isup: IsupTester, supervision: int, reach: int) -> None:
    """CGB and CGU with a range that is not allowed are discarded: no answer, nothing blocked."""
    cic, _ = two(isup)
    status = status_octets(reach + 1)
    for order in ("CGB", "CGU"):
        isup.send_message(cic, order, supervision=supervision, range=reach, status=status, deliberate=True)
        isup.expect_nothing(cic, during=ANSWER)
        expect_state(isup, cic, blocked=False)
    still_works(isup, cic)


@case(
    "Q.784.1/1.3.1.1b",
    "Circuit group blocking received, maintenance oriented, range 0",
    clauses=["Q.764 2.8.2.1", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup.group_supervision",
)
def test_group_blocking_of_range_0(isup: IsupTester) -> None:
    """Range 0 is not allowed in CGB and CGU: both are discarded."""
    refused_group(isup, MAINTENANCE, 0)


@case(
    "Q.784.1/1.3.1.1c",
    "Circuit group blocking received, maintenance oriented, range above 32",
    clauses=["Q.764 2.8.2.1", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup.group_supervision",
)
def test_group_blocking_of_too_many(isup: IsupTester) -> None:
    """More status bits set than 32 circuits is not allowed in CGB and CGU: both are discarded."""
    refused_group(isup, MAINTENANCE, RANGE_TOO_LARGE)


@case(
    "Q.784.1/1.3.1.1e",
    "Circuit group blocking received, hardware failure oriented, range 0",
    clauses=["Q.764 2.8.2.2", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup.group_supervision",
)
def test_hardware_group_blocking_of_range_0(isup: IsupTester) -> None:
    """As for maintenance, with the type indicator of hardware failure."""
    refused_group(isup, HARDWARE, 0)


@case(
    "Q.784.1/1.3.1.1f",
    "Circuit group blocking received, hardware failure oriented, range above 32",
    clauses=["Q.764 2.8.2.2", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup.group_supervision",
)
def test_hardware_group_blocking_of_too_many(isup: IsupTester) -> None:
    """As for maintenance, with the type indicator of hardware failure."""
    refused_group(isup, HARDWARE, RANGE_TOO_LARGE)


@case(
    "ISUP/18",
    "Group blocking of some circuits of the range",
    clauses=["Q.764 2.8.2.1", "Q.763 3.43"],
    proves=["N-01"],
    needs="isup.group_supervision",
)
def test_group_blocking_of_some(isup: IsupTester) -> None:
    """Only the circuits whose status bit is 1 are blocked, and the acknowledgement has those bits."""
    cic, count = two(isup)
    marked = [0, count - 1]
    status = status_octets(count, marked)
    isup.send_message(cic, "CGB", supervision=MAINTENANCE, range=count - 1, status=status)
    isup.expect(cic, "CGBA", within=ANSWER, range=count - 1, status=status)
    for offset in range(count):
        expect_state(isup, cic + offset, blocked=offset in marked)


@case(
    "ISUP/19",
    "Blocking for both reasons, unblocked for one",
    clauses=["Q.764 2.8.2.1", "Q.764 2.8.2.2"],
    proves=["N-01"],
    needs="isup.group_supervision",
)
def test_both_blockings_are_apart(isup: IsupTester) -> None:
    """A circuit blocked for maintenance and for hardware stays blocked until both are removed."""
    cic, count = two(isup)
    status = status_octets(count)
    for order, kind, left in (
        ("CGB", MAINTENANCE, True),
        ("CGB", HARDWARE, True),
        ("CGU", MAINTENANCE, True),
        ("CGU", HARDWARE, False),
    ):
        isup.send_message(cic, order, supervision=kind, range=count - 1, status=status)
        isup.expect(cic, f"{order}A", within=ANSWER, supervision=kind, status=status)
        expect_state(isup, cic, blocked=left)
    still_works(isup, cic)


@case(
    "ISUP/49",
    "Circuit group query",
    clauses=["Q.764 2.8.3", "Q.763 3.14"],
    proves=["N-01"],
    needs=("isup.group_query", "isup.group_supervision"),
)
def test_group_query(isup: IsupTester) -> None:
    """CQR has an octet for each circuit: idle, and what it is blocked for from here."""
    cic, count = two(isup)
    expected = bytearray([IDLE] * count)
    for kind, offset, blocked in ((MAINTENANCE, count - 1, REMOTELY_BLOCKED), (HARDWARE, 0, REMOTELY_FAILED)):
        status = status_octets(count, [offset])
        isup.send_message(cic, "CGB", supervision=kind, range=count - 1, status=status)
        isup.expect(cic, "CGBA", within=ANSWER, supervision=kind, status=status)
        expected[offset] |= blocked
    isup.send_message(cic, "CQM", range=count - 1)
    got = isup.expect(cic, "CQR", within=ANSWER, range=count - 1)
    states = bytes(got.circuit_state_indicator.states)
    isup.bench.until(
        lambda: states == expected, within=0, awaited=f"states {expected.hex(' ')}", state=states.hex(" ")
    )

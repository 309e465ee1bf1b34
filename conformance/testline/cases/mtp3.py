"""MTP level 3: signalling link test, discrimination, link management (Q.704, Q.707).

Q.782 numbers are for a network of several links; these are the purposes that one link has.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.layers.mtp3 import decode_link_test
from testline.testers.link import LinkState
from testline.testers.mtp3 import Mtp3Tester
from testrig.clock import SECOND

ISUP_SI: Final = 5
SPARE_SI: Final = 11
"""A service indicator that Q.704 14.2.1 leaves spare."""


@case(
    "MTP3/1",
    "Link test is answered with the same pattern",
    clauses=["Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3",
)
def test_sltm_is_answered(mtp3: Mtp3Tester) -> None:
    """Test patterns of 1 to 15 octets come back unchanged, from and to the right points."""
    for length in (1, 2, 8, 15):
        pattern = bytes(range(0x40, 0x40 + length))
        mtp3.send_sltm(pattern)
        mtp3.expect_slta(pattern, within=SECOND)


@case(
    "MTP3/2",
    "Link test is sent when the link comes into service",
    clauses=["Q.707 2.2", "Q.704 12.2"],
    proves=["N-01"],
    needs="mtp3",
)
def test_sltm_is_sent_after_alignment(mtp3: Mtp3Tester) -> None:
    """The system tests the link itself: SLTM with its code and a pattern of 1 to 15 octets."""
    mtp3.link.stop()
    mtp3.forget()
    mtp3.bring_up()
    test = mtp3.expect_sltm(within=5 * SECOND)
    pattern = decode_link_test(test.data).pattern
    mtp3.bench.until(
        lambda: 1 <= len(pattern) <= 15 and test.sls == mtp3.bench.pixit.slc,
        within=0,
        awaited=f"a pattern of 1 to 15 octets for link code {mtp3.bench.pixit.slc}",
        state=f"pattern of {len(pattern)} octets for link code {test.sls}",
    )


@case(
    "MTP3/3",
    "Link test is repeated, timer T2 of Q.707",
    clauses=["Q.707 5.5"],
    proves=["N-01"],
    needs="mtp3.periodic_test",
)
def test_sltm_is_periodic(mtp3: Mtp3Tester) -> None:
    """In service the link is tested again every T2."""
    mtp3.forget()
    first = mtp3.expect_sltm(within=95 * SECOND)
    second = mtp3.expect_sltm(within=95 * SECOND)
    measure_time(mtp3.bench, "T2 (Q.707)", second.at - first.at, 30, 90, "Q.707 5.5")


@case(
    "MTP3/4",
    "Link test not answered, timer T1 of Q.707",
    clauses=["Q.707 2.2", "Q.707 5.5"],
    proves=["N-01"],
    needs="mtp3",
)
def test_unanswered_sltm_fails_the_link(mtp3: Mtp3Tester) -> None:
    """No SLTA: the test is repeated once after T1; unanswered again, the link is taken out of service."""
    mtp3.answering = False
    mtp3.link.stop()
    mtp3.link.restarting = False
    mtp3.forget()
    mtp3.link.bring_up(emergency=True)
    first = mtp3.expect_sltm(within=5 * SECOND)
    second = mtp3.expect_sltm(within=14 * SECOND)
    measure_time(mtp3.bench, "T1 (Q.707)", second.at - first.at, 4, 12, "Q.707 5.5")
    mtp3.bench.until(
        lambda: mtp3.link.state is LinkState.OUT_OF_SERVICE,
        within=14 * SECOND,
        awaited="the link out of service",
        state=mtp3.where,
    )


@case(
    "MTP3/5", "Link test answered with a wrong pattern", clauses=["Q.707 2.2"], proves=["N-01"], needs="mtp3"
)
def test_wrong_slta_is_no_answer(mtp3: Mtp3Tester) -> None:
    """An SLTA with another pattern does not count: the test is repeated and then the link fails."""
    mtp3.answering = False
    mtp3.link.stop()
    mtp3.link.restarting = False
    mtp3.forget()
    mtp3.link.bring_up(emergency=True)
    for _ in range(2):
        test = mtp3.expect_sltm(within=14 * SECOND)
        pattern = decode_link_test(test.data).pattern
        mtp3.send_slta(bytes(octet ^ 0xFF for octet in pattern), deliberate=True)
    mtp3.bench.until(
        lambda: mtp3.link.state is LinkState.OUT_OF_SERVICE,
        within=14 * SECOND,
        awaited="the link out of service",
        state=mtp3.where,
    )


@case(
    "MTP3/6",
    "Link test with a wrong destination",
    clauses=["Q.704 2.4", "Q.707 2.2"],
    proves=["N-01"],
    needs="mtp3",
)
def test_wrong_dpc_is_discarded(mtp3: Mtp3Tester) -> None:
    """A signalling link test for another point code is not answered, and does no harm."""
    mtp3.send_sltm(b"\x01\x02", dpc=mtp3.other ^ 1, deliberate=True)
    mtp3.expect_not("SLTA", during=3 * SECOND)
    mtp3.send_sltm(b"\x03\x04")
    mtp3.expect_slta(b"\x03\x04", within=SECOND)


@case(
    "MTP3/7", "Wrong network indicator", clauses=["Q.704 2.4", "Q.704 14.2.2"], proves=["N-01"], needs="mtp3"
)
def test_wrong_network_indicator_is_discarded(mtp3: Mtp3Tester) -> None:
    """A signalling link test of another network is not answered, and does no harm."""
    mtp3.send_sltm(b"\x05\x06", ni=mtp3.ni ^ 1, deliberate=True)
    mtp3.expect_not("SLTA", during=3 * SECOND)
    mtp3.send_sltm(b"\x07\x08")
    mtp3.expect_slta(b"\x07\x08", within=SECOND)


@case("MTP3/8", "Unequipped user part", clauses=["Q.704 11.2.7", "Q.704 2.4"], proves=["N-01"], needs="mtp3")
def test_unknown_service_does_no_harm(mtp3: Mtp3Tester) -> None:
    """A message for a user part that the system has not got leaves the link in service.

    Whether a user part unavailable message comes back is the system's choice of edition.
    """
    mtp3.send(SPARE_SI, b"\x00\x01\x02\x03", deliberate=True)
    mtp3.bench.run(SECOND)
    mtp3.send_sltm(b"\x09\x0a")
    mtp3.expect_slta(b"\x09\x0a", within=SECOND)


@case(
    "MTP3/9",
    "Link is restored after a failure",
    clauses=["Q.704 12.2.3", "Q.704 16.8"],
    proves=["N-01"],
    needs="mtp3",
)
def test_link_is_restored(mtp3: Mtp3Tester) -> None:
    """After a failure the system aligns the link again by itself and tests it."""
    mtp3.link.stop()
    mtp3.bench.run(SECOND)
    mtp3.forget()
    mtp3.link.bring_up(within=60 * SECOND)
    mtp3.expect_sltm(within=5 * SECOND)


@case(
    "MTP3/10",
    "Truncated messages do no harm",
    clauses=["Q.704 2.2", "Q.704 14"],
    proves=["N-01"],
    needs="mtp3",
)
def test_truncated_label_does_no_harm(mtp3: Mtp3Tester) -> None:
    """MSUs that end within the routing label are discarded; the link stays in service."""
    label = mtp3.label(ISUP_SI)
    for length in range(3, len(label)):
        mtp3.link.send_msu(label[:length], deliberate=True)
    mtp3.bench.run(SECOND)
    mtp3.send_sltm(b"\x0b\x0c")
    mtp3.expect_slta(b"\x0b\x0c", within=SECOND)

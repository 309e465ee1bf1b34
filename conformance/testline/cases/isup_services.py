"""ISUP: what a call centre may leave to other exchanges (Q.784.1 groups 5 to 8).

Fallback, multirate, congestion, user part test. A system that declares these not supported is not judged by
them.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.isup_supervision import ANSWER, answered_call, outgoing, still_works
from testline.cases.isup_timers import ANNEX, arrival
from testline.cases.isup_transit import cleared, holds, through
from testline.cases.mtp2_state import measure_time
from testline.layers.isup_parameters import (
    AutomaticCongestionLevel,
    Octets,
    Parameter,
)
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.tup_centre import TransitCentre
from testline.verdicts import Inconclusive
from testrig.clock import MINUTE, SECOND

MULTIRATE: Final = 10
"""Transmission medium requirement: 1,920 kbit/s unrestricted (Q.763 3.54)."""
PREFERRED: Final = 6
"""Transmission medium requirement: 64 kbit/s preferred (Q.763 3.54)."""
NOT_AVAILABLE: Final = frozenset((58, 63, 65, 79))
"""Causes of a bearer that is not there (Q.850 table 1)."""


# 5.1 to 6.6


@case(
    "Q.784.1/5.1",
    "Inability to release",
    clauses=["Q.764 2.9.6"],
    proves=["N-01"],
    needs="isup.release_failure",
)
def test_circuit_that_cannot_be_released(isup: IsupTester) -> None:
    """A circuit that cannot be made idle is blocked. No client makes a circuit fail so."""
    raise Inconclusive(f"nothing makes a circuit of {isup.pixit.point_code} fail to become idle")


@case(
    "Q.784.1/6.4.2",
    "Forward transfer received in a call to a subscriber",
    clauses=["Q.764 2.1.11"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_forward_transfer_received(isup: IsupTester) -> None:
    """FOT in an answered call to a subscriber is not answered and does not disturb the call."""
    call = answered_call(isup)
    call.send("FOT")
    call.expect_nothing(during=2 * SECOND)
    call.release()
    isup.expect_idle(call.cic)


@case(
    "Q.784.1/6.4.3",
    "Forward transfer in a call by codes 11 and 12",
    clauses=["Q.764 2.1.11", "Q.763 3.9"],
    proves=["N-01"],
    needs="isup.forward_transfer",
    setup="transit",
)
def test_forward_transfer_by_code_11(transit: TransitCentre) -> None:
    """A call to an operator by code 11 passes, and so does its FOT."""
    caller, party = through(transit, transit.number("isup") + "B", category=2)
    caller.call.send("FOT")
    party.call.expect("FOT", within=ANSWER)
    cleared(transit, caller, party)


@case(
    "Q.784.1/6.4.4",
    "Forward transfer received in a call by codes 11 and 12",
    clauses=["Q.764 2.1.11", "Q.763 3.9"],
    proves=["N-01"],
    needs="isup.forward_transfer",
)
def test_forward_transfer_by_code_12(isup: IsupTester) -> None:
    """A call to an operator by code 12 is answered, and its FOT calls the operator in."""
    call = isup.seize(called="C", category=2)
    call.answered(within=20 * SECOND)
    call.send("FOT")
    call.expect_nothing(during=2 * SECOND)
    call.release()


def fallback(transit: TransitCentre, prime: bool) -> None:
    """A 64 kbit/s preferred call goes on with its fallback medium, or without."""
    optional = [Parameter(code=62, contents=Octets(b"\x00"))] if prime else []
    caller, party = through(transit, medium=PREFERRED, optional=optional)
    holds(transit, "64 kbit/s preferred", that=party.call.iam.medium == PREFERRED, state="other medium")
    cleared(transit, caller, party)


@case(
    "Q.784.1/6.6.1",
    "Fallback does not occur",
    clauses=["Q.764 2.5"],
    proves=["N-01"],
    needs="isup.fallback",
    setup="transit",
)
def test_no_fallback(transit: TransitCentre) -> None:
    """A call with a fallback medium passes with both media."""
    fallback(transit, prime=True)


@case(
    "Q.784.1/6.6.2",
    "Fallback occurs behind the system",
    clauses=["Q.764 2.5"],
    proves=["N-01"],
    needs="isup.fallback",
    setup="transit",
)
def test_fallback_behind(transit: TransitCentre) -> None:
    """The medium used, told in ACM, goes back to the caller's exchange."""
    caller, party = through(
        transit, medium=PREFERRED, optional=[Parameter(code=62, contents=Octets(b"\x00"))]
    )
    party.call.send("ACM", optional=[Parameter(code=53, contents=Octets(b"\x00"))])
    got = caller.call.expect("ACM", within=ANSWER)
    holds(transit, "transmission medium used", that=got.parameter(53) is not None, state="not there")
    cleared(transit, caller, party)


@case(
    "Q.784.1/6.6.3",
    "Fallback occurs in the system",
    clauses=["Q.764 2.5"],
    proves=["N-01"],
    needs="isup.fallback",
)
def test_fallback_here(isup: IsupTester) -> None:
    """A system that answers by telephone only tells the medium used in ACM or CON."""
    prime = Parameter(code=62, contents=Octets(b"\x00"))
    call = isup.seize(called=isup.pixit.menu_number, medium=PREFERRED, optional=[prime])
    got = call.expect("ACM", "CON", within=10 * SECOND)
    isup.bench.until(lambda: got.parameter(53) is not None, within=0, awaited="transmission medium used")
    call.expect("ANM", within=10 * SECOND)
    call.release()


def no_bearer(isup: IsupTester, medium: int) -> None:
    """A call with a bearer the system does not have is released at once, and the circuit is idle."""
    call = isup.seize(called=isup.pixit.menu_number, medium=medium)
    call.expect("REL", within=ANSWER, cause=set(NOT_AVAILABLE))
    call.send("RLC")
    isup.expect_idle(call.cic)
    still_works(isup, call.cic)


@case(
    "Q.784.1/6.6.4",
    "Fallback connection type at an exchange without the procedure",
    clauses=["Q.764 2.5", "Q.850 table 1"],
    proves=["N-01"],
    needs="isup.bearer_refusal",
)
def test_preferred_is_refused(isup: IsupTester) -> None:
    """64 kbit/s preferred is refused with a cause of its class where there is no fallback."""
    no_bearer(isup, PREFERRED)


@case(
    "Q.784.1/7.3.6",
    "Multirate call at an exchange without the procedure",
    clauses=["Q.764 2.1.1", "Q.850 table 1"],
    proves=["N-01"],
    needs="isup.bearer_refusal",
)
def test_multirate_is_refused(isup: IsupTester) -> None:
    """A 1,920 kbit/s call is refused with a cause of its class where there is no such bearer."""
    no_bearer(isup, MULTIRATE)


# 8: congestion, user part test


@case(
    "Q.784.1/8.1.1",
    "Automatic congestion level received",
    clauses=["Q.764 2.11", "Q.763 3.4"],
    proves=["N-01"],
    needs="isup.congestion_control",
)
def test_congestion_level_received(centre: Centre) -> None:
    """REL with a congestion level is acknowledged, and of the next three calls at least one is held back.

    Two minutes behind the last such REL every call goes out again.
    """
    call = outgoing(centre)
    call.send("REL", cause=42, optional=[AutomaticCongestionLevel(level=2)])
    call.expect("RLC", within=ANSWER)
    calls = 3
    for index in range(1, 1 + calls):
        agent = centre.agent(index)
        agent.sign_on()
        agent.telephone.lift()
        centre.bench.run(SECOND // 4)
        agent.dial(f"{centre.pixit.outgoing_prefix}02155556666")
        centre.bench.run(SECOND // 4)
    came = [got for waiting in centre.isup.inbox.values() for got in waiting if got.title == "IAM"]
    centre.bench.until(
        lambda: len(came) < calls, within=0, awaited="fewer calls than dialled", state=f"{len(came)} IAMs"
    )
    centre.bench.run(2 * MINUTE)
    for waiting in centre.isup.inbox.values():
        waiting.clear()
    for _ in range(6):
        centre.agent(0).telephone.replace()
        centre.bench.run(5 * SECOND)
        centre.agent(0).sign_off()
        outgoing(centre).release()


def own_point(isup: IsupTester) -> bytes:
    """The tester's own point code, the affected destination of its UPU (Q.704 15.17.2)."""
    size = 3 if isup.pixit.variant == "china24" else 2
    return isup.pixit.tester_point_code.to_bytes(size, "little")


@case(
    "Q.784.1/8.2.2",
    "Sending of UPT",
    clauses=["Q.764 2.13", "Q.704 11.2.7"],
    proves=["N-01"],
    needs="isup.user_part_test",
)
def test_user_part_test_sent(isup: IsupTester) -> None:
    """Told that the user part is not there (UPU), the system asks for it by UPT, and takes UPA."""
    isup.answers.discard("UPT")
    isup.mtp3.send_management("UPU", own_point(isup) + b"\x05")
    call = isup.wait_for("UPT", within=11 * MINUTE)
    call.send("UPA")
    isup.expect_nothing(call.cic, during=11 * MINUTE)


@case(
    "Q.784.1/8.2.3",
    "T4, no answer to UPT",
    clauses=["Q.764 2.13", ANNEX],
    proves=["N-01"],
    needs="isup.user_part_test",
)
def test_t4(isup: IsupTester) -> None:
    """UPT not answered is repeated every T4 (5 to 15 min)."""
    isup.answers.discard("UPT")
    isup.mtp3.send_management("UPU", own_point(isup) + b"\x05")
    call = isup.wait_for("UPT", within=16 * MINUTE)
    again = arrival(isup, call.cic, "UPT", within=16 * MINUTE)
    measure_time(isup.bench, "T4", again.at - call.received[0].at, 300, 900, ANNEX)
    call.send("UPA")

"""TUP: supervision of circuits (Q.783 group 1). The tester is SP B, the system SP A.

Numbers without a letter are those of the test list of Q.783; `TUP/1.n` are cases of our own. Not here,
because a system under test gives no order for them: HGB sent (1.3.1.2), check calls sent (1.4.2,
1.4.4); and interruption of FDM circuits (1.3.2.4), of which there are none.
"""

from __future__ import annotations

import random
from typing import Any, Final

from testline.case import case
from testline.layers.tup import group_circuits, message
from testline.layers.tup_messages import Unknown
from testline.testers.tup_centre import ANSWER, TupCentre
from testrig.clock import SECOND

QUIET: Final = 70 * SECOND
"""Frames in which a repetition of a supervision message would show: the long period is 1 minute."""
CHECK_HZ: Final = 2000.0
"""Check tone (Q.724 7.4.1)."""
CHECK_DBM0: Final = -12.0
RETURNED_DBM0: Final = (-13.0, -11.0)
"""What comes back through a digital loop."""


def bits(count: int) -> bytes:
    """Status octets of `count` circuits, all marked."""
    return ((1 << count) - 1).to_bytes((count + 7) // 8, "little")


@case(
    "Q.783/1.1",
    "Non-allocated circuits",
    clauses=["Q.783 1.1"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_unknown_circuit(tup: TupCentre) -> None:
    """Messages on a circuit that does not exist are discarded and do nothing to the others."""
    cic = max(tup.tester.circuits) + 500
    for name, fields in (("IAM", {"called": tup.pixit.menu_number}), ("CLF", {}), ("BLO", {}), ("RSC", {})):
        tup.tester.send_message(cic, name, deliberate=True, **fields)
        tup.tester.expect_nothing(cic, during=2 * SECOND)
    tup.still_works(tup.tester.free_circuit())


@case(
    "Q.783/1.2.1",
    "RSC received on an idle circuit",
    clauses=["Q.783 1.2.1"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_reset_received(tup: TupCentre) -> None:
    """RSC on an idle circuit is answered by RLG, once."""
    cic = tup.tester.free_circuit()
    tup.tester.send_message(cic, "RSC")
    tup.tester.expect(cic, "RLG", within=ANSWER)
    tup.tester.expect_nothing(cic, during=QUIET)
    tup.tester.expect_idle(cic)


@case(
    "Q.783/1.2.2",
    "RSC sent on an idle circuit",
    clauses=["Q.783 1.2.2"],
    proves=["N-01", "M-03"],
    needs="tup.maintenance",
    setup="tup",
)
def test_reset_sent(tup: TupCentre) -> None:
    """Ordered to reset a circuit, the system sends RSC and is content with RLG."""
    cic = tup.tester.free_circuit()
    tup.bench.system.maintenance().reset(cic)
    tup.tester.expect(cic, "RSC", within=ANSWER)
    tup.tester.send_message(cic, "RLG")
    tup.tester.expect_nothing(cic, during=QUIET)
    tup.tester.expect_idle(cic)


@case(
    "TUP/1.1",
    "RSC received on a locally blocked circuit",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.maintenance",
    setup="tup",
)
def test_reset_of_locally_blocked_circuit(tup: TupCentre) -> None:
    """A locally blocked circuit stays blocked when the far end resets it: BLO again, and RLG."""
    cic = tup.tester.free_circuit()
    tup.bench.system.maintenance().block(cic)
    tup.tester.expect(cic, "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.bench.run(SECOND)
    tup.tester.send_message(cic, "RSC")
    first = tup.tester.expect(cic, "BLO", "RLG", within=ANSWER)
    tup.tester.expect(cic, "RLG" if first.title == "BLO" else "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.is_in(cic, has=["locally blocked"])


@case(
    "TUP/1.2",
    "RSC received on a remotely blocked circuit",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_reset_of_remotely_blocked_circuit(tup: TupCentre) -> None:
    """RSC from the end that blocked removes the blocking."""
    cic = tup.tester.free_circuit()
    tup.tester.send_message(cic, "BLO")
    tup.tester.expect(cic, "BLA", within=ANSWER)
    tup.tester.send_message(cic, "RSC")
    tup.tester.expect(cic, "RLG", within=ANSWER)
    tup.is_in(cic, lacks=["blocked"])


@case(
    "Q.783/1.2.3",
    "Group reset received",
    clauses=["Q.783 1.2.3", "Q.723 3.10"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_group_reset_received(tup: TupCentre) -> None:
    """GRS is answered by GRA with the same range, all status bits 0."""
    cic, count = tup.run_of(), 6
    tup.tester.send_message(cic, "GRS", range=count - 1)
    tup.tester.expect(
        cic, "GRA", within=ANSWER, range=count - 1, where=lambda got: not any(bytes(got.status))
    )
    tup.still_works(cic + count - 1)


@case(
    "TUP/1.3",
    "Group reset received, a circuit locally blocked",
    clauses=["Q.723 3.10", "Q.724 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.group_supervision", "tup.maintenance"],
    setup="tup",
)
def test_group_reset_tells_of_blocking(tup: TupCentre) -> None:
    """The status bit of a circuit blocked for maintenance is 1 in GRA."""
    cic, count = tup.run_of(), 6
    tup.bench.system.maintenance().block(cic + 2)
    tup.tester.expect(cic + 2, "BLO", within=ANSWER)
    tup.tester.send_message(cic + 2, "BLA")
    tup.bench.run(SECOND)
    tup.tester.send_message(cic, "GRS", range=count - 1)
    tup.tester.expect(
        cic,
        "GRA",
        within=ANSWER,
        where=lambda got: group_circuits(cic, count - 1, bytes(got.status)) == [cic + 2],
    )
    tup.is_in(cic + 2, has=["locally blocked"])


@case(
    "TUP/1.4",
    "Group reset received, calls up",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_group_reset_ends_calls(tup: TupCentre) -> None:
    """GRS over circuits with calls: GRA, and the circuits are idle without any CBK or CLF."""
    cic, count = tup.run_of(), 6
    first, last = tup.in_menu(cic), tup.in_menu(cic + count - 1)
    tup.tester.send_message(cic, "GRS", range=count - 1)
    tup.tester.expect(cic, "GRA", within=ANSWER, range=count - 1)
    for caller in (first, last):
        caller.call.expect_nothing(during=2 * SECOND)
        tup.tester.expect_idle(caller.call.cic)


@case(
    "Q.783/1.2.4",
    "Group reset sent",
    clauses=["Q.783 1.2.4"],
    proves=["N-01", "M-03"],
    needs=["tup.group_supervision", "tup.maintenance"],
    setup="tup",
)
def test_group_reset_sent(tup: TupCentre) -> None:
    """Ordered to reset a group, the system sends GRS with the right range and is content with GRA."""
    cic, count = tup.run_of(), 6
    tup.bench.system.maintenance().reset_group(cic, count)
    tup.tester.expect(cic, "GRS", within=ANSWER, range=count - 1)
    tup.tester.send_message(cic, "GRA", range=count - 1, status=bytes(1))
    tup.tester.expect_nothing(cic, during=QUIET)
    tup.tester.expect_idle(cic)


def group_blocked(tup: TupCentre, orders: tuple[tuple[str, str], ...], marked: range) -> None:
    """Block and unblock the circuits `marked` of six from the tester's side, with each pair order, answer."""
    cic, count = tup.run_of(), 6
    status = bytes((sum(1 << each for each in marked),))
    for number, (order, answer) in enumerate(orders):
        tup.tester.send_message(cic, order, range=count - 1, status=status)
        tup.tester.expect(
            cic, answer, within=ANSWER, range=count - 1, where=lambda got: bytes(got.status) == status
        )
        for each in range(count):
            blocked = each in marked and number == 0
            words = ["remotely blocked"]
            tup.is_in(cic + each, has=words if blocked else [], lacks=[] if blocked else words)


@case(
    "Q.783/1.3.1.1",
    "HGB received",
    clauses=["Q.783 1.3.1.1", "Q.723 3.10"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_hardware_blocking_received(tup: TupCentre) -> None:
    """HGB is answered by HBA, HGU by HUA; in between the circuits are blocked."""
    group_blocked(tup, (("HGB", "HBA"), ("HGU", "HUA")), range(6))


@case(
    "Q.783/1.3.1.3",
    "MGB received",
    clauses=["Q.783 1.3.1.3", "Q.723 3.10"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_maintenance_blocking_received(tup: TupCentre) -> None:
    """MGB is answered by MBA, MGU by MUA; in between the circuits are blocked."""
    group_blocked(tup, (("MGB", "MBA"), ("MGU", "MUA")), range(6))


@case(
    "TUP/1.5",
    "SGB received",
    clauses=["Q.723 3.10"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_software_blocking_received(tup: TupCentre) -> None:
    """SGB is answered by SBA, SGU by SUA; in between the circuits are blocked."""
    group_blocked(tup, (("SGB", "SBA"), ("SGU", "SUA")), range(6))


@case(
    "TUP/1.6",
    "MGB received with some status bits 0",
    clauses=["Q.723 3.10"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_maintenance_blocking_of_some(tup: TupCentre) -> None:
    """Only circuits whose status bit is 1 are blocked, and MBA acknowledges only those."""
    group_blocked(tup, (("MGB", "MBA"), ("MGU", "MUA")), range(1, 6, 2))


@case(
    "TUP/1.7",
    "HGB received, calls up",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_hardware_blocking_ends_calls(tup: TupCentre) -> None:
    """HGB takes the call on its circuit with it: HBA, the call's circuit is free and blocked."""
    cic, count = tup.run_of(), 6
    caller = tup.in_menu(cic + 1)
    tup.tester.send_message(cic, "HGB", range=count - 1, status=bits(count))
    tup.tester.expect(cic, "HBA", within=ANSWER, range=count - 1)
    caller.voice.hears_silence(during=SECOND)
    tup.is_in(cic + 1, has=["idle", "remotely blocked"])


@case(
    "TUP/1.8",
    "MGB received, calls up",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_maintenance_blocking_leaves_calls(tup: TupCentre) -> None:
    """MGB leaves calls up; the circuit is blocked once the call is over."""
    caller, agent = tup.talking()
    cic = caller.call.cic
    first = cic if cic + 1 in tup.tester.circuits else cic - 1
    tup.tester.send_message(first, "MGB", range=1, status=bits(2))
    tup.tester.expect(first, "MBA", within=ANSWER)
    tup.connected(caller, agent)
    tup.over(caller)
    tup.is_in(cic, has=["idle", "remotely blocked"])


@case(
    "Q.783/1.3.1.4",
    "MGB sent",
    clauses=["Q.783 1.3.1.4"],
    proves=["N-01", "M-03"],
    needs=["tup.group_supervision", "tup.maintenance"],
    setup="tup",
)
def test_maintenance_blocking_sent(tup: TupCentre) -> None:
    """Ordered to block a group, the system sends MGB and MGU for it and takes the acknowledgements."""
    cic, count = tup.run_of(), 6
    maintenance = tup.bench.system.maintenance()
    for give, order, answer in (
        (maintenance.block_group, "MGB", "MBA"),
        (maintenance.unblock_group, "MGU", "MUA"),
    ):
        give(cic, count)
        tup.tester.expect(
            cic,
            order,
            within=ANSWER,
            range=count - 1,
            where=lambda got: (
                group_circuits(cic, count - 1, bytes(got.status)) == list(range(cic, cic + count))
            ),
        )
        tup.tester.send_message(cic, answer, range=count - 1, status=bits(count))
        tup.tester.expect_nothing(cic, during=QUIET)
        words = ["locally blocked"]
        tup.is_in(cic, has=words if order == "MGB" else [], lacks=[] if order == "MGB" else words)


@case(
    "Q.783/1.3.2.1",
    "BLO received",
    clauses=["Q.783 1.3.2.1"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_blocking_received(tup: TupCentre) -> None:
    """BLO is answered by BLA, UBL by UBA; in between the circuit is remotely blocked."""
    cic = tup.tester.free_circuit()
    tup.tester.send_message(cic, "BLO")
    tup.tester.expect(cic, "BLA", within=ANSWER)
    tup.is_in(cic, has=["remotely blocked"])
    tup.tester.send_message(cic, "UBL")
    tup.tester.expect(cic, "UBA", within=ANSWER)
    tup.is_in(cic, lacks=["blocked"])
    tup.tester.expect_nothing(cic, during=QUIET)


@case(
    "TUP/1.9",
    "Blocked circuits are not chosen",
    clauses=["Q.783 1.3.2.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_blocked_circuits_are_not_chosen(tup: TupCentre) -> None:
    """With every circuit but one blocked by the far end, the system's call takes that one."""
    keep = max(tup.tester.circuits)
    tup.leave_only({keep})
    party, agent = tup.talking_out()
    tup.bench.until(lambda: party.call.cic == keep, within=0, awaited=f"circuit {keep}")
    tup.agent_ends(party, agent)


@case(
    "Q.783/1.3.2.2",
    "BLO sent",
    clauses=["Q.783 1.3.2.2"],
    proves=["N-01", "M-03"],
    needs="tup.maintenance",
    setup="tup",
)
def test_blocking_sent(tup: TupCentre) -> None:
    """Ordered, the system sends BLO and UBL and takes the acknowledgements."""
    cic = tup.tester.free_circuit()
    maintenance = tup.bench.system.maintenance()
    for give, order, answer in ((maintenance.block, "BLO", "BLA"), (maintenance.unblock, "UBL", "UBA")):
        give(cic)
        tup.tester.expect(cic, order, within=ANSWER)
        tup.tester.send_message(cic, answer)
        tup.tester.expect_nothing(cic, during=QUIET)
        words = ["locally blocked"]
        tup.is_in(cic, has=words if order == "BLO" else [], lacks=[] if order == "BLO" else words)


@case(
    "Q.783/1.3.2.3",
    "Circuit blocking from both ends; removal of blocking from one end",
    clauses=["Q.783 1.3.2.3"],
    proves=["N-01", "M-03"],
    needs="tup.maintenance",
    setup="tup",
)
def test_blocking_from_both_ends(tup: TupCentre) -> None:
    """Blocked from both ends, a circuit stays blocked by the end that has not unblocked."""
    cic = tup.tester.free_circuit()
    tup.bench.system.maintenance().block(cic)
    tup.tester.expect(cic, "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.tester.send_message(cic, "BLO")
    tup.tester.expect(cic, "BLA", within=ANSWER)
    tup.is_in(cic, has=["locally blocked", "remotely blocked"])
    tup.tester.send_message(cic, "UBL")
    tup.tester.expect(cic, "UBA", within=ANSWER)
    tup.is_in(cic, has=["locally blocked"], lacks=["remotely blocked"])


@case(
    "TUP/1.10",
    "IAM received on a circuit that the same end has blocked",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_iam_unblocks(tup: TupCentre) -> None:
    """An IAM from the end that blocked is taken, and the blocking is gone."""
    cic = tup.tester.free_circuit()
    tup.tester.send_message(cic, "BLO")
    tup.tester.expect(cic, "BLA", within=ANSWER)
    tup.still_works(cic)
    tup.is_in(cic, lacks=["blocked"])


@case(
    "TUP/1.11",
    "Blocking repeated by the far end",
    clauses=["Q.783 1.3.2.1"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_repeated_blocking(tup: TupCentre) -> None:
    """BLO on a blocked circuit is acknowledged again, UBL on one that is not blocked as well."""
    cic = tup.tester.free_circuit()
    for order, answer in (("BLO", "BLA"), ("BLO", "BLA"), ("UBL", "UBA"), ("UBL", "UBA")):
        tup.tester.send_message(cic, order)
        tup.tester.expect(cic, answer, within=ANSWER)
    tup.is_in(cic, lacks=["blocked"])


@case(
    "TUP/1.12",
    "Blocking with MGB, unblocking with UBL",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_group_blocking_single_unblocking(tup: TupCentre) -> None:
    """A circuit blocked for maintenance by MGB is unblocked by UBL."""
    cic, count = tup.run_of(), 6
    tup.tester.send_message(cic, "MGB", range=count - 1, status=bits(count))
    tup.tester.expect(cic, "MBA", within=ANSWER)
    tup.tester.send_message(cic + 1, "UBL")
    tup.tester.expect(cic + 1, "UBA", within=ANSWER)
    tup.is_in(cic + 1, lacks=["blocked"])
    tup.is_in(cic + 2, has=["remotely blocked"])


@case(
    "TUP/1.13",
    "Hardware blocking is not removed by UBL",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_hardware_blocking_survives_ubl(tup: TupCentre) -> None:
    """UBL removes maintenance blocking only: a circuit blocked by HGB stays blocked until HGU."""
    cic, count = tup.run_of(), 6
    tup.tester.send_message(cic, "HGB", range=count - 1, status=bits(count))
    tup.tester.expect(cic, "HBA", within=ANSWER)
    tup.tester.send_message(cic, "UBL")
    tup.tester.expect(cic, "UBA", within=ANSWER)
    tup.is_in(cic, has=["remotely blocked"])
    tup.tester.send_message(cic, "HGU", range=count - 1, status=bits(count))
    tup.tester.expect(cic, "HUA", within=ANSWER)
    tup.is_in(cic, lacks=["blocked"])


# 1.4: continuity check test calls


@case(
    "Q.783/1.4.1",
    "Continuity check call received, successful",
    clauses=["Q.783 1.4.1", "Q.724 7"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
)
def test_check_call(tup: TupCentre) -> None:
    """CCR on an idle circuit loops it, as the check tone proves; CLF is answered by RLG and ends the loop."""
    caller = tup.caller()
    call = caller._take(tup.tester.call_on(tup.tester.free_circuit()))
    call.send("CCR")
    looped(tup, caller)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(call.cic)
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.voice.hears_no_tone(CHECK_HZ, during=SECOND)
    caller.voice.is_silent()


def looped(tup: TupCentre, caller: Any) -> None:
    """The check tone sent comes back at its level."""
    caller.says_tone(CHECK_HZ, CHECK_DBM0)
    caller.hears_tone(CHECK_HZ, within=2 * SECOND, level=RETURNED_DBM0)
    caller.voice.is_silent()
    tup.bench.run(SECOND // 4)


@case(
    "Q.783/1.4.3",
    "Continuity check call received, unsuccessful",
    clauses=["Q.783 1.4.3", "Q.724 7"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
)
def test_check_call_fails(tup: TupCentre) -> None:
    """After CCR and CCF the circuit is no call's; the recheck (CCR) loops it again, CLF frees it."""
    caller = tup.caller()
    call = caller._take(tup.tester.call_on(tup.tester.free_circuit()))
    call.send("CCR")
    looped(tup, caller)
    call.send("CCF")
    call.expect_nothing(during=2 * SECOND)
    call.send("CCR")
    looped(tup, caller)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.still_works(call.cic)


# 1.5: unreasonable signalling information


@case(
    "Q.783/1.5.1",
    "Unreasonable messages on an idle circuit",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_unreasonable_on_idle_circuit(tup: TupCentre) -> None:
    """CLF on an idle circuit is answered by RLG; RLG is discarded; the circuit goes on working."""
    cic = tup.tester.free_circuit()
    tup.tester.send_message(cic, "CLF", deliberate=True)
    tup.tester.expect(cic, "RLG", within=ANSWER)
    tup.tester.send_message(cic, "RLG", deliberate=True)
    tup.tester.expect_nothing(cic, during=2 * SECOND)
    tup.still_works(cic)


BACKWARD: Final = ("ACM", "ANC", "CBK", "SSB", "CHG", "GRQ")
FORWARD: Final = ("SAM", "SAO", "COT", "CCF", "FOT", "GSM")


def discarded(tup: TupCentre, cic: int, names: tuple[str, ...]) -> None:
    """None of `names` on an idle circuit starts a call or blocks anything; only a reset may answer."""
    for name in names:
        fields: dict[str, Any] = {"called": "1"} if name in {"SAM", "SAO"} else {}
        tup.tester.send_message(cic, name, deliberate=True, **fields)
        tup.bench.run(2 * SECOND)
        titles = {got.title for got in tup.tester.inbox.pop(cic, ())}
        tup.bench.until(
            lambda: titles <= {"RSC", "CLF"},  # noqa: B023 - called at once
            within=0,
            awaited=f"nothing, or a reset, in answer to {name}",
            state=f"circuit {cic}: {titles}",
        )
        if "CLF" in titles:
            tup.tester.send_message(cic, "RLG")
    tup.tester.expect_idle(cic)


@case(
    "TUP/1.14",
    "Backward messages on an idle circuit",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_backward_messages_on_idle_circuit(tup: TupCentre) -> None:
    """Answers to a call that is not there do no harm."""
    discarded(tup, tup.tester.free_circuit(), BACKWARD)
    tup.still_works(tup.tester.free_circuit())


@case(
    "TUP/1.15",
    "Forward messages on an idle circuit",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_forward_messages_on_idle_circuit(tup: TupCentre) -> None:
    """Forward messages without a call do no harm."""
    discarded(tup, tup.tester.free_circuit(), FORWARD)
    tup.still_works(tup.tester.free_circuit())


@case(
    "TUP/1.16",
    "Acknowledgements that nobody asked for",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup",
    setup="tup",
)
def test_acknowledgements_not_asked_for(tup: TupCentre) -> None:
    """BLA, UBA, MBA, MUA and GRA without an order change no state."""
    cic, count = tup.run_of(), 6
    for name in ("UBA", "BLA", "UBA"):
        tup.tester.send_message(cic, name, deliberate=True)
        tup.bench.run(SECOND)
        tup.tester.inbox.pop(cic, None)  # an UBL may tell the far end that it is wrong
    for name in ("MBA", "MUA", "HBA", "HUA", "GRA"):
        tup.tester.send_message(cic, name, deliberate=True, range=count - 1, status=bits(count))
        tup.bench.run(SECOND)
        tup.tester.inbox.pop(cic, None)
    for each in range(count):
        tup.is_in(cic + each, has=["idle"], lacks=["blocked"])


@case(
    "TUP/1.17",
    "Spare heading codes",
    clauses=["Q.723 3.2", "Q.783 1.5"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_spare_headings(tup: TupCentre) -> None:
    """Messages with spare headings are discarded on an idle circuit and in a call."""
    caller, agent = tup.talking()
    for cic in (caller.call.cic, tup.tester.free_circuit()):
        for h0, h1 in ((0x0, 0x0), (0x9, 0x1), (0xB, 0x1), (0x4, 0x9), (0x5, 0xE), (0x7, 0x8), (0xF, 0xF)):
            tup.tester.send_raw(bytes(Unknown(cic=cic, h0=h0, h1=h1, body=b"\x01\x02")))
            tup.tester.expect_nothing(cic, during=SECOND)
    tup.connected(caller, agent)
    tup.over(caller)


@case(
    "TUP/1.18",
    "Messages cut off",
    clauses=["Q.723 3", "Q.783 1.5"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_messages_cut_off(tup: TupCentre) -> None:
    """A message that ends before its parameters do is discarded; the circuit works after it."""
    cic = tup.tester.free_circuit()
    for whole in (
        bytes(message("IAI", cic, called=tup.pixit.menu_number, calling="13800138000")),
        bytes(message("IAM", cic, called=tup.pixit.menu_number)),
        bytes(message("MGB", cic, range=5, status=bits(6))),
    ):
        for length in range(3, len(whole)):
            tup.tester.send_raw(whole[:length])
            tup.bench.run(SECOND // 8)
        tup.tester.expect_nothing(cic, during=2 * SECOND)
        tup.is_in(cic, has=["idle"], lacks=["blocked"])
    tup.still_works(cic)


@case(
    "TUP/1.19",
    "Random octets",
    clauses=["Q.723 3", "Q.783 1.5"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_random_octets(tup: TupCentre) -> None:
    """500 messages of random octets, each on a circuit that is not there, leave a call in progress alone."""
    caller, agent = tup.talking()
    source = random.Random(723)
    for _ in range(500):
        octets = source.randbytes(source.randrange(1, 40))
        tup.tester.send_raw(b"\xff\x0e" + octets)
        tup.bench.run(SECOND // 50)
    tup.connected(caller, agent)
    tup.over(caller)


@case(
    "TUP/1.20",
    "IAM received on a circuit that the system has blocked",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.incoming", "tup.maintenance"],
    setup="tup",
)
def test_iam_on_locally_blocked_circuit(tup: TupCentre) -> None:
    """An IAM on a circuit whose blocking was acknowledged starts no call: BLO again, no backward message."""
    cic = tup.tester.free_circuit()
    tup.bench.system.maintenance().block(cic)
    tup.tester.expect(cic, "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.bench.run(SECOND)
    tup.tester.send_message(cic, "IAM", called=tup.pixit.menu_number)
    tup.tester.expect(cic, "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.tester.expect_nothing(cic, during=20 * SECOND)
    tup.is_in(cic, has=["locally blocked"])

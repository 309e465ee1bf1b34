"""TUP: supervision of single circuits: reset and blocking (Q.783 group 1).

The tester is SP B, the system SP A. `Q.783/...` have the numbers of its test list, `TUP/...` here and in the
other modules of TUP are cases of our own. Not here: interruption of FDM
circuits (1.3.2.4), of which there are none.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.testers.tup_centre import ANSWER, TupCentre
from testrig.clock import SECOND

QUIET: Final = 70 * SECOND
"""Frames in which a repetition of a supervision message would show: the long period is 1 minute."""


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

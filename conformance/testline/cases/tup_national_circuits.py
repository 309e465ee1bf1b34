"""Circuits of TUP in the network of China (GF 001-9001): label, supervision, dual seizure."""

from __future__ import annotations

from testline.case import case
from testline.cases.tup_continuity import looped
from testline.cases.tup_groups import bits, group_blocked
from testline.cases.tup_timers import often
from testline.testers.tup_centre import ANSWER, TupCentre
from testrig.clock import MINUTE, SECOND


@case(
    "TUP/7.4",
    "Every circuit by its CIC",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs="tup.national",
    setup="tup24",
    unverified=True,
)
def test_every_circuit_answers(tup: TupCentre) -> None:
    """RSC on every circuit is answered by RLG on the same, on one that differs in a single bit by nothing."""
    known = tup.tester.circuits
    for cic in sorted(known):
        tup.tester.send_message(cic, "RSC")
        tup.tester.expect(cic, "RLG", within=ANSWER)
    for other in sorted({max(known) ^ 1 << bit for bit in range(12)} - set(known)):
        tup.tester.send_message(other, "RSC", deliberate=True)
        tup.tester.expect_nothing(during=SECOND)


@case(
    "TUP/7.5",
    "Spare bits of the label",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_spare_bits_of_the_label(tup: TupCentre) -> None:
    """The four bits behind the CIC are 0 in every message of the system."""
    caller, _ = tup.talking(cic=max(tup.tester.circuits))
    tup.over(caller)
    spare = {got.message.cic_spare for got in caller.call.received}
    tup.bench.until(
        lambda: spare == {0}, within=0, awaited="spare bits 0 in every message", state=f"found {spare}"
    )


@case(
    "TUP/7.32",
    "Spare bits of the label received",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs="tup.national",
    setup="tup24",
    unverified=True,
)
def test_spare_bits_of_the_label_are_not_read(tup: TupCentre) -> None:
    """RSC with any of the four bits behind the CIC set is answered by RLG on the circuit of the CIC."""
    cic = max(tup.tester.circuits)
    for bit in range(4):
        tup.tester.send_message(cic, "RSC", deliberate=True, cic_spare=1 << bit)
        tup.tester.expect(cic, "RLG", within=ANSWER, cic_spare=0)


@case(
    "TUP/7.22",
    "Blocking of a circuit",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs="tup.national",
    setup="tup24",
    unverified=True,
)
def test_national_blocking(tup: TupCentre) -> None:
    """BLO, BLA, UBL, UBA with the 24-bit label."""
    cic = max(tup.tester.circuits)
    tup.tester.send_message(cic, "BLO")
    tup.tester.expect(cic, "BLA", within=ANSWER)
    tup.is_in(cic, has=["remotely blocked"])
    tup.tester.send_message(cic, "UBL")
    tup.tester.expect(cic, "UBA", within=ANSWER)
    tup.is_in(cic, lacks=["blocked"])


@case(
    "TUP/7.23",
    "Blocking of a group",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.group_supervision"],
    setup="tup24",
    unverified=True,
)
def test_national_group_blocking(tup: TupCentre) -> None:
    """MGB, HGB and SGB with the 24-bit label: acknowledged, carried out, and taken back."""
    for order, answer, back, done in (
        ("MGB", "MBA", "MGU", "MUA"),
        ("HGB", "HBA", "HGU", "HUA"),
        ("SGB", "SBA", "SGU", "SUA"),
    ):
        group_blocked(tup, ((order, answer), (back, done)), range(6))


@case(
    "TUP/7.24",
    "Reset of a group",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.group_supervision"],
    setup="tup24",
    unverified=True,
)
def test_national_group_reset(tup: TupCentre) -> None:
    """GRS with the 24-bit label ends the calls of the group and is acknowledged."""
    cic = tup.run_of()
    caller = tup.in_menu(cic + 3)
    tup.tester.send_message(cic, "GRS", range=5)
    tup.tester.expect(cic, "GRA", within=ANSWER, range=5, status=b"\0")
    tup.tester.expect_idle(caller.call.cic)


@case(
    "TUP/7.25",
    "Blocking and reset sent",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.maintenance"],
    setup="tup24",
    unverified=True,
)
def test_national_orders(tup: TupCentre) -> None:
    """Orders of maintenance go out with the 24-bit label and are content with their answers."""
    cic, maintenance = tup.run_of(), tup.bench.system.maintenance()
    for give, order, answer in (
        (maintenance.block, "BLO", "BLA"),
        (maintenance.unblock, "UBL", "UBA"),
        (maintenance.reset, "RSC", "RLG"),
    ):
        give(cic)
        tup.tester.expect(cic, order, within=ANSWER)
        tup.tester.send_message(cic, answer)
        tup.bench.run(SECOND)
    maintenance.block_group(cic, 6)
    tup.tester.expect(cic, "MGB", within=ANSWER, range=5, status=bits(6))
    tup.tester.send_message(cic, "MBA", range=5, status=bits(6))
    tup.tester.expect_nothing(cic, during=70 * SECOND)


@case(
    "TUP/7.26",
    "RLG not received",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_national_rlg_not_received(tup: TupCentre) -> None:
    """CLF is repeated every 4 to 15 s for a minute with the 24-bit label as well."""
    party, agent = tup.talking_out()
    agent.telephone.replace()
    party.call.expect("CLF", within=ANSWER)
    often(tup, party.call.cic, "CLF", tup.bench.now)
    party.call.send("RLG")
    party.call.expect_nothing(during=MINUTE)
    tup.tester.expect_idle(party.call.cic)


@case(
    "TUP/7.27",
    "Continuity check",
    clauses=["GF 001-9001 (clause unverified)", "Q.724 7"],
    proves=["N-01"],
    needs=["tup.national", "tup.continuity"],
    setup="tup24",
    unverified=True,
)
def test_national_continuity_check(tup: TupCentre) -> None:
    """The circuit is looped until COT, then the call goes on."""
    caller = tup.caller()
    caller.dials(tup.pixit.menu_number, continuity=1).expect_nothing(during=SECOND)
    looped(tup, caller)
    caller.call.send("COT")
    caller.is_answered()
    tup.over(caller)


@case(
    "TUP/7.28",
    "Dual seizure, the system not controlling",
    clauses=["GF 001-9001 (clause unverified)", "Q.724 2"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_national_dual_seizure(tup: TupCentre) -> None:
    """On a circuit the tester controls its call goes on, and the system's takes another."""
    tup.leave_only(set(tup.tester.controlled(by_tester=True)))
    party, _ = tup.calling_out()
    party.call.send("IAI", called=tup.pixit.menu_number, calling="13800138000")
    party.call.answered(within=10 * SECOND)
    tup.second_attempt(party.call.cic)

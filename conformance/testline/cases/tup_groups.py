"""TUP: supervision of groups of circuits: reset; blocking, by three kinds of messages (Q.783 1.2, 1.3)."""

from __future__ import annotations

from testline.case import case
from testline.cases.tup_supervision import QUIET
from testline.layers.tup import group_circuits
from testline.testers.tup_centre import ANSWER, TupCentre
from testline.verdicts import Inconclusive
from testrig.clock import SECOND


def bits(count: int) -> bytes:
    """Status octets of `count` circuits, all marked."""
    return ((1 << count) - 1).to_bytes((count + 7) // 8, "little")


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


@case(
    "TUP/1.24",
    "Group reset sent, a circuit blocked at the other end",
    clauses=["Q.723 3.10", "Q.724 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.group_supervision", "tup.maintenance"],
    setup="tup",
    unverified=True,
)
def test_group_reset_hears_of_blocking(tup: TupCentre) -> None:
    """A circuit whose status bit is 1 in GRA is remotely blocked, the others are idle."""
    cic, count = tup.run_of(), 6
    tup.bench.system.maintenance().reset_group(cic, count)
    tup.tester.expect(cic, "GRS", within=ANSWER, range=count - 1)
    tup.tester.send_message(cic, "GRA", range=count - 1, status=bytes((1 << 2,)))
    tup.is_in(cic + 2, has=["remotely blocked"])
    tup.is_in(cic + 3, has=["idle"], lacks=["remotely blocked"])


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


def spans_circuits(tup: TupCentre, span: int) -> list[int]:
    """Return the CICs of a span, which are to be a run without a gap."""
    cics = sorted(each.cic for each in tup.pixit.circuits if each.line == span)
    if not cics or cics != list(range(cics[0], cics[-1] + 1)):
        raise Inconclusive(f"the circuits of span {span} are not one run: {cics}")
    return cics


@case(
    "Q.783/1.3.1.2",
    "HGB sent",
    clauses=["Q.783 1.3.1.2", "Q.723 3.10"],
    proves=["N-01", "N-04"],
    needs="tup.group_supervision",
    setup="tup_spans",
)
def test_hardware_blocking_sent(tup: TupCentre) -> None:
    """A span that fails (AIS) is blocked by HGB, once it is whole again unblocked by HGU, and takes calls."""
    span = tup.bench.spans[1]
    cics = spans_circuits(tup, 1)
    for failing, order, answer in ((True, "HGB", "HBA"), (False, "HGU", "HUA")):
        span.ais = failing
        got = tup.tester.expect(cics[0], order, within=15 * SECOND, range=len(cics) - 1)
        marked = group_circuits(cics[0], len(cics) - 1, bytes(got.status))
        tup.bench.until(
            lambda: marked == cics,  # noqa: B023 - called at once
            within=0,
            awaited=f"circuits {cics[0]} to {cics[-1]}",
            state=f"circuits {marked}",
        )
        tup.tester.send_message(cics[0], answer, range=len(cics) - 1, status=bytes(got.status))
        tup.tester.expect_nothing(during=70 * SECOND)
        words = ["locally blocked"]
        tup.is_in(cics[-1], has=words if failing else ["idle"], lacks=[] if failing else words)
    tup.still_works(cics[-1])


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

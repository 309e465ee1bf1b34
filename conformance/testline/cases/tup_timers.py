"""TUP: timers, and reset in a call (Q.783 group 5). The tester is SP B, the system SP A.

The titles of group 5 of Q.783 and the list of timers of Q.724 could not be read: numbers are our own, the
ranges those known from practice (4 to 15 s between repetitions, alert after 1 minute), all unverified. The
defaults of a vendor's switch lie within them: 15 s and 1 minute, 20 s for the ACM.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.mtp2_state import measure_time
from testline.cases.tup_groups import bits, spans_circuits
from testline.testers.isup import Received
from testline.testers.tup_centre import ANSWER, TupCentre
from testrig.clock import MINUTE, SECOND, Instant

TIMERS: Final = "Q.724 list of timers"


SHORT: Final = (4.0, 15.0)
"""Seconds between repetitions in the first minute."""


SLACK: Final = 0.1
"""Seconds by which a minute may be missed: repetitions have a grid of their own."""


def arrival(tup: TupCentre, cic: int, *names: str, within: Instant) -> Received:
    """Wait for one of `names` on `cic` and return it with its instant."""
    return tup.tester.await_on(cic, names, within=within, state=lambda: f"circuit {cic}")


def often(tup: TupCentre, cic: int, message: str, first: Instant) -> list[Instant]:
    """`message` is repeated every 4 to 15 s for a minute from `first` on; return its instants."""
    came = [first]
    while came[-1] - first + SHORT[0] * SECOND < MINUTE:
        room = MINUTE - (came[-1] - first)
        if room < SHORT[1] * SECOND:  # the minute may end before the next one is due
            break
        came.append(arrival(tup, cic, message, within=round((SHORT[1] + 1) * SECOND)).at)
        measure_time(tup.bench, f"{message} repeated", came[-1] - came[-2], *SHORT, TIMERS)
    return came


def alerted(tup: TupCentre, cic: int, order: str, answer: str, **fields: Any) -> None:
    """An order nobody acknowledges: repeated for a minute, then every minute, until `answer` comes."""
    first = arrival(tup, cic, order, within=ANSWER).at
    often(tup, cic, order, first)
    while True:  # up to the end of the first minute, the last of the short period
        at = arrival(tup, cic, order, within=round(MINUTE + (SHORT[1] + 1) * SECOND)).at
        if at - first > MINUTE:
            break
    again = arrival(tup, cic, order, within=MINUTE + SECOND).at
    measure_time(tup.bench, f"{order} after the alert", again - at, 60 - SLACK, 60 + SLACK, TIMERS)
    tup.tester.send_message(cic, answer, **fields)
    tup.tester.expect_nothing(cic, during=3 * MINUTE)


def reset_received(tup: TupCentre, party: Any, agent: Any) -> None:
    """RSC: RLG, idle, no speech."""
    party.call.send("RSC")
    party.call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(party.call.cic)
    tup.not_connected(party, agent)
    party.call.expect_nothing(during=20 * SECOND)


@case(
    "TUP/5.1",
    "RLG not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_rlg_not_received(tup: TupCentre) -> None:
    """CLF is repeated every 4 to 15 s, but not after a minute: the circuit is out of service until RLG comes.

    Whether RSC may follow then could not be read; it is accepted.
    """
    party, agent = tup.talking_out()
    cic = party.call.cic
    agent.telephone.replace()
    first = arrival(tup, cic, "CLF", within=ANSWER).at
    often(tup, cic, "CLF", first)
    tup.bench.run(first + MINUTE + SECOND - tup.bench.now)
    tup.tester.inbox.pop(cic, None)
    tup.tester.answers.clear()
    tup.bench.run(40 * SECOND)
    for got in tup.tester.inbox.pop(cic, ()):
        if got.title != "RSC":
            tup.tester.fail("no CLF after a minute", f"circuit {cic}", got)
    tup.bench.until(lambda: tup.state(cic) != "idle", within=0, awaited=f"circuit {cic} kept out of service")
    tup.tester.send_message(cic, "RLG")
    tup.tester.expect_idle(cic)


@case(
    "TUP/5.2",
    "BLA not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs="tup.maintenance",
    setup="tup",
    unverified=True,
)
def test_bla_not_received(tup: TupCentre) -> None:
    """BLO that nobody acknowledges is repeated every 4 to 15 s, after a minute every minute, until BLA."""
    cic, maintenance = tup.run_of(), tup.bench.system.maintenance()
    maintenance.block(cic)
    alerted(tup, cic, "BLO", "BLA")


@case(
    "TUP/5.3",
    "UBA not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs="tup.maintenance",
    setup="tup",
    unverified=True,
)
def test_uba_not_received(tup: TupCentre) -> None:
    """UBL that nobody acknowledges is repeated every 4 to 15 s, after a minute every minute, until UBA."""
    cic, maintenance = tup.run_of(), tup.bench.system.maintenance()
    maintenance.block(cic)
    tup.tester.expect(cic, "BLO", within=ANSWER)
    tup.tester.send_message(cic, "BLA")
    tup.bench.run(SECOND)
    maintenance.unblock(cic)
    alerted(tup, cic, "UBL", "UBA")


@case(
    "TUP/5.4",
    "RLG not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs="tup.maintenance",
    setup="tup",
    unverified=True,
)
def test_rlg_for_rsc_not_received(tup: TupCentre) -> None:
    """RSC that nobody acknowledges is repeated every 4 to 15 s, after a minute every minute, until RLG."""
    cic, maintenance = tup.run_of(), tup.bench.system.maintenance()
    maintenance.reset(cic)
    alerted(tup, cic, "RSC", "RLG")


@case(
    "TUP/5.5",
    "GRA not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs=["tup.group_supervision", "tup.maintenance"],
    setup="tup",
    unverified=True,
)
def test_gra_not_received(tup: TupCentre) -> None:
    """GRS that nobody acknowledges is repeated every 4 to 15 s, after a minute every minute, until GRA."""
    cic, maintenance = tup.run_of(), tup.bench.system.maintenance()
    maintenance.reset_group(cic, 6)
    alerted(tup, cic, "GRS", "GRA", range=5, status=bytes(1))


@case(
    "TUP/5.6",
    "MBA not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs=["tup.group_supervision", "tup.maintenance"],
    setup="tup",
    unverified=True,
)
def test_mba_not_received(tup: TupCentre) -> None:
    """MGB that nobody acknowledges is repeated every 4 to 15 s, after a minute every minute, until MBA."""
    cic, maintenance = tup.run_of(), tup.bench.system.maintenance()
    maintenance.block_group(cic, 6)
    alerted(tup, cic, "MGB", "MBA", range=5, status=b"\x3f")


@case(
    "TUP/5.7",
    "MUA not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs=["tup.group_supervision", "tup.maintenance"],
    setup="tup",
    unverified=True,
)
def test_mua_not_received(tup: TupCentre) -> None:
    """MGU that nobody acknowledges is repeated every 4 to 15 s, after a minute every minute, until MUA."""
    cic, maintenance = tup.run_of(), tup.bench.system.maintenance()
    maintenance.block_group(cic, 6)
    tup.tester.expect(cic, "MGB", within=ANSWER)
    tup.tester.send_message(cic, "MBA", range=5, status=b"\x3f")
    tup.bench.run(SECOND)
    maintenance.unblock_group(cic, 6)
    alerted(tup, cic, "MGU", "MUA", range=5, status=b"\x3f")


@case(
    "TUP/5.8",
    "ACM not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_acm_not_received(tup: TupCentre) -> None:
    """No backward message for 20 to 30 s behind the IAM: CLF."""
    party, _ = tup.calling_out()
    sent = party.call.received[0].at
    came = arrival(tup, party.call.cic, "CLF", within=35 * SECOND)
    measure_time(tup.bench, "IAM to CLF", came.at - sent, 20, 30, TIMERS)
    party.call.send("RLG")
    tup.tester.expect_idle(party.call.cic)


@case(
    "TUP/5.9",
    "Answer not received",
    clauses=["Q.118 (interval unverified)"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_answer_not_received(tup: TupCentre) -> None:
    """No answer behind the ACM: CLF after 1.5 to 4 minutes."""
    party, _ = tup.calling_out()
    party.alerts()
    sent = tup.bench.now
    came = arrival(tup, party.call.cic, "CLF", within=5 * MINUTE)
    measure_time(tup.bench, "ACM to CLF", came.at - sent, 90, 240, "Q.118")
    party.call.send("RLG")
    tup.tester.expect_idle(party.call.cic)


@case(
    "TUP/5.10",
    "RAN not received",
    clauses=["Q.118 (interval unverified)"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_reanswer_not_received(tup: TupCentre) -> None:
    """No reanswer and nobody clears behind CBK: CLF after 1 to 2 minutes."""
    party, _ = tup.talking_out()
    party.call.send("CBK")
    sent = tup.bench.now
    came = arrival(tup, party.call.cic, "CLF", within=3 * MINUTE)
    measure_time(tup.bench, "CBK to CLF", came.at - sent, 60, 120, "Q.118")
    party.call.send("RLG")
    tup.tester.expect_idle(party.call.cic)


@case(
    "TUP/5.11",
    "Digits not received",
    clauses=["Q.724 1 (clause unverified)"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
    unverified=True,
)
def test_digits_not_received(tup: TupCentre) -> None:
    """15 to 20 s behind the last of too few digits: ADI."""
    call = tup.tester.seize(called=tup.pixit.menu_number[:4], calling=None)
    call.expect_nothing(during=10 * SECOND)
    call.send("SAM", called=tup.pixit.menu_number[4:6])
    sent = tup.bench.now
    came = arrival(tup, call.cic, "ADI", within=25 * SECOND)
    measure_time(tup.bench, "digit to ADI", came.at - sent, 15, 20, "Q.724 1")
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/5.12",
    "CLF not received behind an unsuccessful message",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
    unverified=True,
)
def test_clf_not_received(tup: TupCentre) -> None:
    """UNN that the far end does not clear upon: CFL after 4 to 15 s, again as often, until CLF."""
    call = tup.tester.seize(called=tup.pixit.unallocated_number)
    first = arrival(tup, call.cic, "UNN", within=10 * SECOND).at
    second = arrival(tup, call.cic, "CFL", within=16 * SECOND).at
    measure_time(tup.bench, "UNN to CFL", second - first, *SHORT, TIMERS)
    third = arrival(tup, call.cic, "CFL", within=16 * SECOND).at
    measure_time(tup.bench, "CFL repeated", third - second, *SHORT, TIMERS)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    call.expect_nothing(during=MINUTE)
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/5.13",
    "CFL never cleared",
    clauses=["Q.724 list of timers"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
    unverified=True,
)
def test_cfl_never_cleared(tup: TupCentre) -> None:
    """CFL is repeated for a minute and then no more; CLF still frees the circuit."""
    call = tup.tester.seize(called=tup.pixit.unallocated_number)
    arrival(tup, call.cic, "UNN", within=10 * SECOND)
    first = arrival(tup, call.cic, "CFL", within=16 * SECOND).at
    often(tup, call.cic, "CFL", first)
    tup.bench.run(first + MINUTE + SECOND - tup.bench.now)
    tup.tester.inbox.pop(call.cic, None)
    call.expect_nothing(during=40 * SECOND)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/5.14",
    "COT not received",
    clauses=["Q.724 7", "Q.724 list of timers"],
    proves=["N-01"],
    needs="tup.continuity",
    setup="tup",
    unverified=True,
)
def test_cot_not_received(tup: TupCentre) -> None:
    """An IAM that announces a check on a previous circuit, and no COT: refused after 10 to 15 s."""
    call = tup.tester.seize(called=tup.pixit.menu_number, continuity=2)
    sent = tup.bench.now
    came = arrival(tup, call.cic, "CFL", within=20 * SECOND)
    measure_time(tup.bench, "IAM to CFL", came.at - sent, 10, 15, TIMERS)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/5.15",
    "RSC received in an incoming call",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
    unverified=True,
)
def test_reset_of_incoming_call(tup: TupCentre) -> None:
    """RSC in an answered call: RLG, the circuit is idle and the agent is alone."""
    caller, agent = tup.talking()
    reset_received(tup, caller, agent)


@case(
    "TUP/5.16",
    "RSC received in an outgoing call",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_reset_of_outgoing_call(tup: TupCentre) -> None:
    """RSC in an answered call: RLG, the circuit is idle and the agent is alone."""
    party, agent = tup.talking_out()
    reset_received(tup, party, agent)


@case(
    "TUP/5.17",
    "RSC received while the agent rings",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
    unverified=True,
)
def test_reset_while_ringing(tup: TupCentre) -> None:
    """RSC before the answer: RLG, and the telephone stops ringing."""
    caller, agent = tup.ringing()
    caller.call.send("RSC")
    caller.call.expect("RLG", within=ANSWER)
    agent.telephone.stops_ringing(within=ANSWER)
    tup.tester.expect_idle(caller.call.cic)


@case(
    "TUP/5.18",
    "RSC sent in an incoming call",
    clauses=["Q.724 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.incoming", "tup.maintenance"],
    setup="tup",
    unverified=True,
)
def test_reset_sent_in_a_call(tup: TupCentre) -> None:
    """A reset ordered in a call ends it: RSC, RLG, idle."""
    caller, agent = tup.talking()
    tup.bench.system.maintenance().reset(caller.call.cic)
    caller.call.expect("RSC", within=ANSWER)
    caller.call.send("RLG")
    tup.tester.expect_idle(caller.call.cic)
    tup.not_connected(caller, agent)


@case(
    "TUP/5.24",
    "HBA and HUA not received",
    clauses=["Q.724 list of timers"],
    proves=["N-01", "N-04"],
    needs="tup.group_supervision",
    setup="tup_spans",
    unverified=True,
)
def test_hba_not_received(tup: TupCentre) -> None:
    """HGB not acknowledged is repeated every 4 to 15 s; HGU as well, and after a minute every minute."""
    cics = spans_circuits(tup, 1)
    fields: dict[str, Any] = {"range": len(cics) - 1, "status": bits(len(cics))}
    tup.bench.spans[1].ais = True
    came = [arrival(tup, cics[0], "HGB", within=15 * SECOND).at]
    for _ in range(2):
        came.append(arrival(tup, cics[0], "HGB", within=round((SHORT[1] + 1) * SECOND)).at)
        measure_time(tup.bench, "HGB repeated", came[-1] - came[-2], *SHORT, TIMERS)
    tup.tester.send_message(cics[0], "HBA", **fields)
    tup.tester.expect_nothing(cics[0], during=round((SHORT[1] + 1) * SECOND))
    tup.bench.spans[1].ais = False
    alerted(tup, cics[0], "HGU", "HUA", **fields)
    tup.still_works(cics[-1])

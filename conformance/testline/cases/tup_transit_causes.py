"""Calls in transit between ISUP and TUP that are refused: causes and unsuccessful messages.

`Q.783/4.n.2` are those unsuccessful messages that a call centre does not send of its own. What causes lead
to them is unverified: each cause is told by what the message says that stands nearest to it, and a cause that
no message says by that for its class (Q.850 table 1).
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.layers.tup_messages import UNSUCCESSFUL
from testline.testers.caller import Caller
from testline.testers.tup_centre import ANSWER, TransitCentre
from testrig.clock import SECOND

NORMAL: Final = (6, 7, 8, 9, 16, 18, 19, 23, 25, 26, 30, 31)
"""Causes of the normal class that a TUP exchange has no message for."""
PROTOCOL: Final = (102, 111, 127)
BARRED: Final = (21, 29, 50, 53, 55, 57, 62, 87)
"""Causes of calls, facilities and bearers that are refused, not authorised or barred."""
BEARER: Final = (58, 63, 65, 69, 70, 79, 88)
"""Causes of bearers and services that are not available or not implemented, among them the unspecified one of
either class (63, 79), for which a cause of the class counts that is not known (Q.850 2.2.5, unverified)."""
BUSY: Final = ("SLB", "STB")
"""Busy in the network of China, where SSB is for international use (GF 001-9001)."""


def sent_for(transit: TransitCentre, names: tuple[str, ...], *causes: int) -> None:
    """REL with each of `causes` from ISUP before ACM: one of `names` to the TUP caller, who clears."""
    for cause in causes:
        caller, party = transit.through("tup")
        party.call.release(cause=cause)
        caller.call.expect(*names, within=ANSWER)
        caller.call.send("CLF")
        caller.call.expect("RLG", within=ANSWER)
        transit.idle(caller, party)


def becomes(transit: TransitCentre, name: str, *causes: int) -> None:
    """`name` from the called TUP side before ACM: CLF there, REL with one of `causes` to the ISUP caller."""
    caller, party = transit.through("isup")
    party.call.send(name)
    party.call.expect("CLF", within=ANSWER)
    party.call.send("RLG")
    caller.call.expect("REL", within=ANSWER, cause=set(causes))
    caller.call.send("RLC")
    transit.idle(caller, party)


def refuses_behind_acm(caller: Caller, party: Caller) -> None:
    """ACM, and then LOS from the called TUP side, which clears."""
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.call.send("LOS")
    party.call.expect("CLF", within=ANSWER)
    party.call.send("RLG")


@case(
    "Q.783/4.1.2",
    "SEC sent",
    clauses=["Q.783 4.1.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_sec_sent(transit: TransitCentre) -> None:
    """REL with cause 42 or 47 before ACM is told by SEC, any cause of missing resources as congestion."""
    sent_for(transit, ("SEC",), 42, 47)
    sent_for(transit, ("SEC", "CGC", "NNC"), 41, 43, 46, 49)


@case(
    "Q.783/4.2.2",
    "CGC sent",
    clauses=["Q.783 4.2.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_cgc_sent(transit: TransitCentre) -> None:
    """REL with cause 34 or 44 before ACM is told to a TUP caller by CGC, 38 as congestion as well."""
    sent_for(transit, ("CGC",), 34, 44)
    sent_for(transit, ("CGC", "NNC", "SEC"), 38)


@case(
    "Q.783/4.5.2",
    "CFL sent",
    clauses=["Q.783 4.5.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_cfl_sent(transit: TransitCentre) -> None:
    """A cause that no other message says, REL before ACM, is told to a TUP caller by CFL."""
    sent_for(transit, ("CFL",), *NORMAL, *PROTOCOL)


@case(
    "Q.783/4.8.2",
    "LOS sent",
    clauses=["Q.783 4.8.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_los_sent(transit: TransitCentre) -> None:
    """REL with cause 27 before ACM is told to a TUP caller by LOS."""
    sent_for(transit, ("LOS",), 27)


@case(
    "Q.783/4.9.2",
    "SST sent",
    clauses=["Q.783 4.9.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_sst_sent(transit: TransitCentre) -> None:
    """REL with cause 4 before ACM is told by SST, an absent subscriber (20) by SST or LOS."""
    sent_for(transit, ("SST",), 4)
    sent_for(transit, ("SST", "LOS"), 20)


@case(
    "Q.783/4.10.2",
    "ACB sent",
    clauses=["Q.783 4.10.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_acb_sent(transit: TransitCentre) -> None:
    """REL with a cause of what is refused or barred before ACM is told to a TUP caller by ACB."""
    sent_for(transit, ("ACB",), *BARRED)


@case(
    "Q.783/4.11.2",
    "DPN sent",
    clauses=["Q.783 4.11.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_dpn_sent(transit: TransitCentre) -> None:
    """REL with a cause of a bearer or service that is not there before ACM is told to a TUP caller by DPN."""
    sent_for(transit, ("DPN",), *BEARER)


@case(
    "TUP/8.24",
    "Busy, unallocated and incomplete from ISUP",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_common_causes_sent(transit: TransitCentre) -> None:
    """Causes 17, 1 and 28 are told by SSB (SLB or STB in the network of China), UNN and ADI."""
    sent_for(transit, BUSY if transit.pixit.variant == "china24" else ("SSB",), 17)
    sent_for(transit, ("UNN",), 1)
    sent_for(transit, ("ADI",), 28)


@case(
    "TUP/8.25",
    "Refused by ISUP behind ACM",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_refused_behind_acm_tup_to_isup(transit: TransitCentre) -> None:
    """REL with cause 19 behind ACM: the TUP caller is told by an unsuccessful message."""
    caller, party = transit.through("tup")
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    party.call.release(cause=19)
    caller.call.expect("CFL", "SST", within=ANSWER)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    transit.idle(caller, party)


@case(
    "TUP/8.26",
    "SEC becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_sec_becomes_a_cause(transit: TransitCentre) -> None:
    """SEC releases an ISUP caller with cause 42."""
    becomes(transit, "SEC", 42)


@case(
    "TUP/8.27",
    "CGC becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_cgc_becomes_a_cause(transit: TransitCentre) -> None:
    """CGC releases an ISUP caller with cause 34 or 42."""
    becomes(transit, "CGC", 34, 42)


@case(
    "TUP/8.28",
    "NNC becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_nnc_becomes_a_cause(transit: TransitCentre) -> None:
    """NNC releases an ISUP caller with cause 34 or 38 or 42."""
    becomes(transit, "NNC", 34, 38, 42)


@case(
    "TUP/8.29",
    "ADI becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_adi_becomes_a_cause(transit: TransitCentre) -> None:
    """ADI releases an ISUP caller with cause 28."""
    becomes(transit, "ADI", 28)


@case(
    "TUP/8.30",
    "CFL becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_cfl_becomes_a_cause(transit: TransitCentre) -> None:
    """CFL releases an ISUP caller with cause 31 or 38 or 41 or 127."""
    becomes(transit, "CFL", 31, 38, 41, 127)


@case(
    "TUP/8.31",
    "SSB becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_ssb_becomes_a_cause(transit: TransitCentre) -> None:
    """SSB releases an ISUP caller with cause 17."""
    becomes(transit, "SSB", 17)


@case(
    "TUP/8.32",
    "UNN becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_unn_becomes_a_cause(transit: TransitCentre) -> None:
    """UNN releases an ISUP caller with cause 1."""
    becomes(transit, "UNN", 1)


@case(
    "TUP/8.33",
    "LOS becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_los_becomes_a_cause(transit: TransitCentre) -> None:
    """LOS releases an ISUP caller with cause 27."""
    becomes(transit, "LOS", 27)


@case(
    "TUP/8.34",
    "SST becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_sst_becomes_a_cause(transit: TransitCentre) -> None:
    """SST releases an ISUP caller with cause 4 or 31."""
    becomes(transit, "SST", 4, 31)


@case(
    "TUP/8.35",
    "ACB becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_acb_becomes_a_cause(transit: TransitCentre) -> None:
    """ACB releases an ISUP caller with cause 21 or 55 or 57 or 87."""
    becomes(transit, "ACB", 21, 55, 57, 87)


@case(
    "TUP/8.36",
    "DPN becomes a cause",
    clauses=["Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_dpn_becomes_a_cause(transit: TransitCentre) -> None:
    """DPN releases an ISUP caller with cause 58 or 65 or 88."""
    becomes(transit, "DPN", 58, 65, 88)


@case(
    "TUP/11.1",
    "MPR sent",
    clauses=["Q.723 3.7.1", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_mpr_sent(transit: TransitCentre) -> None:
    """REL with cause 5 before ACM is told to a TUP caller by MPR, or by ADI in the network of China."""
    sent_for(transit, ("ADI",) if transit.pixit.variant == "china24" else ("MPR",), 5)


@case(
    "TUP/11.2",
    "UNN sent for numbers that lead nowhere",
    clauses=["Q.723 3.7.1", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_unn_sent(transit: TransitCentre) -> None:
    """REL with cause 2, 3, 22 (no route, number changed) before ACM is told to a TUP caller by UNN."""
    sent_for(transit, ("UNN",), 2, 3, 22)


@case(
    "TUP/11.3",
    "MPR becomes a cause",
    clauses=["Q.723 3.7.1", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_mpr_becomes_a_cause(transit: TransitCentre) -> None:
    """MPR releases an ISUP caller with cause 5."""
    becomes(transit, "MPR", 5)


@case(
    "TUP/11.4",
    "EUM becomes a cause",
    clauses=["Q.723 3.7.2", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_eum_becomes_a_cause(transit: TransitCentre) -> None:
    """EUM, subscriber busy, releases an ISUP caller with cause 17."""
    becomes(transit, "EUM", 17)


@case(
    "TUP/11.5",
    "SLB and STB become a cause",
    clauses=["GF 001-9001 (clause unverified)", "Q.699 (unverified)"],
    proves=["N-01"],
    needs=["transit", "tup.national"],
    setup="transit24",
    unverified=True,
)
def test_national_busy_becomes_a_cause(transit: TransitCentre) -> None:
    """SLB and STB release an ISUP caller with cause 17."""
    for name in BUSY:
        becomes(transit, name, 17)


@case(
    "TUP/11.6",
    "What the network of China does not use",
    clauses=["GF 001-9001 (clause unverified)", "Q.699 (unverified)"],
    proves=["N-01"],
    needs=["transit", "tup.national"],
    setup="transit24",
    unverified=True,
)
def test_national_refusals(transit: TransitCentre) -> None:
    """A TUP caller is told of cause 17 by SLB or STB, of cause 5 by ADI."""
    sent_for(transit, BUSY, 17)
    sent_for(transit, ("ADI",), 5)


@case(
    "TUP/11.7",
    "Refused behind ACM, TUP to TUP and ISUP to TUP",
    clauses=["Q.723 3.7.1", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_refused_behind_acm_by_tup(transit: TransitCentre) -> None:
    """LOS behind the ACM: a TUP caller is told by LOS, an ISUP caller by cause 27."""
    caller, party = Caller(transit.tup), Caller(transit.tup, transit.number("tup"))
    caller.dials(party.number)
    party.is_called(within=ANSWER)
    refuses_behind_acm(caller, party)
    caller.call.expect("LOS", within=ANSWER)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    transit.idle(caller, party)
    caller, party = transit.through("isup")
    refuses_behind_acm(caller, party)
    caller.is_released(within=ANSWER, cause=27)
    transit.idle(caller, party)


@case(
    "TUP/11.8",
    "Unsuccessful messages from TUP to TUP",
    clauses=["Q.724 1.9", "Q.724 1.10", "Q.723 3.7"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_refusals_from_tup_to_tup(transit: TransitCentre) -> None:
    """Every unsuccessful message of the called side arrives at the caller as it is, EUM with its contents."""
    fields: dict[str, dict[str, Any]] = {"EUM": {"unsuccessful": 1, "point": b"\x12\x34"}}
    for name in UNSUCCESSFUL:
        caller, party = Caller(transit.tup), Caller(transit.tup, transit.number("tup"))
        caller.dials(party.number)
        party.is_called(within=ANSWER)
        party.call.send(name, **fields.get(name, {}))
        party.call.expect("CLF", within=ANSWER)
        party.call.send("RLG")
        caller.call.expect(name, within=ANSWER, **fields.get(name, {}))
        caller.call.send("CLF")
        caller.call.expect("RLG", within=ANSWER)
        transit.idle(caller, party)


@case(
    "TUP/11.9",
    "Supervision in TUP becomes a cause",
    clauses=["Q.724 list of timers", "Q.118 (interval unverified)", "Q.699 (unverified)"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_supervision_becomes_a_cause(transit: TransitCentre) -> None:
    """Causes to ISUP: 31 or 102 without ACM, 19 or 102 without answer, 16 or 102 without RAN."""
    for stage, causes, patience in ((0, {31, 102}, 35), (1, {19, 102}, 245), (2, {16, 102}, 125)):
        caller, party = transit.through("isup") if stage < 2 else transit.talking("isup")
        if stage == 1:
            party.alerts()
            caller.call.expect("ACM", within=ANSWER)
        elif stage == 2:
            party.call.send("CBK")
            caller.call.expect("SUS", within=ANSWER)
        party.is_released(within=patience * SECOND)
        caller.is_released(within=ANSWER, cause=causes)
        transit.idle(caller, party)

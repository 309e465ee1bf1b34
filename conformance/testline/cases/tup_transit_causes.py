"""Calls in transit between ISUP and TUP that are refused: causes and unsuccessful messages.

`Q.783/4.n.2` are those unsuccessful messages that a call centre does not send of its own. What causes lead
to them is unverified.
"""

from __future__ import annotations

from testline.case import case
from testline.testers.tup_centre import ANSWER, TransitCentre


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
    """REL with cause 42 before ACM is told to a TUP caller by SEC."""
    sent_for(transit, ("SEC",), 42)


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
    """REL with cause 34 before ACM is told to a TUP caller by CGC."""
    sent_for(transit, ("CGC",), 34)


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
    """REL with cause 16, 31, 102, 111, 127 before ACM is told to a TUP caller by CFL."""
    sent_for(transit, ("CFL",), 16, 31, 102, 111, 127)


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
    """REL with cause 4 before ACM is told to a TUP caller by SST."""
    sent_for(transit, ("SST",), 4)


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
    """REL with cause 55, 87 before ACM is told to a TUP caller by ACB."""
    sent_for(transit, ("ACB",), 55, 87)


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
    """REL with cause 58, 65 before ACM is told to a TUP caller by DPN."""
    sent_for(transit, ("DPN",), 58, 65)


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
    """Causes 17, 1 and 28 are told by SSB, UNN and ADI."""
    for cause, name in ((17, "SSB"), (1, "UNN"), (28, "ADI")):
        sent_for(transit, (name,), cause)


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

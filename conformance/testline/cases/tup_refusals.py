"""TUP: unsuccessful call set-up (Q.783 group 4). The tester is SP B, the system SP A.

For each of eleven causes the message is received here; those that a call centre sends of its own are sent
here, the others by a call in transit (`tup_transit_causes`).
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.testers.tup_centre import ANSWER, TupCentre
from testrig.clock import SECOND

TONE_HZ: Final = 450.0
"""Busy and congestion tone of the Chinese network (GF 002-9002; unverified)."""


def refused(tup: TupCentre, name: str) -> None:
    """An outgoing call refused by `name` before ACM: CLF at once, idle after RLG, the agent hears a tone."""
    party, agent = tup.calling_out()
    party.call.send(name)
    party.call.expect("CLF", within=2 * SECOND)
    party.call.send("RLG")
    tup.tester.expect_idle(party.call.cic)
    agent.telephone.hears_tone(TONE_HZ, within=2 * SECOND)
    party.call.expect_nothing(during=20 * SECOND)


@case(
    "Q.783/4.1.1",
    "SEC received",
    clauses=["Q.783 4.1.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_sec_received(tup: TupCentre) -> None:
    """SEC (switching equipment congestion): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "SEC")


@case(
    "Q.783/4.2.1",
    "CGC received",
    clauses=["Q.783 4.2.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_cgc_received(tup: TupCentre) -> None:
    """CGC (circuit group congestion): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "CGC")


@case(
    "Q.783/4.3.1",
    "NNC received",
    clauses=["Q.783 4.3.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_nnc_received(tup: TupCentre) -> None:
    """NNC (national network congestion): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "NNC")


@case(
    "Q.783/4.4.1",
    "ADI received",
    clauses=["Q.783 4.4.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_adi_received(tup: TupCentre) -> None:
    """ADI (address incomplete): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "ADI")


@case(
    "Q.783/4.5.1",
    "CFL received",
    clauses=["Q.783 4.5.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_cfl_received(tup: TupCentre) -> None:
    """CFL (call failure): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "CFL")


@case(
    "Q.783/4.6.1",
    "SSB received",
    clauses=["Q.783 4.6.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_ssb_received(tup: TupCentre) -> None:
    """SSB (subscriber busy): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "SSB")


@case(
    "Q.783/4.7.1",
    "UNN received",
    clauses=["Q.783 4.7.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_unn_received(tup: TupCentre) -> None:
    """UNN (unallocated number): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "UNN")


@case(
    "Q.783/4.8.1",
    "LOS received",
    clauses=["Q.783 4.8.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_los_received(tup: TupCentre) -> None:
    """LOS (line out of service): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "LOS")


@case(
    "Q.783/4.9.1",
    "SST received",
    clauses=["Q.783 4.9.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_sst_received(tup: TupCentre) -> None:
    """SST (send special information tone): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "SST")


@case(
    "Q.783/4.10.1",
    "ACB received",
    clauses=["Q.783 4.10.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_acb_received(tup: TupCentre) -> None:
    """ACB (access barred): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "ACB")


@case(
    "Q.783/4.11.1",
    "DPN received",
    clauses=["Q.783 4.11.1", "Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_dpn_received(tup: TupCentre) -> None:
    """DPN (digital path not provided): the call is cleared at once and the agent is told by a tone."""
    refused(tup, "DPN")


@case(
    "TUP/4.1",
    "EUM received",
    clauses=["Q.723 3.7.2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_eum_received(tup: TupCentre) -> None:
    """EUM (subscriber busy, with the originating point): the call is cleared at once."""
    refused(tup, "EUM")


@case(
    "TUP/4.2",
    "MPR received",
    clauses=["Q.723 3.7.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_mpr_received(tup: TupCentre) -> None:
    """MPR (misdialled trunk prefix): the call is cleared at once."""
    refused(tup, "MPR")


@case(
    "Q.783/4.4.2",
    "ADI sent",
    clauses=["Q.783 4.4.2"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_adi_sent(tup: TupCentre) -> None:
    """Half a number and no more digits: ADI (or CFL) after the interval between digits, and RLG for CLF."""
    call = tup.tester.seize(called=tup.pixit.menu_number[:4], calling=None)
    call.expect("ADI", within=35 * SECOND)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(call.cic)


@case(
    "Q.783/4.6.2",
    "SSB sent",
    clauses=["Q.783 4.6.2"],
    proves=["N-01"],
    needs=["tup.incoming", "agents"],
    setup="tup",
)
def test_ssb_sent(tup: TupCentre) -> None:
    """A call to an agent who talks is refused by SSB (by SLB or STB in the network of China); RLG ends it."""
    busy = ("SLB", "STB") if tup.pixit.variant == "china24" else ("SSB",)
    first, agent = tup.talking()
    second = tup.caller("13900139000")
    second.dials(tup.pixit.agent_number)
    second.call.expect(*busy, within=10 * SECOND)
    second.call.send("CLF")
    second.call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(second.call.cic)
    tup.connected(first, agent)
    tup.over(first)


@case(
    "Q.783/4.7.2",
    "UNN sent",
    clauses=["Q.783 4.7.2"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_unn_sent(tup: TupCentre) -> None:
    """A call to a number that is not allocated is refused by UNN, and RLG answers CLF."""
    call = tup.tester.seize(called=tup.pixit.unallocated_number)
    call.expect("UNN", within=10 * SECOND)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/4.3",
    "Refused behind ACM",
    clauses=["Q.783 4.5.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_refused_behind_acm(tup: TupCentre) -> None:
    """CFL behind the ACM: the call is cleared at once."""
    party, agent = tup.calling_out()
    party.alerts()
    tup.bench.run(SECOND)
    party.call.send("CFL")
    party.call.expect("CLF", within=2 * SECOND)
    party.call.send("RLG")
    tup.tester.expect_idle(party.call.cic)
    agent.telephone.hears_tone(TONE_HZ, within=2 * SECOND)


@case(
    "TUP/4.4",
    "CLF crosses an unsuccessful message",
    clauses=["Q.783 4.6.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_refusal_crosses_clf(tup: TupCentre) -> None:
    """SSB that arrives behind the system's CLF changes nothing: RLG ends the call."""
    party, agent = tup.calling_out()
    agent.telephone.replace()
    party.call.send("SSB")
    party.call.expect("CLF", within=ANSWER)
    party.call.send("RLG")
    party.call.expect_nothing(during=70 * SECOND)
    tup.tester.expect_idle(party.call.cic)


@case(
    "TUP/4.5",
    "All circuits taken",
    clauses=["Q.783 4.2"],
    proves=["N-01"],
    needs=["tup.outgoing", "agents"],
    setup="tup",
)
def test_no_circuit_free(tup: TupCentre) -> None:
    """With every circuit blocked by the far end an agent's call goes nowhere, and the agent hears a tone."""
    tup.leave_only(set())
    agent = tup.agent(0)
    agent.sign_on()
    agent.telephone.lift()
    tup.bench.run(SECOND // 4)
    agent.dial(tup.pixit.outgoing_prefix + "02155556666")
    agent.telephone.hears_tone(TONE_HZ, within=5 * SECOND)
    tup.tester.expect_nothing(during=5 * SECOND)

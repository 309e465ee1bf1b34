"""TUP: normal call release in both directions (Q.783 group 3). The tester is SP B, the system SP A."""

from __future__ import annotations

from testline.case import case
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, TupCentre
from testrig.clock import SECOND


@case(
    "Q.783/3.1a",
    "Calling party clears before ACM, outgoing call",
    clauses=["Q.783 3.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_clear_before_acm_outgoing(tup: TupCentre) -> None:
    """The agent hangs up before ACM: CLF, RLG, idle."""
    party, agent = tup.calling_out()
    tup.agent_ends(party, agent)


@case(
    "Q.783/3.1b",
    "Calling party clears before ACM, incoming call",
    clauses=["Q.783 3.1"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_clear_before_acm_incoming(tup: TupCentre) -> None:
    """CLF behind an IAM with part of the number is answered by RLG."""
    call = tup.tester.seize(called=tup.pixit.menu_number[:4])
    call.expect_nothing(during=SECOND)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    call.expect_nothing(during=20 * SECOND)
    tup.tester.expect_idle(call.cic)


@case(
    "Q.783/3.2a",
    "Calling party clears before the answer, outgoing call",
    clauses=["Q.783 3.2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_clear_before_answer_outgoing(tup: TupCentre) -> None:
    """The agent hangs up while the far end rings: CLF, RLG, idle."""
    party, agent = tup.calling_out()
    party.alerts()
    tup.bench.run(2 * SECOND)
    tup.agent_ends(party, agent)


@case(
    "Q.783/3.2b",
    "Calling party clears before the answer, incoming call",
    clauses=["Q.783 3.2"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_clear_before_answer_incoming(tup: TupCentre) -> None:
    """CLF while the agent's telephone rings: RLG, and the telephone stops ringing."""
    caller, agent = tup.ringing()
    tup.over(caller)
    agent.telephone.stops_ringing(within=ANSWER)


@case(
    "Q.783/3.3a",
    "Calling party clears after the answer, outgoing call",
    clauses=["Q.783 3.3"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_clear_after_answer_outgoing(tup: TupCentre) -> None:
    """The agent hangs up an answered call: CLF, RLG, idle."""
    party, agent = tup.talking_out()
    tup.agent_ends(party, agent)


@case(
    "Q.783/3.3b",
    "Calling party clears after the answer, incoming call",
    clauses=["Q.783 3.3"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_clear_after_answer_incoming(tup: TupCentre) -> None:
    """CLF of an answered call is answered by RLG and nothing else."""
    caller, _ = tup.talking()
    tup.over(caller)
    caller.call.expect_nothing(during=20 * SECOND)


@case(
    "Q.783/3.4a",
    "Calling party clears after CBK, outgoing call",
    clauses=["Q.783 3.4"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_clear_after_cbk_outgoing(tup: TupCentre) -> None:
    """After CBK the system clears: at once, when the agent hangs up, or when the agent waits too long."""
    party, agent = tup.talking_out()
    party.call.send("CBK")
    tup.bench.run(SECOND)
    agent.telephone.replace()
    party.is_released(within=ANSWER)
    tup.tester.expect_idle(party.call.cic)


@case(
    "Q.783/3.4b",
    "Calling party clears after CBK, incoming call",
    clauses=["Q.783 3.4"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_clear_after_cbk_incoming(tup: TupCentre) -> None:
    """The agent hangs up: CBK, and the circuit stays the caller's until CLF, which RLG answers."""
    caller, agent = tup.talking()
    agent.telephone.replace()
    caller.call.expect("CBK", within=ANSWER)
    caller.call.expect_nothing(during=SECOND)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(caller.call.cic)


@case(
    "TUP/3.1",
    "CBK and nobody clears, outgoing call",
    clauses=["Q.783 3.4", "Q.118 (interval unverified)"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_cbk_and_nobody_clears(tup: TupCentre) -> None:
    """The agent stays on the line after CBK: the system sends CLF within 2 minutes."""
    party, _ = tup.talking_out()
    party.call.send("CBK")
    party.is_released(within=125 * SECOND)
    tup.tester.expect_idle(party.call.cic)


@case(
    "Q.783/3.5",
    "Reanswer",
    clauses=["Q.783 3.5"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_reanswer(tup: TupCentre) -> None:
    """RAN within the supervision of CBK: the call goes on and carries speech both ways."""
    party, agent = tup.talking_out()
    party.call.send("CBK")
    tup.bench.run(5 * SECOND)
    party.call.send("RAN")
    tup.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    party.call.expect_nothing(during=130 * SECOND)
    tup.agent_ends(party, agent)


@case(
    "TUP/3.2",
    "CLF and CBK cross",
    clauses=["Q.783 3.4"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_cbk_crosses_clf(tup: TupCentre) -> None:
    """A CBK that arrives behind the system's CLF changes nothing: RLG ends the call."""
    party, agent = tup.talking_out()
    agent.telephone.replace()
    party.call.send("CBK")
    party.call.expect("CLF", within=ANSWER)
    party.call.send("RLG")
    party.call.expect_nothing(during=70 * SECOND)
    tup.tester.expect_idle(party.call.cic)


@case(
    "TUP/3.3",
    "CLF repeated by the far end",
    clauses=["Q.783 3.3"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_clf_repeated(tup: TupCentre) -> None:
    """A second CLF is answered by RLG again."""
    caller = tup.in_menu()
    for _ in range(2):
        caller.call.send("CLF")
        caller.call.expect("RLG", within=ANSWER, through=("CBK",))
    tup.tester.expect_idle(caller.call.cic)


@case(
    "TUP/3.4",
    "Forward transfer in a call",
    clauses=["Q.723 3.8"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_forward_transfer(tup: TupCentre) -> None:
    """FOT, which is for operators, does an automatic call no harm."""
    caller, agent = tup.talking()
    caller.call.send("FOT")
    caller.call.expect_nothing(during=2 * SECOND)
    expect_speech_both_ways(caller.voice, agent.voice)
    tup.over(caller)

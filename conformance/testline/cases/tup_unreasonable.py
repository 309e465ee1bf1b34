"""TUP: unreasonable signalling information, on idle circuits and in calls (Q.783 1.5)."""

from __future__ import annotations

import random
from typing import Any, Final

from testline.case import case
from testline.cases.tup_groups import bits
from testline.layers.tup import message
from testline.layers.tup_messages import Unknown
from testline.testers.tup_centre import ANSWER, TupCentre
from testrig.clock import SECOND

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
    "TUP/5.19",
    "IAM in a call",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
    unverified=True,
)
def test_iam_in_a_call(tup: TupCentre) -> None:
    """An IAM on a circuit whose call is up is discarded."""
    caller, agent = tup.talking()
    caller.call.send("IAM", called=tup.pixit.menu_number)
    caller.call.expect_nothing(during=2 * SECOND)
    tup.connected(caller, agent)
    tup.over(caller)


@case(
    "TUP/5.20",
    "RLG in an outgoing call",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_rlg_in_a_call(tup: TupCentre) -> None:
    """RLG without CLF: the call goes on, or CLF or RSC makes the circuit idle; it works afterwards."""
    party, agent = tup.talking_out()
    cic = party.call.cic
    party.call.send("RLG")
    tup.bench.run(2 * SECOND)
    titles = [got.title for got in tup.tester.inbox.pop(cic, ())]
    tup.bench.until(
        lambda: set(titles) <= {"CLF", "RSC"}, within=0, awaited="nothing, CLF or RSC", state=str(titles)
    )
    if titles:
        party.call.send("RLG")
    else:
        agent.telephone.replace()
        party.call.expect("CLF", within=ANSWER)
        party.call.send("RLG")
    tup.tester.expect_idle(cic)
    tup.still_works(cic)


@case(
    "TUP/5.21",
    "Second ACM and second answer",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_second_answer(tup: TupCentre) -> None:
    """ACM and ANC that come again, and backward messages of other calls, do an answered call no harm."""
    party, agent = tup.talking_out()
    for name in ("ACM", "ANC", "RAN", "ANN", "GRQ"):
        party.call.send(name)
        tup.bench.run(SECOND)
        tup.tester.inbox.pop(party.call.cic, None)  # GSM for GRQ
    tup.connected(party, agent)
    tup.agent_ends(party, agent)


@case(
    "TUP/5.22",
    "Backward messages in an incoming call",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
    unverified=True,
)
def test_backward_messages_in_incoming_call(tup: TupCentre) -> None:
    """ACM, ANC, CBK and SSB come from the wrong end and are discarded."""
    caller, agent = tup.talking()
    for name in ("ACM", "ANC", "CBK", "SSB", "RLG"):
        caller.call.send(name)
        caller.call.expect_nothing(during=SECOND)
    tup.connected(caller, agent)
    tup.over(caller)


@case(
    "TUP/5.23",
    "Forward messages in an outgoing call",
    clauses=["Q.783 1.5"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_forward_messages_in_outgoing_call(tup: TupCentre) -> None:
    """SAM, COT, CCF and GSM come from the wrong end and are discarded."""
    party, agent = tup.talking_out()
    for name in ("SAO", "COT", "CCF", "GSM"):
        party.call.send(name)
        party.call.expect_nothing(during=SECOND)
    tup.connected(party, agent)
    tup.agent_ends(party, agent)

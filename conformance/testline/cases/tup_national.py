"""The telephone user part of the network of China (GF 001-9001): 24-bit label, national messages and use.

Numbers are our own; no clause of GF 001-9001 could be read, formats are those of `docs/design/tup.md`. The
tester is the exchange of the network, the system a call centre.
"""

from __future__ import annotations

from typing import Final

from testline.case import case
from testline.cases.tup_refusals import refused
from testline.layers.tup import calling_digits
from testline.layers.tup_messages import CallingLine
from testline.testers.speech import expect_speech_both_ways
from testline.testers.tup_centre import ANSWER, NUMBER, TupCentre
from testrig.clock import SECOND

CATEGORIES: Final = frozenset((10, 11, 16, 17, 18, 19, 20, 21, 24))
"""Categories of calling subscribers in China."""


@case(
    "TUP/7.1",
    "Incoming call, 24-bit label",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_national_incoming(tup: TupCentre) -> None:
    """An IAI rings the agent, is answered, and carries speech both ways; CLF, RLG."""
    caller, _ = tup.talking()
    tup.over(caller)


@case(
    "TUP/7.2",
    "Outgoing call, 24-bit label",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_national_outgoing(tup: TupCentre) -> None:
    """An outgoing call is completed and cleared."""
    party, agent = tup.talking_out()
    tup.agent_ends(party, agent)


@case(
    "TUP/7.3",
    "Outgoing call, called party clears first",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_national_called_party_clears(tup: TupCentre) -> None:
    """The called party hangs up: CBK, and CLF within 2 minutes though the agent stays on the line."""
    party, _ = tup.talking_out()
    party.hangs_up()
    tup.tester.expect_idle(party.call.cic)


@case(
    "TUP/7.6",
    "SLB received",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_slb_received(tup: TupCentre) -> None:
    """SLB (subscriber busy with a local call): cleared at once, and the agent is told by a tone."""
    refused(tup, "SLB")


@case(
    "TUP/7.7",
    "STB received",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_stb_received(tup: TupCentre) -> None:
    """STB (subscriber busy with a toll call): cleared at once, and the agent is told by a tone."""
    refused(tup, "STB")


@case(
    "TUP/7.8",
    "Subscriber busy sent",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming", "agents"],
    setup="tup24",
    unverified=True,
)
def test_national_busy_sent(tup: TupCentre) -> None:
    """A call to an agent who talks is refused by SLB or STB, not by SSB, which is for international use."""
    first, agent = tup.talking()
    second = tup.caller("13900139000")
    second.dials(tup.pixit.agent_number)
    second.call.expect("SLB", "STB", within=10 * SECOND)
    second.call.send("CLF")
    second.call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(second.call.cic)
    tup.connected(first, agent)
    tup.over(first)


@case(
    "TUP/7.9",
    "Unallocated number",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_national_unallocated(tup: TupCentre) -> None:
    """A call to a number that is not allocated is refused by UNN."""
    call = tup.tester.seize(called=tup.pixit.unallocated_number)
    call.expect("UNN", within=10 * SECOND)
    call.send("CLF")
    call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/7.10",
    "Calling line identity on request",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_line_identity_on_request(tup: TupCentre) -> None:
    """GRQ for calling line and category is answered by GSM with both; the line is that of the IAI."""
    party, agent = tup.calling_out()
    told = calling_digits(party.call.iam)
    party.call.send("GRQ", line=1, category=1)
    got = party.call.expect("GSM", within=ANSWER, line_included=1, category_included=1)
    tup.bench.until(
        lambda: bool(calling_digits(got)) and told in {None, calling_digits(got)},
        within=0,
        awaited=f"calling line identity {told or 'of any digits'}",
        state=got.summary(),
    )
    tup.agent_ends(party, agent)


@case(
    "TUP/7.11",
    "Category of an outgoing call",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_national_category(tup: TupCentre) -> None:
    """The category is one that a subscriber in China has."""
    party, agent = tup.calling_out()
    first = party.call.iam
    tup.bench.until(
        lambda: first.category in CATEGORIES and first.category_spare == 0 and first.spare == 0,
        within=0,
        awaited=f"a category of {sorted(CATEGORIES)}, spare bits 0",
        state=first.summary(),
    )
    tup.agent_ends(party, agent)


@case(
    "TUP/7.12",
    "Calling line identity is shown",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming", "supervision"],
    setup="tup24",
    unverified=True,
)
def test_national_line_identity_is_used(tup: TupCentre) -> None:
    """The calling line identity of IAI stands in the record of the call."""
    caller = tup.in_menu()
    tup.over(caller)
    record = tup.supervisor.records()[-1]
    tup.bench.until(
        lambda: record["calling"] == caller.number, within=0, awaited=caller.number, state=str(record)
    )


@case(
    "TUP/7.13",
    "Calling line identity restricted",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming", "agents"],
    setup="tup24",
    unverified=True,
)
def test_restricted_line_identity(tup: TupCentre) -> None:
    """An identity whose presentation is restricted is not shown to the agent."""
    agent, caller = tup.agent(0), tup.caller("13700137000")
    agent.on_duty()
    line = CallingLine(digits=caller.number, restricted=1)
    call = tup.tester.call_on(tup.tester.free_circuit())
    call.send("IAI", called=tup.pixit.queue_number, line_included=1, line=line)
    event = agent.is_told("Delivered", within=15 * SECOND)
    tup.bench.until(
        lambda: caller.number not in str(event.data),
        within=0,
        awaited="no calling number in the event",
        state=str(event.data),
    )
    call.release()
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/7.14",
    "Original called address",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming", "supervision"],
    setup="tup24",
    unverified=True,
)
def test_original_called_address(tup: TupCentre) -> None:
    """The original called address of a redirected call stands in its record."""
    caller = tup.in_menu(redirected=1, original="01088886666")
    tup.over(caller)
    record = tup.supervisor.records()[-1]
    tup.bench.until(
        lambda: record["original_called"] == "01088886666",
        within=0,
        awaited="original called number 01088886666",
        state=str(record),
    )


@case(
    "TUP/7.15",
    "Call without calling line identity",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_call_without_line_identity(tup: TupCentre) -> None:
    """An IAM is taken; the system may ask for the identity (GRQ) and is told (GSM)."""
    call = tup.tester.seize(called=tup.pixit.menu_number, calling=None)
    first = call.expect("ACM", "GRQ", within=10 * SECOND)
    if first.title == "GRQ":
        call.send("GSM", calling="13800138000")
        call.expect("ACM", within=10 * SECOND)
    call.expect("ANC", "ANN", "ANU", within=10 * SECOND)
    call.release()
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/7.16",
    "Overlap",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_national_overlap(tup: TupCentre) -> None:
    """SAM and SAO complete a number begun in IAM."""
    number = tup.pixit.menu_number
    call = tup.tester.seize(called=number[:5], calling=None)
    call.send("SAM", called=number[5:-1])
    call.expect_nothing(during=SECOND)
    call.send("SAO", called=number[-1])
    call.answered(within=20 * SECOND)
    call.release()
    tup.tester.expect_idle(call.cic)


@case(
    "TUP/7.17",
    "Metering pulses",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_metering_pulses(tup: TupCentre) -> None:
    """MPM before and after the answer of an outgoing call does it no harm."""
    party, agent = tup.talking_out(
        ("ACM", {"kind": 1, "free": 1}), ("MPM", {"pulses": 1}), ("ANC", {}), ("MPM", {"pulses": 300})
    )
    party.call.expect_nothing(during=2 * SECOND)
    tup.connected(party, agent)
    tup.agent_ends(party, agent)


@case(
    "TUP/7.18",
    "Operator and malicious call signals",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_operator_signals(tup: TupCentre) -> None:
    """OPR and MAL, for which a call centre has no use, do a call no harm."""
    caller, agent = tup.talking()
    for name in ("OPR", "MAL", "MPM"):
        caller.call.send(name)
        caller.call.expect_nothing(during=SECOND)
    tup.connected(caller, agent)
    tup.over(caller)


@case(
    "TUP/7.19",
    "Automatic congestion control",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_congestion_control(tup: TupCentre) -> None:
    """ACC of both levels is taken without an answer, and calls still pass."""
    caller = tup.in_menu()
    for level in (1, 2):
        caller.call.send("ACC", level=level)
        caller.call.expect_nothing(during=SECOND)
    tup.over(caller)
    tup.still_works(caller.call.cic)


@case(
    "TUP/7.20",
    "Calling party clears a call the called party controls",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_calling_party_clear(tup: TupCentre) -> None:
    """CCL leaves the circuit the call's; once the agent is gone too CBK comes, and CLF ends it."""
    caller, agent = tup.talking()
    caller.call.send("CCL")
    tup.bench.run(SECOND)
    agent.telephone.replace()
    caller.call.expect("CBK", within=ANSWER)
    caller.call.expect_nothing(during=2 * SECOND)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    tup.tester.expect_idle(caller.call.cic)


@case(
    "TUP/7.21",
    "Reanswer",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_national_reanswer(tup: TupCentre) -> None:
    """RAN behind CBK: the call goes on."""
    party, agent = tup.talking_out()
    party.call.send("CBK")
    tup.bench.run(2 * SECOND)
    party.call.send("RAN")
    tup.bench.run(SECOND)
    expect_speech_both_ways(party.voice, agent.voice)
    tup.agent_ends(party, agent)


@case(
    "TUP/7.29",
    "Calls of other categories",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.incoming"],
    setup="tup24",
    unverified=True,
)
def test_other_categories(tup: TupCentre) -> None:
    """Calls of operators, with priority, of data and test equipment are taken as calls."""
    for category in (9, 11, 12, 13, 17, 24):
        caller = tup.in_menu(category=category)
        tup.over(caller)


@case(
    "TUP/7.30",
    "Number called",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["tup.national", "tup.outgoing"],
    setup="tup24",
    unverified=True,
)
def test_national_called_number(tup: TupCentre) -> None:
    """The IAM or IAI carries the number dialled, with the nature of a subscriber's or a national number."""
    party, agent = tup.calling_out()
    first = party.call.iam
    digits = str(first.digits).rstrip("F")
    tup.bench.until(
        lambda: digits in {NUMBER, NUMBER.removeprefix("0")} and first.nature in {0, 2},
        within=0,
        awaited=f"called number {NUMBER}",
        state=first.summary(),
    )
    tup.agent_ends(party, agent)

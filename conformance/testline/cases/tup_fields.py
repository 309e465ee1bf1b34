"""TUP: every field of the messages that a system sends, not only their names (Q.723 3).

A message read and built anew by the judge has the octets that came: fillers and spare bits are 0, and nothing
stands behind the end. In calls from TUP to TUP what the indicators say is passed on.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.layers.isup import called_digits as isup_called
from testline.layers.isup_parameters import (
    CalledPartyNumber,
    CallingPartyNumber,
    OriginalCalledNumber,
    Parameter,
)
from testline.layers.tup import called_digits, calling_digits, group_circuits, message, original_digits
from testline.layers.tup_messages import CallingLine, OriginalCalled
from testline.testers.caller import Caller
from testline.testers.isup import Call
from testline.testers.tup_centre import ANSWER, NUMBER, TransitCentre, TupCentre
from testline.verdicts import Fail
from testrig.clock import SECOND

REQUESTS: Final = ("category", "line", "original_called", "malicious", "hold", "echo")
"""Bits of GRQ (Q.723 3.5.1)."""
LEFT_OUT: Final = (
    *("indicator_spare", "charging_included", "original_included"),
    *("party_included", "routing_included", "network_included", "group_included"),
)
"""Indicators of what the IAI of a call of an agent does not have (Q.723 3.3.2)."""
FORWARDED: Final = "13900139000"
"""A number first called."""
CALLING: Final = "13800138000"
NATURES: Final = ((0, 1), (2, 3), (3, 4))
"""Subscriber, national and international number in Q.723 3.3.1 and in Q.763 3.9."""


def shows(found: dict[str, Any], **wanted: Any) -> None:
    """Fail unless these fields are as wanted."""
    wrong = {name: found[name] for name, value in wanted.items() if found[name] != value}
    if wrong:
        raise Fail(awaited=str({name: wanted[name] for name in wrong}), observed=str(wrong))


def fields_of(found: Any, *names: str) -> dict[str, Any]:
    """Return fields of a message by name."""
    return {name: found.getfieldval(name) for name in names}


def rebuilt(call: Call) -> None:
    """Fail unless every message received on the circuit has the octets that its fields make."""
    for got in call.received:
        found = got.message
        again = found.copy()
        again.clear_cache()
        if bytes(again) != bytes(found.original) or bytes(found.payload):
            raise Fail(awaited=f"{got.title} as {bytes(again).hex()}", observed=bytes(found.original).hex())


@case(
    "TUP/12.1",
    "Indicators of IAI and IAM",
    clauses=["Q.723 3.3.1", "Q.723 3.3.2"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_indicators_of_iai(tup: TupCentre) -> None:
    """A call of an agent: no satellite, check, echo suppressor, redirection, digital path; spare bits 0.

    The number called is a national or a subscriber's one, the calling line the one that the PIXIT tells.
    """
    party, agent = tup.calling_out()
    first = party.call.iam
    names = ("satellite", "continuity", "echo", "international", "redirected", "digital_path", "spare")
    shows(fields_of(first, *names, "category_spare"), **dict.fromkeys((*names, "category_spare"), 0))
    if first.nature not in {0, 2}:
        raise Fail(awaited="nature of a subscriber's or a national number", observed=str(first.nature))
    if first.title == "IAI":
        shows(fields_of(first, *LEFT_OUT), **dict.fromkeys(LEFT_OUT, 0))
        if first.line_included:
            shows(fields_of(first.line, "restricted", "incomplete"), restricted=0, incomplete=0)
            given = {0, 2} if tup.pixit.calling_number else {0, 2, 3}
            if first.line.nature not in given:
                raise Fail(awaited=f"nature of the calling line in {given}", observed=str(first.line.nature))
            if tup.pixit.calling_number:
                shows({"line": calling_digits(first)}, line=tup.pixit.calling_number)
    rebuilt(party.call)
    tup.agent_ends(party, agent)
    rebuilt(party.call)


@case(
    "TUP/12.2",
    "Odd and even numbers of address signals",
    clauses=["Q.723 3.3.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_fillers(tup: TupCentre) -> None:
    """Numbers of 7 to 12 signals arrive whole, with filler 0 behind an odd number of them."""
    for count in range(7, 13):
        number = (NUMBER + "1234567890")[:count]
        party, agent = tup.calling_out(number)
        shows({"called": str(called_digits(party.call.iam)).rstrip("F")}, called=number)
        rebuilt(party.call)
        tup.agent_ends(party, agent)
        tup.bench.run(3 * SECOND)


@case(
    "TUP/12.3",
    "Numbers longer than an initial address",
    clauses=["Q.723 3.3.1", "Q.723 3.3.3", "Q.723 3.3.4"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
)
def test_long_numbers(tup: TupCentre) -> None:
    """15 signals fit in the IAM or IAI; a 16th comes in a SAO, or a SAM of one, and five more in a SAM."""
    for count, behind in ((15, ()), (16, ("SAO", "SAM")), (20, ("SAM",))):
        number = (NUMBER + "1234567890")[:count]
        party, agent = tup.calling_out(number)
        digits = str(called_digits(party.call.iam))
        if behind:
            digits += str(called_digits(party.call.expect(*behind, within=SECOND)))
        shows({"called": digits.rstrip("F")}, called=number)
        rebuilt(party.call)
        party.call.expect_nothing(during=2 * SECOND)
        party.alerts()
        party.answers()
        tup.bench.run(SECOND)
        tup.agent_ends(party, agent)
        tup.bench.run(3 * SECOND)


@case(
    "TUP/12.4",
    "Each request of GRQ by itself",
    clauses=["Q.723 3.4.1", "Q.723 3.5.1"],
    proves=["N-01"],
    needs="tup.outgoing",
    setup="tup",
    unverified=True,
)
def test_each_request(tup: TupCentre) -> None:
    """GSM tells what was asked for and nothing else, and names no suppressor, hold or identification.

    The calling line may also be told for the identification of a malicious call.
    """
    party, agent = tup.calling_out()
    first = party.call.iam
    for asked in (*REQUESTS, ""):
        fields: dict[str, Any] = {asked: 1} if asked else {}
        party.call.send("GRQ", **fields)
        got = party.call.expect("GSM", within=ANSWER, spare=0, hold=0, echo=0, trunk_included=0)
        rebuilt(party.call)
        names = ("category_included", "original_included")
        shows(fields_of(got, *names), category_included=int(asked == "category"), original_included=0)
        if asked == "category":
            shows(fields_of(got.category, "category", "spare"), category=first.category, spare=0)
        if asked not in {"line", "malicious"} and got.line_included:
            raise Fail(
                awaited=f"no calling line for a request of {asked or 'nothing'}", observed=got.summary()
            )
        if asked == "line":
            shows({"line": calling_digits(got)}, line=calling_digits(first) or calling_digits(got))
    tup.agent_ends(party, agent)


@case(
    "TUP/12.5",
    "Fields of backward messages",
    clauses=["Q.723 3.6.1", "Q.723 3.8"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_backward_messages(tup: TupCentre) -> None:
    """ACM names no echo suppressor and no forwarding, an agent who rings is free; all octets are as read."""
    caller, agent = tup.ringing()
    acm = caller.call.received[0].message
    names = ("spare", "forwarded", "echo")
    shows(fields_of(acm, *names, "free"), spare=0, forwarded=0, echo=0, free=1)
    agent.telephone.lift()
    caller.call.expect("ANC", "ANN", "ANU", within=ANSWER)
    agent.telephone.replace()
    caller.call.expect("CBK", within=ANSWER)
    caller.call.send("CLF")
    caller.call.expect("RLG", within=ANSWER)
    rebuilt(caller.call)
    menu = tup.in_menu()
    acm = next(got.message for got in menu.call.received if got.title == "ACM")
    shows(fields_of(acm, *names), spare=0, forwarded=0, echo=0)
    tup.over(menu)
    rebuilt(menu.call)


@case(
    "TUP/12.6",
    "The state of circuits in a call",
    clauses=["Q.724 1.15"],
    proves=["N-01", "M-03"],
    needs=["tup.incoming", "tup.outgoing", "tup.maintenance"],
    setup="tup",
)
def test_states_of_circuits(tup: TupCentre) -> None:
    """Maintenance sees a circuit incoming busy or outgoing busy through the call, and not idle before RLG."""
    caller, agent = tup.talking()
    tup.is_in(caller.call.cic, has=["incoming busy"], lacks=["idle"])
    tup.over(caller)
    agent.telephone.replace()
    tup.bench.run(3 * SECOND)
    party, agent = tup.calling_out()
    tup.is_in(party.call.cic, has=["outgoing busy"], lacks=["idle"])
    party.alerts()
    party.answers()
    tup.bench.run(SECOND)
    tup.is_in(party.call.cic, has=["outgoing busy"], lacks=["idle"])
    agent.telephone.replace()
    party.call.expect("CLF", within=ANSWER)
    tup.is_in(party.call.cic, lacks=["idle"])
    party.call.send("RLG")
    tup.is_in(party.call.cic, has=["idle"])


def groups_blocked(tup: TupCentre, count: int) -> None:
    """MGB and MGU from the first circuit on for `count`, of which those that exist are acknowledged."""
    first, known = min(tup.tester.circuits), set(tup.tester.circuits)
    octets = (count + 7) // 8
    present = [each for each in range(first, first + count) if each in known]
    for order, answer in (("MGB", "MBA"), ("MGU", "MUA")):
        status = ((1 << count) - 1).to_bytes(octets, "little")
        tup.tester.send_message(first, order, range=count - 1, status=status)
        got = tup.tester.expect(first, answer, within=ANSWER, range=count - 1)
        shows({"circuits": group_circuits(first, count - 1, bytes(got.status))}, circuits=present)
        shows({"octets": len(bytes(got.status))}, octets=octets)
        for cic in sorted(known):
            blocked = order == "MGB" and cic in present
            tup.is_in(cic, has=["remotely blocked"] * blocked, lacks=[] if blocked else ["blocked"])


@case(
    "TUP/12.7",
    "Groups of several octets of status",
    clauses=["Q.723 3.10"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_groups_of_several_octets(tup: TupCentre) -> None:
    """MGB for 2, 8, 9, 16, 17 and 31 circuits: each bit is its circuit's, and MBA has as many octets."""
    for count in (2, 8, 9, 16, 17, 31):
        groups_blocked(tup, count)


@case(
    "TUP/12.8",
    "Status shorter than the range",
    clauses=["Q.723 3.10", "Q.783 1.5"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
)
def test_short_status(tup: TupCentre) -> None:
    """MGB for 9 circuits with one octet of status is discarded; GRS, which has none, is taken."""
    cic = tup.run_of(9)
    whole = bytes(message("MGB", cic, range=8, status=b"\xff\x01"))
    tup.tester.send_raw(whole[:-1])
    tup.tester.expect_nothing(cic, during=2 * SECOND)
    for each in range(9):
        tup.is_in(cic + each, lacks=["blocked"])
    tup.tester.send_message(cic, "GRS", range=8)
    got = tup.tester.expect(cic, "GRA", within=ANSWER, range=8)
    shows({"status": bytes(got.status)}, status=bytes(2))


@case(
    "TUP/12.9",
    "Range 0",
    clauses=["Q.723 3.10"],
    proves=["N-01"],
    needs="tup.group_supervision",
    setup="tup",
    unverified=True,
)
def test_range_0(tup: TupCentre) -> None:
    """MGB, MGU and GRS with range 0, which have no status, are about the trunk group of their circuit.

    That the group so agreed upon is the trunk group could not be read.
    """
    cic = min(tup.tester.circuits)
    for order, answer, blocked in (("MGB", "MBA", True), ("MGU", "MUA", False), ("MGB", "MBA", True)):
        tup.tester.send_message(cic, order, range=0)
        tup.tester.expect(cic, answer, within=ANSWER, range=0, status=b"")
        for each in tup.tester.circuits:
            tup.is_in(each, has=["remotely blocked"] * blocked, lacks=[] if blocked else ["blocked"])
    tup.tester.send_message(cic, "GRS", range=0)
    tup.tester.expect(cic, "GRA", within=ANSWER, range=0, status=b"")
    for each in tup.tester.circuits:
        tup.is_in(each, has=["idle"], lacks=["blocked"])


# passed on


def onward_from_tup(transit: TransitCentre, **fields: Any) -> tuple[Caller, Caller]:
    """An IAI of these fields from TUP, for a number that leads on to TUP; return both ends."""
    caller, party = Caller(transit.tup, CALLING), Caller(transit.tup, transit.number("tup"))
    caller.dials(party.number, **fields)
    party.is_called(within=ANSWER)
    return caller, party


@case(
    "TUP/12.10",
    "Indicators passed from TUP to TUP",
    clauses=["Q.723 3.3.1", "Q.724 4.4"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_indicators_from_tup_to_tup(transit: TransitCentre) -> None:
    """Each indicator of the IAI, set by itself, arrives as it is, and the others arrive 0."""
    flags = ("satellite", "echo", "international", "digital_path", "signalling_path")
    rows: list[dict[str, int]] = [dict.fromkeys(flags, 0) | {name: 1} for name in flags]
    rows += [dict.fromkeys(flags, 0) | {"nature": nature} for nature in (0, 2, 3)]
    rows += [dict.fromkeys(flags, 0) | {"category": category} for category in (1, 9, 10, 11, 12, 13)]
    for row in rows:
        caller, party = onward_from_tup(transit, **row)
        shows(
            fields_of(party.call.iam, *flags, "nature", "category", "continuity", "redirected", "spare"),
            **{"nature": 2, "category": 10, "continuity": 0, "redirected": 0, "spare": 0, **row},
        )
        shows({"calling": calling_digits(party.call.iam)}, calling=CALLING)
        rebuilt(party.call)
        caller.hangs_up()
        party.is_released(within=ANSWER)
        transit.idle(caller, party)


@case(
    "TUP/12.11",
    "Addresses passed from TUP to TUP",
    clauses=["Q.723 3.3.2", "Q.724 4.4"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_addresses_from_tup_to_tup(transit: TransitCentre) -> None:
    """Calling line and original called address arrive with their nature and restriction."""
    for nature, restricted in ((0, 0), (2, 1), (3, 0)):
        line = CallingLine(digits=CALLING, nature=nature, restricted=restricted)
        original = OriginalCalled(digits=FORWARDED, nature=nature)
        call = transit.tup.call_on(transit.tup.free_circuit())
        included: dict[str, Any] = {
            "line_included": 1,
            "line": line,
            "original_included": 1,
            "original_called": original,
        }
        call.send("IAI", called=transit.number("tup"), redirected=1, **included)
        onward = transit.tup.wait_for("IAI", within=ANSWER)
        first = onward.iam
        shows(
            {"calling": calling_digits(first), "original": original_digits(first)}
            | fields_of(first, "redirected")
            | fields_of(first.line, "nature", "restricted"),
            calling=CALLING,
            original=FORWARDED,
            redirected=1,
            nature=nature,
            restricted=restricted,
        )
        shows(fields_of(first.original_called, "nature", "spare"), nature=nature, spare=0)
        rebuilt(onward)
        call.release()
        onward.cleared(within=ANSWER)


@case(
    "TUP/12.12",
    "Backward messages passed from TUP to TUP",
    clauses=["Q.723 3.6.1", "Q.724 4.4"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_backward_from_tup_to_tup(transit: TransitCentre) -> None:
    """The indicators of ACM arrive as they are; ANC and ANN as themselves, then CBK, RAN and CBK."""
    plain = {"free": 0, "forwarded": 0, "echo": 0, "signalling_path": 0, "spare": 0}
    rows: list[dict[str, Any]] = [{"kind": kind, **plain} for kind in (0, 1, 2, 3)]
    rows += [{"kind": 1, **plain, name: 1} for name in ("free", "forwarded", "echo", "signalling_path")]
    for row in rows:
        caller, party = onward_from_tup(transit)
        party.call.send("ACM", **row)
        caller.call.expect("ACM", within=ANSWER, **row)
        answer = "ANN" if row["kind"] == 2 else "ANC"
        party.call.send(answer)
        caller.call.expect(answer, within=ANSWER)
        for name in ("CBK", "RAN", "CBK"):
            party.call.send(name)
            caller.call.expect(name, within=ANSWER)
        caller.hangs_up()
        party.is_released(within=ANSWER)
        transit.idle(caller, party)


@case(
    "TUP/12.13",
    "Nature of the called number",
    clauses=["Q.699 (unverified)", "Q.723 3.3.1", "Q.763 3.9"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_nature_of_called_number(transit: TransitCentre) -> None:
    """Subscriber, national and international numbers called are told by the code of the other user part."""
    for in_tup, in_isup in NATURES:
        caller, party = transit.through("tup", nature=in_tup)
        told = party.call.iam.called_party_number
        shows(
            {"nature": told.nature, "called": str(isup_called(party.call.iam)).rstrip("F")},
            nature=in_isup,
            called=party.number,
        )
        caller.hangs_up()
        party.is_released(within=ANSWER)
        number = CalledPartyNumber(digits=transit.number("tup"), nature=in_isup)
        call = transit.isup.call_on(transit.isup.free_circuit())
        call.send("IAM", called_party_number=number)
        onward = transit.tup.wait_for("IAM", "IAI", within=ANSWER)
        shows(fields_of(onward.iam, "nature"), nature=in_tup)
        call.release()
        onward.cleared(within=ANSWER)


@case(
    "TUP/12.14",
    "Original called number between ISUP and TUP",
    clauses=["Q.699 (unverified)", "Q.723 3.3.2", "Q.763 3.39"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_original_called_number(transit: TransitCentre) -> None:
    """It arrives with its nature, and TUP tells that the call was redirected, but not without it."""
    for in_tup, in_isup in NATURES:
        caller, party = transit.through("tup", redirected=1, original=FORWARDED)
        told = party.call.iam.parameter(OriginalCalledNumber.code)
        shows({"original": told and str(told.digits)}, original=FORWARDED)
        caller.hangs_up()
        party.is_released(within=ANSWER)
        number = Parameter(contents=OriginalCalledNumber(digits=FORWARDED, nature=in_isup))
        caller, party = transit.through("isup", optional=[number])
        first = party.call.iam
        shows(
            {"original": original_digits(first), **fields_of(first, "redirected")},
            original=FORWARDED,
            redirected=1,
        )
        shows(fields_of(first.original_called, "nature"), nature=in_tup)
        caller.hangs_up()
        party.is_released(within=ANSWER)
    caller, party = transit.through("isup")
    shows(fields_of(party.call.iam, "redirected"), redirected=0)
    caller.hangs_up()
    party.is_released(within=ANSWER)


@case(
    "TUP/12.15",
    "Categories of China and of ISUP alone",
    clauses=["Q.699 (unverified)", "Q.723 3.3.1", "Q.763 3.11", "GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["transit", "tup.national"],
    setup="transit24",
    unverified=True,
)
def test_other_categories_in_transit(transit: TransitCentre) -> None:
    """Subscribers of China are ordinary ones to ISUP, those with priority have priority there.

    The payphone of ISUP is an ordinary subscriber to TUP; data and test calls are the same in both.
    """
    for category, told in ((16, 10), (17, 10), (18, 10), (19, 10), (20, 11), (21, 11), (24, 10), (12, 12)):
        caller, party = transit.through("tup", category=category)
        shows(fields_of(party.call.iam, "category"), category=told)
        caller.hangs_up()
        party.is_released(within=ANSWER)
    for category, told in ((15, 10), (12, 12), (13, 13), (9, 9), (11, 11)):
        caller, party = transit.through("isup", category=category)
        shows(fields_of(party.call.iam, "category"), category=told)
        caller.hangs_up()
        party.is_released(within=ANSWER)


@case(
    "TUP/12.16",
    "Messages of the network of China from TUP to TUP",
    clauses=["GF 001-9001 (clause unverified)"],
    proves=["N-01"],
    needs=["transit", "tup.national"],
    setup="transit24",
    unverified=True,
)
def test_national_messages_in_transit(transit: TransitCentre) -> None:
    """MPM arrives with its pulses, OPR and MAL in either direction, SLB and STB as themselves."""
    caller, party = onward_from_tup(transit)
    party.alerts()
    caller.call.expect("ACM", within=ANSWER)
    for name in ("OPR", "MAL"):
        caller.call.send(name)
        party.call.expect(name, within=ANSWER)
        party.call.send(name)
        caller.call.expect(name, within=ANSWER)
    party.answers()
    caller.call.expect("ANC", within=ANSWER)
    for pulses in (1, 300, 65535):
        party.call.send("MPM", pulses=pulses)
        caller.call.expect("MPM", within=ANSWER, pulses=pulses)
    caller.hangs_up()
    party.is_released(within=ANSWER)
    for name in ("SLB", "STB"):
        caller, party = onward_from_tup(transit)
        party.call.send(name)
        party.call.expect("CLF", within=ANSWER)
        party.call.send("RLG")
        caller.call.expect(name, within=ANSWER)
        caller.hangs_up()


@case(
    "TUP/12.17",
    "A calling number without digits, or too long for TUP",
    clauses=["Q.699 (unverified)", "Q.723 3.3.2", "Q.763 3.10"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_calling_numbers_that_do_not_fit(transit: TransitCentre) -> None:
    """15 signals are told in IAI; with 16, or none, the call goes on without a calling line identity."""
    for count in (15, 16, 0):
        digits = ("13800138000" + "123456789")[:count]
        told = [Parameter(contents=OriginalCalledNumber(digits=FORWARDED))]
        if digits:
            told.append(Parameter(contents=CallingPartyNumber(digits=digits)))
        call = transit.isup.seize(called=transit.number("tup"), calling=None, optional=told)
        onward = transit.tup.wait_for("IAM", "IAI", within=ANSWER)
        shows({"calling": calling_digits(onward.iam)}, calling=digits if count == 15 else None)
        shows({"original": original_digits(onward.iam)}, original=FORWARDED)
        rebuilt(onward)
        call.release()
        onward.cleared(within=ANSWER)


@case(
    "TUP/12.18",
    "Natures of an address that TUP does not have",
    clauses=["Q.699 (unverified)", "Q.723 3.3.1", "Q.763 3.9"],
    proves=["N-01"],
    needs="transit",
    setup="transit",
    unverified=True,
)
def test_other_natures(transit: TransitCentre) -> None:
    """An unknown nature, and one of the network's own (5), are told as national and not by the spare code."""
    for nature in (2, 5):
        call = transit.isup.call_on(transit.isup.free_circuit())
        call.send(
            "IAM",
            called_party_number=CalledPartyNumber(digits=transit.number("tup"), nature=nature),
            optional=[
                Parameter(contents=CallingPartyNumber(digits=CALLING, nature=nature)),
                Parameter(contents=OriginalCalledNumber(digits=FORWARDED, nature=nature)),
            ],
        )
        onward = transit.tup.wait_for("IAI", within=ANSWER)
        first = onward.iam
        natures = {
            "called": first.nature,
            "calling": first.line.nature,
            "original": first.original_called.nature,
        }
        shows(natures, called=2, calling=2, original=2)
        call.release()
        onward.cleared(within=ANSWER)


@case(
    "TUP/12.20",
    "ST signal behind too few digits",
    clauses=["Q.723 3.3.1", "Q.783 2.2.2"],
    proves=["N-01"],
    needs="tup.incoming",
    setup="tup",
)
def test_end_of_pulsing_behind_too_few_digits(tup: TupCentre) -> None:
    """No more digits come: the call is refused at once (ADI or UNN), be ST in the IAM or in a SAM."""
    number = tup.pixit.menu_number
    for parts in ((f"{number[:6]}F",), (number[:5], f"{number[5:7]}F")):
        call = tup.tester.seize(called=parts[0], calling=None)
        for part in parts[1:]:
            call.expect_nothing(during=2 * SECOND)
            call.send("SAM", called=part)
        call.expect("ADI", "UNN", within=ANSWER)
        call.send("CLF")
        call.expect("RLG", within=ANSWER)
        tup.tester.expect_idle(call.cic)

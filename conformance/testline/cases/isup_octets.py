"""ISUP: what a message on the line looks like, and messages that are none.

`ISUP/n` are cases of our own. The tester is SP B, the system SP A.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any, Final

from testline.case import case
from testline.cases.isup_calls import NUMBER, calling_out, over
from testline.cases.isup_release import BUSY
from testline.cases.isup_supervision import ANSWER, answered_call
from testline.layers.isup import message
from testline.layers.isup_parameters import CallingPartyNumber
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.mtp3 import ISUP, Message
from testline.verdicts import Fail
from testrig.clock import SECOND

SPEECH_MEDIA: Final = frozenset((0x00, 0x03))
"""Transmission medium requirement of a telephone call: speech or 3.1 kHz audio (Q.763 3.54)."""
NATURES: Final = frozenset((0b0000001, 0b0000010, 0b0000011, 0b0000100))
"""Subscriber, unknown, national, international number (Q.763 3.9 b)."""


# of our own: what stands in the messages


@case(
    "ISUP/8",
    "Called numbers of every length",
    clauses=["Q.763 3.9", "Q.764 2.1.1.1"],
    proves=["N-01", "S-01"],
    needs="isup.outgoing",
)
def test_called_numbers_of_every_length(centre: Centre) -> None:
    """3, 4, 5, 8, 11, 12 and 15 digits arrive as dialled, odd or even rightly told, the filler 0."""
    agent = centre.agent(0)
    agent.sign_on()
    for number in ("114", "1000", "10086", "62281234", NUMBER, "013800138000", "008610628123456"[:15]):
        agent.telephone.lift()
        centre.bench.run(SECOND // 4)
        agent.dial(centre.pixit.outgoing_prefix + number)
        party = centre.caller(number)
        called = party.is_called(within=ANSWER).iam.called_party_number
        sent = called.digits.upper()
        odd = len(sent) % 2 == 1
        centre.bench.until(
            lambda: sent in {number, f"{number}F"},  # noqa: B023 - called at once
            within=0,
            awaited=f"called number {number}, with or without the end of pulsing signal",
            state=f"called number {sent}",
        )
        centre.bench.until(
            lambda: bytes(called)[0] >> 7 == odd and (not odd or bytes(called)[-1] >> 4 == 0),  # noqa: B023
            within=0,
            awaited=f"{'odd' if odd else 'even'} number of address signals, filler 0",
            state=f"called party number {bytes(called).hex()}",
        )
        party.call.release(cause=BUSY)
        agent.telephone.replace()
        centre.bench.run(SECOND)


@case(
    "ISUP/9",
    "Indicators of the IAM agree with each other",
    clauses=["Q.763 3.9", "Q.763 3.10", "Q.763 3.11", "Q.763 3.23", "Q.763 3.35", "Q.763 3.54"],
    proves=["N-01"],
    needs="isup.outgoing",
)
def test_indicators_of_iam(centre: Centre) -> None:
    """An IAM of the system asks for a telephone call of an ordinary subscriber, without contradictions."""
    party, _ = calling_out(centre)
    iam = party.call.iam
    called, calling = iam.called_party_number, iam.parameter(CallingPartyNumber.code)
    faults = {
        f"medium {iam.medium:#04x} is no telephone call": iam.medium not in SPEECH_MEDIA,
        f"category {iam.category:#04x} is no ordinary subscriber": iam.category not in {0x0A, 0x0B},
        "end-to-end information without a method": bool(iam.end_to_end_information)
        and not iam.end_to_end_method,
        "ISUP all the way and interworking": bool(iam.isup_all_the_way) and bool(iam.interworking),
        "ISUP preference 3 is spare": iam.isup_preference == 0b11,
        "an international call to a national number": bool(iam.international_call) and called.nature < 0b100,
        "a number translated, or query on release": bool(iam.number_translated or iam.query_on_release),
        "bits for national use": bool(iam.fci_national_use),
        "SCCP method 3 is spare": iam.sccp_method == 0b11,
        "satellites in front of the exchange where the call begins": iam.satellites > 0b01,
        "continuity check 3 is spare": iam.continuity_check == 0b11,
        "spare bits are not 0": bool(iam.nci_spare),
        f"nature of the called number is {called.nature}": called.nature not in NATURES,
        f"numbering plan {called.plan}": called.plan != 0b001,
        "a calling number whose presentation is spare": calling is not None and calling.presentation == 0b11,
        f"nature of the calling number is {calling and calling.nature}": calling is not None
        and calling.nature not in NATURES,
    }
    expect_none(centre, faults, "IAM without contradictions", str(iam.summary()))
    over(centre, party)


@case(
    "ISUP/10",
    "Indicators of the ACM agree with each other",
    clauses=["Q.763 3.5"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_indicators_of_acm(centre: Centre) -> None:
    """ACM or CON of an incoming call holds no spare values, and no contradictions about the way."""
    caller = centre.caller()
    call = caller.dials(centre.pixit.menu_number)
    first = call.expect("ACM", "CON", within=10 * SECOND)
    faults = {
        "charge indicator 3 is spare": first.charge == 0b11,
        "called party's status 3 is spare": first.called_status == 0b11,
        "called party's category 3 is spare": first.called_category == 0b11,
        "end-to-end information without a method": bool(first.end_to_end_information)
        and not first.end_to_end_method,
        "ISUP all the way and interworking": bool(first.isup_all_the_way) and bool(first.interworking),
        "holding requested": bool(first.holding),
        "SCCP method 3 is spare": first.sccp_method == 0b11,
    }
    expect_none(centre, faults, f"{first.title} without contradictions", str(first.summary()))
    caller.hangs_up()
    centre.isup.expect_idle(call.cic)


def expect_none(centre: Centre, faults: dict[str, bool], awaited: str, state: str) -> None:
    """Fail when one of `faults` was found."""
    found = [text for text, is_there in faults.items() if is_there]
    if found:
        raise Fail(awaited=awaited, state=state, observed="; ".join(found))
    centre.bench.note(awaited)


@case(
    "ISUP/11",
    "Signalling link selection of a circuit's messages",
    clauses=["Q.704 2.2.4", "Q.764 2.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_signalling_link_selection(isup: IsupTester) -> None:
    """All messages of a circuit have the SLS of its CIC (the 4 low bits), so that they keep their order."""
    seen: list[Message] = []
    take = isup.mtp3.users[ISUP]

    def look(received: Message) -> None:
        seen.append(received)
        take(received)

    isup.mtp3.users[ISUP] = look
    circuits = sorted(isup.circuits)
    for cic in {circuits[0], circuits[len(circuits) // 2], circuits[-1]}:
        call = answered_call(isup, cic)
        call.release()
        isup.expect_idle(cic)
    wrong = [f"{got} on CIC {_cic(got)}" for got in seen if got.sls & 0x0F != _cic(got) & 0x0F]
    isup.bench.until(
        lambda: len(seen) >= 3 and not wrong,
        within=0,
        awaited="the 4 low bits of the CIC as SLS in every message",
        state=f"{len(seen)} messages, wrong: {wrong[:3]}",
    )


def _cic(received: Message) -> int:
    """The circuit identification code of an ISUP message (Q.763 1.2)."""
    return int.from_bytes(received.data[:2], "little") & 0x0FFF


# of our own: what must do no harm


@case(
    "ISUP/12",
    "IAM cut at every octet",
    clauses=["Q.763 1.7", "Q.764 2.9.5"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_iam_cut_at_every_octet(isup: IsupTester) -> None:
    """As long as the called number is not whole there is no call, and the circuit stays idle.

    An IAM with a calling number and one without an optional part are cut; nothing clears the circuit
    afterwards. Where the number is whole and only the optional part is cut, the system may take the call;
    the tester then clears it.
    """
    menu = isup.pixit.menu_number
    bare = bytes(message("IAM", 1, called=menu))
    for whole in (bare, bytes(message("IAM", 1, called=menu, calling="13800138000"))):
        for length in range(len(whole)):
            _cut_iam(isup, whole[:length], may_be_taken=length >= len(bare))
    cic = min(isup.circuits)
    call = answered_call(isup, cic)
    call.release()
    isup.expect_idle(cic)


def _cut_iam(isup: IsupTester, octets: bytes, *, may_be_taken: bool) -> None:
    """Send an IAM that was cut, and prove its circuit idle, where a call came of it after clearing it."""
    circuits = sorted(isup.circuits)
    cic = circuits[len(octets) % len(circuits)]
    isup.send_raw((bytes((cic & 0xFF, cic >> 8)) + octets[2:])[: len(octets)], sls=cic & 0x0F)
    isup.bench.run(SECOND // 2)
    call = isup.call_on(cic)
    call.catch_up()
    titles = [got.title for got in call.received]
    answered = bool({"ACM", "CON", "ANM"} & set(titles))
    if answered and not may_be_taken:
        raise Fail(awaited=f"no call for an IAM cut to {len(octets)} octets", observed=", ".join(titles))
    if "REL" in titles:
        call.send("RLC")
    elif answered:
        call.release()
    isup.expect_idle(cic)


@case(
    "ISUP/13",
    "Garbled messages of every type",
    clauses=["Q.763 1", "Q.764 2.9.5", "Q.764 2.9.3.1"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_garbled_messages(isup: IsupTester) -> None:
    """600 sound messages with an octet changed or cut off, on all circuits; after RSC everything is idle.

    The messages are of call and circuit procedures, so that calls, blocking and resets come and go.
    """
    generator = random.Random(784)
    circuits = sorted(isup.circuits)
    for _ in range(600):
        garbled = _garbled(isup, generator, generator.choice(circuits))
        isup.send_raw(garbled, sls=generator.randrange(16))
        isup.bench.run(SECOND // 50)
    isup.bench.run(2 * SECOND)
    isup.inbox.clear()
    for cic in circuits:
        isup.send_message(cic, "RSC")
        isup.await_on(
            cic,
            ("RLC",),
            within=ANSWER,
            state=lambda: "after garbled messages",
            through=("REL", "RSC", "BLO", "UBL", "ACM", "ANM", "CPG", "CFN", "UCIC"),
        )
    isup.bench.run(SECOND)
    isup.inbox.clear()
    isup.reach_idle()
    for cic in (circuits[0], circuits[-1]):
        call = answered_call(isup, cic)
        call.release()
        isup.expect_idle(cic)


def _garbled(isup: IsupTester, generator: random.Random, cic: int) -> bytes:
    """Return a message on `cic` with one octet behind the CIC changed, or the end cut off."""
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("IAM", {"called": isup.pixit.menu_number, "calling": "13800138000"}),
        ("SAM", {"called": "123"}),
        ("ACM", {}),
        ("ANM", {}),
        ("CPG", {}),
        ("CON", {}),
        ("COT", {}),
        ("REL", {"cause": 16}),
        ("RLC", {}),
        ("SUS", {}),
        ("RES", {}),
        ("BLO", {}),
        ("UBL", {}),
        ("BLA", {}),
        ("UBA", {}),
        ("GRS", {"range": 3, "status": b""}),
        ("CGB", {"range": 3, "status": b"\x0f"}),
        ("CGU", {"range": 3, "status": b"\x0f"}),
        ("INR", {}),
        ("SGM", {}),
        ("UPT", {}),
    )
    name, fields = generator.choice(kinds)
    octets = bytearray(bytes(message(name, cic, **fields)))
    if generator.random() < 0.5:
        return bytes(octets[: generator.randrange(2, len(octets))])
    octets[generator.randrange(2, len(octets))] = generator.randrange(256)
    return bytes(octets)


@case(
    "ISUP/14",
    "One circuit, forty calls",
    clauses=["Q.764 2.3"],
    proves=["N-01"],
    needs="isup.incoming",
)
def test_circuit_is_used_again(isup: IsupTester) -> None:
    """A circuit takes the next call as soon as RLC is there: 40 times, no message lost or too many."""
    cic = isup.free_circuit()
    begun = []
    for _ in range(40):
        begun.append(isup.bench.now)
        call = isup.seize(called=isup.pixit.menu_number, cic=cic)
        call.answered(within=10 * SECOND)
        call.release(within=SECOND)
    slowest = max(later - earlier for earlier, later in pairwise(begun))
    isup.bench.note(f"the slowest call took {slowest / SECOND:g} s")
    isup.expect_no_leftovers()
    isup.expect_idle(cic)

"""ISUP in transit, octet by octet: every parameter of Q.763 in the messages that may have it.

The tester stands on both sides of the system. What the one side sends arrives on the other with the same
contents; the order of the optional parameters is free (Q.763 1.7). `ISUP/n` are cases of our own.
"""

from __future__ import annotations

from typing import Any, Final

from testline.case import case
from testline.cases.isup_supervision import ANSWER
from testline.cases.isup_transit import cleared, talking, through
from testline.layers.fields import fixed_octets
from testline.layers.isup import message
from testline.layers.isup_parameters import (
    CalledPartyNumber,
    CauseIndicators,
    Octets,
    Parameter,
    PropagationDelayCounter,
)
from testline.testers.caller import Caller
from testline.testers.isup import Call
from testline.testers.tup_centre import TransitCentre
from testline.verdicts import Fail
from testrig.clock import SECOND

CONTENTS: Final[dict[int, tuple[str, ...]]] = {
    0x01: ("0102036409",),
    0x03: ("6d058011223344",),
    0x08: ("82", "01"),
    0x0A: ("03b32143", "f455b10c", "830f2103"),
    0x0B: ("03142143", "84102103", "0008"),
    0x0C: ("84902103", "03102143"),
    0x0D: ("01020364090205",),
    0x12: ("8495", "829f0a"),
    0x13: ("1341", "6430", "04"),
    0x1A: ("08601234",),
    0x1D: ("8090a3",),
    0x1E: ("6409",),
    0x20: ("0431323334", "0001ff"),
    0x21: ("03172143", "84112103"),
    0x23: ("a12103", "232143"),
    0x28: ("03142143", "84102103", "0008"),
    0x29: ("01", "0a"),
    0x2A: ("1c", "15", "80"),
    0x2B: ("6409",),
    0x2C: ("f9", "7980"),
    0x2D: ("0123",),
    0x2E: ("01", "00"),
    0x2F: ("02a13105",),
    0x30: ("8090a2",),
    0x32: ("91a106020101020123",),
    0x33: ("0102",),
    0x34: ("9181",),
    0x35: ("00", "03"),
    0x36: ("1c", "0b"),
    0x37: ("59", "a6"),
    0x38: ("81",),
    0x39: ("8d81",),
    0x3A: ("020086000001",),
    0x3B: ("01", "02"),
    0x3C: ("01", "03"),
    0x3E: ("00", "03"),
    0x3F: ("03972143", "84132103"),
    0x40: ("01", "02"),
    0x43: ("2a",),
    0x44: ("00", "05"),
    0x45: ("03112143", "84152103"),
    0x4B: ("01",),
    0x4C: ("822103825406022143",),
    0x4D: ("81",),
    0x4E: ("81",),
    0x5B: ("81",),
    0x65: ("0a0b0c",),
    0x66: ("0d0e",),
    0x6E: ("81", "82"),
    0x6F: ("03142143", "84102103"),
    0x70: ("81", "82"),
    0x71: ("1234",),
    0x72: ("81", "82"),
    0x73: ("8041",),
    0x74: ("81", "82"),
    0x75: ("81", "82"),
    0x77: ("03",),
    0x78: ("8283c0aabb",),
    0x79: ("01",),
    0x7A: ("01",),
    0x7B: ("89",),
    0x7C: ("83",),
    0x7D: ("84902103", "03102143"),
    0x7F: ("03142143", "84102103"),
    0x81: ("00112233",),
    0x82: ("84102103", "03102143"),
    0x84: ("942103", "132143"),
    0x85: ("81",),
    0x86: ("81",),
    0x87: ("05",),
    0x88: ("010203",),
    0x89: ("010203",),
    0x8A: ("81",),
    0x8B: ("010203",),
    0x8C: ("010203",),
    0x8D: ("01",),
    0xC0: ("0684942103", "0503112143"),
    0xC1: ("012143", "222103"),
}
"""Contents of each parameter (Q.763 3), in forms that differ in every field; all of them are legal."""

IN_IAM: Final = (
    *(0x01, 0x03, 0x08, 0x0A, 0x0B, 0x0D, 0x13, 0x1A, 0x1D, 0x20, 0x23, 0x28, 0x2A, 0x2B, 0x2C),
    *(0x2F, 0x30, 0x32, 0x33, 0x34, 0x37, 0x39, 0x3A, 0x3E, 0x3F, 0x4B, 0x4C, 0x4E, 0x5B, 0x65, 0x66),
    *(0x6E, 0x6F, 0x70, 0x72, 0x75, 0x77, 0x78, 0x79, 0x7B, 0x7D, 0x7F, 0x81, 0x84, 0x85, 0x87, 0x88),
    *(0x8A, 0x8B, 0x8D, 0xC0, 0xC1),
)
"""Optional parameters of an IAM (Q.763 table 32), without the counters, which change, and the circuit
assignment map, which a call on one circuit has not."""
IN_ACM: Final = (
    *(0x01, 0x03, 0x0C, 0x12, 0x20, 0x29, 0x2A, 0x2C, 0x2E, 0x2F, 0x32, 0x33, 0x35, 0x36, 0x37, 0x39),
    *(0x40, 0x72, 0x74, 0x78, 0x7A, 0x82, 0x89, 0x8A),
)
IN_CPG: Final = (
    *(0x01, 0x03, 0x0C, 0x12, 0x20, 0x21, 0x29, 0x2A, 0x2C, 0x2D, 0x2E, 0x2F, 0x32, 0x33, 0x35, 0x36),
    *(0x37, 0x39, 0x40, 0x45, 0x4D, 0x72, 0x74, 0x78, 0x7A, 0x89, 0x8A, 0xC0),
)
IN_ANM: Final = (
    *(0x01, 0x03, 0x0C, 0x20, 0x21, 0x29, 0x2A, 0x2C, 0x2D, 0x2E, 0x2F, 0x32, 0x33, 0x35, 0x37, 0x39),
    *(0x40, 0x4D, 0x72, 0x73, 0x78, 0x89, 0x8A, 0xC0),
)
IN_CON: Final = (
    *(0x01, 0x03, 0x20, 0x21, 0x29, 0x2A, 0x2C, 0x2D, 0x2E, 0x2F, 0x32, 0x33, 0x35, 0x37, 0x39, 0x40),
    *(0x4D, 0x72, 0x78, 0x82, 0x89, 0x8A, 0xC0),
)
IN_REL: Final = (0x03, 0x0C, 0x13, 0x1E, 0x20, 0x2A, 0x2E, 0x2F, 0x32, 0x39, 0x73, 0x77, 0x82, 0x8C)
"""The same of backward messages and REL (Q.763 tables 21 to 33) but the congestion level, which is for us."""
IN_FACILITY: Final = (0x03, 0x0C, 0x2C, 0x32, 0x33, 0x38, 0x39, 0x45, 0x7C, 0x86, 0x87, 0x89, 0x8A)

ROOM: Final = 180
"""Octets of optional parameters in one message: below what the message transfer part carries."""


def forms(codes: tuple[int, ...]) -> list[list[Parameter]]:
    """Lists of parameters, each short enough for a message, that have every form of each parameter once."""
    lists: list[list[Parameter]] = []
    for number in range(max(len(CONTENTS[code]) for code in codes)):
        octets = ROOM
        for code in codes:
            if number >= len(CONTENTS[code]):
                continue
            each = Parameter(code=code, contents=Octets(bytes.fromhex(CONTENTS[code][number])))
            octets += len(bytes(each))
            if octets > ROOM:
                lists.append([])
                octets = len(bytes(each))
            lists[-1].append(each)
    return lists


def contents_of(found: Any) -> tuple[bytes, list[bytes], list[bytes]]:
    """Type and fixed part, the variable parts, and the optional parameters in the order of their octets."""
    head = bytes(found)[2 : fixed_octets(found.fields_desc)]
    variable = [bytes(found.getfieldval(part)) for part in found.parts if part != "optional"]
    optional = found.optional if "optional" in found.parts else []
    return head, variable, sorted(bytes(each) for each in optional)


def same(transit: TransitCentre, sent: Any, got: Any, *, added: tuple[bytes, ...] = ()) -> None:
    """Fail unless `got` has exactly the contents of `sent`, and `added`."""
    wanted = contents_of(sent)
    wanted[2].extend(added)
    wanted[2].sort()
    found = contents_of(got)
    if found == wanted:
        transit.bench.note(f"{sent.title} with {len(wanted[2])} optional parameters as it was sent")
        return
    lost = [each.hex() for each in wanted[2] if each not in found[2]]
    new = [each.hex() for each in found[2] if each not in wanted[2]]
    raise Fail(
        awaited=f"{sent.title} with {wanted[0].hex()} {[each.hex() for each in wanted[1]]} and {lost}",
        state=transit.isup.where(),
        observed=f"{found[0].hex()} {[each.hex() for each in found[1]]} and {new}",
    )


def passes(transit: TransitCentre, near: Call, far: Call, name: str, **fields: Any) -> None:
    """Message `name` goes from `near` to `far` as it is."""
    near.send(name, **fields)
    same(transit, message(name, near.cic, **fields), far.expect(name, within=ANSWER))


def offered(transit: TransitCentre, **fields: Any) -> tuple[Caller, Caller]:
    """A call whose IAM arrives as it was sent, with a delay counter if the system begins one (Q.764 2.6)."""
    caller, party = through(transit, calling=None, **fields)
    got, sent = party.call.iam, message("IAM", 1, called=transit.number("isup"), **fields)
    same(transit, sent, got, added=begun(got))
    return caller, party


def begun(iam: Any) -> tuple[bytes, ...]:
    """The propagation delay counter of an IAM, if it has one."""
    return tuple(bytes(each) for each in iam.optional if each.code == PropagationDelayCounter.code)


@case(
    "ISUP/150",
    "IAM with every parameter, in transit",
    clauses=["Q.764 2.1.1.2", "Q.763 4"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_parameters_of_iam(transit: TransitCentre) -> None:
    """Every optional parameter of an IAM goes on with its contents, none is lost and none invented."""
    for parameters in forms(IN_IAM):
        cleared(transit, *offered(transit, optional=parameters))


@case(
    "ISUP/151",
    "Called number in transit, its indicators",
    clauses=["Q.764 2.1.1.2", "Q.763 3.9"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_called_number_passes(transit: TransitCentre) -> None:
    """Routing to an internal number allowed or not, an odd or even number of digits: as they came."""
    for allowed in (0, 1):
        for more in ("", "7"):
            number = CalledPartyNumber(digits=transit.number("isup") + more, internal_not_allowed=allowed)
            caller, party = Caller(transit.isup), Caller(transit.isup, number.digits)
            caller.takes(transit.isup.call_on(transit.isup.free_circuit()))
            caller.call.send("IAM", called_party_number=number)
            got = party.is_called(within=ANSWER).iam
            same(transit, message("IAM", 1, called_party_number=number), got, added=begun(got))
            cleared(transit, caller, party)


def backward(transit: TransitCentre, name: str, codes: tuple[int, ...], *before: str, **fields: Any) -> None:
    """Message `name` with each of these parameters goes back, each list in a call of its own."""
    for parameters in forms(codes):
        caller, party = through(transit)
        for each in before:
            passes(transit, party.call, caller.call, each, **({"event": 2} if each == "CPG" else {}))
        passes(transit, party.call, caller.call, name, optional=parameters, **fields)
        cleared(transit, caller, party)


@case(
    "ISUP/152",
    "ACM with every parameter, in transit",
    clauses=["Q.764 2.1.4", "Q.763 4"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_parameters_of_acm(transit: TransitCentre) -> None:
    """Every optional parameter of an ACM goes back with its contents."""
    backward(transit, "ACM", IN_ACM)


@case(
    "ISUP/153",
    "CPG with every parameter, in transit",
    clauses=["Q.764 2.1.6", "Q.763 4"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_parameters_of_cpg(transit: TransitCentre) -> None:
    """Every optional parameter of a CPG goes back with its contents."""
    backward(transit, "CPG", IN_CPG, "ACM", event=2)


@case(
    "ISUP/154",
    "ANM and CON with every parameter, in transit",
    clauses=["Q.764 2.1.7", "Q.763 4"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_parameters_of_answer(transit: TransitCentre) -> None:
    """Every optional parameter of ANM and of CON goes back with its contents."""
    backward(transit, "ANM", IN_ANM, "ACM")
    backward(transit, "CON", IN_CON)


@case(
    "ISUP/155",
    "REL with every parameter, in transit",
    clauses=["Q.764 2.3", "Q.763 4", "Q.763 3.12"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_parameters_of_rel(transit: TransitCentre) -> None:
    """Every optional parameter of a REL goes on and back, and its cause with coding and diagnostics."""
    causes = (
        CauseIndicators(cause=16, location=0),
        CauseIndicators(cause=34, location=3, diagnostics=b"\x01\x02"),
        CauseIndicators(cause=17, location=5, coding=0b10),
        CauseIndicators(cause=21, location=7, ext=0, recommendation=0x83),
        CauseIndicators(cause=127, location=10),
    )
    lists = forms(IN_REL)
    for number, cause in enumerate(causes):
        for forward in (True, False):
            caller, party = talking(transit)
            near, far = (caller, party) if forward else (party, caller)
            fields = {"cause_indicators": cause, "optional": lists[number % len(lists)]}
            passes(transit, near.call, far.call, "REL", **fields)
            far.call.send("RLC")
            near.call.expect("RLC", within=ANSWER)
            transit.idle(caller, party)


@case(
    "ISUP/156",
    "Indicators of backward messages in transit",
    clauses=["Q.764 2.1.4", "Q.764 2.1.7", "Q.763 3.5", "Q.763 3.21"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_indicators_go_back(transit: TransitCentre) -> None:
    """Each backward call indicator of ACM and CON, and each event of CPG, also one not to be presented."""
    rows: tuple[dict[str, int], ...] = (
        {"charge": 0, "called_status": 0, "called_category": 0},
        {"charge": 1, "called_status": 1, "called_category": 2},
        {"charge": 2, "called_status": 2, "called_category": 1},
        {"end_to_end_method": 0b01},
        {"end_to_end_method": 0b10, "end_to_end_information": 1},
        {"interworking": 1, "isup_all_the_way": 0},
        {"holding": 1},
        {"isdn_access": 1},
        {"echo_control_included": 1},
        {"sccp_method": 0b01},
        {"sccp_method": 0b10},
    )
    for row in rows:
        caller, party = through(transit)
        passes(transit, party.call, caller.call, "ACM", **row)
        for event, restricted in ((1, 0), (1, 1), (2, 1), (3, 0), (4, 1), (5, 0), (6, 0)):
            passes(transit, party.call, caller.call, "CPG", event=event, event_restricted=restricted)
        passes(transit, party.call, caller.call, "ANM")
        cleared(transit, caller, party)
        caller, party = through(transit)
        passes(transit, party.call, caller.call, "CON", **row)
        cleared(transit, caller, party)


def _optional(*codes: int) -> list[Parameter]:
    """The first form of each of these parameters."""
    return [Parameter(code=code, contents=Octets(bytes.fromhex(CONTENTS[code][0]))) for code in codes]


@case(
    "ISUP/157",
    "Messages that mean nothing to an exchange between, in transit",
    clauses=["Q.764 2.9.5.3.2", "Q.763 4"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
)
def test_messages_pass(transit: TransitCentre) -> None:
    """FAC, USR, FAR, FAA, FRJ, IDR, IRS, NRM, APM, LOP and PRI pass both ways with all that they may have."""
    rows: tuple[tuple[str, dict[str, Any]], ...] = (
        *(("FAC", {"optional": parameters}) for parameters in forms(IN_FACILITY)),
        ("USR", {"optional": _optional(0x03)}),
        ("FAR", {"optional": _optional(0x01, 0x0D, 0x2A, 0x39)}),
        ("FAA", {"optional": _optional(0x01, 0x0D, 0x2A, 0x39)}),
        ("FRJ", {"cause": 69, "optional": _optional(0x2A)}),
        ("IDR", {"optional": _optional(0x3B, 0x38, 0x39)}),
        ("IRS", {"optional": _optional(0x3C, 0x03, 0x0A, 0x71, 0xC0, 0x38)}),
        ("NRM", {"optional": _optional(0x37, 0x38)}),
        ("APM", {"optional": _optional(0x78, 0x38)}),
        ("LOP", {"optional": _optional(0x43, 0x44, 0x38)}),
        ("PRI", {"optional": _optional(0x08, 0x29, 0x78)}),
    )
    caller, party = talking(transit)
    for name, fields in rows:
        passes(transit, caller.call, party.call, name, **fields)
        passes(transit, party.call, caller.call, name, **fields)
    transit.bench.run(SECOND)
    transit.isup.expect_no_leftovers()
    cleared(transit, caller, party)


@case(
    "ISUP/158",
    "Messages of a format of their own, in transit",
    clauses=["Q.764 2.9.5.3.2", "Q.763 4"],
    proves=["N-01"],
    needs="isup.pass_on",
    setup="transit",
    unverified=True,
)
def test_free_messages_pass(transit: TransitCentre) -> None:
    """PAM and CRG, and what a national network has (YDN 038: unverified): their octets go on unread."""
    caller, party = talking(transit)
    for code, body in ((0x28, "0d0100"), (0x31, "010200"), (0xFC, "013801 8100"), (0xFE, "013801 8100")):
        for near, far in ((caller.call, party.call), (party.call, caller.call)):
            octets = bytes(message("RSC", near.cic))[:2] + bytes((code,)) + bytes.fromhex(body)
            transit.isup.send_raw(octets, sls=near.cic & 0x0F)
            transit.bench.until(
                lambda: bool(transit.isup.inbox.get(far.cic)),  # noqa: B023 - called at once
                within=ANSWER,
                awaited=f"message of type 0x{code:02x} on circuit {far.cic}",
            )
            got = transit.isup.inbox[far.cic].popleft()
            if got.octets[2:] != octets[2:]:
                raise Fail(awaited=octets[2:].hex(), state=far.where(), observed=got.octets[2:].hex())
    cleared(transit, caller, party)


@case(
    "ISUP/159",
    "Suspend, resume and forward transfer with a call reference, in transit",
    clauses=["Q.764 2.4", "Q.764 2.1.11", "Q.763 4", "Q.763 3.8"],
    proves=["N-01"],
    needs=("isup.pass_on", "isup.suspend_forward"),
    setup="transit",
)
def test_call_reference_passes(transit: TransitCentre) -> None:
    """SUS and RES go both ways, FOT forward, with their indicators and the call reference."""
    caller, party = talking(transit)
    optional = _optional(0x01)
    for near, far in ((caller.call, party.call), (party.call, caller.call)):
        for initiated_by in (0, 1):
            for name in ("SUS", "RES"):
                passes(transit, near, far, name, initiated_by=initiated_by, optional=optional)
    passes(transit, caller.call, party.call, "FOT", optional=optional)
    cleared(transit, caller, party)

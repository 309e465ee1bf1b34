"""The judge's ISUP layer: octets as Q.763 draws them, right, wrong and random."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.fields import RawVal

from testline.layers import NotDecodable, decode_isup, message, summary_of
from testline.layers.fields import ABSENT
from testline.layers.isup import (
    BY_NAME,
    called_digits,
    calling_digits,
    cause_value,
    range_and_status,
    status_circuits,
    status_octets,
)
from testline.layers.isup_messages import IAM, MESSAGES
from testline.layers.isup_parameters import (
    CONTENTS,
    PARAMETERS,
    CalledPartyNumber,
    CallingPartyNumber,
    CauseIndicators,
    HopCounter,
    Octets,
    OriginalCalledNumber,
    Parameter,
    UserToUserInformation,
)

KNOWN = {
    "IAM": (
        message("IAM", 0x123, called="1012345678F", calling="13800138000", category=0x0B),
        "23 01 01 00 20 00 0b 00 02 0a 08 83 90 01 21 43 65 87 0f 0a 08 83 13 31 08 10 83 00 00 00",
    ),
    "ACM": (message("ACM", 1, called_status=0b01), "01 00 06 16 04 00"),
    "ANM": (message("ANM", 2), "02 00 09 00"),
    "CON": (message("CON", 2, charge=0b01), "02 00 07 11 04 00"),
    "CPG": (message("CPG", 2, event=2), "02 00 2c 02 00"),
    "REL": (message("REL", 3, cause=16), "03 00 0c 02 00 02 82 90"),
    "RLC": (message("RLC", 3), "03 00 10 00"),
    "RLC with cause": (message("RLC", 3, cause=31), "03 00 10 01 12 02 82 9f 00"),
    "SAM": (message("SAM", 3, called="83"), "03 00 02 02 00 02 00 38"),
    "SUS": (message("SUS", 3, initiated_by=1), "03 00 0d 01 00"),
    "COT": (message("COT", 3, continuity=1), "03 00 05 01"),
    "RSC": (message("RSC", 0xFFF), "ff 0f 12"),
    "GRS": (message("GRS", 1, range=30), "01 00 17 01 01 1e"),
    "GRA": (message("GRA", 1, range=7, status=b"\x81"), "01 00 29 01 02 07 81"),
    "CGB": (message("CGB", 1, range=4, status=b"\x1f", supervision=1), "01 00 18 01 01 02 04 1f"),
    "CQM": (message("CQM", 1, range=1), "01 00 2a 01 01 01"),
    "USR": (
        message("USR", 1, user_to_user_information=UserToUserInformation(information=b"hi")),
        "01 00 2d 02 00 03 04 68 69",
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_message_built_has_the_octets_of_the_standard(name: str) -> None:
    built, octets = KNOWN[name]
    assert bytes(built) == bytes.fromhex(octets)


def rebuilt(octets: bytes) -> bytes:
    """Dissect, forget the octets and every computed field, and build again."""
    found = decode_isup(octets).copy()
    found.clear_cache()
    for part in found.parts:
        if found.getfieldval(f"{part}_pointer") != ABSENT:
            found.setfieldval(f"{part}_pointer", None)
        if part != "optional":
            found.setfieldval(f"{part}_length", None)
    for parameter in found.getfieldval("optional") if "optional" in found.parts else ():
        parameter.length = None
    return bytes(found)


@pytest.mark.parametrize("name", KNOWN)
def test_message_dissected_builds_the_same_octets_from_its_fields(name: str) -> None:
    octets = bytes(KNOWN[name][0])
    assert rebuilt(octets) == octets


@pytest.mark.parametrize("code", MESSAGES)
def test_every_message_type_composes_and_reads_back_as_itself(code: int) -> None:
    built = bytes(MESSAGES[code](cic=77))
    found = decode_isup(built)
    assert type(found) is MESSAGES[code]
    assert found.cic == 77
    assert found.message_type == code
    assert not bytes(found.payload)
    assert rebuilt(built) == built


def test_table_of_message_types_is_that_of_the_standard() -> None:
    assert len(MESSAGES) == 49
    assert BY_NAME["UCIC"]().message_type == 0x2E
    assert [MESSAGES[code].title for code in (1, 6, 9, 0x0C, 0x10, 0x2C)] == [
        "IAM",
        "ACM",
        "ANM",
        "REL",
        "RLC",
        "CPG",
    ]


@pytest.mark.parametrize("code", CONTENTS)
def test_every_parameter_reads_back_as_itself_in_the_optional_part(code: int) -> None:
    octets = bytes(message("ACM", 1, optional=[CONTENTS[code]()]))
    found = decode_isup(octets)
    assert type(found.optional[0].contents) in {CONTENTS[code], Octets}
    assert found.optional[0].code == code
    assert isinstance(PARAMETERS[code], str)
    assert rebuilt(octets) == octets


def test_numbers_and_cause_are_read() -> None:
    found = decode_isup(bytes(message("IAM", 5, called="10086", calling="138")))
    assert (called_digits(found), calling_digits(found), cause_value(found)) == ("10086", "138", None)
    assert found.called_party_number.nature == 0b0000011
    assert found.parameter(CallingPartyNumber.code).screening == 0b11
    assert cause_value(decode_isup(bytes(message("REL", 5, cause=31)))) == 31
    assert summary_of(found) == "IAM CIC 5 called 10086 calling 138"


def test_range_and_status_names_its_circuits() -> None:
    found = decode_isup(bytes(message("CGB", 8, range=9, status=status_octets(10, [0, 9]))))
    group = range_and_status(found)
    assert group == (9, b"\x01\x02")
    assert status_circuits(8, *group) == [8, 17]
    assert status_octets(3) == b"\x07"


def test_unknown_parameter_and_unknown_message_survive() -> None:
    octets = bytes(message("ANM", 1, optional=[Parameter(code=0xEE, contents=Octets(value=b"\x01\x02"))]))
    assert octets == bytes.fromhex("01 00 09 01 ee 02 01 02 00")
    assert rebuilt(octets) == octets
    strange = bytes.fromhex("01 00 fe 11 22")
    assert decode_isup(strange).body == b"\x11\x22"
    assert rebuilt(strange) == strange
    assert summary_of(decode_isup(strange)) == "type 0xFE CIC 1"


def test_parameter_too_short_for_its_layout_is_kept_as_octets() -> None:
    octets = bytes.fromhex("01 00 0c 02 00 01 82")
    found = decode_isup(octets)
    assert isinstance(found.cause_indicators, Octets)
    assert cause_value(found) is None
    assert rebuilt(octets) == octets


def test_cause_with_recommendation_octet_reads_the_cause_behind_it() -> None:
    octets = bytes.fromhex("01 00 0c 02 00 03 02 80 90")
    assert cause_value(decode_isup(octets)) == 16
    assert rebuilt(octets) == octets


def test_gap_before_a_part_is_kept() -> None:
    octets = bytes.fromhex("01 00 0c 03 00 aa 02 82 90")
    found = decode_isup(octets)
    assert found.cause_indicators_gap == b"\xaa"
    assert cause_value(found) == 16
    assert rebuilt(octets) == octets


def test_octets_after_the_end_are_kept_and_named() -> None:
    octets = bytes.fromhex("01 00 12 99 98")
    found = decode_isup(octets)
    assert summary_of(found) == "RSC CIC 1 and 2 octets after its end"
    assert bytes(found) == octets


def test_pointer_to_optional_part_that_is_not_there_is_allowed() -> None:
    octets = bytes.fromhex("01 00 10")
    assert decode_isup(octets).optional_pointer == ABSENT
    assert rebuilt(octets) == octets


def test_odd_digits_keep_a_filler_that_is_not_zero() -> None:
    octets = bytes.fromhex("01 00 02 02 00 02 80 f3")
    found = decode_isup(octets)
    assert (found.subsequent_number.digits, found.subsequent_number.filler) == ("3", 0xF)
    assert rebuilt(octets) == octets


WRONG = {
    "": "CIC and message type take 3 octets, found 0",
    "01 00": "found 2",
    "01 00 01 00 20": "IAM: fixed part takes 8 octets, found 5",
    "01 00 0c": "REL: ends before the pointer to cause indicators",
    "01 00 0c 02 00": "REL: pointer 2 to cause indicators leads past the end",
    "01 00 0c 00 00 02 82 90": "REL: pointer 0 to cause indicators leads into another part",
    "01 00 0c 02 00 05 82 90": "REL: length of cause indicators is 5 with 2 octets left",
    "01 00 09 01 ee 05 00": "ANM: optional parameter 0xee is cut off",
    "01 00 09 01 ee 01 00": "ANM: end of optional parameters is missing",
    "01 00 09 07 00": "ANM: pointer 7 to optional leads past the end",
}


@pytest.mark.parametrize("octets", WRONG)
def test_octets_that_are_no_message_are_refused_with_the_reason(octets: str) -> None:
    with pytest.raises(NotDecodable, match=WRONG[octets]):
        decode_isup(bytes.fromhex(octets))


def test_wrong_values_can_be_composed_on_purpose() -> None:
    wrong_pointer = IAM(cic=1, called_party_number=CalledPartyNumber(digits="12"), optional_pointer=99)
    assert bytes(wrong_pointer)[9] == 99
    wrong_length = message("REL", 1, cause=16, cause_indicators_length=77)
    assert bytes(wrong_length)[5] == 77
    raw = message("REL", 1)
    raw.cause_indicators = RawVal(b"\xde\xad\xbe\xef")
    assert bytes(raw).hex() == "01000c020004deadbeef"
    odd = CalledPartyNumber(odd=0, digits="123")
    assert bytes(odd) == b"\x03\x90\x21\x03"


def test_optional_parameters_stand_in_the_order_given() -> None:
    built = message(
        "IAM",
        1,
        called="1",
        optional=[HopCounter(hops=3), OriginalCalledNumber(digits="99"), CauseIndicators()],
    )
    assert [p.code for p in decode_isup(bytes(built)).optional] == [61, 40, 18]


def test_composing_an_unknown_name_or_field_says_what_there_is() -> None:
    with pytest.raises(ValueError, match="no ISUP message 'IMA'; there are ACM"):
        message("IMA", 1)
    with pytest.raises(ValueError, match="RLC has no continuity; it has cic"):
        message("RLC", 1, continuity=1)


digits = st.text("0123456789BCF", max_size=20)


@given(cic=st.integers(0, 4095), called=digits, calling=digits, nature=st.integers(0, 127))
def test_iam_with_any_numbers_reads_back(cic: int, called: str, calling: str, nature: int) -> None:
    built = message("IAM", cic, called=called, calling=calling)
    built.called_party_number.nature = nature
    found = decode_isup(bytes(built))
    assert (found.cic, called_digits(found), calling_digits(found)) == (cic, called, calling)
    assert found.called_party_number.nature == nature
    assert rebuilt(bytes(built)) == bytes(built)


@settings(max_examples=400)
@given(st.binary(max_size=40))
def test_random_octets_decode_or_are_refused(octets: bytes) -> None:
    try:
        found = decode_isup(octets)
    except NotDecodable:
        return
    assert bytes(found) == octets
    assert summary_of(found)


@settings(max_examples=400)
@given(st.sampled_from(sorted(MESSAGES)), st.binary(max_size=30))
def test_random_bodies_of_known_types_decode_or_are_refused(code: int, body: bytes) -> None:
    octets = bytes((1, 0, code)) + body
    try:
        found = decode_isup(octets)
    except NotDecodable:
        return
    assert rebuilt(octets) == octets
    assert summary_of(found)


@settings(max_examples=300)
@given(st.sampled_from(sorted(KNOWN)), st.data())
def test_flipped_bits_decode_or_are_refused(name: str, data: st.DataObject) -> None:
    octets = bytearray(bytes(KNOWN[name][0]))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = decode_isup(bytes(octets))
    except NotDecodable:
        return
    assert summary_of(found)
    assert bytes(found) == octets

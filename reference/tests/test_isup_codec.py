"""The ISUP codec: vectors from outside, every prefix, arbitrary octets, and what it refuses."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.errors import DecodeError
from callcenter.ss7.isup import IsupDecodeError, Message, Type, compose, decode
from callcenter.ss7.isup.contents import DECODERS, contents
from callcenter.ss7.isup.indicator import Indicators
from callcenter.ss7.isup.indicators import (
    BackwardCallIndicators,
    CallingPartysCategory,
    EventInformation,
    ForwardCallIndicators,
    NatureOfConnectionIndicators,
    ParameterCompatibilityInformation,
    ParameterInstruction,
    RedirectionInformation,
    TransmissionMediumRequirement,
)
from callcenter.ss7.isup.messages import FORMATS, PARAMETERS
from callcenter.ss7.isup.parameters import (
    CalledPartyNumber,
    CallingPartyNumber,
    CauseIndicators,
    GenericNumber,
    RangeAndStatus,
    Raw,
    SubsequentNumber,
)
from callcenter.ss7.isup.supplementary import ChargeInformation

VECTORS = Path(__file__).parents[2].parent / "shared" / "data" / "vectors"

MTP_HEAD = 8
"""Octets of MTP level 2 head, service information and 14-bit label before the CIC."""

NOT_MESSAGES = {
    "01020304050607": "three parameter contents of a test, no message",
    "0c0b2f01028090": "CFN without the pointer to the optional part that Q.763 table 29 has",
    "0c0b02010400836038": "SAM whose first pointer leads to the second pointer",
}
"""Rows that are no ISUP messages, with the reason."""

IAM = bytes.fromhex(
    "7300011160000a03020907839079704526090a07831359638596003f07831717502003000313281142"
    "45525448414c494e204a61637175657300"
)


def rows() -> list[tuple[str, bytes]]:
    found = []
    for name in ("vectors.tsv", "text_traces.tsv"):
        path = VECTORS / name
        if not path.exists():
            continue
        with path.open(encoding="utf-8") as file:
            for row in csv.reader(file, delimiter="\t"):
                octets = bytes.fromhex(row[1]) if "ISUP" in row[0] else b""
                if row[0] == "ISUP":
                    found.append((row[1], octets))
                elif row[0] == "ISUP-noCIC":
                    found.append((row[1], b"\0\0" + octets))
                elif row[0] == "MTP2/MTP3/ISUP":
                    found.append((row[1], octets[MTP_HEAD:]))
    return found


ROWS = rows()


def test_vectors_are_there_or_the_folder_is_absent() -> None:
    if not VECTORS.exists():
        pytest.skip("../shared/data/vectors is absent")
    assert len(ROWS) >= 34


@pytest.mark.parametrize(("text", "octets"), ROWS, ids=[text[:24] for text, _ in ROWS])
def test_vector_decodes_and_encodes_to_the_same_octets(text: str, octets: bytes) -> None:
    if text in NOT_MESSAGES:
        with pytest.raises(IsupDecodeError):
            decode(octets)
        return
    assert decode(octets).encode() == octets


@pytest.mark.parametrize(("text", "octets"), ROWS, ids=[text[:24] for text, _ in ROWS])
def test_every_prefix_of_a_vector_decodes_or_is_refused(text: str, octets: bytes) -> None:
    for end in range(len(octets)):
        part = octets[:end]
        refused = None
        try:
            again = decode(part).encode()
        except IsupDecodeError as error:
            refused = error
        if refused is None:
            assert again == part
        else:
            assert 0 <= refused.offset <= end
            assert refused.expected
            assert refused.found


@given(st.binary(max_size=60))
def test_arbitrary_octets_decode_or_are_refused(octets: bytes) -> None:
    try:
        message = decode(octets)
    except DecodeError:
        return
    assert decode(message.encode()) == message


@settings(max_examples=300)
@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=40), st.integers(0, 0xFFFF))
def test_arbitrary_bodies_of_every_message_decode_or_are_refused(kind: int, body: bytes, cic: int) -> None:
    octets = cic.to_bytes(2, "little") + bytes((kind,)) + body
    try:
        message = decode(octets)
    except IsupDecodeError:
        return
    assert decode(message.encode()) == message


@given(st.integers(0, len(IAM) * 8 - 1))
def test_flipped_bit_in_iam_decodes_or_is_refused(position: int) -> None:
    octets = bytearray(IAM)
    octets[position // 8] ^= 0x80 >> position % 8
    try:
        message = decode(bytes(octets))
    except IsupDecodeError:
        return
    assert decode(message.encode()) == message


@given(st.sampled_from(sorted(DECODERS)), st.binary(max_size=20))
def test_parameter_contents_survive(code: int, octets: bytes) -> None:
    found = contents(code, octets)
    assert found.encode() == octets
    assert found.number == code


def test_iam_fields_are_read() -> None:
    message = decode(IAM)
    assert (message.name, message.cic) == ("IAM", 0x73)
    nature = message.get(NatureOfConnectionIndicators)
    assert nature is not None
    assert (nature.satellites, nature.continuity_check, nature.echo_control_included) == (1, 0, 1)
    called = message.get(CalledPartyNumber)
    assert called is not None
    assert (called.digits, called.nature, called.plan, called.internal_not_allowed) == ("970754629", 3, 1, 1)
    calling = message.get(CallingPartyNumber)
    assert calling is not None
    assert (calling.digits, calling.presentation, calling.screening) == ("953658690", 0, 3)
    assert [each.number for each in message.optional] == [0x0A, 0x3F, 0x03]


def test_numbers_keep_odd_digits_filler_and_end_of_pulsing() -> None:
    odd = CalledPartyNumber.decode(bytes.fromhex("831021436587f9"))
    assert odd.digits == "123456789"
    assert odd.filler == 0xF
    assert odd.encode() == bytes.fromhex("831021436587f9")
    assert SubsequentNumber.decode(bytes.fromhex("0021f3")).digits == "123F"
    assert GenericNumber.decode(bytes.fromhex("0583c2214305")).digits == "12345"


def test_number_with_odd_digits_in_no_octets_is_kept_as_raw() -> None:
    assert contents(0x04, b"\x83\x10") == Raw(0x04, b"\x83\x10")


def test_cause_with_and_without_octet_1a() -> None:
    assert CauseIndicators(16).encode() == b"\x82\x90"
    with_1a = CauseIndicators.decode(b"\x02\x80\x9f\x01")
    assert (with_1a.cause, with_1a.recommendation, with_1a.diagnostics) == (31, 0x80, b"\x01")
    assert with_1a.encode() == b"\x02\x80\x9f\x01"


def test_range_and_status_marks_from_the_label_on() -> None:
    group = RangeAndStatus.of(10, {0, 9})
    assert group.encode() == b"\x09\x01\x02"
    assert group.marked() == [0, 9]


def test_parameter_compatibility_is_a_list() -> None:
    found = ParameterCompatibilityInformation.decode(bytes.fromhex("ab02830c8004bb"))
    assert found.instructions == (
        ParameterInstruction(0xAB, b"\x02\x83"),
        ParameterInstruction(0x0C, b"\x80"),
        ParameterInstruction(0x04, b"\xbb"),
    )
    with pytest.raises(ValueError, match="without a last octet"):
        ParameterCompatibilityInformation.decode(b"\xab\x02")


def test_redirection_information_bits() -> None:
    found = RedirectionInformation.decode(b"\x54\x31")
    assert (found.redirecting, found.original_reason, found.counter, found.reason) == (4, 5, 1, 3)


@pytest.mark.parametrize(
    "indicators",
    sorted(Indicators.__subclasses__(), key=str),
    ids=str,
)
def test_indicator_widths_fill_octets(indicators: type[Indicators]) -> None:
    assert sum(indicators.widths) % 8 == 0
    full = b"\xff" * indicators.size()
    assert indicators.decode(full).encode() == full
    assert indicators.decode(full + b"\x01").extra == b"\x01"
    with pytest.raises(ValueError, match="octets"):
        indicators.decode(full[1:])


def test_indicator_beyond_its_bits_is_refused() -> None:
    with pytest.raises(OverflowError, match=r"EventInformation\.event"):
        EventInformation(200).encode()


def test_tables_name_known_parameters_only() -> None:
    for form in FORMATS.values():
        named = [code for code, _ in form.fixed] + list(form.variable) + sorted(form.optional or ())
        assert set(named) <= set(PARAMETERS), form.type.name
    assert set(FORMATS) == {int(kind) for kind in Type}
    assert set(DECODERS) <= set(PARAMETERS)


def test_fixed_lengths_are_those_of_the_parameters() -> None:
    sizes = {each.code: each.size() for each in Indicators.__subclasses__()}
    for form in FORMATS.values():
        for code, length in form.fixed:
            assert sizes[code] == length, form.type.name


def test_unknown_optional_parameters_keep_their_order() -> None:
    octets = bytes.fromhex("010006140001fb02aabb") + bytes.fromhex("290101fb0000")
    message = decode(octets)
    assert [each.number for each in message.optional] == [0xFB, 0x29, 0xFB]
    assert message.encode() == octets


def test_parts_out_of_order_and_gaps_are_read_and_put_in_order() -> None:
    # REL: the optional part before the cause, and one octet between.
    message = decode(bytes.fromhex("01000c07012a018000ee028090"))
    cause = message.get(CauseIndicators)
    assert cause is not None
    assert cause.cause == 16
    assert message.encode() == bytes.fromhex("01000c02040280902a018000")


def test_spare_bits_survive_and_octets_behind_the_end_do_not() -> None:
    message = decode(bytes.fromhex("01f013aabb"))
    assert (message.cic, message.spare) == (1, 0xF)
    assert message.encode() == bytes.fromhex("01f013")


@pytest.mark.parametrize(
    ("octets", "offset", "expected"),
    [
        ("0100", 2, "CIC and message type"),
        ("01000601", 4, "fixed part and pointers of ACM"),
        ("01000c0200", 3, "a pointer to parameter 0x12"),
        ("01000c0200058090", 6, "5 octets of parameter 0x12"),
        ("010006140001fb", 7, "the length of parameter 0xFB"),
        ("010006140001fb0300", 8, "3 octets of parameter 0xFB"),
        ("010006140001fb0100", 9, "a parameter code or the end"),
    ],
)
def test_refusal_says_where_and_what(octets: str, offset: int, expected: str) -> None:
    with pytest.raises(IsupDecodeError) as refused:
        decode(bytes.fromhex(octets))
    assert refused.value.offset == offset
    assert expected in refused.value.expected
    assert f"octet {offset}" in str(refused.value)


def test_compose_puts_parameters_in_their_places() -> None:
    message = compose(
        5,
        Type.IAM,
        CallingPartyNumber("13800138000"),
        CalledPartyNumber("8008200001"),
        TransmissionMediumRequirement(0),
        CallingPartysCategory(),
        ForwardCallIndicators(),
        NatureOfConnectionIndicators(),
    )
    octets = message.encode()
    assert octets == bytes.fromhex("0500010020000a00020907031008800200100a08831331081083000000")
    assert decode(octets) == message


def test_compose_refuses_missing_and_homeless_parameters() -> None:
    with pytest.raises(ValueError, match="0x11 is missing"):
        compose(1, Type.ACM)
    with pytest.raises(ValueError, match="no place"):
        compose(1, Type.BLO, BackwardCallIndicators())
    with pytest.raises(ValueError, match="expected 0 and 1"):
        Message(1, Type.REL).encode()


@pytest.mark.parametrize("code", sorted(set(PARAMETERS) - {0}), ids=lambda code: PARAMETERS[code])
def test_every_parameter_of_the_table_has_a_decoder_that_loses_nothing(code: int) -> None:
    rng = random.Random(code)
    kinds = set()
    for _ in range(200):
        octets = rng.randbytes(rng.randrange(1, 12))
        parameter = contents(code, octets)
        kinds.add(type(parameter))
        assert parameter.number == code
        assert parameter.encode() == octets
    assert kinds - {Raw}, "200 random contents, and none was read"


def test_metering_pulse_of_the_china_national_isup_has_its_pulses() -> None:
    message = decode(bytes.fromhex("0100fd030000"))
    pulses = message.get(ChargeInformation)
    assert pulses is not None
    assert (message.name, pulses.pulses) == ("MPM", 3)
    assert message.encode() == bytes.fromhex("0100fd030000")

"""The codec of the telephone user part: octets of Q.723 written by hand, round trips, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ss7.tup import contents
from callcenter.ss7.tup.codec import TAIL_BITS, Message, TupDecodeError, decode
from callcenter.ss7.tup.contents import (
    Address,
    AddressComplete,
    Bits,
    Congestion,
    ExtendedUnsuccessful,
    GeneralForward,
    GeneralRequest,
    InitialAddress,
    InitialAddressAdditional,
    MeteringPulses,
    RangeAndStatus,
    Raw,
    Subsequent,
    SubsequentOne,
)
from callcenter.ss7.tup.messages import FORMATS, NATIONAL, UNSUCCESSFUL, Heading
from testrig.system import Variant

VARIANTS: tuple[Variant, ...] = ("itu14", "china24")

WRITTEN = [
    (Message(1, Heading.IAM, InitialAddress("8008200001")), "0011 0a 02a0 0880020010"),
    (Message(0x123, Heading.IAM, InitialAddress("12345", category=13, check=1)), "1211 0d 12 50 214305"),
    (
        Message(5, Heading.IAI, InitialAddressAdditional("123", calling=Address("4567", restricted=1))),
        "0021 0a 02 30 2103 10 46 5476",
    ),
    (
        Message(5, Heading.IAI, InitialAddressAdditional("12", original_called=Address("345", 0))),
        "0021 0a 02 20 21 20 30 4305",
    ),
    (Message(5, Heading.SAM, Subsequent("987")), "0031 30 8907"),
    (Message(5, Heading.SAO, SubsequentOne("7")), "0041 07"),
    (Message(5, Heading.GSM, GeneralForward(category=10, calling=Address("12"))), "0012 03 0a 22 21"),
    (Message(5, Heading.GRQ, GeneralRequest(calling=1, malicious=1)), "0013 0a"),
    (Message(5, Heading.ACM, AddressComplete(free=1, path=1)), "0014 25"),
    (Message(5, Heading.EUM, ExtendedUnsuccessful(extra=b"\x23\x10")), "00f5 01 2310"),
    (Message(5, Heading.ACC, Congestion(2)), "001a 02"),
    (Message(5, Heading.MPM, MeteringPulses(0x0102)), "002c 0201"),
    (Message(5, Heading.MGB, RangeAndStatus.of(10, {0, 9})), "0018 09 0102"),
    (Message(5, Heading.GRS, RangeAndStatus(31)), "0098 1f"),
    (Message(5, Heading.CHG, Raw(b"\x01\x02")), "0024 0102"),
    *[
        (Message(5, heading), f"00{heading:02x}")
        for heading, form in FORMATS.items()
        if form is Raw and heading != Heading.CHG
    ],
]


@pytest.mark.parametrize(("message", "octets"), WRITTEN, ids=lambda value: getattr(value, "name", ""))
def test_message_written_by_hand_is_read_and_written(message: Message, octets: str) -> None:
    data = bytes.fromhex(octets)
    assert message.encode("itu14") == data
    assert decode(data, message.cic & 15, "itu14") == message


def test_circuit_code_lies_in_the_label_and_behind_it() -> None:
    message = Message(0xABC, Heading.RLG)
    assert (message.tail("itu14"), message.encode("itu14")) == (0xC, b"\xab\x17")
    assert (message.tail("china24"), message.encode("china24")) == (0xBC, b"\x0a\x17")
    assert decode(b"\xab\x17", 0x5C, "itu14").cic == 0xABC
    assert decode(b"\x5a\x17", 0xBC, "china24") == Message(0xABC, Heading.RLG, spare=5)


def test_every_heading_has_a_format_and_h0_groups_are_those_of_the_standard() -> None:
    assert set(FORMATS) == set(Heading)
    groups = {heading & 15 for heading in Heading}
    assert groups == {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15}
    assert {heading.name for heading in NATIONAL} == {"MPM", "OPR", "SLB", "STB", "MAL"}
    assert Heading.STB in UNSUCCESSFUL
    assert Heading.ACM not in UNSUCCESSFUL


def test_unknown_heading_is_kept() -> None:
    message = decode(b"\x00\xee\x01\x02", 3, "itu14")
    assert (message.kind, message.contents, message.name) == (0xEE, Raw(b"\x01\x02"), "H1 14 H0 14")
    assert message.encode("itu14") == b"\x00\xee\x01\x02"


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "00",
        "0011",
        "0011 0a02",
        "0011 0a 02 40 21",
        "0021 0a 02 20 21",
        "0031",
        "0031 30 12",
        "0041",
        "0012",
        "0012 01",
        "0012 02",
        "0013",
        "0014",
        "0018",
        "0098",
        "001a",
        "002c 01",
        "00f5",
    ],
)
def test_message_cut_short_is_refused(octets: str) -> None:
    with pytest.raises(TupDecodeError):
        decode(bytes.fromhex(octets), 0, "itu14")


def test_additional_information_before_what_we_read_is_kept_unread() -> None:
    octets = bytes.fromhex("0021 0a 02 20 21 12 0102030405 42 2143")
    message = decode(octets, 0, "itu14")
    found = message.get(InitialAddressAdditional)
    assert found is not None
    assert found.calling is None
    assert message.encode("itu14") == octets


def test_more_address_signals_than_the_field_can_count_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 15"):
        InitialAddress("1" * 16).encode()
    with pytest.raises(ValueError, match="at most 15"):
        Address("1" * 16).encode()


def test_field_beyond_its_bits_is_refused() -> None:
    with pytest.raises(OverflowError, match="level"):
        Congestion(4).encode()


def test_range_and_status_marks_only_circuits_of_the_range() -> None:
    group = RangeAndStatus(2, b"\xff")
    assert group.circuits == 3
    assert group.marked() == [0, 1, 2]
    assert RangeAndStatus(0).marked() == []


@given(st.binary(max_size=40), st.integers(0, 255), st.sampled_from(VARIANTS))
def test_any_octets_are_refused_or_survive_a_round_trip(octets: bytes, tail: int, variant: Variant) -> None:
    try:
        message = decode(octets, tail, variant)
    except TupDecodeError:
        return
    assert message.encode(variant) == octets
    assert message.tail(variant) == tail & (1 << TAIL_BITS[variant]) - 1


@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=24))
def test_known_headings_survive_a_round_trip(kind: int, rest: bytes) -> None:
    try:
        message = decode(bytes((0, kind)) + rest, 0, "itu14")
    except TupDecodeError:
        return
    assert message.encode("itu14") == bytes((0, kind)) + rest


def test_indicator_formats_fill_whole_octets() -> None:
    for each in vars(contents).values():
        if isinstance(each, type) and issubclass(each, Bits) and each is not Bits:
            assert sum(each.widths) % 8 == 0, each
            assert len(each.widths) == len(each.__match_args__), each

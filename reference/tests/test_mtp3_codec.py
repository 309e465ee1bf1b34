"""Labels, point codes and link tests of level 3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import ConfigurationError, DecodeError, StateError
from callcenter.ss7.mtp3.codec import (
    Label,
    LinkTest,
    Message,
    decode,
    decode_link_test,
    point_code,
    point_code_text,
)
from callcenter.ss7.mtp3.management import Heading, Management
from testrig.system import Variant

VARIANTS: list[Variant] = ["itu14", "china24"]


@pytest.mark.parametrize(
    ("variant", "message", "octets"),
    [
        # DPC 1, OPC 2, SLS 3: bits 0-13, 14-27, 28-31, least significant octet first (Q.704 figure 3)
        ("itu14", Message(5, 2, Label(1, 2, 3), b"\xaa"), "85 01 80 00 30 aa"),
        ("itu14", Message(5, 0, Label(0x3FFF, 0, 0), b""), "05 ff 3f 00 00"),
        # DPC 1-2-3, OPC 4-5-6, SLS 7: each point code least significant octet first (GF 001-9001)
        ("china24", Message(5, 2, Label(0x010203, 0x040506, 7), b"\xaa"), "85 03 02 01 06 05 04 07 aa"),
    ],
)
def test_message_known_octets_both_ways(variant: Variant, message: Message, octets: str) -> None:
    assert message.encode(variant) == bytes.fromhex(octets)
    assert decode(bytes.fromhex(octets), variant) == message


def test_decode_china24_spare_bits_beside_sls_ignored() -> None:
    assert decode(bytes.fromhex("85030201060504f7"), "china24").label.sls == 7


@pytest.mark.parametrize(("variant", "size"), [("itu14", 4), ("china24", 7)])
def test_decode_label_cut_raises(variant: Variant, size: int) -> None:
    with pytest.raises(DecodeError, match=f"label of {size} octets at offset 1, found {size - 1}"):
        decode(bytes(size), variant)


@pytest.mark.parametrize("label", [Label(1 << 14, 0, 0), Label(0, -1, 0), Label(0, 0, 16)])
def test_label_field_out_of_range_refused(label: Label) -> None:
    with pytest.raises(StateError, match="14 bits and SLS 0 to 15"):
        label.encode("itu14")


@given(st.sampled_from(VARIANTS), st.binary(max_size=40))
def test_decode_arbitrary_octets_only_decode_error(variant: Variant, octets: bytes) -> None:
    try:
        message = decode(octets, variant)
    except DecodeError:
        return
    again = decode(message.encode(variant), variant)
    assert again == message


@pytest.mark.parametrize(
    ("variant", "text", "code"),
    [
        ("itu14", "2-100-3", 2 << 11 | 100 << 3 | 3),
        ("itu14", "7-255-7", 16383),
        ("itu14", "0-0-1", 1),
        ("china24", "10-20-30", 0x0A141E),
        ("china24", "255-255-255", 0xFFFFFF),
    ],
)
def test_point_code_text_both_ways(variant: Variant, text: str, code: int) -> None:
    assert point_code(text, variant) == code
    assert point_code(str(code), variant) == code
    assert point_code_text(code, variant) == text


@pytest.mark.parametrize(
    ("variant", "text"),
    [
        ("itu14", "8-0-0"),
        ("itu14", "0-256-0"),
        ("itu14", "16384"),
        ("itu14", "1-2"),
        ("itu14", "-1"),
        ("china24", "256-0-0"),
        ("china24", "16777216"),
        ("china24", ""),
        ("china24", "1-2-x"),
    ],
)
def test_point_code_text_wrong_refused(variant: Variant, text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"point code: found '{text}', expected 0"):
        point_code(text, variant)


def test_link_test_known_octets_both_ways() -> None:
    assert LinkTest(False, b"AB").encode() == bytes.fromhex("11204142")
    assert LinkTest(True, b"AB").encode() == bytes.fromhex("21204142")
    assert decode_link_test(bytes.fromhex("212f414200")) == LinkTest(True, b"AB")


@pytest.mark.parametrize("octets", ["", "11", "1110", "1100", "31104142", "11304142"])
def test_link_test_wrong_octets_raises(octets: str) -> None:
    with pytest.raises(DecodeError, match=r"^SLT: "):
        decode_link_test(bytes.fromhex(octets))


def test_user_part_unavailable_known_octets() -> None:
    # H1 H0 = 0001 1010, affected point code, cause 1 (unequipped) above user part 4 (Q.704 15.17)
    assert Management(Heading.UPU, point=0x0102, user=4, cause=1).encode("itu14") == bytes.fromhex("1a020114")
    assert Management(Heading.UPU, point=0x010203, user=4, cause=1).encode("china24") == bytes.fromhex(
        "1a03020114"
    )

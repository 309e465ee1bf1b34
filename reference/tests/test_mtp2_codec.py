"""Signal units of Q.703 clause 2 and 11."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import DecodeError
from callcenter.ss7.mtp2.codec import MAX_MSU, SignalUnit, Status, decode

UNITS = st.builds(
    SignalUnit,
    bsn=st.integers(0, 127),
    bib=st.integers(0, 1),
    fsn=st.integers(0, 127),
    fib=st.integers(0, 1),
    status=st.none(),
    msu=st.one_of(st.just(b""), st.binary(min_size=3, max_size=MAX_MSU)),
)


@pytest.mark.parametrize(
    ("octets", "unit"),
    [
        # Q.703 2.2: the initial fill-in signal unit, numbers 127 and indicator bits 1
        ("ff ff 00", SignalUnit(127, 1, 127, 1)),
        ("ff ff 01 00", SignalUnit(127, 1, 127, 1, Status.SIO)),
        ("ff ff 01 01", SignalUnit(127, 1, 127, 1, Status.SIN)),
        ("ff ff 01 02", SignalUnit(127, 1, 127, 1, Status.SIE)),
        ("ff ff 01 03", SignalUnit(127, 1, 127, 1, Status.SIOS)),
        ("85 03 01 04", SignalUnit(5, 1, 3, 0, Status.SIPO)),
        ("05 83 01 05", SignalUnit(5, 0, 3, 1, Status.SIB)),
        ("80 81 03 85 01 02", SignalUnit(0, 1, 1, 1, None, b"\x85\x01\x02")),
    ],
)
def test_signal_unit_known_octets_both_ways(octets: str, unit: SignalUnit) -> None:
    assert decode(bytes.fromhex(octets)) == unit
    assert unit.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize(("size", "indicator"), [(3, 3), (62, 62), (63, 63), (64, 63), (273, 63)])
def test_length_indicator_long_message_says_63(size: int, indicator: int) -> None:
    encoded = SignalUnit(0, 0, 0, 0, None, bytes(size)).encode()
    assert encoded[2] == indicator
    assert decode(encoded).msu == bytes(size)


def test_status_field_two_octets_first_counts() -> None:
    assert decode(bytes.fromhex("ffff020300")).status is Status.SIOS


def test_length_indicator_spare_bits_ignored() -> None:
    assert decode(bytes.fromhex("ffffc0")).kind == "FISU"


@pytest.mark.parametrize(
    "octets",
    ["", "ffff", "ffff01", "ffff0000", "ffff0106ff", "ffff0106", "ffff0107", "ffff04850102", "ffff3f850102"],
)
def test_decode_wrong_octets_raises(octets: str) -> None:
    with pytest.raises(DecodeError, match=r"^MTP2: "):
        decode(bytes.fromhex(octets))


def test_decode_message_too_long_raises() -> None:
    with pytest.raises(DecodeError, match="at most 273"):
        decode(bytes((0xFF, 0xFF, 63)) + bytes(274))


@given(UNITS)
def test_signal_unit_any_round_trip(unit: SignalUnit) -> None:
    assert decode(unit.encode()) == unit


@given(st.binary(max_size=300))
def test_decode_arbitrary_octets_only_decode_error(octets: bytes) -> None:
    try:
        unit = decode(octets)
    except DecodeError:
        return
    assert unit.kind in {"FISU", "LSSU", "MSU"}

"""The judge's MTP2 and MTP3 layers, and the testers' fast path beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testline.layers import FISU, LSSU, MSU, NotDecodable, decode_mtp2, decode_mtp3
from testline.layers.mtp3 import (
    HEADING_CODES,
    HEADINGS,
    LinkTest,
    MsuChina24,
    MsuItu14,
    NetworkManagement,
    decode_link_test,
    decode_management,
    management,
)
from testline.oracle import Oracle
from testline.testers.mtp3 import describe
from testline.testers.units import MALFORMED, STATUSES, head, kind_of, parse
from testrig.system import Variant


def test_signal_units_have_the_octets_of_the_standard() -> None:
    assert bytes(FISU(bsn=1, bib=1, fsn=2, fib=0)).hex() == "810200"
    assert bytes(LSSU(bsn=127, bib=1, fsn=127, fib=1, status=0b001)).hex() == "ffff0101"
    assert bytes(MSU(bsn=1, bib=1, fsn=2, fib=1, sif=b"\x85abcd")).hex() == "818205" + b"\x85abcd".hex()


def test_length_indicator_stops_at_63() -> None:
    assert bytes(MSU(sif=bytes(62)))[2] == 62
    assert bytes(MSU(sif=bytes(272)))[2] == 63
    assert bytes(MSU(sif=b"abc", li=9))[2] == 9


@pytest.mark.parametrize("status", STATUSES)
def test_link_status_reads_back_in_one_and_two_octets(status: str) -> None:
    for octets in (1, 2):
        unit = head(5, 1, 6, 0, octets) + bytes((STATUSES.index(status),)).ljust(octets, b"\x00")
        found = decode_mtp2(unit)
        assert found.sprintf("%status%") == status
        assert (found.bsn, found.bib, found.fsn, found.fib) == (5, 1, 6, 0)
        assert bytes(found) == unit
        assert kind_of(unit) == status


@pytest.mark.parametrize("octets", ["", "0102", "010205", "01020301", "01020100ff"])
def test_unit_whose_length_is_wrong_is_refused(octets: str) -> None:
    with pytest.raises(NotDecodable):
        decode_mtp2(bytes.fromhex(octets))
    assert kind_of(bytes.fromhex(octets)) == MALFORMED


@given(st.binary(max_size=300))
def test_fast_path_and_layer_agree_on_any_octets(octets: bytes) -> None:
    unit = parse(octets, 7, 7)
    try:
        found = decode_mtp2(octets)
    except NotDecodable:
        assert unit.kind == MALFORMED
        return
    assert (unit.bsn, unit.bib, unit.fsn, unit.fib) == (found.bsn, found.bib, found.fsn, found.fib)
    assert bytes(found) == octets
    if found.name == "LSSU":
        assert unit.kind == (STATUSES[found.status] if found.status < 6 else MALFORMED)
    else:
        assert unit.kind == found.name
    if found.name == "MSU":
        assert unit.sif == bytes(found.sif)


@given(st.integers(0, 127), st.integers(0, 1), st.integers(0, 127), st.integers(0, 1), st.integers(0, 272))
def test_head_of_the_fast_path_equals_the_layers(bsn: int, bib: int, fsn: int, fib: int, length: int) -> None:
    built = bytes(MSU(bsn=bsn, bib=bib, fsn=fsn, fib=fib, sif=bytes(length)))
    assert head(bsn, bib, fsn, fib, length) == built[:3]


def test_labels_have_the_octets_of_both_networks() -> None:
    itu = MsuItu14(ni=0b10, si=5, dpc=2, opc=1, sls=9, data=b"\x0e\x00")
    assert bytes(itu).hex() == "85" + "02400090" + "0e00"
    china = MsuChina24(ni=0b10, si=5, dpc=0x112233, opc=0x445566, sls=7, data=b"x")
    assert bytes(china).hex() == "85" + "332211" + "665544" + "07" + b"x".hex()


@pytest.mark.parametrize(("variant", "bits"), [("itu14", 14), ("china24", 24)])
@given(data=st.data())
def test_labels_read_back(variant: str, bits: int, data: st.DataObject) -> None:
    code = st.integers(0, 2**bits - 1)
    dpc, opc = data.draw(code), data.draw(code)
    sls, ni, si = data.draw(st.integers(0, 15)), data.draw(st.integers(0, 3)), data.draw(st.integers(0, 15))
    layer = MsuItu14 if variant == "itu14" else MsuChina24
    octets = bytes(layer(dpc=dpc, opc=opc, sls=sls, ni=ni, si=si, data=b"abc"))
    found = decode_mtp3(octets, variant)
    assert (found.dpc, found.opc, found.sls, found.ni, found.si) == (dpc, opc, sls, ni, si)
    assert bytes(found.data) == b"abc"


@given(st.binary(max_size=30), st.sampled_from(["itu14", "china24"]))
def test_any_octets_are_an_msu_or_refused(octets: bytes, variant: str) -> None:
    protocol, text = describe(octets, variant)
    assert protocol in {"MTP3", "ISUP", "TUP"}
    assert text
    try:
        found = decode_mtp3(octets, variant)
    except NotDecodable:
        assert len(octets) < (5 if variant == "itu14" else 8)
        return
    assert bytes(found) == octets


def test_link_test_messages_have_the_octets_of_the_standard() -> None:
    assert bytes(LinkTest(h1=1, pattern=b"\xaa\xbb")).hex() == "1120aabb"
    answer = decode_link_test(bytes.fromhex("2120aabb"))
    assert (answer.title, answer.pattern) == ("SLTA", b"\xaa\xbb")
    for wrong in (b"", b"\x11", b"\x11\x20\xaa"):
        with pytest.raises(NotDecodable):
            decode_link_test(wrong)


def test_headings_of_network_management() -> None:
    assert bytes(NetworkManagement(h0=7, h1=1)) == b"\x17"
    assert decode_management(b"\x14\x01\x00").title == "TFP"
    assert decode_management(b"\xff").title == "H0 15 H1 15"
    assert len(HEADINGS) == len(HEADING_CODES) == 27
    with pytest.raises(NotDecodable):
        decode_management(b"")


FIELDS: dict[str, dict[str, int]] = {
    **{title: {"fsn": 77} for title in ("COO", "COA")},
    **{title: {"code": 201} for title in ("CBD", "CBA")},
    **{title: {"destination": 0x1234} for title in ("TFP", "TFR", "TFA", "RST", "RSR")},
    "TFC": {"destination": 0x1234, "status": 2},
    "UPU": {"destination": 0x1234, "user": 5, "cause": 1},
    "DLC": {"data_link": 0x123},
}


@pytest.mark.parametrize("variant", ["itu14", "china24"])
@pytest.mark.parametrize("title", HEADING_CODES)
def test_management_reads_back(title: str, variant: str) -> None:
    data = management(title, variant, **FIELDS.get(title, {}))
    found = decode_management(data, variant)
    assert found.title == title
    for name, value in FIELDS.get(title, {}).items():
        assert found.getfieldval(name) == value
    assert found.information == b""
    assert bytes(found) == data


@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_wireshark_names_every_management_message(variant: Variant) -> None:
    label = bytes((MsuItu14 if variant == "itu14" else MsuChina24)(si=0, ni=2, dpc=2, opc=1, sls=3))
    messages = [label + management(title, variant, **FIELDS.get(title, {})) for title in HEADING_CODES]
    with Oracle(variant) as oracle:
        opinions = oracle.judge([head(127, 1, 0, 1, len(each)) + each for each in messages])
    if opinions is None:
        pytest.skip(oracle.status)
    assert [each.malformed for each in opinions] == [""] * len(messages)
    assert [each.info.split()[0] for each in opinions] == list(HEADING_CODES)


@pytest.mark.parametrize("variant", ["itu14", "china24"])
@pytest.mark.parametrize("title", FIELDS)
def test_management_cut_off_is_refused(title: str, variant: str) -> None:
    data = management(title, variant, **FIELDS[title])
    for length in range(1, len(data)):
        with pytest.raises(NotDecodable):
            decode_management(data[:length], variant)


def test_route_messages_have_the_octets_of_both_labels() -> None:
    assert management("TFP", destination=0x1234).hex() == "143412"
    assert management("TFC", destination=0x1234, status=1).hex() == "233452"
    assert management("TFP", "china24", destination=0x112233).hex() == "14332211"
    assert management("TFC", "china24", destination=0x112233, status=1).hex() == "2333221101"
    assert management("UPU", destination=1, user=5, cause=2).hex() == "1a010025"
    assert management("COO", fsn=127).hex() == "117f"
    assert management("CBD", code=255).hex() == "51ff"

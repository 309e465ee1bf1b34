"""The judge's TUP layer, held against formats that somebody else wrote down (`tup_formats.toml`)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testline.decode import decode_file, ladders
from testline.layers import NotDecodable
from testline.layers.mtp3 import MSU_HEADERS, decode_mtp3
from testline.layers.tup import (
    calling_digits,
    decode_tup,
    group_circuits,
    join,
    message,
    original_digits,
    split,
    summary_of,
)
from testline.layers.tup_messages import BY_NAME, CallingLine
from testline.oracle import Oracle
from testline.testers.mtp3 import describe, sls_octet
from testrig.pcapng import LINKTYPE_MTP2, PcapngWriter

FORMATS = tomllib.loads(Path(__file__).with_name("tup_formats.toml").read_text())

KNOWN = {
    "IAM": (message("IAM", 5, called="8008200001"), "05 00 11 0a 02 a0 08 80 02 00 10"),
    "IAM 24 bit CIC": (message("IAM", 0xFFF, called="1"), "ff 0f 11 0a 02 10 01"),
    "IAI": (
        message("IAI", 0x123, called="10086", calling="13800138000", original="123"),
        "23 01 21 0a 02 50 01 80 06 30 b2 31 08 10 83 00 00 32 21 03",
    ),
    "SAM": (message("SAM", 1, called="12F"), "01 00 31 30 21 0f"),
    "SAO": (message("SAO", 1, called="7"), "01 00 41 07"),
    "GSM": (
        message("GSM", 3, calling="02155556666", category_included=1),
        "03 00 12 03 0a b2 20 51 55 65 66 06",
    ),
    "GRQ": (message("GRQ", 4, line=1, category=1), "04 00 13 03"),
    "ACM": (message("ACM", 4, free=1), "04 00 14 05"),
    "CLF": (message("CLF", 4), "04 00 46"),
    "RLG": (message("RLG", 4), "04 00 17"),
    "MGB": (message("MGB", 1, range=8, status=b"\xff\x01"), "01 00 18 08 ff 01"),
    "GRS": (message("GRS", 1, range=30), "01 00 98 1e"),
    "MPM": (message("MPM", 1, pulses=300), "01 00 2c 2c 01"),
    "ACC": (message("ACC", 1, level=2), "01 00 1a 02"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_message_built_has_the_octets_of_the_standard(name: str) -> None:
    built, octets = KNOWN[name]
    assert bytes(built) == bytes.fromhex(octets)
    found = decode_tup(bytes(built)).copy()
    found.clear_cache()
    assert bytes(found) == bytes(built)


def test_headings_are_those_of_the_third_opinion() -> None:
    assert {name: [cls().h0, cls().h1] for name, cls in BY_NAME.items()} == FORMATS["headings"]


class Reader:
    """Reads a message by the table of formats alone: bits in the order of transmission."""

    def __init__(self, octets: bytes) -> None:
        self.bits = "".join(f"{octet:08b}"[::-1] for octet in octets)
        self.at = 0
        self.found: dict[str, Any] = {}

    def number(self, bits: int) -> int:
        if self.at + bits > len(self.bits):
            raise NotDecodable("the table wants more octets")
        self.at += bits
        return int(self.bits[self.at - bits : self.at][::-1] or "0", 2)

    def read(self, lines: list[str]) -> dict[str, Any]:
        for line in lines:
            fields, _, condition = line.partition(" if ")
            if condition and not self.found[condition]:
                continue
            for field in fields.split():
                self.field(*field.split(":"))
        return self.found

    def field(self, name: str, bits: str) -> None:
        if bits.startswith("*"):
            count = self.found[bits[1:]]
            self.found[name] = "".join(f"{self.number(4):X}" for _ in range(count))
            self.number(4 * (count & 1))
        elif bits == "?":
            circuits = self.found["range"] + 1 if self.found["range"] else 0
            self.found[name] = bytes(self.number(8) for _ in range((circuits + 7) // 8))
        else:
            self.found[name] = self.number(int(bits))


def by_layer(found: Any, name: str) -> Any:
    for part in name.split("."):
        found = found.getfieldval(part)
    return found


BITS = st.binary(max_size=24)


@pytest.mark.parametrize("name", sorted(FORMATS["fields"]))
@settings(max_examples=150)
@given(body=BITS)
def test_every_field_is_read_as_the_third_opinion_reads_it(name: str, body: bytes) -> None:
    h0, h1 = FORMATS["headings"][name]
    if name == "IAI":  # what these indicators announce has no format in the table
        body = bytes(
            octet & 0b1011_0000 if index == _indicators(body) else octet for index, octet in enumerate(body)
        )
    if name == "GSM" and body:
        body = bytes((body[0] & 0b1111_1011,)) + body[1:]
    octets = bytes((0x21, 0x03, h0 | h1 << 4)) + body
    reader = Reader(body)
    try:
        expected = reader.read(FORMATS["fields"][name])
    except NotDecodable:
        expected = {}
    try:
        found = decode_tup(octets)
    except NotDecodable:
        assert not expected or (name == "EUM" and len(body) < 3)
        return
    assert expected, f"{found.summary()}: too short for the table"
    assert (found.title, found.cic) == (name, 0x321)
    assert {field: by_layer(found, field) for field in expected} == expected


def _indicators(body: bytes) -> int:
    """Index of the indicator octet of an IAI: behind category, indicators and the called number."""
    return 3 + ((body[2] >> 4) + 1) // 2 if len(body) > 2 else -1


@pytest.mark.parametrize("variant", ["itu14", "china24"])
@given(cic=st.integers(0, 0xFFF), dpc=st.integers(0, 0x3FFF), opc=st.integers(0, 0x3FFF))
def test_label_is_that_of_the_third_opinion(variant: str, cic: int, dpc: int, opc: int) -> None:
    sls, data = split(bytes(message("CLF", cic)), variant)
    header = MSU_HEADERS[variant](si=4, ni=2, dpc=dpc, opc=opc, sls=sls & 0x0F)
    if variant == "china24":
        header.sls_spare = sls >> 4
    octets = bytes(header) + data
    label = Reader(octets[1:]).read([FORMATS["label"][variant]])
    assert (label["dpc"], label["opc"], label["cic"]) == (dpc, opc, cic)
    assert label.get("cic_spare", 0) == 0
    msu = decode_mtp3(octets, variant)
    assert decode_tup(join(sls_octet(msu), bytes(msu.data), variant)).cic == cic
    assert describe(octets, variant) == ("TUP", f"CLF CIC {cic}")


@settings(max_examples=500)
@given(octets=st.binary(max_size=40))
def test_any_octets_are_a_message_or_refused(octets: bytes) -> None:
    try:
        found = decode_tup(octets)
    except NotDecodable:
        return
    assert summary_of(found)
    assert bytes(found) == octets


@pytest.mark.parametrize("name", ["IAI", "GSM", "EUM", "MGB", "MPM", "CHG"])
def test_message_cut_off_is_refused(name: str) -> None:
    whole = bytes(
        message(name, 1, **({"called": "123", "calling": "456"} if name == "IAI" else {}))
        if name != "GSM"
        else message(name, 1, calling="456", category_included=1)
    )
    if name == "MGB":
        whole = bytes(message(name, 1, range=7, status=b"\x01"))
    with pytest.raises(NotDecodable):
        decode_tup(whole[:-1])


def test_iai_with_further_parts_keeps_them_unread() -> None:
    octets = bytes(message("IAI", 1, called="1", line_included=1, group_included=1, unread=b"\x01\x02\x03"))
    found = decode_tup(octets)
    assert bytes(found.unread) == b"\x01\x02\x03"
    assert calling_digits(found) is None
    assert bytes(found) == octets


def test_numbers_are_read_back() -> None:
    found = decode_tup(bytes(message("IAI", 1, called="10086", calling="021", original="8")))
    assert (calling_digits(found), original_digits(found)) == ("021", "8")
    hidden = CallingLine(digits="1", restricted=1, nature=3)
    assert bytes(hidden).hex() == "1701"


def test_unknown_names_and_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="no TUP message"):
        message("REL", 1)
    with pytest.raises(ValueError, match="CLF has no cause"):
        message("CLF", 1, cause=16)


def test_status_bits_name_circuits() -> None:
    assert group_circuits(17, 9, b"\x05\x02") == [17, 19, 26]


@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_wireshark_reads_service_and_label(variant: Any) -> None:
    """tshark has no TUP dissector; it does read what is in front of the CIC."""
    sls, data = split(bytes(message("IAM", 0x12, called="10086")), variant)
    header = MSU_HEADERS[variant](si=4, ni=2, dpc=2, opc=1, sls=sls & 0x0F)
    if variant == "china24":
        header.sls_spare = sls >> 4
    octets = bytes(header) + data
    with Oracle(variant) as oracle:
        opinions = oracle.judge([bytes((0xFF, 0xFF, len(octets))) + octets])
    if opinions is None:
        pytest.skip(oracle.status)
    assert (opinions[0].malformed, opinions[0].opc[-1], opinions[0].dpc[-1]) == ("", "1", "2")


@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_capture_with_a_tup_call_is_told_as_a_ladder(tmp_path: Path, variant: Any) -> None:
    path = tmp_path / "call.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        number = writer.interface("link", LINKTYPE_MTP2)
        for at, name in enumerate(("IAI", "ACM", "ANC", "CLF", "RLG")):
            back = name in {"ACM", "ANC", "RLG"}
            fields = {"called": "10086", "calling": "1380"} if name == "IAI" else {}
            sls, data = split(bytes(message(name, 19, **fields)), variant)
            header = MSU_HEADERS[variant](si=4, ni=2, dpc=1 + (not back), opc=1 + back, sls=sls & 0x0F)
            if variant == "china24":
                header.sls_spare = sls >> 4
            octets = bytes(header) + data
            writer.packet(number, at * 8000, bytes((0xFF, 0xFF, len(octets))) + octets, outbound=not back)
    records = list(decode_file(path, variant=variant))
    assert [record.title for record in records] == ["IAI", "ACM", "ANC", "CLF", "RLG"]
    [ladder] = ladders(records)
    assert (ladder.cic, len(ladder.records)) == (19, 5)

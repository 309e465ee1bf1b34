"""Every ISUP message in shared/data through the judge's layer, beside what Wireshark makes of it.

Type, CIC, called and calling digits and cause must agree; what decodes must rebuild to the same octets
from its fields; rows that are no valid messages are listed with the reason.
"""

from __future__ import annotations

import csv
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testline.decode import decode_file
from testline.layers import NotDecodable, decode_isup, summary_of
from testline.layers.fields import ABSENT
from testline.layers.isup import called_digits, calling_digits, cause_value

DATA = Path(__file__).parents[2].parent / "shared" / "data"
CAPTURES = {
    "realjimmy+sample-captures/wireshark-samples/files/sigtran-protocol-family/isup_load_generator.pcap": (),
    "realjimmy+sample-captures/wireshark-samples/files/sigtran-protocol-family/isup.cap": (
        "-o",
        "m3ua.version:Internet Draft version 6",
    ),
    "the-tcpdump-group+tcpdump/tests/isup.pcap": ("-o", "m3ua.version:Internet Draft version 6"),
    "arkime+arkime/tests/pcap/m3ua_synthetic.pcap": (),
}
MESSAGES = {"isup_load_generator.pcap": 3685, "isup.cap": 6, "isup.pcap": 6, "m3ua_synthetic.pcap": 4}

NOT_MESSAGES = {
    # contents of a parameter of an ANM test, not a message; read as one it is a broken INR
    "01020304050607": "INR: pointer 6 to optional leads past the end",
    # the second pointer is 0x02 and the cause's length octet 0x80: both pointers lead to the pointers
    "0c0b2f01028090": "CFN: pointer 1 to cause indicators leads into another part",
    # one pointer, where the standard has a pointer to the optional part behind it
    "0c0b02010400836038": "SAM: pointer 1 to subsequent number leads into another part",
}
"""Rows of the vectors that are no ISUP messages: hex to the reason for which they are refused.

Wireshark calls the same three malformed and no others.
"""

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="shared/data is not beside the repository")
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="not run: tshark missing")


class Reading(NamedTuple):
    """What one side reads in one message."""

    message_type: int
    cic: int
    called: str
    calling: str
    cause: int | None


def ours(octets: bytes) -> Reading:
    found = decode_isup(octets)
    return Reading(
        found.message_type,
        found.cic,
        (called_digits(found) or "") if found.title == "IAM" else "",
        calling_digits(found) or "",
        cause_value(found),
    )


def tshark(path: Path, options: Iterable[str] = ()) -> dict[int, Reading]:
    fields = (
        "frame.number",
        "isup.message_type",
        "isup.cic",
        "isup.called",
        "isup.calling",
        "isup.cause_indicator",
    )
    command = ["tshark", "-r", str(path), *options, "-Y", "isup", "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {}
    for line in done.stdout.splitlines():
        number, kind, cic, called, calling, cause = (part.split(",")[0] for part in line.split("\t"))
        found[int(number)] = Reading(int(kind), int(cic), called, calling, int(cause) if cause else None)
    return found


def rebuilt(octets: bytes) -> bytes:
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


@cache
def captured(name: str) -> dict[int, bytes]:
    return {record.number: record.octets for record in decode_file(DATA / name) if record.protocol == "ISUP"}


def rows() -> Iterator[tuple[str, bytes]]:
    """Every ISUP row of the vectors, with a CIC of 1 put before those that have none."""
    for name in ("vectors.tsv", "text_traces.tsv"):
        with (DATA / "vectors" / name).open(encoding="utf-8", newline="") as file:
            for protocol, text, *_ in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if protocol == "ISUP":
                    yield text, bytes.fromhex(text)
                elif protocol == "ISUP-noCIC":
                    yield text, b"\x01\x00" + bytes.fromhex(text)
                elif protocol == "MTP2/MTP3/ISUP":
                    yield text, bytes.fromhex(text)[8:]


def exported(messages: list[bytes]) -> bytes:
    """A capture of exported PDUs, so that one run of the third opinion reads them all."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 252)
    for octets in messages:
        body = struct.pack(">2H", 12, 4) + b"isup" + struct.pack(">2H", 0, 0) + octets
        out += struct.pack("<4I", 0, 0, len(body), len(body)) + body
    return out


@needs_data
@needs_tshark
@pytest.mark.parametrize("name", CAPTURES)
def test_captured_messages_agree_with_the_third_opinion(name: str) -> None:
    messages = captured(name)
    theirs = tshark(DATA / name, CAPTURES[name])
    assert len(messages) == MESSAGES[Path(name).name]
    assert set(messages) == set(theirs)
    different = {
        number: (ours(octets), theirs[number])
        for number, octets in messages.items()
        if ours(octets) != theirs[number]
    }
    assert not different


@needs_data
@pytest.mark.parametrize("name", CAPTURES)
def test_captured_messages_rebuild_to_the_same_octets(name: str) -> None:
    wrong = [octets.hex() for octets in set(captured(name).values()) if rebuilt(octets) != octets]
    assert not wrong


@needs_data
@needs_tshark
def test_vector_messages_agree_with_the_third_opinion(tmp_path: Path) -> None:
    known = [(text, octets) for text, octets in rows() if text not in NOT_MESSAGES]
    assert len(known) + len(NOT_MESSAGES) == 34
    path = tmp_path / "vectors.pcap"
    path.write_bytes(exported([octets for _, octets in known]))
    theirs = tshark(path)
    different = {
        text: (ours(octets), theirs[number])
        for number, (text, octets) in enumerate(known, 1)
        if ours(octets) != theirs[number]
    }
    assert not different


@needs_data
def test_vector_messages_rebuild_to_the_same_octets() -> None:
    wrong = [text for text, octets in rows() if text not in NOT_MESSAGES and rebuilt(octets) != octets]
    assert not wrong


@needs_data
@needs_tshark
def test_vectors_listed_as_no_messages_are_refused_by_both(tmp_path: Path) -> None:
    everything = list(rows())
    path = tmp_path / "vectors.pcap"
    path.write_bytes(exported([octets for _, octets in everything]))
    command = ["tshark", "-r", str(path), "-Y", "_ws.malformed", "-T", "fields", "-e", "frame.number"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {everything[int(number) - 1][0] for number in done.stdout.split()} == set(NOT_MESSAGES)
    refused = {}
    for text, octets in everything:
        try:
            decode_isup(octets)
        except NotDecodable as error:
            refused[text] = error.reason
    assert refused == NOT_MESSAGES


@needs_data
def test_every_prefix_of_every_message_decodes_or_is_refused() -> None:
    whole = {octets for name in CAPTURES for octets in captured(name).values()} | {
        octets for _, octets in rows()
    }
    prefixes = {octets[:end] for octets in whole for end in range(len(octets))}
    assert len(prefixes) > 10_000
    refused = 0
    for octets in prefixes:
        try:
            found = decode_isup(octets)
        except NotDecodable:
            refused += 1
        else:
            assert bytes(found) == octets
    assert refused > len(prefixes) // 2


@needs_data
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_flipped_bits_of_real_messages_decode_or_are_refused(data: st.DataObject) -> None:
    pool = sorted({octets for name in CAPTURES for octets in captured(name).values()})
    octets = bytearray(data.draw(st.sampled_from(pool)))
    for position in data.draw(st.lists(st.integers(0, 8 * len(octets) - 1), min_size=1, max_size=8)):
        octets[position // 8] ^= 1 << position % 8
    try:
        found = decode_isup(bytes(octets))
    except NotDecodable:
        return
    assert bytes(found) == octets
    assert summary_of(found)

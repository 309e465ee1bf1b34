"""Every ISUP message in shared/data through both codecs: the reference's and the judge's.

They were written apart, and must agree on message type, CIC, called and calling digits and cause, refuse the
same rows, and give every message back octet by octet. What Wireshark makes of the same messages is compared
with the judge's reading in `conformance/tests/test_real_input_judge.py`. Tests may know both sides; the
packages may not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.errors import DecodeError
from callcenter.ss7.isup.codec import decode
from callcenter.ss7.isup.parameters import CalledPartyNumber, CallingPartyNumber, CauseIndicators
from testline.decode import decode_file
from testline.layers import NotDecodable, decode_isup
from testline.layers.isup import called_digits, calling_digits, cause_value

DATA = Path(__file__).parents[2].parent / "shared" / "data"
CAPTURES = (
    "realjimmy+sample-captures/wireshark-samples/files/sigtran-protocol-family/isup_load_generator.pcap",
    "realjimmy+sample-captures/wireshark-samples/files/sigtran-protocol-family/isup.cap",
    "the-tcpdump-group+tcpdump/tests/isup.pcap",
    "arkime+arkime/tests/pcap/m3ua_synthetic.pcap",
)
OFFSETS = {"ISUP": 0, "MTP2/MTP3/ISUP": 8}
"""Octets before the CIC in a row of the vectors: MTP2 header 3, SIO 1, ITU label 4."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="shared/data is not beside the repository")

Reading = tuple[int, int, str | None, str | None, int | None]


def by_the_reference(octets: bytes) -> Reading:
    """Type, CIC, called, calling, cause; DecodeError."""
    found = decode(octets)
    called, calling, cause = (
        found.get(CalledPartyNumber),
        found.get(CallingPartyNumber),
        found.get(CauseIndicators),
    )
    return (
        found.kind,
        found.cic,
        called.digits if called else None,
        calling.digits if calling else None,
        cause.cause if cause and cause.coding == 0 else None,
    )


def by_the_judge(octets: bytes) -> Reading:
    """The same; NotDecodable."""
    found = decode_isup(octets)
    called = called_digits(found) if found.title == "IAM" else None
    return found.message_type, found.cic, called, calling_digits(found), cause_value(found)


def rows() -> Iterator[bytes]:
    for name in ("vectors.tsv", "text_traces.tsv"):
        with (DATA / "vectors" / name).open(encoding="utf-8", newline="") as file:
            for protocol, text, *_ in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if protocol in OFFSETS:
                    yield bytes.fromhex(text)[OFFSETS[protocol] :]
                elif protocol == "ISUP-noCIC":
                    yield b"\x01\x00" + bytes.fromhex(text)


@pytest.mark.parametrize("name", CAPTURES)
def test_codecs_agree_on_captured_messages(name: str) -> None:
    messages = [record.octets for record in decode_file(DATA / name) if record.protocol == "ISUP"]
    assert messages
    for octets in messages:
        assert by_the_reference(octets) == by_the_judge(octets), octets.hex()
        assert decode(decode(octets).encode()) == decode(octets)


def test_codecs_agree_on_vectors_and_on_which_are_no_messages() -> None:
    agreed = 0
    for octets in rows():
        try:
            judged = by_the_judge(octets)
        except NotDecodable:
            with pytest.raises(DecodeError):
                decode(octets)
            continue
        assert by_the_reference(octets) == judged, octets.hex()
        assert decode(decode(octets).encode()) == decode(octets)
        agreed += 1
    assert agreed >= 25

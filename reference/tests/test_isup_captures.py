"""Every ISUP message that Wireshark finds in the captures decodes, and encodes to the same octets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callcenter.exercise.captures import messages
from callcenter.ss7.isup import decode
from callcenter.ss7.isup.messages import FORMATS

DATA = Path(__file__).parents[2].parent / "shared" / "data"

DRAFT = ("-o", "m3ua.version:Internet Draft version 6")
CHINA = ("-o", "mtp3.standard:Chinese ITU")
SAMPLES = "realjimmy+sample-captures/wireshark-samples/files/sigtran-protocol-family"

CAPTURES: dict[str, tuple[tuple[str, ...], int]] = {
    f"{SAMPLES}/isup_load_generator.pcap": ((), 3685),
    f"{SAMPLES}/isup.cap": (DRAFT, 6),
    "the-tcpdump-group+tcpdump/tests/isup.pcap": (DRAFT, 6),
    "arkime+arkime/tests/pcap/m3ua_synthetic.pcap": ((), 4),
    "derived/mtp3_itu14.pcap": ((), 1),
    "derived/mtp3_cn24.pcap": (CHINA, 1),
    "derived/mtp2_cn24.pcap": (CHINA, 1),
    "derived/mtp2_phdr_cn24.pcap": (CHINA, 1),
}
"""Capture: how to make Wireshark read it, and how many ISUP messages it holds."""

UNKNOWN: dict[str, set[int]] = {"m3ua_synthetic.pcap": {0}}
"""Message types that Q.763 table 4 does not have: the capture was made by a generator."""


@pytest.mark.skipif(shutil.which("tshark") is None, reason="not run: tshark missing")
@pytest.mark.parametrize("name", CAPTURES, ids=lambda name: Path(name).name)
def test_messages_of_capture_survive(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is absent")
    options, count = CAPTURES[name]
    found = messages(path, "isup", options)
    assert len(found) == count
    decoded = [decode(octets) for octets in found]
    again = [message.encode() for message in decoded]
    assert all(octets.startswith(each) for octets, each in zip(found, again, strict=True))
    assert {message.kind for message in decoded} - set(FORMATS) == UNKNOWN.get(path.name, set())

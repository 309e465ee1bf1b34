"""Every ISUP message that Wireshark finds in the captures decodes, and encodes to the same octets."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

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


def messages(path: Path, options: tuple[str, ...]) -> list[bytes]:
    command = ["tshark", "-r", str(path), *options, "-Y", "isup", "-T", "jsonraw", "-J", "isup"]
    done = subprocess.run(command, capture_output=True, check=True)
    found: list[bytes] = []
    # A frame may hold several messages: their keys are equal, which only pairs show.
    for packet in json.loads(done.stdout, object_pairs_hook=list):
        found += _raw(packet)
    return found


def _raw(pairs: object) -> list[bytes]:
    found = []
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, tuple):
            key, value = pair
            found += [bytes.fromhex(value[0])] if key == "isup_raw" else _raw(value)
    return found


@pytest.mark.skipif(shutil.which("tshark") is None, reason="not run: tshark missing")
@pytest.mark.parametrize("name", CAPTURES, ids=lambda name: Path(name).name)
def test_messages_of_capture_survive(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is absent")
    options, count = CAPTURES[name]
    found = messages(path, options)
    assert len(found) == count
    decoded = [decode(octets) for octets in found]
    assert [message.encode() for message in decoded] == found
    assert {message.kind for message in decoded} - set(FORMATS) == UNKNOWN.get(path.name, set())

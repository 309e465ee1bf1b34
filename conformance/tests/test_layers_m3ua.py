"""The judge's M3UA messages before Wireshark's dissector: names, classes, types and parameters."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from testline.decode.encapsulation import EXPORTED, export
from testline.layers.m3ua import CODES, Label, decode_m3ua, message, split

PARAMETERS: dict[str, dict[str, Any]] = {
    "DATA": {"network_appearance": 7, "routing_context": 5, "protocol_data": Label(opc=1, dpc=2, si=11)},
    "DUNA": {"affected_point_code": 3},
    "DAVA": {"affected_point_code": 3},
    "DAUD": {"affected_point_code": 3},
    "SCON": {"affected_point_code": 3, "congestion": 1},
    "DUPU": {"affected_point_code": 3, "user_cause": 5},
    "DRST": {"affected_point_code": 3},
    "ERR": {"error_code": 0x19, "routing_context": 5, "diagnostic": b"abc"},
    "NTFY": {"status": 0x10003, "routing_context": 5},
    "ASPUP": {"asp_identifier": 9, "info": b"five5"},
    "BEAT": {"heartbeat": b"xyz"},
    "ASPAC": {"traffic_mode": 2, "routing_context": (5, 6)},
    "DEREG_REQ": {"routing_context": 5},
}


def every_message() -> list[bytes]:
    return [message(name, **PARAMETERS.get(name, {})) for name in CODES]


def test_every_message_survives_a_round_trip() -> None:
    for name, octets in zip(CODES, every_message(), strict=True):
        found = decode_m3ua(octets)
        assert found.title == name
        assert len(split(found.body)) == len(PARAMETERS.get(name, {}))


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_dissector_reads_every_message(tmp_path: Path) -> None:
    capture = tmp_path / "m3ua.pcap"
    with capture.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, EXPORTED))
        for octets in every_message():
            frame = export("m3ua", octets)
            file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
    fields = ("m3ua.message_class", "m3ua.message_type", "_ws.malformed", "m3ua.parameter_tag")
    words = ["tshark", "-r", str(capture), "-T", "fields"]
    for field in fields:
        words += ["-e", field]
    told = subprocess.run(words, capture_output=True, check=True, text=True, timeout=60).stdout.splitlines()
    assert len(told) == len(CODES)
    for row, octets in zip(told, every_message(), strict=True):
        klass, kind, malformed, tags = row.split("\t")
        found = decode_m3ua(octets)
        assert (int(klass), int(kind), malformed) == (found.klass, found.type, "")
        assert [int(tag, 0) for tag in tags.split(",") if tag] == [tag for tag, _ in split(found.body)]

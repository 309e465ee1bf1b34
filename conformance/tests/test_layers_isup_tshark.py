"""Every ISUP message type and every parameter of the judge before Wireshark's dissector.

Where the two differ, Q.763 and the abbreviations of Q.762 decide; differences are listed with their reason.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from testline.layers import message
from testline.layers.isup import BY_NAME
from testline.layers.isup_parameters import (
    CONTENTS,
    PARAMETERS,
    CircuitStateIndicator,
    Octets,
    Parameter,
    UserToUserInformation,
)

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="not run: tshark missing")

LABEL = bytes.fromhex("8502400000")
MTP3 = 141
"""Link layer of a capture that begins with the service information octet."""

EXAMPLES: dict[str, dict[str, Any]] = {
    "IAM": {"called": "8008200001", "calling": "13912345678"},
    "SAM": {"called": "123"},
    "REL": {"cause": 16},
    "CFN": {"cause": 97},
    "FRJ": {"cause": 29},
    "CGB": {"range": 4, "status": b"\x1f"},
    "CGU": {"range": 4, "status": b"\x1f"},
    "CGBA": {"range": 4, "status": b"\x1f"},
    "CGUA": {"range": 4, "status": b"\x1f"},
    "GRS": {"range": 30},
    "GRA": {"range": 7, "status": b"\x00"},
    "CQM": {"range": 1},
    "CQR": {"range": 1, "circuit_state_indicator": CircuitStateIndicator(states=b"\x0c\x0c")},
    "USR": {"user_to_user_information": UserToUserInformation(information=b"hello")},
    "PAM": {"message": b"\x10\x00"},
}
"""Messages that are nothing without contents; all others are shown as they are built by default."""

OTHERWISE = {
    "UBA": "UBLA",
    "USR": "UUI",
    "IRS": "IDS",
}
"""Abbreviations of Q.762 for which the dissector has its own."""

NAMES = {
    16: "continuity request",
    41: "backward call indicators",
}
"""Names of the dissector that are not those of Q.763 3.18 and 3.37."""
UNKNOWN = frozenset({"notused", "unknown"})
"""What the dissector says of codes that came with Q.763 (12/1999)."""


def shown(place: Path, messages: list[bytes], *options: str) -> str:
    """What the dissector says of these messages, the CIC first."""
    capture = place / "isup.pcap"
    with capture.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, MTP3))
        for number, octets in enumerate(messages):
            frame = LABEL + octets
            file.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
    told = subprocess.run(
        ["tshark", "-n", "-r", str(capture), *options], capture_output=True, text=True, check=True
    )
    return told.stdout


def fields(place: Path, messages: list[bytes], *names: str) -> list[list[str]]:
    """These fields of each message."""
    options = [word for name in names for word in ("-e", name)]
    return [line.split("\t") for line in shown(place, messages, "-T", "fields", *options).splitlines()]


def test_every_message_type_is_what_the_dissector_takes_it_for(tmp_path: Path) -> None:
    built = [bytes(message(name, 0x123, **EXAMPLES.get(name, {}))) for name in BY_NAME]
    found = fields(tmp_path, built, "isup.cic", "isup.message_type", "_ws.malformed", "_ws.col.Info")
    assert len(found) == len(BY_NAME)
    wrong = {}
    for name, octets, (cic, kind, malformed, info) in zip(BY_NAME, built, found, strict=True):
        wanted = OTHERWISE.get(name, name)
        first = (cic.split(",")[0], kind.split(",")[0], malformed, info.split(" ")[0])
        if first != ("291", str(octets[2]), "", wanted):
            wrong[name] = first
    assert not wrong


def test_messages_without_their_last_octet_are_malformed_to_the_dissector(tmp_path: Path) -> None:
    """The dissector looks: what is cut in the mandatory variable part is no message to it."""
    names = [name for name in EXAMPLES if name not in {"PAM", "GRS", "CQM"}]
    cut = [bytes(message(name, 1, **EXAMPLES[name])) for name in names]
    cut = [octets[: -2 if name in {"IAM"} else -1] for name, octets in zip(names, cut, strict=True)]
    found = fields(tmp_path, cut, "_ws.malformed")
    sound = {name for name, said in zip(names, found, strict=True) if not said or not said[0]}
    assert not sound


CODES = [code for code in PARAMETERS if code]


def test_every_parameter_code_has_the_name_the_dissector_knows(tmp_path: Path) -> None:
    zeros = Octets(bytes(8))
    built = [bytes(message("ACM", 1, optional=[Parameter(code=code, contents=zeros)])) for code in CODES]
    text = shown(tmp_path, built, "-V")
    told = re.findall(r"Optional Parameter: (.+?)(?: \([a-z ]*national use\))? \((\d+)\)\n", text)
    names = {int(code): plain(name) for name, code in told}
    differing = {
        code: (PARAMETERS[code], names.get(code))
        for code in CODES
        if names.get(code) not in UNKNOWN and names.get(code) != plain(NAMES.get(code, PARAMETERS[code]))
    }
    assert not differing


def plain(name: str) -> str:
    """A name without what is a matter of taste."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


NUMBER = {"digits": "13912345678"}


def contents(code: int) -> Any:
    """An example of the parameter: with digits where it has some."""
    cls = CONTENTS[code]
    return cls(**NUMBER) if any(field.name == "digits" for field in cls.fields_desc) else cls()


def test_contents_of_every_parameter_are_sound_to_the_dissector(tmp_path: Path) -> None:
    built = [bytes(message("ACM", 1, optional=[contents(code)])) for code in CONTENTS]
    found = fields(tmp_path, built, "isup.parameter_type", "_ws.malformed", "_ws.expert.message")
    wrong = {
        code: (kinds, malformed, said)
        for code, (kinds, malformed, said) in zip(CONTENTS, found, strict=True)
        if kinds != f"17,{code},0" or malformed or said not in ("", EXPECTED.get(code, ""))
    }
    assert not wrong


EXPECTED = {22: "Status subfield is not present with this message type"}
"""What the dissector says of range and status in an ACM."""


@pytest.mark.parametrize("code", [4, 5, 10, 11, 12, 33, 40, 63, 192])
def test_digits_of_numbers_are_read_alike(tmp_path: Path, code: int) -> None:
    digits = ("139", "8620", "13912345678")
    built = [bytes(message("ACM", 1, optional=[CONTENTS[code](digits=each)])) for each in digits]
    text = shown(tmp_path, built, "-V")
    assert re.findall(rf"Parameter: \(t={code}, l=\d+\): [^:]+: (\d+)", text) == list(digits)

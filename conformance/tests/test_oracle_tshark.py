"""The third opinion itself: known frames, known faults, and what happens when it is not there."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from testline.layers import message as isup
from testline.layers.isup_parameters import CONTENTS
from testline.layers.m3ua import Label, message
from testline.oracle import Oracle
from testrig.system import Variant

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="not run: tshark missing")

FISU = bytes.fromhex("808000")
SIO = bytes.fromhex("80800100")
RSC = bytes.fromhex("ffff08 85 02400000 0100 12")
CUT_IAM = bytes.fromhex("ffff08 85 02400000 0100 01")
RSC_CHINA = bytes.fromhex("ffff0b 85 020000 010000 00 0100 12")


@needs_tshark
def test_good_and_malformed_frames_are_told_apart_in_order() -> None:
    with Oracle("itu14") as oracle:
        assert oracle.status == "ready"
        found = oracle.judge([FISU, SIO, RSC, CUT_IAM, FISU])
    assert found is not None
    assert [bool(each.malformed) for each in found] == [False, False, False, True, False]
    assert [each.info.split(" ")[0] for each in found] == ["FISU", "SIO", "RSC", "IAM", "FISU"]
    assert (found[2].opc, found[2].dpc) == ("1", "2")


@needs_tshark
def test_many_frames_and_many_cases_keep_their_answers() -> None:
    with Oracle("itu14") as oracle:
        for count in (0, 1, 700, 3):
            frames = [CUT_IAM if index % 7 == 3 else RSC for index in range(count)]
            found = oracle.judge(frames)
            assert found is not None
            assert [bool(each.malformed) for each in found] == [index % 7 == 3 for index in range(count)]


@needs_tshark
def test_24_bit_labels_are_read_as_such() -> None:
    with Oracle("china24") as oracle:
        assert oracle.status == "ready"
        found = oracle.judge([RSC_CHINA])
    assert found is not None
    assert "RSC" in found[0].info
    assert not found[0].malformed


@needs_tshark
def test_wrong_label_setting_is_noticed_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("testline.oracle").oracle._STANDARD, "china24", "Chinese")
    with Oracle("china24") as oracle:
        assert oracle.status.startswith("not run: tshark")
        assert oracle.judge([FISU]) is None


@needs_tshark
@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_messages_of_an_association_are_read_with_what_they_carry(variant: Variant) -> None:
    data = message("DATA", routing_context=5, protocol_data=Label(opc=1, dpc=2, data=RSC[8:]))
    cut = message("DATA", routing_context=5, protocol_data=Label(opc=1, dpc=2, data=CUT_IAM[8:]))
    with Oracle(variant, "M3UA") as oracle:
        assert oracle.status == "ready"
        found = oracle.judge([message("ASPUP"), data, cut, message("BEAT", extra=b"\0\x09\0\x20")])
    assert found is not None
    assert [bool(each.malformed) for each in found] == [False, False, True, True]
    assert [each.info.split(" ")[0] for each in found] == ["ASPUP", "RSC", "IAM", "BEAT"]
    assert (found[1].opc, found[1].dpc) == ("1", "2")


def test_missing_tool_is_the_status() -> None:
    oracle = Oracle("itu14", tool="no-such-tshark")
    assert oracle.status == "not run: no-such-tshark missing"
    assert oracle.judge([FISU]) is None


def test_tool_that_stops_is_the_status_with_its_last_words(tmp_path: Path) -> None:
    tool = tmp_path / "tshark"
    tool.write_text("#!/bin/sh\necho out of ink >&2\nexit 3\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    oracle = Oracle("itu14", tool=str(tool))
    assert oracle.status.startswith("not run: ")
    assert oracle.judge([FISU]) is None


NEW_PARAMETERS = (26, 42, 44, 45, 53, 55, 62, 64)


@needs_tshark
def test_parameters_of_supplementary_services_are_sound_to_wireshark() -> None:
    built = [bytes(isup("ACM", 1, optional=[CONTENTS[code]()])) for code in NEW_PARAMETERS]
    frames = [bytes((0xFF, 0xFF, 5 + len(octets))) + bytes.fromhex("8502400000") + octets for octets in built]
    cut = [frame[:-2] for frame in frames]
    with Oracle("itu14") as oracle:
        sound, broken = oracle.judge(frames), oracle.judge(cut)
    assert sound is not None
    assert broken is not None
    assert not any(each.malformed for each in sound)
    assert all(each.malformed for each in broken)

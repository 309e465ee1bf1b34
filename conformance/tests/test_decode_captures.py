"""Captures as text: file formats, encapsulations, ladders, and files that are no captures."""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testline.decode import NotReadable, decode_file, ladders, read_capture, render
from testline.decode.encapsulation import without_fcs
from testline.layers import MSU, message
from testline.layers.mtp3 import LinkTest, MsuItu14, NetworkManagement
from testrig.clock import SECOND
from testrig.crc import MIRRORED, fcs
from testrig.pcapng import PcapngWriter

CALL = (
    (1, 2, message("IAM", 7, called="10086", calling="138")),
    (2, 1, message("ACM", 7)),
    (2, 1, message("ANM", 7)),
    (1, 2, message("REL", 7, cause=16)),
    (2, 1, message("RLC", 7)),
)


def msu(opc: int, dpc: int, data: bytes, si: int = 5) -> bytes:
    return bytes(MsuItu14(opc=opc, dpc=dpc, si=si, sls=3, data=data))


def classic(frames: list[bytes], link_type: int, *, order: str = "<", magic: int = 0xA1B2C3D4) -> bytes:
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    body = b""
    for number, frame in enumerate(frames):
        body += struct.pack(order + "4I", 1000 + number, 500_000, len(frame), len(frame)) + frame
    return head + body


def saved(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file.pcap"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_classic_capture_is_read_in_both_byte_orders(tmp_path: Path, order: str) -> None:
    path = saved(tmp_path, classic([b"one", b"two"], 141, order=order))
    frames = list(read_capture(path))
    assert [(frame.number, frame.link_type, frame.octets) for frame in frames] == [
        (1, 141, b"one"),
        (2, 141, b"two"),
    ]
    assert frames[1].at == pytest.approx(1001.5)


def test_call_over_mtp3_is_one_ladder(tmp_path: Path) -> None:
    frames = [msu(opc, dpc, bytes(one)) for opc, dpc, one in CALL]
    path = saved(tmp_path, classic(frames, 141))
    lines = list(render(path))
    assert "IAM CIC 7 called 10086 calling 138" in lines[0]
    assert "1 -> 2" in lines[0]
    assert lines[-1] == "5 messages, 1 calls, 0 not decodable"
    arrows = [line for line in lines if "|" in line]
    assert [line.split("|")[1].strip("-<> ") for line in arrows] == [
        "IAM",
        "ACM",
        "ANM",
        "REL cause 16",
        "RLC",
    ]
    assert arrows[0].rstrip().endswith(">|")
    assert "|<" in arrows[1]


def test_new_iam_and_release_complete_begin_new_ladders(tmp_path: Path) -> None:
    twice = [msu(opc, dpc, bytes(one)) for opc, dpc, one in CALL] * 2
    repeated = [*twice, msu(1, 2, bytes(CALL[0][2])), msu(1, 2, bytes(CALL[0][2]))]
    path = saved(tmp_path, classic(repeated, 141))
    assert [len(ladder.records) for ladder in ladders(decode_file(path))] == [5, 5, 1, 1]


@pytest.mark.parametrize("length", [10, 62, 63, 200])
def test_check_bits_at_the_end_of_a_signal_unit_are_left_out(length: int) -> None:
    unit = bytes(MSU(sif=bytes(range(length))))
    check = fcs(unit.translate(MIRRORED)).translate(MIRRORED)
    assert without_fcs(unit + check) == unit
    assert without_fcs(unit) == unit


@pytest.mark.parametrize(("link_type", "before"), [(140, b""), (139, bytes(4))])
def test_signal_units_are_read(tmp_path: Path, link_type: int, before: bytes) -> None:
    units = [
        before + b"\x81\x81\x00",
        before + b"\x81\x81\x01\x01",
        before + bytes(MSU(sif=msu(1, 2, bytes(LinkTest(pattern=b"ab")), si=1))),
        before + bytes(MSU(sif=msu(1, 2, bytes(NetworkManagement()), si=0))),
        before + bytes(MSU(sif=msu(1, 2, b"abc", si=3))),
        before + b"\x81\x81\x3f\x01",
    ]
    records = list(decode_file(saved(tmp_path, classic(units, link_type))))
    assert [record.title for record in records] == ["SIN", "SLTM", "TRA", "SCCP", "not decodable"]
    assert "length indicator 63" in records[-1].error


def test_capture_written_by_the_bench_is_read_with_its_instants(tmp_path: Path) -> None:
    path = tmp_path / "bench.pcapng"
    with path.open("wb") as file:
        writer = PcapngWriter(file)
        interface = writer.interface("line0/16", 140)
        writer.packet(interface, 3 * SECOND, bytes(MSU(sif=msu(1, 2, bytes(CALL[0][2])))), outbound=True)
        writer.packet(interface, 4 * SECOND, bytes(MSU(sif=msu(2, 1, bytes(CALL[1][2])))), outbound=False)
    records = list(decode_file(path))
    assert [(record.title, record.at) for record in records] == [("IAM", 0.0), ("ACM", 1.0)]
    assert next(iter(read_capture(path))).interface == "line0/16"


WRONG = {
    b"": "an empty file",
    b"hello world": "it begins with 68 65 6c 6c",
    b"\xd4\xc3\xb2\xa1\x02": "file header breaks off after 5 of 24 octets",
    classic([b"abc"], 141)[:-1]: "frame 1: 3 octets announced, 2 left",
    classic([b"abc"], 141)[:30]: "frame 1: header breaks off",
    b"\x0a\x0d\x0d\x0a\x1c": "block at octet 0 breaks off",
    b"\x0a\x0d\x0d\x0a" + struct.pack("<II", 999, 0x1A2B3C4D): "block at octet 0 announces 999 octets",
}


@pytest.mark.parametrize("data", WRONG)
def test_file_that_is_no_capture_is_refused_with_what_was_found(tmp_path: Path, data: bytes) -> None:
    path = saved(tmp_path, data)
    with pytest.raises(NotReadable, match=WRONG[data]) as error:
        list(render(path))
    assert str(path) in str(error.value)


def test_file_that_is_not_there_and_unknown_label_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match="No such file"):
        list(render(tmp_path / "nothing.pcap"))
    with pytest.raises(NotReadable, match="there are itu14, china24"):
        list(render(tmp_path / "nothing.pcap", variant="ansi"))  # type: ignore[arg-type]


def test_capture_without_ss7_says_so(tmp_path: Path) -> None:
    assert next(render(saved(tmp_path, classic([b"x" * 60], 1)))).endswith("no SS7 message found")


@given(
    frames=st.lists(st.binary(max_size=80), max_size=5),
    kind=st.sampled_from([1, 101, 113, 139, 140, 141, 252]),
)
def test_random_frames_never_raise_past_the_decoder(
    tmp_path_factory: pytest.TempPathFactory, frames: list[bytes], kind: int
) -> None:
    path = tmp_path_factory.mktemp("random") / "file.pcap"
    path.write_bytes(classic(frames, kind))
    assert list(render(path))


DATA = Path(__file__).parents[2].parent / "shared" / "data"
SPARE = "message of unknown heading"
"""What the TUP messages of these captures are: their makers put any octets behind the label."""
WIRESHARK = DATA / "realjimmy+sample-captures" / "wireshark-samples" / "files" / "sigtran-protocol-family"


@pytest.mark.skipif(not DATA.is_dir(), reason="shared/data is not beside the repository")
@pytest.mark.parametrize(
    ("path", "variant", "titles"),
    [
        (WIRESHARK / "isup.cap", "itu14", {"IAM": 1, "CFN": 1, "ACM": 1, "ANM": 1, "REL": 1, "RLC": 1}),
        (
            WIRESHARK / "isup_load_generator.pcap",
            "itu14",
            {"IAM": 809, "ACM": 807, "REL": 774, "RLC": 774, "ANM": 521},
        ),
        (DATA / "derived" / "mtp2_cn24.pcap", "china24", {"IAM": 1, SPARE: 1, "SIN": 1}),
        (DATA / "derived" / "mtp2_phdr_cn24.pcap", "china24", {"IAM": 1, SPARE: 1}),
        (DATA / "derived" / "mtp3_cn24.pcap", "china24", {"IAM": 1, SPARE: 1, "SLTM": 1}),
        (DATA / "derived" / "mtp3_itu14.pcap", "itu14", {"IAM": 1}),
        (
            DATA / "arkime+arkime" / "tests" / "pcap" / "m3ua_synthetic.pcap",
            "itu14",
            {"ACM": 3, "message of unknown type": 1, "SCCP": 15, SPARE: 3},
        ),
    ],
)
def test_shared_captures_are_read(path: Path, variant: str, titles: dict[str, int]) -> None:
    records = list(decode_file(path, variant=variant))  # type: ignore[arg-type]
    assert Counter(record.title for record in records) == titles
    assert not [record.error for record in records if record.error]

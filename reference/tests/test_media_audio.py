"""A-law, call progress tones, the player and the prompts of the reference."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.errors import ConfigurationError, StateError
from callcenter.media import announcements, g711, tones
from callcenter.media.player import Player
from testrig.instruments import alaw
from testrig.instruments.analyser import ToneWatch, level, strongest, tone_level
from testrig.line import Octets

# A-law: the bench's table, built another way, must agree


def test_g711_decode_agrees_with_the_instruments() -> None:
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(g711.decode(every) / 32768, alaw.decode(every))
    assert np.array_equal(g711.DECODE_FLOAT, alaw.decode(every).astype(np.float32))


def test_g711_encode_agrees_with_the_instruments_on_every_sample() -> None:
    samples = np.arange(-32768, 32768).astype(np.int16)
    # half a step off zero keeps away from decision values, where G.711 leaves the choice open
    assert np.array_equal(g711.encode(samples), alaw.encode((samples + 0.5) / 32768))


def test_g711_float_beyond_full_scale_is_limited() -> None:
    assert g711.encode_float(np.array([2.0, -2.0, 0.0])).tolist() == [0xAA, 0x2A, 0xD5]


def test_g711_amplitude_is_what_the_level_meter_reads() -> None:
    sine = g711.amplitude(-10) * np.sin(2 * np.pi * 1_020 * np.arange(8_000) / 8_000)
    assert level(g711.encode_float(sine)) == pytest.approx(-10, abs=0.05)


# tones


@pytest.mark.parametrize(
    ("name", "on_ms", "off_ms"),
    [("ringback", 1_000, 4_000), ("busy", 350, 350), ("congestion", 700, 700)],
)
def test_tone_loops_have_the_cadence_of_the_china_plan(name: str, on_ms: int, off_ms: int) -> None:
    watch = ToneWatch([tones.TONE_HZ])
    watch.put(np.tile(tones.LOOPS[name], 3), 0)
    bursts = watch.bursts
    assert [burst.start for burst in bursts] == pytest.approx(
        [8 * (on_ms + off_ms) * index for index in range(len(bursts))], abs=80
    )
    for burst in bursts:
        assert burst.end - burst.start == pytest.approx(8 * on_ms, abs=80)
        assert burst.level_dbm0 == pytest.approx(-10, abs=0.3)
    assert len(bursts) == 3


def test_dial_tone_goes_on_without_a_click() -> None:
    audio = np.tile(tones.LOOPS["dial"], 3)
    reading = strongest(audio)
    assert reading.hz == pytest.approx(450, abs=0.1)
    assert reading.level_dbm0 == pytest.approx(-10, abs=0.05)
    assert level(audio) == pytest.approx(tone_level(audio, 450), abs=0.01)


# player


def _ramp(length: int) -> Octets:
    return (np.arange(length) % 251).astype(np.uint8)


@given(length=st.integers(1, 900), cuts=st.lists(st.integers(1, 400), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_player_loop_repeats_for_ever_however_it_is_cut(length: int, cuts: list[int]) -> None:
    player = Player(1)
    player.play(0, _ramp(length), loop=True)
    heard = []
    for cut in cuts:
        audio, ended = player.take(cut)
        assert ended == []
        assert [port for port, _ in audio] == [0]
        heard.append(audio[0][1])
    expected = np.tile(_ramp(length), sum(cuts) // length + 1)[: sum(cuts)]
    assert np.array_equal(np.concatenate(heard), expected)
    assert player.remaining(0) is None


@given(length=st.integers(1, 900), cuts=st.lists(st.integers(1, 400), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_player_ends_once_at_the_exact_frame_however_it_is_cut(length: int, cuts: list[int]) -> None:
    player, heard, ends, at = Player(2), [np.empty(0, np.uint8)], [], 0
    player.play(1, _ramp(length))
    for cut in [*cuts, 900]:
        assert player.remaining(1) == (length - at if at < length else None)
        assert player.next_end == player.remaining(1)
        audio, ended = player.take(cut)
        heard += [octets for _, octets in audio]
        assert all(len(octets) == cut for _, octets in audio)
        ends += [(port, at + offset) for port, offset in ended]
        at += cut
    assert ends == [(1, length)]
    joined = np.concatenate(heard)
    assert np.array_equal(joined[:length], _ramp(length))
    assert (joined[length:] == g711.SILENCE).all()
    assert not player.playing


def test_player_stop_and_replacement_make_no_end() -> None:
    player = Player(3)
    player.play(0, _ramp(10))
    player.play(0, _ramp(1_000))
    player.play(2, _ramp(5))
    player.stop(2)
    player.stop(1)
    audio, ended = player.take(40)
    assert [port for port, _ in audio] == [0]
    assert ended == []
    assert set(player.playing) == {0}


def test_player_end_beyond_the_pad_is_silence() -> None:
    player = Player(1)
    player.play(0, _ramp(1))
    ((_, octets),), ended = player.take(20_000)
    assert (octets[1:] == g711.SILENCE).all()
    assert len(octets) == 20_000
    assert ended == [(0, 1)]


@pytest.mark.parametrize("port", [-1, 2])
def test_player_port_that_is_not_there_is_refused(port: int) -> None:
    with pytest.raises(StateError, match="expected 0 to 1"):
        Player(2).play(port, _ramp(1))


@pytest.mark.parametrize("audio", [np.empty(0, np.uint8), np.zeros(4), np.zeros((2, 2), np.uint8)])
def test_player_audio_that_is_none_is_refused(audio: Octets) -> None:
    with pytest.raises(StateError, match=r"expected uint8\[n\]"):
        Player(1).play(0, audio)


# prompts


@pytest.mark.parametrize("name", announcements.MARKER_HZ)
def test_prompt_is_told_by_its_marker(name: str) -> None:
    audio = announcements.synthesise(name)
    marker = announcements.MARKER_HZ[name]
    assert strongest(audio).hz == pytest.approx(marker, abs=2)
    watch = ToneWatch([450, *announcements.MARKER_HZ.values()])
    watch.put(audio, 0)
    assert {burst.hz for burst in watch.bursts} == {marker}
    assert all(burst.level_dbm0 == pytest.approx(-10, abs=0.6) for burst in watch.bursts)
    assert 4_000 < len(audio) < 32_000


def test_prompt_markers_keep_clear_of_each_other_and_of_signals() -> None:
    markers = sorted(announcements.MARKER_HZ.values())
    assert np.diff(markers).min() >= 100
    for marker in markers:
        assert 600 <= marker <= 3_000
        for low, high in ((697, 941), (1_209, 1_633)):
            assert not low * 0.95 <= marker <= high * 1.05
        assert all(abs(marker - signal) >= 50 for signal in (900, 1_100, 1_350, 2_100, 2_280, 2_400, 2_600))


def test_prompt_nobody_knows_says_the_near_one() -> None:
    with pytest.raises(ConfigurationError, match=r"'greting'.*did you mean greeting"):
        announcements.synthesise("greting")


def _wav(tag: int, data: bytes, *, rate: int = 8_000, channels: int = 1, width: int | None = None) -> bytes:
    bits = width or (8 if tag == 6 else 16)
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body = (
        b"WAVEfmt "
        + struct.pack("<I", len(fmt))
        + fmt
        + extra
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_recordings_take_the_place_of_prompts(tmp_path: Path) -> None:
    octets = _ramp(4_000)
    (tmp_path / "menu.wav").write_bytes(_wav(6, octets.tobytes()))
    (tmp_path / "goodbye.wav").write_bytes(_wav(1, g711.decode(octets).astype("<i2").tobytes()))
    prompts = announcements.load_prompts(tmp_path)
    assert np.array_equal(prompts["menu"], octets)
    assert np.array_equal(prompts["goodbye"], octets)
    assert np.array_equal(prompts["greeting"], announcements.synthesise("greeting"))
    assert set(prompts) == set(announcements.load_prompts()) == set(announcements.MARKER_HZ)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ID3 not audio at all", "expected a RIFF WAVE header"),
        (b"RIFF\0\0\0\0WAVE", "expected a `fmt ` chunk"),
        (_wav(1, b"\0\0", rate=44_100), "44100 Hz, 16 bits, expected 8000 Hz mono"),
        (_wav(1, b"\0\0\0\0", channels=2), "2 channels"),
        (_wav(1, b"\0", width=8), "8 bits, expected"),
        (_wav(7, b"\0", width=8), "format 7"),
        (_wav(1, b""), "found no audio"),
        (_wav(1, b"\0\0")[:30], "expected a `fmt ` chunk"),
    ],
)
def test_recording_that_cannot_be_played_says_file_found_and_expected(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "menu.wav").write_bytes(content)
    with pytest.raises(ConfigurationError, match=rf"menu\.wav: .*{message}"):
        announcements.load_prompts(tmp_path)


def test_recording_of_no_known_prompt_and_missing_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected a directory"):
        announcements.load_prompts(tmp_path / "nowhere")
    (tmp_path / "menue.wav").write_bytes(_wav(6, b"\xd5"))
    with pytest.raises(ConfigurationError, match=r"menue\.wav: found prompt 'menue'.*did you mean menu"):
        announcements.load_prompts(tmp_path)

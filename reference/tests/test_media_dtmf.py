"""The DTMF receivers against Q.24's limits, speech, recordings and another implementation's generator."""

from __future__ import annotations

import ctypes
import ctypes.util
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from callcenter.errors import StateError
from callcenter.media.dtmf import DIGITS, HIGH_HZ, LOW_HZ, DtmfBank, DtmfDigit
from callcenter.media.g711 import SILENCE, amplitude, encode, encode_float
from testrig.line import Octets

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
ONE = np.array([0])


def _keyed(
    digits: str = DIGITS,
    *,
    on: int = 400,
    off: int = 400,
    lead: int = 0,
    level: float = -10.0,
    twist: float = 0.0,
    low: float = 0.0,
    high: float = 0.0,
    noise: float | None = None,
) -> Octets:
    """`digits` with `lead` frames of silence ahead; `low` and `high` are relative deviations, `level` that
    of the low tone and `level + twist` that of the high one, `noise` in dBm0."""
    parts = [np.zeros(lead)]
    at = np.arange(on) / 8_000
    for digit in digits:
        row, column = divmod(DIGITS.index(digit), 4)
        one = amplitude(level) * np.sin(2 * np.pi * LOW_HZ[row] * (1 + low) * at)
        other = amplitude(level + twist) * np.sin(2 * np.pi * HIGH_HZ[column] * (1 + high) * at + 1)
        parts += [one + other, np.zeros(off)]
    samples = np.concatenate([*parts, np.zeros(400)])
    if noise is not None:
        samples += amplitude(noise) / np.sqrt(2) * np.random.default_rng(5).standard_normal(len(samples))
    return encode_float(samples)


def _heard(audio: Octets, start: int = 0) -> str:
    return "".join(digit.digit for digit in DtmfBank(1).process(audio[None], ONE, start))


LEADS = (0, 7, 13, 20, 33, 39)


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize(
    "keying",
    [
        {},
        {"on": 320, "off": 320},
        {"on": 320, "off": 240},
        {"level": 0.0},
        {"level": -25.0},
        {"level": -25.0, "low": 0.015, "high": 0.015},
        {"level": -25.0, "low": -0.015, "high": -0.015},
        {"low": 0.015, "high": -0.015, "on": 320},
        {"low": -0.015, "high": 0.015, "on": 320},
        {"level": -12.0, "twist": 4.0},
        {"level": -12.0, "twist": 4.0, "low": 0.015},
        {"level": -12.0, "twist": -8.0},
        {"level": -17.0, "twist": -8.0, "high": -0.015},
        {"level": -17.0, "twist": -8.0, "low": 0.015, "high": 0.015},
        {"level": -29.0 + 4.0, "twist": 4.0, "on": 320},
        {"level": -10.0, "noise": -25.0},
    ],
    ids=str,
)
def test_dtmf_inside_q24_limits_every_digit_is_received(keying: dict[str, float], lead: int) -> None:
    assert _heard(_keyed(lead=lead, **keying)) == DIGITS  # type: ignore[arg-type]


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize(
    "keying",
    [
        {"on": 160},
        {"on": 184},
        {"level": -29.0},
        {"level": -21.0, "twist": -8.0 - 0.5},
        {"low": 0.035, "high": 0.035},
        {"low": -0.035, "high": -0.035},
        {"low": 0.035},
        {"low": -0.035},
        {"high": 0.035},
        {"high": -0.035},
        {"twist": 9.0},
        {"twist": -15.0},
        {"level": -60.0, "twist": 50.0},
        {"level": -10.0, "twist": -50.0},
    ],
    ids=str,
)
def test_dtmf_outside_q24_limits_no_digit_is_received(keying: dict[str, float], lead: int) -> None:
    assert _heard(_keyed(lead=lead, **keying)) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("gap", [8, 40, 80])
def test_dtmf_interruption_of_10_ms_does_not_double_a_digit(gap: int, lead: int) -> None:
    audio = _keyed("7", on=800, lead=lead)
    audio[lead + 400 : lead + 400 + gap] = SILENCE
    assert _heard(audio) == "7"


@pytest.mark.parametrize("lead", LEADS)
def test_dtmf_same_digit_again_after_the_shortest_pause_counts_twice(lead: int) -> None:
    assert _heard(_keyed("5555", on=320, off=240, lead=lead)) == "5555"


def test_dtmf_digit_that_changes_without_a_pause_is_two() -> None:
    assert _heard(_keyed("19", off=0)) == "19"


@pytest.mark.parametrize("on", [320, 333, 400, 1_000, 8_000])
@pytest.mark.parametrize("lead", LEADS)
def test_dtmf_end_and_duration_are_told_within_30_and_40_frames(on: int, lead: int) -> None:
    (digit,) = DtmfBank(1).process(_keyed("4", on=on, lead=lead)[None], ONE, 80_000)
    assert digit.channel == 0
    assert digit.at == pytest.approx(80_000 + lead + on, abs=30)
    assert digit.duration == pytest.approx(on, abs=40)


@given(cuts=st.lists(st.integers(1, 700), min_size=1, max_size=30), start=st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_dtmf_however_the_audio_is_cut_finds_the_same(cuts: list[int], start: int) -> None:
    audio = np.stack([_keyed("147*", on=350, off=300), _keyed("2580", on=350, off=300, lead=0)])
    whole = DtmfBank(2).process(audio, np.arange(2), start)
    bank, at = DtmfBank(2), 0
    found: list[DtmfDigit] = []
    for cut in [*cuts, audio.shape[1]]:
        found += bank.process(audio[:, at : at + cut], np.arange(2), start + at)
        at = min(at + cut, audio.shape[1])
    assert sorted(found) == sorted(whole)
    assert len(whole) == 8


def test_dtmf_channels_are_told_apart_by_index_and_by_mask() -> None:
    bank = DtmfBank(64)
    strings = {3: "159D", 17: "2684", 60: "*0#A"}
    audio = np.full((64, len(_keyed("0000"))), SILENCE, np.uint8)
    for channel, digits in strings.items():
        audio[channel] = _keyed(digits)
    chosen = np.array([60, 3])
    by_index = bank.process(audio[chosen], chosen, 0)
    mask = np.zeros(64, np.bool_)
    mask[chosen] = True
    by_mask = bank.process(audio, mask, 1_000_000)
    for found in (by_index, by_mask):
        for channel in (3, 60):
            assert "".join(d.digit for d in found if d.channel == channel) == strings[channel]
        assert {digit.channel for digit in found} == {3, 60}
    assert [digit.at for digit in by_index] == sorted(digit.at for digit in by_index)


def test_dtmf_channel_that_was_left_out_begins_afresh() -> None:
    bank, audio = DtmfBank(1), _keyed("5", on=400)
    assert bank.process(audio[None, :240], ONE, 0) == []
    assert bank.receiving(0)
    assert not bank.settled(ONE)
    assert bank.process(audio[None, 240:], ONE, 20_000) == []  # 20 ms of the digit are left: none
    assert not bank.receiving(0)
    assert bank.settled(ONE)


def test_dtmf_reset_forgets_a_digit_under_way() -> None:
    bank, audio = DtmfBank(1), _keyed("5", on=800)
    bank.process(audio[None, :780], ONE, 0)
    assert bank.receiving(0)
    bank.reset(0)
    assert not bank.receiving(0)
    assert bank.process(audio[None, 780:], ONE, 780) == []


def test_dtmf_nobody_active_is_nothing() -> None:
    bank = DtmfBank(4)
    assert bank.process(np.empty((0, 40), np.uint8), np.empty(0, np.int64), 0) == []
    assert bank.process(np.full((4, 40), SILENCE, np.uint8), np.zeros(4, np.bool_), 0) == []


def test_dtmf_shapes_that_do_not_fit_are_refused() -> None:
    bank = DtmfBank(4)
    with pytest.raises(StateError, match="2 rows of audio for 1 channels"):
        bank.process(np.zeros((2, 40), np.uint8), ONE, 0)
    with pytest.raises(StateError, match="expected 4 channels"):
        bank.process(np.zeros((2, 40), np.uint8), np.ones(2, np.bool_), 0)


@pytest.mark.parametrize("hz", [450, 620, 697, 941, 1_209, 1_020, 2_100, 2_720])
def test_dtmf_single_tones_are_no_digits(hz: int) -> None:
    assert _heard(encode_float(0.5 * np.sin(2 * np.pi * hz * np.arange(8_000) / 8_000))) == ""


def test_dtmf_white_noise_is_no_digit() -> None:
    noise = np.random.default_rng(9).standard_normal((8, 80_000)) * 0.2
    assert DtmfBank(8).process(encode_float(noise), np.arange(8), 0) == []


# recordings of others


def _recording(name: str) -> Octets:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8_000, 1, 2)
        samples: NDArray[np.int16] = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    return np.concatenate((encode(samples), np.full(400, SILENCE, np.uint8)))


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("0-9-8Khz", "0123456789"),
        ("complete-sequence-8kHz-old1", "1234567890*#ABCD"),
        ("zero-8kHz", "0000"),
        ("four-8kHz", "4444"),
        ("eight-8kHz", "8888"),
        ("a-8kHz", "AAAA"),
        ("b-8kHz", "BBBB"),
        ("asterix-8kHz", "****"),
        ("one", "1"),
    ],
)
def test_dtmf_recording_is_read_as_its_name_says(name: str, digits: str) -> None:
    assert _heard(_recording(f"tino1b2be+DTMF-Decoder/samples/{name}.wav")) == digits


@pytest.mark.parametrize("name", ["dam9", "short_nb_voice"])
def test_dtmf_speech_is_no_digit(name: str) -> None:
    assert _heard(_recording(f"freeswitch+spandsp/test-data/local/{name}.wav")) == ""


@pytest.mark.parametrize("name", ["whiteNoise", "testNoise"])
def test_dtmf_recorded_noise_is_no_digit(name: str) -> None:
    assert _heard(_recording(f"tino1b2be+DTMF-Decoder/samples/{name}.wav")) == ""


def test_dtmf_of_spandsp_s_generator_is_received() -> None:
    found = ctypes.util.find_library("spandsp") or "libspandsp.so.2"
    try:
        spandsp = ctypes.CDLL(found)
    except OSError:
        pytest.skip("libspandsp is not there")
    spandsp.dtmf_tx_init.restype = ctypes.c_void_p
    spandsp.dtmf_tx_init.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    spandsp.dtmf_tx_put.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    spandsp.dtmf_tx.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    spandsp.dtmf_tx_free.argtypes = [ctypes.c_void_p]
    state = spandsp.dtmf_tx_init(None, None, None)
    assert spandsp.dtmf_tx_put(state, DIGITS.encode(), len(DIGITS)) == 0
    samples = np.zeros(24_000, np.int16)
    made = spandsp.dtmf_tx(state, samples.ctypes.data, len(samples))
    spandsp.dtmf_tx_free(state)
    assert made > 10_000
    assert _heard(encode(samples)) == DIGITS

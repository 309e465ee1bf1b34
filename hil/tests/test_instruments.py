"""Calibration of the instruments: what they read against what is known to be there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testrig.clock import MILLISECOND, SECOND
from testrig.errors import LimitError
from testrig.instruments import alaw
from testrig.instruments.analyser import ToneWatch, level, silent, strongest, tone_level, tones_share
from testrig.instruments.bert import PERIOD, BertChecker, BertGenerator
from testrig.instruments.tones import DtmfGenerator, DtmfKeying, Tone, ToneGenerator, dtmf
from testrig.line import Octets

# G.711 table 5: one period of 1 kHz at nominally 0 dBm0
DIGITAL_MILLIWATT = np.array([0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4], np.uint8)


def _tone(hz: float, level_dbm0: float = -10.0, frames: int = SECOND) -> Octets:
    return ToneGenerator([Tone(hz, level_dbm0)]).take(frames)


# A-law


@pytest.mark.parametrize(
    ("octet", "value"),
    [(0xD5, 1), (0x55, -1), (0xD4, 3), (0xF5, 66), (0xAA, 4032), (0x2A, -4032), (0x80, 688)],
)
def test_alaw_values_are_those_of_g711_table_1a(octet: int, value: int) -> None:
    assert alaw.decode(np.array([octet], np.uint8))[0] * 4096 == value


def test_alaw_every_octet_survives_a_round_trip() -> None:
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(alaw.encode(alaw.decode(every)), every)


def test_alaw_encoding_takes_the_nearest_value() -> None:
    values = np.sort(alaw.decode(np.arange(256, dtype=np.uint8)))
    samples = np.random.default_rng(3).uniform(-1, 1, 5_000)
    error = np.abs(alaw.decode(alaw.encode(samples)) - samples)
    nearest = np.abs(values[None, :] - samples[:, None]).min(axis=1)
    width = np.maximum(np.abs(samples) / 16, 2 / 4096)
    assert (error <= width / 2 + 1e-12).all()
    # only where two segments meet does the decision value of G.711 not lie half way
    assert np.mean(error > nearest + 1e-12) < 0.02


def test_alaw_beyond_full_scale_is_the_last_code() -> None:
    assert alaw.encode(np.array([1.5, -1.5])).tolist() == [0xAA, 0x2A]


def test_level_of_the_digital_milliwatt_is_0_dbm0() -> None:
    assert level(np.tile(DIGITAL_MILLIWATT, 100)) == pytest.approx(0.0, abs=0.02)
    reading = strongest(np.tile(DIGITAL_MILLIWATT, 100))
    assert reading.hz == pytest.approx(1_000, abs=0.1)
    assert reading.level_dbm0 == pytest.approx(0.0, abs=0.02)


# meters


@pytest.mark.parametrize("level_dbm0", [3.0, 0.0, -10.0, -25.0, -40.0])
@pytest.mark.parametrize("hz", [207.3, 450.0, 1_020.0, 2_720.0, 3_399.0])
def test_meters_read_a_tone_within_their_uncertainty(hz: float, level_dbm0: float) -> None:
    audio = _tone(hz, level_dbm0, 100 * MILLISECOND)
    reading = strongest(audio)
    assert reading.hz == pytest.approx(hz, abs=0.5)
    assert reading.level_dbm0 == pytest.approx(level_dbm0, abs=0.1)
    assert tone_level(audio, hz) == pytest.approx(level_dbm0, abs=0.1)
    assert level(audio) == pytest.approx(level_dbm0, abs=0.1)


def test_tone_level_picks_one_tone_out_of_two() -> None:
    audio = ToneGenerator([Tone(697, -12), Tone(1209, -8)]).take(400)
    assert tone_level(audio, 697) == pytest.approx(-12, abs=0.3)
    assert tone_level(audio, 1209) == pytest.approx(-8, abs=0.3)
    assert tone_level(audio, 450) < -35
    assert tones_share(audio, [697, 1209]) > 0.99
    assert tones_share(audio, [770, 1336]) < 0.1
    assert strongest(audio).hz == pytest.approx(1209, abs=2)


def test_silence_is_silent_and_a_faint_tone_is_not() -> None:
    assert silent(np.full(80, 0xD5, np.uint8))
    assert level(np.full(80, 0xD5, np.uint8)) == -120
    assert not silent(_tone(1_000, -45, 80))
    assert silent(_tone(1_000, -55, 80))


def test_tone_in_noise_is_read_through_it() -> None:
    audio = ToneGenerator([Tone(450, -15)], noise_dbm0=-25, seed=4).take(SECOND)
    assert strongest(audio).hz == pytest.approx(450, abs=0.5)
    assert tone_level(audio, 450) == pytest.approx(-15, abs=0.2)
    assert level(audio) == pytest.approx(10 * np.log10(10**-1.5 + 10**-2.5), abs=0.2)


def test_measurement_over_too_little_is_refused() -> None:
    with pytest.raises(LimitError, match="40 or more"):
        tone_level(np.full(39, 0xD5, np.uint8), 450)
    with pytest.raises(LimitError, match="1 or more"):
        level(np.empty(0, np.uint8))


# generators


@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=12), noise=st.booleans())
@settings(max_examples=30, deadline=None)
def test_tone_generator_however_it_is_cut_gives_the_same(cuts: list[int], noise: bool) -> None:
    def make() -> ToneGenerator:
        level_dbm0 = -30.0 if noise else None
        return ToneGenerator([Tone(450), Tone(1336, -20)], cadence=[350, 350], noise_dbm0=level_dbm0)

    whole = make().take(sum(cuts))
    generator = make()
    assert np.array_equal(np.concatenate([generator.take(cut) for cut in cuts]), whole)


def test_tone_generator_without_tones_is_silent() -> None:
    assert (ToneGenerator([]).take(100) == alaw.SILENCE).all()


@pytest.mark.parametrize("hz", [0, -5, 4_000])
def test_tone_that_cannot_be_is_refused(hz: float) -> None:
    with pytest.raises(LimitError, match="less than 4000 Hz"):
        Tone(hz)


@pytest.mark.parametrize("cadence", [[10], [10, 0], [10, 10, 10]])
def test_cadence_that_is_none_is_refused(cadence: list[int]) -> None:
    with pytest.raises(LimitError, match="pairs"):
        ToneGenerator([Tone(450)], cadence=cadence)


def test_dtmf_has_level_twist_deviation_and_timing_as_asked() -> None:
    keying = DtmfKeying(on=480, off=320, level_dbm0=-12, twist_db=3, low_deviation=0.01, high_deviation=-0.01)
    audio = dtmf("5#", keying)
    assert len(audio) == 2 * 800
    five, pause, hash_ = audio[:480], audio[480:800], audio[800:1280]
    assert tone_level(five, 770 * 1.01) == pytest.approx(-12, abs=0.2)
    assert tone_level(five, 1336 * 0.99) == pytest.approx(-9, abs=0.2)
    assert (pause == alaw.SILENCE).all()
    assert tones_share(hash_, [941 * 1.01, 1477 * 0.99]) > 0.99


@pytest.mark.parametrize("digit", ["x", "12 3", "E"])
def test_dtmf_of_no_key_is_refused(digit: str) -> None:
    with pytest.raises(LimitError, match="expected one of 123A456B789C"):
        dtmf(digit)


def test_dtmf_generator_keys_into_the_stream_and_is_silent_after() -> None:
    generator = DtmfGenerator(DtmfKeying(on=400, off=400))
    generator.key("1")
    first = generator.take(100)
    generator.key("2")
    rest = np.concatenate([generator.take(n) for n in (1, 699, 800, 50)])
    assert generator.remaining == 0
    whole = np.concatenate((dtmf("12", DtmfKeying(on=400, off=400)), np.full(50, alaw.SILENCE, np.uint8)))
    assert np.array_equal(np.concatenate((first, rest)), whole)


# tone watch


@given(cuts=st.lists(st.integers(1, 3_000), min_size=4, max_size=20))
@settings(max_examples=25, deadline=None)
def test_tone_watch_reads_a_cadence_however_it_is_cut(cuts: list[int]) -> None:
    generator = ToneGenerator([Tone(450, -10)], cadence=[2_800, 2_800])
    watch = ToneWatch([450, 620, 1_020])
    at = 0
    for cut in [*cuts, 20_000]:
        watch.put(generator.take(cut), at)
        at += cut
    bursts = watch.bursts
    assert len(bursts) >= 2
    for index, burst in enumerate(bursts):
        assert burst.hz == 450
        assert burst.start == pytest.approx(5_600 * index, abs=80)
        assert burst.end == pytest.approx(5_600 * index + 2_800, abs=80)
        assert burst.level_dbm0 == pytest.approx(-10, abs=0.3)


def test_tone_watch_tells_tones_apart_and_says_what_is_there_now() -> None:
    watch = ToneWatch([450, 620, 1_020])
    watch.put(_tone(620, frames=800), 100)
    assert (watch.present, watch.since) == (620, 100)
    watch.put(_tone(1_020, frames=800), 900)
    assert (watch.present, watch.since) == (1_020, 900)
    watch.put(np.full(800, alaw.SILENCE, np.uint8), 1_700)
    assert watch.present is None
    assert watch.since is None
    assert [(burst.hz, burst.start, burst.end) for burst in watch.bursts] == [
        (620, 100, 900),
        (1_020, 900, 1_700),
    ]


def test_tone_watch_does_not_take_dtmf_noise_or_faint_tones_for_a_tone() -> None:
    watch = ToneWatch([450, 620, 1_020])
    noise = ToneGenerator([], noise_dbm0=-10, seed=1).take(SECOND)
    for index, audio in enumerate([dtmf("1234567890"), noise, _tone(450, -40)]):
        watch.put(audio, index * 10 * SECOND)
    assert watch.bursts == []
    assert watch.present is None


def test_tone_watch_gap_in_the_stream_closes_what_was_open() -> None:
    watch = ToneWatch([450])
    watch.put(_tone(450, frames=800), 0)
    watch.put(_tone(450, frames=800), 5_000)
    assert [(burst.start, burst.end) for burst in watch.bursts] == [(0, 800)]
    assert watch.since == 5_000


# BERT


def _prbs_by_hand(count: int) -> list[int]:
    """O.150 5.3 bit by bit: stages 14 and 15 of a register added and fed back; the output inverted."""
    register = [1] * 15
    out = []
    for _ in range(count):
        out.append(1 - register[14])
        register = [register[13] ^ register[14], *register[:14]]
    return out


def test_bert_sequence_is_that_of_o150_at_some_phase() -> None:
    bits = np.unpackbits(BertGenerator().take(2 * PERIOD // 8 + 2))
    by_hand = np.array(_prbs_by_hand(2 * PERIOD))
    text = bytes(by_hand.astype(np.uint8))
    assert bytes(bits[:2_000]) in text
    assert np.array_equal(bits[:PERIOD], bits[PERIOD : 2 * PERIOD])
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate(([2], by_hand[:PERIOD], by_hand[:PERIOD], [2])))))
    assert runs.max() == 15
    assert "0" * 15 in "".join(map(str, by_hand))
    assert "1" * 15 not in "".join(map(str, by_hand))


def test_bert_repeats_after_32767_octets() -> None:
    octets = BertGenerator().take(2 * PERIOD)
    assert np.array_equal(octets[:PERIOD], octets[PERIOD:])
    assert not np.array_equal(octets[:100], octets[4_095:4_195])


@given(start=st.integers(0, PERIOD), shift=st.integers(0, 7), cuts=st.lists(st.integers(1, 300), min_size=3))
@settings(max_examples=40, deadline=None)
def test_bert_checker_synchronises_at_any_phase_and_bit_alignment(
    start: int, shift: int, cuts: list[int]
) -> None:
    generator = BertGenerator()
    generator.take(start)
    bits = np.unpackbits(generator.take(sum(cuts) + 1))
    octets = np.packbits(bits[shift : shift + 8 * sum(cuts)])
    checker = BertChecker()
    at = 0
    for cut in cuts:
        checker.put(octets[at : at + cut])
        at += cut
    if len(octets) >= 8:
        assert checker.synchronised
        assert checker.bits == 8 * len(octets)
    assert checker.bit_errors == 0


@given(cuts=st.lists(st.integers(1, 200), min_size=1, max_size=30), errors=st.integers(0, 12))
@settings(max_examples=40, deadline=None)
def test_bert_checker_counts_every_inserted_error(cuts: list[int], errors: int) -> None:
    generator, checker = BertGenerator(), BertChecker()
    checker.put(generator.take(64))
    generator.insert(errors)
    for cut in [*cuts, 40]:
        checker.put(generator.take(cut))
    assert checker.bit_errors == errors
    assert checker.bits == 8 * (64 + sum(cuts) + 40)
    assert checker.ratio == errors / checker.bits
    assert checker.losses == 0


@given(cuts=st.lists(st.integers(1, 500), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_bert_checker_slip_is_a_loss_and_not_thousands_of_errors(cuts: list[int]) -> None:
    octets = BertGenerator().take(2_000)
    octets = np.concatenate((octets[:1_000], octets[1_001:]))
    checker = BertChecker()
    at = 0
    for cut in [*cuts, 2_000]:
        checker.put(octets[at : at + cut])
        at += cut
    assert checker.losses == 1
    assert checker.synchronised
    assert checker.bit_errors < 220
    assert checker.bits > 8 * 1_600


def test_bert_checker_of_idle_never_synchronises() -> None:
    for octet in (0xD5, 0xFF, 0x00, 0x54):
        checker = BertChecker()
        checker.put(np.full(2_000, octet, np.uint8))
        assert not checker.synchronised
        assert checker.ratio == 0


def test_bert_counts_the_errors_of_a_noisy_line() -> None:
    octets = BertGenerator().take(40_000)
    random = np.random.default_rng(7)
    hits = random.random((40_000, 8)) < 1e-3
    hits[:64] = False
    octets ^= np.packbits(hits, axis=1)[:, 0]
    checker = BertChecker()
    checker.put(octets)
    assert checker.bit_errors == hits.sum()


def test_bert_negative_insertion_is_refused() -> None:
    with pytest.raises(LimitError):
        BertGenerator().insert(-1)

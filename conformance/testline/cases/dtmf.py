"""DTMF receivers: what must be accepted and what rejected, judged by what the menu does.

Limits are those of Q.24 table A-1 (unverified); where administrations differ, the strictest that a receiver
can meet with all others is asked for. Levels are those of each tone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from testline.case import case
from testline.measurements import Measurement
from testline.testers import Caller, Centre
from testline.testers.prompts import hears_no_prompt, hears_prompt, in_menu, menu_is_over, prompt_hz
from testline.verdicts import Fail
from testrig.clock import MILLISECOND, SECOND
from testrig.instruments.alaw import encode
from testrig.instruments.tones import (
    DTMF_HIGH_HZ,
    DTMF_KEYS,
    DTMF_LOW_HZ,
    DtmfKeying,
    Tone,
    ToneGenerator,
)
from testrig.line import Octets

KEYS: Final = "0123456789ABCD*#"
"""All sixteen of Q.23."""
ANSWER: Final = 2 * SECOND
"""Frames in which a menu that took a key is heard to act."""
TRIES: Final = 3
"""Times each stimulus is given: on a receiver's own time grid it falls differently."""
JITTER: Final = 13 * MILLISECOND + 3
"""Frames between tries beyond whole blocks, so that they fall on another place of the grid."""


class Keypad:
    """A caller in the menu, who learns from what is heard whether a key was taken."""

    def __init__(self, centre: Centre, number: str = "13800138000") -> None:
        self.centre = centre
        self.caller = in_menu(centre, number)
        self.expected = ""
        """Keys that should be on record at the end."""

    def accepts(self, key: str, keying: DtmfKeying | None = None) -> None:
        """Fail unless `key`, the announcement key or the wrong key, is taken."""
        pixit = self.centre.pixit
        prompt = "information" if key == pixit.announcement_key else "invalid"
        self.caller.presses(key, keying)
        self.expected += key
        hears_prompt(self.caller, prompt, within=ANSWER)
        menu_is_over(self.caller)
        self.centre.bench.run(JITTER)

    def accepts_both(self, keying: DtmfKeying) -> None:
        """Give both keys `TRIES` times: 697, 852, 1,336 and 1,477 Hz in the reference's menu."""
        for _ in range(TRIES):
            self.accepts(self.centre.pixit.wrong_key, keying)
            self.accepts(self.centre.pixit.announcement_key, keying)

    def ignores(self, keying: DtmfKeying) -> None:
        """Fail when the announcement key is taken, `TRIES` times; ordinary keying works behind it."""
        for _ in range(TRIES):
            self.caller.presses(self.centre.pixit.announcement_key, keying)
            hears_no_prompt(self.caller, "information", "invalid", during=SECOND)
        self.accepts(self.centre.pixit.announcement_key)

    def leaves(self) -> None:
        """Hang up; the record must hold the keys that were accepted and no others."""
        keys_on_record(self.centre, self.caller, self.expected)


def on_record(centre: Centre, caller: Caller) -> str:
    """Hang up and return the keys of the call's record."""
    count = len(centre.supervisor.records())
    caller.hangs_up()
    record = centre.bench.until(
        lambda: next(iter(centre.supervisor.records()[count:]), None),
        within=SECOND,
        awaited="the call's record",
    )
    return str(record.get("keys", ""))


def keys_on_record(centre: Centre, caller: Caller, expected: str) -> None:
    """Hang up and fail unless the call's record has the keys `expected`."""
    found = on_record(centre, caller)
    if found != expected:
        raise Fail(awaited=f"keys {expected!r} on record", observed=f"keys {found!r}")


def level(low: float, high: float) -> DtmfKeying:
    """Keying with these levels in dBm0 of the low and the high tone."""
    return DtmfKeying(level_dbm0=low, twist_db=high - low)


@case(
    "DTMF/1",
    "Every key",
    clauses=["Q.23 6 (unverified)", "Q.24 2 (unverified)"],
    proves=["I-01", "P-02"],
    needs=["dtmf", "ivr"],
)
def test_every_key(centre: Centre) -> None:
    """Each of the sixteen keys, pressed in a call of its own, is the key on the record."""
    for key in KEYS:
        caller = centre.caller()
        caller.dials(centre.pixit.menu_number)
        caller.is_answered()
        hears_prompt(caller, "greeting", within=ANSWER)
        caller.presses(key)
        centre.bench.run(SECOND // 5)
        keys_on_record(centre, caller, key)


@case("DTMF/2", "Loud keys", clauses=["Q.24 table A-1 (unverified)"], proves=["I-01"], needs=["dtmf", "ivr"])
def test_loud_keys(centre: Centre) -> None:
    """-3 dBm0 each tone, the loudest pair that A-law carries without clipping: accepted."""
    keypad = Keypad(centre)
    keypad.accepts_both(level(-3, -3))
    keypad.leaves()


@case("DTMF/3", "Weak keys", clauses=["Q.24 table A-1 (unverified)"], proves=["I-01"], needs=["dtmf", "ivr"])
def test_weak_keys(centre: Centre) -> None:
    """-25 dBm0 each tone: accepted."""
    keypad = Keypad(centre)
    keypad.accepts_both(level(-25, -25))
    keypad.leaves()


@case(
    "DTMF/4", "Too weak keys", clauses=["Q.24 table A-1 (unverified)"], proves=["I-01"], needs=["dtmf", "ivr"]
)
def test_too_weak_keys(centre: Centre) -> None:
    """-31 dBm0 each tone: rejected; such tones come from crosstalk."""
    keypad = Keypad(centre)
    keypad.ignores(level(-31, -31))
    keypad.leaves()


@case(
    "DTMF/5",
    "Twist accepted",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr"],
)
def test_twist_accepted(centre: Centre) -> None:
    """The high tone 4 dB above and 8 dB below the low tone, loud and weak: accepted."""
    keypad = Keypad(centre)
    for low, high in ((-8, -4), (-25, -21), (-4, -12), (-17, -25)):
        keypad.accepts_both(level(low, high))
    keypad.leaves()


@case(
    "DTMF/6",
    "Frequencies accepted",
    clauses=["Q.23 4 (unverified)", "Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr"],
)
def test_frequencies_accepted(centre: Centre) -> None:
    """Both tones off by 1.5 % in all four combinations: accepted."""
    keypad = Keypad(centre)
    for low in (-0.015, 0.015):
        for high in (-0.015, 0.015):
            keypad.accepts_both(DtmfKeying(low_deviation=low, high_deviation=high))
    keypad.leaves()


@case(
    "DTMF/7",
    "Frequencies accepted at the lowest level",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr"],
)
def test_frequencies_accepted_weak(centre: Centre) -> None:
    """Both tones off by 1.5 % at -25 dBm0: accepted."""
    keypad = Keypad(centre)
    for low, high in ((-0.015, 0.015), (0.015, -0.015)):
        keying = DtmfKeying(level_dbm0=-25, twist_db=0, low_deviation=low, high_deviation=high)
        keypad.accepts_both(keying)
    keypad.leaves()


@case(
    "DTMF/8",
    "Low frequency rejected",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr"],
)
def test_low_frequency_rejected(centre: Centre) -> None:
    """The low tone off by 3.5 % up and down: rejected."""
    keypad = Keypad(centre)
    for deviation in (-0.035, 0.035):
        keypad.ignores(DtmfKeying(low_deviation=deviation))
    keypad.leaves()


@case(
    "DTMF/9",
    "High frequency rejected",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr"],
)
def test_high_frequency_rejected(centre: Centre) -> None:
    """The high tone off by 3.5 % up and down: rejected."""
    keypad = Keypad(centre)
    for deviation in (-0.035, 0.035):
        keypad.ignores(DtmfKeying(high_deviation=deviation))
    keypad.leaves()


@case(
    "DTMF/10",
    "Short keys accepted",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr"],
)
def test_short_keys_accepted(centre: Centre) -> None:
    """Tones of 40 ms: accepted, at ordinary and at the lowest level."""
    keypad = Keypad(centre)
    keypad.accepts_both(DtmfKeying(on=40 * MILLISECOND))
    keypad.accepts_both(DtmfKeying(on=40 * MILLISECOND, level_dbm0=-25, twist_db=0))
    keypad.leaves()


@case(
    "DTMF/11",
    "Too short keys rejected",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr"],
)
def test_too_short_keys_rejected(centre: Centre) -> None:
    """Tones of 20 ms: rejected."""
    keypad = Keypad(centre)
    keypad.ignores(DtmfKeying(on=20 * MILLISECOND))
    keypad.leaves()


@case(
    "DTMF/12",
    "Keys in quick succession",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_quick_succession(centre: Centre) -> None:
    """Ten times the same key with tones and pauses of 40 ms: ten keys on record, none lost or doubled."""
    key = centre.pixit.announcement_key * 10
    caller = in_menu(centre)
    caller.presses(key, DtmfKeying(on=40 * MILLISECOND, off=40 * MILLISECOND))
    hears_prompt(caller, "information", within=ANSWER)
    keys_on_record(centre, caller, key)


@case(
    "DTMF/13",
    "An interrupted tone is one key",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_interrupted_tone(centre: Centre) -> None:
    """Two tones of 60 ms with 10 ms between them, at three places of the grid: one key each on record."""
    key = centre.pixit.announcement_key
    caller = in_menu(centre)
    for _ in range(TRIES):
        caller.presses(2 * key, DtmfKeying(on=60 * MILLISECOND, off=10 * MILLISECOND))
        hears_prompt(caller, "information", within=ANSWER)
        menu_is_over(caller)
        centre.bench.run(JITTER)
    keys_on_record(centre, caller, TRIES * key)


@case(
    "DTMF/14",
    "A long tone is one key",
    clauses=["Q.24 2 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_long_tone(centre: Centre) -> None:
    """A key held for 3 s is one key on record."""
    key = centre.pixit.announcement_key
    caller = in_menu(centre)
    caller.presses(key, DtmfKeying(on=3 * SECOND))
    hears_prompt(caller, "information", within=ANSWER)
    keys_on_record(centre, caller, key)


@case(
    "DTMF/15",
    "A key under the echo of a prompt",
    clauses=["Q.24 table A-1 (unverified)", "G.168"],
    proves=["I-01"],
    needs=["dtmf", "ivr"],
    unverified=True,
)
def test_key_under_echo(centre: Centre) -> None:
    """A key at -12 dBm0 while the greeting comes back from the network as echo 15 dB down: accepted."""
    caller = centre.caller()
    caller.dials(centre.pixit.menu_number)
    caller.is_answered()
    hears_prompt(caller, "greeting", within=ANSWER)
    echo = Tone(prompt_hz(centre.pixit, "greeting"), -25)
    low, high = frequencies(centre.pixit.announcement_key)
    burst = ToneGenerator([Tone(low, -12), Tone(high, -12), echo]).take(SECOND // 10)
    plays(caller, burst, "announcement key under echo")
    hears_prompt(caller, "information", within=ANSWER)
    caller.hangs_up()


def frequencies(key: str) -> tuple[int, int]:
    """Return low and high frequency of a key in Hz (Q.23 6)."""
    row, column = divmod("".join(DTMF_KEYS).index(key), len(DTMF_HIGH_HZ))
    return DTMF_LOW_HZ[row], DTMF_HIGH_HZ[column]


def plays(caller: Caller, audio: Octets, what: str) -> None:
    """Send `uint8[n]` once, then silence."""
    position = 0

    def source(frames: int) -> Octets:
        nonlocal position
        octets = np.full(frames, 0xD5, np.uint8)
        part = audio[position : position + frames]
        octets[: len(part)] = part
        position += frames
        return octets

    caller.voice.says(source, what)
    caller.isup.bench.run(len(audio))
    caller.voice.is_silent()


@case(
    "DTMF/16",
    "Keys in noise",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_keys_in_noise(centre: Centre) -> None:
    """200 keys of 50 ms at -15 dBm0 with noise 15 dB below a tone: at most one is missed, none is wrong."""
    key = centre.pixit.announcement_key
    low, high = frequencies(key)
    generator = ToneGenerator(
        [Tone(low, -15), Tone(high, -15)],
        cadence=(50 * MILLISECOND, 50 * MILLISECOND),
        noise_dbm0=-30,
        seed=24,
    )
    caller = in_menu(centre)
    plays(caller, generator.take(200 * 100 * MILLISECOND), f"200 times key {key} in noise")
    centre.bench.run(SECOND // 5)
    taken = on_record(centre, caller)
    if set(taken) - {key} or len(taken) > 200:
        raise Fail(
            awaited=f"key {key} 200 times", observed=f"{len(taken)} keys {''.join(sorted(set(taken)))}"
        )
    centre.bench.measure(
        Measurement(
            name="keys recognised of 200 in noise",
            value=len(taken),
            unit="keys",
            low=199,
            clause="Q.24 table A-1 (unverified)",
        )
    )


def simulated_by(centre: Centre, audio: Octets, what: str) -> None:
    """Let callers in greeting and menu send `audio`, 10 s each at most: no key may be on record."""
    for at in range(0, len(audio), 10 * SECOND):
        caller = centre.caller()
        caller.dials(centre.pixit.menu_number)
        caller.is_answered()
        plays(caller, audio[at : at + 10 * SECOND], what)
        keys_on_record(centre, caller, "")


@case(
    "DTMF/17",
    "Noise is no key",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_noise_is_no_key(centre: Centre) -> None:
    """20 s of white noise at -10 dBm0 and 20 s at -30 dBm0: no key is taken."""
    for dbm0 in (-10.0, -30.0):
        noise = ToneGenerator([], noise_dbm0=dbm0, seed=17)
        simulated_by(centre, noise.take(20 * SECOND), f"noise {dbm0:g} dBm0")


@case(
    "DTMF/18",
    "Speech is no key",
    clauses=["Q.24 table A-1 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_speech_is_no_key(centre: Centre) -> None:
    """Synthetic speech, gliding voiced sounds with formants in a speaker's rhythm, 20 s: no key is taken."""
    simulated_by(centre, speech(20 * SECOND, seed=18), "synthetic speech")


def speech(frames: int, *, seed: int) -> Octets:
    """Return `uint8[frames]` like speech: syllables, each of a gliding pitch under formants of its own."""
    generator = np.random.default_rng(seed)
    wave = np.zeros(frames)
    at = 0
    while at < frames:
        length = int(generator.integers(SECOND // 8, SECOND // 3))
        length = min(length, frames - at)
        time = np.linspace(0, 1, length)
        pitch = generator.uniform(90, 240) * (1 + generator.uniform(-0.3, 0.3) * time)
        formants = generator.uniform((300, 800, 2200), (900, 2200, 3200))
        phase = 2 * np.pi * np.cumsum(pitch) / SECOND
        envelope = np.sin(np.pi * np.arange(length) / length)
        for harmonic in range(1, 30):
            hz = harmonic * float(np.mean(pitch))
            if hz > 3600:
                break
            gain = sum(1 / (1 + ((hz - formant) / 120) ** 2) for formant in formants)
            wave[at : at + length] += gain * envelope * np.sin(harmonic * phase)
        at += length + int(generator.integers(SECOND // 50, SECOND // 8))
    return encode(wave / np.abs(wave).max() * 0.5)


@case(
    "DTMF/19",
    "One tone alone is no key",
    clauses=["Q.24 2 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_single_tones(centre: Centre) -> None:
    """Each of the eight frequencies alone, and two of one group together, at -8 dBm0: no key is taken."""
    groups = (DTMF_LOW_HZ, DTMF_HIGH_HZ)
    parts = [ToneGenerator([Tone(hz, -8)]).take(SECOND // 5) for group in groups for hz in group]
    parts += [
        ToneGenerator([Tone(first, -8), Tone(second, -8)]).take(SECOND // 5)
        for group in groups
        for first, second in pairwise(group)
    ]
    pause = np.full(SECOND // 10, 0xD5, np.uint8)
    simulated_by(centre, np.concatenate([each for part in parts for each in (part, pause)]), "single tones")


@case(
    "DTMF/20",
    "Three tones are no key",
    clauses=["Q.24 2 (unverified)"],
    proves=["I-01"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_three_tones(centre: Centre) -> None:
    """Two keys pressed together in one row and in one column, at -10 dBm0 a tone: no key is taken."""
    row = [Tone(hz, -10) for hz in (770, 1209, 1477)]
    column = [Tone(hz, -10) for hz in (697, 941, 1336)]
    pause = np.full(SECOND // 10, 0xD5, np.uint8)
    parts = [ToneGenerator(tones).take(SECOND // 5) for tones in (row, column)]
    simulated_by(centre, np.concatenate([parts[0], pause, parts[1], pause]), "two keys together")


@case(
    "DTMF/21",
    "Keys on two circuits at once",
    clauses=["Q.24 2 (unverified)"],
    proves=["I-01", "P-02"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_two_circuits_at_once(centre: Centre) -> None:
    """Different keys in the same instant on two circuits: each menu takes its own."""
    pixit = centre.pixit
    keypads = [in_menu(centre, f"1380013800{index}") for index in range(2)]
    for caller, key in zip(keypads, (pixit.announcement_key, pixit.wrong_key), strict=True):
        low, high = frequencies(key)
        burst = ToneGenerator([Tone(low, -9), Tone(high, -7)], cadence=(SECOND // 10, 3600 * SECOND))
        caller.voice.says(burst.take, f"key {key}")
    hears_prompt(keypads[1], "invalid", within=ANSWER)
    hears_prompt(keypads[0], "information", within=ANSWER)
    for caller, key in zip(keypads, (pixit.announcement_key, pixit.wrong_key), strict=True):
        caller.voice.is_silent()
        keys_on_record(centre, caller, key)


@case(
    "DTMF/22",
    "Every circuit has a receiver",
    clauses=["Q.24 2 (unverified)", "requirement P-02"],
    proves=["I-01", "P-02", "P-04"],
    needs=["dtmf", "ivr", "supervision"],
)
def test_receiver_on_every_circuit(centre: Centre) -> None:
    """Callers on all circuits press keys at once: each call's record holds its own key and no other."""
    keys = {circuit.cic: KEYS[index % len(KEYS)] for index, circuit in enumerate(centre.pixit.circuits)}
    callers = []
    for cic in keys:
        caller = centre.caller(f"138001380{cic % 100:02d}")
        caller.dials(centre.pixit.menu_number, cic=cic)
        callers.append(caller)
    for caller in callers:
        caller.is_answered()
    for caller in callers:
        low, high = frequencies(keys[caller.call.cic])
        burst = ToneGenerator([Tone(low, -9), Tone(high, -9)], cadence=(SECOND // 10, 3600 * SECOND))
        caller.voice.says(burst.take, f"key {keys[caller.call.cic]}")
    centre.bench.run(SECOND // 2)
    for caller in callers:
        caller.voice.is_silent()
        keys_on_record(centre, caller, keys[caller.call.cic])

"""Time-slot switching: speech between trunk and station, bit for bit, without crosstalk or loss.

Paths are those of real calls: a caller on a circuit talks with an agent at a station. Where a case needs
the octets themselves it asks for stations that carry 64 kbit/s unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from testline.bench import Bench
from testline.case import case
from testline.measurements import Measurement
from testline.testers import Agent, Caller, Centre, Voice
from testline.testers.prompts import hears_prompt, prompt_hz
from testline.verdicts import Fail, Inconclusive, NotApplicable
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.instruments.analyser import level, strongest, tone_level
from testrig.instruments.bert import BertChecker, BertGenerator
from testrig.line import Octets

CROSSTALK_DBM0: Final = -65.0
"""Most that may be heard of another call, and of nothing at all (Q.553 3.1.3, G.712 14; unverified)."""
LOSS_DB: Final = 0.5
"""A digital switch changes no level; what is allowed is the uncertainty of A-law at the ends."""
ECHO_DELAY_MS: Final = 25.0
"""One-way delay that needs no echo control (G.131; unverified), a generous limit for one exchange."""
TONES_HZ: Final = (617.0, 821.0, 1019.0, 1361.0, 1471.0, 1663.0, 1949.0, 2221.0)
"""Test tones for eight ends at once. Over a second, sines of whole Hz do not leak into one another, and of
primes the A-law distortion of one leaves less than -75 dBm0 at the others."""


def talking(centre: Centre, index: int = 0, *, cic: int | None = None) -> tuple[Caller, Agent]:
    """Return a caller and agent number `index`, who talk with each other; agents before it must be busy."""
    if index >= len(centre.pixit.agents):
        raise NotApplicable(f"the PIXIT has {len(centre.pixit.agents)} agents, the case needs {index + 1}")
    agent = centre.agent(index)
    agent.on_duty()
    caller = centre.caller(f"1380013800{index}")
    caller.dials(centre.pixit.queue_number, cic=cic)
    caller.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    agent.is_in("talking", within=SECOND)
    return caller, agent


def keeper(kept: list[Octets]) -> Callable[[Octets], None]:
    """Return a sink that keeps what is heard in `kept`."""
    return lambda octets: kept.append(octets.copy())


class Pattern:
    """A pseudo-random pattern from one voice to another: bit errors and delay."""

    def __init__(self, bench: Bench, speaker: Voice, hearer: Voice) -> None:
        self.bench = bench
        self.speaker = speaker
        self.hearer = hearer
        self.checker = BertChecker()
        self._generator = BertGenerator()
        self._sent: list[Octets] = []
        self._received: list[Octets] = []
        self.begun: Instant = bench.now
        speaker.says(self._send, "pseudo-random pattern")
        hearer.hands_on(self._receive)

    def _send(self, frames: int) -> Octets:
        octets = self._generator.take(frames)
        self._sent.append(octets)
        return octets

    def _receive(self, octets: Octets) -> None:
        self.checker.put(octets)
        self._received.append(octets.copy())

    def stop(self) -> None:
        """Be silent again."""
        self.speaker.is_silent()
        self.hearer.hands_on(None)

    def delay(self, at: Instant) -> Instant:
        """Return the frames by which 64 octets sent `at` frames after the begin came later."""
        sent = np.concatenate(self._sent).tobytes()
        received = np.concatenate(self._received).tobytes()
        found = received.find(sent[at : at + 64], at)
        if found < 0:
            raise Fail(
                awaited=f"what {self.speaker.name} sent at {self.hearer.name}, octet for octet",
                observed=f"not among {len(received)} octets received",
            )
        return found - at

    def judge(self) -> None:
        """Fail when a bit was wrong or the pattern was lost."""
        where = f"{self.speaker.name} to {self.hearer.name}"
        if self.checker.bits == 0:
            raise Fail(awaited=f"the pattern from {where}", observed="no synchronisation")
        for name, value, unit in (
            (f"bit errors {where}", self.checker.bit_errors, "bits"),
            (f"losses of the pattern {where}", self.checker.losses, "times"),
        ):
            self.bench.measure(Measurement(name=name, value=value, unit=unit, high=0, clause="Q.551 3.1"))


def transparent(centre: Centre, *, during: int) -> tuple[Pattern, Pattern]:
    """Send patterns both ways on a call for `during` frames and judge them; return both."""
    caller, agent = talking(centre)
    there = Pattern(centre.bench, caller.voice, agent.voice)
    back = Pattern(centre.bench, agent.voice, caller.voice)
    centre.bench.run(during)
    for pattern in (there, back):
        pattern.stop()
        pattern.judge()
        expected = 8 * (during - SECOND // 10)
        if pattern.checker.bits < expected:
            raise Fail(
                awaited=f"{expected} bits compared", observed=f"{pattern.checker.bits} bits were synchronous"
            )
    return there, back


@case(
    "SW/1",
    "Speech both ways between trunk and station",
    clauses=["Q.551 2", "G.711"],
    proves=["P-04", "S-01"],
    needs=["switching", "agents"],
    unverified=True,
)
def test_speech_both_ways(centre: Centre) -> None:
    """A tone from each end arrives at the other at -10 dBm0 within 1 dB, and nothing of one's own."""
    caller, agent = talking(centre)
    centre.connected(caller, agent)
    caller.hangs_up()


@case(
    "SW/2",
    "Level over the telephone band",
    clauses=["Q.553 3.1.1", "G.711 4"],
    proves=["P-04"],
    needs=["switching", "agents"],
    unverified=True,
)
def test_level_over_band(centre: Centre) -> None:
    """300, 1,020 and 3,400 Hz at 0, -10 and -40 dBm0 pass both ways with less than 0.5 dB of change."""
    caller, agent = talking(centre)
    for speaker, hearer in ((caller.voice, agent.voice), (agent.voice, caller.voice)):
        for hz in (300.0, 1020.0, 3400.0):
            for sent in (0.0, -10.0, -40.0):
                speaker.says_tone(hz, sent)
                centre.bench.run(SECOND // 2)
                audio = hearer.latest(SECOND // 4)
                found = -120.0 if audio is None else tone_level(audio, hz)
                centre.bench.measure(
                    Measurement(
                        name=f"{hz:g} Hz at {sent:g} dBm0 from {speaker.name}",
                        value=round(found, 2),
                        unit="dBm0",
                        low=sent - LOSS_DB,
                        high=sent + LOSS_DB,
                        uncertainty=0.2,
                        clause="Q.553 3.1.1",
                    )
                )
        speaker.is_silent()
    caller.hangs_up()


@case(
    "SW/3",
    "Frequency is not changed",
    clauses=["G.711 2", "G.703 9"],
    proves=["P-04"],
    needs=["switching", "agents"],
    unverified=True,
)
def test_frequency_is_kept(centre: Centre) -> None:
    """1,013 Hz arrive as 1,013 Hz within 1 Hz both ways: both ends run on the clock of the network."""
    caller, agent = talking(centre)
    for speaker, hearer in ((caller.voice, agent.voice), (agent.voice, caller.voice)):
        speaker.says_tone(1013.0)
        centre.bench.run(SECOND)
        audio = hearer.latest(SECOND // 2)
        centre.bench.measure(
            Measurement(
                name=f"frequency from {speaker.name}",
                value=round(0.0 if audio is None else strongest(audio).hz, 2),
                unit="Hz",
                low=1012,
                high=1014,
                uncertainty=0.5,
                clause="G.711 2",
            )
        )
        speaker.is_silent()
    caller.hangs_up()


@case(
    "SW/4",
    "Bit integrity of 64 kbit/s",
    clauses=["Q.551 3.1", "O.151 2.1"],
    proves=["P-04"],
    needs=["switching", "switching.transparent", "agents"],
    unverified=True,
)
def test_bit_integrity(centre: Centre) -> None:
    """A pattern of 2^15-1 bits passes a call both ways for 20 s without one bit in error."""
    transparent(centre, during=20 * SECOND)


@case(
    "SW/5",
    "Every octet passes",
    clauses=["Q.551 3.1", "G.704 5.1"],
    proves=["P-04"],
    needs=["switching", "switching.transparent", "agents"],
    unverified=True,
)
def test_every_octet_passes(centre: Centre) -> None:
    """All 256 octets, each 8 times in a row, come out as they went in: all zeros and all ones too."""
    caller, agent = talking(centre)
    staircase = np.repeat(np.arange(256, dtype=np.uint8), 8)
    for speaker, hearer in ((caller.voice, agent.voice), (agent.voice, caller.voice)):
        position = 0
        received: list[Octets] = []

        def climb(frames: int) -> Octets:
            nonlocal position
            octets = staircase.take(np.arange(position, position + frames), mode="wrap")
            position += frames
            return octets

        speaker.says(climb, "all 256 octets in turn")
        hearer.hands_on(keeper(received))
        centre.bench.run(SECOND)
        speaker.is_silent()
        hearer.hands_on(None)
        heard = np.concatenate(received).tobytes()
        if staircase.tobytes() not in heard:
            missing = [octet for octet in range(256) if bytes([octet]) * 8 not in heard]
            raise Fail(
                awaited=f"256 octets in turn at {hearer.name}",
                observed=f"octets {missing} missing" if missing else "out of order",
            )
    caller.hangs_up()


@case(
    "SW/6",
    "Delay through the system",
    clauses=["Q.551 3.2", "G.131"],
    proves=["P-04"],
    needs=["switching", "switching.transparent", "agents"],
    unverified=True,
)
def test_delay(centre: Centre) -> None:
    """Each direction takes less than 25 ms (so that no echo control is needed), rig included."""
    for pattern in transparent(centre, during=SECOND):
        centre.bench.measure(
            Measurement(
                name=f"delay {pattern.speaker.name} to {pattern.hearer.name}",
                value=round(pattern.delay(SECOND // 2) / MILLISECOND, 3),
                unit="ms",
                high=ECHO_DELAY_MS,
                uncertainty=0.125,
                clause="G.131",
            )
        )


@case(
    "SW/7",
    "No slip in a call",
    clauses=["G.822 2", "Q.551 3.2"],
    proves=["P-04", "N-04"],
    needs=["switching", "switching.transparent", "agents"],
    unverified=True,
)
def test_no_slip(centre: Centre) -> None:
    """The delay after 60 s is that after 1 s to the octet, both ways: nothing was dropped or repeated."""
    for pattern in transparent(centre, during=60 * SECOND):
        centre.bench.measure(
            Measurement(
                name=f"change of delay {pattern.speaker.name} to {pattern.hearer.name}",
                value=pattern.delay(59 * SECOND) - pattern.delay(SECOND),
                unit="octets",
                low=0,
                high=0,
                clause="G.822 2",
            )
        )


@case(
    "SW/8",
    "Everybody hears one's own party only",
    clauses=["Q.553 3.1.3", "G.712 14"],
    proves=["P-04", "P-06"],
    needs=["switching", "agents"],
    unverified=True,
)
def test_no_crosstalk(centre: Centre) -> None:
    """Four calls at once, a tone of its own from every end: of all others less than -65 dBm0 is heard."""
    ends: list[tuple[Voice, float, float]] = []
    for index in range(min(4, len(centre.pixit.agents))):
        caller, agent = talking(centre, index)
        up, down = TONES_HZ[2 * index], TONES_HZ[2 * index + 1]
        ends += [(caller.voice, up, down), (agent.voice, down, up)]
    for voice, own, _ in ends:
        voice.says_tone(own)
    centre.bench.run(2 * SECOND)
    for voice, _, wanted in ends:
        audio = voice.latest(SECOND)
        if audio is None:
            raise Inconclusive(f"{voice.name} heard less than a second")
        heard = tone_level(audio, wanted)
        others = max(tone_level(audio, hz) for hz in TONES_HZ[: len(ends)] if hz != wanted)
        centre.bench.measure(
            Measurement(
                name=f"{wanted:g} Hz at {voice.name}",
                value=round(heard, 2),
                unit="dBm0",
                low=-11,
                high=-9,
                uncertainty=0.2,
                clause="Q.553 3.1.1",
            )
        )
        centre.bench.measure(
            Measurement(
                name=f"loudest tone of another call at {voice.name}",
                value=round(others, 1),
                unit="dBm0",
                high=CROSSTALK_DBM0,
                uncertainty=1,
                clause="Q.553 3.1.3",
            )
        )


@case(
    "SW/9",
    "A silent call stays silent beside a loud one",
    clauses=["Q.553 3.1.3", "G.712 14"],
    proves=["P-04"],
    needs=["switching", "agents"],
    unverified=True,
)
def test_silent_beside_loud(centre: Centre) -> None:
    """While two people talk at 0 dBm0, the two of another call hear less than -65 dBm0 of anything."""
    loud, loud_agent = talking(centre, 0)
    still, still_agent = talking(centre, 1)
    centre.bench.run(SECOND)
    loud.says_tone(1020, 0.0)
    loud_agent.telephone.says_tone(820, 0.0)
    centre.bench.run(3 * SECOND)
    for voice in (still.voice, still_agent.voice):
        audio = voice.latest(2 * SECOND)
        centre.bench.measure(
            Measurement(
                name=f"level at {voice.name}",
                value=round(0.0 if audio is None else level(audio), 1),
                unit="dBm0",
                high=CROSSTALK_DBM0,
                clause="Q.553 3.1.3",
            )
        )


@case(
    "SW/10",
    "Idle circuits and stations are silent",
    clauses=["Q.522 2", "G.712 14"],
    proves=["P-04"],
    needs=["switching"],
    unverified=True,
)
def test_idle_is_silent(centre: Centre) -> None:
    """With one call up, every idle time slot and station carries less than -65 dBm0 for 3 s."""
    caller, agent = talking(centre)
    caller.says_tone(1020, 0.0)
    agent.telephone.says_tone(820, 0.0)
    heard: dict[str, list[Octets]] = {}
    busy = caller.call.cic
    for circuit in centre.pixit.circuits:
        if circuit.cic != busy:
            sink = keeper(heard.setdefault(f"circuit {circuit.cic}", []))
            centre.bench.spans[circuit.line].sinks[circuit.slot] = sink
    for telephone in centre.telephones:
        if telephone is not agent.telephone:
            telephone.voice.hands_on(keeper(heard.setdefault(telephone.name, [])))
    centre.bench.run(3 * SECOND)
    worst = max(heard, key=lambda name: level(np.concatenate(heard[name])))
    centre.bench.measure(
        Measurement(
            name=f"level at the loudest of {len(heard)} idle ends, {worst}",
            value=round(level(np.concatenate(heard[worst])), 1),
            unit="dBm0",
            high=CROSSTALK_DBM0,
            clause="G.712 14",
        )
    )


@case(
    "SW/11",
    "The path is closed when the caller hangs up",
    clauses=["Q.764 2.3.1", "Q.522 2"],
    proves=["P-04", "N-01"],
    needs=["switching", "agents"],
    unverified=True,
)
def test_path_is_closed(centre: Centre) -> None:
    """The agent, who goes on talking, is heard neither on the idle circuit nor by the next caller on it."""
    caller, agent = talking(centre)
    circuit = centre.isup.circuits[caller.call.cic]
    agent.telephone.says_tone(820)
    caller.hears_tone(820, within=2 * SECOND)
    caller.hangs_up()
    kept: list[Octets] = []
    centre.bench.spans[circuit.line].sinks[circuit.slot] = keeper(kept)
    centre.bench.run(SECOND // 10)
    kept.clear()
    centre.bench.run(2 * SECOND)
    centre.bench.measure(
        Measurement(
            name=f"level on idle circuit {circuit.cic}",
            value=round(level(np.concatenate(kept)), 1),
            unit="dBm0",
            high=CROSSTALK_DBM0,
            clause="G.712 14",
        )
    )
    following = centre.caller("13800138009")
    following.dials(centre.pixit.queue_number, cic=circuit.cic)
    following.is_answered()
    hears_prompt(following, "queue_music", within=3 * SECOND)
    following.voice.hears_no_tone(820, during=3 * SECOND)
    following.hangs_up()


@case(
    "SW/12",
    "The path is closed when the agent hangs up",
    clauses=["Q.764 2.3.1", "Q.522 2"],
    proves=["P-04", "S-01"],
    needs=["switching", "agents"],
    unverified=True,
)
def test_path_is_closed_by_agent(centre: Centre) -> None:
    """A caller who goes on talking after REL is not heard at the station any more."""
    caller, agent = talking(centre)
    caller.says_tone(1020)
    agent.telephone.hears_tone(1020, within=2 * SECOND)
    agent.telephone.replace()
    caller.call.expect("REL", within=2 * SECOND, cause=16)
    centre.bench.run(SECOND // 10)
    agent.voice.hears_no_tone(1020, during=2 * SECOND)
    caller.call.send("RLC")
    agent.voice.hears_no_tone(1020, during=2 * SECOND)


@case(
    "SW/13",
    "Each circuit is its own time slot",
    clauses=["Q.763 1.2", "G.704 5.1"],
    proves=["P-04", "N-04"],
    needs=["switching", "agents"],
    unverified=True,
)
def test_first_and_last_circuits(centre: Centre) -> None:
    """The first and the last circuit and those on both sides of the link's slot carry speech both ways."""
    circuits = sorted(centre.pixit.circuits, key=lambda each: (each.line, each.slot))
    near = [each for each in circuits if abs(each.slot - centre.pixit.link_slot) == 1]
    for circuit in dict.fromkeys((circuits[0], *near, circuits[-1])):
        caller, agent = talking_again(centre, circuit.cic)
        centre.connected(caller, agent)
        agent.telephone.replace()
        caller.is_released(within=2 * SECOND, cause=16)
        agent.is_in("ready", within=60 * SECOND)


def talking_again(centre: Centre, cic: int) -> tuple[Caller, Agent]:
    """Return a caller on `cic` and the first agent, signed on now or before, who talk."""
    agent = centre.agent()
    if agent.state() == "signed off":
        return talking(centre, cic=cic)
    caller = centre.caller()
    caller.dials(centre.pixit.queue_number, cic=cic)
    caller.is_answered()
    agent.telephone.answers(within=6 * SECOND)
    agent.is_in("talking", within=SECOND)
    return caller, agent


@case(
    "SW/14",
    "Every circuit at once",
    clauses=["Q.522 2", "requirement P-04"],
    proves=["P-04", "P-02", "I-02"],
    needs=["switching", "ivr"],
    unverified=True,
)
def test_every_circuit_at_once(centre: Centre) -> None:
    """A call on every circuit of the span at the same time: all are answered and hear the greeting."""
    callers = []
    for circuit in centre.pixit.circuits:
        caller = centre.caller(f"138001380{circuit.cic % 100:02d}")
        caller.dials(centre.pixit.menu_number, cic=circuit.cic)
        callers.append(caller)
    ears = [(caller, caller.voice.watch(prompt_hz(centre.pixit, "greeting"))) for caller in callers]
    for caller in callers:
        caller.is_answered(within=5 * SECOND)
    centre.bench.until(
        lambda: all(watch.bursts for _, watch in ears),
        within=10 * SECOND,
        awaited=f"the greeting on {len(ears)} circuits",
        state=lambda: f"not on {[caller.call.cic for caller, watch in ears if not watch.bursts]}",
    )
    for caller in callers:
        caller.hangs_up()

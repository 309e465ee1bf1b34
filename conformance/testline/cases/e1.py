"""E1 line and framing: alignment, CRC-4, alarms and consequent actions (G.704, G.706, G.732, G.775)."""

from __future__ import annotations

from typing import Final

import numpy as np

from testline.case import case
from testline.measurements import Measurement
from testline.testers.span import SpanTester
from testline.verdicts import Inconclusive
from testrig.board import Alarm
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.line import Block

REACTION: Final = SECOND // 2
"""Frames in which consequent actions must be seen; G.732 4.2 asks for a few milliseconds."""


def measured(e1: SpanTester, name: str, frames: Instant, low: float, high: float, clause: str) -> None:
    """Judge an interval in frames against limits in milliseconds; a block at either end is uncertain."""
    e1.bench.measure(
        Measurement(
            name=name,
            value=round(frames / MILLISECOND, 3),
            unit="ms",
            low=low,
            high=high,
            uncertainty=0.25,
            clause=clause,
        )
    )


@case("E1/1", "Frame alignment is sent", clauses=["G.704 2.3.2", "G.706 4.1.2"], proves=["N-04"], needs="e1")
def test_frame_alignment_is_sent(e1: SpanTester) -> None:
    """The system sends the frame alignment signal; the tester aligns within 2 s of the start."""
    e1.comes_up()
    errors = e1.port.counters.fas_errors
    e1.bench.run(5 * SECOND)
    e1.bench.until(
        lambda: e1.port.counters.fas_errors == errors,
        within=0,
        awaited="no frame alignment signal in error in 5 s",
        state=e1.where,
    )


@case(
    "E1/2",
    "CRC-4 multiframe is sent without errors",
    clauses=["G.704 2.3.3", "G.706 4.2", "G.706 4.3.1"],
    proves=["N-04"],
    needs="e1.crc4",
)
def test_crc4_is_sent(e1: SpanTester) -> None:
    """5,000 submultiframes of the system have the CRC-4 of their content."""
    e1.comes_up()
    before = e1.port.counters.crc_errors
    e1.bench.run(5 * SECOND)
    e1.bench.until(
        lambda: e1.port.multiframe_aligned and e1.port.counters.crc_errors == before,
        within=0,
        awaited="CRC multiframe alignment and no CRC error in 5 s",
        state=lambda: f"{e1.where()}; CRC errors {e1.port.counters.crc_errors}",
    )


@case(
    "E1/3",
    "CRC errors are reported by E bits",
    clauses=["G.704 2.3.3.4", "G.706 4.3.1"],
    proves=["N-04"],
    needs="e1.crc4",
)
def test_crc_errors_are_reported(e1: SpanTester) -> None:
    """Seven submultiframes with a wrong CRC-4 come back as seven E bits set to 0, and no more."""
    e1.comes_up()
    e1.bench.run(SECOND // 2)
    before = e1.port.counters.far_end_errors
    e1.port.corrupt_crc(7)
    e1.bench.run(SECOND // 2)
    e1.bench.until(
        lambda: e1.port.counters.far_end_errors - before == 7,
        within=0,
        awaited="7 E bits at 0",
        state=lambda: f"{e1.port.counters.far_end_errors - before} E bits at 0",
    )


@case(
    "E1/4",
    "Loss of frame alignment after three errors",
    clauses=["G.706 4.1.1", "G.732 4.2"],
    proves=["N-04"],
    needs="e1",
    unverified=True,
)
def test_three_fas_errors_lose_alignment(e1: SpanTester) -> None:
    """Frame alignment signals in error without end: the system loses alignment and sends RAI.

    The third signal in error comes after 0.5 ms at the earliest; the upper limit of 100 ms is ours.
    """
    e1.comes_up()
    begun = e1.bench.now
    e1.port.corrupt_fas()
    at = e1.sees(Alarm.RAI, within=REACTION)
    measured(e1, "loss of frame alignment to RAI", at - begun, 0.5, 100, "G.732 4.2")
    e1.system_has(Alarm.LOF, within=REACTION)


@case(
    "E1/5",
    "Two frame alignment signals in error are survived",
    clauses=["G.706 4.1.1"],
    proves=["N-04"],
    needs="e1",
)
def test_two_fas_errors_are_survived(e1: SpanTester) -> None:
    """Two frame alignment signals in error in a row do not lose alignment: no RAI, no alarm."""
    e1.comes_up()
    e1.port.corrupt_fas(2)
    e1.bench.never(
        lambda: Alarm.RAI in e1.port.alarms or Alarm.LOF.name in e1.system_alarms(),
        during=SECOND,
        unwanted="loss of frame alignment",
        state=e1.where,
    )


@case(
    "E1/6", "Frame alignment is recovered", clauses=["G.706 4.1.2", "G.732 4.2"], proves=["N-04"], needs="e1"
)
def test_alignment_is_recovered(e1: SpanTester) -> None:
    """When the frame alignment signal is right again the system aligns and takes RAI back."""
    e1.comes_up()
    e1.port.corrupt_fas()
    e1.sees(Alarm.RAI, within=REACTION)
    e1.port.corrupt_fas(0)
    e1.sees_no(Alarm.RAI, within=2 * SECOND)
    e1.comes_up()


@case(
    "E1/7",
    "Bit 2 of odd frames in error loses alignment",
    clauses=["G.706 4.1.1"],
    proves=["N-04"],
    needs="e1.bit2",
    unverified=True,
)
def test_bit_2_errors_lose_alignment(e1: SpanTester) -> None:
    """Bit 2 wrong in odd frames without end: alignment is lost (the additional criterion of G.706)."""
    e1.comes_up()
    e1.port.corrupt_nfas()
    e1.sees(Alarm.RAI, within=REACTION)


@case("E1/8", "Alignment at another frame phase", clauses=["G.706 4.1.2"], proves=["N-04"], needs="e1")
def test_alignment_at_any_bit(e1: SpanTester) -> None:
    """The whole signal shifted by 1, 37 and 250 bits: the system aligns each time."""
    e1.comes_up()
    for bits in (1, 37, 250):
        e1.port.shift(bits)
        e1.bench.run(SECOND // 2)
        e1.comes_up()


@case("E1/9", "Loss of signal", clauses=["G.775 4", "G.732 4.2"], proves=["N-04"], needs="e1")
def test_loss_of_signal(e1: SpanTester) -> None:
    """Without a signal the system shows LOS and sends RAI; both end when the signal is back."""
    pair = e1.pair
    if pair is None:
        raise Inconclusive("the rig cannot cut this line by itself")
    e1.comes_up()
    pair.a_to_b.cut = True
    e1.sees(Alarm.RAI, within=REACTION)
    e1.system_has(Alarm.LOS, within=REACTION)
    pair.a_to_b.cut = False
    e1.sees_no(Alarm.RAI, within=2 * SECOND)
    e1.system_clear(within=2 * SECOND)


@case("E1/10", "Alarm indication signal", clauses=["G.775 5.2", "G.732 4.2"], proves=["N-04"], needs="e1")
def test_alarm_indication_signal(e1: SpanTester) -> None:
    """All ones received: the system shows AIS and sends RAI; both end with the ones."""
    e1.comes_up()
    e1.port.ais = True
    e1.sees(Alarm.RAI, within=REACTION)
    e1.system_has(Alarm.AIS, within=REACTION)
    e1.port.ais = False
    e1.sees_no(Alarm.RAI, within=2 * SECOND)
    e1.system_clear(within=2 * SECOND)


@case("E1/11", "Random bits are not alignment", clauses=["G.706 4.1.2"], proves=["N-04"], needs="e1")
def test_random_bits_do_not_align(e1: SpanTester) -> None:
    """Random octets on all 32 time slots: the system stays out of alignment."""
    generator = np.random.default_rng(1)

    def noise(frames: int) -> Block:
        return generator.integers(0, 256, (frames, 32), np.uint8)

    e1.comes_up()
    e1.port.raw = noise
    e1.system_has(Alarm.LOF, within=REACTION)
    e1.bench.never(
        lambda: not e1.system_alarms(), during=2 * SECOND, unwanted="alignment to noise", state=e1.where
    )


@case(
    "E1/12",
    "Remote alarm is shown",
    clauses=["G.732 4.2", "G.704 2.3.2"],
    proves=["N-04", "M-03"],
    needs="e1",
)
def test_remote_alarm_is_shown(e1: SpanTester) -> None:
    """The system's own signal is lost on the way: the tester sends RAI, and the system shows it."""
    pair = e1.pair
    if pair is None:
        raise Inconclusive("the rig cannot cut this line by itself")
    e1.comes_up()
    pair.b_to_a.cut = True
    e1.system_has(Alarm.RAI, within=REACTION)
    pair.b_to_a.cut = False
    e1.system_clear(within=2 * SECOND)


@case(
    "E1/13", "CRC multiframe alignment is recovered", clauses=["G.706 4.2"], proves=["N-04"], needs="e1.crc4"
)
def test_multiframe_alignment_is_recovered(e1: SpanTester) -> None:
    """After the multiframe alignment signal was wrong for a while, CRC-4 reports work again."""
    e1.comes_up()
    e1.port.corrupt_mfas(100)
    e1.bench.run(SECOND)
    e1.comes_up()
    before = e1.port.counters.far_end_errors
    e1.port.corrupt_crc(3)
    e1.bench.run(SECOND // 2)
    e1.bench.until(
        lambda: e1.port.counters.far_end_errors - before == 3,
        within=0,
        awaited="3 E bits at 0",
        state=lambda: f"{e1.port.counters.far_end_errors - before} E bits at 0",
    )


@case(
    "E1/14",
    "Excessive CRC errors force a new search",
    clauses=["G.706 4.3.2"],
    proves=["N-04"],
    needs="e1.crc4",
)
def test_excessive_crc_errors_force_search(e1: SpanTester) -> None:
    """915 and more of 1,000 submultiframes in error: the system gives its alignment up."""
    e1.comes_up()
    e1.port.corrupt_crc(1100)
    e1.sees(Alarm.RAI, within=3 * SECOND)
    e1.bench.run(2 * SECOND)
    e1.comes_up()


@case(
    "E1/15",
    "Payload loopback",
    clauses=["O.162"],
    proves=["M-03", "N-04"],
    needs="e1.loopback",
    unverified=True,
)
def test_payload_loopback(e1: SpanTester) -> None:
    """With the payload loop closed, 1 s of a random pattern in time slot 5 comes back bit for bit."""
    e1.comes_up()
    generator = np.random.default_rng(5)
    pattern = generator.integers(0, 256, 2 * SECOND, np.uint8)
    sent = iter(range(len(pattern)))
    heard: list[int] = []

    def source(frames: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        return np.array([pattern[next(sent) % len(pattern)] for _ in range(frames)], np.uint8)

    e1.bench.system.maintenance().set_loopback(e1.number, "PAYLOAD")
    e1.bench.run(SECOND // 10)
    e1.port.sources[5] = source
    e1.port.sinks[5] = lambda octets: heard.extend(octets.tolist())
    e1.bench.run(SECOND)
    del e1.port.sources[5], e1.port.sinks[5]
    e1.bench.system.maintenance().set_loopback(e1.number, "NONE")
    returned = bytes(heard)
    e1.bench.until(
        lambda: pattern[: SECOND // 2].tobytes() in returned,
        within=0,
        awaited="the pattern back, bit for bit",
        state=f"{len(returned)} octets returned",
    )

"""Timers of a 64 kbit/s signalling link (Q.703 12.3)."""

from __future__ import annotations

from typing import Final

from callcenter.timers import TimerSpec
from testrig.clock import MILLISECOND, SECOND, frames

CLAUSE: Final = "Q.703 12.3"


def _spec(name: str, default: int, minimum: float, maximum: float, meaning: str) -> TimerSpec:
    return TimerSpec(name, default, frames(minimum), frames(maximum), CLAUSE, meaning)


TIMERS: Final = {
    spec.name: spec
    for spec in (
        _spec("T1", 45 * SECOND, 40, 50, "aligned ready"),
        _spec("T2", 10 * SECOND, 5, 150, "not aligned"),
        _spec("T3", frames(1.5), 1, 2, "aligned"),
        _spec("T4n", 2**16, 7.5, 9.5, "normal proving period: Pn = 2^16 octets, one in every frame"),
        _spec("T4e", 2**12, 0.4, 0.6, "emergency proving period: Pe = 2^12 octets, one in every frame"),
        _spec("T5", 100 * MILLISECOND, 0.08, 0.12, "sending SIB"),
        _spec("T6", 5 * SECOND, 3, 6, "remote congestion"),
        _spec("T7", frames(1.5), 0.5, 2, "excessive delay of acknowledgement"),
    )
}
T7_PCR: Final = frames(0.8)
"""Least T7 with preventive cyclic retransmission (Q.703 12.3, note)."""

"""Timers of level 3 (Q.704 16.8, Q.707 5.5; the clause numbers within Q.707 5 are `unverified`)."""

from __future__ import annotations

from typing import Final

from callcenter.timers import TimerSpec
from testrig.clock import SECOND, frames

TIMERS: Final = {
    spec.name: spec
    for spec in (
        TimerSpec(
            "T17",
            SECOND,
            frames(0.8),
            frames(1.5),
            "Q.704 16.8",
            "delay between a failed alignment and the link's restart, against oscillation",
        ),
        TimerSpec("SLT T1", 6 * SECOND, 4 * SECOND, 12 * SECOND, "Q.707 5.5", "awaiting SLTA"),
        TimerSpec("SLT T2", 60 * SECOND, 30 * SECOND, 90 * SECOND, "Q.707 5.5", "until the next link test"),
    )
}

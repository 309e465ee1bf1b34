"""The one clock of the house: the frame of the line.

An E1 carries 8,000 frames a second (G.704 2.3.1), so an instant is an integer count of 125 us
frames since the bench was started. Nothing below the outermost shell knows any other time.
"""

from __future__ import annotations

from typing import Final

Instant = int

FRAME: Final = 1
MILLISECOND: Final = 8
SECOND: Final = 8_000
MINUTE: Final = 60 * SECOND


def frames(seconds: float) -> int:
    """Return `seconds` as a whole number of frames, rounded to the nearest."""
    return round(seconds * SECOND)


def as_seconds(instant: Instant) -> float:
    """Return an instant or a span of frames in seconds."""
    return instant / SECOND


def clock_text(instant: Instant) -> str:
    """Return an instant as `mm:ss.uuuuuu` text for traces, exact to the frame.

    >>> clock_text(8_001)
    '00:01.000125'
    """
    minutes, rest = divmod(instant, MINUTE)
    seconds, part = divmod(rest, SECOND)
    return f"{minutes:02d}:{seconds:02d}.{part * 125:06d}"

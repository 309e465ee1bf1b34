"""The bench: lines, boards, instruments, rigs and the line clock.

Nothing in this package knows a call centre or a test case. `callcenter` implements its board and
system contracts; `testline` drives whatever implements them.
"""

from __future__ import annotations

from testrig.clock import FRAME, MILLISECOND, MINUTE, SECOND, Instant, frames
from testrig.errors import RigError, TestrigError

__all__ = [
    "FRAME",
    "MILLISECOND",
    "MINUTE",
    "SECOND",
    "Instant",
    "RigError",
    "TestrigError",
    "frames",
]

"""Between causes of release (Q.850) and the unsuccessful signals of the telephone user part (Q.722 3.4).

The recommendations for interworking (Q.600 series, logic procedures of TUP and ISUP) could not be read: each
pair is chosen by what Q.850 and Q.722 say that the two mean, and is unverified.
"""

from __future__ import annotations

from typing import Final

from callcenter.ss7.tup.messages import Heading
from testrig.system import Variant

CAUSES: Final[dict[Heading, int]] = {
    Heading.SEC: 42,
    Heading.CGC: 34,
    Heading.NNC: 38,
    Heading.ADI: 28,
    Heading.CFL: 31,
    Heading.SSB: 17,
    Heading.UNN: 1,
    Heading.LOS: 27,
    Heading.SST: 4,
    Heading.ACB: 21,
    Heading.DPN: 58,
    Heading.MPR: 5,
    Heading.EUM: 17,
    Heading.SLB: 17,
    Heading.STB: 17,
}
"""Cause of release by the signal received."""

_BARRED: Final = (21, 29, 50, 53, 55, 57, 62, 87)
_BEARER: Final = (58, 63, 65, 69, 70, 79, 88)
_CONGESTION: Final = (41, 42, 43, 46, 47, 49)

SIGNALS: Final[dict[int, Heading]] = (
    {
        1: Heading.UNN,
        2: Heading.UNN,
        3: Heading.UNN,
        4: Heading.SST,
        5: Heading.MPR,
        17: Heading.SSB,
        20: Heading.SST,
        22: Heading.UNN,
        27: Heading.LOS,
        28: Heading.ADI,
        34: Heading.CGC,
        38: Heading.CGC,
        44: Heading.CGC,
    }
    | dict.fromkeys(_BARRED, Heading.ACB)
    | dict.fromkeys(_BEARER, Heading.DPN)
    | dict.fromkeys(_CONGESTION, Heading.SEC)
)
"""Signal to send before answer by cause; any other cause is a call failure (CFL)."""

IN_CHINA: Final[dict[Heading, Heading]] = {Heading.SSB: Heading.SLB, Heading.MPR: Heading.ADI}
"""SSB is not used in the network of China, which tells local from toll busy; nor is MPR (GF 001-9001)."""


def signal_of(cause: int, variant: Variant) -> Heading:
    """Return the unsuccessful signal for `cause`."""
    signal = SIGNALS.get(cause, Heading.CFL)
    return IN_CHINA.get(signal, signal) if variant == "china24" else signal


def cause_of(kind: int) -> int:
    """Return the cause for an unsuccessful signal."""
    return CAUSES[Heading(kind)]

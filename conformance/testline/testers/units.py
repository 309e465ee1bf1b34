"""Signal units as the link tester handles them: a fast path beside the scapy layer.

A link in service carries hundreds of signal units a second, so sequence numbers are cut out of the octets
here directly (Q.703 2.2 and 2.3). `conformance/tests/test_layers_mtp.py` holds both against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from testline.trace import TraceEntry
from testrig.clock import Instant

STATUSES: Final = ("SIO", "SIN", "SIE", "SIOS", "SIPO", "SIB")
"""Status indications by code (Q.703 11.1.3)."""
MODULUS: Final = 128
MALFORMED: Final = "malformed"
"""Kind of a unit whose length indicator contradicts its length, or with an unknown status."""


@dataclass(slots=True)
class Unit:
    """A signal unit received, and its equals that followed it without another in between."""

    at: Instant
    """When the first one's closing flag came (a frame early or late where several came in one block)."""
    last: Instant
    """When the latest one's closing flag came."""
    octets: bytes
    kind: str
    """`FISU`, `MSU`, one of `STATUSES`, or `malformed`."""
    bsn: int
    bib: int
    fsn: int
    fib: int
    count: int = 1
    entry: TraceEntry | None = None

    @property
    def sif(self) -> bytes:
        """Service information octet and signalling information field of an MSU."""
        return self.octets[3:]

    def __str__(self) -> str:
        return f"{self.kind} {numbers(self.bsn, self.bib, self.fsn, self.fib)}"


def numbers(bsn: int, bib: int, fsn: int, fib: int) -> str:
    """Return the sequence numbers as trace text."""
    return f"BSN {bsn} BIB {bib} FSN {fsn} FIB {fib}"


def kind_of(octets: bytes) -> str:
    """Return the kind of signal unit in `octets` (check bits removed)."""
    found = len(octets) - 3
    if found < 0 or octets[2] & 0x3F != min(found, 63):
        return MALFORMED
    if found == 0:
        return "FISU"
    if found > 2:
        return "MSU"
    code = octets[3] & 0x07
    return STATUSES[code] if code < len(STATUSES) else MALFORMED


def parse(octets: bytes, at: Instant, last: Instant) -> Unit:
    """Return what is in `octets`; sequence numbers of too short a unit are 0."""
    head = octets[:2].ljust(2, b"\x00")
    return Unit(
        at,
        last,
        octets,
        kind_of(octets),
        head[0] & 0x7F,
        head[0] >> 7,
        head[1] & 0x7F,
        head[1] >> 7,
    )


def head(bsn: int, bib: int, fsn: int, fib: int, length: int) -> bytes:
    """Return the three octets that begin every signal unit, for `length` octets of information."""
    return bytes((bsn & 0x7F | bib << 7, fsn & 0x7F | fib << 7, min(63, length)))

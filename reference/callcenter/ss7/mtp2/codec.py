"""Signal units: octets <-> fields (Q.703 2.2, 2.3 and 11.1).

Octets here are what lies between the flags without the check bits, first octet first; the low bit of an
octet is sent first. Level 3 hands over and gets an MSU as service information octet + signalling
information field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from callcenter.errors import DecodeError

MODULUS: Final = 128
"""Sequence numbers are seven bits wide (Q.703 2.3.5)."""
MAX_SIF: Final = 272
"""Octets of the signalling information field, at most (Q.703 2.3.8)."""
MIN_MSU: Final = 3
"""Service information octet and at least two octets of information (Q.703 2.3.8)."""
MAX_MSU: Final = 1 + MAX_SIF
LONGEST_INDICATED: Final = 63
"""Length indicator of every MSU with 62 octets of information or more (Q.703 2.3.3)."""


class Status(IntEnum):
    """Link status indications (Q.703 11.1.3)."""

    SIO = 0
    """Out of alignment."""
    SIN = 1
    """Normal alignment."""
    SIE = 2
    """Emergency alignment."""
    SIOS = 3
    """Out of service."""
    SIPO = 4
    """Processor outage."""
    SIB = 5
    """Busy."""


@dataclass(frozen=True, slots=True)
class SignalUnit:
    """A signal unit of any kind (Q.703 figure 3).

    ::

           8     7   6   5   4   3   2   1
        +-----+---------------------------+
        | BIB |            BSN            |  octet 1
        +-----+---------------------------+
        | FIB |            FSN            |  octet 2
        +-----+-------+-------------------+
        | spare       |        LI         |  octet 3
        +-------------+-------------------+
        | SF (LSSU, LI 1 or 2), or SIO and SIF (MSU, LI 3 to 63), or nothing (FISU, LI 0) |
        +---------------------------------+
    """

    bsn: int
    bib: int
    fsn: int
    fib: int
    status: Status | None = None
    """Set in a link status signal unit."""
    msu: bytes = b""
    """Service information octet and signalling information field of a message signal unit."""

    @property
    def kind(self) -> str:
        """`FISU`, `LSSU` or `MSU`."""
        if self.status is not None:
            return "LSSU"
        return "MSU" if self.msu else "FISU"

    def encode(self) -> bytes:
        """Return the octets, with a one-octet status field."""
        body = self.msu if self.status is None else bytes((self.status,))
        length = min(len(body), LONGEST_INDICATED)
        return bytes((self.bib << 7 | self.bsn, self.fib << 7 | self.fsn, length)) + body


STATUSES: Final = {status.value: status for status in Status}


def decode(octets: bytes) -> SignalUnit:
    """Return the signal unit in `octets` (check bits removed); `DecodeError` if there is none.

    The two spare bits beside the length indicator are ignored. A length indicator that does not agree
    with the length between the flags is an error.
    """
    if len(octets) < 3:
        raise DecodeError(f"MTP2: expected at least 3 octets, found {len(octets)}")
    first, second, length = octets[0], octets[1], octets[2] & 0b0011_1111
    body = len(octets) - 3
    if length != min(body, LONGEST_INDICATED):
        raise DecodeError(f"MTP2: offset 2: length indicator {length}, but {body} octets follow")
    if body > MAX_MSU:
        raise DecodeError(f"MTP2: offset 3: expected at most {MAX_MSU} octets, found {body}")
    status: Status | None = None
    msu = b""
    if 1 <= body < MIN_MSU:
        status = STATUSES.get(octets[3] & 0b0000_0111)
        if status is None:
            raise DecodeError(f"MTP2: offset 3: status {octets[3] & 7}, expected 0 to 5 (Q.703 11.1.3)")
    elif body:
        msu = octets[3:]
    return SignalUnit(first & 0x7F, first >> 7, second & 0x7F, second >> 7, status, msu)

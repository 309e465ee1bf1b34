"""What was found in a capture, one record a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One message of a capture."""

    number: int
    """Of the frame, counted from 1."""
    at: float
    """Seconds since the first frame of the capture."""
    opc: int
    """-1 where the capture does not carry it."""
    dpc: int
    protocol: str
    """`ISUP`, `TUP`, `MTP3` or `MTP2`."""
    title: str
    """Abbreviation of the message, or of what else it is."""
    summary: str
    octets: bytes
    """From the CIC on for ISUP and TUP; behind the label for other services."""
    cic: int | None = None
    label: str = ""
    """Short text on the ladder's arrow."""
    error: str = ""
    """Not empty where the octets could not be decoded: why."""

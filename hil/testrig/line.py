"""The contract of a line: one full-duplex E1 moving in blocks of frames."""

from __future__ import annotations

from typing import Final, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Block: TypeAlias = NDArray[np.uint8]
"""`uint8[n, 32]`: n frames of 32 time slots. Bit 1 of G.704 (sent first) is the most significant."""

Octets: TypeAlias = NDArray[np.uint8]
"""`uint8[n]`: one octet a frame, one time slot or one station's A-law audio."""

SLOTS: Final = 32
DEFAULT_BLOCK: Final = 40
"""Frames in a block unless a rig says otherwise: 5 ms."""


@runtime_checkable
class Line(Protocol):
    """One end of an E1.

    Both directions advance together: whoever drives the line sends `n` frames and then receives `n`.
    `send` and `receive` are apart so that several lines (and a system between them) can be driven in
    lock step: send on all, let the system run, receive from all. On hardware `receive` blocks until the
    device has the frames, which is what paces a rig in real time.
    """

    @property
    def name(self) -> str:
        """Name in traces and captures, for example `line0`."""
        ...

    @property
    def signal(self) -> bool:
        """False while no signal arrives (G.775 loss of signal), as the line unit reports it.

        While it is False the octets received mean nothing.
        """
        ...

    def send(self, block: Block) -> None:
        """Send `uint8[n, 32]`."""
        ...

    def receive(self, frames: int) -> Block:
        """Receive `uint8[frames, 32]`. Raises `RigError` when the device has failed."""
        ...


@runtime_checkable
class StationLine(Protocol):
    """The telephone's end of a two-wire or digital station line."""

    @property
    def name(self) -> str:
        """Name in traces, for example `station1`."""
        ...

    @property
    def ringing(self) -> bool:
        """True while ringing current is on the line (cadence included: on during the burst only)."""
        ...

    def hook(self, off: bool) -> None:
        """Lift (`off=True`) or replace the handset."""
        ...

    def send(self, audio: Octets) -> None:
        """Speak: `uint8[n]` A-law octets."""
        ...

    def receive(self, frames: int) -> Octets:
        """Hear: `uint8[frames]` A-law octets."""
        ...


@runtime_checkable
class StationPort(Protocol):
    """The exchange's end of a station line."""

    @property
    def name(self) -> str:
        """Name in traces, for example `station1`."""
        ...

    @property
    def off_hook(self) -> bool:
        """True while the telephone draws loop current."""
        ...

    def ring(self, on: bool) -> None:
        """Put ringing current on the line, or take it off (the caller makes the cadence)."""
        ...

    def send(self, audio: Octets) -> None:
        """Audio to the telephone: `uint8[n]` A-law octets."""
        ...

    def receive(self, frames: int) -> Octets:
        """Audio from the telephone: `uint8[frames]` A-law octets."""
        ...

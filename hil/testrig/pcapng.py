"""Capture files: pcapng as in the IETF draft draft-ietf-opsawg-pcapng, section by section.

Only what a capture of signalling needs is written: one section, one interface per channel, one enhanced
packet block per frame with its direction. The clock is the line's, from 0; the same frames always make
the same octets.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

from testrig.clock import Instant
from testrig.errors import LimitError

LINKTYPE_MTP2: Final = 140
"""Signal units from the first octet after the flag, without check bits (registry of link types)."""
LINKTYPE_LAPD: Final = 203
"""Q.921 frames from the address field, without check bits (registry of link types)."""

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_ENHANCED_PACKET: Final = 6
_BYTE_ORDER: Final = 0x1A2B3C4D
_END_OF_OPTIONS: Final = 0
_COMMENT: Final = 1
_USER_APPLICATION: Final = 4
_INTERFACE_NAME: Final = 2
_TIME_RESOLUTION: Final = 9
_PACKET_FLAGS: Final = 2
_INBOUND: Final = 1
_OUTBOUND: Final = 2
_MICROSECONDS: Final = 6
"""Time stamps count 10^-6 s; a frame is 125 of them."""


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def _options(*options: tuple[int, bytes]) -> bytes:
    if not options:
        return b""
    written = (struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options)
    return b"".join(written) + struct.pack("<HH", _END_OF_OPTIONS, 0)


class PcapngWriter:
    """Writes one capture to a binary stream, which stays the caller's to close."""

    def __init__(self, stream: BinaryIO, *, application: str = "testrig") -> None:
        self._stream = stream
        self._interfaces = 0
        header = struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1)
        self._block(_SECTION, header + _options((_USER_APPLICATION, application.encode())))

    def _block(self, kind: int, body: bytes) -> None:
        length = struct.pack("<I", len(body) + 12)
        self._stream.write(struct.pack("<I", kind) + length + body + length)

    def interface(self, name: str, link_type: int = LINKTYPE_MTP2) -> int:
        """Describe a channel, for example `line0 time slot 16`, and return its number."""
        options = _options((_INTERFACE_NAME, name.encode()), (_TIME_RESOLUTION, bytes([_MICROSECONDS])))
        self._block(_INTERFACE, struct.pack("<HHI", link_type, 0, 0) + options)
        self._interfaces += 1
        return self._interfaces - 1

    def packet(
        self, interface: int, at: Instant, octets: bytes, *, outbound: bool, comment: str = ""
    ) -> None:
        """Write one frame of `interface`, ended in frame `at`; `outbound`: sent by the tester.

        Raises `LimitError` for an interface that was not described.
        """
        if not 0 <= interface < self._interfaces:
            raise LimitError(f"capture: interface {interface} unknown, {self._interfaces} described")
        flags = struct.pack("<I", _OUTBOUND if outbound else _INBOUND)
        options = [(_PACKET_FLAGS, flags)]
        if comment:
            options.append((_COMMENT, comment.encode()))
        high, low = divmod(at * 125, 1 << 32)
        head = struct.pack("<IIIII", interface, high, low, len(octets), len(octets))
        self._block(_ENHANCED_PACKET, head + _padded(octets) + _options(*options))

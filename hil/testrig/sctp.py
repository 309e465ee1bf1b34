"""M3UA over SCTP: one-to-one sockets of the kernel (RFC 6458), stream and payload protocol of RFC 4666.

Each message travels as one SCTP message, so its end is known without its length field. Heartbeats,
retransmission and the choice of paths are the kernel's.
"""

from __future__ import annotations

import errno
import logging
import socket
import struct
from typing import Final

from testrig.stream import SocketStream

log = logging.getLogger(__name__)

PAYLOAD_PROTOCOL: Final = 3
"""Payload protocol identifier of M3UA (RFC 4666 7.1)."""

STREAMS: Final = 17
"""Outbound streams asked for: 0, and one for each signalling link selection of four bits (Q.704 2.2.4)."""

_INITMSG: Final = 2
_NODELAY: Final = 3
_STATUS: Final = 14
_RECVRCVINFO: Final = 32
_SNDINFO: Final = 2
_RCVINFO: Final = 3
"""Options of level IPPROTO_SCTP and types of ancillary data as Linux numbers them (`linux/sctp.h`)."""

_STATUS_HEAD: Final = struct.Struct("=iiIHHHH")
"""sctp_status: association, state, window, unacknowledged, pending, inbound and outbound streams (8.2.1)."""
_STATUS_SIZE: Final = 176
_SEND: Final = struct.Struct("=HHIIi")
"""sctp_sndinfo: stream, flags, payload protocol as it goes on the line, context, association (5.3.4)."""

_ROOM: Final = socket.CMSG_SPACE(28)
"""Octets of sctp_rcvinfo (5.3.5), which begins with the stream."""

_HEADER: Final = 8
_DATA: Final = b"\x01\x01"
_PROTOCOL_DATA: Final = 0x0210
_SELECTION: Final = 15
"""Offset of the selection from the parameter's tag (RFC 4666 3.3.1)."""
_DIAGNOSTIC: Final = 40
"""Octets of an offending message that go back with the error (3.8.1)."""
_LONGEST: Final = 1 << 16
"""Octets of an SCTP message that is still put together; a longer one ends the association."""


def available() -> bool:
    """Whether this kernel has SCTP."""
    try:
        open_socket(socket.AF_INET).close()
    except OSError:
        return False
    return True


def open_socket(family: int) -> socket.socket:
    """Return a socket that asks for `STREAMS` streams. Raises `OSError` where there is no SCTP."""
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_SCTP)
    made.setsockopt(socket.IPPROTO_SCTP, _INITMSG, struct.pack("=HHHH", STREAMS, 0, 0, 0))
    return made


class SctpStream(SocketStream):
    """A connected SCTP socket as a `Stream`. `streams` is how many the other end takes."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(connected)
        self.malformed = 0
        """Messages dropped because their length field says more octets than came, or far fewer."""
        self.misplaced = 0
        """DATA that came on stream 0; it is answered by ERR."""
        self.streams = 0
        self._part = b""
        try:
            for option in (_NODELAY, _RECVRCVINFO):
                connected.setsockopt(socket.IPPROTO_SCTP, option, struct.pack("=i", 1))
            status = connected.getsockopt(socket.IPPROTO_SCTP, _STATUS, _STATUS_SIZE)
            self.streams = _STATUS_HEAD.unpack_from(status)[-1]
        except OSError as error:  # gone again before it was taken
            log.debug("%s: %s", self.peer, error)
            self.close()
            return
        if self.streams < 2:  # DATA may not go on stream 0
            log.warning("%s: found %d stream, expected 2 or more: given up", self.peer, self.streams)
            self.close()

    def _put(self, octets: bytes) -> int:
        stream = stream_of(octets, self.streams)
        how = _SEND.pack(stream, 0, socket.htonl(PAYLOAD_PROTOCOL), 0, 0)
        return self._socket.sendmsg([octets], [(socket.IPPROTO_SCTP, _SNDINFO, how)])

    def _get(self) -> bytes | None:
        octets, ancillary, flags, _ = self._socket.recvmsg(_LONGEST, _ROOM)
        if not octets:
            return None
        self._part += octets
        if len(self._part) > _LONGEST:
            raise OSError(errno.EMSGSIZE, f"message of more than {_LONGEST} octets")
        if not flags & socket.MSG_EOR:
            return b""
        message, self._part = self._part, b""
        stream = next((info[:2] for _, kind, info in ancillary if kind == _RCVINFO), None)
        return self._checked(message, stream == b"\0\0")

    def _checked(self, message: bytes, on_stream_0: bool) -> bytes:
        """Return the message, or nothing when it is dropped."""
        found = fitted(message)
        if not found:
            self.malformed += 1
            if self.malformed == 1:
                log.warning("%s: messages whose length field is wrong: dropped", self.peer)
        elif on_stream_0 and found[2:4] == _DATA:
            self.misplaced += 1
            self.send(invalid_stream(found))
            return b""
        return found


def invalid_stream(message: bytes) -> bytes:
    """Return ERR "invalid stream identifier" for `message`, with its head (RFC 4666 3.8.1)."""
    head = message[:_DIAGNOSTIC]
    diagnostic = struct.pack(">HH", 0x0007, 4 + len(head)) + head + bytes(-len(head) % 4)
    body = struct.pack(">HHI", 0x000C, 8, 0x09) + diagnostic
    return struct.pack(">BBHI", 1, 0, 0x0000, _HEADER + len(body)) + body


def fitted(message: bytes) -> bytes:
    """Return `message` as long as its header says: padding of the last parameter need not be counted
    (RFC 4666 3.1.4). Nothing for any other difference."""
    length = int.from_bytes(message[4:_HEADER], "big")
    fits = len(message) >= _HEADER and 0 <= len(message) - length < 4
    return message[:length] if fits else b""


def stream_of(message: bytes, streams: int) -> int:
    """Return the stream for `message` (RFC 4666 1.4.7): 0 for all but DATA; for DATA another one, always the
    same for the same selection."""
    if message[2:4] != _DATA:
        return 0
    at = _HEADER
    while at + _SELECTION < len(message):
        tag, length = struct.unpack_from(">HH", message, at)
        if tag == _PROTOCOL_DATA:
            return 1 + (message[at + _SELECTION] & 0x0F) % (streams - 1)
        at += max(4, length + -length % 4)
    return 1

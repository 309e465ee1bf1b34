"""Structure-agnostic E1 over packets, SAToP (RFC 4553), over UDP.

A packet is a control word of four octets and `payload` octets of the unstructured E1, 256 unless agreed
otherwise (RFC 4553 clause 5.1): 8 frames of 32 octets. No RTP header is used (it is optional, 4.3.2)::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |0 0 0 0|L|R|RSV|FRG|    LEN    |        sequence number        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

`Packetiser` and `Depacketiser` know neither sockets nor clocks: a packet counts as lost when enough later
ones are there, so the same packets always give the same line. `SatopLine` is the thin shell with a socket.
"""

from __future__ import annotations

import socket
import struct
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from testrig.errors import LimitError, RigError
from testrig.line import SLOTS, Block, Octets

DEFAULT_PAYLOAD: Final = 256
"""Octets; every implementation for E1 has it (RFC 4553 clause 5.1)."""

DEFAULT_DELAY: Final = 4
"""Packets held back against jitter: 4 ms with the default payload."""

_LARGEST_PAYLOAD: Final = 1_440
"""Octets that still fit an Ethernet frame behind IPv4, UDP and the control word: 45 frames."""

_HEADER: Final = struct.Struct("!HH")
_LOCAL_FAULT: Final = 0x0800
_REMOTE_LOSS: Final = 0x0400
_LEN_BELOW: Final = 64
"""LEN holds the length of control word and payload if that is less than 64 octets (4.3.1)."""

_SEQUENCE: Final = 1 << 16
_LOSS_ENTER: Final = 8
"""Lost packets in a row that make the packet loss state (6.2.1: configurable, 8 by default; unverified)."""

_LOSS_LEAVE: Final = 2
"""Packets in sequence that end it (6.2.1; value our choice)."""

_FAR_AWAY: Final = 1_000
"""Packets by which a sequence number may run ahead before the far end counts as restarted."""

_AIS: Final = 0xFF


@dataclass(frozen=True, slots=True)
class ControlWord:
    """`local_fault` is L, `remote_loss` is R, `length` is LEN."""

    sequence: int
    local_fault: bool = False
    remote_loss: bool = False
    length: int = 0

    def encode(self) -> bytes:
        """The four octets."""
        flags = (_LOCAL_FAULT if self.local_fault else 0) | (_REMOTE_LOSS if self.remote_loss else 0)
        return _HEADER.pack(flags | self.length, self.sequence)

    @classmethod
    def decode(cls, packet: bytes) -> ControlWord | None:
        """Read the control word at the head of `packet`; None if it is none (too short, first four bits
        not 0, or fragmented)."""
        if len(packet) < _HEADER.size:
            return None
        word, sequence = _HEADER.unpack_from(packet)
        if word & 0xF0C0:
            return None
        return cls(sequence, bool(word & _LOCAL_FAULT), bool(word & _REMOTE_LOSS), word & 0x3F)


@dataclass(slots=True)
class SatopCounters:
    """What a depacketiser has seen."""

    received: int = 0
    lost: int = 0
    """Packets replaced by all ones."""
    late: int = 0
    """Packets that came after they had been given up, duplicates of played ones among them."""
    duplicates: int = 0
    malformed: int = 0
    """Bad control word or payload of another size."""
    restarts: int = 0
    """Times the far end began a new sequence."""


def _check_payload(payload: int) -> None:
    if payload % SLOTS or not SLOTS <= payload <= _LARGEST_PAYLOAD:
        raise LimitError(
            f"SAToP payload: found {payload} octets, expected a multiple of {SLOTS} from {SLOTS} "
            f"to {_LARGEST_PAYLOAD}"
        )


class Packetiser:
    """Cuts a line into packets.

    `local_fault` sets L (the line's own signal is missing), `remote_loss` sets R; both may be changed at
    any time and hold from the next packet on.
    """

    __slots__ = ("_payload", "_rest", "_sequence", "local_fault", "remote_loss")

    def __init__(self, *, payload: int = DEFAULT_PAYLOAD, sequence: int = 0) -> None:
        _check_payload(payload)
        self._payload = payload
        self._sequence = sequence % _SEQUENCE
        self._rest = b""
        self.local_fault = False
        self.remote_loss = False

    def put(self, block: Block) -> list[bytes]:
        """Take `uint8[n, 32]` and return the packets that are full."""
        octets = self._rest + block.tobytes()
        count = len(octets) // self._payload
        packets = [
            self._header() + octets[at : at + self._payload]
            for at in range(0, count * self._payload, self._payload)
        ]
        self._rest = octets[count * self._payload :]
        return packets

    def _header(self) -> bytes:
        length = self._payload + _HEADER.size
        word = ControlWord(
            self._sequence,
            self.local_fault,
            self.remote_loss,
            length if length < _LEN_BELOW else 0,
        )
        self._sequence = (self._sequence + 1) % _SEQUENCE
        return word.encode()


class Depacketiser:
    """Makes a line of packets again.

    The first packet is preceded by `delay` packets of all ones, the jitter buffer. A missing packet is
    waited for until `delay` later ones are there; then all ones take its place (RFC 4553 6.2.1).
    """

    __slots__ = (
        "_delay",
        "_in_sequence",
        "_losses",
        "_next",
        "_payload",
        "_played",
        "_ready",
        "_ready_octets",
        "_waiting",
        "counters",
        "packet_loss",
        "remote_loss",
        "signal",
    )

    def __init__(self, *, payload: int = DEFAULT_PAYLOAD, delay: int = DEFAULT_DELAY) -> None:
        _check_payload(payload)
        if delay < 1:
            raise LimitError(f"SAToP delay: found {delay} packets, expected 1 or more")
        self._payload = payload
        self._delay = delay
        self._next: int | None = None
        self._waiting: dict[int, tuple[bytes, bool]] = {}
        self._ready: deque[tuple[bytes, bool]] = deque()
        self._ready_octets = 0
        self._played = 0
        self._losses = 0
        self._in_sequence = 0
        self.counters = SatopCounters()
        self.remote_loss = False
        """R of the packet received last: the far end misses ours."""
        self.packet_loss = False
        """We are in the packet loss state; to be sent as R."""
        self.signal = False
        """Whether the octets taken last came from a line with signal (no L, no packet loss)."""

    def put(self, packet: bytes) -> None:
        """Take one packet as it came from the network, in whatever order."""
        word = ControlWord.decode(packet)
        payload = packet[_HEADER.size :]
        valid = word is not None and (
            len(payload) == self._payload or (word.local_fault and not payload)  # L may omit it (4.3.1)
        )
        if word is None or not valid:
            self.counters.malformed += 1
            return
        self.counters.received += 1
        self.remote_loss = word.remote_loss
        if self._next is None:
            self._begin(word.sequence, fill=True)
        ahead = (word.sequence - (self._next or 0)) % _SEQUENCE
        if ahead >= _SEQUENCE - _FAR_AWAY:
            self.counters.late += 1
            return
        if ahead > _FAR_AWAY:
            self.counters.restarts += 1
            self._begin(word.sequence, fill=False)
        if word.sequence in self._waiting:
            self.counters.duplicates += 1
            return
        octets = b"\xff" * self._payload if word.local_fault else payload
        self._waiting[word.sequence] = (octets, not word.local_fault)
        self._settle()

    def _begin(self, sequence: int, *, fill: bool) -> None:
        self._next = sequence
        self._waiting.clear()
        if fill:
            for _ in range(self._delay):
                self._append(b"\xff" * self._payload, signal=False)

    def _settle(self) -> None:
        """Move what is complete, or given up, from waiting to ready."""
        while self._next is not None and self._waiting:
            packet = self._waiting.pop(self._next, None)
            if packet is not None:
                self._losses = 0
                self._in_sequence += 1
                if self._in_sequence >= _LOSS_LEAVE:
                    self.packet_loss = False
                self._append(*packet)
            elif len(self._waiting) >= self._delay:
                self.counters.lost += 1
                self._losses += 1
                self._in_sequence = 0
                if self._losses >= _LOSS_ENTER:
                    self.packet_loss = True
                self._append(b"\xff" * self._payload, signal=not self.packet_loss)
            else:
                return
            self._next = (self._next + 1) % _SEQUENCE

    def _append(self, octets: bytes, signal: bool) -> None:
        self._ready.append((octets, signal))
        self._ready_octets += len(octets)

    @property
    def available(self) -> int:
        """Frames that can be taken now."""
        return (self._ready_octets - self._played) // SLOTS

    def take(self, frames: int) -> Block:
        """The next `uint8[frames, 32]`. Raises `LimitError` for more than `available`."""
        if frames > self.available:
            raise LimitError(f"SAToP: taking {frames} frames, expected at most {self.available}")
        octets: Octets = np.empty(frames * SLOTS, np.uint8)
        filled = 0
        while filled < len(octets):
            head, self.signal = self._ready[0]
            part = head[self._played : self._played + len(octets) - filled]
            octets[filled : filled + len(part)] = np.frombuffer(part, np.uint8)
            filled += len(part)
            self._played += len(part)
            if self._played == len(head):
                self._ready.popleft()
                self._ready_octets -= len(head)
                self._played = 0
        return octets.reshape(frames, SLOTS)


Address = tuple[str, int]
"""Host and UDP port."""


class SatopLine:
    """A line over a UDP pseudowire. The far end's packets pace it."""

    __slots__ = ("_depacketiser", "_local", "_name", "_packetiser", "_remote", "_socket", "_timeout_s")

    def __init__(
        self,
        name: str,
        local: Address,
        remote: Address,
        *,
        payload: int = DEFAULT_PAYLOAD,
        delay: int = DEFAULT_DELAY,
        timeout_s: float = 2.0,
    ) -> None:
        """Bind `local` and exchange packets with `remote`. `timeout_s` is how long `receive` waits for a
        packet before it says the rig has failed. Raises `RigError` if the socket cannot be had."""
        self._name = name
        self._remote = remote
        self._timeout_s = timeout_s
        self._packetiser = Packetiser(payload=payload)
        self._depacketiser = Depacketiser(payload=payload, delay=delay)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            # room for a second of packets, which the bench may send at once
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            self._socket.bind(local)
            self._socket.settimeout(timeout_s)
        except OSError as error:
            self._socket.close()
            raise RigError(f"{name}: cannot bind UDP {local[0]}:{local[1]}: {error}") from error
        self._local: Address = self._socket.getsockname()

    @property
    def name(self) -> str:
        return self._name

    @property
    def local(self) -> Address:
        """Where it is bound; the port the system chose when 0 was asked for."""
        return self._local

    @property
    def signal(self) -> bool:
        return self._depacketiser.signal

    @property
    def counters(self) -> SatopCounters:
        return self._depacketiser.counters

    def connect(self, remote: Address) -> None:
        """Send to `remote` from now on."""
        self._remote = remote

    def send(self, block: Block) -> None:
        """Send `uint8[n, 32]`; full packets go out at once, the rest with the next block."""
        self._packetiser.remote_loss = self._depacketiser.packet_loss
        for packet in self._packetiser.put(block):
            try:
                self._socket.sendto(packet, self._remote)
            except ConnectionRefusedError:
                continue  # nobody listens there yet; what is missing is noticed where it is received
            except OSError as error:
                raise RigError(
                    f"{self._name}: sending to {self._remote[0]}:{self._remote[1]}: {error}"
                ) from error

    def receive(self, frames: int) -> Block:
        """Receive `uint8[frames, 32]`, waiting for packets. Raises `RigError` when none comes in time."""
        while self._depacketiser.available < frames:
            try:
                packet, sender = self._socket.recvfrom(2048)
            except ConnectionRefusedError:
                continue
            except TimeoutError as error:
                raise RigError(
                    f"{self._name}: no packet from {self._remote[0]}:{self._remote[1]} for "
                    f"{self._timeout_s:g} s; received {self._depacketiser.counters.received} so far"
                ) from error
            except OSError as error:
                raise RigError(f"{self._name}: receiving on port {self._local[1]}: {error}") from error
            if sender[1] == self._remote[1]:
                self._depacketiser.put(packet)
        return self._depacketiser.take(frames)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

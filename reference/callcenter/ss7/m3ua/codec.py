"""Octets of M3UA messages (RFC 4666 3): common header, parameters, protocol data, routing keys.

A parameter that is not known survives a round trip: a message is its class, its type and its parameters in
order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from callcenter.errors import DecodeError

VERSION: Final = 1
HEADER: Final = 8
LONGEST: Final = 4_096
"""Octets of a message we take: a user message of 272 octets (Q.703 2.2), or some hundred point codes."""


class Type(IntEnum):
    """Class and type of a message (3.1.2), class in the high octet."""

    ERR = 0x0000
    NTFY = 0x0001
    DATA = 0x0101
    DUNA = 0x0201
    DAVA = 0x0202
    DAUD = 0x0203
    SCON = 0x0204
    DUPU = 0x0205
    DRST = 0x0206
    UP = 0x0301
    DOWN = 0x0302
    BEAT = 0x0303
    UP_ACK = 0x0304
    DOWN_ACK = 0x0305
    BEAT_ACK = 0x0306
    ACTIVE = 0x0401
    INACTIVE = 0x0402
    ACTIVE_ACK = 0x0403
    INACTIVE_ACK = 0x0404
    REG_REQ = 0x0901
    REG_RSP = 0x0902
    DEREG_REQ = 0x0903
    DEREG_RSP = 0x0904


CLASSES: Final = frozenset(kind >> 8 for kind in Type)


class Tag(IntEnum):
    """Parameters (3.2)."""

    INFO = 0x0004
    ROUTING_CONTEXT = 0x0006
    DIAGNOSTIC = 0x0007
    HEARTBEAT = 0x0009
    TRAFFIC_MODE = 0x000B
    ERROR_CODE = 0x000C
    STATUS = 0x000D
    ASP_IDENTIFIER = 0x0011
    AFFECTED_POINT_CODE = 0x0012
    CORRELATION = 0x0013
    NETWORK_APPEARANCE = 0x0200
    USER_CAUSE = 0x0204
    CONGESTION = 0x0205
    CONCERNED = 0x0206
    ROUTING_KEY = 0x0207
    REGISTRATION_RESULT = 0x0208
    DEREGISTRATION_RESULT = 0x0209
    LOCAL_KEY = 0x020A
    DPC = 0x020B
    SERVICES = 0x020C
    OPC_LIST = 0x020E
    PROTOCOL_DATA = 0x0210
    REGISTRATION_STATUS = 0x0212
    DEREGISTRATION_STATUS = 0x0213


WORDS: Final = frozenset(
    {
        Tag.ROUTING_CONTEXT,
        Tag.TRAFFIC_MODE,
        Tag.ERROR_CODE,
        Tag.STATUS,
        Tag.ASP_IDENTIFIER,
        Tag.AFFECTED_POINT_CODE,
        Tag.CORRELATION,
        Tag.NETWORK_APPEARANCE,
        Tag.USER_CAUSE,
        Tag.CONGESTION,
        Tag.CONCERNED,
        Tag.LOCAL_KEY,
        Tag.DPC,
        Tag.OPC_LIST,
        Tag.REGISTRATION_STATUS,
        Tag.DEREGISTRATION_STATUS,
    }
)
"""Parameters of whole 32-bit words."""
LISTS: Final = frozenset({Tag.ROUTING_CONTEXT, Tag.AFFECTED_POINT_CODE, Tag.OPC_LIST})
"""Those of them that may hold several."""

MANDATORY: Final = {
    Type.DATA: Tag.PROTOCOL_DATA,
    Type.DUNA: Tag.AFFECTED_POINT_CODE,
    Type.DAVA: Tag.AFFECTED_POINT_CODE,
    Type.DAUD: Tag.AFFECTED_POINT_CODE,
    Type.SCON: Tag.AFFECTED_POINT_CODE,
    Type.DUPU: Tag.AFFECTED_POINT_CODE,
    Type.DRST: Tag.AFFECTED_POINT_CODE,
    Type.REG_REQ: Tag.ROUTING_KEY,
    Type.DEREG_REQ: Tag.ROUTING_CONTEXT,
    Type.ERR: Tag.ERROR_CODE,
    Type.NTFY: Tag.STATUS,
}


class Error(IntEnum):
    """Error codes (3.8.1)."""

    INVALID_VERSION = 0x01
    UNSUPPORTED_CLASS = 0x03
    UNSUPPORTED_TYPE = 0x04
    UNSUPPORTED_MODE = 0x05
    UNEXPECTED_MESSAGE = 0x06
    PROTOCOL_ERROR = 0x07
    INVALID_STREAM = 0x09
    REFUSED = 0x0D
    ASP_IDENTIFIER_REQUIRED = 0x0E
    INVALID_ASP_IDENTIFIER = 0x0F
    INVALID_VALUE = 0x11
    PARAMETER_FIELD = 0x12
    UNEXPECTED_PARAMETER = 0x13
    STATUS_UNKNOWN = 0x14
    INVALID_APPEARANCE = 0x15
    MISSING_PARAMETER = 0x16
    INVALID_CONTEXT = 0x19
    NO_CONFIGURED_AS = 0x1A


class M3uaError(DecodeError):
    """A message that is answered by ERR with `code` and the parameters `more`."""

    def __init__(self, code: Error, text: str, *more: tuple[int, bytes]) -> None:
        super().__init__(f"M3UA: {text}")
        self.code = code
        self.more = more


@dataclass(frozen=True, slots=True)
class Message:
    """Class and type in `kind`, then tags with their values.

    ::

        version | reserved | class | type
        length of the message, header and padding included (4 octets)
        parameters: tag (2) | length without padding (2) | value | padding to four octets
    """

    kind: int
    parameters: tuple[tuple[int, bytes], ...] = ()

    def encode(self) -> bytes:
        """Return the octets."""
        body = b"".join(parameter(tag, value) for tag, value in self.parameters)
        return struct.pack(">BBHI", VERSION, 0, self.kind, HEADER + len(body)) + body

    def get(self, tag: int) -> bytes | None:
        """Return the value of the first parameter `tag`."""
        return next((value for each, value in self.parameters if each == tag), None)

    def words(self, tag: int) -> tuple[int, ...]:
        """Return the 32-bit words of parameter `tag`; none when it is not there."""
        value = self.get(tag) or b""
        return tuple(each for (each,) in struct.iter_unpack(">I", value))

    def word(self, tag: int) -> int | None:
        """Return the only or first word of parameter `tag`."""
        return next(iter(self.words(tag)), None)


def parameter(tag: int, value: bytes) -> bytes:
    """Return a parameter with its padding."""
    return struct.pack(">HH", tag, 4 + len(value)) + value + bytes(-len(value) % 4)


def word(*values: int) -> bytes:
    """Return 32-bit words."""
    return struct.pack(f">{len(values)}I", *values)


def parameters(octets: bytes) -> tuple[tuple[int, bytes], ...]:
    """Return the parameters in `octets`; `M3uaError` for a length that cannot be or a word that is none.

    The padding of the last one may be missing (3.1.4: a receiver accepts a message without it).
    """
    found = []
    offset = 0
    while offset < len(octets):
        if len(octets) - offset < 4:
            raise M3uaError(Error.PARAMETER_FIELD, f"parameter cut off at offset {offset}")
        tag, length = struct.unpack_from(">HH", octets, offset)
        if length < 4 or offset + length > len(octets):
            raise M3uaError(Error.PARAMETER_FIELD, f"parameter {tag:#06x}: length {length}")
        value = octets[offset + 4 : offset + length]
        wrong = len(value) != 4 if tag not in LISTS else not value or len(value) % 4
        if tag in WORDS and wrong:
            raise M3uaError(Error.PARAMETER_FIELD, f"parameter {tag:#06x}: {len(value)} octets of words")
        found.append((tag, value))
        offset += length + -length % 4
    return tuple(found)


def decode(octets: bytes) -> Message:
    """Return the message in `octets`, which are as many as its header says; raises `M3uaError`."""
    version, _, kind, _ = struct.unpack_from(">BBHI", octets)
    if version != VERSION:
        raise M3uaError(Error.INVALID_VERSION, f"version {version}, expected {VERSION}")
    if kind >> 8 not in CLASSES:
        raise M3uaError(Error.UNSUPPORTED_CLASS, f"class {kind >> 8}")
    if kind not in Type.__members__.values():
        raise M3uaError(Error.UNSUPPORTED_TYPE, f"class {kind >> 8} type {kind & 0xFF}")
    message = Message(kind, parameters(octets[HEADER:]))
    needed = MANDATORY.get(Type(kind))
    if needed is not None and message.get(needed) is None:
        raise M3uaError(Error.MISSING_PARAMETER, f"{Type(kind).name} without {needed.name}")
    return message


def unexpected(message: Message, text: str) -> M3uaError:
    """Return the error for a message in a wrong state; its routing contexts go with it (3.8.1)."""
    named = [each for each in message.parameters if each[0] == Tag.ROUTING_CONTEXT]
    return M3uaError(Error.UNEXPECTED_MESSAGE, text, *named)


def invalid_contexts(wrong: Iterable[int]) -> M3uaError:
    """Return the error for routing contexts that are not known; it names them (3.8.1)."""
    found = tuple(wrong)
    return M3uaError(Error.INVALID_CONTEXT, f"routing contexts {found}", (Tag.ROUTING_CONTEXT, word(*found)))


class Framer:
    """Cuts a stream of octets into messages by their length field; `broken` once it cannot be one.

    The padding of the last parameter may be left out of the length (3.1.4): zeros before a header, whose
    first octet is the version, are passed over then.
    """

    def __init__(self) -> None:
        self._octets = b""
        self._padding = 0
        self.broken = False

    def put(self, octets: bytes) -> Iterable[bytes]:
        """Take octets; return the whole messages in what has come."""
        self._octets += octets
        found = []
        self._skip()
        while len(self._octets) >= HEADER and not self.broken:
            length = int.from_bytes(self._octets[4:8], "big")
            if not HEADER <= length <= LONGEST:
                self.broken = True
                break
            if len(self._octets) < length:
                break
            found.append(self._octets[:length])
            self._octets = self._octets[length:]
            self._padding = -length % 4
            self._skip()
        return found

    def _skip(self) -> None:
        while self._padding and self._octets[:1] == b"\0":
            self._octets, self._padding = self._octets[1:], self._padding - 1
        if self._octets:
            self._padding = 0


@dataclass(frozen=True, slots=True)
class ProtocolData:
    """What a DATA carries (3.3.1): OPC and DPC of 4 octets, SI, NI, message priority, SLS, user data."""

    opc: int
    dpc: int
    si: int
    ni: int
    sls: int
    data: bytes
    priority: int = 0

    def encode(self) -> bytes:
        """Return the value of the parameter."""
        label = struct.pack(">IIBBBB", self.opc, self.dpc, self.si, self.ni, self.priority, self.sls)
        return label + self.data


def protocol_data(value: bytes) -> ProtocolData:
    """Return the protocol data in `value`; `M3uaError` when its label is cut."""
    if len(value) < 12:
        raise M3uaError(Error.PARAMETER_FIELD, f"protocol data of {len(value)} octets, expected 12 or more")
    opc, dpc, si, ni, priority, sls = struct.unpack_from(">IIBBBB", value)
    return ProtocolData(opc, dpc, si, ni, sls, value[12:], priority)

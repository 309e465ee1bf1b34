"""Capture files: classic pcap and pcapng, read frame by frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from testline.errors import TestlineError

PCAP_MAGICS: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}
"""Byte order and time stamps a second of classic pcap, by magic number."""
PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _SIMPLE, _ENHANCED, _SECTION = 1, 3, 6, 0x0A0D0D0A
_OPTION_NAME, _OPTION_RESOLUTION = 2, 9


class NotReadable(TestlineError):
    """A file is no capture, or breaks off; says which file, where and what was found."""


class Frame(NamedTuple):
    """One frame of a capture."""

    number: int
    """Counted from 1."""
    at: float
    """Seconds since the epoch of the file."""
    link_type: int
    interface: str
    octets: bytes


class _Interface(NamedTuple):
    link_type: int
    name: str
    resolution: float


def read_capture(path: Path) -> Iterator[Frame]:
    """Yield the frames of a capture file. Raises `NotReadable`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotReadable(f"{path}: {error.strerror or error}") from error
    magic = data[:4]
    if magic in PCAP_MAGICS:
        yield from _classic(path, data, *PCAP_MAGICS[magic])
    elif magic == PCAPNG_MAGIC:
        yield from _next_generation(path, data)
    else:
        found = magic.hex(" ") if magic else "an empty file"
        raise NotReadable(f"{path}: not a pcap or pcapng capture; it begins with {found}")


def _classic(path: Path, data: bytes, order: str, ticks: int) -> Iterator[Frame]:
    if len(data) < 24:
        raise NotReadable(f"{path}: file header breaks off after {len(data)} of 24 octets")
    link_type = struct.unpack_from(order + "I", data, 20)[0] & 0x0FFFFFFF
    offset, number = 24, 0
    while offset < len(data):
        number += 1
        if offset + 16 > len(data):
            raise NotReadable(f"{path}: frame {number}: header breaks off")
        seconds, part, length, _ = struct.unpack_from(order + "4I", data, offset)
        offset += 16
        if offset + length > len(data):
            left = len(data) - offset
            raise NotReadable(f"{path}: frame {number}: {length} octets announced, {left} left")
        yield Frame(number, seconds + part / ticks, link_type, "", data[offset : offset + length])
        offset += length


def _next_generation(path: Path, data: bytes) -> Iterator[Frame]:
    interfaces: list[_Interface] = []
    order, offset, number = "<", 0, 0
    while offset < len(data):
        if offset + 12 > len(data):
            raise NotReadable(f"{path}: block at octet {offset} breaks off")
        if data[offset : offset + 4] == PCAPNG_MAGIC:
            order = "<" if data[offset + 8 : offset + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "2I", data, offset)
        if length < 12 or offset + length > len(data):
            raise NotReadable(f"{path}: block at octet {offset} announces {length} octets")
        body = data[offset + 8 : offset + length - 4]
        offset += length
        if kind == _INTERFACE and len(body) >= 8:
            interfaces.append(_interface(body, order))
        elif kind in {_ENHANCED, _SIMPLE}:
            number += 1
            yield _packet(path, number, kind, body, order=order, interfaces=interfaces)


def _packet(
    path: Path, number: int, kind: int, body: bytes, *, order: str, interfaces: list[_Interface]
) -> Frame:
    simple = kind == _SIMPLE
    if len(body) < (4 if simple else 20):
        raise NotReadable(f"{path}: frame {number}: block of {len(body)} octets is too short")
    index = 0 if simple else struct.unpack_from(order + "I", body)[0]
    if index >= len(interfaces):
        raise NotReadable(f"{path}: frame {number}: interface {index} is not described")
    interface = interfaces[index]
    if simple:
        return Frame(number, 0.0, interface.link_type, interface.name, body[4:])
    high, low, length = struct.unpack_from(order + "3I", body, 4)
    at = (high << 32 | low) * interface.resolution
    return Frame(number, at, interface.link_type, interface.name, body[20 : 20 + length])


def _interface(body: bytes, order: str) -> _Interface:
    link_type = struct.unpack_from(order + "H", body)[0]
    name, resolution, offset = "", 1e-6, 8
    while offset + 4 <= len(body):
        code, length = struct.unpack_from(order + "2H", body, offset)
        value = body[offset + 4 : offset + 4 + length]
        offset += 4 + (length + 3) // 4 * 4
        if code == 0:
            break
        if code == _OPTION_NAME:
            name = value.decode("utf-8", "replace")
        elif code == _OPTION_RESOLUTION and value:
            resolution = 2.0 ** -(value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** -value[0]
    return _Interface(link_type, name, resolution)

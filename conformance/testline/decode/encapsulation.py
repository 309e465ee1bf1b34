"""From a captured frame down to the MSUs in it: MTP2, MTP3, exported PDUs, and SIGTRAN over SCTP."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from testline.decode.capture import Frame
from testline.layers.errors import NotDecodable
from testline.layers.mtp2 import decode_mtp2
from testline.layers.mtp3 import decode_mtp3
from testline.layers.tup import join
from testrig.crc import MIRRORED, fcs_is_good

ETHERNET, RAW_IP, LINUX_COOKED, MTP2_PSEUDO, MTP2, MTP3, EXPORTED = 1, 101, 113, 139, 140, 141, 252
SCTP: Final = 132
TUP: Final = 4
M2UA, M3UA, M2PA = 2, 3, 5
"""SCTP payload protocol identifiers."""


class Msu(NamedTuple):
    """What travels behind a label, for TUP from its CIC on.

    `opc` and `dpc` are -1 where the capture does not carry them.
    """

    opc: int
    dpc: int
    sls: int
    si: int
    data: bytes


class LinkStatus(NamedTuple):
    """A signal unit that carries no message: `FISU`, or the name of a status indication."""

    name: str


Found = Msu | LinkStatus


def unwrap(frame: Frame, variant: str) -> Iterator[Found]:
    """Yield the signal units and MSUs in `frame`; nothing for frames without any.

    Raises `NotDecodable` for a frame that says it carries one and does not.
    """
    octets = frame.octets
    if frame.link_type == MTP2:
        yield _mtp2(octets, variant)
    elif frame.link_type == MTP2_PSEUDO:
        yield _mtp2(octets[4:], variant)
    elif frame.link_type == MTP3:
        yield _mtp3(octets, variant)
    elif frame.link_type == EXPORTED:
        yield from _exported(octets, variant)
    else:
        for protocol, payload in _sctp_data(_ip(frame.link_type, octets)):
            yield from _sigtran(protocol, payload, variant)


def export(dissector: str, octets: bytes) -> bytes:
    """Return `octets` as an exported PDU for a dissector of Wireshark."""
    name = dissector.encode()
    name += bytes(-len(name) % 4)
    return struct.pack(">HH", 12, len(name)) + name + bytes(4) + octets


def without_fcs(octets: bytes) -> bytes:
    """Return a signal unit without its check bits, if it has them.

    With a length indicator below 63 the length tells; with 63 only right check bits do.
    """
    if len(octets) < 5:
        return octets
    length, found = octets[2] & 0x3F, len(octets) - 3
    if found - length == 2 or (length == 63 and fcs_is_good(octets.translate(MIRRORED))):
        return octets[:-2]
    return octets


def _mtp2(octets: bytes, variant: str) -> Found:
    unit = decode_mtp2(without_fcs(octets))
    if unit.name == "FISU":
        return LinkStatus("FISU")
    if unit.name == "LSSU":
        return LinkStatus(str(unit.sprintf("%status%")))
    return _mtp3(unit.sif, variant)


def _mtp3(octets: bytes, variant: str) -> Msu:
    msu = decode_mtp3(octets, variant)
    data = bytes(msu.data)
    if msu.si == TUP:
        data = join(msu.sls | getattr(msu, "sls_spare", 0) << 4, data, variant)
    return Msu(msu.opc, msu.dpc, msu.sls, msu.si, data)


def _exported(octets: bytes, variant: str) -> Iterator[Found]:
    """Exported PDU: tags of 16 bits with lengths, ended by tag 0; tag 12 names the dissector."""
    offset, tags = 0, dict[int, bytes]()
    while True:
        if offset + 4 > len(octets):
            raise NotDecodable("exported PDU: tags break off", octets)
        tag, length = struct.unpack_from(">2H", octets, offset)
        offset += 4
        if tag == 0:
            break
        tags[tag] = octets[offset : offset + length]
        offset += length
    protocol = tags.get(12, b"").rstrip(b"\x00").decode("ascii", "replace")
    body = octets[offset + length :]
    if protocol == "isup":
        opc, dpc = (
            int.from_bytes(tags[tag][:4], "big") if len(tags.get(tag, b"")) >= 4 else -1 for tag in (29, 30)
        )
        yield Msu(opc, dpc, 0, 5, body)
    elif protocol == "m3ua":
        yield from _sigtran(M3UA, body, variant)
    elif protocol == "mtp3":
        yield _mtp3(body, variant)
    elif protocol == "mtp2":
        yield _mtp2(body, variant)


def _ip(link_type: int, octets: bytes) -> bytes:
    """Return the SCTP packet in a frame, or nothing."""
    if link_type == ETHERNET:
        offset = 12
        while octets[offset : offset + 2] in {b"\x81\x00", b"\x88\xa8"}:
            offset += 4
        kind, packet = octets[offset : offset + 2], octets[offset + 2 :]
    elif link_type == LINUX_COOKED:
        kind, packet = octets[14:16], octets[16:]
    elif link_type == RAW_IP:
        kind, packet = (b"\x86\xdd" if octets[:1] >= b"\x60" else b"\x08\x00"), octets
    else:
        return b""
    if kind == b"\x08\x00" and len(packet) >= 20 and packet[9] == SCTP:
        if int.from_bytes(packet[6:8], "big") & 0x3FFF:
            return b""  # a fragment
        return packet[(packet[0] & 0x0F) * 4 : int.from_bytes(packet[2:4], "big")]
    if kind == b"\x86\xdd" and len(packet) >= 40 and packet[6] == SCTP:
        return packet[40 : 40 + int.from_bytes(packet[4:6], "big")]
    return b""


def _sctp_data(packet: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield payload protocol and user data of every whole message (RFC 9260 3.3.1)."""
    offset = 12
    while offset + 4 <= len(packet):
        kind, flags, length = struct.unpack_from(">2BH", packet, offset)
        if length < 4:
            return
        chunk = packet[offset : offset + length]
        offset += (length + 3) // 4 * 4
        if kind == 0 and flags & 0b11 == 0b11 and len(chunk) >= 16:
            yield int.from_bytes(chunk[12:16], "big"), chunk[16:]


def _sigtran(protocol: int, payload: bytes, variant: str) -> Iterator[Found]:
    if protocol not in {M2UA, M3UA, M2PA} or len(payload) < 8:
        return
    group, kind = payload[2], payload[3]
    if protocol == M2PA:
        # RFC 4165 2.3.2: common header, BSN, FSN, then the priority octet before the service octet
        if (group, kind) == (11, 1) and len(payload) > 17:
            yield _mtp3(payload[17:], variant)
        return
    parameters = _parameters(payload[8:])
    if protocol == M2UA:
        # RFC 3331 3.3.1.1: MAUP data, protocol data 1 (from the service octet) and 2 (length indicator first)
        if (group, kind) == (6, 1) and 0x0300 in parameters:
            yield _mtp3(parameters[0x0300], variant)
        elif (group, kind) == (6, 1) and 0x0301 in parameters:
            yield _mtp3(parameters[0x0301][1:], variant)
    elif (group, kind) == (1, 1):
        if 0x0210 in parameters:
            yield _protocol_data(parameters[0x0210], variant)
        elif 0x0002 in parameters:
            # Internet-Draft 6 and before: service octet, label and user data as on the link
            yield _mtp3(parameters[0x0002], variant)


def _protocol_data(value: bytes, variant: str) -> Msu:
    """RFC 4666 3.3.1: OPC, DPC, SI, NI, priority, SLS, user data."""
    if len(value) < 12:
        raise NotDecodable(f"M3UA protocol data takes 12 octets, found {len(value)}", value)
    opc, dpc, si, _ni, _priority, sls = struct.unpack_from(">2I4B", value)
    data = join(sls, value[12:], variant) if si == TUP else value[12:]
    return Msu(opc, dpc, sls, si, data)


def _parameters(octets: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    offset = 0
    while offset + 4 <= len(octets):
        tag, length = struct.unpack_from(">2H", octets, offset)
        if length < 4:
            break
        found.setdefault(tag, octets[offset + 4 : offset + length])
        offset += (length + 3) // 4 * 4
    return found

"""A signal unit or an M3UA message in words: every field of it, by the judge's own layers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from testline.layers import NotDecodable, decode_isup, decode_mtp2, decode_mtp3
from testline.layers.m3ua import NAMED, TAGS, Label, decode_m3ua, split
from testline.layers.mtp3 import decode_link_test, decode_management

ISUP: Final = 5
_TESTS: Final = (1, 2)
_MANAGEMENT: Final = 0
_PLUMBING: Final = re.compile(r"^[ |]*\w*_(?:gap|pointer)\s*= .*\n", re.MULTILINE)
"""Fields that only say where other fields are."""


def decoded(octets: bytes, variant: str, protocol: str = "") -> str:
    """Return every field of a signal unit, or of a message of M3UA, as text, one a line; what cannot be
    decoded, with the reason."""
    if protocol == "M3UA":
        return _m3ua(octets)
    try:
        unit = decode_mtp2(octets)
    except NotDecodable as error:
        return f"not decodable: {error.reason}"
    if len(octets) < 6:
        return _shown(unit)
    head = "\n".join(f"  {name.upper():9} = {getattr(unit, name)}" for name in ("bsn", "bib", "fsn", "fib"))
    return f"###[ MTP2 ]###\n{head}\n{_message(octets[3:], variant)}"


@lru_cache(maxsize=4096)
def _message(octets: bytes, variant: str) -> str:
    try:
        msu = decode_mtp3(octets, variant)
    except NotDecodable as error:
        return f"not decodable: {error.reason}"
    data = bytes(msu.data)
    msu.data = b""
    text = _shown(msu)
    text = re.sub(r"^  data +=.*\n?", "", text, flags=re.MULTILINE)
    try:
        if msu.si == ISUP:
            return text + "\n" + _shown(decode_isup(data))
        if msu.si in _TESTS:
            return text + "\n" + _shown(decode_link_test(data))
        if msu.si == _MANAGEMENT:
            return text + "\n" + _shown(decode_management(data, variant))
    except NotDecodable as error:
        return f"{text}\nnot decodable: {error.reason}"
    return f"{text}\n  data      = {data.hex(' ')}"


def _m3ua(octets: bytes) -> str:
    try:
        found = decode_m3ua(octets)
        lines = [f"###[ M3UA {found.title} ]###"]
        for tag, value in split(found.body):
            if tag == TAGS["protocol_data"] and len(value) >= 12:
                label = Label(value)
                data, label.data = bytes(label.data), b""
                lines.append(re.sub(r"^  data +=.*\n?", "", _shown(label), flags=re.MULTILINE))
                lines.append(
                    _shown(decode_isup(data)) if label.si == ISUP else f"  data      = {data.hex(' ')}"
                )
            else:
                lines.append(f"  {NAMED.get(tag, f'parameter {tag:#06x}')} = {value.hex(' ')}")
    except NotDecodable as error:
        return f"not decodable: {error.reason}"
    return "\n".join(lines)


def _shown(packet: Any) -> str:
    return _PLUMBING.sub("", str(packet.show(dump=True))).rstrip()

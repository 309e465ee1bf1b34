"""A signal unit in words: every field of it, by the judge's own layers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from testline.layers import NotDecodable, decode_isup, decode_mtp2, decode_mtp3
from testline.layers.mtp3 import decode_link_test, decode_management

ISUP: Final = 5
_TESTS: Final = (1, 2)
_MANAGEMENT: Final = 0
_PLUMBING: Final = re.compile(r"^[ |]*\w*_(?:gap|pointer)\s*= .*\n", re.MULTILINE)
"""Fields that only say where other fields are."""


def decoded(octets: bytes, variant: str) -> str:
    """Return every field of a signal unit as text, one a line; what cannot be decoded, with the reason."""
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


def _shown(packet: Any) -> str:
    return _PLUMBING.sub("", str(packet.show(dump=True))).rstrip()

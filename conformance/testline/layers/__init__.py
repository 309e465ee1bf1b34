"""The judge's own layers, written from Q.703, Q.704, Q.707, Q.723 and Q.763: right, wrong and random octets.

Composing is scapy's: fields have names, every one of them may be set to a value that the standard does
not allow (`RawVal` puts octets in place of any field), lengths and pointers are filled in unless given.
Dissecting goes through `decode_isup`, `decode_tup`, `decode_mtp2` and `decode_mtp3`, which raise
`NotDecodable` and nothing else.
"""

from __future__ import annotations

from testline.layers.errors import NotDecodable
from testline.layers.isup import decode_isup, message, summary_of
from testline.layers.mtp2 import FISU, LSSU, MSU, decode_mtp2
from testline.layers.mtp3 import MSU_HEADERS, decode_mtp3
from testline.layers.tup import decode_tup

__all__ = [
    "FISU",
    "LSSU",
    "MSU",
    "MSU_HEADERS",
    "NotDecodable",
    "decode_isup",
    "decode_mtp2",
    "decode_mtp3",
    "decode_tup",
    "message",
    "summary_of",
]

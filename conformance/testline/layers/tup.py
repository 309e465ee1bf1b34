"""Reading, composing and naming TUP messages (Q.723), and their two labels.

The label of Q.723 2 has no octet of its own for the SLS: it is the low half octet of the CIC. With 14-bit
point codes the CIC goes on for one octet more (40 bits); with the 24-bit codes of GF 001-9001 it takes
two octets, four spare bits at their end (64 bits). Both give the same two octets once SLS and CIC are put
together, and everything here begins with those.
"""

from __future__ import annotations

from typing import Any

from testline.layers.errors import NotDecodable
from testline.layers.tup_messages import (
    BY_NAME,
    MESSAGES,
    CallingLine,
    OriginalCalled,
    Unknown,
)


def join(sls: int, data: bytes, variant: str) -> bytes:
    """Return the message from its CIC on: `sls` is the last octet of the routing label (half, 14-bit)."""
    if not data:
        raise NotDecodable("TUP message: the label ends before the CIC does", data)
    if variant == "china24":
        return bytes((sls & 0xFF, data[0])) + data[1:]
    cic = sls & 0x0F | data[0] << 4
    return cic.to_bytes(2, "little") + data[1:]


def split(octets: bytes, variant: str) -> tuple[int, bytes]:
    """Return the SLS (the label's last octet, 24-bit) and what follows it: the inverse of `join`."""
    if variant == "china24":
        return octets[0], octets[1:]
    cic = int.from_bytes(octets[:2], "little")
    return cic & 0x0F, bytes((cic >> 4 & 0xFF,)) + octets[2:]


def decode_tup(octets: bytes) -> Any:
    """Return the `Message` in `octets`, which begin with the CIC. Raises `NotDecodable` only.

    A message whose heading is spare is `Unknown` and keeps its octets.
    """
    if len(octets) < 3:
        raise NotDecodable(f"TUP message: CIC and heading take 3 octets, found {len(octets)}", octets)
    try:
        return MESSAGES.get((octets[2] & 0x0F, octets[2] >> 4), Unknown).read(octets)
    except NotDecodable as error:
        raise NotDecodable(error.reason, octets) from None


def message(
    name: str,
    cic: int,
    *,
    called: str | None = None,
    calling: str | None = None,
    original: str | None = None,
    **fields: Any,
) -> Any:
    """Compose message `name` on circuit `cic`.

    `called`, `calling` and `original` are digits over 0-F: address signals, calling line identity, original
    called address, with the indicator that they are there. Others are fields of the message. Raises
    `ValueError` for a name or field it does not have.
    """
    if name not in BY_NAME:
        raise ValueError(f"no TUP message {name!r}; there are {', '.join(sorted(BY_NAME))}")
    cls = BY_NAME[name]
    if called is not None:
        if name == "SAO":
            fields["digit"] = int(called, 16)
        else:
            fields["digits"] = called
    if calling is not None:
        fields |= {"line_included": 1, "line": CallingLine(digits=calling)}
    if original is not None:
        fields |= {"original_included": 1, "original_called": OriginalCalled(digits=original)}
    known = {field.name for field in cls.fields_desc}
    unknown = sorted(set(fields) - known)
    if unknown:
        raise ValueError(f"{name} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    return cls(cic=cic, **fields)


def _has(msg: Any, name: str) -> bool:
    return any(field.name == name for field in msg.fields_desc)


def called_digits(msg: Any) -> str | None:
    """Return the address signals of IAM, IAI, SAM or SAO, or None."""
    if _has(msg, "digits"):
        return str(msg.digits)
    return f"{msg.digit:X}" if _has(msg, "digit") else None


def calling_digits(msg: Any) -> str | None:
    """Return the calling line identity of IAI or GSM, or None."""
    if not _has(msg, "line_included") or not msg.line_included:
        return None
    return str(msg.line.digits) if isinstance(msg.line, CallingLine) else None


def original_digits(msg: Any) -> str | None:
    """Return the original called address of IAI or GSM, or None."""
    if not _has(msg, "original_included") or not msg.original_included:
        return None
    return str(msg.original_called.digits) if isinstance(msg.original_called, OriginalCalled) else None


def group_circuits(cic: int, span: int, status: bytes) -> list[int]:
    """Return the circuits whose status bit is 1, with range `span` from `cic` on (Q.723 3.10)."""
    bits = int.from_bytes(status, "little")
    return [cic + index for index in range(span + 1) if bits >> index & 1]


def summary_of(msg: Any) -> str:
    """Return one line: abbreviation, CIC and what tells the message apart."""
    if isinstance(msg, Unknown):
        return f"heading H0 {msg.h0} H1 {msg.h1} CIC {msg.cic}"
    words = [f"{msg.title} CIC {msg.cic}"]
    for name, digits in (
        ("called", called_digits(msg)),
        ("calling", calling_digits(msg)),
        ("original", original_digits(msg)),
    ):
        if digits is not None:
            words.append(f"{name} {digits}")
    if _has(msg, "range"):
        words.append(f"range {msg.range}")
        if _has(msg, "status") and msg.status:
            words.append(f"status {bytes(msg.status).hex()}")
    if msg.title == "ACM":
        words += [word for word in (msg.sprintf("%kind%"), "free" if msg.free else "") if word]
    if msg.title == "GRQ":
        words += [
            name
            for name in ("category", "line", "original_called", "malicious", "hold", "echo")
            if msg.getfieldval(name)
        ]
    if msg.title == "MPM":
        words.append(f"{msg.pulses} pulses")
    if bytes(msg.payload):
        words.append(f"and {len(bytes(msg.payload))} octets after its end")
    return " ".join(words)

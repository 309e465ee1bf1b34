"""Captures as text: one line a message, and a ladder per call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from testline.decode.capture import Frame, NotReadable, read_capture
from testline.decode.encapsulation import Found, LinkStatus, unwrap
from testline.decode.ladder import Ladder, ladders, place
from testline.decode.records import Record
from testline.layers.errors import NotDecodable
from testline.layers.isup import cause_value, decode_isup, summary_of
from testline.layers.mtp3 import (
    LABEL_OCTETS,
    SERVICES,
    decode_link_test,
    decode_management,
)
from testline.layers.tup import decode_tup
from testline.layers.tup import summary_of as summary_of_tup
from testrig.system import Variant

ISUP = 5
TUP = 4

__all__ = [
    "Frame",
    "Ladder",
    "NotReadable",
    "Record",
    "decode_file",
    "ladders",
    "read_capture",
    "render",
]


def decode_file(path: Path, *, variant: Variant = "itu14") -> Iterator[Record]:
    """Yield a record for every SS7 message and link status change in a capture.

    `variant` is the routing label of captures that carry one (MTP2, MTP3). Frames without SS7 are passed
    over; fill-in signal units too. Raises `NotReadable` for a file that is no capture or breaks off.
    """
    start: float | None = None
    for frame in read_capture(path):
        start = frame.at if start is None else start
        at = frame.at - start
        try:
            for found in unwrap(frame, variant):
                record = _record(frame.number, at, found)
                if record is not None:
                    yield record
        except NotDecodable as error:
            yield Record(
                frame.number, at, -1, -1, "MTP", "not decodable", error.reason, frame.octets, error=str(error)
            )


def _record(number: int, at: float, found: Found) -> Record | None:
    if isinstance(found, LinkStatus):
        if found.name == "FISU":
            return None
        return Record(number, at, -1, -1, "MTP2", found.name, f"link status {found.name}", b"")
    opc, dpc, data = found.opc, found.dpc, found.data
    try:
        if found.si == ISUP:
            message = decode_isup(data)
            cause = cause_value(message)
            label = message.title if cause is None else f"{message.title} cause {cause}"
            text = summary_of(message)
            return Record(number, at, opc, dpc, "ISUP", message.title, text, data, message.cic, label)
        if found.si == TUP:
            signal = decode_tup(data)
            text = summary_of_tup(signal)
            return Record(number, at, opc, dpc, "TUP", signal.title, text, data, signal.cic, signal.title)
        title, text = _other(found.si, data)
    except NotDecodable as error:
        protocol = {ISUP: "ISUP", TUP: "TUP"}.get(found.si, "MTP3")
        circuit = found.si in {ISUP, TUP} and len(data) > 1
        cic = (data[0] | (data[1] & 0x0F) << 8) if circuit else None
        return Record(
            number, at, opc, dpc, protocol, "not decodable", error.reason, data, cic, "?", str(error)
        )
    return Record(number, at, opc, dpc, "MTP3", title, text, data)


def _other(si: int, data: bytes) -> tuple[str, str]:
    if si in {1, 2}:
        test = decode_link_test(data)
        return test.title, f"{test.title} pattern {bytes(test.pattern).hex()}"
    if si == 0:
        title = decode_management(data).title
        return title, title
    name = SERVICES.get(si, f"SI {si}")
    return name, f"{name}, {len(data)} octets"


def render(path: Path, *, variant: Variant = "itu14") -> Iterator[str]:
    """Yield a capture as text: a line for every message, then a ladder for every call."""
    if variant not in LABEL_OCTETS:
        raise NotReadable(f"routing label {variant!r}: there are {', '.join(LABEL_OCTETS)}")
    records: list[Record] = []
    for record in decode_file(path, variant=variant):
        records.append(record)
        route = "" if record.opc < 0 and record.dpc < 0 else f"{place(record.opc)} -> {place(record.dpc)}"
        text = f"not decodable: {record.error}" if record.error else record.summary
        yield f"{record.number:6d} {record.at:12.6f}  {route:<20} {record.protocol:<4} {text}"
    if not records:
        yield f"{path}: no SS7 message found"
        return
    calls = ladders(records)
    for index, ladder in enumerate(calls, 1):
        yield ""
        yield f"Call {index} of {len(calls)}"
        yield from ladder.lines()
    wrong = sum(bool(record.error) for record in records)
    yield ""
    yield f"{len(records)} messages, {len(calls)} calls, {wrong} not decodable"

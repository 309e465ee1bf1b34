"""Reading, composing and naming ISUP messages."""

from __future__ import annotations

from typing import Any

from testline.layers.errors import NotDecodable
from testline.layers.isup_messages import MESSAGES, Message, Unknown
from testline.layers.isup_parameters import (
    CONTENTS,
    CalledPartyNumber,
    CallingPartyNumber,
    CauseIndicators,
    Parameter,
    RangeAndStatus,
    SubsequentNumber,
)

BY_NAME: dict[str, Any] = {cls.title: cls for cls in MESSAGES.values()}


def decode_isup(octets: bytes) -> Any:
    """Return the `Message` in `octets`, which begin with the CIC. Raises `NotDecodable` only.

    A message of a type that Q.763 does not know is `Unknown` and keeps its octets.
    """
    if len(octets) < 3:
        raise NotDecodable(f"ISUP message: CIC and message type take 3 octets, found {len(octets)}", octets)
    try:
        return MESSAGES.get(octets[2], Unknown).read(octets)
    except NotDecodable as error:
        raise NotDecodable(error.reason, octets) from None


def message(
    name: str,
    cic: int,
    *,
    called: str | None = None,
    calling: str | None = None,
    cause: int | None = None,
    location: int | None = None,
    range: int | None = None,
    status: bytes | None = None,
    optional: list[Any] | None = None,
    **fields: Any,
) -> Any:
    """Compose message `name` (an abbreviation of Q.763 table 4) on circuit `cic`.

    `called` and `calling` are digits over 0-F; `cause` and `location` go to the cause indicators; `range`
    and `status` to range and status; `optional` is a list of parameter contents or `Parameter`s; all
    others are fields of the message itself. Raises `ValueError` for a name or field it does not have.
    """
    if name not in BY_NAME:
        raise ValueError(f"no ISUP message {name!r}; there are {', '.join(sorted(BY_NAME))}")
    cls = BY_NAME[name]
    parameters = [
        part if isinstance(part, Parameter) else Parameter(contents=part) for part in optional or []
    ]
    if called is not None:
        part = "subsequent_number" if name == "SAM" else "called_party_number"
        fields[part] = (SubsequentNumber if name == "SAM" else CalledPartyNumber)(digits=called)
    if calling is not None:
        parameters.insert(0, Parameter(contents=CallingPartyNumber(digits=calling)))
    if cause is not None:
        indicators = CauseIndicators(cause=cause, **({} if location is None else {"location": location}))
        if "cause_indicators" in cls.parts:
            fields["cause_indicators"] = indicators
        else:
            parameters.append(Parameter(contents=indicators))
    if range is not None or status is not None:
        fields["range_and_status"] = RangeAndStatus(range=range or 0, status=status or b"")
    if parameters:
        fields["optional"] = parameters
    known = {field.name for field in cls.fields_desc}
    unknown = sorted(set(fields) - known)
    if unknown:
        raise ValueError(f"{name} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    return cls(cic=cic, **fields)


def called_digits(msg: Any) -> str | None:
    """Return the digits of the called (SAM: subsequent) number, or None."""
    for part in ("called_party_number", "subsequent_number"):
        if part in msg.parts:
            found: str | None = getattr(msg.getfieldval(part), "digits", None)
            return found
    return None


def calling_digits(msg: Any) -> str | None:
    """Return the digits of the calling party number, or None."""
    found: str | None = getattr(msg.parameter(CallingPartyNumber.code), "digits", None)
    return found


def cause_value(msg: Any) -> int | None:
    """Return the cause value, from the mandatory or the optional cause indicators, or None.

    A cause in another coding than that of Q.850 (coding standard 00) is None: its values mean other things.
    """
    if "cause_indicators" in msg.parts:
        indicators = msg.cause_indicators
    else:
        indicators = msg.parameter(CauseIndicators.code)
    if not isinstance(indicators, CauseIndicators) or indicators.coding != 0b00:
        return None
    return int(indicators.cause)


def range_and_status(msg: Any) -> tuple[int, bytes] | None:
    """Return range and status of a circuit group message, or None."""
    part = msg.getfieldval("range_and_status") if "range_and_status" in msg.parts else None
    return (part.range, bytes(part.status)) if isinstance(part, RangeAndStatus) else None


def status_circuits(cic: int, span: int, status: bytes) -> list[int]:
    """Return the circuits whose status bit is 1, with range `span` from `cic` on (Q.763 3.43 b)."""
    bits = int.from_bytes(status, "little")
    return [cic + index for index in range(span + 1) if bits >> index & 1]


def status_octets(count: int, marked: list[int] | None = None) -> bytes:
    """Return the status octets of `count` circuits; `marked` are offsets set to 1 (None: all)."""
    chosen = range(count) if marked is None else marked
    return sum(1 << index for index in chosen).to_bytes((count + 7) // 8, "little")


def summary_of(msg: Any) -> str:
    """Return one line: abbreviation, CIC and what tells the message apart."""
    if isinstance(msg, Unknown):
        return f"type 0x{msg.message_type:02X} CIC {msg.cic}"
    words = [f"{msg.title} CIC {msg.cic}"]
    called, calling, cause = called_digits(msg), calling_digits(msg), cause_value(msg)
    if called is not None:
        words.append(f"called {called}")
    if calling is not None:
        words.append(f"calling {calling}")
    if cause is not None:
        words.append(f"cause {cause}")
    group = range_and_status(msg)
    if group is not None:
        words.append(f"range {group[0]}")
        if group[1]:
            words.append(f"status {group[1].hex()}")
    for name in ("event", "continuity", "initiated_by", "supervision"):
        if any(field.name == name for field in msg.fields_desc):
            words.append(str(msg.sprintf(f"%{name}%")))
    if isinstance(msg, Message) and bytes(msg.payload):
        words.append(f"and {len(bytes(msg.payload))} octets after its end")
    return " ".join(words)


__all__ = [
    "BY_NAME",
    "CONTENTS",
    "called_digits",
    "calling_digits",
    "cause_value",
    "decode_isup",
    "message",
    "range_and_status",
    "status_circuits",
    "status_octets",
    "summary_of",
]

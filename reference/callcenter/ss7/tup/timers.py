"""The timers of the telephone user part (Q.724, list of timers; Q.118).

No copy of that list could be read. Numbers, and values within the ranges, were checked against the timers
of a vendor's switch (Dialogic CSP: TUP CPC, BLS, CRS, CGRS, MBUS, HBUS, CRO); the ranges themselves and the
clauses are known from practice and unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.timers import TimerSpec
from testrig.clock import MINUTE, SECOND


def _order(
    first: int, message: str, answer: str, clause: str, *, three: bool = False
) -> tuple[TimerSpec, ...]:
    """The timers of an order that waits for its answer. With two of them the longer one ends the first minute
    and then paces what follows; with `three` the third does that."""
    missing = f"{message} sent, {answer} not received"
    again, alert, later = (
        f"{missing}: {message} is repeated",
        "maintenance is alerted",
        f"{message} is repeated",
    )
    ends = [f"{missing}: {alert}", f"after the alert: {later}"] if three else [f"{missing}: {alert}, {later}"]
    return (
        TimerSpec(f"T{first}", 10 * SECOND, 4 * SECOND, 15 * SECOND, clause, again),
        *(
            TimerSpec(f"T{number}", MINUTE, MINUTE, MINUTE, clause, meaning)
            for number, meaning in enumerate(ends, first + 1)
        ),
    )


_ALL: Final = (
    TimerSpec(
        "T1",
        12 * SECOND,
        10 * SECOND,
        15 * SECOND,
        "Q.724 1.4: unverified",
        "COT or CCF expected: call failure",
    ),
    TimerSpec(
        "T2",
        25 * SECOND,
        20 * SECOND,
        30 * SECOND,
        "Q.724 4.2: unverified",
        "address sent, no ACM: clear forward",
    ),
    TimerSpec(
        "T3",
        10 * SECOND,
        4 * SECOND,
        15 * SECOND,
        "Q.724 4.3: unverified",
        "unsuccessful signal sent, CLF expected: call failure",
    ),
    TimerSpec(
        "T4",
        10 * SECOND,
        4 * SECOND,
        15 * SECOND,
        "Q.724 4.3: unverified",
        "CFL sent, CLF expected: CFL again",
    ),
    TimerSpec("T5", MINUTE, MINUTE, MINUTE, "Q.724 4.3: unverified", "first CFL: no more CFL, alert"),
    TimerSpec(
        "T6",
        10 * SECOND,
        4 * SECOND,
        15 * SECOND,
        "Q.724 6.4: unverified",
        "CLF sent, RLG expected: CLF again",
    ),
    TimerSpec("T7", MINUTE, MINUTE, MINUTE, "Q.724 6.4: unverified", "first CLF: no more CLF, alert"),
    TimerSpec(
        "T8",
        2 * SECOND,
        SECOND,
        2 * SECOND,
        "Q.724 7.3: at most 2 s; the least is ours",
        "check tone sent, not received: the check has failed",
    ),
    TimerSpec("T9", 5 * SECOND, SECOND, 10 * SECOND, "Q.724 7.3: unverified", "first check failed: CCR"),
    TimerSpec(
        "T10", 2 * MINUTE, MINUTE, 3 * MINUTE, "Q.724 7.3: unverified", "a further check failed: CCR again"
    ),
    *_order(12, "BLO", "BLA", "Q.724 6.3: unverified", three=True),
    *_order(15, "UBL", "UBA", "Q.724 6.3: unverified", three=True),
    *_order(18, "RSC", "RLG", "Q.724 6.2: unverified"),
    *_order(21, "GRS", "GRA", "Q.724 6.2: unverified"),
    *_order(26, "MGB", "MBA", "Q.724 6.3: unverified"),
    *_order(28, "MGU", "MUA", "Q.724 6.3: unverified"),
    *_order(32, "HGB", "HBA", "Q.724 6.3: unverified"),
    *_order(34, "HGU", "HUA", "Q.724 6.3: unverified"),
    TimerSpec(
        "digits",
        18 * SECOND,
        15 * SECOND,
        20 * SECOND,
        "Q.724 1.7: unverified",
        "digit received, the number is too short: address incomplete",
    ),
    TimerSpec(
        "last digit",
        5 * SECOND,
        4 * SECOND,
        6 * SECOND,
        "Q.724 1.7: unverified",
        "digit received, the number may be longer: it is complete",
    ),
    TimerSpec(
        "answer",
        3 * MINUTE,
        90 * SECOND,
        4 * MINUTE,
        "Q.118: unverified",
        "ACM received, no answer: clear forward",
    ),
    TimerSpec(
        "clear-back",
        MINUTE,
        MINUTE,
        2 * MINUTE,
        "Q.118: unverified",
        "CBK received, no RAN: clear forward",
    ),
    TimerSpec(
        "congestion",
        45 * SECOND // 100,
        3 * SECOND // 10,
        6 * SECOND // 10,
        "as T29 of Q.764 2.10: unverified for TUP",
        "signalling network congested: further indications count again",
    ),
    TimerSpec(
        "more traffic",
        8 * SECOND,
        5 * SECOND,
        10 * SECOND,
        "as T30 of Q.764 2.10: unverified for TUP",
        "signalling network congested: a step of reduction is given back",
    ),
    TimerSpec(
        "unavailable",
        10 * MINUTE,
        MINUTE,
        15 * MINUTE,
        "ours, as T4 of Q.764 2.13",
        "user part unavailable there: a call is tried",
    ),
)

TIMERS: Final[dict[str, TimerSpec]] = {each.name: each for each in _ALL}

_LASTING: Final = (
    "5 minutes: maintenance is told that a blocking lasts; here who ordered it sees it at any time"
)
_SECOND: Final = "5 s, for a second group message it is thought: not known (docs/design/tup.md)"

ABSENT: Final[Mapping[str, str]] = {
    "T11": _LASTING,
    "T25": _LASTING,
    **dict.fromkeys(("T38", "T39", "T40", "T41"), "SGB and SGU are not sent here"),
    **dict.fromkeys(("T20", "T23", "T24", "T30", "T31", "T36", "T37"), _SECOND),
}
"""Timers of the list that are not here."""

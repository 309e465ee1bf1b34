"""The timers of the telephone user part (Q.724, list of timers; Q.118).

No copy of that list could be checked: numbers, ranges and meanings stand as they are known from practice, so
every clause is unverified. The group timers' numbers are ours.
"""

from __future__ import annotations

from typing import Final

from callcenter.timers import TimerSpec
from testrig.clock import MINUTE, SECOND


def _order(numbers: tuple[int, int, int], message: str, answer: str, clause: str) -> tuple[TimerSpec, ...]:
    """The three timers of an order that waits for its answer."""
    again, alert, later = (f"T{number}" for number in numbers)
    missing = f"{message} sent, {answer} not received"
    return (
        TimerSpec(again, 10 * SECOND, 4 * SECOND, 15 * SECOND, clause, f"{missing}: {message} is repeated"),
        TimerSpec(alert, MINUTE, MINUTE, MINUTE, clause, f"{missing}: maintenance is alerted"),
        TimerSpec(later, MINUTE, MINUTE, MINUTE, clause, f"after the alert {message} is repeated"),
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
    *_order((11, 12, 13), "BLO", "BLA", "Q.724 6.3: unverified"),
    *_order((14, 15, 16), "UBL", "UBA", "Q.724 6.3: unverified"),
    *_order((17, 18, 19), "RSC", "RLG", "Q.724 6.2: unverified"),
    *_order((21, 22, 23), "GRS", "GRA", "Q.724 6.2: number unverified"),
    *_order((25, 26, 27), "MGB, HGB or SGB", "MBA, HBA or SBA", "Q.724 6.3: number unverified"),
    *_order((28, 29, 30), "MGU, HGU or SGU", "MUA, HUA or SUA", "Q.724 6.3: number unverified"),
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

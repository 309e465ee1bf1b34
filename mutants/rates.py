"""What a random sample says: the kill rate of each layer, raw and reviewed, with its interval."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

KILLED: Final = ("fail", "crash", "timeout")
"""A case said *fail*; *fail* because the system stopped; the system did not come back to a case."""
SURVIVED: Final = ("survived", "not covered", "broke down")
"""All cases passed; no case executes the place; the judge's process ended without results."""

Z_95: Final = 1.959964
"""Quantile of the normal distribution for 95 %."""


def wilson(hits: int, number: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion (Wilson 1927); of nothing: everything is possible."""
    if number == 0:
        return 0.0, 1.0
    share, square = hits / number, Z_95**2
    middle = (share + square / (2 * number)) / (1 + square / number)
    half = math.sqrt(share * (1 - share) / number + square / (4 * number**2)) * Z_95 / (1 + square / number)
    return max(0.0, middle - half), min(1.0, middle + half)


def rate(hits: int, number: int) -> dict[str, Any]:
    """Return a rate as the result file holds it."""
    low, high = wilson(hits, number)
    share = round(hits / number, 4) if number else None
    return {"of": number, "rate": share, "interval": [round(low, 4), round(high, 4)]}


def tally(
    sampled: Iterable[Mapping[str, Any]], equivalent: Collection[str], populations: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """Return the figures of each layer, and of `all` of them together.

    `equivalent` are the ids of survivors that a review found nobody could tell from the reference;
    `populations` says how many places each layer has. Mutants that do not even start are no part of a rate.
    A survivor that a new case catches since is counted as closed, and remains a survivor: the rate is that of
    the judge as it was when the sample was drawn.
    """
    rows = list(sampled)
    figures = {}
    for layer in (*populations, "all"):
        outcomes = [
            "equivalent" if row["id"] in equivalent and row["outcome"] in SURVIVED else row["outcome"]
            for row in rows
            if layer in (row["layer"], "all")
        ]
        count = {name: outcomes.count(name) for name in (*KILLED, *SURVIVED, "equivalent", "unfit")}
        closed = sum("closed" in row for row in rows if layer in (row["layer"], "all"))
        hits, judged = sum(count[name] for name in KILLED), len(outcomes) - count["unfit"]
        figures[layer] = {
            "places": sum(populations.values()) if layer == "all" else populations[layer],
            **count,
            "closed": closed,
            "raw": rate(hits, judged),
            "reviewed": rate(hits, judged - count["equivalent"]),
        }
    return figures

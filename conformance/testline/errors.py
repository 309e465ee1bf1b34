"""The exception root of the judge."""

from __future__ import annotations


class TestlineError(Exception):
    """Root of everything `testline` raises."""

    __test__ = False

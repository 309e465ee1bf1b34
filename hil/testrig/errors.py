"""The exception root of the bench."""

from __future__ import annotations


class TestrigError(Exception):
    """Root of everything `testrig` raises."""

    __test__ = False


class RigError(TestrigError):
    """The bench or its hardware failed: never the fault of the system under test.

    A rig that raised it is latched as broken; see `testrig.rig`.
    """


class ConfigurationError(TestrigError):
    """A rig file or a configuration value is wrong: says file, key, found, expected, near misses."""


class LimitError(TestrigError):
    """An argument is outside what the contract allows; says the name, the value and the range."""

"""The exception root of the call centre."""

from __future__ import annotations


class CallcenterError(Exception):
    """Root of everything `callcenter` raises."""


class ConfigurationError(CallcenterError):
    """A configuration value is wrong: says file, key, what was found, what was expected, near misses."""


class DecodeError(CallcenterError):
    """Octets are not a valid message: says the layer, the offset, what was expected and found.

    Raised by codecs only; the layer that receives from the line catches it, counts it and answers as
    its standard says.
    """


class StateError(CallcenterError):
    """We misused one of our own machines: says the order and the state."""

"""What a decoder of the judge says about octets it cannot read."""

from __future__ import annotations

from testline.errors import TestlineError


class NotDecodable(TestlineError):
    """Octets are not a message of their layer.

    `reason` says which part is wrong and what was found there; `octets` are what was given.
    """

    def __init__(self, reason: str, octets: bytes = b"") -> None:
        super().__init__(f"{reason}: {octets.hex(' ')}" if octets else reason)
        self.reason = reason
        self.octets = octets

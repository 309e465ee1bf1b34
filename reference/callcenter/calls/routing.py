"""Where a called number leads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from callcenter.config import NumberConfig

_NUMBER: Final = re.compile(r"[0-9*#]{1,24}")


def is_number(text: str) -> bool:
    """Whether a person can dial `text`: 1 to 24 keys."""
    return _NUMBER.fullmatch(text) is not None


class Router:
    """Routing by the whole called number. A trailing ST (`F`, Q.763 3.9) is not part of the number."""

    def __init__(self, numbers: Mapping[str, NumberConfig]) -> None:
        self._numbers = dict(numbers)

    def route(self, called: str) -> NumberConfig | None:
        """Return where `called` leads; None when the number is not allocated."""
        return self._numbers.get(called.rstrip("Ff"))

"""The reference call centre: a pure engine over a board, and thin shells around it."""

from __future__ import annotations

from callcenter.errors import CallcenterError

__all__ = ["CallcenterError"]

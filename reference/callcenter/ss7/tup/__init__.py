"""The telephone user part (Q.721 to Q.724; China: GF 001-9001): see `user_part`."""

from __future__ import annotations

from callcenter.ss7.tup.codec import Message, TupDecodeError, decode
from callcenter.ss7.tup.messages import Heading
from callcenter.ss7.tup.services import TupConfig
from callcenter.ss7.tup.timers import TIMERS
from callcenter.ss7.tup.user_part import Tup

__all__ = ["TIMERS", "Heading", "Message", "Tup", "TupConfig", "TupDecodeError", "decode"]

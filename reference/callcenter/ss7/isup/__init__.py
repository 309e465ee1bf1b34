"""The ISDN user part (Q.761 to Q.764): see `user_part` for what it says to the call engine and when."""

from __future__ import annotations

from callcenter.ss7.isup.codec import IsupDecodeError, Message, compose, decode
from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.services import IsupConfig
from callcenter.ss7.isup.timers import TIMERS
from callcenter.ss7.isup.user_part import Isup
from callcenter.ss7.notices import Notice, What
from callcenter.ss7.user_part import Outgoing

__all__ = [
    "TIMERS",
    "Isup",
    "IsupConfig",
    "IsupDecodeError",
    "Message",
    "Notice",
    "Outgoing",
    "Type",
    "What",
    "compose",
    "decode",
]

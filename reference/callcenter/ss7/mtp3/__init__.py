"""Message transfer part level 3: the signalling network (Q.704, Q.707)."""

from callcenter.ss7.mtp3.codec import point_code, point_code_text
from callcenter.ss7.mtp3.config import Mtp3Config
from callcenter.ss7.mtp3.network import Mtp3, NetworkIndication, Pause, Resume, Transfer
from callcenter.ss7.mtp3.timers import TIMERS

__all__ = [
    "TIMERS",
    "Mtp3",
    "Mtp3Config",
    "NetworkIndication",
    "Pause",
    "Resume",
    "Transfer",
    "point_code",
    "point_code_text",
]

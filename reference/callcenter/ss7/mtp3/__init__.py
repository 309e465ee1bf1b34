"""Message transfer part level 3: the signalling network (Q.704, Q.707)."""

from callcenter.ss7.mtp3.codec import point_code, point_code_text
from callcenter.ss7.mtp3.config import Mtp3Config, RouteConfig
from callcenter.ss7.mtp3.indications import LinkNotice, NetworkIndication, Pause, Resume, Status, Transfer
from callcenter.ss7.mtp3.network import LinkId, Mtp3
from callcenter.ss7.mtp3.timers import TIMERS

__all__ = [
    "TIMERS",
    "LinkId",
    "LinkNotice",
    "Mtp3",
    "Mtp3Config",
    "NetworkIndication",
    "Pause",
    "Resume",
    "RouteConfig",
    "Status",
    "Transfer",
    "point_code",
    "point_code_text",
]

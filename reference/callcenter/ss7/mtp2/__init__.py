"""Message transfer part level 2: the signalling link (Q.703)."""

from callcenter.ss7.mtp2.events import (
    InService,
    LinkCongestion,
    LinkEvent,
    MsuReceived,
    OutOfService,
    Reason,
    RemoteProcessorOutage,
)
from callcenter.ss7.mtp2.link import Correction, Mtp2Link
from callcenter.ss7.mtp2.timers import TIMERS
from callcenter.ss7.mtp2.txc_pcr import N1, N2

__all__ = [
    "N1",
    "N2",
    "TIMERS",
    "Correction",
    "InService",
    "LinkCongestion",
    "LinkEvent",
    "MsuReceived",
    "Mtp2Link",
    "OutOfService",
    "Reason",
    "RemoteProcessorOutage",
]

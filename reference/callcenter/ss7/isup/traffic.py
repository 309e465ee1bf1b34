"""What is known of the exchanges we have circuits to: can their user part be reached, are they congested.

| told by | what follows | clause |
|---|---|---|
| MTP-STATUS, signalling network congested | calls are refused, one step more for each indication that comes \
after T29; one step less each T30 | Q.764 2.10 |
| automatic congestion level in REL | half the calls (level 1) or three of four (level 2) are refused \
for the time `ACC` | Q.764 2.11.2 |
| MTP-STATUS, user part unavailable | no circuit is seized; UPT each T4 until anything comes | Q.764 2.13 |

How much is refused is left to the network: these shares are ours.
"""

from __future__ import annotations

from typing import Final

from callcenter.ss7.isup.messages import Type
from callcenter.ss7.isup.services import Services
from callcenter.ss7.notices import What
from callcenter.ss7.reduction import Reduction
from testrig.clock import Instant

SHARES: Final = {0: 0, 1: 2, 2: 3}
"""Quarters of the calls refused, by automatic congestion level."""

UNEQUIPPED: Final = 1
"""Cause of MTP-STATUS: the far end has no such user part (Q.704 15.17.5)."""


class Destination:
    """One exchange."""

    def __init__(self, services: Services, dpc: int, cic: int) -> None:
        """`cic`: a circuit for the label of UPT."""
        self._services = services
        self._dpc = dpc
        self._cic = cic
        self.accessible = True
        """MTP can reach the exchange."""
        self.available = True
        """Its user part answers."""
        self.level = 0
        """Automatic congestion level."""
        self.reduction = Reduction(lambda timer, now: services.start(self, timer, now), "T29", "T30")

    @property
    def reachable(self) -> bool:
        """Whether circuits may be seized."""
        return self.accessible and self.available

    # congestion

    def congested(self, now: Instant) -> None:
        """MTP-STATUS: signalling network congestion."""
        if self.reduction.congested(now):
            self._note(What.CONGESTED, f"signalling network, step {self.reduction.step}")

    def told_level(self, level: int, now: Instant) -> None:
        """A REL carried the automatic congestion level."""
        self.level = min(max(level, 0), max(SHARES))
        if self.level:
            self.reduction.refuse_next()
            self._services.start(self, "ACC", now)
            self._note(What.CONGESTED, f"exchange, level {self.level}")

    def admits(self) -> bool:
        """Whether a call may be tried; called once for each call."""
        return self.reduction.admits(SHARES[self.level])

    # the user part

    def unavailable(self, cause: int, now: Instant) -> None:
        """MTP-STATUS: the user part there is unavailable."""
        if not self.available:
            return
        self.available = False
        self._note(What.PAUSED, "user part unavailable", alert=cause == UNEQUIPPED)
        if cause != UNEQUIPPED:
            self._test(now)

    def heard(self, now: Instant) -> None:
        """Something came from there: the user part is available."""
        if not self.available:
            self.available = True
            self._services.stop(self, "T4")
            self._note(What.RESUMED_DESTINATION, "user part available")

    def _test(self, now: Instant) -> None:
        self._services.send_kind(self._dpc, self._cic, Type.UPT)
        self._services.start(self, "T4", now)

    def _note(self, what: What, detail: str, *, alert: bool = False) -> None:
        self._services.note(what, self._dpc, detail=detail, alert=alert)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        if timer == "T4":
            self._test(now)
        elif timer == "ACC":
            self.level = 0
        else:
            self.reduction.timeout(timer, now)

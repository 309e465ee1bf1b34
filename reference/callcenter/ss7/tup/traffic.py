"""What is known of the exchanges we have TUP circuits to: can they be reached, are they congested.

| told by | what follows | clause |
|---|---|---|
| MTP-PAUSE, MTP-RESUME | no circuit is seized, until the exchange can be reached again | Q.701 8 |
| MTP-STATUS, signalling network congested | calls are refused, in steps as for ISUP | as Q.764 2.10 |
| MTP-STATUS, user part unavailable | no circuit is seized until a message comes from there, or for the time \
`unavailable` | Q.704 11.2.7 |

TUP has no test of the far user part as ISUP has (UPT), so after a while a call is tried; if the user part is
still away, MTP says so again. Clauses of Q.724 for all this could not be found: unverified.
"""

from __future__ import annotations

from callcenter.ss7.notices import What
from callcenter.ss7.reduction import Reduction
from callcenter.ss7.tup.services import Services
from testrig.clock import Instant


class Destination:
    """One exchange."""

    def __init__(self, services: Services, dpc: int) -> None:
        self._services = services
        self._dpc = dpc
        self.accessible = True
        """MTP can reach the exchange."""
        self.available = True
        """Its user part answers, for all we know."""
        self.reduction = Reduction(
            lambda timer, now: services.start(self, timer, now), "congestion", "more traffic"
        )

    @property
    def reachable(self) -> bool:
        """Whether circuits may be seized."""
        return self.accessible and self.available

    def congested(self, now: Instant) -> None:
        """MTP-STATUS: signalling network congestion."""
        if self.reduction.congested(now):
            self._note(What.CONGESTED, f"signalling network, step {self.reduction.step}")

    def admits(self) -> bool:
        """Whether a call may be tried; called once for each call."""
        return self.reduction.admits()

    def unavailable(self, now: Instant) -> None:
        """MTP-STATUS: the user part there is unavailable."""
        self._services.start(self, "unavailable", now)
        if self.available:
            self.available = False
            self._note(What.PAUSED, "user part unavailable", alert=True)

    def heard(self) -> None:
        """Something came from there, or it is time to try: the user part is taken as available."""
        if not self.available:
            self.available = True
            self._services.stop(self, "unavailable")
            self._note(What.RESUMED_DESTINATION, "user part available")

    def _note(self, what: What, detail: str, *, alert: bool = False) -> None:
        self._services.note(what, self._dpc, detail=detail, alert=alert)

    def timeout(self, timer: str, now: Instant) -> None:
        """A timer expired."""
        if timer == "unavailable":
            self.heard()
        else:
            self.reduction.timeout(timer, now)

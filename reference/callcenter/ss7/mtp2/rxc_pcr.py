"""Reception control with preventive cyclic retransmission (Q.703 6 and figure 16): what does not come in
sequence is waited for, as it comes again by itself, and indicator bits mean nothing."""

from __future__ import annotations

from callcenter.ss7.mtp2.codec import SignalUnit
from callcenter.ss7.mtp2.rxc import ReceptionControl


class CyclicReceptionControl(ReceptionControl):
    """Accepts messages in sequence."""

    def release(self) -> None:
        """Congestion is over."""
        self.withholding = False

    def _fib_normal(self, unit: SignalUnit, times: int) -> bool:
        return True

    def _check(self, unit: SignalUnit) -> None:
        discard = self.withholding and self.discarding
        if unit.msu and unit.fsn == self.fsnx and not discard:
            self._accept(unit)

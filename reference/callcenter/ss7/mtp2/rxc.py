"""Reception control with the basic error correction method (Q.703 5 and figure 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callcenter.ss7.mtp2 import lsc_fsm
from callcenter.ss7.mtp2.codec import MODULUS, SignalUnit
from callcenter.ss7.mtp2.events import MsuReceived, Reason

if TYPE_CHECKING:
    from callcenter.ss7.mtp2.link import Mtp2Link

TWO_OF_THREE: Final = frozenset({0b011, 0b101, 0b110, 0b111})
"""Histories of the last three signal units, newest lowest, that fail the link (Q.703 5.3.1, 5.3.2)."""
LAST_TWO: Final = 0b011
"""An abnormal signal unit among these: the newest is discarded, so that after one abnormal unit the second
normal one is the first that counts (figure 14, UNB and UNF)."""


def _remember(history: int, normal: bool, times: int) -> int:
    """Return `history` with `times` more signal units, the newest lowest: 1 for one that was not normal."""
    return (history << times | (0 if normal else (1 << times) - 1)) & 0b111


class ReceptionControl:
    """Accepts messages in sequence and asks for those that were lost."""

    def __init__(self, link: Mtp2Link) -> None:
        self._link = link
        self.running = False
        self.start()
        self.running = False

    def start(self) -> None:
        """Set numbers back: both ends begin with 127 and indicator bits 1 (Q.703 5.2.2, 5.3.2)."""
        self.fsnx = 0
        """Forward sequence number expected next."""
        self.bib = 1
        self.repeating = False
        """RTR: a negative acknowledgement is out and retransmission has not begun."""
        self.rejecting = False
        """Our level 3 is out: messages are not accepted (Q.703 8.2)."""
        self.withholding = False
        """We are congested: neither acknowledgement is sent (Q.703 9.3)."""
        self.discarding = False
        """Messages that come while `withholding` are discarded, not accepted."""
        self._withheld_bsn = 127
        self._missed = False
        self._bsn_history = 0
        self._fib_history = 0
        self.running = False

    def stop(self) -> None:
        """Accept nothing any more."""
        self.running = False
        self.withholding = False

    def accept_units(self) -> None:
        """Accept fill-in and message signal units."""
        self.running = True
        self.rejecting = False

    def reject_units(self) -> None:
        """Watch, but accept and acknowledge nothing."""
        self.rejecting = True

    @property
    def bsn(self) -> int:
        """Backward sequence number to send."""
        return self._withheld_bsn if self.withholding else (self.fsnx - 1) % MODULUS

    @property
    def backward(self) -> int:
        """First octet of every signal unit sent: BIB and BSN."""
        return self.bib << 7 | self.bsn

    # congestion

    def withhold(self, discard: bool) -> None:
        """Congestion begins."""
        self.discarding = discard
        self._withheld_bsn = (self.fsnx - 1) % MODULUS
        self._missed = False
        self.withholding = True

    def release(self) -> None:
        """Congestion is over: what was discarded meanwhile is asked for (Q.703 9.4)."""
        self.withholding = False
        if self._missed:
            self._missed = False
            self._ask()

    # signal units

    def receive(self, unit: SignalUnit, repeats: int) -> None:
        """Take a fill-in or message signal unit that came `repeats` times in a row."""
        if not self.running:
            return
        times = min(repeats, 3)
        if not self._bsn_normal(unit, times) or not self._fib_normal(unit, times):
            return
        self._link.lsc.handle(lsc_fsm.Event.FISU_MSU)
        if not self.running:
            return
        # Figure 14 takes acknowledgements also while our level 3 is out.
        self._link.txc.acknowledged(unit.bsn, unit.bib)
        if not self.rejecting:
            self._check(unit)

    def _bsn_normal(self, unit: SignalUnit, times: int) -> bool:
        """Tell whether the BSN is one that can be; two of three that cannot fail the link (Q.703 5.3.1)."""
        normal = self._link.txc.known(unit.bsn)
        self._bsn_history = _remember(self._bsn_history, normal, times)
        if not normal and self._bsn_history in TWO_OF_THREE:
            self._link.fail(Reason.ABNORMAL_BSN)
        return not self._bsn_history & LAST_TWO

    def _fib_normal(self, unit: SignalUnit, times: int) -> bool:
        """Tell whether the FIB is one that can be; two of three that cannot fail the link (Q.703 5.3.2)."""
        normal = unit.fib == self.bib or self.repeating
        self._fib_history = _remember(self._fib_history, normal, times)
        if not normal and self._fib_history in TWO_OF_THREE:
            self._link.fail(Reason.ABNORMAL_FIB)
        return not self._fib_history & LAST_TWO

    def _check(self, unit: SignalUnit) -> None:
        """Take what comes with the indicator bit asked for; anything before it is waited out."""
        if unit.fib == self.bib:
            self.repeating = False
            self._sequence(unit)

    def _sequence(self, unit: SignalUnit) -> None:
        """Check the forward sequence number (Q.703 5.2.2 a, 5.3.2)."""
        last = (self.fsnx - 1) % MODULUS
        if unit.fsn == last:
            # A fill-in signal unit that agrees, or a message that we have.
            return
        if self.withholding and self.discarding:
            self._missed = True
        elif unit.msu and unit.fsn == self.fsnx:
            self._accept(unit)
            self._missed = False
        elif self.withholding:
            self._missed = True
        else:
            self._ask()

    def _accept(self, unit: SignalUnit) -> None:
        self.fsnx = (self.fsnx + 1) % MODULUS
        self._link.deliver(MsuReceived(unit.msu))

    def _ask(self) -> None:
        """Negative acknowledgement: turn the backward indicator bit (Q.703 5.2.2, 5.3.2)."""
        self.bib ^= 1
        self.repeating = True

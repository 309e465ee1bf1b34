"""Transmission control with preventive cyclic retransmission (Q.703 6 and figure 15).

There are only positive acknowledgements. While there is nothing new to send, the messages of the RTB go out
again and again, oldest first; a new message goes before them. When the RTB holds N1 messages or N2 octets no
new one is sent, and the cycle goes on up to the last message entered (forced retransmission).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callcenter.errors import ConfigurationError
from callcenter.ss7.mtp2.codec import MODULUS
from callcenter.ss7.mtp2.txc import WINDOW, TransmissionControl

if TYPE_CHECKING:
    from callcenter.ss7.mtp2.link import Mtp2Link

N1: Final = WINDOW
"""Messages in the RTB that force retransmission; at most as many as can be numbered (Q.703 6.4.2)."""
N2: Final = 4_801
"""Octets in the RTB that force retransmission: those sent while the acknowledgement is on its way, and one
(Q.703 6.4.2). This is a loop of 600 ms by satellite at 64 kbit/s."""
OVERHEAD: Final = 6
"""Octets a message takes on the line beside service information octet and field: flag, sequence numbers,
length indicator, check bits (Q.703 figure 3)."""


class CyclicTransmissionControl(TransmissionControl):
    """What is sent. `cursor` is the place in the RTB of the message repeated next."""

    def __init__(self, link: Mtp2Link, *, n1: int, n2: int) -> None:
        """Raises `ConfigurationError` for limits outside what numbers and a message need."""
        if not 1 <= n1 <= WINDOW:
            raise ConfigurationError(f"N1: found {n1} messages, expected 1 to {WINDOW} (Q.703 6.4.2)")
        if n2 < 1:
            raise ConfigurationError(f"N2: found {n2} octets, expected at least 1 (Q.703 6.4.2)")
        self.n1 = n1
        self.n2 = n2
        super().__init__(link)

    def _reset(self) -> None:
        super()._reset()
        self.octets = 0
        """Octets on the line of the messages in the RTB."""
        self.forced = False
        """Retransmission goes before new messages."""

    @property
    def full(self) -> bool:
        """The RTB holds N1 messages or N2 octets."""
        return len(self.sent) >= self.n1 or self.octets >= self.n2

    @property
    def fsnt(self) -> int:
        """Forward sequence number of the newest message sent."""
        return (self.fsnf + len(self.sent) - 1) % MODULUS

    def _more(self) -> bool:
        return bool(self.sent or self._waiting)

    def _choose(self) -> int:
        if self.forced and self.cursor >= len(self.sent):
            # The last message entered has been repeated: the limits decide about another cycle (6.4.3).
            self.cursor = 0
            self.forced = self.full
        if self._waiting and not self.forced:
            return self._new()
        if self.cursor >= len(self.sent):
            self.cursor = 0
        self.cursor += 1
        return self.cursor - 1

    def _new(self) -> int:
        msu = self._waiting.popleft()
        self.sent.append(msu)
        self.octets += len(msu) + OVERHEAD
        self.forced = self.full
        return len(self.sent) - 1

    def acknowledged(self, bsn: int, bib: int) -> None:
        """Take a positive acknowledgement; indicator bits mean nothing (Q.703 6.2). `bsn` is `known`."""
        count = (bsn - self.fsnf + 1) % MODULUS
        self.octets -= sum(len(self.sent[place]) + OVERHEAD for place in range(count))
        self._drop(count)

    def _empty(self) -> None:
        super()._empty()
        self.octets = 0
        self.forced = False

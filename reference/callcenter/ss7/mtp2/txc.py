"""Transmission control with the basic error correction method (Q.703 5 and figure 13).

Messages wait in the transmission buffer TB, go out with the next forward sequence number and stay in the
retransmission buffer RTB until acknowledged. A negative acknowledgement starts again from the oldest.
Preventive cyclic retransmission is in `txc_pcr`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from callcenter.ss7.mtp2.codec import LONGEST_INDICATED, MODULUS, Status
from callcenter.ss7.mtp2.events import LinkCongestion

if TYPE_CHECKING:
    from callcenter.ss7.mtp2.link import Mtp2Link

WINDOW: Final = MODULUS - 1
"""Messages in the RTB, at most: one more would make the oldest look acknowledged (Q.703 5.2.1)."""
ONSET: Final = 256
"""Messages in TB and RTB at which congestion is reported. Implementation dependent (Q.704 3.8.2.1): with
40 octets a message this is about 1.3 s of a 64 kbit/s link."""
ABATEMENT: Final = 128
"""Messages in TB and RTB at which congestion is over (Q.704 3.8.2.2); half, so that it does not flutter."""
CAPACITY: Final = 2048
"""Messages in TB at which further ones are discarded (Q.704 3.8.2.3), so that a dead peer cannot fill
the memory."""


class TransmissionControl:
    """What is sent."""

    def __init__(self, link: Mtp2Link) -> None:
        self._link = link
        self.status: Status | None = Status.SIOS
        """The status repeated, or None while fill-in and message signal units are sent."""
        self.open = False
        """Message signal units may be sent."""
        self.flush = False
        """The board must drop what it has not yet begun to send."""
        self.discarded = 0
        """Messages that found the buffer full."""
        self.discarding = False
        """Level 3 knows that messages are discarded."""
        self.congested = False
        self._waiting: deque[bytes] = deque()
        self._reset()

    def _reset(self) -> None:
        self.fib = 1
        self.fsnf = 0
        """Sequence number of the oldest message in the RTB, or of the next new one."""
        self.sent: deque[bytes] = deque()
        """RTB."""
        self.cursor = 0
        """Place in the RTB of the message sent next; its length while nothing is to be repeated."""
        self._busy = False

    # orders of link state control

    def start(self) -> None:
        """Begin anew: buffers are emptied and numbers set back (Q.703 5.2, 7.3 a)."""
        self._reset()
        self._waiting.clear()
        self._check_congestion()
        self.flush = True

    def send_status(self, status: Status) -> None:
        """Repeat `status` until told otherwise."""
        self._close()
        self.status = status

    def send_fisus(self) -> None:
        """Send fill-in signal units only."""
        self._close()
        self.status = None

    def send_msus(self) -> None:
        """Send messages when there are any."""
        self.status = None
        self.open = True
        if self.sent:
            self._link.start_timer("T7")

    def _close(self) -> None:
        self.flush = self.flush or self.open
        self.open = False
        self._busy = False
        self._link.timers.stop("T6")
        self._link.timers.stop("T7")

    def send_busy(self) -> None:
        """Send one SIB (Q.703 9.3)."""
        self._busy = True

    # messages

    def put(self, msu: bytes) -> None:
        """Queue a message."""
        if len(self._waiting) >= CAPACITY:
            self.discarded += 1
            if not self.discarding:
                self.discarding = True
                self._link.give(LinkCongestion(True, discarding=True))
            return
        self._waiting.append(msu)
        self._check_congestion()

    def _check_congestion(self) -> None:
        held = len(self._waiting) + len(self.sent)
        if held >= ONSET and not self.congested:
            self.congested = True
            self._link.give(LinkCongestion(True))
        elif held <= ABATEMENT and self.congested:
            self.congested = self.discarding = False
            self._link.give(LinkCongestion(False))

    @property
    def fsnt(self) -> int:
        """Forward sequence number of the message sent last."""
        return (self.fsnf + self.cursor - 1) % MODULUS

    @property
    def fill(self) -> bytes:
        """The signal unit repeated while there is no message to send."""
        if self.status is None:
            return bytes((self._link.rxc.backward, self.fib << 7 | self.fsnt, 0))
        return bytes((self._link.rxc.backward, self.fib << 7 | self.fsnt, 1, self.status))

    @property
    def has_work(self) -> bool:
        """True while there is something that `pull` would give."""
        if self._busy:
            return True
        if not self.open:
            return False
        return self._more()

    def _more(self) -> bool:
        """Tell whether a message is to be sent, new or again."""
        return self.cursor < len(self.sent) or bool(self._waiting and len(self.sent) < WINDOW)

    @property
    def empty(self) -> bool:
        """True while nothing waits for being sent or acknowledged."""
        return not (self._waiting or self.sent or self._busy)

    def pull(self, room: int) -> list[bytes]:
        """Return at most `room` signal units to send now, SIB first (Q.703 11.2)."""
        units: list[bytes] = []
        if self._busy and room > 0:
            self._busy = False
            head = bytes((self._link.rxc.backward, self.fib << 7 | self.fsnt, 1, Status.SIB))
            units.append(head)
        while self.open and len(units) < room and self._more():
            units.append(self._compose(self._choose()))
        return units

    def _choose(self) -> int:
        """Return the place in the RTB of the message sent now; there is `_more`. What was asked for again
        goes first (Q.703 11.2)."""
        if self.cursor == len(self.sent):
            self.sent.append(self._waiting.popleft())
        self.cursor += 1
        return self.cursor - 1

    def _compose(self, place: int) -> bytes:
        if not self._link.timers.running("T7"):
            self._link.start_timer("T7")
        msu = self.sent[place]
        length = min(len(msu), LONGEST_INDICATED)
        fsn = (self.fsnf + place) % MODULUS
        return bytes((self._link.rxc.backward, self.fib << 7 | fsn, length)) + msu

    # acknowledgements

    def known(self, bsn: int) -> bool:
        """True if `bsn` is the last acknowledged number or one in the RTB (Q.703 5.3.1)."""
        return (bsn - self.fsnf + 1) % MODULUS <= len(self.sent)

    def acknowledged(self, bsn: int, bib: int) -> None:
        """Take an acknowledgement, positive or negative (Q.703 5.2.2, 5.3.2). `bsn` is `known`."""
        count = (bsn - self.fsnf + 1) % MODULUS
        negative = bib != self.fib
        if negative:
            self.fib = bib
            self.flush = True
            self._link.timers.stop("T6")
        self._drop(count)
        if negative:
            self.cursor = 0

    def _drop(self, count: int) -> None:
        """Remove the oldest `count` messages of the RTB: they have been acknowledged. T7 starts again only
        then: an end that asks for repetition for ever acknowledges nothing (figure 13)."""
        if not count:
            return
        for _ in range(count):
            self.sent.popleft()
        self.fsnf = (self.fsnf + count) % MODULUS
        self.cursor = max(0, self.cursor - count)
        timers = self._link.timers
        timers.stop("T6")
        if self.sent and self.open:
            self._link.start_timer("T7")
        else:
            timers.stop("T7")
        self._check_congestion()

    def busy_received(self) -> None:
        """The other end is busy: every SIB starts T7 again, and T6 limits for how long (Q.703 9.3)."""
        if not (self.sent and self.open):
            return
        self._link.start_timer("T7")
        if not self._link.timers.running("T6"):
            self._link.start_timer("T6")

    def clear(self) -> None:
        """Discard all messages, sent and waiting, as level 3 ordered (Q.703 8.4, figure 13). The next one
        has the number after the last acknowledged."""
        self._empty()
        self.flush = True
        self._link.timers.stop("T7")
        self._check_congestion()

    def _empty(self) -> None:
        self.sent.clear()
        self._waiting.clear()
        self.cursor = 0

    def retrieve(self, fsnc: int | None) -> list[bytes]:
        """Take back, oldest first, the messages after `fsnc` (all when None) and those not yet sent: for
        changeover (Q.704 5.4). With an unreasonable `fsnc` nothing is taken back (Q.704 5.7.2)."""
        skip = 0 if fsnc is None else (fsnc - self.fsnf + 1) % MODULUS
        if skip > len(self.sent):
            return []
        messages = [*list(self.sent)[skip:], *self._waiting]
        self._empty()
        self._check_congestion()
        return messages

"""The tester's own end of an E1: framed by the book, misbehaving on order, judging what comes in.

    port = E1Port(line)
    port.sources[1] = generator        # called with n, returns uint8[n]
    port.sinks[1] = analyser           # called with uint8[n]
    port.send(40); ...; port.receive(40)

An alarm received is answered as equipment answers it (G.732 table 2): LOS, AIS or LOF with the A bit,
an errored submultiframe with an E bit 0 (G.704 2.3.3.4). Orders below override that.
"""

from __future__ import annotations

from collections.abc import Callable

from testrig.board import Alarm, SpanCounters
from testrig.clock import Instant
from testrig.e1_receiver import AlarmEvent, E1Receiver
from testrig.e1_signals import FRAME_BITS, SA_BITS
from testrig.e1_transmitter import FOREVER, E1Transmitter
from testrig.errors import LimitError
from testrig.line import SLOTS, Block, Line, Octets

_ANSWERED_WITH_RAI = frozenset((Alarm.LOS, Alarm.AIS, Alarm.LOF))


class E1Port:
    """One framed end of a line. Orders take effect with the next frame sent."""

    def __init__(self, line: Line, *, crc4: bool = True, idle: int = 0xD5) -> None:
        if not 0 <= idle <= 0xFF:
            raise LimitError(f"{line.name}: idle octet {idle} is not in 0 to 255")
        self.line = line
        self.now: Instant = 0
        """Frames received so far: the instant of the next frame."""
        self.sinks: dict[int, Callable[[Octets], None]] = {}
        """By time slot (1 to 31; 0 hears time slot 0): takes the octets of each block, in alignment
        those received and otherwise all ones."""
        self.force_rai: bool | None = None
        """The A bit sent; None: 1 while LOS, AIS or LOF is received."""
        self._sender = E1Transmitter(crc4=crc4, idle=idle)
        self._receiver = E1Receiver(crc4=crc4)

    # normal operation

    def send(self, frames: int) -> None:
        """Send `frames` frames."""
        sender = self._sender
        if self.force_rai is None:
            sender.rai = not _ANSWERED_WITH_RAI.isdisjoint(self._receiver.alarms)
        else:
            sender.rai = self.force_rai
        self.line.send(sender.frames(frames))

    def receive(self, frames: int) -> Block:
        """Receive `frames` frames, feed the sinks, and return them aligned, `uint8[frames, 32]`."""
        receiver = self._receiver
        block = receiver.put(self.line.receive(frames), self.line.signal)
        for submultiframe in receiver.crc_results:
            self._sender.report_errored(submultiframe)
        self.now += frames
        for slot, sink in self.sinks.items():
            sink(block[:, slot])
        return block

    @property
    def name(self) -> str:
        """Name of the line."""
        return self.line.name

    @property
    def sources(self) -> dict[int, Callable[[int], Octets]]:
        """By time slot (1 to 31): called with n, returns the next `uint8[n]`. Others send the idle octet."""
        return self._sender.sources

    @property
    def settled(self) -> bool:
        """True when the last block was all as expected and nothing ordered or due remains to be sent."""
        return self._receiver.settled and self._sender.steady

    # what was received

    @property
    def alarms(self) -> frozenset[Alarm]:
        """Alarms present. Of LOS, AIS and LOF only the cause; LOF from the start until alignment."""
        return self._receiver.alarms

    @property
    def alarm_events(self) -> list[AlarmEvent]:
        """Every alarm that came or went, oldest first, with its frame."""
        return self._receiver.events

    @property
    def counters(self) -> SpanCounters:
        """Errors counted since the start."""
        return self._receiver.counters

    @property
    def aligned(self) -> bool:
        """True in frame alignment (G.706 4.1)."""
        return self._receiver.aligned

    @property
    def multiframe_aligned(self) -> bool:
        """True in CRC multiframe alignment (G.706 4.2)."""
        return self._receiver.multiframe_aligned

    @property
    def received_a(self) -> int | None:
        """Last A bit received; None out of alignment."""
        return self._receiver.a_bit

    @property
    def received_sa(self) -> int | None:
        """Last Sa4 to Sa8 received (five bits, Sa4 the most significant); None out of alignment."""
        return self._receiver.sa

    @property
    def received_e(self) -> tuple[int | None, int | None]:
        """Last E bits received, of submultiframes I and II; None when there was none yet."""
        first, second = self._receiver.e_bits
        return first, second

    # orders to misbehave

    @property
    def crc4(self) -> bool:
        """CRC-4 multiframe, sent and expected. `crc4_sent` sets what is sent apart."""
        return self._receiver.crc4

    @crc4.setter
    def crc4(self, on: bool) -> None:
        self._receiver.crc4 = self._sender.crc4 = on

    @property
    def crc4_sent(self) -> bool:
        """CRC-4 multiframe sent; without it bit 1 of time slot 0 is 1."""
        return self._sender.crc4

    @crc4_sent.setter
    def crc4_sent(self, on: bool) -> None:
        self._sender.crc4 = on

    @property
    def sa(self) -> int:
        """Sa4 to Sa8 sent (five bits, Sa4 the most significant); all ones unless set."""
        return self._sender.sa

    @sa.setter
    def sa(self, bits: int) -> None:
        if not 0 <= bits <= SA_BITS:
            raise LimitError(f"{self.name}: Sa bits {bits} are not five bits")
        self._sender.sa = bits

    @property
    def force_e(self) -> int | None:
        """Both E bits sent (0 or 1); None: they report the submultiframes received."""
        return self._sender.force_e

    @force_e.setter
    def force_e(self, bit: int | None) -> None:
        if bit not in (None, 0, 1):
            raise LimitError(f"{self.name}: E bit {bit}; 0, 1 or None expected")
        self._sender.force_e = bit

    @property
    def ais(self) -> bool:
        """Send all ones, time slot 0 included."""
        return self._sender.ais

    @ais.setter
    def ais(self, on: bool) -> None:
        self._sender.ais = on

    @property
    def raw(self) -> Callable[[int], Block] | None:
        """Called with n, returns `uint8[n, 32]` to be sent unframed; None sends frames."""
        return self._sender.raw

    @raw.setter
    def raw(self, source: Callable[[int], Block] | None) -> None:
        self._sender.raw = source

    def shift(self, bits: int) -> None:
        """Send everything later by `bits` more bits: the far end must find frame alignment again."""
        self._sender.shift = (self._sender.shift + bits) % FRAME_BITS

    def corrupt_fas(self, words: int = FOREVER) -> None:
        """Send the next `words` frame alignment signals with one bit wrong; 0 stops."""
        self._sender.fas_to_corrupt = self._count(words)

    def corrupt_nfas(self, words: int = FOREVER) -> None:
        """Send bit 2 of the next `words` odd frames as 0; 0 stops."""
        self._sender.nfas_to_corrupt = self._count(words)

    def corrupt_crc(self, submultiframes: int = FOREVER) -> None:
        """Send C4 of the next `submultiframes` submultiframes inverted; 0 stops."""
        self._sender.crc_to_corrupt = self._count(submultiframes)

    def corrupt_mfas(self, multiframes: int = FOREVER) -> None:
        """Send the CRC multiframe alignment signal of the next `multiframes` wrong in frame 11; 0 stops."""
        self._sender.mfas_to_corrupt = self._count(multiframes)

    def _count(self, number: int) -> int:
        if number < 0:
            raise LimitError(f"{self.name}: cannot corrupt {number}; 0 or more expected")
        return number


__all__ = ["FOREVER", "SLOTS", "AlarmEvent", "E1Port"]

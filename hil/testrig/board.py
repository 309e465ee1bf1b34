"""The contract of a board: what a vendor adapts.

A board terminates spans, offers HDLC channels, voice ports and stations, and joins them all by a bus of
time slots: a sink listens to a source (the SCbus way), so one source can feed many sinks and switching
needs no call state. Everything a board notices comes back as one ordered stream of events.

Time: `advance(frames)` moves every span and station by that many frames. A block is atomic: what the
caller ordered before it is what goes out in it, and what comes in is reported when it is over, each
event with the instant it happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol, TypeAlias

from testrig.clock import Instant
from testrig.line import Line, Octets, StationPort


class Kind(Enum):
    """What stands at one end of a bus connection."""

    TRUNK = "trunk"
    STATION = "station"
    VOICE = "voice"


class Endpoint(NamedTuple):
    """A place on the bus. `slot` is the time slot (1-31) of a trunk and 0 elsewhere."""

    kind: Kind
    unit: int
    slot: int = 0


def trunk(span: int, slot: int) -> Endpoint:
    """Time slot `slot` (1-31) of span `span`."""
    return Endpoint(Kind.TRUNK, span, slot)


def station(number: int) -> Endpoint:
    """Station `number`, counted from 0."""
    return Endpoint(Kind.STATION, number)


def voice(port: int) -> Endpoint:
    """Voice port `port`, counted from 0: a player as a source, a detector as a sink."""
    return Endpoint(Kind.VOICE, port)


class Alarm(Enum):
    """Alarms of a span (G.732 table 3, G.775, G.706)."""

    LOS = "loss of signal"
    AIS = "alarm indication signal"
    LOF = "loss of frame alignment"
    LOM = "loss of CRC multiframe alignment"
    RAI = "remote alarm indication"


class Loopback(Enum):
    """Loops a span can close (O.162 and maintenance practice)."""

    NONE = "none"
    LINE = "line"
    """Everything received is sent back, framing included."""
    PAYLOAD = "payload"
    """Time slots 1-31 received are sent back behind the board's own framing."""
    LOCAL = "local"
    """What the board sends comes back to itself; the far end sees AIS."""


@dataclass(frozen=True, slots=True)
class SpanConfig:
    """How a span is framed. `crc4` turns the CRC-4 multiframe of G.704 2.3.3 on."""

    crc4: bool = True
    idle: int = 0xD5
    """Octet in idle speech slots: A-law zero with even bits inverted (G.711 table 1a)."""


@dataclass(slots=True)
class SpanCounters:
    """What a span has counted since it was configured."""

    slips: int = 0
    crc_errors: int = 0
    """CRC-4 submultiframes received in error (G.706 4.3)."""
    far_end_errors: int = 0
    """E bits received as 0 (G.704 2.3.3.4)."""
    fas_errors: int = 0
    """Frame alignment signals received in error (G.706 4.1.1)."""
    code_violations: int = 0
    alignment_losses: int = 0


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the board has."""

    vendor: str
    model: str
    firmware: str
    spans: int
    stations: int
    voice_ports: int
    bus_slots: int


@dataclass(frozen=True, slots=True)
class HdlcFrame:
    """Signal units came in: `octets` (FCS removed) arrived `repeats` times in a row, the last at `at`.

    Boards compress unchanged signal units this way, as SS7 controllers do with FISUs; every different
    frame makes an event of its own, in order.
    """

    channel: int
    octets: bytes
    repeats: int
    at: Instant


class HdlcFault(Enum):
    """Why a stretch of bits between flags was not a signal unit (Q.703 4.1)."""

    FCS = "check bits wrong"
    SHORT = "shorter than 5 octets"
    LONG = "longer than the maximum"
    ABORT = "seven or more consecutive ones"
    ALIGNMENT = "not a whole number of octets"
    OCTET_COUNT = "16 octets in octet counting mode"


@dataclass(frozen=True, slots=True)
class HdlcError:
    """A faulty signal unit, or 16 octets passed in octet counting mode (Q.703 4.1.4)."""

    channel: int
    fault: HdlcFault
    at: Instant


@dataclass(frozen=True, slots=True)
class SpanAlarm:
    """An alarm came (`on`) or went."""

    span: int
    alarm: Alarm
    on: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class Digit:
    """A DTMF digit was recognised on a voice port. `at` is its end; `duration` in frames."""

    port: int
    digit: str
    duration: int
    at: Instant


@dataclass(frozen=True, slots=True)
class CheckTone:
    """The check tone of continuity checks came (`on`) to a voice port, or went."""

    port: int
    on: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class PlayEnded:
    """A player came to the end of its audio by itself."""

    port: int
    at: Instant


@dataclass(frozen=True, slots=True)
class Hook:
    """A station went off (`off`) or on hook."""

    station: int
    off: bool
    at: Instant


BoardEvent: TypeAlias = HdlcFrame | HdlcError | SpanAlarm | Digit | CheckTone | PlayEnded | Hook


class Board(Protocol):
    """A board. Wrong numbers raise `LimitError`; failed hardware raises `RigError`."""

    def inventory(self) -> Inventory: ...

    # spans
    def attach_span(self, span: int, line: Line) -> None:
        """Plug a line into a span (virtual and pseudowire boards; hardware has its cable)."""
        ...

    def configure_span(self, span: int, config: SpanConfig) -> None: ...

    def span_alarms(self, span: int) -> frozenset[Alarm]: ...

    def span_counters(self, span: int) -> SpanCounters: ...

    def set_loopback(self, span: int, loopback: Loopback) -> None: ...

    # HDLC
    def open_hdlc(self, span: int, slot: int) -> int:
        """Take time slot `slot` of `span` for HDLC and return the channel's number."""
        ...

    def hdlc_send(self, channel: int, frame: bytes) -> None:
        """Queue one frame (without FCS), to be sent once."""
        ...

    def hdlc_fill(self, channel: int, frame: bytes | None) -> None:
        """Set the frame that is repeated while the queue is empty; None sends flags."""
        ...

    def hdlc_flush(self, channel: int) -> int:
        """Drop queued frames not yet begun; return how many."""
        ...

    def hdlc_backlog(self, channel: int) -> int:
        """Queued frames not yet begun."""
        ...

    # bus
    def listen(self, sink: Endpoint, source: Endpoint) -> None:
        """Connect one way: `sink` hears `source` until told otherwise."""
        ...

    def unlisten(self, sink: Endpoint) -> None:
        """`sink` hears silence."""
        ...

    # voice ports
    def play(self, port: int, audio: Octets, *, loop: bool = False) -> None:
        """Play `uint8[n]` A-law from the next block on, once or for ever; replaces what was playing."""
        ...

    def stop(self, port: int) -> None:
        """Stop playing; no `PlayEnded` follows."""
        ...

    def detect_digits(self, port: int, on: bool) -> None:
        """Turn the DTMF receiver of the port on or off."""
        ...

    def detect_check_tone(self, port: int, on: bool) -> None:
        """Turn the port's receiver of the 2,000 Hz check tone (Q.724 7.4.2) on or off."""
        ...

    # stations
    def attach_station(self, number: int, line: StationPort) -> None:
        """Plug the exchange end of a station line into a station."""
        ...

    def ring(self, number: int, on: bool) -> None:
        """Apply ringing in the national cadence, or stop it."""
        ...

    def off_hook(self, number: int) -> bool:
        """Whether the station is off hook now, be it told by a `Hook` already or not yet."""
        ...

    # time
    def advance(self, frames: int) -> list[BoardEvent]:
        """Move by `frames` and return what happened, in order of instant."""
        ...

    def next_deadline(self) -> Instant | None:
        """The earliest instant at which the board will do something of its own accord, if it knows one
        (end of an announcement, next ringing burst)."""
        ...

    @property
    def settled(self) -> bool:
        """True when every channel repeats itself: nothing queued, nothing changing on the lines."""
        ...

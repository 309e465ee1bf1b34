"""Who hears whom: legs, voice ports and shared tones on the board's bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.calls.primitives import Leg
from callcenter.config import Circuit
from callcenter.media.check_tone import CHECK_TONE
from testrig.board import Board, Endpoint, station, trunk, voice
from testrig.line import Octets

STATION: Final = "station"


class Bus:
    """The board's bus in terms of legs.

    Tones and music are shared: one voice port plays a sound for everybody who hears it, and stops when the
    last one leaves. An announcement for one caller takes a port of its own.
    """

    def __init__(
        self, board: Board, circuits: Mapping[Leg, Circuit], audio: Mapping[str, Octets], ports: int
    ) -> None:
        """`audio` holds every tone and prompt by name, `uint8[n]` A-law."""
        self._board = board
        self._circuits = circuits
        self._audio = audio
        self._free = list(range(ports - 1, -1, -1))
        self._shared: dict[str, int] = {}
        self._listeners: dict[str, int] = {}
        self._hearing: dict[Endpoint, str] = {}
        self._sources: dict[Endpoint, Endpoint] = {}
        """What each end hears, or will hear again when its check is over."""
        self._checked: set[Endpoint] = set()

    def silence_ports(self) -> None:
        """Stop whatever a board that went on without us still does on its voice ports."""
        for port in self._free:
            self._board.stop(port)
            self._board.detect_digits(port, False)
            self._board.detect_check_tone(port, False)
            self._board.unlisten(voice(port))

    def disconnect_others(self, stations: int) -> None:
        """Let circuits, and the first `stations` stations, that nobody has connected hear silence."""
        ends = [
            *(self.endpoint(leg) for leg in self._circuits),
            *(station(number) for number in range(stations)),
        ]
        for end in ends:
            if end not in self._sources:
                self._board.unlisten(end)

    @property
    def free_ports(self) -> int:
        """Voice ports nobody uses."""
        return len(self._free)

    def endpoint(self, leg: Leg) -> Endpoint:
        """Place of a leg on the bus."""
        if leg.group == STATION:
            return station(leg.number)
        circuit = self._circuits[leg]
        return trunk(circuit.span, circuit.slot)

    def join(self, one: Leg, other: Leg) -> None:
        """Let two legs hear each other."""
        self.listen(one, other)
        self.listen(other, one)

    def listen(self, sink: Leg, source: Leg) -> None:
        """Let `sink` hear `source`, one way."""
        end = self.endpoint(sink)
        self._leave(end)
        self._connect(end, self.endpoint(source))

    def quiet(self, leg: Leg) -> None:
        """`leg` hears silence."""
        end = self.endpoint(leg)
        self._leave(end)
        self._connect(end, None)

    def hear(self, leg: Leg, sound: str) -> bool:
        """Let `leg` hear a shared tone or music for ever; False, and silence, when no port is free."""
        end = self.endpoint(leg)
        if self._hearing.get(end) == sound:
            return True
        self._leave(end)
        port = self._shared.get(sound)
        if port is None:
            if not self._free:
                self._connect(end, None)
                return False
            port = self._shared[sound] = self._free.pop()
            self._listeners[sound] = 0
            self._board.play(port, self._audio[sound], loop=True)
        self._listeners[sound] += 1
        self._hearing[end] = sound
        self._connect(end, voice(port))
        return True

    def allot(self, leg: Leg, *, digits: bool) -> int | None:
        """Give `leg` a voice port of its own, with a DTMF receiver if `digits`; None when none is free."""
        if not self._free:
            return None
        port = self._free.pop()
        end = self.endpoint(leg)
        self._leave(end)
        self._connect(end, voice(port))
        if digits:
            self._board.listen(voice(port), end)
            self._board.detect_digits(port, True)
        return port

    def play(self, port: int, prompt: str) -> None:
        """Play a prompt once on a port."""
        self._board.play(port, self._audio[prompt])

    def stop(self, port: int) -> None:
        """Stop what a port plays."""
        self._board.stop(port)

    def give_back(self, port: int, leg: Leg) -> None:
        """Take the port back from `leg`, which hears silence."""
        self._board.stop(port)
        self._board.detect_digits(port, False)
        self._board.unlisten(voice(port))
        self._connect(self.endpoint(leg), None)
        self._free.append(port)

    def check(self, leg: Leg) -> int | None:
        """Send the check tone on `leg` and listen for it; return the voice port, None when none is free.

        What `leg` is to hear meanwhile, it hears when the check is over, and nobody hears `leg` before
        (Q.764 2.1.8).
        """
        if not self._free:
            return None
        port, end = self._free.pop(), self.endpoint(leg)
        self._board.play(port, CHECK_TONE, loop=True)
        self._board.detect_check_tone(port, True)
        for sink in self._listening(end):
            self._board.unlisten(sink)
        self._board.listen(voice(port), end)
        self._board.listen(end, voice(port))
        self._checked.add(end)
        return port

    def checked(self, port: int, leg: Leg) -> None:
        """The check on `port` is over."""
        end = self.endpoint(leg)
        self._board.stop(port)
        self._board.detect_check_tone(port, False)
        self._board.unlisten(voice(port))
        self._free.append(port)
        self._checked.discard(end)
        self._connect(end, self._sources.get(end))
        for sink in self._listening(end):
            self._connect(sink, end)

    def _listening(self, source: Endpoint) -> list[Endpoint]:
        """Who hears `source`."""
        return [sink for sink, each in self._sources.items() if each == source]

    def _connect(self, end: Endpoint, source: Endpoint | None) -> None:
        """Let `end` hear `source`, or silence; not before its check is over."""
        if source is None:
            self._sources.pop(end, None)
        else:
            self._sources[end] = source
        if end in self._checked:
            return
        if source is None or source in self._checked:
            self._board.unlisten(end)
        else:
            self._board.listen(end, source)

    def ring(self, number: int, on: bool) -> None:
        """Ring a station, or stop."""
        self._board.ring(number, on)

    def _leave(self, end: Endpoint) -> None:
        sound = self._hearing.pop(end, None)
        if sound is None:
            return
        self._listeners[sound] -= 1
        if not self._listeners[sound]:
            del self._listeners[sound]
            port = self._shared.pop(sound)
            self._board.stop(port)
            self._free.append(port)

"""Two whole call centres joined by one E1, for the tests that want both ends to be ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from callcenter.media.g711 import decode, encode_float
from callcenter.system import ReferenceSystem, centre
from testrig.clock import SECOND
from testrig.line import Octets
from testrig.virtual import LinePair, StationPair

HOME = {"name": "home"}
SWAPPED = {
    "networks": {
        "public": {"own": "2-100-4", "points": {"public": "2-100-3"}},
        "china": {"own": "68-85-103", "points": {"public": "68-85-102"}},
    },
    "name": "away",
}
SILENCE = 0xD5


class Pair:
    """Centres `home` and `away`, the line between them, and their telephones."""

    def __init__(self, over: Mapping[str, object] | None = None) -> None:
        self.line = LinePair("line0")
        self.home = centre({**HOME, **(over or {})})
        self.away = centre({**SWAPPED, **(over or {})})
        self.phones = {
            system.config.name: [StationPair(f"station{number}") for number in range(4)]
            for system in (self.home, self.away)
        }
        self.home.attach([self.line.a], [each.exchange for each in self.phones["home"]])
        self.away.attach([self.line.b], [each.exchange for each in self.phones["away"]])
        self.now = 0
        self.says: dict[tuple[str, int], tuple[int, ...]] = {}
        """Frequencies spoken into a telephone."""
        self.heard: dict[tuple[str, int], Octets] = {}

    def step(self, frames: int = 40) -> None:
        """Move by one block. The line ends exchange what the block before brought."""
        for name, phones in self.phones.items():
            for number, phone in enumerate(phones):
                hertz = self.says.get((name, number), ())
                time = (np.arange(frames) + self.now) / SECOND
                wave = sum((np.sin(2 * np.pi * hz * time) for hz in hertz), np.zeros(frames))
                phone.phone.send(encode_float(0.15 * wave) if hertz else np.full(frames, SILENCE, np.uint8))
        if not self.now:
            self.line.b.send(np.full((frames, 32), 0xFF, np.uint8))
        self.home.advance(frames)
        self.away.advance(frames)
        self.now += frames
        for name, phones in self.phones.items():
            for number, phone in enumerate(phones):
                self.heard[name, number] = phone.phone.receive(frames)

    def until(self, condition: Callable[[], bool], within: int) -> None:
        end = self.now + within
        while not condition():
            assert self.now < end, "did not come about in time"
            self.step()

    def run(self, frames: int) -> None:
        for _ in range(frames // 40):
            self.step()

    def in_service(self) -> None:
        both = (self.home, self.away)
        self.until(
            lambda: all(system.maintenance().link_state() == "in service" for system in both), 60 * SECOND
        )
        self.run(2 * SECOND)

    def listen(self, name: str, number: int, frames: int) -> Octets:
        parts = []
        for _ in range(frames // 40):
            self.step()
            parts.append(self.heard[name, number])
        return np.concatenate(parts)

    def presses(self, name: str, number: int, key: str) -> None:
        """Press a key for 100 ms (Q.23)."""
        rows, columns = (697, 770, 852, 941), (1_209, 1_336, 1_477)
        row, column = divmod("123456789*0#".index(key), 3)
        self.says[name, number] = (rows[row], columns[column])
        self.run(SECOND // 10)
        del self.says[name, number]
        self.run(SECOND // 10)

    def hears(self, name: str, number: int, hz: int, within: int) -> None:
        """Wait until the strongest frequency of 100 ms is `hz`, and loud."""
        end = self.now + within
        while self.now < end:
            spectrum = np.abs(np.fft.rfft(decode(self.listen(name, number, 800)).astype(float)))
            if abs(int(spectrum.argmax()) * 10 - hz) <= 10 and spectrum.max() > 100_000:
                return
        raise AssertionError(f"{hz} Hz not heard within {within / SECOND} s")


def on_duty(system: ReferenceSystem, agent: str) -> None:
    seat = system.agent(agent)
    seat.sign_on()
    seat.ready()


def talking(pair: Pair) -> None:
    """Agent 1001 of home has called the queue of away and talks with agent 1002 there."""
    on_duty(pair.home, "1001")
    on_duty(pair.away, "1002")
    pair.phones["home"][0].phone.hook(True)
    pair.until(lambda: pair.home.agent("1001").state() == "dialling", SECOND)
    pair.home.agent("1001").dial("9" + pair.away.pixit.queue_number)
    pair.until(lambda: pair.phones["away"][1].phone.ringing, 3 * SECOND)
    pair.phones["away"][1].phone.hook(True)
    pair.until(lambda: pair.away.agent("1002").state() == "talking", SECOND)
    pair.run(SECOND // 5)

"""Busy hours on every circuit: calls to the menu, to the queue and in transit, without speech.

Calls arrive at random (exponential intervals) and are held for a random time (exponential) unless the centre
ends them before. Every message goes through level 2, level 3 and the user parts of both ends, the call
engine, the switching orders and the journal; announcements take as long as they take. Time is line time only.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from random import Random
from typing import Final

from callcenter.calls.primitives import Leg
from callcenter.config import CentreConfig
from callcenter.exercise.far import Country
from testrig.clock import MINUTE, SECOND

MENU: Final = "8008200001"
QUEUE: Final = "8008200002"
NOBODY: Final = "8008209999"
HOLDING: Final = 120 * SECOND
"""Mean time for which a caller wants the line."""
OCCUPANCY: Final = 0.8
"""Calls offered a circuit, in erlang."""


@dataclass(slots=True)
class Traffic:
    """What the hours came to."""

    offered: int = 0
    """Calls that subscribers wanted to make."""
    placed: int = 0
    blocked: int = 0
    """Calls for which no circuit was idle."""
    circuit_frames: int = 0
    """Time for which circuits were taken, samples of the number taken times the time between them."""


class Busy:
    """A centre in its busy hours."""

    def __init__(self, config: CentreConfig, *, seed: int = 0) -> None:
        """Brings the links into service. Raises `RuntimeError` if that fails."""
        self.country = Country(config, seed=seed)
        if not self.country.until(self.country.in_service, MINUTE, step=SECOND):
            raise RuntimeError(f"links do not come into service: {self.country.links()}")
        self.country.run(5 * SECOND)
        self.random = Random(seed)
        self.traffic = Traffic()
        self._ends: list[tuple[int, int, str, Leg]] = []
        self._number = 0
        self._latest: dict[Leg, int] = {}
        """Number of the call that its caller placed last, by circuit."""
        exchanges = self.country.far.values()
        self.circuits = sum(len(exchange.legs) for exchange in exchanges)
        self.calls_an_hour = self.circuits * OCCUPANCY * 60 * MINUTE / HOLDING
        self.onward = [route.prefix for route in config.transit]
        self._next = self._later(60 * MINUTE / self.calls_an_hour)

    def _later(self, mean: float) -> int:
        return self.country.now + 1 + int(self.random.expovariate(1 / mean))

    def run(self, frames: int) -> None:
        """Let traffic flow for `frames`."""
        country = self.country
        until = country.now + frames
        while country.now < until:
            end = self._ends[0][0] if self._ends else until
            at = min(end, self._next, until)
            before = country.now
            country.run(max(0, at - before))
            taken = sum(len(exchange.calls) for exchange in country.far.values())
            self.traffic.circuit_frames += taken * (country.now - before)
            while self._ends and self._ends[0][0] <= country.now:
                self._hang_up()
            if self._next <= country.now:
                self._arrival()
                self._next = self._later(60 * MINUTE / self.calls_an_hour)
            country.settle()

    def _arrival(self) -> None:
        self.traffic.offered += 1
        peer = self.random.choice(list(self.country.far))
        exchange = self.country.far[peer]
        leg = exchange.some_idle()
        if leg is None:
            self.traffic.blocked += 1
            return
        self.traffic.placed += 1
        exchange.call(leg, self._number_wanted())
        self._number += 1
        self._latest[leg] = self._number
        heapq.heappush(self._ends, (self._later(HOLDING), self._number, peer, leg))

    def _hang_up(self) -> None:
        """The caller whose time is up hangs up, unless the call is over and the circuit has another one."""
        _, number, peer, leg = heapq.heappop(self._ends)
        if self._latest[leg] == number:
            self.country.far[peer].hang_up(leg)

    def _number_wanted(self) -> str:
        chance = self.random.random()
        if self.onward and chance < 0.6:
            return f"{self.random.choice(self.onward)}{self.random.randrange(10**8):08d}"
        if chance < 0.85:
            return QUEUE
        return MENU if chance < 0.98 else NOBODY

    def drain(self) -> None:
        """No more calls; those there are come to their end."""
        country = self.country
        while self._ends:
            country.run(max(0, self._ends[0][0] - country.now))
            self._hang_up()
            country.settle()
        for exchange in country.far.values():
            for leg in list(exchange.calls):
                exchange.hang_up(leg)
        country.run(5 * MINUTE)

    def wrong(self) -> list[str]:
        """What is not as it should be when no call is up."""
        country, engine = self.country, self.country.engine
        found = [
            f"{end} {leg.group}/{leg.number}: {state}" for (end, leg), state in country.circuits().items()
        ]
        if not country.in_service():
            found.append(f"links: {country.links()}")
        if engine.calls.calls:
            found.append(f"{len(engine.calls.calls)} calls, the first {engine.calls.calls[0]}")
        if engine.calls._bus.free_ports != self.country.config.board.voice_ports:
            found.append(f"voice ports: {engine.calls._bus.free_ports} free")
        if country.board.connections:
            found.append(f"bus: {len(country.board.connections)} connections")
        return found

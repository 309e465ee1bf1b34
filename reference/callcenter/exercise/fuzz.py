"""Mutated signal units against a running centre.

The centre's links are in service with the real level 2 of its peers; most mutants go as messages through it,
so that they reach the decoders of level 3 and of the user parts in sequence and acknowledged, in whatever
state calls, circuits and routes are in from the mutants before. Some are put on the line as they are and hit
level 2 itself. Meanwhile subscribers call and time passes. Afterwards the centre must come back: `recover`.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Final

from callcenter.config import CentreConfig
from callcenter.cti.journal import Journal
from callcenter.cti.projections import Projections
from callcenter.exercise.far import Country, FarExchange
from callcenter.exercise.seeds import NUMBERS, composed, labelled, of_calls
from callcenter.ss7.mtp2.codec import LONGEST_INDICATED, MAX_MSU, MIN_MSU
from callcenter.ss7.mtp3.codec import LABEL_OCTETS
from testrig.clock import MINUTE, SECOND

BURST: Final = 24
"""Mutants that come at one instant."""
RAW: Final = 1 / 400
"""Share put on the line as they are. Each may take its link out of service for an alignment."""
PATIENCE: Final = 30 * SECOND
"""How long a link has to come back before mutants go on."""


class Mutator:
    """Makes mutants of messages; the same for the same seed."""

    def __init__(self, seeds: Sequence[bytes], random: Random, *, label: int = 4) -> None:
        """`label` is the length of the routing label, which most mutants keep: wrong ones end at level 3."""
        self.label = 1 + label
        """Octets of service information and label."""
        self.seeds = list(seeds)
        self.random = random
        self.ways: tuple[Callable[[bytes], bytes], ...] = (
            self.unchanged,
            self.flip,
            self.flip,
            self.overwrite,
            self.truncate,
            self.insert,
            self.delete,
            self.double,
            self.cross,
            self.length,
            self.heading,
            self.circuit,
            self.noise,
        )
        self.counts: Counter[str] = Counter()

    def __call__(self) -> bytes:
        """Return one more mutant."""
        octets = self.random.choice(self.seeds)
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            way = self.random.choice(self.ways)
            self.counts[way.__name__] += 1
            octets = way(octets)
        if self.random.random() < 0.9:
            kept = (
                self.random.choice(self.seeds)[: self.label]
                if len(octets) < self.label
                else octets[: self.label]
            )
            octets = kept + octets[self.label :]
        return octets

    def _place(self, octets: bytes) -> int:
        """Where to strike: behind the label, but one time in twelve."""
        if len(octets) <= self.label or self.random.random() < 1 / 12:
            return self.random.randrange(max(1, len(octets)))
        return self.random.randrange(self.label, len(octets))

    def unchanged(self, octets: bytes) -> bytes:
        """A good message, in a state it does not belong into."""
        return octets

    def flip(self, octets: bytes) -> bytes:
        """One to three bits change."""
        changed = bytearray(octets)
        for _ in range(self.random.choice((1, 1, 2, 3)) if changed else 0):
            changed[self._place(octets)] ^= 1 << self.random.randrange(8)
        return bytes(changed)

    def overwrite(self, octets: bytes) -> bytes:
        """An octet takes a value at the edge of its range, or any."""
        changed = bytearray(octets)
        if changed:
            value = self.random.choice((0, 1, 0x7F, 0x80, 0xFF, self.random.randrange(256)))
            changed[self._place(octets)] = value
        return bytes(changed)

    def truncate(self, octets: bytes) -> bytes:
        """The end is missing."""
        return octets[: self._place(octets) + 1]

    def insert(self, octets: bytes) -> bytes:
        """Octets too many."""
        place = self._place(octets)
        more = self.random.choice((1, 2, 8, 60, 250))
        return octets[:place] + self.random.randbytes(self.random.randint(1, more)) + octets[place:]

    def delete(self, octets: bytes) -> bytes:
        """Octets missing within."""
        place = self._place(octets)
        return octets[:place] + octets[place + self.random.randint(1, 4) :]

    def double(self, octets: bytes) -> bytes:
        """A field comes twice."""
        place, size = self._place(octets), self.random.randint(1, 12)
        field = octets[place : place + size]
        return octets[: place + size] + field + octets[place + size :]

    def cross(self, octets: bytes) -> bytes:
        """The head of one message and the tail of another."""
        other = self.random.choice(self.seeds)
        return octets[: self._place(octets)] + other[self._place(other) :]

    def length(self, octets: bytes) -> bytes:
        """A length or pointer is one too large or too small."""
        changed = bytearray(octets)
        if len(changed) > self.label + 3:
            place = self.random.randrange(self.label + 3, len(changed))
            changed[place] = (changed[place] + self.random.choice((-1, 1))) % 256
        return bytes(changed)

    def heading(self, octets: bytes) -> bytes:
        """Any message type or heading."""
        changed = bytearray(octets)
        place = self.label + (0 if changed and changed[0] & 0x0F < 4 else 2)
        if len(changed) > place:
            changed[place] = self.random.randrange(256)
        return bytes(changed)

    def circuit(self, octets: bytes) -> bytes:
        """The same message about another circuit."""
        other = self.random.choice(self.seeds)
        first, last = self.label, self.label + 2
        return octets[:first] + other[first:last] + octets[last:]

    def noise(self, octets: bytes) -> bytes:
        """Nothing of the message but its label."""
        return octets[: self.label] + self.random.randbytes(self.random.randint(0, 40))


@dataclass(slots=True)
class Figures:
    """What a run came to."""

    units: int = 0
    raw: int = 0
    """Of these put on the line as they are."""
    to_level2: int = 0
    """Messages that the centre's level 2 accepted."""
    link_failures: int = 0
    calls: int = 0
    """Calls on the centre's record."""
    placed: int = 0
    """Calls of subscribers."""
    line_time: float = 0
    """Seconds of line time."""
    associations: int = 0
    """Associations that strangers made at a gateway."""
    kinds: Counter[str] = field(default_factory=Counter)


class Fuzz:
    """A centre, its peers, and mutants that keep coming."""

    def __init__(self, config: CentreConfig, seed: int, *, captured: Sequence[bytes] = ()) -> None:
        """Brings the links into service and gathers the seeds. Raises `RuntimeError` if that fails.

        `captured` are ISUP messages of elsewhere, from the circuit identification code on: seeds too.
        """
        self.random = Random(seed)
        self.country = Country(config, seed=seed)
        if not self.country.until(self.country.in_service, MINUTE, step=SECOND):
            raise RuntimeError(f"links do not come into service: {self.country.links()}")
        self.figures = Figures()
        self.mutators: dict[str, Mutator] = {}
        """By network."""
        for name, seeds in of_calls(self.country).items():
            more = composed(self.country, self.random, name)
            more += labelled(self.country, self.random, name, captured)
            mutator = Mutator(seeds + more, self.random, label=LABEL_OCTETS[config.networks[name].variant])
            self.mutators[name] = mutator
            mutator.counts = self.figures.kinds
        self.ports = self.country.engine.calls._bus.free_ports
        self.country.engine.journal.subscribe(self._counted)

    def _counted(self, event: object) -> None:
        kind = getattr(event, "type", "")
        data = getattr(event, "data", {})
        if kind == "ConnectionCleared":
            self.figures.calls += 1
        elif kind == "LinkStateChanged" and data.get("before") == "in service":
            self.figures.link_failures += 1

    def units(self, count: int) -> None:
        """Send `count` mutants, in bursts, with calls and time between them."""
        figures, random, country = self.figures, self.random, self.country
        begun = country.now
        while count:
            if not country.lines_up() and random.random() < 0.95:
                country.until(country.lines_up, PATIENCE, step=SECOND)
            burst = min(count, random.randint(1, BURST))
            for _ in range(burst):
                self._one()
            count -= burst
            figures.units += burst
            country.settle()
            chance = random.random()
            if chance < 0.1:
                self._subscriber()
            elif chance < 0.3:
                country.run(random.randrange(1, SECOND // 10))
            elif chance < 0.35:
                country.run(random.randrange(SECOND, 10 * SECOND))
            elif chance < 0.351:
                country.run(random.randrange(MINUTE, 5 * MINUTE))
        figures.line_time += (country.now - begun) / SECOND

    def _one(self) -> None:
        exchange = self.random.choice(list(self.country.far.values()))
        channels = exchange.signalling._channels
        channel = self.random.choice(channels)
        msu = self.mutators[channel.network]()
        if MIN_MSU <= len(msu) <= MAX_MSU and self.random.random() >= RAW:
            self.figures.to_level2 += channel.link.in_service
            channel.link.transmit(msu, exchange.now)
            exchange.signalling.pump()
            return
        self.figures.raw += 1
        unit = bytearray(channel.link.fill[:2] + bytes((min(len(msu), LONGEST_INDICATED),)) + msu)
        for _ in range(self.random.choice((0, 1, 2))):
            unit[self.random.randrange(3)] ^= 1 << self.random.randrange(8)
        number = channels.index(channel)
        cable = next(each for each in self.country.cables if each.ends[1] == (exchange.board, number))
        for _ in range(self.random.choice((1, 1, 3))):
            cable.disturb(0, bytes(unit))

    def _subscriber(self) -> None:
        exchange = self.random.choice(list(self.country.far.values()))
        if not exchange.legs:
            return
        leg = self.random.choice(exchange.legs)
        if exchange.hang_up(leg):
            return
        if leg not in exchange.calls and exchange.signalling.idle(leg):
            self.figures.placed += 1
            exchange.call(leg, self.random.choice(NUMBERS))

    def recover(self) -> list[str]:
        """Let the operator at both ends put everything right; return what is still wrong then.

        Peers hang up, every link is activated, every circuit is unblocked and reset from both ends: what an
        operator can order, and nothing else.
        """
        country = self.country
        for exchange in country.far.values():
            for leg in list(exchange.calls):
                exchange.hang_up(leg)
        country.run(10 * MINUTE)
        for exchange in country.far.values():
            self._put_right(exchange)
        country.reset()
        country.run(10 * MINUTE)
        return self.wrong()

    def _put_right(self, exchange: FarExchange) -> None:
        ends = (exchange.signalling, self.country.engine.signalling)
        for leg in exchange.legs:
            for signalling in ends:
                signalling.order("unblock", leg, 1, self.country.now)
                signalling.order("reset", leg, 1, self.country.now)
        exchange.work()
        self.country.engine.work()
        self.country.run(MINUTE)

    def wrong(self) -> list[str]:
        """What is not as it was before the first mutant."""
        country, engine = self.country, self.country.engine
        found = [
            f"{end} {leg.group}/{leg.number}: {state}" for (end, leg), state in country.circuits().items()
        ]
        if not country.in_service():
            found.append(f"links: {country.links()}")
        if engine.calls.calls:
            found.append(f"calls: {engine.calls.calls}")
        if engine.calls._bus.free_ports != self.ports:
            found.append(f"voice ports: {engine.calls._bus.free_ports} free of {self.ports}")
        if country.board.connections:
            found.append(f"bus: {country.board.connections}")
        return found

    def normal_call(self) -> list[str]:
        """Make a call to the menu on every peer and group; return what went wrong."""
        found = []
        for exchange in self.country.far.values():
            for group in dict.fromkeys(leg.group for leg in exchange.legs):
                leg = next(leg for leg in exchange.idle() if leg.group == group)
                exchange.call(leg, NUMBERS[0])
                self.country.run(SECOND)
                if exchange.calls.get(leg) != "talking":
                    found.append(f"call on {leg}: {exchange.calls.get(leg)}")
                exchange.hang_up(leg)
                self.country.run(SECOND)
                if leg in exchange.calls or self.country.engine.calls.calls:
                    found.append(f"call on {leg} does not end")
        return found


_VALUES: Final = (int, float, str, bytes)
_NOT_OURS: Final = (ModuleType, FunctionType, BuiltinFunctionType, CodeType, type, Enum)


def holdings(root: object, *, without: tuple[type, ...] = (Journal, Projections)) -> Counter[str]:
    """How many objects of each type `root` holds, directly or through others; not those of `without`, nor
    plain values, which are new objects as soon as they are large."""
    seen: dict[int, object] = {}
    todo = [root]
    counts: Counter[str] = Counter()
    while todo:
        each = todo.pop()
        if id(each) in seen or isinstance(each, _NOT_OURS + without):
            continue
        seen[id(each)] = each
        counts[type(each).__name__] += 1
        todo += gc.get_referents(each)
    for kind in _VALUES:
        del counts[kind.__name__]
    return counts

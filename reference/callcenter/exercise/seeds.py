"""Messages to mutate: those of real calls, and one of every kind that the tables of the user parts have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from random import Random
from typing import Final

from callcenter.calls.primitives import Leg
from callcenter.exercise.far import Country
from callcenter.signalling import SERVICES
from callcenter.ss7.isup.messages import FORMATS as ISUP_FORMATS
from callcenter.ss7.mtp3.codec import Label, LinkTest, Message, Service
from callcenter.ss7.mtp3.management import Heading, Management
from callcenter.ss7.tup.messages import FORMATS as TUP_FORMATS
from testrig.clock import MINUTE, SECOND
from testrig.system import Variant

NUMBERS: Final = ("8008200001", "8008200002", "8008201001", "8008209999", "02055556666", "02155556666")
"""To the menu, the queue, an agent, nobody, and on in transit."""
MSU: Final = 3
"""Octets before the message in a signal unit (Q.703 figure 3)."""


def of_calls(country: Country) -> dict[str, list[bytes]]:
    """The messages that far exchanges send in calls to every kind of number, with resets and blocking, by
    network."""
    found: dict[str, list[bytes]] = {network: [] for _, network in country.ends()}

    def tap(network: str, side: int, unit: bytes) -> None:
        if side == 1 and unit[2] & 0x3F > 2:
            found[network].append(unit[MSU:])

    for peer, exchange in country.far.items():
        for cable in country.cables_to[peer]:
            cable.tap = partial(tap, exchange.signalling._channels[cable.ends[1][1]].network)
    for exchange in country.far.values():
        for user in dict.fromkeys(leg.group for leg in exchange.legs):
            for number in NUMBERS:
                leg = next(leg for leg in exchange.idle() if leg.group == user)
                exchange.call(leg, number[:-2])
                exchange.more(leg, number[-2:])
                country.run(3 * SECOND)
                exchange.hang_up(leg)
                country.run(SECOND)
            leg = next(leg for leg in exchange.legs if leg.group == user)
            _supervision(country, exchange.signalling.order, leg)
    country.run(MINUTE)
    for cable in country.cables:
        cable.tap = None
    return found


def _supervision(country: Country, order: object, leg: Leg) -> None:
    assert callable(order)
    for what in ("block", "unblock", "reset", "block group", "unblock group", "reset group"):
        order(what, leg, 8, country.now)
        for exchange in country.far.values():
            exchange.work()
        country.run(SECOND)


def composed(country: Country, random: Random, name: str = "") -> list[bytes]:
    """A message of every kind of ISUP, TUP, network management and link test, as each peer in network `name`
    (none: the centre's) would send it."""
    found: list[bytes] = []
    config = country.config
    name = name or config.network
    network = config.networks[name]
    own = config.own(name)
    for peer in (peer for peer, each in country.ends() if each == name):
        opc = config.point(peer, name)
        cics = [leg.number for leg in country.far[peer].legs] or [1]
        bodies = [(SERVICES["isup"], body) for body in _isup(cics, random)]
        bodies += [(SERVICES["tup"], body) for body in _tup(cics, random)]
        bodies += [(int(Service.SNM), body) for body in _management(own, opc, network.variant, random)]
        bodies += [(int(Service.SLT), LinkTest(ack, b"TESTLINE").encode()) for ack in (False, True)]
        for si, data in bodies:
            label = Label(own, opc, random.randrange(16) if si > 3 else random.randrange(4))
            found.append(Message(si, network.indicator, label, data).encode(network.variant))
    return found


def labelled(country: Country, random: Random, name: str, messages: Sequence[bytes]) -> list[bytes]:
    """ISUP messages of elsewhere, as a peer in network `name` would send them on any circuit."""
    config = country.config
    network = config.networks[name]
    peers = [peer for peer, each in country.ends() if each == name]
    found = []
    for data in messages:
        label = Label(config.own(name), config.point(random.choice(peers), name), random.randrange(16))
        found.append(Message(SERVICES["isup"], network.indicator, label, data).encode(network.variant))
    return found


def _isup(cics: list[int], random: Random) -> Iterator[bytes]:
    """Every message of Q.763 with contents of chance in the places the formats name."""
    for kind, shape in ISUP_FORMATS.items():
        head = random.choice(cics).to_bytes(2, "little") + bytes((kind,))
        fixed = b"".join(random.randbytes(length) for _, length in shape.fixed)
        if shape.free:
            yield head + random.randbytes(6)
            continue
        contents = [_contents(code, random) for code in shape.variable]
        optional = b""
        for code in random.sample(sorted(shape.optional or ()), min(2, len(shape.optional or ()))):
            body = random.randbytes(random.randrange(1, 5))
            optional += bytes((code, len(body))) + body
        pointers, parts = b"", b""
        places = len(contents) + (shape.optional is not None)
        for place, body in enumerate(contents):
            pointers += bytes((places - place + len(parts),))
            parts += bytes((len(body),)) + body
        if shape.optional is not None:
            pointers += bytes((1 + len(parts) if optional else 0,))
        yield head + fixed + pointers + parts + (optional + b"\0" if optional else b"")


def _contents(code: int, random: Random) -> bytes:
    if code == 0x16:  # range and status
        size = random.randrange(1, 31)
        return bytes((size,)) + random.randbytes(random.choice((0, size // 8 + 1)))
    if code == 0x12:  # cause indicators
        return bytes((0x80 | random.randrange(16), 0x80 | random.randrange(128)))
    return random.randbytes(random.randrange(2, 10))


def _tup(cics: list[int], random: Random) -> Iterator[bytes]:
    """Every heading of Q.723 with contents of chance behind it."""
    for heading in TUP_FORMATS:
        head = random.choice(cics).to_bytes(2, "little") + bytes((heading,))
        yield head
        yield head + random.randbytes(random.randrange(1, 12))
        if heading & 0x0F == 8:
            size = random.randrange(1, 31)
            yield head + bytes((size,)) + random.randbytes(size // 8 + 1)


def _management(own: int, opc: int, variant: Variant, random: Random) -> Iterator[bytes]:
    for heading in Heading:
        for point in (own, opc, random.randrange(1 << 14)):
            yield Management(
                heading,
                fsn=random.randrange(128),
                code=random.randrange(256),
                point=point,
                status=random.randrange(4),
                user=random.randrange(16),
                cause=random.randrange(16),
            ).encode(variant)

"""M3UA messages to mutate: one of every type, and what mutation does to header and parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from callcenter.exercise.fuzz import Mutator
from callcenter.ss7.m3ua import ProtocolData
from callcenter.ss7.m3ua.codec import (
    HEADER,
    M3uaError,
    Message,
    Tag,
    Type,
    decode,
    parameter,
    parameters,
    word,
)

USER_TO_USER: Final = bytes((0x2D, 2, 0, 2, 0))
"""A message any exchange passes on: user-to-user information (Q.763 table 34) but for its last octet."""


class MessageMutator(Mutator):
    """Mutates M3UA messages: header of 8 octets, then parameters.

    Half of them have whole parameters, of which some are missing, doubled, of another message or with any
    value. Most others get a length that is right, so that the stream goes on; the rest breaks it.
    """

    def __init__(self, seeds: Sequence[bytes], random: Random) -> None:
        super().__init__(seeds, random, label=HEADER - 1)

    def __call__(self) -> bytes:
        """Return one more mutant."""
        if self.random.random() < 0.5:
            return self.whole()
        octets = super().__call__()
        if len(octets) >= HEADER and self.random.random() < 0.98:
            octets = octets[:4] + len(octets).to_bytes(4, "big") + octets[HEADER:]
        return octets

    def whole(self) -> bytes:
        """A message with parameters that can be decoded."""
        random = self.random
        octets = random.choice(self.seeds)
        found = list(parameters(octets[HEADER:]))
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            place = random.randrange(len(found) + 1)
            way = random.choice(("value", "value", "drop", "double", "borrow", "kind", "unchanged"))
            self.counts[f"parameter {way}"] += 1
            if way == "kind":
                octets = self.heading(octets)
            elif way == "borrow":
                found[place:place] = parameters(random.choice(self.seeds)[HEADER:])[:1]
            elif way == "drop":
                del found[place : place + 1]
            elif way == "double":
                found += found[place : place + 1]
            elif way == "value" and place < len(found):
                tag, value = found[place]
                found[place] = (tag, self.value(value))
        return Message(int.from_bytes(octets[2:4], "big"), tuple(found)).encode()

    def value(self, octets: bytes) -> bytes:
        """Another value of the same length; words of 32 bits most often at an edge, or another seed's."""
        if octets and self.random.random() < 0.5:
            return self.flip(octets) if self.random.random() < 0.5 else self.overwrite(octets)
        other = self.random.choice(self.seeds)[HEADER + 4 : HEADER + 8]
        words = (bytes(4), b"\0\0\0\1", b"\xff" * 4, b"\x7f" + bytes(3), self.random.randbytes(4), other)
        return (self.random.choice(words) * (len(octets) // 4 + 1))[: len(octets)]

    def heading(self, octets: bytes) -> bytes:
        """Any class and type, or the one of another message."""
        other = (
            self.random.choice(self.seeds)[2:4] if self.random.random() < 0.7 else self.random.randbytes(2)
        )
        return octets[:2] + other + octets[4:]

    def circuit(self, octets: bytes) -> bytes:
        """The parameters of another message under the same header."""
        return octets[:HEADER] + self.random.choice(self.seeds)[HEADER:]

    def noise(self, octets: bytes) -> bytes:
        """One of the parameters there are with contents of chance."""
        value = self.random.randbytes(self.random.choice((0, 1, 3, 4, 8, 12, 40)))
        return octets[:HEADER] + parameter(self.random.choice(list(Tag)), value)


def composed(contexts: Sequence[int], points: Sequence[int], random: Random) -> Iterator[bytes]:
    """A message of every type with the parameters it may have, about these contexts and points."""
    key = parameter(Tag.LOCAL_KEY, word(1)) + parameter(Tag.DPC, word(points[0]))
    values = {
        Tag.INFO: b"server",
        Tag.ROUTING_CONTEXT: word(*contexts),
        Tag.HEARTBEAT: b"beat",
        Tag.TRAFFIC_MODE: word(random.randrange(1, 4)),
        Tag.ERROR_CODE: word(random.randrange(1, 0x1B)),
        Tag.STATUS: word(random.choice((1, 2)) << 16 | random.randrange(1, 5)),
        Tag.ASP_IDENTIFIER: word(random.randrange(9)),
        Tag.AFFECTED_POINT_CODE: word(*points),
        Tag.CORRELATION: word(7),
        Tag.USER_CAUSE: word(1 << 16 | 5),
        Tag.CONGESTION: word(1),
        Tag.ROUTING_KEY: key + parameter(Tag.SERVICES, bytes((random.randrange(3, 16),))),
        Tag.PROTOCOL_DATA: ProtocolData(
            points[0], points[1], 5, 2, 3, b"\1\0" + USER_TO_USER + b"\0"
        ).encode(),
    }
    for kind in Type:
        for context in (*contexts, None):
            given = dict(values) if context is None else {**values, Tag.ROUTING_CONTEXT: word(context)}
            chosen = random.sample(sorted(given), random.randrange(len(given)))
            yield Message(kind, tuple((int(tag), given[Tag(tag)]) for tag in chosen)).encode()
            yield Message(kind, ((int(Tag.ROUTING_CONTEXT), given[Tag.ROUTING_CONTEXT]),)).encode()
        yield Message(kind).encode()
        yield Message(kind, tuple((int(tag), value) for tag, value in values.items())).encode()
    for context in list(contexts) * 4:
        opc, dpc = (random.choice((*points, points[place], points[place])) for place in (0, 1))
        label = ProtocolData(opc, dpc, random.choice((3, 4, 5, 5)), 2, random.randrange(16), b"\1\0\x12")
        named = (int(Tag.ROUTING_CONTEXT), word(context))
        yield Message(Type.DATA, (named, (int(Tag.PROTOCOL_DATA), label.encode()))).encode()


def good(octets: bytes) -> bool:
    """Whether these are the octets of one message that we can decode."""
    if len(octets) < HEADER or int.from_bytes(octets[4:8], "big") != len(octets):
        return False
    try:
        decode(octets)
    except M3uaError:
        return False
    return True

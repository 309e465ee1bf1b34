"""One end of an M3UA association in the judge's hands: what the testers of both sides share.

It keeps no state that could hide the other end's mistakes: it sends what a case says and fails on what the
case did not expect.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from testline.bench import Bench
from testline.layers.errors import NotDecodable
from testline.layers.isup import decode_isup
from testline.layers.isup import summary_of as summary_of_isup
from testline.layers.m3ua import TAGS, Label, decode_m3ua, message, split, value_octets
from testline.trace import TraceEntry
from testline.verdicts import Fail
from testrig.clock import SECOND, Instant
from testrig.stream import Stream

ISUP: Final = 5
SECONDS: Final = 2 * SECOND
"""What an answer over M3UA may take here: the RFC gives no limit to the answer, T(ack) of the ASP is 2 s."""


@dataclass(slots=True)
class Got:
    """A message of the gateway."""

    at: Instant
    title: str
    values: list[tuple[int, bytes]]
    entry: TraceEntry | None
    number: int
    """Counted over the association."""

    def value(self, name: str) -> bytes | None:
        """Value of a parameter."""
        return next((value for tag, value in self.values if tag == TAGS[name]), None)

    def words(self, name: str) -> list[int]:
        """Value of a parameter as 32-bit words."""
        octets = self.value(name) or b""
        return [int.from_bytes(octets[at : at + 4], "big") for at in range(0, len(octets), 4)]

    @property
    def label(self) -> Any:
        """The protocol data of DATA."""
        return Label(self.value("protocol_data") or bytes(12))


class Association:
    """One end of an association; a machine on the bench."""

    def __init__(self, bench: Bench, name: str, stream: Stream) -> None:
        self.bench = bench
        self.name = name
        self.stream = stream
        self.inbox: deque[Got] = deque()
        self._octets = b""
        self._sending = b""
        self._moved = False
        self._count = 0
        bench.attach(self)

    # a machine on the bench

    def advance(self, now: Instant) -> None:
        """Take what has come."""
        new = self.stream.receive()
        self._moved = bool(new)
        self._octets += new
        while len(self._octets) >= 8:
            length = int.from_bytes(self._octets[4:8], "big")
            if length < 8:
                raise Fail(awaited="a message", state=self.where(), observed=self._octets[:8].hex())
            if len(self._octets) < length:
                return
            one, self._octets = self._octets[:length], self._octets[length:]
            try:
                found = decode_m3ua(one)
            except NotDecodable as error:
                raise Fail(awaited="a message", state=self.where(), observed=str(error)) from error
            entry = self.bench.trace.received(now, self.name, "M3UA", title_of(found), one)
            self._count += 1
            self.arrived(Got(now, found.title, split(found.body), entry, self._count))

    def arrived(self, got: Got) -> None:
        """Take a message."""
        self.inbox.append(got)

    next_deadline: Instant | None = None

    @property
    def settled(self) -> bool:
        """True when nothing has just come."""
        return not self._moved

    def where(self) -> str:
        """State in words, for verdicts."""
        return f"association {self.name}"

    # sending

    def send(self, name: str, *, deliberate: bool = False, **given: Any) -> None:
        """Send a message; see `testline.layers.m3ua.message`."""
        self.send_raw(message(name, **given), name, deliberate=deliberate)

    def send_raw(self, octets: bytes, title: str = "octets", *, deliberate: bool = True) -> None:
        """Send any octets. Those that are not wrong on purpose are recorded message by message, as soon as
        one is whole."""
        self.stream.send(octets)
        if deliberate:
            self.bench.trace.sent(self.bench.now, self.name, "M3UA", title, octets, deliberate=True)
            return
        self._sending += octets
        while len(self._sending) >= 8:
            length = int.from_bytes(self._sending[4:8], "big")
            if len(self._sending) < length:
                return
            one, self._sending = self._sending[:length], self._sending[length:]
            found = decode_m3ua(one)
            self.bench.trace.sent(self.bench.now, self.name, "M3UA", title_of(found), one)

    # waiting

    def expect(self, name: str, *, within: int = SECONDS, **wanted: Any) -> Got:
        """Wait for the next message that nothing else takes: it must be `name`, its parameters as wanted."""
        got = self.bench.until(
            lambda: self.inbox.popleft() if self.inbox else None,
            within=within,
            awaited=name,
            state=self.where,
        )
        self.check(got, name, wanted)
        return got

    def check(self, got: Got, name: str, wanted: dict[str, Any]) -> None:
        """Fail unless a message is `name` with the parameters wanted; None: without it."""
        wrong = [] if got.title == name else [got.title]
        for key, value in wanted.items():
            found = got.value(key)
            if not wrong and found != (None if value is None else value_octets(value)):
                wrong.append(f"{key} {'absent' if found is None else found.hex()}")
        if wrong:
            self.bench.trace.depart(got.at, name, got.entry)
            text = f"{name} {wanted}" if wanted else name
            raise Fail(awaited=text, state=self.where(), observed=f"{got.title}: {', '.join(wrong)}")

    def expect_error(self, code: int) -> Got:
        """Wait for ERR with `code` (3.8.1)."""
        return self.expect("ERR", error_code=code)

    def expect_nothing(self, *, during: int = SECOND) -> None:
        """Fail when anything comes that nothing else takes."""
        self.bench.never(lambda: bool(self.inbox), during=during, unwanted="message", state=self.where)

    def close(self) -> None:
        """Lose the association."""
        self.bench.trace.note(self.bench.now, f"{self.name}: association closed")
        self.stream.close()


def title_of(found: Any) -> str:
    """Return a message in one line: DATA of ISUP with what it carries."""
    data = next((value for tag, value in split(found.body) if tag == TAGS["protocol_data"]), None)
    if found.title != "DATA" or data is None or len(data) < 12 or Label(data).si != ISUP:
        return str(found.title)
    try:
        return f"DATA {summary_of_isup(decode_isup(bytes(Label(data).data)))}"
    except NotDecodable:
        return "DATA"

"""The judge's end of level 3 over one link: labels, link test, network management heard.

It answers signalling link tests and sends its own when the link comes into service (Q.707 2.2), and tells
its neighbour that traffic may start (TRA, Q.704 9). Each of these can be switched off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from testline.bench import Bench
from testline.layers.errors import NotDecodable
from testline.layers.isup import decode_isup, summary_of
from testline.layers.mtp3 import (
    HEADING_CODES,
    MSU_HEADERS,
    SERVICES,
    LinkTest,
    NetworkManagement,
    decode_link_test,
    decode_management,
    decode_mtp3,
    summary_of_management,
)
from testline.layers.tup import decode_tup, join
from testline.layers.tup import summary_of as summary_of_tup
from testline.testers.link import LinkState, LinkTester
from testline.testers.units import Unit
from testline.trace import TraceEntry
from testline.verdicts import Fail
from testrig.clock import SECOND, Instant
from testrig.system import Variant

SNM: Final = 0
SLT: Final = 1
TUP: Final = 4
ISUP: Final = 5
PATTERN: Final = b"TESTLINE"
"""Test pattern of our own SLTM: 1 to 15 octets (Q.707 2.2)."""

T1: Final = 6 * SECOND
"""Between an SLTM and its repetition (Q.707, T1: 4 to 12 s; its clause number unverified)."""


@dataclass(slots=True)
class Message:
    """A message received: its label taken apart, and what follows it."""

    at: Instant
    ni: int
    si: int
    dpc: int
    opc: int
    sls: int
    data: bytes
    title: str
    """`SLTM`, `TRA`, ... for services 0 to 2; the service's name otherwise."""
    entry: TraceEntry | None
    sls_octet: int = 0
    """SLS and, with 24-bit codes, the four bits above it: spare, but to TUP the next of the CIC."""

    def __str__(self) -> str:
        return f"{self.title} from {self.opc} to {self.dpc} SLS {self.sls}"


class Carrier(Protocol):
    """What carries the messages of a user part: level 3 over a link, or gateways with M3UA."""

    variant: Variant
    users: dict[int, Callable[[Message], None]]
    misaddressed: list[Message]

    def where(self) -> str: ...
    def send(
        self,
        si: int,
        data: bytes,
        *,
        dpc: int | None = None,
        opc: int | None = None,
        sls: int = 0,
        ni: int | None = None,
        deliberate: bool = False,
    ) -> None: ...


class Mtp3Tester:
    """Level 3 of the tester's signalling point; a machine on the bench through its link."""

    def __init__(self, bench: Bench, link: LinkTester) -> None:
        self.bench = bench
        self.link = link
        pixit = bench.pixit
        self.variant = pixit.variant
        self.own = pixit.tester_point_code
        self.other = pixit.point_code
        self.ni = pixit.network_indicator
        self.slc = pixit.slc
        self.answering = True
        """False: SLTMs stay unanswered."""
        self.testing = True
        """False: no SLTM of our own when the link comes into service."""
        self.announcing = True
        """False: no TRA when the link has come into service."""
        self.received: list[Message] = []
        """Everything for services 0 to 2, and everything not addressed to us or not decodable."""
        self.misaddressed: list[Message] = []
        self.undecodable: list[tuple[str, TraceEntry | None]] = []
        self.users: dict[int, Callable[[Message], None]] = {}
        self.proven = False
        """True while our last SLTM has been answered."""
        self._cursor = 0
        self._sent_patterns: deque[bytes] = deque(maxlen=4)
        link.describe = self.describe
        link.users.append(self._arrived)
        link.on_state.append(self._link_state)

    def bring_up(self, *, within: int = 30 * SECOND, emergency: bool = True) -> None:
        """Bring the link into service and, if we test it, wait until our test is answered.

        The test is repeated once, as after the first expiry of T1 (Q.707 2.2, T1 4 to 12 s).
        """
        end = self.bench.now + within
        self.link.bring_up(within=within, emergency=emergency)
        if not self.testing:
            return
        first = min(end, self.bench.now + T1)
        while not self.proven and self.bench.now < first:
            self.bench.step(first)
        if not self.proven:
            self.send_sltm()
        self.bench.until(
            lambda: self.proven,
            within=max(1, min(T1, end - self.bench.now)),
            awaited="SLTA for our SLTM",
            state=self.where,
        )

    def where(self) -> str:
        """State in words, for verdicts."""
        return self.link.where()

    # sending

    def label(
        self, si: int | None = None, *, dpc: int | None = None, opc: int | None = None, sls: int = 0
    ) -> bytes:
        """Return a routing label, from us to the system unless given; behind the service octet with `si`."""
        octets = self._head(si or 0, self.ni, dpc, opc, sls)
        return octets[1:] if si is None else octets

    def _head(self, si: int, ni: int, dpc: int | None, opc: int | None, sls: int) -> bytes:
        header = MSU_HEADERS[self.variant](
            si=si,
            ni=ni,
            dpc=self.other if dpc is None else dpc,
            opc=self.own if opc is None else opc,
            sls=sls & 0x0F,
        )
        if sls > 0x0F and self.variant == "china24":
            header.sls_spare = sls >> 4
        return bytes(header)

    def send(
        self,
        si: int,
        data: bytes,
        *,
        dpc: int | None = None,
        opc: int | None = None,
        sls: int = 0,
        ni: int | None = None,
        deliberate: bool = False,
    ) -> None:
        """Send `data` behind service information octet and label."""
        octets = self._head(si, self.ni if ni is None else ni, dpc, opc, sls) + data
        self.link.send_msu(octets, deliberate=deliberate)

    def send_sltm(
        self, pattern: bytes = PATTERN, *, slc: int | None = None, deliberate: bool = False, **label: Any
    ) -> None:
        """Send a signalling link test message; its answer sets `proven`."""
        self.proven = False
        self._sent_patterns.append(pattern)
        sls = self.slc if slc is None else slc
        self.send(SLT, bytes(LinkTest(h1=1, pattern=pattern)), sls=sls, deliberate=deliberate, **label)

    def send_slta(self, pattern: bytes, *, slc: int | None = None, deliberate: bool = False) -> None:
        """Send a signalling link test acknowledgement."""
        sls = self.slc if slc is None else slc
        self.send(SLT, bytes(LinkTest(h1=2, pattern=pattern)), sls=sls, deliberate=deliberate)

    def send_management(self, title: str, information: bytes = b"", *, deliberate: bool = False) -> None:
        """Send a network management message by its abbreviation (`TRA`, `TFP`, `UPU` ...)."""
        h0, h1 = HEADING_CODES[title]
        data = bytes(NetworkManagement(h0=h0, h1=h1, information=information))
        self.send(SNM, data, sls=self.slc, deliberate=deliberate)

    # receiving

    def _link_state(self, state: LinkState, _now: Instant) -> None:
        self.proven = False
        if state is LinkState.IN_SERVICE:
            if self.testing:
                self.send_sltm()
            if self.announcing:
                self.send_management("TRA")

    def _arrived(self, unit: Unit) -> None:
        try:
            msu = decode_mtp3(unit.sif, self.variant)
            title = self._title(msu)
        except NotDecodable as error:
            self.undecodable.append((str(error), unit.entry))
            return
        message = Message(
            unit.last,
            msu.ni,
            msu.si,
            msu.dpc,
            msu.opc,
            msu.sls,
            bytes(msu.data),
            title,
            unit.entry,
            sls_octet(msu),
        )
        if (message.dpc, message.opc, message.ni) != (self.own, self.other, self.ni):
            self.misaddressed.append(message)
            return
        user = self.users.get(message.si)
        if user is not None:
            user(message)
            return
        self.received.append(message)
        if title == "SLTM" and self.answering:
            self.send_slta(decode_link_test(message.data).pattern, slc=message.sls)
        elif title == "SLTA" and decode_link_test(message.data).pattern in self._sent_patterns:
            self.proven = True

    def _title(self, msu: Any) -> str:
        if msu.si in {1, 2}:
            return str(decode_link_test(bytes(msu.data)).title)
        if msu.si == SNM:
            return str(decode_management(bytes(msu.data), self.variant).title)
        return SERVICES.get(msu.si, f"SI {msu.si}")

    def describe(self, sif: bytes) -> tuple[str, str]:
        """Return protocol and one line for an MSU: the highest layer that can be read."""
        return describe(sif, self.variant)

    # waiting

    def expect(self, title: str, *, within: int, where: Callable[[Message], bool] | None = None) -> Message:
        """Wait for a message of services 0 to 2, or one misaddressed, that was not returned before.

        Others of these services pass: level 3 runs in the background of everything.
        """

        def look() -> Message | None:
            while self._cursor < len(self.received):
                message = self.received[self._cursor]
                self._cursor += 1
                if message.title == title and (where is None or where(message)):
                    return message
            return None

        return self.bench.until(look, within=within, awaited=title, state=self.where)

    def expect_sltm(self, *, within: int) -> Message:
        """Wait for a signalling link test message."""
        return self.expect("SLTM", within=within)

    def expect_slta(self, pattern: bytes = PATTERN, *, within: int) -> Message:
        """Wait for the acknowledgement with the pattern sent."""
        return self.expect(
            "SLTA", within=within, where=lambda message: decode_link_test(message.data).pattern == pattern
        )

    def expect_not(self, title: str, *, during: int) -> None:
        """Fail when a message `title` arrives within `during` frames from now."""
        start = len(self.received)

        def came() -> bool:
            for message in self.received[start:]:
                if message.title == title:
                    self.bench.trace.depart(self.bench.now, f"no {title}", message.entry)
                    raise Fail(awaited=f"no {title}", state=self.where(), observed=str(message))
            return False

        self.bench.never(came, during=during, unwanted=title, state=self.where)

    def forget(self) -> None:
        """Let the next `expect` look only at messages that arrive after now."""
        self._cursor = len(self.received)


def sls_octet(msu: Any) -> int:
    """Return the last octet of a 24-bit label, the SLS of a 14-bit one."""
    return int(msu.sls | getattr(msu, "sls_spare", 0) << 4)


@lru_cache(maxsize=256)
def describe(sif: bytes, variant: str) -> tuple[str, str]:
    """Return protocol and one line for service information octet and field: the highest layer readable."""
    try:
        msu = decode_mtp3(sif, variant)
    except NotDecodable as error:
        return "MTP3", error.reason
    data = bytes(msu.data)
    try:
        if msu.si == ISUP:
            return "ISUP", summary_of(decode_isup(data))
        if msu.si == TUP:
            return "TUP", summary_of_tup(decode_tup(join(sls_octet(msu), data, variant)))
        if msu.si in {1, 2}:
            test = decode_link_test(data)
            return "MTP3", f"{test.title} SLC {msu.sls} pattern {bytes(test.pattern).hex()}"
        if msu.si == SNM:
            told = summary_of_management(decode_management(data, variant))
            return "MTP3", f"{told} from {msu.opc} to {msu.dpc} SLC {msu.sls}"
    except NotDecodable as error:
        return {ISUP: "ISUP", TUP: "TUP"}.get(msu.si, "MTP3"), f"not decodable: {error.reason}"
    return "MTP3", f"{SERVICES.get(msu.si, f'SI {msu.si}')} from {msu.opc} to {msu.dpc} SLS {msu.sls}"

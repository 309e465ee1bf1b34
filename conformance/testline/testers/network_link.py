"""One signalling link of the tester's network: the level 2 end, what came over it, what goes over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from testline.bench import Bench
from testline.layers.errors import NotDecodable
from testline.layers.isup import decode_isup
from testline.layers.mtp3 import (
    MSU_HEADERS,
    SERVICES,
    LinkTest,
    decode_link_test,
    decode_management,
    decode_mtp3,
)
from testline.testers.link import LinkState, LinkTester
from testline.testers.mtp3 import ISUP, SLT, SNM, describe
from testline.testers.units import Unit
from testline.trace import TraceEntry
from testrig.clock import Instant
from testrig.system import LinkSpec, NetworkSpec

PATTERN: Final = b"NETWORK"
"""Test pattern of the tester's SLTMs."""


@dataclass(slots=True)
class Heard:
    """A message that arrived over a link, in the order of the line."""

    at: Instant
    link: NetworkLink
    ni: int
    si: int
    dpc: int
    opc: int
    sls: int
    """Signalling link selection; in management messages the signalling link code."""
    data: bytes
    title: str
    """`COO`, `SLTM`, `RLC`, ...; `SI 11` for a service nobody knows; `undecodable`."""
    message: Any
    """The scapy packet that `data` is, or None."""
    entry: TraceEntry | None
    priority: int = 0
    """Bits B and A of the service octet: in national networks with priorities that of the message."""

    def __str__(self) -> str:
        return f"{self.title} from {self.opc} to {self.dpc} SLS {self.sls} over {self.link.name}"


class NetworkLink:
    """Link `spec` between the system and the adjacent point that the tester plays."""

    def __init__(self, bench: Bench, spec: LinkSpec, network: NetworkSpec) -> None:
        self.bench = bench
        self.spec = spec
        self.network = network
        self.name = spec.name
        self.slc = spec.slc
        self.link = LinkTester(bench, span=spec.line, slot=spec.slot)
        bench.variants[self.link.channel] = network.variant
        self.link.record_fisus = False
        self.link.describe = lambda sif: describe(sif, network.variant)
        self.link.users.append(self._arrived)
        self.proven = False
        """True while our latest SLTM has been answered."""
        self.inhibited = False
        """True: no user traffic of ours over this link, by agreement with the other end."""
        self.answering = True
        """False: the system's SLTMs stay unanswered."""
        self.testing = True
        """False: no SLTM of ours."""
        self.heard: list[Heard] = []
        """Everything accepted on this link."""
        self.listeners: list[Callable[[Heard], None]] = []
        self.accepted: int | None = None
        """FSN of the latest MSU taken before the link failed last, as a changeover order tells it."""
        self.link.on_state.append(self._state)

    @property
    def in_service(self) -> bool:
        return self.link.state is LinkState.IN_SERVICE

    @property
    def usable(self) -> bool:
        """True when we may send user traffic over it."""
        return self.in_service and not self.inhibited

    def where(self) -> str:
        """State in words, for verdicts."""
        return f"{self.name}: {self.link.where()}"

    # orders

    def start(self, *, emergency: bool = True) -> None:
        """Begin to align; by the emergency procedure, to save line time, unless told otherwise."""
        self.link.restarting = True
        self.link.start(emergency=emergency)

    def cut(self) -> None:
        """Fail the link (SIOS) and keep it out of service."""
        self.link.restarting = False
        self.link.stop()

    def hold_acknowledgements(self) -> None:
        """Take nothing in from now on: what the system sends stays in its retransmission buffer."""
        self.link.acknowledging = False

    # sending

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
        """Send `data` behind service information octet and label, from the adjacent point unless told."""
        header = MSU_HEADERS[self.network.variant](
            si=si,
            ni=self.network.network_indicator if ni is None else ni,
            dpc=self.network.point_code if dpc is None else dpc,
            opc=self.spec.adjacent if opc is None else opc,
            sls=sls,
        )
        self.link.send_msu(bytes(header) + data, deliberate=deliberate)

    def send_sltm(self, pattern: bytes = PATTERN, **label: Any) -> None:
        """Test the link; the answer sets `proven`."""
        self.proven = False
        self.send(SLT, bytes(LinkTest(h1=1, pattern=pattern)), **{"sls": self.slc, **label})

    def send_slta(self, pattern: bytes, **label: Any) -> None:
        """Acknowledge a link test."""
        self.send(SLT, bytes(LinkTest(h1=2, pattern=pattern)), **{"sls": self.slc, **label})

    # receiving

    def _state(self, state: LinkState, _now: Instant) -> None:
        self.proven = False
        if state is LinkState.IN_SERVICE:
            self.link.acknowledging = True
            if self.testing:
                self.send_sltm()
        elif state is LinkState.OUT_OF_SERVICE:
            self.accepted = self.link.bsn

    def _arrived(self, unit: Unit) -> None:
        if not self.link.acknowledging:
            return
        heard = self._read(unit)
        self.heard.append(heard)
        if heard.title == "SLTM" and self.answering:
            self.send_slta(decode_link_test(heard.data).pattern)
        elif heard.title == "SLTA" and heard.sls == self.slc:
            self.proven = True
        for listener in self.listeners:
            listener(heard)

    def _read(self, unit: Unit) -> Heard:
        try:
            msu = decode_mtp3(unit.sif, self.network.variant)
        except NotDecodable:
            return Heard(unit.last, self, 0, 0, -1, -1, 0, unit.sif, "undecodable", None, unit.entry)
        data = bytes(msu.data)
        title, message = _named(msu.si, data, self.network.variant)
        return Heard(
            unit.last,
            self,
            msu.ni,
            msu.si,
            msu.dpc,
            msu.opc,
            msu.sls,
            data,
            title,
            message,
            unit.entry,
            msu.priority,
        )


def _named(si: int, data: bytes, variant: str) -> tuple[str, Any]:
    """Return name and packet of what follows the label."""
    try:
        if si == SNM:
            found = decode_management(data, variant)
        elif si in {1, 2}:
            found = decode_link_test(data)
        elif si == ISUP:
            found = decode_isup(data)
        else:
            return SERVICES.get(si, f"SI {si}"), None
    except NotDecodable:
        return "undecodable", None
    return str(found.title), found

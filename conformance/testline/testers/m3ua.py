"""The judge's ASPs before a signalling gateway, and the network behind it.

An `AspTester` keeps no state that could hide the gateway's mistakes: it sends what a case says and fails on
what it did not expect, NTFY excepted where the case does not look for one.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from testline.bench import Bench
from testline.layers.m3ua import Label, message
from testline.testers.association import SECONDS, Association, Got
from testline.testers.link import LinkTester
from testline.testers.mtp3 import Message, Mtp3Tester
from testline.verdicts import Fail, Inconclusive
from testrig.clock import SECOND
from testrig.system import ServerSpec

UNEXPECTED, INVALID_CONTEXT, NO_CONFIGURED_AS = 0x06, 0x19, 0x1A
"""Error codes (3.8.1)."""


class AspTester(Association):
    """An ASP on one association. NTFY passes where a case does not look for it."""

    def __init__(self, bench: Bench, name: str) -> None:
        sigtran = bench.pixit.sigtran
        if sigtran is None:
            raise Inconclusive("the system has no M3UA")
        super().__init__(bench, name, bench.system.connect(sigtran.endpoint))  # type: ignore[attr-defined]
        self.notifications: list[Got] = []

    def arrived(self, got: Got) -> None:
        """Take a message."""
        if got.title == "NTFY":
            self.notifications.append(got)
        else:
            super().arrived(got)

    def send_data(
        self,
        context: int | None,
        data: bytes,
        *,
        appearance: int | None = None,
        correlation: int | None = None,
        **label: Any,
    ) -> None:
        """Send DATA from the gateway's point to the network unless `label` says otherwise."""
        pixit = self.bench.pixit
        fields = {
            "opc": pixit.point_code,
            "dpc": pixit.tester_point_code,
            "ni": pixit.network_indicator,
            **label,
        }
        given: dict[str, Any] = {
            "network_appearance": appearance,
            "routing_context": context,
            "protocol_data": Label(data=data, **fields),
            "correlation": correlation,
        }
        octets = message("DATA", **{name: value for name, value in given.items() if value is not None})
        self.send_raw(octets, "DATA", deliberate=False)

    # waiting

    def expect_refused(self, context: int | None = None) -> None:
        """Fail unless a message in a wrong state is refused: unexpected message, or silence (3.8.1, 4.3.4.1).

        The error names the routing context that the message had.
        """
        self.bench.run(SECOND)
        if self.inbox:
            named = {} if context is None else {"routing_context": context}
            self.expect("ERR", error_code=UNEXPECTED, **named)
        self.expect_nothing(during=0)

    def expect_unknown(self, context: int) -> None:
        """Wait for ERR of ASP Active with an unknown context.

        RFC 4666 names two codes for it: invalid routing context in 3.8.1, which is to be named then, and no
        configured AS for ASP in 4.3.4.3.
        """
        got = self.expect("ERR")
        codes = got.words("error_code")
        if codes == [INVALID_CONTEXT]:
            self.check(got, "ERR", {"routing_context": context})
        elif codes != [NO_CONFIGURED_AS]:
            self.check(got, "ERR", {"error_code": INVALID_CONTEXT})

    def expect_acknowledged(self, name: str, *contexts: int, **wanted: Any) -> None:
        """Wait for acknowledgements, one or several, that together name `contexts` (4.3.4.3, 4.3.4.4)."""
        left = set(contexts)
        while left:
            got = self.expect(name, **wanted)
            found = set(got.words("routing_context"))
            if not found or not found <= left:
                self.check(got, name, {"routing_context": contexts})
            left -= found

    def expect_data(self, context: int | None = None, *, several: bool = False) -> Got:
        """Wait for DATA, in the AS `context` if it says so; it must where an association has `several`
        (3.3.1)."""
        got = self.expect("DATA")
        if context is not None and (several or got.value("routing_context") is not None):
            self.check(got, "DATA", {"routing_context": context})
        return got

    def expect_notify(self, status: int, context: int, *, within: int = SECONDS) -> Got:
        """Wait for NTFY with a status of an AS; others before it pass."""

        def look() -> Got | None:
            while self.notifications:
                got = self.notifications.pop(0)
                if got.words("status") == [status] and context in got.words("routing_context"):
                    return got
            return None

        return self.bench.until(
            look, within=within, awaited=f"NTFY {status:#x} of AS {context}", state=self.where
        )

    # procedures

    def up(self, **given: Any) -> None:
        """ASP Up, acknowledged."""
        self.send("ASPUP", **given)
        self.expect("ASPUP_ACK")

    def activate(self, context: int, **given: Any) -> None:
        """ASP Active for one AS, acknowledged."""
        self.send("ASPAC", **given, routing_context=context)
        self.expect("ASPAC_ACK")


class GatewayTester:
    """A gateway between the tester's exchange and the tester's ASPs."""

    def __init__(self, bench: Bench, mtp3: Mtp3Tester) -> None:
        self.bench = bench
        self.mtp3 = mtp3
        self.pixit = bench.pixit
        if bench.pixit.sigtran is None:
            raise Inconclusive("the system has no M3UA")
        self.sigtran = bench.pixit.sigtran
        self.network: deque[Message] = deque()
        """What the gateway sent to the network for users."""
        for service in range(3, 16):
            mtp3.users[service] = self.network.append
        self._count = 0

    def asp(self) -> AspTester:
        """Return a new association."""
        self._count += 1
        return AspTester(self.bench, f"asp{self._count}")

    def server(self, mode: str) -> ServerSpec:
        """Return the first AS of a traffic mode."""
        for each in self.sigtran.servers:
            if each.mode == mode:
                return each
        raise Inconclusive(f"the system has no AS with traffic mode {mode}")

    def small(self) -> list[ServerSpec]:
        """Return the AS that a single ASP makes active (4.3.2), two or more."""
        found = [each for each in self.sigtran.servers if each.minimum == 1]
        if len(found) < 2:
            raise Inconclusive("the system has no two AS that need one ASP only")
        return found

    def active(self, mode: str = "override", count: int = 1) -> tuple[ServerSpec, list[AspTester]]:
        """Return an AS with `count` active ASPs, or with as many as it needs."""
        server = self.server(mode)
        asps = [self.asp() for _ in range(max(count, server.minimum))]
        for each in asps:
            each.up()
            each.activate(server.routing_context)
        for each in asps:
            each.notifications.clear()
        return server, asps

    def octets(
        self, server: ServerSpec, number: int = 0, *, circuit: int | None = None, more: int = 0
    ) -> bytes:
        """Return a user-to-user information message on a circuit of the AS, its first one unless given;
        `number` tells it from others, `more` octets make it longer."""
        return user_information(server.first_circuit if circuit is None else circuit, number, more=more)

    def require(self, found: bool, awaited: str) -> None:
        """Fail unless what was `awaited` is so."""
        if not found:
            self.bench.trace.depart(self.bench.now, awaited)
            raise Fail(awaited=awaited, state=self.mtp3.where(), observed="something else")

    def send_network(
        self, server: ServerSpec, number: int = 0, *, sls: int = 0, circuit: int | None = None
    ) -> bytes:
        """Send a message for the AS from the network; return its octets."""
        data = self.octets(server, number, circuit=circuit)
        self.mtp3.send(server.services[0], data, sls=sls)
        return data

    def expect_network(self, *, within: int = SECONDS) -> Message:
        """Wait for a message at the tester's exchange."""
        return self.bench.until(
            lambda: self.network.popleft() if self.network else None,
            within=within,
            awaited="a message in the network",
            state=self.mtp3.where,
        )

    def expect_no_network(self) -> None:
        """Fail when anything comes out to the network."""
        self.bench.never(
            lambda: bool(self.network or self.mtp3.misaddressed),
            during=SECOND,
            unwanted="message in the network",
            state=self.mtp3.where,
        )


def user_information(cic: int, number: int = 0, *, more: int = 0) -> bytes:
    """Return a user-to-user information message of ISUP (Q.763 table 34) with a number and `more` octets."""
    information = bytes((0, number & 0xFF)) + bytes(more)
    return cic.to_bytes(2, "little") + bytes((0x2D, 2, 0, len(information))) + information


def open_m3ua(bench: Bench) -> GatewayTester:
    """Return the tester of a gateway whose link to the network is in service."""
    link = LinkTester(bench)
    link.record_fisus = False
    mtp3 = Mtp3Tester(bench, link)
    mtp3.bring_up(within=30 * SECOND)
    return GatewayTester(bench, mtp3)

"""The judge's signalling gateways before a server whose ASPs dial them, and the exchange behind them.

An `SgpTester` is one gateway: it listens, and `asp` is the association that the server has dialled. What is
in its `answers` it answers as a gateway does that has nothing against it; a case takes out what it wants to
answer itself. The `ServerTester` has all gateways and is the `Carrier` of user parts, as level 3 is over a
link.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from testline.bench import Bench
from testline.layers.m3ua import Label, message
from testline.layers.mtp3 import SERVICES
from testline.testers.association import SECONDS, Association, Got
from testline.testers.centre import Centre
from testline.testers.isup import IsupTester
from testline.testers.mtp3 import Message
from testline.verdicts import Fail, Inconclusive, NotApplicable
from testrig.clock import MILLISECOND, SECOND, Instant
from testrig.stream import Listening
from testrig.system import AspSpec, ServerSpec

UNEXPECTED: Final = 0x06
"""Error code: unexpected message (3.8.1)."""
ALL: Final = frozenset({"ASPUP", "ASPDN", "ASPAC", "ASPIA", "BEAT", "DAUD"})
"""Requests of an ASP."""
STATE_CHANGE, OTHER = 1 << 16, 2 << 16
AS_INACTIVE, AS_ACTIVE, AS_PENDING = STATE_CHANGE | 2, STATE_CHANGE | 3, STATE_CHANGE | 4
INSUFFICIENT, ALTERNATE_ACTIVE, ASP_FAILURE = OTHER | 1, OTHER | 2, OTHER | 3
"""Status of NTFY (RFC 4666 3.8.2)."""
MARGIN: Final = SECOND
"""What may be added to a time that the PIXIT tells, in which a block or two and the way are."""


class DialledAssociation(Association):
    """An association that an ASP has dialled."""

    def __init__(self, sgp: SgpTester, name: str, stream: Any) -> None:
        self._sgp = sgp
        self.active: set[int] = set()
        """Routing contexts for which ASP Active was acknowledged."""
        super().__init__(sgp.server.bench, name, stream)

    def arrived(self, got: Got) -> None:
        """Answer a message, or give DATA to its user part, or keep it for the case: DATA that come before
        they may, too."""
        if got.title == "DATA" and self.active:
            self._sgp.server.distribute(self, got)
        elif got.title in self._sgp.answers:
            self._sgp.answer(self, got)
        else:
            super().arrived(got)

    def send(self, name: str, *, deliberate: bool = False, **given: Any) -> None:
        """Send a message; acknowledgements of ASP Active and Inactive are noted."""
        super().send(name, deliberate=deliberate, **given)
        contexts = given.get("routing_context", self._sgp.server.contexts)
        named = set(contexts if isinstance(contexts, (tuple, list)) else (contexts,))
        if name == "ASPAC_ACK":
            self.active |= named
        elif name == "ASPIA_ACK":
            self.active -= named
        elif name in {"ASPUP_ACK", "ASPDN_ACK"}:
            self.active.clear()

    def notify(self, status: int, **given: Any) -> None:
        """Send NTFY for every AS unless told otherwise (3.8.2)."""
        self.send("NTFY", **{"status": status, "routing_context": self._sgp.server.contexts, **given})

    def point(self, name: str, *points: int, **given: Any) -> None:
        """Send DUNA, DAVA, DRST, SCON or DUPU for points, the tester's exchange unless given (3.4)."""
        server = self._sgp.server
        affected = points or (server.pixit.tester_point_code,)
        head = {} if server.spec.network_appearance is None else self._appearance()
        given = {**head, "routing_context": server.contexts, "affected_point_code": affected, **given}
        self.send(name, **{key: value for key, value in given.items() if value is not None})

    def _appearance(self) -> dict[str, Any]:
        return {"network_appearance": self._sgp.server.spec.network_appearance}


class SgpTester:
    """One gateway; a machine on the bench."""

    def __init__(self, server: ServerTester, endpoint: str, number: int) -> None:
        self.server = server
        self.endpoint = endpoint
        self.name = f"sgp{number}"
        self.answers: set[str] = {"BEAT"}
        """Requests that are answered at once."""
        self.reached: set[int] = {server.pixit.tester_point_code}
        """Points that DAUD finds available."""
        self.answered: list[Got] = []
        """What was answered at once."""
        self.associations: list[DialledAssociation] = []
        self._listening: Listening | None = None
        server.bench.attach(self)
        self.listen()

    # a machine on the bench

    def advance(self, now: Instant) -> None:
        """Take associations that have come up."""
        for stream in () if self._listening is None else self._listening.accept():
            name = self.name if not self.associations else f"{self.name}.{len(self.associations) + 1}"
            self.server.bench.trace.note(now, f"{self.name}: association up")
            self.associations.append(DialledAssociation(self, name, stream))

    next_deadline: Instant | None = None
    settled = True

    def where(self) -> str:
        """State in words, for verdicts."""
        return f"gateway {self.name} at {self.endpoint}, {len(self.associations)} associations so far"

    # associations

    def listen(self) -> None:
        """Take associations from now on."""
        self._listening = self.server.bench.system.listen(self.endpoint)  # type: ignore[attr-defined]

    def refuse(self) -> None:
        """Refuse associations from now on."""
        if self._listening is not None:
            self._listening.close()
        self._listening = None

    @property
    def asp(self) -> DialledAssociation:
        """The association dialled last; fail where there is none."""
        if not self.associations:
            raise Fail(awaited="an association", state=self.where(), observed="none")
        return self.associations[-1]

    def connected(self, *, within: int | None = None) -> DialledAssociation:
        """Wait for an association more than there have been."""
        count = len(self.associations)
        limit = round(self.server.spec.retry * SECOND) + MARGIN if within is None else within
        self.server.bench.until(
            lambda: len(self.associations) > count,
            within=limit,
            awaited="an association",
            state=self.where,
        )
        return self.asp

    def lose(self) -> None:
        """Lose the association."""
        self.asp.close()
        self.asp.active.clear()

    # answers

    def answer(self, asp: DialledAssociation, got: Got) -> None:
        """Answer a request."""
        self.answered.append(got)
        if got.title == "ASPUP":
            asp.send("ASPUP_ACK")
            asp.notify(AS_INACTIVE)
        elif got.title == "ASPDN":
            asp.send("ASPDN_ACK")
        elif got.title == "BEAT":
            data = got.value("heartbeat")
            given: dict[str, Any] = {} if data is None else {"heartbeat": data}
            asp.send("BEAT_ACK", **given)
        elif got.title == "DAUD":
            points = got.words("affected_point_code")
            for name, some in (
                ("DAVA", [point for point in points if point in self.reached]),
                ("DUNA", [point for point in points if point not in self.reached]),
            ):
                if some:
                    asp.point(name, *some)
        else:
            self.acknowledge(asp, got)

    def acknowledge(self, asp: DialledAssociation, got: Got) -> None:
        """Acknowledge ASP Active or Inactive with the routing contexts and mode that it has, and say what has
        become of the AS (4.3.4.3 to 4.3.4.5)."""
        contexts, mode = tuple(got.words("routing_context")), got.words("traffic_mode")
        given: dict[str, Any] = {"traffic_mode": mode[0]} if mode and got.title == "ASPAC" else {}
        given |= {"routing_context": contexts} if contexts else {}
        asp.send(f"{got.title}_ACK", **given)
        asp.notify(AS_ACTIVE if got.title == "ASPAC" else AS_PENDING, routing_context=self._named(got))

    def _named(self, got: Got) -> tuple[int, ...]:
        return tuple(got.words("routing_context")) or self.server.contexts

    # procedures

    def up(self) -> DialledAssociation:
        """An association, ASP Up, acknowledged."""
        asp = self.connected()
        asp.expect("ASPUP")
        asp.send("ASPUP_ACK")
        return asp

    def errors(self) -> None:
        """Pass over an ERR "unexpected message", where it may come before what comes next (3.8.1)."""
        asp = self.asp
        self.server.bench.until(
            lambda: bool(asp.inbox), within=SECONDS, awaited="a message", state=self.where
        )
        if asp.inbox[0].title == "ERR":
            asp.expect_error(UNEXPECTED)

    def activated(self) -> list[Got]:
        """Wait for ASP Active, one or several, for every AS; return them (4.3.4.3)."""
        left, found = set(self.server.contexts), []
        while left:
            got = self.asp.expect("ASPAC")
            left -= set(self._named(got))
            found.append(got)
        return found

    def active(self) -> DialledAssociation:
        """An association over which the server is active, and the tester's exchange is available."""
        asp = self.up()
        for got in self.activated():
            self.acknowledge(asp, got)
        asp.point("DAVA")
        self.answers |= {"DAUD"}
        self.server.bench.run(SECOND)
        return asp

    def carries(self) -> None:
        """Answer everything from now on."""
        self.answers |= ALL

    def restored(self) -> None:
        """Wait until the server is active again over a new association."""
        asp = self.connected()
        self.server.bench.until(
            lambda: asp.active >= set(self.server.contexts),
            within=2 * SECONDS,
            awaited="ASP Active for every AS",
            state=self.where,
        )


class ServerTester:
    """The gateways of a server, and the exchange behind them."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.pixit = bench.pixit
        if bench.pixit.asp is None:
            raise NotApplicable("the PIXIT names no gateways that ASPs dial", item="asp")
        self.spec: AspSpec = bench.pixit.asp
        self.variant = self.pixit.variant
        self.users: dict[int, Callable[[Message], None]] = {}
        self.misaddressed: list[Message] = []
        """DATA that are not as they have to be: label, routing context, of an AS not acknowledged yet."""
        self.received: list[tuple[SgpTester, Got]] = []
        """DATA that were distributed, with the gateway."""
        self.sent: list[SgpTester] = []
        """Gateways over which messages of user parts were sent."""
        self.spread = False
        """Messages of user parts go out over the gateways in turn; else over the first that can."""
        self.sgps = [SgpTester(self, each, number) for number, each in enumerate(self.spec.gateways)]

    @property
    def contexts(self) -> tuple[int, ...]:
        """Routing contexts of the server's AS."""
        return tuple(each.routing_context for each in self.spec.servers)

    @property
    def sgp(self) -> SgpTester:
        """The first gateway."""
        return self.sgps[0]

    @property
    def others(self) -> list[SgpTester]:
        """The other gateways; not applicable where there are none."""
        if len(self.sgps) < 2:
            raise NotApplicable("the PIXIT names one gateway only", item="asp.gateways")
        return self.sgps[1:]

    def server(self, service: int) -> ServerSpec:
        """Return the AS of a service."""
        for each in self.spec.servers:
            if service in each.services:
                return each
        raise Inconclusive(f"the system has no AS of service {service}")

    def where(self) -> str:
        """State in words, for verdicts."""
        up = [sgp.name for sgp in self.sgps if sgp.associations and sgp.asp.active]
        return f"M3UA, active at {', '.join(up) or 'no gateway'}"

    # a carrier of user parts

    def distribute(self, asp: DialledAssociation, got: Got) -> None:
        """Give DATA of the server to the user part that they are for."""
        label, spec = got.label, self.spec
        data = bytes(label.data)
        found = Message(
            got.at,
            label.ni,
            label.si,
            label.dpc,
            label.opc,
            label.sls & 0x0F,
            data,
            SERVICES.get(label.si, f"SI {label.si}"),
            got.entry,
            label.sls,
        )
        context, appearance = got.words("routing_context"), got.words("network_appearance")
        wrong = (label.opc, label.dpc, label.ni) != self._label() or label.priority != 0
        wrong = wrong or appearance not in ([], [spec.network_appearance])
        wrong = wrong or (not context and len(spec.servers) > 1)
        mine = next((each for each in spec.servers if label.si in each.services), None)
        if mine is None:
            wrong = True
        else:
            wrong = wrong or context not in ([], [mine.routing_context])
            wrong = wrong or mine.routing_context not in asp.active
        if wrong:
            self.misaddressed.append(found)
            return
        self.received.append((next(sgp for sgp in self.sgps if asp in sgp.associations), got))
        if label.si in self.users:
            self.users[label.si](found)

    def _label(self) -> tuple[int, int, int]:
        pixit = self.pixit
        return pixit.point_code, pixit.tester_point_code, pixit.network_indicator

    def octets(self, si: int, data: bytes, *, correlation: int | None = None, **label: Any) -> bytes:
        """Return DATA from the tester's exchange to the server unless `label` or `routing_context` and
        `network_appearance` in it say otherwise; None leaves one of these out."""
        pixit = self.pixit
        fields = {
            "opc": pixit.tester_point_code,
            "dpc": pixit.point_code,
            "ni": pixit.network_indicator,
            "si": si,
        }
        given: dict[str, Any] = {
            "network_appearance": label.pop("network_appearance", self.spec.network_appearance),
            "routing_context": label.pop("routing_context", None) or self.server(si).routing_context,
            "protocol_data": Label(data=data, **{**fields, **label}),
            "correlation": correlation,
        }
        return message("DATA", **{name: value for name, value in given.items() if value is not None})

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
        """Send DATA to the server over a gateway that has it active."""
        given = {"dpc": dpc, "opc": opc, "sls": sls, "ni": ni}
        octets = self.octets(si, data, **{name: value for name, value in given.items() if value is not None})
        can = [each for each in self.sgps if each.associations and each.asp.active] or [self.sgp]
        sgp = can[len(self.sent) % len(can) if self.spread else 0]
        self.sent.append(sgp)
        sgp.asp.send_raw(octets, "DATA", deliberate=deliberate)


class AspCentre(Centre):
    """A call centre behind the tester's gateways, its trunks in service."""

    server: ServerTester

    def open(self, bench: Bench, *, within: int) -> IsupTester:
        """Bring every gateway up; return the ISUP over them."""
        self.server = ServerTester(bench)
        isup = IsupTester(bench, self.server)
        for sgp in self.server.sgps:
            sgp.carries()
        for sgp in self.server.sgps:
            if not sgp.associations:
                sgp.connected(within=within)
            bench.until(
                lambda asp=sgp.asp: asp.active >= set(self.server.contexts),  # type: ignore[misc]
                within=within,
                awaited="ASP Active for every AS",
                state=sgp.where,
            )
            sgp.asp.point("DAVA")
        bench.run(2 * SECOND)
        return isup

    @property
    def sgp(self) -> SgpTester:
        """The first gateway."""
        return self.server.sgp


def heartbeat(spec: AspSpec) -> int:
    """Return T(beat) in frames; not applicable where there is none."""
    if spec.heartbeat is None:
        raise NotApplicable("the PIXIT has no T(beat)", item="asp.heartbeat")
    return round(spec.heartbeat * SECOND)


__all__ = ["MILLISECOND", "AspCentre", "DialledAssociation", "ServerTester", "SgpTester", "heartbeat"]

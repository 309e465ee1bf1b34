"""The signalling network around the system: adjacent points A and B, and points behind them.

Each adjacent point answers management as the standard says (`Point.answers`, from which a case takes out what
is to stay unanswered), and every point answers circuit supervision of its ISUP. What a link carried is in
`Network.heard`, in the order of the line, with its link and its signalling link selection.

Traffic of the system is made in two ways: circuits are reset (the system answers RSC by RLC, over the link
that its routing takes for the circuit's selection value), or blocked by its maintenance terminal (BLO).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Final, cast

from testline.bench import Bench
from testline.layers.isup import message, range_and_status
from testline.layers.isup_parameters import CircuitStateIndicator
from testline.layers.mtp3 import management
from testline.testers.isup import IsupTester
from testline.testers.mtp3 import ISUP, SNM, Mtp3Tester
from testline.testers.network_link import Heard, NetworkLink
from testline.verdicts import Fail, NotApplicable
from testrig.clock import SECOND
from testrig.system import CircuitMap, LinkSpec, MaintenanceClient, NetworkSpec, Pixit, RouteSpec

ANSWERS: Final = frozenset({"COO", "ECO", "CBD", "LIN", "LUN", "LFU", "RST", "RSR"})
"""Management that an adjacent point answers by itself (Q.704 5.4, 6.3, 10.2, 10.3, 13.5)."""
SUPERVISION: Final = {"RSC": "RLC", "BLO": "BLA", "UBL": "UBA", "UPT": "UPA"}
"""Circuit supervision with an answer without parameters (Q.764 2.8, 2.9)."""
GROUP_SUPERVISION: Final = {"GRS": "GRA", "CGB": "CGBA", "CGU": "CGUA"}
RESTART: Final = 62 * SECOND
"""Frames after which a restart is over whatever happens (Q.704 16.8, T20 59 to 61 s)."""
SETTLING: Final = SECOND
"""Frames after which traffic that was on its way has arrived."""


class Destination:
    """A point that the system has circuits to, adjacent or not; its end of the user parts.

    It looks to `IsupTester` as level 3 does, so that calls can be made across the network.
    """

    def __init__(self, network: Network, code: int) -> None:
        self.network = network
        self.bench = network.bench
        self.code = self.own = code
        self.other = network.spec.point_code
        self.answers: set[str] = {*SUPERVISION, *GROUP_SUPERVISION, "CQM"}
        """Circuit supervision that is answered."""
        self.users: dict[int, Callable[[Heard], None]] = {}
        self.misaddressed: list[Heard] = []

    @property
    def circuits(self) -> list[CircuitMap]:
        """ISUP circuits between the system and this point."""
        pixit, name = self.bench.pixit, self.network.spec.name
        first = not pixit.networks or pixit.networks[0].name == name
        return [
            each
            for each in pixit.circuits
            if each.user == "isup"
            and (each.network == name or (first and not each.network))
            and (pixit.tester_point_code if each.point_code is None else each.point_code) == self.code
        ]

    def circuit(self, sls: int, number: int = 0) -> CircuitMap:
        """Return circuit `number` of those whose messages are sent with `sls` (Q.704 2.2.4, Q.767)."""
        found = [each for each in self.circuits if each.cic & 0x0F == sls]
        if len(found) <= number:
            raise NotApplicable(
                f"point {self.code}: {len(found)} ISUP circuits with selection {sls}, {number + 1} needed"
            )
        return found[number]

    @property
    def selections(self) -> list[int]:
        """Values of the signalling link selection that its circuits have."""
        return sorted({each.cic & 0x0F for each in self.circuits})

    def where(self) -> str:
        """State in words, for verdicts."""
        return f"point {self.code}: {self.network.where()}"

    def isup(self) -> IsupTester:
        """Take over this point's circuits with the tester for calls."""
        isup = IsupTester(self.bench, cast(Mtp3Tester, self))
        isup.circuits = {each.cic: each for each in self.circuits}
        return isup

    def send(
        self, si: int, data: bytes, *, sls: int = 0, over: NetworkLink | None = None, **label: Any
    ) -> None:
        """Send from this point to the system, over a link of the adjacent point that leads there."""
        link = over or self.network.entry(self.code, sls)
        link.send(si, data, sls=sls, **{"opc": self.code, **label})

    def send_isup(self, name: str, cic: int, *, over: NetworkLink | None = None, **fields: Any) -> None:
        """Send an ISUP message on a circuit."""
        self.send(ISUP, bytes(message(name, cic, **fields)), sls=cic & 0x0F, over=over)

    def receive(self, heard: Heard) -> None:
        """Take what arrived for this point."""
        if heard.si in self.users:
            self.users[heard.si](heard)
        elif heard.si == ISUP and heard.message is not None and heard.title in self.answers:
            self._supervise(heard)

    def _supervise(self, heard: Heard) -> None:
        found, cic = heard.message, heard.message.cic
        if heard.title in SUPERVISION:
            self.send_isup(SUPERVISION[heard.title], cic)
            return
        group = range_and_status(found)
        if group is None:
            return
        span, status = group
        if heard.title == "GRS":
            self.send_isup("GRA", cic, range=span, status=bytes(span // 8 + 1))
        elif heard.title == "CQM":
            known = {each.cic for each in self.circuits}
            states = bytes(0x03 if cic + i in known else 0x00 for i in range(span + 1))
            state = CircuitStateIndicator(states=states)
            self.send_isup("CQR", cic, range=span, circuit_state_indicator=state)
        else:
            fields: dict[str, Any] = {"range": span, "status": status}
            if hasattr(found, "type_indicator"):
                fields["type_indicator"] = found.type_indicator
            self.send_isup(GROUP_SUPERVISION[heard.title], cic, **fields)


class Point:
    """An adjacent point that the tester plays: its links, by signalling link code."""

    def __init__(self, network: Network, code: int, links: list[NetworkLink]) -> None:
        self.network = network
        self.bench = network.bench
        self.code = code
        self.links = {link.slc: link for link in links}
        self.answers: set[str] = set(ANSWERS)
        self.announcing = True
        """False: no TRA when the first link comes into service."""
        self.told: dict[int, str] = {}
        """What this point last told of a destination: TFP, TFR or TFA."""
        self._announced = False

    @property
    def in_service(self) -> list[NetworkLink]:
        """Links in service, by code."""
        return [link for _, link in sorted(self.links.items()) if link.in_service]

    def other_link(self, *avoided: NetworkLink) -> NetworkLink:
        """Return a link in service that is none of `avoided`."""
        for link in self.in_service:
            if link not in avoided:
                return link
        raise Fail("another link in service", self.where(), "none is")

    def where(self) -> str:
        """State in words, for verdicts."""
        states = ", ".join(f"{link.name} {link.link.state.value}" for _, link in sorted(self.links.items()))
        return f"links of point {self.code}: {states}"

    def send(
        self,
        title: str,
        *,
        slc: int = 0,
        over: NetworkLink | None = None,
        deliberate: bool = False,
        ni: int | None = None,
        **fields: Any,
    ) -> None:
        """Send a network management message; `fields` as in `testline.layers.mtp3.management`."""
        if title in {"TFP", "TFR", "TFA"} and not deliberate:
            self.told[fields["destination"]] = title
        data = management(title, self.network.spec.variant, **fields)
        link = over or self.other_link()
        link.send(SNM, data, opc=self.code, sls=slc, ni=ni, deliberate=deliberate)

    def changed(self) -> None:
        """A link of ours came, went or passed its test: with the first one traffic is allowed (Q.704 9.3)."""
        tested = [link for link in self.in_service if link.proven or not link.testing]
        if not self.in_service:
            self._announced = False
        elif tested and not self._announced:
            self._announced = True
            if self.announcing:
                self.send("TRA", over=tested[0])

    def receive(self, heard: Heard) -> None:
        """Answer management as the standard says, where `answers` allows it."""
        if heard.title in self.answers:
            reactions: dict[str, Callable[[Heard], None]] = {
                "COO": self._changeover,
                "ECO": self._changeover,
                "CBD": self._changeback,
                "LIN": self._inhibit,
                "LUN": self._uninhibit,
                "LFU": self._force,
                "RST": self._route_test,
                "RSR": self._route_test,
            }
            reactions[heard.title](heard)

    def _concerned(self, heard: Heard) -> NetworkLink | None:
        return self.links.get(heard.sls)

    def _changeover(self, heard: Heard) -> None:
        failed = self._concerned(heard)
        if failed is None:
            return
        if failed.in_service:
            failed.link.stop()
        fsn = failed.link.bsn if failed.accepted is None else failed.accepted
        over = heard.link if heard.link.in_service and heard.link is not failed else self.other_link(failed)
        self.send("COA", slc=heard.sls, over=over, fsn=fsn)

    def _changeback(self, heard: Heard) -> None:
        self.send("CBA", slc=heard.sls, over=heard.link, code=heard.message.code)

    def _inhibit(self, heard: Heard) -> None:
        link = self._concerned(heard)
        if link is not None:
            link.inhibited = True
            self.send("LIA", slc=heard.sls, over=heard.link)

    def _uninhibit(self, heard: Heard) -> None:
        link = self._concerned(heard)
        if link is not None:
            link.inhibited = False
            self.send("LUA", slc=heard.sls, over=heard.link)

    def _force(self, heard: Heard) -> None:
        self.send("LUN", slc=heard.sls, over=heard.link)

    def _route_test(self, heard: Heard) -> None:
        destination = heard.message.destination
        known = self.told.get(destination, "TFA")
        if known != {"RST": "TFP", "RSR": "TFR"}[heard.title]:
            self.send(known, over=heard.link, destination=destination)


class Network:
    """Every point and link of one signalling network of the system."""

    def __init__(self, bench: Bench, name: str | None = None) -> None:
        """Take the links of network `name`, the first one of the PIXIT unless given. Nothing is aligned."""
        self.bench = bench
        self.spec = _network(bench.pixit, name)
        self.heard: list[Heard] = []
        """Everything accepted on any link, in the order in which it came."""
        self._cursor = 0
        links = [NetworkLink(bench, spec, self.spec) for spec in _links(bench.pixit, self.spec)]
        self.links = {link.name: link for link in links}
        codes = list(dict.fromkeys(link.spec.adjacent for link in links))
        self.points = {
            code: Point(self, code, [link for link in links if link.spec.adjacent == code]) for code in codes
        }
        behind = [route.destination for route in self.spec.routes]
        self.destinations = {code: Destination(self, code) for code in dict.fromkeys([*codes, *behind])}
        for link in links:
            link.listeners.append(self._arrived)
            link.link.on_state.append(lambda _state, _now: self._changed())

    # who is who

    @property
    def a(self) -> Point:
        """The adjacent point with the most links, two at least."""
        found = max(self.points.values(), key=lambda point: len(point.links))
        if len(found.links) < 2:
            raise NotApplicable("no link set of two links in this set-up")
        return found

    @property
    def b(self) -> Point:
        """Another adjacent point than A."""
        for point in self.points.values():
            if point is not self.a:
                return point
        raise NotApplicable("only one adjacent point in this set-up")

    def remote(self, *, shared: bool = False) -> Destination:
        """Return a point that is not adjacent: reached by A and then B, or by both at once if `shared`."""
        for route in self.spec.routes:
            if route.destination in self.points or len(route.via) < 2:
                continue
            if getattr(route, "shared", False) is shared and {*route.via} >= {self.a.code, self.b.code}:
                return self.destinations[route.destination]
        raise NotApplicable(
            f"no destination behind A and B, {'sharing the load' if shared else 'in order of priority'}"
        )

    def route(self, destination: int) -> RouteSpec:
        """Return the route set of a destination: itself when it is adjacent and nothing else is said."""
        for route in self.spec.routes:
            if route.destination == destination:
                return route
        return RouteSpec(destination, (destination,))

    @property
    def home(self) -> Destination:
        """Point A as a destination of the system's circuits."""
        return self.destinations[self.a.code]

    def order(self, name: str, link: NetworkLink) -> None:
        """Give an order about a link at the system's maintenance terminal; it may raise `Refused`."""
        order = getattr(self.maintenance, name, None)
        if order is None:
            raise NotApplicable(f"the maintenance terminal has no order {name}")
        order(link.name)

    def entry(self, code: int, sls: int) -> NetworkLink:
        """Return the link over which a message of point `code` comes to the system."""
        for via in dict.fromkeys((code, *self.route(code).via)):
            point = self.points.get(via)
            usable = [] if point is None else [link for link in point.in_service if link.usable]
            if usable:
                return usable[sls % len(usable)]
        raise Fail("a link in service", self.where(), "none is")

    @property
    def maintenance(self) -> MaintenanceClient:
        """The system's maintenance terminal."""
        return self.bench.system.maintenance()

    def where(self) -> str:
        """State in words, for verdicts."""
        return "; ".join(point.where() for point in self.points.values())

    # up

    def up(self, *points: Point, links: Collection[NetworkLink] = (), within: int = 40 * SECOND) -> None:
        """Bring `links` into service, or all links of `points`, or of every point.

        They are in service when both ends have tested them and the system has allowed traffic (TRA).
        """
        wanted = list(links) or [
            link for point in points or self.points.values() for link in point.links.values()
        ]
        for link in wanted:
            if not link.in_service:
                link.start()
        self.bench.until(
            lambda: all(link.in_service and (link.proven or not link.testing) for link in wanted),
            within=within,
            awaited="links in service and tested",
            state=self.where,
        )
        for code in dict.fromkeys(link.spec.adjacent for link in wanted):
            self.bench.until(
                partial(self._allowed, code),
                within=RESTART,
                awaited=f"TRA to point {code}",
                state=self.where,
            )
        self.bench.run(2 * SECOND)
        self.forget()

    def _allowed(self, code: int) -> bool:
        """True when the system has allowed traffic with an adjacent point."""
        return any(heard.title == "TRA" and heard.dpc == code for heard in self.heard)

    # receiving

    def _arrived(self, heard: Heard) -> None:
        self.heard.append(heard)
        if heard.title == "SLTA":
            self._changed()
        if heard.opc != self.spec.point_code or heard.ni != self.spec.network_indicator:
            return
        if heard.si == SNM and heard.message is not None:
            point = self.points.get(heard.dpc)
            if point is not None:
                point.receive(heard)
        elif heard.dpc in self.destinations:
            self.destinations[heard.dpc].receive(heard)

    def _changed(self) -> None:
        for point in self.points.values():
            point.changed()

    # waiting

    def forget(self) -> None:
        """Let the next `expect` look only at what arrives after now."""
        self._cursor = len(self.heard)

    def since(self, start: int) -> list[Heard]:
        """Return what was heard after position `start` of `heard`."""
        return self.heard[start:]

    def expect(
        self, title: str, *, within: int, where: Callable[[Heard], bool] | None = None, **fields: Any
    ) -> Heard:
        """Wait for `title` and return it; other messages pass, what came before it is not looked at again.

        `fields` are attributes of `Heard` or, failing that, fields of the message, which must have these
        values: of a message by that name with other values the case fails.
        """
        text = " ".join([title, *(f"{name} {value}" for name, value in fields.items())])

        def look() -> Heard | None:
            while self._cursor < len(self.heard):
                heard = self.heard[self._cursor]
                self._cursor += 1
                if heard.title == title and (where is None or where(heard)):
                    self.check(heard, text, **fields)
                    return heard
            return None

        return self.bench.until(look, within=within, awaited=text, state=self.where)

    def check(self, heard: Heard, awaited: str, **fields: Any) -> None:
        """Fail unless `heard` has these values."""
        for name, value in fields.items():
            found = getattr(heard, name) if hasattr(heard, name) else heard.message.getfieldval(name)
            if found != value:
                self.fail(awaited, heard, f"{name} {found}")

    def expect_not(self, *titles: str, during: int, where: Callable[[Heard], bool] | None = None) -> None:
        """Fail when one of `titles` arrives within `during` frames from now."""
        start = len(self.heard)
        text = f"no {' or '.join(titles)}"

        def came() -> bool:
            for heard in self.heard[start:]:
                if heard.title in titles and (where is None or where(heard)):
                    self.fail(text, heard)
            return False

        self.bench.never(came, during=during, unwanted=" or ".join(titles), state=self.where)

    def fail(self, awaited: str, heard: Heard, found: str = "") -> None:
        """Raise `Fail` for a message that came."""
        self.bench.trace.depart(heard.at, awaited, heard.entry)
        raise Fail(awaited, self.where(), f"{heard}{': ' if found else ''}{found}")

    def confirm(self, holds: bool, awaited: str, observed: str) -> None:
        """Fail unless something held, said in words."""
        if not holds:
            self.bench.trace.depart(self.bench.now, awaited)
            raise Fail(awaited, self.where(), observed)


def _network(pixit: Pixit, name: str | None) -> NetworkSpec:
    for network in pixit.networks:
        if name in {None, network.name}:
            return network
    if pixit.networks:
        known = ", ".join(network.name for network in pixit.networks)
        raise NotApplicable(f"no network {name} in this set-up, expected one of {known}")
    return NetworkSpec("", pixit.variant, pixit.network_indicator, pixit.point_code)


def _links(pixit: Pixit, network: NetworkSpec) -> list[LinkSpec]:
    found = [each for each in pixit.links if each.network == network.name]
    if found or pixit.links:
        return found
    return [LinkSpec("", network.name, pixit.tester_point_code, pixit.slc, pixit.link_line, pixit.link_slot)]

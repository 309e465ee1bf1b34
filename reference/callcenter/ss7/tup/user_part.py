"""The telephone user part of one signalling point: between MTP level 3 and the call engine.

| what happens | TUP to the engine | engine to TUP | on the line |
|---|---|---|---|
| a call comes in | `Setup`, `Digits` | | IAM or IAI (and SAM, SAO, COT) received |
| the engine takes it | | `Proceeding`, `Alerting`, `Progress` | ACM, once |
| the engine answers | | `Answer` | ANC or ANN, after ACM |
| the engine calls | | `Setup`, `Digits` | IAM or IAI, SAM sent |
| the far end takes it | `Proceeding` or `Alerting` | | ACM received |
| the far end answers | `Answer` | | ANC, ANN or ANU received |
| the called party hangs up | `Suspend` | `Suspend`, or `Release` after answer | CBK |
| and is back | `Resume` | `Resume` | RAN |
| charging | `Charging` | `Charging` | MPM, CHG |
| the engine clears an outgoing call | then `Released`, same cause | `Release` | CLF sent, RLG received |
| the engine clears an incoming call | then `Released`, same cause | `Release` | UBM or CBK sent, CLF |
| the caller clears | `Release` | then `Released` | CLF received, RLG sent at once |
| the set-up fails there | `Release` | then `Released` | unsuccessful signal received, CLF sent |
| RSC, GRS, hardware failure | `Release` | then `Released` | RSC, GRS or HGB received |
| we reset by order | `Released`, cause 31 | | RSC or GRS sent |
| the call never left | `Failed` | | double seizing lost, BLO or RSC for our IAM |

`Release` always gets `Released` from the other side. Until the engine has given it, whatever else it says
about the circuit belongs to the old call and is discarded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from callcenter.calls.primitives import Indication, Leg, Primitive
from callcenter.errors import ConfigurationError, StateError
from callcenter.ss7.notices import Notice, What
from callcenter.ss7.ranges import ranges
from callcenter.ss7.tup import bls_fsm, continuity_fsm
from callcenter.ss7.tup.circuit import Circuit
from callcenter.ss7.tup.codec import TupDecodeError, decode
from callcenter.ss7.tup.contents import Congestion
from callcenter.ss7.tup.groups import GROUP_MESSAGES, Groups
from callcenter.ss7.tup.messages import FORMATS, NATIONAL, Heading
from callcenter.ss7.tup.services import Services, TupConfig
from callcenter.ss7.tup.timers import TIMERS
from callcenter.ss7.tup.traffic import Destination
from callcenter.ss7.user_part import Outgoing
from callcenter.timers import durations
from testrig.clock import Instant


class Tup:
    """The telephone user part of one signalling point."""

    def __init__(self, config: TupConfig) -> None:
        """Raises `ConfigurationError` for timers and circuits that cannot be."""
        self.config = config
        self.timers: Mapping[str, int] = durations(TIMERS, config.timers)
        """Durations in force, in frames, by name."""
        self._services = Services(config, self.timers)
        self._circuits: dict[tuple[int, int], Circuit] = {}
        self._by_leg: dict[Leg, Circuit] = {}
        self.unknown = 0
        """Messages with a heading that is not known here."""
        for dpc, cics in config.circuits.items():
            for cic in cics:
                self._equip(dpc, cic)
        self._groups = Groups(self._services, self._circuits)
        self.destinations = {dpc: Destination(self._services, dpc) for dpc in config.circuits}
        self._services.admits = lambda dpc: self.destinations[dpc].admits()

    def _equip(self, dpc: int, cic: int) -> None:
        if not 0 <= cic < 1 << 12:
            raise ConfigurationError(
                f"TUP circuit to {dpc}: found CIC {cic}, expected 0 to 4095 (Q.723 2.2.3)"
            )
        if dpc == self.config.point_code:
            raise ConfigurationError(f"TUP circuit {cic}: the far end {dpc} is our own point code")
        leg = Leg(self.config.groups.get((dpc, cic), self.config.group), cic)
        if (dpc, cic) in self._circuits or leg in self._by_leg:
            raise ConfigurationError(f"TUP circuit {cic} to {dpc}: found twice, as {leg.group}/{leg.number}")
        circuit = Circuit(self._services, dpc, cic, leg)
        circuit.unknown = leg.group in self.config.reset_at_start
        self._circuits[dpc, cic] = circuit
        self._by_leg[leg] = circuit

    # from MTP

    def receive(self, opc: int, data: bytes, now: Instant, sls: int = 0) -> None:
        """Take a message of the point `opc`: `data` follow the label, `sls` is the end of it."""
        if opc not in self.config.circuits:
            self._services.note(What.FOREIGN, opc)
            return
        self.destinations[opc].heard()
        try:
            message = decode(data, sls, self.config.variant)
        except TupDecodeError as error:
            self._services.note(What.MALFORMED, opc, detail=str(error))
            return
        circuit = self._circuits.get((opc, message.cic))
        foreign = message.kind in NATIONAL and self.config.variant != "china24"
        if circuit is None:
            self._services.note(What.UNEQUIPPED_HERE, opc, message.cic, message.name)
        elif message.kind not in FORMATS or foreign:
            self.unknown += 1
            circuit.note(What.UNRECOGNISED, f"message {message.name}: discarded")
        elif message.kind in GROUP_MESSAGES:
            self._groups.receive(circuit, message, now)
        elif message.kind == Heading.ACC:
            level = message.get(Congestion)
            circuit.note(What.CONGESTED, f"level {0 if level is None else level.level}")
        else:
            circuit.receive(message, now)

    def pause(self, dpc: int, now: Instant) -> None:
        """The far end cannot be reached: its circuits are not seized; calls and timers stay."""
        if dpc in self.destinations:
            self.destinations[dpc].accessible = False
            self._services.note(What.PAUSED, dpc)

    def resume(self, dpc: int, now: Instant) -> None:
        """The far end can be reached again."""
        if dpc in self.destinations and not self.destinations[dpc].accessible:
            self.destinations[dpc].accessible = True
            self._services.note(What.RESUMED_DESTINATION, dpc)
        self._reset_unknown(dpc, now)

    def congested(self, dpc: int, now: Instant) -> None:
        """MTP-STATUS: the signalling network towards `dpc` is congested."""
        if dpc in self.destinations:
            self.destinations[dpc].congested(now)

    def unavailable(self, dpc: int, cause: int, now: Instant) -> None:
        """MTP-STATUS: the user part of `dpc` is unavailable, with the cause of UPU (Q.704 11.2.7)."""
        if dpc in self.destinations:
            self.destinations[dpc].unavailable(now)

    # from the board

    def check_tone(self, leg: Leg, now: Instant) -> None:
        """The tone of our continuity check has come back on circuit `leg`."""
        self._circuit(leg).check.handle(continuity_fsm.Event.TONE, now)

    def provide_transceivers(self, free: Callable[[], bool]) -> None:
        """`free` tells whether there is one for a continuity check."""
        self._services.can_check = free

    # from the engine

    def request(self, leg: Leg, primitive: Primitive, now: Instant) -> None:
        """Take a primitive for circuit `leg`. Raises `StateError` for a circuit that does not exist."""
        self._circuit(leg).request(primitive, now)

    def forget(self) -> None:
        """The state of every circuit is unknown: it is reset when its far end can next be reached."""
        for circuit in self._circuits.values():
            circuit.unknown = True

    def recover(self, leg: Leg, *, incoming: bool, suspended: bool, blocked: bool, now: Instant) -> None:
        """Go on with a call that was answered before we took over."""
        circuit = self._circuit(leg)
        circuit.recover(incoming=incoming, suspended=suspended, now=now)
        circuit.unknown = False
        if blocked:
            circuit.held_there.add("maintenance")

    def _circuit(self, leg: Leg) -> Circuit:
        try:
            return self._by_leg[leg]
        except KeyError:
            raise StateError(f"TUP: circuit {leg.group}/{leg.number} is not equipped") from None

    # time

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` has something to do."""
        return self._services.agenda.next_deadline

    def expire(self, now: Instant) -> None:
        """Let the timers expire whose time has come, earliest first."""
        agenda = self._services.agenda
        while (key := agenda.pop(now)) is not None:
            owner, timer = key
            owner.timeout(timer, now)

    # results

    def messages(self) -> list[Outgoing]:
        """Drain the messages for MTP."""
        found, self._services.messages = self._services.messages, []
        return found

    def indications(self) -> list[Indication]:
        """Drain the primitives for the engine."""
        found, self._services.indications = self._services.indications, []
        return found

    def notices(self) -> list[Notice]:
        """Drain what the operator is to know."""
        found, self._services.notices = self._services.notices, []
        return found

    # maintenance

    def idle(self, cic: Leg) -> bool:
        """Whether the circuit may be seized for an outgoing call now."""
        circuit = self._circuit(cic)
        return circuit.idle and self.destinations[circuit.dpc].reachable

    def circuit_state(self, cic: Leg) -> str:
        """Return `idle`, `incoming busy`, `outgoing busy` or `transient`, and who blocks."""
        return self._circuit(cic).describe()

    def block(self, cic: Leg, now: Instant) -> None:
        """Block a circuit for maintenance."""
        self._circuit(cic).bls.handle(bls_fsm.Event.BLOCK, now)

    def unblock(self, cic: Leg, now: Instant) -> None:
        """Remove our blocking."""
        self._circuit(cic).bls.handle(bls_fsm.Event.UNBLOCK, now)

    def check(self, cic: Leg, now: Instant) -> None:
        """Check the continuity of an idle circuit. Raises `StateError`."""
        self._circuit(cic).order_check(now)

    def reset(self, cic: Leg, now: Instant) -> None:
        """Reset a circuit."""
        self._circuit(cic).order_reset(now)

    def block_group(self, cic: Leg, count: int, now: Instant, *, hardware: bool = False) -> None:
        """Block `count` circuits from `cic` on, for maintenance or hardware failure."""
        kind = Heading.HGB if hardware else Heading.MGB
        for first, size in self._runs(cic, count):
            if size == 1 and not hardware:
                self.block(first.leg, now)
            else:
                self._groups.block(kind, first.dpc, first.cic, max(size, 2), now)

    def unblock_group(self, cic: Leg, count: int, now: Instant, *, hardware: bool = False) -> None:
        """Remove our blocking from `count` circuits from `cic` on."""
        kind = Heading.HGU if hardware else Heading.MGU
        for first, size in self._runs(cic, count):
            if size == 1 and not hardware:
                self.unblock(first.leg, now)
            else:
                self._groups.block(kind, first.dpc, first.cic, max(size, 2), now)

    def reset_group(self, cic: Leg, count: int, now: Instant) -> None:
        """Reset `count` circuits from `cic` on."""
        for first, size in self._runs(cic, count):
            self._reset_range(first, size, now)

    def _reset_unknown(self, dpc: int, now: Instant) -> None:
        """The far end can be reached for the first time since the start (Q.724 6.2)."""
        cics = self.config.circuits.get(dpc, ())
        known = {cic for cic in cics if not self._circuits[dpc, cic].unknown}
        for first, size in ranges(cics, known):
            self._reset_range(self._circuits[dpc, first], size, now)

    def _reset_range(self, first: Circuit, size: int, now: Instant) -> None:
        if size == 1:
            first.order_reset(now)
        else:
            self._groups.reset(first.dpc, first.cic, size, now)

    def _runs(self, cic: Leg, count: int) -> list[tuple[Circuit, int]]:
        """Cut a group into ranges of at most 32 that begin with a circuit that exists."""
        first = self._circuit(cic)
        present = (
            each for each in range(first.cic, first.cic + count) if (first.dpc, each) in self._circuits
        )
        return [(self._circuits[first.dpc, start], size) for start, size in ranges(present)]

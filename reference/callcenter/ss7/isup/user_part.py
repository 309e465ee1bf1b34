"""The ISDN user part of one signalling point: between MTP level 3 and the call engine.

Messages come in by `receive`, requests of the engine by `request`, time by `expire`; what comes of it is
drained by `messages()` (for MTP), `indications()` (for the engine) and `notices()` (for the operator).

| what happens | ISUP to the engine | engine to ISUP | on the line |
|---|---|---|---|
| a call comes in | `Setup` | | IAM (and SAM, SGM, COT) received |
| the engine takes it | | `Proceeding`, `Alerting`, `Progress` | ACM, then CPG |
| the engine answers | | `Answer` | ANM, or CON if no ACM was sent |
| the engine calls | | `Setup` | IAM sent |
| the far end takes it | `Proceeding` or `Alerting`, then `Progress` | | ACM or CPG received |
| the far end answers | `Answer` | | ANM or CON received |
| the engine clears | then `Released`, same cause | `Release` | REL sent, RLC received |
| more digits | `Digits` | `Digits` | SAM received or sent |
| our check of the circuit fails | `Failed`, cause 41 | | COT (failed) sent |
| the called party hangs up, is back | `Suspend`, `Resume` | `Suspend`, `Resume` | SUS, RES |
| a message of no account here | `Transparent` | `Transparent` | as it came |
| the far end clears | `Release` | then `Released` | REL received, RLC sent at once |
| T2, T6, T7, T9, an unexpected message | `Release` | then `Released` | REL or RSC sent |
| RSC, GRS, hardware failure | `Release` | then `Released` | RSC, GRS or CGB received |
| we reset by order | `Released`, cause 31 | | RSC or GRS sent |
| the call never left | `Failed` | | dual seizure lost, BLO, RSC or UCIC for our IAM |

`Release` always gets `Released` from the other side. Until the engine has given it, whatever else it says
about the circuit belongs to the old call and is discarded. The circuit may be free earlier or later than
the call: `idle` tells.
"""

from __future__ import annotations

from collections.abc import Callable

from callcenter.calls.primitives import Indication, Leg, Primitive
from callcenter.errors import ConfigurationError, StateError
from callcenter.ss7.isup import blr_fsm, bls_fsm, continuity_fsm
from callcenter.ss7.isup.calls import cause_of
from callcenter.ss7.isup.circuit import Circuit
from callcenter.ss7.isup.codec import IsupDecodeError, Message, decode
from callcenter.ss7.isup.compatibility import (
    DISCARDED,
    UNKNOWN_MESSAGE,
    UNKNOWN_PARAMETER,
    Action,
    unknown_message,
    unknown_parameters,
)
from callcenter.ss7.isup.cpc_in_fsm import IncomingCall
from callcenter.ss7.isup.groups import GROUP_MESSAGES, Groups
from callcenter.ss7.isup.messages import FORMATS, Type
from callcenter.ss7.isup.parameters import CauseIndicators
from callcenter.ss7.isup.services import IsupConfig, Services
from callcenter.ss7.isup.timers import durations
from callcenter.ss7.isup.traffic import Destination
from callcenter.ss7.notices import Notice, What
from callcenter.ss7.ranges import ranges
from callcenter.ss7.user_part import Outgoing
from testrig.clock import Instant

_NO_UCIC = frozenset(
    (
        *(Type.UCIC, Type.CFN, Type.UPA, Type.UPT, Type.RLC, Type.BLA, Type.UBA),
        *(Type.GRA, Type.CGBA, Type.CGUA, Type.CQR, Type.LPA),
    )
)
"""Messages that are not answered by UCIC: they could only be answers, or are about no circuit."""


class Isup:
    """The ISDN user part of one signalling point."""

    def __init__(self, config: IsupConfig) -> None:
        """Raises `ConfigurationError` for timers and circuits that cannot be."""
        self.config = config
        self.timers = durations(config.timers)
        """Durations in force, in frames, by name."""
        self._services = Services(config, self.timers)
        self._circuits: dict[tuple[int, int], Circuit] = {}
        self._by_leg: dict[Leg, Circuit] = {}
        self._by_cic: dict[int, list[Circuit]] = {}
        self._now: Instant = 0
        for dpc, cics in config.circuits.items():
            for cic in cics:
                self._equip(dpc, cic)
        self._groups = Groups(self._services, self._circuits)
        self.destinations = {
            dpc: Destination(self._services, dpc, min(cics, default=0))
            for dpc, cics in config.circuits.items()
        }
        self._services.admits = lambda dpc: self.destinations[dpc].admits()
        self._services.far_end_congested = lambda dpc, level: self.destinations[dpc].told_level(
            level, self._now
        )

    def _equip(self, dpc: int, cic: int) -> None:
        if not 0 <= cic < 1 << 12:
            raise ConfigurationError(
                f"ISUP circuit to {dpc}: found CIC {cic}, expected 0 to 4095 (Q.763 1.2)"
            )
        if dpc == self.config.point_code:
            raise ConfigurationError(f"ISUP circuit {cic}: the far end {dpc} is our own point code")
        leg = Leg(self.config.groups.get((dpc, cic), self.config.group), cic)
        if (dpc, cic) in self._circuits or leg in self._by_leg:
            raise ConfigurationError(f"ISUP circuit {cic} to {dpc}: found twice, as {leg.group}/{leg.number}")
        circuit = Circuit(self._services, dpc, cic, leg)
        circuit.unknown = leg.group in self.config.reset_at_start
        self._circuits[dpc, cic] = circuit
        self._by_leg[leg] = circuit
        self._by_cic.setdefault(cic, []).append(circuit)

    # from MTP

    def receive(self, opc: int, data: bytes, now: Instant, sls: int = 0) -> None:
        """Take a message of the point `opc`; `data` begin with the CIC."""
        if opc not in self.config.circuits:
            self._services.note(What.FOREIGN, opc)
            return
        self._now = now
        self.destinations[opc].heard(now)
        try:
            message = decode(data)
        except IsupDecodeError as error:
            self._services.note(What.MALFORMED, opc, detail=str(error))
            return
        if message.kind == Type.UPT:
            self._services.send_kind(opc, message.cic, Type.UPA)
            return
        circuit = self._circuits.get((opc, message.cic))
        if circuit is None:
            self._not_equipped(opc, message)
        elif message.kind not in FORMATS:
            self._unknown(circuit, message, now)
        elif message.kind in GROUP_MESSAGES:
            self._groups.receive(opc, message, now)
        elif (sound := self._recognised(circuit, message, now)) is not None:
            message = sound
            if message.kind == Type.CFN:
                circuit.note(What.CONFUSION, f"cause {cause_of(message)}")
            else:
                circuit.receive(message, now)

    def _not_equipped(self, opc: int, message: Message) -> None:
        """Q.764 2.12 (national use)."""
        self._services.note(What.UNEQUIPPED_HERE, opc, message.cic, message.name)
        if message.kind in FORMATS and message.kind not in _NO_UCIC:
            self._services.send_kind(opc, message.cic, Type.UCIC)

    def _unknown(self, circuit: Circuit, message: Message, now: Instant) -> None:
        action, notify = unknown_message(message, transit=self.config.transit)
        circuit.note(What.UNRECOGNISED, f"message {message.name}: {action.value}")
        if action is Action.RELEASE:
            circuit.clear(UNKNOWN_MESSAGE, now)
        elif action is Action.PASS_ON:
            circuit.passed(message, now)
        if notify:
            cause = CauseIndicators(UNKNOWN_MESSAGE, diagnostics=bytes((message.kind,)))
            circuit.send(Type.CFN, cause)

    def _recognised(self, circuit: Circuit, message: Message, now: Instant) -> Message | None:
        """Deal with unrecognised parameters; return what is to be carried out, if anything."""
        action, notify, message = unknown_parameters(message, transit=self.config.transit)
        if notify:
            cause = DISCARDED if action is Action.DISCARD else UNKNOWN_PARAMETER
            circuit.send(Type.CFN, CauseIndicators(cause, diagnostics=notify))
        if action is not Action.ACCEPT or notify:
            circuit.note(What.UNRECOGNISED, f"parameter in {message.name}: {action.value}")
        if action is Action.RELEASE:
            if circuit.cpc is None and message.kind == Type.IAM and not circuit.resetting:
                circuit.cpc = IncomingCall(circuit)
            circuit.clear(UNKNOWN_PARAMETER, now)
        return message if action is Action.ACCEPT else None

    def pause(self, dpc: int, now: Instant) -> None:
        """The far end cannot be reached: its circuits are not seized; calls and timers stay (Q.764 2.14)."""
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
        """MTP-STATUS: the signalling network towards `dpc` is congested (Q.764 2.10)."""
        if dpc in self.destinations:
            self.destinations[dpc].congested(now)

    def unavailable(self, dpc: int, cause: int, now: Instant) -> None:
        """MTP-STATUS: the user part of `dpc` is unavailable, with the cause of UPU (Q.764 2.13)."""
        if dpc in self.destinations:
            self.destinations[dpc].unavailable(cause, now)

    # from the board

    def check_tone(self, leg: Leg, now: Instant) -> None:
        """The tone of our continuity check has come back on circuit `leg`."""
        self._leg(leg).check.handle(continuity_fsm.Event.TONE, now)

    # from the engine

    def request(self, leg: Leg, primitive: Primitive, now: Instant) -> None:
        """Take a primitive for circuit `leg`. Raises `StateError` for a circuit that does not exist."""
        self._now = now
        self._leg(leg).request(primitive, now)

    def forget(self) -> None:
        """The state of every circuit is unknown: it is reset when its far end can next be reached."""
        for circuit in self._circuits.values():
            circuit.unknown = True

    def recover(self, leg: Leg, *, incoming: bool, suspended: bool, blocked: bool, now: Instant) -> None:
        """Go on with a call that was answered before we took over."""
        circuit = self._leg(leg)
        circuit.recover(incoming=incoming, suspended=suspended, now=now)
        circuit.unknown = False
        if blocked:
            circuit.blr.state = blr_fsm.State.REMOTELY_BLOCKED

    def congestion(self, level: int) -> None:
        """The engine is congested: 0 not, 1, or 2 more (Q.764 2.11.1)."""
        self._services.congestion = level

    def provide_transceivers(self, free: Callable[[], bool]) -> None:
        """`free` tells whether there is one for a continuity check."""
        self._services.can_check = free

    def _leg(self, leg: Leg) -> Circuit:
        try:
            return self._by_leg[leg]
        except KeyError:
            raise StateError(f"ISUP: circuit {leg.group}/{leg.number} is not equipped") from None

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

    def idle(self, cic: int | Leg) -> bool:
        """Whether the circuit may be seized for an outgoing call now."""
        circuit = self._circuit(cic)
        return circuit.idle and self.destinations[circuit.dpc].reachable

    def circuit_state(self, cic: int | Leg) -> str:
        """Return `idle`, `incoming busy`, `outgoing busy`, `transient` or `unequipped`, and who blocks."""
        return self._circuit(cic).describe()

    def block(self, cic: int | Leg, now: Instant) -> None:
        """Block a circuit for maintenance."""
        circuit = self._circuit(cic)
        self._groups.withdraw(Type.CGU, [circuit], now)
        circuit.bls.handle(bls_fsm.Event.BLOCK, now)

    def unblock(self, cic: int | Leg, now: Instant) -> None:
        """Remove our blocking."""
        circuit = self._circuit(cic)
        self._groups.withdraw(Type.CGB, [circuit], now)
        circuit.bls.handle(bls_fsm.Event.UNBLOCK, now)

    def reset(self, cic: int | Leg, now: Instant) -> None:
        """Reset a circuit."""
        self._circuit(cic).order_reset(now)

    def check(self, cic: int | Leg, now: Instant) -> None:
        """Check the continuity of an idle circuit. Raises `StateError` for one that is not."""
        self._circuit(cic).order_check(now)

    def query_group(self, cic: int | Leg, count: int, now: Instant) -> None:
        """Ask the far end for the states of `count` circuits from `cic` on."""
        for first, size in self._runs(cic, count):
            self._groups.query(first.dpc, first.cic, size, now)

    def block_group(self, cic: int | Leg, count: int, now: Instant, *, hardware: bool = False) -> None:
        """Block `count` circuits from `cic` on, for maintenance or hardware failure."""
        for first, size in self._runs(cic, count):
            if size == 1 and not hardware:
                self.block(first.leg, now)
            else:
                self._groups.block(first.dpc, first.cic, size, now, hardware=int(hardware))

    def unblock_group(self, cic: int | Leg, count: int, now: Instant, *, hardware: bool = False) -> None:
        """Remove our blocking from `count` circuits from `cic` on."""
        for first, size in self._runs(cic, count):
            if size == 1 and not hardware:
                self.unblock(first.leg, now)
            else:
                self._groups.unblock(first.dpc, first.cic, size, now, hardware=int(hardware))

    def reset_group(self, cic: int | Leg, count: int, now: Instant) -> None:
        """Reset `count` circuits from `cic` on."""
        for first, size in self._runs(cic, count):
            self._reset_range(first, size, now)

    def _reset_unknown(self, dpc: int, now: Instant) -> None:
        """The far end can be reached for the first time since the start (Q.764 2.9.3)."""
        cics = self.config.circuits.get(dpc, ())
        known = {cic for cic in cics if not self._circuits[dpc, cic].unknown}
        for first, size in ranges(cics, known):
            self._reset_range(self._circuits[dpc, first], size, now)

    def _reset_range(self, first: Circuit, size: int, now: Instant) -> None:
        if size == 1:
            first.order_reset(now)
        else:
            self._groups.reset(first.dpc, first.cic, size, now)

    def _circuit(self, cic: int | Leg) -> Circuit:
        if isinstance(cic, Leg):
            return self._leg(cic)
        found = self._by_cic.get(cic, [])
        if len(found) != 1:
            what = "several far ends: name the leg" if found else "not equipped"
            raise StateError(f"ISUP: circuit {cic}: {what}")
        return found[0]

    def _runs(self, cic: int | Leg, count: int) -> list[tuple[Circuit, int]]:
        """Cut a group into ranges of at most 32 that begin with a circuit that exists."""
        first = self._circuit(cic)
        present = (
            each for each in range(first.cic, first.cic + count) if (first.dpc, each) in self._circuits
        )
        return [(self._circuits[first.dpc, start], size) for start, size in ranges(present)]

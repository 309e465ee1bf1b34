"""The judge's ISUP: calls in both directions, any message on any circuit, in or out of order.

It keeps no protocol state of its own that could hide the system's mistakes: what a case does not expect
on a circuit fails. Background traffic of the system (`answers`) is answered unless the case awaits it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, NoReturn

from testline.bench import Bench
from testline.layers.errors import NotDecodable
from testline.layers.isup import (
    called_digits,
    calling_digits,
    cause_value,
    decode_isup,
    message,
    range_and_status,
    summary_of,
)
from testline.layers.isup_forms import malformations
from testline.layers.isup_parameters import CircuitStateIndicator
from testline.testers.mtp3 import ISUP, Carrier, Message, Mtp3Tester
from testline.trace import TraceEntry
from testline.verdicts import BenchError, Fail, Inconclusive
from testrig.clock import SECOND, Instant
from testrig.system import CircuitMap, Refused

BACKGROUND: Final = frozenset({"UPT", "GRS", "CQM", "RSC"})
"""What a system may send at any time and the tester answers unless it is awaited (Q.764 2.9, 2.8.3)."""

RESETS: Final = frozenset({"GRS", "RSC"})
"""What of that nobody sends without a reason."""

Check = Callable[[Any], bool]


@dataclass(slots=True)
class Received:
    """A message that arrived."""

    at: Instant
    title: str
    message: Any
    """The scapy packet, or None when the octets could not be decoded."""
    octets: bytes
    text: str
    entry: TraceEntry | None


class Call:
    """One call on one circuit, as the tester sees it."""

    initial: ClassVar[tuple[str, ...]] = ("IAM",)
    """Messages that begin a call."""

    def __init__(self, isup: IsupTester, cic: int) -> None:
        self.isup = isup
        self.cic = cic
        self.steps: list[str] = []
        """Names of the messages sent (`+IAM`) and received (`-ACM`) so far."""
        self.received: list[Received] = []

    @property
    def circuit(self) -> int:
        """The circuit identification code."""
        return self.cic

    @property
    def iam(self) -> Any:
        """The first IAM received, or None."""
        return next((one.message for one in self.received if one.title in self.initial), None)

    def where(self) -> str:
        """State in words, for verdicts."""
        done = ", ".join(f"{'sent' if step[0] == '+' else 'received'} {step[1:]}" for step in self.steps)
        return f"circuit {self.cic}: {done or 'nothing sent or received'}"

    def send(self, name: str, *, deliberate: bool = False, **fields: Any) -> None:
        """Send a message on the call's circuit; fields as in `testline.layers.isup.message`."""
        self.steps.append(f"+{name}")
        self.isup.send_message(self.cic, name, deliberate=deliberate, **fields)

    def expect(
        self,
        *names: str,
        within: int,
        where: Check | None = None,
        through: Collection[str] = (),
        **fields: Any,
    ) -> Any:
        """Wait for one of `names` on this circuit and return the message.

        `fields` must have these values (`cause=16`, `called="10086"`, or any field of the message).
        Anything else on this circuit fails, `through` excepted.
        """
        got = self.isup.await_on(
            self.cic, names, within=within, state=self.where, where=where, through=through, fields=fields
        )
        self.steps.append(f"-{got.title}")
        self.received.append(got)
        return got.message

    def expect_nothing(self, *, during: int) -> None:
        """Fail when any message arrives on this circuit within `during` frames."""
        self.isup.expect_nothing(self.cic, during=during, state=self.where)

    def answered(self, *, within: int) -> None:
        """Wait for ACM and ANM, or CON instead of both; call progress may come between."""
        first = self.expect("ACM", "CON", within=within)
        if first.title == "ACM":
            self.expect("ANM", within=within, through=("CPG",))

    def alert(self) -> None:
        """Tell that the called telephone rings: ACM, subscriber free."""
        self.send("ACM", called_status=1)

    def answer(self) -> None:
        """Answer: ANM."""
        self.send("ANM")

    def cleared(
        self, *, within: int, cause: int | set[int] | None = None, through: Collection[str] = ("CPG",)
    ) -> int:
        """Wait until the system clears, acknowledge it, and return the cause."""
        expected: dict[str, Any] = {} if cause is None else {"cause": cause}
        release = self.expect("REL", within=within, through=through, **expected)
        self.send("RLC")
        return int(getattr(release.cause_indicators, "cause", 0))

    def catch_up(self) -> None:
        """Take note of everything that has arrived on this circuit, as a caller does who does not wait."""
        for got in self.isup.inbox.pop(self.cic, ()):
            self.steps.append(f"-{got.title}")
            self.received.append(got)

    def release(self, *, cause: int = 16, within: int = 15 * SECOND) -> None:
        """Send REL and wait for RLC (Q.764 2.3.1; T1 of the tester: 15 s, annex A).

        A REL that crosses ours on the line is acknowledged (Q.764 2.3.1 e, collision).
        """
        self.send("REL", cause=cause)
        got = self.expect("RLC", "REL", within=within, through=("CPG", "ANM"))
        if got.title == "REL":
            self.send("RLC")
            self.expect("RLC", within=within)


class IsupTester:
    """The ISUP of the tester's exchange."""

    user: ClassVar[str] = "ISUP"
    service: ClassVar[int] = ISUP
    call: ClassVar[type[Call]] = Call
    harmless: ClassVar[frozenset[str]] = BACKGROUND

    def __init__(self, bench: Bench, carrier: Carrier) -> None:
        self.bench = bench
        self.carrier = carrier
        self.pixit = bench.pixit
        self.circuits: dict[int, CircuitMap] = {
            circuit.cic: circuit for circuit in bench.pixit.circuits if circuit.user == self.user.lower()
        }
        self.answers: set[str] = set(self.harmless)
        self.between = False
        """The system passes on what others have composed, in whatever form."""
        self.background: list[Received] = []
        """What was answered as background traffic."""
        self.inbox: dict[int, deque[Received]] = {}
        """Messages not yet taken, by CIC; -1 holds those that no exchange may send."""
        self._awaited: set[str] = set()
        self._used: set[int] = set()
        carrier.users[self.service] = self._arrived

    @property
    def mtp3(self) -> Mtp3Tester:
        """Level 3, where it carries the messages; `BenchError` where gateways do."""
        if not isinstance(self.carrier, Mtp3Tester):
            raise BenchError(f"{self.user}: there is no link")
        return self.carrier

    # sending

    def send_message(self, cic: int, name: str, *, deliberate: bool = False, **fields: Any) -> None:
        """Send message `name` on `cic`; fields as in `testline.layers.isup.message`."""
        self.send_raw(bytes(message(name, cic, **fields)), sls=cic & 0x0F, deliberate=deliberate)

    def send_raw(self, octets: bytes, *, deliberate: bool = True, **label: Any) -> None:
        """Send any octets as an ISUP message; `label` may hold `dpc`, `opc`, `sls`, `ni`."""
        self.carrier.send(ISUP, octets, deliberate=deliberate, **label)

    def seize(
        self, *, called: str, calling: str | None = "13800138000", cic: int | None = None, **fields: Any
    ) -> Call:
        """Send an IAM on `cic` (the next free circuit unless given) and return the call.

        A digit F is the end of pulsing signal; `fields` as in `testline.layers.isup.message`.
        """
        chosen = self.free_circuit() if cic is None else cic
        self._used.add(chosen)
        call = self.call(self, chosen)
        call.send("IAM", called=called, calling=calling, **fields)
        return call

    def call_on(self, cic: int) -> Call:
        """Return a handle on a circuit without sending anything."""
        return self.call(self, cic)

    def free_circuit(self) -> int:
        """Return a circuit not used in this case yet, one that we control first (Q.764 2.9.1.4).

        In dual seizure the exchange with the higher point code controls the even circuits.
        """
        ours = 0 if self.pixit.tester_point_code > self.pixit.point_code else 1
        unused = [cic for cic in self.circuits if cic not in self._used]
        if not unused:
            self._used.clear()
            unused = list(self.circuits)
        return next((cic for cic in unused if cic % 2 == ours), unused[0])

    def controlled(self, *, by_tester: bool) -> list[int]:
        """Return the circuits that we (or the system) control in dual seizure (Q.764 2.9.1.4)."""
        ours = 0 if self.pixit.tester_point_code > self.pixit.point_code else 1
        return [cic for cic in self.circuits if (cic % 2 == ours) is by_tester]

    # receiving

    def _arrived(self, msu: Message) -> None:
        try:
            found = self.decode(msu)
        except NotDecodable as error:
            got = Received(msu.at, "undecodable", None, msu.data, str(error), msu.entry)
            self.inbox.setdefault(-1, deque()).append(got)
            return
        got = Received(msu.at, found.title, found, msu.data, self.summary(found), msu.entry)
        wrong = [] if self.between else malformations(found)
        if wrong:
            text = f"{got.text}: {'; '.join(wrong)}"
            self.inbox.setdefault(-1, deque()).append(replace(got, title="malformed", text=text))
            return
        if found.title in self.answers and found.title not in self._awaited and self.acknowledge(found):
            self.background.append(got)
            return
        self.inbox.setdefault(found.cic, deque()).append(got)

    def decode(self, msu: Message) -> Any:
        """Return the message in an MSU of our service. Raises `NotDecodable`."""
        return decode_isup(msu.data)

    def summary(self, found: Any) -> str:
        """Return a message in one line."""
        return summary_of(found)

    def called(self, found: Any) -> str:
        """Return the called number in a message that begins a call."""
        return called_digits(found) or ""

    def differences(self, found: Any, wanted: dict[str, Any]) -> list[str]:
        """Return what is not as wanted in a message, one text each."""
        return _differences(found, wanted)

    def acknowledge(self, found: Any) -> bool:
        """Answer background traffic; False when it is no background but part of something else."""
        if found.title == "UPT":
            self.send_message(found.cic, "UPA")
        elif found.title == "RSC":
            self.send_message(found.cic, "RLC")
        else:
            group = range_and_status(found)
            if group is None:
                return False
            span = group[0]
            if found.title == "GRS":
                self.send_message(found.cic, "GRA", range=span, status=bytes(span // 8 + 1))
            else:
                states = bytes(0x03 if found.cic + i in self.circuits else 0x00 for i in range(span + 1))
                self.send_message(
                    found.cic,
                    "CQR",
                    range=span,
                    circuit_state_indicator=CircuitStateIndicator(states=states),
                )
        return True

    # waiting

    def await_on(
        self,
        cic: int,
        names: tuple[str, ...],
        *,
        within: int,
        state: Callable[[], str],
        where: Check | None = None,
        through: Collection[str] = (),
        fields: dict[str, Any] | None = None,
    ) -> Received:
        """Wait for one of `names` on `cic`; see `Call.expect`."""
        wanted = fields or {}
        checks = "".join(f" {name} {value}" for name, value in wanted.items())
        text = f"{' or '.join(names)}{checks} on circuit {cic}"

        def look() -> Received | None:
            self._refuse_strays(text, state)
            waiting = self.inbox.get(cic, deque())
            while waiting:
                got = waiting.popleft()
                if got.title in names:
                    wrong = self.differences(got.message, wanted)
                    if wrong or (where is not None and not where(got.message)):
                        self.fail(text, state(), got, "; ".join(wrong))
                    return got
                if got.title not in through:
                    self.fail(text, state(), got)
            return None

        self._awaited |= set(names)
        try:
            return self.bench.until(look, within=within, awaited=text, state=state)
        finally:
            self._awaited -= set(names)

    def expect(self, cic: int, *names: str, within: int, where: Check | None = None, **fields: Any) -> Any:
        """Wait for one of `names` on `cic` outside a call, and return the message."""
        return self.await_on(
            cic, names, within=within, state=lambda: f"circuit {cic}", where=where, fields=fields
        ).message

    def wait_for(self, *names: str, within: int, where: Check | None = None) -> Call:
        """Wait for one of `names` (as a rule IAM) on any circuit and return the call it belongs to."""
        text = " or ".join(names)

        def look() -> Received | None:
            self._refuse_strays(text, self.where)
            for cic in sorted(self.inbox):
                waiting = self.inbox[cic]
                if waiting and waiting[0].title in names:
                    if where is not None and not where(waiting[0].message):
                        self.fail(text, self.where(), waiting[0])
                    return waiting.popleft()
            return None

        self._awaited |= set(names)
        try:
            got = self.bench.until(look, within=within, awaited=text, state=self.where)
        finally:
            self._awaited -= set(names)
        call = self.call(self, got.message.cic)
        call.steps.append(f"-{got.title}")
        call.received.append(got)
        self._used.add(call.cic)
        return call

    def expect_nothing(
        self, cic: int | None = None, *, during: int, state: Callable[[], str] | None = None
    ) -> None:
        """Fail when a message arrives on `cic` (on any circuit unless given) within `during` frames.

        A reset is one; other background traffic is not.
        """
        where = state or self.where

        def came() -> bool:
            self._refuse_strays("no message", where)
            for number, waiting in self.inbox.items():
                if waiting and cic in {None, number}:
                    self.fail("no message", where(), waiting[0])
            return False

        self._awaited |= RESETS
        try:
            self.bench.never(came, during=during, unwanted="message", state=where)
        finally:
            self._awaited -= RESETS

    def expect_idle(self, cic: int, *, within: int = 5 * SECOND) -> None:
        """Prove that the system holds `cic` idle, blocked or not.

        The maintenance client is asked where the system has one; otherwise a new call must be accepted.
        """
        try:
            maintenance = self.bench.system.maintenance()
            maintenance.circuit_state(cic)
        except (NotImplementedError, Refused):
            self._seize_and_release(cic)
            return
        self.bench.until(
            lambda: maintenance.circuit_state(cic).startswith("idle"),
            within=within,
            awaited=f"circuit {cic} idle",
            state=lambda: f"circuit {cic} {maintenance.circuit_state(cic)}",
        )
        self._refuse_strays(f"circuit {cic} idle", self.where)

    def _seize_and_release(self, cic: int) -> None:
        call = self.seize(called=self.pixit.queue_number, cic=cic)
        call.expect("ACM", "CON", within=15 * SECOND)
        call.release()

    def leftovers(self) -> list[str]:
        """Return what arrived and was not expected by anyone, as text."""
        return [got.text for waiting in self.inbox.values() for got in waiting]

    def expect_no_leftovers(self) -> None:
        """Fail when messages arrived that nobody expected."""
        self._refuse_strays("no more messages", self.where)
        for waiting in self.inbox.values():
            if waiting:
                self.fail("no more messages", self.where(), waiting[0])

    def reach_idle(self, *, within: int = 60 * SECOND) -> None:
        """Wait until the system holds every circuit idle; `Inconclusive` when it cannot say."""
        try:
            maintenance = self.bench.system.maintenance()
            maintenance.circuit_state(next(iter(self.circuits)))
        except (NotImplementedError, Refused) as error:
            raise Inconclusive("the system does not tell its circuits' states") from error
        self.bench.until(
            lambda: all(maintenance.circuit_state(cic) == "idle" for cic in self.circuits),
            within=within,
            awaited="every circuit idle",
            state=lambda: ", ".join(f"{cic} {maintenance.circuit_state(cic)}" for cic in self.circuits),
        )

    def where(self) -> str:
        """State in words, for verdicts."""
        return f"{self.user} over {self.carrier.where()}"

    def fail(self, awaited: str, state: str, got: Received, reason: str = "") -> NoReturn:
        """Raise `Fail` for a message that came instead of what was awaited."""
        self.bench.trace.depart(got.at, awaited, got.entry)
        raise Fail(awaited=awaited, state=state, observed=f"{got.text}{': ' if reason else ''}{reason}")

    def _refuse_strays(self, awaited: str, state: Callable[[], str]) -> None:
        strays = self.inbox.get(-1)
        if strays:
            self.fail(awaited, state(), strays.popleft())
        if self.carrier.misaddressed:
            stray = self.carrier.misaddressed.pop(0)
            self.bench.trace.depart(stray.at, awaited, stray.entry)
            raise Fail(awaited=awaited, state=state(), observed=f"{stray}, which is not our route")


def _differences(found: Any, wanted: dict[str, Any]) -> list[str]:
    """Return what is not as wanted in a message, one text each."""
    readers = {"called": called_digits, "calling": calling_digits, "cause": cause_value}
    wrong = []
    for name, value in wanted.items():
        if name in readers:
            got: Any = readers[name](found)
        elif name in {"range", "status"}:
            group = range_and_status(found)
            got = None if group is None else group[name == "status"]
        else:
            got = found.getfieldval(name)
        allowed = value if isinstance(value, (set, frozenset)) else {value}
        if got not in allowed:
            wrong.append(f"{name} is {got}")
    return wrong

"""The judge's TUP: calls in both directions, any message on any circuit, in or out of order (Q.724).

It is the ISUP tester with the messages and the release of TUP: the end that called clears (CLF, RLG); the
other end can only say that it wants to, by CBK once it has answered and by an unsuccessful message before.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Final

from testline.layers.tup import (
    called_digits,
    calling_digits,
    decode_tup,
    join,
    message,
    original_digits,
    split,
    summary_of,
)
from testline.layers.tup_messages import ANSWERS, UNSUCCESSFUL
from testline.testers.isup import Call, IsupTester
from testline.testers.mtp3 import TUP, Message
from testrig.clock import SECOND

REFUSALS: Final = (*UNSUCCESSFUL, "SLB", "STB")
"""Every message that refuses a call before it is answered."""
IN_BETWEEN: Final = ("MPM", "CHG", "ACC")
"""What may come at any time of a call and says nothing of its state."""
BY_CAUSE: Final[dict[int, tuple[str, ...]]] = {
    1: ("UNN",),
    16: REFUSALS,
    17: ("SSB", "SLB", "STB"),
    18: ("CFL", "SST", "LOS"),
    19: ("CFL", "SST"),
    21: ("ACB", "CFL"),
    27: ("LOS", "CFL"),
    28: ("ADI",),
    34: ("CGC",),
    38: ("CFL",),
    41: ("CFL", "SEC"),
    42: ("SEC",),
    55: ("ACB",),
    58: ("DPN",),
}
"""TUP messages that say what a cause of Q.850 says (Q.767 C.2 and Q.699, a choice; unverified)."""
CONTROL: Final = 150 * SECOND
"""Frames from CBK until the calling end must have cleared: 1 to 2 minutes and a margin (Q.118)."""


class TupCall(Call):
    """One call on one circuit, as the tester sees it."""

    initial: ClassVar[tuple[str, ...]] = ("IAM", "IAI")

    @property
    def ours(self) -> bool:
        """True when the tester called, or called first."""
        return next((step[0] == "+" for step in self.steps if step[1:] in self.initial), False)

    @property
    def is_answered(self) -> bool:
        """True when the call has been answered, whoever called."""
        return any(step[1:] in ANSWERS for step in self.steps)

    def answered(self, *, within: int) -> None:
        """Wait for ACM and an answer, with charge or without."""
        self.expect("ACM", within=within)
        self.expect(*ANSWERS, within=within, through=IN_BETWEEN)

    def alert(self) -> None:
        """Tell that the called telephone rings: ACM, charge, subscriber free."""
        self.send("ACM", kind=1, free=1)

    def answer(self) -> None:
        """Answer: ANC."""
        self.send("ANC")

    def release(self, *, cause: int = 16, within: int = 15 * SECOND) -> None:
        """Clear as the end that we are may clear, and wait until the circuit is idle on both sides."""
        if self.ours:
            self.send("CLF")
            self.expect("RLG", within=within, through=("ACM", "CBK", "RAN", *ANSWERS, *REFUSALS, *IN_BETWEEN))
            return
        if self.is_answered:
            self.send("CBK")
        else:
            self.send("SSB" if cause == 16 else BY_CAUSE[cause][0])
        self.expect("CLF", within=max(within, CONTROL))
        self.send("RLG")

    def cleared(
        self, *, within: int, cause: int | set[int] | None = None, through: Collection[str] = ()
    ) -> int:
        """Wait until the system clears or asks for it, clear the circuit, and return the cause (or 16).

        What `through` says of ISUP is taken as said: all that may come before in TUP passes.
        """
        if not self.ours:
            self.expect("CLF", within=within, through=("FOT", *IN_BETWEEN))
            self.send("RLG")
            return 16
        causes = {cause} if isinstance(cause, int) else cause or set(BY_CAUSE)
        names = tuple(dict.fromkeys(name for each in causes for name in BY_CAUSE[each]))
        got = self.expect("CBK", *names, within=within, through=("ACM", *ANSWERS, *IN_BETWEEN))
        self.send("CLF")
        self.expect("RLG", within=15 * SECOND)
        if got.title == "CBK":
            return 16
        return next(each for each in sorted(causes) if got.title in BY_CAUSE[each])


class TupTester(IsupTester):
    """The TUP of the tester's exchange."""

    user: ClassVar[str] = "TUP"
    service: ClassVar[int] = TUP
    call: ClassVar[type[Call]] = TupCall
    harmless: ClassVar[frozenset[str]] = frozenset({"GRS", "RSC"})

    def send_message(self, cic: int, name: str, *, deliberate: bool = False, **fields: Any) -> None:
        """Send message `name` on `cic`; fields as in `testline.layers.tup.message`."""
        self.send_raw(bytes(message(name, cic, **fields)), deliberate=deliberate)

    def send_raw(self, octets: bytes, *, deliberate: bool = True, **label: Any) -> None:
        """Send any octets, the first two of them the CIC, as a TUP message; `label` may hold `dpc`, `opc`."""
        sls, data = split(octets, self.carrier.variant)
        self.carrier.send(self.service, data, deliberate=deliberate, **{"sls": sls, **label})

    def seize(
        self, *, called: str, calling: str | None = "13800138000", cic: int | None = None, **fields: Any
    ) -> Call:
        """Send IAI (IAM for a caller without a number) on `cic`, the next free circuit unless given."""
        chosen = self.free_circuit() if cic is None else cic
        self._used.add(chosen)
        call = self.call(self, chosen)
        if calling is None:
            call.send("IAM", called=called, **fields)
        else:
            call.send("IAI", called=called, calling=calling, **fields)
        return call

    def decode(self, msu: Message) -> Any:
        """Return the message in an MSU of our service. Raises `NotDecodable`."""
        return decode_tup(join(msu.sls_octet, msu.data, self.carrier.variant))

    def summary(self, found: Any) -> str:
        """Return a message in one line."""
        return summary_of(found)

    def called(self, found: Any) -> str:
        """Return the called number in a message that begins a call."""
        return called_digits(found) or ""

    def differences(self, found: Any, wanted: dict[str, Any]) -> list[str]:
        """Return what is not as wanted in a message, one text each."""
        readers = {"called": called_digits, "calling": calling_digits, "original": original_digits}
        wrong = []
        for name, value in wanted.items():
            got = readers[name](found) if name in readers else found.getfieldval(name)
            if got not in (value if isinstance(value, (set, frozenset)) else {value}):
                wrong.append(f"{name} is {got}")
        return wrong

    def acknowledge(self, found: Any) -> bool:
        """Answer background traffic: nothing is in hand on these circuits, so they are idle at once."""
        if found.title == "RSC":
            self.send_message(found.cic, "RLG")
        else:
            span = int(found.range)
            self.send_message(found.cic, "GRA", range=span, status=bytes((span + 8) // 8 if span else 0))
        return True

    def _seize_and_release(self, cic: int) -> None:
        call = self.seize(called=self.pixit.queue_number, cic=cic)
        call.expect("ACM", within=15 * SECOND)
        call.release()

"""A subscriber on the far side of the trunks: an ISUP call and a voice on its circuit."""

from __future__ import annotations

from typing import Any

from testline.testers.isup import Call, IsupTester
from testline.testers.speech import Voice
from testline.verdicts import BenchError
from testrig.clock import SECOND
from testrig.instruments.tones import DtmfKeying


class Caller:
    """A subscriber with a number, who calls or is called."""

    def __init__(self, isup: IsupTester, number: str = "13800138000") -> None:
        self.isup = isup
        self.number = number
        self.voice = Voice(isup.bench, f"caller {number}")
        self._call: Call | None = None

    @property
    def call(self) -> Call:
        """The call in hand; `BenchError` while there is none."""
        if self._call is None:
            raise BenchError(f"caller {self.number} has no call in hand")
        return self._call

    def takes(self, call: Call) -> Call:
        """Take a call in hand: the voice goes on its circuit."""
        circuit = self.isup.circuits.get(call.cic)
        if circuit is None:
            raise BenchError(
                f"circuit {call.cic} is not in the PIXIT; there are {sorted(self.isup.circuits)}"
            )
        self._call = call
        self.voice.connect(span=circuit.line, slot=circuit.slot)
        return call

    # calling

    def dials(self, called: str, *, cic: int | None = None, **fields: Any) -> Call:
        """Call `called`: the IAM goes out."""
        return self.takes(self.isup.seize(called=called, cic=cic, **{"calling": self.number, **fields}))

    def is_answered(self, *, within: int = 20 * SECOND) -> None:
        """Wait for the answer: ACM and ANM, or CON."""
        self.call.answered(within=within)

    def hangs_up(self, *, within: int = 15 * SECOND) -> None:
        """Clear the call, whatever it has come to, and wait until it is cleared."""
        self.call.catch_up()
        self.call.release(within=within)
        self._leave()

    def is_released(self, *, within: int, cause: int | set[int] | None = None) -> int:
        """Wait until the system clears, acknowledge it, and return the cause."""
        released = self.call.cleared(within=within, cause=cause)
        self._leave()
        return released

    def _leave(self) -> None:
        if self._call is not None:
            circuit = self.isup.circuits[self._call.cic]
            self.voice.disconnect(span=circuit.line, slot=circuit.slot)

    # being called

    def is_called(self, *, within: int) -> Call:
        """Wait for an IAM of the system and take the call."""
        return self.takes(self.isup.wait_for(*self.isup.call.initial, within=within))

    def alerts(self) -> None:
        """Tell the system that the telephone rings."""
        self.call.alert()

    def answers(self) -> None:
        """Answer."""
        self.call.answer()

    # speech

    def says_tone(self, hz: float, level_dbm0: float = -10.0) -> None:
        """Speak a tone until told otherwise."""
        self.voice.says_tone(hz, level_dbm0)

    def hears_tone(self, hz: float, *, within: int, level: tuple[float, float] | None = None) -> float:
        """Wait for a tone; return its level in dBm0."""
        return self.voice.hears_tone(hz, within=within, level=level)

    def hears_silence(self, *, during: int = SECOND, within: int = 5 * SECOND) -> None:
        """Wait for silence."""
        self.voice.hears_silence(during=during, within=within)

    def presses(self, digits: str, keying: DtmfKeying | None = None) -> None:
        """Press keys."""
        self.voice.presses(digits, keying)

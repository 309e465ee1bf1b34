"""An agent at a desk: the system's agent client, with a telephone, its orders and events in the trace."""

from __future__ import annotations

from testline.bench import Bench
from testline.testers.speech import Voice
from testline.testers.telephone import Telephone
from testrig.clock import SECOND
from testrig.system import AgentSpec, Event


class Agent:
    """The agent of `spec` and the telephone at the seat."""

    def __init__(self, bench: Bench, spec: AgentSpec, telephone: Telephone) -> None:
        self.bench = bench
        self.spec = spec
        self.telephone = telephone
        self.client = bench.system.agent(spec.agent)
        self.name = f"agent {spec.agent}"
        self._seen = 0

    @property
    def voice(self) -> Voice:
        """The voice at the telephone."""
        return self.telephone.voice

    def state(self) -> str:
        """State as the system gives it."""
        return self.client.state()

    def sign_on(self) -> None:
        """Sign on."""
        self._order("sign on")
        self.client.sign_on()

    def sign_off(self) -> None:
        """Sign off."""
        self._order("sign off")
        self.client.sign_off()

    def ready(self) -> None:
        """Become ready for calls."""
        self._order("ready")
        self.client.ready()

    def not_ready(self, reason: str = "") -> None:
        """Become not ready."""
        self._order(f"not ready {reason}".strip())
        self.client.not_ready(reason)

    def dial(self, number: str) -> None:
        """Call `number`."""
        self._order(f"dial {number}")
        self.client.dial(number)

    def answer(self) -> None:
        """Answer by the desk."""
        self._order("answer")
        self.client.answer()

    def hang_up(self) -> None:
        """Hang up by the desk."""
        self._order("hang up")
        self.client.hang_up()

    def on_duty(self) -> None:
        """Sign on and become ready; a caller who waits may be offered at once."""
        self.sign_on()
        self.ready()
        self.is_in("ready", "reserved", "ringing", within=2 * SECOND)

    def is_in(self, *states: str, within: int) -> str:
        """Wait until the agent is in one of `states`; return which."""
        found = self.bench.until(
            lambda: self.client.state() if self.client.state() in states else None,
            within=within,
            awaited=f"{self.name} {' or '.join(states)}",
            state=lambda: f"{self.name} {self.client.state()}",
        )
        self.bench.trace.received(self.bench.now, self.name, "order", f"state {found}")
        return found

    def is_told(self, event_type: str, *, within: int) -> Event:
        """Wait for an event of `event_type` not returned before."""

        def look() -> Event | None:
            for event in self.client.events(self._seen):
                self._seen = event.number
                if event.type == event_type:
                    return event
            return None

        event = self.bench.until(
            look,
            within=within,
            awaited=f"{self.name} is told {event_type}",
            state=lambda: f"{self.name} {self.client.state()}",
        )
        self.bench.trace.received(self.bench.now, self.name, "order", f"event {event.type}")
        return event

    def _order(self, text: str) -> None:
        self.bench.trace.sent(self.bench.now, self.name, "order", text)

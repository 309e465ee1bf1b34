"""A call, and what stands about it in journal and record."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from callcenter.calls.primitives import Leg, Setup
from callcenter.config import TransitConfig
from callcenter.cti.journal import MASK
from testrig.clock import SECOND, Instant


class Phase(Enum):
    """What a call is doing."""

    ARRIVED = "arrived"
    COLLECTING = "digits are awaited"
    FLOW = "in a flow"
    QUEUED = "waiting in a queue"
    RINGING = "an agent is rung"
    FAREWELL = "hears the last announcement"
    DIALLING = "on its way to the called party"
    TRANSIT = "in transit"
    TALKING = "talking"
    OVER = "over"


@dataclass(slots=True)
class Call:
    """One call. `trunk` is the circuit it came in or went out by; None while none has been found."""

    id: int
    incoming: bool
    setup: Setup
    trunk: Leg | None
    started: Instant
    phase: Phase = Phase.ARRIVED
    answered: Instant | None = None
    """When it was answered in the sense of charging."""
    talking: Instant | None = None
    """When agent and outside party began to hear each other."""
    queue: str = ""
    queued: Instant | None = None
    agent: str = ""
    port: int | None = None
    """Voice port of its own, if it has one."""
    waited: int = 0
    """Frames in queues."""
    keys: str = ""
    pulses: int = 0
    """Metering pulses of the exchange that charges the call."""
    suspended: bool = False
    """The called agent has hung up and may come back."""
    tried: list[Leg] = field(default_factory=list)
    """Circuits an outgoing call, or a call in transit, has been put on."""
    route: TransitConfig | None = None
    """Where a call in transit goes."""
    onward: Leg | None = None
    """The circuit on which a call in transit goes out."""

    @property
    def line(self) -> str:
        """来话所占线路: the circuit as `group/CIC`, empty while there is none."""
        return f"{self.trunk.group}/{self.trunk.number}" if self.trunk else ""

    @property
    def onward_line(self) -> str:
        """The outgoing circuit of a call in transit as `group/CIC`, empty while there is none."""
        return f"{self.onward.group}/{self.onward.number}" if self.onward else ""

    @property
    def direction(self) -> str:
        """`incoming`, `outgoing` or `transit`."""
        if self.route is not None or self.onward is not None:
            return "transit"
        return "incoming" if self.incoming else "outgoing"

    def fields(self) -> dict[str, object]:
        """Call id and the field set of requirement S-03."""
        setup = self.setup
        return {
            "call": self.id,
            "line": self.line,
            "calling": setup.calling,
            "calling_restricted": setup.calling_restricted,
            "called": setup.called,
            "original_called": setup.original_called,
            "original_called_restricted": setup.original_called_restricted,
            "function": setup.function,
            "additional": setup.additional,
            "password": MASK if setup.password else "",
        }

    def record(self, now: Instant, cause: int, cleared_by: str) -> dict[str, object]:
        """The call record; instants in frames, times in seconds."""
        talked = 0 if self.talking is None else now - self.talking
        return {
            **self.fields(),
            "direction": self.direction,
            "onward_line": self.onward_line,
            "started": self.started,
            "answered": self.answered,
            "ended": now,
            "queue": self.queue,
            "agent": self.agent,
            "keys": self.keys,
            "pulses": self.pulses,
            "waiting_seconds": self.waited / SECOND,
            "talking_seconds": talked / SECOND,
            "cause": int(cause),
            "cleared_by": cleared_by,
        }

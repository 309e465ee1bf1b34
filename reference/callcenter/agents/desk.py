"""Agents at their stations: hooks, ringing, orders, wrap-up.

The desk knows agents and stations and tells the call engine (`Orders`) what an agent wants of a call; it
never decides which caller an agent gets.

Hook rules: lifting the handset of a ringing station answers; replacing it clears the call. An agent who
lifts it without a call gets dial tone and may `dial`. With a headset the loop stays closed between calls:
ringing is heard in the headset and `answer` and `hang_up` are given at the desk.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final, Protocol

from callcenter.agents.agent_fsm import AgentFsm, Event, State
from callcenter.calls.bus import STATION, Bus
from callcenter.calls.call import Call, Phase
from callcenter.calls.primitives import Leg
from callcenter.calls.routing import is_number
from callcenter.config import AgentConfig
from callcenter.cti.journal import Journal, Types
from callcenter.cti.recovery import KnownAgent
from callcenter.errors import StateError
from callcenter.timers import Timers
from testrig.clock import Instant
from testrig.system import Refused


class Orders(Protocol):
    """What the desk asks of the call engine."""

    def agent_answers(self, agent: Agent, now: Instant) -> None: ...
    def agent_clears(self, agent: Agent, now: Instant) -> None: ...
    def agent_dials(self, agent: Agent, number: str, now: Instant) -> None: ...
    def agent_dials_on(self, agent: Agent, digits: str, now: Instant) -> bool: ...
    def agent_suspends(self, agent: Agent, now: Instant) -> bool: ...
    def agent_resumes(self, agent: Agent, now: Instant) -> None: ...
    def agent_free(self, agent: Agent, now: Instant) -> None: ...
    def agent_gone(self, agent: Agent, now: Instant) -> None: ...


class Agent:
    """An agent, the station at the seat, and the call at hand."""

    __slots__ = ("call", "config", "fsm", "leg", "lifted", "wrap_up", "wrap_up_over")

    def __init__(self, config: AgentConfig) -> None:
        self.config = config
        self.fsm = AgentFsm(config.agent)
        self.leg = Leg(STATION, config.station)
        self.lifted = False
        self.call: Call | None = None
        self.wrap_up = 0
        """Frames of wrap-up after the present call."""
        self.wrap_up_over = False

    @property
    def name(self) -> str:
        """Agent id."""
        return self.config.agent

    @property
    def state(self) -> State:
        """Present state."""
        return self.fsm.state

    @property
    def can_be_rung(self) -> bool:
        """A station can be rung only on hook, a headset only when it is worn."""
        return self.lifted == self.config.headset


_STATES: Final = frozenset(state.value for state in State)


class Desk:
    """All agents."""

    def __init__(self, agents: Iterable[AgentConfig], bus: Bus, journal: Journal, orders: Orders) -> None:
        self.agents = {each.agent: Agent(each) for each in agents}
        self._at = {each.config.station: each for each in self.agents.values()}
        self._bus = bus
        self._journal = journal
        self._orders = orders
        self._timers: Timers[str] = Timers()
        if not len(journal):
            for agent in self.agents.values():
                self._journal.append(0, Types.AGENT_STATE, self._told(agent))

    # orders of the agent

    def sign_on(self, name: str, password: str, now: Instant) -> None:
        """Sign the agent on; raises `Refused` for a wrong password or a second time."""
        agent = self.agents[name]
        if not hmac.compare_digest(password.encode(), agent.config.password.encode()):
            self._journal.append(now, Types.SIGN_ON_REFUSED, {"agent": name})
            raise Refused(f"sign-on of agent {name}: wrong password")
        self._order(agent, Event.SIGN_ON, "sign on", now)
        self._journal.append(now, Types.SIGNED_ON, {"agent": name, "station": agent.config.station})

    def sign_off(self, name: str, now: Instant) -> None:
        """Sign the agent off; refused while a call is at hand."""
        self._order(self.agents[name], Event.SIGN_OFF, "sign off", now)
        self._journal.append(now, Types.SIGNED_OFF, {"agent": name})

    def ready(self, name: str, now: Instant) -> None:
        """Take calls, from now or after the present call."""
        agent = self.agents[name]
        if agent.state in (State.NOT_READY, State.WRAP_UP) and not agent.can_be_rung:
            what = "put the headset on" if agent.config.headset else "replace the handset"
            raise Refused(f"ready of agent {name}: {what} first")
        self._order(agent, Event.READY, "ready", now)

    def not_ready(self, name: str, reason: str, now: Instant) -> None:
        """Take no calls, from now or after the present call."""
        self._order(self.agents[name], Event.NOT_READY, "not ready", now, reason=reason)

    def answer(self, name: str, now: Instant) -> None:
        """Answer at the desk: with a headset only, a handset answers by being lifted."""
        agent = self.agents[name]
        if agent.state is not State.RINGING:
            raise Refused(f"answer of agent {name}: not possible when {agent.state.value}")
        if not agent.lifted:
            raise Refused(f"answer of agent {name}: the handset is on the hook; lift it to answer")
        self._orders.agent_answers(agent, now)

    def hang_up(self, name: str, now: Instant) -> None:
        """Clear the call at hand."""
        agent = self.agents[name]
        if agent.call is None or agent.state not in (State.TALKING, State.DIALLING):
            raise Refused(f"hang up of agent {name}: no call to clear when {agent.state.value}")
        self._orders.agent_clears(agent, now)

    def dial(self, name: str, number: str, now: Instant) -> None:
        """Call `number` from the lifted handset or the headset."""
        agent = self.agents[name]
        if not is_number(number):
            raise Refused(f"dial of agent {name}: found {number!r}, expected 1 to 24 keys of 0-9, * and #")
        if not agent.lifted:
            raise Refused(f"dial of agent {name}: the handset is on the hook; lift it to dial")
        if agent.config.headset and agent.state is not State.DIALLING:
            self._order(agent, Event.LIFT, "dial", now)
        if agent.state is State.DIALLING and self._orders.agent_dials_on(agent, number, now):
            return
        if agent.state is not State.DIALLING or agent.call is not None:
            raise Refused(f"dial of agent {name}: not possible when {agent.state.value} with a call at hand")
        self._orders.agent_dials(agent, number, now)

    # what the station does

    def hook(self, number: int, off: bool, now: Instant) -> None:
        """Station `number` went off or on hook. Seats nobody is signed on at stay silent."""
        agent = self._at.get(number)
        if agent is None or agent.lifted == off:
            return
        agent.lifted = off
        if off:
            self._lifted(agent, now)
        else:
            self._replaced(agent, now)

    def _lifted(self, agent: Agent, now: Instant) -> None:
        if agent.state is State.RINGING and not agent.config.headset:
            self._orders.agent_answers(agent, now)
        elif agent.state is State.TALKING:
            self._orders.agent_resumes(agent, now)
        elif agent.fsm.permits(Event.LIFT) and not agent.config.headset:
            self._move(agent, Event.LIFT, now)
            self._bus.hear(agent.leg, "dial")

    def _replaced(self, agent: Agent, now: Instant) -> None:
        self._bus.quiet(agent.leg)
        talking = agent.state is State.TALKING and not agent.config.headset
        suspended = talking and self._orders.agent_suspends(agent, now)
        if agent.call is not None and agent.state in (State.TALKING, State.DIALLING) and not suspended:
            self._orders.agent_clears(agent, now)
        if agent.state is State.DIALLING:
            self._move(agent, Event.REPLACE, now)
        elif agent.state is State.WRAP_UP and agent.wrap_up_over:
            self._move(agent, Event.WRAPPED_UP, now)
        elif agent.state is State.READY and agent.config.headset:
            self._move(agent, Event.NOT_READY, now, reason="headset off")
        elif agent.state is State.RINGING and agent.config.headset:
            self._bus.ring(agent.leg.number, True)

    # what the call engine does with an agent

    def reserve(self, agent: Agent, call: Call, now: Instant) -> None:
        """Choose the agent for `call` and ring."""
        agent.call = call
        self._move(agent, Event.RESERVE, now)
        self._move(agent, Event.RING, now)
        if agent.lifted:
            self._bus.hear(agent.leg, "ringback")
        else:
            self._bus.ring(agent.leg.number, True)

    def answered(self, agent: Agent, wrap_up: int, now: Instant) -> None:
        """The agent talks; `wrap_up` frames of wrap-up will follow."""
        self._stop_ringing(agent)
        agent.wrap_up = wrap_up
        self._move(agent, Event.ANSWER, now)

    def connected(self, agent: Agent, wrap_up: int, now: Instant) -> None:
        """The party the agent called has answered."""
        agent.wrap_up = wrap_up
        self._move(agent, Event.CONNECTED, now)

    def no_answer(self, agent: Agent, now: Instant) -> None:
        """The agent let it ring too long: not ready until the agent says otherwise."""
        self._stop_ringing(agent)
        agent.call = None
        self._move(agent, Event.NO_ANSWER, now, reason="no answer")

    def cancelled(self, agent: Agent, now: Instant) -> None:
        """The caller has gone while the agent was rung."""
        self._stop_ringing(agent)
        agent.call = None
        self._move(agent, Event.CANCEL, now)

    def call_over(self, agent: Agent, tone: str, now: Instant) -> None:
        """The call at hand is over; a lifted handset hears `tone` until it is replaced."""
        agent.call = None
        if agent.lifted and not agent.config.headset:
            self._bus.hear(agent.leg, tone)
        else:
            self._bus.quiet(agent.leg)
        if agent.state is State.TALKING:
            agent.wrap_up_over = False
            self._move(agent, Event.CALL_ENDED, now)
            self._timers.start(agent.name, now + agent.wrap_up)
        elif agent.state is State.DIALLING and agent.config.headset:
            self._move(agent, Event.REPLACE, now)

    # after a take-over

    def recover(
        self,
        agent: Agent,
        known: KnownAgent,
        call: Call | None,
        wrap_up: int,
        now: Instant,
        *,
        off_hook: bool,
    ) -> None:
        """Put the agent where the journal says: at `call`, or where a call that is lost leaves the agent.

        What the station does otherwise than that by now, `hook` has to tell.
        """
        agent.fsm.wants_ready = known.wants_ready
        agent.wrap_up = wrap_up
        agent.call = call
        before = state = State(known.state) if known.state in _STATES else State.SIGNED_OFF
        if call is not None:
            state = State.TALKING
        elif before in (State.RESERVED, State.RINGING, State.TALKING, State.DIALLING):
            self._bus.ring(agent.leg.number, False)
            state = agent.fsm.resume()
        agent.fsm.state = state
        if call is not None:
            agent.lifted = not call.suspended
        elif state in (State.READY, State.NOT_READY):
            agent.lifted = agent.config.headset and (state is State.READY or off_hook)
        else:
            agent.lifted = off_hook
        if state is State.WRAP_UP:
            self._timers.start(agent.name, max(now, known.since + wrap_up))
        if state is not before:
            self._journal.append(now, Types.AGENT_STATE, self._told(agent, before, "take-over"))

    @property
    def next_deadline(self) -> Instant | None:
        """When the first wrap-up is over."""
        return self._timers.next_deadline

    def expire(self, now: Instant) -> None:
        """End wrap-ups that are over; a lifted handset keeps its agent in wrap-up until it is replaced."""
        for name in self._timers.expired(now):
            agent = self.agents[name]
            if agent.state is not State.WRAP_UP:
                continue
            if agent.can_be_rung:
                self._move(agent, Event.WRAPPED_UP, now)
            else:
                agent.wrap_up_over = True

    def _stop_ringing(self, agent: Agent) -> None:
        self._bus.ring(agent.leg.number, False)
        if agent.lifted:
            self._bus.quiet(agent.leg)

    def _order(self, agent: Agent, event: Event, order: str, now: Instant, *, reason: str = "") -> None:
        try:
            self._move(agent, event, now, reason=reason)
        except StateError as error:
            raise Refused(f"{order}: {error}") from error

    def _move(self, agent: Agent, event: Event, now: Instant, *, reason: str = "") -> None:
        before, wanted = agent.state, agent.fsm.wants_ready
        agent.fsm.handle(event)
        if agent.state is before:
            if agent.fsm.wants_ready != wanted:
                self._journal.append(now, Types.AGENT_STATE, self._told(agent, before, reason))
            return
        if before is State.WRAP_UP:
            self._timers.stop(agent.name)
        self._journal.append(now, Types.AGENT_STATE, self._told(agent, before, reason))
        if agent.state is State.READY:
            self._orders.agent_free(agent, now)
        elif before is State.READY:
            self._orders.agent_gone(agent, now)

    def _told(self, agent: Agent, before: State | None = None, reason: str = "") -> dict[str, object]:
        data: dict[str, object] = {"agent": agent.name, "state": agent.state.value}
        if agent.fsm.wants_ready:
            data["wants_ready"] = True
        if before is not None:
            data["before"] = before.value
        if reason:
            data["reason"] = reason
        if agent.call is not None and agent.call.phase is not Phase.OVER:
            data["call"] = agent.call.id
        return data

"""The call engine: calls are legs joined on the bus, told what to do by primitives.

Stimuli: `indication` from signalling, `hook`, `digit` and `play_ended` from the board, orders of agents
through `desk`, `span` when a span fails or recovers, `expire`. Answers: `requests` drains what signalling
is to do; what callers hear is ordered from the board at once.

| destination | answered | hears |
|---|---|---|
| flow | at once: Proceeding, Answer | the flow's prompts |
| queue | at once: Proceeding, Answer | music; ringback while an agent is rung |
| agent | when the agent answers: Alerting, Answer | ringback |
| another trunk group | when the called side answers | the called side: see `transit` |
| none | never: Release, cause 1 | nothing |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from callcenter.acd.queues import Queues
from callcenter.agents.agent_fsm import State
from callcenter.agents.desk import Agent, Desk
from callcenter.calls.bus import Bus
from callcenter.calls.call import Call, Phase
from callcenter.calls.floor import Floor
from callcenter.calls.overlap import Overlap
from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Cause,
    Charging,
    Continuity,
    Digits,
    Failed,
    Indication,
    Leg,
    Medium,
    Primitive,
    Proceeding,
    Release,
    Released,
    Resume,
    Setup,
    Suspend,
    Transparent,
)
from callcenter.calls.routing import Router
from callcenter.calls.takeover import Kept, TakeOver
from callcenter.calls.transit import Transit
from callcenter.calls.trunks import Trunks
from callcenter.config import CentreConfig
from callcenter.cti.history import History
from callcenter.cti.journal import Types
from callcenter.cti.recovery import Recovery
from callcenter.ivr.flow import Flow
from callcenter.ivr.flows import Flows
from testrig.clock import Instant, frames

_CONGESTION: Final = frozenset({27, 34, 38, 41, 42, 44, 47})
"""Causes that the caller hears as congestion tone, not busy tone (Q.850 classes 010, resource; E.182)."""

_TELEPHONE: Final = frozenset({Medium.SPEECH, Medium.AUDIO_3K1})
"""Media of calls that agents and flows can take. Without the fallback of Q.764 2.5 a call that prefers
64 kbit/s is refused like one that insists on it."""


class CallEngine:
    """Calls, queues, flows and agents of one centre."""

    def __init__(
        self, config: CentreConfig, bus: Bus, trunks: Trunks, flows: Mapping[str, Flow], history: History
    ) -> None:
        self.config = config
        self.trunks = trunks
        journal = self.journal = history.journal
        self.projections = history.projections
        self._bus = bus
        self._floor = Floor(bus, journal)
        self._router = Router(config.numbers)
        self._legs: dict[Leg, Call] = {}
        self._number = 0
        self.desk = Desk(config.agents, bus, journal, self)
        self.queues = Queues(config.queues, self._floor, self)
        self.flows = Flows(flows, self._floor, self)
        systems = {group.name: group.user for group in config.trunk_groups}
        self.transit = Transit(config.transit, systems, self._floor, trunks, config.outgoing.attempts, self)
        self.overlap = Overlap((*config.numbers, *(route.prefix for route in config.transit)))

    @property
    def calls(self) -> tuple[Call, ...]:
        """Calls that are not over, oldest first."""
        return tuple(self._floor.calls.values())

    def requests(self) -> list[tuple[Leg, Primitive]]:
        """Drain what signalling is to do."""
        requests = self._floor.outbox
        if requests:
            self._floor.outbox = []
        return requests

    @property
    def congestion(self) -> int:
        """Congestion level (Q.764 2.11.1): 1 with at most a tenth of the voice ports free, 2 with none."""
        free = self._bus.free_ports
        if not free:
            return 2
        return int(free * 10 <= self.config.board.voice_ports)

    def take_over(self, recovery: Recovery, off_hook: Callable[[int], bool], now: Instant) -> list[Kept]:
        """Go on with the calls of the server that wrote the journal; return the circuits that are kept."""
        self._number = recovery.last_call
        parts = self._floor, self.desk, self.queues, self.transit, self.config
        return TakeOver(*parts, self).carry_out(recovery, off_hook, now)

    # from signalling

    def indication(self, indication: Indication, now: Instant) -> None:
        """Take a primitive from a circuit."""
        leg, primitive = indication.leg, indication.primitive
        if isinstance(primitive, Setup):
            self._arrived(leg, primitive, now)
            return
        self.trunks.settle(leg)
        if isinstance(primitive, Released):
            self.trunks.freed(leg)
        elif isinstance(primitive, Release):
            self._floor.request(leg, Released(primitive.cause))
            self.trunks.freed(leg)
        call = self._legs.get(leg)
        if call is None:
            return
        if isinstance(primitive, Release | Released):
            if call.phase is Phase.TRANSIT:
                self.transit.released(call, leg, primitive, now)
            else:
                self.over(call, primitive.cause, "caller" if call.incoming else "called party", now)
        elif call.phase is Phase.TRANSIT and leg == call.trunk:
            self.transit.forward(call, primitive, now)
        elif call.phase is Phase.TRANSIT:
            self.transit.backward(call, primitive, now)
        elif call.phase is Phase.COLLECTING and isinstance(primitive, Digits | Continuity):
            self.overlap.more(call, primitive)
            self._dispatch(call, now)
        elif isinstance(primitive, Transparent):
            self.transit.passes(call, primitive, None, now)
        elif not call.incoming:
            self._forward(call, primitive, now)

    def _forward(self, call: Call, primitive: Primitive, now: Instant) -> None:
        """Word from the called side of an outgoing call."""
        if isinstance(primitive, Failed):
            self._failed(call, primitive.cause, now)
        elif isinstance(primitive, Alerting):
            self._floor.note(call, Types.DELIVERED, now, device=call.line)
        elif isinstance(primitive, Charging):
            call.pulses += primitive.pulses
        elif isinstance(primitive, Answer) and call.phase is Phase.DIALLING:
            agent = self.desk.agents[call.agent]
            call.answered = call.talking = now
            call.phase = Phase.TALKING
            assert call.trunk is not None
            self._bus.join(agent.leg, call.trunk)
            self._floor.note(call, Types.ESTABLISHED, now, device=call.line, agent=call.agent)
            self.desk.connected(agent, frames(self.config.outgoing.wrap_up), now)

    def _arrived(self, leg: Leg, setup: Setup, now: Instant) -> None:
        old = self._legs.get(leg)
        if old is not None:
            # The circuit was seized from both ends and ours gave way (Q.764 2.9.1.4).
            failed = Failed(Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE)
            if old.phase is Phase.TRANSIT:
                self.transit.backward(old, failed, now)
            else:
                self._failed(old, failed.cause, now)
        call = self._new(incoming=True, setup=setup, trunk=leg, now=now)
        self._legs[leg] = call
        self._floor.note(call, Types.OFFERED, now)
        self._dispatch(call, now)

    def _dispatch(self, call: Call, now: Instant) -> None:
        """Route an incoming call."""
        called, leg = call.setup.called, call.trunk
        assert leg is not None
        target = self._router.route(called)
        onward = None if target else self.transit.route(called)
        if target is None and self.overlap.undecided(call.setup):
            self.overlap.wait(call, now)
        elif not self.trunks.in_service(leg) and (target or onward):
            self._refuse(call, Cause.TEMPORARY_FAILURE, "circuit out of service", now)
        elif target is not None and call.setup.medium not in _TELEPHONE:
            self._refuse(call, Cause.BEARER_NOT_IMPLEMENTED, "not a telephone call", now)
        elif target is not None and not self.transit.passes(call, call.setup.transparent, None, now):
            return
        elif onward is not None:
            self.transit.enter(call, onward, now)
        elif target is None:
            self._refuse(call, Cause.UNALLOCATED_NUMBER, "number not allocated", now)
        elif self.overlap.unchecked(call.setup):
            self.overlap.hold(call)
        elif target.flow:
            self.into_flow(call, target.flow, now)
        elif target.queue:
            self._answer(call, f"queue {target.queue}", now)
            self.to_queue(call, target.queue, now)
        else:
            self._to_agent(call, target.agent, now)

    def into_flow(self, call: Call, flow: str, now: Instant) -> None:
        """Begin `flow`, and answer if that was not done yet."""
        if not self._floor.allot_port(call, digits=True):
            self._refuse(call, Cause.SWITCHING_EQUIPMENT_CONGESTION, "no voice port", now)
            return
        if call.answered is None:
            self._answer(call, f"flow {flow}", now)
        self.flows.enter(call, flow, now)

    def _to_agent(self, call: Call, name: str, now: Instant) -> None:
        agent = self.desk.agents[name]
        assert call.trunk is not None
        if agent.state is not State.READY:
            absent = agent.state is State.SIGNED_OFF
            cause = Cause.NO_USER_RESPONDING if absent else Cause.USER_BUSY
            self._refuse(call, cause, f"agent {name} is {agent.state.value}", now)
            return
        self._floor.request(call.trunk, Alerting())
        self.queues.dispatcher.reserve(name, call.id, now, frames(self.config.outgoing.ring_timeout))
        self.ring_agent(call, name, now)

    def _answer(self, call: Call, device: str, now: Instant) -> None:
        assert call.trunk is not None
        self._floor.request(call.trunk, Proceeding())
        self._floor.request(call.trunk, Answer())
        call.answered = now
        self._floor.note(call, Types.ESTABLISHED, now, device=device)

    def _refuse(self, call: Call, cause: int, reason: str, now: Instant) -> None:
        self._floor.note(call, Types.FAILED, now, cause=int(cause), reason=reason)
        self.clear(call, cause, "centre", now)

    # from the board

    def hook(self, station: int, off: bool, now: Instant) -> None:
        """A station went off or on hook."""
        self.desk.hook(station, off, now)

    def digit(self, port: int, digit: str, now: Instant) -> None:
        """A key was recognised on a voice port."""
        call = self._floor.ports.get(port)
        if call is not None and call.phase is Phase.FLOW:
            self.flows.digit(call, digit, now)

    def play_ended(self, port: int, now: Instant) -> None:
        """A prompt has come to its end."""
        call = self._floor.ports.get(port)
        if call is None:
            return
        if call.phase is Phase.FLOW:
            self.flows.play_ended(call, now)
        elif call.phase is Phase.QUEUED:
            self.queues.play_ended(call, now)
        elif call.phase is Phase.FAREWELL:
            self.clear(call, Cause.NORMAL_CLEARING, "centre", now)

    def span(self, span: int, *, in_service: bool, now: Instant) -> None:
        """A span has failed or is back. Calls on a failed span are cleared (cause 38)."""
        if not self.trunks.set_span(span, in_service=in_service):
            return
        kind = Types.BACK_IN_SERVICE if in_service else Types.OUT_OF_SERVICE
        self.journal.append(now, kind, {"span": span})
        for call in self.calls if not in_service else ():
            legs = (leg for leg in (call.trunk, call.onward) if leg is not None)
            if any(self.trunks.circuits[leg].span == span for leg in legs):
                self.clear(call, Cause.NETWORK_OUT_OF_ORDER, "span failure", now)

    # time

    @property
    def next_deadline(self) -> Instant | None:
        """When `expire` has something to do."""
        parts = (self.trunks, self.queues.dispatcher, self.desk, self.queues, self.flows, self.overlap)
        return min((each.next_deadline for each in parts if each.next_deadline is not None), default=None)

    def expire(self, now: Instant) -> None:
        """Let everything happen whose time has come."""
        self.trunks.expire(now)
        for offer in self.queues.dispatcher.expired(now):
            self._no_answer(self._floor.calls[offer.call], self.desk.agents[offer.agent], now)
        self.desk.expire(now)
        self.queues.expire(now)
        self.flows.expire(now)
        for number in self.overlap.expired(now):
            self._refuse(self._floor.calls[number], Cause.ADDRESS_INCOMPLETE, "number incomplete", now)

    def _no_answer(self, call: Call, agent: Agent, now: Instant) -> None:
        self.desk.no_answer(agent, now)
        self._floor.note(call, Types.DIVERTED, now, agent=agent.name, reason="no answer")
        if call.queue:
            self.queues.back(call, now)
        else:
            self.clear(call, Cause.NO_ANSWER, "centre", now)

    # what services and desk ask for (Onward, Ringing, Orders)

    def to_queue(self, call: Call, queue: str, now: Instant) -> None:
        """Let the caller wait in `queue`."""
        self.queues.enter(call, queue, now)

    def farewell(self, call: Call, prompt: str, now: Instant) -> None:
        """Play a last prompt and clear the call."""
        call.phase = Phase.FAREWELL
        if self._floor.allot_port(call, digits=False):
            assert call.port is not None
            self._bus.play(call.port, prompt)
        else:
            self.clear(call, Cause.SWITCHING_EQUIPMENT_CONGESTION, "centre", now)

    def ring_agent(self, call: Call, agent: str, now: Instant) -> None:
        """Ring the agent who was reserved for `call`."""
        assert call.trunk is not None
        call.phase = Phase.RINGING
        call.agent = agent
        self._bus.hear(call.trunk, "ringback")
        self.desk.reserve(self.desk.agents[agent], call, now)
        self._floor.note(call, Types.DELIVERED, now, agent=agent, queue=call.queue)

    def agent_answers(self, agent: Agent, now: Instant) -> None:
        """The agent takes the call that rings."""
        call = agent.call
        assert call is not None
        assert call.trunk is not None
        self.queues.dispatcher.confirm(agent.name)
        wrap_up = self.queues.wrap_up(call.queue) if call.queue else frames(self.config.outgoing.wrap_up)
        self.queues.leave(call, "agent", now)
        if call.answered is None:
            self._floor.request(call.trunk, Answer())
            call.answered = now
        call.phase = Phase.TALKING
        call.talking = now
        self.desk.answered(agent, wrap_up, now)
        self._bus.join(call.trunk, agent.leg)
        self._floor.note(call, Types.ESTABLISHED, now, device=agent.name, agent=agent.name, queue=call.queue)

    def agent_clears(self, agent: Agent, now: Instant) -> None:
        """The agent hangs up."""
        assert agent.call is not None
        self.clear(agent.call, Cause.NORMAL_CLEARING, "agent", now)

    def agent_suspends(self, agent: Agent, now: Instant) -> bool:
        """The called agent hangs up; whether the call is only suspended by that (Q.764 2.4)."""
        call = agent.call
        if (
            call is None
            or call.trunk is None
            or not call.incoming
            or not self.config.stations.suspend_on_hook
        ):
            return False
        call.suspended = True
        self._floor.note(call, Types.SUSPENDED, now, agent=agent.name)
        self._floor.request(call.trunk, Suspend())
        self._bus.quiet(call.trunk)
        return True

    def agent_resumes(self, agent: Agent, now: Instant) -> None:
        """The called agent is back."""
        call = agent.call
        if call is not None and call.trunk is not None and call.suspended:
            call.suspended = False
            self._floor.note(call, Types.RESUMED, now, agent=agent.name)
            self._floor.request(call.trunk, Resume())
            self._bus.join(call.trunk, agent.leg)

    def agent_free(self, agent: Agent, now: Instant) -> None:
        """The agent has become ready."""
        self.queues.agent_free(agent.name, now)

    def agent_gone(self, agent: Agent, now: Instant) -> None:
        """The agent is not ready any more."""
        self.queues.dispatcher.agent_gone(agent.name)

    def agent_dials(self, agent: Agent, number: str, now: Instant) -> None:
        """Start an outgoing call."""
        outgoing = self.config.outgoing
        outside = number.removeprefix(outgoing.prefix) if number.startswith(outgoing.prefix) else ""
        complete = not outgoing.overlap or number.endswith("#")
        called = outside.rstrip("#") if outgoing.overlap else outside
        setup = Setup(called=called or number, calling=outgoing.calling, complete=complete)
        call = self._new(incoming=False, setup=setup, trunk=None, now=now)
        call.agent = agent.name
        call.phase = Phase.DIALLING
        agent.call = call
        self._bus.quiet(agent.leg)
        self._floor.note(call, Types.ORIGINATED, now, agent=agent.name)
        if outside:
            self._place(call, now)
        else:
            self._floor.note(call, Types.FAILED, now, cause=1, reason="number without the outside prefix")
            self.over(call, Cause.UNALLOCATED_NUMBER, "centre", now)

    def agent_dials_on(self, agent: Agent, digits: str, now: Instant) -> bool:
        """The agent dials more of a number; whether it may have more."""
        call = agent.call
        if call is None or call.trunk is None or call.setup.complete:
            return False
        more = Digits(digits.rstrip("#"), complete=digits.endswith("#"))
        call.setup = replace(call.setup, called=call.setup.called + more.digits, complete=more.complete)
        self._floor.request(call.trunk, more)
        return True

    def clear(self, call: Call, cause: int, by: str, now: Instant) -> None:
        """Clear a call from our side."""
        if call.phase is Phase.TRANSIT:
            self.transit.clear(call, cause)
        elif call.trunk is not None:
            self._floor.request(call.trunk, Release(int(cause)))
        self.over(call, cause, by, now)

    # outgoing calls

    def _place(self, call: Call, now: Instant) -> None:
        """Put an outgoing call on a circuit. The agent hears the circuit at once (Q.764 2.1.1.1 f: the
        backward path), the called side hears the agent from the answer on."""
        leg = self.trunks.hunt(self.config.outgoing.trunk_group, call.id, now, without=call.tried)
        if leg is None:
            cause = Cause.NO_CIRCUIT_AVAILABLE
            self._floor.note(call, Types.FAILED, now, cause=int(cause), reason="no circuit")
            self.over(call, cause, "centre", now)
            return
        call.trunk = leg
        call.tried.append(leg)
        self._legs[leg] = call
        self._floor.request(leg, call.setup)
        self._bus.listen(self.desk.agents[call.agent].leg, leg)
        self._floor.note(call, Types.NETWORK_REACHED, now, attempt=len(call.tried))

    def _failed(self, call: Call, cause: int, now: Instant) -> None:
        """The circuit did not take the call: try another one, or give up."""
        self._floor.note(call, Types.FAILED, now, cause=int(cause), reason="circuit refused")
        assert call.trunk is not None
        self._legs.pop(call.trunk, None)
        self._bus.quiet(self.desk.agents[call.agent].leg)
        call.trunk = None
        again = cause != Cause.SWITCHING_EQUIPMENT_CONGESTION
        if again and len(call.tried) < self.config.outgoing.attempts:
            self._place(call, now)
        else:
            self.over(call, cause, "centre", now)

    # the life of a call

    def takes(self, leg: Leg, call: Call) -> None:
        """`leg` belongs to `call` now."""
        self._legs[leg] = call

    def leaves(self, leg: Leg) -> None:
        """`leg` belongs to no call any more."""
        self._legs.pop(leg, None)

    def _new(self, *, incoming: bool, setup: Setup, trunk: Leg | None, now: Instant) -> Call:
        self._number += 1
        call = Call(self._number, incoming, setup, trunk, now)
        self._floor.calls[call.id] = call
        return call

    def over(self, call: Call, cause: int, by: str, now: Instant) -> None:
        """Give back everything the call holds and write its record."""
        call.phase = Phase.OVER
        self.flows.leave(call)
        self.queues.leave(call, "abandoned" if by == "caller" else "cleared", now)
        self.overlap.leave(call)
        self.transit.leave(call)
        self._floor.return_port(call)
        if call.trunk is not None:
            self._bus.quiet(call.trunk)
            self._legs.pop(call.trunk, None)
        del self._floor.calls[call.id]
        self.journal.append(now, Types.CLEARED, call.record(now, cause, by))
        agent = self.desk.agents.get(call.agent)
        if agent is None or agent.call is not call:
            return
        if agent.state is State.RINGING:
            self.queues.dispatcher.cancel(agent.name)
            self.desk.cancelled(agent, now)
        else:
            tone = "congestion" if cause in _CONGESTION else "busy"
            self.desk.call_over(agent, tone, now)

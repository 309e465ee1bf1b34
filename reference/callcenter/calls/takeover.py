"""Taking over: from what the journal tells of the calls of another server to calls that go on.

| the journal's last word of a call | after the take-over |
|---|---|
| talking with an agent, or through in transit | it goes on |
| waiting, or an agent was rung for it | it waits on in its place |
| in a flow | it hears the flow from the beginning |
| not answered, or hearing a last announcement | it is over, cause 41; its circuit is reset |

So is a call that needs a circuit, agent, queue or flow that is not configured any more; `Failed` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from callcenter.acd.queues import Queues
from callcenter.agents.agent_fsm import State
from callcenter.agents.desk import Desk
from callcenter.calls.call import Call, Phase
from callcenter.calls.floor import Floor
from callcenter.calls.primitives import Cause, Leg, Setup
from callcenter.calls.transit import Transit
from callcenter.config import CentreConfig, circuits
from callcenter.cti.journal import Types
from callcenter.cti.recovery import KnownAgent, OpenCall, Recovery, leg_of, line_of
from testrig.clock import Instant, frames


@dataclass(frozen=True, slots=True)
class Kept:
    """A circuit whose call goes on."""

    leg: Leg
    incoming: bool
    suspended: bool
    """The called party has hung up and may come back."""


class Legs(Protocol):
    """What the call engine does."""

    def takes(self, leg: Leg, call: Call) -> None: ...
    def into_flow(self, call: Call, flow: str, now: Instant) -> None: ...


class TakeOver:
    """One take-over."""

    def __init__(
        self, floor: Floor, desk: Desk, queues: Queues, transit: Transit, config: CentreConfig, legs: Legs
    ) -> None:
        self._floor = floor
        self._desk = desk
        self._queues = queues
        self._transit = transit
        self._config = config
        self._legs = legs
        self._circuits = {
            Leg(group.name, each.cic) for group in config.trunk_groups for each in circuits(group)
        }

    def carry_out(self, recovery: Recovery, off_hook: Callable[[int], bool], now: Instant) -> list[Kept]:
        """Put calls and agents where they were; return the circuits whose calls go on.

        `off_hook` tells the present state of a station. A call that needs what is not configured any more,
        or what a later call has, is given up.
        """
        found = [self._call(each) for each in list(recovery.calls.values())]
        calls = self._possible(found, recovery, now)
        for call in calls.values():
            self._floor.calls[call.id] = call
            for leg in (call.trunk, call.onward):
                if leg is not None:
                    self._legs.takes(leg, call)
        self._agents(recovery, calls, off_hook, now)
        for call in found:
            if call.phase is Phase.OVER:
                self._lost(call, now)
        kept = [circuit for call in calls.values() for circuit in _circuits(call, recovery)]
        self._floor.journal.append(
            now, Types.TAKEN_OVER, {"kept": len(calls), "lost": len(found) - len(calls)}
        )
        self._onward(recovery, calls, now)
        return kept

    def _call(self, known: OpenCall) -> Call:
        fields = known.fields
        line = str(fields.get("line", ""))
        call = Call(known.id, known.incoming, _setup(fields), _leg(line), known.started)
        call.answered, call.talking = known.answered, known.talking
        call.queue, call.queued, call.waited = known.queue, known.queued, known.waited
        call.agent, call.keys, call.suspended = known.agent, known.keys, known.suspended
        call.onward = _leg(known.onward_line)
        if call.onward is not None:
            call.route = self._transit.route(call.setup.called)
        call.phase = Phase.OVER
        if known.lost:
            return call
        if call.talking is not None:
            call.phase = Phase.TALKING if call.onward is None else Phase.TRANSIT
        elif known.queued is not None:
            call.phase = Phase.QUEUED
        elif known.flow and not known.queue:
            call.phase = Phase.FLOW
        return call

    def _possible(self, found: list[Call], recovery: Recovery, now: Instant) -> dict[int, Call]:
        """Return the calls that go on, by number, oldest first; those that cannot are over."""
        taken: set[Leg | str] = set()
        kept: list[Call] = []
        for call in sorted(found, key=lambda each: -each.id):
            if call.phase is Phase.OVER:
                continue
            needed: set[Leg | str] = {leg for leg in (call.trunk, call.onward) if leg is not None}
            if call.phase is Phase.TALKING:
                needed.add(call.agent)
            reason = self._missing(call, recovery.calls[call.id].flow)
            if not reason and needed & taken:
                reason = "a later call has its circuit or agent"
            if reason:
                call.phase = Phase.OVER
                cause = int(Cause.TEMPORARY_FAILURE)
                self._floor.note(call, Types.FAILED, now, cause=cause, reason=reason)
                continue
            taken |= needed
            kept.append(call)
        return {call.id: call for call in reversed(kept)}

    def _missing(self, call: Call, flow: str) -> str:
        """What the call needs to go on and is not configured any more; empty when there is everything."""
        for leg in (call.trunk, call.onward):
            if leg not in self._circuits and (leg is not None or call.trunk is None):
                return f"circuit {'' if leg is None else line_of(leg)} is not configured"
        if call.phase is Phase.TALKING and call.agent not in self._desk.agents:
            return f"agent {call.agent} is not configured"
        if call.phase is Phase.QUEUED and call.queue not in self._config.queues:
            return f"queue {call.queue} is not configured"
        if call.phase is Phase.FLOW and flow not in self._config.flows:
            return f"flow {flow} is not configured"
        return ""

    def _lost(self, call: Call, now: Instant) -> None:
        if call.queued is not None:
            call.waited += now - call.queued
            self._floor.note(call, Types.DEQUEUED, now, queue=call.queue, reason="cleared")
        record = call.record(now, Cause.TEMPORARY_FAILURE, "take-over")
        self._floor.journal.append(now, Types.CLEARED, record)

    def _agents(
        self, recovery: Recovery, calls: Mapping[int, Call], off_hook: Callable[[int], bool], now: Instant
    ) -> None:
        talking = {call.agent: call for call in calls.values() if call.phase is Phase.TALKING}
        signed_off = KnownAgent(State.SIGNED_OFF.value, now)
        for name, agent in self._desk.agents.items():
            known = recovery.agents.get(name, signed_off)
            queue = talking[name].queue if name in talking else known.queue
            configured = queue in self._config.queues
            wrap_up = self._queues.wrap_up(queue) if configured else frames(self._config.outgoing.wrap_up)
            self._desk.recover(
                agent, known, talking.get(name), wrap_up, now, off_hook=off_hook(agent.leg.number)
            )
        for name, known in recovery.agents.items():
            if name not in self._desk.agents and known.state != signed_off.state:
                told: dict[str, object] = {
                    "agent": name,
                    "state": signed_off.state,
                    "reason": "not configured",
                }
                self._floor.journal.append(now, Types.AGENT_STATE, told)

    def _onward(self, recovery: Recovery, calls: Mapping[int, Call], now: Instant) -> None:
        """Connect who talks; then callers wait on in their order, and flows begin anew."""
        for call in calls.values():
            assert call.trunk is not None
            if call.phase is Phase.TALKING and not call.suspended:
                self._floor.bus.join(call.trunk, self._desk.agents[call.agent].leg)
            elif call.phase is Phase.TRANSIT and call.onward is not None:
                self._floor.bus.join(call.trunk, call.onward)
        for name in sorted(recovery.agents, key=lambda each: recovery.agents[each].since):
            if name in self._desk.agents and self._desk.agents[name].state is State.READY:
                self._queues.agent_free(name, now)
        waiting = [call for call in calls.values() if call.phase is Phase.QUEUED]
        for call in sorted(waiting, key=lambda each: (each.queued or 0, each.id)):
            self._queues.recover(call, now)
        for call in calls.values():
            if call.phase is Phase.FLOW:
                self._legs.into_flow(call, recovery.calls[call.id].flow, now)


def _circuits(call: Call, recovery: Recovery) -> list[Kept]:
    """The circuits of a call that goes on."""
    assert call.trunk is not None
    if call.onward is None:
        suspended = call.suspended if call.incoming else call.trunk in recovery.suspended_there
        return [Kept(call.trunk, call.incoming, suspended)]
    suspended = call.onward in recovery.suspended_there
    return [Kept(call.trunk, True, suspended), Kept(call.onward, False, suspended)]


def _leg(line: str) -> Leg | None:
    """The leg that the journal calls `line`; None for what is none."""
    try:
        return leg_of(line)
    except ValueError:
        return None


def _setup(fields: Mapping[str, Any]) -> Setup:
    """What the field set of requirement S-03 says of the setup."""
    return Setup(
        called=str(fields.get("called", "")),
        calling=str(fields.get("calling", "")),
        calling_restricted=bool(fields.get("calling_restricted")),
        original_called=str(fields.get("original_called", "")),
        original_called_restricted=bool(fields.get("original_called_restricted")),
        function=str(fields.get("function", "")),
        additional=str(fields.get("additional", "")),
        password=str(fields.get("password", "")),
    )

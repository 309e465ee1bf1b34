"""Taking over: from what the journal tells of the calls of another server to calls that go on.

| the journal's last word of a call | after the take-over |
|---|---|
| talking with an agent, or through in transit | it goes on |
| waiting, or an agent was rung for it | it waits on in its place |
| in a flow | it hears the flow from the beginning |
| not answered, or hearing a last announcement | it is over, cause 41; its circuit is reset |
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
from callcenter.config import OutgoingConfig
from callcenter.cti.journal import Types
from callcenter.cti.recovery import OpenCall, Recovery, leg_of
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
        self, floor: Floor, desk: Desk, queues: Queues, transit: Transit, outgoing: OutgoingConfig, legs: Legs
    ) -> None:
        self._floor = floor
        self._desk = desk
        self._queues = queues
        self._transit = transit
        self._outgoing = outgoing
        self._legs = legs

    def carry_out(self, recovery: Recovery, off_hook: Callable[[int], bool], now: Instant) -> list[Kept]:
        """Put calls and agents where they were; return the circuits whose calls go on.

        `off_hook` tells the present state of a station.
        """
        found = [self._call(each) for each in list(recovery.calls.values())]
        calls = {call.id: call for call in found if call.phase is not Phase.OVER}
        for call in calls.values():
            self._floor.calls[call.id] = call
            for leg in (call.trunk, call.onward):
                if leg is not None:
                    self._legs.takes(leg, call)
        self._agents(recovery, calls, off_hook, now)
        for call in found:
            if call.phase is Phase.OVER:
                record = call.record(now, Cause.TEMPORARY_FAILURE, "take-over")
                self._floor.journal.append(now, Types.CLEARED, record)
        kept = [circuit for call in calls.values() for circuit in _circuits(call, recovery)]
        self._floor.journal.append(
            now, Types.TAKEN_OVER, {"kept": len(calls), "lost": len(found) - len(calls)}
        )
        self._onward(recovery, calls, now)
        return kept

    def _call(self, known: OpenCall) -> Call:
        fields = known.fields
        line = str(fields.get("line", ""))
        call = Call(known.id, known.incoming, _setup(fields), leg_of(line) if line else None, known.started)
        call.answered, call.talking = known.answered, known.talking
        call.queue, call.queued, call.waited = known.queue, known.queued, known.waited
        call.agent, call.keys, call.suspended = known.agent, known.keys, known.suspended
        if known.onward_line:
            call.onward = leg_of(known.onward_line)
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

    def _agents(
        self, recovery: Recovery, calls: Mapping[int, Call], off_hook: Callable[[int], bool], now: Instant
    ) -> None:
        talking = {call.agent: call for call in calls.values() if call.phase is Phase.TALKING}
        for name, known in recovery.agents.items():
            agent = self._desk.agents.get(name)
            if agent is None:
                continue  # not configured any more
            queue = talking[name].queue if name in talking else known.queue
            wrap_up = self._queues.wrap_up(queue) if queue else frames(self._outgoing.wrap_up)
            self._desk.recover(
                agent, known, talking.get(name), wrap_up, now, off_hook=off_hook(agent.leg.number)
            )

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
            call.agent = ""
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


def _setup(fields: Mapping[str, Any]) -> Setup:
    """What the field set of requirement S-03 says of the setup."""
    return Setup(
        called=fields["called"],
        calling=fields["calling"],
        calling_restricted=fields["calling_restricted"],
        original_called=fields["original_called"],
        original_called_restricted=fields["original_called_restricted"],
        function=fields["function"],
        additional=fields["additional"],
        password=fields["password"],
    )

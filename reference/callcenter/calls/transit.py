"""Calls in transit: in on one circuit, out on another, with everything said handed from leg to leg.

The speech path is through both ways from the IAM on (Q.764 2.1.1.2, Q.724 1.5): the caller hears the tones of
the called side. What only one signalling system understands goes along in `Transparent` parts, which a leg of
another system leaves out; there the interworking is in the primitives. What may not be left out (`Unpassed`)
discards the message or releases the call instead.

| from one leg | to the other |
|---|---|
| Digits, Continuity, ForwardTransfer | onward |
| Proceeding, Progress, Alerting, Answer, Charging | back |
| Transparent, Suspend, Resume | either way |
| Release | Released to where it came from, Release to the other leg |
| Failed | another circuit is tried, then Release with cause 34 |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from callcenter.calls.call import Call, Phase
from callcenter.calls.floor import Floor
from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Cause,
    Charging,
    Check,
    Continuity,
    Digits,
    Discard,
    Failed,
    ForwardTransfer,
    Leg,
    Medium,
    Primitive,
    Proceeding,
    Progress,
    Release,
    Released,
    Resume,
    Suspend,
    Transparent,
    Unpassed,
)
from callcenter.calls.trunks import Trunks
from callcenter.config import TransitConfig
from callcenter.cti.journal import Types
from testrig.clock import Instant

EXCHANGE_ROUTING_ERROR: Final = 25
"""Cause when the hop counter is used up (Q.764 2.15)."""

_ONWARD: Final = (Digits, Continuity, ForwardTransfer, Transparent, Suspend, Resume)
_BACK: Final = (Proceeding, Progress, Alerting, Answer, Charging, Suspend, Resume, Transparent)


def _brought(primitive: Primitive) -> Transparent | None:
    """What only one signalling system understands of a primitive."""
    return primitive if isinstance(primitive, Transparent) else getattr(primitive, "transparent", None)


class Legs(Protocol):
    """What the call engine does for a call in transit."""

    def takes(self, leg: Leg, call: Call) -> None:
        """`leg` belongs to `call` now."""
        ...

    def leaves(self, leg: Leg) -> None:
        """`leg` belongs to no call any more."""
        ...

    def over(self, call: Call, cause: int, by: str, now: Instant) -> None:
        """The call is over: its record is to be written."""
        ...


class Transit:
    """The calls in transit."""

    def __init__(
        self,
        routes: Iterable[TransitConfig],
        systems: Mapping[str, str],
        floor: Floor,
        trunks: Trunks,
        attempts: int,
        legs: Legs,
    ) -> None:
        """`systems`: the signalling system by trunk group; `attempts`: circuits tried for one call."""
        self._systems = systems
        self._routes = sorted(routes, key=lambda route: len(route.prefix), reverse=True)
        self._floor = floor
        self._trunks = trunks
        self._attempts = attempts
        self._legs = legs

    def route(self, called: str) -> TransitConfig | None:
        """Where `called` goes: the longest prefix decides."""
        return next((route for route in self._routes if called.startswith(route.prefix)), None)

    def enter(self, call: Call, route: TransitConfig, now: Instant) -> None:
        """Send the incoming call on its way."""
        call.phase = Phase.TRANSIT
        call.route = route
        if call.setup.hops == 0:
            self._refuse(call, EXCHANGE_ROUTING_ERROR, "hop counter used up", now)
        elif call.setup.medium > Medium.PREFERRED_64K:
            self._refuse(call, Cause.BEARER_NOT_IMPLEMENTED, "more than one circuit asked for", now)
        elif not self.passes(call, call.setup.transparent, route.trunk_group, now):
            return
        else:
            self._place(call, now)

    def _place(self, call: Call, now: Instant) -> None:
        route = call.route
        assert route is not None
        assert call.trunk is not None
        leg = self._trunks.hunt(route.trunk_group, call.id, now, without=(*call.tried, call.trunk))
        if leg is None:
            self._refuse(call, Cause.NO_CIRCUIT_AVAILABLE, "no circuit", now)
            return
        call.onward = leg
        call.tried.append(leg)
        self._legs.takes(leg, call)
        hops = None if call.setup.hops is None else call.setup.hops - 1
        called = call.setup.called[route.strip :]
        self._floor.request(leg, replace(call.setup, called=called, hops=hops))
        if call.setup.check == Check.DONE:
            self._floor.bus.join(call.trunk, leg)
        self._note(call, Types.NETWORK_REACHED, now, attempt=len(call.tried))

    def passes(self, call: Call, brought: Transparent | None, group: str | None, now: Instant) -> bool:
        """Whether a primitive goes on to `group`, or is complete without what it brings; if not, do what the
        sender of `brought` has asked for. `group` None: the call ends here."""
        if brought is None or (group is not None and brought.system == self._systems[group]):
            return True
        if brought.unpassed is Unpassed.DISCARD:
            if call.onward is None and call.trunk is not None:
                self._floor.request(call.trunk, Discard())
                self._legs.over(call, Cause.INTERWORKING, "centre", now)
            return False
        if brought.unpassed is Unpassed.RELEASE:
            self._note(call, Types.FAILED, now, cause=brought.cause, reason="not to be passed on")
            self.clear(call, brought.cause)
            self._legs.over(call, brought.cause, "centre", now)
            return False
        return True

    def forward(self, call: Call, primitive: Primitive, now: Instant) -> None:
        """Word from the calling side."""
        if isinstance(primitive, Digits):
            call.setup = replace(
                call.setup, called=call.setup.called + primitive.digits, complete=primitive.complete
            )
        if isinstance(primitive, Continuity):
            call.setup = replace(call.setup, check=Check.DONE)
        if call.onward is None or not isinstance(primitive, _ONWARD):
            return
        if isinstance(primitive, Continuity) and call.trunk is not None:
            self._floor.bus.join(call.trunk, call.onward)
        if self.passes(call, _brought(primitive), call.onward.group, now):
            self._floor.request(call.onward, primitive)

    def backward(self, call: Call, primitive: Primitive, now: Instant) -> None:
        """Word from the called side."""
        if isinstance(primitive, Failed):
            self._failed(call, primitive, now)
        elif isinstance(primitive, _BACK):
            assert call.trunk is not None
            if not self.passes(call, _brought(primitive), call.trunk.group, now):
                return
            self._floor.request(call.trunk, primitive)
            if isinstance(primitive, Alerting):
                self._note(call, Types.DELIVERED, now)
            elif isinstance(primitive, Answer) and call.answered is None:
                call.answered = call.talking = now
                self._note(call, Types.ESTABLISHED, now, device=call.onward_line)

    def _failed(self, call: Call, failed: Failed, now: Instant) -> None:
        """The circuit did not take the call: try another one, or give up."""
        self._note(call, Types.FAILED, now, cause=int(failed.cause), reason="circuit refused")
        self._let_go(call)
        if len(call.tried) < self._attempts:
            self._place(call, now)
        else:
            self._refuse(call, failed.cause, "no circuit takes the call", now)

    def _refuse(self, call: Call, cause: int, reason: str, now: Instant) -> None:
        self._note(call, Types.FAILED, now, cause=int(cause), reason=reason)
        self._clear(call.trunk, Release(int(cause)))
        self._legs.over(call, cause, "centre", now)

    def released(self, call: Call, leg: Leg, primitive: Release | Released, now: Instant) -> None:
        """One leg is gone: clear the other one."""
        caller = leg == call.trunk
        onward = Release(primitive.cause)
        if isinstance(primitive, Release):
            onward = replace(primitive)
        self._clear(call.onward if caller else call.trunk, onward)
        self._legs.over(call, primitive.cause, "caller" if caller else "called party", now)

    def clear(self, call: Call, cause: int) -> None:
        """Clear both legs from our side; the record is the engine's to write."""
        self._clear(call.trunk, Release(int(cause)))
        self._clear(call.onward, Release(int(cause)))

    def _clear(self, leg: Leg | None, release: Release) -> None:
        if leg is not None:
            self._floor.request(leg, release)

    def leave(self, call: Call) -> None:
        """The call is over: its onward circuit belongs to nobody any more."""
        if call.onward is not None:
            self._let_go(call, forget=False)

    def _let_go(self, call: Call, *, forget: bool = True) -> None:
        assert call.onward is not None
        assert call.trunk is not None
        self._floor.bus.quiet(call.onward)
        if call.setup.check == Check.DONE:
            self._floor.bus.quiet(call.trunk)
        self._legs.leaves(call.onward)
        if forget:
            call.onward = None

    def _note(self, call: Call, kind: str, now: Instant, **more: object) -> None:
        self._floor.note(call, kind, now, onward_line=call.onward_line, **more)

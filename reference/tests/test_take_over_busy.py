"""A centre with hundreds of calls dies and goes on where its journal ends."""

from __future__ import annotations

import pytest

from callcenter.calls.primitives import Leg
from callcenter.config import reference_config
from callcenter.exercise.busy import Busy
from testrig.clock import MINUTE, SECOND


def talking(busy: Busy) -> set[tuple[str, Leg]]:
    """Calls that the far ends hear answered, on circuits of which the centre knows that, too. A called party
    who has hung up may come back (CBK, SUS); such a call ends of itself when nobody does."""
    suspended = busy.country.engine.history.recovery.suspended_there
    answered = {
        leg
        for call in busy.country.engine.calls.calls
        if call.answered is not None and call.onward not in suspended
        for leg in (call.trunk, call.onward)
    }
    return {
        (peer, leg)
        for peer, exchange in busy.country.far.items()
        for leg, state in exchange.calls.items()
        if state in ("talking", "in") and leg in answered
    }


@pytest.mark.parametrize("seed", [2])
def test_answered_calls_survive_and_nothing_else_is_left(seed: int) -> None:
    busy = Busy(reference_config({"file": "sixteen.toml", "reset_at_start": False}), seed=seed)
    busy.run(4 * MINUTE)
    for _ in range(2):
        before = talking(busy)
        assert len(before) > 100
        records = len(busy.country.engine.calls.projections.records)
        unanswered = sum(call.answered is None for call in busy.country.engine.calls.calls)
        busy.country.restart_centre(journal=True)
        assert len(busy.country.engine.calls.projections.records) == records + unanswered
        assert busy.country.until(busy.country.in_service, MINUTE, step=SECOND)
        busy.country.run(SECOND)
        assert before - talking(busy) == set()
        busy.run(MINUTE)
    busy.drain()
    assert busy.wrong() == []

"""Sixteen E1 in short: busy hours leave nothing behind, and failures under traffic give everything back."""

from __future__ import annotations

from callcenter.calls.call import Phase
from callcenter.config import DATA as CONFIGURATIONS
from callcenter.config import load, reference_config
from callcenter.exercise.busy import Busy
from callcenter.exercise.fuzz import holdings
from testrig.clock import MINUTE, SECOND


def busy(seed: int = 0, **journal: int) -> Busy:
    return Busy(reference_config({"file": "sixteen.toml", "journal": journal}), seed=seed)


def test_configuration_of_sixteen_spans_stands_alone_and_has_480_circuits() -> None:
    config = load(CONFIGURATIONS / "sixteen.toml")
    assert config.board.spans == 16
    run = Busy(config)
    assert run.circuits == 480
    assert run.country.in_service()


def test_busy_minutes_leave_no_object_behind_and_the_journal_keeps_to_its_limit() -> None:
    run = busy(events=2_000, records=300)
    run.run(3 * MINUTE)
    run.drain()
    assert run.wrong() == []
    before = holdings(run.country.engine)
    run.run(6 * MINUTE)
    assert len(run.country.engine.calls.calls) > 100
    run.drain()
    assert run.wrong() == []
    assert holdings(run.country.engine) - before == {}
    journal, projections = run.country.engine.journal, run.country.engine.calls.projections
    assert run.traffic.placed > 1_000
    assert len(journal) - journal.first + 1 == 2_000
    assert len(journal) > 5_000
    assert len(projections.records) == 300


def test_restart_of_one_exchange_frees_all_circuits_at_both_ends() -> None:
    """An exchange that lost its memory resets its circuits by GRS (Q.764 2.9.3.2, Q.724 5.9)."""
    run = busy(1)
    run.run(4 * MINUTE)
    country = run.country
    taken = {peer: len(exchange.calls) for peer, exchange in country.far.items()}
    assert min(taken.values()) > 80
    fresh = country.restart("east")
    assert country.until(country.in_service, 2 * MINUTE, step=SECOND)
    east = [leg for leg in fresh.legs if country.engine.signalling.circuit_state(leg) != "idle"]
    assert len(east) > 80, "the centre knows nothing of the restart yet"
    for group in ("east-isup", "east-tup"):
        legs = [leg for leg in fresh.legs if leg.group == group]
        fresh.signalling.order("reset group", legs[0], legs[-1].number - legs[0].number + 1, country.now)
    fresh.work()
    country.run(2 * SECOND)
    assert {leg: country.engine.signalling.circuit_state(leg) for leg in fresh.legs} == dict.fromkeys(
        fresh.legs, "idle"
    )
    assert {fresh.signalling.circuit_state(leg) for leg in fresh.legs} == {"idle"}
    assert not any(
        "east" in leg.group for call in country.engine.calls.calls for leg in (call.trunk, call.onward) if leg
    )
    run.run(MINUTE)
    run.drain()
    assert run.wrong() == []


def test_restart_of_the_centre_with_calls_up_resets_free_all_480_circuits() -> None:
    run = busy(3)
    run.run(4 * MINUTE)
    country = run.country
    assert sum(len(exchange.calls) for exchange in country.far.values()) > 200
    country.restart_centre()
    assert country.until(country.in_service, 2 * MINUTE, step=SECOND)
    held = country.circuits()
    assert len(held) > 200
    assert not any(end == "centre" for end, _ in held)
    country.reset()
    country.run(2 * SECOND)
    assert country.circuits() == {}
    assert all(not exchange.calls for exchange in country.far.values())
    run.run(MINUTE)
    assert len(country.engine.calls.calls) > 50
    run.drain()
    assert run.wrong() == []


def lasting(run: Busy, frames: int) -> set[int]:
    """Calls in transit that are answered and whose callers stay for `frames` more."""
    staying = {
        leg
        for end, number, _, leg in run._ends
        if end > run.country.now + frames and run._latest[leg] == number
    }
    return {
        call.id
        for call in run.country.engine.calls.calls
        if call.phase is Phase.TRANSIT and call.answered is not None and call.trunk in staying
    }


def cut(run: Busy, links: dict[str, int], expected: str) -> None:
    """Cut the first links to each peer during traffic for a minute, mend them, and let the calls end."""
    country = run.country
    talking = lasting(run, 4 * SECOND)
    assert len(talking) > 50
    broken = [cable for peer, count in links.items() for cable in country.cables_to[peer][:count]]
    for cable in broken:
        cable.break_off()
    run.run(3 * SECOND)
    assert country.engine.signalling.destination_state(country.config.point("west")) == expected
    assert talking <= {call.id for call in country.engine.calls.calls}, "a failing link ends no call"
    up, placed = len(country.engine.calls.calls), run.traffic.placed
    run.run(MINUTE)
    assert run.traffic.placed > placed + 100
    assert len(country.engine.calls.calls) > up / 2
    for cable in broken:
        cable.mend()
    assert country.until(country.in_service, 2 * MINUTE, step=SECOND)
    run.drain()


def test_half_of_the_links_cut_during_traffic_no_call_hangs() -> None:
    run = busy(2)
    run.run(3 * MINUTE)
    cut(run, {"east": 2, "west": 1}, "accessible")
    assert run.wrong() == []


def test_every_link_to_one_exchange_cut_during_traffic_isup_recovers_by_itself_tup_by_resets() -> None:
    """REL and CLF got lost. T5 of ISUP resets the circuit (Q.764 2.9.6); TUP alerts after T7 and leaves the
    circuit to the operator (Q.724 6.4: unverified)."""
    run = busy(2)
    run.run(3 * MINUTE)
    cut(run, {"west": 2}, "inaccessible")
    run.country.run(20 * MINUTE)
    assert {leg.group for _, leg in run.country.circuits()} == {"west-tup"}
    run.country.reset(["west"])
    run.country.run(MINUTE)
    assert run.wrong() == []

"""Continuity checks of our own between two whole call centres: the tone really goes round."""

from __future__ import annotations

import pytest

from callcenter.media.announcements import MARKER_HZ
from callcenter.system import ReferenceSystem
from engine_pair import Pair
from testrig.clock import SECOND


@pytest.fixture
def pair() -> Pair:
    pair = Pair({"file": "continuity.toml"})
    pair.in_service()
    return pair


def dials(pair: Pair, number: str) -> None:
    agent = pair.home.agent("1001")
    agent.sign_on()
    pair.phones["home"][0].phone.hook(True)
    pair.until(lambda: agent.state() == "dialling", SECOND)
    agent.dial("9" + number)


def notes(system: ReferenceSystem) -> list[object]:
    return [event.data["what"] for event in system.supervisor().journal() if "what" in event.data]


def test_call_goes_on_when_the_tone_has_come_back(pair: Pair) -> None:
    dials(pair, pair.away.pixit.menu_number)
    pair.hears("home", 0, MARKER_HZ["greeting"], 3 * SECOND)
    tones = [str(what) for what in notes(pair.home) if "tone" in str(what)]
    assert tones == [
        "continuity check tone to be sent and listened for",
        "continuity check tone to be removed",
    ]
    assert "continuity check loop to be removed" in notes(pair.away)
    assert "continuity check failed" not in notes(pair.home)


def test_circuit_without_its_loop_fails_and_the_call_takes_another(pair: Pair) -> None:
    board = pair.away.board
    loops: list[object] = []
    listen = board.listen

    def broken(sink: object, source: object) -> None:
        if sink == source and not loops:
            loops.append(sink)
        else:
            listen(sink, source)  # type: ignore[arg-type]

    board.listen = broken  # type: ignore[method-assign]
    dials(pair, pair.away.pixit.menu_number)
    pair.hears("home", 0, MARKER_HZ["greeting"], 5 * SECOND)
    assert notes(pair.home).count("continuity check failed") == 1
    assert pair.home.maintenance().circuit_state(1) == "transient"
    states = pair.home.maintenance().circuit_state
    pair.until(lambda: states(1) == "idle", 20 * SECOND)
    assert pair.away.maintenance().circuit_state(1) == "idle"

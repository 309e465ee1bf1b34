"""What an exchange may do in ISUP, between two whole call centres: overlap, suspension, a failed span."""

from __future__ import annotations

import numpy as np
import pytest

from callcenter.media.announcements import MARKER_HZ
from engine_pair import Pair, talking
from testrig.clock import MINUTE, SECOND
from testrig.virtual import LinePair


@pytest.fixture
def pair() -> Pair:
    pair = Pair({"file": "exchange.toml"})
    pair.in_service()
    return pair


def test_number_dialled_digit_by_digit_reaches_the_menu(pair: Pair) -> None:
    agent = pair.home.agent("1001")
    agent.sign_on()
    pair.phones["home"][0].phone.hook(True)
    pair.until(lambda: agent.state() == "dialling", SECOND)
    number = pair.away.pixit.menu_number
    agent.dial("9" + number[:3])
    for digit in number[3:]:
        pair.run(SECOND // 5)
        agent.dial(digit)
    pair.hears("home", 0, MARKER_HZ["greeting"], 3 * SECOND)
    assert pair.away.supervisor().journal()[-1].data["called"] == number


def test_called_agent_hangs_up_and_comes_back(pair: Pair) -> None:
    talking(pair)
    phone = pair.phones["away"][1].phone
    phone.hook(False)
    pair.run(10 * SECOND)
    assert pair.home.agent("1001").state() == pair.away.agent("1002").state() == "talking"
    phone.hook(True)
    pair.run(SECOND)
    pair.says = {("home", 0): (700,), ("away", 1): (1_300,)}
    pair.hears("home", 0, 1_300, SECOND)
    pair.hears("away", 1, 700, SECOND)


def test_suspension_ends_the_call_after_t6(pair: Pair) -> None:
    talking(pair)
    pair.phones["away"][1].phone.hook(False)
    t6 = int(pair.home.pixit.timers["ISUP T6"] * SECOND)
    pair.run(t6 - SECOND)
    assert pair.home.agent("1001").state() == "talking"
    pair.until(lambda: pair.home.agent("1001").state() == "wrap-up", 2 * SECOND)
    assert pair.home.supervisor().records()[-1]["cause"] == 102
    pair.until(lambda: pair.away.agent("1002").state() in {"wrap-up", "ready"}, MINUTE)


def test_circuits_of_a_failed_span_are_blocked_for_hardware_at_both_ends(pair: Pair) -> None:
    second = LinePair("line1")
    pair.home.board.attach_span(1, second.a)
    pair.away.board.attach_span(1, second.b)
    second.b.send(np.full((40, 32), 0xFF, np.uint8))
    home, away = pair.home.maintenance(), pair.away.maintenance()
    pair.until(lambda: home.circuit_state(2625) == away.circuit_state(2655) == "idle", 10 * SECOND)
    pair.run(2 * SECOND)
    away.set_loopback(1, "local")  # home sees AIS
    pair.until(lambda: "locally blocked for hardware" in home.circuit_state(2625), 5 * SECOND)
    pair.until(lambda: "remotely blocked for hardware" in away.circuit_state(2655), SECOND)
    assert home.circuit_state(1) == "idle"
    away.set_loopback(1, "none")
    pair.until(lambda: home.circuit_state(2625) == away.circuit_state(2655) == "idle", 10 * SECOND)

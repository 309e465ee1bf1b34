"""Two whole call centres joined by one E1: every layer of the reference, both ways."""

from __future__ import annotations

import numpy as np
import pytest

from callcenter.media.announcements import MARKER_HZ
from callcenter.media.g711 import encode_float
from callcenter.system import centre
from engine_pair import Pair, on_duty, talking
from testrig.clock import SECOND
from testrig.system import Refused


@pytest.fixture(params=["public", "china"])
def pair(request: pytest.FixtureRequest) -> Pair:
    pair = Pair({"network": request.param})
    pair.in_service()
    return pair


def test_agent_of_one_centre_talks_with_agent_of_the_other_and_octets_pass_unchanged(pair: Pair) -> None:
    talking(pair)
    pair.says = {("home", 0): (700,), ("away", 1): (1_300,)}
    pair.run(SECOND // 10)
    for ear, hz in ((("home", 0), 1_300), (("away", 1), 700)):
        heard = pair.listen(*ear, 1_600)
        wanted = encode_float(0.15 * np.sin(2 * np.pi * hz * np.arange(3_200) / SECOND))
        assert any((heard == wanted[phase : phase + 1_600]).all() for phase in range(80))


def test_call_ends_for_both_and_everything_is_free_again(pair: Pair) -> None:
    talking(pair)
    pair.run(2 * SECOND)
    pair.phones["away"][1].phone.hook(False)
    pair.until(lambda: pair.home.agent("1001").state() == "wrap-up", SECOND)
    pair.phones["home"][0].phone.hook(False)
    pair.until(lambda: pair.home.agent("1001").state() == "ready", 5 * SECOND)
    pair.until(lambda: pair.away.agent("1002").state() == "ready", 5 * SECOND)
    for system in (pair.home, pair.away):
        assert not system.engine.calls.calls
        record = system.supervisor().records()[-1]
        assert record["cause"] == 16
        assert record["talking_seconds"] == pytest.approx(2.3, abs=0.5)
        cics = [circuit.cic for circuit in system.pixit.circuits]
        assert {system.maintenance().circuit_state(cic) for cic in cics} == {"idle"}


def test_menu_is_heard_and_keys_are_understood_through_the_line(pair: Pair) -> None:
    on_duty(pair.home, "1001")
    pair.phones["home"][0].phone.hook(True)
    pair.hears("home", 0, 450, SECOND)
    pair.home.agent("1001").dial("9" + pair.away.pixit.menu_number)
    for prompt in ("greeting", "menu"):
        pair.hears("home", 0, MARKER_HZ[prompt], 3 * SECOND)
    pair.presses("home", 0, pair.away.pixit.announcement_key)
    pair.hears("home", 0, MARKER_HZ["information"], SECOND)
    pair.hears("home", 0, MARKER_HZ["menu"], 4 * SECOND)
    pair.presses("home", 0, pair.away.pixit.wrong_key)
    pair.hears("home", 0, MARKER_HZ["invalid"], SECOND)
    pair.presses("home", 0, pair.away.pixit.queue_key)
    pair.hears("home", 0, MARKER_HZ["queue_music"], SECOND)
    on_duty(pair.away, "1003")
    pair.hears("home", 0, 450, SECOND)
    pair.phones["home"][0].phone.hook(False)
    pair.until(lambda: bool(pair.away.supervisor().records()), SECOND)
    record = pair.away.supervisor().records()[-1]
    assert (record["keys"], record["queue"], record["agent"]) == ("291", "sales", "1003")
    assert record["cleared_by"] == "caller"
    assert pair.away.agent("1003").state() == "ready"


def test_number_not_allocated_is_heard_as_busy_tone_with_cause_1(pair: Pair) -> None:
    on_duty(pair.home, "1001")
    pair.phones["home"][0].phone.hook(True)
    pair.until(lambda: pair.home.agent("1001").state() == "dialling", SECOND)
    pair.home.agent("1001").dial("9" + pair.away.pixit.unallocated_number)
    pair.until(lambda: bool(pair.home.supervisor().records()), 3 * SECOND)
    assert pair.home.supervisor().records()[-1]["cause"] == 1
    assert pair.away.supervisor().records()[-1]["cause"] == 1


def test_trunk_cut_in_mid_call_ends_it_and_calls_are_taken_again_after_mending(pair: Pair) -> None:
    talking(pair)
    pair.line.a_to_b.cut = pair.line.b_to_a.cut = True
    pair.until(lambda: "LOS" in pair.away.maintenance().alarms(0), 2 * SECOND)
    pair.until(lambda: pair.home.agent("1001").state() == "wrap-up", 2 * SECOND)
    for phone in (pair.phones["home"][0], pair.phones["away"][1]):
        phone.phone.hook(False)
    pair.run(5 * SECOND)
    assert "in service" not in pair.home.maintenance().link_state()
    pair.line.a_to_b.cut = pair.line.b_to_a.cut = False
    pair.in_service()
    pair.until(lambda: pair.home.maintenance().circuit_state(1) == "idle", 60 * SECOND)
    pair.until(lambda: pair.home.agent("1001").state() == "ready", 5 * SECOND)
    pair.home.agent("1001").not_ready()
    pair.away.agent("1002").sign_off()
    pair.home.agent("1001").sign_off()
    talking(pair)


def test_line_is_settled_when_nothing_happens_and_deadlines_are_told(pair: Pair) -> None:
    pair.run(2 * SECOND)
    assert pair.home.settled
    assert pair.away.settled
    deadline = pair.home.next_deadline()
    assert deadline is not None
    assert deadline > pair.now


@pytest.fixture(params=["public", "china"])
def tup_pair(request: pytest.FixtureRequest) -> Pair:
    tup_pair = Pair({"file": "tup.toml", "network": request.param})
    tup_pair.in_service()
    return tup_pair


def test_agents_talk_over_tup_and_the_called_one_hanging_up_ends_it_after_the_time_of_q118(
    tup_pair: Pair,
) -> None:
    talking(tup_pair)
    tup_pair.says = {("home", 0): (700,), ("away", 1): (1_300,)}
    tup_pair.hears("home", 0, 1_300, SECOND)
    tup_pair.hears("away", 1, 700, SECOND)
    tup_pair.phones["away"][1].phone.hook(False)
    tup_pair.until(lambda: tup_pair.away.agent("1002").state() == "wrap-up", SECOND)
    assert "busy" in tup_pair.away.maintenance().circuit_state(1)
    tup_pair.until(lambda: tup_pair.home.agent("1001").state() == "wrap-up", 91 * SECOND)
    tup_pair.phones["home"][0].phone.hook(False)
    tup_pair.until(lambda: tup_pair.home.agent("1001").state() == "ready", 5 * SECOND)
    for system in (tup_pair.home, tup_pair.away):
        assert not system.engine.calls.calls
        assert system.supervisor().records()[-1]["cause"] == 16
        cics = [circuit.cic for circuit in system.pixit.circuits]
        assert {system.maintenance().circuit_state(cic) for cic in cics} == {"idle"}


def test_menu_is_heard_over_tup_and_caller_clears(tup_pair: Pair) -> None:
    on_duty(tup_pair.home, "1001")
    tup_pair.phones["home"][0].phone.hook(True)
    tup_pair.until(lambda: tup_pair.home.agent("1001").state() == "dialling", SECOND)
    tup_pair.home.agent("1001").dial("9" + tup_pair.away.pixit.menu_number)
    tup_pair.hears("home", 0, MARKER_HZ["greeting"], 3 * SECOND)
    tup_pair.phones["home"][0].phone.hook(False)
    tup_pair.until(lambda: bool(tup_pair.away.supervisor().records()), SECOND)
    record = tup_pair.away.supervisor().records()[-1]
    assert (record["cleared_by"], record["calling"]) == ("caller", "8008200000")


def test_number_not_allocated_over_tup_is_heard_as_busy_tone_with_cause_1(tup_pair: Pair) -> None:
    on_duty(tup_pair.home, "1001")
    tup_pair.phones["home"][0].phone.hook(True)
    tup_pair.until(lambda: tup_pair.home.agent("1001").state() == "dialling", SECOND)
    tup_pair.home.agent("1001").dial("9" + tup_pair.away.pixit.unallocated_number)
    tup_pair.until(lambda: bool(tup_pair.home.supervisor().records()), 3 * SECOND)
    assert tup_pair.home.supervisor().records()[-1]["cause"] == 1
    tup_pair.until(lambda: tup_pair.away.maintenance().circuit_state(1) == "idle", SECOND)


STRIPPED = [
    {"prefix": "020", "trunk_group": "isup", "strip": 3},
    {"prefix": "021", "trunk_group": "tup", "strip": 3},
]


@pytest.mark.parametrize("way_in", ["isup", "tup"])
@pytest.mark.parametrize(("prefix", "way_out"), [("020", "isup"), ("021", "tup")])
def test_call_goes_in_transit_through_the_other_centre_and_back(
    way_in: str, prefix: str, way_out: str
) -> None:
    pair = Pair({"file": "transit.toml", "transit": STRIPPED, "outgoing": {"trunk_group": way_in}})
    pair.in_service()
    on_duty(pair.home, "1001")
    on_duty(pair.home, "1002")
    pair.phones["home"][0].phone.hook(True)
    pair.until(lambda: pair.home.agent("1001").state() == "dialling", SECOND)
    pair.home.agent("1001").dial(f"9{prefix}{pair.home.pixit.queue_number}")
    pair.until(lambda: pair.phones["home"][1].phone.ringing, 3 * SECOND)
    pair.phones["home"][1].phone.hook(True)
    pair.until(lambda: pair.home.agent("1002").state() == "talking", SECOND)
    pair.says = {("home", 0): (700,), ("home", 1): (1_300,)}
    pair.hears("home", 0, 1_300, SECOND)
    pair.hears("home", 1, 700, SECOND)
    pair.phones["home"][0].phone.hook(False)
    pair.until(lambda: bool(pair.away.supervisor().records()), SECOND)
    record = pair.away.supervisor().records()[-1]
    assert (record["direction"], record["cleared_by"], record["cause"]) == ("transit", "caller", 16)
    assert str(record["line"]).split("/")[0] == way_in
    assert str(record["onward_line"]).split("/")[0] == way_out
    pair.run(SECOND)
    for system in (pair.home, pair.away):
        assert not system.engine.calls.calls
        legs = list(system.engine.trunks.circuits)
        assert {system.engine.signalling.circuit_state(leg) for leg in legs} == {"idle"}


# the link's level 2 under a call


def test_call_over_a_cyclic_link_survives_bit_errors() -> None:
    pair = Pair({"file": "pcr.toml"})
    pair.in_service()
    pair.line.a_to_b.bit_error_rate = pair.line.b_to_a.bit_error_rate = 5e-5
    talking(pair)
    pair.phones["home"][0].phone.hook(False)
    pair.until(lambda: bool(pair.away.supervisor().records()), 5 * SECOND)
    assert pair.away.supervisor().records()[-1]["cause"] == 16
    pair.run(20 * SECOND)
    for system in (pair.home, pair.away):
        level2 = system.engine.signalling.link().link
        assert level2.in_service
        assert level2.faults > 0


@pytest.mark.parametrize("file", ["reference.toml", "pcr.toml"])
def test_messages_wait_for_the_processor_of_the_other_centre(file: str) -> None:
    pair = Pair({"file": file})
    pair.in_service()
    on_duty(pair.home, "1001")
    on_duty(pair.away, "1002")
    pair.away.maintenance().processor_outage(True)
    pair.run(SECOND // 10)
    assert pair.home.engine.signalling.link().link.remote_outage
    pair.away.maintenance().processor_outage(False)
    pair.run(SECOND // 10)
    assert pair.home.engine.signalling.link().link.in_service
    pair.away.maintenance().congestion(True)
    pair.phones["home"][0].phone.hook(True)
    pair.until(lambda: pair.home.agent("1001").state() == "dialling", SECOND)
    pair.home.agent("1001").dial("9" + pair.away.pixit.queue_number)
    pair.run(2 * SECOND)
    assert not pair.phones["away"][1].phone.ringing
    pair.away.maintenance().congestion(False)
    pair.until(lambda: pair.phones["away"][1].phone.ringing, 3 * SECOND)


def test_orders_for_a_link_that_is_not_there_are_refused() -> None:
    maintenance = centre().maintenance()
    for order in (maintenance.processor_outage, maintenance.emergency, maintenance.congestion):
        with pytest.raises(Refused, match="'public/7': not known, expected one of public/0"):
            order(True, "public/7")
    with pytest.raises(Refused, match="not known"):
        maintenance.flush_link("public/7")


CHECKED = [
    {
        "name": "public",
        "peer": "public",
        "user": "tup",
        "continuity": 1,
        "circuits": [{"cics": "1-15", "span": 0, "slot": 1}, {"cics": "17-31", "span": 0, "slot": 17}],
    }
]


@pytest.mark.parametrize("network", ["public", "china"])
def test_call_over_tup_waits_for_the_check_tone_that_comes_back(network: str) -> None:
    pair = Pair({"file": "tup.toml", "network": network, "trunk_groups": CHECKED})
    pair.in_service()
    talking(pair)
    pair.says = {("home", 0): (700,), ("away", 1): (1_300,)}
    pair.hears("home", 0, 1_300, SECOND)
    pair.hears("away", 1, 700, SECOND)
    for system, words in ((pair.home, "check tone"), (pair.away, "check loop")):
        notes = [str(event.data.get("what")) for event in system.engine.journal.since()]
        ends = [note for note in notes if f"continuity {words}" in note]
        assert len(ends) == 2, notes
    pair.phones["home"][0].phone.hook(False)
    pair.until(lambda: pair.away.maintenance().circuit_state(1) == "idle", 2 * SECOND)

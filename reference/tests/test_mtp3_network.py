"""Level 3 over scripted and joined links."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import ConfigurationError, StateError
from callcenter.fsm import Machine, Table
from callcenter.ss7.mtp2 import InService, MsuReceived, Mtp2Link, OutOfService, Reason, RemoteProcessorOutage
from callcenter.ss7.mtp3 import (
    TIMERS,
    Mtp3,
    Mtp3Config,
    Pause,
    Resume,
    RouteConfig,
    Transfer,
    lsac_fsm,
    sltc_fsm,
)
from callcenter.ss7.mtp3.codec import Label, LinkTest, Message, decode
from testrig.clock import SECOND, frames
from testrig.system import Variant

OWN, PEER = 100, 200
STEP = 40


class ScriptedLink(Mtp2Link):
    """A level 2 whose line is the test: keeps what it was given, and says what the test has it say."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.orders: list[str] = []
        self.messages: list[bytes] = []

    def start(self, now: int) -> None:
        self.orders.append("start")

    def stop(self, now: int) -> None:
        self.orders.append("stop")

    def emergency(self, on: bool, now: int) -> None:
        if on:
            self.orders.append("emergency")

    def transmit(self, msu: bytes, now: int) -> None:
        self.messages.append(msu)

    def sent(self, variant: Variant = "itu14") -> list[Message]:
        """Return what was transmitted since the last call."""
        messages = [decode(octets, variant) for octets in self.messages]
        self.messages.clear()
        return messages


class Network:
    """Level 3 with scripted links."""

    def __init__(self, links: int = 1, variant: Variant = "itu14", **config: Any) -> None:
        self.variant: Variant = variant
        self.links = {slc: ScriptedLink(f"link{slc}") for slc in range(links)}
        self.mtp3 = Mtp3(
            Mtp3Config(variant, OWN, 2, **config), {(PEER, slc): link for slc, link in self.links.items()}
        )
        self.now = 0

    def say(self, slc: int, event: Any) -> None:
        self.links[slc].give(event)
        self.mtp3.poll(self.now)

    def hear(
        self,
        data: bytes,
        *,
        si: int = 5,
        slc: int = 0,
        sls: int = 0,
        ni: int = 2,
        dpc: int = OWN,
        opc: int = PEER,
    ) -> None:
        self.say(slc, MsuReceived(Message(si, ni, Label(dpc, opc, sls), data).encode(self.variant)))

    def answer(self, slc: int, pattern: bytes = b"CALLCENTRE", **label: int) -> None:
        self.hear(LinkTest(True, pattern).encode(), si=1, slc=slc, **{"sls": slc, **label})

    def bring_up(self, slc: int) -> None:
        self.say(slc, InService())
        self.answer(slc)
        for link in self.links.values():
            for message in link.sent(self.variant):
                if message.si == 0 and message.data[:1] == b"\x51":  # CBD: nothing is under way
                    self.hear(b"\x61" + message.data[1:], si=0, slc=slc, sls=message.label.sls)
            link.messages.clear()

    def deadline(self, name: str, slc: int = 0) -> int | None:
        """When a timer of a link runs out."""
        return self.mtp3.agenda.deadline(name, self.mtp3.links[PEER, slc])

    def pass_until(self, instant: int) -> None:
        self.now = instant
        self.mtp3.expire(instant)

    def state(self, slc: int = 0) -> str:
        return self.mtp3.link_state(PEER, slc)


def started(links: int = 1, variant: Variant = "itu14", **config: Any) -> Network:
    network = Network(links, variant, **config)
    network.mtp3.start(0)
    return network


def running(links: int = 1, variant: Variant = "itu14", **config: Any) -> Network:
    network = started(links, variant, **config)
    for slc in range(links):
        network.bring_up(slc)
    network.mtp3.indications()
    return network


# link test, Q.707 2.2


@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_link_in_service_carries_traffic_only_after_its_test(variant: Variant) -> None:
    network = started(variant=variant)
    assert network.links[0].orders == ["start"]
    network.say(0, InService())
    assert network.state() == "testing"
    assert network.links[0].sent(variant) == [
        Message(1, 2, Label(PEER, OWN, 0), LinkTest(False, b"CALLCENTRE").encode())
    ]
    assert network.mtp3.indications() == []
    network.answer(0)
    assert network.state() == "active"
    assert network.mtp3.indications() == [Resume(PEER)]
    # TRA, Q.704 15.11
    assert network.links[0].sent(variant) == [Message(0, 2, Label(PEER, OWN, 0), b"\x17")]


@pytest.mark.parametrize(
    "wrong", [{"pattern": b"OTHER"}, {"opc": 201}, {"sls": 1}], ids=["pattern", "point code", "link code"]
)
def test_link_test_wrong_answer_does_not_count(wrong: dict[str, Any]) -> None:
    network = started()
    network.say(0, InService())
    network.answer(0, **wrong)
    assert network.state() == "testing"
    assert network.mtp3.links[PEER, 0].sltc.wrong_answers == 1


def test_link_test_unanswered_twice_restarts_the_link_at_exact_frames() -> None:
    network = started()
    t1, t17 = network.mtp3.durations["SLT T1"], network.mtp3.durations["T17"]
    network.say(0, InService())
    assert len(network.links[0].sent()) == 1
    assert network.mtp3.next_deadline == t1
    network.pass_until(t1 - 1)
    assert network.links[0].sent() == []
    network.pass_until(t1)
    assert len(network.links[0].sent()) == 1
    network.pass_until(2 * t1)
    assert network.links[0].orders == ["start", "stop"]
    assert network.state() == "waiting for restoration"
    assert network.mtp3.next_deadline == 2 * t1 + t17
    network.pass_until(2 * t1 + t17)
    assert network.links[0].orders == ["start", "stop", "start"]


def test_link_test_repeated_every_t2_and_its_failure_takes_the_link_down() -> None:
    network = running()
    t1, t2 = network.mtp3.durations["SLT T1"], network.mtp3.durations["SLT T2"]
    assert network.deadline("SLT T2") == t2
    network.pass_until(t2)
    assert [message.si for message in network.links[0].sent()] == [1]
    network.answer(0)
    assert network.deadline("SLT T2") == 2 * t2
    assert network.state() == "active"
    network.pass_until(2 * t2)
    network.pass_until(2 * t2 + t1)
    assert network.mtp3.indications() == []
    network.pass_until(2 * t2 + 2 * t1)
    assert network.mtp3.indications() == [Pause(PEER)]


@pytest.mark.parametrize("si", [1, 2])
def test_link_test_of_the_other_end_answered_over_the_same_link(si: int) -> None:
    network = started(2)
    network.hear(LinkTest(False, b"\x01\x02\x03").encode(), si=si, slc=1, sls=1)
    assert network.links[0].sent() == []
    assert network.links[1].sent() == [
        Message(si, 2, Label(PEER, OWN, 1), LinkTest(True, b"\x01\x02\x03").encode())
    ]


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (b"\x11\x20AB", {"sls": 3}),
        (b"\x11\x20AB", {"opc": 7}),
        (b"\x11\x30AB", {}),
        (b"", {}),
        (b"\x99\x10A", {}),
    ],
)
def test_link_test_of_the_other_end_wrong_is_counted(data: bytes, label: dict[str, int]) -> None:
    network = started()
    network.hear(data, si=1, **label)
    assert network.links[0].sent() == []
    assert network.mtp3.links[PEER, 0].test_ignored == 1


# activation, restoration, deactivation, Q.704 12.2


def test_link_failed_alignment_restarted_after_t17() -> None:
    network = started()
    network.now = 1000
    network.say(0, OutOfService(Reason.NOT_ALIGNED))
    t17 = network.mtp3.durations["T17"]
    assert network.mtp3.next_deadline == 1000 + t17
    network.pass_until(1000 + t17 - 1)
    assert network.links[0].orders == ["start"]
    network.pass_until(1000 + t17)
    assert network.links[0].orders == ["start", "start"]
    assert network.mtp3.next_deadline is None


def test_link_failure_pauses_and_restoration_resumes() -> None:
    network = running()
    network.say(0, OutOfService(Reason.SIOS_RECEIVED))
    assert network.mtp3.indications() == [Pause(PEER)]
    network.mtp3.transfer(5, PEER, 0, b"lost", 10)
    assert network.mtp3.undeliverable == 1
    network.pass_until(network.mtp3.durations["T17"])
    network.bring_up(0)
    assert network.mtp3.indications() == [Resume(PEER)]


def test_link_deactivated_stays_down_until_activated() -> None:
    network = running()
    network.mtp3.deactivate(PEER, 0, 10)
    assert network.links[0].orders == ["start", "stop"]
    assert network.mtp3.indications() == [Pause(PEER)]
    assert network.mtp3.next_deadline is None
    network.mtp3.activate(PEER, 0, 20, emergency=True)
    assert network.links[0].orders[2:4] == ["emergency", "start"]


def test_link_deactivated_while_waiting_is_forgotten() -> None:
    network = started()
    network.say(0, OutOfService(Reason.NOT_ALIGNED))
    network.mtp3.deactivate(PEER, 0, 10)
    assert network.state() == "inactive"
    assert network.mtp3.next_deadline is None


@pytest.mark.parametrize("order", ["activate", "deactivate", "link_state"])
def test_order_for_unknown_link_refused(order: str) -> None:
    network = started(2)
    with pytest.raises(StateError, match="signalling link 200/9: not known; links are 200/0, 200/1"):
        getattr(network.mtp3, order)(PEER, 9, *(() if order == "link_state" else (0,)))


def test_remote_processor_outage_makes_the_link_unavailable() -> None:
    network = running()
    network.say(0, RemoteProcessorOutage(True))
    assert network.mtp3.indications() == [Pause(PEER)]
    assert network.state() == "processor outage"
    assert network.deadline("SLT T1") is None
    assert network.deadline("SLT T2") is None
    network.say(0, RemoteProcessorOutage(False))
    assert network.mtp3.indications() == [Resume(PEER)]
    assert network.deadline("SLT T1") == network.mtp3.durations["SLT T1"]


# routing and load sharing, Q.704 2.3


def test_transfer_sixteen_links_each_carries_its_selection() -> None:
    network = running(16)
    for sls in range(16):
        network.mtp3.transfer(5, PEER, sls, bytes((sls,)), 10)
    for slc, link in network.links.items():
        assert link.sent() == [Message(5, 2, Label(PEER, OWN, slc), bytes((slc,)))]


def test_transfer_load_moves_to_links_that_are_left_and_back() -> None:
    network = running(2)

    def shares() -> list[int]:
        for link in network.links.values():
            link.messages.clear()
        for sls in range(16):
            network.mtp3.transfer(5, PEER, sls, b"x", 10)
        return [len([each for each in link.sent() if each.si == 5]) for link in network.links.values()]

    assert shares() == [8, 8]
    network.say(0, OutOfService(Reason.ERROR_RATE))
    assert network.mtp3.indications() == []
    network.hear(bytes((0x21, 127)), si=0, slc=1, sls=0)  # COA
    assert shares() == [0, 16]
    network.pass_until(network.mtp3.durations["T17"])
    network.bring_up(0)
    assert shares() == [8, 8]
    assert network.mtp3.indications() == []


def test_transfer_to_unknown_point_counted() -> None:
    network = running()
    network.mtp3.transfer(5, 999, 0, b"x", 10)
    assert (network.mtp3.undeliverable, network.links[0].sent()) == (1, [])


# discrimination and distribution, Q.704 2.4


@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_message_for_user_part_delivered(variant: Variant) -> None:
    network = running(variant=variant)
    network.hear(b"\x01\x00\x10", sls=9, opc=77)
    assert network.mtp3.indications() == [Transfer(5, 77, OWN, 9, b"\x01\x00\x10")]


@pytest.mark.parametrize(
    ("label", "counter"), [({"ni": 0}, "network_indicator"), ({"dpc": 101}, "destination")]
)
def test_message_not_for_us_counted(label: dict[str, int], counter: str) -> None:
    network = running()
    network.hear(b"x", **label)
    assert network.mtp3.indications() == []
    assert getattr(network.mtp3.discarded, counter) == 1
    assert network.links[0].sent() == []


def test_message_for_unequipped_user_part_answered_with_upu() -> None:
    network = running()
    network.hear(b"x", si=4, sls=3)
    assert network.mtp3.discarded.unequipped == 1
    assert network.links[0].sent() == [Message(0, 2, Label(PEER, OWN, 3), bytes.fromhex("1a640014"))]


def test_management_messages_counted_and_not_answered() -> None:
    network = running()
    for data in (b"\x17", b"\x17", b"\x21\x05", b"\xff", b""):
        network.hear(data, si=0)
    assert dict(network.mtp3.management) == {0x17: 2, 0x21: 1, 0xFF: 1, 0: 1}
    assert network.links[0].sent() == []
    assert network.mtp3.indications() == []


@given(st.lists(st.binary(min_size=3, max_size=273), max_size=20), st.sampled_from(["itu14", "china24"]))
def test_arbitrary_messages_never_raise(messages: list[bytes], variant: Variant) -> None:
    network = running(variant=variant)
    for octets in messages:
        network.say(0, MsuReceived(octets))
        network.say(0, MsuReceived(octets[:1] + Label(OWN, PEER, 0).encode(variant) + octets[8:]))
    assert network.state() in {"active", "waiting for restoration"}


# configuration


@pytest.mark.parametrize(
    "values",
    [
        ("itu14", 1 << 14, 2),
        ("itu14", -1, 2),
        ("itu14", 1, 4),
        ("ansi", 1, 2),
        ("itu14", 1, 2, (RouteConfig(1, ((2,),)),)),
        ("itu14", 1, 2, (RouteConfig(1 << 14, ((2,),)),)),
        ("itu14", 1, 2, (RouteConfig(3, ((2,), (2,))),)),
    ],
)
def test_configuration_out_of_range_refused(values: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigurationError, match="found"):
        Mtp3Config(*values)


@pytest.mark.parametrize("pattern", [b"", bytes(16)])
def test_configuration_test_pattern_length_refused(pattern: bytes) -> None:
    with pytest.raises(ConfigurationError, match=f"test_pattern: found {len(pattern)} octets"):
        Mtp3Config("itu14", 1, 2, test_pattern=pattern)


def test_configuration_link_code_and_timer_refused() -> None:
    with pytest.raises(ConfigurationError, match="found 16"):
        Mtp3(Mtp3Config("itu14", 1, 2), {(2, 16): Mtp2Link("x")})
    with pytest.raises(ConfigurationError, match="own point code"):
        Mtp3(Mtp3Config("itu14", 1, 2), {(1, 0): Mtp2Link("x")})
    with pytest.raises(ConfigurationError, match="has no link set"):
        Mtp3(Mtp3Config("itu14", 1, 2, (RouteConfig(3, ((4,),)),)), {(2, 0): Mtp2Link("x")})
    with pytest.raises(ConfigurationError, match="timer SLT T1: found 1 s, expected 4 to 12 s"):
        Network(timers={"SLT T1": SECOND})


def test_timers_defaults_within_clauses() -> None:
    assert {name: (spec.minimum, spec.maximum) for name, spec in TIMERS.items()} == {
        name: (frames(low), frames(high))
        for name, (low, high) in {
            "T1": (0.5, 1.2),
            "T2": (0.7, 2),
            "T3": (0.5, 1.2),
            "T4": (0.5, 1.2),
            "T5": (0.5, 1.2),
            "T6": (0.5, 1.2),
            "T8": (0.8, 1.2),
            "T10": (30, 60),
            "T12": (0.8, 1.5),
            "T13": (0.8, 1.5),
            "T14": (2, 3),
            "T15": (2, 3),
            "T16": (1.4, 2),
            "T17": (0.8, 1.5),
            "T18": (1, 58),
            "T19": (67, 69),
            "T20": (59, 61),
            "T21": (63, 65),
            "T22": (180, 360),
            "T23": (180, 360),
            "SLT T1": (4, 12),
            "SLT T2": (30, 90),
        }.items()
    }
    assert all(spec.checked(spec.default) for spec in TIMERS.values())


# tables

Expected = Mapping[str, Mapping[str, str]]

LSAC: Expected = {
    "INACTIVE": {"ACTIVATE": "ALIGNING"},
    "ALIGNING": {"IN_SERVICE": "TESTING", "OUT_OF_SERVICE": "WAITING", "DEACTIVATE": "INACTIVE"},
    "TESTING": {
        "TEST_PASSED": "ACTIVE",
        "TEST_FAILED": "WAITING",
        "OUT_OF_SERVICE": "WAITING",
        "DEACTIVATE": "INACTIVE",
    },
    "ACTIVE": {"TEST_FAILED": "WAITING", "OUT_OF_SERVICE": "WAITING", "DEACTIVATE": "INACTIVE"},
    "WAITING": {"T17": "ALIGNING", "ACTIVATE": "ALIGNING", "DEACTIVATE": "INACTIVE"},
}
SLTC: Expected = {
    "IDLE": {"START": "FIRST_ATTEMPT"},
    "FIRST_ATTEMPT": {"SLTA": "PASSED", "T1": "SECOND_ATTEMPT", "STOP": "IDLE"},
    "SECOND_ATTEMPT": {"SLTA": "PASSED", "T1": "IDLE", "STOP": "IDLE"},
    "PASSED": {"T2": "FIRST_ATTEMPT", "STOP": "IDLE"},
}
TABLES: list[tuple[Table[Any, Any], str, Expected]] = [
    (lsac_fsm.TABLE, "lsac", LSAC),
    (sltc_fsm.TABLE, "sltc", SLTC),
]


@pytest.mark.parametrize(
    ("block", "expected", "state", "event"),
    [
        pytest.param(block, expected, state, event, id=f"{block}-{state.name}-{event.name}")
        for table, block, expected in TABLES
        for state, event in table.product()
    ],
)
def test_machine_every_pair_leads_where_the_table_says(
    block: str, expected: Expected, state: Enum, event: Enum
) -> None:
    machine: Machine[Any, Any] = getattr(Network().mtp3.links[PEER, 0], block)
    machine.state = state
    machine.handle(event)
    assert machine.state.name == expected[state.name].get(event.name, state.name)


@pytest.mark.parametrize(("table", "block", "expected"), TABLES)
def test_table_every_state_reachable(table: Table[Any, Any], block: str, expected: Expected) -> None:
    first = next(state for state, _ in table.product())
    assert table.unreachable(first) == set()
    assert set(expected) == {state.name for state in table.states}


# two signalling points over real links


class Wire:
    """Two points joined by links whose fill and messages cross in steps."""

    def __init__(self, links: int) -> None:
        self.now = 0
        self.sides = [{slc: Mtp2Link(f"{side}{slc}") for slc in range(links)} for side in "ab"]
        self.points = [
            Mtp3(Mtp3Config("china24", own, 2), {(other, slc): link for slc, link in side.items()})
            for (own, other), side in zip(((1, 2), (2, 1)), self.sides, strict=True)
        ]
        self.cut: set[int] = set()
        self.heard: list[list[Any]] = [[], []]

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.now += STEP
            for slc in self.sides[0]:
                ends = [side[slc] for side in self.sides]
                flows = []
                for end in ends:
                    end.take_flush()
                    flows.append([*end.pull(4), end.fill])
                if slc not in self.cut:
                    for units, end in zip(flows, reversed(ends), strict=True):
                        for unit in units:
                            end.receive(unit, 1, self.now)
                for end in ends:
                    end.expire(self.now)
            for point, heard in zip(self.points, self.heard, strict=True):
                point.poll(self.now)
                point.expire(self.now)
                heard.extend(point.indications())


def test_two_points_emergency_alignment_test_and_transfer() -> None:
    wire = Wire(2)
    for point, other in zip(wire.points, (2, 1), strict=True):
        for slc in (0, 1):
            point.activate(other, slc, wire.now, emergency=True)
    wire.run(120)
    assert wire.heard == [[Resume(2)], [Resume(1)]]
    assert [point.management[0x17] for point in wire.points] == [1, 1]
    wire.points[0].transfer(5, 2, 1, b"hello", wire.now)
    wire.run(3)
    assert wire.heard[1][1:] == [Transfer(5, 1, 2, 1, b"hello")]
    assert all(link.settled for side in wire.sides for link in side.values())


def test_two_points_cut_link_comes_back_by_itself() -> None:
    wire = Wire(1)
    for point, other in zip(wire.points, (2, 1), strict=True):
        point.activate(other, 0, wire.now, emergency=True)
    wire.run(120)
    wire.cut.add(0)
    wire.points[0].transfer(5, 2, 0, b"into the void", wire.now)
    wire.run(wire.sides[0][0].durations["T7"] // STEP + 3)
    assert wire.heard[0][-1] == Pause(2)
    wire.cut.clear()
    wire.run(3)
    assert wire.heard[1][-1] == Pause(1)
    wire.run((3 * SECOND + 2**12) // STEP)
    assert wire.heard[0][-1] == Resume(2)
    assert wire.heard[1][-1] == Resume(1)

"""Changeover, changeback, rerouting, inhibiting and restart between signalling points over real links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from callcenter.errors import StateError
from callcenter.fsm import Table
from callcenter.ss7.mtp2 import Mtp2Link
from callcenter.ss7.mtp3 import (
    TIMERS,
    LinkNotice,
    Mtp3,
    Mtp3Config,
    Pause,
    Resume,
    RouteConfig,
    Transfer,
    inhibit_fsm,
    rcat_fsm,
    rsrt_fsm,
    tcbc_fsm,
    tcoc_fsm,
    tcrc_fsm,
    tprc_fsm,
)
from callcenter.ss7.mtp3.codec import Label, Message
from callcenter.ss7.mtp3.management import Heading, Management
from testrig.board import HdlcFault
from testrig.clock import SECOND

A, B, S, T = 1, 2, 3, 4
STEP = 80
"""Frames a step of a world takes: 10 ms."""
A_STEP_CARRIES = 3
"""Signal units that a link carries in a step."""

Joint = tuple[int, int, int]
"""Two points, and the code of the link between them."""


class World:
    """Points by code. Every message is numbered within its flow, so that its order can be judged."""

    def __init__(
        self,
        joints: list[Joint],
        routes: dict[int, tuple[RouteConfig, ...]] | None = None,
        *,
        transfer: frozenset[int] = frozenset(),
        restart: bool | None = False,
    ) -> None:
        self.now = 0
        self.cut: set[Joint] = set()
        self.joints = joints
        self.ends: dict[tuple[int, int, int], Mtp2Link] = {}
        self.queues: dict[tuple[int, int, int], list[bytes]] = defaultdict(list)
        for a, b, slc in joints:
            self.ends[a, b, slc] = Mtp2Link(f"{a}-{b}/{slc}")
            self.ends[b, a, slc] = Mtp2Link(f"{b}-{a}/{slc}")
        codes = sorted({end[0] for end in self.ends})
        self.points = {
            code: Mtp3(
                Mtp3Config(
                    "itu14",
                    code,
                    2,
                    routes=(routes or {}).get(code, ()),
                    transfer=code in transfer,
                    restart=restart,
                    timers={"T18": 2 * SECOND},
                ),
                {(b, slc): link for (a, b, slc), link in self.ends.items() if a == code},
            )
            for code in codes
        }
        self.said: dict[int, list[object]] = {code: [] for code in codes}
        self.heard: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        """Numbers by origin, destination and selection, in the order they came."""
        self.given: dict[tuple[int, int, int], int] = defaultdict(int)

    def start(self) -> None:
        for code, point in self.points.items():
            for a, b, slc in self.ends:
                if a == code:
                    point.activate(b, slc, self.now, emergency=True)

    def send(self, origin: int, destination: int, sls: int) -> None:
        """Give a point the next message of a flow."""
        flow = (origin, destination, sls)
        number = self.given[flow]
        self.given[flow] += 1
        self.points[origin].transfer(5, destination, sls, number.to_bytes(4, "big"), self.now)

    def step(self) -> None:
        self.now += STEP
        flows = {}
        for end, link in self.ends.items():
            queue = self.queues[end]
            if link.take_flush():
                queue.clear()
            queue.extend(link.pull(4 - len(queue)))
            units = [queue.pop(0) for _ in range(min(A_STEP_CARRIES, len(queue)))]
            flows[end] = units or [link.fill]
        for (a, b, slc), units in flows.items():
            if (a, b, slc) not in self.cut and (b, a, slc) not in self.cut:
                for unit in units:
                    self.ends[b, a, slc].receive(unit, 1, self.now)
            else:
                for _ in units:
                    self.ends[b, a, slc].fault(HdlcFault.ABORT, self.now)
        for link in self.ends.values():
            link.expire(self.now)
        for code, point in self.points.items():
            point.poll(self.now)
            point.expire(self.now)
            for said in point.indications():
                if isinstance(said, Transfer):
                    self.heard[said.opc, code, said.sls].append(int.from_bytes(said.data, "big"))
                else:
                    self.said[code].append(said)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * SECOND / STEP)):
            self.step()

    def until(self, condition: Callable[[], bool], seconds: float) -> None:
        for _ in range(round(seconds * SECOND / STEP)):
            if condition():
                return
            self.step()
        assert condition(), f"not within {seconds} s"

    def all_accessible(self) -> bool:
        return all(
            point.destination_state(routes.destination) == "accessible"
            for point in self.points.values()
            for routes in point.tsrc.route_sets.values()
        )

    def check(self, *, complete: bool) -> None:
        """No flow has a message twice or out of order; with `complete` none is missing."""
        for flow, numbers in self.heard.items():
            assert numbers == sorted(set(numbers)), (flow, numbers)
        if complete:
            assert {flow: list(range(count)) for flow, count in self.given.items()} == dict(self.heard)


def pair(links: int = 3) -> World:
    world = World([(A, B, slc) for slc in range(links)])
    world.start()
    world.until(world.all_accessible, 5)
    world.until(
        lambda: all(link.available for point in world.points.values() for link in point.links.values()), 5
    )
    world.run(2)
    return world


def traffic(world: World, steps: int, flows: list[tuple[int, int]], every: int = 1) -> None:
    """Messages of all selections in turn, both ways, while the world goes on."""
    for number in range(steps):
        if number % every == 0:
            for origin, destination in flows:
                world.send(origin, destination, number // every % 16)
        world.step()


BOTH = [(A, B), (B, A)]


def count(point: Mtp3, heading: Heading) -> int:
    return point.management[heading]


@pytest.mark.parametrize("slc", [0, 1, 2])
def test_changeover_and_changeback_under_traffic_nothing_lost_doubled_or_misordered(slc: int) -> None:
    world = pair()
    traffic(world, 100, BOTH)
    world.cut.add((A, B, slc))
    traffic(world, 500, BOTH)
    assert not world.points[A].available(B, slc)
    assert count(world.points[A], Heading.COO) + count(world.points[A], Heading.COA) >= 1
    world.cut.clear()
    traffic(world, 600, BOTH)
    assert world.points[A].available(B, slc)
    assert count(world.points[A], Heading.CBA) >= 1
    world.run(3)
    world.check(complete=True)
    assert not any(isinstance(said, Pause) for said in world.said[A])


def test_changeover_of_two_links_one_after_the_other_loses_nothing() -> None:
    world = pair()
    traffic(world, 50, BOTH)
    world.cut.add((A, B, 0))
    traffic(world, 60, BOTH)
    world.cut.add((A, B, 1))
    traffic(world, 600, BOTH)
    world.cut.clear()
    traffic(world, 700, BOTH)
    world.run(3)
    world.check(complete=True)
    assert all(link.available for link in world.points[A].links.values())


def test_deactivated_link_hands_its_traffic_over() -> None:
    world = pair(2)
    traffic(world, 50, BOTH)
    world.points[A].deactivate(B, 0, world.now)
    traffic(world, 300, BOTH)
    world.run(3)
    world.check(complete=True)


def test_changeover_order_for_a_link_in_use_brings_what_the_other_end_had_not() -> None:
    world = pair(2)
    traffic(world, 50, [(A, B)])
    world.run(1)
    world.cut.add((A, B, 0))
    traffic(world, 8, [(A, B)])
    order = Management(Heading.COO, fsn=world.ends[B, A, 0].bsnt).encode("itu14")
    point = world.points[A]
    point.message_received(point.links[B, 1], Message(0, 2, Label(A, B, 0), order).encode("itu14"))
    assert not point.available(B, 0)
    world.cut.clear()
    world.run(3)
    world.check(complete=True)
    assert count(world.points[B], Heading.COA) == 1
    assert count(world.points[B], Heading.COO) == 0


def test_last_link_lost_pauses_and_resumes() -> None:
    world = pair(1)
    world.cut.add((A, B, 0))
    world.until(lambda: Pause(B) in world.said[A], 4)
    world.cut.clear()
    world.until(world.all_accessible, 8)
    assert world.said[A][-1] == Resume(B)


def test_remote_processor_outage_changes_over_by_time_and_back() -> None:
    world = pair(2)
    traffic(world, 50, BOTH)
    world.points[A].processor_outage(B, 0, True, world.now)
    world.run(2)
    assert world.points[B].link_state(A, 0) == world.points[A].link_state(B, 0) == "processor outage"
    traffic(world, 100, BOTH)
    world.points[A].processor_outage(B, 0, False, world.now)
    traffic(world, 300, BOTH)
    world.run(3)
    world.check(complete=True)
    assert world.points[A].available(B, 0)


def test_inhibited_link_carries_no_traffic_until_uninhibited_and_nothing_is_lost() -> None:
    world = pair(2)
    traffic(world, 50, BOTH)
    world.points[A].inhibit(B, 0, world.now)
    traffic(world, 200, BOTH)
    assert world.points[A].link_state(B, 0) == "locally inhibited"
    assert world.points[B].link_state(A, 0) == "remotely inhibited"
    assert LinkNotice(f"{A}-{B}/0", "inhibited") in world.said[A]
    traffic(world, 50, BOTH)
    assert not world.ends[A, B, 0].txc.sent
    with pytest.raises(StateError, match="denied"):
        world.points[A].inhibit(B, 1, world.now)
    with pytest.raises(StateError, match="denied"):
        world.points[B].inhibit(A, 1, world.now)
    world.points[A].uninhibit(B, 0, world.now)
    traffic(world, 300, BOTH)
    world.run(3)
    world.check(complete=True)
    assert world.points[B].available(A, 0)


def test_inhibited_link_taken_back_when_the_other_one_fails() -> None:
    world = pair(2)
    world.points[A].inhibit(B, 0, world.now)
    world.run(2)
    world.cut.add((A, B, 1))
    world.run(6)
    assert world.points[A].available(B, 0)
    assert world.points[B].available(A, 0)
    assert world.all_accessible()


def test_inhibition_is_tested_from_both_ends() -> None:
    world = pair(2)
    world.points[A].inhibit(B, 0, world.now)
    world.run(245)
    assert count(world.points[B], Heading.LLT) == 1
    assert count(world.points[A], Heading.LRT) == 1
    assert not world.points[A].available(B, 0)


def diamond(*, shared: bool = False, restart: bool | None = False) -> World:
    """A and B joined by the transfer points S and T, one link each."""

    def to(destination: int) -> tuple[RouteConfig, ...]:
        return (RouteConfig(destination, ((S, T),) if shared else ((S,), (T,))),)

    world = World(
        [(A, S, 0), (A, T, 0), (S, B, 0), (T, B, 0), (S, T, 0)],
        {
            A: to(B),
            B: to(A),
            S: (RouteConfig(A, ((T,),)), RouteConfig(B, ((T,),))),
            T: (RouteConfig(A, ((S,),)), RouteConfig(B, ((S,),))),
        },
        transfer=frozenset({S, T}),
        restart=restart,
    )
    world.start()
    world.until(world.all_accessible, 90)
    world.run(2)
    return world


@pytest.mark.parametrize("shared", [False, True])
def test_messages_go_by_transfer_points(shared: bool) -> None:
    world = diamond(shared=shared)
    traffic(world, 64, BOTH)
    world.run(1)
    world.check(complete=True)


def test_transfer_prohibited_forces_traffic_on_the_other_route_and_allowed_brings_it_back() -> None:
    world = diamond()
    traffic(world, 50, BOTH)
    world.cut |= {(S, B, 0), (S, T, 0)}
    world.until(lambda: world.points[S].destination_state(B) == "inaccessible", 5)
    world.run(1)
    assert world.points[A].destination_state(B) == "accessible"
    before = sum(len(numbers) for numbers in world.heard.values())
    traffic(world, 100, [(A, B)], every=2)
    world.run(1)
    assert sum(len(numbers) for numbers in world.heard.values()) >= before + 50
    world.cut.clear()
    allowed = count(world.points[A], Heading.TFA)
    world.until(lambda: count(world.points[A], Heading.TFA) > allowed, 10)
    traffic(world, 300, BOTH, every=2)
    world.run(3)
    world.check(complete=False)
    assert world.all_accessible()


def test_far_point_is_lost_and_found_over_transfer_points() -> None:
    world = diamond()
    world.cut |= {(S, B, 0), (T, B, 0)}
    world.until(lambda: Pause(B) in world.said[A], 6)
    world.cut.clear()
    world.until(world.all_accessible, 12)
    assert world.said[A][-1] == Resume(B)


def test_restart_with_the_procedure_ends_with_traffic_restart_allowed() -> None:
    world = diamond(restart=None)
    assert all(count(point, Heading.TRA) > 0 for point in world.points.values())
    traffic(world, 32, BOTH)
    world.run(1)
    world.check(complete=True)
    world.cut |= {joint for joint in world.joints if joint[0] == A}
    world.until(lambda: not world.points[A].restarted, 5)
    world.cut.clear()
    world.until(world.all_accessible, 90)


TABLES: list[Table[Any, Any]] = [
    tcoc_fsm.TABLE,
    tcbc_fsm.TABLE,
    tcrc_fsm.TABLE,
    tprc_fsm.TABLE,
    tprc_fsm.ADJACENT,
    rsrt_fsm.TABLE,
    rcat_fsm.TABLE,
    inhibit_fsm.LOCAL,
    inhibit_fsm.REMOTE,
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_table_every_state_reachable_and_every_timer_ends_somewhere(table: Table[Any, Any]) -> None:
    first = next(state for state, _ in table.product())
    assert table.unreachable(first) == set()
    timers = [event for event in table.events if event.name in TIMERS]
    for timer in timers:
        assert any(event is timer for _, event, _ in table.rows()), timer
    for _, _, transition in table.rows():
        assert transition.clause.startswith("Q.704 ")


class Failing(RuleBasedStateMachine):
    """Links fail and come back in any order while messages flow; in the end everything is as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.world = diamond()

    @rule(joint=st.integers(0, 4))
    def cut(self, joint: int) -> None:
        self.world.cut.add(self.world.joints[joint])

    @rule(joint=st.integers(0, 4))
    def mend(self, joint: int) -> None:
        self.world.cut.discard(self.world.joints[joint])

    @rule(steps=st.integers(1, 200))
    def flow(self, steps: int) -> None:
        traffic(self.world, steps, BOTH, every=3)

    def teardown(self) -> None:
        world = self.world
        world.cut.clear()
        world.until(world.all_accessible, 60)
        world.run(10)
        assert all(link.available for point in world.points.values() for link in point.links.values())
        for origin, destination in BOTH:
            for sls in range(16):
                world.send(origin, destination, sls)
        world.run(2)
        for (origin, destination, sls), count_ in world.given.items():
            assert world.heard[origin, destination, sls][-1] == count_ - 1


TestFailing = Failing.TestCase
TestFailing.settings = settings(max_examples=12, stateful_step_count=14, deadline=None)

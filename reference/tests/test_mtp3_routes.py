"""Route management, flow control and restart of one signalling point with scripted links, at exact frames."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.ss7.mtp2 import InService, LinkCongestion, MsuReceived, Mtp2Link, OutOfService, Reason
from callcenter.ss7.mtp3 import Mtp3, Mtp3Config, Pause, Resume, RouteConfig, Status
from callcenter.ss7.mtp3.codec import Label, LinkTest, Message, decode
from callcenter.ss7.mtp3.management import Heading, Management, decode_management
from testrig.system import Variant

OWN, A, B, F = 100, 1, 2, 9


class ScriptedLink(Mtp2Link):
    """A level 2 that keeps what it was given and says what the test has it say."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.given: list[bytes] = []

    def start(self, now: int) -> None:
        """The line is the test."""

    def stop(self, now: int) -> None:
        """The line is the test."""

    def transmit(self, msu: bytes, now: int) -> None:
        self.given.append(msu)


class Point:
    """Our point with one link to A and one to B; F is reached by A, else by B."""

    def __init__(self, variant: Variant = "itu14", **config: Any) -> None:
        self.variant: Variant = variant
        self.now = 0
        self.links = {A: ScriptedLink("A"), B: ScriptedLink("B")}
        routes = (RouteConfig(F, ((A,), (B,))),)
        settings = Mtp3Config(variant, OWN, 2, routes, **config)
        self.mtp3 = Mtp3(settings, {(point, 0): link for point, link in self.links.items()})
        self.mtp3.start(0)

    def say(self, point: int, event: Any) -> None:
        self.links[point].give(event)
        self.mtp3.poll(self.now)

    def hear(
        self, point: int, data: bytes, *, si: int = 0, dpc: int = OWN, opc: int = 0, sls: int = 0
    ) -> None:
        message = Message(si, 2, Label(dpc, opc or point, sls), data)
        self.say(point, MsuReceived(message.encode(self.variant)))

    def manage(self, adjacent: int, heading: Heading, **fields: int) -> None:
        self.hear(adjacent, Management(heading, **fields).encode(self.variant))

    def up(self, point: int) -> None:
        self.say(point, InService())
        self.hear(point, LinkTest(True, b"CALLCENTRE").encode(), si=1)

    def wait(self, name: str) -> None:
        self.now += self.mtp3.durations[name]
        self.mtp3.expire(self.now)

    def sent(self, point: int) -> list[Management]:
        """What management messages went by a link since the last call."""
        found = [decode(octets, self.variant) for octets in self.links[point].given]
        self.links[point].given.clear()
        return [decode_management(each.data, self.variant) for each in found if each.si == 0]

    def said(self) -> list[object]:
        return list(self.mtp3.indications())


def ready(variant: Variant = "itu14", **config: Any) -> Point:
    """The point with both links in service and all restarts over."""
    point = Point(variant, **config)
    for adjacent in (A, B):
        point.up(adjacent)
    for adjacent in (A, B):
        point.manage(adjacent, Heading.TRA)
    assert point.mtp3.restarted
    for adjacent in (A, B):
        point.sent(adjacent)
    point.said()
    return point


# restart, Q.704 9


def test_restart_ends_when_every_adjacent_point_said_tra() -> None:
    point = Point()
    point.up(A)
    point.up(B)
    point.manage(A, Heading.TRA)
    assert point.said() == []
    assert point.sent(A) == point.sent(B) == []
    point.manage(B, Heading.TRA)
    assert point.sent(A) == point.sent(B) == [Management(Heading.TRA)]
    assert point.said() == [Resume(A), Resume(B), Resume(F)]


def test_transfer_point_is_silent_about_routes_while_it_restarts() -> None:
    point = Point(transfer=True)
    for adjacent in (A, B):
        point.up(adjacent)
        point.sent(adjacent)
    point.manage(B, Heading.RST, point=A)
    point.hear(B, b"x", si=5, dpc=F, opc=B)
    assert point.sent(A) == point.sent(B) == []
    assert point.mtp3.undeliverable == 1
    for adjacent in (A, B):
        point.manage(adjacent, Heading.TRA)
    assert point.sent(B) == [Management(Heading.TRA)]
    point.manage(B, Heading.RST, point=A)
    assert point.sent(B) == [Management(Heading.TFA, point=A)]


def test_restart_ends_at_t20_without_tra() -> None:
    point = Point()
    point.up(A)
    t20 = point.mtp3.durations["T20"]
    point.mtp3.expire(t20 - 1)
    assert not point.mtp3.restarted
    point.now = t20 - point.mtp3.durations["T20"]
    point.wait("T20")
    assert point.mtp3.restarted
    assert point.sent(A)[-1] == Management(Heading.TRA)


def test_adjacent_point_restarts_with_tra_both_ways() -> None:
    point = ready()
    point.say(B, OutOfService(Reason.SIOS_RECEIVED))
    assert point.said() == [Pause(B)]
    point.wait("T17")
    point.up(B)
    assert point.sent(B) == [Management(Heading.TRA)]
    assert point.said() == []
    point.manage(B, Heading.TRA)
    assert point.said() == [Resume(B)]


def test_adjacent_point_without_tra_is_taken_after_t21() -> None:
    point = ready()
    point.say(B, OutOfService(Reason.SIOS_RECEIVED))
    point.wait("T17")
    point.up(B)
    point.said()
    point.wait("T21")
    assert Resume(B) in point.said()


def test_unexpected_tra_is_answered_once_in_t19() -> None:
    point = ready()
    point.manage(A, Heading.TRA)
    assert point.sent(A) == []
    point.wait("T19")
    point.sent(A)
    point.manage(A, Heading.TRA)
    assert point.sent(A) == [Management(Heading.TRA)]
    point.manage(A, Heading.TRA)
    assert point.sent(A) == []


# routes, Q.704 13


@pytest.mark.parametrize("variant", ["itu14", "china24"])
def test_prohibited_route_is_left_at_once_tested_and_taken_again_after_t6(variant: Variant) -> None:
    point = ready(variant)
    point.manage(A, Heading.TFP, point=F)
    assert point.said() == []
    point.mtp3.transfer(5, F, 0, b"by B", point.now)
    assert point.links[B].given[-1].endswith(b"by B")
    point.wait("T10")
    assert point.sent(A) == [Management(Heading.RST, point=F)]
    point.manage(A, Heading.TFA, point=F)
    point.sent(A)
    point.mtp3.transfer(5, F, 0, b"held", point.now)
    assert not point.links[A].given
    point.wait("T6")
    assert point.links[A].given[-1].endswith(b"held")


def test_restricted_route_gives_way_to_an_allowed_one_and_is_better_than_none() -> None:
    point = ready()
    point.manage(A, Heading.TFR, point=F)
    assert point.mtp3.destination_state(F) == "accessible"
    point.manage(B, Heading.TFP, point=F)
    assert point.mtp3.destination_state(F) == "restricted"
    point.wait("T10")
    assert point.sent(A) == [Management(Heading.RSR, point=F)]
    point.manage(A, Heading.TFP, point=F)
    assert point.mtp3.destination_state(F) == "inaccessible"
    assert point.said() == [Pause(F)]


def test_transfer_point_warns_the_point_it_routes_by_and_tells_all_when_a_route_is_lost_and_found() -> None:
    point = Point(transfer=True)
    for adjacent in (A, B):
        point.up(adjacent)
    for adjacent in (A, B):
        point.manage(adjacent, Heading.TRA)
    assert point.sent(A) == [Management(Heading.TFP, point=F), Management(Heading.TRA)]
    assert point.sent(B) == [Management(Heading.TRA)]
    point.manage(A, Heading.TFP, point=F)
    assert point.sent(A) == [Management(Heading.TFA, point=F)]
    assert point.sent(B) == [Management(Heading.TFP, point=F)]
    point.manage(B, Heading.TFP, point=F)
    assert point.sent(A) == [Management(Heading.TFP, point=F)]
    assert point.sent(B) == []


def lost(point: Point) -> None:
    for adjacent in (A, B):
        point.manage(adjacent, Heading.TFP, point=F)
        point.sent(A)
        point.sent(B)


def test_message_for_a_lost_point_is_answered_by_tfp_once_in_t8() -> None:
    point = ready(transfer=True)
    lost(point)
    point.wait("T8")
    for _ in range(3):
        point.hear(A, b"x", si=5, dpc=F, opc=77)
    assert point.sent(A) == [Management(Heading.TFP, point=F)]
    point.wait("T8")
    point.hear(A, b"x", si=5, dpc=F, opc=77)
    assert point.sent(A) == [Management(Heading.TFP, point=F)]
    assert point.mtp3.undeliverable == 4


def test_route_set_test_answered_when_things_changed() -> None:
    point = ready(transfer=True)
    point.manage(B, Heading.RST, point=F)
    assert point.sent(B) == [Management(Heading.TFA, point=F)]
    point.manage(B, Heading.RSR, point=F)
    assert point.sent(B) == [Management(Heading.TFA, point=F)]
    lost(point)
    point.manage(B, Heading.RST, point=F)
    assert point.sent(B) == []
    point.manage(B, Heading.RSR, point=F)
    assert point.sent(B) == [Management(Heading.TFP, point=F)]


def test_message_is_passed_on_unchanged_and_one_that_would_go_back_draws_tfp() -> None:
    point = ready(transfer=True)
    octets = Message(5, 2, Label(F, 77, 6), b"through").encode("itu14")
    point.say(B, MsuReceived(octets))
    assert point.links[A].given == [octets]
    point.links[A].given.clear()
    point.wait("T8")
    point.sent(A)
    point.say(A, MsuReceived(octets))
    assert point.mtp3.routes.circular == 1
    assert Management(Heading.TFP, point=F) in point.sent(A)


# flow control, Q.704 11


def test_congestion_told_to_users_and_origins_on_the_first_and_every_eighth_message() -> None:
    point = ready(transfer=True)
    point.say(A, LinkCongestion(True))
    for _ in range(9):
        point.mtp3.transfer(5, F, 0, b"x", point.now)
    assert point.said() == [Status(F, congestion=1)] * 2
    point.say(A, LinkCongestion(False))
    point.mtp3.transfer(5, F, 0, b"x", point.now)
    assert point.said() == []
    point.say(A, LinkCongestion(True))
    for _ in range(9):
        point.hear(B, b"x", si=5, dpc=F, opc=B)
    assert point.sent(B) == [Management(Heading.TFC, point=F)] * 2


def test_transfer_controlled_is_told_to_users() -> None:
    point = ready()
    point.manage(A, Heading.TFC, point=F)
    assert point.said() == [Status(F, congestion=1)]


def test_congestion_levels_fall_by_test_after_t15_and_t16() -> None:
    point = ready(congestion_levels=3)
    point.manage(A, Heading.TFC, point=F, status=2)
    assert point.said() == [Status(F, congestion=2)]
    point.wait("T15")
    assert Management(Heading.RCT) in point.sent(A)
    point.manage(A, Heading.TFC, point=F, status=2)
    assert point.said() == []
    point.wait("T15")
    point.wait("T16")
    assert point.said() == [Status(F, congestion=1)]
    point.wait("T16")
    assert point.said() == [Status(F)]


def test_lower_congestion_level_is_not_taken_before_the_test() -> None:
    point = ready(congestion_levels=3)
    point.manage(A, Heading.TFC, point=F, status=2)
    point.said()
    point.now += point.mtp3.durations["T15"] // 2
    for status in (1, 0):
        point.manage(A, Heading.TFC, point=F, status=status)
    assert point.said() == []
    point.now -= point.mtp3.durations["T15"] // 2
    point.wait("T15")
    assert Management(Heading.RCT) in point.sent(A)
    point.manage(A, Heading.TFC, point=F, status=1)
    assert point.said() == [Status(F, congestion=1)]
    point.wait("T15")
    point.manage(A, Heading.TFC, point=F)
    assert point.said() == [Status(F)]


@pytest.mark.parametrize("levels", [0, 3])
def test_transfer_controlled_for_a_point_that_cannot_be_reached_is_ignored(levels: int) -> None:
    point = ready(congestion_levels=levels)
    for adjacent in (A, B):
        point.manage(adjacent, Heading.TFP, point=F)
    assert point.said() == [Pause(F)]
    for unreachable in (F, F + 1):
        point.manage(A, Heading.TFC, point=unreachable, status=2)
    assert point.said() == []


def test_user_part_unavailable_is_told_to_users() -> None:
    point = ready()
    point.manage(A, Heading.UPU, point=F, user=5, cause=2)
    assert point.said() == [Status(F, user=5, cause=2)]

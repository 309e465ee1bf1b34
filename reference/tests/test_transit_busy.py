"""Busy hours: calls to the centre and in transit on all circuits at once, over both user parts."""

from __future__ import annotations

from random import Random

import pytest

from callcenter.calls.primitives import (
    Alerting,
    Answer,
    Failed,
    Leg,
    Release,
    Released,
    Resume,
    Setup,
    Suspend,
)
from callcenter.config import reference_config
from callcenter.engine import Engine
from callcenter.ss7.isup import Isup, IsupConfig
from callcenter.ss7.tup import Tup, TupConfig
from callcenter.ss7.user_part import UserPart
from callcenter.tdm.board import VirtualBoard
from testrig.clock import MINUTE, SECOND

CICS = {4: tuple(range(17, 32)), 5: tuple(range(1, 16))}
"""Circuits by service indicator."""
GROUPS = {4: "tup", 5: "isup"}
NUMBERS = ("8008200001", "8008200002", "8008201001", "8008209999", "02055556666", "02155556666", "999")


class Town:
    """The centre, and the exchange at the other end of all its circuits; messages take no time."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        board = VirtualBoard(spans=1, stations=4, voice_ports=40)
        self.engine = Engine(reference_config({"file": "transit.toml"}), board)
        self.engine.start()
        own, far = self.engine.config.own(), self.engine.config.point("public")
        self.own, self.far = own, far
        self.ends: dict[int, UserPart] = {
            4: Tup(TupConfig(far, {own: CICS[4]}, group="tup")),
            5: Isup(IsupConfig(far, {own: CICS[5]}, group="isup")),
        }
        (network,) = self.engine.signalling.networks.values()
        self.parts = network.users
        network.mtp3.transfer = self.carry  # type: ignore[method-assign]
        self.calls: dict[Leg, str] = {}
        """What the far exchange's calls are doing: `out`, `in`, `talking` or `leaving`."""
        self.placed = 0

    def carry(self, si: int, dpc: int, sls: int, data: bytes, now: int, spare: int = 0) -> None:
        assert dpc == self.far
        self.ends[si].receive(self.own, data, now, sls | spare << 4)

    def settle(self) -> None:
        """Carry messages until nobody says anything any more."""
        now = self.engine.now
        self.engine.work()
        while True:
            for si, end in self.ends.items():
                for indication in end.indications():
                    self.hear(si, indication.leg, indication.primitive)
            said = [(si, message) for si, end in self.ends.items() for message in end.messages()]
            if not said:
                return
            for si, message in said:
                self.parts[si].receive(self.far, message.data, now, message.sls)
            self.engine.work()

    def hear(self, si: int, leg: Leg, primitive: object) -> None:
        end, now = self.ends[si], self.engine.now
        match primitive:
            case Setup():
                assert leg not in self.calls
                self.calls[leg] = "in"
                if self.random.random() < 0.3:
                    self.calls[leg] = "leaving"
                    end.request(leg, Release(self.random.choice((1, 17, 34))), now)
                else:
                    end.request(leg, Alerting(), now)
            case Answer():
                self.calls[leg] = "talking"
            case Release():
                del self.calls[leg]
                end.request(leg, Released(), now)
            case Released() | Failed():
                self.calls.pop(leg, None)

    def act(self) -> None:
        """Somebody does something."""
        si = self.random.choice((4, 5))
        leg = Leg(GROUPS[si], self.random.choice(CICS[si]))
        end, now, what = self.ends[si], self.engine.now, self.random.random()
        state = self.calls.get(leg)
        if state is None and end.idle(leg):
            self.calls[leg] = "out"
            self.placed += 1
            end.request(leg, Setup(self.random.choice(NUMBERS), "13800138000"), now)
        elif state == "in" and what < 0.6:
            self.calls[leg] = "answered"
            end.request(leg, Answer(), now)
        elif state == "answered" and what < 0.3 and si == 4:
            end.request(leg, Suspend(), now)
        elif state == "answered" and what < 0.5 and si == 4:
            end.request(leg, Resume(), now)
        elif state not in (None, "leaving") and what > 0.6:
            self.calls[leg] = "leaving"
            end.request(leg, Release(16), now)
        self.settle()

    def wait(self, frames: int) -> None:
        """Let time pass, from deadline to deadline."""
        until = self.engine.now + frames
        while True:
            deadlines = [end.next_deadline for end in self.ends.values()]
            deadlines.append(self.engine.signalling.next_deadline)
            deadlines.append(self.engine.calls.next_deadline)
            at = min((each for each in deadlines if each is not None), default=until)
            if at > until:
                self.engine.now = until
                return
            self.engine.now = max(at, self.engine.now)
            for end in self.ends.values():
                end.expire(self.engine.now)
            self.settle()
            if at == until:
                return


@pytest.mark.parametrize("seed", range(4))
def test_busy_hour_leaves_every_circuit_idle_and_every_call_on_record(seed: int) -> None:
    town = Town(seed)
    ports = town.engine.calls._bus.free_ports
    for _ in range(600):
        town.act()
        if town.random.random() < 0.2:
            town.wait(town.random.randrange(5 * SECOND))
    assert town.placed > 150
    for leg, state in list(town.calls.items()):
        if state != "leaving":
            si = 4 if leg.group == "tup" else 5
            town.ends[si].request(leg, Release(16), town.engine.now)
            town.settle()
    town.wait(10 * MINUTE)
    assert town.calls == {}
    assert town.engine.calls.calls == ()
    assert town.engine.calls._bus.free_ports == ports
    for si, cics in CICS.items():
        legs = [Leg(GROUPS[si], cic) for cic in cics]
        assert {town.ends[si].circuit_state(leg) for leg in legs} == {"idle"}
        assert {town.parts[si].circuit_state(leg) for leg in legs} == {"idle"}
    records = town.engine.calls.projections.records
    offered = sum(event.type == "Offered" for event in town.engine.journal.since())
    assert len(records) == offered
    directions = [record["direction"] for record in records]
    assert min(directions.count("incoming"), directions.count("transit")) > 30
    assert any(record["answered"] for record in records if record["direction"] == "transit")

"""A system that is no call centre: an E1 end by the book that stops or breaks when its config says so.

Copied into the folders that the tests of the plugin make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from testrig.clock import Instant
from testrig.e1 import E1Port
from testrig.errors import ConfigurationError, RigError
from testrig.line import Line, StationPort
from testrig.system import CircuitMap, Pixit, Refused


class Maintenance:
    """The one client there is."""

    def alarms(self, line: int) -> frozenset[str]:
        return frozenset()

    def block(self, cic: int) -> None:
        raise Refused(f"block {cic}: this system has no circuits")

    def reset(self, cic: int) -> None:
        raise KeyError(cic)


class FakeSystem:
    """An E1 end that sends frames and reacts to nothing else."""

    name, version = "fake", "7"
    settled = True

    def __init__(self, config: Mapping[str, object]) -> None:
        self.config: Mapping[str, Any] = config
        self.pics = config.get("pics")
        self.now = 0
        self.ports: list[E1Port] = []
        self.stations: list[StationPort] = []

    @property
    def pixit(self) -> Pixit:
        return Pixit(
            variant="itu14",
            point_code=1,
            tester_point_code=2,
            network_indicator=2,
            link_line=0,
            link_slot=16,
            slc=0,
            circuits=(CircuitMap(1, 0, 1),),
            menu_number="1",
            queue_number="2",
            queue="q",
            queue_key="1",
            announcement_key="2",
            wrong_key="9",
            unallocated_number="404",
            outgoing_prefix="0",
            agents=(),
        )

    def attach(self, lines: Sequence[Line], stations: Sequence[StationPort]) -> None:
        if self.config.get("never_starts"):
            raise ValueError("no licence")
        self.ports = [E1Port(line) for line in lines]
        self.stations = list(stations)

    def advance(self, frames: int) -> None:
        self.now += frames
        if self.now > int(self.config.get("stops_at", 1 << 60)):
            raise ZeroDivisionError("lost its mind")
        if self.now > int(self.config.get("rig_breaks_at", 1 << 60)):
            raise RigError("the line card is on fire")
        for station in self.stations:
            station.send(np.full(frames, 0xD5, np.uint8))
            station.receive(frames)
        for port in self.ports:
            port.send(frames)
        for port in self.ports:
            port.receive(frames)

    def next_deadline(self) -> Instant | None:
        return None

    def maintenance(self) -> Maintenance:
        return Maintenance()

    def close(self) -> None:
        self.ports = []


def make(config: Mapping[str, object]) -> FakeSystem:
    """Entry point."""
    if config.get("refuses"):
        raise ConfigurationError("fake.toml: refuses: no such key")
    return FakeSystem(config)

"""Bringing a rig to a known state (a labgrid strategy)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attr
from labgrid import target_factory
from labgrid.driver import Driver
from labgrid.strategy import Strategy

from testrig.drivers import SpanProtocol, StationProtocol, VirtualSpansDriver, VirtualStationsDriver
from testrig.errors import ConfigurationError, LimitError
from testrig.line import Line, StationLine
from testrig.system import System
from testrig.virtual import LinePair, StationPair


class Status(Enum):
    """States of a rig."""

    OFF = "off"
    READY = "ready"


@target_factory.reg_driver
@attr.s(eq=False)
class BenchStrategy(Strategy):  # type: ignore[misc]
    """Knows two states: `off`, nothing is there; `ready`, fresh lines and stations are attached to a
    system just started. Spans and stations are numbered in the order of the rig file."""

    bindings = {"under_test": "SystemDriver"}  # noqa: RUF012

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.status = Status.OFF
        self.system: System | None = None
        self._arranged: dict[int, dict[str, object]] = {}

    def arrange(
        self, *, spans: int | None, config: Mapping[str, object] | None, entry_point: str | None
    ) -> None:
        """Change what the rig is made of before it is `ready` next; None: as in the rig file.

        Raises `ConfigurationError` for another number of lines where there are no virtual ones.
        """
        virtual = [each for each in self._drivers() if isinstance(each, VirtualSpansDriver)]
        if spans is not None and len(virtual) != 1:
            raise ConfigurationError(
                f"setup with {spans} spans: found {len(virtual)} of VirtualSpansDriver, expected one"
            )
        for driver in virtual:
            self._put(driver.spans, "count", spans)
        self._put(self.under_test.under_test, "config", config)
        self._put(self.under_test.under_test, "entry_point", entry_point)

    def _put(self, resource: Any, name: str, value: object) -> None:
        """Give a resource a value, or its own again."""
        own = self._arranged.setdefault(id(resource), {})
        own.setdefault(name, getattr(resource, name))
        setattr(resource, name, own[name] if value is None else value)

    def transition(self, status: Status | str) -> None:
        """Bring the rig to `status`. Already being there changes nothing. Raises what the drivers and the
        system raise; the rig is then `off`."""
        try:
            wanted = Status(status)
        except ValueError:
            names = ", ".join(state.value for state in Status)
            raise LimitError(f"rig state: found {status!r}, expected {names}") from None
        if wanted is self.status:
            return
        if wanted is Status.OFF:
            self._off()
            return
        try:
            self._ready()
        except BaseException:
            self._off()
            raise

    def _ready(self) -> None:
        for driver in (*self._spans(), *self._station_drivers(), self.under_test):
            self.target.activate(driver)
        system: System = self.under_test.make()
        self.system = system
        system.attach(
            [line for driver in self._spans() for line in driver.system_lines],
            [end for driver in self._station_drivers() for end in driver.exchange_ends],
        )
        self.status = Status.READY

    def _off(self) -> None:
        system, self.system = self.system, None
        self.status = Status.OFF
        try:
            if system is not None:
                system.close()
        finally:
            for driver in (*self._spans(), *self._station_drivers(), self.under_test):
                self.target.deactivate(driver)

    def _spans(self) -> list[SpanProtocol]:
        return [driver for driver in self._drivers() if isinstance(driver, SpanProtocol)]

    def _station_drivers(self) -> list[StationProtocol]:
        return [driver for driver in self._drivers() if isinstance(driver, StationProtocol)]

    def _drivers(self) -> list[Driver]:
        return list(self.target.drivers)

    @property
    def lines(self) -> list[Line]:
        """The tester's ends of the lines."""
        return [line for driver in self._spans() for line in driver.tester_lines]

    @property
    def stations(self) -> list[StationLine]:
        """The tester's ends of the station lines."""
        return [phone for driver in self._station_drivers() for phone in driver.phones]

    @property
    def pairs(self) -> list[LinePair]:
        """Virtual lines."""
        drivers = [each for each in self._drivers() if isinstance(each, VirtualSpansDriver)]
        return [pair for driver in drivers for pair in driver.pairs]

    @property
    def station_pairs(self) -> list[StationPair]:
        """Virtual station lines."""
        drivers = [each for each in self._drivers() if isinstance(each, VirtualStationsDriver)]
        return [pair for driver in drivers for pair in driver.pairs]

    @property
    def virtual(self) -> bool:
        """True when every line is in memory."""
        return all(isinstance(driver, VirtualSpansDriver) for driver in self._spans())

"""What is done with the resources of a rig: the drivers a rig file may name (labgrid drivers).

Activating a driver makes its devices, deactivating gives them back; nothing survives from one activation to
the next, which is how a rig starts every case from the same state.
"""

from __future__ import annotations

import abc
import difflib
import importlib
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, cast

import attr
from labgrid import target_factory
from labgrid.driver import Driver

from testrig.errors import ConfigurationError
from testrig.line import Line, StationLine, StationPort
from testrig.resources import parse_address
from testrig.satop import SatopLine
from testrig.system import System
from testrig.virtual import LinePair, StationPair

SYSTEMS_GROUP: Final = "testrig.systems"

SystemFactory = Callable[[Mapping[str, object]], System]


class SpanProtocol(abc.ABC):
    """A driver that has lines."""

    @property
    @abc.abstractmethod
    def tester_lines(self) -> Sequence[Line]:
        """The ends in the tester's hands."""

    @property
    @abc.abstractmethod
    def system_lines(self) -> Sequence[Line]:
        """The ends to be attached to the system; none if cables lead there."""


class StationProtocol(abc.ABC):
    """A driver that has station lines."""

    @property
    @abc.abstractmethod
    def phones(self) -> Sequence[StationLine]:
        """The ends in the tester's hands."""

    @property
    @abc.abstractmethod
    def exchange_ends(self) -> Sequence[StationPort]:
        """The ends to be attached to the system; none if cables lead there."""


@target_factory.reg_driver
@attr.s(eq=False)
class VirtualSpansDriver(Driver, SpanProtocol):  # type: ignore[misc]
    """Lines in memory, impairable through `pairs`."""

    bindings = {"spans": "VirtualSpans"}  # noqa: RUF012

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.pairs: list[LinePair] = []

    def on_activate(self) -> None:
        seed = self.spans.seed
        self.pairs = [LinePair(f"line{index}", seed=seed + index) for index in range(self.spans.count)]

    def on_deactivate(self) -> None:
        self.pairs = []

    @property
    def tester_lines(self) -> Sequence[Line]:
        return [pair.a for pair in self.pairs]

    @property
    def system_lines(self) -> Sequence[Line]:
        return [pair.b for pair in self.pairs]


@target_factory.reg_driver
@attr.s(eq=False)
class VirtualStationsDriver(Driver, StationProtocol):  # type: ignore[misc]
    """Station lines in memory."""

    bindings = {"stations": "VirtualStations"}  # noqa: RUF012

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.pairs: list[StationPair] = []

    def on_activate(self) -> None:
        self.pairs = [StationPair(f"station{index}") for index in range(self.stations.count)]

    def on_deactivate(self) -> None:
        self.pairs = []

    @property
    def phones(self) -> Sequence[StationLine]:
        return [pair.phone for pair in self.pairs]

    @property
    def exchange_ends(self) -> Sequence[StationPort]:
        return [pair.exchange for pair in self.pairs]


def _end(_: object, field: attr.Attribute[str], value: Any) -> None:
    if value not in ("tester", "system"):
        raise TypeError(f"{field.name}: found {value!r}, expected `tester` or `system`")


@target_factory.reg_driver
@attr.s(eq=False)
class SatopSpanDriver(Driver, SpanProtocol):  # type: ignore[misc]
    """A line over a pseudowire. `end` says whose it is: the tester's, or the system's when that runs in
    this process and has no pseudowires of its own."""

    bindings = {"span": "SatopSpan"}  # noqa: RUF012
    end: str = attr.ib(default="tester", validator=_end)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._line: SatopLine | None = None

    def on_activate(self) -> None:
        span = self.span
        self._line = SatopLine(
            self.name or "satop",
            parse_address("local", span.local),
            parse_address("remote", span.remote),
            payload=span.payload,
            delay=span.delay,
            timeout_s=float(span.timeout_s),
        )

    def on_deactivate(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    @property
    def tester_lines(self) -> Sequence[Line]:
        return [self._line] if self._line is not None and self.end == "tester" else []

    @property
    def system_lines(self) -> Sequence[Line]:
        return [self._line] if self._line is not None and self.end == "system" else []


@target_factory.reg_driver
@attr.s(eq=False)
class SystemDriver(Driver):  # type: ignore[misc]
    """Makes the system under test."""

    bindings = {"under_test": "SystemUnderTest"}  # noqa: RUF012

    def make(self) -> System:
        """Return a new system, not yet attached to anything."""
        return find_system(self.under_test.entry_point)(self.under_test.config)


@cache
def find_system(name: str) -> SystemFactory:
    """Return the factory behind entry point `name` of group `testrig.systems`, or behind
    `module:attribute`. Raises `ConfigurationError` with what there is."""
    if ":" in name:
        module, _, attribute = name.partition(":")
        try:
            return cast(SystemFactory, getattr(importlib.import_module(module), attribute))
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(f"entry_point: found {name!r}, which cannot be had: {error}") from error
    known = {point.name: point for point in importlib.metadata.entry_points(group=SYSTEMS_GROUP)}
    if name not in known:
        near = difflib.get_close_matches(name, known)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ConfigurationError(
            f"entry_point: found {name!r}, expected an entry point of group {SYSTEMS_GROUP}: "
            f"{', '.join(sorted(known)) or 'none installed'}{hint}"
        )
    try:
        return cast(SystemFactory, known[name].load())
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"entry_point: {name!r} is {known[name].value}, which cannot be had: {error}"
        ) from error

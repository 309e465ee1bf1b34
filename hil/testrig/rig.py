"""Rigs: a named set of lines and stations around a system under test, described by a file.

A rig file is a labgrid environment: target `main` with resources (`testrig.resources`), drivers
(`testrig.drivers`) and the strategy `BenchStrategy`; `options` may hold `block` (frames) and `calibration`
(what was calibrated: with what and when). Rigs that come with the package are opened by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final, NoReturn

from testrig.errors import ConfigurationError, LimitError, RigError, TestrigError
from testrig.line import Block, Line, Octets, StationLine
from testrig.rigfile import RigFile, near
from testrig.strategy import BenchStrategy, Status
from testrig.system import System
from testrig.virtual import LinePair, StationPair

DEFAULT_RIG: Final = "virtual"


class SystemStopped(TestrigError):
    """The system under test raised an exception of its own: a failure of the system, not of the rig."""


class GuardedLine:
    """The tester's end of a line; a failure latches the rig."""

    __slots__ = ("_line", "_rig")

    def __init__(self, line: Line, rig: Rig) -> None:
        self._line = line
        self._rig = rig

    @property
    def name(self) -> str:
        return self._line.name

    @property
    def signal(self) -> bool:
        return self._line.signal

    def send(self, block: Block) -> None:
        self._rig.check()
        try:
            self._line.send(block)
        except RigError as error:
            self._rig.latch(error)

    def receive(self, frames: int) -> Block:
        self._rig.check()
        try:
            return self._line.receive(frames)
        except RigError as error:
            self._rig.latch(error)


class GuardedStation:
    """The tester's end of a station line; a failure latches the rig."""

    __slots__ = ("_line", "_rig")

    def __init__(self, line: StationLine, rig: Rig) -> None:
        self._line = line
        self._rig = rig

    @property
    def name(self) -> str:
        return self._line.name

    @property
    def ringing(self) -> bool:
        return self._line.ringing

    def hook(self, off: bool) -> None:
        self._rig.check()
        try:
            self._line.hook(off)
        except RigError as error:
            self._rig.latch(error)

    def send(self, audio: Octets) -> None:
        self._rig.check()
        try:
            self._line.send(audio)
        except RigError as error:
            self._rig.latch(error)

    def receive(self, frames: int) -> Octets:
        self._rig.check()
        try:
            return self._line.receive(frames)
        except RigError as error:
            self._rig.latch(error)


class Rig:
    """A rig that is ready, until it is closed or breaks.

    The first `RigError`, wherever in the rig it comes from, is latched in `broken`: whatever is done with
    the rig after it raises `RigError` at once and says since when and why.
    """

    def __init__(self, file: RigFile, strategy: BenchStrategy) -> None:
        self._file = file
        self._strategy = strategy
        self._stopped: SystemStopped | None = None
        self._frames = 0
        self.broken: RigError | None = None
        """The first failure of the rig."""
        self.lines: list[Line] = []
        """The tester's ends of the lines. `fresh` replaces them."""
        self.stations: list[StationLine] = []
        """The tester's ends of the station lines. `fresh` replaces them."""

    @property
    def name(self) -> str:
        return self._file.name

    @property
    def block(self) -> int:
        """Frames in a block, unless there is a reason for another length."""
        return self._file.block

    @property
    def virtual(self) -> bool:
        """True when the lines are in memory: time is as fast as the machine, and `pairs` can be impaired."""
        return self._strategy.virtual

    @property
    def pairs(self) -> list[LinePair]:
        """The virtual lines, to be impaired; empty on a rig with cables."""
        return self._strategy.pairs

    @property
    def station_pairs(self) -> list[StationPair]:
        """The virtual station lines."""
        return self._strategy.station_pairs

    @property
    def system(self) -> System:
        """The system under test, attached. Raises `RigError` on a rig that is broken or closed."""
        self.check()
        system = self._strategy.system
        if system is None:
            raise RigError(f"rig {self.name}: is off; open it again, or bring it up with fresh()")
        return system

    def check(self) -> None:
        """Raise `RigError` if the rig is broken."""
        if self.broken is not None:
            raise self._latched() from self.broken

    def latch(self, error: RigError) -> NoReturn:
        """Keep `error` as the reason why the rig is broken, and raise it."""
        if self.broken is None:
            self.broken = error
            self._broken_at = self._frames
        raise error

    def _latched(self) -> RigError:
        return RigError(
            f"rig {self.name} is broken since frame {self._broken_at} after it was opened, first failure: "
            f"{self.broken}. Repair it and open it again."
        )

    def step(self, frames: int) -> None:
        """Let the system run for `frames`.

        Raises `RigError` when the rig fails, `SystemStopped` when the system does; a system that stopped
        stays so until `fresh`.
        """
        system = self.system
        if self._stopped is not None:
            raise SystemStopped(str(self._stopped)) from self._stopped.__cause__
        try:
            system.advance(frames)
        except RigError as error:
            self.latch(error)
        except Exception as error:
            self._stopped = SystemStopped(
                f"{system.name} stopped at frame {self._frames} after the rig was opened: "
                f"{type(error).__name__}: {error}"
            )
            raise self._stopped from error
        self._frames += frames

    @property
    def setups(self) -> tuple[str, ...]:
        """Names of the variants the rig can be brought up in, beside the one without a name."""
        return tuple(name for name in self._file.setups if name)

    def fresh(self, setup: str = "") -> None:
        """Bring the rig to its initial state: new lines or strategy's power cycle, and a system just started.

        `setup` is one of `setups`, or empty for the rig as it stands in its file. Raises `SystemStopped` when
        the system does not start, `RigError` when the rig fails, `LimitError` for a setup it does not have.
        """
        self.check()
        if setup not in self._file.setups:
            raise LimitError(f"rig {self.name}: setup {setup!r}: expected one of {', '.join(self.setups)}")
        chosen = self._file.setups[setup]
        self._stopped = None
        self.lines, self.stations = [], []
        try:
            self._strategy.transition(Status.OFF)
            self._strategy.arrange(spans=chosen.spans, config=chosen.config, entry_point=chosen.entry_point)
            self._strategy.transition(Status.READY)
        except RigError as error:
            self.latch(error)
        except TestrigError as error:
            raise self._file.located(error) from error
        except Exception as error:
            raise SystemStopped(
                f"{self._file.system} did not start: {type(error).__name__}: {error}"
            ) from error
        self.lines = [GuardedLine(line, self) for line in self._strategy.lines]
        self.stations = [GuardedStation(line, self) for line in self._strategy.stations]

    def describe(self) -> dict[str, object]:
        """What the rig is, for the certificate: plain values, the same for the same rig."""
        system = self._strategy.system
        return {
            **self._file.describe(),
            "virtual": self.virtual,
            "system": {
                "entry_point": self._file.system,
                "name": None if system is None else system.name,
                "version": None if system is None else system.version,
            },
        }

    def close(self) -> None:
        """Bring the rig to `off`. A closed rig may be closed again."""
        self.lines, self.stations = [], []
        self._strategy.transition(Status.OFF)

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def embedded_rigs() -> dict[str, Path]:
    """The rigs that come with the package, by name."""
    folder = resources.files("testrig") / "rigs"
    return {Path(each.name).stem: Path(str(each)) for each in folder.iterdir() if each.name.endswith(".yaml")}


def open_rig(
    name_or_path: str | Path = DEFAULT_RIG,
    *,
    entry_point: str | None = None,
    config: Mapping[str, object] | None = None,
) -> Rig:
    """Open the rig called `name_or_path`, or described by the file of that path, and bring it to `ready`.

    `entry_point` and `config` take the place of those in the file, to test another system on the same rig.
    Raises `ConfigurationError` (file, key, found, expected, near misses), `RigError`, `SystemStopped`.
    """
    embedded = embedded_rigs()
    if isinstance(name_or_path, str) and name_or_path in embedded:
        path = embedded[name_or_path]
    else:
        path = Path(name_or_path)
        if not path.is_file():
            raise ConfigurationError(
                f"rig {str(name_or_path)!r}: expected a rig file or one of {', '.join(sorted(embedded))}"
                f"{near(str(name_or_path), embedded)}"
            )
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    file = RigFile(path, content, entry_point=entry_point, config=config)
    rig = Rig(file, file.make())
    rig.fresh()
    return rig

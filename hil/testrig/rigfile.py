"""Reading a rig file and checking it before anything is made of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import attr
import labgrid
from labgrid import Environment, target_factory
from labgrid.exceptions import InvalidConfigError, NoConfigFoundError

import testrig.resources  # noqa: F401  (registers the resources)
from testrig.clock import SECOND
from testrig.errors import ConfigurationError, TestrigError
from testrig.line import DEFAULT_BLOCK
from testrig.strategy import BenchStrategy

ROLE: Final = "main"
_TOP_KEYS: Final = ("targets", "options", "imports", "images", "tools", "paths", "features")
_TARGET_KEYS: Final = ("resources", "drivers", "options", "features")
_OPTION_KEYS: Final = ("block", "calibration", "coordinator_address", "setups")
_SETUP_KEYS: Final = ("spans", "config", "entry_point")
_SYSTEM: Final = "SystemUnderTest"


def near(found: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` if something known looks like `found`."""
    close = difflib.get_close_matches(found, list(known))
    return f"; did you mean {' or '.join(close)}?" if close else ""


@dataclass(frozen=True, slots=True)
class Setup:
    """A named variant of a rig: what differs from the file's resources. None: as there."""

    spans: int | None = None
    """Number of virtual lines."""
    config: Mapping[str, object] | None = None
    """Configuration of the system."""
    entry_point: str | None = None


AS_IT_STANDS: Final = Setup()


class RigFile:
    """A rig file that was read and checked."""

    def __init__(
        self,
        path: Path,
        sha256: str,
        *,
        entry_point: str | None = None,
        config: Mapping[str, object] | None = None,
    ) -> None:
        self.path = path
        self.name = path.stem
        self._sha256 = sha256
        try:
            self._environment = Environment(str(path))
        except (InvalidConfigError, NoConfigFoundError, ImportError, KeyError) as error:
            raise ConfigurationError(f"{path}: {error}") from error
        data = self._environment.config.data
        self._keys(data, "the file", _TOP_KEYS)
        target = self._target(data)
        self._resources = self._items(target, "resources", target_factory.resources)
        self._drivers = self._items(target, "drivers", target_factory.drivers)
        self._override(entry_point, config)
        self._options = data.get("options") or {}
        self._keys(self._options, "options", _OPTION_KEYS)
        self.block = self._block()
        self.setups = self._setups()
        """Variants by name; the one without a name is the rig as its resources say."""

    def _fail(self, key: str, found: object, expected: str, hint: str = "") -> ConfigurationError:
        return ConfigurationError(f"{self.path}: {key}: found {found!r}, expected {expected}{hint}")

    def _keys(self, mapping: Any, key: str, known: tuple[str, ...]) -> None:
        if not isinstance(mapping, dict):
            raise self._fail(key, mapping, "a mapping")
        for each in mapping:
            if each not in known:
                raise self._fail(key, each, f"one of {', '.join(known)}", near(str(each), known))

    def _target(self, data: dict[str, Any]) -> dict[str, Any]:
        targets = data.get("targets")
        if not isinstance(targets, dict):
            raise self._fail("targets", targets, f"a mapping with target {ROLE}")
        if ROLE not in targets:
            raise self._fail(
                "targets", ", ".join(map(str, targets)), f"target {ROLE}", self._role_hint(targets)
            )
        target = targets[ROLE]
        self._keys(target, f"targets.{ROLE}", _TARGET_KEYS)
        return dict(target)

    @staticmethod
    def _role_hint(targets: Iterable[object]) -> str:
        return next((hint for name in targets if (hint := near(str(name), (ROLE,)))), "")

    def _items(
        self, target: dict[str, Any], section: str, known: dict[str, Any]
    ) -> list[tuple[str, dict[str, Any]]]:
        """Class and arguments of every item of a section, checked."""
        where = f"targets.{ROLE}.{section}"
        given = target.get(section)
        if not isinstance(given, dict | list):
            raise self._fail(where, given, "a mapping, or a list of mappings")
        try:
            named = target_factory._convert_to_named_list(given)
        except (InvalidConfigError, AttributeError, TypeError) as error:
            raise ConfigurationError(f"{self.path}: {where}: {error}; expected `Class: {{...}}`") from error
        items = []
        for item in named:
            name = str(item["cls"])
            if name not in known:
                ours = sorted(each for each in known if known[each].__module__.startswith("testrig."))
                raise self._fail(where, name, f"one of {', '.join(ours)} or labgrid's", near(name, known))
            arguments = {key: value for key, value in item.items() if key != "cls" and value is not None}
            self._arguments(f"{where}.{name}", known[name], arguments)
            items.append((name, arguments))
        return items

    def _arguments(self, where: str, kind: Any, arguments: dict[str, Any]) -> None:
        """Check arguments against the fields of the class that will take them."""
        fields = {field.name: field for field in attr.fields(kind) if field.init and field.name != "target"}
        for key, value in arguments.items():
            if key in ("name", "bindings"):
                continue
            if key not in fields:
                raise self._fail(where, key, f"one of {', '.join(fields)}", near(key, fields))
            validator = fields[key].validator
            if validator is not None:
                try:
                    validator(None, fields[key], value)
                except (TypeError, ValueError, ConfigurationError) as error:
                    raise ConfigurationError(f"{self.path}: {where}: {error.args[0]}") from error
        for key, field in fields.items():
            if field.default is attr.NOTHING and key != "name" and key not in arguments:
                raise ConfigurationError(f"{self.path}: {where}: expected key {key}, found {list(arguments)}")

    def _override(self, entry_point: str | None, config: Mapping[str, object] | None) -> None:
        systems = [arguments for name, arguments in self._resources if name == _SYSTEM]
        if len(systems) != 1:
            raise self._fail(f"targets.{ROLE}.resources", f"{len(systems)} of {_SYSTEM}", "one")
        if entry_point is not None:
            systems[0]["entry_point"] = entry_point
        if config is not None:
            systems[0]["config"] = dict(config)
        self.system = str(systems[0]["entry_point"])

    def _block(self) -> int:
        block = self._options.get("block", DEFAULT_BLOCK)
        if type(block) is not int or not 1 <= block <= SECOND:
            raise self._fail("options.block", block, f"1 to {SECOND} frames")
        return block

    def _setups(self) -> dict[str, Setup]:
        given = self._options.get("setups") or {}
        if not isinstance(given, dict):
            raise self._fail("options.setups", given, "a mapping of names to what differs")
        found = {"": AS_IT_STANDS}
        for name, each in given.items():
            key = f"options.setups.{name}"
            values = each or {}
            self._keys(values, key, _SETUP_KEYS)
            spans, config, entry_point = (values.get(each) for each in _SETUP_KEYS)
            if spans is not None and (type(spans) is not int or spans < 0):
                raise self._fail(f"{key}.spans", spans, "a whole number of 0 or more")
            if config is not None and not isinstance(config, dict):
                raise self._fail(f"{key}.config", config, "a mapping")
            if entry_point is not None and not isinstance(entry_point, str):
                raise self._fail(f"{key}.entry_point", entry_point, "the name of an entry point")
            found[str(name)] = Setup(spans, config, entry_point)
        return found

    def make(self) -> BenchStrategy:
        """Make the target of the file and return its strategy, `off`."""
        config = {
            section: [{"cls": name, **_copied(arguments)} for name, arguments in items]
            for section, items in (("resources", self._resources), ("drivers", self._drivers))
        }
        try:
            target = target_factory.make_target(ROLE, config, env=self._environment)
            strategy = target.get_strategy()
        except Exception as error:  # labgrid's errors have no common root
            raise ConfigurationError(f"{self.path}: targets.{ROLE}: {error}") from error
        if not isinstance(strategy, BenchStrategy):
            raise self._fail(f"targets.{ROLE}.drivers", type(strategy).__name__, BenchStrategy.__name__)
        return strategy

    def located(self, error: TestrigError) -> TestrigError:
        """`error` with the file and the place of the system in front, if it is about configuration."""
        if isinstance(error, ConfigurationError):
            return ConfigurationError(f"{self.path}: targets.{ROLE}.resources.{_SYSTEM}: {error}")
        return error

    def describe(self) -> dict[str, object]:
        """Name, hash and contents."""
        return {
            "name": self.name,
            "sha256": self._sha256,
            "block": self.block,
            "resources": [{"class": name, **_copied(arguments)} for name, arguments in self._resources],
            "drivers": [name for name, _ in self._drivers],
            "calibration": dict(self._options.get("calibration") or {}),
            "setups": _copied(self._options.get("setups") or {}),
            "labgrid": str(labgrid.__version__),
        }


def _copied(value: Any) -> Any:
    """Plain dicts and lists all the way down."""
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_copied(each) for each in value]
    return value

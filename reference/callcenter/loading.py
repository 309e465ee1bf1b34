"""From TOML to frozen dataclasses, strictly: what is not known is refused.

The dataclass is the schema: its field names are the keys, its annotations the types, its defaults what may
be left out. A refusal names the file, the key, what was found, what was expected, and the near misses.
"""

from __future__ import annotations

import difflib
import tomllib
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from callcenter.errors import ConfigurationError

Config = TypeVar("Config")

_NAMES: Mapping[object, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "an array",
}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises `ConfigurationError` when it is not there or not TOML."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error


def near(found: str, known: Iterable[str]) -> str:
    """Return ` (did you mean a or b?)` for the names in `known` that come near `found`, or nothing."""
    close = difflib.get_close_matches(found, list(known), n=2)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def refuse(
    source: str, key: str, found: object, expected: str, *, known: Iterable[str] = ()
) -> ConfigurationError:
    """Return the error that refuses the value `found` at `key` of `source`."""
    hint = near(found, known) if isinstance(found, str) else ""
    return ConfigurationError(f"{source}: {key}: found {found!r}, expected {expected}{hint}")


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the tables of `over` laid over it; anything but a table is replaced whole."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(value, Mapping) and isinstance(old, Mapping)
        result[key] = merged(old, value) if both and isinstance(old, Mapping) else value
    return result


def build(kind: type[Config], table: Mapping[str, Any], *, source: str, key: str = "") -> Config:
    """Build dataclass `kind` from `table`, found at `key` of `source`; raises `ConfigurationError`."""
    hints = _hints(kind)
    for name in table:
        if name not in hints:
            expected = f"one of {', '.join(hints)}{near(str(name), hints)}"
            raise ConfigurationError(f"{source}: {_join(key, str(name))}: unknown key, expected {expected}")
    values: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        at = _join(key, field.name)
        if field.name in table:
            values[field.name] = _value(hints[field.name], table[field.name], source, at)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ConfigurationError(f"{source}: {at}: missing, expected {_named(hints[field.name])}")
    return kind(**values)


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    """Annotations of `kind`, resolved once."""
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _value(hint: Any, found: Any, source: str, key: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        if found not in arguments or not isinstance(found, str):
            expected = f"one of {', '.join(map(str, arguments))}"
            raise refuse(source, key, found, expected, known=[str(each) for each in arguments])
        return found
    if origin in (Union, types.UnionType):
        return _union(arguments, found, source, key)
    if origin is tuple:
        if not isinstance(found, list | tuple):
            raise refuse(source, key, found, "an array")
        return tuple(
            _value(arguments[0], each, source, f"{key}[{index}]") for index, each in enumerate(found)
        )
    if origin is dict:
        if not isinstance(found, Mapping):
            raise refuse(source, key, found, "a table")
        if get_origin(arguments[0]) is Literal:
            for name in found:
                _value(arguments[0], name, source, f"{key}, name of an entry")
        return {
            str(name): _value(arguments[1], each, source, _join(key, str(name)))
            for name, each in found.items()
        }
    if is_dataclass(hint):
        if not isinstance(found, Mapping):
            raise refuse(source, key, found, "a table")
        return build(hint, found, source=source, key=key)  # type: ignore[arg-type]
    return _plain(hint, found, source, key)


def _union(arguments: tuple[Any, ...], found: Any, source: str, key: str) -> Any:
    for each in arguments:
        if each is type(None) and found is None:
            return None
        if isinstance(each, type) and type(found) is each:
            return found
        if is_dataclass(each) and isinstance(found, Mapping):
            return _value(each, found, source, key)
    expected = " or ".join(_named(each) for each in arguments if each is not type(None))
    raise refuse(source, key, found, expected)


def _plain(hint: Any, found: Any, source: str, key: str) -> Any:
    if hint is float and type(found) is int:
        return float(found)
    if type(found) is not hint:
        raise refuse(source, key, found, _named(hint))
    return found


def _named(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if origin in (Union, types.UnionType):
        return " or ".join(_named(each) for each in get_args(hint) if each is not type(None))
    if origin is tuple:
        return "an array"
    if origin is dict or is_dataclass(hint):
        return "a table"
    return _NAMES.get(hint, str(hint))

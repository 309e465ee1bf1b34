"""What a rig consists of: the resources a rig file may name (labgrid resources).

A resource holds values only; `testrig.drivers` says what is done with them.
"""

from __future__ import annotations

from typing import Any

import attr
from labgrid import target_factory
from labgrid.resource import Resource

from testrig.errors import ConfigurationError
from testrig.satop import DEFAULT_DELAY, DEFAULT_PAYLOAD, Address


def _count(_: object, field: attr.Attribute[int], value: Any) -> None:
    if type(value) is not int or value < 0:
        raise TypeError(f"{field.name}: found {value!r}, expected a whole number of 0 or more")


def _address(_: object, field: attr.Attribute[str], value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{field.name}: found {value!r}, expected text `host:port`")
    parse_address(field.name, value)


def _kind(kind: type, words: str) -> Any:
    def check(_: object, field: attr.Attribute[Any], value: Any) -> None:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(f"{field.name}: found {value!r}, expected {words}")

    return check


def parse_address(key: str, text: str) -> Address:
    """Split `host:port`. Raises `ConfigurationError` naming `key`."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 0xFFFF:
        raise ConfigurationError(f"{key}: found {text!r}, expected `host:port` with port 0 to 65535")
    return host, int(port)


@target_factory.reg_resource
@attr.s(eq=False)
class VirtualSpans(Resource):  # type: ignore[misc]
    """`count` E1 in memory between tester and system; `seed` of their random impairments."""

    count: int = attr.ib(default=1, validator=_count)
    seed: int = attr.ib(default=0, validator=_count)


@target_factory.reg_resource
@attr.s(eq=False)
class VirtualStations(Resource):  # type: ignore[misc]
    """`count` station lines in memory between the tester's telephones and the system."""

    count: int = attr.ib(default=4, validator=_count)


@target_factory.reg_resource
@attr.s(eq=False)
class SatopSpan(Resource):  # type: ignore[misc]
    """One end of an E1 over a SAToP pseudowire (RFC 4553): UDP `local` and `remote` as `host:port`,
    `payload` octets a packet, `delay` packets of jitter buffer, `timeout_s` until a silent far end means that
    the rig has failed."""

    local: str = attr.ib(validator=_address)
    remote: str = attr.ib(validator=_address)
    payload: int = attr.ib(default=DEFAULT_PAYLOAD, validator=_count)
    delay: int = attr.ib(default=DEFAULT_DELAY, validator=_count)
    timeout_s: float = attr.ib(default=2.0, validator=_kind((int, float), "seconds"))  # type: ignore[arg-type]


@target_factory.reg_resource
@attr.s(eq=False)
class SystemUnderTest(Resource):  # type: ignore[misc]
    """The system: the name of an entry point in group `testrig.systems`, or `module:attribute`, and the
    configuration it is called with."""

    entry_point: str = attr.ib(validator=_kind(str, "the name of an entry point"))
    config: dict[str, object] = attr.ib(factory=dict, validator=_kind(dict, "a mapping"))

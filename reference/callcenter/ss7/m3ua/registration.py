"""Registration of routing keys (RFC 4666 3.6, 4.4; section numbers `unverified`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callcenter.ss7.m3ua.codec import Message, Tag, parameter, parameters, word
from callcenter.ss7.m3ua.config import MODES, ServerConfig

if TYPE_CHECKING:
    from callcenter.ss7.m3ua.sgp import Peer, SignallingGatewayProcess

SUCCESS: Final = 0
INVALID_DPC: Final = 2
INVALID_APPEARANCE: Final = 3
INVALID_KEY: Final = 4
DENIED: Final = 5
NOT_UNIQUE: Final = 6
UNSUPPORTED_MODE: Final = 10
"""Registration status (3.6.2)."""
DEREGISTRATION_INVALID_CONTEXT: Final = 2
NOT_REGISTERED: Final = 4
STILL_ACTIVE: Final = 5
"""Deregistration status (3.6.4)."""


def register(sgp: SignallingGatewayProcess, peer: Peer, message: Message) -> list[tuple[int, bytes]]:
    """Return the results for the keys of a REG REQ; keys that are good become AS."""
    results = []
    for tag, value in message.parameters:
        if tag == Tag.ROUTING_KEY:
            key = Message(0, parameters(value))
            status, context = _one(sgp, peer, key)
            result = parameter(Tag.LOCAL_KEY, word(key.word(Tag.LOCAL_KEY) or 0))
            result += parameter(Tag.REGISTRATION_STATUS, word(status))
            result += parameter(Tag.ROUTING_CONTEXT, word(context))
            results.append((int(Tag.REGISTRATION_RESULT), result))
    return results


def _one(sgp: SignallingGatewayProcess, peer: Peer, key: Message) -> tuple[int, int]:
    config = sgp.config
    services = tuple(key.get(Tag.SERVICES) or b"")
    mode = key.word(Tag.TRAFFIC_MODE)
    appearance = key.word(Tag.NETWORK_APPEARANCE)
    if not config.registration:
        return DENIED, 0
    if key.word(Tag.LOCAL_KEY) is None or key.word(Tag.DPC) is None or not services:
        return INVALID_KEY, 0
    if key.word(Tag.DPC) != config.point_code:
        return INVALID_DPC, 0
    if appearance is not None and appearance != config.network_appearance:
        return INVALID_APPEARANCE, 0
    if mode is not None and mode not in MODES.values():
        return UNSUPPORTED_MODE, 0
    for context, server in sgp.servers.items():
        if server.dynamic is not None and server.config.services == services:
            if mode is not None and MODES[server.config.mode] != mode:
                return UNSUPPORTED_MODE, 0
            return SUCCESS, context
        if set(server.config.services) & set(services):
            return NOT_UNIQUE, 0
    context = sgp.next_context()
    modes = {code: name for name, code in MODES.items()}
    server = sgp.add(ServerConfig(f"registered {context}", context, services, modes[mode or 1]))
    server.dynamic = config.point_code
    for each in sgp.peers.values():
        if each.up:
            server.up(each)
    return SUCCESS, context


def withdraw(sgp: SignallingGatewayProcess, peer: Peer, message: Message) -> list[tuple[int, bytes]]:
    """Return the results for the contexts of a DEREG REQ."""
    results = []
    for context in message.words(Tag.ROUTING_CONTEXT):
        server = sgp.servers.get(context)
        if server is None:
            status = DEREGISTRATION_INVALID_CONTEXT
        elif server.dynamic is None:
            status = NOT_REGISTERED
        elif server.active:
            status = STILL_ACTIVE
        else:
            status = SUCCESS
            sgp.timers.stop(context)
            del sgp.servers[context]
        result = parameter(Tag.ROUTING_CONTEXT, word(context))
        result += parameter(Tag.DEREGISTRATION_STATUS, word(status))
        results.append((int(Tag.DEREGISTRATION_RESULT), result))
    return results

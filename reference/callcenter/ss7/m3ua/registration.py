"""Registration of routing keys (RFC 4666 3.6, 4.4).

A key that registers is service indicators of our point, without circuits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from callcenter.ss7.m3ua import as_fsm
from callcenter.ss7.m3ua.codec import Error, M3uaError, Message, Tag, parameter, parameters, word
from callcenter.ss7.m3ua.config import MODES, ServerConfig

if TYPE_CHECKING:
    from callcenter.ss7.m3ua.sgp import Peer, SignallingGatewayProcess

SUCCESS: Final = 0
INVALID_DPC: Final = 2
INVALID_APPEARANCE: Final = 3
INVALID_KEY: Final = 4
NOT_UNIQUE: Final = 6
UNSUPPORTED_FIELD: Final = 9
UNSUPPORTED_MODE: Final = 10
CHANGE_REFUSED: Final = 11
ALREADY_REGISTERED: Final = 12
"""Registration status (3.6.2)."""
DEREGISTRATION_INVALID_CONTEXT: Final = 2
NOT_REGISTERED: Final = 4
STILL_ACTIVE: Final = 5
"""Deregistration status (3.6.4)."""
FIELDS: Final = frozenset(
    {
        Tag.LOCAL_KEY,
        Tag.ROUTING_CONTEXT,
        Tag.TRAFFIC_MODE,
        Tag.DPC,
        Tag.NETWORK_APPEARANCE,
        Tag.SERVICES,
    }
)
"""What we can take in a key: no list of originating points."""
ANY_SERVICE: Final = tuple(range(3, 16))
"""A key without service indicators: every user, but not management (3.6.1)."""


def register(sgp: SignallingGatewayProcess, peer: Peer, message: Message) -> list[tuple[int, bytes]]:
    """Return the results for the keys of a REG REQ; keys that are good become AS, with the ASP in them."""
    if not sgp.config.registration:
        raise M3uaError(Error.UNSUPPORTED_CLASS, "routing keys are not registered here")
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
    """Status and routing context of one key (4.4.1)."""
    status = _wrong(sgp, key)
    if status:
        return status, 0
    services = tuple(sorted(set(key.get(Tag.SERVICES) or ANY_SERVICE)))
    mode = key.word(Tag.TRAFFIC_MODE)
    for context, server in sgp.servers.items():
        if server.members is not None and server.config.services == services:
            if peer.number in server.members:
                return ALREADY_REGISTERED, context
            if mode is not None and MODES[server.config.mode] != mode:
                return UNSUPPORTED_MODE, 0
            break
        if set(server.config.services) & set(services):
            return NOT_UNIQUE, 0
    else:
        context = sgp.next_context()
        modes = {code: name for name, code in MODES.items()}
        server = sgp.add(ServerConfig(f"registered {context}", context, services, modes[mode or 1]))
        server.members = set()
    assert server.members is not None
    server.members.add(peer.number)
    server.up(peer)
    return SUCCESS, context


def _wrong(sgp: SignallingGatewayProcess, key: Message) -> int:
    """What is wrong with a key by itself, or 0."""
    config = sgp.config
    points = [value for tag, value in key.parameters if tag == Tag.DPC]
    appearance = key.word(Tag.NETWORK_APPEARANCE)
    mode = key.word(Tag.TRAFFIC_MODE)
    if key.word(Tag.LOCAL_KEY) is None or not points:
        return INVALID_KEY
    if any(point != word(config.point_code) for point in points):
        return INVALID_DPC
    if appearance is not None and appearance != config.network_appearance:
        return INVALID_APPEARANCE
    if any(tag not in FIELDS for tag, _ in key.parameters) or len(points) > 1:
        return UNSUPPORTED_FIELD
    if key.word(Tag.ROUTING_CONTEXT) is not None:
        return CHANGE_REFUSED
    if mode is not None and mode not in MODES.values():
        return UNSUPPORTED_MODE
    return SUCCESS


def withdraw(sgp: SignallingGatewayProcess, peer: Peer, message: Message) -> list[tuple[int, bytes]]:
    """Return the results for the contexts of a DEREG REQ (4.4.2)."""
    if not sgp.config.registration:
        raise M3uaError(Error.UNSUPPORTED_CLASS, "routing keys are not registered here")
    results = []
    for context in message.words(Tag.ROUTING_CONTEXT):
        server = sgp.servers.get(context)
        if server is None:
            status = DEREGISTRATION_INVALID_CONTEXT
        elif server.members is None or peer.number not in server.members:
            status = NOT_REGISTERED
        elif server.is_active(peer):
            status = STILL_ACTIVE
        else:
            status = SUCCESS
            server.leave(peer)
            remove_unused(sgp)
        result = parameter(Tag.ROUTING_CONTEXT, word(context))
        result += parameter(Tag.DEREGISTRATION_STATUS, word(status))
        results.append((int(Tag.DEREGISTRATION_RESULT), result))
    return results


def forget(sgp: SignallingGatewayProcess, peer: Peer) -> None:
    """The ASP is down, or came up anew: all its keys are deregistered (4.3.4.1, 4.3.4.2)."""
    for server in sgp.servers.values():
        if server.members is not None and peer.number in server.members:
            server.leave(peer)
    remove_unused(sgp)


def remove_unused(sgp: SignallingGatewayProcess) -> None:
    """Delete the AS that nobody is registered in; one that is pending waits for T(r)."""
    for context, server in list(sgp.servers.items()):
        if server.members == set() and server.machine.state is not as_fsm.State.PENDING:
            sgp.timers.stop(context)
            del sgp.servers[context]

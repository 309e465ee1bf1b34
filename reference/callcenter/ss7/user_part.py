"""What level 3 and the call engine see of a user part for telephone calls, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from callcenter.calls.primitives import Indication, Leg, Primitive
from callcenter.ss7.notices import Notice
from testrig.clock import Instant


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for the network: what follows the routing label."""

    dpc: int
    sls: int
    """The label behind the point codes: the selection, and above it the bits that china24 keeps spare."""
    data: bytes


class UserPart(Protocol):
    """The user part of one signalling point. Stimuli first, then drain what came of them."""

    @property
    def timers(self) -> Mapping[str, int]:
        """Durations in force, in frames, by name."""
        ...

    # from MTP

    def receive(self, opc: int, data: bytes, now: Instant, sls: int = 0) -> None:
        """Take a message of the point `opc`, with `sls` as in `Outgoing`.

        Octets that are no message are noted, never raised.
        """
        ...

    def pause(self, dpc: int, now: Instant) -> None: ...
    def resume(self, dpc: int, now: Instant) -> None: ...
    def unavailable(self, dpc: int, cause: int, now: Instant) -> None:
        """MTP-STATUS (Q.701 8): the user part of `dpc` is unavailable, with the cause of UPU."""
        ...

    def congested(self, dpc: int, now: Instant) -> None:
        """MTP-STATUS (Q.701 8): the signalling network towards `dpc` is congested."""
        ...

    # from the board

    def check_tone(self, leg: Leg, now: Instant) -> None:
        """The tone of our continuity check has come back on circuit `leg`."""
        ...

    def provide_transceivers(self, free: Callable[[], bool]) -> None:
        """`free` tells whether there is a transceiver for a continuity check."""
        ...

    # from the call engine

    def request(self, leg: Leg, primitive: Primitive, now: Instant) -> None: ...
    def idle(self, cic: Leg) -> bool:
        """Whether the circuit may be seized for an outgoing call."""
        ...

    def forget(self) -> None:
        """The state of every circuit is unknown: it is reset when its far end can next be reached."""
        ...

    def recover(self, leg: Leg, *, incoming: bool, suspended: bool, blocked: bool, now: Instant) -> None:
        """Go on with a call that was answered before we took over, and say nothing of it to the far end.

        `suspended`: the called party has hung up and may come back; `blocked`: the far end has blocked the
        circuit.
        """
        ...

    # results

    def messages(self) -> Sequence[Outgoing]: ...
    def indications(self) -> list[Indication]: ...
    def notices(self) -> Sequence[Notice]: ...

    # time

    @property
    def next_deadline(self) -> Instant | None: ...
    def expire(self, now: Instant) -> None: ...

    # maintenance

    def circuit_state(self, cic: Leg) -> str: ...
    def check(self, cic: Leg, now: Instant) -> None:
        """Check the continuity of an idle circuit. Raises `StateError` for one that is not."""
        ...

    def block(self, cic: Leg, now: Instant) -> None: ...
    def unblock(self, cic: Leg, now: Instant) -> None: ...
    def reset(self, cic: Leg, now: Instant) -> None: ...
    def block_group(self, cic: Leg, count: int, now: Instant, *, hardware: bool = False) -> None: ...
    def unblock_group(self, cic: Leg, count: int, now: Instant, *, hardware: bool = False) -> None: ...
    def reset_group(self, cic: Leg, count: int, now: Instant) -> None: ...

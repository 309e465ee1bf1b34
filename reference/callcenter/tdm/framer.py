"""A span: both halves of its E1 framer, and the loops it can close (G.704, G.706, G.732; loops O.162)."""

from __future__ import annotations

from typing import Final

import numpy as np

from callcenter.tdm.receiver import FrameReceiver
from callcenter.tdm.transmitter import FrameTransmitter
from testrig.board import Alarm, Loopback, SpanAlarm, SpanConfig, SpanCounters
from testrig.clock import Instant
from testrig.line import SLOTS, Block

LOCAL_DELAY: Final = 40
"""Frames that the local loop holds, and the most that go through a framer at a time while it is closed."""

_ALL_ONES: Final = 0xFF


class Framer:
    """One span. In each block `receive` comes before `send`."""

    __slots__ = ("_loop", "_loopback", "_raw", "_received", "_transmitter", "config", "receiver")

    def __init__(self, span: int, config: SpanConfig, now: Instant = 0) -> None:
        self.config = config
        self.receiver = FrameReceiver(span, config, now)
        self._transmitter = FrameTransmitter(config)
        self._loopback = Loopback.NONE
        self._raw: Block = np.empty((0, SLOTS), np.uint8)
        self._received: Block = self._raw
        self._loop: Block = self._raw

    @property
    def loopback(self) -> Loopback:
        return self._loopback

    @loopback.setter
    def loopback(self, loopback: Loopback) -> None:
        if loopback is not self._loopback:
            self._loopback = loopback
            self._loop = np.full((LOCAL_DELAY, SLOTS), _ALL_ONES, np.uint8)

    @property
    def alarms(self) -> frozenset[Alarm]:
        return frozenset(self.receiver.alarms)

    @property
    def counters(self) -> SpanCounters:
        return self.receiver.counters

    @property
    def events(self) -> list[SpanAlarm]:
        """Alarms that came or went in the last block."""
        return self.receiver.events

    @property
    def settled(self) -> bool:
        """True when nothing is open in either direction and no local loop holds frames."""
        settled = self.receiver.settled and self._transmitter.settled
        return settled and self._loopback is not Loopback.LOCAL

    def receive(self, block: Block, signal: bool) -> Block:
        """Take `uint8[n, 32]` from the line; return n aligned frames, ones where there is no alignment.
        With the local loop closed n is at most `LOCAL_DELAY`."""
        if self._loopback is Loopback.LOCAL:
            block, signal = self._loop[: len(block)], True
        self._raw = np.ascontiguousarray(block)
        self._received = self.receiver.receive(self._raw, signal)
        return self._received

    def send(self, block: Block) -> Block:
        """Frame `uint8[n, 32]`, contiguous, whose time slots 1 to 31 are in place, as many as were received;
        return what goes to the line. The block is written to."""
        receiver = self.receiver
        if self._loopback is Loopback.PAYLOAD:
            block[:, 1:] = self._received[:, 1:]
        self._transmitter.frame(
            block,
            alarm=receiver.defects,
            confirmed=receiver.confirmations,
            errors=receiver.block_errors,
        )
        if self._loopback is Loopback.LINE:
            return self._raw
        if self._loopback is Loopback.LOCAL:
            self._loop = np.concatenate((self._loop[len(block) :], block))
            return np.full_like(block, _ALL_ONES)
        return block

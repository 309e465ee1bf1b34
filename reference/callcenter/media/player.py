"""Playing stored audio on many voice ports at once."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np

from callcenter.errors import StateError
from callcenter.media.g711 import SILENCE
from testrig.line import Octets

_SILENCE_PAD: Final = np.full(8_000, SILENCE, np.uint8)


class _Playing:
    """What one port plays, and how far it is."""

    __slots__ = ("audio", "loop", "position")

    def __init__(self, audio: Octets, loop: bool) -> None:
        self.audio = audio
        self.loop = loop
        self.position = 0


class Player:
    """The players of `ports` voice ports. Only ports that play cost anything."""

    __slots__ = ("_playing", "_ports")

    def __init__(self, ports: int) -> None:
        self._ports = ports
        self._playing: dict[int, _Playing] = {}

    @property
    def playing(self) -> AbstractSet[int]:
        """The ports that play."""
        return self._playing.keys()

    def play(self, port: int, audio: Octets, loop: bool = False) -> None:
        """Play `audio`, `uint8[n]` A-law with n >= 1, from the next `take` on; replaces what was playing.

        The octets are not copied: the caller leaves them alone while they play. Raises `StateError` for a
        port that is not there or audio that is not `uint8[n]`.
        """
        if not 0 <= port < self._ports:
            raise StateError(f"play on port {port}: expected 0 to {self._ports - 1}")
        if audio.dtype != np.uint8 or audio.ndim != 1 or not audio.size:
            raise StateError(
                f"play on port {port}: found {audio.dtype}{list(audio.shape)}, expected uint8[n] with n >= 1"
            )
        self._playing[port] = _Playing(audio, loop)

    def stop(self, port: int) -> None:
        """Stop `port`; nothing happens when it does not play."""
        self._playing.pop(port, None)

    def remaining(self, port: int) -> int | None:
        """Frames until `port` comes to its end by itself; None if it does not play or plays for ever."""
        now = self._playing.get(port)
        return None if now is None or now.loop else len(now.audio) - now.position

    @property
    def next_end(self) -> int | None:
        """Frames until the first port comes to its end by itself."""
        ends = [len(each.audio) - each.position for each in self._playing.values() if not each.loop]
        return min(ends, default=None)

    def take(self, frames: int) -> tuple[list[tuple[int, Octets]], list[tuple[int, int]]]:
        """Return the next `frames` of every playing port, and the ports that came to their end.

        The first list holds `(port, uint8[frames])`, filled up with silence behind an end; the arrays may
        be views, to be read only. The second holds `(port, offset)`: the audio was over `offset` frames
        (1 to `frames`) into this stretch. Such a port does not play any more.
        """
        audio: list[tuple[int, Octets]] = []
        ended: list[tuple[int, int]] = []
        for port, each in self._playing.items():
            start, length = each.position, len(each.audio)
            stop = start + frames
            if stop < length:
                audio.append((port, each.audio[start:stop]))
                each.position = stop
            elif each.loop:
                audio.append((port, _wrapped(each.audio, start, frames)))
                each.position = stop % length
            else:
                audio.append((port, _padded(each.audio[start:], frames)))
                ended.append((port, length - start))
        for port, _ in ended:
            del self._playing[port]
        return audio, ended


def _wrapped(audio: Octets, start: int, frames: int) -> Octets:
    """`frames` of `audio` repeated for ever, from `start` on."""
    if start + frames == len(audio):
        return audio[start:]
    return audio.take(np.arange(start, start + frames), mode="wrap")


def _padded(audio: Octets, frames: int) -> Octets:
    """`audio` followed by silence up to `frames`."""
    missing = frames - len(audio)
    if not missing:
        return audio
    pad = _SILENCE_PAD[:missing] if missing <= len(_SILENCE_PAD) else np.full(missing, SILENCE, np.uint8)
    return np.concatenate((audio, pad))

"""The prompts of the reference call centre.

No recordings are shipped: each named prompt is a synthesised signature, a rhythm of bursts at one marker
frequency that no other prompt, no call progress tone (450 Hz), no DTMF frequency (Q.23) and no in-band
signal (2,100 Hz of echo control and fax, 1,100 Hz of fax calling, 2,280, 2,400 and 2,600 Hz of old line
signalling) comes near. Who listens, person or instrument, can tell which prompt is played. An operator
replaces prompts with recordings: files `<name>.wav`, 8 kHz mono, A-law or 16-bit PCM.
"""

from __future__ import annotations

import difflib
import struct
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from callcenter.errors import ConfigurationError
from callcenter.media.g711 import SILENCE, amplitude, encode, encode_float
from testrig.clock import SECOND
from testrig.line import Octets

MARKER_HZ: Final[Mapping[str, int]] = MappingProxyType(
    {
        "greeting": 620,
        "menu": 1020,
        "invalid": 1740,
        "timeout": 1860,
        "queue_music": 1980,
        "all_busy": 2200,
        "information": 2340,
        "unallocated": 2480,
        "goodbye": 2720,
    }
)
"""Frequency in Hz that tells a prompt apart, by the prompt's name."""

PROMPT_DBM0: Final = -10.0

_RHYTHM: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "greeting": (240, 240, 480),
        "menu": (480, 240, 240, 480),
        "invalid": (160, 160, 160),
        "timeout": (480, 160),
        "queue_music": (480, 240, 480, 240, 240, 960),
        "all_busy": (240, 480, 240),
        "information": (240, 240, 240, 480, 480),
        "unallocated": (240, 480, 480),
        "goodbye": (480, 480),
    }
)
"""Lengths of the bursts in milliseconds."""

_GAP_MS: Final = 80
_EDGE_MS: Final = 5
"""Bursts rise and fall along a raised cosine, so that their spectrum keeps to the marker."""

_PCM: Final = 1
_ALAW: Final = 6


def synthesise(name: str) -> Octets:
    """Return the signature of prompt `name` as `uint8[n]` A-law, a gap of silence at its end.

    Raises `ConfigurationError` for a name that `MARKER_HZ` does not hold.
    """
    if name not in MARKER_HZ:
        raise ConfigurationError(f"prompt {name!r}: expected one of {', '.join(MARKER_HZ)}{_near(name)}")
    gap = np.full(_GAP_MS * SECOND // 1000, SILENCE, np.uint8)
    parts: list[Octets] = []
    for length_ms in _RHYTHM[name]:
        parts += [encode_float(_burst(MARKER_HZ[name], length_ms)), gap]
    audio = np.concatenate(parts)
    audio.setflags(write=False)
    return audio


def _burst(hz: int, length_ms: int) -> NDArray[np.float64]:
    frames = length_ms * SECOND // 1000
    edge = _EDGE_MS * SECOND // 1000
    envelope = np.ones(frames)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)
    envelope[:edge] = rise
    envelope[-edge:] = rise[::-1]
    return amplitude(PROMPT_DBM0) * envelope * np.sin(2 * np.pi * hz * np.arange(frames) / SECOND)


def load_prompts(directory: Path | None = None) -> dict[str, Octets]:
    """Return every prompt as `uint8[n]` A-law, by name.

    `directory` may hold recordings `<name>.wav` that take the place of the signatures. Raises
    `ConfigurationError` with the file's name for a directory that is not there, a recording of no known
    name, or a format that cannot be played.
    """
    prompts = {name: synthesise(name) for name in MARKER_HZ}
    if directory is None:
        return prompts
    if not directory.is_dir():
        raise ConfigurationError(f"prompts: found {directory}, expected a directory of .wav files")
    for path in sorted(directory.glob("*.wav")):
        if path.stem not in MARKER_HZ:
            raise ConfigurationError(
                f"{path}: found prompt {path.stem!r}, expected one of {', '.join(MARKER_HZ)}"
                f"{_near(path.stem)}"
            )
        prompts[path.stem] = read_wav(path)
    return prompts


def read_wav(path: Path) -> Octets:
    """Read a recording of 8 kHz, one channel, A-law or 16-bit PCM, as `uint8[n]` A-law, n >= 1.

    Raises `ConfigurationError` that names the file, the field, what was found and what was expected.
    """
    content = path.read_bytes()
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ConfigurationError(f"{path}: found {content[:12]!r}, expected a RIFF WAVE header")
    chunks = _chunks(content)
    if len(chunks.get(b"fmt ", b"")) < 16:
        raise ConfigurationError(f"{path}: expected a `fmt ` chunk of at least 16 octets, found none")
    format_tag, channels, rate, _, _, width = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    found = f"format {format_tag}, {channels} channels, {rate} Hz, {width} bits"
    if (channels, rate) != (1, SECOND) or (format_tag, width) not in {(_PCM, 16), (_ALAW, 8)}:
        raise ConfigurationError(
            f"{path}: found {found}, expected 8000 Hz mono, "
            "A-law (format 6, 8 bits) or PCM (format 1, 16 bits)"
        )
    data = chunks.get(b"data", b"")
    if len(data) < width // 8:
        raise ConfigurationError(f"{path}: found no audio, expected a `data` chunk with samples")
    if format_tag == _ALAW:
        audio = np.frombuffer(data, np.uint8)
    else:
        audio = encode(np.frombuffer(data[: len(data) & ~1], "<i2").astype(np.int16))
    audio.setflags(write=False)
    return audio


def _chunks(content: bytes) -> dict[bytes, bytes]:
    """Chunks of a RIFF file by their name; a length beyond the file (a stream's header) ends at its end."""
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        chunks.setdefault(name, content[at + 8 : at + 8 + length])
        at += 8 + length + (length & 1)
    return chunks


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, MARKER_HZ)
    return f" (did you mean {' or '.join(near)}?)" if near else ""

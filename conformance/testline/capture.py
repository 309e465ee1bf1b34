"""Evidence of a case: the capture of its signalling link and what was heard, as files of the report."""

from __future__ import annotations

import re
import wave
from pathlib import Path
from typing import Final

import numpy as np

from testline.bench import Bench
from testline.decode.encapsulation import EXPORTED, export
from testline.trace import TraceEntry
from testrig.clock import SECOND
from testrig.instruments import alaw
from testrig.line import Line, Octets
from testrig.pcapng import PcapngWriter
from testrig.system import Pixit
from testrig.tap import SignallingCapture, TappedLine

EVIDENCE: Final = "evidence"
PEAK: Final = 32_767


class Capture:
    """The signalling channels of the PIXIT, tapped on the lines themselves, and the messages of associations
    as testers sent and received them, into one pcapng file."""

    def __init__(self, report: Path, slug: str, pixit: Pixit) -> None:
        links = pixit.links
        places = [(each.line, each.slot) for each in links]
        if not places and pixit.asp is None:
            places.append((pixit.link_line, pixit.link_slot))
        self._slots: dict[int, list[int]] = {}
        for line, slot in places:
            self._slots.setdefault(line, []).append(slot)
        name = f"{EVIDENCE}/{slug}.pcapng"
        self.files = {"capture": name}
        """What to see -> path below the report."""
        path = report / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = path.open("wb")
        self._file = PcapngWriter(self._stream, application="testline")
        self._writer = SignallingCapture(self._file)
        self._associations: dict[str, int] = {}

    def tap(self, index: int, line: Line) -> Line:
        """Return `line`, tapped if it carries links."""
        slots = self._slots.get(index)
        return line if slots is None else TappedLine(line, slots, self._writer)

    def hear(self, entry: TraceEntry) -> None:
        """Write a message of an association, which no line carries."""
        if entry.protocol != "M3UA":
            return
        number = self._associations.get(entry.channel)
        if number is None:
            number = self._associations[entry.channel] = self._file.interface(entry.channel, EXPORTED)
        comment = "wrong on purpose" if entry.deliberate else ""
        octets = export("m3ua", entry.octets)
        self._file.packet(number, entry.at, octets, outbound=entry.direction == "sent", comment=comment)

    def close(self) -> None:
        """Finish the file."""
        self._stream.close()


def write_recordings(bench: Bench, report: Path, slug: str) -> dict[str, str]:
    """Write what every voice of the bench heard as WAV (8,000 Hz, 16 bit); return what there is."""
    files: dict[str, str] = {}
    for machine in bench.machines:
        recording: list[Octets] = getattr(machine, "recording", [])
        heard = np.concatenate(recording) if recording else np.empty(0, np.uint8)
        if not (heard != alaw.SILENCE).any():
            continue
        name = str(getattr(machine, "name", "voice"))
        path = f"{EVIDENCE}/{slug}.{re.sub(r'[^A-Za-z0-9]+', '-', name)}.{len(files)}.wav"
        (report / EVIDENCE).mkdir(parents=True, exist_ok=True)
        samples = np.rint(alaw.decode(heard) * PEAK).astype("<i2")
        with wave.open(str(report / path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(SECOND)
            sound.writeframes(samples.tobytes())
        files[f"heard by {name}" if f"heard by {name}" not in files else f"heard by {name} {len(files)}"] = (
            path
        )
    return files

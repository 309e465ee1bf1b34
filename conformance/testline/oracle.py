"""The third opinion: every signal unit and M3UA message of every case goes through Wireshark's dissectors.

One tshark runs for as long as the worker does; a case writes its frames into the pipe and reads one line
back for each. tshark keeps an unknown value of a preference silently (`mtp3.standard`), so each start is
checked with frames whose point codes are known. Where there is no tshark, or it does not understand,
the reason is the oracle's status and stands in every record: it is never left out in silence.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Literal

from testline.decode.encapsulation import EXPORTED, export
from testrig.pcapng import LINKTYPE_MTP2
from testrig.system import Variant

TOOL: Final = "tshark"
ANSWER_WITHIN: Final = 30.0
"""Seconds of wall time tshark may take to answer one case's frames."""

_STANDARD: Final[dict[str, str]] = {"itu14": "ITU", "china24": "Chinese ITU"}
_FIELDS: Final = (
    "frame.number",
    "_ws.malformed",
    "_ws.expert.group",
    "_ws.expert.message",
    "mtp3.opc",
    "mtp3.dpc",
    "mtp3.chinese_opc",
    "mtp3.chinese_dpc",
    "_ws.col.Protocol",
    "_ws.col.Info",
)
_PI_MALFORMED: Final = str(0x07000000)
"""Expert group "malformed" of Wireshark's epan."""
Carrier = Literal["MTP2", "M3UA"]
"""What the frames are: signal units, or messages of an association."""
_LINK_TYPES: Final[dict[Carrier, int]] = {"MTP2": LINKTYPE_MTP2, "M3UA": EXPORTED}

_RSC_ITU: Final = bytes.fromhex("ff ff 08  85  02 40 00 00  01 00 12")
"""Reset circuit from point code 1 to point code 2, CIC 1, SLS 0; 14-bit label (Q.704 2.2)."""
_RSC_CHINA: Final = bytes.fromhex("ff ff 0c  85  02 00 00  01 00 00  00  01 00 12")
"""The same with a 24-bit label: 0-0-1 to 0-0-2."""
_RSC_M3UA: Final = bytes.fromhex("01000101 0000001c 02100013 00000001 00000002 05020000 01001200")
"""The same in DATA of M3UA (RFC 4666 3.3.1), whose labels do not depend on the variant."""
_SELF_TEST: Final[dict[str, bytes]] = {"itu14": _RSC_ITU, "china24": _RSC_CHINA}


@dataclass(frozen=True, slots=True)
class Opinion:
    """What tshark says of one frame."""

    protocol: str
    info: str
    malformed: str
    """Its complaint, or empty."""
    opc: str
    dpc: str


class OracleStopped(Exception):
    """tshark went away or did not answer; kept inside this module."""

    __test__ = False


class Oracle:
    """One tshark for frames of one carrier with one kind of routing label.

    `status` is `ready`, or `not run: <reason>`; then `judge` returns None.
    """

    def __init__(self, variant: Variant, carrier: Carrier = "MTP2", *, tool: str = TOOL) -> None:
        """Start and check tshark. Raises nothing: what goes wrong is in `status`."""
        self.variant = variant
        self.carrier: Carrier = carrier
        self.version = ""
        self.status = "ready"
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._frames = 0
        self._rest = b""
        program = shutil.which(tool)
        if program is None:
            self.status = f"not run: {Path(tool).name} missing"
            return
        try:
            self._start(program)
            self._check()
        except (OSError, OracleStopped) as error:
            self._stop(f"not run: {error}")

    def _start(self, program: str) -> None:
        shown = subprocess.run(
            [program, "--version"], capture_output=True, check=False, timeout=ANSWER_WITHIN
        )
        self.version = shown.stdout.decode(errors="replace").split("\n", 1)[0].strip().rstrip(".")
        command = [program, "-n", "-l", "-Q", "-r", "-", "-T", "fields"]
        command += ["-o", f"mtp3.standard:{_STANDARD[self.variant]}"]
        for name in _FIELDS:
            command += ["-e", name]
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as tshark)
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints
        )
        head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, _LINK_TYPES[self.carrier])
        self._exchange(head, 0)

    def _check(self) -> None:
        opc, dpc = "1", "2"
        [opinion] = self._ask([_RSC_M3UA if self.carrier == "M3UA" else _SELF_TEST[self.variant]])
        if (
            opinion.malformed
            or (_code(opinion.opc), _code(opinion.dpc)) != (opc, dpc)
            or "RSC" not in opinion.info
        ):
            raise OracleStopped(
                f"{TOOL} does not read {self.variant} labels: expected RSC from {opc} to {dpc}, "
                f"found {opinion.info!r} from {opinion.opc!r} to {opinion.dpc!r} {opinion.malformed}"
            )

    def judge(self, frames: Sequence[bytes]) -> list[Opinion] | None:
        """Return an opinion of each frame, or None if not run.

        A frame is a signal unit without flags and check bits, or an M3UA message.
        """
        if self._process is None:
            return None
        if not frames:
            return []
        try:
            return self._ask(frames)
        except (OSError, OracleStopped) as error:
            self._stop(f"not run: {error}")
            return None

    def _ask(self, frames: Sequence[bytes]) -> list[Opinion]:
        opinions: list[Opinion] = []
        for start in range(0, len(frames), 100):
            # in portions that fit the pipes, so that neither side waits for the other
            part = frames[start : start + 100]
            if self.carrier == "M3UA":
                part = [export("m3ua", each) for each in part]
            written = b"".join(struct.pack("<IIII", 0, 0, len(each), len(each)) + each for each in part)
            for line in self._exchange(written, len(part)):
                self._frames += 1
                opinions.append(self._opinion(line))
        return opinions

    def _opinion(self, line: str) -> Opinion:
        parts = line.split("\t", len(_FIELDS) - 1)
        if len(parts) != len(_FIELDS) or parts[0] != str(self._frames):
            raise OracleStopped(f"{TOOL} answered {line!r} to frame {self._frames}")
        _, malformed, groups, message, opc, dpc, chinese_opc, chinese_dpc, protocol, info = parts
        wrong = bool(malformed) or _PI_MALFORMED in groups.split(",")
        complaint = f"{malformed.split(',')[0] or 'malformed'}: {message}" if wrong else ""
        return Opinion(protocol, info.strip(), complaint, opc or chinese_opc, dpc or chinese_dpc)

    def _exchange(self, written: bytes, lines: int) -> list[str]:
        """Write, and read `lines` lines. Raises `OracleStopped` when tshark ends or keeps silent."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise OracleStopped(f"{TOOL} is not running")
        process.stdin.write(written)
        process.stdin.flush()
        found: list[str] = []
        deadline = time.monotonic() + ANSWER_WITHIN
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while len(found) < lines:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise OracleStopped(f"{TOOL} did not answer within {ANSWER_WITHIN:g} s")
                octets = os.read(process.stdout.fileno(), 65_536)
                if not octets:
                    raise OracleStopped(f"{TOOL} stopped: {self._last_words()}")
                *complete, self._rest = (self._rest + octets).split(b"\n")
                found += [each.decode(errors="replace") for each in complete]
        return found

    def _last_words(self) -> str:
        if self._complaints is None:
            return ""
        self._complaints.seek(0)
        return " ".join(self._complaints.read().decode(errors="replace").split())[-300:] or "no reason given"

    def _stop(self, status: str) -> None:
        self.status = status
        process, self._process = self._process, None
        if process is not None:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    def close(self) -> None:
        """End tshark."""
        if self._process is not None:
            self._stop("not run: closed")

    def __enter__(self) -> Oracle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _code(printed: str) -> str:
    """Return a point code as a plain number: tshark prints 24-bit ones as `main-sub-member`."""
    if "-" not in printed:
        return str(int(printed, 0)) if printed else ""
    main, sub, member = (int(each) for each in printed.split("-"))
    return str(main << 16 | sub << 8 | member)

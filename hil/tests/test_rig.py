"""Rigs: the embedded one, bad rig files, the latch, systems that stop, a rig of pseudowires."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from testrig.errors import ConfigurationError, RigError
from testrig.line import Line, StationPort
from testrig.rig import Rig, SystemStopped, embedded_rigs, open_rig

ECHO = f"{__name__}:EchoSystem"


class EchoSystem:
    """Sends back what it receives on every line and station."""

    name = "echo"
    version = "1"
    settled = False
    made = 0

    def __init__(self, config: Mapping[str, object]) -> None:
        if "refuse" in config:
            raise ValueError("the licence has run out")
        EchoSystem.made += 1
        self.config = config
        self.lines: Sequence[Line] = ()
        self.stations: Sequence[StationPort] = ()
        self.closed = False
        self.failure: Exception | None = None

    def attach(self, lines: Sequence[Line], stations: Sequence[StationPort]) -> None:
        self.lines, self.stations = lines, stations

    def advance(self, frames: int) -> None:
        if self.failure is not None:
            raise self.failure
        for line in self.lines:
            line.send(line.receive(frames))
        for station in self.stations:
            station.send(station.receive(frames))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def rig() -> Iterator[Rig]:
    with open_rig("virtual", entry_point=ECHO, config={"colour": "grey"}) as opened:
        yield opened


def _system(rig: Rig) -> EchoSystem:
    system: object = rig.system
    assert isinstance(system, EchoSystem)
    return system


def _pass(rig: Rig, frames: int = 40) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rig.lines[0].send(np.full((frames, 32), 0x5A, np.uint8))
    for phone in rig.stations:
        phone.send(np.full(frames, 0xD5, np.uint8))
    rig.step(frames)
    for phone in rig.stations:
        phone.receive(frames)
    return rig.lines[0].receive(frames)


def test_embedded_rig_is_ready_and_moves_both_ways(rig: Rig) -> None:
    assert (rig.name, rig.block, rig.virtual) == ("virtual", 40, True)
    assert (len(rig.lines), len(rig.stations), len(rig.pairs), len(rig.station_pairs)) == (1, 4, 1, 4)
    assert _system(rig).config == {"colour": "grey"}
    for frames in (40, 1, 8000):
        assert (_pass(rig, frames) == 0x5A).all()


def test_embedded_rig_names_the_reference_by_its_entry_point() -> None:
    for path in embedded_rigs().values():
        assert "SystemUnderTest: {entry_point: reference" in path.read_text()


def test_rig_impaired_through_its_pairs_hears_it(rig: Rig) -> None:
    rig.pairs[0].b_to_a.ais = True
    assert (_pass(rig) == 0xFF).all()


def test_rig_fresh_starts_new_lines_and_a_new_system(rig: Rig) -> None:
    before, pair = _system(rig), rig.pairs[0]
    rig.lines[0].send(np.zeros((40, 32), np.uint8))
    rig.fresh()
    assert _system(rig) is not before
    assert before.closed
    assert rig.pairs[0] is not pair
    with pytest.raises(RigError):
        rig.pairs[0].b.receive(1)  # nothing is left of what was under way


def test_rig_error_latches_and_every_use_says_since_when_and_why(rig: Rig) -> None:
    _pass(rig)
    with pytest.raises(RigError, match=r"line0.*cannot receive 40 frames"):
        rig.lines[0].receive(40)
    assert rig.broken is not None
    latched = r"rig virtual is broken since frame 40 .*first failure: line0.*cannot receive 40 frames"
    with pytest.raises(RigError, match=latched):
        rig.step(1)
    with pytest.raises(RigError, match=latched):
        rig.fresh()
    with pytest.raises(RigError, match=latched):
        rig.lines[0].send(np.zeros((1, 32), np.uint8))
    with pytest.raises(RigError, match=latched):
        rig.stations[0].hook(True)
    with pytest.raises(RigError, match=latched):
        _ = rig.system


def test_rig_error_inside_the_system_is_the_rig_s(rig: Rig) -> None:
    with pytest.raises(RigError):
        rig.step(40)  # the system receives from a line on which nothing was sent
    assert rig.broken is not None


def test_station_failure_latches_too(rig: Rig) -> None:
    with pytest.raises(RigError, match="station2"):
        rig.stations[2].receive(1)
    assert rig.broken is not None


def test_system_that_raises_is_stopped_and_the_rig_is_not_broken(rig: Rig) -> None:
    _pass(rig)
    _system(rig).failure = ZeroDivisionError("by zero")
    with pytest.raises(
        SystemStopped, match=r"echo stopped at frame 40 .*ZeroDivisionError: by zero"
    ) as caught:
        rig.step(1)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(SystemStopped, match="by zero"):
        rig.step(1)
    assert rig.broken is None
    rig.fresh()
    assert (_pass(rig) == 0x5A).all()


def test_system_that_does_not_start_is_stopped_not_a_rig_error() -> None:
    with pytest.raises(SystemStopped, match=r"did not start: ValueError: the licence has run out"):
        open_rig(entry_point=ECHO, config={"refuse": 1})


def test_closed_rig_may_be_closed_again_and_says_that_it_is_off(rig: Rig) -> None:
    system = _system(rig)
    rig.close()
    rig.close()
    assert system.closed
    with pytest.raises(RigError, match="is off"):
        rig.step(1)


def test_describe_holds_what_a_certificate_needs_and_is_repeatable(rig: Rig) -> None:
    description = rig.describe()
    assert description["name"] == "virtual"
    assert description["resources"] == [
        {"class": "VirtualSpans", "count": 1},
        {"class": "VirtualStations", "count": 4},
        {"class": "SystemUnderTest", "entry_point": ECHO, "config": {"colour": "grey"}},
    ]
    assert description["system"] == {"entry_point": ECHO, "name": "echo", "version": "1"}
    assert "line clock" in str(description["calibration"])
    assert len(str(description["sha256"])) == 64
    rig.fresh()
    assert rig.describe() == description


GOOD = """
targets:
  main:
    resources:
      VirtualSpans: {count: 1}
      VirtualStations: {count: 1}
      SystemUnderTest: {entry_point: "ECHO"}
    drivers:
      VirtualSpansDriver: {}
      VirtualStationsDriver: {}
      SystemDriver: {}
      BenchStrategy: {}
options: {block: 40}
""".replace("ECHO", ECHO)


def test_rig_file_of_one_s_own_opens_by_path(tmp_path: Path) -> None:
    path = tmp_path / "bench7.yaml"
    path.write_text(GOOD.replace("count: 1", "count: 3").replace("block: 40", "block: 8"))
    with open_rig(path) as rig:
        assert (rig.name, rig.block, len(rig.lines), len(rig.stations)) == ("bench7", 8, 3, 3)
        assert [line.name for line in rig.lines] == ["line0", "line1", "line2"]


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("VirtualSpans:", "VirtualSpan:", r"main\.resources: found 'VirtualSpan'.*did you mean VirtualSpans"),
        (
            "VirtualSpansDriver",
            "VirtualSpanDriver",
            r"main\.drivers: found 'VirtualSpanD.*did you mean",
        ),
        ("{count: 1}", "{cuont: 1}", r"resources\.VirtualSpans: found 'cuont', expected.*did you mean count"),
        ("{count: 1}", "{count: -1}", r"VirtualSpans: count: found -1, expected a whole number"),
        ("{count: 1}", "{count: two}", r"VirtualSpans: count: found 'two', expected a whole number"),
        ("entry_point: ", "config: {}, entry: ", r"SystemUnderTest: found 'entry'.*did you mean entry_point"),
        (f'{{entry_point: "{ECHO}"}}', "{}", r"SystemUnderTest: expected key entry_point"),
        (ECHO, "refrence", r"SystemUnderTest: entry_point: found 'refrence'.*did you mean reference"),
        (ECHO, "testrig.clock:nothing", r"entry_point: found 'testrig\.clock:nothing', which cannot be had"),
        ("targets:", "target:", r"the file: found 'target', expected one of targets.*did you mean targets"),
        ("  main:", "  mian:", r"targets: found 'mian', expected target main; did you mean main"),
        ("    drivers:", "    driver:", r"targets\.main: found 'driver'.*did you mean drivers"),
        ("block: 40", "block: 0", r"options\.block: found 0, expected 1 to 8000 frames"),
        ("{block: 40}", "{blok: 40}", r"options: found 'blok'.*did you mean block"),
        ("      BenchStrategy: {}\n", "", r"no Strategy found"),
        ("targets:", "targets: [", r"Error in configuration file"),
        ("      VirtualSpans: {count: 1}\n", "", r"VirtualSpans"),
    ],
)
def test_bad_rig_file_says_file_key_found_and_expected(
    tmp_path: Path, good: str, bad: str, message: str
) -> None:
    assert good in GOOD
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace(good, bad, 1))
    with pytest.raises(ConfigurationError, match=rf"(?s)bad\.yaml: .*{message}"):
        open_rig(path)


def test_unknown_rig_name_says_the_near_one() -> None:
    with pytest.raises(ConfigurationError, match=r"'virtul'.*did you mean virtual"):
        open_rig("virtul")


PSEUDOWIRE = """
targets:
  main:
    resources:
    - SatopSpan: {name: near, local: "127.0.0.1:NEAR", remote: "127.0.0.1:FAR", timeout_s: 0.5}
    - SatopSpan: {name: far, local: "127.0.0.1:FAR", remote: "127.0.0.1:NEAR", timeout_s: 0.5}
    - SystemUnderTest: {entry_point: "ECHO"}
    drivers:
    - SatopSpanDriver: {name: near, bindings: {span: near}}
    - SatopSpanDriver: {name: far, end: system, bindings: {span: far}}
    - SystemDriver: {}
    - BenchStrategy: {}
""".replace("ECHO", ECHO)


def _free_ports() -> tuple[str, str]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1]), str(two.getsockname()[1])


def test_pseudowire_rig_joins_tester_and_system_over_udp(tmp_path: Path) -> None:
    near, far = _free_ports()
    path = tmp_path / "wire.yaml"
    path.write_text(PSEUDOWIRE.replace("NEAR", near).replace("FAR", far))
    with open_rig(path) as rig:
        assert not rig.virtual
        assert not rig.pairs
        for _ in range(2):
            heard = np.concatenate([_pass(rig) for _ in range(10)])
            assert (heard[2 * 32 :] == 0x5A).all()  # behind the jitter buffers of both ends
            assert (heard[:32] == 0xFF).all()
            rig.fresh()  # gives the ports back and takes them again


@pytest.mark.parametrize("address", ["127.0.0.1", ":5000", "host:port", "host:70000", "5000"])
def test_pseudowire_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    path = tmp_path / "wire.yaml"
    path.write_text(PSEUDOWIRE.replace("127.0.0.1:NEAR", address, 1))
    with pytest.raises(ConfigurationError, match=r"wire\.yaml: .*SatopSpan: local: found .*expected"):
        open_rig(path)

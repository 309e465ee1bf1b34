"""The judge's M3UA cases with the associations over sockets of this kernel, at a gateway and at a server.

`TESTLINE_M3UA=M3UA` and `TESTLINE_ASP=ASP` run all of them. Over SCTP M3UA/25, M3UA/114 and ASP/42 fail: they
are about streams of octets, and SCTP has none.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testrig import sctp
from testrig.rig import embedded_rigs

HERE = Path(__file__).parent

RIG = """
targets:
  main:
    resources:
      VirtualSpans: {{count: 1}}
      VirtualStations: {{count: 4}}
      SystemUnderTest: {{entry_point: "over_sockets:{transport}"}}
    drivers:
      {{VirtualSpansDriver: {{}}, VirtualStationsDriver: {{}}, SystemDriver: {{}}, BenchStrategy: {{}}}}
options:
  block: 40
  setups: {{gateway: {{config: {{file: gateway.toml}}}}, gateway24: {{config: {{network: china}}}}}}
  calibration: {{line clock: exact by construction}}
"""


TRANSPORTS = pytest.mark.parametrize(
    "transport",
    [
        "tcp",
        pytest.param(
            "sctp", marks=pytest.mark.skipif(not sctp.available(), reason="this kernel has no SCTP")
        ),
    ],
)


@TRANSPORTS
def test_judge_passes_the_gateway_over_sockets(transport: str, tmp_path: Path) -> None:
    cases = os.environ.get("TESTLINE_M3UA", "M3UA/3 M3UA/4 M3UA/6").split()
    run(RIG.format(transport=transport), cases, tmp_path)


@TRANSPORTS
def test_judge_passes_the_server_over_sockets(transport: str, tmp_path: Path) -> None:
    cases = os.environ.get("TESTLINE_ASP", "ASP/4 ASP/18 ASP/50 ASP/76").split()
    text = embedded_rigs()["virtual"].read_text()
    mine = f'entry_point: "alone_over_sockets:{transport}"'
    run(text.replace("entry_point: reference", mine), cases, tmp_path)


def run(rig_text: str, cases: list[str], tmp_path: Path) -> None:
    """Run cases on a rig; all pass."""
    rig = tmp_path / "rig.yaml"
    rig.write_text(rig_text)
    command = [sys.executable, "-m", "testline", "run", "-n", "1", "--rig", str(rig), *cases]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

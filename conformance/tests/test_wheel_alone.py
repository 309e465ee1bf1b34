"""The wheel alone certifies: installed away from the checkout, run in an empty directory.

The wheel is built from the checkout and installed into an environment of its own; its dependencies are
borrowed from the environment that runs the tests, the checkout's own packages are not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from testline.catalogue import load

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command away from the checkout's influence."""
    environment = {
        key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "TOX_ENV_DIR"}
    }
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of an environment are that has the wheel and not the checkout."""
    base = tmp_path_factory.mktemp("wheel alone")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", base, cwd=ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = base.glob("*.whl")
    home = base / "environment"
    venv.create(home, symlinks=True, with_pip=False)
    python = home / "bin" / "python"
    installed = run(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=base
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = home / "lib" / version / "site-packages"
    # a path in a .pth file is searched, but the .pth files behind it (the editable checkout) are not read
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


def test_wheel_is_used_and_not_the_checkout(scripts: Path, tmp_path: Path) -> None:
    code = "import testline as a, testrig as b, callcenter as c; print(a.__file__, b.__file__, c.__file__)"
    found = run(scripts / "python", "-c", code, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert str(ROOT) not in found.stdout
    assert found.stdout.count("site-packages") == 3


def test_wheel_carries_cases_and_features(scripts: Path, tmp_path: Path) -> None:
    listed = run(scripts / "testline", "cases", "--json", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert {case["id"] for case in json.loads(listed.stdout)} == {case.id for case in load().cases}
    features = list((scripts.parent / "lib").glob("python*/site-packages/testline/features/*.feature"))
    assert {path.name for path in features} == {path.name for path in (ROOT / "features").glob("*.feature")}


def test_wheel_certifies_in_an_empty_directory(scripts: Path, tmp_path: Path) -> None:
    made = run(scripts / "testline", "keygen", "key.pem", cwd=tmp_path)
    assert made.returncode == 0, made.stdout + made.stderr
    certified = run(scripts / "testline", "certify", "--report", "out", "--key", "key.pem", cwd=tmp_path)
    assert certified.returncode == 0, certified.stdout + certified.stderr
    assert (tmp_path / "out" / "index.html").exists()
    verified = run(scripts / "testline", "verify", "out", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    page = tmp_path / "out" / "index.html"
    page.write_text(page.read_text() + " ")
    altered = run(scripts / "testline", "verify", "out", cwd=tmp_path)
    assert altered.returncode != 0
    assert "index.html" in altered.stdout + altered.stderr

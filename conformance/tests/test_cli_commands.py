"""The command line: what it prints, how it ends, and that mistakes are told without a traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from testline import catalogue, certificate, cli, runner
from testline.report.record import CaseRecord, Results
from testline.report.writer import prepare, write_case, write_report

HERE = Path(__file__).parent
RIG = """
targets:
  main:
    resources:
      VirtualSpans: {count: 1}
      VirtualStations: {count: 1}
      SystemUnderTest: {entry_point: "fake_system:make"}
    drivers: {VirtualSpansDriver: {}, VirtualStationsDriver: {}, SystemDriver: {}, BenchStrategy: {}}
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, list(arguments))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a home of its own to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def verdict_of_every_case(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Verdicts that a run shall give, instead of a run; cases not named pass."""
    verdicts: dict[str, str] = {}

    def pretend(request: runner.Request, told: Any) -> Results:
        chosen = catalogue.load().select(request.patterns)
        records = [
            CaseRecord(
                each.id,
                each.title,
                each.area,
                each.purpose,
                [],
                [],
                [],
                False,
                "m.f",
                verdicts.get(each.id, "pass"),
            )
            for each in chosen
        ]
        for each in records:
            told({"area": each.area, "verdict": each.verdict, "id": each.id, "reason": "because"})
        results = Results(
            suite="1",
            rig={"name": "virtual", "sha256": "", "calibration": {}},
            system={"name": "acme", "version": "3", "variant": "itu14"},
            pics={"answers": {}, "sha256": "11", "source": "none"},
            oracle={"tool": "tshark", "status": "ready"},
            selection=list(request.patterns),
            areas={area.name: area.title for area in catalogue.load().areas},
            cases=records,
        )
        if request.report is not None:
            prepare(request.report)
            for each in records[:3]:
                write_case(request.report, each)
            write_report(request.report, results)
        return results

    monkeypatch.setattr(cli, "run", pretend)
    return verdicts


def test_cases_lists_ids_titles_and_clauses() -> None:
    done = call("cases", "--area", "e1")
    assert done.exit_code == 0
    assert "E1/1 " in done.output
    assert "G.704" in done.output
    assert "proves N-04" in done.output


def test_cases_as_json_holds_the_purpose() -> None:
    data = json.loads(call("cases", "E1/1", "--json").output)
    assert [each["id"] for each in data] == ["E1/1"]
    assert data[0]["purpose"]
    assert data[0]["area"] == "e1"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "E1/999"], "no case is called 'E1/999'; did you mean E1/"),
        (["run", "--rig", "virtul"], "did you mean virtual?"),
        (["run", "E1/1", "--pics", "nix.yaml"], "nix.yaml"),
        (["run", "E1/1", "-n", "many"], "expected a number of workers"),
        (["certify", "--key", "nix.pem"], "testline keygen nix.pem"),
        (["decode", "nix.pcap"], "there is no such file"),
        (["verify", "nix"], "there is no certificate.json"),
    ],
)
def test_mistakes_are_told_in_a_sentence(here: Path, arguments: list[str], told: str) -> None:
    done = call(*arguments)
    assert done.exit_code == cli.MISTAKE
    assert told in done.output
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("here")
def test_run_ends_with_0_only_when_everything_is_acceptable(verdict_of_every_case: dict[str, str]) -> None:
    assert call("run", "e1").exit_code == 0
    verdict_of_every_case["E1/2"] = "not applicable"
    assert call("run", "e1").exit_code == 0
    for verdict in ("fail", "inconclusive", "error"):
        verdict_of_every_case["E1/2"] = verdict
        done = call("run", "e1")
        assert done.exit_code == cli.FAILED
        assert f"{verdict} E1/2 because" in done.output


def test_baseline_is_written_and_then_held_against(here: Path, verdict_of_every_case: dict[str, str]) -> None:
    verdict_of_every_case["E1/2"] = "fail"
    call("run", "e1", "--baseline", "b.json", "--update-baseline")
    assert json.loads((here / "b.json").read_text())["verdicts"]["E1/2"] == "fail"
    verdict_of_every_case["E1/2"] = "pass"
    done = call("run", "e1", "--baseline", "b.json")
    assert done.exit_code == cli.FAILED
    assert "E1/2: expected fail, found pass" in done.output


@pytest.mark.usefixtures("verdict_of_every_case")
def test_certify_makes_a_key_signs_and_verify_holds_until_a_file_changes(here: Path) -> None:
    done = call("certify", "--report", "report")
    assert done.exit_code == 0, done.output
    key = here / "config" / "testline" / "key.pem"
    assert f"made a signing key: {key}" in done.output.replace("\n", "")
    assert (here / "report" / "index.html").as_uri() in done.output
    own = certificate.fingerprint(certificate.load_key(key).public_key())
    assert own in (here / "report" / "index.html").read_text()
    assert "Certificate of conformance" in (here / "report" / "certificate.html").read_text()
    held = call("verify", "report", "--key", str(certificate.public_path(key)))
    assert held.exit_code == 0
    assert own in held.output
    assert "for you to decide" in call("verify", "report").output
    other = call("verify", "report", "--key", f"sha256:{'0' * 64}")
    assert other.exit_code == cli.FAILED
    assert f"signed by {own}, not by sha256:000" in other.output
    for path in sorted((here / "report").rglob("*.*")):
        before = path.read_bytes()
        path.write_bytes(before + b" ")
        if path.name != "certificate.json":
            changed = call("verify", "report")
            assert changed.exit_code == cli.FAILED
            assert f"altered: {path.relative_to(here / 'report').as_posix()}" in changed.output
        path.write_bytes(before)


@pytest.mark.usefixtures("here")
def test_certify_does_not_sign_what_the_bench_spoilt(verdict_of_every_case: dict[str, str]) -> None:
    verdict_of_every_case["E1/2"] = "error"
    done = call("certify", "--report", "report")
    assert done.exit_code == cli.FAILED
    assert "no certificate" in done.output
    assert not Path("report/certificate.json").exists()


@pytest.mark.usefixtures("here")
def test_certificate_of_failures_is_called_test_results(verdict_of_every_case: dict[str, str]) -> None:
    verdict_of_every_case["E1/2"] = "fail"
    assert call("certify", "--report", "report").exit_code == cli.FAILED
    assert "Certificate of test results" in Path("report/certificate.html").read_text()
    assert call("verify", "report").exit_code == 0


def test_keygen_tells_where_and_does_not_overwrite(here: Path) -> None:
    done = call("keygen", "mine.pem")
    assert done.exit_code == 0
    assert "fingerprint: sha256:" in done.output
    assert (here / "mine.pem").stat().st_mode & 0o777 == 0o600
    again = call("keygen", "mine.pem")
    assert again.exit_code == cli.MISTAKE
    assert "there is one already" in again.output


def test_run_for_real_in_a_child_of_its_own(here: Path) -> None:
    shutil.copy(HERE / "fake_system.py", here)
    (here / "rig.yaml").write_text(RIG)
    done = call("run", "E1/1", "E1/2", "--rig", "rig.yaml", "-n", "1", "--report", "out")
    data = json.loads((here / "out" / "results.json").read_text())
    assert {each["id"]: each["verdict"] for each in data["cases"]} == {"E1/1": "pass", "E1/2": "pass"}, (
        done.output
    )
    assert done.exit_code == 0
    assert "fake 7: 2 pass" in done.output


def test_environment_of_the_child_is_not_steered_from_outside() -> None:
    given = {"PYTEST_ADDOPTS": "-x", "PYTHONPATH": "p", "PYTEST_XDIST_WORKER": "gw0"}
    assert runner.environment(given) == {"PYTHONPATH": "p", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

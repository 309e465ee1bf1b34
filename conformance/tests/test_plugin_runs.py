"""The plugin from outside: toy cases against a system that is no call centre, in a pytest of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import testline.session  # noqa: F401  (imported once for all runs in this process)
from testline import catalogue
from testline.decode.capture import read_capture
from testline.decode.encapsulation import EXPORTED
from testrig.drivers import find_system

pytest_plugins = ["pytester"]

HERE = Path(__file__).parent

RIG = """
targets:
  main:
    resources:
      VirtualSpans: {count: 1}
      VirtualStations: {count: 1}
      SystemUnderTest: {entry_point: "fake_system:make", config: %s}
    drivers: {VirtualSpansDriver: {}, VirtualStationsDriver: {}, SystemDriver: {}, BenchStrategy: {}}
    options: {}
options: {block: 40, calibration: {line clock: exact}, setups: {refused: {config: {refuses: true}}}}
"""

EARLY = """
import testline.catalogue
testline.catalogue.CASES = "toycases"
"""

CASES = '''
"""Toys. Second sentence."""
from testline.case import case
from testline.measurements import Measurement
from testline.verdicts import BenchError, Inconclusive, NotApplicable
from testrig.errors import RigError

RSC = bytes.fromhex("ffff0885024000000100 12")
CUT = bytes.fromhex("ffff0885024000000100 01")
BEAT = bytes.fromhex("01000303 00000010 00090008 01020304")
CUT_BEAT = bytes.fromhex("01000303 00000010 00090028 01020304")


def toy(number, needs="e1", **more):
    return case(f"toy/{number}", f"Toy {number}", clauses=["X 1"], proves=["N-04"], needs=needs, **more)


@toy(1)
def test_passes(bench):
    """The line comes up."""
    bench.until(lambda: bench.spans[0].aligned, within=8000, awaited="alignment")
    bench.measure(Measurement("length", 5.0, "m", low=1.0, high=9.0, clause="X 2"))
    bench.trace.received(bench.now, "line0/16", "ISUP", "RSC", RSC)


@toy(2)
def test_fails(bench):
    """What never comes is awaited."""
    bench.until(lambda: None, within=400, awaited="godot", state="in the country")


@toy(3)
def test_does_not_decide(bench):
    """The limit lies within the uncertainty."""
    bench.measure(Measurement("length", 5.0, "m", low=4.9, uncertainty=0.2))


@toy(4, needs="e1.crc4")
def test_needs_crc4(bench):
    """Runs unless CRC-4 is declared away."""
    bench.run(40)


@toy(5)
def test_has_a_bug(bench):
    """An exception of the judge."""
    {}["missing"]


@toy(6)
def test_receives_malformed(bench):
    """The system sends a message that ends too early."""
    bench.trace.received(bench.now, "line0/16", "ISUP", "IAM", CUT)


@toy(7)
def test_sends_malformed_by_accident(bench):
    """The judge sends nonsense."""
    bench.trace.sent(bench.now, "line0/16", "ISUP", "IAM", CUT)


@toy(8)
def test_sends_malformed_on_purpose(bench):
    """The judge sends nonsense, and says so."""
    bench.trace.sent(bench.now, "line0/16", "ISUP", "IAM", CUT, deliberate=True)


@toy(9)
def test_is_refused(bench):
    """An order that the system does not carry out."""
    bench.system.maintenance().block(1)


@toy(10)
def test_crashes_a_client(bench):
    """A client of the system raises."""
    bench.system.maintenance().reset(1)


@toy(11, needs="mtp2")
def test_finds_it_missing(bench):
    """The case finds at run time that there is no such thing."""
    raise NotApplicable("there is no link")


@toy(12, timeout=800)
def test_never_ends(bench):
    """Goes on for ever."""
    while True:
        bench.run(400)


@toy(20)
def test_receives_malformed_m3ua(bench):
    """The system sends a parameter longer than its message."""
    bench.trace.received(bench.now, "asp1", "M3UA", "BEAT", CUT_BEAT)


@toy(21)
def test_sends_malformed_m3ua_on_purpose(bench):
    """The judge sends nonsense, and says so; what it receives is sound."""
    bench.trace.sent(bench.now, "asp1", "M3UA", "BEAT", CUT_BEAT, deliberate=True)
    bench.trace.received(bench.now, "asp1", "M3UA", "BEAT", BEAT)
'''


@pytest.fixture
def place(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with the fake system, the toys, and no configuration of ours."""
    monkeypatch.setattr(catalogue, "CASES", "toycases")
    monkeypatch.syspath_prepend(pytester.path)
    find_system.cache_clear()
    shutil.copy(HERE / "fake_system.py", pytester.path)
    package = pytester.mkpydir("toycases")
    (package / "__init__.py").write_text('MODULES = ("toys",)\n')
    (package / "toys.py").write_text(CASES)
    pytester.makepyfile(early=EARLY)
    return pytester


def run(
    place: pytest.Pytester, *arguments: str, config: str = "{}", apart: bool = False
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run toys; `apart`: in a process of their own."""
    (place.path / "rig.yaml").write_text(RIG % config)
    words = [
        "-p",
        "no:labgrid",
        "-p",
        "early",
        "--testline",
        "--rig",
        "rig.yaml",
        "--report",
        "report",
        *arguments,
    ]
    start = place.runpytest_subprocess if apart else place.runpytest_inprocess
    done = start(*words, "--pyargs", "toycases")
    data = json.loads((place.path / "report" / "results.json").read_text())
    return int(done.ret), {each["id"]: each for each in data["cases"]}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One place to keep the outcome of the run of all toys, which many tests look at."""
    return {}


@pytest.fixture
def toys(place: pytest.Pytester, everything: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    if not everything:
        code, cases = run(place)
        folder = tmp_path_factory.mktemp("kept") / "report"
        shutil.copytree(place.path / "report", folder)
        everything.update(code=code, cases=cases, folder=folder)
    return everything


tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="not run: tshark missing")


def test_every_way_to_end_has_its_verdict_and_owner(toys: Any) -> None:
    found = {case_id: (each["verdict"], each["owner"]) for case_id, each in toys["cases"].items()}
    for malformed in ("toy/6", "toy/7", "toy/20"):
        found.pop(malformed)
    assert found == {
        "toy/1": ("pass", ""),
        "toy/2": ("fail", "system"),
        "toy/3": ("inconclusive", "undecided"),
        "toy/4": ("pass", ""),
        "toy/5": ("error", "bench"),
        "toy/8": ("pass", ""),
        "toy/9": ("fail", "system"),
        "toy/10": ("fail", "system"),
        "toy/11": ("not applicable", "PICS"),
        "toy/12": ("error", "bench"),
        "toy/21": ("pass", ""),
    }
    assert toys["code"] == 1


def test_fail_says_what_was_awaited_where_and_what_came(toys: Any) -> None:
    failed = toys["cases"]["toy/2"]
    assert failed["awaited"] == "godot within 0.05 s"
    assert failed["state"] == "in the country"
    assert failed["observed"] == "nothing came"


def test_line_time_limit_ends_the_case(toys: Any) -> None:
    assert "0.1 s of line time" in toys["cases"]["toy/12"]["reason"]


def test_exception_of_a_client_is_the_systems(toys: Any) -> None:
    assert toys["cases"]["toy/10"]["reason"] == "system under test stopped: KeyError: 1"


@tshark
def test_malformed_frames_have_owners_and_deliberate_ones_are_exempt(toys: Any) -> None:
    cases = toys["cases"]
    assert (cases["toy/6"]["verdict"], cases["toy/6"]["owner"]) == ("fail", "system")
    assert (cases["toy/7"]["verdict"], cases["toy/7"]["owner"]) == ("error", "bench")
    assert cases["toy/8"]["oracle"] == {"status": "ok", "frames": 1, "exempt": 1, "malformed": 0}
    assert cases["toy/1"]["oracle"] == {"status": "ok", "frames": 1, "exempt": 0, "malformed": 0}
    assert (cases["toy/20"]["verdict"], cases["toy/20"]["owner"]) == ("fail", "system")
    assert "an M3UA message of the system malformed" in cases["toy/20"]["reason"]
    assert cases["toy/21"]["oracle"] == {"status": "ok", "frames": 2, "exempt": 1, "malformed": 0}


def test_report_has_page_trace_capture_and_junit(toys: Any) -> None:
    folder: Path = toys["folder"]
    page = (folder / "cases" / "toy_2.html").read_text()
    assert "godot within 0.05 s" in page
    assert 'class="note departure"' in page
    trace = json.loads((folder / "cases" / "toy_2.json").read_text())["trace"]
    assert [row["departure"] for row in trace if row["departure"]] == ["godot"]
    assert (folder / "evidence" / "toy_1.pcapng").read_bytes()[:4] == b"\n\r\r\n"
    frames = list(read_capture(folder / "evidence" / "toy_21.pcapng"))
    assert [(each.link_type, each.interface) for each in frames if each.link_type == EXPORTED] == [
        (EXPORTED, "asp1")
    ] * 2
    page = (folder / "cases" / "toy_21.html").read_text()
    assert "###[ M3UA BEAT ]###\n  heartbeat = 01 02 03 04" in page
    assert "not decodable: parameter 9: length 40" in page
    assert "<failure" in (folder / "junit.xml").read_text()
    assert "cases/toy_2.html" in (folder / "index.html").read_text()


def test_measured_value_is_in_the_record(toys: Any) -> None:
    [value] = toys["cases"]["toy/1"]["measurements"]
    assert (value["value"], value["margin"], value["verdict"]) == (5.0, 4.0, "pass")


def test_selection_by_id_leaves_the_rest_alone(place: pytest.Pytester) -> None:
    code, cases = run(place, "--select", "toy/1")
    assert code == 0
    assert list(cases) == ["toy/1"]


def test_declared_no_is_not_applicable_and_declared_yes_binds(place: pytest.Pytester) -> None:
    (place.path / "pics.yaml").write_text("items: {e1.crc4: no, mtp2: yes}\n")
    _, cases = run(place, "--pics", "pics.yaml", "--select", "toy/4", "--select", "toy/11")
    assert cases["toy/4"]["verdict"] == "not applicable"
    assert "declares e1.crc4 not supported" in cases["toy/4"]["reason"]
    assert cases["toy/11"]["verdict"] == "fail"
    assert "declares mtp2 supported" in cases["toy/11"]["reason"]


def test_system_declares_of_itself_when_there_is_no_file(place: pytest.Pytester) -> None:
    _, cases = run(place, "--select", "toy/4", config="{pics: {e1.crc4: false}}")
    assert cases["toy/4"]["verdict"] == "not applicable"


def test_system_that_stops_fails_and_the_next_case_is_judged_afresh(place: pytest.Pytester) -> None:
    _, cases = run(place, "--select", "toy/2", "--select", "toy/4", config="{stops_at: 100}")
    assert cases["toy/2"]["verdict"] == "fail"
    assert "ZeroDivisionError: lost its mind" in cases["toy/2"]["reason"]
    assert cases["toy/4"]["verdict"] == "pass"


def test_system_that_never_starts_fails(place: pytest.Pytester) -> None:
    _, cases = run(place, "--select", "toy/4", config="{never_starts: true}")
    assert cases["toy/4"]["verdict"] == "fail"
    assert "no licence" in cases["toy/4"]["reason"]


REFUSED = '''

@toy(13, setup="refused")
def test_on_a_setup_that_is_refused(bench):
    """Never begins."""
'''


def test_setup_the_system_refuses_ends_the_case_and_not_the_run(place: pytest.Pytester) -> None:
    toys = place.path / "toycases" / "toys.py"
    toys.write_text(toys.read_text() + REFUSED)
    code, cases = run(place, "--select", "toy/4", "--select", "toy/13")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert cases["toy/4"]["verdict"] == "pass"
    assert cases["toy/13"]["verdict"] in {"error", "fail"}
    assert "no such key" in cases["toy/13"]["reason"]


def test_broken_rig_latches_and_blames_nobody_else(place: pytest.Pytester) -> None:
    _, cases = run(
        place, "--select", "toy/2", "--select", "toy/3", "--select", "toy/4", config="{rig_breaks_at: 100}"
    )
    assert {(each["verdict"], each["owner"]) for each in cases.values()} == {("error", "rig")}
    assert all("on fire" in each["reason"] for each in cases.values())


def test_workers_hand_their_records_over(place: pytest.Pytester) -> None:
    code, cases = run(
        place, "-n", "2", "--select", "toy/1", "--select", "toy/2", "--select", "toy/4", apart=True
    )
    assert code == 1
    assert [each["verdict"] for each in cases.values()] == ["pass", "fail", "pass"]
    data = json.loads((place.path / "report" / "results.json").read_text())
    assert (data["system"]["name"], data["system"]["version"]) == ("fake", "7")
    assert data["rig"]["calibration"] == {"line clock": "exact"}


def test_missing_third_opinion_is_said_in_every_record_and_loudly(
    place: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, *arguments, **more: None)
    (place.path / "rig.yaml").write_text(RIG % "{}")
    done = place.runpytest_inprocess(
        *("-p", "no:labgrid", "--testline", "--rig", "rig.yaml", "--report", "report"),
        *("--select", "toy/1", "--select", "toy/6", "--pyargs", "toycases"),
    )
    done.stdout.fnmatch_lines(["*third opinion not run: tshark missing*"])
    data = json.loads((place.path / "report" / "results.json").read_text())
    assert {each["oracle"]["status"] for each in data["cases"]} == {"not run: tshark missing"}
    assert "not run: tshark missing" in (place.path / "report" / "index.html").read_text()


def test_unknown_case_and_rig_are_usage_errors(place: pytest.Pytester) -> None:
    (place.path / "rig.yaml").write_text(RIG % "{}")
    done = place.runpytest_inprocess(
        "-p", "no:labgrid", "--testline", "--rig", "rig.yaml", "--select", "toy/99"
    )
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*no case is called 'toy/99'; did you mean *"])
    done = place.runpytest_inprocess("-p", "no:labgrid", "--testline", "--rig", "virtul")
    done.stderr.fnmatch_lines(["*did you mean virtual?*"])


def test_folder_with_something_else_is_not_emptied(place: pytest.Pytester) -> None:
    (place.path / "report").mkdir()
    (place.path / "report" / "thesis.txt").write_text("years of work")
    (place.path / "rig.yaml").write_text(RIG % "{}")
    done = place.runpytest_inprocess(
        "-p", "no:labgrid", "--testline", "--rig", "rig.yaml", "--report", "report"
    )
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert (place.path / "report" / "thesis.txt").read_text() == "years of work"


def test_plugin_is_inert_without_its_option(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_heavy_was_imported():
            assert not {"scapy", "testrig", "testline.session", "testline.catalogue"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


BOUND = '''

@toy(14, needs=["e1.crc4", "mtp2"])
def test_needs_what_is_there_and_what_is_not(bench):
    """One item declared yes, one no."""
    bench.run(40)


@toy(15, needs="mtp2")
def test_finds_something_else_missing(bench):
    """What is not there is no item of the case's."""
    raise NotApplicable("there is no ISDN access", item="isup.isdn_access")
'''


def test_declared_no_excludes_whatever_else_is_declared(place: pytest.Pytester) -> None:
    toys = place.path / "toycases" / "toys.py"
    toys.write_text(toys.read_text() + BOUND)
    (place.path / "pics.yaml").write_text("items: {e1.crc4: no, mtp2: yes}\n")
    _, cases = run(place, "--pics", "pics.yaml", "--select", "toy/14")
    assert cases["toy/14"]["verdict"] == "not applicable"
    assert "declares e1.crc4 not supported" in cases["toy/14"]["reason"]


def test_missing_item_binds_by_its_own_declaration_only(place: pytest.Pytester) -> None:
    toys = place.path / "toycases" / "toys.py"
    toys.write_text(toys.read_text() + BOUND)
    (place.path / "pics.yaml").write_text("items: {mtp2: yes}\n")
    _, cases = run(place, "--pics", "pics.yaml", "--select", "toy/15")
    assert cases["toy/15"]["verdict"] == "not applicable"
    (place.path / "pics.yaml").write_text("items: {mtp2: yes, isup.isdn_access: yes}\n")
    _, cases = run(place, "--pics", "pics.yaml", "--select", "toy/15")
    assert cases["toy/15"]["verdict"] == "fail"
    assert "declares isup.isdn_access supported" in cases["toy/15"]["reason"]

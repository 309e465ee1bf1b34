"""The journal in a file: what a server that is started again reads, and files that are none."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from callcenter.cti.history import History
from callcenter.cti.journal import Types
from callcenter.errors import ConfigurationError
from callcenter.journal_file import JournalFile, read
from testrig.clock import SECOND

CALL: dict[str, object] = {"call": 1, "line": "public/1", "called": "1"}


def written(path: Path, count: int = 3) -> History:
    """A history of a call and some circuits, written to `path`."""
    history = History()
    file = JournalFile(path)
    history.journal.subscribe(file)
    history.journal.append(SECOND, Types.OFFERED, dict(CALL))
    for number in range(count - 1):
        history.journal.append(
            2 * SECOND + number, Types.CIRCUIT, {"what": "unexpected message", "cic": number}
        )
    file.close()
    return history


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    before, after = written(path), History()
    found = read(path, after)
    assert after.journal.since() == before.journal.since()
    assert after.recovery == before.recovery
    assert found is not None
    now, away = found
    assert now == 2 * SECOND + 1 + away, "time goes on from the last event"


@pytest.mark.parametrize("content", [None, b""])
def test_no_file_and_an_empty_one_are_a_beginning(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "journal"
    if content is not None:
        path.write_bytes(content)
    assert read(path, History()) is None


def test_last_line_that_is_cut_is_left_out_and_the_next_event_stands_behind_the_rest(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal"
    written(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    after = History()
    with caplog.at_level(logging.WARNING):
        read(path, after)
    assert len(after.journal) == 2
    assert "the last line is not whole" in caplog.text
    file = JournalFile(path)
    after.journal.subscribe(file)
    after.journal.append(3 * SECOND, Types.CIRCUIT, {"what": "unexpected message"})
    file.close()
    assert [json.loads(line)["number"] for line in path.read_text().splitlines()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{}", "line 4: expected the next event"),
        ("not JSON", "line 4"),
        (
            '{"number": 9, "at": 1, "type": "x", "data": {}, "time": "2026-01-01T00:00:00+00:00"}',
            "expected 4",
        ),
        ("[1]", "line 4"),
        ("7", "line 4"),
        ('"now"', "line 4"),
        ("\udcff", "line 4"),
        ("[" * 100_000, "line 4"),
        (
            '{"number": 4, "at": "x", "type": "x", "data": {}, "time": "2026-01-01T00:00:00+00:00"}',
            "no event",
        ),
        ('{"number": 4, "at": 1, "type": "x", "data": [], "time": "2026-01-01T00:00:00+00:00"}', "no event"),
        (
            '{"number": 4, "at": 1, "type": "Offered", "data": {}, "time": "2026-01-01T00:00:00+00:00"}',
            "KeyError",
        ),
        ('{"number": 4, "at": 1, "type": "x", "data": {}, "time": "noon"}', "noon"),
        ('{"number": 4, "at": 1, "type": "x", "data": {}}', "time"),
        ('{"snapshot": {"first": 1}, "now": 1, "time": "2026-01-01T00:00:00+00:00"}', "line 4"),
    ],
)
def test_line_that_is_no_event_is_told_with_its_place(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "journal"
    written(path)
    with path.open("ab") as file:
        file.write(line.encode(errors="surrogateescape") + b"\n")
    with pytest.raises(ConfigurationError, match="move the file away") as refused:
        read(path, History())
    assert str(path) in str(refused.value)
    assert message in str(refused.value)


def test_snapshot_begins_a_new_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    original = History()
    written(path).copied_to(original)
    file = JournalFile(path)
    file.begin(original, 4 * SECOND)
    original.journal.subscribe(file)
    original.journal.append(5 * SECOND, Types.ESTABLISHED, {**CALL, "device": "flow main"})
    file.close()
    after = History()
    read(path, after)
    assert after.recovery == original.recovery
    assert after.recovery.calls[1].answered == 5 * SECOND
    assert len(after.journal) == len(original.journal)
    kept = [each for each in tmp_path.iterdir() if each != path]
    assert len(kept) == 1
    assert len(kept[0].read_text().splitlines()) == 3


def test_disk_that_refuses_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    file, history = JournalFile(full), History()
    history.journal.subscribe(file)
    for number in range(3):
        history.journal.append(number, Types.CIRCUIT, {"what": "x"})
    assert [record.message for record in caplog.records] == [
        "journal file: [Errno 28] No space left on device; events from number 1 on are not written"
    ]
    file.close()


def test_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written: Is a directory"):
        JournalFile(tmp_path)


def test_time_goes_on_from_a_snapshot_that_no_event_follows(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    original = written(path)
    file = JournalFile(path)
    file.begin(original, 500 * SECOND)
    file.close()
    after = History()
    found = read(path, after)
    assert found is not None
    assert found[0] - found[1] == 500 * SECOND
    assert found[1] < 100 * SECOND
    assert after.recovery.calls.keys() == original.recovery.calls.keys()
    assert after.journal.at == 2 * SECOND + 1


def test_signs_of_life_tell_that_nothing_happened(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    file, history = JournalFile(path), History()
    history.journal.subscribe(file)
    history.journal.append(SECOND, Types.OFFERED, dict(CALL))
    for second in range(2, 200):
        file.alive(second * SECOND)
    file.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line.get("now") for line in lines] == [None, 61 * SECOND, 121 * SECOND, 181 * SECOND]
    after = History()
    found = read(path, after)
    assert found is not None
    assert found[0] - found[1] == 181 * SECOND
    assert len(after.journal) == 1


def test_file_that_somebody_moved_away_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    original = written(path)
    file = JournalFile(path)
    path.rename(tmp_path / "elsewhere")
    file.begin(original, 4 * SECOND)
    file.close()
    after = History()
    read(path, after)
    assert after.recovery == original.recovery


def test_folder_that_is_gone_is_told_of_and_the_events_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    file, history = JournalFile(folder / "journal"), History()
    folder.joinpath("journal").unlink()
    folder.rmdir()
    file.begin(history, 0)
    history.journal.subscribe(file)
    history.journal.append(SECOND, Types.OFFERED, dict(CALL))
    assert [record.message for record in caplog.records] == [
        f"journal file: [Errno 2] No such file or directory: '{folder}/journal'; a snapshot is not written"
    ]

"""The history of local runs: what is written of a run, and that a file of it is never lost."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connector_build.apps.running import Running, _arguments
from connector_build.local import recording
from connector_build.local.fivetran import OPERATIONS, DebugRun
from connector_build.local.recording import recorded
from connector_core.runtime.scripts.endings import Ended
from connector_core.runtime.scripts.history import KEPT, add, carried, history
from connector_core.runtime.scripts.runs import MESSAGE, Ran, entry

BEGAN = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
LOCK = {
    "dataset": "crew",
    "sources": [{"name": "connector-core", "version": "0.1.0"}, {"name": "connector-crew", "version": "2.0"}],
    "tables": {"tasks": {}, "crews": {}, "absent": {}},
    "settings": {"api_key": {"secret": True}, "base_url": {"secret": False}},
    "enabled": ["crews"],
}


def ran(error: str | None = None) -> DebugRun:
    return DebugRun(1 if error else 0, {**dict.fromkeys(OPERATIONS, 0), "checkpoints": 9}, None, "", error)


def said_of(run: DebugRun) -> Ran:
    return recording.ran(run)


def runs(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "files").mkdir(parents=True)
    (folder / "connector.lock.json").write_text(json.dumps(LOCK))
    (folder / "configuration.json").write_text(json.dumps({"api_key": "canary-7f3a-key", "base_url": "https://api.test"}))
    return folder


def fill(project: Path) -> None:
    """Two rows of the run and a deleted one, beside two older ones."""
    with duckdb.connect(str(project / "files/warehouse.db")) as database:
        database.execute("CREATE SCHEMA tester")
        for table in ("tasks", "crews"):
            database.execute(
                f"CREATE TABLE tester.{table} (id BIGINT, _fivetran_deleted BOOLEAN, _fivetran_synced TIMESTAMP WITH TIME ZONE)"
            )
        for number, (deleted, after) in enumerate([(False, 1), (False, 0), (True, 2), (False, -1), (True, -1)]):
            at = (BEGAN + timedelta(seconds=after)).isoformat()
            database.execute("INSERT INTO tester.tasks VALUES (?, ?, CAST(? AS TIMESTAMPTZ))", [number, deleted, at])


# What is written of a run


def test_a_run_that_went_well(project: Path) -> None:
    fill(project)
    (project / "files/state.json").write_text('{"next_cursor": "é"}', encoding="utf-8")
    assert entry(project, project / "configuration.json", said_of(ran()), BEGAN) == {
        "began": "2026-01-02T03:04Z",
        "dataset": "crew",
        "versions": {"connector-core": "0.1.0", "connector-crew": "2.0"},
        "enabled": ["crews"],
        "error": "",
        "tables": {"tasks": {"upserted": 2, "deleted": 1}, "crews": {"upserted": 0, "deleted": 0}},
        "pages": 0,
        "checkpoints": 9,
        "state_bytes": 21,
    }


def test_a_run_that_failed_says_why_without_a_secret_or_a_home(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    error = f"The key canary-7f3a-key was refused, see /home/somebody/notes. {'More. ' * 100}\nA second line"
    said = entry(project, project / "configuration.json", said_of(ran(error)), BEGAN)
    assert "canary-7f3a-key" not in json.dumps(said)
    assert "somebody" not in json.dumps(said)
    assert said["error"].startswith("The key ")
    assert "was refused, see ~/notes. More." in said["error"]
    assert "second" not in said["error"]
    assert len(said["error"]) == MESSAGE
    assert said["tables"] == {}
    assert said["state_bytes"] == 0


def test_no_duration_is_written(project: Path) -> None:
    """The licence of the local core forbids timings: the one time in a line is that of the beginning."""
    fill(project)
    said = entry(project, project / "configuration.json", said_of(ran()), BEGAN)
    assert not [name for name in said if any(word in name for word in ("second", "duration", "took", "end"))]
    assert json.dumps(said).count("2026-") == 1


@pytest.mark.parametrize("left", ["not a database", None])
def test_rows_that_cannot_be_counted(project: Path, left: str | None) -> None:
    file = project / "files/warehouse.db"
    if left:
        file.write_text(left)
    else:
        with duckdb.connect(str(file)) as database:
            database.execute("CREATE TABLE tasks (id BIGINT)")
    assert entry(project, project / "configuration.json", said_of(ran()), BEGAN)["tables"] == {}


def test_a_project_without_a_lock(tmp_path: Path) -> None:
    said = entry(tmp_path, tmp_path / "nothing.json", said_of(ran("no luck")), BEGAN)
    assert (said["dataset"], said["versions"], said["error"]) == ("", {}, "no luck")


def test_each_run_is_recorded_as_it_ended(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = iter([ran("refused"), ran()])
    monkeypatch.setattr(recording, "debug", lambda *_, **__: next(ends))
    warned: list[str] = []
    assert recorded(project, project / "configuration.json", warn=warned.append).error == "refused"
    assert recorded(project, project / "configuration.json", warn=warned.append).error is None
    assert [run["error"] for run in runs(history(project))] == ["refused", ""]
    assert warned == []


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), Ended(15)])
def test_a_run_that_is_interrupted_is_recorded_too(ending: BaseException, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def debug(*_: Any, on_line: Any, **__: Any) -> DebugRun:
        on_line('checkpoint recorded: {"next_cursor": "a"}')
        on_line("crews: 30 records from 3 pages")
        raise ending

    monkeypatch.setattr(recording, "debug", debug)
    with pytest.raises(type(ending)):
        recorded(project, project / "configuration.json", warn=pytest.fail)
    [run] = runs(history(project))
    assert run["error"] == "It was interrupted before the sync was complete."
    assert (run["checkpoints"], run["pages"]) == (1, 3)


def test_a_history_that_cannot_be_written_ends_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "debug", lambda *_, **__: ran())
    (project / "files").rmdir()
    (project / "files").write_text("in the way")
    warned: list[str] = []
    assert recorded(project, project / "configuration.json", warn=warned.append).error is None
    [said] = warned
    assert "the history of local runs cannot be written" in said


# The file


def test_the_last_fifty_are_kept(tmp_path: Path) -> None:
    file = history(tmp_path)
    for number in range(KEPT + 3):
        add(file, {"run": number}, pytest.fail)
    assert [run["run"] for run in runs(file)] == list(range(3, KEPT + 3))
    assert [path.name for path in file.parent.iterdir()] == ["runs.jsonl"]


@pytest.mark.parametrize("damage", [b'{"run": ', b"[1]\n", b"\xff\xfe\n", b"\0\0\0"])
def test_a_damaged_file_is_left_aside(tmp_path: Path, damage: bytes) -> None:
    file = history(tmp_path)
    add(file, {"run": 1}, pytest.fail)
    for number in (1, 2):
        before = file.read_bytes() + damage
        file.write_bytes(before)
        warned: list[str] = []
        add(file, {"run": number + 1}, warned.append)
        assert file.with_name(f"runs.damaged{number}.jsonl").read_bytes() == before
        assert f"is damaged. It is left aside as runs.damaged{number}.jsonl" in warned[0]
    assert [run["run"] for run in runs(file)] == [1, 2, 3]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = history(tmp_path)
    add(file, {"run": 1}, pytest.fail)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        add(file, {"run": 2}, pytest.fail)
    assert [path.name for path in file.parent.iterdir()] == ["runs.jsonl"]
    assert runs(file) == [{"run": 1}]


def test_it_outlives_a_reset(tmp_path: Path) -> None:
    file = history(tmp_path)
    add(file, {"run": 1}, pytest.fail)
    (file.parent / "state.json").write_text("{}")
    (file.parent / "app_reports.sqlite").write_bytes(b"kept")
    with carried(tmp_path):
        for path in file.parent.iterdir():
            path.unlink()
        file.parent.rmdir()
    assert sorted(path.name for path in file.parent.iterdir()) == ["app_reports.sqlite", "runs.jsonl"]
    assert runs(file) == [{"run": 1}]


def test_the_kit_is_told_where_it_lies(tmp_path: Path) -> None:
    running = Running("x", tmp_path / "files/warehouse.db", tmp_path / "dictionary.json")
    assert _arguments(running)["runs"] == str(history(tmp_path))

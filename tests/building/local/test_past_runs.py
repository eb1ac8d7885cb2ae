"""`connector-build runs`: the history of local runs as a table and as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector_build.cli.main import main
from connector_core.runtime.scripts.history import add, history


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def ran(project: str, minute: int, **more: Any) -> None:
    kept = {"error": "", "tables": {}, "checkpoints": 9, "state_bytes": 1679}
    add(history(Path(project)), {"began": f"2026-01-02T03:{minute:02}Z", **kept, **more}, pytest.fail)


def runs(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["runs", "fts", *arguments])


def lines(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return [" ".join(line.split()) for line in done.output.splitlines()]


def test_the_runs_of_debug_and_demo_stand_in_the_order_of_time() -> None:
    ran("dist/fts", 5, tables={"fts_records": {"upserted": 1750, "deleted": 2}, "crews": {"upserted": 0, "deleted": 0}}, pages=8)
    ran("dist/demo-fts", 4, error="fts_records: GET /fts_data: 401 " + "long " * 30)
    shown = lines(runs())
    assert shown[0] == "began (UTC) project ended rows pages checkpoints state"
    assert shown[2].startswith("2026-01-02 03:04 dist/demo-fts fts_records: GET /fts_data: 401 long")
    assert shown[2].endswith("… ? 9 1,679 B")
    assert shown[3:] == ["2026-01-02 03:05 dist/fts well fts_records: 1,750, 2 deleted 8 9 1,679 B", "crews: 0"]


def test_the_last_ones_and_why_the_last_one_failed() -> None:
    for minute in range(12):
        ran("dist/fts", minute, error="refused " * 20 if minute == 11 else "")
    shown = lines(runs("-n", "2"))
    assert [line[:16] for line in shown[2:4]] == ["2026-01-02 03:10", "2026-01-02 03:11"]
    assert shown[-1] == f"The last one failed: {'refused ' * 19}refused"
    assert len(json.loads(runs("--json").stdout)) == 10


def test_another_folder() -> None:
    ran("elsewhere", 1)
    [found] = json.loads(runs("--output", "elsewhere", "--json").stdout)
    assert (found["project"], found["began"]) == ("elsewhere", "2026-01-02T03:01Z")
    assert "seconds" not in found


def test_where_nothing_ran_yet() -> None:
    assert lines(runs()) == ["fts has not run on this machine yet. Run it: connector-build debug fts"]
    assert json.loads(runs("--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runs", "ftss"], "There is no dataset 'ftss' (did you mean fts?)"),
        (["runs", "fts", "--output", "nowhere"], "--output nowhere: there is no such folder"),
        (["runs", "fts", "-n", "0"], "0 is not in the range"),
    ],
)
def test_wrong_use_is_one_message(arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert message in done.output


def test_a_history_that_cannot_be_read_is_said() -> None:
    history(Path("dist/fts")).mkdir(parents=True)
    done = runs()
    assert done.exit_code == 1
    assert "runs.jsonl cannot be read" in done.output


def test_a_line_of_another_shape_ends_nothing() -> None:
    add(history(Path("dist/fts")), {"tables": [1], "began": 5, "state_bytes": "x"}, pytest.fail)
    assert lines(runs())[2] == "5 dist/fts well ? ? ? ? B"

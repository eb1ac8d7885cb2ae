"""`connector-build run` against a simulated API: where rows go, what is said, and how it ends."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from connector_app.data.duck import DuckDBSession
from connector_build.api.simulation import Simulation
from connector_build.cli.main import main
from connector_build.destinations.state_file import held
from simulated import simulated

KEY = "canary-51aa0f"
Run = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[Simulation]:
    with Simulation([simulated("fts", 60)], secret=KEY) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, server: Simulation, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, called in a folder of its own, with a key from the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FTS_KEY", KEY)
    configuration = {"api_key": "env:FTS_KEY", "base_url": server.url, "page_size": "20"}
    Path("configuration.json").write_text(json.dumps(configuration))

    def call(*arguments: str, configured: bool = True) -> Result:
        file = ("--configuration", "configuration.json") if configured else ()
        result = CliRunner().invoke(main, ["run", "fts", *file, *arguments])
        assert "Traceback" not in result.output
        assert KEY not in result.output
        return result

    return call


def count(file: str, table: str = "fts_records") -> int:
    with duckdb.connect(file if file.endswith(".duckdb") else ":memory:") as connection:
        source = table if file.endswith(".duckdb") else f"'{file}/{table}.parquet'"
        [(found,)] = connection.execute(f"SELECT count(*) FROM {source}").fetchall()
        return int(found)


@pytest.mark.parametrize("to", ["rows.duckdb", "rows", "new/folder/"])
def test_rows_come_and_then_only_what_is_new(to: str, run: Run, server: Simulation) -> None:
    first = run("--to", to, "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout) == {
        "dataset": "fts",
        "to": to.rstrip("/"),
        "full": False,
        "checkpoints": 1,
        "tables": [{"table": "fts_records", "upserts": 60, "deletes": 0, "truncates": 0, "rows": 60, "deleted": 0}],
    }
    server.feed("fts").append(3)
    [table] = json.loads(run("--to", to, "--json").stdout)["tables"]
    assert table["rows"] == 63
    assert table["upserts"] < 60
    assert count(to) == 63
    [table] = json.loads(run("--to", to, "--full", "--json").stdout)["tables"]
    assert (table["rows"], table["upserts"]) == (63, 63)


def test_what_a_person_sees(run: Run) -> None:
    shown = run("--to", "rows.duckdb", "--enable", "fts_technicians")
    assert shown.stderr == ""
    lines = shown.stdout.splitlines()
    assert [line.split()[:2] for line in lines[2:4]] == [["fts_records", "60"], ["fts_technicians", lines[3].split()[1]]]
    assert lines[-1] == "rows.duckdb: 2 checkpoints; the next run goes on from the last."
    assert run("--to", "rows.duckdb", "--quiet").output == ""


def test_json_lines_and_their_state(run: Run) -> None:
    first = run("--to", "-", "--state", "state.json")
    messages = [json.loads(line) for line in first.stdout.splitlines()]
    assert [each["type"] for each in messages] == ["upsert"] * 60 + ["state"]
    assert messages[0].keys() == {"type", "table", "row"}
    assert messages[-1]["state"] == json.loads(Path("state.json").read_text())
    assert first.stderr.splitlines()[-1] == "-: 1 checkpoint; the next run goes on from the last."
    again = run("--to", "-", "--state", "state.json", "--json")
    assert [json.loads(line)["type"] for line in again.stdout.splitlines()][-1] == "state"
    assert json.loads(again.stderr)["to"] == "-"
    assert len(again.stdout.splitlines()) < 60
    anew = run("--to", "-", "--state", "state.json", "--full").stdout.splitlines()
    assert json.loads(anew[0]) == {"type": "truncate", "table": "fts_records"}
    assert len(anew) == 62


def test_singer_messages_and_their_state(run: Run) -> None:
    messages = [json.loads(line) for line in run("--to", "singer").stdout.splitlines()]
    assert [each["type"] for each in messages] == ["SCHEMA", *["RECORD"] * 60, "STATE"]
    Path("state.json").write_text(json.dumps(messages[-1]["value"]))
    again = [json.loads(line) for line in run("--to", "singer", "--state", "state.json").stdout.splitlines()]
    assert [each["type"] for each in again][-1] == "STATE"
    assert len(again) < 60
    assert {each["version"] for each in messages + again if each["type"] == "RECORD"} == {messages[1]["version"]}
    anew = [json.loads(line) for line in run("--to", "singer", "--state", "state.json", "--full").stdout.splitlines()]
    [activated] = [each for each in anew if each["type"] == "ACTIVATE_VERSION"]
    assert {each["version"] for each in anew if each["type"] == "RECORD"} == {activated["version"]} != {messages[1]["version"]}


@pytest.mark.parametrize("to", ["rows.duckdb", "rows", "-", "singer"])
def test_a_sync_that_fails(to: str, run: Run, server: Simulation) -> None:
    server.faults.add("status=400,every=3")
    failed = run("--to", to)
    assert failed.exit_code == 1
    assert failed.stderr.startswith("Error: fts_records: ")
    assert failed.stderr.count("\n") == 1
    server.faults.clear()
    assert run("--to", to).exit_code == 0
    if "rows" in to:
        assert count(to) == 60


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "rows.csv"], "a file is a DuckDB database"),
        (["--to", "rows.duckdb", "--state", "s.json"], "--state is for --to - and singer only"),
        (["--to", "no/rows.duckdb"], "there is no folder no"),
        (["--to", "configuration.json/rows"], "cannot be a folder"),
        (["--to", "-", "--state", "no/s.json"], "no/s.json: nothing can be written beside it: No such file"),
        (["--to", "-", "--state", "list.json"], "list.json: is no state"),
        (["--to", "singer", "--state", "list.json"], "list.json: is no state"),
        (["--to", "rows", "--enable", "nothing"], "nothing"),
        ([], "Missing option '--to'"),
    ],
)
def test_wrong_usage(arguments: list[str], words: str, run: Run, server: Simulation) -> None:
    Path("list.json").write_text("[1]")
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert result.stdout == ""
    assert not server.requests


def test_configuration(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = run("--to", "rows.duckdb", configured=False)
    assert absent.exit_code == 2
    assert "--configuration FILE. Without it, dist/fts/configuration.json is read, which is not there." in absent.stderr
    Path("dist/fts").mkdir(parents=True)
    Path("configuration.json").replace("dist/fts/configuration.json")
    assert run("--to", "rows.duckdb", configured=False).exit_code == 0
    monkeypatch.delenv("FTS_KEY")
    unset = run("--to", "rows.duckdb", configured=False)
    assert unset.exit_code == 2
    assert "api_key: the environment variable FTS_KEY is not set, or empty." in unset.stderr


def test_two_runs_at_once(run: Run, tmp_path: Path) -> None:
    assert run("--to", "rows.duckdb").exit_code == 0
    assert run("--to", "rows").exit_code == 0
    for file, to in (("rows.duckdb", "rows.duckdb"), ("rows/_rows.duckdb", "rows")):
        holding = f"import duckdb; c = duckdb.connect({file!r}); print('open', flush=True); input()"
        with subprocess.Popen([sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"open\n"
            second = run("--to", to)
            other.communicate(b"\n")
        assert second.exit_code == 1
        assert f"{file} is open elsewhere" in second.stderr
    with held(tmp_path / "state.json"):
        second = run("--to", "-", "--state", "state.json")
    assert second.exit_code == 1
    assert "state.json belongs to another run that is still going on" in second.stderr


def test_files_of_somebody_else_stay(run: Run) -> None:
    Path("rows").mkdir()
    Path("rows/fts_records.parquet").write_text("mine")
    result = run("--to", "rows")
    assert result.exit_code == 1
    assert "rows has a file fts_records.parquet, and no _rows.duckdb that it was written from" in result.stderr
    assert [path.name for path in Path("rows").iterdir()] == ["fts_records.parquet"]


def test_a_file_that_is_lost_comes_again_and_one_that_is_up_to_date_stays(run: Run) -> None:
    options = ("--to", "rows", "--enable", "fts_technicians")
    run(*options)
    records, technicians = Path("rows/fts_records.parquet"), Path("rows/fts_technicians.parquet")
    before = technicians.stat().st_ino
    records.unlink()
    assert run(*options).exit_code == 0
    assert count("rows") == 60
    assert technicians.stat().st_ino == before


def test_an_app_finds_the_rows(run: Run, tmp_path: Path) -> None:
    run("--to", "fts.duckdb", "--enable", "fts_technicians")
    session = DuckDBSession(tmp_path / "fts.duckdb")
    assert session.tables() == ["fts_records", "fts_technicians"]
    assert len(session.sql(f"SELECT * FROM {session.table('fts_records')}")) == 60


def test_a_reader_that_goes_away(run: Run, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connector_build", "run", "fts", "--configuration", "configuration.json", "--to", "-"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        said: Any = child.stderr.read()
    assert (child.returncode, said) == (1, b"")

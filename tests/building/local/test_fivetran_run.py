"""Running the `fivetran` command: what is read from what it prints, what surrounds it, and the real thing once."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import duckdb
import pytest

from connector_build.errors import BuildError
from connector_build.local.fivetran import (
    debug,
    find_fivetran,
    read_error,
    read_operations,
    read_tables,
    reset,
    without_traceback,
)

INDENT = " " * 35
SUMMARY = """\
Operation       | Counts
----------------+------------
Upserts         | 1,750
Updates         | 1
Deletes         | 2
Truncates       | 3
Schema changes  | 4
Checkpoints     | 9
File uploads    | 0

"""
SUCCESS = f"""\
05:52:06.971 INFO     ⚡ connector fts_records: 750 records from 8 pages
05:52:06.995 INFO     ⚡ sdk       SYNC SUCCEEDED
{indent(SUMMARY, INDENT)}
05:52:06.995 INFO     ⚡ sdk       debug results in duckdb view
"""


def failure(error: str) -> str:
    return (
        f"05:52:40.288 INFO     ⚡ sdk       calling update()\n05:52:40.295 SEVERE   ⚡ sdk       SYNC FAILED\n"
        f"{indent(SUMMARY + error, INDENT, lambda _: True)}\n\n"
        "05:52:40.295 INFO     ⚡ sdk       connector process memory usage\ncrash report saved to crash_1.log\n"
    )


ENDED = "fivetran debug ended with exit code 1 before the sync was complete, and does not say why."
TRACEBACK = """\
Traceback (most recent call last):
  File "/home/me/dist/fts/connector_core/source/configuration.py", line 64, in read_configuration
    raise ConfigurationError(message)
ConfigurationError: the message is above


See logs above for details."""


def test_operations() -> None:
    assert read_operations(SUCCESS) == {
        "upserts": 1750,
        "updates": 1,
        "deletes": 2,
        "truncates": 3,
        "schema_changes": 4,
        "checkpoints": 9,
    }
    assert set(read_operations("nothing of the kind").values()) == {0}


def test_the_last_summary_counts() -> None:
    assert read_operations(SUMMARY + SUMMARY.replace("1,750", "8"))["upserts"] == 8


@pytest.mark.parametrize(
    ("output", "error"),
    [
        (
            failure(f"Error: failed while executing update() error: api_key is missing.\nCorrect it.\n{TRACEBACK}"),
            "api_key is missing. Correct it.",
        ),
        (failure(f"Error: failed while executing schema() error: bad: Error: x\n{TRACEBACK}"), "bad: Error: x"),
        (failure("Error: Connector Sdk Task. Message: gone wrong\n\nSee logs above for details."), "gone wrong"),
        (failure("Error: something new"), "something new"),
        (
            failure(f"Error: failed while executing update() error: \n{TRACEBACK}"),
            "The connector raised ConfigurationError without a message.",
        ),
        (
            f"05:53:10.463 SEVERE   ⚡ sdk       error in connector.py at PROJECT/a.py, line 257\n{INDENT}PluginError: no table",
            "error in connector.py at a.py, line 257 PluginError: no table",
        ),
        (
            "05:53:07.650 SEVERE   ⚡ sdk       ✗ invalid configuration error: Configuration path is incorrect\n",
            "invalid configuration error: Configuration path is incorrect",
        ),
        ("05:53:07.650 SEVERE   ⚡ connector it went badly\n", "it went badly"),
        (f"05:53:07.650 SEVERE   ⚡ connector own words\n{failure('Error: the cause')}", "the cause"),
        (
            "zsh: bad\n\n",
            f"{ENDED} The last line it printed: zsh: bad",
        ),
        ("", f"{ENDED} It printed nothing."),
    ],
)
def test_errors(output: str, error: str, tmp_path: Path) -> None:
    assert read_error(output.replace("PROJECT", str(tmp_path.resolve())), 1, tmp_path) == error


def test_no_error(tmp_path: Path) -> None:
    assert read_error(SUCCESS, 0, tmp_path) is None


def test_a_sync_that_ends_early_with_0_is_an_error(tmp_path: Path) -> None:
    output = (
        "05:54:27.625 WARNING  ⚡ sdk       avoid using sys.exit()\n05:54:27 INFO connector SYNC SUCCEEDED, says the connector"
    )
    assert "exit code 0 before the sync was complete" in (read_error(output, 0, tmp_path) or "")
    assert "ended by signal 9" in (read_error(output, -9, tmp_path) or "")


def write_command(folder: Path, body: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "fivetran"
    command.write_text(f"#!/bin/sh\n{body}\n")
    command.chmod(0o755)
    return command


def test_find_fivetran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = write_command(tmp_path / "venv", "true")
    on_path = write_command(tmp_path / "bin", "true")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_fivetran() == beside
    beside.unlink()
    assert find_fivetran() == on_path
    on_path.unlink()
    with pytest.raises(BuildError, match="pip install 'fivetran-connector-sdk>=3,<4'"):
        find_fivetran()


Fake = Callable[[str], Path]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """A stand-in for the command, and an empty project to run it in."""

    def install(body: str) -> Path:
        write_command(tmp_path / "venv", body)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
        (tmp_path / "project").mkdir(exist_ok=True)
        return tmp_path / "project"

    return install


def test_what_surrounds_the_command(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    write_command(tmp_path / "real", "echo guessing").rename(tmp_path / "real" / "pipreqs")
    monkeypatch.setenv("PATH", f"{tmp_path / 'real'}{os.pathsep}{os.environ['PATH']}")
    project = fake(
        'echo "$*"; pwd -P; pipreqs; echo "path=$PYTHONPATH track=$DO_NOT_TRACK"'
        '; dirname "$(command -v pipreqs)"; cat; echo e >&2'
    )
    monkeypatch.chdir(tmp_path)
    seen: list[str] = []
    run = debug(Path("project"), Path("my.json"), on_line=seen.append)
    arguments, cwd, variables, folder, error = seen
    assert arguments == f"debug --configuration {tmp_path / 'my.json'}"
    assert cwd == str(project.resolve())
    assert variables == "path= track=1"
    assert not Path(folder).exists()
    assert error == "e"
    assert run.output == "\n".join(seen)
    assert run.state is None
    assert run.error


def test_the_users_choice_about_tracking_stands(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    assert debug(fake('echo "$DO_NOT_TRACK"'), Path("c.json")).output == "0"


def test_an_interrupt_ends_the_command(fake: Fake) -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        debug(fake("echo $$; exec sleep 60"), Path("c.json"), on_line=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_very_much_output_is_cut(fake: Fake) -> None:
    project = fake(f"exec {sys.executable} -c \"print('x' * 100_000); print('y\\n' * 100_000 + 'end')\"")
    run = debug(project, Path("c.json"))
    assert len(run.output) < 50_000
    assert run.output.endswith("y\nend")


def test_a_project_that_is_not_there(fake: Fake, tmp_path: Path) -> None:
    fake("true")
    with pytest.raises(BuildError, match=r"cannot be started in .*: No such file"):
        debug(tmp_path / "nowhere", Path("c.json"))


def test_reset(fake: Fake) -> None:
    project = fake("rm -r files")
    reset(project)
    (project / "files").mkdir()
    (project / "files" / "warehouse.db").touch()
    reset(project)
    assert not (project / "files").exists()


def test_a_reset_that_removes_nothing_is_an_error(fake: Fake) -> None:
    project = fake("echo nothing was deleted")
    (project / "files").mkdir()
    (project / "files" / "warehouse.db").touch()
    with pytest.raises(BuildError, match=r"reset failed in .*: nothing was deleted"):
        reset(project)


def test_tables(tmp_path: Path) -> None:
    assert [(each.columns, each.total) for each in read_tables(tmp_path, ["a"], 5)] == [({}, 0)]
    (tmp_path / "files").mkdir()
    with duckdb.connect(str(tmp_path / "files" / "warehouse.db")) as database:
        database.execute("CREATE SCHEMA tester")
        database.execute(
            'CREATE TABLE tester.rows_2 (id BIGINT, "a ""b" DOUBLE, "at" TIMESTAMP WITH TIME ZONE, _fivetran_deleted BOOLEAN)'
        )
        database.execute("INSERT INTO tester.rows_2 SELECT i, i / 8, '2026-01-02 03:04:05Z', i = 2 FROM range(4) t(i)")
    rows, absent = read_tables(tmp_path, ["rows2", "other"], 2)
    assert rows.name == "rows2"
    assert rows.columns == {"id": "BIGINT", 'a "b': "DOUBLE", "at": "TIMESTAMP WITH TIME ZONE"}
    assert [row[:2] for row in rows.rows] == [(0, 0.0), (1, 0.125)]
    assert isinstance(rows.rows[0][2], str)
    assert rows.total == 3
    assert not absent.columns
    assert len(read_tables(tmp_path, ["rows2"], None)[0].rows) == 3
    (tmp_path / "files" / "warehouse.db").write_text("not a database")
    with pytest.raises(BuildError, match="cannot be read"):
        read_tables(tmp_path, ["rows2"], 1)


CONNECTOR = """
from fivetran_connector_sdk import Connector, Logging, Operations

def schema(configuration):
    return [{"table": "t", "primary_key": ["id"], "columns": {"id": "LONG", "cost": "DOUBLE"}}]

def update(configuration, state):
    if configuration.get("fail"):
        raise ValueError(f"told to fail:\\n{configuration['fail']}")
    Logging.info("zażółć")
    for number in range(3):
        Operations.upsert("t", {"id": number, "cost": 0.1 * number})
    Operations.delete("t", {"id": 1})
    Operations.checkpoint({"runs": state.get("runs", 0) + 1})

connector = Connector(update=update, schema=schema)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "connector.py").write_text(CONNECTOR)
    (folder / "requirements.txt").write_text("attrs==25.1.0\n")
    (folder / "configuration.json").write_text("{}")
    (tmp_path / "bad.json").write_text(json.dumps({"fail": "loudly"}))
    return folder


def test_real_runs(project: Path, tmp_path: Path) -> None:
    seen: list[str] = []
    run = debug(project, project / "configuration.json", on_line=seen.append)
    assert run.error is None, run.output
    assert run.returncode == 0
    assert (run.operations["upserts"], run.operations["deletes"], run.operations["checkpoints"]) == (3, 1, 1)
    assert run.state == {"runs": 1}
    assert any("zażółć" in line for line in seen)
    (table,) = read_tables(project, ["t"], 5)
    assert table.columns == {"id": "BIGINT", "cost": "DOUBLE"}
    assert sorted(table.rows) == [(0, 0.0), (2, 0.2)]
    assert (project / "requirements.txt").read_text() == "attrs==25.1.0\n"

    failed = debug(project, tmp_path / "bad.json")
    assert failed.returncode == 1
    assert failed.error == "told to fail: loudly"
    assert failed.state == {"runs": 1}

    reset(project)
    assert read_tables(project, ["t"], 5)[0].total == 0


def test_tracebacks_are_left_out_of_what_is_shown() -> None:
    shown: list[str] = []
    show = without_traceback(shown.append)
    for line in (
        "07:00:00 INFO one",
        "07:00:01 SEVERE it failed",
        "    Traceback (most recent call last):",
        "      File x",
        "",
        "07:00:02 INFO two",
    ):
        show(line)
    assert shown == ["07:00:00 INFO one", "07:00:01 SEVERE it failed", "07:00:02 INFO two"]

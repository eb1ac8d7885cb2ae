"""The two bash scripts of a built project, run as a user runs them.

Most tests put a stand-in for the `fivetran` command first on PATH: it writes down how it was called and
then behaves as the test tells it. The last tests run the real command.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connector_build.project.writer import script_of
from places import ROOT

DEBUG, DEPLOY = "debug_and_reset.sh", "deploy.sh"
TABLES = "fts_records fts_technicians"
BASH = shutil.which("bash") or "/bin/bash"
REAL_FIVETRAN = Path(sys.executable).with_name("fivetran")
KEY = "c2VjcmV0a2V5OnNlY3JldHNlY3JldA=="
CORE = ROOT / "core/src/connector_core"
NEEDED = ("attr", "attrs", "pluggy", "requests", "urllib3", "certifi", "idna", "charset_normalizer")
"""What the connector imports, by the names of its folders."""

# The first three lines are how pip starts a command whose Python lies under a path with a space.
FAKE_FIVETRAN = """#!/bin/sh
'''exec' "@PYTHON@" -S "$0" "$@"
' '''
import json, os, pathlib, shutil, sys

here = pathlib.Path(__file__).parent

def reset():
    shutil.rmtree("files", ignore_errors=True)

def debug():
    os.makedirs("files")
    shutil.copy(here / "warehouse.db", "files/warehouse.db")
    pathlib.Path("files/state.json").write_text('{"next_cursor":"abc"}')
    print((here / "debug.txt").read_text())

def deploy():
    print("deploying")

def package():
    print("  package id: package_1")

@BEHAVIOUR@

call = {"argv": sys.argv[1:], "environment": sorted(os.environ), "key": os.environ.get("FIVETRAN_API_KEY")}
with (here / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(call) + "\\n")
sys.exit({"reset": reset, "debug": debug, "deploy": deploy, "package": package}[sys.argv[1]]())
"""

DEBUG_OUTPUT = """05:43:10.287 INFO     sdk       checkpoint recorded: {"next_cursor": "first"}
05:43:10.288 INFO     sdk       checkpoint recorded: {"next_cursor": "last"}
05:43:10.299 INFO     sdk       SYNC SUCCEEDED
                                Operation       | Counts
                                ----------------+------------
                                Upserts         | 750
                                Updates         | 3
                                Deletes         | 2
                                Truncates       | 1
                                Schema changes  | 4
                                Checkpoints     | 8
                                File uploads    | 0
"""


def write_executable(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def render(script: str, folder: Path, tables: str = TABLES) -> Path:
    """What the project writer does with a template."""
    return write_executable(folder / script, script_of(script, "fts", tables).decode())


@dataclass(frozen=True)
class Project:
    """A built project, and a `bin` folder that is first on PATH."""

    folder: Path
    bin: Path

    def fake(self, behaviour: str = "", python: str = sys.executable) -> None:
        text = FAKE_FIVETRAN.replace("@PYTHON@", python).replace("@BEHAVIOUR@", behaviour)
        write_executable(self.bin / "fivetran", text)

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """Nothing of the caller's own: their keys and names would change the outcome."""
        return {"PATH": f"{self.bin}:{os.defpath}", "HOME": str(self.bin), "LC_ALL": "C.UTF-8", **extra}

    def run(
        self, script: str, *arguments: str, answer: str = "", options: tuple[str, ...] = (), **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """From / on purpose: the scripts have to find their own folder."""
        command = [BASH, *options, str(self.folder / script), *arguments]
        return subprocess.run(
            command,
            input=answer,
            cwd="/",
            env=self.environment(extra),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def calls(self) -> list[dict[str, Any]]:
        log = self.bin / "calls.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def warehouse(self, *statements: str) -> None:
        """The database that the fake `fivetran debug` leaves behind."""
        (self.bin / "warehouse.db").unlink(missing_ok=True)
        with duckdb.connect(str(self.bin / "warehouse.db")) as database:
            database.execute("CREATE SCHEMA tester")
            for statement in statements:
                database.execute(statement)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder, commands = tmp_path / "work" / "dist of mine" / "my fts", tmp_path / "bin"
    folder.mkdir(parents=True)
    commands.mkdir()
    (folder / "connector.py").write_text("connector = None\n")
    (folder / "configuration.json").write_text('{"api_key": "hunter2", "page_size": "100"}')
    (folder / "requirements.txt").write_text("attrs==25.4.0\n")
    (folder / "connector_core").symlink_to(CORE)
    for script in (DEBUG, DEPLOY):
        render(script, folder)
    made = Project(folder, commands)
    made.fake()
    (commands / "debug.txt").write_text(DEBUG_OUTPUT)
    (commands / "warehouse.db").touch()
    return made


def assert_clear_error(done: subprocess.CompletedProcess[str], code: int, *pieces: str) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.startswith("Error: ")
    for piece in pieces:
        assert piece in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "unbound variable" not in done.stderr


def python_with(folder: Path, *names: str) -> Path:
    """A Python in which these packages are installed, and no others."""
    installed = folder / "installed"
    installed.mkdir(parents=True)
    for name in names:
        (installed / name).symlink_to(Path(str(find_spec(name).origin)).parent)  # type: ignore[union-attr]
    return write_executable(folder / "python3", f'#!/bin/sh\nPYTHONPATH="{installed}" exec "{sys.executable}" -S "$@"\n')


# --- both scripts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
def test_template_is_complete_and_short(script: str) -> None:
    text = script_of(script, "fts", TABLES).decode()
    assert not re.findall(r"@[A-Z_]+@", text)
    assert len(text.splitlines()) < 100, "what is logic stands in connector_core/runtime/scripts"
    # macOS comes with bash 3.2.
    assert not re.search(r"mapfile|readarray|declare -A|\$\{\w+(,,|\^\^)\}|\|&", text)


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
def test_a_project_without_its_core_says_so(project: Project, script: str) -> None:
    (project.folder / "connector_core").unlink()
    assert_clear_error(project.run(script), 2, f"connector_core is missing in {project.folder}", "connector-build fts")


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
def test_a_python_without_what_the_connector_needs_is_told_before_anything_happens(project: Project, script: str) -> None:
    python = python_with(project.bin / "lean", "attr", "attrs", "requests")
    (project.bin / "python3").symlink_to(python)
    (project.bin / "python").symlink_to(python)
    project.fake(python=str(python))
    done = project.run(script, answer="y\n", FIVETRAN_API_KEY=KEY)
    assert_clear_error(done, 2, f"{python} lacks pluggy", f"'{python}' -m pip install -r requirements.txt")
    assert project.calls == []


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
def test_an_old_python_is_not_taken(project: Project, script: str) -> None:
    for name in ("python3", "python"):
        write_executable(project.bin / name, "#!/bin/sh\nexit 3\n")
    project.fake(python=str(project.bin / "python3"))
    assert_clear_error(project.run(script), 2, "no Python 3.11 or later was found")


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
def test_no_variable_keeps_a_script_from_its_own_project(project: Project, script: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere/connector_core"
    elsewhere.mkdir(parents=True)
    (elsewhere / "__init__.py").write_text("raise SystemExit('another core')")
    done = project.run(
        script,
        *(["--yes"] if script == DEBUG else []),
        FIVETRAN_API_KEY=KEY,
        PYTHONSAFEPATH="1",
        PYTHONPATH=str(elsewhere.parent),
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
@pytest.mark.parametrize("name", ["connector.py", "configuration.json", "requirements.txt"])
def test_missing_file_is_named(project: Project, script: str, name: str) -> None:
    (project.folder / name).unlink()
    assert_clear_error(project.run(script), 2, f"{name} is missing in {project.folder}", "connector-build fts")
    assert project.calls == []


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
def test_missing_fivetran_command_says_how_to_get_it(project: Project, script: str) -> None:
    (project.bin / "fivetran").unlink()
    assert_clear_error(project.run(script), 2, "not on PATH", "pip install 'fivetran-connector-sdk>=3,<4'")


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
def test_help_and_wrong_usage(project: Project, script: str) -> None:
    helped = project.run(script, "--help")
    assert helped.returncode == 0
    assert helped.stdout.startswith(f"Usage: ./{script}")
    assert_clear_error(project.run(script, "--frobnicate"), 2, "--frobnicate", f"Usage: ./{script}")
    assert project.calls == []


# --- debug_and_reset.sh ---------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["n\n", "No\n", "", "n", "what?\nn\n"])
def test_no_or_end_of_input_changes_nothing(project: Project, answer: str) -> None:
    done = project.run(DEBUG, answer=answer)
    assert done.returncode == 0
    assert "✓ Detected table names: fts_records, fts_technicians\n" in done.stdout
    assert "every row of fts_records, fts_technicians" in done.stdout
    assert "Do you want to continue? (Y/n): " in done.stdout
    assert done.stdout.endswith("Nothing was changed.\n")
    assert project.calls == []


@pytest.mark.parametrize(("option", "answer"), [([], "\n"), ([], "Yes\n"), ([], "y"), (["--yes"], ""), (["-y"], "")])
def test_enter_and_yes_go_on(project: Project, option: list[str], answer: str) -> None:
    project.fake("def debug():\n    return 1")  # what comes after it is for other tests
    done = project.run(DEBUG, *option, answer=answer)
    assert ("continue?" in done.stdout) == (not option)
    assert [call["argv"] for call in project.calls] == [
        ["reset", "--yes"],
        ["debug", "--configuration", "configuration.json"],
    ]


def test_results_of_a_run(project: Project) -> None:
    project.warehouse(
        "CREATE TABLE tester.fts_records AS SELECT 'r' || i AS record_id, i * 1.5 AS cost, "
        "now() AS seen, i = 1 AS _fivetran_deleted, now() AS _fivetran_synced FROM range(1, 9) t(i)"
    )
    done = project.run(DEBUG, "--yes")
    assert done.returncode == 0, done.stderr
    assert "fts_records: 7 rows (1 more marked as deleted), 3 columns\n" in done.stdout
    assert "Running query: SELECT * FROM tester.fts_records WHERE _fivetran_deleted IS NOT TRUE LIMIT 5;\n" in done.stdout
    assert [row[:2] for row in boxed(done.stdout)[0]] == [
        ["record_id", "cost"],
        ["r2", "3.0"],
        ["r3", "4.5"],
        ["r4", "6.0"],
        ["r5", "7.5"],
        ["r6", "9.0"],
    ]
    assert "_fivetran_synced" not in done.stdout
    assert "fts_technicians: not in the warehouse" in done.stdout
    assert "OPERATION SUMMARY\n" in done.stdout
    assert boxed(done.stdout)[1] == [
        ["Operation", "Count"],
        ["Upserts", "750"],
        ["Updates", "3"],
        ["Deletes", "2"],
        ["Truncates", "1"],
        ["SchemaChanges", "4"],
        ["Checkpoints", "8"],
    ]
    assert done.stdout.endswith('\n✓ Debug and reset operations completed.\nNext sync state: {"next_cursor": "abc"}\n')


def boxed(printed: str) -> list[list[list[str]]]:
    """The tables in boxes, each its rows, each their cells; the head first."""
    found = re.findall(r"^┌.*\n((?:[│├].*\n)+)└", printed, re.MULTILINE)
    return [[[cell.strip() for cell in line.strip("│").split("│")] for line in box.splitlines() if "│" in line] for box in found]


def test_wide_table_fits_the_terminal(project: Project) -> None:
    columns = ", ".join(f"repeat('{i % 10}', 40) AS column_{i}" for i in range(12))
    project.warehouse(
        f"CREATE TABLE tester.fts_records AS SELECT {columns}",
        'CREATE TABLE tester.fts_technicians AS SELECT chr(27) || \'[31mred\' AS "odd ""name", 1 AS '
        + ", 1 AS ".join("abcdefghijk"),
    )
    done = project.run(DEBUG, "--yes", COLUMNS="80")
    results = done.stdout.split("Step 3")[1].split("OPERATION SUMMARY")[0].splitlines()
    assert max(len(line) for line in results) <= 80
    wide, narrow, _ = boxed(done.stdout)
    assert wide == [["column_0", "…", "column_11"], ["0" * 23 + "…", "…", "1" * 23 + "…"]]
    assert narrow == [['odd "name', *"abcdefghijk"], [" [31mred".strip(), *"1" * 11]]
    assert "fts_records: 1 row, 12 columns" in results
    assert "\x1b" not in done.stdout


def test_table_is_found_in_any_schema_and_under_fivetrans_spelling(project: Project) -> None:
    render(DEBUG, project.folder, tables="fts_records top10")
    project.warehouse(
        "CREATE SCHEMA elsewhere",
        "CREATE TABLE elsewhere.fts_records AS SELECT 1 AS a",
        "CREATE TABLE tester.top_10 AS SELECT 1 AS a WHERE false",
    )
    done = project.run(DEBUG, "--yes")
    assert "Running query: SELECT * FROM elsewhere.fts_records LIMIT 5;\n" in done.stdout
    assert "fts_records: 1 row, 1 column\n" in done.stdout
    assert "top10: 0 rows, 1 column\n" in done.stdout


@pytest.mark.parametrize(
    ("state", "printed", "expected"),
    [
        ('{"next_cursor": null}', DEBUG_OUTPUT, '{"next_cursor": null}'),
        ('{"a": {"b": [1, "é"]}}', DEBUG_OUTPUT, '{"a": {"b": [1, "\\u00e9"]}}'),
        (None, DEBUG_OUTPUT, '{"next_cursor": "last"}'),
        ("[1, 2]", DEBUG_OUTPUT, '{"next_cursor": "last"}'),
        ("{broken", DEBUG_OUTPUT, '{"next_cursor": "last"}'),
        ("", "no summary here", "none was recorded, so the next sync starts from the beginning"),
        (json.dumps({"k": "x" * 9000}), DEBUG_OUTPUT, "(9009 characters in all, see files/state.json)"),
    ],
)
def test_next_sync_state(project: Project, state: str | None, printed: str, expected: str) -> None:
    write_state = f"pathlib.Path('files/state.json').write_text({state!r})" if state is not None else "pass"
    project.fake(f"def debug():\n    os.makedirs('files')\n    {write_state}\n    print({printed!r})")
    done = project.run(DEBUG, "--yes")
    assert done.returncode == 0
    last = done.stdout.splitlines()[-1]
    assert last.startswith("Next sync state: ")
    assert last.endswith(expected)
    assert len(last) < 4100
    assert ("fivetran debug printed none" in done.stdout) == (printed != DEBUG_OUTPUT)
    assert ("✓ Debug and reset operations completed." in done.stdout) == (printed == DEBUG_OUTPUT)
    assert "Not shown: fivetran debug wrote no files/warehouse.db" in done.stdout


def test_failing_debug_is_shown_and_fails(project: Project) -> None:
    project.fake(
        "def debug():\n    os.makedirs('crash-reports')\n"
        "    pathlib.Path('crash-reports/crash_1.log').touch()\n"
        "    print('SYNC FAILED: 401')\n    print('on stderr', file=sys.stderr)\n    return 3"
    )
    done = project.run(DEBUG, "--yes")
    assert "SYNC FAILED: 401" in done.stdout
    assert "on stderr" in done.stdout
    assert "Next sync state" not in done.stdout
    assert done.returncode == 1
    assert "Error: fivetran debug failed (exit code 3)" in done.stderr
    assert "crash-reports/crash_1.log" in done.stderr


@pytest.mark.parametrize("behaviour", ["def reset():\n    print('locked')\n    return 1", "reset = lambda: print('locked')"])
def test_reset_that_removed_nothing_stops_the_run(project: Project, behaviour: str) -> None:
    (project.folder / "files").mkdir()
    (project.folder / "files" / "warehouse.db").touch()
    project.fake(behaviour)
    done = project.run(DEBUG, "--yes")
    assert done.returncode == 1
    assert done.stderr.startswith("locked\nError: fivetran reset failed")
    assert [call["argv"][0] for call in project.calls] == ["reset"]


def test_each_run_is_in_the_history_which_a_reset_keeps(project: Project) -> None:
    (project.folder / "connector.lock.json").write_text('{"dataset": "fts", "settings": {"api_key": {"secret": true}}}')
    (project.folder / "configuration.json").write_text('{"api_key": "hunter2"}')
    project.fake('def debug():\n    print((here / "debug.txt").read_text())')
    assert project.run(DEBUG, "--yes").returncode == 0
    project.fake("def debug():\n    sys.exit(3)")
    assert project.run(DEBUG, "--yes").returncode == 1
    file = project.folder / "files/runs.jsonl"
    first, second = [json.loads(line) for line in file.read_text().splitlines()]
    assert (first["dataset"], first["error"], first["checkpoints"]) == ("fts", "", 8)
    assert second["error"] == "fivetran debug failed with exit code 3."
    assert "hunter2" not in file.read_text()


def test_unreadable_warehouse_does_not_fail_the_run(project: Project) -> None:
    (project.bin / "warehouse.db").write_bytes(b"not a database" * 1000)
    done = project.run(DEBUG, "--yes")
    assert done.returncode == 0
    assert f"Not shown: {project.folder}/files/warehouse.db cannot be read" in done.stdout
    assert "Next sync state" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_missing_duckdb_is_one_line(project: Project) -> None:
    python = python_with(project.bin / "lean", *NEEDED)
    (project.bin / "python3").symlink_to(python)
    (project.bin / "python").symlink_to(python)
    project.fake(python=str(python))
    done = project.run(DEBUG, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Not shown: The module duckdb, which reads files/warehouse.db, is missing: pip install duckdb\n" in done.stdout
    assert done.stdout.endswith('Next sync state: {"next_cursor": "abc"}\n')


def test_nothing_of_a_run_is_left_behind(project: Project, tmp_path: Path) -> None:
    """Not in the temporary folder, and not a requirements.txt that `fivetran debug` took away."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    (project.folder / "requirements.txt").write_text("")
    project.fake("def debug():\n    os.remove('requirements.txt')\n    return 1")
    assert project.run(DEBUG, "--yes", TMPDIR=str(scratch)).returncode == 1
    assert (project.folder / "requirements.txt").read_text() == ""
    assert list(scratch.iterdir()) == []


def test_a_reader_that_has_seen_enough_ends_the_run(project: Project, tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    project.fake("def debug():\n    [print('line', number) for number in range(100000)]")
    command = [BASH, str(project.folder / DEBUG), "--yes"]
    environment = project.environment({"TMPDIR": str(scratch)})
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 1
    assert list(scratch.iterdir()) == []


# --- deploy.sh ------------------------------------------------------------------------------------------


def deploy_command(destination: str, connection: str, *more: str, python: str = "3.11") -> list[str]:
    command = ["deploy", "--destination", destination, "--connection", connection]
    return [*command, "--configuration", "configuration.json", "--python-version", python, *more]


def write_keys(path: Path, keys: object) -> None:
    path.write_text(json.dumps({"fivetran": {"api_keys": keys}}))


def test_defaults_are_taken_and_shown_without_a_terminal(project: Project) -> None:
    done = project.run(DEPLOY, answer="ignored\n", FIVETRAN_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert project.calls[0]["argv"] == deploy_command("NEW_SALES_ENG_HANDS_ON_LAB", "a_new_fts_connector")
    for value in ("MDS_SNOWFLAKE_HOL", "NEW_SALES_ENG_HANDS_ON_LAB", "a_new_fts_connector"):
        assert value in done.stdout
    assert "The connection 'a_new_fts_connector' has been deployed successfully.\n" in done.stdout
    assert "paused" not in done.stdout, "the command did not say that it made a connection"


def test_names_from_arguments_win_over_the_environment(project: Project) -> None:
    project.run(
        DEPLOY,
        "Account",
        "My Destination",
        "--",
        "--yes",
        "--proxy-id",
        "two words",
        FIVETRAN_API_KEY=KEY,
        FIVETRAN_ACCOUNT_NAME="unused",
        FIVETRAN_DESTINATION_NAME="unused",
        FIVETRAN_CONNECTION_NAME="from_env",
        FIVETRAN_PYTHON_VERSION="3.12",
    )
    expected = deploy_command("My Destination", "from_env", "--yes", "--proxy-id", "two words", python="3.12")
    assert [call["argv"] for call in project.calls] == [expected]


def test_prompts_on_a_terminal(project: Project) -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [BASH, str(project.folder / DEPLOY)],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=project.environment({"FIVETRAN_API_KEY": KEY}),
    )
    os.write(controller, b"\nMINE\nmy_fts\n")
    stdout, stderr = process.communicate(timeout=60)
    os.close(controller)
    os.close(terminal)
    assert process.returncode == 0, stderr
    assert "Enter your Fivetran account name [MDS_SNOWFLAKE_HOL]: " in stderr
    assert "Enter your Fivetran destination name [NEW_SALES_ENG_HANDS_ON_LAB]: " in stderr
    assert "Enter your Fivetran connection name [a_new_fts_connector]: " in stderr
    assert "Account:     MDS_SNOWFLAKE_HOL" in stdout
    assert project.calls[0]["argv"] == deploy_command("MINE", "my_fts")


def test_too_many_names(project: Project) -> None:
    assert_clear_error(project.run(DEPLOY, "a", "b", "c", "d"), 2, "more than three names", "Usage: ./deploy.sh [ACCOUNT")


PROFILES = """\
[staging]
destination = "Warehouse of staging"
connection = "staged_fts"
python_version = "3.12"

[staging.eu]
connection = "in_the_eu"
package_id = "package_7"
"""


@pytest.mark.parametrize(
    ("given", "more", "expected"),
    [
        (["--profile", "staging"], {}, deploy_command("Warehouse of staging", "staged_fts", python="3.12")),
        (["--profile=staging.eu"], {}, deploy_command("NEW_SALES_ENG_HANDS_ON_LAB", "in_the_eu")),
        (["a", "Mine", "--profile", "staging"], {}, deploy_command("Mine", "staged_fts", python="3.12")),
        (
            ["--profile", "staging", "--package-id", "package_1"],
            {"FIVETRAN_CONNECTION_NAME": "mine", "FIVETRAN_PYTHON_VERSION": "3.13"},
            deploy_command("Warehouse of staging", "mine", "--package-id", "package_1", python="3.13"),
        ),
    ],
)
def test_what_nobody_gives_comes_from_the_profile(
    project: Project, given: list[str], more: dict[str, Any], expected: list[str]
) -> None:
    file = project.folder.parent / "options.toml"
    file.write_text(PROFILES)
    done = project.run(DEPLOY, *given, "--", "--yes", FIVETRAN_API_KEY=KEY, **more)
    assert done.returncode == 0, done.stderr
    profile = "staging.eu" if "--profile=staging.eu" in given else "staging"
    assert [call["argv"] for call in project.calls] == [[*expected, "--options-file", str(file), "--profile", profile, "--yes"]]
    assert f"Options:     profile {profile} of {file}\n" in done.stdout
    assert ("nothing is uploaded from here" in done.stdout) == (profile == "staging.eu" or "--package-id" in given)


def test_the_default_profile_of_a_file_that_applies_anyway(project: Project) -> None:
    (project.folder.parent / "options.toml").write_text('[default]\ndestination = "of somebody else"\n')
    (project.folder / "options.toml").write_text('[default]\ndestination = "Ours"\n')
    project.run(DEPLOY, FIVETRAN_API_KEY=KEY)
    (project.folder / "options.toml").unlink()
    project.run(DEPLOY, FIVETRAN_API_KEY=KEY)
    (project.bin / "mine.toml").write_text('[default]\ndestination = "Mine"\n')
    project.run(DEPLOY, FIVETRAN_API_KEY=KEY, FIVETRAN_OPTIONS_FILE=str(project.bin / "mine.toml"))
    assert [call["argv"][2] for call in project.calls] == ["Ours", "NEW_SALES_ENG_HANDS_ON_LAB", "Mine"]


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        (None, ["--profile", "staging"], ["there is no options.toml with the profile staging", "[staging]\n"]),
        (PROFILES, ["--profile", "production"], ["has no profile production. It has: staging, staging.eu"]),
        ("", ["--profile", "production"], ["has no profile production. It has: none"]),
        ("[a\n", ["--profile", "a"], ["options.toml is not valid TOML", "line 1"]),
        ("[a]\nconnection = 7\n", ["--profile", "a"], ["must hold texts only; put quotes around the value of: connection"]),
        (f'[a]\napi_key = "{KEY}"\n', ["--profile", "a"], ["holds api_key. A key never belongs there"]),
        ('[a]\npython_version = "3.9"\n', ["--profile", "a"], ["python_version of the profile a of", "is 3.9, on which"]),
        ('[a]\nconnection = "My FTS"\n', ["--profile", "a"], ["the connection name 'My FTS' is not allowed"]),
        (None, ["--profile"], ["--profile needs a value"]),
        (None, ["--package-id", "--", "--yes"], ["--package-id needs a value"]),
        (None, ["--options-file", "nowhere.toml"], ["nowhere.toml is no file; it is named by --options-file"]),
    ],
)
def test_a_profile_that_cannot_be_used(project: Project, text: str | None, given: list[str], words: list[str]) -> None:
    if text is not None:
        (project.folder / "options.toml").write_text(text)
    (project.folder / "connector.lock.json").write_text(json.dumps({"pythons": ["3.11", "3.12"]}))
    done = project.run(DEPLOY, *given, FIVETRAN_API_KEY=KEY)
    assert_clear_error(done, 2, *words)
    assert project.calls == []
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], ["package needs to know what to do", "Usage: ./deploy.sh package create"]),
        (["publish"], ["unknown: package publish"]),
        (["update"], ["package update needs the id of the package"]),
        (["create", "a", "b"], ["more than one name were given"]),
        (["update", "a", "b", "c"], ["more than two names were given"]),
        (["create", "--package-id", "a"], ["--package-id is for a deploy, not for a package"]),
        (["create", "--quietly"], ["unknown option: --quietly (options of fivetran go after --)"]),
    ],
)
def test_a_wrong_call_of_package(project: Project, given: list[str], words: list[str]) -> None:
    assert_clear_error(project.run(DEPLOY, "package", *given, FIVETRAN_API_KEY=KEY), 2, *words)
    assert project.calls == []


def test_a_package_needs_no_configuration(project: Project) -> None:
    (project.folder / "configuration.json").unlink()
    done = project.run(DEPLOY, "package", "create", "ACME", "--", "--yes", FIVETRAN_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "Account:     ACME\n" in done.stdout
    assert "./deploy.sh ACCOUNT DESTINATION CONNECTION --package-id package_1\n" in done.stdout
    assert [call["argv"] for call in project.calls] == [["package", "create", "--yes"]]
    (project.folder / "connector.py").unlink()
    assert_clear_error(project.run(DEPLOY, "package", "create", FIVETRAN_API_KEY=KEY), 2, "connector.py is missing")


def test_key_from_the_nearest_config_two_folders_up(project: Project) -> None:
    write_keys(project.folder.parents[1] / "config.json", {"ACME": KEY})
    write_keys(project.folder.parents[2] / "config.json", {"ACME": "too far away"})
    (project.folder.parent / "config.json").write_text('{"something": "else"}')
    done = project.run(DEPLOY, "ACME")
    assert done.returncode == 0, done.stderr
    assert project.calls[0]["key"] == KEY


def test_key_in_the_environment_comes_first(project: Project) -> None:
    write_keys(project.folder.parent / "config.json", {"MDS_SNOWFLAKE_HOL": "other"})
    assert project.run(DEPLOY, FIVETRAN_API_KEY=KEY).returncode == 0
    assert project.calls[0]["key"] == KEY


def test_key_nowhere(project: Project) -> None:
    done = project.run(DEPLOY, "ACME")
    above = project.folder.parent
    assert_clear_error(done, 2, "the account ACME", "FIVETRAN_API_KEY", f"{project.folder}/config.json (not there)")
    assert f"or write {above}/config.json:" in done.stderr
    assert '{"fivetran": {"api_keys": {"ACME": "<base64 of key:secret>"}}}' in done.stderr
    assert project.calls == []


def test_key_of_another_account_only(project: Project) -> None:
    write_keys(project.folder.parent / "config.json", {"OTHER": KEY, "ANOTHER": KEY})
    done = project.run(DEPLOY, "ACME")
    assert_clear_error(done, 2, f"Accounts in {project.folder.parent}/config.json: ANOTHER, OTHER\n")
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize("key", [None, "", "<base64 of key:secret>", {"key": KEY}])
def test_unusable_key(project: Project, key: object) -> None:
    write_keys(project.folder.parent / "config.json", {"ACME": key})
    done = project.run(DEPLOY, "ACME")
    assert_clear_error(done, 2, "its key must be text, and no placeholder")
    assert KEY not in done.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"k": "%s"' % KEY.encode(), "not valid JSON: line 1"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"[]", "no fivetran.api_keys in it"),
        (b'{"fivetran": {"api_keys": "x"}}', "fivetran.api_keys is not an object"),
    ],
)
def test_odd_config_is_explained(project: Project, content: bytes, reason: str) -> None:
    (project.folder.parent / "config.json").write_bytes(content)
    done = project.run(DEPLOY)
    assert_clear_error(done, 2, f"{project.folder.parent}/config.json ({reason}")
    assert KEY not in done.stderr


@pytest.mark.parametrize("source", ["environment", "config.json"])
def test_key_is_never_shown_nor_an_argument(project: Project, source: str) -> None:
    extra = {"FIVETRAN_API_KEY": KEY} if source == "environment" else {}
    write_keys(project.folder.parent / "config.json", {"MDS_SNOWFLAKE_HOL": KEY})
    for options in ((), ("-x",)):
        done = project.run(DEPLOY, options=options, **extra)
        assert done.returncode == 0
        assert KEY not in done.stdout + done.stderr
        assert "hunter2" not in done.stdout + done.stderr
    for call in project.calls:
        assert KEY not in " ".join(call["argv"])
        assert "FIVETRAN_API_KEY" in call["environment"]


def test_a_run_on_this_machine_gets_no_key_to_fivetran(project: Project) -> None:
    assert project.run(DEBUG, "--yes", FIVETRAN_API_KEY=KEY).returncode == 0
    assert project.calls
    assert all("FIVETRAN_API_KEY" not in call["environment"] for call in project.calls)


@pytest.mark.parametrize("ignored", [None, "*.log", "files/\n/config.json\n"])
def test_keys_beside_the_connector_are_not_uploaded(project: Project, ignored: str | None) -> None:
    write_keys(project.folder / "config.json", {"MDS_SNOWFLAKE_HOL": KEY})
    if ignored is not None:
        (project.folder / ".gitignore").write_text(ignored)
    assert project.run(DEPLOY).returncode == 0
    lines = (project.folder / ".gitignore").read_text().splitlines()
    assert lines.count("/config.json") == 1
    assert ignored is None or ignored.splitlines()[0] in lines


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("My-Connector", "my_connector"),
        ("1st", "_1st"),
        ("a b", "a_b"),
        ("x;rm -rf y", "x_rm_rf_y"),
        ("é", "_"),
    ],
)
def test_bad_connection_name(project: Project, name: str, suggestion: str) -> None:
    done = project.run(DEPLOY, "A", "D", name, FIVETRAN_API_KEY=KEY)
    assert_clear_error(done, 2, "small letters, digits and underscores", f"For example: {suggestion}\n")
    assert project.calls == []


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ('{"api_key": "<your api key>", "other": "hunter2"}', "placeholder; fill in: api_key\n"),
        (
            '{"page_size": 100, "deep": {"a": "hunter2"}}',
            "strings only; put quotes around the value of: page_size, deep",
        ),
        ('["hunter2"]', "one JSON object"),
        ('{"api_key": "hunter2"', "not valid JSON (line 1"),
        ("", "not valid JSON"),
    ],
)
def test_configuration_that_cannot_be_deployed(project: Project, configuration: str, expected: str) -> None:
    (project.folder / "configuration.json").write_text(configuration)
    done = project.run(DEPLOY, FIVETRAN_API_KEY=KEY)
    assert_clear_error(done, 2, "Error: configuration.json", expected)
    assert "hunter2" not in done.stdout + done.stderr
    assert project.calls == []


@pytest.mark.parametrize("script", [DEBUG, DEPLOY])
@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"page_size": "100"}, "lacks api_key\n"),
        ({"api_kye": "hunter2"}, "lacks api_key (it has api_kye)\n"),
        ({"api_key": " ", "page_size": "100"}, "lacks api_key\n"),
        (
            {"api_key": "hunter2", "base_ulr": "https://a"},
            "holds what is no setting of this connector: base_ulr. Its settings are: api_key, base_url",
        ),
    ],
)
def test_a_configuration_is_compared_with_the_settings_before_anything_happens(
    project: Project, script: str, configuration: dict[str, str], expected: str
) -> None:
    lock = {"settings": {"api_key": {"required": True}, "base_url": {"required": False}, "page_size": {"required": False}}}
    (project.folder / "connector.lock.json").write_text(json.dumps(lock))
    (project.folder / "configuration.json").write_text(json.dumps(configuration))
    done = project.run(script, *(["--yes"] if script == DEBUG else []), FIVETRAN_API_KEY=KEY)
    assert_clear_error(done, 2, "Error: configuration.json", expected)
    assert "hunter2" not in done.stdout + done.stderr
    assert project.calls == []


@pytest.mark.parametrize("lock", ["", "[]", '{"settings": 3}', '{"settings": {"api_key": null}}'])
def test_a_lock_that_says_nothing_of_settings_stops_nothing(project: Project, lock: str) -> None:
    (project.folder / "connector.lock.json").write_text(lock)
    (project.folder / "configuration.json").write_text('{"api_key": "hunter2"}')
    assert project.run(DEPLOY, FIVETRAN_API_KEY=KEY).returncode == 0


@pytest.mark.parametrize("configuration", ['{"api_key": 1}', '{"api_key": "hunter2"', "[]"])
def test_a_configuration_that_cannot_be_read_is_told_before_the_reset(project: Project, configuration: str) -> None:
    (project.folder / "configuration.json").write_text(configuration)
    done = project.run(DEBUG, "--yes")
    assert_clear_error(done, 2, "Error: configuration.json")
    assert project.calls == []


@pytest.mark.parametrize("change", ["os.remove('requirements.txt')", "pathlib.Path('requirements.txt').write_text('attrs\\n')"])
def test_requirements_are_put_back(project: Project, tmp_path: Path, change: str) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    project.fake(f"def deploy():\n    {change}\n    return 7")
    done = project.run(DEPLOY, FIVETRAN_API_KEY=KEY, TMPDIR=str(scratch))
    assert done.returncode == 7
    assert (project.folder / "requirements.txt").read_text() == "attrs==25.4.0\n"
    assert "fivetran changed requirements.txt" in done.stdout
    assert list(scratch.iterdir()) == []


def test_exit_code_of_a_failing_deploy(project: Project) -> None:
    project.fake("def deploy():\n    return 4")
    done = project.run(DEPLOY, FIVETRAN_API_KEY=KEY)
    assert_clear_error(done, 4, "fivetran deploy failed (exit code 4)")
    assert "--yes" not in done.stderr
    assert "successfully" not in done.stdout
    assert "changed requirements.txt" not in done.stdout


NOT_THERE = "nothing new. Nothing was uploaded, and the connection my_fts is as it was."
NOT_USED = "perhaps a package that nothing uses. The connection my_fts is as it was."
GONE = "nothing new. The uploaded package was taken away again, and the connection my_fts is as it was."
LINK = "https://fivetran.com/dashboard/connections"
UNKNOWN = f"not known. Look whether the connection my_fts was changed: {LINK}"
UPLOADED = "> uploading package\n+ package uploaded\n  package id: ours\n"
FAILED = "x failed to update connection error: no\n"


@pytest.mark.parametrize(
    ("printed", "there"),
    [
        ("x destination not found\n", NOT_THERE),
        ("> packaging project for upload\n+ project packaged for upload\n> uploading package\n", NOT_USED),
        (f"{UPLOADED}{FAILED}> cleaning up orphaned package: ours\n+ cleaned up orphaned package\n", GONE),
        (
            f"{UPLOADED}{FAILED}x failed to cleanup orphaned package error: no\n",
            "the package ours, which nothing uses. The connection my_fts is as it was.",
        ),
        (
            f"{UPLOADED}> creating connection\n",
            f"not known. The package ours is there. Look whether the connection my_fts was changed: {LINK}",
        ),
        (
            f"{UPLOADED}connection updated but setup tests failed\nconnection id: its_id\n",
            f"the connection my_fts, as it was just sent: {LINK}/its_id/status",
        ),
        # What a later release of the command says in other words is not taken for nothing.
        ("", UNKNOWN),
        ("Package sent: ours\n", UNKNOWN),
        ("Upload: done\n", UNKNOWN),
        ("using package theirs\n", UNKNOWN),
    ],
)
def test_what_is_on_the_server_is_said(project: Project, printed: str, there: str) -> None:
    project.fake(f"def deploy():\n    print({printed!r}, end='')\n    return 1")
    done = project.run(DEPLOY, "A", "D", "my_fts", FIVETRAN_API_KEY=KEY)
    assert_clear_error(done, 1, "fivetran deploy failed (exit code 1)", f"\nOn the server: {there}\n")


@pytest.mark.parametrize(("script", "verb"), [(DEPLOY, "deploy"), (DEBUG, "debug")])
def test_nobody_guesses_what_the_connector_needs(project: Project, script: str, verb: str) -> None:
    write_executable(project.bin / "pipreqs", "#!/bin/sh\necho guessed\n")
    project.fake(f"def {verb}():\n    os.system('pipreqs . && echo asked')")
    done = project.run(script, answer="y\n", FIVETRAN_API_KEY=KEY)
    assert "asked\n" in done.stdout
    assert "guessed" not in done.stdout


# --- the real fivetran command --------------------------------------------------------------------------

REAL_CONNECTOR = """
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Operations as op


def schema(configuration):
    return [{"table": "fts_records", "primary_key": ["record_id"]}]


def update(configuration, state):
    for number in range(7):
        op.upsert("fts_records", {"record_id": number, "note": "row %d" % number})
    op.delete("fts_records", {"record_id": 3})
    op.checkpoint({"next_cursor": "0123abcd"})


connector = Connector(update=update, schema=schema)
"""


@pytest.fixture
def real(project: Project) -> Project:
    if not REAL_FIVETRAN.exists():
        pytest.skip("the fivetran command is not installed beside this Python")
    # Nothing on the network: no version check, no telemetry, and no package index asked by pipreqs.
    settings = project.bin / ".fivetran" / "connector_sdk"
    settings.mkdir(parents=True)
    (settings / "_last_version_check").write_text(str(int(time.time())))
    (project.bin / "fivetran").unlink()
    (project.bin / "fivetran").symlink_to(REAL_FIVETRAN)
    write_executable(project.bin / "pipreqs", "#!/bin/sh\nexit 0\n")
    (project.folder / "connector.py").write_text(REAL_CONNECTOR)
    (project.folder / "requirements.txt").write_text("")
    return project


def test_real_debug(real: Project) -> None:
    (real.folder / "files").mkdir()
    (real.folder / "files" / "state.json").write_text('{"next_cursor": "stale"}')
    (real.folder / "files" / "warehouse.db").write_text("stale")
    done = real.run(DEBUG, answer="y\n", DO_NOT_TRACK="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stale" not in done.stdout
    assert "fts_records: 6 rows (1 more marked as deleted), 2 columns" in done.stdout
    rows, operations = boxed(done.stdout)
    assert rows[0] == ["record_id", "note"]
    assert len(rows) == 6
    assert all(note == f"row {number}" for number, note in rows[1:])
    assert ["Upserts", "7"] in operations
    assert ["Deletes", "1"] in operations
    assert done.stdout.endswith('\nNext sync state: {"next_cursor": "0123abcd"}\n')
    assert (real.folder / "requirements.txt").exists()


def test_real_command_knows_our_options(real: Project) -> None:
    environment = real.environment({"DO_NOT_TRACK": "1"})
    for command in (["reset", "--yes"], deploy_command("d", "c", "--yes")):
        shown = subprocess.run(
            [str(REAL_FIVETRAN), command[0], "--help"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        for option in command[1:]:
            assert not option.startswith("--") or option in shown.stdout

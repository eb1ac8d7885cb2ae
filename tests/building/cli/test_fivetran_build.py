"""`fivetran build`: what fivetran-cli finds of ours, and that it does what `connector-build` does.

The real command is tried in test_end_to_end.py, in an environment that has it.
"""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from connector_build.cli.fivetran_cli_plugin import BuildCommand
from connector_build.cli.main import main
from places import ROOT

GROUP = "fivetran_cli.plugins"


@pytest.fixture
def plugin() -> BuildCommand:
    """What stands behind the entry point, loaded the way that fivetran-cli loads it."""
    points = tomllib.loads((ROOT / "core/pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    [(name, value)] = points.items()
    found = EntryPoint(name, value, GROUP).load()
    assert isinstance(found, BuildCommand)
    return found


def test_it_offers_one_command(plugin: BuildCommand) -> None:
    [(command, description)] = plugin.get_commands().items()
    assert command == "build"
    assert description.count("\n") == 0
    assert plugin.get_cli_tool_name_for_telemetry() == "connector-build"


def test_it_is_loaded_without_what_a_build_needs() -> None:
    # fivetran-cli loads every plugin whenever it starts, `fivetran deploy` included.
    code = (
        "import connector_build.cli.fivetran_cli_plugin, sys; print([m for m in ('click', 'rich', 'pluggy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_builds(
    plugin: BuildCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert plugin.dispatch(["build", "fts", "--enable", "cost_per_hour"]) == 0
    assert capsys.readouterr().out.startswith("Built dist/fts from connector-fts ")
    assert json.loads((tmp_path / "dist/fts/connector.lock.json").read_text())["enabled"] == ["cost_per_hour"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["fts", "--enable", "nothing"],
        ["fts", "--nothing"],
        ["fts", "extra"],
        [],
        ["fts", "--output", "taken"],
        ["--all"],
    ],
    ids=" ".join,
)
def test_errors_and_exit_codes_are_those_of_our_own_command(
    arguments: list[str],
    plugin: BuildCommand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/notes.txt").touch()
    with pytest.raises(SystemExit) as ours:
        main.main(arguments, prog_name="connector-build")
    said = capsys.readouterr()
    assert plugin.dispatch(["build", *arguments]) == ours.value.code != 0
    theirs = capsys.readouterr()
    assert said.err + said.out
    assert error_of(theirs.err) == error_of(said.err)


def error_of(printed: str) -> str:
    """The error alone: the lines about usage name the command."""
    return printed[printed.find("Error:") :]


def test_options_before_the_command_are_handed_over_too(plugin: BuildCommand, capsys: pytest.CaptureFixture[str]) -> None:
    assert plugin.dispatch(["--force", "build", "fts"]) == 2
    assert "--all builds what a file lists" in capsys.readouterr().err


def test_help_names_the_command_that_was_typed(plugin: BuildCommand, capsys: pytest.CaptureFixture[str]) -> None:
    assert plugin.dispatch(["build", "fts", "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: fivetran build fts [OPTIONS]\n")

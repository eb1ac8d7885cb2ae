"""Many connectors at once: one file lists them, they are built side by side, and a failure stops none of the others."""

import io
import os
import shutil
import sys
from pathlib import Path

import pytest
from rich.console import Console

from connector_build.errors import BuildError, UsageProblem
from connector_build.fleet.builds import build_all
from connector_build.fleet.members import read_fleet
from distributions import PLUGIN, connector_build, install_dataset, lock_of

OUTPUTS = "[[connector]]\ndataset = 'a'\noutput = '{}'\n[[connector]]\ndataset = 'b'\noutput = '{}'\n"


def fleet(folder: Path, text: str) -> Path:
    file = folder / "connectors.toml"
    file.write_text(text)
    return file


def test_what_the_file_says_becomes_a_build(tmp_path: Path) -> None:
    file = fleet(
        tmp_path,
        """
        [[connector]]
        dataset = "fts"

        [[connector]]
        name = "fts_eu"
        dataset = "fts"
        with = ["more"]
        plugin_files = ["ours.py"]
        enable = ["fts_technicians", "cost_per_hour"]
        disable = ["x"]
        undeclared = "fail"
        pyproject = true
        output = "elsewhere/eu"
        """,
    )
    first, second = read_fleet(file)
    assert (first.name, first.dataset, first.output) == ("fts", "fts", tmp_path / "dist/fts")
    assert first.choice == {"extensions": [], "files": [], "enable": [], "disable": []}
    assert (second.name, second.dataset, second.output) == ("fts_eu", "fts", tmp_path / "elsewhere/eu")
    assert second.choice == {
        "extensions": ["more"],
        "files": [f"{tmp_path}/ours.py"],
        "enable": ["fts_technicians", "cost_per_hour"],
        "disable": ["x"],
        "undeclared": "fail",
        "pyproject": True,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lists no connector"),
        ("[[connector", "is no TOML file"),
        ("connector = 1", "lists no connector"),
        ("[[connectors]]\ndataset = 'a'", "connectors means nothing here"),
        ("[[connector]]\nname = 'a'", "connector 1 names no dataset"),
        ("[[connector]]\ndataset = 3", "dataset is 3. Write a text in quotes"),
        ("[[connector]]\ndataset = '--help'", "dataset is '--help'"),
        ("[[connector]]\ndataset = 'a'\nenabled = ['x']", "enabled means nothing here (did you mean enable?)"),
        ("[[connector]]\ndataset = 'a'\nundeclared = 'no'", "undeclared is 'no'. Write one of allow, warn, fail, drop"),
        ("[[connector]]\ndataset = 'a'\npyproject = 'yes'", "pyproject is 'yes'. Write true or false"),
        ("[[connector]]\ndataset = 'a'\nenable = 'x'", "enable is 'x'. Write a list of texts"),
        ("[[connector]]\ndataset = 'a'\n[[connector]]\ndataset = 'a'", "two connectors are named a"),
        ("[[connector]]\ndataset = 'a'\noutput='x'\n[[connector]]\ndataset = 'b'\noutput='x'", "two connectors are written into"),
        ("connector = [1]", "connector 1 is no table"),
        *(
            (f"[[connector]]\ndataset = 'fts'\nname = '{name}'", f"its name is '{shown}', which no connection can have")
            for name, shown in [("My Connector", "My Connector"), ("../x", "../x"), ("fts-eu", "fts-eu"), ("1st", "1st")]
        ),
        ("[[connector]]\ndataset = '../x'", "connector 1: ../x is no Python file"),
        (OUTPUTS.format("o/in", "o"), "inside the folder of b"),
        (OUTPUTS.format("o", "o/in"), "inside the folder of a"),
        (OUTPUTS.format("o", "./p/../o/in"), "inside the folder of a"),
        (OUTPUTS.format("o", "./p/../o"), "two connectors are written into"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        read_fleet(fleet(tmp_path, text))
    assert words in str(caught.value)
    assert str(tmp_path / "connectors.toml") in str(caught.value)


def test_a_failure_does_not_stop_the_others(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for dataset in ("jobs", "crews"):
        install_dataset(site, dataset)
    install_dataset(site, "broken", "raise RuntimeError('no good')")
    install_dataset(site, "deadly", "import os\nprint('bye', flush=True)\nos.kill(os.getpid(), 9)")
    install_dataset(site, "content", "import os\nos.execv('/bin/true', ['true'])")
    names = ["jobs", "broken", "deadly", "content", "unknown", "list", "crews"]
    fleet(tmp_path, "".join(f"[[connector]]\ndataset = '{name}'\n" for name in names))
    done = connector_build("--all", path=site, cwd=tmp_path)
    assert done.returncode == 1
    lines = [line.split()[:2] for line in done.stdout.splitlines()[2 : 2 + len(names)]]
    assert lines == [[name, "built" if name in ("jobs", "crews") else "FAILED"] for name in names]
    assert done.stdout.endswith("2 built, 5 failed\n")
    assert "broken: connector-broken: its module connector_broken cannot be imported: RuntimeError (" in done.stdout
    assert "connector_broken/__init__.py, line 1): no good." in done.stdout
    assert "deadly: its process was ended by signal 9 before it was built. bye" in done.stdout
    assert "content: its process ended with exit code 0 before it was built." in done.stdout
    assert "\nlist: There is no dataset or command 'list'" in done.stdout
    assert "unknown: There is no dataset 'unknown'" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert [lock_of(tmp_path / "dist" / name)["dataset"] for name in ("jobs", "crews")] == ["jobs", "crews"]
    assert sorted(path.name for path in (tmp_path / "dist").iterdir()) == ["crews", "jobs"]


def test_outputs_beside_each_other_are_fine(tmp_path: Path) -> None:
    first, second = read_fleet(fleet(tmp_path, OUTPUTS.format("o", "o_in")))
    assert (first.output, second.output) == (tmp_path / "o", tmp_path / "o_in")


def test_a_failure_says_that_the_build_of_before_is_still_there(tmp_path: Path) -> None:
    install_dataset(tmp_path, "jobs")
    install_dataset(tmp_path, "crews")
    fleet(tmp_path, "[[connector]]\ndataset = 'jobs'\n")
    connector_build("--all", path=tmp_path, cwd=tmp_path).check_returncode()
    for name in ("jobs", "crews"):
        (tmp_path / f"connector_{name}/__init__.py").write_text("raise RuntimeError('no good')")
    fleet(tmp_path, "[[connector]]\ndataset = 'jobs'\n[[connector]]\ndataset = 'crews'\n")
    done = connector_build("--all", path=tmp_path, cwd=tmp_path)
    assert done.returncode == 1
    assert "dist/jobs still holds the build of before" in done.stdout
    assert "dist/crews still" not in done.stdout


def test_no_connector_sees_what_the_plugin_of_another_did_to_its_process(tmp_path: Path) -> None:
    leaves = "import builtins\nassert not hasattr(builtins, 'left')\nbuiltins.left = print('printed by the plugin')\n"
    names = [f"crew{number}" for number in range(6)]
    for name in names:
        install_dataset(tmp_path, name, leaves + PLUGIN.format(dataset=name))
    fleet(tmp_path, "".join(f"[[connector]]\ndataset = '{name}'\n" for name in names))
    done = connector_build("--all", path=tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 built, 0 failed" in done.stdout
    assert "printed by the plugin" not in done.stdout + done.stderr


@pytest.mark.parametrize("has_fork", [True, False])
def test_a_build_is_the_same_where_a_process_cannot_copy_itself(
    has_fork: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_fork:
        monkeypatch.delattr(os, "fork")
    members = read_fleet(fleet(tmp_path, "[[connector]]\ndataset = 'fts'\n[[connector]]\ndataset = 'nothing'\n"))
    built, failed = build_all(members, force=False, console=Console(file=io.StringIO()))
    assert built.built
    assert built.message.startswith(f"Built {tmp_path}/dist/fts from connector-fts ")
    assert not failed.built
    assert failed.message.startswith("There is no dataset 'nothing'.")
    assert lock_of(tmp_path / "dist/fts")["dataset"] == "fts"


def test_a_worker_that_ends_is_an_error_and_no_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which("true"))
    [member] = read_fleet(fleet(tmp_path, "[[connector]]\ndataset = 'fts'\n"))
    with pytest.raises(BuildError, match=r"fts: the process that builds it has failed: .*Build again"):
        build_all([member], force=False, console=Console(file=io.StringIO()))


def test_another_file_and_force(tmp_path: Path) -> None:
    install_dataset(tmp_path, "jobs")
    (tmp_path / "team.toml").write_text("[[connector]]\ndataset = 'jobs'\n")
    assert connector_build("--all", "--file", "team.toml", path=tmp_path, cwd=tmp_path).returncode == 0
    (tmp_path / "dist/jobs/connector.py").write_text("mine")
    refused = connector_build("--all", "--file", "team.toml", path=tmp_path, cwd=tmp_path)
    assert refused.returncode == 1
    assert "changed by hand since the last build" in refused.stdout
    assert connector_build("--all", "--file", "team.toml", "--force", path=tmp_path, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--all"], "cannot be read"),
        (["--all", "jobs"], "name no dataset or command beside it"),
        (["--force"], "goes with --all"),
        (["--file", "x"], "goes with --all"),
        ([], "Usage:"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = connector_build(*arguments, path=tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stdout + done.stderr

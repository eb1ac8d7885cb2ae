"""`connector-build completion`: the script, run by a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector_build.cli.main import main

ASKED = """\
source <(connector-build completion bash)
COMP_WORDS=({words}) COMP_CWORD={place}
compopt() {{ true; }}  # works only while a key is pressed
_connector_build_completion connector-build
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(folder: Path, *words: str) -> list[str]:
    """What bash offers for the last of *words* behind the command."""
    script = ASKED.format(words=" ".join(f"'{word}'" for word in ("connector-build", *words)), place=len(words))
    done = subprocess.run(
        ["/usr/bin/env", "bash", "--norc", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_verbs_datasets_and_options(tmp_path: Path) -> None:
    assert completed(tmp_path, "de") == ["debug", "demo"]
    assert {"fts", "mso", "show"} <= set(completed(tmp_path, ""))
    assert completed(tmp_path, "demo", "ft") == ["fts"]
    assert completed(tmp_path, "fts", "--ou") == ["--output"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_that_asks_this_command(shell: str) -> None:
    printed = CliRunner().invoke(main, ["completion", shell])
    assert printed.exit_code == 0
    assert f"_CONNECTOR_BUILD_COMPLETE={shell}_complete" in printed.output


def test_a_shell_that_is_not_known_is_answered_with_those_that_are() -> None:
    refused = CliRunner().invoke(main, ["completion", "ksh"])
    assert refused.exit_code == 2
    assert all(shell in refused.output for shell in ("bash", "zsh", "fish"))

"""What the command does when its output goes nowhere: the reader has gone, or the disk is full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (["fts"], ["list"], ["list", "--json"], ["show", "fts"], ["show", "fts", "--json"], ["--help"], ["fts", "--help"])


def run(arguments: list[str], stdout: int, cwd: Path) -> tuple[int, str]:
    done = subprocess.run(
        [Path(sys.executable).with_name("connector-build"), *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_reader_that_has_gone_ends_the_command_quietly(arguments: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run(arguments, writing, tmp_path) == (1, "")
    finally:
        os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_disk_is_one_line(arguments: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code, said = run(arguments, full.fileno(), tmp_path)
    assert (code, said) == (1, "Error: The output cannot be written: No space left on device.\n")

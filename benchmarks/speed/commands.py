"""How long the command itself takes: whole processes of ``connector-build``, in an environment with SDK 3."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from speed.figures import Spread, spread

PLUGINS = 100
FLEET = 40
PLUGIN = '''"""Made up, to be one of many."""

from connector_core import ApiKeyHeader, CursorPaginator, Table, base_url, hookimpl


@hookimpl
def connector_tables():
    columns = {"id": "STRING", "amount": "DOUBLE", "owner": "STRING", "changed": "LONG"}
    return [Table(name="NAME_records", path="/NAME", records="items", primary_key=["id"], columns=columns)]


@hookimpl
def connector_auth():
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator(table):
    return CursorPaginator(param="cursor", next_field="next_cursor", size_param="page_size")


@hookimpl
def connector_settings():
    return [base_url("https://api.example.com")]
'''


@frozen
class Command:
    """One thing that a user types, and the seconds that it may take."""

    typed: str
    arguments: tuple[str, ...]
    limit: float


COMMANDS = (
    Command("connector-build --help", ("--help",), 0.3),
    Command(f"connector-build list, {PLUGINS} plugins more", ("list",), 0.5),
    Command("connector-build fts", ("fts",), 1.0),
    Command(f"connector-build --all, {FLEET} connectors", ("--all",), 10.0),
)


def measure(python: Path, rounds: int, say: Callable[[str], None]) -> Mapping[Command, Spread]:
    """Seconds of each command, in turns, each time in a folder that has no build yet."""
    seconds: dict[Command, list[float]] = {command: [] for command in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        plugins = _install(Path(name) / "plugins")
        for number in range(rounds + 1):
            for command in COMMANDS:
                if not number and command == COMMANDS[-1]:
                    continue  # by then, all that it imports is compiled but for the made-up plugins
                found = _seconds(python.with_name("connector-build"), command, plugins)
                say(f"commands, round {number} of {rounds}: {command.typed}: {found:.2f} s")
                if number:  # before the first round, Python compiles what it imports
                    seconds[command].append(found)
    return {command: spread(values) for command, values in seconds.items()}


def _seconds(program: Path, command: Command, plugins: Path) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        (Path(folder) / "connectors.toml").write_text(_fleet(), encoding="utf-8")
        few = command.arguments == ("fts",)
        environment = {**os.environ, "PYTHONPATH": "" if few else str(plugins), "HOME": folder}
        began = time.perf_counter()
        done = subprocess.run(
            [str(program), *command.arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{command.typed} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


def _names(number: int) -> Sequence[str]:
    return [f"made_up_{each:03d}" for each in range(number)]


def _fleet() -> str:
    return "\n".join(f'[[connector]]\ndataset = "{name}"\n' for name in _names(FLEET))


def _install(folder: Path) -> Path:
    """Lay the made-up distributions into *folder*, as pip would (PyPA, "Recording installed projects")."""
    for name in _names(PLUGINS):
        module = folder / f"connector_{name}" / "__init__.py"
        module.parent.mkdir(parents=True)
        module.write_text(PLUGIN.replace("NAME", name), encoding="utf-8")
        info = folder / f"connector_{name}-1.0.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: connector-{name.replace('_', '-')}\nVersion: 1.0\nSummary: made up\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[connector_core]\n{name} = connector_{name}\n", encoding="utf-8")
        (info / "RECORD").write_text(f"connector_{name}/__init__.py,,\n", encoding="utf-8")
    return folder

"""Distributions made up for a test: a package and its metadata in a folder, found once that folder is on sys.path."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLUGIN = """
from connector_core import Table, base_url, hookimpl


@hookimpl
def connector_tables():
    return [
        Table(
            name="{dataset}_records",
            path="/{dataset}",
            records="items",
            primary_key=["id"],
            columns={{"id": "STRING", "amount": "DOUBLE", "owner": "STRING", "changed": "LONG"}},
        )
    ]


@hookimpl
def connector_settings():
    return [base_url("https://api.example.com")]
"""


def install(
    folder: Path,
    name: str,
    files: Mapping[str, str],
    entry_points: Mapping[str, Mapping[str, str]],
    *,
    version: str = "1.0",
    requires: tuple[str, ...] = (),
    requires_python: str = "",
    extras: tuple[str, ...] = (),
    direct_url: Mapping[str, Any] | None = None,
) -> None:
    """Lay *files* and the metadata of the distribution *name* into *folder*, as pip would.

    *direct_url* is what it records of what was not installed by its name from an index.

    Source: PyPA, "Recording installed projects"; PEP 610.
    """
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    needs = "".join(f"Requires-Dist: {need}\n" for need in requires)
    more = "".join(f"Provides-Extra: {extra}\n" for extra in extras)
    more += f"Requires-Python: {requires_python}\n" if requires_python else ""
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: made up\n{more}{needs}", encoding="utf-8"
    )
    if direct_url is not None:
        (info / "direct_url.json").write_text(json.dumps(direct_url), encoding="utf-8")
    groups = (
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items()) for group, points in entry_points.items()
    )
    (info / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in files), encoding="utf-8")


def install_dataset(
    folder: Path, dataset: str, plugin: str | None = None, requires: tuple[str, ...] = (), options: tuple[str, ...] = ()
) -> None:
    """Install ``connector-<dataset>`` with one module; *plugin* is its source, by default one with a table of four columns.

    options: the names of options in its metadata.
    """
    source = PLUGIN.format(dataset=dataset) if plugin is None else plugin
    points = {
        "connector_core": {dataset: f"connector_{dataset}"},
        "connector_core_options": dict.fromkeys(options, f"connector_{dataset}"),
    }
    install(folder, f"connector-{dataset}", {f"connector_{dataset}/__init__.py": source}, points, requires=requires)


def connector_build(*arguments: str, path: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own, with the distributions in *path* installed on top."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("connector-build")), *arguments],
        cwd=cwd,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(path),
            "HOME": str(cwd),
            "NO_COLOR": "1",
            "COLUMNS": "200",
            "DO_NOT_TRACK": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def lock_of(project: Path) -> dict[str, Any]:
    """The lock of a built project."""
    lock = json.loads((project / "connector.lock.json").read_text(encoding="utf-8"))
    assert isinstance(lock, dict)
    return lock


def built_fts(folder: Path, enable: tuple[str, ...]) -> Path:
    """The project that the real command writes below *folder* for fts, with *enable* switched on."""
    done = connector_build("fts", *(["--enable", ",".join(enable)] if enable else []), path=folder, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "dist/fts"

"""Real wheels in clean environments, and built projects run by the real ``fivetran`` command without any of our wheels.

The environments are made once for all tests here, and once for all test processes; they are the slow part.
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import requests

from connector_build.api.simulation import Simulation
from connector_core.plugin.assembly import Plugin, TablePlan, assemble
from places import ROOT
from simulated import simulated

pytestmark = pytest.mark.xdist_group("end-to-end")
KEY = "canary-5f0c1e"


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "FIVETRAN"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, "DO_NOT_TRACK": "1", "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def make_environment(folder: Path, *requirements: str | Path) -> Path:
    """A virtual environment with *requirements* and nothing else; the folder of its commands."""
    venv.create(folder, with_pip=True)
    installed = run(folder / "bin/python", "-m", "pip", "install", "--quiet", *requirements, cwd=folder)
    assert installed.returncode == 0, installed.stderr
    return folder / "bin"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Distribution → its wheel, each built on its own from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in ("core", "plugins/fts", "plugins/mso"):
        copy = folder / "source" / name
        shutil.copytree(ROOT / name, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "dist", "build"))
        built = run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, copy, cwd=folder)
        assert built.returncode == 0, built.stderr
    return {path.name.partition("-")[0]: path for path in folder.glob("*.whl")}


@pytest.fixture(scope="module")
def fts_only(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Commands of an environment with connector-fts and what it depends on, without connector-mso."""
    return make_environment(tmp_path_factory.mktemp("fts-only"), wheels["connector_core"], wheels["connector_fts"])


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Commands of an environment like Fivetran's: the SDK, and what the projects' requirements.txt asks for."""
    return make_environment(tmp_path_factory.mktemp("bare"), "fivetran-connector-sdk>=3,<4", "attrs", "pluggy")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of our own, and in it a ``pipreqs`` that asks no index."""
    folder = tmp_path_factory.mktemp("home")
    shim = folder / "bin/pipreqs"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 0\n")
    shim.chmod(0o755)
    return folder


@pytest.fixture
def server() -> Iterator[Simulation]:
    with Simulation([simulated("fts"), simulated("mso")], secret=KEY) as running:
        yield running


def plan(dataset: str) -> TablePlan:
    return assemble([Plugin(dataset, importlib.import_module(f"connector_{dataset}"))]).tables[0]


def build(commands: Path, cwd: Path, dataset: str, *options: str) -> Path:
    built = run(commands / "connector-build", dataset, *options, cwd=cwd)
    assert built.returncode == 0, built.stderr
    return cwd / "dist" / dataset


def configure(project: Path, server: Simulation, page_size: str = "100") -> None:
    (project / "configuration.json").write_text(json.dumps({"api_key": KEY, "base_url": server.url, "page_size": page_size}))


def debug(bare: Path, home: Path, project: Path) -> str:
    path = f"{home / 'bin'}:{bare}:{os.environ['PATH']}"
    ran = run(bare / "fivetran", "debug", "--configuration", "configuration.json", cwd=project, HOME=str(home), PATH=path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def rows(project: Path, table: str) -> list[dict[str, object]]:
    with duckdb.connect(str(project / "files/warehouse.db"), read_only=True) as database:
        found = database.execute(f"SELECT * EXCLUDE (_fivetran_synced) FROM tester.{table} WHERE NOT _fivetran_deleted")
        names = [column[0] for column in found.description or ()]
        return [{n: v for n, v in zip(names, row, strict=True) if n != "_fivetran_deleted"} for row in found.fetchall()]


def test_fts_installs_and_works_without_mso(fts_only: Path, home: Path, tmp_path: Path) -> None:
    assert_alone(fts_only, "fts", home, tmp_path)
    project = build(fts_only, tmp_path, "fts", "--enable", "fts_technicians,cost_per_hour")
    assert (project / "connector_fts/__init__.py").exists()


def test_mso_installs_and_works_without_fts(wheels: dict[str, Path], home: Path, tmp_path: Path) -> None:
    commands = make_environment(tmp_path / "mso-only", wheels["connector_core"], wheels["connector_mso"])
    assert_alone(commands, "mso", home, tmp_path)


def assert_alone(commands: Path, dataset: str, home: Path, cwd: Path) -> None:
    listed = json.loads(run(commands / "connector-build", "list", "--json", cwd=cwd).stdout)
    assert [row["dataset"] for row in listed] == [dataset]
    demo = run(commands / "connector-build", "demo", dataset, cwd=cwd, HOME=str(home))
    assert demo.returncode == 0, demo.stderr
    assert "every value right" in demo.stdout


def test_the_unified_command_builds(wheels: dict[str, Path], home: Path, tmp_path: Path) -> None:
    # fivetran-cli and the SDK both bring a command `fivetran`; whichever is there, it hands over to the unified one.
    commands = make_environment(tmp_path / "unified", wheels["connector_core"], wheels["connector_fts"], "fivetran-cli")
    in_home = {"HOME": str(home), "FIVETRAN_API_KEY": KEY}
    build(commands, tmp_path / "unified", "fts", "--enable", "cost_per_hour")
    for name in ("of fivetran-cli", "of the SDK"):
        folder = tmp_path / name
        folder.mkdir()
        built = run(commands / "fivetran", "build", "fts", "--enable", "cost_per_hour", cwd=folder, **in_home)
        assert built.returncode == 0, built.stderr
        assert built.stdout.startswith("Built dist/fts from connector-fts ")
        lock = "dist/fts/connector.lock.json"
        assert (folder / lock).read_bytes() == (tmp_path / "unified" / lock).read_bytes()
        refused = run(commands / "fivetran", "build", "nothing", cwd=folder, **in_home)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == run(commands / "connector-build", "nothing", cwd=folder).stderr
        assert "connector-build" in run(commands / "fivetran", "--help", cwd=folder, **in_home).stdout
        sdk = ("--force-reinstall", "--no-deps", "fivetran-connector-sdk>=3,<4")
        installed = run(commands / "python", "-m", "pip", "install", "--quiet", *sdk, cwd=folder)
        assert installed.returncode == 0, installed.stderr


def test_wheels_hold_types_and_nothing_of_the_tests(wheels: dict[str, Path]) -> None:
    for name, packages in {
        "connector_core": {"connector_core", "connector_build", "connector_app", "connector_spark"},
        "connector_fts": {"connector_fts"},
    }.items():
        files = zipfile.ZipFile(wheels[name]).namelist()
        tops = {file.partition("/")[0] for file in files if ".dist-info/" not in file}
        assert tops == packages
        assert {f"{package}/py.typed" for package in packages} <= set(files)


def test_the_same_sources_build_the_same_project_in_two_environments(fts_only: Path, tmp_path: Path) -> None:
    # Installed as wheels there, as editable sources here: the same files, but for what is pinned to what is installed.
    there = build(fts_only, tmp_path, "fts")
    here = tmp_path / "here"
    here.mkdir()
    again = build(Path(sys.executable).parent, here, "fts")
    for name in ("connector.py", "README.md", "connector_core/engine/sync.py", "connector_fts/__init__.py", "deploy.sh"):
        assert (there / name).read_bytes() == (again / name).read_bytes()


def test_fts_syncs_into_the_warehouse(fts_only: Path, bare: Path, home: Path, server: Simulation, tmp_path: Path) -> None:
    project = build(fts_only, tmp_path, "fts")
    configure(project, server)
    printed = debug(bare, home, project)
    for words in ("Upserts         | 750", "Schema changes  | 1 ", "No more pages to fetch"):
        assert words in printed
    for records in range(100, 800, 100):
        assert f"Checkpoint saved after {records} records" in printed
    assert KEY not in printed
    state = json.loads((project / "files/state.json").read_text())
    last_page = server.requests[-1]
    assert state.pop("row_digests").keys() == {"of", "tail"}
    assert state == {"next_cursor": last_page.params["cursor"]}

    # Incremental: the last page again, and what was appended and changed since. Of the former, what is as it was is not sent.
    asked = {"page_size": "200", "cursor": state["next_cursor"]}
    there = requests.get(f"{server.url}/fts_data", params=asked, headers={"api_key": KEY}, timeout=10).json()["fts_records"]
    server.feed("fts").append(25)
    server.feed("fts").change(5)
    answer = requests.get(f"{server.url}/fts_data", params=asked, headers={"api_key": KEY}, timeout=10).json()
    assert answer["next_cursor"] is None
    expected = sum(record not in there for record in answer["fts_records"])
    assert 25 <= expected <= 30
    assert f"Upserts         | {expected} " in debug(bare, home, project)
    assert_equal_to_api(project, server, "fts")


def test_mso_with_everything_on(fts_only: Path, bare: Path, home: Path, server: Simulation, tmp_path: Path) -> None:
    project = build(Path(sys.executable).parent, tmp_path, "mso", "--enable", "mso_products,efficiency_ratio")
    configure(project, server, page_size="200")
    assert "Upserts         | 650" in debug(bare, home, project)
    server.feed("mso").change(40)
    debug(bare, home, project)
    assert_equal_to_api(project, server, "mso")
    with duckdb.connect(str(project / "files/warehouse.db"), read_only=True) as database:
        newest = database.execute(
            "SELECT DISTINCT ON (product_id) product_id, product_name, product_lifecycle_status FROM tester.mso_records"
            " WHERE NOT _fivetran_deleted ORDER BY product_id, last_updated_epoch DESC, record_id DESC"
        ).fetchall()
    products = rows(project, "mso_products")
    assert sorted((row["product_id"], row["product_name"], row["product_lifecycle_status"]) for row in products) == newest


def assert_equal_to_api(project: Path, server: Simulation, dataset: str) -> None:
    """Every record of the feed is in the warehouse, every value as sent: floats to the last digit, dates as dates."""
    sent = {str(record["record_id"]): record for record in server.feed(dataset).records()}
    arrived = {str(row["record_id"]): row for row in rows(project, f"{dataset}_records")}
    assert arrived.keys() == sent.keys()
    dates = {name for name, kind in plan(dataset).columns.items() if kind == "NAIVE_DATE"}
    for key, record in sent.items():
        row = arrived[key]
        for name, value in record.items():
            assert (str(row[name]) if name in dates and value is not None else row[name]) == value, (key, name)


def test_an_installed_core_does_not_hide_the_one_in_the_project(home: Path, server: Simulation, tmp_path: Path) -> None:
    commands = Path(sys.executable).parent
    project = build(commands, tmp_path, "fts")
    configure(project, server)
    errors = project / "connector_core/engine/table_sync.py"
    errors.write_text(errors.read_text().replace("No more pages to fetch", "No more pages in this project"))
    assert "No more pages in this project" in debug(commands, home, project)


def test_a_failing_sync_says_why_and_resumes(fts_only: Path, bare: Path, home: Path, server: Simulation, tmp_path: Path) -> None:
    project = build(fts_only, tmp_path, "fts")
    configure(project, server)
    server.faults.add("status=403,every=4")
    path = f"{home / 'bin'}:{bare}:{os.environ['PATH']}"
    failed = run(bare / "fivetran", "debug", "--configuration", "configuration.json", cwd=project, HOME=str(home), PATH=path)
    assert failed.returncode != 0
    assert "may not read this" in failed.stdout + failed.stderr
    assert KEY not in failed.stdout + failed.stderr
    assert not any(KEY in file.read_text() for file in (project / "crash-reports").glob("*"))
    server.faults.clear()
    debug(bare, home, project)
    assert_equal_to_api(project, server, "fts")

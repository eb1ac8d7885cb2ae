"""What ``fivetran package`` makes of every built project: exactly what was built, and enough to run where nothing of ours is.

The clean environment is made once for all tests here; it is the slow part.
"""

import importlib
import json
import os
import pty
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import copytree
from zipfile import ZipFile

import pytest
from attrs import frozen
from flask import Flask, Response, abort, jsonify

from connector_build.api.simulation import Simulation
from connector_build.local.comparing import difference, expected
from connector_build.local.fivetran import read_tables
from connector_core.plugin.assembly import Plugin, TablePlan, assemble
from deploy_standin import served
from distributions import connector_build, lock_of
from simulated import simulated

pytestmark = pytest.mark.xdist_group("package")

KEY = "canary-81e6c4"
COMMANDS = Path(sys.executable).parent
FORM = "configuration_form.pb"
LOCK = "connector.lock.json"
WARNED = "\033[38;5;"
"""How the command begins a warning or an error on a terminal; nothing else is in colour."""

BUILDS = {
    "fts": ("fts", ()),
    "fts with extras": ("fts", ("fts_technicians", "cost_per_hour")),
    "mso": ("mso", ()),
    "mso with extras": ("mso", ("mso_products", "efficiency_ratio")),
}

# The command asks pipreqs which packages the project needs, and pipreqs asks the index. It is told here to ask an index of
# ours, and to ask it about everything: whatever else is installed on this machine is of no account.
PIPREQS = """#!{python}
import sys
from pipreqs import pipreqs

pipreqs.get_locally_installed_packages = lambda *_, **__: []
sys.argv += ["--pypi-server", "{index}/"]
pipreqs.main()
"""


@frozen
class Packaged:
    """What was built, the zip that ``fivetran package`` made of it, and what it printed meanwhile."""

    dataset: str
    enable: tuple[str, ...]
    project: Path
    zip: Path
    printed: str


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of our own for the command, in which it has looked for a newer release lately."""
    folder = tmp_path_factory.mktemp("home")
    check = folder / ".fivetran/connector_sdk/_last_version_check"
    check.parent.mkdir(parents=True)
    check.write_text("9999999999")
    return folder


def with_pipreqs(folder: Path, index: str) -> Path:
    """A folder for PATH with a pipreqs that asks *index*."""
    script = folder / "pipreqs"
    script.write_text(PIPREQS.format(python=sys.executable, index=index))
    script.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def pipreqs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A pipreqs that asks an index which has what is installed here and nothing newer, as after a fresh installation."""

    def find(name: str) -> Response:
        try:
            found = version(name)
        except PackageNotFoundError:
            abort(404)
        return jsonify(info={"name": name, "version": found, "package_url": name}, releases={found: []}, urls=[])

    index = Flask("index")
    index.add_url_rule("/<name>/json", view_func=find)
    with served(index) as url:
        yield with_pipreqs(tmp_path_factory.mktemp("pipreqs"), url)


def on_terminal(*command: str | Path, cwd: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Exit code of a command and what it prints on a terminal, where it prints warnings in colour."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    pieces = []
    try:
        while piece := os.read(controller, 65536):
            pieces.append(piece)
    except OSError:  # what Linux has instead of an end
        pass
    os.close(controller)
    return process.wait(), b"".join(pieces).decode()


def package(project: Path, home: Path, pipreqs: Path) -> str:
    """``fivetran package``, as in CI; what it printed."""
    environment = {"PATH": f"{pipreqs}:{COMMANDS}:{os.defpath}", "HOME": str(home), "DO_NOT_TRACK": "1", "LC_ALL": "C.UTF-8"}
    code, printed = on_terminal(COMMANDS / "fivetran", "package", "--non-interactive", cwd=project, environment=environment)
    assert code == 0, printed
    return printed


def use(project: Path) -> None:
    """Leave in *project* what lies there after it was filled in and run, a secret in each file."""
    (project / "configuration.json").write_text(json.dumps({"api_key": KEY}))
    (project / "config.json").write_text(json.dumps({"fivetran": {"api_keys": {"MINE": KEY}}}))
    caches = ("__pycache__/a.pyc", "connector_core/__pycache__/b.pyc")
    for name in ("files/state.json", "files/runs.jsonl", "crash-reports/crash_1.log", *caches):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(KEY)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Each of BUILDS → the project that connector-build writes for it."""
    projects: dict[str, Path] = {}
    for name, (dataset, enable) in BUILDS.items():
        folder = tmp_path_factory.mktemp("built")
        command = connector_build(dataset, *(["--enable", ",".join(enable)] if enable else []), path=folder, cwd=folder)
        assert command.returncode == 0, command.stderr
        projects[name] = folder / "dist" / dataset
    return projects


@pytest.fixture(scope="module", params=BUILDS)
def packaged(request: pytest.FixtureRequest, built: Mapping[str, Path], home: Path, pipreqs: Path) -> Packaged:
    """Each built project, used and then packaged."""
    dataset, enable = BUILDS[request.param]
    project = built[request.param]
    use(project)
    return Packaged(dataset, enable, project, project / "files" / f"{dataset}.zip", package(project, home, pipreqs))


def test_no_warning(packaged: Packaged) -> None:
    assert WARNED not in packaged.printed, packaged.printed
    assert f"package created at: {packaged.zip}" in packaged.printed


def test_a_warning_would_be_seen(built: Mapping[str, Path], home: Path, pipreqs: Path, tmp_path: Path) -> None:
    project = copytree(built["fts"], tmp_path / "fts")
    pins = (project / "requirements.txt").read_text()
    (project / "requirements.txt").write_text(pins.replace("attrs==", "attrs==1.0."))
    assert f"{WARNED}130mWe recommend using the current stable version" in package(project, home, pipreqs)


def test_the_zip_is_what_was_built(packaged: Packaged, tmp_path: Path) -> None:
    lock = lock_of(packaged.project)
    with ZipFile(packaged.zip) as archive:
        names = archive.namelist()
        assert sorted(names) == sorted([*lock["files"], LOCK, FORM])
        assert not [name for name in names if KEY.encode() in archive.read(name)]
        assert archive.read(FORM)
    parts = [part for name in names for part in name.split("/")]
    assert not [part for part in parts if part.startswith(("test", "conftest", "sample", "__pycache__"))]

    verified = connector_build("verify", str(packaged.zip), path=tmp_path, cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout
    assert f"{packaged.zip} is as built: {packaged.dataset}, {len(lock['files'])} files, from " in verified.stdout


# Where nothing of ours is installed


def clean(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command without what this process has in its environment for Python and Fivetran."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "FIVETRAN"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, "DO_NOT_TRACK": "1", "PYTHONIOENCODING": "utf-8", **more},
        capture_output=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def environment(built: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Commands of an environment like Fivetran's: the SDK, requests, and what the requirements.txt of the projects ask for."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    wanted = [part for project in built.values() for part in ("-r", project / "requirements.txt")]
    commands = folder / "bin"
    installed = clean(
        commands / "python", "-m", "pip", "install", "--quiet", "fivetran-connector-sdk>=3,<4", "requests", *wanted, cwd=folder
    )
    assert installed.returncode == 0, installed.stderr
    for name in ("connector_core", "connector_build", "connector_fts", "connector_mso"):
        assert clean(commands / "python", "-c", f"import {name}", cwd=folder).returncode == 1
    return commands


@pytest.fixture(scope="module")
def api() -> Iterator[Simulation]:
    with Simulation([simulated("fts"), simulated("mso")], secret=KEY) as server:
        yield server


def plan(dataset: str, enable: tuple[str, ...] = ()) -> TablePlan:
    [found] = assemble([Plugin(dataset, importlib.import_module(f"connector_{dataset}"))], enable=enable).tables
    return found


def test_it_runs_where_nothing_of_ours_is(
    packaged: Packaged, environment: Path, home: Path, pipreqs: Path, api: Simulation, tmp_path: Path
) -> None:
    project, configuration = tmp_path / "unpacked", tmp_path / "configuration.json"
    with ZipFile(packaged.zip) as archive:
        archive.extractall(project)
    configuration.write_text(json.dumps({"api_key": KEY, "base_url": api.url, "page_size": "200"}))
    path = f"{pipreqs}:{environment}:{os.defpath}"
    ran = clean(environment / "fivetran", "debug", "--configuration", configuration, cwd=project, HOME=str(home), PATH=path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert KEY not in ran.stdout + ran.stderr
    extended = plan(packaged.dataset, packaged.enable)
    wanted = expected(extended, api.feed(packaged.dataset).records())
    assert (len(wanted) == 2) == bool(packaged.enable)
    found = read_tables(project, list(wanted), None)
    assert {rows.name: difference(rows, wanted[rows.name]) for rows in found} == dict.fromkeys(wanted)

"""I: builds. What several processes, a kill at any moment, or an unusual plugin does to a project on disk."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import connector_fts
from connector_build.errors import BuildError
from connector_build.plugins.discovery import core, load
from connector_build.project import place
from connector_build.project.output import write_project
from connector_build.project.writer import LOCK, Project, make_project
from connector_core.plugin.assembly import Plugin, assemble
from distributions import connector_build, lock_of

KEY = "a-key-that-is-nowhere-else"
CONFIGURATION = json.dumps({"api_key": KEY, "base_url": "https://api.example.com"})
CHANGING = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.link", "os.symlink", "os.truncate"})


def project_of(*enable: str) -> Project:
    """A project of a few files: what a kill leaves does not depend on how many there are."""
    assembly = assemble([Plugin("connector-fts", connector_fts, "1.0")], enable=enable)
    made = make_project("fts", assembly, core(), load("fts"))
    files = {path: made.files[path] for path in ("README.md", "connector.py", "connector_fts/__init__.py", "deploy.sh", LOCK)}
    lock = json.loads(files[LOCK])
    files[LOCK] = json.dumps(lock | {"files": {path: lock["files"][path] for path in files if path != LOCK}}).encode()
    return evolve(made, files=files)


@pytest.fixture(scope="module")
def before() -> Project:
    return project_of()


@pytest.fixture(scope="module")
def after() -> Project:
    return project_of("fts_technicians")


# I1: several builds at once


def test_i1_four_builds_at_once_leave_the_configuration_alone(tmp_path: Path) -> None:
    assert connector_build("fts", path=tmp_path, cwd=tmp_path).returncode == 0
    folder = tmp_path / "dist/fts"
    (folder / "configuration.json").write_text(CONFIGURATION)
    for _ in range(2):
        options: tuple[list[str], ...] = ([], ["--enable=fts_technicians"], ["--enable=cost_per_hour"], [])
        command = [str(Path(sys.executable).with_name("connector-build")), "fts"]
        builds = [
            subprocess.Popen([*command, *more], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for more in options
        ]
        outputs = [build.communicate()[0] for build in builds]
        assert [build.returncode for build in builds] == [0, 0, 0, 0], outputs
        assert (folder / "configuration.json").read_text() == CONFIGURATION
        assert connector_build("verify", "dist/fts", path=tmp_path, cwd=tmp_path).returncode == 0
        assert os.listdir(folder.parent) == ["fts"], "nothing hidden is left"  # noqa: PTH208  (hidden ones too)


def forked(work: Callable[[], object]) -> int:
    """The exit code of *work* in a process of its own; 0 where it ends well."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_i1_many_builds_hold_each_other_apart(before: Project, after: Project, tmp_path: Path) -> None:
    folder = tmp_path / "fts"
    write_project(before, folder)
    (folder / "configuration.json").write_text(CONFIGURATION)

    def build(number: int) -> None:
        for turn in range(8):
            write_project((before, after)[(number + turn) % 2], folder)

    children = []
    for number in range(4):
        if not (child := os.fork()):
            try:
                build(number)
            finally:
                os._exit(0 if sys.exc_info()[0] is None else 1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert (folder / "configuration.json").read_text() == CONFIGURATION
    assert [each.name for each in tmp_path.iterdir()] == ["fts"]


def test_i1_a_build_that_hangs_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with (
        place.building(tmp_path / "fts"),
        pytest.raises(BuildError, match=r"another build has been writing there for 0 seconds\. Wait for it, or end it\."),
        place.building(tmp_path / "fts", patience=0.2),
    ):
        pass


@pytest.mark.parametrize("made", ["link", "file"])
def test_i1_what_is_in_the_way_is_left_alone(made: str, before: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "new").write_text("mine")
    staging = tmp_path / "dist/.fts.building"
    staging.parent.mkdir()
    staging.symlink_to(outside) if made == "link" else staging.write_text("mine")
    with pytest.raises(BuildError, match="is in the way"):
        write_project(before, tmp_path / "dist/fts")
    assert (outside / "new").read_text() == "mine"
    assert staging.is_symlink() or staging.read_text() == "mine"


# I2: killed at any moment


def filled(project: Project, folder: Path) -> None:
    """A project that somebody has used: the key is in it, and a debug run has left its files."""
    write_project(project, folder)
    (folder / "configuration.json").write_text(CONFIGURATION)
    (folder / "configuration.json").chmod(0o600)
    for name in ("files/warehouse.db", ".venv/bin/python"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(name)


def killed_at(number: int, project: Project, folder: Path) -> bool:
    """Whether a build of *project* was killed before its change *number* (from 1) of the disk."""

    def build() -> None:
        left = number

        def hear(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if event in CHANGING or writes:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hear)
        write_project(project, folder)

    code = forked(build)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def holders(folder: Path) -> list[Path]:
    """The files below *folder*, hidden ones too, that hold the key."""
    return [path for path in folder.rglob("*") if path.is_file() and KEY in path.read_text(errors="ignore")]


def assert_whole(project: Project, folder: Path) -> None:
    """The folder holds *project* and what the user had, and nothing is left beside it."""
    assert {path: (folder / path).read_bytes() for path in project.files} == project.files
    assert (folder / "configuration.json").read_text() == CONFIGURATION
    assert (folder / "configuration.json").stat().st_mode & 0o777 == 0o600
    assert [(folder / name).read_text() for name in ("files/warehouse.db", ".venv/bin/python")] == [
        "files/warehouse.db",
        ".venv/bin/python",
    ]
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]


def steps(limit: int = 2000) -> Iterator[int]:
    yield from range(1, limit)


def test_i2_a_build_killed_at_any_step_is_gone_on_with_by_the_next(before: Project, after: Project, tmp_path: Path) -> None:
    missing = 0
    for number in steps():
        folder = tmp_path / str(number) / "fts"
        filled(before, folder)
        was_killed = killed_at(number, after, folder)
        assert len(holders(folder.parent)) == 1, f"the key after a kill before step {number}"
        missing += not folder.exists()
        write_project(after, folder)
        assert_whole(after, folder)
        if not was_killed:
            break
    assert number > 20
    assert missing == 4, "between the first rename and the last, the project is in the hidden folder"


def test_i2_the_next_build_may_be_killed_as_well(before: Project, after: Project, tmp_path: Path) -> None:
    swap = [number for number in steps(200) if _is_in_the_swap(number, before, after, tmp_path / f"probe{number}" / "fts")]
    for first in swap:
        for second in range(1, 12):
            folder = tmp_path / f"{first}-{second}" / "fts"
            filled(before, folder)
            killed_at(first, after, folder)
            killed_at(second, before, folder)
            assert len(holders(folder.parent)) == 1
            write_project(after, folder, force=True)
            assert_whole(after, folder)


def _is_in_the_swap(number: int, before: Project, after: Project, folder: Path) -> bool:
    filled(before, folder)
    killed_at(number, after, folder)
    return not folder.exists()


def test_i2_what_was_killed_is_a_build_of_its_own(before: Project, after: Project, tmp_path: Path) -> None:
    # The next build may be refused, and must not take the project with it.
    folder = tmp_path / "fts"
    filled(before, folder)
    number = next(number for number in steps() if _is_in_the_swap(number, before, after, tmp_path / f"probe{number}" / "fts"))
    killed_at(number, after, folder)
    other = evolve(before, dataset="mso")
    with pytest.raises(BuildError, match="holds the connector fts, not mso"):
        write_project(other, folder)
    assert (folder / "configuration.json").read_text() == CONFIGURATION
    assert lock_of(folder)["enabled"] == ["fts_technicians"]


def test_i2_two_keys_are_left_to_their_owner(before: Project, after: Project, tmp_path: Path) -> None:
    folder = tmp_path / "fts"
    filled(before, folder)
    folder.rename(tmp_path / "was")
    staging = tmp_path / ".fts.building"
    staging.mkdir()
    (tmp_path / "was").rename(staging / "old")
    write_elsewhere = tmp_path / "elsewhere"
    write_project(before, write_elsewhere)
    write_elsewhere.rename(folder)
    with pytest.raises(BuildError, match=r"both hold configuration\.json\. Keep the one that you want"):
        write_project(after, folder)
    (folder / "configuration.json").unlink()
    write_project(after, folder)
    assert_whole(after, folder)

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
from connector_build.project.shipping import check_imports
from connector_build.project.writer import LOCK, Project, make_project
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.pythons import python_version
from distributions import connector_build, install, install_dataset, lock_of

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


# I7: imports that the code can do without


OPTIONAL = {
    "ImportError": "try:\n    import orjson\nexcept ImportError:\n    orjson = None",
    "ModuleNotFoundError": "try:\n    import orjson\nexcept ModuleNotFoundError:\n    import json as orjson",
    "Exception": "try:\n    import orjson\nexcept Exception:\n    pass",
    "several errors": "try:\n    import orjson\nexcept (ImportError, OSError) as error:\n    print(error)",
    "qualified": "import builtins\ntry:\n    import orjson\nexcept builtins.ImportError:\n    pass",
    "any error": "try:\n    import orjson\nexcept:\n    pass",
    "else": "try:\n    import orjson\nexcept ImportError:\n    pass\nelse:\n    import orjson.more",
    "several tries": (
        "try:\n    import orjson\nexcept ImportError:\n"
        "    try:\n        import ujson\n    except ImportError:\n        import json"
    ),
    "suppress": "from contextlib import suppress\nwith suppress(ImportError):\n    import orjson",
    "contextlib": "import contextlib\nwith contextlib.suppress(ModuleNotFoundError, OSError):\n    from orjson import loads",
    "find_spec": "import importlib.util\nif importlib.util.find_spec('orjson'):\n    import orjson",
    "find_spec is": (
        "from importlib.util import find_spec\nif find_spec('orjson') is not None:\n    import orjson\nelse:\n    import json"
    ),
    "find_spec kept": (
        "import importlib\nHAS = importlib.util.find_spec('orjson') is not None\nif HAS:\n    from orjson import loads"
    ),
    "find_spec returns": (
        "from importlib.util import find_spec\ndef f():\n    if find_spec('orjson') is None:\n        return\n    import orjson"
    ),
    "TYPE_CHECKING": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import orjson",
    "typing": "import typing\nif typing.TYPE_CHECKING:\n    import orjson\nelse:\n    orjson = None",
    "not TYPE_CHECKING": "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    pass\nelse:\n    import orjson",
    "and": "from typing import TYPE_CHECKING\nif TYPE_CHECKING and True:\n    import orjson",
    "function": "def f():\n    try:\n        import orjson\n    except ImportError:\n        return None\n    return orjson",
    "function that says so": (
        "def f():\n    try:\n        import orjson\n    except ImportError:\n        raise RuntimeError('needs orjson')"
    ),
    "main": "if __name__ == '__main__':\n    import orjson",
    "another system": "import sys\nif sys.platform == 'win32':\n    import orjson",
    "another Python": "import sys\nif sys.version_info < (3, 8):\n    import orjson",
    "an old Python": "import sys\nif sys.version_info[0] == 2:\n    import orjson",
    "never": "if False:\n    import orjson",
}
NEEDED = {
    "plain": "import orjson",
    "another error": "try:\n    import orjson\nexcept ValueError:\n    pass",
    "raised again": "try:\n    import orjson\nexcept ImportError:\n    print('no')\n    raise",
    "raised as another": "try:\n    import orjson\nexcept ImportError:\n    raise SystemExit('pip install it')",
    "the way out": "try:\n    import json\nexcept ImportError:\n    import orjson",
    "finally": "try:\n    import json\nexcept ImportError:\n    pass\nfinally:\n    import orjson",
    "another suppressed": "from contextlib import suppress\nwith suppress(OSError):\n    import orjson",
    "another context": "with open('x'):\n    import orjson",
    "not TYPE_CHECKING": "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import orjson",
    "else of TYPE_CHECKING": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json\nelse:\n    import orjson",
    "or": "from typing import TYPE_CHECKING\nif TYPE_CHECKING or True:\n    import orjson",
    "find_spec raises": (
        "from importlib.util import find_spec\nif find_spec('orjson') is None:\n    raise SystemExit(1)\nimport orjson"
    ),
    "another one looked for": "from importlib.util import find_spec\nif find_spec('ujson'):\n    import orjson",
    "this system": "import sys\nif sys.platform == 'linux':\n    import orjson",
    "this Python": "import sys\nif sys.version_info >= (3, 8):\n    import orjson",
    "function": "def f():\n    import orjson",
    "except*": "try:\n    import orjson\nexcept* ValueError:\n    pass",
}


@pytest.mark.parametrize("form", OPTIONAL)
def test_i7_an_import_that_can_fail_is_optional(form: str) -> None:
    check_imports({"a.py": OPTIONAL[form].encode()}, [])


@pytest.mark.parametrize("form", NEEDED)
def test_i7_an_import_that_cannot_is_needed(form: str) -> None:
    with pytest.raises(BuildError, match=r"a\.py, line \d, imports orjson, which would not be there on Fivetran"):
        check_imports({"a.py": NEEDED[form].encode()}, [])


# I3 to I5, G6: what a project needs beside itself


PLUGIN_WITH = """
{imports}
from connector_core import Table, base_url, hookimpl


@hookimpl
def connector_tables():
    return [Table("crew_shifts", "/shifts", "shifts", ["id"], {{"id": "STRING"}})]


@hookimpl
def connector_settings():
    return [base_url("https://api.example.com")]
"""
FOLDER = {"url": "file:///home/somebody/helper-lib", "dir_info": {}}
ELSEWHERE = {
    "folder": FOLDER,
    "editable": {"url": "file:///home/somebody/helper-lib", "dir_info": {"editable": True}},
    "file": {"url": "file:///wheels/helper_lib-1.0-py3-none-any.whl", "archive_info": {"hash": "sha256=0"}},
    "address": {"url": "https://example.com/helper_lib-1.0.zip", "archive_info": {}},
    "repository": {"url": "https://example.com/helper.git", "vcs_info": {"vcs": "git", "commit_id": "0"}},
}


def with_plugin(site: Path, *requires: str, imports: str = "", requires_python: str = "") -> None:
    install(
        site,
        "connector-crew",
        {"connector_crew/__init__.py": PLUGIN_WITH.format(imports=imports)},
        {"connector_core": {"crew": "connector_crew"}},
        requires=requires,
        requires_python=requires_python,
    )


def built(tmp_path: Path, *more: str) -> Path:
    done = connector_build("crew", *more, path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "dist/crew"


def pins(project: Path) -> dict[str, str]:
    lines = (project / "requirements.txt").read_text().split()
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


def test_i3_the_extras_of_a_dependency_are_kept(tmp_path: Path) -> None:
    site = tmp_path / "site"
    needs = ('signing>=1; extra == "crypto"', 'wheels; extra == "fast"', 'never; extra == "docs"', "base-lib")
    install(site, "tokens", {"tokens.py": ""}, {}, requires=needs, extras=("crypto", "fast", "docs"))
    install(site, "signing", {"signing.py": ""}, {}, requires=('deep[more]; python_version > "3"', 'old; python_version < "3"'))
    install(site, "deep", {"deep.py": ""}, {}, requires=('deeper; extra == "more"',), extras=("more",))
    for name in ("wheels", "base-lib", "deeper"):
        install(site, name, {f"{name.replace('-', '_')}.py": ""}, {})
    with_plugin(site, "Tokens[Crypto]>=1", "tokens[fast]", "requests[socks]", imports="import tokens, signing, deeper")
    install(site, "pysocks", {"socks.py": ""}, {})
    found = pins(built(tmp_path))
    assert found.keys() - {"attrs", "pluggy"} == {
        *("tokens[crypto,fast]", "signing", "deep[more]", "wheels", "base-lib", "deeper", "pysocks"),
    }
    assert "requests" not in found


@pytest.mark.parametrize("where", ELSEWHERE)
def test_i4_what_no_index_is_known_to_have_ships_with_its_source(where: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    files = {"helper_lib/__init__.py": "from helper_lib.deep import VALUE\n", "helper_lib/deep.py": "import more\nVALUE = 1\n"}
    install(site, "helper-lib", files, {}, requires=("more",), direct_url=ELSEWHERE[where])
    install(site, "more", {"more.py": ""}, {})
    with_plugin(site, "helper-lib", imports="from helper_lib import VALUE")
    project = built(tmp_path)
    assert pins(project).keys() == {"attrs", "pluggy", "more"}
    assert {path: (project / path).read_text() for path in files} == files
    assert [each["name"] for each in lock_of(project)["helpers"]] == ["helper-lib"]
    assert [each["name"] for each in lock_of(project)["sources"]] == ["connector-core", "connector-crew"]
    assert connector_build("verify", "dist/crew", path=site, cwd=tmp_path).returncode == 0
    assert connector_build("diff", "dist/crew", path=site, cwd=tmp_path).returncode == 0
    (project / "helper_lib/deep.py").write_text("VALUE = 2\n")
    assert connector_build("verify", "dist/crew", path=site, cwd=tmp_path).returncode == 1


def test_g6_a_project_with_a_helper_can_be_imported_where_nothing_is_installed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install(site, "helper-lib", {"helper_lib.py": "VALUE = 1\n"}, {}, direct_url=FOLDER)
    with_plugin(site, "helper-lib", imports="from helper_lib import VALUE")
    project = built(tmp_path)
    as_fivetran = [sys.executable, "-P", "-c", "import runpy; runpy.run_path('connector.py', run_name='connector')"]
    run = subprocess.run(as_fivetran, cwd=project, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "compiled": ({"helper_lib/__init__.py": "", "helper_lib/fast.so": ""}, "is compiled for this machine"),
    "dropped": ({"helper_lib/__init__.py": "", "helper_lib/lib/x.py": ""}, "would be dropped by Fivetran's packaging"),
    "no package": ({"helper_lib/x.py": ""}, "which of its packages are its own cannot be told"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_g6_a_helper_that_cannot_ship_is_refused(why: str, tmp_path: Path) -> None:
    files, words = REFUSED[why]
    install(tmp_path / "site", "helper-lib", files, {}, direct_url=FOLDER)
    with_plugin(tmp_path / "site", "helper-lib")
    failed = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert "connector-crew needs helper-lib, which was not installed from an index" in failed.stderr
    assert words in failed.stderr
    assert "Publish it on an index that Fivetran can reach" in failed.stderr
    assert ".." not in failed.stderr.replace("...", "")
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("layout", ["src", ""])
def test_i4_an_editable_helper_is_found_in_its_folder(layout: str, tmp_path: Path) -> None:
    # Its record lists no module: only a path to the folder, as hatchling and flit write it.
    site, folder = tmp_path / "site", tmp_path / "helper"
    package = folder / layout / "helper_lib"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("VALUE = 1\n")
    (folder / "setup.py").write_text("")
    (folder / "tests").mkdir()
    (folder / "tests/__init__.py").write_text("")
    recorded = {"url": folder.as_uri(), "dir_info": {"editable": True}}
    install(site, "helper-lib", {"_helper_lib.pth": f"{package.parent}\n"}, {}, direct_url=recorded)
    with_plugin(site, "helper-lib", imports="from helper_lib import VALUE")
    path = Path(os.pathsep.join([str(site), str(package.parent)]))
    done = connector_build("crew", path=path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ships too     helper-lib 1.0: with the source" in done.stdout
    assert (tmp_path / "dist/crew/helper_lib/__init__.py").read_text() == "VALUE = 1\n"
    assert not (tmp_path / "dist/crew/tests").exists()


@pytest.mark.parametrize(
    ("plugin", "dependency", "allowed"),
    [
        ("", "", ["3.11", "3.12", "3.13", "3.14", "3.15"]),
        (">=3.12", "", ["3.12", "3.13", "3.14", "3.15"]),
        (">=3.11", ">=3.13,<3.15", ["3.13", "3.14"]),
        (">=3.11.4", "!=3.12.*", ["3.11", "3.13", "3.14", "3.15"]),
        (">3.12", "<4", ["3.12", "3.13", "3.14", "3.15"]),
    ],
)
def test_i5_the_lowest_python_that_all_of_it_allows(plugin: str, dependency: str, allowed: list[str], tmp_path: Path) -> None:
    install(tmp_path / "site", "more", {"more.py": ""}, {}, requires_python=dependency)
    with_plugin(tmp_path / "site", "more", requires_python=plugin)
    project = built(tmp_path)
    assert lock_of(project)["pythons"] == allowed
    assert f"needs Python {allowed[0]} or later" in (project / "README.md").read_text()
    assert python_version(project / LOCK, {}) == allowed[0]


def test_i5_no_python_suits_all(tmp_path: Path) -> None:
    install(tmp_path / "site", "more", {"more.py": ""}, {}, requires_python="<3.12")
    with_plugin(tmp_path / "site", "more", requires_python=">=3.12")
    failed = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert "No Python of 3.10, 3.11" in failed.stderr
    assert "connector-crew (>=3.12)" in failed.stderr
    assert "more (<3.12)" in failed.stderr


@pytest.mark.parametrize(
    ("environment", "options", "wanted"),
    [
        ({}, (), "3.12"),
        ({"FIVETRAN_PYTHON_VERSION": ""}, (), "3.12"),
        ({"FIVETRAN_PYTHON_VERSION": "3.13"}, (), "3.13"),
        ({"FIVETRAN_PYTHON_VERSION": "3.13.2"}, (), "3.13.2"),
        ({"FIVETRAN_PYTHON_VERSION": "3.16"}, (), "3.16"),
        ({}, ("--python-version", "3.13"), "3.13"),
        ({"FIVETRAN_PYTHON_VERSION": "3.10"}, ("--python-version=3.13",), "3.13"),
        ({"FIVETRAN_PYTHON_VERSION": "3.10"}, (), None),
        ({"FIVETRAN_PYTHON_VERSION": "3.11"}, (), None),
        ({"FIVETRAN_PYTHON_VERSION": "3"}, (), None),
        ({"FIVETRAN_PYTHON_VERSION": "twelve"}, (), None),
        ({}, ("--force", "--python-version", "3.10"), None),
        ({}, ("--python-version",), None),
    ],
)
def test_i5_a_python_that_does_not_suit_is_refused_before_anything_is_sent(
    environment: dict[str, str], options: tuple[str, ...], wanted: str | None, tmp_path: Path
) -> None:
    lock = tmp_path / LOCK
    lock.write_text(json.dumps({"pythons": ["3.12", "3.13", "3.14", "3.15"]}))
    if wanted is not None:
        assert python_version(lock, environment, options) == wanted
        return
    with pytest.raises(ScriptError, match=r"on which this connector does not run: .* allows Python 3\.12, 3\.13"):
        python_version(lock, environment, options)


@pytest.mark.parametrize("text", [None, "{", "[]", '{"pythons": 5}', '{"pythons": ["x"]}', "{}"])
def test_i5_a_lock_that_does_not_say_asks_for_what_was_asked_for(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / LOCK).write_text(text)
    assert python_version(tmp_path / LOCK, {}) == "3.11"
    assert python_version(tmp_path / LOCK, {"FIVETRAN_PYTHON_VERSION": "3.10"}) == "3.10"


# I6: what is built is on the disk


def test_i6_a_plugin_that_ends_its_process_is_not_counted_as_built(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install_dataset(site, "jobs")
    install_dataset(site, "quits", "import os\nos._exit(0)\n")
    install_dataset(site, "becomes", "import os\nos.execv('/bin/true', ['true'])\n")
    install_dataset(site, "exits", "raise SystemExit(0)\n")
    names = ("jobs", "quits", "becomes", "exits")
    (tmp_path / "connectors.toml").write_text("".join(f"[[connector]]\ndataset = '{name}'\n" for name in names))
    done = connector_build("--all", path=site, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.endswith("1 built, 3 failed\n")
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["jobs"]

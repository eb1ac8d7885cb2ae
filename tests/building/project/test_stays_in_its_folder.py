"""A build stays in its folder: no name and no symbolic link makes it write, change or delete a file anywhere else.

Each test lays out a folder named outside, does what might reach it, and holds every byte, mode and link in it against before.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count, pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector_build.cli.main import main
from connector_build.errors import BuildError
from connector_build.plugins.discovery import core, load
from connector_build.project.output import write_project
from connector_build.project.writer import Project, make_project
from connector_core import Aggregate, DerivedField, Dimension, Parent, PluginError, Setting, Table
from connector_core import count as counted
from connector_core.plugin.assembly import Plugin, assemble
from distributions import PLUGIN, install, install_dataset, lock_of

ODD_NAMES = [
    "../x",
    "..",
    ".",
    "a/b",
    "/abs/x",
    "a\\b",
    "~x",
    "a b",
    "a\nb",
    "a\0b",
    "a.b",
    "Ab",
    "",
    "\u2025x",
    "a\u2215b",
    "-a",
]
UNCHANGED = "nothing outside was changed"


def snapshot(folder: Path) -> dict[str, tuple[int, bytes | str | None]]:
    """Relative path → mode, and bytes of a file or target of a link, of everything below *folder*."""
    found: dict[str, tuple[int, bytes | str | None]] = {}
    for path in sorted(folder.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None  # noqa: PTH115
        found[path.relative_to(folder).as_posix()] = (mode, content)
    return found


class Place:
    """A folder to build in, and one beside it that no build may touch."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder, self.project = folder, project
        self.out = folder / "work" / "dist"
        self.outside = folder / "outside"
        self.outside.mkdir()
        (folder / "work").mkdir()
        (self.outside / "precious.txt").write_text("precious")
        (self.outside / "precious.txt").chmod(0o640)
        (self.outside / "folder").mkdir()
        (self.outside / "folder" / "deep.txt").write_text("deep")

    def build(self, *, force: bool = False) -> None:
        write_project(self.project, self.out, force=force)

    def link(self, name: str, target: Path) -> None:
        """Put a link to *target* in the place of what stands at *name* in the build."""
        path = self.out / name
        if path.is_dir():
            path.rename(self.folder / "moved")
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def links(self) -> list[str]:
        return [path.relative_to(self.out).as_posix() for path in sorted(self.out.rglob("*")) if path.is_symlink()]


@pytest.fixture(scope="module")
def fts() -> Project:
    sources = load("fts")
    assembly = assemble([Plugin(source.name, source.module, source.version) for source in sources])
    return make_project("fts", assembly, core(), sources)


@pytest.fixture
def place(tmp_path: Path, fts: Project) -> Iterator[Place]:
    """A place of which everything that lies outside is the same after the test."""
    made = Place(tmp_path, fts)
    before = snapshot(made.outside)
    yield made
    left = snapshot(made.outside)
    assert {name: left.get(name) for name in before} == before, UNCHANGED


# Symbolic links in an earlier build


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "connector.py",
        "connector_core/engine/sync.py",
        "README.md",
        "requirements.txt",
        ".gitignore",
        "deploy.sh",
        "connector_fts/py.typed",
    ],
)
def test_a_built_file_that_became_a_link_is_not_written_through(place: Place, name: str, force: bool) -> None:
    place.build()
    target = place.outside / "target"
    target.write_bytes((place.out / name).read_bytes())
    target.chmod(0o600)
    place.link(name, target)
    before = snapshot(place.outside)
    with suppress(BuildError):  # it may well ask for --force
        place.build(force=force)
    assert snapshot(place.outside) == before
    assert place.links() == ([] if force else place.links())
    assert (place.out / name).read_bytes() == place.project.files[name]


@pytest.mark.parametrize("name", ["connector.py", "connector_core/engine/sync.py", "deploy.sh"])
def test_a_built_file_that_became_a_link_to_something_else(place: Place, name: str) -> None:
    place.build()
    place.link(name, place.outside / "precious.txt")
    with pytest.raises(BuildError, match="changed by hand"):
        place.build()
    assert place.links() == [name]
    place.build(force=True)
    assert place.links() == []
    assert (place.out / name).read_bytes() == place.project.files[name]


def test_a_built_file_that_became_a_link_to_nothing_makes_no_file_there(place: Place) -> None:
    place.build()
    place.link("connector.py", place.outside / "new.txt")
    with pytest.raises(BuildError):
        place.build()
    assert not (place.outside / "new.txt").exists()


def test_a_built_file_that_shares_its_bytes_with_a_file_outside(place: Place) -> None:
    """A hard link: the same file under two names."""
    place.build()
    (place.out / "connector.py").unlink()
    (place.out / "connector.py").hardlink_to(place.outside / "precious.txt")
    place.build(force=True)
    assert (place.out / "connector.py").read_bytes() == place.project.files["connector.py"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["connector_core", "connector_fts"])
def test_a_built_folder_that_became_a_link(place: Place, name: str, force: bool) -> None:
    place.build()
    place.link(name, place.outside / "folder")
    with pytest.raises(BuildError, match=f"did not write.*{name}"):
        place.build(force=force)
    assert place.links() == [name]


@pytest.mark.parametrize("name", ["files", "crash-reports", ".venv"])
def test_a_folder_of_debug_runs_that_is_a_link_stays_one(place: Place, name: str) -> None:
    place.build()
    place.link(name, place.outside / "folder")
    place.build()
    assert place.links() == [name]


@pytest.mark.parametrize("name", ["__pycache__", "connector_core/__pycache__"])
def test_a_cache_that_is_a_link_is_removed_and_not_what_it_leads_to(place: Place, name: str) -> None:
    place.build()
    place.link(name, place.outside / "folder")
    place.build()
    assert place.links() == []


def test_a_lock_that_is_a_link(place: Place) -> None:
    place.build()
    lock = place.outside / "lock.json"
    lock.write_bytes((place.out / "connector.lock.json").read_bytes())
    place.link("connector.lock.json", lock)
    before = snapshot(place.outside)
    place.build()
    assert snapshot(place.outside) == before
    assert place.links() == []


def test_a_lock_that_names_files_elsewhere(place: Place) -> None:
    place.build()
    lock = lock_of(place.out)
    for name in ("../../outside/precious.txt", str(place.outside / "precious.txt"), "../../outside/folder"):
        lock["files"][name] = "0" * 64
    (place.out / "connector.lock.json").write_text(json.dumps(lock))
    place.build(force=True)
    assert set(lock_of(place.out)["files"]) == set(place.project.files) - {"connector.lock.json"}


@pytest.mark.parametrize("name", ["configuration.json", "config.json", "destination.json", "options.toml"])
def test_a_file_with_secrets_that_is_a_link(place: Place, name: str) -> None:
    """It is the user's way to keep one file for several projects: neither changed, nor deleted, nor made readable for others."""
    secrets = place.outside / "secrets.json"
    secrets.write_text('{"api_key": "mine"}')
    secrets.chmod(0o600)
    place.build()
    place.link(name, secrets)
    before = snapshot(place.outside)
    place.build()
    place.build(force=True)
    assert snapshot(place.outside) == before
    assert (place.out / name).read_text() == '{"api_key": "mine"}'
    assert stat.S_IMODE((place.out / name).stat().st_mode) == 0o600


def test_a_file_with_secrets_that_is_a_link_stays_one(place: Place) -> None:
    """A copy would go stale, and would be one more place that holds the key."""
    secrets = place.outside / "secrets.json"
    secrets.write_text('{"api_key": "mine"}')
    place.build()
    place.link("configuration.json", secrets)
    place.build()
    assert place.links() == ["configuration.json"]


def test_a_configuration_that_is_a_link_to_nothing_makes_no_file_there(place: Place) -> None:
    place.build()
    place.link("configuration.json", place.outside / "later.json")
    place.build()
    assert not (place.outside / "later.json").exists()


# Where to write


@pytest.mark.parametrize("target", ["folder", "precious.txt", "nothing", "build"])
def test_an_output_that_is_a_link(place: Place, target: str) -> None:
    if target == "build":
        write_project(place.project, place.outside / "build")
    before = snapshot(place.outside)
    place.out.symlink_to(place.outside / target)
    for force in (False, True):
        with pytest.raises(BuildError, match="is no folder of its own"):
            place.build(force=force)
    assert snapshot(place.outside) == before
    assert place.out.is_symlink()


def test_an_output_below_a_link(place: Place) -> None:
    """The user's own layout: it is built there, and what lies beside it stays."""
    (place.folder / "work").rmdir()
    (place.folder / "work").symlink_to(place.outside / "folder")
    place.build()
    place.build()
    assert (place.folder / "work").is_symlink()
    assert sorted(path.name for path in (place.outside / "folder").iterdir()) == ["deep.txt", "dist"]
    assert (place.outside / "folder/dist/connector.py").read_bytes() == place.project.files["connector.py"]


def test_an_output_below_a_file(place: Place) -> None:
    (place.folder / "work").rmdir()
    (place.folder / "work").symlink_to(place.outside / "precious.txt")
    with pytest.raises(BuildError, match="cannot be written"):
        place.build()


@pytest.mark.parametrize("path", ["..", "../work", "dist/../../outside", "../outside/folder/.."])
def test_an_output_with_dots_is_a_folder_like_any_other(place: Place, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    place.build()
    (place.folder / "work" / "mine.txt").write_text("mine")
    before = snapshot(place.folder)
    monkeypatch.chdir(place.folder / "work")
    with pytest.raises(BuildError, match=r"did not write|cannot be written"):
        write_project(place.project, Path(path), force=True)
    assert snapshot(place.folder) == before


def test_every_file_of_a_project_lies_in_it(place: Place) -> None:
    before = snapshot(place.folder / "work")
    place.build()
    real = {path.resolve().relative_to(place.out.resolve()).as_posix() for path in place.out.rglob("*") if path.is_file()}
    assert real == {*place.project.files, "configuration.json"}
    assert before == {}
    assert [path.name for path in (place.folder / "work").iterdir()] == ["dist"]


# Names of datasets, plugins and tables

_numbers = count()


class Site:
    """Distributions that are installed for one test, and the command in this process, in a folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.site, self.work = folder, folder / "site", folder / "work"
        self.site.mkdir()
        self.work.mkdir()
        monkeypatch.syspath_prepend(self.site)
        monkeypatch.chdir(self.work)

    def run(self, *arguments: str) -> Result:
        """The command on a terminal that takes colours; whatever it says is lines of printable text."""
        done = CliRunner().invoke(main, arguments, color=True)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert all(line.isprintable() for line in done.output.split("\n")), done.output
        return done

    def refuses(self, *arguments: str, words: str = "") -> None:
        """The command fails with a message, and writes nothing anywhere."""
        before = snapshot(self.folder)
        done = self.run(*arguments)
        assert done.exit_code in (1, 2), done.output
        assert done.output.startswith("Usage: ") or re.fullmatch(r"Error: .*\n", done.output), done.output
        assert words in done.output
        assert "connector-build itself failed" not in done.output
        after = {name: what for name, what in snapshot(self.folder).items() if "__pycache__" not in name}
        assert after == before


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "verb", [(), ("demo",), ("debug",), ("show",), ("serve",)], ids=lambda verb: verb[0] if verb else "build"
)
@pytest.mark.parametrize("name", [name for name in ODD_NAMES if name and not name.startswith("-")])
def test_a_name_that_is_no_datasets(site: Site, verb: tuple[str, ...], name: str) -> None:
    site.refuses(*verb, name)


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "/abs/x", "a\\b", "~x", "a.b", "\u2025x", "Ab", "\x1b[2J"])
def test_a_dataset_that_is_installed_under_an_odd_name(site: Site, name: str) -> None:
    install(
        site.site,
        "connector-odd",
        {"connector_odd.py": PLUGIN.format(dataset="odd")},
        {"connector_core": {name: "connector_odd"}},
    )
    for verb in ((), ("demo",), ("debug",), ("show",)):
        site.refuses(*verb, name)


def test_an_odd_name_is_listed_as_plain_text(site: Site) -> None:
    install(site.site, "connector-odd", {"connector_odd.py": ""}, {"connector_core": {"\x1b[2Jodd": "connector_odd"}})
    assert "odd" in site.run("list").output
    assert "odd" in site.run("list", "--json").output


@pytest.mark.parametrize(
    "value",
    ["..evil", "../evil", "evil/../../evil", "/abs/evil", "evil/x", "evil..x", ".", "..", "evil:hooks", "evil.\x1b[2Jx", "evil "],
)
def test_an_entry_point_that_leads_elsewhere(site: Site, value: str) -> None:
    (site.folder / "evil.py").write_text("raise SystemExit('it was imported')")
    points = {"connector_core": {"crew": value}}
    install(site.site, "connector-crew", {"connector_crew/__init__.py": PLUGIN.format(dataset="crew")}, points)
    site.refuses("crew", words="connector-crew")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_table_with_an_odd_name(name: str) -> None:
    columns = {"id": "STRING", "parent": "STRING"}
    with pytest.raises(PluginError):
        Table(name, "/items", "items", ["id"], columns)
    with pytest.raises(PluginError):
        Aggregate(name, ["id"], {"items": counted()})
    with pytest.raises(PluginError):
        Dimension(name, "id", ["parent"], "parent")
    with pytest.raises(PluginError):
        DerivedField(name, len)
    with pytest.raises(PluginError):
        Setting(name)
    with pytest.raises(PluginError):
        Parent(name, {"parent": "id"})


@pytest.mark.parametrize("name", ["../../outside", "/abs/x", "a/b", "a\\nb"])
def test_a_plugin_with_an_oddly_named_table_is_not_built(site: Site, name: str) -> None:
    source = PLUGIN.format(dataset="crew").replace('"crew_records"', f'"{name}"')
    install_dataset(site.site, f"odd{next(_numbers)}", source)
    (dataset,) = [
        path.name.removeprefix("connector_")
        for path in site.site.glob("connector_odd*")
        if path.is_dir() and "dist" not in path.name
    ]
    site.refuses(dataset, words="which Fivetran would rename")


# Files of a plugin


def crew(site: Site) -> tuple[str, Path]:
    """A dataset of a name that no other test has, because a module is imported once; and its package."""
    dataset = f"crew{next(_numbers)}"
    install_dataset(site.site, dataset)
    return dataset, site.site / f"connector_{dataset}"


LINKED: dict[str, Callable[[Path, Path], None]] = {
    "a file outside": lambda package, outside: (package / "more.py").symlink_to(outside / "secret.py"),
    "a file inside": lambda package, _: (package / "more.py").symlink_to(package / "__init__.py"),
    "nothing": lambda package, outside: (package / "more.py").symlink_to(outside / "nothing.py"),
    "a folder outside": lambda package, outside: (package / "more").symlink_to(outside),
    "a folder above": lambda package, _: (package / "more").symlink_to(package.parent),
}


@pytest.mark.parametrize("link", LINKED.values(), ids=LINKED)
def test_a_package_with_a_link_in_it_is_not_built(site: Site, link: Callable[[Path, Path], None]) -> None:
    """Left out silently, the project would lack it; followed, a file from anywhere would be deployed."""
    outside = site.folder / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("SECRET = 1")
    dataset, package = crew(site)
    link(package, outside)
    site.refuses(dataset, words="is a symbolic link")


def test_a_package_that_is_a_link_itself_ships_as_it_is(site: Site) -> None:
    """An editable installation may look like that."""
    dataset, package = crew(site)
    package.rename(site.folder / "source")
    package.symlink_to(site.folder / "source")
    assert site.run(dataset).exit_code == 0
    built = site.work / "dist" / dataset / package.name / "__init__.py"
    assert built.read_bytes() == (site.folder / "source/__init__.py").read_bytes()
    assert not built.parent.is_symlink()


def test_odd_names_of_files_in_a_package_stay_below_it(site: Site) -> None:
    dataset, package = crew(site)
    names = ["-rf", "a\\..\\b.txt", "$(touch x)", "%2e%2e%2fx", "a\u2025b", "C:x"]
    for name in names:
        (package / name).write_text("data")
    assert site.run(dataset).exit_code == 0
    built = site.work / "dist" / dataset
    assert {path.name for path in (built / package.name).iterdir()} == {*names, "__init__.py"}
    assert [path.name for path in site.work.iterdir()] == ["dist"]


EXTRA = """
from connector_core import DerivedField, hookimpl


@hookimpl
def connector_transforms(table):
    return [DerivedField("extra", len, "LONG")]
"""


@pytest.mark.parametrize(
    "name",
    [
        "a b.py", "Ab.py", "a-b.py", "a.b.py", ".a.py", "..py", "-a.py", "\u00e9.py", "a\nb.py", "\x1b[2J.py", "a.txt", "a",
        "connector.py", "connector_core.py", "connector_build.py", "json.py", "folder.py", "missing.py",
    ],
)  # fmt: skip
def test_a_local_file_with_an_odd_name(site: Site, name: str) -> None:
    if name == "folder.py":
        (site.work / name).mkdir()
    elif name != "missing.py":
        (site.work / name).write_text(EXTRA)
    site.refuses("fts", "--plugin-file", f"./{name}", words="--plugin-file")


def test_a_local_file_from_elsewhere_is_copied_and_stays(site: Site) -> None:
    outside = site.folder / "outside"
    outside.mkdir()
    (outside / "our_fields.py").write_text(EXTRA)
    before = snapshot(outside)
    assert site.run("fts", "--plugin-file", "../outside/our_fields.py").exit_code == 0
    assert (site.work / "dist/fts/our_fields.py").read_text() == EXTRA
    assert {name: what for name, what in snapshot(outside).items() if "__pycache__" not in name} == before


@pytest.mark.parametrize(
    "target", ["other_fields.py", "odd name.py", "connector.py", "README.md", "requirements.txt", "configuration.json"]
)
def test_a_local_file_that_is_a_link_ships_under_its_own_name(site: Site, target: str) -> None:
    """The project imports it by the name that was given; what it leads to may be called anything."""
    outside = site.folder / "outside"
    outside.mkdir()
    (outside / target).write_text(EXTRA)
    (site.work / "our_links.py").symlink_to(outside / target)
    done = site.run("fts", "--plugin-file", "our_links.py")
    assert done.exit_code == 0, done.output
    built = site.work / "dist/fts"
    assert "import our_links" in (built / "connector.py").read_text()
    assert (built / "our_links.py").read_text() == EXTRA
    assert not (built / "our_links.py").is_symlink()
    assert json.loads((built / "configuration.json").read_text())["api_key"] == "<your api_key>"
    assert (outside / target).read_text() == EXTRA


def test_the_snapshot_sees_what_changes(tmp_path: Path) -> None:
    """The tests above mean something only if this one passes."""
    file = tmp_path / "file"
    file.write_text("a")
    seen = [snapshot(tmp_path)]
    for change in (
        lambda: file.write_text("b"),
        lambda: file.chmod(0o600),
        lambda: (tmp_path / "new").mkdir(),
        lambda: (tmp_path / "link").symlink_to("file"),
        file.unlink,
    ):
        change()
        seen.append(snapshot(tmp_path))
    assert all(one != other for one, other in pairwise(seen))

"""Sister datasets: of one file, of one distribution, over several; and what a build of one takes of the others."""

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector_build.cli.main import main
from connector_build.errors import UsageProblem
from connector_build.plugins import one_file
from connector_build.project.making import made
from distributions import connector_build, install, lock_of
from places import ROOT

PAGE = (ROOT / "docs/families.md").read_text(encoding="utf-8")
FERRY = PAGE.partition("```python\n")[2].partition("```")[0]
SISTERS = [
    node for node in ast.parse(FERRY).body if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("API.with_(")
]
NAMES = [ast.unparse(node.targets[0]) for node in SISTERS]

SHARED = """
from connector_core import ApiKeyHeader, Table, base_url, dataset

API = dataset(auth=ApiKeyHeader("api_key"), settings=[base_url("https://ferry.example.com")])


def table(of):
    columns = {"id": "STRING", "a": "DOUBLE", "b": "DOUBLE"}
    return Table(name=of, path=f"/{of}", records="data", primary_key=["id"], columns=columns)
"""
SHIPS = """
from connector_core import DerivedField, ratio
from connector_ferry.shared import API, table

ships = API.with_(
    tables=[table("ships")],
    summary="Ships: what sails.",
    transforms=[DerivedField("a_per_b", ratio("a", "b"), default=False)],
)
"""
PORTS = '''"""Ports: where ships land.

More of them.
"""

from connector_core import Dimension, hookimpl

from . import words
from .shared import API, table


@hookimpl
def connector_tables():
    return [table("ports")]


@hookimpl
def connector_settings():
    return API.settings


@hookimpl
def connector_extra_tables(table):
    return [
        Dimension(name=words.NAME, key=["a"], columns=["b"], newest="id", default=False),
        Dimension("ports_b", key=["b"], columns=["a"], newest="id", default=False),
    ]
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ferry.py").write_text(FERRY, encoding="utf-8")
    return tmp_path


def installed(folder: Path, points: Mapping[str, str], **files: str) -> None:
    """The distribution connector-ferry with the modules *files* and the datasets *points*."""
    modules = {f"connector_ferry/{name}.py": text for name, text in {"__init__": "", "shared": SHARED, **files}.items()}
    install(folder, "connector-ferry", modules, {"connector_core": points}, requires=("connector-core>=0.1",))


def test_the_page_has_thirteen_sisters_of_a_few_lines() -> None:
    assert len(SISTERS) == 13
    assert all(node.end_lineno and 5 <= node.end_lineno - node.lineno + 1 <= 12 for node in SISTERS)


def test_each_sister_of_the_page_assembles_alone(folder: Path) -> None:
    path = str(folder / "ferry.py")
    assert one_file.datasets_of(path) == [f"{path}:{name}" for name in NAMES]
    for name in NAMES:
        project = made(f"{path}:{name}")
        assert project.dataset == name
        assert project.tables == [name.removeprefix("ferry_")]
        shipped = project.files["ferry.py"].decode()
        assert [each for each in NAMES if f"{each} = " in shipped] == [name]
        assert f"ferry.{name}," in project.files["connector.py"].decode()
        assert one_file.described(f"{path}:{name}").summary.startswith(name.removeprefix("ferry_").capitalize())


def test_a_change_of_one_leaves_the_projects_of_the_others_as_they_are(folder: Path) -> None:
    path = folder / "ferry.py"
    before = [made(f"{path}:{name}").files for name in NAMES[:2]]
    path.write_text(FERRY.replace("built_on=", "made_on="), encoding="utf-8")
    after = [made(f"{path}:{name}").files for name in NAMES[:2]]
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_one_of_a_file_is_built_and_checked(folder: Path) -> None:
    for words in (
        "ferry.py:ferry_ships --enable knots_per_meter",
        "check ferry.py:ferry_shifts --rule bare_import,extra_table_names,options",
        "diff dist/ferry_ships ./ferry.py:ferry_ships",
    ):
        done = connector_build(*words.split(), path=folder / "site", cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    assert lock_of(folder / "dist/ferry_ships")["enabled"] == ["knots_per_meter"]
    asked = connector_build("diff", "dist/ferry_ships", path=folder / "site", cwd=folder)
    assert "connector-build diff dist/ferry_ships PATH/ferry.py:ferry_ships" in asked.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ferry.py", "ferry.py holds 13 datasets. Name one: ferry.py:ferry_ships, ferry.py:ferry_ports"),
        ("ferry.py:ferry_ship", "ferry.py holds no dataset ferry_ship (did you mean ferry_ships?). It holds ferry_ships"),
        ("ferry.py:API", "a dataset's name is lower-case letters"),
        ("ferry.py:table", "ferry.py holds no dataset table"),
        ("gone.py:ferry_ships", "There is no file gone.py"),
        ("ferry.py:show", "a verb of connector-build. Rename the dataset, such as my_show."),
        ("json.py:ships", "a module of Python"),
    ],
)
def test_what_is_none_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(UsageProblem, match=re.escape(words)):
        made(name)


def test_the_only_one_of_a_file_is_meant_without_its_name(folder: Path) -> None:
    text = ast.get_source_segment(FERRY, SISTERS[0])
    assert text
    (folder / "fleet.py").write_text(f"{FERRY.partition('ferry_ships = ')[0]}{text}\n")
    project = made(str(folder / "fleet.py"))
    assert project.dataset == "fleet"
    assert "fleet.ferry_ships," in project.files["connector.py"].decode()


def test_samples_of_a_file_are_each_their_own_datasets(folder: Path) -> None:
    made_up = "Sample(7, lambda number, rng: {'id': 'x'}, lambda one, rng: one)"
    sample = f"\nfrom connector_build import Sample\nFERRY_CREW_SAMPLE = {made_up}\n"
    (folder / "ferry.py").write_text(FERRY + sample)
    crew, ships = (one_file.dataset_source(f"{folder}/ferry.py:ferry_{name}") for name in ("crew", "ships"))
    found = one_file.sample_in(crew)
    assert found
    assert found.count == 7
    assert one_file.sample_in(ships) is None
    assert "Sample" not in made(f"{folder}/ferry.py:ferry_crew").files["ferry.py"].decode()


def test_a_distribution_of_the_page_lists_each(folder: Path) -> None:
    made_it = connector_build("new", "--package", "ferry.py", path=folder / "site", cwd=folder)
    assert made_it.returncode == 0, made_it.stderr
    module = (folder / "connector-ferry/src/connector_ferry/__init__.py").read_text(encoding="utf-8")
    points = {name: f"connector_ferry:{name}" for name in NAMES}
    install(folder / "site", "connector-ferry", {"connector_ferry/__init__.py": module}, {"connector_core": points})
    listed = json.loads(connector_build("list", "--json", path=folder / "site", cwd=folder).stdout)
    rows = {row["dataset"]: row for row in listed}
    assert rows["ferry_cargo"]["summary"] == "Cargo: what is shipped"
    assert {name: rows[name]["options"] for name in NAMES if rows[name]["options"]} == {
        "ferry_ships": ["knots_per_meter"],
        "ferry_shifts": ["ferry_shifts_members"],
    }
    built = connector_build("ferry_cargo", path=folder / "site", cwd=folder)
    assert built.returncode == 0, built.stderr
    assert "connector_ferry.ferry_cargo," in (folder / "dist/ferry_cargo/connector.py").read_text()


def test_modules_of_sisters_stay_away(tmp_path: Path) -> None:
    site = tmp_path / "site"
    points = {"ships": "connector_ferry.ships:ships", "ports": "connector_ferry.ports", "crew": "connector_ferry.crew:crew"}
    installed(site, points, ships=SHIPS, ports=PORTS, words="NAME = 'ports_a'\n", crew="1/0\n", unused="X = 1\n")
    listed = json.loads(connector_build("list", "--json", path=site, cwd=tmp_path).stdout)
    rows = {row["dataset"]: (row["summary"], row["options"]) for row in listed}
    assert rows["ships"] == ("Ships: what sails", ["a_per_b"])
    assert rows["ports"] == ("Ports: where ships land", ["ports_b"]), "what is computed is not seen"
    assert rows["crew"] == ("made up", [])
    assert connector_build("crew", path=site, cwd=tmp_path).returncode == 1
    shipped = {}
    for name in ("ships", "ports"):
        done = connector_build(name, path=site, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        shipped[name] = {path.name for path in (tmp_path / "dist" / name / "connector_ferry").glob("*.py")}
    assert shipped["ships"] == {"__init__.py", "shared.py", "ships.py", "unused.py"}
    assert shipped["ports"] == {"__init__.py", "shared.py", "ports.py", "unused.py", "words.py"}
    checked = connector_build("check", "ships", "--rule", "bare_import,options", path=site, cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("connector_ferry.ships:shps", "which is not there (did you mean ships?). It has ships. Name one of them"),
        ("connector_ferry.ships:table", "which is no dataset(…). It has ships."),
        ("connector_ferry.ports:ports", "which is not there. Name the module alone, if that has the hooks"),
    ],
)
def test_an_entry_point_that_names_no_dataset(tmp_path: Path, value: str, words: str) -> None:
    installed(tmp_path / "site", {"ships": value}, ships=SHIPS, ports=PORTS, words="NAME = 'ports_a'\n")
    failed = connector_build("ships", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert "connector-ferry: the entry point ships names" in failed.stderr
    assert words in failed.stderr


BASE = {"ferry_base/__init__.py": SHARED, "ferry_base/making.py": "from connector_build import Sample\n"}


@pytest.mark.parametrize("url", [None, {"url": "file:///somewhere", "dir_info": {"editable": True}}])
def test_a_base_distribution_ships_with_its_source(tmp_path: Path, url: dict[str, object] | None) -> None:
    site = tmp_path / "site"
    install(site, "connector-ferry-base", BASE, {}, requires=("connector-core[local]>=0.1", "six"), direct_url=url)
    install(site, "six", {"six.py": ""}, {}, version="9.0")
    module = SHIPS.replace("connector_ferry.shared", "ferry_base")
    points = {"connector_core": {"ships": "connector_ships:ships"}}
    install(site, "connector-ships", {"connector_ships.py": module}, points, requires=("connector-core", "connector-ferry-base"))
    done = connector_build("ships", path=site, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ships too     connector-ferry-base 1.0: with the source" in done.stdout
    project = tmp_path / "dist/ships"
    assert [path.name for path in (project / "ferry_base").iterdir()] == ["__init__.py"]
    needed = (project / "requirements.txt").read_text()
    assert "six==9.0" in needed
    assert "ferry" not in needed
    assert [each["name"] for each in lock_of(project)["helpers"]] == ["connector-ferry-base"]
    checked = connector_build("check", "ships", "--rule", "bare_import", path=site, cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout


def test_a_base_whose_modules_need_what_never_ships(tmp_path: Path) -> None:
    site = tmp_path / "site"
    files = {**BASE, "ferry_base/__init__.py": f"from . import making\n{SHARED}"}
    install(site, "connector-ferry-base", files, {}, requires=("connector-core",))
    module = SHIPS.replace("connector_ferry.shared", "ferry_base")
    points = {"connector_core": {"ships": "connector_ships:ships"}}
    install(site, "connector-ships", {"connector_ships.py": module}, points, requires=("connector-core", "connector-ferry-base"))
    failed = connector_build("ships", path=site, cwd=tmp_path)
    assert failed.returncode == 1
    assert "ferry_base/__init__.py imports ferry_base.making, which needs connector_build" in failed.stderr


def test_everything_is_checked(folder: Path) -> None:
    installed(
        folder / "site", {"ships": "connector_ferry.ships:ships", "crew": "connector_ferry.crew:crew"}, ships=SHIPS, crew="1/0\n"
    )
    listed = '[[connector]]\ndataset = "ferry.py:ferry_fuel"\n[[connector]]\ndataset = "ships"\nname = "again"\n'
    (folder / "connectors.toml").write_text(listed)
    done = connector_build("check", "--all", "--rule", "assembles,names", "--json", path=folder / "site", cwd=folder)
    assert done.returncode == 1
    found = {each["dataset"]: each for each in json.loads(done.stdout)}
    assert list(found) == ["crew", "fts", "mso", "ships", "ferry_fuel"], "what is listed as it is installed counts once"
    assert [name for name, each in found.items() if each["status"] == "fail"] == ["crew"]
    assert found["crew"]["findings"][0]["rule"] == "assembles"
    (folder / "connectors.toml").unlink()
    (folder / "site/connector_ferry/crew.py").write_text("import os\nprint('[')\nos.kill(os.getpid(), 9)\n")
    shown = connector_build("check", "--all", "--rule", "names", path=folder / "site", cwd=folder)
    assert shown.returncode == 1
    assert "crew: its process ended with exit code -9" in shown.stdout
    assert "4 datasets: 3 pass, 1 fail" in shown.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("check", "Name a dataset, or say --all"),
        ("check fts --file x.toml", "--file goes with --all"),
        ("check fts --all", "Beside it go --file, --rule and --json alone"),
        ("check --all --live", "Beside it go --file, --rule and --json alone"),
        ("check --all --with x", "Beside it go --file, --rule and --json alone"),
        ("check --all --file gone.toml", "gone.toml cannot be read"),
        ("check --all --rule nmes", "did you mean names?"),
    ],
)
def test_check_all_says_what_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    failed = CliRunner().invoke(main, words.split())
    assert failed.exit_code == 2
    assert said in failed.output

"""What is found, listed and loaded; each case in a process of its own, with distributions made up for it."""

import json
import shutil
from pathlib import Path

import pytest

from distributions import connector_build, install, install_dataset, lock_of

EXTENSION = """
from connector_core import DerivedField, Dimension, hookimpl


def shout(record):
    return record["maintenance_type"].upper()


@hookimpl
def connector_transforms(table):
    return [DerivedField("loud_type", shout, type="STRING")]


@hookimpl
def connector_extra_tables(table):
    return [Dimension("fts_equipment", key=["equipment_id"], columns=["customer_id"], newest="last_updated_epoch", default=False)]
"""


def test_list_imports_nothing_and_survives_a_broken_plugin(tmp_path: Path) -> None:
    marker = tmp_path / "imported"
    install_dataset(tmp_path / "site", "broken", f"open({str(marker)!r}, 'w')\nraise RuntimeError('boom')\n")
    listed = connector_build("list", path=tmp_path / "site", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    for word in (
        "broken",
        "connector-broken",
        "fts",
        "connector-fts",
        "cost_per_hour",
        "fts_technicians",
        "mso",
        "efficiency_ratio",
    ):
        assert word in listed.stdout
    assert not marker.exists()


def test_list_as_json(tmp_path: Path) -> None:
    install_dataset(tmp_path / "site", "crew")
    listed = connector_build("list", "--json", path=tmp_path / "site", cwd=tmp_path)
    rows = {row["dataset"]: row for row in json.loads(listed.stdout)}
    assert rows["crew"] == {
        "dataset": "crew",
        "distribution": "connector-crew",
        "version": "1.0",
        "summary": "made up",
        "options": [],
        "problem": None,
    }
    assert rows["fts"]["options"] == ["cost_per_hour", "fts_technicians"]


def test_a_plugin_that_raises_at_import_is_named_and_touches_no_other(tmp_path: Path) -> None:
    install_dataset(tmp_path / "site", "broken", "raise RuntimeError('boom')\n")
    failed = connector_build("broken", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    place = f"{tmp_path}/site/connector_broken/__init__.py, line 1"
    assert f"connector-broken: its module connector_broken cannot be imported: RuntimeError ({place}): boom" in failed.stderr
    assert "uninstall connector-broken" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "dist").exists()
    assert connector_build("fts", path=tmp_path / "site", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("module", "cause"),
    [
        ("x = 1\nx = (\n", "SyntaxError (PLUGIN/__init__.py, line 2): '(' was never closed."),
        ("x = 1\nimport no_such_module\n", "ModuleNotFoundError (PLUGIN/__init__.py, line 2): No module named 'no_such_module'."),
        ("import json\n\njson.loads('{')\n", "json/decoder.py, line "),
        (None, "ModuleNotFoundError: No module named 'connector_broken'."),
    ],
)
def test_a_plugin_that_cannot_be_imported_says_where(tmp_path: Path, module: str | None, cause: str) -> None:
    install_dataset(tmp_path / "site", "broken", module or "")
    if module is None:
        shutil.rmtree(tmp_path / "site/connector_broken")
    failed = connector_build("broken", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert cause.replace("PLUGIN", f"{tmp_path}/site/connector_broken") in failed.stderr
    assert failed.stderr.count("__init__.py") <= 1


def test_a_plugin_that_exits_at_import_does_not_end_the_command_silently(tmp_path: Path) -> None:
    install_dataset(tmp_path / "site", "quits", "raise SystemExit(0)\n")
    failed = connector_build("quits", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert "SystemExit" in failed.stderr


def test_two_distributions_with_one_dataset_name(tmp_path: Path) -> None:
    install_dataset(tmp_path / "site", "crew")
    install(tmp_path / "site", "other-crew", {"other_crew.py": ""}, {"connector_core": {"crew": "other_crew"}})
    failed = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert "connector-crew and other-crew" in failed.stderr
    assert "Uninstall all but one" in failed.stderr
    assert "claimed by several" in connector_build("list", path=tmp_path / "site", cwd=tmp_path).stdout


@pytest.mark.parametrize(("name", "words"), [("list", "is a verb"), ("Crew", "lower-case")])
def test_names_that_no_dataset_may_take(tmp_path: Path, name: str, words: str) -> None:
    install(tmp_path / "site", "connector-x", {"connector_x.py": ""}, {"connector_core": {name: "connector_x"}})
    assert words in connector_build("list", "--json", path=tmp_path / "site", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ftss", "There is no dataset 'ftss' (did you mean fts?)"),
        ("FTS", "There is no dataset 'FTS' (did you mean fts?)"),
        ("lst", "There is no dataset or command 'lst' (did you mean list?)"),
        ("nothing_like_it", "Installed: fts, mso"),
    ],
)
def test_an_unknown_dataset(tmp_path: Path, name: str, meant: str) -> None:
    failed = connector_build(name, path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 2
    assert meant in failed.stderr


@pytest.mark.parametrize("more", [["fts"], ["--json"], ["fts", "--live", "--configuration", "x"]])
def test_a_misspelt_command_is_named_whatever_stands_behind_it(tmp_path: Path, more: list[str]) -> None:
    failed = connector_build("shwo", *more, path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 2
    assert "There is no dataset or command 'shwo' (did you mean show?)" in failed.stderr
    right = connector_build("fts", *more, path=tmp_path / "site", cwd=tmp_path)
    assert right.returncode == 2
    assert "Usage: connector-build fts" in right.stderr


def test_an_unknown_option_lists_the_known_ones(tmp_path: Path) -> None:
    failed = connector_build("fts", "--enable", "cost_per_hours", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 2
    assert "did you mean cost_per_hour?" in failed.stderr
    assert "fts_technicians" in failed.stderr
    assert not (tmp_path / "dist").exists()


def test_an_installed_extension_joins_the_dataset(tmp_path: Path) -> None:
    install(
        tmp_path / "site",
        "acme-fts-extras",
        {"acme_fts_extras.py": EXTENSION},
        {"connector_core_extensions": {"fts": "acme_fts_extras"}},
    )
    built = connector_build("fts", "--with", "acme_fts-extras", "--enable", "fts_equipment", path=tmp_path / "site", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    project = tmp_path / "dist/fts"
    assert (project / "acme_fts_extras.py").read_text() == EXTENSION
    connector = (project / "connector.py").read_text()
    assert connector.index("import connector_fts") < connector.index("import acme_fts_extras")
    assert lock_of(project)["enabled"] == ["loud_type", "fts_equipment"]


def test_a_local_file_joins_the_dataset(tmp_path: Path) -> None:
    (tmp_path / "our_fields.py").write_text(EXTENSION)
    built = connector_build(
        "fts", "--plugin-file", "our_fields.py", "--disable", "loud_type", path=tmp_path / "site", cwd=tmp_path
    )
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "dist/fts/our_fields.py").read_text() == EXTENSION
    assert lock_of(tmp_path / "dist/fts")["enabled"] == []
    shown = connector_build("show", "fts", "--plugin-file", "our_fields.py", "--json", path=tmp_path / "site", cwd=tmp_path)
    assert "our_fields.py" in shown.stdout


def test_an_unknown_extension(tmp_path: Path) -> None:
    install(
        tmp_path / "site",
        "acme-fts-extras",
        {"acme_fts_extras.py": EXTENSION},
        {"connector_core_extensions": {"fts": "acme_fts_extras"}},
    )
    failed = connector_build("fts", "--with", "acme-fts-extra", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 2
    assert "did you mean acme-fts-extras?" in failed.stderr
    assert "--plugin-file" in failed.stderr


@pytest.mark.parametrize(
    ("name", "text", "code", "words"),
    [
        ("missing.py", None, 2, "no such Python file"),
        ("json.py", "", 2, "Rename the file"),
        ("our-fields.py", "", 2, "Rename the file"),
        ("connector_core.py", "", 2, "Rename the file"),
        ("fields.py", "1/0", 1, "ZeroDivisionError"),
        ("fields.py", "def f(:", 1, "line 1"),
        ("fields.py", "def connector_tables():\n    return []\n", 1, "Write @hookimpl above it"),
    ],
)
def test_a_local_file_that_cannot_be_used(tmp_path: Path, name: str, text: str | None, code: int, words: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    failed = connector_build("fts", "--plugin-file", name, path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == code, failed.stderr
    assert words in failed.stderr
    assert name in failed.stderr
    assert "Traceback" not in failed.stderr


def test_an_error_in_a_hook_names_distribution_hook_and_remedy(tmp_path: Path) -> None:
    plugin = "from connector_core import hookimpl\n@hookimpl\ndef connector_table():\n    return []\n"
    install_dataset(tmp_path / "site", "crew", plugin)
    failed = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    for word in ("connector-crew", "connector_table", "did you mean connector_tables?"):
        assert word in failed.stderr

"""What a build writes, what it leaves alone, and what it refuses because it could not run on Fivetran."""

import json
import os
import re
import stat
from pathlib import Path

import pytest

from connector_build.errors import BuildError
from connector_build.project.making import made
from connector_build.project.output import write_project
from connector_build.project.shipping import check_imports
from connector_build.project.writer import Project
from distributions import connector_build, install_dataset, lock_of


@pytest.fixture
def fts() -> Project:
    return made("fts", enable=("cost_per_hour",))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_project_has_all_that_fivetran_needs_and_nothing_else(fts: Project, tmp_path: Path) -> None:
    write_project(fts, tmp_path / "out")
    written = contents(tmp_path / "out")
    outside = {path for path in written if not path.startswith(("connector_core/", "connector_fts/"))}
    assert outside == {
        ".gitignore", "README.md", "configuration.json", "connector.lock.json", "connector.py", "debug_and_reset.sh", "deploy.sh",
        "requirements.txt",
    }  # fmt: skip
    assert {path for path in written if path.startswith("connector_fts/")} == {
        "connector_fts/__init__.py",
        "connector_fts/columns.py",
        "connector_fts/py.typed",
    }
    assert "connector_core/runtime/fivetran.py" in written
    assert all(line.split("==")[0] in ("attrs", "pluggy") for line in written["requirements.txt"].decode().split())
    assert json.loads(written["configuration.json"])["api_key"] == "<your api_key>"
    assert "enable=['cost_per_hour']" in written["connector.py"].decode()
    assert not any(b"@TABLES@" in data or b"@DATASET@" in data for data in written.values())


def test_the_same_inputs_give_the_same_bytes_and_modes(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        write_project(made("mso", enable=("mso_products",)), tmp_path / "one")
    finally:
        os.umask(old)
    write_project(made("mso", enable=("mso_products",)), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    modes = [[stat.S_IMODE(path.stat().st_mode) for path in sorted((tmp_path / name).rglob("*.*"))] for name in ("one", "two")]
    assert modes[0] == modes[1]
    assert os.access(tmp_path / "one/deploy.sh", os.X_OK)


def test_the_lock_records_sources_options_and_every_file(fts: Project, tmp_path: Path) -> None:
    write_project(fts, tmp_path / "out")
    lock = lock_of(tmp_path / "out")
    assert [source["name"] for source in lock["sources"]] == ["connector-core", "connector-fts"]
    assert lock["enabled"] == ["cost_per_hour"]
    assert lock["disabled"] == ["fts_technicians"]
    assert set(lock["files"]) == set(contents(tmp_path / "out")) - {"configuration.json", "connector.lock.json"}


def test_what_the_build_says_about_undeclared_fields_is_carried(fts: Project, tmp_path: Path) -> None:
    write_project(made("fts", undeclared="drop"), tmp_path / "out")
    assert 'undeclared="drop",' in (tmp_path / "out/connector.py").read_text()
    lock = lock_of(tmp_path / "out")
    assert (lock["undeclared"], lock["undeclared_fields"]) == ("drop", {"fts_records": "drop"})
    assert "A field that is not declared is left out." in (tmp_path / "out/README.md").read_text()
    assert "undeclared" not in fts.files["connector.py"].decode()
    plain = json.loads(fts.files["connector.lock.json"])
    assert "undeclared" not in plain
    assert plain["undeclared_fields"] == {"fts_records": "allow"}


def test_a_rebuild_keeps_the_configuration_and_what_debug_runs_left(fts: Project, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_project(fts, folder)
    (folder / "configuration.json").write_text('{"api_key": "mine"}')
    (folder / "files").mkdir()
    (folder / "files/warehouse.db").write_text("rows")
    (folder / "connector_core/__pycache__").mkdir()
    written = write_project(made("fts"), folder)
    assert written.rebuilt
    assert written.missing_settings == ("base_url", "page_size", "max_answer_mb")
    assert (folder / "configuration.json").read_text() == '{"api_key": "mine"}'
    assert (folder / "files/warehouse.db").read_text() == "rows"
    assert "enable=[]" in (folder / "connector.py").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_folder_with_foreign_files_is_left_alone(fts: Project, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BuildError, match=r"did not write \(notes\.txt\)"):
        write_project(fts, tmp_path)
    assert contents(tmp_path) == {"notes.txt": b"mine"}


def test_a_foreign_file_in_an_earlier_build_is_not_lost(fts: Project, tmp_path: Path) -> None:
    write_project(fts, tmp_path / "out")
    (tmp_path / "out/connector_fts/extra.py").write_text("mine")
    before = contents(tmp_path / "out")
    with pytest.raises(BuildError, match=r"connector_fts/extra\.py.*move them"):
        write_project(fts, tmp_path / "out", force=True)
    assert contents(tmp_path / "out") == before


def test_a_built_file_changed_by_hand_is_not_lost(fts: Project, tmp_path: Path) -> None:
    write_project(fts, tmp_path / "out")
    (tmp_path / "out/connector.py").write_text("# mine")
    with pytest.raises(BuildError, match=r"changed by hand.*connector\.py.*--force"):
        write_project(fts, tmp_path / "out")
    assert (tmp_path / "out/connector.py").read_text() == "# mine"
    write_project(fts, tmp_path / "out", force=True)
    assert (tmp_path / "out/connector.py").read_bytes() == fts.files["connector.py"]


DAMAGED = {"missing": None, "damaged": '{"dataset": "ft'}


@pytest.mark.parametrize("state", DAMAGED)
def test_a_project_without_a_lock_that_can_be_read_is_built_anew_with_force(fts: Project, tmp_path: Path, state: str) -> None:
    folder = tmp_path / "out"
    write_project(fts, folder)
    (folder / "configuration.json").write_text('{"api_key": "mine"}')
    (folder / "files").mkdir()
    (folder / "files/warehouse.db").write_text("rows")
    (folder / "README.md").write_text("changed")
    _damage(folder, DAMAGED[state])
    before = contents(folder)
    with pytest.raises(BuildError, match=rf"out/connector\.lock\.json is {state}.*--force.*keeps configuration\.json"):
        write_project(fts, folder)
    assert contents(folder) == before
    assert write_project(fts, folder, force=True).rebuilt
    assert {name: (folder / name).read_bytes() for name in fts.files} == fts.files
    assert (folder / "configuration.json").read_text() == '{"api_key": "mine"}'
    assert (folder / "files/warehouse.db").read_text() == "rows"


@pytest.mark.parametrize("state", DAMAGED)
def test_without_a_lock_too_no_foreign_file_is_lost(fts: Project, tmp_path: Path, state: str) -> None:
    folder = tmp_path / "out"
    write_project(fts, folder)
    _damage(folder, DAMAGED[state])
    (folder / "connector_fts/mine.py").write_text("mine")
    before = contents(folder)
    with pytest.raises(BuildError, match=r"did not write \(connector_fts/mine\.py\).*move them"):
        write_project(fts, folder, force=True)
    with pytest.raises(BuildError, match=r"did not write .* left alone"):
        write_project(made("mso"), folder, force=True)
    assert contents(folder) == before


def _damage(folder: Path, text: str | None) -> None:
    (folder / "connector.lock.json").unlink()
    if text is not None:
        (folder / "connector.lock.json").write_text(text)


def test_another_datasets_project_is_left_alone(fts: Project, tmp_path: Path) -> None:
    write_project(fts, tmp_path / "out")
    with pytest.raises(BuildError, match="holds the connector fts, not mso"):
        write_project(made("mso"), tmp_path / "out")


def test_a_file_or_a_link_in_the_folders_place(fts: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "link"):
        with pytest.raises(BuildError, match="no folder of its own"):
            write_project(fts, tmp_path / name)
    with pytest.raises(BuildError, match="cannot be written"):
        write_project(fts, tmp_path / "file" / "below")


def test_a_build_that_fails_at_the_last_moment_changes_nothing(
    fts: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_project(fts, folder)
    (folder / "files").mkdir()
    (folder / "files/state.json").write_text("{}")
    before = contents(folder)
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(KeyboardInterrupt):
        write_project(made("fts"), folder)
    assert contents(folder) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("lib/data.txt", "would be dropped .* because of the name lib"),
        ("deep/files/data.txt", "because of the name files"),
        (".hidden", r"because of the name \.hidden"),
        ("options.toml", r"because of the name options\.toml"),
        ("drivers/x.txt", "installation script"),
        ("fast.so", "compiled"),
    ],
)
def test_names_that_the_packaging_would_drop(tmp_path: Path, path: str, words: str) -> None:
    install_dataset(tmp_path / "site", "crew")
    file = tmp_path / "site/connector_crew" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("data")
    failed = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: connector-crew: ")
    assert re.search(words, failed.stderr)
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import pandas", "connector_crew/__init__.py, line 1, imports pandas, which would not be there on Fivetran"),
        ("from connector_build.sample import Sample", "connector_build never ships"),
        ("def later():\n    import pandas.io", "line 2, imports pandas"),
    ],
)
def test_imports_that_would_fail_on_fivetran(tmp_path: Path, line: str, words: str) -> None:
    install_dataset(tmp_path / "site", "crew")
    plugin = tmp_path / "site/connector_crew/__init__.py"
    (tmp_path / "site/pandas.py").write_text("")
    plugin.write_text(f"{line}\n{plugin.read_text()}")
    failed = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert words in failed.stderr


@pytest.mark.parametrize(
    "block",
    [
        "if a:\n    pass\nelif b:\n    import pandas",
        "for a in b:\n    pass\nelse:\n    import pandas",
        "while a:\n    with b:\n        import pandas",
        "try:\n    import pandas\nexcept ValueError:\n    pass",
        "try:\n    pass\nexcept ValueError:\n    import pandas",
        "try:\n    pass\nfinally:\n    import pandas",
        "match a:\n    case 1:\n        import pandas",
        "class A:\n    async def f(self):\n        async with b:\n            import pandas",
    ],
)
def test_an_import_is_found_in_any_block(block: str) -> None:
    with pytest.raises(BuildError, match=r"a\.py, line [2-4], imports pandas"):
        check_imports({"a.py": block.encode()}, [])


def test_imports_that_are_provided_for(tmp_path: Path) -> None:
    optional = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n"
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None\n"
    )
    install_dataset(tmp_path / "site", "crew", requires=("packaging>=20", "connector-core", "requests"))
    plugin = tmp_path / "site/connector_crew/__init__.py"
    plugin.write_text(f"{optional}import json, packaging.version, requests, urllib3\n{plugin.read_text()}")
    built = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    pins = (tmp_path / "dist/crew/requirements.txt").read_text().split()
    assert [pin.split("==")[0] for pin in pins] == ["attrs", "packaging", "pluggy"]


def test_a_dependency_that_is_not_installed(tmp_path: Path) -> None:
    install_dataset(tmp_path / "site", "crew", requires=("no-such-distribution-here",))
    failed = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert "connector-crew needs no-such-distribution-here, which is not installed here" in failed.stderr


def test_a_package_that_would_hide_a_dependency(tmp_path: Path) -> None:
    (tmp_path / "pluggy.py").write_text("")
    failed = connector_build("fts", "--plugin-file", "pluggy.py", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 1
    assert "named pluggy, which hides the package of that name" in failed.stderr


def test_the_report_says_what_is_in_it_and_what_to_type_next(tmp_path: Path) -> None:
    built = connector_build(
        "fts", "--enable", "fts_technicians", "--output", "somewhere/else", path=tmp_path / "site", cwd=tmp_path
    )
    assert built.returncode == 0, built.stderr
    for words in (
        "Built somewhere/else from connector-fts 0.1.0",
        "tables        fts_records, fts_technicians",
        "can enable    cost_per_hour",
        "fts_technicians is made from its live rows, of which the state keeps record_id",
        "fill in somewhere/else/configuration.json",
        "./debug_and_reset.sh",
        "./deploy.sh",
    ):
        assert words in built.stdout


def test_the_projects_readme_says_what_to_do_about_its_settings(fts: Project) -> None:
    errors = fts.files["README.md"].decode().partition("## Common errors\n")[2].strip().splitlines()
    assert all(line.startswith("| ") and line.count(" | ") == 1 and line.endswith(" |") for line in errors)
    for words in ("| `the host was not found` | ", "| `api_key is missing`, `api_key still holds its placeholder` | "):
        assert sum(line.startswith(words) for line in errors) == 1


def test_a_folder_with_a_space_is_quoted_for_the_shell(tmp_path: Path) -> None:
    built = connector_build("fts", "--output", "a b", path=tmp_path / "site", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    assert built.stdout.endswith("  cd 'a b' && ./debug_and_reset.sh\n  cd 'a b' && ./deploy.sh\n")


def test_the_projects_readme_lists_settings_tables_columns_and_options(fts: Project) -> None:
    text = fts.files["README.md"].decode()
    for words in (
        "| `page_size` |",
        "From 1 to 200",
        "| `log_date` | NAIVE_DATE |",
        "| `cost_per_hour` | DOUBLE |",
        "| `fts_technicians` | aggregate |",
    ):
        assert words in text

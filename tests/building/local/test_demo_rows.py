"""A demo leaves the rows and the state of real runs alone."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector_build.cli.main import main
from connector_build.errors import BuildError
from connector_build.local.demo_rows import check_no_other_rows, leave_mark


def ran(project: Path, state: str) -> Path:
    """A project in which a run has left *state*."""
    files = project / "files"
    files.mkdir(parents=True, exist_ok=True)
    (files / "state.json").write_text(state, encoding="utf-8")
    (files / "warehouse.db").write_bytes(b"rows")
    return files


def test_a_folder_without_rows_is_free(tmp_path: Path) -> None:
    check_no_other_rows(tmp_path / "none")
    (tmp_path / "files").mkdir()
    check_no_other_rows(tmp_path)


def test_what_a_demo_has_left_may_go_until_a_real_run_has_gone_on(tmp_path: Path) -> None:
    ran(tmp_path, "{}")
    leave_mark(tmp_path)
    check_no_other_rows(tmp_path)
    ran(tmp_path, '{"next_cursor": "real"}')
    with pytest.raises(BuildError, match="runs against a real API"):
        check_no_other_rows(tmp_path)


@pytest.mark.parametrize("mark", ["", "[]", "{}", '{"state": 7}'])
def test_a_mark_that_says_nothing_is_none(tmp_path: Path, mark: str) -> None:
    (ran(tmp_path, "{}") / "demo.json").write_text(mark, encoding="utf-8")
    with pytest.raises(BuildError):
        check_no_other_rows(tmp_path)


def test_the_command_refuses_a_project_with_rows_of_its_own_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["fts"]).exit_code == 0
    project = tmp_path / "dist" / "fts"
    ran(project, '{"next_cursor": "real"}')
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    refused = CliRunner().invoke(main, ["demo", "fts", "--enable", "cost_per_hour", "--output", str(project)])
    assert refused.exit_code == 1
    assert "Choose another folder" in refused.output
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    assert json.loads((project / "files" / "state.json").read_text()) == {"next_cursor": "real"}


def test_a_build_in_place_of_one_with_placeholders_says_again_what_to_fill_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hint = "  fill in dist/fts/configuration.json\n"
    assert hint in CliRunner().invoke(main, ["fts"]).output
    assert hint in CliRunner().invoke(main, ["fts"]).output
    file = tmp_path / "dist" / "fts" / "configuration.json"
    file.write_text(file.read_text().replace("<", "").replace(">", ""))
    assert hint not in CliRunner().invoke(main, ["fts"]).output

"""The pyproject.toml of a project that many connections share: only where it is asked for, and with the pins of the build."""

import json
import tomllib
from importlib.metadata import version
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from connector_build.project.making import made
from connector_build.project.output import write_project
from connector_build.project.pyproject import pyproject
from connector_build.project.writer import LOCK, PYPROJECT
from connector_build.review.verify import verify
from distributions import connector_build

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def test_a_plain_project_has_none() -> None:
    assert PYPROJECT not in made("fts").files


def test_its_pins_are_those_of_the_build(tmp_path: Path) -> None:
    plain, named = made("fts"), made("fts", pyproject=True)
    changed = {path for path in named.files.keys() | plain.files if named.files.get(path) != plain.files.get(path)}
    assert changed == {PYPROJECT, LOCK}
    said = tomllib.loads(named.files[PYPROJECT].decode())
    pins = said["project"].pop("dependencies")
    assert pins == named.files["requirements.txt"].decode().split()
    summary = said["project"].pop("description")
    assert "technician" in summary
    assert said == {
        "project": {"name": "fts", "version": version("connector-fts")},
        "tool": {"package-metadata": {"visible": True}},
    }
    write_project(named, tmp_path / "fts")
    assert verify(tmp_path / "fts").differences == ()
    assert PYPROJECT in json.loads(named.files[LOCK])["files"]


def test_the_command_and_a_comparison_with_what_it_built(tmp_path: Path) -> None:
    done = connector_build("fts", "--pyproject", path=tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dist/fts" / PYPROJECT).is_file()
    same = connector_build("diff", f"dist/fts/{LOCK}", path=tmp_path, cwd=tmp_path)
    assert (same.returncode, same.stderr) == (0, "")
    again = connector_build("fts", path=tmp_path, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert not (tmp_path / "dist/fts" / PYPROJECT).exists()


@given(texts, st.dictionaries(st.sampled_from(["attrs", "pyjwt[crypto]"]), st.just("1.2.3")))
def test_any_description_is_one_line_of_toml(description: str, pins: dict[str, str]) -> None:
    said = tomllib.loads(pyproject("fts", "0.1.0", description, pins).decode())["project"]
    assert said.get("description", "") == " ".join(description.split())
    assert said["dependencies"] == [f"{name}=={pin}" for name, pin in pins.items()]


def test_what_is_no_version_is_left_out() -> None:
    assert "version" not in tomllib.loads(pyproject("fts", "", "", {}).decode())["project"]
    assert b"version" not in pyproject("fts", "of today", "", {})

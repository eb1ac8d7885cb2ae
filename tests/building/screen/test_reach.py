"""Next steps work as typed: where the commands are not on the path, a line comes first that puts them there."""

import os
import subprocess
from pathlib import Path

from connector_build.screen.reach import activation


def scripts(folder: Path, *, virtual: bool = True) -> Path:
    """A folder with the two commands, as a virtual environment has it or not."""
    folder.mkdir(parents=True)
    for name in ("connector-build", "fivetran"):
        (folder / name).write_text(f"#!/bin/sh\necho {name} of {folder.parent.name}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    if virtual:
        (folder / "activate").write_text(f"PATH='{folder}':$PATH\n", encoding="utf-8")
    return folder


def test_nothing_is_to_be_typed_where_the_commands_are_on_the_path(tmp_path: Path) -> None:
    own = scripts(tmp_path / "one" / "bin")
    assert activation({"PATH": f"/usr/bin{os.pathsep}{own}"}, own, tmp_path) is None


def test_a_link_to_the_commands_is_as_good(tmp_path: Path) -> None:
    own, linked = scripts(tmp_path / "one" / "bin"), tmp_path / "linked"
    linked.mkdir()
    for name in ("connector-build", "fivetran"):
        (linked / name).symlink_to(own / name)
    assert activation({"PATH": str(linked)}, own, tmp_path) is None


def test_the_line_is_relative_to_where_it_is_typed_and_works(tmp_path: Path) -> None:
    own = scripts(tmp_path / "a b" / "bin")
    said = activation({"PATH": "/usr/bin:/bin"}, own, tmp_path)
    assert said == "source 'a b/bin/activate'"
    ran = subprocess.run(
        ["/usr/bin/env", "bash", "-c", f"{said} && connector-build"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "connector-build of a b\n"


def test_the_commands_of_another_environment_are_not_meant(tmp_path: Path) -> None:
    own, other = scripts(tmp_path / "one" / "bin"), scripts(tmp_path / "two" / "bin")
    assert activation({"PATH": str(other)}, own, tmp_path) == "source one/bin/activate"


def test_what_tox_puts_on_the_path_is_not_there_when_it_has_ended(tmp_path: Path) -> None:
    own = scripts(tmp_path / "one" / "bin")
    environment = {"PATH": f"{own}{os.pathsep}/usr/bin", "TOX_ENV_DIR": str(own.parent)}
    assert activation(environment, own, tmp_path) == "source one/bin/activate"


def test_without_a_virtual_environment_the_path_is_set(tmp_path: Path) -> None:
    own = scripts(tmp_path / "one" / "bin", virtual=False)
    assert activation({"PATH": "/usr/bin"}, own, tmp_path) == f"export PATH={own}:$PATH"
